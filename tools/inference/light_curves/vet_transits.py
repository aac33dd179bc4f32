"""Vetting the signals of a transit search with networks and trees that were trained on signals of TESS."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.inference.hub.domain import FLAGGED_BELOW
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Classification, LightCurve, TransitCandidates, Weights

WEIGHTS = ("weights/transit_vetting.safetensors", "57cb3f26ee22d4e377db2e414248fea6070329d812203d24c2d3548d7aa93213")


@tool(
    version="1.1",
    effects=("compute",),
    seconds=4.0,
    seconds_per_1000_rows=0.02,
    comparison="decision",
    weights={"weights": WEIGHTS},
    citations=(
        "Shallue & Vanderburg 2018, Identifying exoplanets with deep learning, 2018AJ....155...94S, doi:10.3847/1538-3881/aa9e09",
        "Yu et al. 2019, Identifying exoplanets with deep learning. III. TESS candidates, 2019AJ....158...25Y, doi:10.3847/1538-3881/ab21d6",
        "Schanche et al. 2019, Machine-learning approaches to exoplanet transit detection and candidate validation, doi:10.1093/mnras/sty3146",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599, doi:10.48550/arXiv.1706.04599",
    ),
    examples=(
        "Vet the transit candidates",
        "Is this transit signal a planet candidate or an eclipsing binary?",
        "Run a neural network on the folded light curve and say whether the dip looks like a planet",
        "Which of the signals of the transit search are false positives?",
        "Give the probability that each signal is a planet candidate",
        "Triage the candidates of this TESS light curve as AstroNet does",
        "Second opinion on the transit: planet, grazing binary or instrumental junk?",
        "Does the signal deserve to stay on our list of planet candidates?",
        "Classify the threshold crossing events of this star",
        "审查这些凌星候选体",
        "这个凌星信号是行星候选体还是食双星？",
        "用神经网络判断折叠光变曲线像不像行星",
        "凌星搜寻的信号里哪些是假阳性？",
        "给出每个信号是行星候选体的概率",
        "像 AstroNet 那样对 TESS 候选体做初筛",
        "这个信号值得留在候选名单里吗？",
    ),
    summary_zh="用在 TESS 信号上训练的网络和决策树审查凌星信号：行星候选体、食双星，或两者都不是。",
    method="Each signal was folded into a view of the orbit and one of the transit (Shallue & Vanderburg 2018), and vetted by an ensemble of convolutional networks and boosted trees trained on TESS signals (Yu et al. 2019), with calibrated probabilities.",
    method_zh="把每个信号折叠成整个轨道和凌星附近的两个视图（Shallue & Vanderburg 2018），用在 TESS 信号（Yu 等 2019）上训练的卷积网络集成和提升树审查，概率经过校准。",
)
def vet_transits(
    candidates: TransitCandidates,
    light_curve: Annotated[LightCurve, "detrended"],
    weights: Weights,
    device: Literal["auto", "cpu", "cuda"] = "cpu",
) -> Classification:
    """Say of every signal of a transit search whether it looks like a planet candidate, an eclipsing binary, or neither.

    Points in the transits of other accepted signals are left out of the folds.  A planet candidate is what looks like one in its light curve:
    blends and large companions can, and centroids are not looked at.

    Parameters
    ----------
    candidates : TransitCandidates
        Signals, accepted or not, with period, epoch and duration.
    light_curve : LightCurve
        The detrended light curve that they were found in.
    weights : Weights
        Of networks and trees.
    device : {"auto", "cpu", "cuda"}
        Where the networks are computed.

    Returns
    -------
    Classification
        A row a signal: ``name`` (``signal 1`` ...), ``class``, ``probability``, ``p_neither``, ``p_eclipsing binary``, ``p_planet candidate``,
        ``in_domain``, ``period`` [d].  Signals that cannot be folded are left out, with a warning.  ``meta["explanation"]`` says of the first six what
        each bin added.

    Raises
    ------
    EmptyResult
        Where there is no signal, or none can be folded.

    References
    ----------
    Views: Shallue & Vanderburg 2018, doi:10.3847/1538-3881/aa9e09, section 3.3.  Training: Yu et al. 2019, doi:10.3847/1538-3881/ab21d6.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    from gnomon.tools.inference.hub.devices import choose_device
    from gnomon.tools.inference.hub.explanations import EXPLAINED, curve_part, explanation
    from gnomon.tools.inference.hub.weights import model_told, read_tensors
    from gnomon.tools.inference.light_curves.folded_views import folded_views, local_reach
    from gnomon.tools.inference.light_curves.transit_probabilities import (
        TRANSIT_CLASSES,
        transit_probabilities,
        view_attribution,
    )

    names, periods, reaches, views, numbers = [], [], [], [], []
    for place, row in enumerate(candidates, start=1):
        name = f"signal {int(row['signal']) if 'signal' in candidates.colnames else place}"
        time, flux = _without_others(light_curve, candidates, place - 1)
        period, epoch, duration = (float(row[k].to_value("d")) for k in ("period", "epoch", "duration"))
        try:
            views.append(folded_views(time, flux, period, epoch, duration))
        except InputError as error:
            warnings.warn(f"{name[0].upper()}{name[1:]} was left out. {error}", stacklevel=1)
            continue
        names.append(name)
        periods.append(period)
        reaches.append(24.0 * local_reach(period, duration))
        numbers.append(_known_numbers(period, duration, float(row["depth"]), light_curve.meta.get("star") or {}))
    if not names:
        raise EmptyResult(
            "There is no transit signal to vet." if not len(candidates) else "None of the signals can be folded, so there is nothing to vet.",
            remedy="A longer or quieter light curve may show a signal.",
            zh="没有可审查的凌星信号。更长或噪声更低的光变曲线可能看到信号。",
        )  # fmt: skip
    inputs = {
        "global_view": np.stack([v[0] for v in views]),
        "local_view": np.stack([v[1] for v in views]),
        "scalars": np.array(numbers, dtype=np.float32),
    }
    tensors, header = read_tensors(weights)
    where = str(choose_device(device))
    value, usual = transit_probabilities(tensors, header, inputs, where)
    odd = usual < FLAGGED_BELOW
    if odd.any():
        which = ", ".join(n for n, o in zip(names, odd, strict=True) if o)
        warnings.warn(f"The folded light curve of {which} is unlike those that the model was trained on; what it says of it should not be trusted.", stacklevel=1)  # fmt: skip
    best = value.argmax(axis=1)
    result = QTable({"name": names, "class": np.array(TRANSIT_CLASSES)[best], "probability": value.max(axis=1)})
    for code, name in enumerate(TRANSIT_CLASSES):
        result[f"p_{name}"] = value[:, code]
    result["in_domain"] = usual
    result["period"] = periods * u.d
    result.meta["model"] = model_told(weights, header, where)
    first = {k: v[:EXPLAINED] for k, v in inputs.items()}
    why = view_attribution(tensors, header, first, where)
    result.meta["explanation"] = explanation(
        names[:EXPLAINED],
        ("the networks' logit of a transit or an eclipse", "凌星或掩食的网络对数几率"),
        (why.baseline, "周期、持续时间和恒星相同而没有信号的光变曲线"),
        why.method,
        [
            curve_part(
                axis,
                [np.linspace(-end, end, len(v)) for end, v in zip(ends, first[view], strict=False)],
                first[view],
                why.values[view],
            )
            for view, axis, ends in (
                ("global_view", ("phase", "相位"), [0.5] * len(names)),
                ("local_view", ("hours from the middle", "距中心的小时数"), reaches),
            )
        ],
    )
    return result


def _without_others(light_curve: Any, candidates: Any, place: int) -> tuple[Any, Any]:
    """Time [d] and flux without the points in the transits of other accepted signals; none are taken where no signal is accepted."""
    import numpy as np

    from gnomon.tools.fitting.box_search import in_transit
    from gnomon.tools.fitting.light_curve_arrays import light_curve_arrays

    time, flux, _error = light_curve_arrays(light_curve)
    free = np.ones(len(time), dtype=bool)
    if "accepted" not in candidates.colnames:
        return time, flux
    for other, row in enumerate(candidates):
        if other == place or not row["accepted"]:
            continue
        period, epoch, duration = (float(row[k].to_value("d")) for k in ("period", "epoch", "duration"))
        if duration < period:  # else it is no signal, and would take every point away
            free &= ~in_transit(time, period, epoch, 1.5 * duration)
    return time[free], flux[free]


def _known_numbers(period: float, duration: float, depth: float, star: dict[str, Any]) -> list[float]:
    """What is known of a signal and its star, in the order that the model reads; NaN where it is not.

    The signal-to-noise ratio is not told: that of the training is of another search, which reckons it otherwise.
    """
    from gnomon.tools.inference.light_curves.view_statistics import SCALARS

    known = {
        "period_d": period,
        "duration_h": 24.0 * duration,
        "depth_ppm": 1e6 * depth,
        "star_rad_rsun": star.get("radius_rsun"),
        "teff_k": star.get("teff_k"),
        "logg_cgs": star.get("logg_cgs"),
    }
    return [float("nan") if (value := known.get(name)) is None else float(value) for name in SCALARS]
