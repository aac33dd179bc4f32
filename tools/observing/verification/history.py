"""What was frozen when a schedule replaced another: states that fit the time, and nothing changed before it."""

from __future__ import annotations

from gnomon.tools.observing.verification.claims import Claims, Stay
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
        The schedule that it replaces.  What began stays; when it was observed and what became of it may have become known since, for visits
        begin early or late, overrun, are broken off, and turn out to have failed.
    ledger : Ledger
    """
    if claims.now is None:
        ledger.find(
            "missing", "schedule: made", "A schedule that replaces another must say until when everything was frozen."
        )
        return
    now = claims.now - ALLOWED.seconds
    before = [s for s in parent.stays if s.start < now or s.state != "planned"]
    ahead = [s for s in parent.stays if s.start >= now and s.state == "planned"]
    left = [s for s in claims.stays if s.start < now or s.state != "planned"]
    ledger.count("frozen", len(before))
    # Those that stand where they stood come first, lest another try of the same visit is taken for one of them.
    pairs = [(old, _taken([s for s in left if _at_once(s, old)], old, left)) for old in before]
    for old, there in pairs:
        new = there or _taken([s for s in left if s.state != "planned"], old, left)
        if new is None:
            began = f"It began at {clock(old.start)}, before {clock(claims.now)}"
            ledger.find("history", old.place, f"{began}, and is gone or moved.")
        else:
            _check_pair(old, new, ledger)
    for new in (s for s in left if s.start < now):
        # A visit that was still to come may have begun early.
        planned = None if new.state == "planned" else _taken(ahead, new, ahead)
        if planned is None:
            began = f"It begins at {clock(new.start)}, before {clock(claims.now)}"
            ledger.find("history", new.place, f"{began}, and is not in the parent.")
        else:
            _check_pair(planned, new, ledger)


def _check_pair(old: Stay, new: Stay, ledger: Ledger) -> None:
    if (new.instrument, new.bands) != (old.instrument, old.bands):
        ledger.find("history", new.place, "Its instrument or bands are others than in the parent.")
    if new.state == "planned" and abs(new.end - old.end) > ALLOWED.seconds:
        ledger.find("history", new.place, f"It ends at {clock(new.end)}; in the parent at {clock(old.end)}.")
    longer = new.end > old.end + ALLOWED.seconds
    if (new.state == "planned" != old.state) or (old.state == "done" and new.state == "running" and not longer):
        ledger.find("history", new.place, f"It was {old.state} in the parent and is {new.state}.")


def _what(stay: Stay) -> tuple[str, str, str]:
    return stay.request, stay.visit, stay.telescope


def _at_once(new: Stay, old: Stay) -> bool:
    return abs(new.start - old.start) <= ALLOWED.seconds


def _taken(among: list[Stay], like: Stay, stays: list[Stay]) -> Stay | None:
    """The first of some that is the same visit at the same telescope, taken out of all."""
    found = next((s for s in among if _what(s) == _what(like)), None)
    if found is not None:
        stays.remove(found)
    return found
