"""Units as they stand in printed text: ``km s−1``, ``mJy beam^-1``, ``M☉``, ``R_Jup``, ``erg/s/cm2``, 角秒, 倍太阳质量."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from gnomon.tools.units import SPELLINGS

if TYPE_CHECKING:
    from astropy.units import UnitBase

# What astropy reads as it stands, and no word is spelled like.  Case counts.
_SYMBOLS = re.findall(
    r"\S+",
    "d h hr s ms us ns ks min yr kyr Myr Gyr m km cm mm um nm pc kpc Mpc Gpc AU au lyr g kg mg K mK uK Hz mHz uHz kHz MHz GHz THz "
    "eV meV keV MeV GeV TeV PeV erg J kJ W mW kW MW V mV kV A mA C N Pa hPa kPa mbar bar Jy mJy uJy nJy kJy MJy mag mmag dex dB "
    "deg arcmin arcsec mas uas rad mrad urad sr G mG uG kG T nT adu ADU DN ct pix beam bit byte B kB MB GB TB ppm ppt ppb R "
    "Msun Rsun Lsun Mjup Rjup Mearth Rearth Å",
)
# What people write, and what astropy calls it.  Empty: a unit that astropy does not know.
_WRITTEN: dict[str, str] = {
    **{s: s for s in _SYMBOLS if s not in ("ADU", "R")},
    "ADU": "adu", "hr": "h", "ly": "lyr", "cts": "ct", "px": "pix", "KB": "kB", "KiB": "Kibyte", "MiB": "Mibyte", "GiB": "Gibyte", "TiB": "Tibyte",
    "e-": "electron", "e−": "electron", "°": "deg", "º": "deg", "′": "arcmin", "″": "arcsec", "°C": "deg_C", "℃": "deg_C", "’’": "arcsec", "''": "arcsec", "Å": "Angstrom", "A˚": "Angstrom",
    "%": "%", "％": "%", "‰": "permille", "TECU": "",
}  # fmt: skip
_WORDS: dict[str, str] = {
    "day": "d", "days": "d", "hour": "h", "hours": "h", "hrs": "h", "minute": "min", "minutes": "min", "mins": "min",
    "second": "s", "seconds": "s", "sec": "s", "secs": "s", "millisecond": "ms", "milliseconds": "ms", "microsecond": "us", "microseconds": "us",
    "week": "wk", "weeks": "wk", "month": "", "months": "", "year": "yr", "years": "yr", "yrs": "yr", "century": "", "centuries": "",
    "meter": "m", "meters": "m", "metre": "m", "metres": "m", "centimeter": "cm", "centimeters": "cm", "centimetre": "cm", "centimetres": "cm",
    "millimeter": "mm", "millimeters": "mm", "millimetre": "mm", "millimetres": "mm", "micron": "um", "microns": "um", "micrometer": "um", "micrometers": "um", "micrometre": "um", "micrometres": "um",
    "nanometer": "nm", "nanometers": "nm", "nanometre": "nm", "nanometres": "nm", "angstrom": "Angstrom", "angstroms": "Angstrom", "ångström": "Angstrom",
    "kilometer": "km", "kilometers": "km", "kilometre": "km", "kilometres": "km", "inch": "imperial", "inches": "imperial", "feet": "imperial", "miles": "imperial",
    "parsec": "pc", "parsecs": "pc", "kiloparsec": "kpc", "kiloparsecs": "kpc", "megaparsec": "Mpc", "megaparsecs": "Mpc",
    "light-year": "lyr", "light-years": "lyr", "light year": "lyr", "light years": "lyr", "astronomical unit": "AU", "astronomical units": "AU",
    "degree": "deg", "degrees": "deg", "degs": "deg", "arcminute": "arcmin", "arcminutes": "arcmin", "arcmins": "arcmin", "arcsecond": "arcsec", "arcseconds": "arcsec", "arcsecs": "arcsec",
    "milliarcsecond": "mas", "milliarcseconds": "mas", "microarcsecond": "uas", "microarcseconds": "uas", "square degree": "deg2", "square degrees": "deg2", "sq. deg.": "deg2", "sq deg": "deg2", "sq. deg": "deg2", "square arcmin": "arcmin2", "square arcminutes": "arcmin2", "square arcminute": "arcmin2",
    "radian": "rad", "radians": "rad", "steradian": "sr", "steradians": "sr", "kelvin": "K", "kelvins": "K", "degrees celsius": "deg_C", "magnitude": "mag", "magnitudes": "mag", "mags": "mag",
    "gram": "g", "grams": "g", "kilogram": "kg", "kilograms": "kg", "joule": "J", "joules": "J", "watt": "W", "watts": "W", "ergs": "erg", "gauss": "G", "tesla": "T", "hertz": "Hz", "kilohertz": "kHz", "megahertz": "MHz", "gigahertz": "GHz",
    "jansky": "Jy", "janskys": "Jy", "janskies": "Jy", "rayleigh": "R", "rayleighs": "R", "volt": "V", "volts": "V", "electronvolt": "eV", "electronvolts": "eV",
    "pixel": "pix", "pixels": "pix", "photon": "ph", "photons": "ph", "ph": "ph", "electron": "electron", "electrons": "electron", "count": "ct", "counts": "ct", "cycle": "cycle", "cycles": "cycle", "spaxel": "", "spaxels": "",
    "bits": "bit", "bytes": "byte", "gigabytes": "GB", "megabytes": "MB", "terabytes": "TB", "decibel": "dB", "decibels": "dB",
    "percent": "%", "per cent": "%", "percentage points": "%", "per mil": "permille", "mag": "mag",
}  # fmt: skip
_CHINESE: dict[str, str] = {
    **{
        f"{times}{body}{of}": f"{letter}{name}"
        for times in ("", "倍", "个")
        for body, name in (("太阳", "sun"), ("木星", "jup"), ("地球", "earth"))
        for of, letter in (("质量", "M"), ("半径", "R"), *((("光度", "L"),) if name == "sun" else ()))
    },
    **{k: v for k, v in SPELLINGS.items() if re.match("[\u4e00-\u9fff]", k) and k not in ("日", "周")},
    "年": "yr", "个月": "", "毫秒": "ms", "微秒": "us", "百万年": "Myr", "亿年": "1e8 yr", "厘米": "cm", "毫米": "mm", "微米": "um", "纳米": "nm", "埃": "Angstrom",
    "毫角秒": "mas", "微角秒": "uas", "平方度": "deg2", "平方角分": "arcmin2", "弧度": "rad", "开": "K", "摄氏度": "deg_C", "像素": "pix", "个像素": "pix", "像元": "pix", "光子": "ph", "电子": "electron",
    "赫兹": "Hz", "千赫": "kHz", "千赫兹": "kHz", "兆赫": "MHz", "兆赫兹": "MHz", "吉赫": "GHz", "吉赫兹": "GHz", "电子伏": "eV", "电子伏特": "eV", "千电子伏": "keV", "兆电子伏": "MeV", "吉电子伏": "GeV",
    "千克": "kg", "公斤": "kg", "克": "g", "吨": "t", "焦耳": "J", "瓦": "W", "瓦特": "W", "高斯": "G", "特斯拉": "T", "帕": "Pa", "伏特": "V", "个天文单位": "AU", "个星等": "mag", "个像元": "pix", "个小时": "h", "个秒差距": "pc", "英里": "imperial", "英寸": "imperial",
    "千米/秒": "km/s", "公里每秒": "km/s", "米每秒": "m/s", "米/秒": "m/s", "厘米/秒": "cm/s",
}  # fmt: skip
_BODY = {
    "☉": "sun", "⊙": "sun", "sun": "sun", "Sun": "sun", "SUN": "sun", "o": "sun", "⊕": "earth", "earth": "earth", "Earth": "earth", "E": "earth",
    "J": "jup", "Jup": "jup", "jup": "jup", "Jupiter": "jup", "♃": "jup", "X": "jup",
}  # fmt: skip
_BODIES = {"solar": "sun", "jupiter": "jup", "jovian": "jup", "earth": "earth", "terrestrial": "earth"}
_OF_A_BODY = re.compile(
    r"(?P<q>[MRLℳ])[_ ]{0,3}(?:rm |⟨)? ?(?P<b>☉|⊙|⊕|♃)|(?P<q2>[MRL]) ?_ {0,9}(?P<b2>sun|Sun|SUN|Jup(?:iter)?|jup|J|[Ee]arth|E|X)(?![A-Za-z])"
    r"|(?P<q3>[MRL])(?P<b3>sun|Sun|SUN|Jup|jup|J|[Ee]arth)(?![A-Za-z])"
    r"|(?P<b4>solar|Solar|Jupiter|Jovian|jovian|Earth|terrestrial)[ -](?P<q4>mass(?:es)?|radi(?:us|i)|luminosit(?:y|ies))(?![A-Za-z])"
    r"|(?P<q5>[MRL])(?P<b5>⊙|E)(?![A-Za-z])"
)
# A number of one of these beside a unit is its power: s-1, cm^-2, m², pc−3, deg2, s^{-1}.
_POWER = (
    r"(?:\s{0,2}(?:\^|\*\*)\s*\(?\s*(?P<p1>[-+]?\s?\d(?:\.\d|/\d)?)(?:\s*\))?(?!\d)|\s?(?P<p2>-[1-9])(?!\d|\.\d)"
    r"|(?P<p3>[⁻⁺]?[¹²³⁴⁵⁶])|(?P<p4>[2-4])(?!\d|\.\d))"
)
_SUPER = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")
_ENDS = r"(?![A-Za-zµμα-ωÅ\d_])"
# Letters that are words, initials or labels more often than units, where something like this follows.
_NO_LETTER = re.compile(r"(?:[-–&'’.][A-Za-z]|\s*[=<>≈≤≥]|_|\()")


@cache
def _base() -> re.Pattern[str]:
    micro = {("μ" + s[1:]): s for s in _SYMBOLS if s[0] == "u" and len(s) > 1}
    micro |= {("µ" + s[1:]): s for s in _SYMBOLS if s[0] == "u" and len(s) > 1}
    _WRITTEN.update(micro)
    symbols = sorted(_WRITTEN, key=len, reverse=True)
    words = sorted(_WORDS, key=len, reverse=True)
    chinese = sorted(_CHINESE, key=len, reverse=True)
    spaced = [re.escape(s) if s[0] not in "μµ" else s[0] + r"\s{0,4}" + s[1:] for s in symbols]
    return re.compile(
        rf"(?P<chinese>{'|'.join(map(re.escape, chinese))})"
        rf"|(?P<word>(?i:{'|'.join(re.escape(w).replace(chr(92) + ' ', chr(92) + 's') for w in words)}))(?![A-Za-z])"
        rf"|(?P<symbol>{'|'.join(spaced)})"
    )


def _power(match: re.Match[str] | None) -> float:
    if match is None:
        return 1.0
    said = next(g for g in match.groups() if g).translate(_SUPER).replace(" ", "")
    top, _, under = said.partition("/")
    return float(top) / float(under or 1)


_POWER_AT = re.compile(_POWER)
_JOIN = re.compile(r"(?P<over>\s*/\s*|\s+per\s+|每)|(?P<times>\s?[·⋅∙]\s?|\s{1,9}|(?<=[a-z])-(?=[a-z]+\s?[\^2-4]))")
_END_AT = re.compile(_ENDS)


def _piece(text: str, position: int, *, first: bool = True) -> tuple[str, int, float, bool] | None:
    """One unit with its power: its name for astropy, where it ends, the power, and whether a power stands there."""
    body = _OF_A_BODY.match(text, position)
    if body:
        said = {k[0]: v for k, v in body.groupdict().items() if v}
        of = _BODIES.get(said["b"].lower()) or _BODY[said["b"]]
        name, end = said["q"][0].upper().replace("ℳ", "M") + of, body.end()
    else:
        match = _base().match(text, position)
        if match is None:
            return None
        end = match.end()
        if match["chinese"]:
            name = _CHINESE[match["chinese"]]
        elif match["word"]:
            name = _WORDS[re.sub(r"\s", " ", match["word"].lower())]
        else:
            written = re.sub(r"\s", "", match["symbol"])
            name = _WRITTEN[written]
            if written in ("e-", "e−") and text[end : end + 1].isdigit():
                return None
            if written.isalpha():
                if first and written in "JCNATGW" and position and text[position - 1].isdigit():
                    return None  # 1J is the format of a column
                if first and len(written) == 1 and _NO_LETTER.match(text, end):
                    return None
                if first and re.match(r"[-–][A-Za-z]", text[end : end + 2]) and len(written) < 3:
                    return None
    power = _POWER_AT.match(text, end)
    if power and not (body or text[end - 1].isalpha()):
        power = None  # 5% 3: no power of a sign
    if power:
        end = power.end()
    said_word = text[position:end]
    if said_word[-1].isascii() and said_word[-1].isalnum() and not _END_AT.match(text, end):
        return None
    return name, end, _power(power), power is not None


def unit_at(text: str, position: int) -> tuple[str, int]:
    """The unit that starts at a place, after spaces or a hyphen.

    Parameters
    ----------
    text : str
    position : int
        Behind a number.

    Returns
    -------
    unit : str
        For `as_unit`; empty where there is none, or none that astropy knows.
    end : int
        Where it ends; `position` where there is none.
    """
    start = position
    while start < len(text) and text[start] in " \t\n" and start - position < 9:
        start += 1
    if start == position and text[start : start + 1] in "-–" and text[start + 1 : start + 2].isalpha():
        start += 1
    first = _piece(text, start)
    if first is None:
        return "", position
    pieces = [(first[0], first[2])]
    end = first[1]
    over = False
    while True:
        join = _JOIN.match(text, end)
        if join is None:
            break
        opened = bool(join["over"]) and text[join.end() : join.end() + 1] == "("
        following = _piece(text, join.end() + opened, first=not join["over"])
        if following is None or (join["times"] and not following[3] and not over):
            break
        # What a hyphen joins to a divisor divides as well: erg/s-cm^2.
        sign = -1.0 if join["over"] or over or (join[0] == "-" and pieces[-1][1] < 0) else 1.0
        pieces.append((following[0], sign * following[2]))
        end = following[1]
        if opened:
            over = True
        if over and text[end : end + 1] == ")":
            over, end = False, end + 1
    if any(not name or name == "imperial" for name, _p in pieces):
        return "", end
    return _composed(tuple(pieces)), end


@lru_cache(maxsize=2000)
def _composed(pieces: tuple[tuple[str, float], ...]) -> str:
    if len(pieces) == 1 and pieces[0][1] == 1.0:
        return pieces[0][0]
    from astropy.units import Unit

    unit = Unit("")
    for name, power in pieces:
        unit = unit * as_unit(name) ** (int(power) if power == int(power) else power)
    return str(unit.to_string())


# Parts of a whole, which astropy calls so only where they are enabled.
_PARTS = {"ppm": 1e-6, "ppt": 1e-3, "ppb": 1e-9, "permille": 1e-3}


@lru_cache(maxsize=2000)
def as_unit(unit: str) -> UnitBase:
    """The astropy unit of what `unit_at` gave.

    Parameters
    ----------
    unit : str
        Empty for a number without one.  ``ppt`` is a part in a thousand, as with the depths of transits.

    Raises
    ------
    ValueError
        Where it is no unit.
    """
    from astropy.units import Unit, dimensionless_unscaled

    if not unit:
        return dimensionless_unscaled
    if unit in _PARTS:
        return Unit(_PARTS[unit])
    from gnomon.tools.units import parse_unit

    return parse_unit(unit)
