"""Remembering: what a person says about earlier edits is done: they are made again in the present plan, or forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gnomon.agents.follow_ups.options import Option
from gnomon.agents.follow_ups.reply import Reply
from gnomon.agents.follow_ups.revise import Revision
from gnomon.agents.follow_ups.values import Given, values_of
from gnomon.agents.past_runs.edits import Edit, reason_span
from gnomon.agents.past_runs.lessons import Lesson
from gnomon.agents.past_runs.requests import Forgetting, forgetting, is_as_last_time, meant
from gnomon.agents.past_runs.speech import told
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.plans.arguments import spoken

if TYPE_CHECKING:
    from gnomon.agents.dialogue import Dialogue
    from gnomon.agents.past_runs.reminders import Reminder

_STOPS = " \t\n,;，；、"
# What is offered at most where several runs may be meant.
_OFFERED = 9


def remembering(talk: Dialogue, text: str) -> Reply | None:
    """What comes of a text about earlier edits; None where it is about something else."""
    wish = forgetting(text)
    if wish is not None:
        return _forget_meant(talk, wish)
    return as_last_time(talk, text) if is_as_last_time(text) else None


def without_reason(understood: Understanding) -> Understanding:
    """What a text says but for its reason, where something is left: in "up to 10 d, because beyond 12 d all are aliases" no step takes the 12 d."""
    span = reason_span(understood.question)
    if span is None:
        return understood
    start, end = span
    slots = tuple(s for s in understood.slots if not start <= s.start < end)
    reason = understood.question[start:end]
    unread = tuple(word for word in understood.unread if word not in reason)
    return replace(understood, slots=slots, unread=unread) if slots or unread else understood


def heard_of(understood: Understanding) -> Understanding:
    """What tells the meaning of a text: all of it, but for the reason of a wish that gives values, by which it would sound like a question."""
    rest, span = without_reason(understood), reason_span(understood.question)
    if span is None or not values_of(rest) or any(span[0] <= s.start < span[1] for s in values_of(rest)):
        return understood
    text = understood.question
    begin, end = (0, span[0]) if span[1] == len(text) else (span[1], len(text))
    kept = text[begin:end].strip(_STOPS)
    begin = text.index(kept, begin)
    slots = tuple(replace(s, start=s.start - begin, end=s.end - begin) for s in rest.slots)
    return replace(rest, question=kept, slots=slots)


# --------------------------------------------------------------------------- once more


def as_last_time(talk: Dialogue, text: str) -> Reply:
    """The edits of which the present plan is reminded, made in it; the difference is shown, and it needs its own approval."""
    position = talk.doing.present_plan()
    reminders = talk.conversation.past.reminders(position.plan, run=position.run)
    if not reminders:
        return Reply("told", told(talk.language, "nothing"))
    return talk.doing.revised(_revision(talk, text, reminders), text)


def _revision(talk: Dialogue, text: str, reminders: Sequence[Reminder]) -> Revision:
    plan, language = talk.doing.present_plan().plan, talk.session.language
    said = Understanding(text, language, (), ())
    runs = ", ".join(dict.fromkeys(r.lesson.run for r in reminders))
    edits = [edit for reminder in reminders for edit in reminder.edits]
    values = ", ".join(f"{e.argument} = {spoken(e.new, language)}" for e in edits if e.what == "set")
    slot = Slot("setting", text, 0, len(text), value=values, note=f"As in run {runs}.")
    given = Given()
    for edit in (e for e in edits if e.what == "set"):
        given.arguments.setdefault(edit.tool, {})[edit.argument] = edit.new
        given.sources[edit.place] = [slot]
    revision = Revision(plan)
    if given.arguments:
        revision = talk.reviser.with_arguments(plan, given, said, language)
    for edit in (e for e in edits if e.what != "set"):
        # Each revision lets the question go on with the text, which was said once.
        before = revision.plan.model_copy(update={"question": plan.question})
        revise = talk.reviser.add if edit.what == "added" else talk.reviser.leave_out
        after = revise(before, [talk.registry.tool(edit.tool)], said, language)
        revision = Revision(after.plan, (*revision.notes, *after.notes), revision.focus)
    return revision


# --------------------------------------------------------------------------- never more


def _forget_meant(talk: Dialogue, wish: Forgetting) -> Reply:
    if wish.what == "everything":
        return Reply("told", told(talk.language, "forget_all"))
    groups = meant(wish, talk.conversation.past.remembered())
    if not groups:
        return Reply("told", told(talk.language, "no_edits"))
    places = [{lesson.run: [e.place for e in edits] for lesson, edits in group} for group in groups]
    if len(groups) == 1:
        return forget(talk, places[0])
    options = [
        Option(_offered(talk, group), {"do": "forget", "places": here})
        for group, here in list(zip(groups, places, strict=True))[:_OFFERED]
    ]
    every = {run: sorted({p for here in places for p in here.get(run, ())}) for here in places for run in here}
    options.append(Option(told(talk.language, "forget_each", count=len(groups)), {"do": "forget", "places": every}))
    return talk.ask_back(told(talk.language, "forget_which"), options)


def _offered(talk: Dialogue, group: Sequence[tuple[Lesson, list[Edit]]]) -> str:
    runs = ", ".join(lesson.run for lesson, _edits in group)
    date = talk.conversation.past.date(group[0][0])
    return told(talk.language, "forget_this", run=runs, date=date, what=_listed(talk, group[0][1]))


def forget(talk: Dialogue, places: Mapping[str, Sequence[str]]) -> Reply:
    """Recall some edits no more, given by run, and tell exactly which."""
    past = talk.conversation.past
    talk.session.offer(())
    lines = []
    for lesson in past.remembered():
        edits = [e for e in lesson.edits if e.place in places.get(lesson.run, ())]
        if edits:
            past.forgotten.forget_places(lesson.run, [e.place for e in edits])
            lines.append(told(talk.language, "forgot", what=_listed(talk, edits), run=lesson.run))
    if not lines:
        return Reply("told", told(talk.language, "no_edits"))
    return Reply("told", "\n".join([*lines, told(talk.language, "stays")]))


def _listed(talk: Dialogue, edits: Sequence[Edit]) -> str:
    past = talk.conversation.past
    return told(talk.language, "list").join(past.edit_is(e, talk.language) for e in edits)
