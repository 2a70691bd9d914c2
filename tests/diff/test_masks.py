"""What may be shown of a text: secrets masked, hidden characters written out, and everything else as it is."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diff.change import Hunk, Line, Side
from bot.diff.masks import MASK, in_private_key, masked, revealed, without_keys
from bot.diff.parse import hunks_of
from bot.diff.place import Place, place
from tests.odd_repository import file_of, unhurried

LETTERS = "aB3" * 40
BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n{BODY}\nMzEfYyjiWA4=\n-----END RSA PRIVATE KEY-----"
LONG = 100_000


# -------------------------------------------------------------------------------------------------------- tokens


@pytest.mark.parametrize(
    ("kept", "secret"),
    [
        ("ghp_", LETTERS[:36]),
        ("ghs_", LETTERS[:36]),
        ("github_pat_", LETTERS[:40]),
        ("glpat-", LETTERS[:20]),
        ("AKIA", "IOSFODNN7EXAMPLE"),
        ("xoxb-", "1234567890-abcdefghij"),
        ("AIza", LETTERS[:35]),
        ("sk_live_", LETTERS[:24]),
        ("sk-", f"proj-{LETTERS[:40]}"),
        ("npm_", LETTERS[:36]),
        ("pypi-", LETTERS[:60]),
        ("hf_", LETTERS[:34]),
        ("eyJ", f"{LETTERS[:20]}.eyJ{LETTERS[:20]}.{LETTERS[:40]}"),
        ("SG.", f"{LETTERS[:22]}.{LETTERS[:43]}"),
    ],
)
def test_a_token_is_masked_behind_the_letters_that_tell_whose_it_is(kept: str, secret: str):
    assert masked(f'token = "{kept}{secret}"  # mine') == f'token = "{kept}{MASK}"  # mine'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://shop:hunter22@db/shop", "postgres://shop:[masked]@db/shop"),
        ("redis://:hunter22@cache:6379", "redis://:[masked]@cache:6379"),
        (f"https://{'u' * 99}:hunter22@host", f"https://{'u' * 99}:[masked]@host"),
    ],
)
def test_the_password_in_an_address_is_masked(text: str, shown: str):
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        'password = "hunter2"',
        "https://${USER}:${PASSWORD}@host",
        "https://x:{{ password }}@host",
        "docker://alpine:3.20@sha256:0123456789abcdef",
        "http://localhost:8080/a@b",
        "task-list-of-the-right-length-1234567890",
        "sk-spinner-with-many-letters",
        "high, through, right",
        "commit 0123456789abcdef0123456789abcdef01234567",
        "ghp_short",
        "BEGIN PRIVATE KEY",
    ],
)
def test_what_merely_may_be_a_secret_is_left_alone(text: str):
    assert masked(text) == text


def test_a_key_on_one_line_is_masked_up_to_its_end():
    one = PEM.replace("\n", "\\n")
    expected = '"key": "-----BEGIN RSA PRIVATE KEY-----\\n[masked]-----END RSA PRIVATE KEY-----\\n",'
    assert masked(f'"key": "{one}\\n",') == expected


@given(st.text(max_size=60) | st.sampled_from([f"ghp_{LETTERS[:36]}", "x://a:bcde@h", PEM.replace("\n", "\\n")]))
def test_what_is_masked_stays_as_it_is_when_masked_again(text: str):
    assert masked(masked(text)) == masked(text)


# ---------------------------------------------------------------------------------------------------------- keys


def test_of_a_private_key_the_marks_remain():
    assert without_keys(f"before\n{PEM}\nafter") == (
        f"before\n-----BEGIN RSA PRIVATE KEY-----\n{MASK}\n{MASK}\n{MASK}\n-----END RSA PRIVATE KEY-----\nafter"
    )


def test_a_key_that_is_cut_off_is_masked_up_to_the_cut():
    assert without_keys(f"-----BEGIN PRIVATE KEY-----\n{BODY}") == f"-----BEGIN PRIVATE KEY-----\n{MASK}"


@pytest.mark.parametrize(
    "lines",
    [
        ['KEY = """-----BEGIN PRIVATE KEY-----', BODY, "MzEf=", '-----END PRIVATE KEY-----"""'],
        ['    "-----BEGIN EC PRIVATE KEY-----\\n" +', f'    "{BODY}\\n" +', '    "MzEf\\n";'],
        ["# -----BEGIN OPENSSH PRIVATE KEY-----\r", f"# {BODY}\r", "# MzEf==\r", "# -----END OPENSSH PRIVATE KEY-----"],
        ["-----BEGIN PGP PRIVATE KEY BLOCK-----", "Version: GnuPG v2", "", BODY, "=aBcD"],
        ["-----BEGIN RSA PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,AB", "", BODY],
    ],
)
def test_a_key_is_masked_however_it_is_written_down(lines: list[str]):
    secret = in_private_key(lines)
    assert [line for line, told in zip(lines, secret, strict=True) if told] == [
        line for line in lines if BODY in line or "MzEf" in line or "=aBcD" in line
    ]


@pytest.mark.parametrize(
    "mark", ["# -----BEGIN PRIVATE KEY-----", 'HEAD = "-----BEGIN RSA PRIVATE KEY-----"', "-----BEGIN PRIVATE KEY-----"]
)
def test_the_mark_of_a_key_hides_no_code_that_follows_it(mark: str):
    lines = [mark, "import os", "", "os.system('rm -rf /')", "else:", "    pass", "# -----END PRIVATE KEY-----", "}"]
    assert not any(in_private_key(lines))


def test_code_behind_a_key_without_an_end_is_shown():
    assert in_private_key(["-----BEGIN PRIVATE KEY-----", BODY, "x = 1", BODY]) == [False, True, False, False]


def test_within_a_hunk_the_lines_of_a_key_are_masked_on_both_sides():
    texts = [
        (1, 1, "-----BEGIN PRIVATE KEY-----"),
        (2, None, BODY),
        (None, 2, BODY[::-1]),
        (3, 3, "MzEf="),
        (4, 4, "x = 1"),
    ]
    (hunk,) = hunks_of(file_of([Hunk(0, "", tuple(Line(*line) for line in texts))]))
    assert [line.shown for line in hunk.lines] == ["-----BEGIN PRIVATE KEY-----", MASK, MASK, MASK, "x = 1"]
    assert hunk.lines[1].text == BODY


# -------------------------------------------------------------------------------------------------- hidden letters


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a\\u202eb"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\ufeffx", "\\ufeffx"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("// fine\u2028evil()", "// fine\\u2028evil()"),
        ("soft\u00adhyphen", "soft\\xadhyphen"),
    ],
)
def test_a_hidden_character_is_written_out(text: str, shown: str):
    assert revealed(text) == shown


@pytest.mark.parametrize("text", ["naïve café", "日本語", "❤️", "a\tb", "קוד", "é\u0301", "", "x = 1"])
def test_what_can_be_seen_is_left_alone(text: str):
    assert revealed(text) == text


VISIBLE = {"\u06dd", "\u070f", "\u08e2", "\U000110bd", "\U000110cd"}  # signs that are drawn around their numbers


@given(st.characters(categories=["Cf"]))
def test_no_character_of_format_stays_hidden(char: str):
    drawn = char in VISIBLE or unicodedata.name(char, "").startswith(("ARABIC", "EGYPTIAN"))
    assert drawn or revealed(char) != char


# -------------------------------------------------------------------------------------------------------- placing


def test_a_quote_of_what_was_shown_finds_the_line_that_holds_the_secret():
    token = Line(None, 7, f'TOKEN = "ghp_{LETTERS[:36]}"\r')
    hidden = Line(None, 8, "if user\u202e == admin:")
    hunks = (Hunk(0, "", (token, hidden)),)
    assert place('TOKEN = "ghp_[masked]"', None, hunks) == Place(Side.RIGHT, 7, 7)
    assert place("if user\\u202e == admin:", None, hunks) == Place(Side.RIGHT, 8, 8)
    assert place(f"{token.shown}\n{hidden.shown}", None, hunks) == Place(Side.RIGHT, 7, 8)


@unhurried
@given(st.lists(st.sampled_from(["x = 1", BODY, f"k = 'hf_{LETTERS[:34]}'", "\u200by", PEM[:31]]), min_size=1))
def test_every_line_is_placed_by_what_was_shown_of_it(texts: list[str]):
    (hunk,) = hunks_of(file_of([Hunk(0, "", tuple(Line(None, at, text) for at, text in enumerate(texts, 1)))]))
    for line in hunk.lines:
        assert place(line.shown, line.new, (hunk,)) == Place(Side.RIGHT, line.new or 0, line.new or 0)


# ---------------------------------------------------------------------------------------------------------- speed


def test_ordinary_lines_take_no_time():
    lines = ["        value = self.other[index].get(name, None)  # and so on", "    return through_the_right_height(x)"]
    started = time.process_time()
    for _ in range(LONG // 2):
        for line in lines:
            masked(line)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "piece",
    [
        "ghp_", "github_pat_", "glpat-", "AKIA", "ASIA", "xoxb-", "AIza", "sk_live_", "sk-", "npm_", "pypi-", "hf_",
        "eyJ", "eyJ-", "SG.", "://", "://:", "://a:", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "A ", "\\n",
        "=", "'", "+",
    ],
)  # fmt: skip
@pytest.mark.parametrize("opening", ["", "eyJ", "sk-", "://a:", "SG.", "-----BEGIN PRIVATE KEY-----"])
def test_a_hostile_line_takes_no_time(opening: str, piece: str):
    line = opening + piece * (LONG // len(piece))
    started = time.process_time()
    masked(line)
    in_private_key([PEM[:31], line, line])
    without_keys(line)
    assert time.process_time() - started < 0.5
