"""Putting a unit (one visit, or several that belong together) into a timetable."""

from __future__ import annotations

from random import Random

from gnomon.tools.observing.scheduling.problem import FOREVER, Job, Option, Problem, Unit
from gnomon.tools.observing.scheduling.timetable import Slot, Timetable, compatible, window

_ROUNDS = 60


class Placement:
    """Puts units into timetables of one problem.

    Parameters
    ----------
    problem : Problem
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.price = _prices(problem)
        self._rivals: list[tuple[int, ...]] = [()] * len(problem.units)
        by_group: dict[int, list[int]] = {}
        for unit in problem.units:
            for group in unit.groups:
                by_group.setdefault(group, []).append(unit.index)
        for unit in problem.units:
            self._rivals[unit.index] = tuple(
                v for g in unit.groups for v in by_group[g] if problem.units[v].request != unit.request
            )

    def rivals(self, unit: int) -> tuple[int, ...]:
        """Units of other requests of which only one may be taken."""
        return self._rivals[unit]

    def place(
        self,
        table: Timetable,
        index: int,
        random: Random | None = None,
        *,
        push: bool = True,
        tries: int = 3,
        blink: float = 0.0,
    ) -> bool:
        """Put a unit where it costs least of the telescopes' time.

        Parameters
        ----------
        table : Timetable
        index : int
            Of the unit.
        random : random.Random or None
            Noise of the choice; none for the plain best.
        push : bool
            Whether what is there may be pushed to later times.
        tries : int
            How many beginnings are tried for visits that hang together.
        blink : float
            The chance to overlook a place.

        Returns
        -------
        bool
            False where it does not fit, or its score is not worth its programme's time; the timetable is then as it was.
        """
        unit = self.problem.units[index]
        if table.placed[index] or any(table.placed[r] for r in self._rivals[index]):
            return False
        open_jobs = [j for j in unit.jobs if table.chosen[j] is None]
        if not open_jobs:
            done = True
        elif len(open_jobs) == 1:
            done = self._single(table, unit, self.problem.jobs[open_jobs[0]], random, push, blink)
        else:
            done = self._linked(table, unit, open_jobs, random, push, tries)
        if done:
            table.placed[index] = True
            table.value += unit.value
        return done

    def remove(self, table: Timetable, index: int) -> set[int]:
        """Take a unit's visits out, the frozen ones excepted; the telescopes that they were on."""
        touched = set()
        for job in self.problem.units[index].jobs:
            option = table.chosen[job]
            if option is not None and job not in table.frozen:
                touched.add(option.telescope)
                table.take(job)
        if table.placed[index]:
            table.placed[index] = False
            table.value -= self.problem.units[index].value
        return touched

    def worth(self, table: Timetable, unit: Unit, seconds: int) -> bool:
        """Whether a unit's programme has so many seconds left, and they cost less than the unit brings."""
        if unit.programme < 0:
            return True
        used = table.seconds[unit.programme]
        if used + seconds > self.problem.programmes[unit.programme].most:
            return False
        more = self.problem.penalty(unit.programme, used + seconds) - self.problem.penalty(unit.programme, used)
        return unit.value > more

    def _single(self, table: Timetable, unit: Unit, job: Job, random: Random | None, push: bool, blink: float) -> bool:
        ranked: list[tuple[float, int, Slot]] = []
        for option in job.options:
            low, high = table.room(option) if job.links else (0, FOREVER)
            price = self.price[option.telescope]
            for slot in table.slots(option, low, high, push=push):
                if random is None:
                    ranked.append((slot.cost * price, slot.start, slot))
                elif not blink or random.random() >= blink:
                    ranked.append((slot.cost * price * (0.8 + 0.4 * random.random()), slot.start, slot))
        ranked.sort(key=lambda r: (r[0], r[1], r[2].option.telescope, r[2].option.instrument))
        for _, _, slot in ranked:
            if not self.worth(table, unit, slot.option.duration):
                continue
            if table.put(slot):
                return True
        return False

    def _linked(
        self, table: Timetable, unit: Unit, open_jobs: list[int], random: Random | None, push: bool, tries: int
    ) -> bool:
        jobs = [self.problem.jobs[j] for j in open_jobs]
        picky = any(link.where != "any" for job in jobs for link in job.links)
        allowed = [[o for o in job.options if _compatible_with_placed(table, job, o)] for job in jobs]
        if not all(allowed):
            return False
        anchors: list[list[Option]] = [[o] for o in allowed[0]] if picky else [allowed[0]]
        if random is not None:
            random.shuffle(anchors)
        else:
            anchors.sort(key=lambda a: self.price[a[0].telescope])
        for anchor in anchors:
            choices = [
                anchor,
                *(_fitting(jobs[0], job, anchor, all_of) for job, all_of in zip(jobs[1:], allowed[1:], strict=True)),
            ]
            if not all(choices):
                continue
            begin = 0
            for attempt in range(tries):
                if random is not None and attempt < tries - 1:
                    low, high = min(o.earliest for o in anchor), max(o.latest for o in anchor)
                    begin = random.randint(low, max(low, high))
                elif attempt:
                    # Without noise each try starts after where the last one failed to be put.
                    begin = begin if random is None else 0
                slots = self._agree(table, jobs, choices, begin, push)
                if slots is None:
                    if random is None or begin == 0:
                        break
                    continue
                if self.worth(table, unit, sum(s.option.duration for s in slots)) and self._put_all(
                    table, unit, jobs, choices, slots, push
                ):
                    return True
                begin = slots[0].start + max(60, slots[0].option.duration)
        return False

    def _agree(
        self, table: Timetable, jobs: list[Job], choices: list[list[Option]], begin: int, push: bool
    ) -> list[Slot] | None:
        """The earliest places of all visits that agree with the relations between them.

        Lower bounds are raised until nothing changes: differences between starts are closed under taking the earlier of two solutions, so that
        this finds the earliest one where there is one (visits of one request on one telescope excepted, which `_put_all` looks at).
        """
        low = [0] * len(jobs)
        low[0] = begin
        at: list[Slot | None] = [None] * len(jobs)
        where = {job.index: i for i, job in enumerate(jobs)}
        for _ in range(_ROUNDS):
            changed = False
            for i, job in enumerate(jobs):
                slot = at[i]
                if slot is not None and slot.start >= low[i]:
                    continue
                others = [
                    (link, at[where[link.other]])
                    for link in job.links
                    if link.where != "any" and link.other in where and where[link.other] < i
                ]
                best: Slot | None = None
                for option in choices[i]:
                    if any(o is not None and not compatible(option, o.option, link.where) for link, o in others):
                        continue
                    least, most = table.room(option) if job.links else (0, FOREVER)
                    if best is not None:
                        most = min(most, best.start - 1)
                    found = table.slots(option, max(least, low[i]), most, push=push, first=True)
                    if found:
                        best = found[0]
                if best is None:
                    return None
                at[i] = best
                changed = True
            for i, job in enumerate(jobs):
                slot = at[i]
                assert slot is not None
                for link in job.links:
                    j = where.get(link.other)
                    if j is None:
                        continue
                    other = at[j]
                    assert other is not None
                    least, _ = window(link, slot.option, other.option, other.start)
                    if slot.start < least and low[i] < least:
                        low[i] = least
                        changed = True
            if not changed:
                return [s for s in at if s is not None]
        return None

    def _put_all(
        self,
        table: Timetable,
        unit: Unit,
        jobs: list[Job],
        choices: list[list[Option]],
        slots: list[Slot],
        push: bool,
    ) -> bool:
        saved = table.save()
        order = sorted(range(len(jobs)), key=lambda i: slots[i].start)
        for i in order:
            planned = slots[i]
            done = False
            low, high = table.room(planned.option)
            for slot in table.slots(planned.option, max(low, planned.start), high, push=push):
                if table.put(slot):
                    done = True
                    break
            if not done:
                for option in choices[i]:
                    low, high = table.room(option)
                    if any(table.put(slot) for slot in table.slots(option, low, high, push=push)):
                        done = True
                        break
            if not done:
                table.restore(saved)
                return False
        if not self.worth(table, unit, 0):
            table.restore(saved)
            return False
        return True


def _compatible_with_placed(table: Timetable, job: Job, option: Option) -> bool:
    for link in job.links:
        other = table.chosen[link.other]
        if other is not None and not compatible(option, other, link.where):
            return False
    return True


def _fitting(first: Job, job: Job, anchor: list[Option], options: list[Option]) -> list[Option]:
    wheres = [link.where for link in job.links if link.other == first.index and link.where != "any"]
    if not wheres:
        return options
    return [o for o in options if all(compatible(o, anchor[0], w) for w in wheres)]


def _prices(problem: Problem) -> list[float]:
    """How much each telescope is asked for: the wished seconds, shared out over the options of each visit, over the seconds in which it is wanted at all."""
    wished = [0.0] * len(problem.machines)
    wanted: list[list[tuple[int, int]]] = [[] for _ in problem.machines]
    for job in problem.jobs:
        telescopes = {o.telescope for o in job.options}
        for option in job.options:
            wished[option.telescope] += option.duration / len(job.options) / len(telescopes) * len(job.options)
            wanted[option.telescope].append((option.earliest, option.latest + option.duration))
    prices = []
    for k in range(len(problem.machines)):
        spans = sorted(wanted[k])
        length, reach = 0, -1
        for low, high in spans:
            length += max(0, high - max(low, reach))
            reach = max(reach, high)
        prices.append(0.3 + wished[k] / length if length else 1.0)
    return prices
