"""Many Findings -> the few to show: once each, the worst and surest first."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diff.change import Side
from bot.diff.place import Place
from bot.review.findings import Category, Finding, Severity, Suggestion
from bot.review.rank import rank
from tests.odd_repository import unhurried

FINDING = Finding(
    path="f.py",
    place=Place(Side.RIGHT, 10, 12),
    severity=Severity.MEDIUM,
    category=Category.BUG,
    confidence=0.5,
    title="It breaks",
    body="It breaks here.",
    quote="x = y",
)


def at(start: int, end: int | None = None, side: Side = Side.RIGHT, **others: object) -> Finding:
    return replace(FINDING, place=Place(side, start, end or start), **others)  # type: ignore[arg-type]


def titles(findings: list[Finding]) -> list[str]:
    return [finding.title for finding in findings]


# ----------------------------------------------------------------------------------------------------- what is first


def test_the_worst_comes_first():
    found = [at(10 * rank_, severity=severity, title=severity) for rank_, severity in enumerate(reversed(Severity), 1)]
    assert titles(rank(found)) == ["critical", "high", "medium", "low"]


def test_severity_counts_more_than_confidence():
    sure = at(1, severity=Severity.LOW, confidence=1.0, title="low")
    unsure = at(9, severity=Severity.HIGH, confidence=0.1, title="high")
    assert titles(rank([sure, unsure])) == ["high", "low"]


def test_of_the_equally_bad_the_surest_comes_first():
    found = [
        at(1, confidence=0.2, title="maybe"),
        at(5, confidence=0.9, title="sure"),
        at(9, confidence=0.5, title="so so"),
    ]
    assert titles(rank(found)) == ["sure", "so so", "maybe"]


def test_of_the_equally_sure_the_order_is_that_of_the_files_and_lines():
    found = [
        at(9, title="b9", path="b"),
        at(2, title="b2", path="b"),
        at(10, title="b10", path="b"),
        at(99, title="a", path="a"),
    ]
    assert titles(rank(found)) == ["a", "b2", "b9", "b10"]


def test_what_is_too_unsure_is_dropped_and_the_threshold_itself_is_not():
    found = [
        at(1, confidence=0.3, title="below"),
        at(5, confidence=0.5, title="on it"),
        at(9, confidence=0.7, title="above"),
    ]
    assert titles(rank(found, min_confidence=0.5)) == ["above", "on it"]


def test_nothing_ranked_is_nothing():
    assert rank([]) == []


# --------------------------------------------------------------------------------------------------- what is the same


@pytest.mark.parametrize(
    ("start", "end"),
    [(10, 12), (11, 11), (1, 10), (12, 20), (1, 99)],
    ids=["same", "within", "above", "below", "around"],
)
def test_one_kind_of_defect_on_overlapping_lines_is_one(start: int, end: int):
    worse, twin = at(10, 12, severity=Severity.HIGH, title="kept"), at(start, end, title="twin")
    assert titles(rank([twin, worse])) == ["kept"]


@pytest.mark.parametrize(
    "other",
    [
        at(13, title="next line"),
        at(9, title="line before"),
        at(11, title="other kind", category=Category.SECURITY),
        at(11, title="other file", path="g.py"),
        at(11, title="other side", side=Side.LEFT),
        replace(FINDING, place=None, title="no place"),
    ],
    ids=lambda finding: finding.title,
)
def test_what_differs_in_place_or_kind_is_two(other: Finding):
    assert len(rank([FINDING, other])) == 2


def test_without_a_place_one_quote_is_one():
    one = replace(FINDING, place=None, quote="x  =  y", title="one")
    same = replace(FINDING, place=None, quote="x = y", title="two", severity=Severity.LOW)
    other = replace(FINDING, place=None, quote="x = z", title="three", severity=Severity.LOW)
    assert titles(rank([one, same, other])) == ["one", "three"]


def test_without_place_and_quote_the_title_tells_them_apart():
    found = [replace(FINDING, place=None, quote=" ", title=title) for title in ("One", "one", "Two")]
    assert len(rank(found)) == 2


def test_the_worse_one_s_words_are_kept_and_the_other_s_stand_as_evidence():
    worse = at(10, 12, severity=Severity.HIGH, confidence=0.4, body="worse", evidence=("seen",))
    surer = at(11, confidence=0.9, body="surer", evidence=("seen", "tried"), suggestion=Suggestion(11, 11, "x = z"))
    (kept,) = rank([surer, worse])
    assert (kept.severity, kept.body, kept.place) == (Severity.HIGH, "worse", Place(Side.RIGHT, 10, 12))
    assert kept.confidence == 0.9
    assert kept.evidence == ("seen", "surer", "tried")
    assert kept.suggestion == Suggestion(11, 11, "x = z")


def test_its_own_suggestion_is_kept():
    worse = at(10, severity=Severity.HIGH, suggestion=Suggestion(10, 10, "mine"))
    twin = at(10, suggestion=Suggestion(10, 10, "theirs"))
    (kept,) = rank([worse, twin])
    assert kept.suggestion == Suggestion(10, 10, "mine")


def test_the_same_words_are_no_evidence_for_themselves():
    (kept,) = rank([FINDING, FINDING, FINDING])
    assert kept == FINDING


def test_what_became_surer_by_its_twin_moves_up():
    first = at(50, severity=Severity.HIGH, confidence=0.7, title="first")
    doubted = at(10, severity=Severity.HIGH, confidence=0.5, title="doubted")
    twin = at(11, 10, severity=Severity.MEDIUM, confidence=0.9, title="twin")
    twin = replace(twin, place=Place(Side.RIGHT, 10, 11))
    assert [(finding.title, finding.confidence) for finding in rank([first, doubted, twin])] == [
        ("doubted", 0.9),
        ("first", 0.7),
    ]


# ------------------------------------------------------------------------------------------------------ properties

places = st.none() | st.builds(
    lambda side, start, length: Place(side, start, start + length),
    st.sampled_from(Side),
    st.integers(1, 12),
    st.integers(0, 3),
)
findings = st.lists(
    st.builds(
        Finding,
        path=st.sampled_from(["a.py", "b.py", "cafe\udce9"]),
        place=places,
        severity=st.sampled_from(Severity),
        category=st.sampled_from([Category.BUG, Category.TEST]),
        confidence=st.sampled_from([0.0, 0.2, 0.5, 0.5000001, 1.0]),
        title=st.sampled_from(["A", "B", "a"]),
        body=st.sampled_from(["one", "two", ""]),
        quote=st.sampled_from(["x", " x", "y", ""]),
        evidence=st.lists(st.sampled_from(["seen", "one"]), unique=True, max_size=2).map(tuple),
    ),
    max_size=8,
)


def overlap(one: Finding, other: Finding) -> bool:
    if (one.path, one.category) != (other.path, other.category) or one.place is None or other.place is None:
        return False
    return one.place.side is other.place.side and not (
        one.place.end < other.place.start or other.place.end < one.place.start
    )


@unhurried
@given(findings)
def test_no_two_that_stand_overlap(found: list[Finding]):
    ranked = rank(found)
    assert not any(overlap(one, other) for at_, one in enumerate(ranked) for other in ranked[:at_])


@unhurried
@given(findings)
def test_everything_that_was_said_is_said_by_what_stands(found: list[Finding]):
    ranked = rank(found)
    assert len(ranked) <= len(found)
    for finding in found:
        heirs = [kept for kept in ranked if (kept.path, kept.category) == (finding.path, finding.category)]
        assert any(finding.body in (kept.body, *kept.evidence) for kept in heirs)
        assert max(kept.confidence for kept in heirs) >= finding.confidence
        assert min(kept.severity.rank for kept in heirs) <= finding.severity.rank


@unhurried
@given(findings)
def test_what_stands_is_sorted_by_severity_then_confidence(found: list[Finding]):
    order = [(finding.severity.rank, -finding.confidence) for finding in rank(found)]
    assert order == sorted(order)


@unhurried
@given(findings)
def test_ranking_what_is_ranked_changes_nothing(found: list[Finding]):
    ranked = rank(found)
    assert rank(ranked) == ranked


@unhurried
@given(findings, st.randoms(use_true_random=False))
def test_the_order_in_which_they_were_found_does_not_matter(found: list[Finding], chance: random.Random):
    """Chunks are answered in any order, and two reviews of one change must read alike."""
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert rank(shuffled) == rank(found)


@unhurried
@given(findings, st.sampled_from([0.0, 0.2, 0.5, 1.0]))
def test_nothing_below_the_threshold_stands(found: list[Finding], threshold: float):
    assert rank(found, min_confidence=threshold) == rank([one for one in found if one.confidence >= threshold])
