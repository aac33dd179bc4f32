"""Removing slow variability from a light curve while keeping transits."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.light_curve_arrays import (
    bin_light_curve,
    carried_meta,
    light_curve_arrays,
    longest_transit,
    robust_scatter,
    typical_step,
)
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import LightCurve

WINDOW_IN_TRANSITS = (
    3.0  # Hippke et al. 2019, section 4: the biweight keeps transits shorter than a third of its window
)
SHORTEST_WINDOW_D = 0.5  # three times the 4 hours that a 10-day orbit around the Sun takes to cross it
LONGEST_WINDOW_D = 2.0  # beyond, rotation of active stars would stay in; a window of 2 d keeps transits of 16 h
MAX_POINTS = 60_000  # the biweight of more points takes more than about ten seconds; they are averaged first
BINS_IN_WINDOW = 90  # then a bin is a thirtieth of the longest transit that is kept


@tool(
    version="1.0",
    effects=("compute",),
    seconds=6.0,
    seconds_per_1000_rows=0.15,
    comparison="float64",
    citations=(
        "Hippke et al. 2019, Wotan: comprehensive time-series detrending in Python, doi:10.3847/1538-3881/ab3984",
        "Mosteller & Tukey 1977, Data analysis and regression (the biweight), 1977dars.book.....M",
    ),
    examples=(
        "Detrend this light curve",
        "Remove the stellar variability",
        "Flatten the light curve with a biweight filter",
        "对这条光变曲线去趋势",
        "去掉恒星活动引起的慢变化",
        "去除光变曲线中的长期趋势",
        "Please flatten this Kepler light curve before I look for transits",
        "Take out the starspot modulation but keep the dips",
        "Get rid of the slow drift in the flux",
        "Can you remove the rotation signal of the star from the data?",
        "Detrend with a window of 0.8 days",
        "I need a normalised, flattened light curve with outliers above 4 sigma clipped",
        "Clean the photometry of long-term trends without hurting the transits",
        "The brightness wanders up and down over days; divide that out",
        "Use wotan to detrend the TESS data",
        "Correct the light curve for stellar activity",
        "把这条 TESS 光变曲线拉平",
        "去掉星斑调制，但要保留凌星",
        "流量有缓慢漂移，帮我去掉",
        "用 0.8 天的窗口去趋势",
        "用 wotan 的双权滤波处理光变数据",
        "请扣除恒星自转引起的亮度起伏",
        "先做去趋势和归一化，并剔除高于 4σ 的离群点",
        "亮度几天之内忽高忽低，能把这种变化消掉吗？",
        "改正光变曲线中恒星活动的影响",
        "得到一条平坦的、去掉长期变化的光变曲线",
    ),
    summary_zh="用滑动双权（biweight）滤波去除光变曲线中的慢变化，保留凌星。",
    method="Slow variability was divided out with a time-windowed biweight filter (wotan; window: {window}, where not given means chosen from the time span and the star), each stretch between gaps on its own, and points more than {upper_sigma} sigma above the trend were removed.",
    method_zh="用滑动双权滤波（wotan；窗口：{window}，未给出时按时间跨度和恒星选取）分段去除慢变化，并剔除高出趋势 {upper_sigma} 倍标准差以上的点。",
)
def detrend_light_curve(
    light_curve: LightCurve,
    window: Annotated[float, "d", "(0, inf)"] | None = None,
    upper_sigma: Annotated[float, "(0, inf)"] = 4.0,
    break_tolerance: Annotated[float, "d", "(0, inf)"] = 0.5,
) -> Annotated[LightCurve, "detrended"]:
    """Divide slow variability out of a light curve with a biweight filter that keeps transits.

    Stretches that are separated by gaps are filtered on their own, so no trend is carried across a gap.  Only points
    high above the trend are removed, since low ones may be transits.

    Parameters
    ----------
    light_curve : LightCurve
        The light curve, flux relative to its median; points that are not finite are left out.
    window : float, optional
        Full width of the filter's window, in days.  By default three times the longest transit that a planet seen to
        transit twice can have: a central one at half the time span, for the star's density where the file gives
        radius and gravity and for the Sun's otherwise; between 0.5 and 2 days.
    upper_sigma : float
        Points further above the trend than this factor times the robust scatter are removed, dimensionless.  Four
        sigma takes one point in 30 000 from normal noise.
    break_tolerance : float
        A gap longer than this many days splits the light curve; half a day is the shortest window, across which a
        filter has nothing to stand on.

    Returns
    -------
    LightCurve
        ``time`` [d], ``flux`` and ``flux_err`` (both over the trend) and ``trend``; ``meta["detrending"]`` says what
        was done and how many points were removed for which reason.

    Raises
    ------
    InputError
        Where the window is not positive, or too little is left.

    References
    ----------
    Hippke et al. 2019, doi:10.3847/1538-3881/ab3984 (biweight, window of three transit durations).
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    time, flux, error = light_curve_arrays(light_curve)
    if len(time) < 10:
        raise InputError(
            f"The light curve has only {len(time)} finite points, and detrending needs at least 10.",
            remedy="Use a longer light curve.",
        )
    if window is not None and not window > 0:
        raise InputError(
            f"The window of {window} d is not positive.",
            remedy="Give a window of about three times the longest transit.",
        )
    width, reason = (
        (float(window), "given") if window is not None else default_window(time, light_curve.meta.get("star") or {})
    )
    trend, binned = _trend(time, flux, error, width, break_tolerance)
    known = np.isfinite(trend) & (trend > 0)
    flat = np.where(known, flux / np.where(known, trend, 1.0), np.nan)
    scatter = robust_scatter(flat[known])
    high = known & (flat > np.median(flat[known]) + upper_sigma * scatter) if known.any() else known
    keep = known & ~high
    if keep.sum() < 10:
        raise InputError(
            "Fewer than ten points are left after detrending.", remedy="Use a longer window or a longer light curve."
        )
    if (~known).any():
        warnings.warn(
            f"{int((~known).sum())} points in stretches too short for the filter were left out.", stacklevel=1
        )
    if high.mean() > 0.02:
        warnings.warn(
            f"{100 * high.mean():.1f} per cent of the points lay above the trend and were removed; the star may flare or the window may be too long.",
            stacklevel=1,
        )
    result = QTable(
        {"time": time[keep] * u.d, "flux": flat[keep], "flux_err": error[keep] / trend[keep], "trend": trend[keep]}
    )
    result.meta.update(carried_meta(light_curve))
    result.meta["detrending"] = {
        "method": "biweight",
        "window_d": width,
        "window_reason": reason,
        "break_tolerance_d": float(break_tolerance),
        "upper_sigma": float(upper_sigma),
        "averaged_first": binned,
        "scatter": scatter,
        "dropped": {"above the trend": int(high.sum()), "no trend": int((~known).sum())},
    }
    return result


def default_window(time: Any, star: dict[str, Any]) -> tuple[float, str]:
    """Choose the filter's window from the time span and the star.

    Parameters
    ----------
    time : numpy.ndarray of float
        Times in order [d].
    star : dict
        ``radius_rsun`` and ``logg_cgs`` where known.

    Returns
    -------
    tuple
        Width [d], and the reason in words.
    """
    import numpy as np

    density, whose = 1.0, "the Sun's density"
    if star.get("radius_rsun") and star.get("logg_cgs"):
        # log g of the Sun is 4.438 (IAU 2015 nominal values, doi:10.3847/0004-6256/152/2/41); rho ~ g / R.
        density, whose = 10 ** (star["logg_cgs"] - 4.438) / star["radius_rsun"], "the star's density"
    longest = float(longest_transit((time[-1] - time[0]) / 2.0, density))
    width = float(np.clip(WINDOW_IN_TRANSITS * longest, SHORTEST_WINDOW_D, LONGEST_WINDOW_D))
    return (
        width,
        f"three times the longest transit at half the time span, for {whose}, between {SHORTEST_WINDOW_D} and {LONGEST_WINDOW_D} d",
    )


def _trend(time: Any, flux: Any, error: Any, width: float, break_tolerance: float) -> tuple[Any, bool]:
    """Biweight trend at every point; for very long light curves of averaged points, then between them."""
    import numpy as np
    from wotan import flatten

    binned = len(time) > MAX_POINTS and width / BINS_IN_WINDOW > 2 * typical_step(time)
    if not binned:
        _, trend = flatten(
            time,
            flux,
            method="biweight",
            window_length=width,
            break_tolerance=break_tolerance,
            edge_cutoff=0.0,
            return_trend=True,
        )
        return np.asarray(trend), False
    bin_time, bin_flux, _ = bin_light_curve(time, flux, error, width / BINS_IN_WINDOW)
    _, bin_trend = flatten(
        bin_time,
        bin_flux,
        method="biweight",
        window_length=width,
        break_tolerance=break_tolerance,
        edge_cutoff=0.0,
        return_trend=True,
    )
    good = np.isfinite(bin_trend)
    if not good.any():
        return np.full(len(time), np.nan), True
    trend = np.interp(time, bin_time[good], np.asarray(bin_trend)[good])
    # A stretch whose averages have no trend must not borrow one from its neighbours.
    nearest = np.clip(np.searchsorted(bin_time, time), 0, len(bin_time) - 1)
    trend[~good[nearest]] = np.nan
    return trend, True
