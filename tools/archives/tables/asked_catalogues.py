"""The catalogue that a person names: which table of which service that is, in which columns, and of which years."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gnomon.tools.archives.tables.services import CATALOGUES, Catalogue
from gnomon.tools.archives.tables.table_queries import TableService, query_tables
from gnomon.tools.errors import InputError

# Where nobody says when a catalogue was made, an object is looked for where it can have been in these years; what does not fit the
# epoch that the reply gives is left out again.
ANY_EPOCH = (1980.0, 2026.0)
_VIZIER_CONES = "https://vizier.cds.unistra.fr/viz-bin/conesearch/"
_VIZIER_NAME = re.compile(r"(?:VizieR:)?\s*((?:J|[IVXB]+)/[\w+.\-/]+)", re.IGNORECASE)
_OTHER_NAMES = {
    "gaia dr3": "Gaia", "gaia edr3": "Gaia", "gaiadr3": "Gaia", "2mass psc": "2MASS", "twomass": "2MASS", "wise": "AllWISE",
    "ps1": "Pan-STARRS", "panstarrs": "Pan-STARRS", "pan-starrs1": "Pan-STARRS", "sdss dr16": "SDSS", "lamost dr5": "LAMOST",
    "skymapper dr4": "SkyMapper",
}  # fmt: skip


def catalogue_called(name: str) -> Catalogue | None:
    """The catalogue that people call so, or None."""
    plain = " ".join(name.split()).lower()
    named = next((c for c in CATALOGUES.values() if c.name.lower() == plain), None)
    return named or CATALOGUES.get(_OTHER_NAMES.get(plain, ""))


def vizier_table(name: str) -> str:
    """The table of VizieR that is named so (``I/239/hip_main``), or ""."""
    said = _VIZIER_NAME.fullmatch(name.strip())
    return said[1] if said else ""


def cone_address(name: str) -> str:
    """The address of the cone search of a catalogue.

    Raises
    ------
    InputError
        Where it is neither an address nor a table of VizieR.
    """
    if name.lower().startswith(("http://", "https://")):
        return name
    if table := vizier_table(name):
        return _VIZIER_CONES + table
    raise no_such_catalogue(name)


def no_such_catalogue(name: str) -> InputError:
    """That nobody knows a catalogue of that name."""
    return InputError(
        f"No catalogue called {name!r} is known.",
        remedy=f"Known are {', '.join(CATALOGUES)}; any table of VizieR by its name, such as I/239/hip_main; any cone search by its address.",
    )


def columns_in_adql(known: Catalogue) -> str:
    """What is asked for of a catalogue, of which the table is called ``s``."""
    return ", ".join(f"s.{c}" for c in known.columns) if known.columns else "s.*"


def limits_in_adql(known: Catalogue | None, name: str, brighter: float | None, fainter: float | None) -> str:
    """Limits of magnitude as a condition, "" for none.

    Raises
    ------
    InputError
        Where it is not known which magnitude is meant.
    """
    if brighter is None and fainter is None:
        return ""
    if known is None or not known.magnitude:
        raise InputError(
            f"Which magnitude of {name} is meant by the limit is not known here.",
            remedy="Leave the limit out, or use the tool query with a WHERE of your own.",
        )
    column = f"s.{known.magnitude}"
    parts = [f"{column} < {brighter!r}"] if brighter is not None else []
    parts += [f"{column} > {fainter!r}"] if fainter is not None else []
    return " AND " + " AND ".join(parts)


@dataclass(frozen=True)
class PlaceColumns:
    """Columns of a table that say where its sources are and how they move; "" for what it does not have.

    ``motion_unit`` is the unit of the proper motions as the service writes it.
    """

    ra: str
    dec: str
    pmra: str = ""
    pmdec: str = ""
    motion_unit: str = ""

    def require_position(self, service: TableService, table: str) -> PlaceColumns:
        """The same, where there is a position.

        Raises
        ------
        InputError
            Where there is none.
        """
        if not (self.ra and self.dec):
            raise InputError(
                f"The table {table} of {service.name} has no columns of right ascension and declination.",
                remedy="Use the tool query with a WHERE of your own.",
            )
        return self


def columns_of(service: TableService, table: str, good_for: float = 0.0) -> PlaceColumns:
    """Which columns of a table are positions and proper motions, by what the service says of it.

    Parameters
    ----------
    service : TableService
    table : str
        As the service calls it, with or without quotes.
    good_for : float
        As for `gnomon.tools.transport.inquire`.

    Raises
    ------
    InputError
        Where the service has no such table.
    """
    import numpy as np

    plain = table.replace('"', "").replace("'", "''")
    told = query_tables(
        service,
        f"SELECT column_name, ucd, unit FROM tap_schema.columns WHERE table_name = '{plain}'",
        limit=5000,
        good_for=good_for,
    )
    if not len(told):
        raise InputError(
            f"{service.name} has no table called {table}.", remedy="The tool find_tables lists the tables of a service."
        )
    names = np.asarray(told["column_name"]).tolist()
    ucds = {str(u).lower(): str(n) for n, u in zip(names, np.asarray(told["ucd"]).tolist(), strict=True)}
    called = {str(n).lower(): str(n) for n in names}
    units = {str(n): str(u) for n, u in zip(names, np.asarray(told["unit"]).tolist(), strict=True)}
    pmra = ucds.get("pos.pm;pos.eq.ra") or called.get("pmra", "")
    return PlaceColumns(
        ra=ucds.get("pos.eq.ra;meta.main") or ucds.get("pos.eq.ra") or called.get("ra", ""),
        dec=ucds.get("pos.eq.dec;meta.main") or ucds.get("pos.eq.dec") or called.get("dec", ""),
        pmra=pmra,
        pmdec=ucds.get("pos.pm;pos.eq.dec") or called.get("pmdec") or called.get("pmde", ""),
        motion_unit=units.get(pmra, ""),
    )
