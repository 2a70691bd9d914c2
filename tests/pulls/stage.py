"""A pull request on the fake GitHub, a model that reads it, and Patchwright between them as it is run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bot import action
from bot.cli import main
from tests.example import commit, example, on_pay
from tests.fakes.github_server import GitHub, Pull, Repository
from tests.fakes.model_server import ModelServer

KEPT = ("HOME", "LANG", "PATH", "TMPDIR")


@dataclass
class Stage:
    """`act` runs the action on an event as a runner does; `review` the command on a terminal."""

    folder: Path
    hub: GitHub
    work: Path
    repo: Repository
    pull: Pull
    model: ModelServer
    token: str
    log: list[str] = field(default_factory=list)

    def environment(self, **more: str) -> dict[str, str]:
        told = {
            "GITHUB_API_URL": self.hub.api_url,
            "GITHUB_SERVER_URL": self.hub.server_url,
            "GITHUB_GRAPHQL_URL": self.hub.graphql_url,
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_RUN_ID": "1",
            "GITHUB_TOKEN": self.token,
            "PATCHWRIGHT_BASE_URL": self.model.base_url,
            "PATCHWRIGHT_WRITE_PACE": "0",
            "RUNNER_TEMP": str(self.folder),
        }
        return {name: os.environ[name] for name in KEPT if name in os.environ} | told | more

    def act(self, event: str = "pull_request", payload: Mapping[str, Any] | None = None, **more: str) -> int:
        """Run the action; what it said is in `log`, its outputs and summary in `outputs` and `summary`."""
        told = payload if payload is not None else self.hub.event(event, action="opened", pull=self.pull, sender="ann")
        path = self.folder / "event.json"
        path.write_text(json.dumps(told))
        for name in ("output", "summary"):
            (self.folder / name).write_text("")
        files = {"GITHUB_OUTPUT": str(self.folder / "output"), "GITHUB_STEP_SUMMARY": str(self.folder / "summary")}
        environment = self.environment(GITHUB_EVENT_NAME=event, GITHUB_EVENT_PATH=str(path), **files, **more)
        self.log = []
        return action.main(environment, self.log.append)

    def command(self, *arguments: str) -> int:
        """`patchwright ARGUMENTS` on a terminal with these variables."""
        before = dict(os.environ)
        os.environ |= self.environment()
        try:
            return main([*arguments])
        finally:
            os.environ.clear()
            os.environ |= before

    @property
    def outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in (self.folder / "output").read_text().splitlines())

    @property
    def summary(self) -> str:
        return (self.folder / "summary").read_text()

    @property
    def said(self) -> str:
        return "\n".join(self.log)


@contextmanager
def stage(
    folder: Path,
    *,
    reply: Any = on_pay,
    token: Mapping[str, Any] | None = None,
    flavour: Literal["2026", "ghes"] = "2026",
    files: Mapping[str, str] | None = None,
    **pull: Any,
) -> Iterator[Stage]:
    """`files` are more that the topic branch brings; `pull` are more arguments for the fake's `Repository.pull`."""
    work = example(folder)
    if files:
        commit(work, dict(files), "more files")
    with GitHub(folder, flavour=flavour) as hub, ModelServer(reply=reply) as model:
        hub.user("ann", "read")
        hub.user("maria", "write")
        repo = hub.repository("acme/shop", source=work)
        made = repo.pull("topic", author="ann", **pull)
        yield Stage(folder, hub, work, repo, made, model, hub.token(**(token or {})))
