"""The VOEvent Transport Protocol with a broker on this machine."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.tools.observing.alerts.samples import voevent

from gnomon.tools.errors import InputError, ServiceError
from gnomon.tools.observing.alerts.sources import never
from gnomon.tools.observing.alerts.stream import AlertStream
from gnomon.tools.observing.alerts.transport import listen
from gnomon.tools.observing.alerts.voevents import parse_xml

ALIVE = b'<?xml version="1.0"?><trn:Transport role="iamalive" version="1.0" xmlns:trn="http://telescope-networks.org/schema/Transport/v1.1"><Origin>ivo://broker/x</Origin><TimeStamp>2026-11-22T12:00:00Z</TimeStamp></trn:Transport>'


def framed(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def received(connection: socket.socket) -> bytes:
    head = connection.recv(4, socket.MSG_WAITALL)
    return connection.recv(struct.unpack(">I", head)[0], socket.MSG_WAITALL)


@contextlib.contextmanager
def broker(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """A broker that takes one subscriber, speaks, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _where = server.accept()
            with connection:
                connection.settimeout(20)
                speak(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join(20)
        assert not thread.is_alive()


def test_packets_are_acknowledged_when_they_are_kept(tmp_path: Path) -> None:
    answers: list[tuple[str, str, str]] = []
    kept: list[int] = []

    def speak(connection: socket.socket) -> None:
        for content in (ALIVE, voevent(), b"<VOEvent", voevent()):
            whole = framed(content)
            connection.sendall(whole[:7])  # in two parts
            connection.sendall(whole[7:])
            root = parse_xml(received(connection))
            kept.append(_alerts(tmp_path))
            answers.append((root.get("role") or "", root.findtext("Origin") or "", root.findtext("Meta/Result") or ""))

    with AlertStream(tmp_path) as stream, broker(speak) as address:
        assert listen(address, lambda content: stream.accept(content, "vtp"), never) == 3
        assert stream.ledger.counts() == {"alerts": 2, "duplicates": 1, "new": 1, "packets": 3, "quarantined": 1}
    ivorn = "ivo://nasa.gsfc.gcn/Fermi#GBM_Gnd_Pos_2026-11-22T12:14:40.43_745121685_57-912"
    assert [a[:2] for a in answers] == [
        ("iamalive", "ivo://broker/x"),
        ("ack", ivorn),
        ("nak", "unknown"),
        ("ack", ivorn),
    ]
    assert "not well-formed" in answers[2][2]
    assert kept == [0, 1, 1, 1]  # it was on the disk before the acknowledgement


def _alerts(folder: Path) -> int:
    import sqlite3

    base = sqlite3.connect(folder / "alerts.sqlite")
    try:
        return int(base.execute("SELECT COUNT(*) FROM alerts").fetchone()[0])
    finally:
        base.close()


@pytest.mark.parametrize(
    ("content", "said", "again"),
    [
        (struct.pack(">I", 1000) + b"<half", "broke off in a packet", True),
        (b"HT", "broke off in a packet", True),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "announces a packet of 1,213,486,160 bytes", False),
    ],
)
def test_a_broker_that_fails_is_told(tmp_path: Path, content: bytes, said: str, again: bool) -> None:
    with AlertStream(tmp_path, durable=False) as stream, broker(lambda c: c.sendall(content)) as address:
        with pytest.raises(ServiceError) as told:
            listen(address, lambda c: stream.accept(c, "vtp"), never)
        assert said in told.value.what and told.value.retryable is again
        assert stream.ledger.counts() == {}


def test_silence_and_stopping(tmp_path: Path) -> None:
    done = threading.Event()
    with AlertStream(tmp_path, durable=False) as stream:
        with broker(lambda c: done.wait(20)) as address:
            with pytest.raises(ServiceError, match="said nothing for 1 s"):
                listen(address, lambda c: stream.accept(c, "vtp"), never, silence=1.0)
            done.set()
        done.clear()
        with broker(lambda c: done.wait(20)) as address:
            assert listen(address, lambda c: stream.accept(c, "vtp"), lambda: True) == 0
            done.set()


def test_addresses() -> None:
    for address in ("localhost", "localhost:99999", "localhost:0", "localhost:²"):
        with pytest.raises(InputError, match="no address"):
            listen(address, lambda c: None, never)  # type: ignore[arg-type,return-value]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ServiceError, match="cannot be reached"):
        listen(f"127.0.0.1:{port}", lambda c: None, never)  # type: ignore[arg-type,return-value]
