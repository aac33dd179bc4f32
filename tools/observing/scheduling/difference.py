"""What changed from one schedule to the next, in words of two languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.tools.observing.documents.times import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnomon.tools.observing.documents.schedule import PlannedVisit, Schedule

_SECOND = 1.0 / 86400


@dataclass(frozen=True)
class Difference:
    """Visits that were added, moved (before, after) and dropped, those to cancel because their request was withdrawn, those that failed since, and the priorities gained and lost.

    ``future`` is how many visits of the old schedule were still to come.
    """

    added: tuple[PlannedVisit, ...]
    moved: tuple[tuple[PlannedVisit, PlannedVisit], ...]
    dropped: tuple[PlannedVisit, ...]
    cancelled: tuple[PlannedVisit, ...]
    failed: tuple[PlannedVisit, ...]
    gained: float
    lost: float
    future: int
    score: tuple[float, float]


def difference(old: Schedule, new: Schedule, priorities: Mapping[str, float], now: float) -> Difference:
    """Compare two schedules.

    Parameters
    ----------
    old, new : Schedule
    priorities : mapping
        Of all requests of both, those withdrawn left out.
    now : float
        MJD (UTC): visits of the old schedule that are planned and begin later count as future.

    Returns
    -------
    Difference
    """
    before = {(v.request, v.visit): v for v in old.visits if v.state == "planned"}
    after = {(v.request, v.visit): v for v in new.visits if v.state in ("planned", "running", "done")}
    failed = {(v.request, v.visit) for v in new.visits if v.state == "failed"}
    told_failed = {_fact(v) for v in old.visits if v.state == "failed"}
    known = {(v.request, v.visit) for v in old.visits if v.state in ("planned", "running", "done")}
    added = [
        v
        for key, v in after.items()
        if v.state == "planned" and (key not in known or (key in failed and not _same(v, before.get(key))))
    ]
    moved = [
        (before[key], v)
        for key, v in after.items()
        if key in before and key not in failed and not _same(v, before[key]) and v.state == "planned"
    ]
    gone = [v for key, v in before.items() if key not in after and key not in failed]
    cancelled = [v for v in gone if v.request not in priorities]
    cancelled += [v for v in new.visits if v.state == "running" and v.request not in priorities]
    whole_before, whole_after = (
        {v.request for v in old.visits if v.state != "failed"},
        {v.request for v in after.values()},
    )
    return Difference(
        tuple(added),
        tuple(moved),
        tuple(v for v in gone if v.request in priorities),
        tuple(cancelled),
        tuple(v for v in new.visits if v.state == "failed" and _fact(v) not in told_failed),
        sum(priorities.get(r, 0.0) for r in sorted(whole_after - whole_before)),
        sum(priorities.get(r, 0.0) for r in sorted(whole_before - whole_after)),
        sum(v.start > now for v in before.values()),
        (old.score, new.score),
    )


def _same(one: PlannedVisit, two: PlannedVisit | None) -> bool:
    return (
        two is not None
        and one.telescope == two.telescope
        and one.instrument == two.instrument
        and abs(one.start - two.start) <= _SECOND
    )


def _fact(visit: PlannedVisit) -> tuple[str, str, str, int]:
    return visit.request, visit.visit, visit.telescope, round(visit.start / _SECOND)


def _clock(mjd: float) -> str:
    return text_of(mjd)[5:19].replace("T", " ")


def _name(visit: PlannedVisit) -> str:
    return f"{visit.request}/{visit.visit}"


def in_english(told: Difference) -> list[str]:
    """A difference in sentences, times in UTC."""
    lines = [f"Added {_name(v)} on {v.telescope} at {_clock(v.start)}." for v in told.added]
    lines += [
        f"Moved {_name(b)} from {a.telescope} at {_clock(a.start)} to {b.telescope} at {_clock(b.start)}."
        for a, b in told.moved
    ]
    lines += [f"Dropped {_name(v)} on {v.telescope} at {_clock(v.start)}." for v in told.dropped]
    lines += [
        f"To cancel, since its request was withdrawn: {_name(v)} on {v.telescope} at {_clock(v.start)}."
        for v in told.cancelled
    ]
    for visit in told.failed:
        what = f"{_name(visit)} on {visit.telescope} at {_clock(visit.start)}"
        lines.append(
            f"Failed: {what}."
            if visit.end > visit.start
            else f"Not begun, and open again: {what}, when the telescope was not free or was told to begin it later."
        )
    many = "visit" if told.future == 1 else "visits"
    lines.append(
        f"Of {told.future} future {many} {len(told.moved)} moved and {len(told.dropped)} dropped; priority gained {told.gained:g}, lost {told.lost:g}; score {told.score[0]:g} before, {told.score[1]:g} now."
    )
    return lines


def in_chinese(told: Difference) -> list[str]:
    """A difference in Chinese sentences, times in UTC."""
    lines = [f"新增 {_name(v)}：{v.telescope}，{_clock(v.start)}。" for v in told.added]
    lines += [
        f"移动 {_name(b)}：由 {a.telescope} {_clock(a.start)} 改为 {b.telescope} {_clock(b.start)}。"
        for a, b in told.moved
    ]
    lines += [f"取消 {_name(v)}：{v.telescope}，{_clock(v.start)}。" for v in told.dropped]
    lines += [f"申请已撤回，需撤销 {_name(v)}：{v.telescope}，{_clock(v.start)}。" for v in told.cancelled]
    for visit in told.failed:
        what = f"{_name(visit)}：{visit.telescope}，{_clock(visit.start)}"
        lines.append(
            f"失败 {what}。" if visit.end > visit.start else f"未能开始、重新待排 {what}，当时望远镜不空闲或推迟开始。"
        )
    lines.append(
        f"未来 {told.future} 次观测中移动 {len(told.moved)} 次、取消 {len(told.dropped)} 次；优先级增加 {told.gained:g}，减少 {told.lost:g}；得分由 {told.score[0]:g} 变为 {told.score[1]:g}。"
    )
    return lines
