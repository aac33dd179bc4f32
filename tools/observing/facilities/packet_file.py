"""The packet's file, as the tools that speak to facilities read it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from gnomon.tools.errors import InputError

_FORM = b'"form":"gnomon handover packet"'


def recognise_packet(path: Path) -> dict[str, Any] | None:
    """What the file is, where it is a packet of a hand-over; its first keys are in the order of canonical JSON."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not head.startswith(b'{"alert":') or _FORM not in head:
        return None
    count = path.read_bytes().count(b'"visits":[') - 1  # the schedule's own list is none of a payload's
    return {
        "confidence": 1.0,
        "found": "a packet of observations to be handed over",
        "found_zh": "待提交的观测包",
        "rows": max(count, 1),
    }


def payloads_of(path: Path, packet_digest: str) -> list[dict[str, Any]]:
    """The payloads of a packet, where the file is exactly the one that is named.

    Parameters
    ----------
    path : pathlib.Path
    packet_digest : str
        SHA-256 of its bytes.

    Raises
    ------
    InputError
        Where it is another file.
    """
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != packet_digest:
        raise InputError(
            f"The file is not the packet {packet_digest[:12]}….",
            remedy="Attach the packet that was offered; `gnomon handover show` says where it lies.",
            zh=f"该文件不是观测包 {packet_digest[:12]}…。",
        )
    try:
        payloads: list[dict[str, Any]] = json.loads(content)["payloads"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("The file is no packet.", remedy="Make one with `gnomon handover offer`.") from error
    return payloads


def table_of_rows(rows: list[Any]) -> Any:
    """A table with a row a payload, of texts.

    Parameters
    ----------
    rows : list of gnomon.tools.observing.facilities.sending.Row

    Returns
    -------
    astropy.table.QTable
    """
    from astropy.table import QTable

    table = QTable()
    told = {
        "payload": "name of the payload in its packet",
        "facility": "kind and address of the facility",
        "key": "what the facility knows it by",
        "state": "how it stands",
        "identifier": "what the facility calls it",
        "said": "what the facility said, or why nothing is known",
    }
    for name, description in told.items():
        table[name] = [str(getattr(row, name)) for row in rows]
        table[name].info.description = description
    return table
