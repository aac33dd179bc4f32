"""Drawing from the posterior of orbits, and what the draws mean."""

from __future__ import annotations

from typing import Any

from gnomon.tools.fitting.keplerian_motion import time_of_conjunction, time_of_periastron
from gnomon.tools.fitting.orbit_evidence import parameter_scales
from gnomon.tools.fitting.orbit_likelihood import KNEE_M_S, linear_part, ln_posterior

_BLOCK = 500
_MOST_STEPS = 6000
# Lengths of a chain in autocorrelation times: from 50 on emcee calls its own estimate of the time trustworthy
# (Foreman-Mackey et al. 2013, doi:10.1086/670067, and its documentation); the time is that of the mean of all walkers.
_TIMES_NEEDED = 50.0
_DRAWS_KEPT = 6000


def sample_posterior(
    theta: Any, covariance: Any, model: dict[str, Any], data: dict[str, Any], seed: int
) -> dict[str, Any]:
    """Draw parameter vectors with an ensemble of walkers.

    Parameters
    ----------
    theta, covariance : numpy.ndarray of float
        Best parameters, and the covariance from which the walkers start.
    model, data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.
    seed : int
        Seed; the same seed gives the same draws.

    Returns
    -------
    dict
        ``draws`` (n_walker, n_draw, n_parameter), ``ln_posterior`` (n_walker, n_draw), ``steps``,
        ``autocorrelation_steps`` (the longest), ``acceptance`` and ``converged``.

    References
    ----------
    Foreman-Mackey et al. 2013, doi:10.1086/670067; moves along differences of walkers: ter Braak & Vrugt 2008,
    doi:10.1007/s11222-008-9104-9, and Nelson, Ford & Payne 2014, doi:10.1088/0067-0049/210/1/11.
    """
    import emcee
    import numpy as np

    size = len(theta)
    walkers = max(40, 2 * size + 2)
    rng = np.random.default_rng(seed)
    start = _walkers(theta, covariance, walkers, model, data, rng)
    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.1), (emcee.moves.StretchMove(), 0.1)]
    sampler = emcee.EnsembleSampler(walkers, size, ln_posterior, args=(model, data), moves=moves, vectorize=True)
    state = emcee.State(start, random_state=np.random.RandomState(rng.integers(2**31)).get_state())
    time, steps = np.inf, 0
    while steps < _MOST_STEPS:
        state = sampler.run_mcmc(state, _BLOCK, progress=False)
        steps += _BLOCK
        chain = sampler.get_chain(discard=steps // 4)
        time = float(np.nanmax(emcee.autocorr.integrated_time(chain, tol=0, quiet=True)))
        if len(chain) > _TIMES_NEEDED * time:
            break
    thin = max(1, int(np.ceil(len(chain) * walkers / _DRAWS_KEPT)))
    return {
        "draws": sampler.get_chain(discard=steps // 4, thin=thin).transpose(1, 0, 2),
        "ln_posterior": sampler.get_log_prob(discard=steps // 4, thin=thin).T,
        "steps": steps,
        "autocorrelation_steps": time,
        "acceptance": float(np.mean(sampler.acceptance_fraction)),
        "converged": bool(len(chain) > _TIMES_NEEDED * time),
    }


def _walkers(theta: Any, covariance: Any, count: int, model: dict[str, Any], data: dict[str, Any], rng: Any) -> Any:
    """Different starts with a finite posterior, around the best parameters."""
    import numpy as np

    root = np.linalg.cholesky(covariance + 1e-6 * np.diag(parameter_scales(theta, model, data) ** 2))
    found: list[Any] = []
    width = 1.0
    while len(found) < count:
        trial = theta + width * rng.standard_normal((4 * count, len(theta))) @ root.T
        # Reflected where the prior ends at zero, else few starts near that edge would do.
        edge = [5 * p + 1 for p in range(len(model["planets"]))] + list(range(5 * len(model["planets"]), len(theta)))
        trial[:, edge] = np.abs(trial[:, edge])
        found += list(trial[np.isfinite(ln_posterior(trial, model, data))])
        width *= 0.7
    return np.array(found[:count])


def unwrapped(values: Any, period: Any) -> Any:
    """Shift circular values by whole turns to the side of their circular mean.

    Parameters
    ----------
    values : numpy.ndarray of float
        Draws of an angle or a phase.
    period : float or numpy.ndarray of float
        One turn, in the unit of the values.

    Returns
    -------
    numpy.ndarray of float
        The values within half a turn of their circular mean.
    """
    import numpy as np

    turn = float(np.median(period))
    centre = np.angle(np.mean(np.exp(2j * np.pi * values / turn))) * turn / (2.0 * np.pi)
    return values - period * np.round((values - centre) / period)


def derived_draws(sampled: dict[str, Any], model: dict[str, Any], data: dict[str, Any], seed: int) -> dict[str, Any]:
    """Turn draws of parameter vectors into draws of quantities with a meaning.

    Parameters
    ----------
    sampled : dict
        From `sample_posterior`.
    model, data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.
    seed : int
        Seed of the offsets and the trend, which are drawn from their normal distribution given the rest.

    Returns
    -------
    dict
        Arrays of shape (n_walker, n_draw) or (n_walker, n_draw, n): ``period``, ``velocity_semi_amplitude``,
        ``eccentricity``, ``argument_of_periastron`` (deg), ``time_of_periastron``, ``time_of_conjunction`` (d, as in
        the file), ``longitude`` (rad), ``jitter``, ``offset`` (m/s), ``nightly_scatter``, ``acceleration`` (m/s/yr).
    """
    import numpy as np

    draws = sampled["draws"]
    shape, count = draws.shape[:2], len(model["planets"])
    planets = draws[:, :, : 5 * count].reshape(*shape, count, 5)
    period, h, k, longitude = np.exp(planets[..., 0]), planets[..., 2], planets[..., 3], planets[..., 4]
    out = {
        "period": period,
        "velocity_semi_amplitude": planets[..., 1],
        "eccentricity": h * h + k * k,
        "argument_of_periastron": np.degrees(np.arctan2(k, h)),
        "time_of_periastron": time_of_periastron(period, h, k, longitude),
        "time_of_conjunction": time_of_conjunction(period, h, k, longitude),
        "longitude": longitude,
    }
    for i in range(count):
        omega = unwrapped(out["argument_of_periastron"][..., i], 360.0)
        # The mean lies in 0..360, as published.
        out["argument_of_periastron"][..., i] = omega + 360.0 * (np.mean(omega) < 0)
        for name in ("time_of_periastron", "time_of_conjunction"):
            out[name][..., i] = unwrapped(out[name][..., i], period[..., i]) + data["t0"]
    noise = KNEE_M_S * np.expm1(draws[:, :, 5 * count :])
    out["jitter"] = noise[:, :, : len(data["names"])]
    if model["nightly"]:
        out["nightly_scatter"] = noise[:, :, len(data["names"])]
    out.update(_linear_draws(draws, model, data, seed))
    return out


def _linear_draws(draws: Any, model: dict[str, Any], data: dict[str, Any], seed: int) -> dict[str, Any]:
    """Offsets and trend, drawn given everything else."""
    import numpy as np

    rng = np.random.default_rng([seed, 2])
    shape = draws.shape[:2]
    flat = draws.reshape(-1, draws.shape[2])
    parts = [linear_part(flat[i : i + 500], model, data) for i in range(0, len(flat), 500)]
    linear = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    offset = linear["offset"]
    out: dict[str, Any] = {}
    if model["trend"]:
        slope = linear["slope"] + np.sqrt(linear["slope_variance"]) * rng.standard_normal(len(flat))
        offset = offset - linear["leverage"] * slope[:, None]
        out["acceleration"] = (slope * 2.0 / data["span"] * 365.25).reshape(shape)
    offset = offset + rng.standard_normal(offset.shape) / np.sqrt(linear["precision"])
    out["offset"] = (offset + data["shift"]).reshape(*shape, -1)
    return out
