"""Simple cone searches (SCS): one circle, one table, and seldom a word on whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gnomon.tools.archives.asking.query_records import record_of
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.tables.table_queries import TableService, told_failures
from gnomon.tools.archives.tables.vo_tables import kept_table
from gnomon.tools.transport import inquire


@dataclass
class ConeReply:
    """What a cone search answered, as it came.

    Attributes
    ----------
    element, votable : astropy.io.votable.tree.TableElement, astropy.io.votable.tree.VOTableFile
    record : dict
        As ``meta["queries"]`` has them; its ``complete`` is None where the service does not say whether it cut anything off.
    """

    element: Any
    votable: Any
    record: dict[str, Any]


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
    reply = cone_reply(open_session(name), address, name, ra, dec, radius, rows, good_for)
    table = kept_table(reply.element, reply.votable, name)
    table.meta["queries"] = [reply.record]
    return table[:rows] if len(table) > rows else table


def cone_reply(
    session: Any, address: str, name: str, ra: float, dec: float, radius: float, rows: int, good_for: float = 0.0
) -> ConeReply:
    """The reply of a cone search; parameters and errors as for `cone_of_service`, with a session that may be used again."""
    service = TableService(name, address)
    text = f"RA={ra!r} DEC={dec!r} SR={radius!r}"

    def ask() -> tuple[Any, Any]:
        from pyvo.dal.scs import SCSQuery

        with told_failures(service):
            query = SCSQuery(address, session=session, verbosity=2, MAXREC=rows + 1)
            query.update({"RA": ra, "DEC": dec, "SR": radius})
            results = query.execute()
            return results.resultstable, results.votable

    question = {"service": name, "url": address, "text": text, "rows": rows}
    (element, votable), asked = inquire(question, ask, good_for)
    count, said = len(element.array), _said(votable)
    complete: bool | None = True if "OK" in said else None
    cut_by = ""
    if count > rows:
        complete, cut_by = False, f"the limit of {rows} rows of this plan"
    elif "OVERFLOW" in said:
        complete, cut_by = False, name
    record = record_of(name, address, text, asked, min(count, rows), limit=rows, complete=complete, cut_by=cut_by)
    return ConeReply(element, votable, record)


def _said(votable: Any) -> set[str]:
    """What the service says became of the query; pyvo does not look for it in cone searches, which need not say it."""
    infos = [i for r in votable.resources for part in (r, *r.tables) for i in part.infos]
    return {str(i.value).upper() for i in infos if i.name == "QUERY_STATUS"}


class JoinedReplies:
    """Replies of one service as few tables: rows of those with the same columns together, and of which question each is.

    A table of its own for each of ten thousand replies takes longer than asking for them.

    Parameters
    ----------
    service : str
        For warnings.
    rows : int
        Most rows of one reply; what one has beyond is left out.
    """

    def __init__(self, service: str, rows: int) -> None:
        self.service = service
        self.rows = rows
        self._forms: dict[Any, tuple[ConeReply, list[Any], list[int]]] = {}

    def add(self, reply: ConeReply, number: int) -> None:
        """Take a reply; of several with the same columns the document of the first alone is kept."""
        array = reply.element.array[: self.rows]
        _, arrays, numbers = self._forms.setdefault(_form(reply), (reply, [], []))
        arrays.append(array)
        numbers.append(number)

    def tables(self) -> list[tuple[Any, Any]]:
        """For each form of reply the rows, as `kept_table` gives them, and for each row the number of its question."""
        import numpy as np

        found = []
        for reply, arrays, numbers in self._forms.values():
            data = np.concatenate([np.ma.getdata(a) for a in arrays])
            mask = np.concatenate([np.ma.getmaskarray(a) for a in arrays])
            reply.element.array = np.ma.array(data, mask=mask)
            of = np.repeat(np.array(numbers, dtype=np.int64), [len(a) for a in arrays])
            found.append((kept_table(reply.element, reply.votable, self.service), of))
        return found


def _form(reply: ConeReply) -> tuple[Any, ...]:
    """What two replies must share for their rows to be of one table."""
    systems = [(s.ID, str(s.system), str(s.epoch)) for s in reply.votable.iter_coosys()]
    fields = [
        (f.name, f.datatype, str(f.arraysize), str(f.unit), str(f.ucd), f.description, f.ref)
        for f in reply.element.fields
    ]
    return (str(reply.element.array.dtype), *systems, *fields)
