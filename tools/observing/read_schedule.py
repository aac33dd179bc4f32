"""Reading a schedule that was made before: a schedule document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.documents.files import document_in, recognise_document
from gnomon.tools.observing.documents.schedule import FORM, read_schedule_document
from gnomon.tools.observing.documents.tables import table_of_schedule
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import File, Schedule


def recognise_schedule(path: Path) -> dict[str, Any] | None:
    """Say whether a file is a schedule document.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    dict or None
        ``confidence``, ``found`` and ``rows``; None where it is none.
    """
    document = recognise_document(path, FORM)
    if document is None:
        return None
    told = read_schedule_document(document, path.name)
    telescopes = len({v.telescope for v in told.visits})
    return {
        "confidence": 1.0,
        "found": f"a schedule of {len(told.visits)} visits on {telescopes} telescopes",
        "found_zh": f"{telescopes} 台望远镜上 {len(told.visits)} 次观测的计划",
        "rows": len(told.visits),
    }


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.2,
    citations=("Salgado et al. 2021, Observation Locator Table Access Protocol Version 1.0, 2021ivoa.spec.0724S",),
    examples=(
        "Read this schedule",
        "What does the schedule in schedule.json hold?",
        "Open last night's observing schedule",
        "Load the schedule that was made before",
        "读取这个观测计划文件",
        "schedule.json 里安排了什么？",
        "打开昨晚的观测计划",
        "载入之前做好的观测计划",
    ),
    summary_zh="读取以前做好的观测计划文件。",
    method="A schedule that was made before was read; whether it can be observed is for the verifier to say.",
    method_zh="读取以前做好的观测计划；能否执行由核验程序判断。",
    recognises=recognise_schedule,
)
def read_schedule(file: File) -> Schedule:
    """Read a schedule document: who observes what and when, and what was left out.

    Parameters
    ----------
    file : File
        JSON or YAML, as docs/reference/observing.md says.

    Returns
    -------
    Schedule
        One row for each planned visit, in order of time; the document is in ``meta["document"]``.

    Raises
    ------
    InputError
        Naming the place, where a key is unknown or missing, or a value out of range.
    """
    return table_of_schedule(document_in(Path(file)))
