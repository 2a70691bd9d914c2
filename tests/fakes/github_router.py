"""From a request to the function that answers it, and what can be said on the way: refusals, pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlencode

from tests.fakes.github_contract import operation

if TYPE_CHECKING:
    from tests.fakes.github_repository import Repository
    from tests.fakes.github_state import Issue, State, Token
    from tests.fakes.github_views import Views

Json = dict[str, Any]
Handler = Callable[["Call"], "Answer"]


@dataclass(slots=True)
class Answer:
    """`body` is JSON, or bytes as they are. A `page` has the headers that name the others."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    is_list: bool = False


class Refused(Exception):
    """An answer of 400 and more."""

    def __init__(
        self, status: int, message: str, errors: Sequence[Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, message, errors)
        self.status, self.message, self.errors, self.headers = status, message, errors, dict(headers or {})


@dataclass(slots=True)
class Call:
    """One request to the API, with what was found out about it."""

    hub: State
    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any
    token: Token | None
    views: Views
    route: Route
    params: dict[str, str]
    repo: Any = None

    @property
    def login(self) -> str:
        assert self.token, "the route lets strangers in"
        return self.token.user.login

    @property
    def viewer(self) -> str | None:
        return self.token.user.login if self.token else None

    @property
    def accept(self) -> str:
        return self.headers.get("accept", "")

    @property
    def flavour(self) -> str:
        return self.hub.flavour  # type: ignore[attr-defined, no-any-return]

    def number(self, name: str) -> int:
        """A number in the path; what isn't one names nothing."""
        return int(self.params[name]) if self.params[name].isdecimal() else missing()

    def page(
        self, items: Sequence[Any], show: Callable[[Any], Any], *, most: int | None = None, wrap: str = ""
    ) -> Answer:
        """The page that was asked for; with `wrap`, in an object under that name."""
        total = len(items)
        items = items[:most] if most else items
        size = _clamped(self.query.get("per_page"), 30)
        size, number = min(size or 30, 100), _clamped(self.query.get("page"), 1) or 1
        rows = [show(item) for item in items[(number - 1) * size : number * size]]
        last = max(1, -(-len(items) // size))
        body: Any = {"total_count": total, wrap: rows} if wrap else rows
        return Answer(body, headers=self._links(number, last), is_list=True)

    def _links(self, number: int, last: int) -> dict[str, str]:
        links = {}
        if number > 1:
            links |= {"prev": min(number - 1, last), "first": 1}
        if number < last:
            links |= {"next": number + 1, "last": last}
        named = [
            f'<{self._page_url(links[rel])}>; rel="{rel}"' for rel in ("prev", "next", "last", "first") if rel in links
        ]
        return {"link": ", ".join(named)} if named else {}

    def _page_url(self, number: int) -> str:
        path = re.sub(r"^/repos/[^/]+/[^/]+", f"/repositories/{self.repo.id}", self.path) if self.repo else self.path
        return f"{self.views.api}{path}?{urlencode({**self.query, 'page': str(number)})}"


@dataclass(frozen=True, slots=True)
class Route:
    """`needs` is a permission and a level, as `issues:write`; `creates` tells that it makes content."""

    method: str
    template: str
    needs: str
    creates: bool
    answer: Handler
    pattern: re.Pattern[str]


ROUTES: list[Route] = []
_BROAD = {"path", "ref", "basehead", "branch", "head", "name"}


def route(
    method: str, template: str, *, needs: str = "metadata:read", creates: bool = False
) -> Callable[[Handler], Handler]:
    """The function answers this operation of GitHub's document."""
    operation(method, template)

    def kept(answer: Handler) -> Handler:
        pattern = re.sub(r"\{(\w+)\}", lambda at: f"(?P<{at[1]}>{'.+' if at[1] in _BROAD else '[^/]+'})", template)
        pattern = pattern.replace("/(?P<path>.+)", "(?:/(?P<path>.*))?")  # the root has no path
        ROUTES.append(Route(method, template, needs, creates, answer, re.compile(pattern)))
        return answer

    return kept


def find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The most literal route for it. Raises Refused."""
    matches = [(each, at) for each in ROUTES if each.method == method and (at := each.pattern.fullmatch(path))]
    if not matches:
        missing()
    best, at = max(matches, key=lambda found: len(re.sub(r"\{\w+\}", "", found[0].template)))
    return best, {name: unquote(value or "") for name, value in at.groupdict().items()}


def query_of(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True))


def missing() -> NoReturn:
    raise Refused(404, "Not Found")


def invalid(*errors: Any, message: str = "Validation Failed") -> NoReturn:
    """422: `errors` are objects, or, in the operations on reviews, strings."""
    raise Refused(422, message, list(errors))


def problem(resource: str, field_: str | None, code: str, message: str | None = None) -> Json:
    told = {"resource": resource, "code": code, "field": field_, "message": message}
    return {key: value for key, value in told.items() if value is not None}


def no_access(call: Call) -> NoReturn:
    if call.token is None:
        raise Refused(401, "Requires authentication")
    if call.token.kind == "user" and call.route.needs == "checks:write":
        raise Refused(403, "You must authenticate via a GitHub App.")
    who = "personal access token" if call.token.kind == "user" else "integration"
    raise Refused(403, f"Resource not accessible by {who}")


def may(token: Token | None, repo: Repository, permission: str, level: str) -> bool:
    """Whether the bearer may read or write this kind of thing there."""
    if token is None:
        return level == "read" and not repo.private
    if token.kind == "user":
        return _person_may(token, repo, permission, level)
    own = repo.parent is None and (token.repositories is None or repo.full_name in token.repositories)
    if level == "read" and (not repo.private or permission == "metadata"):
        return True
    return own and token.allows(permission, level)


def _person_may(token: Token, repo: Repository, permission: str, level: str) -> bool:
    """With a personal access token: what its scopes and its owner may, and never a check run."""
    user = token.user
    if permission == "checks" and level == "write":
        return False
    if token.permissions and not token.allows(permission, level):
        return False
    if user.login == repo.owner:
        return True
    if level == "read" or permission in ("issues", "pull_requests", "metadata"):
        return not repo.private or user.at_least("read")
    return user.at_least("write")


def accepted(needs: str) -> str:
    """The header that tells which permissions would do."""
    permission, _, level = needs.partition(":")
    kinds = ("issues", "pull_requests") if permission == "conversation" else (permission,)
    return "; ".join(f"{kind}={level}" for kind in kinds)


def need_triage(call: Call, author: str | None = None) -> None:
    """A person changes what others wrote, or its labels, only with the right to triage. Raises Refused."""
    assert call.token
    user = call.token.user
    if call.token.kind == "user" and user.login not in (author, call.repo.owner) and not user.at_least("triage"):
        no_access(call)


def allow(call: Call, needs: str, issue: Issue | None = None) -> None:
    """Raises Refused unless the bearer may. `conversation` is what issues and pulls have in common."""
    permission, _, level = needs.partition(":")
    if permission == "conversation":
        kinds = ("issues", "pull_requests") if issue is None or issue.is_pull else ("issues",)
    else:
        kinds = (permission,)
    if not any(may(call.token, call.repo, kind, level) for kind in kinds):
        no_access(call)


def _clamped(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() else default
