"""What GitHub says of a body before it looks at what it means."""

from __future__ import annotations

import re
from typing import Any

from tests.fakes.github_contract import request_problems, required
from tests.fakes.github_router import Refused


def check_request(method: str, template: str, body: Any) -> None:
    """Raises Refused for a body that GitHub's document doesn't allow."""
    if body is None:
        return
    reply = template.endswith("/pulls/{pull_number}/comments") and "in_reply_to" in body
    lacking = sorted(({"body"} if reply else required(method, template)) - set(body))
    if lacking:
        told = "\n".join(f'"{key}" wasn\'t supplied.' for key in lacking)
        raise Refused(422, f"Invalid request.\n\n{told}")
    problems = request_problems(method, template, body)
    told = "\n".join(_worded(*found) for found in problems if not _own_words(template, found[0]))
    if told:
        raise Refused(422, f"Invalid request.\n\n{told}")


def _own_words(template: str, where: str) -> bool:
    """What the operation itself says better."""
    return template.endswith(("/comments", "/reviews", "/events")) and where in ("/side", "/start_side", "/event")


def _worded(where: str, says: str, _: str) -> str:
    """A finding of JSON Schema, in the words of GitHub's own."""
    path = re.sub(r"/\d+(?=/|$)", "/items", where).replace("/", "/properties/").replace("properties/items", "items")
    says = re.sub(r"^null\b", "nil", says)
    says = re.sub(r' is not of type "([aio]?)', lambda at: f" is not {'an' if at[1] else 'a'} {at[1]}", says).rstrip(
        '"'
    )
    return f"For '{path.lstrip('/')}', {says}."
