"""Digests hang on content alone: not on byte order, file format, what lies under a mask, or how people write a number."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, QTable, Table
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gnomon.plans.arguments import normal, python_value
from gnomon.plans.canonical import canonical, digest, read
from gnomon.tools.errors import PlanError
from gnomon.tools.kinds import tables
from gnomon.tools.registry import Registry
from gnomon.tools.units import SPELLINGS, parse_unit

ROWS = 4
floats = hnp.arrays("f8", ROWS, elements=st.sampled_from([0.0, -0.0, np.nan, np.inf]) | st.floats(width=64))
singles = hnp.arrays("f4", ROWS, elements=st.floats(width=32))
wholes = hnp.arrays("i8", ROWS, elements=st.integers(-(2**63), 2**63 - 1))
# Neither empty nor with spaces at its ends; see below.
words = st.lists(st.text("abc é星 ,\"'#", max_size=6).map(lambda t: f"a{t}b"), min_size=ROWS, max_size=ROWS)
masks = hnp.arrays("?", ROWS)


@st.composite
def some_tables(draw: st.DrawFn) -> QTable:
    table = QTable()
    table["time"] = draw(floats) * u.d
    table["flux"] = draw(singles)
    table["source_id"] = draw(wholes)
    table["good"] = draw(hnp.arrays("?", ROWS))
    table["name"] = np.array(draw(words), dtype="U8")
    table["counts"] = MaskedColumn(draw(wholes), mask=draw(masks))
    table.meta["time_reference"] = {"name": "BJD", "zero_jd": draw(st.floats(0, 3e6)), "scale": None}
    table.meta["rows"] = [draw(st.integers(-(2**53) + 1, 2**53 - 1)), "x"]
    return table


@given(some_tables())
@settings(deadline=None)
def test_byte_order_is_not_content(table: QTable) -> None:
    swapped = table.copy()
    for name in ("flux", "source_id"):
        swapped.replace_column(name, swapped[name].astype(swapped[name].dtype.newbyteorder(">")))
    swapped["time"] = table["time"].value.astype(">f8") * u.d
    assert tables.digest(swapped) == tables.digest(table)


@pytest.mark.parametrize("ending", [".ecsv", ".parquet"])
@given(table=some_tables())
@settings(deadline=None, max_examples=30)
def test_file_format_is_not_content(ending: str, table: QTable) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{ending}"
        tables.write(table, path)
        assert tables.digest(tables.read(path)) == tables.digest(table)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("text", ["", " a", "a\n", "\tb", '"', "nan", "0", "—", "True"])
def test_odd_text_survives_the_file(text: str, masked: bool, tmp_path: Path) -> None:
    table = Table({"a": [text, "b", "c"], "n": [1.0, np.nan, 3.0], "i": [2**62, 0, -1], "t": [True, False, True]})
    if masked:
        table = Table(
            {n: MaskedColumn(table[n], mask=[False, i % 2 == 0, i % 2 == 1]) for i, n in enumerate(table.colnames)}
        )
    path = tmp_path / f"table{tables.suffix(table)}"
    tables.write(table, path)
    assert tables.digest(tables.read(path)) == tables.digest(table)


def test_which_column_is_masked_is_content() -> None:
    one = Table({"a": MaskedColumn([True, True], mask=[True, False]), "b": [True, False]})
    other = Table({"a": [True, False], "b": MaskedColumn([True, True], mask=[False, True])})
    assert tables.digest(one) != tables.digest(other)


@given(wholes, wholes, masks)
def test_what_lies_under_a_mask_is_not_content(shown: Any, hidden: Any, mask: Any) -> None:
    one = Table({"a": MaskedColumn(shown, mask=mask)})
    other = Table({"a": MaskedColumn(np.where(mask, hidden, shown), mask=mask)})
    assert tables.digest(one) == tables.digest(other)
    assert (tables.digest(one) == tables.digest(Table({"a": shown}))) == (not mask.any())


def test_signs_of_zeros_are_content_and_payloads_of_nan_are_not() -> None:
    def of(values: Any) -> str:
        return tables.digest(Table({"a": values}))

    assert of([0.0]) != of([-0.0])
    quiet = np.array([0x7FF8000000000000, 0xFFF8000000000001], "u8").view("f8")
    assert of(quiet[:1]) == of(quiet[1:]) == of([np.nan])
    assert of(np.array([1.0], "f4")) != of(np.array([1.0], "f8"))
    assert of([1]) != of([1.0])
    assert of([1]) != of([True])


@given(st.integers(2**53, 2**64), st.sampled_from([1, -1]))
def test_large_identifiers_are_refused_as_numbers_and_exact_as_text(number: int, sign: int) -> None:
    number *= sign
    with pytest.raises(PlanError, match="text"):
        canonical({"source_id": number})
    assert read(canonical({"source_id": str(number)})) == {"source_id": str(number)}
    assert digest(str(number)) != digest(str(number + 1))


@given(st.lists(st.sampled_from([math.nan, math.inf, -math.inf]), min_size=1), st.floats(allow_nan=False))
def test_non_finite_numbers_are_refused_however_deep(bad: list[float], good: float) -> None:
    with pytest.raises(PlanError):
        canonical({"a": [{"b": good if math.isfinite(good) else 0.0}, *bad]})


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_whole_floats_and_integers_are_one_number_in_a_plan(number: int) -> None:
    assert canonical(number) == canonical(float(number))


SAME = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


@given(st.integers(1, 10**6), st.sampled_from(sorted(SAME)), st.sampled_from(sorted(SAME)))
def test_equal_times_have_one_normal_form(toys: Registry, seconds: int, one: str, other: str) -> None:
    forms = [
        normal(toys["toy_tilt"], "pause", {"value": seconds * 86400 / SAME[unit], "unit": unit})
        for unit in (one, other)
    ]
    assert forms[0] == forms[1] == {"value": float(seconds * 86400), "unit": "s"}
    assert canonical(forms[0]) == canonical(forms[1])
    assert normal(toys["toy_tilt"], "pause", forms[0]) == forms[0]
    assert python_value(forms[0]) == seconds * 86400


@given(st.floats(1e-9, 1e9), st.sampled_from(sorted(SAME)))
def test_normal_forms_survive_the_plan(toys: Registry, value: float, unit: str) -> None:
    form = normal(toys["toy_tilt"], "pause", {"value": value, "unit": unit})
    assert read(canonical(form)) == form
    assert normal(toys["toy_tilt"], "pause", read(canonical(form))) == form
    assert normal(toys["toy_tilt"], "pause", f"{value!r} {unit}") == form


@pytest.mark.parametrize("spelling", sorted(SPELLINGS))
def test_every_spelling_is_the_unit_that_it_names(spelling: str) -> None:
    assert parse_unit(spelling) == u.Unit(SPELLINGS[spelling])
    assert parse_unit(f" {spelling.upper()} ") == parse_unit(spelling)
    assert parse_unit(parse_unit(spelling).to_string()) == parse_unit(spelling)
