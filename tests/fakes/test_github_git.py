"""git's side of the fake: files, refs and commits by the API, clone and push over HTTP, the suggestion button."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.example import git
from tests.fakes.github_example import LINES, World, commit_bytes, shop, source
from tests.fakes.github_server import CannotApply, GitHub

WORKFLOW = {".github/workflows/ci.yml": b"on: push\n"}
COMMITTER = "A <a@example.invalid> 1800000000 +0000"
RULES = "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"


def writer(at: World, **more: str) -> str:
    return at.hub.token(contents="write", **more)


def remote(at: World, token: str | None = None) -> str:
    there = f"{at.hub.server_url}/acme/shop.git"
    return there.replace("//", f"//x-access-token:{token}@") if token else there


def run(work: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "GIT_TERMINAL_PROMPT": "0", "HOME": "/nonexistent"}
    return subprocess.run(["git", *argv], cwd=work, capture_output=True, text=True, check=False, env=environment)


def fast_import(at: World, stream: str) -> None:
    """More upon the topic, without a work tree."""
    head = at.pull.head.sha
    at.repo.bare.git("fast-import", "--quiet", stdin=f"reset refs/heads/topic\nfrom {head}\n{stream}".encode())
    at.repo.pushed("topic", head, at.repo.bare.refs()["refs/heads/topic"])


def add_files(at: World, count: int) -> None:
    files = "".join(f"M 100644 inline many/{number:04}\ndata 0\n" for number in range(count))
    fast_import(at, f"commit refs/heads/topic\ncommitter {COMMITTER}\ndata 4\nMany\n{files}")


def suggest(at: World, block: str, **where: Any) -> int:
    return at.comment(body=f"Better:\n\n{block}", **where).json()["id"]


# ------------------------------------------------------------------------------------------------- the diff


def test_files_have_git_s_patch_where_there_is_one(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        files = {file["filename"]: file for file in at.call("GET", "/pulls/1/files").json()}
        assert {name: file["status"] for name, file in files.items()} == {
            "crlf.txt": "modified",
            "end.txt": "modified",
            "logo.bin": "modified",
            "new name.py": "renamed",
            "run.sh": "modified",
            "shop.py": "modified",
        }
        assert [name for name, file in files.items() if "patch" not in file] == ["logo.bin", "new name.py", "run.sh"]
        assert files["new name.py"]["previous_filename"] == "old name.py"
        assert files["shop.py"]["patch"].startswith("@@ -7,7 +7,7 @@ line 6\n line 7\n")
        assert files["end.txt"]["patch"].endswith("\n\\ No newline at end of file")


def test_the_diff_has_a_limit_of_lines_and_of_files(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        media = {"accept": "application/vnd.github.diff"}
        assert at.call("GET", "/pulls/1", headers=media).text.startswith("diff --git a/crlf.txt b/crlf.txt\n")
        commit_bytes(at.work, {"long.txt": b"x\n" * 20_001}, "Long")
        at.repo.push("topic", at.work)
        answer = at.call("GET", "/pulls/1", headers=media)
        assert (answer.status_code, answer.json()["message"]) == (
            406,
            "Sorry, the diff exceeded the maximum number of lines (20000)",
        )
        assert answer.json()["errors"] == [{"resource": "PullRequest", "field": "diff", "code": "too_large"}]
        assert "patch" not in {one["filename"]: one for one in at.call("GET", "/pulls/1/files").json()}["long.txt"]
        add_files(at, 301)
        assert at.call("GET", "/pulls/1", headers=media).json()["message"] == (
            "Sorry, the diff exceeded the maximum number of files (300). "
            "Consider using 'List pull requests files' API or locally cloning the repository instead."
        )


def test_files_end_at_3000_and_comparisons_at_300_on_the_first_page(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        add_files(at, 3_000)
        assert len(at.call("GET", "/pulls/1/files?per_page=100&page=30").json()) == 100
        assert at.call("GET", "/pulls/1/files?per_page=100&page=31").json() == []
        first, second = (at.call("GET", f"/compare/main...topic?page={page}").json() for page in (1, 2))
        assert (len(first["files"]), second["files"], first["status"]) == (300, [], "ahead")


def test_of_more_than_250_commits_the_first_are_listed(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        commit = f"commit refs/heads/topic\ncommitter {COMMITTER}\ndata 1\nx\n"
        fast_import(at, commit * 250)
        pages = [at.call("GET", f"/pulls/1/commits?per_page=100&page={page}").json() for page in (1, 2, 3)]
        assert [len(page) for page in pages] == [100, 100, 50]
        assert at.call("GET", "/compare/main...topic").json()["total_commits"] == 251


def test_what_shares_no_history_can_t_be_compared(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        git(at.work, "checkout", "--quiet", "--orphan", "alone")
        commit_bytes(at.work, {}, "Alone")
        at.repo.push("alone", at.work)
        answer = at.call("GET", "/compare/main...alone")
        assert (answer.status_code, answer.json()["message"]) == (404, "No common ancestor between main and alone.")


# ------------------------------------------------------------------------------------- contents, refs, commits


def test_contents_are_put_over_the_blob_that_was_seen(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        token = writer(at)
        seen = at.call("GET", "/contents/shop.py?ref=topic").json()
        assert base64.b64decode(seen["content"]).startswith(b"line 1\n")
        body = {"message": "Put", "content": base64.b64encode(b"new\n").decode(), "branch": "topic"}

        def put(path: str, **more: str) -> Any:
            return at.call("PUT", f"/contents/{path}", body | more, token=token)

        lacking, stale = put("shop.py"), put("shop.py", sha="0" * 40)
        assert (lacking.status_code, lacking.json()["message"]) == (422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
        assert (stale.status_code, stale.json()["message"]) == (409, f"shop.py does not match {'0' * 40}")
        assert put("shop.py", sha=seen["sha"]).status_code == 200
        assert put("added.py").status_code == 201
        assert at.pull.head.sha == at.repo.bare.refs()["refs/heads/topic"]
        raw = at.call("GET", "/contents/shop.py?ref=topic", headers={"accept": "application/vnd.github.raw"})
        assert raw.content == b"new\n"


def test_refs_and_what_is_said_of_them(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        token, head, base = writer(at), at.pull.head.sha, at.pull.base.sha

        def said(method: str, path: str, **body: Any) -> tuple[int, str | None]:
            answer = at.call(method, f"/git/refs{path}", body or None, token=token)
            return answer.status_code, answer.json().get("message") if answer.content else None

        assert said("POST", "", ref="refs/heads/fix", sha=base) == (201, None)
        assert said("POST", "", ref="refs/heads/fix", sha=base) == (422, "Reference already exists")
        assert said("POST", "", ref="refs/heads/lost", sha="1" * 40) == (422, "Object does not exist")
        assert said("PATCH", "/heads/none", sha=head) == (422, "Reference does not exist")
        assert said("PATCH", "/heads/fix", sha=head) == (200, None)
        assert said("PATCH", "/heads/fix", sha=base) == (422, "Update is not a fast forward")
        assert said("PATCH", "/heads/fix", sha=base, force=True) == (200, None)
        assert said("DELETE", "/heads/fix") == (204, None)
        assert said("DELETE", "/heads/fix") == (422, "Reference does not exist")
        at.repo.protect("main")
        assert said("PATCH", "/heads/main", sha=head) == (422, RULES)
        assert at.call("GET", "/git/ref/heads/none").status_code == 404


def test_a_protected_branch_takes_no_contents(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.repo.protect("main")
        answer = at.call("PUT", "/contents/a.py", {"message": "x", "content": ""}, token=writer(at))
        assert (answer.status_code, answer.json()["message"]) == (409, RULES)


def test_a_commit_of_git_s_objects_is_verified_if_it_names_nobody(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        token, head = writer(at), at.pull.head.sha

        def post(path: str, body: Any) -> Any:
            answer = at.call("POST", f"/git/{path}", body, token=token)
            assert answer.status_code == 201, answer.text
            return answer.json()

        blob = post("blobs", {"content": "#!/bin/sh\n", "encoding": "utf-8"})["sha"]
        entries = [
            {"path": "go.sh", "mode": "100755", "type": "blob", "sha": blob},
            {"path": "run.sh", "mode": "100644", "type": "blob", "sha": None},
        ]
        tree = post("trees", {"base_tree": head, "tree": entries})
        paths = {entry["path"]: entry["mode"] for entry in tree["tree"]}
        assert paths["go.sh"] == "100755"
        assert "run.sh" not in paths
        plain = {"message": "Go", "tree": tree["sha"], "parents": [head]}
        named = plain | {"author": {"name": "A", "email": "a@example.invalid", "date": "2026-01-01T00:00:00Z"}}
        assert post("commits", plain)["verification"]["verified"] is True
        assert post("commits", named)["verification"]["verified"] is False


def test_no_workflow_is_written_without_the_permission(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        says = "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without"
        says += " `workflows` permission"
        body = {"message": "x", "content": "", "branch": "topic"}
        put = at.call("PUT", "/contents/.github/workflows/ci.yml", body, token=writer(at))
        assert (put.status_code, put.json()["message"]) == (403, says)
        commit_bytes(at.work, WORKFLOW, "CI")
        pushed = run(at.work, "push", remote(at, writer(at)), "HEAD:topic")
        assert says in pushed.stderr
        assert run(at.work, "push", remote(at, writer(at, workflows="write")), "HEAD:topic").returncode == 0


def test_create_commit_on_branch(tmp_path: Path) -> None:
    mutation = """mutation($input: CreateCommitOnBranchInput!) {
      createCommitOnBranch(input: $input) { commit { oid message } ref { name } } }"""
    with shop(tmp_path) as at:
        head = at.pull.head.sha

        def commit(token: str, **more: Any) -> Any:
            branch = {"repositoryNameWithOwner": "acme/shop", "branchName": "topic"}
            files = {"additions": [{"path": "run.sh", "contents": base64.b64encode(b"#!/bin/bash\n").decode()}]}
            told = {"branch": branch, "expectedHeadOid": head, "message": {"headline": "Fix", "body": "All."}}
            return at.graphql(mutation, {"input": told | {"fileChanges": files} | more}, token=token).json()

        assert commit(at.token)["errors"][0]["type"] == "FORBIDDEN"
        stale = commit(writer(at), expectedHeadOid=at.pull.base.sha)["errors"][0]
        assert stale["type"] == "STALE_DATA"
        assert (
            stale["message"] == f'Expected branch to point to "{at.pull.base.sha}" but it did not. Pull and try again.'
        )
        lost = commit(writer(at), fileChanges={"deletions": [{"path": "no.py"}]})["errors"][0]
        assert lost["message"] == f"A path was requested for deletion which does not exist as of commit oid `{head}`"
        done = commit(writer(at))["data"]["createCommitOnBranch"]
        assert (done["commit"]["oid"], done["commit"]["message"]) == (at.pull.head.sha, "Fix\n\nAll.")
        shown = at.call("GET", f"/commits/{at.pull.head.sha}").json()
        assert shown["commit"]["verification"]["verified"]
        assert at.repo.bare.entry(at.pull.head.sha, "run.sh").mode == "100755"


# ------------------------------------------------------------------------------------------------- new pulls


def test_a_new_pull_needs_commits_and_to_be_the_only_one(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        git(at.work, "checkout", "--quiet", "-b", "fix")
        commit_bytes(at.work, {"fix.py": b""}, "Fix")
        at.repo.push("fix", at.work)
        at.repo.move("same", at.pull.base.sha)

        def opened(head: str, base: str = "main") -> Any:
            return at.call("POST", "/pulls", {"title": "Fix", "head": head, "base": base})

        assert opened("fix").status_code == 201
        for head, says in (
            ("fix", "A pull request already exists for acme:fix."),
            ("same", "No commits between main and same"),
        ):
            answer = opened(head)
            assert (answer.status_code, answer.json()["message"]) == (422, "Validation Failed")
            assert answer.json()["errors"] == [{"resource": "PullRequest", "code": "custom", "message": says}]
        assert opened("none").json()["errors"] == [{"resource": "PullRequest", "code": "invalid", "field": "head"}]
        assert opened("fix", "none").json()["errors"] == [
            {"resource": "PullRequest", "code": "invalid", "field": "base"}
        ]
        at.repo.actions_may_create_pulls = False
        refused = opened("fix")
        says = "GitHub Actions is not permitted to create or approve pull requests."
        assert (refused.status_code, refused.json()["message"]) == (403, says)


# ---------------------------------------------------------------------------------------------- git over HTTP


def test_clone_fetch_and_push(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        assert run(tmp_path, "clone", "--quiet", remote(at), "copy").returncode == 0
        copy = tmp_path / "copy"
        assert run(copy, "fetch", "--quiet", "origin", "refs/pull/1/merge").returncode == 0
        assert (
            run(copy, "fetch", "--quiet", "--filter=blob:none", "--depth=1", "origin", at.pull.head.sha).returncode == 0
        )
        bare = run(copy, "push", remote(at), "HEAD:refs/heads/mine")
        assert (bare.returncode, "Authentication failed" in bare.stderr or "could not read" in bare.stderr) == (
            128,
            True,
        )
        bad = run(copy, "push", remote(at, "ghs_nobody"), "HEAD:refs/heads/mine")
        assert (bad.returncode, "Authentication failed" in bad.stderr) == (128, True)
        denied = run(copy, "push", remote(at, at.token), "HEAD:refs/heads/mine")
        assert (denied.returncode, "403" in denied.stderr) == (128, True)
        commit_bytes(at.work, {"more.py": b"more\n"}, "More")
        pushed = run(at.work, "push", remote(at, writer(at)), "HEAD:topic")
        assert pushed.returncode == 0, pushed.stderr
        assert at.pull.head.sha == git(at.work, "rev-parse", "HEAD")
        at.repo.protect("main")
        assert (
            "GH006: Protected branch update failed" in run(at.work, "push", remote(at, writer(at)), "HEAD:main").stderr
        )


def test_a_private_repository_isn_t_there_for_strangers(tmp_path: Path) -> None:
    with shop(tmp_path, private=True) as at:
        stranger = at.hub.token(kind="user", login="eve")
        assert at.call("GET", "", token=stranger).status_code == 404
        assert at.call("GET", "", token=None).status_code == 404
        assert run(tmp_path, "clone", remote(at), "copy").returncode == 128
        assert "not found" in run(tmp_path, "clone", remote(at, stranger), "copy").stderr
        assert run(tmp_path, "clone", remote(at, at.token), "copy").returncode == 0


def test_a_fork_s_pull_stays_when_the_fork_goes(tmp_path: Path) -> None:
    with shop(tmp_path, fork="ann") as at:
        head = at.call("GET", "/pulls/1").json()["head"]
        assert (head["label"], head["repo"]["full_name"]) == ("ann:topic", "ann/shop")
        assert "refs/heads/topic" not in at.repo.bare.refs()
        assert at.call("GET", "/pulls?head=ann:topic").json()[0]["number"] == 1
        own = at.hub.token(contents="write")
        assert (
            at.session.put(
                f"{at.hub.api_url}/repos/ann/shop/contents/x",
                json={"message": "x", "content": ""},
                headers={"authorization": f"Bearer {own}"},
                timeout=9,
            ).status_code
            == 403
        )
        at.repo.delete_fork("ann")
        head = at.call("GET", "/pulls/1").json()["head"]
        assert (head["label"], head["repo"], head["user"]["login"]) == ("ann:topic", None, "ann")
        assert len(at.call("GET", "/pulls/1/files").json()) == 6


def test_merging_moves_the_base(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        at.pull.merge()
        shown = at.call("GET", "/pulls/1").json()
        assert (shown["state"], shown["merged"], shown["merged_by"]["login"]) == ("closed", True, "maria")
        assert at.call("POST", "/issues/1/comments", {"body": "Thanks."}).status_code == 201


# ------------------------------------------------------------------------------------------------- suggestions


def test_the_button_replaces_the_lines_that_the_comment_is_on(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        block = "````suggestion\nline nine\n```\nline ten and a half\n````"
        comment = suggest(at, block, line=10, start_line=9, start_side="RIGHT")
        text = at.repo.apply_suggestion(comment)
        assert text.splitlines()[7:12] == ["line 8", "line nine", "```", "line ten and a half", "line 11"]
        assert at.repo.bare.content(at.pull.head.sha, "shop.py").decode() == text
        assert at.pull.threads[0].is_outdated
        with pytest.raises(CannotApply, match="Outdated"):
            at.repo.apply_suggestion(comment)


def test_an_empty_block_deletes(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        assert at.repo.apply_suggestion(suggest(at, "```suggestion\n```", line=10)) == "".join(
            [*LINES[:9], *LINES[10:39], *LINES[40:]]
        )


def test_line_ends_stay_as_they_are(tmp_path: Path) -> None:
    with shop(tmp_path) as at:
        two = suggest(at, "```suggestion\nzwei\nzweieinhalb\n```", path="crlf.txt", line=2)
        assert at.repo.apply_suggestion(two) == "one\r\nzwei\r\nzweieinhalb\r\nthree\r\n"
        end = suggest(at, "```suggestion\nthe end\n```", path="end.txt", line=2)
        assert at.repo.apply_suggestion(end) == "first\nthe end"


@pytest.mark.parametrize(
    ("block", "where", "says"),
    [
        ("```suggestion\nline ten\n```", {"line": 10}, "no changes were made to the code"),
        ("```suggestion\nx\n```", {"line": 40, "side": "LEFT"}, "deleted lines"),
        ("```suggestion\nLAST\n\n```", {"line": 2, "path": "end.txt"}, "no changes were made to the code"),
        ("```python\n```suggestion\nx\n```\n```", {"line": 10}, "no suggestion"),
        ("text ```suggestion\nx\n```", {"line": 10}, "no suggestion"),
    ],
)
def test_what_can_t_be_applied(tmp_path: Path, block: str, where: dict[str, Any], says: str) -> None:
    with shop(tmp_path) as at:
        comment = suggest(at, block, **where)
        with pytest.raises(CannotApply, match=says):
            at.repo.apply_suggestion(comment)


def test_pending_closed_and_resolved_suggestions_have_no_button(tmp_path: Path) -> None:
    body = "```suggestion\nx\n```"
    with shop(tmp_path) as at:
        pending = at.review({"line": 10, "body": body}, event=None).json()["id"]
        comment = at.pull.threads[0].comments[0].id
        with pytest.raises(CannotApply, match="pending"):
            at.repo.apply_suggestion(comment)
        at.call("POST", f"/pulls/1/reviews/{pending}/events", {"event": "COMMENT", "body": "x"})
        at.pull.close()
        with pytest.raises(CannotApply, match="closed"):
            at.repo.apply_suggestion(comment)
        at.pull.reopen()
        at.pull.threads[0].resolve(by="maria")
        with pytest.raises(CannotApply, match="resolved"):
            at.repo.apply_suggestion(comment)


def test_the_default_branch_is_main_where_there_is_one(tmp_path: Path) -> None:
    work = source(tmp_path)
    with GitHub(tmp_path) as hub:
        assert hub.repository("acme/shop", source=work).default_branch == "main"
