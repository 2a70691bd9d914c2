"""What to review, and what is known around it: a range, the index or a patch file -> Change and Surroundings."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.config import REPOSITORY_FILE, File
from bot.context.reach import Reach
from bot.diff.change import Change
from bot.diff.filters import ATTRIBUTES, MARK_WITHIN
from bot.diff.patch import read_patch
from bot.errors import BadInput
from bot.review.review import Surroundings
from bot.worktree import WorkTree, open_work_tree

if TYPE_CHECKING:
    from bot.context.symbols import Index

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_RANGE = re.compile(r"(?P<base>.*?)\.{2,3}(?P<head>.*)")


@dataclass(frozen=True, slots=True)
class Source:
    change: Change
    surroundings: Surroundings
    config: File | None
    notes: tuple[str, ...] = ()


def from_repository(
    directory: Path, environment: Mapping[str, str], *, revisions: str = "", staged: bool = False
) -> Source:
    """A revision range, the index, or by default what HEAD brings, from the repository that `directory` is in."""
    tree = open_work_tree(directory, environment)
    change = tree.staged() if staged else tree.change(*_ends(tree, revisions))
    file, note = _config_of(tree, change)
    return Source(change, surroundings_of(tree, change), file, note)


def from_patch(name: str, directory: Path, environment: Mapping[str, str]) -> Source:
    """A patch file, or standard input for `-`. The configuration comes from the repository around, if there is one."""
    data = sys.stdin.buffer.read() if name == "-" else read_file(Path(name), "the patch")
    change = Change("", "patch", read_patch(data))
    return Source(change, Surroundings({}, {}), working_config(directory, environment))


def read_file(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"can't read {what} {path}: {error.strerror}") from error


def named_config(path: Path) -> File:
    return File(str(path), read_file(path, "the configuration").decode("utf-8", "replace"))


def working_config(directory: Path, environment: Mapping[str, str]) -> File | None:
    """The configuration in the work tree around `directory`, if there is one."""
    try:
        file = open_work_tree(directory, environment).root / REPOSITORY_FILE
    except BadInput:
        return None
    return File(REPOSITORY_FILE, named_config(file).text) if file.is_file() else None


def _ends(tree: WorkTree, revisions: str) -> tuple[str, str]:
    """Base and head: an end left out is HEAD, as git has it; a single revision is the base."""
    if not revisions:
        return tree.default_base(), "HEAD"
    ends = _RANGE.fullmatch(revisions)
    if not ends:
        return revisions, "HEAD"
    return ends["base"] or "HEAD", ends["head"] or "HEAD"


def surroundings_of(tree: WorkTree, change: Change) -> Surroundings:
    """What the repository says of the files of a change."""
    if not change.files:
        return Surroundings({}, {})
    paths = [file.path for file in change.files]
    blobs = {file.new_blob for file in change.files if file.new_blob and file.hunks and file.new_mode != "160000"}
    tops = tree.tops(sorted(blobs), MARK_WITHIN)
    return Surroundings(tree.attributes(change.base, ATTRIBUTES, paths), tops, _reach(tree, change))


def _reach(tree: WorkTree, change: Change) -> Reach | None:
    """Into commits; what is staged has none yet."""
    if not _COMMIT.fullmatch(change.head):
        return None

    def index(names: Collection[str]) -> Index:
        from platformdirs import user_cache_path

        from bot.context.indexing import index_commit

        cache = tree.environment.get("PATCHWRIGHT_CACHE") or user_cache_path("patchwright")
        return index_commit(tree, change.head, folder=Path(cache) / "symbols", only=names)

    return Reach(
        after=lambda path: tree.file_at(change.head, path),
        before=lambda path: tree.file_at(change.base, path),
        index=index,
    )


def _config_of(tree: WorkTree, change: Change) -> tuple[File | None, tuple[str, ...]]:
    """The work tree's configuration; the base's, where the change itself touches it: no change sets its own rules."""
    if not any(REPOSITORY_FILE in (file.path, file.old_path) for file in change.files):
        return working_config(tree.root, tree.environment), ()
    text = tree.file_at(change.base, REPOSITORY_FILE)
    note = f"the change touches {REPOSITORY_FILE}: it is read as it was before the change"
    return (File(REPOSITORY_FILE, text.decode("utf-8", "replace")) if text else None), (note,)
