"""Choosing the model of orbits: planets, a trend and nightly noise, each taken in when the evidence asks for it."""

from __future__ import annotations

from typing import Any

from gnomon.tools.fitting.keplerian_motion import longitude_at_conjunction
from gnomon.tools.fitting.orbit_evidence import best_fit
from gnomon.tools.fitting.orbit_search import (
    add_nights,
    add_planet,
    add_trend,
    nights_are_shared,
    planet_starts,
    residual_periodogram,
    search_planet,
    weigh,
)

# "Very strong" evidence on the scale of Kass & Raftery 1995 (2 ln B > 10), doi:10.1080/01621459.1995.10476572.
LN_BAYES_NEEDED = 5.0
FALSE_ALARM_ALLOWED = 0.01
_WORTH_WEIGHING = 2.0  # a gain of the best fit below this cannot become a gain of 5 after integration


def known_planet(
    period: float, error: float | None, conjunction: float | None, conjunction_error: float | None, span: float
) -> dict[str, Any]:
    """What is known of a planet that a person gives.

    Parameters
    ----------
    period : float
        Period, d.
    error : float or None
        Its standard error, d; without one the period may move by half a resolution element of the data.
    conjunction, conjunction_error : float or None
        Time of a transit and its standard error, d; without an error it is one hundredth of the period.
    span : float
        Time span of the data, d.

    Returns
    -------
    dict
        In the form that `gnomon.tools.fitting.orbit_likelihood` takes.
    """
    import math

    half = 0.5 / span
    return {
        "period": period,
        "error": error,
        "ln_low": math.log(1.0 / (1.0 / period + half)),
        "ln_high": math.log(1.0 / max(1.0 / period - half, 0.1 / period)),
        "conjunction": conjunction,
        "conjunction_error": None if conjunction is None else conjunction_error or 0.01 * period,
        "longitude": 0.0,
        "given": True,
    }


def choose_model(
    data: dict[str, Any],
    model: dict[str, Any],
    known: list[dict[str, Any]],
    frequencies: Any,
    max_planets: int,
    trend: str,
    nightly: str,
    seed: int,
) -> dict[str, Any]:
    """Grow a model step by step, each time by what raises the evidence most, until nothing raises it enough.

    Parameters
    ----------
    data, model : dict
        From `gnomon.tools.fitting.orbit_likelihood`; the model is empty.
    known : list of dict
        Planets that are in the model whatever the evidence.
    frequencies : numpy.ndarray of float
        Where further planets are searched, 1/d.
    max_planets : int
        Most planets, the known ones included.
    trend, nightly : str
        ``auto`` (by evidence), ``yes`` or ``no``.
    seed : int
        Seed of the random draws.

    Returns
    -------
    dict
        ``fit`` (parameters, logarithm of posterior, model), ``evidence`` of it, ``table`` (a row for each model that
        was weighed) and ``alternatives`` (rival periods of each planet).
    """
    import numpy as np

    model = {**model, "trend": trend == "yes"}
    fit = (*best_fit(np.full(len(data["names"]), np.log1p(1.0)), model, data), model)
    if nightly == "yes":
        fit = add_nights(fit[0], fit[2], data)
    weight = weigh(fit, data, seed)
    table = [_row(fit, weight, None, "start")]
    alternatives: list[list[dict[str, Any]]] = []
    for planet in known:
        fit, weight = _with_known(fit, planet, data, seed)
        table.append(_row(fit, weight, planet["period"], "given"))
        alternatives.append([])
    nights_possible = nightly == "auto" and nights_are_shared(data)
    while True:
        theta, _, now = fit
        options: list[tuple[str, Any, dict[str, Any], dict[str, Any]]] = []
        if nights_possible and not now["nightly"]:
            options.append(("nightly noise", add_nights(theta, now, data), {}, {}))
        if trend == "auto" and not now["trend"]:
            options.append(("trend", add_trend(theta, now, data), {}, {}))
        if len(now["planets"]) < max_planets:
            found, said = search_planet(theta, now, data, frequencies)
            options.append(("planet", found, said, {}))
        options = [
            (name, option, said, weigh(option, data, seed))
            for name, option, said, _ in options
            if name == "planet" or option[1] - fit[1] > _WORTH_WEIGHING
        ]
        best: tuple[str, Any, dict[str, Any], dict[str, Any]] | None = None
        for name, option, said, value in options:
            gain = value["ln_z"] - weight["ln_z"]
            table.append(_row(option, value, said.get("period_d"), name, gain, said.get("false_alarm_probability")))
            doubtful = said.get("unresolved", False) or said.get("false_alarm_probability", 0.0) > FALSE_ALARM_ALLOWED
            if doubtful or gain <= LN_BAYES_NEEDED:
                continue
            if best is None or value["ln_z"] > best[3]["ln_z"]:
                best = (name, option, said, value)
        if best is None:
            return {
                "fit": fit,
                "evidence": weight,
                "table": table,
                "alternatives": _still_rivals(alternatives, theta, len(now["planets"]), data["span"]),
            }
        name, fit, said, weight = best
        next(r for r in reversed(table) if r["added"] == name)["accepted"] = True
        if name == "planet":
            alternatives.append(said["alternatives"])


def _still_rivals(
    alternatives: list[list[dict[str, Any]]], theta: Any, count: int, span: float
) -> list[list[dict[str, Any]]]:
    """Rival periods that have not become planets of their own."""
    import numpy as np

    frequency = np.exp(-theta[: 5 * count : 5])
    return [
        [r for r in rivals if float(np.min(np.abs(frequency - 1.0 / r["period_d"]))) > 1.0 / span]
        for rivals in alternatives
    ]


def _with_known(fit: Any, planet: dict[str, Any], data: dict[str, Any], seed: int) -> tuple[Any, dict[str, Any]]:
    """The model with one known planet more, and its evidence."""
    import numpy as np

    theta, _, model = fit
    frequency = np.array([0.999999, 1.0, 1.000001]) / planet["period"]
    _, _, residual = residual_periodogram(theta, model, data, frequency)
    starts = planet_starts(planet["period"], theta, residual, model, data)
    if planet["conjunction"] is not None:
        since = planet["conjunction"] - data["t0"]
        for start in starts:
            start[4] = float(longitude_at_conjunction(planet["period"], start[2], start[3], since))
    fit = add_planet(theta, model, data, planet, starts)
    return fit, weigh(fit, data, seed)


def _row(
    fit: Any,
    weight: dict[str, Any],
    period: float | None,
    added: str,
    gain: float | None = None,
    chance: float | None = None,
) -> dict[str, Any]:
    """One row of the table of models that were weighed."""
    model = fit[2]
    return {
        "planets": len(model["planets"]),
        "trend": bool(model["trend"]),
        "nightly_noise": bool(model["nightly"]),
        "added": added,
        "period_d": period,
        "ln_evidence": weight["ln_z"],
        "ln_evidence_error": weight["error"],
        "gain": gain,
        "false_alarm_probability": chance,
        "accepted": added in ("start", "given"),
    }
