"""Numbers and figures of what trained models say."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import QTable

from gnomon.tools.errors import EmptyResult
from gnomon.tools.kinds import KINDS, figures
from gnomon.tools.reporting.measure_classification import measure_classification
from gnomon.tools.reporting.measure_ranking import measure_ranking
from gnomon.tools.reporting.measure_redshifts import measure_redshifts
from gnomon.tools.reporting.plot_classification import plot_classification
from gnomon.tools.reporting.plot_redshifts import plot_redshifts


def _classification(n: int, odd: int = 0) -> QTable:
    p = np.linspace(0.1, 0.9, n)
    return QTable(
        {
            "name": [f"star {i}" for i in range(n)],
            "class": np.where(p > 0.5, "RRAB", "RRC"),
            "probability": np.maximum(p, 1 - p),
            "in_domain": np.r_[np.full(odd, 0.001), np.full(n - odd, 0.5)],
            "p_RRAB": p,
            "p_RRC": 1 - p,
        }
    )


def _redshifts(n: int, odd: int = 0) -> QTable:
    grid = np.linspace(0, 1, 101)
    z = np.linspace(0.1, 0.6, n)
    density = np.exp(-0.5 * ((grid - z[:, None]) / 0.03) ** 2)
    density /= density.sum(axis=1, keepdims=True) * 0.01
    table = QTable(
        {
            "name": [f"galaxy {i}" for i in range(n)],
            "z": z,
            "z_lower": z - 0.03,
            "z_upper": z + 0.03,
            "in_domain": np.r_[np.full(odd, 0.0), np.full(n - odd, 0.5)],
            "outlier_probability": np.full(n, 0.1),
            "density": density,
        }
    )
    table.meta["grid"] = grid.tolist()
    return table


def _of(table: object, quantity: str) -> list[tuple[str, float]]:
    return [(str(r["of"]), float(r["value"])) for r in table if r["quantity"] == quantity]  # type: ignore[attr-defined]


def test_numbers_of_classes_are_sums_of_probabilities_without_what_is_not_known() -> None:
    told = measure_classification(_classification(9, odd=1))
    assert KINDS["Measurements"].codec.check(told, KINDS["Measurements"]) is None
    numbers = dict(_of(told, "number"))
    assert numbers["RRAB"] == pytest.approx(4.5 - 0.1) and numbers["RRC"] == pytest.approx(4.5 - 0.9)
    row = next(r for r in told if r["of"] == "RRAB")
    p = np.linspace(0.1, 0.9, 9)[1:]
    assert row["upper"] - row["value"] == pytest.approx(np.sqrt((p * (1 - p)).sum()))
    assert _of(told, "number_unlike_known") == [("objects", 1.0)]
    assert len(_of(told, "probability")) == 9


def test_of_many_objects_none_is_named() -> None:
    assert _of(measure_classification(_classification(300)), "probability") == []
    assert _of(measure_redshifts(_redshifts(300)), "redshift") == []


def test_each_redshift_has_its_interval() -> None:
    told = measure_redshifts(_redshifts(3, odd=1))
    assert [v for _o, v in _of(told, "redshift")] == pytest.approx([0.1, 0.35, 0.6])
    assert _of(told, "expected_outliers")[0][1] == pytest.approx(0.3)
    row = told[1]
    assert (row["lower"], row["upper"], row["level"]) == pytest.approx((0.32, 0.38, 0.68))


def test_a_sample_has_quartiles() -> None:
    told = measure_redshifts(_redshifts(101))
    assert _of(told, "median_redshift")[0][1] == pytest.approx(0.35)


def test_a_ranking_tells_how_many_are_expected_to_be_real_and_what_the_best_are() -> None:
    ranking = QTable(
        {"name": ["a", "b", "c"], "score": [0.9, 0.5, 0.1], "in_domain": [0.5, 0.5, 0.5], "dm": [56.7, 10.0, 0.0]}
    )
    told = measure_ranking(ranking)
    assert _of(told, "number_of_candidates") == [("all", 3.0)]
    assert _of(told, "expected_real")[0][1] == pytest.approx(1.5)
    assert dict(_of(told, "dispersion_measure"))["a"] == pytest.approx(56.7)
    assert next(r["unit"] for r in told if r["quantity"] == "dispersion_measure") == "pc/cm3"


@pytest.mark.parametrize("n", [1, 4, 60])
def test_figures_are_drawn_for_few_and_for_many(n: int) -> None:
    for figure in (
        plot_redshifts(_redshifts(n, odd=1 if n > 1 else 0)),
        plot_classification(_classification(n, odd=1)),
    ):
        assert figures.check(figure, KINDS["Figure"]) is None
        assert str(n) in figure.get_label() or "60" not in figure.get_label()


def test_nothing_is_not_drawn() -> None:
    with pytest.raises(EmptyResult):
        plot_redshifts(_redshifts(3)[:0])
    with pytest.raises(EmptyResult):
        plot_classification(_classification(3)[:0])
