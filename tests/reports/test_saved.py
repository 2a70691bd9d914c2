"""The JSON report read back: all of a review that it holds, or one sentence on why it isn't one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diff.change import Change, Failed, FileDiff, Side, Skipped, Status
from bot.diff.place import Place
from bot.errors import BadInput
from bot.reports.json import as_json
from bot.reports.saved import LARGEST, read_review, without_suggestions
from bot.review.findings import Category, Cost, Coverage, Finding, Review, Severity, Suggestion
from tests.odd_repository import unhurried

COUNTS = st.integers(0, 10**6)
WORDS = st.text(max_size=20)
PATHS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
LINES = st.tuples(st.integers(1, 99), st.integers(0, 9)).map(lambda lines: (lines[0], sum(lines)))
PLACES = st.builds(lambda side, lines: Place(side, *lines), st.sampled_from(Side), LINES)


def findings(places: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Finding, ...]]:
    suggestions = st.none() | st.builds(lambda lines, text: Suggestion(*lines, text), LINES, WORDS)
    one = st.builds(
        Finding,
        path=PATHS,
        place=places,
        severity=st.sampled_from(Severity),
        category=st.sampled_from(Category),
        confidence=st.floats(0, 1),
        title=WORDS,
        body=WORDS,
        quote=WORDS,
        evidence=st.lists(WORDS, max_size=2).map(tuple),
        suggestion=suggestions,
        scope=WORDS,
    )
    return st.lists(one, max_size=3).map(tuple)


UNREAD = st.tuples(PATHS, COUNTS, WORDS)
FILES = st.builds(
    lambda path, status, added, removed, hunks: FileDiff(path, path, status, added, removed, hunks),
    PATHS, st.sampled_from(Status), COUNTS, COUNTS, COUNTS,
)  # fmt: skip
REVIEWS = st.builds(
    Review,
    change=st.builds(Change, WORDS, WORDS, st.lists(FILES, max_size=3).map(tuple)),
    coverage=st.builds(
        Coverage, COUNTS, COUNTS,
        st.lists(UNREAD, max_size=2).map(lambda items: tuple(Skipped(*item) for item in items)),
        st.lists(UNREAD, max_size=2).map(lambda items: tuple(Failed(*item) for item in items)),
    ),
    findings=findings(PLACES),
    unplaced=findings(st.none()),
    shown=st.just(0),
    summary=WORDS,
    cost=st.builds(Cost, WORDS, WORDS, COUNTS, COUNTS, COUNTS, COUNTS, st.floats(0, 10**6)),
    demonstration=st.booleans(),
    since=WORDS,
)  # fmt: skip


@unhurried
@given(REVIEWS, st.integers(0, 3))
def test_a_review_comes_back_as_it_was_but_for_its_hunks(review: Review, shown: int):
    review = replace(review, shown=min(shown, len(review.findings)))
    back = read_review(as_json(review).encode())
    assert back == review
    assert [one.fingerprint for one in back.findings] == [one.fingerprint for one in review.findings]


def test_a_name_that_isnt_utf8_comes_back_as_it_is_shown_with_the_same_fingerprint():
    odd = replace(EXAMPLE.findings[0], path="caf\udce9\n.py")
    back = read_review(as_json(replace(EXAMPLE, findings=(odd,))).encode()).findings[0]
    assert (back.path, back.fingerprint) == ("caf\\xe9\\n.py", odd.fingerprint)


def test_from_a_strangers_hands_no_suggestion_is_taken():
    plain = without_suggestions(replace(EXAMPLE, unplaced=EXAMPLE.findings))
    assert [one.suggestion for one in (*plain.findings, *plain.unplaced)] == [None, None]
    assert plain.findings[0].title == "It breaks"


def test_more_than_there_is_isnt_shown():
    assert read_review(changed(["shown"], 99)).shown == 1


FINDING = Finding(
    "f.py", Place(Side.RIGHT, 3, 4), Severity.LOW, Category.BUG, 0.5, "It breaks", "", "x", (), Suggestion(3, 4, "y")
)
EXAMPLE = Review(
    Change("b" * 40, "h" * 40, (FileDiff("f.py", "f.py", Status.MODIFIED, 1, 1, 1),)),
    Coverage(1, 1, (Skipped("g.py", 1, "ignored"),)),
    (FINDING,),
    (),
    1,
    "1 finding.",
    Cost("tiny", "vllm", 1, 1, 0, 1, 1.0),
)


def changed(where: list[str | int], value: Any) -> bytes:
    """The example's JSON with something else in one place."""
    told = json.loads(as_json(EXAMPLE))
    inner = told
    for part in where[:-1]:
        inner = inner[part]
    inner[where[-1]] = value
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (["schema"], "patchwright.review/2"),
        (["schema"], None),
        (["findings"], "none"),
        (["findings"], [None]),
        (["findings", 0, "path"], 7),
        (["findings", 0, "path"], "\ud800"),
        (["findings", 0, "title"], ["x"]),
        (["findings", 0, "side"], "BOTH"),
        (["findings", 0, "severity"], "deadly"),
        (["findings", 0, "confidence"], 1.5),
        (["findings", 0, "confidence"], float("nan")),
        (["findings", 0, "start_line"], 0),
        (["findings", 0, "start_line"], 5),
        (["findings", 0, "start_line"], "3"),
        (["findings", 0, "start_line"], True),
        (["findings", 0, "end_line"], 10**300),
        (["findings", 0, "suggestion", "start_line"], 9),
        (["findings", 0, "suggestion", "path"], "/etc/passwd"),
        (["coverage", "reviewed", "hunks"], -1),
        (["coverage", "skipped", 0, "hunks"], 1.5),
        (["coverage", "skipped", 0, "hunks"], 10**4000),
        (["usage", "seconds"], float("nan")),
        (["usage", "seconds"], float("inf")),
        (["usage", "seconds"], -1),
        (["shown"], -1),
        (["more"], 1),
        (["\n::error::\x1b[31m"], 1),
        (["x" * 9_999], 1),
        (["change", "changed"], {}),
    ],
)
def test_a_field_that_cant_be_is_refused_in_one_sentence(where: list[str | int], value: Any):
    assert_refused(changed(where, value))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"null", b"[]", b"{}", b"{", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"[" * 100_000, b'{"a":' * 100_000, b"\0",
        b" " * (LARGEST + 1), b'"\\ud800"', b"1" * 100_000, as_json(EXAMPLE).encode("utf-16"),
        as_json(EXAMPLE).encode()[:-9],
    ],
    ids=range(15),
)  # fmt: skip
def test_what_isnt_a_report_is_refused_in_one_sentence(data: bytes):
    assert_refused(data)


@unhurried
@given(st.data())
def test_whatever_is_put_anywhere_is_read_or_refused(data: st.DataObject):
    told = json.loads(as_json(EXAMPLE))
    inner, where = told, data.draw(st.sampled_from(sorted(told)))
    while isinstance(inner[where], dict | list) and inner[where] and data.draw(st.booleans()):
        inner = inner[where]
        where = data.draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
    inner[where] = data.draw(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([])
    )
    text = json.dumps(told).encode()
    try:
        assert as_json(read_review(text))
    except BadInput:
        assert_refused(text)


def assert_refused(data: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        read_review(data)
    assert re.fullmatch(r"this is no saved review:? .{1,300}", str(caught.value))
    assert str(caught.value).isprintable()
