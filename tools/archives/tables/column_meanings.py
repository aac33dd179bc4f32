"""Columns by what they mean: the standard's names (UCD) for words such as proper motion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

# So many words more than were asked for a description may have, and still be of that thing.
_MORE = 2


def ucds_meaning(words: Sequence[str]) -> list[str]:
    """The UCDs whose descriptions have all of these words and few others.

    Parameters
    ----------
    words : sequence of str
        In English, whatever the case and whether plural.

    Returns
    -------
    list of str
        Such as ``["pos.pm"]`` for proper and motion; the shortest first.  A UCD stands for those below it too.

    References
    ----------
    UCD1+ controlled vocabulary, version 1.6: Cecconi et al. 2024, IVOA Endorsed Note; the list ships with astropy.
    """
    asked = {_stem(w) for w in words}
    found = [u for u, said in _described().items() if asked and asked <= said and len(said) <= len(asked) + _MORE]
    whole = sorted(found, key=lambda u: (len(u), u))
    return [u for u in whole if not any(u.startswith(f"{other}.") for other in whole)]


def _stem(word: str) -> str:
    return re.sub(r"(?<=[a-z]{3})s$", "", word.lower())


@cache
def _described() -> dict[str, frozenset[str]]:
    from astropy.utils.data import get_pkg_data_contents

    listed = get_pkg_data_contents("data/ucd1p-words.txt", package="astropy.io.votable", encoding="utf-8")
    rows = [line.split("|") for line in listed.splitlines() if line.count("|") == 2]
    # What stands after a comma or in parentheses explains.
    named = {name.strip(): re.split(r"[,;(]", said)[0] for _kind, name, said in rows}
    return {name: frozenset(map(_stem, re.findall(r"[A-Za-z]+", said))) for name, said in named.items()}
