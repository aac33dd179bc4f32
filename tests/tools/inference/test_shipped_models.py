"""Every model that comes along: a whole card, the weights that it names, and tools that use just these."""

from __future__ import annotations

from pathlib import Path

import pytest

from gnomon.tools.inference.hub.cards import problems
from gnomon.tools.inference.hub.offered import Models
from gnomon.tools.registry import Registry

MODELS = {name: offer for name, offer in Models().items() if type(offer.model).__module__.startswith("gnomon.")}
DECLARED = {
    (tool.name, Path(file).stem): sha256
    for tool in Registry.load().values()
    for file, sha256 in tool.declaration.weights.values()
}
_LARGEST = 4 * 2**20  # bytes of a file of weights in the repository


def test_no_entry_point_is_refused() -> None:
    assert Models().refused == [] and len(MODELS) == 13


@pytest.mark.parametrize("name", MODELS)
def test_its_card_is_whole_and_its_weights_are_those_of_the_card(name: str) -> None:
    offer = MODELS[name]
    assert problems(offer.card) == [] and offer.card.model == name == offer.model.name
    header = offer.fitted().header
    assert (header["model"], header["card"]) == (name, offer.card.leading())
    assert (offer.folder / offer.card.weights["file"]).stat().st_size == offer.card.weights["bytes"] < _LARGEST


@pytest.mark.parametrize("name", MODELS)
def test_a_tool_uses_the_weights_of_its_card(name: str) -> None:
    used = {sha256 for (_tool, model), sha256 in DECLARED.items() if model == name}
    assert used == {MODELS[name].card.weights["sha256"]}


@pytest.mark.parametrize("name", MODELS)
def test_its_card_gives_what_the_class_says(name: str) -> None:
    card, model = MODELS[name].card, MODELS[name].model
    assert (card.takes, card.gives, card.title, card.title_zh) == (
        model.takes,
        model.gives,
        model.title,
        model.title_zh,
    )
    assert set(next(iter(card.scores.values()))["metrics"]) == {m.name for m in model.metrics}
