"""Reading light curves of one or many objects in several bands, one row a point, from a table of any format."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import InputError
from gnomon.tools.reading.column_tables import BROKEN_CONTENT, read_tables
from gnomon.tools.reading.content import describe_file
from gnomon.tools.reading.file_bytes import shown_name
from gnomon.tools.reading.light_curve_columns import (
    ERROR_NAMES,
    FLUX_NAMES,
    MAGNITUDE_NAMES,
    TIME_NAMES,
    time_reference,
    unit_in_days,
)
from gnomon.tools.reading.text_tables import pick_column
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from pathlib import Path

    from gnomon.tools.kinds import File, MultibandLightCurves

_BAND_COLUMNS = ("band", "passband", "filter", "filt", "flt", "bandname", "filtername", "filterid")
_OBJECT_COLUMNS = (
    "object", "objectid", "objid", "snid", "oid", "name", "objectname", "snname", "lcid", "sourceid", "diaobjectid", "ztfid", "target", "id", "sn", "cid",
)  # fmt: skip
_REDSHIFT_COLUMNS = ("redshift", "z", "zhel", "zhelio", "zspec", "zphot", "photoz", "hostz", "zhost", "zhostphot", "hostgalphotoz", "zcmb")  # fmt: skip
_REDSHIFT_ERROR_COLUMNS = ("redshifterr", "redshifterror", "zerr", "zhelerr", "zhelioerr", "zspecerr", "zphoterr", "photozerr", "zhosterr", "zhostphoterr", "hostgalphotozerr", "zcmberr")  # fmt: skip
# FLUXCAL of SNANA has zero point 27.5 in all bands by definition: Kessler et al. 2009, doi:10.1086/605984.
_FLUXCAL_NAMES, _FLUXCAL_ERRORS = ("fluxcal",), ("fluxcalerr", "fluxcalerror")
ZERO_POINT = 27.5
_ONE_OBJECT = "object"
_CALLED = {"time": "times", "band": "bands", "flux": "fluxes", "error": "uncertainties"}
_SAMPLE_VALUES = 400


def recognise_multiband(path: Path) -> dict[str, Any] | None:
    """Say whether a file holds light curves in several bands, by its content.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file.

    Returns
    -------
    dict or None
        ``confidence``, ``found`` and ``rows``; None where it has no columns of times, bands and brightness, or one band only.
    """
    try:
        for table in read_tables(path, sample_only=True):
            chosen = _columns_of(table)
            if not table["has_header"] or table["rows"] < 2 or not all(chosen[k] for k in ("time", "band", "flux")):
                continue
            values = table["columns"][chosen["band"]]
            bands = sorted({str(v) for v in values[:_SAMPLE_VALUES]}) if values is not None else []
            if len(bands) == 1 and not chosen["object"]:
                return None  # a light curve in one band, which another tool reads
            shown = ", ".join(bands[:6]) + (" ..." if len(bands) > 6 else "") if bands else "not looked at"
            return {
                "confidence": 0.92,
                "found": f"light curves in several bands ({shown}), {table['rows']} rows",
                "found_zh": f"多波段光变曲线（{shown}），{table['rows']} 行",
                "rows": int(table["rows"]),
            }
    except (InputError, *BROKEN_CONTENT):
        return None
    return None


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.5,
    seconds_per_1000_rows=0.01,
    recognises=recognise_multiband,
    citations=(
        "Kessler et al. 2009, SNANA: a public software package for supernova analysis, doi:10.1086/605984",
        "Oke & Gunn 1983, Secondary standard stars for absolute spectrophotometry, doi:10.1086/160817",
    ),
    examples=(
        "Read these light curves in g, r, i and z",
        "Open the multi-band photometry of my supernova",
        "Load the file with the griz light curves of all candidates",
        "Which bands and how many objects are in this table of photometry?",
        "Read the SNANA fluxes of these supernovae",
        "Import the ZTF g and r magnitudes of this transient",
        "The fluxes in this multi-band table are in microjansky; read it",
        "Read the light curves of the transients; their zero point is 25",
        "How many points does each object have in each band?",
        "Load the Parquet table of band, mjd, flux and flux error",
        "读取这些多波段光变曲线",
        "打开我的超新星的 g、r、i、z 测光",
        "载入所有候选体的多波段光变曲线文件",
        "这个测光表里有哪些波段、多少个天体？",
        "读取这些超新星的 SNANA 流量",
        "导入这个暂现源的 ZTF g、r 星等",
        "这个多波段表的流量单位是微央斯基，请读取",
        "读取这些暂现源的光变曲线，零点是 25",
        "每个天体在每个波段有多少个数据点？",
        "读取含有波段、时间、流量和误差的表",
    ),
    summary_zh="从文件读取一个或多个天体的多波段光变曲线，每行一个数据点。",
    method="Light curves in several bands were read from the attached file and brought to the AB zero point 27.5; points without a finite flux or a positive uncertainty were left out.",
    method_zh="从附件读取多波段光变曲线并换算到 AB 零点 27.5；去除流量非有限或误差不为正的数据点。",
)
def read_multiband_light_curves(
    file: File,
    object_column: str | None = None,
    time_column: str | None = None,
    band_column: str | None = None,
    flux_column: str | None = None,
    error_column: str | None = None,
    redshift_column: str | None = None,
    redshift_error_column: str | None = None,
    zero_point: Annotated[float, "mag", "[-50, 50]"] | None = None,
) -> MultibandLightCurves:
    """Read light curves of one or many objects in several bands, from a table with one row a point.

    Knows FITS, CSV, blank-separated text, ECSV, IPAC, VOTable and Parquet.  Fluxes become AB fluxes at zero point 27.5: from magnitudes, from SNANA's
    ``fluxcal``, from a unit such as uJy, or with the zero point that is given.  Where none of these says it, the fluxes stay as they are and
    ``meta["zero_point"]`` is None.

    Parameters
    ----------
    file : File
        The attached file.
    object_column : str, optional
        Name of the column that says which object a point is of; chosen by name.  Without one, all points are of one object.
    time_column : str, optional
        Name of the column of times; chosen by name.
    band_column : str, optional
        Name of the column of bands; chosen by name.
    flux_column : str, optional
        Name of the column of fluxes or magnitudes (AB); chosen by name, fluxes first.
    error_column : str, optional
        Name of the column of uncertainties, in the unit of the flux; chosen by name.
    redshift_column : str, optional
        Name of the column of redshifts, one value an object; chosen by name where there is one.
    redshift_error_column : str, optional
        Name of the column of the redshifts' uncertainties; chosen by name where there is one.
    zero_point : float, optional
        AB magnitude of flux 1, mag, for fluxes whose unit does not say it.

    Returns
    -------
    MultibandLightCurves
        Columns ``object``, ``time`` [d], ``band``, ``flux`` and ``flux_err`` (zero point 27.5), and ``redshift``, ``redshift_err`` (NaN where missing) if the
        file has them, ordered by object, time and band.  ``meta`` has ``time_reference``, ``zero_point`` and ``reading``.

    Raises
    ------
    InputError
        Where the file is broken, a column is missing, or no point can be used.

    References
    ----------
    Zero point of FLUXCAL: Kessler et al. 2009, doi:10.1086/605984.  AB magnitudes: Oke & Gunn 1983, doi:10.1086/160817.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    name = shown_name(file)
    given = {"object": object_column, "time": time_column, "band": band_column, "flux": flux_column, "error": error_column, "redshift": redshift_column, "redshift_error": redshift_error_column}  # fmt: skip
    table, chosen = _table_of(file, given)
    columns = table["columns"]
    for role in ("time", "flux", "error", "redshift", "redshift_error"):
        if chosen[role] and columns[chosen[role]].dtype.kind != "f":
            raise InputError(
                f"Column {chosen[role]!r} of {name} holds text, not numbers.",
                remedy=f"Name another column with {role}_column.",
            )
    time = columns[chosen["time"]] * unit_in_days(table["units"].get(chosen["time"], ""), str(chosen["time"]))
    flux, error, scale = _calibrated(table, chosen, zero_point, name)
    whose = _texts(columns[chosen["object"]]) if chosen["object"] else np.full(len(time), _ONE_OBJECT)
    bands = _texts(columns[chosen["band"]])
    bad_flux = ~(np.isfinite(time) & np.isfinite(flux))
    bad_error = ~bad_flux & ~(np.isfinite(error) & (error > 0))
    keep = np.flatnonzero(~bad_flux & ~bad_error)
    if not len(keep):
        raise InputError(
            f"{name} has no point with a finite time, a finite flux and a positive uncertainty.",
            remedy="Check the columns of times, fluxes and uncertainties.",
        )
    order = keep[np.lexsort((bands[keep], time[keep], whose[keep]))]
    result = QTable(
        {
            "object": whose[order],
            "time": time[order] * u.d,
            "band": bands[order],
            "flux": flux[order],
            "flux_err": error[order],
        }
    )
    if chosen["redshift"]:
        shift = columns[chosen["redshift"]]
        spread = columns[chosen["redshift_error"]] if chosen["redshift_error"] else np.full(len(time), np.nan)
        # Tables of surveys write -9 and the like where there is no redshift.
        known = np.isfinite(shift) & (shift > 0)
        _check_one_redshift(whose, np.where(known, shift, np.nan), str(chosen["redshift"]), name)
        result["redshift"] = np.where(known, shift, np.nan)[order]
        result["redshift_err"] = np.where(known & (spread > 0), spread, np.nan)[order]
    dropped = {
        "unreadable line": len(table["unreadable"]),
        "time or flux not finite": int(bad_flux.sum()),
        "uncertainty missing or not positive": int(bad_error.sum()),
    }
    dropped = {k: v for k, v in dropped.items() if v}
    if dropped:
        told = ", ".join(f"{k}: {v}" for k, v in dropped.items())
        warnings.warn(f"Rows of {name} were left out ({told}).", stacklevel=1)
    if scale["zero_point"] is None:
        warnings.warn(f"The fluxes in {name} have no known zero point; give zero_point where it matters.", stacklevel=1)
    result.meta.update(
        time_reference=time_reference(table, str(chosen["time"]), time[keep]),
        zero_point=scale["zero_point"],
        flux=scale,
        reading={
            "file": name,
            "format": table["format"],
            "columns": chosen,
            "rows_total": int(table["rows"]) + len(table["unreadable"]),
            "rows_kept": len(order),
            "objects": len(np.unique(whose[order])),
            "bands": {str(b): int(n) for b, n in zip(*np.unique(bands[order], return_counts=True), strict=True)},
            "dropped": dropped,
        },
    )
    return result


def _columns_of(table: dict[str, Any]) -> dict[str, str | None]:
    """Columns of a light curve in several bands, by their names."""
    names = [n for n in table["names"] if n in table["columns"]]
    flux = pick_column(names, (*_FLUXCAL_NAMES, *FLUX_NAMES[:-2])) or pick_column(names, MAGNITUDE_NAMES)
    return {
        "object": pick_column(names, _OBJECT_COLUMNS),
        "time": pick_column(names, TIME_NAMES),
        "band": pick_column(names, _BAND_COLUMNS),
        "flux": flux,
        "error": pick_column(names, (*_FLUXCAL_ERRORS, *ERROR_NAMES)),
        "redshift": pick_column(names, _REDSHIFT_COLUMNS),
        "redshift_error": pick_column(names, _REDSHIFT_ERROR_COLUMNS),
    }


def _table_of(file: File, given: dict[str, str | None]) -> tuple[dict[str, Any], dict[str, str | None]]:
    """The first table of the file that has the columns, and the columns, those that a person named before others."""
    name = shown_name(file)
    tables = read_tables(file)
    lacking: list[str] = []
    for table in tables:
        found = _columns_of(table)
        wrong = [v for v in given.values() if v is not None and v not in table["columns"]]
        if wrong:
            lacking = [f"no column {wrong[0]!r}"]
            continue
        chosen = {k: given[k] or found[k] for k in found}
        # A name that looks like a redshift may be that of the band z: a column taken for something else is no redshift.
        taken = {chosen[k] for k in ("object", "time", "band", "flux", "error")}
        chosen["redshift"] = None if chosen["redshift"] in taken else chosen["redshift"]
        missing = [k for k in ("time", "band", "flux", "error") if not chosen[k]]
        if not missing and table["rows"]:
            return table, chosen
        lacking = [f"no column of {_CALLED[k]}" for k in missing] or ["no rows"]
    raise InputError(
        f"{name} is {describe_file(file)}, not a table of light curves in several bands: it has {', '.join(lacking) or 'no table'}.",
        remedy="Attach a table with a row for each point, or name its columns with time_column, band_column, flux_column and error_column.",
    )


def _calibrated(
    table: dict[str, Any], chosen: dict[str, str | None], zero_point: float | None, name: str
) -> tuple[Any, Any, dict[str, Any]]:
    """Flux and uncertainty at zero point 27.5 where the file or a person says how, and how they were made."""
    import numpy as np

    column = str(chosen["flux"])
    flux, error = table["columns"][column], table["columns"][chosen["error"]]
    unit = table["units"].get(column, "").strip()
    if pick_column([column], MAGNITUDE_NAMES) or unit.lower() in ("mag", "abmag", "mag(ab)"):
        bright = 10.0 ** (-0.4 * (flux - ZERO_POINT))
        # d ln(flux) = 0.4 ln(10) d(mag), from the definition of the magnitude (Pogson 1856, 1856MNRAS..17...12P).
        return bright, bright * error * 0.4 * np.log(10.0), {"made_from": "magnitude, taken as AB", "zero_point": ZERO_POINT}  # fmt: skip
    if zero_point is None and pick_column([column], _FLUXCAL_NAMES):
        zero_point = ZERO_POINT
    if zero_point is None and unit:
        from astropy import units as u

        try:
            zero_point = float((1.0 * u.Unit(unit)).to_value(u.ABmag))
        except (ValueError, TypeError, u.UnitConversionError):
            zero_point = None
    if zero_point is None:
        return flux, error, {"made_from": f"flux in {unit or 'an unknown unit'}", "zero_point": None}
    factor = 10.0 ** (-0.4 * (zero_point - ZERO_POINT))
    return flux * factor, error * factor, {"made_from": f"flux of zero point {zero_point:g}", "zero_point": ZERO_POINT}


def _texts(column: Any) -> Any:
    """Names as text; whole numbers without a decimal point."""
    import numpy as np

    if column.dtype.kind != "f":
        return np.array([str(v).strip() for v in column])
    return np.array([f"{v:.0f}" if np.isfinite(v) and float(v).is_integer() else str(v) for v in column])


def _check_one_redshift(whose: Any, redshift: Any, column: str, name: str) -> None:
    """Refuse a column of redshifts that changes within an object."""
    import numpy as np

    names, of = np.unique(whose, return_inverse=True)
    known = np.isfinite(redshift)
    lowest, highest = np.full(len(names), np.inf), np.full(len(names), -np.inf)
    np.minimum.at(lowest, of[known], redshift[known])
    np.maximum.at(highest, of[known], redshift[known])
    several = np.flatnonzero(highest > lowest)
    if len(several):
        raise InputError(
            f"Column {column!r} of {name} has several values for the object {names[several[0]]}, so it is no redshift.",
            remedy="Name the column of redshifts with redshift_column, or leave it out of the table.",
        )
