"""Which signatures a change touches: a file before and after -> what came, what went, what reads differently."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.context.outline import Definition, outline
from bot.diff.change import Hunk

_COMPARED = frozenset({"function", "method", "class", "type", "declaration"})
_INNER = frozenset({"function", "method"})


@dataclass(frozen=True, slots=True)
class SignatureChange:
    """`before` and `after` are heads; empty where there is none. `line` is where it stands after, else stood before.

    `old` and `new` are the first and last lines of these heads, (0, 0) where there is none.
    """

    names: tuple[str, ...]
    before: str
    after: str
    old: tuple[int, int]
    new: tuple[int, int]

    @property
    def line(self) -> int:
        return self.new[0] or self.old[0]


def signatures_changed(
    path: str, old: bytes, new: bytes, hunks: Sequence[Hunk] | None = None
) -> tuple[SignatureChange, ...]:
    """What differs between the signatures of a file before and after; if given, only what `hunks` touch.

    What stands inside a function can't be called from elsewhere, and is left out; so are the members of a class that
    came or went as a whole. White space doesn't count. Contents are empty where there is no file.
    """
    before, after = _grouped(path, old), _grouped(path, new)
    changes = [change for names in {**before, **after} for change in _differences(before, after, names)]
    changes.sort(key=lambda change: (change.line, change.names))
    if hunks is None:
        return tuple(changes)
    return tuple(change for change in changes if any(touches(change, hunk) for hunk in hunks))


def touches(change: SignatureChange, hunk: Hunk) -> bool:
    """Whether `hunk` holds a changed line of the head before or after."""
    return any(
        (line.new is None and line.old is not None and change.old[0] <= line.old <= change.old[1])
        or (line.old is None and line.new is not None and change.new[0] <= line.new <= change.new[1])
        for line in hunk.lines
    )


_Grouped = dict[tuple[str, ...], list[Definition]]


def _grouped(path: str, content: bytes) -> _Grouped:
    """The definitions of a file by their names: overloads share one."""
    found = outline(path, content) if content else None
    grouped: _Grouped = {}
    inside: set[tuple[str, ...]] = set()
    for definition in found.definitions if found else ():
        if definition.kind in _INNER or definition.names[:-1] in inside:
            inside.add(definition.names)
        if definition.kind in _COMPARED and definition.names[:-1] not in inside:
            grouped.setdefault(definition.names, []).append(definition)
    return grouped


def _differences(before: _Grouped, after: _Grouped, names: tuple[str, ...]) -> Iterator[SignatureChange]:
    """What is left of both sides when equal heads are taken away, in pairs as far as they go."""
    outer = names[:-1]
    if outer and (outer in before) != (outer in after):
        return
    gone, come = list(before.get(names, ())), list(after.get(names, ()))
    for old in tuple(gone):
        same = next((new for new in come if _squeezed(new.head) == _squeezed(old.head)), None)
        if same is not None:
            gone.remove(old)
            come.remove(same)
    for at in range(max(len(gone), len(come))):
        yield _change(names, gone[at] if at < len(gone) else None, come[at] if at < len(come) else None)


def _change(names: tuple[str, ...], old: Definition | None, new: Definition | None) -> SignatureChange:
    return SignatureChange(
        names,
        old.head if old else "",
        new.head if new else "",
        (old.line, old.opens) if old else (0, 0),
        (new.line, new.opens) if new else (0, 0),
    )


def _squeezed(head: str) -> str:
    """Without white space, and without the comma that a formatter puts behind the last parameter."""
    return re.sub(r",(?=[)\]}])", "", "".join(head.split()))
