"""The Transient Name Server (TNS): the names of transients, who found them, and what they are.

Its interface is documented at https://www.wis-tns.org/content/tns-getting-started.  It gives little more than names in a search, so
each object is asked for by itself, within the pace that it allows.
"""

from __future__ import annotations

import json
from typing import Any

from gnomon.tools.archives.asking.credentials import credential
from gnomon.tools.archives.asking.json_replies import items_of, json_of, number, one_line
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.asking.utc_dates import MJD_ZERO, date_of_mjd, mjd, utc_date
from gnomon.tools.archives.transients.alert_questions import AlertQuestion, Alerts, within
from gnomon.tools.errors import BrokenReply, InputError, LoginNeeded, RateLimited

SERVICE = "Transient Name Server"
ADDRESS = "https://www.wis-tns.org/api/get"
_PAGE = "https://www.wis-tns.org/object/"
# Each takes six seconds at the pace that it allows.
MOST_OBJECTS = 100
_VARIABLES = ("TNS_API_KEY", "TNS_BOT_ID", "TNS_BOT_NAME")


def address() -> str:
    """Where the service is asked."""
    return ADDRESS


def ask_tns(question: AlertQuestion) -> Alerts:
    """Objects of the TNS, in its order; the class is compared after they came, since it does not search for it."""
    key, number_of_bot, name_of_bot = _credentials()
    session = open_session(SERVICE)
    marker = json.dumps({"tns_id": number_of_bot, "type": "bot", "name": name_of_bot}, separators=(",", ":"))
    session.headers["User-Agent"] = f"tns_marker{marker}"
    fields: dict[str, str] = {}
    if question.place is not None:
        ra, dec = question.place
        fields |= {"ra": f"{ra:.7f}", "dec": f"{dec:+.7f}", "radius": repr(question.radius), "units": "arcsec"}
    if question.identifier:
        field, value = _name_field(question.identifier)
        fields[field] = value
    if question.since is not None:
        fields["public_timestamp"] = date_of_mjd(question.since).strftime("%Y-%m-%d %H:%M:%S")
    found = items_of(_told(session, "search", fields, key), SERVICE, ("objname", "prefix"), "objects")
    limit = min(question.rows, MOST_OBJECTS)
    rows: list[dict[str, Any]] = []
    looked_at = 0
    for item in found:
        if len(rows) >= limit or looked_at >= MOST_OBJECTS:
            break
        looked_at += 1
        row = _details(session, one_line(item["objname"]), one_line(item["prefix"]), key)
        # The date of the search is that of publication; what was seen later counts, whenever it was found.
        if within(question, row) and (
            not question.object_class or _is_of(row["classification"], question.object_class)
        ):
            rows.append(row)
    if looked_at == len(found):
        return Alerts(rows)
    if len(rows) >= question.rows:
        return Alerts(rows, False, f"the limit of {question.rows} rows of this plan")
    return Alerts(rows, False, f"the {MOST_OBJECTS} objects that are looked at, of {len(found)} found")


def _credentials() -> tuple[str, str, str]:
    key, number_of_bot, name_of_bot = held = [credential(v) for v in _VARIABLES]
    missing = [v for v, value in zip(_VARIABLES, held, strict=True) if not value]
    if missing:
        raise LoginNeeded(
            f"The {SERVICE} wants to know who asks, and there is nothing in {', '.join(missing)}.",
            remedy="Make an account and a bot at https://www.wis-tns.org/bots, and set TNS_API_KEY, TNS_BOT_ID and TNS_BOT_NAME.",
        )
    if not number_of_bot.isdigit() or not name_of_bot.isprintable() or not name_of_bot.isascii():
        raise LoginNeeded("TNS_BOT_ID is no number, or TNS_BOT_NAME no plain name.", remedy="Set them as the page of the bot has them.")  # fmt: skip
    return key, number_of_bot, name_of_bot


def _name_field(name: str) -> tuple[str, str]:
    """The field in which a name is looked up: that of the TNS has a year and letters, others are of surveys."""
    import re

    found = re.fullmatch(r"(?:SN|AT|TDE|FRB)?\s*((?:19|20)\d\d[A-Za-z]{1,5}|\d{8}[A-Za-z]{1,2})", name, re.IGNORECASE)
    if found:
        year, letters = found[1][:4], found[1][4:]
        return "objname", year + (letters.lower() if len(letters) > 1 and letters.isalpha() else letters.upper())
    return "internal_name", name


def _told(session: Any, what: str, fields: dict[str, str], key: str) -> Any:
    form = {"api_key": key, "data": json.dumps(fields, sort_keys=True)}
    told = json_of(session.post(f"{ADDRESS}/{what}", data=form), SERVICE)
    if not isinstance(told, dict) or "data" not in told:
        raise BrokenReply(f"The {SERVICE} sent a reply without 'data'.", remedy="Ask again later.", retryable=True)
    code = told.get("id_code", 200)
    said = one_line(told.get("id_message"))[:200]
    if code == 401:
        raise LoginNeeded(f"The {SERVICE} does not let us in ({said}).", remedy="Look at TNS_API_KEY and the bot.")
    if code == 429:
        raise RateLimited(f"The {SERVICE} has been asked too often.", remedy="Ask in a minute.", retryable=True)
    if code != 200:
        raise InputError(f"The {SERVICE} does not accept the question ({code}: {said}).", remedy="Change what is asked.")  # fmt: skip
    data = told["data"]
    # Until 2024 the answer lay one level deeper.
    return data["reply"] if isinstance(data, dict) and "reply" in data else data


def _details(session: Any, name: str, prefix: str, key: str) -> dict[str, Any]:
    told = _told(session, "object", {"objname": name, "photometry": "1", "spectra": "0"}, key)
    needed = ("objname", "radeg", "decdeg", "discoverydate")
    item = items_of([told], SERVICE, needed, "details of an object")[0]
    first = _day(item["discoverydate"])
    seen = [(first, number(item, "discoverymag", SERVICE), _name(item.get("discmagfilter")))] if first else []
    for point in item.get("photometry") or []:
        if isinstance(point, dict) and number(point, "flux", SERVICE) is not None:
            day = number(point, "jd", SERVICE)
            when = _day(point.get("obsdate")) if day is None else day - MJD_ZERO
            # Only magnitudes are comparable; there are fluxes in other units, too.
            value = number(point, "flux", SERVICE) if "mag" in _name(point.get("flux_unit")).lower() else None
            if when is not None and value is not None:
                seen.append((when, value, _name(point.get("filters"))))
    last = max(seen, key=lambda s: s[0], default=(None, None, ""))
    kind, redshift = _name(item.get("object_type")), number(item, "redshift", SERVICE)
    others = one_line(item.get("internal_names"))
    told_more = [
        f"reported by {_name(item.get('reporting_group'))}" if _name(item.get("reporting_group")) else "",
        f"also {others}" if others else "",
        f"redshift {redshift:g}" if redshift is not None else "",
        f"host {one_line(item.get('hostname'))}" if item.get("hostname") else "",
    ]
    return {
        "identifier": f"{one_line(item.get('name_prefix')) or prefix} {name}".strip(),
        "time": last[0],
        "first_time": first,
        "ra": number(item, "radeg", SERVICE),
        "dec": number(item, "decdeg", SERVICE),
        "magnitude": last[1],
        "band": last[2],
        "classification": kind,
        "url": _PAGE + name,
        "text": "; ".join(t for t in told_more if t),
    }


def _name(value: Any) -> str:
    """The name in ``{"id": 5, "name": "SN Ia"}``, or the text itself."""
    if isinstance(value, dict):
        value = value.get("name") or value.get("group_name")
    return one_line(value)


def _day(text: Any) -> float | None:
    try:
        return mjd(utc_date(str(text), "date")) if text else None
    except InputError as error:
        raise BrokenReply(
            f"The {SERVICE} gives {one_line(text)[:40]!r} as a date.", remedy="Tell its people."
        ) from error


def _is_of(kind: str, wanted: str) -> bool:
    """Whether a type is one of the wanted kind: SN Ia-pec is of SN Ia and of SN, and SN Ic is not of SN I."""
    kind, wanted = kind.casefold(), wanted.casefold()
    return kind == wanted or (kind.startswith(wanted) and kind[len(wanted)] in " -")
