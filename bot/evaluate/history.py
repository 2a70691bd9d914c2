"""A repository's own history -> cases: small fixes taken back, and small changes that did no harm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.diff.change import printable
from bot.evaluate.build import build
from bot.evaluate.commits import Chosen, Commit, kind_of, objection_to, objection_to_change, source_files, undone
from bot.worktree import WorkTree

COMMITS = 20_000  # the most that are looked at
# A signature would be looked at by a program that the repository's configuration can name.
_PLAINLY = ("--format=%H%x00%P%x00%s%x00%b", "--no-show-signature", "--no-notes", "--no-color", "--encoding=UTF-8")


@dataclass(frozen=True, slots=True)
class Harvest:
    """How many commits were looked at, the cases made of some of them, and reason -> commits for the others."""

    commits: int
    bugs: int
    clean: int
    passed_over: Mapping[str, int]


def cases_from_history(tree: WorkTree, folder: Path, *, since: str, limit: int) -> Harvest:
    """Write cases into `folder`, from the newest commits of `tree` on: up to `limit` of each kind."""
    commits = _log(tree, since)
    chosen, passed_over = _choose(tree, commits, limit)
    if chosen:
        build(tree, folder, chosen)
    bugs = sum(one.kind == "bug" for one in chosen)
    return Harvest(len(chosen) + passed_over.total(), bugs, len(chosen) - bugs, dict(passed_over.most_common()))


def _log(tree: WorkTree, since: str) -> list[Commit]:
    """The commits that HEAD has, newest first. `since` is a date as git knows them."""
    dated = [f"--since={since}"] if since else []
    told = tree.git("log", "-z", f"--max-count={COMMITS}", *_PLAINLY, *dated, "HEAD", "--")
    fields = [printable(field.decode("utf-8", "surrogateescape")) for field in told.split(b"\0")]
    return [
        Commit(name.strip(), tuple(parents.split()), subject, body)
        for name, parents, subject, body in zip(fields[0::4], fields[1::4], fields[2::4], fields[3::4], strict=False)
    ]


def _choose(tree: WorkTree, commits: Sequence[Commit], limit: int) -> tuple[list[Chosen], Counter[str]]:
    """What makes a case, and why the rest doesn't. It ends where there are enough of both kinds."""
    reverted = undone(commits)
    chosen: list[Chosen] = []
    passed_over = Counter[str]()
    found = Counter[str]()
    for commit in commits:
        if min(found["bug"], found["clean"]) >= limit:
            break
        kind = kind_of(commit)
        objection = objection_to(commit, reverted)
        if not objection and kind and found[kind] >= limit:
            objection = "enough of its kind"
        if objection or kind is None:
            passed_over[objection] += 1
            continue
        change = tree.between(commit.parents[0], commit.id)
        if objection := objection_to_change(commit, kind, change):
            passed_over[objection] += 1
            continue
        chosen.append(Chosen(commit, kind, source_files(change)))
        found[kind] += 1
    return chosen, passed_over
