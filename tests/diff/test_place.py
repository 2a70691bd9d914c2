"""Where a quote stands: by example, and for any run of lines of any hunk."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.diff.change import Hunk, Line, Side
from bot.diff.place import Place, Unplaced, place
from tests.odd_repository import hunk_lists, texts_on, unhurried

HUNKS = (
    Hunk(
        0,
        "def total(cart):",
        (
            Line(10, 10, "    total = 0"),
            Line(11, None, "    if cart is None:"),
            Line(12, None, "        return 0"),
            Line(None, 11, "    check(cart)"),
            Line(13, 12, ""),
            Line(14, 13, "    for item in cart:"),
            Line(15, 14, "        total += item.price"),
            Line(None, 15, "        total += item.tax"),
            Line(16, 16, "    return total"),
        ),
    ),
    Hunk(
        1,
        "def tax(cart):",
        (
            Line(40, 40, "    total = 0"),
            Line(41, None, "    return 0"),
            Line(None, 41, "    return  1"),
            Line(42, 42, "\tx = y"),
        ),
    ),
)


def right(start: int, end: int | None = None) -> Place:
    return Place(Side.RIGHT, start, end or start)


def left(start: int, end: int | None = None) -> Place:
    return Place(Side.LEFT, start, end or start)


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("    check(cart)", right(11)),
        ("        return 0", left(12)),
        ("    if cart is None:\n        return 0", left(11, 12)),
        ("    for item in cart:\n        total += item.price\n        total += item.tax", right(13, 15)),
        ("    check(cart)\n\n    for item in cart:", right(11, 13)),
        ("    return total", right(16)),
        ("\tx = y", right(42)),
    ],
)
def test_whole_lines_are_placed_where_they_stand(quote: str, expected: Place):
    assert place(quote, None, HUNKS) == expected


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("check(cart)", right(11)),
        ("item.tax", right(15)),
        ("cart is None", left(11)),
        ("in cart:\n        total +=", right(13, 14)),
    ],
)
def test_a_part_of_a_line_is_placed_on_the_line(quote: str, expected: Place):
    assert place(quote, None, HUNKS) == expected


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("check( cart )", right(11)),
        ("return 1", right(41)),
        ("x=y", right(42)),
        ("if cart is None:\nreturn 0", left(11, 12)),
        ("  for item in cart:\n      total += item.price", right(13, 14)),
        ("if  cart", left(11)),
    ],
)
def test_other_white_space_is_no_obstacle(quote: str, expected: Place):
    assert place(quote, None, HUNKS) == expected


@pytest.mark.parametrize(
    "quote",
    [
        "\n\n    check(cart)\n\n",
        "```\n    check(cart)\n```",
        "```python\n    check(cart)\n```\n",
        "~~~\ncheck(cart)\n~~~",
        "    check(cart)\r",
        "   11 +     check(cart)",
        "11 + check(cart)",
        "+    check(cart)",
        "+check(cart)",
        "```diff\n+    check(cart)\n```",
    ],
)
def test_what_a_model_puts_around_a_quote_is_taken_off(quote: str):
    assert place(quote, None, HUNKS) == right(11)


def test_lines_as_they_were_shown_are_placed_on_their_side():
    assert place("   11 -     if cart is None:\n   12 -         return 0", None, HUNKS) == left(11, 12)
    assert place("   14           total += item.price\n   15 +         total += item.tax", None, HUNKS) == right(14, 15)


def test_lines_as_they_were_shown_are_placed_though_a_blank_one_lost_the_space_behind_its_number():
    shown = "   11 +     check(cart)\n   12   \n   13       for item in cart:"
    assert place(shown, None, HUNKS) == right(11, 13)
    assert place("\n".join(line.rstrip() for line in shown.split("\n")), None, HUNKS) == right(11, 13)


def test_between_equal_lines_the_named_one_is_taken():
    assert place("    total = 0", 10, HUNKS) == right(10)
    assert place("    total = 0", 40, HUNKS) == right(40)


def test_between_equal_lines_no_place_is_better_than_a_guess():
    for named in (None, 0, -1, 11, 10_000):
        where = place("    total = 0", named, HUNKS)
        assert where == Unplaced("the quoted code stands in 2 places of the change")


def test_a_wrong_line_does_no_harm_to_a_quote_that_stands_once():
    for named in (None, 0, -5, 1, 41, 10_000):
        assert place("    check(cart)", named, HUNKS) == right(11)


def test_lines_on_both_sides_are_taken_from_the_right():
    hunks = (Hunk(0, "", (Line(5, None, "x = f()"), Line(None, 7, "x = f()"))),)
    assert place("x = f()", None, hunks) == right(7)
    assert place("x = f()", 7, hunks) == right(7)
    assert place("x = f()", 5, hunks) == left(5)


def test_what_did_not_change_is_never_placed_on_the_left():
    assert place("    total = 0\n    if cart is None:", None, HUNKS) == left(10, 11)
    (one,) = (Hunk(0, "", (Line(1, 2, "same"), Line(2, None, "gone"))),)
    assert place("same", 1, (one,)) == right(2)


def test_exact_lines_come_before_parts_of_lines_and_before_other_white_space():
    hunks = (Hunk(0, "", (Line(None, 1, "x = 10"), Line(None, 2, "x  = 1"), Line(None, 3, "x = 1"))),)
    assert place("x = 1", None, hunks) == right(3)
    assert place("x = 1", 1, hunks) == right(3)


def test_whole_lines_with_another_indentation_come_before_parts_of_lines():
    hunks = (
        Hunk(
            0,
            "",
            (
                Line(1, None, "    if x:"),
                Line(2, None, "        return 1"),
                Line(3, 1, "    y()"),
                Line(None, 2, "    elif x:"),
                Line(None, 3, "        return 1"),
            ),
        ),
    )
    assert place("if x:\n  return 1", None, hunks) == left(1, 2)
    assert place("if x:\n  return 1", 1, hunks) == left(1, 2)


def test_a_quote_that_joins_what_was_wrapped_is_placed_on_all_of_its_lines():
    hunks = (
        Hunk(0, "", tuple(Line(None, at, text) for at, text in enumerate(("f(", "    a,", "    b,", ")", "g()"), 1))),
    )
    assert place("f(a, b,)", None, hunks) == right(1, 4)
    assert place("a, b,", None, hunks) == right(2, 3)
    assert place("f(\n a, b,\n)", 2, hunks) == right(1, 4)


def test_a_quote_that_crosses_two_hunks_has_no_place():
    assert place("    return total\n    total = 0", None, HUNKS) == Unplaced("the quoted code isn't part of the change")


@pytest.mark.parametrize("quote", ["", " ", "\n\n", "```\n```", "```python\n\n```", "\t\r\n"])
def test_no_quote_has_no_place(quote: str):
    assert place(quote, 11, HUNKS) == Unplaced("no quote")


@pytest.mark.parametrize(
    "quote", ["def total(cart):", "nothing of the kind", "```", "x = yy", "import os\nimport sys", "\0"]
)
def test_what_stands_nowhere_has_no_place(quote: str):
    assert isinstance(place(quote, 11, HUNKS), Unplaced)


@pytest.mark.parametrize("quote", [")", "=", "x", "0\n", " : "])
def test_a_crumb_says_nothing(quote: str):
    assert isinstance(place(quote, None, HUNKS), Unplaced)


def test_a_short_line_that_is_quoted_whole_is_placed():
    hunks = (Hunk(0, "", (Line(None, 1, "if x:"), Line(None, 2, "}"), Line(None, 3, "  x"))),)
    assert place("}", None, hunks) == right(2)
    assert place("  x", None, hunks) == right(3)


def test_there_is_no_place_in_no_hunks():
    assert isinstance(place("x = 1", 1, ()), Unplaced)


def test_bytes_that_are_no_utf8_are_quoted_as_they_were_shown():
    hunks = (Hunk(0, "", (Line(None, 4, "name = 'cafe\udce9'"),)),)
    assert place("name = 'cafe\\xe9'", None, hunks) == right(4)


def test_carriage_returns_are_no_obstacle():
    hunks = (Hunk(0, "", (Line(None, 4, "a = 1\r"), Line(None, 5, "b = 2\r"))),)
    assert place("a = 1\nb = 2", None, hunks) == right(4, 5)
    assert place("a = 1\r\nb = 2\r\n", None, hunks) == right(4, 5)


def test_lines_that_look_like_numbers_and_signs_are_quoted_as_they_are():
    hunks = (Hunk(0, "", (Line(None, 1, "-x"), Line(None, 2, "x"), Line(None, 3, "12 + y"), Line(None, 4, "y"))),)
    assert place("-x", None, hunks) == right(1)
    assert place("12 + y", None, hunks) == right(3)


def test_a_fence_that_belongs_to_the_file_is_a_line_of_the_quote():
    readme = ("Run it:", "", "```sh", "make", "```", "", "Done.")
    hunks = (Hunk(0, "", tuple(Line(None, at, text) for at, text in enumerate(readme, 1))),)
    assert place("Run it:\n\n```sh\nmake\n```\n\nDone.", None, hunks) == right(1, 7)
    assert place("```sh\nmake\n```", 3, hunks) in (right(3, 5), right(4))
    assert place("````\nRun it:\n\n```sh\nmake\n```\n````", None, hunks) in (right(1, 5), right(1, 4))


def test_a_block_that_repeats_itself_is_placed_by_its_first_line():
    """Both runs of two cover line 2, but only one begins there."""
    hunks = (Hunk(0, "", tuple(Line(None, at, "    }") for at in (1, 2, 3))),)
    assert place("    }\n    }", 2, hunks) == right(2, 3)
    assert place("    }\n    }", 1, hunks) == right(1, 2)


# ------------------------------------------------------------------------------------------------------ properties

CODE = st.sampled_from(
    [b"", b"    ", b"}", b"x", b"x = 1", b"    x = 1", b"x  = 1", b"return x", b"  return x\r", b"-x", b"+ y",
     b"12 + x", b"   12 -", b"cafe\xe9 = 1", b"\tx", b"x == 10", b"else:", b"# x = 1", b"x\x0cy", "a\u2028b".encode()]
)  # fmt: skip


@st.composite
def quotes(draw: st.DrawFn) -> tuple[tuple[Hunk, ...], Side, list[Line]]:
    """Hunks, and a run of lines that one of them shows on a side, from a line with something in it to another one."""
    hunks = draw(hunk_lists(texts=CODE))
    hunk = draw(st.sampled_from(hunks))
    side = draw(st.sampled_from(Side))
    lines = [line for line in hunk.lines if number(line, side) is not None]
    assume(lines)
    start = draw(st.integers(0, len(lines) - 1))
    run = lines[start : draw(st.integers(start + 1, len(lines)))]
    assume(run[0].shown.strip() and run[-1].shown.strip())
    assume(side is Side.RIGHT or any(line.new is None for line in run))
    return hunks, side, run


def number(line: Line, side: Side) -> int | None:
    return line.new if side is Side.RIGHT else line.old


def runs(hunks: tuple[Hunk, ...], side: Side, texts: list[str]) -> list[Place]:
    """Every place on a side where `texts` stand; on the left, only with a removed line among them."""
    found: list[Place] = []
    for hunk in hunks:
        lines = [line for line in hunk.lines if number(line, side) is not None]
        for at in range(len(lines) - len(texts) + 1):
            run = lines[at : at + len(texts)]
            if [line.shown for line in run] == texts and (side is Side.RIGHT or any(line.new is None for line in run)):
                found.append(Place(side, number(run[0], side) or 0, number(run[-1], side) or 0))
    return found


def placed_text(where: Place, hunks: tuple[Hunk, ...]) -> list[str]:
    texts = texts_on(where.side, hunks)
    return [texts[line] for line in range(where.start, where.end + 1)]


@unhurried
@given(quotes(), st.none() | st.integers(-1, 60))
def test_a_quote_is_placed_where_that_very_text_stands(
    quoted: tuple[tuple[Hunk, ...], Side, list[Line]], named: int | None
):
    hunks, _, run = quoted
    texts = [line.shown for line in run]
    where = place("\n".join(texts), named, hunks)
    on_right, on_left = runs(hunks, Side.RIGHT, texts), runs(hunks, Side.LEFT, texts)
    if isinstance(where, Place):
        assert placed_text(where, hunks) == texts
        assert where in on_right + on_left
    else:
        assert len(on_right) > 1 or (not on_right and len(on_left) > 1)


@unhurried
@given(quotes())
def test_with_the_right_line_a_quote_is_placed_exactly_there(quoted: tuple[tuple[Hunk, ...], Side, list[Line]]):
    hunks, side, run = quoted
    texts = [line.shown for line in run]
    expected = Place(side, number(run[0], side) or 0, number(run[-1], side) or 0)
    rivals = [match for match in runs(hunks, side, texts) if match != expected and match.covers(expected.start)]
    if side is Side.LEFT:  # a line number alone doesn't tell the sides apart
        rivals += [match for match in runs(hunks, Side.RIGHT, texts) if match.covers(expected.start)]
    assume(not rivals)
    assert place("\n".join(texts), expected.start, hunks) == expected


@unhurried
@given(quotes(), st.data())
def test_a_part_of_a_line_is_placed_on_lines_that_hold_it(
    quoted: tuple[tuple[Hunk, ...], Side, list[Line]], data: st.DataObject
):
    hunks, _, run = quoted
    text = data.draw(st.sampled_from(run)).shown
    start = data.draw(st.integers(0, max(0, len(text) - 3)))
    quote = text[start : data.draw(st.integers(start, len(text)))]
    assume("\r" not in quote)
    assume(not looks_shown(quote))
    where = place(quote, data.draw(st.none() | st.integers(0, 60)), hunks)
    if isinstance(where, Place):
        folded = "".join("".join(placed_text(where, hunks)).split())
        assert where.start == where.end
        assert "".join(quote.split()).lstrip("+-") in folded


@unhurried
@given(quotes(), st.sampled_from(["strip", "indent", "squeeze", "render"]))
def test_a_quote_with_other_white_space_is_placed_where_its_words_stand(
    quoted: tuple[tuple[Hunk, ...], Side, list[Line]], how: str
):
    hunks, side, run = quoted
    change = {
        "strip": lambda line: line.shown.strip(),
        "indent": lambda line: f"      {line.shown}",
        "squeeze": lambda line: " ".join(line.shown.split()),
        "render": lambda line: f"{number(line, side):>5} {line.sign} {line.shown}",
    }[how]
    assume(not any(looks_shown(line.shown) for line in run))
    quote = [change(line) for line in run]
    where = place("\n".join(quote), None, hunks)
    if isinstance(where, Place):
        found = fold(placed_text(where, hunks))
        assert fold(quote) in found or fold(line.shown for line in run) in found


def looks_shown(text: str) -> bool:
    """It may as well be a line with the number and the sign that the prompt puts before it."""
    return bool(re.match(r"\s*\d+\s*[+-]", text))


def fold(texts: Iterable[str]) -> str:
    return "".join("".join(text.split()) for text in texts)


@unhurried
@given(
    hunk_lists(texts=CODE),
    st.text(max_size=12) | st.text(alphabet="x =1}\n+-`~0\r\t", max_size=20),
    st.none() | st.integers(-9, 99),
)
def test_whatever_the_quote_a_place_names_lines_that_exist_within_one_hunk(
    hunks: tuple[Hunk, ...], quote: str, named: int | None
):
    where = place(quote, named, hunks)
    if isinstance(where, Unplaced):
        assert where.reason
        return
    assert where.start <= where.end
    wanted = set(range(where.start, where.end + 1))
    (hunk,) = [hunk for hunk in hunks if wanted <= texts_on(where.side, [hunk]).keys()]
    if where.side is Side.LEFT:
        assert any(line.new is None for line in hunk.lines if line.old in wanted)
