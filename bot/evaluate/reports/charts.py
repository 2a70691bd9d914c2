"""Numbers -> the marks of a chart: one line for each reviewer, a dot on its value, a bar over its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.evaluate.evaluation import Evaluation, Reviewer
from bot.evaluate.metrics import BY_NAME, Estimate, Metric
from bot.evaluate.reports.tables import interval, named

CHARTED = ("recall", "explained_recall", "false_alarms")
WIDTH = 720  # all lengths are pixels of a drawing that grows and shrinks as a whole
NAMES = 250  # of them for the names
VALUES = 140  # and for the numbers at the right end
LINE = 30
TOP = 8
AXIS = 26
LONGEST = 32  # characters of a name
STEPS = 4  # of the axis


@dataclass(frozen=True, slots=True)
class Mark:
    """A reviewer's line at height `y`. `x` is None where there is no value, `low` and `high` where no interval."""

    name: str
    label: str
    baseline: bool
    y: int
    x: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """`ticks` are (x, what stands there). `left`, `right` and `bottom` bound the field."""

    title: str
    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]
    height: int
    bottom: int
    width: int = WIDTH
    left: int = NAMES
    right: int = WIDTH - VALUES


def charts(evaluation: Evaluation) -> list[Chart]:
    return [_chart(BY_NAME[name], evaluation.reviewers) for name in CHARTED]


def _chart(metric: Metric, reviewers: Sequence[Reviewer]) -> Chart:
    estimates = [one.estimates[metric.name] for one in reviewers]
    top = 1.0 if metric.share else _top(estimates)
    bottom = TOP + LINE * len(reviewers)
    marks = tuple(
        _mark(one, estimate, metric, top, TOP + LINE * at + LINE // 2)
        for at, (one, estimate) in enumerate(zip(reviewers, estimates, strict=True))
    )
    ticks = tuple((_x(top * at / STEPS, top), f"{top * at / STEPS:g}") for at in range(STEPS + 1))
    return Chart(metric.title, marks, ticks, bottom + AXIS, bottom)


def _mark(one: Reviewer, estimate: Estimate, metric: Metric, top: float, y: int) -> Mark:
    x, low, high = (
        None if value is None else _x(value, top) for value in (estimate.value, estimate.low, estimate.high)
    )
    name = named(one)
    short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    return Mark(short, interval(estimate, metric), one.baseline, y, x, low, high)


def _top(estimates: Sequence[Estimate]) -> float:
    """The end of an axis that holds all of them, in round steps."""
    most = max((estimate.high or estimate.value or 0.0 for estimate in estimates), default=0.0)
    return max(1.0, math.ceil(most / STEPS) * STEPS)


def _x(value: float, top: float) -> float:
    return round(NAMES + (WIDTH - VALUES - NAMES) * value / top, 1)
