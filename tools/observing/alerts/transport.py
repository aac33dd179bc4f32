"""The VOEvent Transport Protocol: packets from a broker over TCP, each acknowledged when it is on the disk.

References
----------
Swinbank et al. 2017, VOEvent Transport Protocol Version 2.0, IVOA Recommendation, doi:10.5479/ADS/bib/2017ivoa.spec.0320S.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from gnomon.tools.errors import InputError, ServiceError
from gnomon.tools.observing.alerts.packet_values import plain_text
from gnomon.tools.observing.alerts.packets import LARGEST_PACKET
from gnomon.tools.observing.alerts.stream import Taken
from gnomon.tools.observing.alerts.voevents import parse_xml

_NAME = "ivo://gnomon/alerts"
_SILENCE = 180.0  # s after which a broker that says nothing, not even that it is alive, counts as gone; brokers say so every minute
_SPACE = "http://telescope-networks.org/schema/Transport/v1.1"


def listen(address: str, accept: Callable[[bytes], Taken], stop: Callable[[], bool], silence: float = _SILENCE) -> int:
    """Take packets from one broker until it closes the connection or `stop` says so.

    Parameters
    ----------
    address : str
        ``host:port``.
    accept : callable
        Takes a packet.  It is acknowledged after this returns, and refused where it could not be read.
    stop : callable
        Asked at least once a second.
    silence : float
        Seconds without a word after which the broker counts as gone.

    Returns
    -------
    int
        Packets taken.

    Raises
    ------
    ServiceError
        Where it cannot be reached, says nothing any more, or does not speak the protocol; ``retryable`` where it may later.
    """
    host, _, port = address.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise InputError(f"{address} is no address of a broker.", remedy="Write host:port, such as localhost:8099.")
    try:
        connection = socket.create_connection((host.strip("[]"), int(port)), timeout=20.0)
    except OSError as error:
        raise ServiceError(f"The broker at {address} cannot be reached: {error.strerror or error}.", remedy="Try again later.", retryable=True) from error  # fmt: skip
    taken = 0
    with contextlib.closing(connection):
        connection.settimeout(1.0)
        while not stop():
            content = _receive(connection, address, stop, silence)
            if content is None:
                break
            taken += _answer(connection, content, accept)
    return taken


def _answer(connection: socket.socket, content: bytes, accept: Callable[[bytes], Taken]) -> int:
    """Answer what came; 1 where it was a packet."""
    try:
        root: Element | None = parse_xml(content)
    except InputError:
        root = None  # the stream says why it cannot be read
    if root is not None and root.tag == "Transport":
        if root.get("role") == "iamalive":
            _send(connection, _message("iamalive", plain_text(root.findtext("Origin"), 300)))
        return 0
    taken = accept(content)
    about = plain_text(root.get("ivorn"), 300) if root is not None else ""
    _send(connection, _message("nak" if taken.reason else "ack", about or "unknown", taken.reason))
    return 1


def _receive(connection: socket.socket, address: str, stop: Callable[[], bool], silence: float) -> bytes | None:
    """One message: four bytes of length, high byte first, and so many bytes; None where the broker closed between two."""
    head = _exactly(connection, 4, address, stop, silence)
    if not head:
        return None
    (size,) = struct.unpack(">I", head)
    if size > LARGEST_PACKET:
        raise ServiceError(f"The broker at {address} announces a packet of {size:,} bytes.", remedy="It does not speak VTP.")  # fmt: skip
    body = _exactly(connection, size, address, stop, silence)
    if len(body) < size:
        return None
    return body


def _exactly(connection: socket.socket, size: int, address: str, stop: Callable[[], bool], silence: float) -> bytes:
    """So many bytes; fewer only where it was closed or stopped before the first one."""
    held, waited = bytearray(), 0.0
    while len(held) < size:
        try:
            part = connection.recv(min(65_536, size - len(held)))
        except TimeoutError:
            waited += 1.0
            if stop():
                return b""
            if waited >= silence:
                raise ServiceError(f"The broker at {address} has said nothing for {silence:g} s.", remedy="Connect again.", retryable=True) from None  # fmt: skip
            continue
        except OSError as error:
            raise ServiceError(f"The connection with {address} broke.", remedy="Connect again.", retryable=True) from error  # fmt: skip
        if not part:
            if held or size != 4:
                raise ServiceError(f"The broker at {address} broke off in a packet.", remedy="Connect again.", retryable=True)  # fmt: skip
            return b""
        held += part
        waited = 0.0
    return bytes(held)


def _send(connection: socket.socket, message: bytes) -> None:
    try:
        connection.sendall(struct.pack(">I", len(message)) + message)
    except OSError as error:
        raise ServiceError("The connection with the broker broke.", remedy="Connect again.", retryable=True) from error


def _message(role: str, about: str, reason: str = "") -> bytes:
    meta = f"<Meta><Result>{escape(reason)}</Result></Meta>" if reason else ""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<trn:Transport role="{role}" version="1.0" xmlns:trn="{_SPACE}">'
        f"<Origin>{escape(about)}</Origin><Response>{_NAME}</Response><TimeStamp>{now}</TimeStamp>{meta}</trn:Transport>"
    ).encode()
