"""Numbers with uncertainties from the draws of any posterior."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.arviz_import import import_arviz
from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.fitting.draw_intervals import measurements_table, member_labels, summarise_draws
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Measurements, Posterior

# Vehtari et al. 2021 ask for R-hat below 1.01 and 400 effective draws with four long chains.  With forty and more short
# chains, as ensemble samplers give, R-hat is above 1 by one over the effective draws of a chain, so 1.05 is asked.
_R_HAT, _EFFECTIVE = 1.05, 400.0


@tool(
    version="1.0",
    effects=("compute",),
    seconds=2.5,
    citations=(
        "Vehtari et al. 2021, Rank-normalization, folding, and localization: an improved R-hat, doi:10.1214/20-BA1221",
        "Lucy & Sweeney 1971, Spectroscopic binaries with circular orbits, 1971AJ.....76..544L",
        "Kumar et al. 2019, ArviZ, a unified library for exploratory analysis of Bayesian models, doi:10.21105/joss.01143",
    ),
    examples=(
        "What are the period and semi-amplitude with uncertainties?",
        "Give me a table of the fitted parameters with 1-sigma errors",
        "Measure the planet's period and depth with 95% intervals",
        "给出周期和半振幅及其误差",
        "列出拟合参数和 1σ 不确定度",
        "Tabulate the orbital elements with error bars",
        "List the median and the 68% interval of every parameter",
        "Give numbers, not plots: all fitted values with uncertainties",
        "Best-fit values and credible intervals, please",
        "Report P, K, e and omega as value plus and minus error",
        "Table of transit parameters (period, epoch, Rp/Rs, b) with 1-sigma errors",
        "What is the upper limit on the eccentricity?",
        "90% credible intervals of the orbital parameters",
        "How well is the orbital period determined?",
        "Summarise the posterior in a table",
        "把轨道根数连同误差列成表",
        "给出每个参数的中位数和 68% 区间",
        "只要数字不要图：所有拟合值和误差",
        "列出凌星参数（周期、历元、半径比、碰撞参数）及 1σ 误差",
        "偏心率的上限是多少？",
        "给出轨道参数的 90% 可信区间",
        "轨道周期测得有多准？",
        "以“数值±误差”的形式给出 P、K、e、ω",
        "把后验汇总成一张参数表",
        "最佳拟合值和可信区间是多少？",
    ),
    summary_zh="由任意后验分布给出各参数的数值和不确定度；角度按圆周统计，与零一致的量给出上限。",
    method="Values are posterior medians with equal-tailed intervals of probability {level}; angles are summarised around their circular mean, and quantities consistent with zero as 95 % upper limits.",
    method_zh="数值取后验中位数，区间为概率 {level} 的等尾区间；角度围绕圆周均值统计，与零一致的量给出 95% 上限。",
)
def measure_posterior(posterior: Posterior, level: Annotated[float, "(0, 1)"] = 0.6827) -> Measurements:
    """Give every reported quantity of a posterior as a number with an interval.

    Parameters
    ----------
    posterior : Posterior
        Draws with the attributes ``quantity``, ``unit`` and ``report`` on each variable; all finite.
    level : float
        Probability that each interval holds, dimensionless, between 0 and 1; 0.6827 is one sigma of a normal
        distribution.

    Returns
    -------
    Measurements
        One row for each reported quantity of each planet or signal: ``quantity``, ``of``, ``value`` (median),
        ``lower`` and ``upper`` (ends of the interval), ``level``, ``unit``, ``limit`` (``upper`` where
        ``upper`` is a 95 % upper limit, ``value`` still the median) and ``note`` (the time system of an epoch, or what limits the meaning).

    Raises
    ------
    InputError
        Where the level is not a probability.
    EmptyResult
        Where no variable is marked to be reported.

    References
    ----------
    R-hat and effective draws: Vehtari et al. 2021, doi:10.1214/20-BA1221.  Equal-tailed intervals with the median are
    the convention of the published tables of planets and stay the same under a change of variables: Hogg &
    Foreman-Mackey 2018, doi:10.3847/1538-4365/aab76e.  Limits: Lucy & Sweeney 1971, 1971AJ.....76..544L.
    """
    if not 0.0 < level < 1.0:
        raise InputError(
            f"A level of {level:g} is not a probability.", remedy="Set it between 0 and 1, such as 0.6827."
        )
    data = posterior["posterior"]
    rows: list[dict[str, Any]] = []
    reported: list[str] = []
    for name, variable in data.data_vars.items():
        if int(variable.attrs.get("report", 0)):
            reported.append(str(name))
            rows += _rows_of(str(name), data, level)
    if not rows:
        raise EmptyResult("The posterior has no variable that is marked to be reported.")
    r_hat, effective = _convergence(posterior, reported)
    if r_hat > _R_HAT or effective < _EFFECTIVE:
        warnings.warn(
            f"The draws have not fully converged (largest R-hat {r_hat:.3f}, smallest number of effective draws "
            f"{effective:.0f}), so the intervals are less certain.",
            stacklevel=1,
        )
    meta = {
        "object": str(data.attrs.get("object", "") or "") or None,
        "level": level,
        "interval": "equal-tailed",
        "draws": int(data.sizes["chain"] * data.sizes["draw"]),
        "largest_r_hat": r_hat,
        "smallest_effective_draws": effective,
    }
    return measurements_table(rows, meta)


def _rows_of(name: str, data: Any, level: float) -> list[dict[str, Any]]:
    """Rows of one variable, one for each planet or signal."""
    variable = data[name]
    dims = [d for d in variable.dims if d not in ("chain", "draw")]
    attrs = variable.attrs
    circle = float(attrs.get("circle", 360.0)) if int(attrs.get("circular", 0)) else 0.0
    bound = attrs.get("lower_bound")
    common = {"quantity": str(attrs["quantity"]), "unit": str(attrs["unit"])}
    if not dims:
        found = summarise_draws(variable.values, level, circle, None if bound is None else float(bound))
        return [{**common, **found, "of": str(data.attrs.get("object", "") or "") or "star", "note": ""}]
    dim = str(dims[0])
    members = [m.item() if hasattr(m, "item") else m for m in data[dim].values]
    is_member = dim == data.attrs.get("member", dim) or dim in ("planet", "signal")
    labels = member_labels(data.attrs if is_member else {}, members, dim)
    rows = []
    for i, label in enumerate(labels):
        draws = variable.isel({dim: i}).values
        found = summarise_draws(draws, level, circle, None if bound is None else float(bound))
        rows.append({**common, **found, "of": label, "note": _note(variable, data, dim, i)})
    return rows


def _note(variable: Any, data: Any, dim: str, i: int) -> str:
    """What a reader must know about one number."""
    import json

    attrs = variable.attrs
    notes = []
    if int(attrs.get("epoch", 0)) or attrs["quantity"] == "epoch":
        reference = json.loads(str(data.attrs.get("time_reference") or "null")) or {}
        scale = str(reference.get("scale") or "").upper()
        name = str(reference.get("name") or "")
        if name:
            notes.append(name if not scale or scale in name else f"{name} ({scale})")
            if not scale:
                notes.append("time scale not given")
        else:
            notes.append("days as in the file, zero point not given")
    other = attrs.get("undefined_where_zero")
    if other in data and dim in data[other].dims:
        bound = summarise_draws(data[other].isel({dim: i}).values, 0.6827, 0.0, 0.0)
        if bound["limit"]:
            notes.append(f"has little meaning, since the {other} is consistent with zero")
    return "; ".join(notes)


def _convergence(posterior: Any, names: list[str]) -> tuple[float, float]:
    """Largest R-hat and smallest number of effective draws of the reported variables."""
    import numpy as np

    arviz = import_arviz()
    data = posterior["posterior"][names]
    if data.sizes["draw"] < 4:
        return float("inf"), 0.0
    # A variable that does not vary, such as a period held fixed, has no R-hat.
    data = data[[n for n in names if float(np.ptp(data[n].values)) > 0]]
    if not data.data_vars:
        return 1.0, float(data.sizes.get("chain", 1) * data.sizes.get("draw", 0))
    r_hat = arviz.rhat(data)
    effective = arviz.ess(data)
    largest = max(float(np.nanmax(r_hat[n].values)) for n in data.data_vars)
    smallest = min(float(np.nanmin(effective[n].values)) for n in data.data_vars)
    return largest, smallest
