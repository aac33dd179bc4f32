"""The dialogue: what is said in a conversation, and what comes of it.

It knows no terminal and no web page: `Dialogue.hear` takes a text and gives a `Reply`.  Plans come from `gnomon.agents.conversation`, which also
runs them; what follows a plan or an answer is in `gnomon.agents.follow_ups`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gnomon.agents.attachments import Attached, attach
from gnomon.agents.follow_ups import commands, deciding
from gnomon.agents.follow_ups.chat_record import ChatRecord
from gnomon.agents.follow_ups.choosing import chosen
from gnomon.agents.follow_ups.intents import Heard, Intents, Meaning, Situation
from gnomon.agents.follow_ups.options import Option, Unclear
from gnomon.agents.follow_ups.paths import Named, named_files, without
from gnomon.agents.follow_ups.phrases import listed, phrase, spoken_language, words
from gnomon.agents.follow_ups.recall import Recall, objects_in
from gnomon.agents.follow_ups.revise import Reviser, Revision
from gnomon.agents.follow_ups.session import File, Position, Session
from gnomon.agents.follow_ups.targets import Targets
from gnomon.agents.follow_ups.values import Given, values_of
from gnomon.agents.follow_ups.why import Why
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.understand import Understanding, understand
from gnomon.plans.plan import Plan
from gnomon.plans.plan_difference import PlanDifference, compare_plans
from gnomon.plans.run import Run
from gnomon.tools.errors import GnomonError, NeedsAnswer, UsageError

if TYPE_CHECKING:
    from gnomon.agents.conversation import Conversation

Kind = Literal["plan", "ran", "waits", "rejected", "stopped", "explained", "runs", "asks", "told", "error", "left"]
# Follow-ups that need a plan; where there is none, what was said is taken for a question.
# Meanings down to this likelihood, relative to the first, are worth asking about.
_WORTH_ASKING = 0.15
_OF_A_PLAN = ("change", "add", "leave_out", "no_figures", "repeat")


@dataclass(frozen=True)
class Reply:
    """What comes of something that was said.

    Parameters
    ----------
    kind : str
        ``plan`` (one is shown and waits for a decision), ``ran`` (it ran, and this is its answer), ``waits`` (its run waits for an approval that cannot
        be given here), ``rejected``, ``stopped``, ``explained`` (from a run's record), ``runs`` (earlier ones), ``asks`` (a question back), ``told``,
        ``error`` or ``left``.
    text : str
        Sentences, in the language of what was said.
    plan : Plan, optional
        The plan that is shown.
    difference : PlanDifference, optional
        What differs between it and the one before.
    alternatives : tuple of Option
        Other plans, the one shown among them.
    run : dict, optional
        ``run``, ``status``, ``answer``, ``results``, ``warnings`` and ``report`` of the run that this is about.
    options : tuple of Option
        What may be chosen, by number.
    """

    kind: Kind
    text: str
    plan: Plan | None = None
    difference: PlanDifference | None = None
    alternatives: tuple[Option, ...] = ()
    run: dict[str, Any] | None = None
    options: tuple[Option, ...] = ()

    def document(self) -> dict[str, Any]:
        """JSON form, as ``gnomon chat --json`` prints it on a line."""
        return {
            "kind": self.kind,
            "text": self.text,
            "plan": self.plan.document() if self.plan else None,
            "difference": self.difference.document() if self.difference else None,
            "alternatives": [o.label for o in self.alternatives],
            "run": self.run,
            "options": [o.label for o in self.options],
        }


class Dialogue:
    """One conversation, saying by saying.

    Parameters
    ----------
    conversation : Conversation
        Makes plans and runs them.
    files : sequence of pathlib.Path
        Attached from the beginning.
    record : ChatRecord, optional
        Where it is kept; what it holds already is gone on with.
    present : bool
        Whether a person sits at a terminal, whose word approves.
    beforehand : bool
        Whether plans are approved beforehand, as far as the policy lets them be.
    folder : pathlib.Path, optional
        Where names of files without a folder are looked for.
    show : callable, optional
        Told of a plan that is about to run without anybody being asked.
    """

    def __init__(
        self,
        conversation: Conversation,
        files: Sequence[Path] = (),
        *,
        record: ChatRecord | None = None,
        present: bool = False,
        beforehand: bool = False,
        folder: Path | None = None,
        show: Callable[[Reply], None] | None = None,
    ) -> None:
        self.conversation = conversation
        self.registry = conversation.registry
        self.present = present
        self.beforehand = beforehand
        self.folder = folder
        self.show = show or (lambda reply: None)
        self.session = Session.resumed(record) if record is not None else Session()
        self.reviser = Reviser(self.registry, conversation.planner.composer)
        self.kept = conversation.home / "cache"
        self._intents: Intents | None = None
        self._attached: dict[Path, Attached] = {}
        for path in files:
            self.attach(path)

    @property
    def language(self) -> str:
        """The language of what was said last."""
        return self.session.language

    @property
    def clock(self) -> Clock:
        """What "yesterday" is reckoned from."""
        return self.conversation.clock or Clock.of(None, None)

    @property
    def intents(self) -> Intents:
        """What follow-ups can mean."""
        if self._intents is None:
            self._intents = Intents(self.registry, self.conversation.planner.goals, self.kept)
        return self._intents

    def say(self, key: str, /, **values: Any) -> str:
        """A sentence in the language of what was said last."""
        return phrase(self.language, key, **values)

    # ------------------------------------------------------------------ hearing

    def hear(self, text: str) -> Reply:
        """What comes of something that was said.

        Parameters
        ----------
        text : str
            In English or Chinese; ``/help`` and its like are commands.

        Returns
        -------
        Reply
            Mistakes of the person and failures that Gnomon knows are replies, too.
        """
        text = text.strip()
        self.session.said(text, spoken_language(text, self.session.language))
        try:
            reply = self._heard(text)
        except Unclear as unclear:
            reply = self.ask_back(unclear.what, unclear.options)
        except GnomonError as error:
            said = error.zh if self.language == "zh" and error.zh else str(error)
            reply = Reply("error", said)
        self.session.replied(reply.kind, reply.text)
        return reply

    def ask_back(self, what: str, options: Sequence[Option] = ()) -> Reply:
        """A question back, with what may be answered."""
        self.session.offer(options)
        return Reply("asks", what, options=tuple(options))

    def _heard(self, text: str) -> Reply:
        if text.lower().strip(" .!。！") in words("leave"):
            return Reply("left", "")
        if (reply := commands.command(self, text)) is not None:
            return reply
        files = self._named(text)
        if files and not without(text, files).strip(" .,;:。，'\""):
            return self._only_files(files)
        understood = understand(text, self.conversation.clock)
        heard = self.intents.hear(understood, self.situation())
        if self.session.open and (reply := self._completed(text, heard, files)) is not None:
            return reply
        return self._meant(heard, text, files)

    def situation(self) -> Situation:
        """Where the conversation stands."""
        position = self.session.position
        if position is None:
            return Situation(options=len(self.session.options))
        status = deciding.status_of(self, position)
        about = objects_in([position.plan.question, *(f.found for f in position.plan.files)])
        return Situation(
            position.plan, status == "waiting", status in ("done", "failed"), len(self.session.options), frozenset(about)
        )

    def _meant(self, heard: Heard, text: str, files: Sequence[Named]) -> Reply:
        """Do what is meant, or ask which of several things is."""
        intent, possible = heard.best, [m for m in heard.meanings if self._possible(m.intent)]
        if self.session.position is None:
            if intent in _OF_A_PLAN and heard.sure:
                return self.ask_back(self.say("no_plan"), [Option(self.say("as_question", text=text), {"do": "ask", "text": text})])
            if intent in _OF_A_PLAN or (not heard.sure and possible[0].intent == "question"):
                intent = "question"
            elif not heard.sure:
                return self._unsure_among(possible, text)
        elif intent in ("approve", "reject") and (values_of(heard.understood) or heard.understood.unread):
            return self.unsure(["change", "approve" if intent == "approve" else "reject"], text)
        elif intent == "why" and self._asks_what_if(heard):
            return self.unsure(["change", "why"], text)
        elif not heard.sure:
            return self._unsure_among(possible, text)
        return self.do(intent, text, heard.understood, files)

    def _unsure_among(self, possible: Sequence[Meaning], text: str) -> Reply:
        return self.unsure([m.intent for m in possible[:3] if m.value >= _WORTH_ASKING * possible[0].value], text)

    def _possible(self, intent: str) -> bool:
        return self.session.position is not None or intent not in (*_OF_A_PLAN, "why", "undo", "approve", "reject")

    def _asks_what_if(self, heard: Heard) -> bool:
        """Whether a question about a result gives a value that could be set and that no result is."""
        run = self.last_run()
        if run is None or not values_of(heard.understood):
            return False
        why = Why(run, self.registry, self.conversation.store, self.language, self.kept)
        asked = why.numbers_in(heard.understood)
        return bool(asked) and not any(why.recorded(n) for n in asked) and heard.of("change") >= 0.02

    def unsure(self, intents: Sequence[str], text: str) -> Reply:
        """Ask which of several things is meant."""
        options = [Option(self.say(f"as_{i}", text=text), {"do": "hear", "intent": i, "text": text}) for i in intents]
        if len(options) == 1:
            return self.do(intents[0], text, understand(text, self.conversation.clock), self._named(text))
        return self.ask_back(self.say("unsure"), options)

    def do(self, intent: str, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        """Do what is meant."""
        doing: dict[str, Callable[[str, Understanding, Sequence[Named]], Reply]] = {
            "question": self._question,
            "approve": lambda *_: deciding.approve(self),
            "reject": lambda *_: deciding.reject(self, text),
            "change": self._change,
            "add": self._add,
            "leave_out": self._leave_out,
            "no_figures": self._no_figures,
            "repeat": self._repeat,
            "choose": self._choose,
            "why": self._why,
            "undo": lambda *_: self._step(-1),
            "redo": lambda *_: self._step(1),
            "recall": self._recall,
            "take_up": self._take_up,
            "help": lambda *_: commands.help_page(self),
            "status": lambda *_: commands.status(self),
        }
        return doing[intent](text, understood, files)

    # ------------------------------------------------------------------ plans

    def _question(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        return self.ask(text, [self.attach(self._require(f)).path for f in files] or list(self.session.meant))

    def ask(self, question: str, files: Sequence[Path]) -> Reply:
        """Plan a question of its own."""
        try:
            offered = self.conversation.alternatives(question, files)
        except NeedsAnswer as back:
            self.session.leave_open(do="ask", question=question, why=back.why)
            do = "answer" if back.why == "ambiguous" else "ask"
            options = [Option(o, {"do": do, "text": o.strip("“”")}) for o in back.options]
            return self.ask_back(str(back), options)
        options = [
            Option(a.reason, {"do": "take", "plan": a.plan.document(), "files": [str(p) for p in files], "seconds": a.plan.cost.get("seconds", 0.0)})
            for a in offered
        ]
        self.session.leave_open()
        self.session.place(offered[0].plan, files, question)
        self.session.mean(files)
        return self.shown(alternatives=options if len(options) > 1 else ())

    def shown(self, before: Plan | None = None, notes: Sequence[str] = (), alternatives: Sequence[Option] = ()) -> Reply:
        """Show the present plan, and run it where nobody has to be asked."""
        position = self.session.position
        assert position is not None
        self.session.offer(alternatives)
        difference = compare_plans(before, position.plan) if before is not None else None
        lines = [*notes, *(self._effects(before, position.plan) if before is not None else ())]
        reply = Reply("plan", "\n".join(lines), position.plan, difference, tuple(alternatives))
        return deciding.offered(self, reply)

    def _effects(self, before: Plan, after: Plan) -> list[str]:
        """What a plan does to the world that the one before did not; never left to be found in the page."""
        more, less = set(after.effects) - set(before.effects), set(before.effects) - set(after.effects)
        said = [self.say("effects_more", effects=listed(self.language, sorted(more)))] if more else []
        return said + ([self.say("effects_less", effects=listed(self.language, sorted(less)))] if less else [])

    def _revised(self, revision: Revision, said: str, files: Sequence[Path] | None = None) -> Reply:
        """Take a revision for the present plan, and show what is another."""
        position = self.present_plan()
        findings = [f for f in self.conversation.findings(revision.plan) if f.severity == "error"]
        if findings:
            raise UsageError(" ".join(str(f) for f in findings))
        self.session.leave_open()
        self.session.place(revision.plan, position.files if files is None else files, said, revision.focus)
        return self.shown(position.plan, revision.notes)

    def present_plan(self) -> Position:
        """The present plan.

        Raises
        ------
        Unclear
            Where there is none.
        """
        if self.session.position is None:
            raise Unclear(self.say("no_plan"))
        return self.session.position

    def _change(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        position = self.present_plan()
        return self._revised(self.reviser.change(position.plan, understood, self.language, position.focus), text)

    def _targets(self) -> Targets:
        return Targets(self.conversation.planner, self.reviser, self.present_plan().plan, self.language)

    def _add(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        plan = self.present_plan().plan
        tools, there = self._targets().to_add(understood)
        if not tools:
            return self._there_already(plan, there)
        return self._revised(self.reviser.add(plan, tools, understood, self.language), text)

    def _there_already(self, plan: Plan, there: Sequence[str]) -> Reply:
        """What to say where a plan makes already what is wished for; where it ran, with the files."""
        told = listed(self.language, there)
        run = self.last_run()
        made = [run.folder / "outputs" / f"{s.id}{suffix}" for s in plan.steps if s.tool in there for suffix in (".png", ".ecsv")] if run else []
        lying = [str(p) for p in made if p.is_file()]
        if lying:
            return Reply("told", self.say("there_drawn", tools=told, files=listed(self.language, lying)))
        return Reply("told", self.say("there_already", tools=told))

    def _leave_out(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        plan = self.present_plan().plan
        tools = self._targets().to_leave_out(understood)
        return self._revised(self.reviser.leave_out(plan, tools, understood, self.language), text)

    def _no_figures(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        plan = self.present_plan().plan
        return self._revised(self.reviser.leave_out(plan, self._targets().figures(), understood, self.language), text)

    # ------------------------------------------------------------------ the same again

    def _repeat(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        return self.repeat(text, understood, [self.attach(self._require(f)) for f in files])

    def repeat(self, text: str, understood: Understanding, given: Sequence[File]) -> Reply:
        """The present plan over other data; never over the old ones under another name."""
        plan = self.present_plan().plan
        about = next((str(s.value) for s in understood.of_type("object")), "")
        self.session.leave_open(do="repeat", text=text)
        mapped = self._targets().files_for(given, self.session.files, self.session.meant, about)
        attached = {name: self._as_attached(file.path) for name, file in mapped.items()}
        named = replace(understood, slots=tuple(s for s in understood.slots if s.type in ("object", "file")))
        revision = self.reviser.over(plan, attached, about, named, self.language)
        taken = [f.path.name for f in mapped.values() if f not in given]
        if about and taken:
            note = self.say("taken_to_be", files=listed(self.language, taken), object=about)
            revision = replace(revision, notes=(note, *revision.notes))
        rest = replace(understood, slots=tuple(values_of(understood)))
        if rest.slots or rest.unread:
            changed = self.reviser.change(revision.plan.model_copy(update={"question": plan.question}), rest, self.language)
            revision = Revision(changed.plan, (*revision.notes, *changed.notes), changed.focus)
        paths = [mapped[f.name].path if f.name in mapped else Path(f.name) for f in plan.files]
        reply = self._revised(revision, text, paths)
        self.session.mean(paths)
        return reply

    # ------------------------------------------------------------------ choosing

    def _choose(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        options = self.session.options
        if not options:
            return Reply("told", self.say("nothing_offered"))
        position = self.session.position
        index = chosen(text, options, position.plan.hash if position else "")
        if index is None:
            return Reply("asks", self.say("which_option", count=len(options)), options=options)
        if not 0 <= index < len(options):
            return Reply("asks", self.say("not_offered", count=len(options)), options=options)
        return self.act(options[index])

    def act(self, option: Option) -> Reply:
        """Do what an option stands for."""
        act = option.act
        if act["do"] == "hear":
            said = str(act["text"])
            self.session.offer(())
            return self.do(act["intent"], said, understand(said, self.conversation.clock), self._named(said))
        if act["do"] == "take":
            return self._take(Plan.of_document(act["plan"]), [Path(p) for p in act["files"]], option.label)
        if act["do"] == "take_up":
            return self.take_up(act["run"])
        if act["do"] == "use":
            said = str(self.session.open.get("text", ""))
            return self.repeat(said, understand(said, self.conversation.clock), [self.attach(Path(act["path"]))])
        if act["do"] in ("ask", "answer"):
            asked = str(self.session.open.get("question", ""))
            question = f"{asked} {act['text']}".strip() if act["do"] == "answer" else str(act["text"])
            return self.ask(question, list(self.session.meant))
        return self._act_on_plan(option)

    def _act_on_plan(self, option: Option) -> Reply:
        act, position = option.act, self.present_plan()
        said = understand(str(act.get("words", option.label)), self.conversation.clock)
        self.session.offer(())
        if act["do"] == "set":
            given = Given(arguments=act["arguments"])
            given.sources = {f"{t}.{n}": list(said.slots[:1]) for t, values in act["arguments"].items() for n in values}
            return self._revised(self.reviser.with_arguments(position.plan, given, said, self.language), option.label)
        tools = [self.registry.tool(name) for name in act["tools"]]
        revise = self.reviser.add if act["do"] == "add" else self.reviser.leave_out
        return self._revised(revise(position.plan, tools, said, self.language), option.label)

    def _take(self, plan: Plan, files: Sequence[Path], label: str) -> Reply:
        """Take one of the alternatives; they stay offered."""
        options, position = self.session.options, self.session.position
        if position is not None and position.plan.hash == plan.hash:
            return Reply("told", self.say("is_shown"), alternatives=options)
        self.session.place(plan, files, label)
        return self.shown(position.plan if position else None, alternatives=options)

    # ------------------------------------------------------------------ back and forth

    def _step(self, by: int) -> Reply:
        """To the plan before, or the one after it."""
        at = self.session.at + by
        if at < -1 or at >= len(self.session.positions):
            return Reply("told", self.say("nothing_to_undo" if by < 0 else "nothing_to_redo"))
        before = self.session.position
        self.session.move(at)
        self.session.offer(())
        self.session.leave_open()
        position = self.session.position
        if position is None:
            return Reply("told", self.say("went_to_nothing"))
        self.session.mean([p for p in position.files if self.session.file(p)] or list(self.session.meant))
        said = self.say("it_said", words=position.said) if position.said else ""
        line = self.say("went_back" if by < 0 else "went_forward", plan=f"{position.plan.hash[:12]}…", said=said)
        text = f"{line} {deciding.stands(self, position)}".strip()
        difference = compare_plans(before.plan, position.plan) if before else None
        return Reply("plan", text, position.plan, difference, run=deciding.outcome(self, position))

    # ------------------------------------------------------------------ what was found

    def last_run(self) -> Run | None:
        """The run whose results are spoken of: the present plan's, else the last one before it that came to an end."""
        for position in [*self.session.positions[: self.session.at + 1]][::-1]:
            if position.run and deciding.status_of(self, position) in ("done", "failed"):
                return Run(self.conversation.runs / position.run)
        return None

    def _why(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        run = self.last_run()
        if run is None:
            return Reply("told", self.say("why_no_run"))
        why = Why(run, self.registry, self.conversation.store, self.language, self.kept)
        return Reply("explained", why.explain(understood).text, run=deciding.document(run))

    def _recall(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        recall = Recall(self.conversation.runs, self.kept, self.clock)
        found = recall.find(understood)
        if not found.runs:
            return Reply("told", self.say("no_runs"))
        options = [Option(self._told(p), {"do": "take_up", "run": p.run}) for p in found.runs]
        objects = listed(self.language, [str(s.value) for s in understood.of_type("object")])
        when = listed(self.language, [s.text for s in understood.of_type("time")])
        missed = {"time": "none_of_time", "object": "none_of_object", "like": "none_like_it"}.get(found.without)
        head = f"{self.say(missed, objects=objects, when=when)} {self.say('nearest')}" if missed else self.say("found_runs")
        self.session.offer(options)
        return Reply("runs", head, options=tuple(options))

    def _told(self, past: Any) -> str:
        answer = past.answer or self.say("no_answer")
        date = f"{past.when:%Y-%m-%d %H:%M}"
        return self.say("found_run", date=date, status=past.status, question=past.question, answer=answer)

    def _take_up(self, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        runs = [o for o in self.session.options if o.act.get("do") == "take_up"]
        if runs:
            index = chosen(text, runs)
            if index is not None and 0 <= index < len(runs):
                return self.act(runs[index])
            # "Continue with that" means the one named first.
            return self.act(runs[0]) if len(runs) == 1 or not understood.slots else self._choose(text, understood, files)
        if understood.of_type("object", "time"):
            return self._recall(text, understood, files)
        return Reply("asks", self.say("which_run"))

    def take_up(self, name: str) -> Reply:
        """Go on from an earlier run: its plan becomes the present one."""
        run = Run.find(self.conversation.runs, name)
        plan = run.executed() or run.plan(self.registry)
        files = [run.folder / "inputs" / f.name for f in plan.files]
        current, kept = plan, run.id
        if [f for f in self.conversation.findings(plan) if f.severity == "error"]:
            current, kept = self.reviser.refreshed(plan), ""
        created = run.events("run.created")[0]
        self.session.place(current, files, plan.question.partition("\n")[0], run=kept)
        for path in files:
            self.attach(path)
        self.session.mean(files)
        self.session.offer(())
        lines = [self.say("taken_up", run=run.id, date=created["time"][:10], question=" / ".join(plan.question.splitlines()))]
        lines += [self.say("taken_up_changed")] if not kept else []
        position = self.present_plan()
        lines.append(deciding.stands(self, position))
        return Reply("plan", "\n".join(lines), current, run=deciding.outcome(self, position))

    # ------------------------------------------------------------------ files and open questions

    def _named(self, text: str) -> list[Named]:
        return named_files(text, [f.path for f in self.session.files], self.folder)

    def _require(self, file: Named) -> Path:
        if file.path is None:
            raise Unclear(self.say("no_file", file=file.words))
        return file.path

    def attach(self, path: Path) -> File:
        """Attach a file; one that is attached already only becomes the one that is meant.

        Raises
        ------
        UsageError
            Where it is not there, or is not recognised.
        """
        if (known := self.session.file(path)) is not None and path in self.session.meant:
            return known
        attached = self._as_attached(path)
        file = File(path, attached.attachment.kind, attached.attachment.found, attached.attachment.sha256)
        self.session.attach(file)
        return file

    def _as_attached(self, path: Path) -> Attached:
        """The file, recognised and in the store."""
        if path not in self._attached:
            self._attached[path] = attach([path], self.registry, self.conversation.store, self.language)[0]
        return self._attached[path]

    def _only_files(self, files: Sequence[Named]) -> Reply:
        """Attach files, and go on with what waited for them."""
        given = [self.attach(self._require(f)) for f in files]
        waiting = dict(self.session.open)
        if waiting.get("do") == "repeat" and self.session.position is not None:
            said = str(waiting["text"])
            return self.repeat(said, understand(said, self.conversation.clock), given)
        if waiting.get("do") == "ask" and waiting["why"] == "missing":
            return self.ask(str(waiting["question"]), list(self.session.meant))
        told = [self.say("attached", file=f.path.name, found=f.found) for f in given]
        meant = listed(self.language, [p.name for p in self.session.meant])
        return Reply("told", "\n".join([*told, self.say("files_now", files=meant)]))

    def _completed(self, text: str, heard: Heard, files: Sequence[Named]) -> Reply | None:
        """Go on with what waits for an answer, where this is one."""
        waiting = self.session.open
        if heard.best in ("help", "status", "recall", "undo", "redo", "approve", "choose") and heard.sure:
            return None
        if waiting["do"] == "repeat":
            understood = understand(f"{waiting['text']} {text}", self.conversation.clock)
            named = bool(files) or bool(heard.understood.of_type("object"))
            return self._repeat(understood.question, understood, files) if named and self.session.position is not None else None
        asks_anew = heard.best == "question" and heard.sure and not self._is_answer(heard.understood)
        if asks_anew or (heard.best != "question" and heard.sure and self.session.position is not None):
            return None
        paths = [self.attach(self._require(f)).path for f in files]
        return self.ask(f"{waiting['question']} {text}", [*self.session.meant, *(p for p in paths if p not in self.session.meant)])

    def _is_answer(self, understood: Understanding) -> bool:
        """Whether a text that reads like a question gives a value rather than asks for one."""
        return bool(values_of(understood)) and not understood.question.rstrip().endswith(("?", "？"))
