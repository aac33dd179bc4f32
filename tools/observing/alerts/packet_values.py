"""Taking values out of packets: what says which event, when and where must be right; the rest is noted where it is not, and left out."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Mapping
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.times import mjd_of

MJD_ZERO = 2400000.5
_LONGEST_TEXT = 2000
_LONGEST_NAME = 200
_MOST = 200  # members of a list or a mapping
# What a terminal or a page would obey, line ends among them.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_REMEDY = "It was kept with what is wrong; ask its sender."
_EMPTY = ("", "null", "none", "nan")


class Values:
    """The values of one mapping of a packet.

    Parameters
    ----------
    told : mapping
    where : str
        What errors call it.
    """

    def __init__(self, told: Mapping[str, Any], where: str) -> None:
        self.told = told
        self.where = where
        self.notes: list[str] = []

    def inside(self, key: str) -> Values:
        """A mapping below; empty where there is none.  Its notes are these notes."""
        value = self.told.get(key)
        below = Values(value if isinstance(value, Mapping) else {}, f"{self.where}: {key}")
        below.notes = self.notes
        if value is not None and not isinstance(value, Mapping):
            self.notes.append(f"{key} is {shown(value)}, and no mapping.")
        return below

    def text(self, key: str, longest: int = _LONGEST_NAME) -> str:
        """A text or a number as text, without control characters; empty where there is none."""
        return plain_text(self.told.get(key), longest)

    def free_text(self, key: str) -> str:
        """What people wrote."""
        return self.text(key, _LONGEST_TEXT)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, or one."""
        value = self.told.get(key)
        held = value[:_MOST] if isinstance(value, list | tuple) else [value]
        return tuple(dict.fromkeys(t for v in held if (t := plain_text(v))))

    def number(self, key: str, least: float = -math.inf, most: float = math.inf) -> float | None:
        """A finite number in a range, or None; where something else stands there, that is noted."""
        value = self.told.get(key)
        if _is_empty(value):
            return None
        found = as_number(value)
        if found is None or not least <= found <= most:
            self.notes.append(f"{key} is {shown(value)}, which cannot be, and was left out.")
            return None
        return found

    def whole(self, key: str) -> int | None:
        """A whole number from 0, or None."""
        found = self.number(key, 0, 2**53)
        return None if found is None or found != int(found) else int(found)

    def truth(self, key: str) -> bool | None:
        """True or false, also as text or 0 and 1; None where it is neither."""
        value = self.told.get(key)
        if isinstance(value, bool):
            return value
        return {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}.get(
            str(value).strip().lower()
        )

    def time(self, *keys: str) -> float | None:
        """The first of these times that is there, MJD (UTC).

        Raises
        ------
        InputError
            Where it is no time.
        """
        for key in keys:
            value = self.told.get(key)
            if not _is_empty(value):
                if not isinstance(value, str):
                    raise InputError(f"{self.where}: {key} is {shown(value)}, and no time.", remedy=_REMEDY)
                try:
                    return mjd_of(value)
                except (InputError, OverflowError) as error:
                    raise InputError(f"{self.where}: {key} is {shown(value)}, and no time.", remedy=_REMEDY) from error
        return None

    def position(self, ra: str = "ra", dec: str = "dec") -> tuple[float | None, float | None]:
        """A position in degrees, both or none.

        Raises
        ------
        InputError
            Where one of the two is missing, or they are no position.
        """
        given = [self.told.get(ra), self.told.get(dec)]
        if all(_is_empty(v) for v in given):
            return None, None
        a, d = map(as_number, given)
        if a is None or d is None or not 0 <= a <= 360 or not -90 <= d <= 90:
            raise InputError(
                f"{self.where}: {ra} {shown(given[0])}, {dec} {shown(given[1])} is no position.", remedy=_REMEDY
            )
        return a % 360.0, d

    def scores(self, key: str) -> dict[str, float]:
        """Numbers from 0 to 1 by name; others are noted and left out."""
        below = self.inside(key)
        found = {plain_text(name): below.number(name, 0.0, 1.0) for name in list(below.told)[:_MOST]}
        return {name: value for name, value in found.items() if name and value is not None}

    def content(self, key: str) -> bytes | None:
        """What lies in base64 under a key, or None; noted where it is not."""
        value: Any = self.told.get(key)
        if isinstance(value, bytes):
            return value or None
        if _is_empty(value):
            return None
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError, TypeError):
            self.notes.append(f"{key} is not in base64, and was left out.")
            return None


def plain_text(value: Any, longest: int = _LONGEST_NAME) -> str:
    """Text or a number as text on one line, without what terminals obey, cut with an ellipsis; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = _CONTROL.sub(" ", str(value)).strip()
    return text if len(text) <= longest else text[: longest - 1] + "…"


def as_number(value: Any) -> float | None:
    """A finite number, also one written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def shown(value: Any) -> str:
    """A value in an error, short."""
    text = plain_text(value, 60) if isinstance(value, str | int | float) else f"a {type(value).__name__}"
    return "nothing" if value is None else text or "an empty text"


def lower_name(text: str) -> str:
    """A name of a mission as a word: lower case, underscores for what is no letter or digit."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip().lower() in _EMPTY)
