"""What GraphQL changes: threads are resolved, comments minimised, commits made on a branch."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from tests.fakes.github_context import Context, Unanswerable, commit_of, home_of, may_resolve, readable, ref_of
from tests.fakes.github_pull import ReviewComment, Thread
from tests.fakes.github_repository import Repository
from tests.fakes.github_router import Refused, may
from tests.fakes.github_rules import check_push
from tests.fakes.github_state import IssueComment, Review

Json = dict[str, Any]
_DENIED = {"user": "Resource not accessible by personal access token"}
_NOT_YOURS = "Resource not accessible by integration"


def _resolve(context: Context, **given: Any) -> Json:
    thread = _thread(context, given["threadId"])
    thread.resolve(by=context.viewer)
    return {"thread": thread}


def _unresolve(context: Context, **given: Any) -> Json:
    thread = _thread(context, given["threadId"])
    thread.unresolve()
    return {"thread": thread}


def _minimize(context: Context, **given: Any) -> Json:
    comment = context.node(given["subjectId"])
    if not isinstance(comment, IssueComment | ReviewComment | Review):
        raise Unanswerable(
            "NOT_FOUND", f"Could not resolve to Minimizable node with the global id of '{given['subjectId']}'."
        )
    repo = home_of(comment)
    assert repo
    token = context.token
    if token.kind == "user":
        allowed = comment.author == context.viewer or token.user.at_least("write")
    else:
        allowed = any(may(token, repo, kind, "write") for kind in ("pull_requests", "issues"))
    if not allowed or repo.archived:
        _forbid(context)
    comment.minimized = given["classifier"]
    return {"minimizedComment": comment}


def _commit(context: Context, **given: Any) -> Json:
    repo, branch = _branch(context, given["branch"])
    if not may(context.token, repo, "contents", "write"):
        _forbid(context)
    ref = f"refs/heads/{branch}"
    tip = repo.bare.refs().get(ref)
    if tip is None:
        raise Unanswerable("NOT_FOUND", f'Branch "{branch}" not found in repository "{repo.full_name}".')
    if tip != given["expectedHeadOid"]:
        says = f'Expected branch to point to "{given["expectedHeadOid"]}" but it did not. Pull and try again.'
        raise Unanswerable("STALE_DATA", says)
    changes = given.get("fileChanges") or {}
    edits = _edits(repo, tip, changes)
    try:
        check_push(context.token, repo, ref, None, conflict=422, paths=[path for _, path, _ in edits])
    except Refused as refused:
        raise Unanswerable("UNPROCESSABLE" if refused.status == 422 else "FORBIDDEN", refused.message) from None
    message = given["message"]
    text = "\n\n".join(filter(None, (message["headline"], message.get("body"))))
    tree = repo.bare.write_tree(tip, edits)
    sha = repo.bare.write_commit(tree, [tip], text, *repo.web_flow(context.viewer))
    repo.verified.add(sha)
    repo.move(branch, sha)
    return {"commit": commit_of(repo, sha), "ref": ref_of(repo, ref)}


MUTATIONS: dict[str, Callable[..., Json]] = {
    "createCommitOnBranch": _commit,
    "minimizeComment": _minimize,
    "resolveReviewThread": _resolve,
    "unresolveReviewThread": _unresolve,
}


def _thread(context: Context, node: str) -> Thread:
    thread = context.node(node)
    if not isinstance(thread, Thread):
        raise Unanswerable(
            "NOT_FOUND", f"Could not resolve to PullRequestReviewThread node with the global id of '{node}'."
        )
    if not may_resolve(context, thread) or thread.pull.repo.archived:
        _forbid(context)
    return thread


def _forbid(context: Context) -> None:
    raise Unanswerable("FORBIDDEN", _DENIED.get(context.token.kind, _NOT_YOURS))


def _branch(context: Context, told: Json) -> tuple[Repository, str]:
    if told.get("id"):
        number, _, ref = base64.urlsafe_b64decode(told["id"].removeprefix("REF_") + "==").decode().partition(":")
        repo = next((each for each in context.hub.repositories.values() if str(each.id) == number), None)
        return _readable(context, repo, told["id"]), ref.removeprefix("refs/heads/")
    name = told.get("repositoryNameWithOwner") or ""
    repo = context.hub.repositories.get(name.lower())
    return _readable(context, repo, name), (told.get("branchName") or "").removeprefix("refs/heads/")


def _readable(context: Context, repo: Repository | None, name: str) -> Repository:
    if repo is None or not readable(context, repo):
        raise Unanswerable("NOT_FOUND", f"Could not resolve to a Repository with the name '{name}'.")
    return repo


def _edits(repo: Repository, tip: str, changes: Json) -> list[tuple[str, str, str | None]]:
    """Modes stay; a new file is never a program."""
    edits: list[tuple[str, str, str | None]] = []
    for deletion in changes.get("deletions") or ():
        if repo.bare.entry(tip, deletion["path"]) is None:
            says = f"A path was requested for deletion which does not exist as of commit oid `{tip}`"
            raise Unanswerable("NOT_FOUND", says)
        edits.append(("0", deletion["path"], None))
    for addition in changes.get("additions") or ():
        try:
            content = base64.b64decode(addition["contents"], validate=True)
        except binascii.Error:
            says = f"Contents of `{addition['path']}` are not valid Base64"
            raise Unanswerable("UNPROCESSABLE", says) from None
        entry = repo.bare.entry(tip, addition["path"])
        edits.append((entry.mode if entry else "100644", addition["path"], repo.bare.write_blob(content)))
    return edits
