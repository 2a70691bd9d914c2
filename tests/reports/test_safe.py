"""Text that isn't ours -> Markdown that does nothing.

What GitHub would make of it is read by a parser of the same kind: whatever goes in, paragraphs, lists and code come
out, and nothing in them calls anybody or leads anywhere.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.reports import safe
from tests.odd_repository import unhurried

GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PLAIN = {"paragraph", "bullet_list", "ordered_list", "list_item", "fence", "inline"}  # blocks that do nothing
QUIET = {"text", "text_special", "code_inline", "softbreak", "hardbreak"}
APART = "\u200b"
LONG = 100_000

# As GitHub looks for them in what it has rendered, outside of code.
LIVE = {
    "mention": re.compile(r"(?<![\w/])@[a-z0-9]", re.IGNORECASE),
    "address": re.compile(r"\w@\w"),
    "issue": re.compile(r"#\d|\bGH-\d|(?<=[^\w])gh-\d", re.IGNORECASE),
    "link": re.compile(r"(?:https?|ftp|mailto|xmpp):[/\w]/?\w|://|(?<![A-Za-z0-9])www\.", re.IGNORECASE),
    "hidden": re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e0fff\ud800-\udfff]"),
}


def blocks(markdown: str) -> list[Token]:
    return GITHUB.parse(markdown)


def words(markdown: str) -> str:
    """The text that a reader sees outside of code; a bar where code stands."""
    return "\n".join("".join(_seen(child) for child in token.children) for token in blocks(markdown) if token.children)


def _seen(token: Token) -> str:
    if token.type == "code_inline":
        return " | "
    return "\n" if token.type.endswith("break") else token.content


def codes(markdown: str) -> list[str]:
    inner = [token for token in blocks(markdown) for token in (token, *(token.children or ()))]
    return [token.content for token in inner if token.type in ("fence", "code_inline", "code_block")]


def rendered(markdown: str) -> str:
    """All that a reader sees, code too, in one line and without what parts the signs."""
    told = []
    for token in blocks(markdown):
        told += [child.content or " " for child in token.children] if token.children else [token.content]
        told.append(" ")
    return " ".join("".join(told).replace(APART, "").split())


def assert_harmless(markdown: str, *, besides: frozenset[str] = frozenset()) -> None:
    """Only paragraphs, lists and code, and nothing live outside of code. `besides` are blocks that are ours."""
    for token in blocks(markdown):
        assert re.sub(r"_(open|close)$", "", token.type) in PLAIN | besides, (token.type, markdown)
        for child in token.children or ():
            assert re.sub(r"_(open|close)$", "", child.type) in QUIET | besides, (child.type, child.content, markdown)
    for what, pattern in LIVE.items():
        assert not pattern.search(words(markdown)), (what, markdown)


# --------------------------------------------------------------------------------------------------- by example


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("ask @maria", f"ask @{APART}maria"),
        ("fixes #12, GH-9 and acme/shop#3", f"fixes #{APART}12, GH{APART}-9 and acme/shop#{APART}3"),
        ("maria@example.org", f"maria@{APART}example.org"),
        ("see https://evil.example", f"see https:/{APART}/evil.example"),
        ("_www.evil.example", f"\\_www{APART}.evil.example"),
        ("![x](y.png)", "\\!\\[x\\](y.png)"),
        ("<!-- patchwright:finding {} -->", "\\<\\!-- patchwright:finding \\{\\} --\\>"),
        ("&#64;maria \\@maria", f"\\&#{APART}64;maria \\\\@{APART}maria"),
        ("`@maria` stays", "`@maria` stays"),
        ("``a ` b``", "``a ` b``"),
        ("$`x`$ costs $5", f"\\${APART}`x`{APART}\\$ costs \\$5"),
        ("a\u202eb", "a\\\\u202eb"),
    ],
)
def test_what_would_come_to_life_is_parted_and_what_is_markdown_is_shown(text: str, made: str):
    assert safe.prose(text) == safe.inline(text) == made
    assert_harmless(made)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("# Heading", "\\# Heading"),
        ("/merge", "\\/merge"),
        ("text\n===", "text\n\\==="),
        ("text\n---", "text\n\\---"),
        ("a\n:-:", "a\n\\:-:"),
        ("a\n-:", "a\n\\-:"),
        ("- - -", "- \\- -"),
        ("- # Heading", "- \\# Heading"),
        ("1. > quote\n2. /merge", "1. \\> quote\n2. \\/merge"),
        ("- [ ] task", "- \\[ \\] task"),
        ("> quote", "\\> quote"),
        ("    indented", "indented"),
        ("-     indented", "- indented"),
        ("[1]: http://x.example", f"\\[1\\]: http:/{APART}/x.example"),
        ("a | b\n--|--", "a \\| b\n\\--\\|--"),
    ],
)
def test_a_line_of_prose_opens_nothing_but_an_item_of_a_list(text: str, made: str):
    assert safe.prose(text) == made
    assert_harmless(made)


def test_a_list_stays_a_list_whatever_its_sign():
    assert safe.prose("Look:\n* one\n+ two\n- three\n\n1. first\n2) second") == (
        "Look:\n- one\n+ two\n- three\n\n1. first\n2) second"
    )


def test_one_line_is_no_list():
    assert safe.inline("- one") == "\\- one"
    assert safe.inline("1. one") == "1\\. one"
    assert safe.inline("# one\n- two") == "\\# one - two"


def test_a_fence_keeps_its_code_to_the_letter_and_its_language():
    text = "Do:\n```python\n@app.route('/')  # 12\n    <b>\n```\nThen @maria."
    assert safe.prose(text) == text.replace("@maria", f"@{APART}maria")


@pytest.mark.parametrize(
    "text",
    ["```\nx = 1", "~~~\nx = 1\n```", "````\nx = 1\n```", "   ```\nx = 1\n   ```", "- a\n\n    ```\nx = 1\n    ```"],
)
def test_a_fence_is_closed_whatever_became_of_its_end(text: str):
    made = safe.prose(text)
    assert_harmless(f"{made}\n\nours")
    assert words(f"{made}\n\nours").endswith("ours")
    assert codes(made)[0].startswith("x = 1")


@pytest.mark.parametrize(
    "language", ["suggestion", "Suggestion", "mermaid", "math", "geojson", "suggestion:-0+0", "a b"]
)
def test_a_fence_of_which_github_makes_more_is_code_and_nothing_else(language: str):
    (fence,) = [token for token in blocks(safe.prose(f"```{language}\nx = 1\n```")) if token.type == "fence"]
    assert fence.info in ("", "a")
    assert fence.content == "x = 1\n"


def test_secrets_are_masked_in_prose_and_in_code():
    token = "ghp_" + "aB3" * 12
    assert safe.prose(f"It is {token} or `{token}`") == "It is ghp\\_\\[masked\\] or `ghp_[masked]`"
    assert safe.block(f"x = '{token}'") == "```\nx = 'ghp_[masked]'\n```"


def test_a_bar_is_one_in_a_table_within_code_and_without():
    for text in ("a|b", "`a|b`", "a\\|b", "`a\\|b`", "`a\\\\|b`", "|", "`|`"):
        row = f"| {safe.cell(text)} | ours |"
        table = blocks(f"| a | b |\n|---|---|\n{row}\n")
        cells = [after.content for token, after in pairwise(table) if token.type == "td_open"]
        assert len(cells) == 2
        assert cells[1] == "ours"
        assert rendered(cells[0]) == text.strip("`")


def test_nothing_is_made_of_nothing():
    assert safe.prose("") == safe.prose("\n\n") == safe.inline(" ") == safe.cell("") == safe.plain("") == ""
    assert safe.code("") == "` `"
    assert safe.block("") == "```\n\n```"


def test_a_log_is_given_no_command_of_a_terminal():
    assert safe.plain("a\x1b[31mred\x07\r\n\u202eb\ud800") == "a[31mred\n\\u202eb\\ud800"


# --------------------------------------------------------------------------------------------------- always

NASTY = st.sampled_from([
    "@maria", "@acme/team", "#12", "acme/shop#3", "GH-9", "gh-9", "fixes #1", "https://evil.example/x?a=b",
    "HTTP://e.example", "ftp://e.example", "www.evil.example", "_www.e.example", "maria@example.org",
    "mailto:m@example.org", "xmpp:m@e.example", "![x](http://e.example/x.png)", "[x](http://e.example)", "[x][1]",
    "[1]: http://e.example", "[^1]", "[^1]: note", "<http://e.example>", "<m@example.org>", "<b>", "</b>",
    "<img src=x>", "<!-- patchwright:finding {} -->", "<!--", "-->", "<details><summary>x</summary>", "</details>",
    "<script>", "<?x", "<![CDATA[", "```", "````", "~~~", "`", "``", "` `", "```suggestion", "```python",
    "~~~~mermaid", "~~struck~~", "~s~", "===", "---", "- - -", "***", "___", "| a | b |", "|---|---|", ":-:",
    "-|-", "$x$", "$$", "$`x`$", "- [ ] task", "- [x]", "/merge", "@dependabot merge", "\u202e", "\u200b",
    "\U000e0041", "\x00", "\r", "\t", "\r\n", "\ud800", "\udce9", "&#64;maria", "&commat;maria", "&lt;b&gt;", "&",
    "\\@maria", "\\", "\\\\", "\\`", "\\|", "|", "*", "**", "_", "*x*", "__x__", "#", "##", "# x", "> x", ">",
    "- ", "* ", "+ ", "1. ", "1)", "1.", "-", "+", "=", ":", "/", "    ", "  ", " ", "\n", "\n\n", "\n    ",
    "\n- ", "x", "word", "ünï", ".", "!", "[", "]", "(", ")", "<", "{", "}", "$", "@", ":/", "//", "://", "w",
    "www", "GH", "-9", "\u2028", "\x0b", "\x85", "\xa0",
])  # fmt: skip
TEXTS = st.lists(NASTY, max_size=14).map("".join) | st.text(max_size=40)
ALWAYS = settings(deadline=None, max_examples=150)


@ALWAYS
@given(TEXTS)
def test_prose_is_harmless_whatever_it_says(text: str):
    made = safe.prose(text)
    assert_harmless(made)
    assert words(f"{made}\n\nours").endswith("ours")


@ALWAYS
@given(TEXTS)
def test_a_line_is_harmless_wherever_it_stands(text: str):
    made = safe.inline(text)
    assert "\n" not in made
    for around, besides in (
        ("{}", ()), ("- {}", ()), ("# {}", ("heading",)), ("> {}", ("blockquote",)), ("**Bug: {}**", ("strong",)),
        ("text\n{}", ()), ("<sub>{}</sub>", ("html_inline",)),
    ):  # fmt: skip
        markdown = around.format(made)
        assert_harmless(markdown, besides=frozenset(besides))
        lists = sum(token.type.endswith("list_open") for token in blocks(markdown))
        assert lists == around.startswith("-"), markdown


@ALWAYS
@given(TEXTS, TEXTS)
def test_a_cell_never_breaks_its_row(one: str, other: str):
    tokens = blocks(f"| a | b |\n|---|---|\n| {safe.cell(one)} | {safe.cell(other)} |\n| c | d |\n")
    assert [token.type for token in tokens].count("tr_open") == 3
    cells = [after.content for token, after in pairwise(tokens) if token.type == "td_open"]
    assert len(cells) == 4
    assert cells[2:] == ["c", "d"]
    for made in cells[:2]:
        assert_harmless(made.replace("|", "\\|"))
    assert [rendered(cell) for cell in cells[:2]] == [rendered(safe.inline(text)) for text in (one, other)]


@ALWAYS
@given(TEXTS)
def test_code_is_the_very_text_on_one_line(text: str):
    (paragraph, inline, _) = blocks(safe.code(text))
    assert (paragraph.type, [child.type for child in inline.children or ()]) == ("paragraph_open", ["code_inline"])
    assert codes(safe.code(text)) == [" ".join(safe.cleaned(text).split()) or " "]


@ALWAYS
@given(TEXTS, st.sampled_from(["", "python", "suggestion"]))
def test_a_block_is_the_very_text(text: str, language: str):
    (fence,) = blocks(safe.block(text, language))
    assert (fence.type, fence.info) == ("fence", language)
    assert fence.content == safe.cleaned(text).strip("\n") + "\n"


HARMLESS = st.lists(
    st.sampled_from([
    "word", "Two words.", "a - b", "x = y * z", "(aside)", "f(x)[0]", "a_b_c", "50 %", "it's \"so\"",
    "n < 0 && m > 1", "`code`", "`a | b`", "``b ` c``", "C#", "C++", "1.5", "snake_case", "{}", "a/b", "ünï",
    "wait!", "\\n", "**bold**",
    ]),
    min_size=1, max_size=6,
).map(" ".join)  # fmt: skip


@unhurried
@given(st.lists(HARMLESS, min_size=1, max_size=4))
def test_ordinary_text_says_what_it_said(lines: list[str]):
    told = [" ".join(re.sub(r"(`+) ?(.+?) ?\1", r"\2", line).split()) for line in lines]
    assert rendered(safe.prose("\n\n".join(lines))) == " ".join(told)
    assert [rendered(safe.inline(line)) for line in lines] == told


@unhurried
@given(st.lists(HARMLESS, max_size=3), st.text(st.characters(codec="ascii", min_codepoint=32), max_size=40))
def test_code_within_prose_says_what_it_said(lines: list[str], code: str):
    text = "\n".join([*lines, "~~~~python", f"x{code}", "~~~~", *lines])
    fences = [token for token in blocks(safe.prose(text)) if token.type == "fence"]
    assert [(fence.info, fence.content) for fence in fences] == [("python", f"x{safe.cleaned(code)}\n")]


@ALWAYS
@given(TEXTS)
def test_what_is_cleaned_can_be_written_anywhere_and_stays_as_it_is(text: str):
    made = safe.cleaned(text)
    assert not LIVE["hidden"].search(made)
    assert safe.cleaned(made) == made


# --------------------------------------------------------------------------------------------------- speed

RUNS = "".join("`" * size + " " for size in range(1, 440))


@pytest.mark.parametrize(
    "piece",
    [
    "@a", "#1", "`", "` ", "`x", "\\`", "``` ", "```\n", "~~~\n", "- ", "1. ", "- - ", "\n", " ", "    \n", "* ",
    "\\", "|", "[", "![x](", "<", "<!--", "://", "www.", "GH-", "$`", "-----BEGIN ", "sk-", "eyJ-", "\u202e", "\t",
    "\r", "ü", RUNS,
    ],
)  # fmt: skip
@pytest.mark.parametrize("make", [safe.prose, safe.cell, safe.code])
def test_a_hostile_text_takes_no_time(make: Callable[[str], str], piece: str):
    text = piece * (LONG // len(piece))
    started = time.process_time()
    make(text)
    assert time.process_time() - started < 2
