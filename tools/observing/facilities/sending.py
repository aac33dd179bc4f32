"""Sending a payload so that it is never doubled and never lost: ask what is there, send once, and ask again where nobody knows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gnomon.tools.archives.asking.json_replies import one_line
from gnomon.tools.observing.documents.times import mjd_of
from gnomon.tools.observing.facilities.adapter import Adapter, Found, Said
from gnomon.tools.transport import pause

# A facility may need a moment until what it took can be found.
LOOKS = (1.0, 3.0, 8.0)  # seconds before each look after an unclear answer
_MJD_UNIX = 40587.0


@dataclass(frozen=True)
class Row:
    """What became of a payload; ``state`` is one of those of a payload in the ledger, ``sending`` where nobody knows."""

    payload: str
    facility: str
    key: str
    state: str
    identifier: str
    said: str


def submit(payload: Mapping[str, Any], adapter: Adapter, permit: Mapping[str, Any]) -> Row:
    """Send a payload, if the facility has it not and the permit still stands.

    Parameters
    ----------
    payload : mapping
        ``name``, ``facility``, ``address``, ``key``, ``body``.
    adapter : Adapter
    permit : mapping
        See `gnomon.tools.permits.permit_of`.

    Returns
    -------
    Row
    """
    key, body = payload["key"], payload["body"]
    if stopped := _stopped(permit):
        return _nothing_left(payload, permit, stopped)
    there = adapter.find(body, key)
    if there.how == "unclear":
        return _nothing_left(payload, permit, there.said)
    if there.how != "none":
        return row_of_found(payload, there)
    if unsettled := _unsettled(payload, permit):
        return _row(payload, "sending", "", unsettled)
    if permit["payloads"][payload["name"]].get("look"):
        return _row(payload, "sending", "", "It may be sent again now: submit it once more.")
    if stopped := _stopped(permit):
        return _nothing_left(payload, permit, stopped)
    said = adapter.send(body)
    if said.how == "done":
        return _row(payload, said.state or "acknowledged", said.identifier, said.said)
    if said.how == "refused":
        return _row(payload, "refused", "", said.said)
    return _after_unclear(payload, adapter, said)


def _nothing_left(payload: Mapping[str, Any], permit: Mapping[str, Any], why: str) -> Row:
    """Nothing was sent now; so nothing ever was, unless it had been sent before."""
    if permit["payloads"][payload["name"]]["sent"]:
        return _row(payload, "sending", "", why)
    return _row(payload, "unsent", "", why if why.startswith("Nothing was sent") else f"Nothing was sent: {why}")


def _after_unclear(payload: Mapping[str, Any], adapter: Adapter, said: Said) -> Row:
    """Ask what is there; it is not sent again now, since what is not there yet may come."""
    there = Found("unclear")
    for wait in LOOKS:
        pause(wait)
        there = adapter.find(payload["body"], payload["key"])
        if there.how not in ("none", "unclear"):
            return row_of_found(payload, there)
    more = "it has not been found there" if there.how == "none" else "and could not be asked again"
    return _row(payload, "sending", "", f"{said.said} Nobody knows whether it arrived: {more}.")


def look(payload: Mapping[str, Any], adapter: Adapter) -> Row:
    """How a payload stands at its facility; nothing is changed there."""
    return row_of_found(payload, adapter.find(payload["body"], payload["key"]))


def rehearse(payload: Mapping[str, Any], adapter: Adapter) -> Row:
    """What would come of sending a payload, by the facility's own validation; nothing is changed there."""
    there = adapter.find(payload["body"], payload["key"])
    if there.how == "unclear":
        return _row(payload, "unknown", "", there.said)
    if there.how != "none":
        return row_of_found(payload, there)
    said = adapter.check(payload["body"])
    word = {"done": "would be taken", "refused": "would be refused", "unclear": "unknown"}[said.how]
    return _row(payload, word, "", said.said)


def cancel(payload: Mapping[str, Any], adapter: Adapter, permit: Mapping[str, Any]) -> Row:
    """Cancel a payload, however often the facility has it; what may still be on its way is not given up."""
    known = permit["payloads"][payload["name"]].get("state", "")
    for _ in range(10):
        there = adapter.find(payload["body"], payload["key"])
        if there.how == "none":
            unsettled = _unsettled(payload, permit)
            if known in ("acknowledged", "executing"):  # who had it and does not show it has not given it up
                return _row(payload, known, "", f"{there.said} It had it: look there.")
            return _row(payload, "sending" if unsettled else "withdrawn", "", unsettled or there.said)
        if there.how == "unclear" or there.state in ("withdrawn", "done", "expired", "failed"):
            return _row(payload, there.state or "sending", there.identifier, there.said)
        said = adapter.cancel(there.identifier)
        if said.how != "done":
            return _row(payload, there.state or "sending", there.identifier, said.said)
        if there.how != "many":
            return _row(payload, "withdrawn", there.identifier, said.said)
    return _row(payload, "sending", "", f"{adapter.service} has it more than ten times.")


def row_of_found(payload: Mapping[str, Any], there: Found) -> Row:
    """What a facility's answer says of a payload; where it could not be asked, nobody knows."""
    if there.how == "same":
        return _row(payload, there.state or "acknowledged", there.identifier, there.said)
    if there.how == "many":
        return _row(payload, there.state or "acknowledged", there.identifier, f"{there.said} Cancel all but one.")
    # One that is different was not approved so; it counts as sent, and is never acknowledged.
    more = " It is not what was approved: cancel it." if there.how == "different" else ""
    return _row(payload, "sending", there.identifier, there.said + more)


def _unsettled(payload: Mapping[str, Any], permit: Mapping[str, Any]) -> str:
    """Why a payload that the facility has not may yet come; "" where it cannot."""
    before = permit["payloads"][payload["name"]]["sent"]
    waited = (_now() - max(map(mjd_of, before), default=-1e9)) * 86400.0
    left = permit["settling"] - waited
    return f"It may have been sent {waited:.0f} s ago; ask again in {left:.0f} s." if left > 0 else ""


def _stopped(permit: Mapping[str, Any]) -> str:
    if permit["stop"] and Path(permit["stop"]).exists():
        return "Nothing was sent: all hand-overs were stopped meanwhile."
    if any(Path(file).exists() for file in permit.get("off", ())):
        return "Nothing was sent: the rule that approved it was switched off meanwhile."
    if permit["until"] is not None and _now() > permit["until"]:
        return "Nothing was sent: the approval has ended meanwhile."
    if permit["start_by"] is not None and _now() > permit["start_by"]:
        return "Nothing was sent: those before it took too long; submit the rest again."
    return ""


def _now() -> float:
    return time.time() / 86400.0 + _MJD_UNIX


def _row(payload: Mapping[str, Any], state: str, identifier: str, said: str) -> Row:
    facility = f"{payload['facility']} {payload['address']}"
    return Row(payload["name"], facility, payload["key"], state, identifier, one_line(said))
