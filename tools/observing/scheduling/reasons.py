"""Why requests were left out: a code for each, and what took the room of those that could have been made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.documents.schedule import REASONS, Unscheduled
from gnomon.tools.observing.scheduling.blockers import blockers
from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.timetable import Timetable
from gnomon.tools.observing.visibility.reasons import reason_of

# Reasons that rest on one visit and the sky alone.
IN_THE_SKY = REASONS[: REASONS.index("relation")]

# Of how many telescopes what is missing is told.
_TELESCOPES = 3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnomon.tools.observing.scheduling.build import Built
    from gnomon.tools.observing.scheduling.problem import Unit


def unscheduled(
    built: Built,
    placement: Placement,
    table: Timetable,
    alone: set[int],
    tracks: Any,
    known: Mapping[str, Unscheduled] | None = None,
    late: Any = None,
) -> list[Unscheduled]:
    """The reason of every request, or visit, that a timetable leaves out.

    Parameters
    ----------
    built : Built
    placement : Placement
    table : Timetable
    alone : set of int
        Units that are possible when no other is there.
    tracks : SkyTracks
        For why visits have no room in the sky.
    known : mapping or None
        What is known already of requests that have no room in the sky.
    late : SkyTracks or None
        The sky that is left, for requests that had room in the span and have none any more.

    Returns
    -------
    list of Unscheduled
        One for each request whose credit is all, one for each visit of the others.
    """
    problem = built.problem
    told = []
    for unit in problem.units:
        if table.placed[unit.index]:
            continue
        left = [j for j in unit.jobs if table.chosen[j] is None]
        impossible = [j for j in left if not problem.jobs[j].options]
        if impossible:
            before = (known or {}).get(problem.requests[unit.request])
            names = tuple(problem.jobs[j].key for j in impossible)
            if before is not None and _holds_still(before, names, tracks, late):
                told.append(before)
            else:
                told.append(_no_room(built, unit, impossible, tracks, late))
        elif unit.index not in alone:
            told.append(_told(built, unit, left, "relation", "Each visit has room, not all of them together."))
        else:
            told.append(_competed(built, placement, table, unit, left))
    return told


def _holds_still(before: Unscheduled, names: tuple[str, ...], tracks: Any, late: Any) -> bool:
    """Whether what was told of a request's visits is still so, telescopes having changed or not."""
    if before.reason not in IN_THE_SKY or set(before.visits) != set(names):
        return False
    if late is not None and before.request in late.requests.requests:
        return False
    return all(tracks.reason(before.request, name) == before.reason for name in names)


def _told(
    built: Built, unit: Unit, jobs: list[int], reason: str, detail: str, lost_to: tuple[str, ...] = ()
) -> Unscheduled:
    problem = built.problem
    return Unscheduled(
        problem.requests[unit.request], reason, tuple(problem.jobs[j].key for j in jobs), detail, lost_to
    )


def _no_room(built: Built, unit: Unit, jobs: list[int], tracks: Any, late: Any = None) -> Unscheduled:
    """The first reason of the reference's order among the visits that have no room, with the telescope that came nearest."""
    problem = built.problem
    found = []
    for j in jobs:
        request = problem.requests[unit.request]
        # What has no room any more is looked up in the sky that is left, everything else in all of it.
        sky = late if late is not None and request in late.requests.requests else tracks
        outcomes = sky.why_not(request, problem.jobs[j].key, _TELESCOPES)
        code = reason_of(outcomes) if outcomes else "no_instrument"
        # Room for the exact duration and none for whole seconds: the window is as long as the visit.
        found.append((REASONS.index(code or "window"), j, code or "window", outcomes))
    first = min(found)[0]
    same = [f for f in found if f[0] == first]
    _, _, code, outcomes = same[0]
    nearest = [o for o in outcomes if o.reason == code and o.shortfall is not None]
    detail = "; ".join(f"{o.telescope}: {o.shortfall.text}" for o in nearest)
    return _told(built, unit, [f[1] for f in same], code, detail or "No telescope has the mode and the bands.")


def _competed(built: Built, placement: Placement, table: Timetable, unit: Unit, left: list[int]) -> Unscheduled:
    problem = built.problem
    rivals = sorted({problem.units[r].request for r in placement.rivals(unit.index) if table.placed[r]})
    if rivals:
        names = tuple(problem.requests[r] for r in rivals)
        return _told(built, unit, left, "one_of", f"{', '.join(names)} was taken of the set.", names)
    if unit.programme >= 0:
        share = problem.programmes[unit.programme]
        used = table.seconds[unit.programme]
        least = sum(min(o.duration for o in problem.jobs[j].options) for j in left)
        if used + least > share.most:
            return _told(
                built,
                unit,
                left,
                "hours",
                f"{share.key} has used {used / 3600:.2f} of {share.most / 3600:g} h; this takes {least / 3600:.2f} h.",
            )
        more = problem.penalty(unit.programme, used + least) - problem.penalty(unit.programme, used)
        if more >= unit.value:
            return _told(
                built,
                unit,
                left,
                "hours",
                f"{share.key} is above its share: its time would cost {more:.4g}, and it is worth {unit.value:.4g}.",
            )
    stand = blockers(placement, table, unit.index)
    names = tuple(problem.requests[r] for r in sorted({problem.units[b].request for b in stand} - {unit.request}))
    worth = sum(problem.units[b].value for b in stand)
    return _told(
        built, unit, left, "lost", f"Its room went to requests worth {worth:.4g}; it is worth {unit.value:.4g}.", names
    )
