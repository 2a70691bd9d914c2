"""For whom a query of GraphQL runs, what they may, and how lists are cut into pages."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.github_pull import ReviewComment, Thread
from tests.fakes.github_repository import Repository
from tests.fakes.github_router import may
from tests.fakes.github_state import Review, Token

if TYPE_CHECKING:
    from tests.fakes.github_server import GitHub


class Unanswerable(Exception):
    """An error with GitHub's `type`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Context:
    """For whom a query runs."""

    hub: GitHub
    token: Token

    @property
    def viewer(self) -> str:
        return self.token.user.login

    def sees(self, comment: Any) -> bool:
        """What is pending is its author's alone."""
        review = comment if isinstance(comment, Review) else comment.review
        return review.state != "PENDING" or review.author == self.viewer

    def url(self, path: str) -> str:
        return f"{self.hub.server_url}/{path}"

    def node(self, node: str) -> Any:
        found = self.hub.nodes.get(node)
        repo = found and home_of(found)
        hidden = isinstance(found, Review | ReviewComment) and not self.sees(found)
        if found is None or hidden or (repo and not readable(self, repo)) or self.hub.is_behind(found):
            raise Unanswerable("NOT_FOUND", f"Could not resolve to a node with the global id of '{node}'.")
        return found


def home_of(value: Any) -> Repository | None:
    """The repository that it belongs to."""
    for name in ("repo", "issue", "pull", "thread"):
        if hasattr(value, name):
            found = getattr(value, name)
            return found if isinstance(found, Repository) else home_of(found)
    return value if isinstance(value, Repository) else None


def readable(context: Context, repo: Repository) -> bool:
    return not repo.private or may(context.token, repo, "metadata", "read")


def may_resolve(context: Context, thread: Thread) -> bool:
    """An App needs contents: write as well; a person may who can write, or who opened the pull."""
    token, repo = context.token, thread.pull.repo
    if token.kind == "user":
        return thread.pull.author == context.viewer or token.user.at_least("write")
    return may(token, repo, "contents", "write") and may(token, repo, "pull_requests", "write")


def connection(items: Sequence[Any], **asked: Any) -> dict[str, Any]:
    """A page of `items`, which are known by their place."""
    start = _after(asked.get("after"), items, 0)
    end = _before(asked.get("before"), items)
    if asked.get("first") is not None:
        end = min(end, start + asked["first"])
    elif asked.get("last") is not None:
        start = max(start, end - asked["last"])
    shown = items[start:end]
    page = {
        "hasNextPage": end < len(items),
        "hasPreviousPage": start > 0,
        "startCursor": _cursor(shown[0]) if shown else None,
        "endCursor": _cursor(shown[-1]) if shown else None,
    }
    return {"nodes": list(shown), "pageInfo": page, "totalCount": len(items)}


def _cursor(item: Any) -> str:
    return base64.b64encode(f"cursor:v2:{item.id}".encode()).decode()


def _after(cursor: str | None, items: Sequence[Any], start: int) -> int:
    return start if not cursor else _index(cursor, items) + 1


def _before(cursor: str | None, items: Sequence[Any]) -> int:
    return len(items) if not cursor else _index(cursor, items)


def _index(cursor: str, items: Sequence[Any]) -> int:
    for at, item in enumerate(items):
        if _cursor(item) == cursor:
            return at
    raise Unanswerable("INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor.")


def ref_of(repo: Repository, name: str) -> dict[str, Any] | None:
    for full in (name, f"refs/heads/{name}", f"refs/tags/{name}"):
        sha = repo.bare.refs("refs/").get(full) if full.startswith("refs/") else None
        if sha:
            prefix = "refs/heads/" if full.startswith("refs/heads/") else "refs/tags/"
            number = base64.urlsafe_b64encode(f"{repo.id}:{full}".encode()).decode().rstrip("=")
            node = {"__typename": "Ref", "id": f"REF_{number}", "name": full.removeprefix(prefix), "prefix": prefix}
            return node | {"target": commit_of(repo, sha)}
    return None


def commit_of(repo: Repository, sha: str) -> dict[str, Any]:
    commit = repo.bare.commit(sha)
    url = f"{repo.hub.server_url}/{repo.full_name}/commit/{sha}"  # type: ignore[attr-defined]
    return {"__typename": "Commit", "id": f"C_kwDO{sha}", "oid": sha, "message": commit.message, "url": url}
