"""Hunks -> Chunks: small on purpose, in order, and nothing dropped without its name.

A Chunk holds neighbouring Hunks of one file while they fit in `Budget.join`; a Hunk above that stands alone;
one above `Budget.chunk` is split between lines. A line that no Chunk can hold skips its Hunk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.diff.change import FileDiff, Hunk, Line, Skipped, Status, path_shown, printable
from bot.diff.masks import masked, revealed

LINE_LIMIT = 4_000  # characters; longer lines are data, whatever the file is called

Count = Callable[[str], float]  # tokens of a text


@dataclass(frozen=True, slots=True)
class Budget:
    """In tokens: what a Chunk may hold at most, and up to where neighbouring Hunks share one."""

    chunk: int
    join: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one request carries of the change: Hunks, or parts of one, of a single file.

    `around` are texts on what stands around them, each with its kind.
    """

    file: FileDiff
    hunks: tuple[Hunk, ...]
    around: tuple[tuple[str, str], ...] = ()

    @property
    def indices(self) -> frozenset[int]:
        """The hunks of the file that it holds, or holds a part of."""
        return frozenset(hunk.index for hunk in self.hunks)


def split(file: FileDiff, hunks: Sequence[Hunk], budget: Budget, count: Count) -> tuple[list[Chunk], list[Skipped]]:
    """The Chunks of a file's Hunks, and the Hunks that have a line too long to read."""
    pieces: list[tuple[Hunk, float]] = []
    skipped: list[Skipped] = []
    for hunk in hunks:
        longest = max((len(line.text) for line in hunk.lines), default=0)
        parts = None if longest > LINE_LIMIT else _cut(hunk, budget.chunk, count)
        if parts is None:
            skipped.append(Skipped(file.path, 1, f"a line of {longest:,} characters"))
        else:
            pieces += parts
    return [Chunk(file, tuple(group)) for group in _join(pieces, budget)], skipped


def halve(chunk: Chunk) -> tuple[Chunk, Chunk] | None:
    """Two Chunks that hold what `chunk` holds; None where a single line is left."""
    if len(chunk.hunks) > 1:
        middle = len(chunk.hunks) // 2
        return replace(chunk, hunks=chunk.hunks[:middle]), replace(chunk, hunks=chunk.hunks[middle:])
    (hunk,) = chunk.hunks
    middle = len(hunk.lines) // 2
    if not middle:
        return None
    first, second = replace(hunk, lines=hunk.lines[:middle]), replace(hunk, lines=hunk.lines[middle:])
    return replace(chunk, hunks=(first,)), replace(chunk, hunks=(second,))


def _cut(hunk: Hunk, most: int, count: Count) -> list[tuple[Hunk, float]] | None:
    """`hunk` whole, or in parts of at most `most` tokens, with their sizes; None where a line alone is longer."""
    whole = count(render_hunk(hunk))
    if whole <= most:
        return [(hunk, whole)]
    heading = count(render_heading(hunk))
    parts: list[tuple[Hunk, float]] = []
    start, total = 0, heading
    for at, line in enumerate(hunk.lines):
        size = count(render_line(line))
        if heading + size > most:
            return None
        if total + size > most:
            parts.append((replace(hunk, lines=hunk.lines[start:at]), total))
            start, total = at, heading
        total += size
    return [*parts, (replace(hunk, lines=hunk.lines[start:]), total)]


def _join(pieces: Sequence[tuple[Hunk, float]], budget: Budget) -> Iterator[list[Hunk]]:
    """Neighbours together, while they fit in `budget.join`."""
    group: list[Hunk] = []
    total = 0.0
    for hunk, size in pieces:
        if group and total + size > budget.join:
            yield group
            group, total = [], 0.0
        group.append(hunk)
        total += size
    if group:
        yield group


def render(chunk: Chunk) -> str:
    """A Chunk as the model reads it."""
    title = f"File: {path_shown(chunk.file.path)}{_note(chunk.file)}\n"
    return title + "".join(render_hunk(hunk) for hunk in chunk.hunks)


def render_hunk(hunk: Hunk) -> str:
    return render_heading(hunk) + "".join(render_line(line) for line in hunk.lines)


def render_heading(hunk: Hunk) -> str:
    return f"@@ {revealed(masked(printable(hunk.heading)))}\n" if hunk.heading else "@@\n"


def render_line(line: Line) -> str:
    """Number, sign, text: the number of a removed line counts in the old file, every other one in the new."""
    return f"{line.new or line.old:>5} {line.sign} {line.shown}\n"


def _note(file: FileDiff) -> str:
    match file.status:
        case Status.ADDED:
            return " (new file)"
        case Status.RENAMED | Status.COPIED:
            return f" ({file.status} from {path_shown(file.old_path)})"
        case _:
            return ""
