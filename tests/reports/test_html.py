"""The page as a text, and as Chromium shows it. Neither needs a server; where there is no Chromium, that is skipped."""

from __future__ import annotations

import hashlib
import re
import shutil
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from bot.demo import change as demo_change
from bot.diff.change import Change, Failed, FileDiff, Side, Skipped, Status
from bot.diff.place import Place
from bot.reports.html import LINES_OF_FILE, LINES_OF_PAGE, LONGEST, NEAR, as_html
from bot.review.findings import Category, Cost, Coverage, Finding, Review, Severity, Suggestion

ORDERS = Finding(
    path="shop/orders.py",
    place=Place(Side.RIGHT, 8, 8),
    severity=Severity.CRITICAL,
    category=Category.SECURITY,
    confidence=0.9,
    title="SQL injection",
    body="`customer` is pasted into the query.\n\nUse a parameter.",
    quote="f\"SELECT id, total FROM orders WHERE customer = '{customer}' ORDER BY id DESC\"",
    evidence=("said twice",),
    suggestion=Suggestion(8, 8, '        "SELECT id, total FROM orders WHERE customer = ?",\n        (customer,),'),
)
ACCOUNTS = replace(
    ORDERS,
    path="shop/accounts.py",
    place=Place(Side.LEFT, 14, 15),
    severity=Severity.HIGH,
    category=Category.BUG,
    title="The guard is gone",
    suggestion=None,
)
PAGES = replace(
    ACCOUNTS, path="shop/pages.py", place=Place(Side.RIGHT, 6, 6), severity=Severity.MEDIUM, title="Off by 1"
)
EXPORT = replace(
    ACCOUNTS, path="shop/export.py", place=Place(Side.RIGHT, 6, 7), severity=Severity.LOW, title="Left open"
)
NOWHERE = replace(
    ACCOUNTS, path="shop/export.py", place=None, title="Nowhere to be found", quote="with open(path):\n  x"
)
REVIEW = Review(
    change=demo_change(),
    coverage=Coverage(4, 4, (Skipped("shop/names.py", 1, "vendored"),), (Failed("shop/prices.py", 1, "no answer"),)),
    findings=(ORDERS, ACCOUNTS, PAGES, EXPORT),
    unplaced=(NOWHERE,),
    shown=3,
    summary="5 findings.",
    cost=Cost("tiny", "http://127.0.0.1:8000/v1", 3, 1000, 600, 50, 1.25),
)
HOSTILE = (
    """</td></style></title><script>document.title = "owned"</script><img src=x onerror="alert(1)">' " & {{ 7*7 }}"""
)
SEVERITIES = [str(severity) for severity in Severity]


class Outline(HTMLParser):
    """Tags with their attributes, in order; and the text of each element of a kind."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append((self.tags[-1][0] if self.tags else "", data))

    def all(self, attribute: str) -> list[str]:
        return [value or "" for _, attributes in self.tags for name, value in attributes.items() if name == attribute]


def modified(path: str, patch: str) -> FileDiff:
    lines = patch.split("\n")
    signs = Counter(line[:1] for line in lines)
    return FileDiff(
        path, path, Status.MODIFIED, signs["+"], signs["-"], signs["@"], patch.encode("utf-8", "surrogateescape")
    )


def long_file(path: str, lines: int) -> FileDiff:
    return modified(path, f"@@ -0,0 +1,{lines} @@\n" + "".join(f"+line {at}\n" for at in range(1, lines + 1)))


def review_of(*files: FileDiff, findings: tuple[Finding, ...] = ()) -> Review:
    return replace(REVIEW, change=Change("b", "h", files), findings=findings, unplaced=())


def full_of(word: str) -> Review:
    """A review in which everything that others wrote is `word`."""
    path = f"{word}.py"
    placed = Finding(
        path=path,
        place=Place(Side.RIGHT, 1, 1),
        severity=Severity.HIGH,
        category=Category.BUG,
        confidence=0.9,
        title=word,
        body=word,
        quote=word,
        evidence=(word,),
        suggestion=Suggestion(1, 1, word),
    )
    file = replace(
        modified(path, f"@@ -1 +1 @@ {word}\n-{word}\n+{word}\n"), old_path=f"{word}.old", status=Status.RENAMED
    )
    return Review(
        change=Change(word, word, (file, replace(file, path="unreadable", problem=word))),
        coverage=Coverage(1, 1, (Skipped(word, 1, word),), (Failed(path, 1, word),)),
        findings=(placed,),
        unplaced=(replace(placed, place=None),),
        shown=1,
        summary=word,
        cost=Cost(word, word, 1, 1, 1, 1, 1.0),
        demonstration=True,
    )


def test_no_text_of_others_becomes_markup() -> None:
    hostile, harmless = Outline(as_html(full_of(HOSTILE))), Outline(as_html(full_of("x")))
    assert hostile.tags == harmless.tags
    assert [(tag, text.replace(HOSTILE, "x")) for tag, text in hostile.words] == harmless.words


def test_hidden_characters_and_bytes_that_arent_text_are_written_out() -> None:
    told = as_html(full_of("a\u202eb\u200bc\U000e0041d\ue000e"))
    assert not re.search("[\u202e\u200b\U000e0041\ue000]", told)
    assert "a\\u202eb\\u200bc\\U000e0041d\\ue000e" in told
    raw = as_html(review_of(modified("caf\udce9.py", "@@ -1 +1 @@\n-x\n+caf\udce9\x1b[31m\n")))
    assert "caf\\xe9\\x1b[31m</td>" in raw
    assert "caf\\xe9.py</h3>" in raw
    raw.encode()


def test_secrets_are_masked() -> None:
    key = "ghp_" + "a1" * 18
    assert key not in as_html(review_of(modified("a.py", f"@@ -1 +1 @@\n-x\n+token = '{key}'\n")))


def test_it_names_nothing_to_load() -> None:
    outline = Outline(as_html(REVIEW))
    assert all(link.startswith("#") for link in outline.all("href"))
    loads = {"src", "srcset", "data", "action", "poster", "background", "style", "ping", "formaction"}
    assert not loads & {name for _, attributes in outline.tags for name in attributes}
    assert not {"script", "link", "iframe", "object", "embed", "form", "base"} & {tag for tag, _ in outline.tags}
    assert not re.search(r"url\(|@import|image-set", as_html(REVIEW))


def test_the_policy_allows_the_one_style_sheet_and_nothing_else() -> None:
    told = as_html(REVIEW)
    (style,) = re.findall(r"<style>(.*?)</style>", told, re.DOTALL)
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = [value for value in Outline(told).all("content") if "default-src" in value]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_every_finding_is_there_and_every_link_leads_somewhere() -> None:
    told = as_html(REVIEW)
    outline = Outline(told)
    ids = outline.all("id")
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in outline.all("href")} <= set(ids)
    assert {word for word in ids if word.startswith("finding-")} == {f"finding-{number}" for number in range(1, 6)}
    assert {word.removeprefix("#") for word in outline.all("href")} >= {f"finding-{number}" for number in range(1, 6)}
    for finding in (*REVIEW.findings, *REVIEW.unplaced):
        assert told.count(f">{finding.title}</a>") == told.count(f">{finding.title}</h") == 1


def test_findings_stand_under_their_lines_on_both_sides() -> None:
    told = as_html(REVIEW)
    below = r"</td></tr>\s*</table></div>\s*<article class=\"finding {}\" id=\"finding-{}\""
    assert re.search(r"ORDER BY id DESC&#34;" + below.format("critical", 1), told)
    assert re.search(r">        return" + below.format("high", 2), told)


def test_the_next_finding_is_the_next_on_the_page() -> None:
    told = as_html(REVIEW)
    order = re.findall(r'<article class="[^"]*" id="(finding-\d)"', told)
    assert re.findall(r'<a href="#(finding-\d)">Next', told) == order[1:]
    assert re.findall(r'<a href="#(finding-\d)">Previous', told) == order[:-1]


def test_a_suggestion_shows_what_was_and_what_would_be() -> None:
    told = as_html(REVIEW).split("Suggested change of line 8")[1].split("</table>")[0]
    assert re.findall(r'<tr class="(.)"><td>(\d*)</td><td>(\d*)</td><td>\s*([^<\s]+)', told) == [
        ("d", "8", "", "f&#34;SELECT"),
        ("a", "", "8", "&#34;SELECT"),
        ("a", "", "9", "(customer,),"),
    ]


def test_a_finding_in_a_file_that_cant_be_shown_brings_its_quote_and_the_reason() -> None:
    broken = replace(modified("shop/orders.py", ""), problem="its counts don't add up")
    told = as_html(review_of(broken, findings=(ORDERS,)))
    assert "its counts don&#39;t add up" in told
    assert 'id="finding-1"' in told
    assert '<pre class="code">f&#34;SELECT' in told


def test_a_finding_of_a_file_that_isnt_in_the_change_isnt_lost() -> None:
    assert 'id="finding-1"' in as_html(review_of(findings=(ORDERS,)))


def test_coverage_and_usage_are_told() -> None:
    told = as_html(REVIEW)
    assert "4 hunks in 4 files reviewed." in told
    assert '<li class="failed"><b>failed</b> shop/prices.py (1 hunk): no answer</li>' in told
    assert '<li class="skipped"><b>skipped</b> shop/names.py (1 hunk): vendored</li>' in told
    assert "1 hunk skipped: vendored</p>" in told
    for text in ("tiny", "http://127.0.0.1:8000/v1", "3", "1,000", "600 (60%)", "50", "1.2 s"):
        assert f"<dd>{text}</dd>" in told


@pytest.mark.parametrize(
    ("review", "verdict"),
    [
        (REVIEW, "Incomplete review: 5 findings so far"),
        (replace(REVIEW, findings=(), unplaced=()), "Incomplete review"),
        (replace(REVIEW, coverage=Coverage(4, 4)), "5 findings"),
        (replace(REVIEW, findings=(), unplaced=(), coverage=Coverage(4, 4)), "No findings"),
        (replace(REVIEW, findings=(), unplaced=(), coverage=Coverage(0, 0)), "Nothing to review"),
    ],
)
def test_the_verdict_comes_first(review: Review, verdict: str) -> None:
    assert f"<h1>{verdict}</h1>" in as_html(review)
    assert f"<title>{verdict} - Patchwright</title>" in as_html(review)


def test_a_demonstration_says_that_it_is_one() -> None:
    assert "too small to be relied on" not in as_html(REVIEW)
    assert "too small to be relied on" in as_html(replace(REVIEW, demonstration=True))


def test_headings_go_down_one_level_at_a_time() -> None:
    levels = [int(tag[1]) for tag, _ in Outline(as_html(REVIEW)).tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(level <= before + 1 for before, level in pairwise(levels))


def test_a_long_file_shows_what_is_near_its_findings() -> None:
    here = replace(ORDERS, path="long.py", place=Place(Side.RIGHT, 700, 701), suggestion=None)
    told = as_html(review_of(long_file("long.py", LINES_OF_FILE + 1), findings=(here,)))
    shown = [int(number) for number in re.findall(r">line (\d+)</td>", told)]
    assert shown == list(range(700 - NEAR, 701 + NEAR + 1))
    assert f"{700 - NEAR - 1} lines without findings left out" in told


def test_beyond_its_limit_the_page_leaves_out_the_lines_of_files_without_findings() -> None:
    files = [long_file(f"{at}.py", LINES_OF_PAGE // 4 - 1) for at in range(5)]
    told = as_html(review_of(*files))
    assert told.count('<tr class="a">') == 4 * (LINES_OF_PAGE // 4 - 1)
    assert f"{LINES_OF_PAGE // 4:,} lines left out to keep this page light." in told
    assert '<details class="file" open>' not in told


def test_a_line_that_a_program_wrote_is_cut_with_a_word() -> None:
    told = as_html(review_of(modified("a.js", f"@@ -1 +1 @@\n-x\n+{'y' * (LONGEST + 1_000)}\n")))
    assert f"{'y' * LONGEST} <span" in told
    assert "and 1,000 characters more" in told


# What only a browser can tell.

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SCREENS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


class Visit:
    """A page with all that it complained of and all that it asked for."""

    def __init__(self, browser: Browser, file: Path, width: int, scheme: Any) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page: Page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())

    def focused(self) -> str:
        return str(self.page.evaluate("document.activeElement.getAttribute('href') ?? document.activeElement.tagName"))


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def visit(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    file = tmp_path / "page.html"
    wide = modified("wide/" + "path" * 60 + ".py", f"@@ -1 +1 @@ {'z' * 300}\n-{'x' * 300}\n+{'y' * 300}\n")
    hostile = full_of(HOSTILE)
    review = replace(
        REVIEW,
        change=replace(REVIEW.change, files=(*REVIEW.change.files, wide, *hostile.change.files)),
        findings=(*REVIEW.findings, *hostile.findings, replace(ORDERS, path=wide.path, place=Place(Side.RIGHT, 1, 1))),
        demonstration=True,
    )
    file.write_text(as_html(review), "utf-8")
    visit = Visit(browser, file, *request.param)
    yield visit
    visit.page.close()


def test_it_asks_for_nothing_and_complains_of_nothing_and_runs_nothing(visit: Visit) -> None:
    visit.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    visit.page.wait_for_load_state("networkidle")
    assert visit.requests == [visit.page.url]
    assert visit.complaints == []
    assert visit.page.title() == "Incomplete review: 7 findings so far - Patchwright"


def test_no_screen_is_too_narrow_for_it(visit: Visit) -> None:
    visit.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    width, room = visit.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width == room
    boxes = visit.page.evaluate(
        "[...document.querySelectorAll('.code')].filter(e => e.scrollWidth > e.clientWidth).length"
    )
    assert boxes, "long code scrolls in its own box"
    beyond = visit.page.evaluate(
        "[...document.querySelectorAll('article, .list li, summary, .hunk, dd')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth).length"
    )
    assert beyond == 0


def test_the_keyboard_reaches_everything_in_sight(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("Tab")
    assert visit.focused() == "#findings"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
    page.keyboard.press("Enter")
    seen = []
    for _ in range(3):
        page.keyboard.press("Tab")
        seen.append(visit.focused())
        style, width = page.evaluate(
            "(s => [s.outlineStyle, s.outlineWidth])(getComputedStyle(document.activeElement))"
        )
        assert (style, float(width.removesuffix("px")) >= 2) == ("solid", True)
    assert seen == ["#finding-1", "#finding-2", "#finding-3"]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "finding-3"


def test_a_link_lands_on_its_finding_with_its_line_in_sight_even_in_a_folded_file(visit: Visit) -> None:
    page = visit.page
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = false)")
    page.click("a[href='#finding-1']")
    page.wait_for_timeout(100)
    top = page.evaluate("document.getElementById('finding-1').getBoundingClientRect().top")
    assert 0 <= top < 400
    line = page.evaluate("document.querySelector('#finding-1').previousElementSibling.querySelector('tr:last-child')"
                         ".getBoundingClientRect().top")  # fmt: skip
    assert 0 <= line < top


@pytest.fixture(scope="module")
def unfolded(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Visit]:
    """Every kind of text that the page has, in light and in dark."""
    file = tmp_path_factory.mktemp("html") / "page.html"
    long = modified("long.js", f"@@ -1 +1 @@\n-x\n+{'y' * (LONGEST + 1)}\n")
    change = replace(REVIEW.change, files=(*REVIEW.change.files, long))
    file.write_text(as_html(replace(REVIEW, change=change)), "utf-8")
    visits = {scheme: Visit(browser, file, 1280, scheme) for scheme in ("light", "dark")}
    for visit in visits.values():
        visit.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    return visits


CONTRAST = """selector => {
  const parse = colour => colour.match(/[\\d.]+/g).map(Number);
  const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => [r, g, b].map(v => linear(v / 255))
    .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll(selector)].map(element => {
    const pair = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    return (pair[0] + .05) / (pair[1] + .05);
  });
}"""


@pytest.mark.parametrize(
    "selector",
    [
        *(f".{severity} .badge" for severity in SEVERITIES), "h1", "h2", "h3", "h4", ".summary", ".facts", ".muted",
        ".notice", ".list a", ".list .path", ".list .kind", "summary .muted", ".hunk", ".code td", ".code .a td",
        ".code .d td", ".code .m td", ".body", ".body code", "pre.code", ".finding nav a", ".unread li", ".unread b",
        ".usage dt", ".usage dd", "footer", ".cut",
    ],
)  # fmt: skip
def test_text_stands_out_from_what_is_behind_it(unfolded: dict[str, Visit], selector: str) -> None:
    """4.5 to 1, as WCAG 2.2 asks for at level AA."""
    for scheme, visit in unfolded.items():
        ratios = visit.page.evaluate(CONTRAST, selector)
        assert ratios, selector
        assert min(ratios) >= 4.5, scheme


def test_printed_it_has_no_links_for_moving_about(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(as_html(REVIEW), "utf-8")
    visit = Visit(browser, file, 1280, "light")
    visit.page.emulate_media(media="print")
    assert visit.page.locator(".finding nav:visible").count() == 0
    assert visit.page.locator(".finding:visible").count() == 5
    visit.page.close()
