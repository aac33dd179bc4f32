"""Captions in English and Chinese: both stand in one text, which a picture carries, and a report shows the one of its language."""

from __future__ import annotations

# Between the English and the Chinese part; where a caption stands whole, as in a preview, it still reads well.
CHINESE = " · 中文："


def both(english: str, chinese: str) -> str:
    """Join a caption in English and the same in Chinese.

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


def caption_in(language: str, caption: str) -> str:
    """Take the caption of one language.

    Parameters
    ----------
    language : {"en", "zh"}
    caption : str
        As `both` made it, or one that is in English alone.

    Returns
    -------
    str
    """
    english, mark, chinese = caption.partition(CHINESE)
    return chinese if mark and language == "zh" else english
