"""Where a Finding can be commented on: the lines that GitHub shows, and never others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.diff.change import FileDiff, Hunk, Line, Side
from bot.diff.parse import hunks_of
from bot.diff.place import Place, Unplaced
from bot.pulls.anchors import Anchor, Grid, anchor, grid_of, text_of
from bot.review.forge import Listing
from tests.odd_repository import file_of, hunk_lists, texts_on, unhurried

HUNKS = (
    Hunk(0, "", (Line(1, 1, "one"), Line(2, None, "two"), Line(None, 2, "zwei"), Line(3, 3, "three\r"))),
    Hunk(1, "", (Line(20, 20, "a"), Line(None, 21, "b"), Line(21, 22, "c"))),
)
GRID = grid_of(Listing((file_of(HUNKS),)))


def right(start: int, end: int | None = None) -> Place:
    return Place(Side.RIGHT, start, end or start)


def left(start: int, end: int | None = None) -> Place:
    return Place(Side.LEFT, start, end or start)


def test_lines_of_one_hunk_are_anchored_as_they_are():
    assert anchor("f.py", right(1, 3), GRID) == Anchor(Side.RIGHT, 1, 3)
    assert anchor("f.py", right(21), GRID) == Anchor(Side.RIGHT, 21, 21)
    assert anchor("f.py", left(2), GRID) == Anchor(Side.LEFT, 2, 2)
    assert anchor("f.py", left(20, 21), GRID) == Anchor(Side.LEFT, 20, 21)


def test_of_lines_that_github_shows_in_part_the_longest_run_is_taken():
    assert anchor("f.py", right(3, 21), GRID) == Anchor(Side.RIGHT, 20, 21, exact=False)
    assert anchor("f.py", right(1, 20), GRID) == Anchor(Side.RIGHT, 1, 3, exact=False)
    assert anchor("f.py", left(3, 19), GRID) == Anchor(Side.LEFT, 3, 3, exact=False)


def test_lines_that_github_shows_nothing_of_have_no_anchor():
    assert anchor("f.py", right(4, 19), GRID) == Unplaced("its lines aren't in the part of the file that GitHub shows")
    assert anchor("f.py", left(22), GRID) == Unplaced("its lines aren't in the part of the file that GitHub shows")
    assert isinstance(anchor("f.py", right(3, 1), GRID), Unplaced)


def test_a_file_that_isnt_listed_has_no_anchor_unless_the_list_is_cut_off():
    assert anchor("g.py", right(1), GRID) == Unplaced("GitHub doesn't count the file to this pull request")
    cut = grid_of(Listing((file_of(HUNKS),), complete=False))
    assert anchor("g.py", right(1, 2), cut) == Anchor(Side.RIGHT, 1, 2, certain=False)
    assert anchor("f.py", right(9), cut) == Unplaced("its lines aren't in the part of the file that GitHub shows")


def test_where_github_keeps_the_hunks_to_itself_only_trying_tells():
    grid = grid_of(Listing((file_of((), "big.py"),), unshown=frozenset({"big.py"})))
    assert anchor("big.py", right(7, 9), grid) == Anchor(Side.RIGHT, 7, 9, certain=False)
    assert text_of("big.py", right(7, 9), grid) is None


def test_hunks_that_cant_be_read_are_no_place_to_comment_on():
    broken = grid_of(Listing((file_of(HUNKS, added=9),)))
    assert isinstance(anchor("f.py", right(1), broken), Unplaced)


def test_the_text_of_lines_is_the_files_own():
    assert text_of("f.py", right(1, 3), GRID) == ["one", "zwei", "three\r"]
    assert text_of("f.py", left(2), GRID) == ["two"]
    for nowhere in (right(3, 20), right(4), left(1, 20), right(3, 1), right(1, 10**12)):
        assert text_of("f.py", nowhere, GRID) is None


@st.composite
def places(draw: st.DrawFn) -> Place:
    start = draw(st.integers(1, 120))
    return Place(draw(st.sampled_from(Side)), start, start + draw(st.integers(0, 30)))


def shown(file: FileDiff, side: Side) -> list[set[int]]:
    return [set(texts_on(side, [hunk])) for hunk in hunks_of(file)]


@unhurried
@given(hunk_lists(), places())
def test_an_anchor_names_lines_that_one_hunk_has_on_its_side(hunks: tuple[Hunk, ...], place: Place):
    file = file_of(hunks)
    grid: Grid = grid_of(Listing((file,)))
    spot = anchor("f.py", place, grid)
    wanted = set(range(place.start, place.end + 1))
    if isinstance(spot, Unplaced):
        assert not any(wanted & lines for lines in shown(file, place.side))
        return
    covered = set(range(spot.start, spot.end + 1))
    assert covered <= wanted
    assert any(covered <= lines for lines in shown(file, place.side))
    assert len(covered) == max(len(wanted & lines) for lines in shown(file, place.side))
    assert spot.exact == (covered == wanted)


@unhurried
@given(hunk_lists(), places())
def test_there_is_text_of_just_what_is_anchored_exactly(hunks: tuple[Hunk, ...], place: Place):
    grid = grid_of(Listing((file_of(hunks),)))
    spot, text = anchor("f.py", place, grid), text_of("f.py", place, grid)
    assert (text is not None) == (isinstance(spot, Anchor) and spot.exact)
    if text is not None:
        there = texts_on(place.side, hunks)
        assert text == [there[number] for number in range(place.start, place.end + 1)]
