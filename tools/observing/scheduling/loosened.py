"""The problem with every limit loosened by what the verifier forgives, for a bound that holds for all that passes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gnomon.tools.observing.visibility.limits import altitude_of_airmass

if TYPE_CHECKING:
    from gnomon.tools.observing.documents.requests import Requests, Visit
    from gnomon.tools.observing.documents.telescopes import Telescope, Telescopes
    from gnomon.tools.observing.scheduling.problem import Problem

# What the verifier allows, and a little more for the edges of windows.
ANGLE = 0.021
SECONDS = 1.2
ILLUMINATION = 0.002
_DAY = 86400.0


def loosened(telescopes: Telescopes, requests: Requests) -> tuple[Telescopes, Requests]:
    """Both documents with their limits loosened.

    Parameters
    ----------
    telescopes : Telescopes
    requests : Requests

    Returns
    -------
    tuple of Telescopes and Requests
        The span stays as it is.
    """
    wide = {key: _telescope(t) for key, t in telescopes.telescopes.items()}
    wished = {key: replace(r, visits=tuple(_visit(v) for v in r.visits)) for key, r in requests.requests.items()}
    return replace(telescopes, telescopes=wide), replace(requests, requests=wished)


def _telescope(telescope: Telescope) -> Telescope:
    limits = telescope.limits
    return replace(
        telescope,
        limits=replace(
            limits,
            altitude_min=limits.altitude_min - ANGLE,
            sun_altitude_max=limits.sun_altitude_max + ANGLE,
            altitude_max=None if limits.altitude_max is None else min(90.0, limits.altitude_max + ANGLE),
            # Near the pole an angle on the sky is much in hour angle; the verifier's is one of hour angle.
            hour_angle_max=None if limits.hour_angle_max is None else limits.hour_angle_max + ANGLE / 15,
            declination_min=None if limits.declination_min is None else limits.declination_min - ANGLE,
            declination_max=None if limits.declination_max is None else limits.declination_max + ANGLE,
            moon_separation_min=None
            if limits.moon_separation_min is None
            else max(0.0, limits.moon_separation_min - ANGLE),
            horizon=tuple((azimuth, altitude - 2 * ANGLE) for azimuth, altitude in limits.horizon),
        ),
        closures=tuple(
            replace(c, start=c.start + SECONDS / _DAY, end=c.end - SECONDS / _DAY)
            for c in telescope.closures
            if c.end - c.start > 3 * SECONDS / _DAY
        ),
    )


def _visit(visit: Visit) -> Visit:
    lowest = [
        v
        for v in (visit.altitude_min, None if visit.airmass_max is None else altitude_of_airmass(visit.airmass_max))
        if v is not None
    ]
    return replace(
        visit,
        altitude_min=max(lowest) - ANGLE if lowest else None,
        airmass_max=None,
        sun_altitude_max=None if visit.sun_altitude_max is None else visit.sun_altitude_max + ANGLE,
        moon_separation_min=None if visit.moon_separation_min is None else max(0.0, visit.moon_separation_min - ANGLE),
        moon_illumination_max=None
        if visit.moon_illumination_max is None
        else min(1.0, visit.moon_illumination_max + ILLUMINATION),
        windows=tuple((a - SECONDS / _DAY, b + SECONDS / _DAY) for a, b in visit.windows),
    )


def widen(problem: Problem) -> None:
    """Let every visit of a problem start two seconds before and after its windows as well."""
    for job in problem.jobs:
        job.options = tuple(o.with_starts(tuple((low - 2, high + 2) for low, high in o.starts)) for o in job.options)
