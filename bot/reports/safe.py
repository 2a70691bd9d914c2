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
    r"@(?=[\w\\.-])"  # a mention, or the middle of an address
    r"|#(?=\w)"  # an issue, also behind owner/repository
    r"|(?i:gh)(?=-\d)"  # GH-12
    r"|(?<=:)//"  # the scheme of an address
    r"|(?i:www)(?=\.)"
)
_FENCE = re.compile(r"\s*(`{3,}(?=[^`]*$)|~{3,})\s*(\S*)")
_LANGUAGE = re.compile(r"[A-Za-z][\w+#.-]*")
_DRAWN = ("suggestion", "mermaid", "math", "geojson", "topojson", "stl")  # what GitHub makes more of than code
_ITEM = re.compile(r"( {0,3})([-+*]|\d{1,9}[.)]) +(?=\S)")
_NUMBER = re.compile(r"\d{1,9}(?=[.)](?:\s|$))")
_OPENS = re.compile(r"#{1,6}(?=\s|$)|/(?=\w)|[-+=:](?=[-+=:\s]|$)")
_RUN = re.compile(r"`+")


def prose(text: str) -> str:
    """Paragraphs, lists and code of someone else. Lines stay lines."""
    return "\n".join(_blocks(cleaned(text).split("\n"))).strip("\n")


def inline(text: str) -> str:
    """One line, with its code spans; fit for a heading, a list item or the summary of a fold."""
    return _disarmed("".join(_words(" ".join(cleaned(text).split()))))


def cell(text: str) -> str:
    """`inline` for a table: there a bar ends the cell even within code."""
    return _disarmed("".join(_words(" ".join(cleaned(text).split()), bar="\\|")))


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
    longest = max((len(run) for run in _RUN.findall(text)), default=0)
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
        yield fenced("\n".join(lines[at + 1 : end]), _language(opening[2]))
        at = end + 1


def _closes(line: str, fence: str) -> bool:
    closing = line.strip()
    return len(closing) >= len(fence) and set(closing) == {fence[0]}


def _language(word: str) -> str:
    return word if _LANGUAGE.fullmatch(word) and word.lower() not in _DRAWN else ""


def _line(line: str) -> str:
    """One line of prose: code spans kept, the rest escaped. It may be an item of a list, and opens nothing else."""
    text = line.lstrip(" ")
    indent = line[: len(line) - len(text)]
    if len(indent) > 3:
        indent = ""  # else it is a code block, in which the escapes would show
    item = _ITEM.match(text)
    if not item:
        return indent + _disarmed("".join(_words(text)))
    opening = item[2].replace("*", "-")
    return f"{indent}{opening} {_disarmed(''.join(_words(text[item.end() :])))}"


def _words(line: str, *, bar: str = "|") -> Iterator[str]:
    """Text, escaped, and code spans by turns. `bar` is what stands for a bar within code."""
    at = 0
    for start, end, inside in _spans(line):
        yield _escaped(line[at:start])
        # GitHub takes `$` beside a code span for the sign of a formula.
        yield _APART if start and line[start - 1] == "$" else ""
        yield code(inside).replace("|", bar)
        yield _APART if line[end : end + 1] == "$" else ""
        at = end
    yield _escaped(line[at:])


def _spans(line: str) -> Iterator[tuple[int, int, str]]:
    """Where the code spans of a line begin and end, and what is in them: from a run of backticks to the next run that
    is as long.
    """
    runs = list(_RUN.finditer(line))
    closing: dict[int, int] = {}
    latest: dict[int, int] = {}
    for at in reversed(range(len(runs))):
        size = len(runs[at][0])
        if size in latest:
            closing[at] = latest[size]
        latest[size] = at
    at = 0
    while at < len(runs):
        end = closing.get(at)
        if end is not None:
            yield runs[at].start(), runs[end].end(), line[runs[at].end() : runs[end].start()]
        at = at + 1 if end is None else end + 1


def _disarmed(text: str) -> str:
    """Escaped text that opens no heading, rule, list, table or command of another bot where a line starts with it."""
    if number := _NUMBER.match(text):
        return f"{number[0]}\\{text[number.end() :]}"
    return f"\\{text}" if _OPENS.match(text) else text


def _escaped(text: str) -> str:
    return _LIVE.sub(lambda match: _parted(match[0]), _SPECIAL.sub(r"\\\1", text))


def _parted(live: str) -> str:
    return f"/{_APART}/" if live == "//" else f"{live}{_APART}"
