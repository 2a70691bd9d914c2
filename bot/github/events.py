"""GITHUB_EVENT_NAME and the payload at GITHUB_EVENT_PATH -> a Job. Pure, and it believes nothing.

Payloads: docs.github.com/webhooks/webhook-events-and-payloads. Whoever does a Job still has to ask GitHub whether its
`sender` may (a payload's author_association isn't reliable), and how the pull request stands now.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field, ValidationError

from bot.converse.commands import Parsed, holds_command, parse

REVIEW_LABEL = "patchwright:review"
FIX_LABEL = "patchwright:fix"


@dataclass(frozen=True, slots=True)
class ReviewPull:
    """Review a pull request. `head` is the commit that the event was about, empty where it names none.

    `trusted` tells that the branch lies in `repository` itself; it is False where the event doesn't say.
    `by_api_only`: the job has secrets whoever opened the pull request, so that nothing of it may be checked out.
    """

    repository: str
    number: int
    head: str
    action: str
    trusted: bool
    by_api_only: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """Answer the command in a comment on a pull request. `text` is the whole comment.

    A `thread` is one on a line of `path`; `in_reply_to` is the id of the comment that opened it, None for that one
    itself. `head` is the commit that the pull request stood at; a `comment` has neither.
    """

    repository: str
    number: int
    sender: str
    comment_id: int
    kind: Literal["comment", "thread"]
    text: str
    in_reply_to: int | None = None
    path: str = ""
    head: str = ""


@dataclass(frozen=True, slots=True)
class FixIssue:
    """Fix an issue. `label` is the one that was given; empty where a comment asked."""

    repository: str
    number: int
    label: str
    sender: str


@dataclass(frozen=True, slots=True)
class PostReview:
    """Post what another workflow's run found. Which pull request it was about is asked by these, never by what it left.

    `conclusion` is GitHub's word, empty where there is none.
    """

    repository: str
    head_sha: str
    head_repository: str
    head_branch: str
    run_id: int
    conclusion: str


@dataclass(frozen=True, slots=True)
class Pass:
    """Report success on `head_sha` without a look at it."""

    reason: str
    head_sha: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is to be done. `reason` is one line for the log, and quotes nothing that strangers write."""

    reason: str


Job: TypeAlias = ReviewPull | Command | FixIssue | PostReview | Pass | Ignored

_PULL_ACTIONS = ("opened", "reopened", "ready_for_review", "synchronize", "labeled")
_ACTIONS = {
    "pull_request": _PULL_ACTIONS,
    "pull_request_target": _PULL_ACTIONS,
    "issue_comment": ("created",),
    "pull_request_review_comment": ("created",),
    "issues": ("labeled",),
    "workflow_run": ("completed",),
    "merge_group": ("checks_requested",),
    "workflow_dispatch": ("",),  # it has none
}
_OWN_MARK = "<!-- patchwright:"  # every comment of ours carries one

# Spelled out, since Rust's \w knows more than ASCII. A name of dots alone would be a step up in an address.
_PART = "[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*"
_Name = Annotated[str, Field(pattern=f"^{_PART}/{_PART}$")]
_Sha = Annotated[str, Field(pattern="^[0-9a-f]{40}([0-9a-f]{24})?$")]
_Login = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}(\[bot\])?$")]
_Id = Annotated[int, Field(strict=True, gt=0, lt=2**63)]


def job_of(event_name: str, payload: Mapping[str, Any]) -> Job:
    """What is to be done about the event. Never raises: a payload that lacks something is Ignored, and says what."""
    event = _plain(event_name)
    if event_name not in _ACTIONS:
        return Ignored(f"nothing is done on the event {event}")
    try:
        action = _Acted.model_validate(payload).action
        if action not in _ACTIONS[event_name]:
            return Ignored(f"nothing is done on {event} {_plain(action)}".rstrip())
        return _job(event_name, action, payload)
    except ValidationError as error:
        return Ignored(f"the payload of {event} {_wrong(error)}")


class _Acted(BaseModel):
    action: str = ""


class _Repository(BaseModel):
    full_name: _Name


class _Sender(BaseModel):
    login: _Login
    type: str = ""

    @property
    def is_bot(self) -> bool:
        return self.type == "Bot" or self.login.endswith("[bot]")


class _Head(BaseModel):
    sha: _Sha
    repo: _Repository | None = None  # null where the fork was deleted


class _Pull(BaseModel):
    number: _Id
    head: _Head


class _Issue(BaseModel):
    number: _Id
    pull_request: Any = None  # there where the issue is one


class _Comment(BaseModel):
    id: _Id
    body: str


class _LineComment(_Comment):
    path: str
    in_reply_to_id: _Id | None = None


class _Label(BaseModel):
    name: str


class _Run(BaseModel):
    id: _Id
    head_sha: _Sha
    head_branch: Annotated[str, Field(pattern=r"^[^\s\x00-\x1f\x7f]+$")]
    head_repository: _Repository
    conclusion: str | None = None


class _Group(BaseModel):
    head_sha: _Sha


class _Inputs(BaseModel):
    number: Annotated[str, Field(pattern="^[1-9][0-9]{0,17}$")]  # inputs are strings, whatever their type


class _PullEvent(BaseModel):
    repository: _Repository
    pull_request: _Pull


class _LabelEvent(BaseModel):
    label: _Label
    sender: _Sender


class _IssueEvent(BaseModel):
    repository: _Repository
    sender: _Sender
    issue: _Issue


class _CommentEvent(_IssueEvent):
    comment: _Comment


class _ThreadEvent(_PullEvent):
    sender: _Sender
    comment: _LineComment


class _RunEvent(BaseModel):
    repository: _Repository
    workflow_run: _Run


class _GroupEvent(BaseModel):
    merge_group: _Group


class _DispatchEvent(BaseModel):
    repository: _Repository
    inputs: _Inputs


def _job(event: str, action: str, payload: Mapping[str, Any]) -> Job:
    match event:
        case "issue_comment":
            return _comment(_CommentEvent.model_validate(payload))
        case "pull_request_review_comment":
            return _thread(_ThreadEvent.model_validate(payload))
        case "issues":
            return _issue(payload)
        case "workflow_run":
            return _run(_RunEvent.model_validate(payload))
        case "merge_group":
            group = _GroupEvent.model_validate(payload).merge_group
            return Pass("a merge queue asks; its pull requests were reviewed before they came there", group.head_sha)
        case "workflow_dispatch":
            told = _DispatchEvent.model_validate(payload)
            return ReviewPull(told.repository.full_name, int(told.inputs.number), "", event, trusted=False)
        case _:
            return _pull(action, payload, by_api_only=event == "pull_request_target")


def _pull(action: str, payload: Mapping[str, Any], *, by_api_only: bool) -> Job:
    """Bots may open and push: whether theirs are reviewed is for the rules on skipping to say.

    Any other label is an occasion like a push: the job that it starts may have taken the place of a review that was
    under way, and its success would stand for one.
    """
    if action == "labeled" and _not_asked(_LabelEvent.model_validate(payload), REVIEW_LABEL):
        action = "labeled otherwise"
    told = _PullEvent.model_validate(payload)
    repository, head = told.repository.full_name, told.pull_request.head
    trusted = head.repo is not None and head.repo.full_name == repository
    return ReviewPull(repository, told.pull_request.number, head.sha, action, trusted, by_api_only)


def _issue(payload: Mapping[str, Any]) -> Job:
    given = _LabelEvent.model_validate(payload)
    if other := _not_asked(given, FIX_LABEL):
        return other
    told = _IssueEvent.model_validate(payload)
    return FixIssue(told.repository.full_name, told.issue.number, given.label.name, told.sender.login)


def _not_asked(given: _LabelEvent, label: str) -> Ignored | None:
    """Why the label that was given asks for nothing. To GitHub labels that differ by case are the same."""
    if given.label.name.lower() != label:
        return Ignored(f"the label is not `{label}`")
    return Ignored(f"labels by bots are ignored ({given.sender.login})") if given.sender.is_bot else None


def _comment(told: _CommentEvent) -> Job:
    repository, number, sender = told.repository.full_name, told.issue.number, told.sender.login
    if other := _not_meant(told.sender, told.comment.body):
        return other
    if told.issue.pull_request is not None:
        return Command(repository, number, sender, told.comment.id, "comment", told.comment.body)
    parsed = parse(told.comment.body)
    if isinstance(parsed, Parsed) and parsed.rule.name == "fix":
        return FixIssue(repository, number, "", sender)
    return Ignored("on an issue only `/patchwright fix` works")


def _thread(told: _ThreadEvent) -> Job:
    comment, pull = told.comment, told.pull_request
    return _not_meant(told.sender, comment.body) or Command(
        told.repository.full_name, pull.number, told.sender.login, comment.id, "thread", comment.body,
        in_reply_to=comment.in_reply_to_id, path=comment.path, head=pull.head.sha,
    )  # fmt: skip


def _not_meant(sender: _Sender, body: str) -> Ignored | None:
    """Why a comment isn't to be answered. Bots that answer bots never end."""
    if sender.is_bot:
        return Ignored(f"comments by bots are ignored ({sender.login})")
    if _OWN_MARK in body:
        return Ignored("the comment is one of ours, or copied from one")
    return None if holds_command(body) else Ignored("the comment holds no command")


def _run(told: _RunEvent) -> PostReview:
    run = told.workflow_run
    return PostReview(
        repository=told.repository.full_name,
        head_sha=run.head_sha,
        head_repository=run.head_repository.full_name,
        head_branch=run.head_branch,
        run_id=run.id,
        conclusion=run.conclusion or "",
    )


def _wrong(error: ValidationError) -> str:
    """What is wrong first. Only names of our own models are told, nothing that the payload holds."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if not where:
        return "is no object"
    return f"lacks `{where}`" if first["type"] == "missing" else f"has no usable `{where}`"


def _plain(text: str) -> str:
    """A name as one harmless word of a log: runners take `##[` anywhere in a line for a command."""
    return re.sub(r"[^A-Za-z0-9_.-]", "", text)[:60]
