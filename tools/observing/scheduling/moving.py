"""Where a target is that does not keep its place among the stars, for slews: a direction in axes that turn with the Earth's rotation, interpolated."""

from __future__ import annotations

from bisect import bisect_right
from math import atan2, ceil, sqrt
from typing import TYPE_CHECKING

import numpy as np

from gnomon.tools.observing.scheduling.slews import ROTATION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gnomon.tools.observing.scheduling.problem import Floats, Track

# Between nodes so far apart [s] a body goes straight to an arcsecond; it turns at the rows of its ephemeris.
_STEP = 600.0
# Nearer to a pole [deg] the few arcseconds by which aberration moves a star are much in hour angle.
_POLE = 1.5


def near_a_pole(declination: float) -> bool:
    """Whether a declination [deg] is so near to a pole that a star's hour angle does not grow evenly."""
    return abs(declination) > 90.0 - _POLE


def nodes(horizon: float, turns: Iterable[float]) -> Floats:
    """Times [s] at which a target is looked up: evenly over the span, and close to each side of the times at which it turns or begins to be known."""
    steps = np.linspace(0.0, horizon, max(2, ceil(horizon / _STEP) + 1))
    # What is known ends at the first and the last row, to rounding.
    near = [t + side for t in turns for side in (-0.01, 0.01) if 0.0 < t + side < horizon]
    return np.unique(np.r_[steps, near])


def track_through(seconds: Floats, hours: Floats, declinations: Floats) -> Track | None:
    """The track through places.

    Parameters
    ----------
    seconds : ndarray (n,)
        In order.
    hours, declinations : ndarray (n,)
        Hour angle and declination [deg]; NaN where not known.

    Returns
    -------
    callable or None
        Hour angle [rad, not wrapped], sine and cosine of the declination at a time [s]; before and after what is known, as a star at the nearest place that is.  None where
        nothing is known.
    """
    known = np.isfinite(hours) & np.isfinite(declinations)
    if not known.any():
        return None
    times = seconds[known]
    right, up = np.radians(hours[known]) - ROTATION * times, np.radians(declinations[known])
    vectors = np.stack([np.cos(up) * np.cos(right), np.cos(up) * np.sin(right), np.sin(up)], axis=-1)
    at: list[float] = times.tolist()
    rows: list[list[float]] = vectors.tolist()

    def track(time: float) -> tuple[float, float, float]:
        after = bisect_right(at, time)
        if after == 0 or after == len(at):
            x, y, z = rows[min(after, len(at) - 1)]
        else:
            part = (time - at[after - 1]) / (at[after] - at[after - 1])
            x, y, z = (a + part * (b - a) for a, b in zip(rows[after - 1], rows[after], strict=True))
        flat = sqrt(x * x + y * y)
        length = sqrt(flat * flat + z * z)
        return atan2(y, x) + ROTATION * time, z / length, flat / length

    return track
