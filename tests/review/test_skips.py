"""Which pull requests are not reviewed: each reason by example."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.review.pull import PullRequest
from bot.review.skips import SkipRules, skip_reason
from tests.odd_repository import unhurried

PULL = PullRequest(
    repository="acme/shop",
    number=7,
    title="Add a cart",
    body="It holds things.",
    state="open",
    draft=False,
    author="maria",
    author_is_bot=False,
    labels=("enhancement",),
    base_ref="main",
    base_sha="b" * 40,
    head_ref="cart",
    head_sha="a" * 40,
    head_repository="acme/shop",
    locked=False,
    merged=False,
    added=90,
    removed=10,
    files=3,
    url="https://github.com/acme/shop/pull/7",
    node_id="PR_1",
)


def test_a_plain_pull_request_is_reviewed():
    assert skip_reason(PULL, SkipRules()) == ""


@pytest.mark.parametrize(
    ("pull", "reason"),
    [
        (replace(PULL, state="closed"), "it is closed"),
        (replace(PULL, state="closed", merged=True), "it is merged"),
        (replace(PULL, draft=True), "it is a draft"),
        (replace(PULL, author="dependabot[bot]", author_is_bot=True), "its author is a bot"),
        (replace(PULL, labels=("bug", "Patchwright:Skip")), "it carries the label `patchwright:skip`"),
    ],
)
def test_without_any_rules_set_these_are_skipped(pull: PullRequest, reason: str):
    assert skip_reason(pull, SkipRules()) == reason


@pytest.mark.parametrize(
    ("pull", "rules"),
    [
        (replace(PULL, draft=True), SkipRules(drafts=False)),
        (replace(PULL, author_is_bot=True), SkipRules(bots=False)),
        (replace(PULL, labels=("patchwright:skip",)), SkipRules(labels=())),
        (replace(PULL, head_repository=""), SkipRules()),
        (replace(PULL, locked=True), SkipRules()),
    ],
)
def test_and_these_are_not(pull: PullRequest, rules: SkipRules):
    assert skip_reason(pull, rules) == ""


@pytest.mark.parametrize("rules", [SkipRules(), SkipRules(drafts=False, bots=False, labels=())])
def test_no_rule_brings_back_what_is_closed(rules: SkipRules):
    assert skip_reason(replace(PULL, state="closed"), rules) == "it is closed"


@pytest.mark.parametrize(
    ("pattern", "title"),
    [
        ("WIP*", "wip: a cart"),
        ("*wip*", "A cart [WIP]"),
        ("chore(deps)*", "Chore(deps): bump flask"),
        ("[WIP]*", "[WIP] Add a cart"),
        ("v?.?", "v1.2"),
        ("Add a cart", "Add a cart"),
        ("*b", "a\nb"),
    ],
)
def test_titles_are_matched_whole_and_in_any_case(pattern: str, title: str):
    reason = skip_reason(replace(PULL, title=title), SkipRules(titles=("never", pattern)))
    assert reason == f"its title matches `{pattern}` of `skip.titles`"


@pytest.mark.parametrize(
    ("pattern", "title"),
    [("WIP", "WIP: a cart"), ("[WIP]*", "Improve the cart"), ("[!a]*", "b"), ("", "Add a cart"), ("a.c", "abc")],
)
def test_a_pattern_that_does_not_match_skips_nothing(pattern: str, title: str):
    assert skip_reason(replace(PULL, title=title), SkipRules(titles=(pattern,))) == ""


@pytest.mark.parametrize("pattern", ["Renovate[bot]", "renovate*", "*[bot]"])
def test_authors_are_logins_in_any_case(pattern: str):
    pull = replace(PULL, author="renovate[bot]", author_is_bot=True)
    rules = SkipRules(bots=False, authors=("maria", pattern))
    assert skip_reason(pull, rules) == f"its author matches `{pattern}` of `skip.authors`"
    assert skip_reason(replace(pull, author="renovateb"), SkipRules(bots=False, authors=("renovate[bot]",))) == ""


def test_branches_are_those_that_it_goes_into():
    rules = SkipRules(branches=("release/*",))
    reason = "its target branch matches `release/*` of `skip.branches`"
    assert skip_reason(replace(PULL, base_ref="release/1/2"), rules) == reason
    assert skip_reason(replace(PULL, base_ref="Release/1"), rules) == ""
    assert skip_reason(replace(PULL, head_ref="release/1"), rules) == ""


def test_only_some_branches_may_be_reviewed():
    rules = SkipRules(only_branches=("main", "stable-*"), branches=("stable-0",))
    assert skip_reason(PULL, rules) == ""
    assert skip_reason(replace(PULL, base_ref="stable-1"), rules) == ""
    assert skip_reason(replace(PULL, base_ref="stable-0"), rules).startswith("its target branch matches")
    assert skip_reason(replace(PULL, base_ref="old"), rules) == "its target branch is none of `skip.only_branches`"


@pytest.mark.parametrize(
    ("most", "reason"),
    [
        (99, "it changes 100 lines, more than the 99 of `skip.changed_lines`"),
        (100, ""),
        (None, ""),
    ],
)
def test_there_may_be_a_limit_to_the_changed_lines(most: int | None, reason: str):
    assert skip_reason(PULL, SkipRules(changed_lines=most)) == reason


def test_the_first_rule_is_the_reason():
    pull = replace(PULL, state="closed", draft=True, author_is_bot=True, labels=("patchwright:skip",))
    assert skip_reason(pull, SkipRules(titles=("*",), changed_lines=1)) == "it is closed"


@pytest.mark.parametrize("values", [{"draft": True}, {"changed_lines": 0}, {"titles": "WIP*"}, {"drafts": "perhaps"}])
def test_rules_that_make_no_sense_are_refused(values: dict[str, object]):
    with pytest.raises(ValidationError):
        SkipRules.model_validate(values)


def test_every_rule_says_what_it_does():
    assert all(field.description for field in SkipRules.model_fields.values())


@unhurried
@given(st.text(), st.text(), st.text(), st.lists(st.text()))
def test_the_reason_is_one_line_and_quotes_no_stranger(title: str, author: str, branch: str, labels: list[str]):
    pull = replace(PULL, title=title, author=author, base_ref=branch, labels=tuple(labels))
    reason = skip_reason(pull, SkipRules(titles=("*a*",), authors=("*b*",), only_branches=("*c*",)))
    assert reason in {
        "",
        "it carries the label `patchwright:skip`",
        "its title matches `*a*` of `skip.titles`",
        "its author matches `*b*` of `skip.authors`",
        "its target branch is none of `skip.only_branches`",
    }


@pytest.mark.parametrize(("head", "forked"), [("acme/shop", False), ("eve/shop", True), ("", True)])
def test_a_fork_is_another_repository_or_one_that_is_gone(head: str, forked: bool):
    assert replace(PULL, head_repository=head).from_fork is forked
