"""What facilities say of the payloads of a packet, written into the ledger where it is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gnomon.plans.handover.ledger import Ledger
from gnomon.plans.handover.states import AT_FACILITY


@dataclass(frozen=True)
class Heard:
    """What is new of one payload: its state before and now, and the facility's words."""

    payload: str
    before: str
    state: str
    said: str


@dataclass(frozen=True)
class News:
    """What is new of one packet; its state before and now are the same where only payloads moved."""

    before: str
    state: str
    payloads: tuple[Heard, ...] = ()


def hear(ledger: Ledger, packet: str, rows: Sequence[Mapping[str, Any]]) -> News | None:
    """Write down what facilities said, if it is new.

    What they say moves only what was sent: it revives nothing that has ended, and sends nothing.

    Parameters
    ----------
    ledger : Ledger
    packet : str
        Its digest.
    rows : sequence of mapping
        ``payload``, ``state``, ``identifier``, ``said``.

    Returns
    -------
    News or None
        None where nothing is new, or nothing of the packet is at a facility.
    """
    with ledger.changing() as writer:
        handover = writer.book.handovers.get(packet)
        if handover is None or handover.state not in AT_FACILITY:
            return None
        before, heard, news = handover.state, {}, []
        for row in (r for r in rows if r["payload"] in handover.payloads):
            known = handover.payloads[row["payload"]]
            # What was acknowledged and is not found any more stays acknowledged, with the facility's words.
            state = row["state"] if known.may_become(row["state"]) else known.state
            identifier, said = str(row["identifier"]) or known.identifier, str(row["said"])
            if (state, identifier, said) != (known.state, known.identifier, known.said):
                heard[row["payload"]] = {"state": state, "identifier": identifier, "said": said}
                news.append(Heard(row["payload"], known.state, state, said))
        if not heard:
            return None
        writer.append("handover.heard", packet=packet, payloads=heard)
        return News(before, handover.state, tuple(news))
