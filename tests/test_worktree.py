"""Git -> Change: what every odd repository holds, what a range means, and that nothing of it is executed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot.diff.change import Change, Status
from bot.diff.filters import ATTRIBUTES, MARK_WITHIN, worth_reading
from bot.diff.parse import hunks_of
from bot.errors import BadInput
from bot.sources import Source, from_repository
from bot.worktree import WorkTree, open_work_tree
from tests.odd_repository import (
    ENVIRONMENT,
    ODD,
    Tree,
    assert_hunks_lead_from_before_to_after,
    build,
    build_apart,
    change_of,
    commit,
    content_of,
    edited,
    facts,
    git,
    link,
    new_repository,
    numbered,
    numstat,
    repository_of,
    submodule,
    work_tree,
    write_commits,
)

PLAIN = numbered("plain", 12)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_apart(tmp_path_factory.mktemp("apart"))


@pytest.fixture(scope="module")
def attributes(apart: Path) -> dict[str, dict[str, bool]]:
    names = [told.path for odd in ODD for told in odd.expected]
    return work_tree(apart).attributes("attributes", ATTRIBUTES, names)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """`topic` leaves `main` at one point, and `main` goes on; `topic` is checked out."""
    repository = new_repository(tmp_path / "history")
    write_commits(
        repository,
        [
            ("main", {b"f.py": PLAIN}, "", "the merge base"),
            ("topic", {b"f.py": edited(PLAIN, 3), b"new.py": b"new\n"}, "main", "topic"),
            ("fork", {b"f.py": PLAIN}, "main", "the merge base by another name"),
        ],
    )
    commit(repository, "later", {b"f.py": edited(PLAIN, 9), b"other.py": b"other\n"}, parent="main")
    git(repository, "checkout", "--quiet", "topic")
    git(repository, "branch", "--quiet", "--force", "main", "later")
    return repository


def reviewed(repository: Path, revisions: str = "base..head") -> Source:
    return from_repository(repository, ENVIRONMENT, revisions=revisions)


def reasons_of(source: Source) -> dict[str, str]:
    return reasons(source.change, source.surroundings.attributes, source.surroundings.tops)


def reasons(change: Change, attributes: Mapping[str, Mapping[str, bool]], tops: Mapping[str, bytes]) -> dict[str, str]:
    """Path -> why it is passed over; empty where it is read."""
    read, skipped = worth_reading(change.files, attributes=attributes, tops=tops)
    return {file.path: "" for file in read} | {file.path: file.reason for file in skipped}


def paths(change: Change) -> list[str]:
    return [file.path for file in change.files]


def meaning(change: Change) -> list[object]:
    """What a change says, however its patch is written."""
    return [
        (replace(file, patch=b""), hunks_of(file)) for file in change.files if file.status is not Status.TYPE_CHANGED
    ]


def tree_id(repository: Path, name: str) -> str:
    return git(repository, "rev-parse", name).decode().strip()


# ------------------------------------------------------------------------------------------------- the odd ones


@pytest.mark.parametrize("at", range(len(ODD)), ids=[odd.name for odd in ODD])
def test_what_is_odd_is_read_as_what_it_is(at: int, apart: Path, attributes: dict[str, dict[str, bool]]):
    odd = ODD[at]
    change = work_tree(apart).change(f"base-{at}", f"head-{at}")
    assert [facts(file) for file in change.files] == [facts(told) for told in odd.expected]
    tops = {file.new_blob: content_of(odd.after, file.path)[:MARK_WITHIN] for file in change.files if file.hunks}
    assert reasons(change, attributes, tops) == {told.path: told.reason for told in odd.expected}
    for file in change.files:
        assert_hunks_lead_from_before_to_after(odd, file)


def test_all_of_them_at_once_count_as_git_counts_them(tmp_path: Path):
    repository = build(tmp_path)
    change = change_of(repository)
    counts = {os.fsencode(file.path): (file.added, file.removed) for file in change.files if not file.binary}
    assert counts == numstat(repository, "base", "head")
    names = git(repository, "diff", "--name-only", "-z", "--find-renames", "base", "head")
    assert [os.fsencode(file.path) for file in change.files] == names.split(b"\0")[:-1]
    patch = git(repository, "diff", "--find-renames", "base", "head")
    assert change.hunks == sum(line.startswith(b"@@ -") for line in patch.split(b"\n"))
    read, skipped = worth_reading(change.files)
    assert sum(len(hunks_of(file)) for file in read) + sum(file.hunks for file in skipped) == change.hunks


def test_three_thousand_tiny_files_are_read_one_by_one(tmp_path: Path):
    change = change_of(build(tmp_path, many=3_000))
    tiny = [file for file in change.files if file.path.startswith("many/")]
    assert len(tiny) == 3_000
    assert {(file.added, file.removed, file.hunks) for file in tiny} == {(1, 1, 1)}
    lines = [line.text for file in tiny[2_999:] for hunk in hunks_of(file) for line in hunk.lines]
    assert lines == ["tiny = 2999", "tiny = -2999"]


def test_no_change_is_a_change_without_files(history: Path):
    change = work_tree(history).change("topic", "topic")
    assert (change.files, change.hunks, change.added, change.removed) == ((), 0, 0, 0)
    assert reviewed(history, "topic..topic").surroundings.tops == {}


def test_blobs_are_named_in_full_and_missing_ones_not_at_all(tmp_path: Path):
    repository = repository_of(tmp_path, {b"kept": PLAIN, b"gone": b"gone\n"}, {b"kept": edited(PLAIN, 1)})
    blobs = {file.path: file.new_blob for file in change_of(repository).files}
    assert blobs == {"gone": "", "kept": tree_id(repository, "head:kept")}


def test_a_repository_with_sha_256_ids_is_read_alike(tmp_path: Path):
    repository = new_repository(tmp_path, "--object-format=sha256")
    write_commits(
        repository,
        [
            ("base", {b"f.py": PLAIN, b"gone": b"gone\n"}, "", "base"),
            ("head", {b"f.py": edited(PLAIN, 2)}, "base", "head"),
        ],
    )
    source = reviewed(repository)
    assert [(file.path, file.added, file.removed) for file in source.change.files] == [("f.py", 1, 1), ("gone", 0, 1)]
    assert [file.new_blob for file in source.change.files] == [tree_id(repository, "head:f.py"), ""]


# ------------------------------------------------------------------------------------------------------ the range


@pytest.mark.parametrize("revisions", ["main..topic", "main...topic", "main..", "main...", "main", "main..HEAD"])
def test_every_form_of_a_range_begins_at_the_merge_base(revisions: str, history: Path):
    source = reviewed(history, revisions)
    assert paths(source.change) == ["f.py", "new.py"]
    assert (source.change.base, source.change.head) == (tree_id(history, "fork~"), tree_id(history, "topic"))
    (hunk,) = hunks_of(source.change.files[0])
    assert [line.text for line in hunk.lines if line.old is None] == ["edited plain 3 plain"]


def test_an_end_that_is_left_out_is_the_head(history: Path):
    assert paths(reviewed(history, "..main").change) == ["f.py", "other.py"]


def test_what_the_base_has_that_the_head_lacks_is_no_part_of_the_change(history: Path):
    assert "other.py" not in paths(reviewed(history, "main..topic").change)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["main"], "main"),
        (["master"], "master"),
        (["master", "main"], "main"),
        (["main", "refs/remotes/origin/master"], "origin/master"),
        (["main", "refs/remotes/origin/main", "refs/remotes/origin/master"], "origin/main"),
    ],
)
def test_without_a_range_the_default_branch_is_the_base(names: list[str], expected: str, history: Path):
    git(history, "branch", "--quiet", "--delete", "--force", "main")
    for name in names:
        ref = name if name.startswith("refs/") else f"refs/heads/{name}"
        git(history, "update-ref", ref, "later")
    assert work_tree(history).default_base() == expected
    assert paths(reviewed(history, "").change) == ["f.py", "new.py"]


def test_without_a_range_the_upstream_comes_before_the_default_branch(history: Path):
    git(history, "branch", "--quiet", "--set-upstream-to=fork", "topic")
    assert work_tree(history).default_base() == "fork"


def test_without_a_range_the_upstream_that_a_branch_is_pushed_to_comes_last(history: Path):
    git(history, "remote", "add", "origin", "nowhere")
    git(history, "update-ref", "refs/remotes/origin/topic", "fork")
    git(history, "branch", "--quiet", "--set-upstream-to=origin/topic", "topic")
    assert work_tree(history).default_base() == "main"
    git(history, "branch", "--quiet", "--delete", "--force", "main")
    assert work_tree(history).default_base() == "origin/topic"


def test_without_a_range_a_detached_head_is_compared_with_the_default_branch(history: Path):
    git(history, "checkout", "--quiet", "--detach")
    assert work_tree(history).default_base() == "main"
    assert paths(reviewed(history, "").change) == ["f.py", "new.py"]


def test_without_a_range_the_remote_s_own_default_comes_before_our_branches(history: Path):
    git(history, "update-ref", "refs/remotes/origin/trunk", "later")
    git(history, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert work_tree(history).default_base() == "origin/HEAD"


def test_without_a_range_and_without_anything_to_compare_with_the_user_is_told_what_to_do(history: Path):
    git(history, "branch", "--quiet", "--delete", "--force", "main")
    with pytest.raises(BadInput, match="no default branch") as raised:
        reviewed(history, "")
    assert "BASE..HEAD" in raised.value.hint


def test_a_tag_a_short_id_and_a_relative_name_are_revisions(history: Path):
    git(history, "tag", "--annotate", "--message=x", "v1", "fork~")
    short = tree_id(history, "topic")[:8]
    assert paths(reviewed(history, f"v1..{short}").change) == ["f.py", "new.py"]
    assert paths(reviewed(history, "topic~1..topic").change) == ["f.py", "new.py"]


@pytest.mark.parametrize(
    "revisions",
    ["nowhere", "main..nowhere", "nowhere..main", "0" * 40, "main:f.py", "main^{tree}", "--all", "a b", "@{-9}"],
)
def test_an_unknown_revision_is_named(revisions: str, history: Path):
    with pytest.raises(BadInput, match="unknown revision: ") as raised:
        reviewed(history, revisions)
    assert raised.value.hint


def test_a_revision_that_looks_like_an_option_does_nothing(history: Path):
    for revisions in ("--output=stolen", "main..--output=stolen", "-O/etc/passwd..main"):
        with pytest.raises(BadInput):
            reviewed(history, revisions)
    assert not (history / "stolen").exists()


def test_histories_that_never_meet_have_no_merge_base(history: Path):
    commit(history, "orphan", {b"f.py": b"alone\n"})
    with pytest.raises(BadInput, match="no merge base of") as raised:
        reviewed(history, "orphan..topic")
    assert "share no history" in raised.value.hint


def test_a_shallow_clone_that_ends_above_the_merge_base_says_how_to_deepen_it(history: Path, tmp_path: Path):
    url = history.as_uri()
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", "--branch=topic", url, "shallow")
    with pytest.raises(BadInput, match="no merge base") as raised:
        reviewed(tmp_path / "shallow", "origin/main..topic")
    assert "--unshallow" in raised.value.hint


def test_a_range_across_several_commits_is_one_change(history: Path):
    commit(history, "topic2", {b"f.py": edited(PLAIN, 3, 4)}, parent="topic")
    change = work_tree(history).change("fork", "topic2")
    assert [(file.path, file.added, file.removed) for file in change.files] == [("f.py", 2, 2)]


# ------------------------------------------------------------------------------------------------------ the index


def test_what_is_staged_is_reviewed_and_what_is_not_is_left_out(history: Path):
    (history / "f.py").write_bytes(edited(PLAIN, 1))
    (history / "new.py").unlink()
    (history / "staged.py").write_bytes(b"staged\n")
    git(history, "add", "staged.py", "f.py")
    (history / "f.py").write_bytes(b"not this\n")
    change = work_tree(history).staged()
    assert [(file.path, file.status, file.added, file.removed) for file in change.files] == [
        ("f.py", Status.MODIFIED, 2, 2),  # the line that topic had edited, too, is as it was
        ("staged.py", Status.ADDED, 1, 0),
    ]
    assert change.base == tree_id(history, "topic")


def test_staged_renames_and_deletions_are_told_as_such(history: Path):
    git(history, "mv", "f.py", "g.py")
    git(history, "rm", "--quiet", "new.py")
    found = [(file.old_path, file.path, file.status) for file in work_tree(history).staged().files]
    assert found == [("f.py", "g.py", Status.RENAMED), ("new.py", "new.py", Status.DELETED)]


def test_before_the_first_commit_everything_that_is_staged_is_new(tmp_path: Path):
    repository = new_repository(tmp_path)
    (repository / "f.py").write_bytes(PLAIN)
    git(repository, "add", "f.py")
    source = from_repository(repository, ENVIRONMENT, staged=True)
    assert [(file.path, file.status, file.added) for file in source.change.files] == [("f.py", Status.ADDED, 12)]
    assert reasons_of(source) == {"f.py": ""}


def test_a_file_that_is_only_meant_to_be_added_has_nothing_staged(history: Path):
    (history / "later.py").write_bytes(b"later\n")
    git(history, "add", "--intent-to-add", "later.py")
    assert work_tree(history).staged().hunks == 0


def test_a_path_in_conflict_is_named_as_unmerged_and_the_others_are_read(history: Path):
    base = b"".join(
        b"100644 %s %d\tf.py\n" % (tree_id(history, name).encode(), stage)
        for stage, name in ((1, "fork:f.py"), (2, "topic:f.py"), (3, "main:f.py"))
    )
    git(history, "rm", "--quiet", "--cached", "f.py")
    git(history, "update-index", "--index-info", stdin=base)
    (history / "new.py").write_bytes(b"newer\n")
    git(history, "add", "new.py")
    source = from_repository(history, ENVIRONMENT, staged=True)
    assert reasons_of(source) == {"f.py": "unmerged", "new.py": ""}
    (file,) = [file for file in source.change.files if file.path == "new.py"]
    assert len(hunks_of(file)) == 1


# --------------------------------------------------------------------------------------------------- repositories


def test_a_folder_inside_a_repository_stands_for_the_whole_of_it(tmp_path: Path):
    repository = repository_of(
        tmp_path, {b"top.py": PLAIN, b"sub/in.py": PLAIN}, {b"top.py": b"1\n", b"sub/in.py": b"2\n"}
    )
    assert paths(reviewed(repository / "sub").change) == ["sub/in.py", "top.py"]


def test_a_linked_work_tree_is_a_repository(history: Path, tmp_path: Path):
    git(history, "worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"), "topic")
    assert paths(reviewed(tmp_path / "linked", "main").change) == ["f.py", "new.py"]


def test_a_folder_without_a_repository_is_none(tmp_path: Path):
    with pytest.raises(BadInput, match="not a git repository: ") as raised:
        open_work_tree(tmp_path, ENVIRONMENT | {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)})
    assert "--repo" in raised.value.hint


def test_a_bare_repository_is_told_from_a_broken_one(tmp_path: Path):
    git(tmp_path, "init", "--quiet", "--bare", "bare.git")
    with pytest.raises(BadInput, match="not a git repository: "):
        open_work_tree(tmp_path / "bare.git", ENVIRONMENT)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(BadInput, match=r"no such directory: .*nowhere"):
        open_work_tree(tmp_path / "nowhere", ENVIRONMENT)


def test_a_folder_with_a_line_feed_in_its_name_is_opened(tmp_path: Path):
    repository = repository_of(tmp_path / "odd\nname ", {b"f": b"1\n"}, {b"f": b"2\n"})
    assert paths(reviewed(repository).change) == ["f"]


def test_git_that_is_missing_is_said(tmp_path: Path):
    with pytest.raises(BadInput, match="git was not found"):
        WorkTree(tmp_path, {"PATH": str(tmp_path)}).commit("HEAD")


# ----------------------------------------------------------------------------------------- contents and attributes


def test_the_content_of_a_file_is_given_as_it_was_in_a_commit(tmp_path: Path):
    before: Tree = {
        b"f.py": b"\xff\r\n",
        b"*.py": b"star\n",
        b"l": link(b"f.py"),
        b"d/x": b"x",
        b"s": submodule("5" * 40),
    }
    repository = repository_of(tmp_path, before, {b"f.py": b"2\n"})
    tree = work_tree(repository)
    told = {path: tree.file_at("base", path) for path in ("f.py", "*.py", "?.py", "l", "d", "d/x", "s", "nowhere")}
    found = {path: content for path, content in told.items() if content is not None}
    assert found == {"f.py": b"\xff\r\n", "*.py": b"star\n", "d/x": b"x"}


def test_the_tops_of_blobs_are_cut_and_blobs_that_are_missing_are_left_out(tmp_path: Path):
    contents = {b"long": b"long\n" * 600_000, b"empty": b"", b"exact": b"12345", b"short": b"1\0\n2", b"under": b"\n\n"}
    repository = repository_of(tmp_path, {}, contents)
    ids = {path: tree_id(repository, f"head:{path.decode()}") for path in contents}
    found = work_tree(repository).tops([*ids.values(), "0" * 40, "6" * 40], 5)
    assert found == {ids[path]: content[:5] for path, content in contents.items()}


ATTRIBUTED: Mapping[bytes, bytes] = {
    b".gitattributes": b"*.gen linguist-generated\n*.ven linguist-vendored=true\nown.gen -linguist-generated\n"
    b"no.gen linguist-generated=false\nun.gen !linguist-generated\n",
    b"sub/.gitattributes": b"*.py linguist-generated\n",
}


def test_attributes_are_told_apart_by_set_unset_and_unspecified(tmp_path: Path):
    repository = repository_of(tmp_path, ATTRIBUTED, {b"x": b"x\n"})
    names = ["a.gen", "b.ven", "own.gen", "no.gen", "un.gen", "sub/x.py", "x.py", "odd\n\udce9.gen"]
    found = work_tree(repository).attributes("base", ("linguist-generated", "linguist-vendored"), names)
    assert found == {
        "a.gen": {"linguist-generated": True},
        "b.ven": {"linguist-vendored": True},
        "own.gen": {"linguist-generated": False},
        "no.gen": {"linguist-generated": False},
        "sub/x.py": {"linguist-generated": True},
        "odd\n\udce9.gen": {"linguist-generated": True},
    }


@pytest.mark.parametrize(
    "attributes",
    [b"*.py linguist-generated\n", b"*.py linguist-vendored\n", b"*.py -diff\n", b"*.py binary\n", b"*.py diff=none\n"],
)
@pytest.mark.parametrize("where", [b".gitattributes", b"src/.gitattributes"])
def test_the_change_under_review_cannot_hide_its_files_by_attributes(attributes: bytes, where: bytes, tmp_path: Path):
    after = {b"src/evil.py": edited(PLAIN, 2), where: attributes}
    repository = repository_of(tmp_path, {b"src/evil.py": PLAIN}, after)
    git(repository, "config", "diff.none.binary", "true")  # as a user may have it for a driver of his own
    source = reviewed(repository)
    (file,) = [file for file in source.change.files if file.path == "src/evil.py"]
    assert (file.added, file.removed, file.hunks) == (1, 1, 1)
    assert reasons_of(source)["src/evil.py"] == ""


def test_the_work_tree_cannot_hide_files_either(tmp_path: Path):
    repository = repository_of(tmp_path, {b"f.py": PLAIN}, {b"f.py": edited(PLAIN, 2)})
    (repository / ".gitattributes").write_bytes(b"*.py -diff\n*.py linguist-generated\n")
    assert reasons_of(reviewed(repository)) == {"f.py": ""}


@pytest.mark.parametrize("attributes", [b"*.py -diff\n", b"*.py linguist-generated\n"])
def test_what_is_staged_cannot_hide_files_either(attributes: bytes, history: Path):
    (history / "f.py").write_bytes(edited(PLAIN, 8))
    (history / ".gitattributes").write_bytes(attributes)
    git(history, "add", "--all")
    source = from_repository(history, ENVIRONMENT, staged=True)
    assert reasons_of(source) == {".gitattributes": "", "f.py": ""}


def test_what_the_base_says_of_a_file_holds_while_the_head_denies_it(tmp_path: Path):
    before = {b"f.py": PLAIN, b"d.py": PLAIN, b".gitattributes": b"f.py linguist-generated\nd.py -diff\n"}
    after = {b"f.py": edited(PLAIN, 2), b"d.py": edited(PLAIN, 3), b".gitattributes": b"\n"}
    found = reasons_of(reviewed(repository_of(tmp_path, before, after)))
    assert found == {"f.py": "linguist-generated in .gitattributes", "d.py": "binary", ".gitattributes": ""}


@pytest.mark.parametrize("where", ["..", "../..", "{out}", ".git"])
def test_no_tree_has_anything_written_outside_of_a_folder_of_our_own(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """git itself makes no such trees, but it reads them."""
    temporary, out = tmp_path / "temporary" / "folder", tmp_path / "out"
    temporary.mkdir(parents=True)
    out.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    repository = repository_of(tmp_path / "hostile", {b"f.py": PLAIN}, {b"f.py": edited(PLAIN, 2)})
    rules = hostile_tree(repository, [(b"100644", b".gitattributes", b"*.py -diff\n")])
    name = where.format(out=out).encode()
    for branch in ("base", "head"):
        content = git(repository, "cat-file", "blob", f"{branch}:f.py")
        tree = hostile_tree(repository, [(b"40000", name, rules), (b"100644", b"f.py", content)])
        told = git(repository, "commit-tree", tree, "-m", "x", *(["-p", "evil-base"] if branch == "head" else []))
        git(repository, "update-ref", f"refs/heads/evil-{branch}", told.decode().strip())
    with contextlib.suppress(BadInput):
        assert [file.added for file in reviewed(repository, "evil-base..evil-head").change.files] == [1]
    assert [path for path in (tmp_path / "temporary").rglob("*") if path != temporary] == []
    assert list(out.iterdir()) == []
    assert not list(tmp_path.glob(".gitattributes"))


def hostile_tree(repository: Path, entries: list[tuple[bytes, bytes, bytes | str]]) -> str:
    """The id of a tree of (mode, name, content or id of a tree)."""
    raw = b""
    for mode, name, what in entries:
        told = what if isinstance(what, str) else git(repository, "hash-object", "-w", "--stdin", stdin=what).decode()
        raw += mode + b" " + name + b"\0" + bytes.fromhex(told.strip())
    return git(repository, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=raw).decode().strip()


@pytest.mark.parametrize(
    "odd",
    [
        b".gitattributes/.gitattributes",
        b".gitattributes/x/.gitattributes",
        b"/".join([b"d" * 200] * 30) + b"/.gitattributes",
    ],
    ids=["a folder of that name", "a deep folder of that name", "a path longer than any file's"],
)
def test_rules_in_odd_places_end_in_no_traceback(odd: bytes, tmp_path: Path):
    rules = b"*.py linguist-generated\n"
    after = {b"f.py": edited(PLAIN, 2), b".gitattributes": rules}
    repository = repository_of(tmp_path, {b"f.py": PLAIN, odd: rules}, after)
    source = reviewed(repository)
    assert reasons_of(source)["f.py"] == ""


def test_a_mark_far_above_the_hunk_tells_that_a_file_is_generated(tmp_path: Path):
    content = b"# Code generated by a tool. DO NOT EDIT.\n" + numbered("made", 60)
    source = reviewed(repository_of(tmp_path, {b"made.py": content}, {b"made.py": edited(content, 50)}))
    assert reasons_of(source) == {"made.py": "generated, by the mark at its top"}


# ------------------------------------------------------------------------------------------- what others configured


@pytest.mark.parametrize(
    "setting",
    [
        "diff.noPrefix=true",
        "diff.mnemonicPrefix=true",
        "diff.context=0",
        "diff.interHunkContext=20",
        "diff.renames=false",
        "diff.renames=copies",
        "diff.suppressBlankEmpty=true",
        "diff.submodule=log",
        "diff.ignoreSubmodules=all",
        "diff.relative=true",
        "diff.orderFile=order",
        "diff.wsErrorHighlight=all",
        "diff.colorMoved=zebra",
        "diff.statGraphWidth=3",
        "color.ui=always",
        "color.diff=always",
        "core.quotePath=true",
        "core.abbrev=4",
        "core.autocrlf=true",
        "core.eol=crlf",
        "core.pager=false",
        "log.showSignature=true",
    ],
)
def test_a_user_s_settings_do_not_change_what_is_read(setting: str, settled: Path, plain: Change):
    key, value = setting.split("=", 1)
    git(settled, "config", key, value)
    try:
        assert meaning(change_of(settled)) == meaning(plain)
    finally:
        git(settled, "config", "--unset", key)


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    content = numbered("set", 9) + b"\n\n\n" + numbered("ting", 30)
    before: Tree = {b"a.py": content, b"old \xe9.py": numbered("old", 20), b"z": submodule("7" * 40)}
    after: Tree = {b"a.py": edited(content, 9, 30), b"new \xe9.py": numbered("old", 20), b"z": submodule("8" * 40)}
    return repository_of(tmp_path_factory.mktemp("settled"), before, after | {b"order": b"z\nnew*\na*\n"})


@pytest.fixture(scope="module")
def plain(settled: Path) -> Change:
    change = change_of(settled)
    assert [file.hunks for file in change.files] == [2, 0, 1, 1]
    return change


@pytest.mark.parametrize(
    "variables",
    [
        {"GIT_DIR": "{other}/.git"},
        {"GIT_DIR": "{other}/.git", "GIT_WORK_TREE": "{other}"},
        {"GIT_COMMON_DIR": "{other}/.git"},
        {"GIT_INDEX_FILE": "{other}/.git/index"},
        {"GIT_OBJECT_DIRECTORY": "{other}/.git/objects"},
        {"GIT_NAMESPACE": "other"},
        {"GIT_PREFIX": "other/"},
        {"GIT_DIFF_OPTS": "--unified=0"},
        {"GIT_EXTERNAL_DIFF": "false"},
        {"GIT_LITERAL_PATHSPECS": "1"},
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "diff.context", "GIT_CONFIG_VALUE_0": "0"},
        {"GIT_CONFIG_PARAMETERS": "'diff.context=0'"},
        {"GIT_TRACE": "1", "GIT_TRACE2": "1"},
        {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"},
        {"PAGER": "false", "GIT_PAGER": "false"},
    ],
    ids="+".join,
)
def test_git_s_variables_in_the_environment_are_ignored(
    variables: dict[str, str], settled: Path, plain: Change, apart: Path
):
    told = {name: value.format(other=apart) for name, value in variables.items()}
    tree = open_work_tree(settled, ENVIRONMENT | told)
    assert tree.change("base", "head") == plain
    assert tree.staged().files == ()


# ------------------------------------------------------------------------------------------- nothing is executed


@pytest.fixture
def trapped(tmp_path: Path) -> tuple[Path, Path]:
    """A repository that would run a command of its own wherever git lets it; and the file that the command makes."""
    sprung = tmp_path / "sprung"
    trap = tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $@" >> "{sprung}"\ncat\n')
    trap.chmod(0o755)
    attributes = b"*.py diff=trap filter=trap merge=trap\n*.txt diff=shown\n"
    before = {b"f.py": PLAIN, b"f.txt": PLAIN, b".gitattributes": attributes}
    after = {b"f.py": edited(PLAIN, 2), b"f.txt": edited(PLAIN, 3), b".gitattributes": attributes}
    repository = repository_of(tmp_path / "trapped", before, after)
    hooks = tmp_path / "hooks"
    for folder in (hooks, repository / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for hook in (
            "post-index-change",
            "reference-transaction",
            "post-checkout",
            "pre-auto-gc",
            "fsmonitor-watchman",
        ):
            (folder / hook).unlink(missing_ok=True)
            (folder / hook).symlink_to(trap)
    for key, value in {
        "core.hooksPath": str(hooks),
        "core.fsmonitor": str(trap),
        "core.pager": str(trap),
        "pager.diff": str(trap),
        "core.editor": str(trap),
        "core.askPass": str(trap),
        "core.sshCommand": str(trap),
        "diff.external": str(trap),
        "diff.trap.command": str(trap),
        "diff.trap.textconv": str(trap),
        "diff.shown.textconv": str(trap),
        "filter.trap.clean": str(trap),
        "filter.trap.smudge": str(trap),
        "filter.trap.required": "true",
        "interactive.diffFilter": str(trap),
        "gpg.program": str(trap),
        "credential.helper": str(trap),
        "alias.diff": f"!{trap}",
        "alias.rev-parse": f"!{trap}",
    }.items():
        git(repository, "config", key, value)
    return repository, sprung


@pytest.mark.parametrize(
    "command",
    ["diff base head", "diff --no-ext-diff base head", "status", "read-tree --reset HEAD", "add f.py"],
    ids=lambda command: command.replace(" ", "-"),
)
def test_the_trap_springs_where_nobody_takes_care(command: str, trapped: tuple[Path, Path]):
    repository, sprung = trapped
    (repository / "f.py").write_bytes(b"touched\n")
    git(repository, *command.split())
    assert sprung.exists()


def test_nothing_that_a_repository_brings_along_is_executed(trapped: tuple[Path, Path]):
    repository, sprung = trapped
    (repository / "f.py").write_bytes(edited(PLAIN, 7))  # stat information in the index is of no use any more
    source = reviewed(repository)
    assert [(file.path, file.added) for file in source.change.files] == [("f.py", 1), ("f.txt", 1)]
    assert from_repository(repository, ENVIRONMENT, staged=True).change.files == ()
    tree = work_tree(repository)
    assert tree.file_at("head", "f.py") == edited(PLAIN, 2)
    assert tree.default_base
    with pytest.raises(BadInput):
        reviewed(repository, "nowhere..head")
    assert not sprung.exists(), sprung.read_text()


@pytest.mark.parametrize(
    "url", ["ext::{snare} %S", "ssh://host.invalid/x", "file:///nowhere"], ids=["ext", "ssh", "file"]
)
def test_a_missing_object_is_not_fetched_by_a_command_of_the_repository(url: str, tmp_path: Path):
    repository = repository_of(tmp_path / "partial", {b"f.txt": PLAIN}, {b"f.txt": edited(PLAIN, 3)})
    sprung, snare = tmp_path / "sprung", tmp_path / "snare"
    snare.write_text(f'#!/bin/sh\necho "$0 $@" >> "{sprung}"\nexit 1\n')  # one that went on would keep git waiting
    snare.chmod(0o755)
    blob = tree_id(repository, "head:f.txt")
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "core.sshCommand": str(snare),
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": url.format(snare=snare),
        "remote.origin.uploadpack": str(snare),
        "protocol.ext.allow": "always",
        "protocol.ssh.allow": "always",
        "protocol.file.allow": "always",
    }.items():
        git(repository, "config", key, value)
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(BadInput):
        reviewed(repository)
    assert not sprung.exists(), sprung.read_text()
