"""Explanations of what models said, as panels of a figure and as rows of numbers; where they come from: `gnomon.tools.inference.hub.explanations`."""

from __future__ import annotations

import json
from typing import Any

from gnomon.tools.reporting.light_curve_axes import FONT, WIDTH, style_axes

_BARS = 5  # numbers that are drawn for an object: those that add or take away most
_IN_ROWS = 3  # objects, and numbers of each, among the measured ones
_FEW = 2  # so many numbers are told above a panel
_ACROSS = 3  # panels side by side
_HEIGHT = 1.55  # of a panel [inches]
_SHADES, _ADDS, _TAKES = "coolwarm", "#b40426", "#3b4cc0"  # blue takes away, red adds
CAVEAT = "It says what the model used, not why an object is what it is: inputs that go together share what they add, and another start gives other numbers."
CAVEAT_ZH = "它说明模型用了什么，而不说明天体为何如此：彼此相关的输入会分摊贡献，换一个起点数值也会不同。"


def explanation_in(table: Any) -> dict[str, Any] | None:
    """The explanation that came with a result, of those objects that are still in it; None where there is none, or nothing to draw."""
    text = table.meta.get("explanation")
    if not text:
        return None
    told: dict[str, Any] = json.loads(text)
    there = {str(n) for n in table["name"]}
    kept = [i for i, name in enumerate(told["objects"]) if name in there]
    if not kept or all(_is_told_above(p) for p in told["parts"]):
        return None
    told["objects"] = [told["objects"][i] for i in kept]
    for part in told["parts"]:
        for key in ("x", "given", "adds"):
            if key in part:
                part[key] = [part[key][i] for i in kept]
    return told


def with_explanation(figure: Any, told: dict[str, Any] | None, height: float) -> Any:
    """Draw an explanation in the lower part of a figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Empty, with a constrained layout.
    told : dict or None
        From `explanation_in`.
    height : float
        Of what else is drawn [inches].

    Returns
    -------
    matplotlib.figure.Figure or SubFigure
        Where all else is drawn: the upper part, or the whole figure where nothing is explained.
    """
    if told is None:
        figure.set_size_inches(WIDTH, height)
        return figure
    panels = [p for p in told["parts"] if not _is_told_above(p)]
    objects = len(told["objects"])
    across = min(_ACROSS, objects) if len(panels) == 1 else len(panels)
    down = -(-objects // across) if len(panels) == 1 else objects
    below = _HEIGHT * down
    figure.set_size_inches(WIDTH, height + below)
    upper, lower = figure.subfigures(2, 1, height_ratios=(height, below))
    grid = lower.subplots(down, across, squeeze=False).ravel()
    for place, axes in enumerate(grid):
        number, panel = divmod(place, len(panels))
        if number >= objects:
            axes.set_axis_off()
            continue
        if panel == 0:
            axes.set_title(_title(told, number), fontsize=FONT - 1, loc="left")
        _draw(axes, panels[panel], number)
    return upper


def captions(told: dict[str, Any] | None) -> tuple[str, str]:
    """What a caption says of the panels, in English and Chinese, with their caveat; empty where there are none."""
    if told is None:
        return "", ""
    n = len(told["objects"])
    english = (
        f" Below, for {n} of them: what each part of the input added to {told['of'][0]}, beginning from {told['from'][0]}, by {told['method']}; "
        f"red adds, blue takes away. {CAVEAT}"
    )
    chinese = (
        f"下方为其中 {n} 个：输入的各部分对{told['of'][1]}的贡献，起点为{told['from'][1]}，方法为 {told['method']}；"
        f"红色为增加，蓝色为减少。{CAVEAT_ZH}"
    )
    return english, chinese


def explained_rows(table: Any) -> list[dict[str, Any]]:
    """Rows for `measurements`: of the first three objects the three numbers that added or took away most, largest first.

    Parameters
    ----------
    table : astropy.table.Table
        A result, with or without an explanation.  Explanations of curves and images alone give no rows.
    """
    told = explanation_in(table)
    if told is None:
        return []
    rows = []
    for part in told["parts"]:
        if part["form"] != "numbers" or _is_told_above(part):
            continue
        for number, name in enumerate(told["objects"][:_IN_ROWS]):
            rows += [
                {"quantity": "attribution", "of": f"{name}: {label}", "value": adds}
                for label, _given, adds in _largest(part, number)[:_IN_ROWS]
            ]
    return rows


def _is_told_above(part: dict[str, Any]) -> bool:
    return part["form"] == "numbers" and len(part["labels"]) <= _FEW


def _largest(part: dict[str, Any], number: int) -> list[tuple[str, float | None, float]]:
    """Label, number and what it added, of one object, the largest first; what added nothing is left out."""
    rows = zip(part["labels"], part["given"][number], part["adds"][number], strict=True)
    return sorted((r for r in rows if r[2]), key=lambda r: -abs(r[2]))


def _title(told: dict[str, Any], number: int) -> str:
    above = [
        f"{label} unknown" if given is None else f"{label} {given:.3g}: {adds:+.2g}"
        for part in told["parts"]
        if _is_told_above(part)
        for label, given, adds in zip(part["labels"], part["given"][number], part["adds"][number], strict=True)
    ]
    return "; ".join([told["objects"][number], *above])


def _draw(axes: Any, part: dict[str, Any], number: int) -> None:
    import numpy as np

    style_axes(axes)
    axes.tick_params(labelsize=FONT - 2)
    if part["form"] == "numbers":
        rows = _largest(part, number)[:_BARS]
        adds = [r[2] for r in rows]
        axes.barh(np.arange(len(rows)), adds, color=[_ADDS if a > 0 else _TAKES for a in adds], height=0.7)
        labels = [f"{label} = {given:.3g}" if given is not None else f"{label}: none" for label, given, _a in rows]
        axes.set_yticks(np.arange(len(rows)), labels, fontsize=FONT - 2)
        axes.tick_params(axis="y", which="minor", left=False, right=False)
        axes.axvline(0.0, color="black", lw=0.6)
        axes.invert_yaxis()
        return
    adds = np.array(part["adds"][number], dtype=float)
    given = np.array(part["given"][number], dtype=float)
    most = float(np.abs(adds).max(initial=0.0)) or 1.0
    if part["form"] == "curve":
        x = np.array(part["x"][number], dtype=float)
        # The strongest on top, so that pale neighbours do not hide them.
        order = np.argsort(np.abs(adds), kind="stable")
        axes.plot(x, given, color="black", lw=0.3, alpha=0.3)
        axes.scatter(
            x[order], given[order], c=adds[order], s=7, cmap=_SHADES, vmin=-most, vmax=most, edgecolors="0.5", linewidths=0.15
        )  # fmt: skip
    else:
        axes.imshow(adds, origin="lower", aspect="auto", cmap=_SHADES, vmin=-most, vmax=most)
        if np.ptp(given) > 0:
            axes.contour(given, levels=[0.5 * float(given.max())], colors="black", linewidths=0.6)
        axes.set_xticks([])
        axes.set_yticks([])
    axes.set_xlabel(part["axis"][0], fontsize=FONT - 2)
