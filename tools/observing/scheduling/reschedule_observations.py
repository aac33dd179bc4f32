"""A schedule changed for what happened: alerts, closures, failures, overruns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.schedule import read_schedule_document, schedule_document
from gnomon.tools.observing.documents.tables import document_of, table_of_schedule
from gnomon.tools.observing.documents.telescopes import read_telescopes_document
from gnomon.tools.observing.documents.times import mjd_of
from gnomon.tools.observing.scheduling.events import read_events_document
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import ObservingEvents, ObservingRequests, Schedule, Telescopes

_CITATIONS = (
    "Schrimpf et al. 2000, Record breaking optimization results using the ruin and recreate principle, doi:10.1006/jcph.1999.6413",
)


@tool(
    version="1.5",
    effects=("compute",),
    comparison="exact",
    seconds=2.0,
    seconds_per_1000_rows=5.0,
    citations=_CITATIONS,
    examples=(
        "Replan the night after this alert",
        "Lijiang is closed from now on; change the schedule",
        "The last exposure failed, reschedule it",
        "Update the observing schedule for these events",
        "A new gamma-ray burst arrived, fit it into the running schedule",
        "The alert was retracted: which visits must be cancelled?",
        "The exposure overran by ten minutes, what changes?",
        "收到新的警报，重新安排今晚的观测",
        "丽江现在关闭，请修改观测计划",
        "刚才的曝光失败了，重新安排",
        "按这些事件更新观测计划",
        "警报已撤回，哪些观测需要取消？",
        "曝光超时十分钟，计划有什么变化？",
        "有新的伽马暴，插入正在执行的计划",
    ),
    summary_zh="按新警报、关闭、失败或超时等事件修改观测计划，已执行和正在执行的保持不变。",
    method="The schedule was changed for what happened: what was done or running by then, and what begins within {freeze}, stayed; new and displaced requests were inserted with exact slews, moving as few other visits as possible.",
    method_zh="按所发生的事件修改计划：届时已完成、正在执行以及 {freeze} 内开始的观测保持不变，新的和被挤出的申请按精确转动时间插入，尽量少移动其他观测。",
)
def reschedule_observations(
    schedule: Schedule,
    telescopes: Telescopes,
    requests: ObservingRequests,
    events: ObservingEvents,
    now: Annotated[str, "start"] | None = None,
    freeze: Annotated[float, "s", "[0, 86400]"] = 300.0,
    iterations: Annotated[int, "[0, 1000000]"] = 0,
    stability: Annotated[float, "[0, 100]"] = 0.5,
    seed: int = 0,
) -> Schedule:
    """Change a schedule for what happened since it was made.

    Parameters
    ----------
    schedule : Schedule
        The one that runs.
    telescopes : Telescopes
        Those that it was made for, or the same after earlier events.
    requests : ObservingRequests
        Those that it was made for, or the same after earlier events.
    events : ObservingEvents
        New, changed and withdrawn requests, closures, visits that failed, overran, began late or are done.
    now : str, optional
        UTC, ISO 8601; by default the time of the last event.  What began before stays as it is; what was planned until then happened as planned, unless an event says otherwise.
    freeze : float
        Visits that begin within so many seconds stay as well.
    iterations : int
        Rounds of an improvement after everything was put in; 0 for none.
    stability : float
        What moving or dropping a visit costs in that improvement, as a fraction of the mean priority.
    seed : int
        Of the improvement.

    Returns
    -------
    Schedule
        For the documents after the events.  ``meta["difference"]`` and ``meta["difference_zh"]`` say in words what was added, moved, dropped and is to
        be cancelled; ``meta["telescopes"]`` and ``meta["requests"]`` are the documents that it is for, ``meta["replaces"]`` is the document of the schedule before.

    Raises
    ------
    InputError
        Where there is no event, or one names what is not there.
    UsageError
        Where `now` is outside of the schedule's span.
    """
    from gnomon.tools.observing.scheduling.difference import in_chinese, in_english
    from gnomon.tools.observing.scheduling.replanning import replan

    before = document_of(schedule)
    happened = read_events_document(document_of(events))
    if not happened:
        raise InputError("Nothing happened: the events document has no event.", remedy="Add what happened to it.")
    done = replan(
        read_schedule_document(before),
        read_telescopes_document(document_of(telescopes)),
        read_requests_document(document_of(requests)),
        mjd_of(now) if now is not None else happened[-1].time,
        happened,
        freeze=freeze,
        iterations=iterations,
        seed=seed,
        stability=stability,
    )
    table = table_of_schedule(schedule_document(done.schedule))
    table.meta["difference"] = in_english(done.difference)
    table.meta["difference_zh"] = in_chinese(done.difference)
    table.meta["telescopes"], table.meta["requests"], table.meta["replaces"] = done.telescopes, done.requests, before
    return table
