"""Regions of the sky: polygons whose sides are great circles, and boxes of right ascension and declination.

What services make of ``POLYGON`` differs (which side is inside, and whether it may hold a pole), so that a region is said here in what they all
understand alike: a circle around it, and conditions on the coordinates that hold in its convex hull.  Whether a source is inside is decided here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gnomon.tools.archives.positions.sky_matching import separations, unit_vectors
from gnomon.tools.errors import InputError

# Beyond that, which side of a polygon is the smaller one depends on digits that nobody gives.
_WIDEST = 85.0  # degrees from the middle to the farthest corner
# Of the sphere's radius: 2e-7 arcsec, by which sources on a side are inside, and more than coordinates are rounded by.
_ON_A_SIDE = 1e-12
_SMALL = 0.02  # of the sphere's radius
_SAME_PLACE = 1e-4  # arcsec; corners nearer than that are one
_SQUARE_DEGREES = (180.0 / math.pi) ** 2


@dataclass(frozen=True)
class SkyPolygon:
    """A polygon of less than a hemisphere.

    Attributes
    ----------
    corners : tuple of (float, float)
        Right ascension and declination, degrees, ICRS, in order along the sides, either way round.
    ra, dec, radius : float
        Of a circle that holds it, degrees.
    area : float
        Square degrees.
    """

    corners: tuple[tuple[float, float], ...]
    ra: float
    dec: float
    radius: float
    area: float

    def conditions(self, ra: str, dec: str) -> str:
        """Conditions in ADQL that hold in the convex hull, beginning with AND.

        Each says on which side of a great circle the source is: ``n . (cos dec cos ra, cos dec sin ra, sin dec) >= 0``.

        Parameters
        ----------
        ra, dec : str
            Expressions of the coordinates, in degrees.
        """
        import numpy as np

        plane = self._plane(*np.array(self.corners).T)[0]
        hull = _hull(plane)
        vectors = unit_vectors(*np.array(self.corners).T)
        x, y, z = f"COS(RADIANS({dec})) * COS(RADIANS({ra}))", f"COS(RADIANS({dec})) * SIN(RADIANS({ra}))", f"SIN(RADIANS({dec}))"  # fmt: skip
        parts = []
        for i, j in zip(hull, [*hull[1:], hull[0]], strict=True):
            normal = np.cross(vectors[i], vectors[j])
            normal = normal / np.linalg.norm(normal)
            nx, ny, nz = (float(n) for n in normal)
            parts.append(f"({nx!r}) * {x} + ({ny!r}) * {y} + ({nz!r}) * {z} >= {-10.0 * _ON_A_SIDE!r}")
        return "".join(f" AND {part}" for part in parts)

    def holds(self, ra: Any, dec: Any) -> Any:
        """Which positions are inside; those on a side are.

        Parameters
        ----------
        ra, dec : numpy.ndarray of float
            Degrees.

        Returns
        -------
        numpy.ndarray of bool
            False where a position is not finite.
        """
        import numpy as np

        points, near = self._plane(ra, dec)
        ends = self._plane(*np.array(self.corners).T)[0]
        x, y = points[:, 0], points[:, 1]
        inside, on = np.zeros(len(points), dtype=bool), np.zeros(len(points), dtype=bool)
        scale = 1.0 + x * x + y * y  # how much the projection stretches what is there, at most
        for (x1, y1), (x2, y2) in zip(ends, np.roll(ends, -1, axis=0), strict=True):
            across = (y1 > y) != (y2 > y)
            with np.errstate(divide="ignore", invalid="ignore"):
                inside ^= across & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
            length = math.hypot(x2 - x1, y2 - y1)
            along = np.clip(((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length**2, 0.0, 1.0)
            on |= np.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1)) <= _ON_A_SIDE * scale
        return near & (inside | on)

    def _plane(self, ra: Any, dec: Any) -> tuple[Any, Any]:
        """Positions on the plane that touches the sphere in the middle, where great circles are straight; and which are within the circle."""
        return _projected(ra, dec, self.ra, self.dec, self.radius)


@dataclass(frozen=True)
class SkyBox:
    """What lies between two meridians, the shorter way, and two circles of declination.

    Attributes
    ----------
    corners : tuple of (float, float)
        Two, degrees: the western one in the south, and the eastern one in the north.
    ra, dec, radius : float
        Of a circle that holds it, degrees; the radius is 180 where there is none of less than a hemisphere.
    area : float
        Square degrees.
    """

    corners: tuple[tuple[float, float], ...]
    ra: float
    dec: float
    radius: float
    area: float

    def conditions(self, ra: str, dec: str) -> str:
        """The same in ADQL, beginning with AND."""
        (west, low), (east, high) = self.corners
        between = f"{ra} BETWEEN {west!r} AND {east!r}" if west <= east else f"({ra} >= {west!r} OR {ra} <= {east!r})"
        return f" AND {between} AND {dec} BETWEEN {low!r} AND {high!r}"

    def holds(self, ra: Any, dec: Any) -> Any:
        """Which positions are inside; those on a side are."""
        import numpy as np

        (west, low), (east, high) = self.corners
        ra, dec = np.asarray(ra, dtype=float), np.asarray(dec, dtype=float)
        within = (ra >= west) & (ra <= east) if west <= east else (ra >= west) | (ra <= east)
        return within & (dec >= low) & (dec <= high)


def region_of(corners: Sequence[tuple[float, float]]) -> SkyPolygon | SkyBox:
    """The region with these corners: a polygon, or of two opposite ones a box.

    Parameters
    ----------
    corners : sequence of (float, float)
        Right ascension (0 to below 360) and declination, degrees; of a polygon in order along its sides, whichever way round.

    Raises
    ------
    InputError
        Where there is no such region: fewer than two corners, sides that cross or touch, or no smaller side.
    """
    kept: list[tuple[float, float]] = []
    for corner in corners:
        if not kept or float(separations(*kept[-1], *corner)) > _SAME_PLACE:
            kept.append(corner)
    if len(kept) > 2 and float(separations(*kept[0], *kept[-1])) <= _SAME_PLACE:
        kept.pop()  # closed by its first corner
    if len(kept) < 2:
        raise InputError(
            f"{len(kept) or 'No'} corner makes no region.",
            remedy="Give three or more corners of a polygon, or two opposite ones of a box.",
        )
    return _box(*kept) if len(kept) == 2 else _polygon(kept)


def _box(one: tuple[float, float], other: tuple[float, float]) -> SkyBox:
    low, high = sorted((one[1], other[1]))
    eastward = (other[0] - one[0]) % 360.0
    west, east = (one[0], other[0]) if eastward <= 180.0 else (other[0], one[0])
    width = (east - west) % 360.0
    if low == high or width == 0.0:
        raise InputError("The two corners of the box are on one line, so there is nothing between them.", remedy="Give two opposite corners.")  # fmt: skip
    if width > 179.999:
        raise InputError(
            "The two corners of the box are half a turn apart, so which half is meant is not clear.",
            remedy="Ask for it in two parts.",
        )
    ra, dec = (west + width / 2.0) % 360.0, (low + high) / 2.0
    # Along a side the farthest place from the middle is a corner, as long as all is within a hemisphere.
    radius = max(float(separations(ra, dec, *c)) / 3600.0 for c in ((west, low), (west, high)))
    area = math.radians(width) * (math.sin(math.radians(high)) - math.sin(math.radians(low))) * _SQUARE_DEGREES
    return SkyBox(((west, low), (east, high)), ra, dec, radius * (1.0 + 1e-9) if radius < 89.0 else 180.0, area)


def _polygon(corners: list[tuple[float, float]]) -> SkyPolygon:
    import numpy as np

    ra, dec, radius = _circle_around(corners)
    if radius > _WIDEST:
        raise InputError(
            f"The corners are up to {radius:.0f} degrees from the middle of the polygon, so which side of it is the smaller one is not clear.",
            remedy="Ask for less of the sky, or for it in parts.",
        )
    plane, _ = _projected(*np.array(corners).T, ra, dec, radius)
    _refuse_crossings(plane, corners)
    area = _solid_angle(unit_vectors(*np.array(corners).T), unit_vectors(ra, dec)) * _SQUARE_DEGREES
    return SkyPolygon(tuple(corners), ra, dec, radius, area)


def _circle_around(corners: list[tuple[float, float]]) -> tuple[float, float, float]:
    """A circle that holds the corners, and with them all of a polygon of less than a hemisphere: hardly larger than the smallest one.

    Badoiu & Clarkson 2003 (Smaller core-sets for balls): the middle goes towards the farthest corner, by ever smaller steps.
    """
    import numpy as np

    vectors = unit_vectors(*np.array(corners).T)
    middle = vectors.mean(axis=0)
    # Of a small field the mean does, and archives list them by the ten thousand.
    spread = float(((vectors - middle) ** 2).sum(axis=1).max())
    for step in range(1, 300 if spread > _SMALL**2 else 1):
        middle = middle + (vectors[np.argmax(((vectors - middle) ** 2).sum(axis=1))] - middle) / (step + 1.0)
    length = float(np.linalg.norm(middle))
    if length < 1e-6:
        return 0.0, 0.0, 90.0
    x, y, z = middle / length
    ra, dec = math.degrees(math.atan2(y, x)) % 360.0, math.degrees(math.atan2(z, math.hypot(x, y)))
    ra = 0.0 if ra >= 360.0 else ra
    radius = max(float(separations(ra, dec, *c)) for c in corners) / 3600.0
    return ra, dec, radius * (1.0 + 1e-9) + 1e-9


def _projected(ra: Any, dec: Any, ra_middle: float, dec_middle: float, radius: float) -> tuple[Any, Any]:
    """Gnomonic projection, in which great circles are straight, x to the east; and which positions are within the circle.

    Calabretta & Greisen 2002, doi:10.1051/0004-6361:20021327, section 5.1.3.
    """
    import numpy as np

    vectors = np.atleast_2d(unit_vectors(ra, dec))
    a, d = math.radians(ra_middle), math.radians(dec_middle)
    middle = np.array([math.cos(d) * math.cos(a), math.cos(d) * math.sin(a), math.sin(d)])
    east = np.array([-math.sin(a), math.cos(a), 0.0])
    north = np.cross(middle, east)
    ahead = vectors @ middle
    with np.errstate(invalid="ignore"):
        near = ahead >= math.cos(math.radians(min(89.0, radius + 1e-6)))
    ahead = np.where(near, ahead, 1.0)
    return np.stack([vectors @ east, vectors @ north], axis=-1) / ahead[:, None], near


def _refuse_crossings(plane: Any, corners: list[tuple[float, float]]) -> None:
    """Refuse a polygon of which two sides meet otherwise than in their common corner, or which has no inside."""
    n = len(plane)
    sides = [(plane[i], plane[(i + 1) % n]) for i in range(n)]
    size = float(abs(plane - plane.mean(axis=0)).max())
    slack = 1e-12 * size * size
    for i in range(n):
        for j in range(i + 1, n):
            if j == i + 1 or (i == 0 and j == n - 1):
                # Neighbours share a corner; they overlap where the polygon turns back on itself.
                shared, one, other = (plane[j], plane[i], plane[(j + 1) % n]) if j == i + 1 else (plane[0], plane[1], plane[n - 1])  # fmt: skip
                a, b = one - shared, other - shared
                bad = abs(a[0] * b[1] - a[1] * b[0]) <= slack and a @ b > 0.0
            else:
                bad = _meet(*sides[i], *sides[j], slack)
            if bad:
                raise InputError(
                    f"Sides of the polygon cross or touch each other: that from corner {i + 1} ({_said(corners[i])}) and that from corner {j + 1} ({_said(corners[j])}).",
                    remedy="Give the corners in order along the polygon's sides.",
                )
    x, y = plane.T
    if abs(float(sum(x[i] * y[(i + 1) % n] - x[(i + 1) % n] * y[i] for i in range(n)))) <= 1e-9 * size * size:
        raise InputError("The corners of the polygon are on one great circle, so it has no inside.", remedy="Give other corners.")  # fmt: skip


def _meet(a: Any, b: Any, c: Any, d: Any, slack: float) -> bool:
    def side(p: Any, q: Any, r: Any) -> int:
        turn = (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
        return 0 if abs(turn) <= slack else 1 if turn > 0 else -1

    def within(p: Any, q: Any, r: Any) -> bool:
        return bool((min(p[0], q[0]) <= r[0] <= max(p[0], q[0])) and (min(p[1], q[1]) <= r[1] <= max(p[1], q[1])))

    s = side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
    if s[0] != s[1] and s[2] != s[3]:
        return True
    touching = ((0, a, b, c), (1, a, b, d), (2, c, d, a), (3, c, d, b))
    return any(s[k] == 0 and within(p, q, r) for k, p, q, r in touching)


def _hull(plane: Any) -> list[int]:
    """Which corners are those of the convex hull, counterclockwise.

    Andrew 1979, doi:10.1016/0020-0190(79)90072-3.
    """
    order = sorted(range(len(plane)), key=lambda i: (float(plane[i][0]), float(plane[i][1])))

    def chain(indices: list[int]) -> list[int]:
        done: list[int] = []
        for i in indices:
            while len(done) > 1 and _turn(plane[done[-2]], plane[done[-1]], plane[i]) <= 0.0:
                done.pop()
            done.append(i)
        return done[:-1]

    return chain(order) + chain(order[::-1])


def _turn(p: Any, q: Any, r: Any) -> float:
    return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))


def _solid_angle(vectors: Any, middle: Any) -> float:
    """Of a polygon, steradians: Van Oosterom & Strackee 1983, doi:10.1109/TBME.1983.325207, for each side and the middle."""
    import numpy as np

    total = 0.0
    for a, b in zip(vectors, np.roll(vectors, -1, axis=0), strict=True):
        total += 2.0 * math.atan2(float(middle @ np.cross(a, b)), float(1.0 + a @ b + b @ middle + middle @ a))
    return abs(total)


def _said(corner: tuple[float, float]) -> str:
    return f"{corner[0]:.5f} {corner[1]:+.5f}"
