"""A page on which a person labels objects, served to this machine alone.

It listens at 127.0.0.1 only.  Whatever is asked of it, but for the empty page, needs the token of the address that was printed, so that no other page in
the browser and no other user of the machine can read or write labels; a name of the host that is not this machine's is refused, so that no foreign name can be made to point here.
A label is on disk before the page hears that it was taken: what kills this process loses none.
"""

from __future__ import annotations

import hmac
import json
import secrets
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any

from gnomon.interfaces.output import say
from gnomon.tools import errors
from gnomon.tools.inference.hub.labelling import add_label, read_labels

_LONGEST = 10_000  # bytes of what a page may send
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self' blob: data:; connect-src 'self'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}  # fmt: skip


@dataclass
class LabelPage:
    """What is labelled on a page.

    Parameters
    ----------
    title : str
        What the model does.
    classes : tuple of str
        That may be given.
    labels : pathlib.Path
        The file that keeps labels, the same as in the terminal.
    ranked : callable
        Gives the numbers of the examples to be labelled next, from what is labelled by then.
    told : callable
        Gives of an example what the page says: ``name``, ``class``, ``probability``, ``in_domain``.
    drawn : callable
        Gives its picture, PNG.
    by : str
        Who labels.
    """

    title: str
    classes: Sequence[str]
    labels: Path
    ranked: Callable[[], list[int]]
    told: Callable[[int], dict[str, Any]]
    drawn: Callable[[int], bytes]
    by: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    taken: int = 0
    _lock: Lock = field(default_factory=Lock)

    def next(self) -> dict[str, Any]:
        """The examples of a round, most useful first, and how many have a label."""
        with self._lock:
            rows = [{"number": i, **self.told(i)} for i in self.ranked()]
            return {
                "title": self.title,
                "classes": list(self.classes),
                "labelled": len(read_labels(self.labels)),
                "next": rows,
            }

    def picture(self, number: int) -> bytes:
        """Of one example."""
        with self._lock:  # figures are not made for several threads
            return self.drawn(number)

    def label(self, name: object, label: object) -> dict[str, Any]:
        """Keep a label.

        Raises
        ------
        UsageError
            For a class that there is none of.
        """
        if not isinstance(name, str) or label not in self.classes:
            raise errors.UsageError(f"{label!r} is no class.", remedy="Its classes are " + ", ".join(self.classes) + ".")  # fmt: skip
        with self._lock:
            add_label(self.labels, name, str(label), self.by)
            self.taken += 1
            return {"labelled": len(read_labels(self.labels))}


def serve(page: LabelPage, port: int = 0) -> None:
    """Serve a page until the person ends it there or with Control-C.

    Raises
    ------
    UsageError
        Where the port is taken.
    """
    try:
        server = _Server(("127.0.0.1", port), partial(_Handler, page))
    except OSError as error:
        raise errors.UsageError(f"The port {port} cannot be had: {error.strerror}.", remedy="Take another one, or none for any that is free.") from error  # fmt: skip
    say(f"Label at http://127.0.0.1:{server.server_address[1]}/#{page.token}")
    say("The address is for you alone. Control-C, or q on the page, ends it; every label is kept at once.")
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        say("")
    finally:
        server.server_close()
        say(f"{page.taken} labels were taken; they are in {page.labels}.")


class _Server(ThreadingHTTPServer):
    """Says nothing of a browser that went away before its answer; that is no fault."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError):
            say(f"The page was not answered: {error}.")


class _Handler(BaseHTTPRequestHandler):
    """Answers of a page; nothing else is served."""

    server_version = "gnomon"
    sys_version = ""

    def __init__(self, page: LabelPage, *rest: Any) -> None:
        self.page = page
        super().__init__(*rest)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the token would stand in the log."""

    def do_GET(self) -> None:
        """The page, what to label next, and pictures."""
        if not self._may(open_to_all=self.path == "/"):
            return
        if self.path == "/":
            nonce = secrets.token_urlsafe(12)
            text = Path(__file__).with_name("label_page.html").read_text(encoding="utf-8").replace("{{nonce}}", nonce)
            self._answer(text.encode(), "text/html; charset=utf-8", nonce=nonce)
        elif self.path == "/next":
            self._answer_json(self.page.next())
        elif self.path.startswith("/picture/") and self.path[9:].isdecimal():
            try:
                self._answer(self.page.picture(int(self.path[9:])), "image/png")
            except IndexError:
                self._answer(b"", "text/plain", HTTPStatus.NOT_FOUND)
        else:
            self._answer(b"", "text/plain", HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """A label, or the end."""
        if not self._may():
            return
        size = self.headers.get("Content-Length", "")
        if not size.isdecimal() or int(size) > _LONGEST:
            self.close_connection = True
            self._answer(b"", "text/plain", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        sent = self.rfile.read(int(size))
        if self.path == "/end":
            self._answer_json({"taken": self.page.taken})
            # Stopping waits for the loop that this thread does not run.
            self.server.shutdown()
            return
        try:
            asked = json.loads(sent)
            told = self.page.label(asked["name"], asked["label"])
        except (ValueError, KeyError, TypeError):
            self._answer_json({"error": "That is no label."}, HTTPStatus.BAD_REQUEST)
        except errors.GnomonError as error:
            self._answer_json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        except OSError as error:
            self._answer_json({"error": f"{self.page.labels.name} cannot be written: {error.strerror}."}, HTTPStatus.INTERNAL_SERVER_ERROR)  # fmt: skip
        else:
            self._answer_json(told)

    def _may(self, open_to_all: bool = False) -> bool:
        """Whether the host is this machine and the token the page's; else it is refused."""
        host = self.headers.get("Host", "").rpartition(":")[0]
        given = self.headers.get("X-Token", "")
        known = open_to_all or hmac.compare_digest(given.encode(), self.page.token.encode())
        if host in ("127.0.0.1", "localhost") and known:
            return True
        self.close_connection = True
        self._answer(b"This page needs the address that was printed.\n", "text/plain", HTTPStatus.FORBIDDEN)
        return False

    def _answer_json(self, told: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> None:
        self._answer(json.dumps(told, ensure_ascii=False).encode(), "application/json", status)

    def _answer(self, body: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK, nonce: str = "none") -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value.replace("{nonce}", nonce))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
