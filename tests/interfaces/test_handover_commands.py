"""``gnomon handover``: from a schedule to a portal on loopback and back, with the exit codes that scripts rely on."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
for _folder in (TESTS / "services", TESTS / "tools" / "observing" / "verification"):
    sys.path.insert(0, str(_folder))

from hand_made_night import world  # noqa: E402
from handover_packets import DETAILS, soon  # noqa: E402
from ocs_server import TOKEN, OcsServer, ocs_server  # noqa: E402

RULE = {
    "form": "gnomon handover rule",
    "version": 1,
    "key": "close",
    "when": {"field": "distance", "below": 200, "unit": "Mpc"},
    "allow": {"telescopes": ["x1", "lp"], "proposals": ["P1"], "facilities": ["ocs"], "hours": 2, "visits": 10},
    "budget": {"hours": 6, "handovers": 3},
    "expires": soon(100.0),
}
ALERT = {"identifier": "S1-1", "event": "S1", "source": "lvk", "form": "gcn", "digest": "d", "kind": "initial", "distance": 40.0}  # fmt: skip


@pytest.fixture
def portal() -> Iterator[OcsServer]:
    with ocs_server() as server:
        yield server


@pytest.fixture
def handover(gnomon: Callable[..., Any], portal: OcsServer, tmp_path: Path) -> Callable[..., Any]:
    routes = {
        "form": "gnomon handover routes",
        "version": 1,
        "valid_until": soon(),
        "routes": [{"facility": "ocs", "address": portal.url, "telescopes": ["x1", "lp"], "proposal": "P1"}],
        "details": DETAILS,
    }
    files = {
        **dict(zip("trs", world(), strict=True)),
        "routes": routes,
        "rule": RULE,
        "alert": ALERT,
        "limits": {"people": 2},
    }
    for name, document in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document))

    def run(*arguments: object) -> Any:
        return gnomon("handover", *arguments, GNOMON_TOKEN_127_0_0_1=TOKEN, GNOMON_NO_KEYRING="1")

    return run


OFFER = ("offer", "s.json", "-t", "t.json", "-r", "r.json", "--routes", "routes.json", "--json")


@pytest.mark.slow
def test_from_a_schedule_to_a_portal_and_back(handover: Any, gnomon: Any, portal: OcsServer, tmp_path: Path) -> None:
    said = handover(*OFFER)
    assert said.code == 3, said.err
    name = said.json["id"]
    assert (said.json["state"], said.json["against_sending"]) == (
        "offered",
        ["it is offered", "nobody has approved it"],
    )
    assert handover("submit", name[:8], "--send").code == 1
    assert "at least 12 digits" in handover("approve", name[:8]).err
    assert handover("approve", name[:12]).code == 0
    said = handover("submit", name[:8], "--yes", "--json")
    assert said.code == 0, said.err
    assert {r["state"] for r in said.json["facilities"]} == {"would be taken"}
    assert portal.posts == []

    said = handover("submit", name[:8], "--send", "--yes")  # which covers no submission
    assert said.code == 3
    assert portal.posts == []
    assert gnomon("approve", "last", GNOMON_TOKEN_127_0_0_1=TOKEN, GNOMON_NO_KEYRING="1").code == 0
    assert len(portal.groups) == 4
    told = handover("show", name[:8], "--json").json
    assert told["state"] == "acknowledged"
    assert len({p["identifier"] for p in told["payloads"].values()}) == 4

    portal.groups[0]["state"] = "COMPLETED"
    assert handover("status", name[:8], "--yes").code == 0
    assert handover("stop").code == 0
    assert handover("withdraw", name[:8], "--send").code == 3
    assert gnomon("approve", "last", GNOMON_TOKEN_127_0_0_1=TOKEN, GNOMON_NO_KEYRING="1").code == 0
    assert sorted(g["state"] for g in portal.groups) == ["CANCELED"] * 3 + ["COMPLETED"]
    handover("status", name[:8], "--yes")
    assert handover("show", name[:8], "--json").json["state"] == "done"  # some of it was observed
    said = handover("audit", "--json")
    assert (said.code, said.json["sound"]) == (0, True)
    assert len(portal.posts) == 4
    for path in (p for p in tmp_path.rglob("*") if p.is_file()):
        assert TOKEN.encode() not in path.read_bytes(), path


def test_a_rule_lets_it_go_and_a_switch_stops_it(handover: Any, portal: OcsServer, tmp_path: Path) -> None:
    assert handover("rules", "add", "rule.json").code == 3
    [rule] = handover("rules", "list", "--json").json
    name = handover(*OFFER, "--alert", "alert.json").json["id"]
    said = handover("approve", name[:8], "--rule", "close", "--alert", "alert.json")
    assert said.code == 1
    assert "1 people must approve the rule close, and 0 did" in said.err
    assert handover("rules", "approve", "close").code == 2
    assert handover("rules", "approve", rule[:12]).code == 0
    assert handover("approve", name[:8], "--rule", "close", "--alert", "alert.json").code == 0
    handover("stop")
    assert handover("submit", name[:8], "--send").code == 1
    handover("allow")
    assert portal.posts == []
    said = handover("submit", name[:8], "--send")
    assert said.code == 0, said.err
    assert len(portal.groups) == 4


def test_people_send_what_a_rule_no_longer_may(handover: Any, portal: OcsServer) -> None:
    """A packet that a rule approved, and people after the rule had ended, is theirs: the plan needs their word, and gets it."""
    handover("rules", "add", "rule.json")
    [rule] = handover("rules", "list", "--json").json
    handover("rules", "approve", rule[:12])
    name = handover(*OFFER, "--alert", "alert.json").json["id"]
    handover("approve", name[:8], "--rule", "close", "--alert", "alert.json")
    handover("rules", "off", rule[:12])
    said = handover("submit", name, "--send")
    assert (said.code, "the rule close is switched off" in said.err) == (1, True)
    assert handover("approve", name).code == 0
    assert handover("submit", name[:8], "--send").code == 3, "neither does the rule let it go without their word"
    assert portal.posts == []
    said = handover("submit", name, "--send")
    assert said.code == 0, said.err
    assert len(portal.groups) == 4


def test_a_run_that_was_approved_and_sent_nothing_has_not_succeeded(
    handover: Any, gnomon: Any, portal: OcsServer
) -> None:
    name = handover(*OFFER).json["id"]
    handover("approve", name)
    assert handover("submit", "last", "--send").code == 3
    said = gnomon("approve", "last", GNOMON_TOKEN_127_0_0_1="", GNOMON_NO_KEYRING="1")
    assert said.code == 1
    assert "Nothing was sent" in said.out
    port = portal.url.rsplit(":", 1)[1]
    assert f"set GNOMON_TOKEN_127_0_0_1_{port}," in said.out, "the variable of this service, and of none beside it"
    assert handover("submit", "last", "--send").code == 3
    assert gnomon("approve", "last", GNOMON_TOKEN_127_0_0_1=TOKEN, GNOMON_NO_KEYRING="1").code == 0
    assert len(portal.groups) == 4


def test_what_a_facility_has_by_another_hand_over_is_named(handover: Any) -> None:
    first = handover(*OFFER).json["id"]
    handover("approve", first)
    assert handover("submit", first, "--send").code == 0
    offered = handover(*[word for word in OFFER if word != "--json"], "--attempt", "2")
    assert f"6 of its visits are in the hand-over {first[:12]} as well, which is acknowledged" in offered.err
    assert f"gnomon handover withdraw {first[:12]} --send" in offered.err
    assert handover("withdraw", first, "--send").code == 0
    assert "as well" not in handover("show", "last").err


@pytest.mark.slow
def test_a_run_that_changed_a_schedule_is_offered_with_what_the_schedule_is_for(
    handover: Any, gnomon: Any, tmp_path: Path
) -> None:
    """Its requests are those after the events, not those that it read; and the schedule that it replaces comes with it."""
    requests = world()[1]
    event = {"time": requests["span"]["start"], "kind": "changed_priority", "request": requests["requests"][0]["key"], "priority": 77}  # fmt: skip
    (tmp_path / "events.json").write_text(json.dumps({"form": "gnomon observing events", "version": 1, "events": [event]}))  # fmt: skip
    assert gnomon("observe", "schedule", "r.json", "--telescopes", "t.json", "--yes").code == 0
    assert gnomon("observe", "replan", "last", "--events", "events.json", "--yes").code == 0
    said = handover("offer", "last", "--routes", "routes.json", "--json")
    assert said.code == 3, said.err
    packet = json.loads(Path(said.json["packet"]).read_text())
    assert 77 in [r["priority"] for r in packet["requests"]["requests"]]
    assert packet["parent"]["form"] == "gnomon schedule"
    assert said.json["against_sending"] == ["it is offered", "nobody has approved it"]


def test_two_people(gnomon: Any, handover: Any) -> None:
    assert handover("limits", "limits.json").code == 0
    name = handover(*OFFER).json["id"]
    said = handover("approve", name)
    assert said.code == 3
    assert "another person" in said.err
    assert handover("approve", name).code == 1
    said = gnomon("handover", "approve", name, LOGNAME="somebody", USER="somebody")
    assert said.code == 1, "nobody becomes another person by saying so"
    assert "approved by 1 of 2" in handover("list").out


def test_from_approved_to_done_in_the_dark(handover: Any, portal: OcsServer) -> None:
    """Nobody at a terminal: each thing that is sent is named by its digits, and the rest follows by itself."""
    name = handover(*OFFER).json["id"]
    assert handover("submit", name, "--send").code == 1
    assert handover("approve", "last").code == 2, "an approval names what was read"
    said = handover("approve", name)
    assert f"gnomon handover submit {name[:12]} --send" in said.err
    said = handover("watch")
    assert (said.code, said.out, "Nothing is at a facility" in said.err) == (0, "", True)
    assert handover("submit", "last", "--send").code == 3, "neither does sending"
    assert portal.posts == []
    said = handover("submit", name[:12], "--send")
    assert said.code == 0, said.err
    assert len(portal.posts) == 4

    assert handover("watch", "--once").code == 0
    portal.groups[0]["state"] = "COMPLETED"
    said = handover("watch", "--once", "--json").json
    assert [(n["payload"], n["state"]) for n in said["news"]][1:] == [(None, "executing")]
    assert (said["ended"], said["in_doubt"], said["handovers"][0]["state"]) == ("once", False, "executing")
    for group, state in zip(portal.groups[1:], ("FAILURE_LIMIT_REACHED", "WINDOW_EXPIRED", "CANCELED"), strict=True):
        group["state"] = state
    said = handover("watch", name[:12], "--every", "0.1")
    assert said.code == 0
    lines = said.out.splitlines()
    assert len(lines) == 4
    assert "done" in lines[-1]
    assert "come to its end" in said.err
    assert len(portal.posts) == 4
    said = handover("history", "last").out
    assert "approved by" in said
    assert 'expired: "The portal' in said
    assert [e["event"] for e in handover("history", "--json").json["entries"]][:2] == ["handover.made", "handover.checked"]  # fmt: skip


def test_a_watch_of_a_portal_that_is_gone(handover: Any, portal: OcsServer, tmp_path: Path) -> None:
    name = handover(*OFFER).json["id"]
    handover("approve", name)
    handover("submit", name, "--send")
    portal.shutdown()
    portal.server_close()
    said = handover("watch", "--once")
    assert said.code == 1
    assert "refuses connections" in said.err
    end = (datetime.now(UTC) + timedelta(seconds=4)).isoformat()
    said = handover("watch", "--every", "0.2", "--until", end, "--json")
    assert (said.code, said.json["ended"], said.json["in_doubt"]) == (1, "time", True)
    assert said.json["handovers"][0]["state"] == "acknowledged"
    assert said.err.count("refuses connections") >= 2
    for until in ("2026-01-01T00:00:00Z", "25:00", "soon"):
        assert handover("watch", "--until", until).code in (1, 2)


def test_what_is_wrong_is_said_in_a_sentence(handover: Any, tmp_path: Path) -> None:
    for arguments, code, word in (
        (("show", "123456"), 2, "There is no hand-over"),
        (("offer", "nothing.json", "--routes", "routes.json"), 2, "no run called"),
        (("offer", "s.json", "--routes", "routes.json"), 2, "--telescopes and --requests"),
        (("offer", "s.json", "-t", "t.json", "-r", "r.json", "--routes", "rule.json"), 2, "routes cannot be read"),
        (("rules", "add", "limits.json"), 2, "rule cannot be read"),
        (("limits", "rule.json"), 2, "limits cannot be read"),
    ):
        said = handover(*arguments)
        assert (said.code, word in said.err, "Traceback" in said.err) == (code, True, False), (arguments, said.err)
    handover("stop")
    ledger = tmp_path / "home" / "handover" / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"stopped", b"allowed"))
    for command in ("audit", "list", "allow"):
        said = handover(command)
        assert said.code == 1
        assert "altered" in said.out + said.err
