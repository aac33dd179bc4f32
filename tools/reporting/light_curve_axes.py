"""How plots of light curves look: colours, sizes, labels of time, and the choice of points to draw."""

from __future__ import annotations

from typing import Any

# Okabe & Ito's colours, which people with any colour vision can tell apart (Wong 2011, doi:10.1038/nmeth.1618).
POINTS, LINE, BAND, ACCENT, QUIET = "#4d4d4d", "#d55e00", "#e69f00", "#0072b2", "#999999"
SIGNALS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
WIDTH, FONT = 7.1, 9.0  # inches of a two-column journal page, and its size of type in points
DENSE = 4000  # more points than this are drawn small and pale, with averages on top


def time_label(meta: dict[str, Any]) -> str:
    """Give the label of an axis of times.

    Parameters
    ----------
    meta : dict
        Metadata with ``time_reference``, whose fields may be None.

    Returns
    -------
    str
        Such as ``Time (BTJD = BJD - 2457000, TDB) [d]``.
    """
    reference = meta.get("time_reference") or {}
    name, zero, scale = reference.get("name"), reference.get("zero_jd"), reference.get("scale")
    if not name or zero is None:
        return "Time as in the file [d]"
    known = {"BTJD": "BTJD = BJD − 2457000", "BKJD": "BKJD = BJD − 2454833"}
    return f"Time ({known.get(name, name)}{', ' + scale.upper() if scale else ''}) [d]"


def style_axes(axes: Any) -> None:
    """Give axes ticks on all sides, turned inwards, and readable type.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The axes.
    """
    axes.tick_params(which="both", direction="in", top=True, right=True, labelsize=FONT)
    axes.xaxis.label.set_size(FONT)
    axes.yaxis.label.set_size(FONT)
    axes.minorticks_on()
    for spine in axes.spines.values():
        spine.set_linewidth(0.8)


def draw_points(axes: Any, x: Any, y: Any, colour: str = POINTS) -> None:
    """Draw the points of a light curve, as pixels rather than vectors, small and pale where they are many.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The axes.
    x, y : numpy.ndarray of float
        The points.
    colour : str
        Their colour.
    """
    many = len(x) > DENSE
    size, strength = (1.2, 0.35) if many else (2.4, 0.8)
    axes.plot(x, y, ".", color=colour, markersize=size, alpha=strength, markeredgewidth=0, rasterized=True, zorder=1)


def flux_limits(flux: Any, room: float = 0.08) -> tuple[float, float]:
    """Give limits that show all dips but not single high outliers.

    Parameters
    ----------
    flux : numpy.ndarray of float
        Finite values.
    room : float
        Part of the range left free on both sides, dimensionless.

    Returns
    -------
    tuple of float
        Lower and upper limit.
    """
    import numpy as np

    low, high = float(np.quantile(flux, 0.0005)), float(np.quantile(flux, 0.9995))
    edge = room * max(high - low, 1e-9)
    return low - edge, high + edge


def break_at_gaps(time: Any, values: Any, gap: float = 0.5) -> tuple[Any, Any]:
    """Put NaN into gaps, so that a line is not drawn across them.

    Parameters
    ----------
    time, values : numpy.ndarray of float
        Times in order [d] and what is drawn.
    gap : float
        Length of a gap [d].

    Returns
    -------
    tuple of numpy.ndarray
        Both with a NaN in every gap.
    """
    import numpy as np

    where = np.flatnonzero(np.diff(time) > gap) + 1
    return np.insert(time, where, np.nan), np.insert(values, where, np.nan)
