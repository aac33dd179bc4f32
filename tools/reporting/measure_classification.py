"""Numbers of a classification: how many objects of each class, and how sure each is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.registry import tool
from gnomon.tools.reporting.explanation_panels import explained_rows
from gnomon.tools.reporting.measured_rows import measurements, unlike_known

if TYPE_CHECKING:
    from gnomon.tools.kinds import Classification, Measurements

# Objects named one by one; of more, the report has the table.
_NAMED = 20


@tool(
    version="1.1",
    effects=("compute",),
    seconds=0.1,
    seconds_per_1000_rows=0.01,
    comparison="decision",
    citations=(
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599, doi:10.48550/arXiv.1706.04599",
        "Forman 2008, Quantifying counts and costs via classification, doi:10.1007/s10618-008-0097-y",
    ),
    examples=(
        "How many objects of each class are there?",
        "Count the classified objects by class",
        "How sure is each classification?",
        "Give the numbers of the classification: how many of each class, how many are unlike the training data",
        "What fraction of these objects is of each class?",
        "How many of them does the model refuse?",
        "每一类各有多少个天体？",
        "统计各类天体的数目",
        "每个分类结果有多可靠？",
        "给出分类的数字：各类多少个，有多少个不像训练数据",
        "各类所占比例是多少？",
        "有多少个目标模型拒绝判断？",
    ),
    summary_zh="给出各类天体的数目（由概率求和，带不确定度）、与训练数据不相似的数目，以及每个天体的概率。",
    method="The number of objects of a class is the sum of their probabilities, its interval that of independent draws; objects whose input is unlike what the model knows are counted apart.",
    method_zh="各类天体数为概率之和，区间按独立抽样计算；与模型所知不相似的对象另行计数。",
)
def measure_classification(classification: Classification) -> Measurements:
    """Give the number of objects of each class with its uncertainty, and the probability of each of the first objects.

    Parameters
    ----------
    classification : Classification
        With a column ``p_CLASS`` for each class; objects with ``in_domain`` below 0.01 are counted as unlike what the model knows, and not in a
        class.

    Returns
    -------
    Measurements
        ``number`` of each class (sum of probabilities, with one standard deviation of independent draws, level 0.68),
        ``number_unlike_known``, and for twenty objects or fewer the ``probability`` of each one's class; where the model tells,
        ``attribution``, what each of the three strongest numbers of the first three objects added to what it said.  NaN limits where there are none.

    References
    ----------
    Counts from probabilities: Forman 2008, doi:10.1007/s10618-008-0097-y.
    """
    import numpy as np

    odd = unlike_known(classification)
    rows: list[dict[str, Any]] = []
    for column in [c for c in classification.colnames if c.startswith("p_")]:
        p = np.asarray(classification[column], dtype=float)[~odd]
        spread = float(np.sqrt(np.sum(p * (1 - p))))
        total = float(p.sum())
        rows.append(
            {
                "quantity": "number",
                "of": column.removeprefix("p_"),
                "value": total,
                "lower": max(0.0, total - spread),
                "upper": total + spread,
                "level": 0.68,
            }
        )
    rows.append({"quantity": "number_unlike_known", "of": "objects", "value": float(odd.sum())})
    if len(classification) <= _NAMED:
        rows += [
            {"quantity": "probability", "of": f"{row['name']} ({row['class']})", "value": float(row["probability"])}
            for row in classification
        ]
    return measurements(rows + explained_rows(classification))
