"""Strict reading of mappings: what does not fit becomes a finding, and nothing is ignored."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from gnomon.tools.observing.verification.findings import Ledger
from gnomon.tools.observing.verification.moments import seconds_of

T = TypeVar("T")
D = TypeVar("D")
Check = Callable[[Any], Any]


class Broken(Exception):
    """A part of a document that cannot be used; what is wrong stands in the ledger."""


class Taken:
    """A mapping of a document, of which every key is taken or told as unknown.

    Parameters
    ----------
    value : object
        What stands there.
    place : str
    ledger : Ledger

    Raises
    ------
    Broken
        Where it is no mapping.
    """

    def __init__(self, value: Any, place: str, ledger: Ledger) -> None:
        self.place = place
        self.ledger = ledger
        self.broken = False
        if not isinstance(value, Mapping):
            ledger.find("value", place, f"There must be a mapping, and there is {told(value)}.")
            raise Broken(place)
        self._left = dict(value)

    def __contains__(self, key: str) -> bool:
        return self._left.get(key) is not None

    def get(self, key: str, check: Callable[[Any], T], default: D) -> T | D:
        """The value of a key that may be absent."""
        value = self._left.pop(key, None)
        if value is None:
            return default
        try:
            return check(value)
        except ValueError as error:
            self.fail("time" if "is no time" in str(error) else "value", f"{key}: {error}.")
            return default

    def maybe(self, key: str, check: Callable[[Any], T]) -> T | None:
        """The value of a key, None where it is absent."""
        value = self._left.pop(key, None)
        if value is None:
            return None
        try:
            return check(value)
        except ValueError as error:
            self.fail("time" if "is no time" in str(error) else "value", f"{key}: {error}.")
            return None

    def need(self, key: str, check: Callable[[Any], T]) -> T:
        """The value of a key that must be there.

        Raises
        ------
        Broken
            Where it is absent or wrong: the mapping cannot be used without it.
        """
        value = self._left.pop(key, None)
        if value is None:
            self.fail("missing", f"There is no {key}.")
            raise Broken(self.place)
        try:
            return check(value)
        except ValueError as error:
            self.fail("time" if "is no time" in str(error) else "value", f"{key}: {error}.")
            raise Broken(self.place) from error

    def fail(self, code: str, sentence: str) -> None:
        """Write down that something here is wrong."""
        self.broken = True
        self.ledger.find(code, self.place, sentence)

    def end(self) -> None:
        """Tell the keys that nobody took.

        Raises
        ------
        Broken
            Where anything in the mapping was wrong: a value that was ignored is not checked.
        """
        for key in self._left:
            self.fail("unknown_key", f"The key {key!r} is not in the reference.")
        if self.broken:
            raise Broken(self.place)


def told(value: Any) -> str:
    """A value for people, shortened."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def number(least: float = -math.inf, most: float = math.inf, *, above: bool = False) -> Callable[[Any], float]:
    """A check for a finite number in a range; with `above`, greater than the least."""

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"{told(value)} is no finite number")
        if value < least or value > most or (above and value <= least):
            raise ValueError(f"{value:g} is not {'above' if above else 'from'} {least:g} to {most:g}")
        return float(value)

    return check


def whole(least: int) -> Callable[[Any], int]:
    """A check for a whole number."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{told(value)} is no whole number from {least}")
        return value

    return check


def text(value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"{told(value)} is no text")
    return value


def any_text(value: Any) -> str:
    """A text, empty or not."""
    if not isinstance(value, str):
        raise ValueError(f"{told(value)} is no text")
    return value


def as_is(value: Any) -> Any:
    """Whatever stands there."""
    return value


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{told(value)} is neither true nor false")
    return value


def one_of(*choices: str) -> Callable[[Any], str]:
    """A check for one of some words."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"{told(value)} is none of {', '.join(choices)}")
        return value

    return check


def listed(inner: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    """A check for a list of values."""

    def check(value: Any) -> tuple[T, ...]:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{told(value)} is no list")
        return tuple(inner(v) for v in value)

    return check


def paired(first: Callable[[Any], Any], second: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, Any]]:
    """A check for a list of two."""

    def check(value: Any) -> tuple[Any, Any]:
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise ValueError(f"{told(value)} is no pair")
        return first(value[0]), second(value[1])

    return check


def interval(value: Any) -> tuple[float, float]:
    """A pair of times, the second not before the first."""
    start, end = paired(seconds_of, seconds_of)(value)
    if end < start:
        raise ValueError(f"{told(value)} ends before it begins")
    return start, end


def begin(document: Any, form: str, place: str, ledger: Ledger) -> Taken:
    """The keys of a document of a form in version 1.

    Raises
    ------
    Broken
        Where it is another document.
    """
    taken = Taken(document, place, ledger)
    said = taken._left.pop("form", None), taken._left.pop("version", None)
    if said != (form, 1) or isinstance(said[1], bool):
        taken.fail("form", f"It must be {form!r} in version 1, and is {told(said[0])} in version {told(said[1])}.")
        raise Broken(place)
    return taken
