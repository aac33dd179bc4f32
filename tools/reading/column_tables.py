"""Tables of any format as plain columns: text, ECSV, IPAC, VOTable, Parquet and FITS binary tables.

`read_tables` gives a list of dictionaries of the form that `gnomon.tools.reading.text_tables` describes, with three
more entries: ``format`` ("text", "ECSV", "FITS" ...), ``header`` (keywords of the file, upper case) and ``title`` (the
name of the table in the file, or "").
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ExpatError

from gnomon.tools.errors import InputError
from gnomon.tools.reading.file_bytes import read_bytes, shown_name
from gnomon.tools.reading.text_tables import read_text_table

if TYPE_CHECKING:
    from pathlib import Path

# What astropy, pyarrow and numpy raise on broken content of these formats; nothing outside this list was seen in
# truncated, bit-flipped and mislabelled files.
BROKEN_CONTENT = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    EOFError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    MemoryError,
    SyntaxError,
    struct.error,
    zlib.error,
    ExpatError,
    Warning,  # of astropy's VOTable reader, which raises some of them
)


def file_format(path: Path) -> str:
    """Say what format a file has, by its first bytes.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file; gzip is unpacked.

    Returns
    -------
    str
        ``FITS``, ``ECSV``, ``IPAC``, ``VOTable``, ``Parquet`` or ``text``; the last also where nothing is known.

    Raises
    ------
    InputError
        Where the file cannot be read.
    """
    start = read_bytes(path, 4096)
    bare = start.lstrip()
    if start.startswith(b"SIMPLE  ="):
        return "FITS"
    if start.startswith(b"PAR1"):
        return "Parquet"
    if bare.startswith(b"# %ECSV"):
        return "ECSV"
    if b"<VOTABLE" in start.upper():
        return "VOTable"
    if bare.startswith((b"\\", b"|")) and any(
        line.startswith(b"|") and line.rstrip().endswith(b"|") for line in bare.splitlines()
    ):
        return "IPAC"
    return "text"


def _plain(column: Any) -> Any:
    """Column of a table as float64 with NaN for masked values, as str, or None where it is no simple column."""
    import numpy as np

    values = np.ma.asanyarray(getattr(column, "value", column))
    if values.ndim != 1:
        return None
    if values.dtype.kind in "biuf":
        filled = np.ma.filled(values.astype(np.float64), np.nan)
        return np.ascontiguousarray(filled, dtype=np.float64)
    if values.dtype.kind == "M":  # dates of Parquet files have no place in a column of numbers
        return None
    return np.array(np.ma.filled(values, ""), dtype=str) if values.dtype.kind in "SUO" else None


def _as_dictionary(
    columns: dict[str, Any], units: dict[str, str], header: dict[str, Any], kind: str, title: str, rows: int
) -> dict[str, Any]:
    """One table in the form of `gnomon.tools.reading.text_tables`."""
    import numpy as np

    return {
        "names": list(columns),
        "has_header": True,
        "columns": columns,
        "units": {k: v for k, v in units.items() if v},
        "rows": rows,
        "lines": np.arange(1, rows + 1),
        "unreadable": [],
        "not_numbers": {},
        "comments": [],
        "delimiter": "",
        "encoding": "",
        "format": kind,
        "header": header,
        "title": title,
    }


def _from_astropy(table: Any, kind: str, title: str = "") -> dict[str, Any]:
    """Columns of an astropy table, times as their numbers in days."""
    columns: dict[str, Any] = {}
    units: dict[str, str] = {}
    header = {str(k).upper(): v for k, v in table.meta.items()}
    for name in table.colnames:
        column = table[name]
        if type(column).__name__ == "Time":  # a mixin column of ECSV carries its own zero point and scale
            header.setdefault("TIME_FORMAT", column.format)
            header.setdefault("TIME_SCALE", column.scale)
            values = _plain(column.jd if column.format in ("isot", "iso", "datetime") else column.value)
            if column.format in ("isot", "iso", "datetime"):
                header["TIME_FORMAT"] = "jd"
            unit = "d"
        else:
            values, unit = _plain(column), str(getattr(column, "unit", None) or "")
        if values is not None:
            columns[name], units[name] = values, unit
    return _as_dictionary(columns, units, header, kind, title, len(table))


def _fits_tables(path: Path, sample_only: bool) -> list[dict[str, Any]]:
    """Binary tables of a FITS file, with unreadable header cards as a plain error."""
    from astropy.io.fits.verify import VerifyError

    try:
        return _open_fits_tables(path, sample_only)
    except VerifyError as error:  # derives from Exception alone, and so is in no list of the standard library's errors
        raise ValueError(str(error)) from error


def _open_fits_tables(path: Path, sample_only: bool) -> list[dict[str, Any]]:
    """Binary tables of a FITS file; header words of the first extension stand behind those of the table."""
    import re
    import warnings

    from astropy.io import fits

    tables = []
    with warnings.catch_warnings():
        # A truncated file is reported by our own sentence below, once; the library would warn for each extension.
        warnings.simplefilter("ignore")
        with fits.open(path, memmap=False, lazy_load_hdus=True) as hdus:
            first = {k: v for k, v in hdus[0].header.items() if k and k not in ("COMMENT", "HISTORY")}
            for hdu in hdus[1:]:
                if not isinstance(hdu, fits.BinTableHDU | fits.TableHDU):
                    continue
                header = {**first, **{k: v for k, v in hdu.header.items() if k and k not in ("COMMENT", "HISTORY")}}
                rows = int(hdu.header.get("NAXIS2", 0))
                units = {c.name: str(c.unit or "") for c in hdu.columns}
                data = None if sample_only else hdu.data
                columns: dict[str, Any] = {}
                for column in hdu.columns:
                    if not column.name:  # a damaged header
                        continue
                    if sample_only:
                        # Images and spectra in the cells of a table are no columns of numbers.
                        if re.match(r"(0|1|)[^A]|\d*A", str(column.format)):
                            columns[column.name] = None
                        continue
                    values = _fits_column(data, column)
                    if values is not None:
                        columns[column.name] = values
                tables.append(_as_dictionary(columns, units, header, "FITS", str(hdu.name or ""), rows))
    return tables


def _fits_column(data: Any, column: Any) -> Any:
    """One column of a FITS table, with its null value as NaN."""
    import numpy as np

    values = np.asarray(data[column.name])
    plain = _plain(values)
    if plain is not None and column.null is not None and values.dtype.kind in "iu":
        plain[values == column.null] = np.nan
    return plain


def read_tables(path: Path, sample_only: bool = False) -> list[dict[str, Any]]:
    """Read all tables of a file, whatever its format.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file.
    sample_only : bool
        Only enough to say what the file is: the first lines of a text table; names, units and number of rows of a
        FITS table, whose columns are then None.

    Returns
    -------
    list of dict
        Tables in the order of the file; empty for a FITS file without any.

    Raises
    ------
    InputError
        Where the file is missing, empty, broken, or no table.
    """
    name = shown_name(path)
    kind = file_format(path)
    if kind == "text":
        return [{**read_text_table(path, sample_only), "format": "text", "header": {}, "title": ""}]
    try:
        if kind == "FITS":
            return _fits_tables(path, sample_only)
        if kind == "Parquet":
            import pyarrow.parquet as pq

            stored = pq.read_table(path)
            columns = {c: v for c in stored.column_names if (v := _plain(stored[c].to_numpy())) is not None}
            return [_as_dictionary(columns, {}, {}, kind, "", stored.num_rows)]
        from astropy.table import QTable, Table

        forms = {"ECSV": "ascii.ecsv", "IPAC": "ascii.ipac", "VOTable": "votable"}
        reader = QTable if kind == "ECSV" else Table
        return [_from_astropy(reader.read(path, format=forms[kind]), kind)]
    except BROKEN_CONTENT as error:
        raise InputError(
            f"{name} starts like a file of the format {kind} but cannot be read: {_first_line(error)}.",
            remedy="It may be truncated or damaged; download it again.",
        ) from error


def _first_line(error: BaseException) -> str:
    """First line of an error's message, without a full stop and without folders of this machine."""
    import re

    text = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    return re.sub(r"(/[^\s/'\"]+)+/", "", text)[:200]
