"""Ranking pulsar candidates by eight statistics."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.domain import FLAGGED_BELOW
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import ObjectTable, Ranking, Weights

WEIGHTS = ("weights/pulsar_candidates.safetensors", "1efc56e2f4be5def46567abd21191e7e5931dc9e2c43fee442212ad5e65e3c5b")


@tool(
    version="1.1",
    effects=("compute",),
    seconds=3.0,
    seconds_per_1000_rows=0.05,
    comparison="float32",
    weights={"weights": WEIGHTS},
    citations=(
        "Lyon et al. 2016, Fifty years of pulsar candidate selection, doi:10.1093/mnras/stw656",
        "Lakshminarayanan et al. 2017, Simple and scalable predictive uncertainty estimation using deep ensembles, arXiv:1612.01474, 2017arXiv161201474L",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599, 2017arXiv170604599G",
    ),
    examples=(
        "Rank these pulsar candidates",
        "Which of the candidates in this table are most likely pulsars?",
        "Sort the candidates of my pulsar survey by how real they look",
        "Give the probability that each candidate is a pulsar",
        "Pulsar or interference? Classify the candidates by their profile and DM curve statistics",
        "Find the real pulsars among the HTRU2 candidates",
        "Which candidates of the periodicity search should I reobserve first?",
        "Apply a classifier to the eight features of my pulsar candidates",
        "为这些脉冲星候选体排序",
        "这个表里哪些候选体最可能是脉冲星？",
        "给出每个候选体是脉冲星的概率",
        "用轮廓和色散曲线的统计量区分脉冲星与射频干扰",
        "在 HTRU2 候选体中找出真正的脉冲星",
        "脉冲星巡天的候选体应该先复查哪几个？",
        "按真实程度给周期搜寻的候选体排名",
    ),
    summary_zh="由轮廓与色散曲线的八个统计量，用神经网络集成为脉冲星候选体排序。",
    method="Candidates were ranked by the calibrated probability of a pulsar that an ensemble of networks, trained on HTRU2, gives for eight statistics of the pulse profile and the dispersion curve (Lyon et al. 2016).",
    method_zh="用在 HTRU2 上训练的神经网络集成，由脉冲轮廓与色散曲线的八个统计量（Lyon 等 2016）给出经校准的脉冲星概率，并据此排序。",
)
def rank_pulsar_candidates(
    candidates: ObjectTable, weights: Weights, device: Literal["auto", "cpu", "cuda"] = "cpu"
) -> Ranking:
    """Rank candidates of a pulsar search by the probability that they are pulsars.

    Parameters
    ----------
    candidates : ObjectTable
        With the columns ``ip_mean, ip_std, ip_kurt, ip_skew`` of the integrated profile and ``dm_mean, dm_std, dm_kurt, dm_skew`` of the curve of
        signal-to-noise ratio against dispersion measure, as in HTRU2, or under the long names of the UCI copy.  Candidates that lack one are
        told as outside of what the model knows.
    weights : Weights
        Of the ensemble.
    device : {"auto", "cpu", "cuda"}
        Where the networks are computed.

    Returns
    -------
    Ranking
        The best first: ``name``, ``score`` (probability), ``score_spread`` (scatter over the ensemble), ``in_domain``.  ``meta["explanation"]`` says
        of the first six what each statistic added to the logit.

    Raises
    ------
    InputError
        Where the table has no rows or lacks a statistic.

    References
    ----------
    Statistics and data: Lyon et al. 2016, doi:10.1093/mnras/stw656.
    """
    import numpy as np
    from astropy.table import QTable

    from gnomon.tools.inference.hub.devices import choose_device
    from gnomon.tools.inference.hub.explanations import EXPLAINED, explanation, numbers_part
    from gnomon.tools.inference.hub.models import Fitted
    from gnomon.tools.inference.hub.weights import model_told, read_tensors
    from gnomon.tools.inference.pulses.candidate_statistics import STATISTICS, read_statistics
    from gnomon.tools.inference.pulses.pulsar_candidates import pulsar_attribution, pulsar_probabilities

    if not len(candidates):
        raise InputError("The table has no candidates.", remedy="Give a table with at least one row.")
    statistics = read_statistics({name: candidates[name] for name in candidates.colnames}, "The table")
    tensors, header = read_tensors(weights)
    where = str(choose_device(device))
    fitted = Fitted(tensors, header)
    said = pulsar_probabilities(fitted, statistics, where)
    odd = said.in_domain < FLAGGED_BELOW
    if odd.any():
        warnings.warn(
            f"{int(odd.sum())} of {len(odd)} candidates are unlike those that the model was trained on; their scores should not be trusted.",
            stacklevel=1,
        )
    # Equal scores keep the order of the table.
    order = np.argsort(-said.value[:, 1], kind="stable")
    names = candidates["name"] if "name" in candidates.colnames else np.arange(1, len(candidates) + 1)
    ordered = np.array([str(n) for n in names])[order]
    first = order[:EXPLAINED]
    why = pulsar_attribution(fitted, statistics[first], where)
    told = explanation(
        ordered[:EXPLAINED],
        ("the logit of a pulsar", "脉冲星的对数几率"),
        (why.baseline, "非脉冲星候选体的中位数"),
        why.method,
        [numbers_part(STATISTICS, statistics[first], why.values["statistics"])],
    )
    return QTable(
        {
            "name": ordered,
            "score": said.value[order, 1],
            "score_spread": said.extras["spread"][order],
            "in_domain": said.in_domain[order],
        },
        meta={"model": model_told(weights, header, where), "explanation": told},
    )
