"""Commands in comments: `/patchwright ask why is this a list?`

A comment holds at most one command: its first line that begins with `/patchwright`, indented by three spaces at most.
Lines in code blocks, in quotes and in HTML (comments above all) don't count: there somebody else may be speaking.
Which lines those are, a CommonMark parser says, so that we see what GitHub shows.

What belongs to a command is the rest of its line and all that follows, code blocks included, up to the next quote or
the next command. What a reader of the comment doesn't see isn't taken: HTML, control and hidden characters.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from markdown_it import MarkdownIt

Permission = Literal["triage", "write"]
Where = Literal["thread", "comment", "issue"]
_Kind = Literal["text", "code", "html", "quote", "other"]

MOST = 2_000  # characters behind a command; more is cut
_WORD = 40  # characters of a word that is no command


@dataclass(frozen=True, slots=True)
class Rule:
    """One command: what may stand behind it, the least permission of who uses it, where it works, what it does.

    A `thread` is one on a line of the change, a `comment` one on the pull request as a whole; an `issue` is none.
    """

    name: str
    argument: str
    permission: Permission
    where: tuple[Where, ...]
    help: str

    @property
    def shown(self) -> str:
        return f"/patchwright {self.name} {self.argument}".rstrip()


@dataclass(frozen=True, slots=True)
class Parsed:
    """A command and the text behind it, of at most MOST characters: the question, the hint; mostly empty."""

    rule: Rule
    text: str = ""

    @property
    def full(self) -> bool:
        """Whether `review` is to start anew."""
        return self.text.casefold().split()[:1] == ["full"]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word that is no command, without what could be markup; empty where there is no command at all.

    `near` is the name of the command that looks like it, empty where none does.
    """

    word: str
    near: str = ""

    @property
    def answer(self) -> str:
        """One sentence, Markdown."""
        what = f"command `{self.word}`" if self.word else "such command"
        if self.near:
            return f"There is no {what}: did you mean `/patchwright {self.near}`?"
        return f"There is no {what}: `/patchwright help` lists what there is."


RULES = (
    Rule("review", "[full]", "triage", ("comment",), "Review what is new since the last review, or all of it anew."),
    Rule("explain", "", "triage", ("thread",), "Explain the finding of this thread at greater length."),
    Rule("ask", "<question>", "triage", ("thread", "comment"), "Answer a question about the change."),
    Rule("suggest", "", "triage", ("thread",), "Propose a replacement for the lines of this thread."),
    Rule("apply", "", "write", ("thread", "comment"), "Commit this thread's suggestion, or those of all open threads."),
    Rule("ignore", "", "triage", ("thread",), "Drop the finding of this thread, and don't report it again."),
    Rule("fix", "[hint]", "write", ("issue",), "Fix this issue in a draft pull request."),
    Rule("help", "", "triage", ("thread", "comment"), "Show this table."),
)
_RULES = {rule.name: rule for rule in RULES}

_CALL = re.compile(r" {0,3}/patchwright(?=\s|$)", re.IGNORECASE)
_QUOTED = re.compile(r"[\s\d.)*+-]*>")  # a quote, also within a list
_LINE_END = re.compile(r"\r\n?|\n")  # CommonMark's: U+2028 and the like end no line
_BLOCKS = MarkdownIt("commonmark").disable("inline")  # blocks are all that is asked for
_KINDS: dict[str, _Kind] = {"inline": "text", "fence": "code", "code_block": "code", "html_block": "html"}
_DEPTHS = {"blockquote_open": 1, "blockquote_close": -1}
# Characters that show nothing though Unicode counts them as letters and marks: fillers, variation selectors.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


def parse(text: str) -> Parsed | Unknown:
    """The command that the comment `text` holds. Without a word behind `/patchwright` it is `help`."""
    lines = _lines(text)
    at = _call(lines)
    if at is None:
        return Unknown("")
    first, *more = _behind(lines, at)
    word, *rest = _visible(first).split(maxsplit=1) or ["help"]
    name = word.strip(".,:;!?").casefold()
    if name not in _RULES:
        return _unknown(name)
    said = _visible("\n".join([*rest, *more])).strip()
    return Parsed(_RULES[name], said[:MOST].rstrip())


def holds_command(text: str) -> bool:
    """Whether `parse` finds a command in `text`, known or not."""
    return _call(_lines(text)) is not None


def help_text() -> str:
    """RULES as a table, Markdown."""
    rows = [f"| `{rule.shown}` | {rule.help} | {' or '.join(rule.where)} | {rule.permission} |" for rule in RULES]
    return "\n".join(["| command | what it does | where | least permission |", "|---|---|---|---|", *rows]) + "\n"


def _call(lines: list[tuple[_Kind, str]]) -> int | None:
    """The index of the line that holds the command."""
    return next((at for at, (kind, line) in enumerate(lines) if kind == "text" and _CALL.match(line)), None)


def _behind(lines: list[tuple[_Kind, str]], at: int) -> list[str]:
    """The rest of the line `at`, and the lines after it that belong to it."""
    said = [_CALL.sub("", lines[at][1], count=1)]
    for kind, line in lines[at + 1 :]:
        if kind == "quote" or (kind == "text" and _CALL.match(line)):
            break
        if kind != "html":
            said.append(line)
    return said


def _unknown(name: str) -> Unknown:
    word = re.sub(r"[^\w-]", "", name)[:_WORD]
    near = difflib.get_close_matches(word, _RULES, n=1)
    return Unknown(word, near[0] if near else "")


def _lines(text: str) -> list[tuple[_Kind, str]]:
    """Each line with what it is to a reader; `other` is what is blank, or only markup.

    A line without a `>` that CommonMark counts to the quote above it is text: whoever wrote it began anew.
    """
    lines = _LINE_END.split(text)
    kinds: list[_Kind] = ["other"] * len(lines)
    depth = 0
    for token in _BLOCKS.parse(text):
        depth += _DEPTHS.get(token.type, 0)
        if token.type not in _KINDS or not token.map:
            continue
        start, end = token.map
        for at in range(start, end):
            kinds[at] = "quote" if depth and _QUOTED.match(lines[at]) else _KINDS[token.type]
        if token.type == "inline":
            lines[start:end] = _without_comments("\n".join(lines[start:end])).split("\n")
    return list(zip(kinds, lines, strict=True))


def _without_comments(text: str) -> str:
    """`text` without HTML comments, in as many lines. A mark stays, lest what follows one seem to begin a line.

    A search by hand, since a regular expression takes the square of the time where many open and none closes.
    """
    kept: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        kept += [text[at:start], "\n" * text.count("\n", start, end), "\u200b"]
        at = end + len("-->")
    return "".join([*kept, text[at:]])


def _visible(text: str) -> str:
    """`text` without control, formatting (zero width, bidi, tags), surrogate and private characters."""
    seen = _BLANK.sub("", text.replace("\t", " "))
    return "".join(char for char in seen if char == "\n" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co"})
