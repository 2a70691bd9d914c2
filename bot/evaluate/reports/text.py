"""The Evaluation for a terminal: plain text, as wide as its tables need to be."""

from __future__ import annotations

from textwrap import fill

from bot.evaluate.evaluation import Evaluation
from bot.evaluate.reports.tables import Table, opening, tables

WIDTH = 100  # columns of the sentences


def as_text(evaluation: Evaluation) -> str:
    parts = ["\n".join(fill(sentence, WIDTH) for sentence in opening(evaluation))]
    parts += [_table(table) for table in tables(evaluation)]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    rows = [table.heads, *table.rows]
    widths = [max(len(row[at]) for row in rows) for at in range(len(table.heads))]
    lines = ["  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    note = [fill(table.note, WIDTH)] if table.note else []
    return "\n".join([table.title.upper(), *note, *lines])
