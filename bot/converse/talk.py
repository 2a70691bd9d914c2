"""What a model is asked in a conversation, and what is made of its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.asking import with_model
from bot.config import Config
from bot.context.chunks import render_hunk
from bot.diff.change import FileDiff, Line, Side, path_shown
from bot.diff.masks import without_keys
from bot.diff.parse import Unreadable, hunks_of
from bot.errors import BadAnswer, BadInput
from bot.model.profiles import ModelProfile
from bot.ports import Answer, Message, Model, Question
from bot.progress import Report
from bot.pulls.anchors import Grid, grid_of
from bot.pulls.suggestions import as_block, objection
from bot.reports import safe
from bot.review import prompts
from bot.review.findings import Suggestion
from bot.review.forge import Forge
from bot.review.pull import PullRequest
from bot.review.threads import Thread

AROUND = 40  # lines of the file shown before and behind those in question
ANSWER = 700  # tokens
CHARACTERS = 3  # of code for a token: on the safe side of what tokenizers make of it

_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "maxLength": 600},
        "possible": {"type": "boolean"},
        "replacement": {"type": "string", "maxLength": 4000},
    },
    "required": ["reason", "possible", "replacement"],
    "additionalProperties": False,
}


class _Proposal(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    reason: str
    possible: bool = True
    replacement: str


def answer_of(
    name: str,
    text: str,
    forge: Forge,
    pull: PullRequest,
    thread: Thread | None,
    config: Config,
    environment: Mapping[str, str],
) -> str:
    """Markdown: the model's words made safe. `name` is `explain`, `ask` or `suggest`, `text` what stood behind it."""
    listing = forge.files(pull.number)
    if name == "ask" and not text:
        raise BadInput("there is no question behind `/patchwright ask`")
    question = prompts.asked("ask", question=safe.cleaned(text)) if name == "ask" else prompts.asked("explain")
    language = config.settings.language
    if thread is None:
        shown = "\n".join(_shown(file) for file in listing.files)
        return _answered(lambda room: prompts.about_change(language, shown[:room], question), config, environment)
    content = forge.content(thread.path, pull.head_sha) or b""
    grid = grid_of(listing)
    if name == "suggest":
        return _suggested(thread, content, grid, config, environment)
    return _answered(lambda room: _about(thread, content, grid, language, question, room), config, environment)


def _answered(words: Any, config: Config, environment: Mapping[str, str]) -> str:
    answer = _ask(words, None, config, environment)
    text = safe.prose(answer.text.strip())
    if not text:
        raise BadAnswer("the model said nothing")
    return text


def _suggested(thread: Thread, content: bytes, grid: Grid, config: Config, environment: Mapping[str, str]) -> str:
    """A block to commit with a click, if it can be one; else what stands against it."""
    if thread.line is None or thread.side is not Side.RIGHT:
        raise BadInput("the lines of this thread aren't part of the file any more")
    start, end = thread.start or thread.line, thread.line
    question = prompts.asked("suggest", start=str(start), end=str(end))
    language = config.settings.language
    answer = _ask(lambda room: _about(thread, content, grid, language, question, room), _SCHEMA, config, environment)
    try:
        told = _Proposal.model_validate_json(answer.text)
    except ValidationError:
        raise BadAnswer("the model's answer can't be used") from None
    suggestion = Suggestion(start, end, told.replacement.removesuffix("\n"))
    if not told.possible:
        return f"No suggestion: {safe.prose(told.reason)}"
    if problem := objection(thread.path, suggestion, grid):
        return (
            f"{safe.prose(told.reason)}\n\n{safe.block(told.replacement)}\n\n<sub>Not to be committed: {problem}.</sub>"
        )
    return f"{safe.prose(told.reason)}\n\n{as_block(suggestion)}"


def _ask(words: Any, schema: Mapping[str, Any] | None, config: Config, environment: Mapping[str, str]) -> Answer:
    """`words` makes the messages, for as many characters of code as there is room for."""

    async def work(model: Model, profile: ModelProfile, stop: asyncio.Event, report: Report) -> Answer:  # noqa: ARG001
        context = min(profile.context, model.capabilities.context)
        room = max(1_000, CHARACTERS * min(profile.chunk, context - 2 * ANSWER))
        messages: tuple[Message, ...] = words(room)
        return await model.ask(Question(messages, schema, ANSWER))

    answer, interrupted = with_model(work, config, environment)
    if interrupted:
        raise BadAnswer("it was interrupted")
    return answer


def _about(thread: Thread, content: bytes, grid: Grid, language: str, question: str, room: int) -> tuple[Message, ...]:
    line = thread.line or thread.original_line or 1
    start = thread.start or thread.original_start or line
    hunk = next((one for one in grid.hunks.get(thread.path, ()) if _covers(one.lines, thread.side, line)), None)
    return prompts.thread(
        language,
        where=f"{path_shown(thread.path)}:{start}-{line}",
        finding=without_keys(thread.first.body.partition("<!--")[0].strip())[: room // 4],
        hunk=(render_hunk(hunk) if hunk else "(its lines have changed since)")[: room // 3],
        excerpt=_excerpt(content, start, line)[: room // 2],
        question=question,
    )


def _covers(lines: tuple[Line, ...], side: Side, line: int) -> bool:
    return any((one.new if side is Side.RIGHT else one.old) == line for one in lines)


def _excerpt(content: bytes, start: int, end: int) -> str:
    """The lines around, with their numbers; secrets masked, as everywhere that a model reads."""
    lines = safe.cleaned(content.decode("utf-8", "replace")).split("\n")
    first, last = max(0, start - 1 - AROUND), min(len(lines), end + AROUND)
    return "\n".join(f"{at + 1:>5}   {lines[at]}" for at in range(first, last))


def _shown(file: FileDiff) -> str:
    try:
        hunks = hunks_of(file)
    except Unreadable as error:
        return f"File: {path_shown(file.path)} ({error})"
    return f"File: {path_shown(file.path)}\n" + "".join(map(render_hunk, hunks))
