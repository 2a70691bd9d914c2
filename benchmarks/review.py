"""What a review costs: at a simulated server, beside PR-Agent if it is wished for, by itself, and by its size.

    python benchmarks/review.py --peer --rounds 3

It prints a page of tables and writes it to docs/performance-table.md. Run it with the Python of an environment that has
Patchwright and its group `test` (scripts/setup dev; .venv/bin/python), on a machine that has nothing else to do. The
changes are pairs of releases from the package index. Its exit code is 0 unless a run failed: slow isn't an error.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for tests and benchmarks, wherever this is started

from benchmarks import growth, page, peer
from benchmarks.measure import ROOT, Change, Cost, Run, Server, cost_of, simulated
from benchmarks.page import PEER, US, Grown, Runs
from tests.releases import Offline, release_pair

RELEASES = {
    "requests": ("2.31.0", "2.32.0"),
    "flask": ("2.3.3", "3.0.0"),
    "httpx": ("0.26.0", "0.27.0"),
    "django": ("5.0", "5.1"),
}
PEER_READS = ("requests", "httpx")  # with --all, it reads all
OWN_COST = ("httpx", "django")
STARTS = 20


def main() -> None:
    options = _options()
    environment = peer.install(say) if options.peer else None
    with TemporaryDirectory() as name:
        folder = Path(name)
        changes = {name: _change(name, folder) for name in options.change}
        beside = {name: environment for name in changes if environment and (options.all or name in PEER_READS)}
        with simulated(folder / "requests.jsonl") as server:
            runs = _rounds(options.rounds, changes, server, folder, beside)
        with simulated(folder / "requests.jsonl", "--instant") as server:
            alone = {name: change for name, change in changes.items() if name in OWN_COST}
            own = _rounds(options.rounds, alone, server, folder, {})
        grown = _growth(options.rounds)
        starts = _starts(folder)
    opening = page.opening(_command(options), _beside(options, environment))
    parts = [opening, page.at_server(changes, runs), page.beside_peer(changes, runs)]
    text = page.joined([*parts, page.own_cost(own), page.growth(grown, growth.USUAL), page.start_up(starts)])
    print(text, end="")
    options.output.write_text(text, "utf-8")


def say(what: str) -> None:
    print(f"{dt.datetime.now().astimezone():%H:%M:%S} {what}", file=sys.stderr, flush=True)


def _change(name: str, folder: Path) -> Change:
    old, new = RELEASES[name]
    say(f"fetching {name} {old} and {new}")
    try:
        repository = release_pair(name, old, new, folder)
    except Offline as error:
        raise SystemExit(f"the package index can't be reached, or doesn't have {error}") from error
    git = ["git", "-C", str(repository), "diff", "--no-ext-diff", "base...head"]
    names = subprocess.run([*git, "--name-only", "-z"], stdout=subprocess.PIPE, check=True).stdout
    diff = subprocess.run(git, stdout=subprocess.PIPE, check=True).stdout
    hunks = sum(line.startswith(b"@@ ") for line in diff.split(b"\n"))
    paths = tuple(os.fsdecode(path) for path in names.split(b"\0")[:-1])
    return Change(f"{name} {old} -> {new}", repository, paths, hunks)


def _rounds(
    rounds: int, changes: Mapping[str, Change], server: Server, folder: Path, beside: Mapping[str, Path]
) -> Runs:
    """Each round has every change and tool once, so that what disturbs the machine for a while disturbs them all.

    `beside` has the peer's environment for the changes that it reads too.
    """
    runs = defaultdict[tuple[str, str], list[Run]](list)
    for turn in range(1, rounds + 1):
        for name, change in changes.items():
            say(f"round {turn} of {rounds}: {US} on {name}")
            runs[name, US].append(_review(change, server, folder))
            for command in peer.OUTPUTS if name in beside else ():
                say(f"round {turn} of {rounds}: {PEER} {command} on {name}")
                run = peer.run(beside[name], command, change.repository, change.paths, server, folder)
                runs[name, f"{PEER} {command}"].append(run)
    return runs


def _review(change: Change, server: Server, folder: Path) -> Run:
    """Patchwright's review. Raises SystemExit where the prompts didn't hold what the review says was read."""
    server.reset()
    command = ["review", "base..head", "--format", "json", "--base-url", server.base_url]
    cost = cost_of([_patchwright(), *command], folder / "review.json", directory=change.repository)
    reviewed = json.loads((folder / "review.json").read_text("utf-8"))["coverage"]["reviewed"]
    seen = len(server.shown(change.paths))
    if seen != reviewed["files"]:
        raise SystemExit(f"{change.title}: by the review {reviewed['files']} files were read, by the prompts {seen}")
    return server.run(cost, files=seen, hunks=reviewed["hunks"])


def _patchwright() -> Path:
    """The one that belongs to this Python, never another one on the PATH."""
    return Path(sys.executable).parent / "patchwright"


def _growth(rounds: int) -> Grown:
    grown: dict[int, tuple[list[float], list[float]]] = {size: ([], []) for size in growth.SIZES}
    for turn in range(1, rounds + 1):
        for size, (one, many) in grown.items():
            say(f"round {turn} of {rounds}: reading a patch of {size:,} hunks")
            one.append(growth.seconds(size, in_a_file=size))
            many.append(growth.seconds(size, in_a_file=growth.USUAL))
    return grown


def _starts(folder: Path) -> Mapping[str, Sequence[Cost]]:
    say(f"starting Python and Patchwright {STARTS} times each")
    commands: dict[str, list[str | Path]] = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "patchwright --version": [_patchwright(), "--version"],
    }
    starts = defaultdict[str, list[Cost]](list)
    for _ in range(STARTS):
        for name, command in commands.items():
            starts[name].append(cost_of(command, folder / "start.out"))
    return starts


def _command(options: argparse.Namespace) -> str:
    """What was run, without where its result went."""
    flags = [f"--{name}" for name in ("peer", "all") if getattr(options, name)]
    only = [f"--change {name}" for name in options.change if options.change != list(RELEASES)]
    return " ".join(["python benchmarks/review.py", *flags, *only, f"--rounds {options.rounds}"])


def _beside(options: argparse.Namespace, environment: Path | None) -> str:
    if environment:
        return f" beside {PEER} {peer.VERSION}"
    return f" ({PEER} was left out: it wants a Python 3.12, and none was found)" if options.peer else ""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what reviews cost, and write a page of tables.")
    parser.add_argument("--peer", action="store_true", help=f"run {PEER} too, on {' and '.join(PEER_READS)}")
    parser.add_argument("--all", action="store_true", help=f"run {PEER} on every change")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is run")
    parser.add_argument("--change", action="append", choices=RELEASES, help="only this one; can be given again")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "performance-table.md", help="the page")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("one round is the least")
    if not options.output.parent.is_dir():
        parser.error(f"there is no folder {options.output.parent}")
    options.change = options.change or list(RELEASES)
    options.peer |= options.all
    return options


if __name__ == "__main__":
    main()
