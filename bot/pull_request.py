"""A pull request, from the address of GitHub to the exit code: connect, read, ask, keep, post.

What `patchwright review --pr`, `patchwright post` and the action have in common.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot import config as configuration
from bot.asking import ask
from bot.config import REPOSITORY_FILE, Config, File, Settings
from bot.diff.change import Failed, Skipped
from bot.errors import BadInput, ForgeError, Interrupted, ModelError
from bot.github.client import Patience
from bot.github.connect import API, connect
from bot.pulls.post import post, still_standing
from bot.pulls.publish import Published
from bot.pulls.read import ReadBefore, to_read
from bot.pulls.source import Where
from bot.pulls.texts import Links
from bot.pulls.verdict import fails
from bot.reports.saved import without_suggestions
from bot.review.findings import Review
from bot.review.forge import Forge
from bot.review.pull import PullRequest
from bot.review.summary import counted, summarise

_PULL = re.compile(r"(?P<repository>[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)#(?P<number>[1-9]\d{0,9})")
_ADDRESS = re.compile(r"https?://[^/]+/(?P<repository>[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)/pull/(?P<number>[1-9]\d{0,9})/?")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Hub:
    """Where GitHub is and how we are known there; the secrets never show in a repr."""

    api_url: str
    server_url: str
    token: str = field(repr=False, default="")
    app_id: str = ""
    app_key: str = field(repr=False, default="")
    run_url: str = ""

    def connect(self, repository: str, settings: configuration.Settings, dry_run: Say | None = None) -> Forge:
        return connect(
            repository,
            api_url=self.api_url,
            token=self.token,
            app_id=self.app_id,
            app_key=self.app_key,
            patience=patience(settings),
            dry_run=dry_run,
        )

    def links(self, repository: str, head: str) -> Links:
        return Links(f"{self.server_url}/{repository}", head, self.run_url)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a pull request. `reason` says why nothing was reviewed, `unposted` why nothing could be posted."""

    code: int
    review: Review | None = None
    published: Published | None = None
    reason: str = ""
    unposted: ForgeError | None = None


def patience(settings: configuration.Settings) -> Patience:
    """Who sets a quicker pace, for a server of their own, also waits less before what failed is tried again."""
    pace = settings.write_pace
    return Patience(rate=settings.rate_limit_wait, pace=pace, first_wait=max(0.25, 2 * pace))


def hub_of(environment: Mapping[str, str]) -> Hub:
    """As a runner's variables say, with the ones of `gh` for a terminal."""
    server = environment.get("GITHUB_SERVER_URL") or "https://github.com"
    repository, run = environment.get("GITHUB_REPOSITORY", ""), environment.get("GITHUB_RUN_ID", "")
    return Hub(
        api_url=environment.get("GITHUB_API_URL") or API,
        server_url=server.rstrip("/"),
        token=environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or "",
        app_id=environment.get("PATCHWRIGHT_APP_ID", ""),
        app_key=environment.get("PATCHWRIGHT_APP_KEY", ""),
        run_url=f"{server.rstrip('/')}/{repository}/actions/runs/{run}" if repository and run.isdigit() else "",
    )


def named(text: str) -> tuple[str, int]:
    """`OWNER/REPO#N`, or the address of a pull request."""
    found = _PULL.fullmatch(text.strip()) or _ADDRESS.fullmatch(text.strip())
    if not found:
        raise BadInput("a pull request is named as OWNER/REPO#NUMBER, or by its address")
    return found["repository"], int(found["number"])


def config_at_base(
    forge: Forge, pull: PullRequest, environment: Mapping[str, str], flags: Mapping[str, Any], path: str = ""
) -> Config:
    """The configuration as it is before the change: no pull request sets its own rules."""
    path = path or REPOSITORY_FILE
    content = forge.content(path, pull.base_sha)
    file = File(f"{path} at {pull.base_sha[:7]}", content.decode("utf-8", "replace")) if content is not None else None
    return configuration.load(file, environment, flags)


def review_pull(
    hub: Hub,
    forge: Forge,
    pull: PullRequest,
    config: Config,
    where: Where,
    *,
    environment: Mapping[str, str],
    keep: Callable[[Review], object],
    say: Say,
    full: bool = False,
    asked: bool = False,
    posting: bool = True,
    record: Path | None = None,
    weights: Path | None = None,
) -> Done:
    """Review what is new, have it kept, and post it. An interrupted review is kept and not posted."""
    hearsay = not posting  # such a run has no rights, and its own word is no better
    what = to_read(forge, pull, where, config.settings, full=full, asked=asked, say=say, hearsay=hearsay)
    if isinstance(what, str):
        return Done(0, reason=what)
    if isinstance(what, ReadBefore):
        return _as_before(forge, pull, what, config.settings, hearsay=hearsay)
    review, interrupted = ask(
        what.change, what.selection, config, environment, since=what.since, weights=weights, record=record
    )
    review = with_holes(review)
    keep(review)
    if interrupted:
        return Done(Interrupted.exit_code, review)
    if not posting:
        standing = any(
            config.settings.fail_on and one.severity.reaches(config.settings.fail_on) for one in review.findings
        )
        return Done(_code(review, failing=standing, say=say), review)
    return post_review(hub, forge, pull, review, config, say=say)


def post_review(
    hub: Hub, forge: Forge, pull: PullRequest, review: Review, config: Config, *, say: Say, trusted: bool = True
) -> Done:
    """Post a Review. One that isn't `trusted` is text and nothing else: it approves nothing, and says no more than the
    configuration allows.
    """
    if not _COMMIT.fullmatch(review.change.head):  # it becomes a part of addresses
        raise BadInput("this is no review of a commit", "Review a pull request, or a range of commits.")
    settings = config.settings
    if not trusted:
        review, settings = _hearsay(review, settings), settings.model_copy(update={"approve": False})
    links = hub.links(pull.repository, review.change.head)
    try:
        published = post(forge, pull, review, settings, links=links, run=uuid.uuid4().hex, say=say, trusted=trusted)
    except ForgeError as error:
        return Done(error.exit_code, review, unposted=error)
    standing = fails(published.plan.standing, settings.fail_on)
    return Done(_code(review, failing=standing, say=say), review, published)


def with_holes(review: Review) -> Review:
    """`review` with what can't be read as failed, not as passed over: whoever opens a pull request may have made it so,
    and what nobody has read is no success.
    """
    coverage = review.coverage
    holes = [item for item in coverage.skipped if _unreadable(item)]
    if not holes:
        return review
    coverage = replace(
        coverage,
        skipped=tuple(item for item in coverage.skipped if not _unreadable(item)),
        failed=(*coverage.failed, *(Failed(item.path, item.hunks, item.reason) for item in holes)),
    )
    return replace(review, coverage=coverage, summary=summarise(coverage, review.findings, review.unplaced))


def _unreadable(item: Skipped) -> bool:
    return item.reason.startswith("unreadable")


def _hearsay(review: Review, settings: Settings) -> Review:
    """A stranger's artifact: its findings as text, within the budget that the configuration sets, in our own words."""
    told = summarise(review.coverage, review.findings, review.unplaced)
    return replace(without_suggestions(review), shown=min(review.shown, settings.max_comments), summary=told)


def _as_before(forge: Forge, pull: PullRequest, before: ReadBefore, settings: Settings, *, hearsay: bool) -> Done:
    """Nothing is new. What was found fails as it did: else closing and reopening would be a way through the gate."""
    rows = still_standing(forge, pull, settings, hearsay=hearsay) if settings.fail_on else ()
    if not fails(rows, settings.fail_on):
        return Done(0, reason=before.reason)
    return Done(1, reason=f"{before.reason}. What it found stands, and `fail-on` is {settings.fail_on}")


def _code(review: Review, *, failing: bool, say: Say) -> int:
    """3 before 1, as on the command line: a review with holes in it isn't one that only found something."""
    failed = review.coverage.failed
    if failed:
        hunks = sum(item.hunks for item in failed)
        say(f"{counted(hunks, 'hunk')} failed, so this is incomplete: {failed[0].reason}")
        return ModelError.exit_code
    return 1 if failing else 0
