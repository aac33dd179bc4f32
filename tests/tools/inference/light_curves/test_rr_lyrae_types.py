"""RR Lyrae stars: folding, simulated stars, a small training of the model, and its guard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Fitted
from gnomon.tools.inference.hub.splits import refuse_leak
from gnomon.tools.inference.hub.training import Training
from gnomon.tools.inference.light_curves import rr_lyrae_types
from gnomon.tools.inference.light_curves.folded_bands import BANDS, POINTS, folded_bands, shape_numbers, usable_bands
from gnomon.tools.inference.light_curves.rr_lyrae_types import RRLyraeTypes
from gnomon.tools.inference.light_curves.simulate_rr_lyrae import simulate_rr_lyrae


def sine(n: int, period: float = 0.5, brightest: float = 0.1, seed: int = 3) -> tuple[np.ndarray, ...]:
    time = np.sort(np.random.default_rng(seed).uniform(0.0, 400.0, n))
    return time, 17.0 - 0.3 * np.cos(2 * np.pi * (time - brightest) / period), np.full(n, 0.01)


def test_phases_count_from_the_maximum_of_light() -> None:
    made = folded_bands([({"g": sine(40)}, 0.5)])
    place = BANDS.index("g")
    phase, magnitude = made["phase"][0, place], made["magnitude"][0, place]
    assert np.all(np.diff(phase) > 0)
    # Light is greatest, the magnitude least, at phase 0: -cos, in units of its standard deviation.
    assert magnitude == pytest.approx(-np.sqrt(2.0) * np.cos(2 * np.pi * phase), abs=0.35)
    assert np.corrcoef(magnitude, -np.cos(2 * np.pi * phase))[0, 1] > 0.999
    assert 10 ** made["log_spread"][0, place] == pytest.approx(0.3 / np.sqrt(2), rel=0.15)


def test_few_points_go_round_again_and_many_are_thinned() -> None:
    made = folded_bands([({"r": sine(20), "i": sine(300, seed=4)}, 0.5)])
    r, i = (made["magnitude"][0, BANDS.index(b)] for b in "ri")
    assert np.array_equal(r[:20], r[20:40]) and np.array_equal(r[:4], r[60:])
    phase = made["phase"][0, BANDS.index("r")]
    assert phase[20:40] == pytest.approx(phase[:20] + 1.0, abs=1e-6)
    assert len(np.unique(i)) == POINTS
    assert made["present"].tolist() == [[0.0, 0.0, 1.0, 1.0, 0.0]]


def test_a_star_seen_later_by_whole_periods_folds_to_the_same() -> None:
    time, magnitude, error = sine(50)
    first, later = (folded_bands([({"g": (time + shift, magnitude, error)}, 0.5)]) for shift in (0.0, 500.0))
    assert later["phase"] == pytest.approx(first["phase"], abs=1e-4)


def test_bands_that_are_unknown_or_too_short_are_not_used() -> None:
    held = usable_bands({"ZTF_g": sine(30), "V": sine(30), "sdss_r": sine(14), "i": sine(15)})
    assert sorted(held) == ["g", "i"]


def test_simulated_stars_have_the_series_that_was_put_in() -> None:
    stars, codes = simulate_rr_lyrae(200, 1)
    period, amplitude, r21 = shape_numbers(stars)[:, :3].T
    for code, (days, ratio) in enumerate(((0.568, 0.468), (0.323, 0.117))):
        mine = codes == code
        assert 10 ** np.median(period[mine]) == pytest.approx(days, rel=0.06)
        assert np.median(r21[mine]) == pytest.approx(ratio, abs=0.06)
    assert np.median(amplitude[codes == 0]) > np.median(amplitude[codes == 1])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fitted, Examples, Examples, Examples]:
    """One network of a few epochs on simulated stars."""
    patch = pytest.MonkeyPatch()
    patch.setitem(rr_lyrae_types._RECIPE, "cpu", replace(rr_lyrae_types._RECIPE["cpu"], epochs=25, members=1))
    try:
        model = RRLyraeTypes()
        examples = model.simulate(330, 5)
        train, validation, test = (examples.take(slice(*ends)) for ends in ((0, 180), (180, 260), (260, 330)))
        training = Training(tmp_path_factory.mktemp("rr"), 3, note=lambda _line: None)
        return model.fit(train, validation, "cpu", training), train, validation, test
    finally:
        patch.undo()


def test_a_small_training_learns(trained: tuple[Fitted, Examples, Examples, Examples]) -> None:
    fitted, _train, _validation, test = trained
    said = RRLyraeTypes().predict(fitted, test.inputs, "cpu")
    assert test.target is not None
    assert np.mean(said.value.argmax(axis=1) == test.target) > 0.9
    assert said.value.sum(axis=1) == pytest.approx(1.0)
    assert np.mean(said.in_domain < 0.01) < 0.1


def test_the_guard_flags_what_does_not_repeat(trained: tuple[Fitted, Examples, Examples, Examples]) -> None:
    fitted, _train, _validation, test = trained
    model = RRLyraeTypes()
    strange = model.strange(test, 1)
    flagged = {k: np.mean(model.predict(fitted, v, "cpu").in_domain < 0.01) for k, v in strange.items()}
    assert min(flagged[k] for k in ("folded with a wrong period", "noise alone", "Cepheids' periods (3 to 30 d)", "magnitudes in mmag")) > 0.9, flagged  # fmt: skip


def test_bands_that_are_hidden_change_nothing_by_what_stands_in_them(
    trained: tuple[Fitted, Examples, Examples, Examples],
) -> None:
    fitted, _train, _validation, test = trained
    model = RRLyraeTypes()
    without = {k: v.copy() for k, v in test.inputs.items()}
    without["present"][:, 0] = 0.0
    other = {**without, "magnitude": without["magnitude"].copy()}
    other["magnitude"][:, 0] = 7.0
    ours, theirs = (model.predict(fitted, i, "cpu") for i in (without, other))
    assert ours.value == pytest.approx(theirs.value) and ours.in_domain == pytest.approx(theirs.in_domain)
    assert not np.allclose(ours.value, model.predict(fitted, test.inputs, "cpu").value)


def test_what_points_add_sums_to_the_difference(trained: tuple[Fitted, Examples, Examples, Examples]) -> None:
    from gnomon.tools.inference.light_curves.rr_lyrae_probabilities import rr_lyrae_logits

    fitted, _train, _validation, test = trained
    some = {k: v[:8] for k, v in test.inputs.items()}
    adds = RRLyraeTypes().explain(fitted, some, "cpu").values["magnitude"]
    assert adds.shape == some["magnitude"].shape
    flat = {**some, "magnitude": np.zeros_like(some["magnitude"])}
    rows = np.arange(8)
    told = rr_lyrae_logits(fitted.tensors, fitted.header, some, "cpu").argmax(axis=1)

    def logits(inputs: dict[str, np.ndarray]) -> np.ndarray:
        from gnomon.tools.inference.light_curves.rr_lyrae_probabilities import _asked

        return _asked(fitted.tensors, fitted.header, inputs, "cpu", "forward")[0][rows, told]

    assert adds.sum(axis=(1, 2)) == pytest.approx(logits(some) - logits(flat), abs=0.35)


def test_folds_part_no_star_and_score_each_once() -> None:
    examples = RRLyraeTypes().simulate(60, 2)
    folds = RRLyraeTypes().folds(examples, 0)
    for fold in folds:
        refuse_leak(fold.train, fold.validation, fold.test)
    scored = np.concatenate([f.test.groups for f in folds])
    assert sorted(scored) == sorted(examples.groups)


def test_observed_stars_are_read_with_their_types(shared: Path) -> None:
    examples = RRLyraeTypes().load("ztf-s82", shared)
    assert len(examples) == 386 and examples.target is not None and examples.target.sum() == 79
    assert not examples.simulated and np.all(examples.inputs["present"].sum(axis=1) >= 1)


def test_a_folder_without_the_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no Parquet table"):
        RRLyraeTypes().load("ztf-s82", tmp_path)
