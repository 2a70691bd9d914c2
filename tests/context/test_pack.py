"""What a model is told of the rest of the repository: near bearers of a name first, no guesses, within a budget."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from bot.context.pack import ContextItem, names_wanted, pack_for
from bot.context.signatures import SignatureChange, signatures_changed
from bot.context.symbols import Index, index_file, index_of
from bot.diff.change import Hunk, Line
from tests.odd_repository import unhurried

LEDGER = "class Ledger:\n    def add(self, amount, currency='EUR'):\n        pass\n\n\ndef audit(entry):\n    pass\n"
ACCOUNT = (
    "from bank.ledger import Ledger\n\n\ndef pay(account, amount):\n    Ledger().add(amount)\n    check(amount)\n"
    "\n\ndef check(amount):\n    pass\n"
)
JOBS = "from bank.account import pay\n\n\nclass Nightly:\n    def run(self):\n        pay(self.account, 1)\n"
FILES = {
    "bank/ledger.py": LEDGER,
    "bank/account.py": ACCOUNT,
    "jobs/nightly.py": JOBS,
    "web/static.js": "export function check(form) { return form }\n",
}
HUNK = Hunk(0, "", (Line(4, None, "def pay(account):"), *(
    Line(None, at, text) for at, text in enumerate(ACCOUNT.split("\n")[3:6], 4)
)))  # fmt: skip


def index_for(files: Mapping[str, str]) -> Index:
    return index_of((path, index_file(path, text.encode())) for path, text in files.items())


def pack(
    files: Mapping[str, str] = FILES,
    path: str = "bank/account.py",
    hunk: Hunk = HUNK,
    *,
    changed: tuple[SignatureChange, ...] = (),
    room: int = 2_000,
    seen: tuple[int, int] = (0, 0),
) -> list[ContextItem]:
    contents = {path: text.encode() for path, text in files.items()}
    return pack_for(path, hunk, index_for(files), changed=changed, content_of=contents.get, room=room, seen=seen)


CHANGED = signatures_changed(
    "bank/account.py", ACCOUNT.replace("(account, amount)", "(account)").encode(), ACCOUNT.encode()
)


def test_what_the_hunk_uses_is_told_with_its_signature_the_own_file_before_others():
    assert pack() == [
        ContextItem("definition", "bank/ledger.py", 1, "class Ledger"),
        ContextItem("definition", "bank/ledger.py", 2, "Ledger: def add(self, amount, currency='EUR')"),
        ContextItem("definition", "bank/account.py", 9, "def check(amount)"),
    ]


def test_who_calls_a_changed_signature_is_told_with_the_line_that_calls():
    assert pack(changed=CHANGED)[-1] == ContextItem(
        "caller", "jobs/nightly.py", 6, "in Nightly.run: pay(self.account, 1)"
    )


def test_lines_that_the_model_sees_anyway_are_not_told():
    assert "bank/account.py" not in {item.path for item in pack(seen=(4, 10))}


def test_a_name_with_many_distant_bearers_is_not_guessed_at():
    many = {f"far/m{at}/x.py": "def settle(self):\n    pass\n" for at in range(4)}
    hunk = Hunk(0, "", (Line(None, 1, "thing.settle()"),))
    assert pack(many, "bank/new.py", hunk) == []
    few = dict(list(many.items())[:3])
    assert len(pack(few, "bank/new.py", hunk)) == 3
    near = many | {"bank/store.py": "def settle(self, force):\n    pass\n"}
    assert [item.path for item in pack(near, "bank/new.py", hunk)] == ["bank/store.py"]


def test_a_name_that_every_library_has_is_only_told_nearby():
    hunk = Hunk(0, "", (Line(None, 1, "names.append(1)"),))
    assert pack({"far/x.py": "def append(x):\n    pass\n"}, "bank/new.py", hunk) == []
    assert len(pack({"bank/x.py": "def append(x):\n    pass\n"}, "bank/new.py", hunk)) == 1


def test_what_is_only_named_may_be_a_variable():
    hunk = Hunk(0, "", (Line(None, 1, "total = amount"), Line(None, 2, "self.limit = LIMIT")))
    class_text = "class A:\n    def amount(self):\n        pass\n\n    def limit(self):\n        pass\n"
    files = {"far/x.py": "def total():\n    pass\n", "bank/new.py": f"{class_text}\nLIMIT = 3\n"}
    assert [item.text for item in pack(files, "bank/new.py", hunk, seen=(1, 1))] == [
        "A: def limit(self)", "LIMIT = 3"
    ]  # fmt: skip


def test_tests_are_not_told_to_the_source_and_other_languages_to_nobody():
    hunk = Hunk(0, "", (Line(None, 1, "settle(1)"),))
    files = {"tests/a.py": "def settle(x):\n    pass\n", "web/a.js": "function settle(x) {}\n"}
    assert pack(files, "bank/new.py", hunk) == []
    assert [item.path for item in pack(files, "tests/test_new.py", hunk)] == ["tests/a.py"]
    assert [item.path for item in pack(files, "web/b.ts", hunk)] == ["web/a.js"]


def test_a_member_of_an_imported_class_is_near():
    files = {
        "jobs/new.py": "from bank.ledger import Ledger\n",
        "bank/ledger.py": LEDGER,
        "jobs/other.py": "",
        **{f"far/m{at}/x.py": "def add(self):\n    pass\n" for at in range(4)},
    }
    found = pack(files, "jobs/new.py", Hunk(0, "", (Line(None, 2, "ledger.add(1)"),)))
    assert [(item.path, item.line) for item in found] == [("bank/ledger.py", 2)]


def test_an_import_that_names_it_goes_before_the_own_folder():
    files = {
        "bank/new.py": "from tools.store import save\nsave()\n",
        "tools/store.py": "def save(x):\n    pass\n",
        "bank/old.py": "def save(y):\n    pass\n",
    }
    found = pack(files, "bank/new.py", Hunk(0, "", (Line(None, 2, "save()"),)))
    assert [item.path for item in found] == ["tools/store.py"]


def test_callers_of_a_name_that_many_define_are_only_told_nearby():
    files = {f"far/m{at}/x.py": "def pay(self):\n    pass\n" for at in range(4)}
    files |= {"far/caller.py": "x.pay(1)\n", **FILES}
    callers = [item for item in pack(files, changed=CHANGED) if item.kind == "caller"]
    assert [item.path for item in callers] == ["jobs/nightly.py"]


def test_the_names_to_ask_an_index_for_are_those_of_the_hunk_and_of_what_it_changes():
    gone = SignatureChange(("Account", "close"), "def close(self)", "", (1, 1), (0, 0))
    wanted = names_wanted([HUNK], [gone])
    assert {"Ledger", "add", "check", "close"} <= wanted
    contents = {path: text.encode() for path, text in FILES.items()}
    some = index_of(((path, index_file(path, text)) for path, text in contents.items()), only=wanted)
    told = pack_for("bank/account.py", HUNK, some, content_of=contents.get, room=2_000)
    assert told == pack()


def test_a_secret_in_a_signature_is_masked():
    files = {"a.py": "KEY = 'ghp_" + "a1" * 20 + "'\n", "b.py": "from a import KEY\n"}
    (item,) = pack(files, "b.py", Hunk(0, "", (Line(None, 1, "use(KEY)"),)))
    assert item.text == "KEY = 'ghp_[masked]'"


@unhurried
@given(room=st.integers(0, 400))
def test_a_pack_stays_within_its_room_and_callers_have_their_share(room: int):
    items = pack(changed=CHANGED, room=room)
    assert sum(item.size for item in items) <= room
    if room > 200:
        assert any(item.kind == "caller" for item in items)
