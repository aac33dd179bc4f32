"""Recall: earlier runs by what they were about, when they were made, and what is like them in sense."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from gnomon.agents.embedded import vectors
from gnomon.agents.embedded.nearness import Nearness
from gnomon.agents.follow_ups.phrases import words
from gnomon.agents.markup import one_line
from gnomon.agents.past_runs.forgotten import Forgotten
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.objects import find_objects
from gnomon.agents.understanding.understand import Understanding
from gnomon.knowledge import encoder
from gnomon.knowledge.glossary import terms_in
from gnomon.plans.run import Run
from gnomon.tools.errors import GnomonError

if TYPE_CHECKING:
    import numpy as np

SHOWN = 3
# A run less like the question than this is not shown, where nothing but its sense speaks for it.
_LIKE = 0.35
# Words of the same weight as sense: names and numbers of things that sense does not tell apart.
_WORDS = 0.5
# Two planets asked for and two found says as much as all words do.
_COUNTED = 0.5


@dataclass(frozen=True)
class Past:
    """An earlier run.

    Parameters
    ----------
    run : str
    when : datetime.datetime
        When it was made, aware.
    status : str
    question, answer : str
        The answer is empty where there is none.
    objects : frozenset of str
        Names of the objects that its question, answer and files speak of.
    things : int
        How many planets, signals and the like its results are of.
    """

    run: str
    when: datetime
    status: str
    question: str
    answer: str
    objects: frozenset[str]
    things: int = 0

    @property
    def text(self) -> str:
        """What it is compared by."""
        return f"{self.question} {self.answer}".strip()


@dataclass(frozen=True)
class Found:
    """What was found of earlier runs.

    Parameters
    ----------
    runs : tuple of Past
        The best first, at most `SHOWN`.
    without : {"", "time", "object", "like"}
        What of the question had to be left out to find any.
    """

    runs: tuple[Past, ...]
    without: str = ""


class Recall:
    """Finds earlier runs.

    Parameters
    ----------
    runs : pathlib.Path
        Folder of the runs.
    kept : pathlib.Path
        Folder in which sentence vectors of runs are kept.
    clock : Clock
        In whose zone dates are told.
    """

    def __init__(self, runs: Path, kept: Path, clock: Clock) -> None:
        self.runs = runs
        self.kept = kept / "recall.npz"
        self.clock = clock

    @cached_property
    def past(self) -> list[Past]:
        """All runs that can be read, the newest first."""
        found = []
        for run in Run.all(self.runs):
            try:
                found.append(_past(run, self.clock))
            except (GnomonError, IndexError, OSError, ValueError):
                continue  # a damaged run cannot be taken up; `gnomon runs` says that it is damaged
        return found[::-1]

    def find(self, understood: Understanding, exclude: str = "") -> Found:
        """The runs that a question means.

        Parameters
        ----------
        understood : Understanding
        exclude : str, optional
            A run that is not an earlier one: the present one.

        Returns
        -------
        Found
        """
        gone = Forgotten(self.runs.parent).gone().runs
        past = [p for p in self.past if p.run != exclude and p.run not in gone]
        spans = [_span(s.value, self.clock) for s in understood.of_type("time") if s.value]
        objects = {str(s.value) for s in understood.of_type("object")}
        of_time = [p for p in past if all(a <= p.when < b for a, b in spans)]
        of_object = [p for p in past if _about(p, objects)]
        of_both = [p for p in of_time if p in of_object]
        if of_both:
            ranked, like = self._ranked(of_both, understood)
            certain = bool(spans or objects)
            return Found(tuple((ranked if certain or not like else like)[:SHOWN]), "" if certain or like else "like")
        without = "time" if spans and (of_object or not objects) else "object"
        ranked, _like = self._ranked(of_object or of_time or past, understood)
        return Found(tuple(ranked[:SHOWN]), without)

    def _ranked(self, past: Sequence[Past], understood: Understanding) -> tuple[list[Past], list[Past]]:
        """Runs by likeness to what is asked, the newest first of those that are equal; and those of them that are like it."""
        text = understood.question
        for slot in sorted(understood.of_type("time", "object"), key=lambda s: -s.start):
            text = f"{text[: slot.start]} {text[slot.end :]}"
        counts = {slot.number for slot in understood.of_type("count")}
        words_ = Nearness([[_in_both(p.text)] for p in past]).by_words(_in_both(text))
        counted = [bool(counts) and p.things in counts for p in past]
        if not words_.any() and not any(counted) and understood.of_type("time", "object"):
            return list(past), list(past)
        sense = self._vectors([p.text for p in past]) @ encoder.encode([text])[0]
        scores = sense + _WORDS * words_ + [_COUNTED * c for c in counted]
        order = sorted(range(len(past)), key=lambda i: (-round(float(scores[i]), 3), i))
        return [past[i] for i in order], [past[i] for i in order if scores[i] >= _LIKE]

    def _vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Sentence vectors of runs, made once for each."""
        import numpy as np

        known: dict[str, Any] = {}
        if self.kept.is_file():
            try:
                with np.load(self.kept, allow_pickle=False) as archive:
                    known = dict(zip(archive["keys"].tolist(), archive["vectors"], strict=True))
            except (OSError, ValueError, KeyError, BadZipFile):
                known = {}  # half of a file: make them again
        new = [t for t in dict.fromkeys(texts) if vectors.key_of(t) not in known]
        if new:
            from gnomon.plans.store import write_atomically

            known |= dict(zip(map(vectors.key_of, new), encoder.encode(new), strict=True))
            keys, values = np.array(list(known)), np.stack(list(known.values()))
            write_atomically(self.kept, lambda part: np.savez(part, keys=keys, vectors=values))
        return np.stack([known[vectors.key_of(t)] for t in texts])


def _past(run: Run, clock: Clock) -> Past:
    created = run.events("run.created")[0]
    results = run.folder / "report" / "results.json"
    told: dict[str, Any] = json.loads(results.read_text(encoding="utf-8")) if results.is_file() else {}
    answer = one_line(told.get("answer", ""))
    question = str(created["question"])
    return Past(
        run=run.id,
        when=datetime.fromisoformat(created["time"]).astimezone(clock.zone),
        status=run.status(),
        question=one_line(question),
        answer=answer,
        things=len({m for r in told.get("results", []) if (m := re.search(r"\w+ \d+$", r["of"])) and (m := m[0])}),
        objects=frozenset(
            objects_in([question, answer, *(p.stem.replace("_", " ") for p in (run.folder / "inputs").glob("*"))])
        ),
    )


def _in_both(text: str) -> str:
    """A text with the terms of the field in it in both languages, so that a question finds runs in the other one."""
    return " ".join([text, *(name for term in terms_in(text) for name in (term.en, term.zh))])


def objects_in(texts: Iterable[str]) -> set[str]:
    """The names of all objects that texts speak of, as catalogues spell them."""
    return {str(slot.value) for text in texts for slot in find_objects(text)}


def _about(past: Past, objects: set[str]) -> bool:
    return not objects or any(_same(a, b) for a in objects for b in past.objects)


def _same(one: str, other: str) -> bool:
    """Whether two names are of one object; a planet's is of its star, too."""
    letters = tuple(f" {letter}" for letter in words("planets"))
    plain = [name[:-2] if name.endswith(letters) else name for name in (one, other)]
    return plain[0].casefold() == plain[1].casefold()


def _span(value: dict[str, str], clock: Clock) -> tuple[datetime, datetime]:
    """The time that a question means; what lies ahead was a year ago, since runs are made before they are looked for."""
    low = datetime.min.replace(tzinfo=UTC)
    high = datetime.max.replace(tzinfo=UTC)
    start = datetime.fromisoformat(value["start"]) if value.get("start") else low
    end = datetime.fromisoformat(value["end"]) if value.get("end") else high
    if start > clock.now and start.year > 1:
        years = start.year - clock.now.year + (1 if start.replace(year=clock.now.year) > clock.now else 0)
        start = start.replace(year=start.year - years)
        end = end.replace(year=end.year - years) if end != high else end
    return start, end
