"""Units as people write them, in English and Chinese, read into astropy units."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from astropy.units import UnitBase

# Spellings that astropy does not read by itself.  Values are astropy unit strings.
SPELLINGS: dict[str, str] = {
    "day": "d", "days": "d", "天": "d", "日": "d",
    "hour": "h", "hours": "h", "hr": "h", "hrs": "h", "小时": "h",
    "minute": "min", "minutes": "min", "mins": "min", "分钟": "min",
    "sec": "s", "second": "s", "seconds": "s", "秒": "s",
    "week": "wk", "weeks": "wk", "周": "wk", "星期": "wk",
    "year": "yr", "years": "yr", "年": "yr",
    "m/sec": "m/s", "km/sec": "km/s", "米每秒": "m/s", "米/秒": "m/s", "千米每秒": "km/s", "公里/秒": "km/s", "千米/秒": "km/s",
    "meter": "m", "meters": "m", "metre": "m", "metres": "m", "米": "m",
    "kilometer": "km", "kilometers": "km", "kilometre": "km", "kilometres": "km", "千米": "km", "公里": "km",
    "parsecs": "pc", "秒差距": "pc", "千秒差距": "kpc", "百万秒差距": "Mpc",
    "ly": "lyr", "light year": "lyr", "light years": "lyr", "light-year": "lyr", "light-years": "lyr", "光年": "lyr",
    "天文单位": "AU",
    "msun": "Msun", "m_sun": "Msun", "solmass": "Msun", "solar mass": "Msun", "solar masses": "Msun", "m☉": "Msun", "m⊙": "Msun",
    "倍太阳质量": "Msun", "太阳质量": "Msun", "个太阳质量": "Msun",
    "rsun": "Rsun", "r_sun": "Rsun", "solrad": "Rsun", "solar radius": "Rsun", "solar radii": "Rsun", "r☉": "Rsun", "r⊙": "Rsun",
    "倍太阳半径": "Rsun", "太阳半径": "Rsun", "个太阳半径": "Rsun",
    "mjup": "Mjup", "m_jup": "Mjup", "jupiter mass": "Mjup", "jupiter masses": "Mjup", "木星质量": "Mjup", "倍木星质量": "Mjup",
    "mearth": "Mearth", "m_earth": "Mearth", "earth mass": "Mearth", "earth masses": "Mearth", "地球质量": "Mearth", "倍地球质量": "Mearth",
    "degree": "deg", "degrees": "deg", "°": "deg", "度": "deg",
    "arcminute": "arcmin", "arcminutes": "arcmin", "arcmins": "arcmin", "'": "arcmin", "′": "arcmin", "’": "arcmin", "角分": "arcmin",
    "arcsecond": "arcsec", "arcseconds": "arcsec", "arcsecs": "arcsec", '"': "arcsec", "″": "arcsec", "”": "arcsec", "''": "arcsec", "角秒": "arcsec",
    "mags": "mag", "magnitude": "mag", "magnitudes": "mag", "星等": "mag", "等": "mag",
    "kelvin": "K", "kelvins": "K", "开尔文": "K",
    "percent": "%", "per cent": "%", "％": "%",
}  # fmt: skip


def parse_unit(text: str) -> UnitBase:
    """An astropy unit from what a person wrote.

    Parameters
    ----------
    text : str
        ``"d"``, ``"days"``, ``"Msun"``, ``"太阳质量"``, ``"m s-1"``, ``"km s^-1"``, ``"metres per second"`` ...

    Returns
    -------
    astropy.units.UnitBase

    Raises
    ------
    ValueError
        Where it is not the name of a unit.
    """
    from astropy.units import Unit

    text = " ".join(text.split())
    if known := SPELLINGS.get(text.lower()):
        return Unit(known)
    try:
        return Unit(text)
    except ValueError:
        worded = _word_by_word(text)
        if worded == text:
            raise
        return Unit(worded)


def _word_by_word(text: str) -> str:
    """A compound unit with each of its words in astropy's spelling: ``metres per second`` is ``m / s``."""
    divided = re.sub(r"\s+per\s+|每", "/", re.sub("[·⋅]", " ", text))
    return re.sub(r"[^\W\d_]+|['′″\"]+", lambda word: SPELLINGS.get(word[0].lower(), word[0]), divided)


def near_unit(text: str) -> str:
    """The spelling of a unit that is nearest to a text which is none; empty where none is near."""
    from difflib import get_close_matches

    known = {*SPELLINGS, *SPELLINGS.values()}
    found = get_close_matches(text.strip().lower(), [k for k in known if len(k) > 2], n=1, cutoff=0.65)
    return SPELLINGS.get(found[0], found[0]) if found else ""
