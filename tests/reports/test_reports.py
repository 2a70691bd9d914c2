from __future__ import annotations

import json
from dataclasses import replace

import jsonschema_rs

from bot.diff.change import Change, Failed, FileDiff, Side, Skipped, Status
from bot.diff.place import Place
from bot.reports.json import ReviewJson, as_json, json_schema
from bot.reports.markdown import as_markdown
from bot.reports.text import as_text
from bot.review.findings import Category, Cost, Coverage, Finding, Review, Severity, Suggestion
from bot.review.summary import summarise

FINDING = Finding(
    path="a.py",
    place=Place(Side.RIGHT, 3, 4),
    severity=Severity.HIGH,
    category=Category.BUG,
    confidence=0.9,
    title="Divides by zero",
    body="`n` may be 0.",
    quote="x = 1 / n\nreturn x",
    evidence=("said twice",),
    suggestion=Suggestion(3, 4, "return 1 / n if n else 0"),
    scope="def mean(x, n):",
)
COVERAGE = Coverage(2, 5, (Skipped("b.lock", 1, "a lock file"),), (Failed("c.py", 2, "no answer within 300 s"),))
REVIEW = Review(
    change=Change("b" * 40, "h" * 40, (FileDiff("a.py", "a.py", Status.MODIFIED, 2, 1, 8),)),
    coverage=COVERAGE,
    findings=(FINDING, replace(FINDING, severity=Severity.LOW, place=Place(Side.LEFT, 9, 9), title="Second")),
    unplaced=(replace(FINDING, place=None, title="Nowhere"),),
    shown=1,
    summary="3 findings.",
    cost=Cost("tiny", "vllm", 3, 1000, 600, 50, 1.25),
)


def test_the_json_keeps_to_its_published_schema() -> None:
    text = as_json(REVIEW)
    jsonschema_rs.validate(json.loads(json_schema()), json.loads(text))
    told = json.loads(text)
    assert told["schema"] == "patchwright.review/1"
    assert told["findings"][0] == {
        "path": "a.py",
        "side": "RIGHT",
        "start_line": 3,
        "end_line": 4,
        "severity": "high",
        "category": "bug",
        "confidence": 0.9,
        "title": "Divides by zero",
        "body": "`n` may be 0.",
        "quote": "x = 1 / n\nreturn x",
        "evidence": ["said twice"],
        "suggestion": {"start_line": 3, "end_line": 4, "replacement": "return 1 / n if n else 0"},
        "scope": "def mean(x, n):",
        "fingerprint": FINDING.fingerprint,
    }
    assert told["change"]["changed"] == [{"path": "a.py", "status": "modified", "hunks": 8, "added": 2, "removed": 1}]
    assert (told["change"]["since"], told["shown"], told["demonstration"]) == ("", 1, False)
    assert told["coverage"]["failed"] == [{"path": "c.py", "hunks": 2, "reason": "no answer within 300 s"}]


def test_the_json_of_a_part_says_since_when_and_that_of_a_demonstration_that_it_is_one() -> None:
    told = json.loads(as_json(replace(REVIEW, since="a" * 40, demonstration=True)))
    jsonschema_rs.validate(json.loads(json_schema()), told)
    assert (told["change"]["since"], told["demonstration"]) == ("a" * 40, True)


def test_a_report_of_before_these_fields_is_one_still() -> None:
    told = json.loads(as_json(REVIEW))
    for inner, names in ((told, ("shown", "demonstration")), (told["change"], ("since", "changed"))):
        for name in names:
            del inner[name]
    del told["findings"][0]["scope"]
    jsonschema_rs.validate(json.loads(json_schema()), told)
    assert ReviewJson.model_validate(told).shown == 0


def test_the_published_schema_is_the_one_in_the_docs() -> None:
    """A contract: a field that changes or goes is a new version of it."""
    required = json.loads(json_schema())
    assert set(required["required"]) == {"schema", "change", "coverage", "findings", "unplaced", "summary", "usage"}
    finding = required["$defs"]["FindingJson"]["required"]
    unplaced = required["$defs"]["UnplacedJson"]["required"]
    assert set(finding) - set(unplaced) == {"side", "start_line", "end_line"}
    assert set(unplaced) == {
        "path", "severity", "category", "confidence", "title", "body", "quote", "evidence", "suggestion", "fingerprint",
    }  # fmt: skip


def test_a_name_that_isnt_utf8_is_written_out_so_that_every_reader_takes_it() -> None:
    odd = replace(FINDING, path="caf\udce9\n.py")
    told = as_json(replace(REVIEW, findings=(odd,)))
    assert json.loads(told)["findings"][0]["path"] == "caf\\xe9\\n.py"
    assert "caf\\xe9\\n.py:3-4" in as_text(replace(REVIEW, findings=(odd,)))


def test_the_text_shows_the_budget_in_full_and_the_rest_in_a_line() -> None:
    told = as_text(REVIEW)
    assert (
        "high  a.py:3-4  bug, confidence 0.9\n  Divides by zero\n  `n` may be 0.\n  | x = 1 / n\n  | return x\n" in told
    )
    assert "Below the comment budget:\n  low  a.py:9 (removed)  Second\n" in told
    assert "wasn't found in the change):\n  high  a.py  Nowhere\n" in told
    assert (
        "Not read:\n  failed  c.py (2 hunks): no answer within 300 s\n  skipped  b.lock (1 hunk): a lock file\n" in told
    )


def test_a_demonstration_says_that_it_is_one() -> None:
    for report in (as_text, as_markdown):
        assert "demonstration" not in report(REVIEW)
        assert "too small to be relied on" in report(replace(REVIEW, demonstration=True))


def test_markdown_shows_foreign_text_as_text() -> None:
    evil = replace(
        FINDING,
        title="![x](http://evil.example/x.png) <img src=x>",
        body="# heading\n<!-- marker -->",
        quote="````\n```suggestion\nrm -rf\n```",
    )
    told = as_markdown(replace(REVIEW, findings=(evil,)))
    assert "\\!\\[x\\](http:/\u200b/evil.example/x.png) \\<img src=x\\>" in told
    assert "\\# heading" in told
    assert "\\<\\!-- marker --\\>" in told
    assert "\n`````\n````\n```suggestion\nrm -rf\n```\n`````" in told


def test_markdown_folds_what_is_beyond_the_budget() -> None:
    told = as_markdown(REVIEW)
    assert "### Divides by zero" in told.split("<details>")[0]
    assert "<summary>1 more</summary>" in told
    assert "<summary>1 without a line</summary>" in told
    assert "- failed: c.py (2 hunks): no answer within 300 s" in told


def test_nothing_found_is_only_said_when_everything_was_answered() -> None:
    assert summarise(replace(COVERAGE, failed=()), (), ()).startswith("No findings. 5 hunks in 2 files reviewed.")
    assert summarise(COVERAGE, (), ()).startswith("The review is incomplete; so far it found nothing.")
    assert "2 hunks in 1 file failed." in summarise(COVERAGE, (), ())
    assert summarise(Coverage(0, 0), (), ()).startswith("There was nothing to review.")


def test_a_fingerprint_survives_rewording_and_shifted_lines_but_not_other_code() -> None:
    moved = replace(FINDING, place=Place(Side.RIGHT, 30, 31), title="Other words", body="", quote="x = 1/n\n  return x")
    assert moved.fingerprint == FINDING.fingerprint
    assert replace(FINDING, quote="y = 2").fingerprint != FINDING.fingerprint
    assert replace(FINDING, path="b.py").fingerprint != FINDING.fingerprint
