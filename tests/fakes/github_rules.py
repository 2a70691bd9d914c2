"""What a push may not do, by whichever way it comes: the API, GraphQL or git."""

from __future__ import annotations

from collections.abc import Sequence

from tests.fakes.github_repository import Repository
from tests.fakes.github_router import Refused
from tests.fakes.github_state import Token

WORKFLOWS = ".github/workflows"
_RULES = "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"


def check_push(
    token: Token | None, repo: Repository, ref: str, sha: str | None, *, conflict: int, paths: Sequence[str] = ()
) -> None:
    """Raises Refused: `conflict` for a protected branch, 403 for a workflow without the permission for them."""
    if ref.removeprefix("refs/heads/") in repo.protected:
        raise Refused(conflict, _RULES)
    if token is None or token.allows("workflows", "write") or (token.kind == "user" and not token.permissions):
        return
    changed = [path for path in paths if path.startswith(f"{WORKFLOWS}/")]
    if sha is not None and not changed:
        changed = new_workflows(repo, sha)
    if changed:
        raise Refused(403, refusal_of(changed[0], token))


def refusal_of(path: str, token: Token) -> str:
    who = "Personal Access Token" if token.kind == "user" else "GitHub App"
    need = "scope" if token.kind == "user" else "permission"
    word = "workflow" if token.kind == "user" else "workflows"
    return f"refusing to allow a {who} to create or update workflow `{path}` without `{word}` {need}"


def new_workflows(repo: Repository, sha: str) -> list[str]:
    """The workflows of `sha` that no branch has just so."""
    if repo.bare.kind(sha) != "commit":
        return []
    mine = {entry.path: entry.sha for entry in repo.bare.tree(sha, "-r", "--", f"{WORKFLOWS}/")}
    known: set[tuple[str, str]] = set()
    for tip in repo.bare.refs().values():
        known |= {(entry.path, entry.sha) for entry in repo.bare.tree(tip, "-r", "--", f"{WORKFLOWS}/")}
    return [path for path, blob in mine.items() if (path, blob) not in known]
