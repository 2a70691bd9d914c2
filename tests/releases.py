"""Two published releases of a package as a git repository: real changes, fetched by name when they are asked for.

    repository = release_pair("flask", "2.3.3", "3.0.0", folder)     # branches `base` and `head`

The source archives come from the package index that pip is set up for, through pip's own finder and downloader: not
by `pip download`, which would run the package's build back end to learn its metadata. Nothing in them is executed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

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
    archives = [fetch(name, version) for version in (old, new)]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        draft = Path(scratch) / "repository"
        _git(Path(scratch), "init", "--quiet", "--initial-branch=base", str(draft))
        _commit(draft, archives[0])
        _git(draft, "checkout", "--quiet", "-b", "head")
        _commit(draft, archives[1])
        draft.rename(repository)
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
            if done.returncode == _NOTHING_FOUND or "NetworkConnectionError" in done.stderr:
                raise Offline(f"{name} {version}")
            assert done.returncode == 0, done.stderr
            (archive,) = Path(scratch).iterdir()
            archive.replace(kept)
    return kept


def _commit(repository: Path, archive: Path) -> None:
    """Replace the work tree by what is in `archive`, without the folder around it; commit it."""
    for path in repository.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    with tempfile.TemporaryDirectory(dir=repository.parent) as scratch, tarfile.open(archive) as members:
        members.extractall(scratch, filter="data")
        (top,) = Path(scratch).iterdir()
        for path in top.iterdir():
            shutil.move(path, repository / path.name)
    _git(repository, "add", "--all", "--force")
    _git(repository, "commit", "--quiet", "--allow-empty", "--message", archive.name.removesuffix(".tar.gz"))


def _git(repository: Path, *arguments: str) -> None:
    """Commits get the same ids wherever and whenever they are made."""
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Release"), ("EMAIL", "release@example.invalid"), ("DATE", "1700000000 +0000"))
    }
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"} | identity
    subprocess.run(
        ["git", "-c", "core.autocrlf=false", "-c", "core.fileMode=true", *arguments],
        cwd=repository,
        env=environment,
        check=True,
        capture_output=True,
    )
