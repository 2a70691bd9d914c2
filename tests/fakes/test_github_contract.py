"""The fake held against what GitHub publishes: its OpenAPI document, its GraphQL schema, its webhooks' schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from tests.fakes.github_contract import ContractBroken, check_answer, document, operation
from tests.fakes.github_example import shop
from tests.fakes.github_graphql import schema
from tests.fakes.github_router import ROUTES
from tests.fakes.github_views import Views
from tests.fakes.npm import NoNpm, member
from tests.releases import Offline

REVIEWS = "/repos/{owner}/{repo}/pulls/{pull_number}/reviews"
PUBLISHED = {"@octokit/graphql-schema": "15.26.1", "@octokit/webhooks-schemas": "7.6.1", "@octokit/openapi": "23.0.2"}


def published(name: str, path: str) -> bytes:
    try:
        return member(name, PUBLISHED[name], path)
    except NoNpm:
        pytest.skip("npm isn't installed")
    except Offline as offline:
        pytest.skip(f"the npm registry can't be reached: {offline}")


# ------------------------------------------------------------------------------------------------ OpenAPI


def test_an_answer_that_github_would_not_give_is_told(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        good = at.review().json()
    check_answer("POST", REVIEWS, 200, good)
    for bad, says in (
        ({key: value for key, value in good.items() if key != "state"}, "state"),
        (good | {"id": "1"}, "/id"),
        (good | {"user": good["user"] | {"shoe_size": 44}}, "GitHub has no /user/shoe_size"),
    ):
        with pytest.raises(ContractBroken, match=says):
            check_answer("POST", REVIEWS, 200, bad)
    with pytest.raises(ContractBroken, match="doesn't answer 201"):
        check_answer("POST", REVIEWS, 201, good)


def test_a_wrong_answer_fails_the_test_that_got_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Views, "review", lambda *_: {"id": "no number"})
    with pytest.raises(ContractBroken), shop(tmp_path) as at:
        assert at.review().status_code == 500


def test_each_route_is_one_of_the_document_s_and_answered_once() -> None:
    named = [(route.method, route.template) for route in ROUTES]
    assert len(named) == len(set(named))
    assert all(operation(*name)["operationId"] for name in named)
    left = {
        one["operationId"]
        for path, item in document()["paths"].items()
        for method, one in item.items()
        if (method.upper(), path) not in named
    }
    assert left == {"repos/compare-commits"}  # the same address as that with basehead


@pytest.mark.registry
def test_the_slice_is_of_the_published_document() -> None:
    whole = json.loads(published("@octokit/openapi", "generated/api.github.com.json"))
    mine = json.loads(Path(__file__).with_name("github_openapi.json").read_text())
    assert mine["info"]["version"] == PUBLISHED["@octokit/openapi"]
    for path, item in mine["paths"].items():
        for method, one in item.items():
            assert one["operationId"] == whole["paths"][path][method]["operationId"]
            assert one["responses"].keys() == whole["paths"][path][method]["responses"].keys()
    for name, part in mine["components"]["schemas"].items():
        real = whole["components"]["schemas"][name]
        assert part.get("required") == real.get("required")
        assert part.get("properties", {}).keys() == real.get("properties", {}).keys()


# ------------------------------------------------------------------------------------------------ GraphQL


@pytest.mark.registry
def test_the_graphql_schema_is_a_part_of_github_s() -> None:
    sdl = published("@octokit/graphql-schema", "schema.graphql").decode()
    real = build_schema(sdl, assume_valid=True)  # it names two fields twice
    differences = [
        told for name in schema().type_map if not name.startswith("__") for told in compared(name, schema(), real)
    ]
    assert differences == []


def compared(name: str, mine: GraphQLSchema, real: GraphQLSchema) -> list[str]:
    """How the type of this name differs from GitHub's, other than by having less."""
    here, there = mine.type_map[name], real.type_map.get(name)
    if type(here) is not type(there):
        return [f"{name}: {type(here).__name__} is {type(there).__name__}"]
    if isinstance(here, GraphQLEnumType):
        return [f"{name}.{value}" for value in here.values if value not in there.values]
    if isinstance(here, GraphQLInputObjectType):
        return [f"{name}.{key}" for key in here.fields if not _same_argument(here.fields[key], there.fields.get(key))]
    if not isinstance(here, GraphQLObjectType | GraphQLInterfaceType):
        return []
    told = [
        f"{name} is no {one.name}" for one in here.interfaces if one.name not in {two.name for two in there.interfaces}
    ]
    for key, field in here.fields.items():
        other = there.fields.get(key)
        if other is None or str(field.type) != str(other.type):
            told.append(f"{name}.{key}: {field.type}")
            continue
        told += [
            f"{name}.{key}({word})" for word in field.args if not _same_argument(field.args[word], other.args.get(word))
        ]
        told += [
            f"{name}.{key} needs {word}"
            for word, one in other.args.items()
            if str(one.type).endswith("!") and word not in field.args
        ]
    return told


def _same_argument(mine: Any, real: Any) -> bool:
    return real is not None and (str(mine.type), mine.default_value) == (str(real.type), real.default_value)


# ------------------------------------------------------------------------------------------------ webhooks


@pytest.mark.registry
@pytest.mark.parametrize("fork", [None, "ann"])
def test_events_have_the_published_shape(tmp_path: Path, fork: str | None) -> None:
    shapes = json.loads(published("@octokit/webhooks-schemas", "schema.json"))["definitions"]
    with shop(tmp_path, fork=fork, labels=("bug",)) as at:
        at.comment(line=10)
        issue = at.repo.issue("Broken", labels=("bug",))
        run = at.repo.run_workflow("Look", event="pull_request", head=at.pull.head, actor="ann")
        noted, reply = at.pull.comment("x", by="github-actions[bot]"), at.pull.threads[0].reply("Why?", by="ann")
        told = [
            ("pull_request", {"action": action, "pull": at.pull})
            for action in ("opened", "synchronize", "reopened", "ready_for_review")
        ]
        told += [
            ("pull_request", {"action": "labeled", "pull": at.pull, "label": "bug"}),
            ("pull_request", {"action": "opened", "pull": at.pull, "installation": 7}),
            ("issues", {"action": "opened", "issue": issue}),
            ("issues", {"action": "labeled", "issue": issue, "label": "bug", "sender": "maria"}),
            ("issue_comment", {"action": "created", "comment": noted}),
            ("issue_comment", {"action": "created", "comment": issue.comment("x", by="ann")}),
            ("pull_request_review_comment", {"action": "created", "comment": at.pull.threads[0].comments[0]}),
            ("pull_request_review_comment", {"action": "created", "comment": reply}),
            ("workflow_dispatch", {"inputs": {"number": 1}}),
            ("workflow_run", {"action": "completed", "run": run}),
            ("merge_group", {"action": "checks_requested", "pull": at.pull}),
        ]
        payloads = [(name, how.get("action", "event"), at.hub.event(name, **how)) for name, how in told]
        at.pull.close()
        payloads.append(("pull_request", "closed", at.hub.event("pull_request", action="closed", pull=at.pull)))
    for name, action, payload in payloads:
        shape = {"$ref": f"#/definitions/{name}${action}", "definitions": shapes}
        problems = jsonschema_rs.Draft7Validator(shape).iter_errors(payload)
        assert [f"{name} {action} {list(one.instance_path)} {one.message}" for one in problems] == []


def test_an_event_tells_the_present_state(tmp_path: Path) -> None:
    with shop(tmp_path, fork="ann") as at:
        before = at.pull.head.sha
        after = at.change("shop.py", "line ten", "line TEN")
        payload = at.hub.event("pull_request", action="synchronize", pull=at.pull, sender="ann")
        assert (payload["before"], payload["after"]) == (before, after)
        assert payload["pull_request"]["head"]["repo"]["full_name"] == "ann/shop"
        at.repo.delete_fork("ann")
        assert at.hub.event("pull_request", action="closed", pull=at.pull)["pull_request"]["head"]["repo"] is None
        assert payload["repository"]["url"] == f"{at.hub.api_url}/repos/acme/shop"
