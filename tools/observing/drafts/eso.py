"""Drafts of observation blocks for ESO's phase 2."""

from __future__ import annotations

import math
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.times import text_of
from gnomon.tools.observing.drafts.checking import check_form
from gnomon.tools.observing.drafts.details import Wanted
from gnomon.tools.observing.drafts.draft import Draft, json_bytes
from gnomon.tools.observing.drafts.outside_text import ascii_text, file_stem, plain, shortened
from gnomon.tools.observing.drafts.places import catalogue_place, colons
from gnomon.tools.observing.drafts.plan import DAY, Exposures, Plan, Stay
from gnomon.tools.observing.drafts.schemas.eso import OBSERVATION_BLOCK

_MAS = 1000.0
_MINUTE = 60.0


def observation_blocks(plan: Plan) -> list[Draft]:
    """An observation block for each planned visit, marked as a draft.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Draft
        Details asked for: ``proposal`` (the run), ``container_id``, ``eso_instrument``, ``sky_transparency`` and ``templates``, by instrument.  In a
        template's parameters the words ``{band}``, ``{count}`` and ``{seconds}`` stand for those of the exposures; a template that has one of them is
        repeated for each band.

    Raises
    ------
    InputError
        Where a value does not fit.
    """
    # What is over or under way needs no block, and a visit that failed may stand there a second time.
    return [_block(plan, stay) for stay in plan.stays if stay.planned.state == "planned"]


def _block(plan: Plan, stay: Stay) -> Draft:
    wanted = Wanted(plan.details, "eso")
    key, instrument = stay.telescope.key, stay.instrument.key
    label = shortened(ascii_text(f"{stay.target_name} {stay.planned.visit}") or f"{stay.planned.request} {stay.planned.visit}", 64)  # fmt: skip
    airmass = stay.airmass_max
    if airmass is None:
        wanted.lack(f"requests.{stay.request.key}.airmass_max: neither the visit nor the telescope has a limit of airmass", f"requests.{stay.request.key}.airmass_max：观测和望远镜都没有大气质量限制", ("observationBlock", "constraints", "airmass"))  # fmt: skip
    illumination = stay.visit.moon_illumination_max
    document = {
        "draft": True,
        "run": wanted.must("proposal", ("run",), key),
        "containerId": wanted.must("container_id", ("containerId",), key),
        "observationBlock": {
            "name": label,
            "instrument": wanted.must("eso_instrument", ("observationBlock", "instrument"), key, instrument),
            "obsDescription": {"name": label, "userComments": _comments(stay)},
            "target": _target(stay, wanted),
            "constraints": {
                "name": label,
                "airmass": None if airmass is None else math.floor(airmass * 1000.0) / 1000.0,
                "skyTransparency": wanted.must(
                    "sky_transparency", ("observationBlock", "constraints", "skyTransparency"), key
                ),
                "fli": 1.0 if illumination is None else illumination,
                "moonDistance": stay.moon_separation_min,
            },
        },
        "absoluteTimeConstraints": [_interval(stay)],
        "templates": _templates(stay, wanted),
    }
    wanted.warn("ESO takes a time constraint for when a block begins, so this one ends when the planned visit begins plus a minute.", "ESO 的时间约束指观测块开始的时刻，因此到计划开始后一分钟为止。")  # fmt: skip
    if stay.request.relations:
        wanted.warn(
            "Relations between visits are not told to ESO; concatenations and time links are made in the container.",
            "各次观测之间的关系没有告诉 ESO；请在容器中设置串接和时间链接。",
        )
    if stay.visit.sun_altitude_max is not None:
        wanted.warn(
            "The limit on the Sun's altitude is not among these constraints; where the instrument has one on twilight, set it.",
            "太阳高度限制不在这些约束之中；若仪器有晨昏光约束，请自行设置。",
        )
    if stay.request.target.pm_ra or stay.request.target.pm_dec:
        wanted.warn(
            "Proper motions are told in arcsec a year, in right ascension times cos dec; see that the service shows them so.",
            "自行以每年角秒给出，赤经方向已乘 cos dec；请确认服务中显示一致。",
        )
    if illumination is None:
        wanted.warn("No limit on the Moon's illumination was asked for: fli is 1.", "没有要求月亮亮面限制：fli 取 1。")
    check_form(document, OBSERVATION_BLOCK, f"The observation block of {stay.planned.request}/{stay.planned.visit}", wanted.blanks)  # fmt: skip
    return Draft(
        "eso", key, f"{file_stem('eso', key, *stay.key)}.json", "application/json", json_bytes(document),
        tuple(wanted.missing), tuple(wanted.warnings),
    )  # fmt: skip


def _comments(stay: Stay) -> str:
    what = "; ".join(f"{plain(e.band)} {e.count} x {e.seconds:g} s" for e in stay.exposures)
    return f"DRAFT. Planned {text_of(stay.planned.start)} to {text_of(stay.planned.end)}: {what}."


def _target(stay: Stay, wanted: Wanted) -> dict[str, Any]:
    target = stay.request.target
    at = catalogue_place(target, stay.planned.start)
    # The service wants three decimals in both, and `colons` gives one less to declination.
    ra, dec = colons(*at, 3)[0], colons(*at, 4)[1]
    if target.moves:
        wanted.lack(
            f"ephemeris file of {stay.target_name}: ESO wants one in its own format with a moving target",
            f"{stay.target_name} 的星历文件：对移动目标，ESO 要求其专用格式",
        )
    return {
        "name": ascii_text(stay.target_name) or stay.request.key,
        "ra": ra,
        "dec": dec,
        "equinox": "J2000",
        "epoch": 2000.0,
        "properMotionRa": target.pm_ra / _MAS,
        "properMotionDec": target.pm_dec / _MAS,
    }


def _interval(stay: Stay) -> dict[str, str]:
    """From the start to the next whole minute after it that is a minute away, to minutes as the service has them."""
    minutes = math.floor(stay.planned.start * DAY / _MINUTE + 1e-6)
    return {"from": text_of(minutes * _MINUTE / DAY)[:16], "to": text_of((minutes + 2) * _MINUTE / DAY)[:16]}


def _templates(stay: Stay, wanted: Wanted) -> list[dict[str, Any]] | None:
    key, instrument = stay.telescope.key, stay.instrument.key
    told = (wanted.may("templates", key) or {}).get(instrument)
    if not told:
        wanted.lack(f"{key}.templates for {instrument}: names and parameters of the acquisition and observing templates", f"{key}.templates（{instrument}）：对准和观测模板的名字与参数", ("templates",))  # fmt: skip
        return None
    written = []
    for template in told:
        if not isinstance(template, dict) or not isinstance(template.get("parameters", {}), dict):
            raise InputError(
                f"The details of {key}: a template of {instrument} must have templateName and parameters.",
                remedy="Write `{templateName: FORS2_img_obs_crsplit, parameters: {DET.WIN1.UIT1: '{seconds}'}}`.",
            )
        parameters = template.get("parameters", {})
        repeated = any(isinstance(v, str) and v in ("{band}", "{count}", "{seconds}") for v in parameters.values())
        for exposures in stay.exposures if repeated else stay.exposures[:1]:
            written.append({"templateName": template.get("templateName"), "parameters": {k: _filled(v, exposures) for k, v in parameters.items()}})  # fmt: skip
    return written


def _filled(value: Any, exposures: Exposures) -> Any:
    if not isinstance(value, str):
        return value
    return {"{band}": exposures.band, "{count}": exposures.count, "{seconds}": exposures.seconds}.get(value, value)
