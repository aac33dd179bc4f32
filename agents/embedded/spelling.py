"""Spelling: words that nobody taught the planner, read as the known word they nearly are or the two they are made of."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import lru_cache

from gnomon.agents.embedded.words import words
from gnomon.knowledge.glossary import load, terms_in

_WORD = re.compile(r"(?<![A-Za-z0-9_.\\/-])[A-Za-z]{5,}(?![A-Za-z0-9_/-])")
# What is done to data.
_VERBS = (
    "search",
    "detrend",
    "flatten",
    "measure",
    "identify",
    "folded",
    "repeating",
    "transiting",
    "anything",
    "nothing",
)
# "velocites" and "velocities" agree to 0.95; "figure" and "fixture" to 0.77.
_NEAR = 0.84
# Words that nobody used are so many of a text that means nothing; characters, so many.
_STRANGE, _UNHEARD = 0.5, 0.25


def _is_simplified(letter: str) -> bool:
    """Whether a character is of those of GB 2312; the traditional forms of known ones are not."""
    try:
        return bool(letter.encode("gb2312"))
    except UnicodeEncodeError:
        return False


class Spelling:
    """Known words, and what an unknown one probably is.

    Parameters
    ----------
    texts : iterable of str
        Whose words are known, beside those of the glossary and of grammar.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        texts = list(texts)
        known = {w for text in texts for w in re.findall(r"[a-z]{3,}", text.lower())}
        known |= {w for t in load() for name in (t.en, *t.aliases_en) for w in re.findall(r"[a-z]{3,}", name.lower())}
        self.known = frozenset(known | set(words()["empty"]["en"]))
        # Only words of the trade are put right: to take "bought" for "brought" helps nobody.
        self._by_start: dict[str, list[str]] = {}
        for word in self._trade():
            self._by_start.setdefault(word[0], []).append(word)
        self._letters = frozenset(c for text in texts for c in text if "\u4e00" <= c <= "\u9fff")
        self._read = lru_cache(maxsize=4096)(self._look)

    @staticmethod
    def _trade() -> frozenset[str]:
        """Words of the glossary, of pictures, columns and choices."""
        told = words()
        lists = [told["picture"]["en"], *told["columns"].values(), *told["subjects"].values()]
        texts = [name for t in load() for name in (t.en, *t.aliases_en)] + [str(w) for some in lists for w in some]
        return frozenset(w for text in [*texts, *_VERBS] for w in re.findall(r"[a-z]{4,}", text.lower()))

    def is_gibberish(self, text: str) -> bool:
        """Whether hardly any word of a text is one that anybody used who asked something: "florp zindle the quarn"."""
        if terms_in(text):
            return False
        latin = [
            w.lower()
            for w in re.findall(r"(?<![A-Za-z0-9_.\\/-])[A-Za-z]{4,}(?![A-Za-z0-9_/-])", text)
            if not w.isupper()
        ]
        strange = [w for w in latin if w not in self.known and self._look(w) == w]
        letters = re.findall(r"[\u4e00-\u9fff]", text)
        unheard = [c for c in letters if c not in self._letters and _is_simplified(c)]
        return (len(strange) >= 2 and len(strange) >= _STRANGE * len(latin)) or (
            len(unheard) >= 3 and len(unheard) >= _UNHEARD * len(letters)
        )

    def corrected(self, text: str) -> str:
        """The text with unknown words as the known ones that they nearly are; names in capitals stay."""
        return _WORD.sub(lambda m: self._read(m[0]), text)

    def _look(self, word: str) -> str:
        low = word.lower()
        if low in self.known or (word.isupper() and len(word) < 9) or any(c.isupper() for c in word[1:]):
            return word
        for ending in (
            "s",
            "ed",
            "ing",
            "ly",
            "n",
            "d",
            "er",
            "est",
            "y",
        ):  # an unheard form of a known word is no mistake
            if low.removesuffix(ending) in self.known:
                return word
        for cut in range(4, len(low) - 2):
            if low[:cut] in self.known and low[cut:] in self.known:
                return f"{low[:cut]} {low[cut:]}"
        # Nobody mistakes the first letter.
        near = difflib.get_close_matches(low, self._by_start.get(low[0], ()), n=1, cutoff=_NEAR)
        return near[0] if near else word
