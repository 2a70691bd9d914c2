"""What one request to the API goes through: who asks, what is left to them, whether they may, and what they get."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.fakes import (
    github_rest_checks,
    github_rest_commits,
    github_rest_contents,
    github_rest_git,
    github_rest_issues,
    github_rest_meta,
    github_rest_pulls,
    github_rest_reviews,
)
from tests.fakes.github_bodies import check_request
from tests.fakes.github_contract import check_answer, required
from tests.fakes.github_graphql import run_graphql
from tests.fakes.github_limits import TOO_FAST, Fault, headers_of
from tests.fakes.github_router import Answer, Call, Refused, Route, accepted, allow, find, missing, query_of
from tests.fakes.github_state import Received, Token
from tests.fakes.github_views import Views
from tests.fakes.github_wire import EXCUSES, UNICORN, Reply, leave, token_of
from tests.fakes.http import HttpRequest

if TYPE_CHECKING:
    from tests.fakes.github_repository import Repository
    from tests.fakes.github_server import GitHub

VERSIONS = ("2022-11-28", "2026-03-10")
_DOCS = "https://docs.github.com"
_LIMITS = "rest/using-the-rest-api/rate-limits-for-the-rest-api"
_PAGES = {
    "API rate limit exceeded": _LIMITS,
    TOO_FAST: f"{_LIMITS}#about-secondary-rate-limits",
    "Unable to create comment because issue is locked.": "articles/locking-conversations/",
}
# Each puts its routes into ROUTES.
_AREAS = (
    github_rest_checks,
    github_rest_commits,
    github_rest_contents,
    github_rest_git,
    github_rest_issues,
    github_rest_meta,
    github_rest_pulls,
    github_rest_reviews,
)


class Api:
    """Answers for one GitHub."""

    def __init__(self, hub: GitHub) -> None:
        self._hub = hub

    def reply(self, request: HttpRequest, fault: Fault | None, *, crowded: bool = False) -> Reply:
        with self._hub.lock:
            turn = _Turn(self._hub, request)
            reply = turn.reply(fault, crowded=crowded)
            self._hub.requests.append(turn.received(reply.status))
            return reply


class _Turn:
    """One request."""

    def __init__(self, hub: GitHub, request: HttpRequest) -> None:
        self._hub, self._request = hub, request
        found = re.fullmatch(r"(/api/v3|/api(?=/graphql$))?(/.*)", request.path)
        assert found, request.path
        self._prefix, self.path = found[1] or "", found[2]
        self.graphql = self.path == "/graphql"
        self.resource = "graphql" if self.graphql else "core"
        self.token: Token | None = None
        self._bearer = token_of(hub, request.headers.get("authorization", ""))
        self._route: Route | None = None
        self.body: Any = _parsed(request.body)
        self._counted = False

    def received(self, status: int | None) -> Received:
        request, login = self._request, self._bearer.user.login if self._bearer else None
        body = None if self.body is _BROKEN else self.body
        return Received(request.method, self.path, request.query, body, login, status, request.headers)

    def reply(self, fault: Fault | None, *, crowded: bool) -> Reply:
        delay = fault.delay if fault else 0.0
        if fault and fault.primary is not None:
            self._hub.limits.exhaust(self._bearer, self.resource, fault.primary)
        elif fault and not fault.after and (early := self._struck(fault)):
            return early
        answer = self._answer(crowded=crowded)
        if fault and fault.after and (late := self._struck(fault)):
            return late
        return self._finished(answer, delay)

    def _struck(self, fault: Fault) -> Reply | None:
        if fault.leaves and self._bearer:
            leave(self._hub, self.path, self._bearer.user.login, self.body, fault.leaves)
        if fault.drop:
            return Reply(None, delay=fault.delay)
        if fault.secondary:
            self.token = self._bearer
            told = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
            return self._finished(self._refusal(Refused(fault.status or 403, TOO_FAST, headers=told)), fault.delay)
        if fault.status is None:
            return None
        if fault.html and fault.status == 502:
            headers = {"content-type": "text/html; charset=utf-8", "server": "github.com"}
            return Reply(fault.status, UNICORN, headers, fault.delay)
        says = fault.message or EXCUSES.get(fault.status, "Server Error")
        return self._finished(self._refusal(Refused(fault.status, says, fault.errors)), fault.delay)

    def _answer(self, *, crowded: bool) -> Answer:
        try:
            self._check_headers()
            self.token = self._identify()
            self._check_crowd(crowded=crowded)
            return self._run_graphql() if self.graphql else self._rest()
        except Refused as refused:
            return self._refusal(refused)

    def _check_crowd(self, *, crowded: bool) -> None:
        if crowded and self._limited:
            raise Refused(403, TOO_FAST)

    def _run_graphql(self) -> Answer:
        if self._request.method != "POST":
            missing()
        if self.token is None:
            raise Refused(401, "This endpoint requires you to be authenticated.")
        try:
            self._count()
        except Refused as refused:  # in GraphQL, that is 200 as well
            return Answer({"errors": [{"type": "RATE_LIMITED", "message": refused.message}]})
        if self.body is _BROKEN or not isinstance(self.body, dict):
            raise Refused(400, "Problems parsing JSON")
        return Answer(run_graphql(self._hub, self.token, self.body))

    def _rest(self) -> Answer:
        method, path = self._request.method, _by_name(self._hub, self.path)
        found, params = find(method, path)
        self._route = found
        views = Views(self._hub, self._base(), self._web(), self.token.user.login if self.token else None)
        body = None if self.body is _BROKEN else self.body
        asked = query_of(self._request.query)
        call = Call(self._hub, method, path, asked, self._request.headers, body, self.token, views, found, params)
        if found.template != "/rate_limit":
            self._count()
        if "repo" in params and "owner" in params:
            call.repo = self._repository(params, path)
        self._permit(call)
        self._check_body(call)
        if found.creates and self.token and self._limited:
            self._hub.limits.count_content(self.token)
        answer = found.answer(call)
        if not isinstance(answer.body, bytes) and answer.status < 400:
            check_answer(method, found.template, answer.status, answer.body)
        return answer

    def _repository(self, params: Mapping[str, str], path: str) -> Repository:
        name = f"{params['owner']}/{params['repo']}".lower()
        if moved := self._hub.moved.get(name):
            rest = re.sub(r"^/repos/[^/]+/[^/]+", "", path)
            query = f"?{self._request.query}" if self._request.query else ""
            where = {"location": f"{self._base()}/repositories/{moved.id}{rest}{query}"}
            raise Refused(301 if self._request.method == "GET" else 307, "Moved Permanently", headers=where)
        repo = self._hub.repositories.get(name)
        if repo is None or not _sees(self.token, repo):
            missing()
        return repo

    def _permit(self, call: Call) -> None:
        method = self._request.method
        if method != "GET" and self.token is None and call.route.needs != "app":
            raise Refused(401, "Requires authentication")
        if call.route.needs != "app" and self.token is None and "authorization" in self._request.headers:
            raise Refused(401, "Bad credentials")
        if call.repo is None or call.route.needs == "app":
            return
        if method != "GET" and call.repo.archived:
            raise Refused(403, "Repository was archived so is read-only.")
        allow(call, call.route.needs)

    def _check_body(self, call: Call) -> None:
        """What GitHub says before it looks closer."""
        if self._request.method in ("GET", "DELETE") and not self._request.body:
            return
        if self.body is _BROKEN:
            raise Refused(400, "Problems parsing JSON")
        bare_list = isinstance(self.body, list) and call.route.template.endswith("/labels")
        if bare_list:
            call.body = {"labels": self.body}
        elif self.body is not None and not isinstance(self.body, dict):
            raise Refused(400, "Body should be a JSON object")
        method, template = call.method, call.route.template
        if required(method, template) and call.body is None:
            call.body = {}
        check_request(method, template, call.body)

    def _check_headers(self) -> None:
        headers = self._request.headers
        if not headers.get("user-agent"):
            says = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"
            raise Refused(
                403, f"{says} (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required)."
            )
        version = headers.get("x-github-api-version")
        if version in self._hub.retired_versions:
            raise Refused(410, f'The API version "{version}" is no longer supported.')
        if version and version not in VERSIONS:
            raise Refused(400, f'"{version}" is not a supported version of the REST API.')

    def _identify(self) -> Token | None:
        header = self._request.headers.get("authorization")
        if header is None:
            return None
        if header.partition(" ")[2].count(".") == 2:
            return None  # the JWT of an App: the routes for it look at it themselves
        if self._bearer is None:
            raise Refused(401, "Bad credentials")
        return self._bearer

    @property
    def _limited(self) -> bool:
        return self._hub.flavour != "ghes"

    def _count(self) -> None:
        if self._limited:
            self._hub.limits.count(self.token, self.resource)
            self._counted = True

    def _host(self) -> str:
        return self._request.headers.get("host", f"127.0.0.1:{self._hub.port}")

    def _base(self) -> str:
        return f"http://{self._host()}{self._prefix}"

    def _web(self) -> str:
        return f"http://{self._host()}"

    def _refusal(self, refused: Refused) -> Answer:
        told: dict[str, Any] = {"message": refused.message}
        if refused.errors is not None:
            told["errors"] = refused.errors
        page = next((page for says, page in _PAGES.items() if refused.message.startswith(says)), "rest")
        version = "enterprise-server@3.19/" if self._hub.flavour == "ghes" else ""
        told |= {"documentation_url": f"{_DOCS}/{version}{page}", "status": str(refused.status)}
        if "location" in refused.headers:
            told["url"] = refused.headers["location"]
        if self._route and refused.status >= 400:
            check_answer(self._route.method, self._route.template, refused.status, told)
        return Answer(told, refused.status, refused.headers)

    def _finished(self, answer: Answer, delay: float) -> Reply:
        raw = isinstance(answer.body, bytes)
        content = answer.body if raw else b"" if answer.status in (204, 302) else json.dumps(answer.body).encode()
        headers = self._usual() | ({} if raw or not content else {"content-type": "application/json; charset=utf-8"})
        status = answer.status
        if self._request.method == "GET" and status == 200:
            etag = f'"{hashlib.sha256(content).hexdigest()}"'
            headers["etag"] = f"W/{etag}" if answer.is_list else etag
            if etag in self._request.headers.get("if-none-match", ""):
                status, content = 304, b""
                self._hub.limits.window(self.token, self.resource).used -= self._counted
        if self._limited:
            headers |= headers_of(self._hub.limits.window(self.token, self.resource), self.resource)
        return Reply(status, content, headers | answer.headers, delay)

    def _usual(self) -> dict[str, str]:
        request = uuid.uuid4().hex.upper()
        version = self._request.headers.get("x-github-api-version") or VERSIONS[0]
        headers = {
            "server": "github.com",
            "cache-control": "private, max-age=60, s-maxage=60",
            "vary": "Accept, Authorization, Cookie, X-GitHub-OTP,Accept-Encoding, Accept, X-Requested-With",
            "x-github-media-type": "github.v3; format=json" if not self.graphql else "github.v4; format=json",
            "x-github-request-id": f"{request[:4]}:{request[4:10]}:{request[10:16]}:{request[16:22]}:{request[22:30]}",
            "x-content-type-options": "nosniff",
            "access-control-allow-origin": "*",
        }
        if self._route and self._route.needs != "app":
            headers["x-accepted-github-permissions"] = accepted(self._route.needs)
        if self.token and self.token.kind == "user":
            headers["x-oauth-scopes"] = "repo"
        if self._hub.flavour == "ghes":
            return headers | {"x-github-enterprise-version": "3.19.0"}
        return headers | ({} if self.graphql else {"x-github-api-version-selected": version})


_BROKEN = object()


def _parsed(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return _BROKEN


def _sees(token: Token | None, repo: Repository) -> bool:
    if not repo.private:
        return True
    if token is None:
        return False
    if token.kind == "user":
        return token.user.login == repo.owner or token.user.at_least("read")
    return repo.parent is None and (token.repositories is None or repo.full_name in token.repositories)


def _by_name(hub: GitHub, path: str) -> str:
    """/repositories/ID is where redirects and pages lead to."""
    found = re.match(r"^/repositories/(\d+)(?=/|$)", path)
    if not found:
        return path
    repo = next((each for each in hub.repositories.values() if each.id == int(found[1])), None) or missing()
    return f"/repos/{repo.full_name}{path[found.end() :]}"
