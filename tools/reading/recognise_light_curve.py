"""Is a file a light curve?  Judged by its content, quickly, and never with an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.reading.column_tables import BROKEN_CONTENT, read_tables
from gnomon.tools.reading.light_curve_columns import (
    FLUX_NAMES,
    MAGNITUDE_NAMES,
    TIME_NAMES,
    VELOCITY_NAMES,
    WAVELENGTH_NAMES,
)
from gnomon.tools.reading.text_tables import pick_column

if TYPE_CHECKING:
    from pathlib import Path

MIN_POINTS = 10  # a box on a constant has five parameters; twice as many points are the least that can test it


def recognise_light_curve(path: Path) -> dict[str, Any] | None:
    """Say whether a file is a light curve, by its content.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file.

    Returns
    -------
    dict or None
        ``confidence``, ``found`` and ``rows``; None where it is not a light curve.
    """
    try:
        tables = read_tables(path, sample_only=True)
    except InputError:
        return None
    except BROKEN_CONTENT:
        return None
    for table in tables:
        if table["rows"] < MIN_POINTS:
            continue
        confidence = _confidence(table)
        if confidence > 0:
            return {"confidence": confidence, **_described(table), "rows": int(table["rows"])}
    return None


def _described(table: dict[str, Any]) -> dict[str, str]:
    """What was found, in a phrase, in English and Chinese."""
    mission = mission_of(table["header"])
    names = ", ".join(table["names"][:6]) + (" ..." if len(table["names"]) > 6 else "")
    what = f"a {mission} light curve" if mission else "a light curve"
    columns = f"with the columns {names}" if table["has_header"] else "whose columns have no names"
    columns_zh = f"列为 {names}" if table["has_header"] else "各列没有名称"
    return {
        "found": f"{what} of {table['rows']} rows {columns}",
        "found_zh": f"{mission or ''}光变曲线，{table['rows']} 行，{columns_zh}",
    }


def _confidence(table: dict[str, Any]) -> float:
    """How sure it is that a table is a light curve, 0 to 1."""
    names = table["names"]
    if not table["has_header"]:
        return _confidence_without_names(table)
    if pick_column(names, VELOCITY_NAMES) or pick_column(names, WAVELENGTH_NAMES):
        return 0.0
    if not pick_column(names, TIME_NAMES):
        return 0.0
    if pick_column(names, ("pdcsapflux", "kspsapflux")):
        return 0.99
    if pick_column(names, FLUX_NAMES[:-2]):
        return 0.95 if mission_of(table["header"]) else 0.85
    if pick_column(names, MAGNITUDE_NAMES):
        return 0.8
    return 0.3 if pick_column(names, FLUX_NAMES) else 0.0


def _confidence_without_names(table: dict[str, Any]) -> float:
    """How sure it is for columns without names: times that grow, and a positive, nearly constant second column."""
    import numpy as np

    columns = [table["columns"][n] for n in table["names"]]
    if not 2 <= len(columns) <= 4 or any(c.dtype.kind != "f" for c in columns[:2]):
        return 0.0
    good = np.isfinite(columns[0]) & np.isfinite(columns[1])
    time, flux = columns[0][good], columns[1][good]
    if len(time) < MIN_POINTS or len(flux) < MIN_POINTS:
        return 0.0
    steps = np.diff(time)
    middle = np.median(flux)
    if middle <= 0 or (steps < 0).mean() > 0.1 or np.percentile(np.abs(flux - middle), 90) > 0.5 * middle:
        return 0.0
    # Satellites take images at a steady pace; velocities come when a telescope is free.
    steady = np.mean(np.abs(steps - np.median(steps)) < 0.05 * np.median(steps)) > 0.8
    near_one = abs(middle - 1.0) < 0.1
    return 0.4 + 0.25 * bool(steady) + 0.2 * bool(near_one)


def mission_of(header: dict[str, Any]) -> str | None:
    """Give the mission that took the data.

    Parameters
    ----------
    header : dict
        Keywords of the file.

    Returns
    -------
    str or None
        TESS, Kepler or K2; None where the header names none of them.
    """
    telescope = str(header.get("TELESCOP") or header.get("MISSION") or "").strip().lower()
    if telescope.startswith("tess"):
        return "TESS"
    if "k2" in str(header.get("MISSION", "")).lower() or (telescope == "kepler" and header.get("CAMPAIGN") is not None):
        return "K2"
    return "Kepler" if telescope == "kepler" else None
