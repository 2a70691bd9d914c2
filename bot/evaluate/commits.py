"""Which commits of a history make a case, and why another doesn't: by their words, their files and their lines.

No rule is certain. That a commit fixes a bug is what its author says; that one is harmless, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from bot.diff.change import Change, FileDiff, Line, Status
from bot.diff.filters import GENERATED_NAMES, VENDOR_FOLDERS
from bot.evaluate.runs import Run, runs_of

Kind: TypeAlias = Literal["bug", "clean"]
MOST = 60  # changed lines outside of tests: what a person takes in at once, and what a fix mostly needs

_FIXES = re.compile(r"\b(bug ?fix|hot ?fix|fix|bug|regression|crash)(es|ed|s|ing)?\b", re.IGNORECASE)
_CLOSES = re.compile(
    r"\b(close|fix|resolve)[sd]?(es|ed)?:?\s+(issue\s+)?(#\d+|gh-\d+|https?://\S+/issues/\d+)", re.IGNORECASE
)
# A fix of something that no test of behaviour would notice.
_BESIDE = re.compile(
    r"\b(fix\w*|bugs?)\W+(\w+\W+){0,2}(tests?|typos?|docs?|docstrings?|documentation|readme|changelog|comments?|lint\w*"
    r"|flake8?|mypy|typing|types?|annotations?|hints?|format\w*|whitespace|spelling|grammar|ci|builds?|workflows?"
    r"|warnings?|imports?|links?|indent\w*)\b"
    r"|^(docs?|style|tests?|ci|build|chore|refactor|typing)(\(.*?\))?!?:",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"\b(docs?|docstrings?|documentation|comments?|typing|type hints?|annotat\w+|refactor\w*|renam\w+|clean ?up\w*"
    r"|simplif\w+|tidy|reword\w*|typos?|moderni[sz]e\w*)\b",
    re.IGNORECASE,
)
_REVERT = re.compile(r"^\s*(revert|reapply)\b|\bthis reverts commit\b", re.IGNORECASE)
_REVERTED = re.compile(r"\bthis reverts commit ([0-9a-f]{7,64})", re.IGNORECASE)
_MERGE = re.compile(r"^\s*merge\b", re.IGNORECASE)
_FORMATTED = re.compile(
    r"\b(re-?format\w*|formatting|black|prettier|gofmt|clang-format|isort|whitespace)\b", re.IGNORECASE
)

_TEST = re.compile(
    r"(^|/)(tests?|testing|__tests__|specs?|testdata|fixtures)/|(^|/)(test_[^/]*|tests?\.\w+|conftest\.py)$"
    r"|_test\.\w+$|\.(test|spec)\.\w+$",
    re.IGNORECASE,
)
_SOURCE = re.compile(
    r"\.(c|cc|cpp|cs|cxx|dart|exs?|go|h|hpp|java|jsx?|kt|lua|mm?|mjs|php|pl|pyx?|rb|rs|scala|sh|sql|swift|tsx?|vue|zig)$",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"\s*(#(?!include|if|define|end)|//|/\*|\*|--\s|$)")


@dataclass(frozen=True, slots=True)
class Commit:
    id: str
    parents: tuple[str, ...]
    subject: str
    body: str

    @property
    def message(self) -> str:
        return f"{self.subject}\n{self.body}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A commit that makes a case, and its source files: `new_blob` of each is what the commit made of it."""

    commit: Commit
    kind: Kind
    files: tuple[FileDiff, ...]


def undone(commits: Iterable[Commit]) -> frozenset[str]:
    """The ids, or their beginnings, of commits that a later one took back: what these said can't be relied on."""
    return frozenset(name.lower() for commit in commits for name in _REVERTED.findall(commit.message))


def kind_of(commit: Commit) -> Kind | None:
    """What the words say; None where they say neither. A fix of nothing that runs is neither, too."""
    if _CLOSES.search(commit.message) or _FIXES.search(commit.subject):
        return None if _BESIDE.search(commit.subject) else "bug"
    return "clean" if _HARMLESS.search(commit.subject) else None


def objection_to(commit: Commit, reverted: frozenset[str]) -> str:
    """Why a commit makes no case, whatever it changes; empty where it may."""
    if len(commit.parents) != 1:
        return "no parent, or several" if not _MERGE.match(commit.subject) else "a merge"
    if _MERGE.match(commit.subject):
        return "a merge"
    if _REVERT.search(commit.message):
        return "a revert"
    if any(commit.id.startswith(name) for name in reverted):
        return "it was reverted later"
    if _FORMATTED.search(commit.subject):
        return "formatting, by its words"
    return "" if kind_of(commit) else "neither a fix nor harmless, by its words"


def objection_to_change(commit: Commit, kind: Kind, change: Change) -> str:
    """Why what it changes makes no case; empty where it does."""
    files = source_files(change)
    if not files:
        return "no source file changed"
    if any(file.status is not Status.MODIFIED or file.binary or file.problem for file in files):
        return "it adds, moves or deletes a source file"
    if sum(file.added + file.removed for file in files) > MOST:
        return f"more than {MOST} changed lines outside of tests"
    tested = any(is_test(file.path) for file in change.files)
    if kind == "bug" and not tested and not _CLOSES.search(commit.message):
        return "a fix with neither a test nor an issue"
    runs = runs_of(Change(change.base, change.head, files))
    if not runs or _only_white_space(runs):
        return "formatting only"
    if kind == "bug" and all(_COMMENT.match(line.text) for run in runs for line in (*run.removed, *run.added)):
        return "a fix of comments only"
    return ""


def source_files(change: Change) -> tuple[FileDiff, ...]:
    """What a reviewer is asked about: code, but for tests, vendored and generated files."""
    return tuple(file for file in change.files if _is_source(file.path) or _is_source(file.old_path))


def is_test(path: str) -> bool:
    return bool(_TEST.search(path))


def _is_source(path: str) -> bool:
    parts = PurePosixPath(path)
    if not _SOURCE.search(path) or is_test(path) or GENERATED_NAMES.search(parts.name):
        return False
    return not any(part.lower() in VENDOR_FOLDERS for part in parts.parts[:-1])


def _only_white_space(runs: Sequence[Run]) -> bool:
    removed = "".join(_squeezed(run.removed) for run in runs)
    return removed == "".join(_squeezed(run.added) for run in runs)


def _squeezed(lines: Sequence[Line]) -> str:
    """Without any white space. A fix that only moves a line in or out, as Python has them, is lost by this."""
    return "".join("".join(line.text.split()) for line in lines)
