"""A server for chat completions on the loopback that misbehaves as told, and remembers what it was asked.

``with MisbehavingServer(status(500), good()) as server`` answers the first request with a failure and all others well.  A
behaviour is a function of one `Asked` request; the last of a script stays.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = '{"name": "WASP-18 b", "period_d": 0.94}'
Behaviour = Callable[["Asked"], None]


@dataclass
class Asked:
    """One request, and the means to answer it in any way."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    handler: BaseHTTPRequestHandler = field(repr=False)
    stopped: threading.Event = field(repr=False)

    def head(self, status: int, content_type: str, **headers: str) -> None:
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", content_type)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        # Without a length the end of the connection ends the reply.
        self.handler.send_header("Connection", "close")
        self.handler.end_headers()
        self.handler.close_connection = True

    def send(self, text: str | bytes) -> None:
        self.handler.wfile.write(text.encode() if isinstance(text, str) else text)
        self.handler.wfile.flush()

    def event(self, document: object) -> None:
        self.send(f"data: {json.dumps(document)}\n\n")

    def delta(self, content: str | None, finish: str | None = None, **others: object) -> None:
        choice = {"index": 0, "delta": {"content": content, **others}, "finish_reason": finish}
        self.event({"object": "chat.completion.chunk", "model": "toy-as-served", "choices": [choice]})

    def wait(self, seconds: float) -> None:
        """Do nothing for a time, or until the test is over."""
        self.stopped.wait(seconds)


class MisbehavingServer:
    """A server on a free port, in a thread; ``asked`` are its requests in order."""

    def __init__(self, *script: Behaviour) -> None:
        self.script = list(script)
        self.asked: list[Asked] = []
        self._stopped = threading.Event()
        self._lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(handler) -> None:
                self._answer(handler)

            def do_GET(handler) -> None:
                self._answer(handler)

            def log_message(handler, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_args: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self.host = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> MisbehavingServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def prompts(self) -> list[list[dict[str, str]]]:
        return [asked.body["messages"] for asked in self.asked]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(handler.path, headers, json.loads(body or b"{}"), handler, self._stopped)
        with self._lock:
            behaviour = self.script[min(len(self.asked), len(self.script) - 1)]
            self.asked.append(asked)
        with contextlib.suppress(ConnectionError):
            behaviour(asked)


def good(text: str = GOOD, *, finish: str = "stop", usage: bool = True, piece: int = 7) -> Behaviour:
    """Stream a reply in pieces, with a count of tokens where it was asked for."""

    def behave(asked: Asked) -> None:
        asked.head(200, "text/event-stream")
        asked.delta("", role="assistant")
        for start in range(0, len(text), piece):
            asked.delta(text[start : start + piece])
        asked.delta(None, finish)
        if usage and "stream_options" in asked.body:
            count = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
            asked.event({"model": "toy-as-served", "choices": [], "usage": count})
        asked.send("data: [DONE]\n\n")

    return behave


def document(message: dict[str, object], *, content_type: str = "application/json", finish: str = "stop") -> Behaviour:
    """Answer with one document although a stream was asked for."""

    def behave(asked: Asked) -> None:
        asked.head(200, content_type)
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
        usage = {"prompt_tokens": 11, "completion_tokens": 7}
        asked.send(json.dumps({"model": "toy-as-served", "choices": [choice], "usage": usage}))

    return behave


def delta(*deltas: dict[str, object], finish: str = "stop") -> Behaviour:
    """Stream these deltas as they are."""

    def behave(asked: Asked) -> None:
        asked.head(200, "text/event-stream")
        for fields in deltas:
            choice = {"index": 0, "delta": fields, "finish_reason": None}
            asked.event({"choices": [choice]})
        asked.event({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        asked.send("data: [DONE]\n\n")

    return behave


def raw(text: str | bytes, content_type: str = "text/event-stream", status: int = 200, **headers: str) -> Behaviour:
    """Answer with these bytes."""

    def behave(asked: Asked) -> None:
        asked.head(status, content_type, **headers)
        asked.send(text)

    return behave


def status(code: int, message: str = "told to fail", **headers: str) -> Behaviour:
    """Fail with a status and a message in the usual place."""
    return raw(json.dumps({"error": {"message": message, "type": "toy"}}), "application/json", code, **headers)


def slow(seconds: float, then: Behaviour | None = None) -> Behaviour:
    """Say nothing for a time."""

    def behave(asked: Asked) -> None:
        asked.wait(seconds)
        (then or good())(asked)

    return behave


def stall(seconds: float) -> Behaviour:
    """Begin a stream and fall silent in it."""

    def behave(asked: Asked) -> None:
        asked.head(200, "text/event-stream")
        asked.delta('{"name": ')
        asked.wait(seconds)

    return behave


def drip(piece: str, every: float) -> Behaviour:
    """Never be silent for long, and never come to an end."""

    def behave(asked: Asked) -> None:
        asked.head(200, "text/event-stream")
        while not asked.stopped.is_set():
            asked.send(piece)
            asked.wait(every)

    return behave


def drip_headers(every: float) -> Behaviour:
    """Send headers a letter at a time."""

    def behave(asked: Asked) -> None:
        asked.handler.close_connection = True
        asked.send("HTTP/1.1 200 OK\r\nX-Slow: ")
        while not asked.stopped.is_set():
            asked.send("x")
            asked.wait(every)

    return behave


def reset(asked: Asked) -> None:
    """Reset the connection instead of answering."""
    _reset(asked.handler)


def cut(asked: Asked) -> None:
    """Reset the connection in the middle of a stream."""
    asked.head(200, "text/event-stream")
    asked.delta('{"name": "WASP')
    time.sleep(0.02)  # what is sent has to arrive before the reset throws it away
    _reset(asked.handler)


def ending(asked: Asked) -> None:
    """Close the connection in order, in the middle of a stream."""
    asked.head(200, "text/event-stream")
    asked.delta('{"name": "WASP')


def endless(pieces: Callable[[], Iterator[str]]) -> Behaviour:
    """Stream pieces for as long as anyone listens."""

    def behave(asked: Asked) -> None:
        asked.head(200, "text/event-stream")
        for piece in pieces():
            if asked.stopped.is_set():
                return
            asked.delta(piece)

    return behave


def echo(asked: Asked) -> None:
    """Answer with the prompt."""
    good(asked.body["messages"][-1]["content"])(asked)


def redirect(to: str, code: int = 307) -> Behaviour:
    """Send the client elsewhere."""
    return raw("", "text/plain", code, Location=to)


def refuses(*names: str, then: Behaviour | None = None, code: int = 400) -> Behaviour:
    """Refuse requests that have a field, or a type of response format; answer others well."""

    def behave(asked: Asked) -> None:
        kind = asked.body.get("response_format", {}).get("type")
        for name in names:
            if name in asked.body or name == kind:
                what = f"response_format.type {name}" if name == kind else name
                return status(code, f"Unsupported parameter: {what}.")(asked)
        return (then or good())(asked)

    return behave


def _reset(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    # A linger of 0 s makes close send RST instead of FIN.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
