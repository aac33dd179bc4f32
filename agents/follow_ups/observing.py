"""What follows a plan that has a schedule: drafts of it, and what it would become if a telescope were closed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from gnomon.agents.attachments import Attached, attach
from gnomon.agents.coordinator.telescopes_named import words
from gnomon.agents.embedded.choices import all_chosen
from gnomon.agents.embedded.compose import Draft, finish
from gnomon.agents.embedded.observing import telescopes_of
from gnomon.agents.embedded.tokens import asks_to_act, without_own_acts
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
# Steps on what a plan decided, which are made anew of what another one decides.
_SHOWN = ("Verification", "Measurements", "Figure", "Visibility", "Drafts")


def heard(talk: Dialogue, text: str, understood: Understanding) -> Reply | None:
    """A change of the present plan where it has a schedule and a text asks for drafts of it, or says that a telescope is closed; else None."""
    position = talk.session.position
    if position is None or asks_to_act(without_own_acts(text)):
        return None
    plan = position.plan
    if not any(s.kind == "Schedule" for s in plan.steps):
        return None
    if telescopes_of(understood) and re.search(words()["closed"], text, re.I):
        return talk.doing.revised(_closed(talk, plan, understood), text)
    forms = _forms(talk, text)
    if forms and re.search(words()["drafted"], text, re.I):
        return talk.doing.revised(_drafted(talk, plan, understood, forms), text)
    return None


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
    start, end = _when(talk, plan, understood)
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
    file = _attached(talk, {"form": "gnomon observing events", "version": 1, "events": events})
    kept = [s for s in plan.steps if s.kind not in _SHOWN and s.tool not in (EVENTS, REPLAN)]
    draft = _draft_of(talk, kept)
    reader = talk.registry[EVENTS]
    draft.add(reader, {reader.files[0].name: Ref(file=file.attachment.name)})
    grown = talk.reviser.composer.reach(talk.registry[REPLAN], draft)
    if grown is None:
        raise Refusal(said["no_documents"])
    grown, _missing = talk.reviser.composer.accompany(grown, set())
    arguments = {s.tool: dict(s.arguments) for s in kept}
    files = [*(f for f in plan.files if f.name != FILE), file.attachment]
    rows = max((f.rows for f in files), default=0)
    steps = finish(grown, arguments, rows, talk.language)
    forms = list(dict.fromkeys(str(s.arguments["form"]) for s in plan.steps if s.tool == DRAFTS))
    if forms:  # what was drafted of the earlier schedule is drafted of the new one
        steps = _with_drafts(talk, steps, forms)
    revision = talk.reviser.with_steps(plan, steps, understood, talk.language, files)
    note = said["closed_note"].format(telescopes=", ".join(keys), start=text_of(start), end=text_of(end))
    return replace(revision, notes=(*revision.notes, note))


def _when(talk: Dialogue, plan: Plan, understood: Understanding) -> tuple[datetime, datetime]:
    """From when until when, within the span of the plan; from now, and until its end, where nothing is said."""
    spans = [
        (moment_of(s.arguments["start"]), moment_of(s.arguments["end"]))
        for s in plan.steps
        if {"start", "end"} <= set(s.arguments)
    ]
    now = talk.clock.now.astimezone(UTC).replace(microsecond=0)
    first, last = spans[-1] if spans else (now, now + timedelta(hours=24))
    times = understood.of_type("time")
    start, end = max(first, now), last
    if times:
        ends = [moment_of(v) for v in (times[0].value or {}).values() if v]
        if len(ends) == 2 and ends[0] < ends[1]:
            start, end = ends
        elif ends:
            begin = (times[0].value or {}).get("start")
            if begin is None or re.search(words()["until"], understood.question[: times[0].start][-12:], re.I):
                end = ends[0]
            else:
                start = ends[0]
            if len(times) > 1 and (other := (times[1].value or {}).get("start")):
                end = moment_of(other)
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
