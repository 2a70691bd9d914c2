"""A pull request -> what is to be read of it now: all of it, what came since the last review, or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.config import Settings
from bot.diff.change import Change
from bot.errors import ForgeError
from bot.pulls.markers import marked
from bot.pulls.publish import summary_of
from bot.pulls.since import Touched, narrowed, touched_by
from bot.pulls.source import Where, read_change
from bot.pulls.state import State, read_state
from bot.review.forge import Forge
from bot.review.pull import PullRequest
from bot.review.review import Selection, select
from bot.review.skips import ASKED_FOR, skip_reason
from bot.review.threads import Conversation

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ToRead:
    """`since` is the commit up to which an earlier run had read everything; empty where all is read."""

    change: Change
    selection: Selection
    since: str = ""


@dataclass(frozen=True, slots=True)
class ReadBefore:
    """Nothing is new: an earlier run had read everything up to `head`. What it found may stand still."""

    head: str

    @property
    def reason(self) -> str:
        return f"{self.head[:7]} was reviewed before; the comment `/patchwright review full` has it done anew"


def to_read(
    forge: Forge,
    pull: PullRequest,
    where: Where,
    settings: Settings,
    *,
    full: bool,
    asked: bool,
    say: Say,
    hearsay: bool = False,
) -> ToRead | ReadBefore | str:
    """What is to be read of `pull`, or why nothing is. `full` asks for all of it, whatever was read before.

    `asked` tells that a person asked for this review: then only what is closed is skipped. `hearsay` tells that a
    stranger's word on what was read before will do.
    """
    if reason := skip_reason(pull, ASKED_FOR if asked else settings.skip):
        return reason
    state = state_of(forge.conversation(pull.number), hearsay=hearsay)
    if state.head == pull.head_sha and not full:
        return ReadBefore(state.head)
    change, surroundings = read_change(forge, pull, where, say)
    selection = select(change, surroundings, settings.ignore)
    touched = None if full else touched_since(forge, pull, state, settings)
    if touched is None:
        return ToRead(change, selection)
    say(f"reading only what changed since {state.head[:7]}")
    kept, unchanged = narrowed(selection.kept, touched, state.head)
    return ToRead(
        change,
        replace(selection, kept=tuple(kept), skipped=(*selection.skipped, *unchanged)),
        state.head,
    )


def state_of(said: Conversation, *, hearsay: bool = False) -> State:
    """What the last run left. What a stranger's artifact left counts with `hearsay` only."""
    earlier = summary_of(said)
    state = read_state(marked(earlier.body, "summary") if earlier else None)
    return state if hearsay or not state.hearsay else State()


def rules_of(settings: Settings) -> str:
    """A digest of what a review's Findings depend on: another one makes the last review no base to go on from."""
    told = [settings.instructions, settings.ignore, settings.language, settings.min_confidence]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]


def touched_since(forge: Forge, pull: PullRequest, state: State, settings: Settings) -> Touched | None:
    """The hunks between the reviewed commit and the head; None where that says nothing.

    After a rebase or a forced push, with another base branch or other rules, all of it is to be read.
    """
    if not state.head or state.base != pull.base_ref or state.rules != rules_of(settings):
        return None
    return touched_between(forge, state.head, pull.head_sha)


def touched_between(forge: Forge, earlier: str, head: str) -> Touched | None:
    try:
        comparison = forge.compare(earlier, head)
    except ForgeError:
        return None  # the commit is gone
    listing = comparison.listing
    if not comparison.ahead or not listing.complete or listing.unshown:
        return None
    return touched_by(listing.files)
