"""A small repository to review, and the words of a model about it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

PAY = """\
def pay(account, amount):
    if amount <= 0:
        raise ValueError("nothing to pay")
    account.balance -= amount
    return account.balance


def refund(account, amount):
    account.balance += amount
"""
GREET = "def greet(name):\n    return 'hello ' + name\n"


def git(repo: Path, *arguments: str) -> str:
    identity = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.invalid"}
    identity |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in identity.items()}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(["git", "-C", repo, *arguments], check=True, capture_output=True, text=True, env=environment)
    return done.stdout.strip("\n")


def write(repo: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_text(text)


def commit(repo: Path, files: dict[str, str], message: str) -> str:
    write(repo, files)
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(repo, "rev-parse", "HEAD")


def example(folder: Path) -> Path:
    """Branches main and topic; topic takes the guard out of pay(), and greets more warmly."""
    repo = folder / "example"
    repo.mkdir()
    git(repo, "init", "--quiet", "--initial-branch", "main")
    commit(repo, {"shop/pay.py": PAY, "greet.py": GREET, "poetry.lock": "one\n"}, "base")
    git(repo, "checkout", "--quiet", "-b", "topic")
    guard = '    if amount <= 0:\n        raise ValueError("nothing to pay")\n'
    warm = GREET.replace("'hello '", "'dear '")
    commit(repo, {"shop/pay.py": PAY.replace(guard, ""), "greet.py": warm, "poetry.lock": "two\n"}, "topic")
    return repo


def finding(quote: str = "    account.balance -= amount", **more: Any) -> dict[str, Any]:
    """A finding as a model words it."""
    return {
        "quote": quote,
        "line": 2,
        "title": "A negative amount adds money",
        "body": "Without the check, pay(account, -5) raises the balance.",
        "severity": "high",
        "category": "bug",
        "confidence": "high",
    } | more


def answer(*findings: dict[str, Any]) -> dict[str, Any]:
    return {"analysis": "The guard is gone.", "findings": list(findings)}


def on_pay(request: Any) -> dict[str, Any]:
    """A model that finds the missing guard of pay(), and nothing elsewhere."""
    return answer(finding()) if "account.balance -= amount" in request.prompt else answer()
