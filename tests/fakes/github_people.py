"""How the REST API shows who and where: people, Apps, repositories, labels, reactions."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.fakes.github_state import ACTIONS_APP_ID, Issue, Label, Reaction, Remark, User

if TYPE_CHECKING:
    from tests.fakes.github_repository import Repository
    from tests.fakes.github_state import State

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


@dataclass(frozen=True, slots=True)
class People:
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
        return (
            self.user(user)
            | empty
            | {"blog": ""}
            | counts
            | {
                "created_at": user.created_at,
                "updated_at": user.created_at,
            }
        )

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
        return self.minimal(repo) | {
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

    def full_repository(self, repo: Repository) -> Json:
        shown = self.repository(repo) | {
            "network_count": len(repo.forks),
            "subscribers_count": 0,
            "temp_clone_token": None,
        }
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
