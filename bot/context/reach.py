"""What of the repository a review may look at beside the diff. Apart from `around.py`: not every run needs parsers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.context.symbols import Index

ROOM = 3_000  # characters around a Chunk, about a thousand tokens: more distracts a small model more than it helps


@dataclass(frozen=True, slots=True)
class Reach:
    """A file after the change and before it, by its path, and the Index of the commit, for some names; None where there
    is no repository to index.
    """

    after: Callable[[str], bytes | None]
    before: Callable[[str], bytes | None]
    index: Callable[[Collection[str]], Index] | None = None
