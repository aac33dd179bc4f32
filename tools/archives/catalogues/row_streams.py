"""Rows of large tables, some at a time: Parquet files, text with a delimiter, FITS tables; small files of other formats whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.reading.column_tables import BROKEN_CONTENT, file_format
from gnomon.tools.reading.file_bytes import shown_name
from gnomon.tools.reading.parquet_columns import told_of, with_masks
from gnomon.tools.reading.source_files import fits_table, source_files, typed
from gnomon.tools.reading.text_tables import MISSING, read_text_table

_BATCH_BYTES = 32_000_000  # of rows that are held at a time
_MOST_ROWS = 250_000
_BLOCK = 16_000_000  # bytes of text read at a time
_TYPED = 20_000  # rows of a text by which the types of its columns are guessed
_LONG = r"^[+\-]?\d{16,}$"  # whole numbers beyond 2**53 do not survive as floats


class RowStream:
    """A table that is gone through as often as needed.

    Parameters
    ----------
    path : pathlib.Path
        A file, or a folder of Parquet files.

    Attributes
    ----------
    told : dict
        What the file says of its columns: ``unit``, ``ucd``, ``description``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = shown_name(path)
        if path.is_dir():
            self.files = sorted(
                p for p in path.rglob("*.parquet") if p.is_file() and not any(q.startswith(("_", ".")) for q in p.relative_to(path).parts)
            )  # fmt: skip
            self.format = "Parquet"
            if not self.files:
                raise InputError(f"{self.name} holds no Parquet files.", remedy="Give tables.")
        else:
            self.files, self.format = [path], file_format(path)
        self.told: dict[str, dict[str, str]] = {}
        self.systems: dict[str, tuple[str, str]] = {}
        self._types: dict[str, Any] | None = None
        self._layout: dict[str, Any] = {}

    def batches(self, columns: list[str] | None = None) -> Iterator[Any]:
        """The rows, some at a time.

        Parameters
        ----------
        columns : list of str, optional
            Where the format lets others be left unread, only these are read.

        Yields
        ------
        pyarrow.Table
            All of the same columns and types.

        Raises
        ------
        InputError
            Where the file is damaged, or no table.
        """
        import pyarrow as pa

        try:
            if self.format == "Parquet":
                yield from self._parquet(columns)
            elif self.format == "FITS":
                yield from self._fits()
            elif self.format == "text" and self._has_delimiter():
                yield from self._text()
            else:
                yield from self._whole()
        except (pa.ArrowException, *BROKEN_CONTENT) as error:
            said = re.sub(r"(/[^\s/'\"]+)+/", "", (str(error).strip().splitlines() or [type(error).__name__])[0])
            raise InputError(
                f"{self.name} cannot be read: {said[:200].rstrip('.')}.",
                remedy="It may be truncated or damaged; fetch it again.",
            ) from error

    # ------------------------------------------------------------------ formats

    def _parquet(self, columns: list[str] | None) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        for path in self.files:
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                schema = file.schema_arrow
                for name, said in told_of(schema).items():
                    self.told.setdefault(name, said)
                meta = file.metadata
                unpacked = sum(meta.row_group(g).total_byte_size for g in range(meta.num_row_groups))
                rows = max(1000, min(_MOST_ROWS, int(_BATCH_BYTES * max(1, meta.num_rows) / max(1, unpacked))))
                masked = [n for n in schema.names if n.endswith(".mask") and n[:-5] in schema.names]
                wanted = columns and [*columns, *(m for m in masked if m[:-5] in columns)]
                # Group by group: one reader of all of them would hold what it has read.
                for group in range(meta.num_row_groups) if meta.num_rows else []:
                    for batch in file.iter_batches(rows, row_groups=[group], columns=wanted, use_threads=False):
                        table = pa.Table.from_batches([batch]).replace_schema_metadata(schema.metadata)
                        yield plain_types(with_masks(table))

    def _fits(self) -> Iterator[Any]:
        import warnings

        from astropy.io import fits

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with fits.open(self.path, memmap=True, lazy_load_hdus=True) as hdus:
                first = dict(hdus[0].header)
                hdu = next((h for h in hdus[1:] if isinstance(h, fits.BinTableHDU | fits.TableHDU)), None)
                if hdu is None:
                    raise InputError(f"{self.name} has no table in it.", remedy="Give tables of sources.")
                total, width = int(hdu.header["NAXIS2"]), max(1, int(hdu.header["NAXIS1"]))
                rows = max(1000, min(_MOST_ROWS, _BATCH_BYTES // (2 * width)))
                for start in range(0, max(total, 1), rows):
                    held = fits_table(hdu, first, start, min(total, start + rows))
                    self.systems = held.systems
                    yield self._from_table(held.table)

    def _whole(self) -> Iterator[Any]:
        held = source_files(self.path)[0]
        self.systems = held.systems
        yield self._from_table(held.table)

    def _from_table(self, table: Any) -> Any:
        stored, told = arrow_of(table)
        for name, said in told.items():
            self.told.setdefault(name, said)
        return stored

    def _has_delimiter(self) -> bool:
        if not self._layout:
            self._layout = read_text_table(self.path, sample_only=True)
        packed = self.path.open("rb").read(2) == b"\x1f\x8b"
        return bool(self._layout["has_header"]) and self._layout["delimiter"] in (",", "\t", "|", ";") and not packed

    def _text(self) -> Iterator[Any]:
        """By Arrow's reader, with types that hold every cell of the text."""
        if self._types is None:
            self._types = self._first_types()
            self._settle_types()
        for name, unit in self._layout["units"].items():
            self.told.setdefault(name, {"unit": unit})
        yield from self._text_batches()

    def _settle_types(self) -> None:
        """Go through the text until the type of every column holds all of its cells, which its first rows mostly tell."""
        import pyarrow as pa

        assert self._types is not None
        while True:
            try:
                for _table in self._text_batches():
                    pass
                return
            except pa.ArrowInvalid as error:
                column = re.search(r"In CSV column #(\d+)", str(error))
                value = re.search(r"invalid value '(.*?)'", str(error))
                if column is None or value is None:
                    raise
                name = self._layout["names"][int(column[1])]
                if pa.types.is_string(self._types[name]):
                    raise
                self._types[name] = self._wider(name, value[1])

    def _wider(self, name: str, value: str) -> Any:
        """A type that holds what the column holds so far and this value too; text where floats would change whole numbers."""
        import pyarrow as pa
        import pyarrow.compute as pc

        assert self._types is not None
        if not pa.types.is_integer(self._types[name]):
            return pa.string()
        try:
            float(value)
        except ValueError:
            return pa.string()
        self._types[name] = pa.string()
        for table in self._text_batches([name]):
            if pc.any(pc.match_substring_regex(table.column(name), _LONG)).as_py():
                return pa.string()
        return pa.float64()

    def _text_batches(self, columns: list[str] | None = None) -> Iterator[Any]:
        import pyarrow as pa
        from pyarrow import csv

        skip = int(self._layout["lines"][0]) - 1
        nulls = sorted({v for m in MISSING for v in (m, m.upper(), m.title(), "NaN", "NA")})
        reading = csv.ReadOptions(
            block_size=_BLOCK, use_threads=False, skip_rows=skip, column_names=self._layout["names"]
        )
        parsing = csv.ParseOptions(delimiter=self._layout["delimiter"], ignore_empty_lines=True)
        converting = csv.ConvertOptions(
            column_types=self._types, null_values=nulls, strings_can_be_null=True, include_columns=columns
        )
        with csv.open_csv(self.path, read_options=reading, parse_options=parsing, convert_options=converting) as file:
            for batch in file:
                yield pa.Table.from_batches([batch])

    def _first_types(self) -> dict[str, Any]:
        """Types of the columns, as their first cells tell, by the rule by which small tables are read."""
        from itertools import islice

        import pyarrow as pa

        from gnomon.tools.reading.text_tables import split_line

        with self.path.open(encoding="utf-8-sig", errors="replace") as stream:
            lines = islice(stream, int(self._layout["lines"][0]) - 1, int(self._layout["lines"][0]) - 1 + _TYPED)
            rows = [split_line(line.rstrip("\r\n"), self._layout["delimiter"]) for line in lines if line.strip()]
        width = len(self._layout["names"])
        rows = [r for r in rows if len(r) == width]
        types = {}
        for at, name in enumerate(self._layout["names"]):
            data, mask = typed([r[at] for r in rows])
            numbers = {"i": pa.int64(), "u": pa.uint64(), "f": pa.float64(), "b": pa.bool_()}
            # Of a column that is empty so far, a cell says later what it is.
            types[name] = pa.int64() if mask.all() else numbers.get(data.dtype.kind, pa.string())
        return types


def plain_types(table: Any) -> Any:
    """A table without dictionaries, which other parts of a catalogue could not share."""
    import pyarrow as pa

    for at, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(at, pa.field(field.name, field.type.value_type), table.column(at).cast(field.type.value_type))  # fmt: skip
    return table


def arrow_of(table: Any) -> tuple[Any, dict[str, dict[str, str]]]:
    """A table of ours as an Arrow table, with nulls for what is masked, and what it says of its columns."""
    import numpy as np
    import pyarrow as pa

    arrays, told = {}, {}
    for name in table.colnames:
        column = table[name]
        data = getattr(column, "unmasked", column)
        data = np.asarray(getattr(data, "value", data))
        mask = np.asarray(getattr(column, "mask", np.zeros(data.shape, dtype=bool)))
        if data.ndim > 1:
            arrays[name] = pa.array(data.reshape(len(data), -1).tolist(), mask=mask.reshape(len(data), -1).all(axis=1))
        else:
            arrays[name] = pa.array(data.tolist() if data.dtype.kind == "U" else data, mask=mask)
        said = {
            "unit": str(getattr(column, "unit", None) or ""),
            "ucd": str((column.info.meta or {}).get("ucd", "")),
            "description": str(column.info.description or ""),
        }
        told[name] = {k: v for k, v in said.items() if v}
    return pa.table(arrays), told
