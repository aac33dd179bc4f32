"""Exposures in a question: how many, how long each, and whether they are images or spectra."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gnomon.agents.embedded.words import words
from gnomon.agents.understanding.grammar import normalised
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.tools.registry import Parameter

_APART = r"[,;，；。]|\band\b|\bthen\b|再|然后"


# What a length may be said to be of that is one of an exposure.
_OF_EXPOSURES = ("exposure_time", "exposure", "image", "frame", "spectrum", "spectra")


@dataclass(frozen=True)
class _Series:
    """Exposures that are said together: how many, how long each, and whether they are spectra."""

    count: Slot
    long: Slot
    written: str
    spectral: bool


def exposure_of(which: str) -> Callable[[Understanding, Parameter], Iterator[tuple[Slot, Any]]]:
    """Seconds of an exposure, or how many there are: 5 x 120 s, three images of 300 s, 各两张 200 秒; three images; 曝光 30 分钟.

    `which` is ``exposure``, ``exposures``, ``spectrum_exposure`` or ``spectrum_exposures``; the last is found only beside images.
    """

    def find(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
        series = _series(understood)
        images = [s for s in series if not s.spectral]
        spectra = [s for s in series if s.spectral]
        if which == "spectrum_exposures":
            chosen = spectra if images else []
        elif which == "exposures":
            chosen = images or spectra
        else:
            chosen = spectra if which == "spectrum_exposure" else images
        if chosen and which in ("exposures", "spectrum_exposures"):
            yield chosen[0].count, int(chosen[0].count.number or 0)
        elif chosen:
            yield chosen[0].long, chosen[0].written
        elif which == "exposures" and not series:
            yield from _counted(understood)
        elif which in ("exposure", "spectrum_exposure"):
            yield from _alone(understood, which, {s.long.start for s in series})

    return find


def band_exposure_of(
    which: str, filters: Callable[[Understanding], list[Slot]]
) -> Callable[[Understanding, Parameter], Iterator[tuple[Slot, Any]]]:
    """Seconds of an exposure in each band, or how many there are, where they differ: g 3x60 s, r 5x30 s; g 波段 3 张 60 秒，r 波段 5 张 30 秒.

    `which` is ``long`` or ``count``.
    """

    def find(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
        bands = filters(understood)
        each = _each_band(normalised(understood.question), bands)
        values = [said[which] for said in each.values()]
        if len(each) != len(bands) or len(set(values)) < 2:
            return
        for band in bands:
            said = each[band.start]
            start, end = min(band.start, said["place"][0]), max(band.end, said["place"][1])
            slot = Slot("choice", understood.question[start:end], start, end, said[which], name="exposure")
            slot = slot.inside(understood.question)
            yield slot, said[which] if which == "count" else f"{said[which]!r} s"

    return find


def _each_band(plain: str, bands: list[Slot]) -> dict[int, dict[str, Any]]:
    """For each band, by its place, how many exposures and how long [s], where each has its own beside it: all before theirs, or all after."""
    told = words()["named"]["exposed"]
    said = list(re.finditer(told["exposed_each"], plain, re.I))
    best: dict[int, dict[str, Any]] = {}
    for after in (False, True):
        found: dict[int, dict[str, Any]] = {}
        for number, match in enumerate(said):
            low = said[number - 1].end() if number else 0
            high = said[number + 1].start() if number + 1 < len(said) else len(plain)
            near = [b for b in bands if (match.end() <= b.start < high if after else low <= b.start < match.start())]
            reach = plain[match.end() : near[0].start] if near and after else plain[near[-1].end : match.start()] if near else ""  # fmt: skip
            if not near or not re.fullmatch(told["beside_band"], reach, re.I):
                continue
            count = match["count"]
            seconds = float(match["long"]) * (60 if re.match("m|分", match["unit"], re.I) else 1)
            times = 1 if not count else int(count) if count.isdigit() else int(told["counted"].get(count.lower(), 1))
            for band in _joined(plain, near, last=not after):
                found[band.start] = {"count": times, "long": seconds, "place": match.span()}
        best = found if len(found) > len(best) else best
    return best


def _joined(plain: str, bands: list[Slot], *, last: bool) -> list[Slot]:
    """The bands of one row, from the last one back or from the first one on: g and r, gri."""
    row = bands[::-1] if last else bands
    out = row[:1]
    for band in row[1:]:
        one, other = sorted((out[-1], band), key=lambda b: b.start)
        if not re.fullmatch(r"['′]?(?:\s*(?:,|，|、|/|&|and|和|与|及)\s*)*", plain[one.end : other.start], re.I):
            break
        out.append(band)
    return out


def _numbers(understood: Understanding) -> list[Slot]:
    return [s for s in understood.slots if s.type in ("quantity", "count") and s.number is not None]


def _whole(slot: Slot) -> bool:
    return slot.number == int(slot.number or 0) and not slot.unit


def _series(understood: Understanding) -> list[_Series]:
    """All that is said as a count and a length, in the order of the text: 3 x 120 s in r, then a spectrum, 2 x 900 s."""
    told, plain = words()["named"]["exposed"], normalised(understood.question)
    said: list[tuple[int, Slot, Slot, str]] = []
    for match in re.finditer(told["product"], plain, re.I):
        unit = "min" if re.match("m|分", match["unit"], re.I) else "s"
        long = float(match["long"])
        count = _slot_of(understood, match, "count", int(match["count"]))
        said.append((match.start(), count, _slot_of(understood, match, "long", long), f"{long!r} {unit}"))
    for match in re.finditer(told["counted_things"], plain, re.I):
        if re.match(told["things"], plain[match.end() :], re.I):
            unit = "min" if re.match("m|分", match["unit"], re.I) else "s"
            number = int(told["counted"][match["count"].lower()])
            count = _slot_of(understood, match, "count", number)
            long = _slot_of(understood, match, "long", float(match["long"]))
            said.append((match.start(), count, long, f"{float(match['long'])!r} {unit}"))
    taken = {s.start for _at, *pair, _w in said for s in pair}
    numbers = [s for s in _numbers(understood) if s.start not in taken]
    for count in filter(_whole, numbers):
        for one in numbers:
            if one.unit not in ("s", "min") or one.start < count.end:
                continue
            between = plain[count.end : one.start]
            of_things = re.match(told["things"], plain[one.end :], re.I)
            if re.fullmatch(told["between"], between, re.I) or (
                of_things and re.fullmatch("[ -]*[条个份]?\\s*", between)
            ):
                said.append((count.start, count, one, one.written))
                break
    made: list[_Series] = []
    for at, count, one, written in sorted(said, key=lambda s: s[0]):
        made.append(_Series(count, one, written, _is_spectral(plain, at, one.end, after_images=bool(made))))
    return made


def _is_spectral(plain: str, start: int, end: int, *, after_images: bool) -> bool:
    """Whether what is said between two places is of spectra: by its clause where images are spoken of too, and by what was spoken of last where another was said."""
    told = words()["named"]["exposed"]
    spectra = list(re.finditer(told["spectra"], plain, re.I))
    if not spectra or not re.search(told["imaged"], plain, re.I):
        return bool(spectra)
    clause = re.split(_APART, plain[:start])[-1] + plain[start:end] + re.split(_APART, plain[end:])[0][:20]
    if re.search(told["spectra"], clause, re.I):
        return True
    last = [m.start() for m in re.finditer(told["imaged"], plain[:start], re.I)]
    return after_images and any(s.start() < start and s.start() > max(last, default=-1) for s in spectra)


def _counted(understood: Understanding) -> Iterator[tuple[Slot, Any]]:
    """How many, where nothing says with it how long."""
    for count in _numbers(understood):
        if _whole(count) and re.match(words()["named"]["exposed"]["taken"], count.after, re.I):
            yield count, int(count.number or 0)
            return


def _alone(understood: Understanding, which: str, taken: set[int]) -> Iterator[tuple[Slot, Any]]:
    """A length of which the words beside it say that it is an exposure."""
    told, plain = words()["named"]["exposed"], normalised(understood.question)
    for one in _numbers(understood):
        if (
            one.start in taken
            or one.role != "value"
            or (one.name not in ("", *_OF_EXPOSURES) and not _each_of_bands(one, plain))
        ):
            continue
        each = one.unit in ("s", "min") and (
            re.match(told["each"], plain[one.end :], re.I) or _each_of_bands(one, plain)
        )
        before = re.search(told["exposed_before"], plain[: one.start], re.I)
        if not each and (before is None or one.unit not in ("s", "min", "h")):
            continue
        near = plain[one.end :][:20] if each else (before[0] if before is not None else "")
        spectral = re.search(told["spectra"], near, re.I) is not None
        if before is not None and not each and not spectral and not re.match(r"\W*[ugrizyUBVRIJHK]", before[0]):
            spectral = _is_spectral(plain, one.start, one.end, after_images=True)
        if spectral == (which == "spectrum_exposure"):
            yield one, one.written
            return


def _each_of_bands(one: Slot, plain: str) -> bool:
    """Whether seconds that follow bands are of each of them, and no time between visits: in B, V and R, each 90 s."""
    before = re.search(r"(?<![A-Za-z])[ugrizyUBVRIJHK](?: bands?)?,? each(?: of)? $", plain[: one.start])
    return one.unit in ("s", "min") and before is not None


def _slot_of(understood: Understanding, match: re.Match[str], group: str, value: float) -> Slot:
    """The number of a match: the one that was read there, where one was."""
    start, end = match.span(group)
    said = (s for s in understood.slots if s.type in ("quantity", "count") and start <= s.start < end)
    text = understood.question[start:end]
    return next(said, Slot("quantity", text, start, end, value).inside(understood.question))
