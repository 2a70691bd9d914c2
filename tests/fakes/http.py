"""An HTTP/1.1 server on loopback, in a thread of its own, that a test can make behave badly: h11 over asyncio.

Import it as `tests.fakes.http`: with this folder itself on `sys.path`, it would hide the standard library's `http`.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import h11

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it came in. The names of its headers are in lower case."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes


class HttpServer:
    """Answers with `respond` between `with` and its end. What `respond` raises becomes a 500, and is raised at the end.

    `received` holds all requests in the order of their arrival, `paths` counts them by path, `connections` counts
    what they came through, and `errors` holds what `respond` raised.
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.received: list[HttpRequest] = []
        self.paths: Counter[str] = Counter()
        self.connections = 0
        self.errors: list[Exception] = []
        self._open: set[Connection] = set()
        self._started: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="a fake server", daemon=True)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def respond(self, request: HttpRequest, to: Connection) -> None:
        raise NotImplementedError

    def wait_until(self, condition: Callable[[], object], seconds: float = 5.0) -> None:
        """For what the server learns a moment after the client did it, as that it hung up."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"it didn't happen within {seconds} s"
            time.sleep(0.002)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.result()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if self.errors and kind is None:
            raise self.errors[0]

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await self._loop.create_server(lambda: Connection(self), "127.0.0.1", self.port)
        except OSError as error:
            self._started.set_exception(error)
            return
        self.port = server.sockets[0].getsockname()[1]
        self._started.set_result(None)
        await self._stop.wait()
        server.close()
        for connection in list(self._open):
            connection.drop(at_once=True)
        await asyncio.sleep(0)  # their `connection_lost`; `asyncio.run` ends the tasks that still go on

    async def _serve(self, request: HttpRequest, to: Connection) -> None:
        self.received.append(request)
        self.paths[request.path] += 1
        try:
            await self.respond(request, to)
        except Exception as error:  # noqa: BLE001  whatever it is, the end of `with` raises it
            self.errors.append(error)
            if to.begun:
                to.drop()
            else:
                to.answer(500, f"{type(error).__name__}: {error}".encode(), {"content-type": "text/plain"})


class Connection(asyncio.Protocol):
    """A kept-alive connection. Requests get an `answer`, or one in pieces (`begin`, `write`, `end`), or a `drop`.

    `left` tells that the client closed it. The task that answers is cancelled then.
    """

    def __init__(self, server: HttpServer) -> None:
        self.left = False
        self._server = server
        self._http = h11.Connection(h11.SERVER)
        self._body: list[bytes] = []
        self._task: asyncio.Task[None] | None = None
        self._dropped = False

    @property
    def begun(self) -> bool:
        """Whether a part of the answer is out."""
        return self._http.our_state is not h11.SEND_RESPONSE

    def answer(self, status: int, body: bytes, headers: Headers) -> None:
        self.begin(status, {"content-length": str(len(body)), **headers})
        self.write(body)
        self.end()

    def begin(self, status: int, headers: Headers) -> None:
        """Without a `content-length`, the body goes in chunks."""
        named = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._send(h11.Response(status_code=status, headers=named))

    def write(self, data: bytes) -> None:
        if data:
            self._send(h11.Data(data=data))

    def end(self) -> None:
        self._send(h11.EndOfMessage())

    def drop(self, *, at_once: bool = False) -> None:
        """Close it, wherever the answer stands; `at_once` without what is still to be sent."""
        self._dropped = True
        if at_once:
            self._transport.abort()
        else:
            self._transport.close()

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        self._server.connections += 1
        self._server._open.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._server._open.discard(self)
        self.left = not self._dropped
        if self._task:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        try:
            self._advance()
        except h11.RemoteProtocolError:
            self.drop()

    def _advance(self) -> None:
        """Read what has come in; a request that is complete gets its task."""
        while (event := self._http.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.Request):
                self._head, self._body = event, []
            elif isinstance(event, h11.Data):
                self._body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                self._task = asyncio.get_running_loop().create_task(self._answer(self._request()))
        if self._http.they_are_waiting_for_100_continue:
            self._send(h11.InformationalResponse(status_code=100, headers=[]))

    def _request(self) -> HttpRequest:
        url = urlsplit(self._head.target.decode("latin-1"))
        headers = {name.decode(): value.decode("latin-1") for name, value in self._head.headers}
        return HttpRequest(self._head.method.decode(), url.path, url.query, headers, b"".join(self._body))

    async def _answer(self, request: HttpRequest) -> None:
        await self._server._serve(request, self)
        self._task = None
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            self._advance()
        else:
            self.drop()

    def _send(self, event: h11.Response | h11.InformationalResponse | h11.Data | h11.EndOfMessage) -> None:
        if not self._transport.is_closing():
            self._transport.write(self._http.send(event) or b"")
