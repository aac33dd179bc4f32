"""Doing: what is meant is done: a plan is made, changed, repeated or chosen, a result explained, an earlier run taken up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.agents.follow_ups import deciding
from gnomon.agents.follow_ups.choosing import chosen
from gnomon.agents.follow_ups.options import Option, Unclear
from gnomon.agents.follow_ups.paths import Named
from gnomon.agents.follow_ups.phrases import listed
from gnomon.agents.follow_ups.recall import Past, Recall
from gnomon.agents.follow_ups.remembering import forget, without_reason
from gnomon.agents.follow_ups.reply import Reply
from gnomon.agents.follow_ups.revise import Revision
from gnomon.agents.follow_ups.session import File, Position
from gnomon.agents.follow_ups.targets import Targets
from gnomon.agents.follow_ups.values import Given, values_of
from gnomon.agents.follow_ups.why import Why
from gnomon.agents.past_runs.edits import reason_span
from gnomon.agents.understanding.understand import Understanding
from gnomon.plans.plan import Plan
from gnomon.plans.plan_difference import compare_plans
from gnomon.plans.run import Run
from gnomon.tools.errors import NeedsAnswer, UsageError

if TYPE_CHECKING:
    from gnomon.agents.dialogue import Dialogue

# What an option does that is offered where it is not clear what is meant.
_UNANSWERED = ("set", "add", "leave_out", "hear")
# Where the files lie in which a step leaves what a person can look at.
_SEEN = (".png", ".ecsv")


class Doing:
    """Does what is meant in a dialogue.

    Each method for an intent takes the text, what it says and the files that it names, and gives the reply.

    Parameters
    ----------
    talk : Dialogue
    """

    def __init__(self, talk: Dialogue) -> None:
        self.talk = talk

    # ------------------------------------------------------------------ plans

    def question(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        """A question of its own, about the files that it names, else about those that are meant now."""
        return self.ask(
            text, [self.talk.attach(self.talk.require(f)).path for f in files] or list(self.talk.session.meant)
        )

    def ask(self, question: str, files: Sequence[Path]) -> Reply:
        """Plan a question of its own."""
        try:
            offered = self.talk.conversation.alternatives(question, files)
        except NeedsAnswer as back:
            self.talk.session.leave_open(do="ask", question=question, why=back.why)
            do = "answer" if back.why == "ambiguous" else "ask"
            options = [Option(o, {"do": do, "text": o.strip("“”")}) for o in back.options]
            return self.talk.ask_back(str(back), options)
        options = [
            Option(
                a.reason,
                {
                    "do": "take",
                    "plan": a.plan.document(),
                    "files": [str(p) for p in files],
                    "seconds": a.plan.cost.get("seconds", 0.0),
                },
            )
            for a in offered
        ]
        self.talk.session.leave_open()
        self.talk.session.place(offered[0].plan, files, question)
        self.talk.session.mean(files)
        return self.shown(alternatives=options if len(options) > 1 else ())

    def shown(
        self, before: Plan | None = None, notes: Sequence[str] = (), alternatives: Sequence[Option] = ()
    ) -> Reply:
        """Show the present plan, and run it where nobody has to be asked."""
        position = self.talk.session.position
        assert position is not None
        self.talk.session.offer(alternatives)
        difference = compare_plans(before, position.plan) if before is not None else None
        # A change answers the reminders, so they stand beside the plans of questions and their alternatives alone.
        asked = before is None or bool(alternatives)
        reminders = self.talk.conversation.past.sentences(position.plan, "chat", run=position.run) if asked else []
        lines = [*notes, *(self._effects(before, position.plan) if before is not None else ()), *reminders]
        reply = Reply(
            "plan", "\n".join(lines), position.plan, difference, tuple(alternatives), remembered=tuple(reminders)
        )
        return deciding.offered(self.talk, reply)

    def _effects(self, before: Plan, after: Plan) -> list[str]:
        """What a plan does to the world that the one before did not; never left to be found in the page."""
        more, less = set(after.effects) - set(before.effects), set(before.effects) - set(after.effects)
        said = [self.talk.say("effects_more", effects=listed(self.talk.language, sorted(more)))] if more else []
        return said + (
            [self.talk.say("effects_less", effects=listed(self.talk.language, sorted(less)))] if less else []
        )

    def revised(self, revision: Revision, said: str, files: Sequence[Path] | None = None) -> Reply:
        """Take a revision for the present plan, and show what is another."""
        position = self.present_plan()
        findings = [f for f in self.talk.conversation.findings(revision.plan) if f.severity == "error"]
        if findings:
            raise UsageError(" ".join(str(f) for f in findings))
        self.talk.session.leave_open()
        self.talk.session.place(revision.plan, position.files if files is None else files, said, revision.focus)
        return self.shown(position.plan, revision.notes)

    def present_plan(self) -> Position:
        """The present plan.

        Raises
        ------
        Unclear
            Where there is none.
        """
        if self.talk.session.position is None:
            raise Unclear(self.talk.say("no_plan"))
        return self.talk.session.position

    def change(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        """Other values in the present plan."""
        position = self.present_plan()
        try:
            revision = self.talk.reviser.change(
                position.plan, without_reason(understood), self.talk.language, position.focus
            )
        except Unclear as unclear:
            if not unclear.options:
                raise
            raise _with_reason(unclear, text) from unclear
        return self.revised(revision, text)

    def _targets(self) -> Targets:
        return Targets(self.talk.conversation.planner, self.talk.reviser, self.present_plan().plan, self.talk.language)

    def add(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        """One thing more in the present plan."""
        plan = self.present_plan().plan
        tools, there = self._targets().to_add(understood)
        if not tools:
            return self._there_already(plan, there)
        return self.revised(self.talk.reviser.add(plan, tools, understood, self.talk.language), text)

    def _there_already(self, plan: Plan, there: Sequence[str]) -> Reply:
        """What to say where a plan makes already what is wished for; where it ran, with the files."""
        told = listed(self.talk.language, there)
        run = self.last_run()
        made = (
            [run.folder / "outputs" / f"{s.id}{suffix}" for s in plan.steps if s.tool in there for suffix in _SEEN]
            if run
            else []
        )
        lying = [str(p) for p in made if p.is_file()]
        if lying:
            return Reply("told", self.talk.say("there_drawn", tools=told, files=listed(self.talk.language, lying)))
        return Reply("told", self.talk.say("there_already", tools=told))

    def leave_out(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        """One thing less in the present plan."""
        plan = self.present_plan().plan
        tools = self._targets().to_leave_out(understood)
        return self.revised(self.talk.reviser.leave_out(plan, tools, understood, self.talk.language), text)

    def no_figures(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        """No figures in the present plan."""
        plan = self.present_plan().plan
        return self.revised(
            self.talk.reviser.leave_out(plan, self._targets().figures(), understood, self.talk.language), text
        )

    # ------------------------------------------------------------------ the same again

    def repeat_for(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        """The present plan for another object, over the files that are named with it."""
        return self.repeat(text, understood, [self.talk.attach(self.talk.require(f)) for f in files])

    def repeat(self, text: str, understood: Understanding, given: Sequence[File]) -> Reply:
        """The present plan over other data; never over the old ones under another name."""
        plan = self.present_plan().plan
        about = next((str(s.value) for s in understood.of_type("object")), "")
        self.talk.session.leave_open(do="repeat", text=text)
        mapped = self._targets().files_for(given, self.talk.session.files, self.talk.session.meant, about)
        attached = {name: self.talk.as_attached(file.path) for name, file in mapped.items()}
        named = replace(understood, slots=tuple(s for s in understood.slots if s.type in ("object", "file")))
        revision = self.talk.reviser.over(plan, attached, about, named, self.talk.language)
        taken = [f.path.name for f in mapped.values() if f not in given]
        if about and taken:
            note = self.talk.say("taken_to_be", files=listed(self.talk.language, taken), object=about)
            revision = replace(revision, notes=(note, *revision.notes))
        rest = replace(understood, slots=tuple(values_of(understood)))
        if rest.slots or rest.unread:
            changed = self.talk.reviser.change(
                revision.plan.model_copy(update={"question": plan.question}), rest, self.talk.language
            )
            revision = Revision(changed.plan, (*revision.notes, *changed.notes), changed.focus)
        paths = [mapped[f.name].path if f.name in mapped else Path(f.name) for f in plan.files]
        reply = self.revised(revision, text, paths)
        self.talk.session.mean(paths)
        return reply

    # ------------------------------------------------------------------ choosing

    def choose(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        """One of what was offered last."""
        options = self.talk.session.options
        if not options:
            return Reply("told", self.talk.say("nothing_offered"))
        position = self.talk.session.position
        index = chosen(text, options, position.plan.hash if position else "")
        if index is None:
            return Reply("asks", self.talk.say("which_option", count=len(options)), options=options)
        if not 0 <= index < len(options):
            return Reply("asks", self.talk.say("not_offered", count=len(options)), options=options)
        return self.act(options[index])

    def act(self, option: Option) -> Reply:
        """Do what an option stands for."""
        act = option.act
        if act["do"] == "hear":
            said = str(act["text"])
            self.talk.session.offer(())
            return self.talk.do(act["intent"], said, self.talk.understand(said), self.talk.named(said))
        if act["do"] == "say":
            self.talk.session.offer(())
            return self.talk.heard(str(act["text"]))
        if act["do"] == "take":
            return self._take(Plan.of_document(act["plan"]), [Path(p) for p in act["files"]], option.label)
        if act["do"] == "take_up":
            return self.take_up(act["run"])
        if act["do"] == "forget":
            return forget(self.talk, act["places"])
        if act["do"] == "use":
            said = str(self.talk.session.open.get("text", ""))
            return self.repeat(said, self.talk.understand(said), [self.talk.attach(Path(act["path"]))])
        if act["do"] in ("ask", "answer"):
            asked = str(self.talk.session.open.get("question", ""))
            question = f"{asked} {act['text']}".strip() if act["do"] == "answer" else str(act["text"])
            return self.ask(question, list(self.talk.session.meant))
        return self._act_on_plan(option)

    def _act_on_plan(self, option: Option) -> Reply:
        act, position = option.act, self.present_plan()
        said = self.talk.understand(str(act.get("words", option.label)))
        self.talk.session.offer(())
        if act["do"] == "set":
            given = Given(arguments=act["arguments"])
            given.sources = {f"{t}.{n}": list(said.slots[:1]) for t, values in act["arguments"].items() for n in values}
            return self.revised(
                self.talk.reviser.with_arguments(position.plan, given, said, self.talk.language), option.label
            )
        tools = [self.talk.registry.tool(name) for name in act["tools"]]
        revise = self.talk.reviser.add if act["do"] == "add" else self.talk.reviser.leave_out
        return self.revised(revise(position.plan, tools, said, self.talk.language), option.label)

    def _take(self, plan: Plan, files: Sequence[Path], label: str) -> Reply:
        """Take one of the alternatives; they stay offered."""
        options, position = self.talk.session.options, self.talk.session.position
        if position is not None and position.plan.hash == plan.hash:
            return Reply("told", self.talk.say("is_shown"), alternatives=options)
        self.talk.session.place(plan, files, label)
        return self.shown(position.plan if position else None, alternatives=options)

    # ------------------------------------------------------------------ back and forth

    def step(self, by: int) -> Reply:
        """To the plan before, or the one after it; from a question that nobody answered, to the plan that it was about."""
        if by < 0 and self.talk.session.position and any(o.act["do"] in _UNANSWERED for o in self.talk.session.options):
            self.talk.session.offer(())
            return Reply("told", self.talk.say("question_dropped"))
        at = self.talk.session.at + by
        if at < -1 or at >= len(self.talk.session.positions):
            return Reply("told", self.talk.say("nothing_to_undo" if by < 0 else "nothing_to_redo"))
        before = self.talk.session.position
        self.talk.session.move(at)
        self.talk.session.offer(())
        self.talk.session.leave_open()
        position = self.talk.session.position
        if position is None:
            return Reply("told", self.talk.say("went_to_nothing"))
        self.talk.session.mean(
            [p for p in position.files if self.talk.session.file(p)] or list(self.talk.session.meant)
        )
        said = self.talk.say("it_said", words=position.said) if position.said else ""
        line = self.talk.say("went_back" if by < 0 else "went_forward", plan=f"{position.plan.hash[:12]}…", said=said)
        text = f"{line} {deciding.stands(self.talk, position)}".strip()
        difference = compare_plans(before.plan, position.plan) if before else None
        return Reply("plan", text, position.plan, difference, run=deciding.outcome(self.talk, position))

    # ------------------------------------------------------------------ what was found

    def last_run(self) -> Run | None:
        """The run whose results are spoken of: the present plan's, else the last one before it that came to an end."""
        for position in [*self.talk.session.positions[: self.talk.session.at + 1]][::-1]:
            if position.run and deciding.status_of(self.talk, position) in ("done", "failed"):
                return Run(self.talk.conversation.runs / position.run)
        return None

    def why(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        """A question about the results, answered from the run's record."""
        run = self.last_run()
        if run is None:
            return Reply("told", self.talk.say("why_no_run"))
        why = Why(run, self.talk.registry, self.talk.conversation.store, self.talk.language, self.talk.kept)
        return Reply("explained", why.explain(understood).text, run=deciding.document(run))

    def recall(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        """Earlier runs that are meant."""
        recall = Recall(self.talk.conversation.runs, self.talk.kept, self.talk.clock)
        found = recall.find(understood)
        if not found.runs:
            return Reply("told", self.talk.say("no_runs"))
        options = [Option(self._told(p), {"do": "take_up", "run": p.run}) for p in found.runs]
        objects = listed(self.talk.language, [str(s.value) for s in understood.of_type("object")])
        when = listed(self.talk.language, [s.text for s in understood.of_type("time")])
        missed = {"time": "none_of_time", "object": "none_of_object", "like": "none_like_it"}.get(found.without)
        head = (
            f"{self.talk.say(missed, objects=objects, when=when)} {self.talk.say('nearest')}"
            if missed
            else self.talk.say("found_runs")
        )
        self.talk.session.offer(options)
        return Reply("runs", head, options=tuple(options))

    def _told(self, past: Past) -> str:
        answer = past.answer or self.talk.say("no_answer")
        date = f"{past.when:%Y-%m-%d %H:%M}"
        return self.talk.say("found_run", date=date, status=past.status, question=past.question, answer=answer)

    def go_on(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        """An earlier run that was found becomes the present one."""
        runs = [o for o in self.talk.session.options if o.act.get("do") == "take_up"]
        if runs:
            index = chosen(text, runs)
            if index is not None and 0 <= index < len(runs):
                return self.act(runs[index])
            # "Continue with that" means the one named first.
            return self.act(runs[0]) if len(runs) == 1 or not understood.slots else self.choose(text, understood, files)
        if understood.of_type("object", "time"):
            return self.recall(text, understood, files)
        return Reply("asks", self.talk.say("which_run"))

    def take_up(self, name: str) -> Reply:
        """Go on from an earlier run: its plan becomes the present one."""
        run = Run.find(self.talk.conversation.runs, name)
        plan = run.executed() or run.plan(self.talk.registry)
        files = [run.folder / "inputs" / f.name for f in plan.files]
        current, kept = plan, run.id
        if [f for f in self.talk.conversation.findings(plan) if f.severity == "error"]:
            current, kept = self.talk.reviser.refreshed(plan), ""
        created = run.events("run.created")[0]
        self.talk.session.place(current, files, plan.question.partition("\n")[0], run=kept)
        for path in files:
            self.talk.attach(path)
        self.talk.session.mean(files)
        self.talk.session.offer(())
        lines = [
            self.talk.say(
                "taken_up", run=run.id, date=created["time"][:10], question=" / ".join(plan.question.splitlines())
            )
        ]
        lines += [self.talk.say("taken_up_changed")] if not kept else []
        position = self.present_plan()
        lines.append(deciding.stands(self.talk, position))
        return Reply("plan", "\n".join(lines), current, run=deciding.outcome(self.talk, position))


def _with_reason(unclear: Unclear, text: str) -> Unclear:
    """A question back whose answers keep the reason that was given for the value."""
    span = reason_span(text)
    if span is None:
        return unclear
    reason = text[span[0] : span[1]].strip()
    options = [
        replace(o, act={**o.act, "words": f"{o.act['words']} {reason}"}) if o.act.get("do") == "set" else o
        for o in unclear.options
    ]
    return Unclear(unclear.what, options)
