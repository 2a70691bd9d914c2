"""The folder that keeps answers."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import BadAnswer, BadInput
from bot.evaluate.answers import Answers
from bot.ports import Answer, Capabilities, Message, Question, Usage

QUESTION = Question((Message("user", "Is it?"),), {"type": "object"}, 10)
ANSWER = Answer("yes", Usage(1, 20, 16, 2), cut=True, first={"yes": -0.1, "no": -math.inf})


class Told:
    """A model that answers what it was told to, and knows what it was asked."""

    def __init__(self, said: Answer | Exception, model: str = "m") -> None:
        self.capabilities = Capabilities("vllm", model, 4096)
        self.heard: list[object] = []
        self._said = said

    async def ask(self, question: Question) -> Answer:
        self.heard.append(question)
        if isinstance(self._said, Exception):
            raise self._said
        return self._said

    async def count(self, texts: Sequence[str]) -> list[int]:
        self.heard.append(texts)
        return [len(text) for text in texts]


def test_an_answer_comes_back_whole_and_is_asked_for_once(tmp_path: Path) -> None:
    model = Told(ANSWER)
    for replayed in (0, 1):
        answers = Answers(model, tmp_path)
        assert asyncio.run(answers.ask(QUESTION)) == ANSWER
        assert answers.replayed == replayed
    assert model.heard == [QUESTION]


def test_another_question_model_or_server_is_another_answer(tmp_path: Path) -> None:
    other = Told(ANSWER, "other")
    ollama = Told(ANSWER)
    ollama.capabilities = replace(ollama.capabilities, server="openai-compatible")
    for model in (Told(ANSWER), other, ollama):
        for question in (QUESTION, replace(QUESTION, max_tokens=11), replace(QUESTION, alternatives=5)):
            asyncio.run(Answers(model, tmp_path).ask(question))
        assert len(model.heard) == 3


def test_counts_are_kept_too_and_failures_are_not(tmp_path: Path) -> None:
    model = Told(BadAnswer("no"))
    for _ in range(2):
        assert asyncio.run(Answers(model, tmp_path).count(["a", "bc"])) == [1, 2]
        with pytest.raises(BadAnswer):
            asyncio.run(Answers(model, tmp_path).ask(QUESTION))
    assert len(model.heard) == 3


def test_the_cache_does_not_hold_what_was_asked(tmp_path: Path) -> None:
    asyncio.run(Answers(Told(ANSWER), tmp_path).ask(QUESTION))
    (kept,) = tmp_path.rglob("*.json")
    assert "Is it?" not in kept.read_text()


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="can't keep an answer"):
        asyncio.run(Answers(Told(ANSWER), tmp_path / "file").ask(QUESTION))
