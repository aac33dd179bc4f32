"""Visits that belong together: none twice, relations, credit, one of several, and the hours of programmes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from gnomon.tools.observing.verification.facilities import Telescope
from gnomon.tools.observing.verification.findings import ALLOWED, Ledger
from gnomon.tools.observing.verification.moments import clock
from gnomon.tools.observing.verification.stays import Known
from gnomon.tools.observing.verification.wishes import Relation, Wishes

ByRequest = Mapping[str, Mapping[str, Known]]


def by_request(known: list[Known], ledger: Ledger) -> dict[str, dict[str, Known]]:
    """The visits that count, by request and visit; one that is there twice is told, and the first kept."""
    told: dict[str, dict[str, Known]] = defaultdict(dict)
    for one in sorted(known, key=lambda k: k.stay.start):
        if not one.counts:
            continue  # a visit that failed may be observed again
        visits = told[one.stay.request]
        if one.stay.visit in visits:
            first = visits[one.stay.visit].stay
            ledger.find("twice", one.stay.place, f"It is also at {first.telescope} at {clock(first.start)}.")
        else:
            visits[one.stay.visit] = one
    return dict(told)


def check_sets(scheduled: ByRequest, known: list[Known], wishes: Wishes, ledger: Ledger) -> None:
    """Check what holds between visits and between requests."""
    for key, visits in scheduled.items():
        request = wishes.requests[key]
        missing = [v for v in request.visits if v not in visits]
        planned = [v for v, one in visits.items() if not one.past]
        if request.whole and missing and planned:
            ledger.find(
                "orphan", key, f"{', '.join(planned)} without {', '.join(missing)}; the request counts whole only."
            )
        for relation in request.relations:
            first, then = visits.get(relation.first), visits.get(relation.then)
            if first is None or then is None or (first.past and then.past):
                continue
            ledger.count("relations")
            broken = why_broken(relation, first.stay.start, first.stay.end, then.stay.start)
            broken = broken or where_broken(relation, first.telescope, then.telescope)
            if broken:
                ledger.find("relation", f"{key}: {relation.first} and {relation.then}", broken)
    for members in wishes.one_of:
        ledger.count("one_of")
        taken = taken_of(members, scheduled, wishes)
        if len(taken) > 1 and any(not one.past for m in taken for one in scheduled[m].values()):
            ledger.find("one_of", " and ".join(taken), f"At most one of {', '.join(members)} may be scheduled.")
    used = seconds_used(known)
    for key, (most, _) in wishes.programmes.items():
        ledger.count("programmes")
        spare = ALLOWED.seconds * sum(one.request.programme == key for one in known) + 1e-6
        # What went beyond by an overrun is a fact; what is still planned must then go.
        ahead = any(one.request.programme == key and not one.past for one in known)
        if most is not None and ahead and used.get(key, 0.0) > 3600 * most + spare:
            ledger.find("hours", f"programme {key}", f"{used[key] / 3600:.3f} h, limit {most:g} h.")


def taken_of(members: tuple[str, ...], scheduled: ByRequest, wishes: Wishes) -> list[str]:
    """Requests of a set that are scheduled.  One that counts whole only, was begun and will not be finished, is not."""
    taken = []
    for key in dict.fromkeys(members):
        visits, request = scheduled.get(key, {}), wishes.requests.get(key)
        given_up = (
            request is not None
            and request.whole
            and len(visits) < len(request.visits)
            and all(one.past for one in visits.values())
        )
        if visits and not given_up:
            taken.append(key)
    return taken


def seconds_used(known: list[Known]) -> dict[str, float]:
    """Seconds of each programme; also those of visits that failed, for they were taken."""
    used: dict[str, float] = defaultdict(float)
    for one in known:
        if one.request.programme:
            used[one.request.programme] += one.stay.end - one.stay.start
    return dict(used)


def why_broken(relation: Relation, start: float, end: float, then: float, spare: float | None = None) -> str:
    """Why the times of a relation do not hold, in words; empty where they do.

    Parameters
    ----------
    relation : Relation
    start, end : float
        Of the first visit [s].
    then : float
        Start of the other [s].
    spare : float, optional
        What is forgiven [s]; what the check allows unless given.
    """
    spare = (ALLOWED.seconds if spare is None else spare) + 1e-6
    delay = then - (start if relation.origin == "start" else end)
    if relation.least is not None and delay < relation.least - spare:
        return f"{delay:.1f} s from the {relation.origin} of the first to the start of the other, at least {relation.least:g} s."
    if relation.most is not None and delay > relation.most + spare:
        return f"{delay:.1f} s from the {relation.origin} of the first to the start of the other, at most {relation.most:g} s."
    return ""


def where_broken(relation: Relation, one: Telescope, two: Telescope) -> str:
    """Why the places of a relation do not hold, in words; empty where they do."""
    kind, _, what = relation.where.partition("_")
    if kind == "any":
        return ""
    a, b = (one.key, two.key) if what == "telescope" else (one.site, two.site)
    if (a == b) != (kind == "same"):
        return f"They are at {a} and {b}; asked for: {relation.where.replace('_', ' ')}."
    return ""
