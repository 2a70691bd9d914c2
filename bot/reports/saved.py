"""The JSON report read back: a Review that was saved to be posted later, or by a job that may.

What it says is believed no more than a pull request: sizes are bounded, every field is checked against the schema, and
a job with rights posts nothing of it but text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from bot.diff.change import Change, Failed, FileDiff, Skipped, path_shown
from bot.diff.place import Place
from bot.errors import BadInput
from bot.reports.json import DoubtfulJson, FindingJson, ReviewJson, SuggestionJson, UnplacedJson
from bot.review.findings import Cost, Coverage, Finding, Review, Suggestion

LARGEST = 20_000_000  # bytes: a review of thousands of files has a few millions
MOST = 10**12  # of anything that is counted
FINDINGS = 2_000  # of all kinds: a model that finds more than that in a pull request has found nothing


def read_review(data: bytes) -> Review:
    """The Review that `as_json` wrote, without the hunks of its change, which the report doesn't hold."""
    if len(data) > LARGEST:
        raise BadInput(f"this is no saved review: it has more than {LARGEST:,} bytes")
    try:
        told = ReviewJson.model_validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:100]
        raise BadInput(f"this is no saved review ({path_shown(where) or 'JSON'}: {first['msg']})") from None
    if not all(number <= MOST for number in _numbers(told.model_dump())):
        raise BadInput("this is no saved review (a number in it is beyond all measure)")
    if len(told.findings) + len(told.unplaced) + len(told.doubtful) > FINDINGS:
        raise BadInput(f"this is no saved review: it has more than {FINDINGS:,} findings")
    return _review(told)


def without_suggestions(review: Review) -> Review:
    """What is committed with a click isn't taken from a stranger's hands."""
    return replace(
        review,
        findings=tuple(replace(finding, suggestion=None) for finding in review.findings),
        unplaced=tuple(replace(finding, suggestion=None) for finding in review.unplaced),
    )


def _review(told: ReviewJson) -> Review:
    change, usage = told.change, told.usage
    files = tuple(
        FileDiff(file.path, file.path, file.status, file.added, file.removed, file.hunks) for file in change.changed
    )
    return Review(
        change=Change(change.base, change.head, files),
        coverage=Coverage(
            files=told.coverage.reviewed.files,
            hunks=told.coverage.reviewed.hunks,
            skipped=tuple(Skipped(item.path, item.hunks, item.reason) for item in told.coverage.skipped),
            failed=tuple(Failed(item.path, item.hunks, item.reason) for item in told.coverage.failed),
        ),
        findings=tuple(_finding(finding, _place(finding)) for finding in told.findings),
        unplaced=tuple(_finding(finding, None) for finding in told.unplaced),
        doubtful=tuple(_doubtful(finding) for finding in told.doubtful),
        shown=min(told.shown, len(told.findings)),
        summary=told.summary,
        cost=Cost(
            model=usage.model,
            server=usage.server,
            requests=usage.requests,
            prompt_tokens=usage.prompt_tokens,
            cached_tokens=usage.cached_tokens,
            completion_tokens=usage.completion_tokens,
            seconds=usage.seconds,
        ),
        demonstration=told.demonstration,
        since=change.since,
    )


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _numbers(item)
    elif isinstance(value, int | float):
        yield value


def _doubtful(told: DoubtfulJson) -> Finding:
    place = Place(told.side, told.start_line, max(told.start_line, told.end_line)) if told.side else None
    return replace(_finding(told, place), verdict=told.verdict)


def _place(told: FindingJson) -> Place:
    return Place(told.side, *_lines(told))


def _finding(told: UnplacedJson, place: Place | None) -> Finding:
    return Finding(
        path=told.path,
        place=place,
        severity=told.severity,
        category=told.category,
        confidence=told.confidence,
        title=told.title,
        body=told.body,
        quote=told.quote,
        evidence=tuple(told.evidence),
        suggestion=_suggestion(told.suggestion),
        scope=told.scope,
    )


def _suggestion(told: SuggestionJson | None) -> Suggestion | None:
    return Suggestion(*_lines(told), told.replacement) if told else None


def _lines(told: FindingJson | SuggestionJson) -> tuple[int, int]:
    if told.end_line < told.start_line:
        raise BadInput("this is no saved review (something in it ends before it starts)")
    return told.start_line, told.end_line
