"""The Index of a commit: parsed once, kept by blob, safe against damage and company."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from bot.context import cache as cache_module
from bot.context import indexing
from bot.context.cache import SymbolCache
from bot.context.grammars import LARGEST
from bot.context.indexing import index_commit
from bot.context.symbols import Index, index_file, packed
from bot.worktree import WorkTree, open_work_tree
from tests.context.snippets import SNIPPETS
from tests.odd_repository import ENVIRONMENT, link, repository_of
from tests.releases import Offline, release_pair

PROGRAMS = {snippet.path.encode(): snippet.content for snippet in SNIPPETS}


class Counted:
    """A WorkTree that remembers which blobs it was asked for."""

    def __init__(self, tree: WorkTree) -> None:
        self.tree = tree
        self.asked: list[str] = []

    def blobs(self, commit: str) -> Iterator[tuple[str, str, int]]:
        return self.tree.blobs(commit)

    def contents(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        asked = list(ids)
        self.asked += asked
        return self.tree.contents(asked)


@pytest.fixture
def repository(tmp_path: Path) -> Counted:
    changed = {
        **PROGRAMS,
        b"bank/account.py": b"def pay(x):\n    refund(x)\n",
        b"bank/new.py": b"def refund():\n    pass\n",
    }
    return Counted(open_work_tree(repository_of(tmp_path / "r", PROGRAMS, changed), ENVIRONMENT))


def places(index: Index, name: str) -> set[str]:
    return {found.path for found in index.definitions_of(name)}


def test_all_languages_are_found_in_a_commit(repository: Counted):
    index = index_commit(repository, "base", folder=None)
    assert places(index, "top") == {snippet.path for snippet in SNIPPETS}
    assert {uses.path for uses in index.callers_of("at_pay")} == {snippet.path for snippet in SNIPPETS}
    assert index.unread == 0


def test_only_what_is_new_is_read_again_and_the_answer_is_the_same(repository: Counted, tmp_path: Path):
    cold = index_commit(repository, "base", folder=tmp_path / "cache")
    assert len(repository.asked) == len(SNIPPETS)
    repository.asked.clear()
    assert index_commit(repository, "base", folder=tmp_path / "cache") == cold
    assert repository.asked == []
    after = index_commit(repository, "head", folder=tmp_path / "cache")
    assert len(repository.asked) == 2
    assert places(after, "refund") == {"bank/new.py"}
    assert after == index_commit(repository, "head", folder=None)


def test_some_names_are_enough(repository: Counted, tmp_path: Path):
    some = index_commit(repository, "base", folder=tmp_path, only={"pay"})
    assert set(some.definitions) == {"pay"}


def test_one_content_under_several_names_is_read_once_for_each_language(tmp_path: Path):
    text = b"function f() {\n  g()\n}\n"
    files = {b"a.js": text, b"b.js": text, b"c.php": b"<?php " + text, b"d.ts": text, b"e.txt": text}
    tree = open_work_tree(repository_of(tmp_path / "r", {}, files), ENVIRONMENT)
    index = index_commit(tree, "head", folder=tmp_path / "cache")
    assert places(index, "f") == {"a.js", "b.js", "c.php", "d.ts"}
    assert index_commit(tree, "head", folder=tmp_path / "cache") == index


def test_vendored_generated_and_huge_files_and_links_are_left_out(tmp_path: Path):
    text = b"def f():\n    pass\n"
    files = {
        b"a.py": text, b"vendor/b.py": text, b"c_pb2.py": text, b"d.py": text + b"#\n" * LARGEST,
        b"e.py": link(b"a.py"), b"f.py": b"", b"run": b"#!/usr/bin/python3\n" + text,
        b"odd\xff\n.py": text + b"# odd\n",
    }  # fmt: skip
    tree = open_work_tree(repository_of(tmp_path / "r", {}, files), ENVIRONMENT)
    index = index_commit(tree, "head", folder=tmp_path / "cache")
    assert places(index, "f") == {"a.py", "run", os.fsdecode(b"odd\xff\n.py")}
    assert index.unread == 1


def test_other_processes_find_the_same(repository: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(indexing, "WORTH_PROCESSES", 0)
    monkeypatch.setattr(indexing, "BATCH", 1_000)
    assert index_commit(repository, "base", folder=tmp_path) == index_commit(
        repository, "base", folder=None, processes=1
    )


def _die(work: object) -> list[object]:
    os._exit(1)


def test_where_a_process_dies_its_files_are_counted_as_unread(
    repository: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(indexing, "WORTH_PROCESSES", 0)
    monkeypatch.setattr(indexing, "_parse", _die)
    index = index_commit(repository, "base", folder=tmp_path)
    assert index.unread == len(SNIPPETS)
    assert index.definitions == {}


def database(folder: Path) -> Path:
    (file,) = folder.glob("*.sqlite")
    return file


@pytest.mark.parametrize("damage", ["garbage", "cut", "flipped", "empty"])
def test_a_damaged_cache_is_begun_anew(repository: Counted, tmp_path: Path, damage: str):
    cold = index_commit(repository, "base", folder=tmp_path)
    file = database(tmp_path)
    content = file.read_bytes()
    file.write_bytes({
        "garbage": b"not a database" * 1_000,
        "cut": content[: len(content) // 2],
        "flipped": content[:4096] + bytes(byte ^ 0x55 for byte in content[4096:]),
        "empty": b"",
    }[damage])  # fmt: skip
    assert index_commit(repository, "base", folder=tmp_path) == cold
    repository.asked.clear()
    assert index_commit(repository, "base", folder=tmp_path) == cold
    assert repository.asked == []


def test_a_damaged_row_is_parsed_again(repository: Counted, tmp_path: Path):
    cold = index_commit(repository, "base", folder=tmp_path)
    (_, blob, _) = next(entry for entry in repository.blobs("base") if entry[0] == "bank/account.go")
    rows = SymbolCache(tmp_path)
    rows.put([(blob, ".go", b"nonsense")])
    rows.close()
    repository.asked.clear()
    assert index_commit(repository, "base", folder=tmp_path) == cold
    assert repository.asked == [blob]


def test_a_folder_that_cannot_be_used_is_done_without(repository: Counted, tmp_path: Path):
    file = tmp_path / "file"
    file.write_bytes(b"")
    assert places(index_commit(repository, "base", folder=file / "below"), "top")


def test_a_large_cache_forgets_what_the_commit_does_not_hold(
    repository: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    index_commit(repository, "base", folder=tmp_path)
    monkeypatch.setattr(cache_module, "MOST_ROWS", 3)
    index_commit(repository, "head", folder=tmp_path)
    repository.asked.clear()
    index_commit(repository, "head", folder=tmp_path)
    assert repository.asked == []
    index_commit(repository, "base", folder=tmp_path)
    assert len(repository.asked) == 1


def _index_into(root: Path, folder: Path, commit: str) -> None:
    tree = open_work_tree(root, ENVIRONMENT)
    for _ in range(5):
        assert index_commit(tree, commit, folder=folder).definitions_of("top")


def test_runs_at_the_same_time_share_a_cache(repository: Counted, tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    root = repository.tree.root
    runs = [context.Process(target=_index_into, args=(root, tmp_path / "cache", commit)) for commit in ("base", "head")]
    for run in runs:
        run.start()
    for run in runs:
        run.join(60)
    assert [run.exitcode for run in runs] == [0, 0]
    index_commit(repository, "base", folder=tmp_path / "cache")
    assert repository.asked == []


def test_a_cache_holds_what_was_put_until_it_is_closed(tmp_path: Path):
    rows = SymbolCache(tmp_path)
    data = packed(index_file("a.py", b"x = 1\n"))
    rows.put([("1", ".py", data), ("1", ".js", b"other")])
    assert rows.get([("1", ".py"), ("2", ".py")]) == [("1", ".py", data)]
    rows.close()
    assert rows.get([("1", ".py")]) == []
    assert SymbolCache(None).get([("1", ".py")]) == []


def test_blobs_are_the_regular_files_and_contents_come_one_by_one(tmp_path: Path):
    contents = {b"a": b"1\n", b"b/\xff": b"", b"c": b"\0" * 3_000_000}
    tree = open_work_tree(repository_of(tmp_path / "r", {}, {**contents, b"l": link(b"a")}), ENVIRONMENT)
    listed = list(tree.blobs("head"))
    assert [(os.fsencode(path), size) for path, _, size in listed] == [
        (path, len(content)) for path, content in contents.items()
    ]
    ids = [blob for _, blob, _ in listed]
    assert dict(tree.contents([*ids, "0" * 40])) == dict(zip(ids, contents.values(), strict=True))
    reading = tree.contents(ids * 50)
    assert next(reading) == (ids[0], b"1\n")
    reading.close()  # git ends, though it had more to say


@pytest.mark.registry
def test_django_has_the_definitions_and_uses_that_it_has(tmp_path: Path):
    try:
        root = release_pair("django", "5.0", "5.1", tmp_path / "releases")
    except Offline as error:
        pytest.skip(f"the package index can't be reached: {error}")
    tree = open_work_tree(root, ENVIRONMENT)
    index = index_commit(tree, "head", folder=tmp_path / "cache")
    assert places(index, "get_object_or_404") == {"django/shortcuts.py"}
    assert len(index.definitions) > 20_000
    assert sum(len(found) for found in index.definitions.values()) > 35_000
    assert sum(len(uses.lines) for found in index.uses.values() for uses in found) > 150_000
    assert index.unread < 10
    assert index_commit(tree, "head", folder=tmp_path / "cache") == index
