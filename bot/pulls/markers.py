"""Hidden marks in what Patchwright writes on GitHub, by which a later run knows it again.

A mark is an HTML comment on the last line of a body: `<!-- patchwright:KIND {JSON} -->`. Nobody else's text can be
the last line of what we write, and marks are believed only in what our own account wrote (`viewerDidAuthor`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

Kind = Literal["finding", "review", "summary", "answer"]

OPENING = "<!-- patchwright:"  # every comment of ours holds one

_MARK = re.compile(r"<!-- patchwright:(?P<kind>[a-z]+) (?P<value>\{[^<>]*\}) -->")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_UNSAFE = {ord(char): f"\\u{ord(char):04x}" for char in "<>&-"}


def mark(kind: Kind, value: Mapping[str, Any]) -> str:
    """The line to end a body with. Strings in `value` may hold anything: none of it can close the comment."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    safe = _STRING.sub(lambda string: string[0].translate(_UNSAFE), text)  # elsewhere a minus opens a number
    return f"<!-- patchwright:{kind} {safe} -->"


def marked(body: str, kind: Kind) -> dict[str, Any] | None:
    """The value of the mark of `kind` that ends `body`; None where there is none."""
    line = body.rstrip().rpartition("\n")[2]
    found = _MARK.fullmatch(line)
    if not found or found["kind"] != kind:
        return None
    try:
        value = json.loads(found["value"])
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
