"""The measurements as a page of Markdown: values in, text out, but for a look at the machine."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from statistics import median
from textwrap import fill

from benchmarks.measure import Change, Cost, Run
from tests.fakes.physics import Physics

US, PEER = "Patchwright", "PR-Agent"

Runs = Mapping[tuple[str, str], Sequence[Run]]  # by change and tool; one for each round
Grown = Mapping[int, tuple[Sequence[float], Sequence[float]]]  # by hunks: CPU seconds in one file, and in many


def joined(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def opening(command: str, beside: str) -> str:
    today = dt.datetime.now().astimezone().date()
    text = (
        f"Measured on {today.day} {today:%B %Y} on {_machine()}, with Patchwright {version('patchwright')}{beside}:"
        f" `{command}`. A number is the median of the rounds, with the least and the most behind it where they differ."
        " CPU is user and system time of all processes of a tool; the peak is that of the largest one."
    )
    return "<!-- Written by benchmarks/review.py: run it again instead of editing this. -->\n\n" + fill(text, 120)


def _machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    processor = platform.processor() or platform.machine()
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        processor = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return f"{cores} cores ({processor}), {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def at_server(changes: Mapping[str, Change], runs: Runs) -> str:
    speed = Physics()
    text = (
        f"The server computes {speed.prefill:,.0f} prompt tokens a second for all requests together, and writes"
        f" {speed.decode:.0f} tokens a second to each of up to {speed.streams} requests. It finds a known beginning of"
        f" a prompt in blocks of {speed.block} tokens; its cache is cold at the start of each run. Requests and tokens"
        " are its own count. A file was read if a prompt held a hunk of it."
    )
    heads = ["change", "tool", "files read", "hunks read", "requests", "prompt tokens", "cached", "answer tokens"]
    heads += ["most at once", "wall s", "CPU s", "peak MB"]
    rows = [
        [
            changes[name].title,
            tool,
            f"{_shown([run.files for run in some])} of {len(changes[name].paths):,}",
            f"{_shown([run.hunks for run in some])} of {changes[name].hunks:,}",
            _shown([run.requests for run in some]),
            _shown([run.prompt_tokens for run in some]),
            _shown([100 * run.cached_tokens / run.prompt_tokens for run in some]) + "%",
            _shown([run.completion_tokens for run in some]),
            _shown([run.most_at_once for run in some]),
            _shown([run.cost.wall for run in some], 1),
            _shown([run.cost.cpu for run in some], 1),
            _shown([run.cost.peak for run in some]),
        ]
        for (name, tool), some in runs.items()
    ]
    return _section("At the simulated server", text, heads, rows)


def beside_peer(changes: Mapping[str, Change], runs: Runs) -> str:
    """Nothing, if there is no peer."""
    text = (
        f"{PEER} with its own settings and its local git provider. It is spared what it would fetch from public hosts:"
        " its price table and its tokenizer's table are those that its packages bring along. Ratios are of the same"
        " round."
    )
    heads = ["change", "beside", "wall, ours : theirs", "CPU, ours : theirs", "ours, wall s a file read", "theirs"]
    rows = [
        [
            changes[name].title,
            tool,
            _shown(_each(lambda us, it: us.cost.wall / it.cost.wall, runs[name, US], some), 2),
            _shown(_each(lambda us, it: us.cost.cpu / it.cost.cpu, runs[name, US], some), 2),
            _shown([run.cost.wall / run.files for run in runs[name, US]], 2),
            _shown([run.cost.wall / run.files for run in some], 2),
        ]
        for (name, tool), some in runs.items()
        if tool != US
    ]
    return _section(f"Beside {PEER}", text, heads, rows) if rows else ""


def _each(figure: Callable[[Run, Run], float], ours: Sequence[Run], theirs: Sequence[Run]) -> list[float]:
    """`figure` for each round: what disturbs the machine in a round doesn't count."""
    return [figure(us, it) for us, it in zip(ours, theirs, strict=True)]


def own_cost(runs: Runs) -> str:
    rows = [
        [
            name,
            _shown([run.requests for run in some]),
            _shown([run.cost.cpu for run in some], 2),
            _shown([1000 * run.cost.cpu / run.requests for run in some], 1),
            _shown([run.cost.peak for run in some]),
        ]
        for (name, _), some in runs.items()
    ]
    text = "The same server, which now answers at once."
    heads = ["change", "requests", "CPU s", "CPU ms a request", "peak MB"]
    return _section("Patchwright's own cost", text, heads, rows) if rows else ""


def growth(grown: Grown, usual: int) -> str:
    """`usual`: hunks of a file where they are in many."""
    heads = ["hunks", "in one file, s", "s per 1,000", f"in files of {usual}, s", "s per 1,000"]
    rows = [
        [f"{size:,}", *(cell for some in both for cell in (_shown(some, 2), _shown(_per_thousand(some, size), 3)))]
        for size, both in grown.items()
    ]
    text = (
        "CPU seconds to read, parse and chunk a patch in memory. As much for 1,000 hunks in each row is linear growth."
    )
    return _section("Growth", text, heads, rows)


def _per_thousand(values: Sequence[float], size: int) -> list[float]:
    return [1000 * value / size for value in values]


def start_up(starts: Mapping[str, Sequence[Cost]]) -> str:
    rows = [
        [f"`{name}`", _shown([1000 * cost.wall for cost in some]), _shown([1000 * cost.cpu for cost in some])]
        for name, some in starts.items()
    ]
    times = max(len(some) for some in starts.values())
    return _section("Start-up", f"Each started {times} times.", ["command", "wall ms", "CPU ms"], rows)


def _section(title: str, text: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A heading, a paragraph, and a table. Columns whose cells begin with a digit stand on the right."""
    sides = ["--:" if all(row[at][:1].isdigit() for row in rows) else "---" for at in range(len(heads))]
    table = ["| " + " | ".join(line) + " |" for line in (heads, sides, *rows)]
    return "\n\n".join((f"## {title}", fill(text, 120), "\n".join(table)))


def _shown(values: Sequence[float], digits: int = 0) -> str:
    """The median, and from where to where they go if they differ: `8.1 (8.0-8.4)`."""
    middle, least, most = (f"{value:,.{digits}f}" for value in (median(values), min(values), max(values)))
    return middle if least == most else f"{middle} ({least}-{most})"
