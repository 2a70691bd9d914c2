"""The fake GitHub as its callers meet it: a real client, tokens, limits, faults, pages, GraphQL."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import github
import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.example import git
from tests.fakes.github_example import World, commit_bytes, shop

RESOLVE = (
    "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved resolvedBy { login } } } }"
)
CONVERSATION = """
query($number: Int!, $after: String) { viewer { login } repository(owner: "acme", name: "shop") {
  pullRequest(number: $number) { id number headRefOid state locked
    comments(first: 50) { nodes { id databaseId body viewerDidAuthor createdAt author { login __typename }
      reactions(first: 10, content: THUMBS_DOWN) { nodes { user { login } } } } pageInfo { hasNextPage endCursor } }
    reviews(first: 50) { nodes { id databaseId state body viewerDidAuthor commit { oid } } pageInfo { hasNextPage } }
    reviewThreads(first: 50, after: $after) { nodes { id isResolved isOutdated resolvedBy { login } path line startLine
      originalLine originalStartLine diffSide subjectType viewerCanResolve
      comments(first: 50) { nodes { id databaseId body viewerDidAuthor author { login __typename } createdAt
        reactions(first: 10, content: THUMBS_DOWN) { nodes { user { login } } } pullRequestReview { databaseId } }
        pageInfo { hasNextPage } } } pageInfo { hasNextPage endCursor } } } } }
"""


def client(at: World, token: str = "") -> github.Github:
    quick = {"retry": None, "seconds_between_requests": 0, "seconds_between_writes": 0}
    return github.Github(auth=github.Auth.Token(token or at.token), base_url=at.hub.api_url, **quick)


def said(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["message"]


def forget_limits(at: World) -> None:
    at.hub.clock.advance(3601)


# ------------------------------------------------------------------------------------------------- a real client


@pytest.mark.parametrize("flavour", ["2026", "ghes"])
def test_pygithub_works_with_it(tmp_path: Path, flavour: str) -> None:
    with shop(tmp_path, flavour=flavour) as at:
        repo = client(at).get_repo("acme/shop")
        pull = repo.get_pull(1)
        assert (pull.head.ref, pull.changed_files, len(list(pull.get_files()))) == ("topic", 6, 6)
        pull.create_review(body="A look.", event="COMMENT", comments=[{"path": "shop.py", "body": "Hm.", "line": 10}])
        comment = next(iter(pull.get_review_comments()))
        comment.create_reaction("eyes")
        pull.create_review_comment_reply(comment.id, "And?")
        note = pull.create_issue_comment("Hello.")
        note.edit("Hello, all.")
        pull.add_to_labels("bug", "fresh")
        pull.remove_from_labels("BUG")
        repo.create_check_run("patchwright", pull.head.sha, status="completed", conclusion="neutral")
        assert repo.get_collaborator_permission("maria") == "write"
        assert repo.get_contents("shop.py", ref="topic").decoded_content.startswith(b"line 1\n")
        assert repo.compare("main", "topic").ahead_by == pull.get_commits().totalCount == 1
        assert (at.pull.labels, at.pull.comments[0].body) == (["fresh"], "Hello, all.")
        assert [one.body for one in at.pull.threads[0].comments] == ["Hm.", "And?"]
        assert at.pull.threads[0].comments[0].reactions[0].content == "eyes"
        assert at.pull.check_runs[0].conclusion == "neutral"
        assert {request.login for request in at.hub.requests} == {"github-actions[bot]"}
        assert len(at.hub.writes) == 8


def test_an_app_gets_its_token_with_a_jwt(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with shop(tmp_path) as at:
        app = at.hub.app(
            "patchwright", key=public.decode(), permissions={"contents": "write", "pull_requests": "write"}
        )

        def signed(**more: Any) -> str:
            now = int(time.time())
            return jwt.encode({"iat": now - 60, "exp": now + 300, "iss": str(app.id)} | more, key, algorithm="RS256")

        there = at.call("GET", "/installation", token=signed()).json()["access_tokens_url"].removeprefix(at.hub.api_url)
        made = at.call("POST", f"~{there}", {"permissions": {"pull_requests": "write"}}, token=signed())
        assert (made.status_code, made.json()["token"][:4]) == (201, "ghs_")
        token = made.json()["token"]
        assert at.review(token=token).json()["user"]["login"] == "patchwright[bot]"
        assert at.call("PUT", "/contents/a", {"message": "x", "content": ""}, token=token).status_code == 403
        assert at.call("GET", "~/app", token=signed(exp=int(time.time()) + 900)).status_code == 401
        at.hub.clock.advance(3601)
        assert said(at.review(token=token)) == (401, "Bad credentials")


# ------------------------------------------------------------------------------------- tokens and permissions


def test_a_bad_or_expired_token_is_401(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        assert said(at.call("GET", "", token="ghs_nobody")) == (401, "Bad credentials")
        short = at.hub.token(expires_in=60)
        assert at.call("GET", "", token=short).status_code == 200
        at.hub.clock.advance(61)
        assert said(at.call("GET", "", token=short)) == (401, "Bad credentials")
        assert said(at.call("POST", "/issues/1/comments", {"body": "x"}, token=None)) == (
            401,
            "Requires authentication",
        )
        assert at.graphql("{ viewer { login } }", token=None).status_code == 401


def test_the_token_of_a_fork_s_run_reads_and_no_more(tmp_path: Path) -> None:
    with shop(tmp_path, fork="ann") as at:
        token = at.hub.token(read_only=True)
        assert at.call("GET", "/pulls/1", token=token).status_code == 200
        for answer in (
            at.review(token=token),
            at.comment(line=10, token=token),
            at.call("POST", "/issues/1/comments", {"body": "x"}, token=token),
            at.call("POST", "/issues/1/labels", {"labels": ["bug"]}, token=token),
            at.call("POST", "/check-runs", {"name": "x", "head_sha": at.pull.head.sha}, token=token),
        ):
            assert said(answer) == (403, "Resource not accessible by integration")


def test_each_write_needs_its_permission(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.repo.issue("Broken")
        pulls_only = at.hub.token(issues="none")
        assert at.call("POST", "/issues/1/comments", {"body": "x"}, token=pulls_only).status_code == 201
        assert at.call("POST", "/issues/2/comments", {"body": "x"}, token=pulls_only).status_code == 403
        issues_only = at.hub.token(pull_requests="none")
        assert at.call("POST", "/issues/1/comments", {"body": "x"}, token=issues_only).status_code == 201
        assert at.review(token=issues_only).status_code == 403
        sarif = {"commit_sha": at.pull.head.sha, "ref": "refs/pull/1/merge", "sarif": "H4s="}
        assert at.call("POST", "/code-scanning/sarifs", sarif).status_code == 403


def test_a_stranger_with_a_token_of_their_own_talks_and_labels_nothing(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        eve = at.hub.token(kind="user", login="eve")
        assert at.call("POST", "/issues/1/comments", {"body": "Me too."}, token=eve).status_code == 201
        assert said(at.call("POST", "/issues/1/labels", ["bug"], token=eve))[0] == 403
        assert at.call("PATCH", "/pulls/1", {"title": "Mine"}, token=eve).status_code == 403
        assert at.call("GET", "~/user", token=eve).json()["login"] == "eve"
        assert said(at.call("GET", "~/user")) == (403, "Resource not accessible by integration")
        check = at.call("POST", "/check-runs", {"name": "x", "head_sha": at.pull.head.sha}, token=eve)
        assert said(check) == (403, "You must authenticate via a GitHub App.")


def test_who_may_what_is_asked_for_by_name(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.hub.user("theo", permission="triage")
        at.hub.user("mick", permission="maintain")
        at.hub.user("eve", permission="none")
        roles = {}
        for login in ("maria", "theo", "mick", "eve"):
            shown = at.call("GET", f"/collaborators/{login}/permission").json()
            roles[login] = (shown["permission"], shown["role_name"])
        assert roles == {
            "maria": ("write", "write"),
            "theo": ("read", "triage"),
            "mick": ("write", "maintain"),
            "eve": ("read", "read"),  # as everybody, where the repository is public
        }
        assert at.call("GET", "/collaborators/nobody-at-all/permission").status_code == 404


def test_a_locked_conversation_and_an_archived_repository_are_closed(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.pull.lock()
        says = "Unable to create comment because issue is locked."
        assert said(at.call("POST", "/issues/1/comments", {"body": "x"})) == (403, says)
        assert at.review().status_code == 403
        maria = at.hub.token(kind="user", login="maria")
        assert at.call("POST", "/issues/1/comments", {"body": "x"}, token=maria).status_code == 201
        at.pull.unlock()
        at.repo.archive()
        assert said(at.review()) == (403, "Repository was archived so is read-only.")
        assert at.call("GET", "/pulls/1").status_code == 200


# ----------------------------------------------------------------------------------------- limits and faults


def test_each_answer_tells_what_is_left(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        first, second = (at.call("GET", "").headers for _ in range(2))
        names = {f"x-ratelimit-{name}" for name in ("limit", "remaining", "used", "reset", "resource")}
        assert names <= {name.lower() for name in first}
        assert (first["x-ratelimit-limit"], first["x-ratelimit-remaining"]) == ("1000", "999")
        assert second["x-ratelimit-remaining"] == "998"
        assert at.call("GET", "~/rate_limit").json()["rate"]["remaining"] == 998


def test_an_enterprise_server_has_no_limits(tmp_path: Path) -> None:
    with shop(tmp_path, flavour="ghes") as at:
        assert not [name for name in at.call("GET", "").headers if "ratelimit" in name.lower()]
        assert said(at.call("GET", "~/rate_limit")) == (404, "Rate limiting is not enabled.")
        assert at.call("GET", "").json()["url"] == f"{at.hub.root}/api/v3/repos/acme/shop"


def test_nothing_left_stays_so_until_the_reset(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.hub.fail("GET", r"/pulls/1$", primary=90)
        answer = at.call("GET", "/pulls/1")
        assert answer.status_code == 403
        assert answer.json()["message"].startswith("API rate limit exceeded for installation ID ")
        assert answer.headers["x-ratelimit-remaining"] == "0"
        assert abs(int(answer.headers["x-ratelimit-reset"]) - time.time() - 90) < 5
        assert at.call("GET", "").status_code == 403
        at.hub.clock.advance(91)
        assert at.call("GET", "").status_code == 200


@pytest.mark.parametrize(("retry_after", "status"), [(None, 403), (7, 403), (7, 429)])
def test_a_secondary_limit(tmp_path: Path, retry_after: int | None, status: int) -> None:
    with shop(tmp_path) as at:
        at.hub.fail("POST", r"/reviews$", secondary=True, retry_after=retry_after, status=status)
        answer = at.review()
        says = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        assert said(answer) == (status, says)
        assert answer.headers.get("retry-after") == (None if retry_after is None else str(retry_after))
        assert int(answer.headers["x-ratelimit-remaining"]) > 0
        assert at.review().status_code == 200


def test_eighty_comments_a_minute_are_enough(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        says = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        body = {"body": "x"}
        made = [at.call("POST", "/issues/1/comments", body).status_code for _ in range(80)]
        assert set(made) == {201}
        assert said(at.call("POST", "/issues/1/comments", body)) == (403, says)
        at.hub.clock.advance(61)
        at.hub.strict_spacing = True
        assert at.call("POST", "/issues/1/comments", body).status_code == 201
        assert said(at.call("POST", "/issues/1/comments", body)) == (403, says)


def test_a_502_may_come_before_the_write_or_after_it(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.hub.fail("POST", r"/pulls/\d+/reviews$", status=502)
        before = at.review()
        assert (before.status_code, "Unicorn!" in before.text, at.pull.reviews) == (502, True, [])
        at.hub.fail("POST", r"/pulls/\d+/reviews$", status=502, after=True, html=False)
        after = at.review({"line": 10})
        assert (said(after), len(at.pull.reviews), len(at.pull.threads)) == ((502, "Server Error"), 1, 1)
        at.hub.fail("POST", r"/pulls/\d+/reviews$", status=503, skip=1)
        assert [at.review().status_code for _ in range(3)] == [200, 503, 200]


def test_a_socket_may_close_when_the_write_is_done(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.hub.fail("POST", r"/comments$", drop=True, after=True)
        with pytest.raises(requests.ConnectionError):
            at.call("POST", "/issues/1/comments", {"body": "x"})
        assert len(at.pull.comments) == 1
        at.hub.fail("POST", r"/graphql$", body="resolveReviewThread", drop=True)
        assert at.graphql("{ viewer { login } }").status_code == 200
        with pytest.raises(requests.ConnectionError):
            at.graphql(RESOLVE, {"id": "x"})
        assert at.hub.requests[0].status is None


def test_an_answer_may_take_its_time(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.hub.fail("GET", r"/pulls/1$", delay=0.5)
        with pytest.raises(requests.Timeout):
            at.session.get(f"{at.hub.api_url}/repos/acme/shop/pulls/1", timeout=0.1)


def test_what_was_just_written_may_not_be_there_yet(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        token = at.hub.token(contents="write")
        at.hub.stale(reads=2)
        at.call("POST", "/issues/1/comments", {"body": "x"})
        assert [len(at.call("GET", "/issues/1/comments").json()) for _ in range(3)] == [0, 0, 1]
        at.call("POST", "/git/refs", {"ref": "refs/heads/new", "sha": at.pull.base.sha}, token=token)
        assert [at.call("GET", "/git/ref/heads/new").status_code for _ in range(3)] == [404, 404, 200]
        git(at.work, "checkout", "--quiet", "-b", "fix")
        commit_bytes(at.work, {"fix.py": b""}, "Fix")
        at.repo.move("fix", at.pull.base.sha)
        at.hub.stale(reads=0)
        at.repo.pull("topic", base="fix")
        at.hub.stale(reads=1)
        pull = at.repo.pull("fix", base="topic")
        answer = at.call("POST", f"/issues/{pull.number}/labels", ["bug"])
        assert said(answer) == (422, f"Could not resolve to a node with the global id of '{pull.node_id}'.")
        assert at.call("POST", f"/issues/{pull.number}/labels", ["bug"]).status_code == 200


def test_whether_a_pull_merges_is_known_at_the_second_look(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        assert [at.call("GET", "/pulls/1").json()["mergeable"] for _ in range(2)] == [None, True]


# ------------------------------------------------------------------------------------------ pages and headers


def test_pages_link_to_each_other_on_this_host(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        for number in range(35):
            at.pull.comment(str(number), by="maria")
        first = at.call("GET", "/issues/1/comments")
        assert (len(first.json()), set(first.links)) == (30, {"next", "last"})
        second = at.session.get(first.links["next"]["url"], headers={"authorization": f"Bearer {at.token}"}, timeout=9)
        assert ([one["body"] for one in second.json()], set(second.links)) == (
            ["30", "31", "32", "33", "34"],
            {"prev", "first"},
        )
        assert first.links["next"]["url"].startswith(at.hub.api_url)
        assert len(at.call("GET", "/issues/1/comments?per_page=1000").json()) == 35
        beyond = at.call("GET", "/issues/1/comments?page=9")
        assert (beyond.status_code, beyond.json()) == (200, [])


def test_what_did_not_change_costs_nothing(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        one, many = at.call("GET", ""), at.call("GET", "/issues/1/comments")
        assert one.headers["etag"].startswith('"')
        assert many.headers["etag"].startswith('W/"')
        again = at.call("GET", "", headers={"if-none-match": one.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["x-ratelimit-remaining"] == many.headers["x-ratelimit-remaining"]


def test_headers_that_github_insists_on(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        version = "x-github-api-version"
        assert at.call("GET", "", headers={"user-agent": ""}).status_code == 403
        assert at.call("GET", "", headers={version: "1999-01-01"}).status_code == 400
        answer = at.call("GET", "/pulls/99", headers={version: "2022-11-28"})
        assert (said(answer), answer.json()["status"]) == ((404, "Not Found"), "404")
        assert answer.headers["x-github-request-id"]
        at.hub.retired_versions.add("2022-11-28")
        assert at.call("GET", "", headers={version: "2022-11-28"}).status_code == 410


def test_a_body_must_be_an_object_of_the_right_types(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        assert said(at.call("POST", "/issues/1/comments", "{")) == (400, "Problems parsing JSON")
        assert said(at.call("POST", "/issues/1/comments", ["x"])) == (400, "Body should be a JSON object")
        wrong = at.call("POST", "/issues/1/comments", {"body": 3})
        assert said(wrong) == (422, "Invalid request.\n\nFor 'properties/body', 3 is not a string.")
        assert said(at.call("POST", "/issues/1/comments", {})) == (422, 'Invalid request.\n\n"body" wasn\'t supplied.')


def test_a_renamed_repository_redirects(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.repo.rename("store")
        moved = at.session.get(f"{at.hub.api_url}/repos/acme/shop/pulls/1", allow_redirects=False, timeout=9)
        assert moved.status_code == 301
        assert moved.headers["location"] == f"{at.hub.api_url}/repositories/{at.repo.id}/pulls/1"
        assert at.call("GET", "/pulls/1").json()["base"]["repo"]["full_name"] == "acme/store"
        assert at.call("POST", "/issues/1/comments", {"body": "x"}).status_code == 201


# ---------------------------------------------------------------------------------- issues, labels, check runs


def test_labels_come_to_be_and_know_no_case(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        assert at.call("POST", "/issues/1/labels", {"labels": ["Bug", "new one"]}).status_code == 200
        assert at.pull.labels == ["bug", "new one"]
        assert at.call("DELETE", "/issues/1/labels/New%20One").status_code == 200
        assert said(at.call("DELETE", "/issues/1/labels/new%20one")) == (404, "Label does not exist")
        again = at.call("POST", "/labels", {"name": "BUG"})
        assert again.json()["errors"] == [{"resource": "Label", "code": "already_exists", "field": "name"}]


def test_a_reaction_is_201_once_and_then_200(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        path = f"/issues/comments/{at.pull.comment('Hi.', by='maria').id}/reactions"
        assert [at.call("POST", path, {"content": "+1"}).status_code for _ in range(2)] == [201, 200]
        assert at.call("POST", path, {"content": "nope"}).status_code == 422
        (reaction,) = at.call("GET", path).json()
        assert (reaction["user"]["login"], reaction["user"]["id"], reaction["user"]["type"]) == (
            "github-actions[bot]",
            41898282,
            "Bot",
        )
        assert at.call("DELETE", f"{path}/{reaction['id']}").status_code == 204


def test_a_comment_has_an_end(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        answer = at.call("POST", "/issues/1/comments", {"body": "x" * 65_537})
        says = "Body is too long (maximum is 65536 characters)"
        told = {"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": says}
        assert (answer.status_code, answer.json()["errors"]) == (422, [told])


def test_a_check_run_takes_fifty_annotations_at_a_time(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        note = {"path": "shop.py", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "Hm."}

        def output(count: int) -> Any:
            return {"title": "Seen", "summary": "Some.", "annotations": [note] * count}

        run = {"name": "patchwright", "head_sha": at.pull.head.sha, "output": output(51)}
        assert at.call("POST", "/check-runs", run).status_code == 422
        made = at.call("POST", "/check-runs", run | {"output": output(50)}).json()["id"]
        assert (
            at.call("PATCH", f"/check-runs/{made}", {"output": output(10), "conclusion": "neutral"}).status_code == 200
        )
        assert len(at.call("GET", f"/check-runs/{made}/annotations?per_page=100").json()) == 60
        assert at.call("PATCH", f"/check-runs/{made}", {"conclusion": "great"}).status_code == 422
        assert at.call("GET", f"/commits/{at.pull.head.sha}/check-runs").json()["total_count"] == 1


def test_an_artifact_is_fetched_from_another_host_without_the_token(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        run = at.repo.run_workflow(
            "Look", event="pull_request", head=at.pull.head, actor="ann", artifacts={"it": b"zip"}
        )
        token = at.hub.token(actions="read")
        (listed,) = at.call("GET", f"/actions/runs/{run.id}/artifacts", token=token).json()["artifacts"]
        assert at.call("GET", f"/actions/artifacts/{listed['id']}/zip", token=token).content == b"zip"


# ----------------------------------------------------------------------------------------------------- GraphQL


def test_the_conversation_in_one_query(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.review({"line": 10}, {"line": 12, "start_line": 9, "start_side": "RIGHT"})
        at.pull.threads[0].reply("No.", by="maria")
        at.pull.threads[0].comments[0].react("-1", by="maria")
        at.pull.threads[0].resolve(by="maria")
        told = at.graphql(CONVERSATION, {"number": 1}).json()["data"]
        assert told["viewer"]["login"] == "github-actions[bot]"
        first, second = told["repository"]["pullRequest"]["reviewThreads"]["nodes"]
        mine, reply = first["comments"]["nodes"]
        assert (first["isResolved"], first["resolvedBy"]["login"], first["line"]) == (True, "maria", 10)
        assert (second["startLine"], second["line"], second["viewerCanResolve"]) == (9, 12, False)
        assert mine["author"] == {"login": "github-actions", "__typename": "Bot"}
        assert (mine["viewerDidAuthor"], reply["viewerDidAuthor"]) == (True, False)
        assert mine["reactions"]["nodes"] == [{"user": {"login": "maria"}}]


def test_cursors_lead_from_page_to_page(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.review(*({"line": line} for line in (8, 9, 10)))
        query = """query($after: String) { repository(owner: "acme", name: "shop") { pullRequest(number: 1) {
          reviewThreads(first: 2, after: $after) { nodes { line } pageInfo { hasNextPage endCursor } } } } }"""
        pages, after = [], None
        for _ in range(2):
            answer = at.graphql(query, {"after": after}).json()
            page = answer["data"]["repository"]["pullRequest"]["reviewThreads"]
            pages.append([thread["line"] for thread in page["nodes"]])
            after = page["pageInfo"]["endCursor"]
        assert (pages, page["pageInfo"]["hasNextPage"]) == ([[8, 9], [10]], False)


@pytest.mark.parametrize(
    ("query", "kind", "says"),
    [
        ("{ viewer { shoeSize } }", None, "Field 'shoeSize' doesn't exist on type 'User'"),
        (
            '{ repository(owner: "acme", name: "no") { id } }',
            "NOT_FOUND",
            "Could not resolve to a Repository with the name 'acme/no'.",
        ),
        (
            '{ repository(owner: "acme", name: "shop") { pullRequest(number: 1) { comments(first: 101) { totalCount } } } }',
            "EXCESSIVE_PAGINATION",
            "Requesting 101 records on the `comments` connection exceeds the `first` limit of 100 records.",
        ),
        (
            '{ repository(owner: "acme", name: "shop") { pullRequest(number: 1) { comments { totalCount } } } }',
            "MISSING_PAGINATION_BOUNDARIES",
            "You must provide a `first` or `last` value to properly paginate the `comments` connection.",
        ),
    ],
)
def test_what_fails_in_graphql_is_200_all_the_same(tmp_path: Path, query: str, kind: str | None, says: str) -> None:
    with shop(tmp_path) as at:
        answer = at.graphql(query)
        assert answer.status_code == 200
        error = answer.json()["errors"][0]
        assert (error.get("type"), error["message"]) == (kind, says)


def test_too_many_nodes_are_refused_before_they_are_counted(tmp_path: Path) -> None:
    query = """{ repository(owner: "acme", name: "shop") { pullRequest(number: 1) { reviewThreads(first: 100) { nodes {
      comments(first: 100) { nodes { reactions(first: 100) { totalCount } } } } } } } }"""
    with shop(tmp_path) as at:
        (error,) = at.graphql(query).json()["errors"]
        says = "This query requests up to 1,010,100 possible nodes which exceeds the maximum limit of 500,000."
        assert (error["type"], error["message"]) == ("MAX_NODE_LIMIT_EXCEEDED", says)


def test_resolving_needs_to_write_contents_as_well(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.review({"line": 10})
        node = at.pull.threads[0].node_id
        for lacking in ({}, {"contents": "write", "pull_requests": "read"}):
            answer = at.graphql(RESOLVE, {"id": node}, token=at.hub.token(**lacking))
            (error,) = answer.json()["errors"]
            assert (answer.status_code, error["type"], error["path"]) == (200, "FORBIDDEN", ["resolveReviewThread"])
            assert error["message"] == "Resource not accessible by integration"
            assert not at.pull.threads[0].is_resolved
        done = at.graphql(RESOLVE, {"id": node}, token=at.hub.token(contents="write")).json()["data"]
        assert done["resolveReviewThread"]["thread"]["isResolved"]
        assert at.pull.threads[0].resolved_by == "github-actions[bot]"
        gone = at.graphql(RESOLVE, {"id": "PRRT_no"}, token=at.hub.token(contents="write")).json()["errors"][0]
        assert (gone["type"], gone["message"]) == (
            "NOT_FOUND",
            "Could not resolve to a node with the global id of 'PRRT_no'.",
        )


def test_a_comment_is_minimised(tmp_path: Path) -> None:
    query = """mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) {
      minimizedComment { isMinimized minimizedReason } } }"""
    with shop(tmp_path) as at:
        note = at.pull.comment("Old.", by="github-actions[bot]")
        denied = at.graphql(query, {"id": note.node_id}, token=at.hub.token(read_only=True)).json()["errors"][0]
        assert denied["type"] == "FORBIDDEN"
        done = at.graphql(query, {"id": note.node_id}).json()["data"]["minimizeComment"]["minimizedComment"]
        assert done == {"isMinimized": True, "minimizedReason": "outdated"}
