"""Training of networks: optimiser, schedule, early stopping, and checkpoints from which a stopped training goes on."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError, NumericalError
from gnomon.tools.inference.hub.weights import read_tensors, write_tensors

if TYPE_CHECKING:
    import numpy as np
    import torch

    Batch = dict[str, torch.Tensor]
    Loss = Callable[[torch.nn.Module, Batch], torch.Tensor]
    Augment = Callable[[Batch, torch.Generator], Batch]


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Parameters
    ----------
    epochs : int
        At most these.
    batch : int
        Examples a step.
    learning_rate, weight_decay : float
        Of AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101).
    patience : int
        Epochs without a better score after which it ends.
    members : int
        Networks of an ensemble, each from another seed (Lakshminarayanan et al. 2017, arXiv:1612.01474).
    warmup : float
        Part of all steps in which the rate rises to its value, before it falls as a cosine.
    mixed_precision : bool
        bfloat16 for products of matrices, on a GPU only.
    """

    epochs: int
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    patience: int = 10
    members: int = 1
    warmup: float = 0.05
    mixed_precision: bool = False


@dataclass(frozen=True)
class Training:
    """Where and how one training runs.

    Parameters
    ----------
    folder : pathlib.Path
        Keeps checkpoints; a training that was stopped goes on from there.
    seed : int
        Of everything that is drawn.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    note : callable
        Gets a line of progress now and then.
    """

    folder: Path
    seed: int = 0
    device: str = "cpu"
    note: Callable[[str], None] = print

    def within(self, name: str, seed: int | None = None) -> Training:
        """The same in a folder of its own below this one."""
        return Training(self.folder / name, self.seed if seed is None else seed, self.device, self.note)


@dataclass
class History:
    """What happened in a training, epoch by epoch."""

    epochs: int = 0
    train_loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    best_epoch: int = -1
    seconds: float = 0.0


def train_network(
    network: torch.nn.Module,
    loss: Loss,
    train: Mapping[str, np.ndarray],
    validation: Mapping[str, np.ndarray],
    recipe: Recipe,
    training: Training,
    *,
    name: str,
    augment: Augment | None = None,
    score: Callable[[torch.nn.Module], float] | None = None,
) -> History:
    """Train a network; it then has the weights of its best epoch.

    Parameters
    ----------
    network : torch.nn.Module
        Its weights are changed in place.
    loss : callable
        ``loss(network, batch)`` gives the mean over a batch.
    train, validation : dict of str to ndarray
        Inputs and whatever the loss needs; first axis: examples.
    recipe, training : Recipe, Training
        How, and where.
    name : str
        Of this network in the folder of the training.
    augment : callable, optional
        ``augment(batch, generator)`` gives the batch that is learnt from.
    score : callable, optional
        ``score(network)``, higher is better, by which the best epoch is chosen; by default minus the loss of the validation part.

    Raises
    ------
    InputError
        Where a part is empty, or the folder holds a training of other data or another recipe.
    NumericalError
        Where the loss is not a number.
    """
    import numpy as np
    import torch

    from gnomon.tools.inference.hub.devices import choose_device

    device = choose_device(training.device)
    count = len(next(iter(train.values())))
    if not count or not len(next(iter(validation.values()))):
        raise InputError(
            f"The training of {name} has no examples to learn from, or none to choose by.", remedy="Give more data."
        )
    network.to(device)
    held = {k: torch.from_numpy(np.ascontiguousarray(v)).to(device) for k, v in train.items()}
    checked = {k: torch.from_numpy(np.ascontiguousarray(v)).to(device) for k, v in validation.items()}
    # Each epoch has seeds of its own, so that a training that was stopped draws what it would have drawn.
    order_of, drawn = torch.Generator(), torch.Generator(device=device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    a_pass = -(-count // recipe.batch)
    steps = recipe.epochs * a_pass
    rise = max(1, round(recipe.warmup * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: _rate(s, rise, steps))
    asked = {"recipe": asdict(recipe), "seed": training.seed, "data": _digest(train, validation)}
    checkpoint = _Checkpoint(training.folder / f"{name}.training.safetensors", asked)
    history, best = checkpoint.resume(network, optimiser, schedule)
    already = history.seconds
    begun = time.monotonic()
    told = begun
    for epoch in range(history.epochs, recipe.epochs):
        if history.best_epoch >= 0 and epoch - history.best_epoch > recipe.patience:
            break
        network.train()
        total = 0.0
        seed = training.seed * 1_000_003 + epoch
        torch.manual_seed(seed)
        order_of.manual_seed(seed + 1)
        drawn.manual_seed(seed + 2)
        order = torch.randperm(count, generator=order_of).to(device)
        for rows in torch.split(order, recipe.batch):
            if len(rows) == 1 and count > 1:  # a batch norm cannot learn from one example
                schedule.step()
                continue
            batch = {k: v[rows] for k, v in held.items()}
            if augment is not None:
                batch = augment(batch, drawn)
            with torch.autocast(device.type, torch.bfloat16, enabled=recipe.mixed_precision and device.type == "cuda"):
                value = loss(network, batch)
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(value)
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            total += float(value.detach()) * len(rows)
        history.epochs = epoch + 1
        history.train_loss.append(total / count)
        history.validation_loss.append(_mean_loss(network, loss, checked, recipe.batch))
        reached = -history.validation_loss[-1] if score is None else float(score(network.eval()))
        if not np.isfinite(history.train_loss[-1]) or not np.isfinite(reached):
            raise NumericalError(
                f"The training of {name} went astray in epoch {epoch + 1}: its loss or score is no number.",
                remedy="Take a lower learning rate, and look for inputs that are not finite.",
            )
        history.score.append(reached)
        if history.best_epoch < 0 or reached > history.score[history.best_epoch]:
            history.best_epoch = epoch
            best = {k: v.detach().cpu().clone() for k, v in network.state_dict().items()}
        history.seconds = already + time.monotonic() - begun
        checkpoint.write(network, best, optimiser, schedule, history)
        if time.monotonic() - told > 10:
            told = time.monotonic()
            training.note(
                f"{name}: epoch {epoch + 1} of at most {recipe.epochs}, score {reached:.4f}, best {history.score[history.best_epoch]:.4f}"
            )
    network.load_state_dict(best)
    network.eval()
    return history


def _rate(step: int, rise: int, steps: int) -> float:
    import math

    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1.0 + math.cos(math.pi * min(1.0, (step - rise) / max(1, steps - rise))))


def _mean_loss(network: torch.nn.Module, loss: Loss, held: Batch, batch: int) -> float:
    import torch

    network.eval()
    count = len(next(iter(held.values())))
    total = 0.0
    with torch.no_grad():
        for start in range(0, count, max(batch, 1024)):
            part = {k: v[start : start + max(batch, 1024)] for k, v in held.items()}
            total += float(loss(network, part)) * len(next(iter(part.values())))
    return total / count


def _digest(*parts: Mapping[str, np.ndarray]) -> str:
    import numpy as np

    told = hashlib.sha256()
    for part in parts:
        for key in sorted(part):
            told.update(key.encode())
            told.update(np.ascontiguousarray(part[key]).tobytes())
    return told.hexdigest()


class _Checkpoint:
    """The state of a training on disk, in one file that is replaced whole."""

    def __init__(self, path: Path, asked: dict[str, Any]) -> None:
        self.path = path
        self.asked = asked

    def resume(self, network: torch.nn.Module, optimiser: Any, schedule: Any) -> tuple[History, dict[str, Any]]:
        """Put the state back where there is one of this training."""
        import torch

        if not self.path.is_file():
            return History(), {k: v.detach().cpu().clone() for k, v in network.state_dict().items()}
        arrays, header = read_tensors(self.path)
        if header["asked"] != self.asked:
            raise InputError(
                f"{self.path.name} in {self.path.parent} belongs to a training of other data, another seed or another recipe.",
                remedy="Give another folder, or delete it.",
            )
        tensors = {k: torch.from_numpy(v) for k, v in arrays.items()}
        network.load_state_dict(_below(tensors, "now."))
        state = optimiser.state_dict()
        moments: dict[int, dict[str, Any]] = {}
        for key, value in _below(tensors, "optimiser.").items():
            number, field_name = key.split(".", 1)
            moments.setdefault(int(number), {})[field_name] = value
        state["state"] = moments
        optimiser.load_state_dict(state)
        schedule.load_state_dict(header["schedule"] | {"lr_lambdas": schedule.state_dict()["lr_lambdas"]})
        for group, rate in zip(optimiser.param_groups, header["schedule"]["_last_lr"], strict=True):
            group["lr"] = rate
        return History(**header["history"]), _below(tensors, "best.")

    def write(
        self,
        network: torch.nn.Module,
        best: Mapping[str, Any],
        optimiser: Any,
        schedule: Any,
        history: History,
    ) -> None:
        """Keep the state."""
        arrays = {f"now.{k}": v.detach().cpu().numpy() for k, v in network.state_dict().items()}
        arrays |= {f"best.{k}": v.numpy() for k, v in best.items()}
        for number, moments in optimiser.state_dict()["state"].items():
            arrays |= {f"optimiser.{number}.{k}": v.detach().cpu().numpy() for k, v in moments.items()}
        kept = {k: v for k, v in schedule.state_dict().items() if k != "lr_lambdas" and not k.startswith("_get")}
        write_tensors(
            self.path,
            arrays,
            {"asked": self.asked, "schedule": json.loads(json.dumps(kept)), "history": asdict(history)},
        )


def _below(tensors: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
