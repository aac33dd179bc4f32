"""Active regions of the Sun: their magnetic parameters, their earlier flares and their spots, as known at one time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np

# Parameters of SHARP (Bobra et al. 2014, doi:10.1007/s11207-014-0529-3, table 3) and of the Lorentz force (Fisher et al. 2012,
# doi:10.1007/s11207-011-9907-2), by their names and in their units at JSOC.
KEYWORDS = (
    "TOTUSJH", "TOTBSQ", "TOTPOT", "TOTUSJZ", "ABSNJZH", "SAVNCPP", "USFLUX", "AREA_ACR", "TOTFZ", "MEANPOT", "R_VALUE", "EPSZ", "SHRGT45",
    "MEANSHR", "MEANGAM", "MEANGBT", "MEANGBZ", "MEANGBH", "MEANJZH", "TOTFY", "MEANJZD", "MEANALP", "TOTFX", "EPSY", "EPSX",
)  # fmt: skip
HISTORY = (
    "C flares in 24 h",
    "M and X flares in 24 h",
    "C flares",
    "M and X flares",
    "peak flux in 24 h",
    "peak flux",
    "peak flux, fading in 12 h",
    "peak flux, fading in 48 h",
)
SUNSPOTS = ("area", "extent", "spots", "gamma", "delta", "Zurich class", "penumbra", "compactness")
# Letters of McIntosh classes from the quietest to those that flare most (McIntosh 1990, doi:10.1007/BF00158405).
_ZURICH, _PENUMBRA, _COMPACTNESS = "AHBCDEF", "xrsahk", "xoic"
_NO_SPOTS = (0.0, 0.0, 0.0, 0.0, 0.0, -1.0, -1.0, -1.0)
_LETTER_C, _LETTER_M = 2, 3
_FLUX_UNIT = 1e-6  # W/m2, that of a C1 flare
_REPORT_AFTER_MIN = 30  # a summary of the day's regions is issued at 00:30 UT
_REPORT_HOLDS_H = 36
_TAI_MINUS_UTC_S = 37  # at most, in the years of SDO; taken off, so that no flare counts before it ended


def read_regions(columns: Mapping[str, Any], name: str) -> np.ndarray:
    """The 25 parameters of each row.

    Parameters
    ----------
    columns : mapping of str to array
        With the names of `KEYWORDS`.
    name : str
        Of the table, for errors.

    Returns
    -------
    ndarray of float32 (n, 25)
        In the units of JSOC; NaN where missing.

    Raises
    ------
    InputError
        Where columns are missing or hold no numbers.
    """
    import numpy as np

    missing = [k for k in KEYWORDS if k not in columns]
    if missing:
        raise InputError(
            f"{name} lacks the columns {', '.join(missing)}.",
            remedy="Give the 25 SHARP and Lorentz-force keywords under their names at JSOC.",
        )
    try:
        values = np.column_stack([np.asarray(columns[k], dtype=np.float64) for k in KEYWORDS])
    except (TypeError, ValueError) as error:
        raise InputError(
            f"A keyword of {name} holds what is no number: {error}.", remedy="Give plain numbers."
        ) from error
    return values.astype(np.float32)


def region_inputs(
    columns: Mapping[str, Any], flares: Mapping[str, Any] | None, reports: Mapping[str, Any] | None, name: str
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Inputs of the model of flares.

    Parameters
    ----------
    columns : mapping of str to array
        The keywords; ``noaa_ar`` and ``t_rec`` (TAI) where earlier flares or spots are to be looked up.
    flares, reports : mapping of str to array, or None
        See `earlier_flares` and `spots_before`.
    name : str
        Of the table, for errors.

    Returns
    -------
    inputs : dict of str to ndarray
        ``keywords`` (n, 25), ``history`` (n, 8) and ``sunspots`` (n, 8).
    classes : ndarray of str (n,)
        McIntosh classes; empty where unknown.
    """
    import numpy as np

    keywords = read_regions(columns, name)
    count = len(keywords)
    dated = "noaa_ar" in columns and "t_rec" in columns
    region = np.asarray(columns["noaa_ar"]) if dated else np.zeros(count, dtype=np.int64)
    time = np.asarray(columns["t_rec"] if dated else np.full(count, "NaT"), dtype="datetime64[s]")
    history = earlier_flares(region, time, flares if dated else None)
    sunspots, classes = spots_before(region, time, reports if dated else None)
    return {"keywords": keywords, "history": history, "sunspots": sunspots}, classes


def earlier_flares(region: np.ndarray, time: np.ndarray, flares: Mapping[str, Any] | None) -> np.ndarray:
    """What a list of flares says of each region before a time.

    Only flares that had ended by then count.

    Parameters
    ----------
    region : ndarray of int (n,)
        NOAA numbers.
    time : ndarray of datetime64 (n,)
        When the region was observed (TAI).
    flares : mapping of str to array, or None
        ``noaa_ar``, ``start_time``, ``end_time`` (UT), ``class_number`` (C 2, M 3, X 4) and ``peak_flux_wm2``.

    Returns
    -------
    ndarray of float32 (n, 8)
        As `HISTORY`: numbers of flares, and sums of peak fluxes in units of 1e-6 W/m2; NaN where there is no list, or it does not reach to the time.
    """
    import numpy as np

    made = np.full((len(region), len(HISTORY)), np.nan, dtype=np.float32)
    if flares is None or not len(flares["noaa_ar"]):
        return made
    start, end = (np.asarray(flares[k]).astype("datetime64[s]") for k in ("start_time", "end_time"))
    now = np.asarray(time).astype("datetime64[s]") - np.timedelta64(_TAI_MINUS_UTC_S, "s")
    day = np.timedelta64(24, "h")
    made[(now >= start.min() - day) & (now <= start.max() + day)] = 0.0
    where = np.asarray(flares["noaa_ar"])
    order = np.argsort(where, kind="stable")
    numbers, first = np.unique(where[order], return_index=True)
    of = dict(zip(numbers.tolist(), np.split(order, first[1:]), strict=True))
    flux = np.asarray(flares["peak_flux_wm2"], dtype=np.float64) / _FLUX_UNIT
    letter = np.asarray(flares["class_number"])
    for row in np.flatnonzero(np.isfinite(made[:, 0])):
        mine = of.get(int(region[row]))
        if mine is None or region[row] <= 0:
            continue
        mine = mine[end[mine] < now[row]]
        age_h = (now[row] - end[mine]) / np.timedelta64(1, "h")
        late, c, m = age_h < 24.0, letter[mine] == _LETTER_C, letter[mine] >= _LETTER_M
        peak = flux[mine]
        made[row] = (
            (c & late).sum(),
            (m & late).sum(),
            c.sum(),
            m.sum(),
            peak[late].sum(),
            peak.sum(),
            (peak * np.exp(-age_h / 12.0)).sum(),
            (peak * np.exp(-age_h / 48.0)).sum(),
        )
    return made


def spots_before(
    region: np.ndarray, time: np.ndarray, reports: Mapping[str, Any] | None
) -> tuple[np.ndarray, np.ndarray]:
    """What the last summary of sunspot regions before a time says of each region.

    Parameters
    ----------
    region, time : ndarray (n,)
        As in `earlier_flares`.
    reports : mapping of str to array, or None
        ``noaa_ar``, ``issued`` (UT day), ``section`` (I: with spots, IA: without), ``area_msh``, ``extent_deg``, ``n_spots``, ``mag_type``, ``mcintosh``.

    Returns
    -------
    spots : ndarray of float32 (n, 8)
        As `SUNSPOTS`: area [millionths of the hemisphere], extent [deg], number, whether gamma and delta, and places of the three McIntosh letters; NaN
        where no summary of the last 36 hours tells of the region, or a letter is none of McIntosh's.
    classes : ndarray of str (n,)
        McIntosh classes; empty where unknown.
    """
    import numpy as np

    made = np.full((len(region), len(SUNSPOTS)), np.nan, dtype=np.float32)
    classes = np.full(len(region), "", dtype="U3")
    if reports is None:
        return made, classes
    # Section IA lists regions whose spots are gone, section II those behind the limb, of which nothing was seen.
    seen = np.isin(np.asarray(reports["section"]).astype(str), ("I", "IA"))
    held = {k: np.asarray(v)[seen] for k, v in reports.items()}
    issued = held["issued"].astype("datetime64[s]") + np.timedelta64(_REPORT_AFTER_MIN, "m")
    order = np.lexsort((issued, held["noaa_ar"]))
    numbers, first = np.unique(held["noaa_ar"][order], return_index=True)
    of = dict(zip(numbers.tolist(), np.split(order, first[1:]), strict=True))
    now = np.asarray(time).astype("datetime64[s]") - np.timedelta64(_TAI_MINUS_UTC_S, "s")
    for row, number in enumerate(region):
        mine = of.get(int(number))
        if mine is None:
            continue
        mine = mine[(issued[mine] <= now[row]) & (issued[mine] > now[row] - np.timedelta64(_REPORT_HOLDS_H, "h"))]
        if not len(mine):
            continue
        last = mine[-1]
        if str(held["section"][last]) == "IA":
            made[row] = _NO_SPOTS
            continue
        kind, letters = str(held["mag_type"][last]), str(held["mcintosh"][last])
        classes[row] = letters
        made[row] = (
            held["area_msh"][last],
            held["extent_deg"][last],
            held["n_spots"][last],
            "Gamma" in kind,
            "Delta" in kind,
            *(_place(letters[i : i + 1], known) for i, known in enumerate((_ZURICH, _PENUMBRA, _COMPACTNESS))),
        )
    return made, classes


def _place(letter: str, known: str) -> float:
    return float(known.index(letter)) if letter and letter in known else float("nan")


def tables_beside(path: Path) -> tuple[Path | None, Path | None]:
    """The lists of flares and of spots that were cut along with a table of regions: ``goes_flaresX`` and ``srsX`` beside ``sharpX``.

    Lists of another cut do not serve: regions that they leave out would seem quiet.
    """
    if not path.name.startswith("sharp"):
        return None, None
    cut = path.name.removeprefix("sharp")
    beside = tuple(path.with_name(f"{kind}{cut}") for kind in ("goes_flares", "srs"))
    return beside[0] if beside[0].is_file() else None, beside[1] if beside[1].is_file() else None


def read_table(path: Path) -> dict[str, Any]:
    """Columns of a Parquet or CSV file.

    Raises
    ------
    InputError
        Where it cannot be read as one.
    """
    import pandas as pd

    if not path.is_file():
        raise InputError(
            f"There is no file {path.name} with active regions.", remedy="Name the folder of the data sets."
        )
    try:
        table = pd.read_csv(path) if path.suffix.lower() == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path.name} is not a table that can be read: {error}.", remedy="Give Parquet or CSV."
        ) from error
    return {str(c): table[c].to_numpy() for c in table.columns}
