"""Suggestions of open Threads -> new contents of files, to the byte."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diff.change import Side
from bot.pulls.apply import Edit, applied, edits_of
from bot.pulls.suggestions import as_block
from bot.review.findings import Suggestion
from bot.review.threads import Comment, Thread
from tests.odd_repository import unhurried

OURS = Comment(1, "C1", "Words.\n\n```suggestion\nnew\n```\n\n<!-- patchwright:finding {} -->", "patchwright", own=True)
THREAD = Thread("T1", "f.py", Side.RIGHT, 2, 3, False, "", False, (OURS,))


def edit(start: int, end: int, *lines: str) -> Edit:
    return Edit(THREAD, "f.py", start, end, lines)


# ------------------------------------------------------------------------------------------------------- threads


def test_the_suggestion_of_an_open_thread_is_an_edit_of_its_lines():
    assert edits_of([THREAD]) == ([edit(2, 3, "new")], [])
    (alone,), _ = edits_of([replace(THREAD, start=None)])
    assert (alone.start, alone.end) == (3, 3)


@pytest.mark.parametrize(
    "thread",
    [
        replace(THREAD, resolved=True),
        replace(THREAD, comments=(replace(OURS, own=False),)),
        replace(THREAD, comments=(replace(OURS, body="Words."),)),
        replace(THREAD, comments=(replace(OURS, body="````\n```suggestion\nevil\n```\n````"),)),
        replace(THREAD, comments=(replace(OURS, body="Words."), replace(OURS, own=False))),
    ],
    ids=["resolved", "of another", "without one", "quoted", "in another's reply"],
)
def test_a_thread_without_an_open_suggestion_of_ours_is_left_alone(thread: Thread):
    assert edits_of([thread]) == ([], [])


def test_the_last_suggestion_of_a_thread_counts():
    later = replace(OURS, body="```suggestion\nbetter\n```")
    others = replace(OURS, body="```suggestion\nevil\n```", own=False)
    thread = replace(THREAD, comments=(OURS, later, others))
    assert edits_of([thread])[0][0].lines == ("better",)


@pytest.mark.parametrize(
    ("thread", "reason"),
    [
        (replace(THREAD, line=None, start=None, outdated=True), "its lines have changed since"),
        (replace(THREAD, side=Side.LEFT), "its lines have changed since"),
        (replace(THREAD, path=".github/workflows/x.yml"), "files that run elsewhere aren't changed by a comment"),
    ],
)
def test_what_cant_be_applied_is_told_with_the_reason(thread: Thread, reason: str):
    edits, refused = edits_of([thread])
    assert (edits, [item.reason for item in refused]) == ([], [reason])


def test_of_two_that_overlap_the_first_is_applied():
    overlapping = replace(THREAD, node="T2", start=3, line=5)
    elsewhere = replace(overlapping, node="T3", path="g.py")
    below = replace(overlapping, node="T4", start=4)
    edits, refused = edits_of([THREAD, overlapping, elsewhere, below])
    assert [one.thread.node for one in edits] == ["T1", "T3", "T4"]
    assert [(one.thread.node, one.reason) for one in refused] == [("T2", "it overlaps another one")]


# ------------------------------------------------------------------------------------------------------- contents


@pytest.mark.parametrize(
    ("content", "edits", "result"),
    [
        (b"a\nb\nc\n", [edit(2, 2, "B")], b"a\nB\nc\n"),
        (b"a\nb\nc\n", [edit(2, 3, "B", "", "D")], b"a\nB\n\nD\n"),
        (b"a\nb\nc\n", [edit(1, 3)], b""),
        (b"a\nb\nc", [edit(3, 3, "C")], b"a\nb\nC"),
        (b"a\nb\nc", [edit(3, 3, "C", "D")], b"a\nb\nC\nD"),
        (b"a\nb\nc", [edit(2, 3)], b"a\n"),
        (b"a\nb\nc", [edit(2, 2, "B"), edit(3, 3)], b"a\nB\n"),
        (b"a\r\nb\r\n", [edit(2, 2, "B", "C")], b"a\r\nB\r\nC\r\n"),
        (b"a\r\nb", [edit(2, 2, "B", "C")], b"a\r\nB\r\nC"),
        (b"a\nb\r\nc\n", [edit(2, 2, "B")], b"a\nB\r\nc\n"),
        (b"a\r\nb\nc\r\n", [edit(2, 2, "B"), edit(3, 3, "C")], b"a\r\nB\nC\r\n"),
        (b"only", [edit(1, 1, "one", "two")], b"one\ntwo"),
        (b"a\rb\nc\n", [edit(2, 2, "C")], b"a\rb\nC\n"),
        (b"a\nb\nc\nd\n", [edit(3, 4, "C"), edit(1, 1, "A", "A")], b"A\nA\nb\nC\n"),
        (b"caf\xe9\nb\n", [edit(2, 2, "ü")], b"caf\xe9\n\xc3\xbc\n"),
    ],
)
def test_lines_are_replaced_and_all_else_stays_as_it_is(content: bytes, edits: list[Edit], result: bytes):
    assert applied(content, edits) == result
    assert applied(content, edits[::-1]) == result


@pytest.mark.parametrize(
    "wrong", [edit(0, 1, "x"), edit(4, 4, "x"), edit(3, 4, "x"), edit(2, 1, "x"), edit(-1, 2, "x")]
)
def test_lines_that_arent_there_are_no_lines_to_replace(wrong: Edit):
    assert applied(b"a\nb\nc\n", [wrong]) is None
    assert applied(b"a\nb\nc", [edit(1, 1, "fine"), wrong]) is None
    assert applied(b"", [edit(1, 1, "x")]) is None


TEXT = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=8)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[str], str, bool, list[Edit]]:
    """Lines, their end, whether the last has one, and edits of lines that don't overlap, in any order."""
    lines = draw(st.lists(TEXT, min_size=1, max_size=12))
    if not lines[-1]:
        lines[-1] = "x"
    edits, at = [], 1
    while at <= len(lines):
        end = draw(st.integers(at, len(lines)))
        if draw(st.booleans()):
            edits.append(edit(at, end, *draw(st.lists(TEXT, max_size=3))))
        at = end + 1
    return lines, draw(st.sampled_from(["\n", "\r\n"])), draw(st.booleans()), draw(st.permutations(edits))


@unhurried
@given(cases())
def test_edits_in_any_order_are_what_they_would_be_by_hand(case: tuple[list[str], str, bool, list[Edit]]):
    lines, end, newline, edits = case
    content = end.join(lines) + (end if newline else "")
    new: list[str] = []
    for number, line in enumerate(lines, 1):
        over = next((one for one in edits if one.start <= number <= one.end), None)
        new += [line] if over is None else [*over.lines] if over.start == number else []
    wanted = end.join(new) + (end if new and newline else "")
    if not newline and new and any(one.end == len(lines) and not one.lines for one in edits):
        wanted += end  # the line that is last now had a line end before
    assert applied(content.encode(), edits) == wanted.encode()


@unhurried
@given(st.lists(TEXT, max_size=4))
def test_a_suggestion_goes_from_its_block_into_the_file(lines: list[str]):
    replacement = "\n".join(lines)
    thread = replace(THREAD, comments=(replace(OURS, body=f"Words.\n\n{as_block(Suggestion(2, 3, replacement))}"),))
    edits, _ = edits_of([thread])
    after = f"{replacement}\n" if replacement else ""
    assert applied(b"a\nb\nc\nd\n", edits) == f"a\n{after}d\n".encode()
