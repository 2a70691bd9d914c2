"""What the standing Findings mean: the review's event, the check's conclusion, the notes on lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.config import Settings
from bot.diff.change import Change, Failed, Side
from bot.diff.place import Place
from bot.pulls.plan import Plan, Row
from bot.pulls.verdict import MESSAGE, TITLE, conclusion, event_of, fails, notes_of
from bot.review.findings import Category, Cost, Coverage, Review, Severity
from bot.review.forge import Annotation

ROW = Row("k", Severity.HIGH, Category.BUG, "It breaks", "f.py", Place(Side.RIGHT, 3, 4), "Because.")
NOWHERE = replace(ROW, place=None)
READ = Coverage(1, 1)
HOLES = Coverage(1, 1, (), (Failed("g.py", 1, "no answer"),))


def review(coverage: Coverage = READ) -> Review:
    return Review(Change("b", "h", ()), coverage, (), (), 0, "", Cost("m", "s", 1, 1, 0, 1, 1.0))


def test_what_is_severe_enough_and_has_a_place_fails():
    assert fails([ROW], Severity.HIGH)
    assert fails([ROW], Severity.LOW)
    assert not fails([ROW], Severity.CRITICAL)
    assert not fails([NOWHERE], Severity.LOW)
    assert not fails([ROW], None)
    assert not fails([], Severity.LOW)


def test_unless_more_is_asked_for_a_review_only_comments():
    for current in (Plan(), Plan(told=(ROW,))):
        assert event_of(review(), current, Settings()) == "COMMENT"


def test_changes_are_requested_where_the_configuration_says_so():
    strict = Settings(request_changes=Severity.HIGH)
    assert event_of(review(), Plan(kept=(ROW,)), strict) == "REQUEST_CHANGES"
    assert event_of(review(), Plan(told=(replace(ROW, severity=Severity.LOW),)), strict) == "COMMENT"


@pytest.mark.parametrize(
    ("coverage", "current"),
    [(HOLES, Plan()), (Coverage(0, 0), Plan()), (READ, Plan(told=(ROW,))), (READ, Plan(told=(NOWHERE,)))],
)
def test_only_what_was_read_and_is_clean_is_approved(coverage: Coverage, current: Plan):
    assert event_of(review(), Plan(), Settings(approve=True)) == "APPROVE"
    assert event_of(review(coverage), current, Settings(approve=True)) == "COMMENT"


def test_a_check_with_holes_in_it_is_no_success():
    assert conclusion(review(), Plan(), None) == "success"
    assert conclusion(review(HOLES), Plan(), None) == "neutral"
    assert conclusion(review(HOLES), Plan(told=(ROW,)), Severity.HIGH) == "failure"
    assert conclusion(review(), Plan(told=(ROW,)), Severity.CRITICAL) == "success"


def test_each_finding_on_lines_that_are_there_has_a_note():
    removed = replace(ROW, place=Place(Side.LEFT, 1, 1))
    assert notes_of(Plan(told=(ROW, NOWHERE, removed))) == [
        Annotation("f.py", 3, 4, "failure", "high bug: It breaks", "Because.")
    ]
    assert notes_of(Plan(told=(replace(ROW, body="", severity=Severity.MEDIUM),)))[0].message == "It breaks"


@pytest.mark.parametrize("letter", ["x", "ü", "語", "😀", "\n", "\x1b", "\u202e", "\ud800"])
def test_a_note_keeps_to_githubs_limits_in_any_script(letter: str):
    (note,) = notes_of(Plan(told=(replace(ROW, title=letter * 999, body=letter * 99_999),)))
    assert len(note.title) <= TITLE
    assert len(note.message.encode()) <= MESSAGE
    assert "\n" not in note.title
    assert not {"\x1b", "\u202e"} & {*note.title, *note.message}
