"""Targets and observations of the TOM Toolkit.

Read from tom_base of 2026-06-11 (github.com/TOMToolkit/tom_base, commit 6090c98): ``tom_targets/base_models.py`` and ``serializers.py`` for
``POST /api/targets/``; ``tom_observations/api_views.py`` and ``facility.py`` (`BaseManualObservationForm`) for ``POST /api/observations/``.
``target_id`` is not here: the TOM gives it when the target is made, and who sends the observation adds it.
"""

from __future__ import annotations

from typing import Any

_NUMBER = {"type": "number"}
_TEXT = {"type": "string", "minLength": 1}

TARGET: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "type"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 100},
        "type": {"enum": ["SIDEREAL", "NON_SIDEREAL"]},
        "ra": {"type": "number", "minimum": 0, "maximum": 360},
        "dec": {"type": "number", "minimum": -90, "maximum": 90},
        "epoch": {"type": "number", "maximum": 2100},
        "pm_ra": _NUMBER,
        "pm_dec": _NUMBER,
        "scheme": {"enum": ["MPC_MINOR_PLANET", "MPC_COMET", "JPL_MAJOR_PLANET"]},
        **dict.fromkeys(
            (
                "epoch_of_elements",
                "mean_anomaly",
                "arg_of_perihelion",
                "eccentricity",
                "lng_asc_node",
                "inclination",
                "semimajor_axis",
            ),
            _NUMBER,
        ),
    },
    "if": {"properties": {"type": {"const": "SIDEREAL"}}},
    "then": {"required": ["ra", "dec"]},
    "else": {
        "required": [
            "scheme",
            "epoch_of_elements",
            "inclination",
            "lng_asc_node",
            "arg_of_perihelion",
            "eccentricity",
            "mean_anomaly",
            "semimajor_axis",
        ]
    },
}

OBSERVATION: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "facility", "observation_type", "observing_parameters"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 50},
        "facility": {"type": "string", "minLength": 1, "maxLength": 50},
        "observation_type": {"type": "string", "minLength": 1, "maxLength": 50},
        "observing_parameters": {
            "type": "object",
            "required": ["name", "start", "end", "observation_id", "observation_params"],
            "properties": {
                "name": _TEXT,
                "start": _TEXT,
                "end": _TEXT,
                "observation_id": {"type": "string", "minLength": 1, "maxLength": 255},
                "observation_params": {"type": "string"},
            },
        },
    },
}

PAYLOAD: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "TOM target with its observations",
    "type": "object",
    "additionalProperties": False,
    "required": ["target", "observations"],
    "properties": {"target": TARGET, "observations": {"type": "array", "minItems": 1, "items": OBSERVATION}},
}
