"""A tool for tests that takes its time, and tells how far it is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

from gnomon.tools.progress import progressed
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import LightCurve, Measurements


@tool(
    version="1.0",
    effects=("compute",),
    seconds=1.0,
    citations=("Nobody 2020, Journal of Tests 1, 1, doi:10.1000/182",),
    examples=("Count slowly", "慢慢数"),
    summary_zh="慢慢数。",
    method="It was counted slowly.",
    method_zh="慢慢数。",
)
def toy_count(light_curve: LightCurve, pause: Annotated[float, "s"] = 0.3) -> Measurements:
    """Count the rows of a toy, one after the other.

    Parameters
    ----------
    light_curve : LightCurve
        Any.
    pause : float
        Seconds for each.

    Returns
    -------
    Measurements
        One row.
    """
    from astropy.table import Table

    for n in range(len(light_curve)):
        time.sleep(pause)
        for k in range(100):  # far more often than anybody looks
            progressed(n, len(light_curve), "rows", failed=1 if n > 1 else 0) if k < 99 else None
        progressed(n + 1, len(light_curve), "rows", failed=1 if n > 1 else 0)
    columns = ("quantity", "of", "value", "lower", "upper", "level", "unit")
    return Table(rows=[("rows", "toy", float(len(light_curve)), 0.0, 0.0, 0.0, "")], names=columns)
