"""Drawing where the sources of a table are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.captions import both
from gnomon.tools.errors import EmptyResult
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import ACCENT, FONT, LINE, QUIET, SIGNALS, WIDTH, style_axes
from gnomon.tools.reporting.sky_axes import set_title, style_sky
from gnomon.tools.sky_notation import angle, sexagesimal
from gnomon.tools.source_columns import magnitudes_of, numbers_of, places_of

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, SourceTable, Target

_WIDE = 60.0  # degrees; a wider field is drawn on a map of the whole sky
_MANY = 3000  # sources drawn smaller and paler
_LARGEST, _SMALLEST = 42.0, 3.5  # areas of symbols, points squared
_BINS = 24


@tool(
    version="1.0",
    effects=("compute",),
    seconds=1.0,
    seconds_per_1000_rows=0.02,
    comparison="view",
    citations=(
        "Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",
        "Pineau et al. 2017, Probabilistic multi-catalogue positional cross-match, doi:10.1051/0004-6361/201629219",
    ),
    examples=(
        "Plot where the sources are on the sky",
        "Show the Gaia stars around the target as a map",
        "Draw a star chart of the catalogue rows",
        "Map of the sources, larger dots for brighter stars",
        "A sky plot of the table",
        "Show the positions of the matched sources",
        "Draw the distribution of separations of the cross-match",
        "Histogram of the match distances with the chance level",
        "How are the sources spread over the field? Draw it.",
        "Plot RA against Dec of the catalogue",
        "Let me see the field: positions of all stars",
        "Are the matches real or by chance? Show the separations.",
        "画出源在天上的位置",
        "把目标周围的 Gaia 恒星画成图",
        "画星表的星图，亮星画大一些",
        "画出表中各源的天区分布",
        "显示交叉匹配上的源的位置",
        "画出交叉匹配的角距分布",
        "匹配距离的直方图，标出偶然重合的水平",
        "源在视场里怎么分布？画出来",
        "画赤经赤纬图",
        "让我看看这个视场里所有恒星的位置",
        "这些匹配是真的还是偶然的？画出角距",
    ),
    summary_zh="画出星表中各源在天上的位置（按星等定大小）；交叉匹配的结果还画出角距分布和偶然重合的预期。",
    method="The positions of the sources were drawn on the sky.",
    method_zh="绘制各源在天上的位置。",
)
def plot_sources(sources: SourceTable, target: Target | None = None) -> Figure:
    """Draw the positions of sources on the sky, and for a cross-match how far the partners are from each other.

    Parameters
    ----------
    sources : SourceTable
        With positions in degrees where ``meta["position"]`` says, or in ``ra`` and ``dec``.  Rows without one are left out and counted.
        Where a column has magnitudes, symbols are larger for brighter sources.
    target : Target, optional
        Objects around which the sources lie, marked with a cross.

    Returns
    -------
    Figure
        A field of up to 60 degrees true to shape, a wider one on a map of the whole sky.  Of a cross-match (``meta["matching"]``) a second panel has the
        histogram of separations, and what is expected of pairs by chance, whose number grows with the area.  The caption is in English and Chinese.

    Raises
    ------
    EmptyResult
        Where no row has a position.

    References
    ----------
    Chance pairs: Pineau et al. 2017, doi:10.1051/0004-6361/201629219.  Colours: Wong 2011, doi:10.1038/nmeth.1618.
    """
    import numpy as np
    from matplotlib.figure import Figure as _Figure

    ra, dec, frame = places_of(sources)
    good = np.isfinite(ra) & np.isfinite(dec) & (np.abs(dec) <= 90.0)
    if not good.any():
        raise EmptyResult(
            "The table has no positions, so there is nothing to draw on the sky.",
            remedy="Ask for its right ascension and declination too.",
            zh="表中没有位置，因此没有可画的天区图。",
        )
    magnitude, band = magnitudes_of(sources)
    centre, reach = _field(ra[good], dec[good])
    separations = _separations(sources)
    heights = [6.2 if reach <= _WIDE / 2 else 4.2, *([2.4] if separations is not None else [])]
    figure = _Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    spec = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    # Brighter ones last, so that they are not hidden.
    order = np.flatnonzero(good)
    if magnitude is not None:
        order = order[np.argsort(-np.nan_to_num(magnitude[order], nan=np.inf), kind="stable")]
    size = _sizes(magnitude[order] if magnitude is not None else None, len(order))
    marks = _targets(target) if frame == "ICRS" else []
    if reach <= _WIDE / 2:
        axes = _near(figure, spec[0], ra[order], dec[order], size, centre, reach, frame, marks)
    else:
        axes = _whole_sky(figure, spec[0], ra[order], dec[order], size, frame, marks)
    if magnitude is not None and np.isfinite(magnitude[order]).any():
        _legend(axes, magnitude[order], size, band, outside=reach > _WIDE / 2)
    names = [m[0] for m in marks]
    set_title(axes, names[0] if len(names) == 1 else str(sources.meta.get("catalogue") or ""))
    expected = None
    if separations is not None:
        expected = _histogram(figure.add_subplot(spec[1]), separations, sources.meta["matching"])
    figure.set_label(_caption(sources, good, magnitude, band, centre, reach, frame, marks, separations, expected))
    return figure


# --- what is drawn


def _field(ra: Any, dec: Any) -> tuple[tuple[float, float], float]:
    """Middle of the sources, degrees, and the largest distance from it."""
    import numpy as np

    a, d = np.radians(ra), np.radians(dec)
    vectors = np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])
    mean = vectors.mean(axis=1)
    length = float(np.linalg.norm(mean))
    if length < 1e-3:
        return (180.0, 0.0), 180.0
    # Half way between the extremes is a better middle than the mean where sources crowd, so look from the mean first.
    middle = mean / length
    centre = float(np.degrees(np.arctan2(middle[1], middle[0])) % 360.0), float(np.degrees(np.arcsin(np.clip(middle[2], -1, 1))))  # fmt: skip
    chord = np.linalg.norm(vectors - middle[:, None], axis=0).max()
    return centre, float(np.degrees(2.0 * np.arcsin(min(chord / 2.0, 1.0))))


def _sizes(magnitude: Any, count: int) -> Any:
    """Areas of the symbols, points squared."""
    import numpy as np

    shrink = 0.5 if count > _MANY else 1.0
    if magnitude is None or np.isfinite(magnitude).sum() < 2:
        return np.full(count, 12.0 * shrink if count < 300 else 5.0 * shrink)
    low, high = (float(q) for q in np.nanquantile(magnitude, (0.01, 0.99)))
    share = np.clip((high - np.nan_to_num(magnitude, nan=high)) / max(high - low, 0.5), 0.0, 1.0)
    return (_SMALLEST + (_LARGEST - _SMALLEST) * share**2) * shrink


def _targets(target: Any) -> list[tuple[str, float, float]]:
    """Names and places of the objects asked for."""
    import numpy as np

    if target is None:
        return []
    ra, dec = numbers_of(target["ra"], "deg"), numbers_of(target["dec"], "deg")
    return [(str(n), float(a), float(d)) for n, a, d in zip(target["name"], ra, dec, strict=True) if np.isfinite([a, d]).all()]  # fmt: skip


def _near(
    figure: Any, place: Any, ra: Any, dec: Any, size: Any, centre: tuple[float, float], reach: float, frame: str, marks: list[tuple[str, float, float]]
) -> Any:  # fmt: skip
    """A field in a projection that keeps shapes around its middle."""
    from astropy.visualization.wcsaxes import WCSAxes
    from astropy.wcs import WCS

    galactic = frame.lower().startswith("gal")
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["GLON-TAN", "GLAT-TAN"] if galactic else ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix = list(centre), [0.5, 0.5]
    half = max(1.08 * reach, 1.0 / 3600.0)
    wcs.wcs.cdelt = [-half / 100.0, half / 100.0]  # a hundred units from the middle to the edge
    wcs.wcs.radesys = "" if galactic else "ICRS"
    axes = figure.add_subplot(place, axes_class=WCSAxes, wcs=wcs)
    x, y = wcs.all_world2pix(ra, dec, 0)
    pale = len(ra) > _MANY
    axes.scatter(x, y, s=size, color=ACCENT, alpha=0.45 if pale else 0.8, linewidths=0 if pale else 0.3, edgecolors="white", rasterized=True, zorder=2)  # fmt: skip
    for _name, a, d in marks:
        px, py = wcs.all_world2pix([a], [d], 0)
        if abs(float(px[0])) <= 110 and abs(float(py[0])) <= 110:
            axes.plot(px, py, "+", color=SIGNALS[1], markersize=15, markeredgewidth=1.4, zorder=3)
    edge = 104.0
    axes.set_xlim(-edge, edge)
    axes.set_ylim(-edge, edge)
    axes.set_aspect("equal")
    names = ("Galactic longitude", "Galactic latitude") if galactic else (f"Right ascension ({frame})", f"Declination ({frame})")  # fmt: skip
    style_sky(axes.coords[0], axes.coords[1], names, hours=not galactic)
    return axes


def _whole_sky(
    figure: Any, place: Any, ra: Any, dec: Any, size: Any, frame: str, marks: list[tuple[str, float, float]]
) -> Any:
    """The whole sky in Mollweide's projection, with east to the left."""
    import numpy as np

    galactic = frame.lower().startswith("gal")
    zero = 0.0 if galactic else 180.0  # in the middle

    def across(longitude: Any) -> Any:
        return -np.radians((np.asarray(longitude, dtype=float) - zero + 180.0) % 360.0 - 180.0)

    axes = figure.add_subplot(place, projection="mollweide")
    axes.scatter(across(ra), np.radians(dec), s=np.minimum(size, 12.0), color=ACCENT, alpha=0.6, linewidths=0, rasterized=True, zorder=2)  # fmt: skip
    for _name, a, d in marks:
        axes.plot(across([a]), np.radians([d]), "+", color=SIGNALS[1], markersize=9, markeredgewidth=1.2, zorder=3)
    ticks = np.arange(-120, 121, 60)
    said = [(zero - t) % 360 for t in ticks]
    axes.set_xticks(np.radians(ticks), [f"{s:.0f}°" if galactic else f"{s / 15:.0f}h" for s in said], fontsize=FONT)
    axes.tick_params(labelsize=FONT)
    axes.grid(color=QUIET, linewidth=0.4, alpha=0.6)
    return axes


def _legend(axes: Any, magnitude: Any, size: Any, band: str, *, outside: bool) -> None:
    """Three sizes with what they stand for."""
    import numpy as np

    finite = np.flatnonzero(np.isfinite(magnitude))
    low, high = (float(q) for q in np.quantile(magnitude[finite], (0.01, 0.99)))
    if high - low < 0.05:
        return
    steps = np.round(np.linspace(low, high, 3), 1 if high - low < 4 else 0)
    for step in dict.fromkeys(float(s) for s in steps):
        nearest = finite[np.argmin(np.abs(magnitude[finite] - step))]
        axes.scatter([], [], s=size[nearest], color=ACCENT, linewidths=0, label=f"{step:g}")
    place: dict[str, Any] = (
        {"loc": "lower right", "bbox_to_anchor": (1.0, -0.16), "ncols": 3} if outside else {"loc": "upper right"}
    )
    axes.legend(
        title=f"{band} [mag]", fontsize=FONT - 1, title_fontsize=FONT - 1, framealpha=0.85, edgecolor="none", **place
    )


# --- how far partners are from each other


def _separations(sources: Any) -> Any:
    """Separations of a cross-match in arcsec; None where it is none."""
    import numpy as np

    matching = sources.meta.get("matching")
    if not isinstance(matching, dict) or "radius_arcsec" not in matching or "separation" not in sources.colnames:
        return None
    values = numbers_of(sources["separation"], "arcsec")
    values = values[np.isfinite(values)]
    return values if len(values) else None


def _histogram(axes: Any, separations: Any, matching: dict[str, Any]) -> float | None:
    """Draw the separations with what chance is expected to give; returns that number."""
    import numpy as np

    radius = float(matching["radius_arcsec"])
    edges = np.linspace(0.0, radius, _BINS + 1)
    counts, _ = np.histogram(np.minimum(separations, radius), bins=edges)
    axes.stairs(counts, edges, fill=True, color=ACCENT, alpha=0.75)
    chance = (matching.get("chance") or {}).get("expected_by_chance")
    expected = float(chance) if isinstance(chance, int | float) and np.isfinite(chance) else None
    if expected is not None:
        # Pairs by chance fill the circle evenly, so their number in a ring goes with its area.
        level = expected * np.diff(edges**2) / radius**2
        axes.stairs(level, edges, color=LINE, linewidth=1.4, label="expected by chance")
        axes.legend(fontsize=FONT - 1, frameon=False, loc="upper right")
    axes.set_xlim(0.0, radius)
    axes.set_ylim(0.0, 1.15 * max(float(counts.max()), 1.0))
    axes.set_xlabel("Separation [arcsec]")
    axes.set_ylabel("Pairs")
    style_axes(axes)
    return expected


def _caption(
    sources: Any, good: Any, magnitude: Any, band: str, centre: tuple[float, float], reach: float, frame: str, marks: list[tuple[str, float, float]],
    separations: Any, expected: float | None,
) -> str:  # fmt: skip
    import numpy as np

    catalogue = str(sources.meta.get("catalogue") or "")
    drawn, lost = int(good.sum()), int((~good).sum())
    where, where_zh = "", ""
    if 1e-6 < reach <= _WIDE / 2 and not frame.lower().startswith("gal"):
        ra, dec = sexagesimal(*centre, 1 if reach > 1e-3 else 2)
        where, where_zh = (
            f" around {ra} {dec}, up to {angle(reach)} from there",
            f"，中心 {ra} {dec}，最远 {angle(reach)}",
        )
    plural = "" if drawn == 1 else "s"
    steps = [
        (
            f"Positions of {drawn} source{plural}{f' of {catalogue}' if catalogue else ''} on the sky ({frame}){where}; east is to the left.",
            f"{catalogue + ' 的 ' if catalogue else ''}{drawn} 个源在天上的位置（{frame}）{where_zh}；东在左。",
        )
    ]
    if lost:
        steps.append((f"Rows without a position, which are left out: {lost}.", f"{lost} 行没有位置，未画出。"))
    if magnitude is not None:
        unknown = int((~np.isfinite(magnitude[good])).sum())
        steps.append((f"Larger symbols are brighter in {band}.", f"符号越大，{band} 越亮。"))
        if unknown:
            steps.append(
                (f"Smallest are those without this magnitude: {unknown}.", f"{unknown} 个没有该星等的源用最小的符号。")
            )
    if marks:
        steps.append(("Crosses: the objects asked for, at the epoch of their own position.", "十字：所查目标，在其位置自身的历元。"))  # fmt: skip
    if any(r.get("complete") is False for r in sources.meta.get("queries") or []):
        steps.append(("The table does not have all rows that there are.", "该表并不包含所有的行。"))
    if separations is not None:
        radius = float(sources.meta["matching"]["radius_arcsec"])
        steps.append(
            (
                f"Below: separations of the {len(separations)} pairs within {radius:g} arcsec.",
                f"下方：{radius:g} 角秒内 {len(separations)} 对的角距。",
            )
        )
        if expected is not None:
            steps.append(
                (
                    f"Orange: the {expected:.3g} pairs expected by chance, spread evenly over the area.",
                    f"橙色：预期偶然重合的 {expected:.3g} 对，按面积均匀分布。",
                )
            )
    return both(" ".join(s for s, _ in steps), "".join(s for _, s in steps))
