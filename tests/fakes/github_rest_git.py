"""Refs, and git's own objects: commits, trees, blobs."""

from __future__ import annotations

import re
from typing import Any

from tests.fakes.github_git import GitFailed
from tests.fakes.github_repository import Repository
from tests.fakes.github_router import Answer, Call, Refused, missing, route
from tests.fakes.github_rules import check_push
from tests.fakes.github_written import commit_by, decoded, resolved, wrapped

_REPO = "/repos/{owner}/{repo}"
_SHA = re.compile(r"[0-9a-f]{40}")


@route("GET", f"{_REPO}/git/ref/{{ref}}", needs="contents:read")
def get_ref(call: Call) -> Answer:
    name = f"refs/{call.params['ref']}"
    sha = call.hub.read_ref(call.repo, name) or missing()
    return Answer(call.views.ref(call.repo, name, sha, call.repo.bare.kind(sha) or "commit"))


@route("GET", f"{_REPO}/git/matching-refs/{{ref}}", needs="contents:read")
def matching_refs(call: Call) -> Answer:
    start = f"refs/{call.params['ref']}"
    found = [(name, sha) for name, sha in call.repo.bare.refs("refs/").items() if name.startswith(start)]
    shown = [call.views.ref(call.repo, *row) for row in found if not call.hub.is_behind((call.repo, row[0]))]
    return Answer(shown, is_list=True)


@route("POST", f"{_REPO}/git/refs", needs="contents:write")
def create_ref(call: Call) -> Answer:
    repo, name, sha = call.repo, call.body["ref"], call.body["sha"]
    if not name.startswith("refs/") or name.count("/") < 2:
        raise Refused(422, "Reference name must start with 'refs/' and have at least two slashes.")
    if not _well_named(repo, name):
        raise Refused(422, f"{name} is not a valid ref name.")
    if not _SHA.fullmatch(sha):
        raise Refused(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
    if name in repo.bare.refs("refs/"):
        raise Refused(422, "Reference already exists")
    if repo.bare.kind(sha) is None:
        raise Refused(422, "Object does not exist")
    check_push(call.token, repo, name, sha, conflict=422)
    repo.bare.set_ref(name, sha)
    if name.startswith("refs/heads/"):
        repo.pushed(name.removeprefix("refs/heads/"), None, sha)
    shown = call.views.ref(repo, name, sha)
    return Answer(shown, 201, {"location": shown["url"]})


@route("PATCH", f"{_REPO}/git/refs/{{ref}}", needs="contents:write")
def update_ref(call: Call) -> Answer:
    repo, name, sha = call.repo, f"refs/{call.params['ref']}", call.body["sha"]
    old = repo.bare.refs("refs/").get(name)
    if old is None:
        raise Refused(422, "Reference does not exist")
    if repo.bare.kind(sha) is None:
        raise Refused(422, "Object does not exist")
    check_push(call.token, repo, name, sha, conflict=422)
    if not call.body.get("force") and not repo.bare.is_ancestor(old, sha):
        raise Refused(422, "Update is not a fast forward")
    repo.bare.set_ref(name, sha)
    repo.pushed(name.removeprefix("refs/heads/"), old, sha)
    return Answer(call.views.ref(repo, name, sha))


@route("DELETE", f"{_REPO}/git/refs/{{ref}}", needs="contents:write")
def delete_ref(call: Call) -> Answer:
    repo, name = call.repo, f"refs/{call.params['ref']}"
    if name not in repo.bare.refs("refs/"):
        raise Refused(422, "Reference does not exist")
    if name == f"refs/heads/{repo.default_branch}":
        raise Refused(422, "Cannot delete the default branch")
    check_push(call.token, repo, name, None, conflict=422)
    repo.move(name.removeprefix("refs/heads/"), None) if name.startswith("refs/heads/") else repo.bare.set_ref(
        name, None
    )
    return Answer(status=204)


@route("GET", f"{_REPO}/git/commits/{{commit_sha}}", needs="contents:read")
def get_git_commit(call: Call) -> Answer:
    sha = call.params["commit_sha"]
    if not _SHA.fullmatch(sha) or call.repo.bare.kind(sha) != "commit":
        missing()
    return Answer(call.views.git_commit(call.repo, call.repo.bare.commit(sha)))


@route("POST", f"{_REPO}/git/commits", needs="contents:write")
def create_commit(call: Call) -> Answer:
    repo, told = call.repo, call.body
    if repo.bare.kind(told["tree"]) != "tree":
        raise Refused(422, "Tree SHA does not exist")
    parents = told.get("parents", [])
    if any(repo.bare.kind(sha) != "commit" for sha in parents):
        raise Refused(422, "Parent SHA does not exist or is not a commit object")
    sha = commit_by(call, told["tree"], parents, told["message"], told.get("author"), told.get("committer"))
    shown = call.views.git_commit(repo, repo.bare.commit(sha))
    return Answer(shown, 201, {"location": shown["url"]})


@route("GET", f"{_REPO}/git/trees/{{tree_sha}}", needs="contents:read")
def get_tree(call: Call) -> Answer:
    repo = call.repo
    named = call.params["tree_sha"]
    sha = named if repo.bare.kind(named) == "tree" else f"{resolved(repo, named)}^{{tree}}"
    return Answer(_tree(call, repo.bare.git("rev-parse", sha), deep="recursive" in call.query))


@route("POST", f"{_REPO}/git/trees", needs="contents:write")
def create_tree(call: Call) -> Answer:
    repo, told = call.repo, call.body
    base = told.get("base_tree")
    if base and repo.bare.kind(base) not in ("tree", "commit"):
        raise Refused(404, "Not Found")
    changes = []
    for entry in told["tree"]:
        if "sha" not in entry and "content" not in entry:
            raise Refused(422, "Must supply either tree.sha or tree.content")
        sha = repo.bare.write_blob(entry["content"].encode()) if "content" in entry else entry["sha"]
        if sha is not None and repo.bare.kind(sha) is None and entry.get("type") != "commit":
            raise Refused(422, f"tree.sha {sha} is not a valid blob")
        if sha is None and (not base or not repo.bare.entry(base, entry["path"])):
            raise Refused(422, "GitRPC::BadObjectState")
        changes.append((entry.get("mode", "100644"), entry["path"], sha))
    try:
        sha = repo.bare.write_tree(base, changes)
    except GitFailed as error:
        raise Refused(422, "tree.path contains a malformed path component") from error
    shown = _tree(call, sha, deep=False)
    return Answer(shown, 201, {"location": shown["url"]})


@route("POST", f"{_REPO}/git/blobs", needs="contents:write")
def create_blob(call: Call) -> Answer:
    told = call.body
    content = decoded(told["content"]) if told.get("encoding") == "base64" else told["content"].encode()
    sha = call.repo.bare.write_blob(content)
    url = call.views.url(call.repo, f"/git/blobs/{sha}")
    return Answer({"sha": sha, "url": url}, 201, {"location": url})


@route("GET", f"{_REPO}/git/blobs/{{file_sha}}", needs="contents:read")
def get_blob(call: Call) -> Answer:
    sha = call.params["file_sha"]
    if not _SHA.fullmatch(sha) or call.repo.bare.kind(sha) != "blob":
        missing()
    content = call.repo.bare.blob(sha)
    if "raw" in call.accept:
        return Answer(content, headers={"content-type": "application/vnd.github.raw; charset=utf-8"})
    shown = {
        "sha": sha,
        "node_id": f"B_kwDO{sha}",
        "size": len(content),
        "url": call.views.url(call.repo, f"/git/blobs/{sha}"),
        "content": wrapped(content),
        "encoding": "base64",
    }
    return Answer(shown)


def _tree(call: Call, sha: str, *, deep: bool) -> Any:
    repo = call.repo
    rows = []
    for entry in repo.bare.tree(sha, *(["-r", "-t"] if deep else [])):
        kind = {"blob": "blobs", "tree": "trees", "commit": "commits"}[entry.kind]
        row = {"path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha}
        row |= {} if entry.size is None else {"size": entry.size}
        rows.append(row | {"url": call.views.url(repo, f"/git/{kind}/{entry.sha}")})
    return {"sha": sha, "url": call.views.url(repo, f"/git/trees/{sha}"), "tree": rows, "truncated": False}


def _well_named(repo: Repository, name: str) -> bool:
    try:
        repo.bare.git("check-ref-format", name)
    except GitFailed:
        return False
    return True
