"""Drawing the periodogram of radial velocities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import InputError
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import FONT, WIDTH, style_axes
from gnomon.tools.reporting.velocity_axes import FAINT, INSTRUMENT_COLOURS

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, Periodogram

_LABELLED = 3


@tool(
    version="1.0",
    effects=("compute",),
    seconds=1.5,
    comparison="view",
    citations=(
        "Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",
        "Zechmeister & Kuerster 2009, The generalised Lomb-Scargle periodogram, doi:10.1051/0004-6361:200811296",
    ),
    examples=(
        "Plot the periodogram of the velocities",
        "Show the RV periodogram with false-alarm levels and the window function",
        "画出视向速度周期图",
        "显示周期图、误报概率水平和窗函数",
        "Draw the GLS periodogram of the RVs",
        "Plot the Lomb-Scargle power of the velocities against period",
        "Show me the peaks in the velocity periodogram",
        "Figure of the RV power spectrum between 1 and 1000 days",
        "Graph the window function of the RV sampling",
        "A picture of the velocity periodogram with the 1% false-alarm line",
        "Let me see which RV periods stand out",
        "Is there a peak near 12 days in the velocities? Show the periodogram.",
        "Visualise the frequency content of the radial velocities",
        "画视向速度的 GLS 周期图",
        "画出速度的 Lomb-Scargle 功率谱图",
        "画图看看视向速度有哪些周期峰",
        "画 1 到 1000 天的 RV 功率谱",
        "画出 RV 采样的窗函数",
        "把 1% 误报概率线标在视向速度周期图上画出来",
        "给我一张 RV 周期图",
        "12 天附近有没有峰？把视向速度周期图画出来",
        "显示视向速度周期图的峰和混叠",
    ),
    summary_zh="画出视向速度周期图、误报概率水平和采样的窗函数。",
    method="The periodogram of the velocities was drawn with its false-alarm levels and the window function.",
    method_zh="绘制视向速度周期图、误报概率水平和窗函数。",
)
def plot_velocity_periodogram(periodogram: Annotated[Periodogram, "velocity"]) -> Figure:
    """Draw the periodogram of velocities with false-alarm levels, and the window function below it.

    Parameters
    ----------
    periodogram : Periodogram
        From `velocity_periodogram`: columns ``period`` [d], ``power`` and ``window``, and ``meta["peaks"]``.

    Returns
    -------
    Figure
        Two panels with one axis of periods; the caption is the figure's label.

    Raises
    ------
    InputError
        Where the periodogram is empty.

    References
    ----------
    Matplotlib: Hunter 2007, doi:10.1109/MCSE.2007.55.  Colours: Wong 2011, doi:10.1038/nmeth.1618.
    """
    import numpy as np
    from matplotlib.figure import Figure as _Figure

    if len(periodogram) < 2:
        raise InputError("The periodogram is empty.", remedy="Make it with velocity_periodogram.")
    period = np.asarray(periodogram["period"].to_value("d"), dtype=float)
    power = np.asarray(periodogram["power"], dtype=float)
    figure = _Figure(figsize=(WIDTH, 4.0), layout="constrained")
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    top.plot(period, power, color=INSTRUMENT_COLOURS[0], linewidth=0.6, rasterized=True)
    levels = periodogram.meta.get("power_at_fap") or {}
    for (chance, level), style in zip(sorted(levels.items()), ("-", "--", ":"), strict=False):
        top.axhline(level, color=FAINT, linewidth=0.8, linestyle=style, label=f"FAP {float(chance):g}")
    highest = max(float(power.max()), *levels.values()) if levels else float(power.max())
    top.set_ylim(0, 1.22 * highest)
    _label_peaks(top, periodogram.meta.get("peaks") or [], period, highest)
    below.plot(period, np.asarray(periodogram["window"], dtype=float), color=FAINT, linewidth=0.6, rasterized=True)
    below.set_ylim(0, 1.05 * float(np.max(periodogram["window"])))
    top.set_xscale("log")
    top.set_xlim(period.min(), period.max())
    for axes in (top, below):
        style_axes(axes)
    below.xaxis.set_major_formatter("{x:g}")
    below.set_xlabel("Period [d]")
    below.set_ylabel("Window")
    top.set_ylabel("Power (share of $\\chi^2$)")
    if levels:
        top.legend(fontsize=FONT - 1, frameon=False, loc="upper left", ncols=3)
    name = periodogram.meta.get("object")
    if name:
        top.set_title(str(name), fontsize=FONT + 1)
    of = f" of {name}" if name else ""
    figure.set_label(
        f"Periodogram of the radial velocities{of}, with one free offset for each instrument: the share of chi-square "
        "that a sine wave takes away. Lines: analytic false-alarm levels. The highest peaks are labelled; grey labels "
        "are aliases of a higher peak. Below: power of the sampling."
    )
    return figure


def _label_peaks(axes: Any, peaks: list[dict[str, Any]], period: Any, highest: float) -> None:
    """Write the period at the highest peaks, where two labels do not cover each other."""
    import math

    width = math.log(period.max() / period.min())
    taken: list[tuple[float, float]] = []
    for peak in peaks:
        x, y = math.log(peak["period_d"]) / width, peak["power"] / highest
        if any(abs(x - a) < 0.09 and abs(y - b) < 0.09 for a, b in taken) or len(taken) == _LABELLED:
            continue
        # Only what is significant, and the highest peak in any case, earns a label.
        if taken and peak["false_alarm_probability"] > 0.01:
            continue
        taken.append((x, y))
        left = math.log(period.max() / peak["period_d"]) < 0.12 * width
        axes.annotate(
            f"{peak['period_d']:.4g} d", (peak["period_d"], peak["power"]), xytext=(-4 if left else 0, 4),
            textcoords="offset points", ha="right" if left else "center", va="bottom", fontsize=FONT - 1,
            color=FAINT if peak["alias_of"] else "black",
        )  # fmt: skip
