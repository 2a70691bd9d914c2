"""The nouns of a change: Change, FileDiff, Hunk, Line, and the file that is passed over, with its reason.

Paths and text are `str` in which bytes that aren't UTF-8 survive as lone surrogates (PEP 383),
so that `os.fsencode` gives back what git said. What leaves the program goes through `printable`, or `path_shown`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from bot.diff.masks import MASK, masked, revealed

_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # half of a character, as JSON can hold it


class Side(StrEnum):
    """GitHub's names for the two sides of a diff: LEFT is what was, RIGHT is what will be."""

    LEFT = "LEFT"
    RIGHT = "RIGHT"


class Status(StrEnum):
    ADDED = "added"
    COPIED = "copied"
    DELETED = "deleted"
    MODIFIED = "modified"
    RENAMED = "renamed"
    TYPE_CHANGED = "type changed"
    UNMERGED = "unmerged"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a Hunk. `old` and `new` are its numbers from 1; None on the side that lacks it.

    `text` has no line feed; a carriage return before it is kept. `secret` tells that it belongs to a private key.
    """

    old: int | None
    new: int | None
    text: str
    secret: bool = False

    @property
    def sign(self) -> str:
        if self.old is None:
            return "+"
        return "-" if self.new is None else " "

    @property
    def shown(self) -> str:
        """The text as a model and a reader see it: secrets masked, hidden characters written out."""
        return MASK if self.secret else revealed(masked(printable(self.text.removesuffix("\r"))))


@dataclass(frozen=True, slots=True)
class Hunk:
    """`index` counts the hunks of a file from 0. Parts of a split hunk share it.

    `heading` is what git wrote behind the second `@@`: mostly the line that opens the scope.
    """

    index: int
    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class FileDiff:
    """A changed file. `patch` holds its hunks as bytes, from the first `@@` on; `hunks` says how many.

    Modes are git's (`100644`; `000000` where there is no file). `new_blob` is the object id of the
    content after the change, empty where it isn't known. `problem` says why the hunks can't be read.
    """

    path: str
    old_path: str
    status: Status
    added: int
    removed: int
    hunks: int
    patch: bytes = field(default=b"", repr=False)
    old_mode: str = "100644"
    new_mode: str = "100644"
    binary: bool = False
    new_blob: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What is under review. `base` (the merge base) and `head` are commit ids, or words where there is no commit."""

    base: str
    head: str
    files: tuple[FileDiff, ...]

    @property
    def hunks(self) -> int:
        return sum(file.hunks for file in self.files)

    @property
    def added(self) -> int:
        return sum(file.added for file in self.files)

    @property
    def removed(self) -> int:
        return sum(file.removed for file in self.files)


@dataclass(frozen=True, slots=True)
class Skipped:
    """`hunks` of a file that the model was not asked about, on purpose."""

    path: str
    hunks: int
    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """`hunks` of a file that the model was asked about in vain."""

    path: str
    hunks: int
    reason: str


def printable(text: str) -> str:
    """`text` with the bytes that aren't UTF-8 written out in hexadecimal, fit for any encoder."""
    if text.isascii():
        return text
    text = _NO_BYTE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def path_shown(path: str) -> str:
    """`printable`, with line feeds and other control characters written out too: a path is one word on one line."""
    text = printable(path)
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
