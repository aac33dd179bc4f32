"""The sentences of a passage, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A sentence ends at a sign that is followed by a space and something a sentence begins with; in Chinese at the sign itself.
_END = re.compile(r"[.!?][\"”’)\]]*(?=\s+[\"'“‘(\[]?[A-Z\d$\\α-ωΑ-Ω~<>])|[。！？][”’」』）]*")
# What a stop does not end: short forms, initials of names, numbers of lists.
_NO_END = re.compile(
    r"(?:\b(?:et al|e\.g|i\.e|cf|vs|viz|resp|approx|ca|Figs?|Eqs?|Eqns?|Refs?|Secs?|Sects?|Tabs?|Nos?|Vol|pp?|Dr|Prof|St|Mt|Inc|Ltd|Jr|Sr|ed|eds)|\b[A-Z]|^\s*\(?\d{1,2})\.[\"”’)\]]*\s*$"
)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a text are.

    Parameters
    ----------
    text : str
        Paragraphs have an empty line between them; a sentence does not go over it.

    Yields
    ------
    (int, int)
        First character, and the one after the last; without white space at the ends.
    """
    for paragraph in re.finditer(r"(?:[^\n]|\n(?!\s*\n))+", text):
        begin = paragraph.start()
        for end in _END.finditer(paragraph[0]):
            until = paragraph.start() + end.end()
            if _NO_END.search(text[begin:until]):
                continue
            yield from _stripped(text, begin, until)
            begin = until
        yield from _stripped(text, begin, paragraph.end())


def _stripped(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    said = text[begin:end]
    if stripped := said.strip():
        first = begin + len(said) - len(said.lstrip())
        yield first, first + len(stripped)
