"""The scope of some lines: in every language, in broken files, in files of no language, and shown within a budget."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.context.grammars import LARGEST
from bot.context.scopes import GAP, Scope, scope_at, shown
from tests.context.snippets import SNIPPETS, Snippet
from tests.odd_repository import unhurried

each = pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.path)
PATHS = [snippet.path for snippet in SNIPPETS]


def names_at(snippet: Snippet, word: str) -> tuple[str, ...]:
    line = snippet.line(word)
    scope = scope_at(snippet.path, snippet.content, (line, line))
    assert scope
    return scope.names


@each
def test_a_line_is_in_the_innermost_function_and_its_outer_ones_are_named(snippet: Snippet):
    assert names_at(snippet, "at_pay") == snippet.pay
    assert names_at(snippet, "at_inner") == snippet.inner
    assert names_at(snippet, "at_top") == snippet.top


@each
def test_a_scope_begins_with_the_comment_above_it_and_has_its_head_as_one_line(snippet: Snippet):
    line = snippet.line("at_pay")
    scope = scope_at(snippet.path, snippet.content, (line, line))
    assert scope
    assert scope.start == snippet.line(snippet.above)
    assert scope.signature == snippet.head
    assert scope.start <= scope.line <= scope.opens < line <= scope.end
    assert "Receipt" in "\n".join(snippet.text.split("\n")[line - 1 : scope.end])


@each
def test_a_syntax_error_elsewhere_changes_nothing(snippet: Snippet):
    broken = f"{snippet.text}\n)) ((( ' {{ if\n".encode()
    line = snippet.line("at_pay")
    scope = scope_at(snippet.path, broken, (line, line))
    assert scope
    assert scope.names[-1] in (*snippet.pay, *snippet.inner)


@each
def test_a_half_written_file_still_has_a_scope_or_none(snippet: Snippet):
    for cut in range(0, len(snippet.content), 37):
        half = snippet.content[:cut]
        last = half.count(b"\n") + 1
        scope = scope_at(snippet.path, half, (last, last))
        assert scope is None or scope.start <= last <= scope.end


def test_lines_of_two_methods_are_in_the_class():
    text = "class A:\n    def f(self):\n        pass\n\n    def g(self):\n        pass\n"
    scope = scope_at("a.py", text.encode(), (3, 6))
    assert scope
    assert (scope.kind, scope.names, scope.start, scope.end) == ("class", ("A",), 1, 6)


def test_lines_of_two_functions_are_in_no_scope_and_neither_are_lines_that_are_not_there():
    text = b"def f():\n    pass\n\ndef g():\n    pass\n"
    assert scope_at("a.py", text, (2, 4)) is None
    assert scope_at("a.py", text, (7, 9)) is None
    assert scope_at("a.py", text, (0, 1)) is None


def test_a_statement_at_the_top_is_a_scope_of_its_lines():
    scope = scope_at("a.test.js", b"describe('x', () => {\n  it('y', () => {\n    z()\n  })\n})\n", (3, 3))
    assert scope == Scope("statement", (), 1, 1, 1, 5, "describe('x', () => {")


def test_a_function_in_an_argument_begins_where_it_begins():
    text = b"const app = make(() => {\n  a()\n\n  function inner() {\n    b()\n  }\n})\n"
    scope = scope_at("a.js", text, (5, 5))
    assert scope == Scope("function", ("inner",), 4, 4, 4, 6, "function inner()")
    text = b"const a = 1\n\nexport const f = (x) => {\n  b()\n}\n"
    assert scope_at("a.js", text, (4, 4)) == Scope("function", ("f",), 3, 3, 3, 5, "export const f = (x)")


def test_a_template_belongs_to_what_it_is_a_template_of():
    text = b"template <typename T>\nclass A {\n  int b;\n  int c;\n};\n"
    assert scope_at("a.cpp", text, (3, 3)) == Scope(
        "class", ("A",), 1, 2, 2, 5, "template <typename T> class A { int b; int c; }"
    )


def test_without_a_grammar_the_block_is_what_is_indented_under_a_line():
    text = b"jobs:\n  test:\n    steps:\n      - run: a\n\n      - run: b\n  lint:\n    steps: []\n"
    scope = scope_at("ci.yml", text, (6, 6))
    assert scope == Scope("block", ("steps:",), 3, 3, 3, 6, "steps:")
    assert scope_at("ci.yml", text, (3, 3)) == Scope("block", ("test:",), 2, 2, 2, 6, "test:")


def test_a_block_ends_with_the_bracket_that_closes_it():
    text = b"server {\n  location / {\n    root x;\n  }\n}\nother\n"
    scope = scope_at("nginx.conf", text, (3, 3))
    assert scope
    assert (scope.start, scope.end, scope.signature) == (2, 4, "location / {")


def test_at_the_margin_a_paragraph_is_the_block():
    scope = scope_at("notes.txt", b"a\nb\n\nc\nd\ne\n\nf\n", (5, 5))
    assert scope
    assert (scope.names, scope.start, scope.end) == ((), 4, 6)


def test_a_file_that_is_too_long_to_parse_goes_by_indentation():
    text = b"def f():\n    x = 1\n" + b"# padding\n" * (LARGEST // 10 + 1)
    scope = scope_at("a.py", text, (2, 2))
    assert scope
    assert scope.kind == "block"


@unhurried
@given(path=st.sampled_from([*PATHS, "a.txt", "a.h", "Makefile"]), content=st.binary(max_size=400), data=st.data())
def test_any_bytes_have_a_scope_that_holds_the_lines_or_none(path: str, content: bytes, data: st.DataObject):
    last = content.count(b"\n") + 1
    first = data.draw(st.integers(1, last))
    end = data.draw(st.integers(first, last))
    scope = scope_at(path, content, (first, end))
    if scope:
        assert scope.start <= first <= end <= scope.end
        assert scope.start <= scope.line <= scope.opens <= scope.end <= last
        room = data.draw(st.integers(0, 600))
        assert len(shown(scope, content, (first, end), room)) <= room


PIECES = st.lists(
    st.sampled_from([piece for snippet in SNIPPETS for piece in snippet.text.split("\n")]), min_size=1, max_size=40
)


@unhurried
@given(path=st.sampled_from(PATHS), pieces=PIECES, data=st.data())
def test_lines_of_code_in_disorder_have_a_scope_that_holds_them_or_none(
    path: str, pieces: list[str], data: st.DataObject
):
    line = data.draw(st.integers(1, len(pieces)))
    scope = scope_at(path, "\n".join(pieces).encode(), (line, line))
    if scope:
        assert scope.start <= line <= scope.end
        assert scope.start <= scope.line <= scope.opens <= scope.end <= len(pieces)


@pytest.mark.parametrize("path", PATHS)
def test_what_nests_deeply_and_what_is_garbage_comes_to_an_end(path: str):
    started = time.process_time()
    for content in (b"(" * 50_000, b"{" * 10_000, b"{ f(\n" * 2_000):
        scope_at(path, content, (1, 1))
    assert time.process_time() - started < 30


LONG = "".join(
    ["# Sums.\n", "@cached\n", "def total(rows):\n", *(f"    step({at})\n" for at in range(4, 60)), "    return 0\n"]
).encode()


def scope_of_long() -> Scope:
    scope = scope_at("a.py", LONG, (30, 31))
    assert scope
    return scope


def test_a_scope_that_fits_is_shown_whole_with_numbers_as_a_chunk_has_them():
    text = shown(scope_of_long(), LONG, (30, 31), 10_000)
    lines = text.split("\n")
    assert lines[0] == "    1   # Sums."
    assert lines[2] == "    3   def total(rows):"
    assert len(lines) == LONG.count(b"\n") + 1
    assert GAP not in text


def test_a_scope_that_does_not_fit_is_cut_to_its_head_the_hunk_and_what_leads_to_it():
    text = shown(scope_of_long(), LONG, (30, 31), 160)
    assert text == (
        "      ...\n"
        "    3   def total(rows):\n"
        "      ...\n"
        "   27       step(27)\n"
        "   28       step(28)\n"
        "   29       step(29)\n"
        "   30       step(30)\n"
        "   31       step(31)\n"
        "      ...\n"
    )


def test_a_secret_is_not_shown():
    text = b"def f():\n    key = 'ghp_" + b"a1" * 20 + b"'\n    return key\n"
    scope = scope_at("a.py", text, (3, 3))
    assert scope
    assert "ghp_[masked]" in shown(scope, text, (3, 3), 1_000)
