"""Draws of transit fits as one `arviz.InferenceData`: variables with units and meanings, folded data, model curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.arviz_import import import_arviz
from gnomon.tools.fitting.transit_model import scaled_axis_of, stellar_density_of, transit_flux

if TYPE_CHECKING:
    from arviz import InferenceData

SUN_IN_EARTHS = 109.0763  # nominal 6.957e8 m / 6.3781e6 m, IAU 2015 resolution B3, doi:10.3847/0004-6256/152/2/41
KEPT_DRAWS = (
    300  # of each walker; neighbouring steps are correlated, and 36 times 300 give a median to a hundredth of sigma
)
CURVE_POINTS, CURVE_DRAWS = 301, 200
# name: (unit, meaning, belongs in the results)
VARIABLES = {
    "period": ("d", "orbital period", 1),
    "epoch": ("d", "time of mid-transit", 1),
    "depth": ("", "transit depth without limb darkening (radius ratio squared)", 1),
    "duration": ("h", "transit duration from first to last contact", 1),
    "radius_ratio": ("", "planet radius over stellar radius", 1),
    "impact_parameter": ("", "impact parameter", 1),
    "scaled_semi_major_axis": ("", "semi-major axis over stellar radius", 1),
    "planet_radius": ("R_earth", "planet radius", 1),
    "stellar_density": ("g/cm3", "mean density of the star from a circular orbit", 0),
    "q1": ("", "limb darkening q1", 0),
    "q2": ("", "limb darkening q2", 0),
    "noise_factor": ("", "factor on the flux uncertainties", 0),
    "baseline": ("", "flux out of transit minus one", 0),
}


def build_posterior(fits: list[dict[str, Any]], meta: dict[str, Any], radius: float | None, seed: int) -> InferenceData:
    """Join the fits of all signals.

    Parameters
    ----------
    fits : list of dict
        One per signal, from `gnomon.tools.fitting.fit_transits`.
    meta : dict
        Object, time reference, star ... of the light curve.
    radius : float or None
        Radius of the star [R_sun], None where unknown.
    seed : int
        Seed of the random numbers, kept with the draws.

    Returns
    -------
    arviz.InferenceData
        Groups ``posterior``, ``observed_data`` (folded points) and ``constant_data`` (model curves, residuals).
    """
    import json

    import numpy as np
    import xarray

    arviz = import_arviz()
    signals = [fit["signal"] for fit in fits]
    # Signals are sampled for as long as each needs; as many draws of each are kept, evenly spread.
    kept = min(KEPT_DRAWS, *(fit["draws"]["period"].shape[1] for fit in fits))
    per_signal = [_derived(fit, radius, kept) for fit in fits]
    name = meta.get("object")
    coords = {
        "chain": np.arange(per_signal[0]["period"].shape[0]),
        "draw": np.arange(per_signal[0]["period"].shape[1]),
        "signal": np.array(signals),
    }
    labels = [f"{name} signal {s}" if name else f"signal {s}" for s in signals]
    variables = {}
    for key, (unit, meaning, report) in VARIABLES.items():
        if key in per_signal[0]:
            attrs = {"quantity": key, "unit": unit, "long_name": meaning, "report": report}
            variables[key] = (("chain", "draw", "signal"), np.stack([d[key] for d in per_signal], axis=-1), attrs)
    posterior = xarray.Dataset(variables, coords)
    posterior.attrs = {
        "of": json.dumps(labels, ensure_ascii=False),
        "object": str(name or ""),
        "time_reference": json.dumps(meta.get("time_reference"), ensure_ascii=False),
        "seed": int(seed),
        "sampler": "emcee",
        "convergence": json.dumps(
            [
                {
                    "signal": f["signal"],
                    "acceptance": round(f["acceptance"], 4),
                    "autocorrelation_steps": round(f["autocorrelation"], 2),
                    "r_hat": round(f["r_hat"], 4),
                    "ess": round(f["ess"], 1),
                    "red_noise_factor": round(f["red_noise_factor"], 4),
                }
                for f in fits
            ]
        ),
    }
    observed, constant = _folded(fits)
    constant.attrs["of"] = posterior.attrs["of"]
    return arviz.InferenceData(posterior=posterior, observed_data=observed, constant_data=constant)


def _derived(fit: dict[str, Any], radius: float | None, kept: int) -> dict[str, Any]:
    """Thinned draws of one signal with the quantities that follow from them."""
    import numpy as np

    picked = np.linspace(0, fit["draws"]["period"].shape[1] - 1, kept).round().astype(int)
    draws = {k: np.ascontiguousarray(v[:, picked]) for k, v in fit["draws"].items()}
    axis = np.vectorize(scaled_axis_of)(
        draws["period"], draws["duration"], draws["impact_parameter"], draws["radius_ratio"]
    )
    out = {k: draws[k] for k in ("period", "epoch", "radius_ratio", "impact_parameter", "q1", "q2", "baseline")}
    out["noise_factor"] = np.exp(draws["noise_factor"])
    out["depth"] = draws["radius_ratio"] ** 2
    out["duration"] = draws["duration"] * 24.0
    out["scaled_semi_major_axis"] = axis
    out["stellar_density"] = stellar_density_of(draws["period"], axis)
    if radius is not None:
        out["planet_radius"] = draws["radius_ratio"] * radius * SUN_IN_EARTHS
    return out


def _folded(fits: list[dict[str, Any]]) -> tuple[Any, Any]:
    """Folded points and residuals of the best fit, and model curves with their spread."""
    import numpy as np
    import xarray

    points: dict[str, list[Any]] = {"signal_of_point": [], "hours": [], "flux": [], "flux_err": [], "residual": []}
    curves: dict[str, list[Any]] = {"curve_hours": [], "curve": [], "curve_lower": [], "curve_upper": []}
    for fit in fits:
        best = fit["best"]
        since = (fit["time"] - best[1] + 0.5 * best[0]) % best[0] - 0.5 * best[0]
        order = np.argsort(since, kind="stable")
        predicted = transit_flux(fit["model"], since, fit["exposure"], _orbit(best))
        points["signal_of_point"].append(np.full(len(since), fit["signal"]))
        points["hours"].append(since[order] * 24.0)
        points["flux"].append((fit["flux"] - best[8])[order])
        points["flux_err"].append((fit["error"] * np.exp(best[7]))[order])
        points["residual"].append((fit["flux"] - best[8] - predicted)[order])
        hours = np.linspace(-1.5, 1.5, CURVE_POINTS) * fit["duration"] * 24.0
        flat = np.stack([v.ravel() for v in fit["draws"].values()], axis=-1)
        picked = flat[:: max(1, len(flat) // CURVE_DRAWS)][:CURVE_DRAWS]
        bundle = np.array([transit_flux(fit["model"], hours / 24.0, fit["exposure"], _orbit(p)) for p in picked])
        low, mid, high = np.quantile(bundle, [0.1587, 0.5, 0.8413], axis=0)
        for key, value in zip(curves, (hours, mid, low, high), strict=True):
            curves[key].append(value)
    joined = {k: np.concatenate(v) for k, v in points.items()}
    units = {"hours": "h", "signal_of_point": "", "flux": "", "flux_err": "", "residual": ""}
    observed = xarray.Dataset({"flux": ("point", joined.pop("flux"), {"unit": ""})})
    constant = xarray.Dataset(
        {k: ("point", v, {"unit": units[k]}) for k, v in joined.items()}
        | {k: (("signal", "grid"), np.stack(v)) for k, v in curves.items()},
        {"signal": [fit["signal"] for fit in fits]},
    )
    return observed, constant


def _orbit(values: Any) -> dict[str, float]:
    """Parameters of the model from a vector of the sampler."""
    period, _, ratio, impact, duration, q1, q2 = (float(v) for v in values[:7])
    return {
        "period": period,
        "ratio": ratio,
        "axis": scaled_axis_of(period, duration, impact, ratio),
        "impact": impact,
        "q1": q1,
        "q2": q2,
    }
