"""Which pull requests are not reviewed, and why. The first rule that has something to say is the reason."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.review.pull import PullRequest


class SkipRules(BaseModel):
    """What can be set below `skip` in the repository's file.

    In patterns `*` stands for any characters, a `/` included, and `?` for one. Brackets stand for themselves, since
    `[WIP]*` and `dependabot[bot]` are what people write; to fnmatch the first would be any title that begins with W,
    I or P.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", title="Pull requests that are not reviewed")

    drafts: bool = Field(True, description="Skip drafts.")
    bots: bool = Field(True, description="Skip pull requests whose author is a bot.")
    labels: tuple[str, ...] = Field(
        ("patchwright:skip",), description="Skip pull requests with one of these labels. Case doesn't matter."
    )
    titles: tuple[str, ...] = Field(
        (), description="Skip titles that match one of these patterns, such as `WIP*` or `chore(deps)*`, in any case."
    )
    branches: tuple[str, ...] = Field(
        (), description="Skip pull requests into target branches that match one of these patterns."
    )
    only_branches: tuple[str, ...] = Field(
        (), description="Skip pull requests into target branches that match none of these patterns. Empty: any will do."
    )
    authors: tuple[str, ...] = Field(
        (), description="Skip authors whose login matches one of these patterns, such as `renovate*`, in any case."
    )
    changed_lines: Annotated[int, Field(ge=1)] | None = Field(
        None, description="Skip pull requests with more changed lines than this. Unset: however many there are."
    )


ASKED_FOR = SkipRules.model_validate({"drafts": False, "bots": False, "labels": ()})  # somebody wants it reviewed


def skip_reason(pull: PullRequest, rules: SkipRules) -> str:
    """Why `pull` is not to be reviewed: a sentence about "it", without a full stop; empty where it is to be.

    It quotes the rules, never the pull request, and so is fit for a log.
    """
    return _by_state(pull, rules) or _by_author(pull, rules) or _by_words(pull, rules) or _by_size(pull, rules)


def _by_state(pull: PullRequest, rules: SkipRules) -> str:
    if pull.merged:
        return "it is merged"
    if pull.state == "closed":
        return "it is closed"
    return "it is a draft" if pull.draft and rules.drafts else ""


def _by_author(pull: PullRequest, rules: SkipRules) -> str:
    if pull.author_is_bot and rules.bots:
        return "its author is a bot"
    match = _first(rules.authors, pull.author, any_case=True)
    return f"its author matches `{match}` of `skip.authors`" if match else ""


def _by_words(pull: PullRequest, rules: SkipRules) -> str:
    """What labels, title and target branch say."""
    carried = {label.lower() for label in pull.labels}
    label = next((label for label in rules.labels if label.lower() in carried), "")
    if label:
        return f"it carries the label `{label}`"
    if match := _first(rules.titles, pull.title, any_case=True):
        return f"its title matches `{match}` of `skip.titles`"
    if match := _first(rules.branches, pull.base_ref):
        return f"its target branch matches `{match}` of `skip.branches`"
    if rules.only_branches and not _first(rules.only_branches, pull.base_ref):
        return "its target branch is none of `skip.only_branches`"
    return ""


def _by_size(pull: PullRequest, rules: SkipRules) -> str:
    changed = pull.added + pull.removed
    if rules.changed_lines is None or changed <= rules.changed_lines:
        return ""
    return f"it changes {changed:,} lines, more than the {rules.changed_lines:,} of `skip.changed_lines`"


def _first(patterns: Iterable[str], text: str, *, any_case: bool = False) -> str:
    """The first pattern that matches the whole `text`; empty where none does. Git's branches differ by case."""
    return next((pattern for pattern in patterns if _matches(pattern, text, any_case=any_case)), "")


def _matches(pattern: str, text: str, *, any_case: bool) -> bool:
    if any_case:
        pattern, text = pattern.lower(), text.lower()
    return fnmatchcase(text, pattern.replace("[", "[[]"))
