"""Columns of tables as plain numbers in a known unit."""

from __future__ import annotations

from typing import Any

from gnomon.tools.errors import InputError


def numbers_of(table: Any, column: str | None, unit: str | None, said: str) -> Any:
    """A column as numbers in a unit.

    Parameters
    ----------
    table : astropy.table.QTable
    column : str or None
        None where there is no such quantity.
    unit : str or None
        None takes the numbers as they are.
    said : str
        What sentences call the table.

    Returns
    -------
    numpy.ndarray of float
        NaN where masked, and everywhere where `column` is None.

    Raises
    ------
    InputError
        Where the column is not there, holds no numbers, or has no unit that converts.
    """
    import numpy as np
    from astropy import units as u

    if not column:
        return np.full(len(table), np.nan)
    if column not in table.colnames:
        raise InputError(
            f"The table of {said} names a column {column!r} that it does not have.", remedy="Read or fetch it again."
        )
    values = table[column]
    plain = getattr(values, "unmasked", values)
    plain = np.asarray(getattr(plain, "value", plain))
    if plain.dtype.kind not in "iuf" or plain.ndim != 1:
        raise InputError(f"Column {column!r} of {said} does not hold one number a row.", remedy="Name another column.")
    numbers = np.where(getattr(values, "mask", False), np.nan, plain.astype(float))
    if unit is None:
        return numbers
    given = getattr(values, "unit", None)
    if given is None:
        raise InputError(
            f"Column {column!r} of {said} has no unit, and {unit} or what converts to it is needed.",
            remedy="Give the column its unit.",
        )
    try:
        return np.asarray(u.Unit(given).to(u.Unit(unit), numbers))
    except u.UnitConversionError as error:
        raise InputError(
            f"Column {column!r} of {said} is in {given}, which does not convert to {unit}.",
            remedy="Name another column.",
        ) from error
