"""The hunks of one file: bytes -> Hunks. By example, against what was written down, and against real git."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.diff.change import FileDiff, Hunk, Line, Status
from bot.diff.parse import Unreadable, hunks_of
from bot.diff.patch import read_patch
from tests.odd_repository import (
    applied,
    change_of,
    contents,
    file_of,
    git,
    hunk_lists,
    lines_of,
    new_repository,
    numstat,
    unhurried,
    write_commits,
    written,
)


def a_file(patch: bytes, *, added: int, removed: int, hunks: int = 1) -> FileDiff:
    return FileDiff("f.py", "f.py", Status.MODIFIED, added, removed, hunks, patch)


def lines_in(patch: bytes, *, added: int, removed: int) -> list[Line]:
    (hunk,) = hunks_of(a_file(patch, added=added, removed=removed))
    return list(hunk.lines)


def test_each_side_counts_its_own_lines():
    patch = b"@@ -3,3 +7,4 @@ def f():\n same\n-old\n+new\n+newer\n end\n"
    assert hunks_of(a_file(patch, added=2, removed=1)) == (
        Hunk(
            0,
            "def f():",
            (
                Line(3, 7, "same"),
                Line(4, None, "old"),
                Line(None, 8, "new"),
                Line(None, 9, "newer"),
                Line(5, 10, "end"),
            ),
        ),
    )


def test_hunks_are_numbered_from_zero_in_their_order():
    patch = b"@@ -1 +1 @@\n-a\n+b\n@@ -9,0 +10 @@\n+c\n@@ -20 +21,0 @@\n-d\n"
    hunks = hunks_of(a_file(patch, added=2, removed=2, hunks=3))
    assert [(hunk.index, hunk.lines[0].old, hunk.lines[-1].new) for hunk in hunks] == [
        (0, 1, 1),
        (1, None, 10),
        (2, 20, None),
    ]


def test_a_new_file_has_lines_from_one_on_the_right_only():
    assert lines_in(b"@@ -0,0 +1,2 @@\n+a\n+b\n", added=2, removed=0) == [Line(None, 1, "a"), Line(None, 2, "b")]


def test_a_deleted_file_has_lines_from_one_on_the_left_only():
    assert lines_in(b"@@ -1,2 +0,0 @@\n-a\n-b\n", added=0, removed=2) == [Line(1, None, "a"), Line(2, None, "b")]


def test_a_missing_newline_at_the_end_is_no_line():
    patch = b"@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"
    assert lines_in(patch, added=1, removed=1) == [Line(1, None, "a"), Line(None, 1, "b")]


def test_a_line_that_says_no_newline_is_a_line():
    patch = b"@@ -1,2 +1,2 @@\n \\ No newline at end of file\n-a\n+\\ No newline at end of file\n"
    said = "\\ No newline at end of file"
    assert lines_in(patch, added=1, removed=1) == [Line(1, 1, said), Line(2, None, "a"), Line(None, 2, said)]


def test_lines_that_look_like_headers_are_lines():
    patch = b"@@ -1,4 +1,3 @@\n--- a/f\n+++ b/f\n @@ -1 +1 @@\n-diff --git a/f b/f\n-- \n+@@@\n"
    assert [(line.sign, line.text) for line in lines_in(patch, added=2, removed=3)] == [
        ("-", "-- a/f"),
        ("+", "++ b/f"),
        (" ", "@@ -1 +1 @@"),
        ("-", "diff --git a/f b/f"),
        ("-", "- "),
        ("+", "@@@"),
    ]


@pytest.mark.parametrize(
    "text", ["\r", "a\r", "a\rb", "\x0c", "a\x0bb\x1cc", "a\x85b", "a\u2028b\u2029", "\ufeffa", "a\0b", " ", "\t", ""]
)
def test_nothing_but_the_line_feed_ends_a_line(text: str):
    patch = f"@@ -1 +1,2 @@\n {text}\n+{text}\n".encode()
    assert lines_in(patch, added=1, removed=0) == [Line(1, 1, text), Line(None, 2, text)]


def test_bytes_that_are_no_utf8_survive():
    (removed, added) = lines_in(b"@@ -1 +1 @@\n-cafe\xe9\n+\xff\xfe\xed\xa0\x80\n", added=1, removed=1)
    assert removed.text.encode("utf-8", "surrogateescape") == b"cafe\xe9"
    assert added.text.encode("utf-8", "surrogateescape") == b"\xff\xfe\xed\xa0\x80"
    assert (removed.shown, added.shown) == ("cafe\\xe9", "\\xff\\xfe\\xed\\xa0\\x80")


def test_a_blank_line_that_lost_its_space_is_context():
    patch = b"@@ -1,3 +1,3 @@\n\n-a\n+b\n\r\n"
    assert [(line.sign, line.shown) for line in lines_in(patch, added=1, removed=1)] == [
        (" ", ""), ("-", "a"), ("+", "b"), (" ", ""),
    ]  # fmt: skip


def test_the_last_line_feed_may_be_missing():
    assert lines_in(b"@@ -1 +1 @@\n-a\n+b", added=1, removed=1) == [Line(1, None, "a"), Line(None, 1, "b")]


def test_a_heading_is_kept_without_the_space_around_it():
    for written_heading, heading in (
        (b" def f(): \r", "def f():"),
        (b"", ""),
        (b" @@ x @@", "@@ x @@"),
        (b"\xe9", "\udce9"),
    ):
        (hunk,) = hunks_of(a_file(b"@@ -1 +1 @@" + written_heading + b"\n-a\n+b\n", added=1, removed=1))
        assert hunk.heading == heading


def test_a_file_without_a_patch_has_no_hunks():
    assert hunks_of(a_file(b"", added=0, removed=0, hunks=0)) == ()


@pytest.mark.parametrize(
    "patch",
    [
        b"@@ -1,2 +1 @@\n-a\n+b\n",
        b"@@ -1,3 +1,3 @@\n-a\n+b\n",
        b"@@ -1 +1 @@\n-a\n*b\n",
        b"@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n-c\n+d\n",
        b"@@ -1 +1 @@\n-a\n-b\n",
        b"@@ -1,1 +1,0 @@\n-a\n",
        b"@@ -x +1 @@\n-a\n+b\n",
        b"@@ -1 +1 @@\n",
        b"-a\n+b\n",
        b"diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n",
        b"\x00",
        b"\n",
        b"@@ -" + b"9" * 5_000 + b" +1 @@\n-a\n+b\n",
    ],
)
def test_hunks_that_are_not_what_the_file_says_are_unreadable(patch: bytes):
    with pytest.raises(Unreadable) as raised:
        hunks_of(a_file(patch, added=1, removed=1))
    assert len(str(raised.value)) < 150
    assert str(raised.value).isprintable()


def test_a_problem_that_is_known_is_the_reason():
    with pytest.raises(Unreadable, match="a hunk is shorter"):
        hunks_of(file_of((), problem="a hunk is shorter than its header says"))


# ------------------------------------------------------------------------------------------------------ properties


@unhurried
@given(hunk_lists())
def test_hunks_that_are_written_down_are_read_back(hunks: tuple[Hunk, ...]):
    assert hunks_of(file_of(hunks)) == hunks


@unhurried
@given(hunk_lists(), st.sampled_from(["git", "plain"]))
def test_hunks_that_are_written_into_a_patch_are_read_back(hunks: tuple[Hunk, ...], kind: str):
    header = b"diff --git a/f.py b/f.py\nindex 1..2 100644\n" if kind == "git" else b""
    (file,) = read_patch(header + b"--- a/f.py\n+++ b/f.py\n" + written(hunks))
    assert file == file_of(hunks)
    assert hunks_of(file) == hunks


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_repository(tmp_path_factory.mktemp("scratch"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(contents(), min_size=1, max_size=12))
def test_what_git_says_of_any_contents_leads_from_one_to_the_other(scratch: Path, pairs: list[tuple[bytes, bytes]]):
    before = {b"%d.py" % at: old for at, (old, _) in enumerate(pairs)}
    after = {b"%d.py" % at: new for at, (_, new) in enumerate(pairs)}
    write_commits(scratch, [("base", before, "", "base"), ("head", after, "base", "head")])
    change = change_of(scratch)
    assert {file.path.encode(): (file.added, file.removed) for file in change.files} == numstat(scratch, "base", "head")
    assert {file.path.encode() for file in change.files} == {path for path in before if before[path] != after[path]}
    for file in change.files:
        name = file.path.encode()
        hunks = hunks_of(file)
        assert applied(hunks, lines_of(before[name])) == lines_of(after[name])
        assert sum(line.sign == "+" for hunk in hunks for line in hunk.lines) == file.added
        assert sum(line.sign == "-" for hunk in hunks for line in hunk.lines) == file.removed
    from_patch = read_patch(git(scratch, "diff", "base", "head"))
    assert [(file.path, hunks_of(file)) for file in from_patch] == [
        (file.path, hunks_of(file)) for file in change.files
    ]
