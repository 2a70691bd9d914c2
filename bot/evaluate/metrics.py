"""Rows -> numbers, each a ratio of sums, with a bootstrap interval.

Cases are what is drawn anew, with their counts as they are: comments on one change aren't independent of each other.
The seed is fixed, so that the same rows have the same intervals.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from bot.evaluate.score import Row

ROUNDS = 1_000
SEED = 7
OUTER = 0.025  # of the rounds on either side lie outside of the interval

Value = TypeVar("Value")
Parts: TypeAlias = tuple[float, float]  # above and below the line


@dataclass(frozen=True, slots=True)
class Metric:
    """`parts` are what a Row adds above and below the line; None where it has no say in this."""

    name: str
    title: str
    parts: Callable[[Row], Parts | None]
    share: bool = True


@dataclass(frozen=True, slots=True)
class Estimate:
    """None where there was nothing to divide by. `cases` had a say in it."""

    value: float | None
    low: float | None
    high: float | None
    cases: int


# A bug that a failed review was asked about wasn't found; a clean change isn't clean of alarms because it failed.
METRICS = (
    Metric("recall", "Recall", lambda row: (row.hit, row.defects) if row.kind == "bug" else None),
    Metric(
        "explained_recall",
        "Explained recall",
        lambda row: (row.explained, row.explainable) if row.explainable else None,
    ),
    Metric(
        "false_alarms", "Alarms per clean change", lambda row: (row.comments, 1) if _clean(row) else None, share=False
    ),
    Metric(
        "clean_with_alarm", "Clean changes with an alarm", lambda row: (row.comments > 0, 1) if _clean(row) else None
    ),
    Metric("precision", "Precision by overlap", lambda row: (row.overlapping, row.comments)),
    Metric(
        "precision_on_bugs",
        "Precision on bug cases",
        lambda row: (row.overlapping, row.comments) if row.kind == "bug" else None,
    ),
    Metric(
        "comments_per_100_lines",
        "Comments per 100 changed lines",
        lambda row: None if row.failed else (100 * row.comments, row.changed_lines),
        share=False,
    ),
    Metric("placed", "Comments with a line", lambda row: (row.placed, row.comments)),
    Metric("cached", "Prompt tokens cached", lambda row: (row.effort.cached_tokens, row.effort.prompt_tokens)),
)
BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}


def _clean(row: Row) -> bool:
    return row.kind == "clean" and not row.failed


def estimate(metric: Metric, rows: Sequence[Row]) -> Estimate:
    parts = [part for row in rows if (part := metric.parts(row)) is not None]
    drawn = (_ratio(sample) for sample in _samples(parts))
    return _estimate(_ratio(parts), drawn, len(parts))


def difference(metric: Metric, rows: Sequence[Row], others: Sequence[Row]) -> Estimate:
    """How much more `rows` have than `others`, over the cases that both have: drawn together, since they are paired."""
    there = {row.case: part for row in others if (part := metric.parts(row)) is not None}
    pairs = [(part, there[row.case]) for row in rows if row.case in there and (part := metric.parts(row)) is not None]
    drawn = (_difference(sample) for sample in _samples(pairs))
    return _estimate(_difference(pairs), drawn, len(pairs))


def _difference(pairs: Sequence[tuple[Parts, Parts]]) -> float | None:
    one, other = _ratio([pair[0] for pair in pairs]), _ratio([pair[1] for pair in pairs])
    return None if one is None or other is None else one - other


def _ratio(parts: Sequence[Parts]) -> float | None:
    below = sum(part[1] for part in parts)
    return sum(part[0] for part in parts) / below if below else None


def _samples(values: Sequence[Value]) -> Iterator[list[Value]]:
    """As many as there are, with replacement, ROUNDS times."""
    draw = random.Random(SEED)  # noqa: S311  # nothing secret: the same draws each time are what is wanted
    for _ in range(ROUNDS if values else 0):
        yield draw.choices(values, k=len(values))


def _estimate(value: float | None, drawn: Iterable[float | None], cases: int) -> Estimate:
    """The percentile interval of what was drawn; a draw with nothing to divide by says nothing."""
    told = sorted(one for one in drawn if one is not None)
    if value is None or not told:
        return Estimate(value, None, None, cases)
    outside = int(OUTER * len(told))
    return Estimate(value, told[outside], told[-1 - outside], cases)
