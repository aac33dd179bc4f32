"""Odd objects: those that were planted, with known oddness, and rare classes of OGLE among common ones."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.table import MaskedColumn, QTable

from gnomon.tools.errors import InputError
from gnomon.tools.inference.hub.scores import area_under_curve
from gnomon.tools.inference.light_curves.find_odd_light_curves import find_odd_light_curves
from gnomon.tools.inference.light_curves.odd_features import (
    feature_columns,
    feature_matrix,
    isolation_scores,
    local_scores,
    p_values,
)
from gnomon.tools.kinds import KINDS
from gnomon.tools.reporting.measure_ranking import measure_ranking

KIND = KINDS["Ranking"]


@pytest.fixture
def objects() -> QTable:
    """Two kinds of stars, and one between them that is neither; its columns are ordinary each by itself."""
    rng = np.random.default_rng(1)
    kind = rng.random(400) < 0.5
    period = np.where(kind, rng.normal(-0.3, 0.04, 400), rng.normal(1.0, 0.05, 400))
    amplitude = np.where(kind, rng.normal(0.9, 0.05, 400), rng.normal(0.3, 0.03, 400))
    period[7], amplitude[7] = -0.3, 0.3
    return QTable({
        "name": [f"star {i}" for i in range(400)], "star_id": np.arange(400), "ra": rng.uniform(0, 360, 400),
        "n_obs": rng.integers(50, 900, 400), "period_d": 10**period, "amplitude": amplitude, "type": np.where(kind, "a", "b"),
    })  # fmt: skip


def test_what_lies_between_the_kinds_is_the_oddest(objects: QTable) -> None:
    with pytest.warns(UserWarning, match="Judged by period_d, amplitude"):
        told = find_odd_light_curves(objects)
    assert KIND.codec.check(told, KIND) is None
    assert told["name"][0] == "star 7" and told["in_domain"][0] == pytest.approx(1 / 400)
    assert set(told["unlike_in"]) <= {"period_d", "amplitude"}
    assert np.all(np.diff(told["score"]) <= 0) and np.all(np.diff(told["in_domain"]) >= 0)
    numbers = measure_ranking(told)
    assert "expected_real" not in list(numbers["quantity"])
    assert [float(r["value"]) for r in numbers if r["quantity"] == "p_value" and r["of"] == "star 7"] == [1 / 400]


def test_a_forest_is_repeated_by_its_seed_and_sees_what_lies_outside(objects: QTable) -> None:
    objects["amplitude"][11] = 4.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one, again = (find_odd_light_curves(objects, way="isolation") for _ in range(2))
    assert "star 11" in list(one["name"][:5])
    assert one["unlike_in"][list(one["name"]).index("star 11")] == "amplitude"
    assert np.array_equal(one["score"], again["score"])


def test_p_values_are_those_of_the_place() -> None:
    assert p_values(np.array([0.1, 0.5, 0.5, 0.9])).tolist() == [1.0, 0.75, 0.75, 0.25]
    for way in (lambda x: local_scores(x), lambda x: isolation_scores(x, 1)):
        p = way(np.random.default_rng(2).normal(size=(300, 3)))[1]
        assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=0.004)


def test_missing_numbers_and_many_equal_rows_are_taken() -> None:
    rng = np.random.default_rng(3)
    values = MaskedColumn(np.round(rng.normal(size=100)), mask=rng.random(100) < 0.2)
    table = QTable({"a": values, "b": np.round(rng.normal(size=100)), "empty": np.full(100, np.nan)})
    assert feature_columns(table) == ["a", "b"]
    matrix = feature_matrix(table, ["a", "b"])
    assert matrix.shape == (100, 3) and np.isfinite(matrix).all()  # with a column that says where `a` is missing
    assert np.isfinite(local_scores(matrix)[0]).all()


def test_what_cannot_be_judged_is_refused(objects: QTable) -> None:
    with pytest.raises(InputError, match="12 objects, too few"):
        find_odd_light_curves(objects[:12])
    with pytest.raises(InputError, match="1 columns of numbers to judge by: amplitude"):
        find_odd_light_curves(objects["name", "ra", "amplitude"])
    with pytest.raises(InputError, match="no column 'colour'"):
        find_odd_light_curves(objects, ["colour", "amplitude"])
    with pytest.raises(InputError, match="'type' does not hold numbers"):
        find_odd_light_curves(objects, ["type", "amplitude"])


@pytest.mark.slow
def test_rare_classes_of_ogle_among_common_ones(shared: Path) -> None:
    """R CrB, double-period and anomalous Cepheid stars, planted one in thirty, beside a plain Mahalanobis distance."""
    import pyarrow.parquet as parquet
    from sklearn.covariance import LedoitWolf

    frame = parquet.read_table(shared / "ogle3" / "ogle3_dev.parquet").to_pandas()
    common = frame[frame.type.isin(["RRLyr", "Cep", "DSCT", "LPV"])].sample(2000, random_state=1)
    rare = frame[frame.type.isin(["RCB", "DPV", "aCep"])].sample(66, random_state=2)
    columns = ["period1_d", "ampl1_mag", "i_mag", "v_mag"]
    both = QTable({c: np.concatenate([common[c], rare[c]]) for c in columns})
    odd = np.arange(len(both)) >= len(common)
    matrix = feature_matrix(both, columns)
    plain = area_under_curve(odd, LedoitWolf().fit(matrix).mahalanobis(matrix))
    score, p = local_scores(matrix)
    assert area_under_curve(odd, score) > max(0.75, plain + 0.15)
    assert np.mean(p[odd] < 0.05) > 4 * np.mean(p[~odd] < 0.05)
