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

# Between samples the straight line is within 0.0022 degree of an altitude: the sky's turning, 1/8 (7.3e-5/s)^2 (240 s)^2.
STEP = 240.0
# Degrees above its limit from which on a search asks for the Sun alone; in one step it moves by one at most.
_MARGIN = 1.5
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
        self.seconds: NDArray[Any] = np.linspace(start, end, max(2, math.ceil((end - start) / STEP) + 1))
        self._heavens: dict[Place, Heavens] = {}
        self._horizontal: dict[tuple[Place, str], tuple[NDArray[Any], NDArray[Any]]] = {}
        self._equatorial: dict[tuple[Place, str], tuple[NDArray[Any], NDArray[Any]]] = {}
        # Beyond the ends of an ephemeris its ends stand in, so that curves go on to them; nothing is offered there.
        clipped = {r.key: np.clip(self.seconds, *(r.position.covers or (start, end))) for r in requests}
        places: dict[Place, list[Telescope]] = {}
        for telescope in telescopes.values():
            if any(_may(v, telescope) for r in requests for v in r.visits.values()):
                places.setdefault(telescope.place, []).append(telescope)
        for place, here in places.items():
            self._heavens[place] = above = heavens(place, self.seconds)
            highest = max((sun_limit(t, v) for t in here for r in requests for v in r.visits.values()), default=-90.0)
            dark = np.flatnonzero(above.sun_altitude <= highest + _MARGIN)
            turned = any(asks_equatorial(t) or t.model == "equatorial" for t in here)
            wanted = [r for r in requests if any(_may(v, t) for v in r.visits.values() for t in here)]
            for part in range(0, len(wanted) if len(dark) else 0, _TOGETHER):
                some = wanted[part : part + _TOGETHER]
                vectors = np.stack([r.position.vectors(clipped[r.key][dark]) for r in some])
                for store, transform in ((self._horizontal, horizontal), (self._equatorial, equatorial)):
                    if turned or store is self._horizontal:
                        one, two = transform(place, self.seconds[dark], vectors)
                        for n, request in enumerate(some):
                            store[place, request.key] = self._spread(dark, one[n]), self._spread(dark, two[n])

    def heavens(self, place: Place) -> Heavens:
        """Sun and Moon over a place on the grid."""
        return self._heavens[place]

    def sight(self, request: Request, telescope: Telescope) -> Sight:
        """A target from a telescope on the grid."""
        nothing = self._spread([], []), self._spread([], [])
        pair = self._horizontal.get((telescope.place, request.key), nothing)
        turned = asks_equatorial(telescope) or telescope.model == "equatorial"
        other = self._equatorial.get((telescope.place, request.key), nothing) if turned else (None, None)
        return Sight(self.seconds, pair[0], pair[1], other[0], other[1], self._heavens[telescope.place])

    def axes(self, request: Request, telescope: Telescope, when: float) -> NDArray[Any]:
        """Where a telescope points at a target at a time, (1, 2 or 3) as `durations.axes_of` tells it, between samples of the grid; NaN where not known."""
        import numpy as np

        sight = self.sight(request, telescope)
        n = int(np.clip(np.searchsorted(self.seconds, when), 1, len(self.seconds) - 1))
        part = (when - self.seconds[n - 1]) / (self.seconds[n] - self.seconds[n - 1])
        if telescope.model == "equatorial":
            pair = sight.hour_angle, sight.declination
        else:
            pair = sight.azimuth, sight.altitude
        one, two = (local(pair[0][m], pair[1][m]) for m in (n - 1, n))  # type: ignore[index]
        # Within eight arc seconds of the arc, which is nothing to a slew.
        vector = (1 - part) * one + part * two
        vector = vector / np.linalg.norm(vector)
        if telescope.model == "great_circle":
            return np.asarray(vector[None, :])
        return np.degrees([[math.atan2(vector[1], vector[0]), math.asin(max(-1.0, min(1.0, vector[2])))]])

    def _spread(self, which: Any, values: Any) -> NDArray[Any]:
        import numpy as np

        told = np.full(len(self.seconds), np.nan)
        told[np.asarray(which, dtype=int)] = values
        return told


def _may(visit: Visit, telescope: Telescope) -> bool:
    return any(
        visit.mode in i.modes and not why_not_allowed(visit, telescope, i) for i in telescope.instruments.values()
    )
