"""Transits in a light curve that was not folded, by a network that was trained on simulated planets."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal

from gnomon.tools.inference.hub.domain import FLAGGED_BELOW
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Classification, LightCurve, Weights

WEIGHTS = ("weights/raw_transits.safetensors", "aac4564af22c48706f137862b465bdd8be12e4f4462f9a4248e20d6994ef9636")


@tool(
    version="1.1",
    effects=("compute",),
    seconds=4.0,
    seconds_per_1000_rows=0.02,
    comparison="decision",
    weights={"weights": WEIGHTS},
    citations=(
        "Pearson et al. 2018, Searching for exoplanets using artificial intelligence, 2018MNRAS.474..478P, doi:10.1093/mnras/stx2761",
        "Zucker & Giryes 2018, Shallow transits - deep learning. I, 2018AJ....155..147Z, doi:10.3847/1538-3881/aaae05",
        "Zeiler & Fergus 2014, Visualizing and understanding convolutional networks, arXiv:1311.2901, doi:10.1007/978-3-319-10590-1_53",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599, doi:10.48550/arXiv.1706.04599",
    ),
    examples=(
        "Is there a transit anywhere in this light curve, without folding it?",
        "Run a neural network on the raw light curve and say whether a planet transits",
        "Give the probability that this light curve contains a transit",
        "Detect transits with deep learning instead of box least squares",
        "Look for a single transit that a periodic search would miss",
        "Does the unfolded TESS photometry show dips like those of a planet?",
        "Screen this raw light curve for transits with a CNN",
        "Which sectors of this light curve have transits in them?",
        "Transit or no transit? Use the network for raw light curves",
        "不折叠，直接判断这条光变曲线里有没有凌星",
        "用神经网络从原始光变曲线中探测凌星",
        "给出这条光变曲线含有凌星的概率",
        "寻找周期搜索会漏掉的单次凌星",
        "用深度学习代替盒型最小二乘探测凌星",
        "这条光变曲线的哪一段有凌星？",
    ),
    summary_zh="用在模拟行星上训练的一维卷积网络，从未折叠、未去趋势的光变曲线判断每 28 天里有没有凌星。",
    method="Stretches of 28 days of the light curve, neither detrended nor folded, were judged by a one-dimensional convolutional network (after Pearson et al. 2018) that was trained on simulated transits in simulated noise, with calibrated probabilities.",
    method_zh="把未去趋势、未折叠的光变曲线按 28 天分段，用在模拟噪声和模拟凌星上训练的一维卷积网络（仿 Pearson 等 2018）判断，概率经过校准。",
)
def detect_transits(
    light_curve: LightCurve, weights: Weights, device: Literal["auto", "cpu", "cuda"] = "cpu"
) -> Classification:
    """Say of every 28 days of a light curve whether there is a transit in them, without detrending and folding.

    The network knows simulated planets only, half of its stretches had one, and a dip of an eclipsing binary is a transit to it: what it finds is
    to be searched for a period, and vetted.

    Parameters
    ----------
    light_curve : LightCurve
        With a point an hour or more; not detrended.  It is averaged in half hours.
    weights : Weights
        Of the network.
    device : {"auto", "cpu", "cuda"}
        Where it is computed.

    Returns
    -------
    Classification
        A row a stretch: ``name`` (its first and last day), ``class``, ``probability``, ``p_no transit``, ``p_transit``, ``in_domain``, ``start`` [d], ``strongest``
        (middle of the day without which the stretch looks least like one with transits [d]).  Stretches with less than five days of data are left
        out.  ``meta["explanation"]`` says of the six most likely ones what each half hour added.

    Raises
    ------
    InputError
        Where points are further apart than an hour, no stretch has five days of data, or the median flux is not positive.

    References
    ----------
    The idea: Pearson et al. 2018, doi:10.1093/mnras/stx2761.  The strongest day: Zeiler & Fergus 2014, arXiv:1311.2901.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    from gnomon.tools.fitting.light_curve_arrays import light_curve_arrays
    from gnomon.tools.inference.hub.devices import choose_device
    from gnomon.tools.inference.hub.explanations import EXPLAINED, curve_part, explanation
    from gnomon.tools.inference.hub.weights import model_told, read_tensors
    from gnomon.tools.inference.light_curves.light_curve_stretches import SPAN_D, STEP_D, stretches_of
    from gnomon.tools.inference.light_curves.raw_transit_probabilities import (
        RAW_CLASSES,
        cell_attribution,
        raw_probabilities,
        strongest_days,
    )

    time, flux, _error = light_curve_arrays(light_curve)
    start, cells = stretches_of(time, flux)
    tensors, header = read_tensors(weights)
    where = str(choose_device(device))
    value, usual = raw_probabilities(tensors, header, cells, where)
    end = np.minimum(start + SPAN_D, time[-1])
    odd = usual < FLAGGED_BELOW
    if odd.any():
        warnings.warn(
            f"{int(odd.sum())} of {len(odd)} stretches are unlike the simulated ones that the network was trained on; what it says of them should not be trusted.",
            stacklevel=1,
        )
    result = QTable(
        {
            "name": np.array([f"days {a:.1f} to {b:.1f}" for a, b in zip(start, end, strict=True)]),
            "class": np.array(RAW_CLASSES)[value.argmax(axis=1)],
            "probability": value.max(axis=1),
        }
    )
    for code, name in enumerate(RAW_CLASSES):
        result[f"p_{name}"] = value[:, code]
    result["in_domain"] = usual
    result["start"] = start * u.d
    result["strongest"] = (start + strongest_days(tensors, header, cells, where)) * u.d
    result.meta["model"] = model_told(weights, header, where)
    result.meta["time_reference"] = light_curve.meta.get("time_reference")
    likeliest = np.argsort(-value[:, 1], kind="stable")[:EXPLAINED]
    why = cell_attribution(tensors, header, cells[likeliest], where)
    there = [np.isfinite(cells[i]) for i in likeliest]
    result.meta["explanation"] = explanation(
        result["name"][likeliest],
        ("the logit of a transit", "凌星的对数几率"),
        (why.baseline, "亮度恒定且无缺口的恒星"),
        why.method,
        [
            curve_part(
                ("time [d]", "时间 [d]"),
                [start[i] + STEP_D * (np.flatnonzero(t) + 0.5) for i, t in zip(likeliest, there, strict=True)],
                [cells[i][t] for i, t in zip(likeliest, there, strict=True)],
                [row[t] for row, t in zip(why.values["cells"], there, strict=True)],
            )
        ],
    )
    return result
