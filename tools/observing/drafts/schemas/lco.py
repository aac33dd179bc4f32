"""Request groups of the Observatory Control System.

Read from observation-portal 3.1 of the Observatory Control System (github.com/observatorycontrolsystem/observation-portal, commit 31c2ddd6 of
2026-07-21: ``requestgroups/models.py``, ``serializers.py`` and ``target_helpers.py``).  What hangs on an observatory's own list of
instruments (codes, optical elements, modes) is checked by the portal's ``validate`` alone.

Stricter than the portal on purpose: keys that the portal would drop without a word, limits that it would set by itself (airmass 1.6, Moon 30°) and types of
observation for which it drops windows and place (DIRECT, REAL_TIME) do not pass here.
"""

from __future__ import annotations

from typing import Any

_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
_CODE = {"type": "string", "minLength": 1, "maxLength": 255}
_ANGLE = {"type": "number", "minimum": 0, "maximum": 360}

_ICRS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "type", "ra", "dec", "proper_motion_ra", "proper_motion_dec", "epoch"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 50},
        "type": {"const": "ICRS"},
        "ra": _ANGLE,
        "dec": {"type": "number", "minimum": -90, "maximum": 90},
        "proper_motion_ra": {"type": "number", "maximum": 20000},
        "proper_motion_dec": {"type": "number", "maximum": 20000},
        "epoch": {"type": "number", "maximum": 2100},
    },
}
_MINOR_PLANET: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "type", "scheme", "epochofel", "orbinc", "longascnode", "argofperih", "eccentricity", "meandist", "meananom"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 50},
        "type": {"const": "ORBITAL_ELEMENTS"},
        "scheme": {"const": "MPC_MINOR_PLANET"},
        "epochofel": {"type": "number", "minimum": 10000, "maximum": 100000},
        "orbinc": {"type": "number", "minimum": 0, "maximum": 180},
        "longascnode": _ANGLE,
        "argofperih": _ANGLE,
        "meandist": {"type": "number", "exclusiveMinimum": 0},
        "meananom": _ANGLE,
        "eccentricity": {"type": "number", "minimum": 0, "maximum": 0.9},
    },
}  # fmt: skip
_COMET: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "type", "scheme", "epochofel", "orbinc", "longascnode", "argofperih", "eccentricity", "perihdist", "epochofperih"],
    "properties": {
        **{k: v for k, v in _MINOR_PLANET["properties"].items() if k not in ("scheme", "meandist", "meananom", "eccentricity")},
        "scheme": {"const": "MPC_COMET"},
        "eccentricity": {"type": "number", "minimum": 0},
        "perihdist": {"type": "number", "exclusiveMinimum": 0},
        "epochofperih": {"type": "number", "minimum": 361, "maximum": 240000},
    },
}  # fmt: skip

REQUEST_GROUP: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "OCS request group",
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "proposal", "ipp_value", "operator", "observation_type", "requests"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 50},
        "proposal": _CODE,
        "ipp_value": {"type": "number", "exclusiveMinimum": 0},
        "operator": {"enum": ["SINGLE", "MANY"]},
        "observation_type": {"enum": ["NORMAL", "RAPID_RESPONSE", "TIME_CRITICAL"]},
        "requests": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/request"}},
    },
    # The portal refuses SINGLE with more than one request, and MANY with one.
    "if": {"properties": {"operator": {"const": "SINGLE"}}},
    "then": {"properties": {"requests": {"maxItems": 1}}},
    "else": {"properties": {"requests": {"minItems": 2}}},
    "$defs": {
        "request": {
            "type": "object",
            "additionalProperties": False,
            "required": ["configurations", "windows", "location"],
            "properties": {
                "observation_note": {"type": "string", "maxLength": 255},
                "configurations": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/configuration"}},
                "windows": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["start", "end"],
                        "properties": {"start": _TIME, "end": _TIME},
                    },
                },
                "location": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["telescope_class"],
                    "properties": {
                        k: {"type": "string", "minLength": 1, "maxLength": 20}
                        for k in ("telescope_class", "site", "enclosure", "telescope")
                    },
                    "dependentRequired": {"enclosure": ["site"], "telescope": ["enclosure"]},
                },
            },
        },
        "configuration": {
            "type": "object",
            "additionalProperties": False,
            "required": ["type", "instrument_type", "target", "constraints", "instrument_configs", "acquisition_config", "guiding_config"],
            "properties": {
                "type": {"enum": ["EXPOSE", "SPECTRUM"]},
                "instrument_type": _CODE,
                "target": {
                    "type": "object",
                    "required": ["type"],
                    "if": {"properties": {"type": {"const": "ICRS"}}},
                    "then": _ICRS,
                    "else": {
                        "if": {"properties": {"scheme": {"const": "MPC_COMET"}}},
                        "then": _COMET,
                        "else": _MINOR_PLANET,
                    },
                },
                "constraints": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["max_airmass", "min_lunar_distance", "max_lunar_phase"],
                    "properties": {
                        "max_airmass": {"type": "number", "minimum": 1, "maximum": 25},
                        "min_lunar_distance": {"type": "number", "minimum": 0, "maximum": 180},
                        "max_lunar_phase": {"type": "number", "minimum": 0, "maximum": 1},
                    },
                },
                "instrument_configs": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["exposure_time", "exposure_count", "optical_elements"],
                        "properties": {
                            "exposure_time": {"type": "number", "minimum": 0},
                            "exposure_count": {"type": "integer", "minimum": 1},
                            "mode": {"type": "string", "minLength": 1, "maxLength": 50},
                            "optical_elements": {
                                "type": "object",
                                "minProperties": 1,
                                "additionalProperties": {"type": "string", "minLength": 1},
                            },
                        },
                    },
                },
                "acquisition_config": {"type": "object", "maxProperties": 0},
                "guiding_config": {"type": "object", "maxProperties": 0},
            },
        },
    },
}  # fmt: skip
