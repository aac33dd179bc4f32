"""Pieces of ADQL that hold what a person wrote."""

from __future__ import annotations

from collections.abc import Sequence


def quoted(text: str) -> str:
    """A text as a literal of ADQL."""
    return "'" + text.replace("'", "''") + "'"


def containing(columns: Sequence[str], word: str, *, lower: bool) -> str:
    """The condition that any of the columns contains a word, whatever the case of its letters.

    Parameters
    ----------
    columns : sequence of str
    word : str
        ``%`` and ``_`` stand for themselves as far as ADQL can say it: they match any text and any letter, of which they are one.
    lower : bool
        With ``LOWER``, which is in ADQL 2.1; else by the usual ways of writing the word, for services that only know ADQL 2.0.

    Returns
    -------
    str
        In parentheses.
    """
    if lower:
        parts = [f"LOWER({column}) LIKE {quoted('%' + word.lower() + '%')}" for column in columns]
    else:
        written = dict.fromkeys((word, word.lower(), word.upper(), word.capitalize()))
        parts = [f"{column} LIKE {quoted('%' + w + '%')}" for column in columns for w in written]
    return "(" + " OR ".join(parts) + ")"


def prefix_pattern(text: str) -> str:
    """A pattern of ``LIKE`` for what begins so; blanks match any run of characters, since catalogues pad numbers with blanks."""
    plain = text.replace("%", " ").replace("_", " ")
    return "%".join(plain.split()) + "%"
