"""What goes wrong on the way to GitHub, and what must hold all the same: nothing twice, nothing lost, a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings
from bot.diff.change import Change, Hunk, Line, Side
from bot.diff.place import Place
from bot.github.client import Patience
from bot.github.connect import connect
from bot.pulls.anchors import Anchor, Grid
from bot.pulls.plan import Plan, plan
from bot.pulls.publish import publish
from bot.pulls.texts import Links
from bot.review.findings import Category, Cost, Coverage, Finding, Review, Severity
from bot.review.pull import PullRequest
from tests.example import GREET, answer, commit, finding, git, on_pay
from tests.fakes.model_server import Trickle
from tests.pulls.stage import Stage, stage

REVIEWS, COMMENTS = r"/pulls/\d+/reviews$", r"/issues/\d+/comments$"
LINES = [f"value_{number} = compute({number})" for number in range(1, 61)]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


def many(request: Any) -> dict[str, Any]:
    """A model that finds something on each of five lines of a file, sixty in all."""
    return answer(
        *(
            finding(line, line=1, title=f"Wrong value {at}", body="", category="bug", severity="medium")
            for at, line in enumerate(LINES, 1)
            if f"{line}\n" in request.prompt
        )
    )


def crowded(tmp_path: Path, **more: Any) -> Any:
    """A pull request with sixty findings, a function each, so that none is taken for another."""
    return stage(
        tmp_path, reply=many, files={f"values/v{at}.py": f"{line}\n" for at, line in enumerate(LINES, 1)}, **more
    )


@pytest.mark.parametrize("fault", [{"status": 502}, {"status": 502, "html": False}, {"status": 500}, {"drop": True}])
def test_a_write_that_did_arrive_is_not_made_twice(scene: Stage, fault: dict[str, Any]) -> None:
    for path in (REVIEWS, COMMENTS, r"/check-runs$"):
        scene.hub.fail("POST", path, after=True, **fault)
    assert scene.act() == 0, scene.said
    assert (len(scene.pull.reviews), len(scene.pull.threads)) == (1, 1)
    assert (len(scene.pull.comments), len(scene.pull.check_runs)) == (1, 1)


def test_a_write_that_did_not_arrive_is_made_again(scene: Stage) -> None:
    scene.hub.fail("POST", REVIEWS, status=502)
    scene.hub.fail("POST", COMMENTS, status=503)
    assert scene.act() == 0
    assert (len(scene.pull.reviews), len(scene.pull.comments)) == (1, 1)


def test_killed_between_the_review_and_the_summary_the_next_run_completes_it(scene: Stage) -> None:
    scene.hub.fail("POST", COMMENTS, times=50, status=500)
    assert scene.act() == 4
    assert (len(scene.pull.reviews), len(scene.pull.comments)) == (1, 0)
    scene.hub._faults.clear()
    assert scene.act() == 0
    assert (len(scene.pull.reviews), len(scene.pull.threads), len(scene.pull.comments)) == (1, 1, 1)
    assert "**1 finding**" in scene.pull.comments[0].body


def test_a_pending_review_of_a_killed_run_is_cleaned_up(scene: Stage) -> None:
    scene.pull.add_review("", "github-actions[bot]", scene.pull.head.sha, "PENDING")
    assert scene.act() == 0
    assert [review.state for review in scene.pull.reviews] == ["COMMENTED"]


@pytest.mark.parametrize("flavour", ["2026", "ghes"])
@pytest.mark.parametrize("wrong", [(), (6,), (6, 18), (0, 1, 2, 23), tuple(range(24))], ids=str)
def test_of_a_refused_review_the_refused_go_to_the_summary_and_the_rest_is_posted(
    tmp_path: Path, flavour: Any, wrong: tuple[int, ...]
) -> None:
    """Whatever the words of the refusal: they don't say which of the comments it is about."""
    with crowded(tmp_path, flavour=flavour) as scene:
        forge = connect("acme/shop", api_url=scene.hub.api_url, token=scene.token, patience=Patience(pace=0))
        pull, said = forge.pull(scene.pull.number), forge.conversation(scene.pull.number)
        review, current = planned(pull, 24)
        off = tuple(replace(item, anchor=Anchor(Side.RIGHT, 99, 99)) for item in current.inline)
        inline = tuple(off[at] if at in wrong else item for at, item in enumerate(current.inline))
        published = publish(
            forge, pull, review, replace(current, inline=inline), said,
            settings=Settings(), links=Links(scene.hub.server_url, ""), run="a run", rules="", say=scene.log.append,
        )  # fmt: skip
        assert len(scene.pull.threads) == 24 - len(wrong)
        assert len(scene.pull.reviews) == (1 if len(wrong) < 24 else 0)
        assert [row.title for row in published.plan.told] == [f"Wrong value {at + 1}" for at in wrong]
        assert scene.pull.comments[0].body.count("GitHub takes no comment there") >= len(wrong)


def planned(pull: PullRequest, count: int) -> tuple[Review, Plan]:
    """A review with a finding on the only line of each of `count` files, and its plan."""
    place = Place(Side.RIGHT, 1, 1)
    findings = tuple(
        Finding(f"values/v{at}.py", place, Severity.HIGH, Category.BUG, 0.9, f"Wrong value {at}", "", LINES[at - 1])
        for at in range(1, count + 1)
    )
    change = Change(pull.base_sha, pull.head_sha, ())
    cost = Cost("a model", "a server", 1, 1, 0, 1, 0.1)
    review = Review(change, Coverage(count, count), findings, (), count, "", cost)
    hunk = Hunk(0, "", (Line(None, 1, "x"),))
    paths = [finding.path for finding in findings]
    return review, plan(review, (), Grid(dict.fromkeys(paths, (hunk,)), frozenset(paths)))


def test_sixty_comments_go_as_three_reviews(tmp_path: Path) -> None:
    with crowded(tmp_path) as scene:
        assert scene.act(PATCHWRIGHT_MAX_COMMENTS="100") == 0, scene.said
        assert [len(review.comments) for review in scene.pull.reviews] == [25, 25, 10]
        assert "(1 of 3)" in scene.pull.reviews[0].body
        assert len([one for one in scene.hub.writes if one.path.endswith("/comments")]) == 1


def test_a_limit_that_passes_soon_is_waited_for(scene: Stage) -> None:
    scene.hub.fail("POST", REVIEWS, secondary=True, retry_after=1)
    assert scene.act() == 0
    assert len(scene.pull.reviews) == 1


def test_a_limit_of_forty_minutes_saves_the_review_and_says_how_to_post_it(scene: Stage) -> None:
    scene.hub.fail("POST", REVIEWS, primary=2400)
    assert scene.act() == 4
    assert not scene.pull.reviews
    assert "40 minutes" in scene.said
    assert f"patchwright post review.json --pr acme/shop#{scene.pull.number}" in scene.said
    saved = scene.outputs["json-file"]
    scene.token = scene.hub.token()
    assert scene.command("post", saved, "--pr", f"acme/shop#{scene.pull.number}") == 0
    assert len(scene.pull.threads) == 1


def test_a_head_that_moved_gets_the_comments_that_still_fit(tmp_path: Path) -> None:
    rude = "def greet(name):\n    return 'hey you'\n"

    def moving(request: Any) -> dict[str, Any]:
        if scene.pull.head.sha == first:
            commit(scene.work, {"greet.py": GREET}, "friendlier")
            scene.repo.push("topic", scene.work)
        quote = finding("    return 'hey you'", title="It is rude", severity="low")
        return answer(quote) if "hey you" in request.prompt else on_pay(request)

    with stage(tmp_path, reply=moving, files={"greet.py": rude}) as scene:
        first = scene.pull.head.sha
        assert scene.act(PATCHWRIGHT_CONCURRENCY="1") == 0, scene.said
        assert [thread.path for thread in scene.pull.threads] == ["shop/pay.py"]
        assert scene.pull.reviews[0].commit_id == first
        body = scene.pull.comments[0].body
        assert "The head moved while this was reviewed" in body
        assert "its lines changed meanwhile" in body
        event = scene.hub.event("pull_request", action="synchronize", pull=scene.pull, sender="ann")
        assert scene.act(payload=event) == 0
        assert "**1 finding**: 1 high." in scene.pull.comments[0].body


def test_a_branch_rewritten_meanwhile_is_left_to_the_next_run(tmp_path: Path) -> None:
    def rewriting(request: Any) -> dict[str, Any]:
        if scene.pull.head.sha == first:
            git(scene.work, "commit", "--quiet", "--amend", "--message", "another")
            git(
                scene.work,
                "commit",
                "--quiet",
                "--amend",
                "--allow-empty",
                "--date",
                "2020-01-01T00:00:00Z",
                "--no-edit",
            )
            scene.repo.push("topic", scene.work)
        return on_pay(request)

    with stage(tmp_path, reply=rewriting) as scene:
        first = scene.pull.head.sha
        assert scene.act() == 0, scene.said
        assert not scene.pull.reviews
        assert "the branch was rewritten meanwhile" in scene.pull.comments[0].body
        assert scene.act() == 0
        assert len(scene.pull.threads) == 1


def test_two_runs_at_once_do_not_both_post(tmp_path: Path) -> None:
    """While the model is slow to answer the one, the other begins and ends."""
    slow = Trickle(answer(finding()), seconds=3)
    with stage(tmp_path, reply=iter([on_pay, slow, slow, *[on_pay] * 9])) as scene:
        event = tmp_path / "first.json"
        event.write_text(json.dumps(scene.hub.event("pull_request", action="opened", pull=scene.pull, sender="ann")))
        told = scene.environment(GITHUB_EVENT_NAME="pull_request", GITHUB_EVENT_PATH=str(event))
        with subprocess.Popen([sys.executable, "-m", "bot", "action"], env=told, stdout=subprocess.PIPE) as first:
            scene.model.wait_until(lambda: len(scene.model.requests) >= 3, seconds=30)
            assert scene.act() == 0
            assert len(scene.pull.threads) == 1
            assert first.wait() == 0
        assert (len(scene.pull.reviews), len(scene.pull.threads), len(scene.pull.comments)) == (1, 1, 1)


def test_a_fork_that_was_deleted_is_reviewed_all_the_same(tmp_path: Path) -> None:
    with stage(tmp_path, fork="ann") as scene:
        scene.repo.delete_fork("ann")
        assert scene.act() == 0, scene.said
        assert len(scene.pull.threads) == 1


def test_a_closed_pull_request_is_not_reviewed(scene: Stage) -> None:
    scene.pull.close()
    assert scene.act() == 0
    assert "not reviewed: it is closed" in scene.said


def test_a_locked_conversation_is_told_in_a_sentence(scene: Stage) -> None:
    scene.pull.lock()
    code = scene.act()
    assert code == 0, scene.said
    assert "could not be posted" in scene.said
    assert "Traceback" not in scene.said
    assert "::error file=shop/pay.py" in scene.said


@pytest.mark.parametrize(
    ("token", "says"),
    [("bad", "GitHub refuses the token (Bad credentials)"), ("", "there is no token for GitHub")],
)
def test_a_token_that_is_no_good_is_one_sentence(scene: Stage, token: str, says: str) -> None:
    scene.token = token
    assert scene.act() in (2, 4)
    assert says in scene.said
    assert "Traceback" not in scene.said


def test_a_pull_request_that_is_not_there_is_one_sentence(scene: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert scene.command("review", "--pr", "acme/shop#999") == 4
    assert "GitHub finds no such thing" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_one_sentence(scene: Stage) -> None:
    assert scene.act(GITHUB_API_URL="http://127.0.0.1:9", PATCHWRIGHT_RATE_LIMIT_WAIT="0") == 4
    assert "GitHub can't be reached" in scene.said


def test_no_secret_is_in_the_log_the_reports_or_on_github(scene: Stage) -> None:
    scene.act(PATCHWRIGHT_API_KEY="not-so-secret-key-0123")
    reports = "".join(Path(scene.outputs[f"{form}-file"]).read_text() for form in ("json", "sarif", "html"))
    said = json.dumps([request.body for request in scene.hub.requests])
    assert scene.token not in scene.said + scene.summary + reports + said
    assert scene.said.count("not-so-secret-key-0123") == 1  # the runner's own command that masks it
    assert "::add-mask::not-so-secret-key-0123" in scene.said


def test_a_server_whose_lists_lag_does_not_make_us_say_it_twice(scene: Stage) -> None:
    scene.hub.fail("POST", REVIEWS, status=502, after=True)
    scene.hub.stale(reads=1)
    assert scene.act() == 0
    assert len(scene.pull.reviews) == 1
