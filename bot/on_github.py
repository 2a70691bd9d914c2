"""`patchwright review --pr` and `patchwright post`: what the action does, from a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from bot import config as configuration
from bot import output, sources
from bot.config import Config
from bot.errors import BadInput, ForgeError
from bot.pull_request import Done, Hub, config_at_base, hub_of, named, post_review, review_pull
from bot.pulls.source import Where
from bot.reports.saved import read_review
from bot.review.findings import Review
from bot.review.forge import Forge
from bot.review.pull import PullRequest
from bot.run import ReviewOptions


def review(pr: str, options: ReviewOptions, environment: Mapping[str, str], *, full: bool, dry_run: bool) -> int:
    """Review a pull request, print the review (with `dry_run` the requests), and post it."""
    if options.revisions or options.staged or options.diff is not None:
        raise BadInput("give one of RANGE, --diff, --staged and --pr")
    output.check_writable(options.output)
    hub, (repository, number) = hub_of(environment), named(pr)
    forge, pull, config = _open(hub, repository, number, environment, options.settings, options.config, dry_run=dry_run)
    done = review_pull(
        hub,
        forge,
        pull,
        config,
        Where(options.repo, hub.server_url, environment, token=hub.token),
        environment=environment,
        keep=lambda found: (
            None
            if dry_run
            else output.write(output.render(found, options.form, options.output, environment), options.output)
        ),
        say=_say,
        full=full,
        asked=True,
        record=options.record,
        weights=options.weights,
    )
    return _told(done, pull)


def post(file: Path, pr: str, environment: Mapping[str, str], *, fail_on: str | None, dry_run: bool) -> int:
    found = read_review(sources.read_file(file, "the review"))
    hub, (repository, number) = hub_of(environment), named(pr)
    flags = {"fail_on": fail_on} if fail_on else {}
    forge, pull, config = _open(hub, repository, number, environment, flags, None, dry_run=dry_run)
    return _told(post_review(hub, forge, pull, found, config, say=_say), pull)


def _open(
    hub: Hub,
    repository: str,
    number: int,
    environment: Mapping[str, str],
    flags: Mapping[str, Any],
    file: Path | None,
    *,
    dry_run: bool,
) -> tuple[Forge, PullRequest, Config]:
    """A configuration that is named is the user's own; else it is the base's."""
    tell = click.echo if dry_run else None
    forge = hub.connect(repository, configuration.load(None, environment, flags).settings, tell)
    pull = forge.pull(number)
    if file:
        return forge, pull, configuration.load(sources.named_config(file), environment, flags)
    return forge, pull, config_at_base(forge, pull, environment, flags)


def _told(done: Done, pull: PullRequest) -> int:
    if done.reason:
        _say(f"not reviewed: {done.reason}")
    if done.unposted and done.review:
        kept = _saved(done.review, pull, done.unposted)
        _say(f"{done.unposted}. The review is saved: patchwright post {kept} --pr {pull.repository}#{pull.number}")
    if done.published and done.published.review_url:
        _say(f"posted: {done.published.review_url}")
    return done.code


def _saved(review: Review, pull: PullRequest, error: ForgeError) -> Path:
    """In the current folder, since it is the user's to look at and to post."""
    path = Path(f"patchwright-{pull.repository.replace('/', '-')}-{pull.number}.json")
    try:
        output.write(output.render(review, "json", path, {}), path)
    except OSError as failed:
        raise ForgeError(f"{error}; and the review can't be saved to {path}: {failed.strerror}") from failed
    return path


def _say(text: str) -> None:
    click.echo(f"patchwright: {text}", err=True)
