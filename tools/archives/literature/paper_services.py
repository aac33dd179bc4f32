"""What services that know papers have in common: how they are asked, and the record of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gnomon.tools.archives.asking.query_records import record_of, record_of_failure
from gnomon.tools.archives.literature.paper_words import Words
from gnomon.tools.errors import ServiceError
from gnomon.tools.transport import inquire


@dataclass(frozen=True)
class PaperService:
    """A service that knows papers.

    Attributes
    ----------
    name : str
    address : callable
        Where it is asked.
    query_of : callable
        Its query for words and an earliest year, which may be None.
    ask : callable
        Papers for a query, an order (``newest``, ``relevance``, ``most_cited``) and a number of rows, and how many it has in all.
    """

    name: str
    address: Callable[[], str]
    query_of: Callable[[Words, int | None], str]
    ask: Callable[[str, str, int], tuple[list[dict[str, Any]], int]]

    def papers(self, words: Words, since: int | None, order: str, rows: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:  # fmt: skip
        """Papers, and the record of the query, with ``available``, how many the service has.

        Raises
        ------
        ServiceError, InputError
            As `ask`.
        """
        query, url = self.query_of(words, since), self.address()
        question = {"service": self.name, "url": url, "text": query, "order": order, "rows": rows}
        (found, total), asked = inquire(question, lambda: self.ask(query, order, rows))
        record = record_of(self.name, url, query, asked, len(found))
        record |= {"limit": rows, "available": total, "complete": total <= len(found)}
        if not record["complete"]:
            record["cut_by"] = f"the limit of {rows} rows of this plan"
        return found, record

    def failure(self, words: Words, since: int | None, error: ServiceError) -> dict[str, Any]:
        """The record of a question to which there is no answer."""
        return record_of_failure(self.name, self.address(), self.query_of(words, since), error)
