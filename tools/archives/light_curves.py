"""The tool `light_curves`: photometry of an object over time, from the archives of surveys."""

from __future__ import annotations

import io
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.archives.asking.query_records import record_of
from gnomon.tools.archives.asking.reply_costs import cost_of_light_curves
from gnomon.tools.archives.positions.target_positions import numbers
from gnomon.tools.archives.products.asas_sn import BANDS as ASAS_SN_BANDS
from gnomon.tools.archives.products.asas_sn import EPOCH as ASAS_SN_EPOCH
from gnomon.tools.archives.products.asas_sn import GOOD, epochs_of_asas_sn
from gnomon.tools.archives.products.asas_sn import SERVICE as ASAS_SN
from gnomon.tools.archives.products.data_products import Place, place_of
from gnomon.tools.archives.products.fits_files import FitsFile, fetch_fits
from gnomon.tools.archives.products.gaia_products import EPOCH as GAIA_EPOCH
from gnomon.tools.archives.products.gaia_products import RELEASE, product_of, source_of
from gnomon.tools.archives.products.gaia_products import SERVICE as GAIA
from gnomon.tools.archives.products.mast import (
    ARCHIVES,
    EPOCH,
    SERVICE,
    Author,
    Cadence,
    LightCurveFile,
    Mission,
    light_curve_files,
    whole_part,
)
from gnomon.tools.archives.products.ztf import BAD_CATFLAGS, EPOCHS, epochs_of
from gnomon.tools.archives.products.ztf import SERVICE as IRSA
from gnomon.tools.archives.tables.vo_tables import kept_table
from gnomon.tools.errors import BrokenReply, EmptyResult, InputError
from gnomon.tools.reading.column_tables import BROKEN_CONTENT
from gnomon.tools.reading.read_light_curve import read_light_curve
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import LightCurve, Target

_MOST_BYTES = 512 * 1024**2  # 250 sectors of TESS, or 100 quarters of Kepler
_FILES_STAND = (
    30 * 86400.0
)  # seconds; files of an archive are replaced once in months, and sectors by the dozen go on where they stopped
_GAIA_BANDS = {"g": "G", "bp": "BP", "rp": "RP"}
_GAIA_COLUMNS = ("band", "time", "flux", "flux_error", "rejected_by_photometry", "rejected_by_variability")


@tool(
    version="1.1",
    effects=("read_network",),
    comparison="exact",
    seconds=15.0,
    cost=cost_of_light_curves,
    citations=(
        "Ricker et al. 2015, Transiting Exoplanet Survey Satellite, doi:10.1117/1.JATIS.1.1.014003",
        "Jenkins et al. 2016, The TESS science processing operations center, doi:10.1117/12.2233418",
        "Borucki et al. 2010, Kepler planet-detection mission: introduction and first results, doi:10.1126/science.1185402",
        "Howell et al. 2014, The K2 mission: characterization and early results, doi:10.1086/676406",
        "Masci et al. 2019, The Zwicky Transient Facility: data processing, products, and archive, doi:10.1088/1538-3873/aae8ac",
        "Shappee et al. 2014, The Man behind the Curtain: X-Rays Drive the UV through NIR Variability in the 2013 Active Galactic Nucleus Outburst in NGC 2617, doi:10.1088/0004-637X/788/1/48",
        "Hart et al. 2023, ASAS-SN Sky Patrol V2.0, doi:10.48550/arXiv.2304.03791",
        "Caldwell et al. 2020, TESS Science Processing Operations Center FFI Target List Products, doi:10.3847/2515-5172/abc9b3",
        "Huang et al. 2020, Photometry of 10 Million Stars from the First Two Years of TESS Full Frame Images: Part I, doi:10.3847/2515-5172/abca2e",
        "Gaia Collaboration 2023, Gaia Data Release 3: Summary of the content and survey properties, doi:10.1051/0004-6361/202243940",
    ),
    examples=(
        "Get the TESS light curve of TIC 25155310",
        "Download all TESS sectors of WASP-100",
        "Fetch the Kepler light curve of KIC 6922244",
        "K2 photometry of EPIC 201367065",
        "Is there a TESS light curve of Pi Mensae in sector 4?",
        "Get the 20-second TESS photometry of AU Mic",
        "ZTF r-band light curve of this variable star",
        "Retrieve the ZTF photometry of the quasar in g",
        "Gaia epoch photometry of this RR Lyrae star",
        "Fetch the Gaia G light curve of Gaia DR3 5937083312263887616",
        "Download the SAP flux of the star from TESS",
        "Search for transits in the TESS data of TOI-700",
        "ASAS-SN light curve of this variable star in g",
        "Get the QLP light curve of TIC 277554109",
        "获取 TIC 25155310 的 TESS 光变曲线",
        "下载 WASP-100 所有 TESS 扇区的数据",
        "获取 KIC 6922244 的 Kepler 光变曲线",
        "EPIC 201367065 的 K2 测光",
        "Pi Mensae 在第 4 扇区有没有 TESS 光变曲线？",
        "获取 AU Mic 的 20 秒 TESS 测光",
        "这颗变星的 ZTF r 波段光变曲线",
        "取类星体的 ZTF g 波段测光",
        "这颗天琴 RR 型变星的 Gaia 历元测光",
        "获取 Gaia DR3 5937083312263887616 的 G 波段光变",
        "从 TESS 下载这颗星的 SAP 流量",
        "在 TOI-700 的 TESS 数据里搜索凌星",
        "这颗变星的 ASAS-SN g 波段光变曲线",
        "获取 TIC 277554109 的 QLP 光变曲线",
    ),
    summary_zh="从 TESS、Kepler、K2、ZTF、ASAS-SN 或 Gaia 的数据库获取目标的光变曲线。",
    method="The light curve of the object by {survey} was taken from its archive (made by: {author}, flux: {flux}, quality: {quality}), and each part of it was divided by its median.",
    method_zh="从 {survey} 数据库取得目标的光变曲线（制作：{author}，流量：{flux}，质量筛选：{quality}），各段分别除以其中位数。",
)
def light_curves(
    target: Target,
    survey: Literal["TESS", "Kepler", "K2", "ZTF", "ASAS-SN", "Gaia"] = "TESS",
    sector: Annotated[int, "[0, 999]"] | None = None,
    band: Annotated[str, "band", "g", "r", "i", "V", "G", "BP", "RP"] = "",
    cadence: Literal["standard", "fast"] = "standard",
    flux: Literal["corrected", "raw"] = "corrected",
    quality: Literal["default", "none"] = "default",
    radius: Annotated[float, "arcsec", "(0, 60]"] = 3.0,
    author: Literal["mission", "TESS-SPOC", "QLP"] = "mission",
) -> LightCurve:
    """Fetch the light curve of an object from the archive of a survey.

    TESS, Kepler and K2: the missions' own pipelines (SPOC, Kepler) at MAST; the identifier in every file is held against the one that was asked for.
    All sectors (quarters, campaigns) of one cadence are joined.  ZTF: the one object of the survey with most points in a band.  ASAS-SN: Sky Patrol 2,
    one band, all cameras; where the object was not detected is no point of it.  Gaia: epoch photometry of DR3.

    Parameters
    ----------
    target : Target
        One object.  Named TIC, KIC, EPIC or Gaia DR3 and a number, it is looked up by that; else by its place, moved to the years of the survey.
    survey : {"TESS", "Kepler", "K2", "ZTF", "ASAS-SN", "Gaia"}
        Whose light curve.
    sector : int, optional
        Of TESS; quarter of Kepler, campaign of K2.  All of them when not given.
    band : str
        ZTF: g, r or i, and ASAS-SN: g or V, by default the one with most points; Gaia: G, BP or RP, by default G.
    cadence : {"standard", "fast"}
        TESS: 120 s or 20 s; Kepler and K2: 30 min or 1 min.
    flux : {"corrected", "raw"}
        TESS, Kepler and K2: corrected for instrumental trends (PDCSAP), or simple aperture photometry (SAP).
    quality : {"default", "none"}
        ``default`` leaves out points that the survey flags as bad: lightkurve's default flags of TESS and Kepler, ``catflags`` 32768 of ZTF, images of
        ASAS-SN that are not good, what Gaia's photometry and variability processing rejected; ``none`` ignores the flags.
    radius : float
        How far from the object a source of the survey may be, arcsec.
    author : {"mission", "TESS-SPOC", "QLP"}
        Who made the light curve: the pipeline of the mission itself (SPOC, of the targets that it chose), or, of TESS, one that took the full-frame images.

    Returns
    -------
    LightCurve
        ``time`` [d], ``flux`` and ``flux_err`` (relative to the median of each part), in order of time, all finite.  ``segment`` has the sector, quarter or
        campaign; ``catflags`` is kept for ZTF, and ``camera``, ``magnitude``, ``magnitude_err`` and ``limiting_magnitude`` [mag] for ASAS-SN, whose upper limits are
        in ``meta["upper_limits"]`` (``time``, ``magnitude``, ``camera``).  ``meta`` as of `read_light_curve`, and ``identifiers``, ``segments`` (part, rows and median flux), ``band``, ``position`` and ``queries``.

    Raises
    ------
    InputError
        For no single object, several sources of the survey within the radius, or a band or sector that does not exist.
    EmptyResult
        Where the archive has no such light curve, or fewer than ten points of it can be used.
    ServiceError
        Where it could not be asked, or what came is not the light curve asked for.

    Warns
    -----
    UserWarning
        What was left out; where magnitudes were turned into fluxes.
    """
    if not 0.0 < radius <= 60.0:
        raise InputError(
            f"Nothing can be looked for within {radius:g} arcsec.", remedy="Give a radius up to 60 arcsec."
        )
    if author != "mission" and (survey != "TESS" or cadence == "fast"):
        raise InputError(
            f"There are no light curves by {author} of {survey if survey != 'TESS' else 'this cadence'}.",
            remedy="They are of full-frame images of TESS, which have one cadence: leave author or cadence out.",
        )
    if survey == "ZTF" or survey == "Gaia" or survey == "ASAS-SN":
        if sector is not None:
            raise InputError(f"{survey} has no sectors.", remedy="Leave the sector out.")
        return {"ZTF": _of_ztf, "Gaia": _of_gaia, "ASAS-SN": _of_asas_sn}[survey](target, band, quality, radius)
    if band:
        raise InputError(f"{survey} has one band only, so {band!r} cannot be chosen.", remedy="Leave the band out.")
    return _of_mission(target, survey, sector, cadence, flux, quality, radius, author)


# --- TESS, Kepler, K2


def _of_mission(
    target: Target, mission: Mission, sector: int | None, cadence: Cadence, flux: str, quality: Any, radius: float, author: Author
) -> LightCurve:  # fmt: skip
    how = ARCHIVES[mission]
    place = place_of(target, radius, EPOCH, f"the input catalogue of {mission}")
    identifier, files, records = light_curve_files(place, radius, mission, cadence, author)
    wanted = [f for f in files if sector is None or f.part is None or f.part == sector]
    if not wanted:
        raise _no_part(place, mission, how.part, sector, [f.part for f in files])
    size = sum(f.size for f in wanted)
    if size > _MOST_BYTES:
        raise InputError(
            f"MAST has {len(wanted)} light curves of {place.name} by {mission}, {size / 1024**2:.0f} MiB, more than are joined at a time.",
            remedy=f"Ask for one {how.part} with sector, or for cadence=standard.",
        )
    pieces: list[tuple[int, LightCurve]] = []
    seen: list[int] = []
    for entry in wanted:
        file = fetch_fits(entry.url, SERVICE, good_for=_FILES_STAND)
        part = _checked_part(file, entry, identifier, mission)
        seen.append(part)
        if sector is not None and part != sector:
            continue
        records.append(record_of(SERVICE, entry.url, f"GET {entry.uri}", file.asked, int(file.parts[1].cards.get("NAXIS2", 0))))  # fmt: skip
        try:
            pieces.append((part, _read(file.content, entry.name, quality, flux_column=_flux_column(file, flux))))  # fmt: skip
        except InputError as error:
            warnings.warn(f"The {how.part} {part} was left out: {error.what}", stacklevel=3)
        except BROKEN_CONTENT as error:
            raise file.broken(f"cannot be read ({type(error).__name__}): {entry.name}") from error
    if not pieces:
        if sector is not None and sector not in seen:
            raise _no_part(place, mission, how.part, sector, seen)
        raise EmptyResult(
            f"None of the {len(seen)} light curves of {place.name} by {mission} has enough points that can be used.",
            remedy="They were fetched and read, so this is a result; try flux=raw or quality=none.",
            zh=f"{place.name} 的 {mission} 光变曲线没有足够的可用数据点。",
        )
    result = _joined(pieces, mission, how.part)
    result.meta["identifiers"] = {how.header: str(identifier)}
    result.meta["position"] = place.position()
    result.meta["queries"] = records
    result.meta["flux_kind"] = flux
    result.meta["cadence"] = cadence
    result.meta["author"] = author
    return result


def _flux_column(file: FitsFile, flux: str) -> str:
    """The column that has the flux that is wanted: corrected ones are called otherwise by QLP, and by it otherwise since sector 56."""
    if flux == "raw":
        return "SAP_FLUX"
    cards = file.parts[1].cards
    names = {
        cards[k].upper() for k in (f"TTYPE{n}" for n in range(1, int(cards.get("TFIELDS", "0")) + 1)) if k in cards
    }
    return next((n for n in ("PDCSAP_FLUX", "KSPSAP_FLUX", "DET_FLUX") if n in names), "PDCSAP_FLUX")


def _no_part(place: Place, mission: str, called: str, sector: int | None, there: list[Any]) -> EmptyResult:
    found = ", ".join(str(p) for p in sorted({p for p in there if p is not None})) or "others"
    return EmptyResult(
        f"MAST has no light curve of {place.name} by {mission} in {called} {sector}; it has {found}.",
        remedy=f"It was asked and it answered, so this is a result; take another {called}.",
        zh=f"MAST 没有 {place.name} 的第 {sector} 段 {mission} 光变曲线，只有 {found}。",
    )


def _checked_part(file: FitsFile, entry: LightCurveFile, identifier: int, mission: Mission) -> int:
    """The sector of a file, after its identifier was held against the one asked for."""
    how = ARCHIVES[mission]
    if len(file.parts) < 2 or (not entry.name.endswith(".gz") and len(file.content) < entry.size):
        raise file.broken(f"is cut short ({len(file.content):,} bytes of {entry.size:,}): {entry.name}")
    header = {**file.header(1), **file.header(0)}
    said = header.get(how.header)
    if not isinstance(said, int) or isinstance(said, bool):
        raise file.broken(f"does not say whose light curve it is (no {how.header}): {entry.name}")
    if said != identifier:
        raise BrokenReply(
            f"MAST was asked for the light curve of {how.header} {identifier} and sent that of {said} ({entry.name}).",
            remedy="Nothing of it was used; ask again later, and tell the archive's people.",
        )
    part = header.get(how.part_header)
    part = whole_part(mission, part) if isinstance(part, int) else part
    if not isinstance(part, int) or (entry.part is not None and part != entry.part):
        raise file.broken(f"says {how.part} {part}, unlike its name: {entry.name}")
    return part


def _joined(pieces: list[tuple[int, LightCurve]], mission: str, called: str) -> LightCurve:
    """Parts, each over its own median, as one light curve in order of time."""
    import numpy as np
    from astropy import units as u
    from astropy.table import Column, QTable

    metas = [piece.meta for _, piece in pieces]
    references = {tuple(sorted((k, str(v)) for k, v in m["time_reference"].items())) for m in metas}
    if len(references) > 1:
        raise BrokenReply(
            f"The light curves by {mission} count their times from different dates, so they cannot be joined.", remedy=f"Ask for one {called} with sector."
        )  # fmt: skip
    columns = {n: np.concatenate([np.asarray(getattr(p[n], "value", p[n])) for _, p in pieces]) for n in ("time", "flux", "flux_err")}  # fmt: skip
    segment = np.concatenate([np.full(len(p), part, dtype=np.int64) for part, p in pieces])
    order = np.argsort(columns["time"], kind="stable")
    repeated = np.zeros(len(order), dtype=bool)
    repeated[1:] = np.diff(columns["time"][order]) == 0.0
    order = order[~repeated]
    result = QTable({"time": columns["time"][order] * u.d, "flux": columns["flux"][order], "flux_err": columns["flux_err"][order]})  # fmt: skip
    result["segment"] = Column(segment[order], description=f"{called.capitalize()} of {mission}")
    first = metas[0]
    exposures = {m["exposure_s"] for m in metas}
    dropped: dict[str, int] = {}
    for meta in metas:
        for why, number in meta["reading"]["dropped"].items():
            dropped[why] = dropped.get(why, 0) + number
    if repeated.any():
        dropped["duplicate time"] = dropped.get("duplicate time", 0) + int(repeated.sum())
    result.meta.update(
        {
            "object": first["object"],
            "mission": mission,
            "time_reference": first["time_reference"],
            "star": first["star"],
            "exposure_s": first["exposure_s"] if len(exposures) == 1 else None,
            "flux": first["flux"] if len(pieces) == 1 else {"made_from": "flux", "median": None, "unit": first["flux"]["unit"]},
            "segments": [{called: part, "rows": len(p), "median": p.meta["flux"]["median"]} for part, p in sorted(pieces, key=lambda x: x[0])],
            "reading": {
                **first["reading"],
                "file": first["reading"]["file"] if len(pieces) == 1 else f"{len(pieces)} files of MAST",
                "rows_total": sum(m["reading"]["rows_total"] for m in metas),
                "rows_kept": len(result),
                "dropped": dropped,
            },
        }
    )  # fmt: skip
    if len(pieces) == 1:
        result.meta[called] = pieces[0][0]
    else:
        warnings.warn(
            f"{len(pieces)} {called}s were joined, each divided by its own median, so changes of brightness from one to the next are lost.",
            stacklevel=4,
        )
    return result


def _read(content: bytes, name: str, quality: Any, **columns: Any) -> LightCurve:
    """A light curve from the bytes of a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name.removesuffix(".gz")
        path.write_bytes(content)
        return read_light_curve(path, quality=quality, **columns)


def _read_columns(name: str, columns: dict[str, Any], meta: dict[str, Any], service: str, place: Place) -> LightCurve:
    """A light curve from columns called time or hjd, and flux or mag with its error, by way of the reader of files."""
    from astropy.table import QTable

    table = QTable(columns)
    table.meta.update(meta)
    stream = io.StringIO()
    table.write(stream, format="ascii.ecsv")
    time, value, error = list(columns)
    try:
        return _read(stream.getvalue().encode(), f"{name}.ecsv", "none", time_column=time, flux_column=value, error_column=error, object_name=place.name)  # fmt: skip
    except InputError as problem:
        raise EmptyResult(
            f"{service} has a light curve of {place.name} that cannot be used: {problem.what}",
            remedy="It was asked and it answered, so this is a result; try quality=none or another band.",
            zh=f"{service} 中 {place.name} 的光变曲线数据点不足或不可用。",
        ) from problem


# --- ZTF


def _of_ztf(target: Target, band: str, quality: str, radius: float) -> LightCurve:
    import numpy as np
    from astropy.table import Column

    place = place_of(target, radius, EPOCHS, "ZTF")
    table, record = epochs_of(place, radius, band)
    flags = np.asarray(np.ma.filled(np.ma.asarray(table["catflags"]), BAD_CATFLAGS), dtype=np.int64)
    bad = (flags & BAD_CATFLAGS) != 0 if quality == "default" else np.zeros(len(table), dtype=bool)
    kept, kept_flags = table[~bad], flags[~bad]
    oid, code = str(table["oid"][0]), str(table["filtercode"][0]).strip()
    columns = {n: _plain(kept, n, u) for n, u in (("hjd", "d"), ("mag", "mag"), ("magerr", "mag"))}
    result = _read_columns(f"ZTF_{oid}", columns, {}, IRSA, place)
    if bad.any():
        dropped = result.meta["reading"]["dropped"]
        dropped["quality flag"] = dropped.get("quality flag", 0) + int(bad.sum())
        result.meta["reading"]["rows_total"] += int(bad.sum())
    times = columns["hjd"].value
    order = np.argsort(times, kind="stable")  # NaN behind all others
    where = order[np.searchsorted(times[order], result["time"].value)]
    result["catflags"] = Column(kept_flags[where], description="Quality flags of ZTF")
    result.meta.update(
        {
            "mission": "ZTF",
            "band": code.removeprefix("z"),
            "identifiers": {"oid": oid},
            "position": place.position(),
            "queries": [record],
        }
    )
    return result


def _plain(table: Any, name: str, unit: str) -> Any:
    """A column as numbers with a unit, NaN where masked."""
    from astropy.units import Quantity

    return Quantity(numbers(table, name, unit), unit)


# --- ASAS-SN


def _of_asas_sn(target: Target, band: str, quality: str, radius: float) -> LightCurve:
    import numpy as np
    from astropy import units as u
    from astropy.table import Column
    from astropy.units import Quantity

    wanted = ASAS_SN_BANDS.get(band.strip().lower(), "") if band.strip() else ""
    if band.strip() and not wanted:
        raise InputError(f"ASAS-SN has no band {band!r}.", remedy="Its bands are g and V.")
    place = place_of(target, radius, ASAS_SN_EPOCH, "the catalogue of ASAS-SN")
    identifier, epochs, records = epochs_of_asas_sn(place, radius)
    bands, numbers_of_band = np.unique(epochs["phot_filter"], return_counts=True)
    told = dict(zip(map(str, bands), map(int, numbers_of_band), strict=True))
    chosen = wanted or max(told, key=lambda b: told[b])
    mine = epochs["phot_filter"] == chosen
    good = epochs["quality"] == GOOD if quality == "default" else np.ones(len(mine), dtype=bool)
    limits = mine & good & ~epochs["detected"]
    finite = np.isfinite(epochs["jd"] + epochs["flux"] + epochs["flux_err"]) & (epochs["flux_err"] > 0.0)
    points = mine & good & epochs["detected"]
    left = [f"{n} images in {b}" for b, n in told.items() if b != chosen]
    if limits.any():
        left.append(
            f"{int(limits.sum())} images in {chosen} in which it was not detected, of which the upper limits are kept apart"
        )
    if not (points & finite).any():
        raise EmptyResult(
            f"ASAS-SN has no detection of {place.name} (its object {identifier}) in {chosen}, in {int((mine & good).sum())} images that can be used.",
            remedy="It was asked and it answered, so this is a result; try quality=none or another band.",
            zh=f"ASAS-SN 在 {chosen} 波段没有探测到 {place.name}。",
        )
    rows = np.flatnonzero(points & finite)
    rows = rows[np.argsort(epochs["jd"][rows], kind="stable")]
    rows = rows[np.append(True, np.diff(epochs["jd"][rows]) > 0.0)]  # two cameras may have opened together
    columns = {n: Quantity(epochs[n][rows], unit) for n, unit in (("jd", u.d), ("flux", u.mJy), ("flux_err", u.mJy))}
    result = _read_columns(f"ASAS-SN_{identifier}_{chosen}", columns, {}, ASAS_SN, place)
    # By time, since the reader of files may leave rows out.
    where = rows[np.searchsorted(epochs["jd"][rows], result["time"].value)]
    result["camera"] = Column(epochs["camera"][where], description="Camera")
    for name, key, words in (
        ("magnitude", "mag", f"Magnitude in {chosen}"),
        ("magnitude_err", "mag_err", "Uncertainty of the magnitude"),
        ("limiting_magnitude", "limit", "Magnitude of the faintest source that the image would show at five standard deviations"),
    ):  # fmt: skip
        result[name] = Quantity(epochs[key][where], u.mag)
        result[name].info.description = words
    dropped = {
        "quality flag": int((mine & ~good).sum()), "not detected": int(limits.sum()), "flux not finite": int((points & ~finite).sum()),
        "duplicate time": int((points & finite).sum()) - len(rows),
    }  # fmt: skip
    reading = result.meta["reading"]
    reading["rows_total"] += sum(dropped.values())
    reading["dropped"] |= {k: reading["dropped"].get(k, 0) + n for k, n in dropped.items() if n}
    cameras = sorted(set(map(str, epochs["camera"][where])))
    if len(cameras) > 1:
        left_out = f"; left out are {', '.join(left)}" if left else ""
        warnings.warn(
            f"Taken are the {len(result)} points of ASAS-SN in {chosen} by {len(cameras)} cameras ({', '.join(cameras)}), which may differ by some hundredths of a magnitude{left_out}.",
            stacklevel=3,
        )
    elif left:
        warnings.warn(f"Taken are the {len(result)} points of ASAS-SN in {chosen}; left out are {', '.join(left)}.", stacklevel=3)  # fmt: skip
    warnings.warn(
        "ASAS-SN gives Julian dates and does not say that they are corrected for the motion of the Earth, which is up to 8.3 minutes.", stacklevel=3
    )  # fmt: skip
    order = np.flatnonzero(limits)[np.argsort(epochs["jd"][limits], kind="stable")]
    result.meta.update(
        {
            "mission": "ASAS-SN",
            "band": chosen,
            "identifiers": {"asas_sn_id": str(identifier)},
            "upper_limits": {
                "time": [float(x) for x in epochs["jd"][order]],
                "magnitude": [float(x) if np.isfinite(x) else None for x in epochs["limit"][order]],
                "camera": [str(x) for x in epochs["camera"][order]],
            },
            "position": place.position(),
            "queries": records,
        }
    )
    return result


# --- Gaia


def _of_gaia(target: Target, band: str, quality: str, radius: float) -> LightCurve:
    import numpy as np
    from astropy.io import votable

    chosen = _GAIA_BANDS.get(band.strip().lower() or "g")
    if chosen is None:
        raise InputError(f"Gaia has no band {band!r}.", remedy="Its bands are G, BP and RP.")
    place = place_of(target, radius, GAIA_EPOCH, RELEASE)
    source, found = source_of(place, radius, "EPOCH_PHOTOMETRY")
    content, url, asked = product_of(source, "EPOCH_PHOTOMETRY")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of faults of form; it was parsed once already
        document = votable.parse(io.BytesIO(content))
        element = document.get_first_table()
        table = kept_table(element, document, GAIA)
        systems = [s for r in document.resources for s in getattr(r, "time_systems", [])]
    missing = [n for n in _GAIA_COLUMNS if n not in table.colnames]
    if missing:
        raise BrokenReply(f"{GAIA} gave epoch photometry without {', '.join(missing)}.", remedy="Its interface may have changed; tell us.")  # fmt: skip
    mine = np.array([str(b).strip().upper() == chosen for b in table["band"]], dtype=bool)
    rejected = _true(table["rejected_by_photometry"]) | _true(table["rejected_by_variability"])
    bad = mine & rejected if quality == "default" else np.zeros(len(table), dtype=bool)
    rows = table[mine & ~bad]
    if not mine.any():
        raise EmptyResult(
            f"{RELEASE} has no epoch photometry of the source {source} in {chosen}.",
            remedy="It was asked and it answered, so this is a result; take another band.",
            zh=f"{RELEASE} 没有源 {source} 在 {chosen} 波段的历元测光。",
        )
    meta: dict[str, Any] = {}
    origin = str(systems[0].timeorigin) if len(systems) == 1 else ""
    if len(systems) == 1 and origin.replace(".", "", 1).isdigit():
        meta = {"BJDREFI": int(float(origin)), "BJDREFF": float(origin) % 1.0, "TIMESYS": str(systems[0].timescale)}
    columns = {"time": _plain(rows, "time", "d"), "flux": _bare(rows["flux"]), "flux_error": _bare(rows["flux_error"])}
    result = _read_columns(f"Gaia_DR3_{source}_{chosen}", columns, meta, GAIA, place)
    if bad.any():
        dropped = result.meta["reading"]["dropped"]
        dropped["quality flag"] = dropped.get("quality flag", 0) + int(bad.sum())
        result.meta["reading"]["rows_total"] += int(bad.sum())
    result.meta.update(
        {
            "mission": "Gaia",
            "band": chosen,
            "identifiers": {"source_id": str(source)},
            "position": place.position(),
            "queries": [*found.meta["queries"], record_of(GAIA, url, f"GET {url}", asked, len(table), release=RELEASE)],
        }
    )  # fmt: skip
    return result


def _true(column: Any) -> Any:
    """Where a column of truth values is true; what is missing is not rejected."""
    import numpy as np

    mask = np.broadcast_to(np.asarray(getattr(column, "mask", False)), (len(column),))
    return np.array([str(v).strip().lower() in ("true", "t", "1") for v in column], dtype=bool) & ~mask


def _bare(column: Any) -> Any:
    """Numbers in the unit that they have, NaN where masked."""
    import numpy as np

    mask = np.broadcast_to(np.asarray(getattr(column, "mask", False)), (len(column),))
    plain = getattr(column, "unmasked", column)
    plain = getattr(plain, "value", np.ma.filled(np.ma.asarray(plain), np.nan))
    return np.where(mask, np.nan, np.asarray(plain, dtype=float))
