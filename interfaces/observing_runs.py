"""What runs have of planned observations: a schedule, the documents that it was made from, and the schedules that it replaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.agents.conversation import Conversation
    from gnomon.plans.run import Run

Document = dict[str, Any]


@dataclass(frozen=True)
class Planned:
    """The documents of one schedule.

    Parameters
    ----------
    telescopes, requests, schedule : dict
        The documents; the schedule names the other two by their digests.
    replaced : tuple of dict
        The schedules that it replaces, the oldest first, as far back as they were found.
    violations : int
        How many the verifier found in this run.
    """

    telescopes: Document
    requests: Document
    schedule: Document
    replaced: tuple[Document, ...]
    violations: int


def values_of(conversation: Conversation, run: Run, kind: str) -> list[Any]:
    """What the steps of a run made of a kind, the last first."""
    return [conversation.store.get(a) for a in _made(run, kind)]


def _made(run: Run, kind: str) -> list[Any]:
    from gnomon.tools.registry import Kind

    return [a for a in reversed(run.artifacts().values()) if Kind.parse(a.kind).name == kind]


def planned_in(conversation: Conversation, run: Run, given: Sequence[Document] = ()) -> Planned:
    """The newest schedule of a run, with its documents.

    Parameters
    ----------
    conversation : Conversation
    run : Run
    given : sequence of dict
        Schedules among which those that were replaced are looked for before other runs are.

    Raises
    ------
    UsageError
        Where the run has no schedule, or not what it was made from.
    """
    from gnomon.tools.observing.documents.requests import read_requests_document
    from gnomon.tools.observing.documents.schedule import read_schedule_document
    from gnomon.tools.observing.documents.tables import document_of
    from gnomon.tools.observing.documents.telescopes import read_telescopes_document

    tables = values_of(conversation, run, "Schedule")
    if not tables:
        raise errors.UsageError(f"Run {run.id} has no schedule.", remedy="Name a run that made or read one.")
    read = [read_schedule_document(document_of(t)) for t in tables]
    parents = {s.made.get("parent") for s in read}
    at = next(i for i, s in enumerate(read) if s.digest not in parents)
    table, schedule = tables[at], read[at]

    def of(kind: str, word: str, wanted: str, reader: Any) -> Document:
        there = [document_of(t) for t in values_of(conversation, run, kind)]
        after: Document | None = table.meta.get(word)
        found: Document | None = next(
            (d for d in [*([after] if after else []), *there] if reader(d).digest == wanted), None
        )
        if found is None:
            raise errors.UsageError(
                f"Run {run.id} has not the {word} that its schedule was made from ({wanted[:12]}…).",
                remedy="Name the run that made the schedule.",
            )
        return found

    telescopes = of("Telescopes", "telescopes", schedule.telescopes, read_telescopes_document)
    requests = of("ObservingRequests", "requests", schedule.requests, read_requests_document)
    replaced = [t.meta["replaces"] for t in tables if t.meta.get("replaces")]
    chain = _replaced(conversation, document_of(table), [*given, *replaced, *map(document_of, tables)])
    checked = values_of(conversation, run, "Verification")
    return Planned(telescopes, requests, document_of(table), tuple(chain), len(checked[0]) if checked else 0)


def _replaced(conversation: Conversation, schedule: Document, near: Sequence[Document]) -> list[Document]:
    """The schedules before one, the oldest first: those at hand, else those of other runs, the newest run first."""
    from gnomon.tools.observing.documents.schedule import read_schedule_document

    known: dict[str, Document] = {read_schedule_document(d).digest: d for d in near}
    elsewhere = _schedules_elsewhere(conversation)
    chain: list[Document] = []
    parent = schedule["made"].get("parent")
    while parent is not None:
        while parent not in known:
            document = next(elsewhere, None)
            if document is None:
                return chain  # what is written of it says that the chain is broken
            known[read_schedule_document(document).digest] = document
        chain.insert(0, known[parent])
        parent = known[parent]["made"].get("parent")
    return chain


def _schedules_elsewhere(conversation: Conversation) -> Iterator[Document]:
    from gnomon.plans.run import Run
    from gnomon.tools.observing.documents.tables import document_of

    for run in reversed(Run.all(conversation.runs)):
        # Of an old run the values may have been cleared away.
        for table in (conversation.store.get(a) for a in _made(run, "Schedule") if conversation.store.has(a)):
            yield document_of(table)
            if table.meta.get("replaces"):
                yield table.meta["replaces"]
