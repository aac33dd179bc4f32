"""The period of a variable star from irregular light curves in one band or several, and the Fourier series at a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    Band = tuple[np.ndarray, np.ndarray, np.ndarray]

# Of the periodogram: steps of a frequency over the inverse of the time span, VanderPlas 2018, section 7.1, doi:10.3847/1538-4365/aab766.
_STEPS = 6
MOST_FREQUENCIES = 2_000_000
_TRIED = 40  # peaks of the periodogram of one sine, which a series of more terms chooses from
LEAST_POINTS = 15  # twice the seven numbers of a series of three terms, and one
_TERMS = 3
_JUDGED = 15  # periods whose series are compared in full
_ORDERS = 6


@dataclass(frozen=True)
class FoundPeriod:
    """The period of a light curve.

    Parameters
    ----------
    period : float
        [d].
    false_alarm : float
        Probability that white noise makes so high a peak of the periodogram of one sine anywhere in the search; of the band where it is least,
        times the number of bands, and 1 at most.
    """

    period: float
    false_alarm: float


def credible_points(time: np.ndarray, magnitude: np.ndarray, error: np.ndarray) -> Band:
    """Points that can be used, in order of time.

    Parameters
    ----------
    time : ndarray (n,)
        [d], in any order.
    magnitude, error : ndarray (n,)
        Magnitudes (fainter is larger) and uncertainties.

    Returns
    -------
    tuple of ndarray
        The same without points that are not finite, have no positive error, or lie beyond eight robust deviations from the median: an eclipse
        stays, a value such as 99 for nothing goes.
    """
    import numpy as np

    good = np.isfinite(time) & np.isfinite(magnitude) & np.isfinite(error) & (error > 0)
    good[good] &= _credible(magnitude[good])
    t, m, e = (np.asarray(x, dtype=np.float64)[good] for x in (time, magnitude, error))
    order = np.argsort(t, kind="stable")
    return t[order], m[order], e[order]


def find_period(bands: Sequence[Band], shortest: float, longest: float | None = None) -> FoundPeriod:
    """Find the period that all bands share.

    The Lomb-Scargle periodogram of one sine proposes periods, in each band; a Fourier series of three terms in each band chooses among these,
    their halves and doubles, by the sum of chi squared, so that light curves far from a sine get their own period; among the best fifteen the
    Bayesian information criterion chooses, with one to six terms.

    Parameters
    ----------
    bands : sequence of tuple of ndarray
        Time [d], magnitude and error of each, as `credible_points` gives them; those with fewer than 15 points are not used.
    shortest, longest : float
        Periods that are searched [d]; by default up to half the time span.

    Raises
    ------
    InputError
        Where no band has 15 points, or there are no periods to search, or too many.

    References
    ----------
    Zechmeister & Kurster 2009, doi:10.1051/0004-6361:200811296 (floating mean); VanderPlas & Ivezic 2015, doi:10.1088/0004-637X/812/1/18 (several
    bands, each with a series of its own); Baluev 2008, doi:10.1111/j.1365-2966.2008.12689.x (false alarms); Schwarz 1978, doi:10.1214/aos/1176344136 (criterion).
    """
    import numpy as np
    from astropy.timeseries import LombScargle

    most = max((len(t) for t, _m, _e in bands), default=0)
    used = [band for band in bands if len(band[0]) >= LEAST_POINTS]
    if not used:
        raise InputError(
            f"The light curve has {most} points that can be used, and a period needs {LEAST_POINTS}.", remedy="Give a longer one."
        )  # fmt: skip
    begun = min(float(t[0]) for t, _m, _e in used)
    used = [(t - begun, m, e) for t, m, e in used]
    span = max(float(t[-1]) for t, _m, _e in used)
    longest = 0.5 * span if longest is None else longest
    if not 0 < shortest < longest:
        raise InputError(
            f"There are no periods between {shortest} and {longest:.4g} d to search.", remedy="Give a longer light curve or other limits."
        )  # fmt: skip
    step = 1.0 / (_STEPS * span)
    count = int((1.0 / shortest - 1.0 / longest) / step) + 2
    if count > MOST_FREQUENCIES:
        raise InputError(
            f"Between {shortest} and {longest:.4g} d there are {count} periods to try over {span:.0f} d, too many.",
            remedy=f"Search no more than {MOST_FREQUENCIES}: a longer shortest period, or a shorter light curve.",
        )
    frequency = 1.0 / longest + step * np.arange(count)
    proposed, alarms = [], []
    for t, m, e in used:
        search = LombScargle(t, m, e)
        # Press & Rybicki 1989, doi:10.1086/167197: ten times as fast as what astropy takes by itself, and only proposes here.
        power = search.power(frequency, method="fast", assume_regular_frequency=True, method_kwds={"algorithm": "fasper"})  # fmt: skip
        proposed.append(frequency[_peaks(power)])
        alarms.append(float(search.false_alarm_probability(power.max(), maximum_frequency=1.0 / shortest)))
    # What several bands propose is tried once; the grid below reaches to the neighbours.
    peaks = frequency[0] + step * np.unique(np.round((np.concatenate(proposed) - frequency[0]) / step))
    tried = np.concatenate([peaks * factor for factor in (1.0, 0.5, 2.0)])
    tried = tried[(tried >= 1.0 / longest) & (tried <= 1.0 / shortest)]
    # A third harmonic runs out of step three times as fast as the sine that proposed a period, so every one is tried on a grid around it.
    tried = (tried[:, None] + step * np.linspace(-0.5, 0.5, 7)).ravel()
    misfit = np.array([[fourier_series(*band, f, _TERMS)[1] for f in tried] for band in used])
    # A band whose errors are too small must not outvote the others: each counts by the noise that its best series leaves.
    freedom = np.array([max(1, len(t) - 2 * _TERMS - 1) for t, _m, _e in used])
    weight = 1.0 / np.maximum(misfit.min(axis=1) / freedom, 1.0)
    kept = _apart(tried, weight @ misfit, step)
    best = _of_least_criterion(used, kept, step)
    return FoundPeriod(1.0 / best, min(1.0, len(used) * min(alarms)))


def _apart(tried: np.ndarray, misfit: np.ndarray, step: float) -> list[float]:
    """The frequencies of least misfit that are more than a step of the periodogram apart."""
    import numpy as np

    kept: list[float] = []
    for place in np.argsort(misfit, kind="stable"):
        if all(abs(tried[place] - f) > step for f in kept):
            kept.append(float(tried[place]))
        if len(kept) == _JUDGED:
            break
    return kept


def _of_least_criterion(bands: Sequence[Band], frequencies: Sequence[float], step: float) -> float:
    """The frequency whose series, each band's with as many terms as the Bayesian information criterion asks for, is the best.

    At twice the period a series needs twice the terms for the same curve, so a sine keeps its period, and an eclipsing binary gets its orbit where the
    two eclipses differ by more than the noise.
    """
    import numpy as np

    fine = []
    for frequency in frequencies:
        near = frequency + step * np.linspace(-0.5, 0.5, 25)
        total = [sum(fourier_series(*band, f, _most_terms(band, 5))[1] for band in bands) for f in near]
        fine.append(float(near[int(np.argmin(total))]))
    misfit = [
        np.array([[fourier_series(*band, f, n)[1] for n in range(1, _most_terms(band, _ORDERS) + 1)] for f in fine])
        for band in bands
    ]
    criterion = np.zeros(len(fine))
    for (time, _m, _e), chi2 in zip(bands, misfit, strict=True):
        numbers = 2 * np.arange(1, chi2.shape[1] + 1) + 1
        excess = max(1.0, float((chi2 / (len(time) - numbers)).min()))
        criterion += (chi2 / excess + numbers * np.log(len(time))).min(axis=1)
    return fine[int(np.argmin(criterion))]


def _most_terms(band: Band, wished: int) -> int:
    """Terms of a series that leave half of the points free."""
    return max(1, min(wished, (len(band[0]) // 2 - 1) // 2))


def shortest_searchable(span: float, longest: float | None = None) -> float:
    """The shortest period [d] that `find_period` can search over a time span [d], up to `longest`, by default half the span."""
    longest = 0.5 * span if longest is None else longest
    if not span > 0 or not longest > 0:
        return 0.0
    return 1.0 / ((MOST_FREQUENCIES - 4) / (_STEPS * span) + 1.0 / longest)


def fourier_terms(phase: np.ndarray, terms: int) -> np.ndarray:
    """1, cos x, sin x, cos 2x, sin 2x ... as columns."""
    import numpy as np

    columns = [np.ones_like(phase)]
    for k in range(1, terms + 1):
        columns += [np.cos(k * phase), np.sin(k * phase)]
    return np.stack(columns, axis=1)


def fourier_series(
    time: np.ndarray, magnitude: np.ndarray, error: np.ndarray, frequency: float, terms: int
) -> tuple[np.ndarray, float]:
    """Coefficients of the series of `terms` at one frequency [1/d], in the order of `fourier_terms`, and its chi squared."""
    import numpy as np

    design = fourier_terms(2.0 * np.pi * frequency * time, terms) / error[:, None]
    asked = magnitude / error
    # A touch of ridge keeps series over gaps in phase from swinging out; it is far below the errors.
    normal = design.T @ design
    normal[np.diag_indices_from(normal)] *= 1.0 + 1e-6
    coefficients = np.linalg.solve(normal, design.T @ asked)
    return coefficients, float(np.sum((asked - design @ coefficients) ** 2))


def _credible(magnitude: np.ndarray) -> np.ndarray:
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
