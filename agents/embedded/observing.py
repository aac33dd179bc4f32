"""Planned observations in a question: whether it speaks of such, which telescopes it names for them, and when they begin where nothing says so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gnomon.agents.embedded.telescopes_meant import instruments_of, places_of
from gnomon.agents.embedded.words import sentence, words
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.moments import moment_of, text_of
from gnomon.agents.understanding.slot import Slot
from gnomon.plans.arguments import quantity
from gnomon.tools.registry import Parameter, Tool

if TYPE_CHECKING:
    from gnomon.agents.attachments import Attached
    from gnomon.agents.embedded.assign import Assignment
    from gnomon.agents.embedded.compose import Draft
    from gnomon.agents.understanding.understand import Understanding

# Kinds that planned observations are made of.
OBSERVATIONS = ("Telescopes", "ObservingRequests", "Schedule", "ObservingEvents")
# And kinds that are made of these.
_OF_THEM = ("Visibility", "PredictedEvents", "Verification", "Drafts")
# What telescopes take, and archives keep.
_EXPOSED = ("Image", "Spectrum")
_STEP = timedelta(minutes=5)  # a plan made again within it is the same plan
_SPAN = timedelta(hours=24)


def works_on_observations(tool: Tool) -> bool:
    """Whether a tool makes planned observations, or cannot do without them."""
    needed = {p.kind.name for p in tool.inputs if p.kind is not None and p.required}
    return bool({tool.kind.name, *needed} & {*OBSERVATIONS, *_OF_THEM})


def mixes_documents(draft: Draft) -> bool:
    """Whether a schedule from a file stands with requests or telescopes that are not from a file: it holds for those that it was made from alone."""
    for tool, inputs in draft.steps.values():
        makers = [
            draft.steps[ref.step][0]
            for given in inputs.values()
            for ref in (given if isinstance(given, list) else [given])
            if ref.step is not None
        ]
        read = any(t.files and t.kind.name == "Schedule" for t in makers)
        if read and not tool.files and any(not t.files and t.kind.name in OBSERVATIONS for t in makers):
            return True
    return False


def belong_together(kinds: set[str]) -> bool:
    """Whether data of these kinds are all of one question: documents of planned observations, or a sky map with what lies in it."""
    if "SkyMap" in kinds:
        return kinds <= {*OBSERVATIONS, "SkyMap", "SourceTable", "Ranking"}
    return kinds <= set(OBSERVATIONS)


def only_requests(tool: Tool) -> bool:
    """Whether a tool writes down what is wished of targets, and leaves open when it is observed."""
    return tool.kind.name == "ObservingRequests" and any(
        p.kind is not None and p.kind.name == "Target" for p in tool.inputs
    )


def written_down(tool: Tool) -> bool:
    """Whether a tool only writes down what a schedule may be wanted of, or fetches what may be taken anew."""
    return only_requests(tool) or fetches_exposed(tool)


def says_archived(text: str) -> bool:
    """Whether a text speaks of what was observed before: archives, downloads."""
    return re.search(words()["observing"]["never"], text, re.I) is not None


def says_request(text: str) -> bool:
    """Whether a text speaks of requests, or says that nothing is to be scheduled yet."""
    return re.search(words()["observing"]["requests"], text, re.I) is not None


def wants_schedule(tool: Tool, text: str, understood: Understanding) -> bool:
    """Whether a text says to schedule or to plan, where a tool would only say when targets can be seen, or write down what is wished of them.

    To write down what is wished of a target is not enough either where the question says from where it is to be observed.
    """
    kinds = {tool.kind.name, *(p.kind.name for p in tool.inputs if p.kind is not None and p.required)}
    before = only_requests(tool) or (
        bool(kinds & {"Visibility", "PredictedEvents"}) and not kinds & {"Schedule", "SkyMap"}
    )
    if fetches_exposed(tool):
        # What an archive may hold is taken anew by a telescope that is named, at a time to come: get a spectrum with the NOT tonight.
        told = words()["observing"]
        return (
            bool(telescopes_of(understood))
            and not says_archived(text)
            and re.search(told["soon"], text, re.I) is not None
            and (commands_observing(text) or _commands(text))
        )
    if not before or says_request(text):
        return False
    wished = only_requests(tool) or _says_exposures(text) or commands_observing(text) or _repeats(text)
    return (bool(telescopes_of(understood)) and wished) or _commands(text)


def _repeats(text: str) -> bool:
    """Whether a text says how many nights apart visits are, and asks for no times."""
    apart = re.search(words()["named"]["exposed"]["nights_apart"], text, re.I)
    return apart is not None and re.search(words()["observing"]["asks"], text, re.I) is None


def _commands(text: str) -> bool:
    return re.search(words()["observing"]["commands"], text, re.I) is not None


def fetches_exposed(tool: Tool) -> bool:
    """Whether a tool fetches, or shows, what telescopes take: images and spectra of targets."""
    fetched = "read_network" in tool.effects and any(p.kind and p.kind.name == "Target" for p in tool.inputs)
    shown = tool.kind.name == "Figure" and any(p.kind and p.kind.name in _EXPOSED for p in tool.inputs if p.required)
    return (fetched and tool.kind.name in _EXPOSED) or shown


def commands_observing(text: str) -> bool:
    """Whether a text says that something is to be observed, and does not ask when or whether it can be: observe it tonight, 今晚观测."""
    told = words()["observing"]
    if re.search(told["asks"], text, re.I):
        return False
    soon = re.search(told["soon"], text, re.I) or re.search(told["exposes"], text, re.I)
    by_taking = soon is not None and re.search(told["taken_by_command"], text, re.I) is not None
    return by_taking or re.search(told["observed_by_command"], text, re.I) is not None


def makes_schedule(tool: Tool) -> bool:
    """Whether a tool makes a schedule of wishes, and not of an earlier one."""
    kinds = {p.kind.name for p in tool.inputs if p.kind is not None}
    return tool.kind.name == "Schedule" and "ObservingRequests" in kinds and "Schedule" not in kinds


def _says_exposures(text: str) -> bool:
    """Whether a text says how often and how long something is exposed, and asks for no times: a wish, and no question of when."""
    told = words()["observing"]
    return re.search(told["exposes"], text, re.I) is not None and re.search(told["asks"], text, re.I) is None


def telescopes_of(understood: Understanding) -> list[Slot]:
    """The sites and telescopes that a question names, without surveys, whose names are those of data; and instruments, where it says to observe with them."""
    places = places_of(understood)
    if not places and commands_observing(understood.question):
        return instruments_of(understood)
    return places


def speaks_of_observing(understood: Understanding) -> bool:
    """Whether a question speaks of observations to come: of a schedule, or of observing from somewhere or at some night."""
    told, text = words()["observing"], understood.question
    if re.search(told["never"], text, re.I):
        return False
    if re.search(told["plans"], text, re.I):
        return True
    somewhere = bool(telescopes_of(understood)) or any(s.name == "night" for s in understood.of_type("time"))
    return somewhere and (re.search(told["observes"], text, re.I) is not None or _repeats(text))


# ---------------------------------------------------------------- times that nobody said


def _begins_now(tool: Tool, parameter: Parameter) -> bool:
    """Whether an argument is a time of observations to come, which begin now where nothing says when."""
    return works_on_observations(tool) and parameter.sort in ("start", "end")


def lacking_of(tool: Tool, made: Assignment) -> list[Parameter]:
    """The arguments that a tool cannot do without, that the question does not give, and that nothing stands in for."""
    return [
        p for p in tool.arguments if p.required and (tool.name, p.name) not in made.given and not _begins_now(tool, p)
    ]


def add_images(made: Assignment, tool: Tool, understood: Understanding) -> None:
    """Where bands are named and then spectra, or imaging is commanded beside them, there are images as well: g and r, then spectra; what is made at once has no cadence."""
    given = made.arguments.get(tool.name, {})
    if given.get("simultaneous") and "visits" not in given and f"{tool.name}.cadence" in made.sources:
        # How far apart visits may begin that are made at once is no time between visits that follow each other.
        given.pop("cadence", None)
        made.unused += made.sources.pop(f"{tool.name}.cadence")
    if tool.kind.name != "ObservingRequests" or given.get("modes") != ["spectroscopy"]:
        return
    bands, modes = (made.sources.get(f"{tool.name}.{name}", []) for name in ("bands", "modes"))
    images = re.search(words()["named"]["exposed"]["images_by_command"], understood.question, re.I)
    if images or (bands and modes and bands[0].start < modes[0].start):
        given["modes"] = ["imaging", "spectroscopy"]


def fill_times(made: Assignment, tools: Sequence[Tool], clock: Clock | None) -> None:
    """Give observations to come the 24 hours from now, rounded up to five minutes, where a question does not say when.

    Where it says one end alone, the other one is 24 hours from it, or now.  Visits that are repeated have the time that they take beside.
    """
    now = (clock or Clock.of(None, None)).now.astimezone(UTC).replace(microsecond=0)
    now += (datetime.min.replace(tzinfo=UTC) - now) % _STEP
    for tool in tools:
        ends = {p.sort: p for p in tool.arguments if p.required and _begins_now(tool, p)}
        given = made.arguments.get(tool.name, {})
        unsaid = [p for p in ends.values() if p.name not in given]
        if not unsaid or len(ends) < 2:
            continue
        start = given.get(ends["start"].name)
        first = moment_of(start) if start else now
        times = {"start": first, "end": max(first, now) + _repeated(given) + _SPAN}
        for parameter in unsaid:
            made.arguments.setdefault(tool.name, {})[parameter.name] = text_of(times[parameter.sort])


def fill_packets(made: Assignment, tools: Sequence[Tool], files: Sequence[Attached]) -> None:
    """Say of a packet that is attached which one it is: by the digest of its file."""
    for tool in tools:
        if not tool.files or tool.parameter("packet_digest") is None:
            continue
        packets = [f.attachment.sha256 for f in files if f.attachment.kind == tool.kind.name]
        if packets:
            made.arguments.setdefault(tool.name, {}).setdefault("packet_digest", packets[0])


def _repeated(given: Mapping[str, Any]) -> timedelta:
    """How long after the first visit the last one comes, where visits are repeated."""
    if given.get("visits") is None or given.get("cadence") is None:
        return timedelta()
    return timedelta(hours=quantity(given["cadence"], "h", "cadence")["value"]) * (int(given["visits"]) - 1)


def told_times(language: str, draft: Draft, made: Assignment) -> list[str]:
    """What a plan says of times that it took and nobody said."""
    out: list[str] = []
    for tool in {t.name: t for t, _i in draft.steps.values()}.values():
        given = made.arguments.get(tool.name, {})
        ends: Sequence[Parameter] = [p for p in tool.arguments if p.required and _begins_now(tool, p)]
        unsaid = [p for p in ends if p.name in given and f"{tool.name}.{p.name}" not in made.sources]
        if unsaid:
            start, end = (next((given[p.name] for p in ends if p.sort == which), "") for which in ("start", "end"))
            key = "times_unsaid" if len(unsaid) > 1 else f"{unsaid[0].sort}_unsaid"
            out.append(sentence(language, key, start=start, end=end))
    return list(dict.fromkeys(out))
