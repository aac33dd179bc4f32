"""Footprints of observations as archives write them, and whether they hold a place: across right ascension zero and round the poles, too.

They come as STC-S text (``Polygon ICRS 10 20 ...``, ``Circle ICRS ...``, ``Union ICRS ( ... )``: https://www.ivoa.net/documents/Notes/TAPNotes/20120906/
and section 6 of TAP 1.0, 2010ivoa.spec.0327D) or as numbers (DALI 1.1, section 3.3, 2017ivoa.spec.0517D).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gnomon.tools.archives.positions.sky_matching import separations
from gnomon.tools.archives.positions.sky_regions import SkyPolygon, region_of
from gnomon.tools.errors import InputError

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
# FK5 is off by less than 0.1 arcsec, and so are the frames of the Guide Star Catalogue, by which MAST calls its outlines.
_FRAME = r"(?:ICRS|J2000|FK5|GSC1|GSC2)"
_POINT_OF_VIEW = r"(?:BARYCENTER|GEOCENTER|TOPOCENTER|HELIOCENTER|UNKNOWNREFPOS)"
_SYSTEM = rf"(?:{_FRAME}\s+)?(?:{_POINT_OF_VIEW}\s+)?(?:SPHERICAL2\s+)?"
_SHAPE = re.compile(rf"(POLYGON|CIRCLE)\s+{_SYSTEM}((?:{_NUMBER}[\s,]*)+)", re.IGNORECASE)
_UNION = re.compile(rf"UNION\s+{_SYSTEM}\((.*)\)", re.IGNORECASE | re.DOTALL)
# ALMA writes holes of a mosaic behind its outline: Polygon ICRS ... Not (Polygon ...).
_HOLE = re.compile(r"NOT\s*\(([^()]*)\)", re.IGNORECASE)
_MOST_CORNERS = 500  # each pair of sides is looked at


@dataclass(frozen=True)
class SkyCircle:
    """A circle: degrees, ICRS."""

    ra: float
    dec: float
    radius: float

    def holds(self, ra: Any, dec: Any) -> Any:
        """Which positions are inside."""
        import numpy as np

        return separations(self.ra, self.dec, np.asarray(ra), np.asarray(dec)) <= 3600.0 * self.radius * (1.0 + 1e-9)


Shape = SkyPolygon | SkyCircle


@dataclass(frozen=True)
class Footprint:
    """What is in any of some shapes, and in none of some holes."""

    shapes: tuple[Shape, ...]
    holes: tuple[Shape, ...] = ()


def footprint_of(value: str | Sequence[float] | None) -> Footprint | None:
    """A footprint; None where there is none, or it is none that is understood here.

    Parameters
    ----------
    value : str, sequence of float or None
        STC-S, or numbers, as such or as JSON: three of a circle, more of a polygon.
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = " ".join(value.split())
        if text.startswith("["):
            try:
                value = [float(x) for x in json.loads(text)]
            except (ValueError, TypeError):
                return None
            return _alone(_of_numbers("", value))
        union = _UNION.fullmatch(text)
        inner = union[1].strip() if union else text
        shapes, holes = _shapes(_HOLE.sub(" ", inner)), [_shapes(m[1]) for m in _HOLE.finditer(inner)]
        if not shapes or None in holes or (len(shapes) > 1 and not union):
            return None
        return Footprint(tuple(shapes), tuple(h for hole in holes for h in hole or ()))
    return _alone(_of_numbers("", [float(x) for x in value]))


def covers(footprint: Footprint | None, ra: float, dec: float) -> bool | None:
    """Whether a footprint holds a place; None where nobody can say."""
    if footprint is None or not (math.isfinite(ra) and math.isfinite(dec)):
        return None
    if any(bool(hole.holds([ra], [dec])[0]) for hole in footprint.holes):
        return False
    return any(bool(shape.holds([ra], [dec])[0]) for shape in footprint.shapes)


def _shapes(text: str) -> list[Shape] | None:
    """Shapes one after the other; None where there are none, or something else is beside them, which would change what they mean."""
    if _SHAPE.sub("", text).strip():
        return None
    found = [_of_numbers(m[1], [float(x) for x in re.findall(_NUMBER, m[2])]) for m in _SHAPE.finditer(text)]
    return None if not found or None in found else [shape for shape in found if shape is not None]


def _alone(shape: Shape | None) -> Footprint | None:
    return None if shape is None else Footprint((shape,))


def _of_numbers(shape: str, numbers: list[float]) -> Shape | None:
    if not all(math.isfinite(x) for x in numbers):
        return None
    shape = shape.upper() or ("CIRCLE" if len(numbers) == 3 else "POLYGON")
    if shape == "CIRCLE":
        if len(numbers) != 3 or not 0.0 < numbers[2] <= 180.0 or abs(numbers[1]) > 90.0:
            return None
        return SkyCircle(numbers[0] % 360.0, numbers[1], numbers[2])
    if len(numbers) < 6 or len(numbers) % 2 or len(numbers) > 2 * _MOST_CORNERS:
        return None
    corners = [(ra % 360.0, dec) for ra, dec in zip(numbers[::2], numbers[1::2], strict=True)]
    if any(abs(dec) > 90.0 for _, dec in corners):
        return None
    try:
        region = region_of(corners)
    except InputError:
        return None  # sides that cross, and what is nearly a hemisphere
    return region if isinstance(region, SkyPolygon) else None
