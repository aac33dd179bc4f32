"""How figures of velocities look: one colour and one symbol for each instrument."""

from __future__ import annotations

from typing import Any

# Okabe & Ito's colours, which people with any colour vision can tell apart (Wong 2011, doi:10.1038/nmeth.1618), each
# with a symbol of its own for print in grey.
INSTRUMENT_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#4d4d4d")
INSTRUMENT_SYMBOLS = ("o", "s", "^", "D", "v", "P", "X")
MODEL, MODEL_BAND, FAINT = "#000000", "#b0b0b0", "#999999"


def short_times(time: Any, reference: dict[str, Any] | None) -> tuple[Any, str]:
    """Times that fit on an axis, and its label: whole thousands of days are taken off long Julian dates.

    Parameters
    ----------
    time : numpy.ndarray of float
        Times, d.
    reference : dict or None
        ``name``, ``zero_jd``, ``scale`` of the times, each of which may be None.

    Returns
    -------
    tuple
        The times, and a label such as ``JD - 2450000 [d]``.
    """
    import numpy as np

    reference = reference or {}
    name = reference.get("name")
    scale = str(reference.get("scale") or "").upper()
    if not name:
        return np.asarray(time), "Time as in the file [d]"
    zero = 10_000.0 * np.floor(np.min(time) / 10_000.0) if np.min(time) > 2_000_000 else 0.0
    label = f"{name} − {zero:.0f}" if zero else str(name)
    return np.asarray(time) - zero, f"{label} [d]" + (f", {scale}" if scale and scale not in str(name) else "")


def draw_velocities(axes: Any, x: Any, y: Any, error: Any, total: Any, index: Any, names: list[str]) -> None:
    """Draw velocities with uncertainties, and the part that jitter adds to them paler.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The axes.
    x, y, error : numpy.ndarray of float
        Places, velocities and measured uncertainties, m/s.
    total : numpy.ndarray of float or None
        Uncertainties with jitter, m/s.
    index : numpy.ndarray of int
        Instrument of each point.
    names : list of str
        Names of the instruments.
    """
    import numpy as np

    size = 4.0 if len(x) < 150 else 3.0
    for i, name in enumerate(names):
        own = np.asarray(index) == i
        colour = INSTRUMENT_COLOURS[i % len(INSTRUMENT_COLOURS)]
        if total is not None:
            axes.errorbar(x[own], y[own], total[own], fmt="none", ecolor=colour, elinewidth=0.6, alpha=0.3, zorder=2)
        axes.errorbar(
            x[own], y[own], error[own], fmt=INSTRUMENT_SYMBOLS[i % len(INSTRUMENT_SYMBOLS)], color=colour,
            markersize=size, elinewidth=0.8, alpha=0.85, markeredgecolor="white", markeredgewidth=0.3, label=name, zorder=3,
        )  # fmt: skip


def list_of_names(names: list[str]) -> str:
    """Phrase with the names of instruments for a caption.

    Parameters
    ----------
    names : list of str
        Names of the instruments.

    Returns
    -------
    str
        Such as ``k, j and a``.
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
