"""The columns of two tables side by side, for pairs of their rows."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from gnomon.tools.archives.positions.match_sentences import records_of
from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    from gnomon.tools.kinds import SourceTable

NEW_COLUMNS = {
    "separation": "Angle between the two, at the epoch of the comparison",
    "number_within_radius": "How many of the others lie within the radius of this source",
    "number_of_mates": "How many further sources of this table have the same partner",
}


def joined_tables(
    sources: SourceTable,
    others: SourceTable,
    first: Any,
    other: Any,
    separation: Any,
    within: Any,
    stated: float | None,
    matching: dict[str, Any],
) -> SourceTable:
    """The columns of both, with what was found."""
    import numpy as np
    from astropy import units as u
    from astropy.table import Column
    from astropy.utils.masked import Masked

    mates = np.bincount(other, minlength=len(others))[other] - 1
    if matching["keep"] == "all_sources":
        lone = np.flatnonzero(within == 0)
        order = np.argsort(np.concatenate([first, lone]), kind="stable")
        first = np.concatenate([first, lone])[order]
        other = np.concatenate([other, np.full(len(lone), -1)])[order]
        separation = np.concatenate([separation, np.full(len(lone), np.nan)])[order]
        mates = np.concatenate([mates, np.zeros(len(lone), dtype=mates.dtype)])[order]
    result = sources[first]
    result.meta = deepcopy(dict(sources.meta))
    taken = {name.lower() for name in sources.colnames}
    suffix = re.sub(r"[^0-9a-z]+", "_", str(others.meta.get("catalogue") or "other").lower()).strip("_") or "other"
    called = {name: free_name(name, suffix, taken) for name in others.colnames}
    called_new = {name: free_name(name, suffix, taken) for name in NEW_COLUMNS}
    for name in others.colnames:
        result[called[name]] = _picked(others[name], other, name)
        info = result[called[name]].info
        info.description = others[name].info.description
        info.meta = deepcopy(dict(others[name].info.meta or {}))
    apart = separation * u.arcsec
    result[called_new["separation"]] = Masked(apart, other < 0) if (other < 0).any() else apart
    result[called_new["number_within_radius"]] = Column(within[first].astype(np.int64))
    result[called_new["number_of_mates"]] = Column(mates.astype(np.int64))
    for name, ucd in zip(NEW_COLUMNS, ("pos.angDistance", "meta.number", "meta.number"), strict=True):
        result[called_new[name]].info.description = NEW_COLUMNS[name]
        result[called_new[name]].info.meta = {"ucd": ucd}
    if stated is not None and result.meta["position"].get("epoch") is None:
        result.meta["position"]["epoch"] = float(stated)
    if queries := records_of(sources) + records_of(others):
        result.meta["queries"] = deepcopy(queries)
    position = matching["of_others"]["position"]
    matching["of_others"]["position"] = {
        key: called.get(value, value) if isinstance(value, str) and key != "frame" else value
        for key, value in position.items()
    }
    result.meta["matching"] = {**matching, "columns": called_new, "columns_of_others": called}
    return result


def free_name(name: str, suffix: str, taken: set[str]) -> str:
    """A name that no column has yet, whatever the case of its letters, and notes that it is taken."""
    candidates = [name, f"{name}_{suffix}", *(f"{name}_{suffix}_{n}" for n in range(2, len(taken) + 3))]
    free = next(c for c in candidates if c.lower() not in taken)
    taken.add(free.lower())
    return free


def _picked(column: Any, rows: Any, name: str) -> Any:
    """Rows of a column; masked where the row is -1."""
    import numpy as np
    from astropy import units as u
    from astropy.table import Column, MaskedColumn
    from astropy.utils.masked import Masked

    there = rows >= 0
    if there.all():
        return column[rows]
    if not isinstance(column, u.Quantity | Column):
        raise InputError(
            f"Column {name!r} holds a {type(column).__name__}, which cannot be left empty where there is no match.",
            remedy="Keep only matched sources, or leave the column out.",
        )
    plain = getattr(column, "unmasked", column)
    plain = np.asarray(getattr(plain, "value", plain))
    values = np.zeros((len(rows), *plain.shape[1:]), dtype=plain.dtype)
    values[there] = plain[rows[there]]
    mask = np.ones(values.shape, dtype=bool)
    mask[there] = np.broadcast_to(getattr(column, "mask", False), plain.shape)[rows[there]]
    unit = getattr(column, "unit", None)
    if isinstance(column, u.Quantity) and isinstance(unit, u.UnitBase):
        return Masked(values * unit, mask)
    return MaskedColumn(values, mask=mask, unit=unit)  # magnitudes and the like of astropy have no masks
