"""What GitHub knows: people, tokens, repositories, issues and what hangs on them. All of it can be read by a test."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.github_pull import Pull
    from tests.fakes.github_repository import Repository

ACTIONS_BOT = "github-actions[bot]"
ACTIONS_BOT_ID = 41898282
ACTIONS_APP_ID = 15368
RANKS = ("none", "read", "triage", "write", "maintain", "admin")


class Clock:
    """The time as GitHub sees it: the real one, and what a test added."""

    def __init__(self) -> None:
        self._ahead = 0.0

    @property
    def now(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds

    def stamp(self, ahead: float = 0.0) -> str:
        return datetime.fromtimestamp(self.now + ahead, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(eq=False)
class User:
    """`kind` is User, Bot or Organization; `permission` is what this person may do in every repository."""

    login: str
    id: int
    kind: str = "User"
    permission: str = "none"
    created_at: str = "2020-01-01T00:00:00Z"
    node_prefix = "U"

    @property
    def node_id(self) -> str:
        return node_id("BOT" if self.kind == "Bot" else self.node_prefix, self.id)

    @property
    def bare_login(self) -> str:
        """A bot's login as GraphQL gives it for an author."""
        return self.login.removesuffix("[bot]")

    def at_least(self, permission: str) -> bool:
        return RANKS.index(self.permission) >= RANKS.index(permission)


@dataclass(eq=False)
class Token:
    """`kind`: `action` is the GITHUB_TOKEN of a run, `app` an installation's, `user` a personal access token."""

    value: str
    user: User
    kind: str
    permissions: dict[str, str]
    expires: float | None = None
    repositories: tuple[str, ...] | None = None
    installation: int = 0
    revoked: bool = False

    def allows(self, permission: str, level: str) -> bool:
        given = self.permissions.get(permission, "none")
        return given == "write" or (given == "read" and level == "read")


@dataclass(eq=False)
class Entity:
    """Whatever has an id of its own. Times are as in the API."""

    hub: State = field(repr=False)
    node_prefix = "N"

    def __post_init__(self) -> None:
        self.id = self.hub.next_id()
        self.created_at = self.updated_at = self.hub.clock.stamp()
        self.hub.nodes[self.node_id] = self
        self.hub.lag_behind(self)

    @property
    def node_id(self) -> str:
        return node_id(self.node_prefix, self.id)

    def touch(self) -> None:
        self.updated_at = self.hub.clock.stamp()


@dataclass(eq=False)
class Reaction(Entity):
    content: str
    author: str
    node_prefix = "REA"


@dataclass(eq=False)
class Remark(Entity):
    """A text by somebody that people react to."""

    body: str
    author: str
    reactions: list[Reaction] = field(default_factory=list, kw_only=True)
    minimized: str | None = field(default=None, kw_only=True)

    def react(self, content: str, *, by: str) -> tuple[Reaction, bool]:
        """The reaction, and whether it is new: nobody has the same twice."""
        self.hub.person(by)
        for reaction in self.reactions:
            if (reaction.content, reaction.author) == (content, by):
                return reaction, False
        self.reactions.append(Reaction(self.hub, content, by))
        return self.reactions[-1], True


@dataclass(eq=False)
class Label(Entity):
    name: str
    color: str = "ededed"
    description: str | None = None
    node_prefix = "LA"


@dataclass(eq=False)
class IssueComment(Remark):
    issue: Issue = field(repr=False)
    node_prefix = "IC"


@dataclass(eq=False)
class Issue(Remark):
    """An issue; a pull request is one too."""

    repo: Repository = field(repr=False)
    number: int
    title: str
    state: str = "open"
    locked: bool = False
    labels: list[str] = field(default_factory=list)
    comments: list[IssueComment] = field(default_factory=list, repr=False)
    assignees: list[str] = field(default_factory=list)
    closed_at: str | None = None
    state_reason: str | None = None
    node_prefix = "I"

    @property
    def is_pull(self) -> bool:
        return False

    def comment(self, body: str, *, by: str) -> IssueComment:
        self.hub.person(by)
        self.comments.append(IssueComment(self.hub, body, by, self))
        self.touch()
        return self.comments[-1]

    def label(self, *names: str) -> None:
        """Add them; a label that the repository lacks comes to be."""
        for name in names:
            label = self.repo.labels.get(name.lower()) or self.repo.add_label(name)
            if label.name not in self.labels:
                self.labels.append(label.name)

    def close(self) -> None:
        if self.state == "open":
            self.state, self.closed_at, self.state_reason = "closed", self.hub.clock.stamp(), "completed"

    def reopen(self) -> None:
        self.state, self.closed_at, self.state_reason = "open", None, "reopened"

    def lock(self) -> None:
        self.locked = True

    def unlock(self) -> None:
        self.locked = False


@dataclass(eq=False)
class Review(Remark):
    """`state`: PENDING (only its author sees it), COMMENTED, APPROVED, CHANGES_REQUESTED, DISMISSED."""

    pull: Pull = field(repr=False)
    commit_id: str
    state: str
    submitted_at: str | None = None
    node_prefix = "PRR"

    @property
    def comments(self) -> list[Any]:
        return [comment for thread in self.pull.threads for comment in thread.comments if comment.review is self]


@dataclass(eq=False)
class CheckRun(Entity):
    repo: Repository = field(repr=False)
    name: str
    head_sha: str
    app: str
    status: str = "queued"
    conclusion: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[dict[str, Any]] = field(default_factory=list)
    details_url: str | None = None
    external_id: str = ""
    started_at: str | None = None
    completed_at: str | None = None
    node_prefix = "CR"


@dataclass(eq=False)
class Artifact(Entity):
    repo: Repository = field(repr=False)
    run: WorkflowRun = field(repr=False)
    name: str
    content: bytes = field(repr=False)
    expired: bool = False
    node_prefix = "MDg6"


@dataclass(eq=False)
class WorkflowRun(Entity):
    repo: Repository = field(repr=False)
    name: str
    event: str
    head_sha: str
    head_branch: str
    head_repo: Repository = field(repr=False)
    actor: str
    status: str = "completed"
    conclusion: str | None = "success"
    artifacts: list[Artifact] = field(default_factory=list)
    node_prefix = "WFR"


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came in; `path` is without /api/v3.

    `login` is whose token it had, `status` what was answered, None when the connection was dropped.
    """

    method: str
    path: str
    query: str
    body: Any
    login: str | None
    status: int | None
    headers: Mapping[str, str]


class State:
    """All that one GitHub holds, behind one lock."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.tokens: dict[str, Token] = {}
        self.repositories: dict[str, Repository] = {}
        self.moved: dict[str, Repository] = {}
        self.nodes: dict[str, Any] = {}
        self.apps: dict[int, Any] = {}
        self._last_id = 1_800_000_000
        self._stale_reads = 0
        self._behind: dict[Any, int] = {}
        self._old_refs: dict[Any, str | None] = {}

    def next_id(self) -> int:
        self._last_id += 7
        return self._last_id

    def person(self, login: str) -> User:
        """Whoever has this login; who isn't known yet becomes a stranger with an account."""
        found = self.users.get(login.lower())
        if found is None:
            bot = login.endswith("[bot]")
            number = ACTIONS_BOT_ID if login == ACTIONS_BOT else self.next_id() % 100_000_000
            found = self.users[login.lower()] = User(login, number, "Bot" if bot else "User")
            self.nodes[found.node_id] = found
        return found

    def stale(self, reads: int) -> None:
        """From now on, what is written is missing from the next `reads` reads that would show it."""
        self._stale_reads = reads

    def lag_behind(self, what: object) -> None:
        if self._stale_reads:
            self._behind[what] = self._stale_reads

    def ref_lags(self, repo: Repository, ref: str, old: str | None) -> None:
        if self._stale_reads:
            self._behind[repo, ref] = self._stale_reads
            self._old_refs[repo, ref] = old

    def is_behind(self, what: object) -> bool:
        """Whether this read still misses it. Each question counts as one read."""
        left = self._behind.get(what, 0)
        if left:
            self._behind[what] = left - 1
        return left > 0

    def seen(self, items: Iterable[Any]) -> list[Any]:
        """Those of `items` that a list shows by now."""
        return [item for item in items if not self.is_behind(item)]

    def read_ref(self, repo: Repository, ref: str) -> str | None:
        if self.is_behind((repo, ref)):
            return self._old_refs[repo, ref]
        return repo.bare.refs(ref).get(ref)


def node_id(prefix: str, number: int) -> str:
    return f"{prefix}_kwDO{base64.urlsafe_b64encode(number.to_bytes(9, 'big')).decode().rstrip('=')}"
