"""Padding, cutting and reading points in several bands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.inference.light_curves.multiband_points import (
    band_code,
    first_detection,
    padded_points,
    read_survey_tables,
    until,
)


@pytest.mark.parametrize(
    ("name", "code"),
    [("g", 0), ("r", 1), ("i", 2), ("z", 3), ("ZTF_r", 1), ("ztfg", 0), ("ZTF_R", 1), ("sdssr", 1), ("z'", 3), ("ps1::i", 2), ("DES-z", 3), (" g ", 0)],
)  # fmt: skip
def test_bands_of_surveys_are_known(name: str, code: int) -> None:
    assert band_code(name) == code


@pytest.mark.parametrize("name", ["R", "I", "Z", "u", "Y", "V", "", "gr", "W1", "F814W"])
def test_other_filters_are_not_taken_for_these(name: str) -> None:
    assert band_code(name) == -1


def _points() -> dict[str, np.ndarray]:
    owner = np.array([1, 0, 1, 1, 0, 1, 1])
    time = np.array([55.0, 12.0, 50.0, 60.0, 10.0, 51.0, 52.0])
    band = np.array([1, 0, 0, 3, 2, -1, 1])
    flux = np.array([5.0, 1.0, 2.0, 70.0, 3.0, 9.0, np.nan])
    error = np.array([1.0, 1.0, 1.0, 10.0, 0.0, 1.0, 1.0])
    return padded_points(owner, time, band, flux, error, 3)


def test_points_are_in_order_and_bad_ones_left_out() -> None:
    held = _points()
    assert held["observed"].sum(axis=1).tolist() == [1, 3, 0]
    assert held["time"][1].tolist() == [0.0, 5.0, 10.0]
    assert held["flux"][1].tolist() == [2.0, 5.0, 70.0]
    assert held["band"][1].tolist() == [0, 1, 3]
    assert held["start"][:2].tolist() == [12.0, 50.0] and np.isnan(held["start"][2])
    assert (held["flux_err"] > 0).all()


def test_a_cut_curve_keeps_nothing_of_what_came_later() -> None:
    held = _points()
    cut = until(held, np.array([np.inf, 5.0, 0.0]))
    assert cut["observed"].sum(axis=1).tolist() == [1, 2, 0]
    later = held["observed"] & ~cut["observed"]
    assert (cut["time"][later] == 0).all() and (cut["flux"][later] == 0).all() and (cut["flux_err"][later] == 1).all()
    # What is cut is the same as what would have been read without the later points.
    few = padded_points(np.array([1, 1]), np.array([50.0, 55.0]), np.array([0, 1]), np.array([2.0, 5.0]), np.ones(2), 3)
    for key in ("time", "flux", "flux_err", "band", "observed"):
        assert np.array_equal(cut[key][1, :2], few[key][1])


def test_detection_is_the_first_point_above_five_deviations() -> None:
    assert first_detection(_points()).tolist() == [np.inf, 10.0, np.inf]


def _write(
    folder: Path, points: dict[str, list[object]], objects: dict[str, list[object]], names: tuple[str, str]
) -> None:
    for name, columns in zip(names, (points, objects), strict=True):
        pq.write_table(pa.table(columns), folder / name)


POINTS: dict[str, list[object]] = {"snid": [3, 3], "band": ["g", "r"], "mjd": [1.0, 2.0], "fluxcal": [1.0, 2.0], "fluxcalerr": [1.0, 1.0]}  # fmt: skip
OBJECTS: dict[str, list[object]] = {"snid": [3], "z_host_phot": [0.5], "z_host_phot_err": [0.02]}


def test_tables_are_found_by_their_columns_whatever_they_are_called(tmp_path: Path) -> None:
    _write(tmp_path, POINTS, OBJECTS, ("part-a.parquet", "part-b.parquet"))
    for place in (tmp_path, tmp_path / "part-a.parquet"):
        points, objects = read_survey_tables("spcc", place)
        assert points["snid"].tolist() == [3, 3] and objects["z_host_phot"].tolist() == [0.5]


def test_one_table_may_hold_both(tmp_path: Path) -> None:
    both = {**POINTS, "z_host_phot": [0.5, 0.5], "z_host_phot_err": [0.02, 0.02], "class3": ["Ia", "Ia"]}
    pq.write_table(pa.table(both), tmp_path / "all.parquet")
    points, objects = read_survey_tables("spcc", tmp_path / "all.parquet")
    assert points["mjd"].tolist() == [1.0, 2.0]
    assert objects["class3"].tolist() == ["Ia"] and objects["z_host_phot"].tolist() == [0.5]


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no Parquet table of points"):
        read_survey_tables("spcc", tmp_path)
    pq.write_table(pa.table(POINTS), tmp_path / "lightcurves.parquet")
    with pytest.raises(InputError, match="no Parquet table of objects"):
        read_survey_tables("spcc", tmp_path)
    with pytest.raises(InputError, match="no Parquet table of objects"):
        read_survey_tables("spcc", tmp_path / "lightcurves.parquet")


def test_two_tables_of_points_are_not_chosen_between(tmp_path: Path) -> None:
    _write(tmp_path, POINTS, OBJECTS, ("lightcurves_a.parquet", "objects_a.parquet"))
    _write(tmp_path, POINTS, OBJECTS, ("lightcurves_b.parquet", "objects_b.parquet"))
    with pytest.raises(InputError, match="several tables"):
        read_survey_tables("spcc", tmp_path)
    points, _objects = read_survey_tables("spcc", tmp_path / "lightcurves_b.parquet")
    assert points["snid"].tolist() == [3, 3]


def test_another_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_text("no parquet")
    with pytest.raises(InputError, match="is no Parquet table"):
        read_survey_tables("spcc", tmp_path / "x.parquet")
    with pytest.raises(InputError, match="No light curves of supernovae are called"):
        read_survey_tables("htru2", tmp_path)
