"""What may be shown of a text that isn't ours: secrets masked, hidden characters written out.

The shapes of secrets are those that their issuers publish, or that secret scanners agree on. A text that merely may
be one (`password = "..."`) is left alone: hiding code from a reviewer has a price too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "[masked]"

# A word, looked for first since most lines have none, and the shape of the secret that has it; the group is the
# beginning that tells what it was, and is kept. What can begin anew within itself (`sk-sk-...`) begins only where
# nothing of its kind stands before: a search from each of many beginnings to the end of a long line takes minutes.
_SHAPES = tuple(
    (word, re.compile(shape))
    for word, shape in (
        ("gh", r"(\bgh[pousr]_)[A-Za-z0-9_.-]{30,}"),
        ("github_pat_", r"(\bgithub_pat_)\w{22,}"),
        ("glpat-", r"(\bglpat-)[\w-]{20,}"),
        ("AKIA", r"(\bAKIA)[0-9A-Z]{16}\b"),
        ("ASIA", r"(\bASIA)[0-9A-Z]{16}\b"),
        ("xox", r"(\bxox[abeoprs]-)[\w-]{10,}"),
        ("AIza", r"(\bAIza)[\w-]{35}"),
        ("k_live_", r"(\b[srp]k_live_)[0-9A-Za-z]{16,}"),
        ("k_test_", r"(\b[srp]k_test_)[0-9A-Za-z]{16,}"),
        ("sk-", r"((?<![\w-])sk-)(?=[\w-]*\d)[\w-]{20,}"),
        ("npm_", r"(\bnpm_)[A-Za-z0-9]{36}"),
        ("pypi-", r"(\bpypi-)[\w-]{50,}"),
        ("hf_", r"(\bhf_)[A-Za-z0-9]{30,}"),
        ("eyJ", r"((?<![\w-])eyJ)[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}"),
        ("SG.", r"(\bSG\.)[\w-]{20,}\.[\w-]{40,}"),
        ("://", r"""(://[^\s/:@"'<>]*:)(?![${<%])[^\s/@"'<>]{3,}(?=@(?!sha256:))"""),
        (
            "PRIVATE KEY",
            r"(-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\\+[rn]| )*)[A-Za-z0-9+/=\\]{16,}",
        ),
    )
)
_KEY_OPENS = re.compile(r"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY( BLOCK)?-----")
_KEY_CLOSES = re.compile(r"-----END (?:[A-Z]+ ){0,3}PRIVATE KEY( BLOCK)?-----")
# What stands around the letters of a key that is written into code: quotes, signs of comments and of continuation.
_AROUND = " \t\r\"'`,;:#*|>()[]{}\\-"
_KEY_LINE = re.compile(r"=?[A-Za-z0-9+/]+={0,2}")
_KEY_FIELD = re.compile(r"[A-Z][A-Za-z-]*: ")
_KEY_WIDTH = 16  # letters that the first line of a key has at least; the last one may be shorter than any
# Characters that hide text or turn its order: soft hyphen, zero width, bidi controls, tags, variation selectors that
# can carry bytes, interlinear annotations, line ends that aren't shown as such.
# https://www.unicode.org/reports/tr36/
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def masked(text: str) -> str:
    """`text` with what looks like a token or a key behind its first letters replaced by `[masked]`."""
    for word, shape in _SHAPES:
        if word in text:
            text = shape.sub(rf"\1{MASK}", text)
    return text


def without_keys(text: str) -> str:
    """`masked`, and the lines of private keys masked too. For texts of many lines."""
    kept, lines = [], text.split("\n")
    for line, secret in zip(lines, in_private_key(lines), strict=True):
        kept.append(MASK if secret else masked(line))
    return "\n".join(kept)


def in_private_key(lines: Iterable[str]) -> list[bool]:
    """Which lines are the inside of a private key block. A block ends with the first line that can't be part of one:
    its mark alone, in a comment or a constant, must not hide the code that follows.
    """
    inside, begun, found = False, False, []
    for line in lines:
        core = _core(line)
        if _KEY_CLOSES.search(line):
            inside = False
        letters = bool(_KEY_LINE.fullmatch(core)) and (begun or len(core) >= _KEY_WIDTH)
        found.append(inside and letters)
        begun = inside and (begun or letters)
        inside = inside and (letters or not core or bool(_KEY_FIELD.match(core)))
        if _KEY_OPENS.search(line) and not _KEY_CLOSES.search(line):
            inside, begun = True, False
    return found


def revealed(text: str) -> str:
    r"""`text` with hidden characters written out, as in `\u202e`."""
    if text.isascii():
        return text
    return _HIDDEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def _core(line: str) -> str:
    """A line of a file, or of a text that code is made of, without what stands around it."""
    core = line.strip(_AROUND + "+")
    for ending in ("\\n", "\\r"):
        core = core.removesuffix(ending)
    return core.strip(_AROUND)
