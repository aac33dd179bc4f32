"""Splits of examples into parts for fitting, choosing and scoring, which never part an object."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples

if TYPE_CHECKING:
    import numpy as np

_TOLD = 3  # objects named in an error


class LeakError(InputError):
    """Examples of one object stand on two sides of a split, so that a score would be that of what is known by heart."""


@dataclass(frozen=True)
class Split:
    """Three parts of a set: one to fit, one to choose and calibrate by, one that is only scored."""

    train: Examples
    validation: Examples
    test: Examples


def refuse_leak(*parts: Examples) -> None:
    """Refuse parts that share an object, or an exact copy of an input.

    Raises
    ------
    LeakError
        Naming some of the objects.
    """
    import numpy as np

    seen: dict[str, int] = {}
    copies: dict[bytes, int] = {}
    for number, part in enumerate(parts):
        groups = [str(g) for g in np.unique(part.groups)]
        shared = [g for g in groups if seen.get(g, number) != number]
        if shared:
            named = ", ".join(shared[:_TOLD]) + (" ..." if len(shared) > _TOLD else "")
            raise LeakError(
                f"{len(shared)} objects of {part.source} stand in two parts of the split ({named}).",
                remedy="Split by object: `split_by_group` or `folds_by_group`.",
            )
        seen |= dict.fromkeys(groups, number)
        digests = row_digests(part)
        twins = [g for d, g in zip(digests, part.groups, strict=True) if copies.get(d, number) != number]
        if twins:
            named = ", ".join(str(t) for t in twins[:_TOLD]) + (" ..." if len(twins) > _TOLD else "")
            raise LeakError(
                f"{len(twins)} inputs of {part.source} are exact copies of some in another part of the split (objects {named}).",
                remedy="Join them with `groups_with_copies` before splitting.",
            )
        copies |= dict.fromkeys(digests, number)


def row_digests(examples: Examples) -> list[bytes]:
    """A digest of the inputs of each example; equal for exact copies."""
    import numpy as np

    arrays = [np.ascontiguousarray(examples.inputs[k]) for k in sorted(examples.inputs)]
    return [hashlib.sha256(b"|".join(a[i].tobytes() for a in arrays)).digest() for i in range(len(examples))]


def groups_with_copies(examples: Examples) -> np.ndarray:
    """Numbers of groups in which objects are joined that share an exact copy of an input.

    Returns
    -------
    ndarray of int64
        One an example; equal where the objects are the same or joined by a chain of copies.
    """
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    _names, of_object = np.unique(examples.groups, return_inverse=True)
    _digests, of_copy = np.unique(np.array([d.hex() for d in row_digests(examples)]), return_inverse=True)
    objects = int(of_object.max()) + 1
    size = objects + int(of_copy.max()) + 1
    links = coo_matrix((np.ones(len(examples)), (of_object, objects + of_copy)), shape=(size, size))
    _count, labels = connected_components(links, directed=False)
    joined: np.ndarray = labels[of_object].astype(np.int64)
    return joined


def _strata(examples: Examples, groups: np.ndarray, members: Sequence[np.ndarray]) -> np.ndarray:
    """What each group is, to spread classes over the parts: its rarest class, or the fifth of the range of numbers it is in."""
    import numpy as np

    target = examples.target
    if target is None:
        return np.zeros(len(members), dtype=int)
    if target.dtype.kind == "f":
        edges = np.nanquantile(target, [0.2, 0.4, 0.6, 0.8])
        codes = np.digitize(target, edges)
    else:
        codes = target.astype(int)
    values, counts = np.unique(codes, return_counts=True)
    frequency = dict(zip(values.tolist(), counts.tolist(), strict=True))
    return np.array([min(codes[m].tolist(), key=lambda c: (frequency[c], c)) for m in members])


def _dealt(examples: Examples, seed: int, stratify: bool) -> list[list[np.ndarray]]:
    """Rows of each group, in random order, group after group and class after class."""
    import numpy as np

    groups = groups_with_copies(examples)
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order])) + 1
    members = np.split(order, starts)
    strata = _strata(examples, groups, members) if stratify else np.zeros(len(members), dtype=int)
    rng = np.random.default_rng(seed)
    dealt = []
    for stratum in np.unique(strata):
        chosen = np.flatnonzero(strata == stratum)
        dealt.append([members[i] for i in rng.permutation(chosen)])
    return dealt


def _joined(rows: list[np.ndarray]) -> np.ndarray:
    import numpy as np

    return np.sort(np.concatenate(rows)) if rows else np.array([], dtype=int)


def split_by_group(
    examples: Examples, fractions: tuple[float, float, float] = (0.7, 0.15, 0.15), seed: int = 0, stratify: bool = True
) -> Split:
    """Split a set into three parts by object; exact copies of an input stay together.

    Parameters
    ----------
    examples : Examples
        What is to be split.
    fractions : tuple of float
        Parts of the groups for fitting, choosing and scoring; a part may be 0.
    seed : int
        Of the order in which groups are dealt.
    stratify : bool
        Whether each class (or range of numbers) is dealt by itself.
    """
    total = sum(fractions)
    parts: tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]] = ([], [], [])
    for groups in _dealt(examples, seed, stratify):
        first = round(len(groups) * fractions[0] / total)
        second = round(len(groups) * (fractions[0] + fractions[1]) / total)
        parts[0].extend(groups[:first])
        parts[1].extend(groups[first:second])
        parts[2].extend(groups[second:])
    split = Split(*(examples.take(_joined(rows)) for rows in parts))
    refuse_leak(split.train, split.validation, split.test)
    return split


def folds_by_group(examples: Examples, k: int = 5, seed: int = 0, stratify: bool = True) -> list[Split]:
    """Split a set `k` times, so that each object is scored once; of the rest, one part in eight is for choosing.

    Raises
    ------
    InputError
        Where there are fewer objects than folds.
    """
    import numpy as np

    dealt = _dealt(examples, seed, stratify)
    if sum(len(groups) for groups in dealt) < k:
        raise InputError(f"{examples.source} has fewer than {k} objects.", remedy="Ask for fewer folds.")
    rows: list[list[np.ndarray]] = [[] for _ in range(k)]
    turn = 0
    for groups in dealt:
        for group in groups:
            rows[turn % k].append(group)
            turn += 1
    folds = []
    for number in range(k):
        test = _joined(rows[number])
        rest = examples.take(np.setdiff1d(np.arange(len(examples)), test))
        inner = split_by_group(rest, (7, 1, 0), seed=seed * 1000 + number + 1, stratify=stratify)
        fold = Split(inner.train, inner.validation, examples.take(test))
        refuse_leak(fold.train, fold.validation, fold.test)
        folds.append(fold)
    return folds


class SealedTest:
    """The part of a split that is scored; it opens once.

    Parameters
    ----------
    examples : Examples
        The part.
    """

    def __init__(self, examples: Examples) -> None:
        self._examples = examples
        self.opened = False

    def __len__(self) -> int:
        return len(self._examples)

    def open(self) -> Examples:
        """The examples.

        Raises
        ------
        InputError
            At the second time: a part that was looked at twice may have been chosen by.
        """
        if self.opened:
            raise InputError(
                f"The test part of {self._examples.source} was opened before in this training run.",
                remedy="Choose by the validation part; score once.",
            )
        self.opened = True
        return self._examples
