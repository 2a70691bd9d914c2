"""What the commands do: build the tools from the options and the environment, call the verb, write the result."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from bot import config as configuration
from bot import output, sources
from bot.config import Config
from bot.diff.change import Change
from bot.errors import BadInput, Interrupted, ModelError
from bot.model.profiles import ModelProfile, profile_of
from bot.model.recorded import Recorded, Recording
from bot.ports import Model
from bot.progress import Report, progress
from bot.review.findings import Review, Severity
from bot.review.review import Surroundings, nothing_to_ask, select
from bot.review.review import review as review_verb
from bot.review.summary import counted

RECORDED = "recorded:"
EMBEDDED_CONTEXT = 4_096  # tokens: a Chunk, its answer and a second try fit
GRACE = 0.5  # seconds that an interrupted review has to say what it found


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
    result, interrupted = _run(source.change, source.surroundings, config, options, environment)
    output.write(output.render(result, options.form, options.output, environment), options.output)
    return Interrupted.exit_code if interrupted else exit_code(result, config.settings.fail_on)


def demo(options: ReviewOptions, environment: Mapping[str, str]) -> int:
    """Review the example, and set what was found beside what was planted."""
    from bot.demo import change, compare

    config = configuration.load(None, environment, options.settings)
    result, interrupted = _run(change(), Surroundings({}, {}), config, options, environment)
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


def _run(
    change: Change,
    surroundings: Surroundings,
    config: Config,
    options: ReviewOptions,
    environment: Mapping[str, str],
) -> tuple[Review, bool]:
    """The review, and whether the user broke it off."""
    settings = config.settings
    selection = select(change, surroundings, settings.ignore)
    output.check_writable(options.output)
    if not selection.kept:
        return nothing_to_ask(change, selection), False

    async def work(stop: asyncio.Event, report: Report) -> Review:
        async with _model(config, url, key) as (model, profile):
            recorded = Recording(model, record) if record else model
            return await review_verb(
                change,
                selection,
                recorded,
                profile,
                settings,
                stop=stop,
                progress=lambda done, total: report("chunks drafted", done, total),
            )

    with ExitStack() as stack:
        record = stack.enter_context(_opened(options.record)) if options.record else None
        report = stack.enter_context(progress())
        url, key = settings.base_url, config.api_key
        if not url and settings.model and not settings.model.startswith(RECORDED):
            raise BadInput(f"no server is named to ask {settings.model} of", "Name one with --base-url URL.")
        if not url and not settings.model:
            url, key = stack.enter_context(_engine(options.weights, environment, report))
        return asyncio.run(_until_interrupted(work, report))


async def _until_interrupted(work: Any, report: Report) -> tuple[Review, bool]:
    """Run `work`; the first Ctrl-C asks it to end with what it has, and a moment later ends it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGINT, stop.set)
        loop.add_signal_handler(signal.SIGTERM, stop.set)
    task = asyncio.create_task(work(stop, report))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        await asyncio.wait({task}, timeout=GRACE)
    stopped.cancel()
    if not task.done():
        task.cancel()
        raise Interrupted("interrupted before anything was reviewed")
    return task.result(), stop.is_set()


@contextmanager
def _engine(weights: Path | None, environment: Mapping[str, str], report: Report) -> Iterator[tuple[str, str]]:
    """The embedded default: fetched if need be, and served until the end of the block. Yields base URL and key."""
    from platformdirs import user_cache_path

    from bot.model.embedded import check_installed, start_engine
    from bot.model.weights import QWEN_1_5B, ensure

    check_installed()
    told = environment.get("PATCHWRIGHT_WEIGHTS", "")
    given = weights or (Path(told) if told else None)
    cache = Path(environment.get("PATCHWRIGHT_CACHE") or user_cache_path("patchwright"))
    name = given.stem if given else QWEN_1_5B.name
    licence = "" if given else f" ({QWEN_1_5B.licence})"
    click.echo(f"patchwright: no server is configured; starting {name}{licence} on this machine", err=True)

    def megabytes(what: str, done: int, total: int) -> None:
        if total:
            report(f"{what} (MB)", done // 1_000_000, total // 1_000_000)
        else:
            click.echo(f"patchwright: {what}", err=True)

    path = ensure(QWEN_1_5B, given=given, cache=cache, report=megabytes)
    with start_engine(path, context=EMBEDDED_CONTEXT, slots=1, log=cache / "engine.log", name=name) as engine:
        yield engine.base_url, engine.api_key


@asynccontextmanager
async def _model(config: Config, url: str, key: str) -> AsyncIterator[tuple[Model, ModelProfile]]:
    settings = config.settings
    if settings.model.startswith(RECORDED):
        recorded = Recorded(Path(settings.model.removeprefix(RECORDED)))
        yield recorded, profile_of(recorded.capabilities.model)
        return
    from bot.model.client import Patience
    from bot.model.probe import connect

    patience = Patience(answer=settings.timeout)
    server, profile = await connect(url, settings.model, key, context=settings.context, patience=patience)
    try:
        yield server, profile
    finally:
        await server.close()


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"can't write the recording {path}: {error.strerror}") from error
    with file:
        yield file


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
