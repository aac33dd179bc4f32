"""Results of a run beside what documents of the memory state of the same object: how far apart, and where that is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gnomon.agents.results import Result
from gnomon.agents.understanding.objects import find_objects
from gnomon.knowledge.literature.agreement import same_quantity
from gnomon.knowledge.literature.documents import Document
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.mentions import passages_on_object
from gnomon.knowledge.literature.passages import Passage
from gnomon.knowledge.literature.published import Comparison, comparable, deviations
from gnomon.knowledge.literature.sentences import sentences
from gnomon.knowledge.literature.stated_values import StatedValue, stated_values


@dataclass(frozen=True)
class Published:
    """A value that a document states, beside a result.

    Parameters
    ----------
    document : Document
    passage : Passage
    stated : StatedValue
        Its places count from the beginning of the passage.
    sentence : str
        The sentence that it stands in, word for word.
    comparison : Comparison
    """

    document: Document
    passage: Passage
    stated: StatedValue
    sentence: str
    comparison: Comparison

    def told(self) -> dict[str, Any]:
        """JSON form."""
        where = {"page": self.passage.page} if self.passage.page else {}
        start = self.passage.start + self.stated.start
        return {
            "key": self.document.key, "citation": self.document.citation(), **where, "start": start, "end": start + len(self.stated.text),
            "stated": self.stated.document(), "sentence": self.sentence, **self.comparison.document(),
        }  # fmt: skip


def objects_of(texts: Iterable[str]) -> list[str]:
    """The objects that texts name, as catalogues spell them."""
    return list(dict.fromkeys(str(slot.value) for text in texts for slot in find_objects(text)))


def published_beside(
    memory: LiteratureMemory, results: Sequence[Result], names: Sequence[str]
) -> list[tuple[Result, list[Published]]]:
    """What documents state of the same quantities of an object.

    Parameters
    ----------
    memory : LiteratureMemory
    results : sequence of Result
        Ours.
    names : sequence of str
        Of one object; only passages that speak of it are read.

    Returns
    -------
    list of (Result, list of Published)
        For each result the values of the same quantity that can be compared with it, the nearest first.  A value stands with the nearest of several
        results of its quantity, of two planets say, since a text rarely says with each number which one it is of.
    """
    rows = sorted(passages_on_object(memory, names).rows)
    found = []
    for place in memory.index.passages(rows).values():
        document = memory.index.document(place.document)
        if document is not None:
            found.append((document, place.passage, stated_values(place.passage.text)))
    beside: list[list[Published]] = [[] for _result in results]
    for document, passage, every in found:
        for stated in every:
            near: list[tuple[tuple[float, str], int, Published]] = []
            for number, result in enumerate(results):
                if stated.in_condition or not same_quantity(stated.what, result.quantity):
                    continue
                made = _compared(result, stated)
                if made.verdict != "not comparable":
                    one = Published(document, passage, stated, _sentence(passage.text, stated), made)
                    near.append((_distance(one), number, one))
            if near:
                _far, number, one = min(near, key=lambda n: n[:2])
                beside[number].append(one)
    return [(r, sorted(those, key=_distance)) for r, those in zip(results, beside, strict=True)]


def _compared(result: Result, stated: StatedValue) -> Comparison:
    ends = result.uncertainty
    plus = minus = None
    if ends is not None and not result.limit:
        width = deviations(f"{100 * ends.level:.12g}%") if ends.level and ends.level < 1 else 1.0
        plus = None if ends.upper is None else abs(ends.upper - result.value) / width
        minus = None if ends.lower is None else abs(result.value - ends.lower) / width
    return comparable(stated, result.value, result.unit, plus, minus)


def _sentence(text: str, stated: StatedValue) -> str:
    """The sentence that a value stands in."""
    for start, end in sentences(text):
        if start <= stated.start and stated.end <= end:
            return text[start:end]
    return stated.text


def _distance(one: Published) -> tuple[float, str]:
    sigma = one.comparison.sigma
    return (sigma if sigma is not None else float("inf"), one.document.key)
