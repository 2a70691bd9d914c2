"""The page as a text, and as Chromium shows it; where there is no Chromium, that is skipped."""

from __future__ import annotations

import hashlib
import re
import shutil
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from bot.diff.change import Change, FileDiff, Status
from bot.evaluate.evaluation import Evaluation, evaluation
from bot.evaluate.measure import Measured
from bot.evaluate.reports.html import as_html
from bot.evaluate.reports.markdown import as_markdown
from bot.evaluate.score import failure, score
from tests.evaluate.examples import BUG, CLEAN, said

HOSTILE = "</title></svg><script>document.title='owned'</script><img src=x onerror=alert(1)>\"' | {{ 7*7 }}"
CHANGE = Change("b", "h", (FileDiff("a.py", "a.py", Status.MODIFIED, 1, 1, 1, b"@@ -1 +1 @@\n-a\n+b\n"),))


def full_of(word: str) -> Evaluation:
    """An evaluation in which everything that others wrote is `word`."""
    cases = [replace(BUG, id=word, category=word), replace(CLEAN, id="c", category=word)]
    rows = tuple(score(one, 2, [said(1, text="guard")], objections=["", word]) for one in cases)
    failed = (failure(cases[0], 2, word), rows[1])
    measured = [Measured(word, rows, word, word), Measured(f"{word}2", failed, word, word)]
    return evaluation(cases, {case.id: CHANGE for case in cases}, measured, interrupted=True)


class Outline(HTMLParser):
    """Tags and their attributes' names, in order; and the values of some attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[str]]] = []
        self.values: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, [name for name, _ in attrs]))
        self.values += [(name, value or "") for name, value in attrs]


def test_no_text_of_others_becomes_markup() -> None:
    hostile, harmless = Outline(as_html(full_of(HOSTILE))), Outline(as_html(full_of("x")))
    assert hostile.tags == harmless.tags
    assert {tag for tag, _ in hostile.tags}.isdisjoint({"script", "img", "link", "iframe", "object"})


def test_it_loads_nothing_and_its_one_style_sheet_is_known_by_its_hash() -> None:
    page = as_html(full_of("x"))
    names = {name for name, _ in Outline(page).values}
    assert names.isdisjoint({"src", "href", "style", "onload", "xlink:href"})
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    known = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{known}'" in page
    assert "url(" not in style


def test_each_chart_tells_in_words_what_it_draws() -> None:
    labels = [value for name, value in Outline(as_html(full_of("x"))).values if name == "aria-label"]
    assert [label.partition(":")[0] for label in labels] == ["Recall", "Explained recall", "Alarms per clean change"]
    assert labels[0].startswith("Recall: x 1.00 (1.00-1.00); x2 0.00 (0.00-0.00); no model: on every hunk ")


def test_a_table_of_markdown_has_as_many_cells_in_each_line_whatever_the_names_are() -> None:
    for table in as_markdown(full_of(HOSTILE)).split("\n\n"):
        lines = table.splitlines()
        if lines[0].startswith("|"):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_it_fits_the_screen_and_nothing_is_complained_of(
    browser: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    file = tmp_path / "page.html"
    file.write_text(as_html(full_of(HOSTILE)), "utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    said_so: list[str] = []
    page.on("console", lambda message: said_so.append(message.text))
    page.on("request", lambda request: said_so.append(request.url))
    page.goto(file.as_uri())
    assert page.title() == "Evaluation - Patchwright"
    assert said_so == [file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    dots = page.evaluate("[...document.querySelectorAll('.dot')].map(dot => getComputedStyle(dot).fill)")
    behind = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert behind != dots[0]
    assert (behind == "rgb(255, 255, 255)") == (scheme == "light")
    page.close()
