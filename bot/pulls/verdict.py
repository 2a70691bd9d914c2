"""What the standing Findings mean for the pull request: the review's event, the check's conclusion, its notes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bot.config import Settings
from bot.diff.change import Side
from bot.pulls.plan import Plan, Row
from bot.reports import safe
from bot.review.findings import Review, Severity
from bot.review.forge import Annotation, Conclusion, ReviewEvent

HARMLESS = ("a lock file", "unchanged since ", "ignored by the configuration", "only renamed", "deleted")
TITLE, MESSAGE = 255, 60_000  # characters, and bytes: GitHub's limits are 255, and 64 KB
_LEVELS: dict[Severity, Literal["notice", "warning", "failure"]] = {
    Severity.CRITICAL: "failure",
    Severity.HIGH: "failure",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}


def fails(rows: Sequence[Row], fail_on: Severity | None) -> bool:
    """Whether a Finding that stands on a line is as severe as that. What has no place is no ground to fail on."""
    return any(fail_on and row.place and row.severity.reaches(fail_on) for row in rows)


def event_of(review: Review, current: Plan, settings: Settings) -> ReviewEvent:
    """COMMENT, unless the configuration asks for more. Nothing is approved that wasn't read.

    What a change itself makes pass for generated or vendored isn't read, and so isn't approved.
    """
    if settings.request_changes and fails(current.standing, settings.request_changes):
        return "REQUEST_CHANGES"
    read = not review.coverage.failed and all(item.reason.startswith(HARMLESS) for item in review.coverage.skipped)
    clean = read and review.coverage.hunks and not current.standing
    return "APPROVE" if settings.approve and clean else "COMMENT"


def conclusion(review: Review, current: Plan, fail_on: Severity | None) -> Conclusion:
    if fails(current.standing, fail_on):
        return "failure"
    return "neutral" if review.coverage.failed else "success"


def notes_of(current: Plan) -> list[Annotation]:
    """One for each Finding on lines that are still there."""
    return [
        Annotation(
            path=row.path,
            start=row.place.start,
            end=row.place.end,
            level=_LEVELS[row.severity],
            title=" ".join(safe.plain(f"{row.severity} {row.category}: {row.title}").split())[:TITLE],
            message=safe.plain(row.body or row.title).encode()[:MESSAGE].decode(errors="ignore"),
        )
        for row in current.standing
        if row.place and row.place.side is Side.RIGHT
    ]
