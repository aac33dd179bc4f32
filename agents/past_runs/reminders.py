"""Reminders: what a new plan should be told of earlier ones, a sentence each; they are no part of the plan and change nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from gnomon.agents.embedded.asking import named
from gnomon.agents.follow_ups.phrases import words
from gnomon.agents.markup import one_line
from gnomon.agents.past_runs.edits import Edit
from gnomon.agents.past_runs.forgotten import Forgotten, Gone
from gnomon.agents.past_runs.lessons import Lesson, Lessons, objects_of
from gnomon.agents.past_runs.requests import is_as_last_time
from gnomon.agents.past_runs.speech import told
from gnomon.agents.understanding.clock import Clock
from gnomon.plans.arguments import normal, spoken
from gnomon.plans.canonical import canonical
from gnomon.plans.plan import Plan
from gnomon.tools.errors import JournalError, PlanError
from gnomon.tools.registry import Registry

# More than these nobody reads beside a plan.
SHOWN = 3
# A reason is quoted so far; the run's folder has all of it.
_QUOTED = 160
Where = Literal["chat", "file"]


@dataclass(frozen=True)
class Reminder:
    """What a person changed in an earlier run, with one saying, and a plan does not have.

    Parameters
    ----------
    edits : tuple of Edit
        With the same words and the same reason.
    lesson : Lesson
        The run that they are of.
    now : tuple of JSON
        The plan's own value for each; None where an edit is no value.
    newest : bool
        Whether no later run used one of the tools.
    """

    edits: tuple[Edit, ...]
    lesson: Lesson
    now: tuple[Any, ...]
    newest: bool = True


class PastRuns:
    """What earlier runs taught, but for what was forgotten.

    Parameters
    ----------
    home : pathlib.Path
        Folder of runs, caches and of the record of what was forgotten.
    registry : Registry
    clock : Clock
        In whose zone dates are told.
    """

    def __init__(self, home: Path, registry: Registry, clock: Clock) -> None:
        self.registry = registry
        self.clock = clock
        self.lessons = Lessons(home / "runs", home / "cache")
        self.forgotten = Forgotten(home)

    def remembered(self) -> list[Lesson]:
        """All that is remembered, the newest run first; what was done "as last time" with that time's reason.

        Raises
        ------
        JournalError
            Where the record of what was forgotten cannot be trusted.
        """
        gone = self.forgotten.gone()
        left = [_without(lesson, gone) for lesson in self.lessons.all() if lesson.run not in gone.runs]
        return [replace(one, edits=tuple(_with_reason(e, one, left) for e in one.edits)) for one in left]

    def reminders(self, plan: Plan, *, run: str = "") -> list[Reminder]:
        """What a plan should be told: of each place the edit of the run most like it, those of one saying together.

        Parameters
        ----------
        plan : Plan
        run : str, optional
            The plan's own run, which is no earlier one.

        Returns
        -------
        list of Reminder
            Runs about the same object or file first, then those with the same goal, then the later ones; at most `SHOWN`.  Nothing where the plan
            is so already, or the question gives the value itself.
        """
        objects, files = {_plain(o) for o in objects_of(plan)}, {f.sha256 for f in plan.files}
        said = {place for entry in plan.understood or [] for place in entry.used_by}
        lessons = [lesson for lesson in self.remembered() if lesson.run != run]

        def likeness(lesson: Lesson) -> tuple[bool, bool, str]:
            about = bool({_plain(o) for o in lesson.objects} & objects or set(lesson.files) & files)
            return about, lesson.goal == plan.goal, lesson.when

        places: set[str] = set()
        groups: dict[tuple[str, str, str], tuple[Lesson, list[Edit]]] = {}
        for lesson in sorted(lessons, key=likeness, reverse=True):
            for edit in lesson.edits:
                if edit.place in said | places or not self._fits(edit, plan, lesson, objects, files):
                    continue
                places.add(edit.place)
                groups.setdefault((lesson.run, edit.words, edit.reason), (lesson, []))[1].append(edit)
        found = []
        for lesson, edits in list(groups.values())[:SHOWN]:
            now = [next((s.arguments.get(e.argument) for s in plan.steps if s.tool == e.tool), None) for e in edits]
            tools = {e.tool for e in edits}
            newest = not any(o.when > lesson.when and tools & set(o.settings or {}) for o in lessons)
            found.append(Reminder(tuple(edits), lesson, tuple(now), newest))
        return found

    def _fits(self, edit: Edit, plan: Plan, lesson: Lesson, objects: set[str], files: set[str]) -> bool:
        """Whether an edit could be made in a plan, and was not."""
        steps = [s for s in plan.steps if s.tool == edit.tool]
        if edit.tool not in self.registry:
            return False
        if edit.what == "added":  # only where the same was wanted, and the plan can make what the tool takes
            needs = {str(p.kind) for p in self.registry[edit.tool].inputs if p.required}
            return not steps and lesson.goal == plan.goal and needs <= {s.kind for s in plan.steps}
        if edit.what == "left_out":
            return bool(steps) and lesson.goal == plan.goal and not any(s.kind == plan.goal for s in steps)
        parts = set(edit.argument.split("_"))
        if parts & set(words("of_one_object")) and not {_plain(o) for o in lesson.objects} & objects:
            return False  # a fact about one object says nothing about another one
        if "column" in parts and not set(lesson.files) & files:
            return False
        try:
            value = normal(self.registry[edit.tool], edit.argument, edit.new)
        except PlanError:
            return False  # the tool has changed since
        here = [s.arguments[edit.argument] for s in steps if edit.argument in s.arguments]
        return bool(here) and all(canonical(v) != canonical(value) for v in here)

    # ------------------------------------------------------------------ sentences

    def sentences(self, plan: Plan, where: Where, *, run: str = "", language: str = "") -> list[str]:
        """Reminders of a plan, as sentences.

        Parameters
        ----------
        plan : Plan
        where : {"chat", "file"}
            Where the person can follow them: by saying so, or by editing the plan's file.
        run : str, optional
            The plan's own run.
        language : {"en", "zh"}, optional
            By default the plan's.

        Returns
        -------
        list of str
        """
        language = language or plan.language
        try:
            reminders = self.reminders(plan, run=run)
        except JournalError as error:
            return [told(language, "unreadable", why=error.what, file=self.forgotten.path)]
        return [self.sentence(r, where, language) for r in reminders]

    def sentence(self, reminder: Reminder, where: Where, language: str) -> str:
        """One reminder, as a sentence."""
        edits, comma = reminder.edits, told(language, "comma")
        done = [told(language, f"did_{e.what}", **self._parts(e, language)) for e in edits]
        state = [
            told(language, f"state_{e.what}", **{**self._parts(e, language), "now": spoken(now, language)})
            for e, now in zip(edits, reminder.now, strict=True)
        ]
        values = ", ".join(f"{e.argument} = {spoken(e.new, language)}" for e in edits if e.what == "set")
        kinds = {e.what for e in edits}
        key = "set" if kinds == {"set"} else kinds.pop() if len(kinds) == 1 else "several"
        return told(
            language,
            "reminder",
            when=told(language, "last" if reminder.newest else "earlier"),
            run_is=self.run_is(reminder.lesson, language),
            done=comma.join(done),
            because=self._because(edits[0], language),
            state=comma.join(state),
            again=told(language, f"{where}_{key}", values=values),
        )

    def run_is(self, lesson: Lesson, language: str) -> str:
        """A run by its date, its name and what it is about."""
        about = told(language, "about", about=", ".join(lesson.objects)) if lesson.objects else ""
        return told(language, "run_is", date=self.date(lesson), run=lesson.run, about=about)

    def date(self, lesson: Lesson) -> str:
        """The day of a run."""
        return f"{datetime.fromisoformat(lesson.when).astimezone(self.clock.zone):%Y-%m-%d}"

    def edit_is(self, edit: Edit, language: str) -> str:
        """An edit in a few words."""
        return told(language, f"edit_{edit.what}", **self._parts(edit, language))

    @staticmethod
    def _because(edit: Edit, language: str) -> str:
        """Why it was edited, else in which words, as far as the person said."""
        if edit.reason:
            return told(language, "because", reason=quoted(edit.reason))
        if edit.words and not is_as_last_time(edit.words):
            return told(language, "saying", words=quoted(edit.words))
        return ""

    def _parts(self, edit: Edit, language: str) -> dict[str, str]:
        tool = self.registry.get(edit.tool)
        parameter = tool.parameter(edit.argument) if tool and edit.argument else None
        return {
            "name": named(language, parameter) if parameter else edit.argument,
            "tool": edit.tool,
            "old": spoken(edit.old, language),
            "new": spoken(edit.new, language),
            "because": self._because(edit, language),
        }


def quoted(text: str) -> str:
    """A person's words so that they cannot be taken for a sentence of ours: one line, no quotation marks that would end them."""
    line = re.sub("[“”「」]", '"', one_line(text))
    return line if len(line) <= _QUOTED else f"{line[: _QUOTED - 1].rstrip()}…"


def _plain(name: str) -> str:
    """The name of an object; a planet's is its star's, since both are about the same data."""
    letters = tuple(f" {letter}" for letter in words("planets"))
    return (name[:-2] if name.endswith(letters) else name).casefold()


def _without(lesson: Lesson, gone: Gone) -> Lesson:
    edits = tuple(e for e in lesson.edits if not gone.edit(lesson.run, e.place))
    return lesson if len(edits) == len(lesson.edits) else replace(lesson, edits=edits)


def _with_reason(edit: Edit, lesson: Lesson, lessons: Sequence[Lesson]) -> Edit:
    """An edit with its reason; who did as last time has that time's."""
    if edit.reason or not is_as_last_time(edit.words):
        return edit
    for earlier in lessons:
        for other in earlier.edits if earlier.when < lesson.when else ():
            same = other.place == edit.place and canonical(other.new) == canonical(edit.new)
            if same and not is_as_last_time(other.words):
                return replace(edit, words=other.words, reason=other.reason)
    return edit
