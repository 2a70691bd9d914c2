"""What a review says: Findings, and the Review that holds the ones that stand."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from bot.diff.change import Change, Failed, Skipped, path_shown
from bot.diff.place import Place


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)

    def reaches(self, threshold: Severity) -> bool:
        return self.rank <= threshold.rank


class Category(StrEnum):
    BUG = "bug"
    SECURITY = "security"
    PERFORMANCE = "performance"
    RELIABILITY = "reliability"
    MAINTAINABILITY = "maintainability"
    TEST = "test"
    DOCS = "docs"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Replace the lines `start` to `end` of the RIGHT side by `replacement`, which has no final line feed."""

    start: int
    end: int
    replacement: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect that the review claims. `place` is None where its quote wasn't found in the change.

    `confidence` is between 0 and 1. `evidence` holds sentences that speak for it. `scope` is the line that opens the
    code around it, empty where that isn't known. `verdict` is what a second look came to: confirmed, refuted, unsure,
    or unverified where it gave none; empty where there was no second look.
    """

    path: str
    place: Place | None
    severity: Severity
    category: Category
    confidence: float
    title: str
    body: str
    quote: str
    evidence: tuple[str, ...] = ()
    suggestion: Suggestion | None = None
    scope: str = ""
    verdict: str = ""

    @property
    def fingerprint(self) -> str:
        """The same for the same code in the same place of the same file, however lines shift and words differ."""
        name = "".join(re.split(r"[(\[{:=<]", self.scope, maxsplit=1)[0].split())  # what follows a name may well change
        code = "".join(self.quote.split()) or self.title.casefold()
        parts = (path_shown(self.path), name, self.category, code)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every hunk of the change, once: reviewed, skipped on purpose, or failed."""

    files: int
    hunks: int
    skipped: tuple[Skipped, ...] = ()
    failed: tuple[Failed, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """What the review took: tokens as the server counted them, and seconds by the clock."""

    model: str
    server: str
    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Review:
    """`findings` are the ones on lines, worst first; the first `shown` of them are within the comment budget.

    `demonstration` tells that the model is too small to be relied on. `since` is the commit up to which an earlier
    review had read the change, if this one reads only what came after it. `doubtful` are the Findings that a second
    look didn't confirm.
    """

    change: Change
    coverage: Coverage
    findings: tuple[Finding, ...]
    unplaced: tuple[Finding, ...]
    shown: int
    summary: str
    cost: Cost
    demonstration: bool = False
    since: str = ""
    doubtful: tuple[Finding, ...] = ()
