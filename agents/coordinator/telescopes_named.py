"""Which telescopes a question means, as a document that goes with its plan."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from gnomon.agents.attachments import Attached, attach
from gnomon.agents.embedded.observing import speaks_of_observing, telescopes_of, wants_schedule, written_down
from gnomon.agents.embedded.telescopes_meant import instruments_of, keys_of, telescopes_with, unknown_places
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.knowledge import telescopes
from gnomon.knowledge.observatories import site, telescope
from gnomon.plans.store import Store
from gnomon.tools.errors import NeedsAnswer, UsageError
from gnomon.tools.registry import Registry, Tool

if TYPE_CHECKING:
    from gnomon.agents.embedded.planner import EmbeddedPlanner

KIND = "Telescopes"
FILE = "telescopes.json"
# Where data are attached, what would be wanted without them counts if it is this likely.
_SURE = 0.5
# Offered where a question names none.
_OFFERED = ("xinglong", "lijiang", "la_palma")


@cache
def words() -> dict[str, Any]:
    """What the coordinator says, by language."""
    from ruamel.yaml import YAML

    path = Path(__file__).with_name("words.yaml")
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return loaded


@dataclass(frozen=True)
class TelescopesNamed:
    """Telescopes of a question.

    Parameters
    ----------
    document : dict
        A telescopes document of these alone.
    places : frozenset of int
        Where in the question the words stand that named them.
    left_out : tuple of str
        What was named beside them and cannot be planned for.
    """

    document: dict[str, Any]
    places: frozenset[int]
    left_out: tuple[str, ...] = ()


def telescopes_named(understood: Understanding, own: Path) -> TelescopesNamed:
    """The telescopes that a question names: a telescope by its name, all of a site by the site's, and a person's own where it names none.

    Parameters
    ----------
    understood : Understanding
    own : pathlib.Path
        The person's own telescopes document; it need not be there.

    Raises
    ------
    NeedsAnswer
        Where none is named and the person has none of their own, or one is named that cannot be planned for.
    InputError
        Where the person's document is wrong.
    """
    language = understood.language
    mine = own if own.is_file() else None
    document = telescopes.load(mine)
    slots = understood.of_type("telescope", "site")
    # A telescope that is named with its site is that one alone.
    sites = {telescope(s.value).site for s in slots if s.type == "telescope"}
    keys: list[str] = []
    left: list[tuple[Slot, UsageError]] = []
    for slot in slots:
        if slot.type == "telescope" or slot.value not in sites:
            try:
                keys += keys_of(document, slot)
            except UsageError as error:
                left.append((slot, error))
    keys += [k for k in _of_countries(document, understood.question) if k not in keys]
    instruments = instruments_of(understood)
    for slot in instruments:
        having = telescopes_with(slot)
        keys += having if not set(having) & set(keys) else []
    if left and not keys:
        said = words()[language]
        raise NeedsAnswer(
            said["not_planned"].format(name=_name(left[0][0], language)),
            remedy=said["not_planned_remedy"].format(file=own),
            why="outside",
        ) from left[0][1]
    if not keys and mine is not None:
        built = {row["key"] for row in telescopes.builtin()["telescopes"]}
        keys = [row["key"] for row in document["telescopes"] if row["key"] not in built]
    if not keys:
        raise _from_where(understood, own)
    unknown = [slot.value for slot in unknown_places(understood)]
    names = tuple(dict.fromkeys([*(_name(slot, language) for slot, _error in left), *unknown]))
    places = frozenset(s.start for s in [*slots, *instruments])
    return TelescopesNamed(telescopes.subset(document, keys), places, names)


def _of_countries(document: dict[str, Any], question: str) -> list[str]:
    """The telescopes of a country or of an island group ("every telescope in China"), or all of them."""
    said = words()["regions"]
    if re.search(said["all"], question, re.I) and not any(
        re.search(pattern, question, re.I) for pattern in said["of"].values()
    ):
        return [row["key"] for row in document["telescopes"]]
    zones = [zone for zone, pattern in said["of"].items() if re.search(pattern, question, re.I)]
    there = {
        key for key in {row["site"] for row in document["telescopes"]} if _zone(document, key).startswith(tuple(zones))
    }
    return [row["key"] for row in document["telescopes"] if row["site"] in there] if zones else []


def _zone(document: dict[str, Any], key: str) -> str:
    return next((str(row.get("zone", "")) for row in document["sites"] if row["key"] == key), "")


def telescopes_wanted(
    planner: EmbeddedPlanner, question: str, attached: Sequence[Attached], own: Path
) -> TelescopesNamed | None:
    """The telescopes that a question names, where it wants observations planned and brings none as a file; else None.

    Parameters
    ----------
    planner : EmbeddedPlanner
        Knows what the question wants.
    question : str
    attached : sequence of Attached
        Its files.
    own : pathlib.Path
        The person's own telescopes document; it need not be there.

    Raises
    ------
    NeedsAnswer
        As `telescopes_named`, and where something is to be observed from space.
    """
    if not question.strip() or any(f.attachment.kind in (KIND, "Schedule") for f in attached):
        return None  # a schedule goes with the telescopes that it was made for, and no others
    considered = planner.consider(question, attached)
    _refuse_space(considered.understood)
    wanted = considered.free.tools[0].meant.tool if considered.free.sort == "tool" else None

    def needed(tool: Tool) -> bool:
        scheduled = written_down(tool) and wants_schedule(tool, considered.wish, considered.understood)
        return scheduled or needs_telescopes(tool, planner.composer.forerunners(tool))

    if wanted is None or not needed(wanted):
        return None
    meant = considered.whole.tools[0].meant.tool if considered.own and considered.whole.sort == "tool" else wanted
    if considered.free.tools[0].value < _SURE and not needed(meant):
        return None  # what is wanted of the data that are there is likelier than what would be wanted without them
    start = planner.composer.start([(f.attachment, f.reader) for f in attached])
    only_written = written_down(wanted) and wants_schedule(wanted, considered.wish, considered.understood)
    if wanted.files or (not only_written and planner.composer.reach(wanted, start, considered.said) is not None):
        return None
    return telescopes_named(considered.understood, own)


def _refuse_space(understood: Understanding) -> None:
    """Say of a telescope in space with which something is to be observed that it cannot be planned for; its data are another matter."""
    if not speaks_of_observing(understood) or telescopes_of(understood):
        return
    said = words()[understood.language]
    for slot in understood.of_type("telescope"):
        if telescope(slot.value).kind == "space" and re.search(words()["observed_with"], slot.before, re.I):
            name = _name(slot, understood.language)
            raise NeedsAnswer(said["in_space"].format(name=name), remedy=said["in_space_remedy"], why="outside")


def attach_telescopes(
    document: dict[str, Any],
    registry: Registry,
    store: Store,
    language: str = "en",
    places: frozenset[int] = frozenset(),
    left_out: Sequence[str] = (),
) -> Attached:
    """A telescopes document as a file of a plan, which goes with it wherever it is run.

    Parameters
    ----------
    document : dict
    registry : Registry
    store : Store
    language : {"en", "zh"}
    places : frozenset of int
        Where in the question the words stand that named them.
    left_out : sequence of str
        What was named and cannot be planned for; the plan says so.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        path.write_text(_text(document), encoding="utf-8")
        (made,) = attach([path], registry, store, language)
    if left_out:
        names = ("、" if language == "zh" else ", ").join(left_out)
        found = f"{made.attachment.found}{words()[language]['left_out'].format(names=names)}"
        made = replace(made, attachment=made.attachment.model_copy(update={"found": found}))
    return replace(made, supplied=True, places=places)


def _text(document: dict[str, Any]) -> str:
    """The document as JSON, a line for each site and telescope."""
    parts = [
        f'"form": {json.dumps(document["form"])}',
        f'"version": {document["version"]}',
        *(
            f'"{key}": [\n ' + ",\n ".join(json.dumps(row, ensure_ascii=False) for row in document[key]) + "\n]"
            for key in ("sites", "telescopes")
        ),
    ]
    return "{" + ",\n".join(parts) + "}\n"


def needs_telescopes(tool: Tool, forerunners: Iterable[Tool]) -> bool:
    """Whether a tool, or what must stand before it, works on telescopes that nothing but a document tells of."""
    return any(
        p.kind is not None and p.kind.name == KIND and p.required for t in (tool, *forerunners) for p in t.inputs
    )


def _name(slot: Slot, language: str) -> str:
    place = telescope(slot.value) if slot.type == "telescope" else site(slot.value)
    return place.name(language)


def _from_where(understood: Understanding, own: Path) -> NeedsAnswer:
    said = words()[understood.language]
    comma = "、" if understood.language == "zh" else ", "
    names = comma.join(site(key).name(understood.language) for key in _OFFERED)
    return NeedsAnswer(
        said["where"],
        remedy=said["where_remedy"].format(names=names, file=own),
        why="missing",
        options=(said["where_ask"].format(question=understood.question.rstrip(), names=names),),
    )
