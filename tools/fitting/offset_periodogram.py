"""The periodogram of velocities from several instruments: a sine wave with one free offset for each of them."""

from __future__ import annotations

from typing import Any

# Periods that the sampling from the ground mixes with a signal's own: solar and sidereal day, synodic month, year.
# Values: 1 d, IAU sidereal day (Explanatory Supplement to the Astronomical Almanac, 2013emas.book.....U), mean synodic
# month and Julian year; Dawson & Fabrycky 2010, doi:10.1088/0004-637X/722/1/937 on why they matter.
SAMPLING_PERIODS = {"day": 1.0, "sidereal day": 0.99726957, "synodic month": 29.530589, "year": 365.25}
_CHUNK = 2_000_000  # numbers in one array of sines, so that it stays in the processor's cache and memory stays small


def instrument_index(instrument: Any) -> tuple[list[str], Any]:
    """Names of the instruments in order of the alphabet, and for each row the place of its own.

    Parameters
    ----------
    instrument : array of str
        Instrument of each row.

    Returns
    -------
    tuple
        The names, and an array of int.
    """
    import numpy as np

    names, index = np.unique(np.asarray(instrument).astype(str), return_inverse=True)
    return [str(n) for n in names], index


def excess_scatter(rv: Any, error: Any, index: Any) -> Any:
    """Find the scatter ("jitter") of each instrument beyond its uncertainties, by maximum likelihood.

    Parameters
    ----------
    rv, error : numpy.ndarray of float
        Velocities and uncertainties, m/s.
    index : numpy.ndarray of int
        Instrument of each row.

    Returns
    -------
    numpy.ndarray of float
        Jitter of each instrument, m/s; the offset of each instrument is free.

    References
    ----------
    Baluev 2009, doi:10.1111/j.1365-2966.2008.14217.x (the likelihood with jitter).
    """
    import numpy as np
    from scipy.optimize import minimize_scalar

    def cost(jitter: float, v: Any, e: Any) -> float:
        weight = 1.0 / (e**2 + jitter**2)
        residual = v - np.sum(weight * v) / np.sum(weight)
        # The term of the weights' sum is the price of the free offset.
        return float(0.5 * np.sum(weight * residual**2 - np.log(weight)) + 0.5 * np.log(np.sum(weight)))

    jitters = np.zeros(int(index.max()) + 1)
    for i in range(len(jitters)):
        v, e = rv[index == i], error[index == i]
        if len(v) < 3:
            continue
        top = 3.0 * float(np.std(v)) + 1e-9
        best = minimize_scalar(cost, bounds=(0.0, top), args=(v, e), method="bounded", options={"xatol": 1e-4 * top})
        jitters[i] = float(best.x) if best.fun < cost(0.0, v, e) else 0.0
    return jitters


def frequency_grid(time: Any, period_min: float, period_max: float, oversampling: float) -> Any:
    """Frequencies from the longest to the shortest period, evenly spaced.

    Parameters
    ----------
    time : numpy.ndarray of float
        Times, d.
    period_min, period_max : float
        Limits, d.
    oversampling : float
        Points in each resolution element 1/(time span).

    Returns
    -------
    numpy.ndarray of float
        Frequencies in 1/d, rising.
    """
    import numpy as np

    span = float(time.max() - time.min())
    low, high = 1.0 / period_max, 1.0 / period_min
    count = max(2, int(np.ceil((high - low) * span * oversampling)) + 1)
    return np.linspace(low, high, count)


def floating_offset_power(
    time: Any,
    rv: Any,
    error: Any,
    index: Any,
    frequencies: Any,
    night: Any = None,
    night_scatter: float = 0.0,
    slope: bool = False,
) -> dict[str, Any]:
    """Fit a sine wave at each frequency, with one free offset for each instrument.

    Parameters
    ----------
    time, rv, error : numpy.ndarray of float
        Times (d), velocities and total uncertainties (m/s), all finite.
    index : numpy.ndarray of int
        Instrument of each row.
    frequencies : numpy.ndarray of float
        Frequencies, 1/d.
    night : numpy.ndarray of int, optional
        Night of each row, where the star has a random offset of its own in each night.
    night_scatter : float
        Standard deviation of these offsets, m/s.
    slope : bool
        Whether a linear trend is fitted with each sine wave.

    Returns
    -------
    dict
        ``power`` (1 - chi2/chi2_0, 0 to 1), ``amplitude`` (m/s), ``window`` (power of the sampling, 0 to 1),
        ``chi2_0`` and ``base`` (number of terms of the model without a wave).

    References
    ----------
    Zechmeister & Kuerster 2009, doi:10.1051/0004-6361:200811296 (equations 4 to 20, here with an offset for each
    instrument); Roberts, Lehar & Dreher 1987, doi:10.1086/114383 (window function).
    """
    import numpy as np

    time = time - time.mean()
    root = 1.0 / error
    base = np.equal.outer(index, np.arange(int(index.max()) + 1)).astype(float)  # (n_row, n_instrument)
    if slope:
        base = np.column_stack([base, time / np.ptp(time)])
    share = None if night is None or night_scatter <= 0 else _night_share(error, night, night_scatter)
    q = np.linalg.qr(_whitened(base.T, root, share).T)[0]  # (n_row, n_base)
    y = _whitened(rv[None, :], root, share)[0]
    y = y - q @ (q.T @ y)
    chi2_0 = float(y @ y)
    weight = root**2 / np.sum(root**2)
    power, amplitude, window = (np.zeros(len(frequencies)) for _ in range(3))
    step = max(1, _CHUNK // len(time))
    for start in range(0, len(frequencies), step):
        part = slice(start, start + step)
        angle = (2.0 * np.pi) * np.outer(frequencies[part], time)
        cos, sin = np.cos(angle), np.sin(angle)
        window[part] = (cos @ weight) ** 2 + (sin @ weight) ** 2
        cos, sin = _whitened(cos, root, share), _whitened(sin, root, share)
        mc, ms = cos @ q, sin @ q
        yc, ys = cos @ y, sin @ y
        cc = np.einsum("ij,ij->i", cos, cos) - np.einsum("ij,ij->i", mc, mc)
        ss = np.einsum("ij,ij->i", sin, sin) - np.einsum("ij,ij->i", ms, ms)
        cs = np.einsum("ij,ij->i", cos, sin) - np.einsum("ij,ij->i", mc, ms)
        determinant = cc * ss - cs**2
        # Where cosine and sine cannot be told apart from the offsets there is no fit and so no power.
        fit = determinant > 1e-10 * np.maximum(cc * ss, 1e-300)
        safe = np.where(fit, determinant, 1.0)
        a, b = (yc * ss - ys * cs) / safe, (ys * cc - yc * cs) / safe
        power[part] = np.where(fit, (a * yc + b * ys) / chi2_0 if chi2_0 > 0 else 0.0, 0.0)
        amplitude[part] = np.where(fit, np.hypot(a, b), 0.0)
    return {
        "power": np.clip(power, 0.0, 1.0),
        "amplitude": amplitude,
        "window": window,
        "chi2_0": chi2_0,
        "base": base.shape[1],
    }


def _night_share(error: Any, night: Any, night_scatter: float) -> Any:
    """Matrix that takes from every row the part of its night's mean which makes the rows independent.

    This is quasi-demeaning of random-effects models: with S the sum of weights of a night, the part is
    1 - 1/sqrt(1 + scatter^2 S) (Fuller & Battese 1974, doi:10.1016/0304-4076(74)90006-0).
    """
    import numpy as np

    weight = 1.0 / error**2
    member = np.equal.outer(night, np.arange(int(night.max()) + 1)).astype(float)  # (n_row, n_night)
    total = weight @ member
    part = 1.0 - 1.0 / np.sqrt(1.0 + night_scatter**2 * total)
    return (weight[:, None] * member * (part / total)) @ member.T  # (n_row, n_row): rows @ it = share of night's mean


def _whitened(rows: Any, root: Any, share: Any) -> Any:
    """Rows of values divided by the noise, with correlation within nights taken out."""
    return rows * root if share is None else (rows - rows @ share) * root


def false_alarm_probability(power: Any, time: Any, error: Any, frequencies: Any, offsets: int) -> Any:
    """Probability that noise alone reaches a power anywhere in the range of frequencies.

    Parameters
    ----------
    power : numpy.ndarray of float
        Power as `floating_offset_power` gives it.
    time, error : numpy.ndarray of float
        Times, d, and total uncertainties, m/s.
    frequencies : numpy.ndarray of float
        The searched frequencies, 1/d.
    offsets : int
        Number of free offsets.

    Returns
    -------
    numpy.ndarray of float
        Upper bound of the probability, 0 to 1; 1 where there are too few rows to say.

    References
    ----------
    Baluev 2008, doi:10.1111/j.1365-2966.2008.12689.x, equations 5, 6 and table 1, for a base model of `offsets` terms.
    """
    import numpy as np
    from scipy.special import gammaln

    power = np.asarray(power, dtype=float)
    n_base, n_sine = len(time) - offsets, len(time) - offsets - 2
    if n_sine < 1:
        return np.ones_like(power)
    weight = 1.0 / error**2
    mean = np.sum(weight * time) / weight.sum()
    spread = np.sum(weight * (time - mean) ** 2) / weight.sum()
    bandwidth = (frequencies[-1] - frequencies[0]) * np.sqrt(4.0 * np.pi * spread)
    gamma = np.sqrt(2.0 / n_base) * np.exp(gammaln(n_base / 2.0) - gammaln((n_base - 1) / 2.0))
    left = np.clip(1.0 - power, 0.0, 1.0)
    single = left ** (0.5 * n_sine)
    tau = gamma * bandwidth * left ** (0.5 * (n_sine - 1)) * np.sqrt(0.5 * n_base * power)
    # 1 - (1 - single) exp(-tau), written so that small probabilities keep their digits.
    return np.clip(single * np.exp(-tau) - np.expm1(-tau), 0.0, 1.0)


def highest_peaks(frequencies: Any, power: Any, span: float, count: int) -> list[int]:
    """Places of the highest local maxima, no two within one resolution element of each other.

    Parameters
    ----------
    frequencies, power : numpy.ndarray of float
        The periodogram.
    span : float
        Time from the first to the last row, d.
    count : int
        How many at most.

    Returns
    -------
    list of int
        Indices, the highest first.
    """
    import numpy as np

    padded = np.concatenate([[-1.0], power, [-1.0]])
    maxima = np.flatnonzero((power >= padded[:-2]) & (power > padded[2:]))
    peaks: list[int] = []
    for i in maxima[np.argsort(-power[maxima], kind="stable")]:
        if all(abs(frequencies[i] - frequencies[j]) > 1.0 / span for j in peaks):
            peaks.append(int(i))
        if len(peaks) == count:
            break
    return peaks


def sine_errors(period: float, amplitude: float, noise_to_signal: float, span: float) -> tuple[float, float]:
    """Standard errors of the period and the amplitude of a sine wave in white noise, sampled evenly.

    Parameters
    ----------
    period, amplitude : float
        Of the wave, in any units.
    noise_to_signal : float
        Variance of the residuals, in units of their uncertainties, over what the wave takes away from chi-square.
    span : float
        Time from the first to the last row, in the unit of the period.

    Returns
    -------
    tuple of float
        One sigma of the period and of the amplitude.

    References
    ----------
    Montgomery & O'Donoghue 1999, 1999DSSN...13...28M: sqrt(6/N) s/(pi T a) for the frequency and sqrt(2/N) s for the
    amplitude, where N a^2 / (2 s^2) is what the wave takes away from chi-square.
    """
    import math

    ratio = math.sqrt(noise_to_signal)
    return period**2 * math.sqrt(3.0) * ratio / (math.pi * span), amplitude * ratio


def alias_of(period: float, others: list[float], span: float) -> dict[str, Any] | None:
    """Whether a period is a higher peak's alias by the sampling of day, month or year.

    Parameters
    ----------
    period : float
        Period, d.
    others : list of float
        Periods of higher peaks, d.
    span : float
        Time span, d, which sets the resolution.

    Returns
    -------
    dict or None
        ``period`` of the other peak and ``sampling`` (name of the period that mixes them).
    """
    width = 1.0 / span
    for other in others:
        for name, sampling in SAMPLING_PERIODS.items():
            if 1.0 / sampling < 2.0 * width:  # a year cannot be told from zero in a short series
                continue
            for alias in (1.0 / other + 1.0 / sampling, abs(1.0 / other - 1.0 / sampling)):
                if abs(1.0 / period - alias) < width:
                    return {"period": other, "sampling": name}
    return None
