"""Rows of a catalogue that came more than once, because they lie near several places that were asked about."""

from __future__ import annotations

from typing import Any


def without_repeats(table: Any, ra: str, dec: str, asked_for: str) -> Any:
    """Each row of a catalogue once.

    Parameters
    ----------
    table : astropy.table.QTable
    ra, dec : str
        Columns of the position; rows at different places are not compared any further.
    asked_for : str
        Column with the number of the place that a row was given for, which is removed; may be missing.  Rows that were given for one
        place are different ones, even where nothing tells them apart.

    Returns
    -------
    astropy.table.QTable
        In the order in which rows came first.
    """
    import numpy as np

    if asked_for in table.colnames:
        of = np.asarray(table[asked_for], dtype=np.int64)
        table.remove_column(asked_for)
    else:
        of = np.arange(len(table))
    if not len(table):
        return table
    places = np.stack([_plain(table[name])[0].astype(float) for name in (ra, dec)], axis=1)
    _, group, size = np.unique(places, axis=0, return_inverse=True, return_counts=True)
    several = np.flatnonzero(size[np.ravel(group)] > 1)
    columns = []
    for name in table.colnames:
        values, mask = _plain(table[name][several])
        columns.append([None if m else v for v, m in zip(values.tolist(), mask.tolist(), strict=True)])
    seen: set[tuple[Any, ...]] = set()
    times: dict[tuple[Any, ...], int] = {}
    keep = np.ones(len(table), dtype=bool)
    for row, place, values in zip(several.tolist(), of[several].tolist(), zip(*columns, strict=True), strict=True):
        told = tuple(str(v) if isinstance(v, list) else v for v in values)
        again = times[place, told] = times.get((place, told), 0) + 1
        if (again, told) in seen:
            keep[row] = False
        seen.add((again, told))
    return table if keep.all() else table[keep]


def _plain(column: Any) -> tuple[Any, Any]:
    """Values and masks as plain arrays."""
    import numpy as np

    bare = getattr(column, "unmasked", column)
    values = np.ma.getdata(np.asarray(getattr(bare, "value", bare)))
    mask = np.broadcast_to(np.asarray(getattr(column, "mask", False)), values.shape)
    return values, mask if mask.ndim == 1 else mask.reshape(len(values), -1).all(axis=1)
