"""Packets of a small night that the verifier has nothing against, for a portal and a TOM on loopback."""

from __future__ import annotations

import functools
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools" / "observing" / "verification"))

from hand_made_night import world

from gnomon.plans.handover.making import packet_of, read_routes
from gnomon.plans.handover.packet import Packet
from gnomon.tools.observing.verification.offerable import offerable

_ELEMENTS = {"g": {"filter": "gp"}, "r": {"filter": "rp"}, "i": {"filter": "ip"}, "G4": {"grating": "G4"}}
DETAILS = {
    "all": {"ipp_value": 1.0, "observation_type": "NORMAL", "window_margin": 120, "telescope_class": "1m0", "instrument_type": "1M0-CAM"},
    "tom": {"observation_type": "OBSERVATION", "tom_facility": "Example"},
    "x1": {"optical_elements": _ELEMENTS},
    "x2": {"optical_elements": _ELEMENTS},
    "lp": {"optical_elements": _ELEMENTS},
}  # fmt: skip


@functools.cache
def verdict() -> tuple[list[str], str]:
    """What the verifier says of the night: asked once, since it looks at every half minute of it."""
    return offerable(*world())


def verifier(telescopes: Any, requests: Any, schedule: Any, parent: Any = None) -> tuple[list[str], str]:
    """The verifier, whose answer on the night is kept."""
    if (telescopes, requests, schedule, parent) == (*world(), None):
        return verdict()
    return offerable(telescopes, requests, schedule, parent)


def soon(hours: float = 24.0) -> str:
    """A time from now."""
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds").replace("+00:00", "Z")


def a_packet(*routes: tuple[str, str, list[str]], valid_until: str = "", attempt: int = 1, **more: Any) -> Packet:
    """A packet; routes are (facility, address, telescopes), of which the n-th is at the cost of the proposal Pn."""
    document = {
        "valid_until": valid_until or soon(),
        "routes": [
            {"facility": f, "address": a, "telescopes": t, "proposal": f"P{n}"} for n, (f, a, t) in enumerate(routes, 1)
        ],
        "details": DETAILS,
    }
    return packet_of(*world(), read_routes(document), verifier, attempt=attempt, **more)
