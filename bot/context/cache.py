"""Packed symbols by blob, kept in a folder from one run to the next: one database for each version of what makes them.

Concurrent runs wait for each other. It is a cache: a damaged database is begun anew, and one that can't be used is
done without.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from bot.context.grammars import PACKAGES

MOST_ROWS = 200_000  # above that, what the commit at hand doesn't hold is forgotten
_BUSY = 30.0  # seconds that another run may hold the database
_DECIDING = ("grammars.py", "queries.py", "outline.py", "symbols.py")
_TABLE = "CREATE TABLE IF NOT EXISTS symbols (blob TEXT, kind TEXT, data BLOB, PRIMARY KEY (blob, kind)) WITHOUT ROWID"

Key = tuple[str, str]  # the id of a blob, and what the name of its file says of the language
Row = tuple[str, str, bytes]
_Told = TypeVar("_Told")


class SymbolCache:
    """The database in `folder`; without a folder it is always empty."""

    def __init__(self, folder: Path | None) -> None:
        self._file = folder / f"symbols-{_version()}.sqlite" if folder else None
        self._database: sqlite3.Connection | None = None
        if self._file:
            self._database = _opened(self._file)

    def close(self) -> None:
        if self._database:
            self._database.close()
        self._database = None

    def get(self, keys: Sequence[Key]) -> list[Row]:
        """The rows that there are of `keys`, at most some hundreds."""
        wanted = frozenset(keys)
        ids = sorted({blob for blob, _ in keys})
        question = f"SELECT blob, kind, data FROM symbols WHERE blob IN ({','.join('?' * len(ids))})"  # noqa: S608
        rows: list[Row] = self._do(lambda database: database.execute(question, ids).fetchall(), [])
        return [row for row in rows if row[:2] in wanted]

    def put(self, rows: Sequence[Row]) -> None:
        self._do(lambda database: _insert(database, rows), None)

    def trim(self, keys: Iterable[Key]) -> None:
        """Forget what isn't among `keys`, where the database has become large."""
        self._do(lambda database: _trim(database, keys), None)

    def _do(self, work: Callable[[sqlite3.Connection], _Told], otherwise: _Told) -> _Told:
        if self._database is None or self._file is None:
            return otherwise
        try:
            with self._database:  # a transaction
                return work(self._database)
        except sqlite3.OperationalError:  # locked for long, a full disk, a folder that can't be written
            self.close()
        except sqlite3.DatabaseError:
            self.close()
            _remove(self._file)
            self._database = _opened(self._file)
        return otherwise


def _opened(file: Path) -> sqlite3.Connection | None:
    """The database, made or begun anew if need be; None where that can't be."""
    for _ in range(2):
        database = None
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(file, timeout=_BUSY)
            database.execute("PRAGMA synchronous = OFF")  # what a power cut loses is parsed again
            database.execute(_TABLE)
        except (sqlite3.OperationalError, OSError):
            _closed(database)
            return None
        except sqlite3.DatabaseError:  # not a database, or a damaged one
            _closed(database)
            _remove(file)
        else:
            return database
    return None


def _closed(database: sqlite3.Connection | None) -> None:
    if database:
        database.close()


def _remove(file: Path) -> None:
    for name in (file, file.with_name(f"{file.name}-journal")):
        name.unlink(missing_ok=True)


def _insert(database: sqlite3.Connection, rows: Sequence[Row]) -> None:
    database.executemany("INSERT OR REPLACE INTO symbols VALUES (?, ?, ?)", rows)


def _trim(database: sqlite3.Connection, keys: Iterable[Key]) -> None:
    ((count,),) = database.execute("SELECT count(*) FROM symbols")
    if count > MOST_ROWS:
        database.execute("CREATE TEMP TABLE kept (blob TEXT PRIMARY KEY) WITHOUT ROWID")
        database.executemany("INSERT OR IGNORE INTO kept VALUES (?)", ((blob,) for blob, _ in keys))
        database.execute("DELETE FROM symbols WHERE blob NOT IN (SELECT blob FROM kept)")


@cache
def _version() -> str:
    """Changes with all that decides what is found in a file: the grammars, and our own code."""
    parts = [f"{name} {version(name)}".encode() for name in ("tree-sitter", *PACKAGES)]
    parts += [Path(__file__).with_name(name).read_bytes() for name in _DECIDING]
    return hashlib.sha256(b"\n".join(parts)).hexdigest()[:16]
