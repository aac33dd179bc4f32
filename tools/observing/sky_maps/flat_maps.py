"""Flat HEALPix maps: their numbering, whether a header is right about it, and joining of pixels that are alike."""

from __future__ import annotations

from typing import Any

from gnomon.tools.errors import InputError

_ROUGHER = 1.5  # a map that is this much rougher as its header says than the other way is the other way
_FINEST = 13  # order of a flat map of 800 million pixels


def order_of_side(side: int, name: str) -> int:
    """Order of a map by its NSIDE.

    Parameters
    ----------
    side : int
        Pixels along a side of one of the twelve base cells.
    name : str
        What errors call the file.

    Returns
    -------
    int

    Raises
    ------
    InputError
        Where it is no power of two, or the map would not fit into memory.
    """
    order = side.bit_length() - 1
    if side < 1 or 1 << order != side:
        raise InputError(f"{name} has NSIDE {side}, which is no power of two.", remedy="Attach a map whose NSIDE is 1, 2, 4, 8, ...")  # fmt: skip
    if order > _FINEST:
        raise InputError(f"{name} has NSIDE {side}, too fine for a flat map.", remedy="Attach the multi-order map of the same event.")  # fmt: skip
    return order


def check_ordering(values: Any, order: int, told: str, name: str) -> None:
    """Find out whether a flat map is in the order that its header claims.

    Neighbours in NESTED order lie together on the sky, so a map that is smooth on the sky differs little within each four.  Taken in the wrong order it is
    torn apart, and differs much.

    Parameters
    ----------
    values : numpy.ndarray of float, shape (12 · 4**order,)
        As in the file.
    order : int
        Of the map.
    told : {"NESTED", "RING"}
        What the header says.
    name : str
        What errors call the file.

    Raises
    ------
    InputError
        Where the map is smooth only in the other order.
    """
    import numpy as np
    from cdshealpix import to_ring

    if order < 3:
        return
    finite = np.where(np.isfinite(values) & (values > 0), values, 0.0)
    as_ring = finite[to_ring(np.arange(len(finite), dtype=np.uint64), order)]
    rough = {
        "NESTED": float(np.ptp(finite.reshape(-1, 4), axis=1).sum()),
        "RING": float(np.ptp(as_ring.reshape(-1, 4), axis=1).sum()),
    }
    other = "RING" if told == "NESTED" else "NESTED"
    if rough[told] > _ROUGHER * rough[other]:
        raise InputError(
            f"The header of {name} says that its pixels are in {told} order, but the map hangs together only in {other} order.",
            remedy=f"Look at the map; say ordering={other.lower()} if that is right, or ordering={told.lower()} to take the header's word.",
        )


def nested_values(values: Any, order: int, told: str, frame: str) -> Any:
    """Values of a flat map in NESTED order on the equatorial sky.

    Parameters
    ----------
    values : numpy.ndarray of float, shape (12 · 4**order,)
        As in the file.
    order : int
        Of the map.
    told : {"NESTED", "RING"}
        Its order.
    frame : {"ICRS", "galactic"}
        Its coordinates.  A galactic map is taken at the centres of equatorial pixels of the same size.

    Returns
    -------
    numpy.ndarray of float, of the same shape
    """
    import numpy as np
    from cdshealpix import to_ring

    everything = np.arange(len(values), dtype=np.uint64)
    if told == "RING":
        values = values[to_ring(everything, order)]
    if frame == "ICRS":
        return values
    from astropy.coordinates import SkyCoord
    from cdshealpix.nested import healpix_to_lonlat, lonlat_to_healpix

    place = SkyCoord(*healpix_to_lonlat(everything, order), frame="icrs").galactic
    return values[lonlat_to_healpix(place.l, place.b, order)]


def joined_cells(order: int, values: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """Join pixels four by four where all their values are the same, as deep as that goes; nothing is lost.

    Parameters
    ----------
    order : int
        Of the flat map.
    values : dict of str to numpy.ndarray, each of shape (12 · 4**order,)
        In NESTED order, without NaN.

    Returns
    -------
    tuple
        Numbers of the cells at their orders, their orders, and their values, in the order of the sky.
    """
    import numpy as np

    pixel = np.arange(12 * 4**order, dtype=np.int64)
    kept: list[tuple[Any, int, dict[str, Any]]] = []
    while True:
        first = np.flatnonzero(pixel[: max(len(pixel) - 3, 0)] % 4 == 0)
        first = first[pixel[first + 3] == pixel[first] + 3] if order else first[:0]
        for value in values.values():
            first = first[(value[first] == value[first + 1]) & (value[first] == value[first + 2]) & (value[first] == value[first + 3])]  # fmt: skip
        alone = np.ones(len(pixel), dtype=bool)
        for step in range(4):
            alone[first + step] = False
        kept.append((pixel[alone], order, {k: v[alone] for k, v in values.items()}))
        if not len(first):
            break
        pixel, order, values = pixel[first] // 4, order - 1, {k: v[first] for k, v in values.items()}
    pixels = np.concatenate([k[0] for k in kept])
    orders = np.concatenate([np.full(len(k[0]), k[1], dtype=np.int64) for k in kept])
    sequence = np.argsort(pixels << (2 * (29 - orders)), kind="stable")
    joined = {name: np.concatenate([k[2][name] for k in kept])[sequence] for name in values}
    return pixels[sequence], orders[sequence], joined
