"""A bare git repository on disk, as GitHub keeps one: what is in it, and how it differs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from tests.fakes.github_diff import FilePatch, Hunk, hunks_of

NOTHING = "0" * 40
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
# What the user's own configuration says must change nothing.
_ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "LC_ALL": "C.UTF-8",
}
_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}


class GitFailed(Exception):
    """git's own words."""


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str
    date: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as git keeps it. The dates are ISO 8601 in UTC."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """`size` is None for what isn't a blob."""

    mode: str
    kind: str
    sha: str
    size: int | None
    path: str


@dataclass(frozen=True, slots=True)
class Bare:
    """The repository in the folder `path`."""

    path: Path

    @classmethod
    def cloned(cls, source: Path | str, path: Path) -> Bare:
        path.parent.mkdir(parents=True, exist_ok=True)
        run(["clone", "--quiet", "--bare", str(source), str(path)], path.parent)
        bare = cls(path)
        settings = {
            "http.receivepack": "true",
            "uploadpack.allowAnySHA1InWant": "true",
            "uploadpack.allowFilter": "true",
            "receive.hideRefs": "refs/pull",
            "core.logAllRefUpdates": "false",
            "gc.auto": "0",
        }
        lines = "".join(f"[{name.partition('.')[0]}]\n{name.partition('.')[2]}={of}\n" for name, of in settings.items())
        with (path / "config").open("a") as config:
            config.write(lines)
        return bare

    def git(self, *argv: str, stdin: bytes | None = None, environment: Mapping[str, str] | None = None) -> str:
        return self.raw(*argv, stdin=stdin, environment=environment).decode(errors="replace").strip("\n")

    def raw(self, *argv: str, stdin: bytes | None = None, environment: Mapping[str, str] | None = None) -> bytes:
        return run(argv, self.path, stdin, environment)

    def resolve(self, name: str) -> str | None:
        """The commit that `name`, a sha or a ref, stands for."""
        if name.startswith("-") or not name:
            return None
        for candidate in (f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}", name):
            try:
                return self.git("rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}")
            except GitFailed:
                continue
        return None

    def kind(self, sha: str) -> str | None:
        """`commit`, `tree`, `blob` or `tag`."""
        try:
            return self.git("cat-file", "-t", sha)
        except GitFailed:
            return None

    def refs(self, prefix: str = "refs/heads/") -> dict[str, str]:
        listed = self.git("for-each-ref", "--format=%(refname) %(objectname)", prefix.rstrip("/"))
        return {name: sha for name, _, sha in (line.partition(" ") for line in listed.splitlines())}

    def set_ref(self, ref: str, sha: str | None) -> None:
        if sha is None:
            self.git("update-ref", "-d", ref)
        else:
            self.git("update-ref", ref, sha)

    def fetch(self, source: Path, sha: str) -> None:
        """The objects of `sha` from another repository, without a ref of its own."""
        if self.kind(sha) is None:
            self.git("fetch", "--quiet", "--no-tags", str(source), sha)

    def merge_base(self, one: str, other: str) -> str | None:
        try:
            return self.git("merge-base", one, other)
        except GitFailed:
            return None

    def is_ancestor(self, old: str, new: str) -> bool:
        return self.merge_base(old, new) == old

    def count(self, base: str, head: str) -> int:
        return int(self.git("rev-list", "--count", f"{base}..{head}"))

    def commits(self, base: str | None, head: str, most: int = 250) -> list[str]:
        """Those of `head` that `base` doesn't have, the oldest first."""
        span = head if base is None else f"{base}..{head}"
        listed = self.git("rev-list", "--topo-order", "--reverse", span).split()
        return listed[:most]

    def commit(self, sha: str) -> Commit:
        return _commit(self, sha)

    def blob(self, sha: str) -> bytes:
        return self.raw("cat-file", "blob", sha)

    def content(self, commit: str, path: str) -> bytes | None:
        entry = self.entry(commit, path)
        return self.blob(entry.sha) if entry and entry.kind == "blob" else None

    def entry(self, commit: str, path: str) -> TreeEntry | None:
        found = self.tree(commit, "--", f":(literal){path}") if path else []
        return found[0] if found and found[0].path == path else None

    def tree(self, treeish: str, *options: str) -> list[TreeEntry]:
        listed = self.raw(
            "ls-tree", "-z", "-l", "--full-tree", treeish, *(o.removeprefix(":(literal)") for o in options)
        )
        return [_entry(line) for line in listed.decode(errors="surrogateescape").split("\0") if line]

    def write_blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", stdin=content)

    def write_tree(self, base: str | None, changes: Sequence[tuple[str, str, str | None]]) -> str:
        """A tree upon `base`, with (mode, path, sha) for each change; a sha of None removes the path."""
        index = {"GIT_INDEX_FILE": str(self.path / f"index.{os.urandom(6).hex()}")}
        try:
            self.git("read-tree", base or EMPTY_TREE, environment=index) if base else self.git(
                "read-tree", "--empty", environment=index
            )
            lines = [f"0 {NOTHING}\t{p}" if sha is None else f"{mode} {sha}\t{p}" for mode, p, sha in changes]
            told = "".join(f"{line}\0" for line in lines).encode(errors="surrogateescape")
            self.git("update-index", "-z", "--add", "--index-info", stdin=told, environment=index)
            return self.git("write-tree", environment=index)
        finally:
            Path(index["GIT_INDEX_FILE"]).unlink(missing_ok=True)

    def write_commit(self, tree: str, parents: Sequence[str], message: str, author: Person, committer: Person) -> str:
        people = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_AUTHOR_DATE": author.date,
            "GIT_COMMITTER_NAME": committer.name,
            "GIT_COMMITTER_EMAIL": committer.email,
            "GIT_COMMITTER_DATE": committer.date,
        }
        above = [word for parent in parents for word in ("-p", parent)]
        return self.git("commit-tree", tree, *above, stdin=message.encode(), environment=people)

    def merge(self, base: str, head: str, message: str, by: Person) -> str | None:
        """The merge of `head` into `base`; None where they conflict or share nothing."""
        try:
            tree = self.git("merge-tree", "--write-tree", base, head).splitlines()[0]
        except GitFailed:
            return None
        return self.write_commit(tree, [base, head], message, by, by)

    def files(self, old: str, new: str) -> list[FilePatch]:
        """How `new` differs from `old`: one for each file, in git's order."""
        return _files(self, old, new)

    def diff(self, old: str, new: str) -> bytes:
        return self.raw(*_DIFF, "-p", "-U3", old, new)

    def hunks(self, old: str, new: str, path: str, *, context: int = 0) -> list[Hunk]:
        """The hunks of one file. Used to follow its lines from one commit to another."""
        text = self.raw(*_DIFF, "--no-renames", "-p", f"-U{context}", old, new, "--", f":(literal){path}")
        return hunks_of(_body(text.decode(errors="replace")))


_DIFF = ("-c", "core.quotepath=false", "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--find-renames")


def run(
    argv: Sequence[str], folder: Path, stdin: bytes | None = None, environment: Mapping[str, str] | None = None
) -> bytes:
    """What git says. Raises GitFailed."""
    done = subprocess.run(
        ["git", *argv],
        cwd=folder,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        check=False,
        env=_ENVIRONMENT | dict(environment or {}),
    )
    if done.returncode:
        raise GitFailed(done.stderr.decode(errors="replace") or done.stdout.decode(errors="replace"))
    return done.stdout


@lru_cache(maxsize=4096)
def _commit(bare: Bare, sha: str) -> Commit:
    told = bare.raw("cat-file", "commit", sha).decode(errors="replace")
    head, _, message = told.partition("\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.splitlines():
        name, _, value = line.partition(" ")
        fields.setdefault(name, []).append(value)
    people = (_person(fields["author"][0]), _person(fields["committer"][0]))
    return Commit(sha, fields["tree"][0], tuple(fields.get("parent", ())), *people, message.rstrip("\n"))


def _person(line: str) -> Person:
    who, _, when = line.rpartition("> ")
    name, _, email = who.partition(" <")
    date = datetime.fromtimestamp(int(when.split()[0]), UTC)
    return Person(name, email, date.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _entry(line: str) -> TreeEntry:
    head, _, path = line.partition("\t")
    mode, kind, sha, size = head.split()
    return TreeEntry(mode, kind, sha, None if size == "-" else int(size), path)


@lru_cache(maxsize=256)
def _files(bare: Bare, old: str, new: str) -> list[FilePatch]:
    told = bare.raw(*_DIFF, "--raw", "--numstat", "-z", "--abbrev=40", old, new).decode(errors="replace").split("\0")
    words = iter(told)
    raws: list[tuple[str, str, str | None, str]] = []
    counts: list[tuple[int, int] | None] = []
    for word in words:
        if word.startswith(":"):
            _, _, before, after, status = word.split(" ")
            first = next(words)
            path, previous = (next(words), first) if status[0] in "RC" else (first, None)
            raws.append((_STATUS[status[0]], path, previous, before if status[0] == "D" else after))
        elif word:
            added, removed, path = word.split("\t", 2)
            counts.append(None if added == "-" else (int(added), int(removed)))
            if not path:
                next(words), next(words)
    patches = iter(_patches(bare.diff(old, new).decode(errors="replace")))
    files = []
    for (status, path, previous, sha), numbers in zip(raws, counts, strict=True):
        body = _body(next(patches))
        if status == "changed":  # a file that became a link or the like: git tells it as two patches
            next(patches)
            body = None
        files.append(FilePatch(path, previous, status, sha, numbers, body))
    assert next(patches, None) is None
    return files


def _patches(diff: str) -> list[str]:
    """The text of each file. No line of a hunk begins with `diff`."""
    parts: list[list[str]] = []
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            parts.append([])
        if parts:
            parts[-1].append(line)
    return ["\n".join(lines) for lines in parts]


def _body(patch: str) -> str | None:
    """The hunks alone, as GitHub's `patch` has them; None where there are none: binary, mode only, pure rename."""
    at = patch.find("\n@@ ")
    return None if at < 0 else patch[at + 1 :].removesuffix("\n")
