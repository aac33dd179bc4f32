"""Numbers that say which data, and count nothing: sector 27, quarter 9, 第 27 扇区."""

from __future__ import annotations

import re
from functools import cache

from gnomon.agents.understanding.grammar import alternatives, grammar, unit_at, whole
from gnomon.agents.understanding.number_words import value_of_words
from gnomon.agents.understanding.slot import Slot

_RANGE = re.compile(r"\d\s*(?:-|–|to|through|到|至)\s*\d")
_CHINESE = r"\d{1,4}|[一二三四五六七八九十百]+"


def find_releases(text: str) -> list[Slot]:
    """The sectors, quarters, campaigns and cameras of a text.

    Parameters
    ----------
    text : str
        Normalised; what is understood already is NUL.

    Returns
    -------
    list of Slot
        Settings of that name, one for each number; ``sectors 14-16`` is one, whose value is ``14-16``.
    """
    found = []
    for name, words in grammar()["releases"].items():
        for match in _pattern(tuple(words)).finditer(text):
            if match["before"] or not unit_at(text, match.end())[0]:
                found.extend(_slots(match, name))
    return sorted(found, key=lambda s: s.start)


def _slots(match: re.Match[str], name: str) -> list[Slot]:
    """A setting for each number of a match."""
    group = "before" if match["before"] else "after"
    numbers = list(re.finditer(_CHINESE, match[group]))
    if len(numbers) == 1 or _RANGE.search(match[group]):
        value = match[group] if len(numbers) > 1 else _number(match[group])
        return [Slot("setting", match[0], match.start(), match.end(), value, name=name)]
    shift = match.start(group)
    return [Slot("setting", n[0], shift + n.start(), shift + n.end(), _number(n[0]), name=name) for n in numbers]


def _number(written: str) -> int:
    return int(written) if written.isdigit() else int(value_of_words(written)[0])


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the words with the numbers after them, or in Chinese before them."""
    names = "|".join(whole(w) for w in sorted(words, key=len, reverse=True))
    joint = r"\s*(?:-|–|/|&|,|、|和|及|到|至|\band\b|\bto\b|\bthrough\b)\s*"
    # Another number belongs to the list where nothing follows that it counts or measures.
    last = rf"(?![\d.]*\d)(?=\s*(?:$|[^\sA-Za-z0-9%]|{alternatives('not_counted')}))"
    return re.compile(
        rf"(?:{names})(?:\s*(?:=|:|#|no\.|number|nr\.|第|编号))?\s*(?P<after>\d{{1,4}}(?:{joint}\d{{1,4}}{last})*)(?![\d.]*\d|[A-Za-z_])"
        rf"|(?:第\s*|(?<![\d.])(?=\d{{1,4}}\s*号))(?P<before>(?:{_CHINESE})(?:\s*[、和至到-]\s*第?\s*(?:{_CHINESE}))*)\s*号?\s*(?:{names})",
        re.I,
    )
