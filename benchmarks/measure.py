"""What a program costs, and what it makes the simulated server do: two tools are measured alike, from outside."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
KEPT = ("HOME", "LANG", "PATH", "TMPDIR")  # of the environment: what a user has set for a tool would tilt the scale

# A process inherits the peak of the one that started it, until it is larger itself (Linux counts so across exec).
# So a small one stands between the benchmark and what is measured. wait4 counts the children that were waited for.
_LAUNCHER = """
import json, os, sys, time
started = time.perf_counter()
_, status, used = os.wait4(os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ), 0)
wall, cpu = time.perf_counter() - started, used.ru_utime + used.ru_stime
with open(sys.argv[1], "w") as file:
    json.dump([os.waitstatus_to_exitcode(status), wall, cpu, used.ru_maxrss], file)
"""
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes

# Both tools show a file as `File: path`, and its hunks below, each with a line that begins with `@@`.
_FILE = re.compile(
    r"^(?:## )?File: '?(?P<path>[^\n]+?)'?(?: \((?:new file|(?:renamed|copied) from [^\n]*)\))?$", re.MULTILINE
)
_HUNK = re.compile(r"^@@.*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Change:
    """A repository with the branches base and head, the paths that differ, and how many hunks there are."""

    title: str
    repository: Path
    paths: tuple[str, ...]
    hunks: int


@dataclass(frozen=True, slots=True)
class Cost:
    """`wall` and `cpu` in seconds (user and system, all its processes), `peak` in MB: the largest of its processes."""

    wall: float
    cpu: float
    peak: float


@dataclass(frozen=True, slots=True)
class Run:
    """A review: files and hunks that the model was shown, what the server counted, what the reviewer cost."""

    files: int
    hunks: int
    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    most_at_once: int
    cost: Cost


def cost_of(
    command: Sequence[str | Path], output: Path, *, directory: Path = ROOT, settings: Mapping[str, str] | None = None
) -> Cost:
    """Run `command` with `settings` as nearly all of its environment. Its stdout goes to `output`, its stderr beside.

    Raises SystemExit with the end of what it said, unless it ends with 0.
    """
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | dict(settings or {})
    said, result = output.with_suffix(".stderr"), output.with_suffix(".cost")
    result.unlink(missing_ok=True)
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, result, *command]
    with output.open("wb") as out, said.open("wb") as err:
        subprocess.run(launcher, stdout=out, stderr=err, cwd=directory, env=environment, check=False)
    if not result.exists():
        raise SystemExit(f"can't start {command[0]}: {said.read_text('utf-8', 'replace')[-500:]}")
    code, wall, cpu, peak = json.loads(result.read_text())
    if code:
        told = [path.read_text("utf-8", "replace")[-1500:] for path in (output, said)]
        raise SystemExit("\n".join((f"exit code {code} from {' '.join(map(str, command))}", *told)))
    return Cost(wall, cpu, peak * _PEAK_UNIT / 1e6)


class Server:
    """A simulated server, from the outside."""

    def __init__(self, base_url: str, model: str, log: Path) -> None:
        self.base_url, self.model, self.log = base_url, model, log

    def reset(self) -> None:
        """A cold cache, all counts at zero, an empty log."""
        self._ask("POST", "/reset")
        self.log.write_bytes(b"")

    def run(self, cost: Cost, *, files: int, hunks: int) -> Run:
        """The run that came to its end just now."""
        stats = self._ask("GET", "/stats")
        del stats["prefill_busy_s"]
        return Run(files=files, hunks=hunks, cost=cost, **stats)

    def shown(self, paths: Sequence[str]) -> dict[str, set[str]]:
        """Which of the changed files the prompts since the last reset held, and the `@@` lines of their hunks there."""
        changed, found = frozenset(paths), dict[str, set[str]]()
        with self.log.open(encoding="utf-8") as requests:
            for request in requests:
                for message in json.loads(request)["messages"]:
                    _, *parts = _FILE.split(message["content"])
                    for path, text in zip(parts[::2], parts[1::2], strict=True):
                        if path in changed and (hunks := _HUNK.findall(text)):
                            found.setdefault(path, set()).update(hunks)
        return found

    def _ask(self, method: str, path: str) -> Any:
        """Without urllib, which would ask a proxy."""
        connection = HTTPConnection(urlsplit(self.base_url).netloc, timeout=60)
        connection.request(method, path)
        return json.loads(connection.getresponse().read())


@contextmanager
def simulated(log: Path, *options: str) -> Iterator[Server]:
    """The server of benchmarks/simulated_server.py, in a process of its own."""
    script = ROOT / "benchmarks" / "simulated_server.py"
    with subprocess.Popen(
        [sys.executable, script, "--log", log, *options], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise SystemExit("the simulated server didn't start")
            yield Server(**json.loads(line), log=log)
        finally:
            process.terminate()
            process.communicate()  # its last words
