"""What one run leaves for the next, in the mark of the summary: all of it comes back, or everything is read again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diff.change import Side
from bot.diff.place import Place
from bot.pulls.markers import mark, marked
from bot.pulls.plan import Row
from bot.pulls.state import BODY, ROOM, State, read_state, write_state
from bot.review.findings import Category, Severity
from tests.odd_repository import unhurried

HEAD = "a" * 40
ROW = Row("k", Severity.HIGH, Category.BUG, "It breaks", "f.py", Place(Side.RIGHT, 3, 4), "Because.", reason="no line")
ROWS = st.builds(
    Row,
    key=st.text("0123456789abcdef.", max_size=20),
    severity=st.sampled_from(Severity),
    category=st.sampled_from(Category),
    title=st.text(max_size=60),
    path=st.text(min_size=1, max_size=30),
    place=st.none() | st.builds(Place, st.sampled_from(Side), st.integers(1, 99), st.integers(99, 200)),
    body=st.text(max_size=80),
    reason=st.text(max_size=40),
)


def through_a_comment(value: dict[str, Any]) -> State:
    return read_state(marked(f"Words.\n\n{mark('summary', value)}", "summary"))


@unhurried
@given(st.lists(ROWS, max_size=8))
def test_what_was_told_comes_back_from_the_comment(rows: list[Row]):
    state = through_a_comment(write_state(HEAD, "main", "r1", rows))
    assert (state.head, state.base, state.rules, state.rows) == (HEAD, "main", "r1", tuple(rows))


def test_a_long_text_is_carried_in_part():
    state = through_a_comment(write_state(HEAD, "main", "r1", [replace(ROW, body="x" * 9_999, title="y" * 999)]))
    assert state.rows == (replace(ROW, body="x" * BODY, title="y" * 200),)


def test_more_than_a_comment_has_room_for_is_read_again():
    few = [replace(ROW, key=str(at)) for at in range(60)]
    assert through_a_comment(write_state(HEAD, "main", "r1", few)).rows == tuple(few)
    for many in ([replace(ROW, body="-" * BODY)] * 60, [ROW] * 2_000, [replace(ROW, path="ü" * 9_999)]):
        state = write_state(HEAD, "main", "r1", many)
        assert len(mark("summary", state)) <= ROOM
        assert through_a_comment(state) == State(base="main", rules="r1")


def test_without_a_mark_nothing_was_reviewed():
    assert read_state(None) == read_state({}) == State()
    assert State().rows == ()


@pytest.mark.parametrize(
    "value",
    [
        {"head": "main; rm -rf /"},
        {"head": HEAD[:39]},
        {"head": HEAD + "\n"},
        {"head": 1},
        {"head": HEAD, "told": "x"},
        {"head": HEAD, "told": [{"key": "k"}]},
        {"head": HEAD, "told": [{"key": "k" * 99, "severity": "low", "category": "bug", "title": "", "path": ""}]},
        {"head": HEAD, "told": [{"key": "k", "severity": "deadly", "category": "bug", "title": "", "path": ""}]},
        {"head": HEAD, "base": ["main"]},
    ],
)
def test_a_mark_that_cant_be_read_is_as_good_as_none(value: dict[str, Any]):
    assert read_state(value) == State()


def test_a_line_that_is_none_is_no_place():
    told = {"key": "k", "severity": "low", "category": "bug", "title": "t", "path": "p"}
    for lines in (
        {},
        {"side": "RIGHT"},
        {"start": 3, "end": 4},
        {"side": "LEFT", "start": -3, "end": 4},
        {"side": "RIGHT", "start": 4, "end": 3},
    ):
        (row,) = read_state({"head": HEAD, "told": [told | lines]}).rows
        assert row.place is None
