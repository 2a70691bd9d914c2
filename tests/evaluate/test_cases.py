"""Folders of cases, read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.diff.change import Side
from bot.errors import BadInput
from bot.evaluate.cases import Range, read_cases
from tests.evaluate.examples import PLACES, built, case, places

ONE = {"a.py": "x = 1\n"}, {"a.py": "x = 2\n"}


def test_a_folder_of_built_cases_is_read_in_order(tmp_path: Path) -> None:
    bug, clean = read_cases(built(tmp_path))
    assert (bug.id, bug.kind, bug.category, bug.base, bug.head) == ("bug", "bug", "logic", "base", "head")
    assert (bug.defects[0].ranges, bug.defects[0].topic) == (PLACES, "negative|guard")
    assert (clean.id, clean.kind, clean.defects) == ("clean", "clean", ())


def test_a_recipe_goes_before_the_truth_and_pr_json_says_the_commits(tmp_path: Path) -> None:
    folder = case(tmp_path / "cases", "one", *ONE, {"kind": "bug", "truth": places(*PLACES)})
    (folder / "pr.json").write_text(json.dumps({"base": "b" * 40, "head": "c" * 40, "title": "?"}))
    (tmp_path / "one.json").write_text(json.dumps({"message_regex": "guard", "ops": [1, 2]}))
    (read,) = read_cases(tmp_path / "cases", tmp_path)
    assert (read.base, read.head) == ("b" * 40, "c" * 40)
    assert (read.defects[0].topic, len(read.defects[0].ranges)) == ("guard", 2)


def test_each_comment_of_aacr_bench_is_a_defect_of_its_own(tmp_path: Path) -> None:
    told = {"path": "a.py", "side": "right", "from_line": 9, "to_line": 4, "note": "n", "context": "Diff Level"}
    comments = [
        told,
        told | {"side": "left", "from_line": 1, "to_line": 2},
        told | {"from_line": None, "to_line": None},
    ]
    case(tmp_path, "one", *ONE, {"source_commit": "head", "target_commit": "base", "comments": comments})
    (read,) = read_cases(tmp_path)
    assert read.kind == "bug"
    assert [defect.ranges for defect in read.defects] == [
        (Range("a.py", Side.RIGHT, 4, 9),),
        (Range("a.py", Side.LEFT, 1, 2),),
    ]


@pytest.mark.parametrize(
    ("truth", "why"),
    [
        ({"kind": "bug"}, "its truth names no lines"),
        ({"kind": "odd"}, "`kind`"),
        ({"kind": "bug", "truth": [{"path": "a.py", "side": "UP", "start": 1}]}, "`truth.0.side`"),
        ({"kind": "bug", "truth": places(*PLACES), "message_regex": "("}, "no regular expression"),
    ],
)
def test_a_case_that_is_not_right_is_named(tmp_path: Path, truth: dict[str, Any], why: str) -> None:
    case(tmp_path, "one", *ONE, truth)
    with pytest.raises(BadInput, match="case one") as caught:
        read_cases(tmp_path)
    assert why in str(caught.value)


def test_a_case_without_a_repository_does_not_find_the_one_around_it(repo: Path) -> None:
    (repo / "cases" / "one").mkdir(parents=True)
    (repo / "cases" / "one" / "truth.json").write_text('{"kind": "clean"}')
    with pytest.raises(BadInput, match="case one has no git repository"):
        read_cases(repo / "cases")


def test_no_cases_are_not_a_measurement(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there are no cases"):
        read_cases(tmp_path)
    with pytest.raises(BadInput, match="no such folder"):
        read_cases(tmp_path / "nowhere")
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "truth.json").write_text("[1")
    with pytest.raises(BadInput, match=r"truth\.json is no JSON"):
        read_cases(tmp_path)
