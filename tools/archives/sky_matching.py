"""Pairs of sources on the sky within a radius, and where sources were at another epoch."""

from __future__ import annotations

from typing import Any

_CHUNK = 200_000  # sources looked up at a time, so that memory is that of one chunk's neighbours
_BAND = 2.0  # degrees: sources of a band are looked up in order of right ascension, so that neighbours share the cache
_ARCSEC = 180.0 * 3600.0  # arcseconds in pi radians


def unit_vectors(ra: Any, dec: Any) -> Any:
    """Directions as vectors of length one.

    Parameters
    ----------
    ra, dec : numpy.ndarray of float
        Degrees, in one frame.

    Returns
    -------
    numpy.ndarray of float, shape (n, 3)
        A row of NaN for a position that is not finite.
    """
    import numpy as np

    ra, dec = np.radians(np.asarray(ra, dtype=float)), np.radians(np.asarray(dec, dtype=float))
    with np.errstate(invalid="ignore"):  # of infinity
        cos = np.cos(dec)
        return np.stack([cos * np.cos(ra), cos * np.sin(ra), np.sin(dec)], axis=-1)


def pairs_within(
    ra: Any, dec: Any, other_ra: Any, other_dec: Any, radius: float, nearest: bool = False
) -> tuple[Any, Any, Any]:
    """Find all pairs of sources of two catalogues that are no further apart than a radius.

    The positions must be of one frame and one epoch; `moved` brings them there.

    Parameters
    ----------
    ra, dec : numpy.ndarray of float
        Positions in the first catalogue, degrees.
    other_ra, other_dec : numpy.ndarray of float
        Positions in the other one, degrees.
    radius : float
        Arcseconds, above zero and at most 180 degrees; a pair at exactly this distance counts.
    nearest : bool
        Whether only the nearest partner of each source of the first catalogue is wanted.

    Returns
    -------
    first, other : numpy.ndarray of int
        Rows of the two catalogues, in the order of the first one's rows, then of distance, then of the other one's rows.
        A position that is not finite is in no pair.
    separation : numpy.ndarray of float
        Arcseconds.

    Raises
    ------
    ValueError
        Where the radius is none, or a catalogue has unequal numbers of coordinates.

    Notes
    -----
    A k-d tree of unit vectors is asked for neighbours within the chord of the radius; where the last of the k neighbours
    found is still inside, that source is asked again for twice as many, so that no pair is lost in a crowded field.
    Chords keep small angles exact (to 1e-10 arcsec), and neither the poles nor right ascension zero are special.
    """
    import numpy as np
    from scipy.spatial import cKDTree

    if not 0.0 < radius <= _ARCSEC:
        raise ValueError(f"A radius of {radius:g} arcsec is none: it must be above 0 and at most 180 degrees.")
    left, right = _catalogue(ra, dec), _catalogue(other_ra, other_dec)
    places, known = _known(left), _known(right)
    empty = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    if not len(places) or not len(known):
        return empty
    tree = cKDTree(right[known], balanced_tree=False, compact_nodes=False)
    chord = 2.0 * np.sin(0.5 * np.pi * radius / _ARCSEC)
    dec_, ra_ = np.asarray(dec, dtype=float)[places], np.asarray(ra, dtype=float)[places]
    places = places[np.lexsort((ra_, np.floor(dec_ / _BAND)))]
    found = []
    for start in range(0, len(places), _CHUNK):
        rows = places[start : start + _CHUNK]
        found.append(_neighbours(tree, left, rows, chord, len(known), nearest))
    first, other, distance = (np.concatenate(part) for part in zip(*found, strict=True))
    separation = 2.0 * np.arcsin(np.clip(0.5 * distance, 0.0, 1.0)) * _ARCSEC / np.pi
    # The tree was asked a little beyond the radius, so that rounding loses no pair that lies on it.
    inside = separation <= radius * (1.0 + 1e-12)
    first, other, separation = first[inside], known[other[inside]], separation[inside]
    order = np.lexsort((other, separation, first))
    return first[order], other[order], separation[order]


def _catalogue(ra: Any, dec: Any) -> Any:
    import numpy as np

    ra, dec = np.atleast_1d(np.asarray(ra, dtype=float)), np.atleast_1d(np.asarray(dec, dtype=float))
    if ra.shape != dec.shape or ra.ndim != 1:
        raise ValueError(f"Right ascensions and declinations must be as many: {ra.shape} and {dec.shape}.")
    return unit_vectors(ra, dec)


def _known(vectors: Any) -> Any:
    """Rows whose position is finite."""
    import numpy as np

    return np.flatnonzero(np.isfinite(vectors).all(axis=1))


def _neighbours(tree: Any, left: Any, rows: Any, chord: float, most: int, nearest: bool) -> tuple[Any, Any, Any]:
    """Rows, their neighbours' rows in the tree, and the chords between, of one chunk."""
    import numpy as np

    bound = chord * (1.0 + 1e-9) + 1e-15
    firsts, others, distances = [], [], []
    count = 1 if nearest else min(2, most)
    while len(rows):
        distance, index = tree.query(left[rows], k=np.arange(1, count + 1), distance_upper_bound=bound, workers=1)
        full = np.isfinite(distance[:, -1]) & (count < most) if not nearest else np.zeros(len(rows), dtype=bool)
        done = ~full
        inside = np.isfinite(distance) & done[:, None]
        at, _rank = np.nonzero(inside)
        firsts.append(rows[at])
        others.append(index[inside])
        distances.append(distance[inside])
        rows, count = rows[full], min(2 * count, most)
    return (
        np.concatenate(firsts).astype(np.int64),
        np.concatenate(others).astype(np.int64),
        np.concatenate(distances),
    )


def moved(
    ra: Any,
    dec: Any,
    pm_ra_cosdec: Any,
    pm_dec: Any,
    epoch: Any,
    to_epoch: float,
    parallax: Any = None,
    radial_velocity: Any = None,
) -> tuple[Any, Any, Any]:
    """Say where sources are at another epoch, as they move through space.

    Parameters
    ----------
    ra, dec : numpy.ndarray of float
        ICRS, degrees, at `epoch`.
    pm_ra_cosdec, pm_dec : numpy.ndarray of float
        Proper motions, mas/yr; where either is not finite, the position stays as it is.
    epoch : float or numpy.ndarray of float
        Epoch of the positions, Julian years (TCB or TDB; the difference does not matter here).
    to_epoch : float
        Julian year.
    parallax : numpy.ndarray of float, optional
        mas; where it is not finite or not positive, the source is taken to be too far for perspective to matter.
    radial_velocity : numpy.ndarray of float, optional
        km/s; where it is not finite, zero.

    Returns
    -------
    ra, dec : numpy.ndarray of float
        ICRS, degrees, at `to_epoch`.
    known : numpy.ndarray of bool
        Whether the proper motion was known.

    References
    ----------
    Rigorous propagation: ESA 1997, The Hipparcos and Tycho Catalogues, ESA SP-1200, volume 1, section 1.5.5; here by
    ERFA's ``pmsafe`` through astropy.
    """
    import warnings

    import astropy.units as u
    import erfa
    import numpy as np

    ra, dec = np.atleast_1d(np.asarray(ra, dtype=float)), np.atleast_1d(np.asarray(dec, dtype=float))
    motions = [np.broadcast_to(np.asarray(x, dtype=float), ra.shape) for x in (pm_ra_cosdec, pm_dec)]
    known = np.isfinite(motions[0]) & np.isfinite(motions[1]) & np.isfinite(ra) & np.isfinite(dec)
    out_ra, out_dec = ra.copy(), dec.copy()
    if not known.any():
        return out_ra, out_dec, known
    mas = (1.0 * u.mas).to_value(u.rad)
    cos = np.maximum(np.cos(np.radians(dec[known])), 1e-12)  # at the pole itself right ascension has no rate
    distance = _filled(parallax, ra.shape, 0.0)[known]
    velocity = _filled(radial_velocity, ra.shape, 0.0)[known]
    began = np.broadcast_to(np.asarray(epoch, dtype=float), ra.shape)[known]
    with warnings.catch_warnings():
        # ERFA says that it took a distance of its own for sources without a parallax, which is what is wanted.
        warnings.simplefilter("ignore", erfa.ErfaWarning)
        there = erfa.pmsafe(
            np.radians(ra[known]),
            np.radians(dec[known]),
            motions[0][known] * mas / cos,
            motions[1][known] * mas,
            np.where(distance > 0, distance, 0.0) / 1000.0,
            np.where(distance > 0, velocity, 0.0),
            *_julian(began),
            *_julian(np.full(began.shape, float(to_epoch))),
        )
    out_ra[known] = np.degrees(there[0]) % 360.0
    out_dec[known] = np.degrees(there[1])
    return out_ra, out_dec, known


def _filled(values: Any, shape: tuple[int, ...], other: float) -> Any:
    """The values with another one where they are not finite, or not there at all."""
    import numpy as np

    if values is None:
        return np.full(shape, other)
    values = np.broadcast_to(np.asarray(values, dtype=float), shape)
    return np.where(np.isfinite(values), values, other)


def _julian(epoch: Any) -> tuple[Any, Any]:
    """Julian years as the two parts of a Julian date (J2000.0 is JD 2451545.0)."""
    return 2451545.0, (epoch - 2000.0) * 365.25
