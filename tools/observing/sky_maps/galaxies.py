"""Columns of catalogues of galaxies: how far they are, how well that is known, and how bright."""

from __future__ import annotations

from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.source_columns import numbers_of

# Names of columns, folded to letters and digits, the plainer ones first; GLADE+ (Dálya et al. 2022, doi:10.1093/mnras/stac1443) and NED-LVS have d_L and DistMpc.
_DISTANCES = ("distance", "dist", "distmpc", "dl", "dmpc", "lumdist", "luminositydistance", "distbest", "bestdist", "r")
_ERRORS = ("distanceerror", "distanceerr", "edistance", "edist", "disterr", "distmpcunc", "edl", "dlerr", "distanceuncertainty", "distancestd")  # fmt: skip
_REDSHIFTS = ("redshift", "z", "zcmb", "zhelio", "zspec", "zbest", "zhel", "rvzvalue")
_APPARENT = ("bmag", "magb", "bt", "btc", "bmagnitude", "b", "phfluxb")
_ABSOLUTE = ("absolutemagnitude", "absmagb", "babs", "bmagabs", "mb", "mabsb", "absmag", "bmagabsolute")
LIGHT = 299792.458  # km/s


def _folded(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _column(table: Any, names: tuple[str, ...], unit: str) -> str | None:
    """The first column of a name whose unit, if it has one, fits."""
    from astropy.units import Unit

    folded: dict[str, str] = {}
    for name in table.colnames:
        folded.setdefault(_folded(name), name)
    for wanted in names:
        name = folded.get(wanted)
        if name is None or getattr(table[name].dtype, "kind", "O") not in "fiu" or table[name].ndim != 1:
            continue
        given = getattr(table[name], "unit", None)
        if given is None or str(given) == "" or Unit(given).is_equivalent(Unit(unit)):
            return name
    return None


def tells_distances(table: Any) -> bool:
    """Whether a table has distances or redshifts."""
    return _column(table, _DISTANCES, "Mpc") is not None or _column(table, _REDSHIFTS, "") is not None


def distances_of(table: Any, peculiar_velocity: float) -> tuple[Any, Any, str]:
    """Luminosity distances of galaxies.

    From a column of distances, else from redshifts in the cosmology of Planck Collaboration 2020, doi:10.1051/0004-6361/201833910, with the error that the
    velocity of galaxies against the expansion makes.

    Parameters
    ----------
    table : astropy.table.Table
        Of galaxies.
    peculiar_velocity : float
        Standard deviation of the velocities along the line of sight [km/s].

    Returns
    -------
    tuple
        Distances and their errors [Mpc], NaN where there is no distance, and the column that they are from.  A distance from a column has the error of a
        column of errors, or none (0).

    Raises
    ------
    InputError
        Where the table has neither.
    """
    import numpy as np

    name = _column(table, _DISTANCES, "Mpc")
    if name is not None:
        distance = numbers_of(table[name], "Mpc")
        error = _column(table, _ERRORS, "Mpc")
        spread = np.zeros(len(distance)) if error is None else np.nan_to_num(numbers_of(table[error], "Mpc"))
        good = np.isfinite(distance) & (distance > 0)
        return np.where(good, distance, np.nan), np.where(good, np.abs(spread), np.nan), name
    name = _column(table, _REDSHIFTS, "")
    if name is None:
        raise InputError("The table has neither distances nor redshifts of galaxies.", remedy="Give a column distance (Mpc) or redshift.")  # fmt: skip
    from astropy.cosmology import Planck18

    z = numbers_of(table[name])
    good = np.isfinite(z) & (z > 0) & (z < 10)
    distance = np.full(len(z), np.nan)
    if good.any():
        grid = np.geomspace(min(1e-5, float(z[good].min())), float(z[good].max()) * 1.001, 2000)
        distance[good] = np.exp(np.interp(np.log(z[good]), np.log(grid), np.log(Planck18.luminosity_distance(grid).value)))  # fmt: skip
    return distance, np.where(good, peculiar_velocity * (1.0 + z) / float(Planck18.H0.value), np.nan), name


def absolute_magnitudes(table: Any, distance: Any) -> tuple[Any, str] | None:
    """Absolute magnitudes in B, from a column of them, else from apparent ones and distances, without corrections for dust and redshift.

    Parameters
    ----------
    table : astropy.table.Table
        Of galaxies.
    distance : numpy.ndarray of float
        Mpc.

    Returns
    -------
    tuple or None
        Magnitudes, NaN where there is none, and the column; None where the table has no such column.
    """
    import numpy as np

    # GLADE tells apparent and absolute magnitudes apart by capitals alone: Bmag and BMAG.
    if "BMAG" in table.colnames and _column(table[["BMAG"]], ("bmag",), "mag"):
        return numbers_of(table["BMAG"]), "BMAG"
    name = _column(table, _ABSOLUTE, "mag")
    if name is not None:
        return numbers_of(table[name]), name
    name = _column(table, _APPARENT, "mag")
    if name is None:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        return numbers_of(table[name]) - 5.0 * np.log10(distance) - 25.0, name
