"""Many Findings -> the few to show: the same defect once, the worst and surest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.review.findings import Finding


def rank(findings: Iterable[Finding], *, min_confidence: float = 0.0) -> list[Finding]:
    """Merged and sorted: by severity, then confidence, then where they stand, so that equals keep one order."""
    merged: list[Finding] = []
    for finding in sorted((one for one in findings if one.confidence >= min_confidence), key=_order):
        twin = next((at for at, other in enumerate(merged) if _same_defect(other, finding)), None)
        if twin is None:
            merged.append(finding)
        else:
            merged[twin] = _merge(merged[twin], finding)
    return sorted(merged, key=_order)  # a twin may have made one surer


def _order(finding: Finding) -> tuple[object, ...]:
    """Every field has a part in it, so that the order in which findings came in has none."""
    place = finding.place
    where = (place.side, place.start, place.end) if place else ("", 0, 0)
    words = (finding.title, finding.category, finding.quote, finding.body, finding.evidence)
    return (finding.severity.rank, -finding.confidence, finding.path, *where, *words, repr(finding.suggestion))


def _same_defect(one: Finding, other: Finding) -> bool:
    """Overlapping lines of one kind of defect, or one quote without a place."""
    if (one.path, one.category) != (other.path, other.category):
        return False
    if one.place is None or other.place is None:
        return one.place is other.place and one.fingerprint == other.fingerprint
    return (
        one.place.side is other.place.side and one.place.start <= other.place.end and other.place.start <= one.place.end
    )


def _merge(kept: Finding, twin: Finding) -> Finding:
    """Said twice: keep the worse one's words, and the other's as evidence where they differ."""
    words: Sequence[str] = () if twin.body in (kept.body, *kept.evidence) else (twin.body,)
    return replace(
        kept,
        confidence=max(kept.confidence, twin.confidence),
        evidence=(*kept.evidence, *words, *(line for line in twin.evidence if line not in kept.evidence)),
        suggestion=kept.suggestion or twin.suggestion,
    )
