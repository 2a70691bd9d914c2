"""Which Suggestions can be committed with a click, and the block that offers it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diff.change import Hunk, Line, Side
from bot.diff.place import Place
from bot.pulls.anchors import grid_of
from bot.pulls.suggestions import as_block, guarded, objection, read_block, replacement_lines
from bot.reports import safe
from bot.review.findings import Suggestion
from bot.review.forge import Listing
from tests.odd_repository import file_of, unhurried
from tests.reports.test_safe import TEXTS

SECRET = 'KEY = "ghp_' + "aB3" * 12 + '"'
LINES = ("one", "two", "three\r", SECRET, "caf\udce9", "if a\u202e == b:", "")
HUNK = Hunk(0, "", tuple(Line(None, at, text) for at, text in enumerate(LINES, 10)))
GRID = grid_of(Listing(tuple(file_of((HUNK,), path) for path in ("f.py", ".github/workflows/x.yml"))))


def against(
    replacement: str, start: int = 10, end: int = 0, *, path: str = "f.py", taken: tuple[Place, ...] = ()
) -> str:
    return objection(path, Suggestion(start, end or start, replacement), GRID, taken)


def test_a_change_of_lines_that_github_shows_can_be_committed():
    assert against("ONE") == ""
    assert against("ONE\nand a half", 10, 11) == ""
    assert against("", 10, 12) == ""
    assert against("THREE", 12) == ""


def test_what_changes_nothing_is_refused_by_github():
    for unchanged in (
        against("one"),
        against("three", 12),
        against("one\r\ntwo", 10, 11),
    ):
        assert unchanged == "it changes nothing"


@pytest.mark.parametrize(("start", "end"), [(9, 10), (16, 17), (99, 99), (11, 10), (10, 10**12)])
def test_lines_that_arent_in_a_hunk_cant_be_replaced(start: int, end: int):
    assert against("x", start, end) == "its lines aren't all in one hunk"


def test_what_overlaps_another_suggestion_cant_be_committed_in_one_batch():
    taken = (Place(Side.RIGHT, 11, 12),)
    assert against("x", 10, 11, taken=taken) == "it overlaps another suggestion"
    assert against("x", 12, 12, taken=taken) == "it overlaps another suggestion"
    assert against("x", 10, 10, taken=taken) == ""


@pytest.mark.parametrize(
    ("replacement", "why"),
    [
        ("x = '[masked]'", "it holds a masked secret"),
        ("a\rb", "it holds control characters"),
        ("a\x1b[31m", "it holds control characters"),
        ("a\0", "it holds control characters"),
        ("admin\u202e", "it holds hidden characters"),
        ("a\u200bb", "it holds hidden characters"),
        ("a\ud800", "it holds hidden characters"),
    ],
)
def test_what_a_reader_cant_see_isnt_committed_with_a_click(replacement: str, why: str):
    assert against(replacement) == why


@pytest.mark.parametrize("line", [13, 14, 15])
def test_a_line_that_couldnt_be_shown_as_it_is_isnt_replaced(line: int):
    """The model has seen `\\xe9` and `[masked]`, and would write just that."""
    assert against("x = 1", line) == "it replaces what can't be shown as it is"


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml", "sub/.github/x", "action.yml", "tools/action.yaml", "CODEOWNERS", "docs/CODEOWNERS",
        ".gitmodules", ".gitattributes", ".gitlab-ci.yml", ".githooks/pre-commit", ".husky/pre-push",
        ".circleci/config.yml", "Jenkinsfile", ".pre-commit-config.yaml",
        ".travis.yml", "azure-pipelines.yml", ".vscode/tasks.json",
    ],
)  # fmt: skip
def test_files_that_run_elsewhere_arent_changed_with_a_click(path: str):
    assert guarded(path)


def test_other_files_may_be():
    for path in ("f.py", "github/x.yml", "src/action.py", "my-action.yml", "docs/CODEOWNERS.md", "a.git/x", "x.github"):
        assert not guarded(path)
    assert against("x", path=".github/workflows/x.yml") == "files that run elsewhere aren't changed with a click"


# ------------------------------------------------------------------------------------------------------- the block


def test_the_block_is_what_github_offers_to_commit():
    assert as_block(Suggestion(1, 2, "a\n  b")) == "```suggestion\na\n  b\n```"
    assert as_block(Suggestion(1, 1, "a\r\nb")) == "```suggestion\na\nb\n```"
    assert as_block(Suggestion(1, 1, "")) == "```suggestion\n```"
    assert as_block(Suggestion(1, 1, "```\nx\n````")) == "`````suggestion\n```\nx\n````\n`````"


def test_a_block_is_read_back_from_among_words():
    body = f"**High bug: x**\n\nWords.\n\n{as_block(Suggestion(1, 1, 'a'))}\n\n<!-- patchwright:finding {{}} -->"
    assert read_block(body) == ["a"]
    assert read_block(body.replace("\n", "\r\n")) == ["a"]
    assert read_block("Words.") is None
    assert read_block("```python\nx\n```") is None


@pytest.mark.parametrize(
    "words",
    [
        "````\n```suggestion\nrm -rf /\n```\n````",
        "~~~~\n```suggestion\nrm -rf /\n```\n~~~~",
        "```suggestion\nrm -rf /\n```",
        "- ```suggestion\n  rm -rf /\n  ```",
        "    ```suggestion\n    rm -rf /\n    ```",
        "```Suggestion\nrm -rf /",
    ],
)
def test_a_block_that_a_model_has_quoted_isnt_read_for_ours(words: str):
    assert read_block(safe.prose(words)) is None
    assert read_block(f"{safe.prose(words)}\n\n{as_block(Suggestion(1, 1, 'ours'))}") == ["ours"]


LINES_OF_CODE = st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]), max_size=60)
FENCES = st.lists(st.sampled_from(["```", "````suggestion", "~~~", "x", "", " ", "\n", "    ", "`"]), max_size=9).map(
    "".join
)


@unhurried
@given(LINES_OF_CODE | FENCES, TEXTS)
def test_any_lines_come_back_from_their_block_whatever_stands_before(replacement: str, before: str):
    suggestion = Suggestion(1, 1, replacement)
    body = f"{safe.prose(before)}\n\n{as_block(suggestion)}\n\n<!-- patchwright:finding {{}} -->"
    assert read_block(body) == replacement_lines(suggestion)
