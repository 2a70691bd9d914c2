"""Text that isn't ours as Markdown that does nothing: the only way in which such text enters a comment.

GitHub renders Markdown first and looks for mentions, references and links in the result, so that a backslash before
an `@` is gone when it looks. What must not come to life is parted by a zero width space: `@<zwsp>maria`. Code spans
and fences keep their form, since in them GitHub looks for nothing; images, HTML, links, headings and quotes lose it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.diff.change import printable
from bot.diff.masks import masked, revealed, without_keys

_APART = "\u200b"
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~!&$])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LIVE = re.compile(
    r"@(?=\w)"  # a mention, or the middle of an address
    r"|#(?=\w)"  # an issue, also behind owner/repository
    r"|\b[Gg][Hh](?=-\d)"  # GH-12
    r"|(?<=:)//"  # the scheme of an address
    r"|\b[Ww]{3}(?=\.)"
)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([\w+#.-]*)[ \t]*$")
_LINE_START = re.compile(
    r"^(\s*)(?:(#{1,6})(?=\s|$)|(/)(?=\w)|([-+=])(?=\s*$|[-+=])|(\d{1,9})([.)])(?=\s|$)|([-+])(?=\s))"
)
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_RUN = re.compile(r"`+")
_FENCE_RUN = re.compile(r"^\s*(`{3,})", re.MULTILINE)


def prose(text: str) -> str:
    """Paragraphs, lists and code of someone else. Lines stay lines."""
    return "\n".join(_blocks(cleaned(text).split("\n"))).strip("\n")


def inline(text: str) -> str:
    """One line, with its code spans; fit for a heading, a list item or the summary of a fold."""
    return _line(" ".join(cleaned(text).split()))


def cell(text: str) -> str:
    """`inline` for a table: there a bar ends the cell even within code."""
    return re.sub(r"(?<!\\)\|", r"\\|", inline(text))


def code(text: str) -> str:
    """One line as code, whatever backticks are in it."""
    text = " ".join(cleaned(text).split()) or " "
    longest = max((len(run) for run in _RUN.findall(text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def block(text: str, language: str = "") -> str:
    """A code block with a fence longer than any in it. The text is kept to the letter, but for what `cleaned` does."""
    return fenced(cleaned(text).strip("\n"), language)


def fenced(text: str, language: str = "") -> str:
    """`text` as it is between fences that no line of it can close."""
    longest = max((len(run) for run in _FENCE_RUN.findall(text)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def plain(text: str) -> str:
    """For places that show text as it is, such as an annotation: one that no log or terminal takes for a command."""
    return cleaned(text)


def cleaned(text: str) -> str:
    """Without control characters; hidden ones written out, secrets masked."""
    text = _CONTROL.sub("", printable(text.replace("\r\n", "\n").replace("\t", "    ")))
    return revealed(without_keys(text) if "-----BEGIN" in text else masked(text))


def _blocks(lines: list[str]) -> Iterator[str]:
    """Lines outside of fences made harmless, and each fence with what is in it made anew."""
    at = 0
    while at < len(lines):
        opening = _FENCE.match(lines[at])
        if not opening:
            yield _line(lines[at])
            at += 1
            continue
        end = at + 1
        while end < len(lines) and not _closes(lines[end], opening[1]):
            end += 1
        yield fenced("\n".join(lines[at + 1 : end]), "" if opening[2].lower() == "suggestion" else opening[2])
        at = end + 1


def _closes(line: str, fence: str) -> bool:
    closing = line.strip()
    return len(closing) >= len(fence) and set(closing) == {fence[0]}


def _line(line: str) -> str:
    """One line of prose: code spans kept, the rest escaped."""
    if line.startswith(("    ", "\t")):
        line = line.lstrip()  # else it is a code block, in which the escapes would show
    parts: list[str] = []
    at = 0
    for span in _SPAN.finditer(line):
        parts += [_escaped(line[at : span.start()]), code(span[2])]
        at = span.end()
    return _LINE_START.sub(_disarmed, "".join([*parts, _escaped(line[at:])]), count=1)


def _disarmed(match: re.Match[str]) -> str:
    """What would open a heading, a rule or another bot's command at the start of a line. Lists may be."""
    space, heading, slash, rule, number, dot, item = match.groups()
    if number or item:
        return f"{space}{number or item}{dot or ''}"
    return f"{space}\\{heading or slash or rule}"


def _escaped(text: str) -> str:
    return _LIVE.sub(lambda match: _parted(match[0]), _SPECIAL.sub(r"\\\1", text))


def _parted(live: str) -> str:
    return f"/{_APART}/" if live == "//" else f"{live}{_APART}"
