"""Search of a dynamic spectrum for dispersed pulses: dedispersion, boxcars, joining of hits, exact measurement."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gnomon.tools.inference.pulses.dispersion import band_edges, dedisperse_all, dedispersed_window, dispersion_delay
from gnomon.tools.inference.pulses.interference_mask import flattened

WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)  # samples; a boxcar between two of them loses at most 5 % of S/N
FIRST_PASS = 0.8  # of the threshold: roundings of the fast transform cost short pulses up to a third of their S/N
_ROWS = 64  # rows of delays that are smoothed at once, so that they stay in the processor's cache
_CHUNK = 8192  # samples whose plane of delays is in memory at once
_GULP = 32768  # samples
_HITS = 400  # that are measured in one stretch of data, strongest first
_WIDTH_RANGE = (0.5, 0.7, 1.0, 1.4, 2.0)


@dataclass(frozen=True)
class PulseCandidate:
    """A dispersed pulse that a search found.

    Parameters
    ----------
    time_s : float
        Middle of the pulse at the upper edge of the band, from the start of the data [s].
    dm : float
        Dispersion measure [pc/cm3].
    width_s : float
        Width of the boxcar with the highest signal-to-noise ratio [s].
    snr : float
        Its signal-to-noise ratio, dimensionless.
    """

    time_s: float
    dm: float
    width_s: float
    snr: float


@dataclass(frozen=True)
class SearchRange:
    """What a search covers.

    Parameters
    ----------
    dm_max : float
        Largest dispersion measure [pc/cm3].
    width_max_s : float
        Widest pulse [s].
    snr_min : float
        Least signal-to-noise ratio, dimensionless.
    """

    dm_max: float = 2000.0
    width_max_s: float = 0.1
    snr_min: float = 6.0


def find_pulses(spectrum: Any, frequency_mhz: Any, time_step_s: float, search: SearchRange) -> list[PulseCandidate]:
    """Search data that are in memory.

    Parameters
    ----------
    spectrum : numpy.ndarray of float32, shape (channels, times)
        Channels with mean zero and unit noise, as `flattened` makes them; bad ones are zero throughout.
    frequency_mhz : numpy.ndarray of float, shape (channels,)
        Centres of the channels [MHz], increasing and evenly spaced.
    time_step_s : float
        Time between samples [s].
    search : SearchRange
        What to cover.

    Returns
    -------
    list of PulseCandidate
        In order of time.

    References
    ----------
    Boxcars on dedispersed series: Cordes & McLaughlin 2003, 2003ApJ...596.1142C, doi:10.1086/378231.
    """
    import numpy as np

    good = int((np.abs(spectrum).max(axis=1) > 0).sum())
    if not good:
        return []
    hits = joined(_hits(spectrum, good, frequency_mhz, time_step_s, search), frequency_mhz, time_step_s)
    if len(hits) > _HITS:
        warnings.warn(
            f"A stretch of {spectrum.shape[1] * time_step_s:.1f} s has {len(hits)} hits, most of them interference; the {_HITS} strongest were measured, and weaker pulses there may be lost.",
            stacklevel=2,
        )
        hits = hits[:_HITS]
    exact = [measured(spectrum, good, frequency_mhz, time_step_s, hit, search) for hit in hits]
    kept = joined([c for c in exact if c.snr >= search.snr_min], frequency_mhz, time_step_s)
    return sorted(kept, key=lambda c: c.time_s)


def find_pulses_in_gulps(
    read: Callable[[int, int], Any],
    times: int,
    frequency_mhz: Any,
    time_step_s: float,
    search: SearchRange,
    gulp: int | None = None,
) -> Iterator[tuple[Any, float, PulseCandidate]]:
    """Search data of any length, a gulp at a time, each with what a pulse at its end still needs.

    Parameters
    ----------
    read : callable
        ``read(start, count)`` gives power (channels, times) in any unit, channels in order of increasing frequency.
    times : int
        Samples that there are.
    frequency_mhz, time_step_s, search
        As in `find_pulses`.
    gulp : int, optional
        Samples searched at a time; by default as many as the longest delay, 32768 at least.

    Yields
    ------
    tuple
        The gulp's channels in units of their noise, the time at which it begins [s], and a candidate in it, whose ``time_s`` counts from
        there.
    """
    import numpy as np

    low, high = band_edges(frequency_mhz)
    margin = int(np.ceil(8 * search.width_max_s / time_step_s))
    delay = int(np.ceil(search.dm_max * float(dispersion_delay(1.0, low, high)) / time_step_s))
    hop = max(gulp or max(delay, _GULP), 1)
    start = 0
    while start < times:
        first = max(start - margin, 0)
        # A short rest is searched with the gulp before it, since there its noise is known.
        last = times if times - (start + hop) < hop // 4 else start + hop
        spectrum, _ = flattened(read(first, min(last + delay + margin, times) - first), time_step_s)
        begin = first * time_step_s
        for candidate in find_pulses(spectrum, frequency_mhz, time_step_s, search):
            if start * time_step_s <= begin + candidate.time_s < last * time_step_s:
                yield spectrum, begin, candidate
        start = last


def _hits(
    spectrum: Any, good: int, frequency_mhz: Any, time_step_s: float, search: SearchRange
) -> list[PulseCandidate]:
    """Islands of hits in the planes of delay and time, one plane for each step of coarser time."""
    import numpy as np

    low, high = band_edges(frequency_mhz)
    across = float(dispersion_delay(1.0, low, high))  # seconds for 1 pc/cm3
    found: list[PulseCandidate] = []
    data, step = spectrum, time_step_s
    while True:
        # Delays of twice as many samples as channels: there a channel spreads a pulse over two samples, and coarser time loses nothing.
        needed = int(np.ceil(search.dm_max * across / step)) + 1
        delays = min(max(2 * len(frequency_mhz), 256), needed)
        chunk = max(_CHUNK, 4 * delays)
        for begin in range(0, data.shape[1], chunk):
            # What a track needs beyond the chunk comes along; peaks there are those of the next one.
            part = data[:, begin : begin + chunk + delays + WIDTHS[-1]]
            best, plane = _boxcars(dedisperse_all(part, frequency_mhz, delays), good)
            for delay, time in _peaks(best, best >= FIRST_PASS * search.snr_min):
                if time >= chunk:
                    continue
                boxcar = _best_width(plane[delay], time)
                middle = (begin + time + 0.5 * boxcar) * step
                found.append(PulseCandidate(middle, delay * step / across, boxcar * step, float(best[delay, time])))
        if (delays >= needed and WIDTHS[-1] * step >= search.width_max_s) or data.shape[1] < 8 * WIDTHS[-1]:
            break
        even = data.shape[1] // 2 * 2
        data = (data[:, 0:even:2] + data[:, 1:even:2]) * np.float32(0.5**0.5)
        step *= 2
    found = [c for c in found if c.width_s <= 1.5 * search.width_max_s and c.dm <= search.dm_max]
    return found


def _boxcars(plane: Any, good: int) -> tuple[Any, Any]:
    """Highest signal-to-noise ratio over all boxcars that start at each sample, and the plane in units of its noise."""
    import numpy as np

    rows, times = plane.shape
    best = np.full((rows, times), -np.inf, dtype=np.float32)
    # Noise of each row by its quartiles: interference makes rows of small delay noisier than the number of channels says.
    low, high = np.quantile(plane[:, :: max(times // 2048, 1)], [0.25, 0.75], axis=1)
    plane /= np.maximum((high - low) / 1.34898, 0.7 * good**0.5).astype(np.float32)[:, None]
    summed = np.zeros((_ROWS, times + 1), dtype=np.float32)
    room = np.empty((_ROWS, times), dtype=np.float32)
    for start in range(0, rows, _ROWS):
        part = plane[start : start + _ROWS]
        count = len(part)
        np.cumsum(part, axis=1, out=summed[:count, 1:])
        for width in (w for w in WIDTHS if w <= times):
            snr = room[:count, : times - width + 1]
            np.subtract(summed[:count, width:], summed[:count, : times + 1 - width], out=snr)
            snr *= np.float32(width**-0.5)
            target = best[start : start + count, : times - width + 1]
            np.maximum(target, snr, out=target)
    return best, plane


def _peaks(best: Any, above: Any) -> list[tuple[int, int]]:
    """Highest place of each island of hits; hits that nearly touch make one island."""
    import numpy as np
    from scipy import ndimage

    places = np.flatnonzero(above)
    if not len(places):
        return []
    wide = above.copy()
    for shift in (1, 2):
        wide[:, shift:] |= above[:, :-shift]
        wide[:, :-shift] |= above[:, shift:]
    full = wide.copy()
    full[1:] |= wide[:-1]
    full[:-1] |= wide[1:]
    island = ndimage.label(full)[0].ravel()[places]
    order = np.lexsort((best.ravel()[places], island))
    last = np.flatnonzero(np.diff(island[order], append=-1))
    return [divmod(int(place), best.shape[1]) for place in places[order[last]]]


def _best_width(row: Any, time: int) -> int:
    """Width of the boxcar that made the highest signal-to-noise ratio at one sample of a row in units of its noise."""
    sums = {w: float(row[time : time + w].sum()) / w**0.5 for w in WIDTHS if time + w <= len(row)}
    return max(sums, key=lambda w: sums[w])


def measured(
    spectrum: Any, good: int, frequency_mhz: Any, time_step_s: float, hit: PulseCandidate, search: SearchRange
) -> PulseCandidate:
    """Measure a hit with exact delays: dispersion measure, time, width and signal-to-noise ratio at the peak.

    Parameters
    ----------
    spectrum, frequency_mhz, time_step_s, search
        As in `find_pulses`.
    good : int
        Number of channels that have data.
    hit : PulseCandidate
        What the fast transform found.

    Returns
    -------
    PulseCandidate
    """
    import numpy as np

    low, high = band_edges(frequency_mhz)
    across = float(dispersion_delay(1.0, low, high))
    noise = good**0.5
    best = hit
    # Twice, since a better dispersion measure allows a shorter boxcar, and that one a finer dispersion measure.
    for _ in range(2):
        # Wide pulses are measured in coarser time, an eighth of their width, and with the delays that are left after the first ones.
        coarse = max(int(best.width_s / time_step_s / 8.0), 1)
        step = coarse * time_step_s
        width = best.width_s / step
        reach = int(4 * width) + 8
        start = round(best.time_s / time_step_s) - reach * coarse
        window = dedispersed_window(spectrum, frequency_mhz, time_step_s, best.dm, start, 2 * reach * coarse)
        window = window.reshape(len(window), 2 * reach, coarse).sum(axis=2)
        grid = max(width / 4.0, 0.5) * step / across
        widths = sorted({max(1, round(width * r)) for r in _WIDTH_RANGE})
        widths = [w for w in widths if w * step <= search.width_max_s * 1.001] or widths[:1]
        peak = (-np.inf, 0.0, 0, 1)
        for trial in range(-6, 7):
            if best.dm + trial * grid < -0.5 * grid:
                continue
            if coarse == 1:
                # Of short pulses every trial is taken from the data: delays that are rounded twice would cost some of their S/N.
                dm = best.dm + trial * grid
                moved = dedispersed_window(spectrum, frequency_mhz, time_step_s, dm, start, 2 * reach)
            else:
                moved = dedispersed_window(window, frequency_mhz, step, trial * grid, 0, 2 * reach)
            series = moved.sum(axis=0)
            summed = np.concatenate([[0.0], np.cumsum(series, dtype=np.float64)])
            for boxcar in widths:
                snr = (summed[boxcar:] - summed[:-boxcar]) / (noise * (boxcar * coarse) ** 0.5)
                # Only boxcars that touch the middle of the hit: a neighbour is another candidate.
                near = slice(max(int(reach - 2 * width - 2 - boxcar / 2), 0), int(reach + 2 * width + 3 - boxcar / 2))
                at = int(snr[near].argmax()) + near.start
                if snr[at] > peak[0]:
                    peak = (float(snr[at]), best.dm + trial * grid, at, boxcar)
        middle = start * time_step_s + (peak[2] + 0.5 * peak[3]) * step
        best = PulseCandidate(middle, max(peak[1], 0.0), peak[3] * step, peak[0])
    return best


def joined(candidates: list[PulseCandidate], frequency_mhz: Any, time_step_s: float) -> list[PulseCandidate]:
    """Leave out candidates that are echoes of a stronger one at a wrong dispersion measure, time or width.

    A pulse that is dedispersed with a delay that is wrong by D across the band is spread over D: it still reaches the fraction
    min(1, w / D) sqrt(W / w) of its signal-to-noise ratio in a boxcar w, if W is its own width.  What lies within that bow tie
    and is no stronger than twice that is an echo.

    Parameters
    ----------
    candidates : list of PulseCandidate
        In any order.
    frequency_mhz, time_step_s
        As in `find_pulses`.

    Returns
    -------
    list of PulseCandidate
        Strongest first.

    References
    ----------
    Response to a wrong dispersion measure: Cordes & McLaughlin 2003, 2003ApJ...596.1142C, doi:10.1086/378231, section 3.
    """
    import numpy as np

    low, high = band_edges(frequency_mhz)
    across = float(dispersion_delay(1.0, low, high))
    order = sorted(candidates, key=lambda c: -c.snr)
    times, dms, widths, snrs = (
        np.array([getattr(c, name) for c in order], dtype=float) for name in ("time_s", "dm", "width_s", "snr")
    )
    kept: list[int] = []
    for i in range(len(order)):
        if kept:
            k = np.array(kept)
            wrong = (dms[k] - dms[i]) * across
            away = times[i] - times[k]
            slack = 1.5 * (widths[k] + widths[i]) + 2 * time_step_s
            inside = (away > np.minimum(wrong, 0) - slack) & (away < np.maximum(wrong, 0) + slack)
            spread = np.maximum(np.abs(wrong), widths[k])
            response = np.minimum(1.0, widths[i] / spread) * np.sqrt(widths[k] / widths[i])
            echo = inside & (snrs[i] < 2.0 * snrs[k] * np.minimum(response, 1.0) + 1.0)
            if echo.any():
                continue
        kept.append(i)
    return [order[i] for i in kept]
