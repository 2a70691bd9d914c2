"""A Review and what was said before -> what is to be said now. Pure: this is where nothing is said twice or lost.

a Finding that ...                                 becomes
  the configuration mutes                          counted, not said
  a Thread of ours holds, open                     kept: a row of the summary
  a Thread of ours holds, resolved or silenced     silenced: counted, not said again
  has lines that GitHub shows, within the budget   a line comment
  anything else                                    told in the summary, with the reason
an open Thread of ours that no Finding matches
  whose lines changed since, in a file read again  resolved
  otherwise                                        kept
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.diff.change import Side, Status, path_shown
from bot.diff.place import Place, Unplaced
from bot.pulls.anchors import Anchor, Grid, anchor
from bot.pulls.markers import marked
from bot.pulls.suggestions import objection, place_of
from bot.review.findings import Category, Finding, Review, Severity
from bot.review.mutes import Mute, muted_by
from bot.review.threads import Thread

_Word = TypeVar("_Word", Severity, Category)


@dataclass(frozen=True, slots=True)
class Row:
    """A Finding as the summary tells it. `url` leads to its Thread, where it has one; `reason` says why it has none."""

    key: str
    severity: Severity
    category: Category
    title: str
    path: str
    place: Place | None
    body: str = ""
    url: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Inline:
    """A Finding that gets a line comment. `clickable` tells that its Suggestion can be committed from it."""

    row: Row
    finding: Finding
    anchor: Anchor
    clickable: bool


@dataclass(frozen=True, slots=True)
class Silenced:
    row: Row
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`inline` is to be posted; `kept` stands in Threads already; `told` is for the summary alone."""

    inline: tuple[Inline, ...] = ()
    kept: tuple[Row, ...] = ()
    told: tuple[Row, ...] = ()
    silenced: tuple[Silenced, ...] = ()
    resolve: tuple[Thread, ...] = ()

    @property
    def standing(self) -> tuple[Row, ...]:
        """All that is claimed, worst first."""
        rows = (*(item.row for item in self.inline), *self.kept, *self.told)
        return tuple(sorted(rows, key=lambda row: row.severity.rank))


def plan(
    review: Review,
    threads: Sequence[Thread],
    grid: Grid,
    *,
    mutes: Sequence[Mute] = (),
    silent: Collection[str] = (),
    carried: Sequence[Row] = (),
    viewer: str = "",
) -> Plan:
    """What to do. `silent` are the nodes of Threads that somebody who may has silenced; `carried` are rows of an
    earlier summary whose code wasn't read again; `viewer` is our own login.
    """
    ours = [thread for thread in threads if thread.own and _mark(thread)]
    findings = list(keyed([*review.findings, *review.unplaced]))
    said = _said(findings, [thread for thread in ours if thread.node in silent or not _closed_by(viewer, thread)])
    met = {thread.node for thread in said.values()}
    decided: list[Silenced | Row | Inline] = []
    for key, finding in findings:
        row, thread = _row(key, finding), said.get(key)
        inline = [item for item in decided if isinstance(item, Inline)]
        standing = len(inline) + sum(isinstance(item, Row) and bool(item.url) for item in decided)
        decided.append(
            _silenced(row, thread, mutes, silent)
            or _kept(row, thread)
            or _spoken(row, finding, grid, inline, budget=review.shown - standing)
        )
    left = [thread for thread in ours if thread.node not in met and not thread.resolved and thread.node not in silent]
    fixed = tuple(thread for thread in left if thread.outdated and _read_again(thread, review))
    rows = [item for item in decided if isinstance(item, Row)]
    rows += [_row_of_thread(thread) for thread in left if thread not in fixed]
    known = {item.key if isinstance(item, Row) else item.row.key for item in (*decided, *rows)}
    for row in carried:
        if row.key not in known:
            decided.append(silenced) if (silenced := _muted(row, mutes)) else rows.append(row)
    return Plan(
        inline=tuple(item for item in decided if isinstance(item, Inline)),
        kept=tuple(row for row in rows if row.url),
        told=tuple(row for row in rows if not row.url),
        silenced=tuple(item for item in decided if isinstance(item, Silenced)),
        resolve=fixed,
    )


def keyed(findings: Iterable[Finding]) -> Iterator[tuple[str, Finding]]:
    """Each Finding with a key of its own: its fingerprint, numbered where several share one."""
    seen = Counter[str]()
    for finding in findings:
        seen[finding.fingerprint] += 1
        number = seen[finding.fingerprint]
        yield finding.fingerprint if number == 1 else f"{finding.fingerprint}.{number}", finding


def moved_to_summary(current: Plan, refused: Mapping[str, str]) -> Plan:
    """The plan after GitHub refused some comments, by key, with the reason."""
    back = [replace(item.row, reason=refused[item.row.key]) for item in current.inline if item.row.key in refused]
    inline = tuple(item for item in current.inline if item.row.key not in refused)
    return replace(current, inline=inline, told=(*back, *current.told))


def _silenced(row: Row, thread: Thread | None, mutes: Sequence[Mute], silent: Collection[str]) -> Silenced | None:
    if muted := _muted(row, mutes):
        return muted
    if thread and thread.node in silent:
        return Silenced(row, "silenced in its thread")
    return Silenced(row, "resolved before") if thread and thread.resolved else None


def _muted(row: Row, mutes: Sequence[Mute]) -> Silenced | None:
    mute = muted_by(row.path, row.category, _family(row.key), mutes)
    return Silenced(row, mute.reason or "muted by the configuration") if mute else None


def _kept(row: Row, thread: Thread | None) -> Row | None:
    return replace(row, url=thread.first.url) if thread else None


def _spoken(row: Row, finding: Finding, grid: Grid, inline: Sequence[Inline], *, budget: int) -> Inline | Row:
    """News: on its lines if they can be commented on and the budget allows it, else in the summary."""
    if finding.place is None:
        return replace(row, reason=next(iter(finding.evidence), "the quoted code isn't part of the change"))
    spot = anchor(finding.path, finding.place, grid)
    if isinstance(spot, Unplaced):
        return replace(row, reason=spot.reason)
    if budget <= 0:
        return replace(row, reason="below the comment budget")
    return _inline(row, finding, spot, grid, [one for item in inline for one in _clicked(item, finding.path)])


def _inline(row: Row, finding: Finding, spot: Anchor, grid: Grid, taken: Sequence[Place]) -> Inline:
    """With a Suggestion that can be clicked, the comment stands on just the lines that it replaces."""
    if finding.suggestion is None or objection(finding.path, finding.suggestion, grid, taken):
        return Inline(row, finding, spot, clickable=False)
    where = place_of(finding.suggestion)
    return Inline(row, finding, Anchor(Side.RIGHT, where.start, where.end), clickable=True)


def _clicked(item: Inline, path: str) -> Iterator[Place]:
    """The lines of `path` that its suggestion replaces."""
    if item.clickable and item.finding.suggestion and item.finding.path == path:
        yield place_of(item.finding.suggestion)


def _said(findings: Sequence[tuple[str, Finding]], threads: Iterable[Thread]) -> dict[str, Thread]:
    """The Thread that says a Finding already, by the Finding's key: one of its fingerprint on its lines, else the one
    of its key, each for one Finding; else one of its kind on its lines.
    """
    told = [(thread, _mark(thread)) for thread in sorted(threads, key=lambda thread: thread.resolved)]
    keys = {thread.node: str(mark.get("key", "")) for thread, mark in told}
    found: dict[str, Thread] = {}
    free = [thread for thread, _ in told]
    for by_lines in (True, False):
        for key, finding in findings:
            alike = (
                thread
                for thread in free
                if (_family(keys[thread.node]) == _family(key) and _overlaps(thread, finding))
                or (not by_lines and keys[thread.node] == key)
            )
            if key not in found and (thread := next(alike, None)):
                found[key] = thread
                free.remove(thread)
    for key, finding in findings:
        kind = (thread for thread, mark in told if mark.get("category") == finding.category)
        if key not in found and (thread := next((one for one in kind if _overlaps(one, finding)), None)):
            found[key] = thread
    return found


def _family(key: str) -> str:
    """A key without the number that tells Findings of one fingerprint apart."""
    return key.partition(".")[0]


def _closed_by(viewer: str, thread: Thread) -> bool:
    """A Thread that we resolved ourselves says nothing any more: if the defect is back, it is news."""
    return thread.resolved and same_login(thread.resolved_by, viewer)


def _overlaps(thread: Thread, finding: Finding) -> bool:
    place = finding.place
    if place is None or thread.line is None:
        return False
    start = thread.start or thread.line
    return (path_shown(finding.path), place.side) == (thread.path, thread.side) and (
        start <= place.end and place.start <= thread.line
    )


def _read_again(thread: Thread, review: Review) -> bool:
    """Whether its file was read in this run, and nothing of it failed: an unread hunk may hold the defect still."""
    if any(path_shown(failed.path) == thread.path for failed in review.coverage.failed):
        return False
    skipped = sum(item.hunks for item in review.coverage.skipped if path_shown(item.path) == thread.path)
    files = [file for file in review.change.files if path_shown(file.path) == thread.path]
    return all(file.status is Status.DELETED or skipped < file.hunks for file in files)


def _mark(thread: Thread) -> dict[str, object]:
    return marked(thread.first.body, "finding") or {}


def _row(key: str, finding: Finding) -> Row:
    return Row(
        key=key,
        severity=finding.severity,
        category=finding.category,
        title=finding.title,
        path=path_shown(finding.path),
        place=finding.place,
        body=finding.body,
    )


def _row_of_thread(thread: Thread) -> Row:
    """What the mark of an earlier run's comment says of it; our own words, read as if they weren't."""
    told = _mark(thread)
    place = Place(thread.side, thread.start or thread.line, thread.line) if thread.line else None
    return Row(
        key=str(told.get("key", "")),
        severity=_one_of(Severity, told.get("severity"), Severity.LOW),
        category=_one_of(Category, told.get("category"), Category.BUG),
        title=str(told.get("title", "")),
        path=thread.path,
        place=place,
        url=thread.first.url,
    )


def _one_of(kind: type[_Word], value: object, default: _Word) -> _Word:
    try:
        return kind(str(value))
    except ValueError:
        return default


def same_login(one: str, other: str) -> bool:
    """GraphQL calls a bot `github-actions`, REST and `viewer` call it `github-actions[bot]`."""
    return bool(one) and one.removesuffix("[bot]").lower() == other.removesuffix("[bot]").lower()
