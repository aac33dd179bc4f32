"""Choosing: which of several things offered somebody means, by number, by order, by how long it takes, or by its words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gnomon.agents.embedded.nearness import Nearness
from gnomon.agents.embedded.tokens import tokens
from gnomon.agents.follow_ups.options import Option
from gnomon.agents.follow_ups.phrases import words

_SHORT = 5
_DIGITS = re.compile(r"(?<![\d.])(\d{1,2})(?![\d.])")


def chosen(text: str, options: Sequence[Option], present: str = "") -> int | None:
    """Which option a text means.

    Parameters
    ----------
    text : str
    options : sequence of Option
    present : str
        Hash of the plan that is shown, which "the other one" is not.

    Returns
    -------
    int or None
        Counted from 0; beyond the last one where the text names a number that there is not; None where it does not say.
    """
    if match := _DIGITS.search(text):
        return int(match[1]) - 1
    said = set(tokens(text))
    if _says(text, said, words("last")):
        return len(options) - 1
    for key, sign in (("faster", 1), ("slower", -1)):
        seconds = {i: o.act["seconds"] for i, o in enumerate(options) if "seconds" in o.act}
        if seconds and _says(text, said, words(key)):
            return min(seconds, key=lambda i: (sign * seconds[i], i))
    for number, names in enumerate(words("ordinals")):
        # "The faster one" and 换一个 count nothing: a bare number counts where little else is said.
        if _says(
            text, said, [n for n in names if n not in ("one", names[-1]) or len(said) <= 1 or len(text) <= _SHORT]
        ):
            return number
    if _says(text, said, words("other")):
        rest = [i for i, o in enumerate(options) if o.act.get("plan", {}).get("hash") != present]
        if len(rest) == 1:
            return rest[0]
    if len(options) == 1:
        return 0
    return _by_words(text, options)


def _says(text: str, said: set[str], listed: Sequence[str]) -> bool:
    """Whether the text has one of some words; single Chinese characters count within longer ones, too."""
    for word in listed:
        if word.isascii():
            if re.search(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", text, re.I):
                return True
        elif word in text:
            return True
    return False


def _by_words(text: str, options: Sequence[Option]) -> int | None:
    likeness = Nearness([[o.label] for o in options]).by_words(text)
    order = sorted(range(len(options)), key=lambda i: -likeness[i])
    first, second = float(likeness[order[0]]), float(likeness[order[1]])
    return order[0] if first > 0.15 and first > 1.5 * second else None
