"""Which columns of a table are a light curve, and what its times count from."""

from __future__ import annotations

from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.reading.text_tables import pick_column

# Names in lower case without blanks, dots, dashes and underscores; the better choice first.
TIME_NAMES = (
    "time",
    "btjd",
    "tbjd",
    "bkjd",
    "bjdtdb",
    "bjd",
    "timebjd",
    "timebjdtdb",
    "timebtjd",
    "timebkjd",
    "tmid",
    "bmjd",
    "hjd",
    "jd",
    "mjd",
    "t",
    "obstime",
    "date",
    "times",
    "days",
)
# Corrected fluxes before raw ones: SPOC/Kepler PDC, QLP, K2SFF, then plain names, then simple aperture photometry.
FLUX_NAMES = (
    "pdcsapflux",
    "kspsapflux",
    "detflux",
    "pcaflux",
    "psffluxcor",
    "fcor",
    "correctedflux",
    "corrflux",
    "fluxcorr",
    "flux",
    "relativeflux",
    "relflux",
    "normalizedflux",
    "normalisedflux",
    "normflux",
    "fluxnorm",
    "sapflux",
    "rawflux",
    "fraw",
    "brightness",
    "counts",
    "f",
    "y",
)
MAGNITUDE_NAMES = ("mag", "magnitude", "mags", "vmag", "gmag", "rmag", "imag", "bmag", "relmag", "appmag")
ERROR_NAMES = (
    "fluxerr",
    "fluxerror",
    "fluxunc",
    "fluxuncertainty",
    "eflux",
    "sigmaflux",
    "ferr",
    "magerr",
    "magerror",
    "emag",
    "magunc",
    "err",
    "error",
    "errors",
    "uncertainty",
    "unc",
    "sigma",
    "sig",
    "yerr",
    "e",
    "dy",
)
QUALITY_NAMES = ("sapquality", "quality", "qualityflag", "qualityflags", "quality", "flag", "flags")
VELOCITY_NAMES = (
    "rv",
    "rvs",
    "mnvel",
    "vel",
    "velocity",
    "radialvelocity",
    "vrad",
    "rvms",
    "rvkms",
    "errvel",
    "erv",
    "rverr",
    "svrad",
    "drv",
    "velocities",
)
WAVELENGTH_NAMES = ("wavelength", "wave", "lambda", "loglam", "wav", "frequency", "freq")

JD_FIRST, JD_LAST = (
    2_400_000.0,
    2_500_000.0,
)  # 1858 to 2132: a number in this range in a column of times is a Julian date
MJD_ZERO = 2_400_000.5  # definition of the modified Julian date, IAU 1997 resolution B1
BTJD_ZERO = 2_457_000.0  # TESS Science Data Products Description Document, EXP-TESS-ARC-ICD-0014
BKJD_ZERO = 2_454_833.0  # Kepler Archive Manual, KDMC-10008-006, section 2.3.2
SCALES = ("tdb", "utc", "tt", "tai", "tcb", "ut1")


def choose_columns(
    table: dict[str, Any], time_column: str | None, flux_column: str | None, error_column: str | None
) -> dict[str, str | None]:
    """Choose the columns of a light curve.

    Parameters
    ----------
    table : dict
        Table as `gnomon.tools.reading.column_tables.read_tables` gives it.
    time_column, flux_column, error_column : str or None
        Names that a person gave; None to choose by name.

    Returns
    -------
    dict
        ``time``, ``flux``, ``error``, ``quality``: names or None; ``is_magnitude``: ``"yes"`` or None.
    """
    names = [n for n in table["names"] if n in table["columns"]]
    if not table["has_header"]:
        numbers = names
        chosen: dict[str, str | None] = {
            "time": numbers[0] if names else None,
            "flux": numbers[1] if len(numbers) > 1 else None,
            "error": None,
            "quality": None,
            "is_magnitude": None,
        }
        if (
            len(numbers) > 2
            and table["columns"][numbers[2]] is not None
            and _looks_like_errors(table["columns"][numbers[1]], table["columns"][numbers[2]])
        ):
            chosen["error"] = numbers[2]
    else:
        flux = pick_column(names, FLUX_NAMES)
        magnitude = None if flux else pick_column(names, MAGNITUDE_NAMES)
        chosen = {
            "time": pick_column(names, TIME_NAMES),
            "flux": flux or magnitude,
            "error": None,
            "quality": pick_column(names, QUALITY_NAMES),
            "is_magnitude": "yes" if magnitude else None,
        }
    if time_column is not None:
        chosen["time"] = _named(names, time_column)
    if flux_column is not None:
        chosen["flux"] = _named(names, flux_column)
        unit = table["units"].get(chosen["flux"] or "", "").lower()
        chosen["is_magnitude"] = (
            "yes" if unit.startswith("mag") or pick_column([chosen["flux"] or ""], MAGNITUDE_NAMES) else None
        )
        chosen["error"] = None
    if error_column is not None:
        chosen["error"] = _named(names, error_column)
    elif chosen["error"] is None and chosen["flux"] and table["has_header"]:
        chosen["error"] = _error_of(names, chosen["flux"], chosen["is_magnitude"] is not None)
    return chosen


def _named(names: list[str], wanted: str) -> str:
    """The column that a person named, whatever its case."""
    if wanted in names:
        return wanted
    same = [n for n in names if n.strip().lower() == wanted.strip().lower()]
    if same:
        return same[0]
    raise InputError(f"The file has no column {wanted!r}.", remedy=f"Its columns are {', '.join(names[:20])}.")


def _error_of(names: list[str], flux: str, is_magnitude: bool) -> str | None:
    """Column of uncertainties that belongs to a column of fluxes or magnitudes."""
    import re

    base = re.sub(r"[\s_.\-]+", "", flux).lower()
    own = pick_column(
        names,
        (
            base + "err",
            base + "error",
            base + "unc",
            base + "uncertainty",
            "e" + base,
            "sigma" + base,
            "err" + base,
            "d" + base,
        ),
    )
    if own:
        return own
    # QLP gives one uncertainty for all its apertures; another pipeline's uncertainty must not be borrowed.
    if base.startswith("kspsapflux"):
        return pick_column(names, ("kspsapfluxerr",))
    general = [n for n in ERROR_NAMES if is_magnitude or "mag" not in n]
    if base in ("pdcsapflux", "sapflux"):
        return None
    return pick_column(names, tuple(general))


def _looks_like_errors(flux: Any, third: Any) -> bool:
    """Whether a third column without a name is an uncertainty: positive and well below the flux everywhere."""
    import numpy as np

    if flux.dtype.kind != "f" or third.dtype.kind != "f":
        return False
    good = np.isfinite(flux) & np.isfinite(third)
    return bool(good.any() and (third[good] > 0).all() and np.median(third[good]) < 0.2 * abs(np.median(flux[good])))


def unit_in_days(unit: str, where: str) -> float:
    """Give the length of a unit of time in days.

    Parameters
    ----------
    unit : str
        Text such as ``d``, ``BJD - 2457000, days``, ``s`` or ``""``.
    where : str
        Name of the column, for the error.

    Returns
    -------
    float
        Days; 1 where the text says nothing about the unit.

    Raises
    ------
    InputError
        Where it is a unit of something else than time.
    """
    import re

    text = re.sub(r"[BHTK]{0,2}[MR]?JD[\s_]*(TDB|UTC)?\s*(-\s*[\d.]+)?", " ", unit, flags=re.I)
    text = re.sub(r"[(),\[\]]|tdb|utc|barycentric|julian|date", " ", text, flags=re.I).strip()
    if not text or not any(c.isalpha() for c in text):
        return 1.0
    words = {
        "day": 1.0,
        "days": 1.0,
        "d": 1.0,
        "hour": 1 / 24,
        "hours": 1 / 24,
        "hr": 1 / 24,
        "h": 1 / 24,
        "minutes": 1 / 1440,
        "minute": 1 / 1440,
        "min": 1 / 1440,
        "seconds": 1 / 86400,
        "second": 1 / 86400,
        "sec": 1 / 86400,
        "s": 1 / 86400,
    }
    if text.lower() in words:
        return words[text.lower()]
    from astropy import units as u

    try:
        return float(u.Unit(text).to(u.d))
    except (ValueError, TypeError) as error:
        raise InputError(
            f"Column {where!r} is in {unit!r}, which is not a unit of time.",
            remedy="Name the column of times, or convert it to days.",
        ) from error


def time_reference(table: dict[str, Any], name: str, values: Any) -> dict[str, Any]:
    """Find what the times count from, from headers, units, names and, where unambiguous, the numbers; never by guessing.

    Parameters
    ----------
    table : dict
        The table with its header.
    name : str
        Name of the column of times.
    values : numpy.ndarray of float
        Finite times, in days.

    Returns
    -------
    dict
        ``name``, ``zero_jd`` (Julian date of time 0) and ``scale``, each None where the file does not say.
    """
    import re

    header = table["header"]
    unit = table["units"].get(name, "")
    plain = re.sub(r"[\s_.\-]+", "", name).lower()
    text = f"{name} {unit}".upper()
    scale = str(header.get("TIMESYS") or header.get("TIME_SCALE") or "").strip().lower() or None
    if scale not in SCALES:
        scale = next((s for s in ("tdb", "utc") if s in f"{plain} {unit.lower()}"), None)
    zero = _zero_of_header(header)
    offset = re.search(r"JD[^-\d]*-\s*(2?\d{5,7}(?:\.\d+)?)", text)
    if zero is None and offset:
        zero = float(offset[1])
    if zero is None and ("BTJD" in text or "TBJD" in text):
        zero, scale = BTJD_ZERO, scale or "tdb"  # both are defined in TDB
    if zero is None and "BKJD" in text:
        zero, scale = BKJD_ZERO, scale or "tdb"
    middle = float(values[len(values) // 2])
    if zero is None and JD_FIRST < middle < JD_LAST:
        zero = 0.0
    if zero is None and plain in ("mjd", "bmjd") and 0.0 < middle < JD_LAST - MJD_ZERO:
        zero = MJD_ZERO
    if zero is None:
        return {"name": None, "zero_jd": None, "scale": scale}
    barycentric = "BJDREFI" in header or "BJD" in text or "BTJD" in text or "BKJD" in text or plain == "bmjd"
    return {"name": _name_of_zero(zero, barycentric, "HJD" in text), "zero_jd": zero, "scale": scale}


def _zero_of_header(header: dict[str, Any]) -> float | None:
    """Zero point that FITS keywords state (TESS, Kepler, and the FITS time paper, doi:10.1051/0004-6361/201424653)."""
    for prefix, shift in (("BJDREF", 0.0), ("JDREF", 0.0), ("MJDREF", MJD_ZERO)):
        if isinstance(header.get(prefix + "I"), int | float):
            return float(header[prefix + "I"]) + float(header.get(prefix + "F") or 0.0) + shift
        if isinstance(header.get(prefix), int | float):
            return float(header[prefix]) + shift
    form = str(header.get("TIME_FORMAT", "")).lower()
    return {"jd": 0.0, "mjd": MJD_ZERO, "btjd": BTJD_ZERO, "bkjd": BKJD_ZERO}.get(form)


def _name_of_zero(zero: float, barycentric: bool, heliocentric: bool) -> str:
    """Common name of a time that counts from a Julian date."""
    if barycentric and zero == BTJD_ZERO:
        return "BTJD"
    if barycentric and zero == BKJD_ZERO:
        return "BKJD"
    base = "BJD" if barycentric else "HJD" if heliocentric else "JD"
    if zero == MJD_ZERO:
        return "BMJD" if barycentric else "MJD"
    return base if zero == 0 else f"{base} - {zero:.10g}"
