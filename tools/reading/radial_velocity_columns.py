"""Which columns of a table are radial velocities, and in what unit."""

from __future__ import annotations

from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.reading.text_tables import pick_column

# Names in lower case without blanks, dots, dashes and underscores; the better choice first.
RV_TIME_NAMES = (
    "bjdtdb", "timebjdtdb", "bjd", "timebjd", "time", "times", "jdb", "hjd", "jd", "obsjd", "jdutc", "bjdutc", "rjd",
    "bmjd", "mjd", "mbjd", "bjd2450000", "bjd2400000", "bjd2457000", "bjd2454833", "jd2400000", "jd2450000", "hjd2400000",
    "btjd", "bkjd", "obstime", "timestamp", "epoch", "date", "days", "day", "t",
)  # fmt: skip
RV_NAMES = (
    "rv", "mnvel", "rvms", "rvkms", "vrad", "radialvelocity", "velocity", "vel", "rvs", "vr", "radvel", "rvmps", "rvkmps",
    "velms", "velkms", "vradms", "vradkms", "radialvelocityms", "radialvelocitykms", "rvm/s", "rvkm/s", "rvmlc", "rvcorr",
    "rvdrs", "rvserval", "serval", "velocities", "radialvelocities", "deltarv", "relrv", "rvrel", "drift",
)  # fmt: skip
RV_ERROR_NAMES = (
    "errvel", "rverr", "erv", "rverror", "svrad", "sigmarv", "srv", "evrad", "vraderr", "vraderror", "velerr", "evel",
    "rvunc", "rvsigma", "rvuncertainty", "errrv", "rve", "eradialvelocity", "radialvelocityerror", "radialvelocityerr",
    "velocityerror", "velocityerr", "mnvelerr", "errmnvel", "rvmserr", "rverrms", "rverrkms", "rvkmserr", "ervms",
    "ervkms", "sigmarvms", "sigmarvkms", "svradms", "svradkms", "sigmavrad", "sigmavel", "sigmavr", "evr", "drv", "uncrv",
    "rvstd", "ermlc", "ervmlc", "err", "error", "errors", "sigma", "sig", "unc", "uncertainty", "sd", "e", "dv",
    "errkms", "errms", "errorkms", "errorms", "sigmakms", "sigmams", "sigkms", "sigms", "unckms", "uncms", "uncertaintykms",
    "uncertaintyms", "ekms", "ems",
)  # fmt: skip
INSTRUMENT_NAMES = (
    "tel", "instrument", "inst", "telescope", "instr", "ins", "insname", "instrumentname", "spectrograph", "dataset", "source",
    "facility", "site", "fiber",
)  # fmt: skip
OBJECT_NAMES = ("object", "target", "star", "starname", "objectname", "targetname", "name", "hostname")
REDUCED_JD_ZERO = 2_400_000.0  # "reduced" Julian date of the DACE and ESO tables

# No spectrograph reaches a single measurement better than about 0.1 m/s (ESPRESSO, Pepe et al. 2021,
# doi:10.1051/0004-6361/202038306), so smaller uncertainties must be in km/s; and 0.3 km/s is beyond the instruments
# that look for planets, so larger ones are taken to be in m/s.  In between nothing is assumed.
SMALLEST_MS = 0.1
LARGEST_KMS = 0.3


def choose_velocity_columns(table: dict[str, Any], given: dict[str, str | None]) -> dict[str, str | None]:
    """Choose the columns of a table of radial velocities.

    Parameters
    ----------
    table : dict
        Table as `gnomon.tools.reading.column_tables.read_tables` gives it.
    given : dict
        Names that a person gave for ``time``, ``rv``, ``error``, ``instrument``; None to choose by name.

    Returns
    -------
    dict
        ``time``, ``rv``, ``error``, ``instrument``: names of columns, or None where there is none.

    Raises
    ------
    InputError
        Where a person named a column that the table does not have.
    """
    names = [n for n in table["names"] if n in table["columns"]]
    if table["has_header"]:
        chosen: dict[str, str | None] = {
            "time": pick_column(names, RV_TIME_NAMES),
            "rv": pick_column(names, RV_NAMES),
            "error": None,
            "instrument": pick_column(names, INSTRUMENT_NAMES),
        }
    else:
        chosen = dict(zip(("time", "rv", "error", "instrument"), [*names[:4], None, None, None, None], strict=False))
    for role, wanted in given.items():
        if wanted is not None:
            same = [n for n in names if n.strip().lower() == wanted.strip().lower()]
            if not same:
                raise InputError(
                    f"The file has no column {wanted!r}.", remedy=f"Its columns are {', '.join(names[:20])}."
                )
            chosen[role] = wanted if wanted in names else same[0]
    if table["has_header"] and chosen["error"] is None and chosen["rv"]:
        chosen["error"] = _error_column(names, chosen["rv"])
    return chosen


def _error_column(names: list[str], rv: str) -> str | None:
    """The column of uncertainties that belongs to a column of velocities."""
    import re

    base = re.sub(r"[\s_.\-]+", "", rv).lower()
    own = tuple(f"{a}{base}{b}" for a, b in (
        ("", "err"), ("", "error"), ("e", ""), ("err", ""), ("sigma", ""), ("s", ""), ("", "unc"), ("", "sigma"),
        ("d", ""), ("unc", ""), ("", "uncertainty"), ("", "e"),
    ))  # fmt: skip
    found = pick_column([n for n in names if n != rv], own + RV_ERROR_NAMES)
    return found


def velocity_unit(
    table: dict[str, Any], chosen: dict[str, str | None], errors: Any, given: str
) -> tuple[float, str, str]:
    """Find the unit of the velocities: as given, as the file says, else from the size of the uncertainties.

    Parameters
    ----------
    table : dict
        The table.
    chosen : dict
        Names of its columns.
    errors : numpy.ndarray of float
        Good uncertainties as they stand in the file.
    given : str
        ``auto``, ``m/s`` or ``km/s``.

    Returns
    -------
    tuple
        Factor to m/s, name of the unit, and what it was taken from: ``argument``, ``unit in the file``,
        ``column name``, ``comment in the file``, ``size of the uncertainties``.

    Raises
    ------
    InputError
        Where the file gives a unit that is none of velocity, or nothing tells.
    """
    import re

    import numpy as np
    from astropy import units as u

    if given != "auto":
        return (1.0 if given == "m/s" else 1000.0), given, "argument"
    rv = str(chosen["rv"])
    written = table["units"].get(rv, "") or table["units"].get(str(chosen["error"]), "")
    if written:
        text = re.sub(r"\s+", "", written).replace("sec", "s").replace("^", "").replace("**", "")
        text = {"ms-1": "m/s", "kms-1": "km/s", "m.s-1": "m/s", "km.s-1": "km/s", "mps": "m/s", "kms": "km/s"}.get(
            text.lower(), written
        )
        try:
            return float(u.Unit(text).to(u.m / u.s)), text, "unit in the file"
        except (ValueError, TypeError) as error:
            raise InputError(
                f"Column {rv!r} is in {written!r}, which is not a unit of velocity.",
                remedy="Set velocity_unit to m/s or km/s, or name another column with rv_column.",
            ) from error
    plain = re.sub(r"[\s_.\-]+", "", rv).lower()
    if re.search(r"km/?p?s$", plain):
        return 1000.0, "km/s", "column name"
    # ``mnvel`` is the column of the California Planet Search, whose tables are in m/s.
    if plain == "mnvel" or re.search(r"(rv|vel|vrad|velocity)m/?p?s$", plain):
        return 1.0, "m/s", "column name"
    comments = " ".join(table["comments"]).lower()
    says_km = re.search(r"\bkm\s*(/\s*s|s\s*\^?-1|\s+s-1)", comments) is not None
    says_m = re.search(r"(?<![a-z])m\s*(/\s*s|s\s*\^?-1|\s+s-1)", comments) is not None
    if says_km != says_m:
        return (1000.0, "km/s", "comment in the file") if says_km else (1.0, "m/s", "comment in the file")
    typical = float(np.median(errors))
    if typical < SMALLEST_MS:
        return 1000.0, "km/s", "size of the uncertainties"
    if typical >= LARGEST_KMS:
        return 1.0, "m/s", "size of the uncertainties"
    raise InputError(
        f"The file gives no unit for column {rv!r}, and uncertainties of {typical:.3g} may be m/s or km/s.",
        remedy="Set velocity_unit to m/s or km/s.",
    )


def velocity_confidence(table: dict[str, Any]) -> float:
    """Say how sure it is that a table holds radial velocities.

    Parameters
    ----------
    table : dict
        Table, or the sample of it that ``read_tables(path, sample_only=True)`` gives.

    Returns
    -------
    float
        0 (no) to 1 (sure).
    """
    if table["has_header"]:
        names = table["names"]
        chosen = {
            "time": pick_column(names, RV_TIME_NAMES),
            "rv": pick_column(names, RV_NAMES),
        }
        if not chosen["time"] or not chosen["rv"] or chosen["time"] == chosen["rv"]:
            return 0.0
        # A spectrum against velocity, or a catalogue with one velocity a star, is no time series of one star.
        if pick_column(names, ("wavelength", "wave", "lambda", "loglam", "ra", "raj2000", "radeg")):
            return 0.0
        return 0.95 if _error_column(names, chosen["rv"]) else 0.6
    return _confidence_without_names(table)


def _confidence_without_names(table: dict[str, Any]) -> float:
    """How sure it is for columns without names: dates, irregular in time, small positive third column."""
    import numpy as np

    columns = [table["columns"][n] for n in table["names"]]
    if not 3 <= len(columns) <= 4 or any(c is None or c.dtype.kind != "f" for c in columns[:3]):
        return 0.0
    good = np.isfinite(columns[0]) & np.isfinite(columns[1]) & np.isfinite(columns[2])
    time, rv, error = (c[good] for c in columns[:3])
    if len(time) < 2 or (error <= 0).any():
        return 0.0
    middle, spread = float(np.median(rv)), float(np.std(rv))
    # Relative fluxes lie near one; satellites keep a steady pace.
    if abs(middle - 1.0) < 0.1 and spread < 0.1:
        return 0.0
    steps = np.diff(np.sort(time))
    if len(steps) > 5 and np.mean(np.abs(steps - np.median(steps)) < 0.05 * np.median(steps)) > 0.8:
        return 0.0
    if np.median(error) > 20.0 * max(spread, np.median(np.abs(rv))):
        return 0.0
    if len(columns) == 4 and columns[3].dtype.kind != "f":
        return 0.7  # names of instruments
    julian = bool((time > 2_400_000).all() and (time < 2_500_000).all())
    return 0.3 + 0.15 * julian + 0.15 * bool((rv < 0).any())
