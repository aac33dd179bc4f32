"""Reading of magnitudes: what is missing, what is no measurement, and how gaps are filled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.inference.redshifts.photometry import (
    BANDS,
    CALIBRATION_MAG,
    LIMITS_MAG,
    extra_errors,
    fillings,
    measured,
    photometry_inputs,
    read_columns,
    typical_errors,
)


def test_what_is_no_measurement_is_missing() -> None:
    given = np.array([[-9999.0, 0.0, 18.0, 24.8, np.inf]])
    assert np.isfinite(measured(given)).tolist() == [[False, False, True, False, False]]


def test_a_band_that_is_absent_is_missing_and_errors_are_taken_along() -> None:
    made = photometry_inputs({"g_mag": [18.0, 19.0], "r_mag": [17.5, -9999.0], "r_mag_err": [0.1, 0.2]}, "a table")
    assert np.isnan(made["magnitudes"][:, [0, 3, 4]]).all()
    assert made["magnitudes"][0, 2] == pytest.approx(17.5) and np.isnan(made["magnitudes"][1, 2])
    assert made["magnitude_errors"][:, 2].tolist() == pytest.approx([0.1, 0.2])
    with pytest.raises(InputError, match="none of the columns u_mag"):
        photometry_inputs({"flux": [1.0]}, "a table")


def test_errors_at_the_limit_are_five_standard_deviations_and_calibration_when_bright() -> None:
    at_limit = typical_errors(np.array([LIMITS_MAG]))[0]
    assert at_limit == pytest.approx(np.hypot(CALIBRATION_MAG, 2.5 / np.log(10) / 5))
    assert typical_errors(np.full((1, 5), 10.0))[0] == pytest.approx(CALIBRATION_MAG, rel=1e-3)


def test_only_what_exceeds_a_typical_error_counts() -> None:
    magnitudes = np.full((3, 5), 17.0)
    usual = typical_errors(magnitudes)
    errors = np.array([np.full(5, np.nan), usual[0], np.hypot(usual[0], 0.1)])
    assert extra_errors(magnitudes, errors)[:2] == pytest.approx(0.0, abs=1e-9)
    assert extra_errors(magnitudes, errors)[2] == pytest.approx(0.1)
    with pytest.raises(InputError, match="1 objects have a negative magnitude error"):
        extra_errors(magnitudes[:1], np.full((1, 5), -0.1))


def test_gaps_are_filled_by_the_expectation_of_a_normal_distribution() -> None:
    rng = np.random.default_rng(3)
    factor = rng.normal(size=(5, 5))
    drawn = 18.0 + rng.normal(size=(200_000, 5)) @ factor.T
    matrices, offsets = fillings(drawn)
    covariance = factor @ factor.T
    here = np.array([True, False, True, True, False])
    code = int(here @ (2 ** np.arange(5)))
    given = np.array([19.0, 0.0, 17.0, 18.5, 0.0])
    filled = matrices[code] @ given + offsets[code]
    assert filled[here] == pytest.approx(given[here])
    gain = covariance[np.ix_(~here, here)] @ np.linalg.inv(covariance[np.ix_(here, here)])
    assert filled[~here] == pytest.approx(18.0 + gain @ (given[here] - 18.0), abs=0.05)
    # With nothing given, the middle; with all given, what was given.
    assert offsets[0] == pytest.approx(np.median(drawn, axis=0))
    assert matrices[31] @ given + offsets[31] == pytest.approx(given)
    with pytest.raises(InputError, match="Only 9 objects have all five magnitudes"):
        fillings(drawn[:9])


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        read_columns(tmp_path / "nothing.parquet")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"not a table")
    with pytest.raises(InputError, match=r"broken\.parquet is not a table"):
        read_columns(broken)
    text = tmp_path / "some.csv"
    text.write_text("u_mag,z_spec\n18.5,0.1\n")
    assert read_columns(text)["u_mag"].tolist() == [18.5]
    assert len(BANDS) == 5
