"""The Evaluation as Markdown, for a page or a job summary."""

from __future__ import annotations

from bot.evaluate.evaluation import Evaluation
from bot.evaluate.reports.tables import Table, opening, tables
from bot.reports.safe import cell, inline


def as_markdown(evaluation: Evaluation) -> str:
    parts = ["# Evaluation", "\n".join(f"- {inline(sentence)}" for sentence in opening(evaluation))]
    parts += [_table(table) for table in tables(evaluation)]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    lines = [_line(table.heads), _line(("---",) + ("---:",) * (len(table.heads) - 1), plain=True)]
    lines += [_line(row) for row in table.rows]
    note = [inline(table.note)] if table.note else []
    return "\n\n".join([f"## {inline(table.title)}", *note, "\n".join(lines)])


def _line(cells: tuple[str, ...], *, plain: bool = False) -> str:
    return f"| {' | '.join(cells if plain else map(cell, cells))} |"
