"""Simple cone searches (SCS): one circle, one table, and seldom a word on whether it is whole."""

from __future__ import annotations

import warnings
from typing import Any

from gnomon.tools.archives.asking.query_records import record_of
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.tables.table_queries import TableService, taken, told_failures
from gnomon.tools.transport import inquire


def cone_of_service(
    address: str, name: str, ra: float, dec: float, radius: float, rows: int, good_for: float = 0.0
) -> Any:
    """The rows of a cone search.

    Parameters
    ----------
    address : str
        Of the service, with or without parameters of its own.
    name : str
        What people call it.
    ra, dec, radius : float
        Degrees, ICRS.
    rows : int
        Most rows; a service that knows ``MAXREC`` is asked for one more.
    good_for : float
        As for `gnomon.tools.transport.inquire`.

    Returns
    -------
    astropy.table.QTable
        A `SourceTable`.  Its record has ``complete`` None where the service does not say whether it cut anything off.

    Raises
    ------
    InputError, ServiceError
        As `gnomon.tools.archives.tables.table_queries.query_tables`.
    """
    service = TableService(name, address)
    text = f"RA={ra!r} DEC={dec!r} SR={radius!r}"

    def ask() -> tuple[Any, str, str]:
        from pyvo.dal import SCSService

        with told_failures(service), warnings.catch_warnings():
            results = SCSService(address, session=open_session(name)).search((ra, dec), radius, verbosity=2, MAXREC=rows + 1)  # fmt: skip
            table, _ = taken(results, service)
            return table, results.status[0].upper(), str(results.status[1] or "")

    question = {"service": name, "url": address, "text": text, "rows": rows}
    (table, status, words), asked = inquire(question, ask, good_for)
    complete: bool | None = None if "not specified" in words else True
    cut_by = ""
    if len(table) > rows:
        complete, cut_by = False, f"the limit of {rows} rows of this plan"
    elif status == "OVERFLOW":
        complete, cut_by = False, name
    table.meta["queries"] = [
        record_of(name, address, text, asked, min(len(table), rows), limit=rows, complete=complete, cut_by=cut_by)
    ]
    return table[:rows] if len(table) > rows else table
