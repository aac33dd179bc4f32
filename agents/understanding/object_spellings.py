"""The other names of an object that the word lists know: proper names in English and Chinese, long and short forms of catalogues and constellations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gnomon.agents.understanding.objects import _rows, find_objects

_PLANET = re.compile(r"(?P<star>.+\S) (?P<letter>[b-k])")
_IN_CONSTELLATION = re.compile(r"(?P<star>.+) (?P<short>[A-Z][A-Za-z]{2})(?P<rest> [A-D]{1,2})?")


def spellings(name: str) -> tuple[str, ...]:
    """What else an object is called.

    Parameters
    ----------
    name : str
        ``Gliese 581``, ``51 Pegasi b``, ``仙女座星系`` ...

    Returns
    -------
    tuple of str
        The name as it was given first, then the catalogue's own spelling (``GJ 581``, ``51 Peg b``, ``M 31``) and others that mean the same;
        the name alone where the lists do not know it.  No service is asked, so that numbers in other catalogues are not among them.
    """
    said = " ".join(name.split())
    whole = [s for s in find_objects(said) if (s.start, s.end) == (0, len(said))]
    if not whole:
        return (said,) if said else ()
    value, kind = str(whole[0].value), whole[0].name
    planet = _PLANET.fullmatch(value)
    star, letter = (planet["star"], f" {planet['letter']}") if planet else (value, "")
    others = [*_proper_names(star), *_long_forms(star, kind), *_of_constellation(star)]
    return tuple(dict.fromkeys([said, value, *(f"{o}{letter}" for o in others)]))


def _proper_names(value: str) -> Iterator[str]:
    for row in _rows("named_objects.yaml"):
        if row.get("value") == value:
            yield from (*row.get("en", ()), *row.get("zh", ()))


def _long_forms(value: str, kind: str) -> Iterator[str]:
    """GJ 581 as Gliese 581, M 31 as Messier 31."""
    for row in _rows("catalogues.yaml"):
        start = row.get("spelling", f"{row.get('key')} ")
        if row.get("key") == kind and "max" in row and value.startswith(start):
            for word in row.get("words", ()):
                if not (word.isascii() and word.islower()):
                    yield f"{word.strip()} {value[len(start) :]}"


def _of_constellation(value: str) -> Iterator[str]:
    """51 Peg as 51 Pegasi and 飞马座51."""
    match = _IN_CONSTELLATION.fullmatch(value)
    if match is None:
        return
    rest = match["rest"] or ""
    for row in _rows("catalogues.yaml"):
        if row.get("constellation") == match["short"]:
            yield from (f"{match['star']} {genitive}{rest}" for genitive in (row["genitive"], *row.get("also", ())))
            yield from (f"{zh}座{match['star']}{rest}" for zh in row["zh"])
