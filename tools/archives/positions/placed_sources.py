"""Positions and motions of a table of sources, as arrays in ICRS, each at its own epoch."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnomon.tools.archives.positions.sky_matching import moved
from gnomon.tools.archives.tables.column_numbers import numbers_of
from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    from gnomon.tools.kinds import SourceTable

# Below it nearby stars are lost within decades (Proxima moves by 3.9 arcsec a year), so an epoch must be known.
NEEDS_EPOCH = 5.0  # arcsec
_EPOCHS = (1800.0, 2200.0)  # what can be a Julian year of a catalogue; a Julian date or a reduced one is none
_UNITS = {"ra": "deg", "dec": "deg", "pmra": "mas/yr", "pmdec": "mas/yr", "parallax": "mas", "radial_velocity": "km/s"}


@dataclass(frozen=True)
class Counted:
    """What is known of a catalogue, in numbers: enough for sentences, and for a part of a catalogue too.

    Attributes
    ----------
    said : str
        What sentences call it.
    rows, placed : int
        How many sources, and how many of them with a position.
    still : int
        How many have a position and cannot be moved.
    without_epoch : int
        How many have a position and no epoch.
    epochs, still_epochs : tuple of float or None
        The first and the last epoch, of all and of those that cannot be moved; None where there is none.
    """

    said: str
    rows: int
    placed: int
    still: int
    without_epoch: int
    epochs: tuple[float, float] | None
    still_epochs: tuple[float, float] | None

    def with_more(self, more: Counted) -> Counted:
        """This and another part of the same catalogue."""
        return Counted(
            self.said,
            self.rows + more.rows,
            self.placed + more.placed,
            self.still + more.still,
            self.without_epoch + more.without_epoch,
            _both(self.epochs, more.epochs),
            _both(self.still_epochs, more.still_epochs),
        )


def _both(one: tuple[float, float] | None, two: tuple[float, float] | None) -> tuple[float, float] | None:
    if one is None or two is None:
        return one or two
    return min(one[0], two[0]), max(one[1], two[1])


@dataclass(frozen=True)
class PlacedSources:
    """Positions and motions of a table, as arrays in ICRS; NaN for what is not known."""

    said: str  # what sentences call it
    ra: Any  # deg
    dec: Any  # deg
    pmra: Any  # mas/yr, times cos dec
    pmdec: Any  # mas/yr
    parallax: Any  # mas
    radial_velocity: Any  # km/s
    epoch: Any  # Julian years, one a row
    moving: Any  # whether it can be moved: position, proper motion and epoch are known

    @property
    def placed(self) -> Any:
        """Whether a row has a position."""
        import numpy as np

        return np.isfinite(self.ra) & np.isfinite(self.dec)

    def counted(self) -> Counted:
        """What is known of it, in numbers."""
        import numpy as np

        still = self.placed & ~self.moving
        return Counted(
            self.said,
            len(self.ra),
            int(self.placed.sum()),
            int(still.sum()),
            int((self.placed & ~np.isfinite(self.epoch)).sum()),
            _span(self.epoch),
            _span(self.epoch[still]),
        )

    def at(self, epoch: Any, rows: Any) -> tuple[Any, Any]:
        """Where some rows are at an epoch, Julian years; those that cannot be moved are where they are listed."""
        ra, dec, _known = moved(
            self.ra[rows], self.dec[rows], self.pmra[rows], self.pmdec[rows], self.epoch[rows], epoch,
            self.parallax[rows], self.radial_velocity[rows],
        )  # fmt: skip
        return ra, dec


def placed_sources(table: SourceTable, role: str, stated: float | None) -> PlacedSources:
    """Positions and motions of a table, in ICRS."""
    import numpy as np

    name = table.meta.get("catalogue")
    said = f"the {role} ({name})" if name else f"the {role}"
    position = table.meta.get("position")
    if not position or not position.get("ra") or not position.get("dec"):
        raise InputError(
            f"The table of {said} does not say which of its columns are positions.",
            remedy="Take a table that was read or fetched as sources, with a right ascension and a declination.",
        )
    values = {}
    for key, unit in _UNITS.items():
        try:
            values[key] = numbers_of(table, position.get(key), unit, said)
        except InputError as problem:
            if key in ("ra", "dec"):
                raise
            warnings.warn(f"{problem.what} It was left out, so what it says of motions is not known.", stacklevel=1)
            values[key] = np.full(len(table), np.nan)
    if (np.abs(values["dec"]) > 90.0).any():
        raise InputError(
            f"Column {position['dec']!r} of {said} goes beyond 90 degrees.",
            remedy="Check which column it is, and its unit.",
        )
    known = np.isfinite(values["ra"]) & np.isfinite(values["dec"])
    values["ra"] = np.where(known, values["ra"], np.nan)  # half a position is none
    values = _in_icrs(values, position.get("frame"), said)
    epoch = _epochs(table, position.get("epoch"), stated, role, said)
    moving = known & np.isfinite(values["pmra"]) & np.isfinite(values["pmdec"]) & np.isfinite(epoch)
    return PlacedSources(said=said, epoch=epoch, moving=moving, **values)


def _in_icrs(values: dict[str, Any], frame: Any, said: str) -> dict[str, Any]:
    """Positions and proper motions turned from their frame into ICRS."""
    import numpy as np
    from astropy import units as u
    from astropy.coordinates import FK5, ICRS, Galactic, SkyCoord

    key = re.sub(r"[^a-z0-9]", "", str(frame or "").lower())
    if key == "icrs":
        return values
    if not key:
        warnings.warn(f"The table of {said} does not say its frame; ICRS was taken.", stacklevel=1)
        return values
    if key in ("fk5", "j2000", "fk5j2000", "j20000", "fk5j20000"):
        turned, motions = FK5(equinox="J2000"), ("pm_ra_cosdec", "pm_dec")
    elif key == "galactic":
        turned, motions = Galactic(), ("pm_l_cosb", "pm_b")
    else:
        raise InputError(
            f"Positions of {said} are in the frame {frame}, which is not one that can be matched.",
            remedy="Turn them to ICRS first; FK5 of equinox J2000 and Galactic are turned here.",
        )
    out = {name: array.copy() for name, array in values.items()}
    placed = np.isfinite(values["ra"])
    known = placed & np.isfinite(values["pmra"]) & np.isfinite(values["pmdec"])
    for rows in (np.flatnonzero(placed & ~known), np.flatnonzero(known)):
        rates = {
            m: values[c][rows] * u.mas / u.yr
            for m, c in zip(motions, ("pmra", "pmdec"), strict=True)
            if len(rows) and known[rows[0]]
        }
        there = SkyCoord(values["ra"][rows] * u.deg, values["dec"][rows] * u.deg, frame=turned, **rates)
        there = there.transform_to(ICRS())
        out["ra"][rows], out["dec"][rows] = there.ra.deg, there.dec.deg
        if rates:
            out["pmra"][rows] = there.pm_ra_cosdec.to_value(u.mas / u.yr)
            out["pmdec"][rows] = there.pm_dec.to_value(u.mas / u.yr)
    return out


def _epochs(table: SourceTable, given: Any, stated: float | None, role: str, said: str) -> Any:
    """Julian years, one a row; NaN where nobody says."""
    import numpy as np

    argument = f"epoch_of_{role}"
    if isinstance(given, str):
        column = table[given] if given in table.colnames else None
        unit = "yr" if column is not None and getattr(column, "unit", None) is not None else None
        epoch = numbers_of(table, given, unit, said)
    else:
        epoch = np.full(len(table), np.nan if given is None else float(given))
    if stated is not None:
        if len(epoch) and np.isfinite(epoch).all() and (np.abs(epoch - stated) > 1e-6).any():
            raise InputError(
                f"The table of {said} says that its positions are of {_told(_span(epoch))}, and {argument} says {stated:g}.",
                remedy=f"Leave {argument} out; it is for tables that do not say.",
            )
        epoch = np.where(np.isfinite(epoch), epoch, float(stated))
    wrong = np.isfinite(epoch) & ((epoch < _EPOCHS[0]) | (epoch > _EPOCHS[1]))
    if wrong.any():
        raise InputError(
            f"An epoch of {said} is {epoch[wrong][0]:g}, which is no Julian year.",
            remedy=f"Give epochs as years between {_EPOCHS[0]:g} and {_EPOCHS[1]:g}, such as 2016.0.",
        )
    return epoch


def told_epoch(counted: Counted) -> str:
    """The epoch of a catalogue, or from which to which its epochs are."""
    return _told(counted.epochs)


def _told(span: tuple[float, float] | None) -> str:
    low, high = span or (float("nan"), float("nan"))
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _span(epoch: Any) -> tuple[float, float] | None:
    """The first and the last of what is finite."""
    import numpy as np

    known = epoch[np.isfinite(epoch)]
    return (float(known.min()), float(known.max())) if len(known) else None


def one_epoch(epoch: Any) -> float | None:
    """The epoch, where all rows have the same one."""
    import numpy as np

    return float(epoch[0]) if len(epoch) and np.isfinite(epoch).all() and (epoch == epoch[0]).all() else None


def check_epochs(left: Counted, right: Counted, arguments: tuple[str, str], radius: float) -> None:
    """Refuse to match closely what is known to be of one epoch with what may be of any, and tell what is not known.

    Parameters
    ----------
    left, right : Counted
    arguments : tuple of str
        Names of the arguments by which a person can say the epoch of each.
    radius : float
        Arcseconds.

    Raises
    ------
    InputError
        Where one epoch is known, the other one is not, and the radius is smaller than what moves in between.
    """
    sides = (left, arguments[0]), (right, arguments[1])
    unknown = [(c, a) for c, a in sides if c.rows and c.epochs is None]
    known = [c for c, _a in sides if c.epochs is not None]
    if len(unknown) == 1 and known:
        catalogue, argument = unknown[0]
        sentence = f"Nobody says at which epoch the positions of {catalogue.said} are, and those of {known[0].said} are of {told_epoch(known[0])}"
        if radius < NEEDS_EPOCH:
            raise InputError(
                f"{sentence}, so a match within {radius:g} arcsec would lose what moves.",
                remedy=f"Give {argument}, a Julian year such as 2000.0, or take a radius of {NEEDS_EPOCH:g} arcsec or more.",
            )
        warnings.warn(f"{sentence}; nothing was moved.", stacklevel=1)
    elif len(unknown) == 2:
        warnings.warn(
            "Neither table says at which epoch its positions are; they were compared as listed, and what moved between "
            "may be missing.",
            stacklevel=1,
        )
    for catalogue in known:
        tell_of_no_epoch(catalogue)


def tell_of_no_epoch(counted: Counted) -> None:
    """Warn of rows without an epoch in a catalogue of which others have one."""
    if counted.without_epoch:
        warnings.warn(
            f"{counted.without_epoch} of {counted.said} have no epoch, and were compared where they are listed.",
            stacklevel=1,
        )
