"""Reviews, and the comments on lines."""

from __future__ import annotations

from typing import Any, NoReturn

from tests.fakes.github_anchors import Misplaced, anchor_of, comment_errors, review_errors
from tests.fakes.github_contract import known_keys
from tests.fakes.github_diff import Anchor
from tests.fakes.github_pull import Pull, ReviewComment
from tests.fakes.github_rest_issues import check_unlocked
from tests.fakes.github_rest_pulls import pull_of
from tests.fakes.github_router import Answer, Call, Refused, allow, invalid, missing, need_triage, problem, route
from tests.fakes.github_state import ACTIONS_BOT, Review
from tests.fakes.github_text import check_review_comment, review_body_problem

_PULL = "/repos/{owner}/{repo}/pulls/{pull_number}"
_REVIEW = f"{_PULL}/reviews/{{review_id}}"
_COMMENT = "/repos/{owner}/{repo}/pulls/comments/{comment_id}"
_STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
_OWN = {
    "APPROVE": "Can not approve your own pull request",
    "REQUEST_CHANGES": "Can not request changes on your own pull request",
}
_SIDES = {"LEFT", "RIGHT"}
_ONE_PENDING = "can only have one pending review per pull request"
_DRAFT = ("path", "position", "body", "line", "side", "start_line", "start_side")


@route("GET", f"{_PULL}/reviews", needs="pull_requests:read")
def list_reviews(call: Call) -> Answer:
    return call.page(call.hub.seen(visible(call, pull_of(call))), call.views.review)


@route("POST", f"{_PULL}/reviews", needs="pull_requests:write", creates=True)
def create_review(call: Call) -> Answer:
    pull, told = pull_of(call), call.body or {}
    check_unlocked(call, pull)
    comments = told.get("comments") or []
    _check_draft(comments)
    event = _event(told.get("event"))
    commit = _commit(pull, told.get("commit_id"))
    if pull.pending_of(call.login):
        _refuse(f"User {_ONE_PENDING}")
    _check_event(call, pull, event, told.get("body") or "", has_comments=bool(comments))
    anchors = _anchors(call, pull, commit, comments)
    review = pull.add_review(told.get("body") or "", call.login, commit, _STATES[event] if event else "PENDING")
    for anchor, comment in zip(anchors, comments, strict=True):
        pull.add_thread(anchor, commit).add(comment["body"], call.login, review)
    return Answer(call.views.review(review))


@route("GET", _REVIEW, needs="pull_requests:read")
def get_review(call: Call) -> Answer:
    return Answer(call.views.review(review_of(call)))


@route("PUT", _REVIEW, needs="pull_requests:write")
def update_review(call: Call) -> Answer:
    review = review_of(call)
    _check_author(call, review.author)
    if says := review_body_problem(call.body["body"]):
        _refuse(says)
    review.body = call.body["body"]
    return Answer(call.views.review(review))


@route("DELETE", _REVIEW, needs="pull_requests:write")
def delete_pending_review(call: Call) -> Answer:
    review = review_of(call)
    if review.state != "PENDING":
        _refuse("Can not delete a non-pending pull request review")
    pull = review.pull
    for thread in list(pull.threads):
        thread.comments = [comment for comment in thread.comments if comment.review is not review]
        if not thread.comments:
            pull.threads.remove(thread)
    pull.reviews.remove(review)
    return Answer(call.views.review(review))


@route("POST", f"{_REVIEW}/events", needs="pull_requests:write", creates=True)
def submit_review(call: Call) -> Answer:
    review = review_of(call)
    if review.state != "PENDING":
        _refuse("Could not submit a pull request review that isn't pending")
    event = _event(call.body["event"])
    body = call.body.get("body") or review.body
    _check_event(call, review.pull, event, body, has_comments=bool(review.comments))
    review.state, review.body, review.submitted_at = _STATES[event or "COMMENT"], body, call.hub.clock.stamp()
    return Answer(call.views.review(review))


@route("PUT", f"{_REVIEW}/dismissals", needs="pull_requests:write")
def dismiss_review(call: Call) -> Answer:
    review = review_of(call)
    need_triage(call)
    if review.state not in ("APPROVED", "CHANGES_REQUESTED"):
        _refuse(f"Can not dismiss a {review.state.lower()} pull request review")
    review.state = "DISMISSED"
    return Answer(call.views.review(review))


@route("GET", f"{_REVIEW}/comments", needs="pull_requests:read")
def list_comments_for_review(call: Call) -> Answer:
    comments = call.hub.seen(review_of(call).comments)
    return call.page(comments, lambda comment: call.views.review_comment(comment, in_review=True))


@route("GET", f"{_PULL}/comments", needs="pull_requests:read")
def list_review_comments(call: Call) -> Answer:
    return _sorted_page(call, pull_of(call).review_comments)


@route("GET", "/repos/{owner}/{repo}/pulls/comments", needs="pull_requests:read")
def list_review_comments_for_repo(call: Call) -> Answer:
    return _sorted_page(call, [comment for pull in call.repo.pulls for comment in pull.review_comments])


@route("POST", f"{_PULL}/comments", needs="pull_requests:write", creates=True)
def create_review_comment(call: Call) -> Answer:
    pull, told = pull_of(call), call.body
    check_unlocked(call, pull)
    _check_keys(call)
    if "in_reply_to" in told:
        thread = pull.thread_of(told["in_reply_to"]) or missing()
        return _reply(call, pull, thread.comments[0], told["body"])
    for key in ("commit_id", "path"):
        if key not in told:
            _bad_request(f'"{key}" wasn\'t supplied.')
    check_review_comment(told["body"])
    _check_no_pending(call, pull)
    if not pull.has_commit(told["commit_id"]):
        says = "commit_id is not part of the pull request"
        invalid(problem("PullRequestReviewComment", "commit_id", "custom", says))
    anchor = _anchor(pull, told)
    review = pull.add_review("", call.login, told["commit_id"], "COMMENTED")
    comment = pull.add_thread(anchor, told["commit_id"]).add(told["body"], call.login, review)
    return _created(call, comment)


@route("POST", f"{_PULL}/comments/{{comment_id}}/replies", needs="pull_requests:write", creates=True)
def create_reply(call: Call) -> Answer:
    pull = pull_of(call)
    check_unlocked(call, pull)
    thread = pull.thread_of(call.number("comment_id"))
    if thread is None or thread.comments[0].id != call.number("comment_id") or thread.comments[0].pending:
        missing()  # a reply can't be replied to
    return _reply(call, pull, thread.comments[0], call.body["body"])


@route("GET", _COMMENT, needs="pull_requests:read")
def get_review_comment(call: Call) -> Answer:
    comment = comment_of(call)
    return missing() if call.hub.is_behind(comment) else Answer(call.views.review_comment(comment))


@route("PATCH", _COMMENT, needs="pull_requests:write")
def update_review_comment(call: Call) -> Answer:
    comment = comment_of(call)
    _check_author(call, comment.author)
    check_review_comment(call.body["body"])
    comment.body = call.body["body"]
    comment.touch()
    return Answer(call.views.review_comment(comment))


@route("DELETE", _COMMENT, needs="pull_requests:write")
def delete_review_comment(call: Call) -> Answer:
    comment = comment_of(call)
    _check_author(call, comment.author)
    thread = comment.thread
    thread.comments.remove(comment)
    if not thread.comments:
        thread.pull.threads.remove(thread)
    review = comment.review
    if not review.comments and not review.body and review.state == "COMMENTED":
        thread.pull.reviews.remove(review)  # an empty review goes with its last comment
    return Answer(status=204)


def visible(call: Call, pull: Pull) -> list[Review]:
    """A pending review is its author's alone."""
    return [review for review in pull.reviews if review.state != "PENDING" or review.author == call.viewer]


def review_of(call: Call) -> Review:
    number = call.number("review_id")
    return next((review for review in visible(call, pull_of(call)) if review.id == number), None) or missing()


def comment_of(call: Call) -> ReviewComment:
    number = call.number("comment_id")
    for pull in call.repo.pulls:
        for thread in pull.threads:
            for comment in thread.comments:
                if comment.id == number and (not comment.pending or comment.author == call.viewer):
                    return comment
    return missing()


def _refuse(*errors: str) -> NoReturn:
    invalid(*errors, message="Unprocessable Entity")


def _bad_request(says: str) -> NoReturn:
    raise Refused(422, f"Invalid request.\n\n{says}")


def _event(event: str | None) -> str | None:
    if event is not None and event not in _STATES:
        _refuse("Variable $event of type PullRequestReviewEvent was provided invalid value")
    return event


def _commit(pull: Pull, commit: str | None) -> str:
    if commit is None:
        return pull.head.sha
    if not pull.has_commit(commit):
        _refuse("The commitOID is not part of the pull request")
    return commit


def _check_event(call: Call, pull: Pull, event: str | None, body: str, *, has_comments: bool) -> None:
    if says := review_body_problem(body):
        _refuse(says)
    if event in _OWN and pull.author == call.login:
        _refuse(_OWN[event])
    if event == "APPROVE" and call.login == ACTIONS_BOT and not call.repo.actions_may_create_pulls:
        _refuse("GitHub Actions is not permitted to approve pull requests.")
    if event in ("REQUEST_CHANGES", "COMMENT") and not body and not has_comments:
        _refuse("Body can't be blank")


def _check_draft(comments: list[dict[str, Any]]) -> None:
    """They go through GraphQL, which names what it can't take."""
    for at, comment in enumerate(comments):
        of = f"Variable $threads of type [DraftPullRequestReviewThread] was provided invalid value for {at}"
        for key in comment.keys() - set(_DRAFT):
            _refuse(f"{of}.{key} (Field is not defined on DraftPullRequestReviewThread)")
        for key in ("side", "start_side"):
            if key in comment and comment[key] not in ("LEFT", "RIGHT"):
                name = "startSide" if key == "start_side" else key
                _refuse(f'{of}.{name} (Expected "{comment[key]}" to be one of: LEFT, RIGHT)')
        if says := review_body_problem(comment["body"]):
            _refuse(says)
        if not comment["body"].strip():
            _refuse("Body can't be blank")


def _anchors(call: Call, pull: Pull, commit: str, comments: list[dict[str, Any]]) -> list[Anchor]:
    """All or none."""
    anchors, reasons = [], []
    for comment in comments:
        try:
            anchors.append(anchor_of(pull, commit, comment))
        except Misplaced as misplaced:
            reasons.append(misplaced.reason)
    if reasons:
        _refuse(*review_errors(reasons, call.flavour))
    return anchors


def _anchor(pull: Pull, told: dict[str, Any]) -> Anchor:
    try:
        return anchor_of(pull, told["commit_id"], told)
    except Misplaced as misplaced:
        invalid(*comment_errors(misplaced.reason))


def _check_keys(call: Call) -> None:
    """This operation is among the few that refuse what they don't know."""
    unknown = sorted(call.body.keys() - known_keys("POST", call.route.template) - {"in_reply_to"})
    told = [f'"{key}" is not a permitted key.' for key in unknown]
    sides = (("side", _SIDES), ("start_side", {*_SIDES, "side"}))  # the last is in GitHub's own document
    told += [f'"{key}" is not a permitted value.' for key, words in sides if call.body.get(key, "LEFT") not in words]
    placed = call.body.get("line") is not None or {"position", "in_reply_to"} & call.body.keys()
    if not placed and call.body.get("subject_type") != "file":
        told.append('"position" wasn\'t supplied.')
    if told:
        _bad_request('No subschema in "oneOf" matched.\n' + "\n".join(told))


def _check_no_pending(call: Call, pull: Pull) -> None:
    if pull.pending_of(call.login):
        invalid(problem("PullRequestReview", "user_id", "custom", f"user_id {_ONE_PENDING}"))


def _reply(call: Call, pull: Pull, first: ReviewComment, body: str) -> Answer:
    check_review_comment(body)
    _check_no_pending(call, pull)
    return _created(call, first.thread.reply(body, by=call.login))


def _created(call: Call, comment: ReviewComment) -> Answer:
    shown = call.views.review_comment(comment)
    return Answer(shown, 201, {"location": shown["url"]})


def _check_author(call: Call, author: str) -> None:
    """One's own, or with the right to write: others' too."""
    assert call.token
    if author != call.login and call.token.kind == "user":
        allow(call, "contents:write")


def _sorted_page(call: Call, comments: list[ReviewComment]) -> Answer:
    comments = [comment for comment in comments if comment.updated_at >= call.query.get("since", "")]
    if call.query.get("sort") in ("created", "created_at", "updated"):
        key = "updated_at" if call.query["sort"] == "updated" else "created_at"
        comments.sort(key=lambda comment: (getattr(comment, key), comment.id))
        if call.query.get("direction", "asc" if "sort" not in call.query else "desc") == "desc":
            comments.reverse()
    return call.page(call.hub.seen(comments), call.views.review_comment)
