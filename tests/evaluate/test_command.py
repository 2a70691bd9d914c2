"""`patchwright evaluate` as a user types it, against a server that speaks vLLM's wire."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from bot.cli import main
from bot.evaluate.reports.json import evaluation_schema
from tests.evaluate.examples import built
from tests.example import answer, finding, on_pay
from tests.fakes.model_server import Hang, ModelServer, Status


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("PATCHWRIGHT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATCHWRIGHT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    return built(tmp_path / "cases")


def evaluate(cases: Path, server: ModelServer, *arguments: str) -> int:
    return main(["evaluate", "--cases", str(cases), "--base-url", server.base_url, *arguments])


def as_json(text: str) -> Any:
    jsonschema_rs.validate(json.loads(evaluation_schema()), json.loads(text))
    return json.loads(text)


def values(reviewer: Any) -> dict[str, float | None]:
    return {name: each["value"] for name, each in reviewer["estimates"].items()}


def test_a_model_that_finds_the_bug_and_says_nothing_else_has_the_best_numbers(
    cases: Path, server: ModelServer, capsys: Any
) -> None:
    assert evaluate(cases, server, "--format", "json") == 0
    told = as_json(capsys.readouterr().out)
    assert told["cases"] == {"bug": 1, "clean": 1}
    current, every, *_ = told["reviewers"]
    assert (current["name"], current["model"], current["baseline"]) == ("current", server.model, False)
    found = values(current)
    assert (found["recall"], found["explained_recall"], found["false_alarms"]) == (1, 1, 0)
    assert (found["precision"], found["placed"], found["comments_per_100_lines"]) == (1, 1, 25)
    assert (values(every)["recall"], values(every)["explained_recall"], values(every)["false_alarms"]) == (1, 0, 1)
    assert current["effort"]["requests"] == len(server.requests)
    assert current["effort"]["prompt_tokens"] == server.totals.prompt_tokens


def test_scoring_again_asks_nothing_and_tells_the_same(cases: Path, server: ModelServer, capsys: Any) -> None:
    evaluate(cases, server, "--format", "json")
    first = as_json(capsys.readouterr().out)
    asked = len(server.requests)
    evaluate(cases, server, "--format", "json")
    again = as_json(capsys.readouterr().out)
    assert len(server.requests) == asked
    assert [again["reviewers"][0]["effort"][name] for name in ("replayed", "requests")] == [asked, asked]
    for told in (first, again):
        for part in (told["reviewers"][0], *told["reviewers"][0]["rows"]):
            part["effort"].pop("replayed")
    assert again == first


def test_another_model_is_asked_anew(cases: Path, server: ModelServer) -> None:
    evaluate(cases, server)
    asked = len(server.requests)
    with ModelServer(reply=on_pay, model="another") as other:
        evaluate(cases, other)
        assert len(other.requests) == asked


def test_a_broken_file_in_the_cache_is_asked_for_again(cases: Path, server: ModelServer, tmp_path: Path) -> None:
    evaluate(cases, server)
    asked = len(server.requests)
    for kept in (tmp_path / "cache").rglob("*.json"):
        kept.write_text("{")
    assert evaluate(cases, server) == 0
    assert len(server.requests) == 2 * asked


def test_configurations_stand_side_by_side_and_their_own_words_go_first(
    cases: Path, server: ModelServer, tmp_path: Path, capsys: Any
) -> None:
    with ModelServer(reply=answer(finding("    return account.balance", title="Odd"))) as noisy:
        (tmp_path / "quiet.yml").write_text(f"base_url: {server.base_url}\n")
        (tmp_path / "noisy.yml").write_text(f"base_url: {noisy.base_url}\ninstructions: Say more.\n")
        configurations = [f"--with={name}={tmp_path / name}.yml" for name in ("quiet", "noisy")]
        code = main(
            ["evaluate", "--cases", str(cases), "--base-url", "http://127.0.0.1:9/v1", *configurations, "--format=json"]
        )
        assert all("Say more." in request.prompt for request in noisy.requests)
    assert code == 0
    told = as_json(capsys.readouterr().out)
    quiet, loud, *_ = told["reviewers"]
    assert (quiet["name"], loud["name"]) == ("quiet", "noisy")
    assert (values(quiet)["false_alarms"], values(loud)["false_alarms"]) == (0, 1)
    assert values(loud)["placed"] == 0.5  # its quote isn't in the clean change
    differences = {one["metric"]: one["estimate"]["value"] for one in told["differences"]}
    assert differences == {"recall": 0, "explained_recall": -1, "false_alarms": 1, "precision": -0.5}


def test_what_failed_is_counted_apart_and_never_as_clean(cases: Path, capsys: Any) -> None:
    with ModelServer(reply=Status(400, "no")) as broken:
        assert evaluate(cases, broken, "--format", "json") == 3
    captured = capsys.readouterr()
    told = as_json(captured.out)["reviewers"][0]
    assert told["failed"] == 2
    assert (values(told)["recall"], values(told)["false_alarms"]) == (0, None)
    assert all(row["failed"] for row in told["rows"])
    assert "2 cases failed" in captured.err


def test_failures_are_not_kept(cases: Path, server: ModelServer, tmp_path: Path) -> None:
    with ModelServer(reply=[Status(400, "no")], model=server.model) as broken:
        evaluate(cases, broken)
    assert evaluate(cases, server) == 0
    assert server.requests


def test_a_server_that_is_not_there_fails_all_cases_and_is_said(cases: Path, capsys: Any) -> None:
    assert main(["evaluate", "--cases", str(cases), "--base-url", "http://127.0.0.1:9/v1"]) == 3
    assert "failed: no model server answers" in capsys.readouterr().out


def test_text_and_markdown_say_recall_and_alarms_together(cases: Path, server: ModelServer, capsys: Any) -> None:
    for form in ("text", "markdown"):
        evaluate(cases, server, "--format", form)
        told = capsys.readouterr().out
        (heads,) = [line for line in told.splitlines() if "Explained recall" in line]
        assert "Recall" in heads
        assert "Alarms per clean change" in heads
        assert told.count("no model: on every hunk") == 2
        assert "explained, 1 comment" in told


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--with", "a"], "this is no NAME=FILE.yml"),
        (["--with", "a=x.yml", "--with", "a=x.yml"], "two configurations have one name"),
        (["--with", "a=x.yml", "--config", "x.yml"], "not both"),
        (["--with", "a=nowhere.yml"], "can't read the configuration"),
        (["--from-history", "--with", "a=x.yml"], "only makes cases"),
    ],
)
def test_bad_usage_is_said_before_anything_is_asked(
    cases: Path, server: ModelServer, capsys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    arguments: list[str], why: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.yml").write_text("max_comments: 4\n")
    assert evaluate(cases, server, *arguments) == 2
    assert why in capsys.readouterr().err
    assert server.requests == []


def test_ctrl_c_keeps_what_was_measured_and_the_next_run_goes_on(cases: Path, tmp_path: Path) -> None:
    def first_only(request: Any) -> Any:
        return on_pay(request) if "shop/pay.py" in request.prompt else Hang()

    command = [sys.executable, "-m", "bot", "evaluate", "--cases", str(cases), "--format", "json", "--base-url"]
    with (
        ModelServer(reply=first_only) as server,
        subprocess.Popen([*command, server.base_url], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
    ):
        deadline = time.monotonic() + 20
        while not any("greet.py" in request.prompt for request in server.requests):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    told = as_json(out)
    assert told["interrupted"]
    assert [row["case"] for row in told["reviewers"][0]["rows"]] == ["bug"]
    with ModelServer(reply=on_pay) as server:
        assert evaluate(cases, server) == 0
        assert not any("shop/pay.py" in request.prompt for request in server.requests)
