"""A run put on record, and a Model that replays it: for tests, demonstrations and bug reports.

A recording is a file of JSON lines. The first says what the server was; each further one holds a question's
digest, the question itself for those who read along, and what came back, errors included.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TextIO

from bot import errors
from bot.errors import BadInput, ModelError
from bot.ports import Answer, Capabilities, Model, Question, Usage

FORMAT = "patchwright.recording/1"
_ERRORS = {kind.__name__: kind for kind in (errors.TooLong, errors.BadAnswer, errors.ServerDown, errors.ModelError)}


class Recording:
    """A Model that passes everything on to another one, and writes down what was said."""

    def __init__(self, inner: Model, out: TextIO) -> None:
        self.capabilities = inner.capabilities
        self._inner = inner
        self._out = out
        self._write({"format": FORMAT, "capabilities": asdict(inner.capabilities)})

    async def ask(self, question: Question) -> Answer:
        entry: dict[str, Any] = {"ask": digest(question), "question": _plain(question)}
        try:
            answer = await self._inner.ask(question)
        except ModelError as error:
            self._write(entry | {"error": type(error).__name__, "message": str(error)})
            raise
        self._write(entry | {"answer": asdict(answer)})
        return answer

    async def count(self, texts: Sequence[str]) -> list[int]:
        counts = await self._inner.count(texts)
        self._write({"count": _digest(list(texts)), "tokens": counts})
        return counts

    def _write(self, entry: dict[str, Any]) -> None:
        self._out.write(json.dumps(entry) + "\n")
        self._out.flush()


class Recorded:
    """A Model that answers from a recording. What was never asked then is a ModelError now."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._answers: dict[str, deque[dict[str, Any]]] = defaultdict(deque)
        lines = _read(path)
        self.capabilities = replace(Capabilities(**lines[0]["capabilities"]), server="recorded")
        for line in lines[1:]:
            self._answers[line.get("ask") or line.get("count", "")].append(line)

    async def ask(self, question: Question) -> Answer:
        line = self._next(digest(question))
        if "error" in line:
            raise _ERRORS.get(line["error"], ModelError)(line["message"])
        answer = line["answer"]
        return Answer(answer["text"], Usage(**answer["usage"]), answer["cut"], answer.get("first", {}))

    async def count(self, texts: Sequence[str]) -> list[int]:
        counts: list[int] = self._next(_digest(list(texts)))["tokens"]
        return counts

    def _next(self, key: str) -> dict[str, Any]:
        if not self._answers.get(key):
            raise ModelError(
                f"{self._path} holds no answer to this question",
                "Replay it with the same change, configuration and version of Patchwright that it was recorded with.",
            )
        return self._answers[key].popleft()


def digest(question: Question) -> str:
    return _digest(_plain(question))


def _plain(question: Question) -> dict[str, Any]:
    told = {
        "messages": [asdict(message) for message in question.messages],
        "schema": question.schema,
        "max_tokens": question.max_tokens,
    }
    return told | ({"alternatives": question.alternatives} if question.alternatives else {})


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    except OSError as error:
        raise BadInput(f"can't read the recording {path}: {error.strerror}") from error
    except ValueError as error:
        raise BadInput(f"{path} is no recording: a line of it is no JSON") from error
    if not lines or not isinstance(lines[0], dict) or lines[0].get("format") != FORMAT:
        raise BadInput(f"{path} is no recording: its first line doesn't say {FORMAT}", "Make one with --record FILE.")
    return lines
