"""Drawing a single pulse as people look at candidates: profile, dedispersed spectrum, plane of dispersion measure and time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from gnomon.tools.errors import InputError
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import ACCENT, FONT, LINE, WIDTH, style_axes

if TYPE_CHECKING:
    from gnomon.tools.kinds import DynamicSpectrum, Figure, Ranking

_BINS = 128  # of time in the window, so that a pulse is eight bins wide
_WIDTHS = 16.0  # pulse widths that the window is long
_BANDS = 64
_DMS = 65


@tool(
    version="1.1",
    effects=("compute",),
    seconds=3.0,
    comparison="view",
    citations=(
        "Connor & van Leeuwen 2018, Applying deep learning to fast radio burst classification, doi:10.3847/1538-3881/aae649",
        "Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",
    ),
    examples=(
        "Plot the best single pulse",
        "Show the dynamic spectrum of the burst, dedispersed",
        "Draw the FRB candidate: profile, waterfall and DM-time plane",
        "Waterfall plot of the fast radio burst",
        "Show me the second candidate of the single-pulse search",
        "Make the diagnostic plot of the pulse candidate",
        "Does the burst fill the band? Plot it",
        "A figure of the strongest dispersed pulse",
        "画出最好的单脉冲候选体",
        "显示暴消色散后的动态谱",
        "画快速射电暴候选体的轮廓、瀑布图和色散量—时间图",
        "快速射电暴的瀑布图",
        "画出单脉冲搜寻的第二个候选体",
        "给出脉冲候选体的诊断图",
        "画最强的色散脉冲",
    ),
    summary_zh="画出单脉冲候选体：脉冲轮廓、消色散动态谱和色散量—时间图。",
    method="The candidate was drawn with its delays taken out; the plane shows the signal-to-noise ratio of its boxcar against dispersion measure and time.",
    method_zh="绘制候选体消色散后的动态谱，以及其盒形滤波信噪比随色散量和时间的分布。",
)
def plot_single_pulse(
    dynamic_spectrum: DynamicSpectrum, ranking: Ranking, number: Annotated[int, "[1, inf)"] = 1
) -> Figure:
    """Draw one candidate of a single-pulse search: its profile, its dedispersed spectrum, and the plane of dispersion measure and time.

    Parameters
    ----------
    dynamic_spectrum : DynamicSpectrum
        That was searched.
    ranking : Ranking
        Of `find_single_pulses`, with ``time_s``, ``dm``, ``width_ms``, ``snr`` and ``score``.
    number : int
        Which candidate, 1 for the best.

    Returns
    -------
    Figure
        Three panels; the caption is the figure's label.

    Raises
    ------
    InputError
        Where there is no such candidate, or the ranking is not of a single-pulse search.

    References
    ----------
    Panels: Connor & van Leeuwen 2018, doi:10.3847/1538-3881/aae649.
    """
    import numpy as np
    from matplotlib.figure import Figure as _Figure

    from gnomon.tools.inference.pulses.dispersion import band_edges, dedispersed_window, dispersion_delay
    from gnomon.tools.inference.pulses.dynamic_spectra import spectrum_parts
    from gnomon.tools.inference.pulses.interference_mask import flattened

    missing = [c for c in ("time_s", "dm", "width_ms", "snr", "score") if c not in ranking.colnames]
    if missing:
        raise InputError(
            f"The ranking has no {', '.join(missing)}, so it is not of a search for single pulses.",
            remedy="Rank the candidates with find_single_pulses.",
        )
    if number > len(ranking):
        raise InputError(
            f"There is no candidate {number}: the ranking has {len(ranking)}.", remedy=f"Ask for 1 to {len(ranking)}."
        )
    row = ranking[number - 1]
    time, dm, width, snr, score = (
        float(getattr(row[c], "value", row[c])) for c in ("time_s", "dm", "width_ms", "snr", "score")
    )
    width *= 1e-3
    power, frequency, step = spectrum_parts(dynamic_spectrum)
    low, high = band_edges(frequency)
    across = float(dispersion_delay(1.0, low, high))
    coarse = max(round(_WIDTHS * width / step / _BINS), 1)
    # Of dispersion measures as many as shift the pulse by twenty of its widths to both sides.
    reach = max(20.0 * max(width, coarse * step) / across, 1e-3)
    dms = np.linspace(max(dm - reach, 0.0), dm + reach, _DMS)
    # What is flattened around the pulse: its window, the delay, and enough besides to know the noise.
    margin = max(int(2.0 / step), 2 * _BINS * coarse)
    middle = round(time / step)
    first = max(middle - margin, 0)
    last = min(middle + margin + int((dm + reach) * across / step), power.shape[1])
    spectrum, good = flattened(np.asarray(power[:, first:last], dtype=np.float32), step)
    start = middle - first - _BINS * coarse // 2

    def window(trial: float) -> Any:
        taken = dedispersed_window(spectrum, frequency, step, trial, start, _BINS * coarse)
        return taken.reshape(len(taken), _BINS, coarse).sum(axis=2)

    straight = window(dm)
    channels = max(int(good.sum()), 1)
    profile = straight.sum(axis=0) / (channels * coarse) ** 0.5
    bands = _in_bands(straight, good, min(_BANDS, len(frequency))) / coarse**0.5
    box = max(round(width / step / coarse), 1)
    smooth = np.ones(box) / box**0.5
    plane = np.stack([np.convolve(window(d).sum(axis=0), smooth, "same") for d in dms]) / (channels * coarse) ** 0.5
    times = 1e3 * ((np.arange(_BINS) + 0.5 - _BINS / 2) * coarse * step)
    edges = (times[0], times[-1])

    figure = _Figure(figsize=(WIDTH * 0.62, 6.4), layout="constrained")
    top, waterfall, below = figure.subplots(3, 1, sharex=True, height_ratios=(1, 2, 1.6))
    top.step(times, profile, where="mid", color=ACCENT, linewidth=1.0)
    top.axvspan(-500 * width, 500 * width, color=LINE, alpha=0.15, linewidth=0)
    top.set_ylabel("S/N of a bin")
    limit = max(float(np.nanpercentile(np.abs(bands), 99.5)), 1.0) if np.isfinite(bands).any() else 1.0
    shown = waterfall.imshow(
        np.ma.masked_invalid(bands), aspect="auto", origin="lower", extent=(*edges, low, high), cmap="viridis", vmin=-0.5 * limit, vmax=limit
    )  # fmt: skip
    waterfall.set_ylabel("Frequency [MHz]")
    figure.colorbar(shown, ax=waterfall, pad=0.02).set_label("S/N of a cell", fontsize=FONT)
    ratio = below.imshow(plane, aspect="auto", origin="lower", extent=(*edges, dms[0], dms[-1]), cmap="viridis")
    below.axhline(dm, color="white", linewidth=0.6, linestyle=":")
    below.set_ylabel("DM [pc/cm³]")
    figure.colorbar(ratio, ax=below, pad=0.02).set_label("S/N of the boxcar", fontsize=FONT)
    below.set_xlabel(f"Time after {time:.4f} s, at {high:.0f} MHz [ms]")
    for axes in (top, waterfall, below):
        style_axes(axes)
    top.set_title(
        f"DM {dm:.1f} pc/cm³, S/N {snr:.1f}, {1e3 * width:.3g} ms, probability {_probability(score)}", fontsize=FONT + 1
    )
    source = dynamic_spectrum.meta.get("source")
    figure.set_label(
        f"Candidate {number} of the search for single pulses{f' of {source}' if source else ''}: a pulse at {time:.4f} s with a dispersion measure of {dm:.1f} pc/cm3, "
        f"a signal-to-noise ratio of {snr:.1f} and a width of {1e3 * width:.3g} ms; probability {_probability(score)} of being from the sky, by a network trained on simulated data. "
        "From above: sum over the band (shaded: the boxcar), spectrum with the delays taken out (masked channels are blank), and signal-to-noise ratio of the boxcar against dispersion measure and time."
    )
    return figure


def _in_bands(channels: Any, good: Any, count: int) -> Any:
    """Sums over neighbouring channels in units of their noise; NaN where all are masked."""
    import numpy as np

    owner = (np.arange(len(channels)) * count) // len(channels)
    summed = np.zeros((count, channels.shape[1]))
    np.add.at(summed, owner, channels)
    members = np.bincount(owner, weights=good, minlength=count)
    return np.where(members[:, None] > 0, summed / np.sqrt(np.maximum(members, 1))[:, None], np.nan)


def _probability(score: float) -> str:
    """With two digits, more where two would say that it is certain."""
    if 0.005 <= score < 0.995:
        return f"{score:.2f}"
    return "above 0.9999" if score > 0.9999 else "below 0.0001" if score < 0.0001 else f"{score:.4f}"
