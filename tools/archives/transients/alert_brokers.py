"""Brokers of the alerts of the Zwicky Transient Facility: ALeRCE, Fink and Lasair.

Their interfaces are documented at https://api.alerce.online/ztf/v1/, https://api.ztf.fink-portal.org/ and
https://lasair-ztf.lsst.ac.uk/api.
"""

from __future__ import annotations

import re
from typing import Any

from gnomon.tools.archives.asking.credentials import credential
from gnomon.tools.archives.asking.json_replies import items_of, json_of, number, one_line, whole_number
from gnomon.tools.archives.asking.service_session import open_session
from gnomon.tools.archives.asking.utc_dates import MJD_ZERO, date_of_mjd
from gnomon.tools.archives.transients.alert_questions import AlertQuestion, Alerts, within
from gnomon.tools.errors import BrokenReply, InputError, LoginNeeded

ADDRESSES = {
    "ALeRCE": "https://api.alerce.online/ztf/v1/objects",
    "Fink": "https://api.ztf.fink-portal.org/api/v1",
    "Lasair": "https://lasair-ztf.lsst.ac.uk/api",
}
_PAGES = {"ALeRCE": "https://alerce.online/object/", "Fink": "https://ztf.fink-portal.org/", "Lasair": "https://lasair-ztf.lsst.ac.uk/objects/"}  # fmt: skip
_BANDS = {1: "g", 2: "r", 3: "i"}  # of the camera: ZTF Avro schema, fid
_IDENTIFIER = re.compile(r"[A-Za-z0-9_.\-]{3,40}")
_OBJECTS_AT_ONCE = 500
# Classes that only the classifier of stamps of ALeRCE has; all others are those of its light-curve classifier.
_OF_STAMPS = frozenset({"SN", "VS", "asteroid", "bogus"})
_FAR_FUTURE = 99999.0  # MJD, of the year 2132
# Fink looks through the alerts of a field of its index up to this number before it measures distances.
_FINK_DEPTH = 10_000
_LASAIR_RADIUS = 1000.0  # arcsec, the largest that it takes
_LASAIR_IDS = 150  # whose names fit into the 4096 letters of a condition


def address_of(broker: str) -> str:
    """Where a broker is asked."""
    return ADDRESSES[broker]


def ask_alerce(question: AlertQuestion) -> Alerts:
    """Objects of ALeRCE, those last seen first, with the most probable class of its light-curve classifier.

    The class may be given as ``classifier:class``.  Each object comes once.
    """
    fields: dict[str, Any] = {"order_by": "lastmjd", "order_mode": "DESC", "count": "false"}
    if question.identifier:
        fields["oid"] = _checked_identifier(question.identifier)
    if question.place is not None:
        # It takes a coordinate of exactly zero for none, and then gives the whole sky.
        ra, dec = (x or 1e-9 for x in question.place)
        fields |= {"ra": ra, "dec": dec, "radius": question.radius}
    if question.object_class:
        classifier, _, name = question.object_class.rpartition(":")
        fields["classifier"] = classifier or ("stamp_classifier" if name in _OF_STAMPS else "lc_classifier")
        fields |= {"class": name, "ranking": 1}
    if question.since is not None:
        fields["lastmjd"] = [question.since, _FAR_FUTURE]
    session = open_session("ALeRCE")
    found: dict[str, dict[str, Any]] = {}
    fields["page_size"] = min(question.rows + 1, _OBJECTS_AT_ONCE)
    more = True
    fields["page"] = 1
    while more and len(found) <= question.rows:
        told = json_of(session.get(ADDRESSES["ALeRCE"], params=fields), "ALeRCE")
        items = items_of(
            told.get("items") if isinstance(told, dict) else None,
            "ALeRCE",
            ("oid", "lastmjd", "firstmjd", "meanra", "meandec"),
            "objects",
        )
        before = len(found)
        for item in items:
            row = _of_alerce(item)
            if within(question, row):
                found.setdefault(row["identifier"], row)
        more = len(items) == fields["page_size"]
        if more and len(found) == before:
            raise BrokenReply("ALeRCE sends the same objects over and over.", remedy="Ask again later.", retryable=True)
        fields["page"] += 1
    return _cut(list(found.values()), question, more, "ALeRCE")


def _of_alerce(item: dict[str, Any]) -> dict[str, Any]:
    name = one_line(item["oid"])
    return {
        "identifier": name,
        "time": number(item, "lastmjd", "ALeRCE"),
        "first_time": number(item, "firstmjd", "ALeRCE"),
        "ra": number(item, "meanra", "ALeRCE"),
        "dec": number(item, "meandec", "ALeRCE"),
        "classification": one_line(item.get("class")),
        "probability": number(item, "probability", "ALeRCE"),
        "number_of_detections": whole_number(item, "ndet", "ALeRCE"),
        "url": _PAGES["ALeRCE"] + name,
    }


def ask_fink(question: AlertQuestion) -> Alerts:
    """Objects of Fink, each with its last alert."""
    session = open_session("Fink")
    fields: dict[str, Any] = {"output-format": "json"}
    depth = min(10_000, 3 * question.rows + 1)  # several alerts are of one object
    if question.identifier:
        path = "/objects"
        fields["objectId"] = _checked_identifier(question.identifier)
    elif question.place is not None:
        path, depth = "/conesearch", _FINK_DEPTH
        ra, dec = question.place
        fields |= {"ra": ra, "dec": dec, "radius": question.radius, "n": depth}
    else:
        if not question.object_class:
            raise InputError("Fink has no list of all its alerts.", remedy="Give a target, an object_class or an identifier.")  # fmt: skip
        path = "/latests"
        fields |= {"class": question.object_class, "n": depth}
        if question.since is not None:
            fields["startdate"] = date_of_mjd(question.since).strftime("%Y-%m-%d %H:%M:%S")
    told = json_of(session.post(ADDRESSES["Fink"] + path, json=fields), "Fink")
    items = items_of(told, "Fink", ("i:objectId", "i:jd", "i:ra", "i:dec"), "alerts")
    found: dict[str, dict[str, Any]] = {}
    for item in items:
        row = _of_fink(item)
        known = found.get(row["identifier"])
        if known is None or (row["time"] or 0.0) > (known["time"] or 0.0):
            found[row["identifier"]] = row
    kept = [
        row
        for row in found.values()
        if within(question, row)
        and (not question.object_class or path == "/latests" or _same(row["classification"], question.object_class))
    ]
    kept.sort(key=lambda row: (-(row["time"] or 0.0), row["identifier"]))
    answer = _cut(kept, question, len(items) >= depth and path == "/latests", "Fink")
    if path == "/conesearch" and answer.complete:
        # It stops reading a field of its index after so many alerts, and does not say whether it did.
        answer.complete, answer.cut_by = None, "Fink"
    return answer


def _of_fink(item: dict[str, Any]) -> dict[str, Any]:
    name = one_line(item["i:objectId"])
    last, first = number(item, "i:jd", "Fink"), number(item, "i:jdstarthist", "Fink")
    band = whole_number(item, "i:fid", "Fink")
    return {
        "identifier": name,
        "time": None if last is None else last - MJD_ZERO,
        "first_time": None if first is None else first - MJD_ZERO,
        "ra": number(item, "i:ra", "Fink"),
        "dec": number(item, "i:dec", "Fink"),
        "magnitude": number(item, "i:magpsf", "Fink"),
        "band": _BANDS.get(band or 0, ""),
        "classification": one_line(item.get("v:classification")),
        "number_of_detections": whole_number(item, "i:ndethist", "Fink"),
        "url": _PAGES["Fink"] + name,
    }


def ask_lasair(question: AlertQuestion) -> Alerts:
    """Objects of Lasair, with the class of its context (Sherlock)."""
    token = credential("LASAIR_TOKEN")
    if not token:
        raise LoginNeeded(
            "Lasair wants to know who asks, and there is no token in LASAIR_TOKEN.",
            remedy="Make an account at https://lasair-ztf.lsst.ac.uk, take the token from My Profile, and set LASAIR_TOKEN.",
        )
    session = open_session("Lasair")
    session.headers["Authorization"] = f"Token {token}"
    conditions = []
    if question.since is not None:
        conditions.append(f"objects.jdmax >= {question.since + MJD_ZERO!r}")
    if question.object_class:
        if not re.fullmatch(r"[A-Za-z]{2,20}", question.object_class):
            raise InputError(f"Lasair has no class {question.object_class!r}.", remedy="It has AGN, BS, CV, NT, ORPHAN, SN, UNCLEAR and VS.")  # fmt: skip
        conditions.append(f"sherlock_classifications.classification = '{question.object_class}'")
    if question.identifier:
        names = [_checked_identifier(question.identifier)]
    elif question.place is not None:
        names = _names_of_lasair(session, question)
        if not names:
            return Alerts()
    else:
        rows = _details_of_lasair(session, [*conditions, "1 = 1"], question.rows + 1)
        return _cut(rows, question, len(rows) > question.rows, "Lasair")
    rows = []
    for n in range(0, len(names), _LASAIR_IDS):
        some = ", ".join(f"'{name}'" for name in names[n : n + _LASAIR_IDS])
        rows += _details_of_lasair(session, [*conditions, f"objects.objectId IN ({some})"], _LASAIR_IDS)
    rows = [row for row in rows if within(question, row)]
    answer = _cut(rows, question, False, "Lasair")
    if not conditions and len(rows) < len(set(names)) and question.place is not None:
        answer.complete, answer.cut_by = False, "Lasair"
        answer.warnings.append(
            f"Lasair found {len(set(names))} objects there and has details of {len(rows)}; the others were left out."
        )
    return answer


def _names_of_lasair(session: Any, question: AlertQuestion) -> list[str]:
    assert question.place is not None
    if question.radius > _LASAIR_RADIUS:
        raise InputError(
            f"Lasair takes a radius of at most {_LASAIR_RADIUS:.0f} arcsec.", remedy="Give a smaller radius."
        )
    ra, dec = question.place
    fields = {"ra": ra, "dec": dec, "radius": question.radius, "requestType": "all"}
    told = _told_by_lasair(session, "/cone/", fields)
    names = [one_line(item["object"]) for item in items_of(told, "Lasair", ("object", "separation"), "objects")]
    strange = next((name for name in names if not _IDENTIFIER.fullmatch(name)), None)
    if strange is not None:
        raise BrokenReply(f"Lasair names an object {strange[:40]!r}.", remedy="Tell the service's people.")
    return names


def _details_of_lasair(session: Any, conditions: list[str], limit: int) -> list[dict[str, Any]]:
    fields = {
        "selected": "objects.objectId, objects.ramean, objects.decmean, objects.jdmin, objects.jdmax, objects.ncand, objects.gmag, "
        "objects.rmag, objects.jdgmax, objects.jdrmax, sherlock_classifications.classification",
        "tables": "objects, sherlock_classifications",
        "conditions": " AND ".join(conditions) + " ORDER BY objects.jdmax DESC",
        "limit": limit,
    }
    needed = ("objectId", "ramean", "decmean", "jdmin", "jdmax")
    return [_of_lasair(i) for i in items_of(_told_by_lasair(session, "/query/", fields), "Lasair", needed, "objects")]


def _told_by_lasair(session: Any, path: str, fields: dict[str, Any]) -> Any:
    told = json_of(session.post(ADDRESSES["Lasair"] + path, data=fields), "Lasair")
    if isinstance(told, dict) and told.get("error"):
        said = one_line(re.sub(r"<[^>]*>", " ", str(told["error"])))[:300].rstrip(".")
        raise InputError(f"Lasair does not accept the question: {said}.", remedy="Change what is asked.")
    return told


def _of_lasair(item: dict[str, Any]) -> dict[str, Any]:
    name = one_line(item["objectId"])
    last, first = number(item, "jdmax", "Lasair"), number(item, "jdmin", "Lasair")
    magnitudes = [
        (when, number(item, mag, "Lasair"), band)
        for band, mag, day in (("g", "gmag", "jdgmax"), ("r", "rmag", "jdrmax"))
        if (when := number(item, day, "Lasair")) is not None and number(item, mag, "Lasair") is not None
    ]
    latest = max(magnitudes, default=(0.0, None, ""))
    return {
        "identifier": name,
        "time": None if last is None else last - MJD_ZERO,
        "first_time": None if first is None else first - MJD_ZERO,
        "ra": number(item, "ramean", "Lasair"),
        "dec": number(item, "decmean", "Lasair"),
        "magnitude": latest[1],
        "band": latest[2],
        "classification": one_line(item.get("classification")),
        "number_of_detections": whole_number(item, "ncand", "Lasair"),
        "url": f"{_PAGES['Lasair']}{name}/",
    }


def _checked_identifier(text: str) -> str:
    if not _IDENTIFIER.fullmatch(text):
        raise InputError(f"{text[:40]!r} is no name of an object of ZTF.", remedy="Give one like ZTF20aaelulu.")
    return text


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _cut(rows: list[dict[str, Any]], question: AlertQuestion, more: bool, service: str) -> Alerts:
    if len(rows) > question.rows:
        return Alerts(rows[: question.rows], False, f"the limit of {question.rows} rows of this plan")
    return Alerts(rows, not more, service if more else "")
