"""The Evaluation as JSON: a contract, `patchwright.evaluation/1`. Fields may be added, none changed or taken away."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot import __version__
from bot.diff.change import printable
from bot.evaluate.evaluation import Difference, Evaluation, Reviewer
from bot.evaluate.metrics import BY_NAME, ROUNDS, SEED, Estimate
from bot.evaluate.score import SLACK, Effort, Row

Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MethodJson(_Part):
    patchwright: str = Field(description="The version that measured.")
    slack: Count = Field(description="Lines by which a comment may miss a defect.")
    rounds: Count = Field(description="Of the bootstrap.")
    seed: int


class EstimateJson(_Part):
    """`value` with a 95% interval; null where there was nothing to divide by."""

    value: float | None
    low: float | None
    high: float | None
    cases: Count


class EffortJson(_Part):
    requests: Count
    replayed: Count = Field(description="Of the requests, those that were answered from the cache this time.")
    prompt_tokens: Count
    cached_tokens: Count = Field(description="Of the prompt tokens, those that the server had computed before.")
    completion_tokens: Count
    seconds: Annotated[float, Field(ge=0)] = Field(
        description="What the answers took when they were first asked for, one after the other."
    )


class RowJson(_Part):
    case: str
    kind: Literal["bug", "clean"]
    category: str
    changed_lines: Count
    failed: str = Field(description="Why it wasn't reviewed as a whole. Nothing was counted then.")
    comments: Count
    placed: Count
    overlapping: Count
    defects: Count
    hit: Count
    explainable: Count = Field(description="Defects that have a topic expression.")
    explained: Count
    suggestions_kept: Count
    suggestions_dropped: dict[str, Count]
    effort: EffortJson


class ReviewerJson(_Part):
    name: str
    baseline: bool
    model: str
    server: str
    failed: Count
    estimates: dict[str, EstimateJson]
    suggestions_kept: Count
    suggestions_dropped: dict[str, Count] = Field(description="Reason -> how many.")
    effort: EffortJson
    rows: list[RowJson]


class DifferenceJson(_Part):
    metric: str
    name: str
    against: str
    estimate: EstimateJson


class CasesJson(_Part):
    bug: Count
    clean: Count


class EvaluationJson(_Part):
    schema_: Literal["patchwright.evaluation/1"] = Field(alias="schema")
    method: MethodJson
    cases: CasesJson
    interrupted: bool
    metrics: dict[str, str] = Field(description="Name -> what it is.")
    reviewers: list[ReviewerJson]
    differences: list[DifferenceJson]


def as_json(evaluation: Evaluation) -> str:
    return to_model(evaluation).model_dump_json(by_alias=True, indent=2) + "\n"


def evaluation_schema() -> str:
    """The JSON schema of what `as_json` writes."""
    schema = EvaluationJson.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


def to_model(evaluation: Evaluation) -> EvaluationJson:
    return EvaluationJson(
        schema="patchwright.evaluation/1",
        method=MethodJson(patchwright=__version__, slack=SLACK, rounds=ROUNDS, seed=SEED),
        cases=CasesJson(bug=evaluation.bugs, clean=len(evaluation.cases) - evaluation.bugs),
        interrupted=evaluation.interrupted,
        metrics={name: metric.title for name, metric in BY_NAME.items()},
        reviewers=[_reviewer(reviewer) for reviewer in evaluation.reviewers],
        differences=[_difference(difference) for difference in evaluation.differences],
    )


def _reviewer(reviewer: Reviewer) -> ReviewerJson:
    return ReviewerJson(
        name=reviewer.name,
        baseline=reviewer.baseline,
        model=reviewer.model,
        server=reviewer.server,
        failed=reviewer.failed,
        estimates={name: _estimate(estimate) for name, estimate in reviewer.estimates.items()},
        suggestions_kept=reviewer.kept,
        suggestions_dropped=dict(reviewer.dropped),
        effort=_effort(reviewer.effort),
        rows=[_row(row) for row in reviewer.rows],
    )


def _row(row: Row) -> RowJson:
    return RowJson(
        case=printable(row.case),
        kind=row.kind,
        category=row.category,
        changed_lines=row.changed_lines,
        failed=printable(row.failed),
        comments=row.comments,
        placed=row.placed,
        overlapping=row.overlapping,
        defects=row.defects,
        hit=row.hit,
        explainable=row.explainable,
        explained=row.explained,
        suggestions_kept=row.kept,
        suggestions_dropped=dict(row.dropped),
        effort=_effort(row.effort),
    )


def _effort(effort: Effort) -> EffortJson:
    return EffortJson(
        requests=effort.requests,
        replayed=effort.replayed,
        prompt_tokens=effort.prompt_tokens,
        cached_tokens=effort.cached_tokens,
        completion_tokens=effort.completion_tokens,
        seconds=round(effort.seconds, 3),
    )


def _difference(difference: Difference) -> DifferenceJson:
    return DifferenceJson(
        metric=difference.metric,
        name=difference.name,
        against=difference.against,
        estimate=_estimate(difference.estimate),
    )


def _estimate(estimate: Estimate) -> EstimateJson:
    value, low, high = (None if one is None else round(one, 4) for one in (estimate.value, estimate.low, estimate.high))
    return EstimateJson(value=value, low=low, high=high, cases=estimate.cases)
