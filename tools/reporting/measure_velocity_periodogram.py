"""Numbers of the peaks of a velocity periodogram."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.draw_intervals import measured_row, measurements_table
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Measurements, Periodogram

_UNKNOWN = float("nan")


@tool(
    version="1.0",
    effects=("compute",),
    seconds=0.2,
    provisional=True,
    citations=(
        "Montgomery & O'Donoghue 1999, A derivation of the errors for least squares fitting to time series data, 1999DSSN...13...28M",
        "Baluev 2008, Assessing the statistical significance of periodogram peaks, doi:10.1111/j.1365-2966.2008.12689.x",
        "Dawson & Fabrycky 2010, Radial velocity planets de-aliased, doi:10.1088/0004-637X/722/1/937",
    ),
    examples=(
        "What periods are in these velocities?",
        "List the significant peaks of the velocity periodogram with their false-alarm probabilities",
        "Period and false-alarm probability of the highest peak of the RV periodogram, as numbers",
        "Table of the periodogram peaks of the radial velocities: period, FAP, amplitude",
        "At which periods does the periodogram of the velocities peak, and which peaks are aliases?",
        "How significant is each peak of the Lomb-Scargle of the RVs?",
        "How many peaks of the velocity periodogram have a false-alarm probability below 0.1 %?",
        "这些视向速度里有哪些周期？",
        "列出视向速度周期图中显著的峰和虚警概率",
        "视向速度周期图的最高峰在哪个周期？虚警概率是多少？",
        "把视向速度周期图的峰列成表：周期、虚警概率、振幅",
        "视向速度周期图中各个峰的显著性如何？哪些是混叠？",
        "视向速度周期图里虚警概率低于 0.1% 的峰有几个？",
    ),
    summary_zh="列出视向速度周期图中显著的峰：周期、虚警概率、半振幅，并注明混叠。",
    method="Peaks of the periodogram with a false-alarm probability of at most {false_alarm_max} were counted as significant; the uncertainties of a peak are those of a single sine wave in white noise (Montgomery & O'Donoghue 1999).",
    method_zh="周期图中虚警概率不高于 {false_alarm_max} 的峰计为显著；峰的误差取白噪声中单一正弦波的误差（Montgomery & O'Donoghue 1999）。",
)
def measure_velocity_periodogram(
    periodogram: Annotated[Periodogram, "velocity"],
    false_alarm_max: Annotated[float, "(0, 1]"] = 0.01,
) -> Measurements:
    """Give the significant peaks of a velocity periodogram as numbers, and say which are aliases.

    A peak is no planet yet: activity of the star, aliases and harmonics of eccentric orbits make peaks too.

    Parameters
    ----------
    periodogram : Periodogram
        Of `velocity_periodogram`, with ``meta["peaks"]``.
    false_alarm_max : float
        Largest probability that noise alone makes such a peak anywhere in the search, dimensionless.

    Returns
    -------
    Measurements
        ``number_of_significant_peaks`` of the star, then for each of them, and for the highest one in any case, its
        ``period`` [d], ``false_alarm_probability`` and ``velocity_semi_amplitude`` [m/s] (circular orbit), the first
        and the last with one sigma; where all peaks that the search kept are significant, their number is a lower
        limit; ``note`` says whether it is not significant, at the edge of the search (then with no uncertainty), or
        perhaps an alias of a higher peak.

    Raises
    ------
    InputError
        Where the periodogram has no peaks of `velocity_periodogram`.

    References
    ----------
    Uncertainties: Montgomery & O'Donoghue 1999, 1999DSSN...13...28M, for evenly spread times and white
    noise; no error from choosing a wrong alias is in them.  False-alarm probability: Baluev 2008,
    doi:10.1111/j.1365-2966.2008.12689.x.  Aliases: Dawson & Fabrycky 2010, doi:10.1088/0004-637X/722/1/937.
    """
    peaks = periodogram.meta.get("peaks")
    if not peaks or "false_alarm_probability" not in peaks[0]:
        raise InputError(
            "The periodogram has no peaks of a search in velocities.", remedy="Make it with velocity_periodogram."
        )
    periods = periodogram["period"].to_value("d")
    name = str(periodogram.meta.get("object") or "")
    significant = [p for p in peaks if p["false_alarm_probability"] <= false_alarm_max]
    count = measured_row("number_of_significant_peaks", name or "star", float(len(significant)), "", "aliases and side lobes of one signal are counted too")  # fmt: skip
    if len(significant) == len(peaks):  # the search kept no more than these
        count |= {"lower": count["value"], "level": 1.0, "limit": "lower"}
    rows = [count]
    for number, peak in enumerate(significant or peaks[:1], 1):
        of = f"{name} peak {number}".strip()
        at_edge = min(abs(peak["period_d"] / end - 1.0) for end in (periods[0], periods[-1])) < 1e-9
        note = _note(peak, false_alarm_max, at_edge)
        known = peak["period_error_d"] is not None and not at_edge
        period_error, amplitude_error = (
            peak[k] if known else _UNKNOWN for k in ("period_error_d", "amplitude_error_m_s")
        )
        rows += [
            measured_row("period", of, peak["period_d"], "d", note, period_error),
            measured_row("false_alarm_probability", of, peak["false_alarm_probability"], "", note),
            measured_row("velocity_semi_amplitude", of, peak["amplitude_m_s"], "m/s", note, amplitude_error),
        ]
    return measurements_table(rows, {"object": name or None, "false_alarm_max": false_alarm_max})


def _note(peak: dict[str, Any], false_alarm_max: float, at_edge: bool) -> str:
    """What a reader must know about a peak."""
    notes = []
    if peak["false_alarm_probability"] > false_alarm_max:
        notes.append("the highest peak, not significant")
    if at_edge:
        notes.append("at the edge of the search, so perhaps no peak at all")
    if alias := peak["alias_of"]:
        notes.append(f"perhaps an alias of {alias['period']:.5g} d by the {alias['sampling']}")
    return "; ".join(notes)
