"""What a question says of observations that it asks for: exposures, visits, how long an event lasts, how large a chart is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

from gnomon.agents.embedded.telescopes_meant import places_of
from gnomon.agents.embedded.words import words
from gnomon.agents.understanding.grammar import normalised
from gnomon.agents.understanding.moments import moment_of
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.knowledge.observatories import telescope
from gnomon.plans.arguments import quantity
from gnomon.tools.registry import Parameter, Tool

if TYPE_CHECKING:
    from gnomon.agents.embedded.assign import Assignment

_LENGTHS = ("d", "h", "min")


def spectrum_within(understood: Understanding, *, images: bool) -> Iterator[tuple[Slot, Any]]:
    """Hours after images in which a spectrum begins: images, then spectra within an hour, 一小时内再取光谱."""
    told, text = words()["named"]["exposed"], normalised(understood.question)
    if not _spectra_after_images(text, images=images):
        return
    if match := re.search(told["between_times"], text, re.I):
        yield _hours(understood, match, "high", "spectrum_within")
        return
    match = re.search(told["within"], text, re.I) or re.search(told["between_most"], text, re.I)
    if match is None:
        return
    said = (match["en"] or match["zh"]).strip().lower()
    number = told["counted"].get(said) or float(said)
    hours = number / 60 if re.match("min|分", match["unit"] or match["unit_zh"], re.I) else number
    slot = Slot(
        "choice", understood.question[match.start() : match.end()], *match.span(), hours, name="spectrum_within"
    )
    yield slot.inside(understood.question), f"{hours:.10g} h"


def spectrum_after(understood: Understanding, *, images: bool) -> Iterator[tuple[Slot, Any]]:
    """Hours after images before which no spectrum begins: 20 to 60 minutes after the images, 至少 20 分钟后再取光谱."""
    told, text = words()["named"]["exposed"], normalised(understood.question)
    match = re.search(told["between_times"], text, re.I) or re.search(told["not_before"], text, re.I)
    if match is not None and _spectra_after_images(text, images=images):
        yield _hours(understood, match, "low", "spectrum_after")


def _spectra_after_images(text: str, *, images: bool) -> bool:
    told = words()["named"]["exposed"]
    return bool(re.search(told["spectra"], text, re.I) and (images or re.search(told["images"], text, re.I)))


def _hours(understood: Understanding, match: re.Match[str], end: str, name: str) -> tuple[Slot, str]:
    number = float(match[end])
    hours = number / 60 if re.match("min|分", match["unit"], re.I) else number
    text = understood.question[match.start() : match.end()]
    return Slot("choice", text, *match.span(), hours, name=name).inside(understood.question), f"{hours:.10g} h"


def tolerance(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """By how much the time between visits may be off: give or take 5 minutes, 容差 10 分钟."""
    told, text = words()["named"]["exposed"], normalised(understood.question)
    match = re.search(told["off_by"], text, re.I)
    if match is None or parameter.unit not in ("s", *_LENGTHS):
        return
    unit = "s" if re.match("s|秒", match["unit"], re.I) else "min" if re.match("m|分", match["unit"], re.I) else "h"
    said = understood.question[match.start() : match.end()]
    slot = Slot("choice", said, *match.span(), float(match["long"]), name="tolerance").inside(understood.question)
    yield slot, f"{float(match['long']):.10g} {unit}"


def margin(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """What is observed before and after an event: half an hour of baseline either side, 前后各 30 分钟."""
    told, text = words()["named"]["exposed"], normalised(understood.question)
    if parameter.unit != "min":
        return
    for slot in understood.of_type("quantity"):
        beside = re.match(told["beside_after"], text[slot.end :], re.I)
        beside = beside or re.search(told["beside_before"], text[: slot.start], re.I)
        if slot.unit in ("s", "min", "h") and beside:
            yield slot, slot.written
            return


def moon_separation(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """How far the Moon is to be: at least 60 degrees from the Moon, 月亮距离大于 60 度."""
    told, text = words()["named"]["exposed"], normalised(understood.question)
    for slot in understood.of_type("quantity"):
        near = re.search(told["moon_before"], text[: slot.start], re.I)
        if slot.unit == "deg" and (near or re.match(told["moon_after"], text[slot.end :], re.I)):
            yield slot, slot.written
            return


def simultaneous(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """Whether things are observed at once: simultaneously, at the same moment, 同步观测."""
    yield from _if_said(understood, "together", "simultaneous")


def partial(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """Whether each visit that is made counts by itself: keep whatever fits, 能做几次算几次."""
    yield from _if_said(understood, "each_counts", "partial")


def moon_illumination(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """How much of the Moon may be lit while it is up: none where it is to be below the horizon."""
    for slot, _said in _if_said(understood, "moon_down", "moon_illumination"):
        yield slot, 0.0


def altitude(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """How high targets are at least: above 50 degrees, 高度 50 度以上."""
    match = re.search(words()["named"]["exposed"]["high"], normalised(understood.question), re.I)
    if match is not None and parameter.unit == "deg":
        value = float(match["en"] or match["zh"])
        group = "en" if match["en"] else "zh"
        yield _slot_at(understood, match, group, value), f"{value:.10g} deg"


def magnitude(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """How bright targets are: mag 17.2, r ~ 18.5, 18.3 mag, 星等 17, 约 16.5 等."""
    match = re.search(words()["named"]["exposed"]["bright"], normalised(understood.question), re.I)
    if match is not None and parameter.unit == "mag":
        group = next(name for name, said in match.groupdict().items() if said)
        yield _slot_at(understood, match, group, float(match[group])), f"{float(match[group]):.10g} mag"


def one_of(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """Whether one of several targets is enough: only one of the two, 二选一."""
    if len(understood.of_type("object", "coordinates")) > 1:
        yield from _if_said(understood, "any_one", "one_of")


def _if_said(understood: Understanding, which: str, name: str) -> Iterator[tuple[Slot, Any]]:
    match = re.search(words()["named"]["exposed"][which], normalised(understood.question), re.I)
    if match is not None:
        text = understood.question[match.start() : match.end()]
        yield Slot("choice", text, *match.span(), True, name=name).inside(understood.question), True


def redundant(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """At how many sites the same is observed: redundantly from two different sites, 在两个台址各观测一次."""
    told, text = words()["named"]["exposed"], normalised(understood.question)
    spare = re.search(told["spare"], text, re.I)
    for slot in understood.of_type("count", "quantity"):
        number = slot.number
        if not number or number != int(number) or slot.unit or not re.match(told["elsewhere"], text[slot.end :], re.I):
            continue
        if number > 1 and (spare or re.match(r".{0,12}?(?:各|\beach\b)|.{0,8}?different", text[slot.end :], re.I)):
            yield slot, int(number)
            return
    sites = {s.value if s.type == "site" else telescope(s.value).site for s in places_of(understood)} - {""}
    each = re.search(told["at_each"], text, re.I)
    if each is not None and len(sites) > 1:
        said = understood.question[each.start() : each.end()]
        slot = Slot("choice", said, *each.span(), len(sites), name="redundant").inside(understood.question)
        yield slot, len(sites)
        return
    if spare is not None and re.match("redundan|冗余", spare[0], re.I):
        said = understood.question[spare.start() : spare.end()]
        yield Slot("choice", said, *spare.span(), 2, name="redundant").inside(understood.question), 2


def phase_end(which: str) -> Callable[[Understanding, Parameter], Iterator[tuple[Slot, Any]]]:
    """The phases between which something is observed, in the order said: from 0.98 to 0.02 is across phase 0, and begins at -0.02."""

    def find(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
        match = re.search(words()["named"]["exposed"]["phases"], normalised(understood.question), re.I)
        if match is None:
            return
        first, last = float(match["from"]), float(match["to"])
        first = round(first - 1, 9) if first > last else first
        text = understood.question[match.start(which) : match.end(which)]
        yield Slot("choice", text, *match.span(which), match[which], name="phase").inside(understood.question), (first if which == "from" else last)  # fmt: skip

    return find


def visits(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """How often: 5 times, four visits, 观测三次."""
    told, text = words()["named"]["exposed"], normalised(understood.question)
    for slot in understood.slots:
        number = slot.number if slot.type in ("quantity", "count") and not slot.unit else None
        exposed = re.search(told["exposed_times"], text[: slot.start], re.I)
        if number and number == int(number) and not exposed and re.match(told["often"], text[slot.end :], re.I):
            yield slot, int(number)
            return
    if match := re.search(told["times"], text, re.I):
        number = told["number"][match["often"].lower()]
        yield _slot_at(understood, match, "often", number), int(number)


def cadence(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """How far apart visits are that are counted in nights: 2 nights apart, every other night, 间隔两晚, 每隔一天."""
    told, text = words()["named"]["exposed"], normalised(understood.question)
    match = re.search(told["nights_apart"], text, re.I)
    if match is None:
        return
    said = {name: value for name, value in match.groupdict().items() if value}
    number = 2.0  # every other night
    for name, value in said.items():
        digits = re.match(r"\d+", value)
        number = float(digits[0]) if digits else float(told["nights_number"][value.lower()])
        number = 2.0 if name == "skip" else number
    text = understood.question[match.start() : match.end()]
    yield (
        Slot("choice", text, *match.span(), number, name="cadence").inside(understood.question),
        f"{24 * number:.10g} h",
    )


def priority(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """What each target is worth where one number says it: with priority 50, 优先级 50."""
    said = priorities_in(understood)
    if len({value for _slot, value in said}) == 1:
        yield said[0]


def priorities(understood: Understanding, _parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """What each of several targets is worth, in their order: A with priority 100 and B with priority 10."""
    said = priorities_in(understood)
    if len({value for _slot, value in said}) > 1 and len(said) == len(understood.of_type("object", "coordinates")):
        yield from said


def priorities_in(understood: Understanding) -> list[tuple[Slot, Any]]:
    """Each number that is said to be a priority."""
    pattern = words()["named"]["exposed"]["worth"]
    text = normalised(understood.question)
    if row := re.search(words()["named"]["exposed"]["worths"], text, re.I):
        found = re.compile(r"\d+(?:\.\d+)?").finditer(text, *row.span("worths"))
        return [(_slot_at(understood, m, 0, float(m[0])), float(m[0])) for m in found]
    found = re.finditer(pattern, text, re.I)
    return [(_slot_at(understood, m, "worth", float(m["worth"])), float(m["worth"])) for m in found]


def _slot_at(understood: Understanding, match: re.Match[str], group: str | int, value: float) -> Slot:
    """The number of a match: the one that was read there, where one was."""
    start, end = match.span(group)
    said = (s for s in understood.slots if s.type in ("quantity", "count") and start <= s.start < end)
    text = understood.question[start:end]
    return next(said, Slot("quantity", text, start, end, value).inside(understood.question))


def fill_total(made: Assignment, tool: Tool, understood: Understanding) -> None:
    """Give as many exposures as fill the time that is asked for in total; for each band its part."""
    told, text = words()["named"]["exposed"], normalised(understood.question)
    count = tool.parameter("exposures")
    match = re.search(told["total"], text, re.I)
    given = made.arguments.get(tool.name, {})
    if match is None or tool.kind.name != "ObservingRequests" or count is None or "exposures" in given:
        return
    which = "spectrum_exposure" if given.get("modes") == ["spectroscopy"] else "exposure"
    single = tool.parameter(which)
    if single is None:
        return
    each = quantity(given[which], "s", which)["value"] if which in given else float(single.default)
    said = (match["en"] or match["zh"]).lower()
    hours = told["counted"].get(said) or float(said)
    seconds = hours * (60 if re.match("m|分", match["unit"] or match["unit_zh"], re.I) else 3600)
    seconds /= max(len(given.get("bands") or []), 1) if which == "exposure" else 1
    made.put(tool, count, _slot_at(understood, match, "en" if match["en"] else "zh", hours), ceil(seconds / each))
    made.unused = [s for s in made.unused if not match.start() <= s.start < match.end()]


def fill_nightly(made: Assignment, tool: Tool, understood: Understanding) -> None:
    """Make one visit for each night, a day apart, of what is observed once a night for several: 未来三天每晚一次; and an hour where visits are said to be so."""
    told, text = words()["named"]["exposed"], normalised(understood.question)
    match = re.search(told["nightly"], text, re.I)
    count, apart = tool.parameter("visits"), tool.parameter("cadence")
    given = made.arguments.get(tool.name, {})
    hourly = re.search(told["hourly"], text, re.I)
    if hourly and apart is not None and count is not None and "cadence" not in given and count.name in given:
        said_so = understood.question[hourly.start() : hourly.end()]
        made.put(tool, apart, Slot("choice", said_so, *hourly.span(), 1.0, name="cadence").inside(understood.question), "1 h")  # fmt: skip
        return
    if match is None or count is None or apart is None or not {"start", "end"} <= set(given) or "cadence" in given:
        return
    # A night is told by its two noons; a time that begins with now, by days.
    nights = round((moment_of(given["end"]) - moment_of(given["start"])) / timedelta(days=1))
    if nights < 2:
        return
    text = understood.question[match.start() : match.end()]
    slot = Slot("choice", text, *match.span(), nights, name="nightly").inside(understood.question)
    said = made.sources.get(f"{tool.name}.{count.name}", [])
    if said and not any(match.start() <= s.start < match.end() for s in said):
        return  # how many visits was said beside
    given.pop(count.name, None)
    made.sources.pop(f"{tool.name}.{count.name}", None)
    made.put(tool, count, slot, nights)
    made.put(tool, apart, slot, "24 h")


# ---------------------------------------------------------------- events


def duration(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """How long a transit or another event lasts: 2.9 h long, lasting 2.9 hours, 持续 2.9 小时."""
    told, text = words()["named"]["lasts"], normalised(understood.question)
    if parameter.unit not in _LENGTHS or not re.search(told["events"], text, re.I):
        return
    for slot in understood.of_type("quantity"):
        if slot.unit not in _LENGTHS or slot.role != "value":
            continue
        if re.match(told["after"], text[slot.end :], re.I) or re.search(told["before"], text[: slot.start], re.I):
            yield slot, slot.written
            return


def length_unsaid(tool: Tool, made: Assignment) -> tuple[Tool, Parameter] | None:
    """How long an event lasts, where observations of it are requested by its period and epoch and nothing says which part."""
    given = made.arguments.get(tool.name, {})
    length = tool.parameter("duration")
    if tool.kind.name != "ObservingRequests" or length is None or not {"period", "epoch"} <= given.keys():
        return None
    return None if given.keys() & {"duration", "phase_from", "phase_to"} else (tool, length)


# ---------------------------------------------------------------- charts


def chart_size(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """The side of a finder chart: the one angle of which nothing else is said."""
    told, text = words()["named"]["chart"], normalised(understood.question)
    if parameter.unit != "arcmin" or not re.search(told["of"], text, re.I):
        return
    for slot in understood.of_type("quantity"):
        if slot.unit not in ("arcmin", "deg") or slot.name not in ("", "size"):
            continue
        around = re.split(r"[,;，；。]", text[: slot.start])[-1] + "|" + re.split(r"[,;，；。]", text[slot.end :])[0]
        if not re.search(told["otherwise"], around, re.I):
            yield slot, slot.written
            return


def fill_field(made: Assignment, tools: Sequence[Tool]) -> None:
    """Search stars as far as the corners of the chart that is drawn of them, where the question says no radius."""
    for chart in tools:
        size = chart.parameter("size") if chart.kind.name == "Figure" else None
        if size is None or size.unit != "arcmin":
            continue
        given = made.arguments.get(chart.name, {}).get("size")
        side = quantity(given, "arcmin", "size")["value"] if given is not None else float(size.default)
        for search in tools:
            radius = search.parameter("radius")
            around = any(p.kind is not None and p.kind.name == "Target" and p.required for p in search.inputs)
            if search.kind.name == "SourceTable" and around and radius is not None and radius.unit == "arcmin":
                made.arguments.setdefault(search.name, {}).setdefault("radius", f"{side / sqrt(2):.4g} arcmin")


def position_angle(understood: Understanding, parameter: Parameter) -> Iterator[tuple[Slot, Any]]:
    """A position angle: PA 37, position angle of 45 deg, 位置角 30 度."""
    match = re.search(words()["named"]["chart"]["angle"], normalised(understood.question))
    if match is not None and parameter.unit == "deg":
        yield _slot_at(understood, match, "angle", float(match["angle"])), f"{match['angle']} deg"
