"""How long a text is for a model, where its own tokenizer can't be asked.

The estimate errs on the high side: docs/how-it-works.md says by how much, beside the tokenizer of Qwen2.5-Coder.
"""

from __future__ import annotations

import re

# Code tokenizers give a token to each digit and to nearly each mark, and split words every few letters.
_PIECES = re.compile(r"[A-Za-z]{1,5}|\d|[^\sA-Za-z\d]|\n|[ \t]{2,16}|[ \t](?=\d)")


def estimate(text: str) -> int:
    """Tokens of `text`, no less than a small coding model's tokenizer would count, as a rule."""
    marks = len(_PIECES.findall(text))
    return marks + (len(text.encode("utf-8", "replace")) - len(text)) // 2
