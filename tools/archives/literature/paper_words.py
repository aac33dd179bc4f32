"""The words by which papers are looked for, before they are said in the language of one service or another."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gnomon.tools.archives.asking.json_replies import one_line
from gnomon.tools.errors import InputError

_PART = re.compile(r'(?:(author|title|abstract):)?(?:"([^"]*)"|(\S+))', re.IGNORECASE)
# They mean something in the languages of the services, and nothing in a word.
_UNSAFE = re.compile(r"[\"()\[\]{}\\:^~*?<>|&!+=;]+")
_MOST = 900  # letters with all that stands around them; ADS takes a thousand
_AROUND = 14  # of each: a field, quotes, AND


@dataclass(frozen=True)
class Part:
    """A word or a phrase, and where it must stand: "" for anywhere, ``author``, ``title`` or ``abstract``."""

    field: str
    text: str


@dataclass(frozen=True)
class Words:
    """What is looked for; all of it must be there.

    Attributes
    ----------
    parts : tuple of Part
    names : tuple of str
        Names of objects.
    """

    parts: tuple[Part, ...]
    names: tuple[str, ...]


def words_of(text: str, names: list[str]) -> Words:
    """Words and phrases of a text.

    Parameters
    ----------
    text : str
        Words; phrases in quotes; ``author:``, ``title:`` or ``abstract:`` before either.
    names : list of str
        Names of objects.

    Raises
    ------
    InputError
        Where nothing is left, or it is too long.
    """
    plain = one_line(text.replace("\u201c", '"').replace("\u201d", '"'))
    parts = []
    for field, phrase, word in _PART.findall(plain):
        said = " ".join(_UNSAFE.sub(" ", phrase or word).split()).strip("-., ")
        # Operators of the services, that would be taken for such.
        if said and said.upper() not in ("AND", "OR", "NOT", "TO", "ANDNOT"):
            parts.append(Part(field.lower(), said))
    called = tuple(s for n in names if (s := " ".join(_UNSAFE.sub(" ", one_line(n)).replace("+", " ").split())))
    if not parts and not called:
        raise InputError("No words were given by which papers could be found.", remedy='Give words, such as "hot Jupiter" atmosphere.')  # fmt: skip
    if sum(len(text) + _AROUND for text in (*(p.text for p in parts), *called)) > _MOST:
        raise InputError("These are too many words to look for papers with.", remedy="Give fewer.")
    return Words(tuple(parts), called)
