"""A Model that keeps what it was answered, in a folder: the same question to the same model is asked once, ever.

What failed isn't kept. The file of an answer has the digest of the question, the model and the kind of server for its
name, and holds no question: the code that was asked about stays where it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import BadInput
from bot.model.recorded import digest
from bot.ports import Answer, Model, Question

FORMAT = "patchwright.answer/1"
Kept = TypeVar("Kept", bound=BaseModel)


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Answer(_Kept):
    """The whole answer, whatever fields it has: what a question asks for is in its digest."""

    answer: Answer
    seconds: Annotated[float, Field(ge=0)]


class _Counts(_Kept):
    tokens: list[Annotated[int, Field(ge=0)]]


class Answers:
    """`seconds` is what the answers took when they were first asked for; `replayed` counts those not asked for now."""

    def __init__(self, inner: Model, folder: Path) -> None:
        self.capabilities = inner.capabilities
        self.seconds = 0.0
        self.replayed = 0
        self._inner = inner
        self._folder = folder

    async def ask(self, question: Question) -> Answer:
        path = self._path("ask", digest(question))
        kept = _read(path, _Answer)
        if kept:
            self.replayed += 1
        else:
            started = time.monotonic()
            answer = await self._inner.ask(question)
            took = round(time.monotonic() - started, 3)
            kept = _Answer(answer=answer, seconds=took)
            _write(path, kept)
        self.seconds += kept.seconds
        return kept.answer

    async def count(self, texts: Sequence[str]) -> list[int]:
        path = self._path("count", json.dumps(list(texts)))
        kept = _read(path, _Counts)
        if kept is None or len(kept.tokens) != len(texts):
            kept = _Counts(tokens=await self._inner.count(texts))
            _write(path, kept)
        return kept.tokens

    def _path(self, what: str, told: str) -> Path:
        parts = (FORMAT, what, self.capabilities.server, self.capabilities.model, told)
        name = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / name[:2] / f"{name}.json"


def _read(path: Path, model: type[Kept]) -> Kept | None:
    """What is no such file, or a broken one, is asked for again."""
    try:
        return model.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _write(path: Path, kept: BaseModel) -> None:
    """Whole and at once: somebody else may measure with the same folder."""
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not by pydantic, which has no word for the infinities that logarithms of zero are.
        draft.write_text(json.dumps(kept.model_dump()), "utf-8")
        draft.replace(path)
    except OSError as error:
        raise BadInput(
            f"can't keep an answer in {path.parent}: {error.strerror}", "Name a folder: --cache DIR."
        ) from error
