"""Columns of tables of variable stars: what is missing stays missing, other names and units are understood, features are what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, QTable, Table

from gnomon.tools.errors import InputError
from gnomon.tools.inference.light_curves.variable_columns import (
    LINEAR_COLUMNS,
    OGLE_COLUMNS,
    found_columns,
    linear_features,
    ogle_features,
    read_columns,
    stacked,
    values_of,
)


def test_what_surveys_write_for_nothing_is_missing() -> None:
    table = {"a": np.array([1.0, -99.99, np.nan]), "b": MaskedColumn([1.0, 2.0, 3.0], mask=[True, False, False])}
    values = values_of(table, ("a", "b"), "here")
    assert values.dtype == np.float32
    assert np.array_equal(np.isnan(values), [[False, True], [True, False], [True, False]])


def test_files_of_any_form_give_the_same_and_bad_ones_are_refused(tmp_path: Path) -> None:
    table = Table({"ug": [1.0, 2.0], "class": ["EW", "RRC"]})
    table.write(tmp_path / "a.csv", format="ascii.csv")
    table.write(tmp_path / "a.ecsv", format="ascii.ecsv")
    table.write(tmp_path / "a.parquet", format="parquet")
    read = [read_columns(tmp_path / f"a.{end}", ("ug",), ("class", "id")) for end in ("csv", "ecsv", "parquet")]
    for one in read:
        assert (
            one["values"].tolist() == [[1.0], [2.0]]
            and [str(c) for c in one["class"]] == ["EW", "RRC"]
            and "id" not in one
        )
    with pytest.raises(InputError, match="lacks the columns gi, ik"):
        read_columns(tmp_path / "a.csv", ("ug", "gi", "ik"), ())
    with pytest.raises(InputError, match="does not hold numbers"):
        read_columns(tmp_path / "a.parquet", ("class",), ())
    with pytest.raises(InputError, match="no file"):
        read_columns(tmp_path / "b.csv", ("ug",), ())
    (tmp_path / "c.parquet").write_text("nothing")
    with pytest.raises(InputError, match="cannot be read"):
        read_columns(tmp_path / "c.parquet", ("ug",), ())


def test_common_names_units_and_periods_for_their_logarithms() -> None:
    table = QTable({"Period": [24.0, 48.0] * u.hour, "Amplitude": [0.5, 0.6] * u.mag, "R_21": [0.4, np.nan], "I": [15.0, 16.0], "V": [16.0, 17.0]})  # fmt: skip
    found = found_columns(table, OGLE_COLUMNS)
    assert found == {"period1_d": "Period", "ampl1_mag": "Amplitude", "R21_1": "R_21", "i_mag": "I", "v_mag": "V"}
    values = stacked(table, OGLE_COLUMNS, found)
    assert values[:, 0] == pytest.approx([1.0, 2.0])
    assert np.isnan(values[:, 3]).all() and np.isnan(values[1, 2]) and values[1, 6] == 16.0
    logs = stacked(table, LINEAR_COLUMNS, found_columns(table, LINEAR_COLUMNS))
    assert logs[:, LINEAR_COLUMNS.index("log10_period_d")] == pytest.approx([0.0, np.log10(2.0)])
    given = Table({"logP": [-0.3, 0.1]})
    assert stacked(given, LINEAR_COLUMNS, found_columns(given, LINEAR_COLUMNS))[:, 4] == pytest.approx([-0.3, 0.1])
    wrong = QTable({"period": [1.0] * u.m, "amplitude": [0.1]})
    with pytest.raises(InputError, match="no time"):
        stacked(wrong, OGLE_COLUMNS, found_columns(wrong, OGLE_COLUMNS))


def test_masked_periods_with_a_unit_stay_missing() -> None:
    from astropy.utils.masked import Masked

    table = QTable({"period": Masked([1.0, 2.0] * u.d, mask=[False, True]), "amplitude": [0.1, 0.2]})
    values = stacked(table, OGLE_COLUMNS, found_columns(table, OGLE_COLUMNS))
    assert values[0, 0] == 1.0 and np.isnan(values[1, 0])


def test_the_wesenheit_index_does_not_feel_reddening() -> None:
    """Extinction with A_V / E(V-I) = 2.55, of which A_I is A_V - E(V-I), moves V and I and leaves W alone."""
    star = np.array([[3.0, 0.3, 0.4, 4.5, 0.2, 2.5, 15.0, 15.8, np.nan, np.nan]])
    red = star.copy()
    red[0, 7] += 2.55 * 0.2
    red[0, 6] += 1.55 * 0.2
    first, second = ogle_features(star)[0], ogle_features(red)[0]
    assert second[10] - first[10] == pytest.approx(0.31, abs=1e-5)
    assert second[13:16] == pytest.approx(first[13:16], abs=1e-5)
    # A Cepheid on the relation W = a - 3.314 log P has the same remainder at any period.
    other = star.copy()
    other[0, 0], other[0, 6:8] = 30.0, other[0, 6:8] - 3.314
    assert ogle_features(other)[0][14] == pytest.approx(first[14], abs=1e-5)
    assert first[0] == pytest.approx(np.log10(3.0)) and np.isnan(first[16:20]).all() and first[20] == 1.0


def test_features_of_impossible_numbers_are_missing_or_finite() -> None:
    bad = np.array([[0.0, -1.0, np.nan, np.nan, 0.2, 7.0, 15.0, np.nan, -3.0, 0.0]])
    assert not np.isinf(ogle_features(bad)).any()
    assert not np.isinf(linear_features(np.array([[1.0, 1.0, 1.0, 1.0, 0.1, 0.3, 5.0, -9.0, 15.0]]))).any()
