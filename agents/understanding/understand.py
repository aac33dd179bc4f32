"""From a question to its slots: each finder in turn reads what the ones before it have left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.coordinates import find_coordinates
from gnomon.agents.understanding.corrections import corrected
from gnomon.agents.understanding.grammar import grammar, language_of, normalised
from gnomon.agents.understanding.objects import find_objects
from gnomon.agents.understanding.quantities import find_epochs, find_quantities, find_squares
from gnomon.agents.understanding.queries import find_addresses, find_queries
from gnomon.agents.understanding.releases import find_releases
from gnomon.agents.understanding.settings import find_files, find_settings
from gnomon.agents.understanding.sites import find_sites
from gnomon.agents.understanding.slot import Slot, Unread
from gnomon.agents.understanding.times import find_times
from gnomon.knowledge.observatories import site, telescope

# What looks as if it meant something and was taken by no finder: anything with a digit in it, and what stands in quotation marks.
_LEFT = re.compile(r"[^\s\0,;，；。？?!！()（）\"'“”、]*\d[^\s\0,;，；。？?!！()（）\"'“”、]*")
# A length of time by itself is a period as well as a date: 20 天以内.
_LENGTH = re.compile(
    r"(?:within\s+)?[\d.一二三四五六七八九十两半百]+\s*(?:天|日|年|周|星期|days?|years?|weeks?|d|yr)(?:以内|之内|内)?"
)
# How far from its cadence a visit may be: two hours apart within 15 minutes.
_APART = re.compile(r"\bapart,?\s+(?:to\s+)?$", re.I)
_ORDINAL = re.compile(r"(?<![^\s\0,;，；。？?!！()（）\"'“”、])\d+(?:st|nd|rd|th)(?![A-Za-z0-9])|第\s*\d+")


@dataclass(frozen=True)
class Understanding:
    """What a question says.

    Parameters
    ----------
    question : str
    language : {"en", "zh"}
    slots : tuple of Slot
        In the order in which they stand in the question.
    unread : tuple of str
        Words with a number in them of which nothing could be made.
    """

    question: str
    language: Literal["en", "zh"]
    slots: tuple[Slot, ...]
    unread: tuple[str, ...]

    def of_type(self, *types: str) -> list[Slot]:
        """The slots of some types."""
        return [slot for slot in self.slots if slot.type in types]

    def document(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "question": self.question,
            "language": self.language,
            "slots": [slot.document() for slot in self.slots],
            "not_understood": list(self.unread),
        }


def understand(question: str, clock: Clock | None = None) -> Understanding:
    """Find everything that a question says.

    Parameters
    ----------
    question : str
        In English, Chinese or both.
    clock : Clock, optional
        What "tonight" is reckoned from; by default the machine's clock and zone.

    Returns
    -------
    Understanding
    """
    unread = Unread(question)
    unread.text = normalised(unread.text)
    slots: list[Slot] = []

    def take(found: Sequence[Slot], within_clause: bool = True) -> None:
        # Places are those of the question, so the words are the question's own, full-width digits and all.
        taken = unread.take([replace(s, text=question[s.start : s.end]) for s in found])
        slots.extend(taken if within_clause else [replace(s, before="", after="") for s in taken])

    take(find_queries(unread.text), within_clause=False)
    take(find_addresses(unread.text))
    take(find_files(unread.text))
    take(find_coordinates(unread.text))
    take(find_objects(unread.text))
    unread.pass_over(_numbered_names())
    take(
        find_releases(unread.text), within_clause=False
    )  # the words around an identifier do not say what argument it is
    take([s for s in find_quantities(unread.text) if s.name.endswith("JD")])  # a date in the data's own time system
    places = find_sites(unread.text)
    take(places)
    zone, longitude = _where(places, question)
    times = find_times(unread.text, clock or Clock.of(None, None), zone, longitude)
    take([t for t in times if not _LENGTH.fullmatch(t.text.strip()) and not _APART.search(unread.text[: t.start])])
    take(find_settings(unread.text))
    take(find_squares(unread.text))
    take(find_epochs(unread.text))
    take(find_quantities(unread.text))
    left = [m[0] for m in _LEFT.finditer(_ORDINAL.sub(" ", unread.text))]
    ordered = sorted(
        corrected(slots, normalised(question)), key=lambda s: (s.start, s.role == "error", s.role == "max")
    )
    return Understanding(question, language_of(question), tuple(ordered), tuple(dict.fromkeys(left)))


@cache
def _numbered_names() -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(grammar()['numbered_names'])})(?![A-Za-z0-9])")


# All telescopes of a country whose clocks all show the same.
_IN_CHINA = re.compile(
    r"(?:中国|国内|我国)[^，。；,;]{0,8}?(?:台站|台址|望远镜|天文台|观测站)"
    r"|\b(?:sites|telescopes|observatories|stations) (?:in|of) China\b|\bChinese (?:sites|telescopes|observatories|stations)\b",
    re.I,
)


# Degrees of longitude: nights three hours apart still lie between the same two noons.
_ONE_NIGHT = 45.0


def _where(places: Sequence[Slot], question: str) -> tuple[tzinfo | None, float | None]:
    """The zone and the longitude of the sites that a question speaks of; of several that share a night the zone of the easternmost, where it begins first."""
    keys = sorted({s.value if s.type == "site" else telescope(s.value).site for s in places} - {""})
    if not keys and _IN_CHINA.search(question):
        return ZoneInfo("Asia/Shanghai"), None
    where = sorted((site(key) for key in keys), key=lambda one: one.longitude)
    if not where or where[-1].longitude - where[0].longitude > _ONE_NIGHT:
        return None, None
    return where[-1].zone, where[-1].longitude
