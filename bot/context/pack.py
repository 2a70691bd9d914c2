"""What a model should know of the rest of the repository to judge a Hunk: definitions of what it uses, and callers of
what it changes, cut to a budget.

A name may have several bearers. The nearest ones are meant: those of the same file, those that the imports name,
those of the same folder, those of files that the imports name. Distant ones are meant only by a call, where they are
few, and where the name isn't one that every library has; else nothing is said rather than a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from bot.context.grammars import family_of
from bot.context.roles import Role, role_of
from bot.context.scopes import scope_at
from bot.context.signatures import SignatureChange
from bot.context.symbols import Found, Index, Used, Uses, symbols_used
from bot.diff.change import Hunk, path_shown, printable
from bot.diff.masks import masked, revealed

AMBIGUOUS = 3  # definitions of a name above which distant ones say nothing
CALLS = 6  # callers of one name that are shown
CALLS_IN_FILE = 2
LINE = 160  # characters of a calling line
_FRAME = 12  # characters around an item: its number, its signs

_SAME, _IMPORTED, _FOLDER, _NAMED, _DISTANT = range(5)
_Distance = tuple[int, int]  # one of these, and less the more of the path the imports name

# Members that the types of most languages have: a distant bearer of such a name is hardly ever meant.
_COMMON_WORDS = """
    add all any append apply as_ref assert call catch clear clone close collect concat contains copy count create
    debug decode delete each empty encode end equals error exists exit expect extend fetch filter find first flush
    format forEach from get hash has hashCode head include index info insert into is_empty isEmpty items iter join
    keys last len length list load lock log lower map match max min name new next open parse path pop print println
    push put query read reduce remove render replace reset resolve reverse run save send set size slice some sort
    split start stop strip sub substring sum super test then to_string toString trim type unwrap update upper value
    values wait warn warning with write
"""
_COMMON = frozenset(_COMMON_WORDS.split())


@dataclass(frozen=True, slots=True)
class ContextItem:
    """`kind` is definition or caller; `path` and `line` say where; `text` is a signature, or a line that calls."""

    kind: str
    path: str
    line: int
    text: str

    @property
    def size(self) -> int:
        """Characters that it takes, about."""
        return len(path_shown(self.path)) + len(self.text) + _FRAME


def names_wanted(hunks: Sequence[Hunk], changed: Sequence[SignatureChange]) -> frozenset[str]:
    """The names that `pack_for` will ask an Index for."""
    used = (used.name for hunk in hunks for used in symbols_used(hunk.lines))
    return frozenset((*used, *(change.names[-1] for change in changed)))


def pack_for(
    path: str,
    hunk: Hunk,
    index: Index,
    *,
    changed: Sequence[SignatureChange] = (),
    content_of: Callable[[str], bytes | None],
    room: int,
    seen: tuple[int, int] = (0, 0),
) -> list[ContextItem]:
    """Definitions and callers for a Hunk of `path`, within `room` characters; callers may take half of it, and more
    if definitions leave it free.

    `changed` are the signatures that the Hunk changes; `content_of` is a file as it is after the change; `seen` are
    the lines of `path` that the model is shown anyway.
    """
    lines = [line.new for line in hunk.lines if line.new is not None]
    known = frozenset([*lines, *range(seen[0], seen[1] + 1)])
    definitions = list(_definitions(path, hunk, index, known))
    callers = list(_callers(path, index, changed, content_of, known))
    spared = max(room // 2, room - sum(item.size for item in definitions))
    first = _fitting(callers, spared)
    return [*_fitting(definitions, room - sum(item.size for item in first)), *first]


def _fitting(items: Sequence[ContextItem], room: int) -> list[ContextItem]:
    kept: list[ContextItem] = []
    for item in items:
        if item.size <= room:
            room -= item.size
            kept.append(item)
    return kept


def _definitions(path: str, hunk: Hunk, index: Index, known: Collection[int]) -> Iterator[ContextItem]:
    told: set[tuple[str, int]] = set()
    for used in symbols_used(hunk.lines):
        for found in _meant(used, path, index):
            place = (found.path, found.symbol.line)
            if place not in told and not (found.path == path and found.symbol.line in known):
                told.add(place)
                yield ContextItem("definition", *place, _definition(found))


def _meant(used: Used, path: str, index: Index) -> list[Found]:
    """The nearest bearers of a name that is used in `path`; none where that would be a guess."""
    imports = index.imports.get(path, "")
    bearers = [one for one in index.definitions_of(used.name) if _can_mean(path, one.path)]
    ranked = [(_distance(path, imports, one.path, _words_for(one)), one) for one in bearers]
    nearest = min((distance for distance, _ in ranked), default=(_DISTANT, 0))
    told = [one for distance, one in ranked if distance == nearest][:AMBIGUOUS]
    if not used.called:
        # What is only named may be a variable; a member of a class is meant only as a member of something.
        told = [one for one in told if nearest[0] <= _IMPORTED and (used.member or not one.symbol.container)]
    elif nearest[0] >= _NAMED and (len(bearers) > AMBIGUOUS or used.name in _COMMON):
        told = []
    return told


def _can_mean(here: str, there: str) -> bool:
    """Whether code in one file can speak of the other: they are of a kind, and only tests know tests."""
    return (family_of(here) or family_of(there)) == family_of(there) and (
        role_of(there) is not Role.TEST or here == there or role_of(here) is Role.TEST
    )


def _words_for(found: Found) -> frozenset[str]:
    """What an import may name it by: itself, or the class that it is a member of."""
    return frozenset((found.symbol.name, found.symbol.container.rpartition(".")[2]))


def _distance(here: str, imports: str, there: str, names: Collection[str]) -> _Distance:
    """How far it is from a file with these imports to a file that defines something that has one of these names."""
    if here == there:
        return _SAME, 0
    words = imports.split()
    *folders, last = there.split("/")
    parts = [*folders, last.partition(".")[0]]
    named = sum(part in words for part in parts)
    near = any(part in words for part in parts[-2:])
    named_itself = any(name in words for name in names)
    if near and named_itself:
        return _IMPORTED, -named
    if here.rpartition("/")[0] == "/".join(folders):
        return _FOLDER, 0
    return (_NAMED, -named) if near or named_itself else (_DISTANT, 0)


def _definition(found: Found) -> str:
    """The signature, behind what it stands in."""
    inside = f"{found.symbol.container}: " if found.symbol.container else ""
    return _shown(inside + found.symbol.head)


def _callers(
    path: str,
    index: Index,
    changed: Sequence[SignatureChange],
    content_of: Callable[[str], bytes | None],
    known: Collection[int],
) -> Iterator[ContextItem]:
    told: set[tuple[str, int]] = set()
    for change in sorted(changed, key=lambda change: not change.before):  # what is new has no callers to break
        left = CALLS
        for uses in _near(change, path, index):
            lines = [line for line in uses.lines if not (uses.path == path and line in known)]
            lines = [line for line in lines if (uses.path, line) not in told][: min(left, CALLS_IN_FILE)]
            content = content_of(uses.path) if lines else None
            if content is None:
                continue
            for line in lines:
                told.add((uses.path, line))
                yield ContextItem("caller", uses.path, line, _call(uses.path, content, line))
            left -= len(lines)


def _near(change: SignatureChange, path: str, index: Index) -> list[Uses]:
    """Who uses the name of what `path` defines, the nearest first and tests last. Where many others define it too, or
    every library does, only who is near is told.
    """
    name, names = change.names[-1], frozenset(change.names[-2:])
    common = len(index.definitions_of(name)) > AMBIGUOUS or name in _COMMON
    ranked = [
        (role_of(uses.path) is Role.TEST, _distance(uses.path, index.imports.get(uses.path, ""), path, names), uses)
        for uses in index.callers_of(name)
        if _can_mean(uses.path, path)
    ]
    kept = [item for item in ranked if item[1][0] <= (_IMPORTED if common else _DISTANT)]
    return [uses for _, _, uses in sorted(kept, key=lambda item: item[:2])]


def _call(path: str, content: bytes, line: int) -> str:
    lines = content.split(b"\n")
    text = lines[line - 1].decode("utf-8", "surrogateescape").strip() if line <= len(lines) else ""
    scope = scope_at(path, content, (line, line))
    inside = f"in {'.'.join(scope.names)}: " if scope and scope.names else ""
    return _shown(inside + (text if len(text) <= LINE else text[: LINE - 4] + " ..."))


def _shown(text: str) -> str:
    return revealed(masked(printable(text)))
