from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.errors import BadInput, ServerDown
from bot.model.client import Patience
from bot.model.probe import connect
from bot.model.profiles import profile_of
from bot.ports import Capabilities
from tests.fakes.http import HttpServer
from tests.fakes.model_server import ModelServer


def probe(base_url: str, model: str = "", **options: Any) -> Capabilities:
    async def run() -> Capabilities:
        found, _ = await connect(base_url, model, "", **options)
        await found.close()
        return found.capabilities

    return asyncio.run(run())


def test_vllm_tells_its_context_and_takes_many_requests() -> None:
    with ModelServer(context=12_345) as server:
        assert probe(server.base_url) == Capabilities("vllm", server.model, 12_345, 32, tokenizer=True)


def test_llama_cpp_tells_its_context_and_its_slots() -> None:
    with ModelServer(kind="llama.cpp", context=4_096, slots=2) as server:
        assert probe(server.base_url) == Capabilities("llama.cpp", server.model, 4_096, 2, tokenizer=True)


def test_an_unknown_server_gets_one_request_at_a_time_and_a_small_context() -> None:
    with ModelServer(kind="plain") as server:
        assert probe(server.base_url) == Capabilities("openai-compatible", server.model, 4_096, 1)


def test_the_user_knows_the_context_better() -> None:
    with ModelServer(kind="plain") as server:
        assert probe(server.base_url, context=16_384).context == 16_384


def test_a_server_that_is_still_loading_is_waited_for() -> None:
    with ModelServer(kind="llama.cpp", loading=2) as server:
        assert probe(server.base_url, patience=Patience(first_wait=0.01)).server == "llama.cpp"


def test_a_missing_model_is_said_with_those_that_are_there() -> None:
    with (
        ModelServer(model="devstral") as server,
        pytest.raises(BadInput, match="doesn't have the model qwen") as caught,
    ):
        probe(server.base_url, "qwen")
    assert caught.value.hint == "It has: devstral."


def test_nothing_there_is_said_with_what_was_tried() -> None:
    with pytest.raises(
        ServerDown, match=r"no model server answers at http://127.0.0.1:9/v1 \(GET http://127.0.0.1:9/v1/models"
    ):
        probe("http://127.0.0.1:9/v1")


def test_a_base_url_without_v1_is_told_from_a_server() -> None:
    with ModelServer() as server, pytest.raises(ServerDown, match="no OpenAI-compatible server") as caught:
        probe(f"{server.base_url}/v2")
    assert "/v1" in caught.value.hint


def test_a_web_server_that_says_hello_to_everybody_is_no_model_server() -> None:
    class Hello(HttpServer):
        async def respond(self, request: Any, to: Any) -> None:  # noqa: ARG002
            to.answer(200, b"<html>hello</html>", {"content-type": "text/html"})

    with Hello(0) as server, pytest.raises(ServerDown, match="no OpenAI-compatible server"):
        probe(f"{server.root}/v1")


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host/v1", "http://", "  "])
def test_what_is_no_url_is_said_before_anything_is_sent(url: str) -> None:
    with pytest.raises(BadInput, match="this is no base URL"):
        probe(url)


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("Qwen/Qwen2.5-Coder-1.5B-Instruct", "qwen2.5-coder-small"),
        ("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", "qwen2.5-coder-small"),
        ("qwen2.5-coder:1.5b", "qwen2.5-coder-small"),
        ("Qwen/Qwen2.5-Coder-32B-Instruct", "default"),
        ("mistralai/Devstral-Small-2-24B-Instruct-2512", "default"),
        ("whatever", "default"),
    ],
)
def test_a_profile_is_found_by_the_models_name(name: str, profile: str) -> None:
    assert profile_of(name).name == profile
