"""Observation blocks of ESO's phase 2.

Read from p2api 1.2.1 (pypi.org/project/p2api: `saveOB`, `saveAbsoluteTimeConstraints`, `createTemplate`, `setTemplateParams`); the fields of target and
constraints as the service's own documents have them.  Which constraints, templates and parameters there are hangs on the instrument's package, and is
checked by the service's ``verifyOB`` alone.
"""

from __future__ import annotations

from typing import Any

_MINUTE = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d$"}

OBSERVATION_BLOCK: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Draft of an ESO observation block",
    "type": "object",
    "additionalProperties": False,
    "required": ["draft", "run", "containerId", "observationBlock", "absoluteTimeConstraints", "templates"],
    "properties": {
        "draft": {"const": True},
        "run": {"type": "string", "minLength": 1},
        "containerId": {"type": "integer", "minimum": 1},
        "observationBlock": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name", "instrument", "obsDescription", "target", "constraints"],
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 64},
                "instrument": {"type": "string", "minLength": 1},
                "obsDescription": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "userComments"],
                    "properties": {"name": {"type": "string", "minLength": 1}, "userComments": {"type": "string"}},
                },
                "target": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "ra", "dec", "equinox", "epoch", "properMotionRa", "properMotionDec"],
                    "properties": {
                        "name": {"type": "string", "minLength": 1},
                        "ra": {"type": "string", "pattern": r"^\d\d:\d\d:\d\d\.\d{3}$"},
                        "dec": {"type": "string", "pattern": r"^[+-]?\d\d:\d\d:\d\d\.\d{3}$"},
                        "equinox": {"const": "J2000"},
                        "epoch": {"type": "number"},
                        "properMotionRa": {"type": "number"},
                        "properMotionDec": {"type": "number"},
                    },
                },
                "constraints": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "airmass", "skyTransparency", "fli", "moonDistance"],
                    "properties": {
                        "name": {"type": "string", "minLength": 1},
                        "airmass": {"type": "number", "minimum": 1},
                        "skyTransparency": {"type": "string", "minLength": 1},
                        "fli": {"type": "number", "minimum": 0, "maximum": 1},
                        "moonDistance": {"type": "number", "minimum": 0, "maximum": 180},
                    },
                },
            },
        },
        "absoluteTimeConstraints": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["from", "to"],
                "properties": {"from": _MINUTE, "to": _MINUTE},
            },
        },
        "templates": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["templateName", "parameters"],
                "properties": {
                    "templateName": {"type": "string", "minLength": 1},
                    "parameters": {
                        "type": "object",
                        "additionalProperties": {"type": ["number", "string", "boolean", "array"]},
                    },
                },
            },
        },
    },
}
