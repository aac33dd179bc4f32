"""Examples: inputs of a model, what is to be said of them, and which object each is of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Examples:
    """Examples of one data set.

    Parameters
    ----------
    inputs : dict of str to ndarray
        The first axis of each array counts the examples; the others are free, so that tables, light curves, images and
        time-frequency planes all fit.  NaN stands for what is missing; ragged data are padded, with an array that says
        what is real.
    target : ndarray or None
        Codes of classes (int64) or numbers (float64), one an example; None where nobody knows.
    groups : ndarray
        The object that each example is of.  Examples of one object never stand on two sides of a split.
    source : str
        Name of the data set.
    simulated : bool
        Whether the inputs were computed, not observed.
    extras : dict of str to ndarray
        What is not given to the model: identifiers, and truth that scores are reckoned with.
    part : ndarray, optional
        The part of the published split that each example belongs to.

    Raises
    ------
    InputError
        Where arrays have different numbers of examples.
    """

    inputs: Mapping[str, np.ndarray]
    target: np.ndarray | None
    groups: np.ndarray
    source: str
    simulated: bool
    extras: Mapping[str, np.ndarray] = field(default_factory=dict)
    part: np.ndarray | None = None

    def __post_init__(self) -> None:
        counts = {f"inputs[{k!r}]": len(v) for k, v in self.inputs.items()}
        counts |= {f"extras[{k!r}]": len(v) for k, v in self.extras.items()}
        counts |= {k: len(v) for k, v in (("target", self.target), ("part", self.part)) if v is not None}
        wrong = {k: n for k, n in counts.items() if n != len(self.groups)}
        if wrong:
            told = ", ".join(f"{k} has {n}" for k, n in wrong.items())
            raise InputError(
                f"Examples of {self.source} do not belong together: there are {len(self.groups)} groups, but {told}.",
                remedy="Give every array one row an example.",
            )

    def __len__(self) -> int:
        return len(self.groups)

    def take(self, index: Any) -> Examples:
        """The examples that `index` (numbers or a mask) picks, in its order."""
        return Examples(
            {k: v[index] for k, v in self.inputs.items()},
            None if self.target is None else self.target[index],
            self.groups[index],
            self.source,
            self.simulated,
            {k: v[index] for k, v in self.extras.items()},
            None if self.part is None else self.part[index],
        )

    @property
    def names(self) -> list[str]:
        """What to call each example: ``extras["name"]`` where there is one, else its object."""
        return [str(n) for n in self.extras.get("name", self.groups)]

    @staticmethod
    def joined(several: Iterable[Examples]) -> Examples:
        """All examples of several sets of one shape, in order.

        Raises
        ------
        InputError
            Where they hold different things.
        """
        import numpy as np

        sets = list(several)
        first = sets[0]
        for other in sets[1:]:
            if set(other.inputs) != set(first.inputs) or (other.target is None) != (first.target is None):
                raise InputError(
                    f"Examples of {other.source} hold other things than those of {first.source}.",
                    remedy="Join examples that one model reads.",
                )
        extras = set.intersection(*(set(s.extras) for s in sets))
        sources = sorted({s.source for s in sets})
        parts = [s.part for s in sets]
        return Examples(
            {k: np.concatenate([s.inputs[k] for s in sets]) for k in first.inputs},
            None if first.target is None else np.concatenate([s.target for s in sets if s.target is not None]),
            np.concatenate([s.groups for s in sets]),
            " and ".join(sources),
            any(s.simulated for s in sets),
            {k: np.concatenate([s.extras[k] for s in sets]) for k in sorted(extras)},
            np.concatenate([p for p in parts if p is not None]) if all(p is not None for p in parts) else None,
        )
