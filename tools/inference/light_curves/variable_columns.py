"""Tables of variable stars: the columns that are read, and the physical features that are reckoned from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np

# Neither positions nor names, and no count of points: they tell the survey and not the star.
LINEAR_COLUMNS = ("ug", "gi", "ik", "jk", "log10_period_d", "ampl_mag", "skew", "kurt", "mag_median")
OGLE_COLUMNS = (
    "period1_d",
    "ampl1_mag",
    "R21_1",
    "phi21_1",
    "R31_1",
    "phi31_1",
    "i_mag",
    "v_mag",
    "period2_d",
    "ampl2_mag",
)
# A table must have these, although a row may lack a number: which columns are empty is part of what the OGLE model has learnt,
# so a column that nobody filled would be taken for a sign of a class.
LINEAR_NEEDS = ("log10_period_d", "ampl_mag", "skew", "kurt", "gi")
OGLE_NEEDS = ("period1_d", "ampl1_mag", "R21_1", "phi21_1", "i_mag", "v_mag")
# What tables call them, in lower case and without anything but letters and digits.
_CALLED: Mapping[str, tuple[str, ...]] = {
    "period1_d": ("period1d", "period1", "period", "p1", "p", "perioddays", "periodd"),
    "log10_period_d": ("log10periodd", "logp", "log10p", "lp1", "logperiod", "log10period"),
    "ampl1_mag": ("ampl1mag", "ampl1", "amplitude1", "amplitude", "ampl", "amplmag", "iampl", "a1", "amplitudei"),
    "ampl_mag": ("amplmag", "ampl", "amplitude", "amp"),
    "R21_1": ("r211", "r21"),
    "phi21_1": ("phi211", "phi21"),
    "R31_1": ("r311", "r31"),
    "phi31_1": ("phi311", "phi31"),
    "i_mag": ("imag", "i", "magi", "meani"),
    "v_mag": ("vmag", "v", "magv", "meanv"),
    "period2_d": ("period2d", "period2", "p2"),
    "ampl2_mag": ("ampl2mag", "ampl2", "amplitude2", "a2"),
    "ug": ("ug",),
    "gi": ("gi",),
    "ik": ("ik",),
    "jk": ("jk",),
    "skew": ("skew", "skewness"),
    "kurt": ("kurt", "kurtosis"),
    "mag_median": ("magmedian", "magmed", "medianmag"),
}
_NO_VALUE = -90.0  # surveys write -99.99 and the like where nothing was measured
# Extinction-free magnitude W = I - 1.55 (V - I); Madore 1982, doi:10.1086/159659; ratio of OGLE: Udalski et al. 1999, 1999AcA....49..201U.
_WESENHEIT = 1.55
# Slope of the period-luminosity relation of fundamental-mode Cepheids of the LMC in W; Soszynski et al. 2008, 2008AcA....58..163S.
_CEPHEID_SLOPE = -3.314
# Colour term of the period-colour relation of contact binaries, about 0.3 in log P per magnitude of g-i; Eggen 1967, 1967MmRAS..70..111E.
_CONTACT_SLOPE = 0.3


def read_columns(path: Path, wanted: Sequence[str], others: Sequence[str]) -> dict[str, Any]:
    """Columns of a table of stars.

    Parameters
    ----------
    path : pathlib.Path
        Parquet, CSV, ECSV, FITS or VOTable.
    wanted : sequence of str
        Columns of numbers that must be there.
    others : sequence of str
        Columns that are given where they are there.

    Returns
    -------
    dict
        ``values``, float32 ``(n, len(wanted))``, NaN where a number is missing, and each of `others` that there is.

    Raises
    ------
    InputError
        Where the file is not there, is no table, or lacks a column.
    """

    if not path.is_file():
        raise InputError(
            f"There is no file {path.name} of variable stars.", remedy="Give the folder of the sets, or a file."
        )
    try:
        if path.suffix in (".parquet", ".pq"):
            import pyarrow.parquet as parquet

            stored = parquet.read_table(path)
            table = {name: stored[name].to_numpy() for name in stored.column_names}
        else:
            from astropy.table import Table

            read = Table.read(path, format="ascii.csv") if path.suffix == ".csv" else Table.read(path)
            table = {name: read[name] for name in read.colnames}
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path.name} cannot be read as a table: {error}.", remedy="Give Parquet, CSV, ECSV or FITS."
        ) from error
    return {"values": values_of(table, wanted, path.name)} | {k: table[k] for k in others if k in table}


def values_of(table: Any, wanted: Sequence[str], where: str) -> np.ndarray:
    """Columns of numbers as one array, NaN where one is missing.

    Parameters
    ----------
    table : mapping of str to array, or astropy.table.Table
        The columns.
    wanted : sequence of str
        Which, in this order.
    where : str
        What the table is called in errors.

    Returns
    -------
    ndarray of float32 (n, len(wanted))

    Raises
    ------
    InputError
        Where a column is missing or does not hold numbers.
    """
    import numpy as np

    there = list(getattr(table, "colnames", table))
    lacking = [name for name in wanted if name not in there]
    if lacking:
        raise InputError(
            f"{where} lacks the column{'s' if len(lacking) > 1 else ''} {', '.join(lacking)}.",
            remedy=f"The model reads {', '.join(wanted)}.",
        )
    values = []
    for name in wanted:
        column = table[name]
        if hasattr(column, "unmasked") or hasattr(column, "mask"):
            column = np.ma.filled(np.ma.asarray(column).astype(float), np.nan)
        try:
            values.append(np.asarray(column, dtype=np.float64))
        except (TypeError, ValueError) as error:
            raise InputError(f"The column {name} of {where} does not hold numbers.", remedy="Give numbers.") from error
    stacked = np.stack(values, axis=1).astype(np.float32) if values else np.empty((0, 0), np.float32)
    return np.where(stacked <= _NO_VALUE, np.float32(np.nan), stacked)


def found_columns(table: Any, wanted: Sequence[str]) -> dict[str, str]:
    """Which column of a table is each of the wanted ones, by the names that tables use.

    Parameters
    ----------
    table : astropy.table.Table
        Of any columns.
    wanted : sequence of str
        Of `LINEAR_COLUMNS` or `OGLE_COLUMNS`.

    Returns
    -------
    dict
        Name in the table of each that there is.  A period may stand for its logarithm.
    """
    import re

    plain = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in table.colnames}
    found = {}
    for name in wanted:
        called = [plain[c] for c in _CALLED[name] if c in plain]
        if not called and name == "log10_period_d":
            called = [plain[c] for c in _CALLED["period1_d"] if c in plain]
        if called:
            found[name] = called[0]
    return found


def stacked(table: Any, wanted: Sequence[str], found: Mapping[str, str]) -> np.ndarray:
    """The wanted columns of a table as one array, in days and magnitudes where the table has units.

    Parameters
    ----------
    table : astropy.table.Table
        The table.
    wanted : sequence of str
        In this order.
    found : dict
        As `found_columns` gave it.

    Returns
    -------
    ndarray of float32 (n, len(wanted))
        NaN where a number or a column is missing.

    Raises
    ------
    InputError
        Where a column does not hold numbers, or has a unit of another sort.
    """
    import numpy as np
    from astropy import units as u

    values = np.full((len(table), len(wanted)), np.nan, dtype=np.float32)
    for place, name in enumerate(wanted):
        if name not in found:
            continue
        column = table[found[name]]
        unit = getattr(column, "unit", None)
        day = name.startswith("period") or (
            name == "log10_period_d" and unit not in (None, "", u.dimensionless_unscaled)
        )
        if day and unit is not None and str(unit) not in ("", "dex"):
            try:
                column = u.Quantity(np.ma.filled(np.ma.asarray(getattr(column, "unmasked", column)), np.nan), unit).to_value(u.d)  # fmt: skip
            except u.UnitConversionError as error:
                raise InputError(f"The column {found[name]} is in {unit}, which is no time.", remedy="Give periods in days.") from error  # fmt: skip
            mask = getattr(table[found[name]], "mask", False)
            column = np.where(mask, np.nan, column)
        number = values_of({name: column}, (name,), "The table")[:, 0]
        if name == "log10_period_d" and found[name] in found_columns(table, ("period1_d",)).values():
            number = np.where(number > 0, np.log10(np.where(number > 0, number, 1.0)), np.nan)
        values[:, place] = number
    return values


def linear_features(columns: np.ndarray) -> np.ndarray:
    """Features of stars of LINEAR.

    Parameters
    ----------
    columns : ndarray (n, 9)
        `LINEAR_COLUMNS`.

    Returns
    -------
    ndarray of float32 (n, 13)
        The columns, the kurtosis as ``log(kurt + 2.5)``; the distance from the period-colour relation of contact binaries, log kurtosis less
        skewness, g-K, and ``log(kurt + 4.01 - skew^2)``, the distance from the least kurtosis that a skewness allows (Pearson 1916).
    """
    import numpy as np

    ug, gi, ik, jk, period, amplitude, skew, kurt, magnitude = np.asarray(columns, dtype=np.float64).T
    with np.errstate(invalid="ignore", divide="ignore"):
        tail = np.log(np.maximum(kurt + 2.5, 0.01))
        beyond = np.log(np.maximum(kurt + 4.01 - skew**2, 0.01))
    features = [ug, gi, ik, jk, period, amplitude, skew, tail, magnitude]
    features += [period - _CONTACT_SLOPE * gi, tail - skew, gi + ik, beyond]
    return np.stack(features, axis=1).astype(np.float32)


def ogle_features(columns: np.ndarray) -> np.ndarray:
    """Features of stars of OGLE-III.

    Parameters
    ----------
    columns : ndarray (n, 10)
        `OGLE_COLUMNS`.

    Returns
    -------
    ndarray of float32 (n, 22)
        Logarithms of periods, amplitudes and of their ratios; amplitude ratios and phases of the Fourier series, phases also as sine and cosine;
        I, V, V-I, the Wesenheit index and what is left of it over the Cepheids' slope and a flatter one; NaN where something is missing.
    """
    import numpy as np

    period, amplitude, r21, phi21, r31, phi31, i_mag, v_mag, second, amplitude2 = np.asarray(
        columns, dtype=np.float64
    ).T
    with np.errstate(invalid="ignore", divide="ignore"):
        log_p, log_a, log_p2, log_a2 = (
            np.where(x > 0, np.log10(np.where(x > 0, x, 1.0)), np.nan) for x in (period, amplitude, second, amplitude2)
        )
    colour = v_mag - i_mag
    index = i_mag - _WESENHEIT * colour
    features = [log_p, log_a, r21, r31, np.sin(phi21), np.cos(phi21), np.sin(phi31), np.cos(phi31), phi21, phi31]
    features += [i_mag, v_mag, colour, index, index - _CEPHEID_SLOPE * log_p, index + 2.5 * log_p]
    features += [log_p2, log_p2 - log_p, log_a2, log_a2 - log_a, np.where(np.isfinite(r21), 1.0, 0.0)]
    return np.stack(features, axis=1).astype(np.float32)
