"""The hidden mark on the last line of what we write: it says what it was told, and nobody else's is taken for it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pulls.markers import mark, marked
from tests.odd_repository import unhurried

ODD = st.sampled_from(
    ["-->", "--!>", "<!--", "<", ">", "&", '"', "\\", "--", "\n", "\u2028", "\ud800", "ünï", "}", "{}"]
)
STRINGS = st.lists(ODD | st.text(max_size=5), max_size=6).map("".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | STRINGS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STRINGS, inner, max_size=4),
    max_leaves=12,
)
VALUES = st.dictionaries(STRINGS, JSON, max_size=4)


def test_a_mark_is_a_comment_on_a_line_of_its_own():
    assert mark("review", {"run": "a1", "part": 2}) == '<!-- patchwright:review {"run":"a1","part":2} -->'
    assert mark("finding", {"title": "a --> b"}) == '<!-- patchwright:finding {"title":"a \\u002d\\u002d\\u003e b"} -->'


@unhurried
@given(VALUES)
def test_what_was_marked_is_read_back(value: dict[str, object]):
    assert marked(f"Words.\n\n{mark('summary', value)}", "summary") == value
    assert marked(f"Words.\r\n\r\n{mark('summary', value)}\r\n \n", "summary") == value


@unhurried
@given(VALUES)
def test_nothing_in_a_value_ends_the_comment_or_the_line(value: dict[str, object]):
    made = mark("finding", value)
    inner = made.removeprefix("<!--").removesuffix("-->")
    assert not any(sign in inner for sign in ("--", "<", ">", "&", "\n", "\r"))
    assert made.isascii()


def test_a_mark_of_another_kind_is_none():
    assert marked(mark("review", {"a": 1}), "finding") is None


@pytest.mark.parametrize(
    "body",
    [
        "",
        "Words.",
        '<!-- patchwright:finding {"a":1} -->\nWords.',
        'Words. <!-- patchwright:finding {"a":1} -->',
        '<!-- patchwright:finding {"a":1} --> Words.',
        "<!-- patchwright:finding [1] -->",
        "<!-- patchwright:finding {a} -->",
        "<!-- patchwright:finding {} --> -->",
        '<!-- patchwright:finding {"a":"<b>"} -->',
        '<!-- Patchwright:finding {"a":1} -->',
        '<!-- patchwright:finding\n{"a":1} -->',
        "<!-- patchwright:finding {" + '"a":' * 2 + " -->",
        "<!-- patchwright:finding {" + '"a":[' + "[" * 50_000 + "]" * 50_000 + "]} -->",
        "<!-- patchwright:finding {" + '"a":' + "9" * 10_000 + "} -->",
    ],
    ids=range(14),
)
def test_what_is_no_mark_on_the_last_line_is_none(body: str):
    assert marked(body, "finding") is None


@unhurried
@given(STRINGS, VALUES, VALUES)
def test_of_two_marks_the_last_is_believed(text: str, fake: dict[str, object], ours: dict[str, object]):
    assert marked(f"{text}\n{mark('finding', fake)}\n\n{mark('finding', ours)}", "finding") == ours
    assert marked(f"{text}{mark('finding', fake)}\n{mark('review', ours)}", "finding") is None


def test_a_hostile_body_takes_no_time():
    started = time.process_time()
    for piece in ("<!-- patchwright:finding {", "\n", " ", "<!-- ", "{} -->"):
        marked(piece * (100_000 // len(piece)), "finding")
    assert time.process_time() - started < 0.5
