"""The tool `find_data`: which images, spectra, light curves and catalogues archives have of an object."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gnomon.tools.archives.asking.query_records import record_of_failure
from gnomon.tools.archives.asking.reply_costs import cost_of_find_data
from gnomon.tools.archives.positions.sky_matching import moved, separations
from gnomon.tools.archives.positions.target_positions import Places, numbers, places_at
from gnomon.tools.archives.products.footprints import covers, footprint_of
from gnomon.tools.archives.products.observation_archives import ARCHIVES, PRODUCT_OF, observations_around
from gnomon.tools.archives.tables.masked_columns import number_column, text_column
from gnomon.tools.archives.tables.vo_registry import REGISTRY, has_services_for, services_covering
from gnomon.tools.errors import EmptyResult, InputError, MissingReply, NetworkRefused, ServiceError
from gnomon.tools.registry import tool

if TYPE_CHECKING:
    from gnomon.tools.kinds import Holdings, Target

# When archives observed: the first space observatories whose data are asked for much, and some years from now.
OBSERVED = (1990.0, 2030.0)  # Julian years
OBJECTS_AT_ONCE = 20
_MOST_OBJECTS = 200
# The registry is asked for each object, and answers slowly.
_MOST_FOR_REGISTRY = 10
_MJD_OF_2000 = 51544.5


@tool(
    version="1.1",
    effects=("read_network",),
    comparison="exact",
    seconds=60.0,
    cost=cost_of_find_data,
    citations=(
        "Louys, Tody, Dowler et al. 2017, Observation Data Model Core Components and its Implementation in TAP 1.1, 2017ivoa.spec.0509L",
        "Demleitner, Harrison, Molinaro et al. 2019, IVOA Registry Relational Schema 1.1, 2019ivoa.spec.1011D",
    ),
    examples=(
        "What data exist for TRAPPIST-1?",
        "Which archives have spectra of HD 209458?",
        "Are there HST images of NGC 4258?",
        "Find all X-ray observations of the Crab Nebula",
        "Are there TESS or Kepler light curves of this star?",
        "List the ALMA data around HL Tau",
        "What infrared images cover M 82?",
        "Has JWST observed WASP-39, and when?",
        "Which catalogues cover the Hubble Deep Field?",
        "Search the Virtual Observatory for UV spectra of 3C 273",
        "Did ESO's HARPS observe tau Ceti?",
        "Which radio data exist within 5 arcmin of Cygnus A?",
        "TRAPPIST-1 有哪些数据？",
        "哪些数据库有 HD 209458 的光谱？",
        "有没有哈勃望远镜拍的 NGC 4258 图像？",
        "查找蟹状星云的所有 X 射线观测",
        "这颗星有 TESS 或 Kepler 光变曲线吗？",
        "列出 HL Tau 附近的 ALMA 数据",
        "哪些红外图像覆盖 M 82？",
        "JWST 观测过 WASP-39 吗？什么时候？",
        "哪些星表覆盖哈勃深场？",
        "在虚拟天文台查找 3C 273 的紫外光谱",
        "ESO 的 HARPS 观测过 tau Ceti 吗？",
        "Cygnus A 周围 5 角分内有哪些射电数据？",
    ),
    summary_zh="查找各数据库和虚拟天文台中有关天体的图像、光谱、光变曲线和星表。",
    method="Archives that list their observations in ObsCore and the registry of the Virtual Observatory were searched within {radius} of the target (products: {products}; band: {band}; facility: {facility}).",
    method_zh="在目标周围 {radius} 内检索以 ObsCore 列出观测的各数据库和虚拟天文台登记册（产品：{products}；波段：{band}；设备：{facility}）。",
)
def find_data(
    target: Target,
    products: Literal["all", "images", "spectra", "light_curves", "catalogues"] = "all",
    band: Literal["any", "gamma", "x-ray", "uv", "optical", "infrared", "radio"] = "any",
    facility: Annotated[
        str,
        "facility",
        "HST",
        "JWST",
        "Chandra",
        "XMM",
        "ALMA",
        "VLA",
        "HARPS",
        "UVES",
        "MUSE",
        "ESO",
        "Spitzer",
        "Herschel",
        "GALEX",
        "Swift",
        "NuSTAR",
        "TESS",
        "Kepler",
        "Gemini",
        "CFHT",
        "IUE",
        "FUSE",
        "ROSAT",
        "Fermi",
        "WISE",
        "Euclid",
    ] = "",
    radius: Annotated[float, "arcmin", "(0, 600]"] = 1.0,
    rows: Annotated[int, "[1, 100000]"] = 1000,
) -> Holdings:
    """Find out which data archives have of an object.

    MAST, the ESO archive, the XMM-Newton archive, HEASARC, IRSA, CADC, ALMA and GAVO are asked for observations whose centre or footprint is
    within the radius, and the registry of the Virtual Observatory for services of catalogues, images and spectra that cover the place.

    Parameters
    ----------
    target : Target
        Up to 200 objects; their proper motion is taken into account where it is known.
    products : {"all", "images", "spectra", "light_curves", "catalogues"}
        Cubes count as images and as spectra.
    band : {"any", "gamma", "x-ray", "uv", "optical", "infrared", "radio"}
        Only what has light of it, by wavelength: gamma up to 0.01 nm, X-ray to 10 nm, UV to 0.3 um, optical to 1 um, infrared to 0.1 mm, radio
        (with millimetres) beyond.  What does not state its wavelengths is then left out.
    facility : str
        Words, such as HST or ``ESO HARPS``, of which each must stand in the name of the telescope, the instrument or the collection.
    radius : float
        Arcminutes around each object.
    rows : int
        Most data products of each archive (for each 20 objects), and most services of the registry for each object.

    Returns
    -------
    Holdings
        One row a product, in order of archives and of distance: ``target``, ``service``, ``product`` (image, cube, spectrum, light curve, event
        list, visibilities, catalogue …; masked where the archive does not say), ``access_url``, ``format``, ``facility``,
        ``instrument``, ``collection``, ``title``, ``target_in_archive``, ``calibration_level`` (0 raw to 4 derived), ``em_min``, ``em_max``
        [m], ``t_min``, ``t_max`` [d, MJD, of the scale of the archive], ``exposure`` [s], ``resolution`` [arcsec], ``resolving_power``, ``ra``,
        ``dec`` [deg, ICRS, centre], ``separation`` [arcmin] of the centre from the object at the time of the observation, ``covers`` (whether the footprint
        holds the object's place at that time; masked where the archive gives none that is understood), ``size`` [kB], ``obs_id``, ``publisher_did``.  With several objects, a product in reach of more than one is given to the one nearest to its
        centre.  Rows of the registry are services: their address asks for what they have in the circle, and it may be nothing.

    Raises
    ------
    InputError
        Where there are too many objects, or one without a position.
    EmptyResult
        Where all archives answered, and none has any.
    ServiceError
        Where none could be asked, or some could not and the others have none.

    Warns
    -----
    UserWarning
        Of archives that did not answer, that cut rows off, or that do not look into footprints.

    References
    ----------
    ObsCore: Louys et al. 2017, 2017ivoa.spec.0509L.  Wavebands: VODataService 1.1, 2010ivoa.spec.1202P.
    """
    if len(target) > _MOST_OBJECTS:
        raise InputError(f"{len(target)} objects are more than are asked about at once ({_MOST_OBJECTS}).", remedy="Ask in parts.")  # fmt: skip
    if not len(target):
        raise InputError("There is no object in the target.", remedy="Resolve at least one name.")
    with_registry = has_services_for(products) and len(target) <= _MOST_FOR_REGISTRY
    if not with_registry and has_services_for(products):
        warnings.warn(
            f"The {REGISTRY.name} was not asked about {len(target)} objects, so smaller archives are missing; it is asked about up to {_MOST_FOR_REGISTRY}.",
            stacklevel=2,
        )
    places = places_at(target, OBSERVED)
    reach = radius / 60.0 + places.drift / 3600.0  # degrees
    found: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    failed: list[ServiceError] = []
    for archive in ARCHIVES:

        def ask(circles: list[tuple[float, float, float]], archive: Any = archive) -> Any:
            return observations_around(archive, circles, products, band, facility, rows)

        got, said, failure = _asked_in_parts(archive.service.name, archive.service.url, ask, places, reach, rows)
        found += got
        records += said
        failed += [failure] if failure else []
    if with_registry:
        for i in range(len(target)):

            def cover(circles: list[tuple[float, float, float]]) -> Any:
                return services_covering(*circles[0], products, band, facility, rows)

            got, said, failure = _asked_in_parts(REGISTRY.name, REGISTRY.url, cover, places, reach, rows, [i])
            found += got
            records += said
            if failure:
                failed.append(failure)
                break  # it will not answer about the next object either
    asked = f"{'any data' if products == 'all' else products.replace('_', ' ')} within {radius:g} arcmin of {_listed(places.names)}"
    asked += "" if band == "any" else f", band {band}"
    asked += f", of {facility}" if facility.strip() else ""
    _judge(found, records, failed, asked)
    table = _table(found, target, places)
    table.meta["queries"] = records
    return table


def _listed(names: list[str], most: int = 3) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _or_nan(value: Any) -> float:
    return float("nan") if value is None else float(value)


# --- asking


def _asked_in_parts(
    service: str,
    url: str,
    ask: Callable[[list[tuple[float, float, float]]], tuple[list[dict[str, Any]], dict[str, Any]]],
    places: Places,
    reach: Any,
    rows: int,
    objects: list[int] | None = None,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], ServiceError | None]:
    """The rows of one service about all objects, its records, and what went wrong; what came before that is kept."""
    todo = list(range(len(places.names))) if objects is None else objects
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    records: list[dict[str, Any]] = []
    for start in range(0, len(todo), OBJECTS_AT_ONCE):
        part = todo[start : start + OBJECTS_AT_ONCE]
        circles = [(float(places.ra[i]), float(places.dec[i]), float(reach[i])) for i in part]
        try:
            got, record = ask(circles)
        except (MissingReply, NetworkRefused):
            raise
        except (ServiceError, InputError) as error:
            failure = error if isinstance(error, ServiceError) else ServiceError(error.what, remedy="Gnomon must be told.")  # fmt: skip
            records.append(record_of_failure(service, url, f"around {_listed([places.names[i] for i in part])}", failure))  # fmt: skip
            return list(found.values()), records, failure
        records.append(record)
        for row in got:
            row = {**row, "service": service, "objects": part}
            key = (row.get("obs_publisher_did"), row.get("obs_id"), row.get("access_url"))
            # The same product may be in reach of objects of several parts.
            known = found.setdefault(key if any(key) else (None, len(found)), row)
            if known is not row:
                known["objects"] = [*known["objects"], *part]
    return list(found.values()), records, None


def _judge(found: list[dict[str, Any]], records: list[dict[str, Any]], failed: list[ServiceError], asked: str) -> None:
    """Say what is incomplete, and raise where there is nothing to hand on."""
    answered = sorted({r["service"] for r in records if "error" not in r})
    silent = sorted({r["service"] for r in records if "error" in r})
    if not found and failed:
        whole = [name for name in answered if name not in silent]
        if not whole:
            raise ServiceError(
                f"No archive could be asked for {asked}: {failed[0].what}",
                remedy="Ask again later.",
                retryable=any(f.retryable for f in failed),
            )
        raise ServiceError(
            f"{', '.join(whole)} answered, and none has {asked}, but {', '.join(silent)} could not be asked: {failed[0].what}",
            remedy="Ask again later; that there is none cannot be concluded.",
            retryable=any(f.retryable for f in failed),
        )
    if not found:
        raise EmptyResult(
            f"{', '.join(answered)} answered, and none has {asked}.",
            remedy="It was asked and they answered, so this is a result; a larger radius, or any band, may have some.",
            zh=f"{'、'.join(answered)} 都回答了，但没有符合条件的数据（{asked}）。",
        )
    if failed:
        warnings.warn(
            f"{', '.join(silent)} could not be asked, so there may be more data than these: {failed[0].what}",
            stacklevel=3,
        )
    cut = sorted({r["service"] for r in records if "error" not in r and not r["complete"]})
    if cut:
        warnings.warn(
            f"{', '.join(cut)} {'has' if len(cut) == 1 else 'have'} more than these; the rest was cut off. Ask for more rows, a smaller radius, one product, band or facility.",
            stacklevel=3,
        )


# --- the table


def _table(found: list[dict[str, Any]], target: Target, places: Places) -> Holdings:
    import numpy as np
    from astropy.table import Column, QTable

    objects, separation, there = _nearest(found, target, places)
    order = sorted(
        range(len(found)),
        key=lambda i: (
            _place(found[i]["service"]),
            objects[i] if found[i]["service"] == REGISTRY.name else 0,
            separation[i] if np.isfinite(separation[i]) else np.inf,
            str(found[i].get("obs_publisher_did")),
            str(found[i].get("access_url")),
        ),
    )
    rows = [found[i] for i in order]

    def text(key: str, description: str, ucd: str = "") -> Any:
        return text_column([None if r.get(key) is None else str(r[key]) for r in rows], description, ucd)

    def number(key: str, unit: str, description: str, ucd: str = "") -> Any:
        return number_column([r.get(key) for r in rows], unit, description, ucd)

    table = QTable()
    table["target"] = Column([places.names[objects[i]] for i in order], description="object that it is of, as asked")
    table["service"] = Column([r["service"] for r in rows], description="archive that has it")
    table["product"] = text_column([_product(r) for r in rows], "what it is", "meta.code.class")
    table["access_url"] = text("access_url", "where to get it", "meta.ref.url")
    table["format"] = text("access_format", "format of what is there", "meta.code.mime")
    table["facility"] = text("facility_name", "telescope or observatory", "meta.id;instr.tel")
    table["instrument"] = text("instrument_name", "instrument", "meta.id;instr")
    table["collection"] = text("obs_collection", "collection of the archive", "meta.id")
    table["title"] = text("title", "title of the resource", "meta.title")
    table["target_in_archive"] = text("target_name", "what the archive says that was observed", "meta.id;src")
    table["calibration_level"] = _levels(rows)
    table["em_min"] = number("em_min", "m", "shortest wavelength", "em.wl;stat.min")
    table["em_max"] = number("em_max", "m", "longest wavelength", "em.wl;stat.max")
    table["t_min"] = number("t_min", "d", "begin of the observation, MJD", "time.start;obs.exposure")
    table["t_max"] = number("t_max", "d", "end of the observation, MJD", "time.end;obs.exposure")
    table["exposure"] = number("t_exptime", "s", "exposure time", "time.duration;obs.exposure")
    table["resolution"] = number("s_resolution", "arcsec", "resolution on the sky", "pos.angResolution")
    table["resolving_power"] = number("em_res_power", "", "spectral resolving power", "spect.resolution")
    table["ra"] = number("s_ra", "deg", "right ascension of the centre, ICRS", "pos.eq.ra;meta.main")
    table["dec"] = number("s_dec", "deg", "declination of the centre, ICRS", "pos.eq.dec;meta.main")
    table["separation"] = number_column(
        [separation[i] for i in order],
        "arcmin",
        "of the centre from the object, where it was when it was observed",
        "pos.angDistance",
    )
    table["covers"] = _covers(rows, [there[i] for i in order])
    table["size"] = number("access_estsize", "kB", "size of the file, about", "phys.size;meta.file")
    table["obs_id"] = text("obs_id", "identifier of the observation", "meta.id")
    table["publisher_did"] = text("obs_publisher_did", "identifier of the product", "meta.ref.ivoid")
    table.meta["position"] = {
        "ra": "ra", "dec": "dec", "frame": "ICRS", "epoch": None, "pmra": None, "pmdec": None, "parallax": None, "radial_velocity": None,
    }  # fmt: skip
    table.meta["time_reference"] = {"name": "MJD", "zero_jd": 2400000.5, "scale": None}
    return table


def _place(service: str) -> int:
    names = [a.service.name for a in ARCHIVES]
    return names.index(service) if service in names else len(names)


def _product(row: dict[str, Any]) -> str | None:
    if "product" in row:  # of the registry
        return str(row["product"])
    told = row.get("dataproduct_type")
    return PRODUCT_OF.get(str(told).lower(), str(told)) if told else None


def _levels(rows: list[dict[str, Any]]) -> Any:
    import numpy as np
    from astropy.table import MaskedColumn

    values = [r.get("calib_level") for r in rows]
    mask = [v is None for v in values]
    column = MaskedColumn(np.array([0 if v is None else int(v) for v in values], dtype=np.int64), mask=mask)
    column.info.description = "0 raw, 1 standard format, 2 calibrated, 3 combined, 4 derived"
    column.info.meta = {"ucd": "meta.code;obs.calib"}
    return column


def _covers(rows: list[dict[str, Any]], there: list[tuple[float, float]]) -> Any:
    import numpy as np
    from astropy.table import MaskedColumn

    values = [covers(footprint_of(row.get("s_region")), *place) for row, place in zip(rows, there, strict=True)]
    mask = [v is None for v in values]
    column = MaskedColumn(np.array([bool(v) for v in values], dtype=bool), mask=mask)
    column.info.description = "whether the footprint holds the place where the object was"
    column.info.meta = {"ucd": "meta.code"}
    return column


def _nearest(
    found: list[dict[str, Any]], target: Target, places: Places
) -> tuple[list[int], Any, list[tuple[float, float]]]:
    """For each product the object that its centre is nearest to, how far away, arcminutes, and where it was, at the time of the observation."""
    import numpy as np

    position = dict(target.meta.get("position") or {})
    motion = {k: numbers(target, position.get(k), u) for k, u in (("pmra", "mas/yr"), ("pmdec", "mas/yr"), ("parallax", "mas"), ("radial_velocity", "km/s"))}  # fmt: skip
    still = np.array([n in places.still for n in places.names])
    parts = [np.unique(row["objects"]) for row in found]
    # All pairs of a product and an object that it may be of, at once: an archive may have a hundred thousand.
    product = np.repeat(np.arange(len(found)), [len(p) for p in parts])
    thing = np.concatenate(parts) if parts else np.array([], dtype=int)
    ra, dec, begin, end = (np.array([_or_nan(row.get(k)) for row in found])[product] for k in ("s_ra", "s_dec", "t_min", "t_max"))  # fmt: skip
    time = np.where(np.isfinite(begin) & np.isfinite(end), 0.5 * (begin + end), np.where(np.isfinite(begin), begin, end))  # fmt: skip
    there_ra, there_dec, _known = moved(
        places.ra[thing], places.dec[thing], np.where(still[thing], np.nan, motion["pmra"][thing]), motion["pmdec"][thing],
        places.epoch, 2000.0 + (time - _MJD_OF_2000) / 365.25, motion["parallax"][thing], motion["radial_velocity"][thing],
    )  # fmt: skip
    apart = separations(there_ra, there_dec, ra, dec) / 60.0
    order = np.lexsort((thing, np.where(np.isfinite(apart), apart, np.inf), product))
    best = order[np.append(True, np.diff(product[order]) != 0)[: len(order)]]
    where = [(float(a), float(d)) for a, d in zip(there_ra[best], there_dec[best], strict=True)]
    return [int(i) for i in thing[best]], apart[best], where
