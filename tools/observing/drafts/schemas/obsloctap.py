"""Rows of ``ivoa.obsplan``.

Read from the IVOA Recommendation Observation Locator Table Access Protocol 1.0 of 2021-07-24 (github.com/ivoa-std/ObsLocTAP, commit 3c6b99f): table of
compulsory columns, with what may be null.  2021ivoa.spec.0724S.
"""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string", "minLength": 1}
_MAY_TEXT = {"type": ["string", "null"]}
_NUMBER = {"type": "number"}
_MAY_NUMBER = {"type": ["number", "null"]}

# In the order of the standard.
_PROPERTIES: dict[str, Any] = {
    "t_planning": _NUMBER,
    "target_name": _MAY_TEXT,
    "obs_id": _TEXT,
    "obs_collection": _MAY_TEXT,
    "s_ra": {"type": ["number", "null"], "minimum": 0, "maximum": 360},
    "s_dec": {"type": ["number", "null"], "minimum": -90, "maximum": 90},
    "s_fov": {"type": ["number", "null"], "exclusiveMinimum": 0},
    "s_region": _MAY_TEXT,
    "s_resolution": _MAY_NUMBER,
    "t_min": _MAY_NUMBER,
    "t_max": _MAY_NUMBER,
    "t_exptime": _MAY_NUMBER,
    "t_resolution": _MAY_NUMBER,
    "em_min": _MAY_NUMBER,
    "em_max": _MAY_NUMBER,
    "em_res_power": _MAY_NUMBER,
    "o_ucd": _MAY_TEXT,
    "pol_states": _MAY_TEXT,
    "pol_xel": {"type": ["integer", "null"]},
    "facility_name": _TEXT,
    "instrument_name": _MAY_TEXT,
    "t_plan_exptime": _MAY_NUMBER,
    "category": {"enum": ["Fixed", "Coordinated", "Window", "Other"]},
    "priority": {"enum": [0, 1, 2]},
    "execution_status": {"enum": ["Planned", "Scheduled", "Unscheduled", "Performed", "Aborted"]},
    "tracking_type": {"enum": ["Sidereal", "Solar-system-object-tracking", "Fixed-az-el-transit"]},
}
COLUMNS: tuple[str, ...] = tuple(_PROPERTIES)

ROW: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Row of ivoa.obsplan",
    "type": "object",
    "additionalProperties": False,
    "properties": _PROPERTIES,
    "required": list(COLUMNS),
    "if": {"properties": {"execution_status": {"enum": ["Scheduled", "Performed"]}}},
    "then": {"properties": {"t_min": _NUMBER, "t_max": _NUMBER, "t_exptime": _NUMBER}},
}
