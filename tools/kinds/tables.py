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
    """``.ecsv`` up to `ECSV_ROWS` rows, ``.parquet`` beyond and where a text has what ECSV would lose.

    That are outer spaces, several lines, and a ``#`` in front, which makes a comment of the row.
    """
    import numpy as np

    for name in value.colnames:
        texts = np.asarray(value[name]) if getattr(value[name], "dtype", np.dtype("f8")).kind in "US" else ()
        if any(
            str(t) != str(t).strip() or len(str(t).splitlines()) > 1 or str(t).startswith("#") for t in np.ravel(texts)
        ):
            return ".parquet"
    return ".ecsv" if len(value) <= ECSV_ROWS else ".parquet"


def write(value: Table, path: Path) -> None:
    """Write the table with units, masks and metadata."""
    import numpy as np

    if path.suffix == ".ecsv":
        # An empty field is an empty text, so what is masked must say so in a column of its own.
        masked = any(np.any(getattr(value[name], "mask", False)) for name in value.colnames)
        how = {"serialize_method": "data_mask"} if masked else {}
        value.write(path, format="ascii.ecsv", overwrite=True, **how)
    else:
        value.write(path, format="parquet", overwrite=True)


def read(path: Path) -> QTable:
    """Read what `write` wrote; columns with a unit are quantities."""
    from astropy.table import QTable

    if path.suffix != ".ecsv":
        return QTable.read(path, format="parquet")
    text, meta = _metadata_apart(path.read_text())
    table = QTable.read(text, format="ascii.ecsv", fill_values=[])
    table.meta.update(meta)
    return table


def _metadata_apart(text: str) -> tuple[str, dict[str, Any]]:
    """An ECSV file without its metadata, and these, read by libyaml.

    Metadata may be whole documents, for which astropy's reader of YAML, which is in Python, takes eight times as long.  What they say of how columns were
    taken apart (``__serialized_columns__``) stays in the text, for astropy to put them together.  Where libyaml is not there, everything is left to astropy.
    """
    import textwrap

    import yaml  # type: ignore[import-untyped]
    from astropy.io.misc.yaml import AstropyLoader

    if not hasattr(yaml, "CSafeLoader"):
        return text, {}
    lines = text.split("\n")
    rest = next((n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), len(lines))
    told = [line.strip().removeprefix("#") for line in lines[1:rest]]  # without the line that names the format

    class Loader(yaml.CSafeLoader):  # type: ignore[misc]
        """Makes of everything what astropy's loader of headers makes of it."""

        yaml_constructors = {  # noqa: RUF012 - as PyYAML has it
            **AstropyLoader.yaml_constructors,
            "tag:yaml.org,2002:omap": lambda made, node: {
                made.construct_object(key, deep=True): made.construct_object(value, deep=True)
                for pair in node.value
                for key, value in pair.value
            },
        }

    try:
        header = yaml.load(textwrap.dedent("\n".join(line for line in told if line)), Loader=Loader)
        meta = dict(header.pop("meta", {}))
        apart = lines.index("# - __serialized_columns__:") if meta.pop("__serialized_columns__", None) else None
        short = [
            "# %ECSV 1.0",
            "# ---",
            *(f"# {key}: {json.dumps(told, allow_nan=False)}" for key, told in header.items()),
        ]
    except (yaml.YAMLError, AttributeError, TypeError, ValueError):
        return text, {}  # astropy reads it, or says what is wrong
    if apart is not None:
        end = next((n for n in range(apart + 1, rest) if not lines[n].startswith("#   ")), rest)
        short += ["# meta: !!omap", *lines[apart:end]]
    return "\n".join([*short, *lines[rest:]]), meta


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


def plain_array(array: Any, where: str) -> Any:
    """An array in its one form: text as str, numbers little-endian, one bit pattern for every NaN.

    Raises
    ------
    StoreError
        For values that are neither numbers, truth values nor text.
    """
    import numpy as np

    array = np.asarray(array)
    if array.dtype.kind in "US":
        return array.astype(str)
    if array.dtype.kind not in "biuf":
        raise StoreError(
            f"{where} has values of type {array.dtype}, which have no stable form.",
            remedy="Use numbers, truth values or text.",
        )
    array = np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
    if array.dtype.kind == "f" and np.isnan(array).any():
        array = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
    return array


def hash_array(sha: Any, array: Any, where: str) -> None:
    """Feed the values of an array into a hash: little-endian, one bit pattern for every NaN."""
    array = plain_array(array, where)
    sha.update(json.dumps(array.tolist(), ensure_ascii=True).encode() if array.dtype.kind == "U" else array.tobytes())


def parts(value: Table) -> dict[str, Any]:
    """The content of a table as plain arrays and a plain header, for comparing and for hashing.

    Parameters
    ----------
    value : astropy.table.Table
        Columns of numbers, truth values or text, of any shape behind the rows.

    Returns
    -------
    dict
        ``form`` is ``table``.  ``header`` is plain JSON: ``rows``, ``meta`` and ``columns``, for each in order its
        ``name``, ``type`` (``str``, or numpy's name such as ``<f8``), ``shape`` of one row, ``unit`` (``""`` for
        none), and where it has them its ``description`` and ``meta``.  ``columns`` has an array for each name, in that unit, with NaN kept and zero or ``""`` under a mask.
        ``masks`` has an array of bool, true where masked, for each column in which anything is masked.

    Raises
    ------
    StoreError
        For a column or metadata with no stable form.
    """
    import numpy as np

    header: dict[str, Any] = {"rows": len(value), "meta": plain(dict(value.meta), "meta"), "columns": []}
    columns: dict[str, Any] = {}
    masks: dict[str, Any] = {}
    for name in value.colnames:
        column = value[name]
        data = getattr(column, "unmasked", column)
        data = plain_array(getattr(data, "value", data), name)
        kind = "str" if data.dtype.kind == "U" else data.dtype.newbyteorder("<").str
        unit = str(getattr(column, "unit", "") or "")
        told = {"name": name, "type": kind, "shape": list(data.shape[1:]), "unit": unit}
        if description := column.info.description:
            told["description"] = str(description)
        if column.info.meta:  # UCDs
            told["meta"] = plain(dict(column.info.meta), f"{name}.meta")
        header["columns"].append(told)
        mask = getattr(column, "mask", None)
        if mask is not None and np.any(mask):
            masks[name] = np.broadcast_to(mask, data.shape)
            data = np.where(masks[name], np.zeros((), data.dtype), data)  # what lies under a mask is not content
        columns[name] = data
    return {"form": "table", "header": header, "columns": columns, "masks": masks}


def digest(value: Table) -> str:
    """SHA-256 over names, types, units, descriptions, masks, values and metadata; independent of the file format and of byte order."""
    content = parts(value)
    sha = hashlib.sha256()
    sha.update(json.dumps([content["header"], list(content["masks"])], sort_keys=True, ensure_ascii=True).encode())
    for name, data in content["columns"].items():
        if name in content["masks"]:
            hash_array(sha, content["masks"][name], name)
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
