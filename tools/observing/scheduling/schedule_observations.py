"""Who observes what, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from gnomon.tools.captions import both
from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.schedule import schedule_document
from gnomon.tools.observing.documents.tables import document_of, table_of_schedule
from gnomon.tools.observing.documents.telescopes import read_telescopes_document
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import ObservingRequests, Schedule, Telescopes


@tool(
    version="1.3",
    effects=("compute",),
    comparison="exact",
    ended_by="seconds",
    seconds=20.0,
    seconds_per_1000_rows=60.0,
    citations=(
        "Schrimpf et al. 2000, Record breaking optimization results using the ruin and recreate principle, doi:10.1006/jcph.1999.6413",
        "Christiaens & Vanden Berghe 2020, Slack induction by string removals for vehicle routing problems, doi:10.1287/trsc.2019.0914",
        "Fisher 1981, The Lagrangian relaxation method for solving integer programming problems, doi:10.1287/mnsc.27.1.1",
        "Lampoudi, Saunders & Eastman 2015, An integer linear programming solution to the telescope network scheduling problem, arXiv:1503.07170, 2015arXiv150307170L",
    ),
    examples=(
        "Schedule these requests on the telescopes tonight",
        "Plan follow-up of this gamma-ray burst with imaging and spectroscopy from Xinglong, Lijiang and La Palma",
        "Which telescope observes which target, and when?",
        "Make an observing schedule for all my targets over several sites",
        "Assign the observing requests to telescopes so that the most important ones are done",
        "Plan the night for three telescopes",
        "Optimise the observing plan and say how far it is from the best possible",
        "Make a multi-telescope schedule with cadences and simultaneous visits",
        "为今晚的望远镜安排这些观测申请",
        "用兴隆、丽江和拉帕尔马的望远镜安排这个伽马暴的成像和光谱后随观测",
        "哪台望远镜什么时候观测哪个目标？",
        "为我的全部目标制定多台站观测计划",
        "把观测申请分配到望远镜，优先完成最重要的",
        "为三台望远镜安排今晚的观测",
        "优化观测计划，并说明离最优还有多远",
    ),
    summary_zh="把观测申请安排到多台望远镜上，给出得分上界，并说明未安排的原因。",
    method="Requests were inserted into the telescopes' timetables with exact slews and read-outs, and the timetable was improved by ruin and recreate and by CP-SAT in parts of it; the bound is that of a Lagrangian relaxation of the telescopes' time.",
    method_zh="按精确的转动与读出时间把申请插入各望远镜的时间表，以“拆除—重建”和局部 CP-SAT 求解改进；得分上界来自望远镜时间的拉格朗日松弛。",
)
def schedule_observations(
    telescopes: Telescopes,
    requests: ObservingRequests,
    method: Literal["insertion+lns", "greedy"] = "insertion+lns",
    iterations: Annotated[int, "[0, 1000000]"] | None = None,
    seconds: Annotated[float, "s", "(0, 86400]"] | None = None,
    seed: int = 0,
) -> Schedule:
    """Decide which telescope makes which visit when, so that the sum of priorities is as large as can be found.

    Parameters
    ----------
    telescopes : Telescopes
        What can observe, with limits, instruments and slews.
    requests : ObservingRequests
        What is wished.
    method : {"insertion+lns", "greedy"}
        ``greedy`` puts requests in by priority and searches no further; it is there for comparison.
    iterations : int or None
        Rounds of the search.  Where neither this nor `seconds` is given, a number that falls with the number of requests (1500 for 300 and fewer, 450 for 1000), and
        the same every time.
    seconds : float or None
        When to be done, from the call on.  What comes out then depends on how fast the machine is, so that a replay takes it from the record and verifies it again.
    seed : int
        Of the search.

    Returns
    -------
    Schedule
        One row a planned visit; ``meta`` has the score, the bound that no schedule can exceed, what was left out with the reason of each, and the document.

    Raises
    ------
    InputError
        Where there is no request, or a table carries no document.
    """
    import warnings

    from gnomon.tools.observing.scheduling.make import make_schedule

    told, wished = read_telescopes_document(document_of(telescopes)), read_requests_document(document_of(requests))
    if not wished.requests:
        raise InputError("There is no request to schedule.", remedy="Say what is to be observed.")
    made = make_schedule(told, wished, seconds=seconds, iterations=iterations, seed=seed, method=method)
    if made.ended_by_time:
        warnings.warn(
            both(
                f"The search was ended by time after {made.rounds} rounds; another machine may find another schedule.",
                f"搜索在 {made.rounds} 轮后因时间到而结束；换一台机器可能得到不同的计划。",
            ),
            stacklevel=1,
        )
    if not made.schedule.visits:
        warnings.warn(
            both(
                "Nothing can be scheduled; every request has its reason.", "没有可以安排的观测；每个申请都列出了原因。"
            ),
            stacklevel=1,
        )
    return table_of_schedule(schedule_document(made.schedule))
