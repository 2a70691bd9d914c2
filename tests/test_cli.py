"""The commands as a user types them, against a real repository and a server that speaks vLLM's wire."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from bot.cli import main
from tests.example import answer, commit, finding, git, on_pay, write
from tests.fakes.model_server import Empty, Hang, ModelServer, Status


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PATCHWRIGHT_")]:
        monkeypatch.delenv(name)


def review(repo: Path, server: ModelServer, *arguments: str, revisions: str = "main..topic") -> int:
    return main(["review", revisions, "--repo", str(repo), "--base-url", server.base_url, *arguments])


def as_json(text: str) -> Any:
    schema = subprocess.run([sys.executable, "-m", "bot", "schema"], capture_output=True, check=True).stdout
    jsonschema_rs.validate(json.loads(schema), json.loads(text))
    return json.loads(text)


def test_a_finding_stands_on_the_line_that_it_quotes(repo: Path, server: ModelServer, capsys: Any) -> None:
    assert review(repo, server, "--format", "json") == 0
    told = as_json(capsys.readouterr().out)
    (found,) = told["findings"]
    lines = (repo / "shop/pay.py").read_text().splitlines()
    assert (found["path"], found["side"], found["start_line"], found["end_line"]) == ("shop/pay.py", "RIGHT", 2, 2)
    assert lines[found["start_line"] - 1] == found["quote"]
    assert (found["severity"], found["category"], found["suggestion"]) == ("high", "bug", None)
    assert told["unplaced"] == []


def test_every_hunk_is_reviewed_or_named(repo: Path, server: ModelServer, capsys: Any) -> None:
    review(repo, server, "--format", "json")
    told = as_json(capsys.readouterr().out)
    base, head = git(repo, "rev-parse", "main"), git(repo, "rev-parse", "topic")
    change = told["change"]
    assert [file["path"] for file in change.pop("changed")] == ["greet.py", "poetry.lock", "shop/pay.py"]
    assert change == {"base": base, "head": head, "since": "", "files": 3, "hunks": 3, "added": 2, "removed": 4}
    assert told["coverage"] == {
        "reviewed": {"files": 2, "hunks": 2},
        "skipped": [{"path": "poetry.lock", "hunks": 1, "reason": "a lock file"}],
        "failed": [],
    }
    assert told["usage"]["model"] == server.model
    assert told["usage"]["server"] == "vllm"
    assert told["usage"]["requests"] == len(server.requests)
    assert told["usage"]["prompt_tokens"] == server.totals.prompt_tokens
    assert told["usage"]["cached_tokens"] == server.totals.cached_tokens


def test_the_text_says_what_where_and_how_much_was_read(repo: Path, server: ModelServer, capsys: Any) -> None:
    review(repo, server)
    told = capsys.readouterr()
    assert "high  shop/pay.py:2  bug, confidence 0.9" in told.out
    assert "  A negative amount adds money" in told.out
    assert "skipped  poetry.lock (1 hunk): a lock file" in told.out
    assert "1 finding: 1 high. 2 hunks in 2 files reviewed. 1 hunk in 1 file skipped." in told.out
    assert "\x1b" not in told.out
    assert "chunks drafted: 2 of 2" in told.err


def test_markdown_goes_to_a_file_and_nothing_to_stdout(
    repo: Path, server: ModelServer, tmp_path: Path, capsys: Any
) -> None:
    assert review(repo, server, "--format", "markdown", "--output", str(tmp_path / "out.md")) == 0
    assert capsys.readouterr().out == ""
    assert "### A negative amount adds money" in (tmp_path / "out.md").read_text()


@pytest.mark.parametrize(("threshold", "code"), [("critical", 0), ("high", 1), ("low", 1)])
def test_fail_on_decides_between_0_and_1(repo: Path, server: ModelServer, threshold: str, code: int) -> None:
    assert review(repo, server, "--fail-on", threshold) == code


def test_both_range_forms_a_bare_base_and_no_range_mean_the_same(repo: Path, server: ModelServer, capsys: Any) -> None:
    commit(repo, {"later.py": "x = 1\n"}, "later")
    git(repo, "checkout", "--quiet", "main")
    commit(repo, {"other.py": "y = 1\n"}, "main moved on")
    git(repo, "checkout", "--quiet", "topic")
    seen = []
    for revisions in ("main..topic", "main...topic", "main..", "main", ""):
        arguments = [revisions] if revisions else []
        main(["review", *arguments, "--repo", str(repo), "--base-url", server.base_url, "--format", "json"])
        seen.append(as_json(capsys.readouterr().out)["change"])
    assert all(change == seen[0] for change in seen)
    assert seen[0]["files"] == 4  # what main brought since isn't part of it


def test_a_pushed_branch_is_compared_with_the_default_branch_not_with_its_own_copy(
    repo: Path, server: ModelServer, tmp_path: Path, capsys: Any
) -> None:
    git(repo, "clone", "--quiet", "--bare", str(repo), str(tmp_path / "origin"))
    git(repo, "remote", "add", "origin", str(tmp_path / "origin"))
    git(repo, "push", "--quiet", "--set-upstream", "origin", "topic")
    main(["review", "--repo", str(repo), "--base-url", server.base_url, "--format", "json"])
    assert as_json(capsys.readouterr().out)["change"]["files"] == 3
    git(repo, "fetch", "--quiet", "origin")
    git(repo, "branch", "--quiet", "--set-upstream-to", "origin/main")
    main(["review", "--repo", str(repo), "--base-url", server.base_url, "--format", "json"])
    assert as_json(capsys.readouterr().out)["change"]["files"] == 3


def test_what_is_staged_is_reviewed_before_it_is_committed(repo: Path, server: ModelServer, capsys: Any) -> None:
    write(repo, {"new.py": "def f():\n    account.balance -= amount\n", "unstaged.py": "x = 1\n"})
    git(repo, "add", "new.py")
    assert main(["review", "--staged", "--repo", str(repo), "--base-url", server.base_url, "--format", "json"]) == 0
    told = as_json(capsys.readouterr().out)
    assert told["change"]["head"] == "index"
    assert [found["path"] for found in told["findings"]] == ["new.py"]


def test_a_patch_is_reviewed_without_a_repository(
    repo: Path, server: ModelServer, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.patch").write_text(git(repo, "diff", "main", "topic") + "\n")
    monkeypatch.chdir(tmp_path)
    assert main(["review", "--diff", "a.patch", "--base-url", server.base_url, "--format", "json"]) == 0
    told = as_json(capsys.readouterr().out)
    assert (told["change"]["base"], told["change"]["head"], told["change"]["hunks"]) == ("", "patch", 3)
    assert [found["path"] for found in told["findings"]] == ["shop/pay.py"]


def test_an_empty_change_asks_nothing(repo: Path, server: ModelServer, capsys: Any) -> None:
    assert review(repo, server, revisions="topic..topic") == 0
    assert "There was nothing to review." in capsys.readouterr().out
    assert server.requests == []


def test_where_nothing_is_worth_reading_no_model_is_needed(repo: Path, capsys: Any) -> None:
    git(repo, "checkout", "--quiet", "-b", "locks", "main")
    commit(repo, {"poetry.lock": "three\n"}, "locks")
    assert main(["review", "main..locks", "--repo", str(repo), "--base-url", "http://127.0.0.1:9/v1"]) == 0
    assert (
        "There was nothing to review. 0 hunks in 0 files reviewed. 1 hunk in 1 file skipped." in capsys.readouterr().out
    )


def test_a_quote_that_isnt_there_is_listed_apart(repo: Path, capsys: Any) -> None:
    with ModelServer(reply=answer(finding("os.system('rm -rf /')"))) as server:
        review(repo, server, "--format", "json")
    told = as_json(capsys.readouterr().out)
    assert told["findings"] == []
    assert len(told["unplaced"]) == 2
    assert "start_line" not in told["unplaced"][0]
    assert told["unplaced"][0]["evidence"] == ["not placed: the quoted code isn't part of the change"]


def test_a_failed_run_never_looks_like_a_clean_review(repo: Path, capsys: Any) -> None:
    with ModelServer(reply=Empty()) as server:
        assert review(repo, server, "--format", "json") == 3
    told = capsys.readouterr()
    result = as_json(told.out)
    assert result["coverage"]["reviewed"] == {"files": 0, "hunks": 0}
    assert {item["reason"] for item in result["coverage"]["failed"]} == {
        "the model's answer can't be used: it is empty"
    }
    assert "No findings" not in result["summary"]
    assert "2 hunks failed, so this is incomplete: the model's answer can't be used" in told.err


def test_what_was_found_is_kept_when_a_later_chunk_fails(repo: Path, capsys: Any) -> None:
    def reply(request: Any) -> Any:
        return on_pay(request) if "shop/pay.py (" not in request.prompt and "balance" in request.prompt else Status(500)

    with ModelServer(reply=reply) as server:
        assert review(repo, server, "--format", "json", "--config", str(impatient(repo))) == 3
    told = as_json(capsys.readouterr().out)
    assert [found["path"] for found in told["findings"]] == ["shop/pay.py"]
    assert [item["path"] for item in told["coverage"]["failed"]] == ["greet.py"]


def impatient(repo: Path) -> Path:
    write(repo, {"impatient.yml": "timeout: 2\n"})
    return repo / "impatient.yml"


def test_a_bad_answer_gets_one_more_try_with_what_was_wrong(repo: Path, capsys: Any) -> None:
    bad = {"analysis": "x", "findings": [finding(severity="catastrophic")]}
    with ModelServer(reply=[json.dumps(bad), on_pay], schema="ignored") as server:
        assert review(repo, server, "--concurrency", "1") == 0
    retry = next(request for request in server.requests if "can't be used" in request.prompt)
    assert "findings.0.severity" in retry.prompt
    assert [message["role"] for message in retry.body["messages"]] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere..topic"], "unknown revision: nowhere"),
        (["--", "--output=x"], "unknown revision: --output=x"),
        (["main..topic", "--staged"], "give one of RANGE, --diff and --staged"),
        (["--diff", "missing.patch"], "can't read the patch missing.patch: No such file or directory"),
        (["--diff", "prose.txt"], "this is no patch: no file header and no hunk was found in it"),
        (["--diff", "cut.patch"], "the patch is truncated: it ends inside a hunk of greet.py"),
        (["--repo", "elsewhere"], "no such directory: elsewhere"),
        (["--config", "typo.yml"], "typo.yml:2: unknown key `max_coments`"),
        (["--config", "type.yml"], "type.yml:1: `max_comments`: input should be a valid integer"),
        (["--config", "broken.yml"], "broken.yml:2: this is no YAML"),
        (["--output", "no/such/folder/out.json"], "can't write no/such/folder/out.json"),
        (["--concurrency", "many"], "Invalid value for '--concurrency'"),
        (["--fail-on", "awful"], "Invalid value for '--fail-on'"),
        (["--concurrency", "0"], "--concurrency: `concurrency`: input should be greater than or equal to 1"),
        (["--model", "recorded:nothing.jsonl"], "can't read the recording nothing.jsonl"),
        (["--model", "devstral"], "no server is named to ask devstral of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_a_sentence_and_exit_2(
    repo: Path, server: ModelServer, capsys: Any, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(repo)
    patch = git(repo, "diff", "main", "topic", "--", "greet.py")
    write(
        repo,
        {
            "prose.txt": "Dear all,\nplease find enclosed nothing.\n",
            "cut.patch": patch[: patch.index("+    return")],
            "typo.yml": "language: German\nmax_coments: 3\n",
            "type.yml": "max_comments: lots\n",
            "broken.yml": "a: [1,\nb: 2",
        },
    )
    options = [] if "--model" in arguments else ["--base-url", server.base_url]
    assert main(["review", *options, *arguments]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
    assert "Traceback" not in told.err
    assert server.requests == []


def test_no_merge_base_and_no_repository_are_bad_input(
    repo: Path, server: ModelServer, tmp_path: Path, capsys: Any
) -> None:
    git(repo, "checkout", "--quiet", "--orphan", "alone")
    git(repo, "commit", "--quiet", "--message", "alone")
    assert review(repo, server, revisions="main..alone") == 2
    assert "no merge base of" in capsys.readouterr().err
    assert review(tmp_path, server) == 2
    assert f"not a git repository: {tmp_path}" in capsys.readouterr().err


def test_a_server_that_isnt_there_is_exit_3(repo: Path, capsys: Any) -> None:
    assert main(["review", "main..topic", "--repo", str(repo), "--base-url", "http://127.0.0.1:9/v1"]) == 3
    told = capsys.readouterr()
    assert "no model server answers at http://127.0.0.1:9/v1" in told.err
    assert told.out == ""


def test_a_model_that_isnt_there_is_bad_input_with_those_that_are(repo: Path, server: ModelServer, capsys: Any) -> None:
    assert review(repo, server, "--model", "nope") == 2
    assert f"It has: {server.model}." in capsys.readouterr().err


def test_a_server_comes_from_the_environment_or_the_file_of_the_repository(
    repo: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(reply=on_pay, api_key="sesame") as server:
        write(repo, {".github/patchwright.yml": f"base_url: {server.base_url}\n"})
        monkeypatch.setenv("PATCHWRIGHT_API_KEY", "sesame")
        assert main(["review", "main..topic", "--repo", str(repo)]) == 0
        monkeypatch.setenv("PATCHWRIGHT_BASE_URL", "http://127.0.0.1:9/v1")
        assert main(["review", "main..topic", "--repo", str(repo)]) == 3
    assert "sesame" not in capsys.readouterr().err


def test_a_change_cant_set_the_rules_of_its_own_review(repo: Path, server: ModelServer, capsys: Any) -> None:
    commit(repo, {".github/patchwright.yml": "ignore: ['*.py']\nbase_url: http://attacker.example/v1\n"}, "sneaky")
    assert review(repo, server, "--format", "json") == 0
    told = capsys.readouterr()
    assert len(as_json(told.out)["findings"]) == 1
    assert "it is read as it was before the change" in told.err


def test_a_recording_replays_the_same_review_without_a_server(
    repo: Path, server: ModelServer, tmp_path: Path, capsys: Any
) -> None:
    tape = tmp_path / "tape.jsonl"
    review(repo, server, "--format", "json", "--record", str(tape))
    live = as_json(capsys.readouterr().out)
    command = ["review", "main..topic", "--repo", str(repo), "--model", f"recorded:{tape}", "--format", "json"]
    assert main(command) == 0
    replayed = as_json(capsys.readouterr().out)
    assert replayed["usage"].pop("server") == "recorded"
    live["usage"].pop("server")
    for result in (live, replayed):
        result["usage"].pop("seconds")
    assert replayed == live


def test_ctrl_c_ends_within_a_second_with_what_was_found(repo: Path, tmp_path: Path) -> None:
    def reply(request: Any) -> Any:
        return on_pay(request) if "account.balance -= amount" in request.prompt or request.max_tokens == 1 else Hang()

    with ModelServer(reply=reply) as server:
        command = ["review", "main..topic", "--repo", str(repo), "--base-url", server.base_url, "--format", "json"]
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        deadline = time.monotonic() + 20
        while len(server.requests) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        interrupted = time.monotonic()
        out, err = process.communicate(timeout=10)
        took = time.monotonic() - interrupted
    assert process.returncode == 130
    told = as_json(out.decode())
    assert [found["path"] for found in told["findings"]] == ["shop/pay.py"]
    assert told["coverage"]["failed"] == [{"path": "greet.py", "hunks": 1, "reason": "interrupted"}]
    assert took < 5, "a second is the promise; the machine that tests may be busy"
    assert b"Traceback" not in err


def test_ctrl_c_before_anything_was_asked_says_so(repo: Path) -> None:
    with ModelServer(kind="llama.cpp", loading=10_000) as server:
        command = ["review", "main..topic", "--repo", str(repo), "--base-url", server.base_url]
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        deadline = time.monotonic() + 20
        while not server.paths and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, b"")
    assert b"interrupted" in err
    assert b"Traceback" not in err


def test_the_version_is_quick_because_nothing_heavy_is_imported() -> None:
    code = "import bot.cli, sys; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"openai", "httpx2", "pydantic", "yaml", "rich", "unidiff", "tenacity", "xllamacpp", "asyncio", "github"}
    assert not heavy & set(re.findall(r"\w+", loaded))


def test_config_show_says_where_each_value_came_from(repo: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repo, {".github/patchwright.yml": "# ours\nmax_comments: 7\n"})
    monkeypatch.setenv("PATCHWRIGHT_MODEL", "devstral")
    monkeypatch.setenv("PATCHWRIGHT_API_KEY", "sesame")
    assert main(["config", "show", "--repo", str(repo)]) == 0
    told = capsys.readouterr().out
    rows = {line.split()[0]: line.split()[1:] for line in told.splitlines()}
    assert rows["max_comments"] == ["7", ".github/patchwright.yml:2"]
    assert rows["model"] == ["'devstral'", "PATCHWRIGHT_MODEL"]
    assert rows["language"][-1] == "default"
    assert "sesame" not in told


def test_config_check_finds_the_nearest_right_key(repo: Path, capsys: Any) -> None:
    write(repo, {".github/patchwright.yml": "language: German\nbaseurl: x\n"})
    assert main(["config", "check", "--repo", str(repo)]) == 2
    told = capsys.readouterr().err
    assert ".github/patchwright.yml:2: unknown key `baseurl`" in told
    assert "Did you mean `base_url`?" in told


def test_the_config_schema_is_a_schema_and_takes_a_good_file(capsys: Any) -> None:
    assert main(["config", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema_rs.validate(schema, {"max_comments": 3, "ignore": ["docs/"], "fail_on": "high"})
    with pytest.raises(ValueError, match="max_coments"):
        jsonschema_rs.validate(schema, {"max_coments": 3})


def test_a_missing_engine_is_told_before_a_gigabyte_is_fetched_for_it(tmp_path: Path) -> None:
    code = "import sys; sys.modules['xllamacpp'] = None; from bot.cli import main; sys.exit(main(['demo']))"
    environment = {**os.environ, "PATCHWRIGHT_CACHE": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "the embedded model needs xllamacpp" in done.stderr
    assert "--base-url" in done.stderr
    assert not (tmp_path / "cache").exists()
