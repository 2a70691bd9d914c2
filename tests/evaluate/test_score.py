"""Scores with known answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.diff.change import Change, FileDiff, Side, Status
from bot.diff.place import Place
from bot.evaluate.baselines import BASELINES, comments_by
from bot.evaluate.cases import Defect, Range
from bot.evaluate.metrics import BY_NAME, Estimate, difference, estimate
from bot.evaluate.runs import runs_of
from bot.evaluate.score import Comment, Row, failure, score
from bot.evaluate.suggested import objections
from bot.review.findings import Category, Cost, Coverage, Finding, Review, Severity, Suggestion
from tests.evaluate.examples import BUG, CLEAN, said

ROWS = [
    score(BUG, 4, [said(1, text="no guard"), said(50)]),
    score(replace(BUG, id="b2"), 4, [said(2)]),
    score(replace(BUG, id="b3"), 4, []),
    failure(replace(BUG, id="b4"), 4, "no answer"),
    score(CLEAN, 10, [said(1), Comment(None, "somewhere")]),
    score(replace(CLEAN, id="c2"), 10, []),
    failure(replace(CLEAN, id="c3"), 10, "no answer"),
]


def value(name: str, rows: list[Row]) -> float | None:
    return estimate(BY_NAME[name], rows).value


@pytest.mark.parametrize(
    ("comment", "hit"),
    [
        (said(1), True),
        (said(4), True),  # two lines below the truth
        (said(5), False),
        (said(3, 40), True),
        (said(5, side=Side.LEFT), True),
        (said(6, side=Side.LEFT), False),
        (said(1, path="shop/pay.pyi"), False),
        (Comment(None, "the guard is gone"), False),
    ],
)
def test_a_comment_hits_on_its_side_within_two_lines(comment: Comment, hit: bool) -> None:
    row = score(BUG, 4, [comment])
    assert (row.hit, row.overlapping) == (int(hit), int(hit))


def test_the_slack_goes_both_ways() -> None:
    far = replace(BUG, defects=(Defect((Range("a.py", Side.RIGHT, 10, 12),)),))
    assert [score(far, 1, [said(at, path="a.py")]).hit for at in (7, 8, 14, 15)] == [0, 1, 1, 0]


def test_only_a_comment_on_the_lines_explains_and_only_with_words_of_the_topic() -> None:
    assert score(BUG, 4, [said(1, text="A NEGATIVE amount adds money")]).explained == 1
    assert score(BUG, 4, [said(1, text="changed")]).explained == 0
    assert score(BUG, 4, [said(50, text="no guard")]).explained == 0
    assert score(BUG, 4, [said(1, text="changed"), said(50, text="no guard")]).explained == 0


def test_without_a_topic_nothing_can_be_explained() -> None:
    row = score(replace(BUG, defects=(replace(BUG.defects[0], topic=""),)), 4, [said(1, text="no guard")])
    assert (row.hit, row.explainable, row.explained) == (1, 0, 0)
    assert estimate(BY_NAME["explained_recall"], [row]) == Estimate(None, None, None, 0)


def test_the_numbers_are_those_that_a_hand_counts() -> None:
    assert value("recall", ROWS) == 2 / 4  # the failed one wasn't found
    assert value("explained_recall", ROWS) == 1 / 4
    assert value("false_alarms", ROWS) == 2 / 2  # the failed one isn't clean of alarms, it is left out
    assert value("clean_with_alarm", ROWS) == 1 / 2
    assert value("precision", ROWS) == 2 / 5
    assert value("precision_on_bugs", ROWS) == 2 / 3
    assert value("placed", ROWS) == 4 / 5
    assert value("comments_per_100_lines", ROWS) == 100 * 5 / 32


def test_of_nothing_there_is_no_number() -> None:
    assert all(estimate(metric, []) == Estimate(None, None, None, 0) for metric in BY_NAME.values())
    silent = [score(BUG, 4, [])]
    assert value("precision", silent) is None
    assert value("recall", silent) == 0


def test_intervals_are_the_same_each_time_and_hold_the_value() -> None:
    first, again = (estimate(BY_NAME["recall"], ROWS) for _ in range(2))
    assert first == again
    assert first.low is not None
    assert first.high is not None
    assert 0 <= first.low <= 0.5 <= first.high <= 1
    assert first.low < first.high


def test_a_difference_is_over_the_cases_that_both_have() -> None:
    better = [score(replace(BUG, id=row.case), 4, [said(1)]) for row in ROWS if row.kind == "bug"]
    told = difference(BY_NAME["recall"], better[:3], ROWS)
    assert told.cases == 3
    assert told.value == pytest.approx(1 - 2 / 3)
    same = difference(BY_NAME["recall"], ROWS, ROWS)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert difference(BY_NAME["recall"], [], ROWS).value is None


def test_reviewers_without_a_model_comment_on_runs_of_changed_lines() -> None:
    patch = b"@@ -1,6 +1,5 @@\n-a\n+b\n c\n-d\n-e\n f\n+g\n h\n"
    change = Change("b", "h", (FileDiff("a.py", "a.py", Status.MODIFIED, 2, 3, 1, patch),))
    runs = runs_of(change)
    lines = {
        name: [(one.where.start, one.where.end) for one in comments_by(baseline, runs) if one.where]
        for name, baseline in BASELINES.items()
    }
    assert lines == {
        "on every hunk": [(1, 1), (2, 2), (4, 4)],
        "on the first hunk": [(1, 1)],
        "where code shrinks": [(2, 2)],
        "silent": [],
    }


@pytest.mark.parametrize(
    ("patch", "removed", "right"),
    [
        (b"@@ -1,3 +1,1 @@\n-a\n-b\n c\n", 2, (1, 1)),  # at the top: the line that is the first one now
        (b"@@ -1,3 +1,2 @@\n a\n-b\n c\n", 1, (1, 2)),  # in the middle: the two that meet
        (b"@@ -1,2 +1,1 @@\n a\n-b\n", 1, (1, 1)),  # at the end: what is left above
    ],
)
def test_the_place_of_lines_that_are_gone_is_where_the_others_meet(
    patch: bytes, removed: int, right: tuple[int, int]
) -> None:
    change = Change("b", "h", (FileDiff("a.py", "a.py", Status.MODIFIED, 0, removed, 1, patch),))
    (run,) = runs_of(change)
    assert (run.right.start, run.right.end) == right
    assert run.left


def test_suggestions_are_kept_or_dropped_with_a_reason() -> None:
    patch = b"@@ -1,2 +1,2 @@\n-a\n+b\n c\n"
    change = Change("b", "h", (FileDiff("a.py", "a.py", Status.MODIFIED, 1, 1, 1, patch),))
    plain = Finding("a.py", Place(Side.RIGHT, 1, 1), Severity.LOW, Category.BUG, 0.9, "t", "b", "b")
    suggestions = [Suggestion(1, 1, "d"), Suggestion(1, 2, "e"), Suggestion(2, 2, "c"), Suggestion(9, 9, "f"), None]
    findings = tuple(replace(plain, suggestion=one) for one in suggestions)
    review = Review(change, Coverage(1, 1), findings, (), 4, "", Cost("m", "s", 1, 1, 0, 1, 1.0))
    told = objections(review)
    assert told == [
        "",
        "it overlaps another suggestion",
        "it changes nothing",
        "its lines aren't all in one hunk",
    ]
    row = score(CLEAN, 2, [], objections=[*told, "it changes nothing"])
    assert (row.kept, row.dropped["it changes nothing"], sum(row.dropped.values())) == (1, 2, 4)
