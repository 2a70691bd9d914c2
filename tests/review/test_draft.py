from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import jsonschema_rs
import pytest

from bot.context.chunks import Chunk
from bot.diff.change import FileDiff, Hunk, Line, Status
from bot.errors import BadAnswer, ModelError, ServerDown, TooLong
from bot.ports import Answer, Capabilities, Message, Question, Usage
from bot.review.draft import INTERRUPTED, Drafted, Form, answer_schema, draft_all, read_answer
from bot.review.verify import Doubt
from tests.example import answer, finding

FORM = Form(analysis=400, body=240, max_findings=2, gate=False, tokens=300)
PREFIX = (Message("system", "You review."), "The change touches 1 file:\n")


def chunk(path: str, lines: int = 4) -> Chunk:
    file = FileDiff(path, path, Status.MODIFIED, lines, 0, 1)
    return Chunk(file, (Hunk(0, "", tuple(Line(None, at, f"line_{at}()") for at in range(1, lines + 1))),))


class Scripted:
    """A Model that says what a function of the prompt says, errors included."""

    capabilities = Capabilities("scripted", "scripted", 4096)

    def __init__(self, reply: Callable[[str], Answer | Exception]) -> None:
        self._reply = reply
        self.asked: list[Question] = []

    async def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        await asyncio.sleep(0)
        said = self._reply(question.messages[-1].content)
        if isinstance(said, Exception):
            raise said
        return said

    async def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]


def said(value: object, *, cut: bool = False) -> Answer:
    return Answer(value if isinstance(value, str) else json.dumps(value), Usage(1, 10, 0, 5), cut)


def draft(model: Scripted, chunks: Sequence[Chunk], concurrency: int = 2) -> list[Drafted]:
    async def run() -> list[Drafted]:
        return await draft_all(
            model,
            chunks,
            PREFIX,
            FORM,
            concurrency=concurrency,
            doubt=Doubt("off", 0.5),
            stop=asyncio.Event(),
            on_done=lambda: None,
        )

    return asyncio.run(run())


def test_drafts_come_back_in_the_order_of_the_chunks() -> None:
    model = Scripted(lambda prompt: said(answer(finding(title=prompt.split("File: ")[1].split("\n")[0]))))
    drafted = draft(model, [chunk("a.py"), chunk("b.py"), chunk("c.py")], concurrency=3)
    assert [part.drafts[0].title for part in drafted] == ["a.py", "b.py", "c.py"]
    assert sum((part.usage for part in drafted), Usage()) == Usage(3, 30, 0, 15)


def test_a_chunk_that_is_too_long_is_asked_in_halves() -> None:
    def reply(prompt: str) -> Answer | Exception:
        return TooLong("32 tokens too many") if prompt.count("line_") > 2 else said(answer())

    drafted = draft(Scripted(reply), [chunk("a.py", lines=5)])
    lines = [line.new for part in drafted for hunk in part.chunk.hunks for line in hunk.lines]
    assert lines == [1, 2, 3, 4, 5]
    assert not any(part.failure for part in drafted)


def test_a_single_line_that_is_too_long_has_failed() -> None:
    drafted = draft(Scripted(lambda _: TooLong("8 tokens too many")), [chunk("a.py", lines=2)])
    assert [part.failure for part in drafted] == ["too long for the server: 8 tokens too many"] * 2


def test_when_the_server_is_down_the_rest_isnt_asked_and_is_named() -> None:
    model = Scripted(lambda prompt: said(answer()) if "a.py" in prompt else ServerDown("connection refused"))
    drafted = draft(model, [chunk(name) for name in ("a.py", "b.py", "c.py", "d.py")], concurrency=1)
    assert [part.failure for part in drafted] == ["", *["connection refused"] * 3]
    assert len(model.asked) == 2


def test_one_chunk_that_fails_takes_nothing_else_along() -> None:
    model = Scripted(lambda prompt: ModelError("the server answered 500") if "b.py" in prompt else said(answer()))
    drafted = draft(model, [chunk("a.py"), chunk("b.py"), chunk("c.py")])
    assert [part.failure for part in drafted] == ["", "the server answered 500", ""]


def test_two_bad_answers_and_the_chunk_has_failed_but_its_cost_counts() -> None:
    (drafted,) = draft(Scripted(lambda _: said("I think it looks fine!")), [chunk("a.py")])
    assert drafted.failure == "the model's answer can't be used: there is no JSON object with `findings` in it"
    assert drafted.usage.requests == 2


def test_an_answer_that_was_cut_is_asked_for_again_with_that_word() -> None:
    model = Scripted(lambda prompt: said(answer()) if "cut off" in prompt else said('{"analysis": "so', cut=True))
    (drafted,) = draft(model, [chunk("a.py")])
    assert not drafted.failure
    assert model.asked[1].messages[:2] == model.asked[0].messages, "what the server has computed stays of use"


def test_when_it_is_stopped_what_is_done_is_kept() -> None:
    async def run() -> list[Drafted]:
        stop = asyncio.Event()

        class Slow(Scripted):
            async def ask(self, question: Question) -> Answer:
                if "b.py" in question.messages[-1].content:
                    stop.set()
                    await asyncio.Event().wait()
                return await super().ask(question)

        model = Slow(lambda _: said(answer(finding())))
        return await draft_all(
            model, [chunk("a.py"), chunk("b.py"), chunk("c.py")], PREFIX, FORM,
            concurrency=1, doubt=Doubt("off", 0.5), stop=stop, on_done=lambda: None,
        )  # fmt: skip

    assert [part.failure for part in asyncio.run(run())] == ["", INTERRUPTED, INTERRUPTED]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(answer(finding())),
        f"```json\n{json.dumps(answer(finding()))}\n```",
        f"<think>It says {{}} here. Hmm.</think>Here it is: {json.dumps(answer(finding()))} I hope it helps.",
        json.dumps(answer(finding(severity="HIGH", category=" Bug", confidence=0.9))),
    ],
    ids=["plain", "fenced", "after thoughts", "loose words"],
)
def test_an_answer_is_read_however_it_is_wrapped(text: str) -> None:
    (draft,) = read_answer(text)
    assert (draft.severity, draft.category, draft.confidence) == ("high", "bug", 0.9)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        ("No defects found.", "there is no JSON object"),
        ('{"findings": "none"}', "findings: "),
        (json.dumps(answer(finding(severity="catastrophic"))), "findings.0.severity: "),
        (json.dumps(answer(finding(title=""))), "findings.0.title: "),
        (json.dumps({"findings": [{"quote": "x"}]}), "findings.0.severity: Field required"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(text: str, problem: str) -> None:
    with pytest.raises(BadAnswer, match=problem):
        read_answer(text)


def test_no_findings_is_a_normal_answer_and_clean_means_none() -> None:
    assert read_answer(json.dumps(answer())) == ()
    assert read_answer(json.dumps({"verdict": "clean", **answer(finding())})) == ()
    assert len(read_answer(json.dumps({"verdict": "defect", **answer(finding())}))) == 1


def test_what_could_steer_a_terminal_is_taken_out_of_the_models_words() -> None:
    (draft,) = read_answer(json.dumps(answer(finding(title="\x1b[2Jhello\x07", body="a\tb\nc\x9b"))))
    assert (draft.title, draft.body) == ("[2Jhello", "a\tb\nc")


@pytest.mark.parametrize("gate", [True, False])
def test_the_schema_takes_what_we_read_and_nothing_else(gate: bool) -> None:
    schema = answer_schema(replace(FORM, gate=gate))
    good = {"analysis": "x", "verdict": "defect", "findings": [finding()]} if gate else answer(finding())
    jsonschema_rs.validate(schema, good)
    for bad in (
        {**good, "more": 1},
        {**good, "findings": [finding()] * 3},
        {**good, "findings": [finding(severity="x")]},
    ):
        with pytest.raises(jsonschema_rs.ValidationError):
            jsonschema_rs.validate(schema, bad)
