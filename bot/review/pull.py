"""A pull request, as far as a review needs to know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class PullRequest:
    """`repository` is `owner/name`; `head_repository` too, empty where the fork was deleted.

    `base_ref` and `head_ref` are names of branches, the `_sha`s commit ids. `added`, `removed` (lines) and `files` are
    GitHub's counts, `node_id` its id for GraphQL. Title and body are as their writer left them.
    """

    repository: str
    number: int
    title: str
    body: str
    state: Literal["open", "closed"]
    draft: bool
    author: str
    author_is_bot: bool
    labels: tuple[str, ...]
    base_ref: str
    base_sha: str
    head_ref: str
    head_sha: str
    head_repository: str
    locked: bool
    merged: bool
    added: int
    removed: int
    files: int
    url: str
    node_id: str

    @property
    def from_fork(self) -> bool:
        """Whether its branch lies where others write: the token may be read-only, and its content isn't trusted."""
        return self.head_repository != self.repository
