"""From the three documents to drafts of one form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import Requests
from gnomon.tools.observing.documents.schedule import Schedule
from gnomon.tools.observing.documents.sources import assumed_in_both
from gnomon.tools.observing.documents.telescopes import Telescopes
from gnomon.tools.observing.drafts.calendars import calendars
from gnomon.tools.observing.drafts.details import FORMS, read_details
from gnomon.tools.observing.drafts.draft import Draft
from gnomon.tools.observing.drafts.eso import observation_blocks
from gnomon.tools.observing.drafts.gcn_circular import circulars
from gnomon.tools.observing.drafts.gcn_notice import gcn_notices
from gnomon.tools.observing.drafts.lco import request_groups
from gnomon.tools.observing.drafts.night_sheets import night_sheets
from gnomon.tools.observing.drafts.observing_lists import csv_lists, text_lists
from gnomon.tools.observing.drafts.obsloctap import obsplan_rows
from gnomon.tools.observing.drafts.plan import Plan, join
from gnomon.tools.observing.drafts.skyportal import skyportal_payloads
from gnomon.tools.observing.drafts.tom import tom_payloads
from gnomon.tools.observing.drafts.treasure_map import planned_pointings
from gnomon.tools.observing.drafts.voevent import voevents

_WRITERS = {
    "csv": csv_lists,
    "text": text_lists,
    "sheet": night_sheets,
    "ics": calendars,
    "lco": request_groups,
    "tom": tom_payloads,
    "skyportal": skyportal_payloads,
    "eso": observation_blocks,
    "gcn_circular": circulars,
    "gcn_json": gcn_notices,
    "voevent": voevents,
    "treasure_map": planned_pointings,
    "obsloctap": obsplan_rows,
}
# Forms by which somebody observes; the others tell what is planned.
_OBSERVED_BY = ("csv", "text", "sheet", "ics", "lco", "tom", "skyportal", "eso")


def draft(
    form: str,
    telescopes: Telescopes,
    requests: Requests,
    schedule: Schedule,
    details: Mapping[str, Any] | None = None,
    earlier: Sequence[Schedule] = (),
    only: Sequence[str] | None = None,
) -> list[Draft]:
    """Write drafts of one form from a schedule. Nothing is sent.

    Parameters
    ----------
    form : str
        ``csv`` and ``text`` (observing lists), ``sheet`` (a page for the night), ``ics`` (calendars), ``lco`` (OCS request groups), ``tom``, ``skyportal``,
        ``eso`` (observation blocks), ``gcn_circular``, ``gcn_json``, ``voevent``, ``treasure_map`` or ``obsloctap``.
    telescopes, requests, schedule
        The documents; the schedule must have been made from the other two.
    details : mapping, optional
        What only people know: for a telescope's key, a form or ``all`` a mapping of words (`gnomon.tools.observing.drafts.details.KNOWN`) to values.
    earlier : sequence of Schedule
        The schedules that this one replaces, the oldest first; calendars, notices and packets then say what changed and what was dropped.
    only : sequence of str, optional
        Telescopes to write for; all where absent.

    Returns
    -------
    list of Draft
        Each checked against its form.  What nobody has told is empty, and named in ``missing``.

    Raises
    ------
    InputError
        Where the documents do not belong together, a detail is unknown, or a value does not fit the form, naming the field.
    """
    if form not in _WRITERS:
        raise InputError(f"There is no form {form!r}.", remedy=f"Choose one of {', '.join(FORMS)}.")
    plan = join(telescopes, requests, schedule, read_details(details, telescopes.telescopes), earlier, only)
    drafts = [_with_what_is_assumed(d, plan) for d in _WRITERS[form](plan)]
    names = [d.name for d in drafts]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise InputError(
            f"Two drafts would have the name {twice}.", remedy="Give the telescopes and requests other keys."
        )
    return drafts


def _with_what_is_assumed(one: Draft, plan: Plan) -> Draft:
    """A draft by which telescopes observe, with a warning where its visits rest on values that nobody was found to say."""
    if one.form not in _OBSERVED_BY:
        return one
    used = [
        (s.telescope.key, s.instrument.key, s.mode.mode) for s in plan.stays if one.telescope in (None, s.telescope.key)
    ]
    return replace(one, warnings=(*one.warnings, *assumed_in_both(plan.telescopes.document, used)))
