"""How much a GraphQL query may ask for: every list within bounds of 1 to 100, and half a million nodes in all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

Json = dict[str, Any]
_LISTS = {"comments", "reviews", "reviewThreads", "reactions"}
_MOST_NODES = 500_000


def check_size(document: DocumentNode, variables: Mapping[str, Any]) -> list[Json]:
    """What GitHub says before it runs the query."""
    count = _Count(document, variables)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            count.walk(definition.selection_set, 1)
    if not count.problems and count.nodes > _MOST_NODES:
        says = f"This query requests up to {count.nodes:,} possible nodes which exceeds the maximum limit of "
        says += f"{_MOST_NODES:,}."
        return [{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": says}]
    return count.problems


class _Count:
    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self.problems: list[Json] = []
        self.nodes = 0
        self._variables = dict(_defaults(document)) | dict(variables)
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }

    def walk(self, selections: SelectionSetNode | None, times: int) -> None:
        for selection in selections.selections if selections else ():
            if isinstance(selection, FragmentSpreadNode):
                self.walk(self._fragments[selection.name.value].selection_set, times)
            elif isinstance(selection, FieldNode) and selection.name.value in _LISTS:
                size = self._size(selection)
                self.nodes += times * size
                self.walk(selection.selection_set, times * size)
            else:
                self.walk(getattr(selection, "selection_set", None), times)

    def _size(self, field: FieldNode) -> int:
        name, given = field.name.value, {one.name.value: self._value(one.value) for one in field.arguments or ()}
        word = "first" if given.get("first") is not None else "last"
        size = given.get(word)
        if size is None:
            says = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
            self._problem(field, "MISSING_PAGINATION_BOUNDARIES", says)
        elif size > 100:
            says = f"Requesting {size} records on the `{name}` connection exceeds the `{word}` limit of 100 records."
            self._problem(field, "EXCESSIVE_PAGINATION", says)
        elif size < 0:
            says = f"`{word}` on the `{name}` connection cannot be less than zero."
            self._problem(field, "ARGUMENT_LITERALS_INCOMPATIBLE", says)
        return size or 0

    def _problem(self, field: FieldNode, kind: str, says: str) -> None:
        at = field.loc.start_token if field.loc else None
        where = [{"line": at.line, "column": at.column}] if at else []
        self.problems.append({"type": kind, "locations": where, "message": says})

    def _value(self, node: Any) -> Any:
        if isinstance(node, VariableNode):
            return self._variables.get(node.name.value)
        return int(node.value) if isinstance(node, IntValueNode) else None


def _defaults(document: DocumentNode) -> Iterator[tuple[str, Any]]:
    for definition in document.definitions:
        for variable in getattr(definition, "variable_definitions", None) or ():
            if isinstance(variable.default_value, IntValueNode):
                yield variable.variable.name.value, int(variable.default_value.value)
