"""Drawing a pulsar candidate as people look at it: profile, phase against time and frequency, and the curve of dispersion measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from gnomon.tools.errors import InputError
from gnomon.tools.registry import tool
from gnomon.tools.reporting.light_curve_axes import ACCENT, FONT, LINE, WIDTH, style_axes

if TYPE_CHECKING:
    from gnomon.tools.kinds import DynamicSpectrum, Figure

_DMS = 101
_WIDTHS = 5.0  # of the pulse, by which the ends of the curve of dispersion measure smear it over the band


@tool(
    version="1.0",
    effects=("compute",),
    seconds=6.0,
    comparison="view",
    citations=(
        "Zhu et al. 2014, Searching for pulsars using image pattern recognition, doi:10.1088/0004-637X/781/2/117",
        "Lorimer & Kramer 2005, Handbook of Pulsar Astronomy, 2004hpa..book.....L",
        "Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",
    ),
    examples=(
        "Plot the pulsar candidate with a period of 0.714 s and DM 26.8",
        "Fold the filterbank at 33.4 ms and DM 56.8 and show the diagnostic plots",
        "Draw profile, sub-bands, sub-integrations and DM curve of the pulsar candidate",
        "Make the candidate plot of this periodicity candidate",
        "Fold this observation with the period of the pulsar and draw the folded profile",
        "Does the candidate at P = 1.337 s pulse in the whole band and all the time? Plot it",
        "Show the phase-frequency and phase-time plots of the folded data",
        "Diagnostic plot of a folded pulsar candidate",
        "画出周期 0.714 s、色散量 26.8 的脉冲星候选体",
        "按 33.4 毫秒的周期和色散量 56.8 折叠滤波器组数据并画诊断图",
        "画脉冲星候选体的轮廓、子带、子积分和色散量曲线",
        "用脉冲星的周期折叠这次观测，画出折叠轮廓",
        "给出折叠后相位—频率和相位—时间图",
        "这个周期候选体在整个频带和整个时间里都有脉冲吗？画图看看",
        "脉冲星候选体的诊断图",
    ),
    summary_zh="按给定的周期和色散量折叠动态谱，画出脉冲星候选体的轮廓、相位—时间图、相位—频率图和信噪比随色散量的曲线。",
    method="The dynamic spectrum was folded with a period of {period} and a dispersion measure of {dm}; drawn are the profile, phase against time and frequency, and the signal-to-noise ratio of the best boxcar against dispersion measure.",
    method_zh="动态谱按周期 {period} 和色散量 {dm} 折叠；绘制轮廓、相位随时间和频率的变化，以及最佳盒形滤波信噪比随色散量的曲线。",
)
def plot_pulsar_candidate(
    dynamic_spectrum: DynamicSpectrum,
    period: Annotated[float, "s", "(0, inf)"],
    dm: Annotated[float, "pc/cm3", "[0, inf)"],
) -> Figure:
    """Fold an observation with a period and a dispersion measure, and draw what people judge a pulsar candidate by.

    The period is that at the telescope and is taken as constant; one that is not right makes the pulse drift through the plot of phase and time.

    Parameters
    ----------
    dynamic_spectrum : DynamicSpectrum
        Two periods long or longer.
    period : float
        Period of the pulses [s], at the telescope; eight samples or longer.
    dm : float
        Dispersion measure (DM) [pc/cm3], whose delays are taken out.

    Returns
    -------
    Figure
        Four panels: profile over two turns, phase and time, phase and frequency, signal-to-noise ratio against dispersion measure.  The caption is the figure's label.

    Raises
    ------
    InputError
        Where the period is too short for the samples or too long for the observation, or all channels are bad.

    References
    ----------
    Panels: Zhu et al. 2014, doi:10.1088/0004-637X/781/2/117.  Folding: Lorimer & Kramer 2005, section 7.1.
    """
    import numpy as np
    from matplotlib.figure import Figure as _Figure

    from gnomon.tools.captions import both
    from gnomon.tools.inference.pulses.dispersion import band_edges, dispersion_delay
    from gnomon.tools.inference.pulses.dynamic_spectra import spectrum_parts
    from gnomon.tools.inference.pulses.folding import LEAST_BINS, folded_spectrum, profile_snr, turned
    from gnomon.tools.inference.pulses.interference_mask import flattened

    power, frequency, step = spectrum_parts(dynamic_spectrum)
    length = power.shape[1] * step
    if period < LEAST_BINS * step:
        raise InputError(
            f"A period of {period:g} s is shorter than {LEAST_BINS} samples of {step:g} s.", remedy="Give data that are sampled faster, or a longer period."
        )  # fmt: skip
    if length < 2.0 * period:
        raise InputError(
            f"The data are {length:g} s long, less than two periods of {period:g} s.", remedy="Give a longer observation, or a shorter period."
        )  # fmt: skip
    spectrum, good = flattened(np.asarray(power, dtype=np.float32), step, max(1.0, 2.0 * period))
    if not good.any():
        raise InputError("Every channel of the data is bad.", remedy="Look at the data with other tools first.")
    folded = folded_spectrum(spectrum, good, frequency, step, period, dm)
    bins = folded.power.shape[2]
    profile, weight = turned(folded, 0.0)
    snr, first, width = profile_snr(profile, weight)
    # The pulse to the middle of the turn.
    turn = bins // 2 - (first + width // 2)
    low, high = band_edges(frequency)
    across = float(dispersion_delay(1.0, low, high))
    reach = max(_WIDTHS * max(width / bins, 0.05) * period / across, step / across)
    dms = np.linspace(max(dm - reach, 0.0), dm + reach, _DMS)
    curve = [profile_snr(*turned(folded, float(d - dm)))[0] for d in dms]

    def units_of_noise(axis: int) -> np.ndarray:
        summed, count = (np.roll(v.sum(axis=axis), turn, axis=1) for v in (folded.power, folded.weight))
        made = np.where(count > 0, summed / np.sqrt(np.maximum(count, 1.0)), np.nan)
        return np.concatenate([made, made], axis=1)

    figure = _Figure(figsize=(WIDTH, 6.0), layout="constrained")
    (top, beside), (below_left, below_right) = figure.subplots(2, 2)
    level = np.roll(profile / np.sqrt(np.maximum(weight, 1.0)), turn)
    top.step((np.arange(2 * bins) + 0.5) / bins, np.concatenate([level, level]), where="mid", color=ACCENT, linewidth=1.0)  # fmt: skip
    left = (bins // 2 - width // 2) / bins
    top.axvspan(left, left + width / bins, color=LINE, alpha=0.15, linewidth=0)
    top.set(xlim=(0.0, 2.0), xlabel="Phase", ylabel="S/N of a bin")
    beside.plot(dms, curve, color=ACCENT, linewidth=1.0)
    beside.axvline(dm, color=LINE, linewidth=0.6, linestyle=":")
    beside.set(xlabel="DM [pc/cm³]", ylabel="S/N of the best boxcar")
    for axes, shown, ends, name in (
        (below_left, units_of_noise(0), (0.0, length), "Time [s]"),
        (below_right, units_of_noise(1), (low, high), "Frequency [MHz]"),
    ):
        limit = max(float(np.nanpercentile(np.abs(shown), 99.5)), 1.0)
        drawn = axes.imshow(
            np.ma.masked_invalid(shown), aspect="auto", origin="lower", extent=(0.0, 2.0, *ends), cmap="viridis", vmin=-0.5 * limit, vmax=limit
        )  # fmt: skip
        axes.set(xlabel="Phase", ylabel=name)
        figure.colorbar(drawn, ax=axes, pad=0.02).set_label("S/N of a cell", fontsize=FONT)
    for axes in (top, beside, below_left, below_right):
        style_axes(axes)
    best = float(dms[int(np.argmax(curve))])
    figure.suptitle(f"P {period:.9g} s, DM {dm:.2f} pc/cm³, S/N {snr:.1f}", fontsize=FONT + 1)
    source = dynamic_spectrum.meta.get("source")
    figure.set_label(
        both(
            f"Pulsar candidate{f' in {source}' if source else ''}, folded with a period of {period:.9g} s and a dispersion measure of {dm:.2f} pc/cm3: signal-to-noise ratio {snr:.1f} "
            f"of a boxcar {width / bins:.3f} turns wide; the highest among neighbouring dispersion measures is {max(curve):.1f} at {best:.2f} pc/cm3. From above: profile over two turns (shaded: the boxcar), "
            "signal-to-noise ratio against dispersion measure, phase against time, and phase against frequency (masked parts are blank).",
            f"脉冲星候选体，按周期 {period:.9g} s、色散量 {dm:.2f} pc/cm3 折叠：宽 {width / bins:.3f} 周的盒形滤波信噪比为 {snr:.1f}；邻近色散量中最高为 {max(curve):.1f}，在 {best:.2f} pc/cm3。"
            "图中依次为两周的轮廓（阴影为盒形）、信噪比随色散量的变化、相位—时间图和相位—频率图（空白为屏蔽部分）。",
        )
    )
    return figure
