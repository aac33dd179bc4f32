"""Numbers of a ranking: how many candidates, and the scores of the best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.registry import tool
from gnomon.tools.reporting.explanation_panels import explained_rows
from gnomon.tools.reporting.measured_rows import measurements, unlike_known

if TYPE_CHECKING:
    from gnomon.tools.kinds import Measurements, Ranking

_NAMED = 10  # candidates named one by one
# What a candidate may have besides its score, by column: quantity and unit.
_ODDNESS = "oddness"  # what `meta["score"]` says of a ranking whose score is no probability
_MORE = {"dm": ("dispersion_measure", "pc/cm3"), "width_ms": ("width", "ms"), "snr": ("signal_to_noise", "")}


@tool(
    version="1.1",
    effects=("compute",),
    seconds=0.1,
    seconds_per_1000_rows=0.005,
    comparison="decision",
    citations=(
        "Zhu et al. 2014, Searching for pulsars using image pattern recognition, doi:10.1088/0004-637X/781/2/117",
        "Lyon et al. 2016, Fifty years of pulsar candidate selection, doi:10.1093/mnras/stw656",
    ),
    examples=(
        "How many candidates are worth following up?",
        "Give the scores of the ten best candidates",
        "How many of the candidates are probably real?",
        "Numbers of the ranking: how many candidates, expected number of real ones",
        "值得后续观测的候选体有多少个？",
        "给出排名前十的候选体得分",
        "候选体中预计有多少个是真的？",
        "给出排名的数字：候选体总数和预期的真实数目",
    ),
    summary_zh="给出候选体总数、预期真实的数目，以及前十名的得分。",
    method="The expected number of real candidates is the sum of their probabilities, its interval that of independent draws.",
    method_zh="预期真实候选体数为概率之和，区间按独立抽样计算。",
)
def measure_ranking(ranking: Ranking) -> Measurements:
    """Give how many candidates there are, how many of them are expected to be real, and the best ones' scores.

    Parameters
    ----------
    ranking : Ranking
        The best first; ``score`` is a calibrated probability, or a measure of oddness where ``meta["score"]`` says so.

    Returns
    -------
    Measurements
        ``number_of_candidates``, ``expected_real`` (sum of the scores of those that the model knows, one standard deviation of independent
        draws, level 0.68), ``number_unlike_known``, then the ``probability`` of each of the first ten and, where the ranking has them, its
        ``dispersion_measure`` [pc/cm3], ``width`` [ms] and ``signal_to_noise``; where the model tells, ``attribution``, what each of the three
        strongest numbers of the first three added to what it said.  Of odd objects ``number_of_objects``, ``number_unlike_known``
        (p-values below 0.01), and of each of the first ten its ``p_value`` and ``deviation``, with the column that it is of.

    References
    ----------
    Ranking of candidates: Zhu et al. 2014, doi:10.1088/0004-637X/781/2/117.
    """
    import numpy as np

    odd = unlike_known(ranking)
    if ranking.meta.get("score") == _ODDNESS:
        return measurements(_of_odd(ranking, int(odd.sum())))
    score = np.asarray(ranking["score"], dtype=float)
    p = score[~odd]
    spread = float(np.sqrt(np.sum(p * (1 - p))))
    rows: list[dict[str, Any]] = [
        {"quantity": "number_of_candidates", "of": "all", "value": float(len(ranking))},
        {"quantity": "expected_real", "of": "all", "value": float(p.sum()), "lower": max(0.0, float(p.sum()) - spread), "upper": float(p.sum()) + spread, "level": 0.68},
        {"quantity": "number_unlike_known", "of": "all", "value": float(odd.sum())},
    ]  # fmt: skip
    for number, row in enumerate(ranking[:_NAMED]):
        of = str(row["name"])
        rows.append({"quantity": "probability", "of": of, "value": float(score[number])})
        for column, (quantity, unit) in _MORE.items():
            if column in ranking.colnames:
                value = getattr(row[column], "value", row[column])
                rows.append({"quantity": quantity, "of": of, "value": float(value), "unit": unit})
    return measurements(rows + explained_rows(ranking))


def _of_odd(ranking: Ranking, unlike: int) -> list[dict[str, Any]]:
    """Rows of a ranking by oddness, in which nothing is expected to be real or not."""
    rows: list[dict[str, Any]] = [
        {"quantity": "number_of_objects", "of": "all", "value": float(len(ranking))},
        {"quantity": "number_unlike_known", "of": "all", "value": float(unlike)},
    ]
    for row in ranking[:_NAMED]:
        rows.append({"quantity": "p_value", "of": str(row["name"]), "value": float(row["in_domain"])})
        rows.append({"quantity": "deviation", "of": f"{row['name']} in {row['unlike_in']}", "value": float(row["deviation"])})  # fmt: skip
    return rows
