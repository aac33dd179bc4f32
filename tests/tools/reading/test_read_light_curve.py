"""Reading light curves: published data, every way a file can be bad, and what is claimed about times."""

from __future__ import annotations

import time as clock
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from gnomon.tools.errors import InputError
from gnomon.tools.reading.content import describe_file
from gnomon.tools.reading.read_light_curve import KEPLER_BAD, TESS_BAD, read_light_curve
from gnomon.tools.reading.recognise_light_curve import recognise_light_curve

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT.parent / "shared" / "data" / "examples"
TESS = EXAMPLES / "hlsp_tess-data-alerts_tess_phot_00025155310-s01_tess_v1_lc.fits"
K2 = EXAMPLES / "k2_EPIC201367065_lc.csv"
needs_examples = pytest.mark.skipif(
    not EXAMPLES.is_dir(),
    reason="SHARED DATA MISSING: ../shared/data/examples is not beside the repository, so published data were not tested",
)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def write(path, time, flux, *more, header="time,flux,flux_err"):
    names = header.split(",")[: 2 + len(more)]
    rows = "\n".join(",".join(f"{v:.9f}" for v in row) for row in zip(time, flux, *more, strict=True))
    path.write_text(",".join(names) + "\n" + rows + "\n")
    return path


def quietly(path, **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_light_curve(path, **arguments)


@needs_examples
def test_tess_file_with_its_header():
    lc = quietly(TESS)
    assert lc.meta["time_reference"] == {"name": "BTJD", "zero_jd": 2457000.0, "scale": "tdb"}
    assert (lc.meta["object"], lc.meta["mission"], lc.meta["sector"], lc.meta["exposure_s"]) == (
        "TIC 25155310",
        "TESS",
        1,
        120.0,
    )
    assert lc.meta["star"]["radius_rsun"] == pytest.approx(1.27)
    reading = lc.meta["reading"]
    assert reading["columns"]["flux"] == "PDCSAP_FLUX"
    assert reading["rows_total"] == reading["rows_kept"] + sum(reading["dropped"].values()) == 20076
    assert np.median(lc["flux"]) == pytest.approx(1.0)
    assert len(quietly(TESS, quality="none")) > len(lc)
    assert quietly(TESS, flux_column="sap_flux").meta["reading"]["columns"]["error"] == "SAP_FLUX_ERR"


@needs_examples
def test_bare_csv_has_no_absolute_time():
    with pytest.warns(UserWarning, match="count from"):
        lc = read_light_curve(K2)
    assert lc.meta["time_reference"] == {"name": None, "zero_jd": None, "scale": None}
    assert lc.meta["object"] is None
    assert 2e-5 < lc["flux_err"][0] < 1e-4


@needs_examples
def test_recognises_light_curves_and_nothing_else():
    known = {p.name for p in EXAMPLES.iterdir() if recognise_light_curve(p)}
    assert known == {TESS.name, K2.name}


def test_quality_masks_are_those_of_lightkurve():
    assert (TESS_BAD, KEPLER_BAD) == (175, 1130799)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"# only comments\n", "only comments"),
        (b"time,flux\n", "no rows"),
        (b"time,flux\n1,2\n", "only 1 usable point"),
        (b"\x00\x01\x02\x03" * 300, "binary"),
        (b"%PDF-1.4 \x00", "PDF"),
        (b"\xff\xd8\xff\xe0\x00", "JPEG"),
        (b"star,colour\n" + b"a,b\n" * 30, "no column of times and fluxes"),
        (b"time,flux\n" + b"".join(b"%d,nan\n" % i for i in range(30)), "no finite value"),
        (b"time,flux\n" + b"5.0,1.0\n" * 30, "equal"),
        (b"time,flux\n" + b"".join(b"%d,%d\n" % (i, (-1) ** i) for i in range(30)), "centred"),
        (b"time [m],flux\n" + b"".join(b"%d,1.%d\n" % (i, i) for i in range(30)), "not a unit of time"),
        (b"time,rv,err\n" + b"".join(b"%d,1.%d,1\n" % (i, i) for i in range(30)), "no column of times and fluxes"),
        (b"SIMPLE  =                    T" + b" " * 50, "FITS"),
    ],
)
def test_bad_content_gives_one_plain_sentence(tmp_path, content, words):
    path = tmp_path / "file.dat"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        quietly(path)
    assert words in caught.value.what
    assert caught.value.remedy
    assert str(tmp_path) not in str(caught.value)
    assert isinstance(describe_file(path), str)
    found = recognise_light_curve(path)
    assert found is None or found["confidence"] < 0.9


def test_directory_missing_file_and_image(tmp_path):
    with pytest.raises(InputError, match="directory"):
        read_light_curve(tmp_path)
    with pytest.raises(InputError, match="no file"):
        read_light_curve(tmp_path / "nothing.csv")
    image = tmp_path / "image.fits"
    fits.PrimaryHDU(np.zeros((4, 6))).writeto(image)
    with pytest.raises(InputError, match="FITS image of 6 x 4 pixels"):
        read_light_curve(image)
    assert recognise_light_curve(tmp_path) is None
    assert recognise_light_curve(image) is None


def test_unsorted_duplicates_nan_and_text_are_counted(tmp_path, rng):
    time, flux = np.arange(100.0), 1 + 1e-3 * rng.standard_normal(100)
    lines = [f"{t},{f}" for t, f in zip(time, flux, strict=True)]
    lines = [*lines[::-1], "5.0,1.0", "nan,1.0", "200.0,nan", "201.0,oops", "202.0"]
    path = tmp_path / "lc.csv"
    path.write_text("time,flux\n" + "\n".join(lines) + "\n")
    with pytest.warns(UserWarning, match="not in order"):
        lc = read_light_curve(path)
    assert len(lc) == 100
    assert lc.meta["reading"]["dropped"] == {
        "unreadable line": 1,
        "not a number": 1,
        "time not finite": 1,
        "flux not finite": 1,
        "duplicate time": 1,
    }
    assert lc.meta["reading"]["sorted"]
    assert (np.diff(lc["time"].value) > 0).all()


def test_non_utf8_text_and_name(tmp_path, rng):
    body = "# étoile observée\ntime flux err\n" + "".join(
        f"{i} {1 + 1e-3 * rng.standard_normal():.6f} 0.001\n" for i in range(50)
    )
    path = tmp_path / "courbe_é.txt"
    path.write_bytes(body.encode("latin-1"))
    lc = quietly(path)
    assert len(lc) == 50
    assert lc["flux_err"][0] == pytest.approx(0.001, rel=0.01)


@pytest.mark.parametrize(
    ("column", "first", "reference"),
    [
        ("BJD_TDB", 2459000.0, {"name": "BJD", "zero_jd": 0.0, "scale": "tdb"}),
        ("JD", 2459000.0, {"name": "JD", "zero_jd": 0.0, "scale": None}),
        ("time", 2459000.0, {"name": "JD", "zero_jd": 0.0, "scale": None}),
        ("MJD", 59000.0, {"name": "MJD", "zero_jd": 2400000.5, "scale": None}),
        ("BTJD", 1500.0, {"name": "BTJD", "zero_jd": 2457000.0, "scale": "tdb"}),
        ("time [BJD - 2454833]", 1500.0, {"name": "BKJD", "zero_jd": 2454833.0, "scale": None}),
        ("time", 59000.0, {"name": None, "zero_jd": None, "scale": None}),
        ("time", 1500.0, {"name": None, "zero_jd": None, "scale": None}),
    ],
)
def test_time_reference_is_never_invented(tmp_path, rng, column, first, reference):
    path = write(
        tmp_path / "lc.csv", first + 0.02 * np.arange(60), 1 + 1e-3 * rng.standard_normal(60), header=f"{column},flux"
    )
    assert quietly(path).meta["time_reference"] == reference


def test_seconds_ecsv_votable_parquet_and_generic_fits(tmp_path, rng):
    table = Table({"time": np.arange(50.0) * 86.4, "flux": 500 + rng.standard_normal(50)})
    table["time"].unit = "s"
    for name, form in (("a.ecsv", "ascii.ecsv"), ("a.vot", "votable"), ("a.fits", "fits")):
        table.write(tmp_path / name, format=form)
        lc = quietly(tmp_path / name)
        assert lc["time"][-1].value == pytest.approx(0.049)
        assert recognise_light_curve(tmp_path / name)["confidence"] > 0.5
    table.write(tmp_path / "a.parquet", format="parquet")
    assert len(quietly(tmp_path / "a.parquet", time_column="time")) == 50


def test_magnitudes_become_relative_flux(tmp_path, rng):
    mag = 12 + 0.002 * rng.standard_normal(200)
    path = write(tmp_path / "m.csv", np.arange(200.0), mag, np.full(200, 0.002), header="hjd,mag,mag_err")
    with pytest.warns(UserWarning, match="[Mm]agnitudes"):
        lc = read_light_curve(path)
    assert np.std(lc["flux"]) == pytest.approx(0.002 * 0.921, rel=0.2)
    assert np.corrcoef(lc["flux"], mag)[0, 1] < -0.99
    assert np.median(lc["flux_err"]) == pytest.approx(0.002 * 0.921, rel=0.02)


def test_truncated_fits(tmp_path, rng):
    whole = tmp_path / "whole.fits"
    Table({"TIME": np.arange(3000.0), "FLUX": 1 + 1e-3 * rng.standard_normal(3000)}).write(whole)
    broken = tmp_path / "broken.fits"
    broken.write_bytes(whole.read_bytes()[:20000])
    with pytest.raises(InputError, match="truncated or damaged"):
        quietly(broken)


def test_unknown_column_names_the_choices(tmp_path):
    path = write(tmp_path / "lc.csv", np.arange(20.0), 1 + np.arange(20.0) / 1e4)
    with pytest.raises(InputError, match="no column 'flx'") as caught:
        quietly(path, flux_column="flx")
    assert "flux" in caught.value.remedy


def test_a_million_rows_in_seconds(tmp_path, rng):
    path = tmp_path / "big.csv"
    flux = 1 + 1e-3 * rng.standard_normal(1000)
    block = "".join(f"{{}}{i:03d},{f:.6f},0.001\n" for i, f in enumerate(flux))
    with path.open("w") as stream:
        stream.write("time,flux,flux_err\n")
        for i in range(1000):
            stream.write(block.replace("{}", f"{i}."))
    start = clock.process_time()
    assert recognise_light_curve(path)["rows"] == pytest.approx(1e6, rel=0.1)
    assert clock.process_time() - start < 1.0
    assert len(quietly(path)) == 1_000_000
    assert clock.process_time() - start < 10.0


def test_no_damage_makes_the_recogniser_or_the_description_raise(tmp_path, rng):
    whole = tmp_path / "whole.fits"
    Table({"TIME": np.arange(300.0), "FLUX": 1 + 1e-3 * rng.standard_normal(300)}).write(whole)
    content, path = whole.read_bytes(), tmp_path / "damaged"
    for _ in range(150):
        damaged = bytearray(content[: rng.integers(100, len(content))] if rng.random() < 0.3 else content)
        for place in rng.integers(0, min(len(damaged), 6000), rng.integers(1, 60)):
            damaged[place] = rng.integers(256)
        path.write_bytes(bytes(damaged))
        recognise_light_curve(path)
        describe_file(path)
