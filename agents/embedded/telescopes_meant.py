"""Which telescopes and instruments a question means for observations, and which of them for images and which for spectra."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from gnomon.agents.embedded.words import words
from gnomon.agents.understanding.grammar import normalised
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.knowledge import telescopes
from gnomon.knowledge.observatories import find_telescope, telescope
from gnomon.tools.errors import UsageError
from gnomon.tools.registry import Parameter

Finder = Callable[[Understanding, Parameter], Iterator[tuple[Slot, Any]]]

# Telescopes are called by rounded apertures: 1 m, 1.06 m.
_ABOUT = 0.12
# Letters of an instrument's name that is no word of the language: the CCD camera is any.
_NAMED = re.compile(r"(?=.*[A-Z0-9])(?!.*\b(?:[Cc]amera|CCD)\b)[A-Za-z0-9:+-]{3,}")


# ---------------------------------------------------------------- telescopes


def places_of(understood: Understanding) -> list[Slot]:
    """The sites and telescopes that a question names, without surveys and what is only called by the name of its data."""
    return [
        s for s in understood.of_type("site", "telescope") if s.type == "site" or telescope(s.value).kind == "telescope"
    ]


def keys_of(document: dict[str, Any], slot: Slot) -> list[str]:
    """The keys of the telescopes that a site or a telescope of a question means: all of a site, one by its name, or those of about its aperture there.

    Parameters
    ----------
    document : dict
        A telescopes document.
    slot : Slot
        Of type ``site`` or ``telescope``.

    Raises
    ------
    UsageError
        Where none of the document is meant.
    """
    try:
        return telescopes.find(document, slot.value)
    except UsageError:
        if alike := _of_that_size(document, slot):
            return alike
        raise


def _of_that_size(document: dict[str, Any], slot: Slot) -> list[str]:
    """The telescopes at the site of one that is called by its aperture alone ("the 1 m at Sutherland"), and of about that aperture."""
    said = re.search(r"(\d+(?:\.\d+)?)[\s-]*(m|米)(?![A-Za-z])", slot.text)
    if slot.type != "telescope" or said is None:
        return []
    where, size = telescope(slot.value).site, float(said[1])
    return [
        row["key"]
        for row in document["telescopes"]
        if row["site"] == where and abs(row["aperture"] - size) <= _ABOUT * size
    ]


@cache
def _builtin() -> dict[str, Any]:
    return telescopes.builtin()


def telescopes_meant(slots: Iterable[Slot]) -> list[tuple[Slot, str]]:
    """Each telescope that sites and telescopes mean, with the slot that named it; a site beside one of its telescopes means that one alone."""
    slots = list(slots)
    told = {telescope(s.value).site for s in slots if s.type == "telescope"}
    out: list[tuple[Slot, str]] = []
    for slot in slots:
        if slot.type == "site" and slot.value in told:
            continue
        try:
            keys = keys_of(_builtin(), slot)
        except UsageError:
            keys = [slot.value] if slot.type == "telescope" else []  # a person's own
        out += [(slot, key) for key in keys if key not in {k for _s, k in out}]
    return out


def unknown_places(understood: Understanding) -> list[Slot]:
    """What a question names in a row with telescopes or sites, or calls one, and nobody knows: Mount Foo, the Acme 3 m, 盱眙天文台."""
    told = words()["named"]["exposed"]
    text = list(normalised(understood.question))
    for slot in [*understood.slots, *instruments_of(understood)]:
        mark = "\1" if slot in understood.of_type("site", "telescope") else "\0"
        text[slot.start : slot.end] = mark * (slot.end - slot.start)
    plain = "".join(text)
    found: dict[int, Slot] = {}
    for pattern in told["unknown_places"]:
        for match in re.finditer(pattern, plain):
            start, end = match.span("name")
            said = understood.question[start:end]
            if re.fullmatch(told["no_places"], said) or any(s.start < end and start < s.end for s in found.values()):
                continue
            found[start] = Slot("choice", said, start, end, said, name="place").inside(understood.question)
    return [found[start] for start in sorted(found)]


# ---------------------------------------------------------------- instruments


@cache
def _instruments() -> tuple[tuple[re.Pattern[str], tuple[str, ...], tuple[str, ...]], ...]:
    """How each instrument's name is written, its keys and those of its telescopes; families as well: GMOS, FLOYDS."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for row in _builtin()["telescopes"]:
        for instrument in row["instruments"]:
            name = instrument["name"]
            if not _NAMED.fullmatch(name.replace(" ", "-")) or find_telescope(name) is not None:
                continue
            for said in {name, re.sub(r"-[NS]$", "", name)}:
                keys, of = found.setdefault(said, ([], []))
                keys.append(instrument["key"])
                of.append(row["key"])
    return tuple(
        (re.compile(rf"(?<![A-Za-z0-9]){_written(name)}(?![A-Za-z0-9]|-[A-Z])", re.I), tuple(dict.fromkeys(keys)), tuple(of))
        for name, (keys, of) in sorted(found.items(), key=lambda f: -len(f[0]))
    )  # fmt: skip


def _written(name: str) -> str:
    return "[ -]?".join(re.escape(part) for part in re.split(r"[ -]", re.sub(r"(?<=[A-Za-z])(?=\d+$)", " ", name)))


def instruments_of(understood: Understanding) -> list[Slot]:
    """The instruments that a question names, as slots whose value is the keys of the instruments and whose unit is empty."""
    text = list(normalised(understood.question))
    for slot in understood.of_type("object", "coordinates", "telescope", "site", "file", "address"):
        text[slot.start : slot.end] = "\0" * (slot.end - slot.start)
    plain = "".join(text)
    found: list[Slot] = []
    for pattern, keys, _of in _instruments():
        for match in pattern.finditer(plain):
            if not any(s.start < match.end() and match.start() < s.end for s in found):
                said = understood.question[match.start() : match.end()]
                found.append(
                    Slot("choice", said, *match.span(), list(keys), name="instrument").inside(understood.question)
                )
    return sorted(found, key=lambda s: s.start)


def telescopes_with(slot: Slot) -> list[str]:
    """The telescopes that have an instrument of `instruments_of`."""
    return [row["key"] for row in _builtin()["telescopes"] if any(i["key"] in slot.value for i in row["instruments"])]


def _on(telescope_key: str) -> list[str]:
    return [i["key"] for row in _builtin()["telescopes"] if row["key"] == telescope_key for i in row["instruments"]]


# ---------------------------------------------------------------- images here, spectra there


def _modes_in(understood: Understanding, filters: Iterable[Slot]) -> list[tuple[int, int, int, str]]:
    """Where images and where spectra are spoken of, with the clause in which it stands: its number, start, end and mode."""
    told, text = words()["named"]["exposed"], normalised(understood.question)
    out = []
    for pattern, mode in ((told["spectra"], "spectroscopy"), (told["imaged"], "imaging")):
        out += [(_clause(understood, m.start()), m.start(), m.end(), mode) for m in re.finditer(pattern, text, re.I)]
    out += [(_clause(understood, s.start), s.start, s.end, "imaging") for s in filters]
    return sorted(out)


def _clause(understood: Understanding, place: int) -> int:
    """The number of the clause in which a place lies; commas within names and numbers end none."""
    text = list(normalised(understood.question)[:place])
    for slot in understood.slots:
        if slot.start < place:
            text[slot.start : min(slot.end, place)] = "\0" * (min(slot.end, place) - slot.start)
    return len(re.findall(words()["named"]["exposed"]["apart"], "".join(text), re.I))


def _by_mode(understood: Understanding, said: list[Slot], filters: list[Slot]) -> dict[str, list[Slot]]:
    """What of `said` is said of images, and what of spectra: by the nearest such word of its clause, else by what was spoken of last."""
    modes = _modes_in(understood, filters)
    out: dict[str, list[Slot]] = {"imaging": [], "spectroscopy": [], "": []}
    for slot in said:
        clause = _clause(understood, slot.start)
        here = [m for m in modes if m[0] == clause]
        if here:
            near = min(here, key=lambda m: max(m[1] - slot.end, slot.start - m[2]))
            mode = near[3]
        else:
            # With the LT and the NOT: a telescope alone goes with the one before it.
            before = [s for s in said if s.end <= slot.start and _clause(understood, s.start) == clause - 1]
            mode = next((m for m, slots in out.items() if before and before[-1] in slots), "")
        out[mode].append(slot)
    return out


def telescopes_for(which: str, filters: Callable[[Understanding], list[Slot]]) -> Finder:
    """The telescopes for images or for spectra (``imaging``, ``spectroscopy``), where a question names some for the one and others for the other."""

    def find(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
        by_mode = _by_mode(understood, [*places_of(understood)], filters(understood))
        if by_mode[""] or not by_mode["imaging"] or not by_mode["spectroscopy"]:
            return
        meant = {mode: telescopes_meant(slots) for mode, slots in by_mode.items()}
        if {k for _s, k in meant["imaging"]} != {k for _s, k in meant["spectroscopy"]}:
            yield from meant[which]

    return find


def instruments_for(which: str, filters: Callable[[Understanding], list[Slot]]) -> Finder:
    """The instruments that may be used, for images or for spectra: those named, and all of the telescopes named that have none of them."""

    def find(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
        named, places = instruments_of(understood), places_of(understood)
        if not named:
            return
        by_mode = _by_mode(understood, named, filters(understood))
        apart = bool(by_mode["imaging"]) and bool(by_mode["spectroscopy"])
        if apart or which == "imaging":
            yield from _allowed(by_mode[which] + by_mode[""] if apart else named, places)

    return find


def _allowed(named: list[Slot], places: list[Slot]) -> Iterator[tuple[Slot, str]]:
    """The instruments named, and all those of the telescopes and sites named that have none of them."""
    said: set[str] = set()
    meant = telescopes_meant(places)
    among: list[str] = []
    for place in places:
        keys = [k for s, k in meant if s is place]
        having = [k for k in keys if any(_shared(slot, [k]) for slot in named)]
        among += having or keys
    for slot in named:
        for key in slot.value:
            if key not in said and (not among or any(key in _on(t) for t in among) or not _shared(slot, among)):
                said.add(key)
                yield slot, key
    for one in among:
        if not said & set(_on(one)):
            for key in _on(one):
                if key not in said:
                    said.add(key)
                    yield named[0], key


def _shared(slot: Slot, among: list[str]) -> bool:
    """Whether any of the telescopes has one of the instruments of a name."""
    return any(set(slot.value) & set(_on(t)) for t in among)
