"""Tables of sources in files of any format, kept exactly: identifiers as whole numbers or text, masks, units, UCDs, descriptions."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.reading.column_tables import BROKEN_CONTENT, file_format
from gnomon.tools.reading.file_bytes import decode_text, read_bytes, shown_name
from gnomon.tools.reading.parquet_columns import add_column, kept_from_arrow, meta_of, told_of, with_masks
from gnomon.tools.reading.text_tables import (
    COMMENT_MARKS,
    LONGEST_CELL,
    MISSING,
    as_number,
    read_text_table,
    split_line,
)
from gnomon.tools.reading.votable_files import parsed_votable

if TYPE_CHECKING:
    from pathlib import Path

_GIANT = 4_000_000_000  # bytes; beyond it a table in memory is no way to work


@dataclass
class SourceFile:
    """A table of a file.

    Attributes
    ----------
    table : astropy.table.QTable
    format : str
        ``text``, ``FITS`` ...
    systems : dict
        Frame and epoch that the file names for columns, or under "" for all.
    meta : dict
        What else the file says of the table.
    left_out : list of (int, str)
        Lines that could not be read, and why.
    """

    table: Any
    format: str
    systems: dict[str, tuple[str, str]] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    left_out: list[tuple[int, str]] = field(default_factory=list)


def source_files(path: Path, rows: int | None = None) -> list[SourceFile]:
    """Read the tables of a file.

    Parameters
    ----------
    path : pathlib.Path
    rows : int, optional
        About so many rows are enough, to see what the file is.

    Returns
    -------
    list of SourceFile
        In the order of the file.

    Raises
    ------
    InputError
        Where the file is missing, empty, broken, too large, or no table.
    """
    name = shown_name(path)
    kind = file_format(path)
    if path.is_file() and path.stat().st_size > _GIANT and rows is None:
        raise InputError(
            f"{name} has {path.stat().st_size / 1e9:.1f} GB, too many to be read at once.",
            remedy="Make a catalogue of it with `gnomon catalogue make`.",
        )
    if kind == "text":
        return [_text(path, rows)]
    try:
        if kind == "FITS":
            return _fits(path, rows)
        if kind == "Parquet":
            return [_parquet(path, rows)]
        if kind == "VOTable":
            return _votable(path, name)
        return [_ascii(path, kind)]
    except BROKEN_CONTENT as error:
        said = re.sub(r"(/[^\s/'\"]+)+/", "", (str(error).strip().splitlines() or [type(error).__name__])[0])
        raise InputError(
            f"{name} starts like a file of the format {kind} but cannot be read: {said[:200].rstrip('.')}.",
            remedy="It may be truncated or damaged; download it again.",
        ) from error


# --------------------------------------------------------------------------- text


def _text(path: Path, rows: int | None) -> SourceFile:
    """Comma, semicolon, tab, bar or blanks between the columns."""
    sample = read_text_table(path, sample_only=True)
    name = shown_name(path)
    width = len(sample["names"])
    text, _encoding = decode_text(read_bytes(path, -1 if rows is None else 262_144), name)
    lines = text.splitlines()
    if rows is not None and len(lines) > 1:
        lines = lines[: rows + int(sample["lines"][0])]
        lines = lines[:-1] if len(lines) > int(sample["lines"][0]) else lines  # the last one may be cut
    cells: list[list[str]] = []
    left_out: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        if number < int(sample["lines"][0]) or not line.strip() or line.lstrip()[0] in COMMENT_MARKS:
            continue
        try:
            row = split_line(line, sample["delimiter"])
        except InputError:
            left_out.append((number, f"a cell of more than {LONGEST_CELL} characters"))
            continue
        if len(row) == width + 1 and row[-1] == "":
            row = row[:-1]
        if len(row) != width:
            left_out.append((number, f"{len(row)} fields instead of {width}"))
            continue
        cells.append(row)
    told = _vizier_columns(sample["comments"])
    from astropy.table import QTable

    table = QTable()
    for position, column in enumerate(sample["names"]):
        data, mask = typed([row[position] for row in cells], sample["delimiter"] == ";")
        said = {"unit": _plain_unit(sample["units"].get(column, "")), **told.get(column, {})}
        add_column(table, column, data, mask, said)
    meta = {"has_header": bool(sample["has_header"]), "rows_in_sample": int(sample["rows"])}
    return SourceFile(table, "text", _text_systems(sample["comments"]), meta, left_out)


def _plain_unit(text: str) -> str:
    """The unit of a column of text; what VizieR writes above sexagesimal columns is no unit."""
    return "" if text.strip().strip('"').lower() in ("h:m:s", "d:m:s", "hms", "dms", "h m s", "d m s") else text.strip()


def typed(cells: list[str], comma: bool = False) -> tuple[Any, Any]:
    """Cells as whole numbers where all are, else as numbers, truth values or text, and where they are empty.

    Parameters
    ----------
    cells : list of str
    comma : bool
        Whether a comma may stand for a decimal point.

    Returns
    -------
    data : numpy.ndarray
        Whole numbers that have zeros in front, or more than 64 bits, stay text: as identifiers they would be others.
    mask : numpy.ndarray of bool
    """
    import numpy as np

    mask = np.array([c.lower() in MISSING for c in cells], dtype=bool)
    there = [c for c, m in zip(cells, mask, strict=True) if not m]
    if there and all(re.fullmatch(r"[+\-]?\d+", c) for c in there):
        bare = [c.lstrip("+-") for c in there]
        whole = [int(c) for c in there]
        if not any(len(b) > 1 and b[0] == "0" for b in bare) and min(whole) >= -(2**63) and max(whole) < 2**64:
            kind = np.int64 if max(whole) < 2**63 else np.uint64
            if not (kind is np.uint64 and min(whole) < 0):
                data = np.zeros(len(cells), dtype=kind)
                data[~mask] = np.array(whole, dtype=kind)
                return data, mask
        return np.array(["" if m else c for c, m in zip(cells, mask, strict=True)], dtype=str), mask
    numbers = [as_number(c.replace(",", ".") if comma else c) for c in there]
    if there and all(n is not None for n in numbers):
        values = np.full(len(cells), np.nan)
        values[~mask] = np.array(numbers, dtype=float)
        return values, mask
    if there and all(c.lower() in ("true", "false") for c in there):
        return np.array([c.lower() == "true" for c in cells], dtype=bool), mask
    return np.array(["" if m else c for c, m in zip(cells, mask, strict=True)], dtype=str), mask


def _vizier_columns(comments: list[str]) -> dict[str, dict[str, str]]:
    """What VizieR's tables of text say of their columns: ``#Column RAJ2000 (F10.6) Right ascension [ucd=pos.eq.ra]``."""
    told = {}
    for comment in comments:
        match = re.match(r"Column\s+(\S+)\s+\([^)]*\)\s+(.*?)\s*(?:\[ucd=([^\]]*)\])?\s*$", comment)
        if match:
            told[match[1]] = {
                k: v for k, v in (("description", match[2].split("[ucd=")[0].strip()), ("ucd", match[3] or "")) if v
            }
    return told


def _text_systems(comments: list[str]) -> dict[str, tuple[str, str]]:
    """The frame and the epoch that comments state as ``frame: ICRS``, ``epoch = 2016.0`` or VizieR's ``COOSYS``."""
    frame = epoch = ""
    for comment in comments:
        if match := re.match(
            r"\s*(frame|radesys|radecsys|coordinate system)\s*[:=]\s*(ICRS|FK5|FK4|galactic)\b", comment, re.IGNORECASE
        ):
            frame = match[2]
        if match := re.match(r"\s*(epoch|ref_epoch)\s*[:=]\s*([JB]?\d{4}(\.\d+)?)\s*(yr)?\s*$", comment, re.IGNORECASE):
            epoch = match[2]
        if "COOSYS" in comment.upper():
            frame = next(iter(re.findall(r"(?:eq_)?(ICRS|FK5|FK4)", comment, re.IGNORECASE)), frame)
            epoch = next(iter(re.findall(r"epoch=.?([JB]?\d{4}(?:\.\d+)?)", comment, re.IGNORECASE)), epoch)
    return {"": (frame, epoch)} if frame or epoch else {}


# --------------------------------------------------------------------------- FITS


def _fits(path: Path, rows: int | None) -> list[SourceFile]:
    from astropy.io import fits
    from astropy.io.fits.verify import VerifyError

    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with fits.open(path, memmap=False, lazy_load_hdus=True) as hdus:
                first = dict(hdus[0].header)
                for hdu in hdus[1:]:
                    if isinstance(hdu, fits.BinTableHDU | fits.TableHDU) and not isinstance(hdu, fits.CompImageHDU):
                        found.append(fits_table(hdu, first, 0, rows))
        except VerifyError as error:
            raise ValueError(str(error)) from error
    return found


def fits_table(hdu: Any, first: dict[str, Any], start: int = 0, stop: int | None = None) -> SourceFile:
    """Rows of a table of a FITS file, with nulls, units, UCDs (``TUCD``) and descriptions (``TCOMM``).

    Parameters
    ----------
    hdu : astropy.io.fits.BinTableHDU
    first : dict
        The first header of the file.
    start, stop : int, optional
        Which rows.

    Returns
    -------
    SourceFile
    """
    import numpy as np
    from astropy.table import QTable

    header = hdu.header
    data = hdu.data[start:stop] if hdu.data is not None else None
    table = QTable()
    for number, column in enumerate(hdu.columns, start=1):
        if not column.name or data is None:
            continue
        values = data[column.name]
        if isinstance(values, np.ndarray) and values.dtype.kind == "O":  # arrays of varying length
            values = np.array([str(np.asarray(v).tolist()) for v in values], dtype=str)
        values = np.asarray(values)
        if values.dtype.kind == "S":
            values = np.char.decode(values, "utf-8", "replace")
        elif values.dtype.kind in "iuf":
            values = values.astype(values.dtype.newbyteorder("="))
        mask = np.zeros(values.shape, dtype=bool)
        if column.null is not None and values.dtype.kind in "iu" and not isinstance(column.null, str):
            mask = values == column.null
        elif values.dtype.kind == "U":
            values = np.char.rstrip(values)
            mask = values == ""
        said = {
            "unit": str(column.unit or ""),
            "ucd": str(header.get(f"TUCD{number}", "")),
            "description": str(header.get(f"TCOMM{number}", "") or header.comments[f"TTYPE{number}"] or ""),
        }
        if said["description"].startswith("label for"):
            said["description"] = ""
        add_column(table, column.name, values, mask, said)
    everything = {**first, **dict(header)}
    frame = str(everything.get("RADESYS") or everything.get("RADECSYS") or "")
    epoch = next((str(everything[k]) for k in ("REFEPOCH", "REF_EPOCH", "EPOCH") if k in everything), "")
    meta = {k: everything[k] for k in ("OBJECT", "TELESCOP", "EXTNAME") if everything.get(k)}
    systems = {"": (frame, epoch if re.fullmatch(r"[JB]?\d{4}(\.\d+)?", epoch) else "")} if frame or epoch else {}
    return SourceFile(table, "FITS", systems, {**meta, "rows_in_sample": int(header.get("NAXIS2", 0))})


# --------------------------------------------------------------------------- the others


def _parquet(path: Path, rows: int | None) -> SourceFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        if rows is None:
            stored = file.read()
        else:
            batch = next(file.iter_batches(batch_size=rows), None)
            stored = pa.Table.from_batches([batch]) if batch is not None else file.schema_arrow.empty_table()
            stored = stored.replace_schema_metadata(file.schema_arrow.metadata)
        told, meta, total = told_of(file.schema_arrow), meta_of(file.schema_arrow), file.metadata.num_rows
    table, _strange = kept_from_arrow(with_masks(stored), told)
    return SourceFile(table, "Parquet", _meta_systems(meta), {"rows_in_sample": total})


def _votable(path: Path, name: str) -> list[SourceFile]:
    from gnomon.tools.archives.tables.vo_tables import kept_table

    document = parsed_votable(read_bytes(path), name)
    found = []
    for element in document.iter_tables():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of positions and units, which are told below for all formats alike
            table = kept_table(element, document, name)
        systems = {}
        for entry in element.fields:
            try:
                system = document.get_coosys_by_id(entry.ref) if entry.ref else None
            except KeyError:
                system = None
            if system is not None:
                systems[entry.name] = (str(system.system or ""), str(system.epoch or ""))
        if not systems:
            only = [s for r in document.resources for s in r.coordinate_systems] + list(document.coordinate_systems)
            if len(only) == 1:
                systems[""] = (str(only[0].system or ""), str(only[0].epoch or ""))
        table.meta.pop("position", None)
        found.append(SourceFile(table, "VOTable", systems, {"rows_in_sample": len(table)}))
    return found


def _ascii(path: Path, kind: str) -> SourceFile:
    """ECSV and IPAC."""
    import numpy as np
    from astropy.table import QTable, Table

    forms = {"ECSV": "ascii.ecsv", "IPAC": "ascii.ipac"}
    text, _encoding = decode_text(read_bytes(path), shown_name(path))
    raw = (QTable if kind == "ECSV" else Table).read(text.splitlines(), format=forms[kind])
    table = QTable()
    systems = _meta_systems(dict(raw.meta))
    for name in raw.colnames:
        column = raw[name]
        words, meta = column.info.description or "", dict(column.info.meta or {})
        if type(column).__name__ == "SkyCoord":
            icrs = column.icrs
            for part, values in (("ra", icrs.ra.deg), ("dec", icrs.dec.deg)):
                said = {"unit": "deg", "ucd": f"pos.eq.{part};meta.main", "description": f"{part} of {name}"}
                add_column(table, part if part not in raw.colnames else f"{name}_{part}", np.asarray(values), np.isnan(values), said)  # fmt: skip
            systems = {"": ("ICRS", systems.get("", ("", ""))[1])}
            continue
        if type(column).__name__ == "Time":
            column = column.isot
        data = getattr(column, "unmasked", column)
        data = np.asarray(getattr(data, "value", data))
        mask = np.array(getattr(column, "mask", np.zeros(data.shape, dtype=bool)))
        if data.dtype.kind == "O":
            data = np.array(["" if m else str(v) for v, m in zip(data, np.broadcast_to(mask, data.shape), strict=True)])
        said = {"unit": str(getattr(column, "unit", None) or ""), "description": words, "ucd": str(meta.get("ucd", ""))}
        add_column(table, name, data, mask, said)
    return SourceFile(table, kind, systems, {"rows_in_sample": len(table)})


def _meta_systems(meta: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The frame and the epoch in metadata: of ours (``position``), or as single words."""
    plain = {str(k).lower(): v for k, v in meta.items()}
    position = plain.get("position")
    if isinstance(position, dict):
        epoch = position.get("epoch")
        return {"": (str(position.get("frame") or ""), str(epoch) if isinstance(epoch, int | float) else "")}
    frame = next((str(plain[k]) for k in ("frame", "radesys", "radecsys") if isinstance(plain.get(k), str)), "")
    epoch = next((str(plain[k]) for k in ("ref_epoch", "refepoch", "epoch") if isinstance(plain.get(k), str | int | float)), "")  # fmt: skip
    epoch = epoch if re.fullmatch(r"[JB]?\d{4}(\.\d+)?", epoch) else ""
    return {"": (frame, epoch)} if frame or epoch else {}
