"""How many sources there are in a part of the sky, by where it is in the Milky Way.

The counts are those of Gaia DR3 in cells of 5 by 15 degrees of galactic coordinates, `sky_density.json`.  They come from the list of the
files into which ESA has cut ``gaia_source``, along ranges of HEALPix level 8 with about equal numbers of sources.  Held against that list
itself, pixel by pixel of level 8, they are right to 20% over two thirds of the sky and to a factor of two over 95% of it; a latitude law
alone is three times worse.  The cores of the Magellanic Clouds and of globular clusters have up to 17 times more than their cell, dark clouds
in the plane down to a fiftieth.

Other catalogues are a power of these counts, scaled to their own number of sources.  For 2MASS the power is 0.85, which puts 60% of
its sources at galactic latitudes below 10 degrees, as the survey found (https://www.ipac.caltech.edu/2mass/releases/allsky/doc/sec6_1n.html),
and comes within 40% of the counts in its ten reference fields (.../2mass/releases/second/doc/sec6_7a.html).
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

WHOLE_SKY = 4.0 * math.pi * math.degrees(1.0) ** 2
"""Square degrees."""

# By how much a count may be less than is expected, where that decides whether a query is refused unasked: beyond what nineteen of
# twenty places on the sky show (the module's docstring).
SAFETY = 3.0
# Fewest sources of Gaia in a square degree anywhere but in dark clouds: the emptiest of its 3386 ranges has 2462.
_EMPTIEST = 2400.0

# Of the north pole of the Milky Way, and of the celestial pole in galactic longitude, degrees (ICRS): ESA 1997, The Hipparcos and
# Tycho Catalogues, vol. 1, sect. 1.5.3, 1997ESASP1200.....E.
_POLE_RA, _POLE_DEC, _CELESTIAL_POLE_L = 192.85948, 27.12825, 122.93192
_LATITUDES, _LONGITUDES = 36, 24


@cache
def _cells() -> tuple[tuple[float, ...], ...]:
    text = Path(__file__).with_name("sky_density.json").read_text(encoding="utf-8")
    return tuple(tuple(float(v) for v in row) for row in json.loads(text)["density"])


def galactic(ra: float, dec: float) -> tuple[float, float]:
    """Galactic longitude and latitude of a place in ICRS, all in degrees."""
    a, d = math.radians(ra - _POLE_RA), math.radians(dec)
    pole = math.radians(_POLE_DEC)
    sine = math.sin(d) * math.sin(pole) + math.cos(d) * math.cos(pole) * math.cos(a)
    b = math.asin(max(-1.0, min(1.0, sine)))
    y = math.cos(d) * math.sin(a)
    x = math.sin(d) * math.cos(pole) - math.cos(d) * math.sin(pole) * math.cos(a)
    return (_CELESTIAL_POLE_L - math.degrees(math.atan2(y, x))) % 360.0, math.degrees(b)


def _of_cell(longitude: float, latitude: float) -> float:
    row = min(_LATITUDES - 1, max(0, int((latitude + 90.0) // (180.0 / _LATITUDES))))
    return _cells()[row][int(longitude // (360.0 / _LONGITUDES)) % _LONGITUDES]


@cache
def _scale(power: float) -> float:
    """What the counts to this power have to be multiplied by to be shares of the sky: their mean is then 1 / `WHOLE_SKY`."""
    total = 0.0
    for row, cells in enumerate(_cells()):
        south, north = (math.radians(-90.0 + 180.0 / _LATITUDES * (row + i)) for i in (0, 1))
        area = math.degrees(math.sin(north) - math.sin(south)) * 360.0 / _LONGITUDES
        total += area * float(sum(c**power for c in cells))
    return 1.0 / total


def share_of_sources(ra: float, dec: float, radius: float, power: float) -> float:
    """The share of a catalogue's sources that lies in a circle, per square degree.

    Parameters
    ----------
    ra, dec : float
        Middle of the circle, degrees, ICRS.
    radius : float
        Degrees.
    power : float
        1 for a catalogue that follows the Milky Way as Gaia does, 0 for one that is the same everywhere.

    Returns
    -------
    float
        The mean over the circle: of its middle where it is smaller than a cell, else of places spread evenly over it.
    """
    if power == 0.0:
        return 1.0 / WHOLE_SKY
    places = [(ra, dec)] if radius <= 1.0 else _spread(ra, dec, radius)
    counts: list[float] = [_of_cell(*galactic(*place)) ** power for place in places]
    return _scale(power) * sum(counts) / len(places)


def least_share(power: float) -> float:
    """The share per square degree where the sky is emptiest."""
    return _scale(power) * float(_EMPTIEST**power) if power else 1.0 / WHOLE_SKY


def _spread(ra: float, dec: float, radius: float, number: int = 200) -> list[tuple[float, float]]:
    """Places spread evenly over a circle, along a spiral of the golden angle."""
    golden = math.pi * (3.0 - math.sqrt(5.0))
    d0, out = math.radians(dec), []
    depth = 1.0 - math.cos(math.radians(min(180.0, radius)))
    for i in range(number):
        cosine = 1.0 - depth * (i + 0.5) / number
        away, angle = math.acos(max(-1.0, min(1.0, cosine))), golden * i
        d = math.asin(max(-1.0, min(1.0, math.sin(d0) * cosine + math.cos(d0) * math.sin(away) * math.cos(angle))))
        a = math.atan2(math.sin(angle) * math.sin(away) * math.cos(d0), cosine - math.sin(d0) * math.sin(d))
        out.append(((ra + math.degrees(a)) % 360.0, math.degrees(d)))
    return out
