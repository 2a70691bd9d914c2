"""One client for every OpenAI-compatible server: a question in, an answer out, or a named error."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import openai
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, stop_after_delay
from tenacity.wait import wait_random_exponential

from bot.errors import BadAnswer, ModelError, ServerDown, TooLong
from bot.model.tokens import estimate
from bot.ports import Answer, Capabilities, Question, Usage

TOKENIZE = {"vllm": "prompt", "llama.cpp": "content"}  # what each server calls the text in POST /tokenize

# vLLM: "maximum context length is 8192 tokens"; llama.cpp: "exceeds the available context size", exceed_context_size;
# others: context_length_exceeded, "prompt is too long", "input length".
_TOO_LONG = re.compile(
    r"context (length|size|window)|context_(length|size)|too (long|many tokens)|max_model_len|input length",
    re.IGNORECASE,
)
_NO_SCHEMA = re.compile(r"response_format|json_schema|json_object|structured|guided|grammar|schema", re.IGNORECASE)
_RAW = httpx2.Response  # unparsed: the client's typed layers cost two to three milliseconds of CPU a request
# From what a server enforces to what it is merely asked for.
_FORMATS = ("json_schema", "json_object", "text")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to bear with a server: seconds for an answer, seconds while it is busy, tries when it fails."""

    answer: float = 300.0
    tries: int = 3
    first_wait: float = 0.5
    longest_wait: float = 30.0
    busy: float = 300.0


class _Again(Exception):
    """A failure that may pass: `error` is what to raise if it doesn't. A `busy` server only needs time."""

    def __init__(self, error: ModelError, retry_after: float | None = None, *, busy: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after = retry_after
        self.busy = busy


class ServerModel:
    """A `ports.Model` behind an OpenAI-compatible server. Built by `probe.connect`."""

    def __init__(
        self,
        wire: openai.AsyncOpenAI,
        capabilities: Capabilities,
        sampling: Mapping[str, float | int],
        patience: Patience,
    ) -> None:
        self.capabilities = capabilities
        self._wire = wire
        self._sampling = dict(sampling)
        self._patience = patience
        self._logprobs = True  # until the server refuses them
        self._format = 0  # index in _FORMATS: what this server was found to take

    async def ask(self, question: Question) -> Answer:
        """The answer to `question`. Raises TooLong, BadAnswer, ServerDown, or ModelError for this question alone."""
        while True:
            used = self._format
            try:
                return await self._patiently(question, _FORMATS[used])
            except _NoSuchFormat:
                self._format = max(self._format, used + 1)
            except _NoLogprobs:
                self._logprobs = False

    async def count(self, texts: Sequence[str]) -> list[int]:
        if not self.capabilities.tokenizer:
            return [estimate(text) for text in texts]
        gate = asyncio.Semaphore(self.capabilities.slots or 8)
        return await asyncio.gather(*(self._count(text, gate) for text in texts))

    async def close(self) -> None:
        await self._wire.close()

    async def _count(self, text: str, gate: asyncio.Semaphore) -> int:
        """A tokenizer that doesn't answer is no reason to lose a review: the estimate stands in."""
        field = TOKENIZE[self.capabilities.server]
        body = {"model": self.capabilities.model, field: text}
        async with gate:
            try:
                told = await self._wire.post(root_of(self._wire) + "/tokenize", body=body, cast_to=object)
            except openai.OpenAIError:
                return estimate(text)
        tokens = told.get("count") or len(told.get("tokens") or ()) if isinstance(told, dict) else 0
        return int(tokens) or estimate(text)

    async def _patiently(self, question: Question, form: str) -> Answer:
        attempts = AsyncRetrying(
            retry=retry_if_exception_type(_Again),
            stop=self._enough,
            wait=self._wait,
            reraise=True,
        )
        try:
            return await attempts(self._once, question, form)
        except _Again as last:
            raise last.error from last.__cause__

    def _enough(self, state: RetryCallState) -> bool:
        failure = state.outcome.exception() if state.outcome else None
        if isinstance(failure, _Again) and failure.busy:
            return stop_after_delay(self._patience.busy)(state)
        return stop_after_attempt(self._patience.tries)(state)

    def _wait(self, state: RetryCallState) -> float:
        """As long as the server says, else longer each time, at random, so that many requests don't return at once."""
        failure = state.outcome.exception() if state.outcome else None
        if isinstance(failure, _Again) and failure.retry_after is not None:
            return min(failure.retry_after, self._patience.busy)
        return wait_random_exponential(multiplier=self._patience.first_wait, max=self._patience.longest_wait)(state)

    async def _once(self, question: Question, form: str) -> Answer:
        try:
            async with asyncio.timeout(self._patience.answer):
                response = await self._wire.post("/chat/completions", body=self._body(question, form), cast_to=_RAW)
        except (TimeoutError, openai.APITimeoutError) as error:
            raise ModelError(f"no answer within {self._patience.answer:.0f} s") from error
        except openai.APIStatusError as error:
            raise self._refusal(error, form, question) from error
        except openai.APIConnectionError as error:
            down = ServerDown(f"the connection to {self._wire.base_url} failed: {reason_of(error)}")
            raise _Again(down) from error
        return _read(response)

    def _body(self, question: Question, form: str) -> dict[str, Any]:
        return {
            "model": self.capabilities.model,
            "messages": [{"role": message.role, "content": message.content} for message in question.messages],
            "max_tokens": question.max_tokens,
            **self._sampling,
            **_response_format(form, question.schema),
            **self._alternatives(question),
        }

    def _alternatives(self, question: Question) -> dict[str, Any]:
        if not (question.alternatives and self._logprobs):
            return {}
        return {"logprobs": True, "top_logprobs": question.alternatives}

    def _refusal(self, error: openai.APIStatusError, form: str, question: Question) -> Exception:
        """What a status other than 200 means."""
        said, code = told_by(error.response), error.status_code
        match code:
            case 401 | 403:
                return ServerDown(f"the server refuses the API key ({code})", "Set PATCHWRIGHT_API_KEY.")
            case 404:
                return ServerDown(f"the server doesn't serve {self.capabilities.model} ({said})")
            case 429 | 503:
                busy = ServerDown(f"the server was busy for too long ({code}: {said})")
                return _Again(busy, _retry_after(error.response), busy=True)
            case 413:
                return TooLong(said)
            case 400 | 422 if _TOO_LONG.search(said):
                return TooLong(said)
            case 400 | 422 | 501 if question.alternatives and self._logprobs and "logprob" in said.lower():
                return _NoLogprobs()
            case 400 | 422 if _NO_SCHEMA.search(said) and form != _FORMATS[-1]:
                return _NoSuchFormat()
        failed = ModelError(f"the server answered {code}: {said}")
        return _Again(failed, _retry_after(error.response)) if code >= 500 else failed


class _NoLogprobs(Exception):
    """The server doesn't tell log-probabilities."""


class _NoSuchFormat(Exception):
    """The server doesn't know this `response_format`."""


def root_of(wire: openai.AsyncOpenAI) -> str:
    """The server's root: what stands before `/v1`."""
    return str(wire.base_url).rstrip("/").removesuffix("/v1")


def told_by(response: httpx2.Response) -> str:
    """What an error body says, in one short line. vLLM, llama.cpp and FastAPI each have their own form."""
    try:
        body = response.json()
    except ValueError:
        body = response.text
    for key in ("error", "message", "detail"):
        if isinstance(body, dict) and key in body:
            body = body[key]
    return " ".join(str(body).split())[:200] or "no reason given"


def reason_of(error: BaseException) -> str:
    """The innermost cause in one line: `[Errno 111] Connection refused` says more than `Connection error.`"""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split()) or type(error).__name__


def _response_format(form: str, schema: Mapping[str, Any] | None) -> dict[str, Any]:
    if schema is None or form == "text":
        return {}
    if form == "json_object":
        return {"response_format": {"type": "json_object"}}
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}}


def _retry_after(response: httpx2.Response) -> float | None:
    try:
        return max(0.0, float(response.headers["retry-after"]))
    except (KeyError, ValueError):
        return None


def _read(response: httpx2.Response) -> Answer:
    """A completion's body -> Answer. Reasoning models think in a field of their own; only the content is read."""
    try:
        body = response.json()
        choice = body["choices"][0]
        text = choice["message"]["content"]
        usage = body.get("usage") or {}
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
        cost = Usage(1, usage.get("prompt_tokens") or 0, cached, usage.get("completion_tokens") or 0)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        start = " ".join(response.text.split())[:80]
        raise _Again(BadAnswer(f"the server's answer is no chat completion: {json.dumps(start)}")) from error
    cut = choice.get("finish_reason") == "length"
    return Answer(text if isinstance(text, str) else "", cost, cut=cut, first=_first(choice))


def _first(choice: Mapping[str, Any]) -> dict[str, float]:
    """The alternatives for the first token, if the server told any; a token that occurs twice counts once."""
    try:
        told = choice["logprobs"]["content"][0]["top_logprobs"]
        return {str(each["token"]): float(each["logprob"]) for each in told}
    except (LookupError, TypeError, ValueError):
        return {}
