"""Columns of Parquet files and Arrow tables, kept exactly, with what the file says of them.

Units, UCDs and descriptions are taken from where writers put them: the metadata of each field (``unit``, ``ucd``, ``description``), astropy's
``table_meta_yaml``, and the VOTable header of VOParquet (https://www.ivoa.net/documents/Notes/VOParquet/).
"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from gnomon.tools.archives.tables.vo_tables import kept_column

if TYPE_CHECKING:
    from collections.abc import Iterable

_VOPARQUET = b"IVOA.VOTable-Parquet.content"
_ASTROPY = b"table_meta_yaml"


def kept_arrow(values: Any) -> tuple[Any, Any]:
    """Values of an Arrow column and where there is none.

    Parameters
    ----------
    values : pyarrow.ChunkedArray

    Returns
    -------
    data : numpy.ndarray
        Whole numbers stay whole (64-bit identifiers never pass through floats); dates, decimals, lists and structures become text.
    mask : numpy.ndarray of bool
        True where the file has no value.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.types as kinds

    mask = np.asarray(values.is_null())
    kind = values.type
    if kinds.is_dictionary(kind):
        values = values.cast(kind.value_type)
        kind = values.type
    if kinds.is_boolean(kind):
        return np.asarray(values.fill_null(False)), mask
    if kinds.is_integer(kind):
        return np.asarray(values.fill_null(0)), mask
    if kinds.is_floating(kind):
        data = np.asarray(values.cast(pa.float32()) if kinds.is_float16(kind) else values)
        return np.where(mask, np.nan, data.astype(data.dtype, copy=False)) if mask.any() else data, mask
    if kinds.is_null(kind):
        return np.full(len(values), "", dtype="U1"), mask
    if kinds.is_binary(kind) or kinds.is_large_binary(kind) or kinds.is_fixed_size_binary(kind):
        texts = [(v or b"").decode("utf-8", "replace") for v in values.to_pylist()]
    elif kinds.is_string(kind) or kinds.is_large_string(kind):
        texts = values.fill_null("").to_pylist()
    elif kinds.is_nested(kind):
        texts = ["" if v is None else json.dumps(v, default=str) for v in values.to_pylist()]
    else:
        texts = values.cast(pa.string()).fill_null("").to_pylist()
    return (np.array(texts, dtype=str) if texts else np.array([], dtype="U1")), mask


def kept_from_arrow(table: Any, told: dict[str, dict[str, str]]) -> tuple[Any, list[str]]:
    """An Arrow table as a table with units, UCDs, descriptions and masks.

    Parameters
    ----------
    table : pyarrow.Table
    told : dict
        For columns ``unit``, ``ucd`` and ``description``, as `told_of` gives them.

    Returns
    -------
    astropy.table.QTable
    list of str
        Columns with a unit that is not known, and that unit.
    """
    from astropy.table import QTable

    kept = QTable()
    strange: list[str] = []
    for name in table.column_names:
        data, mask = kept_arrow(table.column(name))
        unit_in_file = add_column(kept, name, data, mask, told.get(name, {}))
        if unit_in_file:
            strange.append(f"{name} [{unit_in_file}]")
    return kept, strange


def add_column(table: Any, name: str, data: Any, mask: Any, told: dict[str, str]) -> str:
    """Add a column with what is told of it, and give its unit as text where that is not known."""
    from astropy.table import Column, MaskedColumn

    unit = known_unit(told.get("unit", ""))
    raw = MaskedColumn(data, mask=mask, unit=unit) if mask.any() else Column(data, unit=unit)
    table[name], unit_in_file = kept_column(raw)
    info = table[name].info
    info.description = " ".join(told.get("description", "").split()) or None
    info.meta = {"ucd": told["ucd"]} if told.get("ucd") else {}
    if unit_in_file:
        info.meta["unit_in_reply"] = unit_in_file
    return unit_in_file


def known_unit(text: str) -> Any:
    """The unit that a text means, in the way in which the Virtual Observatory, the CDS, FITS or astropy write units; None for none."""
    from astropy import units as u

    text = text.strip()
    if not text or text.lower() in ("-", "--", "---", "none", "null"):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for form in ("vounit", "cds", "fits", "generic"):
            try:
                return u.Unit(text, format=form)
            except (ValueError, TypeError):
                continue
    return u.Unit(text, parse_strict="silent")


def told_of(schema: Any) -> dict[str, dict[str, str]]:
    """What a schema says of its columns.

    Parameters
    ----------
    schema : pyarrow.Schema

    Returns
    -------
    dict
        For each column that something is said of ``unit``, ``ucd`` and ``description``, as far as it is said.
    """
    found: dict[str, dict[str, str]] = {}
    whole = schema.metadata or {}
    if _VOPARQUET in whole:
        _add(found, _in_votable(whole[_VOPARQUET]))
    if _ASTROPY in whole:
        _add(found, _in_yaml(whole[_ASTROPY]))
    for field in schema:
        said = {k.decode("utf-8", "replace").lower(): v.decode("utf-8", "replace") for k, v in (field.metadata or {}).items()}  # fmt: skip
        _add(found, [(field.name, {k: said[k] for k in ("unit", "ucd", "description") if said.get(k)})])
    return found


def meta_of(schema: Any) -> dict[str, Any]:
    """Metadata of the whole table that astropy or others put into a Parquet file."""
    whole = schema.metadata or {}
    meta: dict[str, Any] = {k.decode("utf-8", "replace"): v.decode("utf-8", "replace") for k, v in whole.items() if len(v) < 1000}  # fmt: skip
    if _ASTROPY in whole:
        header = _yaml(whole[_ASTROPY])
        meta.update({k: v for k, v in dict(header.get("meta") or {}).items() if not str(k).startswith("__")})
    return meta


def with_masks(table: Any) -> Any:
    """An Arrow table in which astropy's columns ``x.mask`` are nulls of ``x``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if _ASTROPY not in (table.schema.metadata or {}):
        return table
    names = set(table.column_names)
    for name in [n for n in table.column_names if n.endswith(".mask") and n[: -len(".mask")] in names]:
        column = table.column(name)
        if not pa.types.is_boolean(column.type):
            continue
        plain = name[: -len(".mask")]
        at = table.column_names.index(plain)
        masked = pc.if_else(column, pa.scalar(None, table.column(plain).type), table.column(plain))
        table = table.set_column(at, table.schema.field(plain), masked).drop_columns([name])
    return table


def _add(found: dict[str, dict[str, str]], more: Iterable[tuple[str, dict[str, str]]]) -> None:
    for name, said in more:
        if said:
            found.setdefault(name, {}).update(said)


def _yaml(content: bytes) -> dict[str, Any]:
    from astropy.table import meta

    try:
        return dict(meta.get_header_from_yaml(content.decode("utf-8", "replace").splitlines()))
    except (ValueError, TypeError, KeyError, meta.YamlParseError):
        return {}  # what cannot be read says nothing of units, which are then missing and told so


def _in_yaml(content: bytes) -> list[tuple[str, dict[str, str]]]:
    told = []
    for column in _yaml(content).get("datatype", []):
        said = {k: str(column[k]) for k in ("unit", "description") if column.get(k)}
        meta = column.get("meta") or {}
        if isinstance(meta, dict) and meta.get("ucd"):
            said["ucd"] = str(meta["ucd"])
        told.append((str(column.get("name", "")), said))
    return told


def _in_votable(content: bytes) -> list[tuple[str, dict[str, str]]]:
    from gnomon.tools.errors import InputError
    from gnomon.tools.reading.votable_files import parsed_votable

    try:
        fields = parsed_votable(content, "the header").get_first_table().fields
    except (InputError, IndexError):
        return []
    return [
        (str(f.name), {k: str(v) for k, v in (("unit", f.unit), ("ucd", f.ucd), ("description", f.description)) if v})
        for f in fields
    ]
