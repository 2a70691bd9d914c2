"""Cases made by hand, and reviewers of a few words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bot.diff.change import Side
from bot.evaluate.cases import Case, Defect, Range
from bot.evaluate.score import Comment
from tests.example import GREET, PAY, commit, git

GUARD = '    if amount <= 0:\n        raise ValueError("nothing to pay")\n'
PLACES = (Range("shop/pay.py", Side.RIGHT, 1, 2), Range("shop/pay.py", Side.LEFT, 2, 3))
BUG = Case("b", Path(), "base", "head", (Defect(PLACES, "negative|guard"),), "logic", "the guard is gone")
CLEAN = Case("c", Path(), "base", "head", (), "clean")


def said(start: int, end: int = 0, *, side: Side = Side.RIGHT, text: str = "", path: str = "shop/pay.py") -> Comment:
    return Comment(Range(path, side, start, end or start), text)


def case(folder: Path, name: str, before: dict[str, str], after: dict[str, str], truth: dict[str, Any]) -> Path:
    """A case as docs/evaluation.md has it, with a repository of its own."""
    repo = folder / name / "repo"
    repo.mkdir(parents=True)
    git(repo, "init", "--quiet", "--initial-branch", "base")
    commit(repo, before, "base")
    git(repo, "checkout", "--quiet", "-b", "head")
    commit(repo, after, "head")
    (folder / name / "truth.json").write_text(json.dumps({"id": name, **truth}))
    return folder / name


def places(*told: Range) -> list[dict[str, Any]]:
    return [{"path": one.path, "side": one.side, "start": one.start, "end": one.end} for one in told]


def built(folder: Path) -> Path:
    """A bug case, in which the guard of pay() goes, and a clean one."""
    bug = {"kind": "bug", "truth": places(*PLACES), "message_regex": "negative|guard", "category": "logic"}
    case(folder, "bug", {"shop/pay.py": PAY}, {"shop/pay.py": PAY.replace(GUARD, "")}, bug)
    warm = GREET.replace("'hello '", "'dear '")
    case(folder, "clean", {"greet.py": GREET}, {"greet.py": warm}, {"kind": "clean", "truth": [], "more": "ignored"})
    return folder
