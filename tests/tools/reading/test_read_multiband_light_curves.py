"""Reading light curves in several bands: formats, zero points, redshifts, and every way such a table can be bad."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from gnomon.tools.errors import InputError
from gnomon.tools.kinds import KINDS
from gnomon.tools.reading.read_light_curve import recognise_light_curve
from gnomon.tools.reading.read_multiband_light_curves import read_multiband_light_curves, recognise_multiband

ROOT = Path(__file__).resolve().parents[3]
SPCC = ROOT.parent / "shared" / "data" / "spcc" / "lightcurves_dev.parquet"
needs_shared = pytest.mark.skipif(
    not SPCC.is_file(),
    reason="SHARED DATA MISSING: ../shared/data/spcc is not beside the repository, so published data were not tested",
)
ROWS = [
    ("b", "56002.5", "r", "40.0", "2.0"),
    ("a", "56001.0", "g", "10.0", "1.0"),
    ("a", "56000.0", "i", "12.0", "1.5"),
    ("a", "56001.0", "z", "nan", "1.0"),
    ("b", "56003.5", "r", "41.0", "-9"),
]


def _write(path: Path, header: str = "snid,mjd,band,fluxcal,fluxcalerr", rows: list[tuple[str, ...]] = ROWS) -> Path:
    path.write_text("\n".join([header, *(",".join(r) for r in rows)]) + "\n")
    return path


def _read(path: Path, **arguments: object):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_multiband_light_curves(path, **arguments)


def test_points_come_ordered_and_bad_ones_are_counted(tmp_path: Path) -> None:
    with pytest.warns(
        UserWarning, match="left out .time or flux not finite: 1, uncertainty missing or not positive: 1"
    ):
        table = read_multiband_light_curves(_write(tmp_path / "x.csv"))
    assert list(table["object"]) == ["a", "a", "b"]
    assert table["time"].to_value("d").tolist() == [56000.0, 56001.0, 56002.5]
    assert list(table["band"]) == ["i", "g", "r"]
    assert table["flux"].tolist() == [12.0, 10.0, 40.0]
    assert table.meta["zero_point"] == 27.5
    assert table.meta["time_reference"]["name"] == "MJD"
    assert table.meta["reading"]["bands"] == {"g": 1, "i": 1, "r": 1} and table.meta["reading"]["objects"] == 2
    assert KINDS["MultibandLightCurves"].codec.check(table, KINDS["MultibandLightCurves"]) is None


@pytest.mark.parametrize("suffix", ["fits", "parquet", "ecsv", "vot"])
def test_formats_read_the_same(tmp_path: Path, suffix: str) -> None:
    columns = {k: [r[i] for r in ROWS] for i, k in enumerate(("snid", "mjd", "band", "fluxcal", "fluxcalerr"))}
    table = Table(
        {k: np.array(v, dtype=float) if k in ("mjd", "fluxcal", "fluxcalerr") else v for k, v in columns.items()}
    )
    path = tmp_path / f"x.{suffix}"
    formats = {"fits": "fits", "parquet": "parquet", "ecsv": "ascii.ecsv", "vot": "votable"}
    table.write(path, format=formats[suffix])
    read, plain = _read(path), _read(_write(tmp_path / "x.csv"))
    for name in plain.colnames:
        assert list(read[name]) == list(plain[name])
    found = recognise_multiband(path)
    assert found is not None and found["confidence"] > 0.9 and found["rows"] == 5


def test_magnitudes_and_janskys_become_the_same_fluxes(tmp_path: Path) -> None:
    from astropy import units as u

    magnitudes = np.array([21.0, 22.5])
    rows = [("a", "1", b, f"{m:.6f}", "0.02") for b, m in zip("gr", magnitudes, strict=True)]
    by_mag = _read(_write(tmp_path / "m.csv", "oid,mjd,filter,mag,magerr", rows))
    expected = 10 ** (-0.4 * (magnitudes - 27.5))
    assert by_mag["flux"].tolist() == pytest.approx(expected.tolist(), rel=1e-6)
    assert (by_mag["flux_err"] / by_mag["flux"]).tolist() == pytest.approx([0.02 * 0.4 * np.log(10)] * 2)
    table = Table({"mjd": [1.0, 1.0], "band": ["g", "r"]})
    table["flux"] = (magnitudes * u.ABmag).to("uJy")
    table["flux_err"] = table["flux"] * 0.02
    table.write(tmp_path / "j.ecsv", format="ascii.ecsv")
    by_jansky = _read(tmp_path / "j.ecsv")
    assert by_jansky["flux"].tolist() == pytest.approx(expected.tolist(), rel=1e-6)
    assert set(by_jansky["object"]) == {"object"}


def test_a_zero_point_is_applied_and_its_lack_is_told(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.csv", "snid,mjd,band,flux,flux_err")
    with pytest.warns(UserWarning, match="no known zero point"):
        plain = read_multiband_light_curves(path)
    assert plain.meta["zero_point"] is None and plain["flux"].tolist() == [12.0, 10.0, 40.0]
    given = _read(path, zero_point=25.0)
    assert given.meta["zero_point"] == 27.5
    assert given["flux"].tolist() == pytest.approx([120.0, 100.0, 400.0])


def test_redshifts_go_with_their_objects(tmp_path: Path) -> None:
    rows = [(*r, z) for r, z in zip(ROWS, ("0.4", "-9", "-9", "-9", "0.4"), strict=True)]
    table = _read(_write(tmp_path / "x.csv", "snid,mjd,band,fluxcal,fluxcalerr,z_phot", rows))
    assert np.isnan(table["redshift"][:2]).all() and table["redshift"][2] == 0.4
    assert np.isnan(table["redshift_err"]).all()
    changing = [(*r, z) for r, z in zip(ROWS, ("0.4", "0.1", "0.2", "0.3", "0.5"), strict=True)]
    with pytest.raises(InputError, match="several values for the object a"):
        _read(_write(tmp_path / "y.csv", "snid,mjd,band,fluxcal,fluxcalerr,z_phot", changing))


def test_whole_numbers_stay_names(tmp_path: Path) -> None:
    rows = [("12", "1", "g", "1", "1"), ("12", "2", "r", "1", "1"), ("900001", "2", "r", "1", "1")]
    assert list(_read(_write(tmp_path / "x.csv", rows=rows))["object"]) == ["12", "12", "900001"]


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("snid,mjd,flux,fluxcal2,fluxerr", "no column of bands"),
        ("snid,mjd,band,xx,yy", "no column of fluxes, no column of uncertainties"),
        ("snid,mjd,band,fluxcal,yy", "no column of uncertainties"),
    ],
)
def test_missing_columns_are_named(tmp_path: Path, header: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        _read(_write(tmp_path / "x.csv", header))


def test_named_columns_are_taken_and_wrong_names_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.csv", "who,when,colour,much,unsure")
    named = {"object_column": "who", "time_column": "when", "band_column": "colour", "flux_column": "much", "error_column": "unsure"}  # fmt: skip
    assert len(_read(path, **named)) == 3
    with pytest.raises(InputError, match="no column 'nowhere'"):
        _read(path, **{**named, "time_column": "nowhere"})
    with pytest.raises(InputError, match="holds text, not numbers"):
        _read(path, **{**named, "flux_column": "who"})


def test_nothing_usable_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no point with a finite time"):
        _read(_write(tmp_path / "x.csv", rows=[("a", "1", "g", "nan", "1"), ("a", "2", "r", "1", "0")]))
    (tmp_path / "empty.csv").write_text("")
    for name in ("empty.csv", "missing.csv"):
        with pytest.raises(InputError):
            _read(tmp_path / name)


def test_what_is_recognised_is_what_has_several_bands(tmp_path: Path) -> None:
    several = recognise_multiband(_write(tmp_path / "x.csv"))
    assert several is not None and "g, i, r, z" in several["found"]
    single = recognise_light_curve(tmp_path / "x.csv")
    assert single is None or single["confidence"] < several["confidence"]
    one = [("1", "V", "1.0", "0.1"), ("2", "V", "1.1", "0.1"), ("3", "V", "0.9", "0.1")]
    assert recognise_multiband(_write(tmp_path / "one.csv", "mjd,band,flux,flux_err", one)) is None
    assert recognise_multiband(_write(tmp_path / "none.csv", "mjd,flux,flux_err", [r[1:] for r in []])) is None
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    assert recognise_multiband(tmp_path / "broken.parquet") is None


@needs_shared
def test_the_challenge_of_2010_reads_whole() -> None:
    table = _read(SPCC)
    assert len(np.unique(table["object"])) == 4000
    assert set(table["band"]) == {"g", "r", "i", "z"}
    assert table.meta["zero_point"] == 27.5 and table.meta["time_reference"]["name"] == "MJD"
    found = recognise_multiband(SPCC)
    assert found is not None and found["confidence"] > 0.9
