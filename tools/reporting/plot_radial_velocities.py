"""Drawing radial velocities against time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.offset_periodogram import instrument_index
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import FONT, WIDTH, style_axes
from gnomon.tools.reporting.velocity_axes import draw_velocities, list_of_names, short_times

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, RadialVelocities

# Zero points of spectrographs differ by kilometres a second; beyond this factor one axis would hide all variation.
_FAR_APART = 5.0


@tool(
    version="1.0",
    effects=("compute",),
    seconds=1.0,
    seconds_per_1000_rows=0.1,
    comparison="view",
    citations=("Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",),
    examples=(
        "Plot the radial velocities",
        "A time-series figure of the RVs",
        "Velocities against date, nothing else",
        "Show the velocities of each instrument against time",
        "画出视向速度",
        "画出视向速度随时间的变化",
        "按仪器画视向速度图",
        "Plot RV versus time",
        "Quick look at the velocities",
        "Graph the RV time series, one colour for each instrument",
        "What do the velocities look like?",
        "Draw the measured velocities with error bars",
        "Show me the raw RV data",
        "A figure of the HARPS and HIRES velocities, please",
        "Can I see the velocity measurements before any fit?",
        "Make a picture of the velocity data",
        "画 RV 随时间变化的图",
        "快速看一下视向速度数据",
        "不同仪器用不同颜色画视向速度",
        "视向速度长什么样？画出来看看",
        "画出带误差棒的视向速度测量值",
        "先不拟合，画一下速度数据",
        "给我一张 HARPS 和 HIRES 视向速度的图",
        "显示原始视向速度",
    ),
    summary_zh="画出各仪器视向速度随时间的变化。",
    method="The radial velocities of each instrument were drawn against time.",
    method_zh="绘制各仪器视向速度随时间的变化。",
)
def plot_radial_velocities(velocities: RadialVelocities) -> Figure:
    """Draw the velocities of every instrument against time, as measured.

    Parameters
    ----------
    velocities : RadialVelocities
        Columns ``time`` [d], ``rv`` and ``rv_err`` [m/s], ``instrument``; finite.

    Returns
    -------
    Figure
        One panel; where the zero points of the instruments lie far apart, each has its median taken off, and the
        axis and the caption (the figure's label) say so.

    Raises
    ------
    InputError
        Where there is no velocity.

    References
    ----------
    Matplotlib: Hunter 2007, doi:10.1109/MCSE.2007.55.  Colours: Wong 2011, doi:10.1038/nmeth.1618.
    """
    import numpy as np
    from matplotlib.figure import Figure as _Figure

    if len(velocities) == 0:
        raise InputError("There is no velocity to draw.", remedy="Attach radial velocities.")
    names, index = instrument_index(velocities["instrument"])
    rv = np.asarray(velocities["rv"].to_value("m/s"), dtype=float)
    error = np.asarray(velocities["rv_err"].to_value("m/s"), dtype=float)
    time, label = short_times(velocities["time"].to_value("d"), velocities.meta.get("time_reference"))
    medians = np.array([np.median(rv[index == i]) for i in range(len(names))])
    spread = max(float(np.ptp(rv[index == i])) for i in range(len(names)))
    apart = bool(np.ptp(medians) > _FAR_APART * max(spread, 1e-9))
    single = len(names) == 1 and abs(medians[0]) > 20.0 * max(spread, 1e-9)
    if apart or single:
        rv = rv - medians[index]
    figure = _Figure(figsize=(WIDTH, 3.4), layout="constrained")
    axes = figure.subplots()
    draw_velocities(axes, time, rv, error, None, index, names)
    axes.set_xlabel(label)
    axes.set_ylabel("Radial velocity − median [m s$^{-1}$]" if apart or single else "Radial velocity [m s$^{-1}$]")
    style_axes(axes)
    axes.margins(x=0.02, y=0.08)
    if len(names) > 1 or names[0] != "unknown":
        axes.legend(fontsize=FONT - 1, frameon=False, ncols=min(len(names), 4), loc="best")
    name = velocities.meta.get("object")
    if name:
        axes.set_title(str(name), fontsize=FONT + 1)
    of = f" of {name}" if name else ""
    taken = " The median of each instrument was taken off." if apart or single else ""
    by = f" from {list_of_names(names)}" if names != ["unknown"] else ""
    figure.set_label(f"Radial velocities{of}: {len(rv)} measurements{by}, with their uncertainties.{taken}")
    return figure
