"""Types of RR Lyrae stars from their light curves in several bands, by a network that was trained on observed stars."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated, Literal

from gnomon.tools.inference.hub.domain import FLAGGED_BELOW
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    import numpy as np

    from gnomon.tools.kinds import Classification, MultibandLightCurves, Weights

WEIGHTS = ("weights/rr_lyrae_types.safetensors", "1e20b968f867e41404e4de897cc1fc2af35297254354c3318971cd1ed0be6c1f")

_NAMED = 5  # stars that are named in a warning


@tool(
    version="1.0",
    effects=("compute",),
    seconds=5.0,
    seconds_per_1000_rows=6.0,
    comparison="decision",
    weights={"weights": WEIGHTS},
    citations=(
        "Naul et al. 2018, A recurrent neural network for classification of unevenly sampled variable stars, doi:10.1038/s41550-017-0321-z",
        "Sesar et al. 2010, Light curve templates and galactic distribution of RR Lyrae stars from SDSS Stripe 82, doi:10.1088/0004-637X/708/1/717",
        "VanderPlas & Ivezic 2015, Periodograms for multiband astronomical time series, 2015ApJ...812...18V, doi:10.1088/0004-637X/812/1/18",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599, doi:10.48550/arXiv.1706.04599",
    ),
    examples=(
        "RRab or RRc: let the network read these multi-band light curves",
        "Which Bailer type is each RR Lyrae star, from its ugriz light curves?",
        "Are these RR Lyrae stars of type ab or c? Use the shape of the folded light curves",
        "Classify the RR Lyrae stars with the autoencoder of light curves",
        "Tell fundamental-mode from first-overtone RR Lyrae in this multi-band photometry",
        "Use a neural network on the folded light curves to separate RRc from RRab",
        "Type of the RR Lyrae with a period of 0.34 d from its g and r light curves",
        "Do these candidates look like RR Lyrae stars at all, and of which Bailey type?",
        "用网络读这些多波段光变曲线，判断是 RRab 还是 RRc",
        "由 ugriz 光变曲线判断每颗天琴 RR 型变星的贝利类型",
        "这些天琴座 RR 变星是 ab 型还是 c 型？",
        "用光变曲线自编码器给天琴 RR 型变星分型",
        "区分基模和第一泛音脉动的天琴 RR 型变星",
        "用神经网络由折叠光变曲线区分 RRc 与 RRab",
        "这些候选体像不像天琴 RR 型变星？属于哪一型？",
    ),
    summary_zh="把多波段光变曲线按周期折叠，用在真实恒星上训练的自编码网络区分天琴 RR 型变星的 RRab 与 RRc，并指出不像天琴 RR 型的星。",
    method="Light curves in u, g, r, i and z were folded with a period between 0.2 and 1 d that all bands share, unless it was given, and read by an autoencoder with convolutions round the phase (after Naul et al. 2018), trained on RR Lyrae stars of SDSS Stripe 82 (Sesar et al. 2010), whose embeddings give calibrated probabilities of the two types.",
    method_zh="把 u、g、r、i、z 波段光变曲线按各波段共有的 0.2 至 1 天之间的周期（或给定的周期）折叠，由沿相位卷积的自编码网络（仿 Naul 等 2018，在 SDSS Stripe 82 的天琴 RR 型变星上训练，Sesar 等 2010）读取，由其嵌入给出经过校准的两型概率。",
)
def classify_rr_lyrae(
    light_curves: MultibandLightCurves,
    weights: Weights,
    period: Annotated[float, "d", "(0, inf)"] | None = None,
    device: Literal["auto", "cpu", "cuda"] = "cpu",
) -> Classification:
    """Say of each RR Lyrae star whether it is an RRab or an RRc, from its light curves, and which stars are unlike any of them.

    The network knows these two types only: a star of another kind gets one of them too, and ``in_domain`` says how unlike those it is.

    Parameters
    ----------
    light_curves : MultibandLightCurves
        Of one star or many.  Bands u, g, r, i, z are read, those with 15 points or more; points with flux 0 or less are left out.
    weights : Weights
        Of the network.
    period : float, optional
        Of the star [d], where there is just one; by default it is searched between 0.2 and 1 d.
    device : {"auto", "cpu", "cuda"}
        Where the network is computed.

    Returns
    -------
    Classification
        A row a star: ``name``, ``class``, ``probability``, ``p_RRab``, ``p_RRc``, ``in_domain`` (below 0.01 it is unlike the stars that were trained on), ``period`` [d], ``bands``.
        ``meta["explanation"]`` says of the first six what each point of their richest band added.  Stars that cannot be folded are left out and counted in a warning.

    Raises
    ------
    InputError
        Where no star can be folded, or one period is given for several stars.

    References
    ----------
    The idea: Naul et al. 2018, doi:10.1038/s41550-017-0321-z.  Stars: Sesar et al. 2010, doi:10.1088/0004-637X/708/1/717.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    from gnomon.tools.inference.hub.devices import choose_device
    from gnomon.tools.inference.hub.explanations import EXPLAINED, curve_part, explanation
    from gnomon.tools.inference.hub.weights import model_told, read_tensors
    from gnomon.tools.inference.light_curves.folded_bands import BANDS, folded_bands
    from gnomon.tools.inference.light_curves.rr_lyrae_probabilities import point_attribution, rr_lyrae_probabilities
    from gnomon.tools.inference.light_curves.rr_lyrae_stars import stars_of_table

    names, stars, left_out = stars_of_table(light_curves, period)
    if left_out:
        told = "; ".join(f"{name} {why}" for name, why in list(left_out.items())[:_NAMED])
        more = " ..." if len(left_out) > _NAMED else ""
        warnings.warn(f"{len(left_out)} stars were left out: {told}{more}.", stacklevel=1)
    inputs = folded_bands(stars)
    tensors, header = read_tensors(weights)
    where = str(choose_device(device))
    value, usual = rr_lyrae_probabilities(tensors, header, inputs, where)
    odd = usual < FLAGGED_BELOW
    if odd.any():
        warnings.warn(
            f"{int(odd.sum())} of {len(odd)} stars are unlike the RR Lyrae stars that the network was trained on; their types should not be trusted.",
            stacklevel=1,
        )
    classes = [str(c) for c in header["classes"]]
    result = QTable(
        {
            "name": np.array(names),
            "class": np.array(classes)[value.argmax(axis=1)],
            "probability": value.max(axis=1),
        }
    )
    for code, name in enumerate(classes):
        result[f"p_{name}"] = value[:, code]
    result["in_domain"] = usual
    result["period"] = np.array([p for _b, p in stars]) * u.d
    result["bands"] = np.array(["".join(b for b in BANDS if b in bands) for bands, _p in stars])
    result.meta["model"] = model_told(weights, header, where)
    first = {k: v[:EXPLAINED] for k, v in inputs.items()}
    why = point_attribution(tensors, header, first, where)
    rows = np.arange(len(first["phase"]))
    richest = [BANDS.index(max(bands, key=lambda b: len(bands[b][0]))) for bands, _p in stars[:EXPLAINED]]
    # A band with fewer points goes round more than once: what its copies added belongs to the point.
    points = [min(len(stars[i][0][BANDS[b]][0]), first["phase"].shape[2]) for i, b in zip(rows, richest, strict=True)]
    adds = [_once(why.values["magnitude"][i, b], n) for i, b, n in zip(rows, richest, points, strict=True)]
    result.meta["explanation"] = explanation(
        names[:EXPLAINED],
        ("the logit of the type that is told", "所判类型的对数几率"),
        (why.baseline, "不变的星"),
        why.method,
        [
            curve_part(
                ("phase, from the maximum of light", "相位（从极大亮度起）"),
                [first["phase"][i, b, :n] for i, b, n in zip(rows, richest, points, strict=True)],
                [first["magnitude"][i, b, :n] for i, b, n in zip(rows, richest, points, strict=True)],
                adds,
            )
        ],
    )
    return result


def _once(values: np.ndarray, points: int) -> np.ndarray:
    """Sums over the copies of each point of a band that goes round more than once."""
    import numpy as np

    return np.bincount(np.arange(len(values)) % points, weights=values, minlength=points)
