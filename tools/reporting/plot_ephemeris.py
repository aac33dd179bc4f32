"""Drawing where a body of the solar system is, against time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.captions import both
from gnomon.tools.errors import EmptyResult
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import ACCENT, FONT, LINE, QUIET, SIGNALS, WIDTH, style_axes, time_label
from gnomon.tools.reporting.sky_axes import set_title
from gnomon.tools.sky_notation import sexagesimal

if TYPE_CHECKING:
    from gnomon.tools.kinds import Ephemeris, Figure

_LABELS = 7  # dates along the path
_UNIX_ZERO = 2440587.5  # Julian date of 1970-01-01, from which matplotlib counts
_JOINED = 1.0 / 12.0  # days; elevations further apart are dots, since a body rises and sets in between
_WIDE = 100.0  # degrees, beyond which a path is not drawn true to shape
# Between two ticks of right ascension, degrees: seconds, minutes and hours of time.
_STEPS = (
    *(15.0 / 3600.0 * s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30)),
    *(15.0 / 60.0 * m for m in (1, 2, 5, 10, 20, 30)),
    *(15.0 * h for h in (1, 2, 3, 6)),
)


@tool(
    version="1.0",
    effects=("compute",),
    seconds=1.2,
    comparison="view",
    citations=("Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",),
    examples=(
        "Plot the path of Ceres across the sky",
        "Draw the ephemeris",
        "Show where the asteroid is over the next month as a chart",
        "Plot the comet's brightness against time",
        "Draw the elevation of Mars through the night",
        "A figure of the track with dates, please",
        "Show the motion of the asteroid among the stars",
        "Graph magnitude and elevation of Vesta",
        "When is the body highest? Draw it.",
        "Plot RA and Dec of the comet with dates along the path",
        "Visualise the ephemeris of 433 Eros",
        "Show the visibility curve of Apophis from Xinglong",
        "画出谷神星在天上的路径",
        "把历表画成图",
        "画出这颗小行星下个月在天上的位置",
        "画彗星的亮度变化",
        "画出火星整夜的地平高度",
        "给我一张带日期的轨迹图",
        "画小行星在恒星间的移动",
        "画灶神星的星等和地平高度",
        "什么时候最高？画出来",
        "画出彗星的赤经赤纬路径并标日期",
        "把 433 爱神星的历表可视化",
        "画出从兴隆看阿波菲斯的可见曲线",
    ),
    summary_zh="画出太阳系天体在天上的路径（标日期）以及星等和地平高度随时间的变化。",
    method="The ephemeris was drawn as a path on the sky, and against time.",
    method_zh="把历表绘成天上的路径和随时间变化的曲线。",
)
def plot_ephemeris(ephemeris: Ephemeris) -> Figure:
    """Draw the path of a body on the sky with dates, and its magnitude and elevation against time.

    Parameters
    ----------
    ephemeris : Ephemeris
        ``time`` [d], ``ra``, ``dec`` [deg], and where they are there ``magnitude`` [mag] and ``elevation``, else ``elongation`` [deg];
        what is masked is left out.

    Returns
    -------
    Figure
        The path, with east to the left, and below it a panel for each quantity that has values; the caption is in English and Chinese.

    Raises
    ------
    EmptyResult
        Where there is no position.

    References
    ----------
    Matplotlib: Hunter 2007, doi:10.1109/MCSE.2007.55.  Colours: Wong 2011, doi:10.1038/nmeth.1618.
    """
    import numpy as np
    from matplotlib.figure import Figure as _Figure

    time, ra, dec = (_plain(ephemeris[n], u) for n, u in (("time", "d"), ("ra", "deg"), ("dec", "deg")))
    good = np.isfinite(time) & np.isfinite(ra) & np.isfinite(dec)
    if not good.any():
        raise EmptyResult(
            "The ephemeris has no position to draw.", remedy="Ask for other times.", zh="历表中没有位置，无法绘制。"
        )
    order = np.flatnonzero(good)[np.argsort(time[good], kind="stable")]
    time, ra, dec = time[order], ra[order], dec[order]
    below = [b for b in (_magnitudes(ephemeris, order), _heights(ephemeris, order)) if b is not None]
    below = below if len(time) > 1 else []  # of one moment there is no course of anything
    heights = [3.3, *([1.5] * len(below))]
    figure = _Figure(figsize=(WIDTH, sum(heights) + 0.7), layout="constrained")
    panels = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    when, dated = _days(time, ephemeris.meta)
    _path(panels[0], ra, dec, _labels(time, when, dated), str(ephemeris.meta.get("frame") or ""))
    for axes, (label, values, colour, upside_down) in zip(panels[1:], below, strict=True):
        seen = np.isfinite(values)
        joined = label != "Elevation [°]" or (len(time) > 1 and float(np.median(np.diff(time))) <= _JOINED)
        axes.plot(when[seen], values[seen], "-" if joined and seen.sum() > 1 else "o", color=colour, linewidth=1.2, markersize=3)  # fmt: skip
        axes.set_ylabel(label)
        if upside_down:
            axes.invert_yaxis()
        if label == "Elevation [°]":
            axes.axhline(0.0, color=QUIET, linewidth=0.8)
            axes.axhspan(min(axes.get_ylim()[0], 0.0), 0.0, color=QUIET, alpha=0.15, linewidth=0)
            axes.set_ylim(max(axes.get_ylim()[0], -90.0), min(axes.get_ylim()[1], 90.0))
        style_axes(axes)
        axes.margins(x=0.02)
        if dated:
            from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

            locator = AutoDateLocator(minticks=3, maxticks=7)
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
            axes.xaxis.set_minor_locator(_no_ticks())
    for axes in panels[1:-1]:
        axes.sharex(panels[-1])
        axes.tick_params(labelbottom=False)
        axes.xaxis.get_offset_text().set_visible(False)
    if below:
        scale = str((ephemeris.meta.get("time_reference") or {}).get("scale") or "").upper()
        panels[-1].set_xlabel(f"Date ({scale})" if dated and scale else "Date" if dated else time_label(ephemeris.meta))
    set_title(panels[0], str(ephemeris.meta.get("object") or ""))
    figure.set_label(_caption(ephemeris, time, ra, dec, dated, [label for label, *_ in below]))
    return figure


def _no_ticks() -> Any:
    from matplotlib.ticker import NullLocator

    return NullLocator()


def _plain(column: Any, unit: str = "") -> Any:
    """Numbers in a unit, NaN where masked."""
    import numpy as np
    from astropy.utils.masked import Masked

    value = column.to_value(unit) if unit and hasattr(column, "to_value") else getattr(column, "value", column)
    mask = getattr(value, "mask", False)
    raw = value.unmasked if isinstance(value, Masked) else np.ma.getdata(value)
    return np.where(np.broadcast_to(mask, np.shape(raw)), np.nan, np.asarray(raw, dtype=float))


def _magnitudes(ephemeris: Any, order: Any) -> tuple[str, Any, str, bool] | None:
    import numpy as np

    if "magnitude" not in ephemeris.colnames:
        return None
    values = _plain(ephemeris["magnitude"])[order]
    return ("Magnitude", values, LINE, True) if np.isfinite(values).any() else None


def _heights(ephemeris: Any, order: Any) -> tuple[str, Any, str, bool] | None:
    import numpy as np

    for name, label in (("elevation", "Elevation [°]"), ("elongation", "Elongation [°]")):
        if name in ephemeris.colnames:
            values = _plain(ephemeris[name], "deg")[order]
            if np.isfinite(values).any():
                return label, values, ACCENT, False
    return None


def _days(time: Any, meta: dict[str, Any]) -> tuple[Any, bool]:
    """Times as matplotlib counts days, where it is known what they are counted from; else as they are."""
    zero = (meta.get("time_reference") or {}).get("zero_jd")
    return (time, False) if zero is None else (time + float(zero) - _UNIX_ZERO, True)


def _labels(time: Any, when: Any, dated: bool) -> list[tuple[int, str]]:
    """Which points of the path bear a date, and what it is."""
    import numpy as np

    if len(time) == 1:
        chosen = [0]
    else:
        chosen = sorted({int(np.argmin(np.abs(time - t))) for t in np.linspace(time[0], time[-1], min(_LABELS, len(time)))})  # fmt: skip
    if not dated:
        return [(i, f"{time[i]:.6g}") for i in chosen]
    span = float(when[-1] - when[0])
    moments = [_moment(float(when[i])) for i in chosen]
    years = len({m[:4] for m in moments}) > 1
    if span > 5.0:
        texts = [m[:10] if years else m[5:10] for m in moments]
    elif span > 1.0:
        texts = [m[5:16].replace("T", " ") for m in moments]
    else:
        texts = [m[11:16] for m in moments]
    return list(zip(chosen, texts, strict=True))


def _moment(day: float) -> str:
    """ISO 8601 to the minute of a number of days since 1970."""
    import numpy as np

    return str(np.datetime64(round(day * 1440.0), "m"))


def _path(axes: Any, ra: Any, dec: Any, labels: list[tuple[int, str]], frame: str) -> None:
    import numpy as np

    turned = np.unwrap(ra, period=360.0)
    axes.plot(turned, dec, "-" if len(ra) > 1 else "o", color=SIGNALS[0], linewidth=1.0, zorder=1)
    if 1 < len(ra) <= 200:
        axes.plot(turned, dec, ".", color=SIGNALS[0], markersize=3, zorder=2)
    chosen = [i for i, _ in labels]
    axes.plot(turned[chosen], dec[chosen], "o", color=SIGNALS[1], markersize=4.5, zorder=3)
    shrink = max(float(np.cos(np.radians(np.mean(dec)))), 0.05)
    axes.margins(0.12)
    if len(ra) == 1:
        axes.set_xlim(turned[0] - 0.1 / shrink, turned[0] + 0.1 / shrink)
        axes.set_ylim(dec[0] - 0.05, dec[0] + 0.05)
    elif float(np.ptp(turned)) <= _WIDE and float(np.abs(dec).max()) < 85.0:
        axes.set_aspect(1.0 / shrink, adjustable="datalim")  # true to shape
    axes.invert_xaxis()
    for n, (i, text) in enumerate(labels):
        axes.annotate(
            text, (turned[i], dec[i]), xytext=(0, 7 if n % 2 == 0 else -7), textcoords="offset points", ha="center",
            va="bottom" if n % 2 == 0 else "top", fontsize=FONT - 1, zorder=4,
        )  # fmt: skip
    system = f" ({frame.split(' ')[0]})" if frame else ""
    axes.set_xlabel(f"Right ascension{system}")
    axes.set_ylabel(f"Declination{system} [°]")
    axes.ticklabel_format(axis="y", useOffset=False)
    style_axes(axes)
    _count_hours(axes)


def _count_hours(axes: Any) -> None:
    """Ticks of right ascension at whole hours, minutes or seconds."""
    import numpy as np
    from matplotlib.ticker import FuncFormatter, Locator

    class Hours(Locator):
        """Round numbers of seconds of time, at most seven of them."""

        def __call__(self) -> Any:
            return self.tick_values(*axes.get_xlim())

        def tick_values(self, vmin: float, vmax: float) -> Any:
            low, high = min(vmin, vmax), max(vmin, vmax)
            step = next((s for s in _STEPS if (high - low) / s <= 7.0), _STEPS[-1])
            return step * np.arange(np.ceil(low / step), np.floor(high / step) + 1)

    def said(x: float, _place: Any) -> str:
        low, high = sorted(axes.get_xlim())
        text, _ = sexagesimal(x, 0.0, 1 if high - low < 7.0 * 15.0 / 3600.0 else 0)
        return text[:6] if high - low > 7.0 * 0.5 * 15.0 / 60.0 else text

    axes.xaxis.set_major_locator(Hours())
    axes.xaxis.set_major_formatter(FuncFormatter(said))


def _caption(ephemeris: Any, time: Any, ra: Any, dec: Any, dated: bool, panels: list[str]) -> str:
    import numpy as np

    meta = ephemeris.meta
    name = str(meta.get("object") or "the body")
    site = str((meta.get("observatory") or {}).get("name") or (meta.get("observatory") or {}).get("code") or "")
    service = str((meta.get("queries") or [{}])[-1].get("service") or "")
    first, last = (_moment(float(t) + float(meta["time_reference"]["zero_jd"]) - _UNIX_ZERO).replace("T", " ") for t in (time[0], time[-1])) if dated else (f"{time[0]:.6g}", f"{time[-1]:.6g}")  # fmt: skip
    span = f"from {first} to {last}" if len(time) > 1 else f"at {first}"
    span_zh = f"{first} 至 {last}" if len(time) > 1 else first
    by, by_zh = (f", computed by {service}", f"，由 {service} 计算") if service else ("", "")
    seen, seen_zh = (f" (site: {site})", f"（观测站：{site}）") if site else ("", "")
    count = f"{len(time)} position{'' if len(time) == 1 else 's'}"
    steps = [
        (
            f"Path of {name} on the sky{seen}, {count} {span}{by}.",
            f"{meta.get('object') or '该天体'} 在天上的路径{seen_zh}，{span_zh}，共 {len(time)} 个位置{by_zh}。",
        ),
        ("East is to the left; orange dots bear dates.", "东在左；橙色点标有日期。"),
    ]
    if "uncertainty" in ephemeris.colnames:
        largest = _plain(ephemeris["uncertainty"], "arcsec")
        if np.isfinite(largest).any():
            value = f"{float(np.nanmax(largest)):.3g}"
            steps.append((f"The positions are uncertain by up to {value} arcsec (3 sigma).", f"位置的不确定度最大 {value} 角秒（3σ）。"))  # fmt: skip
    told = {
        "Magnitude": ("predicted magnitude", "预报星等"),
        "Elevation [°]": ("elevation, grey below the horizon", "地平高度（灰色为地平以下）"),
        "Elongation [°]": ("angle from the Sun", "日距角"),
    }
    if panels:
        steps.append(
            (
                f"Below: {', then '.join(told[p][0] for p in panels)}.",
                f"下方：{'，'.join(told[p][1] for p in panels)}。",
            )
        )
    return both(" ".join(s for s, _ in steps), "".join(s for _, s in steps))
