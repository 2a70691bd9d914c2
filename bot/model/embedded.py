"""The embedded model: llama.cpp's own server as a child process, for as long as a `with` block lasts.

It listens on 127.0.0.1 only, on a port that is free, and answers to nobody who doesn't know its key: other
users of the machine reach that port too.
"""

from __future__ import annotations

import json
import re
import secrets
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from bot.errors import ModelError

# As a file, and -P: from wherever it's started, it's this engine and no other `bot`.
COMMAND = (sys.executable, "-P", str(Path(__file__).with_name("engine.py")))

_ENDS = {
    signal.SIGILL: "This processor lacks what xllamacpp is built for (AVX2 on x86). Point to a server with --base-url.",
    signal.SIGKILL: "Was it out of memory? Take a smaller model with --weights FILE, or a smaller context.",
}
# `0.00.006.678 E gguf_init_from_reader: this GGUF file is ...`: llama.cpp's errors.
_ERROR = re.compile(r"^[\d.]+ E (?:\S+ +)?\S+: +(?P<message>.+)$")


@dataclass(frozen=True, slots=True)
class Engine:
    """Where the server is (`base_url` ends in `/v1`), and the bearer token that it asks for."""

    base_url: str
    api_key: str = field(repr=False)


def check_installed() -> None:
    """Before a gigabyte is fetched for it. Raises ModelError where there is no engine."""
    if find_spec("xllamacpp") is None:
        raise _missing()


@contextmanager
def start_engine(
    model: Path,
    *,
    context: int,
    slots: int,
    log: Path,
    name: str = "",
    patience: float = 120.0,
    command: Sequence[str] = COMMAND,
) -> Iterator[Engine]:
    """A server that has loaded the GGUF file `model`; it ends with the block, or with this process, however it ends.

    `context` is in tokens, for each of the `slots` that it works on at once. `name` is what it calls the model,
    the file's stem unless given. `patience` is in seconds. What llama.cpp says goes to `log`, which is begun anew.
    Raises ModelError if it doesn't come to serve.
    """
    argv = [*command, "--model", str(model.absolute()), "--name", name or model.stem]
    argv += ["--context", str(context), "--slots", str(slots)]
    api_key = secrets.token_urlsafe(24)
    child = _spawn(argv, log)
    try:
        yield Engine(_base_url(child, api_key, log, patience), api_key)
    finally:
        _end(child)


def _spawn(argv: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C in the terminal is for the parent to act on.

    And in a directory of ours: llama.cpp looks for its plug-ins in the working directory too.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)  # another run that still writes to it goes on with its own
        with log.open("wb") as said:
            return subprocess.Popen(
                argv,
                bufsize=0,
                cwd=log.parent,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                start_new_session=True,
            )
    except OSError as error:
        raise ModelError(f"the embedded model server can't be started: {error}") from error


def _base_url(child: subprocess.Popen[bytes], api_key: str, log: Path, patience: float) -> str:
    """What the child says when it's ready. It hears the key through the pipe: arguments are everybody's to read."""
    assert child.stdin is not None
    assert child.stdout is not None
    with suppress(BrokenPipeError):  # it died already: its output, which ends here, tells so
        child.stdin.write(f"{api_key}\n".encode())
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        if not selector.select(patience):
            hint = f"A large file may need longer on a slow disk: try again. Its log is {log}"
            raise ModelError(f"the embedded model was not loaded within {patience:.0f} seconds", hint)
    told = child.stdout.readline()
    if not told:
        raise _failure(child.wait(), log)
    return str(json.loads(told)["base_url"])


def _missing() -> ModelError:
    hint = "Install it: pip install 'patchwright[local]'. Or name a model server with --base-url URL."
    return ModelError("the embedded model needs xllamacpp", hint)


def _failure(code: int, log: Path) -> ModelError:
    """`code` is the child's exit status, or a signal's number with a minus."""
    if code < 0:
        stop = signal.Signals(-code)
        return ModelError(f"the embedded model server was stopped by {stop.name}", _ENDS.get(stop, f"Its log is {log}"))
    reason = _reason(log)
    if "No module named 'xllamacpp'" in reason:
        return _missing()
    return ModelError(f"the embedded model can't be loaded: {reason}", f"Its log is {log}")


def _reason(log: Path) -> str:
    """llama.cpp's first error is the cause, and those below follow from it; else what was said last."""
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    errors = [match["message"] for line in lines if (match := _ERROR.match(line))]
    return (errors + lines[-1:] or ["it said nothing"])[0]


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()
