"""Checking what was written against the form that it must have, before it is given out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gnomon.tools.errors import InputError

Place = tuple[str | int, ...]


def check_form(document: Any, schema: Mapping[str, Any], name: str, blanks: Iterable[Place] = ()) -> None:
    """Check a document against a JSON schema (draft 2020-12).

    Parameters
    ----------
    document : object
        Plain JSON.
    schema : mapping
        The schema.
    name : str
        What errors call the document.
    blanks : iterable of tuple
        Places that are null since nobody has told yet what belongs there; null is passed over there and nowhere else.

    Raises
    ------
    InputError
        Naming the field that does not fit, of the first that does not.
    """
    from jsonschema import Draft202012Validator

    allowed = set(blanks)
    wrong = []
    for error in Draft202012Validator(schema).iter_errors(document):
        path: Place = tuple(error.absolute_path)
        if error.instance is None and path in allowed:
            continue
        wrong.append((path, error.message))
    if wrong:
        path, message = min(wrong, key=lambda w: tuple(str(p) for p in w[0]))
        more = f" {len(wrong) - 1} more do not fit." if len(wrong) > 1 else ""
        raise InputError(
            f"{name} does not have the form that its receiver wants: {told_path(path)}: {_short(message)}.{more}",
            remedy="Change that value in the requests, the telescopes or the details.",
        )


def told_path(path: Place) -> str:
    """A place in a document as people write it: ``requests[0].location``."""
    told = ""
    for part in path:
        told += f"[{part}]" if isinstance(part, int) else f".{part}" if told else str(part)
    return told or "the whole"


def _short(message: str) -> str:
    text = " ".join(message.split()).rstrip(".")
    return text if len(text) <= 200 else text[:199] + "…"
