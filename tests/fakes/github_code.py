"""How the REST API shows code: files of a diff, commits, refs, and the checks and runs that look at them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.fakes.github_git import Commit, Person
from tests.fakes.github_people import People
from tests.fakes.github_state import CheckRun

if TYPE_CHECKING:
    from tests.fakes.github_diff import FilePatch
    from tests.fakes.github_pull import Head, Pull
    from tests.fakes.github_repository import Repository
    from tests.fakes.github_state import WorkflowRun

Json = dict[str, Any]

_PATCH_LINES, _PATCH_BYTES = 20_000, 500_000
_PER_PULL_LINES, _PER_PULL_BYTES = 20_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Code(People):
    """What git and the machines know."""

    def files(self, repo: Repository, files: list[FilePatch], commit: str) -> list[Json]:
        """Each with its `patch`, as long as there is one that isn't too large, alone or with those before it."""
        rows, lines, size = [], 0, 0
        for file in files:
            patch = file.patch
            if patch is not None:
                long, heavy = patch.count("\n") + 1, len(patch.encode())
                alone = long > _PATCH_LINES or heavy > _PATCH_BYTES
                if alone or lines + long > _PER_PULL_LINES or size + heavy > _PER_PULL_BYTES:
                    patch = None
                else:
                    lines, size = lines + long, size + heavy
            rows.append(self._file(repo, file, commit, patch))
        return rows

    def _file(self, repo: Repository, file: FilePatch, commit: str, patch: str | None) -> Json:
        added, removed = file.counts or (0, 0)
        page, path = f"{self.web}/{repo.full_name}", quote(file.path)
        shown = {
            "sha": file.sha,
            "filename": file.path,
            "status": file.status,
            "additions": added,
            "deletions": removed,
            "changes": added + removed,
            "blob_url": f"{page}/blob/{commit}/{quote(file.path, safe='')}",
            "raw_url": f"{page}/raw/{commit}/{quote(file.path, safe='')}",
            "contents_url": self.url(repo, f"/contents/{path}?ref={commit}"),
        }
        if patch is not None:
            shown["patch"] = patch
        if file.previous:
            shown["previous_filename"] = file.previous
        return shown

    def git_commit(self, repo: Repository, commit: Commit) -> Json:
        """As git's own database has it."""
        url = self.url(repo, f"/git/commits/{commit.sha}")
        return {
            "sha": commit.sha,
            "node_id": f"C_kwDO{commit.sha}",
            "url": url,
            "html_url": f"{self.web}/{repo.full_name}/commit/{commit.sha}",
            "author": _git_user(commit.author),
            "committer": _git_user(commit.committer),
            "tree": {"sha": commit.tree, "url": self.url(repo, f"/git/trees/{commit.tree}")},
            "message": commit.message,
            "parents": [self._parent(repo, sha, "git/commits") for sha in commit.parents],
            "verification": self.verification(repo, commit),
        }

    def commit(self, repo: Repository, commit: Commit) -> Json:
        url = self.url(repo, f"/commits/{commit.sha}")
        inner = self.git_commit(repo, commit)
        kept = {key: inner[key] for key in ("author", "committer", "message", "tree", "url", "verification")}
        return {
            "sha": commit.sha,
            "node_id": inner["node_id"],
            "commit": kept | {"comment_count": 0},
            "url": url,
            "html_url": inner["html_url"],
            "comments_url": f"{url}/comments",
            "author": self._account(commit.author),
            "committer": self._account(commit.committer),
            "parents": [self._parent(repo, sha, "commits") for sha in commit.parents],
        }

    def verification(self, repo: Repository, commit: Commit) -> Json:
        if commit.sha not in repo.verified:
            unsigned = dict.fromkeys(("signature", "payload", "verified_at"))
            return {"verified": False, "reason": "unsigned"} | unsigned
        signature = "-----BEGIN PGP SIGNATURE-----\n\nwsFcBAABCAAQBQJ=\n-----END PGP SIGNATURE-----\n"
        payload = f"tree {commit.tree}\n"
        signed = {"signature": signature, "payload": payload, "verified_at": commit.committer.date}
        return {"verified": True, "reason": "valid"} | signed

    def _account(self, person: Person) -> Json | None:
        """The account that the e-mail address belongs to."""
        if person.email == "noreply@github.com":
            return self.user("web-flow")
        login = person.email.partition("@users.noreply.github.com")[0].partition("+")[2]
        return self.user(login) if login else None

    def _parent(self, repo: Repository, sha: str, kind: str) -> Json:
        page = f"{self.web}/{repo.full_name}/commit/{sha}"
        return {"sha": sha, "url": self.url(repo, f"/{kind}/{sha}"), "html_url": page}

    def ref(self, repo: Repository, name: str, sha: str, kind: str = "commit") -> Json:
        """`name` begins with refs/."""
        return {
            "ref": name,
            "node_id": f"REF_kwDO{hashlib.sha256(f'{repo.id}{name}'.encode()).hexdigest()[:24]}",
            "url": self.url(repo, f"/git/{quote(name)}"),
            "object": {"sha": sha, "type": kind, "url": self.url(repo, f"/git/{kind}s/{sha}")},
        }

    def check_run(self, run: CheckRun) -> Json:
        url = self.url(run.repo, f"/check-runs/{run.id}")
        page = f"{self.web}/{run.repo.full_name}/runs/{run.id}"
        return {
            "id": run.id,
            "name": run.name,
            "node_id": run.node_id,
            "head_sha": run.head_sha,
            "external_id": run.external_id,
            "url": url,
            "html_url": page,
            "details_url": run.details_url or page,
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": run.started_at,
            "completed_at": run.completed_at,
            "output": {
                "title": run.title,
                "summary": run.summary,
                "text": run.text,
                "annotations_count": len(run.annotations),
                "annotations_url": f"{url}/annotations",
            },
            "check_suite": {"id": 5_000_000_000 + int(run.head_sha[:6], 16)},
            "app": self.app_of(run.app),
            "pull_requests": [self.minimal_pull(pull) for pull in run.repo.pulls if self._shows(pull, run)],
        }

    def _shows(self, pull: Pull, run: CheckRun) -> bool:
        return pull.state == "open" and pull.head.sha == run.head_sha and pull.head.repo is run.repo

    def minimal_pull(self, pull: Pull) -> Json:
        def end(of: Head) -> Json:
            repo = of.repo or pull.repo
            named = {"id": repo.id, "url": self.url(repo), "name": repo.name}
            return {"ref": of.ref, "sha": of.sha, "repo": named}

        return {
            "url": self.pull_urls(pull)[0],
            "id": pull.id,
            "number": pull.number,
            "head": end(pull.head),
            "base": end(pull.base),
        }

    def workflow_run(self, run: WorkflowRun) -> Json:
        """Its `pull_requests` are empty where the head is a fork's."""
        repo = run.repo
        url, page = self.url(repo, f"/actions/runs/{run.id}"), f"{self.web}/{repo.full_name}/actions/runs/{run.id}"
        commit = run.head_repo.bare.commit(run.head_sha)
        workflow, suite = run.id % 1_000_000, run.id + 1
        own = [
            pull for pull in repo.pulls if pull.head.repo is run.head_repo is repo and pull.head.ref == run.head_branch
        ]
        people = {
            who: {"name": of.name, "email": of.email}
            for who, of in (("author", commit.author), ("committer", commit.committer))
        }
        return {
            "id": run.id,
            "name": run.name,
            "node_id": run.node_id,
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
            "path": f".github/workflows/{run.name.lower().replace(' ', '-')}.yml",
            "display_title": commit.message.partition("\n")[0],
            "run_number": 1,
            "event": run.event,
            "status": run.status,
            "conclusion": run.conclusion,
            "workflow_id": workflow,
            "check_suite_id": suite,
            "check_suite_node_id": f"CS_kwDO{suite}",
            "url": url,
            "html_url": page,
            "pull_requests": [self.minimal_pull(pull) for pull in own if pull.state == "open"],
            "created_at": run.created_at,
            "updated_at": run.updated_at,
            "actor": self.user(run.actor),
            "triggering_actor": self.user(run.actor),
            "run_attempt": 1,
            "referenced_workflows": [],
            "run_started_at": run.created_at,
            "jobs_url": f"{url}/jobs",
            "logs_url": f"{url}/logs",
            "check_suite_url": self.url(repo, f"/check-suites/{suite}"),
            "artifacts_url": f"{url}/artifacts",
            "cancel_url": f"{url}/cancel",
            "rerun_url": f"{url}/rerun",
            "previous_attempt_url": None,
            "workflow_url": self.url(repo, f"/actions/workflows/{workflow}"),
            "head_commit": {
                "id": commit.sha,
                "tree_id": commit.tree,
                "message": commit.message,
                "timestamp": commit.committer.date,
                **people,
            },
            "repository": self.minimal(repo),
            "head_repository": self.minimal(run.head_repo),
        }


def _git_user(person: Person) -> Json:
    return {"name": person.name, "email": person.email, "date": person.date}
