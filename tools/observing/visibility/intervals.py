"""Intervals of time as rows (start, end): common parts, gaps, and where a condition holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.intp]
    Flags = NDArray[np.bool_]

# Halvings of a step of a minute, after which an edge is known to 0.06 s.
_HALVINGS = 10


def none() -> Floats:
    """No interval, an array (0, 2)."""
    import numpy as np

    return np.empty((0, 2))


def common(a: Floats, b: Floats) -> Floats:
    """The common parts of every interval of `a` with every one of `b`, in order of start.

    Parameters
    ----------
    a, b : ndarray (n, 2), (m, 2)
        Intervals of one array may overlap or touch: they are not joined, since a visit has to lie within one of them.

    Returns
    -------
    ndarray (k, 2)
        Those longer than nothing.
    """
    import numpy as np

    if not len(a) or not len(b):
        return none()
    if len(a) == 1 and len(b) == 1:
        start, end = max(a[0, 0], b[0, 0]), min(a[0, 1], b[0, 1])
        return np.array([[start, end]]) if end > start else none()
    start = np.maximum(a[:, None, 0], b[None, :, 0])
    end = np.minimum(a[:, None, 1], b[None, :, 1])
    kept = end > start
    out = np.stack([start[kept], end[kept]], -1)
    return out[np.argsort(out[:, 0], kind="stable")] if len(out) > 1 else out


def gaps(closed: Floats, start: float, end: float) -> Floats:
    """What `closed` leaves of [start, end].

    Parameters
    ----------
    closed : ndarray (n, 2)
        May overlap.
    start, end : float

    Returns
    -------
    ndarray (k, 2)
    """
    import numpy as np

    out = []
    for low, high in sorted(map(tuple, closed)):
        if low > start:
            out.append((start, min(low, end)))
        start = max(start, high)
        if start >= end:
            break
    else:
        out.append((start, end))
    return np.array([o for o in out if o[1] > o[0]]).reshape(-1, 2)


def longest(intervals: Floats) -> float:
    """The length of the longest one; 0 where there is none."""
    return float((intervals[:, 1] - intervals[:, 0]).max()) if len(intervals) else 0.0


def runs(flags: Flags, block: Integers) -> tuple[Integers, Integers, Integers]:
    """Where rows of flags are true, run by run.

    Parameters
    ----------
    flags : ndarray of bool (rows, n)
    block : ndarray of int (n,)
        Counts 0, 1, 2 ...; a run ends where it changes.

    Returns
    -------
    tuple of ndarray (k,)
        Row, first and last index of each run; in order of rows, then of time.
    """
    import numpy as np

    rows, n = flags.shape
    # A column that is false stands before, between and after the blocks.
    column = np.arange(n) + block + 1
    padded = np.zeros((rows, n + int(block[-1]) + 2), np.int8)
    if block[-1]:
        padded[:, column] = flags
    else:
        padded[:, 1:-1] = flags
    index = np.zeros(padded.shape[1], np.intp)
    index[column] = np.arange(n)
    change = np.diff(padded, axis=1)
    row, first = np.nonzero(change == 1)
    _, last = np.nonzero(change == -1)
    return row, index[first + 1], index[last]


def sharpened(holds: Callable[[Integers, Floats], Flags], which: Integers, good: Floats, bad: Floats) -> Floats:
    """Move edges from where a condition holds toward where it does not, as far as it holds.

    Parameters
    ----------
    holds : callable
        ``holds(which, seconds)`` says for each edge whether the condition holds at a time.
    which : ndarray (n,)
        Handed on to `holds`.
    good, bad : ndarray (n,)
        Times at which it holds and does not [s].

    Returns
    -------
    ndarray (n,)
        Times at which it holds, within a thousandth of the first distance from where it does not.
    """
    import numpy as np

    good, bad = good.copy(), bad.copy()
    for _ in range(_HALVINGS):
        middle = 0.5 * (good + bad)
        fine = holds(which, middle)
        good, bad = np.where(fine, middle, good), np.where(fine, bad, middle)
    return good


def where_positive(margin: Callable[[Floats], Floats], start: float, end: float, step: float) -> Floats:
    """The intervals of [start, end] in which a smooth function is not negative.

    Parameters
    ----------
    margin : callable
        ``margin(seconds)`` for arrays.
    start, end : float
        [s]
    step : float
        At which it is sampled [s]; what lasts shorter may be missed.

    Returns
    -------
    ndarray (n, 2)
        Edges are good to a thousandth of the step, on the side where the function is not negative.
    """
    import numpy as np

    seconds = np.linspace(start, end, max(int(np.ceil((end - start) / step)), 1) + 1)
    _, first, last = runs((margin(seconds) >= 0.0)[None], np.zeros(len(seconds), np.intp))
    before, after = np.maximum(first - 1, 0), np.minimum(last + 1, len(seconds) - 1)

    def holds(_which: Integers, at: Floats) -> Flags:
        return np.asarray(margin(at) >= 0.0)

    # A run that reaches the end of the span is halved toward itself, which leaves it there.
    begin = sharpened(holds, first, seconds[first], seconds[before])
    finish = sharpened(holds, last, seconds[last], seconds[after])
    out = np.stack([begin, finish], -1)
    return np.asarray(out[out[:, 1] > out[:, 0]])
