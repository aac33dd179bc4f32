"""A timetable that is valid at every moment: visits in order on each telescope, put in, pushed and taken out with exact gaps.

A visit that is put in may push the ones after it as far as their windows and relations allow.  Every change is checked at the
real starts and ends, and undone where it does not hold.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from gnomon.tools.observing.scheduling.problem import FOREVER, Link, Option, Problem


class Slot(NamedTuple):
    """Room for a visit: where in the telescope's order, from when, and how much of the telescope's time it takes beyond what was taken."""

    option: Option
    position: int
    start: int
    cost: int


class Saved(NamedTuple):
    """A copy of a timetable's state."""

    rows: list[list[int]]
    start: list[int]
    end: list[int]
    chosen: list[Option | None]
    placed: list[bool]
    value: float
    seconds: list[int]
    late: list[list[int]]


class Timetable:
    """Visits with their times.

    Parameters
    ----------
    problem : Problem

    Attributes
    ----------
    rows : list of list of int
        Jobs of each telescope in order of time.
    start, end : list of int
        Of each job [s]; -1 where it is not placed.
    chosen : list of Option or None
    placed : list of bool
        By unit.
    frozen : set of int
        Jobs that nothing moves.
    value : float
        The score without the penalties of shares.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        n = len(problem.jobs)
        self.rows: list[list[int]] = [[] for _ in problem.machines]
        self.start = [-1] * n
        self.end = [-1] * n
        self.chosen: list[Option | None] = [None] * n
        self.placed = [False] * len(problem.units)
        self.frozen: set[int] = set()
        self.value = 0.0
        self.seconds = [0] * len(problem.programmes)
        # For each job of a row, the latest start to which it can be pushed.
        self._late: list[list[int]] = [[] for _ in problem.machines]
        self._stale: set[int] = set()

    @property
    def score(self) -> float:
        """Value less what programmes pay for time above their shares."""
        return self.value - sum(self.problem.penalty(p, s) for p, s in enumerate(self.seconds) if s)

    def save(self) -> Saved:
        """A copy of the state, for `restore`."""
        for k in sorted(self._stale):
            self._reckon(k)
        return Saved(
            [row[:] for row in self.rows],
            self.start[:],
            self.end[:],
            self.chosen[:],
            self.placed[:],
            self.value,
            self.seconds[:],
            self._late[:],
        )

    def restore(self, saved: Saved) -> None:
        """Go back to a saved state, which stays as it is."""
        self.rows = [row[:] for row in saved.rows]
        self.start, self.end, self.chosen = saved.start[:], saved.end[:], saved.chosen[:]
        self.placed, self.value, self.seconds = saved.placed[:], saved.value, saved.seconds[:]
        self._late = saved.late[:]
        self._stale.clear()

    def slots(self, option: Option, low: int, high: int, *, push: bool = True, first: bool = False) -> list[Slot]:
        """All places where an option fits between two starts, each at its earliest.

        Parameters
        ----------
        option : Option
        low, high : int
            Bounds of the start [s].
        push : bool
            Whether what follows may be pushed.
        first : bool
            Whether the first place is enough.

        Returns
        -------
        list of Slot
            In order of time.
        """
        found: list[Slot] = []
        if low < option.earliest:
            low = option.earliest
        if high > option.latest:
            high = option.latest
        if low > high:
            return found
        k, duration = option.telescope, option.duration
        if k in self._stale:
            self._reckon(k)
        row, start, end, chosen = self.rows[k], self.start, self.end, self.chosen
        late = self._late[k] if push else [start[j] for j in row]
        gap = self.problem.machines[k].gap
        count = len(row)
        position = bisect_left(row, low, key=start.__getitem__)
        while True:
            before = row[position - 1] if position else -1
            free = end[before] if before >= 0 else 0
            previous = chosen[before] if before >= 0 else None
            if free > high:
                break
            until = late[position] if position < count else FOREVER
            at = free if free > low else low
            if until - at >= duration:
                at = option.next_start(at)
                if at > high:
                    break
                if until - at >= duration:
                    lead = 0
                    if previous is not None:
                        for _ in range(4):
                            lead = gap(previous, free, option, at)
                            if at >= free + lead:
                                break
                            at = option.next_start(free + lead)
                            if at > high:
                                break
                        else:
                            at = FOREVER
                    if at <= high and until - at >= duration:
                        then, old = 0, 0
                        if position < count:
                            after = row[position]
                            following = chosen[after]
                            assert following is not None
                            reached = at + duration
                            then = gap(option, reached, following, max(start[after], reached))
                            if reached + then > until:
                                position += 1
                                continue
                            if previous is not None:
                                old = gap(previous, free, following, start[after])
                        found.append(Slot(option, position, at, duration + lead + then - old))
                        if first:
                            break
            position += 1
            if position > count:
                break
        return found

    def put(self, slot: Slot) -> bool:
        """Put a job where it fits; what follows is pushed.  False, and nothing changed, where exact gaps do not let it."""
        option, k, job = slot.option, slot.option.telescope, slot.option.job
        row = self.rows[k]
        row.insert(slot.position, job)
        self.chosen[job], self.start[job], self.end[job] = option, slot.start, slot.start + option.duration
        moved: list[tuple[int, int]] = []
        if self._related(job) and self._push(k, slot.position, moved):
            self._count(job, option.duration)
            self._reckon(k)
            return True
        for other, at in reversed(moved):
            self._move(other, at)
        row.pop(slot.position)
        self.chosen[job], self.start[job], self.end[job] = None, -1, -1
        return False

    def take(self, job: int) -> None:
        """Take a job out; what follows stays where it is."""
        option = self.chosen[job]
        assert option is not None
        k = option.telescope
        self.rows[k].remove(job)
        self._stale.add(k)
        self._count(job, -option.duration)
        self.chosen[job], self.start[job], self.end[job] = None, -1, -1

    def fix(self, job: int, option: Option, start: int, end: int) -> None:
        """Put a job where it was or is in any case, without asking whether it fits, and freeze it."""
        row = self.rows[option.telescope]
        row.insert(bisect_left(row, start, key=self.start.__getitem__), job)
        self.chosen[job], self.start[job], self.end[job] = option, start, end
        self.frozen.add(job)
        self._count(job, end - start)
        self._reckon(option.telescope)

    def freeze(self, job: int) -> None:
        """Let nothing move a job that is placed."""
        option = self.chosen[job]
        assert option is not None
        self.frozen.add(job)
        self._stale.add(option.telescope)

    def tighten(self, telescopes: set[int]) -> None:
        """Move visits of telescopes to their earliest starts, in order."""
        for k in sorted(telescopes):
            row, gap = self.rows[k], self.problem.machines[k].gap
            for position, job in enumerate(row):
                option = self.chosen[job]
                assert option is not None
                if job in self.frozen:
                    continue
                low = self._bounds(job)[0]
                at = option.next_start(max(low, 0))
                if position:
                    before = row[position - 1]
                    previous = self.chosen[before]
                    assert previous is not None
                    at = option.next_start(max(at, self.end[before]))
                    for _ in range(4):
                        free = self.end[before] + gap(previous, self.end[before], option, at)
                        if at >= free:
                            break
                        at = option.next_start(free)
                    else:
                        continue
                if at < self.start[job] and self._fits_next(k, position, at):
                    self._move(job, at)
            self._reckon(k)

    def room(self, option: Option) -> tuple[int, int]:
        """Between which starts an option may be put, by its relations to what is placed; an empty range where it may not be."""
        low, high = 0, FOREVER
        for link in self.problem.jobs[option.job].links:
            other = self.chosen[link.other]
            if other is None:
                continue
            if not compatible(option, other, link.where):
                return FOREVER, -1
            least, most = window(link, option, other, self.start[link.other])
            low, high = max(low, least), min(high, most)
        return low, high

    def _fits_next(self, k: int, position: int, at: int) -> bool:
        row = self.rows[k]
        if position + 1 >= len(row):
            return True
        job, after = row[position], row[position + 1]
        option, following = self.chosen[job], self.chosen[after]
        assert option is not None and following is not None
        reached = at + option.duration
        return (
            reached + self.problem.machines[k].gap(option, reached, following, self.start[after]) <= self.start[after]
        )

    def _move(self, job: int, at: int) -> None:
        self.end[job] += at - self.start[job]
        self.start[job] = at

    def _count(self, job: int, seconds: int) -> None:
        unit = self.problem.unit_of[job]
        programme = self.problem.units[unit].programme if unit >= 0 else -1
        if programme >= 0:
            self.seconds[programme] += seconds

    def _push(self, k: int, position: int, moved: list[tuple[int, int]]) -> bool:
        row, start, end, chosen = self.rows[k], self.start, self.end, self.chosen
        gap = self.problem.machines[k].gap
        while position + 1 < len(row):
            job, after = row[position], row[position + 1]
            option, following = chosen[job], chosen[after]
            assert option is not None and following is not None
            at = max(start[after], end[job])
            for _ in range(4):
                least = end[job] + gap(option, end[job], following, at)
                if at >= least:
                    break
                at = following.next_start(least)
                if at >= FOREVER:
                    return False
            else:
                return False
            if at == start[after]:
                return True
            if after in self.frozen or following.next_start(at) != at:
                return False
            moved.append((after, start[after]))
            self._move(after, at)
            if not self._related(after):
                return False
            position += 1
        return True

    def _related(self, job: int) -> bool:
        if not self.problem.jobs[job].links:
            return True
        low, high = self._bounds(job)
        return low <= self.start[job] <= high and self._allowed_where(job)

    def _allowed_where(self, job: int) -> bool:
        option = self.chosen[job]
        assert option is not None
        for link in self.problem.jobs[job].links:
            other = self.chosen[link.other]
            if other is not None and not compatible(option, other, link.where):
                return False
        return True

    def _bounds(self, job: int) -> tuple[int, int]:
        low, high = 0, FOREVER
        option = self.chosen[job]
        for link in self.problem.jobs[job].links:
            other = self.chosen[link.other]
            if other is None or option is None:
                continue
            least, most = window(link, option, other, self.start[link.other])
            low, high = max(low, least), min(high, most)
        return low, high

    def _reckon(self, k: int) -> None:
        row, start, end, chosen, frozen = self.rows[k], self.start, self.end, self.chosen, self.frozen
        gap = self.problem.machines[k].gap
        jobs = self.problem.jobs
        self._stale.discard(k)
        late = [0] * len(row)
        following: Option | None = None
        after = -1
        until = FOREVER
        for position in range(len(row) - 1, -1, -1):
            job = row[position]
            option = chosen[job]
            assert option is not None
            at = start[job]
            if job in frozen:
                limit = at
            else:
                limit = option.last_start_with(at)
                if jobs[job].links:
                    limit = min(limit, self._bounds(job)[1])
                if following is not None and limit > at:
                    if until == start[after]:
                        room = until - gap(option, end[job], following, until) - option.duration
                    else:
                        # Gaps change a little with the time at which they fall; `put` looks again.
                        room = until - gap(option, end[job], following, start[after]) - option.duration - 2
                    limit = min(limit, room)
                if limit < at:
                    limit = at
            late[position] = limit
            following, after, until = option, job, limit
        self._late[k] = late


def window(link: Link, option: Option, other: Option, start: int) -> tuple[int, int]:
    """Between which starts a visit may be, given where the other visit of a link starts."""
    base = start
    if link.after_other:
        base += other.duration
    if link.after_this:
        base -= option.duration
    low = FOREVER if link.most == float("inf") else int(link.most)
    high = FOREVER if link.least == float("-inf") else int(-link.least)
    return (base - low if low != FOREVER else -FOREVER), (base + high if high != FOREVER else FOREVER)


def compatible(option: Option, other: Option, where: str) -> bool:
    """Whether two options may be taken together under a relation's `where`."""
    if where == "any":
        return True
    if where == "same_telescope":
        return option.telescope == other.telescope
    if where == "other_telescope":
        return option.telescope != other.telescope
    if where == "same_site":
        return option.site == other.site
    return option.site != other.site
