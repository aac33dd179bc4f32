"""Drawing a light curve as it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.light_curve_arrays import bin_light_curve, light_curve_arrays, typical_step
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import (
    ACCENT,
    DENSE,
    FONT,
    WIDTH,
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
    seconds=0.6,
    seconds_per_1000_rows=0.002,
    comparison="view",
    citations=("Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",),
    examples=(
        "Plot the light curve",
        "A time-series figure of the photometry",
        "Show me the flux against time",
        "Draw the raw data",
        "画出光变曲线",
        "显示流量随时间的变化",
        "Just show me the light curve",
        "Graph brightness versus time",
        "Can I see the photometry first, before any processing?",
        "Quick look at the photometry",
        "A picture of the TESS light curve, please",
        "Plot this Kepler star's flux as it comes",
        "Make a figure of the unprocessed light curve",
        "What does the light curve look like?",
        "Draw the flux time series of this star",
        "把光变曲线画出来看看",
        "画亮度随时间变化的图",
        "先不处理，画一下原始流量",
        "快速看一眼测光数据",
        "画一张 TESS 光变图",
        "光变曲线长什么样？",
        "给出未处理的光变曲线图",
        "画出这颗星的流量时间序列",
        "显示原始光变",
    ),
    summary_zh="画出读入的光变曲线。",
    method="The light curve was drawn as read.",
    method_zh="按读入数据绘制光变曲线。",
)
def plot_light_curve(light_curve: LightCurve) -> Figure:
    """Draw the light curve as it was read, with half-hour means where the points are dense.

    Parameters
    ----------
    light_curve : LightCurve
        Times [d] and relative fluxes; points that are not finite are not drawn.

    Returns
    -------
    Figure
        Flux against time; the caption is the figure's label.

    Raises
    ------
    InputError
        Where there is no finite point.

    References
    ----------
    Matplotlib: Hunter 2007, doi:10.1109/MCSE.2007.55.  Colours: Wong 2011, doi:10.1038/nmeth.1618.
    """
    from matplotlib.figure import Figure as _Figure

    time, flux, error = light_curve_arrays(light_curve)
    if len(time) == 0:
        raise InputError("The light curve has no finite point to draw.", remedy="Check the file and the quality flags.")
    figure = _Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axes = figure.add_subplot()
    draw_points(axes, time, flux)
    dense = len(time) > DENSE and typical_step(time) < 0.5 * BIN_D
    if dense:
        bin_time, bin_flux, _ = bin_light_curve(time, flux, error, BIN_D)
        axes.plot(
            bin_time,
            bin_flux,
            ".",
            color=ACCENT,
            markersize=2.6,
            markeredgewidth=0,
            label="30-minute means",
            rasterized=True,
        )
        axes.legend(fontsize=FONT - 1, frameon=False, loc="lower right", markerscale=2.5)
    axes.set_ylim(*flux_limits(flux))
    axes.margins(x=0.01)
    axes.set_xlabel(time_label(light_curve.meta))
    axes.set_ylabel("Relative flux")
    axes.ticklabel_format(axis="y", useOffset=False)
    name = light_curve.meta.get("object")
    if name:
        axes.set_title(str(name), fontsize=FONT + 1)
    style_axes(axes)
    figure.set_label(
        f"Light curve{' of ' + name if name else ''} as read: flux over its median against time."
        + (" Blue: means of half an hour." if dense else "")
    )
    return figure
