"""Better timetables by taking part of one out and putting it in again, for as long as one likes.

Ruin and recreate (Schrimpf et al. 2000, doi:10.1006/jcph.1999.6413): requests are taken out of a stretch of some telescopes, and these and others
that were left out are put in again in an order with noise and with places overlooked by chance (Christiaens & Vanden Berghe
2020, doi:10.1287/trsc.2019.0914).  A timetable that is a little worse than the best may be gone on from (record-to-record travel,
Dueck 1993, doi:10.1006/jcph.1993.1010); the best is kept.  From time to time a part is solved by CP-SAT (`neighbourhood`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from time import monotonic

from gnomon.tools.observing.scheduling.construction import by_density, by_priority, effort, fill, possible_units
from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.timetable import Saved, Timetable

# How much worse than the best, as a part of it, a timetable may be at the beginning that one goes on from.
THRESHOLD = 0.004
# Requests taken out at once, about.
RUIN = 14
# Requests that were left out and are tried again in each round.
TRIED = 40
BLINK = 0.02


@dataclass
class Budget:
    """When to stop: after a number of rounds, or of seconds; ``ended_by_time`` says which it was."""

    iterations: int | None = None
    seconds: float | None = None
    started: float = field(default_factory=monotonic)
    done: int = 0
    ended_by_time: bool = False

    def part(self) -> float:
        """How much is used up, 0 to 1 and above."""
        parts = []
        if self.iterations is not None:
            parts.append(self.done / self.iterations if self.iterations else 1.0)
        if self.seconds is not None:
            passed = (monotonic() - self.started) / self.seconds if self.seconds > 0 else 1.0
            self.ended_by_time = passed >= 1.0
            parts.append(passed)
        return max(parts, default=1.0)

    def left(self) -> float:
        """Seconds left; infinite where only rounds count."""
        return float("inf") if self.seconds is None else self.seconds - (monotonic() - self.started)


Neighbourhood = Callable[[Timetable, Random, Budget], bool]


class Search:
    """A search that can be asked for its best timetable at any time.

    Parameters
    ----------
    placement : Placement
    table : Timetable
        Where to begin; it holds the best at the end.
    seed : int
    bound : float
        A score that nothing exceeds; reaching it ends the search.
    keep : callable or None
        A cost of a timetable that is taken off its score, as for visits moved while replanning.
    """

    def __init__(
        self,
        placement: Placement,
        table: Timetable,
        seed: int,
        *,
        bound: float = float("inf"),
        keep: Callable[[Timetable], float] | None = None,
        only: list[int] | None = None,
    ) -> None:
        self.placement, self.table, self.problem = placement, table, placement.problem
        self.random = Random(seed)
        self.bound = bound
        self.keep = keep
        self.units = possible_units(self.problem) if only is None else only
        self.effort = [effort(self.problem, u) for u in range(len(self.problem.units))]
        self.best: Saved = table.save()
        self.best_score = self.score()
        self._interested: list[list[tuple[int, int, int]]] = [[] for _ in self.problem.machines]
        for unit in self.units:
            for job in self.problem.units[unit].jobs:
                for option in self.problem.jobs[job].options:
                    for low, high in option.starts:
                        self._interested[option.telescope].append((low, high + option.duration, unit))

    def score(self) -> float:
        """The score of the timetable as it stands, less the cost of what `keep` counts."""
        return self.table.score - (self.keep(self.table) if self.keep else 0.0)

    def run(self, budget: Budget, neighbourhood: Neighbourhood | None = None, every: int = 60) -> None:
        """Search until the budget ends or the bound is reached; the timetable then holds the best that was found.

        Parameters
        ----------
        budget : Budget
        neighbourhood : callable or None
            Tried on the best timetable, every so many rounds after rounds have brought nothing for as long; True where it made it better.
        every : int
        """
        current, current_score, last = self.best, self.best_score, 0
        while self.best_score < self.bound - 1e-9:
            part = budget.part()
            if part >= 1.0:
                break
            budget.done += 1
            if neighbourhood is not None and budget.done - last > every and budget.done % every == 0:
                self.table.restore(self.best)
                if neighbourhood(self.table, self.random, budget) and self.score() > self.best_score + 1e-9:
                    self.best, self.best_score = self.table.save(), self.score()
                    current, current_score, last = self.best, self.best_score, budget.done
                else:
                    self.table.restore(current)
                continue
            self._round()
            score = self.score()
            floor = self.best_score - THRESHOLD * (1.0 - part) ** 2 * abs(self.best_score)
            if score >= current_score - 1e-9 or score > floor:
                current, current_score = self.table.save(), score
                if score > self.best_score + 1e-9:
                    self.best, self.best_score, last = current, score, budget.done
            else:
                self.table.restore(current)
        self.table.restore(self.best)

    def _round(self) -> None:
        random, table = self.random, self.table
        out = [u for u in self.units if not table.placed[u]]
        removed: set[int] = set()
        touched: set[int] = set()
        stretches: list[tuple[int, int, int]] = []
        pick = random.random()
        if out and pick < 0.75:
            stretches = self._around(random.choice(out))
        elif pick < 0.9:
            stretches = self._anywhere()
        for k, low, high in stretches:
            row = table.rows[k]
            first = bisect_left(row, low, key=table.end.__getitem__)
            last = bisect_right(row, high, key=table.start.__getitem__)
            for job in row[first:last]:
                unit = self.problem.unit_of[job]
                if unit >= 0 and table.placed[unit]:
                    removed.add(unit)
        if not stretches:
            placed = [u for u in self.units if table.placed[u]]
            removed.update(random.sample(placed, min(len(placed), random.randint(1, RUIN))))
        for unit in sorted(removed):
            touched |= self.placement.remove(table, unit)
        if random.random() < 0.7:
            table.tighten(touched)
        tried = self._candidates(out, stretches, touched)
        for unit in self._order(tried + sorted(removed)):
            self.placement.place(table, unit, random, blink=BLINK)

    def _around(self, unit: int) -> list[tuple[int, int, int]]:
        """Stretches of telescopes where a unit that was left out could go."""
        random = self.random
        stretches = []
        members = self.problem.units[unit].jobs
        width = random.choice((600, 1200, 2400, 4800))
        center: int | None = None
        for job in members:
            options = self.problem.jobs[job].options
            option = random.choice(options)
            low, high = random.choice(option.starts)
            start = random.randint(low, high)
            if center is not None and low <= center <= high and len(members) == 2:
                start = center
            center = start
            stretches.append((option.telescope, start - width, start + option.duration + width))
        if random.random() < 0.4:
            # Another telescope at the same time, for what can go to either.
            k = random.randrange(len(self.problem.machines))
            stretches.append((k, stretches[0][1], stretches[0][2]))
        return stretches

    def _anywhere(self) -> list[tuple[int, int, int]]:
        random = self.random
        k = random.randrange(len(self.problem.machines))
        row = self.table.rows[k]
        if not row:
            return []
        middle = self.table.start[random.choice(row)]
        width = random.choice((1800, 3600, 7200))
        return [(k, middle - width, middle + width)]

    def _candidates(self, out: list[int], stretches: list[tuple[int, int, int]], touched: set[int]) -> list[int]:
        random, placed = self.random, self.table.placed
        if len(out) <= TRIED:
            return out
        found: set[int] = set()
        for k, low, high in stretches:
            found.update(u for a, b, u in self._interested[k] if a < high and b > low and not placed[u])
        left = sorted(found.intersection(out))
        if len(left) > TRIED:
            left = random.sample(left, TRIED)
        if len(left) < TRIED // 2:
            left = sorted({*left, *random.sample(out, TRIED // 2)})
        return left

    def _order(self, units: list[int]) -> list[int]:
        random, rows = self.random, self.problem.units
        way = random.random()
        if way < 0.55:
            power = random.uniform(0.5, 1.1)
            keys = {u: rows[u].value / self.effort[u] ** power * (0.6 + 0.8 * random.random()) for u in units}
        elif way < 0.8:
            keys = {u: rows[u].value * (0.5 + random.random()) for u in units}
        elif way < 0.9:
            # The one with the least choice first.
            keys = {u: -self._freedom(u) * (0.6 + 0.8 * random.random()) for u in units}
        else:
            keys = {u: random.random() for u in units}
        return sorted(units, key=lambda u: (-keys[u], u))

    def _freedom(self, unit: int) -> float:
        return float(
            min(
                sum(high - low + 1 for o in self.problem.jobs[j].options for low, high in o.starts)
                for j in self.problem.units[unit].jobs
            )
        )


def first_timetable(placement: Placement, units: list[int]) -> Timetable:
    """The better of what two orders give: by priority, and by value for a second."""
    problem = placement.problem
    best: Timetable | None = None
    for order in (by_priority(problem, units), by_density(problem, units)):
        table = Timetable(problem)
        fill(placement, table, order)
        if best is None or table.score > best.score:
            best = table
    assert best is not None
    return best
