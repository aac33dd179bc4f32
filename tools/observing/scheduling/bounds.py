"""What no schedule can exceed: an upper bound of the score by Lagrangian relaxation of the telescopes' time.

Each second of each telescope is given a price (constant in slices of the span); every unit then takes for itself the cheapest starts that its
windows allow, or nothing.  What all of them gain together plus the price of all the time is a bound whatever the prices are (Fisher 1981,
doi:10.1287/mnsc.27.1.1); subgradient steps make it small (Held, Wolfe & Crowder 1974, doi:10.1007/BF01580223).  It is that of the
time-indexed linear program (Dyer & Wolsey 1990, doi:10.1016/0166-218X(90)90104-K) without its size.

A visit takes its own time and the least gap before it that any visit on that telescope leaves; both are shortened by what a verifier forgives, and the windows that are
given to this module should be those of limits loosened in the same way, so that nothing that passes the verifier exceeds the bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import degrees, inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.scheduling.slews import ROTATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from gnomon.tools.observing.documents.telescopes import Slew
    from gnomon.tools.observing.scheduling.problem import Job, Option, Problem

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

# What the verifier forgives: a second at each end of a visit's duration and in each gap, 0.02 deg where the telescope points.
_SECOND = 1.0
_ANGLE = 0.02
# The length of the first steps, in those that would meet the score aimed at, and after how many rounds without a lower bound they get shorter.
_PACE, _PATIENCE = 0.4, 10
# Rounds that are done however late it is.
_LEAST = 100


@dataclass
class Prices:
    """Prices of telescopes' time and the bound that they give.

    ``value`` [telescope, slice] is in score a second; ``width`` the length of a slice [s].
    """

    bound: float
    value: Floats
    width: float
    programmes: Floats


class Relaxation:
    """The relaxed problem: units that compete only through prices.

    Parameters
    ----------
    problem : Problem
    units : sequence of int
        Those that are possible by themselves.
    slews : sequence of Slew
        Of each telescope.
    most : iterable of (sequence of int, float)
        Sets of units, none in two, and what each can bring at most: the visits of a request whose credit is partial when no other request is there, or sets of `cuts`.
    width : float
        Of a slice [s].
    """

    def __init__(
        self,
        problem: Problem,
        units: Sequence[int],
        slews: Sequence[Slew],
        *,
        most: Iterable[tuple[Sequence[int], float]] = (),
        width: float = 600.0,
    ) -> None:
        import numpy as np

        self.problem, self.width = problem, width
        self.units = list(units)
        self.slices = int(np.ceil((problem.horizon + 1) / width))
        options = [
            (n, j, o) for n, u in enumerate(self.units) for j in problem.units[u].jobs for o in problem.jobs[j].options
        ]
        jobs = sorted({j for _, j, _ in options})
        self.job_position = {j: i for i, j in enumerate(jobs)}
        self.unit_of_job = np.zeros(len(jobs), np.int64)
        for n, j, _ in options:
            self.unit_of_job[self.job_position[j]] = n
        leads = least_leads(problem, [o for _, _, o in options], slews)
        self._candidates([(self.job_position[j], o) for _, j, o in options], leads)
        self.values = np.array([problem.units[u].value for u in self.units])
        self.programme = np.array([problem.units[u].programme for u in self.units], np.int64)
        self.capacity = np.full((len(problem.machines), self.slices), width)
        self._position = {u: n for n, u in enumerate(self.units)}
        self.most: list[tuple[Integers, float]] = []
        self.limit(most)
        hours = [p.most for p in problem.programmes]
        wish = [inf if p.share is None else p.share * p.capacity for p in problem.programmes]
        self.hours = np.array([[h, w] for h, w in zip(hours, wish, strict=True)]).reshape(-1, 2)
        # A second above its share costs a programme this much; no price of it need be higher.
        self.dearest = np.array(
            [problem.total / p.capacity if p.share is not None and p.capacity > 0 else 0.0 for p in problem.programmes]
        )
        self.request = np.array([problem.units[u].request for u in self.units], np.int64)
        self.groups = _disjoint_groups(problem)

    def _candidates(self, options: list[tuple[int, Option]], leads: list[float]) -> None:
        """All starts at which the price of a visit can be least: where one of its ends lies on the edge of a slice, or at the ends of its windows."""
        import numpy as np

        job, machine, low, high = [], [], [], []
        for (position, option), lead in zip(options, leads, strict=True):
            before, length = lead, max(1.0, option.duration - 2 * _SECOND)
            starts = []
            for first, last in option.starts:
                for shift in (-before, length):
                    edge = np.arange(np.ceil((first + shift) / self.width), np.floor((last + shift) / self.width) + 1)
                    starts.append(edge * self.width - shift)
                starts.append(np.array([first, last], float))
            begin = np.unique(np.concatenate(starts))
            job.append(np.full(len(begin), position))
            machine.append(np.full(len(begin), option.telescope))
            low.append(np.clip(begin - before, 0.0, None))
            high.append(np.clip(begin + length, 0.0, self.slices * self.width))
        self.job = np.concatenate(job) if job else np.zeros(0, np.int64)
        self.machine = np.concatenate(machine) if machine else np.zeros(0, np.int64)
        self.low = np.concatenate(low) if low else np.zeros(0)
        self.high = np.maximum(np.concatenate(high), self.low) if high else np.zeros(0)
        self.length = (
            np.concatenate(
                [np.full(len(h), max(1.0, o.duration - 2 * _SECOND)) for h, (_, o) in zip(high, options, strict=True)]
            )
            if high
            else np.zeros(0)
        )
        # Candidates are in order of their jobs.
        self.first = (
            np.flatnonzero(np.r_[True, self.job[1:] != self.job[:-1]]) if len(self.job) else np.zeros(0, np.int64)
        )
        at = self.low / self.width, self.high / self.width
        top = self.slices
        self.low_slice = np.minimum(at[0].astype(np.int64), top - 1)
        self.high_slice = np.minimum(at[1].astype(np.int64), top - 1)
        self.low_rest = self.low - self.low_slice * self.width
        self.high_rest = self.high - self.high_slice * self.width
        self.low_flat = self.machine * top + self.low_slice
        self.high_flat = self.machine * top + self.high_slice

    def limit(self, most: Iterable[tuple[Sequence[int], float]]) -> None:
        """Let sets of units, none of which is in a set already, bring no more than some sums."""
        import numpy as np

        self.most += [(np.array([self._position[u] for u in members], np.int64), value) for members, value in most]

    def evaluate(self, price: Floats, dear: Floats) -> tuple[float, Integers, Floats]:
        """The bound that prices give, the candidates that are taken, and the gain of each unit.

        Parameters
        ----------
        price : ndarray (telescopes, slices)
        dear : ndarray (programmes, 2)
            Prices of a programme's second against its hours and against its share.
        """
        import numpy as np

        if not len(self.units):
            return 0.0, np.zeros(0, np.int64), np.zeros(0)
        before = np.zeros_like(price)
        before[:, 1:] = np.cumsum(price[:, :-1], axis=1) * self.width
        flat, sums = price.ravel(), before.ravel()
        cost = sums[self.high_flat] + flat[self.high_flat] * self.high_rest
        cost -= sums[self.low_flat] + flat[self.low_flat] * self.low_rest
        if len(dear):
            each = dear.sum(axis=1)
            programme = self.programme[self.unit_of_job[self.job]]
            cost += np.where(programme >= 0, each[programme], 0.0) * self.length
        least = np.minimum.reduceat(cost, self.first)
        gain: Floats = self.values.astype(float) - np.bincount(self.unit_of_job, least, len(self.units))
        taken = gain > 0
        if self.groups:
            of_request = np.bincount(self.request, gain.clip(0.0), len(self.problem.requests))
            for of_set, most in self.most:
                # What one of a set of requests would be taken for is no more than its visits bring together.
                request = int(self.request[of_set[0]])
                if (self.request[of_set] == request).all():
                    of_request[request] = min(of_request[request], most)
            for members in self.groups:
                best = max(members, key=lambda m: (of_request[m], -m))
                others = [m for m in members if m != best]
                taken &= ~np.isin(self.request, others)
        bound = float(gain[taken].sum() + (price * self.capacity).sum())
        for of_set, most in self.most:
            # What they gain is no more than what they can bring together.
            bound -= max(0.0, float(gain[of_set][taken[of_set]].sum()) - most)
        for p in range(len(dear)):
            for way in (0, 1):
                if dear[p, way] > 0:
                    bound += float(dear[p, way] * self.hours[p, way])
        chosen = np.zeros(len(self.first), np.int64)
        # The first candidate of each job at its least cost.
        hit = np.flatnonzero(cost <= np.repeat(least, np.diff(np.r_[self.first, len(cost)])))
        jobs, where = np.unique(self.job[hit], return_index=True)
        chosen[jobs] = hit[where]
        return bound, chosen[taken[self.unit_of_job]], gain

    def usage(self, chosen: Integers) -> Floats:
        """Seconds that candidates take of each telescope and slice."""
        import numpy as np

        used = np.zeros(len(self.problem.machines) * self.slices)
        if not len(chosen):
            return used.reshape(len(self.problem.machines), self.slices)
        low, high, base = self.low[chosen], self.high[chosen], self.machine[chosen] * self.slices
        first = self.low_slice[chosen]
        for step in range(int((self.high_slice[chosen] - first).max()) + 1):
            at = first + step
            edge = at * self.width
            part = np.clip(np.minimum(high, edge + self.width) - np.maximum(low, edge), 0.0, None)
            inside = at < self.slices
            np.add.at(used, (base + at)[inside], part[inside])
        return used.reshape(len(self.problem.machines), self.slices)

    def solve(self, score: float, *, rounds: int = 200, until: float = inf, least: int = _LEAST) -> Prices:
        """Lower the bound by steps along averaged subgradients, as long as it gets smaller.

        Parameters
        ----------
        score : float
            Of the best schedule known, which the steps aim at.
        rounds, least : int
            At most and, however late it is, at least.
        until : float
            When to stop on the clock of `time.monotonic` [s].

        Returns
        -------
        Prices
        """
        import numpy as np

        price = np.zeros((len(self.problem.machines), self.slices))
        dear = np.zeros((len(self.problem.programmes), 2))
        best, best_price, best_dear = inf, price, dear
        slope: Any = None
        slope_dear = np.zeros_like(dear)
        pace, since = _PACE, 0
        for done in range(rounds):
            bound, chosen, _ = self.evaluate(price, dear)
            if bound < best - 1e-6 * max(1.0, abs(best) if best < inf else 1.0):
                best, best_price, best_dear, since = bound, price, dear, 0
            else:
                since += 1
                if since >= _PATIENCE:
                    pace, since = pace * 0.7, 0
            if best - score <= 1e-6 * max(1.0, abs(score)) or pace < 1e-3:
                break
            if done >= least and monotonic() > until:
                break
            over = self.usage(chosen) - self.capacity
            over_dear = np.zeros_like(dear)
            if len(dear):
                spent = np.zeros(len(dear))
                programme = self.programme[self.unit_of_job[self.job[chosen]]]
                np.add.at(spent, programme[programme >= 0], self.length[chosen][programme >= 0])
                over_dear = np.where(
                    np.isfinite(self.hours), spent[:, None] - np.where(np.isfinite(self.hours), self.hours, 0.0), 0.0
                )
            over = np.where((price <= 0) & (over < 0), 0.0, over)
            over_dear = np.where((dear <= 0) & (over_dear < 0), 0.0, over_dear)
            slope = over if slope is None else 0.6 * over + 0.4 * slope
            slope_dear = over_dear
            size = float((slope**2).sum() + (slope_dear**2).sum())
            if size <= 0:
                break
            step = pace * max(bound - score, 1e-3 * abs(bound)) / size
            price = np.clip(price + step * slope, 0.0, None)
            if len(dear):
                dear = np.clip(dear + step * slope_dear, 0.0, None)
                dear[:, 1] = np.minimum(dear[:, 1], self.dearest)
                dear = np.where(np.isfinite(self.hours), dear, 0.0)
        return Prices(best, best_price, self.width, best_dear)


def least_leads(problem: Problem, options: list[Option], slews: Sequence[Slew]) -> list[float]:
    """The least gap that can come before each option, whatever visit is before it [s], less what a verifier forgives.

    A telescope that waits lets the sky pass at the rate of the Earth's rotation, so that a gap of g seconds turns at least the angle on the sky less that rate
    times g; with the angle a and the speed v, g ≥ (a + v·settle)/(v + rotation).
    """
    import numpy as np

    leads = np.zeros(len(options))
    rotation = degrees(ROTATION)
    by_machine: dict[int, list[int]] = {}
    for i, option in enumerate(options):
        by_machine.setdefault(option.telescope, []).append(i)
    for k, members in by_machine.items():
        slew = slews[k]
        # Both axes at once move the pointing by no more than the two rates together.
        speed = float(np.hypot.reduce(np.array(slew.rates)))
        here = [options[i] for i in members]
        points = np.array([_unit(o) for o in here])
        moves = np.array([o.track is not None for o in here])
        angle = np.degrees(np.arccos(np.clip(points @ points.T, -1.0, 1.0)))
        # A body that moves may be nearer at another time.
        angle = np.where(moves[:, None] | moves[None, :], 0.0, np.clip(angle - 2 * _ANGLE, 0.0, None))
        same = angle <= 2.0 / 3600
        turn = np.where(same, 0.0, (angle + speed * slew.settle) / (speed + rotation))
        number = np.array([o.instrument for o in here])
        first, last = np.array([o.first for o in here]), np.array([o.last for o in here])
        change = np.where(
            number[:, None] != number[None, :],
            np.array([o.change for o in here])[None, :],
            np.where(last[:, None] != first[None, :], np.array([o.band_change for o in here])[None, :], 0.0),
        )
        gap = np.maximum(turn, change)
        job = np.array([o.job for o in here])
        gap[job[:, None] == job[None, :]] = inf
        for a, b, wait in _waits(problem, job):
            where = np.ix_(np.flatnonzero(job == a), np.flatnonzero(job == b))
            gap[where] = np.maximum(gap[where], wait)
        least = gap.min(axis=0) if len(here) > 1 else np.zeros(len(here))
        leads[members] = np.where(np.isfinite(least), np.clip(least - _SECOND, 0.0, None), 0.0)
    return [float(lead) for lead in leads]


def _waits(problem: Problem, jobs: Any) -> list[tuple[int, int, float]]:
    """Pairs of visits of one request, and how long the second waits for the first's end at least; infinite where it comes before it."""
    import numpy as np

    told = []
    for j in np.unique(jobs):
        job: Job = problem.jobs[int(j)]
        longest = max((o.duration for o in job.options), default=0)
        for link in job.links:
            if link.most < -2:
                told.append((int(j), link.other, inf))
            elif link.least > 0:
                told.append((int(j), link.other, max(0.0, link.least - (0 if link.after_this else longest) - 2)))
    return told


def _unit(option: Option) -> tuple[float, float, float]:
    from math import cos, sin

    return option.cosine * cos(option.hour_angle), option.cosine * sin(option.hour_angle), option.sine


def _disjoint_groups(problem: Problem) -> list[list[int]]:
    """Sets of requests of which one at most is taken, each request in the first of its sets only: leaving a condition out keeps a bound a bound."""
    seen: set[int] = set()
    groups = []
    for members in problem.one_of:
        left = [m for m in members if m not in seen]
        seen.update(left)
        if len(left) > 1:
            groups.append(left)
    return groups
