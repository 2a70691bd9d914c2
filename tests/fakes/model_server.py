"""A model server without a model: it talks HTTP as vLLM does (or llama.cpp, or hardly any), and a test has its lines.

    with ModelServer(reply=[Status(429, retry_after=0.1), {"findings": []}]) as server:
        ...  # whatever talks to server.base_url
    assert "def pay" in server.requests[-1].prompt

It refuses what the real one refuses, in its words: they are from the sources of vLLM 0.32.0 and the answers of
llama.cpp b11549. And where the real one holds the model to a schema, it holds the test to it.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from itertools import chain, repeat
from typing import Any, Literal, NoReturn
from zlib import crc32

import jsonschema_rs

from tests.fakes.http import Connection, Headers, HttpRequest, HttpServer
from tests.fakes.physics import Engine, Physics, Totals, rendered, text_of, tokens_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Status:
    """An answer other than 200. Without a `body` it says what the real server would."""

    code: int
    body: str | Json | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection closes, and nothing was answered."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing is ever answered."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """200, and a body that is no JSON."""

    body: str = "<html><body>Welcome to nginx!</body></html>"


@dataclass(frozen=True, slots=True)
class DropMidway:
    """The connection closes after the first half of the answer."""

    text: str = "an answer that nobody will read to its end"


@dataclass(frozen=True, slots=True)
class Trickle:
    """The bytes of the answer take some seconds to arrive."""

    text: str | Json
    seconds: float


@dataclass(frozen=True, slots=True)
class Cut:
    """The answer ends with `text`: there it reached the token limit."""

    text: str


@dataclass(frozen=True, slots=True)
class Empty:
    """The answer has no words."""

    content: Literal[""] | None = None


@dataclass(frozen=True, slots=True)
class Calls:
    """The answer calls tools, each by its name and arguments."""

    calls: Sequence[tuple[str, Json]]
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """The answer is the likeliest of `first` (token -> probability), which a request for log-probabilities is told."""

    first: Mapping[str, float]


Reply = str | Json | Status | Drop | Hang | Malformed | DropMidway | Trickle | Cut | Empty | Calls | Weighed
Script = Reply | Callable[["ChatRequest"], Reply]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request for a chat completion."""

    path: str
    headers: Headers
    body: Json

    @property
    def prompt(self) -> str:
        """The texts of all its messages."""
        return "\n\n".join(text_of(message.get("content")) for message in self.body.get("messages") or ())

    @property
    def schema(self) -> Json | None:
        return (self._format.get("json_schema") or {}).get("schema")

    @property
    def format(self) -> str:
        """`text`, `json_object` or `json_schema`."""
        return str(self._format.get("type", "text"))

    @property
    def stream(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def max_tokens(self) -> int | None:
        """How long the answer may be, under either of the names that this has."""
        longest = self.body.get("max_completion_tokens")
        return self.body.get("max_tokens") if longest is None else longest

    @property
    def _format(self) -> Json:
        return self.body.get("response_format") or {}


class ModelServer(HttpServer):
    """Serves one model between `with` and its end.

    `reply` is what the model says to a request: a Reply, or a function of the ChatRequest. A list or an iterator of
    them has one for each request in turn that isn't refused; the last of a list stays. A dict is said as JSON.

    `context` is the length of the model. `overflow="refuse"` is an older vLLM (0.15), which refuses a `max_tokens`
    that doesn't fit behind the prompt instead of shortening it. `schema` and `json_object` tell whether such a
    response format binds the model, is taken and "ignored", or is refused with a 400 (False); `tools=False` refuses
    tools; `logprobs=False` passes over the wish for them. `slots` are the requests in work at once,
    `loading` is how many requests find llama.cpp still loading.

    `requests` are the chat requests in their order, refused ones too, and `cancelled` those whose client left before
    it had its answer. `received` and `paths` (http.py) know of whatever else came in.
    """

    def __init__(
        self,
        reply: Script | Sequence[Script] | Iterator[Script] = "ok",
        *,
        kind: Literal["vllm", "llama.cpp", "plain"] = "vllm",
        model: str = "Qwen/Qwen3-Coder-30B-A3B-Instruct",
        any_model: bool = False,
        context: int = 32_768,
        overflow: Literal["shorten", "refuse"] = "shorten",
        api_key: str = "",
        schema: bool | Literal["ignored"] = True,
        json_object: bool | Literal["ignored"] = True,
        tools: bool = True,
        slots: int | None = None,
        loading: int = 0,
        reports_cached: bool = True,
        logprobs: bool = True,
        physics: Physics | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(port)
        self.model, self.requests, self.cancelled = model, list[ChatRequest](), list[ChatRequest]()
        self.engine = Engine(physics, slots=slots, block=1 if kind == "llama.cpp" else 16)
        self._script = _script(reply)
        self._kind, self._llama = kind, kind == "llama.cpp"
        self._any_model = any_model or self._llama
        self._context, self._overflow, self._api_key, self._loading = context, overflow, api_key, loading
        self._formats = {"text": "ignored", "json_object": json_object, "json_schema": schema}
        self._tools, self._slots, self._reports_cached = tools, slots or 1, reports_cached
        self._logprobs = logprobs

    @property
    def base_url(self) -> str:
        return f"{self.root}/v1"

    @property
    def totals(self) -> Totals:
        return self.engine.totals

    @property
    def most_at_once(self) -> int:
        """Chat requests that were open together, waiting ones too."""
        return self.engine.totals.most_at_once

    async def respond(self, request: HttpRequest, to: Connection) -> None:
        try:
            self._let_in(request)
            if (request.method, request.path) == ("POST", "/v1/chat/completions"):
                await self._chat(request, to)
            else:
                to.answer(200, *self.answer(request))
        except _Refused as refused:
            to.answer(refused.code, _bytes(refused.body), _JSON | refused.headers)

    def answer(self, request: HttpRequest) -> tuple[bytes, Headers]:
        """The body and the headers of what isn't a chat."""
        match self._kind, f"{request.method} {request.path}":
            case _, "GET /v1/models":
                return _bytes({"object": "list", "data": [self._card()]}), _JSON
            case "vllm", "GET /version":
                return _bytes({"version": "0.32.0"}), _JSON
            case "vllm", "GET /health":
                return b"", {}
            case "vllm", "GET /metrics":
                return self._metrics().encode(), {"content-type": "text/plain; version=0.0.4; charset=utf-8"}
            case "llama.cpp", "GET /health":
                return _bytes({"status": "ok"}), _JSON
            case "llama.cpp", "GET /props":
                settings = {"params": {}, "n_ctx": self._context}
                return _bytes({"default_generation_settings": settings, "total_slots": self._slots}), _JSON
            case "llama.cpp", "GET /metrics":
                says = "This server does not support metrics endpoint. Start it with `--metrics`"
                self._refuse(501, says, "not_supported_error")
            case "vllm" | "llama.cpp", "POST /tokenize":
                return _bytes(self._tokenized(self._body(request))), _JSON
        if self._llama:
            self._refuse(404, "File Not Found", "not_found_error")
        raise _Refused(404, {"detail": "Not Found"})

    def _let_in(self, request: HttpRequest) -> None:
        """vLLM guards what is below /v1, llama.cpp everything but /health."""
        if self._loading:
            self._loading -= 1
            self._refuse(503, "Loading model", "unavailable_error")
        guarded = request.path != "/health" if self._llama else request.path.startswith("/v1")
        if guarded and self._api_key and request.headers.get("authorization") != f"Bearer {self._api_key}":
            if self._llama:
                self._refuse(401, "Invalid API Key", "authentication_error")
            raise _Refused(401, {"error": "Unauthorized"})

    def _card(self) -> Json:
        card: Json = {"id": self.model, "object": "model", "created": int(time.time())}
        if self._llama:
            return card | {"owned_by": "llamacpp", "meta": {"n_ctx": self._context, "n_ctx_train": 131_072}}
        if self._kind == "plain":
            return card | {"owned_by": "library"}
        permission = [{"id": f"modelperm-{uuid.uuid4().hex}", "object": "model_permission"}]
        length = {"max_model_len": self._context, "permission": permission}
        return card | {"owned_by": "vllm", "root": self.model, "parent": None} | length

    def _metrics(self) -> str:
        values = {
            "prefix_cache_queries_total": self.totals.prompt_tokens,
            "prefix_cache_hits_total": self.totals.cached_tokens,
            "num_requests_running": self.engine.running,
            "num_requests_waiting": self.engine.open - self.engine.running,
        }
        labels = f'{{engine="0",model_name="{self.model}"}}'
        kinds = {name: "counter" if name.endswith("_total") else "gauge" for name in values}
        return "".join(f"# TYPE vllm:{n} {kinds[n]}\nvllm:{n}{labels} {float(values[n])}\n" for n in values)

    def _tokenized(self, body: Json) -> Json:
        if self._llama:
            return {"tokens": _ids(tokens_of(text_of(body.get("content"))))}
        if "prompt" not in body and "messages" not in body:
            _invalid(_missing("prompt", body), _missing("messages", body))
        self._check_model(body)
        tokens = tokens_of(body["prompt"]) if "prompt" in body else rendered(body["messages"], body.get("tools") or ())
        strings = [*tokens] if body.get("return_token_strs") else None
        return {"count": len(tokens), "max_model_len": self._context, "tokens": _ids(tokens), "token_strs": strings}

    async def _chat(self, http: HttpRequest, to: Connection) -> None:
        request = ChatRequest(http.path, http.headers, self._body(http))
        self.requests.append(request)
        (self._check_llama if self._llama else self._check)(request.body)
        prompt = rendered(request.body["messages"], request.body.get("tools") or ())
        room = self._room(request, len(prompt))
        with self.engine.request():
            try:
                await self._act(request, prompt, room, to)
            except asyncio.CancelledError:
                if to.left:
                    self.cancelled.append(request)
                raise

    async def _act(self, request: ChatRequest, prompt: list[str], room: int, to: Connection) -> None:
        """What the script says."""
        line = next(self._script, None)
        match line(request) if callable(line) else line:
            case Status(code, body, retry_after):
                headers = {} if retry_after is None else {"retry-after": str(retry_after)}
                raise _Refused(code, self._excuse(code) if body is None else body, headers)
            case Drop():
                to.drop()
            case Hang():
                async with self.engine.slot():
                    await asyncio.Event().wait()
            case Malformed(body):
                to.answer(200, body.encode(), {"content-type": "text/html"})
            case None:
                raise AssertionError(f"the script has no reply to request {len(self.requests)}")
            case reply:
                await self._say(self._said(reply, request, room), request, prompt, to)

    def _said(self, reply: Reply, request: ChatRequest, room: int) -> _Said:
        match reply:
            case DropMidway(text):
                said = _Said(text, share=0.5)
            case Trickle(text, seconds):
                said = _Said(_text(text), seconds=seconds)
            case Cut(text):
                said = _Said(text, "length")
            case Empty(content):
                said = _Said(content)
            case Calls(calls, content):
                assert request.body.get("tools"), "the request has no tools to call"
                said = _Said(content, "tool_calls", calls)
            case Weighed(first):
                said = _Said(max(first, key=lambda token: first[token]), first=first)
            case str() | dict():
                self._hold(_text(reply), request)
                said = _Said(_text(reply))
            case _:
                raise AssertionError(f"this is no reply: {reply!r}")
        tokens = tokens_of(said.content or "")
        return said if len(tokens) <= room else replace(said, content="".join(tokens[:room]), finish="length")

    def _hold(self, text: str, request: ChatRequest) -> None:
        """To what a server that binds its model to the request's format could say at all."""
        if self._formats[request.format] is True:
            try:
                jsonschema_rs.validate(request.schema or {"type": "object"}, json.loads(text))
            except ValueError as error:
                says = 'with this response_format, only a server with schema="ignored" could say'
                raise AssertionError(f"{says} {text[:200]!r}: {error}") from error

    async def _say(self, said: _Said, request: ChatRequest, prompt: list[str], to: Connection) -> None:
        answer = [*tokens_of(said.content or ""), *chain(*(tokens_of(json.dumps(call)) for call in said.calls))]
        async with self.engine.slot():
            cached = await self.engine.prefill(prompt, answer)
            usage = self._usage(len(prompt), cached, len(answer))
            if request.stream:
                parts = [b"data: " + part + b"\n\n" for part in (*self._chunks(said, request, usage), b"[DONE]")]
                await self._send(said, parts, {"content-type": "text/event-stream"}, len(answer) / len(parts), to)
            else:
                await self.engine.decode(len(answer))
                body = _bytes(self._completion(said, usage, request))
                parts = _slices(body, 20 if said.seconds or said.share < 1 else 1)
                await self._send(said, parts, _JSON | {"content-length": str(len(body))}, 0, to)

    async def _send(self, said: _Said, parts: list[bytes], headers: Headers, tokens: float, to: Connection) -> None:
        """The parts of an answer, each of which takes as long as that many tokens."""
        to.begin(200, headers)
        for part in parts[: int(len(parts) * said.share)]:
            to.write(part)
            await self.engine.decode(tokens)
            if said.seconds:
                await asyncio.sleep(said.seconds / len(parts))
        if said.share < 1:
            to.drop()
        else:
            to.end()

    def _usage(self, prompt: int, cached: int, answer: int) -> Json:
        usage = {"prompt_tokens": prompt, "total_tokens": prompt + answer, "completion_tokens": answer}
        tells = self._reports_cached and self._kind != "plain"
        return usage | {"prompt_tokens_details": {"cached_tokens": cached} if tells else None}

    def _completion(self, said: _Said, usage: Json, request: ChatRequest) -> Json:
        message: Json = {"role": "assistant", "content": said.content}
        if said.calls:
            message["tool_calls"] = [_call(*call) for call in said.calls]
        choice: Json = {"index": 0, "message": message, "finish_reason": said.finish}
        if self._kind == "vllm":
            message |= dict.fromkeys(("refusal", "annotations", "audio", "function_call", "reasoning"))
            choice |= dict.fromkeys(("logprobs", "stop_reason", "token_ids", "routed_experts"))
        if request.body.get("logprobs") and self._logprobs:
            choice["logprobs"] = {"content": _weighed(said, request.body.get("top_logprobs") or 0)}
        return self._frame("chat.completion") | {"choices": [choice], "usage": usage}

    def _chunks(self, said: _Said, request: ChatRequest, usage: Json) -> Iterator[bytes]:
        """Eight tokens in each, and in the last one why the answer ended."""
        frame = self._frame("chat.completion.chunk")
        tokens = tokens_of(said.content or "")
        texts = ["".join(tokens[at : at + 8]) for at in range(0, len(tokens), 8)]
        calls = [{"tool_calls": [{"index": at, **_call(*call)}]} for at, call in enumerate(said.calls)]
        first, last = {"role": "assistant", "content": ""}, {} if self._llama else {"content": ""}
        deltas: list[Json] = [first, *({"content": text} for text in texts), *calls, last]
        for at, delta in enumerate(deltas):
            finish = said.finish if at == len(deltas) - 1 else None
            yield _bytes(frame | {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]})
        if (request.body.get("stream_options") or {}).get("include_usage"):
            yield _bytes(frame | {"choices": [], "usage": usage})

    def _frame(self, kind: str) -> Json:
        return {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": kind, "created": int(time.time()), "model": self.model}

    def _body(self, request: HttpRequest) -> Json:
        try:
            body = json.loads(request.body)
        except ValueError as error:
            if self._llama:
                self._refuse(400, f"[json.exception.parse_error.101] parse error: {error}", "invalid_request_error")
            at = error.pos if isinstance(error, json.JSONDecodeError) else 0
            _invalid(_problem("json_invalid", str(at), "JSON decode error", {}))
        if not isinstance(body, dict):
            _invalid(_problem("model_type", "", "Input should be an object", body))
        return body

    def _check(self, body: Json) -> None:
        """A chat, as vLLM's pydantic models and validators do."""
        if "messages" not in body:
            _invalid(_missing("messages", body))
        if not isinstance(body["messages"], list):
            _invalid(_problem("list_type", "messages", "Input should be a valid list", body["messages"]))
        self._check_format(body)
        if body.get("stream_options") and not body.get("stream"):
            self._reject("Stream options can only be defined when `stream=True`.", "stream_options")
        if body.get("tools") == []:
            advice = "Either provide at least one tool or omit the field entirely."
            self._reject(f"`tools` must not be an empty array. {advice}", "tools")
        self._check_model(body)
        if body.get("tools") and not self._tools and body.get("tool_choice") != "none":
            needs = "--enable-auto-tool-choice and --tool-call-parser to be set"
            self._refuse(400, f'"auto" tool choice requires {needs}', "BadRequestError")

    def _check_format(self, body: Json) -> None:
        asked = body.get("response_format") or {"type": "text"}
        kinds = [f"'{kind}'" for kind, taken in self._formats.items() if taken]
        if f"'{asked.get('type')}'" not in kinds:
            expected = " or ".join(filter(None, (", ".join(kinds[:-1]), kinds[-1])))
            says = f"Input should be {expected}"
            _invalid(_problem("literal_error", "response_format.type", says, asked.get("type")))
        if asked["type"] == "json_schema" and not (asked.get("json_schema") or {}).get("name"):
            _invalid(_missing("response_format.json_schema.name", asked.get("json_schema") or {}))

    def _check_llama(self, body: Json) -> None:
        if "messages" not in body:
            self._refuse(400, "'messages' is required", "invalid_request_error")
        if not isinstance(body["messages"], list):
            self._refuse(400, "Expected 'messages' to be an array", "invalid_request_error")
        kind = (body.get("response_format") or {}).get("type", "text")
        if not self._formats.get(kind):
            says = f'response_format type must be one of "text" or "json_object", but got: {kind}'
            self._refuse(400, says, "invalid_request_error")

    def _check_model(self, body: Json) -> None:
        name = body.get("model")
        if name and name != self.model and not self._any_model:
            says = f"The model `{name}` does not exist. Valid aliases: {self.model}."
            self._refuse(404, says, "NotFoundError", "model")

    def _room(self, request: ChatRequest, prompt: int) -> int:
        """How many tokens an answer may have. Refuses what is too long."""
        length, asked = self._context, request.max_tokens
        if self._llama and prompt >= length:
            says = f"request ({prompt} tokens) exceeds the available context size ({length} tokens), try increasing it"
            told = {"code": 400, "message": says, "type": "exceed_context_size_error"}
            raise _Refused(400, {"error": told | {"n_prompt_tokens": prompt, "n_ctx": length}})
        room = min(length - prompt, length if asked is None else asked)
        if not self._llama:
            self._check_length(prompt, asked or 0, request)
            if room < 1:
                self._reject(f"max_tokens must be at least 1, got {room}.", "max_tokens", room)
        return room

    def _check_length(self, prompt: int, asked: int, request: ChatRequest) -> None:
        """vLLM stops to tokenise one token behind what it can take, whence the "at least"."""
        length = self._context
        if asked > length:
            field = "max_completion_tokens" if "max_completion_tokens" in request.body else "max_tokens"
            says = f"{field}={asked} cannot be greater than max_model_len={length}."
            self._reject(f"{says} Please request fewer output tokens.", field, asked)
        most = length - asked if self._overflow == "refuse" else length
        if prompt > most:
            has = f"your prompt contains at least {most + 1} input tokens"
            says = f"{has}, which exceeds this limit even without any output tokens. " + _SHORTER + "."
            if self._overflow == "refuse":
                says = f"you requested {asked} output tokens and {has}, for a total of at least {length + 1} tokens. "
                says += _SHORTER + " or the number of requested output tokens."
            says = f"This model's maximum context length is {length} tokens. However, {says}"
            self._reject(says, "input_tokens", most + 1)

    def _excuse(self, code: int) -> Json:
        """What the real server says with this status."""
        if code == 503 and self._llama:
            return self._error(code, "Loading model", "unavailable_error")
        phrase = HTTPStatus(code).phrase
        return self._error(code, _BUSY if code == 503 else phrase, phrase)

    def _reject(self, message: str, field: str, value: object = None) -> NoReturn:
        """As vLLM's own validators do."""
        parameter = f"parameter={field}" if value is None else f"parameter={field}, value={value}"
        self._refuse(400, f"{message} ({parameter})", "BadRequestError", field)

    def _refuse(self, code: int, message: str, kind: str, field: str | None = None) -> NoReturn:
        raise _Refused(code, self._error(code, message, kind, field))

    def _error(self, code: int, message: str, kind: str, field: str | None = None) -> Json:
        if self._llama:
            return {"error": {"code": code, "message": message, "type": kind}}
        return {"error": {"message": message, "type": kind, "param": field, "code": code}}


@dataclass(frozen=True, slots=True)
class _Said:
    """A completion: how long its bytes take to arrive, and which share of them does before the connection closes."""

    content: str | None
    finish: str = "stop"
    calls: Sequence[tuple[str, Json]] = ()
    seconds: float = 0.0
    share: float = 1.0
    first: Mapping[str, float] = field(default_factory=dict)


class _Refused(Exception):
    def __init__(self, code: int, body: str | Json, headers: Headers | None = None) -> None:
        super().__init__(code, body)
        self.code, self.body, self.headers = code, body, dict(headers or {})


_JSON = {"content-type": "application/json"}
_SHORTER = "Please reduce the length of the input prompt"
_BUSY = (
    "The engine is currently busy and cannot accept new requests. Please try again later or on a different instance."
)


def _script(reply: Any) -> Iterator[Script]:
    if isinstance(reply, list | tuple):
        return chain(reply, repeat(reply[-1]))
    return reply if isinstance(reply, Iterator) else repeat(reply)


def _text(told: str | Json) -> str:
    return told if isinstance(told, str) else json.dumps(told)


def _weighed(said: _Said, count: int) -> list[Json]:
    """The log-probabilities of the first token, as the openai package has their shape; a sure one if nobody says."""
    first = dict(said.first) or {next(iter(tokens_of(said.content or "")), ""): 1.0}
    told = [
        {"token": token, "logprob": math.log(weight), "bytes": [*token.encode()]} for token, weight in first.items()
    ]
    likeliest = sorted(told, key=lambda each: -each["logprob"])[:count]
    return [{**max(told, key=lambda each: each["logprob"]), "top_logprobs": likeliest}]


def _call(name: str, arguments: Json) -> Json:
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"id": f"chatcmpl-tool-{uuid.uuid4().hex}", "type": "function", "function": function}


def _ids(tokens: Sequence[str]) -> list[int]:
    return [crc32(token.encode()) % 150_000 for token in tokens]


def _bytes(body: str | Json) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _slices(data: bytes, count: int) -> list[bytes]:
    step = -(-len(data) // count)
    return [data[at : at + step] for at in range(0, len(data), step)]


def _problem(kind: str, field: str, message: str, value: object) -> Json:
    """An error of pydantic, as vLLM words it: without what was put in, if that is long."""
    shown = f"<{type(value).__name__} of {len(value)} items>" if isinstance(value, list | dict) else value
    return {"type": kind, "loc": f"body.{field}" if field else "body", "msg": message, "input": shown}


def _missing(field: str, body: Mapping[str, Any]) -> Json:
    return _problem("missing", field, "Field required", body)


def _invalid(*problems: Json) -> NoReturn:
    """As FastAPI's validation fails in vLLM: 400, not 422."""
    count = "1 validation error" if len(problems) == 1 else f"{len(problems)} validation errors"
    says = "\n".join((f"{count}:", *(f"  {problem}" for problem in problems)))
    raise _Refused(400, {"error": {"message": says, "type": "Bad Request", "param": problems[0]["loc"], "code": 400}})
