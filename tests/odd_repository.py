"""A git repository of odd files, made by hand, with what a right reading of each says; and odd lines for properties.

    repository = build_apart(folder)                # each with a history of its own, `base-N` and `head-N`
    for at, odd in enumerate(ODD):
        ...                                         # odd.expected says what changed, and why it isn't read, if so

    repository = build(folder, many=3_000)          # all of them at once, and 3,000 tiny files: `base` and `head`

Commits are written by `git fast-import`: names and contents are bytes, and git is started once for all of them.
No two of the odd ones share lines, so that git pairs up no renames but the ones that are meant.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st

from bot.diff.change import Change, FileDiff, Hunk, Line, Side, Status
from bot.diff.parse import hunks_of
from bot.worktree import WorkTree

# The user's own configuration is none of the tests' business.
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}
_IDENTITY = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Odd",
    "GIT_AUTHOR_EMAIL": "odd@example.invalid",
    "GIT_COMMITTER_NAME": "Odd",
    "GIT_COMMITTER_EMAIL": "odd@example.invalid",
    "GIT_AUTHOR_DATE": "1700000000 +0000",
    "GIT_COMMITTER_DATE": "1700000000 +0000",
    "LC_ALL": "C",
}


# ---------------------------------------------------------------------------------------------------- repositories


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands at a path. Of a symbolic link, `content` is the target; of a submodule, the commit."""

    content: bytes
    mode: str = "100644"


def program(content: bytes) -> Entry:
    return Entry(content, "100755")


def link(target: bytes) -> Entry:
    return Entry(target, "120000")


def submodule(commit: str) -> Entry:
    return Entry(commit.encode(), "160000")


Tree = Mapping[bytes, Entry | bytes]


def git(repository: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Standard output of a git that no configuration but the repository's own has a say in."""
    done = subprocess.run(
        ["git", *arguments], cwd=repository, env=ENVIRONMENT | _IDENTITY, input=stdin, capture_output=True, check=False
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr.decode('utf-8', 'replace')}"
    return done.stdout


def new_repository(folder: Path, *options: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main", "--template=", *options)
    return folder


def commit(repository: Path, branch: str, tree: Tree, *, parent: str = "", message: str = "") -> None:
    """A commit on `branch` that holds `tree` and nothing else; upon `parent`, where one is named."""
    write_commits(repository, [(branch, tree, parent, message or branch)])


def write_commits(repository: Path, commits: Iterable[tuple[str, Tree, str, str]]) -> None:
    """(branch, tree, parent, message) each; a branch that is already there is set anew."""
    parts: list[bytes] = []
    for branch, tree, parent, message in commits:
        parts += [
            f"reset refs/heads/{branch}\n\ncommit refs/heads/{branch}\n".encode(),
            b"committer Odd <odd@example.invalid> 1700000000 +0000\n",
            _data(message.encode()),
            f"from refs/heads/{parent}\ndeleteall\n".encode() if parent else b"deleteall\n",
        ]
        for path, entry in tree.items():
            told = entry if isinstance(entry, Entry) else Entry(entry)
            if told.mode == "160000":
                parts.append(b"M 160000 " + told.content + b" " + _quoted(path) + b"\n")
            else:
                parts.append(f"M {told.mode} inline ".encode() + _quoted(path) + b"\n" + _data(told.content))
    git(repository, "fast-import", "--quiet", "--force", stdin=b"".join(parts))


def repository_of(folder: Path, before: Tree, after: Tree, *, checked_out: bool = True) -> Path:
    """A repository whose branch `base` holds `before`, and whose branch `head`, upon it, holds `after`."""
    repository = new_repository(folder)
    write_commits(repository, [("base", before, "", "base"), ("head", after, "base", "head")])
    if checked_out:
        git(repository, "checkout", "--quiet", "head")
    return repository


def work_tree(repository: Path) -> WorkTree:
    return WorkTree(repository, ENVIRONMENT)


def change_of(repository: Path) -> Change:
    return work_tree(repository).change("base", "head")


def numstat(repository: Path, *between: str) -> dict[bytes, tuple[int, int]]:
    """Path after the change -> lines added and removed, as git counts them itself; binaries are left out."""
    fields = iter(git(repository, "diff", "--numstat", "-z", "--find-renames", *between).split(b"\0"))
    counts: dict[bytes, tuple[int, int]] = {}
    for head in fields:
        if not head:
            break
        added, removed, path = head.split(b"\t", 2)
        if not path:
            _, path = next(fields), next(fields)
        if added != b"-":
            counts[path] = (int(added), int(removed))
    return counts


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _quoted(path: bytes) -> bytes:
    return b'"' + b"".join(b"\\%03o" % byte if byte < 32 or byte in b'"\\' else bytes([byte]) for byte in path) + b'"'


# -------------------------------------------------------------------------------------------------- contents, lines


def lines_of(content: bytes) -> list[str]:
    """A file's lines as a Line has them: without the line feed, whatever else there is kept."""
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def applied(hunks: Iterable[Hunk], old: Sequence[str]) -> list[str]:
    """`old` with `hunks` carried out; every number and every text of theirs must fit."""
    new: list[str] = []
    read = 0
    for line in (line for hunk in hunks for line in hunk.lines):
        if line.old is not None:
            assert old[line.old - 1] == line.text
            new += old[read : line.old - 1]
            read = line.old
        if line.new is not None:
            new.append(line.text)
            assert len(new) == line.new
    return new + list(old[read:])


def texts_on(side: Side, hunks: Iterable[Hunk]) -> dict[int, str]:
    """Line number -> text, as they are shown, of what the hunks show of a side."""
    lines = [line for hunk in hunks for line in hunk.lines]
    if side is Side.RIGHT:
        return {line.new: line.shown for line in lines if line.new is not None}
    return {line.old: line.shown for line in lines if line.old is not None}


def numbered(word: str, count: int, *, end: bytes = b"\n") -> bytes:
    """`count` lines that no other word's lines are like."""
    return b"".join(f"{word} {at} {word}".encode() + end for at in range(1, count + 1))


def edited(content: bytes, *numbers: int) -> bytes:
    """`content` with the lines of those numbers changed, their ends as they were."""
    lines = content.splitlines(keepends=True)
    for number in numbers:
        lines[number - 1] = b"edited " + lines[number - 1]
    return b"".join(lines)


# ------------------------------------------------------------------------------------------------------ the odd ones


@dataclass(frozen=True, slots=True)
class Expected:
    """What a right reading says of one file; `reason` is why it isn't read, empty where it is."""

    path: str
    status: Status
    added: int
    removed: int
    hunks: int
    reason: str = ""
    old_path: str = ""


@dataclass(frozen=True, slots=True)
class Odd:
    name: str
    before: Tree
    after: Tree
    expected: tuple[Expected, ...]


def build(folder: Path, *, many: int = 0) -> Path:
    """A repository of all the odd ones at once, and of `many` tiny files that all change.

    `head` is checked out, but not where files are many: it would take longer than everything else.
    """
    before: dict[bytes, Entry | bytes] = {f"many/{at:04}.py".encode(): b"tiny = %d\n" % at for at in range(many)}
    after: dict[bytes, Entry | bytes] = {f"many/{at:04}.py".encode(): b"tiny = -%d\n" % at for at in range(many)}
    for odd in ODD:
        before |= odd.before
        after |= odd.after
    attributes = {b".gitattributes": ATTRIBUTES}
    return repository_of(folder, before | attributes, after | attributes, checked_out=not many)


def build_apart(folder: Path) -> Path:
    """A repository in which each of the odd ones has a history of its own: from `base-N` to `head-N`, N its place."""
    repository = new_repository(folder)
    attributes: dict[bytes, Entry | bytes] = {b".gitattributes": ATTRIBUTES}
    commits = [("attributes", attributes, "", "attributes")]
    for at, odd in enumerate(ODD):
        commits.append((f"base-{at}", attributes | dict(odd.before), "", odd.name))
        commits.append((f"head-{at}", attributes | dict(odd.after), f"base-{at}", odd.name))
    write_commits(repository, commits)
    git(repository, "checkout", "--quiet", "attributes")
    return repository


def facts(file: FileDiff | Expected) -> tuple[object, ...]:
    """What is compared of a file: with what was expected, or between two readings."""
    return (file.path, file.old_path or file.path, file.status, file.added, file.removed, file.hunks)


def assert_hunks_lead_from_before_to_after(odd: Odd, file: FileDiff) -> None:
    """But for a file that becomes something else: its hunks are those of two files."""
    if file.status is not Status.TYPE_CHANGED and not file.binary:
        before, after = content_of(odd.before, file.old_path), content_of(odd.after, file.path)
        assert file.hunks == len(hunks_of(file))
        assert applied(hunks_of(file), lines_of(before)) == lines_of(after)


def content_of(tree: Tree, path: str) -> bytes:
    """What git compares at `path`: nothing where there is no file, a line of text where there is a submodule."""
    entry = tree.get(os.fsencode(path), b"")
    if not isinstance(entry, Entry):
        return entry
    return b"Subproject commit " + entry.content + b"\n" if entry.mode == "160000" else entry.content


def _edit(name: str, path: bytes, before: bytes, after: bytes, added: int, removed: int, hunks: int = 1) -> Odd:
    expected = Expected(os.fsdecode(path), Status.MODIFIED, added, removed, hunks)
    return Odd(name, {path: before}, {path: after}, (expected,))


def _touch(name: str, path: bytes, content: bytes, *numbers: int) -> Odd:
    """The lines of those numbers change, each in a hunk of its own if there are several."""
    count = len(numbers)
    return _edit(name, path, content, edited(content, *numbers), count, count, hunks=count)


def _skip(odd: Odd, reason: str) -> Odd:
    return replace(odd, expected=tuple(replace(expected, reason=reason) for expected in odd.expected))


def _name(name: str, path: bytes) -> Odd:
    """An odd name: the change of the content is the plainest."""
    return _touch(f"a name with {name}", path, numbered(name, 12), 4)


def _add(name: str, path: bytes, entry: Entry | bytes, lines: int, reason: str = "") -> Odd:
    expected = Expected(os.fsdecode(path), Status.ADDED, lines, 0, 1 if lines else 0, reason)
    return Odd(name, {}, {path: entry}, (expected,))


def _delete(name: str, path: bytes, content: bytes, lines: int, reason: str) -> Odd:
    expected = Expected(os.fsdecode(path), Status.DELETED, 0, lines, 1 if lines else 0, reason)
    return Odd(name, {path: content}, {}, (expected,))


def _rename(name: str, old: bytes, new: bytes, before: bytes, after: bytes, reason: str = "") -> Odd:
    changed = 0 if before == after else 1
    expected = Expected(os.fsdecode(new), Status.RENAMED, changed, changed, changed, reason, old_path=os.fsdecode(old))
    return Odd(name, {old: before}, {new: after}, (expected,))


def _turn(name: str, path: bytes, before: Entry, after: Entry, counts: tuple[int, int, int], reason: str = "") -> Odd:
    """What stands at a path becomes something else."""
    same_type = before.mode[:3] == after.mode[:3]
    status = Status.MODIFIED if same_type else Status.TYPE_CHANGED
    return Odd(name, {path: before}, {path: after}, (Expected(os.fsdecode(path), status, *counts, reason),))


_NO_NEWLINE = b"\\ No newline at end of file\n"
_DIFF = (
    b"diff --git a/in b/in\nindex 1..2 100644\n--- a/in\n+++ b/in\n@@ -1,2 +1,2 @@ fn\n-old\n+new\n same\n-- \n2.39.5\n"
)
_BYTES = bytes(range(256)) * 8
_SEPARATORS = "form\x0cfeed\x0bvertical\x1cfile\x1dgroup\x1erecord\x85next\u2028line\u2029paragraph\n".encode()
_MINIFIED = b'function f(a){return a.b("c")};' * 68_000 + b"\n"  # 2.1 MB on one line

ATTRIBUTES = b"wide.ini diff\nmade.py linguist-generated\nkept.dat -diff\n"

ODD: tuple[Odd, ...] = (
    # What can happen to a file
    _touch("an edit", b"edit.py", numbered("edit", 40), 20),
    _touch("two hunks", b"two.py", numbered("two", 60), 5, 50),
    _rename("a pure rename", b"pure.py", b"sub/purely.py", numbered("pure", 30), numbered("pure", 30), "only renamed"),
    _rename("a rename with an edit", b"from.py", b"to/to.py", numbered("from", 50), edited(numbered("from", 50), 9)),
    _rename("a rename of case", b"Case.py", b"case.py", numbered("case", 9), numbered("case", 9), "only renamed"),
    _delete("a deletion", b"gone.py", numbered("gone", 7), 7, "deleted"),
    _add("an addition", b"added.py", numbered("added", 5), 5),
    _add("an empty file", b"empty.py", b"", 0, "an empty file, added"),
    _delete("an empty file that goes", b"emptied.py", b"", 0, "an empty file, deleted"),
    _edit("a file that is filled", b"filled.py", b"", numbered("filled", 4), 4, 0),
    _edit("a file that is emptied", b"drained.py", numbered("drained", 4), b"", 0, 4),
    _turn(
        "a mode alone", b"run.sh", Entry(numbered("mode", 3)), program(numbered("mode", 3)), (0, 0, 0),
        "only its mode changed",
    ),
    _turn("a mode with an edit", b"ran.sh", Entry(b"ran = 1\n"), program(b"ran = 2\n"), (1, 1, 1)),
    _turn("a mode taken away", b"still.sh", program(b"still = 1\n"), Entry(b"still = 2\n"), (1, 1, 1)),
    _touch("an edit at both ends", b"ends.py", numbered("ends", 30), 1, 30),
    # What isn't text, or isn't a file
    _add("a binary", b"new.png", b"\x89PNG\r\n\x1a\n" + _BYTES, 0, "binary"),
    _skip(_edit("a changed binary", b"old.png", b"\x00" + _BYTES, b"\x01" + _BYTES, 0, 0, hunks=0), "binary"),
    _rename("a renamed binary", b"one.dat", b"two.dat", _BYTES * 2, _BYTES * 2, "binary"),
    _add("a new submodule", b"lib/new", submodule("1" * 40), 1, "a submodule"),
    _turn("a submodule that moves on", b"lib/old", submodule("2" * 40), submodule("3" * 40), (1, 1, 1), "a submodule"),
    _add("a new link", b"link", link(b"edit.py"), 1, "a symbolic link"),
    _turn("a link elsewhere", b"points", link(b"here"), link(b"there"), (1, 1, 1), "a symbolic link"),
    _turn("a file to a link", b"was", Entry(numbered("was", 4)), link(b"edit.py"), (1, 4, 2), "its type changed"),
    _turn("a link to a file", b"is", link(b"was/it"), Entry(numbered("is", 6)), (6, 1, 2), "its type changed"),
    _turn(
        "a file to a submodule", b"out", Entry(numbered("out", 3)), submodule("4" * 40), (1, 3, 2), "a submodule"
    ),
    Odd(
        "a file to a folder",
        {b"thing": numbered("thing", 6)},
        {b"thing/inner.py": numbered("inner", 3)},
        (
            Expected("thing", Status.DELETED, 0, 6, 1, "deleted"),
            Expected("thing/inner.py", Status.ADDED, 3, 0, 1),
        ),
    ),
    # Ends of lines and of files
    _touch("CRLF", b"crlf.py", numbered("crlf", 9, end=b"\r\n"), 5),
    _edit("LF to CRLF", b"flip.py", numbered("flip", 8), numbered("flip", 8, end=b"\r\n"), 8, 8),
    _edit("mixed ends", b"mixed.py", b"mix a\r\nmix b\nmix c\r\n", b"mix a\nmix b\nmix c\r\nmix d\r\n", 2, 1),
    _edit("lone CR", b"cr.txt", b"cr one\rcr two\ncr three\n", b"cr one\rcr 2\ncr three\rcr four\n", 2, 2),
    _edit("CR before LF only", b"crs.txt", b"\r\n\r\ncrs\r\n", b"\r\n\r\r\ncrs\r\n", 1, 1),
    _edit("no newline on either side", b"bare.py", b"bare\nold", b"bare\nnew", 1, 1),
    _edit("a last newline that goes", b"ends1.py", b"goes\nlast\n", b"goes\nlast", 1, 1),
    _edit("a last newline that comes", b"ends2.py", b"comes\nlast", b"comes\nlast\n", 1, 1),
    _touch("an edit far above a missing newline", b"ends3.py", numbered("ends3", 9).rstrip(), 1),
    _touch("a line that says No newline", b"says.txt", b"says\n" + _NO_NEWLINE + b"says 2\n", 3),
    _edit("blank context", b"blank.py", b"top\n\n\n\nblank\n\n\n\nfoot\n", b"top\n\n\n\nBLANK\n\n\n\nfoot\n", 1, 1),
    _edit("white space at the end", b"white.py", b"w  \n\t\nw\n", b"w\n\t\nw \n", 2, 2),
    # Encodings
    _edit("Latin-1", b"latin.py", b"x = 'cafe\xe9'\ny = '\xfc'\n", b"x = 'cafe\xe9s'\ny = '\xfc'\n", 1, 1),
    _skip(_edit("UTF-16", b"wide.txt", "w\nx\n".encode("utf-16"), "w\ny\n".encode("utf-16"), 0, 0, 0), "binary"),
    _edit("UTF-16 that is called text", b"wide.ini", "i\nj\n".encode("utf-16-le"), "i\nk\n".encode("utf-16-le"), 1, 1),
    _edit("a byte order mark", b"bom.py", b"\xef\xbb\xbfbom = 1\n", b"\xef\xbb\xbfbom = 2\n", 1, 1),
    _edit("invalid UTF-8", b"bad.txt", b"ok\n\xff\xfe \xc3\n", b"ok\n\xff\xfe \x80\xed\xa0\x80\n", 1, 1),
    _edit("Unicode separators", b"sep.txt", b"sep\n" + _SEPARATORS, b"sep\n" + _SEPARATORS.upper(), 1, 1),
    _edit("a NUL far down", b"nul.py", numbered("nul", 900), numbered("nul", 900) + b"b = '\0'\n", 1, 0),
    # Lines that look like a diff
    _edit("removed SQL comments", b"gone.sql", b"-- a/gone\nselect 1;\n", b"select 1;\n", 0, 1),
    _edit("a pair like file names", b"pair.sql", b"-- a/pair\nselect 2;\n", b"++ b/pair\nselect 2;\n", 1, 1),
    _edit("a diff inside a diff", b"in.diff", _DIFF, _DIFF.replace(b"+new", b"++ newer"), 1, 1),
    _add("an added diff", b"added.diff", _DIFF + _NO_NEWLINE, 11),
    _edit("lines like hunk headers", b"at.txt", b"@@ -1 +1 @@\n@@@\n", b"@@ -1 +1 @@\n@@ -2 +2 @@\n@@@\n", 1, 0),
    _edit(
        "conflict markers", b"conflict.py", b"ours = 1\n",
        b"<<<<<<< HEAD\nours = 1\n=======\ntheirs = 2\n>>>>>>> topic\n", 4, 0,
    ),
    # Names
    _name("a space", b"my folder/my file.py"),
    _name("a space at its end", b"trailing "),
    _name("a space before it", b" leading/ x.py"),
    _name("a quote", b'quo"te.py'),
    _name("a quote around it", b'"quoted.py"'),
    _name("a backslash", b"back\\slash.py"),
    _name("an escape", b"back\\303\\251.py"),
    _name("a tab", b"tab\tbed.py"),
    _name("a newline", b"new\nline.py"),
    _name("a carriage return", b"return\r"),
    _name("a terminal's escape", b"red\x1b[31m.py"),
    _name("letters beyond ASCII", "ünï/カ.py".encode()),
    _name("Latin-1 bytes", b"cafe\xe9.py"),
    _name("a leading dash", b"-rf"),
    _name("a b in its path", b"x b/x b/y.py"),
    _name("a folder a", b"a/first.py"),
    _name("a folder b", b"b/second.py"),
    _name("a dev null", b"dev/null"),
    _name("a time stamp", b"log 2020-01-01 00:00:00.py"),
    _name("a time stamp behind a tab", b"f.py\t2020-01-01 00:00:00.000000000 +0000"),
    _name("pathspec signs", b":(top)*[ab]?.py"),
    _name("two dots", b"v1..2/...py"),
    _name("depth", b"/".join([b"deep" * 10] * 20) + b"/x.py"),
    _rename(
        "a rename with a b in its path", b"p b/q.py", b"p b/r b/q.py", numbered("pbq", 20), numbered("pbq", 20),
        "only renamed",
    ),
    _rename("a rename to quotes", b"to.txt", b'tab\t"q".txt', numbered("toq", 40), edited(numbered("toq", 40), 7)),
    _rename("a rename from spaces", b"a b c ", b"abc", numbered("abc", 40), edited(numbered("abc", 40), 7)),
    Odd(
        "an empty file with a newline in its name", {}, {b"e\nf": b""},
        (Expected("e\nf", Status.ADDED, 0, 0, 0, "an empty file, added"),),
    ),
    # What nobody wrote here
    _skip(_edit("a minified file", b"app.js", _MINIFIED, _MINIFIED + b"x\n", 1, 0), "minified"),
    _skip(_touch("a minified file, by name", b"x.min.js", b"minname=1\n", 1), "generated, by its name"),
    _skip(_touch("a lock file", b"web/package-lock.json", numbered('"dep":', 300), 9), "a lock file"),
    _skip(_touch("a vendored file", b"vendor/dep/x.go", numbered("vend", 9), 3), "vendored (vendor/)"),
    _skip(
        _touch("a mark far above the hunk", b"gen.go", b"// Code generated. DO NOT EDIT.\n" + numbered("gen", 90), 80),
        "generated, by the mark at its top",
    ),
    _skip(_touch("a generated file, by name", b"api_pb2.py", numbered("api", 9), 3), "generated, by its name"),
    _skip(
        _touch("a generated file, by attribute", b"made.py", numbered("made", 9), 3),
        "linguist-generated in .gitattributes",
    ),
    _skip(_edit("a file without a diff, by attribute", b"kept.dat", b"kept 1\n", b"kept 2\n", 0, 0, 0), "binary"),
)  # fmt: skip


# ------------------------------------------------------------------------------------------------ for property tests

unhurried = settings(deadline=None, max_examples=40)  # the machine may be slow, and busy with other things

# Lines on which a reader of diffs may stumble; without line feed and NUL, which would make a file binary.
ODD_LINES = (
    b"", b" ", b"\t", b"x", b"x ", b" x", b"}", b"return", b"\r", b"x\r", b"x\ry", b"-- x", b"++ x", b"--- a/f",
    b"+++ b/f", b"--- /dev/null", b"+++ /dev/null", b"-- ", b"--", b"@@", b"@@ -1 +1 @@", b"@@ -0,0 +1,9 @@ fn",
    b"@@@ -1,2 -1,2 +1,3 @@@", b"diff --git a/f b/f", b"diff --cc f", b"index 12..34 100644", b"rename from x",
    b"new file mode 100644", b"Binary files a/x and b/x differ", b"\\ No newline at end of file", b"\\", b"+", b"-",
    b"Index: x", b"From 1234 Mon Sep 17 00:00:00 2001", b"\x0c", b"a\x0bb", b"\x1c\x1d\x1e", b"\xff\xfe", b"cafe\xe9",
    "\u2028".encode(), "a\u2029b".encode(), "\x85".encode(), "カ".encode(), b"\xef\xbb\xbfbom", b"\xed\xa0\x80",
)  # fmt: skip

odd_lines = st.one_of(
    st.sampled_from(ODD_LINES),
    st.binary(max_size=6).map(lambda line: line.replace(b"\n", b"").replace(b"\0", b"")),
)


@st.composite
def contents(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A file before and after: what stays, in stretches that hold hunks apart or join them, and what is replaced."""
    old: list[bytes] = []
    new: list[bytes] = []
    for at in range(draw(st.integers(0, 4))):
        kept = [b"kept %d %d" % (at, number) for number in range(draw(st.sampled_from((0, 1, 3, 6, 7, 12))))]
        old += kept + draw(st.lists(odd_lines, max_size=4))
        new += kept + draw(st.lists(odd_lines, max_size=4))
    return _joined(old, newline=draw(st.booleans())), _joined(new, newline=draw(st.booleans()))


@st.composite
def hunk_lists(draw: st.DrawFn, *, texts: st.SearchStrategy[bytes] = odd_lines) -> tuple[Hunk, ...]:
    """The hunks of one file, as a right reading gives them: numbers in order, gaps between them."""
    hunks: list[Hunk] = []
    old = new = 0
    for index in range(draw(st.integers(1, 4))):
        gap = draw(st.integers(0, 40)) + (1 if index else 0)
        old, new = old + gap, new + gap
        lines: list[Line] = []
        for sign, text in draw(st.lists(st.tuples(st.sampled_from(" +-"), texts), min_size=1, max_size=12)):
            old += sign in " -"
            new += sign in " +"
            told = text.decode("utf-8", "surrogateescape")
            lines.append(Line(None if sign == "+" else old, None if sign == "-" else new, told))
        heading = draw(st.sampled_from(("", "def f(x):", "class Cash", "@@", "+++ b/f", "ünï", "x" * 80)))
        hunks.append(Hunk(index, heading, tuple(lines)))
    return tuple(hunks)


def written(hunks: Iterable[Hunk]) -> bytes:
    """Hunks as git writes them. The start of a side without lines is the line before it, as POSIX has it."""
    out: list[str] = []
    for hunk in hunks:
        old = [line.old for line in hunk.lines if line.old is not None]
        new = [line.new for line in hunk.lines if line.new is not None]
        heading = f" {hunk.heading}" if hunk.heading else ""
        out.append(f"@@ -{_span(old)} +{_span(new)} @@{heading}\n")
        out += [f"{line.sign}{line.text}\n" for line in hunk.lines]
    return "".join(out).encode("utf-8", "surrogateescape")


def file_of(hunks: Sequence[Hunk], path: str = "f.py", **others: object) -> FileDiff:
    """The FileDiff that holds `hunks`."""
    signs = [line.sign for hunk in hunks for line in hunk.lines]
    told = FileDiff(path, path, Status.MODIFIED, signs.count("+"), signs.count("-"), len(hunks), written(hunks))
    return replace(told, **others)  # type: ignore[arg-type]


def _span(numbers: Sequence[int]) -> str:
    if not numbers:
        return "0,0"
    return f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]},{len(numbers)}"


def _joined(lines: Sequence[bytes], *, newline: bool) -> bytes:
    return b"\n".join(lines) + (b"\n" if newline and lines else b"")
