"""Only what changed since the last review: which hunks are read again, and where earlier findings stand now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bot.diff.change import FileDiff, Hunk, Side, Skipped, Status, path_shown
from bot.diff.parse import Unreadable, hunks_of
from bot.diff.place import Place
from bot.pulls.plan import Row


@dataclass(frozen=True, slots=True)
class Touched:
    """What changed between the reviewed commit and the head: hunks by the path that a file has at the head, and that
    path by the one that it had. Paths are as `path_shown` writes them.
    """

    hunks: Mapping[str, Sequence[Hunk]]
    renamed: Mapping[str, str]


def touched_by(files: Sequence[FileDiff]) -> Touched | None:
    """None where a file's hunks can't be read: then nobody knows what is unchanged."""
    try:
        hunks = {path_shown(file.path): hunks_of(file) for file in files}
    except Unreadable:
        return None
    renamed = {path_shown(file.old_path): path_shown(file.path) for file in files if file.status is Status.RENAMED}
    return Touched(hunks, renamed)


def narrowed(files: Sequence[FileDiff], touched: Touched, reviewed: str) -> tuple[list[FileDiff], list[Skipped]]:
    """The hunks of `files` that have touched lines; the others are named, as reviewed at commit `reviewed`."""
    kept: list[FileDiff] = []
    skipped: list[Skipped] = []
    for file in files:
        lines = _new_lines(touched.hunks.get(path_shown(file.path), ()))
        part, left = _part(file, lines) if file.hunks and lines else (None, file.hunks)
        if part:
            kept.append(part)
        if left:
            skipped.append(Skipped(file.path, left, f"unchanged since {reviewed[:7]}, which was reviewed"))
    return kept, skipped


def carried(rows: Sequence[Row], touched: Touched) -> list[Row]:
    """Rows of the earlier summary whose code hasn't changed since, with the numbers that their lines have now."""
    named = [replace(row, path=touched.renamed.get(row.path, row.path)) for row in rows]
    return [new for row in named if (new := _moved(row, touched.hunks.get(row.path, ()))) is not None]


def _part(file: FileDiff, touched: frozenset[int]) -> tuple[FileDiff | None, int]:
    """`file` with its touched hunks alone, and how many were left out. One that can't be read stays whole."""
    try:
        hunks = hunks_of(file)
    except Unreadable:
        return file, 0
    pieces = list(_pieces(file.patch))
    chosen = [at for at, hunk in enumerate(hunks) if not touched.isdisjoint(_span(hunk))]
    if not chosen:
        return None, len(hunks)
    if len(chosen) == len(hunks):
        return file, 0
    lines = [line for at in chosen for line in hunks[at].lines]
    return (
        replace(
            file,
            patch=b"".join(pieces[at] for at in chosen),
            hunks=len(chosen),
            added=sum(line.old is None for line in lines),
            removed=sum(line.new is None for line in lines),
        ),
        len(hunks) - len(chosen),
    )


def _pieces(patch: bytes) -> Iterator[bytes]:
    """One for each hunk. No line of content begins with `@`: its sign stands before it."""
    starts = [match.start() for match in re.finditer(rb"^@@ -", patch, re.MULTILINE)]
    for start, end in pairwise([*starts, len(patch)]):
        yield patch[start:end]


def _span(hunk: Hunk) -> range:
    """The numbers that it covers in the new file; where all its lines are removed, the place where they were."""
    numbers = [line.new for line in hunk.lines if line.new is not None]
    return range(min(numbers), max(numbers) + 2) if numbers else range(2)


def _new_lines(hunks: Sequence[Hunk]) -> frozenset[int]:
    """The numbers in the new file of lines that came, and of those before which some went."""
    found: set[int] = set()
    for hunk in hunks:
        following = next((line.new for line in hunk.lines if line.new is not None), 1)
        for line in hunk.lines:
            if line.new is None:
                found.add(following)
            else:
                following = line.new + 1
                if line.old is None:
                    found.add(line.new)
    return frozenset(found)


def _moved(row: Row, hunks: Sequence[Hunk]) -> Row | None:
    """`row` where it stands behind `hunks`; None if they touch its lines, or it has none to follow."""
    if not hunks:
        return row
    if row.place is None or row.place.side is Side.LEFT:
        return None
    start, end = _number_after(row.place.start, hunks), _number_after(row.place.end, hunks)
    if start is None or end is None or end - start != row.place.end - row.place.start:
        return None
    return replace(row, place=Place(Side.RIGHT, start, end))


def _number_after(line: int, hunks: Sequence[Hunk]) -> int | None:
    """The new number of an old line; None if it went."""
    shift = 0
    for hunk in hunks:
        for item in hunk.lines:
            if item.old == line:
                return item.new
        old = max((item.old for item in hunk.lines if item.old is not None), default=0)
        new = max((item.new for item in hunk.lines if item.new is not None), default=0)
        if old < line:
            shift = new - old
    return line + shift
