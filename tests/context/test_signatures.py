"""What a change does to signatures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.context.signatures import SignatureChange, signatures_changed
from bot.diff.change import Hunk, Line
from tests.context.snippets import SNIPPETS, Snippet
from tests.odd_repository import unhurried


def told(path: str, old: str, new: str) -> list[tuple[str, str, str]]:
    return [
        (".".join(change.names), change.before, change.after)
        for change in signatures_changed(path, old.encode(), new.encode())
    ]


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.path)
def test_a_new_parameter_is_a_change_and_a_new_body_is_none(snippet: Snippet):
    assert told(snippet.path, snippet.text, snippet.text.replace("at_pay", "elsewhere")) == []
    renamed = snippet.text.replace(" pay(", " paid(").replace("\npay(", "\npaid(").replace("::pay(", "::paid(")
    names = [(name.rpartition(".")[2], bool(before), bool(after)) for name, before, after in told(
        snippet.path, snippet.text, renamed
    )]  # fmt: skip
    assert sorted(names) == [("paid", False, True), ("pay", True, False)]


def test_heads_before_and_after_are_told_with_their_lines():
    old, new = "import a\n\ndef f(x):\n    return x\n", "def f(x, y=1):\n    return x\n"
    assert signatures_changed("a.py", old.encode(), new.encode()) == (
        SignatureChange(("f",), "def f(x)", "def f(x, y=1)", (3, 3), (1, 1)),
    )


def test_white_space_and_a_trailing_comma_are_no_change():
    assert told("a.py", "def f(x, y):\n    pass\n", "def f(\n    x,\n    y,\n):\n    pass\n") == []


def test_a_function_that_moves_is_unchanged():
    assert (
        told("a.py", "def f():\n    pass\n\ndef g():\n    pass\n", "def g():\n    pass\n\ndef f():\n    pass\n") == []
    )


def test_a_class_that_comes_or_goes_is_told_without_its_members():
    assert told("a.py", "", "class A:\n    def f(self):\n        pass\n") == [("A", "", "class A")]
    assert told("a.py", "class A:\n    def f(self):\n        pass\n", "") == [("A", "class A", "")]


def test_functions_within_functions_are_left_out():
    assert told("a.py", "def f():\n    pass\n", "def f():\n    def g(x):\n        pass\n") == []


def test_overloads_are_told_apart():
    old = "class A { void f(int a) {} void f(String a) {} }"
    assert told("A.java", old, old.replace("String a", "String a, int b")) == [
        ("A.f", "void f(String a)", "void f(String a, int b)")
    ]


def test_only_what_a_hunk_touches_if_one_is_given():
    old = "def f(x):\n    pass\n\n\n\n\ndef g(x):\n    pass\n"
    new = old.replace("(x)", "(x, y)")
    hunk = Hunk(0, "", (Line(7, None, "def g(x):"), Line(None, 7, "def g(x, y):")))
    changes = signatures_changed("a.py", old.encode(), new.encode(), [hunk])
    assert [change.names for change in changes] == [("g",)]
    assert len(signatures_changed("a.py", old.encode(), new.encode())) == 2


@unhurried
@given(
    path=st.sampled_from([snippet.path for snippet in SNIPPETS]),
    old=st.sampled_from(SNIPPETS),
    new=st.sampled_from(SNIPPETS),
    cut=st.integers(0, 300),
)
def test_any_two_contents_can_be_compared_and_one_with_itself_differs_in_nothing(
    path: str, old: Snippet, new: Snippet, cut: int
):
    signatures_changed(path, old.content[cut:], new.content[:cut])
    assert signatures_changed(path, old.content[cut:], old.content[cut:]) == ()
