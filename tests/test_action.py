"""action.yml: its scripts as a runner starts them, all of it in act, and what the linters of GitHub's files say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli import main
from tests.example import answer, commit, example, finding, git, on_pay
from tests.fakes.model_server import ModelServer, Status

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"]}
OUTER = ("ACTIONS_", "EVENT_", "GITHUB_", "INPUT_", "PATCHWRIGHT_", "RUNNER_")  # a runner's, where CI runs these tests
SHADOWS = ("bot", "click", "ensurepip", "json", "pip", "pydantic", "sitecustomize", "usercustomize", "venv")


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OUTER)}
    return kept | more


def tool(name: str) -> str:
    """A command of the `lint` and `test` groups, from the environment that runs the tests."""
    found = shutil.which(name, path=Path(sys.executable).parent)
    assert found, f"{name} isn't installed beside {sys.executable}: see the groups in pyproject.toml"
    return found


def hostile(mark: Path) -> dict[str, str]:
    """Files that write `mark` when a Python takes them for the modules that it looks for."""
    code = f"open({str(mark)!r}, 'a').write(__file__ + '\\n')\n"
    modules = {f"{name}/{file}.py": code for name in SHADOWS for file in ("__init__", "__main__")}
    return modules | {".python-version": "no-such-python\n"}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a step of the action left behind."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str

    @property
    def review(self) -> Any:
        return json.loads(Path(self.outputs["json-file"]).read_text())


class Runner:
    """Starts steps of action.yml in `repo` as a runner does. What `install` makes is there, made more quickly."""

    def __init__(self, folder: Path, repo: Path) -> None:
        self.repo, self.folder = repo, folder / "patchwright.some-random-name"
        self._files = {name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        python = venv.EnvBuilder(symlinks=True)
        python.create(self.folder / "venv")
        (site,) = (self.folder / "venv" / "lib").glob("python*/site-packages")
        (site / "installed.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))

    def review(self, base: str = "", head: str = "", variables: dict[str, str] | None = None, **inputs: str) -> Ran:
        """`base` and `head` are those of a pull request's event."""
        given = {name: inputs.get(name.replace("-", "_"), "") for name in ACTION["inputs"]}
        told = {f"INPUT_{name.replace('-', '_').upper()}": value for name, value in given.items()}
        fixed = {name: value for name, value in STEPS["review"]["env"].items() if "${{" not in value}
        told |= {"EVENT_BASE": base, "EVENT_HEAD": head, "FOLDER": str(self.folder), "GITHUB_ACTION_PATH": str(ROOT)}
        return self.run("review", told | fixed | (variables or {}))

    def run(self, step: str, variables: dict[str, str]) -> Ran:
        for file in self._files.values():
            file.write_text("")
        script = self.folder / "step.sh"
        script.write_text(STEPS[step]["run"])
        told = {name: str(file) for name, file in self._files.items()} | variables
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", script]  # what `shell: bash` means
        done = subprocess.run(
            command, cwd=self.repo, env=environment(**told), capture_output=True, text=True, check=False
        )
        output, summary = (file.read_text() for file in self._files.values())
        return Ran(
            done.returncode,
            done.stdout + done.stderr,
            dict(line.split("=", 1) for line in output.splitlines()),
            summary,
        )


@pytest.fixture
def runner(tmp_path: Path, repo: Path) -> Runner:
    return Runner(tmp_path, repo)


def test_every_input_and_output_is_documented_and_every_input_is_used() -> None:
    assert [*ACTION["inputs"]] == [
        "base-url", "model", "api-key", "range", "config", "fail-on", "max-comments", "python",
    ]  # fmt: skip
    assert [*ACTION["outputs"]] == ["json-file", "findings", "exit-code"]
    assert all(told["description"].endswith(".") for told in (*ACTION["inputs"].values(), *ACTION["outputs"].values()))
    assert [name for name, told in ACTION["inputs"].items() if told.get("required")] == ["base-url"]
    handed = {value for step in STEPS.values() for value in step["env"].values()}
    assert {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]} <= handed


def test_no_expression_stands_in_a_script_and_no_action_of_others_is_used() -> None:
    for step in STEPS.values():
        assert "${{" not in step["run"]
        assert step["run"].startswith("set -euo pipefail\n")
        assert step["shell"] == "bash"
        assert "uses" not in step


def test_its_flags_are_flags_of_patchwright_review(capsys: Any) -> None:
    assert main(["review", "--help"]) == 0
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    (command,) = re.findall(r"^ .* -m bot review .*$", STEPS["review"]["run"], re.MULTILINE)
    calls = re.findall(r"^ +review .*$", STEPS["review"]["run"], re.MULTILINE)
    given = re.findall(r"options\S*\((--[a-z-]+)", STEPS["review"]["run"])
    used = {*given, *re.findall(r"--[a-z-]+", " ".join((command, *calls)))}
    assert used <= known
    assert used == {
        "--base-url", "--config", "--fail-on", "--format", "--max-comments", "--model", "--output", "--record",
    }  # fmt: skip


def test_a_finding_reaches_the_summary_the_json_file_the_outputs_and_the_exit_code(
    runner: Runner, server: ModelServer
) -> None:
    base, head = (git(runner.repo, "rev-parse", name) for name in ("main", "topic"))
    ran = runner.review(base, head, base_url=server.base_url, fail_on="high")
    assert ran.code == 1
    assert ran.outputs == {"json-file": str(runner.folder / "review.json"), "findings": "1", "exit-code": "1"}
    assert ran.review["findings"][0]["title"] == "A negative amount adds money"
    assert (ran.review["change"]["base"], ran.review["change"]["head"]) == (base, head)
    assert ran.summary.startswith("# Review\n\n1 finding: 1 high.")
    assert "### A negative amount adds money" in ran.summary


def test_the_model_is_asked_once_for_both_reports_and_no_recording_stays(runner: Runner, server: ModelServer) -> None:
    ran = runner.review(base_url=server.base_url)
    assert ran.code == 0
    assert len(server.requests) == ran.review["usage"]["requests"]
    assert ran.review["usage"]["server"] == "vllm"
    assert "recorded" not in ran.summary
    assert not list(runner.folder.glob("*.jsonl"))


def test_a_range_goes_before_the_event_and_without_both_it_is_what_head_brings(
    runner: Runner, server: ModelServer
) -> None:
    base, head = (git(runner.repo, "rev-parse", name) for name in ("main", "topic"))
    later = commit(runner.repo, {"later.py": "x = 1\n"}, "later")
    ends = []
    for event, revisions in (((base, head), f"{head}..{later}"), ((base, head), ""), (("", ""), "")):
        change = runner.review(*event, base_url=server.base_url, range=revisions).review["change"]
        ends.append((change["base"], change["head"]))
    assert ends == [(head, later), (base, head), (base, later)]


def test_every_other_input_reaches_the_review(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "house rules.yml").write_text("instructions: Mind the balance.\n")
    with ModelServer(reply=on_pay, api_key="a secret", model="a model") as server:
        ran = Runner(tmp_path, repo).review(
            base_url=server.base_url,
            api_key="a secret",
            model="a model",
            config=str(tmp_path / "house rules.yml"),
            max_comments="0",
        )
    assert ran.code == 0
    assert "Mind the balance." in server.requests[-1].prompt
    assert "<summary>1 more</summary>" in ran.summary


def test_what_a_failing_server_left_unread_is_told_and_the_rest_reported(runner: Runner) -> None:
    def reply(request: Any) -> Any:
        return Status(400, "no") if "dear" in request.prompt else on_pay(request)

    with ModelServer(reply=reply) as server:
        ran = runner.review(base_url=server.base_url, fail_on="high")
    assert ran.code == 3
    assert (ran.outputs["findings"], ran.outputs["exit-code"]) == ("1", "3")
    assert ran.review["coverage"]["failed"][0]["path"] == "greet.py"
    assert "- failed: greet.py (1 hunk): " in ran.summary
    assert ran.summary.endswith("Incomplete (exit code 3): the JSON report has every finding, 1 in all.\n")
    assert "1 hunk failed" in ran.log


def test_a_change_with_nothing_to_read_is_told_as_that(runner: Runner, server: ModelServer) -> None:
    commit(runner.repo, {"poetry.lock": "three\n"}, "lock")
    ran = runner.review(base_url=server.base_url, range="topic~1..topic")
    assert (ran.code, ran.outputs["findings"], len(server.requests)) == (0, "0", 0)
    assert "- skipped: poetry.lock (1 hunk): a lock file" in ran.summary


@pytest.mark.parametrize(
    ("inputs", "code", "says"),
    [
        ({"base_url": "http://127.0.0.1:9/v1"}, 3, "no model server answers at http://127.0.0.1:9/v1"),
        ({"base_url": ""}, 2, "::error::Patchwright needs the input base-url"),
        ({"base_url": "http://127.0.0.1:9/v1", "range": "--output=x"}, 2, "unknown revision: --output=x"),
        ({"base_url": "http://127.0.0.1:9/v1", "fail_on": "bad"}, 2, "'bad' is not one of"),
    ],
)
def test_a_run_that_reviewed_nothing_says_so(runner: Runner, inputs: dict[str, str], code: int, says: str) -> None:
    ran = runner.review(**inputs)
    assert ran.code == code
    assert says in ran.log
    assert ran.outputs == {"findings": "", "exit-code": str(code)}
    assert ran.summary == f"Patchwright reviewed nothing (exit code {code}); the log says why.\n"


def test_a_report_too_long_for_a_summary_is_named_there(repo: Path, tmp_path: Path) -> None:
    def reply(request: Any) -> dict[str, Any]:
        long = f"A blank{' ' * 1_000_000}is one token."
        return answer(finding(body=long)) if on_pay(request)["findings"] else answer()

    with ModelServer(reply=reply, schema="ignored", context=1_000_000) as server:
        ran = Runner(tmp_path, repo).review(base_url=server.base_url, fail_on="high")
    assert len(ran.review["findings"][0]["body"]) > 1_000_000
    assert ran.summary == "Findings: 1 (exit code 1), all in the JSON report.\n"


def test_the_runner_takes_no_commands_from_what_is_printed(runner: Runner, server: ModelServer) -> None:
    ran = runner.review(base_url=server.base_url, variables={"FORCE_COLOR": "1"})
    first, *printed, last = ran.log.splitlines()
    assert (first, last) == ("::stop-commands::patchwright.some-random-name", "::patchwright.some-random-name::")
    assert printed[-1] == "chunks drafted: 2 of 2"


def test_no_code_of_the_checkout_runs(runner: Runner, server: ModelServer, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    commit(runner.repo, hostile(mark), "hostile")
    ran = runner.review("main", "topic", base_url=server.base_url, variables={"PYTHONPATH": str(runner.repo)})
    assert (ran.code, ran.outputs["exit-code"]) == (0, "0")
    assert not mark.exists(), mark.read_text()


def test_a_python_that_is_missing_or_too_old_is_named(runner: Runner) -> None:
    for python in ("no-such-python", "/bin/false"):
        ran = runner.run("install", {"INPUT_PYTHON": python})
        assert ran.code == 2
        assert "::error::Patchwright needs Python 3.11 or newer" in ran.log


@pytest.mark.act
def test_the_whole_action_runs_in_act(tmp_path: Path, server: ModelServer) -> None:
    """Installation and all, as `acme/patchwright@v0`, on a repository that would rather have code of its own run."""
    mark, told = tmp_path / "executed", tmp_path / "told"
    event, repo = pull_request(tmp_path, mark)
    for name in ("bot", "prompts", "requirements", "action.yml"):  # all that it needs of this tree
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / "action" / name)
    told.mkdir()
    (tmp_path / "workflow.yml").write_text(WORKFLOW)
    done = subprocess.run(
        [
            tool("act"), "pull_request", "--json", "--directory", repo, "--workflows", tmp_path / "workflow.yml",
            "--eventpath", event, "--platform", "ubuntu-latest=-self-hosted", "--action-cache-path", tmp_path / "act",
            "--no-cache-server", "--action-offline-mode",
            "--local-repository", f"acme/patchwright@v0={tmp_path / 'action'}",
            "--var", f"BASE_URL={server.base_url}", "--var", f"PYTHON={sys.executable}", "--env", f"TOLD={told}",
        ],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not mark.exists(), mark.read_text()
    assert (told / "review.json").exists(), done.stdout + done.stderr
    log = [json.loads(line) for line in done.stdout.splitlines()]
    (summary,) = {line["content"] for line in log if line.get("command") == "summary"}  # told twice: step and action
    step = json.loads((told / "step.json").read_text())
    review = json.loads((told / "review.json").read_text())
    assert done.returncode == 1
    assert (step["outcome"], step["outputs"]["findings"], step["outputs"]["exit-code"]) == ("failure", "1", "1")
    assert review["findings"][0]["title"] == "A negative amount adds money"
    assert review["coverage"]["reviewed"] == {"files": 2, "hunks": 2}
    assert len(server.requests) == review["usage"]["requests"]
    assert "### A negative amount adds money" in summary


def pull_request(folder: Path, mark: Path) -> tuple[Path, Path]:
    """The event of one, and the repository: `example`, in which hostile files are as old as the rest."""
    repo = example(folder)
    git(repo, "checkout", "--quiet", "main")
    commit(repo, hostile(mark), "hostile")
    git(repo, "checkout", "--quiet", "topic")
    git(repo, "rebase", "--quiet", "main")
    git(repo, "remote", "add", "origin", "https://github.com/acme/shop")  # act wants one; it is never asked
    ends = {end: {"sha": git(repo, "rev-parse", branch)} for end, branch in (("base", "main"), ("head", "topic"))}
    event = folder / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 1, **ends}}))
    return event, repo


WORKFLOW = """
on: pull_request
jobs:
  review:
    runs-on: ubuntu-latest
    env:
      PYTHONPATH: ${{ github.workspace }}
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          fetch-depth: 0
          persist-credentials: false
      - id: patchwright
        uses: acme/patchwright@v0
        with:
          base-url: ${{ vars.BASE_URL }}
          python: ${{ vars.PYTHON }}
          fail-on: high
      - if: always()
        env:
          STEP: ${{ toJSON(steps.patchwright) }}
          JSON_FILE: ${{ steps.patchwright.outputs.json-file }}
        run: |
          printf '%s' "$STEP" >"$TOLD/step.json"
          cp "$JSON_FILE" "$TOLD/review.json"
"""


def test_workflows_get_no_permission_that_their_jobs_do_not_ask_for() -> None:
    assert WORKFLOWS
    for file in WORKFLOWS:
        workflow = yaml.safe_load(file.read_text())
        assert workflow["permissions"] == {}
        assert all(job["permissions"] == {"contents": "read"} for job in workflow["jobs"].values())
        assert all(job["timeout-minutes"] for job in workflow["jobs"].values())


def test_what_workflows_use_is_pinned_to_a_commit() -> None:
    for file in WORKFLOWS:
        used = re.findall(r"uses: (.+)", file.read_text())
        assert used
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", name) for name in used)


@pytest.mark.parametrize(
    ("command", "files"),
    [
        (["check-jsonschema", "--builtin-schema", "vendor.github-actions"], [ROOT / "action.yml"]),
        (["check-jsonschema", "--builtin-schema", "vendor.github-workflows"], WORKFLOWS),
        (["actionlint"], WORKFLOWS),
        (["zizmor", "--offline", "--no-config", "--persona=pedantic"], [ROOT / "action.yml", *WORKFLOWS]),
    ],
    ids=["action-schema", "workflow-schema", "actionlint", "zizmor"],
)
def test_the_linters_of_github_files_are_content(command: list[str], files: list[Path]) -> None:
    name, *arguments = command
    done = subprocess.run([tool(name), *arguments, *files], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
