"""The recorder at the transport: what a step asks from outside is written down, played back, or refused."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import http.client
import importlib
import io
import json
import multiprocessing
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import gnomon.tools.transport as module
from gnomon.plans.source import lift
from gnomon.tools.errors import AlteredFile, MissingFile, MissingReply, NetworkRefused, StoreError, UsageError
from gnomon.tools.transport import Mode, transport

requests = pytest.importorskip("requests")
httpx = pytest.importorskip("httpx")
urllib3 = pytest.importorskip("urllib3")

BINARY = bytes(range(256)) * 40
PATIENCE = 1.5  # seconds, of clients; a machine that is busy answers late
SECRETS = {
    "header": "planted-bearer-0001",
    "own_header": "planted-x-token-0002",
    "user": "planted-user-pw-0003",
    "query": "planted/query+key-0004",
    "form": "planted form pw-0005",
    "json": "planted-json-secret-0006",
    "part": "planted-part-secret-0007",
    "cookie": "planted-cookie-0008-abc",
    "location": "planted-location-0009",
    "login": "planted-access-token-0010",
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each reply waits 40 ms
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Connection", "not for the record")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        with self.server.lock:
            self.server.asked.append(self.path)
            count = self.server.counts[url.path] = self.server.counts.get(url.path, 0) + 1
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length)
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                sent += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        match url.path:
            case "/binary":
                self.reply(200, BINARY, ETag='"e"', Last_Modified="Mon, 01 Jan 2024 00:00:00 GMT")
            case "/gzip":
                self.reply(200, gzip.compress(BINARY, mtime=0), Content_Encoding="gzip")
            case "/chunked":
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for chunk in (b"one,", b"two,", b"three"):
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.write(b"0\r\n\r\n")
            case "/echo":
                self.reply(200, f"{self.command} {url.query} ".encode() + sent)
            case "/from":
                self.reply(302, b"go on", Location=f"/binary?apikey={SECRETS['location']}")
            case "/missing":
                self.reply(404, b"no such thing")
            case "/broken":
                self.reply(500, b"out of order")
            case "/count":
                self.reply(200, f"asked {count} times".encode())
            case "/range":
                first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
                part = BINARY[first : last + 1]
                self.reply(206, part, Content_Range=f"bytes {first}-{last}/{len(BINARY)}")
            case "/cookie":
                self.reply(200, self.headers.get("Cookie", "").encode(), Set_Cookie=f"sid={SECRETS['cookie']}; Path=/")
            case "/login":
                body = json.dumps({"access_token": SECRETS["login"], "expires_in": 60}).encode()
                self.reply(200, body, Content_Type="application/json")
            case "/told":
                self.reply(
                    200, b"you are " + self.headers["Authorization"].encode(), Set_Cookie=f"a={SECRETS['cookie']}"
                )
            case "/flaky":
                self.reply(503 if count < 3 else 200, f"attempt {count}".encode())
            case "/slow":
                time.sleep(2 * PATIENCE)
                self.reply(200)
            case "/cut":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"only this")
                self.close_connection = True
            case "/empty":
                self.reply(204)

    do_POST = do_HEAD = do_PUT = do_GET


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.asked: list[str] = []
        self.counts: dict[str, int] = {}

    def handle_error(self, *_: Any) -> None:
        pass  # clients that hang up are part of the tests

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running
        running.shutdown()


@pytest.fixture
def closed_port() -> int:
    """A port of this machine at which nobody answers."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@dataclass(frozen=True)
class Got:
    """What a client made of a reply, without the headers that are not kept."""

    status: int
    body: bytes
    reason: str
    headers: dict[str, str] = field(default_factory=dict)


def got(status: int, body: bytes, reason: str, headers: Any) -> Got:
    kept = {n.lower(): v for n, v in headers.items() if n.lower() in module._KEPT_HEADERS}
    return Got(status, body, reason, kept)


def by_requests(method: str, url: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> Got:
    r = requests.request(method, url, data=data, headers=headers, timeout=PATIENCE)
    return got(r.status_code, r.content, r.reason, r.headers)


def by_streamed_requests(
    method: str, url: str, data: bytes | None = None, headers: dict[str, str] | None = None
) -> Got:
    with requests.request(method, url, data=data, headers=headers, stream=True, timeout=PATIENCE) as r:
        return got(r.status_code, b"".join(r.iter_content(1000)), r.reason, r.headers)


def by_httpx(method: str, url: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> Got:
    r = httpx.request(
        method, url, content=data, headers=headers, follow_redirects=True, timeout=PATIENCE, trust_env=False
    )
    return got(r.status_code, r.content, r.reason_phrase, r.headers)


def by_httpx2(method: str, url: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> Got:
    httpx2 = pytest.importorskip("httpx2")
    r = httpx2.request(
        method, url, content=data, headers=headers, follow_redirects=True, timeout=PATIENCE, trust_env=False
    )
    return got(r.status_code, r.content, r.reason_phrase, r.headers)


def by_async_httpx(method: str, url: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> Got:
    async def ask() -> Got:
        async with httpx.AsyncClient(follow_redirects=True, timeout=PATIENCE, trust_env=False) as client:
            r = await client.request(method, url, content=data, headers=headers)
            return got(r.status_code, r.content, r.reason_phrase, r.headers)

    return asyncio.run(ask())


def by_urllib(method: str, url: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> Got:
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as r:
            body = r.read()
            if r.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            return got(r.status, body, r.reason, r.headers)
    except urllib.error.HTTPError as r:
        return got(r.code, r.read(), r.reason, r.headers)


def by_http_client(method: str, url: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> Got:
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
    connection.request(method, urllib.parse.urlunsplit(("", "", *parts[2:4], "")), body=data, headers=headers or {})
    r = connection.getresponse()
    body = r.read()
    connection.close()
    if r.getheader("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return got(r.status, body, r.reason, r.headers)


Client = Callable[..., Got]
ALL: list[Client] = [
    by_requests,
    by_streamed_requests,
    by_httpx,
    by_httpx2,
    by_async_httpx,
    by_urllib,
    by_http_client,
]
CLIENTS = pytest.mark.parametrize("client", ALL, ids=lambda c: c.__name__.removeprefix("by_"))


def lines(folder: Path, step: str = "s") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{step}.jsonl").read_bytes().splitlines()]


def everything_in(folder: Path) -> bytes:
    return b"\n".join(p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file())


def twice(tmp_path: Path, server: Server, ask: Callable[[], Any]) -> tuple[Any, Any, list[dict[str, Any]]]:
    """What is got when recording and in playback, during which the server hears nothing; the records."""
    with transport("record", tmp_path, "s"):
        first = ask()
    heard = len(server.asked)
    with transport("playback", tmp_path, "s") as played:
        second = ask()
    assert len(server.asked) == heard
    assert not played.unused
    assert not played.refused
    return first, second, lines(tmp_path)


# --- the same again


@CLIENTS
@pytest.mark.parametrize("path", ["/binary", "/gzip", "/chunked", "/missing", "/broken", "/empty", "/echo?b=2&a=1"])
def test_plays_back_what_it_recorded(client: Client, path: str, server: Server, tmp_path: Path) -> None:
    first, second, records = twice(tmp_path, server, lambda: client("GET", server.url + path))
    assert first == second
    assert first.body == {"/binary": BINARY, "/gzip": BINARY, "/chunked": b"one,two,three"}.get(path, first.body)
    assert [r["status"] for r in records] == [first.status]


@CLIENTS
def test_looks_like_the_reply_without_a_recorder(client: Client, server: Server, tmp_path: Path) -> None:
    plain = client("GET", server.url + "/gzip")
    with transport("record", tmp_path, "s"):
        recorded = client("GET", server.url + "/gzip")
    for one in (plain, recorded):
        one.headers.pop("date")
    assert plain == recorded


@CLIENTS
def test_head_keeps_the_length(client: Client, server: Server, tmp_path: Path) -> None:
    first, second, records = twice(tmp_path, server, lambda: client("HEAD", server.url + "/binary"))
    assert first == second
    assert second.headers["content-length"] == str(len(BINARY))
    assert records[0]["size"] == 0


@CLIENTS
def test_post_is_told_apart_by_its_body(client: Client, server: Server, tmp_path: Path) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    def ask() -> list[Got]:
        return [client("POST", server.url + "/echo", body, form) for body in (b"a=1&b=2", b"a=1&b=3")]

    first, second, records = twice(tmp_path, server, ask)
    assert first == second
    assert [g.body for g in second] == [b"POST  a=1&b=2", b"POST  a=1&b=3"]
    assert len({r["key"] for r in records}) == 2


@pytest.mark.parametrize("client", [c for c in ALL if c is not by_http_client], ids=lambda c: c.__name__)
def test_redirects_are_exchanges_of_their_own(client: Client, server: Server, tmp_path: Path) -> None:
    first, second, records = twice(tmp_path, server, lambda: client("GET", server.url + "/from"))
    assert first == second
    assert second.body == BINARY
    assert [r["status"] for r in records] == [302, 200]
    assert records[0]["headers"]["location"] == "/binary"


@CLIENTS
def test_polling_is_counted(client: Client, server: Server, tmp_path: Path) -> None:
    def ask() -> list[bytes]:
        return [client("GET", server.url + "/count").body for _ in range(3)]

    first, second, records = twice(tmp_path, server, ask)
    assert first == second == [b"asked 1 times", b"asked 2 times", b"asked 3 times"]
    assert [r["repeat"] for r in records] == [0, 1, 2]
    assert len({r["key"] for r in records}) == 1


@CLIENTS
@pytest.mark.parametrize("what", ["refused", "slow", "cut"])
def test_failures_fail_again_in_the_same_way(
    client: Client, what: str, server: Server, closed_port: int, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{closed_port}/x?token=planted-0011" if what == "refused" else f"{server.url}/{what}"

    def ask() -> tuple[Any, ...]:
        with pytest.raises(Exception) as caught:
            client("GET", url)
        reason = getattr(caught.value, "reason", None)  # of urllib
        return type(caught.value), type(reason), getattr(caught.value, "errno", None)

    plain = ask()
    first, second, records = twice(tmp_path, server, ask)
    assert first == second
    # urllib hears of a time-out while it waits for the reply, with and without the recorder.
    assert first == plain
    assert first[0].__name__ != "ServiceError"
    assert records[0]["error"]["class"]
    assert records[0]["availability"] == "none"
    assert b"planted" not in everything_in(tmp_path)


def test_failure_of_a_name_is_one_too(tmp_path: Path) -> None:
    with transport("record", tmp_path, "s"), pytest.raises(requests.exceptions.ConnectionError):
        requests.get("http://nowhere.invalid/", timeout=2)
    with transport("playback", tmp_path, "s"), pytest.raises(requests.exceptions.ConnectionError):
        requests.get("http://nowhere.invalid/", timeout=2)
    assert " at 0x" not in lines(tmp_path)[0]["error"]["message"]


def test_a_record_cannot_name_any_class() -> None:
    for name in (
        "builtins.SystemExit",
        "builtins.exec",
        "subprocess.Popen",
        "gnomon.tools.errors.UsageError",
        "ssl.create_default_context",
    ):
        error = module._error_again({"class": name, "message": "m", "errno": None, "phase": "sending"})
        assert type(error).__name__ == "ServiceError"


def test_retries_of_an_adapter_are_one_exchange(server: Server, tmp_path: Path) -> None:
    def ask() -> bytes:
        with requests.Session() as session:
            retries = urllib3.util.Retry(5, status_forcelist=[503], backoff_factor=0)
            session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retries))
            return bytes(session.get(server.url + "/flaky").content)

    first, second, records = twice(tmp_path, server, ask)
    assert first == second == b"attempt 3"
    assert len(records) == 1


def test_refusals_are_not_tried_again(server: Server, tmp_path: Path) -> None:
    with requests.Session() as session, transport("playback", tmp_path, "s") as played:
        retries = urllib3.util.Retry(5, backoff_factor=30)
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retries))
        with pytest.raises(MissingReply):
            session.get(server.url + "/binary")
    assert len(played.refused) == 1


def test_cookies_work_in_a_session_and_are_not_written(server: Server, tmp_path: Path) -> None:
    def ask() -> bytes:
        with requests.Session() as session:
            session.get(server.url + "/cookie")
            return bytes(session.get(server.url + "/cookie").content)

    with transport("record", tmp_path, "s"):
        assert ask() == b"sid=" + SECRETS["cookie"].encode()
    with transport("playback", tmp_path, "s") as played:
        assert ask() == b"sid=" + b"*" * len(SECRETS["cookie"])
    assert not played.unused
    assert SECRETS["cookie"].encode() not in everything_in(tmp_path)


def test_ranges_are_told_apart(server: Server, tmp_path: Path) -> None:
    ranges = ["bytes=0-9", "bytes=100-119", "bytes=7-7"]

    def ask(order: list[str]) -> list[bytes]:
        return [requests.get(server.url + "/range", headers={"Range": r}).content for r in order]

    with transport("record", tmp_path, "s"):
        first = ask(ranges)
    with transport("playback", tmp_path, "s"):
        assert ask(ranges[::-1]) == first[::-1]


def test_request_bodies_of_every_sort(server: Server, tmp_path: Path) -> None:
    def ask() -> list[bytes]:
        url = server.url + "/echo"
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc)
        connection.request(
            "POST", "/echo", body=iter([b"it", b"er"]), headers={"Transfer-Encoding": "chunked"}, encode_chunked=True
        )
        iterated = connection.getresponse().read()
        connection.putrequest("PUT", "/echo")
        connection.putheader("Content-Length", "6")
        connection.endheaders()
        connection.send(b"in ")
        connection.send(io.BytesIO(b"two"))
        pieces = connection.getresponse().read()
        return [
            requests.post(url, data=io.BytesIO(b"a file")).content,
            requests.post(url, data=(c for c in (b"gen", b"erator"))).content,
            requests.post(url, data="text").content,
            requests.post(url, json={"b": 1, "a": 2}).content,
            httpx.post(url, content=iter([b"x", b"y"])).content,
            httpx.post(url, data={"q": "select"}).content,
            urllib.request.urlopen(urllib.request.Request(url, data=b"bytes")).read(),
            iterated,
            pieces,
        ]

    first, second, records = twice(tmp_path, server, ask)
    assert first == second
    assert b"a file" in first[0]
    assert first[-1] == b"PUT  in two"
    assert len({r["request_sha256"] for r in records}) == len(records)


def test_stopping_early_still_records_the_whole(server: Server, tmp_path: Path) -> None:
    with transport("record", tmp_path, "s") as recorded:
        with requests.get(server.url + "/binary", stream=True) as r:
            assert next(r.iter_content(10)) == BINARY[:10]
        with httpx.stream("GET", server.url + "/binary") as r2:
            assert next(r2.iter_raw(10)) == BINARY[:10]
        assert urllib.request.urlopen(server.url + "/binary").read(10) == BINARY[:10]
    assert {r["size"] for r in recorded.records} == {len(BINARY)}
    with transport("playback", tmp_path, "s"):
        assert requests.get(server.url + "/binary").content == BINARY


def test_a_large_body_goes_through_a_file(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IN_MEMORY", 1000)

    def ask() -> list[Got]:
        return [client("GET", server.url + "/binary") for client in ALL]

    first, second, records = twice(tmp_path, server, ask)
    assert first == second
    assert all(g.body == BINARY for g in first)
    assert [p.name for p in (tmp_path / "bodies").iterdir()] == [records[0]["sha256"]]


def test_too_large_a_body_is_named_and_withheld(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BODY", 1000)
    for in_memory in (500, 10**6):
        monkeypatch.setattr(module, "_IN_MEMORY", in_memory)
        with transport("record", tmp_path, "s") as recorded:
            assert requests.get(server.url + "/binary").content == BINARY
        assert recorded.records[0]["availability"] == "withheld"
        assert not list(tmp_path.glob("bodies/*"))
        with transport("playback", tmp_path, "s"), pytest.raises(MissingReply, match="was not kept"):
            requests.get(server.url + "/binary")


def test_the_same_exchanges_give_the_same_bytes(server: Server, tmp_path: Path) -> None:
    def written(folder: Path) -> bytes:
        with transport("record", folder, "s"):
            requests.get(server.url + "/binary", params={"b": 1, "a": "x y"})
            httpx.post(server.url + "/echo", json={"b": 1, "a": [1.5, None]})
            requests.post(server.url + "/echo", files={"f": ("n", b"content")}, data={"d": "1"})
            by_urllib("GET", server.url + "/missing")
            with contextlib.suppress(requests.exceptions.ConnectionError):
                requests.get("http://127.0.0.1:9/")
        text = (folder / "s.jsonl").read_bytes()
        return re.sub(rb'"(time|date)":"[^"]*"', b"", text)

    # The reply to a multipart request has the boundary in it, and that is a random one.
    without_echo = [
        [line for line in written(tmp_path / n).splitlines() if b"/echo" not in line or b"null" in line] for n in "ab"
    ]
    assert [re.sub(rb'"sha256":"\w+","size"', b'"size"', x) for x in without_echo[0]] == [
        re.sub(rb'"sha256":"\w+","size"', b'"size"', x) for x in without_echo[1]
    ]
    for line in (tmp_path / "a" / "s.jsonl").read_text().splitlines():
        record = json.loads(line)
        assert line == json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_threads_ask_at_once(server: Server, tmp_path: Path) -> None:
    urls = [f"{server.url}/echo?n={n}" for n in range(24)] + [server.url + "/count"] * 6

    def ask() -> list[bytes]:
        with ThreadPoolExecutor(6) as pool:
            jobs = [pool.submit(ALL[n % len(ALL)], "GET", url) for n, url in enumerate(urls)]
            return [job.result().body for job in jobs]

    first, second, records = twice(tmp_path, server, ask)
    assert first[:24] == second[:24]
    assert sorted(first[24:]) == sorted(second[24:])
    assert len(records) == 30
    assert sorted(r["repeat"] for r in records) == [0] * 25 + [1, 2, 3, 4, 5]


def test_tasks_ask_at_once(server: Server, tmp_path: Path) -> None:
    async def ask() -> list[bytes]:
        async with httpx.AsyncClient(trust_env=False) as client:
            replies = await asyncio.gather(*(client.get(f"{server.url}/echo?n={n}") for n in range(8)))
            return [r.content for r in replies]

    first, second, records = twice(tmp_path, server, lambda: asyncio.run(ask()))
    assert first == second
    assert len(records) == 8


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody signed, with its key in the same file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl")
    path = tmp_path / "certificate.pem"
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run([openssl, *new, *name, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


def test_encrypted_exchanges(server: Server, certificate: Path, tmp_path: Path) -> None:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    server.socket = serving.wrap_socket(server.socket, server_side=True)
    trusting = ssl.create_default_context(cafile=str(certificate) + ".crt")
    url = f"https://127.0.0.1:{server.server_port}/binary"

    def ask() -> list[bytes]:
        connection = http.client.HTTPSConnection("127.0.0.1", server.server_port, context=trusting)
        connection.request("GET", "/echo")
        return [
            requests.get(url, verify=str(certificate) + ".crt").content,
            httpx.get(url, verify=trusting, trust_env=False).content,
            urllib.request.urlopen(url, context=trusting).read(),
            connection.getresponse().read(),
        ]

    def fail() -> list[str]:
        kinds = []
        for call in (requests.get, httpx.get, urllib.request.urlopen):
            with pytest.raises(Exception) as caught:
                call(url)
            kinds.append(f"{type(caught.value)} {type(getattr(caught.value, 'reason', None))}")
        return kinds

    first, second, records = twice(tmp_path / "good", server, ask)
    assert first == second == [BINARY, BINARY, BINARY, b"GET  "]
    assert {r["url"] for r in records} == {url, url.replace("binary", "echo")}
    plain = fail()
    first, second, _ = twice(tmp_path / "bad", server, fail)
    assert first == second == plain


def test_a_proxy_makes_no_difference(server: Server, tmp_path: Path) -> None:
    url = "http://far.invalid/binary"
    with transport("record", tmp_path, "s") as recorded:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": server.url}))
        assert opener.open(url).read() == BINARY
        assert requests.get(url, proxies={"http": server.url}).content == BINARY
        assert httpx.Client(proxy=server.url).get(url).content == BINARY
    assert {r["url"] for r in recorded.records} == {url}
    with transport("playback", tmp_path, "s") as played:
        assert requests.get(url).content == by_urllib("GET", url).body == by_httpx("GET", url).body == BINARY
    assert not played.unused


def test_astropy_downloads(server: Server, tmp_path: Path) -> None:
    from astropy.utils.data import download_file

    def ask() -> bytes:
        return Path(download_file(server.url + "/binary", cache=False, show_progress=False)).read_bytes()

    first, second, _ = twice(tmp_path, server, ask)
    assert first == second == BINARY
    with transport("playback", tmp_path, "other"), pytest.raises(MissingReply):
        ask()
    with transport("refuse"), pytest.raises(NetworkRefused):
        ask()


def test_files_and_data_addresses_are_not_network(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"file")
    with transport("refuse") as seen:
        assert urllib.request.urlopen((tmp_path / "f").as_uri()).read() == b"file"
        assert urllib.request.urlopen("data:,data").read() == b"data"
    assert seen.summary() is None
    assert not seen.refused


def test_clients_imported_inside_are_covered(server: Server, tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from gnomon.tools.transport import transport
assert not {{"requests", "httpx", "http.client", "asyncio"}} & set(sys.modules), "the recorder imports no client"
for mode in ("record", "playback"):
    with transport(mode, Path({str(tmp_path)!r}), "s") as seen:
        import requests, httpx, urllib.request
        assert requests.get("{server.url}/binary").content == httpx.get("{server.url}/binary").content
        assert urllib.request.urlopen("{server.url}/binary").status == 200
    assert seen.summary()["count"] == 3, seen.records
    for name in [n for n in sys.modules if n.partition(".")[0] in ("requests", "httpx")]:
        del sys.modules[name]
"""
    subprocess.run([sys.executable, "-c", script], check=True)


# --- what playback refuses


@CLIENTS
def test_what_was_not_recorded_is_missing(client: Client, server: Server, tmp_path: Path) -> None:
    with transport("record", tmp_path, "fetch"):
        client("GET", server.url + "/echo?planet=b")
    with transport("playback", tmp_path, "fetch") as played:
        with pytest.raises(MissingReply) as caught:
            client("GET", server.url + "/echo?planet=c")
        client("GET", server.url + "/echo?planet=b")
        with pytest.raises(MissingReply, match=r"more often .* once"):
            client("GET", server.url + "/echo?planet=b")
        with pytest.raises(MissingReply, match="another body"):
            client("GET", server.url + "/echo?planet=b", b"body")
    assert "The step fetch asks GET" in str(caught.value)
    assert f"{server.url}/echo?planet=c" in caught.value.what
    assert f"{server.url}/echo?planet=b" in caught.value.remedy
    assert not caught.value.retryable
    assert len(played.refused) == 3


def test_nothing_recorded_at_all(tmp_path: Path) -> None:
    with transport("playback", tmp_path, "s") as played:
        with pytest.raises(MissingReply, match="Nothing was recorded"):
            requests.get("http://example.org/")
        with contextlib.suppress(BaseException):
            requests.get("http://example.org/")
    assert played.refused == [played.refused[0]]
    assert played.summary() is None


def test_unused_records_are_named(server: Server, tmp_path: Path) -> None:
    with transport("record", tmp_path, "s") as recorded:
        requests.get(server.url + "/binary")
        requests.get(server.url + "/count")
    with transport("playback", tmp_path, "s") as played:
        requests.get(server.url + "/count")
        assert played.unused == [f"GET {server.url}/binary"]
        requests.get(server.url + "/binary")
    assert played.unused == []
    assert played.summary() == recorded.summary()


def test_altered_and_missing_bodies(server: Server, tmp_path: Path) -> None:
    with transport("record", tmp_path, "s"):
        requests.get(server.url + "/binary")
    body = next((tmp_path / "bodies").iterdir())
    body.write_bytes(BINARY[:-1] + b"!")
    with transport("playback", tmp_path, "s"), pytest.raises(AlteredFile, match=body.name):
        requests.get(server.url + "/binary")
    body.unlink()
    with transport("playback", tmp_path, "s"), pytest.raises(MissingFile, match=body.name):
        by_urllib("GET", server.url + "/binary")


@pytest.mark.parametrize("text", [b"no json\n", b"{}\n", b'{"key":1,"size":0}\n', b"[1]\n"])
def test_altered_index(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_bytes(text)
    with pytest.raises(AlteredFile), transport("playback", tmp_path, "s"):
        pass


def test_an_index_names_no_file_elsewhere(server: Server, tmp_path: Path) -> None:
    with transport("record", tmp_path, "s"):
        requests.get(server.url + "/binary")
    record = lines(tmp_path)[0] | {"sha256": "../../etc/passwd"}
    (tmp_path / "s.jsonl").write_text(json.dumps(record) + "\n")
    with pytest.raises(AlteredFile), transport("playback", tmp_path, "s"):
        pass


# --- the index


def test_no_index_where_nothing_was_asked(server: Server, tmp_path: Path) -> None:
    with transport("record", tmp_path, "s") as seen:
        pass
    assert seen.summary() is None
    assert not list(tmp_path.iterdir())
    with transport("record", tmp_path, "s") as seen:
        requests.get(server.url + "/binary")
    assert seen.summary() == {
        "count": 1,
        "bytes": len(BINARY),
        "sha256": hashlib.sha256((tmp_path / "s.jsonl").read_bytes()).hexdigest(),
    }
    with transport("record", tmp_path, "s"):
        pass
    assert not (tmp_path / "s.jsonl").exists(), "that of an earlier attempt"


def test_index_is_written_when_the_step_fails(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), transport("record", tmp_path, "s"):
        requests.get(server.url + "/binary")
        raise ZeroDivisionError
    assert len(lines(tmp_path)) == 1
    assert not list(tmp_path.rglob(".part-*"))


def test_a_disk_that_refuses_is_no_failure_of_the_network(server: Server, tmp_path: Path) -> None:
    (tmp_path / "bodies").write_text("a file where the folder should be")
    with transport("record", tmp_path, "s"), pytest.raises(StoreError):
        requests.get(server.url + "/binary")
    assert not (tmp_path / "s.jsonl").exists()


def test_normal_form_of_an_address() -> None:
    def normal(url: str) -> str:
        return module._without_secrets(url, normal=True)[0]

    assert normal("HTTP://User:pw@Example.ORG:80?b=2&a=1#x") == "http://example.org/?a=1&b=2"
    assert normal("https://example.org:443/a%20b?q=x+y") == normal("https://example.org/a%20b?q=x%20y")
    assert normal("https://example.org:8443/") == "https://example.org:8443/"
    assert normal("http://[::1]:80/") == "http://[::1]/"
    assert normal("http://h/?a=2&a=1") == "http://h/?a=2&a=1", "the order of one name may mean something"
    assert normal("http://h/x;jsessionid=ABC/y?-out.add&t=1") == "http://h/x/y?-out.add&t=1"
    assert normal("http://h/?sig=3&key=HD%20189733&signature=2.5") == "http://h/?key=HD%20189733&sig=3&signature=2.5"
    gone = (
        "api_key=1&apikey=1&API-KEY=1&access_token=1&password=1&secret=1&token=1&sig=abc&signature=ab%3D&X-Amz-Date=1"
    )
    assert normal(f"http://h/?{gone}&key=AIzaSyD0123456789abcdef&kept=1") == "http://h/?kept=1"


def test_normal_form_of_a_body() -> None:
    def digest(body: bytes, kind: str) -> str:
        return module._body_digest(body, kind)[0]

    form, js = "application/x-www-form-urlencoded; charset=utf-8", "application/json"
    assert digest(b"", form) == ""
    assert digest(b"b=2&a=1", form) == digest(b"a=1&b=2", form) == digest(b"a=1&password=x&b=2", form)
    assert digest(b'{"b": 2, "a": [{"token": "t"}]}', js) == digest(b'{"a":[{}],"b":2}', js)
    assert digest(b'{"key": {"a": 1}}', js) != digest(b'{"key": {"a": 2}}', js)
    assert digest(b"not json", js) == digest(b"not json", "text/plain")

    def parts(boundary: bytes, password: bytes) -> bytes:
        field = b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        return field % (boundary, b"a", b"1") + field % (boundary, b"password", password) + b"--%s--\r\n" % boundary

    one = digest(parts(b"xyz", b"p"), "multipart/form-data; boundary=xyz")
    assert one == digest(parts(b"other", b"q"), 'multipart/form-data; boundary="other"')


# --- secrets


def test_secrets_are_nowhere_in_what_is_written(server: Server, closed_port: int, tmp_path: Path) -> None:
    s = SECRETS
    bearer = {"Authorization": f"Bearer {s['header']}", "X-Auth-Token": s["own_header"]}
    key = {"api_key": s["query"]}
    with transport("record", tmp_path, "s") as recorded:
        for path in ("/echo", "/from", "/told", "/cookie", "/gzip"):
            requests.get(server.url + path, params=key, headers=bearer, cookies={"sid": s["cookie"]})
            httpx.get(
                server.url + path, params=key, headers=bearer, cookies={"sid": s["cookie"]}, follow_redirects=True
            )
            by_urllib("GET", f"{server.url}{path}?{urllib.parse.urlencode(key)}", headers=bearer)
        requests.get(server.url.replace("//", f"//user:{s['user']}@") + "/told")
        httpx.get(server.url.replace("//", f"//user:{s['user']}@") + "/told")
        requests.post(server.url + "/echo", data={"password": s["form"], "a": 1})
        httpx.post(server.url + "/echo", data={"password": s["form"], "a": 1})
        requests.post(server.url + "/echo", json={"deep": [{"client_secret": s["json"]}]})
        requests.post(server.url + "/echo", files={"f": b"x"}, data={"token": s["part"]})
        token = requests.post(server.url + "/login").json()["access_token"]
        assert token == s["login"], "the step itself sees what came"
        requests.get(server.url + "/told", headers={"Authorization": token})
        for client in (requests, httpx):
            with contextlib.suppress(Exception):
                client.get(f"http://user:{s['user']}@127.0.0.1:{closed_port}/", params=key, headers=bearer)
        with contextlib.suppress(OSError):
            by_urllib("GET", f"http://127.0.0.1:{closed_port}/?{urllib.parse.urlencode(key)}", headers=bearer)
    written = everything_in(tmp_path)
    for name, secret in s.items():
        for form in (
            secret,
            urllib.parse.quote(secret),
            urllib.parse.quote_plus(secret),
            urllib.parse.quote(secret, ""),
        ):
            assert form.encode() not in written, name
    assert b"uthorization" not in written
    assert b"cookie:" not in written.lower()
    assert {r["availability"] for r in recorded.records} == {"stored", "redacted", "none"}


def test_a_person_without_the_key_can_play_back(server: Server, tmp_path: Path) -> None:
    with transport("record", tmp_path, "s"):
        requests.get(server.url + "/echo", params={"api_key": "planted-mine", "a": 1}, auth=("me", "planted-mine"))
        login = requests.post(server.url + "/login", json={"user": "me", "password": "planted-mine"}).json()
        requests.get(server.url + "/binary", headers={"Authorization": f"Bearer {login['access_token']}"})
    with transport("playback", tmp_path, "s") as played:
        echo = requests.get(server.url + "/echo", params={"a": 1}).text
        login = requests.post(server.url + "/login", json={"user": "me"}).json()
        requests.get(server.url + "/binary", headers={"Authorization": f"Bearer {login['access_token']}"})
    assert "planted" not in echo
    assert login["expires_in"] == 60
    assert not played.unused


def test_a_large_reply_with_a_secret_is_withheld(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_IN_MEMORY", 10)
    with transport("record", tmp_path, "s") as recorded:
        text = requests.get(server.url + "/echo", params={"token": "planted-0012"}).text
        requests.get(server.url + "/binary", params={"token": "planted-0012"})
    assert "planted-0012" in text
    assert [r["availability"] for r in recorded.records] == ["withheld", "stored"]
    assert b"planted" not in everything_in(tmp_path)


# --- the guard


MODES = pytest.mark.parametrize("mode", ["record", "playback", "refuse"])


def _connect(address: tuple[str, int]) -> None:
    with socket.socket() as sock:
        sock.connect(address)


def _connect_ex(address: tuple[str, int]) -> None:
    with socket.socket() as sock:
        sock.connect_ex(address)


def _datagram(address: tuple[str, int]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", address)


def _message(address: tuple[str, int]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendmsg([b"x"], [], 0, address)


def _below(address: tuple[str, int]) -> None:
    with contextlib.closing(importlib.import_module("_socket").socket()) as sock:
        sock.connect(address)


def _pool(address: tuple[str, int]) -> None:
    urllib3.PoolManager(retries=urllib3.util.Retry(3, backoff_factor=10)).request(
        "GET", "http://{}:{}/".format(*address)
    )


def _own_connection(address: tuple[str, int]) -> None:
    class Own(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock = socket.create_connection((self.host, self.port))

    Own(*address).request("GET", "/")


def _raw_http(address: tuple[str, int]) -> None:
    connection = http.client.HTTPConnection(*address)
    connection.connect()
    connection.send(b"GET / HTTP/1.0\r\n\r\n")


def _asyncio_stream(address: tuple[str, int]) -> None:
    asyncio.run(asyncio.wait_for(asyncio.open_connection(*address), 5))


def _ftp(address: tuple[str, int]) -> None:
    urllib.request.urlopen("ftp://{}:{}/f".format(*address))


WAYS: list[Callable[..., Any]] = [
    _connect,
    _connect_ex,
    _datagram,
    _message,
    _below,
    socket.create_connection,
    _pool,
    _own_connection,
    _raw_http,
    _asyncio_stream,
    _ftp,
]


@MODES
@pytest.mark.parametrize("way", WAYS, ids=lambda w: w.__name__.strip("_"))
def test_nothing_goes_past_the_recorder(mode: Any, way: Callable[..., None], server: Server, tmp_path: Path) -> None:
    with transport(mode, tmp_path, "fetch") as seen:
        with pytest.raises(NetworkRefused) as caught:
            way(("127.0.0.1", server.server_port))
        assert "The step fetch reached for 127.0.0.1" in caught.value.what
        assert caught.value.remedy
        assert seen.refused == [str(caught.value)]
        with ThreadPoolExecutor(1) as pool, pytest.raises(NetworkRefused):
            pool.submit(way, ("127.0.0.2", 9)).result()
        assert len(seen.refused) == 2, "threads are guarded as well"
    assert server.asked == []


early_bound = socket.getaddrinfo


@MODES
@pytest.mark.parametrize(
    "look_up",
    [
        lambda: socket.getaddrinfo("example.org", 80),
        lambda: early_bound("example.org", 80),
        lambda: socket.gethostbyname("example.org"),
        lambda: socket.gethostbyname_ex("example.org"),
        lambda: socket.gethostbyaddr("192.0.2.1"),
        lambda: _connect(("example.org", 80)),
        lambda: _datagram(("example.org", 80)),
        lambda: _pool(("example.org", 80)),
        lambda: _asyncio_stream(("example.org", 80)),
    ],
)
def test_names_are_not_looked_up(mode: Any, look_up: Callable[[], Any], tmp_path: Path) -> None:
    with transport(mode, tmp_path, "s"), pytest.raises(NetworkRefused, match=r"example\.org|192\.0\.2\.1"):
        look_up()


@CLIENTS
def test_refuse_refuses_the_clients(client: Client, server: Server) -> None:
    with transport("refuse", step="fit") as seen:
        with pytest.raises(NetworkRefused, match=r"The step fit asked GET .*may not use the network"):
            client("GET", server.url + "/binary")
        with pytest.raises(NetworkRefused):
            client("POST", server.url + "/echo", b"x")
    assert len(seen.refused) == 2
    assert server.asked == []


def test_what_is_no_network_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with transport("refuse") as seen:
        asyncio.run(asyncio.sleep(0))
        left, right = socket.socketpair()
        left.close()
        right.close()
        assert socket.getaddrinfo("127.0.0.1", 80)
        monkeypatch.chdir(tmp_path)  # the path of such a socket must be short
        with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as asking:
            listening.bind("sock")
            listening.listen()
            asking.connect("sock")
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            assert pool.map(abs, [-1]) == [1]
    assert not seen.refused


def test_async_names_are_looked_up_within_an_exchange(tmp_path: Path) -> None:
    """Asyncio looks names up in another thread, which must know that the recorder asks."""
    modes: list[Mode] = ["record", "playback"]
    for mode in modes:
        with transport(mode, tmp_path, "s") as seen, pytest.raises(httpx.ConnectError):
            by_async_httpx("GET", "http://nowhere.invalid/")
        assert not seen.refused


def test_spared_threads_are_the_executors(server: Server, tmp_path: Path) -> None:
    ask, stop = threading.Event(), threading.Event()
    outcome: list[Any] = []

    def run() -> None:
        ask.wait()
        _connect(("127.0.0.1", server.server_port))
        outcome.append(requests.get(server.url + "/binary").content)
        stop.set()

    thread = threading.Thread(target=run)
    thread.start()
    with transport("record", tmp_path, "s", spared=[thread.ident or 0]) as seen:
        ask.set()
        stop.wait(5)
    assert outcome == [BINARY]
    assert seen.summary() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_is_refused(server: Server, tmp_path: Path) -> None:
    with transport("record", tmp_path, "s") as seen:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                requests.get(server.url + "/binary")
            except NetworkRefused as error:
                os.write(write, str(error).encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert b"from a process that it started" in os.read(read, 1000)
    assert seen.summary() is None
    assert server.asked == []


def _state() -> list[Any]:
    owners = [
        socket.socket,
        socket,
        http.client.HTTPConnection,
        http.client.HTTPSConnection,
        asyncio.BaseEventLoop,
        requests.adapters.HTTPAdapter,
        httpx.HTTPTransport,
        httpx.AsyncHTTPTransport,
    ]
    return [dict(vars(owner)) for owner in owners] + [list(sys.meta_path)]


@MODES
def test_everything_is_restored(mode: Any, server: Server, tmp_path: Path) -> None:
    by_requests("GET", server.url + "/binary")  # imports what is imported late
    before = _state()
    with contextlib.suppress(KeyError), transport(mode, tmp_path, "s"):
        assert _state() != before
        raise KeyError
    assert _state() == before
    _connect(("127.0.0.1", server.server_port))
    for client in ALL:
        assert client("GET", server.url + "/binary").body == BINARY


def test_one_at_a_time(tmp_path: Path) -> None:
    with transport("refuse", step="outer"):
        with pytest.raises(UsageError, match="already at work in this process, for outer"), transport("refuse"):
            pass
        with pytest.raises(NetworkRefused):
            _connect(("127.0.0.1", 9))


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    for mode, folder, step in [
        ("record", None, "s"),
        ("playback", None, "s"),
        ("x", tmp_path, "s"),
        ("record", tmp_path, "../s"),
    ]:
        with pytest.raises(UsageError), transport(mode, folder, step):  # type: ignore[arg-type]
            pass
    before = _state()
    assert _state() == before


# --- in a script


def test_source_can_be_lifted_and_run(server: Server, tmp_path: Path) -> None:
    """A script carries the recorder; it needs no third party, and works without Gnomon."""
    source = lift(transport)
    assert source.packages == ()
    compose = getattr(importlib.import_module("gnomon.plans.source"), "compose", None)
    if compose is None:
        pytest.skip("closures cannot be composed yet")
    written = compose([source])
    text = "\n\n".join(["from __future__ import annotations", written.imports, *(t for _, t in written.texts)])
    compile(text, "script", "exec")
    end = f"""
import requests
for mode in ("record", "playback"):
    with transport(mode, Path({str(tmp_path)!r}), "s") as seen:
        assert len(requests.get("{server.url}/binary").content) == {len(BINARY)}
        try:
            socket.create_connection(("127.0.0.1", {server.server_port}))
        except NetworkRefused:
            pass
        else:
            raise AssertionError
    assert seen.summary()["count"] == 1
assert not [n for n in sys.modules if n.startswith("gnomon")]
"""
    (tmp_path / "script.py").write_text(f"{text}\n{end}")
    subprocess.run([sys.executable, str(tmp_path / "script.py")], check=True, cwd=tmp_path)
    with transport("playback", tmp_path, "s"):
        assert requests.get(server.url + "/binary").content == BINARY
