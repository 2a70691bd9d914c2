"""One session with GitHub's API, PyGithub underneath: reads, and writes that are never made twice.

PyGithub's own retry is off: it would repeat a POST, although GitHub may have done what it answers with a 5xx, and it
bounds each wait for a limit, not all of them. What fails is repeated here, and before a write is, the caller's
`arrived` looks whether it is there already.

The token goes into the `Authorization` header of requests to the API's host and nowhere else: of an address that an
answer names, only the path is used, and PyGithub's debug log, which prints the answer that an App's token comes in,
stays off.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import github
import requests
from github.Requester import Requester
from tenacity import RetryCallState, Retrying, retry_if_exception_type, retry_if_result, stop_after_attempt, wait_fixed

from bot import __version__
from bot.errors import Forbidden, ForgeError, NotFound, RateLimited, Refused

API_VERSION = "2022-11-28"  # unversioned requests drift as versions retire
PER_PAGE = 100  # GitHub's most
TIMEOUT = 30  # seconds for one answer
SECONDARY_WAIT = 60.0  # seconds: what GitHub asks for where it names no time
# https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
LOOKS = 3  # at what may have been written, before it is written again: GitHub's lists lag behind
_TIMED_OUT = "Something went wrong while executing your query"  # GraphQL's 502, which comes as a 200
_NO_JSON = {"message": "an answer that is no JSON"}

logging.getLogger("github.Requester").disabled = True

Method = Literal["POST", "PATCH", "PUT", "DELETE"]
Json = Any
Arrived = Callable[[], Json | None]
_Answer = tuple[int, Mapping[str, Any], Json]  # its status, its headers in lower case, and its body


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to bear with GitHub: `rate` seconds of waiting for limits to pass in all, `tries` of what fails,
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

    def write(
        self, method: Method, path: str, body: Mapping[str, Any] | None, *, arrived: Arrived | None = None
    ) -> Json: ...

    def mutate(self, document: str, variables: Mapping[str, Any], *, arrived: Arrived | None = None) -> Json: ...


class _Ambiguous(Exception):
    """GitHub failed, or nobody knows: what was asked for may have been done. It may be tried again."""

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
            retry=None,
            pool_size=None,
            seconds_between_writes=self.patience.pace or None,
            api_version=API_VERSION,
        )
        self._seen: dict[str, tuple[str, Json]] = {}
        self._waited = 0.0

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
            yield from _items(data)
            links = requests.utils.parse_header_links(headers.get("link", ""))
            following, told = next((link["url"] for link in links if link.get("rel") == "next"), None), {}

    def query(self, document: str, variables: Mapping[str, Any]) -> Json:
        """GraphQL that only reads. It is a POST, but one that may be repeated."""
        return self.mutate(document, variables)

    def write(
        self, method: Method, path: str, body: Mapping[str, Any] | None, *, arrived: Arrived | None = None
    ) -> Json:
        """Do it once. `arrived` reads back: what was written, if it is there after all, else None; it raises Refused
        where it is there in part. Without it, what is done twice is as good as done once.
        """
        return self._patiently(lambda: self._ask(method, path, {}, {}, body), arrived)[2]

    def mutate(self, document: str, variables: Mapping[str, Any], *, arrived: Arrived | None = None) -> Json:
        """GraphQL; its `data`."""

        def attempt() -> _Answer:
            body = {"query": document, "variables": dict(variables)}
            status, headers, data = self._ask("POST", self._api.graphql_url, {}, {}, body)
            if not isinstance(data, dict) or data.get("errors") or not isinstance(data.get("data"), dict):
                raise _graphql_refusal(headers, data)
            return status, headers, data["data"]

        return self._patiently(attempt, arrived)[2]

    def _read(self, path: str, parameters: Mapping[str, Any], headers: Mapping[str, str]) -> _Answer:
        return self._patiently(lambda: self._ask("GET", path, parameters, headers), None)

    def _ask(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, Any],
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
    ) -> _Answer:
        """One request, once. Raises what `_patiently` knows what to do about, or a ForgeError."""
        try:
            status, told, output = self._api.requestJson(method, path, dict(parameters), dict(headers), body)
        except github.GithubException as error:  # from PyGithub's authentication as an App
            raise _failure(error.status, error.headers or {}, error.data) from None
        except requests.RequestException as error:
            raise _unreachable(error) from None
        except (RuntimeError, AssertionError) as error:  # PyGithub's words for a redirect to where it won't go
            raise ForgeError(f"GitHub pointed to an address that isn't its API's: {error}") from None
        data = _parsed(output)
        if data is _NO_JSON or (status >= 300 and status != 304):
            raise _failure(status, told, data)
        return status, told, data

    def _patiently(self, attempt: Callable[[], _Answer], arrived: Arrived | None) -> _Answer:
        """Wait for limits while they are short; look before an ambiguous attempt is made again."""
        ambiguous = False

        def once() -> _Answer:
            nonlocal ambiguous
            if ambiguous and (found := self._look(arrived)) is not None:
                return found
            try:
                return attempt()
            except _Ambiguous:
                ambiguous = True
                raise
            except ForgeError:  # as it may refuse what it has already
                if ambiguous and (found := self._look(arrived)) is not None:
                    return found
                raise

        retrying = Retrying(
            retry=retry_if_exception_type((_Ambiguous, _Wait)),
            stop=stop_after_attempt(self.patience.tries),
            wait=self._pause,
            reraise=True,
        )
        try:
            return retrying(once)
        except (_Ambiguous, _Wait) as last:
            if ambiguous and (found := self._look(arrived)) is not None:
                return found
            raise last.error from None

    def _look(self, arrived: Arrived | None) -> _Answer | None:
        """What was written, if it is there. GitHub's lists lag behind: nothing is only nothing the third time, and
        neither is a part of it the end.
        """
        if arrived is None:
            return None
        looking = Retrying(
            retry=retry_if_result(lambda found: found is None) | retry_if_exception_type(Refused),
            stop=stop_after_attempt(LOOKS),
            wait=wait_fixed(self.patience.first_wait),
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        found = looking(arrived)
        return None if found is None else (200, {}, found)

    def _pause(self, state: RetryCallState) -> float:
        """Seconds before the next attempt."""
        failure = state.outcome.exception() if state.outcome else None
        if not isinstance(failure, _Wait):
            return self.patience.first_wait * 2.0 ** (state.attempt_number - 1)
        seconds = failure.error.seconds
        if state.attempt_number < self.patience.tries:
            if self._waited + seconds > self.patience.rate:
                raise failure  # it is the last: nobody waits so long
            self._waited += seconds
        return seconds


def _items(data: Json) -> list[Json]:
    """Those of a page: it is a list, or holds one beside its count."""
    lists = [one for one in (data, *(data.values() if isinstance(data, dict) else ())) if isinstance(one, list)]
    if not lists:
        raise ForgeError("GitHub's answer isn't what its documentation says (no list)")
    return lists[0]


def _parsed(output: str) -> Json:
    """JSON, or a message in place of the pages of HTML that GitHub's edge answers with."""
    if not output:
        return None
    try:
        return json.loads(output)
    except ValueError:
        return _NO_JSON


def _unreachable(error: requests.RequestException) -> Exception:
    """In the words of the innermost cause. They may hold the address, which is no secret, and never a header."""
    inner = error.args[0] if error.args else error
    said = " ".join(str(getattr(inner, "reason", None) or inner).split())
    reason = said.rpartition("): ")[2][:200]
    hint = "Is the address right, and reachable from this machine?"
    return _Ambiguous(ForgeError(f"GitHub can't be reached: {reason}", hint))


def _failure(status: int, headers: Mapping[str, Any], data: Json) -> Exception:
    """What to do about an answer that isn't the one asked for."""
    error = _refusal(status, headers, data)
    if isinstance(error, RateLimited):
        return _Wait(error)
    return _Ambiguous(error) if status >= 500 or status < 300 else error


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
        case 404:
            return NotFound(f"GitHub finds no such thing, or the token may not see it ({said})")
        case 409 | 422:
            return Refused(f"GitHub refuses it ({'; '.join((said, *problems))[:500]})", problems)
    if 300 <= status < 400:
        return ForgeError("GitHub has it elsewhere by now", "Was the repository renamed? Give it the name it has now.")
    return ForgeError(f"GitHub answered {status}: {said}")


def _limit(status: int, headers: Mapping[str, Any], told: tuple[str, ...]) -> float | None:
    """Seconds to wait, if this is about a rate limit: what GitHub names, else a minute."""
    if any("submitted too quickly" in text for text in told):
        return SECONDARY_WAIT
    if status not in (403, 429):
        return None
    if str(headers.get("retry-after", "")).isdecimal():
        return float(headers["retry-after"])
    return _reset(headers) if status == 429 or Requester.isRateLimitError(told[0]) else None


def _reset(headers: Mapping[str, Any]) -> float:
    """Seconds until there is quota again, else a minute."""
    if str(headers.get("x-ratelimit-remaining")) == "0" and str(headers.get("x-ratelimit-reset", "")).isdecimal():
        return max(0.0, float(headers["x-ratelimit-reset"]) - time.time()) + 1
    return SECONDARY_WAIT


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


def _graphql_refusal(headers: Mapping[str, Any], data: Json) -> Exception:
    """An answer of 200 that has `errors`, or no `data`."""
    errors = data.get("errors") if isinstance(data, dict) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    said = _said(first)
    match first.get("type"):
        case "FORBIDDEN" | "INSUFFICIENT_SCOPES":
            return Forbidden(f"GitHub forbids it ({said})")
        case "NOT_FOUND":
            return NotFound(f"GitHub finds no such thing, or the token may not see it ({said})")
        case "RATE_LIMITED" | "RATE_LIMIT":
            return _Wait(RateLimited(f"GitHub's rate limit is reached ({said})", _reset(headers)))
    if said.startswith(_TIMED_OUT) or not errors:
        return _Ambiguous(ForgeError(f"GitHub didn't answer the query ({said})"))
    return Refused(f"GitHub refuses it ({said})", (said,))
