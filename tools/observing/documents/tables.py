"""Documents as tables: what a person reads in rows, with the document itself in ``meta["document"]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import read_requests_document
from gnomon.tools.observing.documents.schedule import read_schedule_document
from gnomon.tools.observing.documents.telescopes import read_telescopes_document

if TYPE_CHECKING:
    from astropy.table import QTable


def document_of(table: QTable) -> dict[str, Any]:
    """The document that a table was made of.

    Raises
    ------
    InputError
        Where it carries none.
    """
    document = table.meta.get("document")
    if not isinstance(document, dict):
        raise InputError(
            "The table carries no document.", remedy="Read telescopes, requests and schedules with their own tools."
        )
    return dict(document)


def table_of_telescopes(document: dict[str, Any]) -> QTable:
    """One row for each telescope, instrument and mode.

    Returns
    -------
    astropy.table.QTable
        ``telescope``, ``name``, ``site``, ``longitude`` and ``latitude`` [deg], ``height`` and ``aperture`` [m], ``instrument``, ``mode``, ``bands``,
        ``altitude_min`` [deg].
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    told = read_telescopes_document(document)
    rows = [
        (t, told.sites[t.site], instrument, mode)
        for t in told.telescopes.values()
        for instrument in t.instruments.values()
        for mode in instrument.modes
    ]
    table = QTable()
    table["telescope"] = [t.key for t, _, _, _ in rows]
    table["name"] = [t.name for t, _, _, _ in rows]
    table["site"] = [s.key for _, s, _, _ in rows]
    for name, unit in (("longitude", u.deg), ("latitude", u.deg), ("height", u.m)):
        table[name] = np.array([getattr(s, name) for _, s, _, _ in rows]) * unit
    table["aperture"] = np.array([t.aperture for t, _, _, _ in rows]) * u.m
    table["instrument"] = [i.key for _, _, i, _ in rows]
    table["mode"] = [m.mode for _, _, _, m in rows]
    table["bands"] = [" ".join(m.bands) for _, _, _, m in rows]
    table["altitude_min"] = np.array([t.limits.altitude_min for t, _, _, _ in rows]) * u.deg
    table.meta["document"] = document
    return table


def table_of_requests(document: dict[str, Any]) -> QTable:
    """One row for each visit, the shorter ways of writing written out.

    Returns
    -------
    astropy.table.QTable
        ``request``, ``visit``, ``target``, ``ra`` and ``dec`` [deg, NaN for a body that moves], ``priority``, ``credit``, ``mode``, ``bands``,
        ``exposure`` [s, of all exposures together; NaN where the visit fills a window].
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    told = read_requests_document(document)
    rows = [(r, v) for r in told.requests.values() for v in r.visits]
    table = QTable()
    table["request"] = np.array([r.key for r, _ in rows], dtype=str)
    table["visit"] = np.array([v.key for _, v in rows], dtype=str)
    table["target"] = np.array([r.target.name for r, _ in rows], dtype=str)
    for name in ("ra", "dec"):
        table[name] = (
            np.array([np.nan if (x := getattr(r.target, name)) is None else x for r, _ in rows], float) * u.deg
        )
    table["priority"] = np.array([r.priority for r, _ in rows], float)
    table["credit"] = np.array([r.credit for r, _ in rows], dtype=str)
    table["mode"] = np.array([v.mode for _, v in rows], dtype=str)
    table["bands"] = np.array([" ".join(v.bands) for _, v in rows], dtype=str)
    exposed = [np.nan if v.cover else sum(n * s for n, s in v.exposures_by_band) for _, v in rows]
    table["exposure"] = np.array(exposed, float) * u.s
    table.meta["document"] = document
    return table


def table_of_schedule(document: dict[str, Any]) -> QTable:
    """One row for each planned visit, in order of time.

    Returns
    -------
    astropy.table.QTable
        ``request``, ``visit``, ``telescope``, ``instrument``, ``bands``, ``start`` and ``end`` [d, MJD UTC], ``state``.  ``meta["score"]``, ``meta["bound"]``,
        ``meta["unscheduled"]`` are the document's; ``meta["time_reference"]`` says what the days count from.
    """
    import numpy as np
    from astropy import units as u
    from astropy.table import QTable

    told = read_schedule_document(document)
    visits = sorted(told.visits, key=lambda v: (v.start, v.telescope))
    table = QTable()
    for name in ("request", "visit", "telescope", "instrument"):
        table[name] = np.array([getattr(v, name) for v in visits], dtype=str)
    table["bands"] = np.array([" ".join(v.bands) for v in visits], dtype=str)
    for name in ("start", "end"):
        table[name] = np.array([getattr(v, name) for v in visits], float) * u.d
    table["state"] = np.array([v.state for v in visits], dtype=str)
    table.meta["time_reference"] = {"name": "MJD", "zero_jd": 2400000.5, "scale": "utc"}
    table.meta["score"] = told.score
    table.meta["bound"] = told.bound
    table.meta["unscheduled"] = document.get("unscheduled") or []
    table.meta["document"] = document
    return table
