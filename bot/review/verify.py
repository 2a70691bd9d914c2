"""The second look: each draft is doubted once, in the conversation that brought it forth, so that the server has all
but the question computed already.

Two forms. A `question` is answered Yes or No, and the probability of Yes is read from the log-probabilities of the
first token; what is less likely than the profile's threshold is refuted. A `judgement` is an answer in words with a
verdict at its end; it also stands in where a server tells no log-probabilities. What brings no verdict is unverified,
and told as that.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import ModelError
from bot.ports import Message, Model, Question, Usage
from bot.review import prompts

SecondLook = Literal["off", "question", "judgement"]

ALTERNATIVES = 10  # tokens: Yes and No and their spellings are among them, or the model didn't understand
REASON = 500  # characters
JUDGEMENT = 260  # tokens

_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "maxLength": REASON},
        "input": {"type": "string", "maxLength": 200},
        "verdict": {"type": "string", "enum": ["confirmed", "refuted", "unsure"]},
    },
    "required": ["reason", "input", "verdict"],
    "additionalProperties": False,
}


class Verdict(StrEnum):
    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNSURE = "unsure"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Look:
    """What a second look at one draft came to. `probability` is that of Yes, None where nobody told it."""

    verdict: Verdict
    probability: float | None = None
    reason: str = ""
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True)
class Doubt:
    """How to look: the form, and the probability of Yes from which on a draft is confirmed."""

    form: SecondLook
    threshold: float


class _Judgement(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    reason: str
    input: str = ""
    verdict: Literal["confirmed", "refuted", "unsure"]


async def look_again(
    model: Model, conversation: tuple[Message, ...], claims: Sequence[tuple[str, str]], doubt: Doubt
) -> list[Look]:
    """A Look at each of `claims` (title, quote), which stand in the last message of `conversation`. All at once.

    A failure leaves its claim unverified: the draft was paid for, and is told as that.
    """
    return await asyncio.gather(*(_look(model, conversation, title, quote, doubt) for title, quote in claims))


async def _look(model: Model, conversation: tuple[Message, ...], title: str, quote: str, doubt: Doubt) -> Look:
    try:
        if doubt.form == "judgement":
            return await _judged(model, conversation, title, quote)
        return await _asked(model, conversation, title, quote, doubt.threshold)
    except ModelError as error:
        return Look(Verdict.UNVERIFIED, reason=str(error))


async def _asked(model: Model, conversation: tuple[Message, ...], title: str, quote: str, threshold: float) -> Look:
    question = prompts.second_look("doubt", conversation, title, quote)
    answer = await model.ask(Question(question, None, 1, ALTERNATIVES))
    probability = yes(answer.first)
    if probability is None:
        look = await _judged(model, conversation, title, quote)
        return Look(look.verdict, None, look.reason, answer.usage + look.usage)
    verdict = Verdict.CONFIRMED if probability >= threshold else Verdict.REFUTED
    return Look(verdict, probability, usage=answer.usage)


async def _judged(model: Model, conversation: tuple[Message, ...], title: str, quote: str) -> Look:
    question = prompts.second_look("judge", conversation, title, quote)
    answer = await model.ask(Question(question, _SCHEMA, JUDGEMENT))
    try:
        told = _Judgement.model_validate_json(answer.text)
    except ValidationError:
        return Look(Verdict.UNVERIFIED, reason="the second look gave no verdict", usage=answer.usage)
    verdict = Verdict(told.verdict)
    if verdict is Verdict.CONFIRMED and not told.input.strip():
        verdict = Verdict.UNSURE  # it can't say what goes wrong for what
    return Look(verdict, reason=told.reason, usage=answer.usage)


def yes(first: Mapping[str, float]) -> float | None:
    """The probability of Yes between Yes and No, in any spelling; None where neither is among the alternatives."""
    weight = {"yes": 0.0, "no": 0.0}
    for token, logprob in first.items():
        word = token.strip().strip('".*').lower()
        if word in weight:
            weight[word] += math.exp(logprob)
    total = weight["yes"] + weight["no"]
    return weight["yes"] / total if total > 0 else None
