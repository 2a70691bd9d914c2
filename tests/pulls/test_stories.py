"""What happens on a pull request, told from beginning to end: the action, the fake GitHub, the fake model server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.example import GREET, PAY, answer, commit, finding, git, on_pay
from tests.fakes.model_server import Status
from tests.pulls.stage import Stage, stage

GUARD = '    if amount <= 0:\n        raise ValueError("nothing to pay")\n'
RUDE = "def greet(name):\n    return 'hey you'\n"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path, reply=both) as made:
        yield made


def both(request: Any) -> dict[str, Any]:
    """A model that finds the missing guard, and rudeness."""
    found = []
    if "account.balance -= amount" in request.prompt:
        found.append(finding())
    if "hey you" in request.prompt:
        found.append(finding("    return 'hey you'", line=2, title="It is rude", body="", severity="low"))
    return answer(*found)


def push(scene: Stage, files: dict[str, str], message: str = "more", *, branch: str = "topic") -> str:
    head = commit(scene.work, files, message)
    scene.repo.push(branch, scene.work)
    return head


def pushed(scene: Stage) -> int:
    return scene.act(payload=scene.hub.event("pull_request", action="synchronize", pull=scene.pull, sender="ann"))


def titles(scene: Stage) -> list[str]:
    return [thread.comments[0].body.split("\n")[0] for thread in scene.pull.threads]


def test_opened_a_pull_request_gets_one_review_one_summary_and_one_check(scene: Stage) -> None:
    assert scene.act() == 0
    (review,), (summary,), (check,) = scene.pull.reviews, scene.pull.comments, scene.pull.check_runs
    (thread,) = scene.pull.threads
    assert review.state == "COMMENTED"
    assert (thread.path, thread.line, thread.side) == ("shop/pay.py", 2, "RIGHT")
    assert thread.comments[0].body.startswith("**High bug: A negative amount adds money**\n\nWithout the check")
    assert "**1 finding**: 1 high. 2 hunks in 2 files read." in summary.body
    assert "- skipped: poetry.lock (1 hunk): a lock file" in summary.body
    assert (check.conclusion, len(check.annotations)) == ("success", 1)
    assert scene.outputs["findings"] == "1"
    assert scene.outputs["highest-severity"] == "high"
    assert scene.outputs["review-url"].startswith(scene.hub.server_url)
    assert all(Path(scene.outputs[f"{form}-file"]).is_file() for form in ("json", "sarif", "html"))
    assert "A negative amount adds money" in scene.summary


def test_on_the_same_head_nothing_is_said_and_no_model_is_asked_again(scene: Stage) -> None:
    scene.act()
    asked, written = len(scene.model.requests), len(scene.hub.writes)
    assert scene.act() == 0
    assert (len(scene.model.requests), len(scene.hub.writes)) == (asked, written)
    assert "was reviewed before" in scene.said


def test_a_push_brings_only_what_is_new(scene: Stage) -> None:
    scene.act()
    push(scene, {"greet.py": RUDE})
    asked = len(scene.model.requests)
    assert pushed(scene) == 0
    assert titles(scene) == ["**High bug: A negative amount adds money**", "**Low bug: It is rude**"]
    assert all("account.balance" not in request.prompt for request in scene.model.requests[asked:])
    (summary,) = scene.pull.comments
    assert "**2 findings**: 1 high, 1 low." in summary.body
    assert "unchanged since" in summary.body
    assert not any(thread.is_resolved for thread in scene.pull.threads)


def test_a_thread_whose_lines_were_fixed_is_resolved(tmp_path: Path) -> None:
    with stage(tmp_path, reply=both, token={"contents": "write"}) as scene:
        scene.act()
        push(scene, {"shop/pay.py": PAY})
        assert pushed(scene) == 0
        (thread,) = scene.pull.threads
        assert thread.is_resolved
        assert thread.resolved_by == "github-actions[bot]"
        assert "**No findings.**" in scene.pull.comments[0].body


def test_without_the_permission_to_resolve_it_says_so(scene: Stage) -> None:
    scene.act()
    push(scene, {"shop/pay.py": PAY})
    assert pushed(scene) == 0
    assert not scene.pull.threads[0].is_resolved
    assert "1 thread could not be resolved (that needs contents: write)" in scene.pull.comments[0].body


def test_what_a_person_resolved_is_not_reopened_when_the_lines_move(scene: Stage) -> None:
    scene.act()
    scene.pull.threads[0].resolve(by="maria")
    moved = "import shop\n\n\n" + PAY.replace(GUARD, "")
    push(scene, {"shop/pay.py": moved})
    assert pushed(scene) == 0
    assert len(scene.pull.threads) == 1
    assert "1 not said again" in scene.pull.comments[0].body


def test_a_rebase_has_all_of_it_read_again_and_nothing_said_twice(scene: Stage) -> None:
    scene.act()
    git(scene.work, "checkout", "--quiet", "main")
    push(scene, {"other.py": "x = 1\n"}, "main goes on", branch="main")
    git(scene.work, "checkout", "--quiet", "topic")
    git(scene.work, "rebase", "--quiet", "main")
    scene.repo.push("topic", scene.work)
    asked = len(scene.model.requests)
    assert pushed(scene) == 0
    assert len(scene.model.requests) - asked >= 2
    assert len(scene.pull.threads) == 1
    assert len(scene.pull.reviews) == 1


@pytest.mark.parametrize("how", ["command", "thumb"])
def test_a_finding_that_someone_silenced_stays_silent(scene: Stage, how: str) -> None:
    scene.act()
    thread = scene.pull.threads[0]
    if how == "command":
        thread.reply("/patchwright ignore", by="maria")
    else:
        thread.comments[0].react("-1", by="maria")
    push(scene, {"shop/pay.py": "import shop\n\n\n" + PAY.replace(GUARD, "")})
    assert pushed(scene) == 0
    assert len(scene.pull.threads) == 1
    assert "**No findings.**" in scene.pull.comments[0].body


def test_a_stranger_silences_nothing(scene: Stage) -> None:
    scene.act()
    scene.hub.user("mallory", "none")
    scene.pull.threads[0].comments[0].react("-1", by="mallory")
    scene.pull.threads[0].reply("/patchwright ignore", by="mallory")
    push(scene, {"shop/pay.py": "import shop\n\n\n" + PAY.replace(GUARD, "")})
    assert pushed(scene) == 0
    assert "**1 finding**" in scene.pull.comments[0].body


def test_what_the_summary_alone_told_is_carried_over_a_push(tmp_path: Path) -> None:
    with stage(tmp_path, reply=both) as scene:
        scene.act(PATCHWRIGHT_MAX_COMMENTS="0")
        assert "below the comment budget" in scene.pull.comments[0].body
        push(scene, {"greet.py": RUDE})
        scene_code = scene.act(
            payload=scene.hub.event("pull_request", action="synchronize", pull=scene.pull, sender="ann"),
            PATCHWRIGHT_MAX_COMMENTS="0",
        )
        assert scene_code == 0
        assert "**2 findings**: 1 high, 1 low." in scene.pull.comments[0].body
        assert not scene.pull.reviews


def test_fail_on_counts_what_still_stands_though_it_was_said_before(scene: Stage) -> None:
    assert scene.act(PATCHWRIGHT_FAIL_ON="high") == 1
    assert scene.pull.check_runs[-1].conclusion == "failure"
    push(scene, {"greet.py": GREET.replace("hello", "good day")})
    payload = scene.hub.event("pull_request", action="synchronize", pull=scene.pull, sender="ann")
    assert scene.act(payload=payload, PATCHWRIGHT_FAIL_ON="high") == 1


def test_the_configuration_is_the_bases_whatever_the_head_says(tmp_path: Path) -> None:
    with stage(tmp_path, reply=both) as scene:
        push(scene, {".github/patchwright.yml": "mute:\n  - category: bug\n"})
        assert scene.act() == 0
        assert len(scene.pull.threads) == 1


def test_muted_by_the_bases_configuration_it_is_counted_and_not_said(tmp_path: Path) -> None:
    with stage(tmp_path, reply=both) as scene:
        git(scene.work, "checkout", "--quiet", "main")
        rules = "mute:\n  - category: bug\n    reason: legacy\n"
        push(scene, {".github/patchwright.yml": rules}, "rules", branch="main")
        git(scene.work, "checkout", "--quiet", "topic")
        git(scene.work, "rebase", "--quiet", "main")
        scene.repo.push("topic", scene.work)
        assert scene.act() == 0
        assert not scene.pull.threads
        assert "(legacy)" in scene.pull.comments[0].body


def test_an_artifact_of_a_fork_is_posted_by_the_job_that_may(tmp_path: Path) -> None:
    with stage(tmp_path, reply=both, fork="ann") as scene:
        written = scene.token
        scene.token = scene.hub.token(read_only=True)
        assert scene.act(PATCHWRIGHT_POST="false") == 0
        assert not scene.hub.writes
        report = scene.outputs["json-file"]
        scene.token = written
        asked = len(scene.model.requests)
        run = scene.repo.run_workflow("Review", event="pull_request", head=scene.pull.head, actor="ann")
        event = scene.hub.event("workflow_run", action="completed", run=run, sender="ann", repository=scene.repo)
        assert scene.act("workflow_run", event, PATCHWRIGHT_REVIEW_FILE=report) == 0, scene.said
        assert len(scene.model.requests) == asked
        assert titles(scene) == ["**High bug: A negative amount adds money**"]


def test_a_token_that_can_only_read_leaves_annotations_and_a_word(tmp_path: Path) -> None:
    with stage(tmp_path, reply=both, fork="ann") as scene:
        scene.token = scene.hub.token(read_only=True)
        assert scene.act() == 0
        assert "::error file=shop/pay.py,line=2,endLine=2,title=high bug%3A A negative" in scene.said
        assert "Resource not accessible by integration" in scene.said
        assert not scene.pull.threads


@pytest.mark.parametrize(
    ("event", "says"),
    [("push", "nothing is done on the event push"), ("merge_group", "passed")],
)
def test_other_events_end_well_with_a_line_that_says_so(scene: Stage, event: str, says: str) -> None:
    payload = (
        scene.hub.event("merge_group", action="checks_requested", pull=scene.pull, sender="ann")
        if event == "merge_group"
        else {"ref": "refs/heads/main"}
    )
    assert scene.act(event, payload) == 0
    assert says in scene.said
    assert not scene.hub.writes


def test_a_draft_is_skipped_and_the_log_says_so(tmp_path: Path) -> None:
    with stage(tmp_path, draft=True) as scene:
        assert scene.act() == 0
        assert "not reviewed: it is a draft" in scene.said
        assert not scene.model.requests


def test_a_dispatch_with_a_number_reviews_it(scene: Stage) -> None:
    payload = scene.hub.event("workflow_dispatch", pull=scene.pull, sender="maria")
    payload["inputs"] = {"number": str(scene.pull.number)}
    assert scene.act("workflow_dispatch", payload) == 0
    assert len(scene.pull.threads) == 1


def test_pull_request_target_reads_by_the_api_alone(scene: Stage) -> None:
    payload = scene.hub.event("pull_request_target", action="opened", pull=scene.pull, sender="ann")
    assert scene.act("pull_request_target", payload, GITHUB_WORKSPACE=str(scene.work)) == 0
    assert len(scene.pull.threads) == 1
    assert not [request for request in scene.hub.requests if ".git/" in request.path]


def test_on_ghes_it_is_the_same(tmp_path: Path) -> None:
    with stage(tmp_path, reply=both, flavour="ghes") as scene:
        assert scene.act() == 0
        assert len(scene.pull.threads) == 1
        assert on_pay  # the same model


def test_a_dry_run_tells_the_requests_and_sends_none(scene: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert scene.command("review", "--pr", f"acme/shop#{scene.pull.number}", "--dry-run") == 0
    told = capsys.readouterr().out
    assert not scene.hub.writes
    head, _, rest = told.partition("\n")
    assert head == f"POST /repos/acme/shop/pulls/{scene.pull.number}/reviews"
    body, _ = json.JSONDecoder().raw_decode(rest)
    assert body["comments"][0]["line"] == 2
    assert body["event"] == "COMMENT"


def test_from_a_terminal_it_is_printed_and_posted(scene: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert scene.command("review", "--pr", f"https://github.com/acme/shop/pull/{scene.pull.number}") == 0
    assert "A negative amount adds money" in capsys.readouterr().out
    assert len(scene.pull.threads) == 1


def test_a_saved_review_can_be_posted_later(scene: Stage, tmp_path: Path) -> None:
    base, head = git(scene.work, "rev-parse", "main"), git(scene.work, "rev-parse", "topic")
    saved = tmp_path / "review.json"
    command = ["review", f"{base}..{head}", "--repo", str(scene.work), "--format", "json", "--output", str(saved)]
    assert scene.command(*command) == 0
    assert scene.command("post", str(saved), "--pr", f"acme/shop#{scene.pull.number}") == 0
    assert len(scene.pull.threads) == 1


def test_a_model_server_that_dies_midway_costs_only_what_it_did_not_read(tmp_path: Path) -> None:
    def dying(request: Any) -> Any:
        return Status(400, "out of memory") if "dear" in request.prompt else both(request)

    with stage(tmp_path, reply=dying) as scene:
        assert scene.act() == 3
        assert len(scene.pull.threads) == 1
        assert "**1 hunk could not be read**" in scene.pull.comments[0].body
        assert scene.pull.check_runs[-1].conclusion == "neutral"
        asked = len(scene.model.requests)
        scene.act()
        assert len(scene.model.requests) > asked  # it wasn't finished, and so it isn't "reviewed before"
        assert len(scene.pull.threads) == 1
