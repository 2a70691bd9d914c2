"""The GitHub Action: event in, verb run, outputs and step summary out.

Inputs are `PATCHWRIGHT_<INPUT>` variables (the settings among them are read by `config.load`), `GITHUB_TOKEN`, and
the `GITHUB_*` and `RUNNER_*` that every runner sets.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

from bot import config as configuration
from bot import output
from bot.config import Config
from bot.converse.answer import Desk, answer
from bot.errors import BadInput, PatchwrightError
from bot.github.events import Command, FixIssue, Ignored, Job, Pass, PostReview, ReviewPull, job_of
from bot.pull_request import Done, Hub, config_at_base, hub_of, post_review, review_pull
from bot.pulls.anchors import grid_of
from bot.pulls.plan import plan
from bot.pulls.source import Where
from bot.pulls.verdict import notes_of
from bot.reports import safe
from bot.reports.markdown import as_markdown
from bot.reports.saved import LARGEST, read_review
from bot.review.findings import Review
from bot.review.forge import Annotation, Forge, Listing
from bot.review.pull import PullRequest
from bot.runner import Runner, runner_of

ASKING = ("labeled", "workflow_dispatch")  # what happens when somebody wants a review
ANNOTATIONS = 10  # of each level: a runner drops what a step says beyond
_LEVELS = {"failure": "error", "warning": "warning", "notice": "notice"}
_FILES = {"json": "review.json", "sarif": "review.sarif", "html": "review.html", "markdown": "review.md"}
_FLAGS = {"POST": True, "FULL": False}  # inputs that are true or false, with what they are if nobody says
_YES, _NO = ("true", "1", "yes"), ("false", "0", "no")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What isn't a setting. `folder` is where the reports go."""

    config: str
    post: bool
    full: bool
    review_file: str
    folder: Path


def act(environment: Mapping[str, str], runner: Runner) -> int:
    """Do what the event asks for; the exit code of the step."""
    hub, inputs = hub_of(environment), _inputs(environment)
    job = job_of(environment.get("GITHUB_EVENT_NAME", ""), _payload(environment))
    try:
        code = _do(job, hub, inputs, environment, runner)
    except PatchwrightError as error:
        runner.annotate("error", f"Patchwright: {error}. {error.hint}".strip())
        runner.summarise(f"Patchwright: {safe.inline(f'{error}. {error.hint}')}\n")
        code = error.exit_code
    runner.tell({"exit-code": str(code)})
    return code


def main(environment: Mapping[str, str], write: Any) -> int:
    runner = runner_of(environment, write)
    for name in ("PATCHWRIGHT_API_KEY", "PATCHWRIGHT_APP_KEY"):
        for line in environment.get(name, "").splitlines():
            if line.strip():
                write(f"::add-mask::{line}")
    with runner.quiet():
        return act(environment, runner)


def _do(job: Job, hub: Hub, inputs: Inputs, environment: Mapping[str, str], runner: Runner) -> int:
    match job:
        case Ignored(reason):
            runner.say(f"patchwright: {reason}")
        case Pass(reason):
            runner.say(f"patchwright: passed: {reason}")
        case FixIssue():
            runner.say("patchwright: fixing issues isn't built yet")
        case ReviewPull():
            return _review(job, hub, inputs, environment, runner)
        case PostReview():
            return _post(job, hub, inputs, environment, runner)
        case Command():
            return _answer(job, hub, inputs, environment, runner)
        case _:
            assert_never(job)
    return 0


def _review(job: ReviewPull, hub: Hub, inputs: Inputs, environment: Mapping[str, str], runner: Runner) -> int:
    forge, pull, config = _open(job.repository, job.number, hub, inputs, environment)
    if not config.settings.base_url and not config.settings.model:
        raise BadInput("no model server is named", "Set the input base-url, or base_url in the configuration.")
    where = _where(job.repository, hub, environment, by_api_only=job.by_api_only)
    with runner.group(f"Review of {job.repository}#{job.number}"):
        done = review_pull(
            hub,
            forge,
            pull,
            config,
            where,
            environment=environment,
            keep=lambda review: _keep(review, inputs.folder, environment),
            say=runner.say,
            full=inputs.full,
            asked=job.action in ASKING,
            posting=inputs.post,
        )
    return _tell(done, pull, inputs, runner)


def _post(job: PostReview, hub: Hub, inputs: Inputs, environment: Mapping[str, str], runner: Runner) -> int:
    """What another workflow found, in a job that may write: which pull request it was for, only GitHub tells."""
    if not inputs.review_file:
        raise BadInput(
            "there is no review to post", "Set the input review-file to the JSON report of the other workflow."
        )
    review = read_review(_artifact(Path(inputs.review_file)))
    base = hub.connect(job.repository, configuration.load(None, environment, {}).settings)
    number = base.pull_of(job.head_repository, job.head_branch, job.head_sha)
    if number is None:
        runner.say("patchwright: the pull request is closed, or its branch has moved on: nothing is posted")
        return 0
    if review.change.head != job.head_sha:
        raise BadInput("the review is of another commit than the run that it comes from")
    forge, pull, config = _open(job.repository, number, hub, inputs, environment)
    with runner.group(f"Posting to {job.repository}#{number}"):
        _keep(review, inputs.folder, environment, ("json",))  # no SARIF, no page of what a stranger may have made
        trusted = job.head_repository == job.repository
        done = post_review(hub, forge, pull, review, config, say=runner.say, trusted=trusted)
    return _tell(done, pull, inputs, runner)


def _answer(job: Command, hub: Hub, inputs: Inputs, environment: Mapping[str, str], runner: Runner) -> int:
    forge, pull, config = _open(job.repository, job.number, hub, inputs, environment)

    def review(full: bool) -> str:  # noqa: FBT001
        done = review_pull(
            hub,
            forge,
            pull,
            config,
            _where(job.repository, hub, environment, by_api_only=True),
            environment=environment,
            keep=lambda found: _keep(found, inputs.folder, environment),
            say=runner.say,
            full=full,
            asked=True,
        )
        if done.unposted:
            raise done.unposted
        _tell(done, pull, inputs, runner)
        return done.reason or (done.review.summary if done.review else "")

    with runner.group(f"Command on {job.repository}#{job.number}"):
        return answer(Desk(forge, pull, job, config, environment, review, runner.say))


def _open(
    repository: str, number: int, hub: Hub, inputs: Inputs, environment: Mapping[str, str]
) -> tuple[Forge, PullRequest, Config]:
    """The configuration is the base's; what it says of GitHub itself holds from then on."""
    first = hub.connect(repository, configuration.load(None, environment, {}).settings)
    pull = first.pull(number)
    config = config_at_base(first, pull, environment, {}, inputs.config)
    return hub.connect(repository, config.settings), pull, config


def _where(repository: str, hub: Hub, environment: Mapping[str, str], *, by_api_only: bool) -> Where:
    workspace = environment.get("GITHUB_WORKSPACE", "")
    ours = environment.get("GITHUB_REPOSITORY", "") == repository
    checkout = Path(workspace) if workspace and ours and not by_api_only else None
    return Where(checkout, hub.server_url, environment, ours=ours, token=hub.token)


def _keep(review: Review, folder: Path, environment: Mapping[str, str], forms: Collection[str] = tuple(_FILES)) -> None:
    """Before anything is posted: what a model took minutes for isn't lost to a bad gateway."""
    for form in forms:
        name = _FILES[form]
        output.write(output.render(review, form, folder / name, environment), folder / name)


def _tell(done: Done, pull: PullRequest, inputs: Inputs, runner: Runner) -> int:
    """Outputs, annotations where nothing could be posted, and the summary."""
    if done.review is None:
        runner.say(f"patchwright: not reviewed: {done.reason}")
        runner.summarise(f"Not reviewed: {done.reason}.\n")
        return done.code
    review, published = done.review, done.published
    rows = published.plan.standing if published else ()
    severities = [row.severity for row in rows] or [finding.severity for finding in review.findings]
    runner.tell(
        {
            "findings": str(len(rows) if published else len(review.findings) + len(review.unplaced)),
            "highest-severity": str(min(severities, key=lambda severity: severity.rank)) if severities else "",
            "review-url": published.review_url if published else "",
            "folder": str(inputs.folder),
            **{f"{form}-file": _there(inputs.folder / name) for form, name in _FILES.items() if form != "markdown"},
        }
    )
    if published is None or published.silent:
        _annotate(done, runner)
    if done.unposted:
        how = f"patchwright post review.json --pr {pull.repository}#{pull.number}"
        runner.annotate("error", f"Patchwright: {done.unposted}. {done.unposted.hint}")
        runner.say(f"patchwright: the review is kept in {inputs.folder / _FILES['json']}; post it later with `{how}`")
    runner.summarise(as_markdown(review))
    return done.code


def _there(file: Path) -> str:
    return str(file) if file.is_file() else ""


def _annotate(done: Done, runner: Runner) -> None:
    """In the place of comments: what a token that can only read can still say."""
    assert done.review is not None
    said = dict.fromkeys(_LEVELS.values(), 0)
    for note in notes_of(done.published.plan) if done.published else _notes(done.review):
        level = _LEVELS[note.level]
        said[level] += 1
        if said[level] <= ANNOTATIONS:
            place: dict[str, str | int] = {"file": note.path, "line": note.start, "endLine": note.end}
            runner.annotate(level, note.message, {**place, "title": note.title})


def _notes(review: Review) -> list[Annotation]:
    """Of a review that nobody has laid beside what was said before."""
    return notes_of(plan(review, (), grid_of(Listing(review.change.files))))


def _inputs(environment: Mapping[str, str]) -> Inputs:
    temporary = environment.get("RUNNER_TEMP") or tempfile.gettempdir()
    return Inputs(
        config=_given(environment, "CONFIG"),
        post=_flag(environment, "POST"),
        full=_flag(environment, "FULL"),
        review_file=_given(environment, "REVIEW_FILE"),
        folder=Path(tempfile.mkdtemp(prefix="patchwright-", dir=temporary)),
    )


def _given(environment: Mapping[str, str], name: str) -> str:
    return environment.get(configuration.PREFIX + name, "").strip()


def _flag(environment: Mapping[str, str], name: str) -> bool:
    told = _given(environment, name).lower()
    if told and told not in (*_YES, *_NO):
        raise BadInput(f"{configuration.PREFIX}{name} is neither true nor false")
    return told in _YES if told else _FLAGS[name]


def _payload(environment: Mapping[str, str]) -> Mapping[str, Any]:
    path = environment.get("GITHUB_EVENT_PATH", "")
    if not path:
        raise BadInput(
            "there is no event", "`patchwright action` runs in GitHub Actions; on a terminal: `review --pr`."
        )
    try:
        payload = json.loads(_read(Path(path)))
    except ValueError as error:
        raise BadInput(f"the event at {path} is no JSON") from error
    return payload if isinstance(payload, dict) else {}


def _artifact(path: Path) -> bytes:
    """An archive that a stranger may have packed can hold links, to what is never read to an end too."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise BadInput(f"{path} is no ordinary file")
    if path.exists() and path.stat().st_size > LARGEST:
        raise BadInput(f"{path} has more than {LARGEST:,} bytes, which no review has")
    return _read(path)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"can't read {path}: {error.strerror}") from error
