"""The Review as JSON: a contract, `patchwright.review/1`. Fields may be added to it, none changed or taken away."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.diff.change import Failed, FileDiff, Side, Skipped, Status, path_shown, printable
from bot.review.findings import Category, Finding, Review, Severity

Count = Annotated[int, Field(ge=0)]
LineNumber = Annotated[int, Field(ge=1)]


_NOWHERE: dict[str, Any] = {"side": None, "start_line": 0, "end_line": 0}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileJson(_Part):
    path: str
    status: Status
    hunks: Count
    added: Count
    removed: Count


class ChangeJson(_Part):
    base: str = Field(description="Commit id of the merge base; a word where the change isn't one of commits.")
    head: str
    since: str = Field("", description="The commit up to which an earlier review had read it, if there was one.")
    files: Count
    hunks: Count
    added: Count
    removed: Count
    changed: list[FileJson] = Field(default=[], description="The files, in the order of the diff.")


class ReviewedJson(_Part):
    files: Count
    hunks: Count


class UnreadJson(_Part):
    path: str
    hunks: Count
    reason: str


class CoverageJson(_Part):
    """reviewed + skipped + failed hunks are the change's hunks, always."""

    reviewed: ReviewedJson
    skipped: list[UnreadJson]
    failed: list[UnreadJson]


class SuggestionJson(_Part):
    start_line: LineNumber
    end_line: LineNumber
    replacement: str


class UnplacedJson(_Part):
    path: str
    severity: Severity
    category: Category
    confidence: Annotated[float, Field(ge=0, le=1)]
    title: str
    body: str
    quote: str
    evidence: list[str]
    suggestion: SuggestionJson | None
    scope: str = Field("", description="The line that opens the code around it, where it is known.")
    fingerprint: str = Field(description="Stays the same while the quoted code does.")


class FindingJson(UnplacedJson):
    side: Side
    start_line: LineNumber
    end_line: LineNumber


class DoubtfulJson(UnplacedJson):
    """A finding that a second look didn't confirm; the lines are 0 where it has no place."""

    side: Side | None
    start_line: Count
    end_line: Count
    verdict: Literal["refuted", "unsure", "unverified"]


class UsageJson(_Part):
    model: str
    server: str
    requests: Count
    prompt_tokens: Count
    cached_tokens: Count
    completion_tokens: Count
    seconds: Annotated[float, Field(ge=0)]


class ReviewJson(_Part):
    schema_: Literal["patchwright.review/1"] = Field(alias="schema")
    change: ChangeJson
    coverage: CoverageJson
    findings: list[FindingJson]
    unplaced: list[UnplacedJson]
    doubtful: list[DoubtfulJson] = Field(default=[], description="Drafts that a second look didn't confirm.")
    shown: Count = Field(default=0, description="How many of the findings are within the comment budget.")
    demonstration: bool = Field(default=False, description="Whether the model is too small to be relied on.")
    summary: str
    usage: UsageJson


def as_json(review: Review) -> str:
    return to_model(review).model_dump_json(by_alias=True, indent=2) + "\n"


def json_schema() -> str:
    """The JSON schema of what `as_json` writes."""
    schema = ReviewJson.model_json_schema(by_alias=True, mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


def to_model(review: Review) -> ReviewJson:
    change, coverage, cost = review.change, review.coverage, review.cost
    return ReviewJson(
        schema="patchwright.review/1",
        change=ChangeJson(
            base=change.base,
            head=change.head,
            since=review.since,
            files=len(change.files),
            hunks=change.hunks,
            added=change.added,
            removed=change.removed,
            changed=[_file(file) for file in change.files],
        ),
        coverage=CoverageJson(
            reviewed=ReviewedJson(files=coverage.files, hunks=coverage.hunks),
            skipped=[_unread(item) for item in coverage.skipped],
            failed=[_unread(item) for item in coverage.failed],
        ),
        findings=[_placed(finding) for finding in review.findings],
        unplaced=[UnplacedJson(**_fields(finding)) for finding in review.unplaced],
        doubtful=[_doubtful(finding) for finding in review.doubtful],
        shown=review.shown,
        demonstration=review.demonstration,
        summary=review.summary,
        usage=UsageJson(
            model=cost.model,
            server=cost.server,
            requests=cost.requests,
            prompt_tokens=cost.prompt_tokens,
            cached_tokens=cost.cached_tokens,
            completion_tokens=cost.completion_tokens,
            seconds=cost.seconds,
        ),
    )


def _file(file: FileDiff) -> FileJson:
    return FileJson(
        path=path_shown(file.path), status=file.status, hunks=file.hunks, added=file.added, removed=file.removed
    )


def _unread(item: Skipped | Failed) -> UnreadJson:
    return UnreadJson(path=path_shown(item.path), hunks=item.hunks, reason=printable(item.reason))


def _placed(finding: Finding) -> FindingJson:
    assert finding.place is not None
    place = finding.place
    return FindingJson(**_fields(finding), side=place.side, start_line=place.start, end_line=place.end)


def _doubtful(finding: Finding) -> DoubtfulJson:
    place = finding.place
    where = {"side": place.side, "start_line": place.start, "end_line": place.end} if place else _NOWHERE
    return DoubtfulJson.model_validate({**_fields(finding), **where, "verdict": finding.verdict})


def _fields(finding: Finding) -> dict[str, Any]:
    suggestion = finding.suggestion
    return {
        "path": path_shown(finding.path),
        "severity": finding.severity,
        "category": finding.category,
        "confidence": finding.confidence,
        "title": finding.title,
        "body": finding.body,
        "quote": finding.quote,
        "evidence": list(finding.evidence),
        "suggestion": suggestion
        and SuggestionJson(start_line=suggestion.start, end_line=suggestion.end, replacement=suggestion.replacement),
        "scope": finding.scope,
        "fingerprint": finding.fingerprint,
    }
