"""Searching radial velocities for periodic signals."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.offset_periodogram import (
    SAMPLING_PERIODS,
    alias_of,
    excess_scatter,
    false_alarm_probability,
    floating_offset_power,
    frequency_grid,
    highest_peaks,
    instrument_index,
    sine_errors,
)
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Periodogram, RadialVelocities

_PEAKS = 10
_FINE = 50  # frequencies on each side of a peak, between it and the next one searched
_MOST_FREQUENCIES = 2_000_000  # about two minutes for 400 rows


@tool(
    version="1.1",
    effects=("compute",),
    seconds=0.6,
    seconds_per_1000_rows=4.0,
    citations=(
        "Zechmeister & Kuerster 2009, The generalised Lomb-Scargle periodogram, doi:10.1051/0004-6361:200811296",
        "Baluev 2008, Assessing the statistical significance of periodogram peaks, doi:10.1111/j.1365-2966.2008.12689.x",
        "Dawson & Fabrycky 2010, Radial velocity planets de-aliased, doi:10.1088/0004-637X/722/1/937",
    ),
    examples=(
        "Which periods are in these radial velocities?",
        "Compute the periodogram of the velocities",
        "Which periodic signals are significant, and which are aliases?",
        "这些视向速度有什么周期？",
        "计算视向速度的周期图",
        "哪些周期信号显著，哪些是混叠？",
        "Lomb-Scargle of the RVs",
        "Run a GLS periodogram of the velocities between 2 and 500 days",
        "Are there periodicities in the velocities, and how likely are they by chance?",
        "What is the strongest period in the RV data and its false-alarm probability?",
        "Is the one-day peak an alias of the real period?",
        "Look for periodic signals in the HARPS and HIRES velocities, each with its own zero point",
        "Frequency analysis of the radial velocities",
        "Is the 12-day signal in the velocities significant?",
        "Just the velocity periodogram, without fitting an orbit",
        "Do the velocities repeat themselves after some time?",
        "对视向速度做 Lomb-Scargle 周期分析",
        "在 2 到 500 天之间计算视向速度的 GLS 周期图",
        "视向速度里最强的周期是多少？误报概率多大？",
        "一天附近的峰是不是真实周期的混叠？",
        "视向速度数据有没有周期性？",
        "12 天的视向速度信号显著吗？",
        "只做视向速度周期图，不用拟合轨道",
        "给出视向速度周期图的峰值和虚警概率",
        "每台仪器各取零点，搜索速度中的周期信号",
        "对 RV 数据做频谱分析",
    ),
    summary_zh="计算多台仪器视向速度的周期图（每台仪器有自己的零点），给出峰值的误报概率并标出混叠。",
    method="Periods from {period_min} to {period_max} (the time span where not given) were searched with a generalised Lomb-Scargle periodogram in which every instrument has its own offset and jitter; false-alarm probabilities are analytic upper bounds.",
    method_zh="用广义 Lomb-Scargle 周期图在 {period_min} 到 {period_max}（未给出时为时间跨度）之间搜索周期，每台仪器有各自的零点和额外噪声；误报概率取解析上限。",
)
def velocity_periodogram(
    velocities: RadialVelocities,
    period_min: Annotated[float, "d", "(0, inf)"] = 1.1,
    period_max: Annotated[float, "d", "(0, inf)"] | None = None,
    oversampling: Annotated[float, "[1, 100]"] = 6.0,
) -> Annotated[Periodogram, "velocity"]:
    """Search radial velocities for a periodic signal, with one free offset for each instrument.

    Every instrument's excess scatter is first found with no planet in the model and added in quadrature, so that
    a noisy instrument cannot dominate.

    Parameters
    ----------
    velocities : RadialVelocities
        Columns ``time`` [d], ``rv`` and ``rv_err`` [m/s], ``instrument``; finite, without masked values.
    period_min : float
        Shortest period, d.  The default leaves out the pile of aliases at one day.
    period_max : float, optional
        Longest period, d; the time span of the data when not given, since a longer period is not covered once.
    oversampling : float
        Frequencies in each resolution element 1/(time span), dimensionless.

    Returns
    -------
    Periodogram
        Columns ``period`` [d] (rising), ``power`` (share of chi-square that the sine wave takes away, 0 to 1),
        ``amplitude`` [m/s] and ``window`` (power of the sampling).  ``meta`` has ``peaks`` (the highest first, each
        with ``period_d``, ``period_error_d``, ``power``, ``amplitude_m_s``, ``amplitude_error_m_s``,
        ``false_alarm_probability``, ``delta_ln_likelihood``, ``alias_of``; refined between the frequencies of the
        table; the errors are None where the power is zero), ``power_at_fap`` and
        ``jitter_m_s``.

    Raises
    ------
    InputError
        Where there are too few measurements for the number of instruments, or the range of periods is empty.

    References
    ----------
    Zechmeister & Kuerster 2009, doi:10.1051/0004-6361:200811296; false-alarm probability: Baluev 2008,
    doi:10.1111/j.1365-2966.2008.12689.x; aliases: Dawson & Fabrycky 2010, doi:10.1088/0004-637X/722/1/937; ten or
    fewer points in a resolution element suffice: VanderPlas 2018, doi:10.3847/1538-4365/aab766, section 7.1; errors of a
    peak: Montgomery & O'Donoghue 1999, 1999DSSN...13...28M.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    time = np.asarray(velocities["time"].to_value("d"), dtype=float)
    rv = np.asarray(velocities["rv"].to_value("m/s"), dtype=float)
    error = np.asarray(velocities["rv_err"].to_value("m/s"), dtype=float)
    names, index = instrument_index(velocities["instrument"])
    span = float(np.ptp(time)) if len(time) else 0.0
    longest = span if period_max is None else float(period_max)
    _check_search(len(time), len(names), span, float(period_min), longest, oversampling)
    if longest > 2.0 * span:
        warnings.warn(
            f"Periods beyond the time span of {span:.4g} d are not constrained by one full cycle.", stacklevel=1
        )
    if all(float(np.ptp(rv[index == i])) == 0.0 for i in range(len(names))):
        raise InputError("The velocities of every instrument are all equal.", remedy="Check the column of velocities.")
    jitter = excess_scatter(rv, error, index)
    total = np.hypot(error, jitter[index])
    frequencies = frequency_grid(time, float(period_min), longest, oversampling)
    found = floating_offset_power(time, rv, total, index, frequencies)
    peaks = _peaks(time, rv, total, index, frequencies, found)
    result = QTable(
        {
            "period": (1.0 / frequencies[::-1]) * u.d,
            "power": found["power"][::-1],
            "amplitude": found["amplitude"][::-1] * u.m / u.s,
            "window": found["window"][::-1],
        }
    )
    levels = np.linspace(0.0, 0.999, 20_000)
    chance = false_alarm_probability(levels, time, total, frequencies, len(names))
    result.meta.update(
        object=velocities.meta.get("object"),
        time_reference=velocities.meta.get("time_reference"),
        method="generalised Lomb-Scargle with an offset for each instrument",
        peaks=peaks,
        # From the top down, since the bound is no bound at very small powers.
        power_at_fap={
            f"{p:g}": float(levels[np.flatnonzero(chance >= p)[-1]]) for p in (0.1, 0.01, 0.001) if (chance >= p).any()
        },
        instruments=names,
        jitter_m_s=dict(zip(names, [float(j) for j in jitter], strict=True)),
        rows=len(time),
        time_span_d=span,
        frequencies=len(frequencies),
        sampling_periods_d=SAMPLING_PERIODS,
    )
    return result


def _check_search(
    rows: int, instruments: int, span: float, shortest: float, longest: float, oversampling: float
) -> None:
    """Refuse what cannot be searched."""
    least = instruments + 5
    if rows < least:
        raise InputError(
            f"{rows} measurements of {instruments} instruments are too few to search for a period.",
            remedy=f"At least {least} are needed: a sine wave, an offset for each instrument, and some to test it.",
        )
    if span <= 0:
        raise InputError("All measurements have the same time.", remedy="Check the column of times.")
    if not 0 < shortest < longest:
        raise InputError(
            f"The range of periods from {shortest:.4g} d to {longest:.4g} d is empty.",
            remedy=f"The data span {span:.4g} d; set period_min below period_max.",
        )
    if not 1.0 <= oversampling <= 100.0:
        raise InputError(f"An oversampling of {oversampling:g} is of no use.", remedy="Set it between 1 and 100.")
    if (1 / shortest - 1 / longest) * span * oversampling > _MOST_FREQUENCIES:
        raise InputError(
            f"Periods from {shortest:.3g} d in a series of {span:.0f} d need more than {_MOST_FREQUENCIES} frequencies.",
            remedy="Raise period_min, lower oversampling, or give the known period to the fit.",
        )


def _peaks(time: Any, rv: Any, error: Any, index: Any, frequencies: Any, found: dict[str, Any]) -> list[dict[str, Any]]:
    """The highest peaks, refined between the searched frequencies, with what they are worth."""
    import numpy as np

    span = float(np.ptp(time))
    step = float(frequencies[1] - frequencies[0])
    peaks: list[dict[str, Any]] = []
    for i in highest_peaks(frequencies, found["power"], span, _PEAKS):
        near = np.linspace(frequencies[i] - step, frequencies[i] + step, 2 * _FINE + 1)
        near = near[(near >= frequencies[0]) & (near <= frequencies[-1])]
        fine = floating_offset_power(time, rv, error, index, near)
        top = int(np.argmax(fine["power"]))
        power = float(fine["power"][top])
        period = float(1.0 / near[top])
        amplitude = float(fine["amplitude"][top])
        # What is left after the wave says how large the noise is, since the jitter was found with the wave in it.
        left = (1.0 - power) / max(len(time) - fine["base"] - 2, 1)
        errors = sine_errors(period, amplitude, left / power, span) if power > 0 else (None, None)
        peaks.append(
            {
                "period_d": period,
                "period_error_d": errors[0],
                "power": power,
                "amplitude_m_s": amplitude,
                "amplitude_error_m_s": errors[1],
                "false_alarm_probability": float(
                    false_alarm_probability(power, time, error, frequencies, int(index.max()) + 1)
                ),
                "delta_ln_likelihood": float(0.5 * fine["chi2_0"] * power),
                "alias_of": alias_of(period, [p["period_d"] for p in peaks], span),
            }
        )
    return peaks
