"""The second look, with a scripted server: what stands, what is told apart, and what it costs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.review.verify import yes
from tests.example import on_pay
from tests.fakes.model_server import ModelServer, Status, Weighed

DOUBT, JUDGE = "Answer Yes or No.", "as if somebody else had made it"


def reply(doubt: Any) -> Any:
    """A model that drafts the missing guard, and says `doubt` when it is asked again."""
    return lambda request: doubt if DOUBT in request.prompt or JUDGE in request.prompt else on_pay(request)


def reviewed(repo: Path, server: ModelServer, capsys: Any, **settings: str) -> Any:
    flags = ["review", "main..topic", "--repo", str(repo), "--base-url", server.base_url, "--format", "json"]
    file = repo / ".github" / "patchwright.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(f"{name}: {value}\n" for name, value in settings.items()))
    assert main(flags) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("weight", "stands"), [(0.9, True), (0.61, True), (0.59, False), (0.01, False)])
def test_a_question_confirms_from_its_threshold_on(repo: Path, capsys: Any, weight: float, stands: bool) -> None:
    with ModelServer(reply=reply(Weighed({"Yes": weight, "No": 1 - weight}))) as server:
        told = reviewed(repo, server, capsys, second_look="question", second_look_threshold="0.6")
    assert len(told["findings"]) == stands
    assert [one["verdict"] for one in told["doubtful"]] == ([] if stands else ["refuted"])
    (claim,) = (*told["findings"], *told["doubtful"])
    assert claim["confidence"] == pytest.approx(weight)


@pytest.mark.parametrize(
    ("verdict", "given", "expected"),
    [
        ("confirmed", "amount=-5", "confirmed"),
        ("confirmed", "", "unsure"),
        ("refuted", "", "refuted"),
        ("unsure", "amount=-5", "unsure"),
    ],
)
def test_a_judgement_must_name_what_goes_wrong(
    repo: Path, capsys: Any, verdict: str, given: str, expected: str
) -> None:
    said = {"reason": "The guard is gone.", "input": given, "verdict": verdict}
    with ModelServer(reply=reply(said)) as server:
        told = reviewed(repo, server, capsys, second_look="judgement")
    assert len(told["findings"]) == (expected == "confirmed")
    (claim,) = (*told["findings"], *told["doubtful"])
    assert claim.get("verdict", "confirmed") == expected
    assert "The guard is gone." in claim["evidence"]


def test_a_server_without_log_probabilities_is_asked_for_a_judgement(repo: Path, capsys: Any) -> None:
    def both(request: Any) -> Any:
        if JUDGE in request.prompt:
            return {"reason": "Yes.", "input": "amount=-5", "verdict": "confirmed"}
        return "Yes" if DOUBT in request.prompt else on_pay(request)

    with ModelServer(reply=both, logprobs=False) as server:
        told = reviewed(repo, server, capsys, second_look="question")
    assert len(told["findings"]) == 1
    assert JUDGE in server.requests[-1].prompt or any(JUDGE in request.prompt for request in server.requests)


def test_a_server_that_refuses_log_probabilities_is_not_asked_for_them_again(repo: Path, capsys: Any) -> None:
    def refusing(request: Any) -> Any:
        if request.body.get("logprobs"):
            return Status(400, {"error": {"message": "logprobs are not supported"}})
        if JUDGE in request.prompt:
            return {"reason": "Yes.", "input": "amount=-5", "verdict": "confirmed"}
        return "Yes" if DOUBT in request.prompt else on_pay(request)

    with ModelServer(reply=refusing) as server:
        told = reviewed(repo, server, capsys, second_look="question")
    assert len(told["findings"]) == 1
    assert sum(bool(request.body.get("logprobs")) for request in server.requests) == 1


@pytest.mark.parametrize("answer", ["no idea", Status(400, "out of memory")])
def test_a_missing_verdict_is_told_as_that_and_never_let_through(repo: Path, capsys: Any, answer: Any) -> None:
    with ModelServer(reply=reply(answer), schema="ignored") as server:
        told = reviewed(repo, server, capsys, second_look="judgement")
    assert told["findings"] == []
    assert [one["verdict"] for one in told["doubtful"]] == ["unverified"]


def test_the_second_look_begins_with_all_of_the_draft(repo: Path, capsys: Any) -> None:
    """So that the server has computed all of it but the question."""
    with ModelServer(reply=reply(Weighed({"Yes": 0.9, "No": 0.1}))) as server:
        told = reviewed(repo, server, capsys, second_look="question")
    (second,) = (request for request in server.requests if DOUBT in request.prompt)
    draft = next(request for request in server.requests if "account.balance" in request.prompt)
    messages = second.body["messages"]
    assert messages[: len(draft.body["messages"])] == draft.body["messages"]
    assert messages[-2]["role"] == "assistant"
    assert json.loads(messages[-2]["content"]) == on_pay(draft)
    assert told["usage"]["requests"] == len(server.requests)


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ({"Yes": -0.1, "No": -3.0}, 0.947),
        ({" yes": math.log(0.3), "YES": math.log(0.3), "No": math.log(0.2)}, 0.75),
        ({"Maybe": -0.1}, None),
        ({}, None),
        ({"No": -0.001}, 0.0),
    ],
)
def test_yes_is_weighed_against_no_in_any_spelling(first: dict[str, float], expected: float | None) -> None:
    got = yes(first)
    assert got is None if expected is None else got == pytest.approx(expected, abs=0.001)
