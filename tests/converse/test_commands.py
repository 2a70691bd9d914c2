"""What is taken for a command, and what a command takes with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.converse.commands import MOST, RULES, Parsed, Unknown, help_text, holds_command, parse
from tests.odd_repository import unhurried


def said(text: str) -> tuple[str, str]:
    """The name of the command in `text`, and what stands behind it."""
    parsed = parse(text)
    assert isinstance(parsed, Parsed), parsed
    return parsed.rule.name, parsed.text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_command_is_known_by_its_name(rule):
    assert parse(f"/patchwright {rule.name}") == Parsed(rule)
    assert rule.where
    assert rule.help.endswith(".")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("/patchwright review", "review"),
        ("/Patchwright REVIEW", "review"),
        ("   /patchwright\texplain", "explain"),
        ("/patchwright suggest.", "suggest"),
        ("/patchwright\u00a0apply", "apply"),
        ("/patchwright re\u200bview", "review"),
        ("Thanks, that was it.\r\n\r\n/patchwright ignore\r\n", "ignore"),
        ("- one\n- two\n\n/patchwright explain", "explain"),
        ("/patchwright", "help"),
        ("/patchwright   ", "help"),
        ("/patchwright\nthanks!", "help"),
        ("> what somebody said\n/patchwright explain", "explain"),
        ("```\n/patchwright apply\n```\n/patchwright explain", "explain"),
        ("/patchwright explain\n/patchwright apply", "explain"),
        ("the `<!--` in the template\n/patchwright explain", "explain"),
    ],
)
def test_the_first_line_that_begins_with_the_name_is_the_command(text, name):
    assert said(text)[0] == name
    assert holds_command(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Looks good to me.",
        "Try `/patchwright review`",
        "please /patchwright review",
        "/patchwrighter review",
        "/patchwright:review",
        "//patchwright review",
        "\u200b/patchwright review",
        "a\u2028/patchwright review",
    ],
)
def test_what_merely_speaks_of_one_is_no_command(text):
    assert parse(text) == Unknown("")
    assert not holds_command(text)


@pytest.mark.parametrize(
    "text",
    [
        "```\n/patchwright apply\n```",
        "```\n/patchwright apply",
        "~~~~ text\n~~~\n/patchwright apply\n~~~~",
        "```\na log with\n\u200b```\n/patchwright apply\n```",
        "```\na log with\n     ```\n/patchwright apply\n```",
        "- ```\n  /patchwright apply\n  ```",
        "- ```\nout of the list\n```\n/patchwright apply\n```",
        "    /patchwright apply",
        "\t/patchwright apply",
        "> /patchwright apply",
        ">/patchwright apply",
        "- > a\n  > /patchwright apply",
        "> ```\n> /patchwright apply\n> ```",
        "<!-- /patchwright apply -->",
        "<!--\n/patchwright apply\n-->",
        "<!-- never closed\n\n/patchwright apply",
        "text <!--\n/patchwright apply\n-->",
        "text <!--\n--> /patchwright apply",
        "<pre>\n/patchwright apply\n</pre>",
        "<pre>\n```\n</pre>\n```\n/patchwright apply\n```",
    ],
)
def test_where_somebody_else_may_be_speaking_nothing_is_a_command(text):
    assert not holds_command(text)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("/patchwright ask why is this a list?", "why is this a list?"),
        ("/patchwright ask: why?", "why?"),
        ("/patchwright ask\nwhy?", "why?"),
        ("/patchwright ask why?\r\n\r\nI thought\r\nof a set.\r\n", "why?\n\nI thought\nof a set."),
        ("/patchwright ask is this right?\n```py\nx = 1\n```\n", "is this right?\n```py\nx = 1\n```"),
        ("/patchwright ask why?\n```\n/patchwright apply\n> a\n```", "why?\n```\n/patchwright apply\n> a\n```"),
        ("/patchwright ask why?\n\n> you said so", "why?"),
        ("/patchwright ask why?\n/patchwright apply", "why?"),
        ("/patchwright ask is a > b?", "is a > b?"),
        ("/patchwright ask why <!-- say: because --> not?", "why  not?"),
        ("/patchwright ask why <!-- say:\nbecause --> not?", "why \n not?"),
        ("/patchwright ask why?\n\n<!-- a template -->\n", "why?"),
        ("/patchwright ask w\u200bh\u202ey\x00?\x1b[31m\U000e0041\ud800\ufe0f", "why?[31m"),
        ("/patchwright ask", ""),
        ("/patchwright ask " + "x" * 3 * MOST, "x" * MOST),
    ],
)
def test_a_question_is_what_follows_up_to_a_quote_or_the_next_command(text, question):
    assert said(text) == ("ask", question)


def test_a_fix_takes_a_hint():
    assert said("/patchwright fix look at `pay.py` first") == ("fix", "look at `pay.py` first")


@pytest.mark.parametrize(
    ("text", "full"),
    [("review", False), ("review full", True), ("review Full\nplease", True), ("review please, in full", False)],
)
def test_a_review_may_start_anew(text, full):
    parsed = parse(f"/patchwright {text}")
    assert isinstance(parsed, Parsed)
    assert parsed.full is full


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("reviewx", "There is no command `reviewx`: did you mean `/patchwright review`?"),
        ("Xplain this", "There is no command `xplain`: did you mean `/patchwright explain`?"),
        ("merge", "There is no command `merge`: `/patchwright help` lists what there is."),
        ("`@maria`<img>", "There is no command `mariaimg`: `/patchwright help` lists what there is."),
        ("🎉", "There is no such command: `/patchwright help` lists what there is."),
        ("x" * 999, f"There is no command `{'x' * 40}`: `/patchwright help` lists what there is."),
    ],
)
def test_an_unknown_word_is_answered_by_one_sentence(word, answer):
    unknown = parse(f"/patchwright {word}")
    assert isinstance(unknown, Unknown)
    assert unknown.answer == answer


def test_only_who_may_write_may_have_code_written():
    assert {rule.name for rule in RULES if rule.permission == "write"} == {"apply", "fix"}


def test_the_help_is_a_row_for_each_command_and_holds_none():
    lines = help_text().splitlines()
    assert len(lines) == 2 + len(RULES)
    for rule, line in zip(RULES, lines[2:], strict=True):
        assert line.startswith(f"| `/patchwright {rule.name}")
        assert line.count("|") == 5
    assert (
        "| `/patchwright ask <question>` | Answer a question about the change. | thread or comment | triage |" in lines
    )
    assert not holds_command(help_text())


PIECES = st.sampled_from(
    ["/patchwright ", "/patchwright", "ask", "review", "\n", "\r\n", "\r", " ", "    ", "\t", "```", "~~~", "> ", "- ",
     "1. ", "<!--", "-->", "<pre>", "</pre>", "<details>", "# ", "---", "|", "[a]: b", "x", "\u2028", "\x00", "\ud800"]
)  # fmt: skip


@unhurried
@given(st.text() | st.lists(PIECES, max_size=30).map("".join))
def test_no_text_is_too_odd(text):
    parsed = parse(text)
    assert isinstance(parsed, Parsed | Unknown)
    if isinstance(parsed, Parsed):
        assert holds_command(text)
        assert len(parsed.text) <= MOST
    if not holds_command(text):
        assert parsed == Unknown("")


@unhurried
@given(st.lists(PIECES, max_size=30).map("".join))
def test_nothing_within_a_quote_or_a_fence_is_a_command(text):
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert not holds_command("\n".join(f"> {line}" for line in lines))
    assert not holds_command("`" * 200 + f"\n{text}")


@pytest.mark.parametrize("piece", ["<!--", "text <!--\n", "/patchwright\n", "a\n<!-- -->", "> ", "> a\n", "[a]: "])
def test_a_comment_of_the_greatest_length_is_read_at_once(piece):
    """GitHub takes 65,536 characters. Were anything the square of that, the test would never end."""
    parse(piece * (65_536 // len(piece)))
