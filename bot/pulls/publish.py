"""A plan -> the pull request: one review at a time, the summary, the Threads that are done, the check.

What GitHub or the token doesn't allow becomes a sentence of the summary, never a lost Finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.config import Settings
from bot.errors import Forbidden, ForgeError, NotFound, Refused
from bot.pulls.markers import mark, marked
from bot.pulls.meanwhile import still_fitting
from bot.pulls.plan import Inline, Plan, moved_to_summary
from bot.pulls.state import write_state
from bot.pulls.texts import Links, line_comment, review_body, summary_comment
from bot.pulls.verdict import conclusion, event_of, notes_of
from bot.reports import safe
from bot.review.findings import Review
from bot.review.forge import Forge, LineComment, ReviewEvent
from bot.review.pull import PullRequest
from bot.review.summary import counted
from bot.review.threads import Comment, Conversation

BATCH = 25  # comments a review: above some 30, GitHub has answered 502 to what it did, or done a part of it
PROBES = 40  # pending reviews made at most to find the comments that GitHub refuses
_OWN = re.compile(r"your own pull request", re.IGNORECASE)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Published:
    """What was posted. `notes` say what could not be; `silent` that nothing could be posted at all."""

    plan: Plan
    review_url: str = ""
    notes: tuple[str, ...] = ()
    silent: bool = False


def publish(
    forge: Forge,
    pull: PullRequest,
    review: Review,
    current: Plan,
    said: Conversation,
    *,
    settings: Settings,
    links: Links,
    run: str,
    rules: str,
    say: Say,
    trusted: bool = True,
) -> Published:
    """`said` is the conversation as it is now; `run` is a word that no other run has. A review that isn't `trusted`
    closes no Thread, passes no check, and leaves nothing that a run with rights goes on from.
    """
    notes: list[str] = []
    _drop_pending(forge, pull, said)
    fits, current = still_fitting(forge, pull, review, current, notes)
    url, current, posted = (
        _post_reviews(forge, pull, review, current, settings, run, notes) if fits else ("", current, False)
    )
    if trusted:
        _resolve(forge, current, notes)
    complete = posted and not review.coverage.failed
    state = (
        write_state(review.change.head, pull.base_ref, rules, current.told, hearsay=not trusted)
        if complete
        else _earlier(said)
    )
    told = _tell(forge, pull, said, summary_comment(review, current, links, state, notes=notes), notes)
    if settings.check_run:
        _check(forge, review, current, settings, notes, trusted=trusted)
    for note in notes:
        say(note)
    return Published(current, url, tuple(notes), silent=told is None and not url)


def _drop_pending(forge: Forge, pull: PullRequest, said: Conversation) -> None:
    """An earlier run was killed while it tried: a pending review refuses every new comment.

    With a personal token, a draft without our mark is one that its owner is writing.
    """
    bot = said.viewer.endswith("[bot]")
    for review in said.reviews:
        if review.own and review.state == "PENDING" and (bot or marked(review.body, "review") is not None):
            forge.drop_pending(pull.number, review)


def _post_reviews(
    forge: Forge,
    pull: PullRequest,
    review: Review,
    current: Plan,
    settings: Settings,
    run: str,
    notes: list[str],
) -> tuple[str, Plan, bool]:
    """The address of the first review, the plan without what GitHub refused, and whether all of it was posted."""
    url = ""
    event = event_of(review, current, settings)
    batches = [current.inline[at : at + BATCH] for at in range(0, len(current.inline), BATCH)]
    if not batches and event != "COMMENT":
        batches = [()]
    for at, batch in enumerate(batches):
        part = (at + 1, len(batches))
        try:
            posted, refused = _post(forge, pull, review.change.head, current, batch, run, part, event)
        except (Forbidden, NotFound, Refused) as error:
            notes.append(f"The comments could not be posted: {error}.")
            left = {item.row.key: "it could not be posted" for later in batches[at:] for item in later}
            return url, moved_to_summary(current, left), False
        url = url or posted
        current = moved_to_summary(current, refused)
    return url, current, True


def _post(
    forge: Forge,
    pull: PullRequest,
    commit: str,
    current: Plan,
    batch: Sequence[Inline],
    run: str,
    part: tuple[int, int],
    event: ReviewEvent,
) -> tuple[str, dict[str, str]]:
    """Post one batch; where GitHub refuses it, without those of its comments that it refuses alone too."""
    comments = [_comment(item) for item in batch]
    body = review_body(replace(current, inline=tuple(batch)), run, *part)
    try:
        return forge.post_review(pull.number, commit, body, comments, event).url, {}
    except Refused as error:
        if event != "COMMENT" and any(_OWN.search(problem) for problem in error.problems):
            return _post(forge, pull, commit, current, batch, run, part, "COMMENT") if batch else ("", {})
        probe = mark("review", {"run": run, "probe": True})
        refused = dict(_refused(forge, pull, commit, comments, iter(range(PROBES)), probe=probe))
        if not refused:
            raise
    kept = [item for at, item in enumerate(batch) if at not in refused]
    reasons = {batch[at].row.key: reason for at, reason in refused.items()}
    if not kept:
        return "", reasons
    url, more = _post(forge, pull, commit, current, kept, run, part, event)
    return url, reasons | more


def _refused(
    forge: Forge,
    pull: PullRequest,
    commit: str,
    comments: Sequence[LineComment],
    probes: Iterator[int],
    start: int = 0,
    *,
    probe: str,
) -> Iterator[tuple[int, str]]:
    """Which of `comments` GitHub refuses, by halving: tried as pending reviews, which nobody sees, and then dropped.

    `probe` is their body, by which a later run knows them for ours.
    """
    if next(probes, None) is None:
        yield from (
            (start + at, "GitHub refuses this review, and there was no time to find out why")
            for at in range(len(comments))
        )
        return
    try:
        forge.drop_pending(pull.number, forge.post_review(pull.number, commit, probe, comments, None))
    except Refused as error:
        if len(comments) == 1:
            yield start, f"GitHub takes no comment there: {'; '.join(error.problems) or error}"
            return
        middle = len(comments) // 2
        yield from _refused(forge, pull, commit, comments[:middle], probes, start, probe=probe)
        yield from _refused(forge, pull, commit, comments[middle:], probes, start + middle, probe=probe)


def _comment(item: Inline) -> LineComment:
    start, end = item.anchor.start, item.anchor.end
    return LineComment(item.row.path, item.anchor.side, start if start < end else None, end, line_comment(item))


def _tell(forge: Forge, pull: PullRequest, said: Conversation, body: str, notes: list[str]) -> Comment | None:
    """The summary: the comment that has it already, or a new one."""
    earlier = summary_of(said)
    try:
        if earlier is None:
            return forge.say(pull.number, body)
        return earlier if earlier.body == body else forge.edit(earlier, body)
    except (Forbidden, NotFound) as error:
        notes.append(f"The summary could not be posted: {error}.")
        return None


def summary_of(said: Conversation) -> Comment | None:
    return next((one for one in said.comments if one.own and marked(one.body, "summary") is not None), None)


def _earlier(said: Conversation) -> dict[str, Any]:
    """What the last complete run left: an incomplete one leaves it as it is, lines and all."""
    earlier = summary_of(said)
    return (marked(earlier.body, "summary") or {}) if earlier else {}


def _resolve(forge: Forge, current: Plan, notes: list[str]) -> None:
    for at, thread in enumerate(current.resolve):
        try:
            forge.resolve(thread)
        except (Forbidden, NotFound, Refused) as error:
            left = counted(len(current.resolve) - at, "thread")
            notes.append(f"{left} could not be resolved (that needs contents: write): {error}.")
            return


def _check(forge: Forge, review: Review, current: Plan, settings: Settings, notes: list[str], *, trusted: bool) -> None:
    """Only an App or an Action's own token may make one; elsewhere the exit code has to do."""
    verdict = conclusion(review, current, settings.fail_on)
    if verdict == "success" and not trusted:
        verdict = "neutral"  # nobody vouches for it
    title = counted(len(current.standing), "finding")
    try:
        forge.check(review.change.head, verdict, title, safe.inline(review.summary), notes_of(current))
    except (Forbidden, NotFound) as error:
        notes.append(f"No check run was made (that needs checks: write): {error}.")
    except ForgeError as error:
        notes.append(f"No check run was made: {error}.")
