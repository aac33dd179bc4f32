"""Which columns of a catalogue are positions, which are magnitudes."""

from __future__ import annotations

import re
from typing import Any

# Columns of magnitudes, the more usual ones first; then any column whose UCD says that it is a magnitude.
MAGNITUDES = ("phot_g_mean_mag", "gmag", "g_mag", "vmag", "v_mag", "rmag", "r_mag", "psfmag_r", "j_m", "jmag", "w1mpro", "mag", "magnitude")  # fmt: skip


def numbers_of(column: Any, unit: str = "") -> Any:
    """Numbers of a column.

    Parameters
    ----------
    column : astropy.table.Column or astropy.units.Quantity
        One number a row.
    unit : str
        To which they are converted; "" for as they are.

    Returns
    -------
    numpy.ndarray of float
        NaN where masked.
    """
    import numpy as np
    from astropy.utils.masked import Masked

    value = column.to_value(unit) if unit and hasattr(column, "to_value") else getattr(column, "value", column)
    mask = getattr(value, "mask", False)
    raw = value.unmasked if isinstance(value, Masked) else np.ma.getdata(value)
    return np.where(np.broadcast_to(mask, np.shape(raw)), np.nan, np.asarray(raw, dtype=float))


def _measures(column: Any, unit: str) -> bool:
    """Whether a column has one number a row, in a unit that converts, or in none."""
    from astropy.units import Unit

    if getattr(getattr(column, "dtype", None), "kind", "O") not in "fiu" or len(getattr(column, "shape", (0,))) != 1:
        return False
    given = getattr(column, "unit", None)
    return given is None or bool(Unit(given).is_equivalent(Unit(unit)))


def places_of(sources: Any) -> tuple[Any, Any, str]:
    """Where the sources of a table are.

    Parameters
    ----------
    sources : SourceTable
        With ``meta["position"]``, or columns of the usual names.

    Returns
    -------
    tuple
        Longitudes and latitudes in degrees, NaN where there is none, and the name of their frame.
    """
    import numpy as np

    position = sources.meta.get("position") or {}
    for ra, dec, frame in (
        (position.get("ra"), position.get("dec"), str(position.get("frame") or "ICRS")),
        *((a, b, "ICRS") for a, b in (("ra", "dec"), ("RA", "DEC"), ("RAJ2000", "DEJ2000"), ("RA_ICRS", "DE_ICRS"))),
    ):
        if ra in sources.colnames and dec in sources.colnames and all(_measures(sources[c], "deg") for c in (ra, dec)):
            return numbers_of(sources[ra], "deg") % 360.0, numbers_of(sources[dec], "deg"), frame
    lost = np.full(len(sources), np.nan)
    return lost, lost, "ICRS"


def magnitudes_of(sources: Any) -> tuple[Any, str]:
    """The magnitudes of a table's sources.

    Parameters
    ----------
    sources : SourceTable
        Any.

    Returns
    -------
    tuple
        Magnitudes, NaN where masked, and their column; None and "" where there is none.
    """
    import numpy as np

    def has(name: str) -> bool:
        column = sources[name]
        if not _measures(column, "mag") or (getattr(column, "unit", None) is None and "mag" not in name.lower()):
            return False
        return bool(np.isfinite(numbers_of(column)).any())

    folded = {str(n).lower(): str(n) for n in reversed(sources.colnames)}
    for name in (folded[m] for m in MAGNITUDES if m in folded):
        if has(name):
            return numbers_of(sources[name]), name
    for name in sources.colnames:
        ucd = str((sources[name].info.meta or {}).get("ucd", "")).lower()
        if re.match(r"phot\.mag(?!\.distmod)(;|$)", ucd) and has(name):
            return numbers_of(sources[name]), str(name)
    return None, ""
