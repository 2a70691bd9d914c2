"""What the index of a repository costs: cold, warm, after a change, and for a huge repository.

    python benchmarks/symbols.py --rounds 5 --copies 18

The repository is django as released, from the package index; with --copies, also one that holds it so many times, each
file with a line of its own. Each run is a process of its own. Medians are printed, and the load of the machine
beside them: where others work on it, seconds on the clock say little, CPU seconds more.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for benchmarks, wherever this is started

from benchmarks.measure import ROOT

_PREPARE = """
import sys
from pathlib import Path
from tests.releases import release_pair
print(release_pair("django", "5.0", "5.1", Path(sys.argv[1])), end="")
"""
# Peak of all processes: its own, and as much as the largest child had for each of them, which is an upper bound.
_ONCE = """
import json, os, resource, sys, time
from pathlib import Path
from bot.context.indexing import index_commit
from bot.worktree import open_work_tree
repository, folder, commit, processes, only = sys.argv[1:]
tree = open_work_tree(Path(repository), dict(os.environ))
started = time.perf_counter()
index = index_commit(tree, commit, folder=Path(folder), processes=int(processes), only=json.loads(only))
wall = time.perf_counter() - started
own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({
    "wall": wall,
    "cpu": sum(used.ru_utime + used.ru_stime for used in (own, children)),
    "own": own.ru_maxrss / 1024,
    "child": children.ru_maxrss / 1024,
    "definitions": sum(map(len, index.definitions.values())),
    "uses": sum(len(found.lines) for uses in index.uses.values() for found in uses),
    "unread": index.unread,
}))
"""
NAMES = ("get_object_or_404", "QuerySet", "render", "reverse", "Field")


def main() -> None:
    options = _options()
    with TemporaryDirectory() as name:
        folder = Path(name)
        # In a process of its own: on Linux, a process begins with the peak of the one that starts it.
        django = Path(subprocess.check_output([sys.executable, "-c", _PREPARE, folder], cwd=ROOT, text=True))
        say(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load {_load()}")
        for title, processes in (("cold, 2 processes", 2), ("cold, 1 process", 1)):
            _report(f"django 5.1, {title}", [_cold(django, folder, processes, None) for _ in range(options.rounds)])
        _report("django 5.1, warm", [_run(django, folder / "cache", "head", 2, None) for _ in range(options.rounds)])
        _report("django 5.1, warm, 5 names", _named(django, folder, options.rounds))
        _report("django 5.0 after 5.1", [_after(django, folder) for _ in range(options.rounds)])
        if options.copies:
            _huge(_copied(django, folder / "huge", options.copies), folder, options.rounds)
        say(f"load at the end {_load()}")


def _huge(repository: Path, folder: Path, rounds: int) -> None:
    files = int(subprocess.check_output("git ls-files | wc -l", cwd=repository, shell=True))
    _report(f"{files:,} files, cold, 5 names", [_cold(repository, folder, 2, NAMES)])
    runs = [_run(repository, folder / "cache", "head", 2, NAMES) for _ in range(rounds)]
    _report(f"{files:,} files, warm, 5 names", runs)
    _report(f"{files:,} files, warm", [_run(repository, folder / "cache", "head", 2, None)])
    say(f"cache of {sum(file.stat().st_size for file in (folder / 'cache').iterdir()) / 1e6:.0f} MB")


def _cold(repository: Path, folder: Path, processes: int, only: Sequence[str] | None) -> dict[str, float]:
    for file in (folder / "cache").glob("*"):
        file.unlink()
    return _run(repository, folder / "cache", "head", processes, only)


def _named(repository: Path, folder: Path, rounds: int) -> list[dict[str, float]]:
    return [_run(repository, folder / "cache", "head", 2, NAMES) for _ in range(rounds)]


def _after(repository: Path, folder: Path) -> dict[str, float]:
    """The release before, where the cache knows the one after: what differs between them is parsed."""
    _cold(repository, folder, 2, NAMES)
    return _run(repository, folder / "cache", "base", 2, None)


def _run(repository: Path, cache: Path, commit: str, processes: int, only: Sequence[str] | None) -> dict[str, float]:
    argv = [sys.executable, "-c", _ONCE, repository, cache, commit, str(processes), json.dumps(only)]
    return json.loads(subprocess.check_output(argv, cwd=ROOT))


def _report(title: str, runs: Sequence[dict[str, float]]) -> None:
    middle = {key: median(run[key] for run in runs) for key in runs[0]}
    processes = 2 if "cold, 2" in title or "files, cold" in title or "after" in title else 0
    peak = middle["own"] + processes * middle["child"]
    say(
        f"{title}: {middle['wall']:.2f} s, {middle['cpu']:.2f} s CPU, {peak:.0f} MB at most"
        f" ({len(runs)} runs; {middle['definitions']:,.0f} definitions, {middle['uses']:,.0f} uses,"
        f" {middle['unread']:.0f} unread)"
    )


def _copied(repository: Path, folder: Path, copies: int) -> Path:
    """A repository that holds the files of another so many times, no two of them the same."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch=head", folder], check=True)
    with subprocess.Popen(["git", "fast-import", "--quiet"], cwd=folder, stdin=subprocess.PIPE) as importing:
        assert importing.stdin is not None
        importing.stdin.write(b"commit refs/heads/head\ncommitter a <a@example.org> 0 +0000\ndata 0\n")
        for path, content in _files(repository):
            for copy in range(copies):
                text = content + b"\n# %d\n" % copy
                importing.stdin.write(b"M 100644 inline c%d/%s\ndata %d\n%s\n" % (copy, path, len(text), text))
    subprocess.run(["git", "read-tree", "head"], cwd=folder, check=True)
    return folder


def _files(repository: Path) -> Iterator[tuple[bytes, bytes]]:
    told = subprocess.check_output(["git", "ls-tree", "-r", "-z", "head"], cwd=repository)
    for entry in told.split(b"\0"):
        what, _, path = entry.partition(b"\t")
        if path.endswith((b".py", b".js")) and what.startswith(b"100"):
            yield path, subprocess.check_output(["git", "cat-file", "blob", what.split()[2]], cwd=repository)


def _load() -> str:
    return " ".join(f"{load:.1f}" for load in os.getloadavg())


def say(text: str) -> None:
    print(text, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--copies", type=int, default=0, help="of django in a huge repository; 18 make 50,000 files")
    return parser.parse_args()


if __name__ == "__main__":
    main()
