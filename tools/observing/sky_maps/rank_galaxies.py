"""Ranking galaxies by how probably one of them holds the source of a sky map."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.captions import both
from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.observing.sky_maps.cells import cell_at, cells_of
from gnomon.tools.observing.sky_maps.credible import credible_levels
from gnomon.tools.observing.sky_maps.distances import volume_density
from gnomon.tools.observing.sky_maps.galaxies import absolute_magnitudes, distances_of, tells_distances
from gnomon.tools.registry import tool
from gnomon.tools.source_columns import places_of

if TYPE_CHECKING:
    from gnomon.tools.kinds import Ranking, SkyMap, SourceTable


@tool(
    version="1.0",
    effects=("compute",),
    comparison="float64",
    seconds=1.0,
    seconds_per_1000_rows=0.01,
    citations=(
        "Singer et al. 2016, Going the distance: mapping host galaxies of LIGO and Virgo sources in three dimensions, doi:10.3847/2041-8205/829/1/L15",
        "Gehrels et al. 2016, Galaxy strategy for LIGO-Virgo gravitational wave counterpart searches, doi:10.3847/0004-637X/820/2/136",
        "Carrick et al. 2015, Cosmological parameters from the comparison of peculiar velocities with predictions, doi:10.1093/mnras/stv547",
    ),
    examples=(
        "Rank the galaxies in the volume of this sky map",
        "Which galaxies of the catalogue are the most likely hosts of the gravitational-wave event?",
        "Give the 50 best galaxies to look at for this localisation",
        "Weight the galaxies by their position, distance and luminosity",
        "List host candidates inside the 3D localisation",
        "Which galaxies should the small telescope visit first for this GW alert?",
        "Probability of each GLADE galaxy to host the merger",
        "对这张天图体积内的星系排序",
        "星表中哪些星系最可能是引力波事件的宿主？",
        "给出这个定位区里最值得观测的 50 个星系",
        "按位置、距离和光度给星系加权排名",
        "列出三维定位区内的候选宿主星系",
        "小视场望远镜应该先看哪些星系？",
        "每个 GLADE 星系是并合宿主的概率是多少？",
    ),
    summary_zh="按三维概率（位置与距离）和光度，为星表中的星系排序，给出各自是宿主的概率。",
    method="Galaxies were ranked by the map's probability per volume at their place and distance (Singer et al. 2016), weighted by {weight}; the probabilities add up to one over the catalogue, whose incompleteness is not corrected for.",
    method_zh="按天图在星系位置与距离处的单位体积概率（Singer 等 2016）排序，权重为 {weight}；概率在星表内归一，未改正星表的不完备性。",
)
def rank_galaxies(
    sky_map: SkyMap,
    galaxies: SourceTable,
    weight: Literal["luminosity", "none"] = "luminosity",
    rows: Annotated[int, "[1, 100000]"] = 1000,
    peculiar_velocity: Annotated[float, "km/s", "[0, 3000]"] = 150.0,
) -> Annotated[Ranking, "galaxies"]:
    """Rank galaxies by the probability that the source of a sky map is in each of them.

    Parameters
    ----------
    sky_map : SkyMap
        With distances; without, positions alone count, and a warning says so.
    galaxies : SourceTable
        With positions, distances (Mpc) or redshifts, and for the weight magnitudes in B, apparent or absolute.
    weight : {"luminosity", "none"}
        Luminosity in B, or all galaxies alike.  Galaxies without a magnitude have no luminosity, and are left out and counted.
    rows : int
        So many of the best are kept.
    peculiar_velocity : float
        Standard deviation of velocities against the expansion, which blurs distances from redshifts; 150 km/s is what remains in the nearby
        Universe (Carrick et al. 2015).

    Returns
    -------
    Ranking
        The best first: ``name``, ``score`` (the probabilities of all galaxies of the catalogue add up to 1), ``in_domain`` (1 for all, since
        no model was trained that could know some and not others), ``compatible`` (the smaller one of the probability that lies in less dense parts of the
        map, and of a distance farther off), ``cumulative`` (sum of the scores so far), ``ra``, ``dec`` [deg], and where
        known ``distance`` [Mpc], ``density`` [1/Mpc3, or 1/sr of a map without distances] and ``absolute_magnitude`` [mag].

    Raises
    ------
    InputError
        Where the table has no positions, or no distances that the map asks for.
    EmptyResult
        Where no galaxy lies where the source may be.

    References
    ----------
    Singer et al. 2016, doi:10.3847/2041-8205/829/1/L15; Gehrels et al. 2016, doi:10.3847/0004-637X/820/2/136.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    ra, dec, frame = places_of(galaxies)
    if not frame.upper().startswith(("ICRS", "FK5", "J2000")):
        raise InputError(f"The positions of the galaxies are in {frame}.", remedy="Give right ascensions and declinations.")  # fmt: skip
    known = np.isfinite(ra) & (np.abs(dec) <= 90.0)
    if not known.any():
        raise InputError("The table has no positions of galaxies.", remedy="Give columns ra and dec, in degrees.")
    cells = cells_of(sky_map)
    row = cell_at(cells, ra, dec)
    level = credible_levels(cells)
    inside = np.where(row >= 0, 1.0 - level[row], 0.0)
    distance: Any = np.full(len(ra), np.nan)
    if cells.has_distance:
        distance, error, _ = distances_of(galaxies, peculiar_velocity)
        density = volume_density(cells, row, distance, error)
        inside = np.minimum(inside, _distance_tail(cells, row, distance, error))
        _tell(int((known & ~np.isfinite(distance)).sum()), "distance")
    else:
        warnings.warn(
            both(
                "The sky map has no distances, so the galaxies are ranked by position alone.",
                "天图没有距离信息，星系只按位置排序。",
            ),
            stacklevel=1,
        )
        density = np.where(row >= 0, cells.density[row], 0.0)
        if tells_distances(galaxies):  # for luminosities from apparent magnitudes
            distance, _, _ = distances_of(galaxies, peculiar_velocity)
    score = np.where(known, np.nan_to_num(density), 0.0)
    absolute = absolute_magnitudes(galaxies, distance)
    if weight == "luminosity":
        if absolute is None:
            raise InputError("The table has no magnitudes in B for a weight by luminosity.", remedy="Give a column Bmag, or say weight=none.")  # fmt: skip
        bright = np.isfinite(absolute[0])
        _tell(int((known & ~bright & (score > 0)).sum()), "luminosity")
        with np.errstate(over="ignore", invalid="ignore"):
            score = np.where(bright, score * 10.0 ** (-0.4 * (absolute[0] + 20.0)), 0.0)
    total = float(score.sum())
    if not total > 0.0 or not np.isfinite(total):
        raise EmptyResult("None of the galaxies lies where the source may be.", remedy="Give a catalogue that reaches the map's region and distance.")  # fmt: skip
    score = score / total
    # Equal scores keep the order of the table.
    order = np.argsort(-score, kind="stable")
    order = order[score[order] > 0][:rows]
    names = galaxies["name"] if "name" in galaxies.colnames else np.array([f"row {n}" for n in range(1, len(ra) + 1)])
    table = QTable(
        {
            "name": np.array([str(n) for n in np.asarray(names)])[order],
            "score": score[order],
            "in_domain": np.ones(len(order)),
            "compatible": inside[order],
            "cumulative": np.minimum(np.cumsum(score[order]), 1.0),
            "ra": ra[order] * u.deg,
            "dec": dec[order] * u.deg,
        }
    )
    if np.isfinite(distance[order]).all():
        table["distance"] = distance[order] * u.Mpc
    table["density"] = density[order] * (u.Mpc**-3 if cells.has_distance else u.sr**-1)
    if absolute is not None and np.isfinite(absolute[0][order]).all():
        table["absolute_magnitude"] = absolute[0][order] * u.mag
    table.meta["ranking"] = {"event": sky_map.meta.get("event"), "weight": weight, "galaxies": int(known.sum())}
    table.meta["position"] = {"ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": None}
    return table


def _distance_tail(cells: Any, row: Any, distance: Any, error: Any) -> Any:
    """Probability of a distance farther from the middle of the line of sight than a galaxy's; 0 where either is not known."""
    import numpy as np
    from scipy.special import erfc

    with np.errstate(invalid="ignore"):
        off = np.abs(distance - cells.distmu[row]) / np.hypot(cells.distsigma[row], error)
    return np.where(np.isfinite(off) & (row >= 0), erfc(np.nan_to_num(off) / np.sqrt(2.0)), 0.0)


_LACKING = {"distance": "距离", "luminosity": "光度"}


def _tell(count: int, what: str) -> None:
    """Say how many galaxies are left out."""
    if count:
        warnings.warn(
            both(f"{count} galaxies without a {what} are left out.", f"{count} 个没有{_LACKING[what]}的星系未列入。"),
            stacklevel=2,
        )
