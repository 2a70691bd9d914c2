"""What a comment on a defect probably speaks of: a loose expression, from the names of a fix and the words about it.

It tells a comment that is about the same thing from one that only stands there, and no more than that: it can match
by chance, and miss an explanation in words of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.diff.change import Line
from bot.evaluate.runs import Run

NAMES = 10  # at most
WORDS = 6
SHORTEST = 4  # characters: `if` and `x` say nothing

_NAME = re.compile(r"[^\W\d]\w*")
_WORD = re.compile(r"[^\W\d_]+")
_CALLED = re.compile(r"__\w+__")
# What stands in any code, and what is said of any fix or by any reviewer.
_SAID_ANYWHERE = """
    abstract args assert async await bool break case catch char class const continue data def default delete dict double
    elif else enum except extends extern false final finally float from func function goto impl import init int integer
    interface isinstance kwargs lambda list long main match module name namespace none null object override package
    param params pass print private protected public raise result return returns self short static str string struct
    super switch template then this throw throws true tuple type typedef undefined union unsigned using value values var
    virtual void while with yield

    add added adds after again allow allowed also always and any are avoid bad been before behavior behaviour both bug
    bugs but calls can cause caused causes change changed changes changing check checks close closed closes code correct
    correctly could crash crashed crashes crashing does doesn don done each error errors even every fail failed failing
    fails file files first fix fixed fixes fixing for gets handle handled handles handling has have hotfix how improve
    incorrect incorrectly instead into issue issues its just last leave line lines make makes making merge method more
    most must need needed needs never new not now off old once one only other our over place prevent problem proper
    properly pull regression remove removed removes request resolve resolved resolves right set should show some still
    support test tested testing tests than that the their them there these they those through too under update updated
    updates use used user uses was were when where which will without work works wrong you
"""
_COMMON = frozenset(_SAID_ANYWHERE.split())


def topic_of(subject: str, runs: Sequence[Run]) -> str:
    """A regular expression, to be searched for without regard to case; empty where nothing stands out.

    The runs take the fix back: the removed lines are the right ones, and names that only they have go first.
    """
    right = [name for run in runs for name in _names(run.removed)]
    wrong = [name for run in runs for name in _names(run.added)]
    only = [name for name in right if name not in set(wrong)]
    names = _first([*only, *right, *wrong], NAMES)
    words = _first(_WORD.findall(subject.lower()), WORDS)
    parts = _first([*names, *words], NAMES + WORDS)
    return rf"(?<![^\W_])({'|'.join(re.escape(part) for part in parts)})" if parts else ""


def _names(lines: Sequence[Line]) -> list[str]:
    return [name for line in lines for name in _NAME.findall(line.text)]


def _first(texts: Iterable[str], most: int) -> list[str]:
    """Those that say something, each once, whatever its case."""
    found: dict[str, str] = {}
    for text in texts:
        bare = text.strip("_")
        if len(bare) >= SHORTEST and bare.lower() not in _COMMON and not _CALLED.fullmatch(text):
            found.setdefault(bare.lower(), bare)
    return list(found.values())[:most]
