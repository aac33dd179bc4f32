"""Light curves of quasars out of tables of points: one band of each, a point a night, in magnitudes."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError
from gnomon.tools.inference.light_curves.quasar_statistics import quasar_statistics
from gnomon.tools.inference.light_curves.simulate_quasars import BANDS_NM, QuasarCurve

if TYPE_CHECKING:
    import numpy as np

    from gnomon.tools.kinds import MultibandLightCurves

FEWEST, SHORTEST_D = 20, 200.0  # nights and days; the simulated ones have 25 nights and a year
# Small letters of the ugrizy kind, with the name of a survey in front; ZTF writes them large.
_BAND = re.compile(
    r"(?:(?:sdss|lsst|ps1|panstarrs|des|decam|sloan|skymapper)[\s_:.\-]*)?([ugrizy])[p']?|ztf[\s_:.\-]*([griGRI])"
)
_NEGATIVE = 0.2  # of the fluxes of a quasar that may lie below zero before it counts as not seen


def quasar_curves(table: MultibandLightCurves) -> tuple[list[str], np.ndarray]:
    """Names of quasars with light curves long enough, and the statistics of these.

    Parameters
    ----------
    table : MultibandLightCurves
        With ``redshift``.

    Returns
    -------
    names : list of str
    statistics : ndarray (n, 31)

    Raises
    ------
    InputError
        Where there are no redshifts, or no light curve is long enough.
    """
    names, curves, why = curves_of(table)
    if not curves:
        raise InputError(
            "No light curve can be weighed: "
            + "; ".join(f"{name} {reason}" for name, reason in list(why.items())[:5])
            + ".",
            remedy=f"Give light curves in u, g, r, i, z or y with {FEWEST} nights or more over {SHORTEST_D:.0f} days or more, and a redshift of each quasar.",
        )
    if why:
        warnings.warn(
            f"{len(why)} of {len(why) + len(curves)} objects are left out, such as {next(iter(why))}, which {next(iter(why.values()))}.",
            stacklevel=2,
        )
    return names, quasar_statistics(curves)


def curves_of(table: MultibandLightCurves) -> tuple[list[str], list[QuasarCurve], dict[str, str]]:
    """Light curves of quasars by their names, and why others were left out.

    Parameters
    ----------
    table : MultibandLightCurves
        As `quasar_curves` takes it.

    Raises
    ------
    InputError
        Where the table has no redshifts.
    """
    import numpy as np

    if "redshift" not in table.colnames:
        raise InputError(
            "These light curves come without redshifts, without which a damping time says nothing of a mass.",
            remedy="Add a column redshift to the table, or name it with redshift_column when it is read.",
        )
    whose, bands = np.asarray(table["object"]).astype(str), np.asarray(table["band"]).astype(str)
    time = np.asarray(table["time"].to_value("d") if hasattr(table["time"], "to_value") else table["time"], dtype=float)
    flux, error, redshift = (np.asarray(table[c], dtype=float) for c in ("flux", "flux_err", "redshift"))
    codes = {name: _letter(name) for name in np.unique(bands)}
    letters = np.array([codes[b] for b in bands])
    names, curves, why = [], [], {}
    for name in dict.fromkeys(whose.tolist()):
        rows = np.flatnonzero((whose == name) & (letters != ""))
        if not len(rows):
            why[name] = "has no point in u, g, r, i, z or y"
            continue
        z = float(redshift[rows[0]])
        if not np.isfinite(z) or z <= 0:
            why[name] = "has no redshift above zero"
            continue
        found, counts = np.unique(letters[rows], return_counts=True)
        letter = str(found[counts.argmax()])
        rows = rows[letters[rows] == letter]
        curve, reason = _nightly(time[rows], flux[rows], error[rows], z, BANDS_NM[letter])
        if curve is None:
            why[name] = reason
        else:
            names.append(name)
            curves.append(curve)
    return names, curves, why


def _letter(name: str) -> str:
    """Which of u, g, r, i, z and y a band is; empty where it is none."""
    match = _BAND.fullmatch(name.strip())
    if match is None:
        match = re.fullmatch(r"(?i:ztf|sdss|lsst|ps1|des)[\s_:.\-]*([ugrizy])", name.strip())
    return next((g.lower() for g in match.groups() if g), "") if match else ""


def _nightly(
    time: np.ndarray, flux: np.ndarray, error: np.ndarray, redshift: float, wavelength_nm: float
) -> tuple[QuasarCurve | None, str]:
    """Weighted means of nights in magnitudes, or why there are none."""
    import numpy as np

    good = np.isfinite(time) & np.isfinite(flux) & np.isfinite(error) & (error > 0)
    if not good.any() or np.mean(flux[good] <= 0) > _NEGATIVE:
        return None, "has fluxes below zero"
    good &= flux > 0
    order = np.flatnonzero(good)[np.argsort(time[good], kind="stable")]
    time, flux, error = time[order], flux[order], error[order]
    # A night ends where nothing was seen for a third of a day.
    first = np.flatnonzero(np.concatenate([[True], np.diff(time) > 1.0 / 3.0]))
    weight = 1.0 / error**2
    total = np.add.reduceat(weight, first)
    when = time[0] + np.add.reduceat(weight * (time - time[0]), first) / total
    mean, spread = np.add.reduceat(weight * flux, first) / total, 1.0 / np.sqrt(total)
    if len(when) < FEWEST:
        return None, f"has {len(when)} nights"
    if when[-1] - when[0] < SHORTEST_D:
        return None, f"was observed for {when[-1] - when[0]:.0f} days"
    # 2.5 / ln 10: small errors of fluxes as errors of magnitudes.
    return QuasarCurve(when, -2.5 * np.log10(mean), 1.0857362 * spread / mean, redshift, wavelength_nm), ""
