"""Scoring, cards and the table: a whole training of a small model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toy_rings import Rings

from gnomon.tools.errors import RegistrationError
from gnomon.tools.inference.hub.cards import Card, problems, read_card, refuse_incomplete, write_card
from gnomon.tools.inference.hub.curves import draw_curves, histories
from gnomon.tools.inference.hub.evaluation import Scored, score_folds, train_model
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Fitted, Model, NoSimulator
from gnomon.tools.inference.hub.splits import LeakError, Split
from gnomon.tools.inference.hub.training import Training
from gnomon.tools.inference.hub.weights import model_told, read_tensors

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fitted, Card, Scored, Path, list[str]]:
    folder = tmp_path_factory.mktemp("rings")
    notes: list[str] = []
    model = Rings()
    examples = model.load("rings", folder)
    training = Training(folder / "checkpoints", 4, "cpu", notes.append)
    return *train_model(model, examples, "cpu", training, folder), folder, notes


def test_every_example_is_scored_once_and_the_network_beats_the_line(
    trained: tuple[Fitted, Card, Scored, Path, list[str]],
) -> None:
    _fitted, card, scored, _folder, _notes = trained
    assert len(scored.examples) == 900 and scored.folds == 3
    where = "rings, 3 folds"
    ours = card.scores[where]["metrics"]["accuracy"]
    theirs = card.baselines[where]["logistic regression"]
    assert ours["lower"] > theirs["accuracy"]["upper"]
    assert theirs["difference"]["lower"] > 0.1
    assert ours["lower"] < ours["value"] < ours["upper"]


def test_each_test_part_is_said_to_be_opened_once(trained: tuple[Fitted, Card, Scored, Path, list[str]]) -> None:
    opened = [n for n in trained[4] if "the test part was opened, once" in n]
    assert len(opened) == 3


def test_the_card_is_whole_and_says_that_it_is_simulated(trained: tuple[Fitted, Card, Scored, Path, list[str]]) -> None:
    _fitted, card, _scored, folder, _notes = trained
    assert problems(card) == []
    assert "(simulated)" in card.leading() and card.simulated_only
    told = model_told(folder / card.weights["file"], {"model": "toy_rings", "card": card.leading()}, "cpu")
    assert told["sha256"] == card.weights["sha256"] and told["card"] == card.leading()
    assert card.guard["flagged"]["units off by 1000"] == 1.0 and card.guard["flagged"]["usual"] < 0.05
    write_card(folder / "card.yaml", card)
    again = read_card(folder / "card.yaml")
    assert again.model == card.model and problems(again) == []
    tensors, header = read_tensors(folder / card.weights["file"], card.weights["sha256"])
    assert header == {"layer": 16, "model": "toy_rings", "card": card.leading()} and set(tensors) == set(
        trained[0].tensors
    )


@pytest.mark.parametrize("field", ["baselines", "calibration", "guard", "scores", "biases", "citations"])
def test_a_card_that_leaves_something_out_is_refused(
    trained: tuple[Fitted, Card, Scored, Path, list[str]], field: str
) -> None:
    card = replace(trained[1], **{field: type(getattr(trained[1], field))()})
    with pytest.raises(RegistrationError, match="cannot be offered"):
        refuse_incomplete(card)


def test_a_card_of_simulated_scores_that_does_not_say_so_is_refused(
    trained: tuple[Fitted, Card, Scored, Path, list[str]],
) -> None:
    with pytest.raises(RegistrationError, match="simulated only"):
        refuse_incomplete(replace(trained[1], notes=[]))


def test_a_training_draws_its_curves(trained: tuple[Fitted, Card, Scored, Path, list[str]]) -> None:
    folder = trained[3]
    assert set(histories(folder / "checkpoints")) == {"fold-1/rings", "fold-2/rings", "fold-3/rings", "final/rings"}
    path = draw_curves(folder / "checkpoints", folder / "curves.png")
    assert path is not None and path.read_bytes().startswith(b"\x89PNG")


def test_a_protocol_that_parts_an_object_is_refused(tmp_path: Path) -> None:
    class Leaky(Rings):
        def folds(self, examples: Examples, seed: int) -> list[Split]:
            order = np.arange(len(examples))
            return [Split(*(examples.take(order[order % 3 == k]) for k in range(3)))]

    model = Leaky()
    with pytest.raises(LeakError, match="stand in two parts"):
        score_folds(model, model.load("rings", tmp_path), "cpu", Training(tmp_path, 0, "cpu", lambda _n: None))


def test_a_model_without_a_simulator_says_so() -> None:
    with pytest.raises(NoSimulator, match="has no simulator"):
        Model.simulate(Rings(), 3, 0)
