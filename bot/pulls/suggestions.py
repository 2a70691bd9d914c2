"""Whether a Suggestion can be one that is committed with a click, by GitHub's rules and ours.

GitHub replaces exactly the commented lines of the new side, all of one hunk, and refuses a suggestion that changes
nothing. It cannot add or take away the line feed at the end of a file. Line ends are the file's own: a suggestion is
text with line feeds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt

from bot.diff.change import Line, Side, printable
from bot.diff.masks import MASK, revealed
from bot.diff.place import Place
from bot.pulls.anchors import Grid, text_of
from bot.reports.safe import fenced
from bot.review.findings import Suggestion

# What runs on others' machines isn't changed with a click: people read a suggestion less well than a patch.
_GUARDED = re.compile(
    r"(^|/)\.(git[a-z]*|circleci|husky|buildkite|woodpecker|devcontainer|vscode)(/|$)"
    r"|(^|/)(action\.ya?ml|CODEOWNERS|Jenkinsfile|(azure|bitbucket)-pipelines\.ya?ml"
    r"|\.(gitlab-ci|travis|drone|woodpecker|appveyor|pre-commit-config)\.ya?ml)$"
)
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def objection(path: str, suggestion: Suggestion, grid: Grid, taken: Sequence[Place] = ()) -> str:
    """Why it can't be committed with a click; empty where it can. `taken` are the places of other suggestions."""
    where = place_of(suggestion)
    lines = text_of(path, where, grid)
    if guarded(path):
        return "files that run elsewhere aren't changed with a click"
    if lines is None:
        return "its lines aren't all in one hunk"
    if MASK in suggestion.replacement:
        return "it holds a masked secret"
    if _NOT_TEXT.search(suggestion.replacement.replace("\r\n", "\n")):
        return "it holds control characters"
    if revealed(printable(suggestion.replacement)) != suggestion.replacement:
        return "it holds hidden characters"
    if any(Line(None, at, line).shown != line.removesuffix("\r") for at, line in enumerate(lines, 1)):
        return "it replaces what can't be shown as it is"  # what was written out would be written into the file
    if replacement_lines(suggestion) == [line.removesuffix("\r") for line in lines]:
        return "it changes nothing"
    if any(other.start <= where.end and where.start <= other.end for other in taken):
        return "it overlaps another suggestion"
    return ""


def guarded(path: str) -> bool:
    """Whether a file is one that runs where its author doesn't: workflows, hooks, actions, who owns what."""
    return bool(_GUARDED.search(path))


def place_of(suggestion: Suggestion) -> Place:
    return Place(Side.RIGHT, suggestion.start, suggestion.end)


def replacement_lines(suggestion: Suggestion) -> list[str]:
    """The new lines; an empty list deletes."""
    text = suggestion.replacement.replace("\r\n", "\n")
    return text.split("\n") if text else []


def as_block(suggestion: Suggestion) -> str:
    """The fenced block that GitHub offers to commit."""
    lines = replacement_lines(suggestion)
    return fenced("\n".join(lines), "suggestion") if lines else "```suggestion\n```"


def read_block(body: str) -> list[str] | None:
    """The lines in the first suggestion block of one of our own comments; None where there is no block.

    One that is quoted within another block is none.
    """
    blocks = (token for token in MarkdownIt("commonmark").parse(body) if token.type == "fence")
    found = next((block for block in blocks if block.level == 0 and block.info.strip() == "suggestion"), None)
    return found.content.split("\n")[:-1] if found else None
