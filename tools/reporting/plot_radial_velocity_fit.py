"""Drawing the fit of orbits: velocities with the model, residuals, and one folded panel for each planet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.draw_intervals import member_labels
from gnomon.tools.fitting.keplerian_motion import planet_velocity
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import FONT, WIDTH, style_axes
from gnomon.tools.reporting.velocity_axes import (
    FAINT,
    MODEL,
    MODEL_BAND,
    draw_velocities,
    list_of_names,
    short_times,
)

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, Posterior

_PHASE_BINS = 12  # of phase
_DENSE = 60  # more points than this are also shown as means in bins
_BAND_DRAWS = 300
_UNDERSAMPLED = 15  # points of the curve an orbit below which only its envelope can be drawn


@tool(
    version="1.0",
    effects=("compute",),
    seconds=2.5,
    comparison="view",
    citations=("Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",),
    examples=(
        "Plot the orbital fit with residuals",
        "Show the phase-folded velocities of each planet",
        "画出轨道拟合和残差",
        "画出每颗行星的相位折叠视向速度曲线",
        "Show the velocities with the best orbit on top",
        "Draw the RV curve of the planet, folded on its period",
        "Plot model and data of the radial velocities together",
        "A figure of the Keplerian fit for my paper",
        "How well does the orbit fit the velocities? Show me.",
        "Phase-fold the RVs on the orbital period",
        "Graph the residuals of the orbital fit",
        "Picture of the velocity curve of each planet, please",
        "Overplot the Keplerian model on the RVs",
        "把最佳轨道叠加在视向速度上画出来",
        "按轨道周期折叠视向速度并画图",
        "画视向速度曲线，数据和模型放在一起",
        "给论文画一张开普勒拟合图",
        "轨道拟合得怎么样？画出来看看",
        "画轨道拟合的残差图",
        "每颗行星各画一个视向速度相位图",
        "显示视向速度的拟合曲线",
        "把开普勒模型叠加到 RV 数据上画图",
    ),
    summary_zh="画出视向速度、轨道模型、残差以及每颗行星的相位折叠图。",
    method="The velocities were drawn with the fitted orbits, the residuals, and folded on the period of each planet.",
    method_zh="绘制视向速度与拟合轨道、残差以及按各行星周期折叠的曲线。",
)
def plot_radial_velocity_fit(orbits: Annotated[Posterior, "keplerian"]) -> Figure:
    """Draw velocities with the fitted orbits against time, the residuals, and a folded panel for each planet.

    Parameters
    ----------
    orbits : Posterior
        From `fit_keplerian_orbits`, with its groups for figures.

    Returns
    -------
    Figure
        The caption is the figure's label.

    Raises
    ------
    InputError
        Where the posterior lacks the groups for figures.

    References
    ----------
    Matplotlib: Hunter 2007, doi:10.1109/MCSE.2007.55.  Colours: Wong 2011, doi:10.1038/nmeth.1618.
    """
    import json

    import numpy as np
    from matplotlib.figure import Figure as _Figure

    for group in ("observed_data", "constant_data", "predictions"):
        if group not in orbits.groups():
            raise InputError(f"The posterior has no group {group!r}.", remedy="Make it with fit_keplerian_orbits.")
    posterior, constant = orbits["posterior"], orbits["constant_data"]
    names = [str(n) for n in posterior["instrument"].values]
    count = posterior.sizes["planet"]
    part: dict[str, Any] = {str(n): constant[n].values for n in constant.data_vars}
    part["rv"] = orbits["observed_data"]["rv"].values - part["offset_of_row"]
    part["residual"] = part["rv"] - part["planet_velocity"].sum(axis=0) - part["trend_of_row"] - part["night_of_row"]
    folded_rows = int(np.ceil(count / 2))
    height = 3.6 + 2.2 * folded_rows
    figure = _Figure(figsize=(WIDTH, height), layout="constrained")
    halves: Any = figure.subfigures(2, 1, height_ratios=(3.6, 2.2 * folded_rows))
    upper, lower = halves
    top, below = upper.subplots(2, 1, sharex=True, height_ratios=(2.6, 1))
    reference = json.loads(str(posterior.attrs.get("time_reference") or "null"))
    _draw_series(top, below, orbits, part, names, reference)
    panels = np.atleast_1d(lower.subplots(folded_rows, 2 if count > 1 else 1)).ravel()
    labels = member_labels(posterior.attrs, [int(p) for p in posterior["planet"].values], "planet")
    for i in range(count):
        _draw_folded(panels[i], posterior, part, i, names, labels[i])
    for panel in panels[count:]:
        panel.set_visible(False)
    name = str(posterior.attrs.get("object") or "")
    if name:
        top.set_title(name, fontsize=FONT + 1)
    nights = int(posterior.attrs.get("nightly_noise", 0))
    figure.set_label(
        f"Radial velocities{' of ' + name if name else ''} from {list_of_names(names)}, with the offset of each "
        "instrument taken off, and the median of the fitted orbits (black) with its 68 % band (grey). Pale bars include the "
        "fitted jitter."
        + (
            " The fitted offset of each night is in the upper panel, and taken off in the residuals and the folded panels."
            if nights
            else ""
        )
        + " Below: residuals, and the velocities folded on the period of each planet after the others were taken "
        "off; phase 0 is the inferior conjunction. Open circles are weighted means in bins of phase."
    )
    return figure


def _draw_series(top: Any, below: Any, orbits: Any, part: dict[str, Any], names: list[str], reference: Any) -> None:
    """Velocities with the model against time, and the residuals."""
    import numpy as np

    curve = orbits["predictions"]
    both, label = short_times(np.concatenate([part["time"], curve["time"].values]), reference)
    time, grid = both[: len(part["time"])], both[len(part["time"]) :]
    shortest = float(np.min(np.median(orbits["posterior"]["period"].values, axis=(0, 1))))
    index = part["instrument_of_row"]
    draw_velocities(top, time, part["rv"], part["rv_err"], part["total_err"], index, names)
    # A curve with more orbits than the page has pixels would be a solid block over the points.
    pale = len(grid) * shortest < _UNDERSAMPLED * np.ptp(grid) or np.ptp(grid) / shortest > 300
    top.fill_between(
        grid, curve["velocity_lower"].values, curve["velocity_upper"].values, color=MODEL_BAND,
        alpha=0.25 if pale else 0.6, linewidth=0, zorder=1,
    )  # fmt: skip
    top.plot(
        grid,
        curve["velocity"].values,
        color=MODEL,
        linewidth=0.3 if pale else 0.8,
        alpha=0.35 if pale else 1.0,
        zorder=1,
    )
    draw_velocities(below, time, part["residual"], part["rv_err"], part["total_err"], index, names)
    below.axhline(0.0, color=FAINT, linewidth=0.8, zorder=1)
    top.set_ylabel("Velocity [m s$^{-1}$]")
    below.set_ylabel("Residual [m s$^{-1}$]")
    below.set_xlabel(label)
    top.set_xlim(grid.min(), grid.max())
    for axes in (top, below):
        style_axes(axes)
    if names != ["unknown"]:
        top.legend(fontsize=FONT - 1, frameon=False, ncols=min(4, len(names)), loc="best")


def _draw_folded(axes: Any, posterior: Any, part: dict[str, Any], i: int, names: list[str], label: str) -> None:
    """Velocities of one planet against phase, without the others."""
    import numpy as np

    def draws(name: str) -> Any:
        return posterior[name].isel(planet=i).values.ravel()

    period, conjunction = float(np.median(draws("period"))), float(np.median(draws("time_of_conjunction")))
    phase = (part["time"] - conjunction) / period
    phase = phase - np.round(phase)
    own = part["residual"] + part["planet_velocity"][i]
    draw_velocities(axes, phase, own, part["rv_err"], part["total_err"], part["instrument_of_row"], names)
    x = np.linspace(-0.5, 0.5, 201)
    some = slice(None, None, max(1, draws("period").size // _BAND_DRAWS))
    e, omega = draws("eccentricity")[some], np.radians(draws("argument_of_periastron")[some])
    h, k = np.sqrt(e) * np.cos(omega), np.sqrt(e) * np.sin(omega)
    # Each draw is folded with its own period around the common epoch, so the band shows the orbit's shape and phase.
    curves = planet_velocity(
        conjunction - float(part["reference_epoch"]) + x * period,
        draws("period")[some, None], draws("velocity_semi_amplitude")[some, None], h[:, None], k[:, None],
        draws("longitude")[some, None],
    )  # fmt: skip
    low, middle, high = np.percentile(curves, [15.865, 50.0, 84.135], axis=0)
    axes.fill_between(x, low, high, color=MODEL_BAND, alpha=0.6, linewidth=0, zorder=4)
    axes.plot(x, middle, color=MODEL, linewidth=1.0, zorder=5)
    if len(phase) > _DENSE:
        _draw_bins(axes, phase, own, part["total_err"])
    scale = max(float(np.percentile(np.abs(own), 98)), 1.3 * float(np.max(np.abs(middle))))
    axes.set_ylim(-1.25 * scale, 1.25 * scale)
    axes.set_xlim(-0.5, 0.5)
    axes.set_xlabel("Orbital phase")
    axes.set_ylabel("Velocity [m s$^{-1}$]")
    axes.set_title(
        f"{label}: $P$ = {period:.6g} d, $K$ = {float(np.median(draws('velocity_semi_amplitude'))):.3g} m s$^{{-1}}$",
        fontsize=FONT,
    )
    style_axes(axes)


def _draw_bins(axes: Any, phase: Any, velocity: Any, error: Any) -> None:
    """Weighted means in bins of phase."""
    import numpy as np

    place = np.clip(((phase + 0.5) * _PHASE_BINS).astype(int), 0, _PHASE_BINS - 1)
    weight = np.bincount(place, 1.0 / error**2, _PHASE_BINS)
    full = np.bincount(place, minlength=_PHASE_BINS) > 1
    mean = np.bincount(place, velocity / error**2, _PHASE_BINS)[full] / weight[full]
    centre = np.bincount(place, phase / error**2, _PHASE_BINS)[full] / weight[full]
    axes.errorbar(
        centre, mean, 1.0 / np.sqrt(weight[full]), fmt="o", color="black", markersize=5.5, markerfacecolor="white",
        markeredgewidth=1.1, elinewidth=1.1, zorder=6,
    )  # fmt: skip
