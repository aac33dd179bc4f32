"""Events as a table, with their document in ``meta["document"]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.scheduling.events import Event, read_events_document

if TYPE_CHECKING:
    from astropy.table import QTable


def table_of_events(document: dict[str, Any]) -> QTable:
    """One row for each event, in order of time.

    Parameters
    ----------
    document : dict
        An events document.

    Returns
    -------
    astropy.table.QTable
        ``time`` [d, MJD UTC], ``kind``, ``of`` (request, visit or telescope), ``why``.

    Raises
    ------
    InputError
        Where the document is wrong.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    events = read_events_document(document)
    table = QTable()
    table["time"] = np.array([e.time for e in events], float) * u.d
    table["kind"] = np.array([e.kind for e in events], dtype=str)
    table["of"] = np.array([_named(e) for e in events], dtype=str)
    table["why"] = np.array([e.why for e in events], dtype=str)
    table.meta["time_reference"] = {"name": "MJD", "zero_jd": 2400000.5, "scale": "utc"}
    table.meta["document"] = document
    return table


def _named(event: Event) -> str:
    key = event.request or str((event.document or {}).get("key") or "")
    return "/".join(part for part in (key, event.visit) if part) or event.telescope
