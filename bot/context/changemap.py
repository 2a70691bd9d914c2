"""The map of a change for the prefix that all its Chunks share: what each file is for, its size, its new signatures.

It depends on the change alone, so that every request of a review begins with the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.context.roles import Role, role_of
from bot.context.signatures import SignatureChange
from bot.diff.change import FileDiff, Status, path_shown, printable
from bot.diff.masks import masked, revealed

_REST = 24  # characters kept free for `and 12345 more files`
_FOR_SIGNATURES = 1 / 3  # of the room, where there isn't room for all files
# What a reviewer must know of first, where there isn't room for all.
_ORDER = (
    Role.SOURCE, Role.SCHEMA, Role.MIGRATION, Role.WORKFLOW, Role.INFRASTRUCTURE, Role.DEPENDENCIES, Role.BUILD,
    Role.CONFIGURATION, Role.TEMPLATE, Role.TEST, Role.STYLE, Role.DOCS, Role.DATA, Role.OTHER,
)  # fmt: skip


def change_map(files: Sequence[FileDiff], signatures: Mapping[str, Sequence[SignatureChange]], room: int) -> str:
    """A line for each file, in the order of the change, and under it one for each changed signature, by path.

    Within `room` characters, but for the first line. Where that is short, code goes before what isn't, and the lines of
    files leave some of it to signatures.
    """
    opening = f"The change touches {len(files)} file{'s' if len(files) != 1 else ''}:\n"
    heads = [_file(file) for file in files]
    whole = sum(map(len, heads)) <= room
    ranked = sorted(range(len(files)), key=lambda at: (_ORDER.index(role_of(files[at].path)), at))
    purse = _Purse(room if whole else room - _REST)
    share = 0 if whole else int(purse.left * _FOR_SIGNATURES) * any(signatures.values())
    kept = {at for at in ranked if purse.takes(heads[at], spare=share)}
    under = {
        at: [line for line in map(_signature, signatures.get(files[at].path, ())) if purse.takes(line)]
        for at in ranked
        if at in kept
    }
    kept |= {at for at in ranked if at not in kept and purse.takes(heads[at])}
    lines = [line for at in sorted(kept) for line in (heads[at], *under.get(at, ()))]
    missing = len(files) - len(kept)
    rest = f"and {missing} more file{'s' if missing != 1 else ''}\n" if missing and room >= _REST else ""
    return opening + "".join(lines) + rest


class _Purse:
    """Characters that are left."""

    def __init__(self, left: int) -> None:
        self.left = left

    def takes(self, line: str, *, spare: int = 0) -> bool:
        """Whether there is room for `line` beside `spare`; if so, it is spent."""
        fits = len(line) + spare <= self.left
        self.left -= len(line) * fits
        return fits


def _file(file: FileDiff) -> str:
    role = role_of(file.path)
    name = "" if role in (Role.SOURCE, Role.OTHER) else f" ({role})"
    return f"{path_shown(file.path)}{name} {_size(file)}\n"


def _size(file: FileDiff) -> str:
    if file.status in (Status.ADDED, Status.DELETED):
        return str(file.status)
    return "binary" if file.binary else f"+{file.added} -{file.removed}"


def _signature(change: SignatureChange) -> str:
    outer = ".".join(change.names[:-1])
    before, after = (revealed(masked(printable(head))) for head in (change.before, change.after))
    if not before:
        text = f"new: {after}"
    elif not after:
        text = f"gone: {before}"
    else:
        text = f"{before} -> {after}"
    return f"  {printable(outer)}: {text}\n" if outer else f"  {text}\n"
