"""Numbers that say how sure a transit search is of what it accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Measurements, TransitCandidates

# The extreme-value fit to the control knows some thousand peaks; what it says of one in a million is extrapolation.
SMALLEST_FALSE_ALARM = 1e-6

# Columns of the candidates that tell how sure a signal is, as quantities with no interval of their own.
CONFIDENCE = (("snr", "signal_to_noise"), ("n_transits", "number_of_transits"))


@tool(
    version="1.0",
    effects=("compute",),
    seconds=0.2,
    comparison="decision",
    citations=(
        "Pont, Zucker & Queloz 2006, The effect of red noise on planetary transit detection, doi:10.1111/j.1365-2966.2006.11012.x",
        "Suveges 2014, Extreme-value modelling for the significance assessment of periodogram peaks, doi:10.1093/mnras/stu372",
    ),
    examples=(
        "How sure is each transit signal?",
        "Give the signal-to-noise ratio and the false-alarm probability of the transits",
        "每个凌星信号有多可靠？",
        "给出凌星信号的信噪比和虚警概率",
        "How many transit signals were accepted?",
        "Number of transit candidates with their SNR",
        "List the accepted signals with signal-to-noise and false-alarm probability",
        "How many transits of each signal are covered by data?",
        "Table of the transit detections: SNR, FAP, number of transits",
        "Count the transit candidates",
        "What is the signal-to-noise of each detected transit signal?",
        "Give me just the numbers of the transit search: how many, how sure",
        "How many events were seen for each accepted period?",
        "I need the detection significance of every accepted candidate as a table",
        "一共认定了几个凌星信号？",
        "列出被认定信号的信噪比和误报概率",
        "每个信号有几次凌星有数据？",
        "给一张凌星探测结果表：信噪比、虚警概率、凌星次数",
        "有多少个凌星候选体？各自的信噪比是多少？",
        "把每个候选信号的探测显著性列成表",
        "只要凌星搜寻的数字：几个信号，各有多可靠",
        "统计一下凌星候选体的数目",
        "每个周期实际看到了几次凌星？",
        "给出各凌星信号的置信程度",
    ),
    summary_zh="给出被认定的凌星信号的个数、信噪比、虚警概率和凌星次数。",
    method="For every accepted signal the signal-to-noise ratio with red noise, the false-alarm probability and the number of transits covered by data are given.",
    method_zh="对每个被认定的信号给出计入红噪声的信噪比、虚警概率和有数据的凌星次数。",
)
def measure_transit_candidates(candidates: TransitCandidates) -> Measurements:
    """Give the number of accepted transit signals, and how sure each of them is.

    Parameters
    ----------
    candidates : TransitCandidates
        Of `identify_transits`; rejected signals are counted out, and no number of theirs is given, so that none of them
        can be taken for a planet's.

    Returns
    -------
    Measurements
        ``number_of_signals`` of the star, then for each accepted signal its ``signal_to_noise``, ``number_of_transits``
        and ``false_alarm_probability``, an upper limit below one in a million; the others have no interval.

    References
    ----------
    Red noise: Pont et al. 2006, doi:10.1111/j.1365-2966.2006.11012.x.  False alarms: Suveges 2014,
    doi:10.1093/mnras/stu372.
    """
    import numpy as np
    from astropy.table import Table

    name = str(candidates.meta.get("object") or "")
    accepted = [row for row in candidates if row["accepted"]]
    rows: list[dict[str, Any]] = [{"quantity": "number_of_signals", "of": name, "value": float(len(accepted))}]
    for row in accepted:
        of = f"{name} signal {row['signal']}".strip()
        rows.extend({"quantity": quantity, "of": of, "value": float(row[column])} for column, quantity in CONFIDENCE)
        rows.append(_false_alarm(of, float(row["false_alarm_probability"])))
    count = len(rows)
    return Table(
        {
            "quantity": [r["quantity"] for r in rows],
            "of": [r["of"] for r in rows],
            "value": [r["value"] for r in rows],
            "lower": [r.get("lower", np.nan) for r in rows],
            "upper": [r.get("upper", np.nan) for r in rows],
            "level": [r.get("level", np.nan) for r in rows],
            "unit": [""] * count,
            "limit": [r.get("limit", "") for r in rows],
        }
    )


def _false_alarm(of: str, probability: float) -> dict[str, Any]:
    """The false-alarm probability, as an upper limit where the fit behind it is no longer to be trusted."""
    row: dict[str, Any] = {"quantity": "false_alarm_probability", "of": of, "value": probability}
    if probability < SMALLEST_FALSE_ALARM:
        row |= {
            "value": SMALLEST_FALSE_ALARM,
            "lower": 0.0,
            "upper": SMALLEST_FALSE_ALARM,
            "level": 1.0,
            "limit": "upper",
        }
    return row
