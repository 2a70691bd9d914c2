"""What is worth reading: each reason by example, and nothing that is passed over without one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diff.change import FileDiff, Skipped, Status
from bot.diff.filters import MARK_WITHIN, worth_reading
from tests.odd_repository import unhurried

PATCH = b"@@ -9,3 +9,3 @@ def f():\n a\n-b\n+c\n d\n"
PLAIN = FileDiff("src/f.py", "src/f.py", Status.MODIFIED, 1, 1, 1, PATCH)


def reason(file: FileDiff, **known: object) -> str:
    """Why `file` is passed over; empty where it is read."""
    read, skipped = worth_reading([file], **known)  # type: ignore[arg-type]
    assert len(read) + len(skipped) == 1
    return skipped[0].reason if skipped else ""


def named(path: str) -> FileDiff:
    return replace(PLAIN, path=path, old_path=path)


def beginning_with(text: bytes, *, sign: bytes = b"+") -> FileDiff:
    """A new file whose first hunk shows its top; or one that had, or keeps, that top."""
    lines = text.split(b"\n")
    patch = b"@@ -1,9 +1,9 @@\n" + b"".join(sign + line + b"\n" for line in lines)
    return replace(PLAIN, patch=patch, added=len(lines))


def test_a_plain_edit_is_read():
    assert reason(PLAIN) == ""


@pytest.mark.parametrize("status", [Status.ADDED, Status.RENAMED, Status.COPIED])
def test_new_content_is_read_wherever_it_comes_from(status: Status):
    assert reason(replace(PLAIN, status=status)) == ""


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (replace(PLAIN, status=Status.DELETED, new_mode="000000"), "deleted"),
        (replace(PLAIN, status=Status.UNMERGED, hunks=0, patch=b""), "unmerged"),
        (replace(PLAIN, new_mode="160000"), "a submodule"),
        (replace(PLAIN, old_mode="160000", new_mode="000000", status=Status.DELETED), "a submodule"),
        (replace(PLAIN, old_mode="160000", status=Status.TYPE_CHANGED), "a submodule"),
        (replace(PLAIN, old_mode="120000", status=Status.TYPE_CHANGED), "its type changed"),
        (replace(PLAIN, old_mode="120000", new_mode="120000"), "a symbolic link"),
        (replace(PLAIN, old_mode="000000", new_mode="120000", status=Status.ADDED), "a symbolic link"),
        (replace(PLAIN, binary=True, hunks=0, patch=b""), "binary"),
        (replace(PLAIN, problem="it is odd"), "unreadable: it is odd"),
        (replace(PLAIN, problem="it is odd", hunks=0, patch=b""), "unreadable: it is odd"),
        (replace(PLAIN, status=Status.RENAMED, hunks=0, patch=b""), "only renamed"),
        (replace(PLAIN, status=Status.COPIED, hunks=0, patch=b""), "only copied"),
        (replace(PLAIN, status=Status.ADDED, hunks=0, patch=b""), "an empty file, added"),
        (replace(PLAIN, status=Status.DELETED, hunks=0, patch=b""), "an empty file, deleted"),
        (replace(PLAIN, new_mode="100755", hunks=0, patch=b""), "only its mode changed"),
        (replace(PLAIN, hunks=0, patch=b""), "no changed lines"),
    ],
)
def test_what_has_no_text_to_read_is_named(file: FileDiff, expected: str):
    assert reason(file) == expected


def test_an_executable_s_edit_is_read():
    assert reason(replace(PLAIN, old_mode="100644", new_mode="100755")) == ""


# ------------------------------------------------------------------------------------------------- configuration


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.sql", "db/0001.sql"),
        ("/docs/", "docs/deep/a.md"),
        ("docs", "src/docs/a.md"),
        ("**/fixtures/**", "a/b/fixtures/c/d.py"),
        ("my file.py", "src/my file.py"),
        ("*.py", "cafe\udce9.py"),
        ("cafe\\\\xe9.py", "cafe\udce9.py"),
        ("-rf", "-rf"),
    ],
)
def test_ignored_patterns_are_those_of_a_gitignore_file(pattern: str, path: str):
    assert reason(named(path), ignore=[pattern]) == "ignored by the configuration"


@pytest.mark.parametrize(
    ("patterns", "path"),
    [
        (["*.sql", "!keep.sql"], "db/keep.sql"),
        (["/docs/"], "src/docs/a.md"),
        (["docs/"], "docs"),
        (["# *.py", ""], "src/f.py"),
        (["*.PY"], "src/f.py"),
        ([], "src/f.py"),
    ],
)
def test_what_no_pattern_fits_is_read(patterns: list[str], path: str):
    assert reason(named(path), ignore=patterns) == ""


def test_a_file_that_has_nothing_to_read_keeps_the_truer_reason():
    assert reason(replace(PLAIN, binary=True), ignore=["*"]) == "binary"


# ------------------------------------------------------------------------------------------------------- by name


@pytest.mark.parametrize(
    "path",
    [
        "package-lock.json", "web/yarn.lock", "pnpm-lock.yaml", "Cargo.lock", "poetry.lock", "uv.lock", "pdm.lock",
        "Pipfile.lock", "go.sum", "Gemfile.lock", "composer.lock", "flake.lock", "npm-shrinkwrap.json", "CARGO.LOCK",
    ],
)  # fmt: skip
def test_lock_files_are_passed_over(path: str):
    assert reason(named(path)) == "a lock file"


@pytest.mark.parametrize(
    "path",
    [
        "app.min.js", "app.MIN.JS", "app.min.css", "app.js.map", "api_pb2.py", "api_pb2.pyi", "api_pb2_grpc.py",
        "api.pb.go", "api.pb.gw.go", "api.pb.cc", "api.pb.h", "model.g.dart", "Form.Designer.cs", "x.test.tsx.snap",
        "schema.generated.ts", "schema_generated.go",
    ],
)  # fmt: skip
def test_names_that_only_tools_give_are_passed_over(path: str):
    assert reason(named(f"src/{path}")) == "generated, by its name"


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("vendor/x.go", "vendor"),
        ("a/node_modules/b/c.js", "node_modules"),
        ("src/third_party/x.c", "third_party"),
        ("Vendor/x.php", "Vendor"),
    ],
)
def test_folders_of_others_are_passed_over(path: str, folder: str):
    assert reason(named(path)) == f"vendored ({folder}/)"


@pytest.mark.parametrize(
    "path",
    [
        "vendor", "src/vendor.py", "vendors/x.py", "src/lock.py", "locks/file.lock.py", "package.json",
        "my-package-lock.json.py", "src/generated.py", "generated/x.py", "minify.js", "admin.js", "x.min.py", "snap.py",
        "api_pb2_test.py", "pb2.py", "node_modules.py", "a.lock",
    ],
)  # fmt: skip
def test_names_that_only_look_alike_are_read(path: str):
    assert reason(named(path)) == ""


# ------------------------------------------------------------------------------------------------------- by mark


@pytest.mark.parametrize(
    "mark",
    [
        b"// Code generated by protoc-gen-go. DO NOT EDIT.",
        b"# @generated",
        b"/**\n * @generated SignedSource<<1234>>\n */",
        b"// <auto-generated>",
        b"# Autogenerated by Thrift Compiler (0.9.3)",
        b"# This file is automatically generated by setup.py",
        b"-- THIS FILE WAS AUTO-GENERATED",
        b"# This file was generated by a script",
        b"# code generated by x,\n# version 2; do not edit",
    ],
)
def test_a_mark_at_the_top_tells_that_nobody_wrote_it(mark: bytes):
    expected = "generated, by the mark at its top"
    assert reason(beginning_with(mark)) == expected
    assert reason(beginning_with(mark, sign=b" ")) == expected
    assert reason(replace(PLAIN, new_blob="b1"), tops={"b1": mark + b"\nx = 1\n"}) == expected


@pytest.mark.parametrize(
    "text",
    [
        b"# Generates code; do not edit while it runs",
        b"def generated(): ...",
        b"# The report is generated by the till.",
        b"# @generated_by is a decorator of ours",
        b"generated = this_file",
    ],
)
def test_words_that_are_no_mark_hide_nothing(text: bytes):
    assert reason(beginning_with(text)) == ""


def test_a_mark_counts_at_the_top_only():
    below = b"x" * MARK_WITHIN + b"\n# @generated\n"
    assert reason(replace(PLAIN, new_blob="b1"), tops={"b1": below}) == ""
    in_a_later_hunk = replace(PLAIN, patch=b"@@ -90,2 +90,3 @@\n a\n+# @generated\n b\n")
    assert reason(in_a_later_hunk) == ""
    ten = replace(PLAIN, patch=b"@@ -10,2 +10,3 @@\n a\n+# @generated\n b\n")
    assert reason(ten) == ""


def test_a_mark_that_is_taken_away_does_not_count():
    assert reason(beginning_with(b"# @generated", sign=b"-")) == ""


def test_the_content_is_believed_before_the_hunk():
    told = beginning_with(b"# @generated")
    assert reason(replace(told, new_blob="b1"), tops={"b1": b"x = 1\n"}) == ""
    assert reason(replace(told, new_blob="b1"), tops={"other": b"x = 1\n"}) == "generated, by the mark at its top"


def test_lines_that_nobody_could_write_by_hand_are_minified():
    assert reason(replace(PLAIN, patch=b"@@ -1 +1 @@\n-" + b"x;" * 900 + b"\n+" + b"y;" * 900 + b"\n")) == "minified"


def test_one_long_line_among_many_does_not_make_a_file_minified():
    long = b"+" + b"x" * 2_000 + b"\n"
    assert reason(replace(PLAIN, patch=b"@@ -1,9 +1,30 @@\n" + long + b"+short\n" * 20)) == ""


# ------------------------------------------------------------------------------------------------- by attributes


@pytest.mark.parametrize("name", ["linguist-generated", "linguist-vendored"])
def test_an_attribute_that_is_set_passes_a_file_over(name: str):
    assert reason(PLAIN, attributes={"src/f.py": {name: True}}) == f"{name} in .gitattributes"
    assert reason(PLAIN, attributes={"src/g.py": {name: True}}) == ""


@pytest.mark.parametrize("path", ["uv.lock", "app.min.js", "api_pb2.py"])
def test_an_attribute_that_is_unset_has_a_file_read_whatever_its_name_says(path: str):
    assert reason(named(path), attributes={path: {"linguist-generated": False}}) == ""


def test_an_attribute_that_is_unset_has_a_file_read_whatever_its_top_says():
    file = beginning_with(b"# @generated")
    assert reason(file, attributes={"src/f.py": {"linguist-generated": False}}) == ""


def test_each_attribute_speaks_for_itself():
    vendored = named("vendor/x.go")
    assert reason(vendored, attributes={"vendor/x.go": {"linguist-vendored": False}}) == ""
    assert reason(vendored, attributes={"vendor/x.go": {"linguist-generated": False}}) == "vendored (vendor/)"
    locked = named("vendor/go.sum")
    assert reason(locked, attributes={"vendor/go.sum": {"linguist-vendored": False}}) == "a lock file"


def test_a_renamed_file_is_known_by_its_new_name():
    file = replace(PLAIN, status=Status.RENAMED, old_path="vendor/f.py")
    assert reason(file) == ""
    assert reason(file, attributes={"vendor/f.py": {"linguist-generated": True}}) == ""


# ----------------------------------------------------------------------------------------------------- as a whole


def test_the_order_is_kept_and_every_hunk_is_accounted_for():
    files = [
        named("a.py"),
        replace(named("b.png"), binary=True, hunks=0),
        replace(named("uv.lock"), hunks=7),
        named("c.py"),
    ]
    read, skipped = worth_reading(files)
    assert [file.path for file in read] == ["a.py", "c.py"]
    assert skipped == [Skipped("b.png", 0, "binary"), Skipped("uv.lock", 7, "a lock file")]


def test_one_path_twice_is_judged_twice():
    files = [named("a.py"), replace(named("a.py"), status=Status.DELETED)]
    read, skipped = worth_reading(files)
    assert read == files[:1]
    assert skipped == [Skipped("a.py", 1, "deleted")]


@unhurried
@given(
    st.lists(
        st.builds(
            FileDiff,
            path=st.sampled_from(["a.py", "uv.lock", "vendor/x.go", "x.min.js", "cafe\udce9", "a\nb", " "]),
            old_path=st.just("old"),
            status=st.sampled_from(Status),
            added=st.integers(0, 9),
            removed=st.integers(0, 9),
            hunks=st.integers(0, 9),
            patch=st.binary(max_size=40),
            old_mode=st.sampled_from(["000000", "100644", "100755", "120000", "160000"]),
            new_mode=st.sampled_from(["000000", "100644", "100755", "120000", "160000"]),
            binary=st.booleans(),
            new_blob=st.sampled_from(["", "b1"]),
            problem=st.sampled_from(["", "a problem"]),
        ),
        max_size=5,
    )
)
def test_every_file_is_read_or_named_with_its_reason(files: list[FileDiff]):
    read, skipped = worth_reading(files, ignore=["*.go"], tops={"b1": b"# @generated"})
    assert len(read) + len(skipped) == len(files)
    assert sum(file.hunks for file in read) + sum(file.hunks for file in skipped) == sum(file.hunks for file in files)
    assert all(file.reason for file in skipped)
    assert all(file.hunks and not file.problem and not file.binary for file in read)
