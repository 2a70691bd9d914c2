from __future__ import annotations

import json
from typing import Any

import pytest

from bot.cli import main
from bot.demo import PLANTED, change, compare
from bot.diff.change import Side
from bot.diff.parse import hunks_of
from bot.diff.place import Place
from bot.review.findings import Category, Finding, Severity


def finding(path: str, line: int, side: Side = Side.RIGHT) -> Finding:
    return Finding(path, Place(side, line, line), Severity.HIGH, Category.BUG, 0.9, "title", "body", "quote")


def test_every_planted_defect_is_in_the_change() -> None:
    lines = {
        (file.path, line.new): line.text for file in change().files for hunk in hunks_of(file) for line in hunk.lines
    }
    planted = {(defect.path, defect.line): lines[defect.path, defect.line] for defect in PLANTED}
    assert [text.strip()[:24] for text in planted.values()] == [
        "mailer.send(user.email, ",
        'f"SELECT id, total FROM ',
        "start = number * size",
        'file = open(path, "w", e',
    ]


def test_a_finding_near_a_planted_defect_counts_and_others_are_counted() -> None:
    told = compare([finding("shop/pages.py", 5), finding("shop/pages.py", 30), finding("shop/names.py", 5)])
    assert "found   shop/pages.py:6" in told
    assert "missed  shop/orders.py:8" in told
    assert "1 of 4 have a finding within 2 lines" in told
    assert "2 findings elsewhere." in told


@pytest.mark.demo
def test_the_real_model_reviews_the_demo(capsys: Any) -> None:
    """What it finds varies with the machine's arithmetic; that it answers every question in the schema doesn't."""
    assert main(["demo", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["coverage"] == {"reviewed": {"files": 6, "hunks": 6}, "skipped": [], "failed": []}
    assert told["usage"]["model"] == "Qwen2.5-Coder-1.5B-Instruct"
    assert told["usage"]["cached_tokens"] > 0
    assert told["findings"]
