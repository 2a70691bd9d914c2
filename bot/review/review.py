"""The verb: Change -> Review."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.config import Settings
from bot.context.chunks import Budget, Chunk, Count, render, split
from bot.context.reach import ROOM, Reach
from bot.diff.change import Change, Failed, FileDiff, Hunk, Skipped
from bot.diff.filters import worth_reading
from bot.diff.parse import Unreadable, hunks_of
from bot.diff.place import Unplaced, place, scope_of
from bot.errors import ModelError, ServerDown
from bot.model.profiles import ModelProfile
from bot.model.tokens import estimate
from bot.ports import Message, Model, Question, Usage
from bot.review import prompts
from bot.review.draft import Draft, Drafted, Form, draft_all
from bot.review.findings import Cost, Coverage, Finding, Review
from bot.review.rank import rank
from bot.review.summary import summarise
from bot.review.verify import Doubt, Verdict

MARGIN = 128  # tokens kept free for what a chat template adds
SMALLEST = 200  # tokens of a Chunk below which a review makes no sense
SAMPLE = 60_000  # characters of a file that the tokenizer is asked about; the rest is taken to be alike


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of the files beside the diff: path -> {attribute: set}, blob id -> the top of its content, and what
    else of the repository can be looked at.
    """

    attributes: Mapping[str, Mapping[str, bool]]
    tops: Mapping[str, bytes]
    reach: Reach | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The files of a change: those worth reading, and those passed over; and what else can be looked at."""

    kept: tuple[FileDiff, ...]
    skipped: tuple[Skipped, ...]
    reach: Reach | None = None


def select(change: Change, surroundings: Surroundings, ignore: Sequence[str]) -> Selection:
    kept, skipped = worth_reading(
        change.files, ignore=ignore, attributes=surroundings.attributes, tops=surroundings.tops
    )
    return Selection(tuple(kept), tuple(skipped), surroundings.reach)


def nothing_to_ask(change: Change, selection: Selection) -> Review:
    """The Review of a change in which nothing is worth reading: no model is needed for it."""
    coverage = _coverage(selection.skipped, ())
    return Review(change, coverage, (), (), 0, summarise(coverage, (), ()), Cost("", "", 0, 0, 0, 0, 0.0))


async def review(
    change: Change,
    selection: Selection,
    model: Model,
    profile: ModelProfile,
    settings: Settings,
    *,
    stop: asyncio.Event,
    progress: Callable[[int, int], None],
) -> Review:
    """Ask `model` about every part of what was selected of `change`. `progress` takes Chunks done and in all."""
    started = time.monotonic()
    prefix = prompts.shared(
        change, language=settings.language, instructions=settings.instructions, room=2 * profile.join
    )
    around = settings.around if selection.reach else ()
    budget = await _budget(model, profile, prefix, spare=ROOM // 3 if around else 0)
    chunks, unread = await _chunks(model, selection.kept, budget)
    if around and selection.reach:
        from bot.context.around import surround

        chunks = surround(chunks, around, selection.reach)
    concurrency = settings.concurrency or model.capabilities.slots or 1
    warmth = await _warm(model, prefix) if min(concurrency, len(chunks)) > 1 else Usage()
    doubt = _doubt(settings, profile)
    drafted = await _draft(model, profile, chunks, prefix, concurrency, doubt, stop, progress)
    looked = [_looked(part, draft, at) for part in drafted for at, draft in enumerate(part.drafts)]
    standing = [finding for finding in looked if finding.verdict in ("", Verdict.CONFIRMED)]
    ranked = rank(standing, min_confidence=settings.min_confidence)
    findings = tuple(finding for finding in ranked if finding.place)
    unplaced = tuple(finding for finding in ranked if not finding.place)
    coverage = _coverage([*selection.skipped, *unread], drafted)
    return Review(
        change=change,
        coverage=coverage,
        findings=findings,
        unplaced=unplaced,
        shown=min(len(findings), settings.max_comments),
        summary=summarise(coverage, findings, unplaced),
        cost=_cost(model, sum((part.usage for part in drafted), warmth), time.monotonic() - started),
        demonstration=profile.demonstration,
        doubtful=tuple(rank(finding for finding in looked if finding not in standing)),
    )


def _doubt(settings: Settings, profile: ModelProfile) -> Doubt:
    form = profile.second_look if settings.second_look == "auto" else settings.second_look
    threshold = profile.threshold if settings.second_look_threshold is None else settings.second_look_threshold
    return Doubt(form, threshold)


async def _budget(model: Model, profile: ModelProfile, prefix: tuple[Message, str], *, spare: int) -> Budget:
    """The profile's budget, or what the server's context leaves beside the shared prefix, the answer and `spare`."""
    system, opening = prefix
    (taken,) = await model.count([system.content + opening])
    context = min(profile.context, model.capabilities.context)
    room = context - taken - profile.answer - MARGIN - spare
    if room < SMALLEST:
        raise ModelError(
            f"the context of {model.capabilities.model} is too small: {context} tokens, of which the instructions take"
            f" {taken} and the answer {profile.answer}",
            "Serve the model with a longer context (vLLM: --max-model-len, Ollama: num_ctx), or say its real one with"
            " `context:` in the configuration.",
        )
    return Budget(chunk=min(profile.chunk, room), join=min(profile.join, room))


async def _chunks(model: Model, files: Sequence[FileDiff], budget: Budget) -> tuple[list[Chunk], list[Skipped]]:
    """The Chunks of all files, and what can't be read after all."""
    parsed: list[tuple[FileDiff, tuple[Hunk, ...]]] = []
    skipped: list[Skipped] = []
    for file in files:
        try:
            parsed.append((file, hunks_of(file)))
        except Unreadable as error:
            skipped.append(Skipped(file.path, file.hunks, f"unreadable: {error}"))
    chunks: list[Chunk] = []
    counts = await _counts(model, parsed, budget)
    for (file, hunks), count in zip(parsed, counts, strict=True):
        made, unread = split(file, hunks, budget, count)
        chunks += made
        skipped += unread
    return chunks, skipped


async def _counts(model: Model, parsed: Sequence[tuple[FileDiff, tuple[Hunk, ...]]], budget: Budget) -> list[Count]:
    """How to count the tokens of each file.

    The estimate says how long its parts are relative to each other; the server's tokenizer how long the whole is.
    That is one cheap request for a file, and none for one that fits into a single Chunk anyway.
    """
    texts = [render(Chunk(file, hunks))[:SAMPLE] for file, hunks in parsed]
    sizes = [estimate(text) for text in texts]
    large = [at for at, size in enumerate(sizes) if size > budget.join]
    told = await model.count([texts[at] for at in large]) if large else []
    ratios = {at: count / sizes[at] for at, count in zip(large, told, strict=True)}
    return [_scaled(ratios.get(at, 1.0)) for at in range(len(parsed))]


def _scaled(ratio: float) -> Count:
    return lambda text: estimate(text) * ratio


async def _warm(model: Model, prefix: tuple[Message, str]) -> Usage:
    """Have the server compute what all Chunks share, once, before many of them ask for it at the same moment."""
    system, opening = prefix
    try:
        return (await model.ask(Question((system, Message("user", opening)), None, 1))).usage
    except ServerDown:
        raise
    except ModelError:
        return Usage()


async def _draft(
    model: Model,
    profile: ModelProfile,
    chunks: Sequence[Chunk],
    prefix: tuple[Message, str],
    concurrency: int,
    doubt: Doubt,
    stop: asyncio.Event,
    progress: Callable[[int, int], None],
) -> list[Drafted]:
    form = Form(profile.analysis, profile.body, profile.max_findings, profile.gate, profile.answer)
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        progress(done, len(chunks))

    progress(0, len(chunks))
    return await draft_all(model, chunks, prefix, form, concurrency=concurrency, doubt=doubt, stop=stop, on_done=count)


def _looked(part: Drafted, draft: Draft, at: int) -> Finding:
    """A draft as a Finding, with what the second look at it came to. A probability is better than the model's word."""
    finding = _finding(draft, part.chunk)
    if not part.looks:
        return finding
    look = part.looks[at]
    return replace(
        finding,
        verdict=str(look.verdict),
        confidence=finding.confidence if look.probability is None else round(look.probability, 3),
        evidence=(*finding.evidence, look.reason) if look.reason else finding.evidence,
    )


def _finding(draft: Draft, chunk: Chunk) -> Finding:
    """A draft with the place of its quote, or the reason why it has none as its first evidence."""
    where = place(draft.quote, draft.line, chunk.hunks)
    return Finding(
        path=chunk.file.path,
        place=None if isinstance(where, Unplaced) else where,
        severity=draft.severity,
        category=draft.category,
        confidence=draft.confidence,
        title=draft.title.strip(),
        body=_sentences(draft.body.strip()),
        quote=draft.quote,
        evidence=(f"not placed: {where.reason}",) if isinstance(where, Unplaced) else (),
        scope="" if isinstance(where, Unplaced) else scope_of(where, chunk.hunks),
    )


def _sentences(text: str) -> str:
    """`text` without the sentence that its limit cut off, if whole ones stand before."""
    end = max(text.rfind(f"{mark} ") for mark in ".!?")
    return text if end < 0 or text[-1] in ".!?:`)\"'" else text[: end + 1]


def _coverage(skipped: Sequence[Skipped], drafted: Sequence[Drafted]) -> Coverage:
    """Each hunk once. One that was split counts as reviewed when all its parts were, else as failed.

    Files are told apart by identity: a patch of several commits may hold one path more than once.
    """
    asked: dict[int, set[int]] = {}
    lost: dict[tuple[int, int], str] = {}
    for part in drafted:
        file = id(part.chunk.file)
        asked.setdefault(file, set()).update(part.chunk.indices)
        if part.failure:
            lost |= {(file, index): part.failure for index in part.chunk.indices if (file, index) not in lost}
    paths = {id(part.chunk.file): part.chunk.file.path for part in drafted}
    failed = Counter((paths[file], reason) for (file, _), reason in lost.items())
    reviewed = {file: sum((file, index) not in lost for index in indices) for file, indices in asked.items()}
    return Coverage(
        files=len({paths[file] for file, hunks in reviewed.items() if hunks}),
        hunks=sum(reviewed.values()),
        skipped=tuple(_together(skipped)),
        failed=tuple(Failed(path, hunks, reason) for (path, reason), hunks in failed.items()),
    )


def _together(skipped: Sequence[Skipped]) -> list[Skipped]:
    """One entry for each path and reason."""
    hunks = Counter[tuple[str, str]]()
    for item in skipped:
        hunks[item.path, item.reason] += item.hunks
    return [Skipped(path, count, reason) for (path, reason), count in hunks.items()]


def _cost(model: Model, used: Usage, seconds: float) -> Cost:
    return Cost(
        model=model.capabilities.model,
        server=model.capabilities.server,
        requests=used.requests,
        prompt_tokens=used.prompt,
        cached_tokens=used.cached,
        completion_tokens=used.completion,
        seconds=round(seconds, 2),
    )
