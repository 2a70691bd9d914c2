"""A patch file, git's or not -> FileDiffs.

    preamble, mail headers, `Index:` lines         passed over
    diff --git A B                                 opens a file; extended headers follow
    --- A / +++ B                                  names it; opens a file where no `diff --git` did
    @@ -a,b +c,d @@                                opens a hunk: the next b old and d new lines are its own,
                                                   whatever they look like (`--- x` may be a removed `-- x`)

A file whose hunks are longer or shorter than they say is kept with a `problem`; a patch that ends
inside a hunk, and a text without any file, are BadInput.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from bot.diff.change import FileDiff, Status, printable
from bot.errors import BadInput

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_GIT_HEADER = re.compile(rb'diff --git (?P<old>"(?:[^"\\]|\\.)*"|.+?) (?P<new>"(?:[^"\\]|\\.)*"|\S.*)$')
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_PREFIXES = (b"a/", b"b/", b"c/", b"i/", b"o/", b"w/")  # git's own and its mnemonic ones
_SIGNATURE = b"-- "  # how `git format-patch` ends


@dataclass
class _Draft:
    """A file while its lines come in."""

    old: bytes = b""
    new: bytes = b""
    status: Status = Status.MODIFIED
    old_mode: str = "100644"
    new_mode: str = "100644"
    binary: bool = False
    hunks: int = 0
    added: int = 0
    removed: int = 0
    problem: str = ""
    patch: list[bytes] = field(default_factory=list)


def read_patch(data: bytes) -> tuple[FileDiff, ...]:
    """The files of a patch; none for an empty one."""
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    drafts: list[_Draft] = []
    position = 0
    while position < len(lines):
        position = _step(lines, position, drafts)
    if not drafts and data.strip():
        raise BadInput("this is no patch: no file header and no hunk was found in it")
    return _join_type_changes([_finish(draft) for draft in drafts])


def _step(lines: list[bytes], at: int, drafts: list[_Draft]) -> int:
    """Read what stands at `at`, and say where to go on."""
    line = lines[at].removesuffix(b"\r")
    if line.startswith(b"diff --git "):
        drafts.append(_git_header(line))
    elif _names_a_file(lines, at):
        _name(drafts, line, lines[at + 1].removesuffix(b"\r"))
        return at + 2
    elif not drafts:
        pass
    elif _HUNK.match(line):
        return _hunk(lines, at, drafts[-1])
    elif line.startswith(b"@@@ "):
        drafts[-1].problem = "a combined diff of a merge: give the diff against one parent"
    elif line.startswith((b"+", b"-", b" ")) and drafts[-1].hunks and line != _SIGNATURE:
        drafts[-1].problem = drafts[-1].problem or "a hunk is longer than its header says"
    elif not drafts[-1].hunks:
        _extended_header(drafts[-1], line)
    return at + 1


def _names_a_file(lines: list[bytes], at: int) -> bool:
    return lines[at].startswith(b"--- ") and at + 1 < len(lines) and lines[at + 1].startswith(b"+++ ")


def _git_header(line: bytes) -> _Draft:
    """The names here can't always be told apart (`a/x b/y b/x b/y`): a rename or `---`/`+++` corrects them."""
    body = line.removeprefix(b"diff --git ")
    half = len(body) // 2
    old, new = body[:half], body[half + 1 :]
    if body[half : half + 1] != b" " or _strip(old) != _strip(new):
        match = _GIT_HEADER.match(line)
        old, new = match.group("old", "new") if match else (body, body)
    return _Draft(old=_strip(_unquote(old)), new=_strip(_unquote(new)))


def _name(drafts: list[_Draft], minus: bytes, plus: bytes) -> None:
    """Take the names from a `---`/`+++` pair; outside of a git header the pair opens a file."""
    if not drafts or drafts[-1].hunks or drafts[-1].patch:
        drafts.append(_Draft())
    draft, old, new = drafts[-1], _path(minus[4:]), _path(plus[4:])
    if old == b"/dev/null":
        draft.status, draft.old_mode = Status.ADDED, "000000"
    elif new == b"/dev/null":
        draft.status, draft.new_mode = Status.DELETED, "000000"
    draft.old = new if old == b"/dev/null" else old
    draft.new = old if new == b"/dev/null" else new


def _extended_header(draft: _Draft, line: bytes) -> None:
    word, _, rest = line.rpartition(b" ")
    if word in (b"new file mode", b"deleted file mode", b"new mode", b"old mode"):
        _mode(draft, word, rest.decode("ascii", "replace"))
    elif line.startswith((b"rename from ", b"copy from ")):
        draft.status = Status.RENAMED if line.startswith(b"rename") else Status.COPIED
        draft.old = _unquote(line.split(b" from ", 1)[1])
    elif line.startswith((b"rename to ", b"copy to ")):
        draft.new = _unquote(line.split(b" to ", 1)[1])
    elif line.startswith((b"Binary files ", b"GIT binary patch")):
        draft.binary = True


def _mode(draft: _Draft, word: bytes, mode: str) -> None:
    match word:
        case b"new file mode":
            draft.status, draft.old_mode, draft.new_mode = Status.ADDED, "000000", mode
        case b"deleted file mode":
            draft.status, draft.old_mode, draft.new_mode = Status.DELETED, mode, "000000"
        case b"old mode":
            draft.old_mode = mode
        case _:
            draft.new_mode = mode


def _hunk(lines: list[bytes], at: int, draft: _Draft) -> int:
    """Take the hunk that opens at `at`; its header says how many lines are its own."""
    header = _HUNK.match(lines[at])
    assert header is not None
    old, new = (int(count) if count else 1 for count in header.groups())
    start, at = at, at + 1
    while old > 0 or new > 0:
        if at == len(lines):
            raise BadInput(f"the patch is truncated: it ends inside a hunk of {printable(_decode(draft.new))}")
        sign = lines[at][:1]
        if sign not in (b"+", b"-", b" ", b"\\", b"", b"\r"):
            draft.problem = "a hunk is shorter than its header says"
            break
        old -= sign in (b"-", b" ", b"", b"\r")
        new -= sign in (b"+", b" ", b"", b"\r")
        draft.added += sign == b"+"
        draft.removed += sign == b"-"
        at += 1
    if at < len(lines) and lines[at].startswith(b"\\"):
        at += 1
    draft.hunks += 1
    draft.patch += lines[start:at]
    return at


def _path(name: bytes) -> bytes:
    """A name as it stands behind `--- ` or `+++ `: quoted by git, or with a time stamp behind a tab."""
    name = _unquote(name) if name.startswith(b'"') else name.partition(b"\t")[0]
    return name if name == b"/dev/null" else _strip(name)


def _strip(name: bytes) -> bytes:
    return name[2:] if name.startswith(_PREFIXES) else name


def _unquote(name: bytes) -> bytes:
    """Undo git's C-style quoting."""
    if not (len(name) > 1 and name.startswith(b'"') and name.endswith(b'"')):
        return name
    return _ESCAPE.sub(lambda escape: _unescape(escape[1]), name[1:-1])


def _unescape(code: bytes) -> bytes:
    if code.isdigit():
        return bytes([int(code, 8) & 0xFF])
    return _ESCAPES.get(code, code)


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _finish(draft: _Draft) -> FileDiff:
    return FileDiff(
        path=_decode(draft.new),
        old_path=_decode(draft.old),
        status=draft.status,
        added=draft.added,
        removed=draft.removed,
        hunks=draft.hunks,
        patch=b"\n".join(draft.patch) + b"\n" if draft.patch else b"",
        old_mode=draft.old_mode,
        new_mode=draft.new_mode,
        binary=draft.binary,
        problem=draft.problem,
    )


def _join_type_changes(files: list[FileDiff]) -> tuple[FileDiff, ...]:
    """git writes a file that becomes a link, or the reverse, as a deletion followed by an addition of one path."""
    joined: list[FileDiff] = []
    for file in files:
        last = joined[-1] if joined else None
        if last and (last.path, last.status, file.status) == (file.path, Status.DELETED, Status.ADDED):
            joined[-1] = replace(
                file,
                status=Status.TYPE_CHANGED,
                added=last.added + file.added,
                removed=last.removed + file.removed,
                hunks=last.hunks + file.hunks,
                patch=last.patch + file.patch,
                old_mode=last.old_mode,
            )
        else:
            joined.append(file)
    return tuple(joined)
