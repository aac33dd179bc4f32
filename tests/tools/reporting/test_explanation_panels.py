"""What reports show of explanations: panels with their caveat, and rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from astropy.table import QTable

from gnomon.tools.errors import EmptyResult
from gnomon.tools.inference.hub.explanations import curve_part, explanation, image_part, numbers_part
from gnomon.tools.kinds import KINDS, figures
from gnomon.tools.reporting.explanation_panels import CAVEAT, CAVEAT_ZH, captions, explained_rows, explanation_in
from gnomon.tools.reporting.measure_classification import measure_classification
from gnomon.tools.reporting.measure_ranking import measure_ranking
from gnomon.tools.reporting.plot_classification import plot_classification
from gnomon.tools.reporting.plot_ranking import plot_ranking

NAMES = ["a", "b", "c", "d"]


def _numbers() -> dict[str, Any]:
    given = np.array([[1.0, 2.0, np.nan], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [1.0, 1.0, 1.0]])
    return numbers_part(["x", "y", "z"], given, np.array([[0.1, -3.0, 0.0], [2.0, 1.0, 0.5], [0.0, 0.0, 0.0], [9.0, 9.0, 9.0]]))  # fmt: skip


def _curve() -> dict[str, Any]:
    some = [np.arange(n) / 10 for n in (5, 8, 3, 4)]
    return curve_part(("phase", "相位"), some, [np.cos(s) for s in some], [np.sin(s) for s in some])


def _image() -> dict[str, Any]:
    return image_part(("time", "时间"), np.zeros((4, 8, 8)), np.random.default_rng(0).normal(size=(4, 8, 8)))


def _result(parts: list[dict[str, Any]], **meta: Any) -> QTable:
    told = explanation(NAMES, ("a logit", "对数几率"), ("an empty input", "空输入"), "a method", parts)
    p = np.array([0.9, 0.8, 0.7, 0.6])
    table = QTable({"name": NAMES, "class": ["real"] * 4, "probability": p, "score": p, "in_domain": [0.5, 0.5, 0.001, 0.5], "p_real": p, "p_not": 1 - p})  # fmt: skip
    table.meta.update(explanation=told, **meta)
    return table


@pytest.mark.parametrize(
    "parts",
    [
        [_numbers()],
        [_curve(), numbers_part(["redshift"], np.full((4, 1), np.nan), np.zeros((4, 1)))],
        [_image(), _image(), _numbers()],
    ],
)
def test_figures_show_what_every_part_added_and_say_what_that_means(parts: list[dict[str, Any]]) -> None:
    panels = sum(p["form"] != "numbers" or len(p["labels"]) > 2 for p in parts)
    for figure in (plot_classification(_result(parts)), plot_ranking(_result(parts))):
        assert figures.check(figure, KINDS["Figure"]) is None
        drawn = [a for sub in figure.subfigs for a in sub.axes if a.axison]
        assert len(drawn) == 1 + 4 * panels
        for said in (CAVEAT, CAVEAT_ZH, "a logit", "an empty input", "空输入", "a method"):
            assert said in figure.get_label()


def test_objects_that_were_taken_out_of_a_result_are_not_explained() -> None:
    table = _result([_numbers(), _curve()])
    told = explanation_in(table[[1, 3]])
    assert told and told["objects"] == ["b", "d"] and told["parts"][0]["adds"] == [[2.0, 1.0, 0.5], [9.0, 9.0, 9.0]]
    assert [len(x) for x in told["parts"][1]["x"]] == [8, 4]
    assert explanation_in(table[:0]) is None


def test_rows_are_the_strongest_of_the_first_objects_and_leave_out_what_added_nothing() -> None:
    rows = explained_rows(_result([_numbers()]))
    assert [(r["of"], r["value"]) for r in rows] == [("a: y", -3.0), ("a: x", 0.1), ("b: x", 2.0), ("b: y", 1.0), ("b: z", 0.5)]  # fmt: skip
    for measure in (measure_ranking, measure_classification):
        told = measure(_result([_numbers()]))
        assert sum(q == "attribution" for q in told["quantity"]) == 5
    assert explained_rows(_result([_curve()])) == []


def test_a_result_without_an_explanation_is_drawn_as_before() -> None:
    table = _result([_numbers()])
    del table.meta["explanation"]
    assert explained_rows(table) == [] and captions(explanation_in(table)) == ("", "")
    for figure in (plot_ranking(table), plot_classification(table)):
        assert len(figure.axes) == 1 and CAVEAT not in figure.get_label()


def test_a_ranking_by_oddness_is_no_probability() -> None:
    table = _result([_numbers()], score="oddness")
    del table.meta["explanation"]
    figure = plot_ranking(table)
    assert figure.axes[0].get_xlabel() == "oddness" and "(!)" not in figure.get_label()
    assert plot_ranking(_result([])[:1]).get_label()
    with pytest.raises(EmptyResult):
        plot_ranking(table[:0])
