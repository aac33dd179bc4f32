"""Reading radial velocities: many spellings, units, what is left out, and what is refused."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from gnomon.tools.errors import InputError
from gnomon.tools.kinds import KINDS
from gnomon.tools.reading.read_radial_velocities import read_radial_velocities, recognise_radial_velocities

ROOT = Path(__file__).resolve().parents[3]
ROWS = [(2455000.5 + 3.7 * i + np.sin(5 * i), 12.0 * np.sin(i), 1.5 + 0.1 * (i % 3)) for i in range(12)]


def write(path: Path, header: str, separator: str = " ", factor: float = 1.0, tail: str = "") -> Path:
    lines = [separator.join([f"{t:.6f}", f"{v * factor:.6f}", f"{e * factor:.6f}"]) + tail for t, v, e in ROWS]
    path.write_text((header + "\n" if header else "") + "\n".join(lines) + "\n")
    return path


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize(
    ("header", "separator"),
    [
        ("time mnvel errvel", " "),
        ("BJD_TDB,rv,rv_err", ","),
        ("jd\trv\te_rv", "\t"),
        ("rjd\tvrad\tsvrad", "\t"),
        ("t;vel;errvel", ";"),
        ("# bjd rv sigma_rv", " "),
        ("Time,Radial Velocity,Radial Velocity Error", ","),
        ("BJD (d),RV (m/s),sigma (m/s)", ","),
        ("HJD rv[m/s] rverr[m/s]", " "),
        ("JDB RV e_RV", "  "),
        ("", " "),
    ],
)
def test_spellings(tmp_path: Path, header: str, separator: str) -> None:
    path = write(tmp_path / "x.dat", header, separator)
    seen = recognise_radial_velocities(path)
    assert seen is not None and seen["rows"] == 12
    assert seen["confidence"] > (0.9 if header else 0.3)
    table = read_radial_velocities(path)
    assert KINDS["RadialVelocities"].codec.check(table, KINDS["RadialVelocities"]) is None
    assert len(table) == 12
    np.testing.assert_allclose(table["rv"].to_value("m/s"), [r[1] for r in ROWS], atol=1e-6)
    assert table["rv_err"].unit == "m/s" and table["time"].unit == "d"


@pytest.mark.parametrize(
    ("header", "factor", "expected_from"),
    [
        ("bjd,rv_kms,rv_err_kms", 1e-3, "column name"),
        ("bjd,rv [km/s],err [km/s]", 1e-3, "unit in the file"),
        ("bjd,rv,err", 1e-3, "size of the uncertainties"),
        ("bjd,rv,err", 1.0, "size of the uncertainties"),
        ("# velocities in km/s\nbjd,rv,err", 1e-3, "comment in the file"),
        ("bjd,rv_ms,rv_err", 1.0, "column name"),
    ],
)
def test_units(tmp_path: Path, header: str, factor: float, expected_from: str) -> None:
    table = read_radial_velocities(write(tmp_path / "x.csv", header, ",", factor))
    np.testing.assert_allclose(table["rv"].to_value("m/s"), [r[1] for r in ROWS], atol=2e-3)
    assert table.meta["reading"]["velocity_unit_from"] == expected_from


def test_unit_is_told_when_inferred_and_refused_when_unclear(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "bjd,rv,err", ",")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read_radial_velocities(path)
    assert any("m/s was inferred" in str(w.message) for w in caught)
    path = write(tmp_path / "y.csv", "bjd,rv,err", ",", 0.1)
    with pytest.raises(InputError, match="may be m/s or km/s"):
        read_radial_velocities(path)
    assert read_radial_velocities(path, velocity_unit_in_file="km/s")["rv_err"].to_value("m/s")[0] == pytest.approx(150)


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    good = "2455000.5 1.0 1.0 k\n2455003.5 2.0 1.0 j\n2455003.5 2.5 1.0 k\n"
    bad = "2455001.5 nan 1 k\n2455002.5 3 0 k\n2455002.6 3 -1 k\n2455000.5 1.0 1.0 k\n2455009 \\nodata 1 k\nnan 1 1 k\n"
    (tmp_path / "x").write_text("time mnvel errvel tel\n" + good + bad)
    table = read_radial_velocities(tmp_path / "x")
    reading = table.meta["reading"]
    assert reading["dropped"] == {
        "time not finite": 1,
        "velocity not finite": 2,
        "uncertainty missing or not positive": 2,
        "exact repeat": 1,
    }
    assert (reading["rows_total"], reading["rows_kept"]) == (9, 3)
    assert list(table["instrument"]) == ["k", "j", "k"]  # equal times of two instruments are both kept
    assert (np.diff(table["time"].value) >= 0).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("time rv err\n", "no rows"),
        ("time rv err\n2455000.5 1 1\n", "only 1 usable measurement"),
        ("time rv err\n2455000.5 nan 1\n2455001.5 nan 1\n", "no finite velocity"),
        ("time rv err\n2455000.5 1 nan\n2455001.5 1 nan\n", "no positive uncertainty"),
        ("time rv\n2455000.5 1\n2455001.5 2\n2455003.5 2\n", "no column of their uncertainties"),
        ("time flux err\n2455000.5 1 1\n2455001.5 2 1\n", "no columns of time and radial velocity"),
        ("time rv err\n2455000.5 1 1\n2455000.5 1 1\n", "one repeated measurement"),
        ("a b\nhello there\n", "not radial velocities|no columns of time"),
    ],
)
def test_refusals(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "x.txt").write_text(text)
    with pytest.raises(InputError, match=words) as caught:
        read_radial_velocities(tmp_path / "x.txt")
    assert caught.value.remedy
    assert caught.value.what.count(". ") == 0  # one sentence


def test_refuses_directories_missing_files_and_bytes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="directory"):
        read_radial_velocities(tmp_path)
    with pytest.raises(InputError, match="no file"):
        read_radial_velocities(tmp_path / "absent")
    (tmp_path / "b").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(InputError):
        read_radial_velocities(tmp_path / "b")
    for name in ("b", "absent", "."):
        assert recognise_radial_velocities(tmp_path / name) is None


def test_named_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", "when,shift,how_sure", ",")
    assert recognise_radial_velocities(path) is None
    table = read_radial_velocities(path, time_column="when", rv_column="shift", error_column="HOW_SURE")
    assert len(table) == 12
    with pytest.raises(InputError, match="no column 'nothing'"):
        read_radial_velocities(path, time_column="nothing")


@pytest.mark.parametrize("ending", ["fits", "ecsv"])
def test_tables_with_units(tmp_path: Path, ending: str) -> None:
    table = Table({"BJD": [r[0] for r in ROWS], "RV": [r[1] / 1e3 for r in ROWS], "RV_ERR": [r[2] / 1e3 for r in ROWS]})
    table["RV"].unit = table["RV_ERR"].unit = "km/s"
    table["BJD"].unit = "d"
    table.meta["OBJECT"] = "HD 1"
    path = tmp_path / f"x.{ending}"
    table.write(path)
    assert recognise_radial_velocities(path)["confidence"] > 0.9  # type: ignore[index]
    read = read_radial_velocities(path)
    np.testing.assert_allclose(read["rv"].to_value("m/s"), [r[1] for r in ROWS], atol=1e-9)
    assert read.meta["object"] == "HD 1"


def test_time_systems(tmp_path: Path) -> None:
    def reference(header: str, shift: float = 0.0) -> dict[str, object]:
        path = tmp_path / "t.csv"
        path.write_text(header + "\n" + "\n".join(f"{t - shift:.6f},{v:.3f},{e:.3f}" for t, v, e in ROWS))
        return read_radial_velocities(path).meta["time_reference"]

    assert reference("BJD_TDB,rv,err") == {"name": "BJD_TDB", "zero_jd": 0.0, "scale": "tdb"}
    assert reference("time,rv,err") == {"name": "JD", "zero_jd": 0.0, "scale": None}
    assert reference("rjd,rv,err", 2400000.0) == {"name": "RJD", "zero_jd": 2400000.0, "scale": None}
    assert reference("mjd,rv,err", 2400000.5)["zero_jd"] == 2400000.5
    assert reference("t,rv,err", 2454833.0) == {"name": None, "zero_jd": None, "scale": None}


def test_light_curves_are_not_claimed(tmp_path: Path) -> None:
    lines = "\n".join(f"{1325.0 + i / 720:.6f},{1 + 1e-4 * np.sin(i):.6f},0.0002" for i in range(200))
    (tmp_path / "a.csv").write_text("time,flux,flux_err\n" + lines)
    (tmp_path / "b.csv").write_text(lines)
    assert recognise_radial_velocities(tmp_path / "a.csv") is None
    assert recognise_radial_velocities(tmp_path / "b.csv") is None


def test_shared_data_are_recognised_and_nothing_else() -> None:
    folder = ROOT.parent / "shared" / "data" / "examples"
    if not folder.is_dir():
        pytest.skip("NOT TESTED: the shared data are not beside this checkout (../shared/data)")
    seen = {p.name: recognise_radial_velocities(p) for p in sorted(folder.iterdir()) if p.is_file()}
    assert {n for n, s in seen.items() if s} == {n for n in seen if n.startswith("rv_")}
    table = read_radial_velocities(folder / "rv_HD164922.txt")
    assert len(table) == 400 and set(table["instrument"]) == {"a", "j", "k"}
    assert table.meta["reading"]["dropped"] == {"exact repeat": 1}


def test_files_that_radvel_ships() -> None:
    radvel = pytest.importorskip("radvel")
    folder = Path(radvel.DATADIR)
    for name, rows, instruments in (
        ("epic203771098.csv", 32, 1),
        ("k2-131.txt", 70, 2),
        ("rvs_toi141.dat", 238, 4),
        ("164922_fixed.txt", 400, 3),
    ):
        table = read_radial_velocities(folder / name)
        assert (len(table), len(set(table["instrument"]))) == (rows, instruments), name
