"""Single dips of a light curve, each measured against its own surroundings, and how deep dips of noise are."""

from __future__ import annotations

from typing import Any

from gnomon.tools.fitting.light_curve_arrays import robust_scatter, typical_step

# The surroundings of a dip of duration T: from 0.75 T, clear of ingress and egress, to 2.25 T on both sides, three
# times as many points as in the dip, so that they add little noise.
FLANK_INNER, FLANK_OUTER = 0.75, 2.25
ENOUGH_INSIDE = 0.5  # of the cadences that the dip should have; with fewer, a transit cannot be told from a gap's edge
ENOUGH_OUTSIDE = 0.25  # of the cadences of each flank; filters bend the ends of a light curve, so edges make dips


def measure_dips(time: Any, flux: Any, error: Any, centres: Any, duration: float) -> tuple[Any, Any, Any]:
    """Measure the depth of a box at each of many times against the mean of its two flanks.

    Parameters
    ----------
    time, flux, error : numpy.ndarray of float
        Times in order [d], fluxes around 1, uncertainties.
    centres : numpy.ndarray of float
        Middle of each box [d].
    duration : float
        Width of the box [d].

    Returns
    -------
    tuple of numpy.ndarray
        Depths (NaN where the data do not cover box and flanks), their white-noise uncertainties, and the part of the
        box's cadences that is there, 0 to 1.
    """
    import numpy as np

    weight = 1.0 / error**2
    sums = [np.concatenate([[0.0], np.cumsum(a)]) for a in (weight, weight * (flux - 1.0), np.ones(len(time)))]

    def between(low: float, high: float) -> list[Any]:
        first, last = np.searchsorted(time, centres + low * duration), np.searchsorted(time, centres + high * duration)
        return [s[last] - s[first] for s in sums]

    inside = between(-0.5, 0.5)
    left, right = between(-FLANK_OUTER, -FLANK_INNER), between(FLANK_INNER, FLANK_OUTER)
    outside = [a + b for a, b in zip(left, right, strict=True)]
    needed = ENOUGH_OUTSIDE * (FLANK_OUTER - FLANK_INNER) * max(duration / typical_step(time), 1.0)
    expected = max(duration / typical_step(time), 1.0)
    covered = inside[2] / expected
    usable = (covered >= ENOUGH_INSIDE) & (left[2] >= needed) & (right[2] >= needed)
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = outside[1] / outside[0] - inside[1] / inside[0]
        spread = np.sqrt(1.0 / outside[0] + 1.0 / inside[0])
    return np.where(usable, depth, np.nan), np.where(usable, spread, np.nan), np.clip(covered, 0.0, 1.0)


def noise_of_dips(time: Any, flux: Any, error: Any, duration: float) -> float:
    """Give the scatter of boxes of noise: white and red together, at the time scale of a transit.

    Parameters
    ----------
    time, flux, error : numpy.ndarray of float
        As in `measure_dips`, without the transits.
    duration : float
        Width of the box [d].

    Returns
    -------
    float
        Scatter of the depth of one box; the larger of what the middle and what the tails of the distribution say,
        NaN where fewer than ten boxes can be measured.

    References
    ----------
    Pont, Zucker & Queloz 2006, doi:10.1111/j.1365-2966.2006.11012.x, section 3: noise of averages over a transit.
    """
    import numpy as np

    centres = np.arange(time[0], time[-1], 0.5 * duration)
    depth, spread, _ = measure_dips(time, flux, error, centres, duration)
    good = np.isfinite(depth)
    if good.sum() < 10:
        return float("nan")
    # 97.7 per cent of normal noise lies below two sigma: a heavy tail of dips must raise the noise.
    tail = float(np.quantile(depth[good], 0.977)) / 2.0
    return max(robust_scatter(depth[good]), tail, float(np.median(spread[good])))


def gumbel_false_alarm(periods: Any, control: Any, period: float, height: float) -> float:
    """Give the probability that noise makes a peak this high anywhere in a spectrum, from a spectrum of noise.

    The spectrum of noise within a factor of three of the peak's period, where as many transits are averaged, is cut
    into twenty parts.  Their maxima follow a Gumbel distribution; the maximum of as many such parts as the whole
    spectrum has follows one again.

    Parameters
    ----------
    periods, control : numpy.ndarray of float
        Trial periods [d] and the spectrum of the same data without signals.
    period, height : float
        Period [d] and height of the peak.

    Returns
    -------
    float
        Probability, 0 to 1.

    References
    ----------
    Suveges 2014, doi:10.1093/mnras/stu372 (extreme values from parts of one spectrum).
    """
    import numpy as np

    near = control[(periods > period / 3.0) & (periods < 3.0 * period)]
    parts = 20  # their maxima give the width of the distribution to a sixth
    if len(near) < 5 * parts:
        near = control
    maxima = np.array([piece.max() for piece in np.array_split(near, parts) if len(piece)])
    scale = float(np.std(maxima, ddof=1)) * np.sqrt(6.0) / np.pi  # moments of the Gumbel distribution
    if not scale > 0:
        return 1.0
    location = float(np.mean(maxima)) - 0.5772156649 * scale
    trials = parts * len(control) / len(near)
    return float(-np.expm1(-trials * np.exp(-(height - location) / scale)))
