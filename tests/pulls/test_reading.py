"""What is read, and by which way: a checkout, a fetch of its own, the API. And what is posted that can be committed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings
from bot.diff.change import Change, Side
from bot.diff.place import Place
from bot.github.client import Patience
from bot.github.connect import connect
from bot.pulls.anchors import grid_of
from bot.pulls.plan import plan
from bot.pulls.publish import publish
from bot.pulls.texts import Links
from bot.review.findings import Category, Cost, Coverage, Finding, Review, Severity, Suggestion
from tests.example import answer, commit, finding, git, on_pay
from tests.pulls.stage import Stage, stage
from tests.pulls.test_stories import push


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


def fetches(scene: Stage) -> list[str]:
    return [request.path for request in scene.hub.requests if ".git/" in request.path]


def test_a_checkout_that_has_the_commits_is_read_and_nothing_is_fetched(scene: Stage) -> None:
    assert scene.act(GITHUB_WORKSPACE=str(scene.work)) == 0
    assert len(scene.pull.threads) == 1
    assert not fetches(scene)


def test_a_shallow_checkout_gets_what_it_lacks(scene: Stage, tmp_path: Path) -> None:
    """As actions/checkout leaves it: the merge of the pull request, without its history."""
    here = tmp_path / "shallow"
    git(tmp_path, "init", "--quiet", str(here))
    source = f"file://{scene.repo.bare.path}"
    git(here, "fetch", "--quiet", "--depth=1", source, f"refs/pull/{scene.pull.number}/merge")
    git(here, "checkout", "--quiet", "FETCH_HEAD")
    assert scene.act(GITHUB_WORKSPACE=str(here)) == 0
    assert len(scene.pull.threads) == 1
    assert fetches(scene)
    assert "reading it by the API" not in scene.said


def test_a_checkout_of_another_repository_is_left_alone(scene: Stage, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git(tmp_path, "init", "--quiet", str(other))
    commit(other, {"x": "x\n"}, "x")
    before = git(other, "count-objects", "-v")
    assert scene.command("review", "--pr", f"acme/shop#{scene.pull.number}", "--repo", str(other)) == 0
    assert len(scene.pull.threads) == 1
    assert git(other, "count-objects", "-v") == before


def test_a_file_too_large_for_the_api_is_fetched_by_git(tmp_path: Path) -> None:
    long = "".join(f"value_{at} = {at}\n" for at in range(21_000))
    with stage(tmp_path, files={"long.py": long, "zz.py": "x = 1\n"}) as scene:
        assert scene.act() == 0, scene.said
        assert "GitHub doesn't show all of this change: reading it by git" in scene.said
        assert fetches(scene)
        assert "value_20999" in "".join(request.prompt for request in scene.model.requests)
        assert "could not be read" not in scene.pull.comments[0].body


def test_by_the_api_attributes_of_the_base_count_too(tmp_path: Path) -> None:
    with stage(tmp_path, files={"gen.py": "x = 1\n"}) as scene:
        git(scene.work, "checkout", "--quiet", "main")
        push(scene, {".gitattributes": "gen.py linguist-generated\n"}, branch="main")
        assert scene.act() == 0
        assert "gen.py (1 hunk): linguist-generated" in scene.pull.comments[0].body


def test_secrets_and_hidden_characters_reach_no_prompt_and_no_comment(tmp_path: Path) -> None:
    token = "ghp_" + "a1B2" * 9
    code = f'TOKEN = "{token}"\nname = "x\u202egpj.exe"\n'

    def reply(request: Any) -> dict[str, Any]:
        found = [finding('TOKEN = "ghp_[masked]"', line=1, title=f"A token: {token}", body=token)]
        return answer(*found) if "ghp_[masked]" in request.prompt else on_pay(request)

    with stage(tmp_path, reply=reply, files={"secret.py": code}) as scene:
        assert scene.act() == 0
        prompts = "".join(request.prompt for request in scene.model.requests)
        assert token not in prompts
        assert "\\u202e" in prompts
        assert "\u202e" not in prompts
        thread = next(thread for thread in scene.pull.threads if thread.path == "secret.py")
        assert thread.line == 1
        reports = "".join(Path(scene.outputs[f"{form}-file"]).read_text() for form in ("sarif", "html"))
        said = thread.comments[0].body + scene.pull.comments[0].body + scene.summary + scene.said
        assert token not in said + reports


def test_writes_keep_their_distance(tmp_path: Path) -> None:
    """GitHub asks for a second between them, and here it insists."""
    with stage(tmp_path) as scene:
        scene.hub.strict_spacing = True
        started = time.monotonic()
        assert scene.act(PATCHWRIGHT_WRITE_PACE="1") == 0, scene.said
        assert time.monotonic() - started >= 2  # a review, a comment, a check
        assert all(request.status < 300 for request in scene.hub.writes)


@pytest.mark.parametrize(
    ("settings", "reply", "state"),
    [
        ({"request_changes": "high"}, on_pay, "CHANGES_REQUESTED"),
        ({"request_changes": "critical"}, on_pay, "COMMENTED"),
        ({"approve": True}, lambda _: answer(), "APPROVED"),
    ],
)
def test_requesting_changes_and_approving_are_for_those_who_ask(
    tmp_path: Path, settings: dict[str, Any], reply: Any, state: str
) -> None:
    with stage(tmp_path, reply=reply) as scene:
        told = {f"PATCHWRIGHT_{name.upper()}": str(value).lower() for name, value in settings.items()}
        assert scene.act(**told) == 0, scene.said
        assert [review.state for review in scene.pull.reviews] == [state]


def test_without_asking_a_clean_pull_request_gets_no_review(tmp_path: Path) -> None:
    with stage(tmp_path, reply=lambda _: answer()) as scene:
        assert scene.act() == 0
        assert not scene.pull.reviews
        assert "**No findings.** 2 hunks in 2 files read." in scene.pull.comments[0].body


def test_ones_own_pull_request_is_commented_on_and_not_approved(tmp_path: Path) -> None:
    """GitHub lets nobody request changes of themselves: the comments are posted all the same."""
    with stage(tmp_path, token={"kind": "user", "login": "ann"}) as scene:
        scene.hub.user("ann", "write")
        assert scene.act(PATCHWRIGHT_REQUEST_CHANGES="high") == 0, scene.said
        assert [review.state for review in scene.pull.reviews] == ["COMMENTED"]
        assert len(scene.pull.threads) == 1


@pytest.mark.parametrize(
    ("text", "lines", "replacement", "expected"),
    [
        ("a = 1\nb = 2\nc = 3\n", (2, 2), "b = 20", "a = 1\nb = 20\nc = 3\n"),
        ("a = 1\nb = 2\nc = 3\n", (1, 2), "ab = 12", "ab = 12\nc = 3\n"),
        ("a = 1\nb = 2\nc = 3\n", (2, 3), "", "a = 1\n"),
        ("a = 1\nb = 2\nc = 3\n", (2, 2), "b = '''\n```\n'''", "a = 1\nb = '''\n```\n'''\nc = 3\n"),
        ("a = 1\r\nb = 2\r\nc = 3\r\n", (2, 2), "b = 20", "a = 1\r\nb = 20\r\nc = 3\r\n"),
        ("a = 1\nb = 2", (2, 2), "b = 20", "a = 1\nb = 20"),
    ],
    ids=["one line", "two lines", "deletion", "a fence", "CRLF", "no final newline"],
)
def test_a_posted_suggestion_yields_the_intended_file(
    tmp_path: Path, text: str, lines: tuple[int, int], replacement: str, expected: str
) -> None:
    with stage(tmp_path) as scene:
        (scene.work / "new.py").write_bytes(text.encode())
        push(scene, {})
        posted_suggestion(scene, Suggestion(*lines, replacement))
        (thread,) = scene.pull.threads
        assert "suggestion\n" in thread.comments[0].body
        got = scene.repo.apply_suggestion(thread.comments[0].id)
        assert got.replace("\r\n", "\n") == expected.replace("\r\n", "\n")


@pytest.mark.parametrize("replacement", ["b = 2", "b = '\x00'", "b = '\u202e'", "b = 'ghp_[masked]'"])
def test_a_suggestion_that_github_would_refuse_or_hides_something_is_shown_as_text(
    tmp_path: Path, replacement: str
) -> None:
    with stage(tmp_path) as scene:
        push(scene, {"new.py": "a = 1\nb = 2\n"})
        posted_suggestion(scene, Suggestion(2, 2, replacement))
        (thread,) = scene.pull.threads
        assert "```suggestion" not in thread.comments[0].body
        assert "Suggested instead of lines 2 to 2" in thread.comments[0].body


def posted_suggestion(scene: Stage, suggestion: Suggestion) -> None:
    forge = connect("acme/shop", api_url=scene.hub.api_url, token=scene.token, patience=Patience(pace=0))
    pull = forge.pull(scene.pull.number)
    place = Place(Side.RIGHT, suggestion.start, suggestion.end)
    found = Finding("new.py", place, Severity.HIGH, Category.BUG, 0.9, "Wrong", "", "b", suggestion=suggestion)
    change = Change(pull.base_sha, pull.head_sha, ())
    review = Review(change, Coverage(1, 1), (found,), (), 1, "", Cost("m", "s", 1, 1, 0, 1, 0.1))
    said = forge.conversation(pull.number)
    publish(
        forge, pull, review, plan(review, (), grid_of(forge.files(pull.number))), said,
        settings=Settings(check_run=False), links=Links(scene.hub.server_url, ""), run="a run", rules="", say=print,
    )  # fmt: skip
