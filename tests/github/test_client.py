"""The session with GitHub's API: what is tried again, what never is, what an error is called, where the token goes."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
import requests
import responses

from bot.errors import BadInput, Forbidden, ForgeError, NotFound, RateLimited, Refused
from bot.github.client import Patience, Session
from bot.github.connect import connect

API = "https://api.github.com:443"
TOKEN = "ghs_0123456789abcdefABCDEF"
HASTE = Patience(first_wait=0, pace=0)
UNICORN = "<!DOCTYPE html>\n<html><head><title>Unicorn! &middot; GitHub</title></head></html>"
TOO_FAST = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
Hub = responses.RequestsMock


@pytest.fixture
def hub() -> Iterator[Hub]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as hub:
        yield hub


def session(patience: Patience = HASTE) -> Session:
    return connect("acme/shop", api_url="", token=TOKEN, patience=patience)._wire


def impatient(rate: float = 0) -> Session:
    return session(Patience(first_wait=0, pace=0, rate=rate))


def says(message: str, **more: Any) -> dict[str, Any]:
    return {"message": message, "documentation_url": "https://docs.github.com/rest", "status": "0"} | more


def dropped() -> requests.ConnectionError:
    return requests.ConnectionError("Connection aborted: Remote end closed connection without response")


def never() -> Any:
    raise AssertionError("there was no need to look")


# ------------------------------------------------------------------------------------------------------------ reads


@pytest.mark.parametrize(
    "failure",
    [
        {"status": 502, "body": UNICORN, "content_type": "text/html"},
        {"status": 503, "json": says("Service unavailable")},
        {"status": 429, "json": says("Too many requests"), "headers": {"Retry-After": "0"}},
        {"status": 403, "json": says(TOO_FAST), "headers": {"Retry-After": "0"}},
        {"status": 200, "body": UNICORN, "content_type": "text/html"},
        {"body": dropped()},
        {"body": requests.ReadTimeout("Read timed out.")},
    ],
    ids=["502 in HTML", "503 in JSON", "429", "403 for speed", "200 in HTML", "dropped", "timeout"],
)
def test_a_read_that_fails_twice_is_read_a_third_time(hub: Hub, failure: dict[str, Any]) -> None:
    for _ in range(2):
        hub.get(f"{API}/user", **failure)
    hub.get(f"{API}/user", json={"login": "ann"})
    assert session().get("/user") == {"login": "ann"}
    assert len(hub.calls) == 3


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        ({"status": 502, "body": UNICORN}, "GitHub answered 502: an answer that is no JSON"),
        ({"status": 500, "json": says("Server Error")}, "GitHub answered 500: Server Error"),
        ({"status": 200, "body": UNICORN}, "GitHub answered 200: an answer that is no JSON"),
        (
            {"body": dropped()},
            "GitHub can't be reached: Connection aborted: Remote end closed connection without response",
        ),
    ],
)
def test_a_read_that_fails_for_good_is_one_sentence_after_four_tries(
    hub: Hub, failure: dict[str, Any], sentence: str
) -> None:
    hub.get(f"{API}/user", **failure)
    with pytest.raises(ForgeError) as caught:
        session().get("/user")
    assert (type(caught.value), str(caught.value), len(hub.calls)) == (ForgeError, sentence, 4)


def test_nothing_there_is_not_asked_for_again(hub: Hub) -> None:
    hub.get(f"{API}/user", status=404, json=says("Not Found"))
    with pytest.raises(NotFound):
        session().get("/user")
    assert len(hub.calls) == 1


def test_a_second_read_asks_only_whether_it_changed(hub: Hub) -> None:
    github = session()
    hub.get(f"{API}/user", json={"login": "ann"}, headers={"ETag": '"one"'})
    assert github.get("/user") == {"login": "ann"}
    hub.get(f"{API}/user", status=304, match=[responses.matchers.header_matcher({"If-None-Match": '"one"'})])
    assert github.get("/user") == {"login": "ann"}
    hub.get(f"{API}/user", json={"login": "bea"}, headers={"ETag": '"two"'})
    assert [github.get("/user"), github.get("/user")] == [{"login": "bea"}] * 2
    assert [call.request.headers.get("If-None-Match") for call in hub.calls] == [None, '"one"', '"one"', '"two"']


def test_what_was_read_with_other_parameters_is_another_thing(hub: Hub) -> None:
    github = session()
    for ref in ("main", "topic"):
        query = [responses.matchers.query_param_matcher({"ref": ref})]
        hub.get(f"{API}/contents/a", json={"ref": ref}, headers={"ETag": '"one"'}, match=query)
        assert github.get("/contents/a", ref=ref) == {"ref": ref}
    assert "If-None-Match" not in hub.calls[1].request.headers


# ------------------------------------------------------------------------------------------------------------ pages


def link(address: str) -> dict[str, str]:
    return {"Link": f'<{address}>; rel="next", <{API}/x?page=9>; rel="last"'}


def test_pages_are_followed_by_their_links(hub: Hub) -> None:
    hub.get(
        f"{API}/items?per_page=100&state=all",
        json=[1, 2],
        headers=link("https://api.github.com/repositories/1/items?page=2"),
    )
    hub.get(f"{API}/repositories/1/items?page=2", json=[3])
    assert list(session().pages("/items", state="all")) == [1, 2, 3]


def test_a_page_may_be_an_object_that_holds_a_list(hub: Hub) -> None:
    hub.get(f"{API}/runs", json={"total_count": 1, "check_runs": [{"id": 1}]})
    assert list(session().pages("/runs")) == [{"id": 1}]


@pytest.mark.parametrize("body", [{"message": "hello"}, "hello", None, 7])
def test_a_page_without_a_list_is_an_error_and_not_an_empty_list(hub: Hub, body: Any) -> None:
    hub.get(f"{API}/items", json=body)
    with pytest.raises(ForgeError, match="no list"):
        list(session().pages("/items"))


def test_a_link_to_another_host_is_asked_for_at_the_apis_own(hub: Hub) -> None:
    """Had a request left for another host, `responses` would have refused it as one that it doesn't know."""
    hub.get(f"{API}/items", json=[1], headers=link("https://evil.example/steal?page=2"))
    hub.get(f"{API}/steal", json=[2])
    assert list(session().pages("/items")) == [1, 2]
    assert {call.request.url.split("/")[2] for call in hub.calls} == {"api.github.com:443"}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("place", ["https://evil.example/user", "http://api.github.com/user", "//evil.example/user"])
def test_a_redirect_to_another_host_is_refused_in_a_sentence(hub: Hub, status: int, place: str) -> None:
    hub.get(f"{API}/user", status=status, headers={"Location": place})
    with pytest.raises(ForgeError) as caught:
        session().get("/user")
    assert len(hub.calls) == 1
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_write_to_a_repository_that_was_renamed_says_so(hub: Hub) -> None:
    hub.post(
        f"{API}/say", status=307, json=says("Moved Permanently"), headers={"Location": f"{API}/repositories/1/say"}
    )
    with pytest.raises(ForgeError, match="elsewhere by now") as caught:
        session().write("POST", "/say", {"body": "x"}, arrived=never)
    assert caught.value.hint == "Was the repository renamed? Give it the name it has now."


# ----------------------------------------------------------------------------------------------------------- writes


class Board:
    """What a POST leaves behind: `fails` says how each of the first ones ends, and whether it had been done."""

    def __init__(self, hub: Hub, *fails: tuple[bool, Any], lag: int = 0) -> None:
        self.notes: list[str] = []
        self.looks = 0
        self._fails, self._lag = list(fails), lag
        hub.add_callback(responses.POST, f"{API}/notes", self._post)

    def _post(self, request: Any) -> tuple[int, dict[str, str], str]:
        done, failure = self._fails.pop(0) if self._fails else (True, None)
        if done:
            self.notes.append(json.loads(request.body)["body"])
        if isinstance(failure, Exception):
            raise failure
        return failure or (201, {}, json.dumps({"id": len(self.notes)}))

    def arrived(self) -> Any:
        self.looks += 1
        return {"id": 1} if self.notes and self.looks > self._lag else None

    def write(self, github: Session) -> Any:
        return github.write("POST", "/notes", {"body": "hello"}, arrived=self.arrived)


AMBIGUOUS: list[Any] = [
    (502, {}, UNICORN),
    (503, {}, json.dumps(says("Service unavailable"))),
    (201, {}, UNICORN),
    dropped(),
    requests.ReadTimeout("Read timed out. (read timeout=30)"),
    requests.exceptions.ChunkedEncodingError("Response ended prematurely"),
]
NAMES = ["502 in HTML", "503 in JSON", "201 in HTML", "dropped", "timeout", "cut short"]


@pytest.mark.parametrize("failure", AMBIGUOUS, ids=NAMES)
def test_a_post_that_failed_and_did_arrive_is_not_sent_again(hub: Hub, failure: Any) -> None:
    board = Board(hub, (True, failure))
    assert board.write(session()) == {"id": 1}
    assert (board.notes, len(hub.calls)) == (["hello"], 1)


@pytest.mark.parametrize("failure", AMBIGUOUS, ids=NAMES)
def test_a_post_that_failed_and_did_not_arrive_is_looked_for_and_sent_again(hub: Hub, failure: Any) -> None:
    board = Board(hub, (False, failure))
    assert board.write(session()) == {"id": 1}
    assert (board.notes, board.looks) == (["hello"], 3)


def test_a_list_that_lags_behind_twice_does_not_make_a_post_twice(hub: Hub) -> None:
    board = Board(hub, (True, (502, {}, UNICORN)), lag=2)
    board.write(session())
    assert board.notes == ["hello"]


def test_a_post_that_never_gets_through_is_one_sentence(hub: Hub) -> None:
    board = Board(hub, *[(False, (502, {}, UNICORN))] * 9)
    with pytest.raises(ForgeError, match=r"^GitHub answered 502: an answer that is no JSON$"):
        board.write(session())
    assert (board.notes, len(hub.calls)) == ([], 4)


def test_the_last_try_that_did_arrive_counts(hub: Hub) -> None:
    board = Board(hub, *[(False, (502, {}, UNICORN))] * 3, (True, dropped()))
    assert board.write(session()) == {"id": 1}
    assert board.notes == ["hello"]


def test_a_second_post_that_is_refused_because_of_the_first_is_looked_for_once_more(hub: Hub) -> None:
    refusal = (422, {}, json.dumps(says("Reference already exists")))
    board = Board(hub, (True, (502, {}, UNICORN)), (False, refusal), lag=3)
    assert board.write(session()) == {"id": 1}
    assert (board.notes, len(hub.calls)) == (["hello"], 2)


def test_a_post_that_is_refused_at_once_is_not_looked_for(hub: Hub) -> None:
    hub.post(f"{API}/notes", status=422, json=says("Validation Failed"))
    with pytest.raises(Refused):
        session().write("POST", "/notes", {}, arrived=never)
    assert len(hub.calls) == 1


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_what_may_be_done_twice_is_just_done_again(hub: Hub, method: Any) -> None:
    hub.add(method, f"{API}/thing", status=502, body=UNICORN)
    hub.add(method, f"{API}/thing", status=204)
    assert session().write(method, "/thing", None) is None


def test_a_limit_is_waited_for_and_nothing_is_looked_for(hub: Hub) -> None:
    """Nothing was done where a limit was reached."""
    hub.post(f"{API}/notes", status=403, json=says(TOO_FAST), headers={"Retry-After": "0"})
    hub.post(f"{API}/notes", status=201, json={"id": 1})
    assert session().write("POST", "/notes", {}, arrived=never) == {"id": 1}


# ---------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        (
            says("Unprocessable Entity", errors=["Line could not be resolved", "Path could not be resolved"]),
            ("Line could not be resolved", "Path could not be resolved"),
        ),
        (
            says(
                "Validation Failed",
                errors=[
                    {
                        "resource": "IssueComment",
                        "code": "unprocessable",
                        "field": "data",
                        "message": "Body is too long",
                    }
                ],
            ),
            ("data Body is too long unprocessable",),
        ),
        (
            says("Unprocessable Entity", errors="Can not approve your own pull request"),
            ("Can not approve your own pull request",),
        ),
        (says("Reference already exists"), ()),
        (says("Validation Failed", errors=None), ()),
        (says("Validation Failed", errors=[None, 3]), ("None", "3")),
        (["an array"], ()),
    ],
)
def test_a_refusal_brings_githubs_words(hub: Hub, body: Any, problems: tuple[str, ...]) -> None:
    hub.post(f"{API}/notes", status=422, json=body)
    with pytest.raises(Refused) as caught:
        session().write("POST", "/notes", {}, arrived=never)
    assert caught.value.problems == problems
    assert str(caught.value).startswith("GitHub refuses it (")
    assert all(problem in str(caught.value) for problem in problems)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("status", "body", "kind", "sentence"),
    [
        (401, says("Bad credentials"), Forbidden, "GitHub refuses the token (Bad credentials)"),
        (
            403,
            says("Resource not accessible by integration"),
            Forbidden,
            "GitHub forbids it (Resource not accessible by integration)",
        ),
        (403, "<html>Forbidden</html>", Forbidden, "GitHub forbids it (an answer that is no JSON)"),
        (404, says("Not Found"), NotFound, "GitHub finds no such thing, or the token may not see it (Not Found)"),
        (409, says("Git Repository is empty."), Refused, "GitHub refuses it (Git Repository is empty.)"),
        (
            410,
            says('The API version "2022-11-28" is no longer supported.'),
            ForgeError,
            'GitHub answered 410: The API version "2022-11-28" is no longer supported.',
        ),
        (400, says("Problems parsing\n\tJSON"), ForgeError, "GitHub answered 400: Problems parsing JSON"),
    ],
)
def test_what_a_status_is_called(
    hub: Hub, method: Any, status: int, body: Any, kind: type[ForgeError], sentence: str
) -> None:
    hub.add(method, f"{API}/x", status=status, body=body if isinstance(body, str) else json.dumps(body))
    with pytest.raises(ForgeError) as caught:
        session().get("/x") if method == "GET" else session().write("POST", "/x", {}, arrived=never)
    assert (type(caught.value), str(caught.value), len(hub.calls)) == (kind, sentence, 1)


# ------------------------------------------------------------------------------------------------------------ limits


def exhausted(seconds: float) -> dict[str, str]:
    return {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time() + seconds))}


PRIMARY = "API rate limit exceeded for installation ID 40000001."
LIMITS = [
    (403, TOO_FAST, {"Retry-After": "7"}, 7),
    (429, TOO_FAST, {"Retry-After": "3600"}, 3600),
    (403, TOO_FAST, {}, 60),
    (429, "Too many requests", {}, 60),
    (429, TOO_FAST, {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, 60),
    (403, PRIMARY, 1800, 1800),
    (429, PRIMARY, 1800, 1800),
    (403, PRIMARY, -600, 1),
    (422, "This was submitted too quickly", {}, 60),
]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("status", "message", "told", "seconds"), LIMITS)
def test_a_limit_that_is_longer_than_our_patience_is_told_with_its_seconds(
    hub: Hub, method: Any, status: int, message: str, told: Any, seconds: float
) -> None:
    headers = told if isinstance(told, dict) else exhausted(told)
    hub.add(method, f"{API}/x", status=status, json=says(message), headers=headers)
    with pytest.raises(RateLimited) as caught:
        impatient().get("/x") if method == "GET" else impatient().write("POST", "/x", {}, arrived=never)
    assert caught.value.seconds == pytest.approx(seconds, abs=5)
    assert len(hub.calls) == 1
    assert caught.value.hint.startswith("It may be tried again in ")


def test_an_hour_is_not_waited_for_with_a_read_either(hub: Hub) -> None:
    hub.get(f"{API}/x", status=403, json=says(TOO_FAST), headers={"Retry-After": "3600"})
    with pytest.raises(RateLimited) as caught:
        session().get("/x")
    assert (caught.value.seconds, len(hub.calls)) == (3600, 1)
    assert caught.value.hint == "It may be tried again in 60 minutes."


def test_a_limit_that_ends_soon_is_waited_for_but_not_again_and_again(hub: Hub) -> None:
    """Patience is for all waiting, not for each."""
    for path in ("/one", "/two"):
        hub.get(f"{API}{path}", status=429, json=says(TOO_FAST), headers={"Retry-After": "1"})
        hub.get(f"{API}{path}", json={})
    github, started = impatient(rate=1.5), time.monotonic()
    assert github.get("/one") == {}
    assert time.monotonic() - started >= 1
    with pytest.raises(RateLimited):
        github.get("/two")


def test_a_permission_that_is_missing_is_no_limit_even_with_the_last_request(hub: Hub) -> None:
    hub.post(f"{API}/x", status=403, json=says("Resource not accessible by integration"), headers=exhausted(1800))
    with pytest.raises(Forbidden):
        session().write("POST", "/x", {}, arrived=never)


def test_a_limit_that_comes_again_and_again_ends(hub: Hub) -> None:
    hub.get(f"{API}/x", status=429, json=says(TOO_FAST), headers={"Retry-After": "0"})
    with pytest.raises(RateLimited):
        session().get("/x")
    assert len(hub.calls) == 4


# ----------------------------------------------------------------------------------------------------------- GraphQL


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (
            {"type": "FORBIDDEN", "message": "Resource not accessible by integration"},
            Forbidden,
            "GitHub forbids it (Resource not accessible by integration)",
        ),
        (
            {"type": "NOT_FOUND", "message": "Could not resolve to a node"},
            NotFound,
            "GitHub finds no such thing, or the token may not see it (Could not resolve to a node)",
        ),
        (
            {"type": "STALE_DATA", "message": "Expected branch to point to"},
            Refused,
            "GitHub refuses it (Expected branch to point to)",
        ),
        ({"message": "Field 'x' doesn't exist"}, Refused, "GitHub refuses it (Field 'x' doesn't exist)"),
    ],
)
def test_graphql_fails_with_a_200(hub: Hub, error: Any, kind: type[ForgeError], sentence: str) -> None:
    hub.post(f"{API}/graphql", json={"data": {"x": None}, "errors": [error]})
    with pytest.raises(ForgeError) as caught:
        session().mutate("mutation {x}", {}, arrived=never)
    assert (type(caught.value), str(caught.value), len(hub.calls)) == (kind, sentence, 1)


def test_graphql_tells_its_limit_in_the_headers(hub: Hub) -> None:
    error = {"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."}
    hub.post(f"{API}/graphql", json={"errors": [error]}, headers=exhausted(1800))
    with pytest.raises(RateLimited) as caught:
        session().query("{x}", {})
    assert caught.value.seconds == pytest.approx(1800, abs=5)


def test_a_query_that_times_out_is_asked_again(hub: Hub) -> None:
    hub.post(
        f"{API}/graphql", json={"errors": [{"message": "Something went wrong while executing your query. This may be"}]}
    )
    hub.post(f"{API}/graphql", status=502, body=UNICORN)
    hub.post(f"{API}/graphql", json={"data": {"x": 1}})
    assert session().query("{x}", {}) == {"x": 1}


def test_a_mutation_that_times_out_is_looked_for(hub: Hub) -> None:
    hub.post(f"{API}/graphql", json={"errors": [{"message": "Something went wrong while executing your query."}]})
    assert session().mutate("mutation {x}", {}, arrived=lambda: {"x": 1}) == {"x": 1}
    assert len(hub.calls) == 1


@pytest.mark.parametrize("body", ["{}", "[]", '"x"', "", '{"message": "hello"}', '{"data": null}', "<html>"])
def test_an_answer_that_is_no_graphql_is_a_sentence(hub: Hub, body: str) -> None:
    hub.post(f"{API}/graphql", body=body)
    with pytest.raises(ForgeError, match=r"^GitHub (didn't answer|answered)"):
        session().query("{x}", {})


# ---------------------------------------------------------------------------------------------------------- the token


def _fails(hub: Hub, kind: str) -> Callable[[Session], Any]:
    hub.get(f"{API}/x", **({"body": dropped()} if kind == "dropped" else {"status": int(kind), "json": says("no")}))
    hub.post(f"{API}/x", **({"body": dropped()} if kind == "dropped" else {"status": int(kind), "json": says("no")}))
    return lambda github: (github.get("/x"), github.write("POST", "/x", {"body": "x"}, arrived=lambda: None))


@pytest.mark.parametrize("kind", ["200", "401", "403", "404", "422", "429", "500", "dropped"])
def test_the_token_is_in_one_header_and_nowhere_else(hub: Hub, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("github", "github.Requester", "github.GithubRetry", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    github, told = impatient(), ""
    try:
        _fails(hub, kind)(github)
    except ForgeError as error:
        told = f"{error!r} {error} {error.hint} {error.__context__!r} {error.__cause__!r}"
    assert TOKEN not in told + repr(github) + repr(github.patience) + caplog.text
    for call in hub.calls:
        assert call.request.headers["Authorization"] == f"token {TOKEN}"
        assert TOKEN not in call.request.url + str(call.request.body)


def test_the_token_that_an_app_gets_is_in_no_log(hub: Hub, caplog: pytest.LogCaptureFixture, app_key: str) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="github.Requester")
    hub.get(f"{API}/repos/acme/shop/installation", json={"id": 7})
    token = {"token": TOKEN, "expires_at": "2099-01-01T00:00:00Z"}
    hub.post(f"{API}/app/installations/7/access_tokens", status=201, json=token)
    hub.get(f"{API}/x", json={})
    connect("acme/shop", api_url="", app_id="1", app_key=app_key, patience=HASTE)._wire.get("/x")
    assert hub.calls[-1].request.headers["Authorization"] == f"token {TOKEN}"
    assert TOKEN not in caplog.text
    assert "PRIVATE KEY" not in caplog.text


def test_a_token_from_a_file_may_end_with_a_line_feed(hub: Hub) -> None:
    hub.get(f"{API}/x", json={})
    connect("acme/shop", api_url="", token=f"{TOKEN}\n", patience=HASTE)._wire.get("/x")
    assert hub.calls[0].request.headers["Authorization"] == f"token {TOKEN}"


@pytest.mark.parametrize("token", [f"{TOKEN}\nX-Evil: 1", f"{TOKEN}\u2013", f"{TOKEN} {TOKEN}", f"{TOKEN}\x00"])
def test_a_token_that_is_none_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(BadInput, match="has characters that no token has") as caught:
        connect("acme/shop", api_url="", token=token)
    assert TOKEN not in f"{caught.value!r}{caught.value.__context__!r}"


def test_no_token_at_all_is_a_sentence() -> None:
    with pytest.raises(BadInput, match="no token") as caught:
        connect("acme/shop", api_url="", token=" \n")
    assert caught.value.hint == "Set GITHUB_TOKEN, or an App's id and key."


@pytest.mark.parametrize(
    "address",
    [
        "api.github.com",
        "ftp://ghe.example",
        "https://",
        "https://me:pw@ghe.example",
        "https://ghe.example:port",
        "https://x/?a=b",
        "/",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match="the API's address") as caught:
        connect("acme/shop", api_url=address, token=TOKEN)
    assert "pw" not in str(caught.value)


def test_an_enterprise_servers_addresses_are_its_own(hub: Hub) -> None:
    github = connect("acme/shop", api_url="https://ghe.example/api/v3/", token=TOKEN, patience=HASTE)._wire
    hub.get("https://ghe.example:443/api/v3/x", json={"x": 1})
    hub.post("https://ghe.example:443/api/graphql", json={"data": {"x": 2}})
    assert (github.get("/x"), github.query("{x}", {})) == ({"x": 1}, {"x": 2})


@pytest.mark.parametrize(
    "key", ["no key", "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n", "\n"]
)
def test_an_apps_key_that_is_none_is_refused_and_not_shown(hub: Hub, key: str) -> None:
    with pytest.raises(BadInput, match="the key of the GitHub App 1 can't be read") as caught:
        connect("acme/shop", api_url="", app_id="1", app_key=key, patience=HASTE)
    assert "c2VjcmV0" not in str(caught.value)
    assert not hub.calls


@pytest.mark.parametrize(("status", "kind"), [(404, Forbidden), (401, Forbidden), (500, ForgeError)])
def test_an_app_that_is_not_installed_is_a_sentence(hub: Hub, app_key: str, status: int, kind: type) -> None:
    hub.get(f"{API}/repos/acme/shop/installation", status=status, json=says("no"))
    with pytest.raises(ForgeError) as caught:
        connect("acme/shop", api_url="", app_id="1", app_key=app_key, patience=HASTE)
    assert type(caught.value) is kind


@pytest.mark.parametrize("status", [403, 404, 422, 500])
def test_an_app_that_gets_no_token_is_a_sentence(hub: Hub, app_key: str, status: int) -> None:
    hub.get(f"{API}/repos/acme/shop/installation", json={"id": 7})
    hub.post(f"{API}/app/installations/7/access_tokens", status=status, json=says("no"))
    github = connect("acme/shop", api_url="", app_id="1", app_key=app_key, patience=HASTE)._wire
    with pytest.raises(ForgeError):
        github.get("/x")


# ------------------------------------------------------------------------------------------------------------- pacing


def test_two_writes_are_a_pace_apart_and_reads_are_not(hub: Hub) -> None:
    times: list[float] = []

    def noted(_: Any) -> tuple[int, dict[str, str], str]:
        times.append(time.time())
        return 201, {}, "{}"

    hub.add_callback(responses.POST, f"{API}/x", noted)
    github = session(Patience(pace=0.2))
    for _ in range(3):
        github.write("POST", "/x", {}, arrived=never)
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.2


def test_the_api_version_and_who_asks_are_said(hub: Hub) -> None:
    hub.get(f"{API}/x", json={})
    session().get("/x")
    headers = hub.calls[0].request.headers
    assert headers["X-GitHub-Api-Version"] == "2022-11-28"
    assert headers["User-Agent"].startswith("patchwright/")
