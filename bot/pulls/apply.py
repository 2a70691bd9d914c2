"""The suggestions of open Threads -> new contents of files. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.diff.change import Side
from bot.pulls.suggestions import guarded, read_block
from bot.review.threads import Thread


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines `start` to `end` of `path` become `lines`."""

    thread: Thread
    path: str
    start: int
    end: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoEdit:
    """A Thread whose suggestion can't be applied, and why."""

    thread: Thread
    reason: str


def edits_of(threads: Iterable[Thread]) -> tuple[list[Edit], list[NoEdit]]:
    """The last suggestion of each open Thread of ours; of two that overlap, the first."""
    edits: list[Edit] = []
    refused: list[NoEdit] = []
    for thread in threads:
        lines = next(
            (found for one in reversed(thread.comments) if one.own and (found := read_block(one.body)) is not None),
            None,
        )
        if lines is None or not thread.own or thread.resolved:
            continue
        if reason := _objection(thread, edits):
            refused.append(NoEdit(thread, reason))
        else:
            end = thread.line or 0
            edits.append(Edit(thread, thread.path, thread.start or end, end, tuple(lines)))
    return edits, refused


def applied(content: bytes, edits: Sequence[Edit]) -> bytes | None:
    """`content` with all of `edits` in it, line ends as they are there; None if it has no such lines."""
    lines = _by_feed(content)
    for edit in sorted(edits, key=lambda one: one.start, reverse=True):
        if not 1 <= edit.start <= edit.end <= len(lines):
            return None
        ending = _ending(lines[: edit.start])
        new = [line.encode("utf-8", "surrogateescape") + ending for line in edit.lines]
        if edit.end == len(lines) and new and not lines[-1].endswith(b"\n"):
            new[-1] = new[-1].removesuffix(ending)
        lines[edit.start - 1 : edit.end] = new
    return b"".join(lines)


def _by_feed(content: bytes) -> list[bytes]:
    """A carriage return on its own ends no line."""
    pieces = content.split(b"\n")
    return [*(piece + b"\n" for piece in pieces[:-1]), *([pieces[-1]] if pieces[-1] else [])]


def _ending(lines: Sequence[bytes]) -> bytes:
    """The line end of the last one; of the one before, where that is the end of a file without a line feed."""
    ended = next((line for line in reversed(lines[-2:]) if line.endswith(b"\n")), b"")
    return b"\r\n" if ended.endswith(b"\r\n") else b"\n"


def _objection(thread: Thread, edits: Sequence[Edit]) -> str:
    if thread.side is not Side.RIGHT or thread.line is None:
        return "its lines have changed since"
    if guarded(thread.path):
        return "files that run elsewhere aren't changed by a comment"
    start = thread.start or thread.line
    if any(edit.path == thread.path and edit.start <= thread.line and start <= edit.end for edit in edits):
        return "it overlaps another one"
    return ""
