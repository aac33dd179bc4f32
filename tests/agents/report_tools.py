"""Small tools for the tests of the reporter; worker processes import this module by its name."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from pathlib import Path

    from gnomon.tools.kinds import Figure, File, LightCurve, Measurements, Periodogram, RadialVelocities

COMMON: dict[str, Any] = {
    "version": "1.2",
    "effects": ("compute",),
    "seconds": 0.1,
    "examples": ("Do a thing", "做一件事"),
    "summary_zh": "做一件事。",
}


def _recognise(path: Path) -> dict[str, Any]:
    return {"confidence": 1.0, "found": "a light curve", "rows": 3}


@tool(
    **COMMON,
    citations=("Kovács et al. 2002, A box-fitting algorithm, doi:10.1051/0004-6361:20020802",),
    method="The light curve was read from {file}, times offset by {offset}.",
    method_zh="从 {file} 读取光变曲线，时间偏移 {offset}。",
    recognises=_recognise,
)
def read_points(file: File, offset: Annotated[float, "d"] = 0.0, label: str = "plain") -> LightCurve:
    """Read points from a file.

    Parameters
    ----------
    file : File
        File to read.
    offset : float
        Added to the times [d].
    label : str
        Name of the star.

    Returns
    -------
    LightCurve
        The points.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    warnings.warn(f"Two rows of {file.name} were left out.", stacklevel=1)
    table = QTable({"time": np.arange(3.0) * u.d, "flux": np.ones(3), "flux_err": np.full(3, 0.1)})
    table.meta["reading"] = {
        "file": file.name,
        "columns": {"time": "t", "flux": "f", "error": None},
        "rows_total": 5,
        "rows_kept": 3,
        "dropped": {"not a number": 2},
        "sorted": True,
    }
    table.meta["time_reference"] = {"name": "BJD", "zero_jd": 2457000.0, "scale": "TDB"}
    return table


@tool(
    **COMMON,
    citations=(
        "Kovács et al. 2002, A box-fitting algorithm, doi:10.1051/0004-6361:20020802",
        "Lomb 1976, Least-squares frequency analysis, 1976Ap&SS..39..447L",
    ),
    method="Values were measured ({style}).",
    method_zh="测量了数值（{style}）。",
)
def measure_points(light_curve: LightCurve, style: Literal["plain", "hostile"] = "plain") -> Measurements:
    """Measure a few numbers.

    Parameters
    ----------
    light_curve : LightCurve
        Points to measure.
    style : str
        Which table to make.

    Returns
    -------
    Measurements
        Numbers with uncertainty.
    """
    import numpy as np
    from astropy.table import MaskedColumn, Table

    of = "planet 1" if style == "plain" else "<script>alert(1)</script> | [x](javascript:alert(1)) {{ 7*7 }} **b**"
    rows = [
        ("period", of, 1199.04, 1194.0, 1204.1, 0.6827, "d", "", ""),
        ("velocity_semi_amplitude", of, 7.1234, 6.92, 7.34, 0.6827, "m/s", "", ""),
        ("eccentricity", of, 0.08, 0.02, 0.31, 0.95, "", "upper", "consistent with a circle"),
        ("minimum_mass", of, 0.338, np.nan, np.nan, np.nan, "Mjup", "", ""),
        ("period", "planet 2", 75.765, 75.70, 75.84, 0.6827, "d", "", ""),
        ("semi_major_axis", "planet 2", np.nan, np.nan, np.nan, np.nan, "AU", "", ""),
    ]
    names = ("quantity", "of", "value", "lower", "upper", "level", "unit", "limit", "note")
    table = Table(rows=rows, names=names)
    table["lower"] = MaskedColumn(table["lower"], mask=np.isnan(table["lower"]))
    return table


@tool(
    **COMMON,
    citations=("Hunter 2007, Matplotlib, doi:10.1109/MCSE.2007.55",),
    method="The points were drawn.",
    method_zh="画出了各点。",
)
def draw_points(light_curve: LightCurve) -> Figure:
    """Draw the points.

    Parameters
    ----------
    light_curve : LightCurve
        Points to draw.

    Returns
    -------
    Figure
        A picture.
    """
    from matplotlib.figure import Figure as Drawing

    figure = Drawing(figsize=(6, 3))
    axes = figure.add_subplot()
    axes.plot(light_curve["time"].value, light_curve["flux"], ".")
    figure.set_label("Flux against time, <b>with</b> a [caption](http://evil.example).")
    return figure


@tool(**COMMON, citations=("Lomb 1976, 1976Ap&SS..39..447L",), method="A search.", method_zh="搜寻。")
def search_nothing(light_curve: LightCurve) -> Periodogram:
    """Search and find nothing.

    Parameters
    ----------
    light_curve : LightCurve
        Points to search.

    Returns
    -------
    Periodogram
        Never.
    """
    raise EmptyResult("No signal stands out of the noise.", remedy="Give more data.", zh="没有信号高于噪声。")


@tool(**COMMON, citations=("Lomb 1976, 1976Ap&SS..39..447L",), method="A fit.", method_zh="拟合。")
def fit_badly(light_curve: LightCurve) -> RadialVelocities:
    """Fail.

    Parameters
    ----------
    light_curve : LightCurve
        Points to fit.

    Returns
    -------
    RadialVelocities
        Never.
    """
    raise InputError("The <i>fit</i> cannot work.", remedy="Give *velocities*.")


@tool(**COMMON, citations=("Lomb 1976, 1976Ap&SS..39..447L",), method="A summary.", method_zh="总结。")
def summarise_fit(velocities: RadialVelocities) -> Measurements:
    """Summarise a fit.

    Parameters
    ----------
    velocities : RadialVelocities
        What was fitted.

    Returns
    -------
    Measurements
        Never.
    """
    raise AssertionError("what depends on a failed step must not run")


@tool(**COMMON, citations=("Lomb 1976, 1976Ap&SS..39..447L",), method="A summary.", method_zh="总结。")
def summarise_search(periodogram: Periodogram) -> Measurements:
    """Summarise a search.

    Parameters
    ----------
    periodogram : Periodogram
        What was found.

    Returns
    -------
    Measurements
        Never.
    """
    raise AssertionError("what depends on an empty step must not run")
