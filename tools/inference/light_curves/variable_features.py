"""Amplitude, moments and Fourier terms of an irregular light curve of a variable star, at a period that is known or searched for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError
from gnomon.tools.inference.light_curves.variable_period import (
    LEAST_POINTS,
    FoundPeriod,
    credible_points,
    find_period,
    fourier_series,
    fourier_terms,
)

if TYPE_CHECKING:
    import numpy as np

_ORDERS = (3, 4, 5, 6)


@dataclass(frozen=True)
class VariableFeatures:
    """What a periodic light curve looks like.

    Parameters
    ----------
    period : float
        [d].
    power : float
        Part of the variance that the series explains, 0 to 1.
    false_alarm : float
        Probability that white noise makes so high a peak of the periodogram of one sine anywhere in the search.
    amplitude : float
        From the brightest to the faintest point of the series, in the unit of the values.
    r21, phi21, r31, phi31 : float
        Ratios of amplitudes and differences of phases (k times the first taken off) of a series of cosines; Simon & Lee 1981, doi:10.1086/159153.
        Phases are from 0 to 2 pi.
    skew, kurt : float
        Of the values; kurt is 0 for a normal distribution.
    median : float
        In the unit of the values.
    points : int
        That were used.
    terms : int
        Of the series.
    """

    period: float
    power: float
    false_alarm: float
    amplitude: float
    r21: float
    phi21: float
    r31: float
    phi31: float
    skew: float
    kurt: float
    median: float
    points: int
    terms: int


def variable_features(
    time: np.ndarray,
    magnitude: np.ndarray,
    error: np.ndarray,
    shortest: float = 0.1,
    longest: float | None = None,
    found: FoundPeriod | None = None,
) -> VariableFeatures:
    """Find the period of an irregular light curve and describe its shape.

    The period is that of `gnomon.tools.inference.light_curves.variable_period.find_period`; the number of terms of the series is then that of the
    least Bayesian information criterion.

    Parameters
    ----------
    time : ndarray (n,)
        [d], in any order.
    magnitude, error : ndarray (n,)
        Magnitudes (fainter is larger) and uncertainties; points that `credible_points` refuses are left out.
    shortest, longest : float
        Periods that are searched [d]; by default up to half the time span.
    found : FoundPeriod, optional
        The period, where it is known, from other bands too; nothing is searched then.

    Raises
    ------
    InputError
        Where fewer than 15 points are left, or there are no periods to search.

    References
    ----------
    Simon & Lee 1981, doi:10.1086/159153 (ratios and phases); Schwarz 1978, doi:10.1214/aos/1176344136 (criterion).
    """
    import numpy as np
    from scipy.stats import kurtosis, skew

    t, m, e = credible_points(time, magnitude, error)
    if len(t) < LEAST_POINTS:
        raise InputError(
            f"The light curve has {len(t)} points that can be used, and a period needs {LEAST_POINTS}.", remedy="Give a longer one."
        )  # fmt: skip
    t = t - t[0]
    found = find_period([(t, m, e)], shortest, longest) if found is None else found
    best = 1.0 / found.period
    fits = {terms: fourier_series(t, m, e, best, terms) for terms in _ORDERS if 2 * terms + 1 < len(t) // 2}
    fits = fits or {3: fourier_series(t, m, e, best, 3)}
    # The noise is what the richest series leaves, so that errors which are too small do not call for ever more terms.
    excess = max(1.0, min(chi2 / max(1, len(t) - 2 * terms - 1) for terms, (_c, chi2) in fits.items()))
    terms = min(fits, key=lambda n: fits[n][1] / excess + (2 * n + 1) * np.log(len(t)))
    coefficients = fits[terms][0]
    weight = 1.0 / e**2
    spread = float(np.sum(weight * (m - np.average(m, weights=weight)) ** 2))
    phase = np.linspace(0.0, 2.0 * np.pi, 512, endpoint=False)
    curve = fourier_terms(phase, terms) @ coefficients
    size = np.hypot(coefficients[1::2], coefficients[2::2])
    turn = np.arctan2(-coefficients[2::2], coefficients[1::2])  # of A cos(k x + phi)
    return VariableFeatures(
        period=found.period,
        power=1.0 - fits[terms][1] / spread if spread > 0 else 0.0,
        false_alarm=found.false_alarm,
        amplitude=float(curve.max() - curve.min()),
        r21=float(size[1] / size[0]),
        phi21=float((turn[1] - 2.0 * turn[0]) % (2.0 * np.pi)),
        r31=float(size[2] / size[0]),
        phi31=float((turn[2] - 3.0 * turn[0]) % (2.0 * np.pi)),
        skew=float(skew(m)),
        kurt=float(kurtosis(m)),
        median=float(np.median(m)),
        points=len(m),
        terms=terms,
    )
