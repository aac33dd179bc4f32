"""Numbers of a schedule: how much is scheduled, how good it is, how long each telescope works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.registry import tool
from gnomon.tools.reporting.measured_rows import measurements

if TYPE_CHECKING:
    from gnomon.tools.kinds import Measurements, Schedule, Verification


@tool(
    version="1.1",
    effects=("compute",),
    seconds=0.1,
    seconds_per_1000_rows=0.01,
    comparison="exact",
    citations=(
        "Lampoudi, Saunders & Eastman 2015, An integer linear programming solution to the telescope network scheduling problem, arXiv:1503.07170, 2015arXiv150307170L",
    ),
    examples=(
        "How many visits are in the schedule, and how many hours does each telescope observe?",
        "How good is the schedule compared with its upper bound?",
        "How many requests could not be scheduled?",
        "Did the verifier find violations in the schedule? Give the numbers",
        "观测计划里有多少次观测，每台望远镜观测几小时？",
        "这个观测计划与上界相比有多好？",
        "有多少个申请没有排进计划？",
        "核验程序在计划里发现了多少处违规？",
    ),
    summary_zh="给出观测计划的数字：观测次数、未安排的申请、得分与上界、各望远镜的观测时长、核验发现的违规数。",
    method="The score is the sum of the priorities of what is scheduled; the bound is what no schedule can exceed; violations are those that the independent verifier found.",
    method_zh="得分为已安排申请的优先级之和，上界为任何计划都不能超过的得分，违规数由独立核验程序给出。",
)
def measure_schedule(schedule: Schedule, verification: Verification | None = None) -> Measurements:
    """Give how much is scheduled, how good it is, how long each telescope works, and how many violations were found.

    Parameters
    ----------
    schedule : Schedule
        Who observes what, and when.
    verification : Verification, optional
        What the independent verifier found in it.

    Returns
    -------
    Measurements
        ``number_of_visits`` (those that failed left out), ``failed_visits`` (where there are any), ``requests_scheduled``, ``requests_not_scheduled``, ``score``, ``upper_bound`` (where it was reckoned), ``violations`` (where it was
        verified), and for each telescope its ``observing_time`` [h]: the visits' ends minus their starts.

    References
    ----------
    Score and bound as in telescope networks: Lampoudi et al. 2015, 2015arXiv150307170L.
    """
    import numpy as np

    left = {str(u.get("request")) for u in schedule.meta.get("unscheduled") or []}
    failed = (
        [str(state) == "failed" for state in schedule["state"]]
        if "state" in schedule.colnames
        else [False] * len(schedule)
    )
    scheduled = {str(r) for r, gone in zip(schedule["request"], failed, strict=True) if not gone}
    rows: list[dict[str, Any]] = [
        {"quantity": "number_of_visits", "of": "schedule", "value": float(len(schedule) - sum(failed))},
        {"quantity": "requests_scheduled", "of": "schedule", "value": float(len(scheduled))},
        {"quantity": "requests_not_scheduled", "of": "schedule", "value": float(len(left - scheduled))},
        {"quantity": "score", "of": "schedule", "value": float(schedule.meta.get("score", np.nan))},
    ]
    if any(failed):
        rows.insert(1, {"quantity": "failed_visits", "of": "schedule", "value": float(sum(failed))})
    bound = schedule.meta.get("bound")
    if bound is not None:
        rows.append({"quantity": "upper_bound", "of": "schedule", "value": float(bound)})
    if verification is not None:
        rows.append({"quantity": "violations", "of": "schedule", "value": float(len(verification))})
    hours = (schedule["end"] - schedule["start"]).to_value("h") if len(schedule) else np.array([])
    telescopes = np.array([str(t) for t in schedule["telescope"]])
    for telescope in dict.fromkeys(telescopes.tolist()):
        rows.append({"quantity": "observing_time", "of": telescope, "value": float(hours[telescopes == telescope].sum()), "unit": "h"})  # fmt: skip
    return measurements(rows)
