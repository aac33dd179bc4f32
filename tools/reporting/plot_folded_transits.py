"""Drawing folded transits with the fitted model and residuals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.light_curve_arrays import bin_light_curve
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import BAND, FONT, LINE, POINTS, QUIET, WIDTH, style_axes

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, LightCurve, Posterior

BINS = 36  # means over a window of three durations: twelve across the transit
COLUMNS = 3


@tool(
    version="1.0",
    effects=("compute",),
    seconds=1.0,
    seconds_per_1000_rows=0.002,
    comparison="view",
    citations=("Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",),
    examples=(
        "Plot the folded transits with the model",
        "Show the phase-folded light curve and residuals",
        "How well does the transit model fit?",
        "画出折叠后的凌星光变曲线和模型",
        "显示拟合残差",
        "Fold the light curve on the planet's period and draw it",
        "Phase-fold the transits",
        "Show me the transit shape with the best-fitting curve",
        "A figure of the folded transit for my paper",
        "Overlay the batman model on the data",
        "Plot the transit fit and residuals",
        "Let me see all transits of the planet on top of each other",
        "Draw flux against hours from mid-transit",
        "Picture of each planet's transit, please",
        "把光变曲线按行星周期折叠并画出来",
        "画相位折叠图，看凌星形状",
        "画出凌星拟合结果和残差",
        "把 batman 模型叠加到数据上",
        "每颗行星各画一张折叠的凌星图",
        "画流量随距凌星中心时间的变化",
        "凌星模型拟合得好不好？画出来看看",
        "把所有凌星叠在一起画给我看",
        "给论文用的凌星折叠图",
    ),
    summary_zh="画出按周期折叠的凌星、拟合模型和残差。",
    method="The transits of each signal were folded on the fitted period and drawn with the model and the residuals.",
    method_zh="按拟合周期折叠每个信号的凌星，并绘制模型与残差。",
)
def plot_folded_transits(
    posterior: Annotated[Posterior, "transit"], light_curve: Annotated[LightCurve, "detrended"]
) -> Figure:
    """Draw the transits of each fitted signal, folded on its period, with the model and the residuals.

    Parameters
    ----------
    posterior : Posterior
        Of `fit_transits`, with the folded points and model curves.
    light_curve : LightCurve
        The detrended light curve that was fitted, for the object's name.

    Returns
    -------
    Figure
        For each signal a panel of flux and one of residuals; the caption is the figure's label.

    Raises
    ------
    InputError
        Where the posterior has no folded points.

    References
    ----------
    Matplotlib: Hunter 2007, doi:10.1109/MCSE.2007.55.  Colours: Wong 2011, doi:10.1038/nmeth.1618.
    """
    import numpy as np
    from matplotlib.figure import Figure as _Figure

    if "constant_data" not in posterior.groups() or "curve" not in posterior["constant_data"]:
        raise InputError("The posterior has no folded transits.", remedy="Make it with fit_transits.")
    constant, observed = posterior["constant_data"], posterior["observed_data"]
    signals = [int(s) for s in constant["signal"].values]
    columns = min(COLUMNS, len(signals))
    rows = -(-len(signals) // columns)
    width = 4.6 if columns == 1 else WIDTH
    figure = _Figure(figsize=(width, 3.6 * rows), layout="constrained")
    grid = figure.add_gridspec(2 * rows, columns, height_ratios=[3, 1] * rows)
    for i, signal in enumerate(signals):
        row, column = divmod(i, columns)
        upper = figure.add_subplot(grid[2 * row, column])
        lower = figure.add_subplot(grid[2 * row + 1, column], sharex=upper)
        own = np.asarray(constant["signal_of_point"].values) == signal
        points = {k: np.asarray(constant[k].values)[own] for k in ("hours", "flux_err", "residual")}
        points["flux"] = np.asarray(observed["flux"].values)[own]
        curve = {
            k: np.asarray(constant[k].sel(signal=signal).values)
            for k in ("curve_hours", "curve", "curve_lower", "curve_upper")
        }
        _panel(upper, lower, points, curve)
        period = float(np.median(posterior["posterior"]["period"].sel(signal=signal).values))
        upper.set_title(f"signal {signal}, {period:.5g} d", fontsize=FONT)
        if column == 0:
            upper.set_ylabel("Relative flux − 1 [ppm]" if _in_ppm(points["flux"]) else "Relative flux − 1 [ppt]")
            lower.set_ylabel("Residual [ppm]" if _in_ppm(points["flux"]) else "Residual [ppt]")
        lower.set_xlabel("Time from mid-transit [h]")
    figure.align_ylabels()
    name = light_curve.meta.get("object")
    if name:
        figure.suptitle(str(name), fontsize=FONT + 1)
    figure.set_label(
        f"Transits{' of ' + name if name else ''} folded on the fitted periods. Grey: single points; black: means with their uncertainties; orange: median model with its 68 per cent interval. Below: residuals of the best fit."
    )
    return figure


def _in_ppm(flux: Any) -> bool:
    """Whether dips are so shallow that parts per million read better than parts per thousand."""
    import numpy as np

    return bool(1.0 - np.quantile(flux, 0.02) < 2e-3)


def _panel(upper: Any, lower: Any, points: dict[str, Any], curve: dict[str, Any]) -> None:
    """Flux with model above, residuals below."""
    import numpy as np

    scale = 1e6 if _in_ppm(points["flux"]) else 1e3
    hours, error = points["hours"], points["flux_err"]
    pale = 0.25 if len(hours) > 500 else 0.7
    bin_width = (hours[-1] - hours[0]) / BINS
    binned = len(hours) > 3 * BINS
    for axes, values in ((upper, points["flux"] - 1.0), (lower, points["residual"])):
        axes.plot(
            hours,
            scale * values,
            ".",
            color=QUIET,
            markersize=3,
            alpha=pale,
            markeredgewidth=0,
            rasterized=True,
            zorder=1,
        )
        if binned:
            t, f, e = bin_light_curve(hours, values + 1.0, error, bin_width)
            axes.errorbar(
                t, scale * (f - 1.0), scale * e, fmt="o", color="black", markersize=2.8, linewidth=0.8, zorder=4
            )
        else:
            axes.errorbar(
                hours,
                scale * values,
                scale * error,
                fmt=".",
                color=POINTS,
                markersize=3,
                linewidth=0.5,
                alpha=0.6,
                zorder=2,
            )
        style_axes(axes)
        part = 0.005 if len(values) > 400 else 0.01  # single outliers must not press the rest together
        low, high = np.quantile(scale * values, [part, 1.0 - part])
        axes.set_ylim(low - 0.12 * (high - low), high + 0.12 * (high - low))
    upper.fill_between(
        curve["curve_hours"],
        scale * (curve["curve_lower"] - 1),
        scale * (curve["curve_upper"] - 1),
        color=BAND,
        alpha=0.5,
        linewidth=0,
        zorder=3,
    )
    upper.plot(curve["curve_hours"], scale * (curve["curve"] - 1), color=LINE, linewidth=1.3, zorder=5)
    lower.axhline(0, color=LINE, linewidth=1.0, zorder=3)
    upper.tick_params(labelbottom=False)
    upper.set_xlim(hours[0], hours[-1])
