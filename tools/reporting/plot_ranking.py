"""Drawing a ranking: the scores of the best, and what made the model give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.captions import both
from gnomon.tools.errors import EmptyResult
from gnomon.tools.registry import tool
from gnomon.tools.reporting.explanation_panels import captions, explanation_in, with_explanation
from gnomon.tools.reporting.light_curve_axes import ACCENT, FONT, QUIET, style_axes
from gnomon.tools.reporting.measured_rows import unlike_known

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, Ranking

_DRAWN = 20  # candidates, the best
_ODDNESS = "oddness"  # what `meta["score"]` says of a ranking whose score is no probability


@tool(
    version="1.0",
    effects=("compute",),
    seconds=0.8,
    seconds_per_1000_rows=0.005,
    comparison="view",
    citations=(
        "Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",
        "Castro et al. 2009, Polynomial calculation of the Shapley value based on sampling, doi:10.1016/j.cor.2008.04.004",
        "Sundararajan et al. 2017, Axiomatic attribution for deep networks, arXiv:1703.01365, doi:10.48550/arXiv.1703.01365",
    ),
    examples=(
        "Plot the ranking of the candidates",
        "Draw the scores of the best candidates",
        "Why does the model rank this candidate first?",
        "Show what made the network call these candidates pulsars",
        "Which features speak for the top candidates, and which against?",
        "Explain the scores of the ranking",
        "A figure of the twenty best candidates with their scores",
        "What did the model look at in the best candidates?",
        "画出候选体的排名",
        "画出得分最高的候选体",
        "模型为什么把这个候选体排在第一？",
        "显示网络为何认为这些候选体是脉冲星",
        "哪些特征支持排名靠前的候选体，哪些反对？",
        "解释排名的得分",
        "给出前二十个候选体及其得分的图",
    ),
    summary_zh="画出排名最前的候选体的得分，以及前几个候选体中输入各部分对得分的贡献。",
    method="The scores of the best candidates were drawn, and for the first ones what each part of the input added to what the model said, where it tells.",
    method_zh="绘制排名最前的候选体的得分；模型给出解释时，绘制前几个候选体中输入各部分的贡献。",
)
def plot_ranking(ranking: Ranking) -> Figure:
    """Draw the scores of the best twenty candidates, and what in their input made the model give them.

    Parameters
    ----------
    ranking : Ranking
        The best first: ``name``, ``score``, ``in_domain``, and perhaps ``meta["explanation"]``.

    Returns
    -------
    Figure
        Candidates that are unlike what the model knows are grey and marked.  Below, for those that are explained, what each part of their input
        added.

    Raises
    ------
    EmptyResult
        Where there is no candidate.

    References
    ----------
    Attributions: Castro et al. 2009, doi:10.1016/j.cor.2008.04.004; Sundararajan et al. 2017, arXiv:1703.01365.
    """
    import numpy as np
    from matplotlib.figure import Figure as Canvas

    if not len(ranking):
        raise EmptyResult("There is no candidate to draw.", remedy="Ask for candidates that are there.")
    best = ranking[:_DRAWN]
    rows = len(best)
    odd = np.asarray(unlike_known(best))
    oddness = ranking.meta.get("score") == _ODDNESS  # there p-values are low for all that is worth a look
    grey = np.zeros(rows, dtype=bool) if oddness else odd
    figure = Canvas(layout="constrained")
    told = explanation_in(best)
    axes: Any = with_explanation(figure, told, 0.9 + 0.2 * rows).subplots()
    style_axes(axes)
    axes.barh(
        np.arange(rows), np.asarray(best["score"], dtype=float), color=np.where(grey, QUIET, ACCENT), height=0.7
    )  # fmt: skip
    labels = [f"{row['name']}{' (!)' if grey[i] else ''}" for i, row in enumerate(best)]
    axes.set_yticks(np.arange(rows), labels, fontsize=FONT - 1)
    axes.tick_params(axis="y", which="minor", left=False, right=False)
    axes.invert_yaxis()
    axes.set_xlabel("oddness" if oddness else "probability", fontsize=FONT)
    if not oddness:
        axes.set_xlim(0, 1)
    what, what_zh = ("oddness", "离奇程度") if oddness else ("score", "得分")
    english = f"The {what} of the best {rows} of {len(ranking)} candidates"
    chinese = f"{len(ranking)} 个候选体中前 {rows} 个的{what_zh}"
    if grey.any():
        english += "; grey, (!): unlike what the model knows"
        chinese += "；灰色与 (!) 表示不像训练数据"
    more, more_zh = captions(told)
    figure.set_label(both(english + "." + more, chinese + "。" + more_zh))
    return figure
