"""What of an explanation goes along with a result: for its first objects, what each part of their input added to what the model said.

It stands in ``meta["explanation"]`` as JSON text, which replays compare as the numbers that it holds::

    {"of": [English, Chinese], "from": [English, Chinese], "method": text, "objects": [names],
     "parts": [{"form": "numbers", "labels": [d texts],            "given": [n][d], "adds": [n][d]},
               {"form": "curve",   "axis": [English, Chinese], "x": [n][m], "given": [n][m], "adds": [n][m]},
               {"form": "image",   "axis": [English, Chinese],            "given": [n][h][w], "adds": [n][h][w]}]}
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

EXPLAINED = 6  # objects of a result; more would fill a page and say the same


def numbers_part(labels: Sequence[str], given: np.ndarray, adds: np.ndarray) -> dict[str, Any]:
    """Numbers that have names: `given` and `adds` are (n, d), NaN where one is missing."""
    return {"form": "numbers", "labels": [str(label) for label in labels], "given": _plain(given), "adds": _plain(adds)}


def curve_part(
    axis: tuple[str, str], x: Sequence[np.ndarray], given: Sequence[np.ndarray], adds: Sequence[np.ndarray]
) -> dict[str, Any]:
    """Points along an axis, which is named in English and Chinese; for each object three arrays of one length, which may be another one for each."""
    return {"form": "curve", "axis": list(axis)} | {
        name: [_plain(row) for row in rows] for name, rows in (("x", x), ("given", given), ("adds", adds))
    }


def image_part(axis: tuple[str, str], given: np.ndarray, adds: np.ndarray, cells: int = 2) -> dict[str, Any]:
    """Images (n, h, w): means of what was given and sums of what it added, over squares of `cells` by `cells`."""
    import numpy as np

    n, h, w = given.shape
    shape = (n, h // cells, cells, w // cells, cells)
    small = np.asarray(given, dtype=np.float64).reshape(shape).mean(axis=(2, 4))
    return {
        "form": "image",
        "axis": list(axis),
        "given": _plain(small),
        "adds": _plain(np.asarray(adds).reshape(shape).sum(axis=(2, 4))),
    }


def explanation(
    names: Sequence[object],
    of: tuple[str, str],
    start: tuple[str, str],
    method: str,
    parts: Sequence[Mapping[str, Any]],
) -> str:
    """The JSON text of an explanation.

    Parameters
    ----------
    names : sequence
        Of the objects that are explained, as in the result.
    of : tuple of str
        What the parts add to, in English and Chinese, such as ``the logit of a pulsar``.
    start : tuple of str
        The input from which they add, in English and Chinese.
    method : str
        Of the attribution, with its reference.
    parts : sequence of dict
        From `numbers_part`, `curve_part` and `image_part`.
    """
    told = {
        "of": list(of),
        "from": list(start),
        "method": method,
        "objects": [str(n) for n in names],
        "parts": list(parts),
    }
    return json.dumps(told, ensure_ascii=False)


def _plain(values: Any) -> Any:
    """Nested lists of numbers with seven digits, as many as float32 has; None where there is none."""
    import numpy as np

    array = np.asarray(values, dtype=np.float64)
    if array.ndim > 1:
        return [_plain(row) for row in array]
    return [float(f"{v:.7g}") + 0.0 if np.isfinite(v) else None for v in array]
