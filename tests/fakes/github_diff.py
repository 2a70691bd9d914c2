"""Which lines of a diff can be commented on, and where they are after the next push."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class DiffLine:
    """`position` is GitHub's old way to name a line: how many lines it is below the file's first `@@`."""

    sign: str
    text: str
    old: int | None
    new: int | None
    position: int


@dataclass(frozen=True, slots=True)
class Hunk:
    header: str
    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a thread hangs. A thread on a file has no line."""

    path: str
    side: str = "RIGHT"
    line: int | None = None
    start_line: int | None = None
    start_side: str | None = None
    position: int | None = None
    diff_hunk: str = ""


@dataclass(frozen=True)
class FilePatch:
    """One file of a diff. `counts` are the added and the removed lines, None for a binary file."""

    path: str
    previous: str | None
    status: str
    sha: str
    counts: tuple[int, int] | None
    patch: str | None
    _hunks: list[list[Hunk]] = field(default_factory=list, compare=False, repr=False)

    @property
    def hunks(self) -> list[Hunk]:
        if not self._hunks:
            self._hunks.append(hunks_of(self.patch))
        return self._hunks[0]


def hunks_of(patch: str | None) -> list[Hunk]:
    """The hunks of a file's patch, which begins with its first `@@`."""
    hunks: list[Hunk] = []
    body: list[str] = []
    position = 0
    for line in [*(patch or "").split("\n"), None]:
        if line is None or line.startswith("@@ "):
            if body:
                hunks.append(_hunk(body, position))
                position += len(body)
            body = []
        if line is not None and (body or line.startswith("@@ ")):
            body.append(line)
    return hunks


def _hunk(body: Sequence[str], position: int) -> Hunk:
    found = _HEADER.match(body[0])
    assert found, body[0]
    old, old_count, new, new_count = (1 if number is None else int(number) for number in found.groups())
    return Hunk(body[0], old, old_count, new, new_count, tuple(_lines(body[1:], old, new, position)))


def _lines(body: Sequence[str], old: int, new: int, position: int) -> Iterator[DiffLine]:
    for at, line in enumerate(body, position + 1):
        sign = line[:1] or " "
        yield DiffLine(sign, line, old if sign in " -" else None, new if sign in " +" else None, at)
        old, new = old + (sign in " -"), new + (sign in " +")


def find(hunks: Sequence[Hunk], side: str, line: int) -> tuple[Hunk, DiffLine] | None:
    """The line with this number on this side, if a hunk shows it."""
    for hunk in hunks:
        for shown in hunk.lines:
            if (shown.new if side == "RIGHT" else shown.old) == line:
                return hunk, shown
    return None


def at_position(hunks: Sequence[Hunk], position: int) -> tuple[Hunk, DiffLine] | None:
    return next(((hunk, line) for hunk in hunks for line in hunk.lines if line.position == position), None)


def excerpt(hunk: Hunk, line: DiffLine) -> str:
    """What GitHub keeps as `diff_hunk`: the hunk down to the line."""
    return "\n".join((hunk.header, *(shown.text for shown in hunk.lines if shown.position <= line.position)))


def moved(line: int, hunks: Sequence[Hunk]) -> int | None:
    """The number that an old line has behind a diff without context; None if the diff changes or removes it."""
    shift = 0
    for hunk in hunks:
        if hunk.old_count == 0:
            if hunk.old_start >= line:
                break
        elif hunk.old_start > line:
            break
        elif line < hunk.old_start + hunk.old_count:
            return None
        shift += hunk.new_count - hunk.old_count
    return line + shift
