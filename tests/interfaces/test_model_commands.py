"""`gnomon models`, `train`, `predict`, `label` and `bench models`, on a small model that a third party installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_rings import Rings

pytest.importorskip("torch")


def _points(path: Path, n: int, seed: int = 1, labelled: bool = False, scale: float = 1.0) -> Path:
    a, b = np.random.default_rng(seed).normal(size=(2, n)) * scale
    rows = [f"p{i},{x:.6f},{y:.6f}" + (f",{int(np.hypot(x, y) < 1)}" if labelled else "") for i, (x, y) in enumerate(zip(a, b, strict=True))]  # fmt: skip
    path.write_text("name,a,b" + (",inside" if labelled else "") + "\n" + "\n".join(rows) + "\n")
    return path


def test_a_model_of_a_third_party_is_listed_with_the_score_that_matters(gnomon: Callable[..., Any]) -> None:
    told = gnomon("models").out
    assert "toy_rings" in told and "(simulated); logistic regression has 0." in told


def test_a_card_says_all_that_a_reader_must_know(gnomon: Callable[..., Any]) -> None:
    page = gnomon("models", "toy_rings").out
    for said in ("环内或环外", "sha256", "terms: anyone's", "every test part was opened once", "ours minus logistic regression", "units off by 1000", "Known bias", "simulated only"):  # fmt: skip
        assert said in page, said
    card = gnomon("models", "toy_rings", "--json").json["models"][0]
    assert card["weights"]["bytes"] < 20_000 and card["split"]["folds"] == 3


def test_a_name_that_is_not_there_is_answered_with_the_nearest(gnomon: Callable[..., Any]) -> None:
    said = gnomon("models", "toy_ring")
    assert said.code == 2 and "Did you mean toy_rings?" in said.err


@pytest.mark.slow
def test_a_training_that_is_run_again_gives_the_same_weights(gnomon: Callable[..., Any], tmp_path: Path) -> None:
    asked = ("train", "toy_rings", "--data", tmp_path, "--seed", "4", "--device", "cpu", "--json")
    first = gnomon(*asked, "-o", tmp_path / "one").json["trained"][0]
    again = gnomon(*asked, "-o", tmp_path / "two").json["trained"][0]
    assert first["card"]["weights"]["sha256"] == again["card"]["weights"]["sha256"]
    assert all("within" in line for line in first["compared_with_shipped"])
    for name in ("cards/toy_rings.yaml", "weights/toy_rings.safetensors", "curves/toy_rings.png"):
        assert (tmp_path / "one" / name).is_file()


def test_a_survey_is_told_object_by_object(gnomon: Callable[..., Any], tmp_path: Path) -> None:
    file = _points(tmp_path / "survey.csv", 500)
    said = gnomon("predict", "toy_rings", file, "-o", tmp_path / "out.csv", "--rows", "100")
    assert said.code == 0 and "500 objects" in said.out and "accuracy" in said.out
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert len(lines) == 501 and lines[0].replace('"', "") == "name,class,p_outside,p_inside,in_domain"


def test_several_files_go_side_by_side_and_a_broken_one_stops_none(gnomon: Callable[..., Any], tmp_path: Path) -> None:
    files = [_points(tmp_path / f"{n}.csv", 50, seed=n) for n in (1, 2)]
    (tmp_path / "3.csv").write_text("x,y\n1,2\n")
    said = gnomon(
        "predict", "toy_rings", *files, tmp_path / "3.csv", "-o", tmp_path / "out", "--json", "--workers", "2"
    )
    assert said.code == 1
    told = {f["file"]: f for f in said.json["files"]}
    assert told["1.csv"]["objects"] == 50 and (tmp_path / "out" / "2.parquet").is_file()
    assert "has no column" in told["3.csv"]["error"] and not (tmp_path / "out" / "3.parquet").exists()


def test_what_is_unlike_the_training_data_is_counted(gnomon: Callable[..., Any], tmp_path: Path) -> None:
    said = gnomon("predict", "toy_rings", _points(tmp_path / "far.csv", 20, scale=1e4), "-o", tmp_path / "out.parquet")
    assert "20 of them unlike what the model knows" in said.out


def test_labels_are_ranked_taken_and_learnt_from(gnomon: Callable[..., Any], tmp_path: Path) -> None:
    pool = _points(tmp_path / "pool.csv", 300)
    labels = tmp_path / "labels.csv"
    ranked = gnomon("label", "toy_rings", "--data", pool, "--labels", labels, "-n", "5", "--json").json
    assert len(ranked["next"]) == 5 and ranked["labelled"] == 0
    assert all(row["probability"] < 0.9 for row in ranked["next"])
    names = [row["name"] for row in ranked["next"]]
    labels.write_text("name,label\n" + "".join(f"{n},inside\n" for n in names))
    again = gnomon("label", "toy_rings", "--data", pool, "--labels", labels, "-n", "5", "--json").json
    assert again["labelled"] == 5 and not {row["name"] for row in again["next"]} & set(names)
    weights = tmp_path / "mine.safetensors"
    told = gnomon("label", "toy_rings", "--data", pool, "--labels", labels, "--fit", weights, "--json").json
    assert told["labels"] == 5 and weights.is_file()


def test_a_label_that_is_no_class_is_refused(gnomon: Callable[..., Any], tmp_path: Path) -> None:
    pool = _points(tmp_path / "pool.csv", 30)
    (tmp_path / "labels.csv").write_text("name,label\np1,sideways\n")
    said = gnomon("label", "toy_rings", "--data", pool, "--labels", tmp_path / "labels.csv")
    assert said.code == 2 and "'sideways', which is no class of toy_rings" in said.err


def test_what_labels_are_worth_is_shown(gnomon: Callable[..., Any], tmp_path: Path) -> None:
    pool = _points(tmp_path / "pool.csv", 300, labelled=True)
    curve = gnomon("label", "toy_rings", "--data", pool, "--curve", "--json").json
    assert curve["labels"] == [10, 20, 50, 100] and len(curve["ranked"]) == len(curve["random"]) == 4
    said = gnomon("label", "toy_rings", "--data", _points(tmp_path / "p.csv", 30), "--curve")
    assert said.code == 2 and "does not say what is true" in said.err


def test_shipped_weights_are_scored_on_a_labelled_file(gnomon: Callable[..., Any], tmp_path: Path) -> None:
    file = _points(tmp_path / "test.csv", 400, labelled=True)
    row = gnomon("bench", "models", "toy_rings", "--data", tmp_path, "--on", file, "--json").json["rows"][0]
    assert row["metric"] == "accuracy" and row["ours"]["value"] > 0.9 > row["baselines"]["logistic regression"]["value"]
    assert row["weights"] == "the weights that come along"


def test_bad_input_is_told_in_a_sentence(gnomon: Callable[..., Any], tmp_path: Path) -> None:
    for arguments, sentence in (
        (("train", "toy_rings", "--data", tmp_path, "--preset", "tpu"), "There is no preset 'tpu'"),
        (("train", "nothing_like_it", "--data", tmp_path), "There is no model and no family called"),
        (("predict", "toy_rings", tmp_path / "no.csv", "-o", tmp_path / "o.csv"), "There is no file no.csv"),
        (("predict", "toy_rings", _points(tmp_path / "x.csv", 3), "-o", tmp_path / "o.csv", "--device", "tpu"), "no device called 'tpu'"),
    ):  # fmt: skip
        said = gnomon(*arguments)
        assert said.code in (1, 2) and sentence in said.err and "Traceback" not in said.err, said.err


def test_the_card_beside_the_toy_is_of_its_weights() -> None:
    from gnomon.tools.inference.hub.offered import Offer

    offer = Offer(Rings())
    assert offer.fitted().header == {"layer": 16, "model": "toy_rings", "card": offer.card.leading()}
