"""Notices of planned observations for NASA's General Coordinates Network, in its unified schema."""

from __future__ import annotations

from typing import Any

from gnomon.tools.observing.documents.schedule import PlannedVisit
from gnomon.tools.observing.documents.times import text_of
from gnomon.tools.observing.drafts.checking import check_form
from gnomon.tools.observing.drafts.details import Wanted
from gnomon.tools.observing.drafts.draft import Draft, json_bytes
from gnomon.tools.observing.drafts.outside_text import file_stem, plain
from gnomon.tools.observing.drafts.places import place_at
from gnomon.tools.observing.drafts.plan import BROKEN_CHAIN, Past, Plan, Stay
from gnomon.tools.observing.drafts.schemas.gcn import NOTICE


def gcn_notices(plan: Plan) -> list[Draft]:
    """A notice for each visit that is planned or running, an update where replanning changed it, and a retraction where it was dropped.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Draft
        Details asked for: ``schema`` (every producer has one of its own with GCN) and ``date``; ``ref_type``, ``ref_instrument`` and ``ref_id`` where an alert
        led to it.

    Raises
    ------
    InputError
        Where a value does not fit.
    """
    history = plan.history()
    drafts = [
        _notice(plan, stay, history[plan.identity(stay.planned)])
        for stay in plan.stays
        if stay.planned.state in ("planned", "running")
    ]
    return drafts + [_retraction(plan, key, past) for key, past in plan.dropped().items()]


def _notice(plan: Plan, stay: Stay, past: Past) -> Draft:
    wanted = Wanted(plan.details, "gcn_json")
    key = stay.telescope.key
    ra, dec = place_at(stay.request.target, stay.planned.start)
    exposed = "; ".join(f"{plain(e.band)} {e.count} x {e.seconds:g} s" for e in stay.exposures)
    document = _head(plan, plan.identity(stay.planned), stay.planned, past.number, wanted)
    document |= {
        "alert_tense": "planned" if stay.planned.state == "planned" else "current",
        "alert_type": "initial" if past.before is None else "update",
        "observation_start": text_of(stay.planned.start),
        "observation_stop": text_of(stay.planned.end),
        "observation_livetime": sum(e.count * e.seconds for e in stay.exposures),
        "ra": ra,
        "dec": dec,
        **({} if stay.request.target.error is None else {"ra_dec_error": stay.request.target.error}),
        "ra_pointing": ra,
        "dec_pointing": dec,
        "additional_info": f"{stay.visit.mode}: {exposed}",
    }
    for word, name in (("ref_type", "ref_type"), ("ref_instrument", "ref_instrument"), ("ref_id", "ref_ID")):
        told = wanted.may(word, key, stay.request.key)
        if told is not None:
            document[name] = plain(told)
    return _draft(document, stay.planned, wanted)


def _retraction(plan: Plan, key: str, past: Past) -> Draft:
    wanted = Wanted(plan.details, "gcn_json")
    document = _head(plan, key, past.visit, past.number, wanted) | {
        "alert_tense": "planned",
        "alert_type": "retraction",
    }
    return _draft(document, past.visit, wanted)


def _head(plan: Plan, key: str, visit: PlannedVisit, number: int, wanted: Wanted) -> dict[str, Any]:
    telescope = plan.telescopes.telescopes[visit.telescope]
    instrument = telescope.instruments.get(visit.instrument)
    request = plan.requests.requests.get(visit.request)
    name = wanted.may("event", visit.telescope, visit.request) or (None if request is None else request.target.name)
    stamp = plan.stamp("gcn_json")
    if plan.broken_chain:
        wanted.lack(*BROKEN_CHAIN)
    if stamp is None:
        wanted.must("date", ("alert_datetime",))
    return {
        "$schema": wanted.must("schema", ("$schema",), visit.telescope),
        "alert_datetime": None if stamp is None else text_of(stamp),
        "alert_tense": "",
        "alert_type": "",
        "event_name": plain(name or visit.request),
        "id": key,
        "mission": plain(telescope.name),
        "instrument": plain(visit.instrument if instrument is None else instrument.name),
        "messenger": "EM",
        "record_number": number + 1,
    }


def _draft(document: dict[str, Any], visit: PlannedVisit, wanted: Wanted) -> Draft:
    check_form(document, NOTICE, f"The notice of {visit.request}/{visit.visit}", wanted.blanks)
    return Draft(
        "gcn_json", visit.telescope, f"{file_stem('gcn', visit.telescope, visit.request, visit.visit)}.json",
        "application/json", json_bytes(document), tuple(wanted.missing), tuple(wanted.warnings),
    )  # fmt: skip
