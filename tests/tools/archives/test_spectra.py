"""Spectra come with their wavelengths, units, uncertainties and flaws as the file has them, of the object asked for or not at all."""

from __future__ import annotations

import gzip
import io
import json
import sys
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import replies
from astropy import units as u
from astropy.io import fits
from astropy.table import QTable
from faults import FAULTS, VOTABLE, FaultServer, Reply, votable

sys.path.insert(0, str(Path(replies.__file__).parent))
import dachs_rows

from gnomon.tools.access import Access
from gnomon.tools.archives import spectra as module
from gnomon.tools.archives.products import desi, gaia_products, lamost
from gnomon.tools.archives.products.fits_files import FitsFile, checked_parts
from gnomon.tools.archives.products.spectrum_files import spectrum_of_fits, unit_of, vacuum_of_air
from gnomon.tools.archives.spectra import spectra
from gnomon.tools.archives.tables.table_queries import TableService
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError, ServiceError
from gnomon.tools.kinds import KINDS, tables
from gnomon.tools.registry import Registry
from gnomon.tools.transport import Asked, transport

LOOPBACK = ("127.0.0.1",)
FITS = "application/fits"
XP = "astroquery/gaia/tests/data/gaia_dr3_source_id_5937083312263887616_dl_products_vot.zip"
SOURCE = 5937083312263887616
CGS = u.Unit("erg / (s cm2 Angstrom)")


def target(ra: float = 60.0, dec: float = 10.0, name: str = "NGC 1") -> QTable:
    table = QTable({"name": [name], "ra": [ra] * u.deg, "dec": [dec] * u.deg})
    table.meta["position"] = {
        "ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": 2016.0, "pmra": None, "pmdec": None, "parallax": None, "radial_velocity": None,
    }  # fmt: skip
    return table


def bytes_of(*hdus: Any, **cards: Any) -> bytes:
    first = fits.PrimaryHDU()
    first.header.update(cards)
    stream = io.BytesIO()
    fits.HDUList([first, *hdus]).writeto(stream)
    return stream.getvalue()


def table_of(*columns: tuple[Any, ...], **cards: Any) -> fits.BinTableHDU:
    hdu = fits.BinTableHDU.from_columns([fits.Column(n, f, unit=unit, array=a) for n, f, unit, a in columns])
    hdu.header.update(cards)
    return hdu


def file_of(content: bytes) -> FitsFile:
    return FitsFile(content, "X", "", Asked("", "", 0), checked_parts(content, "X")[0])


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gnomon.tools.archives.asking.service_session.pause", lambda seconds: None)


def test_the_tool_is_fit() -> None:
    assert list(Registry.of_modules([module])) == ["spectra"]


# --- wavelengths


# Pairs in vacuum and in air: https://classic.sdss.org/dr7/products/spectra/vacwavelength.php and Morton 1991, doi:10.1086/191601
@pytest.mark.parametrize(
    ("vacuum", "air"), [(6564.614, 6562.801), (5008.240, 5006.843), (4862.683, 4861.325), (5891.583, 5889.951), (8500.36, 8498.03)]
)  # fmt: skip
def test_wavelengths_in_air_become_those_in_vacuum(vacuum: float, air: float) -> None:
    assert vacuum_of_air([air])[0] == pytest.approx(vacuum, abs=0.01)


def test_below_2000_angstrom_nobody_gives_them_in_air() -> None:
    assert vacuum_of_air([1215.67])[0] == 1215.67


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("1E-17 erg/cm^2/s/Ang", 1e-17 * CGS),
        ("10**(-16)erg.cm**(-2).s**(-1).angstrom**(-1)", 1e-16 * CGS),
        ("W.m**-2.nm**-1", u.W / u.m**2 / u.nm),
        ("erg/s/cm2/A", CGS),
        ("mJy", u.mJy),
        ("ADU", u.adu),
        ("", None),
        ("relative blobs", None),
    ],
)
def test_units_as_archives_write_them(text: str, unit: Any) -> None:
    found = unit_of(text)
    assert (found is None) if unit is None else (1 * found).to_value(unit) == pytest.approx(1.0)


# --- any service, by a real one


def ssap(vo_server: str) -> str:
    return f"{vo_server}/votest/q/ssap/ssap.xml"


@pytest.mark.parametrize("number", [0, 3])
def test_a_spectrum_of_a_service(number: int, vo_server: str) -> None:
    with pytest.warns(UserWarning, match="does not say whether its wavelengths are those in vacuum or in air"):
        value = spectra(target(30.0 * (number + 1), 10.0 * number), ssap(vo_server))
    assert tables.check(value, KINDS["Spectrum"]) is None
    assert len(value) == 301 and value["flux"].unit == u.mJy
    line = dachs_rows.H_ALPHA * (1 + dachs_rows.redshift(number)) * 10.0
    there = value["wavelength"][np.argmax(value["flux"])].to_value(u.AA)
    assert there == pytest.approx(line, abs=2.5)  # samples are 5 Angstrom apart
    assert value["flux_err"].mask.all() and not value["mask"].any()
    assert value.meta["wavelength"] == {"medium": None, "given_in": None, "frame": None}
    assert value.meta["observed"] == {"mjd": 59000.0 + number, "exposure_s": 600.0}
    assert value.meta["resolution"]["width_m"] == pytest.approx(1e-9)
    assert value.meta["identifiers"]["pubDID"].endswith(f"spectrum0{number}.fits")
    assert [q["rows"] for q in value.meta["queries"]] == [1, 301]


def test_a_service_that_has_none_says_so(vo_server: str) -> None:
    with pytest.raises(EmptyResult, match=r"no spectrum within 5 arcsec of NGC 1, 61\.00000, \+10\.00000 deg"):
        spectra(target(61.0, 10.0), ssap(vo_server))


def test_record_and_playback(vo_server: str, tmp_path: Path) -> None:
    access = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with transport("record", tmp_path / "run", "step", access=access) as seen:
            first = spectra(target(), ssap(vo_server))
        with transport("playback", tmp_path / "run", "step") as played:
            again = spectra(target(), ssap(vo_server))
    assert tables.digest(first) == tables.digest(again)
    assert not played.unused
    assert {q["sha256"] for q in first.meta["queries"]} == {r["sha256"] for r in seen.records}


COLUMNS = [
    'name="title" datatype="char" arraysize="*" utype="ssa:DataID.Title"',
    'name="ref" datatype="char" arraysize="*" utype="ssa:Access.Reference" ucd="meta.ref.url"',
    'name="form" datatype="char" arraysize="*" utype="ssa:Access.Format"',
    'name="where" datatype="double" arraysize="2" unit="deg" utype="ssa:Char.SpatialAxis.Coverage.Location.Value"',
]


def listed(server: FaultServer, *rows: tuple[Any, ...], columns: list[str] = COLUMNS) -> str:
    return server.serve("/ssap", Reply(votable(rows, columns), content_type=VOTABLE))


def eso(**cards: Any) -> bytes:
    """As ESO's science data products are: one row of arrays (ESO Science Data Products Standard)."""
    wave = np.array([[5000.0, 5010.0, 5020.0, 5030.0]])
    flux = np.array([[2.0, 3.0, np.nan, 5.0]])
    hdu = table_of(
        ("WAVE", "4D", "angstrom", wave),
        ("FLUX", "4D", "10**(-16)erg.cm**(-2).s**(-1).angstrom**(-1)", flux),
        ("ERR", "4D", "10**(-16)erg.cm**(-2).s**(-1).angstrom**(-1)", np.array([[0.1, 0.0, 0.3, 0.4]])),
        ("FLUX_RAW", "4D", "adu", flux * 100),
        ("QUAL", "4J", None, np.array([[0, 0, 0, 8]])),
        TUCD1="em.wl;obs.atmos", TUTYP1="Spectrum.Data.SpectralAxis.Value", TUTYP2="Spectrum.Data.FluxAxis.Value",
        TUTYP3="Spectrum.Data.FluxAxis.Accuracy.StatError", TUTYP4="eso:Data.FluxAxis.Value", TUTYP5="Spectrum.Data.FluxAxis.Accuracy.QualityStatus",
    )  # fmt: skip
    return bytes_of(hdu, **({"SPECSYS": "BARYCENT", "RA": 60.0, "DEC": 10.0} | cards))


def test_arrays_in_one_row_with_air_errors_and_quality(fault_server: FaultServer) -> None:
    fault_server.serve("/eso.fits", Reply(eso(), content_type=FITS))
    url = listed(fault_server, ("HARPS", f"{fault_server.url}/eso.fits", "application/fits", "60.0 10.0"))
    value = spectra(target(), url)
    assert value["wavelength"].to_value(u.AA) == pytest.approx(vacuum_of_air([5000.0, 5010.0, 5020.0, 5030.0]))
    assert value["wavelength"][0].value > 5001.3
    assert value.meta["wavelength"] == {"medium": "vacuum", "given_in": "air", "frame": "barycentric"}
    assert (1 * value["flux"].unit).to_value(CGS) == pytest.approx(1e-16)
    assert value["flux"].unmasked.value[[0, 1, 3]].tolist() == [2.0, 3.0, 5.0]
    assert value["flux"].mask.tolist() == [False, False, True, False]
    assert value["flux_err"].mask.tolist() == [False, True, False, False]
    assert value["mask"].tolist() == [False, True, True, True]
    assert value["quality"].tolist() == [0, 0, 0, 8]


def test_a_file_of_another_object_is_refused(fault_server: FaultServer) -> None:
    fault_server.serve("/eso.fits", Reply(eso(RA=61.0), content_type=FITS))
    url = listed(fault_server, ("HARPS", f"{fault_server.url}/eso.fits", "application/fits", "60.0 10.0"))
    with pytest.raises(BrokenReply, match="arcsec from NGC 1 by its own header"):
        spectra(target(), url)


def test_services_that_take_no_notice_of_the_place(fault_server: FaultServer) -> None:
    fault_server.serve("/eso.fits", Reply(eso(), content_type=FITS))
    there, link = f"{fault_server.url}/eso.fits", "application/fits"
    url = listed(
        fault_server,
        ("far", there, link, "70.0 10.0"),
        ("a", there, link, "60.001 10.0"),
        ("b", there, link, "60.0005 10.0"),
    )
    with pytest.warns(UserWarning, match="lists 2 spectra of NGC 1; number 1, 'b', was taken"):
        spectra(target(), url)
    with pytest.raises(InputError, match="lists 2 spectra"):
        spectra(target(), url, which=3)
    with pytest.raises(EmptyResult, match="of 3 products that it lists, none"):
        spectra(target(80.0, 10.0), url)


def test_the_link_to_the_data_is_followed_once(fault_server: FaultServer) -> None:
    fault_server.serve("/eso.fits", Reply(eso(), content_type=FITS))
    fields = [f'name="{n}" datatype="char" arraysize="*"' for n in ("ID", "access_url", "semantics", "content_type")]
    links = [
        ("x", f"{fault_server.url}/preview.png", "#preview", "image/png"),
        ("x", f"{fault_server.url}/eso.fits", "#this", "application/fits"),
    ]
    fault_server.serve("/links", Reply(votable(links, fields), content_type=VOTABLE))
    row = ("HARPS", f"{fault_server.url}/links", "application/x-votable+xml;content=datalink", "60.0 10.0")
    value = spectra(target(), listed(fault_server, row))
    assert value.meta["product"].endswith("/eso.fits") and len(value) == 4
    fault_server.serve("/links", Reply(votable(links[:1], fields), content_type=VOTABLE))
    with pytest.raises(BrokenReply, match="without one to the spectrum itself"):
        spectra(target(), listed(fault_server, row))


@pytest.mark.parametrize("fault", ["503", "html", "truncated", "empty", "cut", "bomb", "error", "429-always"])
def test_a_service_that_fails_is_not_one_that_has_none(fault: str, fault_server: FaultServer) -> None:
    with pytest.raises((ServiceError, InputError)) as caught:
        spectra(target(), fault_server.fault(fault))
    assert not isinstance(caught.value, EmptyResult)


@pytest.mark.parametrize("fault", ["503", "html", "good", "empty", "cut", "404", "entity", "endless-bytes"])
def test_a_product_that_fails_is_told(fault: str, fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LARGEST", 2**20)
    url = listed(fault_server, ("x", fault_server.fault(fault), "application/fits", "60.0 10.0"))
    with pytest.raises(ServiceError):
        spectra(target(), url)
    assert fault_server.count("/secret") == 0


def test_a_list_of_36_spectra_as_a_real_service_gave_it(fault_server: FaultServer) -> None:
    # pyvo's test data: the spectra of SDSS DR6 at JHU, within 0.1 degrees of (180, 1)
    url = replies.serve(fault_server, "/ssap", "pyvo/dal/tests/data/ssa/result.xml")
    fault_server.serve("/no", FAULTS["404"])
    with pytest.raises(EmptyResult, match="of 36 products"):
        spectra(target(200.0, 1.0), url, radius=360.0)
    # and its addresses are not on the list of hosts
    with transport("record", Path(fault_server.folder), "s", access=Access(more_hosts=LOOPBACK)), pytest.raises(ServiceError, match="not on the list"), warnings.catch_warnings():  # fmt: skip
        warnings.simplefilter("ignore")
        spectra(target(180.0, 1.0), url, radius=600.0)


# --- forms of files


def test_an_image_of_one_axis_in_air(tmp_path: Path) -> None:
    hdu = fits.ImageHDU(np.arange(5.0))
    hdu.header.update(CTYPE1="AWAV", CUNIT1="nm", CRVAL1=500.0, CRPIX1=2.0, CDELT1=0.5, BUNIT="erg/s/cm2/A")
    raw = spectrum_of_fits(file_of(bytes_of(hdu)))
    assert raw.wavelength.to_value(u.nm) == pytest.approx([499.5, 500.0, 500.5, 501.0, 501.5])
    assert raw.medium == "air" and raw.flux.unit == CGS


def test_an_image_of_one_axis_as_iraf_writes_it() -> None:
    hdu = fits.PrimaryHDU(np.arange(3.0))
    hdu.header.update({"CTYPE1": "LINEAR", "CRVAL1": 3.5, "CD1_1": 0.001, "DC-FLAG": 1, "CUNIT1": "Angstrom"})
    stream = io.BytesIO()
    hdu.writeto(stream)
    raw = spectrum_of_fits(file_of(stream.getvalue()))
    assert raw.wavelength.to_value(u.AA) == pytest.approx(10 ** np.array([3.5, 3.501, 3.502]))
    assert raw.medium is None and raw.flux_unit is None


def test_frequencies_become_wavelengths() -> None:
    hdu = table_of(("FREQ", "D", "GHz", np.array([100.0, 200.0])), ("FLUX", "D", "Jy", np.array([1.0, 2.0])))
    raw = spectrum_of_fits(file_of(bytes_of(hdu)))
    assert raw.wavelength.to_value(u.mm) == pytest.approx([2.99792458, 1.49896229])
    assert raw.medium == "vacuum"


@pytest.mark.parametrize(
    ("hdu", "words"),
    [
        (table_of(("WAVE", "D", "kg", np.ones(3)), ("FLUX", "D", "Jy", np.ones(3))), "'kg', so they cannot be used"),
        (table_of(("WAVE", "D", None, np.ones(3)), ("FLUX", "D", "Jy", np.ones(3))), "cannot be used"),
        (table_of(("A", "D", None, np.ones(3)), ("B", "D", "Jy", np.ones(3))), "holds no spectrum"),
        (fits.ImageHDU(np.ones((4, 4))), "holds no spectrum"),
    ],
)
def test_what_is_no_spectrum_is_refused(hdu: Any, words: str) -> None:
    with pytest.raises(BrokenReply, match=words):
        spectrum_of_fits(file_of(bytes_of(hdu)))


# --- SDSS

# A spectrum of the real reply that astroquery ships (sdss/tests/data/xid_sp.txt), as SkyServer gives it in JSON
ROW = {
    "specObjID": 845594848269461504, "plate": 751, "mjd": 52251, "fiberID": 160, "run2d": "26", "survey": "sdss", "class": "GALAXY", "z": 0.04559058,
    "zErr": 1e-5, "zWarning": 0, "sciencePrimary": 1, "ra": 2.02344596303, "dec": 14.8398237521,
}  # fmt: skip


def spec(**cards: Any) -> bytes:
    """As spec-PLATE-MJD-FIBER.fits: https://data.sdss.org/datamodel/files/SPECTRO_REDUX/RUN2D/spectra/PLATE4/spec.html."""
    n = 6
    hdu = table_of(
        ("flux", "E", None, np.arange(1.0, n + 1)),
        ("loglam", "E", None, 3.8 + 1e-4 * np.arange(n)),
        ("ivar", "E", None, np.array([4.0, 4.0, 0.0, 16.0, 4.0, 4.0])),
        ("and_mask", "J", None, np.array([0, 1 << 20, 0, 0, 0, 0])),
        ("or_mask", "J", None, np.zeros(n, int)),
        ("wdisp", "E", None, np.ones(n)),
        ("sky", "E", None, np.ones(n)),
        ("model", "E", None, np.ones(n)),
    )
    hdu.name = "COADD"
    about = {"PLATEID": 751, "MJD": 52251, "FIBERID": 160, "BUNIT": "1E-17 erg/cm^2/s/Ang", "VACUUM": True, "HELIO_RV": 1.0, "PLUG_RA": 2.0234}  # fmt: skip
    return bytes_of(hdu, **(about | cards))


@pytest.fixture
def sdss(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FaultServer:
    rows(fault_server, ROW)
    fault_server.serve("/sas/sdss/spectro/redux/26/spectra/0751/spec-0751-52251-0160.fits", Reply(spec(), content_type=FITS))  # fmt: skip
    fault_server.serve("/sas/eboss/spectro/redux/v5_13_2/spectra/full/3586/spec-3586-55181-0003.fits", Reply(spec(PLATEID=3586, MJD=55181, FIBERID=3), content_type=FITS))  # fmt: skip
    for key, value in (("sql", f"{fault_server.url}/sql"), ("files", f"{fault_server.url}/sas")):
        monkeypatch.setitem(module.SDSS, key, value)
    return fault_server


def rows(server: FaultServer, *listed: dict[str, Any]) -> None:
    body = json.dumps([{"TableName": "Table1", "Rows": list(listed)}]).encode()
    server.serve("/sql", Reply(body, content_type="application/json"))


HERE = (2.02344596303, 14.8398237521)


def test_a_spectrum_of_sdss(sdss: FaultServer) -> None:
    value = spectra(target(*HERE), "SDSS")
    assert tables.check(value, KINDS["Spectrum"]) is None
    assert value["wavelength"].to_value(u.AA) == pytest.approx(10 ** (3.8 + 1e-4 * np.arange(6)), rel=1e-6)
    assert value["flux"].value.tolist() == [1, 2, 3, 4, 5, 6]
    assert (1 * value["flux"].unit).to_value(CGS) == pytest.approx(1e-17)
    assert value["flux_err"].unmasked.value[[0, 3]].tolist() == [0.5, 0.25]
    assert value["mask"].tolist() == [
        False,
        False,
        True,
        False,
        False,
        False,
    ]  # no weight; and_mask is kept, not judged
    assert value["quality"].tolist() == [0, 1 << 20, 0, 0, 0, 0]
    assert value.meta["wavelength"] == {"medium": "vacuum", "given_in": "vacuum", "frame": "heliocentric"}
    assert value.meta["identifiers"]["specObjID"] == "845594848269461504"  # a float64 steps by 128 here
    assert "fGetNearbySpecObjAllEq(2.02344596, 14.83982375, 0.08333333)" in sdss.asked("/sql")[0].parameters["CMD"]
    assert value.meta["queries"][0]["complete"] is True


def test_the_primary_spectrum_comes_first_and_the_tree_of_boss_is_known(sdss: FaultServer) -> None:
    other = ROW | {"plate": 3586, "mjd": 55181, "fiberID": 3, "run2d": "v5_13_2", "survey": "boss", "specObjID": 1}
    rows(sdss, ROW | {"sciencePrimary": 0}, other)
    with pytest.warns(UserWarning, match="has 2 spectra within 5 arcsec of NGC 1; plate 3586, MJD 55181, fibre 3"):
        assert spectra(target(*HERE)).meta["title"] == "3586-55181-3"
    with pytest.warns(UserWarning, match="plate 751"):
        assert spectra(target(*HERE), which=2).meta["title"] == "751-52251-160"


def test_sdss_has_none(sdss: FaultServer) -> None:
    rows(sdss)
    with pytest.raises(EmptyResult, match="SDSS DR17 has no spectrum within 5 arcsec"):
        spectra(target(*HERE))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ra": 2.5}, "gave one at"),
        ({"run2d": "../../x"}, "names a reduction"),
        ({"plate": None}, "no list of spectra"),
    ],
)
def test_rows_of_sdss_that_cannot_be(change: dict[str, Any], words: str, sdss: FaultServer) -> None:
    rows(sdss, ROW | change)
    with pytest.raises(BrokenReply, match=words):
        spectra(target(*HERE))


def test_a_missing_column_is_named(sdss: FaultServer) -> None:
    rows(sdss, {k: v for k, v in ROW.items() if k != "fiberID"})
    with pytest.raises(BrokenReply, match="no 'fiberID'"):
        spectra(target(*HERE))


def test_a_file_of_another_fibre_is_refused(sdss: FaultServer) -> None:
    sdss.serve("/sas/sdss/spectro/redux/26/spectra/0751/spec-0751-52251-0160.fits", Reply(spec(FIBERID=161), content_type=FITS))  # fmt: skip
    with pytest.raises(BrokenReply, match="sent a file whose header says FIBERID = 161"):
        spectra(target(*HERE))


@pytest.mark.parametrize("fault", ["503", "html", "empty", "cut", "good"])
def test_sdss_that_fails_is_not_one_that_has_none(
    fault: str, sdss: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module.SDSS, "sql", sdss.fault(fault))
    with pytest.raises(ServiceError):
        spectra(target(*HERE))


# --- LAMOST

# Rows and files written after the documentation (https://www.lamost.org/openapi/docs; .../dr10/v2.0/doc/lr-data-production-description) and after what
# the notebook of the client pylamost shows of its replies: numbers are texts there, and missing ones null.
LAMOST_ROW = {
    "obsid": 195309107, "uid": "G14310741160043", "designation": "J004549.40+342512.9", "obsdate": "2013-12-22", "lmjd": 56649, "mjd": 56648, "planid": "M31015N37",
    "spid": 9, "fiberid": 107, "snrr": "23.31", "gaia_source_id": "365001234567890123", "class": "STAR", "subclass": "M0", "z": "-0.00012", "z_err": None,
    "ra": "11.4558640000", "dec": "34.4202610000",
}  # fmt: skip
HEADER = {
    "OBSID": 195309107,
    "RA": 11.455864,
    "DEC": 34.420261,
    "VACUUM": True,
    "HELIO_RV": 12.3,
    "COEFF0": 3.5682,
    "COEFF1": 1e-4,
}
STAR_OF_LAMOST = (11.455864, 34.420261)


def coadd(**cards: Any) -> bytes:
    """Since DR7: one row of arrays."""
    n = 5
    hdu = table_of(
        ("FLUX", f"{n}E", None, np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])),
        ("IVAR", f"{n}E", None, np.array([[4.0, 0.0, 16.0, 4.0, 4.0]])),
        ("WAVELENGTH", f"{n}E", None, 10 ** (3.5682 + 1e-4 * np.arange(n))[None, :]),
        ("ANDMASK", f"{n}E", None, np.array([[0.0, 0.0, 32.0, 0.0, 0.0]])),
        ("ORMASK", f"{n}E", None, np.array([[0.0, 0.0, 32.0, 8.0, 0.0]])),
        ("NORMALIZATION", f"{n}E", None, np.ones((1, n))),
        EXTNAME="COADD",
    )
    return bytes_of(hdu, **(HEADER | cards))


def older(**cards: Any) -> bytes:
    """Before DR7: rows of the primary image."""
    image = np.array([[1, 2, 3, 4, 5], [4, 0, 16, 4, 4], [0] * 5, [0, 0, 32, 0, 0], [0, 0, 32, 8, 0]], dtype="f4")
    hdu = fits.PrimaryHDU(image)
    for key, value in (HEADER | {"CRVAL1": 3.5682, "CD1_1": 1e-4, "DC-FLAG": 1, "CTYPE1": "LINEAR"} | cards).items():
        if value is not None:
            hdu.header[key] = value
    stream = io.BytesIO()
    hdu.writeto(stream)
    return stream.getvalue()


@pytest.fixture
def lamost_service(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FaultServer:
    monkeypatch.setattr(lamost, "URL", f"{fault_server.url}/lrs")
    lamost_rows(fault_server, LAMOST_ROW)
    fault_server.serve("/lrs/spectrum/fits", Reply(gzip.compress(coadd()), content_type="application/gzip"))
    return fault_server


def lamost_rows(server: FaultServer, *listed: dict[str, Any]) -> None:
    server.serve("/lrs/voservice/conesearch", Reply(json.dumps(listed).encode(), content_type="application/json"))


def quiet(function: Any, *arguments: Any, **named: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **named)


@pytest.mark.parametrize("layout", [coadd, older])
def test_a_spectrum_of_lamost_in_either_layout(layout: Any, lamost_service: FaultServer) -> None:
    lamost_service.serve("/lrs/spectrum/fits", Reply(layout(), content_type=FITS))
    with pytest.warns(UserWarning, match="without a unit; they are plain numbers"):
        value = spectra(target(*STAR_OF_LAMOST), "LAMOST")
    assert tables.check(value, KINDS["Spectrum"]) is None
    assert value["wavelength"].to_value(u.AA) == pytest.approx(10 ** (3.5682 + 1e-4 * np.arange(5)), rel=1e-6)
    assert value["flux"].value.tolist() == [1, 2, 3, 4, 5]
    assert value["flux_err"].mask.tolist() == [False, True, False, False, False]
    assert value["flux_err"].unmasked.value[[0, 2]].tolist() == [0.5, 0.25]
    # no weight; flagged in all exposures; flagged in some is good
    assert value["mask"].tolist() == [False, True, True, False, False]
    assert value["quality"].tolist() == [0, 0, 32, 0, 0]
    assert value.meta["wavelength"] == {"medium": "vacuum", "given_in": "vacuum", "frame": "heliocentric"}
    assert value.meta["identifiers"]["obsid"] == "195309107"
    assert value.meta["identifiers"]["gaia_source_id"] == "365001234567890123"
    assert value.meta["pipeline"] == {"class": "STAR", "subclass": "M0", "z": "-0.00012"}
    assert value.meta["observed"]["mjd"] == 56648.0
    asked = lamost_service.asked("/lrs/voservice/conesearch")[0].parameters
    assert float(asked["SR"]) == pytest.approx(6.0 / 3600.0) and asked["OUTPUT.FMT"] == "json"
    assert lamost_service.asked("/lrs/spectrum/fits")[0].parameters["OBSID"] == "195309107"


def test_of_repeated_observations_the_best_comes_first(lamost_service: FaultServer) -> None:
    better = LAMOST_ROW | {"obsid": 400000001, "snrr": "80.5"}
    far = LAMOST_ROW | {"obsid": 400000002, "snrr": "500", "dec": "34.4212"}  # 3.4 arcsec
    without = LAMOST_ROW | {"obsid": 400000003, "snrr": None}
    lamost_rows(lamost_service, LAMOST_ROW, without, far, better)
    lamost_service.serve("/lrs/spectrum/fits", lambda e: Reply(coadd(OBSID=int(e.asked.parameters["OBSID"])), content_type=FITS))  # fmt: skip
    order = []
    for which in (1, 2, 3, 4):
        with pytest.warns(UserWarning, match="has 4 spectra within 5 arcsec"):
            order.append(spectra(target(*STAR_OF_LAMOST), "LAMOST", which=which).meta["identifiers"]["obsid"])
    assert order == ["400000001", "195309107", "400000003", "400000002"]
    with pytest.raises(InputError, match="has 4 spectra there, so there is no number 5"):
        spectra(target(*STAR_OF_LAMOST), "LAMOST", which=5)


def test_lamost_has_none_or_only_neighbours(lamost_service: FaultServer) -> None:
    for listed in ((), (LAMOST_ROW | {"dec": "34.4222"},)):
        lamost_rows(lamost_service, *listed)
        with pytest.raises(EmptyResult, match=r"LAMOST DR11 v2\.0 has no spectrum within 5 arcsec of NGC 1"):
            spectra(target(*STAR_OF_LAMOST), "lamost")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (lambda: coadd(OBSID=195309108), "asked for the observation 195309107 and sent a file whose header says OBSID = 195309108"),
        (lambda: older(OBSID=None), "OBSID = None"),
        (lambda: older(COEFF1=None), "does not say its wavelengths"),
        (lambda: coadd(RA=12.0), "arcsec from NGC 1 by its own header"),
        (lambda: bytes_of(), "holds no spectrum"),
        (lambda: coadd()[:5000], "cut short"),
    ],
)  # fmt: skip
def test_a_wrong_file_of_lamost_is_refused(file: Any, words: str, lamost_service: FaultServer) -> None:
    lamost_service.serve("/lrs/spectrum/fits", Reply(file(), content_type=FITS))
    with pytest.raises(BrokenReply, match=words):
        quiet(spectra, target(*STAR_OF_LAMOST), "LAMOST")


@pytest.mark.parametrize("reply", [[{"obsid": 1, "ra": 1.0}], {"error": "x"}, [{"obsid": None, "ra": 1.0, "dec": 1.0}], [{"obsid": 1, "ra": "east", "dec": 1}]])  # fmt: skip
def test_lists_of_lamost_that_cannot_be(reply: Any, lamost_service: FaultServer) -> None:
    lamost_service.serve("/lrs/voservice/conesearch", Reply(json.dumps(reply).encode(), content_type="application/json"))  # fmt: skip
    with pytest.raises(BrokenReply):
        spectra(target(*STAR_OF_LAMOST), "LAMOST")


@pytest.mark.parametrize("path", ["/lrs/voservice/conesearch", "/lrs/spectrum/fits"])
@pytest.mark.parametrize("fault", ["503", "html", "empty", "cut", "429-always"])
def test_lamost_that_fails_is_not_one_that_has_none(path: str, fault: str, lamost_service: FaultServer) -> None:
    lamost_service.serve(path, FAULTS[fault])
    with pytest.raises(ServiceError):
        spectra(target(*STAR_OF_LAMOST), "LAMOST")


def test_lamost_record_and_playback(lamost_service: FaultServer, tmp_path: Path) -> None:
    with transport("record", tmp_path, "s", access=Access(more_hosts=LOOPBACK)):
        first = quiet(spectra, target(*STAR_OF_LAMOST), "LAMOST")
    with transport("playback", tmp_path, "s") as played:
        assert tables.digest(quiet(spectra, target(*STAR_OF_LAMOST), "LAMOST")) == tables.digest(first)
    assert not played.unused


# --- DESI

# Written after the client of SPARCL (https://sparclclient.readthedocs.io) and its table of fields; the server has names of its own for some.
OWN = {"redshift": "z", "data_release": "data_release_id"}
SPECID = 39627835576420141  # a float64 steps by 8 here
N = 6


def records(*listed: dict[str, Any], head: dict[str, Any] | None = None) -> Reply:
    own = [{OWN.get(k, k): v for k, v in row.items()} | {"_dr": "DESI-DR1"} for row in listed]
    body = json.dumps([{"status": {"success": True, "info": [], "warnings": []}} | (head or {}), *own])
    return Reply(body.encode(), content_type="application/json")


DESI_ROW = {
    "sparcl_id": "0f2b4a6c-0000-11ef-8000-525400f334e1", "specid": SPECID, "ra": 210.0, "dec": 5.0, "data_release": "DESI-DR1", "specprimary": True,
    "targetid": SPECID, "redshift": 0.1234, "redshift_err": 1e-5, "redshift_warning": 0, "spectype": "GALAXY", "dateobs_center": "2021-05-14T08:00:00Z",
    "exptime": 1200.5, "instrument": "DESI",
}  # fmt: skip
VECTORS = {
    "wavelength": [3600.0 + 0.8 * k for k in range(N)], "flux": [1.0, 2.0, float("nan"), 4.0, 5.0, 6.0], "ivar": [4.0, 0.0, 1.0, 16.0, 4.0, 4.0],
    "mask": [0, 0, 0, 0, 4, 0],
}  # fmt: skip
UNITS = {"UNITS": {"DESI-DR1": {"flux": "1e-17 erg cm-2 s-1 AA-1", "wavelength": "AA"}}}


@pytest.fixture
def sparcl(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FaultServer:
    monkeypatch.setattr(desi, "URL", f"{fault_server.url}/sparc")
    fields = [
        {"data_release": dr, "newdp": n, "origdp": OWN.get(n, n), "storage": "C", "default": True, "all": True}
        for dr in ("DESI-DR1", "DESI-EDR", "SDSS-DR17") for n in (*DESI_ROW, *VECTORS)
    ]  # fmt: skip
    fault_server.serve("/sparc/datafields/", Reply(json.dumps(fields).encode(), content_type="application/json"))
    fault_server.serve("/sparc/find/", records(DESI_ROW))
    fault_server.serve("/sparc/spectras/", lambda e: records({"sparcl_id": json.loads(e.asked.body)[0], "specid": SPECID} | VECTORS, head=UNITS))  # fmt: skip
    return fault_server


def test_a_spectrum_of_desi(sparcl: FaultServer) -> None:
    value = spectra(target(210.0, 5.0), "DESI")
    assert tables.check(value, KINDS["Spectrum"]) is None
    assert value["wavelength"].to_value(u.AA) == pytest.approx(VECTORS["wavelength"])
    assert (1 * value["flux"].unit).to_value(CGS) == pytest.approx(1e-17)
    assert value["flux"].mask.tolist() == [False, False, True, False, False, False]
    assert value["flux_err"].unmasked.value[[0, 3]].tolist() == [0.5, 0.25] and value["flux_err"].mask[1]
    assert value["mask"].tolist() == [False, True, True, False, True, False]
    assert value["quality"].tolist() == [0, 0, 0, 0, 4, 0]
    assert value.meta["wavelength"] == {"medium": "vacuum", "given_in": "vacuum", "frame": "barycentric"}
    assert value.meta["identifiers"]["specid"] == value.meta["identifiers"]["targetid"] == "39627835576420141"
    assert value.meta["pipeline"]["redshift"] == 0.1234
    assert value.meta["observed"] == {"mjd": None, "exposure_s": 1200.5, "date": "2021-05-14T08:00:00Z"}
    sent = json.loads(sparcl.asked("/sparc/find/")[0].body)
    assert "z" in sent["outfields"] and "redshift" not in sent["outfields"]  # by the server's own names
    assert sent["search"][0] == ["data_release_id", "DESI-DR1", "DESI-EDR"]
    assert json.loads(sparcl.asked("/sparc/spectras/")[0].body) == [DESI_ROW["sparcl_id"]]
    assert "pkl" not in sparcl.asked("/sparc/spectras/")[0].query


def test_the_later_release_and_primary_ones_come_first(sparcl: FaultServer) -> None:
    def row(n: int, **more: Any) -> dict[str, Any]:
        return DESI_ROW | {"sparcl_id": f"id-{n}"} | more

    corner = row(5, ra=210.0013, dec=5.0013)  # within the box, 6.6 arcsec away
    listed = [row(1, data_release="DESI-EDR"), row(2, specprimary=False), row(3, dec=5.001), row(4, dec=5.0005), corner]
    sparcl.serve("/sparc/find/", records(*listed))
    order = []
    for which in (1, 2, 3, 4):
        with pytest.warns(UserWarning, match="has 4 spectra within 5 arcsec"):
            order.append(spectra(target(210.0, 5.0), "DESI", which=which).meta["identifiers"]["sparcl_id"])
    assert order == ["id-4", "id-3", "id-2", "id-1"]


def test_desi_across_right_ascension_zero(sparcl: FaultServer) -> None:
    sparcl.serve("/sparc/find/", records(), records(DESI_ROW | {"ra": 0.0003}))
    value = spectra(target(359.9999, 5.0), "DESI")
    assert value.meta["identifiers"]["specid"] == str(SPECID)
    asked = [json.loads(a.body)["search"][1] for a in sparcl.asked("/sparc/find/")]
    assert [a[1] > 359.9 for a in asked] == [True, False] and asked[0][2] == 360.0 and asked[1][1] == 0.0
    assert len(value.meta["queries"]) == 3


@pytest.mark.parametrize(
    ("ra", "dec", "radius"), [(10.0, 0.0, 0.1), (0.01, 60.0, 0.1), (359.99, -85.0, 0.1), (200.0, 89.95, 0.1), (5.0, -90.0, 0.01), (123.0, 89.0, 0.9)]
)  # fmt: skip
def test_boxes_hold_their_circles(ra: float, dec: float, radius: float) -> None:
    from astropy.coordinates import SkyCoord

    angles = np.linspace(0.0, 360.0, 721) * u.deg
    for part in (1.0, 0.7):
        ring = SkyCoord(ra * u.deg, dec * u.deg).directional_offset_by(angles, part * radius * u.deg)
        held = np.zeros(len(ring), dtype=bool)
        for (first, last), (low, high) in desi.boxes_around(ra, dec, radius):
            assert 0.0 <= first <= last <= 360.0
            held |= (ring.ra.deg >= first) & (ring.ra.deg <= last) & (ring.dec.deg >= low) & (ring.dec.deg <= high)
        assert held.all()


def test_desi_has_none(sparcl: FaultServer) -> None:
    sparcl.serve("/sparc/find/", records())
    with pytest.raises(EmptyResult, match="DESI-DR1 and DESI-EDR has no spectrum within 5 arcsec"):
        spectra(target(210.0, 5.0), "DESI")


def sent(**change: Any) -> Reply:
    row = {"sparcl_id": DESI_ROW["sparcl_id"], "specid": SPECID} | VECTORS | change
    return records({k: v for k, v in row.items() if v is not ...})


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (sent(ivar=...), "'ivar'"),
        (sent(ivar=[1.0]), "unequal lengths"),
        (sent(flux=[]), "without flux"),
        (sent(flux=["x"] * N), "flux are no numbers"),
        (sent(specid=SPECID + 1), "was asked for the spectrum"),
        (sent(sparcl_id="other"), "was asked for the spectrum"),
        (records(), "sent no other"),
        (records({"sparcl_id": DESI_ROW["sparcl_id"], "specid": SPECID} | VECTORS, head={"UNITS": {"DESI-DR1": {"flux": "blobs"}}}), "'blobs', which is no unit"),
    ],
)  # fmt: skip
def test_spectra_of_desi_that_cannot_be(reply: Reply, words: str, sparcl: FaultServer) -> None:
    sparcl.serve("/sparc/spectras/", reply)
    with pytest.raises(BrokenReply, match=words):
        spectra(target(210.0, 5.0), "DESI")


def test_lists_of_desi_that_cannot_be(sparcl: FaultServer) -> None:
    sparcl.serve("/sparc/find/", records(DESI_ROW | {"data_release": "SDSS-DR17"}))
    with pytest.raises(BrokenReply, match="of another survey"):
        spectra(target(210.0, 5.0), "DESI")
    sparcl.serve("/sparc/datafields/", Reply(json.dumps([{"data_release": "DESI-DR1", "newdp": "ra", "origdp": "ra"}]).encode(), content_type="application/json"))  # fmt: skip
    with pytest.raises(BrokenReply, match="has no fields sparcl_id, specid, dec"):
        spectra(target(210.0, 5.0), "DESI")


@pytest.mark.parametrize("path", ["/sparc/datafields/", "/sparc/find/", "/sparc/spectras/"])
@pytest.mark.parametrize("fault", ["503", "html", "empty", "cut", "429-always"])
def test_desi_that_fails_is_not_one_that_has_none(path: str, fault: str, sparcl: FaultServer) -> None:
    sparcl.serve(path, FAULTS[fault])
    with pytest.raises(ServiceError):
        spectra(target(210.0, 5.0), "DESI")


def test_desi_record_and_playback(sparcl: FaultServer, tmp_path: Path) -> None:
    with transport("record", tmp_path, "s", access=Access(more_hosts=LOOPBACK)):
        first = spectra(target(210.0, 5.0), "DESI")
    with transport("playback", tmp_path, "s") as played:
        assert tables.digest(spectra(target(210.0, 5.0), "DESI")) == tables.digest(first)
    assert not played.unused


def test_addresses_are_on_the_list() -> None:
    for url in ("https://www.lamost.org/openapi/dr11/v2.0/lrs/spectrum/fits", "https://astrosparcl.datalab.noirlab.edu/sparc/find/"):  # fmt: skip
        assert Access().refusal(url) is None


# --- Gaia, by a real product


@pytest.fixture
def gaia(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FaultServer:
    sources(fault_server, (SOURCE, 251.51920772, -51.50535255, 15.0, "true"))
    monkeypatch.setitem(gaia_products.SERVICES, "Gaia archive", TableService("Gaia archive", f"{fault_server.url}/tap"))
    monkeypatch.setattr(gaia_products, "DATALINK", fault_server.serve("/data", Reply(replies.body(XP), content_type="application/zip")))  # fmt: skip
    return fault_server


def sources(server: FaultServer, *listed: tuple[Any, ...]) -> None:
    columns = [
        'name="source_id" datatype="long"', 'name="ra" datatype="double" unit="deg" ucd="pos.eq.ra;meta.main"', 'name="dec" datatype="double" unit="deg" ucd="pos.eq.dec;meta.main"',
        'name="phot_g_mean_mag" datatype="float" unit="mag"', 'name="has_xp_sampled" datatype="boolean"',
    ]  # fmt: skip
    server.serve("/tap/sync", Reply(votable(listed, columns), content_type=VOTABLE))


PLACE = (251.51920772, -51.50535255)


def test_a_spectrum_of_gaia(gaia: FaultServer) -> None:
    value = spectra(target(*PLACE), "Gaia")
    # Sampled from 336 to 1020 nm in steps of 2 nm: De Angeli et al. 2023
    assert value["wavelength"].to_value(u.nm) == pytest.approx(np.arange(336.0, 1021.0, 2.0))
    assert value["flux"].unit == u.W / u.m**2 / u.nm
    assert value["flux"].value[0] == pytest.approx(4.31370918e-17, rel=1e-6) and (value["flux_err"].value > 0).all()
    assert value.meta["identifiers"] == {"source_id": str(SOURCE)}
    assert "CIRCLE(251.51920772, -51.50535255" in value.meta["queries"][0]["text"]
    assert gaia.asked("/data")[0].parameters["ID"] == f"Gaia DR3 {SOURCE}"
    assert tables.check(value, KINDS["Spectrum"]) is None


def test_gaia_by_its_identifier(gaia: FaultServer) -> None:
    spectra(target(*PLACE, name=f"gaia dr3 {SOURCE}"), "gaia")
    assert f"source_id = {SOURCE}" in gaia.asked("/tap/sync")[0].parameters["QUERY"]


def test_a_product_of_another_source_is_refused(gaia: FaultServer) -> None:
    sources(gaia, (SOURCE + 1, *PLACE, 15.0, "true"))
    with pytest.raises(BrokenReply, match=f"asked for the source {SOURCE + 1} and sent data of {SOURCE}"):
        spectra(target(*PLACE), "Gaia")


def test_gaia_has_none_or_several(gaia: FaultServer) -> None:
    sources(gaia)
    with pytest.raises(EmptyResult, match=r"no source within 5 arcsec"):
        spectra(target(*PLACE), "Gaia")
    sources(gaia, (SOURCE, *PLACE, 15.0, "false"))
    with pytest.raises(EmptyResult, match=f"no sampled BP/RP spectrum of the source {SOURCE}"):
        spectra(target(*PLACE), "Gaia")
    sources(gaia, (SOURCE, *PLACE, 15.0, "true"), (SOURCE + 1, *PLACE, 16.0, "true"))
    with pytest.raises(InputError, match=f"2 sources within 5 arcsec of NGC 1: {SOURCE}, {SOURCE + 1}"):
        spectra(target(*PLACE), "Gaia")


def empty_zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("README.txt", "nothing")
    return stream.getvalue()


def test_an_empty_package_says_that_there_is_none(gaia: FaultServer) -> None:
    gaia.serve("/data", Reply(empty_zip(), content_type="application/zip"))
    with pytest.raises(EmptyResult, match="says that it has no sampled"):
        spectra(target(*PLACE), "Gaia")


@pytest.mark.parametrize(
    "answer",
    [
        Reply(empty_zip()[:40]),
        FAULTS["503"],
        FAULTS["html"],
        lambda e: replace(r := Reply(replies.body(XP)), body=r.body[: len(r.body) // 2]),
        Reply(b"nothing at all"),
    ],
)
def test_a_broken_package_is_told(answer: Any, gaia: FaultServer) -> None:
    gaia.serve("/data", answer)
    with pytest.raises(ServiceError):
        spectra(target(*PLACE), "Gaia")


# --- questions that make no sense


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"service": "Palomar"}, "No service of spectra called"),
        ({"radius": 0.0}, "Nothing can be looked for"),
        ({"radius": 601.0}, "Nothing can be looked for"),
        ({"service": "Gaia", "which": 2}, "no number 2"),
    ],
)
def test_bad_questions(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        spectra(target(), **arguments)
