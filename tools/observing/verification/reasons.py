"""Why requests were left out: each reason is confirmed or refuted by a search of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gnomon.tools.observing.verification.claims import IMPOSSIBLE, Claims, Excuse
from gnomon.tools.observing.verification.durations import too_faint
from gnomon.tools.observing.verification.events import without
from gnomon.tools.observing.verification.facilities import Telescope
from gnomon.tools.observing.verification.findings import ALLOWED, Ledger
from gnomon.tools.observing.verification.limits import asks_equatorial, limits_at, look
from gnomon.tools.observing.verification.moments import clock
from gnomon.tools.observing.verification.placing import Busy, Placing, timelines
from gnomon.tools.observing.verification.rooms import FORGIVING, STAGES, STRICT, Offer, Rooms
from gnomon.tools.observing.verification.score import Worth, gain_of
from gnomon.tools.observing.verification.sets import ByRequest, seconds_used, taken_of
from gnomon.tools.observing.verification.sky import heavens
from gnomon.tools.observing.verification.stays import Known, samples_of
from gnomon.tools.observing.verification.wishes import Request, Wishes


@dataclass
class _Night:
    """Everything that reasons are judged by."""

    scheduled: ByRequest
    known: list[Known]
    wishes: Wishes
    rooms: Rooms
    busy: Mapping[str, list[Busy]]
    used: Mapping[str, float]
    worth: Worth
    since: float
    ledger: Ledger


def check_reasons(
    claims: Claims,
    scheduled: ByRequest,
    known: list[Known],
    wishes: Wishes,
    telescopes: Mapping[str, Telescope],
    worth: Worth,
    ledger: Ledger,
) -> None:
    """Confirm or refute why requests were left out.

    Parameters
    ----------
    claims, scheduled, known, wishes, telescopes
        The schedule and what it was made for.
    worth : Worth
    ledger : Ledger
        Gets what was refuted.

    Notes
    -----
    A reason is refuted only by a place that holds with all that the check allows to spare, found on a grid and looked at again with the
    full transformations.  That nothing was found is no proof; searches that gave up are counted.
    """
    excuses = [e for e in claims.excuses if e.request in wishes.requests]
    if not excuses:
        return
    rooms = Rooms(wishes, telescopes, dict.fromkeys(e.request for e in excuses))
    resolved = {id(one.stay) for one in known}
    lost: dict[str, list[Busy]] = {}
    for stay in claims.stays:
        if id(stay) not in resolved and stay.telescope in telescopes and stay.end > stay.start:
            row = Busy(stay.request, stay.start, stay.end, stay.instrument, stay.bands, None, None, None)
            lost.setdefault(stay.telescope, []).append(row)
    since = wishes.span[0] if claims.now is None else max(claims.now, wishes.span[0])
    night = _Night(scheduled, known, wishes, rooms, timelines(known, lost), seconds_used(known), worth, since, ledger)
    for excuse in excuses:
        ledger.count("reasons")
        _check(excuse, wishes.requests[excuse.request], night)


def _check(excuse: Excuse, request: Request, night: _Night) -> None:
    done = night.scheduled.get(request.key, {})
    missing = [v for v in request.visits if v not in done]
    named = [v for v in excuse.visits if v in request.visits] or missing
    if excuse.reason in IMPOSSIBLE and excuse.reason != "relation":
        _check_impossible(excuse, request, named, night)
        return
    # What comes before these reasons is that no schedule could hold the request.
    for key in missing if request.whole else named:
        lack = night.rooms.first_lack(request, request.visits[key], FORGIVING, night.wishes.span[0])
        if lack:
            _tell(excuse, f"the reason is {lack}: {key} has no room even by itself.", night)
            return
    if excuse.reason == "relation":
        past = {key: one for key, one in done.items() if one.past}
        _refute_if_fits(request, [key for key in request.visits if key not in past], past, {}, night, hours=False)
        return
    sets = [members for members in night.wishes.one_of if request.key in members]
    taken = [m for s in sets for m in taken_of(s, night.scheduled, night.wishes) if m != request.key]
    if excuse.reason == "one_of":
        if not taken:
            _tell(excuse, "no other request of a set with it is scheduled.", night)
        return
    if taken:
        _tell(excuse, f"the reason is one_of: {taken[0]} is scheduled.", night)
        return
    left = missing if request.whole else named
    if excuse.reason == "hours":
        if over := _hours_needed(request, left, night, -1):
            _tell(excuse, over, night)
        return
    if (
        request.programme
        and not _hours_needed(request, left, night, 1)
        and not _share_stops(request, set(missing), night)
    ):
        _tell(excuse, f"the reason is hours: those of programme {request.programme} are used up.", night)
        return
    _check_lost(excuse, request, missing, named, night)


def _tell(excuse: Excuse, sentence: str, night: _Night) -> None:
    night.ledger.find("reason", f"unscheduled {excuse.request}", f"{excuse.reason} does not hold: {sentence}")


def _check_impossible(excuse: Excuse, request: Request, named: list[str], night: _Night) -> None:
    alike = _alike(excuse.reason, request, named, night)
    faults: list[tuple[str, str]] = []
    for key in named:
        visit = request.visits[key]
        strict = night.rooms.first_lack(request, visit, STRICT, night.since)
        forgiving = night.rooms.first_lack(request, visit, FORGIVING, night.wishes.span[0])
        if not strict:
            where = _witness(request, key, night)
            if where and request.whole and len(request.visits) > 1:
                faults.append(("reason", f"{excuse.reason} does not hold: {key} by itself could be observed {where}."))
            elif where:
                faults.append(("refuted", f"{key} could be observed {where}."))
        elif strict not in alike and STAGES.index(strict) > STAGES.index(excuse.reason):
            faults.append(("reason", f"{excuse.reason} does not hold: {key} has room for it; the reason is {strict}."))
        elif forgiving and forgiving not in alike and STAGES.index(forgiving) < STAGES.index(excuse.reason):
            faults.append(("reason", f"{excuse.reason} is not the first that holds: {key} fails by {forgiving}."))
    # Where the entry names visits, it must be true of each; else of one of those that are missing.
    if faults and (excuse.visits or len(faults) == len(named)):
        night.ledger.find(faults[0][0], f"unscheduled {request.key}", faults[0][1])
        return
    if not request.whole:
        return
    for key in (v for v in request.visits if v not in named):
        lack = night.rooms.first_lack(request, request.visits[key], FORGIVING, night.wishes.span[0])
        if lack and lack not in alike and STAGES.index(lack) < STAGES.index(excuse.reason):
            sentence = f"{excuse.reason} is not the first that holds: {key} fails by {lack}."
            night.ledger.find("reason", f"unscheduled {request.key}", sentence)
            return


def _alike(reason: str, request: Request, named: list[str], night: _Night) -> tuple[str, ...]:
    """What a reason may also be called: where all that offer a visit are shut from now on, none is open any more, and none has room."""
    if reason not in ("no_instrument", "window"):
        return (reason,)
    for key in named:
        offers = night.rooms.offers(request, request.visits[key], "no_instrument", STRICT, night.since)
        if not offers or any(
            without([(night.since, night.wishes.span[1])], list(o.telescope.closures)) for o in offers
        ):
            return (reason,)
    return ("no_instrument", "window")


def _witness(request: Request, key: str, night: _Night) -> str:
    """Where and when a visit could be observed by itself, looked at with the full transformations; empty where that fails."""
    for offer in night.rooms.offers(request, request.visits[key], "moon", STRICT, night.since):
        for start, end in offer.starts:
            for when in (start, (start + end) / 2, end):
                if _holds(request, key, offer, when):
                    return f"at {offer.telescope.key} with {offer.instrument.key} from {clock(when)}"
    night.ledger.count("witnesses_dropped")
    return ""


def _holds(request: Request, key: str, offer: Offer, when: float) -> bool:
    import numpy as np

    visit, event = request.visits[key], offer.seconds - offer.mode.acquisition
    if too_faint(request, visit, offer.instrument, offer.mode, offer.bands, event):
        return False
    seconds = np.array(samples_of(when, when + offer.seconds))
    place, vectors = offer.telescope.place, request.position.vectors(seconds)
    sight = look(place, vectors, seconds, heavens(place, seconds), turned=asks_equatorial(offer.telescope))
    return all(limit.room.min() >= 0.5 for limit in limits_at(offer.telescope, visit, sight))


def _refute_if_fits(
    request: Request,
    keys: list[str],
    fixed: Mapping[str, Known],
    busy: Mapping[str, list[Busy]],
    night: _Night,
    *,
    hours: bool = True,
) -> bool:
    """Tell a finding where visits fit together among what is on the telescopes, and with `hours` into their programme; whether it did."""
    night.ledger.count("searches")
    search = Placing(night.rooms, busy, STRICT, night.since).place(request, keys, fixed)
    if search.cut:
        night.ledger.count("searches_cut")
    if search.found is None:
        return False
    if not all(_holds(request, key, offer, when) for key, (offer, when) in search.found.items()):
        night.ledger.count("witnesses_dropped")
        return False
    seconds = sum(offer.seconds for offer, _ in search.found.values())
    if hours and not _worthwhile(request, set(keys), seconds, night):
        night.ledger.count("witnesses_dropped")
        return False
    told = "; ".join(
        f"{key} at {offer.telescope.key} with {offer.instrument.key} from {clock(when)}"
        for key, (offer, when) in sorted(search.found.items(), key=lambda item: item[1][1])
    )
    night.ledger.find("refuted", f"unscheduled {request.key}", f"It could still be observed: {told}.")
    return True


def _hours_needed(request: Request, keys: list[str], night: _Night, way: int) -> str:
    """Why the hours of its programme are no reason, in words; empty where they are one.

    The seconds that each visit is allowed to be long or short speak for the hours where `way` is -1, and against them where it is 1, so that either reason holds
    between.
    """
    most, share = night.wishes.programmes.get(request.programme, (None, None))
    if not request.programme or (most is None and share is None):
        return "its programme has no limit of hours."
    if _share_stops(request, set(keys), night):
        return ""
    if most is None:
        return "its programme has a share only, and the request would still raise the score."
    least = []
    for key in keys:
        offers = night.rooms.offers(request, request.visits[key], "moon", FORGIVING, night.wishes.span[0])
        least.append(min(offer.seconds for offer in offers))
    need = sum(least) if request.whole else min(least)
    used = night.used.get(request.programme, 0.0)
    if used + need > 3600 * most + way * ALLOWED.seconds * (1 + len(night.known)):
        return ""
    return f"{request.programme} has used {used / 3600:.3f} of {most:g} h, and this takes {need / 3600:.3f} h."


def _share_stops(request: Request, keys: set[str], night: _Night) -> bool:
    """Whether a request would not raise the score, since its programme is beyond its share."""
    _, share = night.wishes.programmes.get(request.programme, (None, None))
    if share is None:
        return False
    least = 0.0
    for key in keys:
        offers = night.rooms.offers(request, request.visits[key], "moon", FORGIVING, night.wishes.span[0])
        least += min((offer.seconds for offer in offers), default=0.0)
    return _gained(request, keys, least, night) <= 0


def _gained(request: Request, keys: set[str], seconds: float, night: _Night) -> float:
    """What more visits would add to the score, the cost of a programme beyond its share taken off."""
    done = set(night.scheduled.get(request.key, {}))
    gain = gain_of(request, done | keys) - gain_of(request, done)
    _, share = night.wishes.programmes.get(request.programme, (None, None))
    if share is None:
        return gain
    more = {**night.used, request.programme: night.used.get(request.programme, 0.0) + seconds}
    capacity = night.worth.capacity[0]
    worth, wishes = night.worth, night.wishes
    return gain - worth.penalty(wishes, more, capacity) + worth.penalty(wishes, night.used, capacity)


def _worthwhile(request: Request, keys: set[str], seconds: float, night: _Night) -> bool:
    """Whether more visits would keep within the hours of their programme, and raise the score."""
    most, _ = night.wishes.programmes.get(request.programme, (None, None))
    used = night.used.get(request.programme, 0.0)
    return (most is None or used + seconds <= 3600 * most) and _gained(request, keys, seconds, night) > 0


def _check_lost(excuse: Excuse, request: Request, missing: list[str], named: list[str], night: _Night) -> None:
    done = night.scheduled.get(request.key, {})
    if _share_stops(request, set(missing), night):
        return
    groups = [missing] if request.whole else [[key] for key in named]
    if any(_refute_if_fits(request, keys, done, night.busy, night) for keys in groups):
        return
    place = f"unscheduled {request.key}"
    # With partial credit, a visit may have lost its room to the other visits of its own request, and to nobody else.
    gone = set(excuse.lost_to) or ({request.key} if done and not request.whole else set())
    if not gone:
        night.ledger.find("lost_to", place, "It names nothing that it was lost to.")
        return
    idle = [key for key in gone if not any(b.request == key for row in night.busy.values() for b in row)]
    if idle:
        night.ledger.find("lost_to", place, f"{', '.join(sorted(idle))} is named in lost_to and is not scheduled.")
        return
    # What stays as it is has taken its room as well.
    freed = {key: [b for b in row if b.request not in gone] for key, row in night.busy.items()}
    # With partial credit its own other visits, which may stand where they do because of the others, are no obstacle to that.
    alone = {key: [b for b in row if b.request != request.key] for key, row in freed.items()}
    ways = [(freed, {} if request.key in gone else done)] + ([] if request.whole else [(alone, {})])
    for keys in groups:
        night.ledger.count("searches")
        tried = [Placing(night.rooms, busy, FORGIVING, night.since).place(request, keys, kept) for busy, kept in ways]
        if any(search.cut for search in tried):
            night.ledger.count("searches_cut")
        elif all(search.found is None for search in tried):
            told = ", ".join(sorted(gone))
            night.ledger.find("lost_to", place, f"Without {told} there would be no room for {', '.join(keys)} either.")
            return
