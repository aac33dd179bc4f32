"""The probability of orbits: velocities of several instruments, with offsets and trend integrated out.

A parameter vector is ``5 numbers a planet, one a instrument, one more with nightly noise``::

    ln P [d],  K [m/s],  h = sqrt(e) cos w,  k = sqrt(e) sin w,  longitude [rad]      for each planet
    u = ln(1 + jitter / 1 m/s)                                                        for each instrument
    u = ln(1 + night / 1 m/s)                                                         scatter from night to night

Plain dictionaries hold the data (`pack_velocities`) and the model (`empty_model`), so that a script can lift all this.
"""

from __future__ import annotations

from typing import Any

from gnomon.tools.fitting.keplerian_motion import planet_velocity, time_of_conjunction
from gnomon.tools.fitting.offset_periodogram import instrument_index

# Modified Jeffreys priors 1/(x + x0) of semi-amplitude and jitter, with x0 = 1 m/s and an upper limit of 2129 m/s (a
# planet of a thousandth of the star's mass on an orbit of one day): Ford & Gregory 2007, 2007ASPC..371..189F, table 1.
KNEE_M_S = 1.0
TOP_M_S = 2129.0
# Beta distribution of the eccentricities of planets found by velocities: Kipping 2013, doi:10.1093/mnrasl/slt075.
BETA_A, BETA_B = 0.867, 3.03
NIGHT_GAP_D = 0.33  # a gap of eight hours parts two nights at one site


def pack_velocities(time: Any, rv: Any, error: Any, instrument: Any) -> dict[str, Any]:
    """Sort the rows by instrument and time, and note where instruments and nights begin.

    Parameters
    ----------
    time, rv, error : numpy.ndarray of float
        Times, d, velocities and uncertainties, m/s; finite.
    instrument : array of str
        Instrument of each row.

    Returns
    -------
    dict
        ``t`` (d after ``t0``), ``y``, ``e``, ``instrument`` (index), ``names``, ``starts``, ``night``,
        ``night_starts``, ``night_instrument``, ``t0``, ``span``, ``order``, ``top`` (upper limit of K and jitter).
    """
    import numpy as np

    names, index = instrument_index(instrument)
    order = np.lexsort((time, index))
    t, index = time[order], index[order]
    weight = 1.0 / error**2
    # The epoch is the middle of the data by weight, where phase and period are least correlated.
    t0 = float(np.round(np.sum(weight * time) / np.sum(weight)))
    new_night = np.ones(len(t), dtype=bool)
    new_night[1:] = (np.diff(t) > NIGHT_GAP_D) | (np.diff(index) != 0)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(index) != 0]))
    within = [np.ptp(rv[order][index == i]) for i in range(len(names))]
    return {
        "t": t - t0,
        "y": rv[order] - np.median(rv),
        "shift": float(np.median(rv)),
        "e": error[order],
        "instrument": index,
        "names": names,
        "starts": starts,
        "night": np.cumsum(new_night) - 1,
        "night_starts": np.flatnonzero(new_night),
        "night_instrument": index[new_night],
        "t0": t0,
        "span": float(np.ptp(time)),
        "order": order,
        "range": float(max(within)),
        "top": max(TOP_M_S, 3.0 * float(max(within))),
    }


def empty_model(period_min: float, period_max: float, eccentricity: str) -> dict[str, Any]:
    """Describe a model without planets, trend and nightly noise.

    Parameters
    ----------
    period_min, period_max : float
        Limits of the log-uniform prior of free periods, d.
    eccentricity : str
        ``beta``, ``uniform`` or ``circular``.

    Returns
    -------
    dict
        ``planets`` (a list with one dict of what is known of each: empty where it is free), ``trend``, ``nightly``,
        ``period_min``, ``period_max``, ``eccentricity``.
    """
    return {
        "planets": [],
        "trend": False,
        "nightly": False,
        "period_min": period_min,
        "period_max": period_max,
        "eccentricity": eccentricity,
    }


def planets_velocity(theta: Any, count: int, time: Any) -> Any:
    """Velocity by all planets.

    Parameters
    ----------
    theta : numpy.ndarray of float
        Parameter vectors, shape (n_vector, n_parameter).
    count : int
        Number of planets.
    time : numpy.ndarray of float
        Days after the reference epoch, shape (n_time,).

    Returns
    -------
    numpy.ndarray of float
        m/s, shape (n_vector, n_time).
    """
    import numpy as np

    total = np.zeros((len(theta), len(time)))
    for i in range(count):
        ln_p, amplitude, h, k, longitude = (theta[:, 5 * i + j, None] for j in range(5))
        total += planet_velocity(time, np.exp(ln_p), amplitude, h, k, longitude)
    return total


def noise_of(theta: Any, model: dict[str, Any], data: dict[str, Any]) -> tuple[Any, Any]:
    """Jitter of each row and scatter from night to night.

    Parameters
    ----------
    theta : numpy.ndarray of float
        Parameter vectors, shape (n_vector, n_parameter).
    model, data : dict
        From `empty_model` and `pack_velocities`.

    Returns
    -------
    tuple
        Jitter, m/s, shape (n_vector, n_row), and nightly scatter, m/s, shape (n_vector,) or None.
    """
    import numpy as np

    first = 5 * len(model["planets"])
    count = len(data["names"])
    jitter = KNEE_M_S * np.expm1(theta[:, first : first + count])
    night = KNEE_M_S * np.expm1(theta[:, first + count]) if model["nightly"] else None
    return jitter[:, data["instrument"]], night


def _inner(a: Any, b: Any, weight: Any, damping: Any, data: dict[str, Any]) -> Any:
    """Product a C^-1 b of each instrument, shape (n_vector, n_instrument); C has the nightly blocks."""
    import numpy as np

    product = np.add.reduceat(weight * a * b, data["starts"], axis=1)
    if damping is not None:
        by_night = (
            np.add.reduceat(weight * a, data["night_starts"], axis=1)
            * np.add.reduceat(weight * b, data["night_starts"], axis=1)
            * damping
        )
        first_night = np.searchsorted(data["night_instrument"], np.arange(len(data["names"])))
        product = product - np.add.reduceat(by_night, first_night, axis=1)
    return product


def linear_part(theta: Any, model: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """Offsets and trend that belong to each parameter vector, and the likelihood with them integrated out.

    Parameters
    ----------
    theta : numpy.ndarray of float
        Parameter vectors, shape (n_vector, n_parameter).
    model, data : dict
        From `empty_model` and `pack_velocities`.

    Returns
    -------
    dict
        ``ln_likelihood`` (n_vector,); ``precision`` and ``offset`` (n_vector, n_instrument): the offsets' inverse
        variance and mean without a trend; with one also ``slope``, ``slope_variance`` (n_vector,), in m/s for half
        the time span, and ``leverage`` (n_vector, n_instrument), by which the offset falls for each unit of slope.
    """
    import numpy as np

    jitter, night = noise_of(theta, model, data)
    weight = 1.0 / (data["e"] ** 2 + jitter**2)
    residual = data["y"] - planets_velocity(theta, len(model["planets"]), data["t"])
    log_det = -np.log(weight).sum(axis=1)
    damping = None
    if night is not None:
        total = np.add.reduceat(weight, data["night_starts"], axis=1)
        variance = night[:, None] ** 2
        damping = variance / (1.0 + variance * total)
        log_det = log_det + np.log1p(variance * total).sum(axis=1)
    one = np.ones_like(data["t"])
    precision = _inner(one, one, weight, damping, data)
    offset = _inner(one, residual, weight, damping, data) / precision
    chi2 = _inner(residual, residual, weight, damping, data).sum(axis=1) - (precision * offset**2).sum(axis=1)
    free = len(data["y"]) - len(data["names"])
    out = {"precision": precision, "offset": offset}
    ln_like = -0.5 * (chi2 + log_det + np.log(precision).sum(axis=1) + free * np.log(2.0 * np.pi))
    if model["trend"]:
        x = 2.0 * data["t"] / data["span"]
        leverage = _inner(one, x, weight, damping, data) / precision
        xx = _inner(x, x, weight, damping, data).sum(axis=1) - (precision * leverage**2).sum(axis=1)
        xr = _inner(x, residual, weight, damping, data).sum(axis=1) - (precision * leverage * offset).sum(axis=1)
        prior = max(data["range"], 1e-6) ** 2
        ln_like = ln_like + 0.5 * xr**2 / (xx + 1.0 / prior) - 0.5 * np.log1p(prior * xx)
        out.update(slope=xr / (xx + 1.0 / prior), slope_variance=1.0 / (xx + 1.0 / prior), leverage=leverage)
    out["ln_likelihood"] = ln_like
    return out


def ln_prior(theta: Any, model: dict[str, Any], data: dict[str, Any]) -> Any:
    """Logarithm of the normalised prior; minus infinity outside its limits.

    Parameters
    ----------
    theta : numpy.ndarray of float
        Parameter vectors, shape (n_vector, n_parameter).
    model, data : dict
        From `empty_model` and `pack_velocities`.

    Returns
    -------
    numpy.ndarray of float
        Shape (n_vector,).

    References
    ----------
    Ford & Gregory 2007, 2007ASPC..371..189F; Kipping 2013, doi:10.1093/mnrasl/slt075.
    """
    import numpy as np
    from scipy.special import betaln

    total = np.zeros(len(theta))
    top = data["top"]
    span_of_log = np.log1p(top / KNEE_M_S)
    for i, known in enumerate(model["planets"]):
        ln_p, amplitude, h, k, longitude = (theta[:, 5 * i + j] for j in range(5))
        e = h * h + k * k
        bad = (amplitude < 0) | (amplitude > top) | (e >= 0.99) | (np.abs(longitude - known["longitude"]) > np.pi)
        total -= np.log((KNEE_M_S + np.maximum(amplitude, 0.0)) * span_of_log) + np.log(2.0 * np.pi)
        if model["eccentricity"] == "beta":
            safe = np.clip(e, 1e-12, 0.99)
            total += (BETA_A - 1) * np.log(safe) + (BETA_B - 1) * np.log1p(-safe) - betaln(BETA_A, BETA_B)
        elif model["eccentricity"] == "circular":
            # Eccentricity is held at zero by a prior far narrower than data can tell from zero.
            total += -0.5 * e / 1e-6 - np.log(2.0 * 1e-6)
        total -= np.log(np.pi)  # h and k cover the unit disc for a uniform e
        if known.get("error"):
            z = (np.exp(ln_p) - known["period"]) / known["error"]
            total += -0.5 * z * z - np.log(known["error"] * np.sqrt(2.0 * np.pi)) + ln_p
        else:
            bad |= (ln_p < known["ln_low"]) | (ln_p > known["ln_high"])
            total -= np.log(known["ln_high"] - known["ln_low"])
        if known.get("conjunction") is not None:
            total += _conjunction_term(theta[:, 5 * i : 5 * i + 5], known, data)
        total[bad] = -np.inf
    noise = theta[:, 5 * len(model["planets"]) :]
    total -= noise.shape[1] * np.log(span_of_log)
    total[((noise < 0) | (noise > span_of_log)).any(axis=1)] = -np.inf
    return total


def _conjunction_term(planet: Any, known: dict[str, Any], data: dict[str, Any]) -> Any:
    """How well a transit seen at a known time fits; counted as a prior of the phase."""
    import numpy as np

    period = np.exp(planet[:, 0])
    predicted = time_of_conjunction(period, planet[:, 2], planet[:, 3], planet[:, 4])
    difference = known["conjunction"] - data["t0"] - predicted
    difference = difference - period * np.round(difference / period)
    # Relative to the uniform phase that it replaces, so the normalisation is that of a phase in days.
    z = difference / known["conjunction_error"]
    return -0.5 * z * z + np.log(period / (known["conjunction_error"] * np.sqrt(2.0 * np.pi)))


def ln_posterior(theta: Any, model: dict[str, Any], data: dict[str, Any]) -> Any:
    """Logarithm of prior times likelihood.

    Parameters
    ----------
    theta : numpy.ndarray of float
        Parameter vectors, shape (n_vector, n_parameter).
    model, data : dict
        From `empty_model` and `pack_velocities`.

    Returns
    -------
    numpy.ndarray of float
        Shape (n_vector,); minus infinity where the prior excludes a vector.
    """
    import numpy as np

    total = ln_prior(theta, model, data)
    good = np.isfinite(total)
    if good.any():
        total[good] += linear_part(theta[good], model, data)["ln_likelihood"]
    return np.where(np.isnan(total), -np.inf, total)
