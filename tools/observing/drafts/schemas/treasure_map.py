"""Pointings of the Gravitational Wave Treasure Map.

Read from gwtm of 2026-07-03 (github.com/TheTreasureMap/gwtm, commit c7a124f): ``server/schemas/pointing.py``, ``server/core/enums``.  The token of
``POST /api/v1/pointings`` is no part of the document.  A pointing without ``status`` would count as completed, so it is required here.
Wyatt et al. 2020, doi:10.3847/1538-4357/ab855e.
"""

from __future__ import annotations

from typing import Any

BANDS = (
    "U", "B", "V", "R", "I", "J", "H", "K", "u", "g", "r", "i", "z", "UVW1", "UVW2", "UVM2", "XRT", "clear", "open", "UHF", "VHF", "L", "S", "C", "X",
    "other", "TESS", "BAT", "HESS", "WISEL", "q",
)  # fmt: skip

POINTINGS: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Treasure Map pointings",
    "type": "object",
    "additionalProperties": False,
    "required": ["graceid", "pointings"],
    "properties": {
        "graceid": {"type": "string", "pattern": r"^[A-Za-z0-9_\-.]+$"},
        "pointings": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["ra", "dec", "instrumentid", "time", "status", "band"],
                "properties": {
                    "ra": {"type": "number", "minimum": 0, "maximum": 360},
                    "dec": {"type": "number", "minimum": -90, "maximum": 90},
                    "instrumentid": {"type": "integer", "minimum": 1},
                    "time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$"},
                    "status": {"enum": ["planned", "cancelled"]},
                    "band": {"enum": list(BANDS)},
                },
            },
        },
    },
}
