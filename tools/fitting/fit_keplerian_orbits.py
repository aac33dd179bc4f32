"""Fitting Keplerian orbits of one or more planets to radial velocities."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.fitting.offset_periodogram import frequency_grid
from gnomon.tools.fitting.orbit_likelihood import empty_model, pack_velocities
from gnomon.tools.fitting.orbit_posterior import to_inference_data
from gnomon.tools.fitting.orbit_sampling import derived_draws, sample_posterior
from gnomon.tools.fitting.orbit_selection import FALSE_ALARM_ALLOWED, LN_BAYES_NEEDED, choose_model, known_planet
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Periodogram, Posterior, RadialVelocities

_MOST_PLANETS = 8
_OVERSAMPLING = 6.0
_WORTH_TELLING = 0.0  # a signal that the evidence leans to, if not enough


@tool(
    version="1.0",
    effects=("compute",),
    seconds=6.0,
    seconds_per_1000_rows=110.0,
    citations=(
        "Ford & Gregory 2007, Bayesian model selection and extrasolar planet detection, 2007ASPC..371..189F",
        "Kass & Raftery 1995, Bayes factors, doi:10.1080/01621459.1995.10476572",
        "Nelson et al. 2020, Quantifying the Bayesian evidence for a planet in radial velocity data, doi:10.3847/1538-3881/ab5190",
        "Cappe et al. 2008, Adaptive importance sampling in general mixture classes, doi:10.1007/s11222-008-9059-x",
        "Foreman-Mackey et al. 2013, emcee: the MCMC hammer, doi:10.1086/670067",
        "Kipping 2013, Parametrizing the exoplanet eccentricity distribution with the beta distribution, doi:10.1093/mnrasl/slt075",
        "Hatzes et al. 2010, An investigation into the radial velocity variations of CoRoT-7, doi:10.1051/0004-6361/201014795",
    ),
    examples=(
        "Find planets",
        "Fit the orbits",
        "拟合轨道",
        "轨道拟合",
        "找行星",
        "What are P, K, e and omega?",
        "Determine the orbit of the companion",
        "Is there a second planet?",
        "用视向速度数据做轨道拟合",
        "求行星或伴星的轨道参数",
        "Is there a planet?",
        "Which planets orbit this star?",
        "How many planets are in these radial velocities, and what are their orbits?",
        "Analyse these radial velocities",
        "Search for exoplanets in the velocities",
        "Fit Keplerian orbits to the RVs",
        "Find the orbital period, semi-amplitude and eccentricity of the planet",
        "The planet transits with a known period; what is its velocity semi-amplitude?",
        "这颗恒星有行星吗？",
        "这颗恒星有几颗行星？轨道是什么样的？",
        "分析这些视向速度",
        "在视向速度中搜寻系外行星",
        "用视向速度拟合行星轨道，给出周期、半振幅和偏心率",
        "已知凌星周期，求该行星的视向速度半振幅",
        "I wonder whether anything orbits this star",
        "Does the star wobble because of a planet?",
        "Solve the orbit of this spectroscopic binary from its velocities",
        "Model the RVs with up to three planets and a linear trend",
        "不知道有没有什么东西绕着这颗星转",
        "恒星的晃动是不是行星引起的？",
        "由视向速度求这个分光双星的轨道",
        "用最多三颗行星加线性趋势的模型拟合 RV",
        "视向速度里除了已知的行星，还有第二颗吗？",
        "做开普勒拟合，求 P、K、e 和 ω",
    ),
    summary_zh="用开普勒轨道拟合一台或多台仪器的视向速度，由贝叶斯证据决定行星个数，并给出后验分布。",
    method="Keplerian orbits were fitted with an offset and a jitter for each instrument; planets (at most {max_planets}), a linear trend ({trend}) and a random offset in each night ({nightly_noise}) were added one at a time while ln Z, from adaptive importance sampling, rose by more than 5; the eccentricity prior was {eccentricity}; the posterior was drawn with emcee (seed {seed}).",
    method_zh="用开普勒轨道拟合视向速度，每台仪器有各自的零点和额外噪声；逐一加入行星（最多 {max_planets} 颗）、线性趋势（{trend}）和每夜随机零点（{nightly_noise}），仅当自适应重要性采样得到的 ln Z 增加超过 5 时采纳；偏心率先验为 {eccentricity}；后验由 emcee 抽样（随机种子 {seed}）。",
    comparison="statistical",
)
def fit_keplerian_orbits(
    velocities: RadialVelocities,
    periodogram: Annotated[Periodogram, "velocity"],
    max_planets: Annotated[int, "[1, 8]"] = 4,
    known_periods: list[Annotated[float, "d", "(0, inf)"]] | None = None,
    known_period_errors: list[Annotated[float, "d", "(0, inf)"]] | None = None,
    known_conjunctions: list[Annotated[float, "d"]] | None = None,
    known_conjunction_errors: list[Annotated[float, "d", "(0, inf)"]] | None = None,
    eccentricity: Literal["beta", "uniform", "circular"] = "beta",
    trend: Literal["auto", "yes", "no"] = "auto",
    nightly_noise: Literal["auto", "yes", "no"] = "auto",
    seed: Annotated[int, "[0, inf)"] = 1,
) -> Annotated[Posterior, "keplerian"]:
    """Fit Keplerian orbits of one or more planets to radial velocities, their number chosen by evidence.

    The model grows step by step.  At each step the highest peaks of the residuals' periodogram are fitted as one more
    planet together with everything so far, and so are a linear trend and, where nights hold several exposures, a
    random offset of each night (the star's own slow variation).  The one that raises ln Z most is kept if it raises
    it by more than 5 (and a planet's peak has a false-alarm probability below 0.01); else the model is complete.
    Each instrument has its own offset, integrated out exactly, and its own jitter.  ln Z is integrated around the
    best fit by adaptive importance sampling, so periods far from it do not count; rival periods that fit nearly as
    well are reported.  Planets that a person gives by period are kept whatever the evidence.

    Priors: period log-uniform over the periodogram's range; semi-amplitude and jitter modified Jeffreys, with knee at
    1 m/s and top at 2129 m/s (or three times the range of the data, if that is more); eccentricity beta (0.867, 3.03)
    or uniform; argument of periastron, phase and offsets uniform; trend normal, with the range of the data over half
    the time span as its standard deviation.

    Parameters
    ----------
    velocities : RadialVelocities
        Columns ``time`` [d], ``rv`` and ``rv_err`` [m/s], ``instrument``; finite, without masked values.
    periodogram : Periodogram
        From `velocity_periodogram`; its shortest and longest ``period`` [d] limit the search.
    max_planets : int
        Most planets, known ones included, 1 to 8.
    known_periods : list of float, optional
        Periods of planets that are known, such as from transits, d.
    known_period_errors : list of float, optional
        Their standard errors, d, in the same order; without them a period may move within half a resolution
        element 1/(time span) of the data.
    known_conjunctions : list of float, optional
        Times of a transit of these planets, in the time system of the velocities, d, in the same order.
    known_conjunction_errors : list of float, optional
        Their standard errors, d; one hundredth of the period when not given.
    eccentricity : {"beta", "uniform", "circular"}
        Prior of the eccentricity; ``circular`` holds it at zero.
    trend : {"auto", "yes", "no"}
        Linear trend; ``auto`` by evidence.
    nightly_noise : {"auto", "yes", "no"}
        Random offset of each night and instrument; ``auto`` by evidence, where nights hold several exposures.
    seed : int
        Seed of the random draws; the same seed repeats every number.

    Returns
    -------
    Posterior
        Draws of ``period`` [d], ``velocity_semi_amplitude`` [m/s], ``eccentricity``, ``argument_of_periastron`` [deg,
        of the star], ``time_of_periastron`` and ``time_of_conjunction`` [d, in the data's own time system] for each
        ``planet``, ``jitter`` and ``offset`` [m/s] for each ``instrument``, and ``acceleration`` [m/s/yr] and
        ``nightly_scatter`` [m/s] where taken in.  Attributes hold the table of evidence.

    Raises
    ------
    EmptyResult
        Where the evidence prefers no planet.
    InputError
        Where there are too few measurements, or the known values do not fit together.

    References
    ----------
    Priors: Ford & Gregory 2007, 2007ASPC..371..189F; Kipping 2013, doi:10.1093/mnrasl/slt075.  Threshold: Kass &
    Raftery 1995, doi:10.1080/01621459.1995.10476572.  Reliability of evidence: Nelson et al. 2020,
    doi:10.3847/1538-3881/ab5190.  Nightly offsets (there as free numbers): Hatzes et al. 2010,
    doi:10.1051/0004-6361/201014795.  sqrt(e) cos w, sqrt(e) sin w: Eastman, Gaudi & Agol 2013, doi:10.1086/669497.
    """
    import numpy as np

    time = np.asarray(velocities["time"].to_value("d"), dtype=float)
    rv = np.asarray(velocities["rv"].to_value("m/s"), dtype=float)
    error = np.asarray(velocities["rv_err"].to_value("m/s"), dtype=float)
    given = _known(known_periods, known_period_errors, known_conjunctions, known_conjunction_errors, np.ptp(time))
    _check_request(time, len(set(velocities["instrument"])), max_planets, given)
    periods = np.asarray(periodogram["period"].to_value("d"), dtype=float)
    data = pack_velocities(time, rv, error, np.asarray(velocities["instrument"]))
    start = empty_model(float(periods.min()), float(periods.max()), eccentricity)
    frequencies = frequency_grid(time, float(periods.min()), float(periods.max()), _OVERSAMPLING)
    chosen = choose_model(data, start, given, frequencies, max_planets, trend, nightly_noise, seed)
    theta, _, model = chosen["fit"]
    if not model["planets"]:
        raise _no_planet(chosen["table"])
    sampled = sample_posterior(theta, chosen["evidence"]["covariance"], model, data, seed)
    _tell_of_fit(chosen, sampled, model, theta)
    variables = derived_draws(sampled, model, data, seed)
    attrs = _attributes(velocities.meta, chosen, sampled, model, data, seed)
    orbits: Posterior = to_inference_data(variables, model, data, sampled, attrs)
    return orbits


def _known(periods: Any, errors: Any, conjunctions: Any, conjunction_errors: Any, span: float) -> list[dict[str, Any]]:
    """Known planets, checked for lists that do not match."""
    periods = [float(p) for p in periods or ()]
    lists = {
        "known_period_errors": list(errors or ()),
        "known_conjunctions": list(conjunctions or ()),
        "known_conjunction_errors": list(conjunction_errors or ()),
    }
    for name, values in lists.items():
        if values and len(values) != len(periods):
            raise InputError(
                f"{name} has {len(values)} entries and known_periods has {len(periods)}.",
                remedy="Give one for each known period, in the same order.",
            )
        if "error" in name and any(not v > 0 for v in values):
            raise InputError(f"{name} holds a value that is not positive.", remedy="Standard errors are above zero.")
    if any(not p > 0 for p in periods):
        raise InputError("known_periods holds a value that is not positive.", remedy="Give periods in days.")
    filled = {k: [float(x) for x in v] if v else [None] * len(periods) for k, v in lists.items()}
    return [
        known_planet(p, e, c, ce, float(span))
        for p, e, c, ce in zip(
            periods,
            filled["known_period_errors"],
            filled["known_conjunctions"],
            filled["known_conjunction_errors"],
            strict=True,
        )
    ]


def _check_request(time: Any, instruments: int, max_planets: int, given: list[dict[str, Any]]) -> None:
    """Refuse what cannot be fitted."""
    import numpy as np

    if not 1 <= max_planets <= _MOST_PLANETS:
        raise InputError(f"max_planets is {max_planets}.", remedy=f"Set it between 1 and {_MOST_PLANETS}.")
    if len(given) > max_planets:
        raise InputError(
            f"{len(given)} planets are known and max_planets is {max_planets}.", remedy="Raise max_planets."
        )
    # One orbit has five parameters; with offset and jitter of each instrument there must be rows left to test it.
    least = 5 * max(1, len(given)) + 2 * instruments + 1
    if len(time) < least:
        raise InputError(
            f"{len(time)} measurements of {instruments} instruments are too few to fit an orbit.",
            remedy=f"At least {least} are needed.",
        )
    if np.ptp(time) <= 0:
        raise InputError("All measurements have the same time.", remedy="Check the column of times.")


def _no_planet(table: list[dict[str, Any]]) -> EmptyResult:
    """The answer when the evidence asks for no planet."""
    last = [r for r in table if r["added"] == "planet"][-1]
    period, gain, chance = last["period_d"], last["gain"], last["false_alarm_probability"]
    return EmptyResult(
        f"The velocities do not ask for a planet: the best one, of {period:.5g} d, changes ln Z by {gain:+.1f} with a "
        f"false-alarm probability of {chance:.2g}, where more than +{LN_BAYES_NEEDED:g} and less than "
        f"{FALSE_ALARM_ALLOWED:g} are needed.",
        remedy="Give a known period with known_periods, widen the periods of the periodogram, or add measurements.",
        zh=f"视向速度不支持行星的存在：最佳的单行星模型（周期 {period:.5g} 天）使 ln Z 变化 {gain:+.1f}，误报概率 "
        f"{chance:.2g}，而需要超过 +{LN_BAYES_NEEDED:g} 且误报概率低于 {FALSE_ALARM_ALLOWED:g}。",
    )


def _tell_of_fit(chosen: dict[str, Any], sampled: dict[str, Any], model: dict[str, Any], theta: Any) -> None:
    """Warn of what a reader of the report must know about the fit."""
    import numpy as np

    if not sampled["converged"]:
        warnings.warn(
            f"The sampler stopped after {sampled['steps']} steps, fewer than 50 autocorrelation times of "
            f"{sampled['autocorrelation_steps']:.0f} steps, so the intervals are less certain.",
            stacklevel=1,
        )
    for i, rivals in enumerate(chosen["alternatives"], start=1):
        for rival in rivals:
            kind = f" (its alias by the {rival['alias']['sampling']})" if rival["alias"] else ""
            warnings.warn(
                f"A period of {rival['period_d']:.6g} d{kind} fits planet {i} nearly as well: its ln posterior is "
                f"{-rival['delta_ln_posterior']:.1f} below the best.",
                stacklevel=1,
            )
    last = next((r for r in reversed(chosen["table"]) if r["added"] == "planet"), None)
    if last is not None and not last["accepted"] and last["gain"] > _WORTH_TELLING:
        warnings.warn(
            f"A further signal of {last['period_d']:.5g} d (ln Z {last['gain']:+.1f}, false-alarm probability "
            f"{last['false_alarm_probability']:.2g}) was left out, since more than +{LN_BAYES_NEEDED:g} and less than "
            f"{FALSE_ALARM_ALLOWED:g} are needed.",
            stacklevel=1,
        )
    for i, planet in enumerate(model["planets"], start=1):
        edge = min(abs(theta[5 * (i - 1)] - planet["ln_low"]), abs(theta[5 * (i - 1)] - planet["ln_high"]))
        if not planet.get("error") and edge < 1e-3 * (planet["ln_high"] - planet["ln_low"]):
            warnings.warn(
                f"The period of planet {i} lies at the edge of the searched range: {np.exp(theta[5 * i - 5]):.5g} d.",
                stacklevel=1,
            )
    if chosen["evidence"]["effective_draws"] < 30:
        warnings.warn("The evidence rests on fewer than 30 effective draws, so ln Z is rough.", stacklevel=1)


def _attributes(
    meta: Any,
    chosen: dict[str, Any],
    sampled: dict[str, Any],
    model: dict[str, Any],
    data: dict[str, Any],
    seed: int,
) -> dict[str, Any]:
    """Attributes of the posterior: plain numbers, text, and JSON."""
    import json

    name = str(meta.get("object") or "")
    labels = [f"{name} planet {i}".strip() for i in range(1, len(model["planets"]) + 1)]
    return {
        "object": name,
        "member": "planet",
        "of": json.dumps(labels, ensure_ascii=False),
        "time_reference": json.dumps(meta.get("time_reference"), ensure_ascii=False),
        "reference_epoch": data["t0"],
        "rows": len(data["y"]),
        "time_span_d": data["span"],
        "instruments": json.dumps(data["names"], ensure_ascii=False),
        "given": json.dumps([bool(p.get("given")) for p in model["planets"]]),
        "trend": int(model["trend"]),
        "nightly_noise": int(model["nightly"]),
        "eccentricity_prior": model["eccentricity"],
        "evidence": json.dumps(chosen["table"]),
        "alternatives": json.dumps(chosen["alternatives"]),
        "sampler": "emcee",
        "seed": int(seed),
        "steps": int(sampled["steps"]),
        "autocorrelation_steps": float(sampled["autocorrelation_steps"]),
        "acceptance": float(sampled["acceptance"]),
        "converged": int(sampled["converged"]),
    }
