"""Reading a document field by field: each has its type and its range, a key that nobody knows is an error, and every error says where."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.times import mjd_of, text_of

_REMEDY = "docs/reference/observing.md lists every key."


class Fields:
    """The keys of one mapping of a document, taken out one by one.

    Parameters
    ----------
    value : object
        What stands there.
    where : str
        What errors call the place.

    Raises
    ------
    InputError
        Where it is no mapping.
    """

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise InputError(f"{where} must be a mapping of keys to values, and is {_told(value)}.", remedy=_REMEDY)
        self._left = dict(value)
        self._known: list[str] = []
        self.where = where

    def has(self, key: str) -> bool:
        """Whether a key is there and not null."""
        return self._left.get(key) is not None

    def is_list(self, key: str) -> bool:
        """Whether a list stands under a key, where other things may as well."""
        return isinstance(self._left.get(key), list)

    def take(self, key: str, *, required: bool = False) -> Any:
        """What stands under a key; None where it is absent."""
        self._known.append(key)
        value = self._left.pop(key, None)
        if value is None and required:
            near = get_close_matches(key, [str(k) for k in self._left], 1)
            meant = f" It has {near[0]!r}: is {key} meant?" if near else ""
            raise InputError(f"{self.where} has no {key}.{meant}", remedy=f"Give {key}; {_REMEDY}")
        return value

    def text(self, key: str, default: str | None = None, *, required: bool = False) -> str:
        """A text; numbers are refused, since ``0327`` and ``327`` are not the same name."""
        value = self.take(key, required=required)
        if value is None:
            return default or ""
        if not isinstance(value, str) or (required and not value.strip()):
            raise self._wrong(key, value, "text", "Put it in quotes.")
        return value

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of some words."""
        value = self.text(key, default, required=default is None)
        if value not in choices:
            raise self._wrong(key, value, f"one of {', '.join(choices)}")
        return value

    def number(
        self,
        key: str,
        least: float = -math.inf,
        most: float = math.inf,
        *,
        above: bool = False,
    ) -> float | None:
        """A finite number between two, with `above` greater than the least; None where it is absent."""
        value = self.take(key)
        if value is None:
            return None
        return number_of(value, f"{self.where}: {key}", least, most, above=above)

    def required_number(
        self, key: str, least: float = -math.inf, most: float = math.inf, *, above: bool = False
    ) -> float:
        """The same, where it must be there."""
        self.take(key, required=True) if not self.has(key) else None
        value = self.number(key, least, most, above=above)
        assert value is not None
        return value

    def time(self, key: str, *, required: bool = False) -> float | None:
        """A time, as MJD (UTC)."""
        value = self.take(key, required=required)
        try:
            return None if value is None else mjd_of(value)
        except InputError as error:
            raise InputError(f"{self.where}: {key}: {error.what}", remedy=error.remedy) from error

    def flag(self, key: str) -> bool:
        """True or false; false where it is absent."""
        value = self.take(key)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(key, value, "true or false")
        return bool(value)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts; None where it is absent."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self._wrong(key, value, "a list of texts")
        return tuple(value)

    def list(self, key: str, *, required: bool = False) -> list[Any]:
        """A list; empty where it is absent."""
        value = self.take(key, required=required)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._wrong(key, value, "a list")
        return value

    def inside(self, key: str, *, required: bool = False) -> Fields | None:
        """A mapping; None where it is absent."""
        value = self.take(key, required=required)
        return None if value is None else Fields(value, f"{self.where}: {key}")

    def end(self) -> None:
        """Say that everything was taken.

        Raises
        ------
        InputError
            Naming a key that nobody knows.
        """
        if self._left:
            key = str(next(iter(self._left)))
            near = get_close_matches(key, self._known, 1)
            meant = f" Is {near[0]} meant?" if near else ""
            raise InputError(f"{self.where} has a key {key!r} that nobody knows.{meant}", remedy=_REMEDY)

    def _wrong(self, key: str, value: Any, wanted: str, remedy: str = _REMEDY) -> InputError:
        return InputError(f"{self.where}: {key} must be {wanted}, and is {_told(value)}.", remedy=remedy)


def number_of(
    value: Any, where: str, least: float = -math.inf, most: float = math.inf, *, above: bool = False
) -> float:
    """A finite number in a range.

    Raises
    ------
    InputError
        Where it is none, or outside.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{where} must be a number, and is {_told(value)}.", remedy=_REMEDY)
    if not least <= value <= most or (above and value <= least):
        bounds = f"{'above' if above else 'from'} {least:g}" if math.isfinite(least) else ""
        bounds += f"{' to' if bounds else 'at most'} {most:g}" if math.isfinite(most) else ""
        raise InputError(f"{where} must be {bounds}, and is {value:g}.", remedy=_REMEDY)
    return float(value)


def items(values: list[Any], where: str) -> Iterator[Fields]:
    """The mappings of a list, named by their key where they have one."""
    for position, value in enumerate(values, start=1):
        key = value.get("key") if isinstance(value, dict) else None
        yield Fields(value, f"{where} {key!r}" if isinstance(key, str) else f"{where} {position}")


def add_once(known: dict[str, Any], value: Any, where: str) -> None:
    """Put a value among those known by their keys.

    Raises
    ------
    InputError
        Where its key stands there already.
    """
    if value.key in known:
        raise InputError(f"{where} stands there twice.", remedy="Give every one a key of its own.")
    known[value.key] = value


def begin(document: Any, form: str, name: str) -> Fields:
    """The fields of a document of a form in version 1.

    Raises
    ------
    InputError
        Where it is another document, or of a version that cannot be read.
    """
    fields = Fields(document, name)
    told, version = fields.take("form"), fields.take("version")
    if told != form:
        raise InputError(
            f"{name} is no {form} document: its form is {_told(told)}.", remedy=f"Begin it with `form: {form}`."
        )
    if version != 1:
        raise InputError(
            f"{name} is of version {_told(version)}, and only 1 can be read.", remedy="Write `version: 1`."
        )
    return fields


def plain_document(value: Any, where: str = "the document") -> Any:
    """A document as plain JSON: times as text, tuples as lists, whole numbers as they are.

    Raises
    ------
    InputError
        For what JSON cannot say.
    """
    if isinstance(value, datetime):
        return text_of(mjd_of(value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): plain_document(v, f"{where}: {k}") for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain_document(v, where) for v in value]
    if value is None or isinstance(value, str | bool | int):
        return (
            value
            if isinstance(value, bool) or value is None
            else (str(value) if isinstance(value, str) else int(value))
        )
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    raise InputError(
        f"{where} holds {_told(value)}, which a document cannot say.", remedy="Use finite numbers and text."
    )


def document_digest(document: Any) -> str:
    """SHA-256 over the canonical JSON (RFC 8785) of a document."""
    import rfc8785

    try:
        return hashlib.sha256(rfc8785.dumps(plain_document(document))).hexdigest()
    except rfc8785.CanonicalizationError as error:
        raise InputError(
            f"The document has no canonical form: {error}.", remedy="Use finite numbers and text."
        ) from error


def read_document(text: str, name: str) -> dict[str, Any]:
    """A document from its text, JSON or YAML, as plain JSON.

    Parameters
    ----------
    text : str
    name : str
        What errors call it.

    Raises
    ------
    InputError
        Where it is neither, names a key twice, or is no mapping.
    """
    if text.lstrip().startswith("{"):
        try:
            value = json.loads(text, object_pairs_hook=_once)
        except json.JSONDecodeError as error:
            raise InputError(f"{name} is no JSON: {error}.", remedy="Mend that line.") from error
    else:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        try:
            value = YAML(typ="safe", pure=True).load(text)
        except YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f" in line {mark.line + 1}" if mark else ""
            raise InputError(f"{name} is no YAML{line}: {_problem(error)}.", remedy="Mend that line.") from error
        except ValueError as error:
            # YAML takes what looks like a time for one, and makes it as it reads, so that the 31st of November fails here.
            raise InputError(
                f"{name} holds a time or number that cannot be{_impossible(text)}: {_problem(error)}.",
                remedy="Write times in UTC as 2026-11-22T18:00:00Z.",
            ) from error
    if not isinstance(value, dict):
        raise InputError(f"{name} must be a mapping of keys to values, and is {_told(value)}.", remedy=_REMEDY)
    told: dict[str, Any] = plain_document(value, name)
    return told


def _impossible(text: str) -> str:
    """Where the first date stands that no calendar has, as words of a sentence; "" where none is found."""
    from datetime import date

    for number, line in enumerate(text.splitlines(), start=1):
        for year, month, day in re.findall(r"\b(\d{4})-(\d\d?)-(\d\d?)(?!\d)", line):
            try:
                date(int(year), int(month), int(day))
            except ValueError:
                return f" in line {number} ({year}-{month}-{day})"
    return ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for key, value in pairs:
        if key in told:
            raise InputError(f"The key {key!r} stands twice in one mapping.", remedy="Keep one of them.")
        told[key] = value
    return told


def _problem(error: Exception) -> str:
    text = str(getattr(error, "problem", None) or error)
    return " ".join(text.split()).rstrip(".")


def _told(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
