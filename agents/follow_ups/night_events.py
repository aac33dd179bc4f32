"""What is told of a night as it goes, as events of an observing document: a visit failed, lasted longer, began late, was done; a request was withdrawn."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gnomon.agents.coordinator.telescopes_named import words
from gnomon.agents.embedded.telescopes_meant import keys_of, places_of
from gnomon.agents.follow_ups.options import Option, Refusal, Unclear
from gnomon.agents.understanding.moments import moment_of, text_of
from gnomon.agents.understanding.understand import Understanding
from gnomon.tools.errors import UsageError

_ABOUT_VISITS = ("overrun", "late_start", "failed_visit", "done")


@dataclass(frozen=True)
class Night:
    """A night as it stands.

    Parameters
    ----------
    schedule, requests, telescopes : dict
        Documents: the schedule that holds now, what was wished, and with what.
    now : datetime.datetime
        Aware, in UTC.
    language : {"en", "zh"}
    """

    schedule: Mapping[str, Any]
    requests: Mapping[str, Any]
    telescopes: Mapping[str, Any]
    now: datetime
    language: str

    def say(self, key: str, **values: object) -> str:
        """A sentence of the coordinator in the language of the conversation."""
        return str(words()[self.language][key]).format(**values)


@dataclass(frozen=True)
class Told:
    """Events, and a phrase for each."""

    events: list[dict[str, Any]]
    phrases: list[str] = field(default_factory=list)


def kind_told(understood: Understanding) -> str:
    """Which kind of event a text tells of, ``closure`` included; empty where none.

    A failure of a visit is told by what was observed, one of a telescope by the telescope alone.
    """
    told, text = words()["night"], understood.question
    for kind in ("overrun", "late_start", "withdrawn"):
        if re.search(told[kind], text, re.I):
            return kind
    somewhere = bool(places_of(understood))
    visited = _mode(text) or bool(understood.of_type("object", "coordinates"))
    if re.search(told["failed_visit"], text, re.I) and (visited or not somewhere):
        return "failed_visit"
    if somewhere and re.search(words()["closed"], text, re.I):
        return "closure"
    if re.search(told["done"], text, re.I) and (visited or somewhere) and not re.search(r"[?？]", text):
        return "done"
    return ""


def events_told(
    kind: str, understood: Understanding, night: Night, times: tuple[datetime | None, datetime | None]
) -> Told:
    """The events that a text tells of.

    Parameters
    ----------
    kind : str
        Of `kind_told`, and not ``closure``.
    understood : Understanding
    night : Night
    times : tuple of datetime or None
        From when until when, where the text says so.

    Raises
    ------
    Unclear
        Where several visits or requests may be meant, or it is not said how long something took.
    Refusal
        Where no visit of the schedule is meant.
    """
    if kind == "withdrawn":
        return _withdrawn(understood, night)
    assert kind in _ABOUT_VISITS
    visit = _visit(kind, understood, night)
    start, end = moment_of(visit["start"]), moment_of(visit["end"])
    event = {"time": text_of(night.now), "kind": kind, "request": visit["request"], "visit": visit["visit"]}
    begin, last = times
    length = _length(understood)
    if kind == "overrun":
        until = last or (end + length if length else begin)
        if until is None or until <= end:
            raise Unclear(night.say("how_long"))
        event["end"] = text_of(until)
    elif kind == "late_start":
        at = begin or (start + length if length else None)
        if at is None or at <= start:
            raise Unclear(night.say("how_long"))
        event["start"] = text_of(at)
    elif kind == "failed_visit":
        event["end"] = text_of(min(last or begin or night.now, end))
    else:
        event |= {"start": text_of(begin)} if begin and last else {}
        event |= {"end": text_of(last or begin)} if last or begin else {}  # type: ignore[arg-type]
    ends = {"start": event.get("start", ""), "end": event.get("end", "")}
    phrase = words()[night.language]["happened"][kind].format(visit=f"{visit['request']}/{visit['visit']}", **ends)
    return Told([event], [phrase])


# ---------------------------------------------------------------- which visit


def _mode(text: str) -> str:
    told = words()["night"]
    spectra, images = (re.search(told[name], text, re.I) for name in ("spectra", "images"))
    return "" if bool(spectra) == bool(images) else "spectroscopy" if spectra else "imaging"


def _visit(kind: str, understood: Understanding, night: Night) -> Mapping[str, Any]:
    """The visit that is meant: of those that fit the words and have begun, the one that runs, or ended last."""
    rows = [v for v in night.schedule["visits"] if v["state"] != "failed"]
    meant = [v for v in rows if _fits(v, understood, night)]
    names = "、" if night.language == "zh" else ", "
    if not meant:
        raise Refusal(night.say("no_such_visit", visits=names.join(_called(v) for v in rows) or "-"))
    begun = [v for v in meant if moment_of(v["start"]) <= night.now]
    if not begun:
        told = names.join(f"{_called(v)} {v['start'][11:16]}" for v in meant)
        raise Refusal(night.say("not_begun", now=text_of(night.now), visits=told))
    running = [v for v in begun if moment_of(v["end"]) >= night.now] if kind != "done" else begun
    last = max(moment_of(v["start"]) for v in begun)
    chosen = running or [v for v in begun if moment_of(v["start"]) == last]
    if kind == "done":
        chosen = [v for v in begun if moment_of(v["start"]) == last]
    if len(chosen) > 1:
        options = [Option(_called(v), {"do": "say", "text": f"{_called(v)}: {understood.question}"}) for v in chosen]
        raise Unclear(night.say("which_visit"), options)
    return chosen[0]


def _called(visit: Mapping[str, Any]) -> str:
    return f"{visit['request']}/{visit['visit']} ({visit['telescope']})"


def _fits(visit: Mapping[str, Any], understood: Understanding, night: Night) -> bool:
    text = understood.question
    if _called(visit) in text:
        return True
    if re.match(r"\S+/\S+ \(\S+\): ", text):
        return False  # another one was named in full
    mode = _mode(text)
    if mode and _modes(night).get((visit["request"], visit["visit"])) != mode:
        return False
    telescopes = _telescopes(understood, night)
    if telescopes and visit["telescope"] not in telescopes:
        return False
    requests = _requests(understood, night)
    return visit["request"] in requests if _names_target(understood) else not requests or visit["request"] in requests


def _telescopes(understood: Understanding, night: Night) -> set[str]:
    """The telescopes of the plan that a text names: by their names, sites, or apertures."""
    found: set[str] = set()
    rows = night.telescopes["telescopes"]
    for slot in places_of(understood):
        try:
            found |= set(keys_of(dict(night.telescopes), slot))
        except UsageError:
            found.add(slot.value)  # none of the plan's: nothing fits
    for slot in understood.of_type("quantity"):
        size = (slot.number or 0.0) * {"m": 1.0, "cm": 0.01}.get(slot.unit, 0.0)
        found |= {row["key"] for row in rows if size and abs(row["aperture"] - size) < 0.02 * size}
    return found


def _requests(understood: Understanding, night: Night) -> list[str]:
    """The requests whose targets a text names, by their name, key or position."""
    text = understood.question.casefold()
    out = []
    for row in night.requests["requests"]:
        target = row["target"]
        named = [n for n in (target.get("name", ""), row["key"]) if len(n) > 1]
        said = any(re.search(rf"(?<![\w]){re.escape(n.casefold())}(?![\w])", text) for n in named)
        named_so = any(str(s.value).casefold() == str(target.get("name", "")).casefold() for s in understood.of_type("object"))  # fmt: skip
        there = any(
            abs(s.value["dec"] - target["dec"]) < 0.01 and abs((s.value["ra"] - target["ra"] + 180) % 360 - 180) < 0.01
            for s in understood.of_type("coordinates")
            if "ra" in target
        )
        if said or named_so or there:
            out.append(row["key"])
    return out


def _names_target(understood: Understanding) -> bool:
    return bool(understood.of_type("object", "coordinates"))


def _modes(night: Night) -> dict[tuple[str, str], str]:
    """The mode of each visit by its request and key; a visit of a cadence, ``image_3``, is of its one visit's."""
    out: dict[tuple[str, str], str] = {}
    for row in night.requests["requests"]:
        for visit in row["visits"]:
            out[row["key"], visit["key"]] = visit["mode"]
            for scheduled in night.schedule["visits"]:
                if scheduled["request"] == row["key"] and re.fullmatch(rf"{re.escape(visit['key'])}_\d+", scheduled["visit"]):  # fmt: skip
                    out.setdefault((row["key"], scheduled["visit"]), visit["mode"])
    return out


def _length(understood: Understanding) -> timedelta:
    """How much longer, or later."""
    scale = {"min": 60.0, "h": 3600.0, "s": 1.0}
    lengths = [s for s in understood.of_type("quantity") if s.unit in scale and s.number]
    return timedelta(seconds=(lengths[0].number or 0.0) * scale[lengths[0].unit]) if lengths else timedelta()


# ---------------------------------------------------------------- withdrawn


def _withdrawn(understood: Understanding, night: Night) -> Told:
    """What is not wished any more: a request, or its images or spectra alone."""
    every = [row["key"] for row in night.requests["requests"]]
    keys = _requests(understood, night)
    if not keys and _names_target(understood):
        raise Refusal(night.say("no_such_visit", visits=", ".join(every)))
    rows = [row for row in night.requests["requests"] if row["key"] in (keys or every)]
    mode = _mode(understood.question)
    if mode and len(rows) > 1:
        rows = [r for r in rows if any(v["mode"] == mode for v in r["visits"])] or rows
    if len(rows) > 1 and not keys:
        names = "、" if night.language == "zh" else ", "
        options = [Option(r["key"], {"do": "say", "text": f"{understood.question}: {r['key']}"}) for r in rows]
        raise Unclear(night.say("which_request", requests=names.join(r["key"] for r in rows)), options)
    events, phrases = [], []
    happened = words()[night.language]["happened"]
    for row in rows:
        left = [v for v in row["visits"] if not mode or v["mode"] != mode]
        time = text_of(night.now)
        if mode and left and len(left) < len(row["visits"]):
            kept = {v["key"] for v in left}
            request = {**row, "visits": left}
            joined = [r for r in row.get("relations", []) if {r["first"], r["then"]} <= kept]
            request.pop("relations", None)
            request |= {"relations": joined} if joined else {}
            if len(left) < 2:
                request.pop("together", None)
            events.append({"time": time, "kind": "changed_request", "request": request})
            phrases.append(happened["changed_request"].format(visit=row["key"], left=", ".join(sorted(kept))))
        elif not mode or not left:
            events.append({"time": time, "kind": "withdrawn_request", "request": row["key"]})
            phrases.append(happened["withdrawn_request"].format(visit=row["key"]))
    if not events:
        raise Refusal(night.say("no_such_visit", visits=", ".join(r["key"] for r in rows)))
    return Told(events, phrases)


# ---------------------------------------------------------------- the log


def log(night: Night, *, ahead: bool) -> str:
    """The visits of the night with their times and states, in the order of time; or those `ahead` alone."""
    said = words()[night.language]
    rows = sorted(night.schedule["visits"], key=lambda v: v["start"])
    if ahead:
        rows = [v for v in rows if moment_of(v["end"]) > night.now and v["state"] in ("planned", "running")]
        if not rows:
            return night.say("log_none", now=_clock(text_of(night.now)))
    lines = [night.say("next_head" if ahead else "log_head", now=_clock(text_of(night.now)))]
    for visit in rows:
        lines.append(
            "  "
            + said["log_line"].format(
                start=_clock(visit["start"]).removesuffix(" UTC"), end=visit["end"][11:16], telescope=visit["telescope"],
                instrument=visit["instrument"], visit=f"{visit['request']}/{visit['visit']}", state=said["state"][_state(visit, night.now)],
            )
        )  # fmt: skip
    left = [u["request"] for u in night.schedule.get("unscheduled", [])]
    if left:
        lines.append(night.say("log_left", visits=("、" if night.language == "zh" else ", ").join(dict.fromkeys(left))))
    return "\n".join(lines)


def _state(visit: Mapping[str, Any], now: datetime) -> str:
    if visit["state"] == "done":
        return "told_done"
    if visit["state"] != "planned":
        return str(visit["state"])
    if moment_of(visit["end"]) <= now:
        return "done"
    return "running" if moment_of(visit["start"]) <= now else "planned"


def _clock(text: str) -> str:
    return text[:16].replace("T", " ") + " UTC"


def priorities_told(understood: Understanding, night: Night, worth: Sequence[float]) -> Told:
    """A new priority of the requests that are named, or of all."""
    keys = _requests(understood, night) or [row["key"] for row in night.requests["requests"]]
    events = [
        {"time": text_of(night.now), "kind": "changed_priority", "request": key, "priority": float(worth[0])}
        for key in keys
    ]
    said = words()[night.language]["happened"]["changed_priority"]
    return Told(events, [said.format(visit=key, priority=f"{worth[0]:g}") for key in keys])
