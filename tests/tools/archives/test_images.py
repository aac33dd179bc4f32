"""Images are cut out where and as large as asked, from HiPS and from image services, and anything else is refused in words."""

from __future__ import annotations

import gzip
import io
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import QTable
from faults import FAULTS, VOTABLE, Exchange, FaultServer, Reply, votable

from gnomon.tools.access import Access
from gnomon.tools.archives import images as module
from gnomon.tools.archives.images import images
from gnomon.tools.archives.products import fits_files
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError, NotOnRecord, ServiceError
from gnomon.tools.kinds import KINDS
from gnomon.tools.kinds import images as codec
from gnomon.tools.registry import Registry
from gnomon.tools.transport import transport

LOOPBACK = ("127.0.0.1",)
FITS = "application/fits"


def target(ra: float = 30.0, dec: float = -50.0, *, epoch: float | None = 2016.0, **motion: float) -> QTable:
    table = QTable({"name": ["NGC 1"], "ra": [ra] * u.deg, "dec": [dec] * u.deg})
    position: dict[str, Any] = {"ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": epoch}
    position |= {"pmra": None, "pmdec": None, "parallax": None, "radial_velocity": None}
    for name, value in motion.items():
        table[name] = [value] * u.mas / u.yr
        position[name] = name
    table.meta["position"] = position
    return table


def bytes_of(*hdus: Any) -> bytes:
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *hdus] if not isinstance(hdus[0], fits.PrimaryHDU) else list(hdus)).writeto(stream)
    return stream.getvalue()


def header(ra: float, dec: float, side: int, degrees: float) -> fits.Header:
    made = fits.Header()
    made["CTYPE1"], made["CTYPE2"], made["CUNIT1"], made["CUNIT2"] = "RA---TAN", "DEC--TAN", "deg", "deg"
    made["CRPIX1"] = made["CRPIX2"] = (side + 1) / 2
    made["CRVAL1"], made["CRVAL2"] = ra, dec
    made["CDELT1"], made["CDELT2"] = -degrees / side, degrees / side
    return made


def cut_out(exchange: Exchange, **changes: Any) -> Reply:
    """As hips2fits answers: an image of the size, the field and the place that it is asked for."""
    asked = exchange.asked.parameters
    side = int(asked["WIDTH"])
    place = {"ra": float(asked["RA"]), "dec": float(asked["DEC"]), **changes}
    data = np.arange(side * side, dtype="f4").reshape(side, side)
    data[0, :] = np.nan
    made = header(place["ra"], place["dec"], int(changes.get("side", side)), float(asked["FOV"]))
    made["BUNIT"] = changes.get("unit", "Jy")
    made["SURVEY"] = asked["HIPS"]
    data = data[: int(changes.get("side", side)), : int(changes.get("side", side))]
    if "fill" in changes:
        data = np.full_like(data, changes["fill"])
    return Reply(bytes_of(fits.PrimaryHDU(data, made)), content_type=FITS)


@pytest.fixture
def hips(fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., FaultServer]:
    def serve(*answers: Any) -> FaultServer:
        monkeypatch.setattr(module, "CUT_OUTS", fault_server.serve("/hips2fits", *(answers or (cut_out,))))
        return fault_server

    return serve


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gnomon.tools.archives.asking.service_session.pause", lambda seconds: None)


def test_the_tool_is_fit() -> None:
    assert list(Registry.of_modules([module])) == ["images"]


# --- HiPS


def test_a_cut_out_has_the_place_and_the_size_asked_for(hips: Callable[..., FaultServer]) -> None:
    server = hips()
    value = images(target(), "2mass k", size=2.0)
    asked = server.asked("/hips2fits")[0].parameters
    assert (asked["HIPS"], asked["WIDTH"], asked["PROJECTION"], asked["FORMAT"]) == ("CDS/P/2MASS/K", "120", "TAN", "fits")  # fmt: skip
    assert codec.check(value, KINDS["Image"]) is None
    assert value.data.shape == (120, 120) and value.unit == u.Jy
    assert value.wcs.pixel_to_world(59.5, 59.5).ra.deg == pytest.approx(30.0)
    corners = value.wcs.pixel_to_world([59.5, 59.5], [-0.5, 119.5])
    assert corners[0].separation(corners[1]).arcmin == pytest.approx(2.0, rel=1e-6)
    assert value.mask[0].all() and not value.mask[1:].any()
    assert value.meta["resampled"] is True and value.meta["header"]["SURVEY"] == "CDS/P/2MASS/K"
    record = value.meta["queries"][0]
    assert "hips=CDS%2FP%2F2MASS%2FK" in record["text"] and record["complete"] is True


def test_a_star_that_moves_is_looked_for_where_it_was(hips: Callable[..., FaultServer]) -> None:
    # Barnard's star, 10.4 arcsec a year (Gaia DR3): from 2016 to the middle of 2MASS, 1999.3
    server = hips()
    with pytest.warns(UserWarning, match=r"moves by 10 arcsec a year"):
        value = images(target(269.44850, 4.73942, pmra=-801.551, pmdec=10362.394), "2MASS J", size=2.0)
    dec = float(server.asked("/hips2fits")[0].parameters["DEC"])
    assert (4.73942 - dec) * 3600 == pytest.approx(10.362394 * 16.7, abs=0.05)
    assert value.meta["position"]["epoch"] == pytest.approx(1999.3)


def test_any_hips_and_any_pixel(hips: Callable[..., FaultServer]) -> None:
    server = hips()
    value = images(target(), "CDS/P/DECaLS/DR5/g", size=1.0, pixel=2.0)
    asked = server.asked("/hips2fits")[0].parameters
    assert (asked["HIPS"], asked["WIDTH"]) == ("CDS/P/DECaLS/DR5/g", "30")
    assert value.data.shape == (30, 30)


@pytest.mark.parametrize("fill", [np.nan, 0.0])
def test_nothing_there_is_a_result(fill: float, hips: Callable[..., FaultServer]) -> None:
    hips(lambda exchange: cut_out(exchange, fill=fill))
    with pytest.raises(EmptyResult, match=r"SDSS r has no image of NGC 1 \(30\.00000, -50\.00000 deg\)"):
        images(target(), "SDSS r", size=1.0)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (lambda e: cut_out(e, side=50), BrokenReply, "50 x 50 pixels in place of 60 x 60"),
        (lambda e: cut_out(e, ra=31.0), BrokenReply, "another place"),
        (FAULTS["html"], BrokenReply, "web page"),
        (FAULTS["503"], ServiceError, "does not work at the moment"),
        (FAULTS["good"], BrokenReply, "not FITS"),
        (FAULTS["429-always"], ServiceError, "too often"),
        (Reply(b'{"title": "400 Bad Request", "description": "No HiPS called CDS/P/nope"}', status=400), ServiceError, "No HiPS called"),
        (Reply(b"", content_type=FITS), BrokenReply, "empty file"),
        (lambda e: replace(r := cut_out(e), cut=len(r.body) // 2), BrokenReply, "broke off"),
        (lambda e: replace(r := cut_out(e), body=r.body[: 2880 + 2880]), BrokenReply, "cut short"),
        (lambda e: replace(r := cut_out(e), body=r.body[:1000]), BrokenReply, "cut short in the header"),
        (lambda e: replace(r := cut_out(e), body=gzip.compress(r.body)[:-20]), BrokenReply, "cut short|unpacked"),
    ],
)  # fmt: skip
def test_what_is_not_the_image_is_refused(answer: Any, error: type[Exception], words: str, hips: Callable[..., FaultServer]) -> None:  # fmt: skip
    hips(answer)
    with pytest.raises(error, match=words):
        images(target(), "DSS2 red", size=1.0)


def test_an_image_that_was_packed_is_the_same(hips: Callable[..., FaultServer]) -> None:
    hips(cut_out, lambda e: replace(r := cut_out(e), body=gzip.compress(r.body)))
    first, second = (images(target(), "DSS2 red", size=1.0) for _ in range(2))
    assert (np.nan_to_num(first.data) == np.nan_to_num(second.data)).all()


def test_the_unit_is_told_or_its_lack_is(hips: Callable[..., FaultServer]) -> None:
    hips(lambda e: cut_out(e, unit="blobs"), lambda e: cut_out(e, unit=""))
    with pytest.warns(UserWarning, match="'blobs', which is no unit"):
        assert images(target(), "DSS2 red", size=1.0).meta["unit"] == {"stated": "blobs", "known": False}
    with pytest.warns(UserWarning, match="does not say in which unit"):
        assert images(target(), "DSS2 red", size=1.0).meta["unit"] == {"stated": None, "known": False}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"survey": "Palomar Glass"}, "No survey called"),
        ({"size": 0.0}, "No image of 0 arcmin"),
        ({"size": 121.0}, "No image of 121 arcmin"),
        ({"which": 2}, "there is no number 2"),
        ({"size": 100.0, "pixel": 0.5}, "12000 pixels a side"),
    ],
)
def test_questions_that_make_no_sense_are_not_asked(arguments: dict[str, Any], words: str, hips: Callable[..., FaultServer]) -> None:  # fmt: skip
    server = hips()
    with pytest.raises(InputError, match=words):
        images(target(), **arguments)
    assert server.count("/hips2fits") == 0


def test_one_object_at_a_time(hips: Callable[..., FaultServer]) -> None:
    hips()
    both = QTable({"name": ["a", "b"], "ra": [1.0, 2.0] * u.deg, "dec": [1.0, 2.0] * u.deg})
    with pytest.raises(InputError, match=r"there are 2 \(a, b\)"):
        images(both)


def test_record_playback_and_offline(hips: Callable[..., FaultServer], tmp_path: Path) -> None:
    server = hips()
    access = Access(more_hosts=LOOPBACK, folder=str(tmp_path / "home"))
    with transport("record", tmp_path / "run", "step", access=access) as seen:
        first = images(target(), "DSS2 red", size=1.0)
    assert first.meta["queries"][0]["sha256"] == seen.records[0]["sha256"] != ""
    count = server.count("/hips2fits")
    with transport("playback", tmp_path / "run", "step") as played:
        assert codec.digest(images(target(), "DSS2 red", size=1.0)) == codec.digest(first)
    assert not played.unused and server.count("/hips2fits") == count
    offline = replace(access, offline=True)
    with transport("record", tmp_path / "2", "step", access=offline):
        with pytest.warns(UserWarning, match="was not asked now"):
            again = images(target(), "DSS2 red", size=1.0)
        assert (np.nan_to_num(again.data) == np.nan_to_num(first.data)).all()
        with pytest.raises(NotOnRecord):
            images(target(), "DSS2 red", size=2.0)


# --- image services, by a real one


@pytest.fixture(params=["/votest/q/siap/siap.xml", "/__system__/siap2/sitewide/siap2.xml"])
def service(request: pytest.FixtureRequest, vo_server: str) -> str:
    return f"{vo_server}{request.param}"


def test_an_image_of_a_service_is_cut_to_size(service: str) -> None:
    with pytest.warns(UserWarning, match="does not say in which unit"):
        value = images(target(30.01, -50.0), service, size=3.0)
    assert codec.check(value, KINDS["Image"]) is None
    assert value.data.shape == (25, 25)  # 3 arcmin of 7.2 arcsec
    assert value.meta["header"]["FILTER"] == "V" and value.meta["resampled"] is False
    # plate 1 of dachs_rows.py: its pixels are known
    whole = np.random.default_rng(1).normal(100, 5, (128, 128)).astype("f4")
    x, y = value.wcs.all_world2pix(30.0, -50.0, 0)  # the reference pixel, 63.5 counted from 0
    column, row = round(63.5 - float(x)), round(63.5 - float(y))
    assert (value.data == whole[row : row + 25, column : column + 25]).all()
    assert [q["rows"] for q in value.meta["queries"]] == [1, 1]


def test_a_service_that_has_none_says_so(service: str) -> None:
    with pytest.raises(EmptyResult, match=r"says that it has no image of NGC 1 within 1 arcmin around 77\.00000, -5"):
        images(target(77.0, -5.0), service, size=1.0)


def test_an_image_that_ends_is_told(vo_server: str) -> None:
    with pytest.warns(UserWarning, match=r"ends before the size asked for: it gives \d+ x \d+ of 83 x 83"):
        value = images(target(30.0, -50.1), f"{vo_server}/votest/q/siap/siap.xml", size=10.0)
    assert value.data.shape[0] < 83


def test_a_number_that_the_list_does_not_have(vo_server: str) -> None:
    with pytest.raises(InputError, match="lists 1 images of NGC 1, so there is no number 2"):
        images(target(), f"{vo_server}/votest/q/siap/siap.xml", size=2.0, which=2)


COLUMNS = [
    'name="title" datatype="char" arraysize="*" ucd="VOX:Image_Title"',
    'name="ra" datatype="double" ucd="POS_EQ_RA_MAIN" unit="deg"',
    'name="dec" datatype="double" ucd="POS_EQ_DEC_MAIN" unit="deg"',
    'name="format" datatype="char" arraysize="*" ucd="VOX:Image_Format"',
    'name="where" datatype="char" arraysize="*" ucd="VOX:Image_AccessReference"',
]


def listed(server: FaultServer, rows: list[tuple[Any, ...]], columns: list[str] = COLUMNS) -> str:
    return server.serve("/sia", Reply(votable(rows, columns), content_type=VOTABLE))


def test_the_nearest_of_several_comes_first(fault_server: FaultServer) -> None:
    plain = header(30.0, -50.0, 64, 0.1)
    for name in ("near", "far"):
        made = plain.copy()
        made["OBJECT"], made["BUNIT"] = name, "adu"
        content = bytes_of(fits.ImageHDU(np.arange(4096, dtype="i2").reshape(64, 64), made))
        fault_server.serve(f"/{name}.fits", Reply(content, content_type=FITS))
    url = listed(
        fault_server,
        [
            ("far", 30.02, -50.0, "image/fits", f"{fault_server.url}/far.fits"),
            ("picture", 30.0, -50.0, "image/jpeg", f"{fault_server.url}/x.jpg"),
            ("near", 30.0, -50.001, "image/fits", f"{fault_server.url}/near.fits"),
        ],
    )
    with pytest.warns(UserWarning, match="lists 2 images of NGC 1; number 1, 'near', was taken"):
        assert images(target(), url, size=1.0).meta["header"]["OBJECT"] == "near"
    with pytest.warns(UserWarning, match="number 2, 'far'"):
        value = images(target(), url, size=1.0, which=2)
    assert value.meta["header"]["OBJECT"] == "far" and value.data.dtype == np.dtype("i2") and value.unit == u.adu


@pytest.mark.parametrize("cube", [False, True])
def test_axes_in_another_order_and_axes_of_one_pixel(cube: bool, fault_server: FaultServer) -> None:
    made = header(30.0, -50.0, 64, 0.1)
    for key in ("CTYPE", "CRVAL", "CDELT"):
        made[f"{key}1"], made[f"{key}2"] = made[f"{key}2"], made[f"{key}1"]
    if cube:
        made["CTYPE3"], made["CRVAL3"], made["CDELT3"], made["CRPIX3"] = "FREQ", 1.4e9, 1e6, 1.0
    data = np.arange(4096, dtype="f4").reshape((1, 64, 64) if cube else (64, 64))
    fault_server.serve("/x.fits", Reply(bytes_of(fits.ImageHDU(data, made)), content_type=FITS))
    url = listed(fault_server, [("x", 30.0, -50.0, "image/fits", f"{fault_server.url}/x.fits")])
    with pytest.warns(UserWarning, match="does not say in which unit"):
        value = images(target(30.0, -49.98), url, size=0.5)
    # declination grows along the first axis, by 0.1/64 degrees a pixel: 12.8 pixels from the middle, 31.5
    assert value.data[2, 2] in (31 * 64 + 44, 32 * 64 + 44)
    x, y = value.wcs.all_world2pix(-49.98, 30.0, 0)
    assert (float(x), float(y)) == pytest.approx(((value.data.shape[1] - 1) / 2, (value.data.shape[0] - 1) / 2), abs=1.0)  # fmt: skip


def test_an_image_in_galactic_coordinates(shared: Path, fault_server: FaultServer) -> None:
    # MSX band E of the galactic centre, whose axes are galactic longitude and latitude; Sgr A*: Reid & Brunthaler 2004, doi:10.1086/424960
    content = (shared / "examples" / "gc_msx_e.fits").read_bytes()
    fault_server.serve("/msx.fits", Reply(content, content_type=FITS))
    url = listed(fault_server, [("msx", 266.4, -28.9, "image/fits", f"{fault_server.url}/msx.fits")])
    value = images(target(266.4168, -29.0078), url, size=10.0)
    height, width = value.data.shape
    middle = value.wcs.pixel_to_world((width - 1) / 2, (height - 1) / 2)
    assert middle.frame.name == "galactic"
    assert middle.icrs.separation(SkyCoord(266.4168, -29.0078, unit="deg")).arcsec < 24.0  # a pixel
    assert value.unit == u.Unit("W / (m2 sr)") or not value.meta["unit"]["known"]


def test_pictures_alone_are_no_images(fault_server: FaultServer) -> None:
    url = listed(fault_server, [("picture", 30.0, -50.0, "image/jpeg", f"{fault_server.url}/x.jpg")])
    with pytest.raises(EmptyResult, match="no image in FITS"):
        images(target(), url)


def test_an_image_of_elsewhere_is_not_passed_off(fault_server: FaultServer) -> None:
    content = bytes_of(fits.ImageHDU(np.ones((64, 64), "f4"), header(31.0, -50.0, 64, 0.1)))
    fault_server.serve("/x.fits", Reply(content, content_type=FITS))
    url = listed(fault_server, [("x", 30.0, -50.0, "image/fits", f"{fault_server.url}/x.fits")])
    with pytest.raises(EmptyResult, match="does not reach NGC 1"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        images(target(), url)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "", "ftp://example.org/x.fits"])
def test_addresses_that_are_none_are_not_followed(address: str, fault_server: FaultServer) -> None:
    url = listed(fault_server, [("x", 30.0, -50.0, "image/fits", address or None)])
    with pytest.raises(BrokenReply, match="without an address that can be fetched"):
        images(target(), url)


def test_a_list_without_addresses_is_broken(fault_server: FaultServer) -> None:
    url = listed(fault_server, [("x", 30.0, -50.0, "image/fits")], COLUMNS[:4])
    with pytest.raises(BrokenReply, match="without an address of the images"):
        images(target(), url)


@pytest.mark.parametrize("fault", ["503", "html", "truncated", "empty", "bomb", "error"])
def test_a_service_that_fails_is_not_one_that_has_none(fault: str, fault_server: FaultServer) -> None:
    with pytest.raises((ServiceError, InputError)) as caught:
        images(target(), fault_server.fault(fault), size=1.0)
    assert not isinstance(caught.value, EmptyResult)


# --- FITS files held against themselves


def with_sums() -> bytes:
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.arange(5000, dtype="i4"), name="SUMMED")]).writeto(stream, checksum=True)  # fmt: skip
    return stream.getvalue()


def test_checksums_are_looked_at() -> None:
    good = with_sums()
    assert fits_files.checked_parts(good, "X")[1] == []
    data = bytearray(good)
    data[-2000] ^= 1
    with pytest.raises(BrokenReply, match=r"data are not what their checksum says \(part 1\)"):
        fits_files.checked_parts(bytes(data), "X")
    changed = good.replace(b"'SUMMED  '", b"'DOOMED  '")
    assert "part 1" in fits_files.checked_parts(changed, "X")[1][0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"NAXIS1  =                 5000", b"NAXIS1  =               500000", "cut short"),
        (b"NAXIS1  =                 5000", b"NAXIS1  =                   -5", "negative length"),
        (b"NAXIS1  =                 5000", b"NAXIS1  =           9999999999", "cut short"),
        (b"BITPIX  =                   32", b"BITPIX  =                   33", "33 bits"),
        (b"NAXIS   =                    1", b"NAXIS   =                 9999", "9999 axes"),
        (b"PCOUNT  =                    0", b"PCOUNT  =             88888888", "cut short"),
        (b"GCOUNT  =                    1", b"GCOUNT  =                  'x'", "does not say GCOUNT"),
        (b"END" + b" " * 77, b"ENO" + b" " * 77, "cut short in the header|cut short"),
    ],
)
def test_headers_that_lie_are_found_out(old: bytes, new: bytes, words: str) -> None:
    content = with_sums()
    assert old in content and len(old) == len(new)
    at = content.rindex(old)
    with pytest.raises(BrokenReply, match=words):
        fits_files.checked_parts(content[:at] + new + content[at + len(old) :], "X")


def test_a_compressed_image_that_would_fill_the_memory_is_refused() -> None:
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(np.zeros((64, 64), "i2"))]).writeto(stream)
    content = stream.getvalue()
    assert len(fits_files.checked_parts(content, "X")[0]) == 2
    huge = content.replace(b"ZNAXIS1 =                   64", b"ZNAXIS1 =              9000064")
    assert huge != content
    with pytest.raises(BrokenReply, match="compressed image of 576,004,096 pixels"):
        fits_files.checked_parts(huge, "X")


def test_a_small_file_that_unpacks_to_a_large_one_is_refused() -> None:
    with pytest.raises(BrokenReply, match="more than 1 MiB, unpacked"):
        fits_files.unpacked(gzip.compress(bytes(2**24)), "X", 2**20)


@pytest.mark.parametrize("name", ["gc_2mass_k.fits", "desi_coadd-sv3-dark-26065.fits", "spitzer_example_image.fits"])
def test_files_of_real_surveys_pass_and_cut_ones_do_not(name: str, shared: Path) -> None:
    content = (shared / "examples" / name).read_bytes()
    parts, doubts = fits_files.checked_parts(content, "X")
    assert parts and not doubts
    for part in parts:
        if part.size > 2880:
            with pytest.raises(BrokenReply):
                fits_files.checked_parts(content[: part.start + part.size // 2], "X")
