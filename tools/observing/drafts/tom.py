"""Targets and observation records for the TOM Toolkit."""

from __future__ import annotations

import json
from typing import Any

from gnomon.tools.observing.documents.requests import Target
from gnomon.tools.observing.documents.times import text_of
from gnomon.tools.observing.drafts.checking import check_form
from gnomon.tools.observing.drafts.details import Wanted
from gnomon.tools.observing.drafts.draft import Draft, json_bytes
from gnomon.tools.observing.drafts.outside_text import file_stem, plain, shortened
from gnomon.tools.observing.drafts.plan import Plan, Stay
from gnomon.tools.observing.drafts.schemas.tom import PAYLOAD


def tom_payloads(plan: Plan) -> list[Draft]:
    """A target and its observations for each request that has visits still to come.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Draft
        Details asked for: ``tom_facility`` and ``observation_type`` of each telescope.  ``observing_parameters`` are those of the toolkit's
        form for facilities that are run by hand; ``tom_parameters`` adds those of another form.

    Raises
    ------
    InputError
        Where a value does not fit.
    """
    return [_payload(plan, stays) for stays in plan.to_ask.values()]


def _payload(plan: Plan, stays: tuple[Stay, ...]) -> Draft:
    wanted = Wanted(plan.details, "tom")
    request = stays[0].request
    keys = {s.telescope.key for s in stays}
    document = {
        "target": tom_target(request.target, wanted),
        "observations": [_observation(plan, stay, n, wanted) for n, stay in enumerate(stays)],
    }
    if request.target.error:
        wanted.warn("A TOM target has no place for the error of its position.", "TOM 的目标没有位置误差一栏。")
    check_form(document, PAYLOAD, f"The TOM payload of {request.key!r}", wanted.blanks)
    return Draft(
        "tom", next(iter(keys)) if len(keys) == 1 else None, f"{file_stem('tom', request.key)}.json", "application/json",
        json_bytes(document), tuple(wanted.missing), tuple(wanted.warnings),
    )  # fmt: skip


def tom_target(target: Target, wanted: Wanted) -> dict[str, Any] | None:
    """A target as the toolkit has it; None, and noted as missing, where its place is told in a way that it has not."""
    name = shortened(target.name, 100)
    orbit = target.elements
    if orbit is not None:
        return {
            "name": name, "type": "NON_SIDEREAL", "scheme": "MPC_MINOR_PLANET", "epoch_of_elements": orbit.epoch,
            "mean_anomaly": orbit.m, "arg_of_perihelion": orbit.peri, "eccentricity": orbit.e, "lng_asc_node": orbit.node,
            "inclination": orbit.i, "semimajor_axis": orbit.a,
        }  # fmt: skip
    if target.ra is None or target.dec is None:
        wanted.lack(
            f"elements of {name}: a TOM takes orbital elements, and no table of an ephemeris",
            f"{name} 的轨道根数：TOM 只接受根数，不接受星历表",
            ("target",),
        )
        return None
    told: dict[str, Any] = {"name": name, "type": "SIDEREAL", "ra": target.ra, "dec": target.dec, "epoch": 2000.0}
    if target.pm_ra or target.pm_dec:
        told |= {"pm_ra": target.pm_ra, "pm_dec": target.pm_dec}
    return told


def _observation(plan: Plan, stay: Stay, number: int, wanted: Wanted) -> dict[str, Any]:
    at = ("observations", number)
    key = stay.telescope.key
    name = shortened(f"{stay.target_name} {stay.planned.visit}", 50)
    instructions = {
        "telescope": key,
        "instrument": stay.instrument.key,
        "mode": stay.visit.mode,
        "exposures": [{"band": plain(e.band), "count": e.count, "seconds": e.seconds} for e in stay.exposures],
    }
    return {
        "name": name,
        "facility": wanted.must("tom_facility", (*at, "facility"), key),
        "observation_type": wanted.must("observation_type", (*at, "observation_type"), key),
        "observing_parameters": {
            "name": name,
            "start": text_of(stay.planned.start),
            "end": text_of(stay.planned.end),
            "observation_id": plan.identity(stay.planned),
            "observation_params": json.dumps(instructions, ensure_ascii=False),
            **(wanted.may("tom_parameters", key) or {}),
        },
    }
