"""Period, amplitude and Fourier terms of an irregular light curve of a variable star."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np

# Of the periodogram: steps of a frequency over the inverse of the time span, VanderPlas 2018, section 7.1, doi:10.3847/1538-4365/aab766.
_STEPS = 8
_MOST_FREQUENCIES = 2_000_000
_TRIED = 40  # peaks of the periodogram of one sine, which a series of more terms chooses from
_LEAST_POINTS = 15  # twice the seven numbers of a series of three terms, and one
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
        Of the values.
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
    terms: int


def variable_features(
    time: np.ndarray,
    magnitude: np.ndarray,
    error: np.ndarray,
    shortest: float = 0.1,
    longest: float | None = None,
) -> VariableFeatures:
    """Find the period of an irregular light curve and describe its shape.

    The Lomb-Scargle periodogram of one sine proposes periods; a Fourier series of three terms chooses among these, their halves and doubles, so
    that light curves far from a sine get their own period; the number of terms is then that of the least Bayesian information criterion.

    Parameters
    ----------
    time : ndarray (n,)
        [d], in any order.
    magnitude, error : ndarray (n,)
        Magnitudes (fainter is larger) and uncertainties; points with one that is not finite, or no positive error, are left out, and so is
        what lies beyond five robust deviations from the median on the bright or the faint side by more than the rest allows.
    shortest, longest : float
        Periods that are searched [d]; by default up to half the time span.

    Raises
    ------
    InputError
        Where fewer than 15 points are left, or there are no periods to search.

    References
    ----------
    Zechmeister & Kurster 2009, doi:10.1051/0004-6361:200811296 (floating mean); Schwarz 1978, doi:10.1214/aos/1176344136 (criterion);
    Baluev 2008, doi:10.1111/j.1365-2966.2008.12689.x (false alarms).
    """
    import numpy as np
    from astropy.timeseries import LombScargle
    from scipy.stats import kurtosis, skew

    good = np.isfinite(time) & np.isfinite(magnitude) & np.isfinite(error) & (error > 0)
    good[good] &= _credible(magnitude[good])
    t, m, e = (np.asarray(x, dtype=np.float64)[good] for x in (time, magnitude, error))
    if len(t) < _LEAST_POINTS:
        raise InputError(
            f"The light curve has {len(t)} points that can be used, and a period needs {_LEAST_POINTS}.", remedy="Give a longer one."
        )  # fmt: skip
    order = np.argsort(t, kind="stable")
    t, m, e = t[order] - t[order][0], m[order], e[order]
    longest = 0.5 * t[-1] if longest is None else longest
    if not 0 < shortest < longest:
        raise InputError(
            f"There are no periods between {shortest} and {longest:.4g} d to search.", remedy="Give a longer light curve or other limits."
        )  # fmt: skip
    step = 1.0 / (_STEPS * t[-1])
    count = int((1.0 / shortest - 1.0 / longest) / step) + 2
    if count > _MOST_FREQUENCIES:
        raise InputError(
            f"Between {shortest} and {longest:.4g} d there are {count} periods to try over {t[-1]:.0f} d, too many.",
            remedy=f"Search no more than {_MOST_FREQUENCIES}: a longer shortest period, or a shorter light curve.",
        )
    frequency = 1.0 / longest + step * np.arange(count)
    search = LombScargle(t, m, e)
    power = search.power(frequency, assume_regular_frequency=True)
    peaks = _peaks(power)
    tried = np.concatenate([frequency[peaks] * factor for factor in (1.0, 0.5, 2.0)])
    tried = tried[(tried >= 1.0 / longest) & (tried <= 1.0 / shortest)]
    best = tried[int(np.argmin([_series(t, m, e, f, 3)[1] for f in tried]))]
    fine = best + step * np.linspace(-1.0, 1.0, 41)
    best = float(fine[int(np.argmin([_series(t, m, e, f, 3)[1] for f in fine]))])
    fits = {terms: _series(t, m, e, best, terms) for terms in _ORDERS if 2 * terms + 1 < len(t) // 2}
    fits = fits or {3: _series(t, m, e, best, 3)}
    # The noise is what the richest series leaves, so that errors which are too small do not call for ever more terms.
    excess = max(1.0, min(chi2 / max(1, len(t) - 2 * terms - 1) for terms, (_c, chi2) in fits.items()))
    terms = min(fits, key=lambda n: fits[n][1] / excess + (2 * n + 1) * np.log(len(t)))
    coefficients = fits[terms][0]
    weight = 1.0 / e**2
    spread = float(np.sum(weight * (m - np.average(m, weights=weight)) ** 2))
    phase = np.linspace(0.0, 2.0 * np.pi, 512, endpoint=False)
    curve = _terms(phase, terms) @ coefficients
    size = np.hypot(coefficients[1::2], coefficients[2::2])
    turn = np.arctan2(-coefficients[2::2], coefficients[1::2])  # of A cos(k x + phi)
    return VariableFeatures(
        period=1.0 / best,
        power=1.0 - fits[terms][1] / spread if spread > 0 else 0.0,
        false_alarm=float(search.false_alarm_probability(power.max(), maximum_frequency=1.0 / shortest)),
        amplitude=float(curve.max() - curve.min()),
        r21=float(size[1] / size[0]),
        phi21=float((turn[1] - 2.0 * turn[0]) % (2.0 * np.pi)),
        r31=float(size[2] / size[0]),
        phi31=float((turn[2] - 3.0 * turn[0]) % (2.0 * np.pi)),
        skew=float(skew(m)),
        kurt=float(kurtosis(m)),
        terms=terms,
    )


def _credible(magnitude: np.ndarray) -> np.ndarray:
    """Points within eight robust deviations of the median: an eclipse stays, a value such as 99 for nothing goes."""
    import numpy as np

    middle = np.median(magnitude) if len(magnitude) else 0.0
    spread = 1.4826 * np.median(np.abs(magnitude - middle)) if len(magnitude) else 0.0
    return np.asarray(np.abs(magnitude - middle) <= max(8.0 * spread, 1e-12))


def _peaks(power: np.ndarray) -> np.ndarray:
    """The highest maxima."""
    import numpy as np

    inner = np.flatnonzero((power[1:-1] >= power[:-2]) & (power[1:-1] > power[2:])) + 1
    inner = inner if len(inner) else np.array([int(np.argmax(power))])
    return inner[np.argsort(-power[inner], kind="stable")[:_TRIED]]


def _terms(phase: np.ndarray, terms: int) -> np.ndarray:
    """1, cos x, sin x, cos 2x, sin 2x ..."""
    import numpy as np

    columns = [np.ones_like(phase)]
    for k in range(1, terms + 1):
        columns += [np.cos(k * phase), np.sin(k * phase)]
    return np.stack(columns, axis=1)


def _series(
    time: np.ndarray, magnitude: np.ndarray, error: np.ndarray, frequency: float, terms: int
) -> tuple[np.ndarray, float]:
    """Coefficients of the series at one frequency, and its chi squared."""
    import numpy as np

    design = _terms(2.0 * np.pi * frequency * time, terms) / error[:, None]
    asked = magnitude / error
    # A touch of ridge keeps series over gaps in phase from swinging out; it is far below the errors.
    normal = design.T @ design
    normal[np.diag_indices_from(normal)] *= 1.0 + 1e-6
    coefficients = np.linalg.solve(normal, design.T @ asked)
    return coefficients, float(np.sum((asked - design @ coefficients) ** 2))
