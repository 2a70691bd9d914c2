"""What GitHub refuses as text. Lengths are in characters, as Ruby counts them: an emoji of one code point is one."""

from __future__ import annotations

from tests.fakes.github_router import invalid, problem

LONGEST = 65_536
TOO_LONG = f"is too long (maximum is {LONGEST} characters)"


def check_issue_comment(body: str) -> None:
    if not body.strip():
        invalid(problem("IssueComment", "data", "unprocessable", "Body cannot be blank"))
    if len(body) > LONGEST:
        invalid(problem("IssueComment", "data", "unprocessable", f"Body {TOO_LONG}"))
    _no_nul(body, "IssueComment")


def check_review_comment(body: str) -> None:
    if not body.strip():
        invalid(problem("PullRequestReviewComment", "body", "missing_field"))
    if len(body) > LONGEST:
        invalid(problem("PullRequestReviewComment", "body", "custom", f"body {TOO_LONG}"))
    _no_nul(body, "PullRequestReviewComment")


def check_title(title: str, resource: str) -> None:
    if not title.strip():
        invalid(problem(resource, "title", "missing_field"))
    if len(title) > 256:
        invalid(problem(resource, "title", "custom", "title is too long (maximum is 256 characters)"))


def check_body(body: str | None, resource: str) -> None:
    if body and len(body) > LONGEST:
        invalid(problem(resource, "body", "custom", f"body {TOO_LONG}"))
    _no_nul(body or "", resource)


def review_body_problem(body: str) -> str | None:
    """In the strings that reviews are refused with."""
    if len(body) > LONGEST:
        return f"Body {TOO_LONG}"
    return "Body contains a null byte" if "\0" in body else None


def _no_nul(body: str, resource: str) -> None:
    if "\0" in body:
        invalid(problem(resource, "body", "custom", "body contains a null byte"))
