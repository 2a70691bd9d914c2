"""What `patchwright evaluate` does: make cases, or measure and report; options and environment in, an exit code out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from platformdirs import user_cache_path

from bot import config as configuration
from bot import output, sources
from bot.config import Config, File
from bot.errors import BadInput, Interrupted, ModelError
from bot.evaluate.cases import Case, read_cases
from bot.evaluate.evaluation import Evaluation, evaluation
from bot.evaluate.history import Harvest, cases_from_history
from bot.evaluate.measure import Measured, Variant, measure, sources_of
from bot.evaluate.reports.html import as_html
from bot.evaluate.reports.json import as_json
from bot.evaluate.reports.markdown import as_markdown
from bot.evaluate.reports.text import as_text
from bot.review.summary import counted
from bot.worktree import open_work_tree

CURRENT = "current"  # the name of the configuration that is in force
REPORTS: Mapping[str, Callable[[Evaluation], str]] = {
    "text": as_text,
    "json": as_json,
    "markdown": as_markdown,
    "html": as_html,
}


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """The command line, as click read it; None where an option wasn't given. `variants` are NAME=FILE each."""

    cases: Path
    truth: Path | None
    from_history: bool
    repo: Path
    since: str | None
    limit: int
    variants: tuple[str, ...]
    cache: Path | None
    base_url: str | None
    model: str | None
    weights: Path | None
    concurrency: int | None
    language: str | None
    config: Path | None
    form: str
    output: Path | None

    @property
    def settings(self) -> dict[str, Any]:
        """The flags that set something which the configuration can set too."""
        flags = {name: getattr(self, name) for name in configuration.Settings.model_fields if hasattr(self, name)}
        return {name: value for name, value in flags.items() if value is not None}


def evaluate(options: EvaluateOptions, environment: Mapping[str, str]) -> int:
    if options.from_history:
        return _harvest(options, environment)
    output.check_writable(options.output)
    variants = _variants(options, environment)
    cases = read_cases(options.cases, options.truth)
    changes = sources_of(cases, environment)
    measured, interrupted = _measure(cases, changes, variants, options, environment)
    if interrupted and not any(one.rows for one in measured):
        raise Interrupted("interrupted before anything was measured")
    result = evaluation(
        cases, {name: source.change for name, source in changes.items()}, measured, interrupted=interrupted
    )
    output.write(REPORTS[options.form](result), options.output)
    return Interrupted.exit_code if interrupted else _exit_code(result)


def _exit_code(result: Evaluation) -> int:
    failed = [row for one in result.configurations for row in one.rows if row.failed]
    if not failed:
        return 0
    _say(f"{counted(len(failed), 'case')} failed, and counted as such: {failed[0].failed}")
    return ModelError.exit_code


def _measure(
    cases: Sequence[Case],
    changes: Mapping[str, sources.Source],
    variants: Sequence[Variant],
    options: EvaluateOptions,
    environment: Mapping[str, str],
) -> tuple[list[Measured], bool]:
    """Each configuration in turn, until the user breaks it off."""
    cache = options.cache or Path(environment.get("PATCHWRIGHT_CACHE") or user_cache_path("patchwright")) / "answers"
    measured: list[Measured] = []
    for variant in variants:
        done, interrupted = measure(
            cases, changes, variant, environment, cache=cache, weights=options.weights, say=_say
        )
        measured.append(done)
        if interrupted:
            return measured, True
    return measured, False


def _variants(options: EvaluateOptions, environment: Mapping[str, str]) -> list[Variant]:
    if not options.variants:
        given = options.config
        file = sources.named_config(given) if given else sources.working_config(options.repo, environment)
        return [Variant(CURRENT, configuration.load(file, environment, options.settings))]
    if options.config:
        raise BadInput("give --config or --with, not both")
    variants = [_variant(told, options, environment) for told in options.variants]
    if len({variant.name for variant in variants}) < len(variants):
        raise BadInput("two configurations have one name", "Each --with NAME=FILE.yml needs a name of its own.")
    return variants


def _variant(told: str, options: EvaluateOptions, environment: Mapping[str, str]) -> Variant:
    name, _, path = told.partition("=")
    if not name or not path:
        raise BadInput(f"this is no NAME=FILE.yml: {told}")
    return Variant(name, _own_words_first(sources.named_config(Path(path)), options, environment))


def _own_words_first(file: File, options: EvaluateOptions, environment: Mapping[str, str]) -> Config:
    """What the file says goes before the environment and the flags here: it is what tells one from the other."""
    origins = configuration.load(file, {}, {}).origins
    own = {key for key, origin in origins.items() if origin != "default"}
    hidden = {configuration.PREFIX + key.upper() for key in own}
    around = {name: value for name, value in environment.items() if name not in hidden}
    return configuration.load(file, around, {key: value for key, value in options.settings.items() if key not in own})


def _harvest(options: EvaluateOptions, environment: Mapping[str, str]) -> int:
    if options.variants or options.truth:
        raise BadInput("--from-history only makes cases", "Look at them, then measure with `evaluate --cases DIR`.")
    tree = open_work_tree(options.repo, environment)
    harvest = cases_from_history(tree, options.cases, since=options.since or "", limit=options.limit)
    click.echo(_told(harvest, options.cases), nl=False)
    return 0


def _told(harvest: Harvest, folder: Path) -> str:
    made = f"{counted(harvest.bugs, 'bug case')} and {counted(harvest.clean, 'clean case')}"
    lines = [f"{counted(harvest.commits, 'commit')} looked at: {made} in {folder}."]
    lines += [f"  {count:>6,}  passed over: {reason}" for reason, count in harvest.passed_over.items()]
    lines.append("No code of the repository was run: that its tests passed before and after is not known.")
    return "\n".join(lines) + "\n"


def _say(message: str) -> None:
    click.echo(f"patchwright: {message}", err=True)
