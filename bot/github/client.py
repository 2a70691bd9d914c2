"""One session with GitHub's API, PyGithub underneath: reads, and writes that are never made twice.

A read is repeated by PyGithub's own retry (urllib3), within bounds. PyGithub would repeat a POST too, although GitHub
may have done what it answers with a 5xx: so writes go out without its retry, and before one is repeated here, the
caller's `arrived` looks whether it is there already.

The token goes into the `Authorization` header of requests to the API's host and nowhere else: of an address that an
answer names, only the path is used, and PyGithub's debug log, which would print headers, stays off.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import github
import requests
from github.Requester import Requester
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from bot import __version__
from bot.errors import Forbidden, ForgeError, NotFound, RateLimited, Refused

API_VERSION = "2022-11-28"  # unversioned requests drift as versions retire
PER_PAGE = 100  # GitHub's most
TIMEOUT = 30  # seconds for one answer
SECONDARY_WAIT = 60.0  # seconds: what GitHub asks for where it names no time
# https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api

Method = Literal["POST", "PATCH", "PUT", "DELETE"]
Json = Any
Arrived = Callable[[], Json | None]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to bear with GitHub: `rate` seconds of waiting for a limit to pass, `tries` of what fails,
    `first_wait` seconds before the second of them, `pace` seconds between writes (GitHub asks for one).
    """

    rate: float = 120.0
    tries: int = 4
    first_wait: float = 2.0
    pace: float = 1.0


class Wire(Protocol):
    """What the rooms of github/ speak through: a Session, or one that only says what it would send."""

    def get(self, path: str, **parameters: Any) -> Json: ...

    def pages(self, path: str, **parameters: Any) -> Iterator[Json]: ...

    def query(self, document: str, variables: Mapping[str, Any]) -> Json: ...

    def write(self, method: Method, path: str, body: Mapping[str, Any] | None, *, arrived: Arrived) -> Json: ...

    def mutate(self, document: str, variables: Mapping[str, Any], *, arrived: Arrived) -> Json: ...


class _Ambiguous(Exception):
    """GitHub failed, or nobody knows: what was asked for may have been done."""

    def __init__(self, error: ForgeError) -> None:
        super().__init__(str(error))
        self.error = error


class _Wait(Exception):
    """A limit was reached; nothing was done."""

    def __init__(self, error: RateLimited) -> None:
        super().__init__(str(error))
        self.error = error


class Session:
    """A `Wire` to one API with one credential. `api_url` is GITHUB_API_URL, as the runner tells it."""

    def __init__(self, api_url: str, auth: github.Auth.Auth, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self._api = Requester(
            auth=auth,
            base_url=api_url.rstrip("/"),
            timeout=TIMEOUT,
            user_agent=f"patchwright/{__version__}",
            per_page=PER_PAGE,
            verify=True,
            retry=_reads_only(self.patience),
            pool_size=None,
            seconds_between_writes=self.patience.pace or None,
            api_version=API_VERSION,
        )
        self._seen: dict[str, tuple[str, Json]] = {}

    def get(self, path: str, **parameters: Any) -> Json:
        """A second read of the same thing asks only whether it changed: a 304 costs no quota."""
        key = json.dumps([path, parameters], sort_keys=True)
        etag, known = self._seen.get(key, ("", None))
        status, headers, data = self._read(path, parameters, {"If-None-Match": etag} if etag else {})
        if status == 304:
            return known
        if "etag" in headers:
            self._seen[key] = (headers["etag"], data)
        return data

    def pages(self, path: str, **parameters: Any) -> Iterator[Json]:
        """Every item of a list, page by page."""
        following: str | None = path
        told: dict[str, Any] = {"per_page": PER_PAGE, **parameters}
        while following:
            _, headers, data = self._read(following, told, {})
            yield from data if isinstance(data, list) else next(v for v in data.values() if isinstance(v, list))
            links = requests.utils.parse_header_links(headers.get("link", ""))
            following, told = next((link["url"] for link in links if link.get("rel") == "next"), None), {}

    def query(self, document: str, variables: Mapping[str, Any]) -> Json:
        """GraphQL that only reads. It is a POST, but one that may be repeated."""
        return self.mutate(document, variables, arrived=lambda: None)

    def write(self, method: Method, path: str, body: Mapping[str, Any] | None, *, arrived: Arrived) -> Json:
        """Do it once. `arrived` reads back: what was written, if it is there after all, else None."""

        def attempt() -> Json:
            status, headers, data = self._ask(method, path, {}, {}, body)
            if status >= 400:
                raise _failure(status, headers, data)
            return data

        return self._patiently(attempt, arrived)

    def mutate(self, document: str, variables: Mapping[str, Any], *, arrived: Arrived) -> Json:
        """GraphQL; its `data`."""

        def attempt() -> Json:
            body = {"query": document, "variables": dict(variables)}
            status, headers, data = self._ask("POST", self._api.graphql_url, {}, {}, body)
            if status >= 400:
                raise _failure(status, headers, data)
            if not isinstance(data, dict) or data.get("errors"):
                raise _graphql_refusal(data)
            return data["data"]

        return self._patiently(attempt, arrived)

    def _read(
        self, path: str, parameters: Mapping[str, Any], headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, Any], Json]:
        status, told, data = self._ask("GET", path, parameters, headers)
        if status >= 400:
            raise _refusal(status, told, data)
        return status, told, data

    def _ask(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Any],
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
    ) -> tuple[int, Mapping[str, Any], Json]:
        """Status, headers and body of one answer, whatever it says."""
        try:
            status, told, output = self._api.requestJson(method, path, dict(parameters), dict(headers), body)
        except github.GithubException as error:  # from PyGithub's retry of reads, and from its authentication
            return error.status, error.headers or {}, error.data
        except requests.RequestException as error:
            raise _unreachable(error, method) from None
        except (RuntimeError, AssertionError) as error:  # PyGithub's words for a redirect to where it won't go
            raise ForgeError(f"GitHub pointed to an address that isn't its API's: {error}") from None
        return status, told, _parsed(output)

    def _patiently(self, attempt: Callable[[], Json], arrived: Arrived) -> Json:
        """Wait for limits while they are short; look before an ambiguous attempt is made again."""
        waited, ambiguous = 0.0, False

        def once() -> Json:
            nonlocal ambiguous
            if ambiguous and (found := arrived()) is not None:
                return found
            try:
                return attempt()
            except _Ambiguous:
                ambiguous = True
                raise

        def pause(state: RetryCallState) -> float:
            nonlocal waited
            failure = state.outcome.exception() if state.outcome else None
            if not isinstance(failure, _Wait):
                return self.patience.first_wait * 2.0 ** (state.attempt_number - 1)
            waited += failure.error.seconds
            if waited > self.patience.rate:
                raise failure.error from None
            return failure.error.seconds

        retrying = Retrying(
            retry=retry_if_exception_type((_Ambiguous, _Wait)),
            stop=stop_after_attempt(self.patience.tries),
            wait=pause,
            reraise=True,
        )
        try:
            return retrying(once)
        except _Ambiguous as last:
            if (found := arrived()) is not None:
                return found
            raise last.error from None
        except _Wait as last:
            raise last.error from None


def _reads_only(patience: Patience) -> github.GithubRetry:
    return github.GithubRetry(
        total=patience.tries - 1,
        backoff_factor=patience.first_wait / 2,
        allowed_methods={"GET", "HEAD"},
        status_forcelist=[429, *range(500, 600)],
        raise_on_status=False,
        max_rate_limit_wait=patience.rate,
        secondary_rate_wait=min(SECONDARY_WAIT, patience.rate),
        retry_after_max=int(patience.rate),
    )


def _parsed(output: str) -> Json:
    """JSON, or a message in place of the pages of HTML that GitHub's edge answers with."""
    if not output:
        return None
    try:
        return json.loads(output)
    except ValueError:
        return {"message": "an answer that is no JSON"}


def _unreachable(error: requests.RequestException, method: str) -> Exception:
    """The text of such an error holds the address, which is no secret, and never a header."""
    reason = " ".join(str(error.args[0] if error.args else error).split())[:200]
    failed = ForgeError(f"GitHub can't be reached: {reason}", "Is the address right, and reachable from this machine?")
    return failed if method == "GET" else _Ambiguous(failed)


def _failure(status: int, headers: Mapping[str, Any], data: Json) -> Exception:
    """What a status says of a write."""
    error = _refusal(status, headers, data)
    if isinstance(error, RateLimited):
        return _Wait(error)
    return _Ambiguous(error) if status >= 500 else error


def _refusal(status: int, headers: Mapping[str, Any], data: Json) -> ForgeError:
    said, problems = _said(data), _problems(data)
    seconds = _limit(status, headers, (said, *problems))
    if seconds is not None:
        return RateLimited(f"GitHub's rate limit is reached ({said})", seconds)
    match status:
        case 401:
            return Forbidden(f"GitHub refuses the token ({said})", "Is it valid still, and for this server?")
        case 403:
            return Forbidden(f"GitHub forbids it ({said})")
        case 404 | 410:
            return NotFound(f"GitHub finds no such thing, or the token may not see it ({said})")
        case 409 | 422:
            return Refused(f"GitHub refuses it ({'; '.join((said, *problems))[:500]})", problems)
    return ForgeError(f"GitHub answered {status}: {said}")


def _limit(status: int, headers: Mapping[str, Any], told: tuple[str, ...]) -> float | None:
    """Seconds to wait, if this is about a rate limit: what GitHub names, else a minute."""
    if any("submitted too quickly" in text for text in told):
        return SECONDARY_WAIT
    if status not in (403, 429):
        return None
    if str(headers.get("retry-after", "")).isdigit():
        return float(headers["retry-after"])
    if str(headers.get("x-ratelimit-remaining")) == "0" and str(headers.get("x-ratelimit-reset", "")).isdigit():
        return max(0.0, float(headers["x-ratelimit-reset"]) - time.time()) + 1
    return SECONDARY_WAIT if status == 429 or Requester.isRateLimitError(told[0]) else None


def _said(data: Json) -> str:
    said = data.get("message") if isinstance(data, dict) else None
    return " ".join(str(said or "no reason given").split())[:300]


def _problems(data: Json) -> tuple[str, ...]:
    """`errors` of a 422: strings for reviews, objects elsewhere."""
    errors = data.get("errors") if isinstance(data, dict) else None
    told = errors if isinstance(errors, list) else [errors] if errors else []
    return tuple(_problem(error) for error in told)


def _problem(error: Any) -> str:
    if not isinstance(error, dict):
        return str(error)
    return " ".join(str(error[key]) for key in ("field", "message", "code") if error.get(key))


def _graphql_refusal(data: Json) -> Exception:
    errors = data.get("errors") if isinstance(data, dict) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    said = " ".join(str(first.get("message", "no reason given")).split())[:300]
    match first.get("type"):
        case "FORBIDDEN" | "INSUFFICIENT_SCOPES":
            return Forbidden(f"GitHub forbids it ({said})")
        case "NOT_FOUND":
            return NotFound(f"GitHub finds no such thing, or the token may not see it ({said})")
        case "RATE_LIMITED":
            return _Wait(RateLimited(f"GitHub's rate limit is reached ({said})", SECONDARY_WAIT))
    return Refused(f"GitHub refuses it ({said})", (said,))
