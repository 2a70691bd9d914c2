"""What a file defines, uses and imports: bytes -> Outline, by its tree.

Everything is found by one query; definitions are put into each other by where they begin and end. Nothing here
recurses or climbs: a file may nest a hundred thousand parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tree_sitter import Node, QueryCursor

from bot.context.grammars import language_of, parse, query

HEAD = 240  # characters of a signature
SMALL = 160  # bytes up to which the whole of a struct or an enum is its signature
KINDS = ("function", "method", "impl", "class", "module", "type", "declaration", "constant")  # the first that fits
SCOPES = frozenset({"function", "method", "impl", "class", "module"})
_AROUND = ("opening", "wrapper")
_HOLDERS = ("class", "impl")

_BODIES = frozenset(
    {
        "accessor_list", "arrow_expression_clause", "block", "body_statement", "class_body", "computed_property",
        "declaration_list", "enum_class_body", "field_declaration_list", "function_body", "template_body",
    }
)  # fmt: skip
_NAMELESS = {
    "companion_object": "companion", "deinit_declaration": "deinit", "indexer_declaration": "this",
    "init_declaration": "init", "operator_declaration": "operator", "secondary_constructor": "constructor",
    "singleton_class": "self", "subscript_declaration": "subscript",
}  # fmt: skip
_NAME_FIELDS = ("name", "declarator", "key", "left", "property", "pattern")
_NAMED_BY_TYPE = frozenset({"impl_item", "type_alias"})  # Rust, Kotlin
_NAME_NODES = frozenset({"variable_declaration", "name"})  # where no field leads to the name: Kotlin, PHP
_WORD = re.compile(r"operator\s*\S+|~?[^\W\d][\w$-]*[?!=]?|[^\s\w]+")
_TAIL = re.compile(r"\s*(?:[{:=]|=>)$")
_HASH = frozenset({"bash", "php", "python", "ruby"})  # where `#` opens a comment
_IMPORTING = {
    "bash": (".", "source"),
    "javascript": ("require",),
    "ruby": ("require", "require_relative", "include", "extend"),
    "tsx": ("require",),
    "typescript": ("require",),
}
_IMPORTED = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Definition:
    """`names` are those of what stands around it, and its own. Lines count from 1.

    `start` to `end` is all that belongs to it, comments above and decorators included; `line` is where its head
    begins, and `opens` where the head ends. `head` is the signature as one line, cut to `HEAD`.
    """

    kind: str
    names: tuple[str, ...]
    start: int
    line: int
    opens: int
    end: int
    head: str

    @property
    def name(self) -> str:
        return self.names[-1]


@dataclass(frozen=True, slots=True)
class Outline:
    """`uses` are names with their lines, `imports` the words of import statements.

    `statements` are the first and last lines of what stands at the top of the file.
    """

    definitions: tuple[Definition, ...]
    uses: tuple[tuple[str, int], ...]
    imports: frozenset[str]
    statements: tuple[tuple[int, int], ...]


@lru_cache(maxsize=16)
def outline(path: str, content: bytes) -> Outline | None:
    """The outline of a file; None where it has no tree."""
    language = language_of(path, content)
    tree = parse(language, content) if language else None
    if tree is None:
        return None
    found = QueryCursor(query(language)).captures(tree.root_node)
    definitions = tuple(_definitions(found, content, language))
    own = {(definition.name, definition.line) for definition in definitions}
    uses = {
        (_text(node, content), _row(node)) for node in found.get("use", ()) if node.end_byte > node.start_byte
    } - own
    return Outline(
        definitions=definitions,
        uses=tuple(sorted(uses, key=lambda use: (use[1], use[0]))),
        imports=frozenset(_imports(found, uses, content, language)),
        statements=tuple((_row(node), _last_row(node)) for node in tree.root_node.children),
    )


def _imports(
    found: dict[str, list[Node]], uses: Iterable[tuple[str, int]], content: bytes, language: str
) -> Iterator[str]:
    """The words of import statements, and of lines with a call that imports."""
    for node in found.get("import", ()):
        yield from _IMPORTED.findall(_text(node, content))
    importing = _IMPORTING.get(language, ())
    rows = {row for name, row in uses if name in importing}
    lines = content.split(b"\n") if rows else []
    for row in rows:
        yield from _IMPORTED.findall(lines[row - 1].decode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class _Open:
    """A definition that others may stand in. `names` are empty for what stands around definitions."""

    node: Node
    kind: str
    names: tuple[str, ...]


def _definitions(found: dict[str, list[Node]], content: bytes, language: str) -> Iterator[Definition]:
    lines = content.split(b"\n")
    stack: list[_Open] = []
    around: list[_Open] = []  # what began since the last definition and goes on, the outermost first
    last = 0
    for kind, node in _in_order(found):
        while stack and stack[-1].node.end_byte <= node.start_byte:
            stack.pop()
        around = [outer for outer in around if outer.node.end_byte > node.start_byte]
        if kind in _AROUND:
            around.append(_Open(node, kind, ()))
            continue
        own = _names(node, content)
        if not own:
            continue
        outer = stack[-1] if stack else None
        if kind == "function" and (len(own) > 1 or (outer and outer.kind in _HOLDERS)):
            kind = "method"  # noqa: PLW2901
        names = (*(outer.names if outer else ()), *own)
        around = _right_around(node, around)
        head, opens = _head(node, kind, content, language, around)
        first = around[0].node if around else node
        start = _with_comments(_row(first), lines, language, last)
        yield Definition(kind, names, start, _row(node), opens, _last_row(node), head)
        around = []
        last = opens
        if kind in SCOPES:
            stack.append(_Open(node, kind, names))
        elif not stack:
            last = _last_row(node)


def _right_around(node: Node, around: Sequence[_Open]) -> list[_Open]:
    """Those of `around` with nothing between them and `node`: a function in an argument is no part of a `const`."""
    kept: list[_Open] = []
    for outer in reversed(around):
        if all(child.id != node.id for child in outer.node.children):
            break
        kept.insert(0, outer)
        node = outer.node
    return kept


def _in_order(found: dict[str, list[Node]]) -> Iterator[tuple[str, Node]]:
    """The definitions, and what stands around them, from the top of the file; a definition once, by its first kind."""
    kinds = (*_AROUND, *KINDS)
    ranked = [
        (node.start_byte, -node.end_byte, rank, node) for rank, kind in enumerate(kinds) for node in found.get(kind, ())
    ]
    ranked.sort(key=lambda item: item[:3])
    seen = (-1, -1)
    for start, end, rank, node in ranked:
        if kinds[rank] in _AROUND or (start, end) != seen:
            yield kinds[rank], node
        if kinds[rank] not in _AROUND:
            seen = (start, end)


def _names(node: Node, content: bytes) -> tuple[str, ...]:
    """The name of a definition, behind those that it says itself: `Account::pay` in C++, the receiver in Go."""
    if own := _NAMELESS.get(node.type):
        return (own,)
    named = _named(node)
    if named is None:
        return ()
    text = _text(named, content)[:HEAD]
    *scopes, last = re.split(r"::|\\", re.sub(r"<[^<>]*>+|\[.*", "", text, flags=re.DOTALL)) or [""]
    words = _WORD.findall(last.strip())
    if not words:
        return ()
    receiver = node.child_by_field_name("receiver")
    if receiver is not None:
        scopes = re.findall(r"\w+", re.sub(r"\[.*", "", _text(receiver, content)))[-1:]
    return (*(scope.strip() for scope in scopes if scope.strip()), words[-1].strip("\"'"))


def _named(node: Node) -> Node | None:
    """The node that holds the name of a definition."""
    found: Node | None = None
    fields: Sequence[str] = ("name", "type") if node.type in _NAMED_BY_TYPE else _NAME_FIELDS
    for _ in range(12):  # int (*(*name)(void))[3]
        here = found or node
        inner = next((child for field in fields if (child := here.child_by_field_name(field)) is not None), None)
        if inner is None and found is None:
            inner = next((child for child in node.named_children if child.type in _NAME_NODES), None)
        if inner is None:
            return found
        found = inner
        if node.type == "variable_assignment" or found.type not in _DECLARATORS:
            return found
    return found


_DECLARATORS = frozenset(
    {
        "array_declarator", "function_declarator", "init_declarator", "member_expression", "parenthesized_declarator",
        "pointer_declarator", "reference_declarator", "variable_declarator",
    }
)  # fmt: skip


def _head(node: Node, kind: str, content: bytes, language: str, around: Iterable[_Open]) -> tuple[str, int]:
    """The signature as one line, and the line that it ends on."""
    begin, end, row = node.start_byte, node.end_byte, _last_row(node)
    body = _body(node) if kind in SCOPES else None
    if body is not None:
        end, row = body.start_byte, _row(body)
    elif kind in _HOLDERS and (brace := content.find(b"{", begin, end)) >= 0:  # Go: the body is the type's
        row += content.count(b"\n", begin, brace) - content.count(b"\n", begin, end)
        end = brace
    while row > _row(node):  # the body may begin on a line of its own, and comments before it
        line = content.rfind(b"\n", begin, end)
        last = content[line + 1 : end].strip()
        if last and not _belongs(last, language):
            break
        end, row = line, row - 1
    if kind == "class" and node.end_byte - begin <= SMALL and content.count(b"{", begin, node.end_byte) == 1:
        end = node.end_byte
    outer = next((one.node.start_byte for one in around if one.kind == "opening"), begin)
    if b"(" not in content[outer:begin]:  # the arguments of a decorator, or a group of constants
        begin = outer
    text = " ".join(content[begin : min(end, begin + 4 * HEAD)].decode("utf-8", "surrogateescape").split())
    text = text if end == node.end_byte else _TAIL.sub("", text)
    return (text if len(text) <= HEAD else text[: HEAD - 4] + " ..."), row


def _body(node: Node) -> Node | None:
    """What a head ends before."""
    for field in ("body", "accessors", "computed_value"):
        if (body := node.child_by_field_name(field)) is not None:
            return body
    for field in ("value", "right"):
        if (value := node.child_by_field_name(field)) is not None:
            return value.child_by_field_name("body")
    return next((child for child in node.named_children if child.type in _BODIES), None)


def _with_comments(row: int, lines: Sequence[bytes], language: str, last: int) -> int:
    """Where the comments and annotations above line `row` begin, below line `last`. Both count from 1."""
    block = False
    while row - 1 > last:
        above = lines[row - 2].strip()
        if above.endswith(b"*/"):
            block = True
        if not block and not _belongs(above, language):
            break
        if above.startswith(b"/*"):
            block = False
        row -= 1
    return row


def _belongs(line: bytes, language: str) -> bool:
    """Whether a line is a comment, or an annotation of what follows."""
    if line.startswith((b"//", b"@", b"#[")):
        return True
    if language in _HASH and line.startswith(b"#"):
        return not line.startswith(b"#!")
    return language == "c_sharp" and line.startswith(b"[") and line.endswith(b"]")


def _text(node: Node, content: bytes) -> str:
    """Not `node.text`, which asks for all of the content behind it."""
    return content[node.start_byte : node.end_byte].decode("utf-8", "surrogateescape")


def _row(node: Node) -> int:
    return node.start_point[0] + 1


def _last_row(node: Node) -> int:
    """A node that ends with a line feed ends on the line before."""
    row, column = node.end_point
    return row + (column > 0 or row == node.start_point[0])
