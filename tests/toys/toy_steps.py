"""Steps over the toys that many tests use: (id, tool, inputs by step name, arguments)."""

from __future__ import annotations

from typing import Any

StepSpec = tuple[str, str, dict[str, Any], dict[str, Any]]

READ: StepSpec = ("read", "toy_read", {"file": "toy.txt"}, {})
TILT: StepSpec = ("tilt", "toy_tilt", {"light_curve": "read"}, {})
MEASURE: StepSpec = ("measure", "toy_measure", {"light_curve": "tilt"}, {})
