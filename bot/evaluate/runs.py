"""Where a change has changed lines, run by run: what truth is made of, and what a reviewer without a model goes by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from bot.diff.change import Change, FileDiff, Hunk, Line, Side
from bot.diff.parse import Unreadable, hunks_of
from bot.evaluate.cases import Range


@dataclass(frozen=True, slots=True)
class Run:
    """Changed lines with no unchanged one between them. `above` is the number of the new line over them, 0 at the top.

    `last` tells that nothing of the file follows.
    """

    path: str
    removed: tuple[Line, ...]
    added: tuple[Line, ...]
    above: int
    last: bool = False

    @property
    def right(self) -> Range:
        """Its lines after the change; where all are gone, the ones that meet there now."""
        if self.added:
            return Range(self.path, Side.RIGHT, self.added[0].new or 1, self.added[-1].new or 1)
        above = max(1, self.above)
        return Range(self.path, Side.RIGHT, above, above if self.last else self.above + 1)

    @property
    def left(self) -> Range | None:
        if not self.removed:
            return None
        return Range(self.path, Side.LEFT, self.removed[0].old or 1, self.removed[-1].old or 1)


def runs_of(change: Change) -> tuple[Run, ...]:
    """Those of all files that can be read, in the order of the diff."""
    return tuple(run for file in change.files for hunk in readable(file) for run in _runs(file.path, hunk))


def readable(file: FileDiff) -> tuple[Hunk, ...]:
    """Its hunks; none where they can't be read."""
    try:
        return hunks_of(file)
    except Unreadable:
        return ()


def _runs(path: str, hunk: Hunk) -> Iterator[Run]:
    above = next((line.new for line in hunk.lines if line.new), 1) - 1
    groups = [(changed, tuple(lines)) for changed, lines in groupby(hunk.lines, lambda line: line.sign != " ")]
    for at, (changed, lines) in enumerate(groups):
        if changed:
            removed = tuple(line for line in lines if line.new is None)
            added = tuple(line for line in lines if line.old is None)
            yield Run(path, removed, added, above, last=at == len(groups) - 1)
        above = next((line.new for line in reversed(lines) if line.new), above)
