"""Files of a catalogue on disk: which there are, what their footers say, whether they are still the same, and reading parts of them.

HATS, the form in which LSDB and its tools keep catalogues: a folder with ``hats.properties`` (or ``properties``), and in it
``dataset/Norder=K/Dir=D/Npix=P.parquet``, each with the sources of one HEALPix cell (https://hats.readthedocs.io/, and the IVOA note
https://www.ivoa.net/documents/Notes/HATS/).  Any other folder of Parquet files is taken too; which of its files are near is then told by
the smallest and largest positions in their footers.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gnomon.tools.archives.catalogues.sky_cells import Box
from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    from gnomon.tools.kinds import Catalogue

PROPERTIES = ("hats.properties", "properties")
COLLECTION = "collection.properties"
_DESCRIPTIONS = (*PROPERTIES, "partition_info.csv")
_CHUNK_BYTES = 48_000_000  # of the columns that are read, unpacked, at a time; a thread needs some times as much
_MOST_THREADS = 8
_FEWEST_ROWS = 20_000
_PLACES_ENVIRONMENT = "GNOMON_CATALOGUES"

Found = TypeVar("Found")
Item = TypeVar("Item")


@dataclass(frozen=True)
class Partition:
    """A file of a catalogue, as it was when the catalogue was looked at."""

    number: int
    file: str
    path: Path
    rows: int
    size: int
    footer: str
    cell: tuple[int, int] | None  # order and number
    box: Box
    fastest: float  # mas/yr, the largest proper motion that its footer allows; infinite where the footer does not say
    largest_parallax: float  # mas
    largest_velocity: float  # km/s


# --------------------------------------------------------------------------- what a folder holds


def catalogue_folder(folder: Path) -> tuple[Path, dict[str, str]]:
    """The folder of the catalogue itself, and its properties; of a collection, the catalogue that it is about.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    pathlib.Path
    dict of str
        Empty for a folder of Parquet files that is no HATS catalogue.

    Raises
    ------
    InputError
        Where there is no such folder, or it holds what no catalogue is: a margin, an index, or the form that came before HATS.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.", remedy="Check where the catalogue lies.")
    if (folder / COLLECTION).is_file():
        told = read_properties(folder / COLLECTION)
        primary = told.get("hats_primary_table_url", "")
        if not primary or Path(primary).is_absolute() or ".." in Path(primary).parts or "://" in primary:
            raise InputError(
                f"The collection {folder.name} does not name a catalogue inside it.",
                remedy="Give the folder of the catalogue.",
            )
        return catalogue_folder(folder / primary)
    file = next((folder / name for name in PROPERTIES if (folder / name).is_file()), None)
    if file is None:
        if (folder / "catalog_info.json").is_file():
            raise InputError(
                f"{folder.name} is a catalogue in the form HiPSCat, which came before HATS and is not read here.",
                remedy="Turn it into HATS with hats-import.",
            )
        return folder, {}
    told = read_properties(file)
    sort = told.get("dataproduct_type", "object")
    if sort not in ("object", "source"):
        raise InputError(
            f"{folder.name} holds a HATS {sort}, and no catalogue.",
            remedy=f"Give the folder of the catalogue{' ' + told['hats_primary_table_url'] if told.get('hats_primary_table_url') else ''}.",
        )
    return folder, told


def read_properties(file: Path) -> dict[str, str]:
    """Lines ``key=value`` of a file of properties; comments left out.

    Raises
    ------
    InputError
        Where it is larger than a megabyte or no text.
    """
    try:
        if file.stat().st_size > 1_000_000:
            raise InputError(f"{file.name} is too large to be a file of properties.", remedy="Check which file it is.")
        return properties_in(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file.name} cannot be read: {error}.", remedy="Check the file.") from error


def properties_in(text: str) -> dict[str, str]:
    """Lines ``key=value`` of a text; comments left out."""
    found = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.lstrip().startswith(("#", "!")):
            found[key.strip()] = value.strip()
    return found


def files_of(folder: Path, hats: bool) -> list[tuple[str, int, int]]:
    """Files with rows of a catalogue: name below the folder, order and number of the cell (-1 where it is no HATS catalogue).

    Returns
    -------
    list
        In the order of the sky (of the nested scheme), or of names.
    """
    found = []
    for path in sorted((folder / "dataset" if hats else folder).rglob("*")):
        name = path.relative_to(folder).as_posix()
        hidden = any(part.startswith(("_", ".")) for part in Path(name).parts)
        if hidden or path.suffix.lower() not in (".parquet", ".parq", ".pq") or not path.is_file():
            continue
        if not hats:
            found.append((name, -1, -1))
            continue
        match = re.search(r"(?:^|/)Norder=(\d+)/Dir=\d+/Npix=(\d+)(?:\.parquet$|/)", name)
        if match and int(match[1]) <= 29:
            found.append((name, int(match[1]), int(match[2])))
    return sorted(found, key=lambda f: (f[2] << 2 * (29 - f[1]), f[1], f[0]) if hats else (0, 0, f[0]))


def cells_promised(folder: Path) -> set[tuple[int, int]] | None:
    """Cells that ``partition_info.csv`` of a HATS catalogue lists; None where there is none."""
    import csv

    file = folder / "partition_info.csv"
    if not file.is_file():
        return None
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            return {(int(row["Norder"]), int(row["Npix"])) for row in csv.DictReader(stream)}
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        raise InputError(
            f"partition_info.csv of {folder.name} is no list of cells.", remedy="Fetch the catalogue again."
        ) from error


def descriptions_of(folder: Path) -> dict[str, str]:
    """SHA-256 of the files in which a catalogue describes itself."""
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in _DESCRIPTIONS
        if (folder / name).is_file()
    }


def identity_of(descriptions: dict[str, str], files: Iterable[tuple[str, int, int, str]]) -> str:
    """What identifies a catalogue: SHA-256 over its descriptions and, for each file, name, rows, size and digest of the footer."""
    told = [descriptions, sorted(list(f) for f in files)]
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


# --------------------------------------------------------------------------- footers


def opened(path: Path, said: str) -> tuple[Any, int, str]:
    """Open a Parquet file, and give its size and the digest of its footer, all of the same open file.

    Parameters
    ----------
    path : pathlib.Path
    said : str
        What sentences call it.

    Returns
    -------
    pyarrow.parquet.ParquetFile
        To be closed.
    int
        Bytes.
    str
        SHA-256.

    Raises
    ------
    InputError
        Where it is gone, or is no whole Parquet file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        stream = pa.OSFile(str(path))
    except OSError as error:
        raise InputError(
            f"{said} cannot be opened: {error.strerror or _first_line(error)}.",
            remedy="Check that the whole catalogue is there.",
        ) from error
    try:
        size = stream.size()
        stream.seek(max(0, size - 8))
        tail = stream.read(8)
        length = int.from_bytes(tail[:4], "little")
        if tail[4:] != b"PAR1" or length + 12 > size:
            raise InputError(f"{said} is no whole Parquet file.", remedy="Fetch it again.")
        stream.seek(size - 8 - length)
        footer = hashlib.sha256(stream.read(length)).hexdigest()
        stream.seek(0)
        # By the same open file, so that what is read is what was looked at.
        file = pq.ParquetFile(stream, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        stream.close()
        raise InputError(f"{said} is damaged: {_first_line(error)}.", remedy="Fetch it again.") from error
    except InputError:
        stream.close()
        raise
    return file, size, footer


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")[:200]


def extremes(metadata: Any, column: str, groups: Iterable[int] | None = None) -> tuple[float, float] | None:
    """The smallest and the largest value of a column, as the footer says.

    Parameters
    ----------
    metadata : pyarrow.parquet.FileMetaData
    column : str
    groups : iterable of int, optional
        Groups of rows; all of them when not given.

    Returns
    -------
    tuple of float or None
        None where the footer does not say; an empty span (above, below) where no row has a value.
    """
    at = _column_number(metadata, column)
    if at is None:
        return None
    low, high = float("inf"), float("-inf")
    for group in range(metadata.num_row_groups) if groups is None else groups:
        chunk = metadata.row_group(group).column(at)
        said = chunk.statistics
        if chunk.num_values == 0 or (said is not None and said.has_null_count and said.null_count >= chunk.num_values):
            continue
        if said is None or not said.has_min_max or not isinstance(said.min, int | float):
            return None
        if said.min != said.min or said.max != said.max:
            return None
        low, high = min(low, float(said.min)), max(high, float(said.max))
    return low, high


def _column_number(metadata: Any, column: str) -> int | None:
    return next((i for i in range(metadata.num_columns) if metadata.schema.column(i).path == column), None)


def box_of(metadata: Any, ra: str, dec: str, groups: Iterable[int] | None = None, to_degrees: float = 1.0) -> Box:
    """The part of the sky in which the rows of a file, or of groups of them, lie, as far as the footer says."""
    groups = None if groups is None else list(groups)
    nan = float("nan")
    across, up = extremes(metadata, ra, groups), extremes(metadata, dec, groups)
    across = across if across is None or across[0] <= across[1] else None
    up = up if up is None or up[0] <= up[1] else None
    low, high = across or (nan, nan)
    bottom, top = up or (nan, nan)
    return Box(low * to_degrees, high * to_degrees, bottom, top)


def largest(metadata: Any, column: str | None) -> float:
    """The largest magnitude in a column; 0 where there is no column or no value, infinite where the footer does not say."""
    if column is None:
        return 0.0
    span = extremes(metadata, column)
    if span is None:
        return float("inf")
    return max(abs(span[0]), abs(span[1])) if span[0] <= span[1] else 0.0


# --------------------------------------------------------------------------- a catalogue that was looked at before


def partitions_of(catalogue: Catalogue) -> list[Partition]:
    """The files of a catalogue, found where they lie now, after a look at whether its descriptions are the same.

    Raises
    ------
    InputError
        Where the folder is gone, or the catalogue describes itself in other words than when it was looked at.
    """
    import numpy as np

    meta = catalogue.meta
    folder = _where(meta)
    name = str(meta.get("catalogue") or folder.name)
    if descriptions_of(folder) != dict(meta["metadata"]):
        raise changed(name, "its description is another one")
    there = {f for f, _o, _p in files_of(folder, meta["form"] == "HATS")}
    if there - {str(f) for f in catalogue["file"]}:
        raise changed(name, "it has more files")

    def numbers(column: str, missing: float) -> Any:
        values = catalogue[column]
        plain = getattr(values, "unmasked", values)
        plain = np.asarray(getattr(plain, "value", plain), dtype=float)
        return np.where(np.asarray(getattr(values, "mask", np.zeros(len(plain), dtype=bool))), missing, plain)

    nan, inf = float("nan"), float("inf")
    boxes = [numbers(c, nan) for c in ("ra_low", "ra_high", "dec_low", "dec_high")]
    fastest, parallax, velocity = (numbers(c, inf) for c in ("fastest", "largest_parallax", "largest_velocity"))
    return [
        Partition(
            i, str(catalogue["file"][i]), folder / str(catalogue["file"][i]), int(catalogue["rows"][i]), int(catalogue["bytes"][i]),
            str(catalogue["footer_sha256"][i]),
            (int(catalogue["order"][i]), int(catalogue["pixel"][i])) if catalogue.meta["form"] == "HATS" else None, Box(*(float(b[i]) for b in boxes)), float(fastest[i]), float(parallax[i]), float(velocity[i]),
        )
        for i in range(len(catalogue))
    ]  # fmt: skip


def _where(meta: dict[str, Any]) -> Path:
    """The folder of a catalogue: where it was, or below the folder that the environment names."""
    folder = Path(str(meta["folder"]))
    if folder.is_dir():
        return folder
    places = os.environ.get(_PLACES_ENVIRONMENT, "")
    for place in filter(None, places.split(os.pathsep)):
        for there in (Path(place) / folder.name, Path(place) / folder.parent.name / folder.name):
            if there.is_dir():
                return there
    raise InputError(
        f"The catalogue {meta.get('catalogue') or folder.name} is no longer at {folder}.",
        remedy=f"Put it back, or set {_PLACES_ENVIRONMENT} to the folder in which it lies.",
    )


def changed(name: str, why: str) -> InputError:
    """That a catalogue is not the one that was looked at."""
    return InputError(
        f"The catalogue {name} has changed since it was read into the plan: {why}.",
        remedy="Attach it again with a new question.",
    )


@contextmanager
def held_open(file: Any) -> Iterator[Any]:
    """A Parquet file, which is closed behind."""
    try:
        yield file
    finally:
        file.close(force=True)


@contextmanager
def unchanged(partition: Partition, name: str) -> Iterator[Any]:
    """Open a file of a catalogue, which must be the one that was looked at.

    Raises
    ------
    InputError
        Where its size or footer is another one, or it is gone or damaged.
    """
    file, size, footer = opened(partition.path, f"{partition.file} of the catalogue {name}")
    with held_open(file):
        if size != partition.size or footer != partition.footer:
            raise changed(name, f"{partition.file} is not the same file")
        yield file


def chunks(
    file: Any, groups: list[int], columns: list[str], said: str, most: int = _CHUNK_BYTES
) -> Iterator[tuple[Any, Any]]:
    """Groups of rows of a file, some at a time.

    Parameters
    ----------
    file : pyarrow.parquet.ParquetFile
    groups : list of int
        Growing.
    columns : list of str
        Only these are read.
    said : str
        What sentences call the file.
    most : int
        Bytes of these columns, unpacked, at a time; groups that are larger are read in pieces.

    Yields
    ------
    rows : numpy.ndarray of int64
        Numbers of the rows in the file.
    table : pyarrow.Table

    Raises
    ------
    InputError
        Where the file is damaged.
    """
    import numpy as np
    import pyarrow as pa

    meta = file.metadata
    starts = np.cumsum([0] + [meta.row_group(g).num_rows for g in range(meta.num_row_groups)])
    wanted = [i for i in range(meta.num_columns) if meta.schema.column(i).path.split(".")[0] in set(columns)]

    def weight(group: int) -> int:
        return sum(meta.row_group(group).column(i).total_uncompressed_size for i in wanted)

    held: list[int] = []
    try:
        for group in [*groups, None]:
            full = bool(held) and (group is None or sum(map(weight, held)) + weight(group) > most)
            if full:
                yield _rows(starts, held), file.read_row_groups(held, columns=columns, use_threads=False)
                held = []
            if group is None:
                break
            if weight(group) <= most:
                held.append(group)
                continue
            rows = meta.row_group(group).num_rows
            size = max(_FEWEST_ROWS, int(rows * most / weight(group)))
            at = int(starts[group])
            for batch in file.iter_batches(size, row_groups=[group], columns=columns, use_threads=False):
                yield np.arange(at, at + batch.num_rows), pa.Table.from_batches([batch])
                at += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{said} is damaged: {_first_line(error)}.", remedy="Fetch it again.") from error


def _rows(starts: Any, groups: list[int]) -> Any:
    import numpy as np

    return np.concatenate([np.arange(starts[g], starts[g + 1]) for g in groups])


def in_parallel(work: Callable[[Item], Found], items: list[Item]) -> Iterator[Found]:
    """What `work` gives for each item, in order, on as many threads as there are cores, at most eight."""
    from collections import deque
    from concurrent.futures import Future, ThreadPoolExecutor

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = min(cores, _MOST_THREADS, max(1, len(items)))
    if threads == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Found]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
