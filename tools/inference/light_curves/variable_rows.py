"""Rows of a table of variable stars, measured from light curves, with the columns that the classifiers read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.inference.light_curves.variable_features import VariableFeatures, variable_features
from gnomon.tools.inference.light_curves.variable_period import credible_points, find_period

if TYPE_CHECKING:
    import numpy as np

BELIEVED_BELOW = 0.01  # false-alarm probability; less is asked of a period that is to be found than of a class
LEAST_EXPLAINED = 0.3  # part of the variance; with less, a period does not say what a star is
# The models read shapes in white light or r (LINEAR) and in I (OGLE); others come after them in the order of how much stars vary in them.
_PREFERRED = ("r", "g", "V", "R", "i", "I", "z", "u")
_COLOURS = {"ug": ("u", "g"), "gi": ("g", "i")}
_FEWEST = 3  # points of a band that a colour is taken from

Bands = Mapping[str, tuple["np.ndarray", "np.ndarray", "np.ndarray"]]


def standard_band(name: str) -> str:
    """The letter of a band by its name in a survey, such as ``g`` for ``sdss_g`` or ``ZTF_g``; as it stands where it is none of u g r i z.

    Parameters
    ----------
    name : str
        As a table has it.  Capitals V, R, I are other filters than v, r, i, except in names of ZTF.
    """
    import re

    from gnomon.tools.inference.light_curves.multiband_points import BAND_NAMES, band_code

    text = name.strip()
    code = band_code(text)
    if code >= 0:
        return str(BAND_NAMES[code])
    ultraviolet = re.fullmatch(r"(?:(?i:sdss|decam|lsst|megacam|sloan)[\s_:.\-]*)?u(?:p|'|\u2032)?", text)
    return "u" if ultraviolet else text


def row_of_star(name: str, bands: Bands, calibrated: bool, shortest: float, longest: float | None, band: str | None) -> dict[str, Any]:  # fmt: skip
    """Everything that was measured of one star.

    Parameters
    ----------
    name : str
        Of the star.
    bands : mapping of str to tuple
        Time [d], magnitude and error of each band.
    calibrated : bool
        Whether magnitudes have a zero point, so that medians and colours mean something.
    shortest, longest : float
        Periods that are searched [d].
    band : str, optional
        That the shape is measured in.

    Returns
    -------
    dict
        The row; None where something cannot be told.  ``refused`` says why no period is believed, or is None.

    Raises
    ------
    InputError
        Where there are too few points, or no periods to search.
    """
    import numpy as np

    used = {k: credible_points(*v) for k, v in bands.items()}
    shaped = _band_of_shape({k: len(v[0]) for k, v in used.items()}, band)
    found = find_period(list(used.values()), shortest, longest)
    told = variable_features(*used[shaped], found=found)
    medians = {k: float(np.median(m)) for k, (_t, m, _e) in used.items() if len(m) >= _FEWEST} if calibrated else {}
    row: dict[str, Any] = {"name": name, "refused": _refusal(told)} | _numbers_of(told)
    row["mag_median"] = medians.get(shaped)
    for colour, (blue, red) in _COLOURS.items():
        row[colour] = medians[blue] - medians[red] if blue in medians and red in medians else None
    row["i_mag"], row["v_mag"] = medians.get("I"), medians.get("V")
    row["band"] = shaped
    return row


def table_of_stars(rows: Sequence[Mapping[str, Any]]) -> Any:
    """The rows as a table of objects, what is missing masked.

    Parameters
    ----------
    rows : sequence of dict
        Of `row_of_star`, with believed periods only.

    Returns
    -------
    astropy.table.QTable
        ``i_mag`` and ``v_mag`` in place of ``mag_median`` and colours where every star has both, because the classifier of OGLE reads these.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable
    from astropy.utils.masked import Masked

    units = {"period": u.d, "amplitude": u.mag} | dict.fromkeys(("mag_median", "ug", "gi", "i_mag", "v_mag"), u.mag)
    ogle = all(r["i_mag"] is not None and r["v_mag"] is not None for r in rows)
    left_out = {"mag_median", *_COLOURS} if ogle else {"i_mag", "v_mag"}
    # u-g is told only where there is one; without g-i there would be no model, so its column stays and says that it is empty.
    if all(r["ug"] is None for r in rows):
        left_out |= {"ug"}
    table = QTable()
    for column in (c for c in rows[0] if c not in left_out | {"refused"}):
        values = [r[column] for r in rows]
        if isinstance(values[0], str):
            table[column] = np.array(values)
            continue
        missing = np.array([v is None for v in values])
        numbers = np.array([0 if v is None else v for v in values])
        unit = units.get(column)
        with_unit = numbers if unit is None else numbers * unit
        table[column] = Masked(with_unit, mask=missing) if missing.any() else with_unit
    return table


def _band_of_shape(points: Mapping[str, int], band: str | None) -> str:
    """The band that is asked for, else I where there is V beside it, r, or the one with the most points."""
    from gnomon.tools.inference.light_curves.variable_period import LEAST_POINTS

    if band is not None:
        if band not in points:
            raise InputError(
                f"There is no band {band!r} in the light curves.", remedy=f"Name one of {', '.join(sorted(points))}."
            )
        return band
    enough = [k for k, n in points.items() if n >= LEAST_POINTS] or list(points)
    if "I" in enough and "V" in points:
        return "I"
    known = [k for k in _PREFERRED if k in enough]
    return known[0] if known else max(sorted(enough), key=lambda k: points[k])


def _refusal(told: VariableFeatures) -> str | None:
    if not told.false_alarm < BELIEVED_BELOW:
        return f"noise makes so strong a period with a probability of {told.false_alarm:.2g}"
    if told.power < LEAST_EXPLAINED:
        return f"the best period explains {told.power:.0%} of the variance"
    return None


def _numbers_of(told: VariableFeatures) -> dict[str, Any]:
    return {
        "period": told.period,
        "amplitude": told.amplitude,
        "R21": told.r21,
        "phi21": told.phi21,
        "R31": told.r31,
        "phi31": told.phi31,
        "skew": told.skew,
        "kurt": told.kurt,
        "mag_median": None,
        "ug": None,
        "gi": None,
        "i_mag": None,
        "v_mag": None,
        "explained": told.power,
        "false_alarm": told.false_alarm,
        "points": told.points,
    }
