"""From targets to a requests document: what is wished of each, in the words of a question."""

from __future__ import annotations

import re
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.archives.positions.target_positions import places_at
from gnomon.tools.captions import both
from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import FORM
from gnomon.tools.observing.documents.tables import table_of_requests
from gnomon.tools.observing.documents.times import mjd_of, text_of
from gnomon.tools.observing.events.phase_visits import PhaseWish, phase_wish
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import ObservingRequests, Target

# Sun's centre below the horizon at the ends of twilight (Explanatory Supplement to the Astronomical Almanac, 3rd ed., 2013, ch. 14).
_TWILIGHT = {"civil": -6.0, "nautical": -12.0, "astronomical": -18.0}

# Documents give positions at this epoch.
_EPOCH = 2000.0
_MOST_VISITS = 100


@tool(
    version="1.5",
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
        "Request a whole transit of WASP-12 b in r, 60 s exposures: P = 1.0914203 d, T0 = 2456176.66826, 2.9 h long, half an hour before and after",
        "Write requests for every transit in the next two weeks from this ephemeris",
        "Ask for two spectra of the binary between phases 0.2 and 0.3, period 2.8673 d, epoch 2455000.1234",
        "Write requests for images of AT 2026abc in g, 3 x 60 s, and r, 5 x 30 s, with the Liverpool Telescope, and a spectrum with ALFOSC on the NOT",
        "为这些目标写观测申请：今晚在 g 和 r 波段各拍三张 300 秒的图像",
        "申请对 SN 2026abc 做光谱观测，曝光两次，每次 900 秒",
        "先对 197.45 -23.38 处的余辉成像，两小时内再取光谱，写成观测申请",
        "写一个每六小时观测一次、共四次的 r 波段观测申请",
        "申请完整观测一次凌星，r 波段 60 秒曝光，周期 1.0914203 天，历元 2456176.66826，时长 2.9 小时",
        "为未来两周内的每一次凌星写观测申请",
        "在相位 0.2 到 0.3 之间申请两次双星光谱，周期 2.8673 天",
        "写观测申请：用兴隆 85 厘米成像，V 波段 3×60 秒、R 波段 5×30 秒，用 2.16 米的 BFOSC 拍光谱",
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
    band_exposure: list[Annotated[float, "s", "(0, 86400]"]] = [],  # noqa: B006
    band_exposures: list[Annotated[int, "[1, 1000]"]] = [],  # noqa: B006
    spectrum_exposure: Annotated[float, "s", "(0, 86400]"] = 900.0,
    spectrum_exposures: Annotated[int, "[1, 1000]"] | None = None,
    spectrum_within: Annotated[float, "h", "(0, 240]"] | None = None,
    spectrum_after: Annotated[float, "h", "[0, 240]"] = 0.0,
    telescopes: list[str] = [],  # noqa: B006
    spectrum_telescopes: list[str] = [],  # noqa: B006
    instruments: list[str] = [],  # noqa: B006
    spectrum_instruments: list[str] = [],  # noqa: B006
    visits: Annotated[int, "[1, 100]"] | None = None,
    cadence: Annotated[float, "h", "(0, 1000]"] | None = None,
    tolerance: Annotated[float, "min", "[0, 1440]"] | None = None,
    partial: bool = False,
    simultaneous: bool = False,
    redundant: Annotated[int, "[1, 20]"] = 1,
    one_of: bool = False,
    airmass: Annotated[float, "[1, 40]"] = 2.0,
    twilight: Literal["civil", "nautical", "astronomical"] = "nautical",
    moon_separation: Annotated[float, "deg", "[0, 180]"] = 30.0,
    moon_illumination: Annotated[float, "[0, 1]"] | None = None,
    altitude: Annotated[float, "deg", "[0, 90)"] | None = None,
    magnitude: Annotated[float, "mag", "[-30, 40]"] | None = None,
    radius: Annotated[float, "arcmin", "[0, 10800]"] | None = None,
    priority: Annotated[float, "(0, 1e6]"] = 100.0,
    priorities: list[Annotated[float, "(0, 1e6]"]] = [],  # noqa: B006
    period: Annotated[float, "d", "(0, 1e6)"] | None = None,
    epoch: Annotated[float, "d"] | None = None,
    duration: Annotated[float, "h", "(0, 1e6)"] | None = None,
    phase: Annotated[float, "[0, 1]"] = 0.0,
    phase_from: Annotated[float, "[-1, 1]"] | None = None,
    phase_to: Annotated[float, "[-1, 1]"] | None = None,
    margin: Annotated[float, "min", "[0, 1440]"] = 0.0,
    period_change: Annotated[float, "ms/yr"] = 0.0,
    events: Literal["one", "every"] = "one",
) -> ObservingRequests:
    """Write what is to be observed of targets as observing requests: modes, bands, exposures, times and limits, perhaps a transit or another phase.

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
        How many exposures a band, and of the spectrum where `spectrum_exposures` is not given.
    band_exposure : list of float
        Seconds of each image in each of the bands, in their order, where they differ; all have `exposure` where empty.
    band_exposures : list of int
        How many exposures in each of the bands, in their order, where they differ; all have `exposures` where empty.
    spectrum_exposure : float
        Seconds of each spectrum.
    spectrum_exposures : int, optional
        How many exposures of the spectrum, where they are not as many as of a band.
    spectrum_within : float, optional
        Hours after the images are done in which the spectrum must begin; any time after them where not given.
    spectrum_after : float
        Hours after the images are done before which no spectrum begins.
    telescopes : list of str
        Keys of the telescopes that may make the visits (`gnomon telescopes` lists them); any that can where empty.
    spectrum_telescopes : list of str
        Keys of the telescopes that may take the spectra, where they are not those for images.
    instruments : list of str
        Keys of the instruments that may be used (bfosc, yfosc); any where empty.
    spectrum_instruments : list of str
        Keys of the instruments that may take the spectra, where they are not those for images.
    visits : int, optional
        How often each target is visited.  Where not given: once, and with a cadence as often as fits between start and end (100 times at most), each visit counting its part.
    cadence : float, optional
        Hours between the starts of visits that follow each other; must be given with more visits than one.
    tolerance : float, optional
        Minutes by which the time between visits may differ from the cadence, a quarter of it where not given; without a cadence, how far apart
        the starts of what is simultaneous may be, a minute where not given.
    partial : bool
        Whether each visit that is made counts its part; else a target counts only with all its visits.
    simultaneous : bool
        Whether images and spectra, or the images in different bands, are taken at the same time on different telescopes, within a minute; where
        there is one thing only, it is taken by two telescopes at the same time.
    redundant : int
        At how many different sites the same is observed, in case one has clouds.
    one_of : bool
        Whether only one of the targets is observed, any of them.
    airmass : float
        Largest airmass, a ratio.
    twilight : {"civil", "nautical", "astronomical"}
        The Sun is below this twilight's end.
    moon_separation : float
        Least angle to the Moon.
    moon_illumination : float, optional
        Largest illuminated part of the Moon's disc while it is above the horizon, dimensionless; with 0 nothing is observed before it has set.
    altitude : float, optional
        Least altitude of the targets, beside the limits of telescopes and the airmass.
    magnitude : float, optional
        How bright the targets are, in any band; where not given, nothing is held against how faint instruments reach.
    radius : float, optional
        In which the targets lie: of the error circle.
    priority : float
        What each is worth, dimensionless; more than other requests of lower priority.
    priorities : list of float
        What each target is worth where they differ, dimensionless, in their order; all have `priority` where empty.
    period : float, optional
        Of a transit, an eclipse or another recurring event that the visits wait for, in days.
    epoch : float, optional
        When the event has phase 0: a full Julian date, BJD in TDB.
    duration : float, optional
        How long the event lasts, in hours; exposures fill it, and the visit is made where all of it is seen.
    phase : float
        Phase of the event's middle in cycles, dimensionless: 0 for transits, 0.5 for secondary eclipses of a circular orbit.
    phase_from, phase_to : float, optional
        Instead of a duration: phases in cycles, dimensionless, between which a visit may lie anywhere.
    margin : float
        Minutes before and after the event that are observed too.
    period_change : float
        By how much the period grows in a year, in milliseconds; negative for an orbit that decays.
    events : {"one", "every"}
        Whether one event is enough, or every one between start and end is wished, each counting its part.

    Returns
    -------
    ObservingRequests
        One row for each visit.

    Raises
    ------
    InputError
        Where a target has no position, or the wish contradicts itself.
    EmptyResult
        Where every event is wished and none comes.
    """
    first, last = mjd_of(start), mjd_of(end)
    if last <= first:
        raise InputError(f"The time from {start} to {end} has no length.", remedy="Give an end after the start.")
    if not modes:
        raise InputError("Neither imaging nor spectroscopy is asked for.", remedy="Name imaging, spectroscopy or both.")
    if redundant > 1 and ((visits or 1) > 1 or simultaneous or len(set(modes)) > 1 or period is not None):
        raise InputError(
            f"One visit at {redundant} sites is asked for, and more than one visit, or an event.",
            remedy="Ask for one mode and one visit at several sites, or write a requests document.",
        )
    if one_of and len(targets) < 2:
        raise InputError("One of several targets is asked for, and there is one.", remedy="Name the others too.")
    if spectrum_within is not None and spectrum_after > spectrum_within:
        raise InputError(
            f"A spectrum is asked for within {spectrum_within:g} h, and not before {spectrum_after:g} h.",
            remedy="Give a later end.",
        )
    if priorities and len(priorities) != len(targets):
        raise InputError(
            f"There are {len(priorities)} priorities for {len(targets)} targets.",
            remedy="Give one for each target, in their order.",
        )
    for given, of in ((band_exposure, "lengths"), (band_exposures, "numbers")):
        if given and len(given) != len(bands):
            raise InputError(
                f"There are {len(given)} {of} of exposures for {len(bands)} bands.",
                remedy="Give one for each band, in their order.",
            )
    if (band_exposure or band_exposures) and duration is not None and len(bands) > 1:
        raise InputError(
            "Exposures that differ from band to band are asked for, of an event that they fill.",
            remedy="Name one band, or one exposure.",
        )
    if visits is None:
        often = cadence is not None and period is None and redundant == 1
        visits = _as_many_as_fit(last - first, cadence) if often and cadence is not None else 1
        partial = partial or visits > 1
    wish = phase_wish(period, epoch, duration, phase, (phase_from, phase_to), margin, period_change, events)
    if visits > 1 and events == "every":
        raise InputError(f"Every event is asked for, and {visits} visits.", remedy="Ask for one of them.")
    if visits > 1 and cadence is None and wish is None:
        raise InputError(f"{visits} visits are asked for, and not how far apart.", remedy="Give the cadence, in hours.")
    places = places_at(targets, (_EPOCH, _EPOCH))
    _ra, _dec, pm_ra, pm_dec = places.motion[:4]
    spectra = (exposures if spectrum_exposures is None else spectrum_exposures, spectrum_exposure)
    each = [
        (
            int(band_exposures[n] if band_exposures else exposures),
            float(band_exposure[n] if band_exposure else exposure),
        )
        for n in range(len(bands) or 1)
    ]
    wished = _visits(list(dict.fromkeys(modes)), bands, each, spectra, simultaneous)
    for visit in wished:
        spectral = visit["mode"] == "spectroscopy"
        for field, of_spectra, of_all in (("telescopes", spectrum_telescopes, telescopes), ("instruments", spectrum_instruments, instruments)):  # fmt: skip
            if allowed := (of_spectra if spectral and of_spectra else of_all):
                visit[field] = list(dict.fromkeys(allowed))
    if wish is not None:
        wished = _at_phase(wish, wished, (first, last), simultaneous)
    requests: list[dict[str, Any]] = []
    for row, name in enumerate(places.names):
        target: dict[str, Any] = {"name": name, "ra": float(places.ra[row]) % 360, "dec": float(places.dec[row])}
        if name not in places.still:
            target |= {"pm_ra": float(pm_ra[row]), "pm_dec": float(pm_dec[row])}
        if radius is not None:
            target["error"] = radius / 60
        if magnitude is not None:
            target["magnitude"] = magnitude
        worth = float(priorities[row] if priorities else priority)
        request: dict[str, Any] = {"key": _key(name, {r["key"] for r in requests}), "target": target, "priority": worth}
        if wish is not None:
            place = (target["ra"], target["dec"])
            request |= _at_events(wish, wished, visits, cadence, place, (first, last), every=events == "every")
        elif redundant > 1:
            request |= {"visits": wished, "redundant": redundant}
        else:
            after = (spectrum_after, spectrum_within)
            request |= _linked(wished, visits, (cadence, tolerance), after, simultaneous=simultaneous, partial=partial)
        if partial:
            request["credit"] = "partial"
        requests.append(request)
    return table_of_requests(
        {
            "form": FORM,
            "version": 1,
            "span": {"start": text_of(first), "end": text_of(last)},
            "defaults": {
                "airmass_max": float(airmass),
                "sun_altitude_max": _TWILIGHT[twilight],
                "moon_separation_min": float(moon_separation),
                **({} if moon_illumination is None else {"moon_illumination_max": float(moon_illumination)}),
                **({} if altitude is None else {"altitude_min": float(altitude)}),
            },
            "requests": requests,
            **({"one_of": [[r["key"] for r in requests]]} if one_of else {}),
        }
    )


def _as_many_as_fit(days: float, cadence: float) -> int:
    """Visits at a cadence [h] from a time's start to its end [d], of which telescopes will see some."""
    fitting = int(days * 24 / cadence + 1e-6) + 1
    if fitting > _MOST_VISITS:
        every, every_zh = (f"{cadence:g} h", f"{cadence:g} 小时") if cadence >= 1 else (f"{60 * cadence:.4g} min", f"{60 * cadence:.4g} 分钟")  # fmt: skip
        warnings.warn(
            both(
                f"Every {every} would be {fitting} visits; the first {_MOST_VISITS} that can be made are asked for.",
                f"每 {every_zh}一次共 {fitting} 次；只申请其中可行的前 {_MOST_VISITS} 次。",
            ),
            stacklevel=2,
        )
    return min(fitting, _MOST_VISITS)


def _visits(
    modes: list[str], bands: list[str], images: list[tuple[int, float]], spectra: tuple[int, float], simultaneous: bool
) -> list[dict[str, Any]]:
    """The visits of one round, images of each band and spectra by how many exposures and how long [s]; what is simultaneous is one visit for each band and mode."""
    wished: list[dict[str, Any]] = []
    if "imaging" in modes:
        places = list(range(len(bands)))
        for chosen_places in [[n] for n in places] if simultaneous and len(bands) > 1 else [places]:
            chosen = [bands[n] for n in chosen_places]
            key = f"imaging_{chosen[0]}" if len(chosen) < len(bands) else "imaging"
            exposed = [[count, long] for count, long in (images[n] for n in chosen_places or [0])]
            # Written once where all are alike.
            exposed = exposed if any(e != exposed[0] for e in exposed) else exposed[:1]
            visit: dict[str, Any] = {"key": key, "mode": "imaging", "exposures": exposed}
            wished.append(visit | ({"bands": chosen} if chosen else {}))
    if "spectroscopy" in modes:
        wished.append({"key": "spectrum", "mode": "spectroscopy", "exposures": [[spectra[0], float(spectra[1])]]})
    if simultaneous and len(wished) == 1:
        wished = [{**wished[0], "key": f"{wished[0]['key']}_{which}"} for which in ("a", "b")]
    return wished


def _at_phase(
    wish: PhaseWish, wished: list[dict[str, Any]], span: tuple[float, float], simultaneous: bool
) -> list[dict[str, Any]]:
    """The visits of one event."""
    if len(wished) > 1 and not simultaneous:
        raise InputError(
            "Images and then spectra of an event are asked for.",
            remedy="Ask for one of them, or for both at the same time on different telescopes.",
        )
    return [wish.applied(visit, span) for visit in wished]


def _at_events(
    wish: PhaseWish,
    wished: list[dict[str, Any]],
    visits: int,
    cadence: float | None,
    place: tuple[float, float],
    span: tuple[float, float],
    *,
    every: bool,
) -> dict[str, Any]:
    """The visits of one event, of several, or of every one, with what joins them."""
    if every:
        each = [wish.each(visit, place, span) for visit in wished]
        made = [visit for round_ in zip(*each, strict=True) for visit in round_]
    else:
        ends = [f"_{number}" if visits > 1 else "" for number in range(1, visits + 1)]
        made = [{**v, "key": v["key"] + end} for end in ends for v in wished]
    rounds = [made[n : n + len(wished)] for n in range(0, len(made), len(wished))]
    # Of the same event: acquisitions take longer on one instrument than on another, and the next event is a period away.
    near = wish.apart / 2
    relations: list[dict[str, Any]] = [
        {"first": r[0]["key"], "then": v["key"], "from": "start", "min": -near, "max": near, "where": "other_telescope"}
        for r in rounds
        for v in r[1:]
    ]
    if not every:
        for one, other in pairwise(rounds):
            gap = {} if cadence is None else {"max": cadence * 4500.0}
            least = wish.apart if cadence is None else max(wish.apart, cadence * 2700.0)
            relations.append({"first": one[0]["key"], "then": other[0]["key"], "from": "start", "min": least, **gap})
    credit = {"credit": "partial"} if every else {}
    return {**credit, "visits": made, **({"relations": relations} if relations else {})}


def _linked(
    wished: list[dict[str, Any]],
    visits: int,
    every: tuple[float | None, float | None],
    after: tuple[float, float | None],
    *,
    simultaneous: bool,
    partial: bool,
) -> dict[str, Any]:
    """The visits of all rounds, with what joins them; `every` is the cadence [h] and how far from it they may be [min]."""
    cadence, tolerance = every
    off = None if tolerance is None else tolerance * 60
    together = 60.0 if off is None or cadence is not None else off
    if visits > 1 and len(wished) == 1:
        assert cadence is not None
        gap = cadence * 3600
        return {
            "visits": wished,
            "cadence": {"count": visits, "gap": gap, "tolerance": gap / 4 if off is None else off},
        }
    made: list[dict[str, Any]] = []
    relations: list[dict[str, Any]] = []
    for number in range(1, visits + 1):
        end = f"_{number}" if visits > 1 else ""
        round_ = [{**v, "key": v["key"] + end} for v in wished]
        for visit in round_[1:]:
            if simultaneous:
                relations.append({"first": round_[0]["key"], "then": visit["key"], "from": "start", "min": -together, "max": together, "where": "other_telescope"})  # fmt: skip
            else:
                least, most = after[0] * 3600, {} if after[1] is None else {"max": after[1] * 3600}
                relations.append({"first": round_[0]["key"], "then": visit["key"], "from": "end", "min": least, **most})
        if made:
            assert cadence is not None
            gap = cadence * 3600
            spare = gap / 4 if off is None else off
            # As a cadence of one visit does: where rounds may be left out, those on either side of a gap keep their distance.
            for n in range(1, number if partial else 2):
                relations.append({"first": made[-n * len(wished)]["key"], "then": round_[0]["key"], "from": "start", "min": n * (gap - spare), "max": n * (gap + spare)})  # fmt: skip
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
