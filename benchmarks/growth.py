"""How the time to read, parse and chunk a change grows with its size: no model, no git, one made-up patch in memory."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Sequence

from bot.context.chunks import Budget, Chunk, split
from bot.diff.parse import hunks_of
from bot.diff.patch import read_patch
from bot.model.profiles import profile_of
from bot.model.tokens import estimate

SIZES = tuple(1_000 * 2**power for power in range(7))  # hunks
USUAL = 20  # hunks of a file, where there is more than one
_EVERY = 12  # lines from one hunk to the next


def seconds(hunks: int, *, in_a_file: int) -> float:
    """CPU seconds for a patch of that many hunks, from its bytes to its Chunks."""
    profile = profile_of("")
    budget = Budget(profile.chunk, profile.join)
    data = patch(hunks, in_a_file)
    gc.collect()
    started = time.process_time()
    read = sum(len(_indices(split(file, hunks_of(file), budget, estimate)[0])) for file in read_patch(data))
    spent = time.process_time() - started
    assert read == hunks, f"{read} of {hunks} hunks came out"
    return spent


def _indices(chunks: Sequence[Chunk]) -> set[int]:
    return {index for chunk in chunks for index in chunk.indices}


def patch(hunks: int, in_a_file: int) -> bytes:
    """`hunks` small hunks of Python: six lines that stay, two that go, two that come."""
    return "".join(_files(hunks, in_a_file)).encode()


def _files(hunks: int, in_a_file: int) -> Iterator[str]:
    for first in range(0, hunks, in_a_file):
        name = f"package/module_{first}.py"
        yield f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n"
        for at in range(min(in_a_file, hunks - first)):
            line = 1 + at * _EVERY
            yield f"@@ -{line},8 +{line},8 @@ def total_{at}(rows):\n"
            yield f'     """The sum of batch {at}."""\n     rows = list(rows)\n     total = 0\n'
            yield f"-    for row in rows[:{at}]:\n-        total += row.price * row.count\n"
            yield f"+    for row in rows[: {at} + 1]:\n+        total += row.price * max(row.count, 1)\n"
            yield "     if total < 0:\n         raise ValueError(total)\n     return total\n"
