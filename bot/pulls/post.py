"""A Review -> the pull request, from what is said there at this moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.config import Settings
from bot.converse.commands import Parsed, parse
from bot.diff.change import Change
from bot.errors import ForgeError
from bot.pulls.anchors import Grid, grid_of
from bot.pulls.markers import OPENING
from bot.pulls.plan import Row, plan, same_login
from bot.pulls.publish import Published, Say, publish
from bot.pulls.read import rules_of, state_of, touched_between
from bot.pulls.since import carried
from bot.pulls.texts import Links
from bot.review.findings import Cost, Coverage, Review
from bot.review.forge import Forge, Listing
from bot.review.pull import PullRequest
from bot.review.threads import Conversation, Thread

VOICES = 20  # people asked about for one Thread: each costs a request, and strangers can be many
MAY_SILENCE = ("admin", "maintain", "write", "triage")


def post(
    forge: Forge,
    pull: PullRequest,
    review: Review,
    settings: Settings,
    *,
    links: Links,
    run: str,
    say: Say,
    trusted: bool = True,
) -> Published:
    """Say what is new. What another run has said meanwhile is there to be seen, and isn't said again."""
    said = forge.conversation(pull.number)
    current = plan(
        review,
        list(_threads(forge, said)),
        grid_of(_listing(forge, pull, review)),
        mutes=settings.mute,
        silent=frozenset(_silent(forge, said)),
        carried=_carried(forge, said, review, hearsay=not trusted),
        viewer=said.viewer,
    )
    return publish(
        forge, pull, review, current, said,
        settings=settings, links=links, run=run, rules=rules_of(settings), say=say, trusted=trusted,
    )  # fmt: skip


def still_standing(forge: Forge, pull: PullRequest, settings: Settings, *, hearsay: bool = False) -> tuple[Row, ...]:
    """What stands of what was said, where nothing is read anew: to run once more takes no finding back."""
    said = forge.conversation(pull.number)
    unread = Review(Change("", pull.head_sha, ()), Coverage(0, 0), (), (), 0, "", Cost("", "", 0, 0, 0, 0, 0.0))
    return plan(
        unread,
        list(_threads(forge, said)),
        Grid({}, frozenset()),
        mutes=settings.mute,
        silent=frozenset(_silent(forge, said)),
        carried=state_of(said, hearsay=hearsay).rows,
        viewer=said.viewer,
    ).standing


def _threads(forge: Forge, said: Conversation) -> Iterator[Thread]:
    """All of them; one that somebody resolved who may silence nothing counts as open.

    GitHub lets whoever opened a pull request resolve its threads, a stranger too.
    """
    for thread in said.threads:
        closed = thread.own and thread.resolved and not same_login(thread.resolved_by, said.viewer)
        if closed and forge.permission(thread.resolved_by) not in MAY_SILENCE:
            yield replace(thread, resolved=False, resolved_by="")
        else:
            yield thread


def _listing(forge: Forge, pull: PullRequest, review: Review) -> Listing:
    """The files as GitHub shows them at the commit that was read, which the head may have left behind."""
    if forge.pull(pull.number).head_sha == review.change.head:
        return forge.files(pull.number)
    try:
        return forge.compare(pull.base_sha, review.change.head).listing
    except ForgeError:
        return Listing((), complete=False)  # the commit is gone


def _silent(forge: Forge, said: Conversation) -> Iterator[str]:
    """The nodes of our Threads that somebody who may has answered with `ignore`, or with a thumbs-down."""
    for thread in said.threads:
        voices = [*thread.first.against, *_ignoring(thread)] if thread.own else []
        if any(forge.permission(login) in MAY_SILENCE for login in [*dict.fromkeys(voices)][:VOICES]):
            yield thread.node


def _ignoring(thread: Thread) -> Iterator[str]:
    for comment in thread.comments:
        if comment.bot or OPENING in comment.body:  # with a personal token, its owner's own words are `own` too
            continue
        command = parse(comment.body)
        if isinstance(command, Parsed) and command.rule.name == "ignore":
            yield comment.author


def _carried(forge: Forge, said: Conversation, review: Review, *, hearsay: bool) -> list[Row]:
    """What the last summary told of code that wasn't read again."""
    state = state_of(said, hearsay=hearsay)
    if not review.since or state.head != review.since:
        return []
    touched = touched_between(forge, review.since, review.change.head)
    return carried(state.rows, touched) if touched is not None else list(state.rows)
