"""Cases x configurations -> Rows: each case is reviewed as `patchwright review BASE..HEAD` would."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.asking import ask
from bot.config import Config
from bot.errors import BadInput, Interrupted, ModelError, ServerDown
from bot.evaluate.answers import Answers
from bot.evaluate.cases import Case
from bot.evaluate.score import Effort, Row, comments_of, failure, score
from bot.evaluate.suggested import objections
from bot.ports import Model
from bot.review.findings import Review
from bot.review.review import select
from bot.sources import Source, from_repository


@dataclass(frozen=True, slots=True)
class Variant:
    """A configuration under the name that the report calls it by."""

    name: str
    config: Config


@dataclass(frozen=True, slots=True)
class Measured:
    """The rows of a Variant, and the model that was asked; empty where none was."""

    name: str
    rows: tuple[Row, ...]
    model: str = ""
    server: str = ""


def sources_of(cases: Sequence[Case], environment: Mapping[str, str]) -> dict[str, Source]:
    """Case -> its change, all of them read before anything is asked: a wrong one is known at once."""
    return {case.id: _source(case, environment) for case in cases}


def _source(case: Case, environment: Mapping[str, str]) -> Source:
    try:
        return from_repository(case.repository, environment, revisions=f"{case.base}..{case.head}")
    except BadInput as error:
        raise BadInput(f"case {case.id}: {error}", error.hint) from error


def measure(
    cases: Sequence[Case],
    sources: Mapping[str, Source],
    variant: Variant,
    environment: Mapping[str, str],
    *,
    cache: Path,
    weights: Path | None,
    say: Callable[[str], None],
) -> tuple[Measured, bool]:
    """What `variant` makes of the cases, and whether the user broke it off: then those before count, and no other.

    Once a server is down, the cases after it failed too.
    """
    rows: list[Row] = []
    known = ("", "")
    down = ""
    for at, case in enumerate(cases, 1):
        say(f"{variant.name}: case {at} of {len(cases)}, {case.id}")
        source = sources[case.id]
        lines = source.change.added + source.change.removed
        if down:
            rows.append(failure(case, lines, down))
            continue
        try:
            review, effort, interrupted = _review(source, variant.config, environment, cache, weights)
        except (Interrupted, KeyboardInterrupt):
            return Measured(variant.name, tuple(rows), *known), True
        except ModelError as error:
            down = str(error) if isinstance(error, ServerDown) else ""
            rows.append(failure(case, lines, str(error)))
            continue
        if review.cost.model:
            known = (review.cost.model, review.cost.server)
        if not (interrupted and review.coverage.failed):
            rows.append(_row(case, lines, review, effort))
        if interrupted:
            return Measured(variant.name, tuple(rows), *known), True
    return Measured(variant.name, tuple(rows), *known), False


def _review(
    source: Source, config: Config, environment: Mapping[str, str], cache: Path, weights: Path | None
) -> tuple[Review, Effort, bool]:
    asked: list[Answers] = []

    def wrap(model: Model) -> Model:
        asked.append(Answers(model, cache))
        return asked[-1]

    selection = select(source.change, source.surroundings, config.settings.ignore)
    review, interrupted = ask(source.change, selection, config, environment, weights=weights, wrap=wrap)
    cost = review.cost
    effort = Effort(
        requests=cost.requests,
        replayed=sum(answers.replayed for answers in asked),
        prompt_tokens=cost.prompt_tokens,
        cached_tokens=cost.cached_tokens,
        completion_tokens=cost.completion_tokens,
        seconds=round(sum(answers.seconds for answers in asked), 3),
    )
    return review, effort, interrupted


def _row(case: Case, changed_lines: int, review: Review, effort: Effort) -> Row:
    if review.coverage.failed:
        return failure(case, changed_lines, review.coverage.failed[0].reason, effort)
    return score(case, changed_lines, comments_of(review), objections=objections(review), effort=effort)
