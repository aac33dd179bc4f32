"""A server between a client and a real one, which passes everything on and spoils one POST."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Middleman(ThreadingHTTPServer):
    """`damage` is (path, fault) for the next POST to that path; see `_Handler._spoil`."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.damage: tuple[str, str] | None = None
        self.asked: list[tuple[str, str]] = []
        self.closing = threading.Event()

    def posts(self, path: str) -> int:
        """How many POSTs to a path came."""
        return self.asked.count(("POST", path))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Broken connections are the point."""


class _Handler(BaseHTTPRequestHandler):
    server: Middleman

    def log_message(self, *arguments: Any) -> None:
        pass

    def _pass_on(self) -> None:
        path = self.path.partition("?")[0]
        self.server.asked.append((self.command, path))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = ""
        if self.command == "POST" and self.server.damage and self.server.damage[0] == path:
            fault, self.server.damage = self.server.damage[1], None
        if fault in ("lost request", "403", "redirect"):
            self._spoil(fault, b"")
            return
        upstream = http.client.HTTPConnection(str(self.server.upstream.hostname), self.server.upstream.port, timeout=30)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection", "accept-encoding")}
        upstream.request(self.command, self.path, body or None, headers)
        reply = upstream.getresponse()
        content = reply.read()
        upstream.close()
        if fault:
            self._spoil(fault, content)
        else:
            self._answer(reply.status, content)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _pass_on

    def _spoil(self, fault: str, content: bytes) -> None:
        if fault in ("lost request", "lost reply"):
            self.connection.close()
        elif fault == "late reply":
            self.server.closing.wait(3.0)
        elif fault == "half reply":
            self._answer(201, content, cut=len(content) // 2)
        elif fault == "garbage":
            self._answer(201, b"<p>Thank you!")
        elif fault == "500":
            self._answer(500, b"{}")
        elif fault == "403":
            self._answer(403, b'{"detail": "CSRF Failed"}')
        elif fault == "redirect":
            self.send_response(308)
            self.send_header("Location", "http://127.0.0.2:9/api/observations/")
            self.end_headers()
        else:
            raise ValueError(fault)

    def _answer(self, status: int, content: bytes, cut: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:cut])


@contextmanager
def middleman(upstream: str) -> Iterator[Middleman]:
    """A middleman that runs while the context lasts."""
    server = Middleman(upstream)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
