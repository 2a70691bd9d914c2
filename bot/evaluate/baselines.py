"""Reviewers without a model: what a number is worth shows beside theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from bot.diff.change import Side
from bot.evaluate.cases import Range
from bot.evaluate.runs import Run
from bot.evaluate.score import Comment

Baseline: TypeAlias = Callable[[Sequence[Run]], Sequence[Run]]

BASELINES: Mapping[str, Baseline] = MappingProxyType(
    {
        "on every hunk": lambda runs: runs,
        "on the first hunk": lambda runs: runs[:1],
        "where code shrinks": lambda runs: [run for run in runs if len(run.removed) > len(run.added)],
        "silent": lambda runs: (),  # noqa: ARG005
    }
)


def comments_by(baseline: Baseline, runs: Sequence[Run]) -> list[Comment]:
    """It has nothing to say, so its comments never explain anything. A hunk is one as `git diff -U0` has it."""
    return [Comment(_place(run), "") for run in baseline(runs)]


def _place(run: Run) -> Range:
    """The new lines; where there are none, the one above."""
    above = max(1, run.above)
    return run.right if run.added else Range(run.path, Side.RIGHT, above, above)
