"""The posterior of orbits as an `arviz.InferenceData`, with what figures need beside it."""

from __future__ import annotations

from typing import Any

from gnomon.tools.arviz_import import import_arviz
from gnomon.tools.fitting.keplerian_motion import planet_velocity
from gnomon.tools.fitting.orbit_likelihood import linear_part, noise_of, planets_velocity

# name: unit, long name, whether it belongs in the results
_MEANING = {
    "period": ("d", "orbital period", 1),
    "velocity_semi_amplitude": ("m/s", "velocity semi-amplitude", 1),
    "eccentricity": ("", "eccentricity", 1),
    "argument_of_periastron": ("deg", "argument of periastron of the star", 1),
    "time_of_periastron": ("d", "time of periastron", 1),
    "time_of_conjunction": ("d", "time of inferior conjunction", 1),
    "longitude": ("rad", "mean longitude at the reference epoch", 0),
    "jitter": ("m/s", "excess scatter", 0),
    "offset": ("m/s", "velocity offset", 0),
    "nightly_scatter": ("m/s", "scatter from night to night", 0),
    "acceleration": ("m/(s yr)", "linear trend of the velocity", 1),
}
_POINTS = 6000  # of the model's curve
_CURVES = 200  # draws behind its band


def to_inference_data(
    variables: dict[str, Any],
    model: dict[str, Any],
    data: dict[str, Any],
    sampled: dict[str, Any],
    attrs: dict[str, Any],
) -> Any:
    """Put draws, data and curves together.

    Parameters
    ----------
    variables : dict
        From `gnomon.tools.fitting.orbit_sampling.derived_draws`.
    model, data : dict
        From `gnomon.tools.fitting.orbit_likelihood`.
    sampled : dict
        From `gnomon.tools.fitting.orbit_sampling.sample_posterior`.
    attrs : dict
        Attributes of the posterior group.

    Returns
    -------
    arviz.InferenceData
        Groups ``posterior`` (dims chain, draw and planet or instrument), ``sample_stats``, ``observed_data`` (the
        velocities), ``constant_data`` (the best draw's velocity by each planet, offsets and nights at each row) and
        ``predictions`` (velocity against time, with 68 % band).
    """
    import numpy as np
    import xarray

    arviz = import_arviz()
    count = len(model["planets"])
    posterior = xarray.Dataset(
        coords={"planet": np.arange(1, count + 1), "instrument": np.array(data["names"], dtype=str)}
    )
    for name, values in variables.items():
        unit, long_name, report = _MEANING[name]
        dims = ["chain", "draw"]
        if values.ndim == 3:
            dims.append("instrument" if name in ("jitter", "offset") else "planet")
        posterior[name] = (dims, np.ascontiguousarray(values))
        if model["eccentricity"] == "circular" and name in (
            "eccentricity", "argument_of_periastron", "time_of_periastron",
        ):  # fmt: skip
            report = 0  # held at zero, so there is nothing to measure
        said: dict[str, Any] = {"quantity": name, "unit": unit, "long_name": long_name, "report": report, "circular": 0}
        if name in ("eccentricity", "velocity_semi_amplitude"):
            said["lower_bound"] = 0.0
        if name == "argument_of_periastron":
            said.update(circular=1, circle=360.0, undefined_where_zero="eccentricity")
        if name == "time_of_periastron":
            said["undefined_where_zero"] = "eccentricity"
        if name.startswith("time_of"):
            said["epoch"] = 1
        posterior[name].attrs = said
    posterior.attrs = attrs
    stats = xarray.Dataset({"lp": (["chain", "draw"], np.ascontiguousarray(sampled["ln_posterior"]))})
    groups = {"posterior": posterior, "sample_stats": stats, **_groups_for_figures(model, data, sampled)}
    return arviz.InferenceData(**groups)


def _groups_for_figures(model: dict[str, Any], data: dict[str, Any], sampled: dict[str, Any]) -> dict[str, Any]:
    """Observed velocities, what the best draw makes of each, and the curve of velocity against time."""
    import numpy as np
    import xarray

    draws, ln_p = sampled["draws"], sampled["ln_posterior"]
    best = draws[np.unravel_index(np.argmax(ln_p), ln_p.shape)][None, :]
    count = len(model["planets"])
    linear = linear_part(best, model, data)
    offset = linear["offset"][0]
    trend = np.zeros(len(data["t"]))
    if model["trend"]:
        offset = offset - linear["leverage"][0] * linear["slope"][0]
        trend = linear["slope"][0] * 2.0 * data["t"] / data["span"]
    by_planet = np.array(
        [planet_velocity(data["t"], np.exp(p[0]), p[1], p[2], p[3], p[4])
         for p in best[0, : 5 * count].reshape(count, 5)]
    )  # fmt: skip
    jitter, night = noise_of(best, model, data)
    left = data["y"] - by_planet.sum(axis=0) - trend - offset[data["instrument"]]
    nights = np.zeros(len(left))
    if night is not None:
        weight = 1.0 / (data["e"] ** 2 + jitter[0] ** 2)
        total = np.bincount(data["night"], weight)
        mean = np.bincount(data["night"], weight * left) / total
        # The most probable offset of a night is its mean, drawn to zero by how well the night is measured.
        nights = (mean * night[0] ** 2 * total / (1.0 + night[0] ** 2 * total))[data["night"]]
    rows = {"row": np.arange(len(left)), "planet": np.arange(1, count + 1)}
    observed = xarray.Dataset({"rv": (["row"], data["y"] + data["shift"])}, coords={"row": rows["row"]})
    constant = xarray.Dataset(
        {
            "time": (["row"], data["t"] + data["t0"]),
            "rv_err": (["row"], data["e"]),
            "total_err": (["row"], np.hypot(data["e"], jitter[0])),
            "instrument_of_row": (["row"], data["instrument"]),
            "offset_of_row": (["row"], offset[data["instrument"]] + data["shift"]),
            "night_of_row": (["row"], nights),
            "trend_of_row": (["row"], trend),
            "planet_velocity": (["planet", "row"], by_planet),
            "planet_best": (["planet", "element"], best[0, : 5 * count].reshape(count, 5)),
            "reference_epoch": ((), data["t0"]),
        },
        coords={**rows, "element": np.array(["ln_period", "amplitude", "h", "k", "longitude"])},
    )
    grid = _grid(best, count, data)
    flat = draws.reshape(-1, draws.shape[2])
    some = flat[:: max(1, len(flat) // _CURVES)]
    curves = planets_velocity(some, count, grid)
    if model["trend"]:
        curves = curves + linear_part(some, model, data)["slope"][:, None] * 2.0 * grid / data["span"]
    low, middle, high = np.percentile(curves, [15.865, 50.0, 84.135], axis=0)
    predictions = xarray.Dataset(
        {
            "velocity": (["time"], middle),
            "velocity_lower": (["time"], low),
            "velocity_upper": (["time"], high),
        },
        coords={"time": grid + data["t0"]},
    )
    return {"observed_data": observed, "constant_data": constant, "predictions": predictions}


def _grid(best: Any, count: int, data: dict[str, Any]) -> Any:
    """Times of the model's curve: thirty an orbit of the shortest period, as far as the number of points allows."""
    import numpy as np

    low, high = data["t"].min() - 0.02 * data["span"], data["t"].max() + 0.02 * data["span"]
    shortest = min(float(np.exp(best[0, 5 * i])) for i in range(count))
    return np.linspace(low, high, int(min(_POINTS, max(500, 30 * (high - low) / shortest))))
