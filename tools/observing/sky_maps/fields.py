"""Fields of view of telescopes, and which places lie in one that is pointed somewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from gnomon.tools.errors import InputError

_WIDEST = 60.0  # degrees; beyond it a field is no longer flat in any sense


@dataclass(frozen=True)
class Field:
    """A field of view.

    A rectangle is one in the tangent plane (gnomonic projection, Calabretta & Greisen 2002, doi:10.1051/0004-6361:20021327) at the pointing, as a camera
    has it; a circle is all places within a radius.

    Parameters
    ----------
    width, height : float
        Degrees; of a circle both are the diameter.
    circle : bool
        Whether it is round.
    position_angle : float
        Of the side that counts as up, from north through east [deg].
    """

    width: float
    height: float
    circle: bool = False
    position_angle: float = 0.0

    @property
    def reach(self) -> float:
        """Angle from the middle to the farthest place in it [deg]."""
        if self.circle:
            return self.width / 2.0
        half = math.hypot(math.tan(math.radians(self.width) / 2.0), math.tan(math.radians(self.height) / 2.0))
        return math.degrees(math.atan(half))

    @property
    def side(self) -> float:
        """The shorter side, or the diameter [deg]."""
        return min(self.width, self.height)

    @property
    def upright(self) -> tuple[float, float]:
        """Of a rectangular field: width and height of a rectangle in it whose sides lie along right ascension and declination [deg]."""
        turned = math.radians(self.position_angle % 180.0)
        sine, cosine = abs(math.sin(turned)), abs(math.cos(turned))
        if sine < 1e-12:
            return self.width, self.height
        if cosine < 1e-12:
            return self.height, self.width
        half = math.tan(math.radians(self.side) / 2.0) / (sine + cosine)
        return (2.0 * math.degrees(math.atan(half)),) * 2

    def holds(self, pointing: Any, place: Any) -> Any:
        """Whether places lie in the field.

        Parameters
        ----------
        pointing : numpy.ndarray of float, shape (n, 2)
            Right ascension and declination of the middle of the field, for each place [deg].
        place : numpy.ndarray of float, shape (n, 2)
            Places [deg].

        Returns
        -------
        numpy.ndarray of bool, shape (n,)
        """
        import numpy as np

        ra0, dec0 = np.radians(pointing).T
        ra, dec = np.radians(place).T
        turn = ra - ra0
        ahead = np.sin(dec0) * np.sin(dec) + np.cos(dec0) * np.cos(dec) * np.cos(turn)
        east = np.cos(dec) * np.sin(turn)
        north = np.cos(dec0) * np.sin(dec) - np.sin(dec0) * np.cos(dec) * np.cos(turn)
        if self.circle:
            return np.arctan2(np.hypot(east, north), ahead) <= math.radians(self.width) / 2.0 * (1.0 + 1e-12)
        angle = math.radians(self.position_angle)
        across = east * math.cos(angle) - north * math.sin(angle)
        up = east * math.sin(angle) + north * math.cos(angle)
        slack = 1.0 + 1e-9
        return (
            (ahead > 0)
            & (np.abs(across) <= ahead * math.tan(math.radians(self.width) / 2.0) * slack)
            & (np.abs(up) <= ahead * math.tan(math.radians(self.height) / 2.0) * slack)
        )

    def outline(self, ra: float, dec: float, points: int = 12) -> Any:
        """Places round the edge of the field.

        Parameters
        ----------
        ra, dec : float
            Where it is pointed [deg].
        points : int
            On each side of a rectangle; four times as many on a circle.

        Returns
        -------
        numpy.ndarray of float, shape (m, 2)
            Right ascensions and declinations [deg], closed.
        """
        import numpy as np

        if self.circle:
            turn = np.linspace(0.0, 2.0 * np.pi, 4 * points + 1)
            radius = math.tan(math.radians(self.width) / 2.0)
            across, up = radius * np.sin(turn), radius * np.cos(turn)
        else:
            step = np.linspace(-1.0, 1.0, points + 1)[:-1]
            ones = np.ones(points)
            across = np.concatenate([step, ones, -step, -ones, [-1.0]]) * math.tan(math.radians(self.width) / 2.0)
            up = np.concatenate([-ones, step, ones, -step, [-1.0]]) * math.tan(math.radians(self.height) / 2.0)
        angle = math.radians(self.position_angle)
        east = across * math.cos(angle) + up * math.sin(angle)
        north = -across * math.sin(angle) + up * math.cos(angle)
        d0 = math.radians(dec)
        # From the tangent plane back to the sphere.
        x = math.cos(d0) - north * math.sin(d0)
        z = math.sin(d0) + north * math.cos(d0)
        turned = (np.degrees(np.arctan2(east, x)) + ra) % 360.0
        turned[turned >= 360.0] = 0.0  # what is left of a number just below zero
        return np.stack([turned, np.degrees(np.arctan2(z, np.hypot(x, east)))], axis=1)  # fmt: skip


def field_of(sizes: Any, name: str, position_angle: float = 0.0) -> Field:
    """A field of view by its sizes.

    Parameters
    ----------
    sizes : sequence of float
        Width and height of a rectangle, or the diameter of a circle [deg].
    name : str
        What errors call it.
    position_angle : float
        From north through east [deg].

    Returns
    -------
    Field

    Raises
    ------
    InputError
        Where it has no size, or one wider than 60 degrees.
    """
    sizes = tuple(float(s) for s in sizes)
    if len(sizes) not in (1, 2) or not all(0.0 < s <= _WIDEST for s in sizes):
        raise InputError(
            f"The field of {name} is {' x '.join(f'{s:g}' for s in sizes) or 'nothing'} degrees.",
            remedy=f"A field has a diameter, or a width and a height, above 0 and up to {_WIDEST:g} degrees.",
        )
    return Field(sizes[0], sizes[-1], len(sizes) == 1, position_angle)
