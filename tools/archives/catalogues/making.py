"""Making a catalogue on disk out of tables of any size: HATS form, so that LSDB reads it too, in a memory that does not grow with the tables."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gnomon.tools.archives.catalogues.inventory import Stated, safe_name
from gnomon.tools.archives.catalogues.row_streams import RowStream
from gnomon.tools.archives.catalogues.sky_cells import DEEPEST, cells_of
from gnomon.tools.archives.positions.placed_sources import placed_sources
from gnomon.tools.errors import InputError, StoreError
from gnomon.tools.reading.parquet_columns import kept_arrow, kept_from_arrow
from gnomon.tools.reading.source_positions import give_gaia_units, give_units, place

CELLS = "_healpix_29"
_COUNTED = 9  # order of the cells in which rows are counted: 0.1 degrees, 3 million cells
_MOST_ROWS = 1_000_000  # in a file, as LSDB's own tools make them ...
_MOST_BYTES = 192_000_000  # ... but no more than this, unpacked: a file is sorted in memory
_GROUP = 50_000  # rows in a group: what is read for a source at least
_SPILL = 96_000_000  # bytes held before they are put aside by file


@dataclass(frozen=True)
class Made:
    """What was made.

    Attributes
    ----------
    folder : pathlib.Path
    rows, files : int
    without_position : int
        Rows that were left out, since they have no place on the sky.
    """

    folder: Path
    rows: int
    files: int
    without_position: int


class _Placer:
    """Gives rows of a stream their positions: ICRS, degrees."""

    def __init__(self, stream: RowStream, first: Any, stated: Stated) -> None:
        self.stream, self.stated = stream, stated
        sample, _strange = kept_from_arrow(first.slice(0, 1000), stream.told)
        self.position = self._placed(sample)
        self.added = [n for n in (self.position["ra"], self.position["dec"]) if n not in first.column_names]
        for name in sample.colnames:  # units that a person, or the names of Gaia, gave
            if (unit := str(getattr(sample[name], "unit", None) or "")) and name in first.column_names:
                stream.told[name] = {**stream.told.get(name, {}), "unit": unit}
        self.plain = (
            not self.added
            and self.position["frame"] == "ICRS"
            and str(sample[self.position["ra"]].unit) == "deg"
            and str(sample[self.position["dec"]].unit) == "deg"
        )
        taken = {n.lower() for n in first.column_names}
        self.names = (
            (self.position["ra"], self.position["dec"])
            if self.plain
            else (_free("ra_icrs", taken), _free("dec_icrs", taken))
        )

    @property
    def columns(self) -> list[str] | None:
        """The columns that must be read to place rows; None for all."""
        return list(self.names) if self.plain else None

    def _placed(self, table: Any) -> dict[str, Any]:
        said = self.stream.name
        give_units(table, list(self.stated.units), said)
        give_gaia_units(table, said)
        position = place(
            table,
            self.stream.systems,
            said,
            self.stated.ra_column,
            self.stated.dec_column,
            self.stated.frame,
            self.stated.epoch,
        )
        if position is None:
            raise InputError(
                f"{said} has no columns of positions that were found.",
                remedy="Name them with --ra and --dec.",
            )
        return position

    def degrees(self, rows: Any) -> tuple[Any, Any]:
        """Right ascensions and declinations, ICRS; NaN where a row has none."""
        import numpy as np

        if self.plain:
            ra, dec = (kept_arrow(rows.column(n))[0].astype(float) for n in self.names)
        else:
            table, _strange = kept_from_arrow(rows, self.stream.told)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what is to be told was told of the first rows
                position = self._placed(table)
                table.meta["position"] = {
                    **position, "pmra": None, "pmdec": None, "parallax": None, "radial_velocity": None, "epoch": None
                }  # fmt: skip
                placed = placed_sources(table, "table", None)
            ra, dec = placed.ra, placed.dec
        good = np.isfinite(ra) & np.isfinite(dec)
        if (np.abs(dec[good]) > 90.0).any():
            raise InputError(
                f"Column {self.names[1]!r} of {self.stream.name} goes beyond 90 degrees, so it holds no declinations.",
                remedy="Name the columns of positions with --ra and --dec.",
            )
        return np.where(good, ra, np.nan), np.where(good, dec, np.nan)


def make_catalogue(
    tables: list[Path],
    folder: Path,
    stated: Stated | None = None,
    most_rows: int = _MOST_ROWS,
    tell: Callable[[str], None] | None = None,
) -> Made:
    """Make a HATS catalogue out of tables that together may be larger than the memory.

    Parameters
    ----------
    tables : list of pathlib.Path
        Parquet files or folders of them, text with a delimiter and a header, FITS tables; smaller files of other formats.  All with the same
        columns.
    folder : pathlib.Path
        Where the catalogue is to be; must not be there yet.
    stated : Stated, optional
        What the tables do not say: columns of positions, frame, epoch, units, name.
    most_rows : int
        In a file of the catalogue.
    tell : callable, optional
        Is told how far things are.

    Returns
    -------
    Made

    Raises
    ------
    InputError
        Where a table is damaged or has no positions, the tables differ in columns, or the folder is there already.
    StoreError
        Where the disk refuses.

    Notes
    -----
    The tables are gone through twice: rows are counted by cell of the sky, cells are put together into files of at most so many rows, and
    rows are put aside by file; then each file is sorted by cell and written.  Rows keep their order within a cell.  Beside the tables and
    the catalogue, the disk holds their rows once more for the while.
    """
    say = tell or (lambda _text: None)
    stated = stated or Stated()
    if folder.exists():
        raise InputError(f"{folder} is there already.", remedy="Give another folder, or remove it first.")
    streams = [RowStream(path) for path in tables]
    if not streams:
        raise InputError("No tables are given.", remedy="Give tables of sources, then the folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".part-{folder.name}-", dir=folder.parent))
    try:
        say("counting rows by cell of the sky")
        placers, counts, without, width = _counted(streams, stated)
        if not counts.sum():
            raise InputError("None of the rows has a position.", remedy="Check the columns of positions.")
        cells = _divided(counts, max(1, min(most_rows, int(_MOST_BYTES / max(width, 1.0)))))
        say(f"{int(counts.sum())} rows go into {len(cells)} files")
        _put_aside(streams, placers, cells, part / "aside")
        catalogue = part / "catalogue"
        rows = _written(part / "aside", catalogue, cells, streams[0], placers[0], say)
        _described(catalogue, cells, rows, placers[0], stated.name or safe_name(folder.name), most_rows)
        catalogue.rename(folder)
    except OSError as error:
        raise StoreError(
            f"The catalogue could not be written: {error.strerror or error}.",
            remedy="Free some space on that disk, about three times that of the tables.",
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    if without:
        warnings.warn(f"{without} rows have no position, and were left out of the catalogue.", stacklevel=2)
    return Made(folder, sum(rows), len(cells), without)


def _counted(streams: list[RowStream], stated: Stated) -> tuple[list[_Placer], Any, int, float]:
    """Rows by cell, those without a position, and the bytes of a row."""
    import numpy as np

    counts = np.zeros(12 * 4**_COUNTED, dtype=np.int64)
    placers: list[_Placer] = []
    without, width = 0, 1.0
    names: list[str] = []
    for stream in streams:
        first = next(stream.batches(), None)
        if first is None:
            raise InputError(f"{stream.name} has no rows.", remedy="Leave it out.")
        names = names or list(first.column_names)
        if set(first.column_names) != set(names):
            odd = sorted(set(first.column_names) ^ set(names))[:5]
            raise InputError(
                f"{stream.name} and {streams[0].name} have not the same columns ({', '.join(odd)}).",
                remedy="Make a catalogue of each.",
            )
        if len(first):
            width = max(width, first.nbytes / len(first))
        placer = _Placer(stream, first, stated)
        if placers and (placer.names != placers[0].names or placer.position["epoch"] != placers[0].position["epoch"]):
            raise InputError(
                f"{stream.name} and {streams[0].name} say in different ways where their positions are.",
                remedy="Make a catalogue of each.",
            )
        placers.append(placer)
        for batch in stream.batches(placer.columns):
            ra, dec = placer.degrees(batch)
            good = np.isfinite(ra)
            without += int((~good).sum())
            cells, rows = np.unique(cells_of(ra[good], dec[good], _COUNTED), return_counts=True)
            counts[cells] += rows
    return placers, counts, without, width


def _divided(counts: Any, most: int) -> list[tuple[int, int]]:
    """Cells of at most so many rows each, as large as they can be; of the finest order where more lie in one."""
    import numpy as np

    sums = [counts]
    while len(sums[0]) > 12:
        sums.insert(0, sums[0].reshape(-1, 4).sum(axis=1))
    found = []
    open_cells = np.flatnonzero(sums[0])
    for order, of_order in enumerate(sums):
        full = (of_order[open_cells] > most) & (order < _COUNTED)
        found += [(order, int(p)) for p in open_cells[~full]]
        below = (open_cells[full][:, None] * 4 + np.arange(4)).ravel()
        open_cells = below[sums[order + 1][below] > 0] if len(below) else below
        if not len(open_cells):
            break
    return sorted(found, key=lambda c: c[1] << 2 * (DEEPEST - c[0]))


def _put_aside(streams: list[RowStream], placers: list[_Placer], cells: list[tuple[int, int]], aside: Path) -> None:
    """Each row into the folder of its file, with its cell."""
    import numpy as np
    import pyarrow as pa

    starts = np.array([p << 2 * (DEEPEST - o) for o, p in cells], dtype=np.int64)
    aside.mkdir()
    schema = None
    held: list[Any] = []
    number = 0
    for stream, placer in zip(streams, placers, strict=True):
        for batch in stream.batches():
            ra, dec = placer.degrees(batch)
            good = np.flatnonzero(np.isfinite(ra))
            batch = batch.take(pa.array(good)) if len(good) < len(ra) else batch
            if CELLS in batch.column_names:
                batch = batch.drop_columns([CELLS])
            batch = batch.replace_schema_metadata(None)
            if not placer.plain:
                for name, values in zip(placer.names, (ra[good], dec[good]), strict=True):
                    batch = batch.append_column(name, pa.array(values))
            batch = batch.add_column(0, CELLS, pa.array(cells_of(ra[good], dec[good], DEEPEST)))
            schema = schema or pa.schema([pa.field(f.name, f.type) for f in batch.schema])
            held.append(batch.select(schema.names).cast(schema))
            if sum(b.nbytes for b in held) > _SPILL:
                _spill(held, starts, aside, number)
                held, number = [], number + 1
    _spill(held, starts, aside, number)


def _spill(held: list[Any], starts: Any, aside: Path, number: int) -> None:
    """Rows into a file for each of the catalogue's files, in their order."""
    import numpy as np
    import pyarrow as pa

    if not held:
        return
    rows = pa.concat_tables(held)
    file = np.searchsorted(starts, np.asarray(rows.column(CELLS)), side="right") - 1
    order = np.argsort(file, kind="stable")
    cuts = np.flatnonzero(np.append(True, np.diff(file[order]) != 0))
    for begin, end in zip(cuts, [*cuts[1:], len(order)], strict=True):
        these = rows.take(pa.array(order[begin:end]))
        folder = aside / str(int(file[order[begin]]))
        folder.mkdir(exist_ok=True)
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.OSFile(str(folder / f"{number:06}.arrow"), "wb") as sink, pa.ipc.new_file(sink, these.schema, options=options) as writer:  # fmt: skip
            writer.write_table(these)


def _written(
    aside: Path,
    catalogue: Path,
    cells: list[tuple[int, int]],
    stream: RowStream,
    placer: _Placer,
    say: Callable[[str], None],
) -> list[int]:
    """The files of the catalogue, sorted by cell; how many rows each has."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = []
    told = dict(stream.told)
    if not placer.plain:
        told |= {
            n: {"unit": "deg", "ucd": f"pos.eq.{r};meta.main", "description": f"{r} in ICRS, made with the catalogue"}
            for n, r in zip(placer.names, ("ra", "dec"), strict=True)
        }
    footers: list[Any] = []
    schema = None
    for number, (order, pixel) in enumerate(cells):
        parts = []
        for file in sorted((aside / str(number)).iterdir()):
            with pa.OSFile(str(file)) as source:
                parts.append(pa.ipc.open_file(source).read_all())
        table = pa.concat_tables(parts)
        del parts
        schema = schema or pa.schema([_field(f, told.get(f.name, {})) for f in table.schema])
        table = table.take(_in_order_of(table.column(CELLS))).cast(schema)
        name = f"Norder={order}/Dir={pixel // 10_000 * 10_000}/Npix={pixel}.parquet"
        path = catalogue / "dataset" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        collected: list[Any] = []
        pq.write_table(
            table, path, row_group_size=_GROUP, compression="zstd", write_page_checksum=True, metadata_collector=collected
        )  # fmt: skip
        for footer in collected:
            footer.set_file_path(name)
        footers += collected
        rows.append(len(table))
        shutil.rmtree(aside / str(number))
        if number % 20 == 19:
            say(f"{number + 1} of {len(cells)} files are written")
    pq.write_metadata(schema, catalogue / "dataset" / "_common_metadata")
    pq.write_metadata(schema, catalogue / "dataset" / "_metadata", metadata_collector=footers)
    return rows


def _in_order_of(column: Any) -> Any:
    """The order in which rows of one cell stay as they were."""
    import numpy as np
    import pyarrow as pa

    return pa.array(np.argsort(np.asarray(column), kind="stable"))


def _field(field: Any, told: dict[str, str]) -> Any:
    import pyarrow as pa

    said = {k: v for k, v in told.items() if k in ("unit", "ucd", "description") and v}
    return pa.field(field.name, field.type, metadata=said or None)


def _described(
    catalogue: Path, cells: list[tuple[int, int]], rows: list[int], placer: _Placer, name: str, most_rows: int
) -> None:
    """The properties and the list of cells; see https://www.ivoa.net/documents/Notes/HATS/."""
    size = sum(p.stat().st_size for p in catalogue.rglob("*.parquet"))
    fraction = sum(1.0 / (12 * 4**o) for o, _p in cells)
    position = placer.position
    told = {
        "obs_collection": name,
        "dataproduct_type": "object",
        "hats_nrows": str(sum(rows)),
        "hats_col_ra": placer.names[0],
        "hats_col_dec": placer.names[1],
        "hats_col_healpix": CELLS,
        "hats_col_healpix_order": str(DEEPEST),
        "hats_npix_suffix": ".parquet",
        "hats_max_rows": str(max(rows)),
        "hats_order": str(max(o for o, _p in cells)),
        "hats_estsize": str(size // 1024),
        "moc_sky_fraction": f"{fraction:.7f}",
        "hats_builder": "gnomon catalogue make",
        "hats_creation_date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MUTC"),
        "hats_version": "v1.0",
    }
    if isinstance(position["epoch"], int | float):
        told["gnomon_epoch"] = repr(float(position["epoch"]))
    text = "#HATS catalog\n" + "".join(f"{key}={value}\n" for key, value in told.items())
    for file in ("hats.properties", "properties"):
        (catalogue / file).write_text(text, encoding="utf-8")
    lines = "".join(f"{o},{p}\n" for o, p in cells)
    (catalogue / "partition_info.csv").write_text(f"Norder,Npix\n{lines}", encoding="utf-8")


def _free(name: str, taken: set[str]) -> str:
    return next(c for c in (name, *(f"{name}_{i}" for i in range(2, len(taken) + 3))) if c.lower() not in taken)
