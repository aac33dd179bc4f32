"""The score of a schedule, reckoned again."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.verification.claims import Claims
from gnomon.tools.observing.verification.events import without
from gnomon.tools.observing.verification.facilities import Telescope
from gnomon.tools.observing.verification.findings import ALLOWED, Ledger
from gnomon.tools.observing.verification.sets import ByRequest, seconds_used
from gnomon.tools.observing.verification.sky import sun_altitude
from gnomon.tools.observing.verification.stays import Known
from gnomon.tools.observing.verification.wishes import Request, Wishes

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Worth:
    """What programmes with a share cost: the sum of all priorities, and the seconds that all telescopes can observe (least, most)."""

    priorities: float
    capacity: tuple[float, float]

    def penalty(self, wishes: Wishes, used: Mapping[str, float], capacity: float) -> float:
        """What is taken off the score for programmes beyond their share; where there are no hours to share out, nothing."""
        told = 0.0
        if capacity <= 0:
            return told
        for key, (_, share) in wishes.programmes.items():
            if share is not None and used.get(key, 0.0) > 0:
                told += self.priorities * max(0.0, used[key] / capacity - share)
        return told


def gain_of(request: Request, visits: set[str]) -> float:
    """What a request adds to the score with some of its visits."""
    if request.whole:
        return request.priority if visits >= set(request.visits) else 0.0
    weights = {key: visit.weight for key, visit in request.visits.items()}
    return request.priority * sum(weights[v] for v in visits) / sum(weights.values())


def worth_of(wishes: Wishes, telescopes: Mapping[str, Telescope]) -> Worth:
    """What is needed to reckon penalties; the Sun is asked only where a programme has a share."""
    priorities = sum(r.priority for r in wishes.requests.values())
    if all(share is None for _, share in wishes.programmes.values()):
        return Worth(priorities, (0.0, 0.0))
    return Worth(priorities, _capacity(wishes.span, telescopes))


def check_score(
    claims: Claims, scheduled: ByRequest, known: list[Known], wishes: Wishes, worth: Worth, ledger: Ledger
) -> None:
    """Check the score, and that the bound is not below it."""
    ledger.count("scores")
    gained = sum(gain_of(wishes.requests[key], set(visits)) for key, visits in scheduled.items())
    used = seconds_used(known)
    least, most = sorted(gained - worth.penalty(wishes, used, capacity) for capacity in worth.capacity)
    spare = ALLOWED.score * max(1.0, worth.priorities)
    if not least - spare <= claims.score <= most + spare:
        ledger.find("score", "schedule", f"The score is told as {claims.score:.6g}; it is {(least + most) / 2:.6g}.")
    if claims.bound is not None and claims.bound < max(claims.score, least) - spare:
        ledger.find(
            "bound", "schedule", f"The bound {claims.bound:.6g} is below the score {max(claims.score, least):.6g}."
        )


def _capacity(span: tuple[float, float], telescopes: Mapping[str, Telescope]) -> tuple[float, float]:
    """Seconds in which telescopes are open and the Sun is below their limit, with what is allowed taken off and added."""
    import numpy as np

    start, end = span
    seconds = np.linspace(start, end, max(5, int(np.ceil((end - start) / 300.0)) + 1))
    suns: dict[tuple[float, float, float], NDArray[Any]] = {}
    totals = [0.0, 0.0]
    for telescope in telescopes.values():
        if telescope.place not in suns:
            suns[telescope.place] = sun_altitude(telescope.place, seconds)
        for n, sign in enumerate((-1.0, 1.0)):
            limit = telescope.limits["sun_altitude_max"] + sign * ALLOWED.angle
            dark = _below(seconds, suns[telescope.place], limit)
            totals[n] += sum(b - a for a, b in without(dark, list(telescope.closures)))
    return totals[0], totals[1]


def _below(seconds: NDArray[Any], altitude: NDArray[Any], limit: float) -> list[tuple[float, float]]:
    """Intervals in which a smooth curve is below a limit, by a cubic through its samples: 300 s apart, good to a second."""
    from scipy.interpolate import CubicSpline

    curve = CubicSpline(seconds, altitude - limit)
    edges = [float(seconds[0]), *(float(r) for r in curve.roots(extrapolate=False)), float(seconds[-1])]
    edges = sorted(set(edges))
    return [(a, b) for a, b in itertools.pairwise(edges) if curve((a + b) / 2) < 0]
