"""The Review as one HTML page that stands alone: it loads nothing and runs nothing, and no text of others is markup.

It has no script at all: to fold, to go on to the next finding and to print, the browser needs none, and so the page
can forbid them. Its one style sheet is known by its hash.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from unicodedata import category

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bot import __version__
from bot.diff.change import FileDiff, Hunk, Line, Side
from bot.diff.parse import Unreadable, hunks_of
from bot.reports import words
from bot.reports.safe import plain
from bot.review.findings import Finding, Review, Suggestion
from bot.review.summary import counted

# Measured in Chromium 156 on two cores, a thousand files of 60 lines each: with 20,000 lines the page has 2 MB, opens
# in 0.7 s and unfolds as a whole in 2 s; with all 60,000 it has 6 MB and unfolds in 5 s. What stands open costs at
# once: a file of 20,000 lines takes 5 s to open.
LINES_OF_PAGE = 20_000  # of files without findings, which are folded; the lines of those beyond are left out
LINES_OF_FILE = 1_500  # a longer file with findings shows what is near them
NEAR = 25  # lines before and after a finding in such a file
LONGEST = 2_000  # characters of a line; longer ones were written by a program
FILES_OPEN = 30  # a longer list of files without findings is folded

_CODE = re.compile(r"`([^`\n]+)`")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of code. `kind` are classes of the style sheet: a(dded), d(eleted), m(arked by a finding).

    `cut` counts the characters left out at its end.
    """

    old: int | None
    new: int | None
    kind: str
    text: str
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One of these: lines, the heading of a hunk, how many lines are left out, the number of a finding."""

    rows: tuple[Row, ...] = ()
    heading: str = ""
    left_out: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class File:
    """A file of the change. `lost` are the findings whose lines aren't among its parts."""

    diff: FileDiff
    notes: tuple[str, ...]
    parts: tuple[Part, ...] = ()
    lost: tuple[int, ...] = ()
    left_out: int = 0

    @property
    def numbers(self) -> tuple[int, ...]:
        """Its findings, from top to bottom."""
        return (*self.lost, *(part.number for part in self.parts if part.number))


@dataclass(frozen=True, slots=True)
class Card:
    """A finding. `before` and `after` are what its suggestion changes; 0 stands for no neighbour on the page."""

    finding: Finding
    before: tuple[Row, ...]
    after: tuple[Row, ...]
    previous: int
    next: int


def as_html(review: Review) -> str:
    worst_first = sorted((*review.findings, *review.unplaced), key=lambda finding: finding.severity.rank)
    findings = dict(enumerate(worst_first, 1))
    files = _files(review, findings)
    placed = [number for file in files for number in file.numbers]
    apart = sorted(findings.keys() - set(placed))
    page = _environment().get_template("page.html.jinja")
    return page.render(
        review=review,
        verdict=_verdict(review),
        cards=_cards(findings, [*apart, *placed], review.change.files),
        files={
            "Files with findings": [file for file in files if file.numbers],
            "Files without findings": [file for file in files if not file.numbers],
        },
        apart=apart,
        most_open=FILES_OPEN,
        version=__version__,
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "told": _told,
        "prose": _prose,
        "digest": _digest,
        "commit": _commit,
        "counted": counted,
        "location": words.location,
        "unread": words.unread,
    }
    environment.globals["demonstration"] = words.DEMONSTRATION
    return environment


def _verdict(review: Review) -> str:
    """The first thing to know. A review that isn't whole never looks like one that found nothing."""
    total = len(review.findings) + len(review.unplaced)
    if review.coverage.failed:
        return f"Incomplete review: {counted(total, 'finding')} so far" if total else "Incomplete review"
    if total:
        return counted(total, "finding")
    return "No findings" if review.coverage.hunks else "Nothing to review"


def _files(review: Review, findings: Mapping[int, Finding]) -> list[File]:
    by_path: dict[str, dict[int, Finding]] = {}
    for number, finding in findings.items():
        if finding.place:
            by_path.setdefault(finding.path, {})[number] = finding
    notes = _notes(review)
    near = sum(_size(diff) for diff in review.change.files if diff.path in by_path) > LINES_OF_PAGE
    room = LINES_OF_PAGE
    files: list[File] = []
    for diff in review.change.files:
        here = by_path.pop(diff.path, {})  # taken out: a patch may name a file twice
        room -= 0 if here else _size(diff)
        if here or room >= 0:
            files.append(_file(diff, notes.get(diff.path, ()), here, near=near))
        else:
            files.append(File(diff, notes.get(diff.path, ()), left_out=_size(diff)))
    return files


def _notes(review: Review) -> dict[str, tuple[str, ...]]:
    """What of each path wasn't read, and why."""
    notes: dict[str, tuple[str, ...]] = {}
    for what, items in (("failed", review.coverage.failed), ("skipped", review.coverage.skipped)):
        for item in items:
            notes[item.path] = (*notes.get(item.path, ()), f"{counted(item.hunks, 'hunk')} {what}: {item.reason}")
    return notes


def _size(diff: FileDiff) -> int:
    return diff.patch.count(b"\n")


def _file(diff: FileDiff, notes: tuple[str, ...], here: Mapping[int, Finding], *, near: bool) -> File:
    """`here` are the findings of the file. With `near`, or where it is long, only what is near them is shown."""
    try:
        hunks = hunks_of(diff)
    except Unreadable as error:
        return File(diff, (*notes, f"Its lines can't be shown: {error}."), lost=tuple(here))
    near = bool(here) and (near or _size(diff) > LINES_OF_FILE)
    parts = tuple(part for hunk in hunks for part in _parts(hunk, here, near=near))
    shown = {part.number for part in parts}
    return File(diff, notes, parts, lost=tuple(number for number in here if number not in shown))


def _parts(hunk: Hunk, here: Mapping[int, Finding], *, near: bool) -> Iterator[Part]:
    yield Part(heading=_heading(hunk))
    for kind, group in groupby(_run(hunk.lines, here, near=near), key=type):
        if kind is Row:
            yield Part(rows=tuple(one for one in group if isinstance(one, Row)))
        elif kind is int:
            yield from (Part(number=one) for one in group if isinstance(one, int))
        else:
            yield Part(left_out=sum(1 for _ in group))


def _run(lines: Sequence[Line], here: Mapping[int, Finding], *, near: bool) -> Iterator[Row | int | None]:
    """Each line, or None where it is left out, and under the last of its lines the number of each finding."""
    covered = [at for at, line in enumerate(lines) if any(_covers(finding, line) for finding in here.values())]
    kept = {one for at in covered for one in range(at - NEAR, at + NEAR + 1)} if near else range(len(lines))
    marked = set(covered)
    for at, line in enumerate(lines):
        yield _row(line, marked=at in marked) if at in kept else None
        if at in marked:
            yield from (number for number, finding in here.items() if _ends(finding, line))


def _covers(finding: Finding, line: Line) -> bool:
    place, number = finding.place, _number(finding, line)
    return place is not None and number is not None and place.covers(number)


def _ends(finding: Finding, line: Line) -> bool:
    return finding.place is not None and _number(finding, line) == finding.place.end


def _number(finding: Finding, line: Line) -> int | None:
    """The number of `line` on the side that the finding counts on."""
    return line.old if finding.place and finding.place.side is Side.LEFT else line.new


def _row(line: Line, *, marked: bool = False) -> Row:
    text = _seen(line.shown)
    kind = {"+": "a", "-": "d", " ": ""}[line.sign] + (" m" if marked else "")
    return Row(line.old, line.new, kind, text[:LONGEST], max(0, len(text) - LONGEST))


def _heading(hunk: Hunk) -> str:
    old = _range([line.old for line in hunk.lines if line.old is not None])
    new = _range([line.new for line in hunk.lines if line.new is not None])
    return f"@@ -{old} +{new} @@ {_told(hunk.heading)}"


def _range(numbers: Sequence[int]) -> str:
    return f"{numbers[0]},{len(numbers)}" if numbers else "0,0"


def _cards(findings: Mapping[int, Finding], order: Sequence[int], diffs: Iterable[FileDiff]) -> dict[int, Card]:
    """Number -> Card. `order` is that of the page."""
    after = dict(pairwise(order))
    before = {later: earlier for earlier, later in after.items()}
    suggested = {finding.path for finding in findings.values() if finding.suggestion}
    lines = {diff.path: _new_lines(diff) for diff in diffs if diff.path in suggested}
    return {
        number: Card(
            finding,
            _replaced(finding.suggestion, lines.get(finding.path, {})),
            _replacement(finding.suggestion),
            before.get(number, 0),
            after.get(number, 0),
        )
        for number, finding in findings.items()
    }


def _new_lines(diff: FileDiff) -> dict[int, Line]:
    try:
        return {line.new: line for hunk in hunks_of(diff) for line in hunk.lines if line.new is not None}
    except Unreadable:
        return {}


def _replaced(suggestion: Suggestion | None, lines: Mapping[int, Line]) -> tuple[Row, ...]:
    """The lines as they are; none unless the change holds all of them."""
    wanted = range(suggestion.start, suggestion.end + 1) if suggestion else range(0)
    if not all(number in lines for number in wanted):
        return ()
    rows = (_row(lines[number]) for number in wanted)
    return tuple(Row(row.new, None, "d", row.text, row.cut) for row in rows)


def _replacement(suggestion: Suggestion | None) -> tuple[Row, ...]:
    if suggestion is None or not suggestion.replacement:
        return ()
    lines = enumerate(_told(suggestion.replacement).split("\n"), suggestion.start)
    return tuple(Row(None, number, "a", text) for number, text in lines)


def _told(text: str) -> str:
    """Words of others, as every report shows them."""
    return _seen(plain(text))


def _seen(text: str) -> str:
    """What a browser would draw nothing for is written out."""
    if text.isprintable():
        return text
    return "".join(char if _drawn(char) else char.encode("unicode_escape").decode() for char in text)


def _drawn(char: str) -> bool:
    return char.isprintable() or char in "\t\n" or category(char) == "Zs"


def _prose(text: str) -> Markup:
    """`_told`, with what stands between backticks as code. The only markup that is made of words of others."""
    parts = _CODE.split(_told(text).strip())
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts)
    )


def _commit(name: str) -> str:
    return name[:12] if _COMMIT.fullmatch(name) else _told(name)


def _digest(text: str) -> str:
    """How a Content-Security-Policy names the style sheet that it allows."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
