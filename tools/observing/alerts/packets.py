"""Reading one packet, whatever it is: JSON, VOEvent or Avro, told apart by content."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gnomon.tools.errors import InputError, UsageError
from gnomon.tools.observing.alerts.alert import Alert
from gnomon.tools.observing.alerts.gcn_notices import is_gcn, is_igwn, read_gcn, read_igwn
from gnomon.tools.observing.alerts.object_packets import read_object_packet
from gnomon.tools.observing.alerts.packet_values import plain_text
from gnomon.tools.observing.alerts.voevents import read_voevent

LARGEST_PACKET = 32 * 2**20  # bytes; a notice with a multi-order map has some megabytes
_MOST_ALERTS = 10_000
_AVRO = b"Obj\x01"
_REMEDY = "It was kept with what is wrong; ask its sender."


@dataclass(frozen=True)
class Packet:
    """What one packet holds: its alerts, and the sky maps in it by SHA-256."""

    digest: str
    alerts: tuple[Alert, ...]
    maps: Mapping[str, bytes]


def read_packet(content: bytes) -> Packet:
    """Read one packet.

    Parameters
    ----------
    content : bytes
        A JSON object or a list of them, a VOEvent, or a container of Avro records.

    Returns
    -------
    Packet

    Raises
    ------
    InputError
        Where it is of no known form, is broken, or does not say which event it is about.
    UsageError
        For Avro where fastavro is not installed.
    """
    digest = hashlib.sha256(content).hexdigest()
    if len(content) > LARGEST_PACKET:
        raise InputError(f"The packet has more than {LARGEST_PACKET:,} bytes.", remedy=_REMEDY)
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    maps: dict[str, bytes] = {}
    if content.startswith(_AVRO):
        records = _avro_records(content)
    elif start.startswith((b"{", b"[")):
        records = _json_records(content)
    elif start.startswith(b"<") or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Packet(digest, tuple(read_voevent(content, digest)), maps)
    elif not start:
        raise InputError("The packet is empty.", remedy=_REMEDY)
    else:
        raise InputError("The packet is neither JSON nor XML nor Avro.", remedy=_REMEDY)
    alerts = [alert for told in records for alert in _read_mapping(told, digest, maps)]
    if not alerts:
        raise InputError("The packet holds no alert.", remedy=_REMEDY)
    if len(alerts) > _MOST_ALERTS:
        raise InputError(f"The packet holds {len(alerts):,} alerts, more than {_MOST_ALERTS:,}.", remedy=_REMEDY)
    return Packet(digest, tuple(alerts), maps)


def _read_mapping(told: Any, digest: str, maps: dict[str, bytes]) -> list[Alert]:
    if not isinstance(told, Mapping):
        raise InputError(f"The packet holds a {type(told).__name__} where an alert should be.", remedy=_REMEDY)
    reply = told.get("data")
    if isinstance(reply, Mapping) and isinstance(reply.get("reply"), Mapping):  # of the Transient Name Server
        told = reply["reply"]
    elif (
        isinstance(reply, Mapping) and "objname" in reply
    ):  # the same, since it answers without `reply` around the object
        told = reply
    if is_igwn(told):
        return read_igwn(told, digest, maps)
    if (found := read_object_packet(told, digest)) is not None:
        return found
    if is_gcn(told):
        return read_gcn(told, digest, maps)
    keys = ", ".join(plain_text(k, 30) for k in list(told)[:6])
    raise InputError(f"The packet is of no form that is known; it has {keys or 'no keys'}.", remedy=_REMEDY)


def _json_records(content: bytes) -> list[Any]:
    try:
        told = json.loads(content.removeprefix(b"\xef\xbb\xbf"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"The JSON is broken: {plain_text(str(error))}.", remedy=_REMEDY) from error
    except RecursionError as error:
        raise InputError("The JSON is deeper than any packet.", remedy=_REMEDY) from error
    except ValueError as error:
        raise InputError(
            "The JSON holds what is no value: a whole number of more digits than are read.", remedy=_REMEDY
        ) from error
    return told if isinstance(told, list) else [told]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) < len(pairs):
        raise InputError("The JSON says one key twice.", remedy=_REMEDY)
    return told


def _no_constant(text: str) -> None:
    # NaN stands for a missing value in some brokers' packets, and is read as one.
    if text != "NaN":
        raise InputError(f"The JSON holds {text}, which is no number.", remedy=_REMEDY)


def _avro_records(content: bytes) -> list[Any]:
    try:
        import fastavro
    except ImportError as error:
        raise UsageError(
            "Avro packets need fastavro.", remedy='Install it with: pip install "gnomon[alerts]"'
        ) from error
    try:
        return list(fastavro.reader(io.BytesIO(content)))
    except (
        ValueError,
        TypeError,
        LookupError,
        EOFError,
        OSError,
        ArithmeticError,
        RecursionError,
        MemoryError,
    ) as error:
        raise InputError("The Avro container is broken.", remedy=_REMEDY) from error
