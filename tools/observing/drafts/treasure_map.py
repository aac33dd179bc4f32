"""Planned pointings for the Gravitational Wave Treasure Map."""

from __future__ import annotations

from typing import Any

from gnomon.tools.observing.documents.times import text_of
from gnomon.tools.observing.drafts.checking import check_form
from gnomon.tools.observing.drafts.details import Wanted
from gnomon.tools.observing.drafts.draft import Draft, json_bytes
from gnomon.tools.observing.drafts.outside_text import file_stem, plain
from gnomon.tools.observing.drafts.places import place_at
from gnomon.tools.observing.drafts.plan import Plan, Stay
from gnomon.tools.observing.drafts.schemas.treasure_map import BANDS, POINTINGS


def planned_pointings(plan: Plan) -> list[Draft]:
    """The pointings of imaging visits still to come, one for each band, of every gravitational-wave event.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Draft
        One an event.  Details asked for: ``graceid`` (where it is a mapping, requests that are not in it concern no event and are left out) and
        ``instrument_id`` of each telescope.

    Raises
    ------
    InputError
        Where a value does not fit.
    """
    events: dict[str | None, list[Stay]] = {}
    spectra = 0
    for stay in plan.stays:
        event = plan.details.of("graceid", "treasure_map", stay.telescope.key, stay.request.key)
        if event is None and plan.details.sorts("graceid", "treasure_map"):
            continue
        if stay.planned.state != "planned":
            continue
        if stay.visit.mode != "imaging":
            spectra += 1
            continue
        events.setdefault(event, []).append(stay)
    return [_draft(plan, event, stays, spectra) for event, stays in events.items()]


def _draft(plan: Plan, event: str | None, stays: list[Stay], spectra: int) -> Draft:
    wanted = Wanted(plan.details, "treasure_map")
    if event is None:
        wanted.must("graceid", ("graceid",))
    if spectra:
        wanted.warn(
            f"{spectra} visits for spectra are left out: the map is of what was imaged.",
            f"{spectra} 次光谱观测未列入：该图只记成像。",
        )
    pointings: list[dict[str, Any]] = []
    for stay in stays:
        for exposures in stay.exposures:
            band = exposures.band if exposures.band in BANDS else "other"
            if band == "other":
                wanted.warn(
                    f"The map knows no band {plain(exposures.band)!r}; it is told as other.",
                    f"该图不认识波段 {plain(exposures.band)}；记为 other。",
                )
            ra, dec = place_at(stay.request.target, stay.planned.start)
            at = ("pointings", len(pointings), "instrumentid")
            pointings.append(
                {
                    "ra": ra,
                    "dec": dec,
                    "instrumentid": wanted.must("instrument_id", at, stay.telescope.key, stay.instrument.key),
                    "time": text_of(exposures.start).rstrip("Z"),
                    "status": "planned",
                    "band": band,
                }
            )
    document = {"graceid": event, "pointings": pointings}
    check_form(document, POINTINGS, f"The pointings of {event or 'an event'}", wanted.blanks)
    return Draft(
        "treasure_map", None, f"{file_stem('treasure_map', event or 'event')}.json", "application/json",
        json_bytes(document), tuple(wanted.missing), tuple(wanted.warnings),
    )  # fmt: skip
