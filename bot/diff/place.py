"""Where a quote stands: the lines of the Hunks that it copies, or the reason why it has no place.

    as written, whole lines     each step takes the match that covers the named line, else the only match;
    as written, within lines    several matches and no named line among them: no place, rather than a guess;
    white space aside, whole    no match at all: the next step
    white space aside, within

RIGHT (unchanged and added lines) is looked through first; LEFT only holds matches with a removed line in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.diff.change import Hunk, Line, Side

SHORTEST = 3  # characters a quote needs within a line: `)` alone says nothing

_FENCE = re.compile(r"^\s*(```+|~~~+)[\w+-]*\s*$")
_RENDERED = re.compile(r"^\s*\d+\s[ +-](?:\s|$)")  # the number and the sign that the prompt puts before a line
_SIGN = re.compile(r"^[+-](?=\s|\S)")


@dataclass(frozen=True, slots=True)
class Place:
    """Lines `start` to `end`, both counted from 1 and inclusive, on one side of the diff."""

    side: Side
    start: int
    end: int

    def covers(self, line: int) -> bool:
        return self.start <= line <= self.end


@dataclass(frozen=True, slots=True)
class Unplaced:
    reason: str


def place(quote: str, named: int | None, hunks: Sequence[Hunk]) -> Place | Unplaced:
    """Find `quote` in `hunks`; `named` is the line number that the model gave, a hint between equal matches."""
    forms = list(dict.fromkeys(_forms(quote)))
    if not forms:
        return Unplaced("no quote")
    for fold, whole in ((_same, True), (_same, False), (_folded, True), (_folded, False)):
        for form in forms:
            matches = list(_matches(form, hunks, fold, whole=whole))
            if matches:
                return _choose(matches, named)
    return Unplaced("the quoted code isn't part of the change")


def _choose(matches: Sequence[Place], named: int | None) -> Place | Unplaced:
    for side in (Side.RIGHT, Side.LEFT):
        here = [match for match in matches if match.side is side]
        if named is not None:
            covering = [match for match in here if match.covers(named)]
            if len(covering) == 1:
                return covering[0]
    for side in (Side.RIGHT, Side.LEFT):
        here = [match for match in matches if match.side is side]
        if len(here) == 1:
            return here[0]
        if here:
            return Unplaced(f"the quoted code stands in {len(here)} places of the change")
    return Unplaced("the quoted code isn't part of the change")


def _forms(quote: str) -> Iterator[tuple[str, ...]]:
    """The quote as lines, without the fence around it; then without what the prompt put before each line."""
    lines = [line.removesuffix("\r") for line in quote.split("\n")]
    lines = _trim([line for line in lines if not _FENCE.match(line)])
    if not lines:
        return
    yield tuple(lines)
    for prefix in (_RENDERED, _SIGN):
        if all(prefix.match(line) or not line.strip() for line in lines):
            bare = _trim([prefix.sub("", line, count=1) for line in lines])
            if bare:
                yield tuple(bare)


def _trim(lines: list[str]) -> list[str]:
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def _same(text: str) -> str:
    return text


def _folded(text: str) -> str:
    return "".join(text.split())


def _matches(
    form: tuple[str, ...], hunks: Sequence[Hunk], fold: Callable[[str], str], *, whole: bool
) -> Iterator[Place]:
    wanted = [fold(line) for line in form]
    if not whole and len("".join(wanted).strip()) < SHORTEST:
        return
    for hunk in hunks:
        for side in (Side.RIGHT, Side.LEFT):
            lines = [line for line in hunk.lines if (line.new if side is Side.RIGHT else line.old) is not None]
            yield from _on_side(wanted, lines, side, fold, whole=whole)


def _on_side(
    wanted: Sequence[str], lines: Sequence[Line], side: Side, fold: Callable[[str], str], *, whole: bool
) -> Iterator[Place]:
    texts = [fold(line.shown) for line in lines]
    size = len(wanted)
    for at in range(len(texts) - size + 1):
        if not _fits(wanted, texts[at : at + size], whole=whole):
            continue
        found = lines[at : at + size]
        if side is Side.RIGHT:
            yield Place(side, found[0].new or 0, found[-1].new or 0)
        elif any(line.new is None for line in found):
            yield Place(side, found[0].old or 0, found[-1].old or 0)


def _fits(wanted: Sequence[str], texts: Sequence[str], *, whole: bool) -> bool:
    """Whether the lines are the wanted ones; not `whole`: the first may begin, and the last may end, in mid-line."""
    if whole:
        return list(wanted) == list(texts)
    if len(wanted) == 1:
        return wanted[0] in texts[0]
    return texts[0].endswith(wanted[0]) and texts[-1].startswith(wanted[-1]) and list(wanted[1:-1]) == list(texts[1:-1])
