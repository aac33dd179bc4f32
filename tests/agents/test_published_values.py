"""Results of a run beside what documents state of the same object."""

from __future__ import annotations

from pathlib import Path

import pytest

from gnomon.agents.published_values import Published, objects_of, published_beside
from gnomon.agents.results import Result, Uncertainty
from gnomon.knowledge.literature.agreement import agreements, same_quantity
from gnomon.knowledge.literature.blocks import Block, Parsed
from gnomon.knowledge.literature.memory import LiteratureMemory
from gnomon.knowledge.literature.stated_values import stated_values

TEXT = (
    "The outer planet of HD 164922 has an orbital period of 1201.1 ± 5.6 d and a minimum mass of 0.339 ± 0.015 M_J. "
    "The inner planet of HD 164922 has an orbital period of 75.765 ± 0.052 d and a semi-major axis of 0.3351 ± 0.0015 au. "
    "The eccentricity is below 0.2."
)
OTHER = "The planet of HD 10180 has an orbital period of 5.75978 ± 0.00062 d."


def _result(quantity: str, value: float, unit: str, half: float | None, of: str = "", level: float = 0.6827) -> Result:
    ends = None if half is None else Uncertainty(lower=value - half, upper=value + half, level=level)
    return Result(quantity=quantity, value=value, unit=unit, uncertainty=ends, of=of, receipt="")


@pytest.fixture
def memory(tmp_path: Path) -> LiteratureMemory:
    made = LiteratureMemory(tmp_path / "memory")
    for name, text in (("two planets", TEXT), ("another star", OTHER)):
        made.put(Parsed([Block("paragraph", text)], {"title": name, "authors": ["A. Author"], "year": 2016}), f"{name}.txt", text.encode())  # fmt: skip
    return made


def _of(beside: list[tuple[Result, list[Published]]]) -> list[list[tuple[str, str]]]:
    return [[(p.stated.text, p.comparison.verdict) for p in those] for _r, those in beside]


def test_values_of_the_object_stand_beside_the_nearest_result(memory: LiteratureMemory) -> None:
    results = [
        _result("period", 1200.9, "d", 4.6, "HD 164922 planet 1"),
        _result("period", 75.767, "d", 0.053, "HD 164922 planet 2"),
        _result("minimum_mass", 0.341, "M_jup", 0.0135, "HD 164922 planet 1"),
        _result("semi_major_axis", 0.33504, "AU", 0.0015, "HD 164922 planet 2"),
        _result("velocity_semi_amplitude", 7.2, "m / s", 0.3),
        _result("eccentricity", 0.12, "", 0.04),
    ]
    beside = published_beside(memory, results, ["HD 164922"])
    assert _of(beside) == [
        [("1201.1 ± 5.6 d", "apart")],
        [("75.765 ± 0.052 d", "apart")],
        [("0.339 ± 0.015 M_J", "apart")],
        [("0.3351 ± 0.0015 au", "apart")],
        [],
        [("0.2", "consistent")],
    ]
    first = beside[0][1][0]
    # |1200.9 - 1201.1| / sqrt(4.6**2 + 5.6**2)
    assert first.comparison.sigma == pytest.approx(0.0276, abs=1e-3)
    assert first.sentence == TEXT[: TEXT.index(". The inner") + 1]
    told = first.told()
    assert TEXT[told["start"] : told["end"]] == "1201.1 ± 5.6 d" and told["key"] == "Author2016"


def test_another_star_is_not_read(memory: LiteratureMemory) -> None:
    assert _of(published_beside(memory, [_result("period", 5.8, "d", 0.1)], ["HD 10180"])) == [
        [("5.75978 ± 0.00062 d", "apart")]
    ]
    assert _of(published_beside(memory, [_result("period", 5.8, "d", 0.1)], ["HD 10"])) == [[]]


def test_a_level_is_made_one_sigma(memory: LiteratureMemory) -> None:
    (wide,) = published_beside(memory, [_result("period", 1190.0, "d", 9.2, level=0.954499736)], ["HD 164922"])
    (narrow,) = published_beside(memory, [_result("period", 1190.0, "d", 4.6)], ["HD 164922"])
    assert wide[1][0].comparison.sigma == pytest.approx(narrow[1][0].comparison.sigma, rel=1e-4)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("orbital period", "period", True),
        ("P", "period", True),
        ("semi_major_axis", "semi-major axis", True),
        ("半长轴", "semi_major_axis", True),
        ("recall", "recall", True),
        ("recall", "precision", False),
        ("minimum mass", "stellar mass", False),
        ("", "", False),
    ],
)
def test_quantities_by_their_names(one: str, other: str, same: bool) -> None:
    assert same_quantity(one, other) is same_quantity(other, one) is same


def test_only_documents_that_differ_are_compared() -> None:
    one = stated_values("The recall is 0.84 ± 0.02.")
    other = stated_values("A recall of 0.70 ± 0.03 was reached, with a period of 3.5 ± 0.1 d.")
    (found,) = agreements([("a", one), ("b", other)])
    assert (found["one"], found["other"], found["verdict"]) == ([0, 0], [1, 0], "apart")
    assert found["sigma"] == pytest.approx(0.14 / (0.02**2 + 0.03**2) ** 0.5, abs=1e-3)
    assert agreements([("a", one), ("a", other)]) == []


def test_objects_are_named_as_catalogues_do() -> None:
    assert objects_of(["Which planets orbit hd164922?", "HD 164922 planet 1"]) == ["HD 164922"]
