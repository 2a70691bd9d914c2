"""llama.cpp's own server, in a process of its own; `embedded` starts it and speaks with it through its pipes.

    stdin   first line: the API key that requests must bring; its end: the parent is gone, and so is the server
    stdout  one JSON line {"base_url": ...}, when the model is loaded
    stderr  all that llama.cpp says

It is run as a file, and imports nothing of `bot`: so it runs from wherever it's started.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import re
import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_PROMPT_CACHE = 1024  # MiB; llama.cpp's own default is 8192, as much as all the memory of a small machine
_BATCH = 512  # tokens; a cancelled request is noticed between two batches, and 2048 take a minute here


def main() -> None:
    arguments = _arguments()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends at once, without a traceback
    out = os.dup(1)
    os.dup2(2, 1)  # llama.cpp and its libraries may write to stdout as well
    # libgomp's threads else spin while they wait for each other. Beside one busy process, decoding then falls
    # from 11 tokens a second to 0.5; asleep, they keep 8.
    os.putenv("OMP_WAIT_POLICY", "passive")
    api_key = sys.stdin.readline().strip()
    watch = threading.Thread(target=_leave_with_parent, daemon=True)
    watch.start()
    # Loading holds the interpreter's lock: a parent that dies meanwhile is noticed after it, some seconds late.
    server = _serve(importlib.import_module("xllamacpp"), arguments, api_key)
    os.write(out, json.dumps({"base_url": f"{server.listening_address}/v1"}).encode() + b"\n")
    watch.join()


def usable_cores(allowed: Iterable[int], root: Path = Path("/")) -> int:
    """Physical cores behind the `allowed` processors, as far as the control group grants them; 1 at least.

    Where the kernel doesn't tell (no Linux), every processor counts for a core.
    """
    siblings = {_siblings(processor, root) for processor in allowed}
    return max(1, min(len(siblings), _granted(root)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, add_help=False)
    parser.add_argument("--model", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--context", type=int, required=True)
    parser.add_argument("--slots", type=int, required=True)
    return parser.parse_args()


def _leave_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)  # no clean-up: it would wait for the answers under way, and there is nothing to save


def _serve(xllamacpp: Any, arguments: argparse.Namespace, api_key: str) -> Any:
    """A running server. Raises RuntimeError if it can't load the model; llama.cpp's log says why."""
    cores = usable_cores(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    params = xllamacpp.CommonParams()
    params.model.path = arguments.model
    params.model_alias = {arguments.name}
    params.n_parallel = arguments.slots
    params.n_ctx = arguments.context * arguments.slots  # llama.cpp divides it among the slots
    params.cpuparams.n_threads = cores
    params.cpuparams_batch.n_threads = cores
    # Repacked weights are a second copy: here they cost 600 MB and a second, and read prompts no faster.
    params.no_extra_bufts = platform.machine() in ("x86_64", "AMD64")
    params.n_batch = _BATCH
    params.cache_prompt = True
    params.cache_ram_mib = _PROMPT_CACHE
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [api_key]
    params.cors_origins = ""
    params.cors_credentials = False
    params.ui = False
    params.endpoint_metrics = True
    return xllamacpp.Server(params)


def _siblings(processor: int, root: Path) -> str:
    path = root / f"sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list"
    return path.read_text().strip() if path.is_file() else str(processor)


def _granted(root: Path) -> int:
    """Processors' worth of time that the control groups (version 2) grant, rounded up; many where there's no limit."""
    groups = root / "proc/self/cgroup"
    found = re.search(r"^0::/(.*)$", groups.read_text(), re.MULTILINE) if groups.is_file() else None
    own = Path(found[1] if found else "")
    limits = [root / "sys/fs/cgroup" / group / "cpu.max" for group in (own, *own.parents)]
    grants = [limit.read_text().split() for limit in limits if limit.is_file()]
    return min((-(-int(quota) // int(period)) for quota, period in grants if quota != "max"), default=1 << 16)


if __name__ == "__main__":
    main()
