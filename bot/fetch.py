"""Commits from the server into a repository on this machine: objects only, nothing is checked out.

The token travels in an environment variable of git's (`GIT_CONFIG_VALUE_n`), bound to the server's address: it is in no
argument, no address and no file, and git sends it to no other host.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import BadInput
from bot.worktree import WorkTree


def fetch(tree: WorkTree, address: str, commits: Sequence[str], token: str) -> None:
    """Bring `commits` into `tree`; into a shallow repository without their history. `address` is https://…/owner/name."""
    online = replace(
        tree, overrides={**tree.overrides, "GIT_ALLOW_PROTOCOL": "https:http", **_credential(address, token)}
    )
    shallow = tree.git("rev-parse", "--is-shallow-repository").strip() == b"true"
    depth = ["--depth=1"] if shallow or not tree.git("rev-list", "--all", "--max-count=1") else []
    options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance")
    online.git("fetch", *options, *depth, "--", address, *commits)


@contextmanager
def temporary(environment: Mapping[str, str], address: str, commits: Sequence[str], token: str) -> Iterator[WorkTree]:
    """A repository that holds just `commits`, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="patchwright-") as folder:
        tree = WorkTree(Path(folder), environment)
        tree.git("init", "--quiet", "--bare", "--template=")
        fetch(tree, address, commits, token)
        yield tree


def _credential(address: str, token: str) -> dict[str, str]:
    """An empty value first: actions/checkout may have left a header in the repository, and two are refused."""
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or "@" in parts.netloc:
        raise BadInput("the server's address must be https://HOST, without a user", "Look at GITHUB_SERVER_URL.")
    if not token:
        return {}
    key = f"http.{parts.scheme}://{parts.netloc}/.extraHeader"
    header = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    values = ("", f"Authorization: Basic {header}")
    told = {"GIT_CONFIG_COUNT": str(len(values))}
    for at, value in enumerate(values):
        told |= {f"GIT_CONFIG_KEY_{at}": key, f"GIT_CONFIG_VALUE_{at}": value}
    return told
