"""From ranked galaxies to observing requests, the more probable ones first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import FORM
from gnomon.tools.observing.documents.tables import table_of_requests
from gnomon.tools.observing.documents.times import mjd_of, text_of
from gnomon.tools.registry import tool
from gnomon.tools.source_columns import numbers_of

if TYPE_CHECKING:
    from gnomon.tools.kinds import ObservingRequests, Ranking

# Sun's centre below the horizon at the ends of twilight (Explanatory Supplement to the Astronomical Almanac, 3rd ed., 2013, ch. 14).
_TWILIGHT = {"civil": -6.0, "nautical": -12.0, "astronomical": -18.0}


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.2,
    seconds_per_1000_rows=0.1,
    citations=(
        "Gehrels et al. 2016, Galaxy strategy for LIGO-Virgo gravitational wave counterpart searches, doi:10.3847/0004-637X/820/2/136",
        "Arcavi et al. 2017, Optical follow-up of gravitational-wave events with Las Cumbres Observatory, doi:10.3847/2041-8213/aa910f",
    ),
    examples=(
        "Request images of the 20 best galaxies of the ranking",
        "Write observing requests for the ranked host galaxies, 120 s in r each",
        "Make a galaxy-targeted plan for tonight from the ranking",
        "Visit the most probable galaxies of the localisation with the 2 m telescope",
        "Turn the galaxy list into observing requests",
        "Observe galaxies until half of the probability is covered",
        "为排名前 20 的星系写成像观测申请",
        "把排好序的宿主星系写成观测申请，每个 r 波段 120 秒",
        "根据星系排名做今晚的目标式观测计划",
        "用两米镜观测定位区内概率最大的星系",
        "把星系列表变成观测申请",
        "依次观测星系直到覆盖一半的概率",
    ),
    summary_zh="把排好序的候选宿主星系写成观测申请，优先级与其概率成正比。",
    method="Observing requests were written for the most probable galaxies, up to {number} of them or {level} of the probability, with priorities in proportion to their probabilities.",
    method_zh="为概率最大的星系写出观测申请（最多 {number} 个或累计概率 {level}），优先级与概率成正比。",
)
def request_galaxies(
    galaxies: Annotated[Ranking, "galaxies"],
    start: Annotated[str, "start"],
    end: Annotated[str, "end"],
    number: Annotated[int, "[1, 2000]"] = 50,
    level: Annotated[float, "(0, 1]"] = 0.9,
    exposure: Annotated[float, "s", "(0, 86400]"] = 120.0,
    exposures: Annotated[int, "[1, 1000]"] = 1,
    bands: list[Annotated[str, "band"]] = [],  # noqa: B006 - a default that nobody changes
    airmass: Annotated[float, "[1, 40]"] = 2.0,
    twilight: Literal["civil", "nautical", "astronomical"] = "nautical",
    moon_separation: Annotated[float, "deg", "[0, 180]"] = 20.0,
    priority: Annotated[float, "(0, 1e6]"] = 1000.0,
) -> ObservingRequests:
    """Write requests for images of the galaxies that most probably hold the source of a sky map.

    Parameters
    ----------
    galaxies : Ranking
        The best first, with ``ra``, ``dec`` [deg] and ``score``.
    start, end : str
        Nothing is observed before or after; UTC.
    number : int
        Galaxies at most.
    level : float
        Sum of scores that is enough, dimensionless.
    exposure : float
        Seconds of each image.
    exposures : int
        How many a band.
    bands : list of str
        Of the images; any one that the instrument has where none is named.
    airmass : float
        Largest airmass, a ratio.
    twilight : {"civil", "nautical", "astronomical"}
        The Sun is below this twilight's end.
    moon_separation : float
        Least angle to the Moon.
    priority : float
        Of all galaxies of the ranking together, dimensionless; each has its score's part of it.

    Returns
    -------
    ObservingRequests
        One request a galaxy, on any telescope.

    Raises
    ------
    InputError
        Where the ranking has no positions, or the time no length.

    References
    ----------
    Gehrels et al. 2016, doi:10.3847/0004-637X/820/2/136; Arcavi et al. 2017, doi:10.3847/2041-8213/aa910f.
    """
    import numpy as np

    first, last = mjd_of(start), mjd_of(end)
    if last <= first:
        raise InputError(f"The time from {start} to {end} has no length.", remedy="Give an end after the start.")
    if not {"ra", "dec"} <= set(galaxies.colnames) or not len(galaxies):
        raise InputError("The ranking has no positions, so nothing can be pointed at.", remedy="Rank galaxies of a sky map first.")  # fmt: skip
    score = np.asarray(galaxies["score"], dtype=float)
    before = np.concatenate([[0.0], np.cumsum(score)[:-1]])
    ra, dec = numbers_of(galaxies["ra"], "deg"), numbers_of(galaxies["dec"], "deg")
    wanted = np.flatnonzero((before < level) & (score > 0) & np.isfinite(ra) & np.isfinite(dec))[:number]
    if not len(wanted):
        raise InputError("The ranking has no galaxy with a position and a probability.", remedy="Rank galaxies of a sky map first.")  # fmt: skip
    visit: dict[str, Any] = {"key": "image", "mode": "imaging", "exposures": [[int(exposures), float(exposure)]]}
    if bands:
        visit["bands"] = list(bands)
    requests, taken = [], set[str]()
    for row in wanted:
        name = str(galaxies["name"][row])
        stem = re.sub(r"[^\w+-]+", "_", name).strip("_").lower() or "galaxy"
        key = stem if stem not in taken else f"{stem}_{row + 1}"
        taken.add(key)
        requests.append(
            {
                "key": key,
                "target": {"name": name, "ra": float(ra[row]) % 360.0, "dec": float(dec[row])},
                "priority": float(priority) * float(score[row]),
                "visits": [dict(visit)],
            }
        )
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
