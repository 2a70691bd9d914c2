"""A pull request with something of each kind, on a fake GitHub, and a client for it that adds nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from tests.example import commit, git
from tests.fakes.github_pull import Pull
from tests.fakes.github_repository import Repository
from tests.fakes.github_server import GitHub

LINES = [f"line {number}\n" for number in range(1, 61)]
RESOLVE = (
    "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved resolvedBy { login } } } }"
)


@dataclass
class World:
    """`work` is a work tree with the branch topic checked out. `call` is for paths below the repository."""

    hub: GitHub
    repo: Repository
    pull: Pull
    work: Path
    token: str
    session: requests.Session = field(default_factory=requests.Session)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = "",
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        url = self.hub.api_url + (path.removeprefix("~") if path.startswith("~") else f"/repos/acme/shop{path}")
        named = {} if token is None else {"authorization": f"Bearer {token or self.token}"}
        sent = {"data": body} if isinstance(body, str | bytes) else {"json": body}
        return self.session.request(method, url, headers={**named, **(headers or {})}, timeout=30, **sent)

    def review(self, *comments: Any, token: str | None = "", **more: Any) -> requests.Response:
        """A review with these comments, each on shop.py and on the right unless it says otherwise."""
        whole = [{"path": "shop.py", "body": "Hm.", "side": "RIGHT"} | comment for comment in comments]
        body = {"event": "COMMENT", "body": "A look.", "comments": whole} | more
        return self.call(
            "POST", "/pulls/1/reviews", {key: value for key, value in body.items() if value is not None}, token=token
        )

    def comment(self, *, token: str = "", **told: Any) -> requests.Response:
        whole = {"path": "shop.py", "body": "Hm.", "side": "RIGHT", "commit_id": self.pull.head.sha} | told
        return self.call("POST", "/pulls/1/comments", whole, token=token)

    def graphql(self, query: str, variables: Any = None, *, token: str | None = "") -> requests.Response:
        named = {} if token is None else {"authorization": f"bearer {token or self.token}"}
        body = {"query": query, "variables": variables or {}}
        return self.session.post(self.hub.graphql_url, json=body, headers=named, timeout=30)

    def change(self, path: str, old: str, new: str) -> str:
        """Another commit on the topic, pushed."""
        file = self.work / path
        text = file.read_bytes().decode()
        assert old in text
        commit_bytes(self.work, {path: text.replace(old, new, 1).encode()}, f"Change {path}")
        return (self.pull.head.repo or self.repo).push("topic", self.work)


@contextmanager
def shop(folder: Path, **more: Any) -> Iterator[World]:
    """`shop.py` has its line 10 changed and its line 40 removed, so its line 50 is 49 now."""
    work = source(folder)
    with GitHub(folder, flavour=more.pop("flavour", "2026")) as hub:
        repo = hub.repository("acme/shop", source=work, private=more.pop("private", False))
        with requests.Session() as session:
            yield World(hub, repo, repo.pull("topic", author="ann", **more), work, hub.token(), session)


def said(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["message"]


def source(folder: Path) -> Path:
    """Its own copy of the work tree."""
    return Path(shutil.copytree(Path(_template().name) / "work", folder / "work", symlinks=True))


@cache
def _template() -> TemporaryDirectory[str]:
    """Made once; it goes with the process."""
    folder = TemporaryDirectory(prefix="shop-", ignore_cleanup_errors=True)
    _make(Path(folder.name) / "work")
    return folder


def _make(work: Path) -> None:
    work.mkdir()
    git(work, "init", "--quiet", "--template=", "--initial-branch", "main")
    git(work, "config", "core.autocrlf", "false")
    files = {
        "shop.py": "".join(LINES).encode(),
        "crlf.txt": b"one\r\ntwo\r\nthree\r\n",
        "end.txt": b"first\nlast",
        "logo.bin": b"\0\1\2",
        "old name.py": b"kept\n" * 20,
        "run.sh": b"#!/bin/sh\n",
    }
    commit_bytes(work, files, "The shop")
    git(work, "checkout", "--quiet", "-b", "topic")
    git(work, "mv", "old name.py", "new name.py")
    (work / "run.sh").chmod(0o755)
    changed = [*LINES[:9], "line ten\n", *LINES[10:39], *LINES[40:]]
    files = {"shop.py": "".join(changed).encode(), "crlf.txt": b"one\r\nTWO\r\nthree\r\n"}
    commit_bytes(work, files | {"end.txt": b"first\nLAST", "logo.bin": b"\0\1\3"}, "Change the shop")


def commit_bytes(work: Path, files: Mapping[str, bytes], message: str) -> str:
    for path, content in files.items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_bytes(content)
    return commit(work, {}, message)
