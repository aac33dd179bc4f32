"""Questions that documents answer: when the literature memory is asked, what is planned from what it has, and what is said where it has nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded.compose import Composer, finish
from gnomon.agents.markup import one_line
from gnomon.agents.understanding.grammar import language_of
from gnomon.plans.plan import Plan
from gnomon.tools.errors import NeedsAnswer, StoreError
from gnomon.tools.registry import Registry

if TYPE_CHECKING:
    from gnomon.agents.embedded.planner import EmbeddedPlanner
    from gnomon.knowledge.literature.memory import LiteratureMemory
    from gnomon.knowledge.literature.quoting import Evidence

GOAL = "quote_passages"
KIND = "Passages"
# From this likelihood on that a passage answers a question, it is quoted; where documents are asked outright, from the lower one on.
ENOUGH, ENOUGH_OUTRIGHT = 0.5, 0.4
_WORDS_TOLD = 5


@cache
def _words() -> dict[str, Any]:
    from ruamel.yaml import YAML

    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(
        Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    )
    return loaded


@dataclass
class Literature:
    """The memory, as a conversation asks it.

    Parameters
    ----------
    folder : pathlib.Path
        Where it lies.
    server : str
        Address of a chromadb server; "" for one in the folder.
    told : callable, optional
        Called with how many notes on methods are read, before they are.
    """

    folder: Path
    server: str = ""
    told: Callable[[int], None] | None = None

    @contextmanager
    def opened(self) -> Iterator[LiteratureMemory]:
        """The memory, with the notes on methods that come with Gnomon."""
        from gnomon.knowledge.literature import method_notes
        from gnomon.knowledge.literature.memory import LiteratureMemory

        memory = LiteratureMemory(self.folder, self.server)
        try:
            method_notes.refresh(memory, self.told)
            yield memory
        finally:
            memory.close()

    def find(self, question: str) -> Evidence:
        """What it has for a question."""
        from gnomon.knowledge.literature.quoting import find_answers

        with self.opened() as memory:
            return find_answers(memory, subject(question))

    def require(self, question: str) -> Evidence:
        """What it has for a question that it is asked outright.

        Raises
        ------
        NeedsAnswer
            Where it has nothing that answers it: what is nearest, and what to add.
        """
        evidence = self.find(question)
        if evidence.answered < ENOUGH_OUTRIGHT:
            raise NeedsAnswer(_not_found(question, evidence), why="outside", options=(_papers_on(question),))
        return evidence

    def instead(self, question: str, back: NeedsAnswer) -> Evidence:
        """What it has for a question that no tool answers.

        Raises
        ------
        NeedsAnswer
            `back`, with a word on the memory, where it has nothing or cannot be opened.
        """
        language = language_of(question)
        try:
            evidence = self.find(question)
        except StoreError as error:
            nor = _say(language, "unopened", why=error.what)
        else:
            if evidence.answered >= ENOUGH:
                return evidence
            nor = _say(language, "nor", documents=evidence.documents)
        raise NeedsAnswer(f"{back.what} {nor}", remedy=back.remedy, why=back.why, options=back.options) from back


def asks_outright(question: str) -> bool:
    """Whether a question says that documents are to be asked: "according to the papers ...", 「文献里怎么说」."""
    return any(re.search(p, question, re.I) for p in _words()["outright"])


def asks_what_is_known(question: str, planner: EmbeddedPlanner, why: str) -> bool:
    """Whether a question that went back is of what is known, and not about data at hand: when does a method fail, what is a quasar.

    Parameters
    ----------
    question : str
    planner : EmbeddedPlanner
        Knows what else it may mean.
    why : str
        For what reason it went back; see `gnomon.tools.errors.NeedsAnswer`.
    """
    if re.search(_words()["at_hand"], question.strip(), re.I):
        return False
    if any(re.search(p, question.strip(), re.I) for p in _words()["known"]):
        return True
    if why != "outside":
        return False
    task = planner.consider(question, ()).whole.tasks("astronomy")[0].meant.task
    return task is not None and task.key in _words()["tasks"]


def subject(question: str) -> str:
    """What is looked for: the question without what says that documents are to be asked."""
    said = question
    for pattern in _words()["besides"] if asks_outright(question) else ():
        said = re.sub(pattern, " ", said, flags=re.I)
    said = " ".join(said.split()).strip(" ,，:：;；")
    return said if re.search(r"\w{2}", said) else question


def quoting_plan(question: str, attached: list[Attached], registry: Registry, documents: int) -> Plan:
    """The plan that quotes from attached passages.

    Parameters
    ----------
    question : str
    attached : list of Attached
        One file of passages.
    registry : Registry
    documents : int
        How many documents were searched; 0 where the file does not say.
    """
    language = language_of(question)
    composer = Composer(registry)
    goal = registry[GOAL]
    draft = composer.reach(goal, composer.start([(f.attachment, f.reader) for f in attached]))
    assert draft is not None
    rows = max(f.attachment.rows for f in attached)
    return Plan(
        question=question,
        language=language,
        goal=str(goal.kind),
        assumptions=[_say(language, "assumption" if documents else "assumption_attached", documents=documents)],
        files=[f.attachment for f in attached],
        steps=finish(draft, {}, rows, language),
    )


def _not_found(question: str, evidence: Evidence) -> str:
    language = language_of(question)
    said = _say(language, "not_found", documents=evidence.documents)
    if evidence.hits:
        best = evidence.hits[0]
        page, section = best.passage.page, best.passage.section.rpartition(" > ")[2]
        where = _say(language, "page", page=page) if page else _say(language, "section", section=one_line(section)) if section else _say(language, "beginning")  # fmt: skip
        said += _say(language, "nearest", title=one_line(best.document.title), key=best.document.key, where=where)
    if words := evidence.lacking[:_WORDS_TOLD]:
        quoted = [f"「{w}」" if language == "zh" else f"“{w}”" for w in words]
        said += _say(language, "lacking", words=("、" if language == "zh" else ", ").join(quoted))
    return said + _say(language, "what_to_add", ask=_papers_on(question))


def _papers_on(question: str) -> str:
    language = language_of(question)
    return _say(language, "ask", subject=subject(question).rstrip("?？.。 "))


def _say(language: str, key: str, /, **values: object) -> str:
    return str(_words()[language][key]).format(**values)
