"""Drawing redshifts: the densities of a few objects, or the distribution of many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.captions import both
from gnomon.tools.errors import EmptyResult
from gnomon.tools.registry import tool
from gnomon.tools.reporting.explanation_panels import captions, explanation_in, with_explanation
from gnomon.tools.reporting.light_curve_axes import ACCENT, FONT, QUIET, WIDTH, style_axes
from gnomon.tools.reporting.measured_rows import unlike_known

if TYPE_CHECKING:
    from gnomon.tools.kinds import Figure, Redshifts

_ALONE = 6  # objects whose densities are drawn one by one


@tool(
    version="1.1",
    effects=("compute",),
    seconds=0.8,
    seconds_per_1000_rows=0.02,
    comparison="view",
    citations=(
        "Hunter 2007, Matplotlib: a 2D graphics environment, doi:10.1109/MCSE.2007.55",
        "Schmidt et al. 2020, Evaluation of probabilistic photometric redshift estimation approaches, doi:10.1093/mnras/staa2799",
    ),
    examples=(
        "Plot p(z) of these galaxies",
        "Draw the redshift distribution of the sample",
        "Show the photometric redshift densities",
        "N(z) of the catalogue as a histogram",
        "Which magnitudes make the photometric redshift of these objects what it is?",
        "画出这些星系的 p(z)",
        "画出样本的红移分布",
        "显示测光红移的概率密度",
        "把星表的 N(z) 画成直方图",
        "这些测光红移主要由哪些波段的星等决定？",
    ),
    summary_zh="画出红移的概率密度（天体少时逐个画出，多时画出总和与红移直方图）。",
    method="The probability densities of the redshifts were drawn; of many objects their sum, beside the histogram of the single values; and of the first ones what each magnitude added to what the model said.",
    method_zh="绘制红移概率密度；天体很多时绘制其总和以及红移直方图；并绘制前几个天体中各星等的贡献。",
)
def plot_redshifts(redshifts: Redshifts) -> Figure:
    """Draw probability densities of redshifts: of six objects or fewer each, of more their sum and the histogram of the values; and what made the model say so.

    Parameters
    ----------
    redshifts : Redshifts
        With ``density`` over ``meta["grid"]``, and perhaps ``meta["explanation"]``.

    Returns
    -------
    Figure
        Objects that are unlike what the model knows are drawn in grey.  Below, for the objects that are explained, what each magnitude added.

    Raises
    ------
    EmptyResult
        Where there are no redshifts.

    References
    ----------
    Sums of densities: Schmidt et al. 2020, doi:10.1093/mnras/staa2799.
    """
    import numpy as np
    from matplotlib.figure import Figure as Canvas

    if not len(redshifts):
        raise EmptyResult("There are no redshifts to draw.", remedy="Ask for objects that are there.")
    grid = np.asarray(redshifts.meta["grid"], dtype=float)
    density = np.asarray(redshifts["density"], dtype=float)
    odd = np.asarray(unlike_known(redshifts))
    figure = Canvas(layout="constrained")
    told = explanation_in(redshifts)
    axes: Any = with_explanation(figure, told, WIDTH * 0.5).subplots()
    style_axes(axes)
    if len(redshifts) <= _ALONE:
        for number, row in enumerate(redshifts):
            colour = QUIET if odd[number] else f"C{number}"
            axes.plot(grid, density[number], color=colour, lw=1.4, label=str(row["name"]))
            axes.axvline(float(row["z"]), color=colour, lw=0.7, ls=":")
        axes.legend(fontsize=FONT - 1, frameon=False)
        axes.set_ylabel("p(z)", fontsize=FONT)
        english = f"Probability densities of the redshifts of {len(redshifts)} objects; dotted: the value given."
        chinese = f"{len(redshifts)} 个天体的红移概率密度；虚线为给出的红移值。"
    else:
        known = density[~odd] if (~odd).any() else density
        axes.hist(
            np.asarray(redshifts["z"], dtype=float)[~odd],
            bins=60,
            range=(grid[0], grid[-1]),
            color=QUIET,
            alpha=0.6,
            label="values",
        )
        axes.plot(grid, known.sum(axis=0) * (grid[-1] - grid[0]) / 60, color=ACCENT, lw=1.4, label="sum of densities")
        axes.legend(fontsize=FONT - 1, frameon=False)
        axes.set_ylabel("objects", fontsize=FONT)
        english = f"Redshifts of {len(redshifts)} objects: histogram of the values, and the sum of their densities; {int(odd.sum())} objects unlike what the model knows are left out."
        chinese = (
            f"{len(redshifts)} 个天体的红移：数值直方图和概率密度之和；{int(odd.sum())} 个不像训练数据的天体未计入。"
        )
    axes.set_xlabel("redshift z", fontsize=FONT)
    reach = grid[np.flatnonzero(density.sum(axis=0) > 1e-3 * density.sum(axis=0).max())[-1]]
    axes.set_xlim(grid[0], min(grid[-1], reach * 1.1 + 0.02))
    axes.set_ylim(bottom=0)
    more, more_zh = captions(told)
    figure.set_label(both(english + more, chinese + more_zh))
    return figure
