"""Reading a catalogue or a list of sources from a file of any format."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.errors import InputError
from gnomon.tools.reading.column_tables import BROKEN_CONTENT
from gnomon.tools.reading.content import describe_file
from gnomon.tools.reading.file_bytes import shown_name
from gnomon.tools.reading.light_curve_columns import FLUX_NAMES, MAGNITUDE_NAMES, TIME_NAMES
from gnomon.tools.reading.source_files import SourceFile, source_files
from gnomon.tools.reading.source_positions import give_gaia_units, give_units, place
from gnomon.tools.reading.text_tables import pick_column
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from pathlib import Path

    from gnomon.tools.kinds import File, SourceTable

_SAMPLE = 500  # rows by which a file is judged
_ONE_PLACE = 1.0 / 60.0  # degrees within which the rows of a light curve that lists positions lie
_NAMES_SHOWN = 6


def recognise_source_table(path: Path) -> dict[str, Any] | None:
    """Say whether a file is a list of sources with positions, by its content.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file.

    Returns
    -------
    dict or None
        ``confidence``, ``found`` and ``rows``; None where it holds no positions.
    """
    try:
        for held in source_files(path, _SAMPLE):
            if len(held.table) == 0 or held.meta.get("has_header") is False:
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                position = place(held.table, held.systems, "it", ra_unit="deg")
            if position is None:
                continue
            confidence = _confidence(held, position)
            if confidence > 0:
                rows = max(int(held.meta.get("rows_in_sample", 0)), len(held.table))
                return {"confidence": confidence, **_described(held, rows), "rows": rows}
    except (InputError, *BROKEN_CONTENT):
        return None
    return None


def _confidence(held: SourceFile, position: dict[str, Any]) -> float:
    """How sure it is: rows of a table of measurements of one object lie at one place, those of a list of sources do not."""
    names = list(held.table.colnames)
    measured = pick_column(names, TIME_NAMES) and (
        pick_column(names, FLUX_NAMES) or pick_column(names, MAGNITUDE_NAMES)
    )
    if len(held.table) > 1 and _at_one_place(held.table, position):
        return 0.2 if measured else 0.6
    if len(held.table) == 1 and measured:
        return 0.2
    # Above what a light curve of named columns is given, since a light curve has no positions all over a field.
    return 0.97


def _at_one_place(table: Any, position: dict[str, Any]) -> bool:
    """Whether all positions of a table lie within an arcminute."""
    import numpy as np

    far = []
    for key in ("ra", "dec"):
        column = table[position[key]]
        plain = getattr(column, "unmasked", column)
        degrees = np.asarray(plain.to_value("deg") if hasattr(plain, "to_value") else plain, dtype=float)
        degrees = degrees[~np.asarray(getattr(column, "mask", np.zeros(len(degrees), dtype=bool))) & np.isfinite(degrees)]  # fmt: skip
        if not len(degrees):
            return False
        far.append((degrees - degrees[0] + 180.0) % 360.0 - 180.0 if key == "ra" else degrees - degrees[0])
        if key == "dec":
            far[0] = far[0] * np.cos(np.radians(min(abs(float(degrees[0])), 89.9)))
    return bool(max(float(np.abs(f).max()) for f in far) < _ONE_PLACE)


def _described(held: SourceFile, rows: int) -> dict[str, str]:
    names = list(held.table.colnames)
    shown = ", ".join(names[:_NAMES_SHOWN]) + (" ..." if len(names) > _NAMES_SHOWN else "")
    return {
        "found": f"a table of {rows} sources with the columns {shown}",
        "found_zh": f"源表，{rows} 行，列为 {shown}",
    }


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.5,
    seconds_per_1000_rows=0.01,
    citations=(
        "Ochsenbein et al. 2019, VOTable Format Definition Version 1.4, 2019ivoa.spec.1021O",
        "Preite Martinez et al. 2018, The UCD1+ controlled vocabulary Version 1.3, 2018ivoa.spec.0527M",
    ),
    examples=(
        "Read this catalogue",
        "Open the attached list of sources",
        "Which columns does my source table have?",
        "Load my target list with coordinates",
        "How many stars are in the attached catalogue, and in which frame are their positions?",
        "Read the VOTable I downloaded",
        "Import this CSV of positions; its coordinates are of epoch 1991.25",
        "Read the FITS catalogue of galaxies",
        "What is in this table of X-ray sources?",
        "Load the Parquet file of detections and keep the source identifiers exact",
        "The right ascensions in this table are in hours; read it",
        "Take ALPHA_J2000 and DELTA_J2000 of this file as positions",
        "Do the sources in this file have proper motions?",
        "读取这个星表",
        "打开附件里的源列表",
        "我的源表有哪些列？",
        "载入带坐标的目标列表",
        "附件星表里有多少颗恒星？坐标是什么参考系？",
        "读取我下载的 VOTable",
        "导入这个位置表，坐标历元是 1991.25",
        "读取这个星系 FITS 星表",
        "这个 X 射线源表里有什么？",
        "载入 Parquet 探测表，源编号要保持精确",
        "这个表的赤经以小时为单位，请读取",
        "这个文件里的源有自行吗？",
    ),
    summary_zh="从文件（CSV、文本表、ECSV、FITS、VOTable、Parquet）读取带位置的星表或源列表。",
    method="The sources were read from the attached file, with their units, identifiers and missing values as they stand there.",
    method_zh="从附件读取源表，单位、编号和缺失值保持原样。",
    recognises=recognise_source_table,
)
def read_source_table(
    file: File,
    ra_column: Annotated[str, "column"] | None = None,
    dec_column: Annotated[str, "column"] | None = None,
    ra_unit: Literal["auto", "deg", "hourangle"] = "auto",
    frame: Literal["ICRS", "FK5", "FK4", "Galactic"] | None = None,
    epoch: Annotated[float, "yr", "[1800, 2200]"] | None = None,
    units: list[Annotated[str, "column unit"]] | None = None,
    table: Annotated[int, "[1, 1000]"] | None = None,
) -> SourceTable:
    """Read a catalogue or a list of sources, with its positions, from a table of any format.

    Positions are found by UCD, else by the names and units of the columns; sexagesimal text and hours become degrees in columns
    that are added.  Nothing else of the file is changed.

    Parameters
    ----------
    file : File
        The attached file: CSV and other text with a delimiter or blanks, ECSV, IPAC, VOTable, FITS or Parquet.
    ra_column, dec_column : str, optional
        Names of the columns of positions, where they are not found or are the wrong ones.
    ra_unit : {"auto", "deg", "hourangle"}
        Unit of right ascensions for which the file gives none.  ``auto`` takes text as hours and numbers as degrees, and
        refuses numbers that run from 0 to 24 over more than 12.
    frame : {"ICRS", "FK5", "FK4", "Galactic"}, optional
        Frame of the positions, where the file does not say; ICRS is taken, with a warning, where nobody says.
    epoch : float, optional
        Julian year of the positions, where the file does not say; where nobody says, none is assumed.
    units : list of str, optional
        Units of columns for which the file gives none, as ``pmra=mas/yr``.
    table : int, optional
        Which table of the file, counted from 1; the first one with positions when not given.

    Returns
    -------
    SourceTable
        All columns and rows of the file.  64-bit identifiers are whole numbers or text, never floats; cells without a value, and NaN,
        are masked; UCDs are in ``info.meta["ucd"]``.  ``meta["position"]`` says where positions and motions are, in which
        frame and at which epoch (None where nobody says); ``meta["reading"]`` has the file, its format and what was left out.

    Raises
    ------
    InputError
        Where the file is broken or no table, has no positions, or what is said of them is not what the file says.

    References
    ----------
    VOTable: 2019ivoa.spec.1021O.  UCDs: 2018ivoa.spec.0527M.
    """
    name = shown_name(file)
    held = _chosen(source_files(file), table, name)
    give_units(held.table, units, name)
    give_gaia_units(held.table, name)
    position = place(held.table, held.systems, name, ra_column, dec_column, frame, epoch, ra_unit)
    if position is None and table is None:
        position, held = _another(file, held, units, name, frame, epoch, ra_unit)
    if position is None:
        raise InputError(
            f"{name} is {describe_file(file)}, in which no columns of positions were found.",
            remedy="Name them with ra_column and dec_column.",
        )
    if held.left_out:
        where = ", ".join(str(number) for number, _why in held.left_out[:5])
        warnings.warn(
            f"{len(held.left_out)} lines of {name} could not be read ({held.left_out[0][1]}; lines {where}{' ...' if len(held.left_out) > 5 else ''}).",
            stacklevel=2,
        )
    strange = [
        f"{n} [{held.table[n].info.meta['unit_in_reply']}]"
        for n in held.table.colnames
        if (held.table[n].info.meta or {}).get("unit_in_reply")
    ]
    if strange:
        warnings.warn(
            f"{name} gives units that are not known here, so these columns are plain numbers: {', '.join(strange)}.",
            stacklevel=2,
        )
    result = held.table
    result.meta.clear()
    result.meta.update(
        position=position,
        catalogue=None,
        reading={"file": name, "format": held.format, "rows": len(result), "lines_left_out": len(held.left_out)},
    )
    return result


def _chosen(tables: list[SourceFile], number: int | None, name: str) -> SourceFile:
    """The table that is asked for, else the first one."""
    if not tables:
        raise InputError(f"{name} has no table in it.", remedy="Attach a table of sources.")
    if number is not None and number > len(tables):
        raise InputError(
            f"{name} has {len(tables)} tables, and table says {number}.", remedy="Give a number within that."
        )
    return tables[(number or 1) - 1]


def _another(
    file: Path, first: SourceFile, units: list[Annotated[str, "column unit"]] | None, name: str, frame: str | None, epoch: float | None, ra_unit: str
) -> tuple[dict[str, Any] | None, SourceFile]:  # fmt: skip
    """The first one behind the first table of the file that has positions."""
    for held in source_files(file)[1:]:
        give_units(held.table, units, name)
        give_gaia_units(held.table, name)
        position = place(held.table, held.systems, name, None, None, frame, epoch, ra_unit)
        if position is not None:
            return position, held
    return None, first
