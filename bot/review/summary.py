"""A Review in a few sentences. Code says them, from what was counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.review.findings import Coverage, Finding, Severity


def summarise(coverage: Coverage, findings: Sequence[Finding], unplaced: Sequence[Finding]) -> str:
    """What was found and what was read. That nothing was found is only said where nothing failed."""
    return " ".join([_found(coverage, findings, unplaced), *_read(coverage)])


def _found(coverage: Coverage, findings: Sequence[Finding], unplaced: Sequence[Finding]) -> str:
    if not findings and not unplaced:
        if coverage.failed:
            return "The review is incomplete; so far it found nothing."
        return "No findings." if coverage.hunks else "There was nothing to review."
    by_severity = Counter(finding.severity for finding in (*findings, *unplaced))
    parts = [f"{by_severity[severity]} {severity}" for severity in Severity if by_severity[severity]]
    total = len(findings) + len(unplaced)
    text = f"{counted(total, 'finding')}: {', '.join(parts)}."
    return text + (f" {len(unplaced)} of them could not be placed on a line." if unplaced else "")


def _read(coverage: Coverage) -> list[str]:
    text = [f"{counted(coverage.hunks, 'hunk')} in {counted(coverage.files, 'file')} reviewed."]
    for what, items in (("skipped", coverage.skipped), ("failed", coverage.failed)):
        if items:
            hunks = sum(item.hunks for item in items)
            files = len({item.path for item in items})
            text.append(f"{counted(hunks, 'hunk')} in {counted(files, 'file')} {what}.")
    return text


def counted(count: int, noun: str) -> str:
    """`1 hunk`, `2,000 hunks`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
