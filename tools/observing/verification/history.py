"""What was frozen when a schedule replaced another: states that fit the time, and nothing changed before it."""

from __future__ import annotations

from gnomon.tools.observing.verification.claims import STATES, Claims, Stay
from gnomon.tools.observing.verification.findings import ALLOWED, Ledger
from gnomon.tools.observing.verification.moments import clock


def check_states(claims: Claims, ledger: Ledger) -> None:
    """Check that only what began before the time of the schedule is running, done or failed."""
    second = ALLOWED.seconds
    for stay in claims.stays:
        if stay.state == "planned":
            continue
        ledger.count("states")
        if claims.now is None:
            ledger.find(
                "state", stay.place, f"It is {stay.state}, and the schedule does not say at what time it was made."
            )
        elif stay.start > claims.now + second:
            ledger.find(
                "state", stay.place, f"It is {stay.state} and begins at {clock(stay.start)}, after {clock(claims.now)}."
            )
        elif stay.state == "done" and stay.end > claims.now + second:
            ledger.find("state", stay.place, f"It is done and ends at {clock(stay.end)}, after {clock(claims.now)}.")


def check_history(claims: Claims, parent: Claims, ledger: Ledger) -> None:
    """Check that what began before the time of the schedule is as in its parent.

    Parameters
    ----------
    claims : Claims
    parent : Claims
        The schedule that it replaces.  Of what was observed the end may differ, for exposures overrun and are broken off.
    ledger : Ledger
    """
    if claims.now is None:
        ledger.find(
            "missing", "schedule: made", "A schedule that replaces another must say until when everything was frozen."
        )
        return
    now = claims.now - ALLOWED.seconds
    before = [s for s in parent.stays if s.start < now or s.state != "planned"]
    left = [s for s in claims.stays if s.start < now or s.state != "planned"]
    ledger.count("frozen", len(before))
    for old in before:
        new = next((s for s in left if _same(s, old)), None) or next((s for s in left if _late(s, old)), None)
        if new is None:
            began = f"It began at {clock(old.start)}, before {clock(claims.now)}"
            ledger.find("history", old.place, f"{began}, and is gone or moved.")
            continue
        left.remove(new)
        if (new.instrument, new.bands) != (old.instrument, old.bands):
            ledger.find("history", new.place, "Its instrument or bands are others than in the parent.")
        if new.state == "planned" and abs(new.end - old.end) > ALLOWED.seconds:
            ledger.find("history", new.place, f"It ends at {clock(new.end)}; in the parent at {clock(old.end)}.")
        if STATES.index(new.state) < STATES.index(old.state) or (old.state == "done" and new.state != "done"):
            ledger.find("history", new.place, f"It was {old.state} in the parent and is {new.state}.")
    for new in (s for s in left if s.start < now):
        began = f"It begins at {clock(new.start)}, before {clock(claims.now)}"
        ledger.find("history", new.place, f"{began}, and is not in the parent.")


def _what(stay: Stay) -> tuple[str, str, str]:
    return stay.request, stay.visit, stay.telescope


def _same(new: Stay, old: Stay) -> bool:
    return _what(new) == _what(old) and abs(new.start - old.start) <= ALLOWED.seconds


def _late(new: Stay, old: Stay) -> bool:
    # A visit that began later than planned and is running, done or failed now: what happened, not what was changed.
    return _what(new) == _what(old) and new.state != "planned" and old.state == "planned" and new.start > old.start
