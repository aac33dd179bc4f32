"""Drafts of GCN circulars: names, times and numbers from the documents alone."""

from __future__ import annotations

import re

from gnomon.tools.errors import InputError
from gnomon.tools.observing.drafts.checking import check_form
from gnomon.tools.observing.drafts.details import Wanted
from gnomon.tools.observing.drafts.draft import Draft
from gnomon.tools.observing.drafts.outside_text import ascii_text, file_stem, shortened
from gnomon.tools.observing.drafts.places import catalogue_place, clock, colons
from gnomon.tools.observing.drafts.plan import Plan, Stay
from gnomon.tools.observing.drafts.schemas.gcn import CIRCULAR, REFUSED_WORDS, SUBJECT_EVENTS, SUBJECT_WORDS

_COLUMNS = 79
_NAME = 100  # characters of an event's name
_LINES = 60  # above which GCN's style guide finds a circular too long
_WIDTHS = (20, 18, 14, 8)  # telescope, instrument, start, state; what is exposed takes the rest


def circulars(plan: Plan) -> list[Draft]:
    """A circular for each request that has visits which did not fail, since a circular is of one event.

    Paragraphs are not broken into lines, as the style guide of GCN wants; the table stays within 79 columns.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Draft
        Plain ASCII, the first line the subject.  Details asked for: ``authors``, ``contact``, and ``event`` where the target's name is none that GCN knows or
        cannot be written in ASCII.  ``reference`` names the earlier circulars.

    Raises
    ------
    InputError
        Where a value does not fit.
    """
    # Of what failed there is nothing to tell the community.
    left = [tuple(s for s in stays if s.planned.state != "failed") for stays in plan.by_request.values()]
    return [_circular(plan, stays) for stays in left if stays]


def _circular(plan: Plan, stays: tuple[Stay, ...]) -> Draft:
    wanted = Wanted(plan.details, "gcn_circular")
    request = stays[0].request
    event = _ascii(wanted.may("event", None, request.key) or request.target.name)
    if event is None:
        wanted.lack(
            f"gcn_circular.event for {request.key}: the name of the event in ASCII",
            f"gcn_circular.event（{request.key}）：ASCII 写法的事件名",
        )
        event = request.key
    event = shortened(event, _NAME)
    names = list(dict.fromkeys(_ascii(s.telescope.name) or s.telescope.key for s in stays))
    subject = f"{event}: {', '.join(names)} {'planned observations' if _planned(stays) else 'observations'}".replace(
        "?", ""
    )
    if len(subject) > 200:
        subject = f"{event}: {len(names)} telescopes, planned observations"
    folded = subject.lower()
    if not _known(event):
        wanted.lack(
            f"gcn_circular.event for {request.key}: GCN takes a subject only with the name of an event, such as GRB 170817A or AT2017gfo",
            f"gcn_circular.event（{request.key}）：GCN 的标题必须含事件名，如 GRB 170817A 或 AT2017gfo",
        )
    refused = next((word for word in REFUSED_WORDS if word in folded), None)
    if refused is not None:
        raise InputError(
            f"GCN takes the subject {subject!r} for an automatic reply, because of {refused!r}.",
            remedy="Give another name of the event in the details (gcn_circular.event).",
        )
    body = "\n".join(_body(stays, event, names, wanted)) + "\n"
    check_form({"subject": subject, "format": "text/plain", "body": body}, CIRCULAR, f"The circular on {event}")
    if body.count("\n") > _LINES:
        wanted.warn(
            f"The circular has {body.count(chr(10))} lines; the style guide wants fewer than {_LINES}.",
            f"通告有 {body.count(chr(10))} 行；格式指南要求少于 {_LINES} 行。",
        )
    if wanted.may("reference", None, request.key) is None:
        wanted.warn(
            "No earlier circular is named; the style guide wants references to those on the same event.",
            "没有指明较早的通告；格式指南要求引用同一事件的通告。",
        )
    return Draft(
        "gcn_circular", None, f"{file_stem('gcn-circular', request.key)}.txt", "text/plain",
        f"SUBJECT: {subject}\n\n{body}".encode("ascii"), tuple(wanted.missing), tuple(wanted.warnings),
    )  # fmt: skip


def _body(stays: tuple[Stay, ...], event: str, names: list[str], wanted: Wanted) -> list[str]:
    target = stays[0].request.target
    authors = _told("authors", wanted)
    ra, dec = colons(*catalogue_place(target, stays[0].planned.start), 2)
    lines = [f"{authors or '[authors]'} report:", ""]
    verb = "are planned" if _planned(stays) else "were made"
    sites = list(dict.fromkeys(_ascii(s.site.name) or s.site.key for s in stays))
    lines += [f"Observations of {event} {verb} with {_and(names)} at {_and(sites)}."]
    if target.moves:
        lines += [f"Its place at {clock(stays[0].planned.start, '%Y-%m-%d %H:%M:%S')} UTC is"]
    else:
        lines += ["The position is"]
    lines += [f"   RA(J2000)  = {ra}", f"   Dec(J2000) = {dec}"]
    if target.error is not None:
        lines += [f"with an uncertainty of {_angle(target.error)} (radius)."]
    lines += [
        "",
        f"Start is UTC, {_years(stays)}; exposures are number x seconds.",
        "",
        _line("Telescope", "Instrument", "Start", "State", "Exposures")[0],
    ]
    for stay in stays:
        exposed = ", ".join(f"{_ascii(e.band) or '?'} {e.count}x{e.seconds:g}" for e in stay.exposures)
        lines += _line(
            _called(stay.telescope.name, stay.telescope.key, _WIDTHS[0]), _called(stay.instrument.name, stay.instrument.key, _WIDTHS[1]),
            clock(stay.planned.start), stay.planned.state, exposed,
        )  # fmt: skip
    reference = _told("reference", wanted, stays[0].request.key, required=False)
    if reference:
        lines += ["", f"Earlier circulars: {reference}."]
    contact = _told("contact", wanted)
    lines += ["", f"Contact: {contact or '[contact]'}"]
    return lines


def _years(stays: tuple[Stay, ...]) -> str:
    return _and(list(dict.fromkeys(clock(s.planned.start, "%Y") for s in stays)))


def _called(name: str, key: str, width: int) -> str:
    """A name in ASCII; its key where it cannot be written so, or is too long for its column."""
    written = _ascii(name)
    return written if written and len(written) <= width else key


def _told(word: str, wanted: Wanted, key: str = "", required: bool = True) -> str | None:
    value = wanted.must(word, (), None, key) if required else wanted.may(word, None, key)
    if value is None:
        return None
    text = _ascii(value)
    if text is None:
        wanted.lack(
            f"gcn_circular.{word} in ASCII: it cannot be written so without guessing",
            f"gcn_circular.{word} 的 ASCII 写法：不猜就无法转写",
        )
    return text


def _line(telescope: str, instrument: str, start: str, state: str, exposed: str) -> list[str]:
    """A row of the table; what is exposed goes on below where it is too long."""
    head = " ".join(
        text[:width].ljust(width) for text, width in zip((telescope, instrument, start, state), _WIDTHS, strict=True)
    )
    room = _COLUMNS - len(head) - 1
    pieces: list[str] = []
    for part in exposed.split(", "):
        part = part[:room]
        if pieces and len(pieces[-1]) + len(part) + 2 <= room:
            pieces[-1] += f", {part}"
        else:
            pieces.append(part)
    return [f"{head} {pieces[0]}".rstrip(), *(" " * (len(head) + 1) + p for p in pieces[1:])]


def _known(event: str) -> bool:
    """Whether GCN knows the event by its name: one of its words stands there by itself, not within another word as in Palma."""
    words = "|".join(re.escape(w) for w in SUBJECT_WORDS)
    return bool(re.search(rf"(?i)(?<![a-z])(?:{words})(?![a-z])", event) or re.search(SUBJECT_EVENTS, event))


def _planned(stays: tuple[Stay, ...]) -> bool:
    return any(s.planned.state in ("planned", "running") for s in stays)


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _angle(degrees: float) -> str:
    if degrees >= 1.0:
        return f"{degrees:.3g} deg"
    return f"{degrees * 60:.3g} arcmin" if degrees >= 1.0 / 60.0 - 1e-9 else f"{degrees * 3600:.3g} arcsec"


def _ascii(text: object) -> str | None:
    return ascii_text(text)
