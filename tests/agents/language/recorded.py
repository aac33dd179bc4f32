"""Questions put to real small models, whose replies are recorded beside this file so that CI asks no model.

``python -m tests.agents.language.recorded BASE_URL MODEL`` records them again: after a change of a prompt or of what a
tool says of itself.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from gnomon.agents.language.budget import Budget
from gnomon.agents.language.endpoint import Endpoint
from gnomon.agents.language.goal_choice import choose_goal
from gnomon.agents.language.replies import Replies
from gnomon.agents.language.shortlist import Candidate
from gnomon.agents.language.support import Read
from gnomon.agents.language.value_reading import choose_places
from gnomon.agents.understanding.grammar import language_of
from gnomon.agents.understanding.slot import Slot
from gnomon.tools.registry import Registry

REPLIES = Path(__file__).with_name("replies")
REGISTRY = Registry.load()

# Candidates and slots are written down, not computed: replies must outlive changes of the embedded planner.
GOALS = [
    ("Is there anything periodic hidden in the flattened curve?", "a light curve", "transit_periodogram fit_transits"),
    ("Show me how the brightness changes with time", "a light curve", "plot_light_curve detrend_light_curve"),
    ("How many planets orbit the star, and on what orbits?", "radial velocities", "fit_keplerian_orbits minimum_masses"),
    ("画出视向速度随时间的变化", "radial velocities", "plot_radial_velocities plot_velocity_periodogram"),
    ("视向速度里有没有周期信号？", "radial velocities", "velocity_periodogram fit_keplerian_orbits"),
    ("How heavy is the planet at least?", "radial velocities", "minimum_masses fit_keplerian_orbits"),
]  # fmt: skip
VALUES = [
    ("Look for transits, and anything longer than 40 days is of no interest", "transit_periodogram", "40 days", "period_max"),
    ("Search for transits with windows; the filter should span some 2.5 d", "detrend_light_curve", "2.5 d", "window"),
    ("搜索凌星，周期不会超过 30 天", "transit_periodogram", "30 天", "period_max"),
    ("Search for planets; last year I observed it for 12 d", "transit_periodogram", "12 d", "period_max"),
]  # fmt: skip


def ask_all(endpoint: Endpoint) -> dict[str, Any]:
    """What a model makes of all of these, by question."""
    said: dict[str, Any] = {}
    for question, data, names in GOALS:
        candidates = [Candidate(REGISTRY[name], 0.4) for name in names.split()]
        choice = choose_goal(endpoint, question, language_of(question), data, candidates)
        said[question] = list(choice.answers) if choice else None
    for question, name, words, argument in VALUES:
        start = question.index(words)
        slot = Slot("quantity", words, start, start + len(words), 1.0, unit="d").inside(question)
        parameter = REGISTRY[name].parameter(argument)
        assert parameter is not None
        arguments = {argument: (REGISTRY[name], parameter)}
        placed = choose_places(endpoint, question, arguments, [(slot, {argument: Read(slot, "1.0 d")})])
        said[question] = placed[0].argument
    return said


def main(base_url: str, model: str) -> None:
    """Record the replies of a model, and what comes of them."""
    import json

    folder = REPLIES / model
    for old in folder.glob("*.json"):
        old.unlink()
    said = ask_all(Endpoint(base_url, model, budget=Budget(), replies=Replies(folder, record=True)))
    (folder / "said.json").write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
