"""A repository of the fake GitHub: git's side of it, its issues and pulls, and what a push does to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.github_git import Bare, Person, run
from tests.fakes.github_pull import Head, Pull
from tests.fakes.github_state import Artifact, CheckRun, Entity, Issue, Label, State, WorkflowRun
from tests.fakes.github_suggestion import apply_suggestion


@dataclass(eq=False)
class Repository(Entity):
    """`actions_may_create_pulls` is the switch "Allow GitHub Actions to create and approve pull requests"."""

    owner: str
    name: str
    bare: Bare
    private: bool = False
    parent: Repository | None = None
    default_branch: str = "main"
    archived: bool = False
    actions_may_create_pulls: bool = True
    protected: set[str] = field(default_factory=set)
    labels: dict[str, Label] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict, repr=False)
    check_runs: list[CheckRun] = field(default_factory=list)
    runs: list[WorkflowRun] = field(default_factory=list)
    forks: dict[str, Repository] = field(default_factory=dict, repr=False)
    sarifs: dict[str, dict[str, str]] = field(default_factory=dict)
    verified: set[str] = field(default_factory=set)
    node_prefix = "R"

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def pulls(self) -> list[Pull]:
        return [issue for issue in self.issues.values() if isinstance(issue, Pull)]

    def pull(
        self,
        head: str,
        *,
        base: str = "main",
        author: str = "ann",
        title: str = "A change",
        body: str | None = "",
        draft: bool = False,
        labels: tuple[str, ...] = (),
        fork: str | None = None,
    ) -> Pull:
        """A pull request of the branch `head`. With `fork`, the branch lives in that user's fork, and only there."""
        with self.hub.lock:
            home = self.fork(fork) if fork else self
            if fork and head != self.default_branch and (sha := self.bare.refs().get(f"refs/heads/{head}")):
                home.bare.fetch(self.bare.path, sha)
                home.bare.set_ref(f"refs/heads/{head}", sha)
                self.bare.set_ref(f"refs/heads/{head}", None)
            self.hub.person(author)
            pull = self.open_pull(home, head, base, author, title, body, draft=draft)
            pull.label(*labels)
            return pull

    def open_pull(
        self, home: Repository, head: str, base: str, author: str, title: str, body: str | None, *, draft: bool
    ) -> Pull:
        tip, below = home.bare.refs()[f"refs/heads/{head}"], self.bare.refs()[f"refs/heads/{base}"]
        ends = {"head": Head(home, home.owner, head, tip), "base": Head(self, self.owner, base, below)}
        pull = Pull(self.hub, body, author, self, self.next_number(), title, draft=draft, **ends)
        self.issues[pull.number] = pull
        pull.refresh()
        return pull

    def issue(self, title: str, *, body: str | None = "", author: str = "ann", labels: tuple[str, ...] = ()) -> Issue:
        with self.hub.lock:
            self.hub.person(author)
            issue = Issue(self.hub, body, author, self, self.next_number(), title)
            self.issues[issue.number] = issue
            issue.label(*labels)
            return issue

    def fork(self, owner: str) -> Repository:
        if owner not in self.forks:
            user = self.hub.person(owner)
            path = self.bare.path.parent.parent / user.login / f"{self.name}.git"
            bare = Bare.cloned(self.bare.path, path)
            for ref in bare.refs("refs/pull/"):
                bare.set_ref(ref, None)
            fork = Repository(self.hub, user.login, self.name, bare, self.private, self, self.default_branch)
            self.forks[owner] = self.hub.repositories[fork.full_name.lower()] = fork
        return self.forks[owner]

    def delete_fork(self, owner: str) -> None:
        """Its pulls stay, and their `head.repo` is null."""
        with self.hub.lock:
            fork = self.forks.pop(owner)
            del self.hub.repositories[fork.full_name.lower()]
            for pull in self.pulls:
                if pull.head.repo is fork:
                    pull.head.repo = None

    def push(self, branch: str, from_path: Path) -> str:
        """What is checked out in `from_path` becomes the tip of `branch`, as by `git push --force`. Gives its sha."""
        with self.hub.lock:
            sha = run(["rev-parse", "HEAD"], from_path).decode().strip()
            self.bare.fetch(from_path, sha)
            self.move(branch, sha)
            return sha

    def move(self, branch: str, sha: str | None) -> None:
        """The branch gets this tip, and whatever hangs on it learns of it; None deletes it."""
        ref = f"refs/heads/{branch}"
        old = self.bare.refs(ref).get(ref)
        self.bare.set_ref(ref, sha)
        self.pushed(branch, old, sha)

    def pushed(self, branch: str, old: str | None, sha: str | None) -> None:
        """git has moved the branch already."""
        self.hub.ref_lags(self, f"refs/heads/{branch}", old)
        for home in filter(None, (self, self.parent)):
            for pull in home.pulls:
                if pull.head.repo is self and pull.head.ref == branch and pull.state == "open":
                    pull.head_moved(sha)
                elif pull.base.repo is self and pull.base.ref == branch and pull.state == "open":
                    pull.base_moved(sha)

    def archive(self) -> None:
        self.archived = True

    def protect(self, branch: str) -> None:
        """Nobody pushes to it; only pull requests change it."""
        self.protected.add(branch)

    def rename(self, name: str) -> None:
        """The old name redirects from now on."""
        with self.hub.lock:
            self.hub.moved[self.full_name.lower()] = self
            del self.hub.repositories[self.full_name.lower()]
            self.name = name
            self.hub.repositories[self.full_name.lower()] = self

    def apply_suggestion(self, comment_id: int, *, by: str = "maria") -> str:
        """What the button "Commit suggestion" does; gives the file's new text. Raises CannotApply."""
        with self.hub.lock:
            return apply_suggestion(self, comment_id, by)

    def run_workflow(
        self,
        name: str,
        *,
        event: str,
        head: Head,
        actor: str,
        conclusion: str | None = "success",
        artifacts: dict[str, bytes] | None = None,
    ) -> WorkflowRun:
        """A run that was, with the zip files that it left."""
        with self.hub.lock:
            at = (head.sha, head.ref, head.repo or self)
            run_ = WorkflowRun(self.hub, self, name, event, *at, actor, conclusion=conclusion)
            run_.artifacts = [Artifact(self.hub, self, run_, title, of) for title, of in (artifacts or {}).items()]
            self.runs.append(run_)
            return run_

    def add_label(self, name: str, color: str = "ededed", description: str | None = None) -> Label:
        label = self.labels[name.lower()] = Label(self.hub, name, color, description)
        return label

    def next_number(self) -> int:
        return max(self.issues, default=0) + 1

    def web_flow(self, login: str) -> tuple[Person, Person]:
        """The author and the committer of what GitHub commits for somebody."""
        user, date = self.hub.person(login), self.hub.clock.stamp()
        author = Person(user.login, f"{user.id}+{user.login}@users.noreply.github.com", date)
        return author, Person("GitHub", "noreply@github.com", date)


def new_repository(hub: State, folder: Path, full_name: str, source: Path, *, private: bool) -> Repository:
    owner, _, name = full_name.partition("/")
    hub.person(owner).kind = "Organization"
    hub.person(owner).node_prefix = "O"
    bare = Bare.cloned(source, folder / owner / f"{name}.git")
    branches = [ref.removeprefix("refs/heads/") for ref in bare.refs()]
    checked_out = bare.git("symbolic-ref", "--short", "HEAD")
    default = next(name for name in ("main", checked_out, *branches) if name in branches)
    bare.git("symbolic-ref", "HEAD", f"refs/heads/{default}")
    repo = Repository(hub, owner, name, bare, private, None, default)
    hub.repositories[full_name.lower()] = repo
    for label in ("bug", "documentation", "enhancement"):
        repo.add_label(label)
    return repo
