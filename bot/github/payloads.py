"""GitHub's answers, as far as they are read: parsed here, and nowhere trusted to be what they should."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import ForgeError

_Payload = TypeVar("_Payload", bound=BaseModel)


class Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class User(Payload):
    login: str
    type: str = "User"


class Repo(Payload):
    full_name: str


class End(Payload):
    """`repo` is null where the fork was deleted."""

    ref: str
    sha: str
    repo: Repo | None = None


class Label(Payload):
    name: str


class Pull(Payload):
    node_id: str
    number: int
    title: str
    body: str | None = None
    state: str
    draft: bool = False
    locked: bool = False
    merged: bool = False
    user: User | None = None
    labels: tuple[Label, ...] = ()
    base: End
    head: End
    additions: int = 0
    deletions: int = 0
    changed_files: int = 0
    html_url: str


class ChangedFile(Payload):
    """`patch` is left out for binaries, for what is too large, and where only a name or a mode changed."""

    filename: str
    previous_filename: str | None = None
    status: str
    sha: str | None = None
    additions: int
    deletions: int
    changes: int
    patch: str | None = None


class CommitId(Payload):
    sha: str


class Compared(Payload):
    status: str
    merge_base_commit: CommitId
    files: tuple[ChangedFile, ...] = ()


class Content(Payload):
    """`encoding` is `none` for a file above 1 MB: its blob has it. `path` is that of the target of a symbolic link."""

    type: str
    path: str
    sha: str
    encoding: str = ""
    content: str = ""


class Blob(Payload):
    encoding: str
    content: str


class Permission(Payload):
    permission: str
    role_name: str = ""


class IssueComment(Payload):
    id: int
    node_id: str
    body: str | None = ""
    user: User | None = None
    html_url: str = ""


class ReviewPosted(Payload):
    id: int
    node_id: str
    state: str
    body: str | None = ""
    commit_id: str | None = ""
    html_url: str = ""


class Installation(Payload):
    id: int


class CheckRun(Payload):
    id: int
    html_url: str | None = ""
    external_id: str | None = ""


def read(kind: type[_Payload], data: Any) -> _Payload:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ForgeError(f"GitHub's answer isn't what its documentation says ({where}: {first['msg']})") from None
