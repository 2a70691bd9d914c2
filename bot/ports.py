"""What the verbs ask of the outside. Types only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the server at hand was found to be able to do.

    `server` names the kind (`vllm`, `llama.cpp`, `openai-compatible`, `recorded`); `context` is the number of
    tokens that prompt and answer share; `slots` how many requests it works on at once, None where it doesn't say;
    `tokenizer` whether `Model.count` asks the server.
    """

    server: str
    model: str
    context: int
    slots: int | None = None
    tokenizer: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """One request: a conversation, the JSON schema of the answer if it has one, and the tokens that it may take.

    `alternatives` asks for the log-probabilities of that many tokens in the place of the answer's first.
    """

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None
    max_tokens: int
    alternatives: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What the server said it cost, in tokens; `cached` is the share of `prompt` that it had already computed."""

    requests: int = 0
    prompt: int = 0
    cached: int = 0
    completion: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.requests + other.requests,
            self.prompt + other.prompt,
            self.cached + other.cached,
            self.completion + other.completion,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` is what the model said; `cut` tells that the server stopped it at the token limit.

    `first` has the alternatives for its first token, with their log-probabilities; nothing where the server knows none.
    """

    text: str
    usage: Usage
    cut: bool = False
    first: Mapping[str, float] = field(default_factory=dict)


class Model(Protocol):
    """A model behind a server. Every method raises `errors.ModelError`."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def ask(self, question: Question) -> Answer: ...

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, by the server's tokenizer where it has one, else by an estimate that errs high."""
        ...
