"""Which tiles a telescope can take together: each needs a slot of time in which it is up, and a slot holds one tile.

The sets of tiles that fit are the independent sets of a transversal matroid (Edmonds & Fulkerson 1965, doi:10.6028/jres.069B.016): a tile can be added
where one of its slots is reached from a free slot by moving tiles that are already there, along an alternating path.
"""

from __future__ import annotations

from typing import Any


class Slots:
    """The slots of one telescope and the tiles in them.

    Parameters
    ----------
    allowed : numpy.ndarray of bool, shape (tiles, slots)
        Whether a tile may be observed in a slot.
    most : int, optional
        Of tiles that it takes, whatever slots there are.
    """

    def __init__(self, allowed: Any, most: int | None = None) -> None:
        import numpy as np

        self.allowed = np.asarray(allowed, dtype=bool)
        self.most = self.allowed.shape[1] if most is None else min(most, self.allowed.shape[1])
        self.tile_in = np.full(self.allowed.shape[1], -1, dtype=np.int64)  # by slot
        self.slot_of: dict[int, int] = {}
        # Where every tile may go everywhere, it is enough to count.
        self.plain = bool(self.allowed.size == 0 or self.allowed.all())
        # The slots of each tile as bits, in bytes for all tiles at once and in whole numbers for one by one.
        self.packed = np.packbits(self.allowed, axis=1, bitorder="little")
        self.bits = [int.from_bytes(row.tobytes(), "little") for row in self.packed]

    def state(self) -> tuple[Any, dict[int, int]]:
        """What `go_back` needs."""
        return self.tile_in.copy(), dict(self.slot_of)

    def go_back(self, state: tuple[Any, dict[int, int]]) -> None:
        """Undo all since `state` was asked for."""
        self.tile_in, self.slot_of = state[0].copy(), dict(state[1])

    def room(self, without: int | None = None) -> Any:
        """Which tiles could be added, as a mask.

        Parameters
        ----------
        without : int, optional
            A tile that is taken to be removed.

        Returns
        -------
        numpy.ndarray of bool, shape (tiles,)
        """
        import numpy as np

        if len(self.slot_of) - (without in self.slot_of) >= self.most:
            return np.zeros(len(self.allowed), dtype=bool)
        free = self.tile_in < 0
        if without is not None and without in self.slot_of:
            free = free.copy()
            free[self.slot_of[without]] = True
        if self.plain:
            return np.full(len(self.allowed), bool(free.any()))
        return (self.packed & self._reached(free, without)).any(axis=1)

    def _reached(self, free: Any, without: int | None) -> Any:
        """Slots that can be made free by moving tiles along, as bytes of bits."""
        import numpy as np

        reached = int.from_bytes(np.packbits(free, bitorder="little").tobytes(), "little")
        held = [(self.bits[t], 1 << s) for t, s in self.slot_of.items() if t != without]
        while True:
            before = reached
            left = []
            for allowed, slot in held:
                if allowed & reached:
                    reached |= slot
                else:
                    left.append((allowed, slot))
            if reached == before or not left:
                break
            held = left
        return np.frombuffer(reached.to_bytes(self.packed.shape[1], "little"), dtype=np.uint8)

    def add(self, tile: int) -> bool:
        """Give a tile a slot, moving others where needed; False, and nothing changed, where that cannot be done."""
        import numpy as np

        if len(self.slot_of) >= self.most:
            return False
        if self.plain:
            free = np.flatnonzero(self.tile_in < 0)
            if not len(free):
                return False
            self.tile_in[free[0]], self.slot_of[tile] = tile, int(free[0])
            return True
        came_from: dict[int, int] = {}  # slot -> the tile that would move into it
        seen = np.zeros(self.allowed.shape[1], dtype=bool)
        queue = [tile]
        while queue:
            mover = queue.pop(0)
            for slot in np.flatnonzero(self.allowed[mover] & ~seen):
                seen[slot] = True
                came_from[int(slot)] = mover
                if self.tile_in[slot] < 0:
                    self._move(int(slot), came_from, tile)
                    return True
                queue.append(int(self.tile_in[slot]))
        return False

    def _move(self, slot: int, came_from: dict[int, int], tile: int) -> None:
        while True:
            mover = came_from[slot]
            before = self.slot_of.get(mover)
            self.tile_in[slot] = mover
            self.slot_of[mover] = slot
            if mover == tile:
                return
            assert before is not None
            slot = before

    def remove(self, tile: int) -> None:
        """Take a tile out."""
        self.tile_in[self.slot_of.pop(tile)] = -1


def slots_between(intervals: Any, length: float) -> Any:
    """Cut the times in which a telescope is open into slots.

    Parameters
    ----------
    intervals : numpy.ndarray of float, shape (n, 2)
        Begins and ends, in any unit.
    length : float
        What a tile takes, with everything around it, in the same unit.

    Returns
    -------
    numpy.ndarray of float, shape (slots, 2)
        Begins and ends, in order.
    """
    import numpy as np

    found = [np.zeros((0, 2))]
    for begin, end in np.asarray(intervals, dtype=float).reshape(-1, 2):
        starts = begin + length * np.arange(int(np.floor((end - begin) / length + 1e-9)))
        found.append(np.stack([starts, starts + length], axis=1))
    slots = np.concatenate(found)
    return slots[np.argsort(slots[:, 0], kind="stable")]


def allowed_slots(windows: list[Any], slots: Any) -> Any:
    """In which slots tiles may be observed.

    Parameters
    ----------
    windows : list of numpy.ndarray of float, each of shape (n, 2)
        For each tile the times in which it is up.
    slots : numpy.ndarray of float, shape (slots, 2)
        Of the telescope, in the same unit.

    Returns
    -------
    numpy.ndarray of bool, shape (tiles, slots)
        True where the whole slot lies within one window.
    """
    import numpy as np

    allowed = np.zeros((len(windows), len(slots)), dtype=bool)
    slack = 1e-9 * float(np.abs(slots).max(initial=1.0))
    for number, window in enumerate(windows):
        for begin, end in np.asarray(window, dtype=float).reshape(-1, 2):
            allowed[number] |= (slots[:, 0] >= begin - slack) & (slots[:, 1] <= end + slack)
    return allowed
