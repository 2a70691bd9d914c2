"""Where a comment may stand, what a review may hold, and what becomes of both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.github_example import shop

NEW = {
    "line": "Line could not be resolved",
    "path": "Path could not be resolved",
    "position": "Position could not be resolved",
    "precede": "Pull request review thread start line must precede the end line.",
    "hunk": "Pull request review thread start line must be part of the same hunk as the line.",
}
RIGHT_LINE = {"line": 10}
OFF = {"line": 25}


def test_a_review_is_200_and_its_comments_hang_on_their_lines(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        answer = at.review(
            RIGHT_LINE, {"line": 40, "side": "LEFT"}, {"line": 12, "start_line": 9, "start_side": "RIGHT"}
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["user"]["login"] == "github-actions[bot]"
        assert [(thread.side, thread.start_line, thread.line) for thread in at.pull.threads] == [
            ("RIGHT", None, 10),
            ("LEFT", None, 40),
            ("RIGHT", 9, 12),
        ]
        assert at.pull.threads[0].original.diff_hunk.splitlines()[-1] == "+line ten"


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        (OFF, NEW["line"]),
        ({"line": 40, "side": "RIGHT", "path": "./shop.py"}, NEW["path"]),
        ({"line": 10, "path": "Shop.py"}, NEW["path"]),
        ({"line": 39, "side": "LEFT", "path": "crlf.txt"}, NEW["line"]),
        ({"position": 999}, NEW["position"]),
        ({"line": 10, "start_line": 11, "start_side": "RIGHT"}, NEW["precede"]),
        ({"line": 10, "start_line": 10, "start_side": "RIGHT"}, NEW["precede"]),
        ({"line": 10, "start_line": 9}, NEW["precede"]),
        ({"line": 40, "start_line": 10, "start_side": "RIGHT"}, NEW["hunk"]),
        ({"line": 1, "path": "logo.bin"}, NEW["line"]),
    ],
)
def test_a_comment_off_the_diff_fails_the_review(tmp_path: Path, comment: dict, says: str) -> None:
    with shop(tmp_path) as at:
        answer = at.review(comment)
        assert (answer.status_code, answer.json()["message"]) == (422, "Unprocessable Entity")
        assert answer.json()["errors"] == [says]


def test_one_bad_comment_refuses_all_of_them_in_one_sentence_that_names_none(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        assert at.review(RIGHT_LINE, OFF).json()["errors"] == [NEW["line"]]
        assert at.review(OFF, RIGHT_LINE, OFF).json()["errors"] == [f"{NEW['line']} and {NEW['line']}"]
        three = at.review(OFF, RIGHT_LINE, {"line": 1, "path": "no.py"}, OFF).json()["errors"]
        assert three == ["Line could not be resolved, Path could not be resolved, and Line could not be resolved"]
        assert at.pull.reviews == at.pull.threads == []


def test_an_enterprise_server_says_it_in_the_older_words(tmp_path: Path) -> None:
    with shop(tmp_path, flavour="ghes") as at:
        line, hunk = "line must be part of the diff", "diff hunk can't be blank"
        says = f"Pull request review thread {line} and Pull request review thread {hunk}"
        assert at.review(OFF).json()["errors"] == [says]
        assert at.review({"line": 1, "path": "no.py"}).json()["errors"] == [
            "Pull request review thread path is invalid"
        ]


@pytest.mark.parametrize(
    ("told", "fields"),
    [
        (OFF, {"line": "must be part of the diff", "diff_hunk": "can't be blank"}),
        ({"line": 1, "path": "no.py"}, {"path": "is invalid"}),
        ({"line": 10, "start_line": 9}, {"start_line": "must precede the end line."}),
        (
            {"line": 40, "start_line": 10, "start_side": "RIGHT"},
            {"start_line": "must be part of the same hunk as the line."},
        ),
    ],
)
def test_a_single_comment_is_refused_in_objects(tmp_path: Path, told: dict, fields: dict[str, str]) -> None:
    with shop(tmp_path) as at:
        answer = at.comment(**told)
        assert (answer.status_code, answer.json()["message"]) == (422, "Validation Failed")
        expected = [(f"pull_request_review_thread.{key}", says) for key, says in fields.items()]
        assert answer.json()["errors"] == [
            {"resource": "PullRequestReviewComment", "code": "custom", "field": name, "message": f"{name} {says}"}
            for name, says in expected
        ]


def test_a_single_comment_and_a_reply_are_201_each_in_a_review_of_its_own(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        first = at.comment(line=10)
        reply = at.call("POST", f"/pulls/1/comments/{first.json()['id']}/replies", {"body": "And?"})
        file = {"body": "Why?", "path": "logo.bin", "subject_type": "file", "commit_id": at.pull.head.sha}
        whole = at.call("POST", "/pulls/1/comments", file)
        assert [answer.status_code for answer in (first, reply, whole)] == [201, 201, 201]
        assert reply.json()["in_reply_to_id"] == first.json()["id"]
        assert (whole.json()["subject_type"], whole.json()["line"]) == ("file", None)
        assert [review.state for review in at.pull.reviews] == ["COMMENTED"] * 3
        assert [len(thread.comments) for thread in at.pull.threads] == [2, 1]


def test_only_a_thread_s_first_comment_takes_replies(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        first = at.comment(line=10).json()["id"]
        reply = at.call("POST", f"/pulls/1/comments/{first}/replies", {"body": "And?"}).json()["id"]
        assert at.call("POST", f"/pulls/1/comments/{reply}/replies", {"body": "So?"}).status_code == 404


def test_a_pending_review_stops_all_else_and_only_its_author_sees_it(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        first = at.comment(line=12).json()["id"]
        pending = at.review(RIGHT_LINE, event=None).json()
        maria = at.hub.token(kind="user", login="maria")
        assert (pending["state"], "submitted_at" in pending) == ("PENDING", False)
        says = "User can only have one pending review per pull request"
        assert at.review(RIGHT_LINE).json()["errors"] == [says]
        for answer in (at.comment(line=10), at.call("POST", f"/pulls/1/comments/{first}/replies", {"body": "x"})):
            assert answer.json()["errors"] == [
                {
                    "resource": "PullRequestReview",
                    "code": "custom",
                    "field": "user_id",
                    "message": "user_id can only have one pending review per pull request",
                }
            ]
        assert [len(at.call("GET", "/pulls/1/reviews", token=who).json()) for who in (at.token, maria)] == [2, 1]
        assert len(at.call("GET", "/pulls/1/comments").json()) == 1
        assert at.call("GET", f"/pulls/1/reviews/{pending['id']}", token=maria).status_code == 404
        assert at.call("DELETE", f"/pulls/1/reviews/{pending['id']}").status_code == 200
        assert at.review(RIGHT_LINE).status_code == 200


def test_a_pending_review_is_submitted_and_then_stays(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        pending = at.review(RIGHT_LINE, event=None, body=None).json()["id"]
        done = at.call("POST", f"/pulls/1/reviews/{pending}/events", {"event": "COMMENT", "body": "Now."})
        assert (done.status_code, done.json()["state"], done.json()["body"]) == (200, "COMMENTED", "Now.")
        gone = at.call("DELETE", f"/pulls/1/reviews/{pending}")
        assert (gone.status_code, gone.json()["errors"]) == (422, ["Can not delete a non-pending pull request review"])


def test_nobody_approves_or_refuses_a_pull_of_their_own(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        ann = at.hub.token(kind="user", login="ann")
        for event, says in (
            ("APPROVE", "Can not approve your own pull request"),
            ("REQUEST_CHANGES", "Can not request changes on your own pull request"),
        ):
            answer = at.review(event=event, token=ann)
            assert (answer.status_code, answer.json()["errors"]) == (422, [says])
        assert at.review(event="COMMENT", token=ann).status_code == 200


def test_an_action_approves_only_where_the_switch_lets_it(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        assert at.review(event="APPROVE").json()["state"] == "APPROVED"
        at.repo.actions_may_create_pulls = False
        assert at.review(event="APPROVE").status_code == 422


def test_a_review_says_something_and_not_too_much(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        assert at.review(body=None).status_code == 422
        assert at.review(RIGHT_LINE, body=None).status_code == 200
        assert at.review(body="😀" * 65_536).status_code == 200
        assert at.review(body="😀" * 65_537).json()["errors"] == ["Body is too long (maximum is 65536 characters)"]
        assert at.review(body="a\0b").status_code == 422
        assert at.comment(line=10, body="x" * 65_537).json()["errors"] == [
            {
                "resource": "PullRequestReviewComment",
                "code": "custom",
                "field": "body",
                "message": "body is too long (maximum is 65536 characters)",
            }
        ]


def test_text_comes_back_as_it_was_sent(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        body = "one\r\ntwo \u2028 \U0001f600 é\r\n"
        at.review(body=body)
        assert at.call("GET", "/pulls/1/reviews").json()[0]["body"] == body


def test_the_commit_must_be_one_of_the_pull_s(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        base = at.pull.base.sha
        assert at.review(RIGHT_LINE, commit_id=base).json()["errors"] == [
            "The commitOID is not part of the pull request"
        ]
        assert at.comment(line=10, commit_id=base).status_code == 422


def test_words_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        bad = at.review(event="LGTM").json()["errors"]
        assert bad == ["Variable $event of type PullRequestReviewEvent was provided invalid value"]
        assert at.review({"line": 10, "side": "side"}).status_code == 422
        assert at.review({"line": 10, "subject_type": "line"}).status_code == 422
        assert at.review({"line": "10"}).status_code == 422
        unknown = at.comment(line=10, severity="high").json()["message"]
        assert unknown == 'Invalid request.\n\nNo subschema in "oneOf" matched.\n"severity" is not a permitted key.'


def test_a_later_push_moves_a_comment_or_makes_it_outdated(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.review(RIGHT_LINE, {"line": 40, "side": "LEFT"}, {"line": 12, "start_line": 9, "start_side": "RIGHT"})
        at.change("shop.py", "line 1\n", "line 0\nline 1\n")
        assert [(thread.line, thread.original_line, thread.start_line) for thread in at.pull.threads] == [
            (11, 10, None),
            (40, 40, None),
            (13, 12, 10),
        ]
        at.change("shop.py", "line ten", "line TEN")
        changed, removed, ranged = at.call("GET", "/pulls/1/comments").json()
        for comment, line in ((changed, 10), (ranged, 12)):
            assert (comment["line"], comment["position"], comment["original_line"]) == (None, None, line)
        assert removed["line"] == 40
        assert [thread.is_outdated for thread in at.pull.threads][:2] == [True, False]
        assert changed["original_commit_id"] != at.pull.head.sha == removed["commit_id"]


def test_a_force_push_that_takes_the_change_back_outdates_all(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.review(RIGHT_LINE, {"line": 12})
        at.change("shop.py", "line ten", "line 10")
        assert all(thread.is_outdated for thread in at.pull.threads)


def test_deleting_the_last_comment_takes_the_empty_review_along(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        first = at.comment(line=10).json()["id"]
        assert at.call("PATCH", f"/pulls/comments/{first}", {"body": "Hmm."}).json()["body"] == "Hmm."
        assert at.call("DELETE", f"/pulls/comments/{first}").status_code == 204
        assert at.pull.threads == at.pull.reviews == []
        assert at.call("GET", f"/pulls/comments/{first}").status_code == 404


def test_a_review_can_be_dismissed_when_it_took_a_side(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        maria = at.hub.token(kind="user", login="maria")
        refused = at.review(event="REQUEST_CHANGES", token=maria).json()["id"]
        assert (
            at.call("PUT", f"/pulls/1/reviews/{refused}/dismissals", {"message": "Done."}).json()["state"]
            == "DISMISSED"
        )
        mere = at.review().json()["id"]
        assert at.call("PUT", f"/pulls/1/reviews/{mere}/dismissals", {"message": "Done."}).status_code == 422
