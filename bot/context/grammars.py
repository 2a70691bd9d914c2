"""Which language a file is in, and its tree: paths and bytes -> a tree-sitter grammar, loaded when it is first used.

Sixteen grammars are at hand. What has none, is too long, or takes too long, has no tree, and whoever asks goes by
indentation instead.
"""

from __future__ import annotations

import re
import time
from functools import cache
from importlib import import_module

from tree_sitter import Language, Parser, Query, Tree

from bot.context.queries import QUERIES

LARGEST = 512 * 1024  # bytes of a file that is parsed
LONGEST_LINE = 1_000  # mean bytes of a line from which on a file was made by a machine
PATIENCE = 2.0  # CPU seconds: error recovery takes quadratic time in some grammars (Kotlin: 400 kB, over 20 s)
_TOP = 64 * 1024  # bytes in which a header shows that it is C++

_MODULES = {
    "bash": ("tree_sitter_bash", "language"),
    "c": ("tree_sitter_c", "language"),
    "c_sharp": ("tree_sitter_c_sharp", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "go": ("tree_sitter_go", "language"),
    "java": ("tree_sitter_java", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "kotlin": ("tree_sitter_kotlin", "language"),
    "php": ("tree_sitter_php", "language_php"),
    "python": ("tree_sitter_python", "language"),
    "ruby": ("tree_sitter_ruby", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "scala": ("tree_sitter_scala", "language"),
    "swift": ("tree_sitter_swift", "language"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
}
PACKAGES = tuple(sorted({module.replace("_", "-") for module, _ in _MODULES.values()}))

_SUFFIXES = {
    suffix: language
    for language, suffixes in {
        "bash": ".bash .ksh .sh",
        "c": ".c .h",
        "c_sharp": ".cs",
        "cpp": ".c++ .cc .cpp .cu .cuh .cxx .h++ .hh .hpp .hxx .inl .ipp",
        "go": ".go",
        "java": ".java",
        "javascript": ".cjs .js .jsx .mjs",
        "kotlin": ".kt .kts",
        "php": ".php .phtml",
        "python": ".py .pyi .pyw",
        "ruby": ".gemspec .rake .rb .ru",
        "rust": ".rs",
        "scala": ".sbt .sc .scala",
        "swift": ".swift",
        "tsx": ".tsx",
        "typescript": ".cts .mts .ts",
    }.items()
    for suffix in suffixes.split()
}
_NAMES = {
    "Brewfile": "ruby", "Capfile": "ruby", "Gemfile": "ruby", "Guardfile": "ruby", "Podfile": "ruby",
    "Rakefile": "ruby", "SConscript": "python", "SConstruct": "python", "Vagrantfile": "ruby", "wscript": "python",
}  # fmt: skip
_FAMILIES = {
    "cpp": "c", "kotlin": "java", "scala": "java", "tsx": "javascript", "typescript": "javascript",
}  # fmt: skip
_SHEBANG = re.compile(rb"#![^\n]*?\b(python|node|ruby|php|bash|dash|ksh|zsh|sh|kotlin|scala|swift)[\d.]*\b(?![/-])")
_PROGRAMS = {"node": "javascript", "dash": "bash", "ksh": "bash", "zsh": "bash", "sh": "bash"}
_CPP = re.compile(
    rb"^[ \t]*(namespace\b[^;{]{0,200}\{|template[ \t]*<|class[ \t]+\w+|using[ \t]+\w"
    rb"|(public|private|protected)[ \t]*:)",
    re.MULTILINE,
)


def language_of(path: str, content: bytes = b"") -> str:
    """The language of a file, by its name, else by its shebang; empty where there is no grammar for it.

    What its `content` says depends on nothing else but `kind_of` its path.
    """
    kind = kind_of(path)
    if kind == ".h":
        return "cpp" if _CPP.search(content, 0, _TOP) else "c"
    if kind:
        return _SUFFIXES.get(kind) or _NAMES.get(kind, "")
    if shebang := _SHEBANG.match(content[:200]):
        program = shebang[1].decode()
        return _PROGRAMS.get(program, program)
    return ""


def kind_of(path: str) -> str:
    """What the name of a file says of its language: its suffix, or a name that is known; empty for other names."""
    name = path.rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    return name if name in _NAMES else f"{dot}{suffix}".lower() if stem else ""


def family_of(path: str) -> str:
    """The same word for files that can call each other, as far as their names say; empty where they say nothing."""
    kind = kind_of(path)
    language = _SUFFIXES.get(kind) or _NAMES.get(kind, "")
    return _FAMILIES.get(language, language)


def may_parse(path: str) -> bool:
    """Whether a file of this name may have a language."""
    kind = kind_of(path)
    return not kind or kind in _SUFFIXES or kind in _NAMES


def parse(language: str, content: bytes) -> Tree | None:
    """The tree of `content`; None where it is too long, written by a machine, or not to be had in `PATIENCE`."""
    if len(content) > LARGEST or len(content) > LONGEST_LINE * (content.count(b"\n") + 1):
        return None
    deadline = time.thread_time() + PATIENCE
    try:
        return Parser(_grammar(language)).parse(
            lambda offset, _: content[offset:], progress_callback=lambda _, __: time.thread_time() > deadline
        )
    except ValueError:  # the callback has ended it
        return None


@cache
def query(language: str) -> Query:
    """What is looked for in a tree of that language."""
    return Query(_grammar(language), QUERIES[language])


@cache
def _grammar(language: str) -> Language:
    module, function = _MODULES[language]
    return Language(getattr(import_module(module), function)())
