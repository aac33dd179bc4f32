"""What follows a plan that has a schedule: drafts of it, what it becomes after what happened in the night, a target more, another value."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gnomon.agents.attachments import Attached, attach
from gnomon.agents.coordinator.telescopes_named import words
from gnomon.agents.embedded.assign import assign
from gnomon.agents.embedded.choices import all_chosen
from gnomon.agents.embedded.compose import Draft, finish
from gnomon.agents.embedded.observing import only_requests, telescopes_of
from gnomon.agents.embedded.requested_values import priorities_in
from gnomon.agents.embedded.tokens import asks_for_message, asks_to_act, without_own_acts
from gnomon.agents.follow_ups.clock_times import moments_of
from gnomon.agents.follow_ups.more_targets import with_target
from gnomon.agents.follow_ups.night_events import Night, Told, events_told, kind_told, log, priorities_told
from gnomon.agents.follow_ups.options import Refusal
from gnomon.agents.follow_ups.reply import Reply
from gnomon.agents.follow_ups.revise import Revision
from gnomon.agents.understanding.moments import moment_of, text_of
from gnomon.agents.understanding.understand import Understanding
from gnomon.knowledge import telescopes
from gnomon.plans.plan import Plan, Ref, Step
from gnomon.tools.errors import UsageError

if TYPE_CHECKING:
    from gnomon.agents.dialogue import Dialogue

DRAFTS, REPLAN, EVENTS = "draft_observations", "reschedule_observations", "read_observing_events"
FILE = "events.json"
_SHORT = 40  # letters of a text that gives a value and says no more
# Steps on what a plan decided, which are made anew of what another one decides.
_SHOWN = ("Verification", "Measurements", "Figure", "Visibility", "Drafts")


def heard(talk: Dialogue, text: str, understood: Understanding) -> Reply | None:
    """What a text says of a plan that has a schedule: drafts of it, what happened in the night, a target more, another value; else None.

    A change is shown with its difference, and waits for an approval as every plan does, so what is likely meant is done and not asked back.
    """
    position = talk.session.position
    if position is None or not any(s.kind == "Schedule" for s in position.plan.steps):
        return None
    kind = kind_told(understood)
    if asks_to_act(without_own_acts(text)) and (
        kind != "withdrawn" or re.search(words()["handed_over"], text, re.I) or asks_for_message(text)
    ):
        return None
    plan = position.plan
    forms = _forms(talk, text)
    if forms and re.search(words()["drafted"], text, re.I):
        return talk.doing.revised(_drafted(talk, plan, understood, forms), text)
    told = words()["night"]
    asked = re.search(told["log"], text, re.I) or re.search(told["next"], text, re.I)
    if asked and not understood.of_type("coordinates"):
        night = _night(talk, plan)
        ahead = re.search(told["log"], text, re.I) is None
        return Reply("told", log(night, ahead=ahead) if night is not None else words()[talk.language]["nothing_run"])
    if kind == "closure":
        return talk.doing.revised(_closed(talk, plan, understood), text)
    if re.search(told["adds"], text, re.I):
        # What is added to a plan of observations is observed, whether or not the text says so; two numbers are then a place.
        named = understood if understood.of_type("object", "coordinates") else talk.understand(f"observe {text}")
        more = with_target(talk, plan, named)
        if more is not None:
            return talk.doing.revised(more, text)
    worth = [float(value) for _slot, value in priorities_in(understood)]
    if kind or (worth and len(set(worth)) == 1):
        night = _night(talk, plan)
        if night is not None and kind:
            return talk.doing.revised(_happened(talk, plan, understood, night, kind), text)
        if night is not None and _has_begun(night):
            return talk.doing.revised(
                _with_events(talk, plan, understood, priorities_told(understood, night, worth)), text
            )
        about_plan = kind == "withdrawn" and not understood.of_type("coordinates", "object")
        if night is None and kind and kind != "done" and not about_plan:
            raise Refusal(words()[talk.language]["nothing_run"])
    if _sets_wish(talk, plan, understood) and not re.search(r"[?？]", text):
        return talk.doing.change(text, understood, ())
    return None


def _sets_wish(talk: Dialogue, plan: Plan, understood: Understanding) -> bool:
    """Whether a text gives a value to what is wished, and nothing that a plan would begin with: exposures of 120 s, 优先级改成 50."""
    writers = [
        talk.registry.tool(s.tool) for s in plan.steps if s.kind == "ObservingRequests" and s.tool in talk.registry
    ]
    writers = [t for t in writers if only_requests(t)]
    if not writers or understood.of_type("object", "coordinates", "file", "time"):
        return False
    set_or_short = re.search(words()["night"]["sets"], understood.question, re.I) or len(understood.question) < _SHORT
    made = assign(understood, writers[:1])
    return bool(set_or_short) and bool(made.arguments.get(writers[0].name))


# ---------------------------------------------------------------- the night as it goes


def _night(talk: Dialogue, plan: Plan) -> Night | None:
    """The schedule that holds now with what it was made of; None where nothing was scheduled yet."""
    run = talk.doing.last_run()
    if run is None:
        return None
    artifacts = run.artifacts()
    ran = run.executed() or plan
    made: dict[str, dict[str, Any]] = {}
    for step in ran.steps:  # the last one of a kind is the one that holds
        if step.kind in ("Schedule", "ObservingRequests", "Telescopes") and step.id in artifacts:
            made[step.kind] = talk.conversation.store.get(artifacts[step.id]).meta["document"]
    if len(made) < 3:
        return None
    now = talk.clock.now.astimezone(UTC).replace(microsecond=0)
    return Night(made["Schedule"], made["ObservingRequests"], made["Telescopes"], now, talk.language)


def _has_begun(night: Night) -> bool:
    return any(moment_of(v["start"]) <= night.now for v in night.schedule["visits"])


def _happened(talk: Dialogue, plan: Plan, understood: Understanding, night: Night, kind: str) -> Revision:
    """The plan with another schedule after what happened."""
    keys = {v["telescope"] for v in night.schedule["visits"]}
    begin, end, zone = moments_of(
        understood,
        talk.language,
        span=_span(talk, plan),
        now=night.now,
        zones=_zones(dict(night.telescopes), keys),
        happened=True,
    )
    return _with_events(talk, plan, understood, events_told(kind, understood, night, (begin, end)), zone)


def _zones(document: dict[str, Any], keys: set[str]) -> dict[str, tzinfo]:
    """The time zones of telescopes, by their names."""
    sites = {row["key"]: row for row in document["sites"]}
    names = {
        str(sites[row["site"]].get("zone", ""))
        for row in document["telescopes"]
        if row["key"] in keys and row["site"] in sites
    }
    return {name: ZoneInfo(name) for name in sorted(names - {""})}


# ---------------------------------------------------------------- drafts


def _forms(talk: Dialogue, text: str) -> list[str]:
    if DRAFTS not in talk.registry:
        return []
    form = talk.registry[DRAFTS].parameter("form")
    return list(dict.fromkeys(str(s.value) for s in all_chosen(text, form))) if form is not None else []


def _drafted(talk: Dialogue, plan: Plan, understood: Understanding, forms: Sequence[str]) -> Revision:
    """The plan with drafts of these forms."""
    there = {str(s.arguments.get("form")) for s in plan.steps if s.tool == DRAFTS}
    wanted = [f for f in forms if f not in there]
    if not wanted:
        raise Refusal(words()[talk.language]["drafted_already"].format(forms=", ".join(forms)))
    return talk.reviser.with_steps(plan, _with_drafts(talk, plan.steps, wanted), understood, talk.language)


def _with_drafts(talk: Dialogue, steps: Sequence[Step], forms: Sequence[str]) -> list[Step]:
    """The steps with drafts of these forms, of the schedule that nothing replaces."""
    tool = talk.registry[DRAFTS]
    draft = _draft_of(talk, [s for s in steps if s.tool != DRAFTS])
    grown = talk.reviser.composer.reach(tool, draft)
    if grown is None:
        raise Refusal(words()[talk.language]["no_documents"])
    inputs = dict(grown.steps[next(reversed(grown.steps))][1])
    inputs["schedule"] = Ref(step=_decided(draft))
    out = list(steps)
    for form in forms:
        name = _free(DRAFTS, {s.id for s in out})
        out += finish(Draft({name: (tool, inputs)}), {DRAFTS: {"form": form}}, 0, talk.language)
    return out


# ---------------------------------------------------------------- closures


def _closed(talk: Dialogue, plan: Plan, understood: Understanding) -> Revision:
    """The plan with another schedule after the first: what it becomes where telescopes that a text names are closed."""
    said = words()[talk.language]
    document = _telescopes(talk, plan)
    mine = {row["key"] for row in document["telescopes"]}
    keys: list[str] = []
    for slot in telescopes_of(understood):
        try:
            keys += [k for k in telescopes.find(document, slot.value) if k in mine and k not in keys]
        except UsageError:
            continue  # no telescope of this plan is there
    if not keys:
        raise Refusal(said["not_in_plan"].format(names=", ".join(s.text for s in telescopes_of(understood))))
    now = talk.clock.now.astimezone(UTC).replace(microsecond=0)
    first, last = _span(talk, plan)
    ahead = re.search(words()["what_if"], understood.question, re.I) is not None
    begin, end, zone = moments_of(
        understood, talk.language, span=(first, last), now=now, zones=_zones(document, set(keys)), happened=not ahead
    )
    start, end = _within((begin, end), (first, last), now)
    events = [
        {
            "time": text_of(start),
            "kind": "closure",
            "telescope": key,
            "start": text_of(start),
            "end": text_of(end),
            "why": "closed",
        }
        for key in keys
    ]
    note = said["closed_note"].format(telescopes=", ".join(keys), start=text_of(start), end=text_of(end))
    return _with_events(talk, plan, understood, Told(events), zone, note)


def _with_events(
    talk: Dialogue, plan: Plan, understood: Understanding, told: Told, zone: str = "", note: str = ""
) -> Revision:
    """The plan with another schedule after the first, of what was told before and of these events."""
    said = words()[talk.language]
    earlier = _earlier(talk, plan)
    events = [*earlier, *(e for e in told.events if e not in earlier)]
    file = _attached(talk, {"form": "gnomon observing events", "version": 1, "events": events})
    kept = [s for s in plan.steps if s.kind not in _SHOWN and s.tool not in (EVENTS, REPLAN)]
    draft = _draft_of(talk, kept)
    reader = talk.registry[EVENTS]
    draft.add(reader, {reader.files[0].name: Ref(file=file.attachment.name)})
    grown = talk.reviser.composer.reach(talk.registry[REPLAN], draft)
    if grown is None:
        raise Refusal(said["no_documents"])
    grown, _missing = talk.reviser.composer.accompany(grown, set())
    by_step = {s.id: dict(s.arguments) for s in kept}
    files = [*(f for f in plan.files if f.name != FILE), file.attachment]
    rows = max((f.rows for f in files), default=0)
    steps = finish(grown, {}, rows, talk.language, by_step)
    forms = list(dict.fromkeys(str(s.arguments["form"]) for s in plan.steps if s.tool == DRAFTS))
    if forms:  # what was drafted of the earlier schedule is drafted of the new one
        steps = _with_drafts(talk, steps, forms)
    revision = talk.reviser.with_steps(plan, steps, understood, talk.language, files)
    comma = "；" if talk.language == "zh" else "; "
    notes = [
        note or said["told_note"].format(what=comma.join(told.phrases)),
        said["read_in"].format(zone=zone) if zone else "",
    ]
    return replace(revision, notes=(*revision.notes, *(n for n in notes if n)))


def _earlier(talk: Dialogue, plan: Plan) -> list[dict[str, Any]]:
    """What was told of this night before."""
    for file in plan.files:
        if file.name == FILE and any(s.tool == REPLAN for s in plan.steps):
            text = talk.conversation.store.path(file.sha256, ".file").read_text(encoding="utf-8")
            told: list[dict[str, Any]] = json.loads(text)["events"]
            return told
    return []


def _span(talk: Dialogue, plan: Plan) -> tuple[datetime, datetime]:
    """The time of a plan."""
    spans = [
        (moment_of(s.arguments["start"]), moment_of(s.arguments["end"]))
        for s in plan.steps
        if {"start", "end"} <= set(s.arguments)
    ]
    now = talk.clock.now.astimezone(UTC).replace(microsecond=0)
    if not spans:
        return now, now + timedelta(hours=24)
    return min(a for a, _b in spans), max(b for _a, b in spans)


def _within(
    told: tuple[datetime | None, datetime | None], span: tuple[datetime, datetime], now: datetime
) -> tuple[datetime, datetime]:
    """From when until when, within the span of the plan; from now, and until its end, where nothing is said."""
    first, last = span
    start, end = told[0] or max(first, now), told[1] or last
    day = timedelta(days=1)
    while start < first - timedelta(hours=1) and start + day < last:
        start += day
    while end <= start:
        end += day
    return start, end


def _attached(talk: Dialogue, document: dict[str, Any]) -> Attached:
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        (made,) = attach([path], talk.registry, talk.conversation.store, talk.language)
    return replace(made, supplied=True)


def _telescopes(talk: Dialogue, plan: Plan) -> dict[str, Any]:
    """The telescopes document that the plan goes with."""
    from ruamel.yaml import YAML

    for file in plan.files:
        if file.kind == "Telescopes":
            text = talk.conversation.store.path(file.sha256, ".file").read_text(encoding="utf-8")
            loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
            return loaded
    raise Refusal(words()[talk.language]["no_documents"])


# ---------------------------------------------------------------- steps


def _draft_of(talk: Dialogue, steps: Sequence[Step]) -> Draft:
    return Draft({s.id: (talk.registry.tool(s.tool), dict(s.inputs)) for s in steps})


def _decided(draft: Draft) -> str:
    """The step of the schedule that nothing replaces."""
    last = [name for name, (tool, _i) in draft.steps.items() if tool.kind.name == "Schedule"]
    return last[-1]


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
