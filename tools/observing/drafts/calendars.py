"""Calendars of planned visits (iCalendar), for each telescope and for each person, that replace themselves when the plan changes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.schedule import PlannedVisit
from gnomon.tools.observing.documents.telescopes import Site, Telescope
from gnomon.tools.observing.documents.times import text_of
from gnomon.tools.observing.drafts.details import Wanted
from gnomon.tools.observing.drafts.draft import Draft
from gnomon.tools.observing.drafts.outside_text import file_stem, plain
from gnomon.tools.observing.drafts.places import clock, colons, local_text, place_at
from gnomon.tools.observing.drafts.plan import BROKEN_CHAIN, Plan, Stay

_TIME = "%Y-%m-%d %H:%M:%S"
_OCTETS = 75  # of a line, RFC 5545, 3.1
_ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+$")


def calendars(plan: Plan) -> list[Draft]:
    """Calendars after RFC 5545 and RFC 5546.

    A visit at a telescope keeps its UID through all replanning, and SEQUENCE is the number of the replanning that last changed it.  What is planned has
    METHOD PUBLISH; what was planned and is no longer is in a second file with METHOD CANCEL.  A visit that moves to another telescope is cancelled at the
    first and new at the second.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Draft
        One of each telescope, and one of each ``observer`` that the details name.  Detail asked for: ``organizer``, an address.  Where the schedule replaces
        one that was not given, that is missing too, since its visits could not be cancelled.

    Raises
    ------
    InputError
        Where an address is none.

    References
    ----------
    RFC 5545 (iCalendar), doi:10.17487/RFC5545; RFC 5546 (iTIP), doi:10.17487/RFC5546.
    """
    drafts = []
    for telescope in plan.telescopes.telescopes.values():
        drafts += _pair(plan, [telescope.key], plain(telescope.name), file_stem(telescope.key), telescope.key)
    people: dict[str, list[str]] = {}
    for key in plan.telescopes.telescopes:
        for person in _names(plan.details.of("observer", "ics", key)):
            people.setdefault(person, []).append(key)
    for person, keys in people.items():
        drafts += _pair(plan, keys, person, file_stem("observer", person), None)
    return drafts


def _pair(plan: Plan, keys: list[str], title: str, stem: str, telescope: str | None) -> list[Draft]:
    wanted = Wanted(plan.details, "ics")
    organizer = wanted.must("organizer", (), telescope)
    if organizer is not None and not _ADDRESS.match(organizer.strip()):
        raise InputError(f"The organizer {organizer!r} is no address.", remedy="Write one such as name@example.org.")
    if plan.broken_chain:
        wanted.lack(*BROKEN_CHAIN)
    stays = {plan.identity(s.planned): s for s in plan.stays}
    live: list[tuple[float, str, list[str]]] = []
    dropped: list[tuple[float, str, list[str]]] = []
    for uid, past in plan.history().items():
        visit = past.visit
        if visit.telescope not in keys:
            continue
        gone = not past.live or visit.state == "failed"
        event = _event(plan, uid, visit, past.number, stays.get(uid), gone, organizer)
        (dropped if gone else live).append((visit.start, uid, event))
    drafts = []
    for method, events, name in (("PUBLISH", live, stem), ("CANCEL", dropped, f"{stem}.cancelled")):
        if not events:
            continue
        lines = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Gnomon//Observing//EN",
            f"METHOD:{method}",
            f"X-WR-CALNAME:{_escaped(title)}",
        ]
        for _, _, event in sorted(events, key=lambda e: e[:2]):
            lines += event
        lines.append("END:VCALENDAR")
        drafts.append(
            Draft(
                "ics", telescope, f"{name}.ics", "text/calendar", "".join(_folded(line) for line in lines).encode("utf-8"),
                tuple(wanted.missing), tuple(wanted.warnings),
            )
        )  # fmt: skip
    return drafts


def _event(
    plan: Plan, uid: str, visit: PlannedVisit, number: int, stay: Stay | None, gone: bool, organizer: str | None
) -> list[str]:
    telescope = plan.telescopes.telescopes[visit.telescope]
    site = plan.telescopes.sites[telescope.site]
    stamp = plan.stamp("ics")
    request = plan.requests.requests.get(visit.request)
    name = plain(visit.request if request is None else request.target.name)
    summary = f"{name} ({visit.visit}) at {telescope.name}"
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        # Where nobody told when this was written, the beginning of the span, so that the same plan gives the same bytes.
        f"DTSTAMP:{_basic(plan.schedule.span[0] if stamp is None else stamp)}",
        f"DTSTART:{_basic(visit.start)}",
        f"DTEND:{_basic(visit.end)}",
        f"SEQUENCE:{number}",
        f"STATUS:{'CANCELLED' if gone else 'CONFIRMED'}",
        f"SUMMARY:{_escaped(summary)}",
        f"LOCATION:{_escaped(site.name)}",
        f"GEO:{site.latitude:.6f};{(site.longitude + 180.0) % 360.0 - 180.0:.6f}",
        f"DESCRIPTION:{_description(visit, stay, telescope, site, unwanted=visit in plan.unwanted())}",
        "TRANSP:OPAQUE",
        *([] if organizer is None else [f"ORGANIZER:mailto:{organizer.strip()}"]),
        "END:VEVENT",
    ]
    return lines


def _description(visit: PlannedVisit, stay: Stay | None, telescope: Telescope, site: Site, *, unwanted: bool) -> str:
    local = [local_text(t, site.zone, _TIME) for t in (visit.start, visit.end)]
    parts = [
        f"UTC {clock(visit.start, _TIME)} to {clock(visit.end, _TIME)}",
        f"{site.zone} {local[0]} to {local[1]}",
        f"{telescope.name}, {visit.instrument}",
        *(["Its request was withdrawn: stop it if you can"] if unwanted else []),
    ]
    if stay is not None:
        ra, dec = colons(*place_at(stay.request.target, visit.start))
        parts.append(f"ICRS {ra} {dec}")
        parts += [f"{e.band} {e.count} x {e.seconds:g} s" for e in stay.exposures]
    return "\\n".join(_escaped(p) for p in parts)


def _names(told: object) -> list[str]:
    """The persons that a detail names."""
    if told is None:
        return []
    values: Iterable[object] = told if isinstance(told, list) else [told]
    return [name for v in values if (name := plain(v))]


def _basic(mjd: float) -> str:
    """A time as RFC 5545 has it, to the nearest second."""
    return text_of(round(mjd * 86400.0) / 86400.0)[:19].replace("-", "").replace(":", "") + "Z"


def _escaped(text: object) -> str:
    """A value of text, in which nothing ends the line or the value (RFC 5545, 3.3.11)."""
    return plain(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> str:
    """A content line in pieces of at most 75 octets; none ends within a character, or with a blank, which tables and mailers drop."""
    pieces, piece = [], ""
    for character in line:
        if len((piece + character).encode("utf-8")) > _OCTETS:
            kept = piece.rstrip(" ")
            # A piece of blanks alone cannot be: `plain` leaves no two together.
            pieces.append(kept)
            piece = " " + piece[len(kept) :]
        piece += character
    pieces.append(piece.rstrip(" "))
    return "".join(f"{p}\r\n" for p in pieces)
