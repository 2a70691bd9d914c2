"""GraphQL: the conversation on a pull, and what is changed in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.github_example import RESOLVE, shop

PULL = '{ repository(owner: "acme", name: "shop") { pullRequest(number: 1) { %s } } }'
CONVERSATION = """
query($number: Int!, $after: String) { viewer { login } repository(owner: "acme", name: "shop") {
  pullRequest(number: $number) { id number headRefOid state locked
    comments(first: 50) { nodes { id databaseId body viewerDidAuthor createdAt author { login __typename }
      reactions(first: 10, content: THUMBS_DOWN) { nodes { user { login } } } } pageInfo { hasNextPage endCursor } }
    reviews(first: 50) { nodes { id databaseId state body viewerDidAuthor commit { oid } } pageInfo { hasNextPage } }
    reviewThreads(first: 50, after: $after) { nodes { id isResolved isOutdated resolvedBy { login } path line startLine
      originalLine originalStartLine diffSide subjectType viewerCanResolve
      comments(first: 50) { nodes { id databaseId body viewerDidAuthor author { login __typename } createdAt
        reactions(first: 10, content: THUMBS_DOWN) { nodes { user { login } } } pullRequestReview { databaseId } }
        pageInfo { hasNextPage } } } pageInfo { hasNextPage endCursor } } } } }
"""


def test_the_conversation_in_one_query(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.review({"line": 10}, {"line": 12, "start_line": 9, "start_side": "RIGHT"})
        at.pull.threads[0].reply("No.", by="maria")
        at.pull.threads[0].comments[0].react("-1", by="maria")
        at.pull.threads[0].resolve(by="maria")
        told = at.graphql(CONVERSATION, {"number": 1}).json()["data"]
        assert told["viewer"]["login"] == "github-actions[bot]"
        first, second = told["repository"]["pullRequest"]["reviewThreads"]["nodes"]
        mine, reply = first["comments"]["nodes"]
        assert (first["isResolved"], first["resolvedBy"]["login"], first["line"]) == (True, "maria", 10)
        assert (second["startLine"], second["line"], second["viewerCanResolve"]) == (9, 12, False)
        assert mine["author"] == {"login": "github-actions", "__typename": "Bot"}
        assert (mine["viewerDidAuthor"], reply["viewerDidAuthor"]) == (True, False)
        assert mine["reactions"]["nodes"] == [{"user": {"login": "maria"}}]


def test_cursors_lead_from_page_to_page(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.review(*({"line": line} for line in (8, 9, 10)))
        query = """query($after: String) { repository(owner: "acme", name: "shop") { pullRequest(number: 1) {
          reviewThreads(first: 2, after: $after) { nodes { line } pageInfo { hasNextPage endCursor } } } } }"""
        pages, after = [], None
        for _ in range(2):
            answer = at.graphql(query, {"after": after}).json()
            page = answer["data"]["repository"]["pullRequest"]["reviewThreads"]
            pages.append([thread["line"] for thread in page["nodes"]])
            after = page["pageInfo"]["endCursor"]
        assert (pages, page["pageInfo"]["hasNextPage"]) == ([[8, 9], [10]], False)


@pytest.mark.parametrize(
    ("query", "kind", "says"),
    [
        ("{ viewer { shoeSize } }", None, "Field 'shoeSize' doesn't exist on type 'User'"),
        (
            '{ repository(owner: "acme", name: "no") { id } }',
            "NOT_FOUND",
            "Could not resolve to a Repository with the name 'acme/no'.",
        ),
        (
            PULL % "comments(first: 101) { totalCount }",
            "EXCESSIVE_PAGINATION",
            "Requesting 101 records on the `comments` connection exceeds the `first` limit of 100 records.",
        ),
        (
            PULL % "comments { totalCount }",
            "MISSING_PAGINATION_BOUNDARIES",
            "You must provide a `first` or `last` value to properly paginate the `comments` connection.",
        ),
    ],
)
def test_what_fails_in_graphql_is_200_all_the_same(tmp_path: Path, query: str, kind: str | None, says: str) -> None:
    with shop(tmp_path) as at:
        answer = at.graphql(query)
        assert answer.status_code == 200
        error = answer.json()["errors"][0]
        assert (error.get("type"), error["message"]) == (kind, says)


def test_too_many_nodes_are_refused_before_they_are_counted(tmp_path: Path) -> None:
    query = """{ repository(owner: "acme", name: "shop") { pullRequest(number: 1) { reviewThreads(first: 100) { nodes {
      comments(first: 100) { nodes { reactions(first: 100) { totalCount } } } } } } } }"""
    with shop(tmp_path) as at:
        (error,) = at.graphql(query).json()["errors"]
        says = "This query requests up to 1,010,100 possible nodes which exceeds the maximum limit of 500,000."
        assert (error["type"], error["message"]) == ("MAX_NODE_LIMIT_EXCEEDED", says)


def test_resolving_needs_to_write_contents_as_well(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.review({"line": 10})
        node = at.pull.threads[0].node_id
        for lacking in ({}, {"contents": "write", "pull_requests": "read"}):
            answer = at.graphql(RESOLVE, {"id": node}, token=at.hub.token(**lacking))
            (error,) = answer.json()["errors"]
            assert (answer.status_code, error["type"], error["path"]) == (200, "FORBIDDEN", ["resolveReviewThread"])
            assert error["message"] == "Resource not accessible by integration"
            assert not at.pull.threads[0].is_resolved
        done = at.graphql(RESOLVE, {"id": node}, token=at.hub.token(contents="write")).json()["data"]
        assert done["resolveReviewThread"]["thread"]["isResolved"]
        assert at.pull.threads[0].resolved_by == "github-actions[bot]"
        gone = at.graphql(RESOLVE, {"id": "PRRT_no"}, token=at.hub.token(contents="write")).json()["errors"][0]
        assert (gone["type"], gone["message"]) == (
            "NOT_FOUND",
            "Could not resolve to a node with the global id of 'PRRT_no'.",
        )


def test_a_comment_is_minimised(tmp_path: Path) -> None:
    query = """mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) {
      minimizedComment { isMinimized minimizedReason } } }"""
    with shop(tmp_path) as at:
        note = at.pull.comment("Old.", by="github-actions[bot]")
        denied = at.graphql(query, {"id": note.node_id}, token=at.hub.token(read_only=True)).json()["errors"][0]
        assert denied["type"] == "FORBIDDEN"
        done = at.graphql(query, {"id": note.node_id}).json()["data"]["minimizeComment"]["minimizedComment"]
        assert done == {"isMinimized": True, "minimizedReason": "outdated"}


def test_a_variable_that_is_missing(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        answer = at.graphql(RESOLVE, {})
        assert answer.status_code == 200
        assert answer.json()["errors"][0]["message"] == "Variable $id of type ID! was provided invalid value"
