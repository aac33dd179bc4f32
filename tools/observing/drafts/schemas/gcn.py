"""Notices and circulars of NASA's General Coordinates Network.

Read from gcn-schema 7.2.1 (github.com/nasa-gcn/gcn-schema, commit 2ca8bdf of 2026-07-21): ``gcn/notices/core`` (Alert, DateTime, Event, FollowUp, Localization,
Pointing, Reporter, AdditionalInfo) and ``gcn/circulars.schema.json``; rules of subjects from gcn.nasa.gov of 2026-08-07
(github.com/nasa-gcn/gcn.nasa.gov, commit 11d32bd: ``circulars.lib.ts`` and the style guide).

The core is a set of pieces from which every producer makes a schema of its own and has it accepted; the notice below joins those that a planned
observation needs, and closes it to other keys.
"""

from __future__ import annotations

from typing import Any

_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
_TEXT = {"type": "string", "minLength": 1}
_RA = {"type": "number", "minimum": 0, "maximum": 360}
_DEC = {"type": "number", "minimum": -90, "maximum": 90}

NOTICE: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "GCN notice of a planned observation",
    "type": "object",
    "additionalProperties": False,
    "required": ["$schema", "alert_datetime", "alert_tense", "alert_type", "event_name", "id", "mission", "instrument", "messenger", "record_number"],
    "properties": {
        "$schema": {"type": "string", "pattern": r"^https://"},
        # Alert
        "alert_datetime": _TIME,
        "alert_tense": {"enum": ["current", "planned"]},
        "alert_type": {"enum": ["initial", "update", "retraction"]},
        # Event
        "event_name": _TEXT,
        "id": _TEXT,
        # Reporter
        "mission": _TEXT,
        "instrument": _TEXT,
        "record_number": {"type": "integer", "minimum": 1},
        "messenger": {"const": "EM"},
        # DateTime
        "observation_start": _TIME,
        "observation_stop": _TIME,
        "observation_livetime": {"type": "number", "minimum": 0},
        # Localization
        "ra": _RA,
        "dec": _DEC,
        "ra_dec_error": {"type": "number", "minimum": 0},
        # Pointing
        "ra_pointing": _RA,
        "dec_pointing": _DEC,
        # FollowUp
        "ref_type": _TEXT,
        "ref_instrument": _TEXT,
        "ref_ID": _TEXT,
        # AdditionalInfo
        "additional_info": _TEXT,
    },
    "if": {"properties": {"alert_type": {"const": "retraction"}}},
    "else": {"required": ["observation_start", "observation_stop", "ra_pointing", "dec_pointing"]},
}  # fmt: skip

CIRCULAR: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "GCN circular to be submitted",
    "type": "object",
    "additionalProperties": False,
    "required": ["subject", "format", "body"],
    "properties": {
        "subject": {"type": "string", "pattern": r"\A[\x20-\x3e\x40-\x7e]{1,200}\Z"},
        "format": {"const": "text/plain"},
        "body": {"type": "string", "pattern": r"\A[\x20-\x7e\n]+\Z"},
    },
}

# A subject must have one of these in it, in capitals or not.
SUBJECT_WORDS = (
    "AGILE", "ALMA", "AMON", "ANTARES", "AXP", "Baksan Neutrino Observatory Alert", "CALET", "Chandra", "COLIBRI", "EP", "Fermi", "FRB", "FXT", "GOTO",
    "GRANDMA", "GRB", "GW", "HAWC", "HST", "IBAS", "IceCube", "INTEGRAL", "IPN", "JCMT", "KAGRA", "KamLAND", "KONUS", "LIGO", "LOFAR", "LVC", "LVK",
    "LXT", "MAGIC", "MASTER", "MAXI", "Nova", "NuEM", "Pan-STARRS", "POLAR", "RATIR", "SDSS", "SFXT", "SGR", "SN", "Super-Kamiokande", "Supernova",
    "Suzaku", "SVOM", "Swift", "transient", "VLA", "VLBI", "XRB", "XRF", "XRT", "XTR", "Virgo", "ZTF",
)  # fmt: skip
# Or the name of an event that has none of them.
SUBJECT_EVENTS = r"(?i)\bAT[.\s_-]*\d{4}[a-z]+|\bsb[.\s_-]*\d{8}"
# What makes it pass for an automatic reply.
REFUSED_WORDS = (
    "automatic reply", "auto reply", "autoreply", "vacation", "out of the office", "out of office", "out of town", "away from my mail",
    "away from the office", "traveling until", "delivery failure notif", "mail delivery failure", "returned mail", "off-line re:", "re: ",
)  # fmt: skip
