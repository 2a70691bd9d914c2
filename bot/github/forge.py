"""`Forge` on GitHub: one repository through one `Wire`. Each method is a function of the room that it names."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from bot.errors import Forbidden, NotFound
from bot.github import changes, conversation, payloads, writes
from bot.github.client import Arrived, Json, Method, Wire
from bot.review.forge import Annotation, Comparison, Conclusion, LineComment, Listing, Reaction, ReviewEvent
from bot.review.pull import PullRequest
from bot.review.threads import Comment, Conversation, PostedReview, Thread

_ROLES = ("admin", "maintain", "write", "triage", "read", "none")


class GitHub:
    """A `review.forge.Forge`."""

    def __init__(self, wire: Wire, repository: str) -> None:
        self.repository = repository
        self._wire = wire
        self._roles: dict[str, str] = {}

    def pull(self, number: int) -> PullRequest:
        return changes.pull(self._wire, self.repository, number)

    def pull_of(self, head_repository: str, head_branch: str, head_sha: str) -> int | None:
        return changes.pull_of(self._wire, self.repository, head_repository, head_branch, head_sha)

    def files(self, number: int) -> Listing:
        return changes.files(self._wire, self.repository, number)

    def compare(self, base: str, head: str) -> Comparison:
        return changes.compare(self._wire, self.repository, base, head)

    def content(self, path: str, ref: str) -> bytes | None:
        return changes.content(self._wire, self.repository, path, ref)

    def conversation(self, number: int) -> Conversation:
        return conversation.conversation(self._wire, self.repository, number)

    def permission(self, login: str) -> str:
        """Where the API won't say, it is none: `author_association` in a payload is no substitute."""
        if login not in self._roles:
            self._roles[login] = self._role(login)
        return self._roles[login]

    def drop_pending(self, number: int, review: PostedReview) -> None:
        writes.drop_pending(self._wire, self.repository, number, review)

    def post_review(
        self, number: int, commit: str, body: str, comments: Sequence[LineComment], event: ReviewEvent | None
    ) -> PostedReview:
        return writes.post_review(self._wire, self.repository, number, commit, body, comments, event)

    def say(self, number: int, body: str) -> Comment:
        return writes.say(self._wire, self.repository, number, body)

    def edit(self, comment: Comment, body: str, where: Literal["comment", "thread"] = "comment") -> Comment:
        return writes.edit(self._wire, self.repository, comment, body, where)

    def reply(self, number: int, thread: Thread, body: str) -> Comment:
        return writes.reply(self._wire, self.repository, number, thread, body)

    def react(self, comment: int, where: Literal["comment", "thread"], reaction: Reaction) -> None:
        writes.react(self._wire, self.repository, comment, where, reaction)

    def resolve(self, thread: Thread) -> None:
        writes.resolve(self._wire, thread)

    def check(self, head: str, conclusion: Conclusion, title: str, summary: str, notes: Sequence[Annotation]) -> str:
        run = uuid.uuid4().hex
        return writes.check(self._wire, self.repository, head, conclusion, title, summary, notes, run=run)

    def commit(self, pull: PullRequest, files: Mapping[str, bytes], headline: str, body: str) -> str:
        return writes.commit(self._wire, pull, files, headline, body)

    def _role(self, login: str) -> str:
        try:
            data = self._wire.get(f"/repos/{self.repository}/collaborators/{quote(login, safe='')}/permission")
        except (Forbidden, NotFound):
            return "none"
        told = payloads.read(payloads.Permission, data)
        return told.role_name if told.role_name in _ROLES else told.permission


class DryRun:
    """A `Wire` that reads, and tells of each write what would have been sent."""

    def __init__(self, wire: Wire, tell: Callable[[str], None]) -> None:
        self._wire = wire
        self._tell = tell

    def get(self, path: str, **parameters: Any) -> Json:
        return self._wire.get(path, **parameters)

    def pages(self, path: str, **parameters: Any) -> Iterator[Json]:
        return self._wire.pages(path, **parameters)

    def query(self, document: str, variables: Mapping[str, Any]) -> Json:
        return self._wire.query(document, variables)

    def write(
        self,
        method: Method,
        path: str,
        body: Mapping[str, Any] | None,
        *,
        arrived: Arrived | None = None,  # noqa: ARG002
    ) -> Json:
        self._tell(f"{method} {path}" + ("" if body is None else f"\n{json.dumps(body, indent=2)}"))
        return {"id": 0, "node_id": "", "state": "COMMENTED", "html_url": ""}

    def mutate(self, document: str, variables: Mapping[str, Any], *, arrived: Arrived | None = None) -> Json:  # noqa: ARG002
        self._tell(f"POST /graphql\n{json.dumps({'query': document, 'variables': dict(variables)}, indent=2)}")
        return {"createCommitOnBranch": {"commit": {"oid": ""}}}
