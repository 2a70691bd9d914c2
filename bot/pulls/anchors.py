"""Where on the pull request a Finding can be commented on: by the hunks as GitHub shows them.

GitHub takes a comment on a line that is in one of its hunks, RIGHT on added and unchanged lines, LEFT on removed and
unchanged ones, and on a range whose ends are in the same hunk. Anything else refuses the whole review.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.diff.change import FileDiff, Hunk, Line, Side
from bot.diff.parse import Unreadable, hunks_of
from bot.diff.place import Place, Unplaced
from bot.review.forge import Listing


@dataclass(frozen=True, slots=True)
class Anchor:
    """`exact` tells that it covers just the lines asked for. `certain` is False where GitHub doesn't show the file's
    hunks, so that only trying tells.
    """

    side: Side
    start: int
    end: int
    exact: bool = True
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Grid:
    """GitHub's hunks by path. A file of which it shows none has no entry in `hunks`."""

    hunks: Mapping[str, tuple[Hunk, ...]]
    listed: frozenset[str]
    complete: bool = True
    unshown: frozenset[str] = field(default=frozenset())


def grid_of(listing: Listing) -> Grid:
    hunks: dict[str, tuple[Hunk, ...]] = {}
    for file in listing.files:
        if file.patch:
            hunks[file.path] = _readable(file)
    return Grid(hunks, frozenset(file.path for file in listing.files), listing.complete, listing.unshown)


def anchor(path: str, place: Place, grid: Grid) -> Anchor | Unplaced:
    """The part of `place` that one hunk holds: all of it, or the longest run of its lines that GitHub shows."""
    if path in grid.unshown or (not grid.complete and path not in grid.listed):
        return Anchor(place.side, place.start, place.end, certain=False)
    if path not in grid.listed:
        return Unplaced("GitHub doesn't count the file to this pull request")
    held = [within for hunk in grid.hunks.get(path, ()) if (within := _within(hunk, place))]
    if not held:
        return Unplaced("its lines aren't in the part of the file that GitHub shows")
    start, end = max(held, key=lambda lines: lines[1] - lines[0])
    return Anchor(place.side, start, end, exact=(start, end) == (place.start, place.end))


def text_of(path: str, place: Place, grid: Grid) -> list[str] | None:
    """The lines of `place` as they are in the file; None unless one hunk holds all of them."""
    if place.end < place.start:
        return None
    for hunk in grid.hunks.get(path, ()):
        lines = {_number(line, place.side): line.text for line in hunk.lines}
        wanted = range(place.start, place.end + 1)
        if all(number in lines for number in wanted):
            return [lines[number] for number in wanted]
    return None


def _within(hunk: Hunk, place: Place) -> tuple[int, int] | None:
    numbers = [number for line in hunk.lines if (number := _number(line, place.side)) and place.covers(number)]
    return (min(numbers), max(numbers)) if numbers else None


def _number(line: Line, side: Side) -> int | None:
    return line.new if side is Side.RIGHT else line.old


def _readable(file: FileDiff) -> tuple[Hunk, ...]:
    try:
        return hunks_of(file)
    except Unreadable:
        return ()
