"""What a check of a schedule says: findings with their numbers, what was looked at, and what was allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CODES: Mapping[str, str] = {
    # the documents
    "form": "a document has another form or version",
    "unknown_key": "a key that the reference does not list",
    "missing": "a value that is required is absent",
    "value": "a value of the wrong type or out of range",
    "time": "a time that cannot be read",
    "digest": "the schedule was made for other documents",
    # what a visit refers to
    "unknown_request": "a request that is not there",
    "unknown_visit": "a visit that its request does not have",
    "unknown_telescope": "a telescope that is not there",
    "unknown_instrument": "an instrument that its telescope does not have",
    "not_allowed": "a telescope, site or instrument that the visit does not allow",
    "mode": "a mode that the instrument does not offer",
    "band": "bands that the instrument does not offer, or that were not asked for",
    "too_faint": "a target fainter than the instrument reaches",
    # when
    "order": "an end that is not after its start",
    "duration": "an end that does not follow from start and duration",
    "span": "outside of the span",
    "window": "outside of the windows or phases",
    "closure": "while the telescope is shut",
    # where
    "ephemeris": "a time for which the position of the target is not known",
    "altitude": "below the least altitude",
    "altitude_max": "above the highest altitude",
    "airmass": "above the largest airmass",
    "horizon": "below the telescope's horizon",
    "hour_angle": "beyond the largest hour angle",
    "declination": "outside of the declinations",
    "sun": "the Sun too high",
    "moon_separation": "the Moon too near",
    "moon_illumination": "the Moon up and too bright",
    # visits among each other
    "twice": "a visit scheduled more than once",
    "overlap": "two visits on one telescope at one time",
    "slew": "too little time to turn the telescope",
    "change": "too little time to change instrument or band",
    "relation": "a relation between two visits that does not hold",
    "orphan": "some visits of a request that counts whole only",
    "one_of": "two requests of which one at most may be scheduled",
    "hours": "a programme with more hours than it has",
    # the books
    "score": "another score",
    "bound": "a bound below the score",
    "derived": "a derived column with another value",
    "unlisted": "a request neither scheduled nor listed as unscheduled",
    "listed": "a request listed as unscheduled that is scheduled, or listed twice",
    "state": "a state that the time of the schedule does not allow",
    "parent": "another parent than the schedule names",
    "history": "something changed that was frozen",
    # why requests were left out
    "refuted": "a request that was left out could still be observed",
    "reason": "a reason that does not hold, or an earlier one that does",
    "lost_to": "requests named as taking the room that do not",
}


@dataclass(frozen=True)
class Allowed:
    """What the check forgives, each way.

    Parameters
    ----------
    angle : float
        Altitudes, hour angles, declinations, separations [deg].
    seconds : float
        Times, durations and gaps [s].
    illumination : float
        Illuminated fraction of the Moon: what different series and formulae for it leave open.
    magnitude : float
        Rounding of computed limits.
    score : float
        Rounding of sums; the score is also allowed what `angle` and `seconds` change in the capacity of programmes with a share.
    """

    angle: float = 0.02
    seconds: float = 1.0
    illumination: float = 0.002
    magnitude: float = 1e-6
    score: float = 1e-6


ALLOWED = Allowed()


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Parameters
    ----------
    code : str
        Out of `CODES`.
    place : str
        Such as ``grb/imaging at xinglong_216``.
    sentence : str
        With the number and the limit.
    """

    code: str
    place: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


@dataclass(frozen=True)
class Verification:
    """What was found, and of exactly what.

    Parameters
    ----------
    findings : tuple of Finding
        Empty where the schedule holds.
    counts : mapping of str to int
        What was looked at: visits, samples, pairs, reasons ...
    digests : mapping of str to str
        SHA-256 of the canonical form of ``telescopes``, ``requests``, ``schedule`` and, where one was given, ``parent``.
    notes : tuple of str
        What could not be checked, and why.
    allowed : Allowed
    """

    findings: tuple[Finding, ...]
    counts: Mapping[str, int]
    digests: Mapping[str, str]
    notes: tuple[str, ...] = ()
    allowed: Allowed = field(default=ALLOWED)

    @property
    def passed(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def document(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "form": "gnomon verification",
            "version": 1,
            "passed": self.passed,
            "digests": dict(self.digests),
            "counts": dict(self.counts),
            "allowed": {
                "angle_deg": self.allowed.angle,
                "seconds": self.allowed.seconds,
                "illumination": self.allowed.illumination,
            },
            "notes": list(self.notes),
            "findings": [{"code": f.code, "place": f.place, "sentence": f.sentence} for f in self.findings],
        }


class Ledger:
    """Where findings, counts and notes are gathered while a schedule is checked."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.counts: dict[str, int] = {}
        self.notes: list[str] = []

    def find(self, code: str, place: str, sentence: str) -> None:
        """Write a finding down."""
        if code not in CODES:
            raise KeyError(code)
        self.findings.append(Finding(code, place, sentence))

    def count(self, what: str, number: int = 1) -> None:
        """Count what was looked at."""
        self.counts[what] = self.counts.get(what, 0) + number
