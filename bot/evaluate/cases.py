"""Cases: changes of which the truth is known. A folder of them -> Cases.

    CASES/ID/repo         a git repository with branches `base` and `head`; else CASES/repository, for all of them
    CASES/ID/pr.json      PullJson: the commits, where they aren't those branches
    CASES/ID/truth.json   TruthJson: what the reviewer must not see

A folder of recipes, `ID.json` each, may say more than truth.json does: what a recipe says goes before it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot.diff.change import Side
from bot.errors import BadInput

STORE = "repository"  # the one for all cases that were made from a history
LARGEST = 4_000_000  # bytes of a file of JSON
LONGEST_TOPIC = 4_000  # characters

Read = TypeVar("Read", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Range:
    """Lines `start` to `end` of one side of the diff of `path`, counted from 1 and inclusive."""

    path: str
    side: Side
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing to be found: on any of its lines. `topic` matches what explains it; empty where that isn't known."""

    ranges: tuple[Range, ...]
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A change between two commits of a repository. One without defects is clean."""

    id: str
    repository: Path
    base: str
    head: str
    defects: tuple[Defect, ...]
    category: str = ""
    description: str = ""

    @property
    def kind(self) -> Literal["bug", "clean"]:
        return "bug" if self.defects else "clean"


class _Told(BaseModel):
    """What others wrote may say more than we know of."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RangeJson(_Told):
    """A place of the truth, in our names or in those of AACR-Bench, where an end may stand before its start."""

    path: Annotated[str, Field(min_length=1)]
    side: Side = Side.RIGHT
    start: Annotated[int, Field(ge=1)] | None = Field(None, validation_alias=AliasChoices("start", "from_line"))
    end: Annotated[int, Field(ge=1)] | None = Field(None, validation_alias=AliasChoices("end", "to_line"))

    @field_validator("side", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


class TruthJson(_Told):
    """`truth` are the places of one defect; each of `comments` (AACR-Bench) is a defect of its own."""

    kind: Literal["bug", "clean"] | None = None
    truth: tuple[RangeJson, ...] = ()
    comments: tuple[RangeJson, ...] = ()
    category: str = ""
    description: str = ""
    message_regex: Annotated[str, Field(max_length=LONGEST_TOPIC)] = ""
    source_commit: str = Field("", description="The head, as AACR-Bench has it.")
    target_commit: str = Field("", description="The base, as AACR-Bench has it.")


class PullJson(_Told):
    base: str = ""
    head: str = ""


def read_cases(folder: Path, recipes: Path | None = None) -> list[Case]:
    """The cases of `folder`, in the order of their names. Raises BadInput at the first that isn't right."""
    if not folder.is_dir():
        raise BadInput(f"no such folder of cases: {folder}")
    names = sorted(each.name for each in folder.iterdir() if (each / "truth.json").is_file())
    if not names:
        hint = "A case is a folder with truth.json in it (docs/evaluation.md); --from-history makes some."
        raise BadInput(f"there are no cases in {folder}", hint)
    return [_case(folder, name, recipes) for name in names]


def _case(folder: Path, name: str, recipes: Path | None) -> Case:
    told = _object(folder / name / "truth.json")
    if recipes and (recipes / f"{name}.json").is_file():
        told |= _object(recipes / f"{name}.json")
    truth = _checked(TruthJson, told, name)
    pull_file = folder / name / "pr.json"
    pull = _checked(PullJson, _object(pull_file) if pull_file.is_file() else {}, name)
    return Case(
        id=name,
        repository=_repository(folder, name),
        base=pull.base or truth.target_commit or "base",
        head=pull.head or truth.source_commit or "head",
        defects=_defects(truth, name),
        category=truth.category,
        description=truth.description,
    )


def _repository(folder: Path, name: str) -> Path:
    """A folder that is no repository is refused here: git would go up from it, and find another one."""
    for repository in (folder / name / "repo", folder / STORE):
        if (repository / ".git").exists():
            return repository
    raise BadInput(f"case {name} has no git repository: {folder / name / 'repo'}")


def _defects(truth: TruthJson, name: str) -> tuple[Defect, ...]:
    """A comment without lines can't be hit, and is left out."""
    try:
        re.compile(truth.message_regex)
    except re.error as error:
        raise BadInput(f"case {name}: `message_regex` is no regular expression: {error}") from error
    if truth.kind == "clean":
        return ()
    apart = tuple(Defect(ranges) for comment in truth.comments if (ranges := _ranges([comment])))
    together = _ranges(truth.truth)
    defects = (Defect(together, truth.message_regex), *apart) if together else apart
    if truth.kind == "bug" and not defects:
        raise BadInput(f"case {name} is a bug case, and its truth names no lines")
    return defects


def _ranges(told: Iterable[RangeJson]) -> tuple[Range, ...]:
    return tuple(_range(one, one.start or one.end, one.end or one.start) for one in told if one.start or one.end)


def _range(told: RangeJson, start: int | None, end: int | None) -> Range:
    assert start
    assert end
    return Range(told.path, told.side, min(start, end), max(start, end))


def _object(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST:
            raise BadInput(f"{path} has more than {LARGEST:,} bytes")
        told = json.loads(path.read_bytes())
    except OSError as error:
        raise BadInput(f"can't read {path}: {error.strerror}") from error
    except ValueError as error:
        raise BadInput(f"{path} is no JSON: {error}") from error
    if not isinstance(told, dict):
        raise BadInput(f"{path} holds no JSON object")
    return told


def _checked(model: type[Read], told: dict[str, Any], name: str) -> Read:
    try:
        return model.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"case {name}: `{where}`: {first['msg']}") from error
