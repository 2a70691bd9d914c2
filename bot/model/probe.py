"""What is at the other end: which kind of server, which model, how much context. Four cheap requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_exponential

from bot.errors import BadInput, ServerDown
from bot.model.client import TOKENIZE, Patience, ServerModel, reason_of, root_of, told_by
from bot.model.profiles import UNKNOWN_CONTEXT, ModelProfile, profile_of
from bot.ports import Capabilities

MANY = 32  # requests at once for a server that batches them: vLLM takes 256 by default, and shares them fairly
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_STARTED = "Is it started? `vllm serve MODEL`, `ollama serve` and LM Studio's server all speak this protocol."
_WRONG = "The base URL of an OpenAI-compatible server mostly ends in /v1."


async def connect(
    base_url: str, model: str, api_key: str, *, context: int | None = None, patience: Patience | None = None
) -> tuple[ServerModel, ModelProfile]:
    """A model at `base_url`; `model` may be empty where the server has just one. `context` overrules what it says."""
    wire = _wire(base_url, api_key)
    patience = patience or Patience()
    try:
        served = await _served(wire, base_url, patience)
        card = _pick(served, model, base_url)
        profile = profile_of(str(card["id"]))
        capabilities = await _capabilities(wire, card, context)
    except BaseException:
        await wire.close()
        raise
    return ServerModel(wire, capabilities, profile.sampling, patience), profile


def _wire(base_url: str, api_key: str) -> openai.AsyncOpenAI:
    """Proxies of the environment don't apply to this machine's own addresses. Retries are ours (client.py)."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"this is no base URL: {base_url}", "It looks like http://HOST:PORT/v1.")
    limits = httpx2.Limits(max_connections=4 * MANY, max_keepalive_connections=4 * MANY)
    secure = parts.scheme == "https"  # without it there is no certificate to verify, and none to load
    http = httpx2.AsyncClient(timeout=None, limits=limits, verify=secure, trust_env=parts.hostname not in _LOOPBACK)
    return openai.AsyncOpenAI(base_url=base_url, api_key=api_key or "none", http_client=http, max_retries=0)


async def _served(wire: openai.AsyncOpenAI, base_url: str, patience: Patience) -> list[dict[str, Any]]:
    """The server's list of models. One that is still loading its model (503) is waited for."""
    asked = f"GET {str(wire.base_url).rstrip('/')}/models"
    loading = AsyncRetrying(
        retry=retry_if_exception(lambda error: isinstance(error, openai.APIStatusError) and error.status_code == 503),
        stop=stop_after_delay(patience.busy),
        wait=wait_exponential(multiplier=patience.first_wait, max=5.0),
        reraise=True,
    )
    try:
        told: object = await loading(wire.get, "/models", cast_to=object, options={"timeout": 30.0})
    except openai.APIStatusError as error:
        if error.status_code in (401, 403):
            raise ServerDown(f"{base_url} refuses the API key ({asked}: {error.status_code})", _KEY) from error
        said = f"{asked}: {error.status_code} {told_by(error.response)}"
        raise ServerDown(f"{base_url} is no OpenAI-compatible server ({said})", _WRONG) from error
    except openai.APIConnectionError as error:
        raise ServerDown(f"no model server answers at {base_url} ({asked}: {reason_of(error)})", _STARTED) from error
    except (ValueError, openai.OpenAIError) as error:
        raise ServerDown(f"{base_url} is no OpenAI-compatible server ({asked}: {reason_of(error)})", _WRONG) from error
    models = told.get("data") if isinstance(told, dict) else None
    if not isinstance(models, list):
        raise ServerDown(f"{base_url} is no OpenAI-compatible server ({asked} gave no list of models)", _WRONG)
    return [card for card in models if isinstance(card, dict) and isinstance(card.get("id"), str)]


_KEY = "Set PATCHWRIGHT_API_KEY to the key that the server was started with."


def _pick(served: list[dict[str, Any]], model: str, base_url: str) -> dict[str, Any]:
    names = sorted(str(card["id"]) for card in served)
    has = f"It has: {', '.join(names)}." if names else "It lists no model at all."
    if not model and len(served) == 1:
        return served[0]
    if not model:
        raise BadInput(f"which model of {base_url}? Name one with --model", has)
    for card in served:
        if card["id"] == model:
            return card
    raise BadInput(f"{base_url} doesn't have the model {model}", has)


async def _capabilities(wire: openai.AsyncOpenAI, card: dict[str, Any], context: int | None) -> Capabilities:
    model, root = str(card["id"]), root_of(wire)
    if card.get("owned_by") == "llamacpp":
        props = await _quietly(wire.get, f"{root}/props")
        told = (props.get("default_generation_settings") or {}).get("n_ctx")
        kind, slots = "llama.cpp", props.get("total_slots")
    else:
        told, slots = card.get("max_model_len"), None
        kind = "vllm" if told or card.get("owned_by") == "vllm" else ""
    for guess in (kind,) if kind else TOKENIZE:
        body = {"model": model, TOKENIZE[guess]: "def main():"}
        tokens = await _quietly(wire.post, f"{root}/tokenize", body=body)
        if tokens.get("count") or tokens.get("tokens"):
            return Capabilities(guess, model, _context(context, told), slots or (MANY if guess == "vllm" else 1), True)
    return Capabilities(kind or "openai-compatible", model, _context(context, told), slots or (MANY if kind else 1))


def _context(given: int | None, told: object) -> int:
    return given or (told if isinstance(told, int) and told > 0 else UNKNOWN_CONTEXT)


async def _quietly(call: Callable[..., Any], url: str, **arguments: Any) -> dict[str, Any]:
    """The answer to a request that a server may well not know: an empty one then."""
    try:
        told = await call(url, cast_to=object, options={"timeout": 30.0}, **arguments)
    except (openai.OpenAIError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
