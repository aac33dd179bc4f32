"""The table of models, data sets and classical methods."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.inference.hub.evaluation import calibration_of, metrics_of, score_folds
from gnomon.tools.inference.hub.training import Training

if TYPE_CHECKING:
    from gnomon.tools.inference.hub.cards import Card
    from gnomon.tools.inference.hub.models import Prediction, Preset
    from gnomon.tools.inference.hub.offered import Offer


def bench(
    offer: Offer, data: Path, preset: Preset | str, device: str, seed: int, folder: Path, note: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Train and score a model by its protocol, beside classical methods on the same parts.

    Returns
    -------
    list of dict
        One row a score: ``model, dataset, simulated, examples, metric, ours, baselines, calibration, seconds``.
    """
    model = offer.model
    examples = model.load(model.datasets[0].name, data)
    scored = score_folds(model, examples, preset, Training(folder, seed, device, note))  # type: ignore[arg-type]
    scores, others = metrics_of(model, scored.examples, scored.prediction, scored.baselines, seed)
    calibration = calibration_of(model, scored.examples, scored.prediction)
    return _rows(offer, examples.source, scores, others, calibration, scored.flagged, scored.seconds, "trained anew")


def bench_shipped(offer: Offer, file: Path, data: Path | None, device: str, seed: int) -> list[dict[str, Any]]:
    """Score the weights that come with Gnomon on a labelled file; classical methods are fitted to the set in `data`.

    Objects of the file that are also in the set by name are scored like the others; whoever gives the file answers for that.
    """
    model = offer.model
    fitted = offer.fitted()
    test = model.load(model.datasets[0].name, file)
    begun = time.monotonic()
    prediction: Prediction = model.predict(fitted, test.inputs, device)
    seconds = time.monotonic() - begun
    others = {} if data is None else model.baseline(model.load(model.datasets[0].name, data), test, seed)
    scores, told = metrics_of(model, test, prediction, others, seed)
    return _rows(
        offer,
        file.name,
        scores,
        told,
        calibration_of(model, test, prediction),
        {},
        seconds,
        "the weights that come along",
    )


def _rows(
    offer: Offer,
    where: str,
    scores: dict[str, Any],
    others: dict[str, Any],
    calibration: dict[str, Any],
    flagged: dict[str, float],
    seconds: float,
    weights: str,
) -> list[dict[str, Any]]:
    return [
        {
            "family": offer.model.family,
            "model": offer.model.name,
            "dataset": where,
            "simulated": scores["simulated"],
            "examples": scores["examples"],
            "metric": name,
            "ours": score,
            "baselines": {k: v[name] for k, v in others.items()},
            "difference": {k: v["difference"] for k, v in others.items() if v["difference"]["of"] == name},
            "calibration": calibration,
            "flagged": flagged,
            "seconds": round(seconds, 1),
            "weights": weights,
        }
        for name, score in scores["metrics"].items()
    ]


def rows_of_card(card: Card) -> list[dict[str, Any]]:
    """The scores of a card as rows of the table, which is what a training with its preset and seed gave."""
    return [
        {
            "family": card.family,
            "model": card.model,
            "dataset": where,
            "simulated": told["simulated"],
            "examples": told["examples"],
            "metric": name,
            "ours": score,
            "baselines": {k: v[name] for k, v in card.baselines.get(where, {}).items()},
            "seconds": card.cost["train_seconds"],
        }
        for where, told in card.scores.items()
        for name, score in told["metrics"].items()
    ]


def table_of(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as a table in Markdown."""

    def told(score: dict[str, float]) -> str:
        return f"{score['value']:.4f} ({score['lower']:.4f}–{score['upper']:.4f})"

    lines = [
        "| model | data | score | ours (95 %) | classical, the same split | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        data = f"{row['dataset']}{' (simulated)' if row['simulated'] else ''}, {row['examples']:,}"
        others = "; ".join(f"{k} {told(v)}" for k, v in row["baselines"].items())
        lines.append(
            f"| {row['model']} | {data} | {row['metric']} | {told(row['ours'])} | {others} | {row['seconds']} |"
        )
    return "\n".join(lines)
