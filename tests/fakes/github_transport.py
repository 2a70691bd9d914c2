"""git over HTTP: clone, fetch and push, by git's own `git http-backend`."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fakes.github_git import Bare, run
from tests.fakes.github_repository import Repository
from tests.fakes.github_router import may
from tests.fakes.github_rules import WORKFLOWS
from tests.fakes.github_state import Token
from tests.fakes.github_wire import Reply, token_of
from tests.fakes.http import HttpRequest

if TYPE_CHECKING:
    from tests.fakes.github_server import GitHub

# What GitHub's servers check for each ref of a push; what it prints comes out as "remote: ...".
_HOOK = f"""#!/bin/sh
case " $GITHUB_PROTECTED " in *" $1 "*)
  echo "error: GH006: Protected branch update failed for $1." >&2
  echo "error: Changes must be made through a pull request." >&2
  exit 1;;
esac
case "$1" in refs/pull/*) echo "error: deny updating a hidden ref" >&2; exit 1;; esac
test "$GITHUB_WORKFLOWS" = yes && exit 0
new=$(git rev-parse --quiet --verify "$3:{WORKFLOWS}") || exit 0
for tip in $(git for-each-ref --format='%(objectname)' refs/heads); do
  test "$(git rev-parse --quiet --verify "$tip:{WORKFLOWS}")" = "$new" && exit 0
done
path=$(git ls-tree --name-only "$3" {WORKFLOWS}/ | head -n 1)
says="refusing to allow a GitHub App to create or update workflow \\`$path\\` without"
echo "error: $says \\`workflows\\` permission" >&2
exit 1
"""


def serve_git(hub: GitHub, request: HttpRequest) -> Reply:
    """The answer to one request of git's smart protocol."""
    header = request.headers.get("authorization")
    token = token_of(hub, header) if header else None
    owner, name, *_ = request.path.strip("/").split("/")
    full = f"{owner}/{name.removesuffix('.git')}".lower()
    repo = hub.repositories.get(full) or hub.moved.get(full)
    push = "git-receive-pack" in f"{request.path}?{request.query}"
    refused = _refused(repo, token, push=push, tried=header is not None)
    if refused or repo is None:
        return refused or _plain(404, "Repository not found.")
    before = repo.bare.refs()
    reply = _backend(repo, request, token)
    reply.login = token.user.login if token else None
    if push and request.method == "POST":
        _tell(repo, before)
    return reply


def _refused(repo: Repository | None, token: Token | None, *, push: bool, tried: bool) -> Reply | None:
    if tried and token is None:
        return _challenge("Invalid username or token. Password authentication is not supported for Git operations.")
    hidden = repo is None or (repo.private and not may(token, repo, "contents", "read"))
    if token is None and (push or hidden):
        return _challenge("No anonymous write access.")
    if repo is None or hidden:
        return _plain(404, "Repository not found.")
    if push and not may(token, repo, "contents", "write"):
        assert token
        return _plain(403, f"Permission to {repo.full_name}.git denied to {token.user.login}.")
    if push and repo.archived:
        return _plain(403, "This repository was archived so it is read-only.")
    return None


def _challenge(says: str) -> Reply:
    reply = _plain(401, says)
    reply.headers["www-authenticate"] = 'Basic realm="GitHub"'
    return reply


def _plain(status: int, says: str) -> Reply:
    return Reply(status, says.encode(), {"content-type": "text/plain; charset=utf-8", "server": "GitHub-Babel/3.0"})


def _backend(repo: Repository, request: HttpRequest, token: Token | None) -> Reply:
    _hooked(repo.bare)
    service = request.path.partition(".git/")[2]
    workflows = token is not None and (token.allows("workflows", "write") or token.kind == "user")
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_PROJECT_ROOT": str(repo.bare.path),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{service}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REMOTE_USER": token.user.login if token else "",
        "GITHUB_PROTECTED": " ".join(f"refs/heads/{branch}" for branch in repo.protected),
        "GITHUB_WORKFLOWS": "yes" if workflows else "no",
    }
    done = subprocess.run([_program()], input=request.body, capture_output=True, check=True, env=environment)
    return _parsed(done.stdout)


def _parsed(told: bytes) -> Reply:
    """An answer in CGI's form."""
    head, _, content = told.partition(b"\r\n\r\n")
    headers = {}
    for line in head.decode().split("\r\n"):
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    status = int(headers.pop("status", "200").split()[0])
    return Reply(status, content, headers | {"server": "GitHub-Babel/3.0"})


@cache
def _program() -> str:
    return str(Path(run(["--exec-path"], Path.cwd()).decode().strip()) / "git-http-backend")


def _hooked(bare: Bare) -> None:
    hook = bare.path / "hooks" / "update"
    if not hook.exists():
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_HOOK)
        hook.chmod(0o755)


def _tell(repo: Repository, before: dict[str, str]) -> None:
    """The pulls learn what the push moved."""
    after = repo.bare.refs()
    for ref in before.keys() | after.keys():
        if before.get(ref) != after.get(ref):
            repo.pushed(ref.removeprefix("refs/heads/"), before.get(ref), after.get(ref))
