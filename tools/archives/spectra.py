"""The tool `spectra`: a one-dimensional spectrum of an object from an archive."""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from gnomon.tools.archives.asking.query_records import record_of
from gnomon.tools.archives.asking.reply_costs import cost_of_spectra
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.products.data_products import Place, Products, absolute_address, list_products, place_of
from gnomon.tools.archives.products.desi import EPOCHS as DESI_EPOCHS
from gnomon.tools.archives.products.desi import RELEASES as DESI_RELEASES
from gnomon.tools.archives.products.desi import spectra_around as spectra_of_desi
from gnomon.tools.archives.products.desi import spectrum_of as spectrum_of_desi
from gnomon.tools.archives.products.fits_files import FitsFile, checked_parts, fetched, unpacked
from gnomon.tools.archives.products.gaia_products import EPOCH, RELEASE, product_of, source_of
from gnomon.tools.archives.products.gaia_products import SERVICE as GAIA
from gnomon.tools.archives.products.lamost import EPOCHS as LAMOST_EPOCHS
from gnomon.tools.archives.products.lamost import RELEASE as LAMOST_RELEASE
from gnomon.tools.archives.products.lamost import RESOLUTION as LAMOST_RESOLUTION
from gnomon.tools.archives.products.lamost import SERVICE as LAMOST
from gnomon.tools.archives.products.lamost import spectra_around as spectra_of_lamost
from gnomon.tools.archives.products.lamost import spectrum_of as spectrum_of_lamost
from gnomon.tools.archives.products.lamost import told_of
from gnomon.tools.archives.products.spectrum_files import (
    RawSpectrum,
    spectrum_of_fits,
    spectrum_of_votable,
    vacuum_of_air,
)
from gnomon.tools.archives.tables.table_queries import TableService
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError
from gnomon.tools.registry import tool
from gnomon.tools.transport import inquire

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnomon.tools.kinds import Spectrum, Target

# Services of spectra (SSAP) that are known by name.  https://archive.eso.org/cms/eso-data/programmatic-access.html;
# https://dc.g-vo.org/flashheros/q/ssa/info.
SERVICES: dict[str, TableService] = {
    "ESO": TableService("ESO archive", "https://archive.eso.org/ssap"),
    "Flash/Heros": TableService("GAVO Flash/Heros", "https://dc.g-vo.org/flashheros/q/ssa/ssap.xml"),
}
# https://skyserver.sdss.org/dr17/SkyServerWS and https://data.sdss.org/sas: the last release with all spectra of plates in one layout.
SDSS = {
    "name": "SDSS", "release": "SDSS DR17", "sql": "https://skyserver.sdss.org/dr17/SkyServerWS/SearchTools/SqlSearch",
    "files": "https://data.sdss.org/sas/dr17",
}  # fmt: skip
_SDSS_EPOCHS = (2000.0, 2021.0)
_LISTED = 500
_SDSS_LISTED = 100
_LARGEST = 256 * 1024**2
_TOO_FAR = 60.0  # arcsec behind which a position in a header is another object, whatever the fibre or slit


@tool(
    version="1.1",
    effects=("read_network",),
    comparison="exact",
    seconds=8.0,
    cost=cost_of_spectra,
    citations=(
        "Tody, Dolensky, McDowell et al. 2012, Simple Spectral Access Protocol Version 1.1, 2012ivoa.spec.0210T",
        "Abdurro'uf et al. 2022, The Seventeenth Data Release of the Sloan Digital Sky Surveys, doi:10.3847/1538-4365/ac4414",
        "De Angeli et al. 2023, Gaia Data Release 3: Processing and validation of BP/RP low-resolution spectral data, doi:10.1051/0004-6361/202243680",
        "Luo et al. 2015, The first data release (DR1) of the LAMOST regular survey, doi:10.1088/1674-4527/15/8/002",
        "DESI Collaboration 2024, The Early Data Release of the Dark Energy Spectroscopic Instrument, doi:10.3847/1538-3881/ad3217",
        "Juneau et al. 2024, SPARCL: SPectra Analysis and Retrievable Catalog Lab, doi:10.48550/arXiv.2401.05576",
        "Ciddor 1996, Refractive index of air: new equations for the visible and near infrared, doi:10.1364/AO.35.001566",
    ),
    examples=(
        "Get the SDSS spectrum of this quasar",
        "Download an ESO archive spectrum of HD 10700",
        "Fetch the Gaia BP/RP spectrum of this star",
        "Is there an optical spectrum of NGC 4151 in SDSS? Fetch it",
        "Show me the spectrum of 3C 273",
        "Retrieve a HARPS spectrum of the star from ESO",
        "Get a spectrum from this SSAP service: https://dc.g-vo.org/…",
        "I need the XP spectrum of Gaia DR3 5937083312263887616",
        "Find and load the spectrum of the galaxy within 3 arcsec",
        "Take the second of the spectra that the archive lists",
        "Fetch a Flash/Heros spectrum of Vega",
        "Download the flux-calibrated spectrum with uncertainties",
        "Get the LAMOST spectrum of this star",
        "Is there a DESI spectrum of this galaxy? Fetch it",
        "取这个类星体的 SDSS 光谱",
        "从 ESO 数据库下载 HD 10700 的光谱",
        "获取这颗星的 Gaia BP/RP 光谱",
        "SDSS 里有没有 NGC 4151 的光谱？取回来",
        "看看 3C 273 的光谱",
        "从 ESO 取这颗星的 HARPS 光谱",
        "从这个 SSAP 服务取光谱",
        "我要 Gaia DR3 5937083312263887616 的 XP 光谱",
        "找到并载入 3 角秒内这个星系的光谱",
        "取列表中的第二条光谱",
        "下载织女星的 Flash/Heros 光谱",
        "下载带误差的流量定标光谱",
        "取这颗星的郭守敬望远镜（LAMOST）光谱",
        "这个星系有 DESI 光谱吗？取回来",
    ),
    summary_zh="从 SDSS、LAMOST、DESI、Gaia、ESO 或任何 SSAP 服务获取目标的一维光谱。",
    method="A spectrum of the object, within {radius}, was taken from {service}; wavelengths given in air were turned into those in vacuum (Ciddor 1996).",
    method_zh="从 {service} 取得目标 {radius} 以内的光谱；空气波长按 Ciddor (1996) 换算为真空波长。",
)
def spectra(
    target: Target,
    service: Annotated[str, "survey", "SDSS", "Gaia", "ESO", "Flash/Heros", "LAMOST", "DESI"] = "SDSS",
    radius: Annotated[float, "arcsec", "(0, 600]"] = 5.0,
    which: Annotated[int, "[1, 500]"] = 1,
) -> Spectrum:
    """Fetch a one-dimensional spectrum of an object.

    Parameters
    ----------
    target : Target
        One object.  It is moved to the years of the survey where its motion and these are known.
    service : str
        ``SDSS`` (optical spectra of DR17), ``LAMOST`` (low resolution, DR11), ``DESI`` (DR1 and the early release), ``Gaia`` (sampled BP/RP spectra of DR3),
        ``ESO`` (reduced spectra of all instruments), ``Flash/Heros``, or the address of any service of spectra (SSAP, ``https://…``).
    radius : float
        How far from the object a spectrum may have been taken, arcsec.
    which : int
        Which of the spectra that are there, from the one nearest to the object (SDSS and DESI: primary ones first; LAMOST: of one object the one with the best
        signal first; DESI: the later release first).

    Returns
    -------
    Spectrum
        In order of wavelength.  ``wavelength`` [Angstrom], in vacuum wherever the file says whether it gave vacuum or air; ``flux``, in the unit of the file
        (plain numbers where it states none); ``flux_err``, one standard deviation in the same unit, masked where it is not known; ``mask``, true for samples not to be
        used; ``quality``, where the file has flags.  ``meta["wavelength"]`` has ``medium`` (vacuum, air, or None where nobody says), ``given_in`` and ``frame``
        (whose motion it is corrected for, None where nobody says); ``meta`` also has ``object``, ``position``, ``resolution``, ``observed``, ``identifiers``, ``flux_unit``,
        ``product`` and ``queries``.

    Raises
    ------
    InputError
        For no single object, a service that is not known, or a number that the list does not have.
    EmptyResult
        Where the service has no spectrum there.
    ServiceError
        Where it could not be asked, or what came is not a spectrum of the object asked for.

    Warns
    -----
    UserWarning
        Where there are several spectra, or the file does not state its unit, or whether wavelengths are those in vacuum.
    """
    if not 0.0 < radius <= 600.0 or which < 1:
        raise InputError(
            f"Nothing can be looked for within {radius:g} arcsec.", remedy="Give a radius up to 600 arcsec."
        )
    plain = service.strip().lower()
    if plain == "sdss":
        return _of_sdss(target, radius, which)
    if plain in ("gaia", "gaia xp", "gaia archive", "gaia dr3"):
        return _of_gaia(target, radius, which)
    if plain in ("lamost", "lamost lrs"):
        return _of_lamost(target, radius, which)
    if plain in ("desi", "desi dr1", "desi edr", "sparcl"):
        return _of_desi(target, radius, which)
    known = next((s for n, s in SERVICES.items() if plain in (n.lower(), s.name.lower())), None)
    if known is None and plain.startswith(("http://", "https://")):
        known = TableService(service.split("//", 1)[1].split("/", 1)[0], service.strip())
    if known is None:
        raise InputError(
            f"No service of spectra called {service!r} is known.",
            remedy=f"Known are SDSS, LAMOST, DESI, Gaia, {', '.join(SERVICES)}; any other one can be given by the address of its SSAP, https://…",
        )
    return _of_service(target, known, radius, which)


# --- any service


def _of_service(target: Target, service: TableService, radius: float, which: int) -> Spectrum:
    place = place_of(target, radius, None, "the spectra of this service")
    diameter = 2.0 * radius / 3600.0

    def search() -> Any:
        from pyvo.dal import SSAService

        found = SSAService(service.url, session=open_session(service.name))
        return found.search(pos=(place.ra, place.dec), diameter=diameter, REQUEST="queryData", MAXREC=_LISTED)

    products = list_products(
        service, "SSAP", f"POS={place.ra!r},{place.dec!r} SIZE={diameter!r}", search, limit=_LISTED
    )
    rows = _usable(products, place, radius, service)
    if which > len(rows):
        raise InputError(
            f"{service.name} lists {len(rows)} spectra of {place.name}, so there is no number {which}.",
            remedy=f"Ask for one up to {len(rows)}.",
        )
    row = rows[which - 1]

    def say(utype: str, *names: str) -> Any:
        return products.value(products.column(utypes=(utype,), names=names), row)

    title = str(say("dataid.title", "title") or "untitled")
    if len(rows) > 1:
        warnings.warn(
            f"{service.name} lists {len(rows)} spectra of {place.name}; number {which}, {title!r}, was taken. Say which=2 and so on for others.",
            stacklevel=3,
        )
    url = absolute_address(
        products.value(products.column(utypes=("access.reference",), ucds=("meta.ref.url",)), row), service.name
    )
    raw, record, url = _product(url, service, str(say("char.spectralaxis.unit") or ""), str(say("char.fluxaxis.unit") or ""))  # fmt: skip
    if raw.frame is None and (system := say("coordsys.spectralframe.refpos")):
        raw.frame = str(system).lower()
    resolution = say("char.spectralaxis.resolution"), say("char.spectralaxis.respower")
    meta: dict[str, Any] = {
        "title": title,
        "identifiers": {k: str(v) for k in ("pubDID", "creatorDID") if (v := say({"pubDID": "curation.publisherdid", "creatorDID": "dataid.creatordid"}[k]))},
        "instrument": say("dataid.instrument"),
        "resolution": {"width_m": resolution[0], "power": resolution[1]},
        "observed": {"mjd": say("char.timeaxis.coverage.location.value"), "exposure_s": say("char.timeaxis.coverage.bounds.extent")},
        "queries": [*products.table.meta["queries"], record],
        "product": url,
    }  # fmt: skip
    _check_place(raw, place, radius, service.name)
    return _spectrum(raw, place, meta, title)


def _usable(products: Products, place: Place, radius: float, service: TableService) -> list[int]:
    """Rows of spectra in a form that is read here and near the object, the nearest first."""
    reference = products.column(utypes=("access.reference",), ucds=("meta.ref.url",))
    if len(products.table) and not reference:
        raise BrokenReply(
            f"{service.name} lists spectra without addresses (no column with the utype ssa:Access.Reference).",
            remedy="Take another service; tell this one's people.",
        )
    form = products.column(utypes=("access.format",), names=("format", "mime"))
    where = products.column(utypes=("char.spatialaxis.coverage.location.value", "target.pos"))
    width = products.column(utypes=("char.spatialaxis.coverage.bounds.extent",))
    near: list[tuple[float, int, int]] = []
    other = 0
    for row in range(len(products.table)):
        distance = _distance(products.value(where, row), place)
        aperture = products.value(width, row)
        reach = max(radius, 1800.0 * aperture if isinstance(aperture, float) else 0.0)
        # Some services take no notice of the place that they are asked for.
        if distance is not None and distance > reach:
            other += 1
            continue
        text = str(products.value(form, row) or "fits").lower()
        if "graphic" in text or not re.search(r"fits|votable|datalink", text):
            other += 1
            continue
        near.append((distance if distance is not None else reach, 0 if "fits" in text else 1, row))
    if not near:
        more = f" (of {other} products that it lists, none is a spectrum of this object that can be read here)" if other else ""  # fmt: skip
        raise EmptyResult(
            f"{service.name} says that it has no spectrum within {radius:g} arcsec of {place.name}, {place.ra:.5f}, {place.dec:+.5f} deg{more}.",
            remedy="It was asked and it answered, so this is a result; take a larger radius or another service.",
            zh=f"{service.name} 没有 {place.name} 周围 {radius:g} 角秒内的光谱。",
        )
    return [row for _, _, row in sorted(near)]


def _distance(position: Any, place: Place) -> float | None:
    """Arcseconds from the object; None where the service does not say."""
    from gnomon.tools.archives.positions.sky_matching import separations

    if not isinstance(position, list) or len(position) != 2:
        return None
    return float(separations(place.ra, place.dec, position[0], position[1]))


def _product(url: str, service: TableService, wavelength_unit: str, flux_unit: str) -> tuple[RawSpectrum, dict[str, Any], str]:  # fmt: skip
    """The spectrum behind an address, be it a FITS file, a VOTable, or a list of links to either."""

    def ask() -> tuple[RawSpectrum, str]:
        address = url
        content = unpacked(fetched(address, service.name, _LARGEST), service.name, _LARGEST)
        if b"<VOTABLE" in content[:4096].upper() and (link := _link_of(content, service.name)) is not None:
            address = absolute_address(link, service.name)
            content = unpacked(fetched(address, service.name, _LARGEST), service.name, _LARGEST)
        if b"<VOTABLE" in content[:4096].upper():
            return spectrum_of_votable(content, service.name, wavelength_unit=wavelength_unit, flux_unit=flux_unit), address  # fmt: skip
        return _read_fits(content, service.name, wavelength_unit, flux_unit), address

    (raw, address), asked = inquire({"service": service.name, "spectrum": url}, ask)
    return raw, record_of(service.name, address, f"GET {address}", asked, len(raw.flux)), address


def _read_fits(content: bytes, service: str, wavelength_unit: str = "", flux_unit: str = "") -> RawSpectrum:
    from gnomon.tools.transport import Asked

    parts, doubts = checked_parts(content, service)
    for doubt in doubts:
        warnings.warn(doubt, stacklevel=5)
    file = FitsFile(content, service, "", Asked("", "", 0), parts)
    return spectrum_of_fits(file, wavelength_unit=wavelength_unit, flux_unit=flux_unit)


def _link_of(content: bytes, service: str) -> str | None:
    """The address of the data themselves in a list of links (DataLink); None where it is no such list."""
    from astropy.io import votable

    from gnomon.tools.reading.column_tables import BROKEN_CONTENT

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of faults of form
        try:
            document = votable.parse(io.BytesIO(content))
            first = next((t for r in document.resources for t in r.tables), None)
            if first is None or not {"access_url", "semantics"} <= {f.name for f in first.fields}:
                return None
            rows = first.to_table(use_names_over_ids=True)
        except BROKEN_CONTENT as error:
            raise BrokenReply(f"{service} sent a VOTable that cannot be read ({type(error).__name__}).", remedy="Ask again later.", retryable=True) from error  # fmt: skip
    for row in rows:
        kind = str(row["content_type"]).lower() if "content_type" in rows.colnames else ""
        if str(row["semantics"]).endswith("#this") and str(row["access_url"]) and ("fits" in kind or "votable" in kind or kind in ("", "--")):  # fmt: skip
            return str(row["access_url"])
    raise BrokenReply(
        f"{service} gives a list of links without one to the spectrum itself.", remedy="Take another spectrum with which."
    )  # fmt: skip


def _check_place(raw: RawSpectrum, place: Place, radius: float, service: str) -> None:
    """Refuse a file whose own header says that it is of another object."""
    ra, dec = raw.header.get("RA"), raw.header.get("DEC")
    if isinstance(ra, int | float) and isinstance(dec, int | float) and -90.0 <= dec <= 90.0 and 0.0 <= ra < 360.0:
        distance = _distance([float(ra), float(dec)], place)
        if distance is not None and distance > max(_TOO_FAR, 2.0 * radius):
            raise BrokenReply(
                f"{service} sent a spectrum taken {distance:.0f} arcsec from {place.name} by its own header (RA {ra:.4f}, DEC {dec:.4f}).",
                remedy="Nothing of it was used; take another one with which.",
            )


# --- SDSS


def _of_sdss(target: Target, radius: float, which: int) -> Spectrum:
    place = place_of(target, radius, _SDSS_EPOCHS, "SDSS")
    name, release = SDSS["name"], SDSS["release"]
    sql = (
        f"SELECT TOP {_SDSS_LISTED + 1} s.specObjID, s.plate, s.mjd, s.fiberID, s.run2d, s.survey, s.class, s.z, s.zErr, s.zWarning, s.sciencePrimary, s.ra, s.dec"
        f" FROM dbo.fGetNearbySpecObjAllEq({place.ra:.8f}, {place.dec:.8f}, {radius / 60.0:.8f}) AS n JOIN SpecObjAll AS s ON n.specObjID = s.specObjID"
    )
    rows, asked = inquire({"service": name, "url": SDSS["sql"], "text": sql}, lambda: _sdss_rows(sql))
    if not rows:
        raise EmptyResult(
            f"{release} has no spectrum within {radius:g} arcsec of {place.name}, {place.ra:.5f}, {place.dec:+.5f} deg.",
            remedy="It was asked and it answered, so this is a result; take a larger radius or another service.",
            zh=f"{release} 没有 {place.name} 周围 {radius:g} 角秒内的光谱。",
        )
    found = sorted((not r["sciencePrimary"], _distance([r["ra"], r["dec"]], place), r["plate"], r["mjd"], r["fiberID"], n) for n, r in enumerate(rows))  # fmt: skip
    if which > len(found):
        raise InputError(f"{release} has {len(found)} spectra there, so there is no number {which}.", remedy=f"Ask for one up to {len(found)}.")  # fmt: skip
    row = rows[found[which - 1][-1]]
    distance = _distance([row["ra"], row["dec"]], place)
    if distance is None or distance > radius + 1.0:
        raise BrokenReply(f"{name} was asked for spectra within {radius:g} arcsec and gave one at {distance:.0f}.", remedy="Ask again later.")  # fmt: skip
    if len(rows) > 1:
        warnings.warn(
            f"{release} has {len(rows)} spectra within {radius:g} arcsec of {place.name}; plate {row['plate']}, MJD {row['mjd']}, fibre {row['fiberID']} was taken. "
            "Say which=2 and so on for others.",
            stacklevel=3,
        )
    url = _sdss_address(row)

    def ask() -> RawSpectrum:
        raw = _read_fits(unpacked(fetched(url, name, _LARGEST), name, _LARGEST), name)
        _check_fibre(raw, row, name)
        return raw

    raw, of_file = inquire({"service": name, "spectrum": url}, ask)
    raw.medium = raw.medium or "vacuum"  # all spectra of SDSS are: https://www.sdss4.org/dr17/spectro/spectro_basics/
    meta: dict[str, Any] = {
        "title": f"{row['plate']}-{row['mjd']}-{row['fiberID']}",
        "identifiers": {k: str(row[k]) for k in ("specObjID", "plate", "mjd", "fiberID", "run2d")},
        "instrument": str(row["survey"]),
        "pipeline": {k: row[k] for k in ("class", "z", "zErr", "zWarning")},
        "resolution": {"width_m": None, "power": None},
        "observed": {"mjd": row["mjd"], "exposure_s": raw.header.get("EXPTIME")},
        "queries": [
            record_of(name, SDSS["sql"], sql, asked, len(rows), release=release, limit=_SDSS_LISTED, complete=len(rows) <= _SDSS_LISTED, cut_by="" if len(rows) <= _SDSS_LISTED else "TOP in the query"),
            record_of(name, url, f"GET {url}", of_file, len(raw.flux), release=release),
        ],
        "product": url,
    }  # fmt: skip
    return _spectrum(raw, place, meta, meta["title"])


def _sdss_rows(sql: str) -> list[dict[str, Any]]:
    """The rows of a reply of SkyServer, with every column that is used."""
    import json

    url = f"{SDSS['sql']}?{urlencode({'cmd': sql, 'format': 'json'})}"
    content = fetched(url, SDSS["name"], _LARGEST)
    try:
        said = json.loads(content)
        rows = said[0]["Rows"] if isinstance(said, list) else None
        if rows is None:
            raise ValueError
        whole = ("plate", "mjd", "fiberID", "specObjID")
        return [
            {**{k: int(r[k]) for k in whole}, **{k: float(r[k]) for k in ("ra", "dec", "z", "zErr")}, "zWarning": int(r["zWarning"]), "class": str(r["class"]).strip(),
             "run2d": str(r["run2d"]).strip(), "survey": str(r["survey"]).strip(), "sciencePrimary": int(r["sciencePrimary"])}
            for r in rows
        ]  # fmt: skip
    except (ValueError, KeyError, TypeError, IndexError) as error:
        missing = f" (no {error.args[0]!r})" if isinstance(error, KeyError) and error.args else ""
        raise BrokenReply(f"{SDSS['name']} answered with what is no list of spectra{missing}.", remedy="Ask again later.", retryable=True) from error  # fmt: skip


def _sdss_address(row: dict[str, Any]) -> str:
    """Where a spectrum lies: https://www.sdss4.org/dr17/spectro/spectro_access/."""
    legacy = row["run2d"] in ("26", "103", "104")
    tree = "sdss/spectro/redux" if legacy else "eboss/spectro/redux"
    folder = "spectra" if legacy else "spectra/full"
    plate, fibre = f"{row['plate']:04d}", f"{row['fiberID']:04d}"
    if not re.fullmatch(r"[\w.]+", row["run2d"]):
        raise BrokenReply(
            f"{SDSS['name']} names a reduction {row['run2d']!r}, which is none.", remedy="Ask again later."
        )
    return f"{SDSS['files']}/{tree}/{row['run2d']}/{folder}/{plate}/spec-{plate}-{row['mjd']}-{fibre}.fits"


def _check_fibre(raw: RawSpectrum, row: dict[str, Any], name: str) -> None:
    """Refuse a file of another fibre than the one asked for."""
    for key, wanted in (("PLATEID", row["plate"]), ("MJD", row["mjd"]), ("FIBERID", row["fiberID"])):
        said = raw.header.get(key)
        if isinstance(said, int | str) and str(said).strip().lstrip("0") != str(wanted):
            raise BrokenReply(
                f"{name} was asked for plate {row['plate']}, MJD {row['mjd']}, fibre {row['fiberID']} and sent a file whose header says {key} = {said}.",
                remedy="Nothing of it was used; ask again later.",
            )


# --- LAMOST and DESI


def _of_lamost(target: Target, radius: float, which: int) -> Spectrum:
    place = place_of(target, radius, LAMOST_EPOCHS, "LAMOST")
    rows, listing = spectra_of_lamost(place, radius)
    row = _chosen(rows, which, LAMOST_RELEASE, place, radius, lambda r: f"observation {r['obsid']}")
    raw, url, record = spectrum_of_lamost(row["obsid"])
    _check_place(raw, place, radius, LAMOST)
    identifiers, pipeline = told_of(row)
    meta: dict[str, Any] = {
        "title": f"{LAMOST_RELEASE} {row['obsid']}",
        "identifiers": identifiers,
        "instrument": "LAMOST LRS",
        "pipeline": pipeline,
        "resolution": {"width_m": None, "power": LAMOST_RESOLUTION},
        "observed": {"mjd": row["mjd"], "exposure_s": raw.header.get("EXPTIME")},
        "queries": [listing, record],
        "product": url,
    }  # fmt: skip
    return _spectrum(raw, place, meta, meta["title"])


def _of_desi(target: Target, radius: float, which: int) -> Spectrum:
    place = place_of(target, radius, DESI_EPOCHS, "DESI")
    rows, listing = spectra_of_desi(place, radius)
    row = _chosen(rows, which, " and ".join(DESI_RELEASES), place, radius, lambda r: f"{r['data_release']} {r['specid']}")  # fmt: skip
    raw, url, record = spectrum_of_desi(row)
    meta: dict[str, Any] = {
        "title": f"{row['data_release']} {row['specid']}",
        "identifiers": {k: str(row[k]) for k in ("sparcl_id", "specid", "targetid", "data_release") if row.get(k) is not None},
        "instrument": str(row.get("instrument") or "DESI"),
        "pipeline": {k: row[k] for k in ("spectype", "redshift", "redshift_err", "redshift_warning") if row.get(k) is not None},
        "resolution": {"width_m": None, "power": None},
        "observed": {"mjd": None, "exposure_s": row.get("exptime")},
        "queries": [*listing, record],
        "product": url,
    }  # fmt: skip
    if row.get("dateobs_center"):
        meta["observed"]["date"] = str(row["dateobs_center"])
    return _spectrum(raw, place, meta, meta["title"])


def _chosen(
    rows: list[dict[str, Any]], which: int, release: str, place: Place, radius: float, called: Callable[[dict[str, Any]], str]
) -> dict[str, Any]:  # fmt: skip
    """The row of the list that is wanted."""
    if not rows:
        raise EmptyResult(
            f"{release} has no spectrum within {radius:g} arcsec of {place.name}, {place.ra:.5f}, {place.dec:+.5f} deg.",
            remedy="It was asked and it answered, so this is a result; take a larger radius or another service.",
            zh=f"{release} 没有 {place.name} 周围 {radius:g} 角秒内的光谱。",
        )
    if which > len(rows):
        raise InputError(f"{release} has {len(rows)} spectra there, so there is no number {which}.", remedy=f"Ask for one up to {len(rows)}.")  # fmt: skip
    if len(rows) > 1:
        warnings.warn(
            f"{release} has {len(rows)} spectra within {radius:g} arcsec of {place.name}; {called(rows[which - 1])} was taken. "
            "Say which=2 and so on for others.",
            stacklevel=4,
        )
    return rows[which - 1]


# --- Gaia


def _of_gaia(target: Target, radius: float, which: int) -> Spectrum:
    place = place_of(target, radius, EPOCH, RELEASE)
    if which > 1:
        raise InputError(f"{RELEASE} has one spectrum of a source, so there is no number {which}.", remedy="Leave it out.")  # fmt: skip
    source, table = source_of(place, radius, "XP_SAMPLED")
    content, url, asked = product_of(source, "XP_SAMPLED")
    raw = spectrum_of_votable(content, GAIA)
    # Externally calibrated to wavelengths in vacuum, as all absolute wavelengths of Gaia: De Angeli et al. 2023, doi:10.1051/0004-6361/202243680.
    raw.medium = raw.medium or "vacuum"
    meta: dict[str, Any] = {
        "title": f"{RELEASE} {source}",
        "identifiers": {"source_id": str(source)},
        "instrument": "Gaia BP/RP",
        "resolution": {"width_m": None, "power": None},
        "observed": {"mjd": None, "exposure_s": None},
        "queries": [*table.meta["queries"], record_of(GAIA, url, f"GET {url}", asked, len(raw.flux), release=RELEASE)],
        "product": url,
    }  # fmt: skip
    return _spectrum(raw, place, meta, meta["title"])


# --- the result


def _spectrum(raw: RawSpectrum, place: Place, meta: dict[str, Any], title: str) -> Spectrum:
    """Columns in order of wavelength, in vacuum where that is known."""
    import numpy as np
    from astropy import units as u
    from astropy.table import Column, QTable
    from astropy.units import Quantity
    from astropy.utils.masked import Masked

    wavelength = np.asarray(raw.wavelength.to_value(u.AA), dtype=float)
    given = raw.medium
    if given == "air":
        wavelength = vacuum_of_air(wavelength)
    keep = np.flatnonzero(np.isfinite(wavelength) & (wavelength > 0.0))
    if not len(keep) or not (~raw.bad[keep]).any():
        raise EmptyResult(
            f"The spectrum {title!r} of {place.name} has no sample that can be used.",
            remedy="It was fetched and read, so this is a result; take another one with which.",
        )
    order = keep[np.argsort(wavelength[keep], kind="stable")]
    unit = raw.flux.unit
    flux = np.asarray(raw.flux.value, dtype=float)[order]
    error = raw.error[order]
    lost_flux, lost_error = ~np.isfinite(flux), ~np.isfinite(error)
    result = QTable()
    result["wavelength"] = wavelength[order] * u.AA
    result["flux"] = Masked(Quantity(flux, unit), mask=lost_flux) if lost_flux.any() else Quantity(flux, unit)
    result["flux_err"] = Masked(Quantity(error, unit), mask=lost_error) if lost_error.any() else Quantity(error, unit)
    result["mask"] = Column(raw.bad[order], description="True where the sample is not to be used")
    if raw.quality is not None:
        result["quality"] = Column(raw.quality[order], description="Quality flags of the file")
    told = {
        "wavelength": "Wavelength in vacuum" if given else "Wavelength, as the file has it",
        "flux": "Flux, in the unit of the file",
        "flux_err": "Uncertainty of the flux, one standard deviation",
    }
    for name, words in told.items():
        result[name].info.description = words
    if given is None:
        warnings.warn(
            f"The file of {title!r} does not say whether its wavelengths are those in vacuum or in air (1.8 Angstrom apart at 6563); they are left as they are.",
            stacklevel=4,
        )
    if raw.flux_unit is None or (unit == u.dimensionless_unscaled and raw.flux_unit.strip() not in ("", "1")):
        how = f"in {raw.flux_unit!r}, which is no unit that is known here" if raw.flux_unit else "without a unit"
        warnings.warn(f"The fluxes of {title!r} are {how}; they are plain numbers.", stacklevel=4)
    result.meta.update(
        {
            "object": place.name,
            "position": place.position(),
            "wavelength": {"medium": "vacuum" if given else None, "given_in": given, "frame": raw.frame},
            "flux_unit": {"stated": raw.flux_unit},
            "samples_left_out": int(len(wavelength) - len(order)),
            **meta,
        }
    )
    return result
