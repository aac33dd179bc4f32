"""From targets to a requests document: what is wished of each, in the words of a question."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.archives.positions.target_positions import places_at
from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import FORM
from gnomon.tools.observing.documents.tables import table_of_requests
from gnomon.tools.observing.documents.times import mjd_of, text_of
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import ObservingRequests, Target

# Sun's centre below the horizon at the ends of twilight (Explanatory Supplement to the Astronomical Almanac, 3rd ed., 2013, ch. 14).
_TWILIGHT = {"civil": -6.0, "nautical": -12.0, "astronomical": -18.0}

# Documents give positions at this epoch.
_EPOCH = 2000.0


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.2,
    citations=(
        "Street et al. 2018, General-purpose software for managing astronomical observing programs in the LSST era, doi:10.1117/12.2312293",
    ),
    examples=(
        "Write observing requests for these targets: three images of 300 s each in g and r tonight",
        "Request spectroscopy of SN 2026abc with two exposures of 900 s",
        "I want imaging and then a spectrum of the afterglow at 197.45 -23.38 within two hours",
        "Make a request for one visit every six hours, four times, in the r band",
        "What would I have to ask for to image M 31 simultaneously on two telescopes?",
        "为这些目标写观测申请：今晚在 g 和 r 波段各拍三张 300 秒的图像",
        "申请对 SN 2026abc 做光谱观测，曝光两次，每次 900 秒",
        "先对 197.45 -23.38 处的余辉成像，两小时内再取光谱，写成观测申请",
        "写一个每六小时观测一次、共四次的 r 波段观测申请",
    ),
    summary_zh="把目标和观测要求（模式、波段、曝光、时间范围、周期）写成观测申请。",
    method="Observing requests were written for {modes} between {start} and {end}: {exposures} exposures of {exposure} a band, airmass up to {airmass}, the Sun below {twilight} twilight, the Moon at least {moon_separation} away.",
    method_zh="为 {start} 至 {end} 之间的 {modes} 写出观测申请：每个波段 {exposures} 次、每次 {exposure} 曝光，大气质量不超过 {airmass}，太阳在 {twilight} 晨昏蒙影以下，距月至少 {moon_separation}。",
)
def request_observations(
    targets: Target,
    start: Annotated[str, "start"],
    end: Annotated[str, "end"],
    modes: list[Literal["imaging", "spectroscopy"]] = ["imaging"],  # noqa: B006 - a default that nobody changes
    bands: list[Annotated[str, "band"]] = [],  # noqa: B006
    exposure: Annotated[float, "s", "(0, 86400]"] = 300.0,
    exposures: Annotated[int, "[1, 1000]"] = 1,
    spectrum_exposure: Annotated[float, "s", "(0, 86400]"] = 900.0,
    spectrum_within: Annotated[float, "h", "(0, 240]"] | None = None,
    visits: Annotated[int, "[1, 100]"] = 1,
    cadence: Annotated[float, "h", "(0, 1000]"] | None = None,
    simultaneous: bool = False,
    airmass: Annotated[float, "[1, 40]"] = 2.0,
    twilight: Literal["civil", "nautical", "astronomical"] = "nautical",
    moon_separation: Annotated[float, "deg", "[0, 180]"] = 30.0,
    magnitude: Annotated[float, "mag", "[-30, 40]"] | None = None,
    radius: Annotated[float, "arcmin", "[0, 10800]"] | None = None,
    priority: Annotated[float, "(0, 1e6]"] = 100.0,
) -> ObservingRequests:
    """Write what is to be observed of targets as observing requests: modes, bands, exposures, times and limits.

    Parameters
    ----------
    targets : Target
        One request for each.
    start, end : str
        Nothing is observed before or after; UTC.
    modes : list of {"imaging", "spectroscopy"}
        With both, spectra follow images.
    bands : list of str
        Of images; any one that the instrument has where none is named.
    exposure : float
        Seconds of each image.
    exposures : int
        How many exposures a band, and of the spectrum.
    spectrum_exposure : float
        Seconds of each spectrum.
    spectrum_within : float, optional
        Hours after the images are done in which the spectrum must begin; any time after them where not given.
    visits : int
        How often each target is visited.
    cadence : float, optional
        Hours between the starts of visits that follow each other, good to a quarter of itself; must be given with more visits than one.
    simultaneous : bool
        Whether images and spectra, or the images in different bands, are taken at the same time on different telescopes, within a minute.
    airmass : float
        Largest airmass, a ratio.
    twilight : {"civil", "nautical", "astronomical"}
        The Sun is below this twilight's end.
    moon_separation : float
        Least angle to the Moon.
    magnitude : float, optional
        How bright the targets are, in any band; where not given, nothing is held against how faint instruments reach.
    radius : float, optional
        In which the targets lie: of the error circle.
    priority : float
        What each is worth, dimensionless; more than other requests of lower priority.

    Returns
    -------
    ObservingRequests
        One row for each visit.

    Raises
    ------
    InputError
        Where a target has no position, or the wish contradicts itself.
    """
    first, last = mjd_of(start), mjd_of(end)
    if last <= first:
        raise InputError(f"The time from {start} to {end} has no length.", remedy="Give an end after the start.")
    if not modes:
        raise InputError("Neither imaging nor spectroscopy is asked for.", remedy="Name imaging, spectroscopy or both.")
    if visits > 1 and cadence is None:
        raise InputError(f"{visits} visits are asked for, and not how far apart.", remedy="Give the cadence, in hours.")
    places = places_at(targets, (_EPOCH, _EPOCH))
    _ra, _dec, pm_ra, pm_dec = places.motion[:4]
    wished = _visits(list(dict.fromkeys(modes)), bands, exposure, exposures, spectrum_exposure, simultaneous)
    requests: list[dict[str, Any]] = []
    for row, name in enumerate(places.names):
        target: dict[str, Any] = {"name": name, "ra": float(places.ra[row]) % 360, "dec": float(places.dec[row])}
        if name not in places.still:
            target |= {"pm_ra": float(pm_ra[row]), "pm_dec": float(pm_dec[row])}
        if radius is not None:
            target["error"] = radius / 60
        if magnitude is not None:
            target["magnitude"] = magnitude
        request = {"key": _key(name, {r["key"] for r in requests}), "target": target, "priority": float(priority)}
        requests.append(request | _linked(wished, visits, cadence, spectrum_within, simultaneous))
    return table_of_requests(
        {
            "form": FORM,
            "version": 1,
            "span": {"start": text_of(first), "end": text_of(last)},
            "defaults": {
                "airmass_max": float(airmass),
                "sun_altitude_max": _TWILIGHT[twilight],
                "moon_separation_min": float(moon_separation),
            },
            "requests": requests,
        }
    )


def _visits(
    modes: list[str], bands: list[str], exposure: float, exposures: int, spectrum_exposure: float, simultaneous: bool
) -> list[dict[str, Any]]:
    """The visits of one round; what is simultaneous is one visit for each band and mode."""
    wished: list[dict[str, Any]] = []
    if "imaging" in modes:
        sets = [[b] for b in bands] if simultaneous and len(bands) > 1 else [list(bands)]
        for chosen in sets:
            key = f"imaging_{chosen[0]}" if len(sets) > 1 else "imaging"
            visit: dict[str, Any] = {"key": key, "mode": "imaging", "exposures": [[exposures, float(exposure)]]}
            wished.append(visit | ({"bands": chosen} if chosen else {}))
    if "spectroscopy" in modes:
        wished.append({"key": "spectrum", "mode": "spectroscopy", "exposures": [[exposures, float(spectrum_exposure)]]})
    if simultaneous and len(wished) < 2:
        raise InputError(
            "Only one thing is asked for, which cannot be simultaneous with another.",
            remedy="Name two bands, or imaging and spectroscopy.",
        )
    return wished


def _linked(
    wished: list[dict[str, Any]], visits: int, cadence: float | None, spectrum_within: float | None, simultaneous: bool
) -> dict[str, Any]:
    """The visits of all rounds, with what joins them."""
    if visits > 1 and len(wished) == 1:
        assert cadence is not None
        gap = cadence * 3600
        return {"visits": wished, "cadence": {"count": visits, "gap": gap, "tolerance": gap / 4}}
    made: list[dict[str, Any]] = []
    relations: list[dict[str, Any]] = []
    for number in range(1, visits + 1):
        end = f"_{number}" if visits > 1 else ""
        round_ = [{**v, "key": v["key"] + end} for v in wished]
        for visit in round_[1:]:
            if simultaneous:
                relations.append({"first": round_[0]["key"], "then": visit["key"], "from": "start", "min": -60, "max": 60, "where": "other_telescope"})  # fmt: skip
            else:
                within = {} if spectrum_within is None else {"max": spectrum_within * 3600}
                relations.append({"first": round_[0]["key"], "then": visit["key"], "from": "end", "min": 0, **within})
        if made:
            assert cadence is not None
            gap = cadence * 3600
            relations.append({"first": made[-len(wished)]["key"], "then": round_[0]["key"], "from": "start", "min": gap * 0.75, "max": gap * 1.25})  # fmt: skip
        made += round_
    return {"visits": made, **({"relations": relations} if relations else {})}


def _key(name: str, taken: set[str]) -> str:
    """A short name that is not taken: letters and digits of the name."""
    stem = re.sub(r"[^\w+-]+", "_", name.replace("−", "-")).strip("_").lower() or "target"
    key, number = stem, 1
    while key in taken:
        number += 1
        key = f"{stem}_{number}"
    return key
