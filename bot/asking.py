"""A Change and what is to be read of it -> Review: the model that the configuration names is reached and asked."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO, TypeAlias, TypeVar

import click

from bot.config import Config
from bot.diff.change import Change
from bot.errors import BadInput, Interrupted
from bot.model.profiles import ModelProfile, profile_of
from bot.model.recorded import Recorded, Recording
from bot.ports import Model
from bot.progress import Report, progress
from bot.review.findings import Review
from bot.review.review import Selection, nothing_to_ask
from bot.review.review import review as review_verb

RECORDED = "recorded:"
EMBEDDED_CONTEXT = 4_096  # tokens: a Chunk, its answer and a second try fit
Result = TypeVar("Result")
Work: TypeAlias = Callable[[Model, ModelProfile, asyncio.Event, Report], Awaitable[Result]]

GRACE = 0.5  # seconds that an interrupted review has to say what it found


def ask(
    change: Change,
    selection: Selection,
    config: Config,
    environment: Mapping[str, str],
    *,
    since: str = "",
    weights: Path | None = None,
    record: Path | None = None,
    wrap: Callable[[Model], Model] | None = None,
) -> tuple[Review, bool]:
    """The review, and whether the user broke it off. `weights` are for the embedded engine; `record` takes the run.

    `since` is the commit up to which the change was read before, if `selection` is only what came after it. `wrap`
    makes of the model the one that is asked.
    """
    if not selection.kept:
        return replace(nothing_to_ask(change, selection), since=since), False

    async def work(model: Model, profile: ModelProfile, stop: asyncio.Event, report: Report) -> Review:
        return await review_verb(
            change,
            selection,
            wrap(model) if wrap else model,
            profile,
            config.settings,
            stop=stop,
            progress=lambda done, total: report("chunks drafted", done, total),
        )

    result, interrupted = with_model(work, config, environment, weights=weights, record=record)
    return replace(result, since=since), interrupted


def with_model(
    work: Work[Result],
    config: Config,
    environment: Mapping[str, str],
    *,
    weights: Path | None = None,
    record: Path | None = None,
) -> tuple[Result, bool]:
    """What `work` makes of the model that `config` names, and whether the user broke it off."""
    settings = config.settings
    with ExitStack() as stack:
        recording = stack.enter_context(_opened(record)) if record else None
        report = stack.enter_context(progress())
        url, key = settings.base_url, config.api_key
        if not url and settings.model and not settings.model.startswith(RECORDED):
            raise BadInput(f"no server is named to ask {settings.model} of", "Name one with --base-url URL.")
        if not url and not settings.model:
            url, key = stack.enter_context(_engine(weights, environment, report))

        async def reached(stop: asyncio.Event) -> Result:
            async with _model(config, url, key) as (model, profile):
                return await work(Recording(model, recording) if recording else model, profile, stop, report)

        return asyncio.run(_until_interrupted(reached))


async def _until_interrupted(work: Callable[[asyncio.Event], Awaitable[Result]]) -> tuple[Result, bool]:
    """Run `work`; the first Ctrl-C asks it to end with what it has, and a moment later ends it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGINT, stop.set)
        loop.add_signal_handler(signal.SIGTERM, stop.set)
    task = asyncio.ensure_future(work(stop))
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
