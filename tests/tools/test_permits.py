"""A permit is of one packet and one action, and of one step."""

from __future__ import annotations

import json

import pytest

from gnomon.tools.permits import permit_of, permitted

PACKET, OTHER = "a" * 64, "b" * 64
PERMIT = {"packet": PACKET, "action": "submit", "payloads": {}}


def test_a_permit_is_of_one_packet_and_one_action() -> None:
    with permitted(json.dumps(PERMIT)):
        assert permit_of(PACKET, "submit") == PERMIT
        assert permit_of(OTHER, "submit") is None
        assert permit_of(PACKET, "cancel") is None


def test_a_permit_ends_with_its_step() -> None:
    with permitted(json.dumps(PERMIT)):
        pass
    assert permit_of(PACKET, "submit") is None

    def failing_step() -> None:
        with permitted(json.dumps(PERMIT)):
            raise RuntimeError("The step failed.")

    with pytest.raises(RuntimeError):
        failing_step()
    assert permit_of(PACKET, "submit") is None


def test_a_step_without_a_permit_has_none() -> None:
    with permitted(""):
        assert permit_of(PACKET, "submit") is None
