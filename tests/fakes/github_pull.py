"""A pull request: its two ends, its diff, and the threads that hang on the lines of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.fakes.github_diff import Anchor, FilePatch, excerpt, find, moved
from tests.fakes.github_git import EMPTY_TREE
from tests.fakes.github_state import CheckRun, Entity, Issue, Remark, Review

if TYPE_CHECKING:
    from tests.fakes.github_repository import Repository


@dataclass(eq=False)
class Head:
    """One end of a pull. `repo` is None when it was deleted; `owner` remains."""

    repo: Repository | None = field(repr=False)
    owner: str
    ref: str
    sha: str

    @property
    def label(self) -> str:
        return f"{self.owner}:{self.ref}"


@dataclass(eq=False)
class ReviewComment(Remark):
    thread: Thread = field(repr=False)
    review: Review = field(repr=False)
    in_reply_to: int | None = None
    node_prefix = "PRRC"

    @property
    def pending(self) -> bool:
        return self.review.state == "PENDING"


@dataclass(eq=False)
class Thread(Entity):
    """`original` is where it was written; `now` is where it hangs today, None when it is outdated."""

    pull: Pull = field(repr=False)
    original: Anchor
    original_commit: str
    original_base: str
    now: Anchor | None
    commit: str
    comments: list[ReviewComment] = field(default_factory=list)
    resolved_by: str | None = None
    node_prefix = "PRRT"

    @property
    def path(self) -> str:
        return self.original.path

    @property
    def side(self) -> str:
        return self.original.side

    @property
    def line(self) -> int | None:
        return self.now.line if self.now else None

    @property
    def start_line(self) -> int | None:
        return self.now.start_line if self.now else None

    @property
    def original_line(self) -> int | None:
        return self.original.line

    @property
    def original_start_line(self) -> int | None:
        return self.original.start_line

    @property
    def subject_type(self) -> str:
        return "file" if self.original.line is None else "line"

    @property
    def is_outdated(self) -> bool:
        return self.now is None

    @property
    def is_resolved(self) -> bool:
        return self.resolved_by is not None

    def resolve(self, *, by: str) -> None:
        self.resolved_by = self.hub.person(by).login

    def unresolve(self) -> None:
        self.resolved_by = None

    def reply(self, body: str, *, by: str) -> ReviewComment:
        """As by the reply box: a review of its own holds it."""
        self.hub.person(by)
        review = self.pull.add_review("", by, self.pull.head.sha, "COMMENTED")
        return self.add(body, by, review)

    def add(self, body: str, by: str, review: Review) -> ReviewComment:
        first = self.comments[0].id if self.comments else None
        self.comments.append(ReviewComment(self.hub, body, by, self, review, first))
        return self.comments[-1]


@dataclass(eq=False)
class Pull(Issue):
    """`number`, `title`, `body`, `author`, `state`, `locked`, `labels` and `comments` are those of every issue."""

    head: Head = field(kw_only=True)
    base: Head = field(kw_only=True)
    draft: bool = False
    threads: list[Thread] = field(default_factory=list, repr=False)
    reviews: list[Review] = field(default_factory=list, repr=False)
    requested: list[str] = field(default_factory=list)
    merged_at: str | None = None
    merged_by: str | None = None
    merge_sha: str | None = None
    mergeable: bool | None = None
    mergeable_known: bool = False
    in_merge_queue: bool = False
    node_prefix = "PR"

    @property
    def is_pull(self) -> bool:
        return True

    @property
    def merged(self) -> bool:
        return self.merged_at is not None

    @property
    def check_runs(self) -> list[CheckRun]:
        return [run for run in self.repo.check_runs if run.head_sha == self.head.sha]

    @property
    def review_comments(self) -> list[ReviewComment]:
        """All that are submitted, by id."""
        found = [comment for thread in self.threads for comment in thread.comments if not comment.pending]
        return sorted(found, key=lambda comment: comment.id)

    @property
    def merge_base(self) -> str | None:
        return self.repo.bare.merge_base(self.base.sha, self.head.sha)

    @property
    def commits(self) -> list[str]:
        return self.repo.bare.commits(self.base.sha, self.head.sha)

    def files(self, commit: str | None = None) -> list[FilePatch]:
        """What the pull changes up to `commit`: against the merge base, as GitHub shows it."""
        bare, commit = self.repo.bare, commit or self.head.sha
        return bare.files(bare.merge_base(self.base.sha, commit) or EMPTY_TREE, commit)

    def file(self, path: str, commit: str | None = None) -> FilePatch | None:
        return next((file for file in self.files(commit) if file.path == path), None)

    def has_commit(self, sha: str) -> bool:
        return sha == self.head.sha or sha in self.commits

    def add_review(self, body: str, by: str, commit: str, state: str) -> Review:
        stamp = None if state == "PENDING" else self.hub.clock.stamp()
        self.reviews.append(Review(self.hub, body, by, self, commit, state, stamp))
        self.touch()
        return self.reviews[-1]

    def add_thread(self, anchor: Anchor, commit: str) -> Thread:
        base = self.repo.bare.merge_base(self.base.sha, commit) or EMPTY_TREE
        thread = Thread(self.hub, self, anchor, commit, base, anchor, commit)
        self.threads.append(thread)
        if commit != self.head.sha:
            self._follow(thread)
        return thread

    def pending_of(self, login: str) -> Review | None:
        return next((found for found in self.reviews if found.state == "PENDING" and found.author == login), None)

    def thread_of(self, comment_id: int) -> Thread | None:
        return next((found for found in self.threads if any(one.id == comment_id for one in found.comments)), None)

    def merge(self, *, by: str = "maria") -> None:
        with self.hub.lock:
            bare, author = self.repo.bare, self.repo.web_flow(by)[0]
            below = bare.refs()[f"refs/heads/{self.base.ref}"]
            title = f"Merge pull request #{self.number} from {self.head.owner}/{self.head.ref}\n\n{self.title}"
            merged = bare.merge(below, self.head.sha, title, author)
            assert merged, "Pull Request has merge conflicts"
            self._merged_as(merged, by)
            self.repo.move(self.base.ref, merged)

    def head_moved(self, sha: str | None) -> None:
        """A push to the head's branch; None when the branch was deleted."""
        if sha is None:
            self.close()
            return
        self.head.sha = sha
        self.refresh()

    def base_moved(self, sha: str | None) -> None:
        if sha is None:
            self.close()
        elif self.repo.bare.is_ancestor(self.head.sha, sha):
            self._merged_as(sha, self.author)
        else:
            self.base.sha = sha
            self.refresh()

    def refresh(self) -> None:
        """The refs below refs/pull, the merge, and where the threads hang, for the present ends."""
        bare = self.repo.bare
        if self.head.repo not in (None, self.repo):
            bare.fetch(self.head.repo.bare.path, self.head.sha)
        bare.set_ref(f"refs/pull/{self.number}/head", self.head.sha)
        title = f"Merge {self.head.sha} into {self.base.sha}"
        self.merge_sha = bare.merge(self.base.sha, self.head.sha, title, self.repo.web_flow(self.author)[1])
        self.mergeable, self.mergeable_known = self.merge_sha is not None, False
        if self.merge_sha:
            bare.set_ref(f"refs/pull/{self.number}/merge", self.merge_sha)
        for thread in self.threads:
            self._follow(thread)
        self.touch()

    def _merged_as(self, sha: str, by: str) -> None:
        self.state, self.merge_sha, self.merged_by = "closed", sha, by
        self.merged_at = self.closed_at = self.hub.clock.stamp()

    def _follow(self, thread: Thread) -> None:
        """Find the thread's lines in the present diff."""
        thread.now = self._anchor_now(thread)
        if thread.now:
            thread.commit = self.head.sha

    def _anchor_now(self, thread: Thread) -> Anchor | None:
        file = self.file(thread.path)
        was = thread.original
        if file is None or was.line is None:
            return was if file else None
        lines = [self._line_now(thread, file, side, line) for side, line in _lines(was)]
        first, last = lines[0], lines[-1]
        if first is None or last is None or None in lines or _torn(was, lines):
            return None
        found = find(file.hunks, was.side, last)
        start = find(file.hunks, was.start_side or was.side, first)
        if not found or not start or start[0] is not found[0]:
            return None
        hunk, line = found
        begins = first if was.start_line is not None else None
        return replace(was, line=last, start_line=begins, position=line.position, diff_hunk=excerpt(hunk, line))

    def _line_now(self, thread: Thread, file: FilePatch, side: str, line: int) -> int | None:
        bare, base = self.repo.bare, self.merge_base or EMPTY_TREE
        if side == "RIGHT":
            return moved(line, bare.hunks(thread.original_commit, self.head.sha, thread.path))
        return moved(line, bare.hunks(thread.original_base, base, file.previous or thread.path))


def _lines(anchor: Anchor) -> list[tuple[str, int]]:
    """The lines that must still be there, each with its side. Of a range over both sides, the first and the last."""
    assert anchor.line is not None
    if anchor.start_line is None:
        return [(anchor.side, anchor.line)]
    if anchor.start_side == anchor.side:
        return [(anchor.side, line) for line in range(anchor.start_line, anchor.line + 1)]
    return [(anchor.start_side or anchor.side, anchor.start_line), (anchor.side, anchor.line)]


def _torn(anchor: Anchor, lines: list[int | None]) -> bool:
    """Whether something came in between."""
    first, last = lines[0], lines[-1]
    return (
        anchor.start_side == anchor.side and first is not None and last is not None and last - first != len(lines) - 1
    )
