"""Branches and commits, and how they compare."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tests.fakes.github_git import EMPTY_TREE
from tests.fakes.github_router import Answer, Call, Refused, missing, route
from tests.fakes.github_written import resolved

_REPO = "/repos/{owner}/{repo}"


@route("GET", f"{_REPO}/branches", needs="contents:read")
def list_branches(call: Call) -> Answer:
    def shown(row: tuple[str, str]) -> Any:
        name, sha = row[0].removeprefix("refs/heads/"), row[1]
        commit = {"sha": sha, "url": call.views.url(call.repo, f"/commits/{sha}")}
        return {"name": name, "commit": commit, "protected": name in call.repo.protected}

    return call.page(sorted(call.repo.bare.refs().items()), shown)


@route("GET", f"{_REPO}/branches/{{branch}}", needs="contents:read")
def get_branch(call: Call) -> Answer:
    repo, name = call.repo, call.params["branch"]
    sha = call.hub.read_ref(repo, f"refs/heads/{name}")
    if sha is None:
        raise Refused(404, "Branch not found")
    url = call.views.url(repo, f"/branches/{quote(name)}")
    protected = name in repo.protected
    level = "everyone" if protected else "off"
    checks = {"enforcement_level": level, "contexts": [], "checks": []}
    shown = {
        "name": name,
        "commit": call.views.commit(repo, repo.bare.commit(sha)),
        "_links": {"self": url, "html": f"{call.views.web}/{repo.full_name}/tree/{name}"},
        "protected": protected,
        "protection": {"enabled": protected, "required_status_checks": checks},
        "protection_url": f"{url}/protection",
    }
    return Answer(shown)


@route("GET", f"{_REPO}/commits", needs="contents:read")
def list_commits(call: Call) -> Answer:
    start = resolved(call.repo, call.query.get("sha") or call.repo.default_branch)
    path = ["--", call.query["path"]] if "path" in call.query else []
    found = call.repo.bare.git("rev-list", start, *path).split()
    return call.page(found, lambda sha: call.views.commit(call.repo, call.repo.bare.commit(sha)))


@route("GET", f"{_REPO}/commits/{{ref}}", needs="contents:read")
def get_commit(call: Call) -> Answer:
    repo = call.repo
    commit = repo.bare.commit(resolved(repo, call.params["ref"]))
    if "sha" in call.accept.partition("vnd.github.")[2][:7]:
        return Answer(commit.sha.encode(), headers={"content-type": "application/vnd.github.sha; charset=utf-8"})
    old = commit.parents[0] if commit.parents else EMPTY_TREE
    files = call.views.files(repo, repo.bare.files(old, commit.sha), commit.sha)
    added, removed = (sum(file[key] for file in files) for key in ("additions", "deletions"))
    stats = {"total": added + removed, "additions": added, "deletions": removed}
    return Answer(call.views.commit(repo, commit) | {"stats": stats, "files": files[:300]})


@route("GET", f"{_REPO}/commits/{{commit_sha}}/pulls", needs="pull_requests:read")
def pulls_of_commit(call: Call) -> Answer:
    sha = call.params["commit_sha"]
    if call.repo.bare.kind(sha) != "commit":
        raise Refused(422, f"No commit found for SHA: {sha}")
    found = [pull for pull in call.repo.pulls if pull.has_commit(sha) or sha == pull.merge_sha]
    return call.page(call.hub.seen(found), call.views.simple_pull)


@route("GET", f"{_REPO}/compare/{{basehead}}", needs="contents:read")
def compare(call: Call) -> Answer:
    """Three dots. The files are on the first page alone, and at most 300."""
    repo = call.repo
    old, _, new = call.params["basehead"].partition("...")
    base, head = _compared(call, old), _compared(call, new)
    below = repo.bare.merge_base(base, head)
    if below is None:
        raise Refused(404, f"No common ancestor between {old} and {new}.")
    ahead, behind = repo.bare.count(base, head), repo.bare.count(head, base)
    commits = repo.bare.commits(base, head, 10_000)
    page = call.page(commits, lambda sha: call.views.commit(repo, repo.bare.commit(sha)))
    paged = "page" in call.query or "per_page" in call.query
    rows = page.body if paged else [call.views.commit(repo, repo.bare.commit(sha)) for sha in commits[:250]]
    url, html = (
        call.views.url(repo, f"/compare/{old}...{new}"),
        f"{call.views.web}/{repo.full_name}/compare/{old}...{new}",
    )
    shown = {
        "url": url,
        "html_url": html,
        "permalink_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "base_commit": call.views.commit(repo, repo.bare.commit(base)),
        "merge_base_commit": call.views.commit(repo, repo.bare.commit(below)),
        "status": "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical",
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": rows,
    }
    first = call.query.get("page", "1") == "1"
    shown["files"] = call.views.files(repo, repo.bare.files(below, head)[:300], head) if first else []
    return Answer(shown, headers=page.headers if paged else {})


def _compared(call: Call, name: str) -> str:
    owner, colon, branch = name.rpartition(":")
    repo = call.repo
    if colon and owner.lower() != repo.owner.lower():
        fork = next((fork for who, fork in repo.forks.items() if who.lower() == owner.lower()), None) or missing()
        sha = fork.bare.resolve(branch) or missing()
        repo.bare.fetch(fork.bare.path, sha)
        return sha
    return repo.bare.resolve(branch) or missing()
