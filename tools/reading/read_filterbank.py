"""Reading radio power against frequency and time: SIGPROC filterbank files, and PSRFITS in search mode."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.errors import InputError
from gnomon.tools.reading.file_bytes import shown_name
from gnomon.tools.reading.psrfits_files import is_psrfits_search, open_psrfits
from gnomon.tools.reading.sigproc_files import is_sigproc, open_sigproc
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from pathlib import Path

    from gnomon.tools.kinds import DynamicSpectrum, File

_LARGEST = 1 << 30  # bytes of samples that are read into memory at once


def recognise_filterbank(path: Path) -> dict[str, Any] | None:
    """Say whether a file is a filterbank file, by its content.

    Parameters
    ----------
    path : pathlib.Path
        Path of the file.

    Returns
    -------
    dict or None
        ``confidence``, ``found``, ``found_zh`` and ``rows`` (time samples); None where it is none.
    """
    if is_sigproc(path):
        what, what_zh = "a SIGPROC filterbank file", "SIGPROC 滤波器组文件"
    elif is_psrfits_search(path):
        what, what_zh = "a PSRFITS file in search mode", "PSRFITS 搜寻模式文件"
    else:
        return None
    try:
        held: Any = open_sigproc(path) if is_sigproc(path) else open_psrfits(path)
    except InputError:
        # It is one and is broken: the reader says in a sentence how.
        return {"confidence": 0.99, "found": f"{what}, broken", "found_zh": f"{what_zh}（已损坏）", "rows": 0}
    shape = f"{held.channels} channels and {held.times} time samples"
    return {
        "confidence": 0.99,
        "found": f"{what} with {shape}",
        "found_zh": f"{what_zh}，{held.channels} 个频率通道，{held.times} 个时间采样",
        "rows": int(held.times),
    }


@tool(
    version="1.0",
    effects=("compute",),
    seconds=0.5,
    seconds_per_1000_rows=0.01,
    comparison="exact",
    recognises=recognise_filterbank,
    citations=(
        "Lorimer 2011, SIGPROC: Pulsar signal processing programs, ascl:1107.016, 2011ascl.soft07016L",
        "Hotan, van Straten & Manchester 2004, PSRCHIVE and PSRFITS, doi:10.1071/AS04022",
    ),
    examples=(
        "Read this filterbank file",
        "Open the attached .fil file",
        "How many channels and samples does this SIGPROC file have?",
        "Load the search-mode PSRFITS data",
        "What is the frequency range and the sampling time of this filterbank?",
        "Read 10 seconds of the filterbank data from 60 s on",
        "Which telescope and source is this dynamic spectrum of?",
        "Import the radio time-frequency data",
        "读取这个滤波器组文件",
        "打开附件里的 .fil 文件",
        "这个 SIGPROC 文件有多少个频率通道和时间采样？",
        "载入 PSRFITS 搜寻模式数据",
        "这个滤波器组数据的频率范围和采样时间是多少？",
        "从第 60 秒开始读取 10 秒的滤波器组数据",
        "导入射电时频数据",
        "这个动态谱是哪台望远镜观测的哪个源？",
    ),
    summary_zh="读取射电动态谱：SIGPROC 滤波器组文件（.fil）或 PSRFITS 搜寻模式文件。",
    method="The dynamic spectrum was read from the attached file, with channels in order of increasing frequency (polarisations: {polarisation}).",
    method_zh="从附件读取动态谱，频率通道按频率递增排列（偏振：{polarisation}）。",
)
def read_filterbank(
    file: File,
    skip: Annotated[float, "s", "[0, inf)"] = 0.0,
    duration: Annotated[float, "s", "(0, inf)"] | None = None,
    polarisation: Literal["total", "first"] = "total",
) -> DynamicSpectrum:
    """Read power against radio frequency and time from a filterbank file.

    Knows SIGPROC files of 1, 2, 4, 8, 16 and 32 bits in either byte order, and PSRFITS files in search mode.

    Parameters
    ----------
    file : File
        The attached file.
    skip : float
        Seconds from the beginning of the file that are skipped.
    duration : float, optional
        Seconds that are read; to the end of the file when not given.
    polarisation : {"total", "first"}
        ``total`` is total power: of two polarisations their sum; of four the sum of the first two where a PSRFITS file says that they are
        powers, else the first, which is that of Stokes parameters.  ``first`` is the first one always.

    Returns
    -------
    DynamicSpectrum
        Power in the file's units, channels by times, the lowest frequency first.  ``meta`` has ``frequency_mhz``, ``time_step_s``,
        ``start_mjd`` (UTC, of the first sample that was read; None where the file does not say), ``source`` and ``telescope``.

    Raises
    ------
    InputError
        Where the file is broken or no filterbank file, nothing lies in the stretch, or it does not fit into memory.

    References
    ----------
    SIGPROC: Lorimer 2011, ascl:1107.016.  PSRFITS: Hotan et al. 2004, doi:10.1071/AS04022.
    """
    import numpy as np
    from astropy.nddata import CCDData

    name = shown_name(file)
    held: Any = open_psrfits(file) if is_psrfits_search(file) else open_sigproc(file)
    for sentence in held.warnings:
        warnings.warn(sentence, stacklevel=1)
    first = round(skip / held.time_step_s)
    count = (
        held.times - first if duration is None else min(max(round(duration / held.time_step_s), 1), held.times - first)
    )
    if count < 1:
        raise InputError(
            f"{name} is {held.times * held.time_step_s:.3f} s long, so nothing is left after {skip:g} s.",
            remedy="Start earlier.",
        )
    size = count * held.channels * held.polarisations * 4
    if size > _LARGEST:
        longest = count * held.time_step_s * _LARGEST / size
        raise InputError(
            f"{count * held.time_step_s:.1f} s of {name} need {size / 1e9:.1f} GB of memory.",
            remedy=f"Read at most {longest:.0f} s at a time, with skip and duration.",
        )
    samples = held.samples(first, count)
    power = samples[: held.powers].sum(axis=0) if polarisation == "total" else samples[0]
    # Whole numbers of a byte are kept as such: the store then holds a quarter of the bytes.
    if held.bits <= 8 and power.min() >= 0 and power.max() <= 255 and np.array_equal(power, np.rint(power)):
        power = power.astype(np.uint8)
    meta = {
        "frequency_mhz": [float(f) for f in np.sort(held.frequency_mhz)],
        "time_step_s": held.time_step_s,
        "start_mjd": None if held.start_mjd is None else held.start_mjd + first * held.time_step_s / 86400.0,
        "source": held.source,
        "telescope": held.telescope,
        "reading": {"file": name, "bits": held.bits, "polarisations": held.polarisations, "first_sample": first},
    }
    return CCDData(power, unit="", meta=meta)
