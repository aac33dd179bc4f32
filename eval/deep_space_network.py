"""How the scheduling engine does on weeks of NASA's Deep Space Network (SatNet), beside what others reached on them.

python -m gnomon.eval.deep_space_network FOLDER [--week 10 --week 20] [--seconds 45] [--seed 0] [--out FOLDER]

FOLDER holds a folder ``W10_2018`` for each week, with ``problem.json`` and ``maintenance.csv`` of the benchmark (Goh et al. 2021, "SatNet: A benchmark for satellite
scheduling optimization", AAAI-22 workshop ML4OR).  `deep_space_weeks` puts a week into the engine's problem; the engine's own search and bound do the rest,
with one rule more, that a mission is tracked once at a time.  At the end a linear program, in which nothing changes its place or its order, lets tracks grow within their limits.
`deep_space_rules` checks and measures what comes out, from the benchmark's files.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import monotonic, process_time
from typing import TYPE_CHECKING

from gnomon.eval.deep_space_rules import Measures, Row, faults, measures
from gnomon.eval.deep_space_weeks import HORIZON, Translated, Week, Wish, read_week, translate, without
from gnomon.tools.errors import InputError, NumericalError
from gnomon.tools.observing.documents.telescopes import Slew
from gnomon.tools.observing.scheduling.bounds import Relaxation
from gnomon.tools.observing.scheduling.construction import by_density, by_priority, fill, possible_units
from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.search import Budget, Search
from gnomon.tools.observing.scheduling.timetable import Saved, Slot, Timetable

if TYPE_CHECKING:
    from gnomon.tools.observing.scheduling.problem import Option

# What others reached: hours, requests met, U_rms, U_max.  Delta-MILP is Claudet et al. 2022 (IEEE Access), table 4; RL is Goh et al. 2021, table 3,
# the best of 1000 runs; both as the benchmark's page quotes them.
PUBLISHED = {
    (10, 2018): {"Delta-MILP": (822, 203, 0.26, 0.48), "RL": (886, 204, 0.28, 0.71)},
    (20, 2018): {"Delta-MILP": (1059, 249, 0.21, 0.64), "RL": (1000, 223, 0.27, 0.81)},
}


class OnceAtATime(Timetable):
    """A timetable in which a mission is tracked once at a time, on whatever antennas.

    Parameters
    ----------
    translated : Translated
    """

    def __init__(self, translated: Translated) -> None:
        super().__init__(translated.problem)
        self.tracks = translated.tracks
        missions = sorted({wish.mission for wish in translated.week.wishes})
        where = {mission: i for i, mission in enumerate(missions)}
        self._mission = [where[track.wish.mission] for track in self.tracks]
        self._there: list[set[int]] = [set() for _ in missions]

    def slots(self, option: Option, low: int, high: int, *, push: bool = True, first: bool = False) -> list[Slot]:
        """As ever, without the times at which the mission is tracked elsewhere."""
        starts = list(option.starts)
        setup, length = self.tracks[option.job].wish.setup, self.tracks[option.job].length
        for on, off in self._elsewhere(option.job):
            starts = without(starts, on - length - setup + 1, off - setup - 1)
        if not starts:
            return []
        found = super().slots(option.with_starts(tuple(starts)), low, high, push=push, first=first)
        return [slot._replace(option=option) for slot in found]

    def put(self, slot: Slot) -> bool:
        """As ever."""
        job = slot.option.job
        self._there[self._mission[job]].add(job)
        if super().put(slot):
            return True
        self._there[self._mission[job]].discard(job)
        return False

    def take(self, job: int) -> None:
        """As ever."""
        super().take(job)
        self._there[self._mission[job]].discard(job)

    def restore(self, saved: Saved) -> None:
        """As ever."""
        super().restore(saved)
        for there in self._there:
            there.clear()
        for row in self.rows:
            for job in row:
                self._there[self._mission[job]].add(job)

    def _elsewhere(self, job: int) -> list[tuple[int, int]]:
        number = self.tracks[job].number
        return [
            self.tracked(other)
            for other in self._there[self._mission[job]]
            if other != job and self.tracks[other].number != number
        ]

    def tracked(self, job: int) -> tuple[int, int]:
        """From when to when a placed visit tracks."""
        on = self.start[job] + self.tracks[job].wish.setup
        return on, on + self.tracks[job].length

    def _clear(self, job: int, start: int) -> bool:
        on = start + self.tracks[job].wish.setup
        off = on + self.tracks[job].length
        return all(off <= a or b <= on for a, b in self._elsewhere(job))

    def _related(self, job: int) -> bool:
        return super()._related(job) and self._clear(job, self.start[job])

    def _fits_next(self, k: int, position: int, at: int) -> bool:
        return super()._fits_next(k, position, at) and self._clear(self.rows[k][position], at)


@dataclass
class Planned:
    """A track with its times, seconds since the start of the week, and how long it may be."""

    wish: Wish
    antennas: tuple[str, ...]
    on: int
    off: int
    most: int


@dataclass(frozen=True)
class Told:
    """A week's schedule in the benchmark's form, what the checker finds, what it is worth, what putting requests in one after another is worth, hours before tracks grew, a bound of the hours, and what it took."""

    rows: list[Row]
    faults: list[str]
    measures: Measures
    inserted: Measures
    before: float
    bound: float
    rounds: int
    wall: float
    cpu: float


def plan(
    week: Week, *, seconds: float | None = None, rounds: int | None = None, seed: int = 0, bound: float = float("inf")
) -> tuple[list[Planned], float, int]:
    """Plan a week with the engine.

    Parameters
    ----------
    week : Week
    seconds, rounds : float, int
        When the search stops; either or both.
    seed : int
    bound : float
        Hours at which it stops as well.

    Returns
    -------
    tuple
        The tracks after they have grown, the hours before that, and the rounds done.
    """
    translated = translate(week)
    problem = translated.problem
    placement = Placement(problem)
    units = possible_units(problem)
    first = []
    for order in (by_priority(problem, units), by_density(problem, units)):
        table = OnceAtATime(translated)
        fill(placement, table, order)
        first.append(table)
    table = max(first, key=lambda t: t.score)
    budget = Budget(rounds, seconds)
    Search(placement, table, seed, bound=bound, only=units).run(budget)
    fill(placement, table, by_density(problem, units))
    return grown(week, planned(translated, table)), table.score, budget.done


def planned(translated: Translated, table: OnceAtATime) -> list[Planned]:
    """The tracks of a timetable, those of an array as one."""
    names = [machine.key for machine in translated.problem.machines]
    together: dict[int, list[int]] = {}
    for row in table.rows:
        for job in row:
            together.setdefault(translated.tracks[job].number, []).append(job)
    found = []
    for jobs in together.values():
        antennas = tuple(sorted(names[k] for k, row in enumerate(table.rows) for j in row if j in jobs))
        track = translated.tracks[jobs[0]]
        found.append(Planned(track.wish, antennas, *table.tracked(jobs[0]), track.most))
    return sorted(found, key=lambda p: (p.on, p.antennas))


def grown(week: Week, tracks: list[Planned]) -> list[Planned]:
    """Let tracks grow as far as their limits, view periods, maintenance and neighbours let them, as many hours together as can be, by a linear program.

    Every condition is a difference of two times, or one time, against a whole number, so that times rounded down keep them all.
    """
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    n = len(tracks)
    rules: list[tuple[int, int, int]] = []
    limits = []
    for i, track in enumerate(tracks):
        low, high = _room(week, track)
        limits += [(low, high), (low, high)]
        rules += [(2 * i + 1, 2 * i, track.most), (2 * i, 2 * i + 1, track.on - track.off)]
    for name in {a for t in tracks for a in t.antennas}:
        row = [i for i in range(n) if name in tracks[i].antennas]
        for a, b in pairwise(row):
            rules.append((2 * a + 1, 2 * b, -tracks[a].wish.teardown - tracks[b].wish.setup))
    for mission in {t.wish.mission for t in tracks}:
        row = [i for i in range(n) if tracks[i].wish.mission == mission]
        rules += [(2 * a + 1, 2 * b, 0) for a, b in pairwise(row)]
    if not tracks:
        return []
    count = np.arange(len(rules))
    matrix = coo_array(
        (
            np.r_[np.ones(len(rules)), -np.ones(len(rules))],
            (np.r_[count, count], np.array([[a for a, _, _ in rules], [b for _, b, _ in rules]]).ravel()),
        ),
        shape=(len(rules), 2 * n),
    )
    done = linprog(np.tile([1.0, -1.0], n), matrix, np.array([most for _, _, most in rules], float), bounds=limits)
    if done.status != 0:
        raise NumericalError(
            f"Tracks could not grow: {done.message}",
            remedy="Report this with the week; the tracks as they were are valid.",
        )
    times = np.floor(done.x + 1e-6).astype(int).tolist()
    return [Planned(t.wish, t.antennas, times[2 * i], times[2 * i + 1], t.most) for i, t in enumerate(tracks)]


def _room(week: Week, track: Planned) -> tuple[int, int]:
    """Between which times a track may be in its view period, without maintenance of its antennas."""
    low, high = max(
        (p for p in track.wish.periods[track.antennas] if p[0] <= track.on and track.off <= p[1]),
        key=lambda p: p[1] - p[0],
    )
    low, high = max(low, track.wish.setup), min(high, HORIZON - track.wish.teardown)
    for name in track.antennas:
        for closed, opened in week.closures.get(name, ()):
            if opened <= track.on:
                low = max(low, opened + track.wish.setup)
            else:
                high = min(high, closed - track.wish.teardown)
    return low, high


def upper_bound(week: Week, hours: float, rounds: int = 800) -> float:
    """Hours that no schedule of a week can exceed, by the engine's relaxation; that a mission is tracked once at a time is left out.

    Parameters
    ----------
    week : Week
    hours : float
        Of a schedule that is known, at which the steps aim.
    rounds : int
    """
    problem = translate(week, step=720, generous=True).problem
    still = [Slew("great_circle", (1.0,), 0.0)] * len(problem.machines)
    return Relaxation(problem, possible_units(problem), still, width=900.0).solve(hours, rounds=rounds).bound


def rows_of(week: Week, tracks: list[Planned]) -> list[Row]:
    """Tracks in the benchmark's form, a row for each antenna."""
    return [
        {
            "RESOURCE": name,
            "SC": str(t.wish.mission),
            "START_TIME": week.start + t.on - t.wish.setup,
            "TRACKING_ON": week.start + t.on,
            "TRACKING_OFF": week.start + t.off,
            "END_TIME": week.start + t.off + t.wish.teardown,
            "TRACK_ID": t.wish.key,
        }
        for t in tracks
        for name in t.antennas
    ]


def run(folder: Path, *, seconds: float | None = None, rounds: int | None = None, seed: int = 0) -> Told:
    """Plan, bound, check and measure the week in a folder."""
    week = read_week(folder)
    inserted = measures(folder, rows_of(week, plan(week, rounds=0)[0]))
    wall, cpu = monotonic(), process_time()
    tracks, before, done = plan(week, seconds=seconds, rounds=rounds, seed=seed)
    wall, cpu = monotonic() - wall, process_time() - cpu
    rows = rows_of(week, tracks)
    worth = measures(folder, rows)
    return Told(rows, faults(folder, rows), worth, inserted, before, upper_bound(week, worth.hours), done, wall, cpu)


def table(folder: Path, told: Told) -> str:
    """What a week came to, beside what was published."""
    week, m = read_week(folder), told.measures
    took = f"{told.wall:.0f} s ({told.cpu:.0f} s of CPU), {told.rounds} rounds; {told.before:.1f} h before tracks grew"
    lines = [
        f"Week {week.week} of {week.year}: {m.asked} requests, {m.hours_asked:.1f} h, bound {told.bound:.1f} h",
        f"{'':12} {'hours':>7} {'%':>6} {'met':>4} {'U_rms':>6} {'U_max':>6}",
        f"{_line('engine', m)}   {len(told.faults)} faults; {took}",
        f"{_line('insertion', told.inserted)}   without the search",
    ]
    for name, (hours, met, rms, most) in PUBLISHED.get((week.week, week.year), {}).items():
        published = Measures(hours, m.hours_asked, met, m.asked, rms, most)
        lines.append(f"{_line(name, published)}   as published")
    return "\n".join([*lines, *told.faults])


def _line(name: str, m: Measures) -> str:
    return f"{name:12} {m.hours:7.1f} {100 * m.hours / m.hours_asked:6.1f} {m.met:4d} {m.u_rms:6.2f} {m.u_max:6.2f}"


def main() -> None:
    """Read the arguments and print what each week came to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the folders of the weeks are")
    parser.add_argument("--week", type=int, action="append", help="10 and 20 where none is given")
    parser.add_argument("--year", type=int, default=2018)
    parser.add_argument("--seconds", type=float, default=45.0, help="of search for each week")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="a folder for the schedules, in the benchmark's form")
    told = parser.parse_args()
    for week in told.week or [10, 20]:
        name = f"W{week}_{told.year}"
        try:
            done = run(told.folder / name, seconds=told.seconds, seed=told.seed)
        except InputError as error:
            parser.error(str(error))
        print(table(told.folder / name, done), flush=True)
        if told.out is not None:
            told.out.mkdir(parents=True, exist_ok=True)
            (told.out / f"{name}.json").write_text(json.dumps(done.rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
