"""What goes over the wire beside JSON: whose token came, what a broken GitHub sends, what others keep for it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.github_limits import TOO_FAST
from tests.fakes.github_pull import Pull
from tests.fakes.github_state import Artifact, Token
from tests.fakes.http import HttpRequest

if TYPE_CHECKING:
    from tests.fakes.github_server import GitHub

UNICORN = b"""<!DOCTYPE html>
<!--

Hello future GitHubber! I bet you're here to remove those nasty inline styles.

-->
<html>
  <head><title>Unicorn! &middot; GitHub</title></head>
  <body><p><strong>We had issues producing the response to your request.</strong></p></body>
</html>
"""
EXCUSES = {
    401: "Bad credentials",
    403: "Resource not accessible by integration",
    404: "Not Found",
    422: "Validation Failed",
    429: TOO_FAST,
    503: "Service unavailable",
    504: "We couldn't respond to your request in time. Sorry about that.",
}


@dataclass(slots=True)
class Reply:
    """What goes out. A status of None: the connection closes instead."""

    status: int | None
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    login: str | None = None


def token_of(hub: GitHub, header: str) -> Token | None:
    """The token in an Authorization header: `token X`, `Bearer X`, or Basic with it as the password."""
    kind, _, value = header.partition(" ")
    if kind.lower() == "basic":
        try:
            value = base64.b64decode(value).decode().partition(":")[2]
        except ValueError:
            return None
    token = hub.tokens.get(value.strip())
    if token is None or token.revoked or (token.expires is not None and hub.clock.now >= token.expires):
        return None
    return token


def blob(hub: GitHub, request: HttpRequest) -> Reply:
    """An artifact's zip, from where it is stored: another host, which refuses GitHub's tokens."""
    artifact = hub.nodes.get(request.path.removeprefix("/_blobs/").removesuffix(".zip"))
    if "authorization" in request.headers or not isinstance(artifact, Artifact) or "sig=" not in request.query:
        return Reply(403, b"Server failed to authenticate the request.", {"content-type": "application/xml"})
    return Reply(200, artifact.content, {"content-type": "application/zip"})


def leave(hub: GitHub, path: str, login: str, told: Any, what: str) -> None:
    """What an interrupted review leaves: an empty draft (`pending`), or its `body` alone."""
    _, _, owner, name, _, number, *_ = path.split("/")
    pull = hub.repositories[f"{owner}/{name}".lower()].issues[int(number)]
    assert isinstance(pull, Pull)
    body, state = ("", "PENDING") if what == "pending" else (told.get("body", ""), "COMMENTED")
    pull.add_review(body, login, pull.head.sha, state)
