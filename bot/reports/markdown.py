"""The Review as Markdown, for a comment, a job summary or a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.reports import safe, words
from bot.review.findings import Finding, Review

UNREAD_SHOWN = 50


def as_markdown(review: Review) -> str:
    shown, more = review.findings[: review.shown], review.findings[review.shown :]
    parts = ["# Review", safe.inline(review.summary)]
    if review.demonstration:
        parts.append(f"> {safe.inline(words.DEMONSTRATION.format(model=review.cost.model))}")
    parts += [_finding(finding) for finding in shown]
    parts += _folded(f"{len(more)} more", map(_finding, more))
    parts += _folded(f"{len(review.unplaced)} without a line", map(_finding, review.unplaced))
    parts += _folded(f"{len(review.doubtful)} not confirmed by a second look", _doubtful(review))
    parts += _folded("Not read", _unread(review))
    parts.append(f"<sub>{safe.inline(words.cost(review))}</sub>")
    return "\n\n".join(parts) + "\n"


def _finding(finding: Finding) -> str:
    parts = [f"### {safe.inline(finding.title)}", f"{safe.code(words.location(finding))} · {words.kind(finding)}"]
    if finding.body:
        parts.append(safe.prose(finding.body))
    if finding.quote.strip():
        parts.append(safe.block(finding.quote))
    parts += [f"- {safe.inline(line)}" for line in finding.evidence]
    return "\n\n".join(parts)


def _folded(title: str, items: Iterable[str]) -> list[str]:
    body: Sequence[str] = list(items)
    if not body:
        return []
    inner = "\n\n".join(body)
    return [f"<details><summary>{title}</summary>\n\n{inner}\n\n</details>"]


def _doubtful(review: Review) -> list[str]:
    return ["\n".join(f"- {safe.inline(line)}" for line in words.doubtful(review))] if review.doubtful else []


def _unread(review: Review) -> list[str]:
    lines = [f"- {what}: {safe.inline(text)}" for what, text in words.unread(review)]
    if len(lines) > UNREAD_SHOWN:
        lines = [*lines[:UNREAD_SHOWN], f"- and {len(lines) - UNREAD_SHOWN} more; the JSON report names them all"]
    return ["\n".join(lines)] if lines else []
