"""A small change with planted defects: what `patchwright demo` reviews, and how it says what was found of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.diff.change import Change
from bot.diff.patch import read_patch
from bot.review.findings import Finding

NEAR = 2  # lines between a planted defect and a finding that counts as having found it


@dataclass(frozen=True, slots=True)
class Planted:
    """A defect of the example: the line of the new code where it is, or of the old code that is missed."""

    path: str
    line: int
    what: str


PATCH = Path(__file__).with_name("demo.patch")
PLANTED = (
    Planted("shop/accounts.py", 14, "the guard against an unknown user is gone: None has no `email`"),
    Planted("shop/orders.py", 8, "SQL injection: the customer's name is pasted into the query"),
    Planted("shop/pages.py", 6, "off by one: page 1 begins with the second page's rows"),
    Planted("shop/export.py", 6, "the file is never closed, and its end may never be written"),
)


def change() -> Change:
    """The example: four files with a defect each, and two harmless ones."""
    return Change("demo", "demo", read_patch(PATCH.read_bytes()))


def compare(findings: Sequence[Finding]) -> str:
    """Planted against found, a line each."""
    lines = [f"{'found ' if _found(planted, findings) else 'missed'}  {_where(planted)}" for planted in PLANTED]
    hits = sum(line.startswith("found") for line in lines)
    others = sum(not any(_hits(planted, finding) for planted in PLANTED) for finding in findings)
    total = (
        f"{hits} of {len(PLANTED)} have a finding within {NEAR} lines; read yourself whether it says the right thing. "
        f"{others} finding{'' if others == 1 else 's'} elsewhere."
    )
    return "\n".join(["Planted in this example:", *(f"  {line}" for line in lines), total, ""])


def _where(planted: Planted) -> str:
    return f"{planted.path}:{planted.line}  {planted.what}"


def _found(planted: Planted, findings: Sequence[Finding]) -> bool:
    return any(_hits(planted, finding) for finding in findings)


def _hits(planted: Planted, finding: Finding) -> bool:
    """Near enough on either side: a finding about a removed guard stands on the line that was removed."""
    place = finding.place
    if place is None or finding.path != planted.path:
        return False
    return place.start - NEAR <= planted.line <= place.end + NEAR
