"""Reading what can observe: a telescopes document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.documents.files import document_in, recognise_document
from gnomon.tools.observing.documents.tables import table_of_telescopes
from gnomon.tools.observing.documents.telescopes import FORM, read_telescopes_document
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import File, Telescopes


def recognise_telescopes(path: Path) -> dict[str, Any] | None:
    """Say whether a file is a telescopes document.

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
    told = read_telescopes_document(document, path.name)
    names = ", ".join(t.name for t in list(told.telescopes.values())[:4])
    more = f" and {len(told.telescopes) - 4} more" if len(told.telescopes) > 4 else ""
    return {
        "confidence": 1.0,
        "found": f"{len(told.telescopes)} telescopes at {len(told.sites)} sites: {names}{more}",
        "found_zh": f"{len(told.sites)} 个台址的 {len(told.telescopes)} 台望远镜",
        "rows": len(told.telescopes),
    }


@tool(
    version="1.0",
    effects=("compute",),
    comparison="exact",
    seconds=0.2,
    citations=("Petit & Luzum 2010, IERS Conventions (2010), 2010ITN....36....1P",),
    examples=(
        "Read this file of telescopes",
        "Which telescopes and instruments are in telescopes.yaml?",
        "Load my own telescope with its limits",
        "Open the telescopes document",
        "读取这个望远镜文件",
        "telescopes.yaml 里有哪些望远镜和终端？",
        "载入我自己的望远镜及其限制",
    ),
    summary_zh="读取望远镜文件：台址、望远镜、终端仪器及其限制。",
    method="Sites, telescopes, instruments and their limits were read from a telescopes document, in which each value names its source.",
    method_zh="从望远镜文件读取台址、望远镜、终端及其限制，文件中每个数值都注明来源。",
    recognises=recognise_telescopes,
)
def read_telescopes(file: File) -> Telescopes:
    """Read a telescopes document: sites, telescopes with their limits, instruments with their modes.

    Parameters
    ----------
    file : File
        JSON or YAML, as docs/reference/observing.md says.

    Returns
    -------
    Telescopes
        One row for each telescope, instrument and mode; the document is in ``meta["document"]``.

    Raises
    ------
    InputError
        Naming the place, where a key is unknown or missing, or a value out of range.
    """
    return table_of_telescopes(document_in(Path(file)))
