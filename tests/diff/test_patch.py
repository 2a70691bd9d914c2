"""A patch file -> FileDiffs: git's own, other tools', mails, and what was cut off or damaged on its way."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diff.change import Change, FileDiff, Hunk, Status
from bot.diff.filters import worth_reading
from bot.diff.parse import Unreadable, hunks_of
from bot.diff.patch import read_patch
from bot.errors import BadInput
from tests.odd_repository import (
    ODD,
    Tree,
    assert_hunks_lead_from_before_to_after,
    build,
    build_apart,
    change_of,
    edited,
    facts,
    git,
    hunk_lists,
    new_repository,
    numbered,
    repository_of,
    unhurried,
    write_commits,
    written,
)

TWO_FILES = b"""\
diff --git a/shop/cart.py b/shop/cart.py
index 0a1b2c3..4d5e6f7 100644
--- a/shop/cart.py
+++ b/shop/cart.py
@@ -1,4 +1,4 @@
 import math
-x = 1
+x = 2

 y = x
@@ -20,2 +20,3 @@ def total(cart):
     total = 0
+    total += 1
     return total
diff --git a/shop/till.py b/shop/till.py
index 1111111..2222222 100644
--- a/shop/till.py
+++ b/shop/till.py
@@ -7 +7 @@
-old = "till"
+new = "till"
"""
PLAIN = numbered("plain", 30)


def said(files: tuple[FileDiff, ...]) -> list[tuple[str, Status, int, int, int]]:
    return [(file.path, file.status, file.added, file.removed, file.hunks) for file in files]


def one(patch: bytes) -> FileDiff:
    (file,) = read_patch(patch)
    return file


def assert_unreadable(file: FileDiff):
    """It has a problem that is told, whoever finds it."""
    with pytest.raises(Unreadable):
        hunks_of(file)


# --------------------------------------------------------------------------------------------------- git's patches


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_apart(tmp_path_factory.mktemp("apart"))


@pytest.mark.parametrize("at", range(len(ODD)), ids=[odd.name for odd in ODD])
def test_a_patch_of_what_is_odd_says_what_it_is_however_names_are_quoted(at: int, apart: Path):
    odd = ODD[at]
    for quoting in ("core.quotePath=true", "core.quotePath=false"):
        read = read_patch(git(apart, "-c", quoting, "diff", f"base-{at}", f"head-{at}"))
        assert [facts(file) for file in read] == [facts(told) for told in odd.expected]
        for file in read:
            assert_hunks_lead_from_before_to_after(odd, file)


@pytest.mark.parametrize("at", range(len(ODD)), ids=[odd.name for odd in ODD])
def test_what_is_passed_over_in_a_repository_is_passed_over_in_its_patch(at: int, apart: Path):
    odd = ODD[at]
    _, skipped = worth_reading(read_patch(git(apart, "diff", f"base-{at}", f"head-{at}")))
    found = {file.path: file.reason for file in skipped}
    # A patch has neither attributes nor the tops of files; and of a binary that moves it says only that it does.
    silent = {"linguist-generated in .gitattributes", "generated, by the mark at its top"}
    moved = {told.path: "only renamed" for told in odd.expected if told.old_path and not told.hunks}
    expected = {told.path: told.reason for told in odd.expected if told.reason and told.reason not in silent}
    assert found == expected | moved


def test_a_patch_says_of_all_of_them_what_the_repository_says(together: tuple[Path, Change]):
    repository, change = together
    read = read_patch(git(repository, "diff", "base", "head"))
    assert [comparable(file) for file in read] == [comparable(file) for file in change.files]


def comparable(file: FileDiff) -> FileDiff:
    """A FileDiff without what only a repository knows: blobs, and whether a file that isn't shown is binary.

    A patch tells the mode of a file only where its content or its mode changes.
    """
    if file.status is Status.RENAMED and not file.hunks:
        return replace(file, new_blob="", binary=False, old_mode="", new_mode="")
    return replace(file, new_blob="")


@pytest.mark.parametrize(
    "options",
    [
        "--no-prefix",
        "--src-prefix=c/ --dst-prefix=w/",
        "--src-prefix=i/ --dst-prefix=w/",
        "--src-prefix=c/ --dst-prefix=i/",
        "--full-index",
        "--unified=0",
        "--unified=9",
        "--inter-hunk-context=9",
        "--binary",
        "--find-renames --find-copies-harder",
        "--patience --function-context",
        "--ignore-all-space",
    ],
)
def test_git_s_options_make_no_difference_to_what_changed(options: str, together: tuple[Path, Change]):
    repository, change = together
    plain = {file.path: (file.added, file.removed) for file in change.files}
    read = read_patch(git(repository, "diff", *options.split(), "base", "head"))
    spared = {
        "--ignore-all-space": {"white.py", "flip.py", "mixed.py", "crs.txt", "ends1.py", "ends2.py"},
        "--find-renames --find-copies-harder": {"added.diff"},  # nearly a copy of in.diff
        "--no-prefix": {"a/first.py", "b/second.py", "first.py", "second.py"},  # a test of its own, below
    }.get(options, set())
    found = {file.path: (file.added, file.removed) for file in read}
    assert found.items() - plain.items() <= {(path, counts) for path, counts in found.items() if path in spared}
    assert plain.keys() - found.keys() <= spared
    for file in read:
        assert file.status is Status.TYPE_CHANGED or len(hunks_of(file)) == file.hunks


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Change]:
    repository = build(tmp_path_factory.mktemp("together"))
    return repository, change_of(repository)


def test_a_patch_the_other_way_round_swaps_the_sides(tmp_path: Path):
    repository = repository_of(tmp_path, {b"f.py": PLAIN, b"gone.py": b"1\n"}, {b"f.py": edited(PLAIN, 2)})
    read = read_patch(git(repository, "diff", "-R", "base", "head"))
    assert said(read) == [("f.py", Status.MODIFIED, 1, 1, 1), ("gone.py", Status.ADDED, 1, 0, 1)]
    assert hunks_of(read[0])[0].lines[1].text == "edited plain 2 plain"


def test_a_patch_without_prefixes_keeps_a_folder_that_is_called_like_one(tmp_path: Path):
    before = {b"a/x.py": PLAIN, b"c/main.c": numbered("main", 9)}
    after = {b"a/x.py": edited(PLAIN, 2), b"c/main.c": edited(numbered("main", 9), 3)}
    repository = repository_of(tmp_path, before, after)
    read = read_patch(git(repository, "diff", "--no-prefix", "base", "head"))
    assert [file.path for file in read] == ["a/x.py", "c/main.c"]


# ------------------------------------------------------------------------------------------ mails, logs, many commits


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Three commits upon `base`, each with words that a careless reader could take for lines of a hunk."""
    repository = new_repository(tmp_path / "history")
    message = "Change {}\n\n- a list\n+ of points\n indented\n@@ at\n--\nCo-authored-by: x"
    trees: list[Tree] = [
        {b"f.py": PLAIN},
        {b"f.py": edited(PLAIN, 3), b"g.py": b"one\n"},
        {b"f.py": edited(PLAIN, 3, 20)},
        {b"f.py": edited(PLAIN, 20), b"g.py": b"two\n"},
    ]
    names = ["base", "one", "two", "head"]
    parents = ["", *names]
    write_commits(
        repository,
        [(name, tree, parent, message.format(name)) for name, tree, parent in zip(names, trees, parents, strict=False)],
    )
    git(repository, "checkout", "--quiet", "head")
    return repository


COMMIT_BY_COMMIT = [
    ("f.py", Status.MODIFIED, 1, 1, 1),
    ("g.py", Status.ADDED, 1, 0, 1),
    ("f.py", Status.MODIFIED, 1, 1, 1),
    ("g.py", Status.DELETED, 0, 1, 1),
    ("f.py", Status.MODIFIED, 1, 1, 1),
    ("g.py", Status.ADDED, 1, 0, 1),
]


def test_one_mail_is_read_to_its_signature(history: Path):
    read = read_patch(git(history, "format-patch", "--stdout", "base..one"))
    assert said(read) == COMMIT_BY_COMMIT[:2]
    assert [line.text for line in hunks_of(read[1])[0].lines] == ["one"]


@pytest.mark.parametrize(
    "command",
    [
        "format-patch --stdout base..head",
        "format-patch --stdout --cover-letter base..head",
        "format-patch --stdout --attach base..head",
        "log --patch --reverse base..head",
        "log --patch --reverse --stat base..head",
        "log --patch --reverse --format=raw base..head",
        "log --patch --reverse --format=%B base..head",
        "show one two head",
    ],
)
def test_several_commits_in_one_text_are_read_one_by_one(command: str, history: Path):
    read = read_patch(git(history, *command.split()))
    assert said(read) == COMMIT_BY_COMMIT
    assert [file.problem for file in read] == [""] * 6
    assert [len(hunks_of(file)) for file in read] == [1] * 6


def test_one_path_in_two_commits_is_two_files_of_the_change(history: Path):
    read = read_patch(git(history, "diff", "base", "one") + git(history, "diff", "one", "two"))
    assert [file.path for file in read] == ["f.py", "g.py", "f.py", "g.py"]
    assert [hunks_of(file)[0].lines[-4].new for file in read if file.path == "f.py"] == [3, 20]


def test_a_file_that_one_commit_deletes_and_the_next_one_adds_has_not_changed_its_type():
    gone = b"diff --git a/g.py b/g.py\ndeleted file mode 100644\n--- a/g.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n"
    back = b"diff --git a/g.py b/g.py\nnew file mode 100644\n--- /dev/null\n+++ b/g.py\n@@ -0,0 +1 @@\n+two\n"
    read = read_patch(gone + back)
    assert said(read) == [("g.py", Status.DELETED, 0, 1, 1), ("g.py", Status.ADDED, 1, 0, 1)]


def test_a_mail_without_its_final_signature_space_is_read(history: Path):
    mail = git(history, "format-patch", "--stdout", "base..one").replace(b"\n-- \n", b"\n--\n")
    read = read_patch(mail)
    assert said(read) == COMMIT_BY_COMMIT[:2]
    assert [len(hunks_of(file)) for file in read] == [1, 1]


def test_carriage_returns_of_a_mail_that_came_over_windows_are_no_part_of_names_and_modes(apart: Path):
    for at, odd in enumerate(ODD):
        if odd.name in ("a mode with an edit", "a rename with an edit", "a file to a link", "a name with a space"):
            plain = git(apart, "diff", f"base-{at}", f"head-{at}")
            read = read_patch(plain.replace(b"\n", b"\r\n"))
            assert [(facts(file), file.old_mode, file.new_mode) for file in read] == [
                (facts(file), file.old_mode, file.new_mode) for file in read_patch(plain)
            ]
            shown = [[line.shown for hunk in hunks_of(file) for line in hunk.lines] for file in read if file.hunks == 1]
            assert not any("\r" in text for texts in shown for text in texts)


def test_a_carriage_return_patch_has_the_lines_of_the_plain_one():
    read, plain = read_patch(TWO_FILES.replace(b"\n", b"\r\n")), read_patch(TWO_FILES)
    assert said(read) == said(plain)
    for crlf, lf in zip(read, plain, strict=True):
        assert [[line.shown for line in hunk.lines] for hunk in hunks_of(crlf)] == [
            [line.shown for line in hunk.lines] for hunk in hunks_of(lf)
        ]


def test_a_byte_order_mark_before_a_patch_costs_no_file():
    assert said(read_patch(b"\xef\xbb\xbf" + TWO_FILES)) == said(read_patch(TWO_FILES))


def test_words_before_and_between_are_passed_over():
    first, second = TWO_FILES.split(b"diff --git a/shop/till.py")
    words = b"Here is my patch:\n\n> quoted\nIt works.\n\n"
    text = words + first + b"\nAnd the till:\n\n" + b"diff --git a/shop/till.py" + second + b"\nRegards\n"
    assert said(read_patch(text)) == said(read_patch(TWO_FILES))
    assert [file.problem for file in read_patch(text)] == ["", ""]


# ------------------------------------------------------------------------------------------------- foreign patches


def test_a_plain_unified_diff_is_read():
    file = one(
        b"--- a.py.orig\t2024-01-01 10:00:00.000000000 +0100\n+++ a.py\t2024-01-02 10:00:00 +0100\n"
        b"@@ -1 +1 @@\n-x\n+y\n"
    )
    assert (file.old_path, file.path, file.added, file.removed) == ("a.py.orig", "a.py", 1, 1)
    assert [line.text for line in hunks_of(file)[0].lines] == ["x", "y"]


def test_a_recursive_diff_has_a_file_for_each_pair_of_names():
    patch = (
        b"diff -ruN old/a.py new/a.py\n--- old/a.py\t2024-01-01 00:00:00.000000000 +0000\n"
        b"+++ new/a.py\t2024-01-01 00:00:00.0 +0000\n@@ -1 +1 @@\n-x\n+y\nOnly in new: c.py\n"
        b"diff -ruN old/b.py new/b.py\n--- old/b.py\t2024-01-01\n+++ new/b.py\t2024-01-01\n"
        b"@@ -1,2 +1 @@\n x\n-y\n\\ No newline at end of file\n"
    )
    read = read_patch(patch)
    assert [(file.path, file.added, file.removed) for file in read] == [("new/a.py", 1, 1), ("new/b.py", 0, 1)]
    assert [len(hunks_of(file)) for file in read] == [1, 1]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (b"new/my file.py\t2024-01-01 00:00:00.000000000 +0000", "new/my file.py"),
        (b'"new/my file.py"\t2024-01-01 00:00:00.000000000 +0000', "new/my file.py"),  # GNU diff since 3.3
        (b'"new/quo\\"te.py"\t2024-01-01 00:00:00.000000000 +0000', 'new/quo"te.py'),
        (b'"new/\\303\\274n\\303\\257.py"\t2024-01-01 00:00:00.000000000 +0000', "new/ünï.py"),
        (b'"new/tab\\tbed.py"\t2024-01-01', "new/tab\tbed.py"),
        (b'"b/\\a\\b\\f\\n\\r\\t\\v\\"\\\\\\377.py"', '\a\b\f\n\r\t\v"\\\udcff.py'),
        (b"new/a.py\t(revision 12)", "new/a.py"),
        (b"new/a.py\t(working copy)", "new/a.py"),
        (b"new/a.py\tThu Jan 01 00:00:00 1970 +0000", "new/a.py"),
        (b"b/a.py\t", "a.py"),
        (b"b/trailing \t", "trailing "),
    ],
)
def test_a_name_is_told_from_the_time_stamp_behind_it(name: bytes, path: str):
    assert one(b"--- a/x\n+++ " + name + b"\n@@ -1 +1 @@\n-x\n+y\n").path == path


def test_a_subversion_diff_is_read_without_its_properties():
    patch = (
        b"Index: trunk/a.py\n" + b"=" * 67 + b"\n--- trunk/a.py\t(revision 7)\n+++ trunk/a.py\t(working copy)\n"
        b"@@ -1,2 +1,2 @@\n-x\n+y\n z\n\nProperty changes on: trunk/a.py\n" + b"_" * 67 + b"\n"
        b"Added: svn:executable\n## -0,0 +1 ##\n+*\n\\ No newline at end of property\n"
        b"Index: trunk/b.py\n" + b"=" * 67 + b"\n--- trunk/b.py\t(revision 7)\n+++ trunk/b.py\t(working copy)\n"
        b"@@ -1 +1,2 @@\n x\n+y\n"
    )
    read = read_patch(patch)
    assert [(file.path, file.added, file.removed, file.hunks) for file in read] == [
        ("trunk/a.py", 1, 1, 1),
        ("trunk/b.py", 1, 0, 1),
    ]
    assert [len(hunks_of(file)) for file in read] == [1, 1]


def test_a_mercurial_diff_is_read():
    patch = (
        b"# HG changeset patch\n# User x\n# Date 0 0\n# Parent  0000\nChange\n\n"
        b"diff -r 1234567890ab -r 0987654321ff a.py\n--- a/a.py\tThu Jan 01 00:00:00 1970 +0000\n"
        b"+++ b/a.py\tMon Jan 01 00:00:00 2024 +0000\n@@ -1,1 +1,1 @@ def f():\n-x\n+y\n"
        b"diff -r 1234567890ab -r 0987654321ff new.py\n--- /dev/null\tThu Jan 01 00:00:00 1970 +0000\n"
        b"+++ b/new.py\tMon Jan 01 00:00:00 2024 +0000\n@@ -0,0 +1,1 @@\n+x\n"
    )
    assert said(read_patch(patch)) == [("a.py", Status.MODIFIED, 1, 1, 1), ("new.py", Status.ADDED, 1, 0, 1)]


def test_dev_null_stands_for_no_file_on_either_side():
    added = one(b"--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+x\n")
    deleted = one(b"--- a/o.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n")
    assert (added.status, added.path, added.old_path, added.old_mode) == (Status.ADDED, "n.py", "n.py", "000000")
    assert (deleted.status, deleted.path, deleted.old_path, deleted.new_mode) == (
        Status.DELETED,
        "o.py",
        "o.py",
        "000000",
    )


def test_lines_that_look_like_names_inside_a_hunk_open_no_file():
    file = one(b"--- a/f.sql\n+++ b/f.sql\n@@ -1,2 +1,2 @@\n--- a/g.sql\n+++ b/g.sql\n x\n")
    assert (file.path, file.added, file.removed) == ("f.sql", 1, 1)
    assert [line.text for line in hunks_of(file)[0].lines] == ["-- a/g.sql", "++ b/g.sql", "x"]


def test_a_diff_that_a_diff_adds_opens_no_file():
    inner = TWO_FILES.split(b"\n")[:-1]
    outer = b"--- /dev/null\n+++ b/saved.diff\n@@ -0,0 +1,%d @@\n" % len(inner)
    file = one(outer + b"".join(b"+" + line + b"\n" for line in inner))
    assert (file.path, file.added, file.hunks) == ("saved.diff", len(inner), 1)
    assert [line.text.encode() for line in hunks_of(file)[0].lines] == inner


def test_a_merge_s_combined_diff_is_named_as_what_it_is(tmp_path: Path):
    repository = repository_of(
        tmp_path, {b"f.py": PLAIN, b"g.py": b"1\n"}, {b"f.py": edited(PLAIN, 2), b"g.py": b"1\n"}
    )
    write_commits(repository, [("side", {b"f.py": edited(PLAIN, 20), b"g.py": b"1\n"}, "base", "side")])
    git(repository, "merge", "--quiet", "--no-edit", "--no-commit", "side")
    (repository / "f.py").write_bytes(edited(PLAIN, 2, 11, 20) + b"rename from nowhere\n")
    git(repository, "commit", "--quiet", "--all", "--message=merge")
    combined = git(repository, "show", "--cc", "HEAD")
    assert b"@@@ " in combined
    file = one(combined)
    assert file.path == "f.py"
    assert "merge" in file.problem
    assert_unreadable(file)


def test_a_combined_diff_between_plain_ones_spoils_none_of_them():
    combined = b"diff --cc m.py\nindex 1,2..3\n--- a/m.py\n+++ b/m.py\n@@@ -1,1 -1,1 +1,1 @@@\n- x\n -y\n++z\n"
    first, second = TWO_FILES.split(b"diff --git a/shop/till.py")
    read = read_patch(first + combined + b"diff --git a/shop/till.py" + second)
    assert [(file.path, bool(file.problem)) for file in read] == [
        ("shop/cart.py", False),
        ("m.py", True),
        ("shop/till.py", False),
    ]


def test_binaries_are_named():
    patch = (
        b"diff --git a/p.png b/p.png\nindex 1..2 100644\nBinary files a/p.png and b/p.png differ\n"
        b"diff --git a/q.bin b/q.bin\nindex 1..2 100644\nGIT binary patch\n"
        b"delta 9\nzcmZ1234+-\n\ndelta 9\nzcmZ4321-+\n\n" + TWO_FILES
    )
    read = read_patch(patch)
    assert [(file.path, file.binary, file.hunks) for file in read[:2]] == [("p.png", True, 0), ("q.bin", True, 0)]
    assert said(read[2:]) == said(read_patch(TWO_FILES))


# ---------------------------------------------------------------------------------- what was cut off, or is damaged


def test_an_empty_patch_has_no_files():
    assert read_patch(b"") == read_patch(b"\n") == read_patch(b" \r\n\n") == ()


@pytest.mark.parametrize(
    "text",
    [
        b"Dear all,\nplease find attached nothing.\n", b"\x00\x01\x02", b"--- only half a name\n", b"{}",
        b"+1\n-1\n",
        TWO_FILES.decode().encode("utf-16"), b"1c1\n< x\n---\n> y\n",
        b"*** a\n--- b\n***************\n*** 1 ****\n! x\n--- 1 ----\n! y\n",
    ],
    ids=["prose", "bytes", "half a name", "json", "signs", "utf-16", "normal diff", "context diff"],
)  # fmt: skip
def test_what_is_no_patch_is_refused(text: bytes):
    with pytest.raises(BadInput, match="no patch"):
        read_patch(text)


def test_a_hunk_without_any_file_is_refused():
    with pytest.raises(BadInput):
        read_patch(b"@@ -1 +1 @@\n-x\n+y\n")


@pytest.mark.parametrize("kept", range(4), ids=lambda kept: f"{kept} lines of 4")
def test_a_hunk_that_ends_too_early_is_unreadable_and_the_next_file_is_read(kept: int):
    first, second = TWO_FILES.split(b"diff --git a/shop/till.py")
    lines = first.split(b"\n")[:-1]
    cut = b"\n".join(lines[: len(lines) - 4 + kept]) + b"\n"  # the last hunk has four lines, with its header
    read = read_patch(cut + b"diff --git a/shop/till.py" + second)
    assert [file.path for file in read] == ["shop/cart.py", "shop/till.py"]
    assert len(hunks_of(read[1])) == 1
    if kept:
        assert_unreadable(read[0])


def test_a_hunk_that_goes_on_too_long_is_unreadable_and_the_next_file_is_read():
    for extra in (b"+more\n", b"-more\n", b" more\n"):
        first, second = TWO_FILES.split(b"diff --git a/shop/till.py")
        read = read_patch(first + extra + b"diff --git a/shop/till.py" + second)
        assert [file.path for file in read] == ["shop/cart.py", "shop/till.py"]
        assert_unreadable(read[0])
        assert len(hunks_of(read[1])) == 1


def test_a_short_hunk_of_a_plain_diff_does_not_swallow_the_next_file():
    # Nothing is left to remove, so that `--- b.py` can be no line of the hunk.
    read = read_patch(b"--- a.py\n+++ a.py\n@@ -1 +1,3 @@\n-x\n+y\n--- b.py\n+++ b.py\n@@ -1 +1 @@\n-x\n+y\n")
    assert [(file.path, file.hunks) for file in read] == [("a.py", 1), ("b.py", 1)]
    assert_unreadable(read[0])
    assert len(hunks_of(read[1])) == 1


@pytest.mark.parametrize(
    "header",
    [
        b"@@", b"@@ @@", b"@@ ... @@", b"@@ def f(): @@", b"@@ -1 @@", b"@@ -1,x +1 @@", b"@@ -1 +1", b"@@-1 +1@@",
        b"@@ -a +b @@", b"@@ -1,1, +1 @@", b"@@ +1 -1 @@",
    ],
)  # fmt: skip
def test_a_hunk_whose_header_cannot_be_read_is_not_lost_in_silence(header: bytes):
    """Hand-made and model-made patches have such headers."""
    for before in (b"", b"@@ -1 +1 @@\n-w\n+x\n"):
        try:
            file = one(b"--- a/f.py\n+++ b/f.py\n" + before + header + b"\n-x\n+y\n")
        except BadInput:
            continue
        assert_unreadable(file)


def test_changed_lines_without_any_hunk_header_are_not_lost_in_silence():
    for head in (b"", b"diff --git a/f.py b/f.py\nindex 1..2 100644\n"):
        try:
            file = one(head + b"--- a/f.py\n+++ b/f.py\n-x\n+y\n")
        except BadInput:
            continue
        assert_unreadable(file)


@pytest.mark.parametrize(
    "patch",
    [
        b"--- a/f\n+++ b/f\n@@ -1," + b"9" * 5_000 + b" +1 @@\n-x\n+y\n",
        b"--- a/f\n+++ b/f\n@@ -" + b"9" * 5_000 + b" +1 @@\n-x\n+y\n",
        b'--- "a/\\8"\n+++ "b/\\9"\n@@ -1 +1 @@\n-x\n+y\n',
        b'--- "a/\\777\\400"\n+++ "b/\\0"\n@@ -1 +1 @@\n-x\n+y\n',
        b'diff --git "a/x" "b/x\\"\n--- "\n+++ "\n@@ -1 +1 @@\n-x\n+y\n',
        b"diff --git \n--- \n+++ \n@@ -1 +1 @@\n-x\n+y\n",
        b"diff --git a/x b/x\nnew file mode \nrename from \nrename to \nold mode\n",
        b"diff --git a/x b/x\nnew file mode \xff\xfe\nBinary files \n",
        b"--- \xff\n+++ \xfe\n@@ -0,0 +0,0 @@\n",
        b"--- a\n+++ b\n@@ -1 +1 @@\n\\\n\\\n-x\n+y\n\\\n\\\n",
    ],
)
def test_damaged_headers_end_in_no_traceback(patch: bytes):
    assert_read_or_refused(patch)


def assert_read_or_refused(patch: bytes):
    try:
        files = read_patch(patch)
    except BadInput:
        return
    for file in files:
        try:
            hunks = hunks_of(file)
        except Unreadable:
            continue
        assert len(hunks) == file.hunks


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_a_patch_cut_off_anywhere_is_refused_or_read_as_far_as_it_goes(ends: bytes):
    patch = TWO_FILES.replace(b"\n", ends)
    whole = [(file.path, hunk) for file in read_patch(patch) for hunk in hunks_of(file)]
    for cut in range(len(patch) + 1):
        data = patch[:cut]
        begun = len(re.findall(rb"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@", data, re.MULTILINE))
        try:
            files = read_patch(data)
        except BadInput:
            continue
        if files and files[-1].problem:  # it says itself that it's cut
            continue
        read = [(file.path, hunk) for file in files for hunk in hunks_of(file)]
        assert len(read) == begun, data[-60:]
        for at, (path, hunk) in enumerate(read):
            assert path == whole[at][0]
            last = at == len(read) - 1
            assert same(hunk, whole[at][1], cut_within_the_last_line=last), data[-60:]


def same(hunk: Hunk, whole: Hunk, *, cut_within_the_last_line: bool) -> bool:
    """A cut within the last line that a header promised can't be seen: a file may well end without a line feed."""
    if not cut_within_the_last_line:
        return hunk == whole
    *lines, last = hunk.lines
    return [*lines, last.sign] == [*whole.lines[:-1], whole.lines[-1].sign] and whole.lines[-1].text.startswith(
        last.text
    )


def test_a_patch_cut_off_within_the_header_of_a_hunk_does_not_lose_it_in_silence():
    for match in re.finditer(rb"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@", TWO_FILES, re.MULTILINE):
        for cut in range(match.start() + 1, match.end()):
            try:
                read = read_patch(TWO_FILES[:cut])
            except BadInput:
                continue
            assert any(file.problem for file in read), TWO_FILES[:cut][-30:]


@unhurried
@given(hunk_lists(), st.data())
def test_a_line_that_is_lost_or_doubled_within_a_hunk_is_noticed(hunks: tuple[Hunk, ...], data: st.DataObject):
    lines = written(hunks).split(b"\n")[:-1]
    at = data.draw(st.integers(1, len(lines) - 1))  # without its first header, it would be another question
    damaged = lines[:at] + lines[at : at + 1] * data.draw(st.sampled_from((0, 2))) + lines[at + 1 :]
    try:
        for file in read_patch(b"--- a/f.py\n+++ b/f.py\n" + b"".join(line + b"\n" for line in damaged)):
            hunks_of(file)
    except (BadInput, Unreadable):
        return
    assert {b"-- ", b"--"} & {*damaged}  # a removed line that can't be told from the signature of a mail


SCRAPS = (
    *TWO_FILES.split(b"\n"),
    b"rename from x", b"rename to y", b"deleted file mode 120000", b"new file mode 100755", b"old mode 1",
    b"@@@ -1 -1 +1 @@@",
    b"Binary files a/x and b/y differ", b"GIT binary patch", b"-- ", b"--- ", b"+++ ", b"--- a/x", b"+++ b/x",
    b"+++ /dev/null", b"--- /dev/null", b"\\ No newline at end of file", b"@@ -0,0 +1 @@", b"@@ -1 +0,0 @@",
    b"@@ -1,2 +1,2 @@", b"diff --git x", b"\r",
    b'diff --git "a/\\303" "b/\\303"',
    b"\xff", b"From 1 Mon", b"---", b" f.py | 2 +-",
)  # fmt: skip


@unhurried
@given(st.lists(st.sampled_from(SCRAPS), max_size=25))
def test_scraps_of_patches_in_any_order_end_in_no_traceback(scraps: list[bytes]):
    assert_read_or_refused(b"\n".join(scraps))


@unhurried
@given(st.data())
def test_a_patch_with_some_bytes_replaced_ends_in_no_traceback(data: st.DataObject):
    patch = bytearray(TWO_FILES)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(patch) - 1))
        patch[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert_read_or_refused(bytes(patch))
