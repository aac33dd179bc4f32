"""Tables that memory does not hold, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np

_CSV_BLOCK = 1 << 22  # bytes read at once


def columns_in_chunks(
    path: Path, rows: int, together: str | None = None, columns: Sequence[str] | None = None
) -> Iterator[dict[str, np.ndarray]]:
    """Columns of a Parquet or CSV file, about `rows` rows at a time.

    Parameters
    ----------
    path : pathlib.Path
        Of the file.
    rows : int
        At a time, or a few more.
    together : str, optional
        Name of a column; neighbouring rows that agree in it are not parted, so that an object whose rows stand together stays whole.
    columns : sequence of str, optional
        Only these, where the file has them.

    Yields
    ------
    dict of str to ndarray
        Numbers with NaN where one is missing, or text.

    Raises
    ------
    InputError
        Where the file is neither, is broken, or rows of one object stand apart.
    """
    import numpy as np

    held: dict[str, np.ndarray] | None = None
    seen: set[Any] = set()
    for part in _parts(path, rows, columns):
        if together is not None and together not in part:
            raise InputError(f"{path.name} has no column {together!r}.", remedy="Name the column that says which object a row is of.")  # fmt: skip
        held = part if held is None else {k: np.concatenate([held[k], part[k]]) for k in part}
        count = len(next(iter(held.values())))
        if count < rows:
            continue
        cut = count
        if together is not None:
            key = held[together]
            # The last object may go on in the next part of the file.
            changes = np.flatnonzero(key[1:] != key[:-1])
            cut = int(changes[-1]) + 1 if len(changes) else 0
        if cut:
            now = {k: v[:cut] for k, v in held.items()}
            held = {k: v[cut:] for k, v in held.items()}
            _refuse_parted(path, now, together, seen)
            yield now
    if held is not None and len(next(iter(held.values()))):
        _refuse_parted(path, held, together, seen)
        yield held


def _refuse_parted(path: Path, now: dict[str, np.ndarray], together: str | None, seen: set[Any]) -> None:
    """Refuse an object whose rows came before: it would be told of twice, each time from a part of its data."""
    import numpy as np

    if together is None:
        return
    here = set(np.unique(now[together]).tolist())
    again = here & seen
    if again:
        raise InputError(
            f"Rows of {len(again)} objects of {path.name} stand apart from each other (the first is {min(map(str, again))}).",
            remedy=f"Sort the file by {together}.",
        )
    seen |= here


def _parts(path: Path, rows: int, columns: Sequence[str] | None) -> Iterator[dict[str, np.ndarray]]:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    if not path.is_file():
        raise InputError(f"There is no file {path.name}.", remedy="Check the name.")
    try:
        if _starts(path, b"PAR1"):
            with pyarrow.parquet.ParquetFile(path) as file:
                wanted = None if columns is None else [c for c in columns if c in file.schema_arrow.names]
                for batch in file.iter_batches(batch_size=rows, columns=wanted):
                    yield _arrays(batch)
            return
        with pyarrow.csv.open_csv(
            path, read_options=pyarrow.csv.ReadOptions(block_size=_CSV_BLOCK),
            convert_options=pyarrow.csv.ConvertOptions(null_values=["", "NaN", "nan", "null", "NULL", "--"]),
        ) as reader:  # fmt: skip
            for batch in reader:
                kept = _arrays(batch)
                yield kept if columns is None else {k: v for k, v in kept.items() if k in columns}
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"{path.name} cannot be read as Parquet or CSV: {str(error).splitlines()[0]}.",
            remedy="Write it as Parquet, or as CSV with a header and commas.",
        ) from error


def _starts(path: Path, mark: bytes) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(mark)) == mark


def _arrays(batch: Any) -> dict[str, np.ndarray]:
    import numpy as np
    import pyarrow as pa

    out = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_integer(column.type) and column.null_count == 0:
            out[name] = column.to_numpy(zero_copy_only=False)
        elif pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            out[name] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        elif pa.types.is_boolean(column.type) or pa.types.is_string(column.type) or pa.types.is_large_string(column.type):  # fmt: skip
            out[name] = np.array(["" if v is None else str(v) for v in column.to_pylist()], dtype=object)
        elif pa.types.is_dictionary(column.type):
            out[name] = np.array([str(v) for v in column.to_pylist()], dtype=object)
    return out
