"""What a question says of each of several targets by itself: A with one telescope, B with another.

A question is divided into units: targets with the words that are theirs.  Where two units say something of one sort, each has its own; what only one
of them says, and what stands beside them, is said of all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from gnomon.agents.embedded.assign import Assignment
from gnomon.agents.embedded.telescopes_meant import instruments_of, places_of, telescopes_meant, telescopes_with
from gnomon.agents.embedded.words import words
from gnomon.agents.understanding.grammar import normalised
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding

# Arguments that belong together: where units say any of a group, they have all of it by themselves.
_GROUPS = (
    ("modes", "bands", "exposure", "exposures", "band_exposure", "band_exposures", "spectrum_exposure", "spectrum_exposures", "spectrum_within", "spectrum_after", "simultaneous"),
    ("telescopes", "spectrum_telescopes", "instruments", "spectrum_instruments"),
    ("visits", "cadence", "tolerance", "partial"),
    ("start", "end"),
    ("airmass",), ("altitude",), ("magnitude",), ("radius",), ("moon_separation",), ("moon_illumination",), ("twilight",), ("redundant",),
    ("period", "epoch", "duration", "phase", "phase_from", "phase_to", "margin", "period_change", "events"),
)  # fmt: skip
_SENTENCE = re.compile(r"[;；。\n]|\.(?=\s|$)")


@dataclass(frozen=True)
class Share:
    """One unit of a question.

    Parameters
    ----------
    targets : tuple of int
        Which of the targets, from 0.
    arguments : dict
        What it says of them by itself, by argument, as people write it.
    sources : dict
        By argument, the slots that said so.
    """

    targets: tuple[int, ...]
    arguments: dict[str, Any]
    sources: dict[str, list[Slot]]


@dataclass
class _Unit:
    targets: list[int]
    start: int
    end: int
    sentence: int


def shares_of(
    understood: Understanding,
    targets: Sequence[Slot],
    read: Callable[[Understanding], Assignment],
    tool: str,
) -> list[Share]:
    """What each unit of a question has by itself; empty where all that is said holds for all targets.

    Parameters
    ----------
    understood : Understanding
    targets : sequence of Slot
        The targets in the order in which they are asked for.
    read : callable
        Gives arguments to a question of which a part is masked.
    tool : str
        The tool that writes requests.
    """
    if len(targets) < 2:
        return []
    units = _units(understood, targets)
    own = [_arguments(read(_within(understood, [u])), _within(understood, [u]), tool) for u in units]
    bare = [not a.arguments for a in own]
    units, own = _joined(understood, units, own, bare)
    rows = _in_order(understood, targets)
    if len(units) < 2 and not rows:
        return []
    groups = [group for group in _GROUPS if _differs(own, group)] if len(units) > 1 else []
    if not groups and not rows:
        return []
    shares: list[Share] = []
    for number, unit in enumerate(units):
        masked = _within(understood, [unit], beside=units)
        all_of_it = _arguments(read(masked), masked, tool)
        given: dict[str, Any] = {}
        sources: dict[str, list[Slot]] = {}
        for group in groups:
            for name in group:
                said = all_of_it if name in all_of_it.arguments else _once(own, number, name)
                if said is not None and name in said.arguments:
                    given[name], sources[name] = said.arguments[name], said.sources.get(name, [])
            if group[0] == "modes":
                given.setdefault("modes", ["imaging"])
        shares.append(Share(tuple(unit.targets), given, sources))
    return _with_rows(shares, rows, len(targets))


def distributed(shares: Sequence[Share]) -> set[str]:
    """The arguments that units have by themselves."""
    named = {name for share in shares for name in share.arguments}
    return {name for group in _GROUPS if named & set(group) for name in group}


# ---------------------------------------------------------------- units


def _units(understood: Understanding, targets: Sequence[Slot]) -> list[_Unit]:
    """Targets with the clauses that are theirs: the first of a sentence from where this begins, another from where its clause does, and each up to the next."""
    text = list(normalised(understood.question))
    for slot in understood.slots:
        if slot.type != "count":
            text[slot.start : slot.end] = "\0" * (slot.end - slot.start)
    # What stands in brackets belongs to what stands before them.
    plain = re.sub(r"[(（][^()（）]*[)）]", lambda m: "\0" * len(m[0]), "".join(text))
    ends = [0, *(m.end() for m in _SENTENCE.finditer(plain)), len(plain)]
    cuts = [m.end() for m in re.finditer(words()["named"]["exposed"]["apart"], plain, re.I)]
    units: list[_Unit] = []
    for order, target in sorted(enumerate(targets), key=lambda t: t[1].start):
        sentence = max(n for n, end in enumerate(ends) if end <= target.start)
        clause = max([cut for cut in cuts if cut <= target.start] or [0])
        before = units[-1] if units and units[-1].sentence == sentence else None
        if before is None:
            units.append(_Unit([order], ends[sentence], ends[sentence + 1], sentence))
        elif clause <= targets[before.targets[-1]].start:
            before.targets.append(order)  # of one clause
        else:
            before.end = clause
            units.append(_Unit([order], clause, ends[sentence + 1], sentence))
    return units


def _within(understood: Understanding, units: Sequence[_Unit], beside: Sequence[_Unit] = ()) -> Understanding:
    """The question with nothing in it but some units; or, where all units are given as `beside`, without the others."""

    def kept(place: int) -> bool:
        if any(u.start <= place < u.end for u in units):
            return True
        return bool(beside) and not any(u.start <= place < u.end for u in beside)

    question = "".join(c if kept(i) else " " for i, c in enumerate(understood.question))
    slots = tuple(s.inside(question) if s.before or s.after else s for s in understood.slots if kept(s.start))
    return replace(understood, question=question, slots=slots)


def _joined(
    understood: Understanding, units: list[_Unit], own: list[Share], bare: list[bool]
) -> tuple[list[_Unit], list[Share]]:
    """Units of which nothing is said go with the next one of their sentence, or else with the one before: A and B with the NOT."""
    made: list[tuple[_Unit, Share]] = []
    waiting: list[_Unit] = []
    for unit, share, nothing in zip(units, own, bare, strict=True):
        if waiting and waiting[-1].sentence != unit.sentence:
            made = _put_before(made, waiting, share)
            waiting = []
        if nothing:
            waiting.append(unit)
            continue
        for other in waiting:
            unit = _Unit([*other.targets, *unit.targets], min(other.start, unit.start), unit.end, unit.sentence)
        waiting = []
        made.append((unit, share))
    if waiting:
        made = _put_before(made, waiting, own[-1])
    return [u for u, _s in made], [s for _u, s in made]


def _put_before(made: list[tuple[_Unit, Share]], waiting: list[_Unit], empty: Share) -> list[tuple[_Unit, Share]]:
    for unit in waiting:
        if made and made[-1][0].sentence == unit.sentence:
            before, share = made[-1]
            made[-1] = _Unit([*before.targets, *unit.targets], before.start, unit.end, before.sentence), share
        else:
            made.append((unit, Share(tuple(unit.targets), {}, {})))
    return made


# ---------------------------------------------------------------- what they say


def _arguments(made: Assignment, understood: Understanding, tool: str) -> Share:
    """What a part of a question gives to the tool, with the telescopes that it names."""
    given = dict(made.arguments.get(tool, {}))
    sources = {place.partition(".")[2]: slots for place, slots in made.sources.items() if place.startswith(f"{tool}.")}
    given = {name: value for name, value in given.items() if name in sources}
    if "telescopes" not in given and (meant := telescopes_meant(places_of(understood))):
        given["telescopes"] = [key for _slot, key in meant]
        sources["telescopes"] = [slot for slot, _key in meant]
    elif "telescopes" not in given and (named := instruments_of(understood)):
        having = [(slot, key) for slot in named for key in telescopes_with(slot)]
        given["telescopes"] = [key for _slot, key in having]
        sources["telescopes"] = [slot for slot, _key in having]
    if "modes" not in given and ("bands" in given or _says_images(understood)):
        given["modes"] = ["imaging"]
    return Share((), given, sources)


def _says_images(understood: Understanding) -> bool:
    return re.search(words()["named"]["exposed"]["imaged"], understood.question, re.I) is not None


def _differs(own: Sequence[Share], group: Sequence[str]) -> bool:
    """Whether two units say something of a group, and not the same."""
    said = [tuple(repr(s.arguments.get(name)) for name in group) for s in own if s.arguments.keys() & set(group)]
    return len(said) > 1 and len(set(said)) > 1


def _once(own: Sequence[Share], number: int, name: str) -> Share | None:
    """The one unit that says something which another one has as well, if it is of the same mode: 3x60 s in g of A and 5x60 s of B."""
    saying = [s for s in own if name in s.arguments]
    if len(saying) != 1:
        return None
    alike = saying[0].arguments.get("modes") == own[number].arguments.get("modes", ["imaging"])
    return saying[0] if name not in _GROUPS[0] or alike else None


# ---------------------------------------------------------------- in rows


def _in_order(understood: Understanding, targets: Sequence[Slot]) -> list[tuple[str, Slot]]:
    """The telescopes of targets in a row, where each is said to have its own: A and B with the 2.16 m and the 2.4 m respectively."""
    if not re.search(words()["named"]["exposed"]["in_order"], normalised(understood.question), re.I):
        return []
    meant = telescopes_meant(places_of(understood))
    slots = list(dict.fromkeys(slot for slot, _key in meant))
    if len(slots) != len(targets) or len(meant) != len(slots):
        return []
    text = normalised(understood.question)
    for row in (sorted(slots, key=lambda s: s.start), sorted(targets, key=lambda s: s.start)):
        for one, other in pairwise(row):
            if not re.fullmatch(r"(?:\W|\b(?:and|the|with)\b|[和与及])*", text[one.end : other.start], re.I):
                return []
    by_slot: Mapping[Slot, str] = dict(meant)
    return [(by_slot[slot], slot) for slot in sorted(slots, key=lambda s: s.start)]


def _with_rows(shares: list[Share], rows: list[tuple[str, Slot]], count: int) -> list[Share]:
    if not rows or any("telescopes" in s.arguments for s in shares):
        return shares
    before = {t: s for s in shares for t in s.targets}
    out = []
    for number in range(count):
        key, slot = rows[number]
        share = before.get(number, Share((number,), {}, {}))
        out.append(Share((number,), {**share.arguments, "telescopes": [key]}, {**share.sources, "telescopes": [slot]}))
    return out
