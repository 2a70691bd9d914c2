"""Every operation of the fake once, each with an answer that GitHub's document allows."""

from __future__ import annotations

import base64
import gzip
import json
import re
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.github_example import World, shop
from tests.fakes.github_router import ROUTES, find

SARIF = base64.b64encode(gzip.compress(json.dumps({"version": "2.1.0", "runs": []}).encode())).decode()
AUTHOR = {"name": "A", "email": "a@example.invalid"}


class Tour:
    """Calls with a token that may do all; keeps what was answered by each route."""

    def __init__(self, at: World) -> None:
        self.at = at
        every = ("contents", "pull_requests", "issues", "checks", "security_events", "actions", "statuses", "workflows")
        self.token = at.hub.token(**dict.fromkeys(every, "write"))
        self.seen: set[tuple[str, str]] = set()

    def __call__(self, call: str, body: Any = None, *, token: str = "") -> Any:
        method, path = call.split(" ", 1)
        answer = self.at.call(method, path, body, token=token or self.token)
        assert answer.status_code < 400, f"{call}: {answer.status_code} {answer.text}"
        plain = path.partition("?")[0]
        whole = plain[1:] if plain.startswith("~") else f"/repos/acme/shop{plain}"
        self.seen.add((method, find(method, whole)[0].template))
        kind = answer.headers.get("content-type", "")
        return answer.json() if "json" in kind else answer.content


def test_every_operation_answers_as_the_document_says(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        tour = Tour(at)
        for visit in (
            the_repository,
            the_issues,
            the_pulls,
            the_reviews,
            the_commits,
            the_objects,
            the_checks,
            the_apps,
        ):
            visit(tour)
        assert {(route.method, route.template) for route in ROUTES} == tour.seen


def the_repository(tour: Tour) -> None:
    maria = tour.at.hub.token(kind="user", login="maria")
    assert re.search(r"/repos/\{owner\}/\{repo\}$", tour("GET ~/")["repository_url"])
    tour("GET ~/meta")
    tour("GET ~/rate_limit")
    tour("GET ~/user", token=maria)
    assert tour("GET ~/users/github-actions[bot]")["id"] == 41898282
    tour("GET ")
    tour("GET /collaborators/maria/permission")
    tour("GET /labels")
    tour("POST /labels", {"name": "found", "color": "ff0000", "description": "By Patchwright"})
    tour("GET /labels/FOUND")


def the_issues(tour: Tour) -> None:
    issue = tour("POST /issues", {"title": "Broken", "body": "It is.", "labels": ["bug"]})["number"]
    tour(f"GET /issues/{issue}")
    assert [one["number"] for one in tour("GET /issues?labels=bug")] == [issue]
    tour(f"POST /issues/{issue}/assignees", {"assignees": ["maria", "eve"]})
    tour(f"PATCH /issues/{issue}", {"state": "closed", "state_reason": "not_planned"})
    comment = tour(f"POST /issues/{issue}/comments", {"body": "Hm."})["id"]
    tour(f"GET /issues/{issue}/comments")
    tour(f"GET /issues/{issue}/timeline")
    tour(f"GET /issues/comments/{comment}")
    tour(f"PATCH /issues/comments/{comment}", {"body": "Hm!"})
    tour(f"POST /issues/{issue}/labels", ["found"])
    tour(f"PUT /issues/{issue}/labels", {"labels": ["found", "bug"]})
    tour(f"GET /issues/{issue}/labels")
    tour(f"DELETE /issues/{issue}/labels/bug")
    tour(f"DELETE /issues/{issue}/labels")
    for path in (f"/issues/{issue}", f"/issues/comments/{comment}"):
        reactions(tour, path)
    tour(f"DELETE /issues/comments/{comment}")


def reactions(tour: Tour, path: str) -> None:
    made = tour(f"POST {path}/reactions", {"content": "rocket"})["id"]
    assert [one["id"] for one in tour(f"GET {path}/reactions")] == [made]
    tour(f"DELETE {path}/reactions/{made}")


def the_pulls(tour: Tour) -> None:
    tour("GET /pulls?state=all&base=main")
    tour("GET /pulls/1")
    tour("PATCH /pulls/1", {"title": "Better", "body": "Because."})
    tour("GET /pulls/1/files")
    tour("GET /pulls/1/commits")
    tour("POST /pulls/1/requested_reviewers", {"reviewers": ["maria"]})
    tour("POST /git/refs", {"ref": "refs/heads/again", "sha": tour.at.pull.head.sha})
    tour("POST /pulls", {"title": "Again", "head": "again", "base": "main", "draft": True})


def the_reviews(tour: Tour) -> None:
    told = [{"path": "shop.py", "line": 10, "side": "RIGHT", "body": "Hm."}]
    review = tour("POST /pulls/1/reviews", {"body": "A look.", "event": "COMMENT", "comments": told})["id"]
    tour("GET /pulls/1/reviews")
    tour(f"GET /pulls/1/reviews/{review}")
    tour(f"PUT /pulls/1/reviews/{review}", {"body": "A longer look."})
    comment = tour(f"GET /pulls/1/reviews/{review}/comments")[0]["id"]
    tour(f"POST /pulls/1/comments/{comment}/replies", {"body": "And?"})
    single = {"path": "shop.py", "line": 40, "side": "LEFT", "body": "Why?", "commit_id": tour.at.pull.head.sha}
    extra = tour("POST /pulls/1/comments", single)["id"]
    assert len(tour("GET /pulls/1/comments")) == len(tour("GET /pulls/comments")) == 3
    tour(f"GET /pulls/comments/{comment}")
    tour(f"PATCH /pulls/comments/{comment}", {"body": "Hmm."})
    reactions(tour, f"/pulls/comments/{comment}")
    tour(f"DELETE /pulls/comments/{extra}")
    draft = tour("POST /pulls/1/reviews", {"body": "No."})["id"]
    tour(f"POST /pulls/1/reviews/{draft}/events", {"event": "REQUEST_CHANGES"})
    tour(f"PUT /pulls/1/reviews/{draft}/dismissals", {"message": "Done."})
    tour(f"DELETE /pulls/1/reviews/{tour('POST /pulls/1/reviews', {'body': 'No.'})['id']}")


def the_commits(tour: Tour) -> None:
    head = tour.at.pull.head.sha
    assert {one["name"] for one in tour("GET /branches")} == {"main", "topic", "again"}
    tour("GET /branches/topic")
    tour("GET /commits?sha=topic")
    tour("GET /commits/topic")
    assert [one["number"] for one in tour(f"GET /commits/{head}/pulls")] == [1, 3]
    tour("GET /compare/main...topic")
    tour("GET /contents/shop.py")
    tour("PUT /contents/docs/new.md", {"message": "Write", "content": "", "branch": "again"})
    assert [one["name"] for one in tour("GET /contents/docs?ref=again")] == ["new.md"]


def the_objects(tour: Tour) -> None:
    head = tour.at.pull.head.sha
    blob = tour("POST /git/blobs", {"content": "x", "encoding": "utf-8"})["sha"]
    tour(f"GET /git/blobs/{blob}")
    entry = {"path": "a/b", "mode": "100644", "type": "blob", "sha": blob}
    tree = tour("POST /git/trees", {"base_tree": head, "tree": [entry]})["sha"]
    assert "a/b" in [one["path"] for one in tour(f"GET /git/trees/{tree}?recursive=1")["tree"]]
    sha = tour("POST /git/commits", {"message": "x", "tree": tree, "parents": [head], "author": AUTHOR})["sha"]
    tour(f"GET /git/commits/{sha}")
    tour("PATCH /git/refs/heads/topic", {"sha": sha})
    tour("GET /git/ref/heads/topic")
    assert [one["ref"] for one in tour("GET /git/matching-refs/heads/top")] == ["refs/heads/topic"]
    tour("DELETE /git/refs/heads/again")
    assert tour.at.repo.issues[3].state == "closed"


def the_checks(tour: Tour) -> None:
    head = tour.at.pull.head.sha
    run = tour("POST /check-runs", {"name": "patchwright", "head_sha": head, "status": "in_progress"})["id"]
    tour(f"PATCH /check-runs/{run}", {"conclusion": "success", "output": {"title": "Fine", "summary": "All."}})
    assert tour(f"GET /check-runs/{run}")["conclusion"] == "success"
    tour(f"GET /check-runs/{run}/annotations")
    tour(f"GET /commits/{head}/check-runs")
    tour(f"POST /statuses/{head}", {"state": "success", "context": "patchwright"})
    sarif = {"commit_sha": head, "ref": "refs/pull/1/merge", "sarif": SARIF}
    upload = tour("POST /code-scanning/sarifs", sarif)["id"]
    states = [tour(f"GET /code-scanning/sarifs/{upload}")["processing_status"] for _ in range(2)]
    assert states == ["pending", "complete"]
    kept = tour.at.repo.run_workflow(
        "Look", event="push", head=tour.at.pull.head, actor="ann", artifacts={"it": b"zip"}
    )
    tour(f"GET /actions/runs/{kept.id}")
    (artifact,) = tour(f"GET /actions/runs/{kept.id}/artifacts")["artifacts"]
    tour(f"GET /actions/artifacts/{artifact['id']}")
    assert tour(f"GET /actions/artifacts/{artifact['id']}/zip") == b"zip"


def the_apps(tour: Tour) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    app = tour.at.hub.app("patchwright", key=public.decode(), permissions={"contents": "read"})
    claims = {"iat": int(time.time()) - 60, "exp": int(time.time()) + 300, "iss": str(app.id)}
    signed = jwt.encode(claims, key, algorithm="RS256")
    assert tour("GET ~/app", token=signed)["slug"] == "patchwright"
    assert tour("GET /installation", token=signed)["id"] == app.installation
    tour(f"GET ~/app/installations/{app.installation}", token=signed)
    made = tour(f"POST ~/app/installations/{app.installation}/access_tokens", {"repositories": ["shop"]}, token=signed)
    assert tour("GET ", token=made["token"])["full_name"] == "acme/shop"
