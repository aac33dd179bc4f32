"""Ranking of pulsar candidates: learning, calibration, and what must not depend on anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.examples import Examples
from gnomon.tools.inference.hub.models import Fitted
from gnomon.tools.inference.hub.splits import refuse_leak, split_by_group
from gnomon.tools.inference.hub.training import Training
from gnomon.tools.inference.hub.weights import read_tensors, write_tensors
from gnomon.tools.inference.pulses import pulsar_candidates
from gnomon.tools.inference.pulses.candidate_statistics import STATISTICS
from gnomon.tools.inference.pulses.pulsar_candidates import PulsarCandidates

MODEL = PulsarCandidates()


def drawn(count, seed):
    """Candidates like those of the survey in kind: noise has flat profiles, pulsars narrow ones and a peak in dispersion."""
    rng = np.random.default_rng(seed)
    pulsar = rng.random(count) < 0.2
    noise = np.column_stack(
        [rng.normal(115, 15, count), rng.normal(47, 5, count), rng.normal(0.2, 0.3, count), rng.exponential(0.3, count), rng.lognormal(1, 0.7, count),
         rng.normal(20, 4, count), rng.normal(8, 2, count), rng.normal(90, 30, count)]
    )  # fmt: skip
    shift = np.array([-50, -8, 2.5, 12, 40, 25, -5, -70]) * rng.uniform(0.0, 1.0, (count, 1))
    statistics = noise + pulsar[:, None] * shift
    statistics[:, 4] = np.abs(statistics[:, 4]) + 0.1
    return Examples({"statistics": statistics}, pulsar.astype(np.int64), np.arange(count).astype(str), "drawn", True)


@pytest.fixture(scope="module")
def split():
    return split_by_group(drawn(2000, 0), (0.6, 0.2, 0.2), seed=0)


@pytest.fixture(scope="module")
def fitted(split, tmp_path_factory):
    recipe = replace(pulsar_candidates._RECIPE["cpu"], epochs=6, members=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(pulsar_candidates._RECIPE, "cpu", recipe)
        training = Training(tmp_path_factory.mktemp("training"), seed=1, note=lambda _: None)
        return MODEL.fit(split.train, split.validation, "cpu", training)


def test_it_learns_to_rank_and_its_probabilities_mean_what_they_say(split, fitted):
    said = MODEL.predict(fitted, split.test.inputs, "cpu").value
    assert said.shape == (len(split.test), 2)
    assert said.sum(axis=1) == pytest.approx(np.ones(len(split.test)))
    truth = split.test.target
    classical = MODEL.baseline(split.train, split.test, 0)
    assert (
        average_precision_score(truth, said[:, 1])
        > average_precision_score(truth, classical["logistic regression"][:, 1]) - 0.03
    )
    # In the mean as many as there are, within three errors of a count.
    assert said[:, 1].sum() == pytest.approx(truth.sum(), abs=3 * np.sqrt(truth.sum()))


def test_an_example_is_judged_by_itself(split, fitted):
    inputs = split.test.inputs["statistics"]
    whole = MODEL.predict(fitted, {"statistics": inputs}, "cpu")
    order = np.random.default_rng(3).permutation(len(inputs))
    turned = MODEL.predict(fitted, {"statistics": inputs[order]}, "cpu")
    alone = MODEL.predict(fitted, {"statistics": inputs[:1]}, "cpu")
    assert turned.value == pytest.approx(whole.value[order], abs=1e-6)
    assert alone.value == pytest.approx(whole.value[:1], abs=1e-6)
    assert np.array_equal(turned.in_domain, whole.in_domain[order])


def test_weights_in_a_file_say_the_same(split, fitted, tmp_path):
    sha256 = write_tensors(tmp_path / "w.safetensors", fitted.tensors, fitted.header)
    again = Fitted(*read_tensors(tmp_path / "w.safetensors", sha256))
    ours, theirs = (MODEL.predict(f, split.test.inputs, "cpu").value for f in (fitted, again))
    assert np.array_equal(ours, theirs)


def test_strange_candidates_and_missing_statistics_are_flagged(split, fitted):
    usual = MODEL.predict(fitted, split.test.inputs, "cpu").in_domain
    assert np.mean(usual < 0.01) < 0.05
    for name, inputs in MODEL.strange(split.test, 0).items():
        if "units" in name or "random" in name:
            assert np.mean(MODEL.predict(fitted, inputs, "cpu").in_domain < 0.01) > 0.9, name
    broken = split.test.inputs["statistics"].copy()
    broken[:, 2] = np.nan
    said = MODEL.predict(fitted, {"statistics": broken}, "cpu")
    assert np.all(said.in_domain == 0)
    assert np.isfinite(said.value).all()


def test_what_explains_adds_up_and_names_the_planted_cue(fitted):
    # One candidate of noise, whose profile alone is made that of a pulsar.
    typical = np.array([[115.0, 47.0, 0.2, 0.3, 2.7, 20.0, 8.0, 90.0]])
    planted = typical.copy()
    planted[0, :4] += [-15, -2, 0.8, 3]
    told = MODEL.explain(fitted, {"statistics": planted}, "cpu").values["statistics"][0]
    ends = [
        MODEL.predict(fitted, {"statistics": s}, "cpu").value[0, 1]
        for s in (planted, fitted.tensors["explain.baseline"][None])
    ]
    temperature = float(fitted.tensors["calibration.temperature"][0])
    logits = [temperature * np.log(p / (1 - p)) for p in ends]
    assert told.sum() == pytest.approx(logits[0] - logits[1], abs=0.02)
    assert np.abs(told[:4]).sum() > 3 * np.abs(told[4:]).sum()


def test_the_same_seed_gives_the_same_weights(split, tmp_path):
    recipe = replace(pulsar_candidates._RECIPE["cpu"], epochs=2, members=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(pulsar_candidates._RECIPE, "cpu", recipe)
        one, two = (
            MODEL.fit(split.train, split.validation, "cpu", Training(tmp_path / n, seed=5, note=lambda _: None))
            for n in ("a", "b")
        )
    assert all(np.array_equal(one.tensors[k], two.tensors[k]) for k in one.tensors)


def test_files_of_candidates_are_read_with_and_without_truth(tmp_path):
    examples = drawn(30, 2)
    rows = [",".join([*STATISTICS, "is_pulsar"])]
    rows += [
        ",".join(f"{v:.6g}" for v in r) + f",{t}"
        for r, t in zip(examples.inputs["statistics"], examples.target, strict=True)
    ]
    (tmp_path / "c.csv").write_text("\n".join(rows))
    loaded = MODEL.load("htru2", tmp_path / "c.csv")
    assert np.array_equal(loaded.target, examples.target)
    (tmp_path / "d.csv").write_text("\n".join(r.rsplit(",", 1)[0] for r in rows))
    assert MODEL.load("htru2", tmp_path / "d.csv").target is None
    with pytest.raises(InputError, match="no file"):
        MODEL.load("htru2", tmp_path)
    (tmp_path / "e.parquet").write_text("nonsense")
    with pytest.raises(InputError, match="cannot be read"):
        MODEL.load("htru2", tmp_path / "e.parquet")
    (tmp_path / "f.csv").write_text(rows[0] + "\n1,2,3,4,5,6,7,8,7")
    with pytest.raises(InputError, match="other than 0 and 1"):
        MODEL.load("htru2", tmp_path / "f.csv")


def test_a_file_in_pieces_is_the_file(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as parquet

    examples = drawn(250, 3)
    columns = dict(zip(STATISTICS, examples.inputs["statistics"].T, strict=True))
    parquet.write_table(pa.table(columns), tmp_path / "c.parquet")
    parts = list(MODEL.stream(tmp_path / "c.parquet", 100))
    assert len(parts) == 3
    assert np.array_equal(np.concatenate([p.inputs["statistics"] for p in parts]), examples.inputs["statistics"])
    assert len({n for p in parts for n in p.names}) == 250


def test_folds_of_the_real_set_share_nothing_and_cover_all(shared):
    examples = MODEL.load("htru2", shared)
    assert len(examples) == 14318
    assert examples.target.sum() == 1311
    folds = MODEL.folds(examples, 0)
    assert sum(len(f.test) for f in folds) == len(examples)
    for fold in folds:
        refuse_leak(fold.train, fold.validation, fold.test)
