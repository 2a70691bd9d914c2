"""The payloads of webhooks, as a workflow finds them at GITHUB_EVENT_PATH.

They are of the present state, in the shape of @octokit/webhooks-schemas, which the tests hold them against.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from tests.fakes.github_pull import Pull
from tests.fakes.github_repository import Repository
from tests.fakes.github_state import Issue, WorkflowRun
from tests.fakes.github_views import Views

Json = dict[str, Any]


def event_of(views: Views, name: str, action: str | None, issue: Issue | None, sender: str, more: Json) -> Json:
    """The payload of the event `name`.

    `more` is what belongs to its kind: `label`, `comment`, `before` and `after`, `inputs` and `ref`, `run`,
    `repository` where no issue or pull names it, `installation`.
    """
    repo = more.get("repository") or (issue.repo if issue else _repository(views, more))
    kind: Callable[[Views, Repository, Issue | None, str | None, Json], Json] = _KINDS[name]
    shown = kind(views, repo, issue, action, more) | _around(views, repo, sender, more)
    payload: Json = _plain({"action": action, **shown} if action else shown)
    return payload


def _pull_request(views: Views, repo: Repository, issue: Issue | None, action: str | None, more: Json) -> Json:
    assert isinstance(issue, Pull)
    shown: Json = {"number": issue.number, "pull_request": _pull(views, issue)}
    if action == "synchronize":
        old = repo.bare.commit(issue.head.sha).parents[0]
        shown |= {"before": more.get("before", old), "after": more.get("after", issue.head.sha)}
    if action in ("labeled", "unlabeled"):
        shown["label"] = views.label(repo, repo.labels[more["label"].lower()])
    if action == "edited":
        shown["changes"] = more.get("changes", {})
    return shown


def _issues(views: Views, repo: Repository, issue: Issue | None, action: str | None, more: Json) -> Json:
    assert issue
    shown: Json = {"issue": views.issue(issue)}
    if action in ("labeled", "unlabeled"):
        shown["label"] = views.label(repo, repo.labels[more["label"].lower()])
    if action == "edited":
        shown["changes"] = more.get("changes", {})
    return shown


def _issue_comment(views: Views, repo: Repository, issue: Issue | None, action: str | None, more: Json) -> Json:
    comment = more["comment"]
    shown: Json = {"issue": views.issue(comment.issue), "comment": views.issue_comment(comment)}
    return shown | ({"changes": more.get("changes", {})} if action == "edited" else {})


def _review_comment(views: Views, repo: Repository, issue: Issue | None, action: str | None, more: Json) -> Json:
    comment = more["comment"]
    shown: Json = {"comment": views.review_comment(comment), "pull_request": _simple(views, comment.thread.pull)}
    return shown | ({"changes": more.get("changes", {})} if action == "edited" else {})


def _workflow_dispatch(views: Views, repo: Repository, issue: Issue | None, action: str | None, more: Json) -> Json:
    """All inputs are strings."""
    inputs = {
        name: value if isinstance(value, str) else str(value).lower() for name, value in more.get("inputs", {}).items()
    }
    workflow = more.get("workflow", ".github/workflows/patchwright.yml")
    return {"inputs": inputs or None, "ref": more.get("ref", f"refs/heads/{repo.default_branch}"), "workflow": workflow}


def _workflow_run(views: Views, repo: Repository, issue: Issue | None, action: str | None, more: Json) -> Json:
    run: WorkflowRun = more["run"]
    shown = views.workflow_run(run)
    path = shown["path"]
    page = f"{views.web}/{repo.full_name}"
    workflow = {
        "id": shown["workflow_id"],
        "node_id": f"W_kwDO{shown['workflow_id']}",
        "name": run.name,
        "path": path,
        "state": "active",
        "created_at": repo.created_at,
        "updated_at": repo.created_at,
        "url": shown["workflow_url"],
        "html_url": f"{page}/blob/{repo.default_branch}/{path}",
        "badge_url": f"{page}/workflows/{run.name}/badge.svg",
    }
    return {"workflow_run": shown, "workflow": workflow}


def _merge_group(views: Views, repo: Repository, issue: Issue | None, action: str | None, more: Json) -> Json:
    """It names no pull request, but in the name of its branch."""
    assert isinstance(issue, Pull)
    sha = issue.merge_sha or issue.head.sha
    commit = repo.bare.commit(sha)
    people = (("author", commit.author), ("committer", commit.committer))
    group = {
        "head_sha": sha,
        "head_ref": f"refs/heads/gh-readonly-queue/{issue.base.ref}/pr-{issue.number}-{issue.base.sha}",
        "base_sha": issue.base.sha,
        "base_ref": f"refs/heads/{issue.base.ref}",
        "head_commit": {
            "id": sha,
            "tree_id": commit.tree,
            "message": commit.message,
            "timestamp": commit.committer.date,
            **{who: {"name": person.name, "email": person.email} for who, person in people},
        },
    }
    return {"merge_group": group} | ({"reason": more.get("reason", "merged")} if action == "destroyed" else {})


_KINDS: dict[str, Any] = {
    "pull_request": _pull_request,
    "pull_request_target": _pull_request,
    "issues": _issues,
    "issue_comment": _issue_comment,
    "pull_request_review_comment": _review_comment,
    "workflow_dispatch": _workflow_dispatch,
    "workflow_run": _workflow_run,
    "merge_group": _merge_group,
}


def _around(views: Views, repo: Repository, sender: str, more: Json) -> Json:
    """What every payload has."""
    shown = {"repository": _whole(views, repo), "sender": views.user(sender)}
    owner = views.hub.person(repo.owner)
    if owner.kind == "Organization":
        url = f"{views.api}/orgs/{owner.login}"
        links = {f"{name}_url": f"{url}/{name}" for name in ("repos", "events", "hooks", "issues")}
        members = {f"{name}_url": f"{url}/{name}{{/member}}" for name in ("members", "public_members")}
        avatar = views.user(owner)["avatar_url"]
        named = {"login": owner.login, "id": owner.id, "node_id": owner.node_id, "url": url, "avatar_url": avatar}
        shown["organization"] = named | links | members | {"description": None}
    if "installation" in more:
        number = more["installation"]
        shown["installation"] = {
            "id": number,
            "node_id": base64.b64encode(f"023:IntegrationInstallation{number}".encode()).decode(),
        }
    return shown


def _repository(views: Views, more: Json) -> Repository:
    for key, way in (("comment", ("issue", "repo")), ("comment", ("thread", "pull", "repo")), ("run", ("repo",))):
        found = more.get(key)
        for name in way:
            found = getattr(found, name, None)
        if isinstance(found, Repository):
            return found
    return next(iter(views.hub.repositories.values()))


def _whole(views: Views, repo: Repository) -> Json:
    return views.repository(repo) | {"custom_properties": {}}


def _simple(views: Views, pull: Pull) -> Json:
    return _ends(views, pull, views.simple_pull(pull))


def _pull(views: Views, pull: Pull) -> Json:
    return _ends(views, pull, views.pull(pull, mergeable=None))


def _ends(views: Views, pull: Pull, shown: Json) -> Json:
    """In events, the repositories say how they merge."""
    merging = {
        "allow_squash_merge": True,
        "allow_merge_commit": True,
        "allow_rebase_merge": True,
        "allow_auto_merge": False,
        "delete_branch_on_merge": False,
        "allow_update_branch": False,
        "use_squash_pr_title_as_default": False,
        "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
        "squash_merge_commit_message": "COMMIT_MESSAGES",
        "merge_commit_title": "MERGE_MESSAGE",
        "merge_commit_message": "PR_TITLE",
    }
    for name, end in (("head", pull.head), ("base", pull.base)):
        if end.repo:
            shown[name]["repo"] = _whole(views, end.repo) | merging
    return shown


def _plain(node: Any) -> Any:
    """Without what only the API tells of users and Apps."""
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items() if key not in ("user_view_type", "client_id")}
    return [_plain(child) for child in node] if isinstance(node, list) else node
