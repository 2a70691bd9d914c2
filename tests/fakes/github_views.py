"""How the REST API shows what GitHub knows. All links begin with the prefix by which the request came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.github_code import Code
from tests.fakes.github_state import Issue, IssueComment, Review

if TYPE_CHECKING:
    from tests.fakes.github_pull import Head, Pull, ReviewComment

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Views(Code):
    """Everything that can be shown, what people say to each other last."""

    def _end(self, end: Head) -> Json:
        repo = self.repository(end.repo) if end.repo else None
        return {"label": end.label, "ref": end.ref, "sha": end.sha, "user": self.user(end.owner), "repo": repo}

    def pull_urls(self, pull: Pull) -> tuple[str, str]:
        return self.url(pull.repo, f"/pulls/{pull.number}"), f"{self.web}/{pull.repo.full_name}/pull/{pull.number}"

    def simple_pull(self, pull: Pull) -> Json:
        url, page = self.pull_urls(pull)
        issue = self.url(pull.repo, f"/issues/{pull.number}")
        statuses = self.url(pull.repo, f"/statuses/{pull.head.sha}")
        links = {
            "self": url,
            "html": page,
            "issue": issue,
            "comments": f"{issue}/comments",
            "review_comments": f"{url}/comments",
            "review_comment": self.url(pull.repo, "/pulls/comments{/number}"),
            "commits": f"{url}/commits",
            "statuses": statuses,
        }
        return {
            "url": url,
            "id": pull.id,
            "node_id": pull.node_id,
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "issue_url": issue,
            "number": pull.number,
            "state": pull.state,
            "locked": pull.locked,
            "title": pull.title,
            "user": self.user(pull.author),
            "body": pull.body,
            "created_at": pull.created_at,
            "updated_at": pull.updated_at,
            "closed_at": pull.closed_at,
            "merged_at": pull.merged_at,
            "merge_commit_sha": pull.merge_sha,
            "assignees": [self.user(login) for login in pull.assignees],
            "requested_reviewers": [self.user(login) for login in pull.requested],
            "requested_teams": [],
            "labels": self.labels(pull),
            "milestone": None,
            "draft": pull.draft,
            "commits_url": links["commits"],
            "review_comments_url": links["review_comments"],
            "review_comment_url": links["review_comment"],
            "comments_url": links["comments"],
            "statuses_url": statuses,
            "head": self._end(pull.head),
            "base": self._end(pull.base),
            "_links": {name: {"href": href} for name, href in links.items()},
            "author_association": self.association(pull.repo, pull.author),
            "auto_merge": None,
            "assignee": self.user(pull.assignees[0]) if pull.assignees else None,
            "active_lock_reason": None,
        }

    def pull(self, pull: Pull, *, mergeable: bool | None = None) -> Json:
        counts = [file.counts or (0, 0) for file in pull.files()]
        state = "unknown" if mergeable is None else "clean" if mergeable else "dirty"
        return self.simple_pull(pull) | {
            "merged": pull.merged,
            "mergeable": mergeable,
            "rebaseable": mergeable,
            "mergeable_state": state,
            "merged_by": self.user(pull.merged_by) if pull.merged_by else None,
            "comments": len(pull.comments),
            "review_comments": len(pull.review_comments),
            "maintainer_can_modify": pull.head.repo is not pull.base.repo,
            "commits": len(pull.commits),
            "additions": sum(added for added, _ in counts),
            "deletions": sum(removed for _, removed in counts),
            "changed_files": len(counts),
        }

    def review(self, review: Review) -> Json:
        url, page = self.pull_urls(review.pull)
        html = f"{page}#pullrequestreview-{review.id}"
        shown = {
            "id": review.id,
            "node_id": review.node_id,
            "user": self.user(review.author),
            "body": review.body,
            "state": review.state,
            "html_url": html,
            "pull_request_url": url,
            "author_association": self.association(review.pull.repo, review.author),
            "_links": {"html": {"href": html}, "pull_request": {"href": url}},
            "commit_id": review.commit_id,
        }
        return shown | ({"submitted_at": review.submitted_at} if review.submitted_at else {})

    def review_comment(self, comment: ReviewComment, *, in_review: bool = False) -> Json:
        """`in_review` is the shape of the list of one review's comments; what is pending has no lines there."""
        thread = comment.thread
        pull_url, page = self.pull_urls(thread.pull)
        url = self.url(thread.pull.repo, f"/pulls/comments/{comment.id}")
        html = f"{page}#discussion_r{comment.id}"
        now, was = thread.now, thread.original
        shown: Json = {
            "url": url,
            "pull_request_review_id": comment.review.id,
            "id": comment.id,
            "node_id": comment.node_id,
            "diff_hunk": was.diff_hunk,
            "path": thread.path,
            "commit_id": thread.commit,
            "original_commit_id": thread.original_commit,
            "user": self.user(comment.author),
            "body": comment.body,
            "created_at": comment.created_at,
            "updated_at": comment.updated_at,
            "html_url": html,
            "pull_request_url": pull_url,
            "author_association": self.association(thread.pull.repo, comment.author),
            "_links": {"self": {"href": url}, "html": {"href": html}, "pull_request": {"href": pull_url}},
            "reactions": self.reactions(comment, url),
            "position": now.position if now else None,
            "original_position": was.position,
        }
        if not in_review:
            shown |= {
                "start_line": now.start_line if now else None,
                "original_start_line": was.start_line,
                "start_side": was.start_side,
                "line": now.line if now else None,
                "original_line": was.line,
                "side": was.side,
                "subject_type": thread.subject_type,
            }
        if comment.in_reply_to:
            shown["in_reply_to_id"] = comment.in_reply_to
        return shown

    def issue(self, issue: Issue) -> Json:
        url = self.url(issue.repo, f"/issues/{issue.number}")
        kind = "pull" if issue.is_pull else "issues"
        page = f"{self.web}/{issue.repo.full_name}/{kind}/{issue.number}"
        shown = {
            "url": url,
            "repository_url": self.url(issue.repo),
            "labels_url": url + "/labels{/name}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": page,
            "id": issue.id,
            "node_id": issue.node_id,
            "number": issue.number,
            "title": issue.title,
            "user": self.user(issue.author),
            "labels": self.labels(issue),
            "state": issue.state,
            "locked": issue.locked,
            "assignee": self.user(issue.assignees[0]) if issue.assignees else None,
            "assignees": [self.user(login) for login in issue.assignees],
            "milestone": None,
            "comments": len(issue.comments),
            "created_at": issue.created_at,
            "updated_at": issue.updated_at,
            "closed_at": issue.closed_at,
            "author_association": self.association(issue.repo, issue.author),
            "active_lock_reason": None,
            "body": issue.body,
            "reactions": self.reactions(issue, url),
            "timeline_url": f"{url}/timeline",
            "performed_via_github_app": None,
            "state_reason": issue.state_reason,
        }
        if issue.is_pull:
            pull: Any = issue
            pull_url, html = self.pull_urls(pull)
            links = {"url": pull_url, "html_url": html, "diff_url": f"{html}.diff", "patch_url": f"{html}.patch"}
            shown |= {"draft": pull.draft, "pull_request": links | {"merged_at": pull.merged_at}}
        return shown

    def issue_comment(self, comment: IssueComment) -> Json:
        issue = comment.issue
        url = self.url(issue.repo, f"/issues/comments/{comment.id}")
        kind = "pull" if issue.is_pull else "issues"
        app = self.app_of(comment.author)
        return {
            "url": url,
            "html_url": f"{self.web}/{issue.repo.full_name}/{kind}/{issue.number}#issuecomment-{comment.id}",
            "issue_url": self.url(issue.repo, f"/issues/{issue.number}"),
            "id": comment.id,
            "node_id": comment.node_id,
            "user": self.user(comment.author),
            "created_at": comment.created_at,
            "updated_at": comment.updated_at,
            "body": comment.body,
            "author_association": self.association(issue.repo, comment.author),
            "reactions": self.reactions(comment, url),
            "performed_via_github_app": app,
        }
