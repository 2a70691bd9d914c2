"""Issues, the comments below them, labels and reactions. A pull request is an issue here."""

from __future__ import annotations

from typing import NoReturn

from tests.fakes.github_pull import Pull
from tests.fakes.github_router import (
    Answer,
    Call,
    Refused,
    allow,
    invalid,
    missing,
    need_triage,
    no_access,
    problem,
    route,
)
from tests.fakes.github_state import Issue, IssueComment, Remark
from tests.fakes.github_text import check_body, check_issue_comment, check_title

_REPO = "/repos/{owner}/{repo}"
_ISSUE = f"{_REPO}/issues/{{issue_number}}"
_COMMENT = f"{_REPO}/issues/comments/{{comment_id}}"
_REVIEW_COMMENT = f"{_REPO}/pulls/comments/{{comment_id}}"


@route("GET", f"{_REPO}/issues", needs="issues:read")
def list_issues(call: Call) -> Answer:
    state, asked = call.query.get("state", "open"), call.query
    wanted = {name.lower() for name in asked.get("labels", "").split(",") if name}
    found = [issue for issue in call.repo.issues.values() if state in (issue.state, "all")]
    found = [issue for issue in found if wanted <= {name.lower() for name in issue.labels}]
    if "creator" in asked:
        found = [issue for issue in found if issue.author == asked["creator"]]
    return call.page(call.hub.seen(found if asked.get("direction") == "asc" else found[::-1]), call.views.issue)


@route("POST", f"{_REPO}/issues", needs="issues:write", creates=True)
def create_issue(call: Call) -> Answer:
    told = call.body
    check_title(str(told["title"]), "Issue")
    check_body(told.get("body"), "Issue")
    labels = tuple(label if isinstance(label, str) else label["name"] for label in told.get("labels", ()))
    issue = call.repo.issue(str(told["title"]), body=told.get("body"), author=call.login, labels=labels)
    shown = call.views.issue(issue)
    return Answer(shown, 201, {"location": shown["url"]})


@route("GET", _ISSUE, needs="conversation:read")
def get_issue(call: Call) -> Answer:
    return Answer(call.views.issue(issue_of(call, "read")))


@route("PATCH", _ISSUE, needs="conversation:write")
def update_issue(call: Call) -> Answer:
    issue, told = issue_of(call), call.body or {}
    need_triage(call, issue.author)
    if told.get("title") is not None:
        check_title(str(told["title"]), "Issue")
        issue.title = str(told["title"])
    if "body" in told:
        check_body(told["body"], "Issue")
        issue.body = told["body"]
    if "labels" in told:
        issue.labels = []
        issue.label(*(label if isinstance(label, str) else label["name"] for label in told["labels"]))
    if told.get("state") == "closed":
        issue.close()
        issue.state_reason = told.get("state_reason") or "completed"
    elif told.get("state") == "open" and issue.state == "closed":
        issue.reopen()
    issue.touch()
    return Answer(call.views.issue(issue))


@route("GET", f"{_ISSUE}/comments", needs="conversation:read")
def list_comments(call: Call) -> Answer:
    found = [one for one in issue_of(call, "read").comments if one.updated_at >= call.query.get("since", "")]
    return call.page(call.hub.seen(found), call.views.issue_comment)


@route("POST", f"{_ISSUE}/comments", needs="conversation:write", creates=True)
def create_comment(call: Call) -> Answer:
    issue = issue_of(call)
    check_unlocked(call, issue)
    check_issue_comment(call.body["body"])
    shown = call.views.issue_comment(issue.comment(call.body["body"], by=call.login))
    return Answer(shown, 201, {"location": shown["url"]})


@route("GET", _COMMENT, needs="conversation:read")
def get_comment(call: Call) -> Answer:
    comment = comment_of(call, "read")
    return missing() if call.hub.is_behind(comment) else Answer(call.views.issue_comment(comment))


@route("PATCH", _COMMENT, needs="conversation:write")
def update_comment(call: Call) -> Answer:
    comment = comment_of(call)
    _check_author(call, comment.author)
    check_issue_comment(call.body["body"])
    comment.body = call.body["body"]
    comment.touch()
    return Answer(call.views.issue_comment(comment))


@route("DELETE", _COMMENT, needs="conversation:write")
def delete_comment(call: Call) -> Answer:
    comment = comment_of(call)
    _check_author(call, comment.author)
    comment.issue.comments.remove(comment)
    return Answer(status=204)


@route("POST", f"{_ISSUE}/assignees", needs="conversation:write")
def add_assignees(call: Call) -> Answer:
    """Who can't be assigned is left out, silently."""
    need_triage(call)
    issue = issue_of(call)
    for login in (call.body or {}).get("assignees", ()):
        user = call.hub.users.get(login.lower())
        if user and user.at_least("triage") and user.login not in issue.assignees:
            issue.assignees.append(user.login)
    return Answer(call.views.issue(issue), 201)


@route("GET", f"{_ISSUE}/timeline", needs="conversation:read")
def list_timeline(call: Call) -> Answer:
    """Of all that happens, the comments."""
    issue = issue_of(call, "read")

    def shown(comment: IssueComment) -> object:
        return call.views.issue_comment(comment) | {"event": "commented", "actor": call.views.user(comment.author)}

    return call.page(call.hub.seen(issue.comments), shown)


@route("GET", f"{_ISSUE}/labels", needs="conversation:read")
def list_labels(call: Call) -> Answer:
    return call.page(call.views.labels(issue_of(call, "read")), lambda row: row)


@route("POST", f"{_ISSUE}/labels", needs="conversation:write")
def add_labels(call: Call) -> Answer:
    need_triage(call)
    issue = issue_of(call)
    _check_node(call, issue)
    issue.label(*_names(call))
    return Answer(call.views.labels(issue), is_list=True)


@route("PUT", f"{_ISSUE}/labels", needs="conversation:write")
def set_labels(call: Call) -> Answer:
    need_triage(call)
    issue = issue_of(call)
    _check_node(call, issue)
    names = _names(call)
    issue.labels = []
    issue.label(*names)
    return Answer(call.views.labels(issue), is_list=True)


@route("DELETE", f"{_ISSUE}/labels", needs="conversation:write")
def remove_all_labels(call: Call) -> Answer:
    need_triage(call)
    issue_of(call).labels = []
    return Answer(status=204)


@route("DELETE", f"{_ISSUE}/labels/{{name}}", needs="conversation:write")
def remove_label(call: Call) -> Answer:
    need_triage(call)
    issue, name = issue_of(call), call.params["name"].lower()
    found = [label for label in issue.labels if label.lower() == name]
    if not found:
        raise Refused(404, "Label does not exist")
    issue.labels.remove(found[0])
    return Answer(call.views.labels(issue), is_list=True)


@route("GET", f"{_REPO}/labels", needs="conversation:read")
def list_repository_labels(call: Call) -> Answer:
    return call.page(list(call.repo.labels.values()), lambda label: call.views.label(call.repo, label))


@route("POST", f"{_REPO}/labels", needs="conversation:write")
def create_label(call: Call) -> Answer:
    need_triage(call)
    told = call.body
    if told["name"].lower() in call.repo.labels:
        invalid(problem("Label", "name", "already_exists"))
    color = told.get("color", "ededed")
    if len(color) != 6 or not set(color.lower()) <= set("0123456789abcdef"):
        invalid(problem("Label", "color", "invalid"))
    label = call.repo.add_label(told["name"], color, told.get("description"))
    shown = call.views.label(call.repo, label)
    return Answer(shown, 201, {"location": shown["url"]})


@route("GET", f"{_REPO}/labels/{{name}}", needs="conversation:read")
def get_label(call: Call) -> Answer:
    label = call.repo.labels.get(call.params["name"].lower())
    return Answer(call.views.label(call.repo, label)) if label else missing()


def _reacted(call: Call, remark: Remark) -> Answer:
    reaction, new = remark.react(call.body["content"], by=call.login)
    return Answer(call.views.reaction(reaction), 201 if new else 200)


def _reactions(call: Call, remark: Remark) -> Answer:
    wanted = call.query.get("content")
    found = [reaction for reaction in remark.reactions if wanted in (None, reaction.content)]
    return call.page(call.hub.seen(found), call.views.reaction)


def _unreacted(call: Call, remark: Remark) -> Answer:
    found = [reaction for reaction in remark.reactions if reaction.id == call.number("reaction_id")]
    if not found:
        missing()
    if found[0].author != call.login:
        no_access(call)
    remark.reactions.remove(found[0])
    return Answer(status=204)


@route("GET", f"{_ISSUE}/reactions", needs="conversation:read")
def list_issue_reactions(call: Call) -> Answer:
    return _reactions(call, issue_of(call, "read"))


@route("POST", f"{_ISSUE}/reactions", needs="conversation:write")
def react_to_issue(call: Call) -> Answer:
    return _reacted(call, issue_of(call))


@route("DELETE", f"{_ISSUE}/reactions/{{reaction_id}}", needs="conversation:write")
def unreact_to_issue(call: Call) -> Answer:
    return _unreacted(call, issue_of(call))


@route("GET", f"{_COMMENT}/reactions", needs="conversation:read")
def list_comment_reactions(call: Call) -> Answer:
    return _reactions(call, comment_of(call, "read"))


@route("POST", f"{_COMMENT}/reactions", needs="conversation:write")
def react_to_comment(call: Call) -> Answer:
    return _reacted(call, comment_of(call))


@route("DELETE", f"{_COMMENT}/reactions/{{reaction_id}}", needs="conversation:write")
def unreact_to_comment(call: Call) -> Answer:
    return _unreacted(call, comment_of(call))


@route("GET", f"{_REVIEW_COMMENT}/reactions", needs="pull_requests:read")
def list_review_comment_reactions(call: Call) -> Answer:
    return _reactions(call, _review_comment(call))


@route("POST", f"{_REVIEW_COMMENT}/reactions", needs="pull_requests:write")
def react_to_review_comment(call: Call) -> Answer:
    return _reacted(call, _review_comment(call))


@route("DELETE", f"{_REVIEW_COMMENT}/reactions/{{reaction_id}}", needs="pull_requests:write")
def unreact_to_review_comment(call: Call) -> Answer:
    return _unreacted(call, _review_comment(call))


def issue_of(call: Call, level: str = "write") -> Issue:
    """The issue or pull of the path; whoever may not do this with its kind is refused."""
    found = call.repo.issues.get(call.number("issue_number")) or missing()
    allow(call, f"conversation:{level}", found)
    return found


def comment_of(call: Call, level: str = "write") -> IssueComment:
    number = call.number("comment_id")
    for issue in call.repo.issues.values():
        for comment in issue.comments:
            if comment.id == number:
                allow(call, f"conversation:{level}", issue)
                return comment
    return missing()


def check_unlocked(call: Call, issue: Issue) -> None:
    """Only people who can write talk on in a locked conversation."""
    assert call.token
    if issue.locked and not (call.token.kind == "user" and call.token.user.at_least("write")):
        raise Refused(403, "Unable to create comment because issue is locked.")


def _review_comment(call: Call) -> Remark:
    number = call.number("comment_id")
    found = [one for pull in call.repo.pulls for one in pull.review_comments if one.id == number]
    return found[0] if found else missing()


def _check_author(call: Call, author: str) -> None:
    """One's own; others' with the right to write, which an App has by its permission."""
    assert call.token
    if author != call.login and call.token.kind == "user":
        allow(call, "contents:write")


def _check_node(call: Call, issue: Issue) -> None:
    """Just after a pull was made, what adds labels may not find it."""
    if isinstance(issue, Pull) and call.hub.is_behind(issue):
        _unresolved(issue.node_id)


def _unresolved(node: str) -> NoReturn:
    raise Refused(422, f"Could not resolve to a node with the global id of '{node}'.")


def _names(call: Call) -> list[str]:
    """`{"labels": [...]}`, or the bare list, which the service takes and the document no longer tells."""
    told = call.body if isinstance(call.body, list) else (call.body or {}).get("labels", [])
    return [label if isinstance(label, str) else label["name"] for label in told]
