"""Grids of pointings that leave no gaps, or hardly any: rows of declination, and in each row as many fields as it needs.

The rows start at an anchor, so that one field is centred on it, and go from there to both poles.  The edges of a field in the tangent plane are great
circles: with b and t the declinations of its lower and upper edge on its own meridian, an edge at a turn a from there has tan(dec) = cos(a) tan(b), and so
for t.  A row therefore covers all declinations from the highest point of the lower edges to the lowest point of the upper ones, and the next row begins there.

Round fields lie in the thinnest covering of the plane by circles (Kershner 1939, doi:10.2307/2371320): sqrt(3) radii apart in rows that are 1.5 radii apart and
shifted by half a field.  That needs a quarter fewer of them than squares inside of the circles do.  On the sphere neighbouring rows drift apart far from the anchor, which leaves
gaps of less than two per cent of the sky; an overlap closes them.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.sky_maps.fields import Field

_ROWS = 20_000


@dataclass(frozen=True)
class Grid:
    """Rows of pointings over the whole sky.

    Parameters
    ----------
    anchor : float
        Right ascension of the first field of every row [deg].
    low : numpy.ndarray of float, shape (rows,)
        Where rows begin in declination, from south to north; a row ends where the next one begins [deg].
    dec : numpy.ndarray of float, shape (rows,)
        Of the pointings [deg].
    count : numpy.ndarray of int, shape (rows,)
        Fields in the row, evenly spread.
    shift : numpy.ndarray of float, shape (rows,)
        How far the row is shifted against the anchor, as a part of its step.
    """

    anchor: float
    low: Any
    dec: Any
    count: Any
    shift: Any

    def tiles_at(self, ra: Any, dec: Any) -> tuple[Any, Any, Any]:
        """The pointings to which places belong.

        Parameters
        ----------
        ra, dec : numpy.ndarray of float, shape (n,)
            Places [deg].

        Returns
        -------
        tuple of numpy.ndarray
            Right ascensions and declinations of the pointings, each once, and for each place which of them it is.
        """
        import numpy as np

        row = np.clip(np.searchsorted(self.low, dec, side="right") - 1, 0, len(self.dec) - 1)
        step = 360.0 / self.count[row]
        column = (
            np.rint(((np.asarray(ra) - self.anchor) % 360.0) / step - self.shift[row]).astype(np.int64)
            % self.count[row]
        )
        first = np.concatenate([[0], np.cumsum(self.count)[:-1]])
        tile, which = np.unique(first[row] + column, return_inverse=True)
        of_row = np.searchsorted(first, tile, side="right") - 1
        turn = (tile - first[of_row] + self.shift[of_row]) * 360.0 / self.count[of_row]
        return (self.anchor + turn) % 360.0, self.dec[of_row], which


def make_grid(field: Field, overlap: float = 0.0, anchor: tuple[float, float] = (0.0, 0.0)) -> Grid:
    """A grid of pointings that covers the whole sky; with round fields all but one or two per cent of it, unless they overlap by a tenth.

    Parameters
    ----------
    field : Field
        Of the telescope.
    overlap : float
        Part of the field, from 0 to 0.9, by which neighbours overlap at least.
    anchor : tuple of float
        Right ascension and declination of one of the pointings [deg].

    Returns
    -------
    Grid

    Raises
    ------
    InputError
        Where the overlap is out of bounds, or the field so small that there would be more than 20 000 rows.
    """
    import numpy as np

    if not 0.0 <= overlap <= 0.9:
        raise InputError(f"The overlap of tiles is {overlap:g}.", remedy="Give a part of the field from 0 to 0.9.")
    if field.circle:
        return _round_grid(math.radians(field.width) / 2.0 * (1.0 - overlap), anchor)
    width, height = (math.radians(s) * (1.0 - overlap) for s in field.upright)
    if math.pi / height > _ROWS:
        raise InputError(f"A field of {field.side:g} degrees makes too many tiles.", remedy="Give single targets to a telescope with such a field.")  # fmt: skip
    start = math.radians(anchor[1])
    if abs(start) + height / 2.0 > math.pi / 2.0:
        # The field reaches over a pole, where rows come to an end: it is a row of one, if it is centred well enough.
        start = math.copysign(math.pi / 2.0 - height / 2.0, start)
    middle = _row(start, width, height)
    north = _rows_up(middle[1], width, height)
    south = [(-dec, count, -high, -low) for dec, count, low, high in _rows_up(-middle[0], width, height)]
    rows = [*reversed(south), (start, middle[2], middle[0], middle[1]), *north]
    return Grid(
        anchor[0],
        np.degrees([r[2] for r in rows]),
        np.degrees([r[0] for r in rows]),
        np.array([r[1] for r in rows], dtype=np.int64),
        np.zeros(len(rows)),
    )


def _round_grid(radius: float, anchor: tuple[float, float]) -> Grid:
    """Rows of round fields."""
    import numpy as np

    height = 1.5 * radius
    if math.pi / height > _ROWS:
        raise InputError(f"A round field of {math.degrees(2.0 * radius):g} degrees makes too many tiles.", remedy="Give single targets to a telescope with such a field.")  # fmt: skip
    start, pole = math.radians(anchor[1]), math.pi / 2.0
    rows = [(start, 0)]
    for sign in (1.0, -1.0):
        number, dec = 0, sign * start
        while dec + height / 2.0 < pole:
            number, dec = number + 1, dec + height
            rows.append((sign * dec, int(sign) * number))
    rows.sort(key=lambda row: row[1])
    # One field on a pole holds what is left there, where the row is nearer to it than that.
    decs = [math.copysign(pole, dec) if abs(dec) > pole - radius + height / 2.0 else dec for dec, _ in rows]
    counts = [1 if abs(dec) == pole else max(math.ceil(2.0 * math.pi * math.cos(dec) / (math.sqrt(3.0) * radius)), 3) for dec in decs]  # fmt: skip
    low = [-pole, *(0.5 * (a[0] + b[0]) for a, b in itertools.pairwise(rows))]
    return Grid(
        anchor[0],
        np.degrees(low),
        np.degrees(decs),
        np.array(counts, dtype=np.int64),
        np.array([0.5 * (number % 2) for _, number in rows]),
    )


def _rows_up(low: float, width: float, height: float) -> list[tuple[float, int, float, float]]:
    """Rows from a declination up to the pole: pointing, count, first and last declination; radians."""
    rows: list[tuple[float, int, float, float]] = []
    while low < math.pi / 2.0 - 1e-9:
        cap = math.pi / 2.0 - low
        if cap <= min(width, height) / 2.0:
            rows.append((math.pi / 2.0, 1, low, math.pi / 2.0))
            break
        centre, count, high = _next_row(low, width, height)
        rows.append((centre, count, low, high))
        low = high
    return rows


def _row(centre: float, width: float, height: float) -> tuple[float, float, int]:
    """First and last declination that a row about `centre` covers, and how many fields it needs."""
    count = max(math.floor(2.0 * math.pi * math.cos(centre) / width), 3)
    while True:
        turn = math.pi / count
        low, high = _lower(centre - height / 2.0, turn), _upper(centre + height / 2.0, turn)
        if low < high and _sides(centre, turn, low, high, width):
            return low, high, count
        count += 1


def _next_row(low: float, width: float, height: float) -> tuple[float, int, float]:
    """Pointing, number of fields and last declination of the row that begins at `low` and wastes least."""
    best: tuple[float, tuple[float, int, float]] | None = None
    count = max(math.floor(2.0 * math.pi * math.cos(low) / width), 3)
    tried = 0
    while tried < 4:  # more fields in a row than it needs make it a little higher, which seldom pays more than once
        turn = math.pi / count
        bottom = low if low >= 0.0 else math.atan(math.tan(low) / math.cos(turn))
        centre = min(bottom + height / 2.0, math.pi / 2.0 - height / 2.0)
        high = _upper(centre + height / 2.0, turn)
        # A row that ends at the pole may begin lower than it must.
        if high > low + 1e-9 and _lower(centre - height / 2.0, turn) <= low + 1e-12 and _sides(centre, turn, low, high, width):  # fmt: skip
            area = (math.sin(high) - math.sin(low)) / count
            if best is None or area > best[0] * 1.001:
                best = area, (centre, count, high)
            tried += 1
        count += 1
    assert best is not None
    return best[1]


def _lower(edge: float, turn: float) -> float:
    """Highest declination of a lower edge between its middle and a turn from there."""
    return edge if edge >= 0.0 else math.atan(math.cos(turn) * math.tan(edge))


def _upper(edge: float, turn: float) -> float:
    """Lowest declination of an upper edge."""
    if edge >= math.pi / 2.0 - 1e-12:
        return math.pi / 2.0
    return edge if edge < 0.0 else math.atan(math.cos(turn) * math.tan(edge))


def _sides(centre: float, turn: float, low: float, high: float, width: float) -> bool:
    """Whether neighbours meet at half way between them, over all declinations of a row."""
    for dec in (low, high):
        ahead = math.sin(centre) * math.sin(dec) + math.cos(centre) * math.cos(dec) * math.cos(turn)
        if ahead <= 0.0 or math.cos(dec) * math.sin(turn) > ahead * math.tan(width / 2.0) * (1.0 + 1e-12):
            return False
    return True
