"""What the operations on git's side share: names to commits, Base64 to bytes, and commits by whom."""

from __future__ import annotations

import base64
import binascii
from typing import Any, NoReturn

from tests.fakes.github_git import Person
from tests.fakes.github_repository import Repository
from tests.fakes.github_router import Call, Refused, problem


def commit_by(call: Call, tree: str, parents: list[str], message: str, author: Any, committer: Any) -> str:
    """Signed by GitHub only where a bot names nobody."""
    repo = call.repo
    by, web = repo.web_flow(call.login)
    who = _person(author, by)
    committed_by = _person(committer, who if author else web)
    sha = repo.bare.write_commit(tree, parents, message, who, committed_by)
    assert call.token
    if author is None and committer is None and call.token.kind != "user":
        repo.verified.add(sha)
    return sha


def _person(told: Any, otherwise: Person) -> Person:
    return Person(told["name"], told["email"], told.get("date") or otherwise.date) if told else otherwise


def decoded(content: str) -> bytes:
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except binascii.Error:
        raise Refused(422, "content is not valid Base64") from None


def resolved(repo: Repository, name: str) -> str:
    return repo.bare.resolve(name) or _no_commit(name)


def _no_commit(name: str) -> NoReturn:
    raise Refused(422, f"No commit found for SHA: {name}")


def too_large(says: str) -> NoReturn:
    instead = "you can always clone the repository via Git in order to obtain the file."
    says = f"{says} The requested blob is too large to fetch via the API, but {instead}"
    raise Refused(403, says, [problem("Blob", "data", "too_large")])


def wrapped(content: bytes) -> str:
    """Base64 as GitHub breaks it into lines."""
    text = base64.b64encode(content).decode()
    return "".join(f"{text[at : at + 60]}\n" for at in range(0, len(text), 60))
