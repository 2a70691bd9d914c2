"""What was said on a pull request already: Threads, comments, reviews. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.diff.change import Side


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, in a Thread or on its own. `id` is REST's, `node` GraphQL's; `own` tells that this account wrote it.

    `against` are the logins of those who gave it a thumbs-down.
    """

    id: int
    node: str
    body: str
    author: str
    own: bool
    bot: bool = False
    against: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """A Finding as it lives on the pull request. `line` and `start` are None once it is outdated."""

    node: str
    path: str
    side: Side
    start: int | None
    line: int | None
    resolved: bool
    resolved_by: str
    outdated: bool
    comments: tuple[Comment, ...]
    original_start: int | None = None
    original_line: int | None = None

    @property
    def first(self) -> Comment:
        return self.comments[0]

    @property
    def own(self) -> bool:
        return bool(self.comments) and self.first.own


@dataclass(frozen=True, slots=True)
class PostedReview:
    """`state` is GitHub's: PENDING, COMMENTED, APPROVED, CHANGES_REQUESTED, DISMISSED."""

    id: int
    node: str
    state: str
    body: str
    own: bool
    commit: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """All that was said on a pull request, in the order of its saying. `viewer` is our own login."""

    viewer: str
    head: str
    comments: tuple[Comment, ...] = field(default=())
    reviews: tuple[PostedReview, ...] = field(default=())
    threads: tuple[Thread, ...] = field(default=())
