"""Commands in comments, from the event to what stands on the pull request afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.example import answer, finding, git
from tests.fakes.model_server import Status
from tests.pulls.stage import Stage, stage

MENDED = "    if amount > 0:\n        account.balance -= amount"


def reply(request: Any) -> Any:
    """A model that reviews, explains, answers and suggests."""
    if "Propose new text" in request.prompt:
        return {"reason": "Guard it again.", "possible": True, "replacement": MENDED}
    if "Explain this finding" in request.prompt:
        return "With `amount` below zero the balance grows. Ask @maria, see https://evil.example/x."
    if "The question:" in request.prompt:
        return "Nobody calls it with less than zero."
    return answer(finding()) if "account.balance -= amount" in request.prompt else answer()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path, reply=reply, token={"contents": "write"}) as made:
        made.act()
        yield made


def in_thread(scene: Stage, text: str, *, by: str = "maria") -> Any:
    """The code of the action, the comment, and what was said after it in its thread."""
    thread = scene.pull.threads[0]
    comment = thread.reply(text, by=by)
    payload = scene.hub.event(
        "pull_request_review_comment", action="created", comment=comment, sender=by, repository=scene.repo
    )
    code = scene.act("pull_request_review_comment", payload)
    at = thread.comments.index(comment)
    return code, comment, [one.body for one in thread.comments[at + 1 :]]


def in_comment(scene: Stage, text: str, *, by: str = "maria") -> Any:
    comment = scene.pull.comment(text, by=by)
    payload = scene.hub.event("issue_comment", action="created", comment=comment, sender=by, repository=scene.repo)
    code = scene.act("issue_comment", payload)
    at = scene.pull.comments.index(comment)
    return code, comment, [one.body for one in scene.pull.comments[at + 1 :]]


def reactions(comment: Any) -> list[str]:
    return [reaction.content for reaction in comment.reactions]


def test_explain_is_acknowledged_and_answered_in_the_thread(scene: Stage) -> None:
    code, comment, (said,) = in_thread(scene, "/patchwright explain")
    assert code == 0
    assert reactions(comment) == ["eyes"]
    assert said.startswith("With `amount` below zero the balance grows.")
    assert "account.balance -= amount" in scene.model.requests[-1].prompt
    assert "A negative amount adds money" in scene.model.requests[-1].prompt


def test_what_a_model_answers_mentions_nobody_and_links_nowhere(scene: Stage) -> None:
    _, _, (said,) = in_thread(scene, "/patchwright explain")
    assert "@maria" not in said
    assert "https://evil" not in said


def test_a_question_is_answered_in_the_thread_and_on_the_pull_request(scene: Stage) -> None:
    for ask in (in_thread, in_comment):
        code, comment, (said,) = ask(scene, "/patchwright ask who calls this?")
        assert code == 0
        assert reactions(comment) == ["eyes"]
        assert said.startswith("Nobody calls it with less than zero.")
        assert "who calls this?" in scene.model.requests[-1].prompt


def test_a_suggestion_can_be_committed_with_a_click(scene: Stage) -> None:
    _, _, (said,) = in_thread(scene, "/patchwright suggest")
    assert f"```suggestion\n{MENDED}\n```" in said
    text = scene.repo.apply_suggestion(scene.pull.threads[0].comments[-1].id)
    assert text.startswith(
        "def pay(account, amount):\n    if amount > 0:\n        account.balance -= amount\n    return"
    )


def test_apply_commits_the_suggestions_of_open_threads_as_one_commit(scene: Stage) -> None:
    in_thread(scene, "/patchwright suggest")
    before = scene.pull.head.sha
    code, _, (said,) = in_comment(scene, "/patchwright apply")
    assert code == 0, scene.said
    assert said.startswith(f"1 suggestion applied in {scene.pull.head.sha[:7]}.")
    assert scene.pull.commits[-1] == scene.pull.head.sha or scene.pull.head.sha in scene.pull.commits
    assert scene.pull.head.sha != before
    assert scene.repo.bare.commit(scene.pull.head.sha).parents == (before,) or [before]
    git(scene.work, "fetch", "--quiet", str(scene.repo.bare.path), "topic")
    assert MENDED in git(scene.work, "show", "FETCH_HEAD:shop/pay.py")
    assert scene.pull.threads[0].is_resolved


def test_apply_with_nothing_to_apply_says_so(scene: Stage) -> None:
    _, _, (said,) = in_comment(scene, "/patchwright apply")
    assert said.startswith("There is no suggestion to apply.")


def test_apply_in_a_fork_points_to_the_button(tmp_path: Path) -> None:
    with stage(tmp_path, reply=reply, fork="ann") as scene:
        scene.act()
        _, _, (said,) = in_comment(scene, "/patchwright apply")
        assert "The branch lies in a fork" in said


def test_ignore_closes_the_thread_with_a_reaction_and_no_words(scene: Stage) -> None:
    code, comment, said = in_thread(scene, "/patchwright ignore")
    assert (code, said) == (0, [])
    assert reactions(comment) == ["eyes", "+1"]
    assert scene.pull.threads[0].is_resolved


def test_review_reads_again_and_says_what_came_of_it(scene: Stage) -> None:
    asked = len(scene.model.requests)
    _, _, (said,) = in_comment(scene, "/patchwright review")
    assert "was reviewed before" in said
    assert len(scene.model.requests) == asked
    _, _, (said,) = in_comment(scene, "/patchwright review full")
    assert said.startswith("1 finding: 1 high.")
    assert len(scene.model.requests) > asked
    assert len(scene.pull.reviews) == 1


def test_help_is_a_table(scene: Stage) -> None:
    _, _, (said,) = in_comment(scene, "/patchwright help")
    assert "| `/patchwright explain` |" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/patchwright explian", "did you mean `/patchwright explain`?"),
        ("/patchwright explain", "`/patchwright explain` works in a thread on a line of the change."),
        ("/patchwright ask", "there is no question behind"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(scene: Stage, text: str, says: str) -> None:
    _, _, (said,) = in_comment(scene, text)
    assert says in said
    assert "Traceback" not in scene.said


def test_a_model_server_that_is_down_is_one_sentence_in_the_thread(scene: Stage) -> None:
    scene.model._script = iter([Status(401, "no")] * 9)
    code, _, (said,) = in_thread(scene, "/patchwright explain")
    assert code == 3
    assert said.startswith("That didn't work: the server refuses the API key")


@pytest.mark.parametrize("permission", ["none", "read"])
def test_who_may_not_gets_a_reaction_and_a_line_in_the_log(scene: Stage, permission: str) -> None:
    scene.hub.user("mallory", permission)
    asked = len(scene.model.requests)
    for command in ("explain", "apply", "ignore", "review full"):
        code, comment, said = in_thread(scene, f"/patchwright {command}", by="mallory")
        assert (code, said, reactions(comment)) == (0, [], ["confused"])
        assert "mallory may not ask for this" in scene.said
    assert len(scene.model.requests) == asked
    assert not scene.pull.threads[0].is_resolved


def test_triage_may_ask_and_not_apply(scene: Stage) -> None:
    scene.hub.user("tom", "triage")
    assert len(in_thread(scene, "/patchwright explain", by="tom")[2]) == 1
    code, comment, said = in_thread(scene, "/patchwright apply", by="tom")
    assert (code, said, reactions(comment)) == (0, [], ["confused"])


@pytest.mark.parametrize("by", ["github-actions[bot]", "helper[bot]"])
def test_bots_trigger_nothing(scene: Stage, by: str) -> None:
    scene.hub.user(by, "write")
    written = len(scene.hub.writes)
    code, _, said = in_comment(scene, "/patchwright review full", by=by)
    assert (code, said) == (0, [])
    assert len(scene.hub.writes) == written


def test_a_job_that_runs_twice_answers_once(scene: Stage) -> None:
    comment = scene.pull.comment("/patchwright help", by="maria")
    payload = scene.hub.event("issue_comment", action="created", comment=comment, sender="maria", repository=scene.repo)
    for _ in range(2):
        assert scene.act("issue_comment", payload) == 0
    assert len([one for one in scene.pull.comments if "| command |" in one.body]) == 1


def test_a_comment_without_a_command_is_left_alone(scene: Stage) -> None:
    written = len(scene.hub.writes)
    code, _, said = in_comment(scene, "looks good\n\n> /patchwright apply")
    assert (code, said, len(scene.hub.writes)) == (0, [], written)
