"""Reading what is wished: a requests document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.documents.files import document_in, recognise_document
from gnomon.tools.observing.documents.requests import FORM, read_requests_document
from gnomon.tools.observing.documents.tables import table_of_requests
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import File, ObservingRequests


def recognise_requests(path: Path) -> dict[str, Any] | None:
    """Say whether a file is a requests document.

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
    told = read_requests_document(document, path.name)
    visits = sum(len(r.visits) for r in told.requests.values())
    return {
        "confidence": 1.0,
        "found": f"{len(told.requests)} observing requests with {visits} visits",
        "found_zh": f"{len(told.requests)} 个观测申请，共 {visits} 次观测",
        "rows": len(told.requests),
    }


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.2,
    citations=(
        "Street et al. 2018, General-purpose software for managing astronomical observing programs in the LSST era, doi:10.1117/12.2312293",
    ),
    examples=(
        "Read these observing requests",
        "What is wished in requests.yaml?",
        "Load the list of targets and visits that should be observed tonight",
        "Open the observing requests document",
        "读取这些观测申请",
        "requests.yaml 里要观测什么？",
        "载入今晚要观测的目标和观测要求",
    ),
    summary_zh="读取观测申请文件：目标、每次观测的要求以及它们之间的关系。",
    method="Targets, wished visits, their limits and the relations between them were read from a requests document.",
    method_zh="从观测申请文件读取目标、各次观测的要求、限制与相互关系。",
    recognises=recognise_requests,
)
def read_observing_requests(file: File) -> ObservingRequests:
    """Read a requests document: targets, the visits wished of each, and how visits hang together.

    Parameters
    ----------
    file : File
        JSON or YAML, as docs/reference/observing.md says.

    Returns
    -------
    ObservingRequests
        One row for each visit, cadences and the like written out; the document is in ``meta["document"]``.

    Raises
    ------
    InputError
        Naming the place, where a key is unknown or missing, or a value out of range.
    """
    return table_of_requests(document_in(Path(file)))
