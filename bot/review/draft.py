"""Chunks -> draft Findings: one request a Chunk, its answer held to a schema; what came to nothing has a name."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot.context.chunks import Chunk, halve
from bot.diff.masks import without_keys
from bot.errors import BadAnswer, ModelError, ServerDown, TooLong
from bot.ports import Message, Model, Question, Usage
from bot.review import prompts
from bot.review.findings import Category, Severity
from bot.review.verify import Doubt, Look, look_again

INTERRUPTED = "interrupted"
_CONFIDENCE = {"high": 0.9, "medium": 0.6, "low": 0.3}  # the model's own word for it; nothing is calibrated here
LONGEST = 200_000  # characters of an answer: no schema of ours has room for more
TRIES = 200  # braces at which an object may open; each costs a look at what stands before it
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Draft(BaseModel):
    """A finding as the model words it, before anybody looked where it stands."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    quote: str
    line: int | None = None
    severity: Severity
    category: Category
    confidence: float
    title: str = Field(min_length=1)
    body: str

    @field_validator("severity", "category", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("confidence", mode="before")
    @classmethod
    def _number(cls, value: object) -> object:
        return _CONFIDENCE.get(value.strip().lower(), value) if isinstance(value, str) else value

    @field_validator("quote", "title", "body")
    @classmethod
    def _clean(cls, value: str) -> str:
        """Control characters could steer a terminal, half a character fits no report, and no secret may travel on."""
        return without_keys(_CONTROL.sub("", value).encode("utf-8", "replace").decode())


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    verdict: str = "defect"
    findings: list[Draft]


@dataclass(frozen=True, slots=True)
class Drafted:
    """What came of a Chunk: its drafts, or why there are none (`failure`), and what it cost.

    `conversation` ends with the answer that the drafts are from; `looks` holds what a second look at each came to, if
    there was one.
    """

    chunk: Chunk
    drafts: tuple[Draft, ...] = ()
    usage: Usage = field(default_factory=Usage)
    failure: str = ""
    conversation: tuple[Message, ...] = ()
    looks: tuple[Look, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """How an answer looks: characters of texts, findings at most, a verdict first or not, tokens in all."""

    analysis: int
    body: int
    max_findings: int
    gate: bool
    tokens: int


async def draft_all(
    model: Model,
    chunks: Sequence[Chunk],
    prefix: tuple[Message, str],
    form: Form,
    *,
    concurrency: int,
    doubt: Doubt,
    stop: asyncio.Event,
    on_done: Callable[[], None],
) -> list[Drafted]:
    """What came of every Chunk, in the order of `chunks`. When `stop` is set, the rest counts as interrupted.

    The second look at a Chunk follows on its draft at once, while the server still has what it computed for that.
    """
    results: dict[int, list[Drafted]] = {}
    waiting = iter(enumerate(chunks))
    down: list[str] = []

    async def work() -> None:
        for at, chunk in waiting:
            parts = [Drafted(chunk, failure=down[0])] if down else await _draft(model, chunk, prefix, form, down)
            results[at] = [await _doubted(model, part, doubt) for part in parts]
            on_done()

    workers = [asyncio.create_task(work()) for _ in range(min(concurrency, len(chunks)))]
    stopped = asyncio.create_task(stop.wait())
    everything = asyncio.create_task(_all(workers))
    await asyncio.wait({everything, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if everything.done():
        everything.result()
    else:
        everything.cancel()
        await asyncio.wait({everything})
    left = (results.get(at, [Drafted(chunk, failure=INTERRUPTED)]) for at, chunk in enumerate(chunks))
    return [drafted for parts in left for drafted in parts]


async def _all(workers: Sequence[asyncio.Task[None]]) -> None:
    await asyncio.gather(*workers)


async def _draft(model: Model, chunk: Chunk, prefix: tuple[Message, str], form: Form, down: list[str]) -> list[Drafted]:
    """Ask about one Chunk; halves of it where the server finds it too long. `down` takes why all hope is lost."""
    try:
        return [await _ask(model, chunk, prompts.draft(prefix, chunk), form)]
    except TooLong as error:
        halves = halve(chunk)
        if halves is None:
            return [Drafted(chunk, failure=f"too long for the server: {error}")]
        return [part for half in halves for part in await _draft(model, half, prefix, form, down)]
    except ServerDown as error:
        down.append(str(error))
        return [Drafted(chunk, failure=str(error))]
    except ModelError as error:
        return [Drafted(chunk, failure=str(error))]


async def _doubted(model: Model, part: Drafted, doubt: Doubt) -> Drafted:
    if doubt.form == "off" or not part.drafts:
        return part
    looks = await look_again(model, part.conversation, [(draft.title, draft.quote) for draft in part.drafts], doubt)
    return replace(part, looks=tuple(looks), usage=sum((look.usage for look in looks), part.usage))


async def _ask(model: Model, chunk: Chunk, messages: tuple[Message, ...], form: Form) -> Drafted:
    """One answer, and one more try with what was wrong about it."""
    usage, problem = Usage(), ""
    for _ in range(2):
        answer = await model.ask(Question(messages, answer_schema(form), form.tokens))
        usage += answer.usage
        try:
            said = (*messages, Message("assistant", answer.text))
            return Drafted(chunk, read_answer(answer.text), usage, conversation=said)
        except BadAnswer as error:
            problem = "it was cut off at the token limit" if answer.cut else str(error)
            messages = prompts.retry(messages, answer.text, problem)
    return Drafted(chunk, usage=usage, failure=f"the model's answer can't be used: {problem}")


def answer_schema(form: Form) -> Mapping[str, Any]:
    """The JSON schema of an answer. Flat, closed and short: what every server's grammar can enforce."""
    finding = {
        "quote": {"type": "string", "maxLength": 400},
        "line": {"type": "integer"},
        "title": {"type": "string", "minLength": 1, "maxLength": 100},
        "body": {"type": "string", "maxLength": form.body},
        "severity": {"type": "string", "enum": [*Severity]},
        "category": {"type": "string", "enum": [*Category]},
        "confidence": {"type": "string", "enum": [*_CONFIDENCE]},
    }
    answer: dict[str, Any] = {"analysis": {"type": "string", "maxLength": form.analysis}}
    if form.gate:
        answer["verdict"] = {"type": "string", "enum": ["clean", "defect"]}
    answer["findings"] = {"type": "array", "maxItems": form.max_findings, "items": _closed(finding)}
    return _closed(answer)


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


def read_answer(text: str) -> tuple[Draft, ...]:
    """The drafts in an answer. Raises BadAnswer with the first thing that is wrong with it."""
    value = _json_object(_said_aloud(text))
    try:
        reply = _Reply.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadAnswer(f"{where}: {first['msg']}") from error
    if reply.verdict == "clean":
        return ()
    return tuple(
        draft.model_copy(update={"confidence": min(1.0, max(0.0, draft.confidence))}) for draft in reply.findings
    )


def _said_aloud(text: str) -> str:
    """An answer without what a reasoning model thought before it."""
    if len(text) > LONGEST:
        raise BadAnswer(f"it is longer than {LONGEST:,} characters")
    return text.rpartition("</think>")[2]


def _json_object(text: str) -> dict[str, Any]:
    """The first JSON object in `text` that holds findings: servers without schemas put prose or a fence around it."""
    decoder = json.JSONDecoder()
    at, tries = text.find("{"), 0
    while at >= 0 and tries < TRIES:
        tries += 1
        try:
            value, _ = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict) and "findings" in value:
            return value
        at = text.find("{", at + 1)
    raise BadAnswer("there is no JSON object with `findings` in it" if text.strip() else "it is empty")
