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
from gnomon.tools.archives.products import asas_sn, gaia_products, mast, ztf
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

    def add_of_others(self, author: str, tic: int, sector: int, content: bytes, *, target_name: str = "") -> None:
        """As https://archive.stsci.edu/hlsp/tess-spoc and .../qlp describe them."""
        names = {
            "TESS-SPOC": f"hlsp_tess-spoc_tess_phot_{tic:016d}-s{sector:04d}_tess_v1_lc.fits",
            "QLP": f"hlsp_qlp_tess_ffi_s{sector:04d}-{tic:016d}_tess_v01_llc.fits",
        }
        self.add(tic, sector, content, mission="HLSP", target_name=target_name or str(tic), name=names[author])
        self.observations[-1] |= {"provenance_name": author, "project": "TESS"}

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


def qlp_file(tic: int, sector: int, corrected: str = "KSPSAP_FLUX") -> bytes:
    """As https://archive.stsci.edu/hlsp/qlp describes them: relative fluxes, called otherwise since sector 56."""
    n = 30
    flux = 1.0 + 1e-3 * np.sin(np.arange(n))
    flux[3] = np.nan
    quality = np.zeros(n, int)
    quality[5] = 128
    hdu = fits.BinTableHDU.from_columns(
        [
            fits.Column("TIME", "D", unit="BJD - 2457000, days", array=1300.0 + 27.0 * sector + np.arange(n) / 48.0),
            fits.Column("CADENCENO", "J", array=np.arange(n)),
            fits.Column("SAP_FLUX", "E", array=flux * (1.0 + 0.01 * np.arange(n))),
            fits.Column(corrected, "E", array=flux),
            fits.Column(f"{corrected}_ERR", "E", array=np.full(n, 2e-4)),
            fits.Column("QUALITY", "J", array=quality),
        ],
        name="LIGHTCURVE",
    )
    hdu.header.update(BJDREFI=2457000, BJDREFF=0.0, TIMESYS="TDB")
    first = fits.PrimaryHDU()
    first.header.update(TELESCOP="TESS", ORIGIN="MIT/QLP", OBJECT=f"TIC {tic}", TICID=tic, SECTOR=sector)
    stream = io.BytesIO()
    fits.HDUList([first, hdu]).writeto(stream, checksum=True)
    return stream.getvalue()


def test_light_curves_of_full_frame_images(archive: Archive) -> None:
    archive.add(11, 1, tess_file(11, 1))
    archive.add_of_others("TESS-SPOC", 11, 2, tess_file(11, 2, start=1354.0))
    archive.add_of_others("QLP", 11, 3, qlp_file(11, 3))
    archive.add_of_others("QLP", 11, 56, qlp_file(11, 56, "DET_FLUX"))
    spoc = quietly(light_curves, target(name="TIC 11"), "TESS", author="TESS-SPOC")
    assert set(spoc["segment"]) == {2} and spoc.meta["author"] == "TESS-SPOC" and len(spoc) == 38
    assert archive.requests[0]["params"]["filters"] == [
        {"paramName": "obs_collection", "values": ["HLSP"]},
        {"paramName": "dataproduct_type", "values": ["timeseries"]},
        {"paramName": "provenance_name", "values": ["TESS-SPOC"]},
        {"paramName": "target_name", "values": ["11", "0000000000000011", "TIC 11"]},
    ]
    qlp = quietly(light_curves, target(), "TESS", author="QLP")
    assert set(qlp["segment"]) == {3, 56} and len(qlp) == 2 * 28
    assert tables.check(qlp, KINDS["LightCurve"]) is None
    assert np.asarray(qlp["flux_err"])[0] == pytest.approx(2e-4, rel=1e-3)
    assert float(np.ptp(np.asarray(qlp["flux"]))) < 0.003  # the corrected ones, in both forms
    raw = quietly(light_curves, target(), "TESS", author="QLP", sector=56, flux="raw")
    assert float(np.ptp(np.asarray(raw["flux"]))) > 0.2
    own = quietly(light_curves, target(name="TIC 11"), "TESS")
    assert set(own["segment"]) == {1} and own.meta["author"] == "mission"
    with pytest.raises(EmptyResult, match="by TESS \\(QLP\\)"):
        light_curves(target(name="TIC 12"), "TESS", author="QLP")
    with pytest.raises(EmptyResult) as none:
        light_curves(target(name="TIC 12"), "TESS")
    assert "author=TESS-SPOC or author=QLP" in none.value.remedy


def test_others_numbers_of_targets_and_their_neighbours(archive: Archive) -> None:
    archive.add_of_others("TESS-SPOC", 11, 2, tess_file(11, 2), target_name="0000000000000011")
    archive.add_of_others("QLP", 13, 2, qlp_file(13, 2))  # a neighbour, of which the other author has nothing
    assert quietly(light_curves, target(), "TESS", author="TESS-SPOC").meta["identifiers"] == {"TICID": "11"}
    assert len(quietly(light_curves, target(name="TIC 11"), "TESS", author="TESS-SPOC")) == 38
    archive.add_of_others("TESS-SPOC", 12, 2, tess_file(12, 2))
    with pytest.raises(InputError, match="observed 2 targets within 3 arcsec"):
        light_curves(target(), "TESS", author="TESS-SPOC")


@pytest.mark.parametrize("options", [{"survey": "Kepler", "author": "QLP"}, {"author": "QLP", "cadence": "fast"}, {"survey": "ZTF", "author": "TESS-SPOC"}])  # fmt: skip
def test_others_made_none_of_these(options: dict[str, Any], archive: Archive) -> None:
    with pytest.raises(InputError, match="There are no light curves by"):
        light_curves(target(), **options)
    assert not archive.requests


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


# --- ASAS-SN: tables in Parquet written after the client skypatrol 0.6.21 (its code and https://asas-sn.github.io/skypatrol/lightcurves.html).
# The first points are those of VX Men that it ships (examples/vxmen.csv), whose columns have no quality and no filter.

ASAS_SN = 8590494153


def parquet(columns: dict[str, Any]) -> Reply:
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return Reply(stream.getvalue(), content_type="application/octet-stream")


def epochs_of_asas_sn(**change: Any) -> dict[str, Any]:
    """30 images in g by two cameras, of which 4 did not detect it and one is bad; 12 in V."""
    n, v = 30, 12
    jd = np.concatenate([2458515.6215074 + 3.0 * np.arange(n), 2457000.5 + 3.0 * np.arange(v)])
    flux = np.concatenate([24.37 + 0.1 * np.arange(n), np.full(v, 20.0)])
    mag, mag_err = 16.4 - 2.5 * np.log10(flux), np.full(n + v, 0.004)
    for k in (2, 7, 11, 20):
        flux[k], mag[k], mag_err[k] = 0.001, 99.99, 99.99
    flux[29] = 400.0  # through clouds
    columns: dict[str, Any] = {
        "asas_sn_id": np.full(n + v, ASAS_SN), "jd": jd, "flux": flux, "flux_err": np.full(n + v, 0.09), "mag": mag, "mag_err": mag_err,
        "limit": np.where(mag > 99, 17.5, 17.3), "fwhm": np.full(n + v, 1.4), "image_id": [f"x{k}" for k in range(n + v)],
        "camera": ["bi" if k % 2 else "bF" for k in range(n)] + ["ba"] * v, "quality": ["G"] * 29 + ["B"] + ["G"] * v,
        "phot_filter": ["g"] * n + ["V"] * v,
    }  # fmt: skip
    return {k: v for k, v in (columns | change).items() if v is not None}


def sources_of_asas_sn(*rows: tuple[int, float, float]) -> dict[str, Any]:
    ids, ra, dec = (np.array([r[k] for r in rows]) for k in range(3)) if rows else (np.array([]),) * 3
    return {"asas_sn_id": ids.astype(np.int64), "ra_deg": ra.astype(float), "dec_deg": dec.astype(float)}


@pytest.fixture
def sky_patrol(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FaultServer:
    monkeypatch.setattr(asas_sn, "URL", fault_server.url)
    monkeypatch.setattr(asas_sn, "BLOCKS", fault_server.url + "/{server}")
    fault_server.serve("/lookup_cone", parquet(sources_of_asas_sn((ASAS_SN, 60.0, 10.0))))
    fault_server.serve("/get_block_servers", Reply(b'["data05", "data06"]', content_type="application/json"))
    fault_server.serve("/data05/get_block", parquet(epochs_of_asas_sn()))
    return fault_server


def test_asas_sn_in_g(sky_patrol: FaultServer) -> None:
    with pytest.warns(UserWarning) as heard:
        value = light_curves(target(60.0, 10.0), "ASAS-SN")
    said = " ".join(str(w.message) for w in heard)
    assert "25 points of ASAS-SN in g by 2 cameras (bF, bi)" in said
    assert "12 images in V, 4 images in g in which it was not detected" in said
    assert "corrected for the motion of the Earth" in said
    assert tables.check(value, KINDS["LightCurve"]) is None
    assert len(value) == 25 and value.meta["band"] == "g"
    assert value.meta["reading"]["dropped"] == {"quality flag": 1, "not detected": 4}
    assert value.meta["reading"]["rows_total"] == 30 and value.meta["reading"]["rows_kept"] == 25
    fluxes = [24.37 + 0.1 * k for k in range(29) if k not in (2, 7, 11, 20)]
    assert value.meta["flux"] == {"made_from": "flux", "median": pytest.approx(float(np.median(fluxes))), "unit": "mJy"}
    assert np.asarray(value["flux"]) == pytest.approx(np.array(fluxes) / np.median(fluxes))
    assert value["time"][0].value == 2458515.6215074
    assert value.meta["time_reference"]["zero_jd"] == 0.0
    assert list(value["camera"][:3]) == ["bF", "bi", "bi"]  # the third image detected nothing
    assert float(value["magnitude"][0].value) == pytest.approx(16.4 - 2.5 * np.log10(24.37))
    assert value["limiting_magnitude"].unit == u.mag
    # an upper limit stays one
    assert value.meta["upper_limits"]["magnitude"] == [17.5] * 4
    assert value.meta["upper_limits"]["time"][0] == 2458515.6215074 + 6.0
    assert value.meta["identifiers"] == {"asas_sn_id": str(ASAS_SN)}
    assert [q["rows"] for q in value.meta["queries"]] == [1, 42]
    asked = sky_patrol.asked("/lookup_cone")[0]
    assert asked.path.startswith("/lookup_cone/radius0.0009833_ra60.0_dec10.0")
    assert json.loads(asked.body)["catalog"] == "master_list"


def test_asas_sn_in_v_and_with_bad_images(sky_patrol: FaultServer) -> None:
    assert len(quietly(light_curves, target(60.0, 10.0), "ASAS-SN", band="v")) == 12
    assert len(quietly(light_curves, target(60.0, 10.0), "ASAS-SN", quality="none")) == 26
    with pytest.raises(InputError, match="ASAS-SN has no band 'r'"):
        light_curves(target(60.0, 10.0), "ASAS-SN", band="r")


def test_the_light_curve_is_asked_for_as_the_client_of_the_service_does(sky_patrol: FaultServer) -> None:
    from base64 import decodebytes
    from urllib.parse import unquote

    quietly(light_curves, target(60.0, 10.0), "ASAS-SN")
    (asked,) = sky_patrol.asked("/data05/get_block")
    words, _, rest = unquote(asked.path).removeprefix("/data05/get_block/query_hash-").partition("-block_idx-0-")
    assert rest == "catalog-master_list"
    assert decodebytes(words.encode()).decode() == (
        "conectr-0.0009833_conera-60.0_conedec-10.0|catalog-master_list|cols-asas_sn_id/ra_deg/dec_deg"
    )


def test_never_detected_is_no_light_curve(sky_patrol: FaultServer) -> None:
    sky_patrol.serve("/data05/get_block", parquet(epochs_of_asas_sn(mag_err=np.full(42, 99.99))))
    with pytest.raises(EmptyResult, match=r"no detection of WASP-126 \(its object 8590494153\) in g, in 29 images"):
        quietly(light_curves, target(60.0, 10.0), "ASAS-SN")


def test_asas_sn_has_none_or_several(sky_patrol: FaultServer) -> None:
    for rows in ((), ((ASAS_SN, 60.0, 10.001),)):  # 3.6 arcsec
        sky_patrol.serve("/lookup_cone", parquet(sources_of_asas_sn(*rows)))
        with pytest.raises(EmptyResult, match="ASAS-SN has no object within 3 arcsec of WASP-126"):
            light_curves(target(60.0, 10.0), "ASAS-SN")
    sky_patrol.serve("/lookup_cone", parquet(sources_of_asas_sn((1, 60.0, 10.0), (2, 60.0, 10.0005))))
    with pytest.raises(InputError, match="2 objects within 3 arcsec of WASP-126: 1, 2"):
        light_curves(target(60.0, 10.0), "ASAS-SN")
    assert sky_patrol.count("/data05") == 0


def test_a_machine_that_is_down_is_passed_over(sky_patrol: FaultServer) -> None:
    sky_patrol.serve("/data06/get_block", parquet(epochs_of_asas_sn()))
    sky_patrol.serve("/data05/get_block", FAULTS["503"])
    assert len(quietly(light_curves, target(60.0, 10.0), "ASAS-SN")) == 25
    sky_patrol.serve("/data06/get_block", FAULTS["503"])
    with pytest.raises(ServiceError, match="503"):
        light_curves(target(60.0, 10.0), "ASAS-SN")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (epochs_of_asas_sn(asas_sn_id=np.full(42, ASAS_SN + 1)), f"asked for the object {ASAS_SN} and sent the light curve of {ASAS_SN + 1}"),
        (epochs_of_asas_sn(phot_filter=None), "without phot_filter"),
        (epochs_of_asas_sn(asas_sn_id=np.full(42, float(ASAS_SN))), "no whole numbers"),
        (epochs_of_asas_sn(flux=["x"] * 42), "gave flux that are no numbers"),
    ],
)  # fmt: skip
def test_light_curves_of_asas_sn_that_cannot_be(columns: dict[str, Any], words: str, sky_patrol: FaultServer) -> None:
    sky_patrol.serve("/data05/get_block", parquet(columns))
    with pytest.raises(BrokenReply, match=words):
        light_curves(target(60.0, 10.0), "ASAS-SN")


@pytest.mark.parametrize("servers", [b"[]", b'["../../x"]', b'{"a": 1}'])
def test_machines_with_strange_names_are_not_asked(servers: bytes, sky_patrol: FaultServer) -> None:
    sky_patrol.serve("/get_block_servers", Reply(servers, content_type="application/json"))
    with pytest.raises(BrokenReply, match="names no machine"):
        light_curves(target(60.0, 10.0), "ASAS-SN")


@pytest.mark.parametrize("path", ["/lookup_cone", "/get_block_servers", "/data05/get_block"])
@pytest.mark.parametrize("fault", ["503", "html", "good", "empty", "cut", "404", "429-always"])
def test_asas_sn_that_fails_is_not_one_that_has_none(path: str, fault: str, sky_patrol: FaultServer) -> None:
    sky_patrol.serve(path, FAULTS[fault])
    sky_patrol.serve("/data06/get_block", FAULTS[fault])
    with pytest.raises(ServiceError):
        light_curves(target(60.0, 10.0), "ASAS-SN")


def test_asas_sn_record_and_playback(sky_patrol: FaultServer, tmp_path: Path) -> None:
    with transport("record", tmp_path, "s", access=Access(more_hosts=LOOPBACK)):
        first = quietly(light_curves, target(60.0, 10.0), "ASAS-SN")
    with transport("playback", tmp_path, "s") as played:
        again = quietly(light_curves, target(60.0, 10.0), "ASAS-SN")
    assert tables.digest(again) == tables.digest(first)
    assert not played.unused
    path = tmp_path / f"t{tables.suffix(first)}"
    tables.write(first, path)
    assert tables.digest(tables.read(path)) == tables.digest(first)


def test_machines_of_asas_sn_are_on_the_list() -> None:
    assert Access().refusal(asas_sn.BLOCKS.format(server="asassn-data05.ifa.hawaii.edu")) is None
    assert Access().refusal("http://asassn-lb01.ifa.hawaii.edu:9006/get_block_servers") is None


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
