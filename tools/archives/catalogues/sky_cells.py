"""Cells of the sky (HEALPix, nested), and which cells or boxes lie near which sources.

Górski et al. 2005, HEALPix: A Framework for High-Resolution Discretization and Fast Analysis of Data Distributed on the
Sphere, doi:10.1086/427976.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DEEPEST = 29  # the last order that 64 bits hold
_ARCSEC = 206_264.80624709636  # in a radian
# No cell of order n is narrower than 0.70 / 2**n radians from edge to opposite edge: cdshealpix lists 0.841 for order 0 down to
# 0.711 times that from order 7 on (its table of smallest distances from edge to opposite edge).
_NARROWEST = 0.70
_TABLE = 2**24  # cells
_BLOCK = 100_000  # sources


@dataclass(frozen=True)
class Box:
    """A part of the sky between two declinations and, going east, two right ascensions, degrees; NaN where it is not known."""

    ra_low: float
    ra_high: float
    dec_low: float
    dec_high: float


def cells_of(ra: Any, dec: Any, order: int) -> Any:
    """The cell in which each position lies.

    Parameters
    ----------
    ra, dec : numpy.ndarray of float
        Degrees, all finite, declinations within 90.
    order : int
        From 0 to 29.

    Returns
    -------
    numpy.ndarray of int64
        Numbers in the nested scheme.
    """
    import numpy as np
    from astropy import units as u
    from astropy.coordinates import Latitude, Longitude
    from cdshealpix.nested import lonlat_to_healpix

    if not len(ra):
        return np.empty(0, dtype=np.int64)
    lon, lat = Longitude(np.mod(ra, 360.0), u.deg), Latitude(np.asarray(dec, dtype=float), u.deg)
    return np.asarray(lonlat_to_healpix(lon, lat, order, num_threads=1)).astype(np.int64)


def span_of(order: Any, pixel: Any) -> tuple[Any, Any]:
    """The first cell of order 29 in a cell, and the first one behind it.

    Parameters
    ----------
    order, pixel : int or numpy.ndarray of int64

    Returns
    -------
    start, end : numpy.ndarray of int64
    """
    import numpy as np

    shift = 2 * (DEEPEST - np.asarray(order, dtype=np.int64))
    pixel = np.asarray(pixel, dtype=np.int64)
    return pixel << shift, (pixel + 1) << shift


def cells_near(ra: Any, dec: Any, reach: Any, starts: Any, ends: Any) -> tuple[Any, Any]:
    """Which cells of a list a circle around each source may touch; never one too few, now and then one too many.

    Parameters
    ----------
    ra, dec : numpy.ndarray of float
        Degrees, all finite.
    reach : numpy.ndarray of float
        Arcseconds.
    starts, ends : numpy.ndarray of int64
        Cells as of `span_of`, in order, none inside another.

    Returns
    -------
    source, cell : numpy.ndarray of int
        Places in `ra` and in `starts`, each pair once, in the order of the cells, then of the sources.

    Notes
    -----
    A circle that is narrower than a cell lies in that cell and the eight around it; those of the deepest order of which that
    holds are looked up.
    """
    import numpy as np
    from cdshealpix.nested import neighbours

    found: list[Any] = []
    orders = _orders(reach)
    for order in np.unique(orders):
        same = np.flatnonzero(orders == order)
        if order >= 0 and len(same) > _BLOCK:  # nine cells of each source at once would fill a memory
            for start in range(0, len(same), _BLOCK):
                some = same[start : start + _BLOCK]
                near, cell = cells_near(ra[some], dec[some], reach[some], starts, ends)
                found.append(np.stack([some[near], cell]))
            continue
        rows = same
        if order < 0:  # a circle of that size may touch any cell
            found.append(np.stack([np.repeat(rows, len(starts)), np.tile(np.arange(len(starts)), len(rows))]))
            continue
        own = cells_of(ra[rows], dec[rows], int(order))
        # Deep inside a cell of the list its neighbours are in the same one, which the bits of its number tell.
        widths = np.unique(ends - starts)
        coarse = int(order) - min(DEEPEST - (int(widths[0]).bit_length() - 1) // 2, int(order)) if len(widths) else 0
        border = _on_border(own, coarse)
        inner, outer = np.flatnonzero(~border), np.flatnonzero(border)
        around = np.asarray(neighbours(own[outer].astype(np.uint64), int(order), num_threads=1)).astype(np.int64)
        source = np.concatenate([rows[inner], np.repeat(rows[outer], 9)])
        cell = np.concatenate([own[inner], around.ravel()])
        there = cell >= 0  # eight cells of each order have seven neighbours
        found.append(_overlapping(source[there], *span_of(order, cell[there]), starts, ends))
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    source, cell = np.concatenate(found, axis=1)
    pairs = np.unique(cell * np.int64(len(ra) + 1) + source)
    return pairs % (len(ra) + 1), pairs // (len(ra) + 1)


def cells_around(ra: Any, dec: Any, reach: Any) -> dict[int, Any]:
    """The cells in which circles around some places lie, by their order; -1 for circles that no cell is wide enough for.

    Parameters
    ----------
    ra, dec : numpy.ndarray of float
        Degrees, all finite.
    reach : numpy.ndarray of float
        Arcseconds.
    """
    import numpy as np
    from cdshealpix.nested import neighbours

    orders = _orders(reach)
    found: dict[int, Any] = {}
    for order in np.unique(orders):
        these = orders == order
        if order < 0:
            found[-1] = np.empty(0, dtype=np.int64)
            continue
        own = cells_of(ra[these], dec[these], int(order)).astype(np.uint64)
        around = np.asarray(neighbours(own, int(order), num_threads=1)).astype(np.int64).ravel()
        found[int(order)] = around[around >= 0]
    return found


def rows_in(cells: Any, around: dict[int, Any]) -> Any:
    """Which rows lie in any of the cells of `cells_around`, or in one a little larger.

    Parameters
    ----------
    cells : numpy.ndarray of int64
        Of the rows, of order 29; -1 where a row has no position.
    around : dict
        As of `cells_around`.

    Returns
    -------
    numpy.ndarray of bool
    """
    import numpy as np

    near = np.zeros(len(cells), dtype=bool)
    there = cells >= 0
    if not around or not there.any():
        return near
    if -1 in around:
        return there
    low, high = int(cells[there].min()), int(cells.max())
    # A table of all cells between the first and the last row, as fine as a small memory allows: looking up is then quick.
    finest = max(around)
    while finest > 0 and (high >> 2 * (DEEPEST - finest)) - (low >> 2 * (DEEPEST - finest)) >= _TABLE:
        finest -= 1
    for order in sorted({min(o, finest) for o in around}):
        shift = 2 * (DEEPEST - order)
        first, many = low >> shift, (high >> shift) - (low >> shift) + 1
        marked = np.zeros(many, dtype=bool)
        for own, these in around.items():
            if min(own, finest) == order:
                at = (these >> 2 * (own - order)) - first
                marked[at[(at >= 0) & (at < many)]] = True
        if marked.any():
            near |= marked[np.where(there, (cells >> shift) - first, 0)]
    return near & there


def _orders(reach: Any) -> Any:
    """For each circle the deepest order whose cells are wider than it; -1 where none is."""
    import numpy as np

    deepest = np.floor(np.log2(_NARROWEST * _ARCSEC / np.maximum(np.asarray(reach, dtype=float), 1e-9)))
    return np.clip(deepest, -1, DEEPEST).astype(int)


def _on_border(cell: Any, levels: int) -> Any:
    """Whether cells lie on the border of the one that holds them so many orders above."""
    import numpy as np

    if levels <= 0:
        return np.ones(len(cell), dtype=bool)
    mask = np.int64(4**levels - 1)
    x, y = mask & np.int64(0x5555555555555555), mask & np.int64(0x2AAAAAAAAAAAAAAA)
    return (cell & x == 0) | (cell & x == x) | (cell & y == 0) | (cell & y == y)


def _overlapping(source: Any, low: Any, high: Any, starts: Any, ends: Any) -> Any:
    """Each source with each cell of the list that shares something with its own span."""
    import numpy as np

    first = np.searchsorted(ends, low, side="right")
    count = np.searchsorted(starts, high, side="left") - first
    some = np.flatnonzero(count > 0)
    first, count, source = first[some], count[some], source[some]
    cell = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(count.sum())
    return np.stack([np.repeat(source, count), cell])


def near_box(ra: Any, dec: Any, reach: Any, box: Box) -> Any:
    """Whether a circle around each source may touch a box.

    Parameters
    ----------
    ra, dec : numpy.ndarray of float
        Degrees.
    reach : numpy.ndarray of float
        Arcseconds.
    box : Box

    Returns
    -------
    numpy.ndarray of bool
        Never false for a circle that does.
    """
    import numpy as np

    far = np.asarray(reach, dtype=float) / 3600.0 * (1.0 + 1e-9) + 1e-9
    near = np.ones(len(ra), dtype=bool)
    if np.isfinite(box.dec_low + box.dec_high):
        near &= (dec >= box.dec_low - far) & (dec <= box.dec_high + far)
    if np.isfinite(box.ra_low + box.ra_high) and near.any():
        # Half the width in right ascension of a circle; all the way round where a pole is in it.
        sine = np.sin(np.radians(np.minimum(far, 90.0))) / np.maximum(np.cos(np.radians(dec)), 1e-300)
        half = np.where(sine >= 1.0 - 1e-9, 180.0, np.degrees(np.arcsin(np.minimum(sine, 1.0))) * (1.0 + 1e-9) + 1e-9)
        width = box.ra_high - box.ra_low + 2.0 * half
        near &= (width >= 360.0) | (np.mod(ra - (box.ra_low - half), 360.0) <= width)
    return near
