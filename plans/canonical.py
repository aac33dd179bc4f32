"""Canonical JSON (RFC 8785) and the digests that hang on it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import rfc8785

from gnomon.tools.errors import PlanError


def canonical(value: Any) -> bytes:
    """The one byte string that stands for a JSON value (RFC 8785).

    Parameters
    ----------
    value : object
        Plain JSON: dict with text keys, list, str, int, float, bool, None.

    Returns
    -------
    bytes
        UTF-8.  Key order and the spelling of numbers in the source do not matter.

    Raises
    ------
    PlanError
        For NaN, infinities, integers beyond 2**53 (write 64-bit identifiers as text) and anything that is not JSON.
    """
    try:
        return rfc8785.dumps(value)
    except rfc8785.IntegerDomainError as error:
        raise PlanError(
            f"A whole number is beyond those that JSON keeps exact: {error}.", remedy="Write identifiers as text."
        ) from error
    except (rfc8785.FloatDomainError, rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise PlanError(
            f"A value has no canonical JSON form: {error}.", remedy="Use finite numbers, text, lists and objects."
        ) from error


def read(text: str | bytes) -> Any:
    """Read JSON so that `canonical` gives back the same bytes.

    The canonical form writes the float 2**53 without a point; read as an integer it would be refused.
    """
    return json.loads(text, parse_int=lambda digits: int(digits) if abs(int(digits)) < 2**53 else float(digits))


def digest(value: Any) -> str:
    """SHA-256 of the canonical form, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
