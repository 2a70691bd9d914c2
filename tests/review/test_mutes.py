"""What a repository has silenced for good."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot.review.findings import Category
from bot.review.mutes import Mute, muted_by

PRINT = "0123456789abcdef"


def muted(*mutes: Mute, path: str = "src/pay.py", category: Category = Category.BUG) -> str:
    found = muted_by(path, category, PRINT, mutes)
    return found.reason if found else "not muted"


def test_a_finding_that_meets_all_that_a_rule_names_is_muted():
    assert muted(Mute(path="src/", reason="a")) == "a"
    assert muted(Mute(path="*.py", category=Category.BUG, reason="b")) == "b"
    assert muted(Mute(fingerprint=PRINT, reason="c")) == "c"
    assert muted(Mute(category=Category.BUG, reason="d")) == "d"


@pytest.mark.parametrize(
    "mute",
    [
        Mute(path="docs/"),
        Mute(path="/pay.py"),
        Mute(path="src/", category=Category.DOCS),
        Mute(path="docs/", category=Category.BUG),
        Mute(fingerprint="f" * 16),
        Mute(path="src/", fingerprint="f" * 16),
    ],
)
def test_one_that_differs_in_a_part_isnt(mute: Mute):
    assert muted(mute) == "not muted"
    assert muted() == "not muted"


def test_the_first_rule_that_fits_is_the_reason():
    assert muted(Mute(path="docs/", reason="a"), Mute(path="src/", reason="b"), Mute(path="*", reason="c")) == "b"


def test_a_name_that_isnt_utf8_is_matched_as_it_is_shown():
    assert muted(Mute(path="caf*.py", reason="a"), path="caf\udce9.py") == "a"
    assert muted(Mute(path="*xe9.py", reason="a"), path="caf\udce9.py") == "a"


@pytest.mark.parametrize(
    "wrong", [{}, {"reason": "x"}, {"path": "!"}, {"path": "\\"}, {"path": "x", "paths": "y"}, {"category": "x"}]
)
def test_a_rule_that_says_nothing_or_nonsense_is_refused(wrong: dict[str, str]):
    with pytest.raises(ValidationError):
        Mute.model_validate(wrong)
