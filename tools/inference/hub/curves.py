"""Training curves, from the checkpoints that trainings keep."""

from __future__ import annotations

from pathlib import Path

from gnomon.tools.inference.hub.training import History
from gnomon.tools.inference.hub.weights import read_tensors


def histories(folder: Path) -> dict[str, History]:
    """What happened in the trainings below a folder, by their names."""
    found = {}
    for path in sorted(folder.rglob("*.training.safetensors")):
        _tensors, header = read_tensors(path)
        name = str(path.relative_to(folder)).removesuffix(".training.safetensors")
        found[name] = History(**header["history"])
    return found


def draw_curves(folder: Path, path: Path) -> Path | None:
    """Draw losses of fitting and of choosing against epochs; None where nothing was trained there.

    Parameters
    ----------
    folder : pathlib.Path
        With checkpoints.
    path : pathlib.Path
        Of the picture.
    """
    from matplotlib.figure import Figure

    found = histories(folder)
    if not found:
        return None
    figure = Figure(figsize=(7.0, 4.5), layout="constrained")
    axes = figure.subplots()
    for number, (name, history) in enumerate(found.items()):
        colour = f"C{number % 10}"
        axes.plot(history.train_loss, color=colour, lw=0.8, ls=":")
        axes.plot(history.validation_loss, color=colour, lw=1.1, label=name if len(found) <= 12 else None)
        axes.plot(history.best_epoch, history.validation_loss[history.best_epoch], "o", color=colour, ms=4)
    axes.set(xlabel="epoch", ylabel="loss (dotted: fitted to; line: chosen by; dot: kept)")
    if len(found) <= 12:
        axes.legend(fontsize=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    return path
