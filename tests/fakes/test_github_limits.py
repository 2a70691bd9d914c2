"""What goes wrong on GitHub: limits, faults on the way, answers that are behind."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.example import git
from tests.fakes.github_example import RESOLVE, commit_bytes, said, shop


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
        at.hub.fail("POST", r"/pulls/\d+/reviews$", status=503)
        at.hub.mend()
        assert at.review().status_code == 200


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


def test_an_interrupted_review_may_leave_a_part_of_itself(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.hub.fail("POST", r"/reviews$", status=502, leaves="body")
        assert at.review({"line": 10}).status_code == 502
        assert [(review.state, review.body, review.comments) for review in at.pull.reviews] == [
            ("COMMENTED", "A look.", [])
        ]
        at.hub.fail(
            "POST",
            r"/reviews$",
            status=422,
            message="Unprocessable Entity",
            errors=("was submitted too quickly",),
            leaves="pending",
        )
        assert at.review({"line": 10}).json()["errors"] == ["was submitted too quickly"]
        assert at.review({"line": 10}).json()["errors"] == ["User can only have one pending review per pull request"]


def test_five_hundred_comments_an_hour_are_enough(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        statuses = []
        for number in range(501):
            at.hub.clock.advance(2)
            statuses.append(at.call("POST", "/issues/1/comments", {"body": str(number)}).status_code)
        assert statuses == [201] * 500 + [403]


def test_git_may_fail_too(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.hub.fail("GET", r"\.git/info/refs$", status=503)
        there = f"{at.hub.server_url}/acme/shop.git"
        with pytest.raises(subprocess.CalledProcessError):
            git(tmp_path, "ls-remote", there)
        assert "refs/pull/1/head" in git(tmp_path, "ls-remote", there)


def test_a_hundred_at_once_are_enough(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.hub.fail("GET", r"/pulls/1$", times=110, delay=0.4)
        headers, there = {"authorization": f"Bearer {at.token}"}, f"{at.hub.api_url}/repos/acme/shop/pulls/1"
        with ThreadPoolExecutor(110) as pool:
            answers = list(pool.map(lambda _: requests.get(there, headers=headers, timeout=30), range(110)))
        assert {answer.status_code for answer in answers} == {200, 403}
