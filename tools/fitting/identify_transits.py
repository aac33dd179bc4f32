"""Deciding which peaks of a transit search are transits."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.box_search import in_transit
from gnomon.tools.fitting.light_curve_arrays import (
    bin_light_curve,
    carried_meta,
    light_curve_arrays,
    longest_transit,
    robust_scatter,
    typical_step,
)
from gnomon.tools.fitting.transit_events import gumbel_false_alarm, measure_dips, noise_of_dips
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import LightCurve, Periodogram, TransitCandidates

MASK_WIDTH = 1.8  # of a duration, as in the search
PAIR_SNR = 9.0  # two transits have no third to confirm them; set on simulated noise, see gnomon.eval.false_alarms
PARTLY_COVERED = 0.3
LONGEST = 2.0  # times a central transit of a Sun-like star: that of a star eight times less dense; spots last longer
CONSISTENT = 0.5  # the other transits must have half the S/N that they would have if all were equally deep
SAME_DEPTH_SIGMA, SAME_DEPTH_PART = 5.0, 0.2  # odd and even transits differ if by both, which spots do not reach
SECONDARY_SIGMA, SECONDARY_PART = 7.1, 0.1  # secondary eclipses of planets are below a tenth of the transit


@tool(
    version="1.1",
    effects=("compute",),
    seconds=0.5,
    seconds_per_1000_rows=0.02,
    comparison="decision",
    citations=(
        "Pont, Zucker & Queloz 2006, The effect of red noise on planetary transit detection, doi:10.1111/j.1365-2966.2006.11012.x",
        "Jenkins, Caldwell & Borucki 2002, Some tests to establish confidence in planets discovered by transit photometry, doi:10.1086/324143",
        "Suveges 2014, Extreme-value modelling for the significance assessment of periodogram peaks, doi:10.1093/mnras/stu372",
    ),
    examples=(
        "Which peaks of the search are real transits and which are noise?",
        "How significant is the transit signal?",
        "Could the signal be an eclipsing binary?",
        "这些峰是真的凌星还是噪声？",
        "凌星信号有多显著？虚警概率是多少？",
        "这个信号会不会是食双星？",
        "Vet the candidates",
        "Is this dip a planet or a false positive?",
        "Are the transit signals real?",
        "Is the 3.5-day transit signal above the noise, counting red noise?",
        "Check the odd and even transits for different depths",
        "Is there a secondary eclipse that would give away a binary star?",
        "Which of the detected transit periods can I trust, and why were the others rejected?",
        "Do the transit-vetting tests with a threshold of SNR 7.1",
        "Tell me whether the BLS detection is believable",
        "Does a single bad dip cause the detection?",
        "Planet candidate or eclipsing binary?",
        "Could the transit candidate be noise that happens to look periodic?",
        "审查这些凌星候选体",
        "这个下降是行星还是假阳性？",
        "BLS 找到的信号可信吗？",
        "考虑红噪声后，3.5 天的凌星信号还显著吗？",
        "检查奇偶凌星的深度是否一致",
        "有没有次食，说明它其实是食双星？",
        "哪些凌星周期是真的，其他的为什么被排除？",
        "以信噪比 7.1 为阈值判定凌星信号",
        "这次凌星探测会不会只是一个坏点造成的？",
        "检验一下凌星搜寻的结果是真是假",
        "候选信号是行星还是食双星？",
    ),
    summary_zh="判断周期图中的峰是否为真实凌星：红噪声信噪比、虚警概率、单次凌星一致性与食双星检验。",
    method="A peak was accepted as a transit signal if at least two transits are covered by data, the signal-to-noise ratio with red noise is at least {snr_min} (9 for two transits), its false-alarm probability against the upside-down control is at most {false_alarm_max}, no single dip carries it, and neither odd-even differences nor a secondary eclipse point to a binary star.",
    method_zh="峰被认定为凌星信号的条件：至少两次凌星有数据，计入红噪声的信噪比不低于 {snr_min}（仅两次凌星时为 9），相对上下翻转对照的虚警概率不高于 {false_alarm_max}，不由单次下降主导，且奇偶凌星深度与次食均不指向食双星。",
)
def identify_transits(
    periodogram: Annotated[Periodogram, "transit"],
    light_curve: Annotated[LightCurve, "detrended"],
    snr_min: Annotated[float, "(0, inf)"] = 7.1,
    false_alarm_max: Annotated[float, "(0, 1]"] = 1e-3,
) -> TransitCandidates:
    """Decide which peaks of a transit search are transits, and say why the others are not.

    Every peak is kept in the table, the rejected ones with the reason.  Where every other predicted transit falls into
    a gap, the period is taken to be the spacing of the transits that are seen, and the shorter one is said.

    Parameters
    ----------
    periodogram : Periodogram
        Of `transit_periodogram`, with its control pass and refined peaks.
    light_curve : LightCurve
        The detrended light curve that was searched; points that are not finite are left out.
    snr_min : float
        Least ratio of depth to its uncertainty with red noise, dimensionless; 7.1 is the threshold of the Kepler
        mission, for which white noise gives less than one false alarm in its whole search (Jenkins et al. 2002).
    false_alarm_max : float
        Largest probability that noise makes such a peak anywhere in the search; one in a thousand.

    Returns
    -------
    TransitCandidates
        One row per peak: ``signal`` (1, 2 ... accepted ones first), ``period``, ``epoch``, ``duration`` [d], ``depth``
        (relative), ``snr``, ``snr_white``, ``sde``, ``false_alarm_probability``, ``n_transits`` (covered by data),
        ``odd_even_sigma``, ``secondary_sigma``, ``harmonic_of`` (signal, or 0), ``accepted``, ``reason``.

    Raises
    ------
    InputError
        Where the periodogram is not one of `transit_periodogram`.

    References
    ----------
    Red noise: Pont et al. 2006, doi:10.1111/j.1365-2966.2006.11012.x.  Threshold: Jenkins et al. 2002,
    doi:10.1086/324143.  False alarms: Suveges 2014, doi:10.1093/mnras/stu372.
    """
    import numpy as np

    peaks = periodogram.meta.get("peaks")
    if not peaks or "search" not in periodogram.colnames:
        raise InputError(
            "The periodogram has no peaks of a transit search.", remedy="Make it with transit_periodogram."
        )
    time, flux, error = light_curve_arrays(light_curve)
    error = error * (robust_scatter(flux) / np.median(error))
    upside_down = np.asarray(periodogram["search"]) == 0
    control = np.asarray(periodogram["power"])[upside_down]
    periods = np.asarray(periodogram["period"].to_value("d"))[upside_down]
    shortest = min(p["duration"] for p in peaks)
    if (
        typical_step(time) < shortest / 24.0
    ):  # a twelfth of a transit is fine enough, and a million points are not needed
        time, flux, error = bin_light_curve(time, flux, error, shortest / 12.0)
    rows: list[dict[str, Any]] = []
    for number, peak in enumerate(peaks):
        free = np.ones(len(time), dtype=bool)
        for other in peaks[:number]:
            free &= ~in_transit(time, other["period"], other["epoch"], MASK_WIDTH * other["duration"])
        row = _measure(time[free], flux[free], error[free], peak)
        row["false_alarm_probability"] = gumbel_false_alarm(periods, control, peak["period"], peak["snr"])
        row["harmonic_of"] = _harmonic(row, rows, float(time[-1] - time[0]))
        row["reason"] = _objection(row, snr_min, false_alarm_max)
        row["accepted"] = not row["reason"]
        rows.append(row)
    _reject_eclipses(rows, snr_min, float(time[-1] - time[0]))
    return _table(rows, light_curve)


def _measure(time: Any, flux: Any, error: Any, peak: dict[str, float]) -> dict[str, Any]:
    """Depths of the single transits of a peak, and what follows from them."""
    import numpy as np

    period, epoch, duration = peak["period"], peak["epoch"], peak["duration"]
    first = int(np.ceil((time[0] - epoch) / period - 0.5 * duration / period))
    last = int(np.floor((time[-1] - epoch) / period + 0.5 * duration / period))
    numbers = np.arange(first, last + 1)
    depth, _, covered = measure_dips(time, flux, error, epoch + numbers * period, duration)
    seen = np.isfinite(depth)
    alias = 1
    # A third of a transit at the edge of a gap is enough to see that there is one, though not to weigh it.
    known = seen | (covered > PARTLY_COVERED)
    if known.sum() >= 2:
        alias = int(np.gcd.reduce(np.diff(numbers[known])))
        if alias > 1:
            start = int(numbers[known][0])
            epoch += start * period
            period *= alias
            multiple = (numbers - start) % alias == 0
            numbers, depth, seen = (numbers[multiple] - start) // alias, depth[multiple], seen[multiple]
    outside = ~in_transit(time, period, epoch, MASK_WIDTH * duration)
    noise = (
        noise_of_dips(time[outside], flux[outside], error[outside], duration) if outside.sum() > 50 else float("nan")
    )
    depths, odd = depth[seen], numbers[seen] % 2 == 1
    count = int(seen.sum())
    mean = float(np.mean(depths)) if count else 0.0
    snr = mean * np.sqrt(count) / noise if count and noise > 0 else 0.0
    others = float((np.sum(depths) - np.max(depths)) / np.sqrt(count - 1) / noise) if count > 1 and noise > 0 else 0.0
    odd_even = 0.0
    if odd.any() and (~odd).any() and noise > 0:
        odd_even = abs(float(np.mean(depths[odd]) - np.mean(depths[~odd]))) / (
            noise * np.sqrt(1 / odd.sum() + 1 / (~odd).sum())
        )
    second, _, _ = measure_dips(time, flux, error, epoch + (numbers + 0.5) * period, duration)
    second = second[np.isfinite(second)]
    return {
        "search": int(peak["search"]),
        "period": period,
        "epoch": epoch,
        "duration": duration,
        "depth": mean if count else peak["depth"],
        "snr": float(min(snr, peak["snr"])),
        "snr_white": peak["snr"],
        "snr_others": others,
        "sde": peak["sde"],
        "n_transits": count,
        "odd_even_sigma": odd_even,
        "odd_even_part": abs(float(np.mean(depths[odd]) - np.mean(depths[~odd]))) / mean
        if odd_even and mean > 0
        else 0.0,
        "secondary_sigma": float(np.mean(second) * np.sqrt(len(second)) / noise) if len(second) and noise > 0 else 0.0,
        "secondary_part": float(np.mean(second)) / mean if len(second) and mean > 0 else 0.0,
        "alias": alias,
    }


def _reject_eclipses(rows: list[dict[str, Any]], snr_min: float, span: float) -> None:
    """Reject signals that share a period at two phases: no two planets do, and the two eclipses of a binary star always do.

    Each pass hides the dips of the passes before it, so the test of a single signal cannot see the other eclipse.
    """
    for row in rows:
        for other in rows:
            both = row["duration"] + other["duration"]
            same_period = abs(row["period"] - other["period"]) * span / row["period"] < both
            apart = abs((row["epoch"] - other["epoch"] + 0.5 * row["period"]) % row["period"] - 0.5 * row["period"])
            real = other is not row and other["snr"] >= snr_min and other["depth"] > 0
            if row["accepted"] and real and same_period and apart > 1.5 * both:
                row["reason"] = "another signal has the same period at another phase, as the eclipses of a binary star"
                row["accepted"] = False


def _harmonic(row: dict[str, Any], earlier: list[dict[str, Any]], span: float) -> int:
    """Search pass of an accepted signal whose period and phase this one repeats, or 0."""
    for other in earlier:
        if not other["accepted"]:
            continue
        for a, b in ((1, 1), (1, 2), (2, 1), (1, 3), (3, 1), (1, 4), (4, 1), (2, 3), (3, 2)):
            # The two periods must stay together within a transit over the whole light curve.
            drift = abs(row["period"] * b - other["period"] * a) * span / (row["period"] * b)
            if drift > row["duration"] + other["duration"]:
                continue
            short = (
                min(row["period"], other["period"]) / max(a, b)
                if (a, b) in ((2, 3), (3, 2))
                else min(row["period"], other["period"])
            )
            apart = abs((row["epoch"] - other["epoch"] + 0.5 * short) % short - 0.5 * short)
            if apart < 1.5 * (row["duration"] + other["duration"]):
                return int(other["search"])
    return 0


def _objection(row: dict[str, Any], snr_min: float, false_alarm_max: float) -> str:
    """First reason against a signal, or "" where there is none."""
    if row["depth"] <= 0:
        return "the flux does not go down"
    if row["harmonic_of"]:
        return "period and phase repeat a stronger signal"
    if row["n_transits"] < 2:
        return (
            f"only {row['n_transits']} transit is covered by data, and two are needed for a period"
            if row["n_transits"]
            else "no transit is covered by data"
        )
    if row["duration"] > LONGEST * float(longest_transit(row["period"], 1.0)):
        return f"a duration of {24 * row['duration']:.1f} h is too long for a transit at this period"
    needed = max(snr_min, PAIR_SNR) if row["n_transits"] == 2 else snr_min
    if row["snr"] < needed:
        return f"signal-to-noise ratio with red noise is {row['snr']:.1f}, below {needed:g}"
    if row["false_alarm_probability"] > false_alarm_max:
        return f"false-alarm probability is {row['false_alarm_probability']:.2g}, above {false_alarm_max:g}"
    if row["snr_others"] < CONSISTENT * row["snr"] * ((row["n_transits"] - 1) / row["n_transits"]) ** 0.5:
        return "a single dip carries most of the signal"
    if row["odd_even_sigma"] > SAME_DEPTH_SIGMA and row["odd_even_part"] > SAME_DEPTH_PART:
        return "odd and even transits differ in depth, as those of an eclipsing binary do"
    if row["secondary_sigma"] > SECONDARY_SIGMA and row["secondary_part"] > SECONDARY_PART:
        return "there is a secondary eclipse, as of an eclipsing binary"
    return ""


def _table(rows: list[dict[str, Any]], light_curve: LightCurve) -> TransitCandidates:
    """Rows as a table, accepted signals first, with the warnings that a reader needs."""
    from astropy import units as u
    from astropy.table import QTable

    rows = sorted(rows, key=_rank)
    number_of = {row["search"]: i for i, row in enumerate(rows, start=1)}
    for row in rows:
        row["harmonic_of"] = number_of.get(row["harmonic_of"], 0)
        if row["accepted"]:
            row["reason"] = "passes all tests"
            if row["alias"] > 1:
                shorter = row["period"] / row["alias"]
                row["reason"] += f"; a period of {shorter:.4f} d would fit as well, with transits in gaps of the data"
                warnings.warn(
                    f"Signal {number_of[row['search']]}: the data also allow a period of {shorter:.4f} d, since the transits between those seen would fall into gaps.",
                    stacklevel=1,
                )
            if row["n_transits"] == 2:
                warnings.warn(f"Signal {number_of[row['search']]} rests on two transits only.", stacklevel=1)
    table = QTable({"signal": list(range(1, len(rows) + 1))})
    for name in ("period", "epoch", "duration"):
        table[name] = [float(r[name]) for r in rows] * u.d
    for name in ("depth", "snr", "snr_white", "sde", "false_alarm_probability"):
        table[name] = [float(r[name]) for r in rows]
    table["n_transits"] = [int(r["n_transits"]) for r in rows]
    for name in ("odd_even_sigma", "secondary_sigma"):
        table[name] = [float(r[name]) for r in rows]
    table["harmonic_of"] = [int(r["harmonic_of"]) for r in rows]
    table["accepted"] = [bool(r["accepted"]) for r in rows]
    table["reason"] = [str(r["reason"]) for r in rows]
    table.meta.update(carried_meta(light_curve))
    return table


def _rank(row: dict[str, Any]) -> tuple[bool, int]:
    """Accepted signals first, then in the order of the search."""
    return (not row["accepted"], row["search"])
