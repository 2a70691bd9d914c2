"""Who defines and uses a name: in every language, packed and unpacked, and together as an Index."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.context.symbols import FileSymbols, index_file, index_of, packed, symbols_used, unpacked
from bot.diff.change import Line
from tests.context.snippets import SNIPPETS, Snippet
from tests.odd_repository import unhurried

each = pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.path)
PATHS = [snippet.path for snippet in SNIPPETS]


@each
def test_definitions_have_their_line_container_and_signature(snippet: Snippet):
    found = {symbol.name: symbol for symbol in index_file(snippet.path, snippet.content).definitions}
    pay, top = found["pay"], found["top"]
    assert (pay.container, pay.head) == (".".join(snippet.pay[:-1]), snippet.head)
    assert pay.kind == ("method" if "Account" in snippet.pay else "function")
    assert top.container == ".".join(snippet.top[:-1])
    assert "top" in snippet.text.split("\n")[top.line - 1]


@each
def test_uses_have_the_lines_on_which_a_name_is_called_or_made(snippet: Snippet):
    uses = index_file(snippet.path, snippet.content).uses or {}
    for word in ("at_pay", "at_inner", "at_top", "Receipt"):
        last = [at for at, line in enumerate(snippet.text.split("\n"), 1) if word in line][-1]
        assert uses[word][-1] == last, word
    assert "top" not in uses


@each
def test_imports_are_kept_as_words(snippet: Snippet):
    if "ledger" in snippet.text.lower():
        assert "ledger" in index_file(snippet.path, snippet.content).imports.lower().split()


def test_the_signature_of_a_class_holds_its_constructor():
    text = b"class A(B):\n    def __init__(self, x):\n        pass\n\n    def f(self):\n        pass\n"
    heads = [symbol.head for symbol in index_file("a.py", text).definitions]
    assert heads == ["class A(B); def __init__(self, x)", "def f(self)"]


def test_constants_at_the_top_and_small_structs_are_whole():
    assert [one.head for one in index_file("a.py", b"MOST: int = 3\n").definitions] == ["MOST: int = 3"]
    rust = index_file("a.rs", b"pub struct A {\n    b: u32,\n}\n").definitions
    assert [one.head for one in rust] == ["pub struct A { b: u32, }"]


def test_a_long_signature_is_cut():
    text = f"def f({', '.join(f'argument_{at}' for at in range(99))}):\n    pass\n"
    (symbol,) = index_file("a.py", text.encode()).definitions
    assert len(symbol.head) == 240
    assert symbol.head.endswith(" ...")


@each
def test_symbols_survive_being_packed(snippet: Snippet):
    symbols = index_file(snippet.path, snippet.content)
    assert unpacked(packed(symbols)) == symbols


@unhurried
@given(path=st.sampled_from([*PATHS, "run"]), content=st.binary(max_size=300))
def test_any_bytes_have_symbols_that_survive_being_packed(path: str, content: bytes):
    symbols = index_file(path, content)
    told = unpacked(packed(symbols))
    assert told == (symbols if symbols.uses is not None else FileSymbols(uses={}))


@unhurried
@given(data=st.binary(max_size=60))
def test_what_was_not_packed_here_is_refused(data: bytes):
    with pytest.raises(ValueError, match=r"packed|JSON|Expecting|utf-8|unpack"):
        unpacked(data)
    good = packed(index_file(SNIPPETS[0].path, SNIPPETS[0].content))
    with pytest.raises(ValueError, match=r"packed"):
        unpacked(good[:-3] + bytes(byte ^ 1 for byte in good[-3:]))


def test_an_index_answers_who_defines_and_who_uses_ordered_by_path():
    files = {
        "b.py": b"from a import pay\n\ndef run():\n    pay(1)\n    pay(2)\n",
        "a.py": b"def pay(x):\n    pass\n",
        "c.h": b"int pay(int x);\n",
    }
    index = index_of((path, index_file(path, content)) for path, content in files.items())
    assert [(found.path, found.symbol.line) for found in index.definitions_of("pay")] == [("a.py", 1)]
    assert [(uses.path, uses.lines) for uses in index.callers_of("pay")] == [("b.py", (4, 5))]
    assert index.definitions_of("nothing") == ()
    assert index.callers_of("nothing") == ()
    assert "pay" in index.imports["b.py"].split()


def test_a_declaration_is_told_where_nothing_else_is():
    index = index_of([("c.h", index_file("c.h", b"int pay(int x);\n"))])
    assert [found.symbol.head for found in index.definitions_of("pay")] == ["int pay(int x);"]


def test_an_index_of_some_names_holds_no_others():
    files = [("a.py", index_file("a.py", b"def f():\n    g()\n    h()\n\ndef g():\n    f()\n"))]
    index = index_of(files, only={"g"})
    assert (set(index.definitions), set(index.uses)) == ({"g"}, {"g"})


def test_names_on_added_lines_are_used_what_is_called_first():
    lines = [
        Line(None, 1, "total = Account.find(key)  # see helper()"),
        Line(None, 2, "raise Broke('no money for pay()')"),
        Line(3, 3, "unchanged()"),
        Line(4, None, "removed()"),
        Line(None, 5, "let x = parse::<u32>(raw)?; log!(x)"),
        Line(None, 6, "url = 'http://example.org'; fetch(url)"),
    ]
    used = symbols_used(lines)
    assert [one.name for one in used if one.called] == ["find", "Broke", "parse", "log", "fetch"]
    assert [one.name for one in used if one.member] == ["find"]
    names = [one.name for one in used]
    assert names[:5] == ["find", "Broke", "parse", "log", "fetch"]
    assert {"Account", "total", "key"} <= set(names)
    assert not {"helper", "pay", "unchanged", "removed"} & set(names)


@pytest.mark.parametrize("path", PATHS)
def test_the_index_of_concatenated_garbage_comes_to_an_end(path: str):
    text = b"".join(snippet.content[at % 50 :: 2] for at, snippet in enumerate(SNIPPETS))
    index_file(path, text * 3)


def test_a_long_line_of_quotes_is_read_in_no_time():
    started = time.process_time()
    symbols_used(
        [Line(None, 1, '"' + '\\"' * 200_000), Line(None, 2, "'" + "\\'" * 20_000), Line(None, 3, "a<" * 200_000)]
    )
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.py", "def f(): g()"),
        ("a.rb", "A = f(1)"),
        ("a.ts", "export class A { @x() f(a: B): D { return new E() } }"),
        ("a.js", "export const f = (a) => g(a)"),
        ("a.sh", "f 1"),
        ("a.c", "int f(int a) { return g(a); }"),
    ],
)
def test_the_time_for_a_file_grows_with_its_length_alone(path: str, line: str):
    started = time.process_time()
    assert index_file(path, f"{line}\n".encode() * 8_000).uses
    assert time.process_time() - started < 5
