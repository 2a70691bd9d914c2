"""What a review said of a Case -> a Row of counts. No model judges: lines overlap, or they don't.

A Comment hits a defect if it overlaps one of its places, on the same side, within SLACK lines; it explains the defect
if its words match the defect's topic too. Overlap alone can be had for nothing, by a comment on every hunk.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.evaluate.cases import Case, Defect, Range
from bot.review.findings import Finding, Review

SLACK = 2  # lines
LONGEST = 10_000  # characters of a comment that a topic is looked for in


@dataclass(frozen=True, slots=True)
class Comment:
    """What a reviewer said, and where; None where it has no lines."""

    where: Range | None
    text: str


@dataclass(frozen=True, slots=True)
class Effort:
    """What the answers took, when each was first asked for. `replayed` of the requests came from the cache now."""

    requests: int = 0
    replayed: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """One case by one reviewer. `failed` says why it wasn't reviewed, or not as a whole: then nothing was counted.

    `hit` of the `defects` were; of the `explainable` ones, which have a topic, so many were `explained`. Suggestions
    were `kept`, or `dropped` with a reason.
    """

    case: str
    kind: Literal["bug", "clean"]
    category: str
    changed_lines: int
    defects: int
    explainable: int
    failed: str = ""
    comments: int = 0
    placed: int = 0
    overlapping: int = 0
    hit: int = 0
    explained: int = 0
    kept: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    effort: Effort = field(default_factory=Effort)


def score(
    case: Case,
    changed_lines: int,
    comments: Sequence[Comment],
    *,
    objections: Sequence[str] = (),
    effort: Effort | None = None,
) -> Row:
    """`objections` are one for each suggestion, empty where it stands."""
    return Row(
        case=case.id,
        kind=case.kind,
        category=case.category,
        changed_lines=changed_lines,
        defects=len(case.defects),
        explainable=sum(bool(defect.topic) for defect in case.defects),
        comments=len(comments),
        placed=sum(comment.where is not None for comment in comments),
        overlapping=sum(any(_hits(comment, defect) for defect in case.defects) for comment in comments),
        hit=sum(any(_hits(comment, defect) for comment in comments) for defect in case.defects),
        explained=sum(any(_explains(comment, defect) for comment in comments) for defect in case.defects),
        kept=sum(not objection for objection in objections),
        dropped=Counter(objection for objection in objections if objection),
        effort=effort or Effort(),
    )


def failure(case: Case, changed_lines: int, reason: str, effort: Effort | None = None) -> Row:
    return Row(
        case=case.id,
        kind=case.kind,
        category=case.category,
        changed_lines=changed_lines,
        defects=len(case.defects),
        explainable=sum(bool(defect.topic) for defect in case.defects),
        failed=reason,
        effort=effort or Effort(),
    )


def comments_of(review: Review) -> list[Comment]:
    """All that stands, within the comment budget or not, with or without lines: a reader sees all of it."""
    return [_comment(finding) for finding in (*review.findings, *review.unplaced)]


def _comment(finding: Finding) -> Comment:
    """Its own words: the code that it quotes would match any topic that is made of names."""
    place = finding.place
    where = Range(finding.path, place.side, place.start, place.end) if place else None
    return Comment(where, f"{finding.title}\n{finding.body}")


def _hits(comment: Comment, defect: Defect) -> bool:
    return comment.where is not None and any(_overlap(comment.where, place) for place in defect.ranges)


def _explains(comment: Comment, defect: Defect) -> bool:
    if not defect.topic or not _hits(comment, defect):
        return False
    return bool(re.search(defect.topic, comment.text[:LONGEST], re.IGNORECASE))


def _overlap(said: Range, true: Range) -> bool:
    """Within SLACK lines, on the same side of the same file."""
    if (said.path, said.side) != (true.path, true.side):
        return False
    return said.start <= true.end + SLACK and said.end >= true.start - SLACK
