"""Columns from values of which some are missing: masked where they are, and never a number in their place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def text_column(values: Iterable[str | None], description: str, ucd: str = "") -> Any:
    """Text; what is None or empty is masked.

    Parameters
    ----------
    values : iterable of str or None
    description, ucd : str

    Returns
    -------
    astropy.table.Column or astropy.table.MaskedColumn
    """
    import numpy as np
    from astropy.table import Column, MaskedColumn

    texts = [str(v).strip() if v is not None else "" for v in values]
    data = np.array(texts, dtype=str) if texts else np.array([], dtype="U1")
    mask = data == ""
    return _told(MaskedColumn(data, mask=mask) if mask.any() else Column(data), description, ucd)


def number_column(values: Iterable[float | None], unit: str, description: str, ucd: str = "") -> Any:
    """Numbers; what is None or not finite is masked.

    Parameters
    ----------
    values : iterable of float or None
    unit : str
        "" for none.
    description, ucd : str

    Returns
    -------
    astropy.units.Quantity, astropy.utils.masked.Masked, or a column where there is no unit
    """
    import numpy as np
    from astropy.table import Column, MaskedColumn
    from astropy.units import Quantity
    from astropy.utils.masked import Masked

    data = np.array([np.nan if v is None else float(v) for v in values], dtype=float)
    mask = ~np.isfinite(data)
    if not unit:
        return _told(MaskedColumn(data, mask=mask) if mask.any() else Column(data), description, ucd)
    quantity = Quantity(np.where(mask, np.nan, data), unit)
    return _told(Masked(quantity, mask=mask) if mask.any() else quantity, description, ucd)


def _told(column: Any, description: str, ucd: str) -> Any:
    column.info.description = description
    column.info.meta = {"ucd": ucd} if ucd else {}
    return column
