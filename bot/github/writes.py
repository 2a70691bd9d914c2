"""What is written on a pull request. Each write knows how to find itself again, if nobody says whether it arrived."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from bot.diff.change import path_shown
from bot.errors import NotFound, Refused
from bot.github import payloads
from bot.github.client import Json, Wire
from bot.github.conversation import RESOLVE
from bot.review.forge import Annotation, Conclusion, LineComment, Reaction, ReviewEvent
from bot.review.pull import PullRequest
from bot.review.threads import Comment, PostedReview, Thread

CHECK = "Patchwright"
ANNOTATIONS = 50  # a request: https://docs.github.com/en/rest/checks/runs
COMMIT = """
mutation Commit($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }
"""


def post_review(
    wire: Wire,
    repository: str,
    number: int,
    commit: str,
    body: str,
    comments: Sequence[LineComment],
    event: ReviewEvent | None,
) -> PostedReview:
    """Known again by the last line of its body, which no other review has. A pending one that is found may be half of
    it, and nobody has seen it: it is dropped and made anew.
    """
    path = f"/repos/{repository}/pulls/{number}/reviews"
    told: dict[str, Any] = {"commit_id": commit, "body": body}
    if event:
        told["event"] = event
    if comments:
        told["comments"] = [_line_comment(comment) for comment in comments]

    def arrived() -> Json | None:
        found, mark = None, _last_line(body)
        for review in list(wire.pages(path)):
            if review.get("state") == "PENDING":  # others' pending reviews aren't shown to us
                _drop(wire, f"{path}/{review['id']}")
            elif event and mark and _last_line(review.get("body")) == mark:
                found = review
        if found and sum(1 for _ in wire.pages(f"{path}/{found['id']}/comments")) < len(comments):
            raise Refused("GitHub failed, and has kept a part of the review only")
        return found

    return _posted(payloads.read(payloads.ReviewPosted, wire.write("POST", path, told, arrived=arrived)))


def drop_pending(wire: Wire, repository: str, number: int, review: PostedReview) -> None:
    _drop(wire, f"/repos/{repository}/pulls/{number}/reviews/{review.id}")


def _drop(wire: Wire, path: str) -> None:
    try:
        wire.write("DELETE", path, None)
    except NotFound:
        return  # it is gone already


def say(wire: Wire, repository: str, number: int, body: str) -> Comment:
    path = f"/repos/{repository}/issues/{number}/comments"

    def arrived() -> Json | None:
        return next((one for one in wire.pages(path) if _same(one.get("body"), body)), None)

    return _comment(wire.write("POST", path, {"body": body}, arrived=arrived))


def edit(wire: Wire, repository: str, comment: Comment, body: str, where: Literal["comment", "thread"]) -> Comment:
    """The same edit twice is one edit."""
    path = f"/repos/{repository}/{'issues' if where == 'comment' else 'pulls'}/comments/{comment.id}"
    return _comment(wire.write("PATCH", path, {"body": body}))


def reply(wire: Wire, repository: str, number: int, thread: Thread, body: str) -> Comment:
    path = f"/repos/{repository}/pulls/{number}/comments"

    def arrived() -> Json | None:
        ours = (one for one in wire.pages(path) if one.get("in_reply_to_id") == thread.first.id)
        return next((one for one in ours if _same(one.get("body"), body)), None)

    return _comment(wire.write("POST", f"{path}/{thread.first.id}/replies", {"body": body}, arrived=arrived))


def react(wire: Wire, repository: str, comment: int, where: Literal["comment", "thread"], reaction: Reaction) -> None:
    """The same reaction twice is one reaction."""
    room = "issues" if where == "comment" else "pulls"
    path = f"/repos/{repository}/{room}/comments/{comment}/reactions"
    wire.write("POST", path, {"content": reaction})


def resolve(wire: Wire, thread: Thread) -> None:
    """A Thread that is resolved twice is resolved."""
    wire.mutate(RESOLVE, {"thread": thread.node})


def check(
    wire: Wire,
    repository: str,
    head: str,
    conclusion: Conclusion,
    title: str,
    summary: str,
    notes: Sequence[Annotation],
    *,
    run: str,
) -> str:
    """`run` is what it is known again by. Annotations beyond the first 50 are added to it."""
    path = f"/repos/{repository}/check-runs"
    output = {"title": title, "summary": summary}
    told = {
        "name": CHECK,
        "head_sha": head,
        "external_id": run,
        "status": "completed",
        "conclusion": conclusion,
        "output": output | {"annotations": [_annotation(note) for note in notes[:ANNOTATIONS]]},
    }

    def arrived() -> Json | None:
        runs = wire.pages(f"/repos/{repository}/commits/{head}/check-runs", check_name=CHECK, filter="all")
        return next((one for one in runs if one.get("external_id") == run), None)

    made = payloads.read(payloads.CheckRun, wire.write("POST", path, told, arrived=arrived))
    for start in range(ANNOTATIONS, len(notes), ANNOTATIONS):
        more = [_annotation(note) for note in notes[start : start + ANNOTATIONS]]
        _append(wire, f"{path}/{made.id}", output | {"annotations": more}, start + len(more))
    return made.html_url or ""


def commit(wire: Wire, pull: PullRequest, files: Mapping[str, bytes], headline: str, body: str) -> str:
    """One commit, signed by GitHub, on a branch that is still where we read it.

    The mutation makes every file it is given an ordinary one, so that an executable one would lose its mode.
    """
    _check_modes(wire, pull, files)
    told = {
        "branch": {"repositoryNameWithOwner": pull.head_repository, "branchName": pull.head_ref},
        "expectedHeadOid": pull.head_sha,
        "message": {"headline": headline, "body": body},
        "fileChanges": {
            "additions": [
                {"path": path, "contents": base64.b64encode(content).decode()} for path, content in files.items()
            ]
        },
    }

    def arrived() -> Json | None:
        ref = wire.get(f"/repos/{pull.head_repository}/git/ref/heads/{quote(pull.head_ref)}")
        now = ref["object"]["sha"]
        if now == pull.head_sha:
            return None
        made = wire.get(f"/repos/{pull.head_repository}/git/commits/{now}")
        ours = [parent["sha"] for parent in made["parents"]] == [pull.head_sha] and made["message"].startswith(headline)
        return {"createCommitOnBranch": {"commit": {"oid": now}}} if ours else None

    data = wire.mutate(COMMIT, {"input": told}, arrived=arrived)
    return str(data["createCommitOnBranch"]["commit"]["oid"])


def _check_modes(wire: Wire, pull: PullRequest, paths: Iterable[str]) -> None:
    tree = wire.get(f"/repos/{pull.head_repository}/git/trees/{pull.head_sha}", recursive=1)
    modes = {entry.get("path"): entry.get("mode") for entry in tree.get("tree", ())}
    odd = next((path for path in paths if modes.get(path) != "100644"), None)
    if odd is not None:
        if odd not in modes and tree.get("truncated"):
            raise Refused(f"{path_shown(odd)} can't be committed: GitHub lists only a part of so large a repository")
        raise Refused(f"{path_shown(odd)} isn't an ordinary file that GitHub lets be committed to like this")


def _append(wire: Wire, path: str, output: Mapping[str, Any], total: int) -> None:
    """GitHub adds what it gets: sent twice, they would be there twice."""

    def arrived() -> Json | None:
        run = wire.get(path)
        return run if (run.get("output") or {}).get("annotations_count", 0) >= total else None

    wire.write("PATCH", path, {"output": output}, arrived=arrived)


def _line_comment(comment: LineComment) -> dict[str, Any]:
    told = {"path": comment.path, "body": comment.body, "line": comment.line, "side": str(comment.side)}
    if comment.start is not None:  # without its side, GitHub misunderstands the line before which it starts
        told |= {"start_line": comment.start, "start_side": str(comment.side)}
    return told


def _annotation(note: Annotation) -> dict[str, Any]:
    return {
        "path": note.path,
        "start_line": note.start,
        "end_line": note.end,
        "annotation_level": note.level,
        "title": note.title,
        "message": note.message,
    }


def _posted(told: payloads.ReviewPosted) -> PostedReview:
    return PostedReview(
        told.id, told.node_id, told.state, told.body or "", own=True, commit=told.commit_id or "", url=told.html_url
    )


def _comment(data: Json) -> Comment:
    told = payloads.read(payloads.IssueComment, data)
    author = told.user or payloads.User(login="ghost")
    return Comment(
        told.id, told.node_id, told.body or "", author.login, own=True, bot=author.type == "Bot", url=told.html_url
    )


def _same(found: object, body: str) -> bool:
    return isinstance(found, str) and found.replace("\r\n", "\n").strip() == body.replace("\r\n", "\n").strip()


def _last_line(body: object) -> str:
    return str(body or "").rstrip().rpartition("\n")[2]
