"""What becomes of rows that came, or did not: none is an answer, and too many are not silently fewer."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, Literal

from gnomon.tools.archives.asking.better_ideas import MOST_ROWS, better_ideas, is_adql
from gnomon.tools.errors import EmptyResult, InputError, MissingReply, NetworkRefused, ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable

IfMore = Literal["refuse", "keep_first"]


def require_rows(table: Any, asked: str) -> Any:
    """The table, where it has rows.

    Parameters
    ----------
    table : astropy.table.QTable
        With a record in ``meta["queries"]``.
    asked : str
        What was asked for, in a phrase.

    Raises
    ------
    EmptyResult
        Where the service answered, and has none.
    """
    if len(table):
        return table
    record = table.meta["queries"][-1]
    raise EmptyResult(
        f"{record['service']} says that it has none: {asked}.",
        remedy="It was asked and it answered, so this is a result; look at the limits of the question if you expected rows.",
        zh=f"{record['service']} 回答：没有符合条件的数据（{asked}）。",
    )


def require_complete(table: Any, if_more: IfMore, count: Callable[[], int | None]) -> Any:
    """The table, where no rows were cut off, or where the first ones are all that is wanted.

    Parameters
    ----------
    table : astropy.table.QTable
    if_more : {"refuse", "keep_first"}
    count : callable
        Asks how many rows there would be; None where that cannot be learnt.

    Raises
    ------
    InputError
        Where rows were cut off and all are wanted; with how many there are and a better idea.

    Warns
    -----
    UserWarning
        Where rows were cut off, or nobody can tell whether they were.
    """
    record = table.meta["queries"][-1]
    if record["complete"]:
        return table
    who = record["cut_by"]
    if record["complete"] is None:
        why = f"{who} cuts it off" if who.startswith("TOP") else f"{record['service']} does not say"
        warnings.warn(f"Nobody can tell whether these {record['rows']:,} rows are all there are: {why}.", stacklevel=3)
        return table
    if if_more == "keep_first":
        warnings.warn(
            f"These {record['rows']:,} rows of {record['service']} are not all: the rest was cut off by {who}. "
            "Which rows came is up to the service, so counts and fractions from them mean nothing.",
            stacklevel=3,
        )
        return table
    number = count()
    would = f"{number:,} rows" if number is not None else f"more than {record['rows']:,} rows"
    raise InputError(
        f"{record['service']} would give {would}, and {record['limit']:,} were asked for; the rest would be cut off by {who}.",
        remedy=better_idea(
            number,
            at_most=record["rows"] if who == record["service"] else None,
            adql=record["text"] if is_adql(record["text"]) else "",
            service=record["service"],
            rows=record["limit"],
        ),
    )


def better_idea(
    number: int | None, at_most: int | None = None, adql: str = "", service: str = "", rows: int = 100_000
) -> str:
    """How to ask for less, by how much too much it is, and by how much the service gives at once.

    Parameters
    ----------
    number : int, optional
        How many rows there would be.
    at_most : int, optional
        How many the service gives at once, where it was the service that cut them off.
    adql, service : str
        The query and what it was sent to, where it was one.
    rows : int
        How many were wanted at most.
    """
    if at_most is not None and number is not None and number <= 100 * at_most:
        return f"It gives {at_most:,} rows at once; ask part by part (by magnitude, or by region), or with mode=async, for which many services allow more."
    if number is not None and number <= MOST_ROWS:
        few = (
            f"Ask for rows={number + 1} if all of them are wanted, or for a smaller region, or say if_more=keep_first."
        )
        # A few rows too many need no more ideas than that.
        return few if number <= 100 * rows or not adql else f"{few} Or: {better_ideas(adql, service, number, rows)}"
    return better_ideas(adql, service, number, rows)


def counted(adql: str, ask: Callable[[str], Any]) -> int | None:
    """How many rows a query would give, asked of the service itself.

    Parameters
    ----------
    adql : str
    ask : callable
        Answers a query with a table.

    Returns
    -------
    int or None
        None where the service does not count what is asked so.
    """
    body = re.sub(r"\border\s+by\b[^()]*$", "", adql.strip().rstrip(";"), flags=re.IGNORECASE)
    try:
        table = ask(f"SELECT COUNT(*) AS number_of_rows FROM ({body}) AS asked")
        return int(table["number_of_rows"][0]) if len(table) else None
    except (MissingReply, NetworkRefused):
        raise
    except (InputError, ServiceError, KeyError, ValueError):
        return None
