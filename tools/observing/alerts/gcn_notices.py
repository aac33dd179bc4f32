"""Notices of GCN in JSON: its unified schema, and the alerts of LIGO, Virgo and KAGRA.

References
----------
The schemas are those of github.com/nasa-gcn/gcn-schema, version 7.1 (2026); of LVK alerts, those of igwn-gwalert-schema 1.2 and of the
LIGO/Virgo/KAGRA public alerts user guide, emfollow.docs.ligo.org/userguide.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any

from gnomon.tools.errors import InputError
from gnomon.tools.observing.alerts.alert import TENSES, Alert
from gnomon.tools.observing.alerts.map_measures import measures_of_map, unpacked_map
from gnomon.tools.observing.alerts.packet_values import Values, as_number, lower_name, plain_text
from gnomon.tools.observing.documents.times import text_of

# A subsequent alert is another detection of a source that is known, under a name of its own: the first notice on that detection.
_KINDS = {"initial": "initial", "subsequent": "initial", "update": "update", "retraction": "retraction"}
_STAGES = ("earlywarning", "preliminary", "initial", "update", "retraction")

Maps = dict[str, bytes]


def is_gcn(told: Mapping[str, Any]) -> bool:
    """Whether a mapping is a notice in the unified schema."""
    named = str(told.get("$schema", ""))
    return "gcn.nasa.gov/schema" in named or (
        any(k in told for k in ("id", "event_name", "data", "ref_ID"))
        and any(k in told for k in ("alert_type", "alert_datetime", "trigger_time", "mission", "instrument"))
    )


def read_gcn(told: Mapping[str, Any], digest: str, maps: Maps) -> list[Alert]:
    """The alerts of one notice in the unified schema: one, or one for each target of a list.

    Parameters
    ----------
    told : mapping
    digest : str
        Of the packet.
    maps : dict
        Sky maps that come along are put here, by their SHA-256.

    Raises
    ------
    InputError
        Where it does not say which event it is about, or has a time or position that is none.
    """
    values = Values(told, "The notice")
    schema = values.text("$schema").partition("/notices/")[2].split("/")
    source = lower_name(values.text("mission") or (schema[0] if len(schema) > 1 else "")) or "gcn"
    targets = values.inside("data").told.get("targets")
    if isinstance(targets, list) and targets:
        held = [t for t in targets if isinstance(t, Mapping)]
        return [_gcn_alert(Values({**told, **t}, f"Target {n}"), source, digest, maps) for n, t in enumerate(held, 1)]
    return [_gcn_alert(values, source, digest, maps)]


def _gcn_alert(values: Values, source: str, digest: str, maps: Maps) -> Alert:
    names = values.texts("id") + values.texts("event_name") + values.texts("obs_id")
    followed = values.texts("ref_ID") + tuple(_as_event(t) for t in values.texts("follow_up_event"))
    if not names and not followed:
        raise InputError("The notice names no event.", remedy="It needs id or event_name.")
    event = f"{source}:{(names or followed)[0]}"
    version, written = values.whole("record_number"), values.time("alert_datetime")
    tense = values.text("alert_tense").lower()
    if tense not in TENSES:
        values.notes.append(f"alert_tense is {tense}, which is none.")
        tense = "test"  # what is not understood proposes nothing
    if (
        values.text("$schema").rpartition("/")[2].lower().startswith("test")
    ):  # topics for tests have schemas of their own
        tense = "test"
    ra, dec = values.position()
    mapped = _map(values, "healpix_file", maps)
    magnitude, band = _last_magnitude(values, names)
    flags = tuple(k for k, v in values.told.items() if v is True)
    return Alert(
        identifier=_identifier(event, version, written, digest),
        event=event,
        source=source,
        form="gcn",
        digest=digest,
        kind=_KINDS.get(values.text("alert_type").lower(), ""),
        version=version,
        names=tuple(dict.fromkeys(names)),
        instrument=values.text("instrument"),
        messenger=values.text("messenger"),
        stage=values.text("subtype").lower() or values.text("pipeline"),
        trigger_type=values.text("trigger_type"),
        tense=tense,
        is_test=tense in ("test", "injection"),
        time_event=values.time("trigger_time", "observation_start"),
        time_notice=written,
        ra=ra,
        dec=dec,
        error=_larger(values, "ra_dec_error", 180),
        error_probability=values.number("containment_probability", 0, 1),
        skymap=mapped.get("skymap", ""),
        skymap_url=values.text("healpix_url", 500),
        classification=values.scores("classification") or values.scores("classification_scores"),
        properties=values.scores("properties") | _score(values, "p_astro") | _score(values, "importance"),
        distance=_or(values.number("luminosity_distance", 0), mapped.get("distance")),
        distance_error=_or(_larger(values, "luminosity_distance_error", math.inf), mapped.get("distance_error")),
        redshift=values.number("redshift", -0.01, 50),
        area=mapped.get("area"),
        significant=values.truth("significant"),
        far=values.number("far", 0),
        snr=_first(values, ("image_snr", "rate_snr", "snr"), 0),
        magnitude=magnitude,
        band=band,
        flux=_first(values, ("flux", "net_count_rate"), -math.inf),
        flux_unit=values.text("flux_unit") or ("count/s" if values.told.get("net_count_rate") is not None else ""),
        duration=_first(values, ("t90", "event_duration"), 0),
        instruments=_triggered(values),
        follows=tuple(dict.fromkeys(followed)),
        flags=flags or None,
        url=values.text("data_archive_page", 500),
        text=values.free_text("additional_info") or values.free_text("update_message") or values.free_text("description"),
        notes=tuple(values.notes),
    )  # fmt: skip


def is_igwn(told: Mapping[str, Any]) -> bool:
    """Whether a mapping is an alert of LIGO, Virgo and KAGRA."""
    return "superevent_id" in told


def read_igwn(told: Mapping[str, Any], digest: str, maps: Maps) -> list[Alert]:
    """The alert of LIGO, Virgo and KAGRA in a mapping; arguments and errors are those of `read_gcn`.

    Names that begin with M or T, and the search MDC, are mock and test events.
    """
    values = Values(told, "The LVK alert")
    event, name = values.inside("event"), values.text("superevent_id")
    stage = values.text("alert_type").lower().replace("_", "").replace("-", "")
    if not name or stage not in _STAGES:
        raise InputError(
            "The LVK alert has no superevent_id, or no alert_type that is known.", remedy="Ask its sender."
        )
    mapped = _map(event, "skymap", maps)
    coincidence = values.inside("external_coinc")
    other = (lower_name(coincidence.text("observatory")), coincidence.text("gcn_notice_id"))
    written = values.time("time_created")
    tense = "test" if name[0] in "MT" or event.text("search").upper() == "MDC" else "current"
    key = f"lvk:{name}"
    return [
        Alert(
            identifier=f"{_identifier(key, None, written, digest)}-{stage}",
            event=key,
            source="lvk",
            form="igwn",
            digest=digest,
            kind=_KINDS.get(stage, "initial"),
            names=(name,),
            instrument=event.text("pipeline"),
            messenger="GW",
            stage=stage,
            trigger_type=event.text("group"),
            tense=tense,
            is_test=tense == "test",
            time_event=event.time("time"),
            time_notice=written,
            skymap=mapped.get("skymap", ""),
            skymap_url=values.inside("urls").text("skymap", 500),
            classification=event.scores("classification"),
            properties=event.scores("properties"),
            distance=mapped.get("distance"),
            distance_error=mapped.get("distance_error"),
            area=mapped.get("area"),
            significant=event.truth("significant"),
            far=event.number("far", 0),
            duration=event.number("duration", 0),
            instruments=event.texts("instruments"),
            follows=(":".join(other),) if all(other) else (),
            url=values.inside("urls").text("gracedb", 500),
            notes=tuple(values.notes + [n for n in event.notes if n not in values.notes]),
        )
    ]


def _identifier(event: str, version: int | None, written: float | None, digest: str) -> str:
    if version is not None:
        return f"{event}#{version}"
    return f"{event}#{digest[:12] if written is None else text_of(written)}"


def _larger(values: Values, key: str, most: float) -> float | None:
    """An error, or the larger of two: the half axes of an ellipse, before its position angle, or the lower and the upper error."""
    given = values.told.get(key)
    if not isinstance(given, list):
        return values.number(key, 0, most)
    sizes = [abs(v) for item in given[:2] if (v := as_number(item)) is not None]
    if len(sizes) < min(2, len(given)) or not sizes or max(sizes) > most:
        values.notes.append(f"{key} cannot be, and was left out.")
        return None
    return max(sizes)


def _as_event(text: str) -> str:
    """``Fermi 694215970`` as the event that notices of that mission are about."""
    mission, _, name = text.partition(" ")
    return f"{lower_name(mission)}:{name}" if name and " " not in name else text


def _map(values: Values, key: str, maps: Maps) -> dict[str, Any]:
    content = values.content(key)
    if content is None:
        return {}
    try:
        content = unpacked_map(content)
        measures = measures_of_map(content)
    except InputError as error:
        values.notes.append(error.what)
        return {}
    digest = hashlib.sha256(content).hexdigest()
    maps[digest] = content
    return {"skymap": digest, **measures}


def _triggered(values: Values) -> tuple[str, ...]:
    status = values.told.get("detector_status")
    if not isinstance(status, Mapping):
        return ()
    return tuple(plain_text(k) for k, v in status.items() if v == "triggered")[:200]


def _last_magnitude(values: Values, names: tuple[str, ...]) -> tuple[float | None, str]:
    """The magnitude of a notice: its own, or the latest detection of this target in a list of photometry."""
    if values.told.get("mag") is not None:
        return values.number("mag", -30, 40), values.text("filter")
    points = values.inside("data").told.get("photometry")
    held = [p for p in points or () if isinstance(p, Mapping) and plain_text(p.get("event_name")) in names]
    seen = [(str(p.get("observation_start", "")), p) for p in held if as_number(p.get("mag")) is not None]
    if not seen:
        return None, ""
    last = max(seen, key=lambda pair: pair[0])[1]
    return as_number(last["mag"]), plain_text(last.get("filter"))


def _score(values: Values, key: str) -> dict[str, float]:
    found = values.number(key, 0, 1)
    return {} if found is None else {key: found}


def _first(values: Values, keys: tuple[str, ...], least: float) -> float | None:
    return next((v for k in keys if (v := values.number(k, least)) is not None), None)


def _or(value: float | None, other: float | None) -> float | None:
    return other if value is None else value
