"""Why: every number of an answer is in the run's record, with its receipt, and what is not there is said not to be."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from gnomon.agents.follow_ups.left_out import left_out
from gnomon.agents.follow_ups.why import Why
from gnomon.agents.understanding.understand import understand


@pytest.fixture(scope="module")
def why(finish_run: Any) -> Callable[..., str]:
    done = finish_run("read_points", "measure_points", "draw_points", arguments={"read_points": {"offset": "2 d"}})

    def explain(text: str, language: str = "en") -> str:
        return Why(done.run, done.registry, done.store, language, done.run.folder.parent).explain(understand(text)).text

    return explain


def test_a_number_leads_to_its_row_method_input_and_approval(why: Callable[..., str]) -> None:
    said = why("where does 75.77 come from?")
    assert "planet 2: period = 75.765 +0.075/−0.065 d, an interval of 68.3 % [r" in said
    assert "outputs/measure_points.ecsv, row 5]" in said
    assert "Values were measured (plain)." in said
    assert "Lomb 1976" in said
    assert "read from points.csv" in said
    assert "Read from inputs/points.csv (a light curve; sha256 " in said
    assert "the bytes in the run's folder match" in said
    assert "read_points.offset = 2 d" in said
    assert "Two rows of points.csv were left out." in said
    assert "Approved by Ada <ada@observatory>, with a command" in said
    assert "1199" not in said


@pytest.mark.parametrize(
    ("text", "row", "others"),
    [
        ("why that eccentricity?", "row 3", "row 4"),
        ("why is the period of the second planet so short?", "row 5", "row 1"),
        ("how was the minimum mass measured?", "row 4", "row 1"),
        ("why 1199.0?", "row 1", "row 5"),
        ("where does 1194 come from?", "row 1", "row 5"),
    ],
)
def test_what_is_asked_about(why: Callable[..., str], text: str, row: str, others: str) -> None:
    said = why(text)
    assert f"{row}]" in said
    assert f"{others}]" not in said


def test_in_chinese(why: Callable[..., str]) -> None:
    said = why("行星 2 的周期是怎么来的？", "zh")
    assert "周期 = " in said
    assert "第 5 行" in said
    assert "测量了数值" in said
    assert "批准人 Ada" in said


def test_what_is_not_in_the_record_is_said_so(why: Callable[..., str]) -> None:
    said = why("where does 12.345 come from?")
    assert said.startswith("12.345 is not among the numbers that run")
    assert "1199" in said
    assert "Approved" not in said
    said = why("why that redshift?")
    assert "measured no redshift" in said


def test_facets(why: Callable[..., str]) -> None:
    assert why("who approved this?").startswith("Approved by Ada")
    assert "Lomb 1976" in why("which paper is the method from?")
    assert "68.3 %" in why("how sure is the period?")
    assert "< 0.31 (95 %)" in why("how certain is the eccentricity?")
    assert "Two rows of points.csv" in why("were there any warnings?")
    assert "offset = 2 d" in why("which settings mattered?")
    assert "inputs/points.csv" in why("which data went into this?")
    assert "No record on the way tells" in why("what was rejected and why?")


def test_a_failed_run_is_explained(finish_run: Any) -> None:
    done = finish_run("read_points", "fit_badly", "summarise_fit")
    why = Why(done.run, done.registry, done.store, "en", done.run.folder.parent)
    said = why.explain(understand("why did it fail?")).text
    assert "fit_badly: The <i>fit</i> cannot work. Give *velocities*." in said
    assert "12" not in why.explain(understand("where does 12.5 come from?")).text.replace("12.5", "")


def test_every_number_is_in_the_record(why: Callable[..., str], finish_run: Any) -> None:
    """The checker of receipts, which knows nothing of this module, finds each result that is told."""
    from gnomon.agents.receipts_check import check

    done = finish_run("read_points", "measure_points", "draw_points")
    told = Why(done.run, done.registry, done.store, "en", done.run.folder.parent).explain(
        understand("why that period?")
    )
    first = "\n\n".join(line.partition(" [r")[0] for line in told.text.splitlines() if "row" in line)
    assert first.count(" = ") == 2
    assert [r.of for r in told.results] == ["planet 1", "planet 2"]
    done.report()
    assert not check(first, done.run.folder, done.registry).unsupported


# ---------------------------------------------------------------------- what was left out


def test_rows_that_were_not_accepted() -> None:
    from astropy.table import QTable
    from astropy.units import d

    table = QTable(
        {"signal": [1, 2], "period": [3.3, 7.1] * d, "accepted": [True, False], "reason": ["", "one dip carries it"]}
    )
    (one,) = left_out(table)
    assert one.cells == (("signal", 2.0, ""), ("period", 7.1, "d"))
    assert (one.reason, one.row) == ("one dip carries it", 2)


def test_models_that_were_weighed_last() -> None:
    entries = [
        {"added": "start", "gain": None, "accepted": True},
        {"added": "trend", "gain": 1.0, "accepted": False},
        {"added": "planet", "gain": 90.0, "accepted": True},
        {"added": "trend", "gain": 0.5, "accepted": False},
    ]
    value = SimpleNamespace(posterior=SimpleNamespace(attrs={"evidence": json.dumps(entries), "seed": 1}))
    (one,) = left_out(value)
    assert one.cells == (("added", "trend", ""), ("gain", 0.5, ""))
    assert (one.place, one.row) == ("evidence", 4)


@pytest.mark.parametrize("value", [None, 3, "text", SimpleNamespace(posterior=SimpleNamespace(attrs={"x": "[{"}))])
def test_what_tells_of_nothing(value: object) -> None:
    assert list(left_out(value)) == []
