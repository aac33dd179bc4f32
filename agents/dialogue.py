"""The dialogue: what is said in a conversation, and what comes of it.

It knows no terminal and no web page: `Dialogue.hear` takes a text and gives a `Reply`.  Plans come from `gnomon.agents.conversation`, which also
runs them; what follows a plan or an answer is in `gnomon.agents.follow_ups`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.agents.attachments import Attached, attach
from gnomon.agents.embedded.tokens import asks_to_act
from gnomon.agents.follow_ups import commands, deciding, observing
from gnomon.agents.follow_ups.chat_record import ChatRecord
from gnomon.agents.follow_ups.doing import Doing
from gnomon.agents.follow_ups.intents import ALONE, Heard, Intents, Meaning, Situation
from gnomon.agents.follow_ups.options import Option, Refusal, Unclear
from gnomon.agents.follow_ups.paths import Named, named_files, without
from gnomon.agents.follow_ups.phrases import listed, phrase, spoken_language, words
from gnomon.agents.follow_ups.recall import objects_in
from gnomon.agents.follow_ups.remembering import heard_of, remembering
from gnomon.agents.follow_ups.reply import Reply
from gnomon.agents.follow_ups.revise import Reviser
from gnomon.agents.follow_ups.session import File, Session
from gnomon.agents.follow_ups.values import values_of
from gnomon.agents.follow_ups.why import Why
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.understand import Understanding, understand
from gnomon.tools.errors import GnomonError, NeedsAnswer, UsageError

if TYPE_CHECKING:
    from gnomon.agents.conversation import Conversation

__all__ = ["Dialogue", "Reply"]

# Follow-ups that need a plan.  Where there is none, what sounds like one may be a question; who says one of the first for sure is told.
_CHANGES = ("change", "leave_out", "no_figures", "repeat")
_OF_A_PLAN = (*_CHANGES, "add")
# Meanings down to this likelihood, relative to the first, are worth asking about.
_WORTH_ASKING = 0.15
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)(?![A-Za-z])")
# Why a question came back that the planner can make nothing of.
_NO_PLAN_OF_IT = ("unknown", "outside", "effect")


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
        self.doing = Doing(self)
        self.seen = ""  # hash of the plan that was shown last: what nobody saw here is not approved here
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

    def understand(self, text: str) -> Understanding:
        """What a text says; "the 3rd" is one of several things and no value."""
        understood = understand(text, self.conversation.clock)
        slots = tuple(s for s in understood.slots if not _ORDINAL.match(text, s.end))
        return replace(understood, slots=slots)

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
            reply = self.heard(text)
        except Refusal as refusal:
            reply = Reply("told", refusal.what)
        except Unclear as unclear:
            reply = self.ask_back(unclear.what, unclear.options)
        except GnomonError as error:
            said = error.zh if self.language == "zh" and error.zh else str(error)
            reply = Reply("error", said)
        if reply.plan is not None:
            self.seen = reply.plan.hash
        self.session.replied(reply.kind, reply.text)
        return reply

    def ask_back(self, what: str, options: Sequence[Option] = ()) -> Reply:
        """A question back, with what may be answered."""
        self.session.offer(options)
        return Reply("asks", what, options=tuple(options))

    def heard(self, text: str) -> Reply:
        """What a text of the conversation brings about; mistakes are raised."""
        if text.lower().strip(" .!。！") in words("leave"):
            return Reply("left", "")
        if (reply := commands.command(self, text)) is not None:
            return reply
        files = self.named(text)
        if files and not without(text, files).strip(" .,;:。，'\""):
            return self.only_files(files)
        understood = self.understand(text)
        if self.session.options and ALONE.fullmatch(text):
            return self.doing.choose(text, understood, files)
        if (reply := remembering(self, text)) is not None:
            return reply
        if any(text.casefold() == p.said.casefold() == p.plan.question.casefold() for p in self.session.positions):
            return self.doing.question(text, understood, files)  # word for word what was a question before
        if (reply := observing.heard(self, text, understood)) is not None:
            return reply
        heard = replace(self.intents.hear(heard_of(understood), self.situation()), understood=understood)
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
        run = self.doing.last_run()
        measured = {r["quantity"] for r in deciding.document(run)["results"]} if run is not None else set()
        return Situation(
            position.plan,
            status == "waiting",
            run is not None,
            len(self.session.options),
            frozenset(about),
            frozenset(measured),
        )

    def _meant(self, heard: Heard, text: str, files: Sequence[Named]) -> Reply:
        """Do what is meant, or ask which of several things is."""
        intent, possible = heard.best, [m for m in heard.meanings if self._possible(m.intent)]
        if self.session.position is None:
            if intent in _CHANGES and heard.sure:
                asked = Option(self.say("as_question", text=text), {"do": "ask", "text": text})
                return self.ask_back(self.say("no_plan"), [asked])
            if intent in _OF_A_PLAN or (not heard.sure and possible[0].intent == "question"):
                intent = "question"
            elif not heard.sure:
                return self._unsure_among(possible, text)
        elif intent in ("approve", "reject") and (values_of(heard.understood) or heard.understood.unread or files):
            return self.unsure(["change", intent], text)
        elif intent == "why" and self._asks_what_if(heard):
            return self.unsure(["change", "why"], text)
        elif not heard.sure:
            return self._unsure_among(possible, text)
        reply = self.do(intent, text, heard.understood, files)
        if intent == "add" and reply.kind == "told" and heard.of("leave_out") >= _WORTH_ASKING * heard.of(intent):
            return self.unsure(["leave_out", "add"], text)  # it is there already, so it may rather go
        back = self.session.open.get("why") in _NO_PLAN_OF_IT
        if intent == "question" and self.session.position is not None and back:
            rivals = [m for m in possible if m.intent != intent and m.value >= _WORTH_ASKING * heard.of(intent)]
            if rivals:  # it makes no question, so it is rather one of these
                self.session.leave_open()
                return self._unsure_among([*rivals, *(m for m in possible if m.intent == intent)], text)
        return reply

    def _unsure_among(self, possible: Sequence[Meaning], text: str) -> Reply:
        if asks_to_act(text):  # an act that no tool may do is refused, and nobody is asked what else it could mean
            try:
                self.conversation.alternatives(text, list(self.session.meant))
            except NeedsAnswer as back:
                if back.why == "effect":
                    raise UsageError(str(back)) from back
        return self.unsure([m.intent for m in possible[:3] if m.value >= _WORTH_ASKING * possible[0].value], text)

    def _possible(self, intent: str) -> bool:
        return self.session.position is not None or intent not in (*_OF_A_PLAN, "why", "undo", "approve", "reject")

    def _asks_what_if(self, heard: Heard) -> bool:
        """Whether a question about a result gives a value that could be set and that no result is."""
        run = self.doing.last_run()
        if run is None or not values_of(heard.understood):
            return False
        why = Why(run, self.registry, self.conversation.store, self.language, self.kept)
        asked = why.numbers_in(heard.understood)
        return bool(asked) and not any(why.recorded(n) for n in asked) and heard.of("change") >= 0.02

    def unsure(self, intents: Sequence[str], text: str) -> Reply:
        """Ask which of several things is meant."""
        options = [Option(self.say(f"as_{i}", text=text), {"do": "hear", "intent": i, "text": text}) for i in intents]
        if len(options) == 1 and intents[0] != "approve":
            return self.do(intents[0], text, self.understand(text), self.named(text))
        return self.ask_back(self.say("unsure"), options)

    def do(self, intent: str, text: str, understood: Understanding, files: Sequence[Named]) -> Reply:
        """Do what is meant."""
        doing: dict[str, Callable[[str, Understanding, Sequence[Named]], Reply]] = {
            "question": self.doing.question,
            "approve": lambda *_: deciding.approve(self),
            "reject": lambda *_: deciding.reject(self, text),
            "change": self.doing.change,
            "add": self.doing.add,
            "leave_out": self.doing.leave_out,
            "no_figures": self.doing.no_figures,
            "repeat": self.doing.repeat_for,
            "choose": self.doing.choose,
            "why": self.doing.why,
            "undo": lambda *_: self.doing.step(-1),
            "redo": lambda *_: self.doing.step(1),
            "recall": self.doing.recall,
            "take_up": self.doing.go_on,
            "help": lambda *_: commands.help_page(self),
            "status": lambda *_: commands.status(self),
        }
        return doing[intent](text, understood, files)

    # ------------------------------------------------------------------ files and open questions

    def named(self, text: str) -> list[Named]:
        """The files that a text names."""
        return named_files(text, [f.path for f in self.session.files], self.folder)

    def require(self, file: Named) -> Path:
        """Where a named file lies.

        Raises
        ------
        Unclear
            Where it is not there.
        """
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
        attached = self.as_attached(path)
        file = File(path, attached.attachment.kind, attached.attachment.found, attached.attachment.sha256)
        self.session.attach(file)
        return file

    def as_attached(self, path: Path) -> Attached:
        """The file, recognised and in the store."""
        if path not in self._attached:
            self._attached[path] = attach([path], self.registry, self.conversation.store, self.language)[0]
        return self._attached[path]

    def only_files(self, files: Sequence[Named]) -> Reply:
        """Attach files, and go on with what waited for them."""
        given = [self.attach(self.require(f)) for f in files]
        waiting = dict(self.session.open)
        if waiting.get("do") == "repeat" and self.session.position is not None:
            said = str(waiting["text"])
            return self.doing.repeat(said, self.understand(said), given)
        if waiting.get("do") == "ask" and waiting["why"] == "missing":
            return self.doing.ask(str(waiting["question"]), list(self.session.meant))
        told = [self.say("attached", file=f.path.name, found=f.found) for f in given]
        meant = listed(self.language, [p.name for p in self.session.meant])
        return Reply("told", "\n".join([*told, self.say("files_now", files=meant)]))

    def _completed(self, text: str, heard: Heard, files: Sequence[Named]) -> Reply | None:
        """Go on with what waits for an answer, where this is one."""
        waiting = self.session.open
        if waiting.get("why") in _NO_PLAN_OF_IT:
            return None  # nothing was missing, so this is no answer but another wish
        if heard.best in ("help", "status", "recall", "undo", "redo", "approve", "choose") and heard.sure:
            return None
        if waiting["do"] == "repeat":
            before = self.understand(str(waiting["text"]))
            names, named = heard.understood.of_type("object"), before.of_type("object")
            if self.session.position is None or (names and named) or not (names or files):
                return None  # another wish
            whole = self.understand(f"{waiting['text']} {text}")
            return self.doing.repeat_for(whole.question, whole, self.named(whole.question))
        asks_anew = heard.best == "question" and heard.sure and not self._is_answer(heard.understood)
        if asks_anew or (heard.best != "question" and heard.sure and self.session.position is not None):
            return None
        paths = [self.attach(self.require(f)).path for f in files]
        return self.doing.ask(
            f"{waiting['question']} {text}", [*self.session.meant, *(p for p in paths if p not in self.session.meant)]
        )

    def _is_answer(self, understood: Understanding) -> bool:
        """Whether a text that reads like a question gives a value rather than asks for one."""
        return bool(values_of(understood)) and not understood.question.rstrip().endswith(("?", "？"))
