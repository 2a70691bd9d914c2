"""What the model is shown around a hunk, on request: from a repository, and through the API."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli import main
from tests.example import PAY, commit, example, git, on_pay
from tests.fakes.model_server import ModelServer
from tests.pulls.stage import stage
from tests.pulls.test_stories import push

LONG = "def long(account):\n" + "".join(f"    step_{number} = account.step({number})\n" for number in range(30))
CHANGED = LONG.replace("step_15 = account.step(15)", "step_15 = refund(account, 15)")


@pytest.fixture
def tangled(tmp_path: Path) -> Path:
    """A repository in which the head calls another file's function from the middle of a long one."""
    repo = example(tmp_path)
    commit(repo, {"shop/long.py": LONG, "shop/pay.py": PAY}, "long")
    commit(repo, {"shop/long.py": CHANGED}, "changed")
    return repo


def prompts(repo: Path, around: str) -> str:
    (repo / ".github").mkdir(exist_ok=True)
    (repo / ".github" / "patchwright.yml").write_text(f"around: [{around}]\n")
    with ModelServer(reply=on_pay) as server:
        assert main(["review", "HEAD~1..HEAD", "--repo", str(repo), "--base-url", server.base_url]) == 0
        return "".join(request.prompt for request in server.requests)


def test_by_default_the_hunk_stands_alone(tangled: Path) -> None:
    told = prompts(tangled, "")
    assert "The code around it" not in told
    assert "def long(account)" not in told.split("File: shop/long.py")[1].replace("@@ def long(account):", "")


def test_the_scope_is_the_function_around_the_hunk(tangled: Path) -> None:
    told = prompts(tangled, "scope")
    around = told.split("The code around it, as it will be:")[1]
    assert "    1   def long(account):" in around
    assert "   17       step_15 = refund(account, 15)" in around


def test_the_symbols_are_those_that_the_hunk_uses(tangled: Path) -> None:
    told = prompts(tangled, "symbols")
    assert "Elsewhere in the repository:" in told
    assert "shop/pay.py:8: def refund(account, amount)" in told, told.split("Elsewhere")[1]


def test_through_the_api_the_scope_comes_from_the_head(tmp_path: Path) -> None:
    with stage(tmp_path, reply=on_pay) as scene:
        git(scene.work, "checkout", "--quiet", "main")
        push(scene, {"shop/long.py": LONG}, branch="main")
        git(scene.work, "checkout", "--quiet", "topic")
        git(scene.work, "rebase", "--quiet", "main")
        push(scene, {"shop/long.py": CHANGED})
        assert scene.act(PATCHWRIGHT_AROUND="scope\nsymbols") == 0
        told = "".join(request.prompt for request in scene.model.requests)
        assert "   17       step_15 = refund(account, 15)" in told.split("The code around it, as it will be:")[1]
        assert not [request for request in scene.hub.requests if ".git/" in request.path]
