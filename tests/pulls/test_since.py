"""What changed since the last review: which hunks are read again, and where earlier findings stand now.

The property tests take three versions of a file from git itself: the base, the one that was reviewed, and the head.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.diff.change import FileDiff, Hunk, Line, Side, Skipped, Status
from bot.diff.parse import hunks_of
from bot.diff.patch import read_patch
from bot.diff.place import Place
from bot.pulls.plan import Row
from bot.pulls.since import Touched, carried, narrowed, touched_by
from bot.review.findings import Category, Severity
from tests.odd_repository import file_of, git, lines_of, new_repository, numbered, write_commits

SEEN = "0123456789abcdef"
ROW = Row("k", Severity.HIGH, Category.BUG, "It breaks", "f.py", Place(Side.RIGHT, 20, 21))
UNTOUCHED = Touched({}, {})


def right(start: int, end: int | None = None) -> Place:
    return Place(Side.RIGHT, start, end or start)


def changed(*hunks: Hunk, **others: object) -> Touched:
    touched = touched_by([file_of(hunks, **others)])
    assert touched is not None
    return touched


def added(at: int, count: int) -> Hunk:
    """A hunk that puts `count` lines behind line `at`, with one line of context on either side."""
    new = (Line(None, at + offset, "new") for offset in range(1, count + 1))
    return Hunk(0, "", (Line(at, at, "before"), *new, Line(at + 1, at + 1 + count, "after")))


# ----------------------------------------------------------------------------------------------------- by example


def test_of_a_file_only_the_hunks_that_were_touched_are_read_again():
    file = file_of((added(5, 1), replace(added(50, 2), index=1), replace(added(90, 1), index=2)))
    kept, skipped = narrowed([file], changed(added(51, 1)), SEEN)
    assert [(part.hunks, part.added, part.removed) for part in kept] == [(1, 2, 0)]
    assert [line.new for line in hunks_of(kept[0])[0].lines] == [50, 51, 52, 53]
    assert skipped == [Skipped("f.py", 2, "unchanged since 0123456, which was reviewed")]


def test_a_file_that_wasnt_touched_is_passed_over_by_name():
    file = file_of((added(5, 1), replace(added(50, 2), index=1)))
    assert narrowed([file], UNTOUCHED, SEEN) == (
        [],
        [Skipped("f.py", 2, "unchanged since 0123456, which was reviewed")],
    )


def test_a_file_of_which_all_was_touched_is_read_as_it_is():
    file = file_of((added(5, 1),))
    assert narrowed([file], changed(added(5, 1)), SEEN) == ([file], [])


def test_a_file_that_cant_be_read_stays_whole():
    broken = file_of((added(5, 1),), added=7)
    assert narrowed([broken], changed(added(5, 1)), SEEN) == ([broken], [])


def test_lines_that_went_are_a_touch_where_they_were():
    gone = Hunk(0, "", (Line(7, 7, "a"), Line(8, None, "b"), Line(9, 8, "c")))
    last = Hunk(0, "", (Line(7, 7, "a"), Line(8, None, "b")))
    for touch in (gone, last):
        file = file_of((touch, replace(added(50, 1), index=1)))
        kept, _ = narrowed([file], changed(touch), SEEN)
        assert [part.removed for part in kept] == [1]


def test_an_emptied_file_is_read_again():
    emptied = Hunk(0, "", (Line(1, None, "a"), Line(2, None, "b")))
    kept, skipped = narrowed([file_of((emptied,))], changed(emptied), SEEN)
    assert (len(kept), skipped) == (1, [])


def test_one_file_that_cant_be_read_means_that_nobody_knows_what_is_unchanged():
    assert touched_by([file_of((added(5, 1),)), file_of((added(5, 1),), "g.py", added=7)]) is None
    assert touched_by([]) == UNTOUCHED


def test_a_row_follows_its_lines():
    assert carried([ROW], changed(added(5, 3))) == [replace(ROW, place=right(23, 24))]
    assert carried([ROW], changed(added(30, 3))) == [ROW]
    assert carried([ROW], UNTOUCHED) == [ROW]


def test_a_row_whose_lines_changed_is_dropped():
    gone = Hunk(0, "", (Line(19, 19, "a"), Line(20, None, "b"), Line(None, 20, "B"), Line(21, 21, "c")))
    assert carried([ROW], changed(gone)) == []
    assert carried([ROW], changed(added(20, 1))) == []  # its two lines are no longer one below the other


def test_a_row_without_lines_to_follow_is_dropped_where_its_file_was_touched_and_kept_elsewhere():
    for row in (replace(ROW, place=None), replace(ROW, place=Place(Side.LEFT, 20, 20))):
        assert carried([row], changed(added(5, 3))) == []
        assert carried([row], changed(added(5, 3), path="g.py")) == [row]


def test_a_row_follows_its_file_to_a_new_name():
    renamed = changed(added(5, 3), path="new.py", old_path="f.py", status=Status.RENAMED)
    assert carried([ROW], renamed) == [replace(ROW, path="new.py", place=right(23, 24))]
    only = Touched({"new.py": ()}, {"f.py": "new.py"})
    assert carried([ROW], only) == [replace(ROW, path="new.py")]


def test_a_row_of_a_file_that_is_gone_is_dropped():
    gone = Hunk(0, "", tuple(Line(at, None, "x") for at in range(1, 31)))
    assert carried([ROW], changed(gone, status=Status.DELETED)) == []


def test_a_file_with_an_odd_name_is_known_by_the_name_that_is_shown():
    odd = changed(added(5, 3), path="a\nb\udce9.py")
    assert carried([replace(ROW, path="a\\nb\\xe9.py")], odd) == [
        replace(ROW, path="a\\nb\\xe9.py", place=right(23, 24))
    ]
    kept, _ = narrowed([file_of((added(5, 3),), "a\nb\udce9.py")], odd, SEEN)
    assert len(kept) == 1


# ------------------------------------------------------------------------------------------------------- with git


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_repository(tmp_path_factory.mktemp("scratch"))


with_git = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def edits(draw: st.DrawFn, content: list[bytes], word: bytes) -> list[bytes]:
    """Some lines changed, gone or new; every new one unlike all others, with `word` in it."""
    out = list(content)
    for at in sorted(draw(st.sets(st.integers(0, max(0, len(out) - 1)), max_size=4)), reverse=True):
        new = [b"%b %d.%d\n" % (word, at, number) for number in range(draw(st.integers(0, 3)))]
        out[at : at + draw(st.integers(0, 3))] = new
    return out


@st.composite
def versions(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    base = numbered("line", draw(st.integers(0, 60))).splitlines(keepends=True)
    earlier = draw(edits(base, b"earlier"))
    return b"".join(base), b"".join(earlier), b"".join(draw(edits(earlier, b"later")))


def difference(scratch: Path, one: str, other: str) -> list[FileDiff]:
    patch = git(scratch, "diff", "--unified=3", one, other)
    return list(read_patch(patch)) if patch else []


def commits(scratch: Path, several: list[tuple[bytes, bytes, bytes]]) -> None:
    names = ("base", "earlier", "head")
    trees = [{b"%d.py" % at: texts[which] for at, texts in enumerate(several)} for which in range(3)]
    write_commits(scratch, list(zip(names, trees, ("", "base", "earlier"), names, strict=True)))


def span(hunk: Hunk) -> set[int]:
    return {line.new for line in hunk.lines if line.new}


@with_git
@given(st.lists(versions(), min_size=1, max_size=6))
def test_a_hunk_is_read_again_if_and_only_if_it_changed(scratch: Path, several: list[tuple[bytes, bytes, bytes]]):
    commits(scratch, several)
    files, between = difference(scratch, "base", "head"), difference(scratch, "earlier", "head")
    touched = touched_by(between)
    assert touched is not None
    kept, skipped = narrowed(files, touched, SEEN)
    read = {(file.path, hunk.lines) for file in kept for hunk in hunks_of(file)}  # which parses, numbers and all
    for file in files:
        hunks = hunks_of(file)
        again = [hunk for hunk in hunks if (file.path, hunk.lines) in read]
        assert len(again) + sum(one.hunks for one in skipped if one.path == file.path) == file.hunks
        lines = [line for hunk in touched.hunks.get(file.path, ()) for line in hunk.lines]
        new = {line.new for line in lines if line.new and line.old is None}
        gone = {line.text for line in lines if line.new is None}
        for hunk in hunks:
            changed_lines = bool(new & {line.new for line in hunk.lines if line.old is None})
            lost_lines = bool(gone & {line.text for line in hunk.lines if line.new is None})
            if changed_lines or lost_lines:
                assert hunk in [replace(one, index=hunk.index) for one in again]
        if not lines:
            assert again == []


@with_git
@given(st.lists(versions(), min_size=1, max_size=6), st.data())
def test_what_is_far_from_every_change_isnt_read_again(
    scratch: Path, several: list[tuple[bytes, bytes, bytes]], data: st.DataObject
):
    commits(scratch, several)
    touched = touched_by(difference(scratch, "earlier", "head"))
    assert touched is not None
    kept, _ = narrowed(difference(scratch, "base", "head"), touched, SEEN)
    for file in kept:
        near = {number + one for hunk in touched.hunks[file.path] for number in span(hunk) for one in (-1, 0, 1)}
        near |= {0, 1} if any(not span(hunk) for hunk in touched.hunks[file.path]) else set()
        for hunk in hunks_of(file):
            assert near & (span(hunk) or {0, 1})


@with_git
@given(st.lists(versions(), min_size=1, max_size=6), st.data())
def test_a_row_is_carried_to_where_its_text_stands(
    scratch: Path, several: list[tuple[bytes, bytes, bytes]], data: st.DataObject
):
    commits(scratch, several)
    touched = touched_by(difference(scratch, "earlier", "head"))
    assert touched is not None
    for at, (_, earlier, head) in enumerate(several):
        old, new = lines_of(earlier), lines_of(head)
        if not old:
            continue
        start = data.draw(st.integers(1, len(old)))
        end = data.draw(st.integers(start, min(len(old), start + 3)))
        row = replace(ROW, path=f"{at}.py", place=right(start, end))
        text = old[start - 1 : end]
        moved = carried([row], touched)
        if moved:
            place = moved[0].place
            assert place is not None
            assert new[place.start - 1 : place.end] == text
        else:
            assert text not in [new[first : first + len(text)] for first in range(len(new))]
