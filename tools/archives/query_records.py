"""Records of questions that were not asked in ADQL, or that could not be asked at all, with the fields of the others."""

from __future__ import annotations

from typing import Any

from gnomon.tools.errors import GnomonError
from gnomon.tools.transport import Asked


def record_of(service: str, url: str, text: str, rows: int, asked: Asked, *, release: str = "") -> dict[str, Any]:
    """The record of a question that was answered whole.

    Parameters
    ----------
    service, url : str
    text : str
        What was asked, as it was sent.
    rows : int
        How many rows came of it.
    asked : gnomon.tools.transport.Asked
    release : str

    Returns
    -------
    dict
        As ``meta["queries"]`` holds them.
    """
    return {
        "service": service,
        "url": url,
        "release": release,
        "text": text,
        "time": asked.time,
        "rows": rows,
        "limit": None,
        "complete": True,
        "cut_by": "",
        "sha256": asked.sha256,
        "stale": asked.stale,
    }


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
