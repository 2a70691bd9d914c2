"""What was said on a pull request, by GraphQL: REST doesn't know whether a Thread is resolved, nor who "we" are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.diff.change import Side
from bot.errors import ForgeError, NotFound
from bot.github.client import Wire
from bot.review.threads import Comment, Conversation, PostedReview, Thread

_COMMENT = """
fragment Said on Comment { id body viewerDidAuthor author { login __typename } }
"""
_OF_THREAD = "nodes { ...Said fullDatabaseId url } pageInfo { hasNextPage endCursor }"
CONVERSATION = (
    """
query Conversation(
  $owner: String!, $name: String!, $number: Int!,
  $comments: Boolean!, $reviews: Boolean!, $threads: Boolean!,
  $afterComments: String, $afterReviews: String, $afterThreads: String
) {
  viewer { login }
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      headRefOid
      comments(first: 100, after: $afterComments) @include(if: $comments) {
        nodes { ...Said fullDatabaseId url }
        pageInfo { hasNextPage endCursor }
      }
      reviews(first: 100, after: $afterReviews) @include(if: $reviews) {
        nodes { id fullDatabaseId url state body viewerDidAuthor commit { oid } }
        pageInfo { hasNextPage endCursor }
      }
      reviewThreads(first: 50, after: $afterThreads) @include(if: $threads) {
        nodes {
          id isResolved isOutdated path line startLine originalLine originalStartLine diffSide
          resolvedBy { login }
          opening: comments(first: 1) {
            nodes {
              ...Said fullDatabaseId url
              reactions(first: 100, content: THUMBS_DOWN) { nodes { user { login } } }
            }
          }
          comments(first: 50) { OF_THREAD }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
""".replace("OF_THREAD", _OF_THREAD)
    + _COMMENT
)
MORE = (
    """
query More($thread: ID!, $after: String) {
  node(id: $thread) { ... on PullRequestReviewThread { comments(first: 100, after: $after) { OF_THREAD } } }
}
""".replace("OF_THREAD", _OF_THREAD)
    + _COMMENT
)
RESOLVE = """
mutation Resolve($thread: ID!) { resolveReviewThread(input: {threadId: $thread}) { thread { id isResolved } } }
"""
_LISTS = {"comments": "afterComments", "reviews": "afterReviews", "threads": "afterThreads"}


def conversation(wire: Wire, repository: str, number: int) -> Conversation:
    """All of it, page by page: a list that has no more pages isn't asked for again."""
    try:
        return _conversation(wire, repository, number)
    except (KeyError, TypeError, ValueError) as error:
        raise ForgeError(f"GitHub's answer isn't what its documentation says ({error})") from None


def _conversation(wire: Wire, repository: str, number: int) -> Conversation:
    owner, _, name = repository.partition("/")
    variables: dict[str, Any] = {"owner": owner, "name": name, "number": number, **dict.fromkeys(_LISTS, True)}
    found: dict[str, list[Any]] = {what: [] for what in _LISTS}
    viewer = head = ""
    while any(variables[what] for what in _LISTS):
        data = wire.query(CONVERSATION, variables)
        pull = (data.get("repository") or {}).get("pullRequest")
        if pull is None:
            raise NotFound(f"there is no pull request {number} in {repository}")
        viewer, head = data["viewer"]["login"], pull["headRefOid"]
        for what, after in _LISTS.items():
            if variables[what]:
                page = pull["reviewThreads" if what == "threads" else what]
                found[what] += [node for node in page["nodes"] if node]
                variables[what] = page["pageInfo"]["hasNextPage"]
                variables[after] = page["pageInfo"]["endCursor"]
    return Conversation(
        viewer=viewer,
        head=head,
        comments=tuple(_comment(node) for node in found["comments"]),
        reviews=tuple(_review(node) for node in found["reviews"]),
        threads=tuple(thread for node in found["threads"] if (thread := _thread(wire, node)).comments),
    )


def _comment(node: Any) -> Comment:
    author = node["author"] or {"login": "ghost", "__typename": "User"}
    votes = (node.get("reactions") or {}).get("nodes") or ()
    return Comment(
        id=int(node["fullDatabaseId"] or 0),
        node=node["id"],
        body=node["body"],
        author=author["login"],
        own=bool(node["viewerDidAuthor"]),
        bot=author["__typename"] == "Bot",
        against=tuple(vote["user"]["login"] for vote in votes if vote and vote.get("user")),
        url=node["url"],
    )


def _review(node: Any) -> PostedReview:
    return PostedReview(
        id=int(node["fullDatabaseId"] or 0),
        node=node["id"],
        state=node["state"],
        body=node["body"],
        own=bool(node["viewerDidAuthor"]),
        commit=(node["commit"] or {}).get("oid", ""),
        url=node["url"],
    )


def _thread(wire: Wire, node: Any) -> Thread:
    opening = [_comment(one) for one in node["opening"]["nodes"] if one]
    following = [_comment(one) for one in _all_comments(wire, node)]
    known = {comment.node for comment in opening}
    outdated = bool(node["isOutdated"])
    return Thread(
        node=node["id"],
        path=node["path"],
        side=Side(node["diffSide"]),
        start=None if outdated else node["startLine"],
        line=None if outdated else node["line"],
        resolved=bool(node["isResolved"]),
        resolved_by=(node["resolvedBy"] or {}).get("login", ""),
        outdated=outdated,
        comments=(*opening, *(comment for comment in following if comment.node not in known)),
        original_start=node["originalStartLine"],
        original_line=node["originalLine"],
    )


def _all_comments(wire: Wire, thread: Any) -> Iterator[Any]:
    page = thread["comments"]
    while True:
        yield from (node for node in page["nodes"] if node)
        if not page["pageInfo"]["hasNextPage"]:
            return
        asked = {"thread": thread["id"], "after": page["pageInfo"]["endCursor"]}
        page = wire.query(MORE, asked)["node"]["comments"]
