"""What the verbs ask of GitHub. Types only; `github/forge.py` is the one that does it.

Every method raises `errors.ForgeError`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.diff.change import FileDiff, Side
from bot.review.pull import PullRequest
from bot.review.threads import Comment, Conversation, PostedReview, Thread

ReviewEvent = Literal["COMMENT", "REQUEST_CHANGES", "APPROVE"]
Conclusion = Literal["success", "failure", "neutral"]
Reaction = Literal["+1", "-1", "eyes", "confused", "rocket"]


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a change as GitHub shows them. `unshown` are those whose hunks it keeps to itself; `complete` is
    False where there are more files than it lists.
    """

    files: tuple[FileDiff, ...]
    unshown: frozenset[str] = frozenset()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Comparison:
    """`head` against `base`. `ahead` tells that `base` is an ancestor of `head`."""

    merge_base: str
    ahead: bool
    listing: Listing


@dataclass(frozen=True, slots=True)
class LineComment:
    """A comment on lines, as a review carries it. `start` is None for a single line."""

    path: str
    side: Side
    start: int | None
    line: int
    body: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """A note on lines of a check run. `level` is GitHub's word."""

    path: str
    start: int
    end: int
    level: Literal["notice", "warning", "failure"]
    title: str
    message: str


class Forge(Protocol):
    """One repository on GitHub."""

    @property
    def repository(self) -> str: ...

    def pull(self, number: int) -> PullRequest: ...

    def pull_of(self, head_repository: str, head_branch: str, head_sha: str) -> int | None:
        """The open pull request that has this head."""
        ...

    def files(self, number: int) -> Listing: ...

    def compare(self, base: str, head: str) -> Comparison: ...

    def content(self, path: str, ref: str) -> bytes | None:
        """A regular file at a commit; None where there is none."""
        ...

    def conversation(self, number: int) -> Conversation: ...

    def permission(self, login: str) -> str:
        """admin, maintain, write, triage, read or none: as the API tells it, none where it doesn't."""
        ...

    def drop_pending(self, number: int, review: PostedReview) -> None: ...

    def post_review(
        self, number: int, commit: str, body: str, comments: Sequence[LineComment], event: ReviewEvent | None
    ) -> PostedReview:
        """All of it or, raising `Refused`, nothing. Without an event it stays pending, seen by nobody."""
        ...

    def say(self, number: int, body: str) -> Comment: ...

    def edit(self, comment: Comment, body: str, where: Literal["comment", "thread"] = "comment") -> Comment: ...

    def reply(self, number: int, thread: Thread, body: str) -> Comment: ...

    def react(self, comment: int, where: Literal["comment", "thread"], reaction: Reaction) -> None: ...

    def resolve(self, thread: Thread) -> None: ...

    def check(self, head: str, conclusion: Conclusion, title: str, summary: str, notes: Sequence[Annotation]) -> str:
        """Make a check run; its address."""
        ...

    def commit(self, pull: PullRequest, files: Mapping[str, bytes], headline: str, body: str) -> str:
        """One commit on the head of the pull request, if it is still where we read it; its id."""
        ...
