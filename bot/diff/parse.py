"""The hunks of one file: bytes -> Hunks, by unidiff, with what unidiff 1.0.1 trips over taken out of its way.

It is handed the hunks alone behind made-up file names (real ones with ` b/`, quotes or escapes in them
break it or come out wrong), as text in which every byte survives, split on the line feed only (its own
reading of a file alters carriage returns). What it drops in silence shows when its counts are compared
with those of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchedFile, PatchSet

from bot.diff.change import FileDiff, Hunk, Line
from bot.diff.masks import in_private_key

_HEADER = ("--- a/f\n", "+++ b/f\n")


class Unreadable(ValueError):
    """The hunks of a file can't be read; the message says why."""


def hunks_of(file: FileDiff) -> tuple[Hunk, ...]:
    """The hunks of `file`. Raises Unreadable unless they hold just what the file says that it holds."""
    if file.problem:
        raise Unreadable(file.problem)
    if not file.patch:
        return ()
    try:
        (parsed,) = PatchSet([*_HEADER, *_lines(file.patch)])
    except (UnidiffParseError, ValueError) as error:
        raise Unreadable(f"its hunks don't parse: {' '.join(str(error).split())[:80]}") from error
    found = (len(parsed), parsed.added, parsed.removed)
    expected = (file.hunks, file.added, file.removed)
    if found != expected:
        raise Unreadable(f"its hunks hold {_counts(found)} where {_counts(expected)} were announced")
    return tuple(_hunks(parsed))


def _lines(patch: bytes) -> list[str]:
    return [line + "\n" for line in patch.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")]


def _hunks(parsed: PatchedFile) -> Iterator[Hunk]:
    for index, hunk in enumerate(parsed):
        lines = [
            Line(line.source_line_no, line.target_line_no, line.value.removesuffix("\n"))
            for line in hunk
            if line.source_line_no is not None or line.target_line_no is not None
        ]
        if any("-----" in line.text for line in lines):
            secret = in_private_key(line.text for line in lines)
            lines = [replace(line, secret=told) for line, told in zip(lines, secret, strict=True)]
        yield Hunk(index, hunk.section_header.strip(), tuple(lines))


def _counts(counts: tuple[int, int, int]) -> str:
    return f"{counts[0]} hunks, +{counts[1]}, -{counts[2]}"
