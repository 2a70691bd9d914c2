"""GitHub's own OpenAPI document as the judge of every request and every answer.

`github_openapi.json` is made by scripts/slice-openapi. Where the document is narrower than the service, `_SERVICE`
says how, and from where that is known.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

Json = dict[str, Any]


class ContractBroken(Exception):
    """The fake said what GitHub doesn't say: a bug in the fake."""


@cache
def document() -> Any:
    return _converted(json.loads((Path(__file__).with_name("github_openapi.json")).read_text()))


def operation(method: str, template: str) -> Json:
    """The operation with this path template, as the document writes it."""
    found = document()["paths"].get(template, {}).get(method.lower())
    if found is None:
        raise ContractBroken(f"GitHub's document has no {method} {template}")
    return found


def request_problems(method: str, template: str, body: object) -> list[jsonschema_rs.ValidationError]:
    """What is wrong with a body."""
    validator = _of_request(method, template)
    return [] if validator is None or body is None else list(validator.iter_errors(body))


def required(method: str, template: str) -> frozenset[str]:
    """The keys that the body must have."""
    return frozenset(_request_schema(method, template).get("required", ()))


def known_keys(method: str, template: str) -> frozenset[str]:
    """The keys that the body may have."""
    return frozenset(
        key for schema in _branches([_request_schema(method, template)]) for key in schema.get("properties", ())
    )


def check_answer(method: str, template: str, status: int, body: object) -> None:
    """Raises ContractBroken for what GitHub would not answer."""
    responses = operation(method, template)["responses"]
    if status < 400 and str(status) not in responses:
        raise ContractBroken(f"{method} {template} doesn't answer {status}, but {sorted(responses)}")
    validator = _of_answer(method, template, status)
    if validator is None:
        return
    where = f"{method} {template} {status}"
    for error in validator.iter_errors(body):
        raise ContractBroken(f"{where}: {_where(error.instance_path)}: {error.message}")
    if status < 400 and (made_up := invented(_answer_schemas(method, template, status), body)):
        raise ContractBroken(f"{where}: GitHub has no {made_up}")


def invented(schemas: Sequence[Json], body: object, at: str = "") -> str | None:
    """The first key that none of `schemas` knows. The document allows any; a fake must have no more than GitHub."""
    if isinstance(body, list):
        inside = [schema["items"] for schema in _branches(schemas) if "items" in schema]
        return next((found for row in body if (found := invented(inside, row, f"{at}[]"))), None)
    if not isinstance(body, dict):
        return None
    branches = _branches(schemas)
    if any(schema.get("additionalProperties") for schema in branches) or not any(
        "properties" in one for one in branches
    ):
        return None
    for key, value in body.items():
        known = [schema["properties"][key] for schema in branches if key in schema.get("properties", ())]
        found = invented(known, value, f"{at}/{key}") if known else f"{at}/{key}"
        if found:
            return found
    return None


@cache
def _of_request(method: str, template: str) -> jsonschema_rs.Validator | None:
    schema = _request_schema(method, template)
    return _validator(schema) if schema else None


@cache
def _of_answer(method: str, template: str, status: int) -> jsonschema_rs.Validator | None:
    found = _resolved(operation(method, template)["responses"].get(str(status), {}))
    contents = found.get("content", {})
    if status >= 400 and not contents:
        return _validator({"$ref": "#/components/schemas/basic-error"})
    schemas = _answer_schemas(method, template, status)
    return _validator(schemas[0] if len(schemas) == 1 else {"anyOf": schemas}) if schemas else None


@cache
def _answer_schemas(method: str, template: str, status: int) -> tuple[Json, ...]:
    contents = _resolved(operation(method, template)["responses"].get(str(status), {})).get("content", {})
    return tuple(media["schema"] for name, media in contents.items() if name.endswith("json") and "schema" in media)


def _branches(schemas: Iterable[Json]) -> list[Json]:
    """Those schemas, and those that they are put together from."""
    found = []
    for schema in map(_resolved, schemas):
        found.append(schema)
        for word in ("anyOf", "allOf"):
            found += _branches(schema.get(word, ()))
    return found


def _request_schema(method: str, template: str) -> Json:
    content = _resolved(operation(method, template).get("requestBody", {})).get("content", {})
    return content.get("application/json", {}).get("schema", {})


def _validator(schema: Json) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator({**schema, "components": document()["components"]})


def _resolved(node: Json) -> Json:
    while "$ref" in node:
        target: Any = document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def _where(path: list[str | int]) -> str:
    return "/" + "/".join(map(str, path))


def _converted(node: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` becomes a null type, and `oneOf`, whose branches overlap, `anyOf`."""
    if isinstance(node, list):
        return [_converted(child) for child in node]
    if not isinstance(node, dict):
        return node
    made = {("anyOf" if key == "oneOf" else key): _converted(child) for key, child in _widened(node).items()}
    if made.pop("nullable", False) is True:
        made = {"anyOf": [made, {"type": "null"}]}
    return made


def _widened(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema `node` with what the service does and the document doesn't tell."""
    properties = node.get("properties")
    if not isinstance(properties, dict):
        return node
    changed = dict(properties)
    for key, marks in _NULLED.items():
        if key in properties and marks <= properties.keys():
            changed[key] = (
                {**properties[key], "nullable": True}
                if "$ref" not in properties[key]
                else {"anyOf": [properties[key], {"type": "null"}]}
            )
    return {**node, "properties": changed}


# Null in what the service answers, for a schema that has the other keys too. Measured: outdated comments have no
# `line` and no `position` (the webhooks' schemas have them nullable as well); a deleted fork has no `repo`.
_NULLED: dict[str, set[str]] = {
    "line": {"diff_hunk", "path"},
    "position": {"diff_hunk", "path"},
    "original_line": {"diff_hunk", "path"},
    "repo": {"label", "ref", "sha"},
    "conclusion": {"head_sha", "check_suite"},
    "body": {"merge_commit_sha", "diff_url"},
}
