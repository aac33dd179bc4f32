"""Choosing tiles for several telescopes together, so that they cover as much probability as they can and never the same twice for nothing.

This is maximum coverage under a matroid (each telescope has room for so many tiles, each in a slot of time in which it is up).  Taking the tile that adds most,
again and again over all telescopes, reaches at least half of the optimum (Fisher, Nemhauser & Wolsey 1978, doi:10.1007/BFb0121195) and in practice most of
it.  A second choice prefers the tiles that the linear relaxation takes; the better one is improved by exchanging tiles, and by tearing out neighbouring ones and filling
the hole anew (Shaw 1998, doi:10.1007/3-540-49481-2_30).  The number of rounds is fixed and not the time, so that the same map gives the same tiles on every machine.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.sky_maps.footprints import merged_regions
from gnomon.tools.observing.sky_maps.matching import Slots
from gnomon.tools.observing.sky_maps.prices import relaxed_cover

_LEAST = 1e-9  # a gain that is none
_TORN = (3, 12)  # tiles torn out in a round, from and below
_NOISE = 0.15  # of gains when a hole is filled, as a part
_PREFERENCE = 0.2  # for tiles that the relaxation does not take; 1.2 is for those that it takes whole
_WORSE = 0.001  # what may be lost on the way, as a part, at the beginning


@dataclass(frozen=True)
class Coverage:
    """Tiles that were chosen.

    Parameters
    ----------
    tiles : numpy.ndarray of int, shape (k,)
        Rows of the matrix, those that add most first.
    gain : numpy.ndarray of float, shape (k,)
        What each one adds to those before it.
    slot : numpy.ndarray of int, shape (k,)
        In which slot of its telescope it is.
    covered : float
        Probability in any of them.
    greedy : float
        What the first choice, before any exchange, covered.
    bound : float
        What no choice covers more of, on the same points and slots.
    """

    tiles: Any
    gain: Any
    slot: Any
    covered: float
    greedy: float
    bound: float


class _Choice:
    """Chosen tiles, what each other tile would add to them, and the room that is left.

    Gains are kept up to date from tile to tile, since a tile shares regions with few others.
    """

    def __init__(self, matrix: Any, weight: Any, telescope: Any, slots: Sequence[Any], most: int | None) -> None:
        import numpy as np

        self.matrix = matrix.astype(np.float64)
        self.by_region = self.matrix.tocsc()
        self.weight, self.telescope = weight, telescope
        self.members = [np.flatnonzero(telescope == k) for k in range(len(slots))]
        self.place = np.zeros(len(telescope), dtype=np.int64)
        for rows in self.members:
            self.place[rows] = np.arange(len(rows))
        self.slots = [Slots(s, most) for s in slots]
        self.times = np.zeros(len(weight), dtype=np.int64)
        self.chosen = np.zeros(len(telescope), dtype=bool)
        self.gain = self.matrix @ weight
        self.covered = 0.0
        self._open = np.zeros(len(telescope), dtype=bool)
        self._known: dict[int, tuple[Any, Any, Any]] = {}
        self._near: dict[int, Any] = {}
        self._unknown = set(range(len(slots)))  # telescopes whose room has to be looked at anew

    def regions_of(self, tile: int) -> Any:
        """Regions that lie in a tile."""
        return self.matrix.indices[self.matrix.indptr[tile] : self.matrix.indptr[tile + 1]]

    def _shared(self, tile: int) -> tuple[Any, Any, Any]:
        """Regions of a tile, and for each tile that has one of them too: which tile, and which of the regions."""
        import numpy as np

        if tile not in self._known:
            regions = self.regions_of(tile)
            begin, many = self.by_region.indptr[regions], self.by_region.indptr[regions + 1] - self.by_region.indptr[regions]  # fmt: skip
            of = np.repeat(np.arange(len(regions)), many)
            first = begin - np.concatenate([np.zeros(min(1, len(many)), dtype=np.int64), np.cumsum(many)[:-1]])
            self._known[tile] = regions, self.by_region.indices[first[of] + np.arange(len(of))], of
        return self._known[tile]

    def _count(self, tile: int, step: int) -> None:
        import numpy as np

        regions, others, of = self._shared(tile)
        times = self.times[regions] + step
        self.times[regions] = times
        turned = self.weight[regions] * (times == (1 if step > 0 else 0))
        self.covered += step * float(turned.sum())
        np.subtract.at(self.gain, others, step * turned[of])

    def around(self, tile: int) -> Any:
        """Tiles that share regions with a tile, itself among them."""
        import numpy as np

        if tile not in self._near:
            self._near[tile] = np.unique(self._shared(tile)[1])
        return self._near[tile]

    def state(self) -> tuple[Any, ...]:
        """What `go_back` needs."""
        return self.times.copy(), self.chosen.copy(), self.gain.copy(), self.covered, self._open.copy(), set(self._unknown), [s.state() for s in self.slots]  # fmt: skip

    def go_back(self, state: tuple[Any, ...]) -> None:
        """Undo all since `state` was asked for."""
        self.times, self.chosen, self.gain, self.covered, self._open = (
            state[0].copy(), state[1].copy(), state[2].copy(), state[3], state[4].copy(),
        )  # fmt: skip
        self._unknown = set(state[5])
        for slots, held in zip(self.slots, state[6], strict=True):
            slots.go_back(held)

    def add(self, tile: int) -> None:
        """Take a tile for which there is room."""
        k = int(self.telescope[tile])
        if not self.slots[k].add(int(self.place[tile])):
            raise AssertionError("a tile was taken for which there is no room")
        self.chosen[tile] = True
        self._count(tile, 1)
        self._unknown.add(k)

    def remove(self, tile: int) -> None:
        """Give a tile back."""
        k = int(self.telescope[tile])
        self.slots[k].remove(int(self.place[tile]))
        self.chosen[tile] = False
        self._count(tile, -1)
        self._unknown.add(k)

    def gains(self) -> Any:
        """What each tile would add, and zero for those that are taken or have no room."""
        import numpy as np

        for k in self._unknown:
            self._open[self.members[k]] = self.slots[k].room()
        self._unknown.clear()
        return np.where(self._open & ~self.chosen, self.gain, 0.0)

    def fill(self, noise: Any = None, enough: float = 2.0, least: float = _LEAST) -> list[int]:
        """Take tiles that add most, until nothing is left that adds, or enough is covered."""
        import numpy as np

        taken: list[int] = []
        while len(self.chosen) and self.covered < enough - 1e-12:
            gain = self.gains()
            best = int(np.argmax(gain if noise is None else gain * noise))
            if gain[best] <= least:
                break
            self.add(best)
            taken.append(best)
        return taken

    def exchange(self, tiles: Any) -> bool:
        """Put each of some tiles to where it adds most; whether anything got better."""
        import numpy as np

        better = False
        for tile in (int(t) for t in tiles):
            if not self.chosen[tile]:
                continue
            self.remove(tile)
            gain = self.gains()
            best = int(np.argmax(gain))
            if gain[best] <= gain[tile] + 1e-12:
                best = tile
            self.add(best)
            better = better or best != tile
        return better

    def alone(self) -> Any:
        """What would be lost with each chosen tile; infinite for others."""
        import numpy as np

        return np.where(self.chosen, self.matrix @ np.where(self.times == 1, self.weight, 0.0), np.inf)


def cover(
    matrix: Any,
    probability: Any,
    telescope: Any,
    slots: Sequence[Any],
    *,
    most: int | None = None,
    enough: float = 2.0,
    least: float = _LEAST,
    rounds: int = 500,
    seed: int = 0,
    seconds: float | None = None,
) -> Coverage:
    """Choose tiles for all telescopes together.

    Parameters
    ----------
    matrix : scipy.sparse array of bool, shape (tiles, points)
        Which points lie in which tile (`footprints`).
    probability : numpy.ndarray of float, shape (points,)
        Of the points; not negative.
    telescope : numpy.ndarray of int, shape (tiles,)
        To which telescope a tile belongs.
    slots : sequence, one entry a telescope
        How many tiles it can take, or an array of bool of shape (its tiles, its slots) with the slots in which each of its tiles may be observed
        (`gnomon.tools.observing.sky_maps.matching.allowed_slots`).
    most : int, optional
        Tiles that each telescope takes, whatever slots there are.
    enough : float
        Stop when so much probability is covered; by default never.
    least : float
        Tiles that add no more than this are not taken.
    rounds : int
        How often neighbouring tiles are torn out and chosen anew; 0 for exchanges only, -1 for the first choice alone.
    seed : int
        Of the random numbers.
    seconds : float, optional
        No new round is begun after so long; which tiles are chosen then hangs on the machine.

    Returns
    -------
    Coverage

    Raises
    ------
    InputError
        Where shapes do not fit together, or a probability is negative or no number.
    """
    import numpy as np

    deadline = math.inf if seconds is None else time.monotonic() + seconds
    probability, telescope = np.asarray(probability, dtype=float), np.asarray(telescope, dtype=np.int64)
    if matrix.shape != (len(telescope), len(probability)):
        raise InputError(
            f"The matrix of tiles is {matrix.shape[0]} x {matrix.shape[1]}, for {len(telescope)} tiles and {len(probability)} points.",
            remedy="Give one row for each tile and one column for each point.",
        )
    if not (np.isfinite(probability).all() and (probability >= 0.0).all()):
        raise InputError("Probabilities of points are negative or no numbers.", remedy="Give numbers from 0 to 1.")
    if len(telescope) and not (telescope.min() >= 0 and telescope.max() < len(slots)):
        raise InputError("A tile belongs to a telescope for which no slots are given.", remedy="Give slots for each telescope.")  # fmt: skip
    room = [_table(entry, int((telescope == k).sum())) for k, entry in enumerate(slots)]
    regions, weight, _ = merged_regions(matrix, probability)
    choice = _Choice(regions, weight, telescope, room, most)
    choice.fill(enough=enough, least=least)
    greedy = choice.covered
    bound = min(float(weight.sum()), 1.0)
    if rounds >= 0 and choice.chosen.any():
        if greedy < enough - 1e-12:
            bound = min(bound, _improve(choice, rounds, seed, least, deadline))
        if choice.covered >= enough - 1e-12:
            _thin_out(choice, enough)
    return _result(choice, greedy, bound)


def _table(entry: Any, tiles: int) -> Any:
    """Slots of one telescope as a table of tiles by slots."""
    import numpy as np

    if np.ndim(entry) == 0:
        return np.ones((tiles, min(max(int(entry), 0), tiles)), dtype=bool)
    table = np.asarray(entry, dtype=bool)
    if table.shape[0] != tiles:
        raise InputError(f"A telescope has {tiles} tiles, and slots for {table.shape[0]}.", remedy="Give one row of slots for each of its tiles.")  # fmt: skip
    return table


def _improve(choice: _Choice, rounds: int, seed: int, least: float, deadline: float) -> float:
    """Start from the better one of two choices, tear out neighbours and fill anew, going on from what is hardly worse, and end with the best; the bound."""
    import numpy as np

    random = np.random.default_rng(seed)
    bound, share = relaxed_cover(choice.matrix, choice.weight, choice.members, choice.slots, choice.covered)
    starts = []
    for preference in (None, _PREFERENCE + share):
        if preference is not None:
            _clear(choice)
        choice.fill(preference, least=least)
        while choice.exchange(np.flatnonzero(choice.chosen)):
            pass
        starts.append((choice.covered, choice.state()))
    best, best_state = max(starts, key=lambda s: s[0])
    choice.go_back(best_state)
    now, before = best, best_state
    for number in range(rounds):
        if time.monotonic() > deadline:
            break
        for tile in _torn(choice, random):
            choice.remove(tile)
        noise = np.exp(random.normal(0.0, _NOISE, len(choice.chosen)))
        taken = choice.fill(noise * (_PREFERENCE + share) if number % 2 else noise, least=least)
        choice.exchange(taken)
        # Record-to-record travel (Dueck 1993, doi:10.1006/jcph.1993.1010).
        if choice.covered < min(now, best * (1.0 - _WORSE * (1.0 - number / rounds))) - 1e-12:
            choice.go_back(before)
            continue
        now, before = choice.covered, choice.state()
        if now > best + 1e-12:
            best, best_state = now, before
    choice.go_back(best_state)
    return bound


def _clear(choice: _Choice) -> None:
    """Give all tiles back."""
    import numpy as np

    for tile in np.flatnonzero(choice.chosen):
        choice.remove(int(tile))


def _torn(choice: _Choice, random: Any) -> list[int]:
    """Tiles to tear out: around one or two places those that can cover the same, and some that would hardly be missed, wherever they are."""
    import numpy as np

    held = np.flatnonzero(choice.chosen)
    torn: set[int] = set()
    places = int(random.integers(1, 3))
    for tile in random.choice(held, size=min(places, len(held)), replace=False):
        count = int(random.integers(*_TORN)) // places
        near = choice.around(int(tile))
        own = {int(tile), *(int(t) for t in random.permutation(near[choice.chosen[near]])[:count])}
        if len(own) < count:
            near = np.unique(np.concatenate([choice.around(int(t)) for t in near]))
            own |= {int(t) for t in random.permutation(near[choice.chosen[near]])[: count - len(own)]}
        torn |= own
    if elsewhere := int(random.integers(0, 3)):
        loss = choice.alone()[held] * np.exp(random.normal(0.0, 0.5, len(held)))
        torn |= {int(t) for t in held[np.argsort(loss)[:elsewhere]]}
    return sorted(torn)


def _thin_out(choice: _Choice, enough: float) -> None:
    """Give back tiles without which there is still enough, those that add least first."""
    import numpy as np

    while choice.chosen.any():
        alone = choice.alone()
        tile = int(np.argmin(alone))
        if choice.covered - alone[tile] < enough - 1e-12:
            return
        choice.remove(tile)


def _result(choice: _Choice, greedy: float, bound: float) -> Coverage:
    import numpy as np

    chosen = np.flatnonzero(choice.chosen)
    left = np.ones(len(choice.weight), dtype=bool)
    own = choice.matrix[chosen]
    tiles, gain = [], []
    waiting = np.ones(len(chosen), dtype=bool)
    for _ in range(len(chosen)):
        adds = np.where(waiting, own @ np.where(left, choice.weight, 0.0), -1.0)
        best = int(np.argmax(adds))
        waiting[best] = False
        tile = int(chosen[best])
        tiles.append(tile)
        gain.append(max(float(adds[best]), 0.0))
        left[choice.regions_of(tile)] = False
    slot = [choice.slots[int(choice.telescope[t])].slot_of[int(choice.place[t])] for t in tiles]
    return Coverage(
        np.array(tiles, dtype=np.int64),
        np.array(gain),
        np.array(slot, dtype=np.int64),
        min(float(choice.weight[choice.times > 0].sum()), 1.0),
        min(greedy, 1.0),
        bound,
    )
