"""What GitHub says of a body before it looks at what it means."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs

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
    found = [problem for problem in request_problems(method, template, body) if not _own_words(template, problem)]
    if found:
        raise Refused(422, "Invalid request.\n\n" + "\n".join(map(_worded, found)))


def _own_words(template: str, problem: jsonschema_rs.ValidationError) -> bool:
    """What the operation itself says better, and what was said above."""
    at = list(problem.instance_path)
    if problem.kind.name == "required" and not at:
        return True
    return template.endswith(("/comments", "/reviews", "/events")) and at in (["side"], ["start_side"], ["event"])


def _worded(problem: jsonschema_rs.ValidationError) -> str:
    """A finding of JSON Schema, in the words of GitHub's own."""
    steps = ["items" if isinstance(step, int) else f"properties/{step}" for step in problem.instance_path]
    kind, says = problem.kind, re.sub(r"^null\b", "nil", problem.message)
    if kind.name == "anyOf":
        return 'No subschema in "oneOf" matched.'
    if kind.name == "required":
        says = f'"{kind.property}" wasn\'t supplied'
    elif kind.name == "enum":
        says = f"{json.dumps(problem.instance)} is not a member of {json.dumps(kind.options)}"
    elif kind.name == "type":
        says = re.sub(r' is not of type "(\w+)"', lambda at: f" is not {_article(at[1])} {at[1]}", says)
    return f"For '{'/'.join(steps)}', {says}."


def _article(word: str) -> str:
    return "an" if word[0] in "aio" else "a"
