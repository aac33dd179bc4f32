"""The model of transit signals: how it reads sets, what it must not join, and what a small training of it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Fitted
from gnomon.tools.inference.hub.splits import refuse_leak
from gnomon.tools.inference.light_curves.transit_vetting import TransitVetting
from gnomon.tools.inference.light_curves.view_statistics import SCALARS, guard_statistics, scaled_scalars, tree_features

MODEL = TransitVetting()


@pytest.fixture(scope="module")
def unseen() -> Examples:
    return MODEL.simulate(150, 12)


def catalogue(folder: Path, examples: Examples, name: str = "signals", **columns: object) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    scalars = {k: examples.inputs["scalars"][:, i] for i, k in enumerate(SCALARS)}
    stars = np.arange(len(examples)) // 2
    parquet.write_table(pa.table({"tic_id": stars, **scalars, **columns}), folder / f"{name}.parquet")
    views = {k: examples.inputs[k] for k in ("global_view", "local_view")}
    np.savez(folder / f"{name}.npz", tic_id=stars, **views)
    return folder / f"{name}.parquet"


def test_a_small_training_tells_signals_from_the_rest_and_says_so_again(
    unseen: Examples, small_vetting: Fitted
) -> None:
    test = unseen
    said = MODEL.predict(small_vetting, test.inputs, "cpu")
    assert said.value.shape == (150, 3) and np.allclose(said.value.sum(axis=1), 1.0)
    assert MODEL.metrics[1].function(test.target, said.value, {}) > 0.9  # type: ignore[arg-type]
    again = MODEL.predict(small_vetting, test.inputs, "cpu")
    assert np.array_equal(said.value, again.value)


def test_each_signal_is_read_by_itself_and_its_mirror_image_is_the_same(
    transit_signals: Examples, small_vetting: Fitted
) -> None:
    some = transit_signals.take(slice(0, 40))
    whole = MODEL.predict(small_vetting, some.inputs, "cpu").value
    order = np.random.default_rng(0).permutation(40)
    assert np.allclose(MODEL.predict(small_vetting, some.take(order).inputs, "cpu").value, whole[order], atol=1e-5)
    assert np.allclose(MODEL.predict(small_vetting, some.take(slice(3, 4)).inputs, "cpu").value, whole[3:4], atol=1e-5)
    turned = {k: (v if k == "scalars" else v[:, ::-1].copy()) for k, v in some.inputs.items()}
    assert np.allclose(MODEL.predict(small_vetting, turned, "cpu").value, whole, atol=1e-4)


def test_numbers_may_be_missing(transit_signals: Examples, small_vetting: Fitted) -> None:
    some = transit_signals.take(slice(280, 500))
    bare = {**some.inputs, "scalars": np.full_like(some.inputs["scalars"], np.nan)}
    said = MODEL.predict(small_vetting, bare, "cpu")
    assert np.isfinite(said.value).all()
    assert MODEL.metrics[1].function(some.target, said.value, {}) > 0.85  # type: ignore[arg-type]


def test_the_guard_flags_periods_that_never_occur_and_other_units(unseen: Examples, small_vetting: Fitted) -> None:
    test = unseen
    strange = MODEL.strange(test, 0)
    usual = MODEL.predict(small_vetting, test.inputs, "cpu").in_domain < 0.01
    assert usual.mean() < 0.1
    for name in ("views times 1000", "period and duration times 1000"):
        assert (MODEL.predict(small_vetting, strange[name], "cpu").in_domain < 0.01).mean() > 0.9
    assert all(np.isfinite(v["global_view"]).all() and np.isfinite(v["local_view"]).all() for v in strange.values())


def test_the_explanation_points_at_the_transit(unseen: Examples, small_vetting: Fitted) -> None:
    test = unseen
    chosen = test.take(test.target == 2)
    told = MODEL.explain(small_vetting, chosen.inputs, "cpu")
    weight = np.abs(told.values["local_view"])
    inside = np.abs(chosen.inputs["local_view"]) > 0.3
    assert weight[inside].mean() > 3 * weight[~inside].mean()
    assert told.values["global_view"].shape == chosen.inputs["global_view"].shape


def test_baselines_give_probabilities_of_three_classes(transit_signals: Examples) -> None:
    few = transit_signals.take(slice(0, 80))
    made = MODEL.baseline(transit_signals.take(slice(80, 280)), few, 0)
    assert len(made) == 3
    assert all(v.shape == (80, 3) and np.allclose(v.sum(axis=1), 1.0) for v in made.values())


def test_one_file_is_enough_and_copies_join_stars(transit_signals: Examples, tmp_path: Path) -> None:
    few = transit_signals.take(slice(0, 12))
    views = {k: v.copy() for k, v in few.inputs.items()}
    for key in ("global_view", "local_view"):
        views[key][9] = views[key][2]  # a copy under another star
    few = Examples(views, None, np.arange(12), "here", True)
    labels = ["J", "EB", "PC", "O"] * 3
    split = ["train"] * 8 + ["val"] * 4
    path = catalogue(tmp_path, few, label=labels, split=split)
    read = MODEL.load("tess-triage", path)
    assert read.target is not None and read.target.tolist() == [0, 1, 2, 0] * 3
    assert np.array_equal(read.inputs["scalars"], few.inputs["scalars"], equal_nan=True)
    assert read.groups[9] == read.groups[2] == read.groups[8]
    assert len(np.unique(read.groups)) == 5
    same = MODEL.load("tess-triage", path.with_suffix(".npz"))
    assert np.array_equal(same.inputs["global_view"], read.inputs["global_view"])


def test_files_that_do_not_belong_together_or_hold_other_things_are_refused(
    transit_signals: Examples, tmp_path: Path
) -> None:
    few = transit_signals.take(slice(0, 6))
    path = catalogue(tmp_path, few, label=["J"] * 5 + ["planet"])
    with pytest.raises(InputError, match="'planet'"):
        MODEL.load("tess-triage", path)
    np.savez(
        path.with_suffix(".npz"), tic_id=np.arange(6), global_view=np.zeros((6, 201)), local_view=np.zeros((6, 61))
    )
    with pytest.raises(InputError, match="not those of the rows"):
        MODEL.load("tess-triage", path)
    stars = np.arange(6) // 2
    np.savez(
        path.with_suffix(".npz"), tic_id=stars, global_view=np.full((6, 201), np.nan), local_view=np.zeros((6, 61))
    )
    with pytest.raises(InputError, match="global_view with 201 finite bins"):
        MODEL.load("tess-triage", path)
    path.with_suffix(".npz").write_text("no views")
    with pytest.raises(InputError, match="cannot be read as views"):
        MODEL.load("tess-triage", path)
    with pytest.raises(InputError, match="holds no catalogue"):
        MODEL.load("tess-triage", tmp_path / "nothing.parquet")


def test_statistics_are_those_of_the_mirror_image_and_scales_are_cut(transit_signals: Examples) -> None:
    some = transit_signals.take(slice(0, 20)).inputs
    turned = {k: (v if k == "scalars" else v[:, ::-1].copy()) for k, v in some.items()}
    assert np.allclose(tree_features(some), tree_features(turned), atol=1e-6, equal_nan=True)
    assert np.isfinite(guard_statistics(some)).all()
    scaled = scaled_scalars(some["scalars"], (np.zeros(10), np.full(10, 1e-3)))
    assert np.nanmax(np.abs(scaled)) <= 5.0
    assert scaled_scalars(some["scalars"], None)[:, 9] == pytest.approx(
        np.log10(some["scalars"][:, 1] / 24.0 / some["scalars"][:, 0]), abs=1e-5
    )


def test_the_published_split_parts_no_star(shared: Path) -> None:
    examples = MODEL.load("tess-triage", shared)
    assert len(examples) == 14858 and examples.target is not None
    (split,) = MODEL.folds(examples, 0)
    refuse_leak(split.train, split.validation, split.test)
    assert len(split.test) == 1400 and int((split.test.target > 0).sum()) == 162  # type: ignore[operator]
    assert len(split.train) + len(split.validation) == 13201
