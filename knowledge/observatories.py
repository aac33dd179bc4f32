"""Sites and telescopes from which people observe, loaded from ``observatories.yaml`` once."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from gnomon.tools.errors import UsageError


@dataclass(frozen=True)
class Site:
    """A place.

    Parameters
    ----------
    key : str
    en, zh : str
        Names.
    longitude, latitude : float
        [deg], east and north positive.
    height : int
        [m], good to some tens of metres.
    zone_name : str
        In the IANA time zone database.
    aliases_en, aliases_zh : tuple of str
        What people also say.
    guarded : tuple of str
        Names that also mean something else.
    source : str
        Where the position is from.
    checked : bool
        Whether that source was read; False where the position is from memory.
    """

    key: str
    en: str
    zh: str
    longitude: float
    latitude: float
    height: int
    zone_name: str
    aliases_en: tuple[str, ...]
    aliases_zh: tuple[str, ...]
    guarded: tuple[str, ...]
    source: str
    checked: bool

    @property
    def code(self) -> str:
        """The code of the Minor Planet Center from whose list the position is; empty where it is from elsewhere."""
        match = re.match(r"MPC observatory code (\w{3})\b", self.source)
        return match[1] if match else ""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.zone_name)

    @property
    def names(self) -> tuple[str, ...]:
        """What people call it, where this means nothing else."""
        return (self.en, self.zh, *self.aliases_en, *self.aliases_zh)

    def name(self, language: str) -> str:
        """The name in a language, ``en`` or ``zh``."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Telescope:
    """A telescope.

    Parameters
    ----------
    key : str
    en, zh : str
        Names.
    aperture : float
        [m], of the primary mirror or the dish.
    site : str
        Key of its site; empty for a telescope in space.
    aliases_en, aliases_zh : tuple of str
        What people also say.
    guarded : tuple of str
        Names that also mean something else: a word, a survey, a surname.
    planned : bool
        Whether it does not observe yet.
    source : str
        Where the aperture is from.
    checked : bool
        Whether that source was read; False where the aperture is from memory.
    kind : {"telescope", "space", "spectrograph"}
        Whether it stands on the ground or not, or is an instrument by whose name people call the data.
    """

    key: str
    en: str
    zh: str
    aperture: float
    site: str
    aliases_en: tuple[str, ...]
    aliases_zh: tuple[str, ...]
    guarded: tuple[str, ...]
    planned: bool
    source: str
    checked: bool
    kind: str = "telescope"

    @property
    def names(self) -> tuple[str, ...]:
        """What people call it, where this means nothing else."""
        return (self.en, self.zh, *self.aliases_en, *self.aliases_zh)

    def name(self, language: str) -> str:
        """The name in a language, ``en`` or ``zh``."""
        return self.zh if language == "zh" else self.en


Place = TypeVar("Place", Site, Telescope)


@cache
def _load() -> tuple[dict[str, Site], dict[str, Telescope]]:
    """All rows by their keys, in the order of the file.

    Each line of the file is JSON as well as YAML: a YAML parser would take a tenth of a second for it.
    """
    text = Path(__file__).with_name("observatories.yaml").read_text(encoding="utf-8")
    places: dict[str, Site] = {}
    instruments: dict[str, Telescope] = {}
    for line in text.splitlines():
        if not line.startswith("- "):
            continue
        row = json.loads(line[2:])
        row |= {key: tuple(row[key]) for key in ("aliases_en", "aliases_zh", "guarded")}
        if "aperture" in row:
            instruments[row["key"]] = Telescope(**row)
        else:
            places[row["key"]] = Site(zone_name=row.pop("zone"), **row)
    return places, instruments


# A person's own, beside those of the file; a process works for one person.
_own: tuple[tuple[Site, ...], tuple[Telescope, ...]] = ((), ())


def use_own(places: tuple[Site, ...], instruments: tuple[Telescope, ...]) -> None:
    """Let names and keys of a person's own sites and telescopes be known as well, in place of those told before.

    Keys that are built in keep what they mean.
    """
    global _own
    known_sites, known = _load()
    _own = tuple(s for s in places if s.key not in known_sites), tuple(t for t in instruments if t.key not in known)


def own() -> tuple[tuple[Site, ...], tuple[Telescope, ...]]:
    """A person's own sites and telescopes, as told by `use_own`."""
    return _own


def sites() -> tuple[Site, ...]:
    """All sites that are built in."""
    return tuple(_load()[0].values())


def telescopes(site: str | None = None) -> tuple[Telescope, ...]:
    """All telescopes that are built in, or those at the site with a key."""
    return tuple(t for t in _load()[1].values() if site in (None, t.site))


def site(key: str) -> Site:
    """The site with a key, a person's own ones included.

    Raises
    ------
    UsageError
        Where there is none; the sentence says which keys are like it.
    """
    return _get({**_load()[0], **{s.key: s for s in _own[0]}}, key, "site")


def telescope(key: str) -> Telescope:
    """The telescope with a key, a person's own ones included.

    Raises
    ------
    UsageError
        Where there is none; the sentence says which keys are like it.
    """
    return _get({**_load()[1], **{t.key: t for t in _own[1]}}, key, "telescope")


def find_site(name: str) -> Site | None:
    """The site of a key or of a name in either language; None where there is none.

    Parameters
    ----------
    name : str
        ``xinglong``, ``La Palma``, ``CTIO``, ``冷湖`` ...  Case and spaces do not count.
    """
    return _named(sites()).get(_folded(name))


def find_telescope(name: str) -> Telescope | None:
    """The telescope of a key or of a name in either language; None where there is none.

    Parameters
    ----------
    name : str
        ``not``, ``Nordic Optical Telescope``, ``P60``, ``郭守敬望远镜`` ...  Case and spaces do not count.
    """
    return _named(telescopes()).get(_folded(name))


def _get(rows: dict[str, Place], key: str, what: str) -> Place:
    if key not in rows:
        like = get_close_matches(key, rows, n=3) or list(rows)[:3]
        raise UsageError(f"There is no {what} {key!r}.", remedy=f"Did you mean {', '.join(like)}?")
    return rows[key]


def _folded(name: str) -> str:
    return "".join(c for c in name.casefold() if c not in " -_'’.,()")


@cache
def _named(rows: tuple[Place, ...]) -> dict[str, Place]:
    """Rows by their names; keys count for more than names, and names that mean nothing else for more than the others."""
    out: dict[str, Place] = {}
    for names in (lambda r: (r.key,), lambda r: r.names, lambda r: r.guarded):
        for row in rows:
            for name in names(row):
                out.setdefault(_folded(name), row)
    return out
