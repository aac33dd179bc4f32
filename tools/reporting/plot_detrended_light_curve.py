"""Drawing a light curve before and after detrending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.light_curve_arrays import bin_light_curve, light_curve_arrays, typical_step
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import (
    ACCENT,
    DENSE,
    FONT,
    LINE,
    WIDTH,
    break_at_gaps,
    draw_points,
    flux_limits,
    style_axes,
    time_label,
)

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, LightCurve

BIN_D = 0.5 / 24  # half an hour, Kepler's long cadence, the usual step for showing dense light curves


@tool(
    version="1.0",
    effects=("compute",),
    seconds=0.8,
    seconds_per_1000_rows=0.004,
    comparison="view",
    citations=("Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",),
    examples=(
        "Show the trend that was removed",
        "Plot the detrended light curve",
        "Did the detrending work?",
        "画出去趋势后的光变曲线",
        "显示被去除的趋势",
        "Draw the flattened light curve",
        "Plot flux before and after detrending",
        "Show me what the filter took out",
        "A figure of the light curve with the biweight trend on top",
        "Let me see the trend line over the raw flux",
        "Picture of the light curve after cleaning, please",
        "I want to check by eye that the filter did not eat the transits",
        "Graph the flux that is left after the stellar variability is removed",
        "Make a before-and-after figure of the detrending",
        "画出拉平后的光变曲线",
        "画去趋势前后的流量对比图",
        "看看滤波去掉了什么",
        "把趋势线叠在原始流量上画出来",
        "给我一张去掉恒星变化后的光变图",
        "去趋势的效果怎么样？画图看看",
        "画图检查滤波有没有把凌星也去掉",
        "画出双权滤波得到的趋势",
        "显示去除慢变化之后剩下的光变",
    ),
    summary_zh="画出去趋势前后的光变曲线和趋势。",
    method="The light curve was drawn with its trend, and after the trend was divided out.",
    method_zh="绘制光变曲线及其趋势，以及去趋势后的结果。",
)
def plot_detrended_light_curve(light_curve: Annotated[LightCurve, "detrended"]) -> Figure:
    """Draw the light curve with the trend that was removed, and below it what is left.

    Parameters
    ----------
    light_curve : LightCurve
        A detrended light curve with a column ``trend``; points that are not finite are not drawn.

    Returns
    -------
    Figure
        Two panels over one axis of time; the caption is the figure's label.

    Raises
    ------
    InputError
        Where there is no trend or no finite point.

    References
    ----------
    Matplotlib: Hunter 2007, doi:10.1109/MCSE.2007.55.  Colours: Wong 2011, doi:10.1038/nmeth.1618.
    """
    import numpy as np
    from matplotlib.figure import Figure as _Figure

    if "trend" not in light_curve.colnames:
        raise InputError("The light curve has no column 'trend'.", remedy="Make it with detrend_light_curve.")
    time, flux, error = light_curve_arrays(light_curve)
    if len(time) == 0:
        raise InputError("The light curve has no finite point to draw.", remedy="Check the file and the quality flags.")
    column = light_curve["time"]
    all_times = np.asarray(column.to_value("d") if hasattr(column, "to_value") else column)
    order = np.argsort(all_times, kind="stable")
    trend = np.interp(time, all_times[order], np.asarray(light_curve["trend"], dtype=float)[order])
    figure = _Figure(figsize=(WIDTH, 4.6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    draw_points(above, time, flux * trend)
    above.plot(*break_at_gaps(time, trend), color=LINE, linewidth=1.3, label="trend", zorder=3)
    above.legend(fontsize=FONT - 1, frameon=False, loc="lower right")
    above.set_ylim(*flux_limits(flux * trend))
    above.set_ylabel("Relative flux")
    draw_points(below, time, flux)
    dense = len(time) > DENSE and typical_step(time) < 0.5 * BIN_D
    if dense:
        bin_time, bin_flux, _ = bin_light_curve(time, flux, error, BIN_D)
        below.plot(
            bin_time,
            bin_flux,
            ".",
            color=ACCENT,
            markersize=2.6,
            markeredgewidth=0,
            rasterized=True,
            label="30-minute means",
        )
        below.legend(fontsize=FONT - 1, frameon=False, loc="lower right", markerscale=2.5)
    below.set_ylim(*flux_limits(flux))
    below.set_ylabel("Flux / trend")
    below.set_xlabel(time_label(light_curve.meta))
    below.margins(x=0.01)
    for axes in (above, below):
        axes.ticklabel_format(axis="y", useOffset=False)
        style_axes(axes)
    figure.align_ylabels()
    name = light_curve.meta.get("object")
    if name:
        above.set_title(str(name), fontsize=FONT + 1)
    figure.set_label(
        f"Light curve{' of ' + name if name else ''} with the trend that was removed (above) and after division by it (below)."
        + (" Blue: means of half an hour." if dense else "")
    )
    return figure
