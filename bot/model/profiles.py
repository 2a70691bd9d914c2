"""What is known of a model before it is asked: how much to show it at once, and how to ask."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

UNKNOWN_CONTEXT = 4_096  # tokens, where neither the server nor the user tells: what Ollama serves by default


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """`pattern` is looked for in the model's name, whatever its case.

    In tokens: `context` is the most of the server's context that we fill, `chunk` the most that a Chunk may hold,
    `join` up to where neighbouring Hunks share one, `answer` the most that an answer may take. `max_findings`,
    and `analysis` and `body` in characters, bound the schema of the answer; `gate` asks for a verdict before any
    finding. `sampling` is sent along with every request. `second_look` is the form of it, `threshold` the probability
    from which on a question confirms.
    """

    name: str
    pattern: str
    context: int
    chunk: int
    join: int
    answer: int
    max_findings: int
    analysis: int
    body: int
    gate: bool
    sampling: Mapping[str, float | int]
    second_look: Literal["off", "question", "judgement"] = "off"
    threshold: float = 0.5
    demonstration: bool = False


# A fixed seed and a low temperature make two reviews of one change alike, as far as the server allows.
_STEADY = MappingProxyType({"temperature": 0.0, "seed": 7})

PROFILES = (
    # Reads some 50 tokens a second on two cores and writes some 10 (docs/performance.md), so everything is short.
    # Asked plainly it raised an alarm on 3 of 3 clean hunks; asked for a verdict first, on none. (That held for other
    # hunks and another prompt: in the demo it raises one on both clean files all the same.)
    ModelProfile(
        name="qwen2.5-coder-small",
        pattern=r"qwen2\.?5-coder[-:](0\.5|1\.5|3)b",
        context=8_192,
        chunk=1_200,
        join=400,
        answer=400,
        max_findings=2,
        analysis=300,
        body=240,
        gate=True,
        sampling=_STEADY,
        demonstration=True,
    ),
    # 1.5k to 4k tokens: attention is the limit of small models, not the window. Shown hunk by hunk, a 4B model's
    # recall rose from 61% to 88% (lgtmaybe's own measurement with qwen3.5:4b).
    ModelProfile(
        name="default",
        pattern=r"",
        context=65_536,
        chunk=4_000,
        join=1_500,
        answer=1_500,
        max_findings=5,
        analysis=1_200,
        body=600,
        gate=False,
        sampling=_STEADY,
    ),
)


def profile_of(model: str) -> ModelProfile:
    """The first profile whose pattern is in the name; the last one fits every name."""
    return next(profile for profile in PROFILES if re.search(profile.pattern, model, re.IGNORECASE))
