"""Drawing the posterior of orbits: a corner plot of the main parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import InputError
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import FONT
from gnomon.tools.reporting.velocity_axes import INSTRUMENT_COLOURS

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, Posterior

# name in the posterior, symbol, unit
_DRAWN = (
    ("period", "P", "d"),
    ("velocity_semi_amplitude", "K", "m s$^{-1}$"),
    ("eccentricity", "e", ""),
    ("argument_of_periastron", "\\omega", "deg"),
    ("time_of_conjunction", "T_c", "d"),
)
_MOST_PANELS = 12  # along one side; more would be too small to read
_HISTOGRAM_BINS = 28
# Shares of probability within one and two sigma of a normal distribution in two dimensions, 1 - exp(-n^2/2).
_INSIDE = (0.393469, 0.864665)


@tool(
    version="1.0",
    effects=("compute",),
    seconds=6.0,
    comparison="view",
    citations=(
        "Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",
        "Foreman-Mackey 2016, corner.py: Scatterplot matrices in Python, doi:10.21105/joss.00024",
    ),
    examples=(
        "Make a corner plot of the orbital parameters",
        "Show the posterior of period, amplitude and eccentricity",
        "画出轨道参数的后验分布（corner 图）",
        "显示周期、半振幅和偏心率的后验",
        "Corner plot",
        "Plot the covariances between P, K, e and omega",
        "Which orbital parameters are correlated? Show me.",
        "Draw the marginal distributions of the Keplerian parameters",
        "Histogram of the eccentricity from the MCMC of the orbit",
        "Show the MCMC samples of the orbit as a triangle plot",
        "A figure of the orbital posterior for the appendix of my paper",
        "Draw two-dimensional contours of semi-amplitude against eccentricity",
        "Visualise the uncertainties of the orbital fit",
        "画 corner 图",
        "画出 P、K、e、ω 之间的协方差",
        "哪些轨道参数相关？画图给我看",
        "画出开普勒参数的边缘分布",
        "画偏心率的后验直方图",
        "把轨道 MCMC 样本画成三角图",
        "画半振幅与偏心率的二维等高线",
        "用图展示轨道参数的不确定度",
        "给论文附录画一张轨道后验分布图",
    ),
    summary_zh="画出轨道主要参数的后验分布和相关性（corner 图）。",
    method="The posterior of the main orbital parameters was drawn as a corner plot.",
    method_zh="以 corner 图绘制主要轨道参数的后验分布。",
)
def plot_orbit_posterior(orbits: Annotated[Posterior, "keplerian"]) -> Figure:
    """Draw histograms of the main orbital parameters and how each two go together.

    Parameters
    ----------
    orbits : Posterior
        From `fit_keplerian_orbits`.

    Returns
    -------
    Figure
        A corner plot of period, semi-amplitude, eccentricity and, for up to two planets, argument of periastron and
        time of conjunction; the caption is the figure's label.

    Raises
    ------
    InputError
        Where a parameter is missing.

    References
    ----------
    Shares of probability in two dimensions: Foreman-Mackey 2016, doi:10.21105/joss.00024.
    """
    from matplotlib.figure import Figure as _Figure

    posterior = orbits["posterior"]
    missing = [n for n, _, _ in _DRAWN if n not in posterior]
    if missing:
        raise InputError(f"The posterior has no {missing[0]}.", remedy="Make it with fit_keplerian_orbits.")
    columns, left_out = _columns(posterior)
    side = len(columns)
    size = min(10.0, 1.2 + 1.05 * side)
    figure = _Figure(figsize=(size, size))
    axes = figure.subplots(side, side, squeeze=False)
    figure.subplots_adjust(left=0.11, right=0.985, bottom=0.11, top=0.985, wspace=0.06, hspace=0.06)
    ranges = [_range(values) for _, values in columns]
    type_size = FONT - (2.0 if side > 7 else 0.5)
    for row in range(side):
        for column in range(side):
            panel = axes[row, column]
            if column > row:
                panel.set_visible(False)
                continue
            if column == row:
                _draw_histogram(panel, columns[row][1], ranges[row])
            else:
                _draw_pair(panel, columns[column][1], columns[row][1], ranges[column], ranges[row])
            panel.set_xlim(ranges[column])
            _label_panel(panel, row, column, side, columns, type_size)
    figure.align_labels()
    name = str(posterior.attrs.get("object") or "")
    count = int(posterior.sizes["chain"] * posterior.sizes["draw"])
    figure.set_label(
        f"Posterior of the orbital parameters{' of ' + name if name else ''} from {count} draws: histograms with median "
        "and 68 % interval (dashed), and contours that hold 39 % and 86 % of the draws. T_c is relative to its median."
        + (f" Not drawn: {', '.join(left_out)}." if left_out else "")
    )
    return figure


def _columns(posterior: Any) -> tuple[list[tuple[str, Any]], list[str]]:
    """Labels and draws of what is drawn, and names of what does not fit on the page."""
    import numpy as np

    planets = [int(p) for p in posterior["planet"].values]
    fit = max(1, _MOST_PANELS // len(planets))
    circular = int(posterior["eccentricity"].attrs.get("report", 1)) == 0
    wanted = [d for d in _DRAWN if not (circular and d[0] in ("eccentricity", "argument_of_periastron"))]
    columns = []
    for i, planet in enumerate(planets):
        for name, symbol, unit in wanted[:fit]:
            values = posterior[name].isel(planet=i).values.ravel()
            index = f"_{{{planet}}}" if len(planets) > 1 else ""
            if name == "time_of_conjunction":
                values = values - np.median(values)
                label = f"$\\Delta T_{{c{',' + str(planet) if len(planets) > 1 else ''}}}$"
            else:
                label = f"${symbol}{index}$"
            columns.append((f"{label} [{unit}]" if unit else label, values))
    return columns, [n.replace("_", " ") for n, _, _ in wanted[fit:]]


def _range(values: Any) -> tuple[float, float]:
    """Limits that hold all but a thousandth of the draws at each end."""
    import numpy as np

    low, high = np.quantile(values, [0.001, 0.999])
    room = 0.05 * (high - low) if high > low else max(abs(low) * 1e-6, 1e-9)
    return float(low - room), float(high + room)


def _draw_histogram(panel: Any, values: Any, limits: tuple[float, float]) -> None:
    """Histogram with median and interval."""
    import numpy as np

    panel.hist(
        values, bins=_HISTOGRAM_BINS, range=limits, histtype="stepfilled", color=INSTRUMENT_COLOURS[5], alpha=0.45
    )
    panel.hist(values, bins=_HISTOGRAM_BINS, range=limits, histtype="step", color=INSTRUMENT_COLOURS[0], linewidth=1.0)
    for q in np.quantile(values, [0.15865, 0.5, 0.84135]):
        panel.axvline(q, color="black", linewidth=0.8, linestyle="--")


def _draw_pair(panel: Any, x: Any, y: Any, x_limits: tuple[float, float], y_limits: tuple[float, float]) -> None:
    """Shades and contours of the density of two parameters."""
    import numpy as np
    from scipy.ndimage import gaussian_filter

    density, x_edges, y_edges = np.histogram2d(x, y, bins=_HISTOGRAM_BINS, range=(x_limits, y_limits))
    density = gaussian_filter(density, 1.0)
    flat = np.sort(density.ravel())[::-1]
    inside = np.cumsum(flat) / flat.sum()
    levels = sorted({float(flat[np.searchsorted(inside, share)]) for share in _INSIDE})
    middle_x, middle_y = 0.5 * (x_edges[1:] + x_edges[:-1]), 0.5 * (y_edges[1:] + y_edges[:-1])
    panel.pcolormesh(x_edges, y_edges, density.T, cmap="Blues", vmax=1.3 * density.max(), rasterized=True)
    panel.contour(middle_x, middle_y, density.T, levels=levels, colors=[INSTRUMENT_COLOURS[0]], linewidths=0.9)
    panel.set_ylim(y_limits)


def _label_panel(panel: Any, row: int, column: int, side: int, columns: list[Any], size: float) -> None:
    """Ticks and labels at the left and lower edge only."""
    from matplotlib.ticker import MaxNLocator

    panel.xaxis.set_major_locator(MaxNLocator(3, prune="both"))
    panel.yaxis.set_major_locator(MaxNLocator(3, prune="both"))
    panel.tick_params(direction="in", labelsize=size - 1.5, top=column != row, right=column != row)
    panel.ticklabel_format(useOffset=False)
    if row == side - 1:
        panel.set_xlabel(columns[column][0], fontsize=size)
        panel.tick_params(axis="x", labelrotation=45)
    else:
        panel.set_xticklabels([])
    if column == 0 and row > 0:
        panel.set_ylabel(columns[row][0], fontsize=size)
    else:
        panel.set_yticklabels([])
    if column == row:
        panel.set_yticks([])
