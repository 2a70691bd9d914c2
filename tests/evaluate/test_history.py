"""Cases from a history that was written for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.diff.change import Side
from bot.evaluate.cases import Range, read_cases
from bot.evaluate.commits import Commit, kind_of, undone
from tests.evaluate.examples import GUARD
from tests.example import GREET, PAY, commit, git

BROKEN = PAY.replace(GUARD, "")
TEST = "def test_pay():\n    pay(a, 0)\n"


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """From the oldest commit on: a fix with a test, and one of everything that makes no case. Nobody writes into it."""
    repo = tmp_path_factory.mktemp("project")
    git(repo, "init", "--quiet", "--initial-branch", "main")
    commit(repo, {"shop/pay.py": BROKEN, "greet.py": GREET, "CHANGES.md": "1.0\n"}, "Start")
    fixed = {"shop/pay.py": PAY, "tests/test_pay.py": TEST, "CHANGES.md": "1.1: no negative payments\n"}
    commit(repo, fixed, "Fix payments of a negative amount")
    commit(repo, {"greet.py": GREET.replace("hello", "Hello")}, "Greet properly\n\nCloses #12")
    commit(repo, {"greet.py": GREET.replace("hello", "Hello").replace("name)", "name: str)")}, "Annotate greet()")
    commit(repo, {"shop/pay.py": PAY.replace("\n\n\n", "\n\n")}, "Reformat everything")
    commit(repo, {"shop/pay.py": PAY.replace("    ", "  ")}, "Fix the bug, closes #13")
    commit(repo, {"shop/pay.py": PAY, "tests/test_new.py": TEST}, "Fix flaky tests")
    commit(repo, {"shop/more.py": "x = 1\n", "tests/test_new.py": TEST * 2}, "Fix a crash by a new file")
    commit(repo, {"greet.py": GREET, "shop/pay.py": PAY + "# pay\n"}, "Fix a crash without a test")
    big = "".join(f"x{at} = {at}\n" for at in range(80))
    commit(repo, {"shop/more.py": big, "tests/test_new.py": TEST * 3}, "Fix a crash with many lines")
    wrong = commit(repo, {"shop/pay.py": BROKEN, "tests/test_new.py": TEST * 4}, "Fix a crash in pay()")
    commit(repo, {"shop/pay.py": PAY}, f'Revert "Fix a crash in pay()"\n\nThis reverts commit {wrong}.')
    commit(repo, {"CHANGES.md": "1.2\n"}, "Update the documentation")
    git(repo, "checkout", "--quiet", "-b", "side", "HEAD~3")
    commit(repo, {"side.py": "x = 1\n"}, "Go on")
    git(repo, "checkout", "--quiet", "main")
    git(repo, "merge", "--quiet", "--no-ff", "side", "--message", "Merge the fix of a bug, closes #14")
    return repo


def harvest(repo: Path, out: Path, *arguments: str) -> int:
    return main(["evaluate", "--from-history", "--repo", str(repo), "--cases", str(out), *arguments])


def text(repo: Path, name: str) -> str:
    return git(repo, "show", name) + "\n"


def test_the_fixes_and_the_harmless_change_are_found_and_the_rest_is_named(
    history: Path, tmp_path: Path, capsys: Any
) -> None:
    assert harvest(history, tmp_path / "cases") == 0
    told = capsys.readouterr().out
    cases = read_cases(tmp_path / "cases")
    assert {case.description.partition(": ")[2] for case in cases} == {
        "Fix payments of a negative amount",
        "Greet properly",
        "Annotate greet()",
    }
    assert [case.kind for case in cases] == ["bug", "bug", "clean"]
    assert "15 commits looked at: 2 bug cases and 1 clean case" in told
    for reason in (
        "a merge", "a revert", "it was reverted later", "formatting, by its words", "formatting only",
        "it adds, moves or deletes a source file", "a fix with neither a test nor an issue",
        "more than 60 changed lines outside of tests", "no source file changed", "no parent, or several",
    ):  # fmt: skip
        assert f"1  passed over: {reason}\n" in told
    assert "No code of the repository was run" in told


def test_a_fix_is_taken_back_without_its_test_and_its_changelog(history: Path, tmp_path: Path) -> None:
    harvest(history, tmp_path / "cases")
    case = next(case for case in read_cases(tmp_path / "cases") if "negative" in case.description)
    store = case.repository
    assert store == tmp_path / "cases" / "repository"
    assert text(store, f"{case.base}:shop/pay.py") == PAY
    assert text(store, f"{case.head}:shop/pay.py") == BROKEN
    assert git(store, "diff", "--name-only", case.base, case.head) == "shop/pay.py"
    for side in (case.base, case.head):
        assert git(store, "ls-tree", "-r", "--name-only", side).split() == ["CHANGES.md", "greet.py", "shop/pay.py"]
        assert text(store, f"{side}:CHANGES.md") == "1.0\n"
    assert case.defects[0].ranges == (Range("shop/pay.py", Side.RIGHT, 1, 2), Range("shop/pay.py", Side.LEFT, 2, 3))
    topic = case.defects[0].topic
    assert all(word in topic for word in ("negative", "amount", "nothing"))
    assert "return" not in topic


def test_a_clean_case_is_the_change_as_it_was_made(history: Path, tmp_path: Path) -> None:
    harvest(history, tmp_path / "cases")
    case = next(case for case in read_cases(tmp_path / "cases") if case.kind == "clean")
    assert "name)" in text(case.repository, f"{case.base}:greet.py")
    assert "name: str)" in text(case.repository, f"{case.head}:greet.py")
    assert json.loads((tmp_path / "cases" / case.id / "truth.json").read_text())["message_regex"] == ""


def test_the_limit_is_for_each_kind_and_a_second_harvest_changes_nothing(
    history: Path, tmp_path: Path, capsys: Any
) -> None:
    harvest(history, tmp_path / "cases", "--limit", "1")
    first = read_cases(tmp_path / "cases")
    assert [case.kind for case in first] == ["bug", "clean"]
    harvest(history, tmp_path / "cases", "--limit", "1")
    assert read_cases(tmp_path / "cases") == first
    assert "enough of its kind" not in capsys.readouterr().out


def test_nothing_is_checked_out_and_the_repository_stays_as_it_was(history: Path, tmp_path: Path) -> None:
    before = git(history, "for-each-ref"), git(history, "status", "--porcelain")
    harvest(history, tmp_path / "cases")
    assert (git(history, "for-each-ref"), git(history, "status", "--porcelain")) == before
    assert [each.name for each in (tmp_path / "cases" / "repository").iterdir()] == [".git"]


def test_a_date_bounds_it_and_nothing_found_is_said(history: Path, tmp_path: Path, capsys: Any) -> None:
    assert harvest(history, tmp_path / "cases", "--since", "@4000000000") == 0
    assert "0 commits looked at: 0 bug cases and 0 clean cases" in capsys.readouterr().out
    assert not (tmp_path / "cases").exists()


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Fix a crash on empty input", "bug"),
        ("fix(parser): a missing brace", "bug"),
        ("Handle empty input\n\nFixes: #12", "bug"),
        ("bugfix: off by one", "bug"),
        ("Fix typo", None),
        ("Fix some failing tests", None),
        ("fix mypy errors", None),
        ("docs: fix the example", None),
        ("Add a prefix", None),
        ("Refactor the parser", "clean"),
        ("Add type hints", "clean"),
        ("Add a feature", None),
    ],
)
def test_the_words_of_a_commit_say_what_it_is(message: str, kind: str | None) -> None:
    subject, _, body = message.partition("\n")
    assert kind_of(Commit("a" * 40, ("b" * 40,), subject, body)) == kind


def test_what_was_taken_back_is_known_by_its_id() -> None:
    assert undone([Commit("a", (), "Revert it", "This reverts commit ABC1234.")]) == {"abc1234"}
