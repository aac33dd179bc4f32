"""Observing lists for the people at a telescope: a table for a spreadsheet, and text to print."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from gnomon.tools.observing.documents.requests import Request, Target, Visit
from gnomon.tools.observing.documents.telescopes import Site, Telescope
from gnomon.tools.observing.documents.times import text_of
from gnomon.tools.observing.drafts.circumstances import Backup, Circumstances, Night
from gnomon.tools.observing.drafts.details import Wanted
from gnomon.tools.observing.drafts.draft import Draft
from gnomon.tools.observing.drafts.outside_text import cell, file_stem, padded, plain
from gnomon.tools.observing.drafts.places import clock, colons, local_text, place_at
from gnomon.tools.observing.drafts.plan import Plan, Stay

COLUMNS = (
    "role", "state", "start_utc", "end_utc", "start_local", "end_local", "target", "ra", "dec", "ra_deg", "dec_deg", "error_deg", "magnitude", "instrument",
    "mode", "exposures", "acquisition_s", "readout_s", "duration_s", "turning_s", "free_s", "airmass_start", "airmass_middle", "airmass_end", "altitude",
    "azimuth", "parallactic", "moon_separation", "moon_altitude", "moon_illumination", "sun_altitude", "priority", "request", "visit", "note",
)  # fmt: skip


def csv_lists(plan: Plan) -> list[Draft]:
    """A table of the visits of each telescope, then of what to do in place of one that fails.

    Text that a spreadsheet would take for a formula begins with an apostrophe.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Draft
        Columns as in `COLUMNS`; ``role`` is planned or backup, and of a backup start and end are when it could be made.  Places are ICRS at the time of the
        visit, with proper motion.
    """
    night = Night(plan)
    drafts = []
    for key, stays in plan.by_telescope.items():
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for row in (*_planned(stays, night), *_spare(key, night)):
            writer.writerow([row.get(c, "") for c in COLUMNS])
        drafts.append(_draft(plan, "csv", key, f"{file_stem(key)}.csv", "text/csv", text.getvalue()))
    return drafts


def _planned(stays: tuple[Stay, ...], night: Night) -> Iterator[dict[str, str]]:
    for stay, about in zip(stays, night.circumstances[stays[0].telescope.key], strict=True):
        row = _place(stay.request.target, stay.planned.start) | _wish(stay.request, stay.visit)
        yield row | {
            "role": "planned",
            "state": stay.planned.state,
            "start_utc": text_of(stay.planned.start),
            "end_utc": text_of(stay.planned.end),
            "start_local": local_text(stay.planned.start, stay.site.zone, "%Y-%m-%d %H:%M:%S"),
            "end_local": local_text(stay.planned.end, stay.site.zone, "%Y-%m-%d %H:%M:%S"),
            "instrument": cell(stay.instrument.key),
            "exposures": exposures_text(stay),
            "acquisition_s": f"{stay.mode.acquisition:g}",
            "readout_s": f"{stay.instrument.readout:g}",
            "duration_s": f"{stay.duration:.0f}",
            "turning_s": f"{about.turning:.0f}",
            "free_s": "" if about.free is None else f"{about.free:.0f}",
            "airmass_start": f"{about.airmass[0]:.3f}",
            "airmass_middle": f"{about.airmass[1]:.3f}",
            "airmass_end": f"{about.airmass[2]:.3f}",
            "altitude": f"{about.altitude:.1f}",
            "azimuth": f"{about.azimuth:.1f}",
            "parallactic": f"{about.parallactic:.1f}",
            "moon_separation": f"{about.moon_separation:.1f}",
            "moon_altitude": f"{about.moon_altitude:.1f}",
            "moon_illumination": f"{about.moon_illumination:.2f}",
            "sun_altitude": f"{about.sun_altitude:.1f}",
            "note": cell(relations_text(stay.request, stay.visit)),
        }


def _spare(key: str, night: Night) -> Iterator[dict[str, str]]:
    site = night.plan.telescopes.sites[night.plan.telescopes.telescopes[key].site]
    for backup in night.backups(key):
        row = _place(backup.request.target, backup.start) | _wish(backup.request, backup.visit)
        yield row | {
            "role": "backup",
            "start_utc": text_of(backup.start)[:19] + "Z",
            "end_utc": text_of(backup.end)[:19] + "Z",
            "start_local": local_text(backup.start, site.zone, "%Y-%m-%d %H:%M:%S"),
            "end_local": local_text(backup.end, site.zone, "%Y-%m-%d %H:%M:%S"),
            "instrument": cell(backup.instrument),
            "exposures": wished_text(backup.visit),
            "duration_s": f"{backup.duration:.0f}",
            "note": cell(backup_text(backup)),
        }


def _place(target: Target, mjd: float) -> dict[str, str]:
    at = place_at(target, mjd)
    ra, dec = colons(*at)
    magnitudes = " ".join(f"{band or 'mag'}={value:g}" for band, value in target.magnitude.items())
    return {
        "target": cell(target.name),
        # Signs of numbers stay as they are: no text from outside is in them.
        "ra": ra,
        "dec": dec,
        "ra_deg": f"{at[0]:.6f}",
        "dec_deg": f"{at[1]:.6f}",
        "error_deg": "" if target.error is None else f"{target.error:g}",
        "magnitude": cell(magnitudes),
    }


def _wish(request: Request, visit: Visit) -> dict[str, str]:
    return {
        "mode": visit.mode,
        "priority": f"{request.priority:g}",
        "request": cell(request.key),
        "visit": cell(visit.key),
    }


def exposures_text(stay: Stay) -> str:
    """Such as ``g 3x60, r 3x60``."""
    return cell(", ".join(f"{e.band} {e.count}x{e.seconds:g}".strip() for e in stay.exposures))


def wished_text(visit: Visit) -> str:
    """The exposures that a visit asks for, before a telescope is chosen."""
    bands = visit.bands or ("any band",)
    pairs = visit.exposures if len(visit.exposures) > 1 else visit.exposures * len(bands)
    return cell(", ".join(f"{b} {n}x{s:g}" for b, (n, s) in zip(bands, pairs, strict=True)))


def relations_text(request: Request, visit: Visit) -> str:
    """What a visit hangs together with, in words."""
    told = []
    for r in request.relations:
        if r.implied or visit.key not in (r.first, r.then):
            continue
        least, most = ("" if x is None else f"{x:g} s" for x in (r.min, r.max))
        span = f"{least or 'any time'} to {most or 'any time'}" if least or most else "any time"
        told.append(
            f"{r.then} starts {span} after the {r.origin} of {r.first}"
            + ("" if r.where == "any" else f", at {r.where.replace('_', ' ')}")
        )
    return "; ".join(told)


def backup_text(backup: Backup) -> str:
    """Why a visit is a backup, and what it is worth alone."""
    names = ", ".join(backup.lost_to)
    why = {
        "lost": f"the time went to {names}" if names else "the time went to others",
        "one_of": f"{names} is planned in its place" if names else "another of its set is planned",
        "hours": "the hours of its programme are used up",
        "relation": "its visits found no times together",
    }[backup.reason]
    together = backup.request.credit == "all" and len(backup.request.visits) > 1
    return why + ("; counts only with its other visits" if together else "")


def text_lists(plan: Plan) -> list[Draft]:
    """The same as text in columns, to print and to send by mail.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Draft
    """
    night = Night(plan)
    return [
        _draft(
            plan,
            "text",
            key,
            f"{file_stem(key)}.txt",
            "text/plain",
            "".join(f"{line.rstrip()}\n" for line in lines),
        )
        for key, lines in (
            *((key, _lines(plan, stays, night)) for key, stays in plan.by_telescope.items()),
            *((key, _nothing(plan, key)) for key in emptied(plan)),
        )
    ]


def _nothing(plan: Plan, key: str) -> Iterator[str]:
    """The list of a telescope from which the last change took everything."""
    telescope = plan.telescopes.telescopes[key]
    yield _heading(telescope, plan.telescopes.sites[telescope.site])
    yield _draft_of(plan)
    yield ""
    yield "Nothing is planned here any more."
    yield dropped_text(plan, key)


def _heading(telescope: Telescope, site: Site) -> str:
    return plain(f"{telescope.name} {telescope.name_zh}, {site.name} {site.name_zh}")


def _draft_of(plan: Plan) -> str:
    return f"Schedule {plan.digest[:16]}. DRAFT: nothing here has been sent."


def _lines(plan: Plan, stays: tuple[Stay, ...], night: Night) -> Iterator[str]:
    telescope, site = stays[0].telescope, stays[0].site
    yield _heading(telescope, site)
    first, last = stays[0].planned.start, stays[-1].planned.end
    yield f"{clock(first, '%Y-%m-%d %H:%M')} to {clock(last, '%Y-%m-%d %H:%M')} UTC; local time is {site.zone}"
    yield _draft_of(plan)
    yield ""
    yield f"{'UTC':14} {'local':14} {'target':24} {'RA':11} {'Dec':11} {'airmass':14} {'Moon':>9} {'turn':>6}  exposures"
    for stay, about in zip(stays, night.circumstances[telescope.key], strict=True):
        ra, dec = colons(*place_at(stay.request.target, stay.planned.start))
        yield (
            f"{clock(stay.planned.start)} {local_text(stay.planned.start, site.zone)} {padded(stay.target_name, 24)} {ra} {dec} "
            f"{_airmasses(about):14} {about.moon_separation:4.0f} {about.moon_illumination:4.0%} {about.turning:4.0f} s  "
            f"{stay.instrument.key}: {plain(exposures_text(stay))}"
        )
        yield (
            f"{clock(stay.planned.end)} {local_text(stay.planned.end, site.zone)} "
            f"  priority {stay.request.priority:g}, {plain(stay.planned.request)}/{plain(stay.planned.visit)}, {stay.planned.state}, acquisition "
            f"{stay.mode.acquisition:g} s, read-out {stay.instrument.readout:g} s"
        )
        if note := relations_text(stay.request, stay.visit):
            yield f"{'':30}  {plain(note)}"
    if gone := dropped_text(plan, telescope.key):
        yield ""
        yield gone
    backups = night.backups(telescope.key)
    if backups:
        yield ""
        yield "In place of what fails, the most wished first, and when it can begin and must be over (UTC):"
    for backup in backups:
        ra, dec = colons(*place_at(backup.request.target, backup.start))
        yield (
            f"{clock(backup.start)} {clock(backup.end)} {padded(plain(backup.request.target.name), 24)} "
            f"{ra} {dec} priority {backup.request.priority:g}, {backup.duration:.0f} s, {backup.instrument}: {plain(wished_text(backup.visit))}; "
            f"{plain(backup_text(backup))}"
        )


def dropped_text(plan: Plan, key: str) -> str:
    """The visits that the last change took from a telescope, which somebody there may still have in hand, and those under way that nobody wants any more; "" where there is none."""
    gone = sorted((p.visit for p in plan.dropped().values() if p.visit.telescope == key), key=lambda v: v.start)
    at_it = [v for v in plan.unwanted() if v.telescope == key]
    told = (
        ("Under way, and its request was withdrawn; stop it if you can (UTC)", at_it),
        ("No longer planned here (UTC)", gone),
    )
    return " ".join(
        f"{what}: {', '.join(f'{clock(v.start)} {plain(v.request)}/{plain(v.visit)}' for v in visits)}."
        for what, visits in told
        if visits
    )


def emptied(plan: Plan) -> Iterator[str]:
    """The telescopes at which nothing is to be done any more, and where somebody has to be told so."""
    for key in plan.telescopes.telescopes:
        if key not in plan.by_telescope and dropped_text(plan, key):
            yield key


def _airmasses(about: Circumstances) -> str:
    return "-".join(f"{a:.2f}" for a in about.airmass)


def _draft(plan: Plan, form: str, key: str, name: str, media_type: str, text: str) -> Draft:
    wanted = Wanted(plan.details, form)
    return Draft(form, key, name, media_type, text.encode("utf-8"), tuple(wanted.missing), tuple(wanted.warnings))
