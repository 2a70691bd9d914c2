"""The fake model server against what the real ones are known to do.

The answers are held to the types of the `openai` package. What only vLLM or llama.cpp says stands here in the tests'
own words: from vLLM 0.32.0 (its sources) and llama.cpp b11549 (its answers, recorded).
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import httpx2
import openai
import pytest
from openai.pagination import SyncPage
from openai.types import Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.fakes.model_server import (
    Calls,
    ChatRequest,
    Cut,
    Drop,
    DropMidway,
    Empty,
    Hang,
    Malformed,
    ModelServer,
    Status,
    Trickle,
)
from tests.fakes.physics import Physics, PrefixCache, tokens_of

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}
LOCAL: Any = {"trust_env": False, "verify": False}  # no proxy, and no time lost on certificates
TOOL = {"type": "function", "function": {"name": "read", "parameters": {"type": "object", "properties": {}}}}


def ask(server: ModelServer, text: str = "hello there", *, retries: int = 0, timeout: float = 20, **more: Any) -> Any:
    """One chat through the real client."""
    return together(server, lambda client: chat(client, server, text, **more), retries=retries, timeout=timeout)[0]


def together(
    server: ModelServer, *talks: Callable[[Any], Coroutine[Any, Any, Any]], retries: int = 0, timeout: float = 20
) -> list[Any]:
    """Several talks at once through one real client."""

    async def run() -> list[Any]:
        http = httpx2.AsyncClient(**LOCAL)
        options: Any = {"base_url": server.base_url, "api_key": "sesame", "max_retries": retries, "timeout": timeout}
        async with openai.AsyncOpenAI(http_client=http, **options) as client:
            return await asyncio.gather(*(talk(client) for talk in talks))

    return asyncio.run(run())


async def chat(client: openai.AsyncOpenAI, server: ModelServer, text: str, **more: Any) -> Any:
    answer = await client.chat.completions.create(
        model=server.model, messages=[{"role": "user", "content": text}], **more
    )
    return [chunk async for chunk in answer] if more.get("stream") else answer


def post(server: ModelServer, path: str, body: object, **headers: str) -> httpx2.Response:
    return httpx2.post(server.root + path, json=body, headers=headers, **LOCAL)


def get(server: ModelServer, path: str, **headers: str) -> httpx2.Response:
    return httpx2.get(server.root + path, headers=headers, **LOCAL)


def hello(server: ModelServer, **more: Any) -> dict[str, Any]:
    return {"model": server.model, "messages": [{"role": "user", "content": "hello there"}], **more}


def test_an_answer_is_what_the_client_takes_for_a_chat_completion() -> None:
    with ModelServer(reply="good morning") as server:
        raw = post(server, "/v1/chat/completions", hello(server)).text
        parsed = ask(server)
    strict = ChatCompletion.model_validate_json(raw, strict=True)
    assert strict.choices[0].message.content == parsed.choices[0].message.content == "good morning"
    assert strict.choices[0].finish_reason == "stop"
    assert strict.usage
    assert strict.usage.total_tokens == strict.usage.prompt_tokens + strict.usage.completion_tokens
    assert strict.usage.completion_tokens == len(tokens_of("good morning"))


def test_vllm_says_more_than_openai_in_an_answer() -> None:
    with ModelServer() as server:
        choice = post(server, "/v1/chat/completions", hello(server)).json()["choices"][0]
    assert {"stop_reason", "token_ids", "logprobs"} <= choice.keys()
    assert choice["message"]["reasoning"] is None
    assert "tool_calls" not in choice["message"]


def test_a_stream_says_the_same_as_an_answer_in_one_piece() -> None:
    text = "several words, so that there is more than one piece of them to send"
    with ModelServer(reply=text) as server:
        whole = ask(server)
        chunks = ask(server, stream=True, stream_options={"include_usage": True})
        raw = post(server, "/v1/chat/completions", hello(server, stream=True))
    *spoken, last = chunks
    assert "".join(chunk.choices[0].delta.content or "" for chunk in spoken) == text
    assert [chunk.choices[0].finish_reason for chunk in spoken[-2:]] == [None, "stop"]
    assert last.choices == []
    assert last.usage.completion_tokens == whole.usage.completion_tokens
    assert raw.headers["content-type"].startswith("text/event-stream")
    events = raw.text.removesuffix("\n\n").split("\n\n")
    assert events[-1] == "data: [DONE]"
    for event in events[:-1]:
        ChatCompletionChunk.model_validate_json(event.removeprefix("data: "), strict=True)
    assert len(events) == len(spoken) + 1, "without stream_options there is no usage"


def test_tools_are_called_by_name_with_json_arguments() -> None:
    with ModelServer(reply=Calls([("read", {"path": "a.py"}), ("read", {"path": "b.py"})])) as server:
        choice = ask(server, tools=[TOOL]).choices[0]
        chunks = ask(server, tools=[TOOL], stream=True)
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert [json.loads(call.function.arguments) for call in choice.message.tool_calls] == [
        {"path": "a.py"},
        {"path": "b.py"},
    ]
    streamed = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert [(call.index, call.function.name) for call in streamed] == [(0, "read"), (1, "read")]


def test_a_server_without_a_tool_parser_refuses_tools() -> None:
    with ModelServer(tools=False) as server, pytest.raises(openai.BadRequestError, match="--enable-auto-tool-choice"):
        ask(server, tools=[TOOL])


def test_a_list_is_said_in_turn_and_its_last_line_stays() -> None:
    with ModelServer(reply=["one", lambda request: request.prompt.upper()]) as server:
        said = [ask(server, text).choices[0].message.content for text in ("a", "b", "c")]
    assert said == ["one", "B", "C"]


def test_a_script_that_is_too_short_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="no reply to request 2"), ModelServer(reply=iter(["one"])) as server:
        assert [post(server, "/v1/chat/completions", hello(server)).status_code for _ in range(2)] == [200, 500]


def test_what_a_reply_function_raises_fails_the_test() -> None:
    def reply(request: ChatRequest) -> str:
        raise LookupError("a mistake in the test")

    with pytest.raises(LookupError, match="a mistake"), ModelServer(reply=reply) as server:
        assert post(server, "/v1/chat/completions", hello(server)).status_code == 500


def test_a_busy_server_tells_when_to_come_back_and_the_client_does() -> None:
    with ModelServer(reply=[Status(429, retry_after=0.01), Status(503), "now"]) as server:
        with pytest.raises(openai.RateLimitError) as busy:
            ask(server)
        assert busy.value.response.headers["retry-after"] == "0.01"
        assert ask(server, retries=1).choices[0].message.content == "now"
    assert len(server.requests) == 3


@pytest.mark.parametrize("reply", [Drop(), DropMidway()])
@pytest.mark.parametrize("stream", [False, True])
def test_a_dropped_connection_is_a_connection_error(reply: Drop | DropMidway, stream: bool) -> None:
    with ModelServer(reply=reply) as server, pytest.raises((openai.APIConnectionError, httpx2.RemoteProtocolError)):
        ask(server, stream=stream)
    assert not server.cancelled, "it was the server that left"


def test_a_server_that_hangs_learns_that_its_client_left() -> None:
    with ModelServer(reply=Hang()) as server:
        with pytest.raises(openai.APITimeoutError):
            ask(server, "are you there?", timeout=0.1)
        server.wait_until(lambda: server.cancelled)
    assert [request.prompt for request in server.cancelled] == ["are you there?"]


def test_the_end_comes_at_once_for_a_server_that_hangs() -> None:
    with ModelServer(reply=Hang()) as server:
        with httpx2.Client(**LOCAL, timeout=0.05) as client, pytest.raises(httpx2.ReadTimeout):
            client.post(server.base_url + "/chat/completions", json=hello(server))
        ends = time.monotonic()
    assert time.monotonic() - ends < 2


@pytest.mark.parametrize("stream", [False, True])
def test_a_slow_answer_arrives_whole_and_late(stream: bool) -> None:
    with ModelServer(reply=Trickle("slow but sure", 0.2)) as server:
        begins = time.monotonic()
        answer = ask(server, stream=stream)
        took = time.monotonic() - begins
    chunks = answer if stream else [answer]
    said = [chunk.choices[0].delta if stream else chunk.choices[0].message for chunk in chunks]
    assert "".join(part.content or "" for part in said) == "slow but sure"
    assert took >= 0.2


def test_a_body_that_is_no_json_comes_with_a_200() -> None:
    with ModelServer(reply=Malformed()) as server:
        answer = post(server, "/v1/chat/completions", hello(server))
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_an_answer_can_be_cut_or_empty() -> None:
    with ModelServer(reply=[Cut('{"n": '), Empty(), Empty("")]) as server:
        cut, null, nothing = (ask(server, response_format=FORMAT).choices[0] for _ in range(3))
    assert (cut.finish_reason, cut.message.content) == ("length", '{"n": ')
    assert (null.message.content, nothing.message.content) == (None, "")


def test_a_model_that_talks_for_too_long_is_cut_at_max_tokens() -> None:
    with ModelServer(reply="one two three four five") as server:
        short = ask(server, max_tokens=3)
        enough = ask(server, max_completion_tokens=5)
    assert (short.choices[0].message.content, short.choices[0].finish_reason) == ("one two three", "length")
    assert short.usage.completion_tokens == 3
    assert enough.choices[0].finish_reason == "stop"


def test_a_schema_binds_what_the_script_may_say() -> None:
    with ModelServer(reply={"n": 7}) as server:
        assert json.loads(ask(server, response_format=FORMAT).choices[0].message.content) == {"n": 7}
    for reply in ("seven", {"n": "seven"}):
        with pytest.raises(AssertionError, match='schema="ignored"'), ModelServer(reply=reply) as server:
            post(server, "/v1/chat/completions", hello(server, response_format=FORMAT))


def test_a_schema_can_be_ignored() -> None:
    with ModelServer(reply="I see no bug.", schema="ignored", json_object="ignored") as server:
        for form in (FORMAT, {"type": "json_object"}):
            assert ask(server, response_format=form).choices[0].message.content == "I see no bug."


def test_a_server_that_knows_no_schema_says_what_it_knows() -> None:
    with ModelServer(schema=False, json_object=True, reply={}) as server:
        refused = post(server, "/v1/chat/completions", hello(server, response_format=FORMAT))
        ask(server, response_format={"type": "json_object"})
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "body.response_format.type"
    assert "Input should be 'text' or 'json_object'" in refused.json()["error"]["message"]
    assert [request.format for request in server.requests] == ["json_schema", "json_object"]
    assert server.requests[0].schema == SCHEMA


def test_a_chat_needs_messages() -> None:
    with ModelServer() as server:
        error = post(server, "/v1/chat/completions", {"model": server.model}).json()["error"]
    problem = "{'type': 'missing', 'loc': 'body.messages', 'msg': 'Field required', 'input': '<dict of 1 items>'}"
    assert error == {
        "message": f"1 validation error:\n  {problem}",
        "type": "Bad Request",
        "param": "body.messages",
        "code": 400,
    }


def test_a_model_that_is_not_served_is_not_found() -> None:
    with ModelServer(model="mine") as server:
        answer = post(server, "/v1/chat/completions", hello(server) | {"model": "yours"})
    assert answer.status_code == 404
    assert answer.json()["error"] == {
        "message": "The model `yours` does not exist. Valid aliases: mine.",
        "type": "NotFoundError",
        "param": "model",
        "code": 404,
    }
    with ModelServer(any_model=True) as server:
        assert post(server, "/v1/chat/completions", hello(server) | {"model": "yours"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"stream_options": {"include_usage": True}}, "stream_options", "can only be defined when `stream=True`"),
        ({"tools": []}, "tools", "`tools` must not be an empty array"),
        ({"max_tokens": 0}, "max_tokens", "max_tokens must be at least 1, got 0."),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_parameter(body: dict[str, Any], field: str, says: str) -> None:
    with ModelServer() as server:
        answer = post(server, "/v1/chat/completions", hello(server, **body))
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"]) == (400, "BadRequestError", field)
    assert says in error["message"]
    assert f"(parameter={field}" in error["message"]


def test_a_body_that_is_no_json_is_refused() -> None:
    with ModelServer() as server:
        answer = httpx2.post(server.base_url + "/chat/completions", content=b'{"a": nope', **LOCAL)
    assert answer.status_code == 400
    assert "JSON decode error" in answer.json()["error"]["message"]


def test_a_prompt_that_is_too_long_is_refused_as_vllm_does_it() -> None:
    with ModelServer(context=100) as server:
        answer = post(
            server, "/v1/chat/completions", hello(server) | {"messages": [{"role": "user", "content": "a " * 200}]}
        )
    assert answer.status_code == 400
    assert answer.json()["error"] == {
        "message": "This model's maximum context length is 100 tokens. However, your prompt contains at least 101 "
        "input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the "
        "input prompt. (parameter=input_tokens, value=101)",
        "type": "BadRequestError",
        "param": "input_tokens",
        "code": 400,
    }


def test_max_tokens_may_not_be_longer_than_the_model() -> None:
    with ModelServer(context=100) as server, pytest.raises(openai.BadRequestError) as refused:
        ask(server, max_tokens=101)
    says = "max_tokens=101 cannot be greater than max_model_len=100. Please request fewer output tokens."
    assert says in str(refused.value)


def test_max_tokens_is_shortened_to_the_room_behind_the_prompt_and_older_servers_refuse_it() -> None:
    with ModelServer(context=100, reply="word " * 200) as server:
        answer = ask(server, max_tokens=99)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.total_tokens == 100
    with ModelServer(context=100, overflow="refuse") as server, pytest.raises(openai.BadRequestError) as refused:
        ask(server, max_tokens=99)
    assert (
        "However, you requested 99 output tokens and your prompt contains at least 2 input tokens, for a total of at "
        "least 101 tokens. Please reduce the length of the input prompt or the number of requested output tokens."
    ) in str(refused.value)


def test_the_api_key_guards_what_is_below_v1() -> None:
    with ModelServer(api_key="open") as server:
        with pytest.raises(openai.AuthenticationError):
            ask(server)
        assert get(server, "/v1/models").json() == {"error": "Unauthorized"}
        assert get(server, "/v1/models", authorization="Bearer open").status_code == 200
        assert get(server, "/version").status_code == 200


def test_vllm_tells_its_model_its_length_and_its_version() -> None:
    with ModelServer(model="mine", context=4096) as server:
        told = get(server, "/v1/models").text
        assert get(server, "/version").json() == {"version": "0.32.0"}
        assert (get(server, "/health").status_code, get(server, "/health").content) == (200, b"")
        unknown = get(server, "/props")
    SyncPage[Model].model_validate_json(told)
    (card,) = json.loads(told)["data"]
    assert card["id"] == card["root"] == "mine"
    assert card["parent"] is None
    assert (card["object"], card["owned_by"], card["max_model_len"]) == ("model", "vllm", 4096)
    assert card["permission"][0]["object"] == "model_permission"
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Not Found"})


def test_vllm_tokenises_prompts_and_messages_but_no_content() -> None:
    with ModelServer(context=4096) as server:
        text = post(server, "/tokenize", {"model": server.model, "prompt": "def main():"}).json()
        talk = post(server, "/tokenize", hello(server)).json()
        asked = ask(server, "hello there")
        strings = post(server, "/tokenize", {"prompt": "def main():", "return_token_strs": True}).json()["token_strs"]
        refused = post(server, "/tokenize", {"model": server.model, "content": "def main():"})
    assert text["count"] == len(text["tokens"]) == 3
    assert text["max_model_len"] == 4096
    assert text["token_strs"] is None
    assert strings == ["def", " main", "():"]
    assert talk["count"] == asked.usage.prompt_tokens
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "body.prompt"


def test_the_metrics_count_what_the_prefix_cache_found() -> None:
    with ModelServer() as server:
        first, second = (ask(server, "the same words again " * 20) for _ in range(2))
        metrics = get(server, "/metrics").text
    values = {name: float(value) for name, value in re.findall(r"^(vllm:\w+)\{.*\} (\S+)$", metrics, re.MULTILINE)}
    asked, found = first.usage.prompt_tokens, second.usage.prompt_tokens_details.cached_tokens
    assert first.usage.prompt_tokens_details.cached_tokens == 0
    assert found % 16 == 0
    assert asked - 17 <= found < asked
    assert values == {
        "vllm:prefix_cache_queries_total": 2 * asked,
        "vllm:prefix_cache_hits_total": found,
        "vllm:num_requests_running": 0,
        "vllm:num_requests_waiting": 0,
    }


def test_vllm_tells_of_cached_tokens_only_if_it_was_started_so() -> None:
    with ModelServer(reports_cached=False) as server:
        assert ask(server).usage.prompt_tokens_details is None


def test_llama_cpp_has_forms_of_its_own() -> None:
    with ModelServer(kind="llama.cpp", context=512, slots=2) as server:
        (card,) = get(server, "/v1/models").json()["data"]
        props = get(server, "/props").json()
        tokens = post(server, "/tokenize", {"content": "def main():"}).json()
        nothing = post(server, "/tokenize", {"model": "x", "prompt": "def main():"}).json()
        answer = post(server, "/v1/chat/completions", hello(server) | {"model": "any name"})
        unknown = get(server, "/version")
    assert (card["owned_by"], card["meta"]["n_ctx"], card.get("max_model_len")) == ("llamacpp", 512, None)
    assert (props["total_slots"], props["default_generation_settings"]["n_ctx"]) == (2, 512)
    assert len(tokens["tokens"]) == 3
    assert tokens.keys() == {"tokens"}
    assert nothing == {"tokens": []}
    ChatCompletion.model_validate_json(answer.text, strict=True)
    assert unknown.status_code == 404
    assert unknown.json() == {"error": {"message": "File Not Found", "type": "not_found_error", "code": 404}}


def test_llama_cpp_reuses_every_token_but_the_last() -> None:
    with ModelServer(kind="llama.cpp") as server:
        ask(server)
        usage = ask(server).usage
    assert usage.prompt_tokens_details.cached_tokens == usage.prompt_tokens - 1


def test_llama_cpp_refuses_in_its_own_words() -> None:
    with ModelServer(kind="llama.cpp", context=64, api_key="open", schema=False, loading=1) as server:
        path, key = "/v1/chat/completions", {"authorization": "Bearer open"}
        loading = get(server, "/v1/models")
        locked = get(server, "/props")
        long = post(server, path, {"messages": [{"role": "user", "content": "a " * 100}]}, **key)
        without = post(server, path, {}, **key)
        schema = post(server, path, hello(server, response_format=FORMAT), **key)
    assert (loading.status_code, loading.json()["error"]["message"]) == (503, "Loading model")
    assert locked.json() == {"error": {"message": "Invalid API Key", "type": "authentication_error", "code": 401}}
    error = long.json()["error"]
    assert (long.status_code, error["type"], error["n_ctx"]) == (400, "exceed_context_size_error", 64)
    assert error["message"].startswith(
        f"request ({error['n_prompt_tokens']} tokens) exceeds the available context size"
    )
    assert without.json()["error"]["message"] == "'messages' is required"
    assert 'must be one of "text" or "json_object", but got: json_schema' in schema.json()["error"]["message"]


def test_a_plain_server_tells_neither_its_length_nor_tokens() -> None:
    with ModelServer(kind="plain") as server:
        (card,) = get(server, "/v1/models").json()["data"]
        statuses = [post(server, "/tokenize", {"prompt": "a"}).status_code, get(server, "/version").status_code]
        usage = ask(server).usage
    assert card.keys() == {"id", "object", "created", "owned_by"}
    assert statuses == [404, 404]
    assert usage.prompt_tokens_details is None


def test_a_connection_is_kept_for_the_next_request() -> None:
    with ModelServer() as server:

        async def talk(client: openai.AsyncOpenAI) -> None:
            for _ in range(5):
                await chat(client, server, "again")

        together(server, talk)
    assert (server.connections, server.paths) == (1, {"/v1/chat/completions": 5})


def test_requests_are_worked_on_together_and_slots_make_them_wait() -> None:
    for slots, least in ((None, 0.1), (1, 0.4)):
        with ModelServer(reply=Trickle("busy", 0.1), slots=slots) as server:
            begins = time.monotonic()
            together(server, *[partial(chat, server=server, text="now")] * 4)
            took = time.monotonic() - begins
        assert server.most_at_once == 4
        assert took >= least


def test_tokens_are_the_text_in_pieces_of_about_three_characters() -> None:
    text = "def pay(total: float) -> None:\n    logging.info('paid %s', total)  # für später\n\n\treturn None\n"
    tokens = tokens_of(text)
    assert "".join(tokens) == text
    assert 2.5 < len(text) / len(tokens) < 4.5
    assert tokens_of(text + "and more")[: len(tokens) - 1] == tokens[:-1]


def test_the_prefix_cache_counts_full_blocks_from_the_beginning() -> None:
    cache = PrefixCache(block=4)
    assert cache.take("abcdefghij") == 0
    assert cache.take("abcdefghij") == 8
    assert cache.take("abcdefgXij") == 4, "all behind a token that differs is new"
    assert cache.take("Xbcdefghij") == 0
    assert cache.take("abcdefgh") == 4, "the last token is always computed"
    assert cache.take("abcd", answer="efgh1234") == 0
    assert cache.take("abcdefgh1234z") == 12, "an answer is known to the next turn"


def test_a_shared_prefix_is_prefilled_once_and_counted_exactly() -> None:
    shared = "These words are the same for everybody. " * 40
    with ModelServer(physics=Physics(prefill=2_000, decode=100_000)) as server:
        count = post(server, "/tokenize", {"prompt": shared}).json()["count"]
        asked = [lambda client, at=at: chat(client, server, f"{shared}{at} is mine") for at in range(4)]
        answers = together(server, *asked)
    cached = sorted(answer.usage.prompt_tokens_details.cached_tokens for answer in answers)
    head = 3  # the template's tokens before the text
    assert cached == [0] + 3 * [(head + count) // 16 * 16]
    totals = server.totals
    assert totals.requests == totals.most_at_once == 4
    assert totals.cached_tokens == sum(cached)
    assert totals.prompt_tokens == sum(answer.usage.prompt_tokens for answer in answers)
    assert totals.completion_tokens == sum(answer.usage.completion_tokens for answer in answers)
    assert totals.prefill_busy_s == pytest.approx((totals.prompt_tokens - totals.cached_tokens) / 2_000)


def test_prompts_share_one_prefill_pipe_while_answers_are_decoded_side_by_side() -> None:
    with ModelServer(reply="a b c d e f g h i j", physics=Physics(prefill=1000, decode=20)) as server:
        talks = [lambda client, at=at: chat(client, server, f"{at} " + "other words " * 25) for at in range(4)]
        begins = time.monotonic()
        answers = together(server, *talks)
        took = time.monotonic() - begins
    pipe = sum(answer.usage.prompt_tokens for answer in answers) / 1000
    decoding = 10 / 20
    assert server.totals.prefill_busy_s == pytest.approx(pipe)
    assert pipe + decoding <= took < pipe + 4 * decoding


def test_no_more_streams_run_than_there_are() -> None:
    with ModelServer(reply="a b c d e", physics=Physics(prefill=1e6, decode=50, streams=2)) as server:
        begins = time.monotonic()
        together(server, *[lambda client: chat(client, server, "now", stream=True)] * 4)
        assert time.monotonic() - begins >= 2 * 5 / 50
    assert server.most_at_once == 4


def test_a_reset_forgets_the_totals_and_the_cache() -> None:
    with ModelServer() as server:
        text = "the same words again " * 20
        ask(server, text)
        server.engine.reset(keep_cache=True)
        assert ask(server, text).usage.prompt_tokens_details.cached_tokens > 0
        server.engine.reset()
        assert ask(server, text).usage.prompt_tokens_details.cached_tokens == 0
    assert server.totals.requests == 1
