"""Sources and follow-up requests of SkyPortal.

Read from SkyPortal 1.4 (github.com/skyportal/skyportal, commit 8bd346c of 2026-08-21): ``models/schema.py`` (`FollowupRequestPost`),
``handlers/api/source.py`` (`post_source`: which letters an identifier may have), ``facility_apis/generic.py`` (the payload).
What an instrument's own form wants besides is checked by the server alone.
"""

from __future__ import annotations

from typing import Any

_IDENTIFIER = {"type": "string", "pattern": r"^[a-zA-Z0-9_\-;:+.]+$"}

PAYLOAD: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "SkyPortal source with its follow-up requests",
    "type": "object",
    "additionalProperties": False,
    "required": ["source", "followup_requests"],
    "properties": {
        "source": {
            "type": "object",
            "additionalProperties": False,
            "required": ["id", "ra", "dec", "group_ids"],
            "properties": {
                "id": _IDENTIFIER,
                "ra": {"type": "number", "minimum": 0, "maximum": 360},
                "dec": {"type": "number", "minimum": -90, "maximum": 90},
                "ra_err": {"type": "number", "minimum": 0},
                "dec_err": {"type": "number", "minimum": 0},
                "group_ids": {"type": "array", "minItems": 1, "items": {"type": "integer"}},
                "altdata": {"type": "object"},
            },
        },
        "followup_requests": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["obj_id", "allocation_id", "payload", "target_group_ids", "not_if_duplicates"],
                "properties": {
                    "obj_id": _IDENTIFIER,
                    "allocation_id": {"type": "integer"},
                    "target_group_ids": {"type": "array", "items": {"type": "integer"}},
                    "not_if_duplicates": {"type": "boolean"},
                    "payload": {
                        "type": "object",
                        "required": [
                            "observation_choices",
                            "exposure_time",
                            "exposure_counts",
                            "start_date",
                            "end_date",
                            "maximum_airmass",
                            "minimum_lunar_distance",
                            "priority",
                        ],
                        "properties": {
                            "observation_choices": {
                                "type": "array",
                                "minItems": 1,
                                "uniqueItems": True,
                                "items": {"type": "string", "minLength": 1},
                            },
                            "exposure_time": {"type": "number", "exclusiveMinimum": 0},
                            "exposure_counts": {"type": "integer", "minimum": 1},
                            "start_date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d"},
                            "end_date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d"},
                            "maximum_airmass": {"type": "number", "minimum": 1, "maximum": 3},
                            "minimum_lunar_distance": {"type": "number", "minimum": 0, "maximum": 180},
                            "priority": {"type": "number", "minimum": 1, "maximum": 5},
                        },
                    },
                },
            },
        },
    },
}
