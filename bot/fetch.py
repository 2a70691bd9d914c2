"""Commits from the server into a repository on this machine: objects only, nothing is checked out.

The token travels in an environment variable of git's (`GIT_CONFIG_VALUE_n`), bound to this one address: it is in no
argument, no address and no file, and git follows no redirect with it. What the repository's own configuration says
about credentials isn't asked: it could name commands.
"""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import BadInput
from bot.worktree import GitFailed, WorkTree

_PROXIES = ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")
_AUTHORITIES = ("GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR")
_ONLINE = {
    "GIT_ALLOW_PROTOCOL": "https:http",
    "GIT_ASKPASS": "",  # before core.askPass, which names a command
    "GIT_HTTP_LOW_SPEED_LIMIT": "1",  # a server that says nothing for so many seconds
    "GIT_HTTP_LOW_SPEED_TIME": "120",
}
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def fetch(tree: WorkTree, address: str, commits: Sequence[str], token: str) -> None:
    """Bring `commits` into `tree`; into a shallow repository without their history. `address` is https://…/owner/name."""
    if not all(_COMMIT.fullmatch(commit) for commit in commits):
        raise BadInput("only commits can be fetched, by their whole ids")
    shallow = tree.git("rev-parse", "--is-shallow-repository").strip() == b"true"
    depth = ["--depth=1"] if shallow or not tree.git("rev-list", "--all", "--max-count=1") else []
    options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance")
    passed = {name: tree.environment[name] for name in (*_PROXIES, *_AUTHORITIES) if name in tree.environment}
    online = replace(tree, overrides={**tree.overrides, **passed, **_ONLINE, **_settings(address, token)})
    try:
        online.git("fetch", *options, *depth, "--", address, *commits)
    except GitFailed as error:
        raise GitFailed(f"nothing can be fetched from {address}: {error}", "May the token read it?") from error


@contextmanager
def temporary(environment: Mapping[str, str], address: str, commits: Sequence[str], token: str) -> Iterator[WorkTree]:
    """A repository that holds just `commits`, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="patchwright-") as folder:
        tree = WorkTree(Path(folder), environment)
        tree.git("init", "--quiet", "--bare", "--template=")
        fetch(tree, address, commits, token)
        yield tree


def _settings(address: str, token: str) -> dict[str, str]:
    """git's configuration for this address, which no other one in the repository can be more specific about.

    An empty value drops what was said before: actions/checkout leaves a header behind, and two are refused.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or "@" in parts.netloc:
        raise BadInput("the server's address must be https://HOST, without a user", "Look at GITHUB_SERVER_URL.")
    told = [
        (f"credential.{address}.helper", ""),
        (f"http.{address}.followRedirects", "false"),
        (f"http.{address}.sslVerify", "true"),
    ]
    if token:
        header = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        told += [(f"http.{address}.extraHeader", value) for value in ("", f"Authorization: Basic {header}")]
    settings = {"GIT_CONFIG_COUNT": str(len(told))}
    for at, (key, value) in enumerate(told):
        settings |= {f"GIT_CONFIG_KEY_{at}": key, f"GIT_CONFIG_VALUE_{at}": value}
    return settings
