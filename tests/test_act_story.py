"""The story of a pull request through action.yml, installation and all, as a runner plays it: in act, which runs
workflows without Docker, against the fake GitHub and the fake model server. Triggers and permissions, which act doesn't
model, are asserted from the YAML in test_action.py.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.example import GREET, commit, git
from tests.pulls.stage import Stage, stage
from tests.pulls.test_stories import both
from tests.test_action import ROOT, environment, hostile, tool

UPLOAD = "actions/upload-artifact@330a01c490aca151604b8cf639adc76d48f6c5d4"
RUDE = "def greet(name):\n    return 'hey you'\n"
WORKFLOW = """
on: [pull_request, issue_comment]
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
          fail-on: critical
      - if: always()
        env:
          STEP: ${{ toJSON(steps.patchwright) }}
        run: |
          printf '%s' "$STEP" >"$TOLD/step.json"
"""
# In the place of upload-artifact, whose code isn't here: the reports lie where the test finds them.
STUB = """
name: stub
description: stub
inputs:
  name: {description: n}
  path: {description: p}
  overwrite: {description: o}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        FROM: ${{ inputs.path }}
      run: |
        mkdir -p "$TOLD/artifact"
        cp "$FROM"/* "$TOLD/artifact"
"""


class Act:
    """`run` has act play the workflow for an event, in a fresh folder each time."""

    def __init__(self, scene: Stage, mark: Path) -> None:
        self.scene, self.mark, self.told = scene, mark, scene.folder / "told"
        action, stub = scene.folder / "action", scene.folder / "upload"
        for name in ("bot", "prompts", "requirements", "action.yml"):  # all that it needs of this tree
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, action / name)
        stub.mkdir()
        (stub / "action.yml").write_text(STUB)
        self.local = [f"acme/patchwright@v0={action}", f"{UPLOAD}={stub}"]
        self.runs = 0

    def run(self, event: str, payload: dict[str, Any]) -> tuple[int, str]:
        """The exit code and the log. What the workflow left is in `told`."""
        self.runs += 1
        scene, here = self.scene, self.scene.folder / f"run-{self.runs}"
        shutil.rmtree(self.told, ignore_errors=True)
        self.told.mkdir()
        git(scene.folder, "clone", "--quiet", str(scene.work), str(here))
        git(here, "remote", "set-url", "origin", "https://github.com/acme/shop")  # act wants one; it is never asked
        (scene.folder / "workflow.yml").write_text(WORKFLOW)
        (scene.folder / "event.json").write_text(json.dumps(payload))
        urls = {"API": scene.hub.api_url, "GRAPHQL": scene.hub.graphql_url, "SERVER": scene.hub.server_url}
        command = [
            tool("act"), event, "--json", "--directory", here, "--workflows", scene.folder / "workflow.yml",
            "--eventpath", scene.folder / "event.json", "--platform", "ubuntu-latest=-self-hosted",
            "--action-cache-path", scene.folder / "act", "--no-cache-server", "--action-offline-mode",
            *(part for local in self.local for part in ("--local-repository", local)),
            "--var", f"BASE_URL={scene.model.base_url}", "--var", f"PYTHON={sys.executable}",
            "--secret", f"GITHUB_TOKEN={scene.token}", "--env", f"TOLD={self.told}",
            *(part for name, url in urls.items() for part in ("--env", f"GITHUB_{name}_URL={url}")),
        ]  # fmt: skip
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
        assert not self.mark.exists(), self.mark.read_text()
        assert scene.token not in done.stdout + done.stderr
        return done.returncode, done.stdout + done.stderr

    @property
    def step(self) -> Any:
        return json.loads((self.told / "step.json").read_text())


@pytest.fixture
def act(tmp_path: Path) -> Iterator[Act]:
    """A repository that would rather have code of its own run."""
    mark = tmp_path / "executed"
    with stage(tmp_path, reply=both, token={"contents": "write"}, files=hostile(mark)) as scene:
        yield Act(scene, mark)


@pytest.mark.act
def test_opened_pushed_commanded_and_rewritten(act: Act) -> None:
    scene = act.scene
    pull, hub = scene.pull, scene.hub

    code, log = act.run("pull_request", hub.event("pull_request", action="opened", pull=pull, sender="ann"))
    assert code == 0, log
    assert len(pull.threads) == len(pull.reviews) == len(pull.comments) == len(pull.check_runs) == 1
    assert act.step["outputs"]["findings"] == "1"
    assert act.step["outputs"]["highest-severity"] == "high"
    assert (
        act.step["outputs"]["review-url"] == f"{hub.server_url}/acme/shop/pull/1#pullrequestreview-{pull.reviews[0].id}"
    )
    artifact = sorted(file.name for file in (act.told / "artifact").iterdir())
    assert artifact == ["review.html", "review.json", "review.md", "review.sarif"]

    commit(scene.work, {"greet.py": RUDE}, "ruder")
    scene.repo.push("topic", scene.work)
    code, log = act.run("pull_request", hub.event("pull_request", action="synchronize", pull=pull, sender="ann"))
    assert code == 0, log
    assert [thread.path for thread in pull.threads] == ["shop/pay.py", "greet.py"]
    assert len(pull.comments) == 1

    comment = pull.comment("/patchwright review", by="maria")
    event = hub.event("issue_comment", action="created", comment=comment, sender="maria", repository=scene.repo)
    code, log = act.run("issue_comment", event)
    assert code == 0, log
    assert [reaction.content for reaction in comment.reactions] == ["eyes"]
    assert "was reviewed before" in pull.comments[-1].body

    git(scene.work, "reset", "--quiet", "--hard", "HEAD~1")
    commit(scene.work, {"greet.py": GREET.replace("hello", "good day")}, "kinder")
    scene.repo.push("topic", scene.work)
    code, log = act.run("pull_request", hub.event("pull_request", action="synchronize", pull=pull, sender="ann"))
    assert code == 0, log
    assert [thread.is_resolved for thread in pull.threads] == [False, True]
    assert "**1 finding**: 1 high." in pull.comments[0].body
    assert len(pull.reviews) == 2
