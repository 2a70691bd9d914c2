"""What a repository has silenced for good, in its configuration file."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.diff.change import path_shown
from bot.review.findings import Category


class Mute(BaseModel):
    """Findings that meet all that is named here aren't said. `reason` is shown beside their number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field("", description="A pattern as in a .gitignore file.")
    category: Category | None = Field(None, description="bug, security, performance, ...")
    fingerprint: str = Field("", description="The fingerprint of one finding, as the JSON report has it.")
    reason: str = Field("", max_length=200, description="Why, for those who read the summary.")

    @model_validator(mode="after")
    def _says_something(self) -> Mute:
        if not (self.path or self.category or self.fingerprint):
            raise ValueError("name a path, a category or a fingerprint")
        if self.path:
            _matches(self.path, "")
        return self


def muted_by(path: str, category: Category, fingerprint: str, mutes: Sequence[Mute]) -> Mute | None:
    """The first rule that silences the Finding that has these."""
    return next((mute for mute in mutes if _meets(path, category, fingerprint, mute)), None)


def _meets(path: str, category: Category, fingerprint: str, mute: Mute) -> bool:
    if mute.category and category is not mute.category:
        return False
    if mute.fingerprint and fingerprint != mute.fingerprint:
        return False
    return not mute.path or _matches(mute.path, path_shown(path))


def _matches(pattern: str, path: str) -> bool:
    """Raises ValueError for what isn't a pattern."""
    from pathspec import GitIgnoreSpec  # noqa: PLC0415  takes longer to import than most runs have use for

    return GitIgnoreSpec.from_lines([pattern]).match_file(path)
