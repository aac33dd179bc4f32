"""Stars of a table of light curves whose RR Lyrae type is asked for: their usable bands and their periods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.inference.light_curves.folded_bands import LEAST, usable_bands
from gnomon.tools.inference.light_curves.variable_period import find_period

if TYPE_CHECKING:
    from gnomon.tools.kinds import MultibandLightCurves

# From the shortest first overtone to the longest fundamental mode, with room: Soszynski et al. 2011, 2011AcA....61....1S, section 4.
SHORTEST, LONGEST = 0.2, 1.0


def stars_of_table(
    table: MultibandLightCurves, period: float | None = None
) -> tuple[list[str], list[tuple[dict[str, Any], float]], dict[str, str]]:
    """Bands and period of each star.

    Parameters
    ----------
    table : MultibandLightCurves
        Of one star or many.  Points with flux 0 or less have no magnitude and are left out.
    period : float, optional
        Of the star [d], where the table has just one; by default it is searched between 0.2 and 1 d in all bands together.

    Returns
    -------
    names : list of str
    stars : list of (bands, period)
    left_out : dict of str to str
        Why other stars were left out, by name.

    Raises
    ------
    InputError
        Where a period is given for several stars, or no star has 15 points in any of u, g, r, i, z.
    """
    import numpy as np

    from gnomon.tools.inference.light_curves.multiband_points import ZERO_POINT_AB

    whose, letters = (np.asarray(table[c]).astype(str) for c in ("object", "band"))
    time = np.asarray(table["time"].to_value("d"), dtype=float)
    flux, error = (np.asarray(getattr(table[k], "value", table[k]), dtype=float) for k in ("flux", "flux_err"))
    objects = list(dict.fromkeys(whose.tolist()))
    if period is not None and len(objects) > 1:
        raise InputError(f"One period was given for {len(objects)} stars.", remedy="Leave it out, or give one star.")
    names, stars, left_out = [], [], {}
    for name in objects:
        bands = {}
        for letter in np.unique(letters[whose == name]):
            here = (whose == name) & (letters == letter) & (flux > 0)
            # d(mag) = 2.5 / ln 10 d(flux) / flux, from the definition of the magnitude (Pogson 1856, 1856MNRAS..17...12P).
            spread = 2.5 / np.log(10.0) * error[here] / flux[here]
            bands[str(letter)] = (time[here], ZERO_POINT_AB - 2.5 * np.log10(flux[here]), spread)
        used = usable_bands(bands)
        if not used:
            left_out[name] = f"has fewer than {LEAST} points in every one of u, g, r, i, z"
            continue
        if period is None:
            span = max(float(np.ptp(t)) for t, _m, _e in used.values())
            if span < 2.0 * LONGEST:
                left_out[name] = f"was seen for {span:.2f} d only, too short to search a period up to {LONGEST:g} d"
                continue
            found = find_period(list(used.values()), SHORTEST, LONGEST).period
        names.append(name)
        stars.append((used, found if period is None else period))
    if not stars:
        first, why = next(iter(left_out.items()))
        raise InputError(
            f"No star has a light curve that can be folded; {first} {why}.",
            remedy=f"Give {LEAST} points or more in one of u, g, r, i, z over several days.",
        )
    return names, stars, left_out
