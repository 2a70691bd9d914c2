"""What GraphQL's fields are, read from the state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.fakes.github_context import Context, Unanswerable, commit_of, connection, may_resolve, readable, ref_of
from tests.fakes.github_pull import Pull, ReviewComment, Thread
from tests.fakes.github_repository import Repository
from tests.fakes.github_router import may
from tests.fakes.github_state import Issue, IssueComment, Reaction, Remark, Review, User

if TYPE_CHECKING:
    from tests.fakes.github_server import GitHub

Field = Callable[..., Any]
_EMOJI = {
    "THUMBS_UP": "+1",
    "THUMBS_DOWN": "-1",
    "LAUGH": "laugh",
    "HOORAY": "hooray",
    "CONFUSED": "confused",
    "HEART": "heart",
    "ROCKET": "rocket",
    "EYES": "eyes",
}
_WORDS = {emoji: word for word, emoji in _EMOJI.items()}
_TYPES = {
    Pull: "PullRequest",
    Issue: "Issue",
    IssueComment: "IssueComment",
    Review: "PullRequestReview",
    ReviewComment: "PullRequestReviewComment",
    Thread: "PullRequestReviewThread",
    Reaction: "Reaction",
    Repository: "Repository",
}


def type_name(value: Any) -> str:
    if isinstance(value, User):
        return "Bot" if value.kind == "Bot" else "User"
    if isinstance(value, dict):
        return str(value["__typename"])
    return _TYPES[type(value)]


def _repository(hub: GitHub, context: Context, *, owner: str, name: str, followRenames: bool = True) -> Repository:  # noqa: N803
    full = f"{owner}/{name}"
    found = hub.repositories.get(full.lower()) or (hub.moved.get(full.lower()) if followRenames else None)
    if found is None or not readable(context, found):
        raise Unanswerable("NOT_FOUND", f"Could not resolve to a Repository with the name '{full}'.")
    return found


def _pull(repo: Repository, context: Context, *, number: int) -> Pull:
    found = repo.issues.get(number)
    if not isinstance(found, Pull):
        says = f"Could not resolve to a PullRequest with the number of {number}."
        raise Unanswerable("NOT_FOUND", says)
    return _allowed(context, repo, "pull_requests", found)


def _issue(repo: Repository, context: Context, *, number: int) -> Issue:
    found = repo.issues.get(number)
    if found is None or found.is_pull:
        raise Unanswerable("NOT_FOUND", f"Could not resolve to an Issue with the number of {number}.")
    return _allowed(context, repo, "issues", found)


def _allowed(context: Context, repo: Repository, permission: str, found: Any) -> Any:
    if not may(context.token, repo, permission, "read"):
        raise Unanswerable("FORBIDDEN", "Resource not accessible by integration")
    return found


def _threads(pull: Pull, context: Context, **asked: Any) -> dict[str, Any]:
    found = [thread for thread in pull.threads if any(context.sees(comment) for comment in thread.comments)]
    return connection(context.hub.seen(found), **asked)


def _thread_comments(thread: Thread, context: Context, *, skip: int = 0, **asked: Any) -> dict[str, Any]:
    found = [comment for comment in thread.comments if context.sees(comment)]
    found = [*found[:1], *context.hub.seen(found[1:])]  # the first came with the thread
    return connection(found[skip or 0 :], **asked)


def _reviews(pull: Pull, context: Context, *, states: Any = None, author: str | None = None, **asked: Any) -> Any:
    found = [review for review in pull.reviews if context.sees(review)]
    found = [review for review in found if states is None or review.state in states]
    if author is not None:
        found = [review for review in found if context.hub.person(review.author).bare_login == author]
    return connection(context.hub.seen(found), **asked)


def _reactions(remark: Remark, context: Context, *, content: str | None = None, **asked: Any) -> Any:
    asked.pop("orderBy", None)
    found = [one for one in remark.reactions if content is None or one.content == _EMOJI[content]]
    return connection(found, **asked) | {"viewerHasReacted": any(one.author == context.viewer for one in found)}


def _comments(issue: Issue, context: Context, **asked: Any) -> Any:
    asked.pop("orderBy", None)
    return connection(context.hub.seen(issue.comments), **asked)


def _rate(hub: GitHub, context: Context, **_: Any) -> Any:
    window = hub.limits.window(context.token, "graphql")
    reset = datetime.fromtimestamp(window.reset, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    numbers = {"limit": window.limit, "remaining": window.remaining, "used": window.used}
    return numbers | {"cost": 1, "nodeCount": 0, "resetAt": reset}


def _author(remark: Remark, context: Context) -> Any:
    """A bot's login is without its [bot] here."""
    user = context.hub.person(remark.author)
    kind = "Bot" if user.kind == "Bot" else "User"
    return {"__typename": kind, "login": user.bare_login, "id": user.node_id, "databaseId": user.id, "name": None}


def _attribute(name: str) -> Field:
    return lambda source, _: getattr(source, name)


def _page(source: Any, anchor: str) -> Field:
    del source
    return lambda one, context: context.url(f"{_path(one)}#{anchor}{one.id}")


def _path(one: Any) -> str:
    issue = getattr(one, "issue", None) or getattr(one, "pull", None) or one.thread.pull
    return f"{issue.repo.full_name}/{'pull' if issue.is_pull else 'issues'}/{issue.number}"


_NODE: dict[str, Field] = {"id": _attribute("node_id")}
_USER: dict[str, Field] = {
    **_NODE,
    "login": _attribute("login"),
    "databaseId": _attribute("id"),
    "name": lambda *_: None,
}
_COMMENT: dict[str, Field] = {
    **_NODE,
    "author": _author,
    "body": lambda one, _: one.body or "",
    "createdAt": _attribute("created_at"),
    "updatedAt": _attribute("updated_at"),
    "viewerDidAuthor": lambda one, context: one.author == context.viewer,
}
_REMARK: dict[str, Field] = {
    **_COMMENT,
    "databaseId": _attribute("id"),
    "fullDatabaseId": lambda one, _: str(one.id),
    "isMinimized": lambda one, _: one.minimized is not None,
    "minimizedReason": lambda one, _: one.minimized and one.minimized.lower().replace("_", "-"),
    "reactions": _reactions,
}
_ISSUE: dict[str, Field] = {
    **_COMMENT,
    "comments": _comments,
    "locked": _attribute("locked"),
    "number": _attribute("number"),
    "title": _attribute("title"),
}

FIELDS: dict[str, dict[str, Field]] = {
    "Query": {
        "node": lambda _, context, *, id: context.node(id),  # noqa: A006
        "rateLimit": _rate,
        "repository": _repository,
        "viewer": lambda _, context: context.token.user,
    },
    "User": _USER,
    "Bot": _USER,
    "Repository": {
        **_NODE,
        "databaseId": _attribute("id"),
        "isArchived": _attribute("archived"),
        "isPrivate": _attribute("private"),
        "issue": _issue,
        "name": _attribute("name"),
        "nameWithOwner": _attribute("full_name"),
        "pullRequest": _pull,
        "ref": lambda repo, _, *, qualifiedName: ref_of(repo, qualifiedName),  # noqa: N803
    },
    "Issue": _ISSUE,
    "PullRequest": {
        **_ISSUE,
        "baseRefName": lambda pull, _: pull.base.ref,
        "baseRefOid": lambda pull, _: pull.base.sha,
        "fullDatabaseId": lambda pull, _: str(pull.id),
        "headRefName": lambda pull, _: pull.head.ref,
        "headRefOid": lambda pull, _: pull.head.sha,
        "headRepository": lambda pull, _: pull.head.repo,
        "isCrossRepository": lambda pull, _: pull.head.repo is not pull.base.repo,
        "isDraft": _attribute("draft"),
        "merged": _attribute("merged"),
        "reviewThreads": _threads,
        "reviews": _reviews,
        "state": lambda pull, _: "MERGED" if pull.merged else pull.state.upper(),
        "url": lambda pull, context: context.url(f"{pull.repo.full_name}/pull/{pull.number}"),
    },
    "IssueComment": {**_REMARK, "url": _page(IssueComment, "issuecomment-")},
    "PullRequestReview": {
        **_REMARK,
        "comments": lambda review, _, **asked: connection(review.comments, **asked),
        "commit": lambda review, _: commit_of(review.pull.repo, review.commit_id),
        "state": _attribute("state"),
        "submittedAt": _attribute("submitted_at"),
        "url": _page(Review, "pullrequestreview-"),
    },
    "PullRequestReviewComment": {
        **_REMARK,
        "commit": lambda one, _: commit_of(one.thread.pull.repo, one.thread.commit),
        "diffHunk": lambda one, _: one.thread.original.diff_hunk,
        "line": lambda one, _: one.thread.line,
        "originalCommit": lambda one, _: commit_of(one.thread.pull.repo, one.thread.original_commit),
        "originalLine": lambda one, _: one.thread.original_line,
        "originalStartLine": lambda one, _: one.thread.original_start_line,
        "outdated": lambda one, _: one.thread.is_outdated,
        "path": lambda one, _: one.thread.path,
        "pullRequestReview": _attribute("review"),
        "replyTo": lambda one, _: one.thread.comments[0] if one.in_reply_to else None,
        "startLine": lambda one, _: one.thread.start_line,
        "url": _page(ReviewComment, "discussion_r"),
    },
    "PullRequestReviewThread": {
        **_NODE,
        "comments": _thread_comments,
        "diffSide": _attribute("side"),
        "isCollapsed": lambda thread, _: thread.is_resolved or thread.is_outdated,
        "isOutdated": _attribute("is_outdated"),
        "isResolved": _attribute("is_resolved"),
        "line": _attribute("line"),
        "originalLine": _attribute("original_line"),
        "originalStartLine": _attribute("original_start_line"),
        "path": _attribute("path"),
        "pullRequest": _attribute("pull"),
        "resolvedBy": lambda thread, context: thread.resolved_by and context.hub.person(thread.resolved_by),
        "startDiffSide": lambda thread, _: thread.original.start_side,
        "startLine": _attribute("start_line"),
        "subjectType": lambda thread, _: thread.subject_type.upper(),
        "viewerCanReply": lambda thread, context: may(context.token, thread.pull.repo, "pull_requests", "write"),
        "viewerCanResolve": lambda thread, context: not thread.is_resolved and may_resolve(context, thread),
        "viewerCanUnresolve": lambda thread, context: thread.is_resolved and may_resolve(context, thread),
    },
    "Reaction": {
        **_NODE,
        "content": lambda one, _: _WORDS[one.content],
        "createdAt": _attribute("created_at"),
        "databaseId": _attribute("id"),
        "user": lambda one, context: context.hub.person(one.author),
    },
}
