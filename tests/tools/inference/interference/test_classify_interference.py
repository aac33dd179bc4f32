"""The tool that names sources of interference, with the weights that come along, and a small training of its model."""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable, vstack

pytest.importorskip("torch")

from gnomon.tools.inference.hub.models import Fitted
from gnomon.tools.inference.hub.training import Training
from gnomon.tools.inference.interference import classify_interference as module
from gnomon.tools.inference.interference import interference_sources
from gnomon.tools.inference.interference.classify_interference import classify_interference
from gnomon.tools.inference.interference.interference_sources import InterferenceSources
from gnomon.tools.inference.interference.simulate_sources import SAMPLES, SOURCES, STEP_S, simulate_records
from gnomon.tools.kinds import KINDS

KIND = KINDS["Classification"]
WEIGHTS = Path(module.__file__).parent / module.WEIGHTS[0]


def table_of(records: np.ndarray) -> QTable:
    time = STEP_S * np.arange(records.shape[1])
    return vstack(
        [
            QTable({"record": np.full(len(r), f"r{n:02d}"), "time": time * u.s, "voltage": r})
            for n, r in enumerate(records)
        ]
    )


def asked(table: QTable) -> QTable:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return classify_interference(table, WEIGHTS)


def test_the_weights_are_those_that_are_declared() -> None:
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == module.WEIGHTS[1]


@pytest.fixture(scope="module")
def known() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """New records of the kind that was simulated."""
    return simulate_records(64, 4321)


def test_sources_of_new_records_are_named(known: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    records, kinds, _snr = known
    said = asked(table_of(records))
    assert KIND.codec.check(said, KIND) is None and len(said) == 64
    right = said["class"] == np.array(SOURCES)[kinds]
    assert right.mean() > 0.75
    assert np.sum([said[f"p_{s}"] for s in SOURCES], axis=0) == pytest.approx(np.ones(64))
    held = [SOURCES[k] in row.split("; ") for k, row in zip(kinds, said["class_set"], strict=True)]
    assert np.mean(held) > 0.8 and all(c in s for c, s in zip(said["class"], said["class_set"], strict=True))
    assert np.mean(said["in_domain"] < 0.01) < 0.1
    assert said.meta["model"]["name"] == "interference_sources" and "simulated" in said.meta["model"]["card"]
    why = json.loads(said.meta["explanation"])
    assert why["objects"] == said["name"][:6].tolist() and np.shape(why["parts"][0]["adds"]) == (6, SAMPLES // 64)


def test_the_gain_the_offset_and_the_other_records_change_nothing(
    known: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    records = known[0][:3].astype(float)
    whole, alone = asked(table_of(records)), asked(table_of(250.0 * records[1:2] + 3.0))
    for source in SOURCES:
        assert alone[f"p_{source}"][0] == pytest.approx(whole[f"p_{source}"][1], abs=2e-3)


def test_a_long_fast_record_gets_a_row_a_stretch(known: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    long = np.concatenate([known[0][0], known[0][0], known[0][0][:1000]])
    said = asked(table_of(long[None]))
    assert said["start_ms"].to_value("ms").tolist() == [0.0, pytest.approx(40.96)]
    assert said["p_relay arc"][0] == pytest.approx(said["p_relay arc"][1], abs=0.05)


def test_noise_and_a_random_walk_are_told_as_unknown() -> None:
    rng = np.random.default_rng(3)
    records = np.concatenate([rng.normal(size=(6, SAMPLES)), np.cumsum(rng.normal(size=(6, SAMPLES)), axis=1)])
    with pytest.warns(UserWarning, match="unlike the simulated interference"):
        said = classify_interference(table_of(records), WEIGHTS)
    assert np.mean(said["in_domain"][:6] < 0.01) > 0.8 and np.mean(said["in_domain"][6:] < 0.01) > 0.9


@pytest.mark.slow
def test_a_small_training_learns_and_repeats(tmp_path: Path) -> None:
    patch = pytest.MonkeyPatch()
    patch.setitem(interference_sources._RECIPE, "cpu", replace(interference_sources._RECIPE["cpu"], epochs=4, batch=16))
    patch.setitem(interference_sources._WIDTH, "cpu", 8)
    try:
        model = InterferenceSources()
        examples = model.simulate(640, 9)
        train, validation = examples.take(slice(0, 400)), examples.take(slice(400, 640))
        fitted, again = (
            model.fit(train, validation, "cpu", Training(tmp_path / n, 3, note=lambda _line: None)) for n in "ab"
        )
    finally:
        patch.undo()
    assert all(np.array_equal(again.tensors[k], v) for k, v in fitted.tensors.items())
    said = model.predict(fitted, validation.inputs, "cpu")
    assert validation.target is not None
    assert np.mean(said.value.argmax(axis=1) == validation.target) > 0.25  # an eighth by chance
    sets = said.extras["class_set"]
    assert np.mean(sets[np.arange(240), validation.target]) == pytest.approx(0.9, abs=0.02)
    _explained(model, fitted, {"voltage": validation.inputs["voltage"][:3]})


def _explained(model: InterferenceSources, fitted: Fitted, inputs: dict[str, np.ndarray]) -> None:
    """What samples add sums up to the logit above that of silence."""
    from gnomon.tools.inference.interference.source_probabilities import source_logits

    logits = source_logits(fitted.tensors, fitted.header, inputs["voltage"], "cpu")
    silent = source_logits(fitted.tensors, fitted.header, np.zeros_like(inputs["voltage"]), "cpu")
    why = model.explain(fitted, inputs, "cpu").values["voltage"]
    best = logits.argmax(axis=1)
    rows = np.arange(len(best))
    assert why.sum(axis=1) == pytest.approx(logits[rows, best] - silent[rows, best], rel=0.25, abs=0.3)
