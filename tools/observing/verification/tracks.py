"""Directions of targets over sites on one grid of times, all of a site in one transformation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.verification.facilities import Telescope
from gnomon.tools.observing.verification.limits import Sight, asks_equatorial, sun_limit
from gnomon.tools.observing.verification.sky import Heavens, Place, equatorial, heavens, horizontal, local
from gnomon.tools.observing.verification.stays import why_not_allowed
from gnomon.tools.observing.verification.wishes import Request, Visit, Wishes

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Between samples a cubic through four of them is within 0.001 arcsec of a direction that turns with the sky: 9/384 (7.3e-5/s 240 s)^4,
# and the kinks of an ephemeris of a body that changes its rate by a degree an hour within 0.008 degree.
STEP = 240.0
# Degrees above its limit from which on a search asks for the Sun alone; in one step it moves by one at most.
_MARGIN = 1.5
# Samples on either side of those with the Sun low enough, which the cubic needs.
_BESIDE = 2
# Targets in one transformation; bounds the memory.
_TOGETHER = 200


class Tracks:
    """Sights of targets on a grid over the span; not computed, and told as unknown, where the Sun is too high for every visit at that place.

    Parameters
    ----------
    wishes : Wishes
    telescopes : mapping of str to Telescope
    requests : list of Request
    """

    def __init__(self, wishes: Wishes, telescopes: Mapping[str, Telescope], requests: list[Request]) -> None:
        import numpy as np

        start, end = wishes.span
        self.seconds: NDArray[Any] = np.linspace(start, end, max(4, math.ceil((end - start) / STEP) + 1))
        self.step = float(self.seconds[1] - self.seconds[0])
        self._heavens: dict[
            Place, NDArray[Any]
        ] = {}  # (n, 6): altitudes of Sun and Moon, the Moon's direction and light
        self._local: dict[tuple[Place, str], NDArray[Any]] = {}  # (n, 3)
        self._turned: dict[tuple[Place, str], NDArray[Any]] = {}  # (n, 3), of hour angle and declination
        # Beyond the ends of an ephemeris its ends stand in, so that curves go on to them; nothing is offered there.
        clipped = {r.key: np.clip(self.seconds, *(r.position.covers or (start, end))) for r in requests}
        places: dict[Place, list[Telescope]] = {}
        for telescope in telescopes.values():
            if any(_may(v, telescope) for r in requests for v in r.visits.values()):
                places.setdefault(telescope.place, []).append(telescope)
        for place, here in places.items():
            above = heavens(place, self.seconds)
            pair = np.stack([above.sun_altitude, above.moon_altitude], axis=-1)
            self._heavens[place] = np.concatenate([pair, above.moon, above.illumination[:, None]], axis=-1)
            highest = max((sun_limit(t, v) for t in here for r in requests for v in r.visits.values()), default=-90.0)
            low = np.flatnonzero(above.sun_altitude <= highest + _MARGIN)
            near = (low[:, None] + np.arange(-_BESIDE, _BESIDE + 1)).ravel()
            dark = np.unique(np.clip(near, 0, len(self.seconds) - 1))
            turned = any(asks_equatorial(t) or t.model == "equatorial" for t in here)
            wanted = [r for r in requests if any(_may(v, t) for v in r.visits.values() for t in here)]
            for part in range(0, len(wanted) if len(dark) else 0, _TOGETHER):
                some = wanted[part : part + _TOGETHER]
                vectors = np.stack([r.position.vectors(clipped[r.key][dark]) for r in some])
                for store, transform in ((self._local, horizontal), (self._turned, equatorial)):
                    if turned or store is self._local:
                        seen = local(*transform(place, self.seconds[dark], vectors))
                        for n, request in enumerate(some):
                            store[place, request.key] = self._spread(dark, seen[n])

    def sight(self, request: Request, telescope: Telescope, seconds: NDArray[Any] | None = None) -> Sight:
        """A target from a telescope.

        Parameters
        ----------
        request : Request
        telescope : Telescope
        seconds : numpy.ndarray, optional
            Times within the span; those of the grid where not given.
        """
        place, when = telescope.place, self.seconds if seconds is None else seconds
        stencil = None if seconds is None else self._stencil(seconds)
        azimuth, altitude = _angles(self._at(self._local.get((place, request.key)), stencil))
        hour_angle = declination = None
        if asks_equatorial(telescope):
            hour_angle, declination = _angles(self._at(self._turned.get((place, request.key)), stencil))
        return Sight(
            when, azimuth, altitude, hour_angle, declination, _heavens(self._at(self._heavens[place], stencil))
        )

    def heavens(self, place: Place, seconds: NDArray[Any]) -> Heavens:
        """Sun and Moon over a place at times within the span."""
        return _heavens(self._at(self._heavens[place], self._stencil(seconds)))

    def axes(self, request: Request, telescope: Telescope, when: float) -> NDArray[Any]:
        """Where a telescope points at a target at a time, (1, 2 or 3) as `durations.axes_of` tells it; NaN where not known."""
        import numpy as np

        store = self._turned if telescope.model == "equatorial" else self._local
        vector = self._at(store.get((telescope.place, request.key)), self._stencil(np.array([when])))
        return vector if telescope.model == "great_circle" else np.stack(_angles(vector), axis=-1)

    def _stencil(self, seconds: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Four samples (m, 4) about each of the times, and the weights of the cubic through them."""
        import numpy as np

        place = (seconds - self.seconds[0]) / self.step
        first = np.clip(np.floor(place).astype(int) - 1, 0, len(self.seconds) - 4)
        u = place - first
        a, b, c = u - 1, u - 2, u - 3
        weights = np.stack([-a * b * c / 6, u * b * c / 2, -u * a * c / 2, u * a * b / 6], axis=-1)
        return first[:, None] + np.arange(4), weights

    def _at(self, values: NDArray[Any] | None, stencil: tuple[NDArray[Any], NDArray[Any]] | None) -> NDArray[Any]:
        """Values (n, k) of the grid, or at other times; NaN where a sample is not known."""
        import numpy as np

        if values is None:
            return np.full((len(self.seconds) if stencil is None else len(stencil[0]), 3), np.nan)
        return values if stencil is None else np.einsum("mn,mnk->mk", stencil[1], values[stencil[0]])

    def _spread(self, which: Any, values: Any) -> NDArray[Any]:
        import numpy as np

        told = np.full((len(self.seconds), 3), np.nan)
        told[which] = values
        return told


def _heavens(values: NDArray[Any]) -> Heavens:
    return Heavens(values[:, 0], values[:, 1], values[:, 2:5], values[:, 5])


def _angles(vectors: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Longitude within ±180° and latitude [deg] of directions (n, 3)."""
    import numpy as np

    x, y, z = vectors[:, 0], vectors[:, 1], vectors[:, 2]
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))


def _may(visit: Visit, telescope: Telescope) -> bool:
    return any(
        visit.mode in i.modes and not why_not_allowed(visit, telescope, i) for i in telescope.instruments.values()
    )
