"""Asking a service how many rows a question would give, before the rows themselves."""

from __future__ import annotations

from gnomon.tools.archives.tables.services import service_of
from gnomon.tools.archives.tables.table_queries import query_tables
from gnomon.tools.costs import CountQuestion
from gnomon.tools.errors import BrokenReply


def count_rows(question: CountQuestion) -> int:
    """The number that the service counts, at once: no job is left with it.

    Parameters
    ----------
    question : CountQuestion

    Returns
    -------
    int

    Raises
    ------
    InputError
        Where the service is not known, or does not accept the query.
    ServiceError
        Where it could not be asked, or takes longer than it gives a query answered at once.
    BrokenReply
        Where it answers with anything but one number.
    """
    place = service_of(question.service)
    table = query_tables(place, question.adql, limit=1, mode="sync")
    if len(table) != 1 or len(table.colnames) != 1:
        raise BrokenReply(
            f"{place.name} was asked for a count and gave {len(table)} rows of {len(table.colnames)} columns.",
            remedy="Ask again later.",
        )
    return int(table[table.colnames[0]][0])
