"""Channels in unit noise: taking out the bandpass, slow drifts and what is plainly interference, before a search for pulses."""

from __future__ import annotations

import itertools
from typing import Any

# Robust sigmas by which a channel's noise may differ from that of its neighbours; loose, since later steps see what is left.
CHANNEL_SIGMAS = 5.0
# A cell of one channel and one sample beyond this many sigmas is cut to it: one channel alone then cannot make a pulse.
CELL_SIGMAS = 8.0
# Error of the logarithm of a noise that quartiles tell, times the root of the number of samples: 1.17 for a normal distribution (asymptotic variance of
# quantiles; Serfling 1980, doi:10.1002/9780470316481, section 2.3), a little more for samples that are not quite independent.
_ERROR = 1.5
_STUCK = 16  # samples without any change, which no noise of several channels has
_MAD_TO_SIGMA = 1.4826  # of a normal distribution; Rousseeuw & Croux 1993, doi:10.1080/01621459.1993.10476408


def flattened(spectrum: Any, time_step_s: float, drift_s: float = 1.0) -> tuple[Any, Any]:
    """Every channel with mean zero and unit noise, bad ones set to zero.

    A channel is bad where its noise, the ratio of its noise to its quartiles, or the likeness of neighbouring samples is far
    from that of the other channels: transmitters that are always on make the first, those that blink the second and third.  The
    statistics resist outliers, so that a pulse in all channels removes none.

    Parameters
    ----------
    spectrum : numpy.ndarray of float, shape (channels, times)
        Power in any unit; not finite where there are no data.
    time_step_s : float
        Time between samples [s].
    drift_s : float
        Time over which the level of a channel is followed [s]; it must be several times the longest pulse.

    Returns
    -------
    tuple
        The channels (numpy.ndarray of float32, same shape), and which of them are good (numpy.ndarray of bool).

    References
    ----------
    Channel statistics for masking: Lorimer & Kramer 2005, 2004hpa..book.....L, section 5.2.5; kurtosis of power: Nita & Gary 2010,
    2010MNRAS.406L..60N, doi:10.1111/j.1745-3933.2010.00882.x, of which the ratio of noise to quartiles is a sturdier relative.
    """
    import numpy as np

    data = np.asarray(spectrum, dtype=np.float32)
    finite = np.isfinite(data) & ~_repeated(data)[None, :]
    if not finite.all():
        data = np.where(finite, data, np.nan)
    level = _level(data, max(round(drift_s / time_step_s), 16))
    data = np.where(finite, data - level, 0.0).astype(np.float32)
    # Times that are missing in all channels would make them look quieter than they are.
    present = finite.any(axis=0)
    there = data if present.all() else data[:, present]
    if not there.shape[1]:
        return np.zeros_like(data), np.zeros(len(data), dtype=bool)
    some = there[:, :: max(there.shape[1] // 4096, 1)]
    low, high = np.quantile(some, [0.25, 0.75], axis=1)
    noise = (high - low) / 1.34898  # of a normal distribution
    spread = there.std(axis=1)
    # Data of few bits: quartiles that coincide, or stand at the only two values, say nothing; the standard deviation does.
    noise = np.where(noise > 0.25 * spread, np.minimum(noise, spread), spread).astype(np.float32)
    # What is far out counts as five sigmas, so that a bright pulse does not make its channels look bad.
    reach = 5.0 * noise[:, None]
    near = np.clip(there, -reach, reach)
    spread = near.std(axis=1)
    good = (noise > 0) & (finite[:, present].mean(axis=1) > 0.5)
    alike = (near[:, 1:] * near[:, :-1]).mean(axis=1) / np.maximum(spread**2, 1e-30)
    for statistic in (np.log(np.maximum(noise, 1e-30)), spread / np.maximum(noise, 1e-30), alike):
        good &= ~_apart(statistic, good, _ERROR / some.shape[1] ** 0.5)
    data /= np.where(good, noise, 1.0)[:, None]
    np.clip(data, -CELL_SIGMAS, CELL_SIGMAS, out=data)
    data[~good] = 0.0
    return data, good


def _level(data: Any, block: int) -> Any:
    """Level of each channel against time: sturdy means of blocks, joined by straight lines."""
    import warnings

    import numpy as np

    times = data.shape[1]
    count = max(times // block, 1)
    cuts = np.linspace(0, times, count + 1).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of blocks without data
        medians = np.stack([_middle(data[:, a:b]) for a, b in itertools.pairwise(cuts)], axis=1)
    medians = _filled(medians)
    if count == 1:
        return medians
    centres = 0.5 * (cuts[:-1] + cuts[1:])
    # At the ends the level stays as it is: a line that goes on there would add its own error to that of the mean.
    place = np.interp(np.arange(times), centres, np.arange(count))
    left = np.minimum(place.astype(int), count - 2)
    part = (place - left).astype(np.float32)
    return medians[:, left] * (1 - part) + medians[:, left + 1] * part


def _middle(block: Any) -> Any:
    """Mean of the values within three sigmas of the median: as sturdy, and without the steps that data of few bits give a median."""
    import numpy as np

    some = block[:, :: max(block.shape[1] // 128, 1)]
    # The sort that copes with missing values is many times slower.
    quantile = np.quantile if np.isfinite(some).all() else np.nanquantile
    low, middle, high = quantile(some, [0.25, 0.5, 0.75], axis=1, keepdims=True)
    away = np.maximum((high - low) / 1.34898, 0.5 * np.nanstd(some, axis=1, keepdims=True))
    near = np.abs(block - middle) <= 3.0 * away
    enough = near.sum(axis=1) > 0.1 * block.shape[1]
    return np.where(enough, np.where(near, block, 0.0).sum(axis=1) / np.maximum(near.sum(axis=1), 1), np.nan)


def _filled(levels: Any) -> Any:
    """Levels of each channel, with that of the nearest block where a block has too few data; zero for a channel that has none."""
    import numpy as np

    known = np.isfinite(levels)
    if known.all():
        return levels
    place = np.arange(levels.shape[1])
    full = np.zeros_like(levels)
    for channel in np.flatnonzero(known.any(axis=1)):
        there = np.flatnonzero(known[channel])
        nearest = there[np.abs(place[:, None] - there[None, :]).argmin(axis=1)]
        full[channel] = levels[channel, nearest]
    return full


def _repeated(data: Any) -> Any:
    """Samples of stretches in which nothing changes in any channel: a backend or a file fills so what it has lost."""
    import numpy as np

    same = np.concatenate([[False], (data[:, 1:] == data[:, :-1]).all(axis=0), [False]])
    edges = np.flatnonzero(np.diff(same.astype(np.int8)))
    lost = np.zeros(data.shape[1], dtype=bool)
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        # `same[i]` says that sample i is as the one before it, so the run begins one earlier.
        if last - first + 1 >= _STUCK:
            lost[first : last + 1] = True
    return lost


def _apart(statistic: Any, good: Any, error: float) -> Any:
    """Which channels differ from the smooth run of the others over the band."""
    import numpy as np
    from scipy.ndimage import median_filter

    size = min(15, len(good) // 4 * 2 + 1)
    if good.sum() < 8:
        return np.zeros(len(good), dtype=bool)
    filled = np.interp(np.arange(len(good)), np.flatnonzero(good), statistic[good])
    # Beyond the edges the run goes on as it came, so that a slope there is no difference.
    longer = np.pad(filled, size // 2, mode="reflect", reflect_type="odd")
    rest = filled - median_filter(longer, size=size)[size // 2 : size // 2 + len(filled)]
    sigma = _MAD_TO_SIGMA * np.median(np.abs(rest[good] - np.median(rest[good])))
    return np.abs(rest) > CHANNEL_SIGMAS * max(float(sigma), error)
