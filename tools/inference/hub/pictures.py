"""What an example looks like to a person: as lines of text, and as a picture; for inputs of any model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FEW = 12  # numbers that are told one by one
_TABLE = 30  # numbers of an input that a picture tells one by one
_ACROSS = 72  # characters of a line of text
_BLOCKS = "▁▂▃▄▅▆▇█"


def blocks_of(inputs: Mapping[str, Any]) -> list[str]:
    """Inputs of an example as text: short ones as numbers, long ones as a line of blocks, tables and images left out."""
    import numpy as np

    lines = []
    for name, value in inputs.items():
        flat = np.asarray(value, dtype=float).ravel()
        if flat.size <= _FEW:
            lines.append(f"  {name}: " + " ".join(f"{v:.4g}" for v in flat))
        elif np.ndim(value) == 1:
            parts = [p[np.isfinite(p)] for p in np.array_split(flat, min(_ACROSS, flat.size))]
            means = np.array([p.mean() if p.size else np.nan for p in parts])
            if not np.isfinite(means).any():
                continue
            low, high = np.nanmin(means), np.nanmax(means)
            places = np.nan_to_num((means - low) / (high - low or 1.0) * 7).round().astype(int)
            drawn = "".join(_BLOCKS[p] if np.isfinite(m) else " " for p, m in zip(places, means, strict=True))
            lines.append(f"  {name}: {drawn}  {low:.3g} to {high:.3g}")
    return lines


def picture_of(inputs: Mapping[str, Any], header: Mapping[str, Any]) -> bytes:
    """Inputs of an example as a picture.

    Parameters
    ----------
    inputs : dict of str to ndarray
        Of one example: points of a light curve (``time``, ``flux``, ``band``, ``observed``) as points with uncertainties, other long inputs as curves,
        images as images, and up to thirty numbers as a table.
    header : dict
        Of the weights: a list in it that is called like an input, or is as long as the input is, has the names of its numbers.

    Returns
    -------
    bytes
        PNG.
    """
    import io

    import numpy as np
    from matplotlib.figure import Figure

    given = {k: np.asarray(v) for k, v in inputs.items()}
    panels: list[tuple[str, Any]] = []
    if {"time", "flux"} <= set(given) and given["time"].shape == given["flux"].shape and given["time"].ndim == 1:
        points = {k: given.pop(k) for k in ("time", "flux", "flux_err", "band", "observed") if k in given}
        panels.append(("points", points))
    numbers: list[tuple[str, float]] = []
    for name, value in given.items():
        if value.ndim == 2:
            panels.append((name, value))
        elif value.size > _TABLE:
            panels.append((name, value.ravel()))
        else:
            flat = value.ravel().astype(float)
            numbers += list(zip(_labels(name, flat.size, header), flat.tolist(), strict=True))
    if numbers:
        panels.append(("table", numbers))
    figure = Figure(figsize=(max(6.0, 3.6 * len(panels)), 3.6), layout="constrained")
    for axes, (name, value) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _draw(axes, name, value)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110)
    return stream.getvalue()


def _labels(name: str, count: int, header: Mapping[str, Any]) -> list[str]:
    """Names of the numbers of an input, from the header where it has them."""
    lists = {k: v for k, v in header.items() if isinstance(v, list) and len(v) == count and all(isinstance(x, str) for x in v)}  # fmt: skip
    if name in lists:
        return [str(x) for x in lists[name]]
    if count > 1 and len(others := {k: v for k, v in lists.items() if k != "classes"}) == 1:
        return [str(x) for x in next(iter(others.values()))]
    return [name] if count == 1 else [f"{name} {i + 1}" for i in range(count)]


def _draw(axes: Any, name: str, value: Any) -> None:
    import numpy as np

    if name == "points":
        there = np.asarray(value.get("observed", np.isfinite(value["time"])), dtype=bool)
        bands = np.asarray(value.get("band", np.zeros(len(there))))
        for band in np.unique(bands[there]):
            some = there & (bands == band)
            error = value["flux_err"][some] if "flux_err" in value else None
            axes.errorbar(value["time"][some], value["flux"][some], error, fmt="o", ms=3, lw=0.7, label=f"band {band}")
        axes.set_xlabel("time")
        axes.set_ylabel("flux")
        if there.any():
            axes.legend(fontsize=7, frameon=False)
    elif name == "table":
        axes.set_axis_off()
        size = min(11.0, 190.0 / len(value))
        for row, (label, number) in enumerate(value):
            place = 1.0 - (row + 0.5) / len(value)
            axes.text(0.58, place, label, ha="right", va="center", fontsize=size, transform=axes.transAxes)
            axes.text(0.64, place, "none" if np.isnan(number) else f"{number:.5g}", va="center", fontsize=size, weight="bold", transform=axes.transAxes)  # fmt: skip
    elif np.ndim(value) == 2:
        axes.imshow(np.asarray(value, dtype=float), origin="lower", aspect="auto", cmap="viridis")
        axes.set_title(name, fontsize=9)
    else:
        axes.plot(np.asarray(value, dtype=float), ".-", ms=2.5, lw=0.5)
        axes.set_title(name, fontsize=9)
