"""Which trained models a command means, and words that stand for no preset or device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gnomon.interfaces.output import say
from gnomon.tools import errors

if TYPE_CHECKING:
    from gnomon.tools.inference.hub.offered import Models, Offer

DeviceName = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.", metavar="DEVICE")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of everything that is drawn.")]


def all_models() -> Models:
    """All models; those that cannot be offered are told."""
    from gnomon.tools.inference.hub.offered import Models

    found = Models()
    for refusal in found.refused:
        say(str(refusal))
    return found


def named(found: Models, name: str) -> list[Offer]:
    """The model of that name, or all of the family."""
    try:
        return found.named(name)
    except errors.PlanError as error:
        raise errors.UsageError(error.what, remedy=error.remedy) from error


def the_one(name: str) -> Offer:
    """The one model of that name."""
    offers = named(all_models(), name)
    if len(offers) > 1:
        raise errors.UsageError(
            f"{name} is a family of {len(offers)} models.",
            remedy="Name one of them: " + ", ".join(o.model.name for o in offers) + ".",
        )
    return offers[0]


def check_words(preset: str = "cpu", device: str = "auto") -> None:
    """Refuse words that stand for no preset and no device, before anything is loaded."""
    if preset not in ("cpu", "gpu"):
        raise errors.UsageError(f"There is no preset {preset!r}.", remedy="Say cpu or gpu.")
    if device.partition(":")[0] not in ("auto", "cpu", "cuda"):
        raise errors.UsageError(f"There is no device called {device!r}.", remedy="Say auto, cpu or cuda.")
