"""Part of a timetable solved by CP-SAT: some telescopes in a stretch of time, with exact gaps between neighbours.

The rest stays as it is.  Each telescope is a circuit through the visits that are taken (Laborie & Rogerie 2008, IBM; OR-tools' CP-SAT, Perron & Didier),
each arc with the gap between its two visits; times on which a gap hangs are those of the middle of the stretch, so that what comes out is put
into the real timetable visit by visit, where every gap is exact, and is kept only where the score gains.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import NumericalError
from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.problem import Option, Problem
from gnomon.tools.observing.scheduling.timetable import Timetable, compatible

if TYPE_CHECKING:
    from gnomon.tools.observing.scheduling.search import Budget

# Requests in one part at most.
MOST = 60
# Deterministic seconds of CP-SAT for one part, and of the wall where time counts.
EFFORT = 1.0


@dataclass
class Part:
    """Telescopes and a stretch of time, the units that may change, and those of them that are there now."""

    telescopes: list[int]
    low: int
    high: int
    units: list[int]
    inside: set[int]


class Solved:
    """Solves parts of timetables of one problem.

    Parameters
    ----------
    placement : Placement
    effort : float
        Deterministic seconds for each part.
    """

    def __init__(self, placement: Placement, effort: float = EFFORT) -> None:
        self.placement, self.problem, self.effort = placement, placement.problem, effort
        self.tried = self.better = 0
        # Units in a part: more while CP-SAT proves its answers, fewer where it runs out of time.
        self.size = 20.0

    def __call__(self, table: Timetable, random: Random, budget: Budget) -> bool:
        """Solve a part chosen by chance; True where the timetable is better for it."""
        part = choose(self.problem, self.placement, table, random, round(self.size))
        if part is None:
            return False
        self.tried += 1
        score = table.score
        done, proved = solve(self.placement, table, part, random.randrange(1 << 30), self.effort, budget.left())
        self.size = min(float(MOST), self.size * 1.1) if proved else max(12.0, self.size * 0.9)
        better = done and table.score > score + 1e-9
        self.better += better
        return better


def choose(problem: Problem, placement: Placement, table: Timetable, random: Random, size: int) -> Part | None:
    """Choose a part: one to three telescopes and some hours, all units that lie within, and as many that were left out as there is room for in the model."""
    busy = [k for k, row in enumerate(table.rows) if row]
    if not busy:
        return None
    count = random.choice((1, 2, 2, 3))
    first = random.choice(busy)
    near = [k for k in busy if k != first and problem.machines[k].site == problem.machines[first].site]
    others = [k for k in busy if k != first]
    telescopes = [first]
    while len(telescopes) < count and others:
        pick = random.choice(near) if near and random.random() < 0.3 else random.choice(others)
        others.remove(pick)
        near = [k for k in near if k != pick]
        telescopes.append(pick)
    middle = table.start[random.choice(table.rows[first])]
    low = high = middle
    inside: set[int] = set()
    for half in (1800, 3600, 5400, 7200, 10800, 14400, 21600):
        low, high = middle - half, middle + half
        inside = _inside(problem, table, telescopes, low, high)
        if len(inside) >= 0.6 * size:
            break
    if not inside:
        return None

    left = [
        u.index
        for u in problem.units
        if not table.placed[u.index]
        and not any(table.placed[r] for r in placement.rivals(u.index))
        and all(
            table.chosen[j] is None
            and any(_starts(o, low, high) for o in problem.jobs[j].options if o.telescope in telescopes)
            for j in u.jobs
        )
    ]
    room = max(4, size - len(inside))
    if len(left) > room:
        weight = {
            u: problem.units[u].value / (60 + min(o.duration for o in problem.jobs[problem.units[u].jobs[0]].options))
            for u in left
        }
        left = sorted(left, key=lambda u: -weight[u] * (0.4 + random.random()))[:room]
    units = sorted(inside)[:MOST] + sorted(left)
    return Part(telescopes, low, high, units, set(sorted(inside)[:MOST]))


def _inside(problem: Problem, table: Timetable, telescopes: list[int], low: int, high: int) -> set[int]:
    """Units all of whose visits lie on some telescopes in a stretch, and may be moved."""
    inside = set()
    for k in telescopes:
        for job in table.rows[k]:
            unit = problem.unit_of[job]
            if table.end[job] <= low or table.start[job] >= high or unit < 0 or not table.placed[unit]:
                continue
            if all(
                _option(table, j).telescope in telescopes
                and low <= table.start[j]
                and table.end[j] <= high
                and j not in table.frozen
                for j in problem.units[unit].jobs
            ):
                inside.add(unit)
    return inside


def solve(
    placement: Placement, table: Timetable, part: Part, seed: int, effort: float, seconds: float
) -> tuple[bool, bool]:
    """Solve a part and put the outcome into the timetable.

    Parameters
    ----------
    placement : Placement
    table : Timetable
        Changed only where all that CP-SAT chose fits with exact gaps.
    part : Part
    seed : int
    effort : float
        Deterministic seconds.
    seconds : float
        Of the wall at most.

    Returns
    -------
    tuple of bool
        Whether the timetable changed, and whether CP-SAT proved its answer the best of the part.
    """
    if seconds <= 0.05:
        return False, False
    model = _Model(placement.problem, table, part)
    found = model.run(seed, effort, seconds)
    if found is None:
        return False, model.proved
    saved = table.save()
    for unit in part.inside:
        placement.remove(table, unit)
    chosen = sorted(found, key=lambda f: (f[1], f[0].job))
    for option, start in chosen:
        placed = False
        low, high = table.room(option)
        for at in (start, max(low, start - 600)):
            slots = table.slots(option, at, min(high, start + 1800), push=True)
            if any(table.put(slot) for slot in slots[:2]):
                placed = True
                break
        if not placed:
            table.restore(saved)
            return False, model.proved
    problem = placement.problem
    for unit in sorted({problem.unit_of[o.job] for o, _ in chosen}):
        table.placed[unit] = True
        table.value += problem.units[unit].value
    for programme, share in enumerate(problem.programmes):
        if table.seconds[programme] > share.most:
            table.restore(saved)
            return False, model.proved
    for unit in part.units:
        placement.place(table, unit)
    return True, model.proved


class _Model:
    """The CP-SAT model of a part."""

    def __init__(self, problem: Problem, table: Timetable, part: Part) -> None:
        from ortools.sat.python import cp_model

        self.cp: Any = cp_model
        self.model: Any = cp_model.CpModel()
        self.problem, self.table, self.part = problem, table, part
        self.proved = False
        self.unit: dict[int, Any] = {u: self.model.new_bool_var("") for u in part.units}
        self.start: dict[int, Any] = {}
        self.use: dict[int, list[tuple[Option, Any]]] = {}
        self.nodes: dict[int, list[tuple[Option, Any]]] = {k: [] for k in part.telescopes}
        self._jobs()
        self._links()
        for k in part.telescopes:
            self._circuit(k)
        self._sets()
        scale = 1000
        self.model.maximize(sum(round(scale * problem.units[u].value) * taken for u, taken in self.unit.items()))
        self._hint()

    def _jobs(self) -> None:
        part, model = self.part, self.model
        for u in part.units:
            for j in self.problem.units[u].jobs:
                low, high = part.low, part.high
                self.start[j] = model.new_int_var(low, high, "")
                self.use[j] = []
                for option in self.problem.jobs[j].options:
                    if option.telescope not in part.telescopes:
                        continue
                    starts = _starts(option, low, high)
                    bounds = self._room(option, u)
                    starts = [(max(a, bounds[0]), min(b, bounds[1])) for a, b in starts]
                    starts = [(a, b) for a, b in starts if a <= b]
                    if not starts:
                        continue
                    use = model.new_bool_var("")
                    domain = self.cp.Domain.from_intervals([list(s) for s in starts])
                    model.add_linear_expression_in_domain(self.start[j], domain).only_enforce_if(use)
                    self.use[j].append((option, use))
                    self.nodes[option.telescope].append((option, use))
                model.add(sum(use for _, use in self.use[j]) == self.unit[u])

    def _room(self, option: Option, unit: int) -> tuple[int, int]:
        """Bounds by relations to visits of other units, which stay where they are."""
        mine = set(self.problem.units[unit].jobs)
        if all(link.other in mine or link.other in self.start for link in self.problem.jobs[option.job].links):
            return 0, 1 << 40
        low, high = self.table.room(option)
        return low, high

    def _links(self) -> None:
        model = self.model
        for j in list(self.start):
            for link in self.problem.jobs[j].links:
                i = link.other
                if i not in self.start:
                    continue
                both = [self.unit[self.problem.unit_of[j]], self.unit[self.problem.unit_of[i]]]
                this = self.start[j] + (sum(o.duration * use for o, use in self.use[j]) if link.after_this else 0)
                other = self.start[i] + (sum(o.duration * use for o, use in self.use[i]) if link.after_other else 0)
                if link.least != float("-inf"):
                    model.add(other - this >= int(link.least)).only_enforce_if(both)
                if link.most != float("inf"):
                    model.add(other - this <= int(link.most)).only_enforce_if(both)
                if link.where != "any" and j < i:
                    for option, use in self.use[j]:
                        for rival, used in self.use[i]:
                            if not compatible(option, rival, link.where):
                                model.add_bool_or([use.negated(), used.negated()])

    def _circuit(self, k: int) -> None:
        """The visits of one telescope in their order; those that stay are there in any case."""
        model, part, table = self.model, self.part, self.table
        gap = self.problem.machines[k].gap
        staying = []
        for job in table.rows[k]:
            if self.problem.unit_of[job] in part.inside:
                continue
            if table.end[job] > part.low - 7200 and table.start[job] < part.high + 7200:
                staying.append(job)
        nodes: list[tuple[Option, Any, Any, int, int]] = []
        for option, use in self.nodes[k]:
            starts = _starts(option, part.low, part.high)
            nodes.append((option, use, self.start[option.job], starts[0][0], starts[-1][1]))
        for job in staying:
            nodes.append((_option(table, job), None, table.start[job], table.start[job], table.start[job]))
        arcs: list[tuple[int, int, Any]] = []
        empty = model.new_bool_var("")
        arcs.append((0, 0, empty))
        for n, (_, use, _, _, _) in enumerate(nodes, start=1):
            first, last = model.new_bool_var(""), model.new_bool_var("")
            arcs += [(0, n, first), (n, 0, last)]
            if use is not None:
                arcs.append((n, n, use.negated()))
        middle = (part.low + part.high) // 2
        for n, (a, _, at_a, low_a, high_a) in enumerate(nodes, start=1):
            for m, (b, _, at_b, low_b, high_b) in enumerate(nodes, start=1):
                if n == m or a.job == b.job:
                    continue
                if isinstance(at_a, int) and isinstance(at_b, int):
                    # Both stay; that they keep their distance is known.
                    if at_a < at_b:
                        arcs.append((n, m, model.new_bool_var("")))
                    continue
                when = min(max(middle, low_a), high_a) + a.duration
                then = min(max(when, low_b), high_b)
                need = gap(a, when, b, then if when <= then < when + 3600 else when + 60)
                if low_a + a.duration + need > high_b:
                    continue
                follows = model.new_bool_var("")
                arcs.append((n, m, follows))
                model.add(at_b >= at_a + a.duration + need).only_enforce_if(follows)
        if len(nodes):
            model.add_circuit(arcs)

    def _sets(self) -> None:
        problem = self.problem
        for members in problem.one_of:
            by_request: dict[int, list[Any]] = {}
            for u, taken in self.unit.items():
                if problem.units[u].request in members:
                    by_request.setdefault(problem.units[u].request, []).append(taken)
            if len(by_request) > 1:
                chosen = []
                for rows in by_request.values():
                    any_of = self.model.new_bool_var("")
                    for taken in rows:
                        self.model.add_implication(taken, any_of)
                    chosen.append(any_of)
                self.model.add_at_most_one(chosen)
        for programme, share in enumerate(problem.programmes):
            if share.most == float("inf"):
                continue
            used = [
                o.duration * use
                for j, options in self.use.items()
                if problem.units[problem.unit_of[j]].programme == programme
                for o, use in options
            ]
            here = sum(
                self.table.end[j] - self.table.start[j]
                for u in self.part.inside
                if problem.units[u].programme == programme
                for j in problem.units[u].jobs
            )
            if used:
                self.model.add(sum(used) <= int(share.most) - self.table.seconds[programme] + here)

    def _hint(self) -> None:
        for u, taken in self.unit.items():
            here = u in self.part.inside
            self.model.add_hint(taken, here)
            for j in self.problem.units[u].jobs:
                if here:
                    self.model.add_hint(self.start[j], self.table.start[j])
                for option, use in self.use[j]:
                    self.model.add_hint(use, here and self.table.chosen[j] is option)

    def run(self, seed: int, effort: float, seconds: float) -> list[tuple[Option, int]] | None:
        solver = self.cp.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed % (1 << 31)
        solver.parameters.max_deterministic_time = effort
        if seconds != float("inf"):
            solver.parameters.max_time_in_seconds = seconds
        status = solver.solve(self.model)
        self.proved = status == self.cp.OPTIMAL
        if status == self.cp.MODEL_INVALID:
            raise NumericalError(
                "CP-SAT refused a part of the timetable.",
                remedy="Report this with the requests; method greedy does without it.",
            )
        if status not in (self.cp.OPTIMAL, self.cp.FEASIBLE):
            return None
        before = sum(self.problem.units[u].value for u in self.part.inside)
        if solver.objective_value / 1000 <= before + 1e-6:
            return None
        return [
            (option, solver.value(self.start[j]))
            for j, options in self.use.items()
            for option, use in options
            if solver.value(use)
        ]


def _starts(option: Option, low: int, high: int) -> list[tuple[int, int]]:
    """Allowed starts of an option for a visit that lies in a stretch."""
    last = high - option.duration
    return [(max(a, low), min(b, last)) for a, b in option.starts if max(a, low) <= min(b, last)]


def _option(table: Timetable, job: int) -> Option:
    option = table.chosen[job]
    assert option is not None
    return option
