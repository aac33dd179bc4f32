"""Verifying a schedule against its telescopes and requests."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from gnomon.tools.captions import both
from gnomon.tools.observing.documents.sources import assumed_for
from gnomon.tools.observing.documents.tables import document_of
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import ObservingRequests, Schedule, Telescopes, Verification


@tool(
    version="1.5",
    effects=("compute",),
    comparison="exact",
    seconds=3.0,
    seconds_per_1000_rows=15.0,
    citations=(
        "Astropy Collaboration 2022, The Astropy Project: sustaining and growing a community-oriented open-source project, doi:10.3847/1538-4357/ac7c74",
        "Dechter, Meiri & Pearl 1991, Temporal constraint networks, doi:10.1016/0004-3702(91)90006-6",
    ),
    examples=(
        "Verify this schedule",
        "Is every visit of the schedule above its altitude limit and in the dark?",
        "Check the observing schedule against the telescopes and the requests",
        "Does the schedule break any limit?",
        "Is there enough time to slew between the visits of this schedule?",
        "Could any of the requests that were left out still be observed?",
        "Are the reasons for the unscheduled requests true?",
        "Prove that this schedule can be observed",
        "Check the schedule independently before I approve it",
        "核验这个观测计划",
        "计划里的每次观测都高于地平高度限制吗？",
        "对照望远镜和观测申请检查这个计划",
        "这个计划有没有违反任何限制？",
        "两次观测之间转动望远镜的时间够吗？",
        "没有排上的申请还能观测吗？理由成立吗？",
        "批准之前独立检查一遍观测计划",
    ),
    summary_zh="独立核验观测计划是否满足望远镜与申请的全部限制，以及未排入的理由是否成立。",
    method=(
        "The schedule was verified by a program that shares no code with the one that made it: every visit at samples at most 60 s apart with astropy's full "
        "transformations to apparent topocentric directions without refraction, gaps, relations and the score; 0.02° and 1 s were allowed. The reasons for what was left out were searched for places that refute them."
    ),
    method_zh="用与排程程序不共享代码的程序核验计划：以不超过 60 秒的间隔，用 astropy 的完整变换（站心视位置，不含折射）检查每次观测，并检查间隔、关联与得分；允许 0.02° 与 1 秒的误差。对未排入的理由，搜索能推翻它们的时段。",
)
def verify_schedule(schedule: Schedule, telescopes: Telescopes, requests: ObservingRequests) -> Verification:
    """Verify that a schedule can be observed, and that what it leaves out had to be left out.

    Parameters
    ----------
    schedule : Schedule
        With its document.  One that was changed for what happened carries the telescopes and requests after that, and the schedule that it replaces: it is held
        against these, and what was done by then must not have changed.
    telescopes : Telescopes
        What it was made for.
    requests : ObservingRequests
        What it was made for.

    Returns
    -------
    Verification
        One row for each thing that is wrong, none where the schedule holds: ``code``, ``place``, ``sentence``.  ``meta`` has the verdict ``passed``, the ``digests``
        of the three documents, ``counts`` of what was looked at, what was ``allowed``, and ``notes`` on what could not be checked; ``assumed`` has a
        sentence for each telescope of whose limits and times some have no source that was read, which is a warning too.

    Raises
    ------
    InputError
        Where a table carries no document.

    References
    ----------
    Transformations: Astropy Collaboration 2022, doi:10.3847/1538-4357/ac7c74.
    """
    import numpy as np
    from astropy.table import QTable

    from gnomon.tools.observing.verification.verify import verify

    after = schedule.meta
    for_telescopes = after.get("telescopes") or document_of(telescopes)
    for_requests = after.get("requests") or document_of(requests)
    planned = document_of(schedule)
    told = verify(for_telescopes, for_requests, planned, parent=after.get("replaces"))
    # What holds, holds for these limits and times: who approves it must know which of them nobody was found to state.
    assumed = [] if told.findings else assumed_for(for_telescopes, for_requests, planned)
    for note in (*told.notes, *assumed):
        warnings.warn(note, stacklevel=1)
    if told.findings:
        warnings.warn(
            both(
                f"The schedule does not hold: {len(told.findings)} findings, the first: {told.findings[0]}",
                f"计划不成立：发现 {len(told.findings)} 处问题，第一处：{told.findings[0]}",
            ),
            stacklevel=1,
        )
    meta = told.document()
    meta["assumed"] = assumed
    del meta["findings"]
    columns = ("code", "place", "sentence")
    return QTable({c: np.array([getattr(f, c) for f in told.findings], dtype=str) for c in columns}, meta=meta)
