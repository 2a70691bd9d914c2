"""The Review as Markdown, for a comment, a job summary or a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.reports import words
from bot.review.findings import Finding, Review

UNREAD_SHOWN = 50

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&@])")
_FENCE = re.compile(r"`{3,}")


def as_markdown(review: Review) -> str:
    shown, more = review.findings[: review.shown], review.findings[review.shown :]
    parts = ["# Review", _text(review.summary)]
    if review.demonstration:
        parts.append(f"> {_text(words.DEMONSTRATION.format(model=review.cost.model))}")
    parts += [_finding(finding) for finding in shown]
    parts += _folded(f"{len(more)} more", map(_finding, more))
    parts += _folded(f"{len(review.unplaced)} without a line", map(_finding, review.unplaced))
    parts += _folded("Not read", _unread(review))
    parts.append(f"<sub>{_text(words.cost(review))}</sub>")
    return "\n\n".join(parts) + "\n"


def _finding(finding: Finding) -> str:
    parts = [f"### {_text(finding.title)}", f"{_code(words.location(finding))} · {words.kind(finding)}"]
    if finding.body:
        parts.append(_text(finding.body))
    if finding.quote.strip():
        parts.append(_block(finding.quote))
    parts += [f"- {_text(line)}" for line in finding.evidence]
    return "\n\n".join(parts)


def _folded(title: str, items: Iterable[str]) -> list[str]:
    body: Sequence[str] = list(items)
    if not body:
        return []
    inner = "\n\n".join(body)
    return [f"<details><summary>{title}</summary>\n\n{inner}\n\n</details>"]


def _unread(review: Review) -> list[str]:
    lines = [f"- {what}: {_text(text)}" for what, text in words.unread(review)]
    if len(lines) > UNREAD_SHOWN:
        lines = [*lines[:UNREAD_SHOWN], f"- and {len(lines) - UNREAD_SHOWN} more; the JSON report names them all"]
    return ["\n".join(lines)] if lines else []


def _text(text: str) -> str:
    """Text that isn't ours, so that Markdown shows it as it is: no heading, image or HTML comes of it."""
    return _SPECIAL.sub(r"\\\1", text)


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


def _block(text: str) -> str:
    """A fence longer than any in the text."""
    longest = max((len(run) for run in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}\n{text.strip(chr(10))}\n{fence}"
