"""Best fit, curvature and evidence of a model of orbits."""

from __future__ import annotations

from typing import Any

from gnomon.tools.fitting.orbit_likelihood import ln_posterior

_IMPOSSIBLE = 1e25  # stands for minus ln 0 where the optimiser needs a finite number
_FREEDOM = 5.0  # degrees of freedom of Student's t as a proposal, whose tails are wider than a posterior's
_ROUNDS, _DRAWS, _FINAL_DRAWS = 6, 2500, 10_000


def parameter_scales(theta: Any, model: dict[str, Any], data: dict[str, Any]) -> Any:
    """Rough size of a step in each parameter that changes the fit a little.

    Parameters
    ----------
    theta : numpy.ndarray of float
        One parameter vector.
    model, data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.

    Returns
    -------
    numpy.ndarray of float
        Same shape; each above zero.
    """
    import numpy as np

    typical = float(np.median(data["e"])) / np.sqrt(len(data["y"]))
    scales = []
    for i, known in enumerate(model["planets"]):
        ln_p, amplitude = theta[5 * i], max(float(theta[5 * i + 1]), 3.0 * typical)
        relative = 2.0 * typical / amplitude
        turns = data["span"] / np.exp(ln_p)
        period = relative / max(turns, 0.3)
        if known.get("error"):
            period = min(period, known["error"] / known["period"])
        phase = relative
        if known.get("conjunction") is not None:
            phase = min(phase, 2.0 * np.pi * known["conjunction_error"] / np.exp(ln_p))
        scales += [period, 2.0 * typical, min(relative, 0.2), min(relative, 0.2), min(phase, 0.5)]
        if model["eccentricity"] == "circular":
            scales[-3:-1] = [1e-3, 1e-3]
    return np.array(scales + [0.1] * (len(theta) - len(scales)))


def best_fit(theta: Any, model: dict[str, Any], data: dict[str, Any]) -> tuple[Any, float]:
    """Climb from a parameter vector to the nearest maximum of the posterior.

    Parameters
    ----------
    theta : numpy.ndarray of float
        Where to start.
    model, data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.

    Returns
    -------
    tuple
        The best parameter vector, and the logarithm of its posterior.  A uniform prior of the eccentricity is used
        here in place of the beta distribution, whose density has no maximum.

    Notes
    -----
    Bounded quasi-Newton steps (Byrd et al. 1995, doi:10.1137/0916069), with all differences of one gradient taken in
    one call.
    """
    import numpy as np
    from scipy.optimize import minimize

    flat = {**model, "eccentricity": "uniform"} if model["eccentricity"] == "beta" else model
    scales = parameter_scales(theta, model, data)
    step = 1e-3
    shifts = np.vstack([np.zeros(len(theta)), step * np.eye(len(theta)), -step * np.eye(len(theta))])

    def cost(x: Any) -> tuple[float, Any]:
        values = -ln_posterior((x + shifts) * scales, flat, data)
        values = np.where(np.isfinite(values), values, _IMPOSSIBLE)
        plus, minus = values[1 : len(x) + 1], values[len(x) + 1 :]
        centre = values[0]
        # At the edge of the prior the difference is taken to the inside.
        up = np.where(plus < _IMPOSSIBLE, plus, 2 * centre - minus)
        down = np.where(minus < _IMPOSSIBLE, minus, 2 * centre - plus)
        gradient = np.where((plus >= _IMPOSSIBLE) & (minus >= _IMPOSSIBLE), 0.0, (up - down) / (2 * step))
        return float(centre), gradient

    lower, upper = np.full(len(theta), -np.inf), np.full(len(theta), np.inf)
    for i, known in enumerate(model["planets"]):
        lower[5 * i + 1] = 0.0
        lower[5 * i + 2 : 5 * i + 4], upper[5 * i + 2 : 5 * i + 4] = -0.69, 0.69  # keeps e below 0.96
        if not known.get("error"):
            lower[5 * i], upper[5 * i] = known["ln_low"], known["ln_high"]
    lower[5 * len(model["planets"]) :] = 0.0
    lower, upper = lower / scales, upper / scales
    start = np.clip(theta / scales, lower, upper)
    for _ in range(2):  # a second start with a fresh metric gets out of slow valleys
        found = minimize(
            cost,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=list(zip(lower, upper, strict=True)),
            options={"maxiter": 300},
        )
        start = np.clip(found.x, lower, upper)
    return start * scales, -float(found.fun)


def curvature(theta: Any, model: dict[str, Any], data: dict[str, Any]) -> Any:
    """Covariance from the second derivatives of the posterior at its maximum.

    Parameters
    ----------
    theta : numpy.ndarray of float
        The best parameter vector.
    model, data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.

    Returns
    -------
    numpy.ndarray of float
        Positive definite, shape (n_parameter, n_parameter); directions that the data leave open have the width of
        a few steps.
    """
    import numpy as np

    flat = {**model, "eccentricity": "uniform"} if model["eccentricity"] == "beta" else model
    scales = parameter_scales(theta, model, data)
    size = len(theta)
    step = 0.3
    centre = theta.copy()
    # Away from the edges of amplitude and jitter, so that both sides of a difference are inside.
    for i in [5 * p + 1 for p in range(len(model["planets"]))] + list(range(5 * len(model["planets"]), size)):
        centre[i] = max(centre[i], 1.01 * step * scales[i])
    unit = step * np.eye(size)
    rows, columns = np.triu_indices(size)
    points = [
        unit[rows] + unit[columns],
        unit[rows] - unit[columns],
        unit[columns] - unit[rows],
        -unit[rows] - unit[columns],
    ]
    values = [-ln_posterior(centre + p * scales, flat, data) for p in points]
    values = [np.where(np.isfinite(v), v, np.nan) for v in values]
    second = (values[0] - values[1] - values[2] + values[3]) / (4.0 * step**2)
    hessian = np.zeros((size, size))
    hessian[rows, columns] = hessian[columns, rows] = np.nan_to_num(second, nan=0.0)
    eigenvalues, vectors = np.linalg.eigh(hessian)
    eigenvalues = np.maximum(eigenvalues, 0.02)  # at most seven steps wide
    return (vectors / eigenvalues) @ vectors.T * np.outer(scales, scales)


def evidence(theta: Any, covariance: Any, model: dict[str, Any], data: dict[str, Any], seed: int) -> dict[str, Any]:
    """Integrate the posterior around a maximum, by adaptive importance sampling.

    Parameters
    ----------
    theta, covariance : numpy.ndarray of float
        The maximum and a first guess of the covariance there.
    model, data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.
    seed : int
        Seed of the random draws.

    Returns
    -------
    dict
        ``ln_z``, ``error`` (its standard error), ``effective_draws``, ``mean`` and ``covariance`` of the posterior.

    References
    ----------
    Importance sampling with a proposal fitted to its own weighted draws: Cappe et al. 2008,
    doi:10.1007/s11222-008-9059-x.  Its standing among methods for velocities: Nelson et al. 2020,
    doi:10.3847/1538-3881/ab5190.
    """
    import math

    import numpy as np
    from scipy.special import gammaln, logsumexp

    rng = np.random.default_rng(seed)
    size = len(theta)
    mean, cov = theta.copy(), covariance.copy()
    free = sum(1 for p in model["planets"] if not p.get("error"))
    for turn in range(_ROUNDS + 1):
        count = _FINAL_DRAWS if turn == _ROUNDS else _DRAWS
        root = np.linalg.cholesky(cov * (_FREEDOM - 2.0) / _FREEDOM * (1.3 if turn < _ROUNDS else 1.1))
        normal = rng.standard_normal((count, size))
        stretch = np.sqrt(_FREEDOM / rng.chisquare(_FREEDOM, count))
        draws = mean + (normal * stretch[:, None]) @ root.T
        distance = np.sum((normal * stretch[:, None]) ** 2, axis=1)
        ln_proposal = (
            gammaln(0.5 * (_FREEDOM + size))
            - gammaln(0.5 * _FREEDOM)
            - 0.5 * size * np.log(_FREEDOM * np.pi)
            - np.log(np.diag(root)).sum()
            - 0.5 * (_FREEDOM + size) * np.log1p(distance / _FREEDOM)
        )
        ln_weight = ln_posterior(draws, model, data) - ln_proposal
        if not np.isfinite(ln_weight).any():
            return {"ln_z": -math.inf, "error": math.inf, "effective_draws": 0.0, "mean": mean, "covariance": cov}
        weight = np.exp(ln_weight - ln_weight.max())
        effective = float(weight.sum() ** 2 / np.sum(weight**2))
        if turn < _ROUNDS:
            # The heaviest weights are cut while the proposal is still poor: one lucky draw must not become the centre.
            cut = np.sort(weight)[-max(5, count // 20)]
            tame = np.minimum(weight, max(cut, 1e-300))
            tame /= tame.sum()
            mean = tame @ draws
            spread = draws - mean
            cov = (tame[:, None] * spread).T @ spread + 1e-10 * np.diag(np.diag(covariance))
    ln_z = float(logsumexp(ln_weight) - np.log(count))
    # The same system with its free planets renamed is another maximum of equal weight.
    ln_z += float(gammaln(free + 1.0))
    return {
        "ln_z": ln_z,
        "error": float(np.sqrt(1.0 / max(effective, 1e-9) - 1.0 / count)),
        "effective_draws": effective,
        "mean": mean,
        "covariance": cov,
    }
