from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.errors import BadAnswer, ModelError, ServerDown, TooLong
from bot.model.client import Patience, ServerModel
from bot.model.probe import connect
from bot.ports import Answer, Message, Question
from tests.fakes.model_server import (
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

HASTE = Patience(answer=5.0, tries=3, first_wait=0.01, longest_wait=0.02, busy=0.5)
SCHEMA = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}
QUESTION = Question((Message("user", "Is it so?"),), SCHEMA, 50)


def talk(server: ModelServer, work: Callable[[ServerModel], Awaitable[Any]], patience: Patience = HASTE) -> Any:
    async def run() -> Any:
        model, _ = await connect(server.base_url, server.model, "", patience=patience)
        try:
            return await work(model)
        finally:
            await model.close()

    return asyncio.run(run())


def ask(server: ModelServer, question: Question = QUESTION, patience: Patience = HASTE) -> Answer:
    return talk(server, lambda model: model.ask(question), patience)


def test_an_answer_comes_with_its_cost() -> None:
    with ModelServer(reply={"ok": True}) as server:
        first = ask(server)
        again = ask(server)
    assert first.text == '{"ok": true}'
    assert (first.usage.requests, first.usage.cached, first.cut) == (1, 0, False)
    assert first.usage.prompt > 0
    assert first.usage.completion > 0
    assert again.usage.prompt == first.usage.prompt


def test_the_schema_goes_along_as_a_response_format() -> None:
    with ModelServer(reply={"ok": True}) as server:
        ask(server)
    assert server.requests[0].schema == SCHEMA
    assert server.requests[0].body["seed"] == 7
    assert server.requests[0].body["temperature"] == 0


@pytest.mark.parametrize(
    "failure",
    [Status(429, retry_after=0.01), Status(503), Status(500), Status(502), Drop(), DropMidway(), Malformed()],
    ids=repr,
)
def test_what_may_pass_is_tried_again(failure: Any) -> None:
    with ModelServer(reply=[failure, failure, {"ok": True}]) as server:
        assert ask(server).text == '{"ok": true}'
    assert len(server.requests) == 3


def test_a_busy_server_says_how_long_to_wait() -> None:
    with ModelServer(reply=[Status(429, retry_after=0.5), {"ok": True}]) as server:
        started = time.monotonic()
        ask(server, patience=Patience())
    assert time.monotonic() - started >= 0.5


@pytest.mark.parametrize(
    ("failure", "error", "said"),
    [
        (Status(500), ModelError, "the server answered 500"),
        (Status(503), ServerDown, "busy for too long"),
        (Drop(), ServerDown, "the connection to http://127.0.0.1"),
        (Malformed(), BadAnswer, "no chat completion"),
        (Status(401), ServerDown, "refuses the API key"),
        (Status(400, {"error": {"message": "no such parameter"}}), ModelError, "no such parameter"),
    ],
    ids=repr,
)
def test_what_doesnt_pass_has_a_name(failure: Any, error: type[ModelError], said: str) -> None:
    with ModelServer(reply=failure) as server, pytest.raises(error, match=said):
        ask(server)


@pytest.mark.parametrize("kind", ["vllm", "llama.cpp"])
def test_a_prompt_above_the_context_is_too_long(kind: Any) -> None:
    question = Question((Message("user", "word " * 2_000),), SCHEMA, 50)
    with ModelServer(kind=kind, context=1_024) as server, pytest.raises(TooLong):
        ask(server, question)
    assert len(server.requests) == 1


def test_an_answer_that_hangs_or_trickles_is_given_up() -> None:
    patience = Patience(answer=0.3)
    for slow in (Hang(), Trickle({"ok": True}, seconds=20)):
        with ModelServer(reply=slow) as server, pytest.raises(ModelError, match="no answer within"):
            ask(server, patience=patience)


def test_giving_up_closes_the_connection_so_that_the_server_can_stop() -> None:
    with ModelServer(reply=Hang()) as server:
        with pytest.raises(ModelError):
            ask(server, patience=Patience(answer=0.2))
        deadline = time.monotonic() + 5
        while not server.cancelled and time.monotonic() < deadline:
            time.sleep(0.01)
    assert len(server.cancelled) == 1


def test_a_server_without_schemas_is_asked_for_json_and_one_without_that_for_text() -> None:
    with ModelServer(reply='{"ok": true}', schema=False) as server:
        talk(server, lambda model: asyncio.gather(model.ask(QUESTION), model.ask(QUESTION)))
        assert server.requests[-1].format == "json_object"
    with ModelServer(reply='{"ok": true}', schema=False, json_object=False) as server:
        assert ask(server).text == '{"ok": true}'
        assert [request.format for request in server.requests] == ["json_schema", "json_object", "text"]


def test_what_a_server_doesnt_know_it_is_not_asked_twice() -> None:
    async def twice(model: ServerModel) -> None:
        await model.ask(QUESTION)
        await model.ask(QUESTION)

    with ModelServer(reply='{"ok": true}', schema=False) as server:
        talk(server, twice)
        assert [request.format for request in server.requests] == ["json_schema", "json_object", "json_object"]


def test_an_answer_at_the_token_limit_is_known_to_be_cut() -> None:
    with ModelServer(reply=Cut('{"ok": tr')) as server:
        assert ask(server).cut


def test_an_answer_without_content_is_empty() -> None:
    with ModelServer(reply=Empty()) as server:
        assert ask(server).text == ""


@pytest.mark.parametrize("kind", ["vllm", "llama.cpp"])
def test_tokens_are_counted_by_the_server(kind: Any) -> None:
    with ModelServer(kind=kind) as server:
        counts = talk(server, lambda model: model.count(["def main():", "def main():\n    pass\n" * 50]))
    assert 0 < counts[0] < counts[1]
    assert server.paths["/tokenize"] >= 2


def test_a_server_without_a_tokenizer_gets_an_estimate() -> None:
    with ModelServer(kind="plain") as server:
        counts = talk(server, lambda model: model.count(["def main():"]))
    assert counts == [5]


def test_the_key_is_sent_and_a_wrong_one_is_said() -> None:
    async def run(key: str) -> None:
        model, _ = await connect(server.base_url, "", key, patience=HASTE)
        await model.ask(QUESTION)
        await model.close()

    with ModelServer(reply={"ok": True}, api_key="secret") as server:
        asyncio.run(run("secret"))
        with pytest.raises(ServerDown, match="refuses the API key"):
            asyncio.run(run("wrong"))
