"""Cells of a multi-order HEALPix map: which part of the sky each one is, and which one a position lies in.

A cell is numbered UNIQ = 4 · 4**order + its number in the NESTED scheme (Fernique et al. 2014, IVOA MOC 1.0, 2014ivoa.spec.0602F; HEALPix: Górski et
al. 2005, doi:10.1086/427976).  At order 29, the deepest one, a cell of any order is a run of consecutive numbers, which makes looking up a search.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from gnomon.tools.errors import InputError

DEEPEST = 29
SQUARE_DEGREES = (180.0 / math.pi) ** 2  # of a steradian
_DISTANCES = ("distmu", "distsigma", "distnorm")


@dataclass(frozen=True)
class SkyCells:
    """A sky map as plain arrays, one entry a cell, in the order of the sky (NESTED).

    Parameters
    ----------
    order, pixel, start : numpy.ndarray of int, shape (n,)
        Order, number at this order, and first number at order 29.
    ra, dec : numpy.ndarray of float, shape (n,)
        Centres [deg, ICRS].
    area : numpy.ndarray of float, shape (n,)
        Steradians.
    density : numpy.ndarray of float, shape (n,)
        Probability per steradian.
    distmu, distsigma, distnorm : numpy.ndarray of float, shape (n,), or None
        Location and scale [Mpc] and norm [1/Mpc2] of the distance along the line of sight (Singer et al. 2016, doi:10.3847/2041-8205/829/1/L15).
    """

    order: Any
    pixel: Any
    start: Any
    ra: Any
    dec: Any
    area: Any
    density: Any
    distmu: Any = None
    distsigma: Any = None
    distnorm: Any = None

    @property
    def probability(self) -> Any:
        """Probability in each cell."""
        return self.density * self.area

    @property
    def has_distance(self) -> bool:
        """Whether the map says how far."""
        return self.distmu is not None


def order_of(uniq: Any) -> Any:
    """Order of cells by their UNIQ numbers.

    Parameters
    ----------
    uniq : numpy.ndarray of int
        At least 4.

    Returns
    -------
    numpy.ndarray of int
    """
    import numpy as np

    # Not by logarithms, which round a number just below a power of four up to it.
    bounds = np.array([4 * 4**o for o in range(DEEPEST + 1)], dtype=np.int64)
    return np.searchsorted(bounds, np.asarray(uniq, dtype=np.int64), side="right") - 1


def area_of(order: Any) -> Any:
    """Area of a cell of an order [sr]."""
    import numpy as np

    return math.pi / 3.0 / 4.0 ** np.asarray(order, dtype=float)


def centres_of(order: Any, pixel: Any) -> tuple[Any, Any]:
    """Where the middles of cells are.

    Parameters
    ----------
    order, pixel : numpy.ndarray of int, shape (n,)
        Cells in the NESTED scheme.

    Returns
    -------
    tuple of numpy.ndarray
        Right ascensions and declinations in degrees.
    """
    import numpy as np
    from cdshealpix.nested import healpix_to_lonlat

    ra, dec = np.empty(len(pixel)), np.empty(len(pixel))
    for depth in np.unique(order):
        chosen = order == depth
        longitude, latitude = healpix_to_lonlat(np.asarray(pixel[chosen], dtype=np.uint64), int(depth))
        ra[chosen], dec[chosen] = longitude.to_value("deg"), latitude.to_value("deg")
    return ra, dec


def vectors_of(ra: Any, dec: Any) -> Any:
    """Unit vectors of positions in degrees, shape (n, 3)."""
    import numpy as np

    a, d = np.radians(np.asarray(ra, dtype=float)), np.radians(np.asarray(dec, dtype=float))
    return np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], axis=-1)


def separations(ra: float, dec: float, others_ra: Any, others_dec: Any) -> Any:
    """Angles between a position and others, all in degrees; exact for small angles too."""
    import numpy as np

    chord = np.linalg.norm(vectors_of(others_ra, others_dec) - vectors_of(ra, dec), axis=-1)
    return np.degrees(2.0 * np.arcsin(np.minimum(chord / 2.0, 1.0)))


def cells_of(sky_map: Any) -> SkyCells:
    """The cells of a sky map, with their places and areas.

    Parameters
    ----------
    sky_map : SkyMap
        With ``uniq``, ``probdensity`` and perhaps ``distmu``, ``distsigma``, ``distnorm``.

    Returns
    -------
    SkyCells

    Raises
    ------
    InputError
        Where cells are none, lie over each other, or a density is no number.
    """
    import numpy as np

    uniq = np.asarray(getattr(sky_map["uniq"], "value", sky_map["uniq"]), dtype=np.int64)
    density = np.asarray(sky_map["probdensity"].to_value("1/sr"), dtype=float)
    check_cells(uniq, "The sky map")
    if not (np.isfinite(density).all() and (density >= 0).all()):
        raise InputError("The sky map has densities that are negative or no numbers.", remedy="Read it anew from its file.")  # fmt: skip
    order = order_of(uniq)
    pixel = uniq - (np.int64(4) << (2 * order))
    start = pixel << (2 * (DEEPEST - order))
    sequence = np.argsort(start, kind="stable")
    ra, dec = centres_of(order, pixel)
    far: dict[str, Any] = {}
    if all(name in sky_map.colnames for name in _DISTANCES):
        for name, unit in zip(_DISTANCES, ("Mpc", "Mpc", "1/Mpc2"), strict=True):
            far[name] = np.asarray(sky_map[name].to_value(unit), dtype=float)[sequence]
    return SkyCells(order[sequence], pixel[sequence], start[sequence], ra[sequence], dec[sequence], area_of(order)[sequence], density[sequence], **far)  # fmt: skip


def check_cells(uniq: Any, name: str) -> None:
    """Find out whether UNIQ numbers are cells, of which no two lie over each other.

    Parameters
    ----------
    uniq : numpy.ndarray of int
        Numbers of cells.
    name : str
        What errors call the map.

    Raises
    ------
    InputError
        Where they are not.
    """
    import numpy as np

    if not len(uniq):
        raise InputError(f"{name} has no cells.", remedy="Attach a sky map with at least one row.")
    if int(uniq.min()) < 4 or int(uniq.max()) >= 16 * 4**DEEPEST:
        raise InputError(
            f"{name} has UNIQ numbers that no HEALPix cell has ({int(uniq.min())} to {int(uniq.max())}).",
            remedy="Get the file again; it may be damaged, or its first column may be something else.",
        )
    order = order_of(uniq)
    start = (uniq - (np.int64(4) << (2 * order))) << (2 * (DEEPEST - order))
    sequence = np.argsort(start, kind="stable")
    ends = start[sequence] + (np.int64(1) << (2 * (DEEPEST - order[sequence])))
    if (start[sequence][1:] < ends[:-1]).any():
        raise InputError(f"{name} has cells that lie over each other.", remedy="Get the file again; parts of the sky would count twice.")  # fmt: skip


def cell_at(cells: SkyCells, ra: Any, dec: Any) -> Any:
    """Which cell positions lie in.

    Parameters
    ----------
    cells : SkyCells
        Of a map.
    ra, dec : numpy.ndarray of float, shape (m,)
        Degrees, ICRS; NaN lies in no cell.

    Returns
    -------
    numpy.ndarray of int, shape (m,)
        Row of each; -1 where the map has no cell.
    """
    import numpy as np
    from astropy.coordinates import Latitude, Longitude
    from cdshealpix.nested import lonlat_to_healpix

    ra, dec = np.atleast_1d(np.asarray(ra, dtype=float)), np.atleast_1d(np.asarray(dec, dtype=float))
    good = np.isfinite(ra) & (np.abs(dec) <= 90.0)
    found = np.full(len(ra), -1)
    if good.any():
        deep = lonlat_to_healpix(Longitude(ra[good], unit="deg"), Latitude(dec[good], unit="deg"), DEEPEST).astype(np.int64)  # fmt: skip
        row = np.searchsorted(cells.start, deep, side="right") - 1
        inside = (row >= 0) & (deep < cells.start[row] + (np.int64(1) << (2 * (DEEPEST - cells.order[row]))))
        found[good] = np.where(inside, row, -1)
    return found
