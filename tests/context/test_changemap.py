"""The map of a change: roles, sizes, signatures, within a budget, always the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.context.changemap import change_map
from bot.context.signatures import SignatureChange
from bot.diff.change import FileDiff, Status
from tests.odd_repository import unhurried

FILES = (
    FileDiff("README.md", "README.md", Status.MODIFIED, 2, 1, 1),
    FileDiff("bank/account.py", "bank/account.py", Status.MODIFIED, 12, 3, 2),
    FileDiff("logo.png", "logo.png", Status.MODIFIED, 0, 0, 0, binary=True),
    FileDiff("tests/test_account.py", "tests/test_account.py", Status.ADDED, 9, 0, 1),
)
SIGNATURES = {
    "bank/account.py": (
        SignatureChange(("Account", "pay"), "def pay(self)", "def pay(self, amount)", (4, 4), (4, 4)),
        SignatureChange(("Account", "close"), "", "def close(self)", (0, 0), (9, 9)),
        SignatureChange(("audit",), "def audit()", "", (20, 20), (0, 0)),
    )
}


def test_each_file_has_a_line_and_each_changed_signature_one_below_it():
    assert change_map(FILES, SIGNATURES, 1_000) == (
        "The change touches 4 files:\n"
        "README.md (docs) +2 -1\n"
        "bank/account.py +12 -3\n"
        "  Account: def pay(self) -> def pay(self, amount)\n"
        "  Account: new: def close(self)\n"
        "  gone: def audit()\n"
        "logo.png (data) binary\n"
        "tests/test_account.py (test) added\n"
    )


def test_where_room_is_short_code_goes_before_the_rest_and_leaves_some_to_signatures():
    assert change_map(FILES, SIGNATURES, 90) == (
        "The change touches 4 files:\nbank/account.py +12 -3\n  Account: new: def close(self)\nand 3 more files\n"
    )
    assert change_map(FILES, {}, 90) == (
        "The change touches 4 files:\nbank/account.py +12 -3\ntests/test_account.py (test) added\nand 2 more files\n"
    )


def test_without_files_there_is_only_the_count():
    assert change_map((), {}, 100) == "The change touches 0 files:\n"


@unhurried
@given(room=st.integers(0, 400), count=st.integers(0, 4))
def test_a_map_stays_within_its_room(room: int, count: int):
    text = change_map(FILES[:count], SIGNATURES, room)
    assert len(text.partition("\n")[2]) <= room
    assert text == change_map(FILES[:count], dict(SIGNATURES), room)
