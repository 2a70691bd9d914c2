"""Check runs, statuses, code scanning, and what workflow runs left behind."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
import uuid
from typing import Any

from tests.fakes.github_router import Answer, Call, Refused, invalid, missing, problem, route
from tests.fakes.github_state import Artifact, CheckRun, WorkflowRun

_REPO = "/repos/{owner}/{repo}"
_RUN = f"{_REPO}/check-runs/{{check_run_id}}"
_MOST_ANNOTATIONS, _LONGEST = 50, 65_535


@route("POST", f"{_REPO}/check-runs", needs="checks:write")
def create_check_run(call: Call) -> Answer:
    told = call.body
    if call.repo.bare.kind(told["head_sha"]) != "commit":
        invalid(problem("CheckRun", "head_sha", "invalid", f"No commit found for SHA: {told['head_sha']}"))
    _check(told)
    run = CheckRun(call.hub, call.repo, told["name"], told["head_sha"], call.login)
    run.started_at = call.hub.clock.stamp()
    _change(call, run, told)
    call.repo.check_runs.append(run)
    shown = call.views.check_run(run)
    return Answer(shown, 201, {"location": shown["url"]})


@route("PATCH", _RUN, needs="checks:write")
def update_check_run(call: Call) -> Answer:
    run = _run_of(call)
    if run.app != call.login:
        raise Refused(403, "Invalid app_id `15368` - check run can only be modified by the GitHub App that created it.")
    _check(call.body)
    run.name = call.body.get("name", run.name)
    _change(call, run, call.body)
    return Answer(call.views.check_run(run))


@route("GET", _RUN, needs="checks:read")
def get_check_run(call: Call) -> Answer:
    return Answer(call.views.check_run(_run_of(call)))


@route("GET", f"{_RUN}/annotations", needs="checks:read")
def list_annotations(call: Call) -> Answer:
    run = _run_of(call)

    def shown(annotation: dict[str, Any]) -> dict[str, Any]:
        absent = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))
        blob = call.views.url(call.repo, f"/contents/{annotation['path']}?ref={run.head_sha}")
        return absent | annotation | {"blob_href": blob}

    return call.page(run.annotations, shown)


@route("GET", f"{_REPO}/commits/{{ref}}/check-runs", needs="checks:read")
def list_check_runs(call: Call) -> Answer:
    """The latest of each name, unless all are asked for."""
    sha = call.repo.bare.resolve(call.params["ref"])
    if sha is None:
        raise Refused(422, f"No commit found for SHA: {call.params['ref']}")
    found = [run for run in call.repo.check_runs if run.head_sha == sha]
    if call.query.get("filter", "latest") == "latest":
        found = list({(run.app, run.name): run for run in found}.values())
    for key, field in (("check_name", "name"), ("status", "status")):
        if key in call.query:
            found = [run for run in found if getattr(run, field) == call.query[key]]
    return call.page(call.hub.seen(found), call.views.check_run, wrap="check_runs")


@route("POST", f"{_REPO}/statuses/{{sha}}", needs="statuses:write")
def create_status(call: Call) -> Answer:
    sha, told = call.params["sha"], call.body
    if call.repo.bare.kind(sha) != "commit":
        raise Refused(422, f"No commit found for SHA: {sha}")
    stamp = call.hub.clock.stamp()
    user = call.views.user(call.login)
    number = call.hub.next_id()
    shown = {
        "url": call.views.url(call.repo, f"/statuses/{sha}"),
        "avatar_url": user["avatar_url"],
        "id": number,
        "node_id": f"SC_kwDO{number}",
        "state": told["state"],
        "description": told.get("description"),
        "target_url": told.get("target_url"),
        "context": told.get("context", "default"),
        "created_at": stamp,
        "updated_at": stamp,
        "creator": user,
    }
    return Answer(shown, 201)


@route("POST", f"{_REPO}/code-scanning/sarifs", needs="security_events:write")
def upload_sarif(call: Call) -> Answer:
    told = call.body
    try:
        report = json.loads(gzip.decompress(base64.b64decode(told["sarif"], validate=True)))
    except (binascii.Error, gzip.BadGzipFile, ValueError):
        raise Refused(400, "Invalid SARIF. The SARIF file is not gzipped and Base64 encoded.") from None
    if not re.fullmatch(r"refs/(heads|tags|pull)/.+", told["ref"]):
        raise Refused(422, "ref must be fully qualified")
    errors = _sarif_errors(report)
    number = str(uuid.uuid4())
    call.repo.sarifs[number] = {"status": "failed" if errors else "complete", "error": "; ".join(errors)}
    return Answer({"id": number, "url": call.views.url(call.repo, f"/code-scanning/sarifs/{number}")}, 202)


@route("GET", f"{_REPO}/code-scanning/sarifs/{{sarif_id}}", needs="security_events:read")
def get_sarif(call: Call) -> Answer:
    """Pending at the first look."""
    found = call.repo.sarifs.get(call.params["sarif_id"]) or missing()
    if not found.get("looked"):
        found["looked"] = "yes"
        return Answer({"processing_status": "pending"})
    if found["status"] == "failed":
        return Answer({"processing_status": "failed", "errors": [found["error"]]})
    analyses = call.views.url(call.repo, f"/code-scanning/analyses?sarif_id={call.params['sarif_id']}")
    return Answer({"processing_status": "complete", "analyses_url": analyses})


@route("GET", f"{_REPO}/actions/runs/{{run_id}}", needs="actions:read")
def get_workflow_run(call: Call) -> Answer:
    return Answer(call.views.workflow_run(_workflow_run(call)))


@route("GET", f"{_REPO}/actions/runs/{{run_id}}/artifacts", needs="actions:read")
def list_artifacts(call: Call) -> Answer:
    found = [one for one in _workflow_run(call).artifacts if call.query.get("name", one.name) == one.name]
    return call.page(found, lambda artifact: _artifact(call, artifact), wrap="artifacts")


@route("GET", f"{_REPO}/actions/artifacts/{{artifact_id}}", needs="actions:read")
def get_artifact(call: Call) -> Answer:
    return Answer(_artifact(call, _artifact_of(call)))


@route("GET", f"{_REPO}/actions/artifacts/{{artifact_id}}/{{archive_format}}", needs="actions:read")
def download_artifact(call: Call) -> Answer:
    """The address that it leads to is good for a minute, and asks for no token."""
    artifact = _artifact_of(call)
    if call.token is None:
        raise Refused(401, "Requires authentication")
    if artifact.expired:
        raise Refused(410, "Artifact has expired")
    if call.params["archive_format"] != "zip":
        missing()
    where = f"{call.views.web.replace('127.0.0.1', 'localhost')}/_blobs/{artifact.node_id}.zip?sig={uuid.uuid4().hex}"
    return Answer(status=302, headers={"location": where})


def _run_of(call: Call) -> CheckRun:
    number = call.number("check_run_id")
    return next((run for run in call.repo.check_runs if run.id == number), None) or missing()


def _workflow_run(call: Call) -> WorkflowRun:
    return next((run for run in call.repo.runs if run.id == call.number("run_id")), None) or missing()


def _artifact_of(call: Call) -> Artifact:
    number = call.number("artifact_id")
    return next((one for run in call.repo.runs for one in run.artifacts if one.id == number), None) or missing()


def _artifact(call: Call, artifact: Artifact) -> dict[str, Any]:
    url = call.views.url(call.repo, f"/actions/artifacts/{artifact.id}")
    run = artifact.run
    return {
        "id": artifact.id,
        "node_id": artifact.node_id,
        "name": artifact.name,
        "size_in_bytes": len(artifact.content),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": artifact.expired,
        "created_at": artifact.created_at,
        "updated_at": artifact.updated_at,
        "expires_at": call.hub.clock.stamp(90 * 86_400),
        "workflow_run": {
            "id": run.id,
            "repository_id": run.repo.id,
            "head_repository_id": run.head_repo.id,
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
        },
    }


def _check(told: dict[str, Any]) -> None:
    output = told.get("output") or {}
    annotations = output.get("annotations") or []
    if len(annotations) > _MOST_ANNOTATIONS:
        says = f"No more than {_MOST_ANNOTATIONS} items are allowed; {len(annotations)} were supplied."
        raise Refused(422, f"Invalid request.\n\n{says}")
    for key in ("summary", "text"):
        if len((output.get(key) or "").encode()) > _LONGEST:
            invalid(problem("CheckRun", key, "custom", f"{key} exceeds a maximum bytesize of {_LONGEST}"))
    if "output" in told and "title" in output and len(output["title"] or "") > 255:
        invalid(problem("CheckRun", "title", "custom", "title exceeds a maximum length of 255"))
    for annotation in annotations:
        columns = annotation.get("start_column") or annotation.get("end_column")
        if columns and annotation["start_line"] != annotation["end_line"]:
            says = "start_column and end_column can only be present if start_line and end_line are the same"
            invalid(problem("CheckAnnotation", "start_column", "custom", says))
        if annotation["end_line"] < annotation["start_line"]:
            invalid(problem("CheckAnnotation", "end_line", "custom", "end_line must not precede start_line"))
    if told.get("status") == "completed" and not told.get("conclusion"):
        invalid(problem("CheckRun", "conclusion", "missing_field"))


def _change(call: Call, run: CheckRun, told: dict[str, Any]) -> None:
    output = told.get("output") or {}
    for key in ("title", "summary", "text"):
        setattr(run, key, output.get(key, getattr(run, key)))
    run.annotations += output.get("annotations") or []
    for key in ("status", "details_url", "external_id", "started_at"):
        setattr(run, key, told.get(key, getattr(run, key)))
    if told.get("conclusion"):
        run.status, run.conclusion = "completed", told["conclusion"]
        run.completed_at = told.get("completed_at") or call.hub.clock.stamp()


def _sarif_errors(report: Any) -> list[str]:
    runs = report.get("runs") if isinstance(report, dict) else None
    if not isinstance(runs, list) or report.get("version") != "2.1.0":
        return ["Could not parse SARIF file: it isn't SARIF 2.1.0."]
    told = []
    if len(runs) > 20:
        told.append(f"rejecting SARIF, as there are more runs than allowed ({len(runs)} > 20)")
    for run in runs:
        count = len(run.get("results", ()))
        if count > 25_000:
            told.append(f"rejecting SARIF, as there are more results per run than allowed ({count} > 25000)")
    return told
