"""A server on loopback that misbehaves on purpose, and counts who asks.

::

    with FaultServer() as server:
        server.serve("/tap/sync", Reply(status=503), Reply(votable([(1,)]), content_type=VOTABLE))
        client(server.url + "/tap")  # 503 first, a table from then on
        assert server.count("/tap/sync") == 2

A path answers itself and everything below it; replies given with `serve` are used one after the other, and the last of
them for ever.  The ready faults need no script: `server.url + "/fault/" + name` with a name out of `FAULTS`, and
anything below it (`/fault/cut/sync?...`).  `server.forward` passes a path on to a real service and damages what comes
back.

Two addresses answer: `url` on 127.0.0.1, and `other_url` on 127.0.0.2, which stands for another host and for a private
network.  Nothing here ever names an address outside loopback.
"""

from __future__ import annotations

import email.utils
import functools
import gzip
import html
import http.client
import http.server
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

VOTABLE = "application/x-votable+xml"
LONGEST = 60.0  # seconds after which even a reply without an end ends, should a client never give up
BOMB_SIZE = 2**30  # bytes that a small compressed reply unpacks to
LATER = 3600  # what a service that wants no more requests asks for, in seconds


@dataclass(frozen=True)
class Asked:
    """A request that came in."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    when: float  # time.monotonic()

    @functools.cached_property
    def parameters(self) -> dict[str, str]:
        """Parameters of the query and of a form, the last of each name; names in capitals, as DALI compares them."""
        form = self.body.decode("latin-1") if "urlencoded" in self.headers.get("content-type", "") else ""
        return {key.upper(): value for key, value in urllib.parse.parse_qsl(f"{self.query}&{form}")}


@dataclass(frozen=True)
class Reply:
    """What to answer, and how badly.

    `delay` is waited before the first byte.  `cut` sends only so many bytes of the body under a Content-Length of the
    whole, or chunked and without the last chunk.  `pause` waits after every `piece` bytes.
    """

    body: bytes = b""
    status: int = 200
    content_type: str | None = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: int | None = None
    chunked: bool = False
    piece: int = 65536
    pause: float = 0.0


Answer = Reply | Callable[["Exchange"], Reply | None]
"""A reply, or a function that makes one or that writes to the connection by itself and returns None."""

Damage = Callable[[Reply, "Exchange"], Reply]
"""What `forward` does to a reply from upstream."""


@dataclass
class Exchange:
    """One request being answered: what a function in place of a `Reply` gets to work with."""

    asked: Asked
    number: int  # 1 for the first request to what answers here
    server: FaultServer
    handler: http.server.BaseHTTPRequestHandler

    def wait(self, seconds: float) -> bool:
        """Wait; True if the server goes down meanwhile."""
        return self.server.closing.wait(seconds)

    def write(self, data: bytes) -> None:
        """Write to the connection as it stands."""
        self.handler.wfile.write(data)

    def stream(self, pieces: Iterable[bytes], content_type: str = VOTABLE) -> None:
        """Send pieces, chunked, until they, the server or the patience ends; and leave the last chunk out."""
        handler = self.handler
        handler.send_response(200)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        until = time.monotonic() + LONGEST
        for piece in pieces:
            if self.server.closing.is_set() or time.monotonic() > until:
                break
            self.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.close_connection = True


def votable(
    rows: Sequence[Sequence[object]] = ((1,),),
    columns: Sequence[str] = ('name="n" datatype="long"',),
    status: str = "OK",
    message: str = "",
    after: str | None = None,
) -> bytes:
    """A VOTable as a TAP or a cone search service sends it.

    Parameters
    ----------
    rows
        Cells; None is an empty cell.
    columns
        Attributes of the FIELD elements.
    status, message
        QUERY_STATUS before the table; there is no table after ``ERROR``.
    after
        A second QUERY_STATUS after the table, such as ``OVERFLOW``.
    """
    fields = "".join(f"<FIELD {attributes}/>" for attributes in columns)
    cells = "".join(
        "<TR>" + "".join(f"<TD>{'' if cell is None else html.escape(str(cell))}</TD>" for cell in row) + "</TR>"
        for row in rows
    )
    table = f"<TABLE>{fields}<DATA><TABLEDATA>{cells}</TABLEDATA></DATA></TABLE>" if status != "ERROR" else ""
    end = f'<INFO name="QUERY_STATUS" value="{after}"/>' if after else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">'
        f'<INFO name="QUERY_STATUS" value="{status}">{html.escape(message)}</INFO>{table}{end}</RESOURCE></VOTABLE>\n'
    ).encode()


GOOD = votable([(n,) for n in range(100)])
OPENING = GOOD[: GOOD.index(b"<TR>")]
QUOTA = "Cannot execute query: disk quota exceeded (anonymous users: 10 GB), please remove jobs or try again later"
LAUGHS = (
    '<?xml version="1.0"?>\n<!DOCTYPE VOTABLE [<!ENTITY l0 "laugh">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    + "]>\n"
)
PAGE = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We are back on Monday</h1></body></html>"


def _entity(exchange: Exchange) -> Reply:
    # The secret lies on this very server, so that a reader that fetched it is caught by the count of /secret.
    doctype = f'<!DOCTYPE VOTABLE [<!ENTITY secret SYSTEM "{exchange.server.url}/secret">]>\n'.encode()
    body = GOOD.replace(b"\n", b"\n" + doctype, 1).replace(b"<TD>0</TD>", b"<TD>&secret;</TD>")
    return Reply(body, content_type=VOTABLE)


def _file_entity(exchange: Exchange) -> Reply:
    path = exchange.server.folder / "secret.txt"
    path.write_text("31415926")
    doctype = f'<!DOCTYPE VOTABLE [<!ENTITY secret SYSTEM "{path.as_uri()}">]>\n'.encode()
    body = GOOD.replace(b"\n", b"\n" + doctype, 1).replace(b"<TD>0</TD>", b"<TD>&secret;</TD>")
    return Reply(body, content_type=VOTABLE)


@functools.cache
def _bomb() -> bytes:
    """Gzip of an opened VOTable and a GiB of spaces, put together from one compressed MiB."""
    block = b" " * 2**20
    count = BOMB_SIZE // len(block)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(OPENING) + packer.flush(zlib.Z_FULL_FLUSH)
    # after a full flush nothing refers back, so that a block can stand anywhere, and many times
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    last = zlib.compressobj(9, zlib.DEFLATED, -15).flush(zlib.Z_FINISH)
    check = zlib.crc32(OPENING)
    for _ in range(count):
        check = zlib.crc32(block, check)
    size = (len(OPENING) + count * len(block)) % 2**32
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + first + piece * count + last + struct.pack("<II", check, size)


def _gzip_bomb(exchange: Exchange) -> Reply:
    return Reply(_bomb(), content_type=VOTABLE, headers={"Content-Encoding": "gzip"})


def _endless(exchange: Exchange) -> None:
    def pieces() -> Iterable[bytes]:
        yield OPENING
        while True:
            yield b"<TR><TD>1</TD></TR>" * 3000

    exchange.stream(pieces())


def _endless_bytes(exchange: Exchange) -> None:
    def pieces() -> Iterable[bytes]:
        while True:
            yield bytes(65536)

    exchange.stream(pieces(), "application/octet-stream")


def _drip(exchange: Exchange) -> Reply:
    # each byte comes before any reasonable read time-out, and the whole takes for ever
    return Reply(GOOD, content_type=VOTABLE, piece=1, pause=0.2)


def _never(exchange: Exchange) -> None:
    exchange.wait(LONGEST)
    exchange.handler.close_connection = True


def _reset(exchange: Exchange) -> None:
    # closing with nothing lingering makes the kernel send a reset in place of a proper end
    exchange.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-votable+xml\r\nContent-Length: 9999\r\n\r\n<VO")
    exchange.handler.wfile.flush()
    exchange.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    exchange.handler.close_connection = True


def _garbage(exchange: Exchange) -> None:
    exchange.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    exchange.handler.close_connection = True


def _redirect(target: Callable[[FaultServer], str], status: int = 302) -> Callable[[Exchange], Reply]:
    return lambda exchange: Reply(status=status, headers={"Location": target(exchange.server)})


def _once(first: Callable[[], Reply]) -> Callable[[Exchange], Reply]:
    return lambda exchange: first() if exchange.number == 1 else Reply(GOOD, content_type=VOTABLE)


def _retry_after(seconds: int, *, date: bool) -> Reply:
    value = email.utils.formatdate(time.time() + seconds, usegmt=True) if date else str(seconds)
    return Reply(b"Too many requests", status=429, headers={"Retry-After": value})


def _echo_authorization(exchange: Exchange) -> Reply:
    if exchange.asked.headers.get("authorization") == "Bearer right":
        return Reply(GOOD, content_type=VOTABLE)
    return Reply(b"log in first", status=401, headers={"WWW-Authenticate": 'Bearer realm="archive"'})


FAULTS: dict[str, Answer] = {
    "good": Reply(GOOD, content_type=VOTABLE),
    # statuses
    "500": Reply(b"<html><body>Internal server error</body></html>", status=500, content_type="text/html"),
    "502": Reply(b"Bad gateway", status=502),
    "503": Reply(b"Down for maintenance", status=503, headers={"Retry-After": str(LATER)}),
    "503-once": _once(lambda: Reply(b"Busy", status=503)),
    "429-seconds": _once(lambda: _retry_after(1, date=False)),
    "429-date": _once(lambda: _retry_after(2, date=True)),  # the date has whole seconds: 1 to 2 s from now
    "429-always": lambda exchange: _retry_after(LATER, date=False),
    "404": Reply(b"Not found", status=404),
    "401": Reply(b"log in first", status=401, headers={"WWW-Authenticate": 'Basic realm="archive"'}),
    "403": Reply(b"not for you", status=403),
    "login": _echo_authorization,  # 401 without `Authorization: Bearer right`
    "quota": Reply(votable(status="ERROR", message=QUOTA), status=500, content_type=VOTABLE),
    "quota-text": Reply(QUOTA.encode(), status=500),
    # bodies that end too early
    "cut": Reply(GOOD, content_type=VOTABLE, cut=len(GOOD) // 2),
    "cut-chunked": Reply(GOOD, content_type=VOTABLE, cut=len(GOOD) // 2, chunked=True),
    "truncated": Reply(GOOD[: len(GOOD) // 2], content_type=VOTABLE),  # proper HTTP, half a table
    "empty": Reply(b"", content_type=VOTABLE),
    "reset": _reset,
    # bodies that are something else
    "wrong-type": Reply(GOOD, content_type="image/png"),
    "no-type": Reply(GOOD, content_type=None),
    "html": Reply(PAGE, content_type="text/html"),
    "html-as-votable": Reply(PAGE, content_type=VOTABLE),
    "garbage": _garbage,
    "not-gzip": Reply(GOOD, content_type=VOTABLE, headers={"Content-Encoding": "gzip"}),
    # bodies that attack
    "bomb": Reply(
        LAUGHS.encode() + GOOD.split(b"\n", 1)[1].replace(b"<TD>0</TD>", b"<TD>&l9;</TD>"), content_type=VOTABLE
    ),
    "entity": _entity,  # fetched if anybody asked for /secret
    "file-entity": _file_entity,  # read if 31415926 turns up in the table
    "gzip-bomb": _gzip_bomb,
    "endless": _endless,
    "endless-bytes": _endless_bytes,
    # bodies that take their time
    "drip": _drip,
    "never": _never,
    # redirects
    "redirect": _redirect(lambda server: f"{server.url}/fault/good"),
    "redirect-host": _redirect(lambda server: f"http://localhost:{server.port}/fault/good"),
    "redirect-private": _redirect(lambda server: f"{server.other_url}/fault/good"),
    "redirect-loop": _redirect(lambda server: f"{server.url}/fault/redirect-loop"),
    "redirect-file": _redirect(lambda server: (server.folder / "secret.txt").as_uri()),
    "redirect-nowhere": Reply(status=302),
    # what services say in the table
    "error": Reply(votable(status="ERROR", message="No such column: nope"), content_type=VOTABLE),
    "error-400": Reply(votable(status="ERROR", message="No such column: nope"), status=400, content_type=VOTABLE),
    "overflow": Reply(votable([(n,) for n in range(100)], after="OVERFLOW"), content_type=VOTABLE),
    "error-after": Reply(votable([(n,) for n in range(100)], after="ERROR"), content_type=VOTABLE),
    "no-rows": Reply(votable([]), content_type=VOTABLE),
}
"""The ready faults by name."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each small reply waits 40 ms
    timeout = LONGEST
    server: _Listener

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self) -> None:
        owner = self.server.owner
        url = urllib.parse.urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, url.path, url.query, headers, self._body(), time.monotonic())
        answer, number = owner.answer_to(asked, str(self.server.server_address[0]))
        reply = answer if isinstance(answer, Reply) else answer(Exchange(asked, number, owner, self))
        if reply is not None:
            self._send(reply)

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = _answer

    def _send(self, reply: Reply) -> None:
        closing = self.server.owner.closing
        if closing.wait(reply.delay) if reply.delay else False:
            self.close_connection = True
            return
        self.send_response(reply.status)
        if reply.content_type:
            self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        body = reply.body if reply.cut is None else reply.body[: reply.cut]
        for start in range(0, len(body), reply.piece):
            piece = body[start : start + reply.piece]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if reply.chunked else piece)
            if reply.pause and closing.wait(reply.pause):
                self.close_connection = True
                return
        if reply.cut is not None:
            self.close_connection = True
        elif reply.chunked:
            self.wfile.write(b"0\r\n\r\n")


class _Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, owner: FaultServer, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self.owner = owner

    def handle_error(self, *_: object) -> None:
        """Keep what a test's own function raised; clients that leave are what this server is for."""
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self.owner.errors.append(error)


class FaultServer:
    """The server; a context manager.

    Parameters
    ----------
    tls
        Serve HTTPS on 127.0.0.1 with a certificate made on the spot, signed by itself; its file is `certificate`.
        Raises `FileNotFoundError` where there is no `openssl` command.
    names
        Names in the certificate.
    """

    def __init__(self, *, tls: bool = False, names: Sequence[str] = ("DNS:localhost", "IP:127.0.0.1")) -> None:
        self._tls = tls
        self._names = names
        self._lock = threading.Lock()
        self._served: dict[str, list[Answer]] = {}
        self._numbers: dict[str, int] = {}
        self._asked: list[tuple[str, Asked]] = []
        self.errors: list[Exception] = []  # of functions that should have answered; the first is raised at the end
        self.closing = threading.Event()
        self.certificate: Path | None = None
        self.url: str = ""
        self.port: int = 0
        self.other_url: str = ""
        self.other_host: str = ""
        self.folder: Path = Path()

    def __enter__(self) -> Self:
        self._temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self._temporary.name)
        (self.folder / "secret.txt").write_text("31415926")
        context = None
        if self._tls:
            self.certificate = make_certificate(self.folder, self._names)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, self.folder / "key.pem")
        main = _Listener(self, ("127.0.0.1", 0))
        if context:
            # the handshake is left to the thread of the connection, or one client could hold up all others
            main.socket = context.wrap_socket(main.socket, server_side=True, do_handshake_on_connect=False)
        self.port = main.server_port
        self._listeners = [main]
        self.url = f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"
        try:
            other = _Listener(self, ("127.0.0.2", 0))
        except OSError:
            # only Linux answers on all of 127.0.0.0/8 without being told; another port is another origin, too
            other = _Listener(self, ("127.0.0.1", 0))
        self._listeners.append(other)
        self.other_host = str(other.server_address[0])
        self.other_url = f"http://{self.other_host}:{other.server_port}"
        for listener in self._listeners:
            threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        for listener in self._listeners:
            listener.shutdown()
            listener.server_close()
        self._temporary.cleanup()
        if self.errors and error is None:
            raise self.errors[0]

    def serve(self, path: str, *answers: Answer) -> str:
        """Answer a path, and all below it, with replies one after the other, the last for ever; give its URL."""
        if not answers:
            raise ValueError("say what to answer")
        with self._lock:
            self._served[path] = list(answers)
            self._numbers[path] = 0
        return self.url + path

    def fault(self, name: str) -> str:
        """URL of a ready fault."""
        if name not in FAULTS:
            raise KeyError(f"there is no fault {name!r}; there are {', '.join(FAULTS)}")
        return f"{self.url}/fault/{name}"

    def forward(self, path: str, upstream: str, *damages: Damage) -> str:
        """Pass a path on to a real service, and damage what comes back.

        Addresses of the service in replies are turned into addresses here, so that a client stays.  The first reply
        gets the first damage and so on, and every later one the last; `whole` damages nothing.

        Parameters
        ----------
        path
            Path here, such as ``/tap``; what follows it is appended to `upstream`.
        upstream
            URL on loopback without a slash at its end, such as ``http://127.0.0.1:8642/tap``.
        """
        if not (urllib.parse.urlsplit(upstream).hostname or "").startswith("127."):
            raise ValueError("a fault server forwards to loopback alone")

        def relay(damage: Damage) -> Callable[[Exchange], Reply | None]:
            def answer(exchange: Exchange) -> Reply | None:
                try:
                    return damage(_relay(exchange, path, upstream), exchange)
                except (OSError, http.client.HTTPException):
                    exchange.handler.close_connection = True  # the service went away, and so does the answer
                    return None

            return answer

        return self.serve(path, *(relay(damage) for damage in damages or (whole,)))

    def asked(self, path: str = "/", *, host: str | None = None) -> list[Asked]:
        """Requests to a path and below it so far, in order, on both addresses or on one (`other_host`)."""
        with self._lock:
            return [it for on, it in self._asked if _below(it.path, path) and host in (None, on)]

    def count(self, path: str = "/", *, host: str | None = None) -> int:
        """How many requests came to a path and below it."""
        return len(self.asked(path, host=host))

    def answer_to(self, asked: Asked, host: str) -> tuple[Answer, int]:
        """Write a request down; what answers it, and which request that is for what answers."""
        with self._lock:
            self._asked.append((host, asked))
            paths = [path for path in self._served if _below(asked.path, path)]
            if paths:
                path = max(paths, key=len)
                answers = self._served[path]
            elif asked.path == "/secret":
                path, answers = asked.path, [Reply(b"31415926")]
            else:
                name = asked.path.removeprefix("/fault/").split("/")[0]
                path, answers = f"/fault/{name}", [FAULTS.get(name, FAULTS["404"])]
            number = self._numbers[path] = self._numbers.get(path, 0) + 1
            return answers[min(number, len(answers)) - 1], number


def _below(path: str, root: str) -> bool:
    root = root.rstrip("/")
    return path == root or path.startswith(root + "/")


def _relay(exchange: Exchange, path: str, upstream: str) -> Reply:
    """Ask the real service the same; its reply, with its addresses turned into ours."""
    asked, target = exchange.asked, urllib.parse.urlsplit(upstream)
    rest = asked.path.removeprefix(path) + (f"?{asked.query}" if asked.query else "")
    dropped = {"host", "connection", "accept-encoding", "transfer-encoding", "content-length"}
    headers = {name: value for name, value in asked.headers.items() if name not in dropped}
    connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=LONGEST)
    try:
        connection.request(asked.method, target.path + rest, asked.body or None, headers)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    here = exchange.server.url + path
    kept = {
        name: value.replace(upstream, here)
        for name, value in response.getheaders()
        if name.lower() not in {"connection", "content-length", "transfer-encoding", "content-type", "date", "server"}
    }
    body = body.replace(upstream.encode(), here.encode())
    return Reply(body, response.status, response.headers.get("Content-Type"), kept)


def whole(reply: Reply, exchange: Exchange) -> Reply:
    """No damage."""
    return reply


def instead(other: Reply) -> Damage:
    """Send another reply in its place."""
    return lambda reply, exchange: other


def changed(**changes: object) -> Damage:
    """Change fields of the reply: ``changed(status=503)``, ``changed(delay=2.0)``, ``changed(pause=1.0, piece=99)``."""
    return lambda reply, exchange: replace(reply, **changes)  # type: ignore[arg-type]


def cut_at(share: float, *, quietly: bool = False) -> Damage:
    """Send only a share of the body; quietly: as if that were all of it."""

    def damage(reply: Reply, exchange: Exchange) -> Reply:
        size = int(len(reply.body) * share)
        return replace(reply, body=reply.body[:size]) if quietly else replace(reply, cut=size)

    return damage


def swapped(old: bytes, new: bytes, times: int = -1) -> Damage:
    """Swap bytes of the body.  The reply is left alone, and the test fails, where they do not occur."""

    def damage(reply: Reply, exchange: Exchange) -> Reply:
        if old not in reply.body:
            return Reply(b"the bytes to be swapped are not in the reply", status=599)
        return replace(reply, body=reply.body.replace(old, new, times))

    return damage


def only(damage: Damage, path: str) -> Damage:
    """Damage replies to paths that end so, and no others."""

    def chosen(reply: Reply, exchange: Exchange) -> Reply:
        return damage(reply, exchange) if exchange.asked.path.endswith(path) else reply

    return chosen


def compressed(reply: Reply, exchange: Exchange) -> Reply:
    """Compress the body, and say so."""
    return replace(reply, body=gzip.compress(reply.body), headers={**reply.headers, "Content-Encoding": "gzip"})


def make_certificate(folder: Path, names: Sequence[str]) -> Path:
    """Make ``certificate.pem`` and ``key.pem``, valid for a day and signed by itself."""
    command = shutil.which("openssl")
    if command is None:
        raise FileNotFoundError("there is no openssl command to make a certificate with")
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    subject = ["-subj", "/CN=gnomon test", "-addext", f"subjectAltName={','.join(names)}"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")]
    subprocess.run([command, "req", *kind, *subject, *files], check=True, capture_output=True, timeout=60)
    return folder / "certificate.pem"
