"""Sites and telescopes in a question.

How words are read:

- A telescope may be named, or told by its aperture and its site: "the 2.16-m at Xinglong", 兴隆2.16米.  An aperture alone is enough where
  one telescope is called by it, or where the question names one site; "a 2.16 m telescope" is any such.
- As many digits count as were written: the 1.9 m at Sutherland is the one of 1.88 m.
- Data are no place to observe from: "LAMOST spectra", "Keck data" and "ZTF DR20" are left to others.
- Names that also mean something else (NOT, INT, FAST, Lick, McDonald, 墨子) are read where the words around them speak of observing, and
  those of capitals never in a sentence of capitals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from gnomon.agents.understanding.slot import Slot
from gnomon.knowledge.observatories import Site, Telescope, own, site, sites, telescope, telescopes

Place = Site | Telescope

_UNITS = {"m": 1.0, "cm": 0.01, "inch": 0.0254}
_APERTURE = r"(?<![A-Za-z0-9_.])(?P<size>\d+(?:\.\d+)?)[\s-]*(?P<unit>(?:metres?|meters?|m|cm|inch|in)(?![A-Za-z0-9_/^²\[])|米(?!\d+(?![\d.]|\s*[张次条幅个帧]))|厘米|公分|英寸|吋)"
_NOUN = r"(?:telescopes?|reflector|dish|(?:射电|光学|巡天|毫米波|大视场)*望远镜)"
_KIND = r"(?:(?:optical|radio|reflecting|robotic|general-purpose)\s+)?"
_INDEFINITE = re.compile(r"(?<![A-Za-z])(?:an?|any|each|every|some)\s+$|(?:一台|一架|任一|任意|某台?|每台)\s*$", re.I)
# What makes a name that of data, of a survey, of a school or of an effect.
_NO_PLACE = re.compile(
    r"(?:\s*/\s*[A-Za-z][A-Za-z0-9-]*|\s+[A-Z][A-Z0-9-]+)?[\s-]*(?:data(?:base)?|archive|spectra|spectrum|catalogue?|surveys?|photometry|images?|light\s?curves?|"
    r"velocit(?:y|ies)|RVs?|points|measurements|alerts?|DR\d+|[A-Z][a-z]+\s+Factory|Observatory\s+Sky\s+Survey|Sky\s+Survey|Legacy|QUEST"
    r"|effect|projection|ind(?:ex|ices)|University|Institute|comet)(?![A-Za-z])"
    r"|\s*的?\s*(?:数据|光谱|星表|巡天数据|释放|效应|大学|学院|机场|彗星|光变曲线|视向速度)"
)
_NO_SITE = re.compile(
    r"\s+(?:University|Institute|Transient\s+Factory|(?:Observatory\s+)?Sky\s+Survey|Legacy|QUEST|effect|comet)(?![A-Za-z])"
    r"|\s*的?(?:大学|学院|机场|效应|彗星)"
)
# "It is NOT at La Palma."
_DENIED = re.compile(
    r"(?<![A-Za-z])(?:is|are|was|were|be|do|does|did|can|could|will|would|should|must|may|has|have|but|and|or|if|why|it|they|we|you|i)\s+$",
    re.I,
)
# "HARPS, Lick and other instruments".
_AMONG = re.compile(
    r"\s*等(?:好)?[几多]?台?(?:仪器|光谱仪|望远镜)|\s+and\s+(?:several\s+)?other\s+(?:instruments|spectrographs|telescopes)(?![A-Za-z])"
)
_BODY = re.compile(r"(?:comet|asteroid|彗星|小行星)\s*\(?$", re.I)
# Palomar 5 and Teide 1 are no telescopes.
_NUMBERED = re.compile(
    r"[\s-]*\d+(?![\d.]*[\s-]*(?:inch|in|m|cm)(?![A-Za-z])|[\d.]*\s*(?:米|厘米|英寸))|\s+(?:I{2,3}|I(?!\s(?:\w+ed|have|had|am|was|took|got|made|did|saw|ran|shot|can|could|will|would|want|need|only)\b))(?![A-Za-z'’])"
)
_OBSERVING = re.compile(
    r"(?<![A-Za-z])(?:observe|observes|observable|observing|visible|visibility|tonight|tomorrow|nights?|airmass|altitude|elevation|rises?|sets?"
    r"|schedule|follow[\s-]?up|trigger|expose|exposures?|telescopes?|images?|imaging|spectroscopy|spectr(?:um|a)|epochs?)(?![A-Za-z])"
    r"|观测|成像|取谱|拍|光谱|可见|今晚|明晚|今夜|看到|看见|能看|拍摄|曝光|指向|地平高度|高度角|大气质量|升起|落下|后随|申请",
    re.I,
)
_BY = re.compile(
    r"(?<![A-Za-z])(?:with|at|from|on|by|using|use|via|the)\s+(?:the\s+)?$|[用在从由让请于以]\s*$|使用|利用|通过", re.I
)
_ALSO = re.compile(r"\0\s*(?:,|/|&|and|or|、|和|与|或)\s*(?:the\s+)?$")
_AND_MORE = re.compile(r"\s*(?:,|/|&|and|or|、|和|与|或)\s*(?:the\s+)?(?=\0)")
_ENDS = re.compile(
    r"\s*(?:$|[,.;:?!，。；：？！])|\s+(?:for|to|tonight|tomorrow|between|during|will|would|can|could|follow|observe|over|see|respectively)(?![A-Za-z])"
)
_GOES_ON = re.compile(
    r"\s*(?:$|\0|[.,;:?!)/，。；：？！、）\u4e00-\u9fff])"
    r"|\s+(?:at|on|in|of|from|tonight|tomorrow|this|next|last|with|for|to|and|or|is|was|be|can|could|will|would|during|between|by|see|observe|respectively"
    r"|reach|point|time)(?![A-Za-z])"
)
_CJK = re.compile(r"[\u4e00-\u9fff]")


def find_sites(text: str) -> list[Slot]:
    """Find the sites and telescopes that a question names.

    Parameters
    ----------
    text : str
        In English, Chinese or both; words that something else has claimed are NUL characters.

    Returns
    -------
    list of Slot
        Of types ``site`` and ``telescope``, in the order of the text.  ``value`` is the key in ``knowledge/observatories.yaml``, ``name``
        the English name there; ``note`` says so where a telescope does not observe yet, or where any of several is meant.

    Examples
    --------
    >>> [(s.type, s.text, s.value) for s in find_sites("今晚用兴隆2.16米望远镜能看到什么")]
    [('telescope', '兴隆2.16米望远镜', 'xinglong_2m')]
    """
    return _Reader(text).read()


class _Reader:
    """One question; ``left`` is what no place has been made of yet."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.left = text
        self.found: list[Slot] = []

    def read(self) -> list[Slot]:
        names = _Names.load()
        for pattern in _with_site():
            for match in pattern.finditer(self.left):
                one = _of_aperture(match, [names.site_of(match["site"])])
                if one and not self._is_no_place(one, match.end()):
                    self._take(match.start(), match.end(), one)
        for start, end, place in names.plain(self.left):
            if not self._is_no_place(place, end) and not _BODY.search(self.text[:start]):
                self._take(start, self._longer(end, place), place)
        for start, end, place in names.guarded(self.left):
            if self._is_meant(start, end, place):
                self._take(start, self._longer(end, place), place)
        where = {s.value if s.type == "site" else telescope(s.value).site for s in self.found} - {""}
        told = _OBSERVING.search(self.text) is not None
        for match in [m for p in (_alone(), *([_without_noun()] if told else [])) for m in p.finditer(self.left)]:
            if (
                "\0" in self.left[match.start() : match.end()]
                or _INDEFINITE.search(self.text[: match.start()])
                or self._is_no_place(None, match.end())
            ):
                continue
            if one := _of_aperture(match, [site(key) for key in where] if len(where) == 1 else None):
                self._take(match.start(), match.end(), one)
        return sorted(self.found, key=lambda s: s.start)

    def _take(self, start: int, end: int, place: Place) -> None:
        note = ""
        if isinstance(place, Telescope):
            if place.planned:
                note = f"{place.en} is planned and does not observe yet."
            elif len(_units_of(place)) > 1:
                note = f"{place.en}: which one was not said."
        kind = "telescope" if isinstance(place, Telescope) else "site"
        words = self.text[start:end]
        self.found.append(Slot(kind, words, start, end, place.key, name=place.en, note=note))  # type: ignore[arg-type]
        self.left = self.left[:start] + "\0" * (end - start) + self.left[end:]

    def _longer(self, end: int, place: Place) -> int:
        """Where the name ends with the noun, or the aperture, that repeats what it is."""
        if isinstance(place, Site):
            match = re.compile(r"\s+(?:Observatory|Station)(?![A-Za-z])|天文台|观测站|观测基地|站").match(
                self.left, end
            )
            return match.end() if match else end
        match = re.compile(rf"[\s-]*{_APERTURE}").match(self.left, end)
        if match and _fits(match, place):
            end = match.end()
        match = re.compile(rf"[\s-]*{_NOUN}").match(self.left, end)
        return match.end() if match else end

    def _is_no_place(self, place: Place | None, end: int) -> bool:
        """Whether what follows makes the name that of something else; data from a site still say where one observes."""
        after = self.text[end:]
        if isinstance(place, Site):
            return bool(_NO_SITE.match(after) or _NUMBERED.match(after))
        if place is not None and place.kind != "telescope":
            return bool(_NUMBERED.match(after))  # "HARPS data" are HARPS's; Kepler-10 is a star
        return bool(_NO_PLACE.match(after))

    def _is_meant(self, start: int, end: int, place: Place) -> bool:
        """Whether a name that also means something else means a place here."""
        words, before, after = self.text[start:end], self.text[:start], self.text[end:]
        if words.isupper() and words.isascii() and not _CJK.search(self.text):
            others = self.text[:start] + self.text[end:]
            if not any(c.islower() for c in others) and any(c.isupper() for c in others):
                return False
        if self._before_another(end) or self._ends_list(start, after):
            return True  # "NOT and Lijiang", "WFST and NOT for a campaign"; but not "Xinglong, NOT from Lijiang"
        if words == "NOT" and _DENIED.search(before) and not _ALSO.search(self.left[:start]):
            return False
        if _NUMBERED.match(after) or _BODY.search(before):
            return False
        if _NO_PLACE.match(after):
            return isinstance(place, Telescope) and self._listed(start)  # "HIRES and APF velocities"
        if re.match(rf"[\s-]*(?:{_NOUN}|[Oo]bservatory|天文台|观测站|站)", after):
            return True
        if isinstance(place, Telescope) and self._beside_its_site(start, end, place):
            return True
        if _AMONG.match(after):
            return True
        if not _OBSERVING.search(before + "\0" + after) or not _GOES_ON.match(after):
            return False
        return bool(_BY.search(before) or _ALSO.search(self.left[:start]))

    def _before_another(self, end: int) -> bool:
        """Whether a list goes on from here with another place."""
        also = _AND_MORE.match(self.left, end)
        return also is not None and any(s.start == also.end() for s in self.found)

    def _ends_list(self, start: int, after: str) -> bool:
        """Whether a list of places ends here."""
        also = _ALSO.search(self.left[:start])
        return also is not None and any(s.end == also.start() + 1 for s in self.found) and bool(_ENDS.match(after))

    def _listed(self, start: int) -> bool:
        """Whether the name goes on a list that began with an instrument."""
        also = _ALSO.search(self.left[:start])
        before = [s for s in self.found if also and s.end == also.start() + 1 and s.type == "telescope"]
        return any(telescope(s.value).kind != "telescope" for s in before)

    def _beside_its_site(self, start: int, end: int, place: Telescope) -> bool:
        near = [s for s in self.found if (s.value if s.type == "site" else telescope(s.value).site) == place.site]
        return any(
            re.fullmatch(r"[\s,，的/(（-]*", self.text[s.end : start])
            or re.fullmatch(r"\s*(?:at|on|in|of|,|，|@|/|\(|（)\s*(?:the\s+)?", self.text[end : s.start])
            for s in near
        )


class _Names:
    """The names of all places, as patterns.

    Names of capitals are looked for as they stand, all others in small letters; in both, spaces and hyphens are as good as none.
    """

    def __init__(self) -> None:
        own_sites, own_telescopes = own()
        places: list[Place] = [*telescopes(), *own_telescopes, *sites(), *own_sites]
        self._plain = _Finder((name, p) for p in places for name in p.names if _is_said(name) and name not in p.guarded)
        self._guarded = _Finder((name, p) for p in places for name in p.guarded)
        self._sites = {_folded(n): s for s in (*own_sites, *sites()) for n in (*s.guarded, *s.names)}

    @staticmethod
    def load() -> _Names:
        return _names(own())

    def plain(self, text: str) -> Iterator[tuple[int, int, Place]]:
        return self._plain.find(text)

    def guarded(self, text: str) -> Iterator[tuple[int, int, Place]]:
        return self._guarded.find(text)

    def site_of(self, words: str) -> Site:
        return self._sites[_folded(words)]


@lru_cache(maxsize=4)
def _names(_of: tuple[tuple[Site, ...], tuple[Telescope, ...]]) -> _Names:
    """The names beside a person's own, which are looked up once more."""
    return _Names()


class _Finder:
    """Finds names, the longest first where they overlap."""

    def __init__(self, names: Iterable[tuple[str, Place]]) -> None:
        self.owners: dict[str, Place] = {}
        kinds: tuple[list[str], list[str]] = ([], [])
        for name, place in names:
            capitals = _is_acronym(name)
            self.owners.setdefault(name if capitals else _folded(name), place)
            kinds[capitals].append(name)
        self.small = re.compile(_any_of([_small(n) for n in kinds[False]]))
        self.capitals = re.compile(_any_of(kinds[True]))

    def find(self, text: str) -> Iterator[tuple[int, int, Place]]:
        spans = [(m.start(), m.end(), self.owners[_folded(m[0])]) for m in self.small.finditer(_small(text))]
        spans += [(m.start(), m.end(), self.owners[m[0]]) for m in self.capitals.finditer(text)]
        last = 0
        for start, end, place in sorted(spans, key=lambda s: (s[0], -s[1])):
            if start >= last:
                yield start, end, place
                last = end


def _is_said(name: str) -> bool:
    """Whether people say a name; what stands in brackets explains it."""
    return "(" not in name and "（" not in name


def _is_acronym(name: str) -> bool:
    return name.isascii() and name.isupper() and " " not in name and "-" not in name and len(name) <= 6


def _small(text: str) -> str:
    """Small letters, each where it was: the capital İ has a small form of two."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _folded(name: str) -> str:
    return re.sub(r"[\s\-–]", "", _small(name))


def _any_of(names: Iterable[str]) -> str:
    """A pattern of any of the names, which ends where Latin words do."""
    ascii_names: list[str] = []
    others: list[str] = []
    for name in sorted(set(names), key=len, reverse=True):
        pattern = r"[\s\-–]*".join(re.escape(part) for part in re.split(r"[\s\-–]+", name))
        starts, ends = name[0].isascii(), name[-1].isascii()
        (ascii_names if starts else others).append(pattern + (r"(?![A-Za-z0-9_])" if ends else ""))
    either = [rf"(?<![A-Za-z0-9_])(?:{'|'.join(ascii_names)})"] * bool(ascii_names) + ["|".join(others)] * bool(others)
    return "|".join(either) or r"(?!)"


@cache
def _with_site() -> tuple[re.Pattern[str], ...]:
    """``Xinglong 2.16 m telescope``, ``the 2.16-m telescope at Xinglong``."""
    names = [n for s in sites() for n in (*s.names, *s.guarded) if _is_said(n)]
    somewhere = f"(?P<site>{_any_of(n for n in names if _is_acronym(n))}|(?i:{_any_of(n for n in names if not _is_acronym(n))}))"
    lco = r"(?P<lco>(?<![A-Za-z0-9_])LCO(?:GT)?[\s-]+)?"
    after = r"(?:\s+(?:Observatory|Station)(?![A-Za-z])|天文台|观测站|站)?(?:['’]s|的|上的)?[\s-]*(?:的)?"
    return (
        re.compile(rf"{lco}{somewhere}{after}{_APERTURE}(?:[\s-]*{_KIND}{_NOUN})?"),
        re.compile(
            rf"(?:(?<![A-Za-z])[Tt]he\s+)?{lco}{_APERTURE}(?:[\s-]*(?P<lco_after>LCO(?:GT)?\s+)?{_KIND}{_NOUN})?"
            rf"\s*(?:(?:at|in|of|on|from)\s+(?:the\s+)?|@\s*|,\s*|[(（]){somewhere}(?:\s+(?:Observatory|Station)(?![A-Za-z]))?"
        ),
    )


@cache
def _alone() -> re.Pattern[str]:
    return re.compile(rf"(?:(?<![A-Za-z])[Tt]he\s+)?(?P<site>)(?P<lco>)(?P<lco_after>){_APERTURE}[\s-]*{_KIND}{_NOUN}")


@cache
def _without_noun() -> re.Pattern[str]:
    """With the 2.16 m; 用 2.16 米观测: where something is observed, and an aperture stands where a telescope would."""
    before = r"(?:(?<=\b[Tt]he )|(?<=[用由和与、，,到从])|(?<=[用由和与、，,到从] ))"
    after = r"(?!\s*(?:line|emission|band|radius|mirror|wave|of|deep|resolution|continuum))"
    return re.compile(rf"{before}(?P<site>)(?P<lco>)(?P<lco_after>){_APERTURE}{after}")


def _of_aperture(match: re.Match[str], places: list[Site] | None) -> Telescope | None:
    """The one telescope that an aperture means: at the places, or anywhere among those that are called by it."""
    size = float(match["size"]) * _UNITS[_unit(match)]
    called = re.compile(rf"(?<![\d.]){re.escape(match['size'])}[\s-]*{_unit(match)}")
    fitting = [
        t
        for t in telescopes()
        if t.kind == "telescope"
        if _fits(match, t) and (places is None or t.site in {p.key for p in places})
    ]
    by_it = [t for t in fitting if called.search(t.en)]
    if places is None:
        fitting = by_it
    else:
        groups = match.groupdict()
        network = bool(groups.get("lco") or groups.get("lco_after"))
        for better in (
            [t for t in fitting if t.key.startswith("lco_") == network],
            by_it,
            [t for t in fitting if abs(t.aperture - size) < 1e-6],
        ):
            fitting = [t for t in fitting if t in better] or fitting
    # Of the four units of the VLT the row of all four is meant.
    return fitting[0] if fitting and all(t in _units_of(fitting[0]) for t in fitting) else None


def _units_of(one: Telescope) -> list[Telescope]:
    """The telescope, and those of which it is the common name."""
    return [t for t in telescopes(one.site) if t.kind == "telescope" if t == one or t.key.startswith(one.key + "_")]


def _unit(match: re.Match[str]) -> str:
    unit = match["unit"].lower()
    return "cm" if unit in ("cm", "厘米", "公分") else "inch" if unit in ("in", "inch", "英寸", "吋") else "m"


def _fits(match: re.Match[str], one: Telescope) -> bool:
    """Whether an aperture is that of a telescope, to the digits that were written."""
    size, unit = match["size"], _UNITS[_unit(match)]
    digit = 10.0 ** -len(size.partition(".")[2]) * unit
    return abs(float(size) * unit - one.aperture) <= digit / 2 + 1e-9
