"""Rows of measurements as a table, and which objects a model does not know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gnomon.tools.inference.hub.domain import FLAGGED_BELOW


def measurements(rows: Sequence[dict[str, Any]]) -> Any:
    """A table of measurements.

    Parameters
    ----------
    rows : sequence of dict
        With ``quantity``, ``of``, ``value`` and, where there are any, ``lower``, ``upper``, ``level``, ``unit``.

    Returns
    -------
    astropy.table.Table
        NaN stands for limits that there are none of.
    """
    import numpy as np
    from astropy.table import Table

    return Table(
        {
            "quantity": [str(r["quantity"]) for r in rows],
            "of": [str(r["of"]) for r in rows],
            "value": np.array([r["value"] for r in rows], dtype=float),
            "lower": np.array([r.get("lower", np.nan) for r in rows], dtype=float),
            "upper": np.array([r.get("upper", np.nan) for r in rows], dtype=float),
            "level": np.array([r.get("level", np.nan) for r in rows], dtype=float),
            "unit": [str(r.get("unit", "")) for r in rows],
        }
    )


def unlike_known(table: Any) -> Any:
    """Which rows have an input that is unlike what the model knows, as a mask."""
    import numpy as np

    return np.asarray(table["in_domain"], dtype=float) < FLAGGED_BELOW
