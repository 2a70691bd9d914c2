"""Hunks -> Chunks: whatever the budget, no line is lost, none comes twice, and no Chunk is above it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.context.chunks import LINE_LIMIT, Budget, Chunk, halve, render, render_heading, render_hunk, render_line, split
from bot.diff.change import FileDiff, Hunk, Line, Skipped, Status
from bot.model.tokens import estimate
from tests.odd_repository import file_of, hunk_lists, unhurried

AMPLE = Budget(chunk=10_000, join=10_000)


def letters(text: str) -> int:
    """A tokenizer that takes every character for a token: sizes can be counted by hand."""
    return len(text)


def added(*texts: str, index: int = 0, heading: str = "", first: int = 1) -> Hunk:
    return Hunk(index, heading, tuple(Line(None, at, text) for at, text in enumerate(texts, first)))


def made(
    hunks: Sequence[Hunk], budget: Budget, count: Callable[[str], float] = letters
) -> tuple[list[Chunk], list[Skipped]]:
    return split(file_of(tuple(hunks)), hunks, budget, count)


def lines_of(hunks: Iterable[Hunk]) -> list[tuple[int, Line]]:
    return [(hunk.index, line) for hunk in hunks for line in hunk.lines]


def size(chunk: Chunk, count: Callable[[str], float] = letters) -> float:
    """Of what is the Chunk's own; the title is the file's."""
    return sum(count(render_hunk(hunk)) for hunk in chunk.hunks)


def shape(chunks: Iterable[Chunk]) -> list[list[int]]:
    return [[hunk.index for hunk in chunk.hunks] for chunk in chunks]


# A line of one character takes 10 letters as it is rendered: "    1 + x\n"; an empty heading takes 3: "@@\n".
ONE = len("    1 + x\n")


def test_neighbours_share_a_chunk_while_they_fit():
    hunks = [added("x", index=at) for at in range(5)]
    chunks, skipped = made(hunks, Budget(chunk=100, join=2 * (ONE + 3)))
    assert shape(chunks) == [[0, 1], [2, 3], [4]]
    assert skipped == []


def test_a_hunk_above_the_join_stands_alone():
    hunks = [added("x", index=0), added("x", "x", "x", index=1), added("x", index=2)]
    chunks, _ = made(hunks, Budget(chunk=100, join=ONE + 3))
    assert shape(chunks) == [[0], [1], [2]]


def test_a_hunk_above_the_chunk_is_split_between_lines():
    (hunk,) = [added(*"abcdefg", heading="def f():")]
    heading = len("@@ def f():\n")
    chunks, _ = made([hunk], Budget(chunk=heading + 3 * ONE, join=0))
    assert [[line.text for line in part.lines] for chunk in chunks for part in chunk.hunks] == [
        list("abc"),
        list("def"),
        ["g"],
    ]
    assert all(part.heading == "def f():" and part.index == 0 for chunk in chunks for part in chunk.hunks)


def test_the_last_part_of_a_hunk_and_the_next_hunk_may_share_a_chunk():
    hunks = [added(*"abcd", index=0), added("e", index=1)]
    chunks, _ = made(hunks, Budget(chunk=3 + 3 * ONE, join=3 + 3 * ONE))
    assert shape(chunks) in ([[0], [0, 1]], [[0], [0], [1]])
    assert all(size(chunk) <= 3 + 3 * ONE for chunk in chunks)


def test_long_headings_count_as_much_as_lines():
    hunks = [added("x", index=at, heading="h" * 80) for at in range(4)]
    chunks, _ = made(hunks, Budget(chunk=200, join=200))
    assert all(size(chunk) <= 200 for chunk in chunks)
    assert shape(chunks) == [[0, 1], [2, 3]]


def test_what_just_fits_is_not_split_and_what_just_does_not_is():
    hunk = added(*"abc")
    whole = letters(render_hunk(hunk))
    assert len(made([hunk], Budget(chunk=whole, join=0))[0]) == 1
    assert len(made([hunk], Budget(chunk=whole - 1, join=0))[0]) == 2


def test_a_line_that_no_chunk_can_hold_skips_its_hunk_and_no_other():
    hunks = [added("a", index=0), added("b", "x" * 300, index=1), added("c", index=2)]
    chunks, skipped = made(hunks, Budget(chunk=100, join=100))
    assert [text for chunk in chunks for _, line in lines_of(chunk.hunks) for text in [line.text]] == ["a", "c"]
    assert skipped == [Skipped("f.py", 1, "a line of 300 characters")]


def test_a_line_of_data_skips_its_hunk_whatever_the_budget():
    hunks = [added("x" * LINE_LIMIT, index=0), added("x" * (LINE_LIMIT + 1), index=1)]
    chunks, skipped = made(hunks, Budget(chunk=10**9, join=10**9))
    assert shape(chunks) == [[0]]
    assert skipped == [Skipped("f.py", 1, "a line of 4,001 characters")]


def test_a_line_of_two_megabytes_is_not_even_counted():
    counted: list[int] = []

    def count(text: str) -> int:
        counted.append(len(text))
        return len(text)

    made([added("x" * 2_000_000)], AMPLE, count)
    assert sum(counted) < 10_000


def test_no_hunks_make_no_chunks():
    assert made([], AMPLE) == ([], [])


def test_counts_may_be_fractions():
    hunks = [added("x", "y", index=at) for at in range(6)]
    chunks, _ = made(hunks, Budget(chunk=7, join=7), lambda text: len(text) * 0.1)
    assert shape(chunks) == [[0, 1, 2], [3, 4, 5]]


# ----------------------------------------------------------------------------------------------------- how it reads


def test_a_chunk_is_rendered_with_numbers_and_signs():
    hunk = Hunk(
        0, "def f():", (Line(9, 10, "a = 1"), Line(10, None, "b = 2"), Line(None, 11, "b = 3\r"), Line(11, 12, ""))
    )
    chunk = Chunk(file_of((hunk,), "src/f.py"), (hunk,))
    assert render(chunk) == "File: src/f.py\n@@ def f():\n   10   a = 1\n   10 - b = 2\n   11 + b = 3\n   12   \n"


@pytest.mark.parametrize(
    ("others", "title"),
    [
        ({"status": Status.ADDED}, "File: f.py (new file)"),
        ({"status": Status.RENAMED, "old_path": "e.py"}, "File: f.py (renamed from e.py)"),
        ({"status": Status.COPIED, "old_path": "e\n.py"}, "File: f.py (copied from e\\n.py)"),
        ({"path": "cafe\udce9\n@@.py"}, "File: cafe\\xe9\\n@@.py"),
        ({}, "File: f.py"),
    ],
)
def test_a_chunk_begins_with_its_file_on_one_line(others: dict[str, object], title: str):
    file = file_of((added("x"),), **others)
    assert render(Chunk(file, (added("x"),))).split("\n")[0] == title


def test_what_is_rendered_can_be_encoded_and_keeps_to_its_lines():
    hunk = added("cafe\udce9", "a\x0cb", heading="d\udce9f")
    text = render(Chunk(file_of((hunk,)), (hunk,)))
    assert text.encode().count(b"\n") == 4
    assert "cafe\\xe9" in text


# --------------------------------------------------------------------------------------------------------- halves


def test_two_hunks_are_parted_before_one_is_cut():
    hunks = (added("a", "b", "c", index=0), added("d", index=1))
    first, second = halve(Chunk(file_of(hunks), hunks)) or ()
    assert (first.hunks, second.hunks) == (hunks[:1], hunks[1:])


def test_one_hunk_is_cut_between_lines():
    hunk = added("a", "b", "c", heading="h", index=4)
    first, second = halve(Chunk(file_of((hunk,)), (hunk,))) or ()
    assert (first.hunks, second.hunks) == (
        (replace(hunk, lines=hunk.lines[:1]),),
        (replace(hunk, lines=hunk.lines[1:]),),
    )


def test_a_single_line_has_no_halves():
    assert halve(Chunk(file_of((added("a"),)), (added("a"),))) is None


# ------------------------------------------------------------------------------------------------------ properties

COUNTS: dict[str, Callable[[str], float]] = {
    "letters": letters,
    "tenths": lambda text: len(text) * 0.1,
    "words": lambda text: len(text.split()) + 1,
    "each text one": lambda _: 1,
    "the estimate": estimate,
}
texts = st.one_of(
    st.sampled_from(
        [b"", b"x", b"    return x", b"cafe\xe9", "ünï".encode(), b"\r", b"x" * 90, b"y" * (LINE_LIMIT + 1)]
    ),
    st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"").replace(b"\0", b"")),
)


@unhurried
@given(
    hunk_lists(texts=texts),
    st.integers(0, 300),
    st.integers(0, 300),
    st.sampled_from(sorted(COUNTS)),
)
def test_whatever_the_budget_no_line_is_lost_and_none_comes_twice(
    hunks: tuple[Hunk, ...], most: int, join: int, counted: str
):
    count = COUNTS[counted]
    budget = Budget(chunk=most, join=min(join, most))
    chunks, skipped = made(hunks, budget, count)
    taken = {index for chunk in chunks for index in chunk.indices}
    assert lines_of(hunk for chunk in chunks for hunk in chunk.hunks) == lines_of(
        hunk for hunk in hunks if hunk.index in taken
    )
    assert len(taken) + sum(item.hunks for item in skipped) == len(hunks)
    for hunk in hunks:
        if hunk.index not in taken:  # only for a line that fits nowhere
            heading = count(render_heading(hunk))
            assert any(len(line.text) > LINE_LIMIT or heading + count(render_line(line)) > most for line in hunk.lines)
    headings = {hunk.index: hunk.heading for hunk in hunks}
    assert all(part.heading == headings[part.index] and part.lines for chunk in chunks for part in chunk.hunks)


@unhurried
@given(hunk_lists(texts=texts), st.integers(0, 300), st.integers(0, 300), st.sampled_from(["letters", "tenths"]))
def test_whatever_the_budget_no_chunk_is_above_it(hunks: tuple[Hunk, ...], most: int, join: int, counted: str):
    count = COUNTS[counted]
    budget = Budget(chunk=most, join=min(join, most))
    for chunk in made(hunks, budget, count)[0]:
        # Sums of fractions come out a hair too high or too low, in whatever order they are made.
        assert size(chunk, count) <= budget.chunk + 1e-6
        assert len(chunk.hunks) == 1 or size(chunk, count) <= budget.join + 1e-6


@unhurried
@given(hunk_lists(texts=texts), st.integers(20, 300))
def test_neighbours_that_would_fit_are_not_left_apart(hunks: tuple[Hunk, ...], most: int):
    chunks, _ = made(hunks, Budget(chunk=most, join=most))
    for one, other in pairwise(chunks):
        assert size(one) + size(replace(other, hunks=other.hunks[:1])) > most


@unhurried
@given(hunk_lists(texts=texts))
def test_halves_of_halves_lose_nothing_and_come_to_an_end(hunks: tuple[Hunk, ...]):
    whole = Chunk(file_of(hunks), hunks)
    waiting, done = [whole], []
    while waiting:
        chunk = waiting.pop(0)
        halves = halve(chunk)
        if halves is None:
            done.append(chunk)
        else:
            assert all(half.file is whole.file and lines_of(half.hunks) for half in halves)
            waiting = [*halves, *waiting]
    assert lines_of(hunk for chunk in done for hunk in chunk.hunks) == lines_of(hunks)
    assert all(len(lines_of(chunk.hunks)) == 1 for chunk in done)


def test_a_file_is_carried_along_unchanged():
    hunks = (added("a", index=0), added("b", index=1))
    file: FileDiff = file_of(hunks)
    chunks, _ = split(file, hunks, Budget(chunk=20, join=0), letters)
    assert all(chunk.file is file for chunk in chunks)
