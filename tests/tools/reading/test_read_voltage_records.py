"""Reading records of voltage: several columns or one, units of time, and files that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gnomon.tools.errors import InputError
from gnomon.tools.kinds import KINDS
from gnomon.tools.reading.read_light_curve import recognise_light_curve
from gnomon.tools.reading.read_voltage_records import read_voltage_records, recognise_voltage_records

KIND = KINDS["VoltageRecords"]


def write(path: Path, header: str, columns: list[np.ndarray]) -> Path:
    rows = [",".join(str(v) for v in row) for row in zip(*columns, strict=True)]
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@pytest.fixture
def wave() -> np.ndarray:
    return np.round(np.sin(np.arange(200) / 3.0), 6)


def test_two_channels_give_two_records_with_times_in_seconds(tmp_path: Path, wave: np.ndarray) -> None:
    path = write(tmp_path / "scope.csv", "time_us,ch1,ch2", [5.0 * np.arange(200) + 30, wave, -wave])
    seen = recognise_voltage_records(path)
    assert seen is not None and seen["confidence"] > 0.8 and seen["rows"] == 200
    table = read_voltage_records(path)
    assert KIND.codec.check(table, KIND) is None and len(table) == 400
    assert set(table["record"]) == {"ch1", "ch2"} and table.meta["reading"]["records"] == 2
    assert np.allclose(table["time"][:200].to_value("s"), 5e-6 * np.arange(200), atol=1e-12)
    assert np.allclose(table["voltage"][200:], -wave)


def test_one_column_of_voltages_with_the_names_of_records(tmp_path: Path, wave: np.ndarray) -> None:
    names = np.repeat(["lamp", "door"], 100)
    time = np.concatenate([np.arange(100)[::-1], np.arange(100)]) * 0.005
    table = read_voltage_records(write(tmp_path / "e.csv", "event,time (ms),voltage", [names, time, wave]))
    assert list(dict.fromkeys(table["record"])) == ["lamp", "door"]
    assert np.allclose(table["voltage"][:100], wave[:100][::-1]) and table["time"][0] == 0


def test_a_time_without_a_unit_is_refused_and_not_taken_for_seconds(tmp_path: Path, wave: np.ndarray) -> None:
    path = write(tmp_path / "x.csv", "time,voltage", [np.arange(200), wave])
    assert recognise_voltage_records(path) is None
    with pytest.raises(InputError, match="in what unit the times"):
        read_voltage_records(path)


def test_other_tables_are_left_to_others(tmp_path: Path, wave: np.ndarray) -> None:
    light = write(tmp_path / "lc.csv", "time,flux,flux_err", [np.arange(200), 1 + 0.01 * wave, 0.01 + 0 * wave])
    assert recognise_voltage_records(light) is None and recognise_light_curve(light) is not None
    with pytest.raises(InputError, match="no columns of times and voltages"):
        read_voltage_records(light)
    short = write(tmp_path / "short.csv", "time_us,voltage", [np.arange(20), wave[:20]])
    assert recognise_voltage_records(short) is None


def test_wrong_columns_and_missing_times_are_told(tmp_path: Path, wave: np.ndarray) -> None:
    path = write(tmp_path / "scope.csv", "time_us,ch1", [np.arange(200), wave])
    with pytest.raises(InputError, match="no column 'ch9'"):
        read_voltage_records(path, voltage_columns=["ch9"])
    time = np.arange(200.0)
    time[7] = np.nan
    with pytest.raises(InputError, match="1 times of"):
        read_voltage_records(write(tmp_path / "n.csv", "time_us,ch1", [time, wave]))
