"""What several sources say of one document, made into one record: who is believed, and what the others say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gnomon.knowledge.literature.documents import Document, short_name
from gnomon.knowledge.literature.identifiers import without_version
from gnomon.knowledge.literature.known import folded_title

# Who is believed, the first most: publishers deposit with Crossref, ADS corrects what it takes from them, authors type into arXiv, anybody writes
# lists, and what is read off a page is a guess.
SOURCES = ("Crossref", "ADS", "arXiv", "a list of references", "the file")
_FILE = SOURCES[-1]
_FIELDS = ("title", "authors", "year", "journal", "doi", "arxiv", "bibcode")


def described(document: Document, record: Mapping[str, Any], source: str) -> Document:
    """A document with what one more source says of it.

    Parameters
    ----------
    document : Document
        Its ``more["by"]`` has, by field, who told it, where that was not the file; ``more["others"]`` what those said who were not believed.
    record : mapping
        ``title``, ``authors``, ``year``, ``journal``, ``doi``, ``arxiv``, ``bibcode``, as far as the source says.
    source : str
        One of `SOURCES`.

    Returns
    -------
    Document
        The same one where nothing is new.  The version of an arXiv number stays, since it is that of the text.
    """
    by = dict(document.more.get("by", {}))
    others = {name: dict(said) for name, said in document.more.get("others", {}).items()}
    new: dict[str, Any] = {}
    for name in _FIELDS:
        value = record.get(name)
        if not value:
            continue
        value = tuple(str(a) for a in value) if name == "authors" else int(value) if name == "year" else str(value)
        here = _held(document, name)
        before = by.get(name, _FILE)
        better = SOURCES.index(source) < SOURCES.index(before)
        if not here:
            new[name] = value if name != "arxiv" else without_version(str(value))
            by[name] = source
        elif here == value or (name == "arxiv" and without_version(str(here)) == without_version(str(value))):
            by[name] = source if better else before
        else:
            if not _agree(name, here, value):
                told, said = (before, here) if better else (source, value)
                others.setdefault(name, {})[told] = list(said) if isinstance(said, tuple) else said
            if better and name != "arxiv":
                new[name], by[name] = value, source
    by = {name: who for name, who in by.items() if who != _FILE}
    more = {**document.more, "by": by, "others": others}
    more = {k: v for k, v in more.items() if v}
    return replace(document, **new, more=more) if new or more != document.more else document


def _held(document: Document, name: str) -> Any:
    value = getattr(document, name)
    # A document that says no title is called like its file.
    return None if name == "title" and value == document.source else value


def _agree(name: str, one: Any, other: Any) -> bool:
    """Whether two values say the same in other words."""
    if name == "title":
        return folded_title(one) == folded_title(other)
    if name == "authors":
        return len(one) == len(other) and short_name(one[0]).casefold() == short_name(other[0]).casefold()
    if name == "journal":
        # Everybody writes journals in another way; a common year, volume or page tells that it is the same place.
        return bool(set(re.findall(r"\d+", one)) & set(re.findall(r"\d+", other))) or not all(
            re.search(r"\d", t) for t in (one, other)
        )
    return str(one).casefold() == str(other).casefold()
