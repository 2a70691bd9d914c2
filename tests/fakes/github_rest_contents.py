"""Files as they stand in a commit."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tests.fakes.github_git import TreeEntry
from tests.fakes.github_router import Answer, Call, Refused, missing, route
from tests.fakes.github_rules import check_push
from tests.fakes.github_written import commit_by, decoded, too_large, wrapped

_REPO = "/repos/{owner}/{repo}"
_JSON_MOST, _RAW_MOST = 1_000_000, 100_000_000
_KINDS = {"blob": "file", "tree": "dir", "commit": "submodule"}


@route("GET", f"{_REPO}/contents/{{path}}", needs="contents:read")
def get_content(call: Call) -> Answer:
    repo, path = call.repo, call.params["path"].strip("/")
    commit = repo.bare.resolve(call.query.get("ref") or repo.default_branch)
    if commit is None:
        raise Refused(404, f"No commit found for the ref {call.query.get('ref')}")
    entry = repo.bare.entry(commit, path) if path else TreeEntry("040000", "tree", commit, None, "")
    if entry is None:
        missing()
    if entry.kind == "tree":
        inside = repo.bare.tree(f"{commit}:{path}")
        rows = [_content(call, _below(path, one), commit) for one in inside]
        return Answer(rows, is_list=True)
    if "raw" in call.accept and entry.kind == "blob":
        if (entry.size or 0) > _RAW_MOST:
            too_large("This API returns blobs up to 100 MB in size.")
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
    content = decoded(told["content"])
    mode = entry.mode if entry else "100644"
    tree = repo.bare.write_tree(tip, [(mode, path, repo.bare.write_blob(content))])
    sha = commit_by(call, tree, [tip], told["message"], told.get("author"), told.get("committer"))
    repo.move(branch, sha)
    written = repo.bare.entry(sha, path)
    assert written
    shown = {"content": _content(call, written, branch), "commit": call.views.git_commit(repo, repo.bare.commit(sha))}
    return Answer(shown, 200 if entry else 201)


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
        too_large("This API returns blobs up to 100 MB in size.")
    content = "" if large else wrapped(repo.bare.blob(entry.sha))
    return shown | {"content": content, "encoding": "none" if large else "base64"}


def _below(folder: str, entry: TreeEntry) -> TreeEntry:
    return TreeEntry(entry.mode, entry.kind, entry.sha, entry.size, f"{folder}/{entry.path}".lstrip("/"))


def _check_sha(path: str, entry: TreeEntry | None, sha: str | None) -> None:
    if entry is None:
        return
    if sha is None:
        raise Refused(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if sha != entry.sha:
        raise Refused(409, f"{path} does not match {sha}")
