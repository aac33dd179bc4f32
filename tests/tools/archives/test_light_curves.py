"""Light curves of surveys are of the object asked for, whole, and of the form that the fitting tools take."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import replies
from astropy import units as u
from astropy.io import fits
from astropy.table import QTable
from faults import FAULTS, VOTABLE, Exchange, FaultServer, Reply, votable

from gnomon.tools.access import Access
from gnomon.tools.archives import light_curves as module
from gnomon.tools.archives.light_curves import light_curves
from gnomon.tools.archives.products import gaia_products, mast, ztf
from gnomon.tools.archives.tables.table_queries import TableService
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError, ServiceError
from gnomon.tools.kinds import KINDS, tables
from gnomon.tools.reading.read_light_curve import read_light_curve
from gnomon.tools.registry import Registry
from gnomon.tools.transport import transport

LOOPBACK = ("127.0.0.1",)
FITS = "application/fits"
REAL = "hlsp_tess-data-alerts_tess_phot_00025155310-s01_tess_v1_lc.fits"  # TIC 25155310, sector 1


def target(ra: float = 63.37389, dec: float = -69.226789, name: str = "WASP-126", **motion: float) -> QTable:
    table = QTable({"name": [name], "ra": [ra] * u.deg, "dec": [dec] * u.deg})
    position: dict[str, Any] = {"ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": 2016.0}
    position |= {"pmra": None, "pmdec": None, "parallax": None, "radial_velocity": None}
    for key, value in motion.items():
        table[key] = [value] * u.mas / u.yr
        position[key] = key
    table.meta["position"] = position
    return table


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gnomon.tools.archives.asking.service_session.pause", lambda seconds: None)
    monkeypatch.setattr(mast, "pause", lambda seconds: None)


def test_the_tool_is_fit() -> None:
    assert list(Registry.of_modules([module])) == ["light_curves"]


# --- an archive like MAST: its own replies, with the rows of other targets put in


def tess_file(tic: int, sector: int, *, start: float = 1325.0, level: float = 1000.0, n: int = 40) -> bytes:
    time = start + np.arange(n) / 720.0
    flux = level * (1.0 + 1e-3 * np.sin(np.arange(n)))
    flux[3] = np.nan
    quality = np.zeros(n, int)
    quality[5] = 128  # manual exclude
    hdu = fits.BinTableHDU.from_columns(
        [
            fits.Column("TIME", "D", unit="BJD - 2457000, days", array=time),
            fits.Column("SAP_FLUX", "E", unit="e-/s", array=flux * 0.9),
            fits.Column("SAP_FLUX_ERR", "E", unit="e-/s", array=np.full(n, 0.9)),
            fits.Column("PDCSAP_FLUX", "E", unit="e-/s", array=flux),
            fits.Column("PDCSAP_FLUX_ERR", "E", unit="e-/s", array=np.full(n, 1.0)),
            fits.Column("QUALITY", "J", array=quality),
        ],
        name="LIGHTCURVE",
    )
    hdu.header.update(BJDREFI=2457000, BJDREFF=0.0, TIMESYS="TDB", EXPOSURE=1.0)
    first = fits.PrimaryHDU()
    first.header.update(TELESCOP="TESS", OBJECT=f"TIC {tic}", TICID=tic, SECTOR=sector, RADIUS=1.2, TESSMAG=10.5)
    stream = io.BytesIO()
    fits.HDUList([first, hdu]).writeto(stream, checksum=True)
    return stream.getvalue()


def kepler_file(kic: int, quarter: int) -> bytes:
    content = fits.open(io.BytesIO(tess_file(kic, 1, start=120.0 + 90.0 * quarter)))
    first, table = content[0].header, content[1].header
    for key in ("TICID", "SECTOR"):
        del first[key]
    first.update(TELESCOP="Kepler", MISSION="Kepler", OBJECT=f"KIC {kic}", KEPLERID=kic, QUARTER=quarter)
    table.update(BJDREFI=2454833)
    content[1].columns["QUALITY"].name = "SAP_QUALITY"
    stream = io.BytesIO()
    content.writeto(stream, checksum=True)
    return stream.getvalue()


def name_of(tic: int, sector: int) -> str:
    return f"tess2018206045859-s{sector:04d}-{tic:016d}-0120-s_lc.fits"


class Archive:
    """MAST as it answers, with a list of observations and products in the shape of its real replies."""

    def __init__(self, server: FaultServer) -> None:
        self.server = server
        self.observations: list[dict[str, Any]] = []
        self.products: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.caom = json.loads(replies.body("mast-caom"))
        self.list = json.loads(replies.body("mast-products"))
        self.requests: list[dict[str, Any]] = []
        self.waits = 0
        server.serve("/api/v0/invoke", self.answer)
        server.serve("/api/v0.1/Download/file", self.download)

    def add(self, number: int, part: int, content: bytes, *, mission: str = "TESS", target_name: str = "", name: str = "", dec: float = -69.226789) -> None:  # fmt: skip
        obsid = 60000000 + len(self.observations)
        self.observations.append(self.caom["data"][0] | {
            "obs_collection": mission, "dataproduct_type": "timeseries", "target_name": target_name or str(number), "obsid": obsid,
            "s_ra": 63.37389, "s_dec": dec,
        })  # fmt: skip
        name = name or name_of(number, part)
        uri = f"mast:{mission}/product/{name}"
        row = {"productFilename": name, "dataURI": uri, "obsID": obsid, "size": len(content), "obs_collection": mission}
        self.products.append(self.list["data"][0] | row)
        tp = name.replace("_lc.fits", "_tp.fits")
        self.products.append(
            self.list["data"][0] | row | {"productFilename": tp, "dataURI": f"mast:{mission}/product/{tp}"}
        )
        self.files[uri] = content

    def answer(self, exchange: Exchange) -> Reply:
        request = json.loads(exchange.asked.parameters["REQUEST"])
        self.requests.append(request)
        if self.waits:
            self.waits -= 1
            return Reply(b'{"status": "EXECUTING", "msg": "", "data": []}', content_type="application/json")
        if request["service"] == "Mast.Caom.Products":
            wanted = request["params"]["obsid"].split(",")
            whole, rows = self.list, [p for p in self.products if str(p["obsID"]) in wanted]
        else:
            names = [f["values"] for f in request["params"]["filters"] if f["paramName"] == "target_name"]
            whole = self.caom
            rows = [o for o in self.observations if not names or o["target_name"] in names[0]]
        page, size = request["page"], request["pagesize"]
        part = rows[(page - 1) * size : page * size]
        paging = whole["paging"] | {"page": page, "rows": len(part), "rowsFiltered": len(rows), "rowsTotal": len(rows)}
        return Reply(json.dumps(whole | {"data": part, "paging": paging}).encode(), content_type="application/json")

    def download(self, exchange: Exchange) -> Reply:
        return Reply(self.files[exchange.asked.parameters["URI"]], content_type=FITS)


@pytest.fixture
def archive(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setattr(mast, "MAST", fault_server.url)
    return Archive(fault_server)


def quietly(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **named)


def test_a_real_file_of_tess_is_as_if_it_were_attached(archive: Archive, shared: Path) -> None:
    path = shared / "examples" / REAL
    archive.add(25155310, 1, path.read_bytes())
    value = quietly(light_curves, target(), "TESS")
    same = quietly(read_light_curve, path)
    for column in ("time", "flux", "flux_err"):
        assert (np.asarray(value[column]) == np.asarray(same[column])).all()
    assert tables.check(value, KINDS["LightCurve"]) is None
    assert value.meta["time_reference"] == {"name": "BTJD", "zero_jd": 2457000.0, "scale": "tdb"}
    assert (value.meta["object"], value.meta["sector"]) == ("TIC 25155310", 1)
    assert value.meta["identifiers"] == {"TICID": "25155310"}
    assert value.meta["reading"]["rows_kept"] == same.meta["reading"]["rows_kept"] == len(value)
    assert value.meta["star"] == same.meta["star"]
    # what is looked up is the place at 2000, the epoch of the input catalogue
    assert archive.requests[0]["params"]["position"].startswith("63.37389, -69.226789, ")


def test_the_fitting_tools_take_it(archive: Archive, shared: Path) -> None:
    from gnomon.tools.fitting.detrend_light_curve import detrend_light_curve

    archive.add(25155310, 1, (shared / "examples" / REAL).read_bytes())
    flat = quietly(detrend_light_curve, quietly(light_curves, target(), "TESS"))
    assert abs(float(np.median(flat["flux"])) - 1.0) < 1e-3


def test_sectors_are_joined_each_over_its_median(archive: Archive) -> None:
    for sector, start, level in ((3, 1385.0, 700.0), (1, 1325.0, 1000.0), (2, 1354.0, 1100.0)):
        archive.add(11, sector, tess_file(11, sector, start=start, level=level))
    with pytest.warns(UserWarning, match="3 sectors were joined, each divided by its own median"):
        value = light_curves(target(name="TIC 11"), "TESS")
    assert len(value) == 3 * 38  # one not finite and one flagged in each
    assert (np.diff(value["time"].value) > 0).all()
    assert [int(s) for s in np.unique(value["segment"])] == [1, 2, 3]
    assert value.meta["segments"][2] == {"sector": 3, "rows": 38, "median": pytest.approx(700.0, rel=1e-3)}
    for sector in (1, 2, 3):
        assert np.median(value["flux"][value["segment"] == sector]) == pytest.approx(1.0, abs=1e-7)
    assert value.meta["reading"]["dropped"] == {"flux not finite": 3, "quality flag": 3}
    assert value.meta["reading"]["rows_total"] == 120
    assert len(value.meta["queries"]) == 2 + 3
    assert archive.requests[0]["params"]["filters"][-1] == {"paramName": "target_name", "values": ["11"]}
    assert archive.requests[0]["service"] == "Mast.Caom.Filtered"


def test_one_sector_raw_and_with_its_flags(archive: Archive) -> None:
    for sector in (1, 2):
        archive.add(11, sector, tess_file(11, sector, start=1300.0 + 27 * sector))
    value = quietly(light_curves, target(name="TIC 11"), "TESS", sector=2, flux="raw", quality="none")
    assert len(value) == 39 and set(value["segment"]) == {2}
    assert value.meta["flux"]["median"] == pytest.approx(900.0, rel=1e-3)
    assert archive.server.count("/api/v0.1/Download/file") == 1
    with pytest.raises(EmptyResult, match=r"in sector 9; it has 1, 2\."):
        light_curves(target(name="TIC 11"), "TESS", sector=9)


def test_quarters_of_kepler(archive: Archive) -> None:
    for quarter, stamp in ((0, 2009131105131), (1, 2009166043257)):
        archive.add(6922244, quarter, kepler_file(6922244, quarter), mission="Kepler", target_name="kplr006922244", name=f"kplr006922244-{stamp}_llc.fits")  # fmt: skip
    value = quietly(light_curves, target(name="KIC 6922244"), "Kepler")
    assert value.meta["time_reference"]["name"] == "BKJD" and set(value["segment"]) == {0, 1}
    one = quietly(light_curves, target(name="KIC 6922244"), "Kepler", sector=1)
    assert set(one["segment"]) == {1} and one.meta["quarter"] == 1
    with pytest.raises(EmptyResult, match="in quarter 7; it has 0, 1"):
        light_curves(target(name="KIC 6922244"), "Kepler", sector=7)


def test_a_file_of_another_star_is_refused(archive: Archive) -> None:
    archive.add(11, 1, tess_file(12, 1))
    with pytest.raises(BrokenReply, match="asked for the light curve of TICID 11 and sent that of 12"):
        light_curves(target(name="TIC 11"), "TESS")


def test_a_file_of_another_sector_is_refused(archive: Archive) -> None:
    archive.add(11, 1, tess_file(11, 2))
    with pytest.raises(BrokenReply, match="says sector 2, unlike its name"):
        light_curves(target(name="TIC 11"), "TESS")


def test_a_neighbour_is_not_taken_in_silence(archive: Archive) -> None:
    for tic in (11, 12):
        archive.add(tic, 1, tess_file(tic, 1))
    with pytest.raises(InputError, match=r"observed 2 targets within 3 arcsec of WASP-126: 11, 12"):
        light_curves(target(), "TESS")


def test_outlines_reach_further_than_the_radius(archive: Archive) -> None:
    archive.add(11, 1, tess_file(11, 1))
    archive.add(12, 1, tess_file(12, 1), dec=-69.2285)  # 6 arcsec
    assert quietly(light_curves, target(), "TESS").meta["identifiers"] == {"TICID": "11"}
    with pytest.raises(InputError, match="2 targets within 8 arcsec"):
        light_curves(target(), "TESS", radius=8.0)


def test_halves_of_a_campaign_of_k2(archive: Archive) -> None:
    for half in (101, 102):
        content = kepler_file(201367065, half - 100)
        with fits.open(io.BytesIO(content)) as hdus:
            del hdus[0].header["QUARTER"]
            hdus[0].header.update(MISSION="K2", OBJECT="EPIC 201367065", CAMPAIGN=10)
            stream = io.BytesIO()
            hdus.writeto(stream, checksum=True)
        archive.add(
            201367065,
            10,
            stream.getvalue(),
            mission="K2",
            target_name="ktwo201367065",
            name=f"ktwo201367065-c{half}_llc.fits",
        )
    value = quietly(light_curves, target(name="EPIC 201367065"), "K2", sector=10)
    assert set(value["segment"]) == {10} and len(value) == 2 * 39  # bit 128 is harmless in Kepler's flags
    assert value.meta["mission"] == "K2"


def test_rows_of_other_missions_are_left_out(archive: Archive) -> None:
    # as its real reply is: 19 observations of other telescopes
    archive.observations = [dict(row) for row in archive.caom["data"]]
    with pytest.raises(EmptyResult, match="MAST has no light curve of WASP-126 by TESS"):
        light_curves(target(), "TESS")


def test_no_fast_cadence(archive: Archive) -> None:
    archive.add(11, 1, tess_file(11, 1))
    with pytest.raises(EmptyResult, match="no fast light curve"):
        light_curves(target(name="TIC 11"), "TESS", cadence="fast")


def test_a_sector_without_points_is_left_out_and_told(archive: Archive) -> None:
    archive.add(11, 1, tess_file(11, 1, n=8))
    with pytest.raises(EmptyResult, match="None of the 1 light curves"), pytest.warns(UserWarning, match="sector 1 was left out: .* has only 6 usable points"):  # fmt: skip
        light_curves(target(name="TIC 11"), "TESS")
    archive.add(11, 2, tess_file(11, 2))
    with pytest.warns(UserWarning, match="sector 1 was left out"):
        assert set(light_curves(target(name="TIC 11"), "TESS")["segment"]) == {2}


def test_pages_and_patience(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mast, "_PAGE", 2)
    for sector in range(1, 6):
        archive.add(11, sector, tess_file(11, sector, start=1300.0 + 27 * sector))
    archive.waits = 2
    value = quietly(light_curves, target(name="TIC 11"), "TESS")
    assert set(value["segment"]) == {1, 2, 3, 4, 5}
    assert [r["page"] for r in archive.requests] == [1, 1, 1, 2, 3, 1, 2, 3, 4, 5]


def test_rows_that_were_announced_and_did_not_come(archive: Archive) -> None:
    archive.add(11, 1, tess_file(11, 1))
    archive.caom["paging"]["rowsFiltered"] = 0
    answer = archive.answer

    def more(exchange: Exchange) -> Reply:
        reply = answer(exchange)
        return replace(reply, body=reply.body.replace(b'"rowsFiltered": 1', b'"rowsFiltered": 3'))

    archive.server.serve("/api/v0/invoke", more)
    with pytest.raises(BrokenReply, match="announced 3 rows"):
        light_curves(target(name="TIC 11"), "TESS")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (FAULTS["503"], "does not work"),
        (FAULTS["html"], "web page"),
        (FAULTS["good"], "no answer of its interface"),
        (FAULTS["empty"], "no answer of its interface"),
        (FAULTS["cut"], "broke off"),
        (Reply(b'{"status": "ERROR", "msg": "Invalid column"}'), "could not answer: Invalid column"),
        (Reply(b'{"status": "COMPLETE", "data": [], "paging": {}}'), "how many rows"),
        (Reply(b'{"status": "COMPLETE", "data": [{"obsid": 1}], "paging": {"rowsTotal": 1}}'), "no column 'target_name'"),
        (Reply(b'{"status": "EXECUTING"}'), "still at work"),
    ],
)  # fmt: skip
def test_an_archive_that_fails_is_not_one_that_has_none(answer: Any, words: str, archive: Archive) -> None:
    archive.server.serve("/api/v0/invoke", answer)
    with pytest.raises(ServiceError, match=words):
        light_curves(target(), "TESS")


@pytest.mark.parametrize(
    "damage",
    [
        lambda c: c[: len(c) // 2],
        lambda c: c[:2880],
        lambda c: c[:-2800] + bytes([c[-2800] ^ 4]) + c[-2799:],
        lambda c: b"<html><body>no</body></html>",
        lambda c: b"",
    ],
)
def test_a_damaged_file_is_told(damage: Callable[[bytes], bytes], archive: Archive) -> None:
    archive.add(11, 1, damage(tess_file(11, 1)))
    with pytest.raises(ServiceError):
        quietly(light_curves, target(name="TIC 11"), "TESS")


def test_a_file_shorter_than_the_archive_says(archive: Archive) -> None:
    archive.add(11, 1, tess_file(11, 1))
    archive.products[0]["size"] += 1
    with pytest.raises(BrokenReply, match="is cut short"):
        light_curves(target(name="TIC 11"), "TESS")


def test_record_and_playback(archive: Archive, tmp_path: Path) -> None:
    for sector in (1, 2):
        archive.add(11, sector, tess_file(11, sector, start=1300.0 + 27 * sector))
    access = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"))
    with transport("record", tmp_path / "run", "step", access=access) as seen:
        first = quietly(light_curves, target(name="TIC 11"), "TESS")
    assert {q["sha256"] for q in first.meta["queries"]} == {r["sha256"] for r in seen.records}
    archive.server.serve("/api/v0/invoke", FAULTS["503"])
    with transport("playback", tmp_path / "run", "step") as played:
        assert tables.digest(quietly(light_curves, target(name="TIC 11"), "TESS")) == tables.digest(first)
    assert not played.unused


@pytest.mark.parametrize(
    ("survey", "arguments", "words"),
    [
        ("TESS", {"band": "r"}, "one band only"),
        ("ZTF", {"sector": 3}, "has no sectors"),
        ("ZTF", {"band": "u"}, "no band 'u'"),
        ("Gaia", {"band": "V"}, "no band 'V'"),
        ("TESS", {"radius": 0.0}, "Nothing can be looked for"),
    ],
)
def test_bad_questions(survey: Any, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        light_curves(target(), survey, **arguments)


def test_two_identifiers_go_back(archive: Archive) -> None:
    with pytest.raises(InputError, match="more than one identifier there: 11, 12"):
        light_curves(target(name="TIC 11|TIC 12"), "TESS")


# --- ZTF: the columns of the interface's documentation

ZTF_COLUMNS = [
    'name="oid" datatype="long"', 'name="expid" datatype="int"', 'name="hjd" datatype="double" unit="d"', 'name="mjd" datatype="double" unit="d"',
    'name="mag" datatype="float" unit="mag" ucd="phot.mag"', 'name="magerr" datatype="float" unit="mag" ucd="stat.error;phot.mag"', 'name="catflags" datatype="int"',
    'name="filtercode" datatype="char" arraysize="*"', 'name="ra" datatype="double" unit="deg" ucd="pos.eq.ra"', 'name="dec" datatype="double" unit="deg" ucd="pos.eq.dec"',
]  # fmt: skip
OID = 686103400034440


def points(oid: int, n: int, code: str = "zr", *, dec: float = 10.0, flags: dict[int, int] | None = None) -> list[tuple[Any, ...]]:  # fmt: skip
    rows = []
    for k in range(n):
        mjd = 58200.0 + 3.0 * k
        rows.append(
            (
                oid,
                k,
                mjd + 2400000.503,
                mjd,
                round(18.0 + 0.3 * (k % 2), 3),
                0.02,
                (flags or {}).get(k, 0),
                code,
                60.0,
                dec,
            )
        )
    return rows


@pytest.fixture
def irsa(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., FaultServer]:
    def serve(*rows: tuple[Any, ...], columns: list[str] = ZTF_COLUMNS) -> FaultServer:
        monkeypatch.setattr(ztf, "URL", fault_server.serve("/ztf", Reply(votable(rows, columns), content_type=VOTABLE)))
        return fault_server

    return serve


def test_a_light_curve_of_ztf(irsa: Callable[..., FaultServer]) -> None:
    rows = points(OID, 21, flags={2: 32768, 3: 4, 7: 32770})
    server = irsa(*reversed(rows))
    with pytest.warns(UserWarning, match="Magnitudes were turned into fluxes"):
        value = light_curves(target(60.0, 10.0), "ZTF", band="r")
    assert tables.check(value, KINDS["LightCurve"]) is None
    assert len(value) == 19 and (np.diff(value["time"].value) > 0).all()
    # Pogson's definition: 0.3 mag fainter
    day = np.round(value["time"].value - 2458200.503).astype(int)
    faint, bright = value["flux"][day == 3], value["flux"][day == 0]
    assert float(faint[0] / bright[0]) == pytest.approx(10 ** (-0.4 * 0.3), rel=1e-5)
    assert float(value["flux_err"][0] / value["flux"][0]) == pytest.approx(0.02 * 0.4 * np.log(10), rel=1e-5)
    assert value["time"][0].value == 2458200.503
    assert value.meta["time_reference"] == {"name": "HJD", "zero_jd": 0.0, "scale": None}
    assert value["catflags"][day == 9].tolist() == [4] and not value["catflags"][day != 9].any()
    assert value.meta["reading"]["dropped"] == {"quality flag": 2}
    assert value.meta["identifiers"] == {"oid": str(OID)} and value.meta["band"] == "r"
    asked = server.asked("/ztf")[0].parameters
    assert (asked["POS"], asked["BANDNAME"]) == ("CIRCLE 60.0000000 10.0000000 0.0008333", "r")


def test_flags_can_be_ignored(irsa: Callable[..., FaultServer]) -> None:
    irsa(*points(OID, 21, flags={2: 32768}))
    assert len(quietly(light_curves, target(60.0, 10.0), "ZTF", quality="none")) == 21


def test_other_bands_and_fields_are_told(irsa: Callable[..., FaultServer]) -> None:
    irsa(*points(1, 30), *points(2, 12), *points(3, 25, "zg"))
    with pytest.warns(UserWarning, match=r"Taken are the 30 points of ZTF object 1 in r; left out are 25 points in g, 12 in r from other fields"):  # fmt: skip
        assert len(light_curves(target(60.0, 10.0), "ZTF")) == 30


def test_two_stars_of_ztf_go_back(irsa: Callable[..., FaultServer]) -> None:
    irsa(*points(1, 30), *points(2, 40, dec=10.0007))
    with pytest.raises(
        InputError, match=r"more than one star within 3 arcsec of WASP-126: 1 \(30 points\), 2 \(40 points\)"
    ):
        light_curves(target(60.0, 10.0), "ZTF")


def test_ztf_has_none_or_too_few(irsa: Callable[..., FaultServer]) -> None:
    irsa()
    with pytest.raises(EmptyResult, match="ZTF has no light curve within 3 arcsec of WASP-126"):
        light_curves(target(60.0, 10.0), "ZTF")
    irsa(*points(1, 6))
    with pytest.raises(EmptyResult, match="has only 6 usable points"):
        light_curves(target(60.0, 10.0), "ZTF")


def test_ztf_without_a_column_is_broken(irsa: Callable[..., FaultServer]) -> None:
    irsa(*(r[:6] + r[7:] for r in points(1, 20)), columns=ZTF_COLUMNS[:6] + ZTF_COLUMNS[7:])
    with pytest.raises(BrokenReply, match="without catflags"):
        light_curves(target(60.0, 10.0), "ZTF")


def test_ztf_of_another_band_is_broken(irsa: Callable[..., FaultServer]) -> None:
    irsa(*points(1, 20, "zg"))
    with pytest.raises(BrokenReply, match="asked for r and answered with zg"):
        light_curves(target(60.0, 10.0), "ZTF", band="r")


@pytest.mark.parametrize("fault", ["503", "html", "empty", "cut", "truncated", "bomb", "429-always"])
def test_ztf_that_fails_is_not_one_that_has_none(fault: str, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(ztf, "URL", fault_server.fault(fault))
    with pytest.raises(ServiceError):
        light_curves(target(60.0, 10.0), "ZTF")


def test_ztf_record_and_playback(irsa: Callable[..., FaultServer], tmp_path: Path) -> None:
    irsa(*points(OID, 21))
    with transport("record", tmp_path, "s", access=Access(more_hosts=LOOPBACK)):
        first = quietly(light_curves, target(60.0, 10.0), "ZTF")
    with transport("playback", tmp_path, "s"):
        assert tables.digest(quietly(light_curves, target(60.0, 10.0), "ZTF")) == tables.digest(first)


# --- Gaia: epoch photometry in the form of its data model (INDIVIDUAL), one row a band and transit

GAIA = 2**62 + 1
GAIA_COLUMNS = [
    'name="source_id" datatype="long"', 'name="transit_id" datatype="long"', 'name="band" datatype="char" arraysize="*"',
    'name="time" datatype="double" unit="d" ref="time_frame"', 'name="mag" datatype="double" unit="mag"', 'name="flux" datatype="double" unit="\'electron\'.s**-1"',
    'name="flux_error" datatype="double" unit="\'electron\'.s**-1"', 'name="rejected_by_photometry" datatype="boolean"', 'name="rejected_by_variability" datatype="boolean"',
]  # fmt: skip
SYSTEM = b'<TIMESYS ID="time_frame" refposition="BARYCENTER" timeorigin="2455197.5" timescale="TCB"/>'


def epochs(source: int = GAIA, *, system: bytes = SYSTEM, n: int = 15) -> Reply:
    rows = []
    for k in range(n):
        for band, level in (("G", 1000.0), ("BP", 400.0)):
            bad = "true" if band == "G" and k == 4 else "false"
            rows.append((source, k, band, 1700.0 + 25.0 * k, 15.0, level + k, level / 500.0, "false", bad))
    body = votable(rows, GAIA_COLUMNS).replace(b"<TABLE>", system + b"<TABLE>")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr(f"EPOCH_PHOTOMETRY-Gaia DR3 {source}.xml", body)
    return Reply(stream.getvalue(), content_type="application/zip")


@pytest.fixture
def gaia(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FaultServer:
    columns = ['name="source_id" datatype="long"', 'name="ra" datatype="double" unit="deg"', 'name="dec" datatype="double" unit="deg"', 'name="phot_g_mean_mag" datatype="float" unit="mag"', 'name="has_epoch_photometry" datatype="boolean"']  # fmt: skip
    fault_server.serve("/tap/sync", Reply(votable([(GAIA, 60.0, 10.0, 15.0, "true")], columns), content_type=VOTABLE))
    monkeypatch.setitem(gaia_products.SERVICES, "Gaia archive", TableService("Gaia archive", f"{fault_server.url}/tap"))
    monkeypatch.setattr(gaia_products, "DATALINK", fault_server.serve("/data", epochs()))
    return fault_server


def test_epoch_photometry_of_gaia(gaia: FaultServer) -> None:
    value = quietly(light_curves, target(60.0, 10.0), "Gaia")
    assert tables.check(value, KINDS["LightCurve"]) is None
    assert len(value) == 14 and value.meta["reading"]["dropped"] == {"quality flag": 1}
    assert value.meta["time_reference"] == {"name": "BJD - 2455197.5", "zero_jd": 2455197.5, "scale": "tcb"}
    median = float(np.median([1000.0 + k for k in range(15) if k != 4]))
    assert np.asarray(value["flux"])[0] == pytest.approx(1000.0 / median)
    assert np.asarray(value["flux_err"])[0] == pytest.approx(2.0 / median)
    assert value.meta["identifiers"] == {"source_id": str(GAIA)}  # no float64 can hold it
    assert gaia.asked("/data")[0].parameters["ID"] == f"Gaia DR3 {GAIA}"
    blue = quietly(light_curves, target(60.0, 10.0), "Gaia", band="bp")
    assert len(blue) == 15 and blue.meta["flux"]["median"] == pytest.approx(407.0)


def test_times_without_an_origin_stay_without_one(gaia: FaultServer) -> None:
    gaia.serve("/data", epochs(system=b""))
    with pytest.warns(UserWarning, match="does not say what its times count from"):
        value = light_curves(target(60.0, 10.0), "Gaia")
    assert value.meta["time_reference"]["zero_jd"] is None


def test_gaia_of_a_neighbour_is_refused(gaia: FaultServer) -> None:
    gaia.serve("/data", epochs(GAIA + 1))
    with pytest.raises(BrokenReply, match=f"asked for the source {GAIA} and sent data of {GAIA + 1}"):
        light_curves(target(60.0, 10.0), "Gaia")


def test_gaia_in_a_band_without_points(gaia: FaultServer) -> None:
    with pytest.raises(EmptyResult, match=f"no epoch photometry of the source {GAIA} in RP"):
        light_curves(target(60.0, 10.0), "Gaia", band="RP")
