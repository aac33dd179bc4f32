"""The schedule document: who observes what, when; and why the rest is not observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gnomon.tools.observing.documents.fields import Fields, begin, document_digest, items
from gnomon.tools.observing.documents.times import text_of

FORM = "gnomon schedule"
STATES = ("planned", "running", "done", "failed")
REASONS = (
    "no_instrument",
    "too_faint",
    "window",
    "daylight",
    "never_up",
    "moon",
    "relation",
    "one_of",
    "hours",
    "lost",
)


@dataclass(frozen=True)
class PlannedVisit:
    """A visit with its telescope, instrument, bands and times [MJD UTC]; ``told`` is what was derived for people."""

    request: str
    visit: str
    telescope: str
    instrument: str
    bands: tuple[str, ...]
    start: float
    end: float
    state: str = "planned"
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Unscheduled:
    """A request that is not scheduled (with partial credit: its ``visits`` that are not), the reason's code, and in words."""

    request: str
    reason: str
    visits: tuple[str, ...] = ()
    detail: str = ""
    lost_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """Visits in order of time, what was left out, and how good it is.

    ``telescopes`` and ``requests`` are the digests of the documents that it was made from; ``bound`` is what no schedule can exceed, None where nobody reckoned it.
    """

    telescopes: str
    requests: str
    span: tuple[float, float]
    visits: tuple[PlannedVisit, ...]
    unscheduled: tuple[Unscheduled, ...]
    score: float
    bound: float | None = None
    made: Mapping[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of its document."""
        return document_digest(schedule_document(self))


_TOLD = ("airmass", "moon_separation", "sun_altitude", "slew")


def schedule_document(schedule: Schedule) -> dict[str, Any]:
    """The document of a schedule, plain JSON; times to a millisecond."""
    return {
        "form": FORM,
        "version": 1,
        "telescopes": schedule.telescopes,
        "requests": schedule.requests,
        "span": {"start": text_of(schedule.span[0]), "end": text_of(schedule.span[1])},
        "made": dict(schedule.made),
        "score": schedule.score,
        "bound": schedule.bound,
        "visits": [
            {
                "request": v.request,
                "visit": v.visit,
                "telescope": v.telescope,
                "instrument": v.instrument,
                "bands": list(v.bands),
                "start": text_of(v.start),
                "end": text_of(v.end),
                "state": v.state,
                **{k: v.told[k] for k in _TOLD if k in v.told},
            }
            for v in sorted(schedule.visits, key=lambda v: (v.start, v.telescope, v.request, v.visit))
        ],
        "unscheduled": [
            {
                "request": u.request,
                "reason": u.reason,
                "visits": list(u.visits),
                "detail": u.detail,
                "lost_to": list(u.lost_to),
            }
            for u in sorted(schedule.unscheduled, key=lambda u: (u.request, u.visits))
        ],
    }


def read_schedule_document(document: dict[str, Any], name: str = "The schedule") -> Schedule:
    """Check the form of a schedule document and give it typed; whether it can be observed is the verifier's to say.

    Parameters
    ----------
    document : dict
        Plain JSON (`read_document`).
    name : str
        What errors call it.

    Returns
    -------
    Schedule

    Raises
    ------
    InputError
        Naming the place.
    """
    fields = begin(document, FORM, name)
    span = fields.inside("span", required=True)
    assert span is not None
    start, end = span.time("start", required=True), span.time("end", required=True)
    span.end()
    assert start is not None and end is not None
    telescopes, requests = fields.text("telescopes", required=True), fields.text("requests", required=True)
    made = fields.take("made") or {}
    score = fields.required_number("score")
    bound = fields.number("bound")
    visits = tuple(_visit(v) for v in items(fields.list("visits"), f"{name}: visit"))
    left = tuple(_unscheduled(u) for u in items(fields.list("unscheduled"), f"{name}: unscheduled"))
    fields.end()
    return Schedule(telescopes, requests, (start, end), visits, left, score, bound, made)


def _visit(row: Fields) -> PlannedVisit:
    start, end = row.time("start", required=True), row.time("end", required=True)
    assert start is not None and end is not None
    visit = PlannedVisit(
        request=row.text("request", required=True),
        visit=row.text("visit", required=True),
        telescope=row.text("telescope", required=True),
        instrument=row.text("instrument", required=True),
        bands=row.texts("bands") or (),
        start=start,
        end=end,
        state=row.choice("state", STATES, "planned"),
        told={k: value for k in _TOLD if (value := row.take(k)) is not None},
    )
    row.end()
    return visit


def _unscheduled(row: Fields) -> Unscheduled:
    told = Unscheduled(
        request=row.text("request", required=True),
        reason=row.choice("reason", REASONS),
        visits=row.texts("visits") or (),
        detail=row.text("detail"),
        lost_to=row.texts("lost_to") or (),
    )
    row.end()
    return told
