"""Whether a comment's lines are in the diff, and what GitHub says when they aren't.

Reviews say it in strings, single comments in objects. Both have the words of 2026 and those of a GitHub Enterprise
Server, which are the older ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.github_diff import Anchor, DiffLine, Hunk, at_position, excerpt, find
from tests.fakes.github_pull import Pull
from tests.fakes.github_router import problem

_NEW = {
    "line": ["Line could not be resolved"],
    "path": ["Path could not be resolved"],
    "position": ["Position could not be resolved"],
    "start": ["Pull request review thread start line must precede the end line."],
    "hunk": ["Pull request review thread start line must be part of the same hunk as the line."],
}
_OLD = _NEW | {
    "line": [
        "Pull request review thread line must be part of the diff",
        "Pull request review thread diff hunk can't be blank",
    ],
    "path": ["Pull request review thread path is invalid"],
    "position": ["Pull request review thread position is invalid"],
}
_FIELDS = {
    "line": [("line", "must be part of the diff"), ("diff_hunk", "can't be blank")],
    "path": [("path", "is invalid")],
    "position": [("position", "is invalid"), ("diff_hunk", "can't be blank")],
    "start": [("start_line", "must precede the end line.")],
    "hunk": [("start_line", "must be part of the same hunk as the line.")],
}


class Misplaced(Exception):
    """`reason` is line, path, position, start or hunk."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def anchor_of(pull: Pull, commit: str, told: Mapping[str, Any]) -> Anchor:
    """Where `told`, with path, line, side, start_line and start_side, or position, hangs. Raises Misplaced."""
    path = told["path"]
    file = pull.file(path, commit)
    if file is None:
        raise Misplaced("path")
    if told.get("subject_type") == "file":
        return Anchor(path, position=1, diff_hunk=file.hunks[0].header if file.hunks else "")
    if told.get("line") is None:
        return _at_position(path, file.hunks, told.get("position"))
    side, line = told.get("side") or "RIGHT", told["line"]
    found = find(file.hunks, side, line)
    if found is None:
        raise Misplaced("line")
    start, start_side = _start(file.hunks, told, found, side)
    return Anchor(path, side, line, start, start_side, found[1].position, excerpt(*found))


def _at_position(path: str, hunks: Sequence[Hunk], position: object) -> Anchor:
    if position is None:
        raise Misplaced("line")
    found = at_position(hunks, position) if isinstance(position, int) else None
    if found is None:
        raise Misplaced("position")
    side = "LEFT" if found[1].sign == "-" else "RIGHT"
    line = found[1].old if side == "LEFT" else found[1].new
    return Anchor(path, side, line, None, None, found[1].position, excerpt(*found))


def _start(
    hunks: Sequence[Hunk], told: Mapping[str, Any], end: tuple[Hunk, DiffLine], side: str
) -> tuple[int | None, str | None]:
    """A range begins before it ends, in the same hunk. Without `start_side`, GitHub says that it doesn't precede."""
    start, start_side = told.get("start_line"), told.get("start_side")
    if start is None:
        return None, None
    if start_side not in ("LEFT", "RIGHT") or (start_side == side and start >= told["line"]):
        raise Misplaced("start")
    found = find(hunks, start_side, start)
    if found is None or found[0] is not end[0]:
        raise Misplaced("hunk")
    if found[1].position >= end[1].position:
        raise Misplaced("start")
    return start, start_side


def review_errors(reasons: Sequence[str], flavour: str) -> list[str]:
    """One string for all of them; which comment is meant, it doesn't say."""
    words = _OLD if flavour == "ghes" else _NEW
    return [sentence([part for reason in reasons for part in words[reason]])]


def comment_errors(reason: str) -> list[dict[str, Any]]:
    named = [(f"pull_request_review_thread.{field}", says) for field, says in _FIELDS[reason]]
    return [problem("PullRequestReviewComment", field, "custom", f"{field} {says}") for field, says in named]


def sentence(parts: Sequence[str]) -> str:
    """As Rails joins a list."""
    if len(parts) <= 2:
        return " and ".join(parts)
    return f"{', '.join(parts[:-1])}, and {parts[-1]}"
