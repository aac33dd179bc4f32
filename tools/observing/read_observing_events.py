"""Reading what happened in a night: an events document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.tools.observing.documents.files import document_in
from gnomon.tools.observing.scheduling.events_file import recognise_events
from gnomon.tools.observing.scheduling.events_table import table_of_events
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import File, ObservingEvents


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.2,
    citations=(
        "Street et al. 2018, General-purpose software for managing astronomical observing programs in the LSST era, doi:10.1117/12.2312293",
    ),
    examples=(
        "Read the events of this night",
        "What happened during the night according to events.yaml?",
        "Open the file of closures, failures and new requests",
        "Load the events document",
        "读取今晚的观测事件",
        "events.yaml 里记录了今晚发生的什么？",
        "打开记录关闭、失败和新申请的文件",
        "载入观测事件文件",
    ),
    summary_zh="读取观测事件文件：新增、修改或撤回的申请，关闭，失败，超时。",
    method="What happened in the night was read from an events document.",
    method_zh="从观测事件文件读取当夜发生的情况。",
    recognises=recognise_events,
)
def read_observing_events(file: File) -> ObservingEvents:
    """Read an events document: new, changed and withdrawn requests, closures, visits that failed, overran, began late or are done.

    Parameters
    ----------
    file : File
        JSON or YAML, as docs/reference/observing.md says.

    Returns
    -------
    ObservingEvents
        One row for each event, in order of time: ``time`` [d, MJD UTC], ``kind``, ``of`` (the request, visit or telescope); the document is in ``meta["document"]``.

    Raises
    ------
    InputError
        Naming the place, where a key is unknown or missing, or a value out of range.
    """
    return table_of_events(document_in(Path(file)))
