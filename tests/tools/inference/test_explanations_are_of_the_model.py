"""Explanations of every model that comes along: with random weights they are other ones (Adebayo et al. 2018, arXiv:1810.03292)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from gnomon.tools.inference.hub.models import Attribution, Fitted, Model
from gnomon.tools.inference.hub.offered import Models
from gnomon.tools.inference.hub.sanity import likeness_with_random_weights, randomised

MODELS = {name: offer for name, offer in Models().items() if type(offer.model).__module__.startswith("gnomon.")}
SLOW = (
    "linear_variables",
    "ogle_variables",
    "galaxy_redshifts",
    "interference_sources",
    "quasar_redshifts",
    "raw_transits",
    "single_pulses",
    "supernova_types",
    "transit_vetting",
)
_LIKE = 0.5  # Spearman's; the models that come along stay below 0.25


def _inputs(model: Model, fitted: Fitted, n: int = 6) -> dict[str, np.ndarray]:
    """Simulated examples; of models without a simulator typical inputs, made larger and smaller."""
    if type(model).simulate is not Model.simulate:
        return {k: v[:n] for k, v in model.simulate(n, 3).inputs.items()}
    rng = np.random.default_rng(1)
    made = {}
    for name, typical in fitted.tensors.items():
        if name.startswith("explain."):
            middle = np.asarray(typical, dtype=float)
            moved = middle * 10 ** rng.normal(0.0, 0.3, (n, len(middle))) + (middle == 0) * rng.integers(0, 3, (n, len(middle)))  # fmt: skip
            made[name.removeprefix("explain.")] = moved
    return {{"pulsar_candidates": "statistics"}.get(model.name, "columns"): v for v in made.values()} if set(made) == {"baseline"} else made  # fmt: skip


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in MODELS])
def test_random_weights_give_other_explanations(name: str) -> None:
    model, fitted = MODELS[name].model, MODELS[name].fitted()
    told = likeness_with_random_weights(model, fitted, _inputs(model, fitted))
    assert told and all(abs(v) < _LIKE for v in told.values()), told


def test_what_shows_the_input_alone_is_found_out() -> None:
    offer = MODELS["pulsar_candidates"]

    class Fraud(type(offer.model)):  # type: ignore[misc]
        def explain(self, fitted: Fitted, inputs: Any, device: str = "auto") -> Attribution:
            return Attribution({"statistics": inputs["statistics"] - fitted.tensors["explain.baseline"]}, "none", "")

    told = likeness_with_random_weights(Fraud(), offer.fitted(), _inputs(offer.model, offer.fitted()))
    assert told["statistics"] == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["pulsar_candidates", "linear_variables"])
def test_random_weights_keep_what_was_not_learnt_and_answer_all_the_same(name: str) -> None:
    model, fitted = MODELS[name].model, MODELS[name].fitted()
    mixed = randomised(fitted, 0)
    changed = {k for k, v in fitted.tensors.items() if not np.array_equal(v, mixed.tensors[k])}
    assert changed and not {k for k in changed if k.startswith(("guard.", "calibration.", "explain.", "scale.", "usual.", "whole."))}  # fmt: skip
    for key in changed:
        assert np.array_equal(np.sort(fitted.tensors[key], axis=None), np.sort(mixed.tensors[key], axis=None))
    for key in (k for k in changed if k.endswith(".feature")):
        assert np.array_equal(fitted.tensors[key] < 0, mixed.tensors[key] < 0)  # leaves stay leaves
    said = model.predict(mixed, _inputs(model, fitted), "cpu").value
    assert np.isfinite(said).all() and said.sum(axis=1) == pytest.approx(1.0)
    again = randomised(fitted, 0).tensors
    assert all(np.array_equal(again[k], v) for k, v in mixed.tensors.items())
