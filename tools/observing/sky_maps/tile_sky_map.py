"""From a sky map to observing requests: the tiles that several telescopes should take together."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.captions import both
from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.tables import document_of, table_of_requests
from gnomon.tools.observing.documents.telescopes import read_telescopes_document
from gnomon.tools.observing.documents.times import mjd_of, text_of
from gnomon.tools.observing.sky_maps.cells import cells_of
from gnomon.tools.observing.sky_maps.tiles import tile_map, tiles_document
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import ObservingRequests, SkyMap, Telescopes

# Sun's centre below the horizon at the ends of twilight (Explanatory Supplement to the Astronomical Almanac, 3rd ed., 2013, ch. 14).
_TWILIGHT = {"civil": -6.0, "nautical": -12.0, "astronomical": -18.0}


@tool(
    version="1.1",
    effects=("compute",),
    comparison="decision",
    seconds=5.0,
    seconds_per_1000_rows=0.1,
    citations=(
        "Coughlin et al. 2018, Optimizing searches for electromagnetic counterparts of gravitational wave triggers, doi:10.1093/mnras/sty1066",
        "Fisher, Nemhauser & Wolsey 1978, An analysis of approximations for maximizing submodular set functions II, doi:10.1007/BFb0121195",
        "Shaw 1998, Using constraint programming and local search methods to solve vehicle routing problems, doi:10.1007/3-540-49481-2_30",
        "Calabretta & Greisen 2002, Representations of celestial coordinates in FITS, doi:10.1051/0004-6361:20021327",
    ),
    examples=(
        "Tile this sky map with the telescopes for tonight",
        "Which pointings cover 90 percent of the gravitational-wave localisation?",
        "Plan tiles of the skymap for WFST and the Schmidt telescope together, 120 s each",
        "Cover the GRB error region with our wide-field telescopes",
        "Make an observing plan of at most 40 tiles for this bayestar map",
        "Coordinate the tiling of the localisation over all telescopes without doing the same field twice",
        "How much of the map can we cover between 18:00 and 22:00?",
        "Split the error region into fields of view in the r band",
        "用这些望远镜今晚平铺这张天图",
        "哪些指向能覆盖引力波定位区的 90%？",
        "为墨子和施密特望远镜联合规划天图的拼接观测，每个视场曝光 120 秒",
        "用大视场望远镜覆盖这个伽马暴的误差区",
        "为这张 bayestar 天图做最多 40 个视场的观测计划",
        "让所有望远镜协同覆盖定位区，不要重复观测同一天区",
        "把误差区分成 r 波段的若干视场",
    ),
    summary_zh="把概率天图分成各望远镜视场的指向，在可见时间内协同选取，使覆盖的概率最大，写成观测申请。",
    method="The sky map was tiled with the fields of all telescopes together, until {level} of its probability is covered or their time between {start} and {end} is used up ({exposures} exposures of {exposure} a band, airmass up to {airmass}, the Sun below {twilight} twilight, the Moon at least {moon_separation} away).",
    method_zh="用各望远镜的视场协同平铺概率天图，直至覆盖 {level} 的概率或用尽 {start} 至 {end} 的可用时间（每个波段 {exposures} 次、每次 {exposure}，大气质量不超过 {airmass}，太阳在 {twilight} 晨昏蒙影以下，距月至少 {moon_separation}）。",
)
def tile_sky_map(
    sky_map: SkyMap,
    telescopes: Telescopes,
    start: Annotated[str, "start"],
    end: Annotated[str, "end"],
    exposure: Annotated[float, "s", "(0, 86400]"] = 120.0,
    exposures: Annotated[int, "[1, 1000]"] = 1,
    bands: list[Annotated[str, "band"]] = [],  # noqa: B006 - a default that nobody changes
    level: Annotated[float, "(0, 1)"] = 0.9,
    tiles: Annotated[int, "[1, 2000]"] | None = None,
    overlap: Annotated[float, "[0, 0.9]"] = 0.0,
    airmass: Annotated[float, "[1, 40]"] = 2.0,
    twilight: Literal["civil", "nautical", "astronomical"] = "nautical",
    moon_separation: Annotated[float, "deg", "[0, 180]"] = 20.0,
    priority: Annotated[float, "(0, 1e6]"] = 1000.0,
    seed: int = 0,
) -> ObservingRequests:
    """Choose pointings of several telescopes that together cover a sky map, and write them as observing requests.

    Parameters
    ----------
    sky_map : SkyMap
        Where the source probably is.
    telescopes : Telescopes
        With cameras whose fields are known; others are left out with a warning, and so are those whose field is 4000 times smaller than the region.
    start, end : str
        Nothing is observed before or after; UTC.
    exposure : float
        Seconds of each image.
    exposures : int
        How many a band.
    bands : list of str
        Of the images; any one that the instrument has where none is named.
    level : float
        Probability that is enough, dimensionless; the region in which tiles are sought holds half of the rest too.
    tiles : int, optional
        At most so many for each telescope; as many as its time holds where not given.
    overlap : float
        Fraction of the field by which neighbouring tiles overlap at least; round fields do by a tenth where
        more than 95 % are asked for, since without it gaps between them hold about 1 % of the sky.
    airmass : float
        Largest airmass, a ratio.
    twilight : {"civil", "nautical", "astronomical"}
        The Sun is below this twilight's end.
    moon_separation : float
        Least angle to the Moon.
    priority : float
        Of the whole map, dimensionless: a tile has the part of it that it adds to the probability covered by tiles before it.
    seed : int
        Of the search.

    Returns
    -------
    ObservingRequests
        One request a tile, the one that adds most first, on any telescope with that field.  A region that one field holds is one tile centred on it.
        ``meta["coverage"]`` has ``covered`` and ``level`` (probability), ``region`` (deg2), ``tiles``, ``by_telescope`` and, for each tile, ``probability`` in its
        field, ``gain``, which is what it adds, and ``fields`` (width and height, or diameter) [deg].

    Raises
    ------
    InputError
        Where no telescope has a camera for it.
    EmptyResult
        Where nothing of it can be observed in the time.

    References
    ----------
    Coordinated tiling: Coughlin et al. 2018, doi:10.1093/mnras/sty1066; greedy choice: Fisher et al. 1978, doi:10.1007/BFb0121195; improvement: Shaw 1998,
    doi:10.1007/3-540-49481-2_30.
    """
    first, last = mjd_of(start), mjd_of(end)
    if last <= first:
        raise InputError(f"The time from {start} to {end} has no length.", remedy="Give an end after the start.")
    span = {"start": text_of(first), "end": text_of(last)}
    visit: dict[str, Any] = {"mode": "imaging", "exposures": [[int(exposures), float(exposure)]]}
    if bands:
        visit["bands"] = list(bands)
    limits = {
        "airmass_max": float(airmass),
        "sun_altitude_max": _TWILIGHT[twilight],
        "moon_separation_min": float(moon_separation),
    }
    told = read_telescopes_document(document_of(telescopes))
    found = tile_map(
        cells_of(sky_map), told, span, visit, defaults=limits, level=level, overlap=overlap, tiles=tiles, seed=seed
    )
    for sentence in found.skipped:
        warnings.warn(sentence, stacklevel=1)
    if found.covered < level - 1e-6:
        warnings.warn(
            both(
                f"The tiles cover {100 * found.covered:.1f} % of the probability, less than the {100 * level:g} % asked for; more needs more time, telescopes or tiles, or wider limits of airmass, twilight and the Moon.",
                f"这些天区块覆盖 {100 * found.covered:.1f}% 的概率，低于要求的 {100 * level:g}%；要更多，需要更多时间、望远镜或天区块，或放宽大气质量、晨昏光和月亮的限制。",
            ),
            stacklevel=1,
        )
    event = str(sky_map.meta.get("event") or "sky map")
    table = table_of_requests(tiles_document(found.tiles, span, visit, limits, f"{event} tile", float(priority)))
    by_telescope: dict[str, int] = {}
    for tile in found.tiles:
        by_telescope[", ".join(tile.telescopes)] = by_telescope.get(", ".join(tile.telescopes), 0) + 1
    table.meta["coverage"] = {
        "event": sky_map.meta.get("event"),
        "covered": found.covered,
        "level": level,
        "region": found.region,
        "tiles": len(found.tiles),
        "by_telescope": by_telescope,
        "probability": [t.probability for t in found.tiles],
        "gain": [t.gain for t in found.tiles],
        "fields": [[t.field.width] if t.field.circle else [t.field.width, t.field.height] for t in found.tiles],
    }
    return table
