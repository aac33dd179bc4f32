"""Reading light curves from FITS tables of TESS, Kepler and K2, and from tables of any other format."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

from gnomon.tools.errors import InputError
from gnomon.tools.reading.column_tables import read_tables
from gnomon.tools.reading.content import describe_file
from gnomon.tools.reading.file_bytes import shown_name
from gnomon.tools.reading.light_curve_columns import (
    FLUX_NAMES,
    MAGNITUDE_NAMES,
    VELOCITY_NAMES,
    choose_columns,
    time_reference,
    unit_in_days,
)
from gnomon.tools.reading.recognise_light_curve import MIN_POINTS, mission_of, recognise_light_curve
from gnomon.tools.reading.text_tables import pick_column
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import File, LightCurve

# Default bit masks of lightkurve (ascl:1812.013, its KeplerQualityFlags and TessQualityFlags), which leave out what
# is useless beyond doubt.  Kepler, K2: attitude tweak 1, safe mode 2, coarse point 4, Earth point 8, desaturation 32,
# manual exclude 256, detector anomaly 16384, no data 65536, thruster firing 1048576.
KEPLER_BAD = 1 | 2 | 4 | 8 | 32 | 256 | 16384 | 65536 | 1048576
# TESS: attitude tweak 1, safe mode 2, coarse point 4, Earth point 8, desaturation 32, manual exclude 128.
TESS_BAD = 1 | 2 | 4 | 8 | 32 | 128
MAD_TO_SIGMA = 1.4826  # of a normal distribution; Rousseeuw & Croux 1993, doi:10.1080/01621459.1993.10476408
RELATIVE_UNITS = {"ppm": 1e-6, "ppt": 1e-3, "percent": 1e-2, "%": 1e-2, "mmag": None}


@tool(
    version="1.0",
    effects=("compute",),
    seconds=0.5,
    seconds_per_1000_rows=0.006,
    comparison="exact",
    recognises=recognise_light_curve,
    citations=(
        "Lightkurve Collaboration 2018, Lightkurve: Kepler and TESS time series analysis in Python, ascl:1812.013, 2018ascl.soft12013L",
        "Jenkins et al. 2016, The TESS science processing operations center, doi:10.1117/12.2233418",
        "Rousseeuw & Croux 1993, Alternatives to the median absolute deviation, doi:10.1080/01621459.1993.10476408",
    ),
    examples=(
        "Read this light curve file",
        "What does this light curve file hold?",
        "读取这个光变曲线文件",
        "这个光变曲线文件里有哪些数据？",
        "Open the attached light curve and tell me which columns it has",
        "How many photometric points are there, and over what time span?",
        "What is in this TESS FITS file?",
        "Which star and which sector is this light curve of?",
        "Load the photometry and list what was left out",
        "How many cadences have bad quality flags?",
        "What are the units of time and flux in this file?",
        "Import the Kepler data",
        "Check that the light curve file can be read",
        "Describe the photometric data in the attachment: columns, number of points, time span",
        "Is the flux in this table in magnitudes or in relative units?",
        "打开附件里的光变曲线，看看有哪些列",
        "这个光变数据有多少个点？时间跨度多长？",
        "这个 TESS 的 FITS 文件里是什么？",
        "这是哪颗星、哪个扇区的光变？",
        "导入 Kepler 数据",
        "有多少个点因为质量标记被剔除？",
        "文件里时间和流量的单位是什么？",
        "检查一下这个光变文件能不能读",
        "介绍一下附件中的测光数据：列名、点数、时间范围",
        "载入测光表，告诉我哪些数据点不能用",
    ),
    summary_zh="从文件（TESS、Kepler、K2 的 FITS 表，或任何文本表）读取光变曲线。",
    method="The light curve was read from the attached file, cadences with non-finite values or bad quality flags were left out (quality: {quality}), and the flux was divided by its median.",
    method_zh="从附件读取光变曲线，去除非有限值和质量标记不良的数据点（质量筛选：{quality}），并将流量除以其中位数。",
)
def read_light_curve(
    file: File,
    time_column: str | None = None,
    flux_column: str | None = None,
    error_column: str | None = None,
    quality: Literal["default", "none"] = "default",
    object_name: str | None = None,
) -> LightCurve:
    """Read a light curve from a FITS table of TESS, Kepler or K2, or from a table of any other format.

    Knows FITS, CSV, blank-separated text, ECSV, IPAC, VOTable and Parquet.  Points whose time or flux is not finite,
    or whose quality flag says that they are useless, are left out and counted by reason in ``meta["reading"]``.

    Parameters
    ----------
    file : File
        The attached file.
    time_column : str, optional
        Name of the column of times (any unit of time that the file states, else days); chosen by name when not given.
    flux_column : str, optional
        Name of the column of fluxes (any unit) or magnitudes; by default corrected fluxes are preferred to raw ones.
    error_column : str, optional
        Name of the column of uncertainties, in the unit of the flux; chosen by name when not given.
    quality : {"default", "none"}
        ``default`` leaves out cadences with lightkurve's default flags of TESS or Kepler; ``none`` ignores the flags.
    object_name : str, optional
        Name of the star, in place of the one in the file's header.

    Returns
    -------
    LightCurve
        Columns ``time`` [d], ``flux`` and ``flux_err`` (both relative to the median flux), in order of time, all
        finite.  ``meta`` has ``object``, ``mission``, ``time_reference``, ``star``, ``exposure_s`` and ``reading``.

    Raises
    ------
    InputError
        Where the file is broken or no light curve, a column is missing, or fewer than ten points can be used.

    References
    ----------
    Default quality flags: Lightkurve Collaboration 2018, 2018ascl.soft12013L.  Scatter from the median absolute
    deviation of differences: Rousseeuw & Croux 1993, doi:10.1080/01621459.1993.10476408.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    name = shown_name(file)
    table, chosen = _find_table(file, time_column, flux_column, error_column)
    time, flux, error = _numbers(table, chosen, name)
    reference = time_reference(table, str(chosen["time"]), time[np.isfinite(time)])
    keep, dropped = _good_rows(table, chosen, time, flux, quality)
    if error is not None and keep.any():
        bad = keep & ~(np.isfinite(error) & (error > 0))
        if bad[keep].mean() > 0.5:
            warnings.warn(
                f"Most values of the column {chosen['error']!r} are not positive numbers, so it is not used.",
                stacklevel=1,
            )
            error = None
        elif bad.any():
            dropped["uncertainty missing"] = int(bad.sum())
            keep &= ~bad
    order = np.flatnonzero(keep)[np.argsort(time[keep], kind="stable")]
    unsorted = bool((np.diff(time[keep]) < 0).any())
    repeated = np.zeros(len(order), dtype=bool)
    repeated[1:] = np.diff(time[order]) == 0
    if repeated.any():
        dropped["duplicate time"] = int(repeated.sum())
        order = order[~repeated]
    _check_enough(name, order, flux, chosen, repeated)
    relative, relative_error, scale = _relative_flux(
        flux[order], None if error is None else error[order], table, chosen, name
    )
    total = int(table["rows"]) + len(table["unreadable"])
    meta = _meta(table, reference)
    meta["object"] = object_name or meta["object"]
    meta["flux"] = scale
    meta["reading"] = {
        "file": name,
        "format": table["format"],
        "columns": {k: chosen[k] for k in ("time", "flux", "error", "quality")},
        "rows_total": total,
        "rows_kept": len(order),
        "dropped": {k: v for k, v in dropped.items() if v},
        "sorted": unsorted,
    }
    _say(meta, relative_error is None)
    if relative_error is None:
        relative_error = np.full(len(relative), point_to_point_scatter(relative))
        if relative_error[0] == 0:
            raise InputError(
                f"The flux in {name} does not vary at all, so its uncertainty cannot be estimated.",
                remedy="Give a column of uncertainties.",
            )
    result = QTable({"time": time[order] * u.d, "flux": relative, "flux_err": relative_error})
    result.meta.update(meta)
    return result


def point_to_point_scatter(flux: Any) -> float:
    """Estimate the white noise of a light curve from differences of neighbouring points.

    Parameters
    ----------
    flux : numpy.ndarray of float
        Finite fluxes in order of time.

    Returns
    -------
    float
        1.4826 times the median absolute deviation of the differences, over the square root of two.
    """
    import numpy as np

    steps = np.diff(flux)
    return float(MAD_TO_SIGMA * np.median(np.abs(steps - np.median(steps))) / np.sqrt(2.0))


def _find_table(
    file: File, time_column: str | None, flux_column: str | None, error_column: str | None
) -> tuple[dict[str, Any], dict[str, str | None]]:
    """The table of the file that holds a light curve, and its columns."""
    name = shown_name(file)
    try:
        tables = read_tables(file)
    except InputError as problem:
        what = describe_file(file)
        if what in ("not found", "a directory") or " text " in f"{what} " or "empty" in what:
            raise  # the problem already is a sentence about this file
        raise InputError(
            f"{name} is {what}, not a light curve.",
            remedy="Attach a FITS or text table with times and fluxes.",
        ) from problem
    problem_of_names: InputError | None = None
    for table in tables:
        try:
            chosen = choose_columns(table, time_column, flux_column, error_column)
        except InputError as problem:
            problem_of_names = problem
            continue
        if chosen["time"] is None or chosen["flux"] is None or table["rows"] == 0:
            continue
        velocity = flux_column is None and pick_column(table["names"], VELOCITY_NAMES)
        if velocity and not pick_column(table["names"], FLUX_NAMES[:-2] + MAGNITUDE_NAMES):
            continue
        return table, chosen
    if problem_of_names is not None:
        raise problem_of_names
    raise InputError(
        f"{name} is {describe_file(file)}, in which no column of times and fluxes was found.",
        remedy="Name the columns with time_column and flux_column, or attach a light curve.",
    )


def _numbers(table: dict[str, Any], chosen: dict[str, str | None], name: str) -> tuple[Any, Any, Any]:
    """Times in days, fluxes and uncertainties as they stand in the file."""
    import numpy as np

    columns = table["columns"]
    for role in ("time", "flux"):
        if columns[chosen[role]].dtype.kind != "f":
            raise InputError(
                f"Column {chosen[role]!r} of {name} holds text, not numbers.",
                remedy=f"Name another column with {role}_column.",
            )
    unit = table["units"].get(chosen["time"], "") or (
        str(table["header"].get("TIMEUNIT", "")) if table["format"] == "FITS" else ""
    )
    time = columns[chosen["time"]] * unit_in_days(unit, str(chosen["time"]))
    error = columns[chosen["error"]] if chosen["error"] else None
    if error is not None and error.dtype.kind != "f":
        raise InputError(
            f"Column {chosen['error']!r} of {name} holds text, not numbers.",
            remedy="Name another column with error_column.",
        )
    if not np.isfinite(time).any():
        raise InputError(
            f"Column {chosen['time']!r} of {name} has no finite time.", remedy="Name another column with time_column."
        )
    return time, columns[chosen["flux"]], error


def _good_rows(
    table: dict[str, Any], chosen: dict[str, str | None], time: Any, flux: Any, quality: str
) -> tuple[Any, dict[str, int]]:
    """Rows to keep, and how many were left out for which reason."""
    import numpy as np

    dropped: dict[str, int] = {"unreadable line": len(table["unreadable"])}
    # Each row is counted once, for the first reason that holds.
    bad_time = ~np.isfinite(time)
    bad_flux = ~bad_time & ~np.isfinite(flux)
    written = set(table["not_numbers"].get(chosen["time"], [])) | set(table["not_numbers"].get(chosen["flux"], []))
    not_number = np.isin(table["lines"], np.array(sorted(written), dtype=np.int64)) & (bad_time | bad_flux)
    dropped["not a number"] = int(not_number.sum())
    dropped["time not finite"] = int((bad_time & ~not_number).sum())
    dropped["flux not finite"] = int((bad_flux & ~not_number).sum())
    keep = ~bad_time & ~bad_flux
    column = chosen["quality"]
    mission = mission_of(table["header"])
    if column and quality == "default" and table["columns"][column].dtype.kind == "f":
        if mission is None:
            warnings.warn(
                f"The meaning of the column {column!r} is not known without a mission in the header, so no point was left out for it.",
                stacklevel=1,
            )
        else:
            bits = np.nan_to_num(table["columns"][column], nan=0.0).astype(np.int64)
            flagged = (bits & (TESS_BAD if mission == "TESS" else KEPLER_BAD)) != 0
            dropped["quality flag"] = int((flagged & keep).sum())
            keep &= ~flagged
    return keep, dropped


def _check_enough(name: str, order: Any, flux: Any, chosen: dict[str, str | None], repeated: Any) -> None:
    """Refuse what is too short to be a light curve, saying why."""
    import numpy as np

    if not np.isfinite(flux).any():
        raise InputError(
            f"Column {chosen['flux']!r} of {name} has no finite value.", remedy="Name another column with flux_column."
        )
    if len(order) == 1 and repeated.any():
        raise InputError(
            f"All times in column {chosen['time']!r} of {name} are equal.",
            remedy="Name another column with time_column.",
        )
    if len(order) < MIN_POINTS:
        points = "point" if len(order) == 1 else "points"
        raise InputError(
            f"{name} has only {len(order)} usable {points}, and a light curve needs at least {MIN_POINTS}.",
            remedy="Attach a longer light curve, or set quality to none.",
        )


def _relative_flux(
    flux: Any, error: Any, table: dict[str, Any], chosen: dict[str, str | None], name: str
) -> tuple[Any, Any, dict[str, Any]]:
    """Flux and uncertainty over the median flux, and how they were made."""
    import numpy as np

    unit = table["units"].get(chosen["flux"], "")
    middle = float(np.median(flux))
    if chosen["is_magnitude"]:
        factor = 1e-3 if unit.lower() == "mmag" else 1.0
        relative = 10.0 ** (-0.4 * factor * (flux - middle))
        # d ln(flux) = 0.4 ln(10) d(mag), from the definition of the magnitude (Pogson 1856, 1856MNRAS..17...12P).
        spread = None if error is None else relative * error * factor * 0.4 * np.log(10.0)
        return relative, spread, {"made_from": "magnitude", "median": middle, "unit": unit or "mag"}
    part = RELATIVE_UNITS.get(unit.lower().strip())
    scatter = MAD_TO_SIGMA * float(np.median(np.abs(flux - middle)))
    if part and abs(middle * part) < 0.5:
        return (
            1.0 + flux * part,
            None if error is None else error * part,
            {"made_from": "deviation", "median": middle, "unit": unit},
        )
    if middle <= 0 or middle < 3.0 * scatter:
        raise InputError(
            f"Column {chosen['flux']!r} of {name} is centred near or below zero, so it cannot be divided by its median.",
            remedy="Give fluxes with the star's own light in them, or state the unit (ppm, ppt or percent) in the header.",
        )
    return (
        flux / middle,
        None if error is None else error / middle,
        {"made_from": "flux", "median": middle, "unit": unit},
    )


def _meta(table: dict[str, Any], reference: dict[str, Any]) -> dict[str, Any]:
    """What the headers say about object, mission, star and exposure; what they do not say is None or left out."""
    header = table["header"]

    def number(*keys: str) -> float | None:
        values = (header.get(k) for k in keys)
        return next(
            (float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool) and v == v), None
        )

    star = {
        "radius_rsun": number("RADIUS"),
        "teff_k": number("TEFF"),
        "logg_cgs": number("LOGG"),
        "metallicity_dex": number("MH", "FEH"),
        "tess_mag": number("TESSMAG"),
        "kepler_mag": number("KEPMAG"),
        "ra_deg": number("RA_OBJ"),
        "dec_deg": number("DEC_OBJ"),
    }
    frames, frame_s, step_d = number("NUM_FRM"), number("FRAMETIM"), number("TIMEDEL")
    exposure = frames * frame_s if frames and frame_s else step_d * 86400.0 if step_d else number("EXPTIME")
    meta: dict[str, Any] = {
        "object": str(header.get("OBJECT") or "").strip() or None,
        "mission": mission_of(header),
        "time_reference": reference,
        "star": {k: v for k, v in star.items() if v is not None},
        "exposure_s": exposure,
    }
    for key in ("SECTOR", "QUARTER", "CAMPAIGN"):
        if isinstance(header.get(key), int):
            meta[key.lower()] = int(header[key])
    return meta


def _say(meta: dict[str, Any], no_error: bool) -> None:
    """Warn of what a reader of the report must know about the file."""
    reading = meta["reading"]
    lost = {
        k: v
        for k, v in reading["dropped"].items()
        if k in ("unreadable line", "not a number", "duplicate time", "uncertainty missing")
    }
    if lost:
        parts = ", ".join(f"{k}: {v}" for k, v in lost.items())
        warnings.warn(f"Rows of {reading['file']} were left out ({parts}).", stacklevel=1)
    if reading["sorted"]:
        warnings.warn(f"The times in {reading['file']} were not in order and have been sorted.", stacklevel=1)
    if meta["time_reference"]["zero_jd"] is None:
        warnings.warn(
            f"{reading['file']} does not say what its times count from, so epochs are in its own days and have no absolute date.",
            stacklevel=1,
        )
    if meta["flux"]["made_from"] == "magnitude":
        warnings.warn("Magnitudes were turned into fluxes relative to the median magnitude.", stacklevel=1)
    if no_error:
        warnings.warn(
            "The file has no uncertainties; they were estimated from the scatter between neighbouring points.",
            stacklevel=1,
        )
