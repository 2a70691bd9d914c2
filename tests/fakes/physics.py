"""Tokens and time: what a request would cost a real server. Nothing is computed here; it counts, and it sleeps."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_PIECES = re.compile(r" ?\w{1,6}| ?[^\w\s]{1,3}|\s+")


@lru_cache(maxsize=64)
def tokens_of(text: str) -> tuple[str, ...]:
    """A stand-in for a BPE tokenizer: up to six letters or three marks with the blank before them, or white space.

    3.4 characters a token on this project's Python and Markdown, where Qwen2.5-Coder's tokenizer has 3.5. The pieces
    joined are the text again, and a text that goes on keeps its pieces, but for the last one.
    """
    return tuple(_PIECES.findall(text))


def text_of(content: object) -> str:
    """A message's content: a string, or a list of parts of which only the texts count."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def rendered(messages: Sequence[Mapping[str, Any]], tools: Sequence[Any] = ()) -> list[str]:
    """The tokens of a conversation in a ChatML template, ready for the answer; tools stand at its beginning."""
    tokens: list[str] = []
    if tools:
        tokens += ["<tools>", *tokens_of(json.dumps(tools)), "</tools>"]
    for message in messages:
        calls = message.get("tool_calls")
        text = text_of(message.get("content")) + (json.dumps(calls) if calls else "")
        tokens += ["<|im_start|>", str(message.get("role")), "\n", *tokens_of(text), "<|im_end|>", "\n"]
    return [*tokens, "<|im_start|>", "assistant", "\n"]


class PrefixCache:
    """Full blocks of tokens, each known by the hash of itself and of all before it. Nothing is ever evicted."""

    def __init__(self, block: int) -> None:
        self.block = block
        self._known: set[int] = set()

    def take(self, prompt: Sequence[str], answer: Sequence[str] = ()) -> int:
        """How many leading tokens of `prompt` were known. All of it is from now on, and `answer` behind it.

        The prompt's last token is always computed, for the answer's first comes out of it: of a prompt of just two
        blocks, one at most is found.
        """
        keys = list(self._keys([*prompt, *answer]))
        hits = next((at for at, key in enumerate(keys) if key not in self._known), len(keys))
        self._known.update(keys)
        return min(hits, (len(prompt) - 1) // self.block) * self.block

    def _keys(self, tokens: Sequence[str]) -> Iterator[int]:
        key = 0
        for end in range(self.block, len(tokens) + 1, self.block):
            key = hash((key, tuple(tokens[end - self.block : end])))
            yield key


@dataclass(frozen=True, slots=True)
class Physics:
    """How fast a server is.

    `prefill`: prompt tokens a second, for all requests together; `decode`: output tokens a second, for each request;
    `streams`: requests at once, while the others wait; `block`: tokens in a block of the prefix cache.
    """

    prefill: float = 8000
    decode: float = 80
    streams: int = 64
    block: int = 16


@dataclass(slots=True)
class Totals:
    """What the requests cost, in tokens, seconds of the prefill pipe, and requests that were open together."""

    requests: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    prefill_busy_s: float = 0.0
    most_at_once: int = 0


class Engine:
    """What stands behind the server: slots, one prefill pipe, a prefix cache. Without physics it takes no time.

    Prompts go through the pipe in the order in which they got a slot, and are looked up in the cache as they enter
    it. So a prompt shares what those before it are still to compute, as in vLLM, whose scheduler commits the blocks
    of a prompt when it schedules it. Simpler than a real engine: prefill doesn't slow decoding, nor does a full
    batch, and the pipe isn't any shorter for a client that left while its prompt was in it.
    """

    def __init__(self, physics: Physics | None, *, slots: int | None, block: int) -> None:
        self.totals = Totals()
        self.open = self.running = 0
        self._physics = physics
        self._cache = PrefixCache(physics.block if physics else block)
        at_once = slots or (physics.streams if physics else None)
        self._slots = asyncio.Semaphore(at_once) if at_once else None
        self._free_at = 0.0

    def reset(self, *, keep_cache: bool = False) -> None:
        self.totals = Totals(most_at_once=self.open)
        if not keep_cache:
            self._cache = PrefixCache(self._cache.block)

    @contextmanager
    def request(self) -> Iterator[None]:
        """A request is open meanwhile."""
        self.open += 1
        self.totals.requests += 1
        self.totals.most_at_once = max(self.totals.most_at_once, self.open)
        try:
            yield
        finally:
            self.open -= 1

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """One of the slots, when its turn comes."""
        async with self._slots or nullcontext():
            self.running += 1
            try:
                yield
            finally:
                self.running -= 1

    async def prefill(self, prompt: Sequence[str], answer: Sequence[str]) -> int:
        """Until the prompt is computed. Returns how many of its tokens were cached.

        `answer` is what will be said to it: its blocks are cached like those of a prompt, so that a second look in
        the same conversation finds them.
        """
        cached = self._cache.take(prompt, answer)
        self.totals.prompt_tokens += len(prompt)
        self.totals.cached_tokens += cached
        self.totals.completion_tokens += len(answer)
        if self._physics:
            now, cost = asyncio.get_running_loop().time(), (len(prompt) - cached) / self._physics.prefill
            # The end of the queue is kept as a point in time, so that late wake-ups don't add up.
            self._free_at = max(now, self._free_at) + cost
            self.totals.prefill_busy_s += cost
            await asyncio.sleep(self._free_at - now)
        return cached

    async def decode(self, tokens: float) -> None:
        """Until that many tokens of an answer are there."""
        if self._physics:
            await asyncio.sleep(tokens / self._physics.decode)
