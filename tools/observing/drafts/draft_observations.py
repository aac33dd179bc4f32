"""Writing observing lists, calendars and messages to facilities from a schedule."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

from gnomon.tools.captions import both, both_joined
from gnomon.tools.errors import EmptyResult
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Drafts, ObservingRequests, Schedule, Telescopes


@tool(
    version="1.3",
    effects=("compute",),
    seconds=3.0,
    seconds_per_1000_rows=5.0,
    comparison="exact",
    citations=(
        "Street et al. 2018, General-purpose software for managing astronomical observing programs in the LSST era, doi:10.1117/12.2312293",
        "Wyatt et al. 2020, The Gravitational Wave Treasure Map, doi:10.3847/1538-4357/ab855e",
        "Seaman et al. 2011, Sky Event Reporting Metadata (VOEvent) 2.0, 2011ivoa.spec.0711S",
        "Salgado et al. 2021, Observation Locator Table Access Protocol Version 1.0, 2021ivoa.spec.0724S",
    ),
    examples=(
        "Write the observing lists for each telescope",
        "Make a night sheet for the night assistant as a PDF",
        "Give me a calendar of the planned visits",
        "Draft the LCO request group for this schedule",
        "Prepare the ESO observation blocks, as drafts",
        "Draft a GCN circular about the planned observations",
        "Write the planned pointings for the Treasure Map",
        "Make VOEvent packets of what is scheduled",
        "The schedule as ObsLocTAP rows, please",
        "Prepare targets and observation records for my TOM",
        "Turn the schedule into SkyPortal follow-up requests",
        "Which information is still missing before this could be sent to the telescopes?",
        "为每台望远镜写出观测列表",
        "给夜班助手做一页 PDF 观测单",
        "把计划的观测做成日历文件",
        "为这个计划起草 LCO 观测申请 JSON",
        "起草 ESO 观测块",
        "为计划中的观测起草 GCN 通报",
        "写出引力波 Treasure Map 的计划指向",
        "把观测计划写成 VOEvent 消息",
        "为 TOM 准备目标和观测记录",
        "要发给望远镜还缺哪些信息？",
    ),
    summary_zh="由观测计划写出各望远镜的观测列表、观测单、日历和给各设施的草稿；只起草，不发送。",
    method="Drafts of the form {form} were written from the schedule and checked against what each receiver takes; nothing was sent.",
    method_zh="由观测计划写出 {form} 形式的草稿，并按接收方的格式检查；没有发送任何内容。",
)
def draft_observations(
    schedule: Schedule,
    telescopes: Telescopes,
    requests: ObservingRequests,
    form: Literal[
        "csv",
        "text",
        "sheet",
        "ics",
        "lco",
        "tom",
        "skyportal",
        "eso",
        "gcn_circular",
        "gcn_json",
        "voevent",
        "treasure_map",
        "obsloctap",
    ] = "csv",
    earlier: list[Schedule] | None = None,
    details: list[str] = [],  # noqa: B006 - a default that nobody changes
) -> Drafts:
    """Write drafts of one form from a schedule: observing lists, night sheets, calendars, requests to facilities, notices. Nothing is sent.

    Parameters
    ----------
    schedule : Schedule
        What was decided; made from the other two.  One that `reschedule_observations` changed carries its own requests and telescopes and the schedule
        that it replaces, which then count.
    telescopes : Telescopes
        What can observe.
    requests : ObservingRequests
        What is wished.
    form : {"csv", "text", "sheet", "ics", "lco", "tom", "skyportal", "eso", "gcn_circular", "gcn_json", "voevent", "treasure_map", "obsloctap"}
        Observing lists as a table or as text, a night sheet (PDF), calendars, OCS request groups, TOM Toolkit, SkyPortal, ESO observation blocks, a GCN circular,
        GCN notices, VOEvent 2.0, Treasure Map pointings, or rows of ivoa.obsplan.
    earlier : list of Schedule, optional
        The schedules that it replaces, back to the first, so that calendars and notices update, and cancel what was dropped.  Which of all is the newest
        they say themselves, so the order does not matter, and the newest is drafted.
    details : list of str
        What only people know, such as ``lco.proposal=KEY2026B-001`` or ``xinglong_216.observer=Li Wei``: a telescope, a form or ``all``, a word, and its value.

    Returns
    -------
    Drafts
        One row a file: ``form``, ``telescope`` ("" where it is for several or for a person), ``name``, ``media_type``, ``content`` (text, of a PDF in
        base64; ``gnomon.tools.observing.drafts.draft.bytes_of`` makes the file of it), ``digest`` (SHA-256 of the bytes), ``missing`` (what nobody has told yet, "" where it is complete), ``warnings``.

    Raises
    ------
    InputError
        Where the documents do not belong together, a detail is unknown, or a value does not fit the form, naming the field.
    EmptyResult
        Where nothing is planned of which this form could tell.

    References
    ----------
    What each form must be is in ``gnomon.tools.observing.drafts.schemas``, with the version that was read.
    """
    import numpy as np
    from astropy.table import QTable

    from gnomon.tools.observing.documents.requests import read_requests_document
    from gnomon.tools.observing.documents.schedule import read_schedule_document
    from gnomon.tools.observing.documents.tables import document_of
    from gnomon.tools.observing.documents.telescopes import read_telescopes_document
    from gnomon.tools.observing.drafts.campaign import in_order
    from gnomon.tools.observing.drafts.details import details_in
    from gnomon.tools.observing.drafts.drafting import draft

    given = [schedule, *(earlier or [])]
    *before, newest = in_order(d for t in given for d in (document_of(t), t.meta.get("replaces")) if d)
    after: dict[str, Any] = next(
        (dict(t.meta) for t in given if read_schedule_document(document_of(t)).digest == newest.digest), {}
    )
    drafts = draft(
        form,
        read_telescopes_document(after.get("telescopes") or document_of(telescopes)),
        read_requests_document(after.get("requests") or document_of(requests)),
        newest,
        details_in(details),
        before,
    )
    if not drafts:
        raise EmptyResult(
            f"The schedule has no visit that a draft of the form {form} could tell of.",
            remedy="Schedule something, or choose another form.",
            zh=f"观测计划中没有可写成 {form} 草稿的观测。",
        )
    lacking = sum(1 for d in drafts if d.missing)
    if lacking:
        warnings.warn(
            both(
                f"{lacking} of {len(drafts)} drafts miss something that only people know and are not to be sent; the column missing says what.",
                f"{len(drafts)} 份草稿中 {lacking} 份缺少只有人知道的内容，不可发送；missing 一列说明缺什么。",
            ),
            stacklevel=1,
        )
    for sentence in dict.fromkeys(w for d in drafts for w in d.warnings):
        warnings.warn(sentence, stacklevel=1)

    def column(values: list[str]) -> object:
        return np.array(values, dtype=str)

    return QTable(
        {
            "form": column([d.form for d in drafts]),
            "telescope": column([d.telescope or "" for d in drafts]),
            "name": column([d.name for d in drafts]),
            "media_type": column([d.media_type for d in drafts]),
            "content": column([d.text for d in drafts]),
            "digest": column([d.digest for d in drafts]),
            "missing": column([both_joined(d.missing, "; ", "；") for d in drafts]),
            "warnings": column([both_joined(d.warnings) for d in drafts]),
        },
        meta={"schedule": newest.digest},
    )
