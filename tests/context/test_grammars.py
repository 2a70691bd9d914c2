"""Which language a file is in."""

from __future__ import annotations

import pytest

from bot.context.grammars import LARGEST, kind_of, language_of, may_parse, parse
from bot.context.queries import QUERIES


@pytest.mark.parametrize(
    ("path", "content", "language"),
    [
        ("a/b.py", b"", "python"),
        ("a/B.PY", b"", "python"),
        ("types.d.ts", b"", "typescript"),
        ("App.tsx", b"", "tsx"),
        ("Rakefile", b"", "ruby"),
        ("a.h", b"struct a { int b; }; // template <class T>", "c"),
        ("a.h", b"#pragma once\nnamespace a {\nclass B;\n}\n", "cpp"),
        ("a.h", b"struct a {\n public:\n  int b;\n};\n", "cpp"),
        ("run", b"#!/usr/bin/env -S python3.12 -u\n", "python"),
        ("run", b"#!/bin/sh -e\n", "bash"),
        ("run", b"#!/usr/local/bin/node\n", "javascript"),
        ("run", b"#!/usr/bin/perl\n", ""),
        ("run", b"\x7fELF\xff", ""),
        (".bashrc", b"", ""),
        ("a.py/b", b"", ""),
        ("a.unknown", b"#!/bin/sh\n", ""),
        ("notes.md", b"", ""),
    ],
)
def test_a_file_has_the_language_of_its_name_or_else_of_its_first_line(path: str, content: bytes, language: str):
    assert language_of(path, content) == language


def test_a_name_says_whether_there_may_be_a_language():
    assert [may_parse(path) for path in ("a.py", "run", "Gemfile", "a.md")] == [True, True, True, False]
    assert [kind_of(path) for path in ("x/a.tar.GZ", ".env", "x.y/Gemfile", "x.y/run")] == [".gz", "", "Gemfile", ""]


@pytest.mark.parametrize("language", QUERIES)
def test_every_language_parses_anything(language: str):
    tree = parse(language, b"\xff\x00 class {")
    assert tree


def test_what_is_too_long_or_written_by_a_machine_has_no_tree():
    assert parse("python", b"#" * 80 + b"\n" * LARGEST) is None
    assert parse("javascript", b"a=1;" * 5_000) is None
