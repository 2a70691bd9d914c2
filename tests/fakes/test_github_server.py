"""The fake GitHub as its callers meet it: a real client, tokens and permissions, pages and headers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import github
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.github_example import World, said, shop


def client(at: World, token: str = "") -> github.Github:
    quick = {"retry": None, "seconds_between_requests": 0, "seconds_between_writes": 0}
    return github.Github(auth=github.Auth.Token(token or at.token), base_url=at.hub.api_url, **quick)


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
        wrong = at.call("PATCH", "/pulls/1", {"state": "merged"})
        says = 'For \'properties/state\', "merged" is not a member of ["open", "closed"].'
        assert said(wrong) == (422, f"Invalid request.\n\n{says}")
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
