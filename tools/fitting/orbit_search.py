"""Finding how many planets the data ask for: one more at a time, by evidence."""

from __future__ import annotations

from typing import Any

from gnomon.tools.fitting.keplerian_motion import planet_velocity
from gnomon.tools.fitting.offset_periodogram import (
    alias_of,
    false_alarm_probability,
    floating_offset_power,
    highest_peaks,
)
from gnomon.tools.fitting.orbit_evidence import best_fit, curvature, evidence
from gnomon.tools.fitting.orbit_likelihood import noise_of, planets_velocity

_CANDIDATES = 3  # peaks of a residual periodogram that are tried
_NIGHT_START_M_S = 3.0


def new_planet(model: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """What is known of a planet that a search has found: only the limits of its period.

    Parameters
    ----------
    model, data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.

    Returns
    -------
    dict
        ``ln_low``, ``ln_high`` and ``longitude`` (centre of the window of phase).
    """
    import math

    return {"ln_low": math.log(model["period_min"]), "ln_high": math.log(model["period_max"]), "longitude": 0.0}


def residual_periodogram(
    theta: Any, model: dict[str, Any], data: dict[str, Any], frequencies: Any
) -> tuple[dict[str, Any], Any, Any]:
    """Periodogram of what a model leaves, with the model's own noise, nights and trend.

    Parameters
    ----------
    theta : numpy.ndarray of float
        The model's best parameter vector.
    model, data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.
    frequencies : numpy.ndarray of float
        1/d.

    Returns
    -------
    tuple
        The periodogram, its false-alarm probabilities, and the residual velocities, m/s.
    """
    import numpy as np

    jitter, night = noise_of(theta[None, :], model, data)
    total = np.hypot(data["e"], jitter[0])
    residual = data["y"] - planets_velocity(theta[None, :], len(model["planets"]), data["t"])[0]
    found = floating_offset_power(
        data["t"], residual, total, data["instrument"], frequencies,
        data["night"], 0.0 if night is None else float(night[0]), model["trend"],
    )  # fmt: skip
    chance = false_alarm_probability(found["power"], data["t"], total, frequencies, found["base"])
    return found, chance, residual


def planet_starts(period: float, theta: Any, residual: Any, model: dict[str, Any], data: dict[str, Any]) -> list[Any]:
    """Good first guesses of an orbit of a given period, circular and eccentric, by trial on a grid.

    Parameters
    ----------
    period : float
        Period, d.
    theta : numpy.ndarray of float
        Parameters of the model so far, whose noise is kept.
    residual : numpy.ndarray of float
        Velocities that the model so far leaves, m/s.
    model, data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.

    Returns
    -------
    list of numpy.ndarray
        Five numbers each.
    """
    import numpy as np

    jitter, night = noise_of(theta[None, :], model, data)
    # Nights are taken as independent here: for first guesses that is near enough.
    weight = 1.0 / (data["e"] ** 2 + jitter[0] ** 2 + (0.0 if night is None else night[0] ** 2))
    member = np.equal.outer(data["instrument"], np.arange(len(data["names"]))).astype(float)
    total = weight @ member
    centred = residual - ((weight * residual) @ member / total)[data["instrument"]]
    found: list[tuple[float, Any]] = []
    for e in (0.01,) if model["eccentricity"] == "circular" else (0.01, 0.2, 0.4, 0.6, 0.75, 0.88):
        omegas = np.array([0.0]) if e < 0.1 else np.linspace(-np.pi, np.pi, 8, endpoint=False)
        # The swing of an eccentric orbit is short, so its phase needs a finer grid.
        longitudes = np.linspace(-np.pi, np.pi, 24 if e < 0.5 else 96, endpoint=False)
        w, longitude = (g.ravel()[:, None] for g in np.meshgrid(omegas, longitudes))
        h, k = np.sqrt(e) * np.cos(w), np.sqrt(e) * np.sin(w)
        shape = planet_velocity(data["t"], period, 1.0, h, k, longitude)  # (n_grid, n_row)
        shape -= ((shape * weight) @ member / total)[:, data["instrument"]]
        amplitude = np.maximum((shape * weight) @ centred, 0.0) / np.maximum((shape**2) @ weight, 1e-300)
        gain = amplitude**2 * ((shape**2) @ weight)
        i = int(np.argmax(gain))
        found.append((float(gain[i]), np.array([np.log(period), amplitude[i], h[i, 0], k[i, 0], longitude[i, 0]])))
    ranked = sorted(range(len(found)), key=lambda i: -found[i][0])
    return [found[i][1] for i in dict.fromkeys([0, *ranked[:2]])]


def add_planet(
    theta: Any, model: dict[str, Any], data: dict[str, Any], known: dict[str, Any] | None, starts: list[Any]
) -> tuple[Any, float, dict[str, Any]]:
    """Add one planet to a model and fit everything again, from several starts.

    Parameters
    ----------
    theta : numpy.ndarray of float
        Parameters of the model so far.
    model, data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.
    known : dict or None
        What is known of the planet; None for one that the search found.
    starts : list of numpy.ndarray
        Five numbers each.

    Returns
    -------
    tuple
        Best parameters, the logarithm of their posterior, and the model.
    """
    best: tuple[Any, float, dict[str, Any]] | None = None
    for start in starts:
        planet = dict(known) if known else new_planet(model, data)
        planet["longitude"] = float(start[4])
        trial = {**model, "planets": [*model["planets"], planet]}
        best = _better(best, _refit(_insert(theta, start, len(model["planets"])), trial, data))
    assert best is not None
    return best


def _insert(theta: Any, planet: Any, count: int) -> Any:
    """Parameter vector with one more planet behind the others."""
    import numpy as np

    return np.concatenate([theta[: 5 * count], planet, theta[5 * count :]])


def _better(a: tuple[Any, float, dict[str, Any]] | None, b: tuple[Any, float, dict[str, Any]]) -> Any:
    """The better of two fits."""
    return b if a is None or b[1] > a[1] else a


def _refit(theta: Any, model: dict[str, Any], data: dict[str, Any]) -> tuple[Any, float, dict[str, Any]]:
    """Best fit, with the windows of phase centred on it."""
    import numpy as np

    for _ in range(3):
        theta, value = best_fit(theta, model, data)
        moved = [abs(theta[5 * i + 4] - p["longitude"]) for i, p in enumerate(model["planets"])]
        planets = [{**p, "longitude": float(theta[5 * i + 4])} for i, p in enumerate(model["planets"])]
        model = {**model, "planets": planets}
        if not moved or max(moved) < 0.5 * np.pi:
            break
    return theta, value, model


def search_planet(
    theta: Any, model: dict[str, Any], data: dict[str, Any], frequencies: Any
) -> tuple[tuple[Any, float, dict[str, Any]], dict[str, Any]]:
    """Look for one more planet in the residuals.

    Parameters
    ----------
    theta : numpy.ndarray of float
        Best parameters of the model so far.
    model, data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.
    frequencies : numpy.ndarray of float
        1/d.

    Returns
    -------
    tuple
        The best fit with one more planet (as `add_planet` gives it), and what the periodogram said of its peak:
        ``period_d``, ``false_alarm_probability``, ``alternatives`` (other peaks whose fit is nearly as good) and
        ``unresolved`` (whether its period cannot be told from that of a planet in the model).
    """
    import numpy as np

    found, chance, residual = residual_periodogram(theta, model, data, frequencies)
    count = len(model["planets"])
    resolution = 1.0 / data["span"]
    fits = []
    for turn, i in enumerate(highest_peaks(frequencies, found["power"], data["span"], _CANDIDATES)):
        starts = planet_starts(1.0 / frequencies[i], theta, residual, model, data)
        if turn == 0 and 0.5 * frequencies[i] > frequencies[0]:
            # An eccentric orbit may have its highest peak at half its period.
            starts += planet_starts(2.0 / frequencies[i], theta, residual, model, data)[1:]
        fits.append((i, add_planet(theta, model, data, None, starts)))
    fits.sort(key=lambda f: -f[1][1])
    # Two planets within half a resolution element of each other are one planet whose orbit is not yet understood.
    apart = [f for f in fits if _least_distance(f[1][0], count) > 0.5 * resolution]
    unresolved = not apart
    fits = apart or fits
    best = fits[0][1]
    periods = [float(np.exp(f[1][0][5 * count])) for f in fits]
    # Within ln 20 of each other the data do not tell two periods apart at 95 %.
    rivals = [
        {
            "period_d": p,
            "delta_ln_posterior": float(f[1][1] - best[1]),
            "alias": alias_of(p, [periods[0]], data["span"]),
        }
        for p, f in zip(periods[1:], fits[1:], strict=True)
        if f[1][1] > best[1] - np.log(20.0) and abs(1 / p - 1 / periods[0]) > resolution
    ]
    return best, {
        "period_d": periods[0],
        "false_alarm_probability": float(chance[fits[0][0]]),
        "alternatives": rivals,
        "unresolved": unresolved,
    }


def _least_distance(theta: Any, last: int) -> float:
    """Smallest difference of frequency between the last planet and the others, 1/d."""
    import numpy as np

    frequency = np.exp(-theta[: 5 * last + 1 : 5])
    return float(np.min(np.abs(frequency[:-1] - frequency[-1]))) if last else float("inf")


def add_nights(theta: Any, model: dict[str, Any], data: dict[str, Any]) -> tuple[Any, float, dict[str, Any]]:
    """Add a random offset in each night, and fit everything again.

    Parameters
    ----------
    theta : numpy.ndarray of float
        Best parameters of the model so far.
    model, data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.

    Returns
    -------
    tuple
        As `add_planet`.
    """
    import numpy as np

    sizes = (_NIGHT_START_M_S, 0.3 * data["range"])
    fits = [_refit(np.append(theta, np.log1p(size)), {**model, "nightly": True}, data) for size in sizes]
    return max(fits, key=lambda fit: fit[1])


def add_trend(theta: Any, model: dict[str, Any], data: dict[str, Any]) -> tuple[Any, float, dict[str, Any]]:
    """Add a linear trend, and fit everything again.

    Parameters
    ----------
    theta : numpy.ndarray of float
        Best parameters of the model so far.
    model, data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.

    Returns
    -------
    tuple
        As `add_planet`.
    """
    return _refit(theta, {**model, "trend": True}, data)


def weigh(fit: tuple[Any, float, dict[str, Any]], data: dict[str, Any], seed: int) -> dict[str, Any]:
    """Evidence of a fitted model.

    Parameters
    ----------
    fit : tuple
        As `add_planet` gives it.
    data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.
    seed : int
        Seed of the random draws.

    Returns
    -------
    dict
        As `gnomon.tools.fitting.orbit_evidence.evidence` gives it.
    """
    theta, _, model = fit
    return evidence(theta, curvature(theta, model, data), model, data, seed)


def nights_are_shared(data: dict[str, Any]) -> bool:
    """Whether at least half of the rows share a night with another of the same instrument.

    Parameters
    ----------
    data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.

    Returns
    -------
    bool
        False where nightly noise could not be told from jitter.
    """
    import numpy as np

    count = np.bincount(data["night"])
    return bool((count[data["night"]] > 1).mean() >= 0.5 and (count > 1).sum() >= 3)
