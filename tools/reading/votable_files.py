"""VOTables of people and of files, parsed without doing what a document could ask a parser to do."""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.reading.column_tables import BROKEN_CONTENT

# A table of this size is 10 to 50 times as large in memory; a larger one is for `gnomon catalogue make`.
MOST_BYTES = 1_000_000_000
_PROLOG = 65_536  # bytes; what stands before the first element is short


def parsed_votable(content: bytes, name: str) -> Any:
    """Parse a VOTable.

    Parameters
    ----------
    content : bytes
    name : str
        For sentences.

    Returns
    -------
    astropy.io.votable.tree.VOTableFile

    Raises
    ------
    InputError
        Where it declares a document type or entities (which no VOTable needs, and by which a small file can fill a memory or read other files),
        names data that lie elsewhere, is too large, or is no VOTable.
    """
    from astropy.io import votable

    # With its zeros left out, UTF-16 and UTF-32 of a declaration read as plain text does.
    start = content[:_PROLOG].replace(b"\x00", b"").upper()
    if b"<!ENTITY" in content.upper() or b"<!DOCTYPE" in start:
        raise InputError(
            f"{name} declares entities or a document type of its own, which no VOTable needs and which can be used to do harm.",
            remedy="Take the file from where it comes from again, without that declaration.",
        )
    if len(content) > MOST_BYTES:
        raise InputError(
            f"{name} is a VOTable of {len(content) / 1e9:.1f} GB, too large to be read at once.",
            remedy="Turn it into Parquet, FITS or CSV, and use `gnomon catalogue make`.",
        )
    if re.search(rb"<(\w+:)?STREAM\b[^>]*\bhref\s*=", content, re.IGNORECASE):
        raise InputError(
            f"{name} says that its rows lie in another place, which is not fetched here.",
            remedy="Fetch the whole table, with its rows in the file.",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # faults of form, of which nearly all files have some
        try:
            return votable.parse(io.BytesIO(content))
        except BROKEN_CONTENT as error:
            raise InputError(
                f"{name} starts like a VOTable but cannot be read: {' '.join(str(error).split())[:200]}.",
                remedy="It may be truncated or damaged; download it again.",
            ) from error
