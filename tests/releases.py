"""Two published releases of a package as a git repository: real changes, fetched by name when they are asked for.

    repository = release_pair("flask", "2.3.3", "3.0.0", folder)     # branches `base` and `head`

The source archives come from the package index that pip is set up for, through pip's own finder and downloader: not
by `pip download`, which would run the package's build back end to learn its metadata. Nothing in them is executed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

from tests.odd_repository import Entry, link, program, repository_of

_FETCH = """
import hashlib, pathlib, sys
from pip._internal.commands import create_command
from pip._internal.network.download import Downloader
from pip._vendor.packaging.specifiers import SpecifierSet

name, version, folder = sys.argv[1:]
command = create_command("download")
options, _ = command.parse_args(["--no-binary", ":all:", "--retries", "1", "--timeout", "30"])
with command.main_context():
    session = command.get_default_session(options)
    finder = command._build_package_finder(options=options, session=session, ignore_requires_python=True)
    found = finder.find_best_candidate(name, SpecifierSet("===" + version)).best_candidate
    if found is None:
        sys.exit(3)
    path, _ = Downloader(session, "off")(found.link, folder)
    if found.link.hash_name:
        digest = hashlib.new(found.link.hash_name, pathlib.Path(path).read_bytes()).hexdigest()
        assert digest == found.link.hash, path
"""
_NOTHING_FOUND = 3  # pip's finder takes an index that it can't reach for an empty one


class Offline(Exception):
    """The package index can't be reached."""


def cache() -> Path:
    """Where archives are kept from one session to the next."""
    return user_cache_path("patchwright") / "releases"


def release_pair(name: str, old: str, new: str, folder: Path) -> Path:
    """A repository below `folder` in which `base` holds the release `old`, and `head`, upon it, the release `new`.

    Made once: where it is there already, it is taken as it is. Raises Offline.
    """
    repository = folder / f"{name}-{old}-{new}"
    if repository.is_dir():
        return repository
    before, after = (_tree(fetch(name, version)) for version in (old, new))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        repository_of(Path(scratch) / "repository", before, after).rename(repository)
    return repository


def fetch(name: str, version: str) -> Path:
    """The source archive of a release, from the cache or the package index. Raises Offline."""
    folder = cache()
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{name}-{version}.tar.gz"
    with FileLock(folder / f"{name}-{version}.lock"):
        if kept.exists():
            return kept
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            # -P: what stands in the working directory must not be taken for pip.
            argv = [sys.executable, "-P", "-c", _FETCH, name, version, scratch]
            done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)
            if done.returncode == _NOTHING_FOUND or re.search("Connection|Timeout|IncompleteDownload", done.stderr):
                raise Offline(f"{name} {version}")
            assert done.returncode == 0, done.stderr
            (archive,) = Path(scratch).iterdir()
            archive.replace(kept)
    return kept


def _tree(archive: Path) -> dict[bytes, Entry | bytes]:
    """What is in `archive`, without the folder around it. Nothing is unpacked to the disk."""
    entries: dict[bytes, Entry | bytes] = {}
    with tarfile.open(archive) as members:
        for member in members:
            path = os.fsencode(member.name.partition("/")[2])
            if member.issym():
                entries[path] = link(os.fsencode(member.linkname))
            elif file := members.extractfile(member) if member.isfile() else None:
                content = file.read()
                entries[path] = program(content) if member.mode & 0o100 else content
    return entries
