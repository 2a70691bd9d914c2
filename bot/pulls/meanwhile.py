"""What happened while the model read: a newer head, a pull request that was closed."""

from __future__ import annotations

from bot.errors import ForgeError
from bot.pulls.plan import Plan, moved_to_summary
from bot.pulls.since import carried, touched_by
from bot.review.findings import Review
from bot.review.forge import Forge
from bot.review.pull import PullRequest

MOVED = "The head moved while this was reviewed; the next run has the rest."


def still_fitting(
    forge: Forge, pull: PullRequest, review: Review, current: Plan, notes: list[str]
) -> tuple[bool, Plan]:
    """Whether comments can be posted for the commit that was read, and the plan with those that still fit."""
    present = forge.pull(pull.number)
    if present.state == "closed":
        notes.append("It was closed while this was reviewed.")
        return False, _all_told(current, "it was closed meanwhile")
    head = review.change.head
    if present.head_sha == head:
        return True, current
    notes.append(MOVED)
    try:
        comparison = forge.compare(head, present.head_sha)
        touched = touched_by(comparison.listing.files) if comparison.listing.complete else None
        follows = comparison.ahead
    except ForgeError:  # the commit that was read is gone
        follows, touched = False, None
    if not follows or touched is None:
        return False, _all_told(current, "the branch was rewritten meanwhile")
    fitting = {row.key for row in carried([item.row for item in current.inline], touched)}
    gone = {item.row.key: "its lines changed meanwhile" for item in current.inline if item.row.key not in fitting}
    return True, moved_to_summary(current, gone)


def _all_told(current: Plan, reason: str) -> Plan:
    return moved_to_summary(current, {item.row.key: reason for item in current.inline})
