"""Which models there are, their cards, and their weights.

A model is a class that an entry point of the group ``gnomon.models`` names.  Its card and weights lie beside the module of the class::

    FAMILY/cards/NAME.yaml
    FAMILY/weights/NAME.safetensors

A model without a whole card is not offered; see `gnomon.tools.inference.hub.cards.problems`.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path

from gnomon.tools.errors import GnomonError, PlanError, RegistrationError
from gnomon.tools.inference.hub.cards import Card, read_card, refuse_incomplete
from gnomon.tools.inference.hub.models import Fitted, Model
from gnomon.tools.inference.hub.weights import read_tensors

ENTRY_POINT_GROUP = "gnomon.models"


@dataclass(frozen=True)
class Offer:
    """A model, with what lies beside it."""

    model: Model

    @property
    def folder(self) -> Path:
        """Where its module lies."""
        return Path(inspect.getfile(type(self.model))).parent

    @cached_property
    def card(self) -> Card:
        """Its card.

        Raises
        ------
        RegistrationError
            Where there is none, or it leaves out what a reader must know.
        """
        path = self.folder / "cards" / f"{self.model.name}.yaml"
        if not path.is_file():
            raise RegistrationError(
                f"The model {self.model.name} has no card, so it is not offered.",
                remedy=f"Train it: gnomon train {self.model.name} --data FOLDER.",
            )
        card = read_card(path)
        refuse_incomplete(card)
        return card

    def fitted(self) -> Fitted:
        """Its weights, checked against the digest of its card.

        Raises
        ------
        WeightsError
            Where the file is missing or another one.
        """
        return Fitted(*read_tensors(self.folder / self.card.weights["file"], self.card.weights["sha256"]))


class Models(Mapping[str, Offer]):
    """All models by name; those whose entry point cannot be loaded are told in ``refused``."""

    def __init__(self) -> None:
        self._offers: dict[str, Offer] = {}
        self.refused: list[GnomonError] = []
        for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: p.name):
            try:
                self._offers[point.name] = Offer(point.load()())
            except (ImportError, AttributeError, TypeError) as error:
                self.refused.append(
                    RegistrationError(
                        f"The entry point {point.name} = {point.value} of the group {ENTRY_POINT_GROUP} gives no model: {error}.",
                        remedy="Uninstall or repair the package that offers it.",
                    )
                )

    def __getitem__(self, name: str) -> Offer:
        return self._offers[name]

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._offers)

    def __len__(self) -> int:
        return len(self._offers)

    def named(self, name: str) -> list[Offer]:
        """The model of that name, or all of the family of that name.

        Raises
        ------
        PlanError
            Where there is none; the remedy names the nearest one.
        """
        key = name.replace("-", "_")
        if key in self._offers:
            return [self._offers[key]]
        family = [o for o in self._offers.values() if o.model.family == key]
        if family:
            return family
        near = difflib.get_close_matches(
            key, [*self._offers, *{o.model.family for o in self._offers.values()}], n=1, cutoff=0.5
        )
        hint = f"Did you mean {near[0]}?" if near else "`gnomon models` lists what there is."
        raise PlanError(f"There is no model and no family called {name!r}.", remedy=hint)
