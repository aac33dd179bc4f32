"""Cards: what a trained model is, was trained on, scores, and refuses."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gnomon.tools.errors import InputError, RegistrationError

SIMULATED_ONLY = "simulated only"


@dataclass(frozen=True)
class Card:
    """A model's card; all of it can stand in a file for people.

    Parameters
    ----------
    model, family, title, title_zh, task, takes, gives : str
        As in `gnomon.tools.inference.hub.models.Model`.
    classes : list of str
        In the order of their codes.
    weights : dict
        ``file``, ``sha256``, ``bytes``, ``parameters``.
    data : list of dict
        ``name, citation, terms, simulated, examples, objects`` of the sets that it was trained on.
    split : dict
        ``rule``, ``folds``, ``seed``.
    scores : dict
        For each set, or part of one, that it was scored on: ``simulated``, ``examples``, ``metrics``: name to ``value, lower, upper, level``.
    baselines : dict
        For each of these, name of a classical method to the same metrics, and ``difference`` from the first of them.
    calibration : dict
        ``ece``, ``temperature``, ``coverage_68``, ``coverage_95``, ``pit_ks`` and the like, on what it was not fitted to.
    guard : dict
        ``flagged_below``, ``flagged``: part flagged of usual examples and of strange ones, by what they are; ``fails``: how it fails.
    cost : dict
        ``train_seconds``, ``seconds_per_1000``, ``device``, ``threads``, ``precision``; energy where it was measured.
    biases, citations : list of str
        What is known to go wrong; whose method it is.
    settings : dict
        What makes it again: preset, seed, versions.
    """

    model: str
    family: str
    title: str
    title_zh: str
    task: str
    takes: str
    gives: str
    classes: list[str]
    weights: dict[str, Any]
    data: list[dict[str, Any]]
    split: dict[str, Any]
    scores: dict[str, dict[str, Any]]
    baselines: dict[str, dict[str, Any]]
    calibration: dict[str, Any]
    guard: dict[str, Any]
    cost: dict[str, Any]
    biases: list[str]
    citations: list[str]
    settings: dict[str, Any]
    notes: list[str] = field(default_factory=list)

    @property
    def simulated_only(self) -> bool:
        """Whether none of its scores is of observed data."""
        return all(s.get("simulated") for s in self.scores.values())

    def leading(self) -> str:
        """The line that matters, for reports: its first score, where it is from, and the best classical method on the same examples."""
        where, told = next(iter(self.scores.items()))
        name, score = next(iter(told["metrics"].items()))
        line = f"{name} {score['value']:.3f} ({score['lower']:.3f} to {score['upper']:.3f} at {score['level']:.0%}) on {where}"
        if told.get("simulated"):
            line += " (simulated)"
        others = self.baselines.get(where, {})
        if others:
            other, metrics = next(iter(others.items()))
            line += f"; {other} has {metrics[name]['value']:.3f} on the same"
        return line


def problems(card: Card) -> list[str]:
    """Why a model with this card may not be offered; empty where it may."""
    found = []
    for name in ("data", "split", "scores", "baselines", "calibration", "guard", "cost", "biases", "citations"):
        if not getattr(card, name):
            found.append(f"it says nothing of {name}")
    if not card.weights.get("sha256"):
        found.append("it does not name its weights by digest")
    for where, told in card.scores.items():
        if where not in card.baselines or not card.baselines[where]:
            found.append(f"there is no classical baseline for {where}")
        if "simulated" not in told:
            found.append(f"it does not say whether {where} is simulated")
        for name, score in told.get("metrics", {}).items():
            if not {"value", "lower", "upper", "level"} <= set(score):
                found.append(f"{name} on {where} has no interval")
    if card.scores and card.simulated_only and not any(SIMULATED_ONLY in n for n in card.notes):
        found.append(f"no score is of observed data, and it does not say {SIMULATED_ONLY!r}")
    if card.guard and "flagged" not in card.guard:
        found.append("it does not say what its guard flags")
    return found


def refuse_incomplete(card: Card) -> None:
    """Refuse a card that leaves out what a reader must know.

    Raises
    ------
    RegistrationError
        With everything that is missing.
    """
    found = problems(card)
    if found:
        raise RegistrationError(
            f"The model {card.model} cannot be offered: {'; '.join(found)}.",
            remedy="Train it again with `gnomon train`, which writes the whole card.",
        )


def write_card(path: Path, card: Card) -> None:
    """Write a card as YAML."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 110
    yaml.allow_unicode = True
    text = io.StringIO()
    yaml.dump(_plain(asdict(card)), text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue(), encoding="utf-8")


def read_card(path: Path) -> Card:
    """Read what `write_card` wrote.

    Raises
    ------
    InputError
        Where there is none, or it has other fields.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        held = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        return Card(**held)
    except (OSError, YAMLError, TypeError) as error:
        raise InputError(f"{path.name} is no card of a model: {error}.", remedy="Train the model again.") from error


def _plain(value: Any) -> Any:
    """Numbers of numpy as those of Python, rounded to six digits, which is more than any score is good for."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    return float(f"{value:.6g}") if isinstance(value, float) else value
