"""Events documents in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gnomon.tools.observing.documents.files import recognise_document
from gnomon.tools.observing.scheduling.events import FORM, read_events_document


def recognise_events(path: Path) -> dict[str, Any] | None:
    """Say whether a file is an events document.

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
    events = read_events_document(document, path.name)
    kinds = ", ".join(dict.fromkeys(e.kind.replace("_", " ") for e in events))
    return {
        "confidence": 1.0,
        "found": f"{len(events)} events of a night: {kinds}",
        "found_zh": f"{len(events)} 个观测事件",
        "rows": len(events),
    }
