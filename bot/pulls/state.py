"""What one run leaves for the next: kept in the mark of the summary comment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.diff.change import Side
from bot.diff.place import Place
from bot.pulls.markers import mark
from bot.pulls.plan import Row
from bot.review.findings import Category, Severity

BODY = 300  # characters of a carried Finding's text
ROOM = 30_000  # characters that the carried Findings may take; a comment holds 65,536 in all


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)

    key: str = Field(max_length=40)
    severity: Severity
    category: Category
    title: str
    path: str
    side: Side | None = None
    start: int = 0
    end: int = 0
    body: str = ""
    reason: str = ""


class State(BaseModel):
    """`head` is the commit up to which everything was reviewed and said; empty while nothing was. `base` is the branch
    that it was compared with, `rules` a digest of the settings that a review depends on, `told` the Findings that stand
    in the summary alone. `hearsay` tells that all this is the word of an artifact that a stranger could have written.
    """

    model_config = ConfigDict(frozen=True)

    head: str = Field(default="", pattern=r"^([0-9a-f]{40}([0-9a-f]{24})?)?$")
    base: str = ""
    rules: str = ""
    told: tuple[_Told, ...] = ()
    hearsay: bool = False

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(_row(told) for told in self.told)


def read_state(value: Mapping[str, Any] | None) -> State:
    """From a mark. One that can't be read is as good as none: everything is reviewed."""
    try:
        return State.model_validate(value or {})
    except ValidationError:
        return State()


def write_state(head: str, base: str, rules: str, told: Sequence[Row], *, hearsay: bool = False) -> dict[str, Any]:
    """For a mark. Where not all of `told` can be kept, it says that nothing was reviewed, so that all is read again."""
    kept = [_told(row).model_dump(mode="json", exclude_defaults=True) for row in told]
    fits = len(mark("summary", {"told": kept})) <= ROOM
    state = {"head": head if fits else "", "base": base, "rules": rules, "told": kept if fits else []}
    return state | ({"hearsay": True} if hearsay else {})


def _told(row: Row) -> _Told:
    place = row.place
    return _Told(
        key=row.key,
        severity=row.severity,
        category=row.category,
        title=row.title[:200],
        path=row.path,
        side=place.side if place else None,
        start=place.start if place else 0,
        end=place.end if place else 0,
        body=row.body[:BODY],
        reason=row.reason[:200],
    )


def _row(told: _Told) -> Row:
    place = Place(told.side, told.start, told.end) if told.side and 1 <= told.start <= told.end else None
    return Row(told.key, told.severity, told.category, told.title, told.path, place, told.body, reason=told.reason)
