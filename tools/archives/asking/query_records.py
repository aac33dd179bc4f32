"""Records of questions that were not asked in ADQL, or that could not be asked at all, with the fields of the others."""

from __future__ import annotations

from typing import Any

from gnomon.tools.errors import GnomonError
from gnomon.tools.transport import Asked


def record_of(
    service: str,
    url: str,
    text: str,
    asked: Asked,
    rows: int,
    *,
    release: str = "",
    limit: int | None = None,
    complete: bool | None = True,
    cut_by: str = "",
) -> dict[str, Any]:
    """The record of a question that was answered.

    Parameters
    ----------
    service, url : str
    text : str
        What was asked, as it was sent.
    asked : gnomon.tools.transport.Asked
    rows : int
        How many rows came of it.
    release : str
    limit : int, optional
        Most rows that were wanted.
    complete : bool, optional
        Whether these are all; None where nobody can tell.
    cut_by : str
        Who cut the others off.

    Returns
    -------
    dict
        As ``meta["queries"]`` holds them.
    """
    return {
        "service": service, "url": url, "release": release, "text": text, "time": asked.time, "rows": rows, "limit": limit,
        "complete": complete, "cut_by": cut_by, "sha256": asked.sha256, "stale": asked.stale,
    }  # fmt: skip


def record_of_failure(service: str, url: str, text: str, error: GnomonError) -> dict[str, Any]:
    """The record of a question to which there is no answer.

    Parameters
    ----------
    service, url, text : str
        As for `record_of`.
    error : GnomonError
        Why.

    Returns
    -------
    dict
        With ``complete`` false and ``error``; it has no time, since nothing came at any.
    """
    return {
        "service": service,
        "url": url,
        "release": "",
        "text": text,
        "time": "",
        "rows": 0,
        "limit": None,
        "complete": False,
        "cut_by": f"{service} did not answer",
        "sha256": "",
        "stale": "",
        "error": error.what,
    }
