"""What stands around the hunks of a Chunk: their Scope, and the definitions and callers that they have to do with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from bot.context.chunks import Chunk
from bot.context.pack import names_wanted, pack_for
from bot.context.reach import ROOM, Reach
from bot.context.scopes import scope_at, shown
from bot.context.signatures import SignatureChange, signatures_changed
from bot.context.symbols import Index
from bot.diff.change import FileDiff, Hunk, path_shown

KINDS = ("scope", "symbols")


def surround(chunks: Sequence[Chunk], kinds: Collection[str], reach: Reach) -> list[Chunk]:
    """The Chunks with what is `around` them: of the scope at most half of the room, of the symbols what it leaves."""
    changed = _changed(chunks, reach) if "symbols" in kinds and reach.index else {}
    index = reach.index(_names(chunks, changed)) if "symbols" in kinds and reach.index else None
    return [replace(chunk, around=tuple(_around(chunk, kinds, reach, index, changed))) for chunk in chunks]


def _around(
    chunk: Chunk,
    kinds: Collection[str],
    reach: Reach,
    index: Index | None,
    changed: dict[str, tuple[SignatureChange, ...]],
) -> Iterator[tuple[str, str]]:
    path, room = chunk.file.path, ROOM
    scope = _scopes(chunk, reach.after(path) or b"", room // 2) if "scope" in kinds else ""
    if scope:
        room -= len(scope)
        yield "scope", scope
    if index is None:
        return
    lines: dict[str, None] = {}
    for hunk in chunk.hunks:
        items = pack_for(path, hunk, index, changed=changed.get(path, ()), content_of=reach.after, room=room)
        lines |= dict.fromkeys(f"{path_shown(item.path)}:{item.line}: {item.text}\n" for item in items)
    text = _fitting(lines, room)
    if text:
        yield "symbols", text


def _scopes(chunk: Chunk, content: bytes, room: int) -> str:
    """The Scope of each hunk, each once, as far as it goes beyond what the hunk shows."""
    found: dict[tuple[int, int], str] = {}
    for hunk in chunk.hunks:
        span = _span(hunk)
        scope = scope_at(chunk.file.path, content, span) if span else None
        if span and scope and (scope.start < span[0] or scope.end > span[1]):
            found.setdefault((scope.start, scope.end), shown(scope, content, span, room))
    return _fitting(found.values(), room)


def _span(hunk: Hunk) -> tuple[int, int] | None:
    numbers = [line.new for line in hunk.lines if line.new is not None]
    return (min(numbers), max(numbers)) if numbers else None


def _changed(chunks: Sequence[Chunk], reach: Reach) -> dict[str, tuple[SignatureChange, ...]]:
    files: dict[str, tuple[FileDiff, list[Hunk]]] = {}
    for chunk in chunks:
        files.setdefault(chunk.file.path, (chunk.file, []))[1].extend(chunk.hunks)
    return {
        path: signatures_changed(path, reach.before(file.old_path) or b"", reach.after(path) or b"", hunks)
        for path, (file, hunks) in files.items()
    }


def _names(chunks: Sequence[Chunk], changed: dict[str, tuple[SignatureChange, ...]]) -> frozenset[str]:
    return frozenset[str]().union(*(names_wanted(chunk.hunks, changed.get(chunk.file.path, ())) for chunk in chunks))


def _fitting(texts: Collection[str], room: int) -> str:
    """As many whole texts as there is room for."""
    kept: list[str] = []
    for text in texts:
        if len(text) <= room:
            kept.append(text)
            room -= len(text)
    return "".join(kept)
