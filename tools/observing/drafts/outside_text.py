"""Text from outside (names of targets, notes, reasons) is data: nothing in it may become a line, a formula, a tag or a path of what is written."""

from __future__ import annotations

import hashlib
import re
import unicodedata

# Control and format characters (with them the marks that turn the direction of writing), separators of lines and paragraphs, lone
# surrogates, and places where no character is: Unicode general categories.
_UNWRITABLE = frozenset(("Cc", "Cf", "Cs", "Cn", "Zl", "Zp"))
# What spreadsheets take for the beginning of a formula; also in full width. OWASP, CSV Injection.
_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"
# Letters of star names and of surnames that do not come apart into a Latin letter and a mark.
_LATIN = {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "−": "-", "–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "′": "'", "″": '"', "×": "x", "µ": "u", "·": "."}  # fmt: skip


def plain(text: object, most: int = 400) -> str:
    """Text on one line, without control characters.

    Parameters
    ----------
    text : object
        Anything; its `str` is taken.
    most : int
        Characters that are kept.

    Returns
    -------
    str
        Every run of blanks, line breaks and control characters is one blank.
    """
    shown = "".join(" " if unicodedata.category(c) in _UNWRITABLE else c for c in str(text))
    return " ".join(shown.split())[:most].rstrip()


def padded(text: str, width: int) -> str:
    """Text cut and filled up to so many columns of a terminal or of a page in type of one width, where a Chinese character takes two."""
    kept, taken = "", 0
    for character in text:
        wide = 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if taken + wide > width:
            break
        kept, taken = kept + character, taken + wide
    return kept + " " * (width - taken)


def cell(text: object) -> str:
    """Text for a cell of a table: on one line, and with an apostrophe before it where a spreadsheet would take it for a formula."""
    shown = plain(text)
    return f"'{shown}" if shown[:1] and shown[0] in _FORMULA else shown


def ascii_text(text: object) -> str | None:
    """Text in ASCII, marks on letters left out.

    Returns
    -------
    str or None
        None where a letter has no Latin form, as in Chinese; nothing is spelled by guess.
    """
    told = "".join(_LATIN.get(c, c) for c in plain(text))
    told = "".join(c for c in unicodedata.normalize("NFKD", told) if not unicodedata.combining(c))
    return told if told.isascii() else None


def file_stem(*parts: object) -> str:
    """A name for a file made of texts: what is not a letter of ASCII, a digit or ``_`` becomes a hyphen.

    Where anything was lost, eight digits of the SHA-256 of the whole are added, so that two names never become one.
    """
    whole = "\x00".join(str(p) for p in parts)
    stem = "-".join(re.sub(r"[^A-Za-z0-9_.]+", "-", str(p)).strip("-.") for p in parts)
    stem = re.sub(r"-{2,}", "-", stem).strip("-.")[:80]
    if stem == "-".join(str(p) for p in parts):
        return stem
    mark = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{stem}-{mark}" if stem else mark


def shortened(text: object, most: int) -> str:
    """Text of at most so many characters, told apart by five digits of its SHA-256 where it had to be cut."""
    shown = plain(text, 100_000)
    if len(shown) <= most:
        return shown
    mark = hashlib.sha256(shown.encode("utf-8")).hexdigest()[:5]
    return f"{shown[: most - 6].rstrip()}~{mark}"
