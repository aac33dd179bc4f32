"""Results: what a table's rows become, and where their receipts lead."""

from __future__ import annotations

import json

import pytest

from gnomon.agents.numbers import bare, say
from gnomon.agents.results import Result, Uncertainty, collect, harvest, locate


@pytest.fixture(scope="module")
def measured(finish_run):
    return finish_run("read_points", "measure_points")


@pytest.fixture(scope="module")
def results(measured):
    return collect(measured.run, measured.plan, measured.store)


def test_rows_become_results_in_order(results) -> None:
    assert [(r.quantity, r.of) for r in results] == [
        ("period", "planet 1"),
        ("velocity_semi_amplitude", "planet 1"),
        ("eccentricity", "planet 1"),
        ("minimum_mass", "planet 1"),
        ("period", "planet 2"),
    ]
    assert results[0].uncertainty == Uncertainty(lower=1194.0, upper=1204.1, level=0.6827)


def test_json_has_these_keys_and_no_others(results) -> None:
    for document in (json.loads(json.dumps(r.document(), allow_nan=False)) for r in results):
        assert set(document) == {"quantity", "value", "unit", "uncertainty", "of", "receipt"}
        assert document["uncertainty"] is None or set(document["uncertainty"]) == {"lower", "upper", "level"}


def test_missing_uncertainty_is_null_and_never_zero(results) -> None:
    mass = results[3]
    assert mass.quantity == "minimum_mass"
    assert mass.uncertainty is None


def test_limit_keeps_the_median_and_says_that_it_is_one(results) -> None:
    limit = results[2]
    assert (limit.limit, limit.value, limit.note) == ("upper", 0.08, "consistent with a circle")
    assert str(say(limit)) == "< 0.31 (95 %)"


def test_row_without_a_number_is_named(measured) -> None:
    (gap,) = harvest(measured.run, measured.plan, measured.store).gaps
    assert (gap.step, gap.row, gap.quantity, gap.problem) == ("measure_points", 6, "semi_major_axis", "no_value")


def test_receipt_leads_to_file_row_and_column(measured, results) -> None:
    from astropy.table import Table

    artifacts = measured.run.artifacts()
    for result in results:
        place = locate(result.receipt)
        assert artifacts[place.step].digest == place.digest
        table = Table.read(measured.run.folder / "outputs" / f"{place.step}.ecsv", format="ascii.ecsv")
        assert table["value"][place.row - 1] == result.value
        assert table["quantity"][place.row - 1] == result.quantity


@pytest.mark.parametrize("text", ["", "artifact:12#a/row 1", "artifact:" + "0" * 64 + "#a/row 0"])
def test_what_is_no_receipt_leads_nowhere(text: str) -> None:
    with pytest.raises(ValueError, match="is not a receipt"):
        locate(text)


def test_lost_table_is_a_gap_and_not_an_error(finish_run) -> None:
    lost = finish_run("read_points", "measure_points")
    artifact = lost.run.artifacts()["measure_points"]
    lost.store.path(artifact.digest, artifact.suffix).unlink()
    out = harvest(lost.run, lost.plan, lost.store)
    assert out.results == []
    assert [g.problem for g in out.gaps] == ["no_artifact"]
    assert any("not in the store" in w for w in lost.report().warnings)


# --------------------------------------------------------------------------- numbers


def number(value, lower=None, upper=None, limit="", unit="d", level=0.95):
    ends = None if lower is None and upper is None else Uncertainty(lower=lower, upper=upper, level=level)
    return Result(quantity="q", value=value, unit=unit, uncertainty=ends, of="", receipt="", limit=limit)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (number(1199.04, 1194.0, 1204.1), "1199.0 +5.1/−5.0 d"),
        (number(1199.04, 1194.04, 1204.04), "1199.0 ± 5.0 d"),
        (number(2458765.43211, 2458765.4310, 2458765.4333), "2458765.4321 +0.0012/−0.0011 d"),
        (number(123456.0, 122256.0, 124656.0), "123500 ± 1200 d"),
        (number(1.0, 0.9002, 1.0998), "1.00 ± 0.10 d"),
        (number(1.2e-7, 1.1e-7, 1.3e-7), "(1.20 ± 0.10) × 10⁻⁷ d"),
        (number(3.2e9, 3.1e9, 3.35e9), "(3.20 +0.15/−0.10) × 10⁹ d"),
        (number(0.0, -0.1, 0.1), "0.00 ± 0.10 d"),
        (number(-3.14159, -3.2, -3.1), "−3.142 +0.042/−0.058 d"),
        (number(5.0, 6.0, 7.0), "5 [6, 7] d"),
        (number(5.0, 5.0, 5.0), "5 ± 0 d"),
        (number(0.2, None, 0.3), "0.20 +0.10/−? d"),
        (number(0.2, 0.01, 0.31, limit="upper"), "< 0.31 d (95 %)"),
        (number(0.2, 0.0123, 0.31, limit="lower"), "> 0.012 d (95 %)"),
        (number(90.0, 89.0, 91.0, unit="°"), "90.0 ± 1.0°"),
        (number(0.338), "0.338 d"),
    ],
)
def test_numbers_have_the_digits_that_their_uncertainty_bears(given: Result, written: str) -> None:
    assert str(say(given)) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (2458765.4321, "2458765.4321"),
        (0.0123456, "0.01235"),
        (1e-9, "1 × 10⁻⁹"),
        (3.0, "3"),
        (-5.5, "−5.5"),
    ],
)
def test_number_without_uncertainty(value: float, written: str) -> None:
    assert bare(value) == written
