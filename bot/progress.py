"""Progress on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click

STEPS = 10  # plain lines for a whole run, at most


class Report(Protocol):
    def __call__(self, what: str, done: int, total: int) -> None: ...


@contextmanager
def progress() -> Iterator[Report]:
    """`report(what, done, total)`, as often as one likes."""
    if sys.stderr.isatty():
        yield from _bar()
    else:
        yield _lines()


def _bar() -> Iterator[Report]:
    from rich.console import Console  # runs without a terminal have no need of it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        tasks = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what)
            bar.update(tasks[what], completed=done, total=total)

        yield report


def _lines() -> Report:
    told: dict[str, int] = {}

    def report(what: str, done: int, total: int) -> None:
        step = done * STEPS // total if total else STEPS
        if told.get(what) != step:
            told[what] = step
            click.echo(f"{what}: {done:,} of {total:,}", err=True)

    return report
