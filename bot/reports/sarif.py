"""The Review as SARIF 2.1.0, for GitHub's code scanning and whatever else reads it.

A finding on removed lines, or on none, stands on its file as a whole: its numbers count lines of a file that is gone,
and a reader of SARIF would point to whatever stands there now. What it speaks of is told in its message.

GitHub takes no log of a run that says that it failed, and then leaves the alerts of the run before open. That is what
an incomplete review should do: what wasn't read wasn't fixed.

Sources: the standard (docs.oasis-open.org/sarif/sarif/v2.1.0), GitHub's "SARIF support for code scanning".
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from bot import __version__
from bot.diff.change import Failed, Side, Skipped, printable
from bot.diff.masks import revealed, without_keys
from bot.reports import words
from bot.reports.safe import plain
from bot.review.findings import Category, Finding, Review, Severity, Suggestion
from bot.review.summary import counted

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 25_000  # GitHub takes no run with more

_LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
_RULES = {
    Category.BUG: ("Bug", "The code does something else than it is meant to."),
    Category.SECURITY: ("Security", "The code can be made to do harm by someone who shouldn't be able to."),
    Category.PERFORMANCE: ("Performance", "The code takes more time or memory than it needs."),
    Category.RELIABILITY: ("Reliability", "The code fails, hangs or leaks where something around it goes wrong."),
    Category.MAINTAINABILITY: ("Maintainability", "The code is hard to understand or to change safely."),
    Category.TEST: ("Test", "A test is missing, or doesn't hold what it seems to hold."),
    Category.DOCS: ("Documentation", "A text about the code is wrong, or is missing."),
}
_HELP = "A language model claims this, and may be wrong: read the code before you act on it."
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")


def as_sarif(review: Review) -> str:
    """One run with a result for each finding, the worst first. The same Review gives the same bytes."""
    found = (*review.findings, *review.unplaced)
    kept = found[:MOST_RESULTS]
    rules = [category for category in Category if any(finding.category is category for finding in kept)]
    run = {
        "tool": {"driver": _driver(rules, kept)},
        "invocations": [_invocation(review, len(found) - len(kept))],
        "results": list(_results(kept, rules)),
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _driver(rules: Sequence[Category], findings: Sequence[Finding]) -> dict[str, Any]:
    described = [_rule(category, [one.severity for one in findings if one.category is category]) for category in rules]
    return {"name": "Patchwright", "version": __version__, "rules": described}


def _rule(category: Category, severities: Sequence[Severity]) -> dict[str, Any]:
    """GitHub reads how grave a security alert is from its rule alone: the worst of the run, so that none is belittled.

    A rule for each severity would do without that, but it is part of what an alert is known by from run to run.
    """
    name, description = _RULES[category]
    properties: dict[str, Any] = {"tags": [str(category), "ai-generated"]}
    if category is Category.SECURITY:
        properties["security-severity"] = _SCORES[min(severities, key=lambda severity: severity.rank)]
    return {
        "id": f"patchwright/{category}",
        "name": name,
        "shortDescription": {"text": name},
        "fullDescription": {"text": description},
        "help": {"text": f"{description} {_HELP}"},
        "properties": properties,
    }


def _results(findings: Sequence[Finding], rules: Sequence[Category]) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for finding in findings:
        seen[finding.fingerprint] += 1
        count = seen[finding.fingerprint]
        fingerprint = finding.fingerprint if count == 1 else f"{finding.fingerprint}/{count}"
        yield _result(finding, rules.index(finding.category), fingerprint)


def _result(finding: Finding, rule: int, fingerprint: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": f"patchwright/{finding.category}",
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [{"physicalLocation": _location(finding)}],
        "partialFingerprints": _fingerprints(finding, fingerprint),
        "properties": _properties(finding),
    }
    if _on_a_line(finding) and finding.suggestion and _shown_as_it_is(finding.suggestion.replacement):
        result["fixes"] = [_fix(finding.path, finding.suggestion)]
    return result


def _message(finding: Finding) -> str:
    """The title as the first sentence, which is what GitHub shows where there is little room. Plain text throughout."""
    title = plain(finding.title).strip()
    parts = [title if title.endswith((".", "!", "?")) else f"{title}.", plain(finding.body).strip()]
    if finding.place is None:
        parts.append("The code that this speaks of wasn't found on a line of the change.")
    elif finding.place.side is Side.LEFT:
        parts.append(f"This is about removed lines: {words.location(finding)}.")
    if not _on_a_line(finding) and finding.quote.strip():
        parts.append(plain(finding.quote).strip("\n"))
    # Within a message `[text](target)` is a link, and a model shall not set one.
    return _LINK.sub(r"\\[", "\n\n".join(part for part in parts if part))


def _location(finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": _artifact(finding.path)}
    if finding.place and _on_a_line(finding):
        location["region"] = _lines(finding.place.start, finding.place.end)
    return location


def _on_a_line(finding: Finding) -> bool:
    """Whether it stands on a line of the new code."""
    return finding.place is not None and finding.place.side is Side.RIGHT


def _artifact(path: str) -> dict[str, Any]:
    """Relative to the root of the repository, which is what GitHub takes an address without a base for.

    Each byte of the path survives: what isn't a letter, a digit or `-._~/` is percent-encoded, a first `/` too, since
    what begins with one isn't relative.
    """
    uri = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    return {"uri": f"%2F{uri[1:]}" if uri.startswith("/") else uri}


def _lines(start: int, end: int) -> dict[str, Any]:
    """Whole lines without their last line end."""
    return {"startLine": start, "startColumn": 1, "endLine": end}


def _fingerprints(finding: Finding, fingerprint: str) -> dict[str, str]:
    """GitHub knows an alert by `primaryLocationLineHash`, which its upload action computes from the lines around it.

    For a file as a whole that would be the first line, the same for all such findings: there it must be ours.
    """
    ours = {"patchwright/v1": fingerprint}
    return ours if _on_a_line(finding) else ours | {"primaryLocationLineHash": fingerprint}


def _properties(finding: Finding) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "confidence": finding.confidence,
        "severity": str(finding.severity),
        "category": str(finding.category),
    }
    if finding.place and not _on_a_line(finding):
        properties["removedLines"] = {"startLine": finding.place.start, "endLine": finding.place.end}
    return properties


def _shown_as_it_is(text: str) -> bool:
    """A fix must be right to the byte; one with secrets or hidden characters in it is left to the other reports."""
    return revealed(without_keys(printable(text))) == text


def _fix(path: str, suggestion: Suggestion) -> dict[str, Any]:
    if suggestion.replacement:
        change: dict[str, Any] = {
            "deletedRegion": _lines(suggestion.start, suggestion.end),
            "insertedContent": {"text": suggestion.replacement},
        }
    else:  # the line end goes too, or an empty line would stay
        change = {"deletedRegion": {**_lines(suggestion.start, suggestion.end + 1), "endColumn": 1}}
    return {"artifactChanges": [{"artifactLocation": _artifact(path), "replacements": [change]}]}


def _invocation(review: Review, left_out: int) -> dict[str, Any]:
    """What failed and what was passed over, by name."""
    coverage = review.coverage
    notes = [_unread(item, "error", "failed") for item in coverage.failed]
    if left_out:
        notes.append(_note("warning", f"{counted(left_out, 'finding')} beyond the first {MOST_RESULTS:,} left out."))
    if review.demonstration:
        notes.append(_note("warning", words.DEMONSTRATION.format(model=review.cost.model)))
    notes += [_unread(item, "note", "skipped") for item in coverage.skipped]
    return {"executionSuccessful": not coverage.failed, "toolExecutionNotifications": notes}


def _unread(item: Failed | Skipped, level: str, what: str) -> dict[str, Any]:
    note = _note(level, f"{counted(item.hunks, 'hunk')} {what}: {item.reason}")
    return {**note, "locations": [{"physicalLocation": {"artifactLocation": _artifact(item.path)}}]}


def _note(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": _LINK.sub(r"\\[", plain(text))}}
