"""Real releases, one against the next: everything is counted as git counts it, and nothing is lost on the way."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bot.context.chunks import Budget, Chunk, render_heading, render_line, split
from bot.diff.change import Change, FileDiff, Status
from bot.diff.filters import worth_reading
from bot.diff.parse import hunks_of
from bot.diff.patch import read_patch
from bot.model.profiles import PROFILES
from bot.model.tokens import estimate
from bot.sources import Source, from_repository
from tests.odd_repository import ENVIRONMENT, applied, git, lines_of, numstat
from tests.releases import Offline, release_pair

pytestmark = pytest.mark.registry

PAIRS = (
    ("requests", "2.31.0", "2.32.0"),
    ("httpx", "0.26.0", "0.27.0"),
    ("flask", "2.3.3", "3.0.0"),
    ("django", "5.0", "5.1"),
)


@pytest.fixture(scope="module", params=PAIRS, ids=" ".join)
def repository(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return release_pair(*request.param, tmp_path_factory.mktemp("releases"))
    except Offline:
        pytest.skip("offline")


@pytest.fixture(scope="module")
def source(repository: Path) -> Source:
    return from_repository(repository, ENVIRONMENT, revisions="base..head")


@pytest.fixture(scope="module")
def change(source: Source) -> Change:
    return source.change


def readable(change: Change) -> list[FileDiff]:
    return [file for file in change.files if file.hunks and file.status is not Status.TYPE_CHANGED]


def test_files_and_lines_are_counted_as_git_counts_them(repository: Path, change: Change):
    counts = {
        file.path.encode("utf-8", "surrogateescape"): (file.added, file.removed)
        for file in change.files
        if not file.binary
    }
    assert counts == numstat(repository, "base", "head")
    said = git(repository, "diff", "--shortstat", "--find-renames", "base", "head").decode()
    assert f" {len(change.files)} files changed" in said
    assert f" {change.added} insertions(+), {change.removed} deletions(-)" in said


def test_every_status_is_the_one_that_git_gives(repository: Path, change: Change):
    letters = git(repository, "diff", "--name-status", "--find-renames", "base", "head").decode().split("\n")[:-1]
    assert Counter(file.status.name[0] for file in change.files) == Counter(line[0] for line in letters)


def test_hunks_are_as_many_as_the_diff_has(repository: Path, change: Change):
    patch = git(repository, "diff", "--find-renames", "base", "head")
    assert change.hunks == sum(line.startswith(b"@@ -") for line in patch.split(b"\n"))
    for file in readable(change):
        assert len(hunks_of(file)) == file.hunks


def test_the_hunks_lead_from_each_file_to_the_next_release_of_it(repository: Path, change: Change):
    files = readable(change)
    before = blobs(repository, [f"base:{file.old_path}" for file in files])
    after = blobs(repository, [f"head:{file.path}" for file in files])
    for file, old, new in zip(files, before, after, strict=True):
        assert applied(hunks_of(file), lines_of(old)) == lines_of(new), file.path


def test_what_is_read_and_what_is_passed_over_is_the_whole_change(source: Source):
    read, skipped = worth_reading(
        source.change.files, attributes=source.surroundings.attributes, tops=source.surroundings.tops
    )
    assert sum(file.hunks for file in read) + sum(file.hunks for file in skipped) == source.change.hunks
    assert len(read) + len(skipped) == len(source.change.files)
    assert all(file.reason and not file.reason.startswith("unreadable") for file in skipped)
    assert any(file.path.endswith(".py") for file in read)


@pytest.mark.parametrize("most", [120, *(profile.chunk for profile in PROFILES)])
def test_the_chunks_hold_every_line_once(change: Change, most: int):
    budget = Budget(chunk=most, join=most // 3)
    for file in readable(change):
        hunks = hunks_of(file)
        chunks, skipped = split(file, hunks, budget, estimate)
        taken = {index for chunk in chunks for index in chunk.indices}
        held = [line for chunk in chunks for hunk in chunk.hunks for line in hunk.lines]
        assert held == [line for hunk in hunks if hunk.index in taken for line in hunk.lines]
        assert len(taken) + sum(item.hunks for item in skipped) == file.hunks
        assert all(size(chunk) <= most for chunk in chunks)


def size(chunk: Chunk) -> int:
    return sum(
        estimate(render_heading(hunk)) + sum(estimate(render_line(line)) for line in hunk.lines) for hunk in chunk.hunks
    )


def test_its_patch_says_what_the_repository_says(repository: Path, change: Change):
    read = read_patch(git(repository, "diff", "--find-renames", "base", "head"))
    assert [facts(file) for file in read] == [facts(file) for file in change.files]


def facts(file: FileDiff) -> tuple[object, ...]:
    return (file.path, file.old_path, file.status, file.added, file.removed, file.hunks, file.patch, file.problem)


def blobs(repository: Path, names: list[str]) -> list[bytes]:
    """The content of each; nothing for one that isn't there."""
    told = git(repository, "cat-file", "--batch", stdin="".join(f"{name}\n" for name in names).encode())
    contents: list[bytes] = []
    at = 0
    while at < len(told):
        end = told.index(b"\n", at)
        head = told[at:end]
        length = -1 if head.endswith(b" missing") else int(head.split()[-1])
        contents.append(told[end + 1 : end + 1 + max(length, 0)])
        at = end + length + 2  # a line feed stands behind each content
    return contents
