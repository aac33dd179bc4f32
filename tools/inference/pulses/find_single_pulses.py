"""Finding dispersed single pulses and fast radio bursts in a dynamic spectrum."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.errors import EmptyResult
from gnomon.tools.inference.hub.domain import FLAGGED_BELOW
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import DynamicSpectrum, Ranking, Weights

WEIGHTS = ("weights/single_pulses.safetensors", "56da506bf8b02e3c7897a1c7174da55161adf3ad12d00b325fee0b4a192d8420")

_EXPLAINED = 3  # candidates; each has two images


@tool(
    version="1.1",
    effects=("compute",),
    seconds=5.0,
    seconds_per_1000_rows=0.6,
    comparison="float32",
    weights={"weights": WEIGHTS},
    citations=(
        "Connor & van Leeuwen 2018, Applying deep learning to fast radio burst classification, doi:10.3847/1538-3881/aae649",
        "Zackay & Ofek 2017, An accurate and efficient algorithm for detection of radio bursts, doi:10.3847/1538-4357/835/1/11",
        "Cordes & McLaughlin 2003, Searches for fast radio transients, doi:10.1086/378231",
        "Lorimer & Kramer 2005, Handbook of Pulsar Astronomy, 2004hpa..book.....L",
    ),
    examples=(
        "Find single pulses in this filterbank file",
        "Is there a fast radio burst in these data?",
        "Search the dynamic spectrum for FRBs up to a dispersion measure of 3000",
        "Look for dispersed bursts and give their DM, width and S/N",
        "Search for RRAT pulses in the radio data",
        "Which single-pulse candidates are real and which are interference?",
        "Run a single-pulse search with a threshold of 8 sigma",
        "Detect giant pulses of the Crab in this .fil file",
        "在这个滤波器组文件里寻找单脉冲",
        "这段数据里有没有快速射电暴？",
        "在色散量 3000 以内搜寻快速射电暴",
        "搜寻色散脉冲，给出色散量、宽度和信噪比",
        "在射电数据里搜寻 RRAT 的单脉冲",
        "哪些单脉冲候选体是真的，哪些是射频干扰？",
        "以 8 倍信噪比为阈值做单脉冲搜寻",
    ),
    summary_zh="在射电动态谱中搜寻色散单脉冲与快速射电暴，给出色散量、宽度、信噪比和来自天体的概率。",
    method="Channels with deviating statistics were masked, the data dedispersed up to {dm_max} and searched with boxcars up to {width_max} down to a signal-to-noise ratio of {snr_min}; a network trained on simulated bursts and interference gave each candidate the probability that it is from the sky.",
    method_zh="屏蔽统计异常的频率通道，在色散量 {dm_max} 以内消色散，用宽至 {width_max} 的盒形滤波搜寻信噪比高于 {snr_min} 的脉冲；由在模拟暴与模拟干扰上训练的网络给出候选体来自天体的概率。",
)
def find_single_pulses(
    dynamic_spectrum: DynamicSpectrum,
    weights: Weights,
    dm_max: Annotated[float, "pc/cm3", "(0, 20000]"] = 2000.0,
    width_max: Annotated[float, "s", "(0, 1]"] = 0.1,
    snr_min: Annotated[float, "[5, inf)"] = 6.5,
    device: Literal["auto", "cpu", "cuda"] = "cpu",
) -> Ranking:
    """Search a dynamic spectrum for dispersed single pulses, and say which of them are from the sky.

    Interference is masked by the statistics of channels; delays are taken out on a grid of dispersion measures by the fast dispersion
    measure transform; boxcars of all widths are matched; hits of one event are joined and measured with exact delays.  A network then looks
    at the dedispersed spectrum and the plane of dispersion measure and time of each candidate.

    Parameters
    ----------
    dynamic_spectrum : DynamicSpectrum
        Power, channels by times, with at least 8 evenly spaced channels; not finite where there are no data.
    weights : Weights
        Of the network.
    dm_max : float
        Largest dispersion measure [pc/cm3]; nearly all known bursts are below 2000.
    width_max : float
        Widest boxcar [s].
    snr_min : float
        Least signal-to-noise ratio of the boxcar; at 6.5, normal noise gives one candidate in 2 x 10^10
        independent trials, of which a minute of data has about 10^9.
    device : {"auto", "cpu", "cuda"}
        Where the network is computed.

    Returns
    -------
    Ranking
        The best first: ``name``, ``score`` (probability of a pulse from the sky), ``in_domain``, ``time_s`` (middle of the pulse at the upper edge
        of the band, from the first sample), ``mjd`` (UTC, there; absent where the data do not say when they begin), ``dm``, ``width_ms``, ``snr``.  ``meta["explanation"]`` says of the first three what each cell of their images added.

    Raises
    ------
    InputError
        Where the spectrum is too small, or its channels are not evenly spaced.
    EmptyResult
        Where no pulse reaches `snr_min`.

    References
    ----------
    Network: Connor & van Leeuwen 2018, doi:10.3847/1538-3881/aae649.  Transform: Zackay & Ofek 2017, doi:10.3847/1538-4357/835/1/11.
    Boxcars: Cordes & McLaughlin 2003, doi:10.1086/378231.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    from gnomon.tools.inference.hub.devices import choose_device
    from gnomon.tools.inference.hub.explanations import explanation, image_part, numbers_part
    from gnomon.tools.inference.hub.models import Fitted
    from gnomon.tools.inference.hub.weights import model_told, read_tensors
    from gnomon.tools.inference.pulses.candidate_images import NUMBERS
    from gnomon.tools.inference.pulses.dynamic_spectra import spectrum_parts
    from gnomon.tools.inference.pulses.observed_candidates import candidate_name, observed_candidates
    from gnomon.tools.inference.pulses.pulse_search import SearchRange
    from gnomon.tools.inference.pulses.single_pulses import pulse_attribution, pulse_probabilities

    power, frequency, step = spectrum_parts(dynamic_spectrum)
    search = SearchRange(dm_max, width_max, snr_min)

    def read(start: int, count: int) -> Any:
        return np.asarray(power[:, start : start + count], dtype=np.float32)

    both = list(observed_candidates(read, power.shape[1], frequency, step, search))
    found, images = [c for c, _ in both], [i for _, i in both]
    if not found:
        raise EmptyResult(
            f"No dispersed pulse reaches a signal-to-noise ratio of {snr_min:g} in {power.shape[1] * step:.1f} s of data.",
            remedy="Lower snr_min, or search a larger range of dispersion measures and widths.",
            zh=f"在 {power.shape[1] * step:.1f} 秒的数据中没有信噪比达到 {snr_min:g} 的色散脉冲。",
        )
    tensors, header = read_tensors(weights)
    where = str(choose_device(device))
    inputs = {k: np.stack([i[k] for i in images]) for k in images[0]}
    said = pulse_probabilities(Fitted(tensors, header), inputs, where)
    odd = said.in_domain < FLAGGED_BELOW
    if odd.any():
        warnings.warn(
            f"{int(odd.sum())} of {len(odd)} candidates are unlike the simulated ones that the network was trained on; look at them yourself.",
            stacklevel=1,
        )
    time = np.array([c.time_s for c in found])
    snr = np.array([c.snr for c in found])
    order = np.lexsort((-snr, -said.value[:, 1]))
    table = QTable(
        {
            "name": np.array([candidate_name(c) for c in found])[order],
            "score": said.value[order, 1],
            "in_domain": said.in_domain[order],
            "time_s": time[order] * u.s,
            "dm": np.array([c.dm for c in found])[order] * u.pc / u.cm**3,
            "width_ms": np.array([1e3 * c.width_s for c in found])[order] * u.ms,
            "snr": snr[order],
        }
    )
    first = {k: v[order[:_EXPLAINED]] for k, v in inputs.items()}
    why = pulse_attribution(Fitted(tensors, header), first, where)
    table.meta["explanation"] = explanation(
        table["name"][:_EXPLAINED],
        ("the logit of a pulse from the sky", "来自天空的脉冲的对数几率"),
        (why.baseline, "空图像与平均的数值"),
        why.method,
        [
            image_part(("time and frequency", "时间与频率"), first["dynamic"], why.values["dynamic"]),
            image_part(("time and wrong delay", "时间与错误延迟"), first["plane"], why.values["plane"]),
            numbers_part(NUMBERS, first["numbers"], why.values["numbers"]),
        ],
    )
    start = dynamic_spectrum.meta.get("start_mjd")
    if start is not None:
        table.add_column((start + time[order] / 86400.0) * u.d, name="mjd", index=4)
    table.meta["model"] = model_told(weights, header, where)
    table.meta["search"] = {
        "dm_max": dm_max,
        "width_max_s": width_max,
        "snr_min": snr_min,
        "seconds": power.shape[1] * step,
    }
    return table
