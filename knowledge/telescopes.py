"""Telescopes that can be planned for: those of ``telescopes.yaml``, and those of a person's own file laid over them.

What comes out is always a whole telescopes document, as docs/reference/observing.md describes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from gnomon.knowledge.observatories import Site, Telescope, find_site, sites, telescope, telescopes
from gnomon.tools.errors import InputError, UsageError
from gnomon.tools.observing.documents.fields import begin, read_document
from gnomon.tools.observing.documents.sources import source_of
from gnomon.tools.observing.documents.telescopes import FORM, read_telescopes_document

Document = dict[str, Any]
Row = dict[str, Any]

# Values that are numbers, and in what; people write the unit behind the number.  A site's height is in metres, that of a field in degrees.
_KEYS = {
    "degrees": "longitude latitude altitude_min altitude_max horizon declination_min declination_max sun_altitude_max moon_separation_min width diameter height",
    "metres": "aperture site_height",
    "seconds": "readout change band_change acquisition settle exposure",
    "degrees a second": "rate rates",
    "hours": "hour_angle_max",
    "magnitudes": "magnitude",
}
_UNITS = {key: unit for unit, keys in _KEYS.items() for key in keys.split()}
_OWN = "the person's own file"


def builtin() -> Document:
    """The telescopes that come along.

    Returns
    -------
    dict
        A telescopes document with all its sites, new at every call.
    """
    rows = [_begun(telescope(row["key"]), row) for row in json.loads(_text())["telescopes"]]
    return _whole([], rows)


def load(extra: Path | None = None) -> Document:
    """The telescopes that come along with those of a person's own file laid over them.

    Parameters
    ----------
    extra : pathlib.Path, optional
        A telescopes document, JSON or YAML.  A telescope or a site with a key that is not built in is added whole; of one that is built in only what the file
        says is changed: each of its limits by itself, everything else (instruments, slew ...) as a whole, and null takes a limit away.  A telescope may stand
        at any site of `gnomon.knowledge.observatories`.  The source of what is changed becomes the one that the file gives, or the file.

    Returns
    -------
    dict
        A telescopes document, checked.

    Raises
    ------
    InputError
        Where the file cannot be read, or holds a key that nobody knows, lacks a value or has a wrong one; the sentence names the place.
    """
    document = builtin()
    if extra is None:
        return document
    told = read_document(_read(extra), extra.name)
    fields = begin(told, FORM, extra.name)
    own_sites, own = fields.list("sites"), fields.list("telescopes")
    fields.end()
    _refuse_units(told, extra.name)
    rows = _laid_over(document["telescopes"], _rows(own, f"{extra.name}: telescope"))
    known = [_site_row(s) for s in sites()]
    own_sites = _rows(own_sites, f"{extra.name}: site")
    places = [{**next((k for k in known if k["key"] == row["key"]), {}), **row} for row in own_sites]
    merged = _whole(places, rows)
    read_telescopes_document(merged, extra.name)
    return merged


def own_places(extra: Path) -> tuple[tuple[Site, ...], tuple[Telescope, ...]]:
    """The sites and telescopes that a person's own file adds, as questions name them.

    Parameters
    ----------
    extra : pathlib.Path
        As of `load`.

    Returns
    -------
    tuple of tuple of Site, tuple of tuple of Telescope
        Nothing where the file is not there or is wrong: `load` says what is wrong with it where its telescopes are wanted.
    """
    if not extra.is_file():
        return (), ()
    try:
        document = load(extra)
    except InputError:
        return (), ()
    builtin_sites, builtin_keys = {s.key for s in sites()}, {t.key for t in telescopes()}
    places = tuple(_own_site(row) for row in document["sites"] if row["key"] not in builtin_sites)
    rows = [row for row in document["telescopes"] if row["key"] not in builtin_keys]
    return places, tuple(
        Telescope(
            row["key"],
            row["name"],
            row.get("name_zh") or row["name"],
            row["aperture"],
            row["site"],
            (),
            (),
            (),
            False,
            _OWN,
            True,
        )
        for row in rows
    )


def _own_site(row: Row) -> Site:
    # The nearest whole hour where no zone is told, whose sign POSIX gives the other way round.
    hours = round(row["longitude"] / 15)
    zone = row.get("zone") or f"Etc/GMT{-hours:+d}"
    names = row["name"], row.get("name_zh") or row["name"]
    return Site(row["key"], *names, row["longitude"], row["latitude"], row["height"], zone, (), (), (), _OWN, True)


def subset(document: Document, keys: Iterable[str]) -> Document:
    """A telescopes document of some of the telescopes of another, with their sites alone.

    Parameters
    ----------
    document : dict
    keys : iterable of str
        Keys of telescopes, in any order; the document keeps its own, so that its digest does not depend on how it was asked for.

    Raises
    ------
    UsageError
        For a key that is not there, naming those like it, or where no key is given.
    """
    wanted = set(keys)
    rows = document["telescopes"]
    known = [row["key"] for row in rows]
    for key in sorted(wanted.difference(known)):
        raise _unknown(key, known)
    if not wanted:
        raise UsageError("No telescope is named.", remedy=f"Name some of {', '.join(known[:5])} ...")
    return _whole(document["sites"], [row for row in rows if row["key"] in wanted], others=False)


def find(document: Document, name: str) -> list[str]:
    """The telescopes of a name.

    Parameters
    ----------
    document : dict
    name : str
        A key, or a name in English or Chinese, of a telescope, a site (which means all its telescopes) or an instrument; the beginning of an instrument's
        name (``GMOS``), or words of a telescope's (``LCO 1 m``, ``丽江2.4米``).  Case, spaces and hyphens do not count.  What is exact comes before what is near.

    Returns
    -------
    list of str
        Keys in the order of the document.

    Raises
    ------
    UsageError
        Where nothing has that name; the sentence says which names are like it.
    """
    wanted = _folded(name)
    rows = document["telescopes"]
    known = {t.key: t for t in telescopes()}
    names = {row["key"]: _names(row, known.get(row["key"])) for row in rows}
    found = [key for key, told in names.items() if wanted and wanted in map(_folded, told)]
    found = found or _of_family(wanted, [row["key"] for row in rows])
    found = found or [row["key"] for row in rows if row["site"] in _sites_named(document, name, wanted)]
    found = found or [row["key"] for row in rows if wanted in _instruments_named(row)]
    found = found or [row["key"] for row in rows if any(_begins(n, wanted) for n in _instruments_named(row))]
    words = [w for w in re.split(r"[\s,()_-]+", name.casefold()) if w]
    found = found or [key for key, told in names.items() if any(_has_words(n, words) for n in told)]
    if not found:
        choices = [n for told in names.values() for n in told] + [n for s in document["sites"] for n in _site_names(s)]
        raise _unknown(name, choices + [i["name"] for row in rows for i in row["instruments"]])
    return found


def source(row: Row, path: str) -> str:
    """Where a value of a telescope is from.

    Parameters
    ----------
    row : dict
        A telescope of a document.
    path : str
        ``limits.altitude_min``, ``instruments.bfosc.modes.imaging.acquisition`` ...

    Returns
    -------
    str
        The source of the path, or of the nearest one above it; empty where nobody says.
    """
    return source_of(row, path)


@cache
def _text() -> str:
    """The built-in file without its comments, which make it YAML and not JSON: a YAML parser would take a second for it."""
    lines = Path(__file__).with_name("telescopes.yaml").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


def _begun(known: Telescope, row: Row) -> Row:
    """A row with what observatories.yaml says of its telescope, where the row does not say it itself."""
    begun: Row = {"key": known.key, "name": known.en, "name_zh": known.zh, "aperture": known.aperture}
    begun |= {"site": known.site} if known.site else {}
    sources = row.get("sources", {})
    if "aperture" not in row and isinstance(sources, dict):
        sources = {"aperture": known.source, **sources}
    return {**begun, **row, "sources": sources}


def _site_row(known: Site) -> Row:
    row = {"key": known.key, "name": known.en, "name_zh": known.zh, "longitude": known.longitude}
    row |= {"latitude": known.latitude, "height": known.height, "zone": known.zone_name}
    return {**row, "code": known.code} if known.code else row


def _whole(places: list[Row], rows: list[Row], *, others: bool = True) -> Document:
    """A document of rows: with the sites that are given (with `others`, all of them), and those of observatories.yaml that the rows stand at."""
    used = {row.get("site") for row in rows}
    told = {place["key"]: place for place in places if others or place["key"] in used}
    known = [_site_row(s) for s in sites() if s.key in used and s.key not in told]
    return {"form": FORM, "version": 1, "sites": [*known, *told.values()], "telescopes": rows}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        why = error.strerror or "the disk refused"
        raise InputError(
            f"The telescopes of {path} cannot be read: {why}.", remedy="Give the path of a file that you may read."
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is no text in UTF-8.", remedy="Save it as UTF-8.") from error


def _rows(values: list[Any], where: str) -> list[Row]:
    """The rows of a person's file, each a mapping with a key of its own."""
    seen: set[str] = set()
    for position, row in enumerate(values, start=1):
        key = row.get("key") if isinstance(row, dict) else None
        if not isinstance(key, str) or not key.strip():
            raise InputError(f"{where} {position} has no key.", remedy="Begin it with `key: my_telescope`.")
        if key in seen:
            raise InputError(f"{where} {key!r} stands there twice.", remedy="Give every one a key of its own.")
        seen.add(key)
    return values


def _laid_over(built: list[Row], own: list[Row]) -> list[Row]:
    """Built-in rows with what a person's rows change of them, and the new ones behind."""
    changes = {row["key"]: row for row in own}
    rows = [_changed(row, changes.pop(row["key"])) if row["key"] in changes else row for row in built]
    known = {t.key: t for t in telescopes()}
    rows += [_begun(known[key], row) if key in known else row for key, row in changes.items()]
    return rows


def _changed(row: Row, change: Row) -> Row:
    new = {**row, **change}
    paths = [p for p in change if p not in ("key", "sources", "limits")]
    if isinstance(change.get("limits"), dict):
        limits = {**row["limits"], **change["limits"]}
        new["limits"] = {k: v for k, v in limits.items() if v is not None}
        paths += [f"limits.{k}" for k in change["limits"]]
    if isinstance(change.get("sources", {}), dict):
        old = {p: s for p, s in row["sources"].items() if not any(f"{p}.".startswith(f"{q}.") for q in paths)}
        new["sources"] = {**old, **dict.fromkeys(paths, _OWN), **change.get("sources", {})}
    return new


def _refuse_units(value: Any, where: str, key: str = "") -> None:
    """Refuse a number in quotes or with a unit behind it, and say what is meant."""
    if isinstance(value, dict):
        at = f"{where}: {value['key']}" if isinstance(value.get("key"), str) else where
        for inner, told in value.items():
            if inner not in ("sources", "closures"):
                _refuse_units(told, at, "site_height" if inner == "height" and "longitude" in value else inner)
    elif isinstance(value, list):
        for told in value:
            _refuse_units(told, where, key)
    elif isinstance(value, str) and key in _UNITS:
        number = re.match(r"\s*([-+]?\d+(\.\d+)?)", value)
        plain, unit = key.removeprefix("site_"), _UNITS[key]
        raise InputError(
            f"{where}: {plain} is {value!r}, and must be a plain number in {unit}.",
            remedy=f"Write {plain}: {number[1] if number else 20} without quotes or unit, if that is in {unit}.",
        )


def _folded(name: str) -> str:
    return "".join(c for c in name.casefold() if c not in " -_'’.,()")


def _names(row: Row, known: Telescope | None) -> list[str]:
    told = [row["key"], row["name"], row.get("name_zh") or ""]
    return [n for n in [*told, *(known.names if known else ()), *(known.guarded if known else ())] if n]


def _site_names(row: Row) -> list[str]:
    known = next((s for s in sites() if s.key == row["key"]), None)
    told = [row["key"], row["name"], row.get("name_zh") or ""]
    return [n for n in [*told, *(known.names if known else ()), *(known.guarded if known else ())] if n]


def _sites_named(document: Document, name: str, wanted: str) -> set[str]:
    own = {s["key"] for s in document["sites"] if wanted in map(_folded, _site_names(s))}
    known = find_site(name)
    return own | ({known.key} if known else set())


def _of_family(wanted: str, keys: list[str]) -> list[str]:
    """The telescopes of a name that means several (``Keck``, ``VLT``): those whose keys begin with its key."""
    family = next((t.key for t in telescopes() if wanted in map(_folded, (t.key, *t.names, *t.guarded))), "")
    return [key for key in keys if family and key.startswith(f"{family}_")]


def _instruments_named(row: Row) -> set[str]:
    return {_folded(n) for i in row["instruments"] for n in (i["key"], i["name"])}


def _begins(name: str, wanted: str) -> bool:
    """Whether a name is a longer form of another (``GMOS``, ``MuSCAT``); two or three letters begin too many."""
    return len(wanted) > 3 and name.startswith(wanted)


def _has_words(name: str, words: list[str]) -> bool:
    there = re.split(r"[\s,()_-]+", name.casefold())
    chinese = "".join(words)
    if re.search(r"[\u4e00-\u9fff]", chinese):
        return len(chinese) > 1 and _folded(chinese) in _folded(name)
    return bool(words) and all(w in there for w in words)


def _unknown(name: str, choices: list[str]) -> UsageError:
    folded = {_folded(c): c for c in reversed(choices)}
    like = [folded[n] for n in get_close_matches(_folded(name), folded, n=3, cutoff=0.55)]
    near = f"Did you mean {', '.join(like)}?"
    remedy = near if like else "Name a telescope, a site or an instrument, such as tnt, Lijiang or FORS2."
    return UsageError(
        f"There is no telescope, site or instrument {name!r}.",
        remedy=remedy,
        zh=f"没有名为“{name}”的望远镜、台站或仪器。",
    )
