"""Pairs of sources on the sky within a radius, and where sources were at another epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from gnomon.tools.errors import InputError

_ARCSEC = 3600.0  # in a degree
_CHUNK = 100_000  # sources looked up at a time ...
_MEASURED = 2_000_000  # ... and pairs measured at a time, so that memory stays bounded in a crowded field
_THICK, _THIN = 16.0, 2.5  # heights of a band, radii: few sources look into two bands; few pairs are measured in vain
_LOWEST_BAND = 2.0 / _ARCSEC  # degrees: lower ones would leave too few digits of a key to right ascension
_TURN = 361.0  # from band to band in a key: more than a turn, so that no window reaches into the next band
_CROWDED = 8.0  # pairs measured for each source beyond which thin bands pay ...
_PACKED = 64.0  # ... and beyond which a tree does, where only the nearest is asked for
_SAMPLE = 10_000  # sources by which a field is judged to be crowded


@dataclass(frozen=True)
class _Places:
    """Positions of a catalogue that are positions: degrees, right ascension from 0 to below 360, and their rows."""

    ra: Any
    dec: Any
    rows: Any


@dataclass(frozen=True)
class _Bands:
    """A catalogue in order of bands of declination, and of right ascension in each."""

    height: float  # degrees
    slack: float  # degrees, by which a window is widened for the rounding of keys
    key: Any  # _TURN times the band's number, and the right ascension
    places: _Places


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


def separations(ra: Any, dec: Any, other_ra: Any, other_dec: Any) -> Any:
    """Angles between positions.

    Parameters
    ----------
    ra, dec, other_ra, other_dec : numpy.ndarray of float
        Degrees, in one frame.

    Returns
    -------
    numpy.ndarray of float
        Arcseconds; NaN where a position is not finite.

    References
    ----------
    Haversines, which keep small angles exact: Sinnott 1984, Sky and Telescope 68, 159, 1984S&T....68R.158S.
    """
    import numpy as np

    dec, other_dec = np.asarray(dec, dtype=float), np.asarray(other_dec, dtype=float)
    across = np.asarray(other_ra, dtype=float) - np.asarray(ra, dtype=float)
    across = across - 360.0 * np.rint(across / 360.0)
    up = np.sin(np.radians(0.5 * (other_dec - dec)))
    across = np.sin(np.radians(0.5 * across))
    haversine = up * up + np.cos(np.radians(dec)) * np.cos(np.radians(other_dec)) * across * across
    haversine = np.clip(haversine, 0.0, 1.0)
    return np.degrees(2.0 * np.arctan2(np.sqrt(haversine), np.sqrt(1.0 - haversine))) * _ARCSEC


def shifted(ra: Any, dec: Any, distance: float, angle: float) -> tuple[Any, Any]:
    """Places at a distance from others.

    Parameters
    ----------
    ra, dec : numpy.ndarray of float
        Degrees.
    distance : float
        Arcseconds, along a great circle.
    angle : float
        Position angle of the way there, degrees from north through east.

    Returns
    -------
    ra, dec : numpy.ndarray of float
        Degrees, NaN where a position is not finite.

    References
    ----------
    Snyder 1987, Map Projections: A Working Manual, doi:10.3133/pp1395, equations 5-5 and 5-6.
    """
    import numpy as np

    north, far, turn = np.radians(np.asarray(dec, dtype=float)), np.radians(distance / _ARCSEC), np.radians(angle)
    sine = np.clip(np.sin(north) * np.cos(far) + np.cos(north) * np.sin(far) * np.cos(turn), -1.0, 1.0)
    east = np.arctan2(np.sin(turn) * np.sin(far) * np.cos(north), np.cos(far) - np.sin(north) * sine)
    return (np.asarray(ra, dtype=float) + np.degrees(east)) % 360.0, np.degrees(np.arcsin(sine))


def pairs_within(
    ra: Any,
    dec: Any,
    other_ra: Any,
    other_dec: Any,
    radius: float,
    nearest: bool = False,
    most: int | None = None,
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
        Whether only the nearest partner of each source of the first catalogue is wanted; of several at the same
        position, it is the one in the first row.
    most : int, optional
        So many pairs are the most that there may be.

    Returns
    -------
    first, other : numpy.ndarray of int
        Rows of the two catalogues, in the order of the first one's rows, then of distance, then of the other one's rows.
        A position that is not finite, or beyond a pole, is in no pair.
    separation : numpy.ndarray of float
        Arcseconds.

    Raises
    ------
    ValueError
        Where the radius is none, or a catalogue has unequal numbers of coordinates.
    InputError
        Where there are more than `most` pairs.

    Notes
    -----
    The other catalogue is sorted into bands of declination, and by right ascension in each; what lies in the window around
    a source then follows from two searches in one sorted array (after the zones of Gray et al. 2006).  All sources of the windows
    are measured, so that no pair is lost in a crowded field; thin bands there keep windows small.  Windows reach around
    right ascension zero, and all the way round where they hold a pole.  Where very many sources lie in each window and
    only the nearest is asked for, a k-d tree of unit vectors finds it.

    References
    ----------
    Zones: Gray, Nieto-Santisteban & Szalay 2006, The Zones Algorithm for Finding Points-Near-a-Point or Cross-Matching
    Spatial Datasets, arXiv:cs/0701171.
    """
    import numpy as np

    if not 0.0 < radius <= 180.0 * _ARCSEC:
        raise ValueError(f"A radius of {radius:g} arcsec is none: it must be above 0 and at most 180 degrees.")
    left, right = _places(ra, dec), _places(other_ra, other_dec)
    if not len(left.rows) or not len(right.rows):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    height = _THICK * radius / _ARCSEC
    if _in_windows(left, right, height, radius) > _CROWDED:
        height = _THIN * radius / _ARCSEC
        if nearest and _in_windows(left, right, height, radius) > _PACKED:
            return _nearest_of_tree(left, right, radius)
    bands = _banded(right, height)
    order = np.argsort(_key(left.ra, left.dec, bands.height))  # neighbours then look into the same part of the memory
    found: list[tuple[Any, Any, Any]] = []
    count = 0
    for start in range(0, len(order), _CHUNK):
        for part in _measured(bands, left, order[start : start + _CHUNK], radius):
            found.append(_nearest_of_each(*part) if nearest else part)
            count += len(part[0])
            if most is not None and count > most:
                raise InputError(
                    f"More than {most} pairs of sources lie within {radius:g} arcsec of each other.",
                    remedy="Take a smaller radius, or fewer sources.",
                )
    first, other, separation = (np.concatenate(part) for part in zip(*found, strict=True))
    return in_order(first, other, separation)


def _places(ra: Any, dec: Any) -> _Places:
    import numpy as np

    ra, dec = np.atleast_1d(np.asarray(ra, dtype=float)), np.atleast_1d(np.asarray(dec, dtype=float))
    if ra.shape != dec.shape or ra.ndim != 1:
        raise ValueError(f"Right ascensions and declinations must be as many: {ra.shape} and {dec.shape}.")
    rows = np.flatnonzero(np.isfinite(ra) & (np.abs(dec) <= 90.0))
    if len(rows) < len(ra):
        ra, dec = ra[rows], dec[rows]
    ra = np.mod(ra, 360.0)
    ra[ra >= 360.0] = 0.0  # what a tiny negative angle is rounded to
    return _Places(ra, dec, rows)


def _key(ra: Any, dec: Any, height: float) -> Any:
    import numpy as np

    return np.floor((dec + 90.0) / height) * _TURN + ra


def _banded(places: _Places, height: float) -> _Bands:
    """A catalogue in bands of about this height, degrees."""
    import numpy as np

    height = max(height, _LOWEST_BAND)
    key = _key(places.ra, places.dec, height)
    order = np.argsort(key)
    slack = 4.0 * float(np.spacing((180.0 / height + 1.0) * _TURN))
    return _Bands(height, slack, key[order], _Places(places.ra[order], places.dec[order], places.rows[order]))


def _windows(bands: _Bands, ra: Any, dec: Any, radius: float) -> tuple[Any, Any, Any]:
    """What lies around sources: for each part of a window with anything in it the source, where it starts and how many."""
    import numpy as np

    reach = radius / _ARCSEC + bands.slack
    # Half the width in right ascension of a circle (from the right-angled triangle of pole, centre and tangent point).
    sine = np.sin(np.radians(min(reach, 90.0))) / np.maximum(np.cos(np.radians(dec)), 1e-300)
    around = sine >= 1.0 - 1e-9  # a pole is inside, or rounding cannot say
    half = np.degrees(np.arcsin(np.minimum(sine, 1.0))) * (1.0 + 1e-9) + bands.slack
    low, high = ra - half, ra + half
    below, above = np.flatnonzero(~around & (low < 0.0)), np.flatnonzero(~around & (high >= 360.0))
    parts = [
        (
            np.arange(len(ra)),
            np.where(around, 0.0, np.maximum(low, 0.0)),
            np.where(around, 360.0, np.minimum(high, 360.0)),
        ),
        (below, low[below] + 360.0, np.full(len(below), 360.0)),
        (above, np.zeros(len(above)), high[above] - 360.0),
    ]
    # A band is higher than a circle, so that no circle lies in more than two.
    bottom = np.floor((dec - reach + 90.0) / bands.height)
    top = np.floor((dec + reach + 90.0) / bands.height)
    found = []
    for source, start, end in parts:
        both = np.flatnonzero(top[source] > bottom[source])
        found.append(_between(bands.key, source, bottom[source] * _TURN, start, end))
        found.append(_between(bands.key, source[both], top[source[both]] * _TURN, start[both], end[both]))
    source, start, count = (np.concatenate(part) for part in zip(*found, strict=True))
    return source, start, count


def _between(key: Any, source: Any, band: Any, low: Any, high: Any) -> tuple[Any, Any, Any]:
    """Sources with a key between the two ends, where the first one stands, and how many there are."""
    import numpy as np

    start = np.searchsorted(key, band + low)
    end = band + high
    full = np.flatnonzero(
        key[np.minimum(start, len(key) - 1)] <= end
    )  # most windows are empty, and need no second search
    count = np.searchsorted(key, end[full], side="right") - start[full]
    full, count = full[count > 0], count[count > 0]
    return source[full], start[full], count


def _in_windows(left: _Places, right: _Places, height: float, radius: float) -> float:
    """How many sources lie in the window around a source, on average, as even choices of both tell."""
    import numpy as np

    every, step = max(1, len(left.rows) // _SAMPLE), max(1, len(right.rows) // (10 * _SAMPLE))
    bands = _banded(_Places(*(x[::step] for x in (right.ra, right.dec, right.rows))), height)
    ra, dec = left.ra[::every], left.dec[::every]
    order = np.argsort(_key(ra, dec, bands.height))
    return float(_windows(bands, ra[order], dec[order], radius)[2].sum() * step / len(ra))


def _measured(bands: _Bands, left: _Places, chosen: Any, radius: float) -> Iterator[tuple[Any, Any, Any]]:
    """Pairs of some sources with their separations; all those of a source come in one part."""
    import numpy as np

    ra, dec = left.ra[chosen], left.dec[chosen]
    source, start, count = _windows(bands, ra, dec, radius)
    ends = [0, len(source)]
    if count.sum() > _MEASURED:
        order = np.argsort(source, kind="stable")
        source, start, count = source[order], start[order], count[order]
        firsts = np.flatnonzero(np.append(True, np.diff(source) != 0))
        of_each = np.add.reduceat(count, firsts)
        cuts = np.flatnonzero(np.diff((np.cumsum(of_each) - of_each) // _MEASURED)) + 1
        ends = [0, *firsts[cuts].tolist(), len(source)]
    for begin, end in pairwise(ends):
        many = count[begin:end]
        at = np.repeat(start[begin:end] - (np.cumsum(many) - many), many) + np.arange(many.sum())
        mine = np.repeat(source[begin:end], many)
        level = np.flatnonzero(np.abs(bands.places.dec[at] - dec[mine]) <= radius / _ARCSEC * (1.0 + 1e-9))
        at, mine = at[level], mine[level]  # bands are higher than a circle, and this is cheaper than an angle
        separation = separations(ra[mine], dec[mine], bands.places.ra[at], bands.places.dec[at])
        inside = separation <= radius * (1.0 + 1e-12)  # so that rounding loses no pair that lies on the circle
        yield left.rows[chosen[mine[inside]]], bands.places.rows[at[inside]], separation[inside]


def in_order(first: Any, other: Any, separation: Any) -> tuple[Any, Any, Any]:
    """Pairs in the order of the first rows, then of distance, then of the other rows.

    Parameters
    ----------
    first, other : numpy.ndarray of int
        Rows, below 2**31.
    separation : numpy.ndarray of float
        Not negative.

    Returns
    -------
    first, other, separation : numpy.ndarray
        In that order.
    """
    import numpy as np

    if not len(first):
        return first, other, separation
    # One key of whole numbers sorts ten times faster than three; what it cannot tell apart is sorted by all three.
    key = first * 2**32 + (separation * ((2**32 - 2) / (float(separation.max()) or 1.0))).astype(np.int64)
    order = np.argsort(key)
    same = np.diff(key[order]) == 0
    if same.any():
        equal = np.append(same, False) | np.append(False, same)
        part = order[equal]
        order[equal] = part[np.lexsort((other[part], separation[part], key[part]))]
    return first[order], other[order], separation[order]


def _nearest_of_each(first: Any, other: Any, separation: Any) -> tuple[Any, Any, Any]:
    import numpy as np

    first, other, separation = in_order(first, other, separation)
    new = np.append(True, np.diff(first) != 0)[: len(first)]
    return first[new], other[new], separation[new]


def _nearest_of_tree(left: _Places, right: _Places, radius: float) -> tuple[Any, Any, Any]:
    """The nearest partner of each source, by a k-d tree of unit vectors."""
    import numpy as np
    from scipy.spatial import cKDTree

    # Of sources at one position a tree would give any.
    order = np.lexsort((right.rows, right.ra, right.dec))
    twin = (np.diff(right.ra[order]) == 0) & (np.diff(right.dec[order]) == 0)
    order = order[np.append(True, ~twin)]
    tree = cKDTree(unit_vectors(right.ra[order], right.dec[order]), balanced_tree=False, compact_nodes=False)
    bound = 2.0 * np.sin(0.5 * np.radians(radius / _ARCSEC)) * (1.0 + 1e-9) + 1e-15
    found = []
    for start in range(0, len(left.rows), _CHUNK):
        ra, dec = left.ra[start : start + _CHUNK], left.dec[start : start + _CHUNK]
        distance, at = tree.query(unit_vectors(ra, dec), distance_upper_bound=bound, workers=1)
        mine = np.flatnonzero(np.isfinite(distance))
        at = order[at[mine]]
        separation = separations(ra[mine], dec[mine], right.ra[at], right.dec[at])
        inside = separation <= radius * (1.0 + 1e-12)
        found.append((left.rows[start + mine[inside]], right.rows[at[inside]], separation[inside]))
    first, other, separation = (np.concatenate(part) for part in zip(*found, strict=True))
    return first, other, separation


def moved(
    ra: Any,
    dec: Any,
    pm_ra_cosdec: Any,
    pm_dec: Any,
    epoch: Any,
    to_epoch: Any,
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
    to_epoch : float or numpy.ndarray of float
        Julian years; where this or `epoch` is not finite, or both are the same, the position stays as it is.
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
    began, ended = (np.broadcast_to(np.asarray(x, dtype=float), ra.shape) for x in (epoch, to_epoch))
    out_ra, out_dec = ra.copy(), dec.copy()
    going = known & np.isfinite(began) & np.isfinite(ended) & (began != ended)
    if not going.any():
        return out_ra, out_dec, known
    mas = (1.0 * u.mas).to_value(u.rad)
    cos = np.maximum(np.cos(np.radians(dec[going])), 1e-12)  # at the pole itself right ascension has no rate
    distance = _filled(parallax, ra.shape, 0.0)[going]
    velocity = _filled(radial_velocity, ra.shape, 0.0)[going]
    # Not by `erfa.pmsafe`, whose warnings could be sifted only by a list that all threads share.
    *there, state = erfa.ufunc.pmsafe(
        np.radians(ra[going]),
        np.radians(dec[going]),
        motions[0][going] * mas / cos,
        motions[1][going] * mas,
        np.where(distance > 0, distance, 0.0) / 1000.0,
        np.where(distance > 0, velocity, 0.0),
        *_julian(began[going]),
        *_julian(ended[going]),
    )
    # ERFA says (1) that it took a distance of its own for sources without a parallax, which is what is wanted; what else
    # it says, of a velocity that cannot be (2, 4), is for people to see.
    if strange := int((state & 6 != 0).sum()):
        warnings.warn(
            f"{strange} sources would move faster than half the speed of light by their proper motion and parallax; "
            "their space motion was not used whole.",
            stacklevel=2,
        )
    out_ra[going] = np.degrees(there[0]) % 360.0
    out_dec[going] = np.degrees(there[1])
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
