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

_MARK = re.compile(r"<!-- patchwright:(?P<kind>[a-z]+) (?P<value>\{[^<>]*\}) -->\s*\Z")
_UNSAFE = {ord(char): f"\\u{ord(char):04x}" for char in "<>&-"}  # in a JSON text they stand only within strings


def mark(kind: Kind, value: Mapping[str, Any]) -> str:
    """The line to end a body with. Strings in `value` may hold anything: none of it can close the comment."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return f"<!-- patchwright:{kind} {_escaped(text)} -->"


def marked(body: str, kind: Kind) -> dict[str, Any] | None:
    """The value of the mark of `kind` that ends `body`; None where there is none."""
    line = body.rstrip().rpartition("\n")[2]
    found = _MARK.fullmatch(line)
    if not found or found["kind"] != kind:
        return None
    try:
        value = json.loads(found["value"])
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def is_ours(body: str) -> bool:
    """Whether `body` ends with any mark of ours, whoever wrote it."""
    return bool(_MARK.search(body.rstrip().rpartition("\n")[2]))


def _escaped(text: str) -> str:
    """Minus signs of numbers would be escaped too: there are no negative numbers in our marks."""
    return text.translate(_UNSAFE)
