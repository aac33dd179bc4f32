"""Numbers of a sky map: credible areas, the best position, and the distance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.sky_maps.cells import cell_at, cells_of
from gnomon.tools.observing.sky_maps.credible import best_position, credible_area
from gnomon.tools.observing.sky_maps.distances import distance_moments, distance_of
from gnomon.tools.registry import tool
from gnomon.tools.reporting.measured_rows import measurements

if TYPE_CHECKING:
    from gnomon.tools.kinds import Measurements, SkyMap


@tool(
    version="1.0",
    effects=("compute",),
    comparison="float64",
    seconds=0.5,
    seconds_per_1000_rows=0.002,
    citations=(
        "Singer et al. 2016, Going the distance: mapping host galaxies of LIGO and Virgo sources in three dimensions, doi:10.3847/2041-8205/829/1/L15",
        "Singer & Price 2016, Rapid Bayesian position reconstruction for gravitational-wave transients, doi:10.1103/PhysRevD.93.024013",
    ),
    examples=(
        "How large is the 90 percent credible region of this sky map?",
        "Give the area, the best position and the distance of the localisation",
        "How well is this gravitational-wave event localised?",
        "What is the most probable position in the skymap?",
        "How far away is the source of this GW alert?",
        "Is the localisation smaller than 100 square degrees?",
        "Credible areas of the GRB map",
        "这张天图的 90% 可信区有多大？",
        "给出定位区的面积、最佳位置和距离",
        "这个引力波事件的定位有多好？",
        "天图中概率最大的位置在哪里？",
        "这个引力波源有多远？",
        "定位区是否小于 100 平方度？",
        "给出伽马暴天图的可信区面积",
    ),
    summary_zh="给出概率天图 50% 与 90% 可信区的面积、概率最大的位置和距离。",
    method="Credible areas are those of the smallest regions that hold the probability; the distance is the mean and standard deviation over the whole map (Singer et al. 2016).",
    method_zh="可信区面积取包含相应概率的最小区域；距离为整张天图的均值与标准差（Singer 等 2016）。",
)
def measure_sky_map(sky_map: SkyMap) -> Measurements:
    """Give how well a sky map knows where, and how far, its source is.

    Parameters
    ----------
    sky_map : SkyMap
        With or without distances.

    Returns
    -------
    Measurements
        ``credible_area`` of 50 and 90 % [deg2], ``ra`` and ``dec`` of the most probable position [deg], and of a map with distances ``distance`` over the whole map and
        ``distance_there`` along the line of sight to this position [Mpc], each with one standard deviation (level 0.68).

    References
    ----------
    Distances: Singer et al. 2016, doi:10.3847/2041-8205/829/1/L15.
    """
    cells = cells_of(sky_map)
    ra, dec = best_position(cells)
    of = str(sky_map.meta.get("event") or "source")
    rows: list[dict[str, Any]] = [
        {"quantity": "credible_area", "of": f"{of}, {100 * level:g} %", "value": credible_area(cells, level), "unit": "deg2"}
        for level in (0.5, 0.9)
    ]  # fmt: skip
    rows += [
        {"quantity": "ra", "of": of, "value": ra, "unit": "deg"},
        {"quantity": "dec", "of": of, "value": dec, "unit": "deg"},
    ]
    if (far := distance_of(cells)) is not None:
        rows.append(_distance("distance", of, *far))
    if cells.has_distance:
        row = int(cell_at(cells, [ra], [dec])[0])
        mean, spread = distance_moments(cells.distmu[[row]], cells.distsigma[[row]])
        if row >= 0 and mean[0] == mean[0]:
            rows.append(_distance("distance_there", of, float(mean[0]), float(spread[0])))
    return measurements(rows)


def _distance(quantity: str, of: str, mean: float, spread: float) -> dict[str, Any]:
    """A row of a distance with one standard deviation."""
    return {"quantity": quantity, "of": of, "value": mean, "lower": max(mean - spread, 0.0), "upper": mean + spread, "level": 0.68, "unit": "Mpc"}  # fmt: skip
