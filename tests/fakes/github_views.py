"""How the REST API shows what GitHub knows. All links begin with the prefix by which the request came."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.fakes.github_git import Commit, Person
from tests.fakes.github_state import ACTIONS_APP_ID, CheckRun, Issue, IssueComment, Label, Reaction, Remark, Review, User

if TYPE_CHECKING:
    from tests.fakes.github_diff import FilePatch
    from tests.fakes.github_pull import Head, Pull, ReviewComment
    from tests.fakes.github_repository import Repository
    from tests.fakes.github_state import State, WorkflowRun

Json = dict[str, Any]

_USER_LINKS = {
    "followers": "/followers",
    "following": "/following{/other_user}",
    "gists": "/gists{/gist_id}",
    "starred": "/starred{/owner}{/repo}",
    "subscriptions": "/subscriptions",
    "organizations": "/orgs",
    "repos": "/repos",
    "events": "/events{/privacy}",
    "received_events": "/received_events",
}
_REPOSITORY_LINKS = {
    "archive": "/{archive_format}{/ref}",
    "assignees": "/assignees{/user}",
    "blobs": "/git/blobs{/sha}",
    "branches": "/branches{/branch}",
    "collaborators": "/collaborators{/collaborator}",
    "comments": "/comments{/number}",
    "commits": "/commits{/sha}",
    "compare": "/compare/{base}...{head}",
    "contents": "/contents/{+path}",
    "contributors": "/contributors",
    "deployments": "/deployments",
    "downloads": "/downloads",
    "events": "/events",
    "forks": "/forks",
    "git_commits": "/git/commits{/sha}",
    "git_refs": "/git/refs{/sha}",
    "git_tags": "/git/tags{/sha}",
    "hooks": "/hooks",
    "issue_comment": "/issues/comments{/number}",
    "issue_events": "/issues/events{/number}",
    "issues": "/issues{/number}",
    "keys": "/keys{/key_id}",
    "labels": "/labels{/name}",
    "languages": "/languages",
    "merges": "/merges",
    "milestones": "/milestones{/number}",
    "notifications": "/notifications{?since,all,participating}",
    "pulls": "/pulls{/number}",
    "releases": "/releases{/id}",
    "stargazers": "/stargazers",
    "statuses": "/statuses/{sha}",
    "subscribers": "/subscribers",
    "subscription": "/subscription",
    "tags": "/tags",
    "teams": "/teams",
    "trees": "/git/trees{/sha}",
}
_REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
_PATCH_LINES, _PATCH_BYTES = 20_000, 500_000
_PER_PULL_LINES, _PER_PULL_BYTES = 20_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Views:
    """`api` and `web` are the beginnings of links; `viewer` is the login that asks, None for nobody."""

    hub: State
    api: str
    web: str
    viewer: str | None = None

    def user(self, who: str | User) -> Json:
        user = who if isinstance(who, User) else self.hub.person(who)
        url = f"{self.api}/users/{quote(user.login, safe='')}"
        page = f"apps/{user.bare_login}" if user.kind == "Bot" else user.login
        return {
            "login": user.login,
            "id": user.id,
            "node_id": user.node_id,
            "avatar_url": f"https://avatars.githubusercontent.com/u/{user.id}?v=4",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.web}/{page}",
            **{f"{name}_url": url + path for name, path in _USER_LINKS.items()},
            "type": user.kind,
            "user_view_type": "public",
            "site_admin": False,
        }

    def profile(self, user: User) -> Json:
        empty = dict.fromkeys(("name", "company", "location", "email", "hireable", "bio", "twitter_username"))
        counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
        return self.user(user) | empty | {"blog": ""} | counts | {
            "created_at": user.created_at,
            "updated_at": user.created_at,
        }

    def url(self, repo: Repository, path: str = "") -> str:
        return f"{self.api}/repos/{repo.full_name}{path}"

    def minimal(self, repo: Repository) -> Json:
        url = self.url(repo)
        return {
            "id": repo.id,
            "node_id": repo.node_id,
            "name": repo.name,
            "full_name": repo.full_name,
            "private": repo.private,
            "owner": self.user(repo.owner),
            "html_url": f"{self.web}/{repo.full_name}",
            "description": None,
            "fork": repo.parent is not None,
            "url": url,
            **{f"{name}_url": url + path for name, path in _REPOSITORY_LINKS.items()},
            "archive_url": url + "/{archive_format}{/ref}",
        }

    def repository(self, repo: Repository) -> Json:
        """As it stands in pulls and events."""
        page = f"{self.web}/{repo.full_name}"
        host = self.web.partition("://")[2]
        open_issues = sum(issue.state == "open" for issue in repo.issues.values())
        shown = self.minimal(repo) | {
            "created_at": repo.created_at,
            "updated_at": repo.updated_at,
            "pushed_at": repo.updated_at,
            "git_url": f"git://{host}/{repo.full_name}.git",
            "ssh_url": f"git@{host}:{repo.full_name}.git",
            "clone_url": f"{page}.git",
            "svn_url": page,
            "homepage": None,
            "size": 108,
            "stargazers_count": 0,
            "watchers_count": 0,
            "language": None,
            "has_issues": True,
            "has_projects": True,
            "has_downloads": True,
            "has_wiki": True,
            "has_pages": False,
            "has_discussions": False,
            "forks_count": len(repo.forks),
            "mirror_url": None,
            "archived": repo.archived,
            "disabled": False,
            "open_issues_count": open_issues,
            "license": None,
            "allow_forking": True,
            "is_template": False,
            "web_commit_signoff_required": False,
            "topics": [],
            "visibility": "private" if repo.private else "public",
            "forks": len(repo.forks),
            "open_issues": open_issues,
            "watchers": 0,
            "default_branch": repo.default_branch,
        }
        return shown

    def full_repository(self, repo: Repository) -> Json:
        shown = self.repository(repo) | {"network_count": len(repo.forks), "subscribers_count": 0, "temp_clone_token": None}
        if repo.parent:
            shown |= {"parent": self.repository(repo.parent), "source": self.repository(repo.parent)}
        if self.hub.person(repo.owner).kind == "Organization":
            shown["organization"] = self.user(repo.owner)
        if self.viewer:
            user = self.hub.person(self.viewer)
            may = {"admin": "admin", "maintain": "maintain", "push": "write", "triage": "triage"}
            shown["permissions"] = {name: user.at_least(rank) for name, rank in may.items()} | {"pull": True}
        return shown

    def association(self, repo: Repository, login: str) -> str:
        """As lazily as GitHub computes it: members whose membership is private are mere contributors."""
        if login == repo.owner:
            return "OWNER"
        return "CONTRIBUTOR" if self.hub.person(login).at_least("write") else "NONE"

    def label(self, repo: Repository, label: Label) -> Json:
        return {
            "id": label.id,
            "node_id": label.node_id,
            "url": self.url(repo, f"/labels/{quote(label.name)}"),
            "name": label.name,
            "color": label.color,
            "default": label.name in ("bug", "documentation", "enhancement"),
            "description": label.description,
        }

    def labels(self, issue: Issue) -> list[Json]:
        return [self.label(issue.repo, issue.repo.labels[name.lower()]) for name in issue.labels]

    def reaction(self, reaction: Reaction) -> Json:
        return {
            "id": reaction.id,
            "node_id": reaction.node_id,
            "user": self.user(reaction.author),
            "content": reaction.content,
            "created_at": reaction.created_at,
        }

    def reactions(self, remark: Remark, url: str) -> Json:
        counts = Counter(reaction.content for reaction in remark.reactions)
        numbers = {content: counts[content] for content in _REACTIONS}
        return {"url": f"{url}/reactions", "total_count": len(remark.reactions), **numbers}

    def _end(self, end: Head) -> Json:
        repo = self.repository(end.repo) if end.repo else None
        return {"label": end.label, "ref": end.ref, "sha": end.sha, "user": self.user(end.owner), "repo": repo}

    def pull_urls(self, pull: Pull) -> tuple[str, str]:
        return self.url(pull.repo, f"/pulls/{pull.number}"), f"{self.web}/{pull.repo.full_name}/pull/{pull.number}"

    def simple_pull(self, pull: Pull) -> Json:
        url, page = self.pull_urls(pull)
        issue = self.url(pull.repo, f"/issues/{pull.number}")
        statuses = self.url(pull.repo, f"/statuses/{pull.head.sha}")
        links = {
            "self": url,
            "html": page,
            "issue": issue,
            "comments": f"{issue}/comments",
            "review_comments": f"{url}/comments",
            "review_comment": self.url(pull.repo, "/pulls/comments{/number}"),
            "commits": f"{url}/commits",
            "statuses": statuses,
        }
        return {
            "url": url,
            "id": pull.id,
            "node_id": pull.node_id,
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "issue_url": issue,
            "number": pull.number,
            "state": pull.state,
            "locked": pull.locked,
            "title": pull.title,
            "user": self.user(pull.author),
            "body": pull.body,
            "created_at": pull.created_at,
            "updated_at": pull.updated_at,
            "closed_at": pull.closed_at,
            "merged_at": pull.merged_at,
            "merge_commit_sha": pull.merge_sha,
            "assignees": [self.user(login) for login in pull.assignees],
            "requested_reviewers": [self.user(login) for login in pull.requested],
            "requested_teams": [],
            "labels": self.labels(pull),
            "milestone": None,
            "draft": pull.draft,
            "commits_url": links["commits"],
            "review_comments_url": links["review_comments"],
            "review_comment_url": links["review_comment"],
            "comments_url": links["comments"],
            "statuses_url": statuses,
            "head": self._end(pull.head),
            "base": self._end(pull.base),
            "_links": {name: {"href": href} for name, href in links.items()},
            "author_association": self.association(pull.repo, pull.author),
            "auto_merge": None,
            "assignee": self.user(pull.assignees[0]) if pull.assignees else None,
            "active_lock_reason": None,
        }

    def pull(self, pull: Pull, *, mergeable: bool | None = None) -> Json:
        counts = [file.counts or (0, 0) for file in pull.files()]
        state = "unknown" if mergeable is None else "clean" if mergeable else "dirty"
        return self.simple_pull(pull) | {
            "merged": pull.merged,
            "mergeable": mergeable,
            "rebaseable": mergeable,
            "mergeable_state": state,
            "merged_by": self.user(pull.merged_by) if pull.merged_by else None,
            "comments": len(pull.comments),
            "review_comments": len(pull.review_comments),
            "maintainer_can_modify": pull.head.repo is not pull.base.repo,
            "commits": len(pull.commits),
            "additions": sum(added for added, _ in counts),
            "deletions": sum(removed for _, removed in counts),
            "changed_files": len(counts),
        }

    def files(self, repo: Repository, files: list[FilePatch], commit: str) -> list[Json]:
        """Each with its `patch`, as long as there is one that isn't too large, alone or with those before it."""
        rows, lines, size = [], 0, 0
        for file in files:
            patch = file.patch
            if patch is not None:
                long = patch.count("\n") + 1
                lines, size = lines + long, size + len(patch.encode())
                large = long > _PATCH_LINES or len(patch.encode()) > _PATCH_BYTES
                if large or lines > _PER_PULL_LINES or size > _PER_PULL_BYTES:
                    patch = None
            rows.append(self._file(repo, file, commit, patch))
        return rows

    def _file(self, repo: Repository, file: FilePatch, commit: str, patch: str | None) -> Json:
        added, removed = file.counts or (0, 0)
        page, path = f"{self.web}/{repo.full_name}", quote(file.path)
        shown = {
            "sha": file.sha,
            "filename": file.path,
            "status": file.status,
            "additions": added,
            "deletions": removed,
            "changes": added + removed,
            "blob_url": f"{page}/blob/{commit}/{quote(file.path, safe='')}",
            "raw_url": f"{page}/raw/{commit}/{quote(file.path, safe='')}",
            "contents_url": self.url(repo, f"/contents/{path}?ref={commit}"),
        }
        if patch is not None:
            shown["patch"] = patch
        if file.previous:
            shown["previous_filename"] = file.previous
        return shown

    def review(self, review: Review) -> Json:
        url, page = self.pull_urls(review.pull)
        html = f"{page}#pullrequestreview-{review.id}"
        shown = {
            "id": review.id,
            "node_id": review.node_id,
            "user": self.user(review.author),
            "body": review.body,
            "state": review.state,
            "html_url": html,
            "pull_request_url": url,
            "author_association": self.association(review.pull.repo, review.author),
            "_links": {"html": {"href": html}, "pull_request": {"href": url}},
            "commit_id": review.commit_id,
        }
        return shown | ({"submitted_at": review.submitted_at} if review.submitted_at else {})

    def review_comment(self, comment: ReviewComment, *, in_review: bool = False) -> Json:
        """`in_review` is the shape of the list of one review's comments; what is pending has no lines there."""
        thread = comment.thread
        pull_url, page = self.pull_urls(thread.pull)
        url = self.url(thread.pull.repo, f"/pulls/comments/{comment.id}")
        html = f"{page}#discussion_r{comment.id}"
        now, was = thread.now, thread.original
        shown: Json = {
            "url": url,
            "pull_request_review_id": comment.review.id,
            "id": comment.id,
            "node_id": comment.node_id,
            "diff_hunk": was.diff_hunk,
            "path": thread.path,
            "commit_id": thread.commit,
            "original_commit_id": thread.original_commit,
            "user": self.user(comment.author),
            "body": comment.body,
            "created_at": comment.created_at,
            "updated_at": comment.updated_at,
            "html_url": html,
            "pull_request_url": pull_url,
            "author_association": self.association(thread.pull.repo, comment.author),
            "_links": {"self": {"href": url}, "html": {"href": html}, "pull_request": {"href": pull_url}},
            "reactions": self.reactions(comment, url),
            "position": now.position if now else None,
            "original_position": was.position,
        }
        if not in_review:
            shown |= {
                "start_line": now.start_line if now else None,
                "original_start_line": was.start_line,
                "start_side": was.start_side,
                "line": now.line if now else None,
                "original_line": was.line,
                "side": was.side,
                "subject_type": thread.subject_type,
            }
        if comment.in_reply_to:
            shown["in_reply_to_id"] = comment.in_reply_to
        return shown

    def issue(self, issue: Issue) -> Json:
        url = self.url(issue.repo, f"/issues/{issue.number}")
        kind = "pull" if issue.is_pull else "issues"
        page = f"{self.web}/{issue.repo.full_name}/{kind}/{issue.number}"
        shown = {
            "url": url,
            "repository_url": self.url(issue.repo),
            "labels_url": url + "/labels{/name}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": page,
            "id": issue.id,
            "node_id": issue.node_id,
            "number": issue.number,
            "title": issue.title,
            "user": self.user(issue.author),
            "labels": self.labels(issue),
            "state": issue.state,
            "locked": issue.locked,
            "assignee": self.user(issue.assignees[0]) if issue.assignees else None,
            "assignees": [self.user(login) for login in issue.assignees],
            "milestone": None,
            "comments": len(issue.comments),
            "created_at": issue.created_at,
            "updated_at": issue.updated_at,
            "closed_at": issue.closed_at,
            "author_association": self.association(issue.repo, issue.author),
            "active_lock_reason": None,
            "body": issue.body,
            "reactions": self.reactions(issue, url),
            "timeline_url": f"{url}/timeline",
            "performed_via_github_app": None,
            "state_reason": issue.state_reason,
        }
        if issue.is_pull:
            pull: Any = issue
            pull_url, html = self.pull_urls(pull)
            links = {"url": pull_url, "html_url": html, "diff_url": f"{html}.diff", "patch_url": f"{html}.patch"}
            shown |= {"draft": pull.draft, "pull_request": links | {"merged_at": pull.merged_at}}
        return shown

    def issue_comment(self, comment: IssueComment) -> Json:
        issue = comment.issue
        url = self.url(issue.repo, f"/issues/comments/{comment.id}")
        kind = "pull" if issue.is_pull else "issues"
        app = self.app_of(comment.author)
        return {
            "url": url,
            "html_url": f"{self.web}/{issue.repo.full_name}/{kind}/{issue.number}#issuecomment-{comment.id}",
            "issue_url": self.url(issue.repo, f"/issues/{issue.number}"),
            "id": comment.id,
            "node_id": comment.node_id,
            "user": self.user(comment.author),
            "created_at": comment.created_at,
            "updated_at": comment.updated_at,
            "body": comment.body,
            "author_association": self.association(issue.repo, comment.author),
            "reactions": self.reactions(comment, url),
            "performed_via_github_app": app,
        }

    def app_of(self, login: str) -> Json | None:
        """The App behind a bot."""
        if not login.endswith("[bot]"):
            return None
        slug = login.removesuffix("[bot]")
        number = next((app.id for app in self.hub.apps.values() if app.slug == slug), ACTIONS_APP_ID)
        return self.app(number, slug)

    def app(self, number: int, slug: str) -> Json:
        digest = hashlib.sha256(slug.encode()).hexdigest()[:20]
        return {
            "id": number,
            "client_id": f"Iv1.{digest[:16]}",
            "slug": slug,
            "node_id": f"MDM6QXBw{number}",
            "owner": self.user("github" if slug == "github-actions" else "acme"),
            "name": "GitHub Actions" if slug == "github-actions" else slug,
            "description": "Automate your workflow from idea to production",
            "external_url": "https://help.github.com/en/actions",
            "html_url": f"{self.web}/apps/{slug}",
            "created_at": "2018-07-30T09:30:17Z",
            "updated_at": "2026-01-13T19:27:12Z",
            "permissions": {"checks": "write", "contents": "read", "metadata": "read", "pull_requests": "write"},
            "events": [],
        }

    def check_run(self, run: CheckRun) -> Json:
        url = self.url(run.repo, f"/check-runs/{run.id}")
        page = f"{self.web}/{run.repo.full_name}/runs/{run.id}"
        return {
            "id": run.id,
            "name": run.name,
            "node_id": run.node_id,
            "head_sha": run.head_sha,
            "external_id": run.external_id,
            "url": url,
            "html_url": page,
            "details_url": run.details_url or page,
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": run.started_at,
            "completed_at": run.completed_at,
            "output": {
                "title": run.title,
                "summary": run.summary,
                "text": run.text,
                "annotations_count": len(run.annotations),
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": 5_000_000_000 + int(run.head_sha[:6], 16)},
            "app": self.app_of(run.app),
            "pull_requests": [self.minimal_pull(pull) for pull in run.repo.pulls if self._shows(pull, run)],
        }

    def _shows(self, pull: Pull, run: CheckRun) -> bool:
        return pull.state == "open" and pull.head.sha == run.head_sha and pull.head.repo is run.repo

    def minimal_pull(self, pull: Pull) -> Json:
        def end(of: Head) -> Json:
            repo = of.repo or pull.repo
            named = {"id": repo.id, "url": self.url(repo), "name": repo.name}
            return {"ref": of.ref, "sha": of.sha, "repo": named}

        return {
            "url": self.pull_urls(pull)[0],
            "id": pull.id,
            "number": pull.number,
            "head": end(pull.head),
            "base": end(pull.base),
        }

    def workflow_run(self, run: WorkflowRun) -> Json:
        """Its `pull_requests` are empty where the head is a fork's."""
        repo = run.repo
        url, page = self.url(repo, f"/actions/runs/{run.id}"), f"{self.web}/{repo.full_name}/actions/runs/{run.id}"
        commit = run.head_repo.bare.commit(run.head_sha)
        workflow, suite = run.id % 1_000_000, run.id + 1
        own = [pull for pull in repo.pulls if pull.head.repo is run.head_repo is repo and pull.head.ref == run.head_branch]
        people = {who: {"name": of.name, "email": of.email} for who, of in (("author", commit.author), ("committer", commit.committer))}
        return {
            "id": run.id,
            "name": run.name,
            "node_id": run.node_id,
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
            "path": f".github/workflows/{run.name.lower().replace(' ', '-')}.yml",
            "display_title": commit.message.partition("\n")[0],
            "run_number": 1,
            "event": run.event,
            "status": run.status,
            "conclusion": run.conclusion,
            "workflow_id": workflow,
            "check_suite_id": suite,
            "check_suite_node_id": f"CS_kwDO{suite}",
            "url": url,
            "html_url": page,
            "pull_requests": [self.minimal_pull(pull) for pull in own if pull.state == "open"],
            "created_at": run.created_at,
            "updated_at": run.updated_at,
            "actor": self.user(run.actor),
            "triggering_actor": self.user(run.actor),
            "run_attempt": 1,
            "referenced_workflows": [],
            "run_started_at": run.created_at,
            "jobs_url": f"{url}/jobs",
            "logs_url": f"{url}/logs",
            "check_suite_url": self.url(repo, f"/check-suites/{suite}"),
            "artifacts_url": f"{url}/artifacts",
            "cancel_url": f"{url}/cancel",
            "rerun_url": f"{url}/rerun",
            "previous_attempt_url": None,
            "workflow_url": self.url(repo, f"/actions/workflows/{workflow}"),
            "head_commit": {
                "id": commit.sha,
                "tree_id": commit.tree,
                "message": commit.message,
                "timestamp": commit.committer.date,
                **people,
            },
            "repository": self.minimal(repo),
            "head_repository": self.minimal(run.head_repo),
        }

    def git_commit(self, repo: Repository, commit: Commit) -> Json:
        """As git's own database has it."""
        url = self.url(repo, f"/git/commits/{commit.sha}")
        return {
            "sha": commit.sha,
            "node_id": f"C_kwDO{commit.sha}",
            "url": url,
            "html_url": f"{self.web}/{repo.full_name}/commit/{commit.sha}",
            "author": _git_user(commit.author),
            "committer": _git_user(commit.committer),
            "tree": {"sha": commit.tree, "url": self.url(repo, f"/git/trees/{commit.tree}")},
            "message": commit.message,
            "parents": [self._parent(repo, sha, "git/commits") for sha in commit.parents],
            "verification": self.verification(repo, commit),
        }

    def commit(self, repo: Repository, commit: Commit) -> Json:
        url = self.url(repo, f"/commits/{commit.sha}")
        inner = self.git_commit(repo, commit)
        kept = {key: inner[key] for key in ("author", "committer", "message", "tree", "url", "verification")}
        return {
            "sha": commit.sha,
            "node_id": inner["node_id"],
            "commit": kept | {"comment_count": 0},
            "url": url,
            "html_url": inner["html_url"],
            "comments_url": f"{url}/comments",
            "author": self._account(commit.author),
            "committer": self._account(commit.committer),
            "parents": [self._parent(repo, sha, "commits") for sha in commit.parents],
        }

    def verification(self, repo: Repository, commit: Commit) -> Json:
        if commit.sha not in repo.verified:
            unsigned = dict.fromkeys(("signature", "payload", "verified_at"))
            return {"verified": False, "reason": "unsigned"} | unsigned
        signature = "-----BEGIN PGP SIGNATURE-----\n\nwsFcBAABCAAQBQJ=\n-----END PGP SIGNATURE-----\n"
        payload = f"tree {commit.tree}\n"
        signed = {"signature": signature, "payload": payload, "verified_at": commit.committer.date}
        return {"verified": True, "reason": "valid"} | signed

    def _account(self, person: Person) -> Json | None:
        """The account that the e-mail address belongs to."""
        if person.email == "noreply@github.com":
            return self.user("web-flow")
        login = person.email.partition("@users.noreply.github.com")[0].partition("+")[2]
        return self.user(login) if login else None

    def _parent(self, repo: Repository, sha: str, kind: str) -> Json:
        page = f"{self.web}/{repo.full_name}/commit/{sha}"
        return {"sha": sha, "url": self.url(repo, f"/{kind}/{sha}"), "html_url": page}

    def ref(self, repo: Repository, name: str, sha: str, kind: str = "commit") -> Json:
        """`name` begins with refs/."""
        return {
            "ref": name,
            "node_id": f"REF_kwDO{hashlib.sha256(f'{repo.id}{name}'.encode()).hexdigest()[:24]}",
            "url": self.url(repo, f"/git/{quote(name)}"),
            "object": {"sha": sha, "type": kind, "url": self.url(repo, f"/git/{kind}s/{sha}")},
        }


def _git_user(person: Person) -> Json:
    return {"name": person.name, "email": person.email, "date": person.date}
