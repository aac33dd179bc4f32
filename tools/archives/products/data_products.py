"""What tools that fetch data products share: where the one object is, what was asked, and lists of products in the VO."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnomon.tools.archives.asking.query_records import record_of
from gnomon.tools.archives.positions.target_positions import numbers, places_at
from gnomon.tools.archives.tables.table_queries import TableService, taken, told_failures
from gnomon.tools.errors import BrokenReply, InputError
from gnomon.tools.transport import inquire

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnomon.tools.kinds import Target

_TOLD_DRIFT = 0.2  # of the radius, by which an object may have moved before people are told


@dataclass(frozen=True)
class Place:
    """Where one object is when a product was taken.

    Attributes
    ----------
    name : str
    ra, dec : float
        ICRS, degrees.
    epoch : float or None
        Julian year of `ra` and `dec`; None where nobody says.
    identifiers : tuple of str
        Texts of the target's row in which a catalogue may name it.
    """

    name: str
    ra: float
    dec: float
    epoch: float | None
    identifiers: tuple[str, ...] = ()

    def position(self) -> dict[str, Any]:
        """As plain values for metadata."""
        return {"ra": self.ra, "dec": self.dec, "frame": "ICRS", "epoch": self.epoch}


def place_of(target: Target, radius: float, epochs: tuple[float, float] | None, what: str) -> Place:
    """Where the one object of a target is when the data were taken.

    Parameters
    ----------
    target : Target
        One row.
    radius : float
        Arcseconds around it that are searched or shown, for a warning.
    epochs : tuple of float or None
        Julian years from and to which the data were taken; None where the service has data of any time.
    what : str
        What is searched, for sentences.

    Raises
    ------
    InputError
        Where there is not just one object, or its position is not known in ICRS.

    Warns
    -----
    UserWarning
        Where its motion carries it about by much of the radius.
    """
    import numpy as np

    if len(target) != 1:
        names = ", ".join(str(n) for n in target["name"][:5]) or "none"
        raise InputError(
            f"Data products are fetched for one object at a time, and there are {len(target)} ({names}).",
            remedy="Name one object.",
        )
    position = dict(target.meta.get("position") or {})
    listed = position.get("epoch")
    stated = numbers(target, listed, "yr")[0] if isinstance(listed, str) else np.nan if listed is None else float(listed)  # fmt: skip
    # Where nothing says when, the position stays as it is listed.
    span = epochs or ((float(stated), float(stated)) if np.isfinite(stated) else (2000.0, 2000.0))
    places = places_at(target, span)
    moving = not places.still
    speed = 0.0
    if moving:
        motion = [numbers(target, position.get(k), "mas/yr")[0] for k in ("pmra", "pmdec")]
        speed = float(np.hypot(*motion)) / 1000.0
    # Archives hold data of about three decades.
    drift = float(places.drift[0]) if epochs else 15.0 * speed
    if drift > _TOLD_DRIFT * radius:
        warnings.warn(
            f"{places.names[0]} moves by {speed:.2g} arcsec a year, up to {drift:.1f} arcsec within the years of {what}; "
            f"it was looked for where it is at {span[0] / 2 + span[1] / 2:.1f}, so look whether this is it.",
            stacklevel=3,
        )
    epoch = places.epoch if moving else float(stated) if np.isfinite(stated) else None
    texts = tuple(
        str(target[c][0])
        for c in target.colnames
        if getattr(target[c], "dtype", np.dtype(float)).kind in "USiu" and not np.any(getattr(target[c], "mask", False))
    )
    return Place(places.names[0], float(places.ra[0]), float(places.dec[0]), epoch, texts)


def identifier_in(place: Place, pattern: str) -> int | None:
    """The number by which a catalogue names an object, where the target says it.

    Parameters
    ----------
    place : Place
    pattern : str
        Of the whole name, with one group for the number, such as ``TIC (\\d+)``; blanks and cases do not count.

    Raises
    ------
    InputError
        Where the target says two.
    """
    wanted = re.compile(pattern.replace(" ", r"\s*-?\s*"), re.IGNORECASE)
    texts = [part.strip() for text in (place.name, *place.identifiers) for part in re.split(r"[|,;]", text)]
    found = {int(m[1]) for text in texts if (m := wanted.fullmatch(text))}
    if len(found) > 1:
        raise InputError(
            f"{place.name} has more than one identifier there: {', '.join(map(str, sorted(found)))}.",
            remedy="Name the one that is meant.",
        )
    return next(iter(found), None)


@dataclass(frozen=True)
class Products:
    """A list of products that a VO service has.

    Attributes
    ----------
    table : astropy.table.QTable
        With one record in ``meta["queries"]``.
    utypes : dict of str to str
        Utype of each column that has one: lower case, without a prefix.
    """

    table: Any
    utypes: dict[str, str]

    def column(self, *, utypes: tuple[str, ...] = (), ucds: tuple[str, ...] = (), names: tuple[str, ...] = ()) -> str:
        """The column with one of these utypes, UCDs or names, in this order; "" where there is none."""
        for wanted in utypes:
            for name, utype in self.utypes.items():
                if utype == wanted.lower() or utype.endswith("." + wanted.lower()):
                    return name
        told = {n: str((self.table[n].info.meta or {}).get("ucd", "")).lower() for n in self.table.colnames}
        for wanted in ucds:
            for name, ucd in told.items():
                if ucd == wanted.lower():
                    return str(name)
        lower: dict[str, str] = {n.lower(): n for n in self.table.colnames}
        return next((lower[n.lower()] for n in names if n.lower() in lower), "")

    def value(self, name: str, row: int) -> Any:
        """A cell as a plain value; None where there is no such column, or nothing in it."""
        import numpy as np

        if not name:
            return None
        cell = self.table[name][row]
        if np.any(getattr(cell, "mask", False)):
            return None
        plain = np.asarray(getattr(getattr(cell, "unmasked", cell), "value", cell))
        if plain.shape:
            return [float(x) for x in np.ravel(plain)] if plain.dtype.kind in "fiu" else None
        value = plain.item()
        if isinstance(value, float) and not np.isfinite(value):
            return None
        return None if value == "" else value


def list_products(
    service: TableService, protocol: str, text: str, search: Callable[[], Any], *, limit: int
) -> Products:
    """Ask a VO service which products it has.

    Parameters
    ----------
    service : TableService
    protocol : str
        Name of it, for the record.
    text : str
        What is asked, for the record; the same text is the same question.
    search : callable
        Asks by pyvo, and gives its results.
    limit : int
        Most rows that were asked for.

    Raises
    ------
    InputError, ServiceError
        As `gnomon.tools.archives.tables.table_queries.query_tables`.
    """

    def ask() -> tuple[Any, bool, dict[str, str]]:
        with told_failures(service):
            results = search()
            table, overflow = taken(results, service)
            utypes = {
                n: re.sub(r"^[a-z0-9_]+:", "", str(results.getdesc(n).utype).lower())
                for n in table.colnames
                if n in results.fieldnames and results.getdesc(n).utype
            }
            return table, overflow, utypes

    question = {"service": service.name, "url": service.url, "protocol": protocol, "text": text, "rows": limit}
    with warnings.catch_warnings():
        # Lists of products have columns by the dozen; only the few that are used must have units, and these are looked at.
        warnings.filterwarnings("ignore", message=r".*(units that are not known here|gives no unit for)")
        (table, overflow, utypes), asked = inquire(question, ask)
    record = record_of(
        service.name, service.url, f"{protocol} {text}", asked, len(table), release=service.release, limit=limit,
        complete=False if overflow else None, cut_by=service.name if overflow else "",
    )  # fmt: skip
    table.meta["queries"] = [record]
    return Products(table, utypes)


def absolute_address(address: Any, service: str) -> str:
    """The address of a product, or an error that says that it is none."""
    if not isinstance(address, str) or not re.match(r"https?://", address):
        raise BrokenReply(
            f"{service} lists a product without an address that can be fetched ({address!r}).",
            remedy="Take another product or service.",
        )
    return address
