"""Sending to a portal that fails in every way: nothing is sent twice, nothing is lost, and nothing is claimed that nobody knows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from handover_packets import a_packet
from ocs_server import ACCEPTED, FAULTS, TOKEN, OcsServer, ocs_server

from gnomon.tools.access import Access
from gnomon.tools.observing.facilities import asking, sending
from gnomon.tools.observing.facilities.ocs_portal import OcsPortal
from gnomon.tools.observing.facilities.tom_toolkit import TomToolkit
from gnomon.tools.transport import transport


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "REPLY_SECONDS", 0.8)
    monkeypatch.setattr(sending, "LOOKS", (0.02, 0.05))
    monkeypatch.setenv("GNOMON_NO_KEYRING", "1")


@pytest.fixture
def portal() -> Iterator[OcsServer]:
    with ocs_server(hang=1.5) as server:
        yield server


def payload(server: OcsServer, number: int = 0, **more: Any) -> dict[str, Any]:
    packet = a_packet(("ocs", server.url, ["x1", "lp"]), **more)
    return packet.payloads[number].model_dump(mode="json")


def permit(
    sent: dict[str, Any], *before: str, stop: str = "", until: float | None = None, settling: float = 60.0
) -> dict[str, Any]:
    return {"payloads": {sent["name"]: {"key": sent["key"], "sent": list(before)}}, "until": until, "stop": stop, "start_by": None, "settling": settling}  # fmt: skip


def an_hour_ago() -> str:
    return (datetime.now(UTC) - timedelta(hours=1)).isoformat()


def test_send_look_cancel(portal: OcsServer) -> None:
    sent, adapter = payload(portal), OcsPortal(portal.url, TOKEN)
    assert sending.rehearse(sent, adapter).state == "would be taken"
    assert portal.groups == []
    row = sending.submit(sent, adapter, permit(sent))
    assert (row.state, row.identifier) == ("acknowledged", "1000")
    assert portal.groups[0]["name"].endswith(sent["key"])
    assert sending.look(sent, adapter).state == "acknowledged"
    portal.observations[100000] = [{"state": "IN_PROGRESS"}]
    assert sending.look(sent, adapter).state == "executing"
    portal.observations.clear()
    for state, word in (("COMPLETED", "done"), ("WINDOW_EXPIRED", "expired"), ("FAILURE_LIMIT_REACHED", "failed")):
        portal.groups[0]["state"] = state
        assert sending.look(sent, adapter).state == word
        assert sending.cancel(sent, adapter, permit(sent)).state == word  # what has ended is not cancelled
    portal.groups[0]["state"] = "PENDING"
    assert sending.cancel(sent, adapter, permit(sent)).state == "withdrawn"
    assert portal.groups[0]["state"] == "CANCELED"


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault(portal: OcsServer, fault: str) -> None:
    portal.faults = [fault]
    sent, adapter = payload(portal), OcsPortal(portal.url, TOKEN)
    row = sending.submit(sent, adapter, permit(sent))
    assert portal.posts.count(sent["body"]["name"]) == 1  # never again by itself
    assert len(portal.groups) == (fault in ACCEPTED)
    expected = {"403": "refused", "accepted but different": "sending"}
    assert row.state == expected.get(fault, "acknowledged" if fault in ACCEPTED else "sending"), row.said
    if fault == "accepted but different":
        assert "exposure_count is 4, and 3 was sent" in row.said
    # Asked again at once, it waits where nobody knows; an hour later it sends what is not there, and only that.
    again = sending.submit(sent, adapter, permit(sent, datetime.now(UTC).isoformat()))
    assert len(portal.posts) == 1
    if row.state == "sending" and fault not in ACCEPTED:
        assert "may have been sent" in again.said
    last = sending.submit(sent, adapter, permit(sent, an_hour_ago()))
    assert len(portal.groups) == 1
    assert last.state == ("sending" if fault == "accepted but different" else "acknowledged")


def test_nothing_goes_elsewhere(portal: OcsServer) -> None:
    with ocs_server() as other:
        portal.elsewhere = f"{other.url}/api/requestgroups/"
        portal.faults = ["redirect"]
        sent = payload(portal)
        row = sending.submit(sent, OcsPortal(portal.url, TOKEN), permit(sent))
        assert row.state == "sending"
        assert "elsewhere" in row.said
        assert other.asked == []


def test_a_permit_that_ended_or_was_stopped_sends_nothing(portal: OcsServer, tmp_path: Path) -> None:
    sent, adapter = payload(portal), OcsPortal(portal.url, TOKEN)
    stop = tmp_path / "STOP"
    stop.touch()
    assert "stopped" in sending.submit(sent, adapter, permit(sent, stop=str(stop))).said
    off = {**permit(sent), "off": [str(tmp_path / "other"), str(stop)]}
    assert "the rule that approved it was switched off" in sending.submit(sent, adapter, off).said
    assert sending.submit(sent, adapter, off).state == "unsent"
    assert "ended" in sending.submit(sent, adapter, permit(sent, until=60000.0)).said
    late = {**permit(sent), "start_by": 60000.0}
    assert "took too long" in sending.submit(sent, adapter, late).said
    assert portal.asked == []


def test_what_may_be_on_its_way_is_not_given_up(portal: OcsServer) -> None:
    sent, adapter = payload(portal), OcsPortal(portal.url, TOKEN)
    assert sending.cancel(sent, adapter, permit(sent, datetime.now(UTC).isoformat())).state == "sending"
    assert sending.cancel(sent, adapter, permit(sent, an_hour_ago())).state == "withdrawn"


def test_without_a_right_token(portal: OcsServer) -> None:
    sent = payload(portal)
    row = sending.submit(sent, OcsPortal(portal.url, "wrong"), permit(sent))
    assert (row.state, "401" in row.said) == ("refused", True)
    without = OcsPortal(portal.url, "")
    row = sending.submit(sent, without, permit(sent))
    assert (row.state, "set GNOMON_TOKEN_127_0_0_1" in row.said) == ("unsent", True)
    assert sending.submit(sent, without, permit(sent, an_hour_ago())).state == "sending"  # that one may be there
    assert sending.rehearse(sent, without).state == "unknown"
    assert sending.cancel(sent, without, permit(sent, an_hour_ago())).state == "sending"
    assert portal.groups == []


def test_refused_in_the_words_of_the_portal(portal: OcsServer) -> None:
    portal.proposals = ("another",)
    sent, adapter = payload(portal), OcsPortal(portal.url, TOKEN)
    assert "You do not belong to the proposal" in sending.rehearse(sent, adapter).said
    row = sending.submit(sent, adapter, permit(sent))
    assert (row.state, portal.groups) == ("refused", [])
    assert "You do not belong to the proposal" in row.said


def test_what_the_portal_has_twice_is_told_and_cancelled_wholly(portal: OcsServer) -> None:
    sent, adapter = payload(portal), OcsPortal(portal.url, TOKEN)
    for _ in range(2):
        portal.create(sent["body"])
    row = sending.submit(sent, adapter, permit(sent))
    assert (portal.posts, row.state) == ([], "acknowledged")
    assert "2 times" in row.said
    assert sending.cancel(sent, adapter, permit(sent)).state == "withdrawn"
    assert {g["state"] for g in portal.groups} == {"CANCELED"}


def test_a_portal_that_is_not_there() -> None:
    with ocs_server() as server:
        sent = payload(server)
    row = sending.submit(sent, OcsPortal(sent["address"], TOKEN), permit(sent))
    assert (row.state, "refuses connections" in row.said) == ("unsent", True)


def test_keys_are_of_the_content(portal: OcsServer) -> None:
    first, again = payload(portal), payload(portal)
    assert first["key"] == again["key"]
    assert payload(portal, attempt=2)["key"] != first["key"]
    assert len(first["body"]["name"]) <= 50


def test_a_port_has_its_own_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNOMON_NO_KEYRING", "1")
    monkeypatch.setenv("GNOMON_TOKEN_TOM_EXAMPLE_ORG", "of all")
    monkeypatch.setenv("GNOMON_TOKEN_TOM_EXAMPLE_ORG_8443", "of one")
    assert asking.token_for("https://tom.example.org:8443/tom") == "of one"
    assert asking.token_for("https://tom.example.org") == "of all"
    assert asking.token_for("https://tom.example.org:9000") == "of all"
    monkeypatch.delenv("GNOMON_TOKEN_TOM_EXAMPLE_ORG_8443")
    assert asking.token_for("https://tom.example.org:8443") == "of all"


@pytest.mark.parametrize(("status", "wait"), [(429, 77.0), (503, 77.0), (500, 0.0)])
def test_a_wish_to_be_asked_later_is_told(status: int, wait: float) -> None:
    class Busy(BaseHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Retry-After", "77")
            self.send_header("Content-Length", "0")
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        found = OcsPortal(address, TOKEN).find({"name": "x"}, "gnomon-0")
        assert (found.how, found.wait) == ("unclear", wait)
        found = TomToolkit(address, TOKEN).find({"target": {"name": "x"}}, "gnomon-0")
        assert (found.how, found.wait) == ("unclear", wait)
        server.shutdown()


def test_a_host_that_may_not_be_asked_is_said_with_what_to_do(tmp_path: Path) -> None:
    with transport("record", tmp_path, "step", access=Access()):
        found = OcsPortal("http://127.0.0.1:9", TOKEN).find({"name": "x"}, "gnomon-0")
    assert found.how == "unclear"
    assert "set GNOMON_ARCHIVES_HOSTS=127.0.0.1:9" in found.said
