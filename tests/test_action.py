"""action.yml: what it declares, its scripts as a runner starts them, and what the linters of GitHub's files say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import yaml

from bot.action import _FLAGS
from bot.config import FILE_ONLY, PREFIX, Settings
from tests.example import commit
from tests.pulls.stage import stage

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EXAMPLES = sorted((ROOT / "docs" / "workflows").glob("*.yml"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"] if "id" in step}
OUTER = ("ACTIONS_", "GITHUB_", "INPUT_", "PATCHWRIGHT_", "RUNNER_")  # a runner's, where CI runs these tests
SHADOWS = ("bot", "click", "json", "pip", "pydantic", "sitecustomize", "usercustomize", "venv")
PINNED = r"[\w-]+/[\w-]+(/[\w-]+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+"
# Inputs that aren't settings: credentials, what the action itself does, and how it is installed.
OWN = {
    "github-token", "api-key", "app-id", "app-key", "config", "post", "full", "review-file", "artifact",
    "artifact-name", "install", "index-url", "python",
}  # fmt: skip


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
    return modules | {".python-version": "no-such-python\n", "uv.toml": "no-such-key = 1\n"}


def test_every_input_is_documented_and_means_a_setting_or_is_the_actions_own() -> None:
    settings = {name.replace("_", "-") for name in Settings.model_fields if name not in FILE_ONLY}
    assert set(ACTION["inputs"]) <= settings | OWN
    assert set(ACTION["inputs"]) >= OWN
    told = (*ACTION["inputs"].values(), *ACTION["outputs"].values())
    assert all(" ".join(each["description"].split()).endswith(".") for each in told)


def test_every_input_reaches_a_script_under_its_name() -> None:
    handed = {value: name for step in STEPS.values() for name, value in step["env"].items()}
    special = {"github-token": "GITHUB_TOKEN", "index-url": "INPUT_INDEX_URL", "python": "INPUT_PYTHON"}
    text = (ROOT / "action.yml").read_text()
    for name in ACTION["inputs"]:
        if name in ("artifact", "artifact-name", "install"):
            assert f"inputs.{name}" in text
        else:
            expected = special.get(name, PREFIX + name.replace("-", "_").upper())
            assert handed[f"${{{{ inputs.{name} }}}}"] == expected
    assert {"POST", "FULL"} == set(_FLAGS)


def test_every_output_is_one_that_the_step_sets() -> None:
    assert [*ACTION["outputs"]] == [
        "review-url", "findings", "highest-severity", "json-file", "sarif-file", "html-file", "fix-pr", "exit-code",
    ]  # fmt: skip
    for name, told in ACTION["outputs"].items():
        assert told["value"] == f"${{{{ steps.run.outputs.{name} }}}}"


def test_no_expression_stands_in_a_script_and_no_step_runs_in_the_checkout() -> None:
    for step in STEPS.values():
        assert "${{" not in step["run"]
        assert step["run"].startswith("set -euo pipefail\n")
        assert step["shell"] == "bash"
        assert step["working-directory"] == "${{ runner.temp }}"


def run_step(step: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A step of the action as `shell: bash` starts it."""
    script = folder / "step.sh"
    script.write_text(STEPS[step]["run"])
    told = {"GITHUB_ACTION_PATH": str(ROOT), "RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": str(folder / "output")}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", script]
    return subprocess.run(
        command, cwd=folder, env=environment(**told | variables), capture_output=True, text=True, check=False
    )


def test_no_code_of_the_checkout_runs(tmp_path: Path) -> None:
    """Neither from the folder that the step starts in, nor by a PYTHONPATH that points to it."""
    mark, runner = tmp_path / "executed", tmp_path / "runner"
    runner.mkdir()
    with stage(tmp_path) as scene:
        commit(scene.work, hostile(mark), "hostile")
        scene.repo.push("topic", scene.work)
        for name, text in hostile(mark).items():
            (runner / name).parent.mkdir(exist_ok=True)
            (runner / name).write_text(text)
        event = tmp_path / "event.json"
        event.write_text(json.dumps(scene.hub.event("pull_request", action="opened", pull=scene.pull, sender="ann")))
        python = venv_python(tmp_path)
        told = scene.environment(
            PYTHON=str(python), GITHUB_EVENT_NAME="pull_request", GITHUB_EVENT_PATH=str(event),
            GITHUB_WORKSPACE=str(scene.work), PYTHONPATH=str(scene.work), RUNNER_TEMP=str(runner),
        )  # fmt: skip
        done = run_step("run", runner, **told)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not mark.exists(), mark.read_text()
        assert len(scene.pull.threads) == 1


def venv_python(folder: Path) -> Path:
    """What the install step makes, made more quickly."""
    venv.EnvBuilder(symlinks=True).create(folder / "venv")
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "installed.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    return folder / "venv" / "bin" / "python"


def test_the_runner_takes_no_commands_from_what_is_printed(tmp_path: Path) -> None:
    with stage(tmp_path) as scene:
        assert scene.act() == 0
        first, *between, last = scene.log
        word = first.removeprefix("::stop-commands::")
        assert last == f"::{word}::"
        spoken = [line for line in "\n".join(between).split("\n") if line.startswith("::")]
        assert all(line in (f"::{word}::", f"::stop-commands::{word}") or "group" in line for line in spoken)


def test_a_python_that_is_missing_or_too_old_is_named(tmp_path: Path) -> None:
    for python in ("no-such-python", "/bin/false"):
        done = run_step("install", tmp_path, INPUT_PYTHON=python, INPUT_INDEX_URL="", UV_PYTHON_DOWNLOADS="never")
        assert done.returncode == 2
        assert "::error::Patchwright needs" in done.stdout


def test_without_an_installation_the_one_on_the_path_is_used(tmp_path: Path) -> None:
    command = tmp_path / "bin" / "patchwright"
    command.parent.mkdir()
    command.write_text('#!/bin/sh\necho "ran with $*"\n')
    command.chmod(0o755)
    done = run_step("run", tmp_path, PYTHON="", PATH=f"{command.parent}:{os.environ['PATH']}")
    assert (done.returncode, done.stdout) == (0, "ran with action\n")


def test_workflows_get_no_permission_that_their_jobs_do_not_ask_for() -> None:
    assert WORKFLOWS
    assert EXAMPLES
    for file in (*WORKFLOWS, *EXAMPLES):
        workflow = yaml.safe_load(file.read_text())
        assert workflow["permissions"] == {}, file.name
        for job in workflow["jobs"].values():
            assert set(job["permissions"]) <= {"contents", "pull-requests", "checks", "issues", "actions"}, file.name
            assert job["timeout-minutes"], file.name


def test_what_is_used_is_pinned_to_a_commit() -> None:
    for file in (ROOT / "action.yml", *WORKFLOWS, *EXAMPLES):
        used = re.findall(r"uses: (.+)", file.read_text())
        assert used, file.name
        ours = ("./", "OWNER/patchwright@COMMIT")
        assert all(name.startswith(ours) or re.fullmatch(PINNED, name) for name in used), file.name


def test_no_workflow_checks_out_a_strangers_head_with_rights() -> None:
    for file in (*WORKFLOWS, *EXAMPLES):
        text = file.read_text()
        assert "allow-unsafe-pr-checkout" not in text
        triggers = yaml.safe_load(text)[True]  # YAML 1.1 reads `on` as a truth
        privileged = {"pull_request_target", "workflow_run", "issue_comment", "pull_request_review_comment"}
        if privileged & set(triggers if isinstance(triggers, (list, dict)) else [triggers]):
            assert "actions/checkout" not in text, file.name


@pytest.mark.parametrize(
    "command",
    [
        ["check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"],
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", "WORKFLOWS"],
        ["actionlint", "-config-file", ".github/actionlint.yaml", "WORKFLOWS"],
        ["zizmor", "--offline", "--no-config", "--persona=pedantic", "action.yml", "WORKFLOWS"],
    ],
    ids=["action-schema", "workflow-schema", "actionlint", "zizmor"],
)
def test_the_linters_of_github_files_are_content(command: list[str], tmp_path: Path) -> None:
    """The examples with a commit in the place of the word that stands for it."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for file in (*WORKFLOWS, *EXAMPLES):
        text = file.read_text().replace("OWNER/patchwright@COMMIT", f"acme/patchwright@{'c' * 40} # v0.1.0")
        (folder / f"{file.parent.name}-{file.name}").write_text(text)
    shutil.copy(ROOT / "action.yml", tmp_path)
    shutil.copy(ROOT / ".github" / "actionlint.yaml", tmp_path / ".github")
    name, *given = command
    arguments = [one for each in given for one in (sorted(folder.iterdir()) if each == "WORKFLOWS" else [each])]
    done = subprocess.run([tool(name), *arguments], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
