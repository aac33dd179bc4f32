"""Scoring a model beside classical methods, on parts of data that it never saw, and writing its card."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.calibration import coverage, expected_calibration_error
from gnomon.tools.inference.hub.cards import SIMULATED_ONLY, Card, refuse_incomplete
from gnomon.tools.inference.hub.curves import histories
from gnomon.tools.inference.hub.devices import choose_device, describe_device
from gnomon.tools.inference.hub.domain import FLAGGED_BELOW
from gnomon.tools.inference.hub.scores import bootstrap, difference, summary
from gnomon.tools.inference.hub.splits import SealedTest, Split, refuse_leak
from gnomon.tools.inference.hub.weights import write_tensors

if TYPE_CHECKING:
    import numpy as np

    from gnomon.tools.inference.hub.examples import Examples
    from gnomon.tools.inference.hub.models import Fitted, Model, Prediction, Preset
    from gnomon.tools.inference.hub.training import Training

_ODD = 500  # strange inputs and usual ones by which the guard is judged


@dataclass(frozen=True)
class Scored:
    """Predictions for the test parts of all folds, put together, and what classical methods say of the same examples."""

    examples: Examples
    prediction: Prediction
    baselines: dict[str, np.ndarray]
    flagged: dict[str, float]
    seconds: float
    folds: int


def score_folds(model: Model, examples: Examples, preset: Preset, training: Training, baselines: bool = True) -> Scored:
    """Fit and score a model on each fold of its protocol; every test part opens once.

    Parameters
    ----------
    model : Model
        What is scored.
    examples : Examples
        All of a set.
    preset : {"cpu", "gpu"}
        How large.
    training : Training
        Where checkpoints are kept, and the seed.
    baselines : bool
        Whether classical methods are fitted to the same folds.

    Raises
    ------
    LeakError
        Where an object stands on two sides of a fold.
    """
    folds = model.folds(examples, training.seed)
    tests: list[Examples] = []
    made: list[Prediction] = []
    classical: list[dict[str, np.ndarray]] = []
    flagged: dict[str, list[float]] = {}
    begun = time.monotonic()
    for number, fold in enumerate(folds):
        refuse_leak(fold.train, fold.validation, fold.test)
        sealed = SealedTest(fold.test)
        inner = training.within(f"fold-{number + 1}", training.seed + 101 * number)
        training.note(
            f"{model.name}: fold {number + 1} of {len(folds)}, {len(fold.train)} to fit, {len(fold.validation)} to choose, {len(sealed)} sealed"
        )
        fitted = model.fit(fold.train, fold.validation, preset, inner)
        test = sealed.open()
        training.note(f"{model.name}: fold {number + 1}: the test part was opened, once")
        tests.append(test)
        made.append(model.predict(fitted, test.inputs, training.device))
        if baselines:
            from gnomon.tools.inference.hub.examples import Examples

            both = Examples.joined([fold.train, fold.validation])
            classical.append(model.baseline(both, test, inner.seed))
        for name, part in _flagged(model, fitted, fold, made[-1], inner.seed, training.device).items():
            flagged.setdefault(name, []).append(part)
    return Scored(
        _joined_examples(tests),
        _joined_predictions(made),
        {k: _concatenated([c[k] for c in classical]) for k in (classical[0] if classical else {})},
        {k: sum(v) / len(v) for k, v in flagged.items()},
        time.monotonic() - begun,
        len(folds),
    )


def metrics_of(
    model: Model, examples: Examples, prediction: Prediction, baselines: Mapping[str, np.ndarray], seed: int = 0
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Scores of a model and of classical methods on the same examples, all with intervals.

    Returns
    -------
    scores, baselines : dict
        As in `gnomon.tools.inference.hub.cards.Card`, for one set.

    Raises
    ------
    InputError
        Where nobody knows the truth of the examples.
    """
    if examples.target is None:
        raise InputError(f"{examples.source} does not say what is true of its examples.", remedy="Give labelled data.")
    target = examples.target

    def one(function: Callable[..., float], value: np.ndarray) -> Callable[[Any], float]:
        return partial(_scored, function, target, examples.extras, value)

    ours = {m.name: bootstrap(one(m.function, prediction.value), examples.groups, seed=seed) for m in model.metrics}
    scores = {"simulated": examples.simulated, "examples": len(examples), "objects": _objects(examples), "metrics": summary(ours)}  # fmt: skip
    told: dict[str, Any] = {}
    for name, value in baselines.items():
        theirs = {m.name: bootstrap(one(m.function, value), examples.groups, seed=seed) for m in model.metrics}
        lead = model.metrics[0]
        apart = difference(
            partial(_scored, lead.function, target, examples.extras),
            prediction.value,
            value,
            examples.groups,
            seed=seed,
        )
        told[name] = {**summary(theirs), "difference": {"of": lead.name, **summary({"d": apart})["d"]}}
    return scores, told


def _scored(
    function: Callable[..., float], target: np.ndarray, extras: Mapping[str, np.ndarray], value: np.ndarray, rows: np.ndarray
) -> float:  # fmt: skip
    return function(target[rows], value[rows], {k: v[rows] for k, v in extras.items()})


def calibration_of(model: Model, examples: Examples, prediction: Prediction) -> dict[str, Any]:
    """Whether probabilities and intervals mean what they say, on examples that the model was not fitted to."""
    import numpy as np

    target = examples.target
    assert target is not None
    told: dict[str, Any] = {}
    if model.task in ("classification", "detection"):
        told["ece"] = expected_calibration_error(prediction.value, target)
        if "class_set" in prediction.extras:
            sets = prediction.extras["class_set"]
            told["class_set_coverage"] = float(np.mean(sets[np.arange(len(target)), target]))
            told["class_set_size"] = float(sets.sum(axis=1).mean())
    if prediction.lower is not None and prediction.upper is not None and target.dtype.kind == "f":
        told["coverage_68"] = coverage(prediction.lower, prediction.upper, target)
    if "lower_95" in prediction.extras and target.dtype.kind == "f":
        told["coverage_95"] = coverage(prediction.extras["lower_95"], prediction.extras["upper_95"], target)
    return told | model.calibration(examples, prediction)


def train_model(
    model: Model, examples: Examples, preset: Preset, training: Training, folder: Path
) -> tuple[Fitted, Card, Scored]:
    """Score a model by its protocol, then fit it to all of the set, and write its weights and card.

    Parameters
    ----------
    model : Model
        What is trained.
    examples : Examples
        All of its first set.
    preset : {"cpu", "gpu"}
        How large.
    training : Training
        Where checkpoints are kept, and the seed.
    folder : pathlib.Path
        Gets ``weights/NAME.safetensors``.

    Raises
    ------
    RegistrationError
        Where the card would be incomplete.
    """
    scored = score_folds(model, examples, preset, training)
    training.note(f"{model.name}: scored; now fitting to all {len(examples)} examples")
    begun = time.monotonic()
    split = model.final_split(examples, training.seed)
    fitted = model.fit(split.train, split.validation, preset, training.within("final"))
    # A training that was stopped had its seconds before; what is quick beside networks has none of its own.
    spent = sum(h.seconds for h in histories(training.folder / "final").values())
    seconds = max(spent, time.monotonic() - begun)
    card = card_of(model, examples, scored, training)
    path = folder / "weights" / model.weights_name
    sha256 = write_tensors(path, fitted.tensors, {**fitted.header, "model": model.name, "card": card.leading()})
    device = choose_device(training.device)
    card = replace(
        card,
        weights={
            "file": f"weights/{model.weights_name}",
            "sha256": sha256,
            "bytes": path.stat().st_size,
            "parameters": int(sum(v.size for k, v in fitted.tensors.items() if not k.startswith("guard."))),
        },
        cost={
            "train_seconds": round(seconds, 1),
            "seconds_per_1000": round(_seconds_per_1000(model, fitted, examples, training.device), 4),
            **describe_device(device),
        },
        settings={"preset": preset, "seed": training.seed, **_versions()},
    )
    refuse_incomplete(card)
    return fitted, card, scored


def card_of(model: Model, examples: Examples, scored: Scored, training: Training) -> Card:
    """A card without weights and costs, from predictions of test parts."""
    scores, baselines = metrics_of(model, scored.examples, scored.prediction, scored.baselines, training.seed)
    where = examples.source if scored.folds == 1 else f"{examples.source}, {scored.folds} folds"
    first = model.datasets[0]
    return Card(
        model=model.name,
        family=model.family,
        title=model.title,
        title_zh=model.title_zh,
        task=model.task,
        takes=model.takes,
        gives=model.gives,
        classes=list(model.classes),
        weights={},
        data=[
            {
                "name": first.name,
                "citation": first.citation,
                "terms": first.terms,
                "simulated": first.simulated,
                "examples": len(examples),
                "objects": _objects(examples),
            }
        ],
        split={"rule": model.split_rule, "folds": scored.folds, "seed": training.seed, "test_parts_opened": 1},
        scores={where: scores},
        baselines={where: baselines},
        calibration=calibration_of(model, scored.examples, scored.prediction),
        guard={
            "flagged_below": FLAGGED_BELOW,
            "flagged": {k: round(v, 4) for k, v in scored.flagged.items()},
            "fails": "What is strange only in features that the guard does not see passes it.",
        },
        cost={},
        biases=list(model.biases),
        citations=list(model.citations),
        settings={},
        notes=[f"{SIMULATED_ONLY}: no observed data were at hand"] if model.simulated_only else [],
    )


def _flagged(model: Model, fitted: Fitted, fold: Split, made: Prediction, seed: int, device: str) -> dict[str, float]:
    """The part of inputs that the guard flags, usual and strange ones."""
    import numpy as np

    told = {"usual": float(np.mean(made.in_domain < FLAGGED_BELOW))}
    some = fold.test.take(np.arange(min(_ODD, len(fold.test))))
    for name, inputs in model.strange(some, seed).items():
        told[name] = float(np.mean(model.predict(fitted, inputs, device).in_domain < FLAGGED_BELOW))
    return told


def _seconds_per_1000(model: Model, fitted: Fitted, examples: Examples, device: str) -> float:
    import numpy as np

    rows = np.arange(min(1000, len(examples)))
    inputs = {k: v[rows] for k, v in examples.inputs.items()}
    model.predict(fitted, {k: v[:8] for k, v in inputs.items()}, device)
    taken = []
    for _ in range(3):
        begun = time.monotonic()
        model.predict(fitted, inputs, device)
        taken.append(time.monotonic() - begun)
    return float(np.median(taken)) * 1000.0 / len(rows)


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("torch", "scikit-learn", "numpy", "scipy")}


def _objects(examples: Examples) -> int:
    import numpy as np

    return len(np.unique(examples.groups))


def _concatenated(arrays: list[np.ndarray]) -> np.ndarray:
    import numpy as np

    return np.concatenate(arrays)


def _joined_examples(parts: list[Examples]) -> Examples:
    from gnomon.tools.inference.hub.examples import Examples

    return Examples.joined(parts)


def _joined_predictions(parts: list[Prediction]) -> Prediction:
    from gnomon.tools.inference.hub.models import Prediction

    def optional(name: str) -> np.ndarray | None:
        held = [getattr(p, name) for p in parts]
        return None if any(h is None for h in held) else _concatenated(held)

    return Prediction(
        _concatenated([p.value for p in parts]),
        _concatenated([p.in_domain for p in parts]),
        optional("lower"),
        optional("upper"),
        {
            k: _concatenated([p.extras[k] for p in parts])
            for k in parts[0].extras
            if all(len(p.extras[k]) == len(p.value) for p in parts)
        },
    )
