"""Rows of the IVOA's table of planned observations, ``ivoa.obsplan``."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

from gnomon.tools.observing.documents.schedule import PlannedVisit
from gnomon.tools.observing.drafts.checking import check_form
from gnomon.tools.observing.drafts.details import Wanted
from gnomon.tools.observing.drafts.draft import Draft
from gnomon.tools.observing.drafts.outside_text import cell, file_stem
from gnomon.tools.observing.drafts.places import place_at
from gnomon.tools.observing.drafts.plan import Plan, Stay
from gnomon.tools.observing.drafts.schemas.obsloctap import COLUMNS, ROW

_STATUS = {"planned": "Scheduled", "running": "Scheduled", "done": "Performed", "failed": "Aborted"}


def obsplan_rows(plan: Plan) -> list[Draft]:
    """A table for each telescope that has or had visits.

    Visits of earlier schedules that are no longer planned are rows with the status Unscheduled.  ``priority`` is the standard's: 2 for what runs or fills a
    fixed time, 1 for what other visits or windows hold in its place, 0 for what moves easily.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Draft
        CSV with the columns in the order of the standard; empty cells are null.  Detail asked for: ``date`` where the schedule does not say when it was made.

    Raises
    ------
    InputError
        Where a value does not fit.
    """
    stays = {plan.identity(s.planned): s for s in plan.stays}
    dropped: dict[str, list[tuple[str, PlannedVisit]]] = {}
    for key, past in plan.history().items():
        visit = past.visit
        if not past.live and visit.telescope in plan.telescopes.telescopes:
            dropped.setdefault(visit.telescope, []).append((key, visit))
    drafts = []
    for telescope in plan.telescopes.telescopes:
        own = [(key, s) for key, s in stays.items() if s.telescope.key == telescope]
        gone = dropped.get(telescope, [])
        if own or gone:
            drafts.append(_table(plan, telescope, own, gone))
    return drafts


def _table(plan: Plan, telescope: str, own: list[tuple[str, Stay]], gone: list[tuple[str, PlannedVisit]]) -> Draft:
    wanted = Wanted(plan.details, "obsloctap")
    stamp = plan.stamp("obsloctap")
    if stamp is None:
        wanted.must("date")
    common = {"t_planning": stamp, "obs_collection": wanted.may("collection", telescope)}
    rows = [_row(key, stay) | common for key, stay in own]
    rows += [_gone(plan, key, visit) | common for key, visit in gone]
    if any(visit.request not in plan.requests.requests for _, visit in gone):
        wanted.warn(
            "Of visits whose request was withdrawn the target is not known any more: target_name is empty, and tracking_type stands as Sidereal since it must have a value.",
            "申请已撤回的观测，其目标已不可知：target_name 留空，tracking_type 因必须有值而写作 Sidereal。",
        )
    for number, row in enumerate(rows):
        where = f"Row {number + 1} of ivoa.obsplan for {telescope}"
        check_form({c: row[c] for c in COLUMNS}, ROW, where, [("t_planning",)] if stamp is None else [])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_told(row[c]) for c in COLUMNS] for row in rows)
    return Draft(
        "obsloctap", telescope, f"{file_stem('obsplan', telescope)}.csv", "text/csv", text.getvalue().encode("utf-8"),
        tuple(wanted.missing), tuple(wanted.warnings),
    )  # fmt: skip


def _row(key: str, stay: Stay) -> dict[str, Any]:
    ra, dec = place_at(stay.request.target, stay.planned.start)
    field = stay.instrument.field
    exposed = sum(e.count * e.seconds for e in stay.exposures)
    coordinated = any(r.where.startswith("other") for r in stay.request.relations)
    held = bool(stay.visit.windows or stay.visit.phases or stay.request.relations)
    fixed = stay.visit.cover or stay.planned.state == "running"
    return dict.fromkeys(COLUMNS) | {
        "target_name": stay.target_name,
        "obs_id": key,
        "s_ra": ra,
        "s_dec": dec,
        "s_fov": None if field is None else math.hypot(*field) if len(field) == 2 else field[0],
        # Of a rectangle nobody has told which way it is turned.
        "s_region": f"CIRCLE ICRS {ra:.6f} {dec:.6f} {field[0] / 2:.6f}" if field and len(field) == 1 else None,
        "t_min": stay.planned.start,
        "t_max": stay.planned.end,
        "t_exptime": exposed,
        "t_plan_exptime": exposed,
        "facility_name": stay.telescope.name,
        "instrument_name": stay.instrument.name,
        "category": "Fixed" if fixed else "Coordinated" if coordinated else "Window" if held else "Other",
        "priority": 2 if fixed else 1 if held else 0,
        "execution_status": _STATUS[stay.planned.state],
        "tracking_type": "Solar-system-object-tracking" if stay.request.target.moves else "Sidereal",
    }


def _gone(plan: Plan, key: str, visit: PlannedVisit) -> dict[str, Any]:
    telescope, request = plan.telescopes.telescopes[visit.telescope], plan.requests.requests.get(visit.request)
    instrument = telescope.instruments.get(visit.instrument)
    return dict.fromkeys(COLUMNS) | {
        "target_name": None if request is None else request.target.name,
        "obs_id": key,
        "facility_name": telescope.name,
        "instrument_name": None if instrument is None else instrument.name,
        "category": "Other",
        "priority": 0,
        "execution_status": "Unscheduled",
        "tracking_type": "Solar-system-object-tracking" if request is not None and request.target.moves else "Sidereal",
    }


def _told(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.9f}".rstrip("0").rstrip(".")
    return cell(value) if isinstance(value, str) else str(value)
