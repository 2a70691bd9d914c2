"""Git, by subprocess: a revision range or the index -> Change. The only reader of repositories.

Nothing that a repository brings along is executed: no hooks, no external diff, no textconv, no monitor,
no pager; the environment is an allow-list.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from bot.diff.change import Change, FileDiff, Status, printable
from bot.errors import BadInput

_SAFE = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "core.quotePath=false",
    "-c", "core.pager=cat",
)  # fmt: skip
_DIFF = (
    "--no-ext-diff", "--no-textconv", "--no-color", "--no-abbrev", "--full-index", "--find-renames",
    "--submodule=short", "--src-prefix=a/", "--dst-prefix=b/", "--unified=3", "--inter-hunk-context=0", "--no-relative",
    "-O/dev/null", "--ignore-submodules=none", "--ita-visible-in-index",
)  # fmt: skip
# What git needs of the environment: where it is, who the user is, and how it talks. Every GIT_* variable is
# left out: set by a hook or an alias, it would point git to another repository than the one asked for.
_ENVIRONMENT = ("PATH", "HOME", "XDG_CONFIG_HOME", "USERPROFILE", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")

# No question on the terminal, and nothing fetched: a repository can name a command as the source of missing
# objects, and its configuration goes before ours, but not before these.
_QUIET = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
}

_STATUS = {
    b"A": Status.ADDED,
    b"C": Status.COPIED,
    b"D": Status.DELETED,
    b"M": Status.MODIFIED,
    b"R": Status.RENAMED,
    b"T": Status.TYPE_CHANGED,
    b"U": Status.UNMERGED,
}
_SECTION = re.compile(rb"^diff --git ", re.MULTILINE)
_HUNK = re.compile(rb"^@@ -", re.MULTILINE)


class GitFailed(BadInput):
    """A git command said no; the message is git's own first line."""


@dataclass(frozen=True, slots=True)
class WorkTree:
    """A git repository on this machine. `environment` is the process's own: what git needs of it is passed on.

    `overrides` are variables that git gets besides.
    """

    root: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    overrides: Mapping[str, str] = field(default_factory=dict, repr=False)

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Standard output of `git ARGUMENTS`."""
        try:
            done = subprocess.run(
                ["git", *_SAFE, *arguments],
                cwd=self.root,
                env=self._variables(),
                input=stdin,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise BadInput("git was not found", "Install git, or review a patch file with --diff FILE.") from error
        if done.returncode:
            first = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
            raise GitFailed(first.removeprefix("fatal: ").removeprefix("error: ") or f"git {arguments[0]} failed")
        return done.stdout

    def _variables(self) -> dict[str, str]:
        told = {name: self.environment[name] for name in _ENVIRONMENT if name in self.environment}
        return {**told, **_QUIET, **self.overrides}

    def commit(self, revision: str) -> str:
        """The commit id that `revision` names."""
        try:
            found = self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except GitFailed as error:
            hint = "Is it fetched? `git fetch --unshallow` or a deeper checkout may bring it."
            raise BadInput(f"unknown revision: {printable(revision)}", hint) from error
        return found.decode().strip()

    def merge_base(self, base: str, head: str) -> str:
        try:
            bases = self.git("merge-base", base, head)
        except GitFailed as error:
            hint = "They share no history here; a shallow clone must be deepened first (`git fetch --unshallow`)."
            raise BadInput(f"no merge base of {printable(base)} and {printable(head)}", hint) from error
        return bases.decode().split()[0]

    def default_base(self) -> str:
        """What HEAD is to be compared with where nobody says it: its upstream, else the default branch.

        An upstream of the branch's own name is only where it is pushed to, so the default branch goes before it.
        """
        upstream, branch = self._name("@{upstream}"), self._name("HEAD")
        defaults = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
        own = bool(upstream) and upstream.partition("/")[2] == branch
        for name in (*defaults, upstream) if own else (upstream, *defaults):
            if name and self._name(name):
                return name
        raise BadInput(
            "there is no upstream and no default branch to compare with",
            "Name what to review: `patchwright review BASE..HEAD`.",
        )

    def _name(self, revision: str) -> str:
        """`revision` in short (`origin/main`); empty where there is no such thing."""
        try:
            return os.fsdecode(self.git("rev-parse", "--abbrev-ref", "--verify", "--quiet", revision).strip())
        except GitFailed:
            return ""

    def change(self, base: str, head: str) -> Change:
        """What `head` changes since its merge base with `base`."""
        head_id = self.commit(head)
        return self.between(self.merge_base(self.commit(base), head_id), head_id)

    def between(self, base: str, head: str) -> Change:
        """What lies between two commits, by their ids."""
        return Change(base, head, self._files(base, base, head))

    def has(self, *commits: str) -> bool:
        """Whether these commits are here, by their ids."""
        told = self.git("cat-file", "--batch-check", stdin="".join(f"{commit}\n" for commit in commits).encode())
        return all(line.split()[1:2] == [b"commit"] for line in told.splitlines())

    def staged(self) -> Change:
        """What the index changes since HEAD."""
        try:
            base = self.commit("HEAD")
        except BadInput:  # before the first commit
            base = self.git("hash-object", "-t", "tree", "/dev/null").decode().strip()
        return Change(base, "index", self._files(base, "--cached", base))

    def tops(self, ids: Iterable[str], size: int) -> dict[str, bytes]:
        """The first `size` bytes of each blob, by id; ids that aren't there are left out. Long blobs stream past."""
        return dict(self._batch(ids, size))

    def contents(self, ids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Each blob's id and content, one after the other; ids that aren't there are left out."""
        return self._batch(ids, None)

    def blobs(self, commit: str) -> Iterator[tuple[str, str, int]]:
        """Path, blob id and size of each regular file in `commit`, in git's order."""
        for entry in self.git("ls-tree", "-r", "-z", "--long", "--full-tree", commit, "--").split(b"\0"):
            if entry.startswith(b"100"):
                what, _, path = entry.partition(b"\t")
                _, _, blob, size = what.split()
                yield os.fsdecode(path), blob.decode(), int(size) if size.isdigit() else 0

    def _batch(self, ids: Iterable[str], size: int | None) -> Iterator[tuple[str, bytes]]:
        """Each blob's id and its first `size` bytes, or all of them."""
        with tempfile.TemporaryFile() as wanted:
            wanted.write("".join(f"{blob}\n" for blob in ids).encode())
            wanted.seek(0)
            with subprocess.Popen(
                ["git", *_SAFE, "cat-file", "--batch"],
                cwd=self.root,
                env=self._variables(),
                stdin=wanted,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            ) as batch:
                assert batch.stdout is not None
                while header := batch.stdout.readline().split():
                    if header[-1] == b"missing":
                        continue
                    left = int(header[2]) + 1  # git puts a line feed behind each content
                    top = batch.stdout.read(left - 1 if size is None else min(size, left - 1))
                    left -= len(top)
                    while left and (past := batch.stdout.read(min(left, 1 << 20))):
                        left -= len(past)
                    if left:  # git has died
                        return
                    yield header[0].decode(), top

    def file_at(self, commit: str, path: str) -> bytes | None:
        """The content of `path` in `commit`; None where there is no such regular file."""
        entry = self.git("ls-tree", "-z", "--full-tree", commit, "--", f":(literal){path}").split()
        if len(entry) < 3 or not entry[0].startswith(b"100"):
            return None
        return self.git("cat-file", "blob", entry[2].decode())

    def attributes(self, commit: str, names: Sequence[str], paths: Sequence[str]) -> dict[str, dict[str, bool]]:
        """path -> {name: whether it is set}, for those of `names` that the `.gitattributes` of `commit` speak of."""
        with self._ruled_by(commit) as tree:
            return _attributes(tree, names, paths)

    def _files(self, base: str, *between: str) -> tuple[FileDiff, ...]:
        with self._ruled_by(base) as tree:
            told = tree.git("diff", "--raw", "--numstat", "-z", *_DIFF, *between, "--")
            sections = _sections(tree.git("diff", "--patch", *_DIFF, *between, "--"))
            files = list(_inventory(told))
            if len(sections) == sum(_section_count(file) for file in files):
                following = iter(sections)
                return tuple(_with_hunks(file, following) for file in files)
            patches = (tree.git("diff", "--patch", *_DIFF, *between, "--", *_literal(file)) for file in files)
            return tuple(_with_hunks(file, iter(_sections(patch))) for file, patch in zip(files, patches, strict=True))

    @contextmanager
    def _ruled_by(self, commit: str) -> Iterator[WorkTree]:
        """The same repository, with the `.gitattributes` of `commit` and no other file in its work tree.

        Else a change could hide its files by bringing attributes along that call them binary or generated. Where a
        folder has no such file, git looks into the index: an empty one keeps it from that.
        """
        told = self.git("ls-tree", "-r", "-z", "--full-tree", commit, "--").split(b"\0")
        entries = (entry.partition(b"\t") for entry in told if entry.endswith(b".gitattributes"))
        rules = {path: what.split()[2].decode() for what, _, path in entries if what.startswith(b"100")}
        indexed = self.git("ls-files", "-z", "--full-name", "--", ":(top,glob)**/.gitattributes").split(b"\0")
        with tempfile.TemporaryDirectory(prefix="patchwright-") as folder:
            for path in filter(_is_rule_file, {*rules, *indexed}):
                file = Path(folder, os.fsdecode(path))
                with suppress(OSError):  # a path that no file can have here: git couldn't read rules there either
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(self.git("cat-file", "blob", rules[path]) if path in rules else b"")
            git_dir = os.fsdecode(self.git("rev-parse", "--absolute-git-dir").removesuffix(b"\n"))
            yield WorkTree(Path(folder), self.environment, {"GIT_DIR": git_dir, "GIT_WORK_TREE": folder})


def open_work_tree(directory: Path, environment: Mapping[str, str]) -> WorkTree:
    """The repository that `directory` is in."""
    if not directory.is_dir():
        raise BadInput(f"no such directory: {directory}")
    try:
        root = WorkTree(directory, environment).git("rev-parse", "--show-toplevel")
    except GitFailed as error:
        if "not a git repository" not in str(error) and "work tree" not in str(error):
            raise
        hint = "Name one with --repo DIR, or review a patch file with --diff FILE."
        raise BadInput(f"not a git repository: {directory}", hint) from error
    return WorkTree(Path(os.fsdecode(root.removesuffix(b"\n"))), environment)


def attributes_by(
    rules: bytes, environment: Mapping[str, str], names: Sequence[str], paths: Sequence[str]
) -> dict[str, dict[str, bool]]:
    """What a `.gitattributes` at the root says, without the repository that it is from."""
    with tempfile.TemporaryDirectory(prefix="patchwright-") as folder:
        tree = WorkTree(Path(folder), environment)
        tree.git("init", "--quiet", "--template=")
        Path(folder, ".gitattributes").write_bytes(rules)
        return _attributes(tree, names, paths)


def _attributes(tree: WorkTree, names: Sequence[str], paths: Sequence[str]) -> dict[str, dict[str, bool]]:
    told = tree.git("check-attr", "--stdin", "-z", *names, stdin=b"".join(os.fsencode(path) + b"\0" for path in paths))
    found: dict[str, dict[str, bool]] = {}
    fields = told.split(b"\0")
    for path, name, value in zip(fields[0::3], fields[1::3], fields[2::3], strict=False):
        if value != b"unspecified":
            found.setdefault(os.fsdecode(path), {})[name.decode()] = value in (b"set", b"true")
    return found


def _is_rule_file(path: bytes) -> bool:
    """Whether a path of a tree is a `.gitattributes` below its root: only git's manners keep `..` out of a tree."""
    *folders, name = path.split(b"/")
    odd = (b"", b".", b"..", b".git", b".gitattributes")
    return name == b".gitattributes" and not any(folder.lower() in odd for folder in folders)


def _inventory(told: bytes) -> Iterator[FileDiff]:
    """FileDiffs without hunks from `git diff --raw --numstat -z`: first all raw records, then all counts."""
    fields = told.split(b"\0")
    at = 0
    raw: list[tuple[list[bytes], bytes, bytes]] = []
    while at < len(fields) and fields[at].startswith(b":"):
        record = fields[at][1:].split(b" ")
        renamed = record[4][:1] in (b"R", b"C")
        raw.append((record, fields[at + 1], fields[at + 2] if renamed else fields[at + 1]))
        at += 3 if renamed else 2
    counts = dict(_numstat(fields[at:]))
    for (old_mode, new_mode, _, new_blob, status), old, new in raw:
        added, removed = counts.get(new, (b"0", b"0"))
        binary = added == b"-"
        yield FileDiff(
            path=os.fsdecode(new),
            old_path=os.fsdecode(old),
            status=_STATUS.get(status[:1], Status.MODIFIED),
            added=0 if binary else int(added),
            removed=0 if binary else int(removed),
            hunks=0,
            old_mode=old_mode.decode(),
            new_mode=new_mode.decode(),
            binary=binary,
            new_blob=new_blob.decode() if new_blob.strip(b"0") else "",
        )


def _numstat(fields: Sequence[bytes]) -> Iterator[tuple[bytes, tuple[bytes, bytes]]]:
    at = 0
    while at < len(fields) and fields[at]:
        added, removed, path = fields[at].split(b"\t", 2)
        if not path:  # a rename: the old and the new path follow
            path = fields[at + 2]
            at += 2
        yield path, (added, removed)
        at += 1


def _sections(patch: bytes) -> list[bytes]:
    """A git patch, a piece for each `diff --git`: no line of content can open like that, its sign stands before."""
    starts = [match.start() for match in _SECTION.finditer(patch)]
    return [patch[start:end] for start, end in pairwise([*starts, len(patch)])]


def _section_count(file: FileDiff) -> int:
    """git writes a type change as a deletion and an addition, and an unmerged path not at all."""
    return {Status.TYPE_CHANGED: 2, Status.UNMERGED: 0}.get(file.status, 1)


def _with_hunks(file: FileDiff, sections: Iterator[bytes]) -> FileDiff:
    """`file` with the hunks of as many `sections` as are its own."""
    body = b""
    for _ in range(_section_count(file)):
        section = next(sections, b"")
        first = _HUNK.search(section)
        body += section[first.start() :] if first else b""
    return replace(file, patch=body, hunks=len(_HUNK.findall(body)))


def _literal(file: FileDiff) -> list[str]:
    return [f":(literal){path}" for path in dict.fromkeys((file.old_path, file.path))]
