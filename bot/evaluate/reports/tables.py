"""What the reports for people have in common: an Evaluation as sentences and tables of words."""

from __future__ import annotations

from dataclasses import dataclass

from bot.evaluate.evaluation import Evaluation, Reviewer
from bot.evaluate.metrics import BY_NAME, ROUNDS, Estimate, Metric
from bot.evaluate.score import SLACK, Row
from bot.reports.safe import plain
from bot.review.summary import counted

UNKNOWN = "-"
LONGEST = 100  # characters of a reason or a name
INTERVALS = (
    f"Intervals are of 95%, by a bootstrap of {ROUNDS:,} rounds over the cases. One without width says that all cases"
    " agree, not that the next one would."
)
FOUND = ("recall", "explained_recall", "false_alarms", "clean_with_alarm")
SAID = ("precision", "precision_on_bugs", "comments_per_100_lines", "placed")


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` begin with a name, and are as long as `heads`."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def opening(evaluation: Evaluation) -> list[str]:
    """What was measured, and what one must know to read it."""
    clean = len(evaluation.cases) - evaluation.bugs
    sentences = [f"{counted(evaluation.bugs, 'bug case')} and {counted(clean, 'clean case')}."]
    for one in evaluation.configurations:
        asked = f"{_line(one.model)} on {_line(one.server)}" if one.model else "no model was asked"
        failed = f"; {counted(one.failed, 'case')} failed" if one.failed else ""
        sentences.append(f"{_line(one.name)}: {asked}, {len(one.rows)} of {len(evaluation.cases)} cases{failed}.")
    if evaluation.interrupted:
        sentences.append("It was interrupted: this is what was measured until then.")
    return sentences


def tables(evaluation: Evaluation) -> list[Table]:
    found = [_estimates("Bugs found, and false alarms", evaluation, FOUND, _reading(evaluation))]
    parts = [*found, _estimates("What was said", evaluation, SAID)]
    if evaluation.configurations:
        parts.append(_efforts(evaluation))
    if evaluation.differences:
        parts.append(_differences(evaluation))
    if evaluation.configurations:
        parts.append(_cases(evaluation))
    return parts


def _reading(evaluation: Evaluation) -> str:
    untold = sum(not defect.topic for case in evaluation.cases for defect in case.defects)
    without = f" {counted(untold, 'defect')} have no topic, and no part in explained recall." if untold else ""
    return (
        f"A comment hits a defect within {SLACK} lines of it, on its side of the diff, and explains it if its words"
        " match the topic too. Overlap alone is cheap: the reviewers without a model show what it is to be had for."
        " A failed bug case wasn't found; a failed clean one is left out." + without
    )


def _estimates(title: str, evaluation: Evaluation, names: tuple[str, ...], note: str = "") -> Table:
    heads = ("", *(BY_NAME[name].title for name in names), "Failed")
    rows = tuple(
        (named(one), *(interval(one.estimates[name], BY_NAME[name]) for name in names), str(one.failed))
        for one in evaluation.reviewers
    )
    return Table(title, heads, rows, note or INTERVALS)


def _efforts(evaluation: Evaluation) -> Table:
    heads = ("", "Requests", "Replayed", "Prompt tokens", "Cached", "Answer tokens", "Seconds", "Suggestions")
    rows = tuple(_effort(one) for one in evaluation.configurations)
    note = "Seconds are what the answers took, one after the other, when they were first asked for."
    dropped = [
        f"{_line(one.name)} had {count} suggestions dropped: {_line(reason)}."
        for one in evaluation.configurations
        for reason, count in one.dropped.items()
    ]
    return Table("What it took", heads, rows, " ".join([note, *dropped]))


def _effort(one: Reviewer) -> tuple[str, ...]:
    effort = one.effort
    cached = one.estimates["cached"].value
    dropped = sum(one.dropped.values())
    return (
        _line(one.name),
        f"{effort.requests:,}",
        f"{effort.replayed:,}",
        f"{effort.prompt_tokens:,}",
        UNKNOWN if cached is None else f"{cached:.0%}",
        f"{effort.completion_tokens:,}",
        f"{effort.seconds:,.1f}",
        f"{one.kept} kept, {dropped} dropped",
    )


def _differences(evaluation: Evaluation) -> Table:
    names = list(dict.fromkeys(one.metric for one in evaluation.differences))
    told = {(one.name, one.metric): one for one in evaluation.differences}
    rows = tuple(
        (
            f"{_line(one.name)} - {_line(evaluation.configurations[0].name)}",
            *(interval(told[one.name, name].estimate, BY_NAME[name], signed=True) for name in names),
        )
        for one in evaluation.configurations[1:]
    )
    note = "Over the cases that both have, drawn together. An interval with 0 in it shows no difference."
    return Table("Differences", ("", *(BY_NAME[name].title for name in names)), rows, note)


def _cases(evaluation: Evaluation) -> Table:
    asked = evaluation.configurations
    by_case = [{row.case: row for row in one.rows} for one in asked]
    rows = tuple(
        (_line(case.id), case.kind, _line(case.category), *(_outcome(rows.get(case.id)) for rows in by_case))
        for case in evaluation.cases
    )
    return Table("Cases", ("", "Kind", "Category", *(_line(one.name) for one in asked)), rows)


def _outcome(row: Row | None) -> str:
    if row is None:
        return "not measured"
    if row.failed:
        return f"failed: {_line(row.failed)}"
    if row.kind == "clean":
        return counted(row.comments, "alarm") if row.comments else "clean"
    found = "missed" if not row.hit else "explained" if row.explained == row.defects else "hit"
    return f"{found if row.defects == 1 else f'{row.hit} of {row.defects} hit'}, {counted(row.comments, 'comment')}"


def interval(estimate: Estimate, metric: Metric, *, signed: bool = False) -> str:
    """`0.42 (0.17-0.67)`."""
    if estimate.value is None:
        return UNKNOWN
    form = "{:+.2f}" if signed else "{:.2f}" if metric.share else "{:.1f}"
    value = form.format(estimate.value)
    if estimate.low is None or estimate.high is None:
        return value
    dash = " to " if signed else "-"
    return f"{value} ({form.format(estimate.low)}{dash}{form.format(estimate.high)})"


def named(one: Reviewer) -> str:
    return f"no model: {one.name}" if one.baseline else _line(one.name)


def _line(text: str) -> str:
    """Words of others on one line."""
    text = " ".join(plain(text).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
