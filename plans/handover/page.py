"""The page of a packet: what a person reads before approving it, made from the packet alone."""

from __future__ import annotations

import json

from gnomon.plans.handover.packet import Packet
from gnomon.tools.observing.documents.schedule import read_schedule_document
from gnomon.tools.observing.documents.times import text_of

_WIDEST = 200


def packet_page(packet: Packet) -> str:
    """Everything that decides about a packet, as text; the same packet gives the same page.

    Text that came from outside (names, proposals) stands in quotation marks as JSON, so that it cannot pretend to be a line of the page.
    """
    schedule = read_schedule_document(packet.schedule)
    planned = {f"{v.request}/{v.visit}": v for v in schedule.visits}
    lines = [
        f"Hand-over {packet.digest}",
        f"Schedule {packet.verification.schedule}",
        f"Verified: {packet.verification.violations} violations, report {packet.verification.report[:12]}…",
        f"Nothing is sent after {packet.valid_until}; attempt {packet.attempt}",
    ]
    if packet.alert:
        alert = packet.alert
        lines.append(
            f"Answers the alert {_quoted(alert.identifier)}, class {_quoted(alert.alert_class)}, {alert.digest[:12]}…"
        )
    for payload in packet.payloads:
        lines += [
            "",
            f"{payload.name}: to {payload.facility} {payload.address}, proposal {_quoted(payload.proposal)}, known there as {payload.key}",
        ]
        for name in payload.visits:
            visit = planned[name]
            lines.append(
                f"  {_quoted(name)} on {_quoted(visit.telescope)} {_quoted(visit.instrument)}: {text_of(visit.start)} to {text_of(visit.end)}"
            )
    lines.append("")
    for charge in packet.charges:
        visits = "1 visit" if charge.visits == 1 else f"{charge.visits} visits"
        lines.append(
            f"{charge.payload} takes {charge.hours:.3f} h ({visits}) of {_quoted(charge.telescope)} in the night of {charge.night}"
        )
    return "\n".join(lines) + "\n"


def title_of(packet: Packet) -> str:
    """The packet in a few words."""
    hours = sum(c.hours for c in packet.charges)
    telescopes = sorted({c.telescope for c in packet.charges})
    count = sum(c.visits for c in packet.charges)
    return f"{count} visit{'' if count == 1 else 's'}, {hours:.2f} h on {', '.join(telescopes)}"[:_WIDEST]


def _quoted(text: str) -> str:
    return json.dumps(text[:_WIDEST], ensure_ascii=True)
