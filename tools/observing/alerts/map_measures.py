"""What a sky map that came with an alert says at once: how large it is, and how far away."""

from __future__ import annotations

import io
import warnings
import zlib
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.reading.column_tables import BROKEN_CONTENT

_MOST_BYTES = (
    512 * 2**20
)  # unpacked; the largest flat maps in use (nside 2048, four columns of doubles) have 1.6 GB and are not sent in notices
_LEVEL = 0.9


def unpacked_map(content: bytes) -> bytes:
    """The bytes of a FITS file, unpacked where they are gzipped.

    Raises
    ------
    InputError
        Where they are no FITS file, or too many.
    """
    if content[:2] == b"\x1f\x8b":
        unpacking = zlib.decompressobj(wbits=31)
        try:
            content = unpacking.decompress(content, _MOST_BYTES)
        except zlib.error as error:
            raise InputError("The sky map is cut or broken.", remedy="Ask its sender.") from error
        if not unpacking.eof and not unpacking.unconsumed_tail:
            raise InputError("The sky map is cut or broken.", remedy="Ask its sender.")
        if unpacking.unconsumed_tail:
            raise InputError("The sky map is larger than 512 MB.", remedy="Ask its sender for a multi-order map.")
    if content[:30].replace(b" ", b"")[:9] != b"SIMPLE=T":
        raise InputError("The sky map is no FITS file.", remedy="Ask its sender.")
    return content


def measures_of_map(content: bytes) -> dict[str, float]:
    """The area of the 90 % region [deg2], and mean and standard deviation of the distance [Mpc] where the header gives them.

    Parameters
    ----------
    content : bytes
        A multi-order map (``UNIQ``, ``PROBDENSITY``) or a flat one (``PROB``), FITS.

    Returns
    -------
    dict
        ``area``; ``distance`` and ``distance_error`` where they are given.

    Raises
    ------
    InputError
        Where it is no sky map.

    References
    ----------
    Singer & Price 2016, doi:10.1103/PhysRevD.93.024013 (distances in the header); Górski et al. 2005, doi:10.1086/427976; Reinecke & Hivon
    2015, doi:10.1051/0004-6361/201526549 (multi-order maps: UNIQ = 4 · 4^order + pixel).
    """
    import numpy as np
    from astropy.io import fits

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of cut files: what is missing fails below
            with fits.open(io.BytesIO(content), memmap=False) as parts:
                density, area = _cells(parts[1].data)
                distance, spread = parts[1].header.get("DISTMEAN"), parts[1].header.get("DISTSTD")
    except BROKEN_CONTENT as error:
        raise InputError("The sky map is no HEALPix table in FITS.", remedy="Ask its sender.") from error
    if not density.size or not np.isfinite(density).all() or (density < 0).any() or not (density * area).sum() > 0.5:
        raise InputError("The sky map holds no probabilities that sum to one.", remedy="Ask its sender.")
    return _measured(density, area) | _finite("distance", distance) | _finite("distance_error", spread)


def _cells(rows: Any) -> tuple[Any, Any]:
    """Probability per steradian and size [sr] of each cell."""
    import numpy as np

    names = {name.upper() for name in rows.names}
    if {"UNIQ", "PROBDENSITY"} <= names:
        uniq = np.asarray(rows["UNIQ"], np.int64)
        if (uniq < 4).any():
            raise InputError("The sky map has cells that are none.", remedy="Ask its sender.")
        order = (np.log2(uniq / 4.0) / 2.0).astype(int)
        order -= uniq < 4 * 4**order  # the last cells of a deep order, which round up
        return np.asarray(rows["PROBDENSITY"], float), np.pi / 3.0 / 4.0**order
    if "PROB" in names:
        probability = np.asarray(rows["PROB"], float).ravel()
        size = 4 * np.pi / max(1, probability.size)
        return probability / size, np.full(probability.size, size)
    raise InputError("The sky map has neither UNIQ and PROBDENSITY nor PROB.", remedy="Ask its sender.")


def _measured(density: Any, area: Any) -> dict[str, float]:
    import numpy as np

    order = np.argsort(-density, kind="stable")
    within = np.cumsum((density * area)[order])
    # The last pixel counts by the part of it that is needed, so that a map of few pixels is not rounded up.
    last = int(np.searchsorted(within, _LEVEL * within[-1]))
    before = within[last - 1] if last else 0.0
    part = (_LEVEL * within[-1] - before) / (within[last] - before)
    steradians = area[order][:last].sum() + part * area[order][last]
    return {"area": float(steradians * (180 / np.pi) ** 2)}


def _finite(name: str, value: Any) -> dict[str, float]:
    return {name: float(value)} if isinstance(value, int | float) and 0 < value < 1e6 else {}
