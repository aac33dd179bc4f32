"""Reading lists of sources: every format, exact identifiers, positions found or given, and nothing guessed in silence."""

from __future__ import annotations

import contextlib
import gzip
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import Column, MaskedColumn, QTable, Table
from hypothesis import given
from hypothesis import strategies as st

import gnomon.tools.reading.read_source_table
from gnomon.tools.errors import InputError
from gnomon.tools.kinds import KINDS
from gnomon.tools.reading.read_radial_velocities import recognise_radial_velocities
from gnomon.tools.reading.read_source_table import read_source_table, recognise_source_table
from gnomon.tools.reading.recognise_light_curve import recognise_light_curve
from gnomon.tools.reading.source_positions import sexagesimal
from gnomon.tools.registry import Registry

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT.parent / "shared" / "data" / "examples"
BIG = 2**62 + 1  # as a float it would be another


def quietly(path: Path, **arguments) -> QTable:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return read_source_table(path, **arguments)


def told(path: Path, **arguments) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read_source_table(path, **arguments)
    return [str(w.message) for w in caught if issubclass(w.category, UserWarning)]


def written(tmp_path: Path, text: str, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def degrees(table: QTable, role: str) -> np.ndarray:
    column = table[table.meta["position"][role]]
    return np.asarray(getattr(column, "unmasked", column).to_value("deg"))


def test_it_is_a_tool() -> None:
    registry = Registry.of_modules([gnomon.tools.reading.read_source_table])
    assert list(registry) == ["read_source_table"]
    assert str(registry["read_source_table"].kind) == "SourceTable"


# ------------------------------------------------------------------------------------------- every format


def sample() -> Table:
    t = Table()
    t["source_id"] = MaskedColumn(np.array([BIG, BIG + 2, 5]), mask=[False, False, True])
    t["ra"] = Column([10.0, 20.5, 359.9], unit="deg", description="Right ascension")
    t["dec"] = Column([-1.0, 2.0, 89.0], unit="deg")
    t["pmra"] = MaskedColumn([1.0, 2.0, 3.0], mask=[False, True, False], unit="mas/yr")
    t["pmdec"] = Column([1.0, 2.0, 3.0], unit="mas/yr")
    t["parallax"] = Column([1.0, 2.0, 3.0], unit="mas")
    t["name"] = ["a", "b b", "c"]
    t["flux"] = Column(np.array([1.0, np.nan, 3.0], dtype="f4"), unit="Jy")
    return t


@pytest.mark.parametrize("form", ["fits", "votable", "ascii.ecsv", "parquet"])
def test_a_table_with_units_comes_whole(tmp_path: Path, form: str) -> None:
    path = tmp_path / "t.any"
    t = sample()
    if form == "parquet":
        fields = [pa.field(n, pa.array(np.asarray(t[n])).type, metadata={"unit": str(t[n].unit)} if t[n].unit else None) for n in t.colnames]  # fmt: skip
        arrays = [pa.array(np.asarray(t[n]), mask=np.array(getattr(t[n], "mask", [False] * 3))) for n in t.colnames]
        pq.write_table(pa.table(arrays, schema=pa.schema(fields)), path)
    else:
        t.write(path, format=form)
    read = quietly(path)
    assert read.colnames == t.colnames
    assert int(read["source_id"][1]) == BIG + 2
    assert read["source_id"].dtype == np.int64
    if form != "fits":  # which has no masks for whole numbers here
        assert read["source_id"].mask.tolist() == [False, False, True]
    assert read["pmra"].mask.tolist() == [False, True, False]
    assert read["pmra"].unit == u.mas / u.yr
    assert read["flux"].mask.tolist() == [False, True, False]
    assert read["flux"].dtype == np.float32
    assert read.meta["position"] == {
        "ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": None, "pmra": "pmra", "pmdec": "pmdec", "parallax": "parallax", "radial_velocity": None,
    }  # fmt: skip
    kind = KINDS["SourceTable"]
    assert kind.codec.check(read, kind) is None
    for suffix in (".ecsv", ".parquet"):
        kind.codec.write(read, tmp_path / f"again{suffix}")
        assert kind.codec.digest(kind.codec.read(tmp_path / f"again{suffix}")) == kind.codec.digest(read)
    assert recognise_source_table(path)["rows"] == 3


@pytest.mark.parametrize("mark", [",", "\t", "|", ";", " "])
def test_text_with_any_delimiter_keeps_identifiers(tmp_path: Path, mark: str) -> None:
    lines = [
        "id,ra,dec,code,pmra",
        f"{BIG},10.5,-20.25,007,1.5",
        f"{BIG + 2},11.5,-21.25,012,nan",
        "9,12.5,-22.25,100,2",
    ]
    path = written(tmp_path, "\n".join(line.replace(",", mark) for line in lines) + "\n")
    read = quietly(path, units=["pmra=mas/yr"])
    assert [int(v) for v in read["id"]] == [BIG, BIG + 2, 9]
    assert read["id"].dtype == np.int64
    assert list(read["code"]) == ["007", "012", "100"]  # as numbers they would be others
    assert read["pmra"].mask.tolist() == [False, True, False]
    assert degrees(read, "dec").tolist() == [-20.25, -21.25, -22.25]
    packed = tmp_path / "t.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert [int(v) for v in quietly(packed)["id"]] == [BIG, BIG + 2, 9]


def test_numbers_that_64_bits_do_not_hold_stay_text(tmp_path: Path) -> None:
    path = written(tmp_path, f"big,huge,ra,dec\n{2**64 - 1},{2**64},1.0,2.0\n1,2,3.0,4.0\n")
    read = quietly(path)
    assert (read["big"].dtype, int(read["big"][0])) == (np.uint64, 2**64 - 1)
    assert list(read["huge"]) == [str(2**64), "2"]


def test_vizier_text_with_its_comments(tmp_path: Path) -> None:
    text = (
        "#RESOURCE=yCat\n#COOSYS\tJ2000:\teq_FK5 J2000 epoch=J1991.25\n"
        "#Column\tRAJ2000\t(F10.6)\tRight ascension\t[ucd=pos.eq.ra;meta.main]\n"
        "#Column\tDEJ2000\t(F10.6)\tDeclination\t[ucd=pos.eq.dec;meta.main]\n"
        "#Column\tVmag\t(F5.2)\tMagnitude in V\t[ucd=phot.mag;em.opt.V]\n"
        "RAJ2000\tDEJ2000\tVmag\ndeg\tdeg\tmag\n----------\t----------\t-----\n"
        "10.000000\t-5.000000\t 7.10\n11.000000\t-6.000000\t \n12.000000\t-7.000000\t 9.30\n"
    )
    path = written(tmp_path, text, "asu.tsv")
    read = quietly(path)
    assert read["Vmag"].unit == u.mag
    assert read["Vmag"].mask.tolist() == [False, True, False]
    assert read["Vmag"].info.meta["ucd"] == "phot.mag;em.opt.V"
    assert (read.meta["position"]["frame"], read.meta["position"]["epoch"]) == ("FK5", 1991.25)


def test_fits_nulls_and_ucds(tmp_path: Path) -> None:
    columns = [
        fits.Column("ID", "K", array=np.array([BIG, -99, 3]), null=-99),
        fits.Column("ALPHA_J2000", "D", unit="deg", array=[1.0, 2.0, 3.0]),
        fits.Column("DELTA_J2000", "D", unit="deg", array=[1.0, 2.0, 3.0]),
        fits.Column("MAG", "E", unit="mag", array=[1.0, np.nan, 3.0]),
    ]
    hdu = fits.BinTableHDU.from_columns(columns)
    hdu.header["TUCD4"], hdu.header["RADESYS"] = "phot.mag", "FK5"
    hdu.writeto(tmp_path / "t.fits")
    read = quietly(tmp_path / "t.fits")
    assert read["ID"].mask.tolist() == [False, True, False]
    assert int(read["ID"][0]) == BIG
    assert read["MAG"].info.meta["ucd"] == "phot.mag"
    assert (read.meta["position"]["ra"], read.meta["position"]["frame"]) == ("ALPHA_J2000", "FK5")


def test_votable_with_its_coordinate_system(tmp_path: Path) -> None:
    text = """<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>
    <COOSYS ID="s" system="ICRS" epoch="J2015.5"/><TABLE>
    <FIELD name="other_ra" datatype="double" unit="deg" ucd="pos.eq.ra"/>
    <FIELD name="a" datatype="double" unit="deg" ucd="pos.eq.ra;meta.main" ref="s"/>
    <FIELD name="d" datatype="double" unit="deg" ucd="pos.eq.dec;meta.main" ref="s"/>
    <FIELD name="id" datatype="long" ucd="meta.id"><VALUES null="-1"/></FIELD>
    <DATA><TABLEDATA><TR><TD>7</TD><TD>1.5</TD><TD>2.5</TD><TD>4611686018427387905</TD></TR>
    <TR><TD>8</TD><TD>3.5</TD><TD>4.5</TD><TD>-1</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"""
    read = quietly(written(tmp_path, text, "t.xml"))
    assert (read.meta["position"]["ra"], read.meta["position"]["epoch"]) == ("a", 2015.5)
    assert int(read["id"][0]) == BIG
    assert read["id"].mask.tolist() == [False, True]


@pytest.mark.parametrize(
    "attack",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/x">%p;]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_votable_that_declares_entities_is_refused(tmp_path: Path, attack: str, encoding: str) -> None:
    path = tmp_path / "t.xml"
    path.write_bytes(f'<?xml version="1.0" encoding="{encoding}"?>{attack}<VOTABLE><RESOURCE/></VOTABLE>'.encode(encoding))  # fmt: skip
    assert recognise_source_table(path) is None
    with pytest.raises(InputError):
        read_source_table(path)


def test_rows_that_lie_elsewhere_are_not_fetched(tmp_path: Path) -> None:
    text = '<VOTABLE version="1.4"><RESOURCE><TABLE><FIELD name="ra" datatype="double"/><DATA><BINARY><STREAM href="file:///etc/passwd"/></BINARY></DATA></TABLE></RESOURCE></VOTABLE>'
    with pytest.raises(InputError, match="another place"):
        read_source_table(written(tmp_path, text, "t.xml"))


# ------------------------------------------------------------------------------------------- where positions are


@pytest.mark.parametrize(
    ("header", "row", "ra", "dec"),
    [
        ("ra,dec", "12:30:49.42,+12:23:28.0", 187.70592, 12.39111),
        ("RAJ2000,DEJ2000", "00 42 44.3,-00 00 09", 10.684583, -0.0025),
        ("RA,Dec", "12h30m49.42s,-12d23m28s", 187.70592, -12.39111),
        ("RAh,RAm,RAs,DE-,DEd,DEm,DEs", "12,30,49.42,-,0,23,28.0", 187.70592, -0.39111),
        ("ra_icrs,de_icrs", "187.70592,12.39111", 187.70592, 12.39111),
        ("ra [h],dec [deg]", "12.5,10", 187.5, 10.0),
        ("Right Ascension,Declination", "10.5,20.5", 10.5, 20.5),
    ],
)
def test_positions_are_found(tmp_path: Path, header: str, row: str, ra: float, dec: float) -> None:
    path = written(tmp_path, f"name,{header}\nx,{row}\ny,{row}\n")
    read = quietly(path)
    assert degrees(read, "ra") == pytest.approx(ra, abs=2e-5)
    assert degrees(read, "dec") == pytest.approx(dec, abs=2e-5)
    assert "name" in read.colnames
    assert recognise_source_table(path) is not None


@given(st.integers(0, 359), st.integers(0, 59), st.floats(0, 59.999), st.sampled_from(["+", "-", ""]))
def test_sexagesimal_text_is_read_as_written(d: int, m: int, s: float, sign: str) -> None:
    wanted = (d + m / 60 + round(s, 3) / 3600) * (-1 if sign == "-" else 1)
    for text in (f"{sign}{d:02}:{m:02}:{s:06.3f}", f"{sign}{d:02} {m:02} {s:06.3f}", f"{sign}{d}d{m}m{s:.3f}s"):
        assert sexagesimal(text) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("text", ["", "abc", "12:60:00", "12:30:61", "12", "1:2:3:4", "--1:2:3", "12:3o:00"])
def test_what_is_no_position_is_none(text: str) -> None:
    assert np.isnan(sexagesimal(text))


def test_minus_zero_degrees_is_south(tmp_path: Path) -> None:
    read = quietly(written(tmp_path, "ra,dec\n00:00:01,-00:00:36\n00:00:02,-00:00:72\n"))
    assert degrees(read, "dec")[0] == pytest.approx(-0.01)
    assert read[read.meta["position"]["dec"]].mask.tolist() == [False, True]
    assert "ra" in read.colnames
    assert str(read["ra"][0]) == "00:00:01"


def test_hours_or_degrees_is_asked_where_it_may_be_either(tmp_path: Path) -> None:
    rows = "\n".join(f"{h},{d}" for h, d in zip(np.linspace(0.1, 23.9, 20), np.linspace(-80, 80, 20), strict=True))
    path = written(tmp_path, f"ra,dec\n{rows}\n")
    with pytest.raises(InputError, match="hours or degrees"):
        read_source_table(path)
    assert degrees(quietly(path, ra_unit="hourangle"), "ra").max() == pytest.approx(358.5)
    assert degrees(quietly(path, ra_unit="deg"), "ra").max() == pytest.approx(23.9)


def test_given_columns_win_over_those_that_are_found(tmp_path: Path) -> None:
    path = written(tmp_path, "ra,dec,x_deg,y_deg,text\n1,2,30.5,40.5,a\n3,4,50.5,60.5,b\n")
    read = quietly(path, ra_column="X_DEG", dec_column="y_deg")
    assert degrees(read, "ra").tolist() == [30.5, 50.5]
    with pytest.raises(InputError, match="no column 'nope'"):
        read_source_table(path, ra_column="nope", dec_column="dec")
    with pytest.raises(InputError, match="Only one"):
        read_source_table(path, ra_column="ra")
    with pytest.raises(InputError, match="text"):
        quietly(path, ra_column="text", dec_column="y_deg")
    with pytest.raises(InputError, match="beyond 90"):
        quietly(written(tmp_path, "ra,dec\n1,200\n2,3\n", "u.csv"))
    with pytest.raises(InputError, match="no columns of positions"):
        quietly(written(tmp_path, "a,b\n1,200\n2,3\n", "v.csv"))


# ------------------------------------------------------------------------------------------- epochs, frames, motions


def test_an_epoch_that_nobody_says_is_none_and_said(tmp_path: Path) -> None:
    path = written(tmp_path, "ra,dec\n1.5,2\n3.5,4\n")
    assert any("at which epoch" in w for w in told(path))
    assert any("frame" in w for w in told(path))
    assert quietly(path).meta["position"]["epoch"] is None
    assert quietly(path, epoch=1991.25).meta["position"]["epoch"] == 1991.25
    assert not any("epoch" in w or "frame" in w for w in told(path, epoch=2000.0, frame="FK5"))
    assert quietly(path, frame="FK5").meta["position"]["frame"] == "FK5"


def test_an_epoch_that_the_file_says_is_taken_and_not_contradicted(tmp_path: Path) -> None:
    path = written(tmp_path, "# epoch: J2015.5\n# frame: ICRS\nra,dec\n1.5,2\n3.5,4\n")
    assert quietly(path).meta["position"]["epoch"] == 2015.5
    assert not [w for w in told(path) if "epoch" in w or "frame" in w]
    with pytest.raises(InputError, match=r"2015\.5, and epoch says 2000"):
        quietly(path, epoch=2000.0)
    with pytest.raises(InputError, match="frame says FK5"):
        quietly(path, frame="FK5")
    t = sample()
    t["ra"].description = "Right ascension (ICRS) at Ep=2016.0"
    t.write(tmp_path / "t.ecsv")
    assert quietly(tmp_path / "t.ecsv").meta["position"]["epoch"] == 2016.0


def test_gaia_columns_have_gaia_units_and_epoch(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        f"source_id,ref_epoch,ra,dec,parallax,pmra,pmdec,phot_g_mean_mag,radial_velocity\n{BIG},2016.0,10.5,20.5,1.5,2.5,3.5,12.5,\n{BIG + 2},2016.0,11.5,21.5,,2.5,3.5,13.5,-20.5\n",
    )
    read = quietly(path)
    position = read.meta["position"]
    assert (position["epoch"], position["pmra"], position["radial_velocity"]) == ("ref_epoch", "pmra", "radial_velocity")  # fmt: skip
    assert (read["pmra"].unit, read["parallax"].unit) == (u.mas / u.yr, u.mas)
    assert read["parallax"].mask.tolist() == [False, True]
    assert any("Gaia's data model" in w for w in told(path))
    assert recognise_source_table(path)["confidence"] > (recognise_radial_velocities(path) or {"confidence": 0})["confidence"]  # fmt: skip


def test_a_motion_without_a_unit_is_not_used_and_said(tmp_path: Path) -> None:
    path = written(tmp_path, "ra,dec,pmra,pmdec\n1.5,2,3.5,4\n5.5,6,7.5,8\n")
    assert quietly(path).meta["position"]["pmra"] is None
    assert sum("not used as a pm" in w for w in told(path)) == 2
    read = quietly(path, units=["pmra=mas/yr", "PMDEC = arcsec/yr"])
    assert read.meta["position"]["pmra"] == "pmra"
    assert read["pmdec"].unit == u.arcsec / u.yr
    for wrong in ("pmra", "pmra=furlong per fortnight", "nope=deg"):
        with pytest.raises(InputError):
            quietly(path, units=[wrong])


# ------------------------------------------------------------------------------------------- what is recognised


LIGHT = "time,flux,flux_err\n" + "".join(f"{2450000 + i},{1 + i % 3 * 1e-3},0.001\n" for i in range(40))
ZTF = "oid,hjd,mjd,mag,magerr,ra,dec\n" + "".join(f"1,{2458000.5 + i},{58000 + i},{15 + i % 3 * 0.1},0.01,{10 + i * 1e-6},20.0\n" for i in range(40))  # fmt: skip
VELOCITIES = "time,rv,rv_err\n" + "".join(f"{2450000.5 + 3 * i},{10.0 + i % 5},1.5\n" for i in range(20))
LIST = "name,ra,dec,mag,date\n" + "".join(f"s{i},{10 + i},{i - 20},{15 + i % 3},{2458000 + i}\n" for i in range(40))


def best(path: Path) -> str | None:
    """The reader that a file goes to, as an attachment does."""
    seen = {
        "source table": recognise_source_table(path),
        "light curve": recognise_light_curve(path),
        "velocities": recognise_radial_velocities(path),
    }
    sure = {name: s["confidence"] for name, s in seen.items() if s is not None}
    return max(sure, key=lambda name: sure[name]) if sure else None


@pytest.mark.parametrize(
    ("text", "kind"),
    [(LIGHT, "light curve"), (ZTF, "light curve"), (VELOCITIES, "velocities"), (LIST, "source table"), ("a,b\n1,2\n3,4\n", None)],
)  # fmt: skip
def test_each_file_goes_to_its_own_reader(tmp_path: Path, text: str, kind: str | None) -> None:
    path = written(tmp_path, text)
    assert best(path) == kind
    if kind in ("light curve", "velocities"):
        assert (recognise_source_table(path) or {"confidence": 0.0})["confidence"] < 0.5


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="SHARED DATA MISSING: ../shared/data/examples is not beside the repository")  # fmt: skip
def test_shared_light_curves_and_velocities_are_no_source_tables() -> None:
    seen = {p.name: best(p) for p in sorted(EXAMPLES.iterdir()) if p.is_file()}
    assert {n for n, k in seen.items() if k == "light curve"} == {
        "hlsp_tess-data-alerts_tess_phot_00025155310-s01_tess_v1_lc.fits",
        "k2_EPIC201367065_lc.csv",
    }
    assert {n for n, k in seen.items() if k == "velocities"} == {"rv_HD164922.txt", "rv_K2-131.txt"}


def test_no_damage_makes_the_recogniser_or_the_reader_raise_anything_else(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for form in ("fits", "votable", "ascii.ecsv", "ascii.csv", "parquet"):
        whole = tmp_path / "whole"
        sample().write(whole, format=form, overwrite=True)
        content = whole.read_bytes()
        for trial in range(12):
            broken = bytearray(content)
            if trial % 2:
                broken = broken[: int(rng.integers(1, len(content)))]
            for _ in range(6):
                broken[int(rng.integers(len(broken)))] = int(rng.integers(256))
            path = tmp_path / "broken"
            path.write_bytes(bytes(broken))
            recognise_source_table(path)
            with contextlib.suppress(InputError):
                quietly(path)
    giant = written(tmp_path, 'ra,dec\n"' + "x" * 200_000 + '",1\n')
    assert recognise_source_table(giant) is None
    for bad in (tmp_path, tmp_path / "missing"):
        assert recognise_source_table(bad) is None
        with pytest.raises(InputError):
            read_source_table(bad)


def test_lines_that_cannot_be_read_are_left_out_and_said(tmp_path: Path) -> None:
    path = written(tmp_path, "ra,dec\n1.5,2\n3.5\n5.5,6,7,8\n9.5,10\n11,12\n13,14\n")
    assert any("2 lines" in w for w in told(path))
    assert len(quietly(path)) == 4


def test_the_second_table_of_a_file_is_found_where_the_first_has_no_positions(tmp_path: Path) -> None:
    first = fits.BinTableHDU(Table({"a": [1, 2]}))
    second = fits.BinTableHDU(Table({"RA": [1.0, 2.0], "DEC": [3.0, 4.0]}))
    fits.HDUList([fits.PrimaryHDU(), first, second]).writeto(tmp_path / "t.fits")
    assert quietly(tmp_path / "t.fits").colnames == ["RA", "DEC"]
    with pytest.raises(InputError, match="positions"):
        quietly(tmp_path / "t.fits", table=1)
    with pytest.raises(InputError, match="2 tables"):
        quietly(tmp_path / "t.fits", table=3)
