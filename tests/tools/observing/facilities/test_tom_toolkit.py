"""A real TOM Toolkit server: targets, observation records, status, cancelling, and replies that never arrive."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import tom
from handover_packets import a_packet
from middleman import Middleman, middleman

from gnomon.tools.observing.facilities import asking, sending
from gnomon.tools.observing.facilities.keys import keyed
from gnomon.tools.observing.facilities.tom_toolkit import TomToolkit

# The server is installed in an environment of its own, which takes minutes the first time.
pytestmark = [pytest.mark.tom_server, pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> str:
    try:
        return tom.start()
    except tom.Unavailable as why:
        pytest.skip(str(why))


@pytest.fixture
def between(server: str) -> Iterator[Middleman]:
    with middleman(server) as one:
        yield one


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LOOKS", (0.05, 0.1))


def payload(address: str, name: str | None = None) -> dict[str, Any]:
    body = a_packet(("tom", address, ["x2"])).payloads[0].body
    body = {**body, "target": {**body["target"], "name": name or tom.a_name()}}
    body["observation"]["observing_parameters"]["observation_id"] = tom.a_name()
    body, key = keyed("tom", address, body, 1)
    return {"name": "one", "facility": "tom", "address": address, "key": key, "body": body}


def permit(sent: dict[str, Any], *before: str) -> dict[str, Any]:
    return {
        "payloads": {"one": {"key": sent["key"], "sent": list(before)}},
        "until": None,
        "stop": "",
        "start_by": None,
        "settling": 60.0,
    }


def get(server: str, path: str) -> Any:
    request = urllib.request.Request(f"{server}/api/{path}", headers={"Authorization": f"Token {tom.TOKEN}"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def records(server: str, sent: dict[str, Any]) -> list[dict[str, Any]]:
    rows = get(server, "observations/?limit=1000")["results"]
    return [r for r in rows if str(r["parameters"].get("name", "")).endswith(sent["key"])]


def targets(server: str, sent: dict[str, Any]) -> list[dict[str, Any]]:
    name = sent["body"]["target"]["name"]
    return [t for t in get(server, f"targets/?name={name.replace(' ', '%20')}")["results"] if t["name"] == name]


def test_target_record_status_cancel(server: str) -> None:
    sent, adapter = payload(server), TomToolkit(server, tom.TOKEN)
    assert sending.rehearse(sent, adapter).state == "would be taken"
    assert (targets(server, sent), records(server, sent)) == ([], [])
    row = sending.submit(sent, adapter, permit(sent))
    assert row.state == "acknowledged", row.said
    assert [str(r["id"]) for r in records(server, sent)] == [row.identifier]
    assert targets(server, sent)[0]["ra"] == sent["body"]["target"]["ra"]
    again = sending.submit(sent, adapter, permit(sent))
    assert (again.state, again.identifier) == ("acknowledged", row.identifier)
    assert len(records(server, sent)) == 1
    assert sending.cancel(sent, adapter, permit(sent)).state == "withdrawn"
    assert records(server, sent)[0]["status"] == "CANCELED"
    assert sending.look(sent, adapter).state == "withdrawn"


def test_two_observations_of_one_target(server: str) -> None:
    name = tom.a_name()
    adapter = TomToolkit(server, tom.TOKEN)
    pair = [payload(server, name), payload(server, name)]
    assert pair[0]["key"] != pair[1]["key"]
    rows = [sending.submit(one, adapter, permit(one)) for one in pair]
    assert [r.state for r in rows] == ["acknowledged", "acknowledged"]
    assert len({r.identifier for r in rows}) == 2
    assert len(targets(server, pair[0])) == 1


@pytest.mark.parametrize("fault", ["lost reply", "half reply", "garbage", "500", "late reply"])
def test_a_reply_that_does_not_arrive(
    between: Middleman, server: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "late reply":
        monkeypatch.setattr(asking, "REPLY_SECONDS", 1.0)
    sent, adapter = payload(between.url), TomToolkit(between.url, tom.TOKEN)
    between.damage = ("/api/observations/", fault)
    row = sending.submit(sent, adapter, permit(sent))
    assert row.state == "acknowledged", row.said
    assert len(records(server, sent)) == 1
    assert between.posts("/api/observations/") == 1


@pytest.mark.parametrize("fault", ["lost request", "403", "redirect"])
def test_a_request_that_does_not_arrive(between: Middleman, server: str, fault: str) -> None:
    sent, adapter = payload(between.url), TomToolkit(between.url, tom.TOKEN)
    between.damage = ("/api/observations/", fault)
    row = sending.submit(sent, adapter, permit(sent))
    assert row.state == ("refused" if fault == "403" else "sending"), row.said
    assert records(server, sent) == []
    later = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert sending.submit(sent, adapter, permit(sent, later)).state == "acknowledged"
    assert len(records(server, sent)) == 1


def test_another_target_of_that_name_is_not_observed(server: str) -> None:
    sent, adapter = payload(server), TomToolkit(server, tom.TOKEN)
    sending.submit(sent, adapter, permit(sent))
    other = payload(server, sent["body"]["target"]["name"])
    other["body"]["target"]["dec"] = -5.0
    row = sending.submit(other, adapter, permit(other))
    assert row.state == "sending"
    assert "another target of that name: dec is" in row.said
    assert records(server, other) == []


def test_without_a_right_token(server: str) -> None:
    for token in ("", "wrong"):
        sent = payload(server)
        row = sending.submit(sent, TomToolkit(server, token), permit(sent))
        assert row.state == "unsent", row.said
        assert (targets(server, sent), records(server, sent)) == ([], [])


def test_what_the_form_refuses(server: str) -> None:
    sent, adapter = payload(server), TomToolkit(server, tom.TOKEN)
    del sent["body"]["observation"]["observing_parameters"]["start"]
    row = sending.submit(sent, adapter, permit(sent))
    assert (row.state, records(server, sent)) == ("refused", [])
    assert "start" in row.said
