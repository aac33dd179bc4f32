"""What is asked of brokers of alerts, and what each of them answers with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class AlertQuestion:
    """What is wanted.

    Attributes
    ----------
    identifier : str
        Name of one object, or for circulars the words that are looked for; "" for none.
    place : tuple of float or None
        Right ascension and declination, ICRS, degrees.
    radius : float
        Arcseconds around the place.
    object_class : str
        As the broker calls it; "" for all.
    since : float or None
        Modified Julian date, UTC, of the earliest last detection that is wanted.
    rows : int
    """

    identifier: str
    place: tuple[float, float] | None
    radius: float
    object_class: str
    since: float | None
    rows: int


@dataclass
class Alerts:
    """What a broker has.

    Attributes
    ----------
    rows : list of dict
        With the names of the columns of `Notices`; what is not there is missing.
    complete : bool or None
        Whether there are no more; None where the broker cannot tell.
    cut_by : str
        Who left the rest out.
    warnings : list of str
        Sentences for the report.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    complete: bool | None = True
    cut_by: str = ""
    warnings: list[str] = field(default_factory=list)


def separation(place: tuple[float, float], ra: float, dec: float) -> float:
    """Arcseconds between a place and another one, degrees; by the haversine, which is exact where they are close."""
    from math import asin, cos, radians, sin, sqrt

    a, d, b, e = (radians(x) for x in (*place, ra, dec))
    half = sin(0.5 * (e - d)) ** 2 + cos(d) * cos(e) * sin(0.5 * (b - a)) ** 2
    return 206264.80624709636 * 2.0 * asin(min(1.0, sqrt(half)))


def within(question: AlertQuestion, row: dict[str, Any]) -> bool:
    """Whether a row is what was asked for, where it can be told: its place within the radius and its time since the date."""
    ra, dec = row.get("ra"), row.get("dec")
    # A broker may compare another of several positions of the object; a tenth more is no other object.
    most = 1.1 * question.radius + 1.0
    if question.place and ra is not None and dec is not None and separation(question.place, ra, dec) > most:
        return False
    return question.since is None or (row.get("time") is not None and row["time"] >= question.since)
