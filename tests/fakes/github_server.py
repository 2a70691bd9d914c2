"""A GitHub on loopback, with a memory: REST, GraphQL and git over HTTP, upon real bare repositories.

    with GitHub(tmp_path) as hub:
        repo = hub.repository("acme/shop", source=a_work_tree)
        pull = repo.pull("topic", author="ann")
        ...  # whatever talks to hub.api_url with hub.token()
        assert pull.threads[0].line == 7

It forgives nothing that GitHub doesn't: lines outside the diff, missing permissions, a second pending review, too much
in a minute. Its words are measured answers of 2026, or, with flavour="ghes", those of a GitHub Enterprise Server.
Everything that goes in and out is checked against GitHub's own OpenAPI document (github_contract.py).
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tests.fakes.github_api import Api
from tests.fakes.github_events import event_of
from tests.fakes.github_limits import Fault, Limits
from tests.fakes.github_pull import Pull
from tests.fakes.github_repository import Repository, new_repository
from tests.fakes.github_state import ACTIONS_BOT, Issue, Received, State, Token, User
from tests.fakes.github_suggestion import CannotApply
from tests.fakes.github_transport import serve_git
from tests.fakes.github_views import Views
from tests.fakes.github_wire import Reply, blob
from tests.fakes.http import Connection, HttpRequest, HttpServer

__all__ = ["CannotApply", "GitHub", "Pull", "Received", "Repository"]

_DEFAULT = {"contents": "read", "pull_requests": "write", "issues": "write", "checks": "write", "metadata": "read"}
_PREFIXES = {"action": "ghs_", "app": "ghs_", "user": "ghp_"}


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App that is installed once. `key` is the public key, in PEM, of what signs its tokens."""

    id: int
    slug: str
    key: str
    installation: int
    permissions: dict[str, str]


class GitHub(HttpServer, State):
    """Serves between `with` and its end. A wrong answer of the fake itself is raised there."""

    def __init__(self, folder: Path, *, flavour: Literal["2026", "ghes"] = "2026", port: int = 0) -> None:
        HttpServer.__init__(self, port)
        State.__init__(self)
        self.flavour = flavour
        self.limits = Limits(self.clock)
        self.requests: list[Received] = []
        self.retired_versions: set[str] = set()
        self._folder = folder / "github"
        self._faults: list[Fault] = []
        self._api = Api(self)
        self._in_flight = 0
        self.person("maria").permission = "write"

    @property
    def server_url(self) -> str:
        return self.root

    @property
    def api_url(self) -> str:
        return f"{self.root}/api/v3" if self.flavour == "ghes" else self.root

    @property
    def graphql_url(self) -> str:
        return f"{self.root}/api/graphql" if self.flavour == "ghes" else f"{self.root}/graphql"

    @property
    def strict_spacing(self) -> bool:
        return self.limits.strict_spacing

    @strict_spacing.setter
    def strict_spacing(self, strict: bool) -> None:
        self.limits.strict_spacing = strict

    @property
    def writes(self) -> list[Received]:
        """What was asked for to change something, whether it did or not."""
        return [each for each in self.requests if _is_write(each)]

    def user(self, login: str, permission: str = "read") -> User:
        user = self.person(login)
        user.permission = permission
        return user

    def token(
        self,
        *,
        kind: Literal["action", "app", "user"] = "action",
        login: str = ACTIONS_BOT,
        expires_in: float | None = None,
        read_only: bool = False,
        **permissions: str,
    ) -> str:
        """A token as of an Action's run, changed by `permissions`; `read_only` is what the run of a fork gets."""
        given = {} if kind == "user" else dict(_DEFAULT)
        if read_only:
            given = dict.fromkeys(given, "read")
        user = self.person(login)
        value = _PREFIXES[kind] + secrets.token_hex(18)
        expires = None if expires_in is None else self.clock.now + expires_in
        installation = user.id % 1_000_000 + 40_000_000
        self.tokens[value] = Token(value, user, kind, given | permissions, expires, installation=installation)
        return value

    def app(self, slug: str, *, key: str, permissions: Mapping[str, str]) -> App:
        """Install an App whose tokens `key` verifies."""
        with self.lock:
            app = App(self.next_id() % 10_000_000, slug, key, self.next_id() % 100_000_000, dict(permissions))
            self.apps[app.id] = app
            self.person(f"{slug}[bot]")
            return app

    def repository(self, full_name: str, source: Path, *, private: bool = False) -> Repository:
        """A clone of the git repository `source`. Its default branch is main, where it has one."""
        with self.lock:
            return new_repository(self, self._folder, full_name, source, private=private)

    def event(
        self,
        name: str,
        *,
        action: str | None = None,
        pull: Pull | None = None,
        issue: Issue | None = None,
        sender: str = "ann",
        **more: Any,
    ) -> dict[str, Any]:
        """The payload of a webhook, for the present state."""
        with self.lock:
            self.person(sender)
            return event_of(Views(self, self.api_url, self.server_url), name, action, pull or issue, sender, more)

    def fail(self, method: str, path: str, *, times: int = 1, body: str | None = None, **how: Any) -> None:
        """Make the next `times` such requests fail.

        `path` is a regular expression, searched for in the path without /api/v3; `body` one for the body. How:
        status=502 (with html=False in JSON), before or, with after=True, behind the write; drop=True closes the
        socket; secondary=True with or without retry_after=; primary=seconds until the reset; delay=seconds before the
        answer; skip=n lets n pass first. message= and errors= are what it says. For a new review, leaves="pending" or
        "body" is what stays of it all the same: an empty draft, or a review without its comments.
        """
        self._faults.append(Fault(method, re.compile(path), times, body=re.compile(body) if body else None, **how))

    def mend(self) -> None:
        """No more of the faults that were asked for."""
        self._faults.clear()

    async def respond(self, request: HttpRequest, to: Connection) -> None:
        self._in_flight += 1
        try:
            await self._answer(request, to)
        finally:
            self._in_flight -= 1

    async def _answer(self, request: HttpRequest, to: Connection) -> None:
        if re.match(r"^/[^/]+/[^/]+\.git/", request.path):
            reply = await asyncio.to_thread(self._git, request, self._fault(request))
        elif request.path.startswith("/_blobs/"):
            reply = blob(self, request)
        else:
            crowded = self._in_flight > 100
            reply = await asyncio.to_thread(self._api.reply, request, self._fault(request), crowded=crowded)
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.status is None:
            to.drop(at_once=True)
        else:
            to.answer(reply.status, reply.content, reply.headers)

    def _git(self, request: HttpRequest, fault: Fault | None) -> Reply:
        with self.lock:
            struck = fault and Reply(None if fault.drop else fault.status, delay=fault.delay)
            reply = struck if struck and fault and not fault.after else serve_git(self, request)
            reply = struck or reply
            self.requests.append(
                Received(request.method, request.path, request.query, None, reply.login, reply.status, request.headers)
            )
            return reply

    def _fault(self, request: HttpRequest) -> Fault | None:
        path = re.sub(r"^/api/v3|^/api(?=/graphql$)", "", request.path)
        body = request.body.decode(errors="replace")
        found = next((each for each in self._faults if each.strikes(request.method, path, body)), None)
        return replace(found) if found else None


def _is_write(received: Received) -> bool:
    if received.path.endswith("graphql"):
        query = received.body.get("query", "") if isinstance(received.body, dict) else ""
        return bool(re.search(r"(?m)^\s*mutation\b", query))
    if ".git/" in received.path:
        return received.path.endswith("/git-receive-pack")
    return received.method not in ("GET", "HEAD")
