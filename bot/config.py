"""One frozen Config: defaults < repository file < environment < flags. Read once, from arguments."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import ConfigError
from bot.review.findings import Severity
from bot.review.mutes import Mute
from bot.review.skips import SkipRules

REPOSITORY_FILE = ".github/patchwright.yml"
PREFIX = "PATCHWRIGHT_"
LISTS = ("ignore", "around")  # a line each
FILE_ONLY = ("skip", "mute")  # what no single word can say


class Settings(BaseModel):
    """What can be set in the repository's file, in the environment (`PATCHWRIGHT_` and the name) and by a flag."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Patchwright's configuration")

    base_url: str = Field("", description="Base URL of an OpenAI-compatible server. Empty: the embedded default.")
    model: str = Field("", description="Name of the model there. Empty: the only one that the server has.")
    context: Annotated[int, Field(ge=1024)] | None = Field(
        None, description="The server's context in tokens. Unset: what the server says, or 4096."
    )
    timeout: float = Field(300, gt=0, description="Seconds to wait for one answer.")
    concurrency: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        None, description="Requests at once. Unset: as many as suit the server."
    )
    max_comments: int = Field(4, ge=0, description="Findings shown in full; the next ones are folded.")
    min_confidence: float = Field(0.0, ge=0, le=1, description="Findings below this are dropped.")
    fail_on: Severity | None = Field(None, description="Exit with 1 if a finding of at least this severity stands.")
    language: str = Field("English", min_length=1, max_length=40, description="Language of the findings.")
    instructions: str = Field("", max_length=4000, description="House rules that the model is told.")
    ignore: tuple[str, ...] = Field((), description="Files not to review: patterns as in a .gitignore file.")
    around: tuple[Literal["scope", "symbols"], ...] = Field(
        (), description="What is shown around each hunk, a line each: `scope`, `symbols`. Empty: nothing."
    )
    second_look: Literal["auto", "off", "question", "judgement"] = Field(
        "auto", description="How each finding is doubted before it is told. `auto`: as suits the model."
    )
    second_look_threshold: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="The probability from which on a `question` confirms. Unset: as suits the model."
    )
    request_changes: Severity | None = Field(
        None, description="On a pull request: request changes if a finding of at least this severity stands."
    )
    approve: bool = Field(False, description="On a pull request: approve it if all of it was read and nothing stands.")
    check_run: bool = Field(True, description="On a pull request: make a check run, if the token may.")
    rate_limit_wait: float = Field(
        120, ge=0, description="Seconds to wait for GitHub's rate limits before the review is saved to be posted later."
    )
    write_pace: float = Field(
        1, ge=0, description="Seconds between two writes to GitHub. It asks for one; a server without limits for none."
    )
    skip: SkipRules = Field(SkipRules.model_validate({}), description="Pull requests that are not reviewed.")
    mute: tuple[Mute, ...] = Field((), description="Findings that are not said, by path, category or fingerprint.")


@dataclass(frozen=True, slots=True)
class Config:
    """`origins` says for every setting where its value came from. The key never shows in a repr."""

    settings: Settings
    origins: Mapping[str, str]
    api_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class File:
    """A configuration file that was found: its name as a user knows it, and its text."""

    name: str
    text: str


def load(file: File | None, environment: Mapping[str, str], flags: Mapping[str, Any]) -> Config:
    """`flags` holds those that were given. Raises ConfigError with the place of the first thing that is wrong."""
    values: dict[str, Any] = {}
    origins = dict.fromkeys(Settings.model_fields, "default")
    if file:
        found, lines = _read(file)
        _check(found, lambda key: f"{file.name}:{lines.get(key, 1)}: ")
        values |= found
        origins |= {key: f"{file.name}:{lines[key]}" for key in found}
    told = _from_environment(environment)
    _check(told, lambda key: f"{PREFIX}{key.upper()}: ")
    values |= told
    origins |= {key: f"{PREFIX}{key.upper()}" for key in told}
    _check(flags, lambda key: f"--{key.replace('_', '-')}: ")
    values |= flags
    origins |= {key: f"--{key.replace('_', '-')}" for key in flags}
    return Config(Settings.model_validate(values), origins, environment.get(f"{PREFIX}API_KEY", ""))


def schema() -> str:
    """The JSON schema of the repository's file, for editors."""
    told = Settings.model_json_schema(mode="validation")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **told}, indent=2) + "\n"


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Empty variables count as unset, as a workflow sets them for inputs that nobody gave."""
    told: dict[str, Any] = {}
    for key in Settings.model_fields:
        value = environment.get(PREFIX + key.upper(), "")
        if value and key not in FILE_ONLY:
            told[key] = [line.strip() for line in value.splitlines() if line.strip()] if key in LISTS else value
    return told


def _check(values: Mapping[str, Any], where: Any) -> None:
    for key in values:
        if key not in Settings.model_fields:
            near = difflib.get_close_matches(key, Settings.model_fields, n=1)
            known = f"Did you mean `{near[0]}`?" if near else f"Known: {', '.join(Settings.model_fields)}."
            raise ConfigError(f"{where(key)}unknown key `{key}`", known)
    try:
        Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        said = first["msg"][0].lower() + first["msg"][1:]
        raise ConfigError(
            f"{where(str(first['loc'][0]))}`{key}`: {said}", f"It is {json.dumps(first['input'], default=str)}."
        ) from error


def _read(file: File) -> tuple[dict[str, Any], dict[str, int]]:
    """The file's values, and the line of each key."""
    try:
        node = yaml.compose(file.text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(file.text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{file.name}:{line}: this is no YAML: {getattr(error, 'problem', None) or error}") from error
    if node is None or values is None:
        return {}, {}
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError(f"{file.name}:1: this must be a mapping of settings, such as `max_comments: 4`")
    lines = {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
    return {str(key): value for key, value in values.items()}, lines
