"""Pairs of sources of two catalogues, each pair at one epoch, and how many of them chance gives."""

from __future__ import annotations

from typing import Any

from gnomon.tools.archives.positions.placed_sources import PlacedSources
from gnomon.tools.archives.positions.sky_matching import in_order, pairs_within, separations, shifted
from gnomon.tools.errors import InputError

# Arcsec, ten degrees: beyond it a match says nothing, and offsets for chance leave the field.
LARGEST_RADIUS = 36_000.0
MOST_PAIRS = 10_000_000  # about a gigabyte while they are sorted
OFFSETS = 8  # places around each source at which chance is tried ...
OFFSET_RADII = 5.0  # ... so far away, in radii, that neither their circles overlap nor the true partner is inside
SHIFTED_SOURCES = 50_000  # enough for 1 % of a rate of 3 % in eight places


def pairs_at_one_epoch(left: PlacedSources, right: PlacedSources, radius: float) -> tuple[Any, Any, Any]:
    """All pairs within the radius, in order of the sources, then of separation.

    Parameters
    ----------
    left, right : PlacedSources
    radius : float
        Arcseconds; a pair at exactly this distance counts.

    Returns
    -------
    first, other : numpy.ndarray of int
        Rows of the two.
    separation : numpy.ndarray of float
        Arcseconds, at the epoch of the other one where the first can be moved, else at the epoch of the first.

    Raises
    ------
    InputError
        Where there are more than `MOST_PAIRS`.
    """
    import numpy as np

    still, other_still = np.flatnonzero(~left.moving), np.flatnonzero(~right.moving)
    one = _carried(left, np.flatnonzero(left.moving), right, np.arange(len(right.ra)), radius)
    two = _carried(right, np.flatnonzero(right.moving), left, still, radius)
    three = _listed(left, still, right, other_still, radius)
    parts = zip(one, (two[1], two[0], two[2]), three, strict=True)
    first, other, separation = (np.concatenate(part) for part in parts)
    if len(first) > MOST_PAIRS:
        raise InputError(
            f"More than {MOST_PAIRS} pairs of sources lie within {radius:g} arcsec of each other.",
            remedy="Take a smaller radius, or fewer sources.",
        )
    return in_order(first, other, separation)


def _listed(one: PlacedSources, rows: Any, two: PlacedSources, other_rows: Any, radius: float) -> tuple[Any, Any, Any]:
    """Pairs of rows of two catalogues where they are listed."""
    first, other, separation = pairs_within(
        one.ra[rows], one.dec[rows], two.ra[other_rows], two.dec[other_rows], radius, most=MOST_PAIRS
    )
    return rows[first], other_rows[other], separation


def _carried(one: PlacedSources, rows: Any, two: PlacedSources, other_rows: Any, radius: float) -> tuple[Any, Any, Any]:
    """Pairs of rows that can be moved with rows of another catalogue, at the epochs of those.

    Where those have several epochs, candidates are looked for at the middle one, within the radius and what each may have
    moved; a straight line in space is an arc on the sky, run through in one sense, so that the ends tell how far that is.
    """
    import numpy as np

    epoch = two.epoch[other_rows]
    known = np.isfinite(epoch)
    if not len(rows) or not known.any():
        return _listed(one, rows, two, other_rows, radius)
    ends = float(epoch[known].min()), float(epoch[known].max())
    ra, dec = one.at(0.5 * (ends[0] + ends[1]), rows)
    far = np.zeros(len(rows))
    if ends[0] != ends[1]:
        far = np.maximum(*(separations(ra, dec, *one.at(end, rows)) for end in ends))
    if not known.all():
        far = np.maximum(far, separations(ra, dec, one.ra[rows], one.dec[rows]))
    if not far.any():
        first, other, separation = pairs_within(
            ra, dec, two.ra[other_rows], two.dec[other_rows], radius, most=MOST_PAIRS
        )
        return rows[first], other_rows[other], separation
    # Few sources are fast; looked up in classes, they do not widen the search for all.
    speed = np.ceil(np.log2(np.maximum(far / radius, 0.25)))
    found = []
    for step in np.unique(speed):
        these = np.flatnonzero(speed == step)
        reach = min(radius + float(far[these].max()) * (1.0 + 1e-9) + 1e-6, 648_000.0)
        first, other, _apart = pairs_within(
            ra[these], dec[these], two.ra[other_rows], two.dec[other_rows], reach, most=MOST_PAIRS
        )
        first, other = rows[these[first]], other_rows[other]
        separation = separations(*one.at(two.epoch[other], first), two.ra[other], two.dec[other])
        inside = separation <= radius * (1.0 + 1e-12)
        found.append((first[inside], other[inside], separation[inside]))
    first, other, separation = (np.concatenate(part) for part in zip(*found, strict=True))
    return first, other, separation


def chance_places(left: PlacedSources, epoch: float, radius: float, most: int) -> tuple[Any, Any, Any]:
    """Places around an even choice of sources, far enough away that only chance finds a partner there.

    Parameters
    ----------
    left : PlacedSources
    epoch : float
        Of the other catalogue, Julian years; NaN where it is not known.
    radius : float
        Arcseconds.
    most : int
        Sources at most.

    Returns
    -------
    chosen : numpy.ndarray of int
        Rows of the sources.
    ra, dec : numpy.ndarray of float
        Degrees; the place k of source i stands at ``k * len(chosen) + i``.
    """
    import numpy as np

    rows = np.flatnonzero(left.placed)
    chosen = rows[:: max(1, -(-len(rows) // most))]
    ra, dec = left.at(epoch, chosen)
    places = [shifted(ra, dec, OFFSET_RADII * radius, 360.0 * k / OFFSETS) for k in range(OFFSETS)]
    tried_ra, tried_dec = (np.concatenate(side) for side in zip(*places, strict=True))
    return chosen, tried_ra, tried_dec


def expected_by_chance(
    found_at: Any, chosen: Any, placed: int, matched: Any, pairs: str, radius: float
) -> dict[str, float | int]:
    """How many matches are expected by chance; see the notes of `crossmatch`.

    Parameters
    ----------
    found_at : numpy.ndarray of int
        How many partners were found at each of the places of `chance_places`.
    chosen : numpy.ndarray of int
    placed : int
        Sources with a position.
    matched : numpy.ndarray of bool
        Whether each source has a partner.
    pairs : {"nearest", "all"}
    radius : float
        Arcseconds.
    """
    many = len(chosen)
    hits = found_at.reshape(OFFSETS, many).sum(axis=0)
    share = placed / many if many else 0.0
    found = expected = float(hits.sum()) / OFFSETS * share
    if pairs == "nearest":
        lone = hits[~matched[chosen]]
        total = float(lone.sum())
        rate = float((lone * (lone - 1)).sum()) / ((OFFSETS - 1) * total) if total else 0.0
        largest = float(matched.sum())
        expected = min(largest, total / OFFSETS * share / (1.0 - rate)) if rate < 1.0 else largest
    return {
        "places": OFFSETS,
        "offset_arcsec": OFFSET_RADII * float(radius),
        "sources_tried": many,
        "found_when_shifted": found,
        "expected_by_chance": expected,
    }
