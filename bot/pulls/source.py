"""A pull request -> its Change: from a checkout that has the commits or can get them, else as the API tells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from bot.context.reach import Reach
from bot.diff.change import Change, FileDiff, Status
from bot.diff.filters import ATTRIBUTES
from bot.errors import BadInput
from bot.fetch import fetch, temporary
from bot.review.forge import Comparison, Forge, Listing
from bot.review.pull import PullRequest
from bot.review.review import Surroundings
from bot.sources import surroundings_of
from bot.worktree import WorkTree, attributes_by, open_work_tree

_MORE = "GitHub lists no more files of so large a pull request; a checkout of the head brings them"


@dataclass(frozen=True, slots=True)
class Where:
    """Where the repository may lie on this machine, and where it lies on the server. `checkout` is None for a run that
    is to read by the API alone; `ours` tells that it is a checkout of just this repository, so that commits may be
    fetched into it. The token never shows in a repr.
    """

    checkout: Path | None
    server_url: str
    environment: Mapping[str, str] = field(repr=False)
    ours: bool = False
    token: str = field(repr=False, default="")


def read_change(
    forge: Forge, pull: PullRequest, where: Where, say: Callable[[str], None]
) -> tuple[Change, Surroundings]:
    """The change and what is known around it. `say` takes a sentence on what was read how."""
    listing = forge.files(pull.number)
    compared = forge.compare(pull.base_sha, pull.head_sha)
    return _by_git(forge, pull, compared.merge_base, listing, where, say) or _by_api(
        forge, pull, compared, listing, where
    )


def _by_api(
    forge: Forge, pull: PullRequest, compared: Comparison, listing: Listing, where: Where
) -> tuple[Change, Surroundings]:
    """Of the attributes, those of the base's root; the mark at a file's top is seen where a hunk shows the top.

    What GitHub doesn't show counts as a hunk that can't be read, lest it be lost.
    """
    files = [replace(file, hunks=max(1, file.hunks)) if file.problem else file for file in listing.files]
    if not listing.complete:
        files.append(FileDiff("(more files)", "(more files)", Status.MODIFIED, 0, 0, 1, problem=_MORE))
    change = Change(compared.merge_base, pull.head_sha, tuple(files))
    reach = _reach(forge, change)
    rules = forge.content(".gitattributes", pull.base_sha)
    if not rules:
        return change, Surroundings({}, {}, reach)
    try:
        found = attributes_by(rules, where.environment, ATTRIBUTES, [file.path for file in listing.files])
    except BadInput:  # no git on this machine
        found = {}
    return change, Surroundings(found, {}, reach)


def _reach(forge: Forge, change: Change) -> Reach:
    """The few files that are asked for, each once; there is nothing to index."""
    return Reach(
        after=cache(lambda path: forge.content(path, change.head)),
        before=cache(lambda path: forge.content(path, change.base)),
    )


def _by_git(
    forge: Forge, pull: PullRequest, base: str, listing: Listing, where: Where, say: Callable[[str], None]
) -> tuple[Change, Surroundings] | None:
    """From the checkout; from a fetch of its own if GitHub doesn't show all of it; else None."""
    address = f"{where.server_url.rstrip('/')}/{pull.repository}.git"
    commits = (base, pull.head_sha)
    with ExitStack() as stack:
        try:
            tree = _checkout(where)
            if tree and not tree.has(*commits):
                tree = _fetched(tree, address, commits, where)
            lasting = tree is not None
            if not tree and (listing.unshown or not listing.complete):
                say("GitHub doesn't show all of this change: reading it by git")
                tree = stack.enter_context(temporary(where.environment, address, commits, where.token))
            if not tree:
                return None
            change = tree.between(*commits)
            found = surroundings_of(tree, change)
            return change, found if lasting else replace(found, reach=_reach(forge, change))
        except BadInput as error:
            say(f"git can't read the change ({error}): reading it by the API")
            return None


def _fetched(tree: WorkTree, address: str, commits: tuple[str, str], where: Where) -> WorkTree | None:
    if not where.ours:
        return None
    fetch(tree, address, commits, where.token)
    return tree


def _checkout(where: Where) -> WorkTree | None:
    if where.checkout is None:
        return None
    try:
        return open_work_tree(where.checkout, where.environment)
    except BadInput:
        return None
