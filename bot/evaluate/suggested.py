"""Which suggestions of a Review stand: by the rules that a pull request would hold them to, and why not otherwise."""

from __future__ import annotations

from bot.diff.change import Change
from bot.diff.place import Place
from bot.evaluate.runs import readable
from bot.pulls.anchors import Grid
from bot.pulls.suggestions import objection, place_of
from bot.review.findings import Review


def objections(review: Review) -> list[str]:
    """One for each suggestion: why it can't be committed with a click, empty where it can. Of two on the same lines
    the first one stands.
    """
    grid = _grid(review.change)
    told: list[str] = []
    taken: dict[str, list[Place]] = {}
    for finding in review.findings:
        if finding.suggestion:
            others = taken.setdefault(finding.path, [])
            told.append(objection(finding.path, finding.suggestion, grid, others))
            others += [] if told[-1] else [place_of(finding.suggestion)]
    return told


def _grid(change: Change) -> Grid:
    """As if GitHub showed all of the change."""
    return Grid({file.path: readable(file) for file in change.files}, frozenset(file.path for file in change.files))
