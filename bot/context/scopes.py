"""The scope that lines of a file stand in: by its tree, or by indentation and blank lines where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.context.chunks import LINE_LIMIT, render_line
from bot.context.outline import HEAD, SCOPES, Outline, outline
from bot.diff.change import Line
from bot.diff.masks import in_private_key

GAP = "      ...\n"  # stands for lines that are left out
_CLOSERS = ("}", ")", "]", "end", "fi", "done", "esac", "</")  # a line that ends what a line above has begun


@dataclass(frozen=True, slots=True)
class Scope:
    """A function, a class or a block. Lines count from 1.

    `names` are those of the scopes around it and its own, `start` to `end` all that belongs to it, comments above and
    decorators included. Its head stands on the lines `line` to `opens`; `signature` is the head as one line.
    `kind` is function, method, class, impl, module, statement or block.
    """

    kind: str
    names: tuple[str, ...]
    start: int
    line: int
    opens: int
    end: int
    signature: str


def scope_at(path: str, content: bytes, lines: tuple[int, int]) -> Scope | None:
    """The innermost scope that holds `lines`, the first and the last; None where no scope does, or no such lines are.

    A statement at the top of a file counts if it goes beyond the lines. Without a tree, so does a paragraph.
    """
    first, last = lines
    if not 1 <= first <= last <= content.count(b"\n") + 1:
        return None
    found = outline(path, content)
    return _by_tree(found, content, first, last) if found else _by_indentation(_texts(content), first, last)


def shown(scope: Scope, content: bytes, hunk_lines: tuple[int, int], room: int) -> str:
    """`scope` as a model reads it, in at most `room` characters; empty where there is no room for anything.

    Whole if it fits. Else its head, the lines of the Hunk, and around them as many as there is room for, first those
    that lead to it; `...` stands for the rest.
    """
    lines = _rendered(content, scope.start, scope.end)
    numbers = range(scope.start, scope.start + len(lines))
    kept = set(numbers)
    if sum(map(len, lines)) > room:
        sizes = dict(zip(numbers, lines, strict=True))
        kept = _chosen(scope, {number: len(line) for number, line in sizes.items()}, hunk_lines, room)
    return _joined({number: line for number, line in zip(numbers, lines, strict=True) if number in kept}, scope)


def _by_tree(found: Outline, content: bytes, first: int, last: int) -> Scope | None:
    holding = [
        definition
        for definition in found.definitions
        if definition.kind in SCOPES and definition.start <= first and last <= definition.end
    ]
    if holding:
        inner = min(holding, key=lambda definition: (definition.end - definition.start, -len(definition.names)))
        return Scope(inner.kind, inner.names, inner.start, inner.line, inner.opens, inner.end, inner.head)
    for start, end in found.statements:
        if start <= first and last <= end and (start, end) != (first, last):
            return Scope("statement", (), start, start, start, end, _head(_texts(content)[start - 1]))
    return None


def _by_indentation(texts: Sequence[str], first: int, last: int) -> Scope | None:
    """The block under the nearest line above that is indented less; at the margin, what no blank line interrupts."""
    depths = [_depth(text) for text in texts[first - 1 : last] if text.strip()]
    depth = min(depths, default=0)
    if not depth:
        return _paragraph(texts, first, last)
    head = next((at for at in range(first - 1, 0, -1) if texts[at - 1].strip() and _depth(texts[at - 1]) < depth), 0)
    if not head:
        return _paragraph(texts, first, last)
    margin, end = _depth(texts[head - 1]), head
    for at in range(head + 1, len(texts) + 1):
        text = texts[at - 1]
        if text.strip() and _depth(text) <= margin:
            end = at if text.strip().startswith(_CLOSERS) and _depth(text) == margin else end
            break
        end = at if text.strip() else end
    signature = _head(texts[head - 1])
    return Scope("block", (signature,), head, head, head, max(end, last), signature)


def _paragraph(texts: Sequence[str], first: int, last: int) -> Scope:
    start, end = first, last
    while start > 1 and texts[start - 2].strip():
        start -= 1
    while end < len(texts) and texts[end].strip():
        end += 1
    return Scope("block", (), start, start, start, end, _head(texts[start - 1]))


def _depth(text: str) -> int:
    expanded = text.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())


def _head(text: str) -> str:
    return " ".join(text.split())[:HEAD]


def _texts(content: bytes) -> list[str]:
    return content.decode("utf-8", "surrogateescape").split("\n")


def _rendered(content: bytes, start: int, end: int) -> list[str]:
    """Lines of a file as a Chunk shows unchanged ones: secrets masked, and of a line that is data its beginning."""
    texts = [text[:LINE_LIMIT] for text in _texts(content)[start - 1 : end]]
    secret = in_private_key(texts) if any("-----" in text for text in texts) else [False] * len(texts)
    return [
        render_line(Line(number, number, text, told))
        for number, text, told in zip(range(start, end + 1), texts, secret, strict=False)
    ]


def _chosen(scope: Scope, sizes: dict[int, int], hunk_lines: tuple[int, int], room: int) -> set[int]:
    """The numbers of the lines to show: each is taken if it fits, with the gaps that it leaves."""
    first, last = max(hunk_lines[0], scope.start), min(hunk_lines[1], scope.end)
    kept: set[int] = set()
    room -= 3 * len(GAP)  # above the head, between head and Hunk, and below
    for number in _by_worth(scope, first, last):
        size = sizes.get(number, 0)
        if size > room:
            break
        room -= size
        kept.add(number)
    return kept


def _by_worth(scope: Scope, first: int, last: int) -> Iterator[int]:
    """The lines of a scope, the most useful first: head, Hunk, what leads to it, what follows, what stands above."""
    yield from range(scope.line, min(scope.opens, first - 1) + 1)
    yield from range(first, last + 1)
    yield from range(first - 1, scope.opens, -1)
    yield from range(last + 1, scope.end + 1)
    yield from range(min(scope.line, first) - 1, scope.start - 1, -1)


def _joined(lines: dict[int, str], scope: Scope) -> str:
    parts: list[str] = []
    expected = scope.start
    for number, line in lines.items():
        if number != expected:
            parts.append(GAP)
        parts.append(line)
        expected = number + 1
    if parts and expected <= scope.end:
        parts.append(GAP)
    return "".join(parts)
