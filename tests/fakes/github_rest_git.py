"""Contents, commits, refs and git's own objects."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any
from urllib.parse import quote

from tests.fakes.github_git import GitFailed, Person, TreeEntry
from tests.fakes.github_repository import Repository
from tests.fakes.github_router import Answer, Call, Refused, missing, problem, route
from tests.fakes.github_rules import check_push, wrapped

_REPO = "/repos/{owner}/{repo}"
_SHA = re.compile(r"[0-9a-f]{40}")
_JSON_MOST, _RAW_MOST = 1_000_000, 100_000_000
_KINDS = {"blob": "file", "tree": "dir", "commit": "submodule"}


@route("GET", f"{_REPO}/contents/{{path}}", needs="contents:read")
def get_content(call: Call) -> Answer:
    repo, path = call.repo, call.params["path"].strip("/")
    commit = repo.bare.resolve(call.query.get("ref") or repo.default_branch)
    if commit is None:
        raise Refused(404, f"No commit found for the ref {call.query.get('ref')}")
    entry = repo.bare.entry(commit, path) or missing()
    if entry.kind == "tree":
        inside = repo.bare.tree(f"{commit}:{path}")
        rows = [_content(call, _below(path, one), commit) for one in inside]
        return Answer(rows, is_list=True)
    if "raw" in call.accept and entry.kind == "blob":
        if (entry.size or 0) > _RAW_MOST:
            _too_large("This API returns blobs up to 100 MB in size.")
        return Answer(repo.bare.blob(entry.sha), headers={"content-type": "application/vnd.github.raw; charset=utf-8"})
    return Answer(_content(call, entry, commit, whole=True))


@route("PUT", f"{_REPO}/contents/{{path}}", needs="contents:write")
def put_content(call: Call) -> Answer:
    repo, told, path = call.repo, call.body, call.params["path"].strip("/")
    branch = told.get("branch") or repo.default_branch
    tip = repo.bare.refs().get(f"refs/heads/{branch}")
    if tip is None:
        raise Refused(404, f"Branch {branch} not found")
    check_push(call.token, repo, f"refs/heads/{branch}", None, conflict=409, paths=[path])
    entry = repo.bare.entry(tip, path)
    _check_sha(path, entry, told.get("sha"))
    content = _decoded(told["content"], call)
    mode = entry.mode if entry else "100644"
    tree = repo.bare.write_tree(tip, [(mode, path, repo.bare.write_blob(content))])
    sha = _commit(call, tree, [tip], told["message"], told.get("author"), told.get("committer"))
    repo.move(branch, sha)
    written = repo.bare.entry(sha, path)
    assert written
    shown = {"content": _content(call, written, branch), "commit": call.views.git_commit(repo, repo.bare.commit(sha))}
    return Answer(shown, 200 if entry else 201)


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
    start = _resolved(call.repo, call.query.get("sha") or call.repo.default_branch)
    path = ["--", call.query["path"]] if "path" in call.query else []
    found = call.repo.bare.git("rev-list", start, *path).split()
    return call.page(found, lambda sha: call.views.commit(call.repo, call.repo.bare.commit(sha)))


@route("GET", f"{_REPO}/commits/{{ref}}", needs="contents:read")
def get_commit(call: Call) -> Answer:
    repo = call.repo
    commit = repo.bare.commit(_resolved(repo, call.params["ref"]))
    if "sha" in call.accept.partition("vnd.github.")[2][:7]:
        return Answer(commit.sha.encode(), headers={"content-type": "application/vnd.github.sha; charset=utf-8"})
    old = commit.parents[0] if commit.parents else "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
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
    url, html = call.views.url(repo, f"/compare/{old}...{new}"), f"{call.views.web}/{repo.full_name}/compare/{old}...{new}"
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
    repo.move(name.removeprefix("refs/heads/"), None) if name.startswith("refs/heads/") else repo.bare.set_ref(name, None)
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
    sha = _commit(call, told["tree"], parents, told["message"], told.get("author"), told.get("committer"))
    shown = call.views.git_commit(repo, repo.bare.commit(sha))
    return Answer(shown, 201, {"location": shown["url"]})


@route("GET", f"{_REPO}/git/trees/{{tree_sha}}", needs="contents:read")
def get_tree(call: Call) -> Answer:
    repo = call.repo
    named = call.params["tree_sha"]
    sha = named if repo.bare.kind(named) == "tree" else f"{_resolved(repo, named)}^{{tree}}"
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
    content = _decoded(told["content"], call) if told.get("encoding") == "base64" else told["content"].encode()
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


def _content(call: Call, entry: TreeEntry, ref: str, *, whole: bool = False) -> Any:
    repo, path = call.repo, quote(entry.path)
    url = f"{call.views.url(repo, f'/contents/{path}')}?ref={quote(ref)}"
    page = f"{call.views.web}/{repo.full_name}"
    kind = "symlink" if entry.mode == "120000" else _KINDS[entry.kind]
    git = call.views.url(repo, f"/git/{'trees' if kind == 'dir' else 'blobs'}/{entry.sha}")
    html = f"{page}/{'tree' if kind == 'dir' else 'blob'}/{ref}/{path}"
    raw = None if kind in ("dir", "submodule") else f"{page}/raw/{ref}/{path}"
    shown: dict[str, Any] = {
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": url,
        "html_url": html,
        "git_url": git,
        "download_url": raw,
        "type": "file" if kind == "submodule" and not whole else kind,
        "_links": {"self": url, "git": git, "html": html},
    }
    if not whole:
        return shown
    if kind == "symlink":
        target = repo.bare.blob(entry.sha).decode(errors="replace")
        inside = repo.bare.entry(repo.bare.resolve(ref) or ref, target)
        if inside is None or inside.kind != "blob":
            return shown | {"target": target}
        return _content(call, inside, ref, whole=True)
    if kind == "submodule":
        return shown | {"submodule_git_url": None}
    large = (entry.size or 0) > _JSON_MOST
    if (entry.size or 0) > _RAW_MOST:
        _too_large("This API returns blobs up to 100 MB in size.")
    content = "" if large else wrapped(repo.bare.blob(entry.sha))
    return shown | {"content": content, "encoding": "none" if large else "base64"}


def _below(folder: str, entry: TreeEntry) -> TreeEntry:
    return TreeEntry(entry.mode, entry.kind, entry.sha, entry.size, f"{folder}/{entry.path}")


def _tree(call: Call, sha: str, *, deep: bool) -> Any:
    repo = call.repo
    rows = []
    for entry in repo.bare.tree(sha, *(["-r", "-t"] if deep else [])):
        kind = {"blob": "blobs", "tree": "trees", "commit": "commits"}[entry.kind]
        row = {"path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha}
        row |= {} if entry.size is None else {"size": entry.size}
        rows.append(row | {"url": call.views.url(repo, f"/git/{kind}/{entry.sha}")})
    return {"sha": sha, "url": call.views.url(repo, f"/git/trees/{sha}"), "tree": rows, "truncated": False}


def _commit(call: Call, tree: str, parents: list[str], message: str, author: Any, committer: Any) -> str:
    """Signed by GitHub only where a bot names nobody."""
    repo = call.repo
    by, web = repo.web_flow(call.login)
    who = _person(author, by)
    committed_by = _person(committer, who if author else web)
    sha = repo.bare.write_commit(tree, parents, message, who, committed_by)
    assert call.token
    if author is None and committer is None and call.token.kind != "user":
        repo.verified.add(sha)
    return sha


def _person(told: Any, otherwise: Person) -> Person:
    return Person(told["name"], told["email"], told.get("date") or otherwise.date) if told else otherwise


def _check_sha(path: str, entry: TreeEntry | None, sha: str | None) -> None:
    if entry is None:
        return
    if sha is None:
        raise Refused(422, "Invalid request.\n\n\"sha\" wasn't supplied.")
    if sha != entry.sha:
        raise Refused(409, f"{path} does not match {sha}")


def _decoded(content: str, call: Call) -> bytes:
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except binascii.Error:
        raise Refused(422, "content is not valid Base64") from None


def _resolved(repo: Repository, name: str) -> str:
    return repo.bare.resolve(name) or _no_commit(name)


def _no_commit(name: str) -> Any:
    raise Refused(422, f"No commit found for SHA: {name}")


def _compared(call: Call, name: str) -> str:
    owner, colon, branch = name.rpartition(":")
    repo = call.repo
    if colon and owner.lower() != repo.owner.lower():
        fork = next((fork for who, fork in repo.forks.items() if who.lower() == owner.lower()), None) or missing()
        sha = fork.bare.resolve(branch) or missing()
        repo.bare.fetch(fork.bare.path, sha)
        return sha
    return repo.bare.resolve(branch) or missing()


def _well_named(repo: Repository, name: str) -> bool:
    try:
        repo.bare.git("check-ref-format", name)
    except GitFailed:
        return False
    return True


def _too_large(says: str) -> None:
    raise Refused(403, f"{says} The requested blob is too large to fetch via the API, but you can always clone the repository via Git in order to obtain the file.", [problem("Blob", "data", "too_large")])  # noqa: E501


