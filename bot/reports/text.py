"""The Review for a terminal. Colours are rich's to draw or to leave out; without them it is plain text."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bot.reports import words
from bot.review.findings import Finding, Review, Severity

UNREAD_SHOWN = 12

_COLOURS = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}


def as_text(review: Review, *, width: int = 100, colour: bool = False) -> str:
    console = Console(
        width=width, force_terminal=colour, no_color=not colour, highlight=False, emoji=False, soft_wrap=False
    )
    with console.capture() as captured:
        console.print(_page(review))
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def _page(review: Review) -> RenderableType:
    parts: list[RenderableType] = []
    parts += [_finding(finding) for finding in review.findings[: review.shown]]
    parts += _short("Below the comment budget", review.findings[review.shown :])
    parts += _short("Without a line (the quoted code wasn't found in the change)", review.unplaced)
    parts += _listed("Not confirmed by a second look", words.doubtful(review))
    parts += _unread(review)
    parts.append(Text(review.summary, "bold"))
    parts.append(Text(words.cost(review), "dim"))
    if review.demonstration:
        parts.append(Text(words.DEMONSTRATION.format(model=review.cost.model), "yellow"))
    return Group(*parts)


def _finding(finding: Finding) -> RenderableType:
    head = Text.assemble(
        (f"{finding.severity}", _COLOURS[finding.severity]),
        "  ",
        (words.location(finding), "bold"),
        f"  {finding.category}, confidence {finding.confidence:.1f}",
    )
    body: list[RenderableType] = [Text(finding.title, "bold")]
    if finding.body:
        body.append(Text(finding.body))
    body += [Text(f"| {line}", "dim") for line in finding.quote.strip("\n").split("\n")]
    body += [Text(f"- {line}") for line in finding.evidence]
    return Group(head, Padding(Group(*body), (0, 0, 1, 2)))


def _short(title: str, findings: tuple[Finding, ...]) -> list[RenderableType]:
    """A line each."""
    if not findings:
        return []
    lines = [Text(f"  {finding.severity}  {words.location(finding)}  {finding.title}") for finding in findings]
    return [Text(f"{title}:", "bold"), *lines, Text()]


def _listed(title: str, lines: list[str]) -> list[RenderableType]:
    if not lines:
        return []
    more = [f"and {len(lines) - UNREAD_SHOWN} more; --format json names them all"] if len(lines) > UNREAD_SHOWN else []
    return [Text(f"{title}:", "bold"), *(Text(f"  {line}", "dim") for line in [*lines[:UNREAD_SHOWN], *more]), Text()]


def _unread(review: Review) -> list[RenderableType]:
    items = words.unread(review)
    if not items:
        return []
    lines = [Text(f"  {what}  {text}", "red" if what == "failed" else "dim") for what, text in items[:UNREAD_SHOWN]]
    if len(items) > UNREAD_SHOWN:
        lines.append(Text(f"  and {len(items) - UNREAD_SHOWN} more; --format json names them all", "dim"))
    return [Text("Not read:", "bold"), *lines, Text()]
