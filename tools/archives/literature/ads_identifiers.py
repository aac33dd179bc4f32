"""Papers of ADS by bibcode, DOI or arXiv number, and the errata of a paper."""

from __future__ import annotations

import re
from typing import Any

from gnomon.tools.archives.literature.ads_papers import ADS
from gnomon.tools.archives.literature.marked_text import abstract_of, marked_up
from gnomon.tools.transport import inquire


def paper_of_identifier(name: str, good_for: float = 0.0) -> dict[str, Any] | None:
    """What ADS knows of a paper.

    Parameters
    ----------
    name : str
        Bibcode, DOI, or ``arXiv:1202.3665`` without a version.
    good_for : float
        Seconds for which an earlier answer is taken.

    Returns
    -------
    dict or None
        As the tool ``papers`` reads it, without marks; None where ADS answers that it has none.

    Raises
    ------
    LoginNeeded
        Without a token, or with one that is not accepted.
    ServiceError, InputError
        Where it could not be asked.
    """
    found = _asked(f'identifier:"{_plain(name)}"', 1, good_for)
    return found[0] if found else None


def errata_of(title: str, good_for: float = 0.0) -> list[dict[str, Any]]:
    """The errata that ADS has with the words of this title in theirs, at most ten.

    Parameters
    ----------
    title : str
    good_for : float

    Raises
    ------
    LoginNeeded, ServiceError, InputError
        As `paper_of_identifier`.
    """
    words = " ".join(re.findall(r"\w+", title))
    return _asked(f'doctype:erratum title:"{words}"', 10, good_for)


def _asked(query: str, rows: int, good_for: float) -> list[dict[str, Any]]:
    def ask() -> list[dict[str, Any]]:
        found = ADS.ask(query, "relevance", rows)[0]
        return [{**p, "title": marked_up(p["title"]), "abstract": abstract_of(p["abstract"])} for p in found]

    return inquire({"service": ADS.name, "url": ADS.address(), "text": query, "rows": rows}, ask, good_for)[0]


def _plain(name: str) -> str:
    return name.replace("\\", "").replace('"', "")
