"""A draft: bytes with a name, and what is still missing before anybody may send it."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Draft:
    """One file of one form.

    Parameters
    ----------
    form : str
        Such as ``lco``.
    telescope : str or None
        Key of the telescope that it is for; None where it concerns several, or a person.
    name : str
        File name: letters, digits, points, hyphens and low lines.
    media_type : str
        Such as ``application/json``.
    content : bytes
        The file; the same documents and details give the same bytes.
    missing : tuple of str
        What nobody has told yet and what is therefore left empty.  A draft that misses something is not to be sent.
    warnings : tuple of str
        What the form cannot say, or what its receiver would drop without a word.
    """

    form: str
    telescope: str | None
    name: str
    media_type: str
    content: bytes
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the content."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing

    @property
    def text(self) -> str:
        """The content as text, of a PDF in base64; `bytes_of` gives it back."""
        if self.media_type == "application/pdf":
            return base64.b64encode(self.content).decode("ascii")
        return self.content.decode("utf-8")


def bytes_of(media_type: str, text: str) -> bytes:
    """The content of a draft from its text.

    Parameters
    ----------
    media_type : str
        Of the draft.
    text : str
        As `Draft.text` has it.

    Returns
    -------
    bytes
        Those of which the draft's digest is.
    """
    if media_type == "application/pdf":
        return base64.b64decode(text)
    return text.encode("utf-8")


def json_bytes(document: Any) -> bytes:
    """A document as JSON for people and machines: UTF-8, indented, in the order in which it was written.

    Raises
    ------
    ValueError
        For what is not finite.
    """
    return (json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n").encode("utf-8")
