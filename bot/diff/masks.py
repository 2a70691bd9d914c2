"""What may be shown of a text that isn't ours: secrets masked, hidden characters written out.

The shapes of secrets are those that their issuers publish, or that secret scanners agree on. A text that merely may
be one (`password = "..."`) is left alone: hiding code from a reviewer has a price too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "[masked]"

# Each keeps the beginning that tells what it was. The words are looked for first: most lines have none of them.
_MARKS = (
    "gh", "github_pat_", "glpat-", "AKIA", "ASIA", "xox", "AIza", "k_live_", "k_test_", "sk-", "npm_", "pypi-", "hf_",
    "eyJ", "SG.", "://",
)  # fmt: skip
_SECRET = re.compile(
    r"""
      (?P<github>\bgh[pousr]_)[A-Za-z0-9_.-]{30,}
    | (?P<pat>\bgithub_pat_)\w{22,}
    | (?P<gitlab>\bglpat-)[\w-]{20,}
    | (?P<aws>\b(?:AKIA|ASIA))[0-9A-Z]{16}\b
    | (?P<slack>\bxox[abeoprs]-)[\w-]{10,}
    | (?P<google>\bAIza)[\w-]{35}
    | (?P<stripe>\b[srp]k_(?:live|test)_)[0-9A-Za-z]{16,}
    | (?P<openai>\bsk-)(?=[\w-]*\d)[\w-]{20,}
    | (?P<npm>\bnpm_)[A-Za-z0-9]{36}
    | (?P<pypi>\bpypi-)[\w-]{50,}
    | (?P<hub>\bhf_)[A-Za-z0-9]{30,}
    | (?P<jwt>\beyJ)[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}
    | (?P<sendgrid>\bSG\.)[\w-]{20,}\.[\w-]{40,}
    | (?P<url>://[^\s/:@"'<>]{1,64}:)(?![${<%])[^\s/@"'<>]{3,}(?=@)
    """,
    re.VERBOSE,
)
_KEY_OPENS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----")
_KEY_CLOSES = re.compile(r"-----END [A-Z ]*PRIVATE KEY( BLOCK)?-----")
# Characters that hide text or turn its order: soft hyphen, zero width, bidi controls, tags, variation selectors that
# can carry bytes, interlinear annotations. https://www.unicode.org/reports/tr36/
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def masked(text: str) -> str:
    """`text` with what looks like a token or a key behind its first letters replaced by `[masked]`."""
    if not any(mark in text for mark in _MARKS):
        return text
    return _SECRET.sub(lambda match: f"{match[match.lastgroup or 0]}{MASK}", text)


def without_keys(text: str) -> str:
    """`masked`, and the lines of private keys masked too. For texts of many lines."""
    kept, lines = [], text.split("\n")
    for line, secret in zip(lines, in_private_key(lines), strict=True):
        kept.append(MASK if secret else masked(line))
    return "\n".join(kept)


def in_private_key(lines: Iterable[str]) -> list[bool]:
    """Which lines are the inside of a private key block. A block without an end ends with the text."""
    inside, found = False, []
    for line in lines:
        if inside and _KEY_CLOSES.search(line):
            inside = False
        found.append(inside and bool(line.strip()))
        if _KEY_OPENS.search(line) and not _KEY_CLOSES.search(line):
            inside = True
    return found


def revealed(text: str) -> str:
    r"""`text` with hidden characters written out, as in `\u202e`."""
    if text.isascii():
        return text
    return _HIDDEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
