"""Fitting transit models to the accepted signals of a light curve."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.arviz_import import import_arviz
from gnomon.tools.errors import EmptyResult, InputError, NumericalError
from gnomon.tools.fitting.box_search import in_transit
from gnomon.tools.fitting.light_curve_arrays import (
    bin_light_curve,
    carried_meta,
    light_curve_arrays,
    robust_scatter,
    typical_step,
)
from gnomon.tools.fitting.transit_events import measure_dips, noise_of_dips
from gnomon.tools.fitting.transit_model import make_model, scaled_axis_of, stellar_density_of, transit_flux
from gnomon.tools.fitting.transit_posterior import build_posterior
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from arviz import InferenceData

    from gnomon.tools.kinds import LightCurve, Posterior, TransitCandidates

PARAMETERS = ("period", "epoch", "radius_ratio", "impact_parameter", "duration", "q1", "q2", "noise_factor", "baseline")
WINDOW = 1.5  # durations on either side of mid-transit: one duration of baseline before and after
WALKERS = 36  # four per parameter, above emcee's least of two
BURN_STEPS = 600
BLOCK_STEPS = 1500  # between two looks at convergence
# Vehtari et al. 2021 ask for 400 effective draws.  Walkers share a history, so their R-hat of 1.01 is not to be had.
ENOUGH_DRAWS, GOOD_R_HAT, BAD_R_HAT = 400, 1.03, 1.05
BINS_IN_TRANSIT = 40  # points more than twice as dense are averaged, and the model with them
MAX_POINTS = 20_000  # of one signal; more are averaged in any case


@tool(
    version="1.0",
    effects=("compute",),
    seconds=30.0,
    seconds_per_1000_rows=0.3,
    comparison="statistical",
    citations=(
        "Kreidberg 2015, batman: basic transit model calculation in Python, doi:10.1086/683602",
        "Mandel & Agol 2002, Analytic light curves for planetary transit searches, doi:10.1086/345520",
        "Kipping 2013, Efficient, uninformative sampling of limb darkening coefficients, doi:10.1093/mnras/stt1435",
        "Foreman-Mackey et al. 2013, emcee: the MCMC hammer, doi:10.1086/670067",
        "Vehtari et al. 2021, Rank-normalization, folding, and localization: an improved R-hat, doi:10.1214/20-BA1221",
    ),
    examples=(
        "Find planets",
        "Fit the transits",
        "拟合凌星",
        "凌星拟合",
        "找行星",
        "Search for transits with periods between 1 and 20 days",
        "Give the ephemeris and Rp/Rs of the planet",
        "What is the planet radius, if the star has 1.27 solar radii?",
        "Does this target host a planet or a companion that eclipses it?",
        "用 BLS 搜索凌星",
        "看看这个目标有没有周期性的掩食",
        "Is there a transiting planet?",
        "Does this star have planets?",
        "Analyse this light curve",
        "Search for exoplanets and measure them",
        "Find transits and fit them",
        "What are the period, epoch, depth, duration and radius ratio of the transiting planet?",
        "How many planets transit this star, and how large are they?",
        "Fit a transit model with batman and emcee",
        "这条光变曲线里有行星吗？",
        "这颗恒星有没有凌星行星？",
        "分析这条光变曲线",
        "搜寻系外行星",
        "寻找凌星信号并拟合",
        "测量凌星行星的周期、历元、深度、持续时间和半径比",
        "有几颗行星凌星？它们有多大？",
        "I wonder whether anything orbits this star",
        "Something dips every few days: is it a planet, and how big?",
        "Look for transiting planets with periods between 2 and 30 days and give me their radii",
        "不知道有没有什么东西绕着这颗星转",
        "亮度每隔几天就下降一次，是不是行星？有多大？",
        "在 2 到 30 天的周期范围内找凌星行星并给出半径",
        "给出凌星行星的历元、周期和 Rp/R★",
        "恒星半径 1.27 倍太阳半径，凌星行星的半径是多少？",
    ),
    summary_zh="用 batman 模型和 emcee 采样拟合每个被认定的凌星信号。",
    method="Each accepted signal was fitted with a batman transit model on a circular orbit, quadratic limb darkening in Kipping's q1 and q2, averaged over the exposure, with uncertainties scaled for red noise, sampled with emcee (36 walkers, up to {steps} steps each, seed {seed}).",
    method_zh="对每个被认定的信号拟合 batman 圆轨道凌星模型（Kipping q1、q2 二次临边昏暗，按曝光时间平均，误差按红噪声放大），用 emcee 采样（36 个游走者，各至多 {steps} 步，随机种子 {seed}）。",
)
def fit_transits(
    candidates: TransitCandidates,
    light_curve: Annotated[LightCurve, "detrended"],
    stellar_density: Annotated[float, "g/cm3", "(0, inf)"] | None = None,
    stellar_density_error: Annotated[float, "g/cm3", "(0, inf)"] | None = None,
    stellar_radius: Annotated[float, "Rsun", "(0, inf)"] | None = None,
    steps: Annotated[int, "[1, inf)"] = 8000,
    seed: Annotated[int, "[0, inf)"] = 1,
) -> Annotated[Posterior, "transit"]:
    """Fit a transit model to every accepted signal, and sample its posterior distribution.

    Circular orbits; priors are uniform in period, epoch, radius ratio, impact parameter, duration, q1, q2, and in the
    logarithm of a factor on the noise.  Points in the transits of other signals are left out.  Uncertainties of the
    flux are multiplied by the ratio of red and white to white noise on the time scale of the transit.

    Parameters
    ----------
    candidates : TransitCandidates
        Signals with ``accepted``; the others are not fitted.
    light_curve : LightCurve
        The detrended light curve; points that are not finite are left out.
    stellar_density, stellar_density_error : float, optional
        Mean density of the star and its uncertainty, in g/cm3, as a normal prior; without them the orbit is free.
    stellar_radius : float, optional
        Radius of the star in solar radii, for planet radii; by default that of the light curve's header, if any.
    steps : int
        Steps of each of 36 walkers at most, after 600 to settle; sampling ends earlier once there are 800
        effective draws, twice what Vehtari et al. (2021) ask for, and R-hat is below 1.03.
    seed : int
        Seed of the random numbers; the same seed gives the same draws.

    Returns
    -------
    Posterior
        Variables over ``chain``, ``draw`` and ``signal`` (1, 2 ...): period, epoch [d, as in the light curve], depth
        (radius ratio squared), duration [h] (first to last contact), radius_ratio, impact_parameter,
        scaled_semi_major_axis, and where the star's radius is known planet_radius [R_earth]; folded data and model
        curves in ``observed_data`` and ``constant_data``.

    Raises
    ------
    EmptyResult
        Where no candidate is accepted.
    InputError
        Where only one of stellar_density and stellar_density_error is given, or either is not positive.
    NumericalError
        Where a signal has too few points in transit, or no model fits it.

    References
    ----------
    Model: Kreidberg 2015, doi:10.1086/683602.  Limb darkening: Kipping 2013, doi:10.1093/mnras/stt1435.  Sampler:
    Foreman-Mackey et al. 2013, doi:10.1086/670067.  Red noise factor: Winn et al. 2008, doi:10.1086/589737, section 3.
    """
    import numpy as np

    chosen = [row for row in candidates if row["accepted"]]
    if not chosen:
        best = candidates[int(np.argmax(np.asarray(candidates["snr"])))] if len(candidates) else None
        detail = (
            f"the best candidate, at {best['period'].to_value('d'):.4g} d, was rejected: {best['reason']}"
            if best is not None
            else "the search gave no candidate"
        )
        detail_zh = (
            f"最强的候选周期为 {best['period'].to_value('d'):.4g} 天，已被否定：{best['reason']}"
            if best is not None
            else "搜寻没有给出候选"
        )
        raise EmptyResult(
            f"No transit signal was found; {detail}.",
            remedy="Nothing can be fitted; a longer or quieter light curve may show more.",
            zh=f"没有找到凌星信号（{detail_zh}）。没有可拟合的信号；更长或噪声更低的光变曲线可能看到更多。",
        )
    if (stellar_density is None) != (stellar_density_error is None) or (
        stellar_density is not None and not (stellar_density > 0 and (stellar_density_error or 0) > 0)
    ):
        raise InputError(
            "stellar_density and stellar_density_error must be given together, both above zero.",
            remedy="Give both, or neither.",
        )
    time, flux, error = light_curve_arrays(light_curve)
    error = error * (robust_scatter(flux) / np.median(error))
    exposure = light_curve.meta.get("exposure_s")
    if not exposure:
        exposure = typical_step(time) * 86400.0
        warnings.warn(
            f"The file does not say how long the exposures are; the time between points, {exposure:.0f} s, is used.",
            stacklevel=1,
        )
    star = light_curve.meta.get("star") or {}
    radius = stellar_radius if stellar_radius is not None else star.get("radius_rsun")
    density = None if stellar_density is None else (float(stellar_density), float(stellar_density_error or 0.0))
    random = np.random.RandomState(seed)  # emcee draws from this older kind of generator
    fits = []
    for row in chosen:
        data = _window(time, flux, error, row, chosen)
        data.update(exposure=max(exposure / 86400.0, data["bin"]), density=density, signal=int(row["signal"]))
        fits.append(_sample(data, steps, random))
    return _finish(fits, light_curve, radius, seed)


def _finish(fits: list[dict[str, Any]], light_curve: LightCurve, radius: float | None, seed: int) -> InferenceData:
    """Posterior of all signals, with a warning for each that has not converged."""
    posterior = build_posterior(fits, carried_meta(light_curve), radius, seed)
    for fit in fits:
        if fit["r_hat"] > BAD_R_HAT or fit["ess"] < ENOUGH_DRAWS:
            warnings.warn(
                f"The fit of signal {fit['signal']} may not have converged (largest R-hat {fit['r_hat']:.3f}, {fit['ess']:.0f} effective draws); more steps would help.",
                stacklevel=1,
            )
    if radius is not None:
        warnings.warn(
            "The uncertainty of the planet's radius does not include that of the star's radius, which is not known here.",
            stacklevel=1,
        )
    return posterior


def _window(time: Any, flux: Any, error: Any, row: Any, chosen: list[Any]) -> dict[str, Any]:
    """Points around the transits of one signal, with its box values and the factor for red noise."""
    import numpy as np

    period, epoch, duration = (float(row[k].to_value("d")) for k in ("period", "epoch", "duration"))
    free = np.ones(len(time), dtype=bool)
    for other in chosen:
        if other["signal"] != row["signal"]:
            free &= ~in_transit(
                time,
                float(other["period"].to_value("d")),
                float(other["epoch"].to_value("d")),
                1.5 * float(other["duration"].to_value("d")),
            )
    quiet = free & ~in_transit(time, period, epoch, 1.8 * duration)
    red = noise_of_dips(time[quiet], flux[quiet], error[quiet], duration)
    _, white, _ = measure_dips(
        time[quiet], flux[quiet], error[quiet], np.arange(time[0], time[-1], 0.5 * duration), duration
    )
    factor = max(1.0, red / float(np.nanmedian(white))) if np.isfinite(red) else 1.0
    near = free & in_transit(time, period, epoch, 2 * WINDOW * duration)
    t, f, e = time[near], flux[near], error[near]
    width = 0.0
    if typical_step(t) < 0.5 * duration / BINS_IN_TRANSIT or len(t) > MAX_POINTS:
        width = duration / BINS_IN_TRANSIT
        t, f, e = bin_light_curve(t, f, e, width)
    inside = in_transit(t, period, epoch, duration)
    if inside.sum() < 5:
        raise NumericalError(
            f"Signal {int(row['signal'])} has only {int(inside.sum())} points in transit, too few to fit.",
            remedy="Use data with shorter exposures or more transits.",
        )
    # The transit in the middle of the data makes period and epoch independent of each other.
    middle = int(np.round((np.mean(t[inside]) - epoch) / period))
    return {
        "time": t,
        "flux": f,
        "error": e * factor,
        "period": period,
        "epoch": epoch + middle * period,
        "duration": duration,
        "depth": float(row["depth"]),
        "red_noise_factor": factor,
        "span": float(t[-1] - t[0]),
        "bin": width,
    }


def _log_probability(values: Any, data: dict[str, Any], model: tuple[Any, Any, Any]) -> float:
    """Logarithm of the posterior density; minus infinity outside the priors."""
    import numpy as np

    period, epoch, ratio, impact, duration, q1, q2, log_noise, baseline = values
    if not (
        0.0 < ratio < 0.5 and 0.0 <= impact < 1.0 + ratio and 0.0 < q1 < 1.0 and 0.0 < q2 < 1.0 and abs(log_noise) < 2.0
    ):
        return -np.inf
    # Around the box's values: a quarter of its duration in time, and the drift of that over the light curve.
    if not (
        0.3 * data["duration"] < duration < 2.5 * data["duration"]
        and abs(epoch - data["epoch"]) < 0.5 * data["duration"]
    ):
        return -np.inf
    if abs(period - data["period"]) * max(data["span"] / data["period"], 1.0) > 2.0 * data["duration"]:
        return -np.inf
    axis = scaled_axis_of(period, duration, impact, ratio)
    if not (axis > 1.0 + ratio and impact < axis):
        return -np.inf
    total = 0.0
    if data["density"] is not None:
        total -= 0.5 * ((stellar_density_of(period, axis) - data["density"][0]) / data["density"][1]) ** 2
    since = (data["time"] - epoch + 0.5 * period) % period - 0.5 * period
    orbit = {"period": period, "ratio": ratio, "axis": axis, "impact": impact, "q1": q1, "q2": q2}
    predicted = transit_flux(model, since, data["exposure"], orbit) + baseline
    spread = data["error"] * np.exp(log_noise)
    total -= 0.5 * float(np.sum(((data["flux"] - predicted) / spread) ** 2)) + len(since) * log_noise
    return total if np.isfinite(total) else -np.inf


def _negative(values: Any, data: dict[str, Any], model: tuple[Any, Any, Any]) -> float:
    """What the optimiser minimises; large instead of infinite outside the priors."""
    value = _log_probability(values, data, model)
    return -value if value > -1e300 else 1e300


def _sample(data: dict[str, Any], steps: int, random: Any) -> dict[str, Any]:
    """Best fit from several starts, then emcee from there."""
    import emcee
    import numpy as np
    from scipy.optimize import minimize

    arviz = import_arviz()
    model = make_model((WINDOW + 1.0) * data["duration"] + data["exposure"])
    best, height = None, np.inf
    step = np.array(
        [
            data["duration"] / 100 / max(data["span"] / data["period"], 1.0),
            data["duration"] / 50,
            0.05 * np.sqrt(abs(data["depth"])),
            0.1,
            0.05 * data["duration"],
            0.1,
            0.1,
            0.05,
            0.02 * abs(data["depth"]),
        ]
    )
    for impact in (0.1, 0.5, 0.8):
        start = np.array(
            [
                data["period"],
                data["epoch"],
                np.sqrt(0.9 * abs(data["depth"])),
                impact,
                1.05 * data["duration"],
                0.3,
                0.3,
                0.0,
                0.0,
            ]
        )
        simplex = np.vstack([start, start + np.diag(step)])
        found = minimize(
            _negative,
            start,
            args=(data, model),
            method="Nelder-Mead",
            options={"initial_simplex": simplex, "maxfev": 3000, "xatol": 1e-7, "fatol": 0.01},
        )
        if found.fun < height:
            best, height = found.x, float(found.fun)
    if best is None or height >= 1e299:
        raise NumericalError(
            f"No transit model fits signal {data['signal']}.",
            remedy="Look at the folded light curve; it may not be a transit.",
        )
    walkers = _start_walkers(best, step, data, model, random)
    sampler = emcee.EnsembleSampler(
        WALKERS,
        len(PARAMETERS),
        _log_probability,
        args=(data, model),
        moves=[(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)],
    )
    sampler.random_state = random.get_state()
    state = sampler.run_mcmc(walkers, BURN_STEPS)
    sampler.reset()
    autocorrelation, r_hat, ess, named = np.inf, np.inf, 0.0, {}
    while sampler.iteration < steps and not (ess > 2 * ENOUGH_DRAWS and r_hat < GOOD_R_HAT):
        state = sampler.run_mcmc(state, min(BLOCK_STEPS, steps - sampler.iteration))
        chain = sampler.get_chain()  # (step, walker, parameter)
        autocorrelation = float(np.max(emcee.autocorr.integrated_time(chain, quiet=True, tol=0)))
        draws = np.moveaxis(chain, 0, 1)
        named = {name: draws[:, :, i] for i, name in enumerate(PARAMETERS)}
        r_hat = max(float(arviz.rhat(v)) for v in named.values())
        ess = min(float(arviz.ess(v)) for v in named.values())
    random.set_state(sampler.random_state)
    return {
        **data,
        "draws": named,
        "best": best,
        "model": model,
        "autocorrelation": autocorrelation,
        "acceptance": float(np.mean(sampler.acceptance_fraction)),
        "r_hat": r_hat,
        "ess": ess,
        "steps": int(sampler.iteration),
    }


def _start_walkers(best: Any, step: Any, data: dict[str, Any], model: tuple[Any, Any, Any], random: Any) -> Any:
    """Walkers scattered around the best fit, inside the priors."""
    import numpy as np

    walkers = []
    size = 0.5
    for attempt in range(200 * WALKERS):
        trial = best + size * step * random.standard_normal(len(best))
        # Impact parameter and duration lie along a curved valley, which walkers that start in one place fill slowly:
        # they start all along it, where the time between the middles of ingress and egress is the same.
        impact, outer = random.uniform(0.0, 0.9), (1.0 + best[2]) ** 2
        if best[3] < 0.95:
            trial[4] *= np.sqrt((outer - impact**2) / (1 - impact**2) * (1 - best[3] ** 2) / (outer - best[3] ** 2))
            trial[3] = impact
        trial[3] = abs(trial[3])
        trial[5:7] = np.clip(trial[5:7], 0.01, 0.99)
        if np.isfinite(_log_probability(trial, data, model)):
            walkers.append(trial)
            if len(walkers) == WALKERS:
                return np.array(walkers)
        if attempt % (20 * WALKERS) == 20 * WALKERS - 1:
            size *= 0.5  # a best fit in a corner of the priors
    raise NumericalError(
        f"The sampler found no room around the best fit of signal {data['signal']}.",
        remedy="Look at the folded light curve; it may not be a transit.",
    )
