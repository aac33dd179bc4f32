"""Request groups for the portals of the Observatory Control System, which Las Cumbres Observatory, SOAR and others run."""

from __future__ import annotations

from typing import Any

from gnomon.tools.observing.documents.requests import Elements, Request
from gnomon.tools.observing.documents.times import text_of
from gnomon.tools.observing.drafts.checking import Place, check_form
from gnomon.tools.observing.drafts.details import Wanted
from gnomon.tools.observing.drafts.draft import Draft, json_bytes
from gnomon.tools.observing.drafts.outside_text import file_stem, plain, shortened
from gnomon.tools.observing.drafts.plan import DAY, Plan, Stay
from gnomon.tools.observing.drafts.schemas.lco import REQUEST_GROUP

_NAME = 50  # characters that the portal takes for the names of groups and targets
# Mean daily motion [deg/d] of a body at 1 au: the Gaussian gravitational constant, IAU 1976.
_GAUSS = 0.9856076686
_STEEPEST = 0.9  # eccentricity up to which the portal takes a body for a minor planet
_HIGHEST_AIRMASS = 25.0


def request_groups(plan: Plan) -> list[Draft]:
    """A request group for each request that has visits still to come.

    Each visit is a request with one window, that of its planned time; a cadence is written out, since the portal's own expansion leaves visits out
    without a word.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Draft
        Details asked for: ``proposal``, ``ipp_value``, ``observation_type``, ``window_margin``, and for each telescope ``instrument_type``,
        ``telescope_class`` and ``optical_elements`` of its bands.

    Raises
    ------
    InputError
        Where a value does not fit what the portal takes.
    """
    return [_group(plan, stays) for stays in plan.to_ask.values()]


def _group(plan: Plan, stays: tuple[Stay, ...]) -> Draft:
    wanted = Wanted(plan.details, "lco")
    request = stays[0].request
    keys = {s.telescope.key for s in stays}
    one = next(iter(keys)) if len(keys) == 1 else None
    name = shortened(f"{stays[0].target_name} {request.key}", _NAME)
    document = {
        "name": name,
        "proposal": wanted.must("proposal", ("proposal",), one),
        "ipp_value": wanted.must("ipp_value", ("ipp_value",), one),
        "operator": "SINGLE" if len(stays) == 1 else "MANY",
        "observation_type": wanted.must("observation_type", ("observation_type",), one),
        "requests": [_request(stay, n, wanted) for n, stay in enumerate(stays)],
    }
    _tell_losses(request, stays, plan.already(request.key), document, wanted)
    check_form(document, REQUEST_GROUP, f"The request group of {request.key!r}", wanted.blanks)
    return Draft(
        "lco", one, f"{file_stem('lco', request.key)}.json", "application/json", json_bytes(document),
        tuple(wanted.missing), tuple(wanted.warnings),
    )  # fmt: skip


def _request(stay: Stay, number: int, wanted: Wanted) -> dict[str, Any]:
    at: Place = ("requests", number)
    key = stay.telescope.key
    margin = wanted.must("window_margin", (), key)
    wider = (margin or 0.0) / DAY
    location = {"telescope_class": wanted.must("telescope_class", (*at, "location", "telescope_class"), key)}
    for word, code in (("site", "site_code"), ("enclosure", "enclosure"), ("telescope", "telescope_code")):
        told = wanted.may(code, key)
        if told is not None:
            location[word] = told
    return {
        "observation_note": plain(f"{stay.planned.request}/{stay.planned.visit} at {key}", 255),
        "configurations": [_configuration(stay, (*at, "configurations", 0), wanted)],
        "windows": [{"start": text_of(stay.planned.start - wider), "end": text_of(stay.planned.end + wider)}],
        "location": location,
    }


def _configuration(stay: Stay, at: Place, wanted: Wanted) -> dict[str, Any]:
    key, instrument = stay.telescope.key, stay.instrument.key
    elements = wanted.may("optical_elements", key) or {}
    mode = wanted.may("readout_mode", key, instrument)
    configs = []
    for n, exposures in enumerate(stay.exposures):
        told = elements.get(exposures.band)
        if told is None:
            wanted.lack(f"{key}.optical_elements for {exposures.band!r}: the facility's elements for that band", f"{key}.optical_elements（{exposures.band}）：设施中该波段的光学元件", (*at, "instrument_configs", n, "optical_elements"))  # fmt: skip
        config = {"exposure_time": exposures.seconds, "exposure_count": exposures.count, "optical_elements": told}
        configs.append(config | ({"mode": mode} if mode else {}))
    airmass = stay.airmass_max
    illumination = stay.visit.moon_illumination_max
    return {
        "type": "SPECTRUM" if stay.visit.mode == "spectroscopy" else "EXPOSE",
        "instrument_type": wanted.must("instrument_type", (*at, "instrument_type"), key, instrument),
        "target": _target(stay, (*at, "target"), wanted),
        # All three are written out: where one is absent, the portal sets one of its own (airmass 1.6, 30 degrees from the Moon).
        "constraints": {
            "max_airmass": min(airmass or _HIGHEST_AIRMASS, _HIGHEST_AIRMASS),
            "min_lunar_distance": stay.moon_separation_min,
            "max_lunar_phase": 1.0 if illumination is None else illumination,
        },
        "instrument_configs": configs,
        "acquisition_config": {},
        "guiding_config": {},
    }


def _target(stay: Stay, at: Place, wanted: Wanted) -> dict[str, Any] | None:
    target = stay.request.target
    name = shortened(target.name, _NAME)
    if target.elements is not None:
        return _orbit(name, target.elements)
    if target.ra is None or target.dec is None:
        wanted.lack(
            f"elements of {stay.target_name}: the portal takes orbital elements, and no table of an ephemeris",
            f"{stay.target_name} 的轨道根数：门户只接受根数，不接受星历表",
            at,
        )
        return None
    return {
        "name": name, "type": "ICRS", "ra": target.ra, "dec": target.dec,
        "proper_motion_ra": target.pm_ra, "proper_motion_dec": target.pm_dec, "epoch": 2000.0,
    }  # fmt: skip


def _orbit(name: str, orbit: Elements) -> dict[str, Any]:
    told = {
        "name": name, "type": "ORBITAL_ELEMENTS", "scheme": "MPC_MINOR_PLANET", "epochofel": orbit.epoch, "orbinc": orbit.i,
        "longascnode": orbit.node % 360.0, "argofperih": orbit.peri % 360.0, "eccentricity": orbit.e,
    }  # fmt: skip
    if orbit.e <= _STEEPEST:
        return told | {"meandist": orbit.a, "meananom": orbit.m % 360.0}
    since = ((orbit.m + 180.0) % 360.0 - 180.0) / (_GAUSS / orbit.a**1.5)
    return told | {"scheme": "MPC_COMET", "perihdist": orbit.a * (1.0 - orbit.e), "epochofperih": orbit.epoch - since}


def _tell_losses(
    request: Request, stays: tuple[Stay, ...], already: int, document: dict[str, Any], wanted: Wanted
) -> None:
    """Say what a request group cannot hold, and what a portal would drop."""
    if len(stays) > 1:
        if request.credit == "all":
            wanted.warn("The portal completes each request of a group by itself: that only all visits together count is not told to it.", "门户会单独完成组内每个申请：没有告诉它必须全部完成才算数。")  # fmt: skip
        if request.relations:
            wanted.warn(
                "Relations between visits are told by their windows alone: a visit that slips does not move the others.",
                "各次观测的关系只通过窗口告诉门户：一次观测推迟不会带动其他观测。",
            )
    if already:
        wanted.warn(
            f"{already} of {len(request.visits)} visits are running or done, and not asked for again.",
            f"{len(request.visits)} 次观测中 {already} 次正在进行或已完成，不再申请。",
        )
    if other := len(request.visits) - len(stays) - already:
        wanted.warn(
            f"{other} of {len(request.visits)} visits are not in this group: they are elsewhere, or not planned.",
            f"{len(request.visits)} 次观测中 {other} 次不在此组：在别处，或没有安排。",
        )
    if any(s.visit.sun_altitude_max is not None for s in stays):
        wanted.warn(
            "Limits on the Sun's altitude cannot be told to a portal; the facility's own twilight holds.",
            "太阳高度限制无法告诉门户；以设施自己的晨昏光为准。",
        )
    if document["observation_type"] == "RAPID_RESPONSE":
        wanted.warn(
            "A portal refuses rapid-response windows that begin in the future, and those that end more than a day after.",
            "门户拒绝开始于将来的快速响应窗口，也拒绝结束于一天以后的窗口。",
        )
    if wanted.may("window_margin", stays[0].telescope.key) == 0:
        wanted.warn(
            "A portal refuses a window that is no longer than what it reckons for the request with its own overheads.",
            "门户按自己的开销计算所需时间，窗口不比它长则拒绝。",
        )
