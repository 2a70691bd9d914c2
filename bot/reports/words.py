"""What the reports for people have in common."""

from __future__ import annotations

from bot.diff.change import Failed, Side, Skipped, path_shown
from bot.review.findings import Finding, Review
from bot.review.summary import counted

DEMONSTRATION = (
    "This is a demonstration: {model} is too small to be relied on. "
    "Point Patchwright to a real model with --base-url URL --model NAME."
)


def location(finding: Finding) -> str:
    """`path:12-14`, and which side it counts on where that isn't the new one."""
    if finding.place is None:
        return path_shown(finding.path)
    start, end, side = finding.place.start, finding.place.end, finding.place.side
    lines = str(start) if start == end else f"{start}-{end}"
    return f"{path_shown(finding.path)}:{lines}{' (removed)' if side is Side.LEFT else ''}"


def kind(finding: Finding) -> str:
    return f"{finding.severity} {finding.category}, confidence {finding.confidence:.1f}"


def cost(review: Review) -> str:
    used = review.cost
    if not used.model:
        return "No model was asked."
    share = f", {used.cached_tokens / used.prompt_tokens:.0%} of them cached" if used.prompt_tokens else ""
    return (
        f"{used.model} on {used.server}: {counted(used.requests, 'request')}, "
        f"{used.prompt_tokens:,} prompt tokens{share}, {used.completion_tokens:,} answer tokens, {used.seconds:.1f} s"
    )


def doubtful(review: Review) -> list[str]:
    """A line for each Finding that a second look didn't confirm: what it came to, where, and what was claimed."""
    return [f"{finding.verdict}: {location(finding)} {finding.title}" for finding in review.doubtful]


def unread(review: Review) -> list[tuple[str, str]]:
    """(`failed` or `skipped`, "path (n hunks): reason"), the failed ones first."""
    items: list[tuple[str, Failed | Skipped]] = [("failed", item) for item in review.coverage.failed]
    items += [("skipped", item) for item in review.coverage.skipped]
    return [(what, f"{path_shown(item.path)} ({counted(item.hunks, 'hunk')}): {item.reason}") for what, item in items]
