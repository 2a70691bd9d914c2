"""The embedded engine: first what needs no model, then the real llama.cpp with a very small one, over HTTP.

SmolLM2-135M answers with junk. What is tested is the wire: shapes, limits, and that the process comes and goes.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs
import pytest

from bot.errors import ModelError
from bot.model.embedded import Engine, start_engine
from bot.model.engine import usable_cores
from bot.model.weights import SMOLLM2_135M, ensure

ROOT = Path(__file__).parents[2]
CONTEXT = 2048


def python(script: str) -> tuple[str, ...]:
    """A stand-in for the engine's process."""
    return (sys.executable, "-c", script)


def failure(tmp_path: Path, script: str, patience: float = 20.0) -> ModelError:
    with (
        pytest.raises(ModelError) as caught,
        start_engine(
            Path("some.gguf"), context=1, slots=1, log=tmp_path / "log", patience=patience, command=python(script)
        ),
    ):
        pass
    return caught.value


def test_of_a_load_that_fails_llama_cpps_first_error_is_told(tmp_path: Path) -> None:
    script = """if True:
        import sys
        sys.stderr.write("0.00.001.100 I srv    load_model: loading model 'some.gguf'\\n")
        sys.stderr.write("0.00.006.678 E gguf_init_from_reader: this GGUF file is version 9\\n")
        sys.stderr.write("0.00.006.683 E srv    load_model: failed to load model, 'some.gguf'\\n")
        raise RuntimeError("Failed to init server, please check the input params.")
    """
    error = failure(tmp_path, script)
    assert str(error) == "the embedded model can't be loaded: this GGUF file is version 9"
    assert error.hint == f"Its log is {tmp_path / 'log'}"


def test_a_library_that_is_missing_is_named(tmp_path: Path) -> None:
    error = failure(tmp_path, "raise ImportError('libgomp.so.1: cannot open shared object file')")
    assert str(error).endswith("ImportError: libgomp.so.1: cannot open shared object file")


def test_without_xllamacpp_the_hint_is_to_install_it(tmp_path: Path) -> None:
    error = failure(tmp_path, "raise ModuleNotFoundError(\"No module named 'xllamacpp'\")")
    assert str(error) == "the embedded model needs xllamacpp"
    assert "patchwright[local]" in error.hint


def test_an_old_processor_is_told_as_such(tmp_path: Path) -> None:
    error = failure(tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    assert str(error) == "the embedded model server was stopped by SIGILL"
    assert "AVX2" in error.hint


def test_a_server_that_is_not_ready_in_time_is_given_up(tmp_path: Path) -> None:
    error = failure(tmp_path, "import time; time.sleep(60)", patience=0.2)
    assert "not loaded within 0 seconds" in str(error)


def test_a_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    assert "can't be started" in str(failure(tmp_path, "pass"))


def test_the_key_is_no_argument_that_others_can_read(tmp_path: Path) -> None:
    script = """if True:
        import json, sys
        key = sys.stdin.readline().strip()
        json.dump({"base_url": f"{key in ' '.join(sys.argv)} {len(key)}"}, sys.stdout)
        print(flush=True)
        sys.stdin.read()
    """
    with start_engine(Path("m.gguf"), context=1, slots=1, log=tmp_path / "log", command=python(script)) as engine:
        assert engine.base_url == "False 32"
        assert engine.api_key not in repr(engine)


def machine(root: Path, *, siblings: dict[int, str] | None = None, group: str = "/", limits: dict[str, str]) -> Path:
    """What the kernel tells of processors and control groups, as files below `root`."""
    told = {f"sys/devices/system/cpu/cpu{n}/topology/thread_siblings_list": s for n, s in (siblings or {}).items()}
    told |= {f"sys/fs/cgroup/{folder}/cpu.max": limit for folder, limit in limits.items()}
    told["proc/self/cgroup"] = f"0::{group}"
    for path, text in told.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"{text}\n")
    return root


def test_two_threads_of_a_core_count_once(tmp_path: Path) -> None:
    root = machine(tmp_path, siblings={0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"}, limits={})
    assert usable_cores({0, 1, 2, 3}, root) == 2


def test_only_processors_that_the_process_may_use_count(tmp_path: Path) -> None:
    assert usable_cores({5}, machine(tmp_path, siblings={5: "5", 6: "6"}, limits={})) == 1


def test_a_containers_share_of_a_large_machine_is_the_limit(tmp_path: Path) -> None:
    assert usable_cores(range(64), machine(tmp_path, limits={".": "250000 100000"})) == 3


def test_the_limit_of_a_group_above_holds_too(tmp_path: Path) -> None:
    root = machine(
        tmp_path, group="/user.slice/me", limits={"user.slice": "200000 100000", "user.slice/me": "max 100000"}
    )
    assert usable_cores(range(16), root) == 2


def test_where_the_kernel_tells_nothing_every_processor_counts(tmp_path: Path) -> None:
    assert usable_cores({0, 1, 2}, tmp_path) == 3


@pytest.fixture(scope="session")
def smollm2() -> Path:
    cache = Path(os.environ.get("PATCHWRIGHT_CACHE") or platformdirs.user_cache_path("patchwright"))
    return ensure(SMOLLM2_135M, given=None, cache=cache, report=lambda *_: None)


@pytest.fixture(scope="module")
def engine(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    log = tmp_path_factory.mktemp("engine") / "log"
    with start_engine(smollm2, name="SmolLM2-135M-Instruct", context=CONTEXT, slots=2, log=log) as started:
        yield started


@contextmanager
def connection(engine: Engine) -> Iterator[http.client.HTTPConnection]:
    link = http.client.HTTPConnection(urlsplit(engine.base_url).netloc, timeout=60)
    yield link
    link.close()


def call(engine: Engine, path: str, body: Any = None, *, key: str | None = None) -> tuple[int, Any]:
    """Status and JSON of a request; a POST where there is a body."""
    headers = {"Authorization": f"Bearer {engine.api_key if key is None else key}", "Content-Type": "application/json"}
    with connection(engine) as link:
        link.request("POST" if body else "GET", path, json.dumps(body) if body else None, headers)
        response = link.getresponse()
        return response.status, json.loads(response.read())


def chat(engine: Engine, content: str, **options: Any) -> tuple[int, Any]:
    body = {"messages": [{"role": "user", "content": content}], "temperature": 0, "max_tokens": 48, **options}
    return call(engine, "/v1/chat/completions", body)


def eventually(holds: Callable[[], bool], *, seconds: float = 10, every: float = 0.05) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


@pytest.mark.engine
def test_the_server_tells_its_model_context_and_slots(engine: Engine) -> None:
    _, models = call(engine, "/v1/models")
    _, props = call(engine, "/props")
    assert [(model["id"], model["owned_by"]) for model in models["data"]] == [("SmolLM2-135M-Instruct", "llamacpp")]
    assert props["total_slots"] == 2
    assert props["default_generation_settings"]["n_ctx"] == CONTEXT


@pytest.mark.engine
def test_an_answer_is_held_to_the_schema(engine: Engine) -> None:
    schema = {
        "type": "object",
        "properties": {"word": {"enum": ["zebra"]}, "line": {"type": "integer", "minimum": 1, "maximum": 99}},
        "required": ["word", "line"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
    status, answer = chat(engine, "Hello!", response_format=form)
    said = json.loads(answer["choices"][0]["message"]["content"])
    assert status == 200
    assert set(said) == {"word", "line"}
    assert said["word"] == "zebra"
    assert 1 <= said["line"] <= 99


@pytest.mark.engine
def test_tokens_are_counted_as_the_model_counts_them(engine: Engine) -> None:
    _, one = call(engine, "/tokenize", {"content": "def f(x): return x"})
    _, four = call(engine, "/tokenize", {"content": "def f(x): return x\n" * 4})
    assert 5 <= len(one["tokens"]) <= 10
    assert len(four["tokens"]) >= 4 * len(one["tokens"])


@pytest.mark.engine
def test_a_prompt_that_is_too_long_is_refused_with_its_length_and_the_context(engine: Engine) -> None:
    status, answer = chat(engine, "word " * 3000)
    error = answer["error"]
    assert status == 400
    assert (error["code"], error["type"]) == (400, "exceed_context_size_error")
    assert error["n_ctx"] == CONTEXT
    assert error["n_prompt_tokens"] > 3000


@pytest.mark.engine
def test_a_shared_beginning_is_computed_once(engine: Engine) -> None:
    shared = "These are the rules of the house. " * 20
    chat(engine, shared + "First question?", max_tokens=1)
    _, second = chat(engine, shared + "Second question?", max_tokens=1)
    usage = second["usage"]
    assert usage["prompt_tokens_details"]["cached_tokens"] > 0.9 * usage["prompt_tokens"]


@pytest.mark.engine
def test_a_closed_connection_frees_the_slot(engine: Engine) -> None:
    def busy() -> bool:
        return any(slot["is_processing"] for slot in call(engine, "/slots")[1])

    tale = [{"role": "user", "content": "Once upon a time"}]
    endless = json.dumps({"messages": tale, "max_tokens": CONTEXT - 100, "ignore_eos": True})
    with connection(engine) as link:
        link.request("POST", "/v1/chat/completions", endless, {"Authorization": f"Bearer {engine.api_key}"})
        assert eventually(busy)
    # It looks after a connection when nothing was heard of any request for a second: so don't ask too often.
    assert eventually(lambda: not busy(), every=1.5)


@pytest.mark.engine
@pytest.mark.parametrize("path", ["/v1/models", "/props", "/slots", "/metrics", "/tools"])
def test_without_the_key_nothing_is_told(engine: Engine, path: str) -> None:
    status, answer = call(engine, path, key="guessed")
    assert status == 401
    assert answer["error"]["type"] == "authentication_error"


@pytest.mark.engine
def test_there_is_no_page_and_no_tool(engine: Engine) -> None:
    assert call(engine, "/")[0] == 404
    assert call(engine, "/tools")[0] == 403


@pytest.mark.engine
def test_the_log_holds_nothing_of_what_was_asked(smollm2: Path, tmp_path: Path) -> None:
    with start_engine(smollm2, context=CONTEXT, slots=1, log=tmp_path / "log") as engine:
        chat(engine, "TOP-SECRET-SOURCE", max_tokens=4)
        assert eventually(lambda: "stop processing" in (tmp_path / "log").read_text())
    assert "SECRET" not in (tmp_path / "log").read_text()


@pytest.mark.engine
def test_a_file_that_is_cut_off_is_told(smollm2: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(smollm2.read_bytes()[:1_000_000])
    with (
        pytest.raises(ModelError, match="the embedded model can't be loaded: "),
        start_engine(cut, context=CONTEXT, slots=1, log=tmp_path / "log"),
    ):
        pass


PARENT = """
import sys, time
from pathlib import Path
from bot.model.embedded import start_engine

with start_engine(Path(sys.argv[1]), context=512, slots=1, log=Path(sys.argv[2])) as engine:
    print(engine.base_url, flush=True)
    time.sleep(60)
"""


@contextmanager
def parent(smollm2: Path, log: Path) -> Iterator[tuple[subprocess.Popen[str], Callable[[], bool]]]:
    """A process of its own group that keeps an engine, and whether anybody listens where the engine does."""
    argv = [sys.executable, "-c", PARENT, str(smollm2), str(log)]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, process_group=0) as process:
        assert process.stdout is not None
        address = urlsplit(process.stdout.readline().strip())

        def listening() -> bool:
            try:
                with socket.create_connection((address.hostname, address.port or 0), timeout=5):
                    return True
            except ConnectionRefusedError:
                return False

        assert listening()
        yield process, listening
        process.kill()


@pytest.mark.engine
def test_the_engine_ends_with_a_parent_that_is_killed(smollm2: Path, tmp_path: Path) -> None:
    with parent(smollm2, tmp_path / "log") as (process, listening):
        process.kill()
        assert eventually(lambda: not listening(), seconds=5)


@pytest.mark.engine
def test_ctrl_c_ends_both_at_once_and_the_engine_without_a_word(smollm2: Path, tmp_path: Path) -> None:
    with parent(smollm2, tmp_path / "log") as (process, listening):
        os.killpg(process.pid, signal.SIGINT)
        process.wait(5)
        assert not listening()
    assert "Traceback" not in (tmp_path / "log").read_text()
