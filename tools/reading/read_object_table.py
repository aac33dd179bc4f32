"""Reading a table of measured properties, one object a row, which needs no positions."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import InputError
from gnomon.tools.reading.column_tables import BROKEN_CONTENT
from gnomon.tools.reading.content import describe_file
from gnomon.tools.reading.file_bytes import shown_name
from gnomon.tools.reading.source_files import SourceFile, source_files
from gnomon.tools.reading.source_positions import give_units
from gnomon.tools.reading.text_tables import pick_column
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from pathlib import Path

    from gnomon.tools.kinds import File, ObjectTable

_SAMPLE = 500  # rows by which a file is judged
_NAMES_SHOWN = 6
# Columns that may say which object a row is of, the plainest first; what is unlike in all rows is preferred.
_NAMED = (
    "name", "objectname", "object", "objectid", "objid", "sourceid", "id", "identifier", "designation", "target", "starid", "star", "tic", "ticid",
    "ticnumber", "kic", "epic", "noaaar", "noaa", "harpnum", "candidate", "candidateid", "sourcename", "main_id", "mainid", "specobjid", "oid", "row",
)  # fmt: skip


def recognise_object_table(path: Path) -> dict[str, Any] | None:
    """Say whether a file is a table of measured numbers, with names of columns.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file.

    Returns
    -------
    dict or None
        ``confidence`` (low: whoever knows better what the file is comes first), ``found`` and ``rows``; None where it is no such table.
    """
    try:
        for held in source_files(path, _SAMPLE):
            if len(held.table) and held.meta.get("has_header") is not False and len(_measured(held.table)) >= 2:
                names = list(held.table.colnames)
                shown = ", ".join(names[:_NAMES_SHOWN]) + (" ..." if len(names) > _NAMES_SHOWN else "")
                rows = max(int(held.meta.get("rows_in_sample", 0)), len(held.table))
                return {
                    "confidence": 0.15,
                    "found": f"a table of {rows} rows with the columns {shown}",
                    "found_zh": f"表，{rows} 行，列为 {shown}",
                    "rows": rows,
                }
    except (InputError, *BROKEN_CONTENT):
        return None
    return None


def _measured(table: Any) -> list[str]:
    """Names of the columns of numbers, one number a row."""
    return [
        n for n in table.colnames if getattr(table[n], "ndim", 1) == 1 and getattr(table[n].dtype, "kind", "O") in "fiu"
    ]


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.5,
    seconds_per_1000_rows=0.01,
    citations=(
        "Ochsenbein et al. 2019, VOTable Format Definition Version 1.4, 2019ivoa.spec.1021O",
        "Wenger et al. 2000, The SIMBAD astronomical database, doi:10.1051/aas:2000332",
    ),
    examples=(
        "Read this table of measured properties",
        "Open the table of candidates",
        "Which columns does this feature table have?",
        "Load the table of statistics, one candidate a row",
        "Read the list of periods, amplitudes and colours of my variables",
        "Import this CSV of active-region parameters",
        "读取这个测量参数表",
        "打开候选体表",
        "这个特征表里有哪些列？",
        "载入每行一个候选体的统计量表",
        "读取变星的周期、振幅和颜色表",
    ),
    summary_zh="从文件读取测量参数表：每行一个天体或候选体，不需要位置。",
    method="The table was read from the attached file, with its units and missing values as they stand there.",
    method_zh="从附件读取参数表，单位和缺失值保持原样。",
    recognises=recognise_object_table,
)
def read_object_table(
    file: File,
    name_column: Annotated[str, "column"] | None = None,
    units: list[Annotated[str, "column unit"]] | None = None,
    table: Annotated[int, "[1, 1000]"] | None = None,
) -> ObjectTable:
    """Read a table of measured properties, one object or candidate a row, from a file of any format.

    Parameters
    ----------
    file : File
        The attached file: CSV and other text with a delimiter or blanks, ECSV, IPAC, VOTable, FITS or Parquet.
    name_column : str, optional
        The column that says which object a row is of; chosen by name when not given, and rows are counted where there is none.
    units : list of str, optional
        Units of columns for which the file gives none, as ``period=d``.
    table : int, optional
        Which table of the file, counted from 1; the first with numbers when not given.

    Returns
    -------
    ObjectTable
        All columns and rows of the file, and ``name`` (text).  Cells without a value, and NaN, are masked.  ``meta["reading"]`` has the
        file, its format and the column of names.

    Raises
    ------
    InputError
        Where the file is broken or no table, has no such column, or no numbers.

    References
    ----------
    VOTable: 2019ivoa.spec.1021O.
    """
    said = shown_name(file)
    held = _chosen(source_files(file), table, said)
    give_units(held.table, units, said)
    result = held.table
    if not _measured(result):
        raise InputError(f"{said} is {describe_file(file)}, in which there are no columns of numbers.", remedy="Attach a table of measured properties.")  # fmt: skip
    if name_column is not None and name_column not in result.colnames:
        raise InputError(
            f"{said} has no column {name_column!r}.",
            remedy="Its columns are " + ", ".join(result.colnames[:20]) + ".",
        )
    if held.left_out:
        where = ", ".join(str(number) for number, _why in held.left_out[:5])
        warnings.warn(f"{len(held.left_out)} lines of {said} could not be read ({held.left_out[0][1]}; lines {where}).", stacklevel=2)  # fmt: skip
    chosen = name_column or naming_column(result)
    result.meta.clear()
    with_names(result, chosen)
    result.meta["reading"] = {"file": said, "format": held.format, "rows": len(result), "names": chosen, "lines_left_out": len(held.left_out)}  # fmt: skip
    return result


def _chosen(tables: list[SourceFile], number: int | None, said: str) -> SourceFile:
    if number is not None:
        if number > len(tables):
            raise InputError(f"{said} has {len(tables)} tables, and table says {number}.", remedy="Give a number within that.")  # fmt: skip
        return tables[number - 1]
    if not tables:
        raise InputError(f"{said} has no table in it.", remedy="Attach a table of measured properties.")
    return next((held for held in tables if _measured(held.table)), tables[0])


def naming_column(table: Any) -> str | None:
    """The column that says which object a row is of: one with a name for that, else one whose name ends in ``id`` and whose values all differ."""
    import numpy as np

    names = list(table.colnames)
    known = pick_column(names, _NAMED)
    if known is not None:
        return known
    for name in names:
        if re.search(r"(?i)(^|[^a-z])(id|name)$", name) and table[name].ndim == 1 and table[name].dtype.kind in "iuUO":
            values = np.asarray(getattr(table[name], "unmasked", table[name]))
            if len(np.unique(values.astype(str))) == len(values):
                return name
    return None


def with_names(table: Any, column: str | None) -> None:
    """Give a table a column ``name`` of text: that of `column`, else the numbers of the rows, counted from 1.

    Parameters
    ----------
    table : astropy.table.QTable
        It is changed; a column of another sort that is called ``name`` is written over.
    column : str or None
        Says which object a row is of.
    """
    import numpy as np

    if column is None:
        table["name"] = np.array([f"row {number}" for number in range(1, len(table) + 1)], dtype=str)
        return
    values = table[column]
    plain = np.asarray(getattr(values, "unmasked", values))
    hidden = np.broadcast_to(np.asarray(getattr(values, "mask", False)), len(table))
    names = [f"row {n}" if h else str(v) for n, (v, h) in enumerate(zip(plain, hidden, strict=True), start=1)]
    table["name"] = np.array(names, dtype=str)
