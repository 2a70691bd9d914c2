"""Pull requests, their files, comparisons and contents, by the API."""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from collections.abc import Iterable
from urllib.parse import quote

from bot.diff.change import FileDiff, Status
from bot.errors import ForgeError, NotFound
from bot.github import payloads
from bot.github.client import Wire
from bot.review.forge import Comparison, Listing
from bot.review.pull import PullRequest

MOST_FILES = 3_000  # of a pull request: GitHub lists no more
MOST_COMPARED = 300  # files of a comparison
_EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
_HUNK = re.compile(rb"^@@ -", re.MULTILINE)
_LINK = rb"Subproject commit [0-9a-f]{40,64}\n"
_SUBMODULE = re.compile(rb"@@ -[\d,]+ \+[\d,]+ @@\n(?:-" + _LINK + rb")?(?:\+" + _LINK + rb")?")
_STATUS = {
    "added": Status.ADDED,
    "removed": Status.DELETED,
    "renamed": Status.RENAMED,
    "copied": Status.COPIED,
}


def pull(wire: Wire, repository: str, number: int) -> PullRequest:
    told = payloads.read(payloads.Pull, wire.get(f"/repos/{repository}/pulls/{number}"))
    name = told.base.repo.full_name if told.base.repo else repository
    if name.lower() != repository.lower():  # what leads there from the old name loses its parameters on the way
        raise ForgeError(f"the repository {repository} is called {name} now", "Give it that name.")
    author = told.user or payloads.User(login="ghost")
    return PullRequest(
        repository=repository,
        number=told.number,
        title=told.title,
        body=told.body or "",
        state="open" if told.state == "open" else "closed",
        draft=told.draft,
        author=author.login,
        author_is_bot=author.type == "Bot",
        labels=tuple(label.name for label in told.labels),
        base_ref=told.base.ref,
        base_sha=told.base.sha,
        head_ref=told.head.ref,
        head_sha=told.head.sha,
        head_repository=told.head.repo.full_name if told.head.repo else "",
        locked=told.locked,
        merged=told.merged,
        added=told.additions,
        removed=told.deletions,
        files=told.changed_files,
        url=told.html_url,
        node_id=told.node_id,
    )


def pull_of(wire: Wire, repository: str, head_repository: str, head_branch: str, head_sha: str) -> int | None:
    """By the branch that it comes from, and only if that branch is still where it was."""
    owner = head_repository.partition("/")[0]
    for data in wire.pages(f"/repos/{repository}/pulls", state="open", head=f"{owner}:{head_branch}"):
        told = payloads.read(payloads.Pull, data)
        if told.head.sha == head_sha and told.head.repo and told.head.repo.full_name == head_repository:
            return told.number
    return None


def files(wire: Wire, repository: str, number: int) -> Listing:
    told = [
        payloads.read(payloads.ChangedFile, data) for data in wire.pages(f"/repos/{repository}/pulls/{number}/files")
    ]
    return _listing(told, complete=len(told) < MOST_FILES)


def compare(wire: Wire, repository: str, base: str, head: str) -> Comparison:
    told = payloads.read(payloads.Compared, wire.get(f"/repos/{repository}/compare/{base}...{head}"))
    listing = _listing(told.files, complete=len(told.files) < MOST_COMPARED)
    return Comparison(told.merge_base_commit.sha, told.status in ("ahead", "identical"), listing)


def content(wire: Wire, repository: str, path: str, ref: str) -> bytes | None:
    path = posixpath.normpath(path)
    if path.startswith(("/", "../")) or path in (".", ".."):  # a request for it would ask for something else
        return None
    try:
        data = wire.get(f"/repos/{repository}/contents/{quote(path, errors='surrogateescape')}", ref=ref)
    except NotFound:
        return None
    if not isinstance(data, dict):
        return None  # a folder
    told = payloads.read(payloads.Content, data)
    if told.type != "file" or told.path != path:
        return None
    if told.encoding == "base64":
        return _decoded(told.content)
    blob = payloads.read(payloads.Blob, wire.get(f"/repos/{repository}/git/blobs/{told.sha}"))
    return _decoded(blob.content) if blob.encoding == "base64" else blob.content.encode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        raise ForgeError("GitHub's answer isn't what its documentation says (content: no base64)") from None


def _listing(told: Iterable[payloads.ChangedFile], *, complete: bool) -> Listing:
    listed = [_file(one) for one in told]
    return Listing(tuple(listed), frozenset(file.path for file in listed if file.problem), complete)


def _file(told: payloads.ChangedFile) -> FileDiff:
    """GitHub's patch of a file begins with its first hunk, and doesn't end with a line feed."""
    patch = f"{told.patch}\n".encode("utf-8", "surrogatepass") if told.patch else b""
    submodule = bool(_SUBMODULE.fullmatch(patch))
    unshown = not patch and told.changes > 0
    silent = not patch and not unshown and told.status in ("added", "modified", "changed", "removed")
    mode = "160000" if submodule else "100644"
    return FileDiff(
        path=told.filename,
        old_path=told.previous_filename or told.filename,
        status=_STATUS.get(told.status, Status.MODIFIED),
        added=told.additions,
        removed=told.deletions,
        hunks=len(_HUNK.findall(patch)),
        patch=patch,
        old_mode=mode,
        new_mode=mode,
        binary=silent and told.sha != _EMPTY_BLOB,
        new_blob=(told.sha or "") if told.status != "removed" else "",
        problem="GitHub doesn't show its hunks; a checkout of the head brings them" if unshown else "",
    )
