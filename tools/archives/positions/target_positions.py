"""Where the objects of a `Target` are at the time of a catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnomon.tools.archives.positions.sky_matching import moved
from gnomon.tools.archives.tables.column_numbers import numbers_of
from gnomon.tools.errors import InputError

if TYPE_CHECKING:
    from gnomon.tools.kinds import Target


@dataclass(frozen=True)
class Places:
    """Objects in the middle of a span of years.

    Attributes
    ----------
    names : list of str
    ra, dec : numpy.ndarray of float
        ICRS, degrees, at `epoch` where the motion is known.
    drift : numpy.ndarray of float
        Arcseconds that each may be off because the positions of the catalogue are of a span of years; zero where the motion is not
        known.
    still : list of str
        Objects whose motion, or whose epoch, is not known.
    epoch : float
    motion : tuple of numpy.ndarray of float
        Right ascension, declination, proper motions, parallax, radial velocity and epoch, as given.
    """

    names: list[str]
    ra: Any
    dec: Any
    drift: Any
    still: list[str]
    epoch: float
    motion: tuple[Any, ...]

    def seen_at(self, which: Any, epochs: Any) -> tuple[Any, Any]:
        """Where objects were, each at an epoch of its own.

        Parameters
        ----------
        which : numpy.ndarray of int
        epochs : numpy.ndarray of float
            Julian years; where one is not finite, the middle of the span is taken.

        Returns
        -------
        ra, dec : numpy.ndarray of float
            ICRS, degrees.
        """
        import numpy as np

        ra, dec, pmra, pmdec, parallax, velocity, given = (x[which] for x in self.motion)
        then = np.where(np.isfinite(epochs), epochs, self.epoch)
        there_ra, there_dec, _ = moved(ra, dec, pmra, pmdec, given, then, parallax=parallax, radial_velocity=velocity)
        return there_ra, there_dec


def numbers(table: Any, name: str | None, unit: str) -> Any:
    """A column as plain numbers, in this unit where it has one; NaN where masked, and everywhere where there is none."""
    bare = name is not None and name in table.colnames and getattr(table[name], "unit", None) is None
    return numbers_of(table, name, None if bare else unit, "the target")


def places_at(target: Target, epochs: tuple[float, float]) -> Places:
    """Where the objects are in the middle of a span of years, as far as their motion is known.

    Parameters
    ----------
    target : Target
    epochs : tuple of float
        Julian years of the first and the last position in the catalogue that is asked.

    Raises
    ------
    InputError
        Where a position is missing, or is not in ICRS.
    """
    import numpy as np

    position = dict(target.meta.get("position") or {"ra": "ra", "dec": "dec", "frame": "ICRS"})
    if str(position.get("frame", "ICRS")).upper() != "ICRS":
        raise InputError(
            f"The target's position is in {position['frame']}, and it must be in ICRS.",
            remedy="Resolve it by its name.",
        )
    names = [str(n) for n in target["name"]]
    ra, dec = numbers(target, position["ra"], "deg"), numbers(target, position["dec"], "deg")
    lost = [n for n, r, d in zip(names, ra, dec, strict=True) if not np.isfinite(r + d)]
    if lost:
        raise InputError(f"There is no position of {', '.join(lost[:5])}.", remedy="Leave these objects out.")
    pmra, pmdec = (numbers(target, position.get(k), "mas/yr") for k in ("pmra", "pmdec"))
    given = position.get("epoch")
    epoch = numbers(target, given, "yr") if isinstance(given, str) else np.full(len(target), np.nan if given is None else float(given))  # fmt: skip
    middle = 0.5 * (epochs[0] + epochs[1])
    parallax = numbers(target, position.get("parallax"), "mas")
    velocity = numbers(target, position.get("radial_velocity"), "km/s")
    there_ra, there_dec, known = moved(ra, dec, pmra, pmdec, epoch, middle, parallax=parallax, radial_velocity=velocity)
    known = known & np.isfinite(epoch)
    speed = np.hypot(np.where(known, pmra, 0.0), np.where(known, pmdec, 0.0)) / 1000.0
    still = [n for n, k in zip(names, known, strict=True) if not k]
    drift = 0.5 * (epochs[1] - epochs[0]) * speed
    motion = (ra, dec, pmra, pmdec, parallax, velocity, epoch)
    return Places(names, there_ra, there_dec, drift, still, middle, motion)
