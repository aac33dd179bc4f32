"""Drawing the periodogram of a transit search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from gnomon.tools.errors import InputError
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import FONT, QUIET, SIGNALS, WIDTH, style_axes

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, Periodogram

PANELS = 4  # passes that are drawn; more make the panels too low to read
LABEL_ABOVE = 1.15  # peaks that stand this factor above the whole control are labelled with their period


@tool(
    version="1.0",
    effects=("compute",),
    seconds=0.8,
    seconds_per_1000_rows=0.003,
    comparison="view",
    citations=("Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",),
    examples=(
        "Plot the BLS periodogram",
        "Show the periods that the transit search found",
        "How strong are the peaks?",
        "画出 BLS 周期图",
        "显示凌星搜寻找到的周期",
        "Show the BLS spectrum as a figure",
        "Draw the power against period for the transit search",
        "Plot the box least squares power from 1 to 20 days",
        "A picture of the BLS peaks, please",
        "Let me see the transit search spectrum with the control",
        "Graph the BLS power spectrum of each pass",
        "Where are the peaks of the transit search? Draw them.",
        "Figure of the transit periodogram with the best period marked",
        "Visualise the result of the BLS search",
        "把 BLS 谱画成图",
        "画出凌星搜寻的功率随周期的变化",
        "画 1 到 20 天的 BLS 周期图",
        "BLS 的峰有多强？画图看看",
        "画凌星周期图并标出最强的周期",
        "画出每一轮 BLS 的谱",
        "显示凌星搜寻谱和翻转对照",
        "给我一张凌星周期图",
        "把 BLS 搜索结果可视化",
    ),
    summary_zh="画出凌星搜寻各轮的周期图与对照。",
    method="The box least squares spectra of the search passes were drawn with the upside-down control.",
    method_zh="绘制各轮 BLS 谱与上下翻转的对照谱。",
)
def plot_transit_periodogram(periodogram: Annotated[Periodogram, "transit"]) -> Figure:
    """Draw the spectrum of each pass of a transit search, with the strongest period marked and the control behind it.

    Parameters
    ----------
    periodogram : Periodogram
        Of `transit_periodogram`: columns ``search``, ``period`` [d], ``power``.

    Returns
    -------
    Figure
        One panel per pass, at most four; the caption is the figure's label.

    Raises
    ------
    InputError
        Where there is no pass.

    References
    ----------
    Matplotlib: Hunter 2007, doi:10.1109/MCSE.2007.55.  Colours: Wong 2011, doi:10.1038/nmeth.1618.
    """
    import numpy as np
    from matplotlib.figure import Figure as _Figure

    search, power = np.asarray(periodogram["search"]), np.asarray(periodogram["power"])
    period = np.asarray(periodogram["period"].to_value("d"))
    passes = [int(n) for n in np.unique(search) if n > 0][:PANELS]
    if not passes:
        raise InputError("The periodogram has no pass of a transit search.", remedy="Make it with transit_periodogram.")
    figure = _Figure(figsize=(WIDTH, 0.9 + 1.45 * len(passes)), layout="constrained")
    panels = np.atleast_1d(figure.subplots(len(passes), 1, sharex=True))
    control = search == 0
    for i, (axes, number) in enumerate(zip(panels, passes, strict=True)):
        own = search == number
        if control.any():
            axes.plot(
                period[control],
                power[control],
                color=QUIET,
                linewidth=0.5,
                alpha=0.8,
                rasterized=True,
                label="control (upside down)",
            )
        axes.plot(period[own], power[own], color=SIGNALS[i % len(SIGNALS)], linewidth=0.7, rasterized=True)
        top = np.flatnonzero(own)[np.argmax(power[own])]
        axes.plot(
            period[top],
            power[top] * 1.06,
            marker="v",
            color=SIGNALS[i % len(SIGNALS)],
            markersize=5,
            markeredgewidth=0,
            clip_on=False,
        )
        if not control.any() or power[top] > LABEL_ABOVE * power[control].max():
            left = period[top] > 0.5 * (period.min() * period.max()) ** 0.5 * 3
            axes.annotate(
                f"{period[top]:.4g} d",
                (period[top], power[top]),
                xytext=(-8 if left else 8, 0),
                textcoords="offset points",
                ha="right" if left else "left",
                va="center",
                fontsize=FONT,
            )
        axes.set_ylim(0, 1.28 * power[own].max())
        axes.set_xscale("log")
        axes.text(0.012, 0.86, f"pass {number}", transform=axes.transAxes, fontsize=FONT, va="top")
        style_axes(axes)
    panels[0].set_xlim(period.min(), period.max())
    if control.any():
        panels[0].legend(fontsize=FONT - 1, frameon=False, loc="upper left", bbox_to_anchor=(0.09, 1.02))
    panels[-1].xaxis.set_major_formatter("{x:g}")
    panels[-1].set_xlabel("Period [d]")
    figure.supylabel("Signal-to-noise ratio of the best box", fontsize=FONT)
    name = periodogram.meta.get("object")
    if name:
        panels[0].set_title(str(name), fontsize=FONT + 1)
    figure.set_label(
        "Box least squares spectra of the search for transits, one panel per pass, the transits of the passes before masked; the triangle marks the strongest period. Grey: the same search on the light curve turned upside down, where no transit can be."
    )
    return figure
