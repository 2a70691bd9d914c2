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

_HUNK = re.compile(rb"@@ -\d{1,9}(?:,(\d{1,9}))? \+\d{1,9}(?:,(\d{1,9}))? @@")
_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"')
_GIT_HEADER = re.compile(rb'diff --git (?P<old>"(?:[^"\\]|\\.)*"|.+?) (?P<new>"(?:[^"\\]|\\.)*"|\S.*)$')
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_PREFIXES = (b"a/", b"b/", b"c/", b"i/", b"o/", b"w/")  # git's own and its mnemonic ones
_OCTAL = tuple(b"%d" % digit for digit in range(8))
_NOTHING = b"/dev/null"
_SIGNATURES = (b"-- ", b"--")  # how `git format-patch` ends; mail programs take the space away


@dataclass
class _Draft:
    """A file while its lines come in."""

    old: bytes = b""
    new: bytes = b""
    prefixed: bool = True
    named: bool = False
    open: bool = False  # whether hunks may follow: no other line has come between
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
    elif drafts and drafts[-1].open and _HUNK.match(line):
        return _hunk(lines, at, drafts[-1])
    elif drafts and drafts[-1].open:
        _stray(drafts[-1], line)
    elif drafts and not drafts[-1].hunks:
        _extended_header(drafts[-1], line)
    return at + 1


def _stray(draft: _Draft, line: bytes) -> None:
    """A line where a hunk could open, and doesn't."""
    if line.startswith(b"@@@ "):
        draft.problem = draft.problem or "a combined diff of a merge: give the diff against one parent"
    elif line.startswith(b"@"):
        draft.problem = draft.problem or "the header of a hunk can't be read"
        draft.hunks += 1
    elif line.startswith((b"+", b"-", b" ")) and line not in _SIGNATURES and not draft.hunks:
        draft.problem = draft.problem or "changed lines without the header of a hunk"
    elif line and not line.startswith((b"+", b"-", b" ")):
        draft.open = False


def _names_a_file(lines: list[bytes], at: int) -> bool:
    return lines[at].startswith(b"--- ") and at + 1 < len(lines) and lines[at + 1].startswith(b"+++ ")


def _git_header(line: bytes) -> _Draft:
    """The names here can't always be told apart (`a/x b/y b/x b/y`): a rename or `---`/`+++` corrects them."""
    body = line.removeprefix(b"diff --git ")
    half = len(body) // 2
    old, new = _unquote(body[:half]), _unquote(body[half + 1 :])
    if body[half : half + 1] != b" " or _bare(old, new)[0] != _bare(old, new)[1]:
        match = _GIT_HEADER.match(line)
        old, new = (_unquote(name) for name in match.group("old", "new")) if match else (body, body)
    bare = _bare(old, new)
    return _Draft(old=bare[0], new=bare[1], prefixed=bare != (old, new))


def _name(drafts: list[_Draft], minus: bytes, plus: bytes) -> None:
    """Take the names from a `---`/`+++` pair; outside of a git header the pair opens a file."""
    old, new = _path(minus[4:]), _path(plus[4:])
    if not drafts or drafts[-1].named or _is_another(drafts[-1], _bare(old, new)):
        drafts.append(_Draft())
    draft = drafts[-1]
    draft.named = draft.open = True
    if old == _NOTHING:
        draft.status, draft.old_mode = Status.ADDED, "000000"
    elif new == _NOTHING:
        draft.status, draft.new_mode = Status.DELETED, "000000"
    if _NOTHING in (old, new):
        name = new if old == _NOTHING else old
        draft.old = draft.new = name[2:] if draft.prefixed and name.startswith(_PREFIXES) else name
    else:
        draft.old, draft.new = _bare(old, new)


def _is_another(draft: _Draft, names: tuple[bytes, bytes]) -> bool:
    """Whether a `---`/`+++` pair isn't of the file whose header it follows: a pure rename has no pair of its own."""
    return draft.status in (Status.RENAMED, Status.COPIED) and names != (draft.old, draft.new)


def _extended_header(draft: _Draft, line: bytes) -> None:
    word, _, rest = line.rpartition(b" ")
    if word in (b"new file mode", b"deleted file mode", b"new mode", b"old mode"):
        _mode(draft, word, rest.decode("ascii", "replace"))
    elif word.startswith(b"index ") and rest.isdigit():
        draft.old_mode = draft.new_mode = rest.decode()
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
        if sign not in (b"+", b"-", b" ", b"\\", b"", b"\r") or _next_file(lines, at, old, new):
            draft.problem = "a hunk is shorter than its header says"
            break
        old -= sign in (b"-", b" ", b"", b"\r")
        new -= sign in (b"+", b" ", b"", b"\r")
        draft.added += sign == b"+"
        draft.removed += sign == b"-"
        at += 1
    if at < len(lines) and lines[at].startswith(b"\\"):
        at += 1
    if _runs_on(lines, at):
        draft.problem = draft.problem or "a hunk is longer than its header says"
    draft.hunks += 1
    draft.patch += lines[start:at]
    return at


def _next_file(lines: list[bytes], at: int, old: int, new: int) -> bool:
    """Whether a hunk that wants `old` and `new` more lines has run into the header of the next file.

    `--- x` and `+++ x` may be lines of content, but no content is followed by a hunk before the count is full.
    """
    return (
        _names_a_file(lines, at) and (old, new) != (1, 1) and bool(at + 2 < len(lines) and _HUNK.match(lines[at + 2]))
    )


def _runs_on(lines: list[bytes], at: int) -> bool:
    """Whether what stands right behind a hunk looks like more of it."""
    return (
        at < len(lines)
        and lines[at].startswith((b"+", b"-", b" "))
        and lines[at].removesuffix(b"\r") not in _SIGNATURES
        and not _names_a_file(lines, at)
    )


def _path(name: bytes) -> bytes:
    """A name as it stands behind `--- ` or `+++ `: quoted by git, or with a time stamp behind a tab."""
    quoted = _QUOTED.match(name)
    return _unquote(quoted[0]) if quoted else name.partition(b"\t")[0]


def _bare(old: bytes, new: bytes) -> tuple[bytes, bytes]:
    """Both names without their prefixes. These come in pairs that differ; a folder that is called `a` doesn't."""
    if old.startswith(_PREFIXES) and new.startswith(_PREFIXES) and old[:2] != new[:2]:
        return old[2:], new[2:]
    return old, new


def _unquote(name: bytes) -> bytes:
    """Undo git's C-style quoting."""
    if not (len(name) > 1 and name.startswith(b'"') and name.endswith(b'"')):
        return name
    return _ESCAPE.sub(lambda escape: _unescape(escape[1]), name[1:-1])


def _unescape(code: bytes) -> bytes:
    if code[:1] in _OCTAL:
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


def _is_type_change(gone: FileDiff, come: FileDiff) -> bool:
    """The first three digits of a mode say what a thing is: 100 a file, 120 a link, 160 a submodule."""
    return (
        gone.path == come.path
        and (gone.status, come.status) == (Status.DELETED, Status.ADDED)
        and gone.old_mode[:3] != come.new_mode[:3]
    )


def _join_type_changes(files: list[FileDiff]) -> tuple[FileDiff, ...]:
    """git writes a file that becomes a link, or the reverse, as a deletion followed by an addition of one path."""
    joined: list[FileDiff] = []
    for file in files:
        last = joined[-1] if joined else None
        if last and _is_type_change(last, file):
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
