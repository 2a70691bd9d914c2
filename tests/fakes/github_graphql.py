"""GitHub's GraphQL, as far as it is used: the schema of github.graphql, resolved upon the state.

What isn't valid fails as there: 200, and `errors`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLSyntaxError,
    VariableDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    print_ast,
    validate,
)

from tests.fakes.github_context import Context, Unanswerable
from tests.fakes.github_fields import FIELDS, type_name
from tests.fakes.github_mutations import MUTATIONS
from tests.fakes.github_nodes import check_size
from tests.fakes.github_state import Token

if TYPE_CHECKING:
    from tests.fakes.github_server import GitHub

Json = dict[str, Any]


def run_graphql(hub: GitHub, token: Token, asked: Json) -> Json:
    """The answer to a query with its variables."""
    query, variables = asked.get("query"), asked.get("variables") or {}
    if not isinstance(query, str) or not query.strip():
        return {"errors": [{"message": "A query attribute must be specified and must be a string."}]}
    try:
        document = parse(query)
    except GraphQLSyntaxError as error:
        return {"errors": [_shown(error)]}
    if problems := validate(schema(), document):
        return {"errors": [_invalid(problem) for problem in problems]}
    if problems := check_size(document, variables):
        return {"errors": problems}
    context = Context(hub, token)
    done = execute_sync(
        schema(),
        document,
        root_value=hub,
        context_value=context,
        variable_values=variables,
        operation_name=asked.get("operationName"),
        field_resolver=_resolve,
        type_resolver=lambda value, *_: type_name(value),
    )
    errors = [_shown(error) for error in done.errors or ()]
    if done.data is None and errors and all("path" not in error for error in errors):
        return {"errors": errors}  # the variables didn't fit
    return {"data": done.data} | ({"errors": errors} if errors else {})


@cache
def schema() -> GraphQLSchema:
    return build_schema(Path(__file__).with_name("github.graphql").read_text())


def _resolve(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    """A field of a dict is what is in it; any other is looked up by its type."""
    kind, name = info.parent_type.name, info.field_name
    if kind == "Mutation":
        return MUTATIONS[name](info.context, **arguments["input"]) | _echo(arguments["input"])
    if isinstance(source, dict) and name in source:
        return source[name]
    field: Callable[..., Any] = FIELDS[kind][name]
    return field(source, info.context, **arguments)


def _echo(given: Json) -> Json:
    return {"clientMutationId": given.get("clientMutationId")}


def _shown(error: GraphQLError) -> Json:
    """An error that has a type on GitHub has it at its top."""
    told: Json = {}
    original = error.original_error
    if isinstance(original, Unanswerable):
        told["type"] = original.kind
    elif original is not None and not isinstance(original, GraphQLError):
        raise original  # a bug in the fake
    if error.path:
        told["path"] = list(error.path)
    if error.locations:
        told["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    for node in error.nodes or ():
        if isinstance(node, VariableDefinitionNode):
            says = f"Variable ${node.variable.name.value} of type {print_ast(node.type)} was provided invalid value"
            return told | {"message": says}
    return told | {"message": error.message}


def _invalid(error: GraphQLError) -> Json:
    """In the words of graphql-ruby where a field or an argument isn't there."""
    found = re.match(r"Cannot query field '(\w+)' on type '(\w+)'", error.message)
    shown = _shown(error)
    if not found:
        return shown
    names = [node.name.value for node in error.nodes or () if isinstance(node, FieldNode)]
    extensions = {"code": "undefinedField", "typeName": found[2], "fieldName": found[1]}
    says = f"Field '{found[1]}' doesn't exist on type '{found[2]}'"
    return shown | {"path": ["query", *names], "extensions": extensions, "message": says}
