"""Names of celestial objects: which are positions, which are bodies of the solar system, and when two are the same designation."""

from __future__ import annotations

import re

from gnomon.tools.errors import InputError

_NUMBER = r"\d+(?:\.\d*)?"
_SIGN = r"[+\-\u2212\u2013]"
_SEXAGESIMAL = re.compile(
    rf"(?P<h>\d{{1,2}})(?:[h:]\s*|\s+)(?P<m>\d{{1,2}})(?:[m:'\u2032]\s*|\s+)(?P<s>{_NUMBER})\s*s?[\s,]*"
    rf"(?P<sign>{_SIGN}?)\s*(?P<d>\d{{1,2}})(?:[d:\u00b0]\s*|\s+)(?P<am>\d{{1,2}})(?:[m:'\u2032]\s*|\s+)(?P<as>{_NUMBER})\s*(?:s|\"|''|\u2033)?",
    re.IGNORECASE,
)
_DECIMAL = re.compile(
    rf"(?P<ra>\+?{_NUMBER})\s*(?:d|deg|\u00b0)?(?P<gap>\s*,\s*|\s+|(?={_SIGN}))(?P<dec>{_SIGN}?\s*{_NUMBER})\s*(?:d|deg|\u00b0)?",
    re.IGNORECASE,
)
_LABELS = re.compile(r"\b(?:icrs|j2000(?:\.0)?|ra|dec|de)\b\s*[:=]?", re.IGNORECASE)

# The Sun, planets, the larger moons, and small bodies that people ask for by name.  Names that stars or clusters have, too
# (Atlas, Electra, Maia, Thalia ...), are left out: those are asked for far more often.
_BODIES = frozenset({
    "sun", "moon", "luna", "mercury", "venus", "earth", "mars", "jupiter", "saturn", "uranus", "neptune", "pluto", "charon",
    "phobos", "deimos", "io", "europa", "ganymede", "callisto", "amalthea", "himalia", "mimas", "enceladus", "tethys",
    "dione", "rhea", "titan", "hyperion", "iapetus", "phoebe", "miranda", "ariel", "umbriel", "titania", "oberon", "triton",
    "nereid", "proteus", "ceres", "pallas", "juno", "vesta", "hygiea", "psyche", "eros", "apophis", "bennu", "ryugu",
    "itokawa", "didymos", "dimorphos", "chiron", "chariklo", "eris", "haumea", "makemake", "sedna", "quaoar", "gonggong",
    "orcus", "varuna", "ixion", "arrokoth", "phaethon", "toutatis", "hektor", "oumuamua",
})  # fmt: skip
_SMALL_BODIES = re.compile(
    r"(?:comet\s(?!galaxy|nebula)|asteroid\s).*|\S+\scomet"
    r"|\(\d+\)\s*\S.*"  # (433) Eros
    r"|\d{1,4}[PDI](?:/.*)?"  # 67P/Churyumov-Gerasimenko, 2I/Borisov
    r"|[CPDXAI]/-?\d{1,4}\s+[A-Z].*"  # C/2020 F3
    r"|(?:18|19|20)\d\d\s+[A-HJ-Y][A-HJ-Z]\d{0,3}",  # 2004 MN4
    re.IGNORECASE,
)

# Julian years of the positions behind designations, for services that give a position without its epoch.  Gaia: Lindegren et al.
# 2021, doi:10.1051/0004-6361/202039709, and 2018, doi:10.1051/0004-6361/201832727; Hipparcos: ESA SP-1200, 1997ESASP1200.....E.
_EPOCHS = (("GAIADR3", 2016.0), ("GAIAEDR3", 2016.0), ("GAIADR2", 2015.5), ("GAIADR1", 2015.0), ("HIP", 1991.25))

_PREFIXES = re.compile(r"^(?:NAME|V\*|\*\*|\*|EM\*|CL\*|CL)\s+", re.IGNORECASE)
_LONG_FORMS = (("MESSIER", "M"), ("GLIESE-JAHREISS", "GJ"), ("GLIESE", "GJ"), ("CALDWELL", "C"))
_OF_CONSTELLATION = re.compile(
    r"\d+\s+[A-Za-z].*|[A-Za-z]{2,8}\.?\s?\d{0,2}\s+[A-Z][A-Za-z]{2}(?:\s?[A-Z]{1,2})?"
)  # 61 Cyg, rho01 Cnc


def position_in_name(name: str) -> tuple[float, float] | None:
    """The position that is given in place of a name.

    Parameters
    ----------
    name : str
        ``10:08:22.3 +11:58:02``, ``10h08m22.3s +11d58m02s``, ``10 08 22.3 +11 58 02`` (hours and degrees) or ``152.0929, 11.967``
        (degrees); a name may stand before it with a sign of equality, ``SN 2026abc = 152.0929 +11.967``.  Designations that have a position in them (``PSR J0537-6910``) are names.

    Returns
    -------
    tuple of float or None
        Right ascension and declination, degrees; None where it is a name.

    Raises
    ------
    InputError
        Where it is a position that cannot be.
    """
    text = " ".join(_LABELS.sub(" ", name.rpartition(" = ")[2]).split()).strip(" ,;()")
    if found := _SEXAGESIMAL.fullmatch(text):
        hours, minutes, seconds = int(found["h"]), int(found["m"]), float(found["s"])
        degrees, arcmin, arcsec = int(found["d"]), int(found["am"]), float(found["as"])
        ra = 15.0 * (hours + minutes / 60.0 + seconds / 3600.0)
        dec = degrees + arcmin / 60.0 + arcsec / 3600.0
        if found["sign"] and found["sign"] != "+":
            dec = -dec
        if hours < 24 and max(minutes, arcmin) < 60 and max(seconds, arcsec) < 60.0 and abs(dec) <= 90.0:
            return ra, dec
        raise _no_position(name)
    found = _DECIMAL.fullmatch(text)
    # Two bare whole numbers are as likely a catalogue number; a position has a point, a sign or a comma.
    if found is None or not (re.search(rf"[.,]|{_SIGN}", text)):
        return None
    ra, dec = float(found["ra"]), float(re.sub(r"\s", "", re.sub("[\u2212\u2013]", "-", found["dec"])))
    if 0.0 <= ra < 360.0 and abs(dec) <= 90.0:
        return ra, dec
    raise _no_position(name)


def name_of_position(name: str) -> str:
    """What a position is called, ``SN 2026abc`` of ``SN 2026abc = 152.0929 +11.967``; itself where nothing is said."""
    return name.rpartition(" = ")[0].strip() or name


def _no_position(name: str) -> InputError:
    return InputError(
        f"{name!r} reads as a position, and there is none like it.",
        remedy="Give right ascension as hours, minutes, seconds and declination as degrees, minutes, seconds (10:08:22.3 +11:58:02), or both in degrees.",
    )


def is_solar_system_body(name: str) -> bool:
    """Whether a name is one of a body of the solar system, which has no fixed position.

    Known are the planets, the larger moons, well-known small bodies, and the forms of designations of comets and asteroids.
    """
    plain = " ".join(name.replace("\u02bb", "").replace("'", "").split())
    bare = re.sub(r"^(?:\d+\s+|the\s+|planet\s+)", "", plain, flags=re.IGNORECASE).lower()
    return bare in _BODIES or _SMALL_BODIES.fullmatch(plain) is not None


def key_of_name(name: str) -> str:
    """What two ways of writing one designation have in common.

    Capitals, without blanks, without the marks that SIMBAD puts before some names (``V*``, ``NAME``), without leading zeros and without a
    hyphen between letters and a number; signs of declinations stay.
    """
    text = _PREFIXES.sub("", " ".join(name.split())).upper()
    for long, short in _LONG_FORMS:
        if re.match(rf"{long}\s*\d", text):
            text = short + text[len(long) :]
    zones = re.match(r"(?:BD|CD|CPD|SPD)\s*-", text)  # here the hyphen is the sign of a declination
    text = re.sub(r"(?<!\d) | (?!\d)", "", text)  # a blank between two numbers is all that parts them
    text = re.sub(r"(?<![\d.])0+(?=\d)", "", text)
    return text if zones else re.sub(r"(?<=[A-Z])-(?=\d)", "", text)


def is_catalogue_designation(name: str) -> bool:
    """Whether a name is a number in a catalogue, which an object either has or not; names in constellations are none."""
    plain = _PREFIXES.sub("", " ".join(name.split()))
    return re.search(r"\d", plain) is not None and _OF_CONSTELLATION.fullmatch(plain) is None


def epoch_of_designation(name: str) -> float | None:
    """The Julian year of the positions of the catalogue that a designation is from, where it is known."""
    key = key_of_name(name).replace(" ", "")
    return next((year for start, year in _EPOCHS if re.match(rf"{start}\d", key)), None)
