"""Type for night sheets: Chinese names need a font that has them, and where there is none the sheet says so."""

from __future__ import annotations

from functools import cache

from gnomon.tools.reporting.sky_axes import CHINESE_FONTS

_LATIN = "DejaVu Sans"


@cache
def chinese_font() -> str | None:
    """The name of an installed font with Chinese characters; None where there is none."""
    from matplotlib import font_manager

    there = {f.name for f in font_manager.fontManager.ttflist}
    return next((f for f in CHINESE_FONTS if f in there), None)


def families() -> list[str]:
    """Fonts for a page, each taken for what the one before has not."""
    chinese = chinese_font()
    return [_LATIN] if chinese is None else [_LATIN, chinese]


@cache
def _characters() -> frozenset[int]:
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    known: set[int] = set()
    for family in families():
        known |= set(FT2Font(font_manager.findfont(family)).get_charmap())
    return frozenset(known)


def printable(text: str) -> bool:
    """Whether every character of a text can be drawn here."""
    known = _characters()
    return all(ord(c) in known for c in text)
