"""Progress on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

STEPS = 10  # plain lines for a whole run, at most


class Report(Protocol):
    def __call__(self, what: str, done: int, total: int) -> None: ...


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Report]:
    """`report(what, done, total)`, as often as one likes."""
    console = Console(stderr=True, highlight=False)
    if quiet:
        yield _nothing
    elif console.is_terminal:
        yield from _bar(console)
    else:
        yield _lines(console)


def _nothing(what: str, done: int, total: int) -> None:
    """Nobody is to be told."""


def _bar(console: Console) -> Iterator[Report]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        tasks = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what)
            bar.update(tasks[what], completed=done, total=total)

        yield report


def _lines(console: Console) -> Report:
    told: dict[str, int] = {}

    def report(what: str, done: int, total: int) -> None:
        step = done * STEPS // total if total else STEPS
        if told.get(what) != step:
            told[what] = step
            console.print(f"{what}: {done:,} of {total:,}", soft_wrap=True)

    return report
