"""Tables: stored as ECSV where people may want to read them, as Parquet where they are long."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import StoreError

if TYPE_CHECKING:
    from astropy.table import QTable, Table

    from gnomon.tools.kinds import KindInfo

# ECSV is plain text and reads back slowly: about 0.1 s for 20 000 rows, 6 s for a million.
ECSV_ROWS = 20_000


def suffix(value: Table) -> str:
    """``.ecsv`` up to `ECSV_ROWS` rows, ``.parquet`` beyond."""
    return ".ecsv" if len(value) <= ECSV_ROWS else ".parquet"


def write(value: Table, path: Path) -> None:
    """Write the table with units, masks and metadata."""
    if path.suffix == ".ecsv":
        value.write(path, format="ascii.ecsv", overwrite=True)
    else:
        value.write(path, format="parquet", overwrite=True)


def read(path: Path) -> QTable:
    """Read what `write` wrote; columns with a unit are quantities."""
    from astropy.table import QTable

    if path.suffix == ".ecsv":
        return QTable.read(path, format="ascii.ecsv")
    return QTable.read(path, format="parquet")


def plain(value: Any, where: str) -> Any:
    """JSON form of a metadata value; a non-finite number becomes a string, anything else that JSON cannot say is refused."""
    import numpy as np

    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value) if abs(int(value)) < 2**53 else str(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else repr(float(value))
    if isinstance(value, dict):
        return {str(k): plain(v, f"{where}.{k}") for k, v in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(v, f"{where}[{i}]") for i, v in enumerate(value)]
    raise StoreError(
        f"{where} holds a {type(value).__name__}, which has no stable form.",
        remedy="Put plain numbers and text into the metadata.",
    )


def hash_array(sha: Any, array: Any, where: str) -> None:
    """Feed the values of an array into a hash: little-endian, one bit pattern for every NaN."""
    import numpy as np

    array = np.asarray(array)
    if array.dtype.kind in "US":
        sha.update(json.dumps(array.astype(str).tolist(), ensure_ascii=True).encode())
        return
    if array.dtype.kind not in "biuf":
        raise StoreError(
            f"{where} has values of type {array.dtype}, which have no stable form.",
            remedy="Use numbers, truth values or text.",
        )
    array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    if array.dtype.kind == "f" and np.isnan(array).any():
        array = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
    sha.update(array.tobytes())


def digest(value: Table) -> str:
    """SHA-256 over names, types, units, masks, values and metadata; independent of the file format and of byte order."""
    import numpy as np

    sha = hashlib.sha256()
    header: dict[str, Any] = {"rows": len(value), "meta": plain(dict(value.meta), "meta"), "columns": []}
    for name in value.colnames:
        column = value[name]
        data = np.asarray(getattr(column, "value", column))
        kind = "str" if data.dtype.kind in "US" else data.dtype.newbyteorder("<").str
        header["columns"].append(
            {"name": name, "type": kind, "shape": list(data.shape[1:]), "unit": str(getattr(column, "unit", "") or "")}
        )
    sha.update(json.dumps(header, sort_keys=True, ensure_ascii=True).encode())
    for name in value.colnames:
        column = value[name]
        mask = getattr(column, "mask", None)
        data = getattr(column, "unmasked", column)
        data = np.asarray(getattr(data, "value", data))
        if mask is not None and np.any(mask):
            mask = np.broadcast_to(mask, data.shape)
            hash_array(sha, mask, name)
            data = np.where(mask, np.zeros((), data.dtype), data)  # what lies under a mask is not content
        hash_array(sha, data, name)
    return sha.hexdigest()


def preview(value: Table) -> str:
    """Rows and columns with units."""
    columns = ", ".join(
        f"{n} [{u}]" if (u := str(getattr(value[n], "unit", "") or "")) else n for n in value.colnames[:8]
    )
    more = f" and {len(value.colnames) - 8} more" if len(value.colnames) > 8 else ""
    return f"{len(value)} rows: {columns}{more}"


def check(value: Any, kind: KindInfo) -> str | None:
    """Whether the container, the columns and their units are those of the kind."""
    from astropy.table import Table
    from astropy.units import Unit

    if not isinstance(value, Table):
        return f"a {kind.name} must be an astropy table, and this is a {type(value).__name__}"
    for name, unit in kind.columns:
        if name not in value.colnames:
            return f"a {kind.name} must have a column {name!r}; it has {', '.join(value.colnames) or 'none'}"
        if unit is not None:
            given = getattr(value[name], "unit", None)
            if given is None or not Unit(given).is_equivalent(Unit(unit)):
                return f"column {name!r} of a {kind.name} must be in {unit} or what converts to it, and its unit is {given}"
    return None
