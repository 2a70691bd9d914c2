"""What is said on a pull request: written out where it is typical, and harmless and within limits whatever goes in."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings

from bot.diff.change import Change, Failed, FileDiff, Side, Skipped, Status
from bot.diff.place import Place
from bot.pulls.anchors import Anchor
from bot.pulls.markers import mark, marked
from bot.pulls.plan import Inline, Plan, Row, Silenced
from bot.pulls.state import write_state
from bot.pulls.suggestions import read_block
from bot.pulls.texts import LIMIT, MORE, Links, line_comment, review_body, summary_comment
from bot.review.findings import Category, Cost, Coverage, Finding, Review, Severity, Suggestion
from tests.odd_repository import unhurried
from tests.reports.test_safe import LIVE, TEXTS, blocks, words

HEAD = "4" * 40
LINKS = Links("https://github.com/acme/shop", HEAD, "https://github.com/acme/shop/actions/runs/7")
FINDING = Finding(
    path="shop/pay.py",
    place=Place(Side.RIGHT, 2, 3),
    severity=Severity.HIGH,
    category=Category.BUG,
    confidence=0.9,
    title="A negative amount adds money",
    body="Without the check, `pay(account, -5)` raises the balance.",
    quote="    account.balance -= amount",
    evidence=("said twice",),
    suggestion=Suggestion(2, 3, "    check(amount)"),
)
ROW = Row(
    key="0123456789abcdef",
    severity=Severity.HIGH,
    category=Category.BUG,
    title=FINDING.title,
    path=FINDING.path,
    place=FINDING.place,
    body=FINDING.body,
)
INLINE = Inline(ROW, FINDING, Anchor(Side.RIGHT, 2, 3), clickable=True)
REVIEW = Review(
    change=Change("b" * 40, HEAD, (FileDiff("shop/pay.py", "shop/pay.py", Status.MODIFIED, 2, 1, 1),)),
    coverage=Coverage(1, 1, (Skipped("poetry.lock", 1, "a lock file"),)),
    findings=(FINDING,),
    unplaced=(),
    shown=1,
    summary="",
    cost=Cost("qwen", "vllm", 3, 1000, 600, 50, 1.25),
)
PLAN = Plan(
    inline=(INLINE,),
    kept=(replace(ROW, severity=Severity.LOW, title="Slow", url="https://github.com/acme/shop/pull/3#discussion_r1"),),
    told=(replace(ROW, place=None, title="Nowhere", reason="the quoted code isn't part of the change"),),
    silenced=(Silenced(replace(ROW, title="Known"), "resolved before"),),
)


def summary(current: Plan = PLAN, review: Review = REVIEW, **others: object) -> str:
    return summary_comment(review, current, LINKS, {"head": HEAD}, **others)  # type: ignore[arg-type]


# ----------------------------------------------------------------------------------------------------- by example


def test_a_comment_on_a_line_says_what_why_and_what_instead():
    assert (
        line_comment(INLINE)
        == """\
**High bug: A negative amount adds money**

Without the check, `pay(account, -5)` raises the balance.

- said twice

```suggestion
    check(amount)
```

<!-- patchwright:finding {"key":"0123456789abcdef","severity":"high","category":"bug",\
"title":"A negative amount adds money"} -->"""
    )


def test_a_suggestion_that_cant_be_clicked_is_code():
    told = line_comment(replace(INLINE, clickable=False))
    assert "Suggested instead of lines 2 to 3:\n\n```\n    check(amount)\n```" in told
    assert read_block(told) is None


def test_a_comment_on_a_part_of_its_lines_says_which_it_is_about():
    told = line_comment(replace(INLINE, anchor=Anchor(Side.RIGHT, 2, 2, exact=False)))
    assert told.split("\n\n")[1] == "<sub>About lines 2 to 3.</sub>"


def test_a_review_has_few_words_of_its_own():
    assert (
        review_body(PLAN, "a1", 1, 1)
        == """\
1 new finding. The summary comment has what isn't on a line.

<!-- patchwright:review {"run":"a1","part":1} -->"""
    )
    assert review_body(Plan(inline=(INLINE, INLINE)), "a1", 2, 3).startswith("2 new findings (2 of 3).\n\n")


def test_the_summary_tells_what_stands_what_was_read_and_what_wasnt():
    where = f"[`shop/pay.py:2-3`](https://github.com/acme/shop/blob/{HEAD}/shop/pay.py#L2-L3)"
    assert (
        summary()
        == f"""\
## Patchwright

**3 findings**: 2 high, 1 low. 1 hunk in 1 file read.

| | finding | where |
|---|---|---|
| high bug | A negative amount adds money | {where} |
| high bug | Nowhere | `shop/pay.py` |
| low bug | Slow | [`shop/pay.py:2-3`](https://github.com/acme/shop/pull/3#discussion_r1) |

<details><summary>1 finding without a comment</summary>

**High bug: Nowhere** · `shop/pay.py`

Without the check, `pay(account, -5)` raises the balance.

<sub>the quoted code isn't part of the change</sub>

</details>

<details><summary>What changed</summary>

- `shop/pay.py` +2 -1

</details>

<details><summary>What was not read</summary>

- skipped: poetry.lock (1 hunk): a lock file

</details>

<details><summary>1 not said again</summary>

- Known (resolved before)

</details>

<sub>qwen on vllm: 3 requests, 1,000 prompt tokens, 60% of them cached, 50 answer tokens, 1.2 s · \
`bbbbbbb..4444444` · [run](https://github.com/acme/shop/actions/runs/7) · `/patchwright help`</sub>

<!-- patchwright:summary {{"head":"{HEAD}"}} -->"""
    )


@pytest.mark.parametrize(
    ("coverage", "since", "said"),
    [
        (Coverage(1, 2), "", "**No findings.** 2 hunks in 1 file read."),
        (Coverage(0, 0), "", "There was nothing to read."),
        (Coverage(0, 0), "a" * 40, "**No findings.** Nothing new to read."),
        (Coverage(1, 2, (), (Failed("a", 3, "x"),)), "", "**3 hunks could not be read**: this is incomplete."),
    ],
)
def test_nothing_found_is_only_said_where_everything_was_answered(coverage: Coverage, since: str, said: str):
    told = summary(Plan(), replace(REVIEW, coverage=coverage, since=since)).split("\n\n")[1]
    assert told.endswith(said)
    assert ("No findings" in told) == ("No findings" in said)


def test_a_demonstration_and_what_could_not_be_done_stand_at_the_top():
    parts = summary(review=replace(REVIEW, demonstration=True), notes=["No thread @maria was resolved."]).split("\n\n")
    assert parts[2].startswith("> This is a demonstration: qwen is too small to be relied on.")
    assert parts[3] == "> No thread @\u200bmaria was resolved."


def test_lines_that_were_removed_have_no_link():
    told = summary(Plan(told=(replace(ROW, place=Place(Side.LEFT, 4, 4)),)))
    assert "| `shop/pay.py:4` (removed) |" in told


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "https://github.com/acme/shopping/x",
        "javascript:alert(1)",
        "https://github.com/acme/shop/\n)",
    ],
)
def test_an_address_elsewhere_is_no_link(url: str):
    told = summary(Plan(kept=(replace(ROW, url=url),)))
    assert f"[`shop/pay.py:2-3`](https://github.com/acme/shop/blob/{HEAD}/shop/pay.py#L2-L3)" in told
    assert url not in told


# ------------------------------------------------------------------------------------------------ what is too long


def balanced(body: str) -> bool:
    """Every fold that was opened is closed, outside of code, and what stands behind is no code."""
    html = [token.content for token in blocks(body) if token.type == "html_block"]
    opened, closed = ("".join(html).count(sign) for sign in ("<details>", "</details>"))
    return opened == closed and html[-1].startswith("<!-- patchwright:")


LONG = "word `code` " * 20_000
MANY = ("word " * 120 + "\n\n") * 60
FENCE = "Look:\n\n```python\n" + MANY * 3 + "```\n\nDone."


@pytest.mark.parametrize(
    "body",
    [
        LONG, FENCE, MANY * 3, "`" * 200_000, f"````\n```\n<details>\n\n{MANY}" * 3, f"```\n</details>\n\n{MANY}" * 3,
        MANY + "`" * 30_000, MANY + "```\n" + "`" * 30_000, MANY + "~~~\n" + "```\n\n" * 9_000, "@" * 99_999,
    ],
    ids=range(10),
)  # fmt: skip
def test_whatever_is_too_long_is_cut_where_it_may_be_and_closed(body: str):
    row, skipped = replace(ROW, body=body), Skipped("a" * 9_999, 1, body[:9_999])
    told = [
        line_comment(replace(INLINE, finding=replace(FINDING, body=body))),
        summary(Plan(told=(row, row, row))),
        summary(Plan(told=(row,)), replace(REVIEW, coverage=Coverage(1, 1, (skipped,) * 60))),
    ]
    for text, kind in zip(told, ("finding", "summary", "summary"), strict=True):
        assert len(text) <= LIMIT
        assert marked(text, kind)  # type: ignore[arg-type]
        assert balanced(text)
        if MORE in text:
            assert text.rpartition("\n\n")[0].endswith(MORE)


def test_a_suggestion_is_whole_or_not_there():
    lines = "\n\n".join(f"x = {at}" for at in range(9_000))
    for before in ("", MANY):
        long = replace(FINDING, body=before, suggestion=Suggestion(2, 3, lines))
        told = line_comment(replace(INLINE, finding=long))
        assert read_block(told) is None
        assert len(told) <= LIMIT
    short = replace(FINDING, suggestion=Suggestion(2, 3, lines[:20_000]))
    assert read_block(line_comment(replace(INLINE, finding=short))) == lines[:20_000].split("\n")


def test_many_rows_and_files_are_a_page_and_the_rest_is_counted():
    files = tuple(replace(REVIEW.change.files[0], path=f"{at}.py") for at in range(3_000))
    change = replace(REVIEW.change, files=files)
    rows = tuple(replace(ROW, key=str(at), title="A long title " * 99) for at in range(500))
    current = Plan(told=rows, silenced=tuple(Silenced(row, "resolved before") for row in rows))
    state = write_state(HEAD, "main", "r", rows)
    told = summary_comment(replace(REVIEW, change=change), current, LINKS, state)
    assert len(told) <= LIMIT
    assert marked(told, "summary") == state
    assert balanced(told)
    assert "And 450 more. The rest is in the JSON report" in told


# -------------------------------------------------------------------------------------------------------- always

OURS = {
    "html_block",
    "html_inline",
    "heading",
    "blockquote",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "strong",
    "link",
}
HARMLESS = {
    "paragraph",
    "bullet_list",
    "ordered_list",
    "list_item",
    "fence",
    "inline",
    "text",
    "code_inline",
    "softbreak",
}
HARMLESS |= {"hardbreak", "text_special"}
TAGS = re.compile(r"</?(?:details|summary|sub)>|<!-- patchwright:(?:finding|summary) \{[^<>]*\} -->\s*")


def assert_ours(body: str) -> None:
    """No HTML but ours, no link but into the repository, nothing live."""
    flat = [inner for token in blocks(body) for inner in (token, *(token.children or ()))]
    for token in flat:
        assert re.sub(r"_(open|close)$", "", token.type) in HARMLESS | OURS, (token.type, token.content)
        if token.type.startswith("html"):
            left = TAGS.sub("", token.content).strip()
            assert not re.search(r"[<>]", left), left
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith("https://github.com/acme/shop/")
        if token.type == "fence":
            assert re.fullmatch(r"([A-Za-z][\w+#.-]*)?", token.info)
            assert token.info.lower() not in ("mermaid", "math", "geojson", "topojson", "stl", "suggestion")
    for what, pattern in LIVE.items():
        assert not pattern.search(TAGS.sub("", words(body))), (what, body)


@settings(unhurried, max_examples=60)
@given(TEXTS, TEXTS, TEXTS)
def test_nothing_that_a_model_or_a_pull_request_says_does_anything(title: str, body: str, path: str):
    path = path.replace("\0", "") or "x"
    finding = replace(FINDING, path=path, title=title, body=body, evidence=(title, body), suggestion=None)
    row = replace(ROW, path=path, title=title, body=body, reason=title, url=body)
    unread = (Skipped(path, 1, body),)
    change = Change(body[:9], title[:9], (replace(REVIEW.change.files[0], path=path),))
    cost = replace(REVIEW.cost, model=title, server=body)
    review = replace(REVIEW, change=change, cost=cost, coverage=Coverage(1, 1, unread), demonstration=True)
    current = Plan(told=(row, replace(row, place=None)), silenced=(Silenced(row, body),))
    for text, kind in (
        (line_comment(replace(INLINE, finding=finding, row=row)), "finding"),
        (summary_comment(review, current, LINKS, write_state("", title, body, (row,)), notes=[title]), "summary"),
    ):
        assert_ours(text)
        assert len(text) <= LIMIT
        assert marked(text, kind)  # type: ignore[arg-type]
        assert balanced(text)
    tables = [token.type for token in blocks(text)]
    assert tables.count("tr_open") == 3


@unhurried
@given(TEXTS)
def test_a_suggestion_is_read_back_whatever_the_words_before_it(body: str):
    told = line_comment(replace(INLINE, finding=replace(FINDING, body=body), row=replace(ROW, title=body)))
    assert read_block(told) == ["    check(amount)"]


@unhurried
@given(TEXTS)
def test_a_mark_that_a_model_wrote_is_never_the_one_that_is_read(body: str):
    fake = mark("finding", {"key": "evil"})
    told = line_comment(
        replace(INLINE, finding=replace(FINDING, body=f"{body}\n\n{fake}", suggestion=None, evidence=()))
    )
    assert (marked(told, "finding") or {})["key"] == ROW.key
