"""Drawing a classification: how many objects of each class, and how sure they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.captions import both
from gnomon.tools.errors import EmptyResult
from gnomon.tools.registry import tool
from gnomon.tools.reporting.explanation_panels import captions, explanation_in, with_explanation
from gnomon.tools.reporting.light_curve_axes import ACCENT, FONT, QUIET, style_axes
from gnomon.tools.reporting.measured_rows import unlike_known

if TYPE_CHECKING:
    from gnomon.tools.kinds import Classification, Figure

_ALONE = 25  # objects that are drawn one by one


@tool(
    version="1.1",
    effects=("compute",),
    seconds=0.8,
    seconds_per_1000_rows=0.02,
    comparison="view",
    citations=(
        "Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",
        "Guo et al. 2017, On calibration of modern neural networks, arXiv:1706.04599, doi:10.48550/arXiv.1706.04599",
    ),
    examples=(
        "Plot the class probabilities",
        "Draw how many objects of each class there are",
        "Show the classification as a figure",
        "Bar chart of the classes",
        "Why does the model say that? Show what in the input made it choose the class",
        "What did the classifier look at for each object?",
        "画出分类概率",
        "画出各类天体的数目",
        "把分类结果画成图",
        "画各类的柱状图",
        "模型为什么这样分类？画出输入中起作用的部分",
        "分类器看重每个天体的哪些特征？",
    ),
    summary_zh="画出分类概率（天体少时逐个画出）或各类天体的数目，以及前几个天体中输入各部分的贡献。",
    method="The probabilities of the classes were drawn; of many objects, their sums; and of the first ones what each part of the input added to what the model said, where it tells.",
    method_zh="绘制各类概率；天体很多时绘制其总和；模型给出解释时，绘制前几个天体中输入各部分的贡献。",
)
def plot_classification(classification: Classification) -> Figure:
    """Draw the probabilities of the classes: of 25 objects or fewer each, of more the number of each class; and what made the model say so.

    Parameters
    ----------
    classification : Classification
        With a column ``p_CLASS`` for each class, and perhaps ``meta["explanation"]``.

    Returns
    -------
    Figure
        Objects that are unlike what the model knows are marked, or counted apart.  Below, for the objects that are explained, what each part of their input added.

    Raises
    ------
    EmptyResult
        Where nothing was classified.

    References
    ----------
    Probabilities of networks: Guo et al. 2017, doi:10.48550/arXiv.1706.04599.
    """
    import numpy as np
    from matplotlib.figure import Figure as Canvas

    if not len(classification):
        raise EmptyResult("There is no classification to draw.", remedy="Ask for objects that are there.")
    columns = [c for c in classification.colnames if c.startswith("p_")]
    p = np.array([np.asarray(classification[c], dtype=float) for c in columns])
    odd = np.asarray(unlike_known(classification))
    names = [c.removeprefix("p_") for c in columns]
    few = len(classification) <= _ALONE
    rows = len(classification) if few else len(names)
    figure = Canvas(layout="constrained")
    told = explanation_in(classification)
    axes: Any = with_explanation(figure, told, 1.0 + 0.28 * rows).subplots()
    style_axes(axes)
    if few:
        left = np.zeros(len(classification))
        for number, name in enumerate(names):
            axes.barh(np.arange(rows), p[number], left=left, color=f"C{number % 10}", label=name, height=0.7)
            left += p[number]
        labels = [f"{row['name']}{' (!)' if odd[i] else ''}" for i, row in enumerate(classification)]
        axes.set_yticks(np.arange(rows), labels, fontsize=FONT - 1)
        axes.set_xlim(0, 1)
        axes.set_xlabel("probability", fontsize=FONT)
        # Long names side by side would run out of the figure.
        across = max(1, min(6, len(names), 76 // (max(map(len, names)) + 4)))
        axes.legend(fontsize=FONT - 1, frameon=False, ncols=across, loc="lower center", bbox_to_anchor=(0.5, 1.0))
        english = f"Probabilities of the classes of {rows} objects; (!): unlike what the model knows."
        chinese = f"{rows} 个天体的分类概率；(!) 表示不像训练数据。"
    else:
        total = p[:, ~odd].sum(axis=1)
        spread = np.sqrt((p * (1 - p))[:, ~odd].sum(axis=1))
        axes.barh(np.arange(rows), total, xerr=spread, color=ACCENT, ecolor=QUIET, height=0.7)
        axes.set_yticks(np.arange(rows), names, fontsize=FONT - 1)
        axes.set_xlabel("objects", fontsize=FONT)
        english = f"Numbers of objects of each class, from the probabilities of {int((~odd).sum())} objects; {int(odd.sum())} are unlike what the model knows and left out."
        chinese = f"由 {int((~odd).sum())} 个天体的概率得到的各类数目；{int(odd.sum())} 个不像训练数据的未计入。"
    axes.invert_yaxis()
    more, more_zh = captions(told)
    figure.set_label(both(english + more, chinese + more_zh))
    return figure
