"""Tables of active regions, flares and spots that a person attached, as columns that the model of flares reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np

_LETTERS = "ABCMX"
_LETTER_FLUX = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4)  # W/m2 in 1 to 8 Angstrom
_JSOC_TIME = re.compile(r"(\d{4})\.(\d\d)\.(\d\d)[_T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?:_?(?:TAI|UTC|UT|Z))?$")


def columns_of(table: Any) -> dict[str, Any]:
    """Columns of a table as plain arrays: NaN where a number is masked, empty where a text is.

    Parameters
    ----------
    table : ObjectTable
        Any.
    """
    import numpy as np
    from astropy.time import Time

    made: dict[str, Any] = {}
    for name in table.colnames:
        column = table[name]
        if isinstance(column, Time):
            made[str(name)] = np.asarray(column.to_value("datetime64")).astype("datetime64[s]")
            continue
        value = getattr(column, "value", column)
        raw = np.asarray(getattr(value, "unmasked", np.ma.getdata(value)))
        mask = np.broadcast_to(np.asarray(getattr(column, "mask", False)), raw.shape)
        if raw.dtype.kind in "iuf" and mask.any():
            raw = np.where(mask, np.nan, raw.astype(np.float64))
        elif raw.dtype.kind in "UOS" and mask.any():
            raw = np.where(mask, "", raw.astype(str))
        made[str(name)] = raw
    return made


def times(values: Any, name: str) -> np.ndarray:
    """Times of a column, from text (ISO 8601, or as JSOC writes them: 2012.03.06_23:48:00_TAI) or from times.

    Raises
    ------
    InputError
        Where a value is no time.
    """
    import numpy as np

    given = np.asarray(values)
    if given.dtype.kind == "M":
        return given.astype("datetime64[s]")
    if given.dtype.kind not in "UOS":
        raise InputError(
            f"The column {name!r} holds {given.dtype} and no times.", remedy="Give times as text, 2012-03-06T23:48:00."
        )
    made = np.full(len(given), "NaT", dtype="datetime64[s]")
    for row, value in enumerate(given.astype(str)):
        text = value.strip()
        if not text:
            continue
        jsoc = _JSOC_TIME.match(text)
        plain = "{}-{}-{}T{}".format(*jsoc.groups()) if jsoc else text.removesuffix("Z")
        try:
            made[row] = np.datetime64(plain)
        except ValueError as error:
            raise InputError(
                f"{text!r} in the column {name!r} is no time.", remedy="Write 2012-03-06T23:48:00."
            ) from error
    return made


def flare_list(columns: dict[str, Any]) -> dict[str, Any]:
    """A list of flares with what the model reads of it; classes and fluxes are made from ``goes_class`` where they are absent.

    Raises
    ------
    InputError
        Where columns are missing, or a class is none.
    """
    import numpy as np

    _need(columns, ("noaa_ar", "start_time", "end_time"), "The list of flares")
    made = {
        "noaa_ar": numbers_of_regions(columns["noaa_ar"]),
        "start_time": times(columns["start_time"], "start_time"),
        "end_time": times(columns["end_time"], "end_time"),
    }
    if {"class_number", "peak_flux_wm2"} <= set(columns):
        return made | {k: np.asarray(columns[k], dtype=np.float64) for k in ("class_number", "peak_flux_wm2")}
    _need(columns, ("goes_class",), "The list of flares")
    letter, flux = np.zeros(len(made["noaa_ar"])), np.zeros(len(made["noaa_ar"]))
    for row, value in enumerate(np.asarray(columns["goes_class"]).astype(str)):
        found = re.fullmatch(r"\s*([ABCMX])(\d+(?:\.\d+)?)\s*", value)
        if found is None:
            raise InputError(f"{str(value)!r} in the column 'goes_class' is no class of a flare.", remedy="Write M1.5.")
        letter[row] = _LETTERS.index(found[1])
        flux[row] = float(found[2]) * _LETTER_FLUX[int(letter[row])]
    return made | {"class_number": letter, "peak_flux_wm2": flux}


def spot_reports(columns: dict[str, Any]) -> dict[str, Any]:
    """Summaries of sunspot regions with what the model reads of them.

    Raises
    ------
    InputError
        Where columns are missing.
    """
    import numpy as np

    _need(
        columns,
        ("noaa_ar", "issued", "area_msh", "extent_deg", "n_spots", "mag_type", "mcintosh"),
        "The table of sunspots",
    )
    count = len(columns["noaa_ar"])
    numbers = {k: np.asarray(columns[k], dtype=np.float64) for k in ("area_msh", "extent_deg", "n_spots")}
    return {
        **numbers,
        "noaa_ar": numbers_of_regions(columns["noaa_ar"]),
        "issued": times(columns["issued"], "issued"),
        "section": np.asarray(columns.get("section", np.full(count, "I"))).astype(str),
        "mag_type": np.asarray(columns["mag_type"]).astype(str),
        "mcintosh": np.asarray(columns["mcintosh"]).astype(str),
    }


def numbers_of_regions(values: Any) -> np.ndarray:
    """NOAA numbers as integers; 0 where there is none.

    Raises
    ------
    InputError
        Where a value is no number.
    """
    import numpy as np

    try:
        given = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The column 'noaa_ar' holds what is no number of a region: {error}.", remedy="Write 11158."
        ) from error
    return np.nan_to_num(given).astype(np.int64)


def _need(columns: dict[str, Any], names: tuple[str, ...], what: str) -> None:
    missing = [n for n in names if n not in columns]
    if missing:
        raise InputError(f"{what} lacks the columns {', '.join(missing)}.", remedy="Rename or add them.")
