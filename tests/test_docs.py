"""The documentation says what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bot.cli import main

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "AGENTS.md", "tests/README.md")]
PAGES += sorted((ROOT / "docs").glob("*.md"))


def test_the_help_and_the_configuration_in_the_docs_are_those_of_the_code() -> None:
    done = subprocess.run([sys.executable, "docs/reference.py", "--check"], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_docs_point_to_is_there(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r'\]\((?!https?:)([^)#]+)|src="([^"]+)"', text):
        assert (page.parent / (target[0] or target[1])).exists(), target
    for script in re.findall(r"scripts/[\w-]+", text):
        assert (ROOT / script).exists(), script


def test_ci_runs_the_readmes_test_command_and_the_lint_command() -> None:
    run = (ROOT / ".ci" / "run").read_text()
    assert "    scripts/test\n" in (ROOT / "README.md").read_text()
    assert re.search(r"^scripts/test$", run, re.MULTILINE)
    assert re.search(r"^scripts/lint$", run, re.MULTILINE)


def test_the_lock_files_name_versions_and_hashes_and_no_addresses() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        text = lock.read_text()
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")
        for requirement in project["dependencies"] if lock.name != "uv.txt" else ():
            name = re.split(r"[>=<]", requirement)[0].lower()
            assert re.search(rf"^{name}==", text, re.MULTILINE), f"{name} is not in {lock.name}"


def test_the_demo_in_the_docs_is_what_its_recording_gives(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--model", f"recorded:{ROOT / 'tests' / 'recordings' / 'demo.jsonl'}"]) == 0
    told = capsys.readouterr().out
    cost = re.compile(r"^Qwen2.*?s$", re.MULTILINE | re.DOTALL)  # the server's name and the seconds differ
    assert cost.sub("", told, count=1) == cost.sub("", (ROOT / "docs" / "demo.txt").read_text(), count=1)
    assert "findings: " in told
