"""Published npm packages, fetched by name and version when they are asked for, as releases.py does for PyPI's.

    schema = member("@octokit/graphql-schema", "15.26.1", "schema.graphql")

Nothing in them is executed: the archive is fetched and read.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from filelock import FileLock

from tests.releases import Offline, cache


class NoNpm(Exception):
    """There is no npm on this machine."""


def member(name: str, version: str, path: str) -> bytes:
    """A file of the package. Raises NoNpm and Offline."""
    with tarfile.open(fetch(name, version)) as archive:
        found = archive.extractfile(f"package/{path}")
        assert found, path
        return found.read()


def fetch(name: str, version: str) -> Path:
    """The package's archive, from the cache or the registry that npm is set up for. Raises NoNpm and Offline."""
    folder = cache()
    folder.mkdir(parents=True, exist_ok=True)
    plain = f"{name.lstrip('@').replace('/', '-')}-{version}"
    kept = folder / f"{plain}.tgz"
    with FileLock(folder / f"{plain}.lock"):
        if kept.exists():
            return kept
        if not shutil.which("npm"):
            raise NoNpm
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            argv = ["npm", "pack", f"{name}@{version}", "--silent", "--ignore-scripts", "--pack-destination", scratch]
            done = subprocess.run(argv, cwd=scratch, capture_output=True, text=True, check=False, timeout=300)
            if done.returncode:
                raise Offline(f"{name} {version}: {done.stderr}")
            (archive,) = Path(scratch).glob("*.tgz")
            archive.replace(kept)
    return kept
