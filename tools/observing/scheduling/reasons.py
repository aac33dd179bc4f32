"""Why requests were left out: a code for each, and what took the room of those that could have been made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.captions import both
from gnomon.tools.observing.documents.schedule import REASONS, Unscheduled
from gnomon.tools.observing.scheduling.blockers import blockers, frozen_in_the_way
from gnomon.tools.observing.scheduling.placement import Placement
from gnomon.tools.observing.scheduling.timetable import Timetable
from gnomon.tools.observing.visibility.reasons import reason_of

# Reasons that rest on one visit and the sky alone.
IN_THE_SKY = REASONS[: REASONS.index("relation")]

# Of how many telescopes what is missing is told.
_TELESCOPES = 3

_NOT_OFFERED = "No telescope has the mode and the bands.", "没有望远镜具备所需的模式和波段。"
_NO_WHOLE_SECOND = "No room begins at a whole second.", "没有从整秒开始的时段。"

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
            together = both("Each visit has room, not all of them together.", "各次观测单独都有时间，合在一起则没有。")
            told.append(_told(built, unit, left, "relation", together))
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
        found.append((reason_of(outcomes) if outcomes else "no_instrument", j, outcomes))
    # A visit whose room is over says nothing where another one never had any.  Where all have room for the exact duration, and none for whole
    # seconds, the window is as long as the visit.
    found = [f for f in found if f[0]] or [("window", j, outcomes) for _, j, outcomes in found]
    code = min((c for c, _, _ in found), key=REASONS.index)
    same = [f for f in found if f[0] == code]
    outcomes = same[0][2]
    nearest = [o for o in outcomes if o.reason == code and o.shortfall is not None]
    without = _NOT_OFFERED if code == "no_instrument" else _NO_WHOLE_SECOND
    detail = both(
        "; ".join(f"{o.telescope}: {o.shortfall.text}" for o in nearest) or without[0],
        "；".join(f"{o.telescope}：{o.shortfall.text_zh}" for o in nearest) or without[1],
    )
    return _told(built, unit, [f[1] for f in same], code, detail)


def _competed(built: Built, placement: Placement, table: Timetable, unit: Unit, left: list[int]) -> Unscheduled:
    problem = built.problem
    rivals = sorted({problem.units[r].request for r in placement.rivals(unit.index) if table.placed[r]})
    if rivals:
        names = tuple(problem.requests[r] for r in rivals)
        taken = both(f"{', '.join(names)} was taken of the set.", f"该组中已安排 {'、'.join(names)}。")
        return _told(built, unit, left, "one_of", taken, names)
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
                both(
                    f"{share.key} has used {used / 3600:.2f} of {share.most / 3600:g} h; this takes {least / 3600:.2f} h.",
                    f"{share.key} 的 {share.most / 3600:g} 小时已用 {used / 3600:.2f} 小时；此申请需 {least / 3600:.2f} 小时。",
                ),
            )
        more = problem.penalty(unit.programme, used + least) - problem.penalty(unit.programme, used)
        if more >= unit.value:
            return _told(
                built,
                unit,
                left,
                "hours",
                both(
                    f"{share.key} is above its share: its time would cost {more:.4g}, and it is worth {unit.value:.4g}.",
                    f"{share.key} 已超出份额：所占时间要扣 {more:.4g} 分，而它只值 {unit.value:.4g} 分。",
                ),
            )
    stand = blockers(placement, table, unit.index)
    held, alone = frozen_in_the_way(placement, table, unit.index, stand)
    if held:
        keys = {problem.requests[r] for r in held}
        told = ", ".join(sorted(keys)), "、".join(sorted(keys))
        stays = both(
            f"Its room went to visits that stay as they are, of {told[0]}.", f"时间给了 {told[1]} 的已不再改动的观测。"
        )
        others = set() if alone else {problem.requests[problem.units[b].request] for b in stand}
        return _told(
            built, unit, left, "lost", stays, tuple(sorted(keys | (others - {problem.requests[unit.request]})))
        )
    names = tuple(problem.requests[r] for r in sorted({problem.units[b].request for b in stand} - {unit.request}))
    worth = sum(problem.units[b].value for b in stand)
    lost = both(
        f"Its room went to requests worth {worth:.4g}; it is worth {unit.value:.4g}.",
        f"时间给了合计 {worth:.4g} 分的申请，它自己值 {unit.value:.4g} 分。",
    )
    return _told(built, unit, left, "lost", lost, names)
