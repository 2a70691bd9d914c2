"""Where a quote stands: the lines of the Hunks that it copies, or the reason why it has no place.

    whole lines, as written     each step takes the match that covers the named line, else the only match;
    whole lines, reindented     several matches and no named line among them: no place, rather than a guess;
    within lines, as written    no match at all: the next step
    white space aside

RIGHT (unchanged and added lines) is looked through first; LEFT only holds matches with a removed line in them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from bot.diff.change import Hunk, Line, Side
from bot.diff.masks import masked

SHORTEST = 3  # characters a quote needs within a line: `)` alone says nothing
SCOPE = 80  # characters of a line that git repeats behind the `@@`

_FENCE = re.compile(r"^\s*(```+|~~~+)[\w+-]*\s*$")
_RENDERED = re.compile(r"^\s*\d+(?:\s[ +-](?:\s|$)|\s*$)")  # the number and the sign that the prompt puts before a line
_SIGN = re.compile(r"^[+-](?=\s|\S)")
_OPENS = re.compile(r"[A-Za-z_$]")


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
    forms = [form for form in dict.fromkeys(_forms(quote)) if form]
    if not forms:
        return Unplaced("no quote")
    for fits in (_whole, _reindented, _within, _folded):
        for form in forms:
            matches = list(_matches(form, hunks, fits))
            if matches:
                return _choose(matches, named)
    return Unplaced("the quoted code isn't part of the change")


def scope_of(where: Place, hunks: Sequence[Hunk]) -> str:
    """The line that opens the code around a place: the nearest one above that starts at the margin with a letter.

    That is git's rule for what it writes behind the second `@@`, so that it is the same line whether the hunk shows
    it or begins below it. Empty where there is none.
    """
    for hunk in hunks:
        lines = [(line.new if where.side is Side.RIGHT else line.old, line) for line in hunk.lines]
        shown = [(number, line) for number, line in lines if number is not None]
        if not any(where.covers(number) for number, _ in shown):
            continue
        above = (
            line.text
            for number, line in reversed(shown)
            if number <= where.start and not line.secret and _OPENS.match(line.text)
        )
        return masked(next(above, hunk.heading)[:SCOPE].strip())  # cut first, as git does
    return ""


def _choose(matches: Sequence[Place], named: int | None) -> Place | Unplaced:
    for side in (Side.RIGHT, Side.LEFT):
        here = [match for match in matches if match.side is side]
        if named is not None:
            covering = [match for match in here if match.covers(named)]
            covering = [match for match in covering if match.start == named] or covering
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
    """The quote as lines; without the fence around it; without what the prompt put before each line."""
    lines = _trim([line.removesuffix("\r") for line in quote.split("\n")])
    fenced = len(lines) > 1 and _FENCE.match(lines[0]) and _FENCE.match(lines[-1])
    for form in (lines, _trim(lines[1:-1])) if fenced else (lines,):
        if not all(_FENCE.match(line) or not line.strip() for line in form):
            yield tuple(form)
        for prefix in (_RENDERED, _SIGN):
            if all(prefix.match(line) or not line.strip() for line in form):
                yield tuple(_trim([prefix.sub("", line, count=1) for line in form]))


def _trim(lines: list[str]) -> list[str]:
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


Span = tuple[int, int]  # the first and the last of some lines, counted from 0
Fits = Callable[[Sequence[str], Sequence[str]], Iterator[Span]]


def _matches(form: Sequence[str], hunks: Sequence[Hunk], fits: Fits) -> Iterator[Place]:
    for hunk in hunks:
        for side in (Side.RIGHT, Side.LEFT):
            lines = [line for line in hunk.lines if (line.new if side is Side.RIGHT else line.old) is not None]
            for first, last in fits(form, [line.shown for line in lines]):
                if side is Side.RIGHT or any(line.new is None for line in lines[first : last + 1]):
                    yield _place(side, lines[first], lines[last])


def _place(side: Side, first: Line, last: Line) -> Place:
    if side is Side.RIGHT:
        return Place(side, first.new or 0, last.new or 0)
    return Place(side, first.old or 0, last.old or 0)


def _whole(form: Sequence[str], texts: Sequence[str]) -> Iterator[Span]:
    """The lines are the quoted ones."""
    size = len(form)
    for at in range(len(texts) - size + 1):
        if list(texts[at : at + size]) == list(form):
            yield at, at + size - 1


def _reindented(form: Sequence[str], texts: Sequence[str]) -> Iterator[Span]:
    """The lines are the quoted ones but for the white space in them."""
    return _whole([_squeezed(line) for line in form], [_squeezed(text) for text in texts])


def _within(form: Sequence[str], texts: Sequence[str]) -> Iterator[Span]:
    """The first line may begin, and the last may end, in the middle of a line."""
    size = len(form)
    if len("".join(form).strip()) < SHORTEST:
        return
    for at in range(len(texts) - size + 1):
        if size == 1 and form[0] in texts[at]:
            yield at, at
        elif (
            size > 1
            and texts[at].endswith(form[0])
            and list(texts[at + 1 : at + size - 1]) == list(form[1:-1])
            and texts[at + size - 1].startswith(form[-1])
        ):
            yield at, at + size - 1


def _folded(form: Sequence[str], texts: Sequence[str]) -> Iterator[Span]:
    """The same characters, wherever white space and line ends stand: models like to join what was wrapped."""
    wanted = _squeezed("".join(form))
    if len(wanted) < SHORTEST:
        return
    squeezed = [_squeezed(text) for text in texts]
    ends = list(accumulate(len(text) for text in squeezed))
    text = "".join(squeezed)
    at = text.find(wanted)
    while at >= 0:
        yield bisect_right(ends, at), bisect_right(ends, at + len(wanted) - 1)
        at = text.find(wanted, at + 1)


def _squeezed(text: str) -> str:
    return "".join(text.split())
