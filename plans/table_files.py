"""Results of a run as files for other programs: tables with units, UCDs, descriptions and masks, in the formats that people use.

=========  ===========================================================================================
``csv``    plain names, an empty field where masked; units, UCDs and descriptions in a second file beside it
``ecsv``   all of it, in one text file that astropy reads
``vot``    VOTable 1.4, all of it, with what was asked as INFO
``fits``   a binary table; UCDs as TUCDn, descriptions as TCOMMn; masked whole numbers by TNULLn, other masked numbers as NaN
``parquet``  nulls where masked; units, UCDs and descriptions in the metadata of the fields
=========  ===========================================================================================
"""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.plans.store import write_atomically
from gnomon.tools.errors import UsageError

if TYPE_CHECKING:
    from astropy.table import QTable, Table

FORMATS = {
    ".csv": "csv", ".ecsv": "ecsv", ".vot": "vot", ".votable": "vot", ".xml": "vot", ".fits": "fits", ".fit": "fits", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
# The longest text in a card of a FITS header.
_CARD = 67


def write_table(table: QTable, path: Path, form: str) -> list[Path]:
    """Write a table for other programs.

    Parameters
    ----------
    table : astropy.table.QTable
        As a step made it.
    path : pathlib.Path
        Must not be there yet.
    form : {"csv", "ecsv", "vot", "fits", "parquet"}

    Returns
    -------
    list of pathlib.Path
        What was written: the file, and beside a CSV the one that describes its columns.

    Raises
    ------
    UsageError
        For columns that the format cannot hold.
    """
    plain = plain_table(table)
    ways: dict[str, Callable[[Table, Path], None]] = {
        "csv": _csv, "ecsv": _ecsv, "vot": _votable, "fits": _fits, "parquet": _parquet,
    }  # fmt: skip
    if form not in ("ecsv", "vot", "fits") and (wide := [n for n in plain.colnames if plain[n].ndim > 1]):
        raise UsageError(
            f"A {form} cannot hold the arrays in {', '.join(wide[:3])}.", remedy="Write an .ecsv, a .vot or a .fits."
        )
    write_atomically(path, lambda part: ways[form](plain, part))
    if form != "csv":
        return [path]
    beside = path.with_name(f"{path.stem}.columns.csv")
    write_atomically(beside, lambda part: _described(plain, part))
    return [path, beside]


def plain_table(table: QTable) -> Table:
    """A table whose columns are all plain ones, masked where anything is masked, with unit, description and UCD."""
    import numpy as np
    from astropy.table import Column, MaskedColumn, Table
    from astropy.utils.masked import Masked

    out = Table()
    for name in table.colnames:
        given = table[name]
        value = getattr(given, "value", given)
        raw = value.unmasked if isinstance(value, Masked) else np.ma.getdata(value)
        raw = np.asarray(raw)
        mask = np.broadcast_to(np.asarray(getattr(given, "mask", False), dtype=bool), raw.shape)
        told = {
            "name": name, "unit": getattr(given, "unit", None), "description": given.info.description or None,
            "meta": {k: v for k, v in (given.info.meta or {}).items() if v},
        }  # fmt: skip
        out[name] = MaskedColumn(raw, mask=mask, **told) if mask.any() else Column(raw, **told)
    out.meta = dict(table.meta)
    return out


def _ucd(column: Any) -> str:
    return str((column.meta or {}).get("ucd", ""))


def _unit(column: Any) -> str:
    return str(column.unit) if column.unit is not None else ""


def _cells(column: Any) -> list[Any]:
    """Plain Python values, None where masked."""
    import numpy as np

    mask = np.ma.getmaskarray(column)
    return [None if m else v for v, m in zip(np.ma.getdata(column).tolist(), mask.tolist(), strict=True)]


# --- one function a format


def _csv(table: Table, path: Path) -> None:
    columns = [_cells(table[n]) for n in table.colnames]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(table.colnames)
        for row in zip(*columns, strict=True):
            writer.writerow(["" if v is None else repr(v) if isinstance(v, float) else v for v in row])


def _described(table: Table, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["column", "unit", "ucd", "type", "description"])
        for name in table.colnames:
            column = table[name]
            writer.writerow([name, _unit(column), _ucd(column), column.dtype.name, column.description or ""])


def _ecsv(table: Table, path: Path) -> None:
    table.write(path, format="ascii.ecsv", delimiter=",", overwrite=True, serialize_method="data_mask")


def _votable(table: Table, path: Path) -> None:
    from astropy.io.votable import from_table, writeto
    from astropy.io.votable.tree import Info

    table = table.copy()
    queries = table.meta.get("queries") or []
    table.meta = {}
    for name in table.colnames:
        column = table[name]
        column.meta = {"ucd": _ucd(column)} if _ucd(column) else {}
        if (
            column.dtype.kind == "u" and column.dtype.itemsize > 1
        ):  # VOTable has whole numbers without a sign only of a byte
            table[name] = column.astype("i8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of units that VOTable has no word for, which are written as they are
        document = from_table(table)
        document.version = "1.4"
        resource = document.resources[0]
        for query in queries:
            for name in ("service", "release", "text", "time"):
                if query.get(name):
                    resource.infos.append(Info(name=f"query_{name}", value=str(query[name])))
            if query.get("complete") is False:
                resource.infos.append(Info(name="QUERY_STATUS", value="OVERFLOW"))
        writeto(document, str(path))


def _fits(table: Table, path: Path) -> None:
    import numpy as np
    from astropy.io import fits
    from astropy.table import MaskedColumn

    table = table.copy()
    queries = table.meta.get("queries") or []
    table.meta = {}
    for name in table.colnames:
        column = table[name]
        mask = np.ma.getmaskarray(column)
        if column.dtype.kind == "U":
            data = np.char.encode(np.ma.getdata(column), "ascii", "backslashreplace")
            table.replace_column(name, MaskedColumn(np.where(mask, b"", data), name=name, meta=column.meta, description=column.description))  # fmt: skip
        elif column.dtype.kind == "b" and mask.any():
            table.replace_column(name, MaskedColumn(np.ma.getdata(column).astype("i2"), mask=mask, name=name, meta=column.meta, description=column.description))  # fmt: skip
            table[name].fill_value = -1
        elif column.dtype.kind in "iu" and mask.any():
            seen = {int(v) for v in np.ma.getdata(column)[~mask].ravel()}
            least = np.iinfo(column.dtype).min
            column.fill_value = next(n for n in range(int(least), int(least) + len(seen) + 2) if n not in seen)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of units that FITS has no word for, which are written as they are
        hdu = fits.table_to_hdu(table, character_as_bytes=True)
    for number, name in enumerate(table.colnames, start=1):
        column = table[name]
        if _ucd(column):
            hdu.header[f"TUCD{number}"] = _ucd(column)[:_CARD]
        if column.description:
            hdu.header[f"TCOMM{number}"] = _ascii(column.description)[:_CARD]
    for query in queries:
        said = " ".join(str(query.get(k) or "") for k in ("service", "release", "time", "text")).split()
        hdu.header["HISTORY"] = _ascii(" ".join(said))
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path, overwrite=True)


def _ascii(text: str) -> str:
    return "".join(c if " " <= c <= "~" else "?" for c in str(text))


def _parquet(table: Table, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from gnomon.tools.kinds.tables import plain

    arrays, fields = [], []
    for name in table.colnames:
        column = table[name]
        kind = pa.string() if column.dtype.kind in "US" else pa.from_numpy_dtype(column.dtype.newbyteorder("="))
        values = [v.decode() if isinstance(v, bytes) else v for v in _cells(column)]
        arrays.append(pa.array(values, type=kind))
        told = {"unit": _unit(column), "ucd": _ucd(column), "description": column.description or ""}
        fields.append(pa.field(name, kind, metadata={k: v for k, v in told.items() if v}))
    about = json.dumps(plain(dict(table.meta), "meta"), ensure_ascii=False)
    schema = pa.schema(fields, metadata={"gnomon": about})
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path)
