"""Rows of all reviewers -> an Evaluation: what the reports show, side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from bot.diff.change import Change
from bot.evaluate.baselines import BASELINES, comments_by
from bot.evaluate.cases import Case
from bot.evaluate.measure import Measured
from bot.evaluate.metrics import METRICS, Estimate, difference, estimate
from bot.evaluate.runs import runs_of
from bot.evaluate.score import Effort, Row, score

COMPARED = ("recall", "explained_recall", "false_alarms", "precision")


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A configuration, or a baseline, which has no model. `estimates` are by the names of METRICS."""

    name: str
    model: str
    server: str
    baseline: bool
    rows: tuple[Row, ...]
    estimates: Mapping[str, Estimate]

    @property
    def failed(self) -> int:
        return sum(bool(row.failed) for row in self.rows)

    @property
    def effort(self) -> Effort:
        return reduce(_sum, (row.effort for row in self.rows), Effort())

    @property
    def kept(self) -> int:
        return sum(row.kept for row in self.rows)

    @property
    def dropped(self) -> Mapping[str, int]:
        """Reason -> suggestions, the most frequent first."""
        counts = Counter[str]()
        for row in self.rows:
            counts.update(row.dropped)
        return dict(counts.most_common())


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more of `metric` the configuration `name` has than the one `against`."""

    metric: str
    name: str
    against: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Configurations in the order in which they were named, then the baselines. `differences` are from the first one.

    `interrupted` tells that the user broke it off: only what was measured until then is here.
    """

    cases: tuple[Case, ...]
    reviewers: tuple[Reviewer, ...]
    differences: tuple[Difference, ...]
    interrupted: bool = False

    @property
    def bugs(self) -> int:
        return sum(case.kind == "bug" for case in self.cases)

    @property
    def configurations(self) -> tuple[Reviewer, ...]:
        return tuple(reviewer for reviewer in self.reviewers if not reviewer.baseline)


def evaluation(
    cases: Sequence[Case], changes: Mapping[str, Change], measured: Sequence[Measured], *, interrupted: bool = False
) -> Evaluation:
    """`changes` are by the id of their case."""
    asked = [_reviewer(one.name, one.rows, one.model, one.server) for one in measured]
    silent = [_baseline(name, cases, changes) for name in BASELINES]
    return Evaluation(tuple(cases), (*asked, *silent), tuple(_differences(asked)), interrupted)


def _reviewer(name: str, rows: Sequence[Row], model: str = "", server: str = "", *, baseline: bool = False) -> Reviewer:
    estimates = {metric.name: estimate(metric, rows) for metric in METRICS}
    return Reviewer(name, model, server, baseline, tuple(rows), estimates)


def _baseline(name: str, cases: Sequence[Case], changes: Mapping[str, Change]) -> Reviewer:
    rows = [
        score(case, changes[case.id].added + changes[case.id].removed, comments_by(BASELINES[name], runs))
        for case in cases
        for runs in (runs_of(changes[case.id]),)
    ]
    return _reviewer(name, rows, baseline=True)


def _differences(asked: Sequence[Reviewer]) -> list[Difference]:
    return [
        Difference(metric.name, other.name, asked[0].name, difference(metric, other.rows, asked[0].rows))
        for other in asked[1:]
        for metric in METRICS
        if metric.name in COMPARED
    ]


def _sum(one: Effort, other: Effort) -> Effort:
    return Effort(
        one.requests + other.requests,
        one.replayed + other.replayed,
        one.prompt_tokens + other.prompt_tokens,
        one.cached_tokens + other.cached_tokens,
        one.completion_tokens + other.completion_tokens,
        one.seconds + other.seconds,
    )
