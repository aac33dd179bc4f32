"""Searching a detrended light curve for periodic transits, several times over."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.box_search import (
    away_from_edges,
    box_spectrum,
    detection_efficiency,
    in_transit,
    period_grid,
    refine_peak,
)
from gnomon.tools.fitting.light_curve_arrays import (
    bin_light_curve,
    carried_meta,
    light_curve_arrays,
    robust_scatter,
    typical_step,
)
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import LightCurve, Periodogram

MASK_WIDTH = 1.8  # of a found transit's duration, so that ingress, egress and a small error of the period are covered
LONGEST_PERIOD = 1.5  # beyond span / 1.5 fewer than half of all epochs show two transits
SEARCH_BIN_D = (
    10.0 / 1440
)  # Kepler and TESS searches run on 30 and 2 min data; 10 min resolve the shortest transits tried
EDGE = 0.25  # of the filter's window; nearer to the end of a stretch it sees little more than one side, and bends
STOP_SNR = 5.0  # a pass with nothing above five sigma of white noise is the last; two sigma below what is ever accepted


@tool(
    version="1.0",
    effects=("compute",),
    seconds=8.0,
    seconds_per_1000_rows=0.3,
    comparison="float64",
    citations=(
        "Kovacs, Zucker & Mazeh 2002, A box-fitting algorithm in the search for periodic transits, doi:10.1051/0004-6361:20020802",
        "Ofir 2014, Optimizing the search for transiting planets in long time series, doi:10.1051/0004-6361/201220860",
        "Astropy Collaboration 2022, The Astropy Project: sustaining and growing a community-oriented open-source project, doi:10.3847/1538-4357/ac7c74",
    ),
    examples=(
        "Compute a box least squares periodogram",
        "Compute the transit periodogram between 1 and 20 days",
        "Make a BLS spectrum",
        "What is the strongest box-shaped periodicity in the flux?",
        "计算 BLS 周期图，周期范围 1 到 20 天",
        "做凌星周期图",
        "Run BLS on this light curve",
        "Box least squares spectrum from 0.5 to 15 days",
        "Compute the BLS power as a function of period",
        "I only need the transit search spectrum, no fit",
        "Give me the BLS power spectrum between 2 and 30 days",
        "Calculate the periodogram of the detrended flux for box-shaped dips",
        "BLS, periods 1-10 d, up to three passes",
        "Do the box search and return the spectrum as a table",
        "Make the transit search spectrum, masking each signal that was found",
        "What power does the box search give at each trial period?",
        "Produce a box-fitting periodogram for this Kepler target",
        "对这条光变曲线跑一下 BLS",
        "在 0.5 到 15 天之间计算 BLS 谱",
        "给出 BLS 功率随周期的变化",
        "只要凌星搜寻的谱，不用拟合",
        "用盒式最小二乘法算周期图，周期 2–30 天",
        "多轮 BLS 搜索，最多三个信号，给出每轮的周期图",
        "计算去趋势后流量的盒形周期图",
        "生成凌星搜寻的周期谱",
        "每个试验周期上的 BLS 功率是多少？",
    ),
    summary_zh="用 BLS 周期图多轮搜寻去趋势光变曲线中的周期性凌星。",
    method="Periodic transits were searched with box least squares from {period_min} to {period_max} (not given: the time span over 1.5) on the frequency grid of Ofir (2014), in up to {max_signals} passes with the transits found before masked; the same search on the light curve turned upside down serves as control.",
    method_zh="用 BLS 在 {period_min} 至 {period_max}（未给出时为时间跨度除以 1.5）内搜寻凌星，频率网格按 Ofir (2014)，最多 {max_signals} 轮，每轮掩去已找到的凌星；并以上下翻转的光变曲线作对照搜索。",
)
def transit_periodogram(
    light_curve: Annotated[LightCurve, "detrended"],
    period_min: Annotated[float, "d", "(0, inf)"] = 0.5,
    period_max: Annotated[float, "d", "(0, inf)"] | None = None,
    max_signals: Annotated[int, "[1, inf)"] = 5,
) -> Annotated[Periodogram, "transit"]:
    """Search a detrended light curve for periodic transits with box least squares, masking what was found, again.

    Points within a quarter of the filter's window of the end of a stretch are not searched, since filters bend there.
    Pass 1, 2 ... each take the strongest box, mask its transits and go on.  Pass 0 is a control: the same search on
    the light curve turned upside down (with the found transits masked), where no transit can be.

    Parameters
    ----------
    light_curve : LightCurve
        Detrended light curve around 1; points that are not finite are left out.
    period_min : float
        Shortest period, in days; half a day is the shortest that the Kepler pipeline searched.
    period_max : float, optional
        Longest period, in days; by default the time span over 1.5, beyond which most planets would transit once only.
    max_signals : int
        Passes at most.

    Returns
    -------
    Periodogram
        One row per pass and trial period: ``search`` (pass), ``period`` [d], ``power`` (S/N of the best box for white
        noise), ``sde``, ``depth``, ``duration`` [d], ``epoch`` [d]; ``meta["peaks"]`` has the refined best box of
        each pass.

    Raises
    ------
    InputError
        Where the range of periods is empty, or the light curve is too short for it.

    References
    ----------
    Kovacs et al. 2002, doi:10.1051/0004-6361:20020802; grid: Ofir 2014, doi:10.1051/0004-6361/201220860; shortest
    period: Twicken et al. 2016, doi:10.3847/0004-6256/152/6/158.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    time, flux, error = light_curve_arrays(light_curve)
    if len(time) < 50:
        raise InputError(
            f"The light curve has only {len(time)} finite points, and a search for transits needs at least 50.",
            remedy="Use a longer light curve.",
        )
    if max_signals < 1:
        raise InputError("max_signals must be at least 1.", remedy="Leave it out for the default.")
    span = float(time[-1] - time[0])
    longest = span / LONGEST_PERIOD if period_max is None else float(period_max)
    if not period_min > 0:
        raise InputError(f"A shortest period of {period_min:g} d is not positive.", remedy="Set period_min above zero.")
    shortest = max(float(period_min), 4.0 * typical_step(time))
    if shortest > period_min:
        warnings.warn(
            f"Periods below {shortest:.3g} d were not searched: four points are needed in a period.", stacklevel=1
        )
    if not 0 < shortest < longest <= span:
        raise InputError(
            f"Periods from {shortest:g} to {longest:g} d cannot be searched in a light curve of {span:.3g} d.",
            remedy="Choose a range of periods that is not empty and shorter than the light curve.",
        )
    if typical_step(time) < 0.5 * SEARCH_BIN_D:
        time, flux, error = bin_light_curve(time, flux, error, SEARCH_BIN_D)
    detrending = light_curve.meta.get("detrending") or {}
    kept = away_from_edges(time, EDGE * detrending.get("window_d", 0.0), detrending.get("break_tolerance_d", 0.5))
    time, flux, error = time[kept], flux[kept], error[kept]
    flux = flux / np.median(flux)
    # Pipelines' uncertainties are often off; the scatter decides, which for normal noise is the same.
    error = error * (robust_scatter(flux) / np.median(error))
    periods = period_grid(span, shortest, longest)
    spectra, peaks, mask = _passes(time, flux, error, periods, max_signals)
    control = box_spectrum(time[~mask], 2.0 - flux[~mask], error[~mask], periods)
    spectra.insert(0, {**control, "sde": detection_efficiency(control["snr"])})
    result = QTable(
        {
            "search": np.repeat(np.arange(len(spectra)), len(periods)),
            "period": np.tile(periods, len(spectra)) * u.d,
            "power": np.concatenate([s["snr"] for s in spectra]),
            "sde": np.concatenate([s["sde"] for s in spectra]),
            "depth": np.concatenate([s["depth"] for s in spectra]),
            "duration": np.concatenate([s["duration"] for s in spectra]) * u.d,
            "epoch": np.concatenate([s["epoch"] for s in spectra]) * u.d,
        }
    )
    result.meta.update(carried_meta(light_curve))
    result.meta["peaks"] = peaks
    result.meta["periodogram"] = {
        "method": "box least squares",
        "period_min_d": shortest,
        "period_max_d": longest,
        "periods": len(periods),
        "passes": len(spectra) - 1,
        "points": len(time),
        "points_near_edges_left_out": int((~kept).sum()),
        "control_power": float(control["snr"].max()),
    }
    return result


def _passes(
    time: Any, flux: Any, error: Any, periods: Any, max_signals: int
) -> tuple[list[dict[str, Any]], list[dict[str, float]], Any]:
    """Spectra and refined peaks of all passes, and the points that were masked as transits on the way."""
    import numpy as np

    spectra: list[dict[str, Any]] = []
    peaks: list[dict[str, float]] = []
    mask = np.zeros(len(time), dtype=bool)
    for number in range(1, max_signals + 1):
        keep = ~mask
        if keep.sum() < 0.5 * len(time):  # masks would have eaten most of the data: nothing to be learned any more
            break
        spectrum = box_spectrum(time[keep], flux[keep], error[keep], periods)
        spectrum["sde"] = detection_efficiency(spectrum["snr"])
        spectra.append(spectrum)
        top = int(np.argmax(spectrum["snr"]))
        step = float(np.gradient(periods)[top])
        start = {k: float(spectrum[k][top]) for k in ("snr", "depth", "duration", "epoch")} | {
            "period": float(periods[top])
        }
        peak = refine_peak(time[keep], flux[keep], error[keep], start, step)
        peaks.append({"search": number, **peak, "sde": float(spectrum["sde"][top])})
        if peak["snr"] < STOP_SNR:
            break
        mask |= in_transit(time, peak["period"], peak["epoch"], MASK_WIDTH * peak["duration"])
    return spectra, peaks, mask
