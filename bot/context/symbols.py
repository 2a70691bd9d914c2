"""Who defines a name, and who uses it: a file -> FileSymbols, many of them -> Index.

Names are all that is compared: nothing here knows types. `pack.py` decides which of several bearers is meant.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from bot.context.outline import HEAD, Definition, outline
from bot.diff.change import Line

_INDEXED = frozenset({"function", "method", "class", "type", "constant", "declaration"})
_CONSTRUCTORS = frozenset({"__init__", "__construct", "constructor", "initialize", "init"})
_SHORTEST = 3  # characters of a name that is looked up though it isn't called

_NAME = re.compile(r"(\.|->|::)?([^\W\d]\w*)(?:[!?]?(?:::<[^<>()]*>|<[^<>()]*>)?(\())?")
# An open `"` goes to the end of its line; a `'` may be an apostrophe or a lifetime. Each is looked through only once.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"|$)|' r"'(?:[^'\\]|\\.){0,200}'")
_COMMENT = re.compile(r"(?:^|\s)(?://|#(?!define|elif|if|\[)|\*\s|/\*).*")


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition in a file. `container` is what it stands in (`Account`, `bank.Account`); `head` its signature."""

    name: str
    kind: str
    container: str
    line: int
    head: str


@dataclass(frozen=True, slots=True)
class FileSymbols:
    """What one file defines, the lines on which it uses a name, and the words of its import statements."""

    definitions: tuple[Symbol, ...] = ()
    uses: Mapping[str, tuple[int, ...]] | None = None
    imports: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A Symbol and the file that it is in."""

    path: str
    symbol: Symbol


@dataclass(frozen=True, slots=True)
class Uses:
    """The lines of a file on which a name is called, made, decorated with or inherited from."""

    path: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Used:
    """A name on lines of code: whether it is called there, and whether it is a member of something each time."""

    name: str
    called: bool
    member: bool


@dataclass(frozen=True, slots=True)
class Index:
    """The names of a repository. `imports` is path -> the words of its import statements.

    `unread` counts the files in which nothing could be looked for.
    """

    definitions: Mapping[str, tuple[Found, ...]]
    uses: Mapping[str, tuple[Uses, ...]]
    imports: Mapping[str, str]
    unread: int = 0

    def definitions_of(self, name: str) -> tuple[Found, ...]:
        """Where `name` is defined, ordered by path; mere declarations only where nothing else is."""
        found = self.definitions.get(name, ())
        return tuple(one for one in found if one.symbol.kind != "declaration") or found

    def callers_of(self, name: str) -> tuple[Uses, ...]:
        """Where `name` is used, ordered by path."""
        return self.uses.get(name, ())


def index_file(path: str, content: bytes) -> FileSymbols:
    """The symbols of one file. They depend on nothing but its content and `grammars.kind_of` its path."""
    found = outline(path, content)
    if found is None:
        return FileSymbols()
    uses: dict[str, list[int]] = {}
    for name, line in found.uses:
        uses.setdefault(name, []).append(line)
    return FileSymbols(
        definitions=tuple(_symbols(found.definitions)),
        uses={name: tuple(lines) for name, lines in uses.items()},
        imports=" ".join(sorted(found.imports)),
    )


def index_of(
    files: Iterable[tuple[str, FileSymbols]], *, only: Collection[str] | None = None, unread: int = 0
) -> Index:
    """The Index of files by their paths; of the names in `only`, if given: what a huge repository has room for."""
    definitions: dict[str, list[Found]] = {}
    uses: dict[str, list[Uses]] = {}
    imports: dict[str, str] = {}
    wanted = None if only is None else frozenset(only)
    for path, symbols in files:
        if symbols.imports:
            imports[path] = symbols.imports
        for symbol in symbols.definitions:
            if wanted is None or symbol.name in wanted:
                definitions.setdefault(symbol.name, []).append(Found(path, symbol))
        used = symbols.uses or {}
        for name in used if wanted is None else wanted & used.keys():
            uses.setdefault(name, []).append(Uses(path, used[name]))
    return Index(
        {name: tuple(sorted(found, key=_path)) for name, found in definitions.items()},
        {name: tuple(sorted(found, key=_path)) for name, found in uses.items()},
        imports,
        unread,
    )


def _path(found: Found | Uses) -> str:
    return found.path


def symbols_used(lines: Iterable[Line]) -> tuple[Used, ...]:
    """What the added ones of `lines` name, what is called first; strings and comments are left out."""
    found: dict[str, Used] = {}
    for line in lines:
        text = _COMMENT.sub("", _STRING.sub('""', line.text)) if line.sign == "+" else ""
        for dot, name, bracket in _NAME.findall(text):
            before = found.get(name)
            if bracket or len(name) >= _SHORTEST:
                called, member = bool(bracket) or bool(before and before.called), bool(dot)
                found[name] = Used(name, called, member if before is None else member and before.member)
    return tuple(sorted(found.values(), key=lambda used: not used.called))


def packed(symbols: FileSymbols) -> bytes:
    """`symbols` in few bytes, with a checksum."""
    rows = [[one.name, one.kind, one.container, one.line, one.head] for one in symbols.definitions]
    # Half of a character can't be written as UTF-8, but as an escape: ensure_ascii stays on.
    return zlib.compress(json.dumps([rows, symbols.uses or {}, symbols.imports], separators=(",", ":")).encode(), 1)


def unpacked(data: bytes) -> FileSymbols:
    """What `packed` was given. Raises ValueError for anything else."""
    try:
        rows, uses, imports = json.loads(zlib.decompress(data))
        return FileSymbols(
            tuple(Symbol(*row) for row in rows), {name: tuple(lines) for name, lines in uses.items()}, imports
        )
    except (zlib.error, TypeError, AttributeError) as error:
        raise ValueError("these aren't packed symbols") from error


def _symbols(definitions: Iterable[Definition]) -> list[Symbol]:
    """What can be named from elsewhere. A class has its constructor in its head: that is what its callers call."""
    found: dict[int, Symbol] = {}
    classes: dict[tuple[str, ...], int] = {}
    for at, one in enumerate(definitions):
        if one.kind not in _INDEXED:
            continue
        owner = classes.get(one.names[:-1])
        if owner is not None and (one.name in _CONSTRUCTORS or one.name == one.names[-2]):
            found[owner] = _with_constructor(found[owner], one.head)
            continue
        if one.kind == "class":
            classes[one.names] = at
        found[at] = Symbol(one.name, one.kind, ".".join(one.names[:-1]), one.line, one.head)
    return list(found.values())


def _with_constructor(symbol: Symbol, head: str) -> Symbol:
    text = f"{symbol.head}; {head}"
    return Symbol(symbol.name, symbol.kind, symbol.container, symbol.line, text) if len(text) <= 2 * HEAD else symbol
