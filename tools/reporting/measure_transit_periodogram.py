"""Numbers of the peaks of a transit search, before anything is decided about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from gnomon.tools.errors import InputError
from gnomon.tools.fitting.draw_intervals import measured_row, measurements_table
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Measurements, Periodogram

# Numbers of a peak in the order in which they are told: quantity, key of the peak, unit.
_TOLD = (
    ("period", "period", "d"),
    ("signal_to_noise", "snr", ""),
    ("depth", "depth", ""),
    ("duration", "duration", "d"),
    ("epoch", "epoch", "d"),
    ("signal_detection_efficiency", "sde", ""),
)
_UNVETTED = "strongest box of its pass, not vetted"


@tool(
    version="1.0",
    effects=("compute",),
    seconds=0.2,
    provisional=True,
    citations=(
        "Kovacs, Zucker & Mazeh 2002, A box-fitting algorithm in the search for periodic transits, doi:10.1051/0004-6361:20020802",
        "Ofir 2014, Optimizing the search for transiting planets in long time series, doi:10.1051/0004-6361/201220860",
    ),
    examples=(
        "List the peaks of the box search before anything is decided about them",
        "Period, depth and duration of the strongest box of each pass, as a table",
        "Numbers of the BLS peaks, without vetting",
        "At which period does the BLS power peak, and how high?",
        "Best period of every pass of the transit search, with S/N and SDE",
        "The highest BLS peak beside the highest one of the inverted light curve, as numbers",
        "列出 BLS 每一轮最强峰的周期、深度和时长",
        "先不判断真假，把凌星搜寻的峰列成表",
        "BLS 的最高峰在哪个周期？信噪比是多少？",
        "每一轮凌星搜寻的最佳周期、信噪比和 SDE",
        "BLS 最高峰和上下翻转对照的最高峰各有多高？",
        "只要 BLS 峰的数字，不做甄别",
    ),
    summary_zh="列出凌星搜寻每一轮最强峰的周期、信噪比、深度、时长和历元，不作甄别；并给出对照的最高峰。",
    method="The strongest box of each pass is given as it was found, with the highest peak of the control beside it; nothing was decided about any of them.",
    method_zh="每一轮最强的盒形信号按搜寻结果列出，并附对照的最高峰；对它们均未作判断。",
)
def measure_transit_periodogram(periodogram: Annotated[Periodogram, "transit"]) -> Measurements:
    """Give the strongest box of each pass of a transit search as numbers, with nothing decided about it.

    Every search has a strongest box, noise too: one that rises little above the control means nothing.  Which of them
    are transits is for `identify_transits` to say.

    Parameters
    ----------
    periodogram : Periodogram
        Of `transit_periodogram`, with ``meta["peaks"]`` and the control pass.

    Returns
    -------
    Measurements
        For each pass ``period`` [d], ``signal_to_noise`` (white noise), ``depth`` (relative), ``duration`` [d],
        ``epoch`` [d] (first transit in the data, in the time system of the note) and
        ``signal_detection_efficiency``; then ``signal_to_noise`` of the highest peak of the control, the light curve
        turned upside down.  A search gives no interval for any of them.

    Raises
    ------
    InputError
        Where the periodogram has no peaks of `transit_periodogram`.

    References
    ----------
    Kovacs et al. 2002, doi:10.1051/0004-6361:20020802 (the statistics of a box search); Ofir 2014,
    doi:10.1051/0004-6361/201220860.
    """
    peaks = periodogram.meta.get("peaks")
    search = periodogram.meta.get("periodogram") or {}
    if not peaks or "control_power" not in search:
        raise InputError(
            "The periodogram has no peaks of a transit search.", remedy="Make it with transit_periodogram."
        )
    name = str(periodogram.meta.get("object") or "")
    system = str((periodogram.meta.get("time_reference") or {}).get("name") or "days as in the file")
    rows = []
    for peak in peaks:
        of = f"{name} peak {peak['search']}".strip()
        for quantity, key, unit in _TOLD:
            note = f"{system}; {_UNVETTED}" if quantity == "epoch" else _UNVETTED
            rows.append(measured_row(quantity, of, peak[key], unit, note))
    control = f"{name} control".strip()
    note = "highest peak of the light curve turned upside down"
    rows.append(measured_row("signal_to_noise", control, search["control_power"], note=note))
    return measurements_table(rows, {"object": name or None})
