"""The Index of a commit: each blob is parsed once, and what was found in it is kept from one run to the next.

With `cache.py`, this is what of the room reads and writes: git through what is handed in, a folder that is handed in,
and other processes, since a parse takes a core.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

from bot.context.cache import Key, Row, SymbolCache
from bot.context.grammars import LARGEST, kind_of, may_parse
from bot.context.symbols import FileSymbols, Index, index_file, index_of, packed, unpacked
from bot.diff.filters import GENERATED_NAMES, VENDOR_FOLDERS

BATCH = 256 * 1024  # bytes of files that are handed to a process at a time
AT_ONCE = 400  # rows that are read or written at a time
WORTH_PROCESSES = 2 * 1024 * 1024  # bytes to parse from which on it pays to start processes

_Work = list[tuple[Key, str, bytes]]  # a path that stands for all of the blob's, and the content
_Item = TypeVar("_Item")


class Repository(Protocol):
    """What is asked of git."""

    def blobs(self, commit: str) -> Iterator[tuple[str, str, int]]:
        """Path, blob id and size of each regular file."""
        ...

    def contents(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Each blob's id and content."""
        ...


def index_commit(
    repository: Repository,
    commit: str,
    *,
    folder: Path | None,
    only: Collection[str] | None = None,
    processes: int = 2,
) -> Index:
    """The Index of `commit`: of the names in `only`, if given. `folder` keeps what was parsed; None keeps nothing.

    Vendored and generated files and those above `grammars.LARGEST` are left out.
    """
    paths, sizes, too_large = _inventory(repository, commit)
    left = dict.fromkeys(paths)
    with closing(SymbolCache(folder)) as cache:
        index = index_of(_files(repository, cache, paths, sizes, left, processes), only=only)
    return replace(index, unread=too_large + sum(len(paths[key]) for key in left))


def _inventory(repository: Repository, commit: str) -> tuple[dict[Key, list[str]], dict[Key, int], int]:
    """What is worth indexing: paths and size of each blob, and how many files are too large."""
    paths: dict[Key, list[str]] = {}
    sizes: dict[Key, int] = {}
    too_large = 0
    for path, blob, size in repository.blobs(commit):
        if not _worth_indexing(path):
            continue
        if size > LARGEST:
            too_large += 1
        elif size:
            key = (blob, kind_of(path))
            paths.setdefault(key, []).append(path)
            sizes[key] = size
    return paths, sizes, too_large


def _worth_indexing(path: str) -> bool:
    folders = path.lower().split("/")[:-1]
    return may_parse(path) and VENDOR_FOLDERS.isdisjoint(folders) and not GENERATED_NAMES.search(path)


def _files(
    repository: Repository,
    cache: SymbolCache,
    paths: Mapping[Key, Sequence[str]],
    sizes: Mapping[Key, int],
    left: dict[Key, None],
    processes: int,
) -> Iterator[tuple[str, FileSymbols]]:
    """Each path and its symbols: first what the cache knows, then what must be parsed. `left` loses what was found."""
    for key, symbols in _known(cache, paths):
        left.pop(key, None)
        yield from ((path, symbols) for path in paths[key])
    missing = {key: paths[key][0] for key in left}
    pays = sum(sizes[key] for key in missing) > WORTH_PROCESSES
    for rows in _chunked(_parsed(repository, missing, processes if pays else 1), AT_ONCE):
        cache.put(rows)
        for blob, kind, data in rows:
            left.pop((blob, kind), None)
            symbols = unpacked(data)
            yield from ((path, symbols) for path in paths[blob, kind])
    if missing:
        cache.trim(paths)


def _known(cache: SymbolCache, keys: Iterable[Key]) -> Iterator[tuple[Key, FileSymbols]]:
    for some in _chunked(keys, AT_ONCE):
        for blob, kind, data in cache.get(some):
            try:
                yield (blob, kind), unpacked(data)
            except ValueError:  # damaged: it is parsed again
                continue


def _parsed(repository: Repository, missing: Mapping[Key, str], processes: int) -> Iterator[Row]:
    """What is in `missing` blobs; where a process dies of one, the rest is left out."""
    work = _batches(repository, missing)
    if processes < 2:
        for batch in work:
            yield from _parse(batch)
        return
    # Not forked: whoever calls may have threads. A process that parses ignores Ctrl-C, and ends with its parent.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        waiting: deque[Future[list[Row]]] = deque()
        try:
            for batch in work:
                waiting.append(pool.submit(_parse, batch))
                if len(waiting) > 2 * processes:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenProcessPool:
            return


def _batches(repository: Repository, missing: Mapping[Key, str]) -> Iterator[_Work]:
    kinds: dict[str, list[str]] = {}
    for blob, kind in missing:
        kinds.setdefault(blob, []).append(kind)
    batch: _Work = []
    size = 0
    for blob, content in repository.contents(kinds) if kinds else ():
        batch += [((blob, kind), missing[blob, kind], content) for kind in kinds[blob]]
        size += len(content)
        if size > BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _parse(work: _Work) -> list[Row]:
    return [(*blob, packed(index_file(path, content))) for blob, path, content in work]


def _chunked(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
