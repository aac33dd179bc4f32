"""Splits never part an object, nor copies of one input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.splits import (
    LeakError,
    SealedTest,
    folds_by_group,
    groups_with_copies,
    refuse_leak,
    split_by_group,
)


def _examples(groups: np.ndarray, codes: np.ndarray | None = None, x: np.ndarray | None = None) -> Examples:
    x = np.random.default_rng(1).normal(size=(len(groups), 3)) if x is None else x
    return Examples({"x": x}, codes, groups, "toy", False)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=40, max_size=120), st.integers(0, 5))
def test_folds_score_each_example_once_and_never_part_an_object(groups: list[int], seed: int) -> None:
    held = np.array(groups)
    if len(np.unique(held)) < 4:
        return
    examples = _examples(held, (held % 3).astype(np.int64))
    folds = folds_by_group(examples, 4, seed)
    scored = np.concatenate([f.test.inputs["x"][:, 0] for f in folds])
    assert sorted(scored) == sorted(examples.inputs["x"][:, 0])
    for fold in folds:
        assert len(fold.train) + len(fold.validation) + len(fold.test) == len(examples)
        for a, b in ((fold.train, fold.test), (fold.train, fold.validation), (fold.validation, fold.test)):
            assert not set(a.groups) & set(b.groups)


def test_classes_are_spread_over_the_parts() -> None:
    codes = (np.arange(400) % 20 == 0).astype(np.int64)
    split = split_by_group(_examples(np.arange(400), codes), (0.5, 0.25, 0.25), seed=3)
    for part, expected in ((split.train, 10), (split.validation, 5), (split.test, 5)):
        assert part.target is not None and part.target.sum() == expected


def test_the_same_seed_gives_the_same_split_and_another_one_another() -> None:
    examples = _examples(np.arange(100), np.zeros(100, dtype=np.int64))
    once, again, other = (split_by_group(examples, seed=s).test.groups.tolist() for s in (1, 1, 2))
    assert once == again != other


def test_an_object_on_two_sides_is_refused_by_name() -> None:
    examples = _examples(np.array(["TIC 1", "TIC 2", "TIC 1"]))
    with pytest.raises(LeakError, match=r"1 objects of toy stand in two parts of the split \(TIC 1\)"):
        refuse_leak(examples.take([0, 1]), examples.take([2]))


def test_an_exact_copy_under_another_name_is_refused_too() -> None:
    x = np.zeros((4, 3))
    x[:3] = np.arange(3)[:, None]
    x[3] = x[0]
    examples = _examples(np.array([1, 2, 3, 4]), x=x)
    with pytest.raises(LeakError, match="exact copies"):
        refuse_leak(examples.take([0, 1]), examples.take([2, 3]))
    joined = groups_with_copies(examples)
    assert joined[0] == joined[3] and len(np.unique(joined)) == 3


def test_missing_values_make_copies_too() -> None:
    x = np.full((3, 2), np.nan)
    x[2] = 1.0
    assert len(np.unique(groups_with_copies(_examples(np.arange(3), x=x)))) == 2


def test_the_test_part_opens_once() -> None:
    sealed = SealedTest(_examples(np.arange(3)))
    assert len(sealed.open()) == 3
    with pytest.raises(InputError, match="was opened before"):
        sealed.open()


def test_more_folds_than_objects_are_refused() -> None:
    with pytest.raises(InputError, match="fewer than 5 objects"):
        folds_by_group(_examples(np.zeros(20, dtype=int)), 5)
