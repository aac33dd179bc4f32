"""Fit how much words, sense, what is said and where a conversation stands count when a follow-up is told from a new question.

``python -m gnomon.eval.fit_follow_ups [--write] [--ship]``

Learned from: every example of every intent, said as if it were not an example, in three situations; the examples of tools and some of
tasks, as questions; and the follow-ups of ``questions/follow_ups.yaml``.  A conditional logit with a ridge.  Prints the share of follow-ups that are understood, those of
``questions/follow_ups_held_out.yaml`` among them, which nothing is learned from.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.agents.embedded import vectors
from gnomon.agents.embedded.compose import Composer, finish
from gnomon.agents.embedded.goals import Goals
from gnomon.agents.follow_ups.facets import VECTORS, example_texts
from gnomon.agents.follow_ups.intents import QUESTION, WEIGHTS, Heard, Intents, Situation, bare, examples, first_clause
from gnomon.agents.understanding.clock import Clock
from gnomon.agents.understanding.understand import understand
from gnomon.knowledge import encoder
from gnomon.plans.plan import Attachment, Plan
from gnomon.tools.registry import Registry

if TYPE_CHECKING:
    import numpy as np

CLOCK = Clock.of("2026-11-21T16:00:00", "Asia/Shanghai")
# The ends of the two plans over which follow-ups are said, with the reader and the kind of their file.
ENDS = {
    "transits": ("fit_transits", "read_light_curve", "LightCurve", "TOI-114"),
    "velocities": ("fit_keplerian_orbits", "read_radial_velocities", "RadialVelocities", "HD 164922"),
}
# What a run of each measures.
MEASURED = {
    "transits": frozenset(
        {
            "period",
            "epoch",
            "depth",
            "duration",
            "radius_ratio",
            "signal_to_noise",
            "number_of_signals",
            "false_alarm_probability",
        }
    ),
    "velocities": frozenset(
        {"period", "velocity_semi_amplitude", "eccentricity", "argument_of_periastron", "time_of_conjunction"}
    ),
}
# Where each intent is at home, and where else it may be said; the latter counts for less.
_HOME = {
    "approve": "shown", "reject": "shown", "choose": "shown", "undo": "shown", "redo": "shown", "help": "none", "recall": "none",
    "take_up": "recalled", "question": "none",
}  # fmt: skip
_AWAY = 0.25
_FOLLOW_UPS = 3.0
# Questions of tools are many, and of tasks that no tool does still more: every so many of these is taken.
_FROM_TOOLS, _FROM_TOOLS_AWAY = 0.3, 0.08
_TASKS = 6
_PENALTY = 0.004


@dataclass
class Sample:
    """A saying's features of each intent, and which intent is right."""

    features: list[dict[str, float]]
    right: int
    weight: float


def plan_over(registry: Registry, which: str) -> Plan:
    """The plan of a usual question over one file, composed without a planner."""
    goal, reader, kind, about = ENDS[which]
    attachment = Attachment(name=f"{which}.csv", sha256="0" * 64, size=1, kind=kind, found=f"a {kind}", rows=1000)
    composer = Composer(registry)
    draft = composer.reach(registry[goal], composer.start([(attachment, reader)]))
    assert draft is not None
    full, _missing = composer.accompany(draft, set())
    steps = finish(full, {}, 1000, "en")
    return Plan(
        question=f"Which planets has {about}?",
        language="en",
        goal=str(registry[goal].kind),
        files=[attachment],
        steps=steps,
    )


def situation(registry: Registry, plan: str, now: str) -> Situation:
    """Where a conversation stands."""
    if plan == "none":
        return Situation(options=3 if now == "recalled" else 0)
    objects = frozenset({ENDS[plan][3]})
    options = 3 if now in ("shown", "recalled") else 0
    measured = MEASURED[plan] if now == "ran" else frozenset()
    return Situation(plan_over(registry, plan), now == "shown", now == "ran", options, objects, measured)


def load(name: str) -> list[dict[str, Any]]:
    """The follow-ups of a file in ``questions/``."""
    from ruamel.yaml import YAML

    path = Path(__file__).with_name("questions") / f"{name}.yaml"
    loaded: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return loaded


def _of_examples(intents: Intents, registry: Registry) -> Iterator[Sample]:
    known = intents.near.example_vectors()
    heads = [
        encoder.encode([first_clause(text)])[0] if first_clause(text) != text else known[i]
        for i, text in enumerate(intents.near.texts)
    ]
    places = {(p, n): situation(registry, p, n) for p in ENDS for n in ("shown", "ran")}
    places |= {("none", n): situation(registry, "none", n) for n in ("", "recalled")}
    for i, text in enumerate(intents.near.texts):
        owner = intents.near.owners[i]
        home = _HOME.get(intents.names[owner], "ran")
        understood = understand(text.replace("X", "HD 10180"), CLOCK)
        same = [j for j, other in enumerate(intents.near.texts) if other == text]
        plans = list(ENDS)[i % 2 :][:1]
        for (plan, now), where in places.items():
            if plan not in (*plans, "none"):
                continue
            at_home = now == home or (plan == "none" and home == "none" and not now)
            weight = 1.0 if at_home else _AWAY
            yield Sample(intents.features(understood, where, text, (known[i], heads[i]), same), owner, weight)


def _of_tools(intents: Intents, registry: Registry) -> Iterator[Sample]:
    """What people ask of tools, and of what no tool does, as the questions that they are."""
    near = intents.goals.near
    known = near.example_vectors()
    places = [situation(registry, p, n) for p, n in (("none", ""), ("transits", "ran"), ("velocities", "shown"))]
    for i, text in enumerate(near.texts):
        tool = intents.goals.meant[near.owners[i]].tool
        if tool is None and i % _TASKS:
            continue
        understood = understand(text, CLOCK)
        plain = bare(text, understood)
        vector = known[i] if plain == text else encoder.encode([plain])[0]
        head = vector if first_clause(plain) == plain else encoder.encode([first_clause(plain)])[0]
        same = [j for j, other in enumerate(near.texts) if other == text]
        for number, where in enumerate(places):
            # "Plot the light curve" after a run may be a wish for more of it; without a plan it is a question.
            if number and tool is not None and tool.kind.name == "Figure":
                continue
            found = intents.features(understood, where, plain, (vector, head), (), same)
            yield Sample(found, intents.names.index(QUESTION), _FROM_TOOLS_AWAY if number else _FROM_TOOLS)


def _of_follow_ups(intents: Intents, registry: Registry, said: Sequence[dict[str, Any]]) -> Iterator[Sample]:
    for one in said:
        understood = understand(one["say"], CLOCK)
        text = bare(one["say"], understood)
        where = situation(registry, one["plan"], one.get("now", ""))
        found = intents.features(understood, where, text, tuple(encoder.encode([text, first_clause(text)])))
        yield Sample(found, intents.names.index(one["means"]), _FOLLOW_UPS)


def _matrices(samples: Sequence[Sample], names: Sequence[str]) -> np.ndarray:
    import numpy as np

    place = {name: i for i, name in enumerate(names)}
    out = np.zeros((len(samples), len(samples[0].features), len(names)))
    for s, sample in enumerate(samples):
        for i, row in enumerate(sample.features):
            for name, value in row.items():
                if name in place:
                    out[s, i, place[name]] = value
    return out


def fit(samples: Sequence[Sample]) -> dict[str, float]:
    """The weights that make what is right likeliest."""
    import numpy as np
    from scipy.optimize import minimize

    names = sorted({name for s in samples for row in s.features for name in row})
    x = _matrices(samples, names)
    right = np.array([s.right for s in samples])
    weight = np.array([s.weight for s in samples])
    rows = np.arange(len(samples))

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        utility = x @ w
        utility -= utility.max(axis=1, keepdims=True)
        shares = np.exp(utility)
        shares /= shares.sum(axis=1, keepdims=True)
        value = -(weight * np.log(shares[rows, right] + 1e-300)).sum() / weight.sum()
        shares[rows, right] -= 1.0
        gradient = np.einsum("si,sif->f", weight[:, None] * shares, x) / weight.sum()
        return value + _PENALTY * float(w @ w) / 2, gradient + _PENALTY * w

    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B")
    return {name: round(float(w), 3) for name, w in zip(names, found.x, strict=True) if abs(w) >= 0.02}


def hear(intents: Intents, registry: Registry, said: Sequence[dict[str, Any]]) -> list[Heard]:
    """What is heard in follow-ups."""
    return [
        intents.hear(understand(one["say"], CLOCK), situation(registry, one["plan"], one.get("now", "")))
        for one in said
    ]


def report(title: str, said: Sequence[dict[str, Any]], heard: Sequence[Heard]) -> None:
    """Print the share that was understood, by language, and what was not."""
    for language, mine in (("en", False), ("zh", True)):
        chosen = [
            (o, h) for o, h in zip(said, heard, strict=True) if any("\u4e00" <= c <= "\u9fff" for c in o["say"]) is mine
        ]
        right = [(o, h) for o, h in chosen if right_of(h.best) == right_of(o["means"])]
        wrong = [(o, h) for o, h in chosen if right_of(h.best) != right_of(o["means"]) and h.sure]
        asked = [(o, h) for o, h in chosen if not h.sure]
        print(
            f"{title} {language}: {len(right)} of {len(chosen)} right; {len(asked)} unsure; {len(wrong)} wrong and sure of it"
        )
        for one, h in chosen:
            if right_of(h.best) != right_of(one["means"]) or not h.sure:
                told = ", ".join(f"{m.intent} {m.value:.2f}" for m in h.meanings[:3])
                print(f"    {one['means']:<10} {one['say']}   [{told}]")


def right_of(intent: str) -> str:
    """Intents that are one for a person."""
    return {"no_figures": "leave_out"}.get(intent, intent)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, print, and write where told to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the weights")
    parser.add_argument("--ship", action="store_true", help="write the vectors of the examples")
    parser.add_argument("--held-out", action="store_true", help="measure on what nothing is learned from")
    chosen = parser.parse_args(arguments)
    registry = Registry.load()
    if chosen.ship:
        ship()
    intents = Intents(registry, Goals(list(registry.values())))
    said = load("follow_ups")
    if chosen.write:
        fitted = fit(
            [*_of_examples(intents, registry), *_of_tools(intents, registry), *_of_follow_ups(intents, registry, said)]
        )
        WEIGHTS.write_text(
            json.dumps({"weights": fitted}, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8"
        )
    report("follow-ups", said, hear(intents, registry, said))
    if chosen.held_out:
        held_out = load("follow_ups_held_out")
        report("held out", held_out, hear(intents, registry, held_out))
    return 0


def ship() -> None:
    """Write the vectors of the examples of intents, so that nobody has to wait for them."""
    import numpy as np

    texts = list(dict.fromkeys([*(text for group in examples().values() for text in group), *example_texts()]))
    made = np.concatenate([encoder.encode(texts[i : i + 64]) for i in range(0, len(texts), 64)])
    np.savez_compressed(VECTORS, keys=np.array([vectors.key_of(t) for t in texts]), vectors=made.astype(np.float16))


if __name__ == "__main__":
    sys.exit(main())
