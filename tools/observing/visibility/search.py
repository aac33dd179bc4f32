"""Finding when targets keep the limits of altitude, mount and Moon at a site: on a grid for all at once, then each edge to a tenth of a second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.tools.observing.visibility.intervals import gaps, none, runs, sharpened
from gnomon.tools.observing.visibility.limits import Mount, mount_margin
from gnomon.tools.observing.visibility.sky import Sky

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.intp]
    Flags = NDArray[np.bool_]

_CELLS = 1_000_000  # of a grid that is held at once, 8 MB an array


@dataclass(frozen=True)
class Rows:
    """What is looked for at one site with one mount, an entry a row.

    Attributes
    ----------
    targets : ndarray of int
        Numbers of targets in the sky.
    sine_min : ndarray
        Sine of the lowest altitude.
    moon_cosine : ndarray
        Cosine of the least separation from the Moon; 2 where there is no limit.
    """

    targets: Integers
    sine_min: Floats
    moon_cosine: Floats

    def part(self, chosen: slice) -> Rows:
        """Some of the rows."""
        return Rows(self.targets[chosen], self.sine_min[chosen], self.moon_cosine[chosen])


def clear_times(sky: Sky, site: str, mount: Mount, rows: Rows, spans: Floats, step: float) -> list[Floats]:
    """When each row keeps its limits.

    Parameters
    ----------
    sky : Sky
    site : str
    mount : Mount
    rows : Rows
    spans : ndarray (m, 2)
        Where to look [s], not overlapping; the nights.
    step : float
        Of the grid [s].  What lasts shorter may be missed; a limit that is broken for less than a step only where the direction turns back at the limit,
        and then by less than an arcsecond.  Points of the horizon are looked at one by one.

    Returns
    -------
    list of ndarray (k, 2)
        For each row its intervals [s] in order, all of whose edges keep the limits.
    """
    import numpy as np

    found: list[list[Floats]] = [[] for _ in range(len(rows.targets))]
    grids = [np.linspace(a, b, max(int(np.ceil((b - a) / step)), 1) + 1) for a, b in spans]
    for nights in _together(grids, len(rows.targets)):
        seconds = np.concatenate(nights)
        block = np.repeat(np.arange(len(nights)), [len(night) for night in nights])
        many = max(_CELLS // len(seconds), 1)
        for first in range(0, len(rows.targets), many):
            chosen = rows.part(slice(first, first + many))
            for row, intervals in _in_grid(sky, site, mount, chosen, seconds, block):
                found[first + row].append(intervals)
    return [np.concatenate(f) if f else none() for f in found]


def _together(grids: list[Floats], rows: int) -> Iterator[list[Floats]]:
    """Grids of nights in batches: many nights of few rows are as fast as one night of many."""
    batch: list[Floats] = []
    for grid in grids:
        if batch and (sum(map(len, batch)) + len(grid)) * rows > _CELLS:
            yield batch
            batch = []
        batch.append(grid)
    if batch:
        yield batch


def _in_grid(
    sky: Sky, site: str, mount: Mount, rows: Rows, seconds: Floats, block: Integers
) -> list[tuple[int, Floats]]:
    import numpy as np

    flags = _flags(sky, site, mount, rows, seconds)
    row, first, last = runs(flags, block)
    if not len(row):
        return []

    def holds(which: Integers, at: Floats) -> Flags:
        return _hold(sky, site, mount, rows, row[which], at)

    every = np.arange(len(row))
    before, after = np.maximum(first - 1, 0), np.minimum(last + 1, len(seconds) - 1)
    # A run that reaches the end of its night is halved toward itself, which leaves it there.
    before, after = (
        np.where(block[before] == block[first], before, first),
        np.where(block[after] == block[last], after, last),
    )
    begin = sharpened(holds, every, seconds[first], seconds[before])
    end = sharpened(holds, every, seconds[last], seconds[after])
    cut = _behind_horizon(sky, site, mount, rows, row, seconds, first, last) if mount.horizon else {}
    out = []
    for run in np.flatnonzero(end > begin).tolist():
        whole = np.array([[begin[run], end[run]]])
        out.append((int(row[run]), gaps(cut[run], begin[run], end[run]) if run in cut else whole))
    return out


def _flags(sky: Sky, site: str, mount: Mount, rows: Rows, seconds: Floats) -> Flags:
    """Whether each row keeps its limits at each time; without diurnal aberration, which `_hold` has when edges are looked for."""
    import numpy as np

    observer = sky.observers[site]
    axes = observer.axes(seconds)
    up = sky.components(rows.targets, axes[:, 2], seconds)
    flags: Flags = up >= rows.sine_min[:, None]
    if not mount.simple:
        north, east = (sky.components(rows.targets, axes[:, n], seconds) for n in (0, 1))
        flags &= mount_margin(mount, observer.latitude, (north, east, up)) >= 0.0
    near = np.flatnonzero((rows.moon_cosine <= 1.0) & flags.any(axis=1))
    if len(near):
        cosine = sky.components(rows.targets[near], sky.moon_in_cirs(site, seconds), seconds)
        flags[near] &= cosine <= rows.moon_cosine[near, None]
    return flags


def _hold(sky: Sky, site: str, mount: Mount, rows: Rows, row: Integers, at: Floats) -> Flags:
    """Whether rows keep their limits, each at a time of its own."""
    import numpy as np

    observer = sky.observers[site]
    local = sky.local(rows.targets[row], site, at)
    north, east, up = local.T
    good: Flags = up >= rows.sine_min[row]
    if not mount.simple:
        good &= mount_margin(mount, observer.latitude, (north, east, up)) >= 0.0
    near = rows.moon_cosine[row] <= 1.0
    if near.any():
        moon = sky.bodies.local("moon", observer, at[near])
        good[near] &= np.sum(local[near] * moon, axis=1) <= rows.moon_cosine[row[near]]
    return good


def _behind_horizon(
    sky: Sky, site: str, mount: Mount, rows: Rows, row: Integers, seconds: Floats, first: Integers, last: Integers
) -> dict[int, Floats]:
    """For each run the times lost behind a point of the horizon that it passes between two times of the grid."""
    import numpy as np

    corners = np.array([azimuth for azimuth, _ in mount.horizon])
    runs_of: list[Integers] = []
    steps: list[Integers] = []
    times: list[Floats] = []
    for run in np.flatnonzero(last > first):
        inside = np.arange(first[run], last[run] + 1)
        local = sky.local(int(rows.targets[row[run]]), site, seconds[inside])
        azimuth = np.degrees(np.unwrap(np.arctan2(local[:, 1], local[:, 0])))
        turns = (azimuth[:, None] - corners) / 360.0
        passed = np.floor(turns[1:]) != np.floor(turns[:-1])
        step, corner = np.nonzero(passed)
        if len(step):
            whole = np.maximum(np.floor(turns[step, corner]), np.floor(turns[step + 1, corner]))
            part = (whole - turns[step, corner]) / (turns[step + 1, corner] - turns[step, corner])
            begin = seconds[inside[step]]
            times.append(begin + part * (seconds[inside[step] + 1] - begin))
            steps.append(inside[step])
            runs_of.append(np.full(len(step), run))
    if not times:
        return {}
    at, step, run_of = np.concatenate(times), np.concatenate(steps), np.concatenate(runs_of)
    bad = ~_hold(sky, site, mount, rows, row[run_of], at)
    at, step, run_of = at[bad], step[bad], run_of[bad]

    def holds(which: Integers, when: Floats) -> Flags:
        return _hold(sky, site, mount, rows, row[run_of[which]], when)

    every = np.arange(len(at))
    low = sharpened(holds, every, seconds[step], at)
    high = sharpened(holds, every, seconds[step + 1], at)
    return {int(n): np.stack([low, high], -1)[run_of == n] for n in np.unique(run_of)}
