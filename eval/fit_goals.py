"""Fit how much words, sense and the data at hand count when a question is matched with what it can mean.

``python -m gnomon.eval.fit_goals [--vectors] [--write]``

Learned from: every example question of every tool and task (those that they declare, and ``eval/training/``), asked as if it were not an
example (left out of what it is compared with; for a third of the tasks with all of the task's examples left out, so that what nobody thought of is learned to
be unknown); and the development questions.  First the head (`gnomon.agents.embedded.head`), once with everything and once without each fifth; then a
conditional logit, in which the head of the other four fifths speaks for each question.
Prints the fit, five-fold cross-validated scores on the development questions, and how well probabilities hold.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.agents.attachments import Attached
from gnomon.agents.embedded import example_questions as bank
from gnomon.agents.embedded import head as heads
from gnomon.agents.embedded import vectors
from gnomon.agents.embedded.choices import find_choices
from gnomon.agents.embedded.clauses import in_clauses
from gnomon.agents.embedded.compose import Said
from gnomon.agents.embedded.goals import FEATURES, WEIGHTS, Goals
from gnomon.agents.embedded.planner import EmbeddedPlanner
from gnomon.agents.embedded.words import kind_phrase
from gnomon.agents.understanding.understand import understand
from gnomon.eval.planner import CLOCK, READERS, attached, load, supplied
from gnomon.knowledge import encoder
from gnomon.tools.registry import Registry

if TYPE_CHECKING:
    import numpy as np

NOTHING = -1
SUITES = (
    "development",
    "development_2",
    "development_3",
    "development_4",
    "development_5",
    "development_6",
    "development_7",
    "development_8",
    "development_9",
    "development_10",
    "development_11",
    "development_12",
    "extents",
    "observing",
)
TRAINING = Path(__file__).with_name("training")
_FOLDS = 5
_PENALTY = 0.02  # ridge, in units of the mean log-likelihood


@dataclass
class Sample:
    """A question's features of everything it could mean, and which of it are right (`NOTHING`: nothing known)."""

    features: np.ndarray
    right: frozenset[int]
    weight: float
    of: str


def as_good(registry: Registry, names: Iterable[str]) -> set[str]:
    """The tools, and beside each search the one that gives its numbers: both end in the same plan."""
    made = {registry[n].kind for n in names if n in registry}
    numbers = {
        t.name
        for t in registry.values()
        if t.declaration.provisional and any(p.kind and any(p.kind.accepts(k) for k in made) for p in t.inputs)
    }
    searches = {
        t.name for n in names if n in registry and registry[n].declaration.provisional for p in registry[n].inputs for t in registry.makers(p.kind)
    }  # fmt: skip
    return {*names, *numbers, *searches}


def training_rows() -> list[dict[str, Any]]:
    """The training questions of all files, in the order of the files' names."""
    files = sorted(TRAINING.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def write_example_questions(planner: EmbeddedPlanner) -> None:
    """Write the wishes of the training questions, as questions are compared."""
    told: dict[str, list[str]] = {}
    for row in training_rows():
        wish = in_clauses(understand(row["question"], CLOCK), planner.goals.spelling).wanted[0]
        told.setdefault(row["means"], []).append(wish)
    made = {name: list(dict.fromkeys(texts)) for name, texts in sorted(told.items())}
    bank.FILE.write_text(json.dumps(made, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def _fold(text: str) -> int:
    """Which fifth a text belongs to, wherever it stands."""
    return zlib.crc32(text.encode()) % _FOLDS


def fit_heads(planner: EmbeddedPlanner) -> tuple[heads.Head, list[heads.Head]]:
    """The head of everything, and those without each fifth."""
    import numpy as np

    goals = planner.goals
    names = (*(m.name for m in goals.meant if m.tool is not None), heads.OUTSIDE)
    texts, right, weight = list(goals.near.texts), [], []
    for owner in goals.near.owners:
        meant = goals.meant[owner]
        right.append(as_good(planner.registry, [meant.name]) if meant.tool is not None else {heads.OUTSIDE})
        weight.append(1.0)
    found = [goals.near.example_vectors()]
    for question in [q for suite in SUITES for q in load(suite)]:
        back = question.get("back", "")
        if back and back not in ("outside", "effect"):
            continue
        wish = in_clauses(understand(question["question"], CLOCK), goals.spelling).wanted[0]
        texts.append(wish)
        right.append({heads.OUTSIDE} if back else as_good(planner.registry, question["goal"]))
        weight.append(2.0)
    found.append(encoder.encode(texts[len(goals.near.texts) :]))
    known, counted = np.concatenate(found), np.asarray(weight)
    wanted = np.array([[n in r for n in names] for r in right])
    folds = np.array([_fold(t) for t in texts])
    whole = heads.fit(names, known, wanted, counted)
    return whole, [heads.fit(names, *(x[folds != k] for x in (known, wanted, counted))) for k in range(_FOLDS)]


def samples(planner: EmbeddedPlanner, left: Sequence[heads.Head]) -> Iterator[Sample]:
    """All samples: first the examples, then the development questions; `left` are the heads without each fifth."""
    yield from _of_examples(planner, planner.goals, left)
    yield from _of_questions(planner, planner.goals, left)


def _known(kinds: Sequence[str]) -> str:
    return " ".join(kind_phrase(language, k) for k in kinds for language in ("en", "zh"))


def _of_examples(planner: EmbeddedPlanner, goals: Goals, left: Sequence[heads.Head]) -> Iterator[Sample]:
    kinds_of = {
        t.name: [
            (k,)
            for k, reader in READERS.items()
            if reader in planner.registry and planner.composer.leads(planner.registry[reader], t)
        ]
        for t in planner.registry.values()
    }
    from_nothing = planner._drafts((), Said())
    all_vectors = goals.near.example_vectors()
    everything = frozenset(planner.registry)
    fetched = {t.name for t in planner.registry.values() if "read_network" in t.effects}
    names = {m.name: i for i, m in enumerate(goals.meant) if m.tool is not None}
    for i, text in enumerate(goals.near.texts):
        owner = goals.near.owners[i]
        meant = goals.meant[owner]
        same = [j for j, other in enumerate(goals.near.texts) if other == text]
        right = {goals.near.owners[j] for j in same}
        right |= {names[n] for n in as_good(planner.registry, [meant.name]) if n in names}
        without = list(same)
        if meant.tool is not None:
            own = kinds_of[meant.name]
            # What is made of data that can also be fetched is asked for without a file now and then.
            alone = meant.name in from_nothing and (not own or i % 6 == 0 or meant.name in fetched)
            kinds = () if alone or not own else own[i % len(own)]
        else:
            kinds = ((), ("LightCurve",), ("RadialVelocities",))[i % 3]
            about = meant.task.about if meant.task else ""
            if i % 3 == 0:
                without = [j for j, o in enumerate(goals.near.owners) if o == owner]
                right = {
                    NOTHING,
                    *[
                        k
                        for k, m in enumerate(goals.meant)
                        if m.task is not None and m.task.about == about and k != owner
                    ],
                }
            else:
                right |= {k for k, m in enumerate(goals.meant) if m.task is not None and m.task.about == about}
        understood = understand(text, CLOCK)
        said = planner._said(understood)
        reached = planner._reachable(_with_telescopes(kinds), said) if kinds else everything
        if meant.tool is not None:
            right = {r for r in right if goals.meant[r].name in reached} or right
        taking = planner.taking(understood, named=not kinds)
        found = goals.features(
            [text],
            all_vectors[i],
            known=_known(kinds),
            reachable=reached,
            lacking=said.lacking,
            misnamed=planner.misnamed(understood, named=not kinds),
            observing=planner.observing(understood, attached(kinds)),
            taking=taking,
            numbers=frozenset(s.name for s in understood.slots if s.number is not None),
            without=without,
            head=left[_fold(text)],
        )
        yield Sample(found, frozenset(right), 1.0, meant.name)


def _with_telescopes(kinds: Sequence[str]) -> list[Attached]:
    """Files of these kinds; with requests or a sky map come the telescopes that a question names."""
    wanted = {"ObservingRequests", "SkyMap", "Schedule"} & set(kinds) and "Telescopes" not in kinds
    return [*attached(kinds), supplied()] if wanted else attached(kinds)


def _of_questions(planner: EmbeddedPlanner, goals: Goals, left: Sequence[heads.Head]) -> Iterator[Sample]:
    names = {m.name: i for i, m in enumerate(goals.meant)}
    tasks = {i for i, m in enumerate(goals.meant) if m.task is not None}
    actions = {i for i, m in enumerate(goals.meant) if m.task is not None and m.task.about == "action"}
    everything = frozenset(planner.registry)
    for question in [q for suite in SUITES for q in load(suite)]:
        kinds = question.get("data", [])
        right = {
            "outside": tasks - actions | {NOTHING},
            "effect": actions,
            "impossible": set(),
            "missing": set(),
            "ambiguous": set(),
        }.get(question.get("back", ""), {names[g] for g in as_good(planner.registry, question.get("goal", []))})
        if question.get("back") in ("missing", "impossible") and (kinds and question["id"]):
            right = set()  # these come back by other means than the goal
        if not right:
            continue
        understood = understand(question["question"], CLOCK)
        chosen = find_choices(understood, list(planner.registry.values()))
        clauses = in_clauses(understood, goals.spelling, [s for _t, _p, s in chosen])
        said = planner._said(understood)
        found = goals.features(
            clauses.wanted,
            encoder.encode(clauses.wanted),
            known=_known(kinds),
            reachable=planner._reachable(_with_telescopes(kinds), said) if kinds else everything,
            lacking=said.lacking,
            misnamed=planner.misnamed(understood, named=not kinds),
            observing=planner.observing(understood, attached(kinds)),
            taking=planner.taking(understood, named=not kinds),
            numbers=frozenset(s.name for s in understood.slots if s.number is not None),
            head=left[_fold(clauses.wanted[0])],
        )
        yield Sample(found, frozenset(right), 3.0, f"question {question['id']}")


def log_likelihood(weights: np.ndarray, sample: Sample) -> tuple[float, np.ndarray]:
    """Logarithm of the probability of what is right, and its gradient."""
    import numpy as np

    utility = np.append(sample.features @ weights, 0.0)
    features = np.vstack([sample.features, np.zeros(len(weights))])
    utility -= utility.max()
    shares = np.exp(utility)
    total = shares / shares.sum()
    index = [len(utility) - 1 if r == NOTHING else r for r in sample.right]
    inside = shares[index] / shares[index].sum()
    value = float(np.log(total[index].sum() + 1e-300))
    return value, inside @ features[index] - total @ features


def fit(chosen: Sequence[Sample]) -> np.ndarray:
    """The weights that make what is right likeliest."""
    import numpy as np
    from scipy.optimize import minimize

    total = sum(s.weight for s in chosen)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = 0.0, np.zeros_like(weights)
        for sample in chosen:
            v, g = log_likelihood(weights, sample)
            value += sample.weight * v
            gradient += sample.weight * g
        return -value / total + _PENALTY * weights @ weights / 100, -gradient / total + 2 * _PENALTY * weights / 100

    found = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B")
    return np.asarray(found.x)


def _held(weights: np.ndarray, chosen: Sequence[Sample]) -> dict[str, float]:
    import numpy as np

    right, sure, values = [], [], []
    for sample in chosen:
        utility = np.append(sample.features @ weights, 0.0)
        shares = np.exp(utility - utility.max())
        shares /= shares.sum()
        best = int(shares.argmax())
        best = NOTHING if best == len(utility) - 1 else best
        right.append(best in sample.right)
        sure.append(float(shares.max()))
        values.append(log_likelihood(weights, sample)[0])
    bins = np.digitize(sure, [0.4, 0.6, 0.8, 0.9, 0.95])
    hit = np.asarray(right, dtype=float)
    error = sum(abs(hit[bins == b].mean() - np.asarray(sure)[bins == b].mean()) * (bins == b).mean() for b in set(bins))
    return {"right": float(hit.mean()), "log-likelihood": float(np.mean(values)), "calibration error": float(error)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, print, and with ``--write`` keep the weights and the examples' vectors."""
    import numpy as np

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="keep the weights")
    parser.add_argument("--vectors", action="store_true", help="make the vectors of all examples again")
    given = parser.parse_args(arguments)
    planner = EmbeddedPlanner(Registry.load(), clock=CLOCK)
    if given.vectors:
        write_example_questions(planner)
        bank.example_questions.cache_clear()
        planner = EmbeddedPlanner(Registry.load(), clock=CLOCK)
        vectors.ship(planner.goals.near.texts)
        vectors._shipped.cache_clear()
    head, left = fit_heads(planner)
    found = list(samples(planner, left))
    examples = [s for s in found if not s.of.startswith("question")]
    questions = [s for s in found if s.of.startswith("question")]
    held = []
    for fold in range(5):
        weights = fit([*examples, *[s for i, s in enumerate(questions) if i % 5 != fold]])
        held += [{**_held(weights, [s])} for i, s in enumerate(questions) if i % 5 == fold]
    print(
        f"questions, held out in five folds: right {np.mean([h['right'] for h in held]):.3f}, log-likelihood {np.mean([h['log-likelihood'] for h in held]):.3f}"
    )
    weights = fit(found)
    print("examples ", {k: round(v, 3) for k, v in _held(weights, examples).items()})
    print("questions", {k: round(v, 3) for k, v in _held(weights, questions).items()})
    for name, weight in zip(FEATURES, weights, strict=True):
        print(f"  {name:<16} {weight:8.3f}")
    if given.write:
        head.write()
        WEIGHTS.write_text(
            json.dumps({"weights": {n: round(float(w), 4) for n, w in zip(FEATURES, weights, strict=True)}}, indent=1)
            + "\n",
            encoding="utf-8",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
