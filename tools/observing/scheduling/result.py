"""From a timetable to the schedule document."""

from __future__ import annotations

from itertools import pairwise
from math import acos, cos, degrees
from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.documents.schedule import PlannedVisit
from gnomon.tools.observing.scheduling.slews import place, same_point

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnomon.tools.observing.documents.telescopes import Slew
    from gnomon.tools.observing.scheduling.build import Built
    from gnomon.tools.observing.scheduling.problem import Option
    from gnomon.tools.observing.scheduling.timetable import Timetable

_DAY = 86400.0


def planned_visits(
    built: Built, table: Timetable, tracks: Any, frozen: Mapping[int, PlannedVisit] | None = None
) -> list[PlannedVisit]:
    """The visits of a timetable with what people want to know of each.

    Parameters
    ----------
    built : Built
    table : Timetable
    tracks : SkyTracks
    frozen : mapping or None
        What became of jobs that are not planned any more.

    Returns
    -------
    list of PlannedVisit
        With ``airmass`` at start and end, ``moon_separation`` and ``sun_altitude`` [deg] in the middle, ``slew`` [s] before the visit.
    """
    import numpy as np

    problem = built.problem
    names = list(built.telescopes.telescopes)
    instruments = dict(enumerate(i for t in built.telescopes.telescopes.values() for i in t.instruments))
    told: dict[int, dict[str, Any]] = {}
    by_site: dict[str, list[int]] = {}
    kept = frozen or {}
    for row in table.rows:
        for job in row:
            if job in kept:
                continue
            by_site.setdefault(built.telescopes.telescopes[names[_option(table, job).telescope]].site, []).append(job)
    for site, jobs in by_site.items():
        targets = np.array([tracks.target_index(problem.requests[problem.jobs[j].request]) for j in jobs], np.intp)
        start = np.array([float(table.start[j]) for j in jobs])
        end = np.array([float(table.end[j]) for j in jobs])
        middle = (start + end) / 2
        first, last = tracks.airmass(targets, site, start), tracks.airmass(targets, site, end)
        moon, sun = tracks.moon_separation(targets, site, middle), tracks.sun_altitude(site, middle)
        for n, job in enumerate(jobs):
            told[job] = {}
            if np.isfinite(first[n]) and np.isfinite(last[n]):
                told[job]["airmass"] = [round(float(first[n]), 3), round(float(last[n]), 3)]
            if np.isfinite(moon[n]):
                told[job]["moon_separation"] = round(float(moon[n]), 1)
            told[job]["sun_altitude"] = round(float(sun[n]), 1)
    for k, row in enumerate(table.rows):
        telescope = built.telescopes.telescopes[names[k]]
        for before, after in pairwise(row):
            if before in kept or after in kept:
                continue
            a, b = _option(table, before), _option(table, after)
            if telescope.slew.model == "great_circle":
                seconds = _need(telescope.slew, a, table.end[before], b, table.start[after])
            else:
                seconds = float(problem.machines[k].gap(a, table.end[before], b, table.start[after]))
            told[after]["slew"] = round(seconds, 1)
    # What never began has no place in the timetable.
    visits = [visit for visit in kept.values() if visit.end <= visit.start]
    for row in table.rows:
        for job in row:
            if job in kept:
                visits.append(kept[job])
                continue
            option = _option(table, job)
            visits.append(
                PlannedVisit(
                    problem.requests[problem.jobs[job].request],
                    problem.jobs[job].key,
                    names[option.telescope],
                    instruments[option.instrument],
                    option.bands,
                    problem.origin + table.start[job] / _DAY,
                    problem.origin + table.end[job] / _DAY,
                    told=told[job],
                )
            )
    return visits


def _option(table: Timetable, job: int) -> Option:
    option = table.chosen[job]
    assert option is not None
    return option


def _need(slew: Slew, a: Option, end: int, b: Option, start: int) -> float:
    """The seconds of the rule, without what the planner adds."""
    change = b.change if a.instrument != b.instrument else b.band_change if a.last != b.first else 0.0
    if same_point(a, end, b, start):
        return change
    (ha, sa, ca), (hb, sb, cb) = place(a, end), place(b, start)
    turned = sa * sb + ca * cb * cos(hb - ha)
    return max(degrees(acos(max(-1.0, min(1.0, turned)))) / slew.rates[0] + slew.settle, change)
