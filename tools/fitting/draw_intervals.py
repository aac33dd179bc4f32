"""From draws to a number with an interval, or a limit."""

from __future__ import annotations

from typing import Any

# Lucy & Sweeney 1971, 1971AJ.....76..544L: an eccentricity below 2.45 standard errors is consistent with zero (5 %).
SIGNIFICANT = 2.45
LIMIT_LEVEL = 0.95
ONE_SIGMA = 0.6827


def summarise_draws(draws: Any, level: float, circle: float = 0.0, lower_bound: float | None = None) -> dict[str, Any]:
    """Median and equal-tailed interval of draws; circular for angles; an upper limit where zero is not excluded.

    Parameters
    ----------
    draws : numpy.ndarray of float
        All draws of one quantity, finite.
    level : float
        Probability that the interval holds, dimensionless.
    circle : float
        One full turn, for a quantity that comes back to itself; 0 for any other.
    lower_bound : float, optional
        Edge of a quantity that cannot be smaller; where the draws are consistent with it, an upper limit is given.

    Returns
    -------
    dict
        ``value``, ``lower``, ``upper``, ``level``, ``limit`` (``""`` or ``"upper"``).  The interval of an angle may
        reach beyond 0 or one full turn.

    References
    ----------
    Circular mean: Mardia & Jupp 1999, doi:10.1002/9780470316979, section 2.2.  When an eccentricity is a limit: Lucy
    & Sweeney 1971, 1971AJ.....76..544L, here with half the 68 % interval as the standard error.
    """
    import numpy as np

    draws = np.asarray(draws, dtype=float).ravel()
    tail = 0.5 * (1.0 - level)
    if circle:
        # Angles are laid out around their circular mean, so that 359 and 1 degree are neighbours.
        centre = np.angle(np.mean(np.exp(2j * np.pi * draws / circle))) * circle / (2.0 * np.pi)
        draws = draws - circle * np.round((draws - centre) / circle)
        lower, value, upper = np.quantile(draws, [tail, 0.5, 1.0 - tail])
        turns = circle * np.floor(value / circle)
        return {
            "value": float(value - turns), "lower": float(lower - turns), "upper": float(upper - turns),
            "level": level, "limit": "",
        }  # fmt: skip
    if lower_bound is not None:
        low, middle, high = np.quantile(draws - lower_bound, [0.15865, 0.5, 0.84135])
        if middle < SIGNIFICANT * 0.5 * (high - low):
            top = float(np.quantile(draws, LIMIT_LEVEL))
            return {
                "value": float(middle + lower_bound),
                "lower": lower_bound,
                "upper": top,
                "level": LIMIT_LEVEL,
                "limit": "upper",
            }
    lower, value, upper = np.quantile(draws, [tail, 0.5, 1.0 - tail])
    return {"value": float(value), "lower": float(lower), "upper": float(upper), "level": level, "limit": ""}


def measurements_table(rows: list[dict[str, Any]], meta: dict[str, Any]) -> Any:
    """Table of measurements from its rows.

    Parameters
    ----------
    rows : list of dict
        Each with ``quantity``, ``of``, ``value``, ``lower``, ``upper``, ``level``, ``unit``, ``limit``, ``note``.
    meta : dict
        Metadata of the table, plain numbers and text.

    Returns
    -------
    astropy.table.Table
        One row each.
    """
    from astropy.table import Table

    table = Table()
    for name in ("quantity", "of", "value", "lower", "upper", "level", "unit", "limit", "note"):
        values = [row[name] for row in rows]
        table[name] = [float(v) for v in values] if name in ("value", "lower", "upper", "level") else values
    table.meta.update(meta)
    return table


def measured_row(
    quantity: str, of: str, value: float, unit: str = "", note: str = "", error: float = float("nan")
) -> dict[str, Any]:
    """One row of `measurements_table`: a value with one sigma, or without an interval where the error is not known.

    Parameters
    ----------
    quantity, of, unit, note : str
    value, error : float
        Both in `unit`; an error of NaN leaves the interval open.

    Returns
    -------
    dict
    """
    return {
        "quantity": quantity, "of": of, "value": float(value), "lower": value - error, "upper": value + error,
        "level": ONE_SIGMA if error == error else float("nan"), "unit": unit, "limit": "", "note": note,
    }  # fmt: skip


def member_labels(attrs: Any, members: list[Any], member: str) -> list[str]:
    """What each planet or signal is called.

    Parameters
    ----------
    attrs : mapping
        Attributes of a posterior; its ``of`` may hold the labels as JSON.
    members : list
        Values of the coordinate.
    member : str
        Name of the coordinate, such as ``planet``.

    Returns
    -------
    list of str
        One for each member.
    """
    import json

    try:
        labels = json.loads(str(attrs.get("of", "")))
    except ValueError:
        labels = None
    if isinstance(labels, list) and len(labels) == len(members):
        return [str(x) for x in labels]
    name = str(attrs.get("object", "") or "")
    return [f"{name} {member} {m}".strip() for m in members]
