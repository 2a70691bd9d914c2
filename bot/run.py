"""What the commands do: build the tools from the options and the environment, call the verb, write the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from bot import config as configuration
from bot import output, sources
from bot.asking import ask
from bot.config import Config
from bot.demo import change as example
from bot.demo import compare
from bot.diff.change import Change
from bot.errors import BadInput, Interrupted, ModelError
from bot.review.findings import Review, Severity
from bot.review.review import Surroundings, select
from bot.review.summary import counted


@dataclass(frozen=True, slots=True)
class ReviewOptions:
    """The command line of `review` and `demo`, as click read it; None where an option wasn't given."""

    revisions: str
    repo: Path
    diff: str | None
    staged: bool
    base_url: str | None
    model: str | None
    weights: Path | None
    concurrency: int | None
    language: str | None
    config: Path | None
    form: str
    output: Path | None
    fail_on: str | None
    max_comments: int | None
    min_confidence: float | None
    record: Path | None

    @property
    def settings(self) -> dict[str, Any]:
        """The flags that set something which the configuration can set too."""
        flags = {name: getattr(self, name) for name in configuration.Settings.model_fields if hasattr(self, name)}
        return {name: value for name, value in flags.items() if value is not None}


def review(options: ReviewOptions, environment: Mapping[str, str]) -> int:
    source = _source(options, environment)
    for note in source.notes:
        click.echo(f"patchwright: {note}", err=True)
    file = sources.named_config(options.config) if options.config else source.config
    config = configuration.load(file, environment, options.settings)
    result, interrupted = _ask(source.change, source.surroundings, config, options, environment)
    output.write(output.render(result, options.form, options.output, environment), options.output)
    return Interrupted.exit_code if interrupted else exit_code(result, config.settings.fail_on)


def demo(options: ReviewOptions, environment: Mapping[str, str]) -> int:
    """Review the example, and set what was found beside what was planted."""
    config = configuration.load(None, environment, options.settings)
    result, interrupted = _ask(example(), Surroundings({}, {}), config, options, environment)
    output.write(output.render(result, options.form, options.output, environment), options.output)
    if options.form == "text":
        output.write("\n" + compare((*result.findings, *result.unplaced)), None)
    return Interrupted.exit_code if interrupted else exit_code(result, config.settings.fail_on)


def exit_code(result: Review, fail_on: Severity | None) -> int:
    """3 before 1: a review with holes in it isn't one that only found something.

    What has no place stands nowhere: a quote that isn't in the change is no ground to fail a build on.
    """
    if result.coverage.failed:
        first = result.coverage.failed[0]
        hunks = sum(item.hunks for item in result.coverage.failed)
        click.echo(f"patchwright: {counted(hunks, 'hunk')} failed, so this is incomplete: {first.reason}", err=True)
        return ModelError.exit_code
    return 1 if any(fail_on and finding.severity.reaches(fail_on) for finding in result.findings) else 0


def _source(options: ReviewOptions, environment: Mapping[str, str]) -> sources.Source:
    if sum((bool(options.revisions), options.staged, options.diff is not None)) > 1:
        raise BadInput("give one of RANGE, --diff and --staged")
    if options.diff is not None:
        return sources.from_patch(options.diff, options.repo, environment)
    return sources.from_repository(options.repo, environment, revisions=options.revisions, staged=options.staged)


def _ask(
    change: Change,
    surroundings: Surroundings,
    config: Config,
    options: ReviewOptions,
    environment: Mapping[str, str],
) -> tuple[Review, bool]:
    """The review, and whether the user broke it off."""
    output.check_writable(options.output)
    selection = select(change, surroundings, config.settings.ignore)
    return ask(change, selection, config, environment, weights=options.weights, record=options.record)


def config_table(repo: Path, file: Path | None, environment: Mapping[str, str]) -> str:
    """Every setting, its value and where it came from."""
    found = sources.named_config(file) if file else sources.working_config(repo, environment)
    config = configuration.load(found, environment, {})
    rows = [(key, repr(value), config.origins[key]) for key, value in config.settings]
    rows.append(("api_key", "(set)" if config.api_key else "(not set)", "PATCHWRIGHT_API_KEY"))
    wide = [max(len(row[at]) for row in rows) for at in (0, 1)]
    return "\n".join(f"{key:<{wide[0]}}  {value:<{wide[1]}}  {origin}" for key, value, origin in rows)


def check_config(repo: Path, file: Path | None, environment: Mapping[str, str]) -> str:
    found = sources.named_config(file) if file else sources.working_config(repo, environment)
    if found is None:
        return f"There is no {configuration.REPOSITORY_FILE}; the defaults are in force."
    configuration.load(found, {}, {})
    return f"{found.name} is right."
