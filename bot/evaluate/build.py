"""Chosen commits -> a folder of cases, by git's plumbing: nothing is checked out, and nothing of the repository runs.

All cases share one repository, which holds the trees that they need and no history. Both trees of a case are the one
before its commit, but for the commit's source files: neither the test nor the changelog of a fix gives the bug away.

    a fix          base: the files as fixed        head: as they were before
    a clean one    base: as they were before       head: as the commit made them
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bot.diff.change import Change, FileDiff, path_shown
from bot.errors import BadInput
from bot.evaluate.cases import STORE
from bot.evaluate.commits import Chosen
from bot.evaluate.runs import runs_of
from bot.evaluate.topic import topic_of
from bot.worktree import WorkTree

_IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "case"), ("EMAIL", "case@example.invalid"), ("DATE", "1700000000 +0000"))
}


def build(tree: WorkTree, folder: Path, chosen: Sequence[Chosen]) -> None:
    """Write the cases of `chosen` commits of `tree` into `folder`. Those that are there already are written anew."""
    store = _store(tree, folder)
    before = {one.commit.id: _id(tree, f"{one.commit.parents[0]}^{{tree}}") for one in chosen}
    _carry(tree, store, {*before.values()}, {file.new_blob for one in chosen for file in one.files})
    for one in chosen:
        _write(folder, store, one, before[one.commit.id])


def _store(tree: WorkTree, folder: Path) -> WorkTree:
    root = folder.resolve() / STORE
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"can't write cases into {folder}: {error.strerror}") from error
    store = WorkTree(root, tree.environment)
    if not (root / ".git").exists():
        if any(root.iterdir()):
            raise BadInput(f"{root} is in the way: it is no repository of cases", "Name a new folder with --cases DIR.")
        form = tree.git("rev-parse", "--show-object-format").decode().strip()
        store.git("init", "--quiet", "--template=", "--initial-branch=base", f"--object-format={form}")
    return store


def _carry(tree: WorkTree, store: WorkTree, trees: set[str], blobs: set[str]) -> None:
    """Bring over these objects, and all that the trees hold."""
    told = tree.git("rev-list", "--objects", "--no-walk", "--stdin", stdin="\n".join(sorted(trees)).encode())
    wanted = {line.split(b" ", 1)[0] for line in told.splitlines()} | {blob.encode() for blob in blobs}
    pack = tree.git("pack-objects", "--stdout", "--quiet", stdin=b"\n".join(sorted(wanted)) + b"\n")
    store.git("index-pack", "--stdin", stdin=pack)


def _write(folder: Path, store: WorkTree, one: Chosen, before: str) -> None:
    after = _with_files(store, before, one.files)
    first, second = (after, before) if one.kind == "bug" else (before, after)
    name = f"{one.kind}-{one.commit.id[:12]}"
    base = _commit(store, first, f"refs/heads/{name}/base")
    head = _commit(store, second, f"refs/heads/{name}/head", "-p", base)
    change = store.between(base, head)
    _json(folder / name / "pr.json", _pull(name, change))
    _json(folder / name / "truth.json", _truth(name, one, change))


def _with_files(store: WorkTree, tree: str, files: Sequence[FileDiff]) -> str:
    """`tree` with the files as their commit made them."""
    entries = (f"{file.new_mode} {file.new_blob}\t".encode() + os.fsencode(file.path) + b"\0" for file in files)
    with tempfile.TemporaryDirectory(prefix="patchwright-") as scratch:
        index = replace(store, overrides={"GIT_INDEX_FILE": str(Path(scratch, "index"))})
        index.git("read-tree", tree)
        index.git("update-index", "-z", "--index-info", stdin=b"".join(entries))
        return index.git("write-tree").decode().strip()


def _commit(store: WorkTree, tree: str, branch: str, *parents: str) -> str:
    name = replace(store, overrides=_IDENTITY).git("commit-tree", *parents, "-m", "case", tree).decode().strip()
    store.git("update-ref", branch, name)
    return name


def _id(tree: WorkTree, name: str) -> str:
    return tree.git("rev-parse", "--verify", name).decode().strip()


def _pull(name: str, change: Change) -> dict[str, Any]:
    """The same words for all: what the author said of it would give away which kind it is."""
    return {
        "id": name,
        "title": f"Change {', '.join(path_shown(file.path) for file in change.files)}",
        "body": "",
        "base": change.base,
        "head": change.head,
        "changed_files": len(change.files),
        "changed_lines": change.added + change.removed,
    }


def _truth(name: str, one: Chosen, change: Change) -> dict[str, Any]:
    runs = runs_of(change) if one.kind == "bug" else ()
    places = [place for run in runs for place in (run.right, run.left) if place]
    return {
        "id": name,
        "kind": one.kind,
        "truth": [{**asdict(place), "path": path_shown(place.path)} for place in places],
        "category": "history",
        "description": f"{'takes back' if one.kind == 'bug' else 'is'} {one.commit.id[:12]}: {one.commit.subject}",
        "message_regex": topic_of(one.commit.subject, runs) if runs else "",
        "changed_lines": change.added + change.removed,
        "commit": one.commit.id,
    }


def _json(path: Path, told: dict[str, Any]) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise BadInput(f"can't write {path}: {error.strerror}") from error
