"""Reading JSON that services reply with: refusals in their own words, values that may be missing, and text that is data."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gnomon.tools.errors import BrokenReply, InputError, LoginNeeded, ServiceError

# Under these names services say what they do not like, the more definite ones first.
_WORDS = ("message", "msg", "detail", "error_description", "error", "errors", "id_message", "text")
_LONGEST_WORDS = 300
_BREAKS = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")


def json_of(reply: Any, service: str) -> Any:
    """What a reply says.

    Parameters
    ----------
    reply : requests.Response
        From a session of `gnomon.tools.archives.asking.service_session`.
    service : str

    Returns
    -------
    Any
        Numbers that are none (NaN, Infinity) are None.

    Raises
    ------
    InputError
        Where the service does not accept the question; with its own words.
    LoginNeeded
        Where it does not let us in.
    BrokenReply
        Where the reply is no JSON, or was cut.
    """
    content = reply.content
    if reply.status_code >= 400:
        raise refusal(reply.status_code, content, service)
    try:
        return json.loads(content, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise BrokenReply(
            f"{service} answered with what is not JSON, or was cut off ({len(content)} bytes).",
            remedy="Ask again later; if it stays so, the service changed.",
            retryable=True,
        ) from error


def refusal(status: int, content: bytes, service: str) -> ServiceError | InputError:
    """What a status of 400 or more means, with the words of the service.

    Parameters
    ----------
    status : int
    content : bytes
    service : str
    """
    words = said_in(content)
    if status in (401, 403):
        return LoginNeeded(
            f"{service} does not let us in ({status}{': ' + words if words else ''}).",
            remedy="Look whether its token is right and still good.",
        )
    if status in (400, 404, 406, 409, 414, 422):
        return InputError(
            f"{service} does not accept the question ({status}{': ' + words if words else ''}).",
            remedy="Change what is asked.",
        )
    return ServiceError(
        f"{service} did not answer ({status}{': ' + words if words else ''}).",
        remedy="Ask again later.",
        retryable=status >= 500,
    )


def said_in(content: bytes) -> str:
    """The words of a refusal, in one line; "" where there are none."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        text = content[:2000].decode("utf-8", "replace")
        return "" if text.lstrip().startswith("<") else one_line(text)[:_LONGEST_WORDS]
    for _ in range(4):  # {"error": {"msg": "..."}}, {"errors": ["..."]}
        if isinstance(told, list):
            told = told[0] if told else ""
        if isinstance(told, dict):
            told = next((told[k] for k in _WORDS if told.get(k)), "")
    return one_line(str(told))[:_LONGEST_WORDS] if isinstance(told, str) else ""


def one_line(text: Any) -> str:
    """Text from outside as data: one line, without characters that steer a terminal or turn the direction of writing.

    Parameters
    ----------
    text : Any
        None is "".
    """
    return " ".join(_printable(text).split())


def paragraphs(text: Any) -> str:
    """Text of several lines as data: each line end is `` ¶ ``, since a line end does not outlast every table; blank lines go.

    Parameters
    ----------
    text : Any
        None is "".
    """
    lines = (" ".join(line.split()) for line in _BREAKS.split(_printable(text)))
    return " ¶ ".join(line for line in lines if line)


def _printable(text: Any) -> str:
    # Cc: control, Cf: formats such as the overrides of direction, Co and Cs: private and halves of pairs.
    kept = "\n\r\v\f\t\u2028\u2029\x85"
    return "".join(c for c in str("" if text is None else text) if c in kept or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs"))  # fmt: skip


def number(item: Mapping[str, Any], key: str, service: str) -> float | None:
    """A number of a reply; None where the service gives none.

    Raises
    ------
    BrokenReply
        Where something else stands in its place.
    """
    value = item.get(key)
    if value is None or (isinstance(value, str) and value.strip().lower() in ("", "none", "null", "nan", "n.a.")):
        return None
    try:
        if isinstance(value, bool):
            raise ValueError
        found = float(value)
    except (TypeError, ValueError) as error:
        raise BrokenReply(
            f"{service} gives {one_line(value)[:60]!r} as {key}, which is no number.",
            remedy="Tell the service's people.",
        ) from error
    return found if math.isfinite(found) else None


def whole_number(item: Mapping[str, Any], key: str, service: str) -> int | None:
    """A whole number of a reply; None where the service gives none."""
    found = number(item, key, service)
    return None if found is None else int(found)


def items_of(told: Any, service: str, needed: Sequence[str], what: str = "rows") -> list[dict[str, Any]]:
    """The items of a list, where each has what is needed.

    Parameters
    ----------
    told : Any
        What a reply says where the list should be.
    service : str
    needed : sequence of str
        Names that each item must have, though their value may be missing.
    what : str

    Raises
    ------
    BrokenReply
        Naming what is not there.
    """
    if not isinstance(told, list) or any(not isinstance(item, dict) for item in told):
        raise BrokenReply(f"{service} sent no list of {what}.", remedy="Ask again later; perhaps the service changed.")
    for item in told:
        for key in needed:
            if key not in item:
                raise BrokenReply(
                    f"{service} sent {what} without {key!r}, which it should have.",
                    remedy="The service changed; this tool must be mended.",
                )
    return told


def whole_number_column(values: Iterable[int | None], description: str, ucd: str = "") -> Any:
    """Whole numbers (int64); what is None is masked.

    Parameters
    ----------
    values : iterable of int or None
    description, ucd : str

    Returns
    -------
    astropy.table.Column or astropy.table.MaskedColumn
    """
    import numpy as np
    from astropy.table import Column, MaskedColumn

    listed = list(values)
    data = np.array([0 if v is None else int(v) for v in listed], dtype=np.int64)
    mask = np.array([v is None for v in listed], dtype=bool)
    column = MaskedColumn(data, mask=mask) if mask.any() else Column(data)
    column.info.description = description
    column.info.meta = {"ucd": ucd} if ucd else {}
    return column
