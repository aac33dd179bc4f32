"""Sources and follow-up requests for SkyPortal."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from gnomon.tools.observing.documents.times import text_of
from gnomon.tools.observing.drafts.checking import check_form
from gnomon.tools.observing.drafts.details import Wanted
from gnomon.tools.observing.drafts.draft import Draft, json_bytes
from gnomon.tools.observing.drafts.outside_text import file_stem, plain
from gnomon.tools.observing.drafts.places import place_at
from gnomon.tools.observing.drafts.plan import Plan, Stay
from gnomon.tools.observing.drafts.schemas.skyportal import PAYLOAD

_HIGHEST_AIRMASS = 3.0  # that SkyPortal's forms take


def skyportal_payloads(plan: Plan) -> list[Draft]:
    """A source and its follow-up requests for each request that has visits still to come.

    Bands of a visit that are exposed alike are one follow-up request, since a request has one exposure time.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Draft
        Details asked for: ``group_ids``, and of each telescope ``allocation_id`` and ``priority``; ``payload`` adds what the instrument's form wants.

    Raises
    ------
    InputError
        Where a value does not fit.
    """
    return [_payload(plan, stays) for stays in plan.to_ask.values()]


def _payload(plan: Plan, stays: tuple[Stay, ...]) -> Draft:
    wanted = Wanted(plan.details, "skyportal")
    wanted.warn(
        "SkyPortal submits a follow-up request to the facility as soon as it gets it.",
        "SkyPortal 一收到后随申请就会提交给设施。",
    )
    request = stays[0].request
    keys = {s.telescope.key for s in stays}
    identifier = _identifier(stays[0].target_name, request.key)
    groups = wanted.must("group_ids", ("source", "group_ids"))
    ra, dec = place_at(request.target, stays[0].planned.start)
    source: dict[str, Any] = {"id": identifier, "ra": ra, "dec": dec, "group_ids": groups}
    if request.target.error is not None:
        source |= {"ra_err": request.target.error, "dec_err": request.target.error}
    if identifier != stays[0].target_name:
        source["altdata"] = {"name": stays[0].target_name}
    if request.target.moves:
        wanted.warn(
            "SkyPortal keeps one place for a source: a body that moves is told where it is at its first visit.",
            "SkyPortal 中一个源只有一个位置：移动天体按第一次观测时的位置给出。",
        )
    asked: list[dict[str, Any]] = []
    for stay in stays:
        for (count, seconds), alike in groupby(stay.exposures, lambda e: (e.count, e.seconds)):
            bands = list(dict.fromkeys(plain(e.band) for e in alike))
            asked.append(_asked(stay, identifier, bands, count, seconds, groups, len(asked), wanted))
    document = {"source": source, "followup_requests": asked}
    check_form(document, PAYLOAD, f"The SkyPortal payload of {request.key!r}", wanted.blanks)
    return Draft(
        "skyportal", next(iter(keys)) if len(keys) == 1 else None, f"{file_stem('skyportal', request.key)}.json",
        "application/json", json_bytes(document), tuple(wanted.missing), tuple(wanted.warnings),
    )  # fmt: skip


def _asked(
    stay: Stay, identifier: str, bands: list[str], count: int, seconds: float, groups: Any, number: int, wanted: Wanted
) -> dict[str, Any]:  # fmt: skip
    at = ("followup_requests", number)
    key = stay.telescope.key
    airmass = stay.airmass_max
    if airmass is None or airmass > _HIGHEST_AIRMASS:
        wanted.warn(
            f"SkyPortal's forms take no airmass above {_HIGHEST_AIRMASS:g}; that is what is asked for.",
            f"SkyPortal 的表单不接受大于 {_HIGHEST_AIRMASS:g} 的大气质量；按此值申请。",
        )
    return {
        "obj_id": identifier,
        "allocation_id": wanted.must("allocation_id", (*at, "allocation_id"), key),
        "target_group_ids": groups or [],
        # A portal that has the request already must not observe twice; another band of the same visit is a request of its own.
        "not_if_duplicates": number == 0,
        "payload": {
            "observation_choices": bands,
            "exposure_time": seconds,
            "exposure_counts": count,
            "start_date": text_of(stay.planned.start).rstrip("Z"),
            "end_date": text_of(stay.planned.end).rstrip("Z"),
            "maximum_airmass": min(airmass or _HIGHEST_AIRMASS, _HIGHEST_AIRMASS),
            "minimum_lunar_distance": stay.moon_separation_min,
            "priority": wanted.must("priority", (*at, "payload", "priority"), key),
            **(wanted.may("payload", key) or {}),
        },
    }


def _identifier(name: str, key: str) -> str:
    """What SkyPortal takes for an identifier: of the target's name what it allows, without blanks; else the request's key."""
    told = re.sub(r"\s+", "", name)
    return told if re.fullmatch(r"[a-zA-Z0-9_\-;:+.]+", told) else file_stem(key)
