"""Events as GitHub sends them, and what is to be done about each."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from bot.github.events import Command, FixIssue, Ignored, Pass, PostReview, ReviewPull, job_of
from tests.odd_repository import unhurried
from tests.releases import cache

SHA = "a" * 40
ACME = {"id": 1, "full_name": "acme/shop"}
MARIA = {"login": "maria", "id": 2, "type": "User"}
BOT = {"login": "dependabot[bot]", "id": 3, "type": "Bot"}
HIDDEN_BOT = {"login": "helper[bot]", "id": 4, "type": "User"}
PULL = {"number": 7, "title": "Add a cart", "head": {"ref": "cart", "sha": SHA, "repo": ACME}}
FORKED = PULL | {"head": PULL["head"] | {"repo": {"full_name": "eve/shop"}}}
ORPHANED = PULL | {"head": PULL["head"] | {"repo": None}}
ISSUE = {"number": 8, "title": "The cart is empty"}
ISSUE_OF_PULL = {"number": 7, "title": "Add a cart", "pull_request": {"url": "https://api.github.com/x"}}


def pull_event(action: str = "opened", **more: Any) -> dict[str, Any]:
    return {"action": action, "number": 7, "pull_request": PULL, "repository": ACME, "sender": MARIA} | more


def issue_event(label: str = "patchwright:fix", **more: Any) -> dict[str, Any]:
    named = {"label": {"name": label}}
    return {"action": "labeled", "issue": ISSUE, "repository": ACME, "sender": MARIA} | named | more


def comment_event(body: str = "/patchwright review", **more: Any) -> dict[str, Any]:
    told = {"action": "created", "issue": ISSUE_OF_PULL, "repository": ACME, "sender": MARIA}
    return told | {"comment": {"id": 11, "body": body}} | more


def thread_event(body: str = "/patchwright explain", **more: Any) -> dict[str, Any]:
    told = {"action": "created", "pull_request": PULL, "repository": ACME, "sender": MARIA}
    return told | {"comment": {"id": 12, "body": body, "path": "src/cart.py", "in_reply_to_id": 5} | more}


def run_event(**more: Any) -> dict[str, Any]:
    run = {"id": 99, "head_sha": SHA, "head_branch": "cart", "head_repository": {"full_name": "eve/shop"}}
    said = {"conclusion": "success", "pull_requests": []}
    return {"action": "completed", "workflow_run": run | said | more, "repository": ACME, "sender": MARIA}


def dispatch_event(inputs: Any) -> dict[str, Any]:
    return {"ref": "refs/heads/main", "inputs": inputs, "repository": ACME, "sender": MARIA}


GROUP_EVENT = {
    "action": "checks_requested",
    "merge_group": {"head_sha": SHA, "head_ref": f"refs/heads/gh-readonly-queue/main/pr-104-{SHA}"},
    "repository": ACME,
    "sender": {"login": "github-merge-queue[bot]", "type": "Bot"},
}


def reason(event: str, payload: Any) -> str:
    job = job_of(event, payload)
    assert isinstance(job, Ignored), job
    return job.reason


# ------------------------------------------------------------------------------------------------- pull requests


@pytest.mark.parametrize("action", ["opened", "reopened", "ready_for_review", "synchronize"])
def test_a_pull_request_that_is_new_or_has_news_is_reviewed(action):
    assert job_of("pull_request", pull_event(action)) == ReviewPull("acme/shop", 7, SHA, action, trusted=True)


@pytest.mark.parametrize("action", ["closed", "edited", "assigned", "unlabeled", "converted_to_draft", "locked", ""])
def test_on_other_actions_nothing_is_done(action):
    assert reason("pull_request", pull_event(action)) == f"nothing is done on pull_request {action}".rstrip()


@pytest.mark.parametrize("pull", [FORKED, ORPHANED])
def test_a_branch_that_lies_elsewhere_is_not_trusted(pull):
    assert job_of("pull_request", pull_event(pull_request=pull)) == ReviewPull("acme/shop", 7, SHA, "opened", False)


def test_with_the_secrets_of_the_base_nothing_is_checked_out():
    job = job_of("pull_request_target", pull_event(pull_request=FORKED))
    assert job == ReviewPull("acme/shop", 7, SHA, "opened", trusted=False, by_api_only=True)


@pytest.mark.parametrize("name", ["patchwright:review", "Patchwright:Review"])
def test_a_label_asks_for_a_review(name):
    job = job_of("pull_request", pull_event("labeled", label={"name": name}))
    assert job == ReviewPull("acme/shop", 7, SHA, "labeled", trusted=True)


@pytest.mark.parametrize("name", ["bug", "patchwright:fix", "patchwright:review ", ""])
@pytest.mark.parametrize("event", ["pull_request", "pull_request_target"])
def test_other_labels_are_an_occasion_like_any_push(event, name):
    """Their run may have cancelled a review under way, and a job that did nothing would count as one that passed."""
    job = job_of(event, pull_event("labeled", label={"name": name}))
    assert isinstance(job, ReviewPull)
    assert job.action == "labeled otherwise"


def test_whether_a_bot_s_pull_request_is_reviewed_is_not_decided_here():
    assert isinstance(job_of("pull_request", pull_event(sender=BOT)), ReviewPull)


def test_a_bot_s_label_asks_for_nothing():
    given_by_bot = pull_event("labeled", label={"name": "patchwright:review"}, sender=BOT)
    assert job_of("pull_request", given_by_bot).action == "labeled otherwise"


def test_a_pull_request_can_be_named_by_hand():
    job = job_of("workflow_dispatch", dispatch_event({"number": "7"}))
    assert job == ReviewPull("acme/shop", 7, "", "workflow_dispatch", trusted=False)


def test_a_merge_queue_gets_its_check():
    job = job_of("merge_group", GROUP_EVENT)
    assert isinstance(job, Pass)
    assert job.head_sha == SHA
    assert reason("merge_group", GROUP_EVENT | {"action": "destroyed"}) == "nothing is done on merge_group destroyed"


def test_the_run_of_another_workflow_is_posted():
    assert job_of("workflow_run", run_event()) == PostReview("acme/shop", SHA, "eve/shop", "cart", 99, "success")
    assert job_of("workflow_run", run_event(conclusion=None)) == PostReview(
        "acme/shop", SHA, "eve/shop", "cart", 99, conclusion=""
    )


# ------------------------------------------------------------------------------------------------------- comments


def test_a_command_on_a_pull_request():
    job = job_of("issue_comment", comment_event("Well then.\n\n/patchwright review full"))
    assert job == Command("acme/shop", 7, "maria", 11, "comment", "Well then.\n\n/patchwright review full")


def test_a_command_in_a_thread():
    assert job_of("pull_request_review_comment", thread_event()) == Command(
        "acme/shop", 7, "maria", 12, "thread", "/patchwright explain", in_reply_to=5, path="src/cart.py", head=SHA
    )


def test_a_command_that_opens_a_thread():
    payload = thread_event()
    del payload["comment"]["in_reply_to_id"]
    job = job_of("pull_request_review_comment", payload)
    assert isinstance(job, Command)
    assert job.in_reply_to is None


def test_an_unknown_command_is_to_be_answered_too():
    assert isinstance(job_of("issue_comment", comment_event("/patchwright reviewx")), Command)


@pytest.mark.parametrize(
    "body",
    ["Looks good.", "", "see /patchwright help", "> /patchwright apply", "```\n/patchwright apply\n```", "/patchwrite"],
)
def test_other_comments_hold_no_command(body):
    assert reason("issue_comment", comment_event(body)) == "the comment holds no command"
    assert reason("pull_request_review_comment", thread_event(body)) == "the comment holds no command"


@pytest.mark.parametrize("sender", [BOT, HIDDEN_BOT])
@pytest.mark.parametrize("event", [comment_event, thread_event])
def test_bots_are_not_answered(sender, event):
    name = "issue_comment" if event is comment_event else "pull_request_review_comment"
    assert reason(name, event() | {"sender": sender}) == f"comments by bots are ignored ({sender['login']})"


def test_nor_are_we_ourselves():
    body = "/patchwright review\n<!-- patchwright:answer {} -->"
    assert reason("issue_comment", comment_event(body)) == "the comment is one of ours, or copied from one"
    assert reason("pull_request_review_comment", thread_event(body)) == "the comment is one of ours, or copied from one"


@pytest.mark.parametrize("event", ["issue_comment", "pull_request_review_comment"])
@pytest.mark.parametrize("action", ["edited", "deleted"])
def test_only_new_comments_count(event, action):
    payload = comment_event() if event == "issue_comment" else thread_event()
    assert reason(event, payload | {"action": action}) == f"nothing is done on {event} {action}"


# --------------------------------------------------------------------------------------------------------- issues


def test_a_label_asks_for_a_fix():
    assert job_of("issues", issue_event()) == FixIssue("acme/shop", 8, "patchwright:fix", "maria")


def test_so_does_a_comment():
    job = job_of("issue_comment", comment_event("/patchwright fix", issue=ISSUE))
    assert job == FixIssue("acme/shop", 8, "", "maria")


def test_on_an_issue_there_is_nothing_else_to_ask_for():
    assert reason("issues", issue_event("bug")) == "the label is not `patchwright:fix`"
    for body in ("/patchwright review", "/patchwright fxi"):
        assert reason("issue_comment", comment_event(body, issue=ISSUE)) == "on an issue only `/patchwright fix` works"


def test_bots_have_nothing_fixed():
    assert reason("issues", issue_event(sender=BOT)) == "labels by bots are ignored (dependabot[bot])"
    commented = comment_event("/patchwright fix", issue=ISSUE, sender=HIDDEN_BOT)
    assert reason("issue_comment", commented) == "comments by bots are ignored (helper[bot])"


# ------------------------------------------------------------------------------------------- what can't be believed


@pytest.mark.parametrize("event", ["push", "schedule", "pull_request_review", "repository_dispatch"])
def test_other_events_are_ignored_by_name(event):
    assert reason(event, {}) == f"nothing is done on the event {event}"


@pytest.mark.parametrize(
    ("event", "payload", "wrong"),
    [
        ("pull_request", {"action": "opened"}, "lacks `repository`"),
        ("pull_request", pull_event(pull_request=None), "has no usable `pull_request`"),
        ("pull_request", pull_event(pull_request={"number": 7}), "lacks `pull_request.head`"),
        ("pull_request", pull_event(pull_request=PULL | {"number": True}), "has no usable `pull_request.number`"),
        ("pull_request", pull_event(pull_request=PULL | {"number": "7"}), "has no usable `pull_request.number`"),
        ("pull_request", pull_event(pull_request=PULL | {"number": 0}), "has no usable `pull_request.number`"),
        ("pull_request", pull_event("labeled"), "lacks `label`"),
        ("pull_request", pull_event(repository={"full_name": "shop"}), "has no usable `repository.full_name`"),
        ("pull_request", pull_event(repository={"full_name": "../.."}), "has no usable `repository.full_name`"),
        ("pull_request", pull_event(repository={"full_name": "acme/shop\n"}), "has no usable `repository.full_name`"),
        ("pull_request", pull_event(repository={"full_name": "acme/a/b"}), "has no usable `repository.full_name`"),
        ("pull_request", pull_event(repository={"full_name": "acmé/shop"}), "has no usable `repository.full_name`"),
        (
            "pull_request",
            pull_event(repository={"full_name": "a" * 99 + "?/b"}),
            "has no usable `repository.full_name`",
        ),
        ("pull_request", {"action": 3}, "has no usable `action`"),
        ("pull_request", [], "is no object"),
        ("pull_request_target", {"action": "opened"}, "lacks `repository`"),
        ("workflow_dispatch", dispatch_event({}), "lacks `inputs.number`"),
        ("workflow_dispatch", dispatch_event(None), "has no usable `inputs`"),
        ("workflow_dispatch", dispatch_event({"number": "seven"}), "has no usable `inputs.number`"),
        ("workflow_dispatch", dispatch_event({"number": "\u0667"}), "has no usable `inputs.number`"),
        ("workflow_dispatch", dispatch_event({"number": "7/../8"}), "has no usable `inputs.number`"),
        ("issue_comment", comment_event(comment={"id": 11}), "lacks `comment.body`"),
        ("issue_comment", comment_event(["/patchwright help"]), "has no usable `comment.body`"),
        ("issue_comment", comment_event(sender={"login": "../x"}), "has no usable `sender.login`"),
        ("pull_request_review_comment", thread_event(path=None), "has no usable `comment.path`"),
        ("issues", issue_event(issue={}), "lacks `issue.number`"),
        ("workflow_run", run_event(head_repository=None), "has no usable `workflow_run.head_repository`"),
        ("workflow_run", run_event(head_branch=None), "has no usable `workflow_run.head_branch`"),
        ("workflow_run", run_event(head_branch="a\nb"), "has no usable `workflow_run.head_branch`"),
        ("workflow_run", run_event(head_branch="\ud800"), "has no usable `workflow_run.head_branch`"),
        ("workflow_run", run_event(head_sha="HEAD"), "has no usable `workflow_run.head_sha`"),
        ("workflow_run", run_event(head_sha="a" * 41), "has no usable `workflow_run.head_sha`"),
        ("merge_group", {"action": "checks_requested"}, "lacks `merge_group`"),
    ],
)
def test_what_is_missing_is_named(event, payload, wrong):
    assert reason(event, payload) == f"the payload of {event} {wrong}"


def test_commits_may_have_the_long_names():
    assert isinstance(job_of("workflow_run", run_event(head_sha="0" * 64)), PostReview)


@pytest.mark.parametrize("odd", ["x\n::error::boo", "##[add-mask]a", "\u202eabc", "é" * 500, "x" * 500])
def test_a_reason_is_one_harmless_line(odd):
    for told in (reason(odd, {}), reason("pull_request", pull_event(odd))):
        assert re.fullmatch(r"[ -~]{1,120}", told)
        assert "#" not in told
        assert "::" not in told


EVENTS = {
    "pull_request": pull_event(),
    "pull_request_target": pull_event("labeled", label={"name": "patchwright:review"}),
    "issue_comment": comment_event(),
    "pull_request_review_comment": thread_event(),
    "issues": issue_event(),
    "workflow_run": run_event(),
    "merge_group": GROUP_EVENT,
    "workflow_dispatch": dispatch_event({"number": "7"}),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, *way: str) -> list[tuple[str, ...]]:
    """The way to everything within `value`."""
    inner = value.items() if isinstance(value, dict) else ()
    return [place for key, within in inner for place in [(*way, key), *places(within, *way, key)]]


@unhurried
@given(st.sampled_from([*EVENTS, "push"]) | st.text(), st.dictionaries(st.text(), JSON) | JSON)
def test_no_payload_is_too_odd(event: str, payload: Any):
    assert re.fullmatch(r"[ -~]+", reason(event, payload))


@pytest.mark.parametrize("event", EVENTS)
@given(data=st.data())
@unhurried
def test_nor_is_one_in_which_a_single_thing_is_wrong(event: str, data: st.DataObject):
    payload = copy.deepcopy(EVENTS[event])
    *way, last = data.draw(st.sampled_from(places(payload)))
    at = payload
    for key in way:
        at = at[key]
    if data.draw(st.booleans()):
        del at[last]
    else:
        at[last] = data.draw(JSON)
    job = job_of(event, payload)
    assert not isinstance(job, Ignored) or re.fullmatch(r"[ -~]+", job.reason)


# -------------------------------------------------------------------------------------------------- GitHub's own


PACKAGE, VERSION = "@octokit/webhooks-examples", "7.6.1"
DIGEST = "De6U3XB6O3DtCa7bKgCMzTHdeopqqZ6SNivMYJnK65ierKL1AnNIA0tkRYCRS7lwGT792d+Ps1WbfHlso6MynQ=="
UNREACHABLE = re.compile("ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT")


@pytest.fixture(scope="module")
def examples() -> dict[str, list[dict[str, Any]]]:
    """GitHub's published examples: event -> payloads."""
    folder = cache()
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"webhooks-examples-{VERSION}.tgz"
    with FileLock(folder / f"webhooks-examples-{VERSION}.lock"):
        if not kept.exists():
            fetch(kept)
    assert base64.b64encode(hashlib.sha512(kept.read_bytes()).digest()).decode() == DIGEST
    with tarfile.open(kept) as members:
        file = members.extractfile("package/api.github.com/index.json")
        assert file is not None
        return {event["name"]: event["examples"] for event in json.load(file)}


def fetch(kept: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm isn't installed")
    with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
        argv = [npm, "pack", f"{PACKAGE}@{VERSION}", "--ignore-scripts", "--no-update-notifier", "--fetch-retries=1"]
        done = subprocess.run(argv, cwd=scratch, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode and UNREACHABLE.search(done.stderr):
            pytest.skip("offline")
        assert done.returncode == 0, done.stderr
        (archive,) = Path(scratch).iterdir()
        archive.replace(kept)


PULLED = ("labeled", "opened", "reopened", "ready_for_review", "synchronize")


@pytest.mark.registry
def test_every_example_of_every_event_is_a_job(examples):
    assert len(examples) > 50
    for event, payloads in examples.items():
        for payload in payloads:
            job = job_of(event, payload)
            assert not isinstance(job, Ignored) or "payload" not in job.reason or event == "workflow_dispatch", job


@pytest.mark.registry
def test_the_examples_of_what_is_acted_on_are_the_expected_jobs(examples):
    found = {
        (event, payload.get("action", ""), type(job_of(event, payload)))
        for event in EVENTS
        for payload in examples.get(event, [])
    }
    assert {item for item in found if item[2] is not Ignored} == {
        *(("pull_request", action, ReviewPull) for action in PULLED),
        ("workflow_run", "completed", PostReview),
        ("merge_group", "checks_requested", Pass),
    }


@pytest.mark.registry
def test_with_our_words_in_them_the_other_examples_are_jobs_too(examples):
    """GitHub's examples carry the label `bug`, comments without a command and no inputs."""

    def kinds(event: str, action: str, **ours: Any) -> set[type]:
        payloads = [payload for payload in examples[event] if payload.get("action", "") == action]
        return {type(job_of(event, with_ours(payload, ours))) for payload in payloads}

    assert kinds("pull_request", "labeled", label={"name": "patchwright:review"}) == {ReviewPull}
    assert kinds("issues", "labeled", label={"name": "patchwright:fix"}) == {FixIssue}
    assert kinds("workflow_dispatch", "", inputs={"number": "7"}) == {ReviewPull}
    assert kinds("pull_request_review_comment", "created", comment={"body": "/patchwright explain"}) == {Command}
    asked = {"body": "/patchwright fix"}
    assert kinds("issue_comment", "created", comment=asked) == {FixIssue}
    assert kinds("issue_comment", "created", comment=asked, issue={"pull_request": {}}) == {Command}


def with_ours(payload: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    return payload | {key: (payload.get(key) or {}) | value for key, value in ours.items()}
