"""Texts in English and Chinese: both stand in one text, which a picture, a warning or a table carries, and a report shows the one of its language.

Captions of figures, warnings and reasons are made where their numbers are known, long before anybody knows in which language they
will be read; so a tool gives both, and a record that holds the one text serves either reader.
"""

from __future__ import annotations

from collections.abc import Iterable

# Between the English and the Chinese part; where a text stands whole, as in a preview, it still reads well.
CHINESE = " · 中文："


def both(english: str, chinese: str) -> str:
    """Join a text in English and the same in Chinese.

    Parameters
    ----------
    english, chinese : str
        Whole sentences.

    Returns
    -------
    str
        One line.
    """
    return f"{' '.join(english.split())}{CHINESE}{' '.join(chinese.split())}"


def both_joined(texts: Iterable[str], english: str = " ", chinese: str = "") -> str:
    """Join several texts, each in its language with its like.

    Parameters
    ----------
    texts : iterable of str
        As `both` made them, or in English alone.
    english, chinese : str
        What stands between them.

    Returns
    -------
    str
        In both languages where one of the texts is; "" for none.
    """
    told = list(texts)
    whole = english.join(text_in("en", t) for t in told)
    return both(whole, chinese.join(text_in("zh", t) for t in told)) if any(CHINESE in t for t in told) else whole


def text_in(language: str, text: str) -> str:
    """Take the text of one language.

    Parameters
    ----------
    language : str
        One that begins with ``zh`` is Chinese.
    text : str
        As `both` made it, or one that is in English alone.

    Returns
    -------
    str
    """
    english, mark, chinese = text.partition(CHINESE)
    return chinese if mark and language.startswith("zh") else english
