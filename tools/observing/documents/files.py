"""Documents in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.fields import read_document

_MOST_BYTES = 50_000_000


def document_in(path: Path) -> dict[str, Any]:
    """The document in a file, JSON or YAML, as plain JSON.

    Parameters
    ----------
    path : pathlib.Path

    Raises
    ------
    InputError
        Where it is too large, no text, or no document.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(f"{path.name} is too large for a document.", remedy="Split it.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is no text in UTF-8.", remedy="Save it as UTF-8.") from error
    return read_document(text, path.name)


def document_text(document: dict[str, Any]) -> str:
    """A document as the text of a file: JSON, indented, for people and for `document_in`."""
    import json

    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def recognise_document(path: Path, form: str) -> dict[str, Any] | None:
    """The document in a file, where it is of a form.

    A file that names the form at its beginning is meant to be one, so what is wrong in it is told and not passed over.

    Parameters
    ----------
    path : pathlib.Path
    form : str
        Such as ``gnomon telescopes``.

    Returns
    -------
    dict or None
        None where the file does not name the form.

    Raises
    ------
    InputError
        Where it names the form and is no document.
    """
    with path.open("rb") as stream:
        if form.encode() not in stream.read(4000):
            return None
    try:
        document = document_in(path)
    except InputError:
        if path.suffix.lower() in (".yaml", ".yml", ".json"):
            raise
        return None
    return document if document.get("form") == form else None
