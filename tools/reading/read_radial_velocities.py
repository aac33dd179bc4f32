"""Reading radial velocities from text tables, ECSV, VOTable, Parquet and FITS tables."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

from gnomon.tools.errors import InputError
from gnomon.tools.reading.column_tables import BROKEN_CONTENT, read_tables
from gnomon.tools.reading.content import describe_file
from gnomon.tools.reading.file_bytes import shown_name
from gnomon.tools.reading.light_curve_columns import time_reference, unit_in_days
from gnomon.tools.reading.radial_velocity_columns import (
    OBJECT_NAMES,
    REDUCED_JD_ZERO,
    choose_velocity_columns,
    velocity_confidence,
    velocity_unit,
)
from gnomon.tools.reading.text_tables import pick_column
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from pathlib import Path

    from gnomon.tools.kinds import File, RadialVelocities


def recognise_radial_velocities(path: Path) -> dict[str, Any] | None:
    """Say whether a file holds radial velocities, by its content.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file.

    Returns
    -------
    dict or None
        ``confidence``, ``found`` and ``rows``; None where it holds none.
    """
    try:
        for table in read_tables(path, sample_only=True):
            confidence = velocity_confidence(table) if table["rows"] > 0 else 0.0
            if confidence > 0:
                return {"confidence": confidence, **_described(table, confidence > 0.5), "rows": int(table["rows"])}
    except (InputError, *BROKEN_CONTENT):
        return None
    return None


def _described(table: dict[str, Any], sure: bool) -> dict[str, str]:
    """What was found, in a phrase, in English and Chinese."""
    names = ", ".join(table["names"][:6]) + (" ..." if len(table["names"]) > 6 else "")
    columns = f"with the columns {names}" if table["has_header"] else "whose columns have no names"
    columns_zh = f"列为 {names}" if table["has_header"] else "各列没有名称"
    return {
        "found": f"{'radial velocities' if sure else 'what may be radial velocities'}, {table['rows']} rows {columns}",
        "found_zh": f"{'视向速度' if sure else '可能是视向速度'}，{table['rows']} 行，{columns_zh}",
    }


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.3,
    seconds_per_1000_rows=0.02,
    citations=(
        "Eastman, Siverd & Gaudi 2010, Achieving better than 1 minute accuracy in the heliocentric and barycentric Julian dates, doi:10.1086/655938",
    ),
    examples=(
        "Read this file of radial velocities",
        "What does this file of radial velocities hold?",
        "读取这个视向速度文件",
        "这个视向速度文件里有哪些数据？",
        "Open the RV table and tell me which columns it has",
        "How many velocities are there, and from which instruments?",
        "Load the attached RVs",
        "Are these velocities in m/s or km/s?",
        "Import the HARPS data file",
        "How many measurements did each spectrograph take?",
        "Over what time span was the star observed for velocities?",
        "Describe the velocity data: instruments, number of points, uncertainties",
        "What is in this .vels file?",
        "Check whether the velocity table can be read, and which rows are unusable",
        "打开这个视向速度表，看看有哪些列",
        "有多少个视向速度数据？来自哪些仪器？",
        "载入附件里的 RV 数据",
        "这些速度的单位是 m/s 还是 km/s？",
        "导入 HARPS 数据文件",
        "每台光谱仪各有多少次测量？",
        "视向速度观测的时间跨度有多长？",
        "介绍一下这份速度数据：仪器、点数和误差",
        "这个 .vels 文件里是什么？",
        "检查视向速度表能不能读，哪些行不能用",
    ),
    summary_zh="从文件（文本表、ECSV、FITS 表等）读取一台或多台仪器的视向速度。",
    method="Radial velocities were read from the attached file (unit: {velocity_unit_in_file}); rows without a finite velocity and a positive uncertainty, and exact repeats, were left out.",
    method_zh="从附件读取视向速度（单位：{velocity_unit_in_file}），去除速度非有限或误差非正的行以及完全重复的行。",
    recognises=recognise_radial_velocities,
)
def read_radial_velocities(
    file: File,
    velocity_unit_in_file: Literal["auto", "m/s", "km/s"] = "auto",
    time_column: str | None = None,
    rv_column: str | None = None,
    error_column: str | None = None,
    instrument_column: str | None = None,
    object_name: str | None = None,
) -> RadialVelocities:
    """Read radial velocities of one star, from one or more instruments, from a table of any format.

    Rows that cannot be used are left out and counted by reason in ``meta["reading"]``; measurements of different
    instruments at the same time are all kept.

    Parameters
    ----------
    file : File
        The attached file: CSV, blank-separated text with or without a header, ECSV, IPAC, VOTable, Parquet or FITS.
    velocity_unit_in_file : {"auto", "m/s", "km/s"}
        Unit of velocities and uncertainties.  ``auto`` takes what the file says, else infers it from the size of the
        uncertainties (below 0.1: km/s, from 0.3: m/s) with a warning, and refuses in between.
    time_column : str, optional
        Name of the column of times (the unit the file states, else days); chosen by name when not given.
    rv_column : str, optional
        Name of the column of velocities; chosen by name when not given.
    error_column : str, optional
        Name of the column of uncertainties, in the unit of the velocities; chosen by name when not given.
    instrument_column : str, optional
        Name of the column of instruments (text or numbers); chosen by name when not given.
    object_name : str, optional
        Name of the star, in place of the one in the file's header.

    Returns
    -------
    RadialVelocities
        Columns ``time`` [d], ``rv`` [m/s], ``rv_err`` [m/s], ``instrument`` (str), in order of time, all finite.
        ``meta`` has ``object``, ``time_reference`` and ``reading``.

    Raises
    ------
    InputError
        Where the file is broken or holds no radial velocities, a column or the unit is missing, or fewer than two
        measurements can be used.

    References
    ----------
    Time systems: Eastman, Siverd & Gaudi 2010, doi:10.1086/655938.  Smallest uncertainties, for the unit: Pepe et al.
    2021, doi:10.1051/0004-6361/202038306.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    name = shown_name(file)
    given = {"time": time_column, "rv": rv_column, "error": error_column, "instrument": instrument_column}
    table, chosen = _velocity_table(file, given)
    time, rv, error, instrument = _velocity_cells(table, chosen, name)
    keep, dropped = _usable_rows(table, time, rv, error)
    if keep.sum() < 2:
        _refuse_short(name, keep, rv, error, chosen)
    factor, unit, unit_from = velocity_unit(table, chosen, error[keep], velocity_unit_in_file)
    order = np.flatnonzero(keep)[np.lexsort((instrument[keep], time[keep]))]
    order, dropped["exact repeat"] = _without_repeats(order, time, rv, error, instrument)
    if len(order) < 2:
        raise InputError(f"All rows of {name} are one repeated measurement.", remedy="Attach more measurements.")
    result = QTable(
        {
            "time": time[order] * u.d,
            "rv": rv[order] * factor * u.m / u.s,
            "rv_err": error[order] * factor * u.m / u.s,
            "instrument": instrument[order],
        }
    )
    result.meta.update(
        object=object_name or _object(table),
        time_reference=_time_reference(table, str(chosen["time"]), time[keep]),
        reading={
            "file": name,
            "format": table["format"],
            "columns": chosen,
            "velocity_unit": unit,
            "velocity_unit_from": unit_from,
            "rows_total": int(table["rows"]) + len(table["unreadable"]),
            "rows_kept": len(order),
            "dropped": {k: int(v) for k, v in dropped.items() if v},
        },
    )
    _tell_of_file(result, bool((np.diff(time[keep]) < 0).any()))
    return result


def _velocity_table(file: Path, given: dict[str, str | None]) -> tuple[dict[str, Any], dict[str, str | None]]:
    """The table of the file that holds velocities, and its columns."""
    name = shown_name(file)
    remedy = "Attach a table with columns of time, radial velocity and its uncertainty."
    try:
        tables = read_tables(file)
    except InputError as problem:
        if any(word in problem.what for word in ("There is no file", "directory", "empty", "no rows")):
            raise
        raise InputError(f"{name} is {describe_file(file)}, not radial velocities.", remedy=remedy) from problem
    except BROKEN_CONTENT as problem:
        raise InputError(f"{name} is {describe_file(file)}, not radial velocities.", remedy=remedy) from problem
    problem_of_names: InputError | None = None
    for table in tables:
        try:
            chosen = choose_velocity_columns(table, given)
        except InputError as problem:
            problem_of_names = problem
            continue
        named = given["time"] is not None and given["rv"] is not None
        if not table["has_header"] and velocity_confidence(table) == 0 and not named:
            continue
        if not (table["rows"] and chosen["time"] and chosen["rv"]):
            continue
        if not chosen["error"]:
            raise InputError(
                f"{name} has velocities in column {chosen['rv']!r} but no column of their uncertainties.",
                remedy="Add a column of uncertainties, or name it with error_column.",
            )
        return table, chosen
    if problem_of_names is not None:
        raise problem_of_names
    raise InputError(
        f"{name} is {describe_file(file)}, in which no columns of time and radial velocity were found.",
        remedy="Name the columns with time_column, rv_column and error_column, or attach radial velocities.",
    )


def _velocity_cells(table: dict[str, Any], chosen: dict[str, str | None], name: str) -> tuple[Any, Any, Any, Any]:
    """Times in days, velocities and uncertainties as in the file, and instruments as text."""
    import numpy as np

    columns = table["columns"]
    for role in ("time", "rv", "error"):
        if columns[chosen[role]].dtype.kind != "f":
            raise InputError(
                f"Column {chosen[role]!r} of {name} holds text, not numbers.",
                remedy=f"Name another column with {role}_column.",
            )
    time = columns[chosen["time"]] * unit_in_days(table["units"].get(chosen["time"], ""), str(chosen["time"]))
    if chosen["instrument"]:
        values = columns[chosen["instrument"]]
        if values.dtype.kind == "f":
            values = np.array([f"{v:g}" if np.isfinite(v) else "unknown" for v in values], dtype=str)
        instrument = np.array([v.strip() or "unknown" for v in values], dtype=str)
    else:
        said = str(table["header"].get("INSTRUME") or table["header"].get("TELESCOP") or "").strip()
        instrument = np.full(len(time), said or "unknown")
    return time, columns[chosen["rv"]], columns[chosen["error"]], instrument


def _usable_rows(table: dict[str, Any], time: Any, rv: Any, error: Any) -> tuple[Any, dict[str, int]]:
    """Rows to keep, and how many are left out; each row is counted once, for the first reason that holds."""
    import numpy as np

    bad_time = ~np.isfinite(time)
    bad_rv = ~bad_time & ~np.isfinite(rv)
    bad_error = ~bad_time & ~bad_rv & ~(np.isfinite(error) & (error > 0))
    dropped = {
        "unreadable line": len(table["unreadable"]),
        "time not finite": int(bad_time.sum()),
        "velocity not finite": int(bad_rv.sum()),
        "uncertainty missing or not positive": int(bad_error.sum()),
    }
    return ~(bad_time | bad_rv | bad_error), dropped


def _refuse_short(name: str, keep: Any, rv: Any, error: Any, chosen: dict[str, str | None]) -> None:
    """Say why fewer than two measurements are left."""
    import numpy as np

    if not np.isfinite(rv).any():
        raise InputError(
            f"Column {chosen['rv']!r} of {name} has no finite velocity.", remedy="Name another column with rv_column."
        )
    if not (np.isfinite(error) & (error > 0)).any():
        raise InputError(
            f"Column {chosen['error']!r} of {name} has no positive uncertainty.",
            remedy="Name another column with error_column.",
        )
    count = int(keep.sum())
    raise InputError(
        f"{name} has only {count} usable measurement{'' if count == 1 else 's'}, and two are the least.",
        remedy="Attach a longer series of radial velocities.",
    )


def _without_repeats(order: Any, time: Any, rv: Any, error: Any, instrument: Any) -> tuple[Any, int]:
    """Rows without exact repeats of an earlier one."""
    import numpy as np

    seen: set[tuple[float, float, float, str]] = set()
    kept = []
    for i in order:
        row = (float(time[i]), float(rv[i]), float(error[i]), str(instrument[i]))
        if row not in seen:
            seen.add(row)
            kept.append(int(i))
    return np.array(kept, dtype=np.int64), len(order) - len(kept)


def _object(table: dict[str, Any]) -> str | None:
    """Name of the star, where a header or a column with one value says it."""
    for key in ("OBJECT", "TARGET", "TARGNAME", "STAR"):
        if str(table["header"].get(key) or "").strip():
            return str(table["header"][key]).strip()
    column = pick_column(table["names"], OBJECT_NAMES)
    values = table["columns"].get(column) if column else None
    if values is not None and values.dtype.kind == "U" and len(set(values)) == 1:
        return str(values[0]).strip() or None
    return None


def _time_reference(table: dict[str, Any], column: str, values: Any) -> dict[str, Any]:
    """What the times count from; the reduced Julian date is known here and not in light curves."""
    import re

    reference = time_reference(table, column, values)
    if reference["zero_jd"] is None and re.sub(r"[\s_.\-]+", "", column).lower() == "rjd":
        reference.update(name="RJD", zero_jd=REDUCED_JD_ZERO)
    if reference["name"] == "BJD" and reference["scale"] == "tdb":
        reference["name"] = "BJD_TDB"
    return reference


def _tell_of_file(velocities: RadialVelocities, unsorted: bool) -> None:
    """Warn of what a reader of the report must know about the file."""
    import numpy as np

    reading = velocities.meta["reading"]
    if reading["dropped"]:
        parts = ", ".join(f"{k}: {v}" for k, v in reading["dropped"].items())
        warnings.warn(f"Rows of {reading['file']} were left out ({parts}).", stacklevel=1)
    if reading["velocity_unit_from"] == "size of the uncertainties":
        warnings.warn(
            f"{reading['file']} gives no unit of velocity; {reading['velocity_unit']} was inferred from the size of "
            "the uncertainties.",
            stacklevel=1,
        )
    if velocities.meta["time_reference"]["zero_jd"] is None:
        warnings.warn(
            f"{reading['file']} does not say what its times count from, so epochs are in its own days and have no "
            "absolute date.",
            stacklevel=1,
        )
    if unsorted and len(set(velocities["instrument"])) == 1:
        warnings.warn(f"The times in {reading['file']} were not in order and have been sorted.", stacklevel=1)
    same = (np.diff(velocities["time"].value) == 0) & (velocities["instrument"][1:] == velocities["instrument"][:-1])
    if same.any():
        warnings.warn(
            f"Measurements with the time and the instrument of another one, but another velocity, were kept ({int(same.sum())}).",
            stacklevel=1,
        )
