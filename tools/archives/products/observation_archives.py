"""Archives that list their observations in one common table, ObsCore, and how they are asked.

The columns, their units and the words in them are those of the standard: https://www.ivoa.net/documents/ObsCore/20170509/.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gnomon.tools.archives.tables.adql_text import containing, quoted
from gnomon.tools.archives.tables.services import SERVICES
from gnomon.tools.archives.tables.table_queries import TableService, query_tables
from gnomon.tools.errors import BrokenReply, InputError


@dataclass(frozen=True)
class ObservationArchive:
    """A service of tables with a table of observations."""

    service: TableService
    table: str = "ivoa.obscore"


# The large ones, of which most others' data can be had, too.
ARCHIVES: tuple[ObservationArchive, ...] = (
    ObservationArchive(SERVICES["MAST"]),
    ObservationArchive(SERVICES["ESO archive"], "ivoa.ObsCore"),
    ObservationArchive(TableService("ESA XMM-Newton archive", "https://nxsa.esac.esa.int/tap-server/tap")),
    ObservationArchive(SERVICES["HEASARC"]),
    ObservationArchive(SERVICES["IRSA"]),
    ObservationArchive(SERVICES["CADC"], "ivoa.ObsCore"),
    ObservationArchive(TableService("ALMA archive", "https://almascience.eso.org/tap")),
    ObservationArchive(SERVICES["GAVO"]),
)

# Words of the standard, and of https://www.ivoa.net/rdf/product-type, which has begun to take their place.
PRODUCT_OF = {
    "image": "image", "cube": "cube", "spectrum": "spectrum", "sed": "spectral energy distribution", "timeseries": "light curve",
    "time-series": "light curve", "light-curve": "light curve", "visibility": "visibilities", "event": "event list",
    "event-list": "event list", "measurements": "catalogue",
}  # fmt: skip
TYPES_OF = {
    "images": ("image", "cube"),
    "spectra": ("spectrum", "cube", "sed"),
    "light_curves": ("timeseries", "time-series", "light-curve"),
    "catalogues": ("measurements",),
}

# Metres: VODataService 1.1, section 3.2.2, 2010ivoa.spec.1202P, with extreme UV in the UV and millimetres in the radio.
WAVELENGTHS = {
    "gamma": (0.0, 1e-11),
    "x-ray": (1e-11, 1e-8),
    "uv": (1e-8, 3e-7),
    "optical": (3e-7, 1e-6),
    "infrared": (1e-6, 1e-4),
    "radio": (1e-4, 1e6),
}

# Columns of the standard that are asked for, all of them mandatory there, and their units.
_COLUMNS = {
    "dataproduct_type": None, "calib_level": None, "obs_collection": None, "obs_id": None, "obs_publisher_did": None, "access_url": None,
    "access_format": None, "access_estsize": "kB", "target_name": None, "s_ra": "deg", "s_dec": "deg", "s_resolution": "arcsec",
    "t_min": "d", "t_max": "d", "t_exptime": "s", "em_min": "m", "em_max": "m", "em_res_power": "", "facility_name": None,
    "instrument_name": None,
}  # fmt: skip
_FOOTPRINT = "s_region"  # mandatory, too; of services that do not look into it it is not asked for
Circle = tuple[float, float, float]  # ra, dec, radius: degrees, ICRS


def observations_around(
    archive: ObservationArchive, circles: Sequence[Circle], products: str, band: str, facility: str, rows: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What an archive has observed in any of some circles.

    Parameters
    ----------
    archive : ObservationArchive
    circles : sequence of tuple
        Right ascension, declination and radius, degrees, ICRS.
    products : str
        ``all`` or a key of `TYPES_OF`.
    band : str
        ``any`` or a key of `WAVELENGTHS`.
    facility : str
        Words of which each must stand in the name of the facility, the instrument or the collection.
    rows : int
        Most rows.

    Returns
    -------
    rows : list of dict
        By the names of the standard, in its units; None for what is missing.  ``s_region`` is text or a list of numbers.
    record : dict
        Of the query.

    Raises
    ------
    ServiceError, InputError
        As `gnomon.tools.archives.tables.table_queries.query_tables`.

    Warns
    -----
    UserWarning
        Where the archive does not look into footprints, so that observations centred outside of the circles are missing.
    """
    limits = _limits(products, band, facility)
    try:
        table = _asked(archive, _adql(archive, circles, limits, footprints=True), rows)
    except InputError:
        table = _asked(archive, _adql(archive, circles, limits, footprints=False), rows)
        warnings.warn(
            f"{archive.service.name} does not look into footprints, so only what is centred within the radius was found there.",
            stacklevel=3,
        )
    return _standard_rows(table, archive.service.name), table.meta["queries"][0]


def _asked(archive: ObservationArchive, adql: str, rows: int) -> Any:
    with warnings.catch_warnings():
        # The standard fixes the units, and they are looked after below.
        warnings.filterwarnings("ignore", message=".* gives (no unit|units that are not known).*")
        return query_tables(archive.service, adql, limit=rows, seconds=300.0)


def _adql(archive: ObservationArchive, circles: Sequence[Circle], limits: Sequence[str], *, footprints: bool) -> str:
    parts = []
    for ra, dec, radius in circles:
        circle = f"CIRCLE('ICRS', {ra!r}, {dec!r}, {radius!r})"
        parts.append(f"CONTAINS(POINT('ICRS', s_ra, s_dec), {circle}) = 1")
        if footprints:
            parts.append(f"INTERSECTS({circle}, s_region) = 1")
    where = " AND ".join([f"({' OR '.join(parts)})", *limits])
    columns = [*_COLUMNS, *([_FOOTPRINT] if footprints else [])]
    return f"SELECT {', '.join(columns)} FROM {archive.table} WHERE {where}"


def _limits(products: str, band: str, facility: str) -> list[str]:
    """Conditions besides the position."""
    limits = []
    if products != "all":
        limits.append(f"dataproduct_type IN ({', '.join(quoted(t) for t in TYPES_OF[products])})")
    if band != "any":
        shortest, longest = WAVELENGTHS[band]
        limits.append(f"em_min < {longest!r} AND em_max > {shortest!r}")
    for word in facility.split():
        limits.append(containing(("facility_name", "instrument_name", "obs_collection"), word, lower=False))
    return limits


def _standard_rows(table: Any, service: str) -> list[dict[str, Any]]:
    import numpy as np
    from astropy.units import Quantity, UnitConversionError

    here = {name.lower(): name for name in table.colnames}
    columns: dict[str, list[Any]] = {}
    for name, unit in _COLUMNS.items():
        if name not in here:
            raise BrokenReply(
                f"The column {name!r} is missing in what {service} sent.",
                remedy="It does not keep to the standard ObsCore; tell its people.",
            )
        column = table[here[name]]
        mask = np.broadcast_to(np.asarray(getattr(column, "mask", False)), (len(table),))
        bare = getattr(column, "unmasked", column)
        given = getattr(bare, "unit", None)
        plain = np.asarray(getattr(bare, "value", bare))
        if unit is None:
            columns[name] = [None if m else (v.item() if hasattr(v, "item") else v) for v, m in zip(plain, mask, strict=True)]  # fmt: skip
            continue
        try:
            values = np.where(mask, np.nan, np.asarray(np.where(mask, 0, plain), dtype=float))
            if given is not None and unit:
                values = Quantity(values, given).to_value(unit)
        except (ValueError, UnitConversionError) as error:
            raise BrokenReply(
                f"The column {name!r} of {service} is not in {unit or 'numbers'} ({error}).",
                remedy="It does not keep to the standard ObsCore; tell its people.",
            ) from error
        columns[name] = [float(v) if np.isfinite(v) else None for v in values]
    columns[_FOOTPRINT] = _footprints(table, here.get(_FOOTPRINT))
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _footprints(table: Any, name: str | None) -> list[Any]:
    """Footprints as text, or as lists of numbers; None where there are none."""
    import numpy as np

    if name is None:
        return [None] * len(table)
    column = table[name]
    bare = getattr(column, "unmasked", column)
    plain = np.asarray(getattr(bare, "value", bare))
    mask = np.asarray(getattr(column, "mask", False))
    if plain.ndim > 1:  # arrays of one length, as of fields with four corners
        lost = np.broadcast_to(mask, plain.shape).reshape(len(plain), -1).any(axis=1)
        return [None if m else [float(x) for x in np.ravel(v)] for v, m in zip(plain, lost, strict=True)]
    lost = np.broadcast_to(mask, (len(table),))
    return [None if m or not str(v).strip() else str(v) for v, m in zip(plain, lost, strict=True)]
