"""Units as people write them, in English and Chinese, read into astropy units."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from astropy.units import UnitBase

# Spellings that astropy does not read by itself.  Values are astropy unit strings.
SPELLINGS: dict[str, str] = {
    "day": "d", "days": "d", "天": "d", "日": "d",
    "hour": "h", "hours": "h", "hr": "h", "hrs": "h", "小时": "h",
    "minute": "min", "minutes": "min", "mins": "min", "分钟": "min",
    "sec": "s", "second": "s", "seconds": "s", "秒": "s",
    "year": "yr", "years": "yr", "年": "yr",
    "m/sec": "m/s", "km/sec": "km/s", "米每秒": "m/s", "米/秒": "m/s", "千米每秒": "km/s", "公里/秒": "km/s", "千米/秒": "km/s",
    "msun": "Msun", "m_sun": "Msun", "solmass": "Msun", "solar mass": "Msun", "solar masses": "Msun", "m☉": "Msun", "m⊙": "Msun",
    "倍太阳质量": "Msun", "太阳质量": "Msun", "个太阳质量": "Msun",
    "rsun": "Rsun", "r_sun": "Rsun", "solrad": "Rsun", "solar radius": "Rsun", "solar radii": "Rsun", "r☉": "Rsun", "r⊙": "Rsun",
    "倍太阳半径": "Rsun", "太阳半径": "Rsun", "个太阳半径": "Rsun",
    "mjup": "Mjup", "m_jup": "Mjup", "jupiter mass": "Mjup", "jupiter masses": "Mjup", "木星质量": "Mjup",
    "mearth": "Mearth", "m_earth": "Mearth", "earth mass": "Mearth", "earth masses": "Mearth", "地球质量": "Mearth",
    "degree": "deg", "degrees": "deg", "°": "deg", "度": "deg",
    "arcminute": "arcmin", "arcminutes": "arcmin", "′": "arcmin", "角分": "arcmin",
    "arcsecond": "arcsec", "arcseconds": "arcsec", "″": "arcsec", "角秒": "arcsec",
}  # fmt: skip


def parse_unit(text: str) -> UnitBase:
    """An astropy unit from what a person wrote.

    Parameters
    ----------
    text : str
        ``"d"``, ``"days"``, ``"Msun"``, ``"太阳质量"``, ``"m s-1"`` ...

    Returns
    -------
    astropy.units.UnitBase

    Raises
    ------
    ValueError
        Where it is not the name of a unit.
    """
    from astropy.units import Unit

    text = text.strip()
    return Unit(SPELLINGS.get(text.lower(), text))
