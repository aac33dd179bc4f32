"""Drawing where on the sky the source of an alert probably is, with the tiles that cover it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.captions import both
from gnomon.tools.observing.sky_maps.cells import cell_at, cells_of, separations
from gnomon.tools.observing.sky_maps.credible import (
    best_position,
    credible_area,
    credible_cells,
    credible_levels,
    middle,
)
from gnomon.tools.observing.sky_maps.distances import distance_of
from gnomon.tools.observing.sky_maps.fields import field_of
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import ACCENT, FONT, LINE, QUIET, SIGNALS, WIDTH
from gnomon.tools.reporting.sky_axes import set_title, style_sky
from gnomon.tools.sky_notation import sexagesimal
from gnomon.tools.source_columns import numbers_of

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, ObservingRequests, Ranking, SkyMap

_WIDE = 28.0  # degrees from the middle; a wider region is drawn on a map of the whole sky
_SIDE = 420  # pixels of a field, and of the whole sky by its height
_LEVELS = (0.5, 0.9)
_GALAXIES = 60


@tool(
    version="1.0",
    effects=("compute",),
    seconds=2.0,
    seconds_per_1000_rows=0.005,
    comparison="view",
    citations=(
        "Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",
        "Singer & Price 2016, Rapid Bayesian position reconstruction for gravitational-wave transients, doi:10.1103/PhysRevD.93.024013",
    ),
    examples=(
        "Plot this sky map",
        "Draw the localisation with its 50 and 90 percent contours",
        "Show the tiles on the sky map",
        "Plot the gravitational-wave skymap and the planned pointings",
        "Draw where the GRB probably is",
        "Show which part of the localisation the tiles cover",
        "Plot the credible region and the ranked galaxies",
        "画出这张天图",
        "画出定位区及其 50% 和 90% 等概率线",
        "在天图上画出各个视场",
        "画出引力波定位图和计划的指向",
        "画出伽马暴可能的位置",
        "显示这些视场覆盖了定位区的哪些部分",
        "画出可信区和排好序的星系",
    ),
    summary_zh="画出概率天图及其 50% 与 90% 可信区，并可叠加计划的视场和候选宿主星系。",
    method="The probability density, its 50 and 90 % credible regions and the planned fields were drawn on the sky.",
    method_zh="在天球上绘制概率密度、50% 与 90% 可信区以及计划的视场。",
)
def plot_sky_map(
    sky_map: SkyMap, requests: ObservingRequests | None = None, galaxies: Annotated[Ranking, "galaxies"] | None = None
) -> Figure:
    """Draw a sky map with its credible regions, and what is planned or known inside.

    Parameters
    ----------
    sky_map : SkyMap
        Where the source probably is.
    requests : ObservingRequests, optional
        Tiles, drawn with the outlines of their fields where ``meta["coverage"]`` has them; other requests are marked with crosses.
    galaxies : Ranking, optional
        With ``ra`` and ``dec``: the best sixty are drawn, larger where they are more probable.

    Returns
    -------
    Figure
        A region of up to 56 degrees true to shape, a wider one on a map of the whole sky (Mollweide); east is to the left.  The caption is in English and Chinese.

    References
    ----------
    Credible regions: Singer & Price 2016, doi:10.1103/PhysRevD.93.024013.  Colours: Wong 2011, doi:10.1038/nmeth.1618.
    """
    import numpy as np
    from matplotlib.figure import Figure as _Figure

    cells = cells_of(sky_map)
    held = credible_cells(cells, 0.9)
    best = best_position(cells)
    tiles = _tiles(requests)
    centre, reach = _middle(cells, held)
    wide = reach > _WIDE
    for ra, dec, field in tiles:
        off = float(separations(*centre, [ra], [dec])[0])
        if off <= 1.5 * reach:
            reach = max(reach, off + (0.0 if field is None else field.reach))
    figure = _Figure(figsize=(WIDTH, 4.2 if wide else 6.4), layout="constrained")
    axes, across = _whole_sky(figure, cells) if wide else _near(figure, cells, centre, reach)
    for ra, dec, field in tiles:
        if field is None:
            axes.plot(*across(np.array([ra]), np.array([dec])), "x", color=ACCENT, markersize=5, zorder=4)
            continue
        x, y = across(*field.outline(ra, dec).T)
        # An outline that crosses the edge of the map is drawn in pieces.
        breaks = np.flatnonzero(wide & (np.abs(np.diff(x)) > np.pi)) + 1
        for part_x, part_y in zip(np.split(x, breaks), np.split(y, breaks), strict=True):
            axes.plot(part_x, part_y, "-", color=ACCENT, linewidth=0.6 if len(tiles) > 60 else 0.9, zorder=3)
    drawn = 0
    if galaxies is not None and {"ra", "dec"} <= set(galaxies.colnames):
        likely = galaxies[:_GALAXIES]
        score = np.asarray(likely["score"], dtype=float)
        ra, dec = numbers_of(likely["ra"], "deg"), numbers_of(likely["dec"], "deg")
        drawn = len(likely)
        axes.scatter(*across(ra, dec), s=4.0 + 36.0 * score / max(score.max(), 1e-300), facecolors="none", edgecolors=SIGNALS[2], linewidths=0.8, zorder=4)  # fmt: skip
    axes.plot(*across(np.array([best[0]]), np.array([best[1]])), "+", color="black", markersize=9, markeredgewidth=1.2, zorder=5)  # fmt: skip
    set_title(axes, str(sky_map.meta.get("event") or ""))
    figure.set_label(_caption(sky_map, cells, best, requests, tiles, drawn))
    return figure


# --- what is drawn


def _middle(cells: Any, held: Any) -> tuple[tuple[float, float], float]:
    """Middle of a region, degrees, and how far it reaches from there: half way between the extremes along the direction in which it is longest."""
    import numpy as np

    ra, dec, size = cells.ra[held], cells.dec[held], np.degrees(np.sqrt(cells.area[held]))
    place = middle(ra, dec, cells.area[held])
    first = int(np.argmax(separations(*place, ra, dec)))
    far = separations(float(ra[first]), float(dec[first]), ra, dec)
    second = int(np.argmax(far))
    if far[second] < 90.0:
        between = middle(ra[[first, second]], dec[[first, second]], np.ones(2))
        if separations(*between, ra, dec).max() < separations(*place, ra, dec).max():
            place = between
    return place, float((separations(*place, ra, dec) + 0.5 * size).max())


def _tiles(requests: Any) -> list[tuple[float, float, Any]]:
    """Places of requests, each once, with their fields where they are known."""
    import numpy as np

    if requests is None or not len(requests):
        return []
    fields = (requests.meta.get("coverage") or {}).get("fields") or []
    ra, dec = numbers_of(requests["ra"], "deg"), numbers_of(requests["dec"], "deg")
    if len(fields) != len(requests):
        places = dict.fromkeys(zip(ra.tolist(), dec.tolist(), strict=True))
        return [(a, d, None) for a, d in places if np.isfinite([a, d]).all()]
    return [
        (a, d, field_of([float(s) for s in sizes], "a tile"))
        for a, d, sizes in zip(ra.tolist(), dec.tolist(), fields, strict=True)
    ]


def _colours(density: Any) -> dict[str, Any]:
    """How densities are coloured: nothing is white, and what is most probable is not so dark that lines are lost on it."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = LinearSegmentedColormap.from_list("probability", ["#ffffff", "#fdd9a0", "#ee9a3a", "#a1501d"])
    return {"cmap": colours, "vmin": 0.0, "vmax": float(density.max()) or 1.0, "zorder": 1}


def _near(figure: Any, cells: Any, centre: tuple[float, float], reach: float) -> tuple[Any, Any]:
    """The region in a projection that keeps shapes around its middle; and how places come onto it."""
    import numpy as np
    from astropy.visualization.wcsaxes import WCSAxes
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix = list(centre), [0.5 * (_SIDE + 1)] * 2
    half = max(1.1 * reach, 1.0 / 3600.0)
    step = 2.0 * np.degrees(np.tan(np.radians(half))) / _SIDE
    wcs.wcs.cdelt = [-step, step]
    wcs.wcs.radesys = "ICRS"
    axes = figure.add_subplot(1, 1, 1, axes_class=WCSAxes, wcs=wcs)
    y, x = np.mgrid[0:_SIDE, 0:_SIDE]
    ra, dec = wcs.all_pix2world(x.ravel(), y.ravel(), 0)
    density, level = _sampled(cells, ra, dec)
    axes.imshow(density.reshape(_SIDE, _SIDE), origin="lower", interpolation="nearest", **_colours(density))
    axes.contour(level.reshape(_SIDE, _SIDE), levels=_LEVELS, colors=LINE, linewidths=(1.4, 0.9), zorder=2)
    axes.set_aspect("equal")
    style_sky(axes.coords[0], axes.coords[1], ("Right ascension (ICRS)", "Declination (ICRS)"))
    axes.coords.grid(color=QUIET, linewidth=0.4, alpha=0.5)
    axes.set_xlim(-0.5, _SIDE - 0.5)
    axes.set_ylim(-0.5, _SIDE - 0.5)
    axes.autoscale(False)

    def across(ra: Any, dec: Any) -> tuple[Any, Any]:
        # Places on the other side of the sky have none on this plane.
        seen = separations(*centre, ra, dec) < 80.0
        x, y = wcs.all_world2pix(np.where(seen, ra, centre[0]), np.where(seen, dec, centre[1]), 0)
        return np.where(seen, x, np.nan), np.where(seen, y, np.nan)

    return axes, across


def _whole_sky(figure: Any, cells: Any) -> tuple[Any, Any]:
    """The whole sky in Mollweide's projection, with east to the left; and how places come onto it."""
    import numpy as np

    axes = figure.add_subplot(1, 1, 1, projection="mollweide")
    edges_x, edges_y = np.linspace(-np.pi, np.pi, 2 * _SIDE + 1), np.linspace(-np.pi / 2, np.pi / 2, _SIDE + 1)
    x, y = np.meshgrid(0.5 * (edges_x[1:] + edges_x[:-1]), 0.5 * (edges_y[1:] + edges_y[:-1]))
    density, level = _sampled(cells, (180.0 - np.degrees(x)).ravel() % 360.0, np.degrees(y).ravel())
    axes.pcolormesh(edges_x, edges_y, density.reshape(x.shape), rasterized=True, **_colours(density))
    axes.contour(x, y, level.reshape(x.shape), levels=_LEVELS, colors=LINE, linewidths=(1.2, 0.8), zorder=2)
    ticks = np.arange(-120, 121, 60)
    axes.set_xticks(np.radians(ticks), [f"{(180 - t) % 360 / 15:.0f}h" for t in ticks], fontsize=FONT)
    axes.tick_params(labelsize=FONT)
    axes.grid(color=QUIET, linewidth=0.4, alpha=0.6)

    def across(ra: Any, dec: Any) -> tuple[Any, Any]:
        return -np.radians((np.asarray(ra, dtype=float)) % 360.0 - 180.0), np.radians(dec)

    return axes, across


def _sampled(cells: Any, ra: Any, dec: Any) -> tuple[Any, Any]:
    """Densities and credible levels at places; 0 and 1 outside of the map."""
    import numpy as np

    row = cell_at(cells, ra, dec)
    return np.where(row >= 0, cells.density[row], 0.0), np.where(row >= 0, credible_levels(cells)[row], 1.0)


def _caption(sky_map: Any, cells: Any, best: tuple[float, float], requests: Any, tiles: list[Any], galaxies: int) -> str:  # fmt: skip
    """What is to be seen, in both languages."""
    event = str(sky_map.meta.get("event") or "")
    ra, dec = sexagesimal(*best, 1)
    half, most = (credible_area(cells, level) for level in _LEVELS)
    said = [
        (
            f"Probability density{f' of {event}' if event else ''} on the sky (ICRS, east to the left); lines: 50 % ({half:.3g} deg²) and 90 % ({most:.3g} deg²) credible regions; cross: best position {ra} {dec}.",
            f"{event + ' 的' if event else ''}天球概率密度（ICRS，东在左）；曲线：50%（{half:.3g} 平方度）与 90%（{most:.3g} 平方度）可信区；十字：最佳位置 {ra} {dec}。",
        )
    ]
    if (far := distance_of(cells)) is not None:
        said.append((f"Distance {far[0]:.0f} ± {far[1]:.0f} Mpc.", f"距离 {far[0]:.0f} ± {far[1]:.0f} Mpc。"))
    coverage = (requests.meta.get("coverage") or {}) if requests is not None else {}
    if tiles and coverage:
        covered = 100 * float(coverage["covered"])
        said.append((f"Blue: {len(tiles)} fields, which cover {covered:.1f} % of the probability.", f"蓝色：{len(tiles)} 个视场，共覆盖 {covered:.1f}% 的概率。"))  # fmt: skip
    elif tiles:
        said.append((f"Blue crosses: {len(tiles)} requested positions.", f"蓝叉：{len(tiles)} 个申请观测的位置。"))
    if galaxies:
        said.append((f"Green circles: the {galaxies} most probable galaxies.", f"绿圈：概率最大的 {galaxies} 个星系。"))
    return both(" ".join(s for s, _ in said), "".join(s for _, s in said))
